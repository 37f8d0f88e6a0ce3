//! What approval carries out besides mail: meetings through the calendar, and records in HubSpot. One gate, one outbox, one undo.

use caseyos::connectors::world::{Fault, FaultRule, When};
use serde_json::{Value, json};

use crate::google::Google;
use crate::home::{Home, OPERATOR};
use crate::hubspot::{Portal, small};

const ANN: &str = "ann@acme.example";

/// A line that asks for a move by hand.
fn wish(action: &str, more: &Value) -> String {
    let mut line = json!({"source": "manual", "kind": "manual", "at": "2026-11-23T09:50:00Z", "email": ANN,
        "action": action, "title": format!("{action} for Ann")});
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line.to_string()
}

pub fn wished(home: &Home, action: &str, more: &Value) -> i64 {
    home.signals(&[wish(action, more)]).exits(0);
    home.find_move(ANN, action)
}

/// A portal that was read, in mode live.
fn portal() -> (Portal, u64, u64) {
    let (double, ann, deal) = small();
    let portal = Portal::new(double);
    portal.home.set_variable(
        "CASEYOS_HUBSPOT_TOKEN",
        caseyos::connectors::world::hubspot::TOKEN,
    );
    portal.sync();
    (portal, ann, deal)
}

fn status(portal: &Portal, mv: i64) -> String {
    portal.one(&format!("SELECT status FROM move WHERE id = {mv}"))
}

#[test]
fn a_task_is_made_once_in_hubspot_by_approval_and_put_away_by_undo() {
    let (portal, ..) = portal();
    let mv = wished(
        &portal.home,
        "create_task",
        &json!({"note": "Ask about seats.", "due": "2026-11-25T09:00:00Z"}),
    );
    let shown = portal.json(&format!("show {mv}"));
    assert_eq!(shown["means"], "record");
    assert_eq!(
        shown["deed"]["summary"],
        "Task \"create_task for Ann\" for Ann Lee and Acme EU"
    );
    assert_eq!(shown["draft"], Value::Null);
    assert_eq!(shown["verdicts"].as_array().unwrap().len(), 8);

    // Nothing is written in mode draft, and nothing waits in secret.
    portal.run("mode draft").exits(0);
    let refused = portal.run(&format!("approve {mv} --json")).exits(4).json();
    assert_eq!(refused["result"], "blocked");
    assert!(refused["summary"].as_str().unwrap().contains("mode"));
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    assert_eq!(status(&portal, mv), "open");

    portal.run("mode live").exits(0);
    let dry = portal.run(&format!("approve {mv} --dry-run")).exits(0);
    assert!(
        dry.out.contains("POST /crm/objects/2026-03/tasks HTTP/1.1"),
        "{}",
        dry.out
    );
    assert!(
        dry.out.contains("hs_task_subject") && dry.out.contains("****"),
        "{}",
        dry.out
    );
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());

    let done = portal.json(&format!("approve {mv}"));
    assert_eq!(
        (&done["result"], &done["status"]),
        (&json!("sent"), &json!("sent")),
        "{done}"
    );
    let tasks = portal.there().ids("tasks");
    assert_eq!(tasks.len(), 1);
    assert_eq!(done["location"], format!("hubspot:tasks/{}", tasks[0]));
    let there = |name: &str| portal.there().property("tasks", tasks[0], name).unwrap();
    assert_eq!(there("hs_task_subject"), "create_task for Ann");
    assert!(there("hs_task_body").starts_with("Ask about seats."));
    assert_eq!(status(&portal, mv), "done");
    // The same approval has the same answer and no second effect.
    portal.run(&format!("approve {mv}")).exits(0);
    portal.sync();
    assert_eq!(portal.there().ids("tasks").len(), 1);
    // A record is no mail: it counts in no limit and wakes no silence.
    assert_eq!(portal.json("limits")["limits"][0]["used"], 0);
    assert_eq!(portal.one("SELECT count(*) || '' FROM message"), "0");
    assert!(!portal.home.outcomes().contains(&"email_sent".to_owned()));

    let undone = portal.json("undo");
    assert!(
        undone["summary"].as_str().unwrap().contains("open again"),
        "{undone}"
    );
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    assert_eq!(status(&portal, mv), "open");
    portal.run("undo").exits(0);
    // Approved anew it is a new task.
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 1);
    portal.home.audit_holds();
}

