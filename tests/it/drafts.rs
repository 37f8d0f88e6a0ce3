//! Drafts that lie in mailboxes: sent there by hand, changed, thrown away, edited here.

use std::fs;

use caseyos::connectors::mail::Login;
use caseyos::connectors::mail::imap::ImapSession;
use caseyos::domain::email::message_id::MessageId;
use caseyos::secrets::Secret;
use serde_json::{Value, json};

use crate::google::{Google, id};
use crate::home::{Home, form};
use crate::imap;
use crate::mail_servers::{MailServers, PASSWORD};

/// The one execution of a move.
#[track_caller]
fn execution(home: &Home, mv: i64) -> Value {
    let shown = home.json(&format!("show {mv}"));
    shown["executions"][0].clone()
}

/// What is kept of the one message that left: its Message-ID, subject, text, recipient.
#[track_caller]
fn message(home: &Home) -> (String, String, String, String) {
    home.database()
        .query_row(
            "SELECT message_id, subject, text, to_address FROM message WHERE direction = 'out'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap()
}

fn one(home: &Home, sql: &str) -> i64 {
    home.database()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// Asserts that a move's draft is known to have left, once.
#[track_caller]
fn is_sent_once(home: &Home, mv: i64, how: &str) {
    assert_eq!(execution(home, mv)["status"], "sent", "{how}");
    assert_eq!(home.json(&format!("show {mv}"))["status"], "done", "{how}");
    assert_eq!(home.outcomes(), ["email_sent"], "{how}");
    assert_eq!(home.json("today")["sent"], 1, "{how}");
    assert_eq!(
        one(home, "SELECT count(*) FROM message WHERE direction = 'out'"),
        1,
        "{how}"
    );
    assert_eq!(
        one(
            home,
            "SELECT count(*) FROM execution WHERE silence_at IS NOT NULL"
        ),
        1,
        "{how}"
    );
    home.audit_holds();
}

#[test]
fn a_draft_that_is_sent_in_gmail_is_recorded_as_it_really_left() {
    for (rewrites, edited) in [(false, false), (true, false), (false, true), (true, true)] {
        let how = format!("rewrites {rewrites}, edited {edited}");
        let mut google = Google::start("draft");
        google.double().mailbox.rewrites_ids = rewrites;
        google.synced();
        let mv = google.form_of_ann();
        google.home.ok(&format!("approve {mv}"));
        google.at("2026-11-23T10:10:00Z");
        assert_eq!(google.synced()["sent_by_hand"], 0, "{how}");
        if edited {
            google.happen(
                "edit_draft",
                &json!({"subject": "Our prices", "text": "It costs 40 a month.\n"}),
            );
            google.synced();
            assert_eq!(execution(&google.home, mv)["status"], "drafted", "{how}");
        }
        google.happen("send_draft", &json!({}));
        google.at("2026-11-23T10:20:00Z");
        let report = google.synced();
        assert_eq!(
            (
                &report["sent_by_hand"],
                &report["sent"],
                &report["outcomes"]
            ),
            (&json!(1), &json!(0), &json!(1)),
            "{how}: {report:#}"
        );
        is_sent_once(&google.home, mv, &how);
        let left = &google.sent()[0];
        let kept = message(&google.home);
        assert_eq!(kept.0, id(left), "{how}");
        assert_eq!(kept.1, left.subject, "{how}");
        assert_eq!(kept.2.contains("40 a month"), edited, "{how}");
        assert_eq!(kept.3, "ann@acme.example", "{how}");
        let at: String = execution(&google.home, mv)["settled_at"]
            .as_str()
            .unwrap_or_default()
            .into();
        assert!(
            at.is_empty() || at.starts_with("2026-11-23T10:10"),
            "{how}: {at}"
        );
        // Nothing of it is news again, and it cannot be unsent.
        google.at("2026-11-23T10:40:00Z");
        assert_eq!(google.synced()["sent_by_hand"], 0, "{how}");
        google.home.run(["undo"]).exits(4);
        // Their answer is an answer to it.
        google.happen(
            "reply",
            &json!({"text": "Sounds great, let us talk on Tuesday."}),
        );
        google.synced();
        let outcomes = google.home.outcomes();
        assert!(
            outcomes.contains(&"email_replied".to_owned()),
            "{how}: {outcomes:?}"
        );
        assert_eq!(google.sent().len(), 1, "{how}");
    }
}

#[test]
fn an_undo_looks_first_whether_the_draft_was_sent_meanwhile() {
    let google = Google::start("draft");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.happen("send_draft", &json!({}));
    let refused = google.home.run(["undo"]).exits(4);
    assert!(
        refused.out.contains("cannot be unsent") || refused.err.contains("cannot be unsent"),
        "{refused:?}"
    );
    is_sent_once(&google.home, mv, "undo");
}

#[test]
fn an_answer_that_was_read_before_the_draft_was_known_to_have_left_ends_the_wait() {
    let google = Google::start("draft");
    google.home.ok("mode draft");
    google.synced();
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.happen("send_draft", &json!({}));
    google.happen("reply", &json!({"text": "Yes, please."}));
    // What became of the drafts cannot be found out in this pass.
    google.world.harm(
        caseyos::connectors::world::FaultRule::on(
            "/gmail/v1/users/me/drafts",
            caseyos::connectors::world::Fault::status(403),
        )
        .times(1),
    );
    let ran = google.sync().exits(3);
    assert!(ran.out.contains("drafts"), "{ran:?}");
    assert_eq!(execution(&google.home, mv)["status"], "drafted");
    google.world.heal();
    google.synced();
    assert_eq!(execution(&google.home, mv)["status"], "sent");
    let waiting = "SELECT count(*) FROM execution WHERE status = 'sent' AND answered_at IS NULL";
    assert_eq!(one(&google.home, waiting), 0);
}

#[test]
fn a_draft_to_somebody_else_counts_for_whom_it_really_went_to() {
    let google = Google::start("draft");
    google.home.contacts("Email\nbob@bolt.example\n");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    // Only an account that keeps our Message-ID says that this is it.
    google.happen(
        "edit_draft",
        &json!({"recipient": "bob@bolt.example", "keep_id": true}),
    );
    google.happen("send_draft", &json!({}));
    google.synced();
    assert_eq!(execution(&google.home, mv)["status"], "sent");
    assert_eq!(message(&google.home).3, "bob@bolt.example");
    let theirs: String = google
        .home
        .database()
        .query_row("SELECT to_key FROM execution", [], |row| row.get(0))
        .unwrap();
    assert_eq!(theirs, "bob@bolt.example");
}

#[test]
fn a_draft_that_is_deleted_in_gmail_ends_its_execution_and_its_move_can_be_opened_again() {
    let mut google = Google::start("draft");
    google.synced();
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.happen("delete_draft", &json!({}));
    google.at("2026-11-23T10:10:00Z").synced();
    // It may have been sent and not be filed yet.
    assert_eq!(execution(&google.home, mv)["status"], "drafted");
    google.at("2026-11-23T10:21:00Z").synced();
    let ended = execution(&google.home, mv);
    assert_eq!(ended["status"], "cancelled", "{ended:#}");
    let shown = google.home.json(&format!("show {mv}"));
    assert!(
        shown["close_reason"].as_str().unwrap().contains("deleted"),
        "{shown:#}"
    );
    assert!(google.home.outcomes().is_empty());
    google.home.ok(&format!("reopen {mv}"));
    google.home.ok(&format!("approve {mv}"));
    assert_eq!(google.drafts().len(), 1);
    google.home.audit_holds();
}

#[test]
fn a_send_by_hand_is_noted_once_wherever_the_pass_is_killed() {
    for point in [
        "draft-left",
        "before-commit#1",
        "before-commit#2",
        "before-commit#3",
        "after-commit#1",
        "after-commit#2",
        "after-commit#3",
    ] {
        let google = Google::start("draft");
        google.synced();
        let mv = google.form_of_ann();
        google.home.ok(&format!("approve {mv}"));
        google.happen("send_draft", &json!({}));
        assert!(google.home.crashes_at(point, "sync"), "{point}");
        google.synced();
        google.synced();
        is_sent_once(&google.home, mv, point);
    }
}

/// An installation with a Maildir, in mode draft, with a draft to Ann in it.
fn maildir() -> (Home, i64) {
    let home = Home::live();
    home.ok("mode draft");
    home.signals(&[form(
        "ann@acme.example",
        "2026-11-23T09:40:00Z",
        "What does it cost?",
    )])
    .exits(0);
    let mv = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("approve {mv}"));
    assert_eq!(home.drafts().len(), 1);
    (home, mv)
}

fn make_maildir(home: &Home, name: &str) {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("Mail").join(name).join(part)).unwrap();
    }
}

