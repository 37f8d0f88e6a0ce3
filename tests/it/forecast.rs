//! The forecast: every face says the same of when something leaves, and it comes true.

use serde_json::Value;

use crate::home::{Home, form, letter};

/// A home where three mails a day leave. Two left at seven to India; an answer waits for London to open, and then a first mail to Tokyo, whose
/// window is open, is approved.
fn london_and_tokyo() -> Home {
    let mut home = Home::live();
    home.limits("per_day = 3\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false");
    home.contacts(
        "Email,First Name,Time Zone\na@a.example,Abe,Asia/Kolkata\nb@b.example,Bo,Asia/Kolkata\nlo@lon.example,Lo,Europe/London\nc@c.example,Cy,Asia/Tokyo\n",
    );
    home.at("2026-11-17T07:00:00Z");
    let lines = ["a@a.example", "b@b.example", "c@c.example"]
        .map(|email| form(email, "2026-11-17T06:30:00Z", "pricing?"));
    home.signals(&lines).exits(0);
    for email in ["a@a.example", "b@b.example"] {
        let id = home.find_move(email, "email_follow_up");
        assert_eq!(home.json(&format!("approve {id}"))["result"], "sent");
    }
    home.deliver(
        "1",
        letter(
            "lo@lon.example",
            "A question",
            "Tue, 17 Nov 2026 07:10:00 +0000",
            "",
            "Could you tell me what it costs?",
        ),
    );
    home.at("2026-11-17T07:30:00Z").ok("sync");
    home
}

#[test]
fn room_that_is_kept_for_an_answer_has_one_story() {
    let home = london_and_tokyo();
    let answer = home.find_move("lo@lon.example", "reply");
    let held = home
        .run(["approve", &answer.to_string(), "--json"])
        .exits(4)
        .json();
    assert_eq!(held["clears_at"], "2026-11-17T09:00:00Z", "{held:#}");
    let next_day: Value = "2026-11-18T07:00:00Z".into();
    assert_eq!(home.json("when c@c.example")["at"], next_day);
    let first = home.find_move("c@c.example", "email_follow_up");
    assert_eq!(
        home.json(&format!("why move:{first}"))["clears_at"],
        next_day
    );
    let said = home.run(["approve", &first.to_string()]).exits(4).out;
    assert_eq!(
        said,
        "Held by rate limits: Room for 1 more is left, and is kept for what comes first: 1 answer or follow-up waits. It clears at Wed 18 Nov 07:00 UTC. The approval is kept; a sync after that sends it.\n"
    );
    let outbox = home.json("outbox");
    let leaves: Vec<_> = outbox
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["to"].as_str().unwrap(), item["leaves_at"].clone()))
        .collect();
    assert_eq!(
        leaves,
        [
            ("lo@lon.example", "2026-11-17T09:00:00Z".into()),
            ("c@c.example", next_day.clone())
        ]
    );
    let why = home.json("why c@c.example");
    assert_eq!(why["next_send"]["at"], next_day, "{why:#}");
    assert_eq!(
        (&why["moves"][0]["clears_at"], &why["moves"][0]["leaves_at"]),
        (&next_day, &next_day)
    );
    let show = home.json(&format!("show {first}"));
    let rate = show["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["guard"] == "rate_limits")
        .unwrap();
    assert_eq!(rate["clears_at"], next_day);
    let limits = home.json("limits");
    assert_eq!(
        (&limits["binding"], &limits["next_room"]),
        (&"reserved".into(), &next_day),
        "{limits:#}"
    );

    for (at, sent) in [
        ("2026-11-17T08:59:59Z", 2),
        ("2026-11-17T09:00:00Z", 3),
        ("2026-11-18T06:59:59Z", 3),
        ("2026-11-18T07:00:00Z", 4),
    ] {
        home.at_later(at).ok("sync");
        assert_eq!(home.outbox().len(), sent, "{at}");
    }
}