#[test]
fn a_stage_is_settled_written_and_taken_back_but_never_over_what_changed_since() {
    let (mut portal, _, deal) = portal();
    let deal_line = json!({"source": "manual", "kind": "manual", "at": "2026-11-23T09:50:00Z", 
        "email": ANN, "action": "update_deal_stage", "title": "Move Acme EU on"});
    portal.home.signals(&[deal_line.to_string()]).exits(0);
    let today = portal.home.today();
    let mv = today
        .iter()
        .find(|m| m["action"] == "update_deal_stage")
        .unwrap()["id"]
        .as_i64()
        .unwrap();
    // Without a stage there is nothing to approve, and it says how to settle one.
    let shown = portal.json(&format!("show {mv}"));
    assert_eq!(shown["deed"], Value::Null, "{shown}");
    if shown["means"] == "by_hand" {
        panic!("{}", shown["draft_problem"]);
    }
    assert!(shown["draft_problem"].as_str().unwrap().contains("--stage"));
    portal.run(&format!("approve {mv}")).exits(2);
    let unknown = portal.run(&format!("edit {mv} --stage Nowhere")).exits(2);
    assert!(unknown.err.contains("contractsent"), "{}", unknown.err);
    portal
        .run(&format!("edit {mv} --stage 'Contract Sent'"))
        .exits(0);
    portal.run(&format!("edit {mv} --at tomorrow")).exits(2);
    portal.run(&format!("approve {mv}")).exits(0);
    let stage = |portal: &Portal| portal.there().property("deals", deal, "dealstage").unwrap();
    assert_eq!(stage(&portal), "contractsent");
    portal.run("undo").exits(0);
    assert_eq!(stage(&portal), "qualifiedtobuy");
    assert_eq!(status(&portal, mv), "open");

    portal.run(&format!("approve {mv}")).exits(0);
    let now = portal.later(1);
    portal
        .there()
        .change("deals", deal, &[("dealstage", "closedwon")], now);
    let refused = portal.run("undo").exits(4);
    assert!(refused.out.contains("conflict"), "{}", refused.out);
    assert_eq!(stage(&portal), "closedwon");
    assert_eq!(status(&portal, mv), "done");
    portal.home.audit_holds();
}

#[test]
fn a_field_that_is_hubspots_own_is_not_said_to_be_written() {
    let (mut portal, ann, _) = portal();
    portal.home.edit_config(|config| {
        let mut document: toml_edit::DocumentMut = config.parse().unwrap();
        document["hubspot"]["ownership"]["jobtitle"] = toml_edit::value("hubspot");
        document.to_string()
    });
    let mv = wished(
        &portal.home,
        "update_contact",
        &json!({"properties": {"jobtitle": "CTO"}}),
    );
    let now = portal.later(1);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "CEO")], now);
    let refused = portal.run(&format!("approve {mv}")).exits(1);
    assert!(refused.err.contains("own value"), "{}", refused.err);
    assert_eq!(status(&portal, mv), "open");
    // What HubSpot says already is as good as written.
    portal.sync();
    portal.run(&format!("edit {mv} --set jobtitle=VP")).exits(0);
    let now = portal.later(1);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "VP")], now);
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(status(&portal, mv), "done");
}

#[test]
fn a_field_that_was_changed_there_is_a_conflict_and_the_move_is_open_again() {
    let (mut portal, ann, _) = portal();
    let mv = wished(
        &portal.home,
        "update_contact",
        &json!({"properties": {"jobtitle": "CTO"}}),
    );
    let shown = portal.json(&format!("show {mv}"));
    assert_eq!(
        shown["deed"]["parts"][0],
        json!({"name": "jobtitle", "value": "Buyer -> CTO"})
    );
    let now = portal.later(1);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "CEO")], now);
    let failed = portal.run(&format!("approve {mv}")).exits(1);
    assert!(failed.err.contains("conflict"), "{}", failed.err);
    assert_eq!(
        portal
            .there()
            .property("contacts", ann, "jobtitle")
            .as_deref(),
        Some("CEO")
    );
    assert_eq!(status(&portal, mv), "open");
    assert_eq!(
        portal.json("hubspot conflicts").as_array().unwrap().len(),
        1
    );
    // A field that is not read here cannot be changed safely by a move.
    let unread = portal
        .run(&format!("edit {mv} --set website=acme.example"))
        .exits(2);
    assert!(unread.err.contains("caseyos hubspot set"), "{}", unread.err);
    portal
        .run(&format!("edit {mv} --set city=Madrid --set jobtitle=CEO"))
        .exits(0);
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(
        portal.there().property("contacts", ann, "city").as_deref(),
        Some("Madrid")
    );
}

#[test]
fn notes_and_calls_carry_the_operators_words() {
    let (portal, ..) = portal();
    let note = wished(&portal.home, "add_note", &json!({}));
    portal.run(&format!("approve {note}")).exits(2);
    portal
        .run(&format!("edit {note} --body 'Met at the fair.'"))
        .exits(0);
    portal.run(&format!("approve {note}")).exits(0);
    let call = wished(&portal.home, "log_call", &json!({"note": "Wants a quote."}));
    portal
        .run(&format!("edit {call} --subject 'Renewal call'"))
        .exits(0);
    portal.run(&format!("approve {call}")).exits(0);
    let notes = portal.there().ids("notes");
    let calls = portal.there().ids("calls");
    assert_eq!((notes.len(), calls.len()), (1, 1));
    let body = portal
        .there()
        .property("notes", notes[0], "hs_note_body")
        .unwrap();
    assert!(body.starts_with("Met at the fair."), "{body}");
    assert_eq!(
        portal
            .there()
            .property("calls", calls[0], "hs_call_title")
            .as_deref(),
        Some("Renewal call")
    );
    let text = portal
        .there()
        .property("calls", calls[0], "hs_call_body")
        .unwrap();
    assert!(text.starts_with("Wants a quote."), "{text}");
}