#[test]
fn a_draft_that_a_mail_program_moves_to_sent_is_recorded_as_sent() {
    for edited in [false, true] {
        let how = format!("edited {edited}");
        let (mut home, mv) = maildir();
        make_maildir(&home, "Sent");
        let draft = &home.drafts()[0];
        let mut raw = draft.raw.clone();
        if edited {
            raw = raw
                .replace(&draft.message_id, "<program.7@rivera.example>")
                .replacen(
                    "Date: Mon, 23 Nov 2026 10:00:00",
                    "Date: Mon, 23 Nov 2026 10:05:00",
                    1,
                );
            let (head, _) = raw.split_once("\r\n\r\n").unwrap();
            raw = format!("{head}\r\n\r\nIt costs 40 a month.\r\n");
        }
        fs::remove_file(&draft.path).unwrap();
        home.write("Mail/Sent/cur/1795514700.mua.host:2,S", raw);
        home.at("2026-11-23T10:10:00Z");
        let report = home.json("sync");
        assert_eq!(report["sent_by_hand"], 1, "{how}: {report:#}");
        is_sent_once(&home, mv, &how);
        assert_eq!(message(&home).2.contains("40 a month"), edited, "{how}");
        assert_eq!(home.json("sync")["sent_by_hand"], 0, "{how}");
    }
}

