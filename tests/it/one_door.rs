//! One door for everything that leaves: the same effect is asked for once, whoever asks and in whichever order, and no stored sentence decides.

use serde_json::{Value, json};

use crate::deeds::wished;
use crate::google::Google;
use crate::home::{Home, OPERATOR, answer, form};
use crate::hubspot::{Portal, before, small};
use caseyos::connectors::world::Double as _;

const ANN: &str = "ann@acme.example";
const BEGIN: &str = "2026-11-26T14:00:00Z";

/// Returns the meetings in the calendar that stand.
fn standing(google: &Google) -> usize {
    let shown = google.double().show();
    let all = shown["calendars"]["events"][OPERATOR]
        .as_array()
        .cloned()
        .unwrap_or_default();
    all.iter().filter(|e| e["status"] != "cancelled").count()
}

fn told(google: &Google) -> usize {
    google.double().calendars.told.len()
}

fn status_of(google: &Google, mv: i64) -> Value {
    google.home.json(&format!("show {mv}"))["status"].clone()
}

#[test]
fn one_meeting_is_one_invitation_in_every_order() {
    for book_first in [true, false] {
        for with_sync in [true, false] {
            for seconds in [0, 20] {
                let how = format!("book first {book_first}, sync {with_sync}, window {seconds}");
                let mut google = Google::with_ann("live");
                google.home.edit_config(|c| {
                    c.replace("undo_seconds = 0", &format!("undo_seconds = {seconds}"))
                });
                let mv = wished(&google.home, "book_meeting", &json!({"starts_at": BEGIN}));
                let approve = ["approve".to_owned(), mv.to_string()];
                let book = ["meetings", "book", ANN, "2026-11-26T14:00"].map(str::to_owned);
                let (first, second) = if book_first {
                    (book.as_slice(), approve.as_slice())
                } else {
                    (approve.as_slice(), book.as_slice())
                };
                google.home.run(first).exits(0);
                if with_sync {
                    google.at("2026-11-23T10:01:00Z").synced();
                }
                let again = google.home.run(second).exits(0);
                let is_done = with_sync || seconds == 0;
                let says = if is_done { "booked" } else { "already" };
                assert!(again.out.contains(says), "{how}: {}", again.out);
                for at in ["2026-11-23T10:03:00Z", "2026-11-23T10:30:00Z"] {
                    google.at(at).synced();
                }
                google.home.run(second).exits(0);
                assert_eq!(standing(&google), 1, "{how}");
                assert_eq!(told(&google), 1, "{how}");
                assert_eq!(status_of(&google, mv), "done", "{how}");
                // Taken back, the move that asked for it is there again.
                google.home.run(["undo"]).exits(0);
                assert_eq!(standing(&google), 0, "{how}");
                assert_eq!(status_of(&google, mv), "open", "{how}");
                google.home.audit_holds();
            }
        }
    }
}

#[test]
fn a_meeting_asked_for_directly_waits_and_is_withdrawn_like_any_other() {
    let google = Google::with_ann("live");
    google
        .home
        .edit_config(|c| c.replace("undo_seconds = 0", "undo_seconds = 20"));
    let queued = google
        .home
        .run(["meetings", "book", ANN, "2026-11-26T14:00", "--json"])
        .exits(0)
        .json();
    assert_eq!(queued["result"], "queued");
    let waiting = google.home.json("outbox");
    assert_eq!(
        (
            &waiting[0]["kind"],
            &waiting[0]["origin"],
            &waiting[0]["move_id"]
        ),
        (&json!("meeting"), &json!("wish"), &Value::Null)
    );
    let id = waiting[0]["id"].as_i64().unwrap();
    let why = google.home.json(&format!("why execution:{id}"));
    assert_eq!(why["execution"], id);
    google.home.ok("undo");
    assert_eq!(standing(&google), 0);
    assert_eq!(told(&google), 0);
    // Suppressed, they are not invited, by whichever road.
    google.home.ok(&format!("suppress add {ANN}"));
    let refused = google
        .home
        .run(["meetings", "book", ANN, "2026-11-26T14:00"])
        .exits(4);
    assert!(refused.out.contains("suppression"), "{}", refused.out);
    google.home.audit_holds();
}