#[test]
fn without_hubspot_or_for_somebody_who_is_not_there_it_is_done_by_hand() {
    let home = Home::live();
    home.contacts("First Name,Last Name,Email\nAnn,Lee,ann@acme.example\n");
    let mv = wished(&home, "create_task", &json!({}));
    let shown = home.json(&format!("show {mv}"));
    assert_eq!(shown["means"], "by_hand");
    assert!(shown["draft_problem"].as_str().unwrap().contains("HubSpot"));
    let done = home.json(&format!("approve {mv}"));
    assert_eq!(done["result"], "changed", "{done}");

    let (portal, ..) = portal();
    let stranger = wish("create_task", &json!({"email": "bob@new.example"}));
    portal.home.signals(&[stranger]).exits(0);
    let mv = portal.home.find_move("bob@new.example", "create_task");
    assert_eq!(portal.json(&format!("show {mv}"))["means"], "by_hand");
    // Ticking off is always possible, also where it could be written.
    let mv = wished(&portal.home, "create_task", &json!({}));
    portal.run(&format!("done {mv}")).exits(0);
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
}

#[test]
fn a_record_is_written_once_wherever_the_program_is_killed() {
    for point in [
        "before-approval",
        "after-approval",
        "before-claim",
        "after-claim",
        "after-delivery",
        "after-settle",
    ] {
        let (mut portal, ..) = portal();
        let mv = wished(&portal.home, "create_task", &json!({}));
        assert!(
            portal.home.crashes_at(point, &format!("approve {mv}")),
            "{point}"
        );
        for _ in 0..3 {
            portal.later(31);
            portal.sync();
        }
        if status(&portal, mv) == "open" {
            assert_eq!(point, "before-approval");
            portal.run(&format!("approve {mv}")).exits(0);
        }
        assert_eq!(portal.there().ids("tasks").len(), 1, "{point}");
        assert_eq!(status(&portal, mv), "done", "{point}");
        portal.home.audit_holds();
    }
}

#[test]
fn a_record_whose_answer_never_comes_is_asked_after_and_written_once() {
    for fault in [
        Fault::Cut { when: When::Before },
        Fault::Cut { when: When::After },
        Fault::Cut { when: When::Body },
        Fault::Status {
            status: 503,
            retry_after: None,
            body: Value::Null,
        },
        Fault::Status {
            status: 429,
            retry_after: Some("1".into()),
            body: Value::Null,
        },
    ] {
        let (mut portal, ..) = portal();
        let mv = wished(&portal.home, "create_task", &json!({}));
        portal.world.harm(
            FaultRule::on("/crm/objects/2026-03/tasks", fault.clone())
                .method("POST")
                .times(1),
        );
        let ran = portal.run(&format!("approve {mv}"));
        assert!(matches!(ran.code, Some(0 | 1)), "{fault:?} {ran:?}");
        for _ in 0..3 {
            portal.later(31);
            portal.sync();
        }
        assert_eq!(portal.there().ids("tasks").len(), 1, "{fault:?}");
        assert_eq!(status(&portal, mv), "done", "{fault:?}");
        assert_eq!(
            portal.one("SELECT group_concat(status) FROM execution"),
            "sent",
            "{fault:?}"
        );
    }
}

#[test]
fn a_stop_holds_records_and_meetings_and_a_resume_lets_them_go() {
    let (portal, ..) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    portal.run("stop").exits(0);
    let ran = portal.run(&format!("approve {mv}")).exits(4);
    assert!(ran.out.contains("kill switch"), "{}", ran.out);
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    portal.run("resume --yes").exits(0);
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 1);
}

