//! Every write, and each way in which its answer can fail to come: what is there is there once, and what is said here is never a lie.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use crate::deeds::wished;
use crate::google::Google;
use crate::home::{OPERATOR, Ran};
use crate::hubspot::{Portal, before, small, words};
use caseyos::connectors::world::{Double as _, Fault, FaultRule, When};
use serde_json::json;

/// What befalls the request; with whether the provider did it all the same.
fn harms() -> [(&'static str, Fault); 7] {
    [
        ("no answer", Fault::Hang),
        ("cut before", Fault::Cut { when: When::Before }),
        ("cut after", Fault::Cut { when: When::After }),
        ("cut in the answer", Fault::Cut { when: When::Body }),
        ("done but 500", Fault::DoneBut { status: 500 }),
        ("500", Fault::status(500)),
        ("429", Fault::status(429)),
    ]
}

/// How a write stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Here {
    /// It was done.
    Done,
    /// It certainly was not done.
    NotDone,
    /// Nobody knows.
    Unknown,
}

/// Asserts that what is said here is what is there, and that the operator is told in a sentence.
#[track_caller]
fn is_true(here: Here, there: usize, how: &str) {
    assert!(there <= 1, "{how}: done {there} times");
    match here {
        Here::Done => assert_eq!(there, 1, "{how}: said to be done"),
        Here::NotDone => assert_eq!(there, 0, "{how}: said not to be done"),
        Here::Unknown => {}
    }
}

#[track_caller]
fn is_plain(ran: &Ran, here: Here, how: &str) {
    let said = if ran.err.trim().is_empty() {
        &ran.out
    } else {
        &ran.err
    };
    let said = said.trim();
    println!("| {how} | {here:?} | {:?} | {said} |", ran.code);
    assert!(said.ends_with(['.', ')']), "{how}: {said}");
    for raw in ["panicked", "Error", "{", "reqwest", "hyper"] {
        assert!(!said.contains(raw), "{how}: {said}");
    }
    // Success means that it was done, or is queued and said to be.
    assert_eq!(
        ran.code == Some(0),
        here == Here::Done,
        "{how}: {:?} {said}",
        ran.code
    );
    assert!(
        matches!(ran.code, Some(0 | 1 | 3 | 4)),
        "{how}: {:?} {said}",
        ran.code
    );
}

