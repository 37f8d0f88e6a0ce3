//! The outbox and the limits: when a message leaves, in which order, what holds it, and what becomes of one that cannot leave.

use std::fs;

use serde_json::Value;

use crate::home::{Home, form, letter};

fn home_with(emails: &[&str]) -> Home {
    let home = Home::live();
    let lines: Vec<String> = emails
        .iter()
        .map(|e| form(e, "2026-11-23T09:30:00Z", "pricing?"))
        .collect();
    home.signals(&lines);
    home
}

#[track_caller]
fn only(home: &Home) -> Value {
    let list = home.json("outbox");
    assert_eq!(list.as_array().unwrap().len(), 1, "{list:#}");
    list[0].clone()
}

/// Puts a file where the folder would be, so that nothing can be delivered.
fn break_outbox(home: &Home) {
    fs::remove_dir_all(home.path().join("Mail/outbox")).unwrap();
    home.write("Mail/outbox", "");
}

fn mend_outbox(home: &Home) {
    fs::remove_file(home.path().join("Mail/outbox")).unwrap();
}

#[test]
fn a_live_mail_waits_for_its_undo_window_in_every_process() {
    let home = home_with(&["ann@acme.example"]);
    home.undo_window(20);
    let said = home.ok("approve 1");
    assert_eq!(
        said,
        "The mail to ann@acme.example is queued, leaves at 10:00:20; `caseyos undo` takes it back until then.\n"
    );
    let again = home.json("approve 1");
    assert_eq!(
        (&again["result"], &again["leaves_at"]),
        (&"queued".into(), &"2026-11-23T10:00:20Z".into())
    );
    let item = only(&home);
    assert_eq!(
        (
            &item["status"],
            &item["waits_for"],
            &item["leaves_at"],
            &item["because"]
        ),
        (
            &"queued".into(),
            &"undo_window".into(),
            &"2026-11-23T10:00:20Z".into(),
            &"can be taken back until 10:00:20".into()
        ),
        "{item:#}"
    );
    assert_eq!(
        home.json("today")["leaving"][0]["leaves_at"],
        "2026-11-23T10:00:20Z"
    );
    for at in ["2026-11-23T10:00:00Z", "2026-11-23T10:00:19.999Z"] {
        home.at_later(at).ok("sync");
        assert!(home.outbox().is_empty(), "{at}");
    }
    home.at_later("2026-11-23T10:00:20Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
    assert!(home.json("outbox").as_array().unwrap().is_empty());
    home.run(["outbox", "--fail-on-empty"]).exits(5);
}

#[test]
fn a_window_can_be_skipped_waited_out_or_set_to_nothing() {
    let home = home_with(&[
        "ann@acme.example",
        "bob@kite.example",
        "cy@zest.example",
        "di@ohm.example",
    ]);
    home.undo_window(1);
    assert_eq!(home.json("approve 1 --now")["result"], "sent");
    let waited = home.run(["approve", "2", "--wait"]).exits(0);
    assert!(waited.err.contains("leaves in 1 s"), "{waited:?}");
    assert_eq!(home.outbox().len(), 2);
    home.undo_window(0);
    assert_eq!(home.json("approve 3")["result"], "sent");
    home.undo_window(20);
    home.ok("mode draft");
    assert_eq!(
        home.json("approve 4")["status"],
        "drafted",
        "drafts do not wait"
    );
}

#[test]
fn what_holds_a_mail_beyond_its_window_is_said_at_once() {
    let mut home = home_with(&["ann@acme.example"]);
    home.undo_window(20);
    home.at("2026-11-23T08:00:00Z");
    let held = home.run(["approve", "1", "--json"]).exits(4).json();
    assert_eq!(
        (&held["result"], &held["clears_at"]),
        (&"held".into(), &"2026-11-23T09:00:00Z".into())
    );
    for what in ["move:1", "execution:1"] {
        let why = home.json(&format!("why {what}"));
        assert_eq!(
            (&why["guard"], &why["clears_at"], &why["leaves_at"]),
            (
                &"send_window".into(),
                &"2026-11-23T09:00:00Z".into(),
                &"2026-11-23T09:00:00Z".into()
            ),
            "{why:#}"
        );
    }
    home.ok("why ann@acme.example");
    home.run(["why", "execution:99"]).exits(2);
    home.run(["why", "move:99"]).exits(2);
    home.at("2026-11-23T09:00:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn answers_to_people_leave_first_then_follow_ups_then_first_mails() {
    let mut home = home_with(&["old@acme.example"]);
    home.ok("approve 1");
    home.limits("per_day = 1000\nper_hour = 1\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false");
    home.undo_window(20);
    home.at("2026-11-23T11:30:00Z");
    let manual = |email: &str| {
        format!(
            r#"{{"kind":"manual","at":"2026-11-23T11:20:00Z","email":"{email}","action":"send_email","title":"Write"}}"#
        )
    };
    home.signals(&[
        form("new@kite.example", "2026-11-23T11:00:00Z", "Hi"),
        manual("old@acme.example"),
    ])
    .exits(0);
    home.contacts("Email,First Name\nann@zest.example,Ann\n");
    home.deliver(
        "1",
        letter(
            "ann@zest.example",
            "A question",
            "Mon, 23 Nov 2026 11:00:00 +0000",
            "",
            "Could you tell me what it costs?",
        ),
    );
    home.ok("sync");
    for (email, action) in [
        ("new@kite.example", "email_follow_up"),
        ("old@acme.example", "send_email"),
        ("ann@zest.example", "reply"),
    ] {
        let id = home.find_move(email, action);
        home.run(["approve", &id.to_string()]);
    }
    let list = home.json("outbox");
    let classes: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["class"].as_str().unwrap())
        .collect();
    assert_eq!(classes, ["reply", "follow_up", "first_touch"], "{list:#}");
    let leaves: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["leaves_at"].as_str().unwrap())
        .collect();
    assert_eq!(
        leaves,
        [
            "2026-11-23T11:30:20Z",
            "2026-11-23T12:30:20Z",
            "2026-11-23T13:30:20Z"
        ]
    );
    let order: Vec<String> = [
        "2026-11-23T11:30:20Z",
        "2026-11-23T12:30:20Z",
        "2026-11-23T13:30:20Z",
    ]
    .into_iter()
    .map(|at| {
        let before = home.outbox().len();
        home.at_later(at).ok("sync");
        let out = home.outbox();
        assert_eq!(out.len(), before + 1, "{at}");
        let mut sent: Vec<_> = home.json("outcome list").as_array().unwrap().clone();
        sent.retain(|o| o["kind"] == "email_sent");
        sent[0]["email"].as_str().unwrap().to_owned()
    })
    .collect();
    assert_eq!(
        order,
        ["ann@zest.example", "old@acme.example", "new@kite.example"]
    );
}