#[test]
fn the_request_that_is_shown_is_the_request_that_leaves() {
    let google = Google::with_ann("live");
    let book = ["meetings", "book", ANN, "2026-11-26T14:00"];
    let shown = google
        .home
        .run(book.iter().chain(&["--dry-run", "--json"]))
        .exits(0)
        .json();
    google.home.run(book).exits(0);
    let left = google.home.json("outbox show 1");
    assert_eq!(shown["message"], left["request"]);
    let (head, body) = shown["message"]
        .as_str()
        .unwrap()
        .split_once("\n\n")
        .unwrap();
    let wire = google.world.requests();
    let insert = wire
        .iter()
        .find(|r| r.method == "POST" && r.path.starts_with("/calendar/v3/calendars"))
        .unwrap();
    assert!(head.contains("Authorization: Bearer ****"), "{head}");
    assert_eq!(body.trim_end(), insert.body.trim_end());
    assert!(
        head.starts_with(&format!("POST {}", insert.path)),
        "{head} / {}",
        insert.path
    );
}

#[test]
fn nobody_is_written_to_whose_stage_cannot_be_read() {
    let home = Home::live();
    home.contacts(
        "Email,First Name,Lifecycle Stage\nann@acme.example,Ann,Lead\nbo@kite.example,Bo,Lead\n",
    );
    home.signals(&[
        form("ann@acme.example", "2026-11-23T09:30:00Z", "Please call."),
        form("bo@kite.example", "2026-11-23T09:30:00Z", "Please call."),
    ])
    .exits(0);
    let (ann, bo) = (
        home.find_move("ann@acme.example", "email_follow_up"),
        home.find_move("bo@kite.example", "email_follow_up"),
    );
    home.database()
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON; UPDATE contact SET stage = 'vip' WHERE email = 'ann@acme.example'",
        )
        .unwrap();
    let refused = home.run(["approve".to_owned(), ann.to_string()]).exits(4);
    assert!(refused.out.contains("suppression"), "{}", refused.out);
    assert_eq!(home.json(&format!("show {ann}"))["stage"], "do_not_contact");
    // Nobody else is held up by it.
    home.run(["approve".to_owned(), bo.to_string()]).exits(0);
    assert_eq!(home.outbox().len(), 1);
}

/// Rewords every sentence that is stored, as another version of the program may.
fn reword(home: &Home) {
    home.database()
        .execute_batch(
            "UPDATE execution SET error = 'x' WHERE error <> ''; UPDATE execution SET subject = subject || ' x';
             UPDATE execution SET location = 'x' WHERE location <> '';
             UPDATE move SET close_reason = 'x' WHERE close_reason <> ''; UPDATE undo SET summary = 'x', promise = 'x';
             UPDATE move SET title = 'x', revenue_why = 'x', urgency_why = 'x', strategic_why = 'x';
             UPDATE verdict SET detail = 'x'; UPDATE booking SET error = 'x'; UPDATE suppression SET reason = 'x';
             UPDATE hold SET reason = 'x'; UPDATE contact SET pause_reason = 'x' WHERE pause_reason <> '';
             UPDATE outcome SET note = 'x'; UPDATE approval_decision SET reason = 'x', shadow_reason = 'x';",
        )
        .unwrap();
}

#[test]
fn no_stored_sentence_decides_about_mail() {
    let mut home = Home::live();
    home.contacts("Email,First Name\nann@acme.example,Ann\nbo@kite.example,Bo\n");
    let at = "2026-11-23T09:30:00Z";
    home.signals(&[form(ANN, at, "Please call.")]).exits(0);
    let mv = home.find_move(ANN, "email_follow_up");
    let status = |home: &Home| home.json(&format!("show {mv}"))["status"].clone();
    home.undo_window(20);
    home.ok(&format!("approve {mv}"));
    reword(&home);
    home.ok("undo");
    assert_eq!((status(&home), home.outbox().len()), (json!("open"), 0));
    home.undo_window(0);
    reword(&home);
    home.ok(&format!("approve {mv}"));
    reword(&home);
    home.ok(&format!("approve {mv}"));
    assert_eq!((status(&home), home.outbox().len()), (json!("done"), 1));
    // Both ask for silence: undo lifts the operator's word and leaves theirs.
    for who in ["bo@kite.example", ANN] {
        home.ok(&format!("suppress add {who}"));
    }
    let sent = home.outbox().remove(0);
    let wish = "Please unsubscribe me.";
    home.deliver(
        "1.wish",
        answer(&sent, ANN, "Mon, 23 Nov 2026 10:05:00 +0000", wish),
    );
    home.at("2026-11-23T10:10:00Z").ok("sync");
    reword(&home);
    for left in [2, 1] {
        home.ok("undo");
        let listed = home.json("suppress list");
        assert_eq!(listed[0]["value"], ANN);
        assert_eq!(listed.as_array().unwrap().len(), left);
        reword(&home);
    }
    home.audit_holds();
}