#[test]
fn what_was_written_directly_can_be_taken_back_too() {
    let (mut portal, ann, deal) = portal();
    portal
        .run("hubspot task 'Call Ann' --contact ann@acme.example")
        .exits(0);
    portal
        .run("hubspot call 'Renewal' --contact ann@acme.example")
        .exits(0);
    portal
        .run("hubspot note 'Met.' --contact ann@acme.example")
        .exits(0);
    portal
        .run("hubspot set ann@acme.example jobtitle=CTO")
        .exits(0);
    portal
        .run("hubspot stage 'Acme EU' 'Contract Sent'")
        .exits(0);
    assert_eq!(portal.json("undo --list").as_array().unwrap().len(), 5);
    let left = |portal: &Portal| {
        let there = portal.there();
        let title = there.property("contacts", ann, "jobtitle").unwrap();
        let stage = there.property("deals", deal, "dealstage").unwrap();
        let made = [
            there.ids("tasks").len(),
            there.ids("calls").len(),
            there.ids("notes").len(),
        ];
        (made, title, stage)
    };
    assert_eq!(
        left(&portal),
        ([1, 1, 1], "CTO".into(), "contractsent".into())
    );
    // In mode draft nothing is written, so nothing is taken back either; it is kept.
    portal.run("mode draft").exits(0);
    portal.run("undo").exits(4);
    portal.run("mode live").exits(0);
    for _ in 0..5 {
        portal.later(1);
        portal.run("undo").exits(0);
    }
    assert_eq!(
        left(&portal),
        ([0, 0, 0], "Buyer".into(), "qualifiedtobuy".into())
    );
    // Where the answer to taking back never comes, it is asked after and taken back once.
    portal
        .run("hubspot task 'Again' --contact ann@acme.example")
        .exits(0);
    let task = portal.there().ids("tasks")[0];
    portal.world.harm(
        FaultRule::on(
            "/crm/objects/2026-03/tasks",
            Fault::Cut { when: When::After },
        )
        .method("DELETE")
        .times(0),
    );
    portal.run("undo");
    portal.world.heal();
    portal.later(10);
    portal.sync();
    portal.run("undo").exits(0);
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new(), "{task}");
    portal.home.audit_holds();
}

/// The meetings with Ann that stand in the calendar: when each begins.
fn meetings(google: &Google) -> Vec<String> {
    let shown = google.double().show();
    shown["calendars"]["events"][OPERATOR]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["summary"] == "Call with Ann Ames" && e["status"] != "cancelled")
        .map(|e| e["start"]["dateTime"].as_str().unwrap().to_owned())
        .collect()
}

use caseyos::connectors::world::Double as _;

#[test]
fn a_move_with_a_time_books_the_meeting_and_without_one_offers_times_by_mail() {
    let google = Google::with_ann("draft");
    let home = &google.home;
    let mv = wished(home, "book_meeting", &json!({}));
    assert_eq!(home.json(&format!("show {mv}"))["means"], "mail");
    home.run(["edit", &mv.to_string(), "--at", "yesterday"])
        .exits(2);
    home.run([
        "edit",
        &mv.to_string(),
        "--at",
        "2026-11-24T14:00",
        "--for",
        "45m",
        "--call",
    ])
    .exits(0);
    let shown = home.json(&format!("show {mv}"));
    assert_eq!(shown["means"], "meeting", "{shown}");
    assert_eq!(
        shown["deed"]["parts"][2]["value"],
        "Tue 24 Nov 2026 14:00 to 14:45 (UTC)"
    );
    let refused = home.run(["approve", &mv.to_string()]).exits(4);
    assert!(refused.out.contains("invitation"), "{}", refused.out);
    // Back to mail, and forth again.
    home.run(["edit", &mv.to_string(), "--no-time"]).exits(0);
    assert_eq!(home.json(&format!("show {mv}"))["means"], "mail");
    home.ok("undo");
    assert_eq!(home.json(&format!("show {mv}"))["means"], "meeting");

    home.ok("mode live");
    let dry = home.run(["approve", &mv.to_string(), "--dry-run"]).exits(0);
    assert!(dry.out.contains("sendUpdates=all"), "{}", dry.out);
    let hash = shown["deed"]["content_hash"].as_str().unwrap();
    home.run(["edit", &mv.to_string(), "--place", "Room 1"])
        .exits(0);
    home.run(["approve", &mv.to_string(), "--hash", hash])
        .exits(2);
    home.ok(&format!("approve {mv}"));
    assert_eq!(meetings(&google), ["2026-11-24T14:00:00Z"]);
    home.ok(&format!("approve {mv}"));
    assert_eq!(google.double().calendars.told.len(), 1);
    assert_eq!(home.json("limits")["limits"][0]["used"], 0);
    assert!(!home.outcomes().contains(&"email_sent".to_owned()));
    // They accept, and it is one meeting.
    google.synced();
    let undone = home.ok("undo");
    assert!(undone.contains("open again"), "{undone}");
    assert!(meetings(&google).is_empty());
    assert_eq!(home.json(&format!("show {mv}"))["status"], "open");
    home.ok(&format!("approve {mv}"));
    assert_eq!(meetings(&google).len(), 1);
    home.audit_holds();
}

