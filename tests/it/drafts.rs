//! Drafts that lie in mailboxes: sent there by hand, changed, thrown away, edited here.

use std::fs;

use caseyos::connectors::mail::Login;
use caseyos::connectors::mail::imap::ImapSession;
use caseyos::domain::email::message_id::MessageId;
use caseyos::secrets::Secret;
use serde_json::{Value, json};

use crate::deeds::wished;
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
fn of_two_drafts_to_one_person_the_one_that_was_sent_is_recorded_as_sent() {
    let mut google = Google::start("draft");
    google.synced();
    let first = google.form_of_ann();
    google.home.ok(&format!("approve {first}"));
    let subject = google.drafts()[0].subject.clone();
    let second = wished(&google.home, "check_in", &json!({}));
    let words = [
        "--subject",
        "Fair",
        "--body",
        "Shall we meet at the fair in Lyon in March?",
    ];
    google
        .home
        .run(["edit", &second.to_string()].into_iter().chain(words))
        .exits(0);
    google.home.ok(&format!("approve {second}"));
    assert_eq!(google.drafts().len(), 2);
    // The second is sent under the first one's subject, and the first is thrown away.
    google.happen("edit_draft", &json!({"subject": subject}));
    google.happen("send_draft", &json!({}));
    google.happen("delete_draft", &json!({}));
    assert_eq!((google.drafts().len(), google.sent().len()), (0, 1));
    google.at("2026-11-23T10:10:00Z").synced();
    google.at("2026-11-23T10:30:00Z").synced();
    assert_eq!(execution(&google.home, first)["status"], "cancelled");
    is_sent_once(&google.home, second, "two drafts");
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
#[ignore = "needs root, Dovecot and Postfix"]
fn a_draft_that_is_sent_from_a_mail_servers_folder_is_recorded_as_sent() {
    let servers = MailServers::start();
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

/// The words of the one draft at Gmail.
fn words(google: &Google) -> (String, String) {
    let [draft] = &google.drafts()[..] else {
        panic!("{:#?}", google.drafts())
    };
    (draft.subject.clone(), draft.text.trim().to_owned())
}

#[test]
fn a_draft_at_gmail_gets_new_words_in_place() {
    let mut google = Google::start("draft");
    let mv = google.form_of_ann();
    let made = google.home.json(&format!("approve {mv}"));
    google.world.forget();
    google
        .home
        .run([
            "edit",
            &mv.to_string(),
            "--subject",
            "Prices",
            "--body",
            "It costs 40.",
        ])
        .exits(0);
    assert_eq!(words(&google), ("Prices".into(), "It costs 40.".into()));
    assert_eq!(
        id(&google.drafts()[0]),
        made["message_id"].as_str().unwrap()
    );
    assert_eq!(google.asked("PUT", "/gmail/v1/users/me/drafts/"), 1);
    assert_eq!(google.asked("POST", "/gmail/v1/users/me/drafts"), 0);
    let shown = google.home.json(&format!("show {mv}"));
    assert_eq!(
        shown["executions"].as_array().unwrap().len(),
        1,
        "{shown:#}"
    );
    assert_eq!(shown["draft"]["subject"], "Prices");
    assert_eq!(shown["executions"][0]["status"], "drafted");
    // The same words again change nothing.
    google
        .home
        .run(["edit", &mv.to_string(), "--body", "It costs 40."]);
    assert_eq!(google.asked("PUT", "/gmail/v1/users/me/drafts/"), 1);
    // What was written there is not written over.
    google.happen("edit_draft", &json!({"text": "Forty a month."}));
    let refused = google
        .home
        .run(["edit", &mv.to_string(), "--body", "It costs 50."])
        .exits(2);
    assert!(refused.err.contains("would be lost"), "{refused:?}");
    assert_eq!(words(&google).1, "Forty a month.");
    // Taken back, put back and taken back, it is there and gone.
    let undone = google.home.json("undo");
    assert!(google.drafts().is_empty());
    google.home.ok(&format!("undo {}", undone["undo"]));
    google.sync();
    assert_eq!(words(&google).1, "It costs 40.");
    google.home.ok("undo");
    assert!(google.drafts().is_empty());
    // Approved again there is one.
    google.home.ok(&format!("approve {mv}"));
    assert_eq!(words(&google).1, "It costs 40.");
    google.happen("send_draft", &json!({}));
    google.at("2026-11-23T10:10:00Z").synced();
    let refused = google
        .home
        .run(["edit", &mv.to_string(), "--body", "Never mind."])
        .exits(2);
    assert!(!refused.err.is_empty());
    assert_eq!(google.sent().len(), 1);
    google.home.audit_holds();
}

#[test]
fn new_words_for_a_draft_are_there_once_wherever_it_is_killed() {
    for point in [
        "draft-edited",
        "before-claim",
        "after-claim",
        "after-delivery",
        "after-settle",
    ] {
        let google = Google::start("draft");
        let mv = google.form_of_ann();
        google.home.ok(&format!("approve {mv}"));
        let killed = google
            .home
            .command([
                "edit",
                &mv.to_string(),
                "--subject",
                "Prices",
                "--body",
                "It costs 40.",
            ])
            .env("CASEYOS_CRASH_AT", point)
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "{point}");
        google.sync();
        google.sync();
        let ended = execution(&google.home, mv);
        // What Gmail's search does not show at once is asked for again later.
        if ended["status"] != "drafted" {
            panic!("{point}: {ended:#}");
        }
        assert_eq!(
            words(&google),
            ("Prices".into(), "It costs 40.".into()),
            "{point}"
        );
    }
}

#[test]
fn a_draft_in_a_maildir_gets_new_words_in_place_wherever_it_is_killed() {
    for point in [
        "",
        "draft-edited",
        "after-claim",
        "before-rename",
        "after-rename",
        "after-delivery",
    ] {
        let (home, mv) = maildir();
        let edited = home
            .command([
                "edit",
                &mv.to_string(),
                "--subject",
                "Prices",
                "--body",
                "It costs 40.",
            ])
            .env("CASEYOS_CRASH_AT", point)
            .output()
            .unwrap();
        assert_eq!(
            edited.status.code().is_none(),
            !point.is_empty(),
            "{point} {edited:?}"
        );
        if !point.is_empty() {
            home.ok("sync");
        }
        let [draft] = &home.drafts()[..] else {
            panic!("{point}: {:#?}", home.drafts())
        };
        assert_eq!(
            (draft.subject.as_str(), draft.body.trim()),
            ("Prices", "It costs 40."),
            "{point}"
        );
        assert_eq!(execution(&home, mv)["status"], "drafted", "{point}");
    }
}

#[test]
fn a_draft_at_gmail_is_sent_from_here_once_the_mode_is_live() {
    for rewrites in [false, true] {
        let mut google = Google::start("draft");
        google.double().mailbox.rewrites_ids = rewrites;
        google.synced();
        let mv = google.form_of_ann();
        google.home.ok(&format!("approve {mv}"));
        google.home.ok("mode live");
        google.world.forget();
        let sent = google.home.json(&format!("approve {mv}"));
        assert_eq!(sent["status"], "sent", "{sent:#}");
        assert_eq!(google.asked("POST", "/gmail/v1/users/me/drafts/send"), 1);
        assert_eq!(google.asked("POST", "/gmail/v1/users/me/messages/send"), 0);
        assert!(google.drafts().is_empty());
        assert_eq!(google.sent().len(), 1);
        is_sent_once(&google.home, mv, "sent from here");
        let verdicts = one(
            &google.home,
            "SELECT count(*) FROM verdict WHERE phase = 'claim' AND passed",
        );
        assert_eq!(verdicts, 8);
        assert_eq!(message(&google.home).0, id(&google.sent()[0]));
        // Asked again, it has the same answer.
        google.home.ok(&format!("approve {mv}"));
        assert_eq!(google.sent().len(), 1);
        google.at("2026-11-23T10:10:00Z");
        assert_eq!(google.synced()["sent_by_hand"], 0);
    }
}

#[test]
fn a_draft_that_was_changed_there_is_shown_and_sent_only_when_it_is_approved_again() {
    let google = Google::start("draft");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.happen(
        "edit_draft",
        &json!({"subject": "Prices", "text": "Forty a month."}),
    );
    google.home.ok("mode live");
    let shown = google.home.run(["approve", &mv.to_string()]).exits(4);
    assert!(shown.out.contains("Forty a month."), "{shown:?}");
    assert!(google.sent().is_empty());
    // Changed once more in between: shown again.
    google.happen("edit_draft", &json!({"text": "Fifty a month."}));
    google.home.run(["approve", &mv.to_string()]).exits(4);
    google.home.ok(&format!("approve {mv}"));
    let [left] = &google.sent()[..] else { panic!() };
    assert_eq!(
        (left.subject.as_str(), left.text.trim()),
        ("Prices", "Fifty a month.")
    );
    assert!(message(&google.home).2.contains("Fifty a month."));
    google.home.audit_holds();
}

#[test]
fn sending_a_draft_passes_the_gate_and_can_be_taken_back_while_it_waits() {
    let mut google = Google::start("draft");
    google.home.undo_window(20);
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.home.ok("mode live");
    google.home.ok("suppress add ann@acme.example");
    google.home.run(["approve", &mv.to_string()]).exits(4);
    assert_eq!(execution(&google.home, mv)["status"], "drafted");
    google.home.ok("suppress remove ann@acme.example");
    let queued = google.home.json(&format!("approve {mv}"));
    assert_eq!(queued["result"], "queued", "{queued:#}");
    google.home.ok("undo");
    assert_eq!(execution(&google.home, mv)["status"], "drafted");
    assert_eq!(google.drafts().len(), 1);
    // Changed within the window: what was approved is not what would leave.
    google.home.ok(&format!("approve {mv}"));
    google.happen("edit_draft", &json!({"text": "Forty a month."}));
    google.at("2026-11-23T10:00:30Z").sync();
    assert!(google.sent().is_empty());
    let lies = execution(&google.home, mv);
    assert_eq!(lies["status"], "drafted", "{lies:#}");
    assert!(
        lies["error"].as_str().unwrap().contains("changed at Gmail"),
        "{lies:#}"
    );
    // They opted out within the window: nothing leaves, and the draft stays the operator's.
    google.home.run(["approve", &mv.to_string()]).exits(4);
    google.home.ok(&format!("approve {mv}"));
    google.home.ok("suppress add ann@acme.example");
    google.at("2026-11-23T10:01:30Z").sync();
    assert!(google.sent().is_empty());
    assert_eq!(execution(&google.home, mv)["status"], "drafted");
    // Then the draft itself can be taken back.
    google.home.ok("undo");
    google.home.audit_holds();
}

#[test]
fn a_draft_that_was_given_another_recipient_passes_the_guards_of_that_one() {
    let mut google = Google::start("draft");
    google
        .home
        .contacts("Email,First Name\neve@moss.example,Eve\n");
    google.home.ok("suppress add sup@pressed.example");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.home.ok("mode live");
    for never in ["sup@pressed.example", "Sup+x@Pressed.example"] {
        google.happen("edit_draft", &json!({"recipient": never}));
        google.home.run(["approve", &mv.to_string()]);
        let refused = google.home.run(["approve", &mv.to_string(), "--now"]);
        assert!(refused.out.contains("suppress"), "{never}: {refused:?}");
        google.at("2026-11-23T10:01:30Z").sync();
        assert!(google.sent().is_empty(), "{never}");
    }
    // Somebody else who may be written to gets it, and is booked as the one who did.
    google.happen("edit_draft", &json!({"recipient": "eve@moss.example"}));
    google.home.run(["approve", &mv.to_string()]);
    google
        .home
        .run(["approve", &mv.to_string(), "--now"])
        .exits(0);
    google.at("2026-11-23T10:03:30Z").sync();
    assert_eq!(google.sent().len(), 1);
    assert_eq!(message(&google.home).3, "eve@moss.example");
    let week = google.home.json("limits --contact eve@moss.example");
    assert_eq!(week["limits"][0]["used"], 1, "{week:#}");
    google.home.audit_holds();
}

#[test]
fn a_draft_that_is_sent_by_hand_while_it_waits_to_be_sent_from_here_leaves_once() {
    // At Gmail.
    let mut google = Google::start("draft");
    google.home.undo_window(20);
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.home.ok("mode live");
    let shown = google.home.ok(&format!("approve {mv} --dry-run"));
    assert!(shown.contains("Subject:"), "{shown}");
    google.home.ok(&format!("approve {mv}"));
    google.happen("send_draft", &json!({}));
    google.at("2026-11-23T10:00:30Z").synced();
    assert_eq!(google.sent().len(), 1);
    is_sent_once(&google.home, mv, "gmail");
    // In a Maildir.
    for (sent_by_hand, edited) in [(true, false), (false, false), (false, true)] {
        let how = format!("by hand {sent_by_hand}, edited {edited}");
        let (mut home, mv) = maildir();
        make_maildir(&home, "Sent");
        home.undo_window(20);
        home.ok("mode live");
        home.ok(&format!("approve {mv}"));
        let draft = &home.drafts()[0];
        if edited {
            let (head, _) = draft.raw.split_once("\r\n\r\n").unwrap();
            fs::write(&draft.path, format!("{head}\r\n\r\nForty.\r\n")).unwrap();
        } else {
            fs::remove_file(&draft.path).unwrap();
        }
        if sent_by_hand {
            home.write("Mail/Sent/cur/1795514700.mua.host:2,S", &draft.raw);
        }
        home.at("2026-11-23T10:00:30Z").ok("sync");
        assert!(home.outbox().is_empty(), "{how}");
        if sent_by_hand {
            is_sent_once(&home, mv, &how);
        } else {
            assert_eq!(execution(&home, mv)["status"], "drafted", "{how}");
        }
    }
}

#[test]
fn a_draft_is_sent_once_wherever_it_is_killed() {
    for point in [
        "draft-approved",
        "before-claim",
        "after-claim",
        "after-delivery",
        "after-settle",
    ] {
        for rewrites in [false, true] {
            let mut google = Google::start("draft");
            google.double().mailbox.rewrites_ids = rewrites;
            let mv = google.form_of_ann();
            google.home.ok(&format!("approve {mv}"));
            google.home.ok("mode live");
            assert!(
                google.home.crashes_at(point, &format!("approve {mv}")),
                "{point}"
            );
            for at in [
                "2026-11-23T10:02:00Z",
                "2026-11-23T10:10:00Z",
                "2026-11-23T10:40:00Z",
            ] {
                google.at(at).sync();
            }
            assert!(google.drafts().is_empty(), "{point}");
            assert_eq!(google.sent().len(), 1, "{point}");
            is_sent_once(&google.home, mv, point);
        }
    }
}

#[test]
fn a_draft_that_was_taken_back_and_put_back_can_be_taken_back_again() {
    let (home, mv) = maildir();
    for _ in 0..3 {
        let undone = home.json("undo");
        assert!(home.drafts().is_empty());
        assert_eq!(home.json(&format!("show {mv}"))["status"], "open");
        home.ok(&format!("undo {}", undone["undo"]));
        home.ok("sync");
        assert_eq!(home.drafts().len(), 1);
        assert_eq!(execution(&home, mv)["status"], "drafted");
    }
    home.audit_holds();
}

#[test]
fn a_draft_in_a_maildir_is_sent_once_and_gone_wherever_it_is_killed() {
    for point in [
        "",
        "draft-approved",
        "after-claim",
        "before-rename",
        "after-rename",
        "after-delivery",
        "before-commit#3",
        "after-settle",
    ] {
        let (home, mv) = maildir();
        home.ok("mode live");
        let sent = home
            .command(["approve", &mv.to_string()])
            .env("CASEYOS_CRASH_AT", point)
            .output()
            .unwrap();
        assert_eq!(
            sent.status.code().is_none(),
            !point.is_empty(),
            "{point} {sent:?}"
        );
        home.ok("sync");
        home.ok("sync");
        assert_eq!(
            (home.outbox().len(), home.drafts().len()),
            (1, 0),
            "{point}"
        );
        is_sent_once(&home, mv, point);
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_draft_on_a_mail_server_gets_new_words_and_is_sent_from_here() {
    let servers = MailServers::start();
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
    imap::run(&home, &format!("approve {mv}")).exits(0);
    let edit = |body: &str, crash: &str| {
        home.command([
            "edit",
            &mv.to_string(),
            "--subject",
            "Prices",
            "--body",
            body,
        ])
        .env("CASEYOS_MAIL_WORK_PASSWORD", PASSWORD)
        .env("CASEYOS_CRASH_AT", crash)
        .output()
        .unwrap()
    };
    assert_eq!(edit("It costs 40.", "").status.code(), Some(0));
    // Killed when both lie there.
    assert_eq!(edit("It costs 50.", "draft-appended").status.code(), None);
    imap::run(&home, "sync").exits(0);
    let lying = servers.folder("casey", "Entw&APw-rfe");
    assert_eq!(lying.len(), 1, "{lying:#?}");
    let raw = fs::read_to_string(&lying[0]).unwrap();
    assert!(raw.contains("It costs 50."), "{raw}");
    home.ok("mode live");
    // Killed when it is handed in and the draft is not removed yet.
    let killed = home
        .command(["approve", &mv.to_string()])
        .env("CASEYOS_MAIL_WORK_PASSWORD", PASSWORD)
        .env("CASEYOS_CRASH_AT", "after-delivery")
        .output()
        .unwrap();
    assert_eq!(killed.status.code(), None);
    imap::run(&home, "sync").exits(0);
    is_sent_once(&home, mv, "imap");
    assert!(servers.folder("casey", "Entw&APw-rfe").is_empty());
    assert_eq!(servers.folder("casey", "Sent").len(), 1);
}