#[test]
fn no_stored_sentence_decides_anything() {
    let (mut double, ann, _) = small();
    let due = before(1).to_string();
    let task = [
        ("hs_timestamp", due.as_str()),
        ("hs_task_subject", "Call"),
        ("hs_task_status", "NOT_STARTED"),
    ];
    let task = double.add("tasks", &task, before(3));
    double.tie("tasks", task, "contacts", ann);
    let mut portal = Portal::new(double);
    portal.sync();
    portal.later(10);
    // One write that HubSpot says already, one that was done, one move that was approved.
    let reworded = |portal: &Portal| reword(&portal.home);
    let now = portal.later(1);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "CTO")], now);
    let says = portal
        .run("hubspot set ann@acme.example jobtitle=CTO")
        .exits(0);
    assert!(says.out.contains("already"), "{}", says.out);
    reworded(&portal);
    portal
        .run("hubspot set ann@acme.example city=Madrid")
        .exits(0);
    reworded(&portal);
    portal.run("undo").exits(0);
    assert_eq!(
        portal
            .there()
            .property("contacts", ann, "city")
            .unwrap_or_default(),
        ""
    );
    reworded(&portal);
    // Nothing was written for what HubSpot said already, so nothing is written back.
    portal.run("undo").exits(0);
    assert_eq!(
        portal
            .there()
            .property("contacts", ann, "jobtitle")
            .as_deref(),
        Some("CTO")
    );
    let mv = wished(&portal.home, "create_task", &json!({}));
    portal.run(&format!("approve {mv}")).exits(0);
    reworded(&portal);
    portal.run(&format!("approve {mv}")).exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 2);
    portal.run("undo").exits(0);
    assert_eq!(portal.there().ids("tasks").len(), 1);
    assert_eq!(portal.json(&format!("show {mv}"))["status"], "open");
    // A completed task is one outcome, whoever tells of it first, and undo takes that one back.
    let completed = || {
        portal.one(
            "SELECT count(*) || ' of ' || (SELECT count(*) FROM outcome WHERE kind = 'task_completed') FROM outcome
             WHERE kind = 'task_completed' AND undone_at IS NULL",
        )
    };
    let named = json!({"task": format!("hubspot:{task}")});
    let mv = wished(&portal.home, "complete_task", &named);
    portal.run(&format!("approve {mv}")).exits(0);
    let said = |portal: &Portal| portal.there().property("tasks", task, "hs_task_status");
    assert_eq!(said(&portal).as_deref(), Some("COMPLETED"));
    portal.sync();
    assert_eq!(completed(), "1 of 1");
    reworded(&portal);
    portal.run("undo").exits(0);
    assert_eq!(said(&portal).as_deref(), Some("NOT_STARTED"));
    assert_eq!(completed(), "0 of 1");
}