#[test]
fn what_cannot_leave_is_tried_after_one_five_and_thirty_minutes_and_then_kept() {
    let mut home = home_with(&["ann@acme.example"]);
    break_outbox(&home);
    let failed = home.run(["approve", "1"]).exits(1);
    assert!(failed.err.contains("10:01:00"), "{failed:?}");
    let tries = |home: &Home| only(home)["tries"].as_i64().unwrap();
    for (at, expect) in [
        ("2026-11-23T10:00:59Z", 1),
        ("2026-11-23T10:01:00Z", 2),
        ("2026-11-23T10:05:59Z", 2),
        ("2026-11-23T10:06:00Z", 3),
        ("2026-11-23T10:35:59Z", 3),
        ("2026-11-23T10:36:00Z", 4),
        ("2026-11-23T14:00:00Z", 4),
    ] {
        home.at(at).run(["sync"]);
        assert_eq!(tries(&home), expect, "{at}");
    }
    let item = only(&home);
    assert_eq!(item["status"], "failed", "{item:#}");
    assert_eq!(
        home.json("show 1")["status"],
        "open",
        "the move is on the list again"
    );
    let why = home.json("why move:1");
    assert!(
        why["because"]
            .as_str()
            .unwrap()
            .contains("could not be sent"),
        "{why:#}"
    );
    mend_outbox(&home);
    home.ok("sync");
    assert!(home.outbox().is_empty(), "it is kept for the operator");
    let sent = home.json("outbox retry 1");
    assert_eq!(sent["result"], "sent");
    assert_eq!(home.outbox().len(), 1);
    assert_eq!(
        home.outbox()[0].message_id,
        sent["message_id"].as_str().unwrap()
    );
    assert_eq!(home.json("outbox retry 1")["result"], "nothing");
    assert_eq!(
        home.json("show 1")["executions"].as_array().unwrap().len(),
        1
    );
    home.audit_holds();
}