#[test]
fn an_invitation_waits_its_time_out_and_is_withdrawn_without_a_trace() {
    let mut google = Google::with_ann("live");
    google
        .home
        .edit_config(|c| c.replace("undo_seconds = 0", "undo_seconds = 20"));
    let mv = wished(
        &google.home,
        "book_meeting",
        &json!({"starts_at": "2026-11-24T14:00:00Z", "minutes": 30}),
    );
    let queued = google.home.json(&format!("approve {mv}"));
    assert_eq!(queued["result"], "queued");
    assert!(
        queued["summary"]
            .as_str()
            .unwrap()
            .starts_with("The invitation to ann@acme.example is queued")
    );
    let outbox = google.home.json("outbox");
    assert_eq!(
        (&outbox[0]["kind"], &outbox[0]["account"]),
        (&json!("meeting"), &json!("google:calendar"))
    );
    google.home.ok("undo");
    google.at("2026-11-23T10:05:00Z").synced();
    assert!(meetings(&google).is_empty());
    google.home.ok(&format!("approve {mv}"));
    google.at("2026-11-23T10:06:00Z").synced();
    assert_eq!(meetings(&google).len(), 1);
    // A suppressed person is not invited.
    google.home.ok("undo");
    google.home.ok("suppress add ann@acme.example");
    google.home.run(["approve", &mv.to_string()]).exits(4);
    assert!(meetings(&google).is_empty());
}

