//! What the operator takes back, and what must not come back with it.

use crate::home::{Home, MONDAY, answer, form, letter};

fn home_with(emails: &[&str]) -> Home {
    let home = Home::live();
    let lines: Vec<String> = emails
        .iter()
        .map(|e| form(e, "2026-11-23T09:30:00Z", "pricing?"))
        .collect();
    home.signals(&lines);
    home
}

#[test]
fn an_old_entry_cannot_turn_back_a_move_that_was_approved_since() {
    let mut home = home_with(&["ann@acme.example"]);
    home.at("2026-11-23T04:00:00Z");
    let id = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("snooze {id} 3h"));
    home.run(["approve", &id.to_string()]).exits(4);
    let refused = home.run(["undo", "1"]).exits(2);
    assert!(refused.err.contains("approved since"), "{}", refused.err);
    home.at(MONDAY);
    home.ok("sync");
    assert_eq!(home.outbox().len(), 1);
    home.audit_holds();
}

#[test]
fn undo_walks_back_and_a_named_entry_does_it_again() {
    let home = home_with(&["ann@acme.example", "bob@kite.example"]);
    let (ann, bob) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bob@kite.example", "email_follow_up"),
    );
    home.ok(&format!("skip {ann} --reason no"));
    home.ok(&format!("skip {bob} {bob} --reason no"));
    assert_eq!(home.today().len(), 0);
    home.ok("undo");
    home.ok("undo");
    assert_eq!(home.today().len(), 2);
    let scores: Vec<_> = home.today().iter().map(|m| m["score"].clone()).collect();
    assert_eq!(
        scores,
        home_with(&["ann@acme.example", "bob@kite.example"])
            .today()
            .iter()
            .map(|m| m["score"].clone())
            .collect::<Vec<_>>()
    );
    home.ok("undo 3");
    assert_eq!(home.today().len(), 1, "taking back the undo skips again");
}

#[test]
fn a_snooze_longer_than_a_move_lives_brings_it_back_all_the_same() {
    let mut home = home_with(&["ann@acme.example"]);
    let id = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("snooze {id} 2027-02-15"));
    home.at("2027-02-16T10:00:00Z");
    assert_eq!(home.today().len(), 1);
}

#[test]
fn a_suppression_holds_however_the_address_is_written() {
    let home = home_with(&["a.nn+crm@gmail.com", "bob@kite.example"]);
    home.ok("suppress add <ann@gmail.com>");
    home.ok("suppress add mailto:BOB@kite.example");
    for email in ["a.nn+crm@gmail.com", "bob@kite.example"] {
        let id = home.find_move(email, "email_follow_up");
        home.run(["approve", &id.to_string()]).exits(4);
    }
    assert!(home.outbox().is_empty());
}

#[test]
fn an_opt_out_outlives_the_operators_own_suppression() {
    let home = home_with(&["ann@acme.example"]);
    home.ok("suppress add ann@acme.example --reason later");
    home.deliver(
        "1",
        letter(
            "ann@acme.example",
            "unsubscribe",
            "Mon, 23 Nov 2026 09:50:00 +0000",
            "Message-ID: <u1@acme.example>\r\n",
            "unsubscribe",
        ),
    );
    home.ok("sync");
    home.ok("undo");
    let list = home.json("suppress list");
    assert_eq!(list[0]["source"], "mail", "{list}");
}

#[test]
fn an_answer_from_a_clock_that_is_slow_still_counts_as_one() {
    let mut home = home_with(&["ann@acme.example"]);
    let id = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("approve {id}"));
    let sent = home.outbox().remove(0);
    home.deliver(
        "1",
        answer(
            &sent,
            "ann@acme.example",
            "Mon, 23 Nov 2026 09:55:00 +0000",
            "Sounds good, what does it cost?",
        ),
    );
    home.at("2026-11-23T10:05:00Z");
    home.ok("sync");
    home.at("2026-11-30T10:05:00Z");
    home.ok("sync");
    assert!(
        !home.outcomes().iter().any(|o| o.contains("no_response")),
        "{:?}",
        home.outcomes()
    );
    assert!(!home.today().iter().any(|m| m["action"] == "thread_bump"));
}

#[test]
fn a_lost_deal_takes_what_its_stages_asked_for_off_the_list_in_either_order() {
    let stage = |stage: &str, at: &str| {
        format!(
            r#"{{"source":"hubspot","kind":"hubspot.deal_stage_changed","at":"{at}","email":"ann@acme.example","deal_id":"7","deal_name":"Acme","stage":"{stage}"}}"#
        )
    };
    let (sent, lost) = (
        stage("contractsent", "2026-11-23T08:00:00Z"),
        stage("closedlost", "2026-11-23T09:00:00Z"),
    );
    for lines in [[&sent, &lost], [&lost, &sent]] {
        let home = Home::live();
        for line in lines {
            home.signals(std::slice::from_ref(line));
        }
        let left: Vec<_> = home.today().iter().map(|m| m["action"].clone()).collect();
        assert_eq!(left, ["win_loss_analysis"]);
    }
}

#[test]
fn a_message_that_was_taken_from_the_outbox_before_the_recovery_is_not_sent_again() {
    for point in ["after-rename", "after-delivery"] {
        let home = home_with(&["ann@acme.example"]);
        let id = home.find_move("ann@acme.example", "email_follow_up");
        assert!(home.crashes_at(point, &format!("approve {id}")));
        for sent in home.outbox() {
            std::fs::remove_file(sent.path).unwrap();
        }
        home.ok("sync");
        home.ok("sync");
        assert!(home.outbox().is_empty(), "{point}");
        assert_eq!(home.json(&format!("show {id}"))["status"], "done");
        home.audit_holds();
    }
}