#[test]
fn a_dead_letter_can_be_dropped_or_edited() {
    let dead = || {
        let mut home = home_with(&["ann@acme.example"]);
        break_outbox(&home);
        home.run(["approve", "1"]).exits(1);
        for at in [
            "2026-11-23T10:01:00Z",
            "2026-11-23T10:06:00Z",
            "2026-11-23T10:36:00Z",
        ] {
            home.at(at).run(["sync"]);
        }
        assert_eq!(only(&home)["status"], "failed");
        mend_outbox(&home);
        home
    };
    let home = dead();
    home.ok("outbox drop 1");
    assert!(home.json("outbox").as_array().unwrap().is_empty());
    home.ok("undo");
    assert_eq!(only(&home)["status"], "failed");
    // Approved anew, the old letter is history, and cannot be sent besides.
    home.ok("approve 1");
    assert!(home.json("outbox").as_array().unwrap().is_empty());
    home.run(["outbox", "retry", "1"]).exits(2);
    assert_eq!(home.outbox().len(), 1);

    let home = dead();
    home.run(["outbox", "edit", "1", "--subject", "Better words"])
        .exits(0);
    assert!(home.json("outbox").as_array().unwrap().is_empty());
    assert_eq!(home.json("show 1")["draft"]["subject"], "Better words");
    home.ok("approve 1");
    assert_eq!(home.outbox()[0].subject, "Better words");
}