#[test]
fn a_hold_for_bounces_is_known_to_every_question() {
    let home = Home::live();
    home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = true\nfirst_day = 1000");
    let lines: Vec<String> = (1..=21)
        .map(|i| {
            form(
                &format!("p{i}@f{i}.example"),
                "2026-11-23T09:30:00Z",
                "pricing?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    for i in 1..=20 {
        let id = home.find_move(&format!("p{i}@f{i}.example"), "email_follow_up");
        home.ok(&format!("approve {id}"));
    }
    home.ok("outcome add email_bounced --contact p3@f3.example");
    let week: Value = "2026-11-30T10:00:00Z".into();
    let when = home.json("when p21@f21.example");
    assert_eq!(
        (&when["at"], &when["limit"]),
        (&week, &"bounces".into()),
        "{when:#}"
    );
    assert_eq!(home.json("why p21@f21.example")["next_send"]["at"], week);
    let id = home.find_move("p21@f21.example", "email_follow_up");
    let why = home.json(&format!("why move:{id}"));
    assert_eq!(
        (&why["guard"], &why["clears_at"]),
        (&"rate_limits".into(), &week)
    );
    let limits = home.json("limits");
    assert_eq!(
        (&limits["next_room"], &limits["deliverability"]["clears_at"]),
        (&week, &week)
    );
    let held = home
        .run(["approve", &id.to_string(), "--json"])
        .exits(4)
        .json();
    assert_eq!(held["clears_at"], week);
    assert!(
        held["summary"]
            .as_str()
            .unwrap()
            .ends_with("It clears at Mon 30 Nov 10:00 UTC. The approval expires before that: the move will be open again, to be approved anew."),
        "{held:#}"
    );
    let item = &home.json("outbox")[0];
    assert_eq!(
        (&item["leaves_at"], &item["clears_at"]),
        (&Value::Null, &week)
    );
    // An answer leaves all the same, and then less than 5 % came back.
    home.deliver(
        "1",
        letter(
            "p5@f5.example",
            "A question",
            "Mon, 23 Nov 2026 09:50:00 +0000",
            "",
            "Could you tell me what it costs?",
        ),
    );
    home.ok("sync");
    assert_eq!(home.json("when p5@f5.example")["at"], home.now.as_str());
    let answer = home.find_move("p5@f5.example", "reply");
    home.undo_window(20);
    home.ok(&format!("approve {answer}"));
    let soon: Value = "2026-11-23T10:00:20Z".into();
    assert_eq!(home.json("when p21@f21.example")["at"], soon);
    assert_eq!(home.json("limits")["deliverability"]["clears_at"], soon);
    home.at_later("2026-11-23T10:00:20Z").ok("sync");
    assert_eq!(home.outbox().len(), 22);
}

#[test]
fn one_person_behind_two_addresses_is_one_in_the_forecast() {
    let mut home = Home::live();
    home.limits("per_contact_week = 1\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\napproval_hours = 400\n[limits.ramp]\nenabled = false");
    home.contacts("Email,First Name,Last Name,Company\nbob@kite.example,Bob,Byrd,Kite\nrobert@kite.example,BOB,Byrd,Kite\neve@kite.example,Eve,Byrd,Kite\n");
    home.at("2026-11-23T08:00:00Z");
    let emails = [
        "bob@kite.example",
        "robert@kite.example",
        "eve@kite.example",
    ];
    home.signals(&emails.map(|e| form(e, "2026-11-23T07:30:00Z", "pricing?")))
        .exits(0);
    for email in emails {
        let id = home.find_move(email, "email_follow_up");
        home.run(["approve", &id.to_string()]).exits(4);
    }
    let outbox = home.json("outbox");
    let leaves: Vec<_> = outbox
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["to"].as_str().unwrap(),
                item["leaves_at"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        leaves,
        [
            ("bob@kite.example", "2026-11-23T09:00:00Z"),
            ("eve@kite.example", "2026-11-23T09:00:00Z"),
            ("robert@kite.example", "2026-11-30T09:00:00Z"),
        ],
        "{outbox:#}"
    );
    assert_eq!(
        home.json("when eve@kite.example")["at"],
        "2026-11-30T09:00:00Z"
    );
}

#[test]
fn a_clock_that_was_set_back_is_named() {
    let mut home = Home::live();
    home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 30\n[limits.ramp]\nenabled = false");
    home.at("2026-11-23T12:00:00Z");
    let lines =
        ["a@a.example", "b@b.example"].map(|email| form(email, "2026-11-23T09:30:00Z", "pricing?"));
    home.signals(&lines).exits(0);
    home.ok("approve 1");
    let said = home
        .at("2026-11-23T10:18:00Z")
        .run(["approve", "2"])
        .exits(4)
        .out;
    assert_eq!(
        said,
        "Held by rate limits: Messages keep a gap, and the last send is dated 1 h 42 min ahead of this clock. It clears at 12:00:30 UTC. The approval is kept; a sync after that sends it.\n"
    );
}

#[test]
fn a_queue_that_outlasts_an_approval_says_so() {
    let home = Home::live();
    home.limits("per_day = 1000\nper_hour = 1\nper_domain_day = 1000\nmin_gap_seconds = 0\napproval_hours = 3\n[limits.ramp]\nenabled = false");
    home.undo_window(20);
    let emails = ["a@a.example", "b@b.example", "c@c.example", "d@d.example"];
    home.signals(&emails.map(|e| form(e, "2026-11-23T09:30:00Z", "pricing?")))
        .exits(0);
    let id = |email| home.find_move(email, "email_follow_up");
    let [a, b, c, d] = emails.map(id);
    for (id, at) in [(a, "10:00:20"), (b, "11:00:20"), (c, "12:00:20")] {
        let said = home.ok(&format!("approve {id}"));
        assert!(said.contains(&format!("leaves at {at};")), "{said}");
    }
    let said = home.run(["approve", &d.to_string()]).exits(4).out;
    assert_eq!(
        said,
        "The mail to d@d.example is queued and leaves after those before it, and there is no room before its approval ends at 13:00. Then the move will be open again, to be approved anew.\n"
    );
    let outbox = home.json("outbox");
    let last = &outbox[3];
    assert_eq!(
        (&last["to"], &last["leaves_at"], &last["because"]),
        (
            &"d@d.example".into(),
            &Value::Null,
            &"can be taken back until 10:00:20. Its approval ends at 13:00, before it could leave."
                .into()
        ),
        "{outbox:#}"
    );
    home.at_later("2026-11-23T10:00:20Z").ok("sync");
    let second = &home.at_later("2026-11-23T10:30:00Z").json("outbox")[0];
    assert_eq!(
        (&second["to"], &second["leaves_at"]),
        (&"b@b.example".into(), &"2026-11-23T11:00:20Z".into())
    );
    let third = home.at_later("2026-11-23T10:30:00Z").json("outbox show 3");
    assert_eq!(
        third["because"],
        "rate limits: 1 of 1 messages left this mailbox in the last hour."
    );
    assert_eq!(third["clears_at"], "2026-11-23T12:00:20Z");
}