#[test]
fn a_meeting_of_a_move_is_booked_once_wherever_the_program_is_killed_or_the_answer_lost() {
    let points = [
        "after-approval",
        "after-claim",
        "after-delivery",
        "after-settle",
    ];
    let faults = [
        Fault::Cut { when: When::Before },
        Fault::Cut { when: When::After },
        Fault::Cut { when: When::Body },
        Fault::Status {
            status: 500,
            retry_after: None,
            body: Value::Null,
        },
    ];
    let cases = points
        .iter()
        .map(|p| (Some(*p), None))
        .chain(faults.into_iter().map(|f| (None, Some(f))));
    for (point, fault) in cases {
        let what = format!("{point:?} {fault:?}");
        let mut google = Google::with_ann("live");
        let mv = wished(
            &google.home,
            "book_meeting",
            &json!({"starts_at": "2026-11-26T14:00:00Z"}),
        );
        match (point, fault) {
            (Some(point), _) => assert!(
                google.home.crashes_at(point, &format!("approve {mv}")),
                "{what}"
            ),
            (_, Some(fault)) => {
                google.world.harm(
                    FaultRule::on("/calendar/v3/calendars", fault)
                        .method("POST")
                        .times(0),
                );
                google.home.run(["approve", &mv.to_string()]);
                google.world.heal();
            }
            _ => {}
        }
        for minute in [12, 20, 55] {
            google.at(&format!("2026-11-23T10:{minute}:00Z")).synced();
        }
        assert_eq!(meetings(&google).len(), 1, "{what}");
        assert_eq!(google.double().calendars.told.len(), 1, "{what}");
        assert_eq!(
            google.home.json(&format!("show {mv}"))["status"],
            "done",
            "{what}"
        );
        let bookings: i64 = google
            .home
            .database()
            .query_row(
                "SELECT count(*) FROM booking WHERE state = 'booked'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(bookings, 1, "{what}");
        google.home.audit_holds();
    }
}

#[test]
fn a_booked_meeting_is_moved_and_put_back_and_each_is_told_once() {
    let google = Google::with_ann("live");
    google
        .home
        .run(["meetings", "book", ANN, "2026-11-26T14:00"])
        .exits(0);
    google
        .home
        .run(["meetings", "move", "1", "2026-11-20T14:00"])
        .exits(2);
    google
        .home
        .run(["meetings", "move", "9", "2026-11-27T14:00"])
        .exits(2);
    google
        .home
        .run(["meetings", "move", "1", "2026-11-27T14:00", "--dry-run"])
        .exits(0);
    assert_eq!(meetings(&google), ["2026-11-26T14:00:00Z"]);
    google
        .home
        .run(["meetings", "move", "1", "2026-11-27T09:00", "--for", "1h"])
        .exits(0);
    assert_eq!(meetings(&google), ["2026-11-27T09:00:00Z"]);
    assert_eq!(google.double().calendars.told.len(), 2);
    google
        .home
        .run(["meetings", "move", "1", "2026-11-27T09:00"])
        .exits(0);
    assert_eq!(google.double().calendars.told.len(), 2);
    google.home.ok("undo");
    assert_eq!(meetings(&google), ["2026-11-26T14:00:00Z"]);
    // The old time is free again for another meeting, and this one can be taken back.
    google
        .home
        .run(["meetings", "move", "1", "2026-11-27T10:00"])
        .exits(0);
    google
        .home
        .run(["meetings", "book", ANN, "2026-11-26T14:00"])
        .exits(0);
    assert_eq!(meetings(&google).len(), 2);
    google.home.run(["meetings", "cancel", "1"]).exits(0);
    assert_eq!(meetings(&google), ["2026-11-26T14:00:00Z"]);

    for (point, fault) in [
        (Some("after-claim"), None),
        (Some("after-delivery"), None),
        (None, Some(When::Before)),
        (None, Some(When::After)),
    ] {
        let what = format!("{point:?} {fault:?}");
        let mut google = Google::with_ann("live");
        google
            .home
            .run(["meetings", "book", ANN, "2026-11-26T14:00"])
            .exits(0);
        if let Some(point) = point {
            assert!(
                google
                    .home
                    .crashes_at(point, "meetings move 1 2026-11-27T09:00"),
                "{what}"
            );
        }
        if let Some(when) = fault {
            google.world.harm(
                FaultRule::on("/calendar/v3/calendars", Fault::Cut { when })
                    .method("PATCH")
                    .times(0),
            );
            google
                .home
                .run(["meetings", "move", "1", "2026-11-27T09:00"]);
            google.world.heal();
        }
        google.at("2026-11-23T10:20:00Z").synced();
        let here: String = google
            .home
            .database()
            .query_row(
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', starts_at / 1000, 'unixepoch') FROM booking",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(meetings(&google), [here], "{what}");
        google.home.audit_holds();
    }
}

#[test]
fn a_mail_that_offers_times_names_free_ones_on_their_clock() {
    let google = Google::with_ann("draft");
    let busy = json!({"fields": {"id": "busy1", "summary": "Board", "start": {"dateTime": "2026-11-24T07:00:00Z"},
        "end": {"dateTime": "2026-11-24T12:00:00Z"}}});
    google.happen("event", &busy);
    let mv = wished(&google.home, "book_meeting", &json!({}));
    let body = |google: &Google| {
        let shown = google.home.json(&format!("show {mv}"));
        shown["draft"]["body"].as_str().unwrap().to_owned()
    };
    // Before the calendar was asked, nothing is claimed.
    assert!(
        body(&google).contains("Tell me two or three times"),
        "{}",
        body(&google)
    );
    google.synced();
    let offered = body(&google);
    for line in [
        "- Tuesday 24 November at 13:00 (Madrid time)",
        "- Wednesday 25 November at 14:00 (Madrid time)",
        "- Thursday 26 November at 11:00 (Madrid time)",
    ] {
        assert!(offered.contains(line), "{line} in {offered}");
    }
    // What the calendars said a day ago is no offer any more.
    let mut google = google;
    google.home.at("2026-11-25T10:00:00Z");
    assert!(body(&google).contains("Tell me two or three times"));
}

#[test]
fn taking_back_that_is_killed_in_the_middle_can_be_asked_for_again() {
    let google = Google::with_ann("live");
    let mv = wished(
        &google.home,
        "book_meeting",
        &json!({"starts_at": "2026-11-26T14:00:00Z"}),
    );
    google.home.ok(&format!("approve {mv}"));
    assert!(google.home.crashes_at("after-delivery", "undo"));
    assert!(meetings(&google).is_empty());
    let again = google.home.ok("undo");
    assert!(again.contains("open again"), "{again}");
    assert_eq!(google.home.json(&format!("show {mv}"))["status"], "open");

    for point in [
        "undo-asked",
        "after-claim",
        "after-delivery",
        "after-settle",
    ] {
        let (mut portal, ..) = portal();
        let mv = wished(&portal.home, "create_task", &json!({}));
        portal.run(&format!("approve {mv}")).exits(0);
        assert!(portal.home.crashes_at(point, "undo"), "{point}");
        portal.later(10);
        portal.sync();
        portal.run("undo").exits(0);
        assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new(), "{point}");
        assert_eq!(status(&portal, mv), "open", "{point}");
        portal.home.audit_holds();
    }
}

#[test]
fn a_record_that_was_refused_can_be_tried_again_and_one_in_doubt_never_becomes_two() {
    let (mut portal, ..) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    let tasks = "/crm/objects/2026-03/tasks";
    let refuse = Fault::Status {
        status: 400,
        retry_after: None,
        body: Value::Null,
    };
    portal
        .world
        .harm(FaultRule::on(tasks, refuse).method("POST").times(1));
    portal.run(&format!("approve {mv}")).exits(1);
    assert_eq!(status(&portal, mv), "open");
    let dead = portal.json("outbox");
    assert_eq!(
        (&dead[0]["status"], &dead[0]["kind"]),
        (&json!("failed"), &json!("record"))
    );
    let id = dead[0]["id"].as_i64().unwrap();
    portal.run(&format!("outbox show {id}")).exits(0);
    portal.run(&format!("outbox retry {id}")).exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 1);
    assert_eq!(status(&portal, mv), "done");
    portal.run("undo").exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 0);

    // Done there, but neither the answer nor the look afterwards comes through.
    for rule in [
        FaultRule::on(tasks, Fault::Cut { when: When::After }).times(0),
        FaultRule::on("/crm/associations", Fault::Cut { when: When::Before }).times(0),
    ] {
        portal.world.harm(rule);
    }
    portal.run(&format!("approve {mv}")).exits(1);
    let doubtful = portal.json("outbox");
    assert_eq!(doubtful[0]["status"], "uncertain", "{doubtful}");
    let id = doubtful[0]["id"].as_i64().unwrap();
    portal.run(&format!("outbox retry {id}")).exits(2);
    portal.run(&format!("outbox retry {id} --force"));
    portal.world.heal();
    portal.later(31);
    portal.sync();
    portal.later(31);
    portal.sync();
    assert_eq!(portal.there().ids("tasks").len(), 1);
    assert_eq!(status(&portal, mv), "done");
    portal.home.audit_holds();
}

