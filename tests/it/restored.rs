//! A database that is older than what was done with it: restored, rolled back or copied. Nothing is sent twice, lost, or booked on somebody else.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::home::{Home, answer, form};

const DATABASE: &str = "caseyos.db";

/// Two people who wrote, a move for each.
fn two_people() -> Home {
    let home = Home::live();
    home.contacts("Email,First Name\nann@acme.example,Ann\nbo@kite.example,Bo\n");
    let ask = |email| form(email, "2026-11-23T09:40:00Z", "What does it cost?");
    home.signals(&[ask("ann@acme.example"), ask("bo@kite.example")])
        .exits(0);
    home
}

fn save(home: &Home) -> Vec<u8> {
    fs::read(home.path().join(DATABASE)).unwrap()
}

fn put_back(home: &Home, bytes: &[u8]) {
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(
            home.path().join(format!("{DATABASE}{end}")),
        ));
    }
    fs::write(home.path().join(DATABASE), bytes).unwrap();
}

#[track_caller]
fn status(home: &Home, mv: i64) -> Value {
    home.json(&format!("show {mv}"))["status"].clone()
}

#[test]
fn a_message_id_is_given_once_whatever_database_gives_it() {
    let home = two_people();
    let (ann, bo) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bo@kite.example", "email_follow_up"),
    );
    let old = save(&home);
    home.ok(&format!("approve {ann} --now"));
    put_back(&home, &old);
    home.ok(&format!("approve {bo} --now"));
    let out = home.outbox();
    let ids: BTreeSet<&str> = out.iter().map(|mail| mail.message_id.as_str()).collect();
    assert_eq!((out.len(), ids.len()), (2, 2), "{ids:?}");
    // The one that left before says what the open move would say: it is taken in as that, and not sent again.
    assert_eq!(status(&home, ann), "done");
    home.run(["approve", &ann.to_string(), "--now"]).exits(0);
    home.ok("sync");
    assert_eq!(home.outbox().len(), 2);
    // An answer reaches the books of the one who wrote it.
    let theirs = out
        .iter()
        .find(|mail| mail.to == "ann@acme.example")
        .unwrap();
    let no = "Please remove me from your list.";
    home.deliver(
        "no",
        answer(
            theirs,
            "ann@acme.example",
            "Mon, 23 Nov 2026 10:30:00 +0000",
            no,
        ),
    );
    home.at_later("2026-11-23T11:00:00Z").ok("sync");
    let suppressed = home.json("suppress list");
    assert_eq!(suppressed.as_array().unwrap().len(), 1, "{suppressed}");
    assert_eq!(suppressed[0]["value"], "ann@acme.example");
    home.audit_holds();
}

#[test]
fn a_kill_over_a_restored_database_loses_nothing() {
    for point in [
        "after-claim",
        "before-rename",
        "after-rename",
        "after-delivery",
    ] {
        let home = two_people();
        let (ann, bo) = (
            home.find_move("ann@acme.example", "email_follow_up"),
            home.find_move("bo@kite.example", "email_follow_up"),
        );
        let old = save(&home);
        home.ok(&format!("approve {ann} --now"));
        put_back(&home, &old);
        assert!(
            home.crashes_at(point, &format!("approve {bo} --now")),
            "{point}"
        );
        home.ok("sync");
        home.ok("sync");
        let to: Vec<String> = home.outbox().into_iter().map(|mail| mail.to).collect();
        let to: BTreeSet<&str> = to.iter().map(String::as_str).collect();
        assert_eq!(home.outbox().len(), 2, "{point}");
        assert_eq!(
            to,
            BTreeSet::from(["ann@acme.example", "bo@kite.example"]),
            "{point}"
        );
        let detail = home.json(&format!("show {bo}"));
        assert_eq!(detail["status"], "done", "{point}");
        let location = detail["executions"][0]["location"].as_str().unwrap();
        let there = fs::read_to_string(location).unwrap();
        assert!(there.contains("bo@kite.example"), "{point}: {location}");
    }
}

