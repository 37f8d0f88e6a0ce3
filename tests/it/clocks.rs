//! Clocks that are set, jump ahead or are put back: nothing leaves by them, nothing is lost to them, and nothing stays closed after them.

use serde_json::Value;

use crate::google::Google;
use crate::home::{Home, MONDAY, Ran, form};

const A_YEAR_ON: &str = "2027-11-23T10:00:00Z";
/// Some weeks on, when open moves have not expired yet.
const WEEKS_ON: &str = "2026-12-18T10:00:00Z";
const LATER: &str = "2026-11-23T11:00:00Z";

/// A home with an open move to each of some people.
fn with_moves(people: &[&str]) -> Home {
    let home = Home::live();
    let lines: Vec<String> = people
        .iter()
        .map(|who| {
            form(
                &format!("{who}@{who}.example"),
                "2026-11-23T09:40:00Z",
                "Price?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    home
}

/// Runs a command as one whose clock is wrong: set, but not for practice.
fn by_wrong_clock(home: &Home, now: &str, line: &str) -> Ran {
    home.command(line.split_whitespace())
        .env("CASEYOS_NOW", now)
        .env_remove("CASEYOS_PRACTICE")
        .output()
        .unwrap()
        .into()
}

#[test]
fn a_clock_that_a_variable_sets_is_said_and_lets_nothing_leave() {
    let home = with_moves(&["ann"]);
    for line in [
        "today",
        "show 1",
        "sync",
        "limits",
        "outbox",
        "mode",
        "when ann@ann.example",
    ] {
        let ran = by_wrong_clock(&home, MONDAY, line);
        let says: Vec<&str> = ran
            .err
            .lines()
            .filter(|l| l.contains("CASEYOS_NOW"))
            .collect();
        assert_eq!(says.len(), 1, "{line}: {} {}", ran.out, ran.err);
        assert!(says[0].contains("CASEYOS_PRACTICE=1"), "{}", says[0]);
        assert!(home.run(line.split_whitespace()).err.is_empty(), "{line}");
    }
    let today = by_wrong_clock(&home, MONDAY, "today --json")
        .exits(0)
        .json();
    let clock = today["clock"].as_str().unwrap();
    assert!(clock.contains("23 Nov 2026"), "{clock}");
    assert_eq!(home.json("today")["clock"], Value::Null);
    let ran = by_wrong_clock(&home, MONDAY, "approve 1 --now").exits(4);
    assert!(
        ran.out.contains("CASEYOS_NOW") || ran.err.contains("CASEYOS_NOW"),
        "{ran:?}"
    );
    assert_eq!(home.outbox().len(), 0);
    let doctor = by_wrong_clock(&home, MONDAY, "doctor --offline");
    assert!(
        doctor
            .out
            .contains("CASEYOS_NOW sets the clock of a live home"),
        "{}",
        doctor.out
    );
    by_wrong_clock(&home, MONDAY, "clock").exits(4);
    home.ok("clock");
    // In draft nothing would leave, so there is nothing to say, and drafts are made.
    home.ok("mode draft");
    let ran = by_wrong_clock(&home, MONDAY, "approve 1").exits(0);
    assert_eq!(ran.err, "");
    assert_eq!(home.drafts().len(), 1);
}

#[test]
fn a_pass_a_year_ahead_ends_nothing() {
    let mut home = with_moves(&["ann", "bob", "cem", "dan"]);
    home.ok("pause --for 2d");
    home.run(["approve", "1"]).exits(4);
    home.ok("snooze 2 1d");
    let standing = |home: &Home| {
        let moves =
            ["1", "2", "3", "4"].map(|id| home.json(&format!("show {id}"))["status"].clone());
        let pause = home.json("limits")["pause"]["until"].clone();
        (moves, pause, home.outcomes())
    };
    home.at(LATER);
    let before = standing(&home);
    assert_eq!(before.0[0], "approved");
    for line in ["sync", "jobs run", "jobs run audit", "today", "sync"] {
        let ran = by_wrong_clock(&home, A_YEAR_ON, line);
        let all = ran.out + &ran.err;
        assert!(
            all.contains("caseyos clock confirm") || all.contains("CASEYOS_NOW"),
            "{line}: {all}"
        );
    }
    let ran = by_wrong_clock(&home, A_YEAR_ON, "sync").exits(3);
    assert!(ran.err.contains("364 days ahead"), "{}", ran.err);
    assert_eq!(standing(&home), before);
    home.ok("pause --off");
    home.ok("sync");
    assert_eq!(home.outbox().len(), 1);
    home.audit_holds();
}

#[test]
fn a_practice_pass_a_year_ahead_ends_no_snooze_for_good() {
    let mut home = with_moves(&["ann", "bob", "cem"]);
    home.ok("snooze 1 3d");
    home.ok("snooze 2 30m");
    let status = |home: &Home, id: &str| home.json(&format!("show {id}"))["status"].clone();
    home.at(WEEKS_ON).ok("sync");
    home.ok("snooze 3 2d");
    home.at("2026-12-20T10:00:00Z").ok("sync");
    home.at(A_YEAR_ON).ok("sync");
    assert_ne!(status(&home, "1"), "snoozed");
    home.at(LATER).ok("clock confirm");
    home.ok("sync");
    let shown = home.json("show 1");
    assert_eq!(shown["status"], "snoozed");
    assert_eq!(shown["snoozed_until"], "2026-11-26T10:00:00Z");
    // One has ended by the right clock too, and one was set ahead and had its length.
    assert_eq!(status(&home, "2"), "open");
    assert_eq!(home.json("show 2")["snoozed_until"], Value::Null);
    assert_eq!(status(&home, "3"), "open");
    home.at("2026-11-26T10:00:00Z").ok("sync");
    assert_eq!(status(&home, "1"), "open");
    home.audit_holds();
}

#[test]
fn a_long_absence_is_confirmed_by_one_command() {
    let home = with_moves(&["ann"]);
    let ran = by_wrong_clock(&home, A_YEAR_ON, "sync").exits(3);
    assert!(ran.err.contains("clock confirm"), "{}", ran.err);
    by_wrong_clock(&home, A_YEAR_ON, "clock confirm").exits(0);
    by_wrong_clock(&home, A_YEAR_ON, "sync").exits(0);
    let shown = by_wrong_clock(&home, A_YEAR_ON, "show 1 --json")
        .exits(0)
        .json();
    assert_eq!(shown["status"], "expired");
    let again = by_wrong_clock(&home, A_YEAR_ON, "clock confirm").exits(0);
    assert!(again.out.contains("already"), "{}", again.out);
    let log = home.json("audit list --event clock.confirmed");
    assert_eq!(log.as_array().unwrap().len(), 1);
}

#[test]
fn what_was_done_under_a_clock_ahead_closes_nothing_after_it() {
    let mut home = with_moves(&["ann", "bob", "cem", "dan", "eve"]);
    home.limits("per_day = 2\nper_hour = 2\n[limits.ramp]\nfirst_day = 2");
    home.at(WEEKS_ON);
    home.ok("approve 1 --now");
    home.run(["approve", "2", "--now"]);
    assert_eq!(home.outbox().len(), 1, "the gap holds the second");
    home.ok("snooze 3 2d");
    home.ok("suppress add zoe@other.example");
    home.at(LATER);
    home.ok("clock confirm");
    home.ok("sync");
    // The consent that was given ahead has ended, and its move is back.
    let open: Vec<i64> = home
        .today()
        .iter()
        .map(|mv| mv["id"].as_i64().unwrap())
        .collect();
    assert!(open.contains(&2), "{open:?}");
    let limits = home.json("limits");
    assert!(!limits.to_string().contains("2026-12"), "{limits}");
    for line in ["when dan@dan.example", "why dan@dan.example", "outbox"] {
        let said = home.ok(line);
        assert!(
            !said.contains("Dec") && !said.contains("45 days"),
            "{line}: {said}"
        );
    }
    home.ok("approve 4 --now");
    assert_eq!(home.outbox().len(), 2);
    let doctor = home.run(["doctor", "--offline"]).out;
    assert!(doctor.contains("mail dated ahead"), "{doctor}");
    // The snooze keeps its length.
    home.at("2026-11-25T11:30:00Z").ok("sync");
    let open: Vec<i64> = home
        .today()
        .iter()
        .map(|mv| mv["id"].as_i64().unwrap())
        .collect();
    assert!(open.contains(&3), "{open:?}");
    home.audit_holds();
}

#[test]
fn a_pause_that_was_set_under_a_clock_ahead_keeps_its_length() {
    let mut home = with_moves(&["ann"]);
    home.at(A_YEAR_ON).ok("pause --for 2d");
    home.at(LATER).ok("clock confirm");
    let until = home.json("limits")["pause"]["until"].clone();
    assert_eq!(until, "2026-11-25T11:00:00Z");
    assert!(home.ok("pause").contains("Paused until"));
}

#[test]
fn a_date_of_another_year_carries_the_year() {
    let mut home = with_moves(&["ann"]);
    home.at("2026-12-30T10:00:00Z");
    let line = form("ann@ann.example", "2026-12-30T09:40:00Z", "Price?");
    home.signals(&[line]).exits(0);
    let id = home.today()[0]["id"].clone();
    home.run(["pause", "--until", "2027-02-20"]).exits(0);
    for line in [
        "when ann@ann.example".to_owned(),
        "why ann@ann.example".to_owned(),
        format!("show {id}"),
    ] {
        let said = home.ok(&line);
        assert!(said.contains("2027"), "{line}: {said}");
        assert!(!said.contains("45 days"), "{line}: {said}");
    }
    let said = home.run(["approve", &id.to_string()]).exits(4);
    assert!(said.out.contains("2027"), "{}", said.out);
}

#[test]
fn what_may_have_left_under_a_clock_ahead_is_not_counted_for_a_year() {
    let mut home = with_moves(&["ann", "bob"]);
    home.limits("per_day = 1\nper_hour = 1\nmin_gap_seconds = 60\n[limits.ramp]\nenabled = false");
    home.ok("approve 1 --now");
    let ahead: jiff::Timestamp = A_YEAR_ON.parse().unwrap();
    home.database()
        .execute(
            "UPDATE execution SET status = 'uncertain', claimed_at = ?1, settled_at = NULL",
            [ahead.as_millisecond()],
        )
        .unwrap();
    home.at(LATER);
    let limits = home.json("limits")["limits"].clone();
    for limit in limits.as_array().unwrap() {
        assert_eq!(limit["used"], 0, "{limit}");
    }
    let doctor = home.run(["doctor", "--offline"]).out;
    assert!(doctor.contains("mail dated ahead"), "{doctor}");
}

#[test]
fn a_jump_ahead_that_was_never_believed_needs_no_confirmation_afterwards() {
    let home = with_moves(&["ann", "bob"]);
    by_wrong_clock(&home, A_YEAR_ON, "snooze 1 2d").exits(0);
    by_wrong_clock(&home, LATER, "sync").exits(0);
    let until = home.json("show 1")["snoozed_until"].clone();
    assert_eq!(until, "2026-11-25T11:00:00Z");
    let log = home.json("audit list --event clock.set_back");
    assert_eq!(log.as_array().unwrap().len(), 1);
}

#[test]
fn a_clock_that_is_wrong_in_the_past_changes_nothing_until_it_is_confirmed() {
    let home = with_moves(&["ann", "bob"]);
    home.ok("snooze 1 2d");
    let before = (home.json("show 1"), home.json("show 2")["due_at"].clone());
    let past = "2020-01-01T00:00:00Z";
    for line in ["today", "sync", "sync"] {
        let ran = by_wrong_clock(&home, past, line);
        assert!(!ran.err.is_empty(), "{line}");
    }
    let ran = by_wrong_clock(&home, past, "sync").exits(3);
    assert!(ran.err.contains("days back"), "{}", ran.err);
    let after = (home.json("show 1"), home.json("show 2")["due_at"].clone());
    assert_eq!(before, after);
}

#[test]
fn a_server_with_the_same_time_confirms_the_clock() {
    let mut google = Google::start("live");
    google.form_of_ann();
    google.synced();
    let ran = by_wrong_clock(&google.home, A_YEAR_ON, "sync").exits(3);
    assert!(
        ran.err.contains("364 days ahead") || ran.err.contains("365 days ahead"),
        "{}",
        ran.err
    );
    google.at(A_YEAR_ON);
    let ran = by_wrong_clock(&google.home, A_YEAR_ON, "sync");
    assert!(!ran.err.contains("days ahead"), "{}", ran.err);
    let log = google.home.json("audit list --event clock.confirmed");
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
}

#[test]
fn a_pause_is_not_ended_by_a_clock_that_is_not_believed() {
    let mut home = with_moves(&["ann"]);
    home.ok("pause --for 3d");
    let ran = by_wrong_clock(&home, A_YEAR_ON, "pause --off").exits(1);
    assert!(ran.err.contains("was not ended"), "{}", ran.err);
    home.at(LATER);
    let until = home.json("limits")["pause"]["until"].clone();
    assert_eq!(until, "2026-11-26T10:00:00Z");
}

#[test]
fn a_pause_that_a_clock_ahead_ended_is_in_force_again() {
    let mut home = with_moves(&["ann"]);
    home.ok("pause --for 3d");
    home.at(A_YEAR_ON).ok("sync");
    home.at(LATER).ok("clock confirm");
    let until = home.json("limits")["pause"]["until"].clone();
    assert_eq!(until, "2026-11-26T10:00:00Z");
}

#[test]
fn the_clock_and_its_confirmation_say_the_same() {
    let home = with_moves(&["ann"]);
    for line in ["clock", "clock confirm"] {
        let ran = by_wrong_clock(&home, LATER, line);
        assert!(ran.out.contains("CASEYOS_NOW"), "{line}: {}", ran.out);
    }
    for line in ["clock", "clock confirm"] {
        assert!(home.ok(line).contains("believed"), "{line}");
    }
}
