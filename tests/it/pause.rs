//! Stops and pauses: what would go is shown before it goes, and no backlog is dumped.

use serde_json::Value;

use crate::home::{Home, form};

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
fn resume_shows_what_would_go_before_it_goes() {
    let mut home = home_with(&["ann@acme.example", "bob@kite.example"]);
    home.undo_window(20);
    home.ok("approve 1");
    home.ok("approve 2");
    home.ok("stop fire");
    home.at("2026-11-23T10:01:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    let item: Value = home.json("outbox")[0].clone();
    assert_eq!(
        (&item["guard"], &item["leaves_at"]),
        (&"kill_switch".into(), &Value::Null)
    );
    let shown = home.run(["resume"]).exits(2);
    assert!(
        shown.out.contains("ann@acme.example") && shown.out.contains("bob@kite.example"),
        "{shown:?}"
    );
    assert!(shown.err.contains("--yes"));
    let list = home.run(["resume", "--json"]).exits(2).json();
    assert_eq!(list[0]["leaves_at"], "2026-11-23T10:01:00Z", "{list:#}");
    assert_eq!(home.json("today")["kill_switch"]["state"], "stopped");
    home.ok("resume --yes");
    home.ok("sync");
    assert_eq!(home.outbox().len(), 2);
    // Where nothing waits, nothing is asked.
    home.ok("stop");
    home.ok("resume");
    assert_eq!(home.json("resume")["result"], "nothing");
    home.audit_holds();
}

#[test]
fn after_a_pause_mail_leaves_at_the_usual_pace() {
    let home = home_with(&["a@a.example", "b@b.example", "c@c.example"]);
    home.limits("per_day = 20\nper_hour = 2\nmin_gap_seconds = 30\n[limits.ramp]\nenabled = false");
    home.undo_window(20);
    for id in 1..=3 {
        home.run(["approve", &id.to_string()]);
    }
    let said = home.ok("pause --until 2026-11-23T14:00 --reason lunch");
    assert!(said.contains("3 approved and waiting"), "{said}");
    let why = home.json("why move:1");
    assert_eq!(
        (&why["guard"], &why["clears_at"]),
        (&"kill_switch".into(), &"2026-11-23T14:00:00Z".into())
    );
    let leaves: Vec<Value> = home
        .json("outbox")
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["leaves_at"].clone())
        .collect();
    assert_eq!(
        leaves,
        [
            "2026-11-23T14:00:00Z",
            "2026-11-23T14:00:30Z",
            "2026-11-23T15:00:00Z"
        ]
    );
    // One more mail to them would be the fourth.
    assert_eq!(home.json("when a@a.example")["at"], "2026-11-23T15:00:30Z");
    assert_eq!(home.json("limits")["pause"]["reason"], "lunch");
    assert_eq!(home.json("pause")["until"], "2026-11-23T14:00:00Z");
    home.at_later("2026-11-23T13:59:59Z").ok("sync");
    assert!(home.outbox().is_empty());
    for (at, count) in [
        ("2026-11-23T14:00:00Z", 1),
        ("2026-11-23T14:00:29Z", 1),
        ("2026-11-23T14:00:30Z", 2),
        ("2026-11-23T14:59:00Z", 2),
        ("2026-11-23T15:00:00Z", 3),
    ] {
        home.at_later(at).ok("sync");
        assert_eq!(home.outbox().len(), count, "{at}");
    }
    home.audit_holds();
}

#[test]
fn an_approval_that_ends_during_a_pause_needs_a_new_look() {
    let home = home_with(&["ann@acme.example"]);
    home.undo_window(20);
    home.ok("approve 1");
    let said = home.ok("pause --for 3d");
    assert!(said.contains("looked at again"), "{said}");
    home.at_later("2026-11-26T10:00:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    let show = home.at_later("2026-11-26T10:00:00Z").json("show 1");
    assert_eq!(show["status"], "open");
    home.at_later("2026-11-26T10:00:01Z").ok("approve 1 --now");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn the_days_of_a_pause_are_no_silence() {
    let home = home_with(&["ann@acme.example"]);
    home.ok("approve 1");
    home.at_later("2026-11-24T10:00:00Z")
        .ok("pause --until 2026-12-04T10:00");
    let bumped = |at: &str| {
        let later = home.at_later(at);
        later.ok("sync");
        let today = later.json("today");
        today["moves"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["action"] == "thread_bump")
    };
    // Four days of silence make a bump: one before the pause, three after it.
    assert!(!bumped("2026-11-28T10:00:00Z"));
    assert!(!bumped("2026-12-04T10:00:00Z"));
    assert!(!bumped("2026-12-07T09:59:00Z"));
    assert!(bumped("2026-12-07T10:00:00Z"));
    assert_eq!(home.outcomes(), ["email_sent", "no_response"]);
}

#[test]
fn due_times_that_fall_into_a_pause_move_on_with_it() {
    let home = home_with(&["ann@acme.example"]);
    let due = |at: &str| home.at_later(at).json("show 1")["due_at"].clone();
    assert_eq!(due("2026-11-23T10:00:00Z"), "2026-11-23T11:30:00Z");
    home.ok("pause --for 2d");
    home.at_later("2026-11-24T10:00:00Z").ok("sync");
    assert_eq!(due("2026-11-24T10:00:00Z"), "2026-11-23T11:30:00Z");
    home.at_later("2026-11-25T12:00:00Z").ok("sync");
    assert_eq!(due("2026-11-25T12:00:00Z"), "2026-11-25T11:30:00Z");
}

#[test]
fn a_pause_is_refused_where_it_makes_no_sense() {
    let home = home_with(&[]);
    for args in [
        &["pause", "--until", "2020-01-01"][..],
        &["pause", "--for", "tuesday-ish"],
        &["pause", "--until", "2099-01-01"],
        &["pause", "--until", "monday", "--for", "3d"],
        &["pause", "--off", "--for", "3d"],
    ] {
        home.run(args).exits(2);
    }
    assert_eq!(home.json("pause --off")["result"], "nothing");
    assert!(home.json("pause").is_null());
    home.ok("pause --for 3d");
    assert!(
        home.ok("pause --until 2026-12-24")
            .contains("Thu 24 Dec 2026")
    );
    assert_eq!(home.json("pause")["until"], "2026-12-24T00:00:00Z");
    home.ok("undo");
    assert_eq!(home.json("pause")["until"], "2026-11-26T10:00:00Z");
}

#[test]
fn drafts_are_made_during_a_pause_because_they_do_not_leave() {
    let home = home_with(&["ann@acme.example"]);
    home.ok("mode draft");
    home.ok("pause --for 3d");
    assert_eq!(home.json("approve 1")["status"], "drafted");
}