#[test]
fn an_old_id_that_was_given_twice_is_no_proof_of_delivery() {
    // As it was before ids had a part of their own: the same name and the same id for two mails.
    let home = two_people();
    let bo = home.find_move("bo@kite.example", "email_follow_up");
    assert!(home.crashes_at("after-claim", &format!("approve {bo} --now")));
    let tmp = home.path().join("Mail").join("outbox").join("tmp");
    let staged = fs::read_dir(&tmp).unwrap().next().unwrap().unwrap();
    let name = staged.file_name().into_string().unwrap();
    let other = fs::read_to_string(staged.path())
        .unwrap()
        .replace("bo@kite.example", "ann@acme.example");
    let new = home.path().join("Mail").join("outbox").join("new");
    fs::write(new.join(name.trim_start_matches("caseyos-")), other).unwrap();
    home.ok("sync");
    let to: Vec<String> = home.outbox().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to.len(), 2, "{to:?}");
    assert!(to.contains(&"bo@kite.example".to_owned()), "{to:?}");
    assert_eq!(status(&home, bo), "done");
}

#[test]
fn what_was_sent_and_is_not_known_is_shown_and_holds_what_it_may_repeat() {
    let home = two_people();
    let (ann, bo) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bo@kite.example", "email_follow_up"),
    );
    let old = save(&home);
    home.run([
        "edit",
        &ann.to_string(),
        "--body",
        "Other words, of which the old database knows nothing.",
    ])
    .exits(0);
    home.ok(&format!("approve {ann} --now"));
    // A mail program has seen it, and named it as it likes.
    let sent = home.outbox().remove(0).path;
    let seen = sent
        .parent()
        .unwrap()
        .with_file_name("cur")
        .join("theirs:2,S");
    let check = |how: &str, move_it: bool| {
        if move_it {
            fs::rename(&sent, &seen).unwrap();
        }
        put_back(&home, &old);
        if !move_it {
            // Not even a sync has looked.
            home.run(["approve", &ann.to_string(), "--now"]).exits(4);
            put_back(&home, &old);
            let doctor = home.run(["doctor", "--offline", "--json"]);
            assert!(
                doctor
                    .out
                    .contains("1 message of ours (the first to ann@acme.example)"),
                "{}",
                doctor.out
            );
        }
        let sync = home.run(["sync"]);
        let said = format!("{}{}", sync.out, sync.err);
        assert!(
            said.contains("A message of ours to ann@acme.example"),
            "{how}: {said}"
        );
        home.run(["approve", &ann.to_string(), "--now"]).exits(4);
        assert_eq!(home.outbox().len(), 1, "{how}");
        let strays = home.json("outbox strays");
        assert_eq!(strays.as_array().unwrap().len(), 1, "{how}: {strays}");
        assert_eq!(strays[0]["to_key"], "ann@acme.example", "{how}");
    };
    check("as we named it", false);
    check("as another program named it", true);
    // Nobody else is held.
    home.ok(&format!("approve {bo} --now"));
    home.ok("outbox known 1");
    assert_eq!(home.json("outbox strays"), Value::Array(Vec::new()));
    home.ok("sync");
    assert_eq!(home.json("outbox strays"), Value::Array(Vec::new()));
    home.ok(&format!("approve {ann} --now"));
    assert_eq!(home.outbox().len(), 3);
    home.audit_holds();
}

#[test]
fn what_was_queued_in_the_copy_and_left_since_does_not_leave_again() {
    let home = two_people();
    let ann = home.find_move("ann@acme.example", "email_follow_up");
    home.undo_window(20);
    home.ok(&format!("approve {ann}"));
    let old = save(&home);
    home.at_later("2026-11-23T10:01:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
    put_back(&home, &old);
    home.at_later("2026-11-23T10:02:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
    assert_eq!(status(&home, ann), "done");
    assert_eq!(home.json("outbox strays"), Value::Array(Vec::new()));
    home.audit_holds();
}