/// A portal in which a record is in doubt: its request never arrived, and nobody could be asked.
fn doubtful() -> (Portal, i64, i64) {
    let (portal, ..) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    for rule in [
        FaultRule::on(
            "/crm/objects/2026-03/tasks",
            Fault::Cut { when: When::Before },
        )
        .method("POST")
        .times(0),
        FaultRule::on("/crm/associations", Fault::Cut { when: When::Before }).times(0),
    ] {
        portal.world.harm(rule);
    }
    portal.run(&format!("approve {mv}")).exits(1);
    portal.world.heal();
    let id = portal.json("outbox")[0]["id"].as_i64().unwrap();
    (portal, mv, id)
}

#[test]
fn a_record_in_doubt_is_tried_again_only_through_the_gate() {
    // A pause began, and then consent ended: nothing is written any more.
    let (mut portal, mv, _) = doubtful();
    portal.run("pause --for 3d").exits(0);
    portal.later(10);
    portal.sync();
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    for _ in 0..3 {
        portal.later(26 * 60);
        portal.sync();
    }
    portal.run("pause --off");
    portal.sync();
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    assert_eq!(status(&portal, mv), "open");

    // One that the operator closed is not made after all.
    let (mut portal, mv, id) = doubtful();
    portal.run(&format!("outbox drop {id}")).exits(0);
    for _ in 0..3 {
        portal.later(31);
        portal.sync();
    }
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
    assert_eq!(status(&portal, mv), "done");
    let unknown = portal.run("undo").exits(4);
    assert!(unknown.out.contains("nobody knows"), "{}", unknown.out);
    portal.home.audit_holds();
}

#[test]
fn two_installations_on_one_portal_do_not_take_each_others_tasks_for_theirs() {
    let (portal, ..) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    portal.run(&format!("approve {mv}")).exits(0);
    let key = |home: &Home| -> String {
        let sql = "SELECT mark FROM execution ORDER BY id DESC LIMIT 1";
        home.database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    let instance: String = portal
        .home
        .database()
        .query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let key = key(&portal.home);
    let own = key.strip_prefix(&format!("execution:{instance}:1:"));
    // The rest is of this approval alone.
    assert!(own.is_some_and(|own| own.len() == 16), "{key}");
}

#[test]
fn a_change_of_several_fields_is_written_whole_or_not_at_all() {
    let (mut portal, ann, _) = portal();
    let mv = wished(
        &portal.home,
        "update_contact",
        &json!({"properties": {"jobtitle": "CTO", "city": "Delft"}}),
    );
    let now = portal.later(1);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "CEO")], now);
    portal.run(&format!("approve {mv}")).exits(1);
    assert_eq!(portal.there().property("contacts", ann, "city"), None);
    assert_eq!(status(&portal, mv), "open");

    // What HubSpot says already is nothing to write, and its approval can be taken back.
    portal.there().change(
        "contacts",
        ann,
        &[("jobtitle", "CTO"), ("city", "Delft")],
        now,
    );
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(status(&portal, mv), "done");
    portal.run("undo").exits(0);
    assert_eq!(status(&portal, mv), "open");
    assert_eq!(
        portal.there().property("contacts", ann, "city").as_deref(),
        Some("Delft")
    );
}

#[test]
fn an_answer_that_does_not_name_what_was_made_is_looked_up() {
    let (portal, ..) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    portal.world.harm(
        FaultRule::on("/crm/objects/2026-03/tasks", Fault::Malformed)
            .method("POST")
            .times(1),
    );
    let done = portal.json(&format!("approve {mv}"));
    let tasks = portal.there().ids("tasks");
    assert_eq!(tasks.len(), 1);
    assert_eq!(done["location"], format!("hubspot:tasks/{}", tasks[0]));
    portal.run("undo").exits(0);
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());
}

