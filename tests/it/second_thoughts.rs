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

#[test]
fn a_skip_or_a_tick_that_is_done_again_counts_again() {
    let score = |home: &Home| {
        let mut all: Vec<_> = home
            .json("outcome list")
            .as_array()
            .unwrap()
            .iter()
            .map(|o| (o["kind"].clone(), o["undone_at"].is_null()))
            .collect();
        all.sort_by_key(|(kind, _)| kind.to_string());
        all
    };
    let tally = |home: &Home| -> Vec<(String, i64, i64)> {
        let database = home.database();
        let mut statement = database
            .prepare("SELECT scope, n, impact FROM outcome_tally WHERE n <> 0 ORDER BY scope, day")
            .unwrap();
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let home = home_with(&["ann@acme.example", "bob@kite.example"]);
    let (ann, bob) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bob@kite.example", "email_follow_up"),
    );
    let before = tally(&home);
    home.ok(&format!("skip {ann} --reason no"));
    home.ok(&format!("done {bob}"));
    let after = (tally(&home), score(&home));
    assert_ne!(before, after.0);
    home.ok("undo 1");
    home.ok("undo 2");
    assert_eq!(tally(&home), before);
    // Undone, and the undo undone: as if nothing had been taken back, however often.
    for _ in 0..2 {
        for entry in home.json("undo list").as_array().unwrap() {
            let summary = entry["summary"].as_str().unwrap();
            if entry["undone_at"].is_null() && summary.starts_with("Undone: ") {
                home.ok(&format!("undo {}", entry["id"]));
            }
        }
        assert_eq!((tally(&home), score(&home)), after);
        home.ok("undo 1");
        home.ok("undo 2");
        assert_eq!(tally(&home), before);
    }
    // Reopened and taken back: the skip counts as before.
    home.ok(&format!("skip {ann} --reason no"));
    let skipped = tally(&home);
    home.ok(&format!("reopen {ann}"));
    assert_eq!(tally(&home), before);
    home.ok("undo");
    assert_eq!(tally(&home), skipped);
}

#[test]
fn the_undo_list_says_what_comes_back_and_what_cannot() {
    let mut home = home_with(&["ann@acme.example", "bob@kite.example"]);
    home.undo_window(20);
    let (ann, bob) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bob@kite.example", "email_follow_up"),
    );
    home.ok(&format!("approve {ann} --now"));
    home.ok(&format!("approve {bob}"));
    let entries = home.json("undo list");
    let of = |id: usize| &entries[id];
    assert_eq!(
        (&of(0)["possible"], &of(1)["possible"]),
        (&true.into(), &false.into()),
        "{entries:#}"
    );
    assert!(
        of(0)["promise"]
            .as_str()
            .unwrap()
            .contains("bob@kite.example has not left")
    );
    assert!(
        of(1)["promise"]
            .as_str()
            .unwrap()
            .contains("lies with ann@acme.example")
    );
    assert!(home.ok("undo list").contains("cannot be undone"));
    home.at("2026-11-23T10:00:20Z").ok("sync");
    assert_eq!(home.json("undo list")[0]["possible"], false);
    home.run(["undo", "2"]).exits(4);
    assert_eq!(home.outbox().len(), 2);
}

#[test]
fn a_withdrawn_mail_can_be_queued_again_and_withdrawn_again() {
    let home = home_with(&["ann@acme.example"]);
    home.undo_window(20);
    let id = home.find_move("ann@acme.example", "email_follow_up");
    let queued = home.json(&format!("approve {id}"));
    assert_eq!(queued["result"], "queued", "{queued:#}");
    assert_eq!(queued["leaves_at"], "2026-11-23T10:00:20Z");
    let again = home.json("undo")["undo"].clone();
    assert_eq!(home.json(&format!("show {id}"))["status"], "open");
    home.ok(&format!("undo {again}"));
    assert_eq!(home.json(&format!("show {id}"))["status"], "approved");
    assert_eq!(home.json("undo")["result"], "changed");
    assert_eq!(home.json(&format!("show {id}"))["status"], "open");
    home.at_later("2026-11-23T11:00:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    home.audit_holds();
}

#[test]
fn stops_pauses_and_dropped_mail_are_on_the_undo_list_too() {
    let mut home = home_with(&["ann@acme.example"]);
    home.ok("stop");
    home.ok("undo");
    assert_eq!(home.json("today")["kill_switch"]["state"], "running");
    home.ok("pause --for 3d --reason fair");
    assert_eq!(home.json("today")["pause"]["reason"], "fair");
    home.ok("undo");
    assert!(home.json("today")["pause"].is_null());
    home.ok("pause --for 3d");
    home.ok("pause --off");
    home.ok("undo");
    assert_eq!(home.json("today")["pause"]["until"], "2026-11-26T10:00:00Z");
    home.ok("pause --off");
    home.undo_window(20);
    let id = home.find_move("ann@acme.example", "email_follow_up");
    let execution = home.json(&format!("approve {id}"))["execution"].clone();
    // What waits would leave unseen, so an undo does not lift a stop.
    home.ok("stop");
    home.run(["undo"]).exits(2);
    home.ok("resume --yes");
    home.ok(&format!("outbox drop {execution}"));
    assert!(home.json("outbox").as_array().unwrap().is_empty());
    home.ok("undo");
    assert_eq!(home.json("outbox")[0]["status"], "queued");
    home.at("2026-11-23T10:01:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
    home.audit_holds();
}

#[test]
fn an_import_that_changes_only_the_fit_revalues_what_is_open() {
    let csv = |fit: &str| format!("Email,First Name,ICP Fit\nann@acme.example,Ann,{fit}\n");
    let line = [form("ann@acme.example", "2026-11-23T09:30:00Z", "pricing?")];
    let strategic = |home: &Home| {
        let show = home.json("show 1");
        let terms = show["terms"].as_array().unwrap().clone();
        let term = terms
            .iter()
            .find(|t| t.to_string().contains("strategic"))
            .unwrap()
            .clone();
        (show["score"].clone(), term)
    };
    let known_before = Home::live();
    known_before.contacts(&csv("0.9"));
    known_before.signals(&line).exits(0);
    for first in ["0.2", ""] {
        let home = Home::live();
        home.contacts(&csv(first));
        home.signals(&line).exits(0);
        assert_ne!(strategic(&home), strategic(&known_before), "{first}");
        home.contacts(&csv("0.9"));
        assert_eq!(strategic(&home), strategic(&known_before), "{first}");
    }
}