#[test]
fn two_meetings_never_come_to_lie_at_one_time_by_moving_one() {
    let at = |time: &str| format!("2026-11-26T{time}");
    let book = |google: &Google, time: &str, now: &[&str]| {
        let when = at(time);
        let words = [&["meetings", "book", ANN, &when], now].concat();
        google.home.run(words).exits(0)
    };
    let shift = |google: &Google, booking: &str, time: &str| {
        google
            .home
            .run(["meetings", "move", booking, &at(time)])
            .exits(0)
    };
    let with_window = || {
        let google = Google::with_ann("live");
        google
            .home
            .edit_config(|c| c.replace("undo_seconds = 0", "undo_seconds = 20"));
        google
    };
    let starts = |google: &Google| -> Vec<String> {
        let shown = google.double().show();
        let all = shown["calendars"]["events"][OPERATOR].as_array().cloned();
        let stands = |e: &&Value| e["status"] != "cancelled";
        let mut found: Vec<String> = all
            .unwrap_or_default()
            .iter()
            .filter(stands)
            .map(|e| {
                e["start"]["dateTime"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        found.sort();
        found
    };
    // One is on its way to that time.
    let mut google = with_window();
    book(&google, "14:00", &["--now"]);
    shift(&google, "1", "16:00");
    let again = book(&google, "16:00", &[]);
    assert!(again.out.contains("being moved"), "{}", again.out);
    google.at("2026-11-23T10:05:00Z").synced();
    assert_eq!(starts(&google).len(), 1, "{:?}", starts(&google));
    // The old time is free again once it has moved.
    book(&google, "14:00", &["--now"]);
    assert_eq!(starts(&google).len(), 2);
    // One is about to be booked there, or is.
    let mut google = with_window();
    book(&google, "14:00", &["--now"]);
    book(&google, "16:00", &[]);
    let again = shift(&google, "1", "16:00");
    assert!(again.out.contains("already"), "{}", again.out);
    google.at("2026-11-23T10:05:00Z").synced();
    let again = shift(&google, "1", "16:00");
    assert!(again.out.contains("booked already"), "{}", again.out);
    google.at("2026-11-23T10:10:00Z").synced();
    let found = starts(&google);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_ne!(found[0], found[1]);
    google.home.audit_holds();
}

#[test]
fn another_value_for_the_same_field_is_not_swallowed() {
    let (double, ..) = small();
    let portal = Portal::new(double);
    portal.sync();
    portal.run("stop").exits(0);
    portal.run("hubspot set ann@acme.example city=Rome");
    let same = portal.run("hubspot set ann@acme.example city=Rome");
    assert!(same.out.contains("asked for already"), "{same:?}");
    let other = portal
        .run("hubspot set ann@acme.example city=Oslo")
        .exits(2);
    assert!(other.err.contains("says something else"), "{}", other.err);
    let waiting = portal.json("outbox");
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    let id = waiting[0]["id"].to_string();
    portal.run(&format!("outbox drop {id}")).exits(0);
    portal.run("hubspot set ann@acme.example city=Oslo");
    assert_eq!(portal.json("outbox")[0]["status"], "queued");
}

#[test]
fn what_is_shown_of_fields_is_what_leaves_though_one_says_so_already() {
    let (double, ..) = small();
    let portal = Portal::new(double);
    portal.sync();
    portal
        .run("hubspot set ann@acme.example jobtitle=CTO")
        .exits(0);
    let wish = "hubspot set ann@acme.example jobtitle=CTO city=Bonn";
    let shown = portal.json(&format!("{wish} --dry-run"))["message"].to_string();
    assert!(
        shown.contains("jobtitle") && shown.contains("city"),
        "{shown}"
    );
    portal.run(wish).exits(0);
    let last = portal.one("SELECT carried FROM execution ORDER BY id DESC LIMIT 1");
    assert!(last.contains("jobtitle") && last.contains("Bonn"), "{last}");
}

#[test]
fn an_edit_is_not_undone_while_what_it_says_is_on_its_way() {
    let google = Google::with_ann("live");
    google
        .home
        .edit_config(|c| c.replace("undo_seconds = 0", "undo_seconds = 20"));
    let mv = google.form_of_ann();
    google
        .home
        .run([
            "edit",
            &mv.to_string(),
            "--subject",
            "New",
            "--body",
            "Five euros.",
        ])
        .exits(0);
    let edit = google.home.json("undo --list")[0]["id"].to_string();
    google.home.ok(&format!("approve {mv}"));
    let possible = |google: &Google| {
        let all = google.home.json("undo --list");
        let all = all.as_array().unwrap();
        let id: i64 = edit.parse().unwrap();
        let entry = all.iter().find(|e| e["id"] == id).unwrap();
        entry["possible"].as_bool().unwrap()
    };
    assert!(!possible(&google), "what waits says what was edited");
    let refused = google.home.run(["undo", &edit]).exits(2);
    assert!(
        refused.err.contains("undo the approval first"),
        "{refused:?}"
    );
    google.home.ok("undo");
    assert!(possible(&google), "it is withdrawn");
    google.home.run(["undo", &edit]).exits(0);
}