#[test]
fn a_mail_that_waits_can_be_edited_and_must_be_approved_again() {
    let home = home_with(&["ann@acme.example"]);
    home.undo_window(20);
    home.ok("approve 1");
    home.run(["outbox", "edit", "1", "--body", "Other words."])
        .exits(0);
    home.at_later("2026-11-23T10:01:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    let show = home.json("show 1");
    assert_eq!(
        (&show["status"], &show["draft"]["body"]),
        (&"open".into(), &"Other words.".into())
    );
    home.ok("approve 1 --now");
    assert_eq!(home.outbox()[0].body.trim(), "Other words.");
    home.run(["outbox", "edit", "2", "--body", "x"]).exits(2);
    home.run(["outbox", "show", "77"]).exits(2);
    assert!(home.ok("outbox show 2").contains("Other words."));
}

#[test]
fn what_may_have_left_is_never_sent_again_unless_the_operator_says_so() {
    let mut home = home_with(&["ann@acme.example"]);
    assert!(home.crashes_at("after-claim", "approve 1"));
    // What lay ready in tmp is gone; two days later nobody can say whether it left or was cleared away.
    for file in fs::read_dir(home.path().join("Mail/outbox/tmp")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let young = home.copy();
    young.ok("sync");
    assert_eq!(
        young.json("show 1")["status"],
        "done",
        "within 36 hours it was taken from the outbox"
    );

    home.at("2026-11-25T10:00:00Z").ok("sync");
    let item = only(&home);
    assert_eq!(item["status"], "uncertain", "{item:#}");
    assert!(
        item["because"].as_str().unwrap().contains("36 hours"),
        "{item:#}"
    );
    home.run(["outbox", "retry", "1"]).exits(2);
    home.run(["undo"]).exits(4);
    let limits = home.json("limits");
    assert_eq!(
        limits["limits"][0]["used"], 0,
        "it was claimed two days ago: {limits:#}"
    );
    let closed = home.copy();
    closed.ok("outbox drop 1");
    assert_eq!(closed.json("show 1")["status"], "done");
    assert_eq!(closed.outcomes(), ["email_sent"], "it counts as sent");
    home.ok("outbox retry 1 --force");
    assert_eq!(home.outbox().len(), 1);
    home.ok("sync");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn the_weekly_limit_is_the_person_s_whichever_address_they_are_written_at() {
    let home = Home::live();
    home.contacts("Email,First Name,Last Name,Company\nann@gmail.com,Ann,Ames,\nbob@kite.example,Bob,Byrd,Kite\nrobert@kite.example,BOB,Byrd,Kite\nother@kite.example,Eve,Byrd,Kite\n");
    let emails = [
        "ann@gmail.com",
        "bob@kite.example",
        "robert@kite.example",
        "other@kite.example",
    ];
    home.signals(&emails.map(|e| form(e, "2026-11-23T09:30:00Z", "pricing?")))
        .exits(0);
    home.limits("per_contact_week = 1\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false");
    for (email, code) in emails.into_iter().zip([0, 0, 4, 0]) {
        let id = home.find_move(email, "email_follow_up");
        let ran = home.run(["approve", &id.to_string()]).exits(code);
        assert!(
            code == 0 || ran.out.contains("went to this contact"),
            "{email}: {ran:?}"
        );
    }
    let limits = home.json("limits --contact robert@kite.example");
    let week = &limits["limits"][0];
    assert_eq!(
        (
            &week["limit"],
            &week["used"],
            &week["queued"],
            &week["cap"],
            &week["is_binding"],
            &week["clears_at"]
        ),
        (
            &"per_contact_week".into(),
            &1.into(),
            &1.into(),
            &1.into(),
            &true.into(),
            &"2026-11-30T10:00:00Z".into()
        ),
        "{limits:#}"
    );
    assert_eq!(limits["contact"]["also"].as_array().unwrap().len(), 1);
}

#[test]
fn the_table_of_limits_names_the_one_that_decides() {
    let home = home_with(&["a@a.example", "b@b.example", "c@c.example"]);
    home.limits("per_day = 20\nper_hour = 2\nmin_gap_seconds = 30\n[limits.ramp]\nenabled = true\nfirst_day = 10\nstep = 5");
    home.ok("approve 1");
    home.run(["approve", "2"]).exits(4);
    let table = home.json("limits");
    assert_eq!(table["binding"], "min_gap", "{table:#}");
    assert_eq!(table["next_room"], "2026-11-23T10:00:30Z");
    let of = |name: &str| {
        table["limits"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["limit"] == name)
            .unwrap()
    };
    assert_eq!(
        (&of("per_hour")["used"], &of("per_hour")["queued"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        (&of("ramp")["cap"], &of("per_day")["cap"]),
        (&10.into(), &20.into())
    );
    assert!(
        table["limits"]
            .as_array()
            .unwrap()
            .iter()
            .all(|l| l["limit"] != "per_contact_week")
    );
    home.at_later("2026-11-23T10:00:30Z").ok("sync");
    let later = home.at_later("2026-11-23T10:01:30Z").json("limits");
    assert_eq!(
        (&later["binding"], &later["next_room"]),
        (&"per_hour".into(), &"2026-11-23T11:00:00Z".into())
    );
    assert!(home.ok("limits").contains("<- decides"));
    home.run(["limits", "--contact", "nobody@x.example"])
        .exits(2);
}

#[test]
fn too_many_bounces_pause_all_but_answers_until_they_are_cleared() {
    let home = Home::live();
    home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = true\nfirst_day = 1000");
    let lines: Vec<String> = (0..22)
        .map(|i| {
            form(
                &format!("p{i}@firm{i}.example"),
                "2026-11-23T09:30:00Z",
                "pricing?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    for id in 1..=20 {
        home.ok(&format!("approve {id}"));
    }
    home.ok("outcome add email_bounced --contact p0@firm0.example");
    home.ok("outcome add email_bounced --contact p1@firm1.example");
    home.deliver(
        "1",
        letter(
            "p5@firm5.example",
            "A question",
            "Mon, 23 Nov 2026 09:50:00 +0000",
            "",
            "Could you tell me what it costs?",
        ),
    );
    home.ok("sync");
    let held = home.run(["approve", "21", "--json"]).exits(4).json();
    assert!(
        held["summary"].as_str().unwrap().contains("Came back"),
        "{held:#}"
    );
    let reply = home.find_move("p5@firm5.example", "reply");
    home.ok(&format!("approve {reply}"));
    let table = home.json("limits");
    assert_eq!(table["binding"], "bounces", "{table:#}");
    assert_eq!(table["deliverability"]["since"], "2026-11-23T10:00:00Z");
    assert_eq!(home.json("why move:21")["guard"], "rate_limits");
    home.ok("sync");
    assert_eq!(home.outbox().len(), 21);
    home.ok("limits clear");
    assert!(home.json("limits")["deliverability"].is_null());
    home.ok("undo");
    assert_eq!(home.json("limits")["binding"], "bounces");
    home.ok("limits clear");
    home.ok("sync");
    assert_eq!(home.outbox().len(), 22);
    let audit = home.ok("audit list --limit 100");
    for event in ["deliverability.paused", "deliverability.lifted"] {
        assert!(audit.contains(event), "{event}");
    }
    home.audit_holds();
}

#[test]
fn a_pause_for_bounces_ends_by_itself_when_they_are_a_week_old() {
    let home = Home::live();
    home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = true\nfirst_day = 1000");
    let lines: Vec<String> = (0..20)
        .map(|i| {
            form(
                &format!("p{i}@firm{i}.example"),
                "2026-11-23T09:30:00Z",
                "pricing?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    for id in 1..=20 {
        home.ok(&format!("approve {id}"));
    }
    home.ok("outcome add email_bounced --contact p0@firm0.example");
    let clears = home.json("limits")["deliverability"]["clears_at"].clone();
    assert_eq!(clears, "2026-11-30T10:00:00Z");
    home.at_later("2026-11-30T09:59:59Z").ok("sync");
    let after = home.at_later("2026-11-30T10:00:00Z");
    after.ok("sync");
    assert!(after.json("limits")["deliverability"].is_null());
}

#[test]
fn mail_that_left_under_a_wrong_clock_closes_no_limit_for_a_year() {
    let mut home = home_with(&["a@a.example", "b@b.example"]);
    home.limits(
        "per_day = 2\nper_hour = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false",
    );
    home.at("2027-11-23T10:00:00Z");
    for (n, address) in ["a@a.example", "b@b.example"].iter().enumerate() {
        home.signals(&[form(address, &format!("2027-11-23T09:0{n}:00Z"), "Price?")]);
        let id = home.find_move(address, "email_follow_up");
        home.ok(&format!("approve {id} --now"));
    }
    assert_eq!(home.outbox().len(), 2);
    home.at("2026-11-23T10:00:00Z");
    let limits = home.json("limits");
    assert_eq!(limits["limits"][0]["used"], 0, "{limits:#}");
    let report = home.run(["doctor", "--offline", "--json"]).json();
    let checks = report["checks"].as_array().unwrap();
    let ahead = checks
        .iter()
        .find(|c| c["name"] == "mail dated ahead")
        .unwrap();
    assert!(
        ahead["found"].as_str().unwrap().contains("23 Nov 2027"),
        "{ahead}"
    );
    home.signals(&[form("c@c.example", "2026-11-23T09:30:00Z", "Price?")]);
    let id = home.find_move("c@c.example", "email_follow_up");
    home.ok(&format!("approve {id} --now"));
    assert_eq!(home.outbox().len(), 3);
}