#[test]
fn consent_to_one_thing_is_not_consent_to_another() {
    let (portal, ann, _) = portal();
    let mv = wished(&portal.home, "create_task", &json!({}));
    let hash = portal.json(&format!("show {mv}"))["deed"]["content_hash"].clone();
    // Somewhere without the token it would be done by hand: that was not looked at.
    let mut command =
        portal
            .home
            .command(["approve", &mv.to_string(), "--hash", hash.as_str().unwrap()]);
    let ran: crate::home::Ran = command
        .env_remove("CASEYOS_HUBSPOT_TOKEN")
        .output()
        .unwrap()
        .into();
    ran.exits(2);
    assert_eq!(status(&portal, mv), "open");

    // What was refused cannot be tried again once the move would do something else.
    portal.world.harm(
        FaultRule::on(
            "/crm/objects/2026-03/tasks",
            Fault::Status {
                status: 400,
                retry_after: None,
                body: Value::Null,
            },
        )
        .method("POST")
        .times(1),
    );
    portal.run(&format!("approve {mv}")).exits(1);
    let id = portal.json("outbox")[0]["id"].as_i64().unwrap();
    portal
        .run(&format!("edit {mv} --subject 'Something else'"))
        .exits(0);
    portal.run(&format!("outbox retry {id}")).exits(2);
    assert_eq!(portal.there().ids("tasks"), Vec::<u64>::new());

    // What stands in HubSpot is shown without what would act on a terminal.
    let evil = "\u{1b}[31mBoss\u{7}";
    let now = portal.home.now.parse().unwrap();
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", evil)], now);
    portal.sync();
    let mv = wished(
        &portal.home,
        "update_contact",
        &json!({"properties": {"jobtitle": "CTO"}}),
    );
    let shown = portal.json(&format!("show {mv}"));
    let value = shown["deed"]["parts"][0]["value"].as_str().unwrap();
    assert!(
        value.contains("Boss") && !value.contains('\u{1b}') && !value.contains('\u{7}'),
        "{value:?}"
    );
}

#[test]
fn an_invitation_is_not_sent_for_a_time_that_has_passed_nor_in_a_pause() {
    let mut google = Google::with_ann("live");
    let mv = wished(
        &google.home,
        "book_meeting",
        &json!({"starts_at": "2026-11-23T12:00:00Z"}),
    );
    google.home.ok("pause --for 3h");
    google.home.run(["approve", &mv.to_string()]).exits(4);
    let direct = google
        .home
        .run(["meetings", "book", ANN, "2026-11-25T12:00"])
        .exits(4);
    assert!(direct.out.contains("paused"), "{}", direct.out);
    // It is kept until the pause is over, unless it is taken back.
    google.home.ok("undo");
    google.at("2026-11-23T14:00:00Z").synced();
    assert!(meetings(&google).is_empty());
    assert_eq!(google.home.json(&format!("show {mv}"))["status"], "open");
}

#[test]
fn a_request_that_may_still_arrive_is_not_called_unsent() {
    let google = Google::with_ann("live");
    let mv = wished(
        &google.home,
        "book_meeting",
        &json!({"starts_at": "2026-11-26T14:00:00Z"}),
    );
    google.world.harm(
        FaultRule::on("/calendar/v3/calendars", Fault::Cut { when: When::Before })
            .method("POST")
            .times(0),
    );
    google.home.run(["approve", &mv.to_string()]).exits(1);
    google.world.heal();
    assert_eq!(google.home.json("outbox")[0]["status"], "uncertain");
    google.home.run(["undo"]).exits(4);
}

#[test]
fn a_booking_follows_a_meeting_that_was_moved_in_the_calendar_itself() {
    let google = Google::with_ann("live");
    google
        .home
        .run(["meetings", "book", ANN, "2026-11-26T14:00"])
        .exits(0);
    google.synced();
    let shown = google.double().show();
    let mut event = shown["calendars"]["events"][OPERATOR][0].clone();
    event["start"] = json!({"dateTime": "2026-11-27T14:00:00Z"});
    event["end"] = json!({"dateTime": "2026-11-27T14:30:00Z"});
    let fields = json!({"id": event["id"], "summary": event["summary"], "start": event["start"],
        "end": event["end"], "attendees": event["attendees"]});
    google.happen("event", &json!({ "fields": fields }));
    google.synced();
    // Back to when it was here: that is another time than the calendar's.
    google
        .home
        .run(["meetings", "move", "1", "2026-11-26T14:00"])
        .exits(0);
    assert_eq!(meetings(&google), ["2026-11-26T14:00:00Z"]);
    let again = google
        .home
        .run(["meetings", "move", "1", "2026-11-26T14:00"])
        .exits(0);
    assert!(again.out.contains("at that time already"), "{}", again.out);
}

#[test]
fn an_answer_to_who_asked_for_a_meeting_books_it_once_it_has_a_time() {
    let google = Google::with_ann("live");
    google.receive(
        ANN,
        "Our call",
        "Could we meet on Thursday at 15:00? I would like a demo.",
    );
    google.synced();
    let mv = google.home.find_move(ANN, "reply");
    let shown = google.home.json(&format!("show {mv}"));
    assert_eq!(
        (&shown["means"], &shown["offers_times"]),
        (&json!("mail"), &json!(true)),
        "{shown}"
    );
    google
        .home
        .run(["edit", &mv.to_string(), "--at", "2026-11-26T15:00"])
        .exits(0);
    google.home.ok(&format!("approve {mv}"));
    assert_eq!(meetings(&google), ["2026-11-26T15:00:00Z"]);
}