/// Runs every row of a table, some at a time as most of them wait, and names all that fail.
#[track_caller]
fn each<T: Send>(
    rows: impl IntoIterator<Item = (String, T)>,
    check: impl Fn(&str, T) + Sync + std::panic::RefUnwindSafe,
) {
    let rows = Mutex::new(rows.into_iter().collect::<Vec<_>>());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                loop {
                    let Some((how, row)) = rows.lock().unwrap().pop() else {
                        return;
                    };
                    if catch_unwind(AssertUnwindSafe(|| check(&how, row))).is_err() {
                        failed.lock().unwrap().push(how);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A write to Google.
#[derive(Clone, Copy)]
struct GoogleWrite {
    name: &'static str,
    mode: &'static str,
    method: &'static str,
    path: &'static str,
    /// What comes before, and the command that writes.
    begin: fn(&mut Google) -> Vec<String>,
    /// How often it is done there.
    there: fn(&Google) -> usize,
    /// How it stands here.
    here: fn(&Google) -> Here,
}

fn line(text: String) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn status(google: &Google, sql: &str) -> String {
    google
        .home
        .database()
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_default()
}

fn execution_is(google: &Google, done: &str) -> Here {
    match status(
        google,
        "SELECT status FROM execution ORDER BY id DESC LIMIT 1",
    )
    .as_str()
    {
        found if found == done => Here::Done,
        "sending" | "uncertain" => Here::Unknown,
        _ => Here::NotDone,
    }
}

fn events(google: &Google) -> usize {
    let shown = google.double().show();
    let all = shown["calendars"]["events"][OPERATOR]
        .as_array()
        .cloned()
        .unwrap_or_default();
    all.iter().filter(|e| e["status"] != "cancelled").count()
}

fn drafted(google: &mut Google) -> i64 {
    google.synced();
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    mv
}

fn google_writes() -> Vec<GoogleWrite> {
    vec![
        GoogleWrite {
            name: "messages.send",
            mode: "live",
            method: "POST",
            path: "/gmail/v1/users/me/messages/send",
            begin: |google| {
                google.synced();
                line(format!("approve {}", google.form_of_ann()))
            },
            there: |google| google.sent().len(),
            here: |google| execution_is(google, "sent"),
        },
        GoogleWrite {
            name: "drafts.create",
            mode: "draft",
            method: "POST",
            path: "/gmail/v1/users/me/drafts",
            begin: |google| {
                google.synced();
                line(format!("approve {}", google.form_of_ann()))
            },
            there: |google| google.drafts().len(),
            here: |google| execution_is(google, "drafted"),
        },
        GoogleWrite {
            name: "drafts.update",
            mode: "draft",
            method: "PUT",
            path: "/gmail/v1/users/me/drafts/",
            begin: |google| {
                let mv = drafted(google);
                line(format!("edit {mv} --subject Prices --body Forty."))
            },
            there: |google| {
                assert_eq!(google.drafts().len(), 1);
                usize::from(google.drafts()[0].text.trim() == "Forty.")
            },
            here: |google| execution_is(google, "drafted"),
        },
        GoogleWrite {
            name: "drafts.delete",
            mode: "draft",
            method: "DELETE",
            path: "/gmail/v1/users/me/drafts/",
            begin: |google| {
                drafted(google);
                line("undo".into())
            },
            there: |google| 1 - google.drafts().len(),
            here: |google| match execution_is(google, "cancelled") {
                // It is not said that it lies there, only that it was put there.
                Here::NotDone => Here::Unknown,
                here => here,
            },
        },
        GoogleWrite {
            name: "drafts.send",
            mode: "draft",
            method: "POST",
            path: "/gmail/v1/users/me/drafts/send",
            begin: |google| {
                let mv = drafted(google);
                google.home.ok("mode live");
                line(format!("approve {mv}"))
            },
            there: |google| {
                assert_eq!(google.sent().len() + google.drafts().len(), 1);
                google.sent().len()
            },
            here: |google| execution_is(google, "sent"),
        },
        GoogleWrite {
            name: "events.insert",
            mode: "live",
            method: "POST",
            path: "/calendar/v3/calendars",
            begin: |google| {
                google.home.contacts("Email\nann@acme.example\n");
                line("meetings book ann@acme.example 2026-11-24T14:00".into())
            },
            there: events,
            here: |google| execution_is(google, "sent"),
        },
        GoogleWrite {
            name: "events.insert by approval",
            mode: "live",
            method: "POST",
            path: "/calendar/v3/calendars",
            begin: |google| {
                google.home.contacts("Email\nann@acme.example\n");
                let when = json!({"starts_at": "2026-11-26T14:00:00Z"});
                let mv = wished(&google.home, "book_meeting", &when);
                line(format!("approve {mv}"))
            },
            there: events,
            here: |google| execution_is(google, "sent"),
        },
        GoogleWrite {
            name: "events.patch",
            mode: "live",
            method: "PATCH",
            path: "/calendar/v3/calendars",
            begin: |google| {
                google.home.contacts("Email\nann@acme.example\n");
                google
                    .home
                    .ok("meetings book ann@acme.example 2026-11-24T14:00");
                line("meetings move 1 2026-11-25T15:00".into())
            },
            there: |google| {
                assert_eq!(events(google), 1);
                let shown = google.double().show();
                let start = &shown["calendars"]["events"][OPERATOR][0]["start"]["dateTime"];
                usize::from(start.as_str().unwrap().starts_with("2026-11-25T15:00"))
            },
            here: |google| execution_is(google, "sent"),
        },
        GoogleWrite {
            name: "events.delete",
            mode: "live",
            method: "DELETE",
            path: "/calendar/v3/calendars",
            begin: |google| {
                google.home.contacts("Email\nann@acme.example\n");
                google
                    .home
                    .ok("meetings book ann@acme.example 2026-11-24T14:00");
                line("undo".into())
            },
            there: |google| 1 - events(google),
            here: |google| match status(google, "SELECT state FROM booking").as_str() {
                "taken_back" => Here::Done,
                _ => Here::Unknown,
            },
        },
    ]
}

fn hasty(google: &Google) {
    google.home.edit_config(|config| {
        config
            .replace("read_seconds = 30", "read_seconds = 1")
            .replace("retries = 3", "retries = 1")
            .replace("backoff_millis = 2000", "backoff_millis = 1")
    });
}

#[test]
fn every_write_to_google_is_done_once_whatever_becomes_of_its_answer() {
    let mut rows = Vec::new();
    for write in google_writes() {
        for (harm, fault) in harms() {
            for rewrites in [false, true] {
                if !rewrites || write.name.ends_with(".send") {
                    let how = format!("{}, {harm}, rewrites {rewrites}", write.name);
                    rows.push((how, (write, fault.clone(), rewrites)));
                }
            }
        }
    }
    each(rows, |how, (write, fault, rewrites)| {
        let mut google = Google::start(write.mode);
        google.double().mailbox.rewrites_ids = rewrites;
        hasty(&google);
        let command = (write.begin)(&mut google);
        let rule = FaultRule::on(write.path, fault).method(write.method);
        google.world.harm(rule.times(2));
        let ran = google.home.run(&command);
        let here = (write.here)(&google);
        is_true(here, (write.there)(&google), how);
        is_plain(&ran, here, how);
        google.world.heal();
        for at in [
            "2026-11-23T10:02:00Z",
            "2026-11-23T10:40:00Z",
            "2026-11-23T11:20:00Z",
        ] {
            google.at(at).sync();
            is_true((write.here)(&google), (write.there)(&google), how);
        }
        if (write.here)(&google) != Here::Done {
            // What is no message is asked for again by the operator.
            let again = google.home.run(&command);
            assert!(matches!(again.code, Some(0 | 5)), "{how}: {again:?}");
        }
        google.home.run(&command);
        assert_eq!((write.there)(&google), 1, "{how}: at last");
        google.home.audit_holds();
    });
}

/// A write to HubSpot.
#[derive(Clone, Copy)]
struct HubspotWrite {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    command: fn(&Portal, u64, u64, u64) -> String,
    there: fn(&Portal, u64, u64, u64) -> usize,
}

fn property_is(portal: &Portal, kind: &str, id: u64, name: &str, value: &str) -> usize {
    usize::from(portal.there().property(kind, id, name).as_deref() == Some(value))
}

fn hubspot_writes() -> Vec<HubspotWrite> {
    vec![
        HubspotWrite {
            name: "task",
            method: "POST",
            path: "/crm/objects/2026-03/tasks",
            command: |_, _, _, _| {
                "hubspot task 'Call Ann' --contact ann@acme.example --key k1".into()
            },
            there: |portal, _, _, _| portal.there().ids("tasks").len(),
        },
        HubspotWrite {
            name: "note",
            method: "POST",
            path: "/crm/objects/2026-03/notes",
            command: |_, _, _, _| {
                "hubspot note 'Met at the fair' --contact ann@acme.example --key k1".into()
            },
            there: |portal, _, _, _| portal.there().ids("notes").len(),
        },
        HubspotWrite {
            name: "property",
            method: "PATCH",
            path: "/crm/objects/2026-03/contacts",
            command: |_, _, _, _| "hubspot set ann@acme.example jobtitle=CTO".into(),
            there: |portal, ann, _, _| property_is(portal, "contacts", ann, "jobtitle", "CTO"),
        },
        HubspotWrite {
            name: "stage",
            method: "PATCH",
            path: "/crm/objects/2026-03/deals",
            command: |_, _, _, _| "hubspot stage 'Acme EU' 'Contract Sent'".into(),
            there: |portal, _, deal, _| {
                property_is(portal, "deals", deal, "dealstage", "contractsent")
            },
        },
        HubspotWrite {
            name: "push",
            method: "PATCH",
            path: "/crm/objects/2026-03/contacts",
            command: |portal, _, _, _| {
                portal
                    .run("contacts add --email ann@acme.example --title CTO")
                    .exits(0);
                "hubspot push".into()
            },
            there: |portal, ann, _, _| property_is(portal, "contacts", ann, "jobtitle", "CTO"),
        },
        HubspotWrite {
            name: "task by approval",
            method: "POST",
            path: "/crm/objects/2026-03/tasks",
            command: |portal, _, _, _| {
                let mv = wished(
                    &portal.home,
                    "create_task",
                    &json!({"note": "Ask about seats."}),
                );
                format!("approve {mv}")
            },
            there: |portal, _, _, _| portal.there().ids("tasks").len(),
        },
        HubspotWrite {
            name: "task taken back",
            method: "DELETE",
            path: "/crm/objects/2026-03/tasks",
            command: |portal, _, _, _| {
                portal
                    .run("hubspot task 'Call Ann' --contact ann@acme.example --key k1")
                    .exits(0);
                "undo".into()
            },
            there: |portal, _, _, _| 1 - portal.there().ids("tasks").len(),
        },
        HubspotWrite {
            name: "property taken back",
            method: "PATCH",
            path: "/crm/objects/2026-03/contacts",
            command: |portal, ann, _, _| {
                portal
                    .run("hubspot set ann@acme.example jobtitle=CTO")
                    .exits(0);
                assert_eq!(property_is(portal, "contacts", ann, "jobtitle", "CTO"), 1);
                "undo".into()
            },
            there: |portal, ann, _, _| 1 - property_is(portal, "contacts", ann, "jobtitle", "CTO"),
        },
        HubspotWrite {
            name: "merge",
            method: "POST",
            path: "/crm/objects/2026-03/contacts/merge",
            command: |_, ann, _, twin| {
                format!(
                    "hubspot merge ann@acme.example hubspot:{twin} --confirm 'merge {twin} into {ann}' --now"
                )
            },
            there: |portal, _, _, _| 2 - portal.there().ids("contacts").len(),
        },
        HubspotWrite {
            name: "gdpr-delete",
            method: "POST",
            path: "/crm/objects/2026-03/contacts/gdpr-delete",
            command: |_, _, _, _| {
                "hubspot gdpr-delete ann@acme.example --confirm 'delete ann@acme.example for ever' --now"
                    .into()
            },
            there: |portal, _, _, _| 2 - portal.there().ids("contacts").len(),
        },
    ]
}

fn write_is(portal: &Portal) -> Here {
    let status: String = portal
        .home
        .database()
        .query_row(
            "SELECT status FROM execution ORDER BY id DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap_or_default();
    match status.as_str() {
        "sent" => Here::Done,
        "sending" | "uncertain" => Here::Unknown,
        _ => Here::NotDone,
    }
}

#[test]
fn every_write_to_hubspot_is_done_once_whatever_becomes_of_its_answer() {
    let mut rows = Vec::new();
    for write in hubspot_writes() {
        for (harm, fault) in harms() {
            rows.push((format!("{}, {harm}", write.name), (write, fault)));
        }
    }
    each(rows, |how, (write, fault)| {
        let (mut double, ann, deal) = small();
        let twin = double.add(
            "contacts",
            &[("email", "ann.lee@acme.example"), ("firstname", "Ann")],
            before(50),
        );
        let mut portal = Portal::new(double);
        portal.home.edit_config(|config| {
            config
                .replace("read_seconds = 30", "read_seconds = 1")
                .replace("retries = 3", "retries = 1")
        });
        portal.sync();
        portal.later(10);
        let command = (write.command)(&portal, ann, deal, twin);
        let there = |portal: &Portal| (write.there)(portal, ann, deal, twin);
        let rule = FaultRule::on(write.path, fault).method(write.method);
        portal.world.harm(rule.times(2));
        let ran = portal.words(&words(&command));
        let here = write_is(&portal);
        is_true(here, there(&portal), how);
        is_plain(&ran, here, how);
        portal.world.heal();
        for minutes in [2, 15, 30] {
            portal.later(minutes);
            portal.run("sync");
            is_true(write_is(&portal), there(&portal), how);
        }
        if write_is(&portal) != Here::Done {
            let again = portal.words(&words(&command));
            assert!(matches!(again.code, Some(0 | 5)), "{how}: {again:?}");
        }
        assert_eq!(there(&portal), 1, "{how}: at last");
        assert_eq!(write_is(&portal), Here::Done, "{how}: at last");
        if matches!(write.name, "task" | "note" | "task by approval") {
            portal.words(&words(&command));
            assert_eq!(there(&portal), 1, "{how}: asked once more");
        }
        portal.home.audit_holds();
    });
}