#[test]
fn a_draft_that_leaves_its_folder_with_no_folder_of_sent_mail_to_look_into_is_left_as_it_was() {
    let (mut home, mv) = maildir();
    fs::remove_file(&home.drafts()[0].path).unwrap();
    for at in ["2026-11-23T10:10:00Z", "2026-11-23T11:10:00Z"] {
        home.at(at).ok("sync");
    }
    assert_eq!(execution(&home, mv)["status"], "drafted");
    // With one, it is known to have been deleted.
    make_maildir(&home, "Sent");
    for at in ["2026-11-23T11:20:00Z", "2026-11-23T11:31:00Z"] {
        home.at(at).ok("sync");
    }
    assert_eq!(execution(&home, mv)["status"], "cancelled");
    // A draft that a mail program saved anew still lies there.
    let (mut home, mv) = maildir();
    make_maildir(&home, "Sent");
    let draft = &home.drafts()[0];
    let raw = draft
        .raw
        .replace(&draft.message_id, "<program.7@rivera.example>");
    fs::remove_file(&draft.path).unwrap();
    home.write("Mail/drafts/cur/1795514700.mua.host:2,DS", raw);
    for at in ["2026-11-23T10:10:00Z", "2026-11-23T11:10:00Z"] {
        home.at(at).ok("sync");
    }
    assert_eq!(execution(&home, mv)["status"], "drafted");
}

#[test]
fn a_draft_that_is_sent_from_a_mail_servers_folder_is_recorded_as_sent() {
    let Some(servers) = MailServers::start() else {
        return;
    };
    for edited in [false, true] {
        let how = format!("edited {edited}");
        let home = imap::home(
            &servers,
            ("tls", servers.imaps, servers.submissions),
            PASSWORD,
        );
        imap::contacts(&home);
        home.ok("mode draft");
        home.signals(&[form(
            "dana@client.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        )])
        .exits(0);
        let mv = home.find_move("dana@client.example", "email_follow_up");
        let made = imap::run(&home, &format!("approve {mv} --json"))
            .exits(0)
            .json();
        let ours = made["message_id"].as_str().unwrap();
        let sync = |at: &str| {
            let ran = home
                .command(["sync", "--json"])
                .env("CASEYOS_MAIL_WORK_PASSWORD", PASSWORD)
                .env("CASEYOS_NOW", at)
                .output()
                .unwrap();
            serde_json::from_slice::<Value>(&ran.stdout).unwrap()
        };
        assert_eq!(sync("2026-11-23T10:05:00Z")["sent_by_hand"], 0, "{how}");
        let login = Login::Password {
            user: "casey".into(),
            password: Secret::new(PASSWORD),
        };
        let mut session =
            ImapSession::connect(&imap::endpoint(&servers, servers.imaps), &login).unwrap();
        session.examine("Entwürfe").unwrap();
        let uids = session
            .find_message_id(&MessageId::find(ours).unwrap())
            .unwrap();
        let raw = session.fetch(&uids, 100_000).unwrap().remove(0).bytes;
        let mut raw = String::from_utf8(raw).unwrap();
        session.delete("Entwürfe", uids[0]).unwrap();
        if edited {
            raw = raw.replace(ours, "<program.7@firm.example>");
            let (head, _) = raw.split_once("\r\n\r\n").unwrap();
            raw = format!("{head}\r\n\r\nIt costs 40 a month.\r\n");
        }
        session.ensure_folder("Sent").unwrap();
        session.append("Sent", r"(\Seen)", raw.as_bytes()).unwrap();
        session.close();
        assert_eq!(sync("2026-11-23T10:10:00Z")["sent_by_hand"], 1, "{how}");
        is_sent_once(&home, mv, &how);
        assert_eq!(message(&home).2.contains("40 a month"), edited, "{how}");
        assert_eq!(sync("2026-11-23T10:20:00Z")["sent_by_hand"], 0, "{how}");
        let mut session =
            ImapSession::connect(&imap::endpoint(&servers, servers.imaps), &login).unwrap();
        session.examine("Sent").unwrap();
        for uid in session.uids_from(1).unwrap() {
            session.delete("Sent", uid).unwrap();
        }
        session.close();
    }
}
