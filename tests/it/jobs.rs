//! Jobs as an operator and cron see them: listed, run by name, revived; and two processes, crashes and clocks that jump.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::home::{Home, form, letter};
use crate::hubspot::{Portal, small};

const MAILBOX: &str = "mail:mail";

fn job(home: &Home, name: &str) -> Value {
    let all = home.json("jobs list");
    let all = all.as_array().unwrap();
    let found = all.iter().find(|job| job["name"] == name);
    found.unwrap_or_else(|| panic!("{all:#?}")).clone()
}

fn approved() -> Home {
    let home = Home::live();
    home.contacts("Email,First Name\nann@acme.example,Ann\n");
    home.signals(&[form("ann@acme.example", "2026-11-23T09:40:00Z", "Prices?")])
        .exits(0);
    home.undo_window(20);
    home.ok("approve 1");
    home
}

fn deliver(home: &Home, count: usize) {
    home.contacts("Email\nann@acme.example\n");
    for i in 0..count {
        let date = format!("Mon, 23 Nov 2026 08:{:02}:{:02} +0000", i / 60, i % 60);
        let name = format!("{}.m.example", 1_795_400_000 + i);
        home.deliver(
            &name,
            letter("Ann <ann@acme.example>", "Pricing", &date, "", "Prices?"),
        );
    }
}

#[test]
fn jobs_are_listed_in_the_order_of_a_pass() {
    let home = Home::live();
    let listed = home.ok("jobs list");
    assert!(listed.contains("Reads the mailbox"), "{listed}");
    let names = |home: &Home| -> Vec<String> {
        let all = home.json("jobs list");
        let name = |job: &Value| job["name"].as_str().unwrap().to_owned();
        all.as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(
        names(&home),
        [
            "pause",
            "reconcile",
            "scores",
            MAILBOX,
            "timer",
            "approval-rules",
            "outbox",
            "sign-in",
            "audit",
            "usage",
            "events"
        ]
    );
    assert!(job(&home, "audit")["last_run_at"].is_null());
    home.ok("sync");
    for name in names(&home) {
        let item = job(&home, &name);
        assert_eq!(
            (&item["last_run_at"], &item["last_ok_at"]),
            (&home.now.as_str().into(), &home.now.as_str().into()),
            "{item:#}"
        );
        assert_eq!(
            (&item["state"], &item["tries"], &item["error"]),
            (&"waiting".into(), &0.into(), &"".into()),
            "{item:#}"
        );
    }
    assert_eq!(job(&home, "audit")["next_due_at"], "2026-11-23T11:00:00Z");
    assert_eq!(job(&home, "outbox")["next_due_at"], Value::Null);
}

#[test]
fn exit_codes_say_how_a_job_ended() {
    let home = Home::live();
    deliver(&home, 3);
    let ran = home.run(["jobs", "run", MAILBOX, "--json"]).exits(0).json();
    assert_eq!(
        (&ran["outcome"], &ran["pass"]["new"]),
        (&"done".into(), &3.into())
    );
    let unknown = home.run(["jobs", "run", "outbux"]).exits(2);
    assert!(unknown.out.is_empty(), "{unknown:?}");
    assert!(
        unknown.err.contains("Did you mean \"outbox\"?"),
        "{unknown:?}"
    );
    home.run(["jobs", "retry", "sinkhole"]).exits(2);
    let due = home.run(["jobs", "run", "--fail-on-empty"]).exits(0);
    assert!(due.out.starts_with("audit, events ran."), "{due:?}");
    let empty = home.run(["jobs", "run", "--fail-on-empty"]).exits(5);
    assert_eq!(empty.out, "Nothing was due.\n");
    home.run(["jobs", "run"]).exits(0);
    home.run(["jobs", "retry", "audit", "--fail-on-empty"])
        .exits(5);
    fs::remove_dir_all(home.inbox()).unwrap();
    let failed = home.run(["jobs", "run", MAILBOX]).exits(1);
    assert!(failed.out.is_empty(), "{failed:?}");
    assert!(failed.err.contains("mail:mail failed: "), "{failed:?}");
    assert_eq!(job(&home, MAILBOX)["tries"], 1);
}

#[test]
fn a_dead_job_is_shown_and_revived() {
    let home = Home::live();
    home.ok("sync");
    home.database()
        .execute_batch(
            "UPDATE job SET state = 'dead', tries = 4, due_at = NULL, error = 'the disk is full' WHERE name = 'audit'",
        )
        .unwrap();
    let listed = home.ok("jobs list");
    assert!(
        listed.contains("failed 4 times in a row: the disk is full"),
        "{listed}"
    );
    assert!(
        listed.contains("`caseyos jobs retry audit` revives it"),
        "{listed}"
    );
    home.ok("sync");
    assert_eq!(
        job(&home, "audit")["state"],
        "dead",
        "a pass leaves it alone"
    );
    let report = home.run(["doctor", "--offline", "--json"]).exits(3).json();
    let checks = report["checks"].as_array().unwrap();
    let jobs = checks.iter().find(|c| c["name"] == "jobs").unwrap();
    assert_eq!(jobs["health"], "warn", "{jobs}");
    assert!(
        jobs["found"]
            .as_str()
            .unwrap()
            .contains("audit (the disk is full)"),
        "{jobs}"
    );
    assert_eq!(jobs["fix"], "caseyos jobs retry audit");
    let done = home.json("jobs retry audit");
    assert_eq!(done["result"], "changed", "{done}");
    assert_eq!(job(&home, "audit")["state"], "waiting");
    home.ok("sync");
    assert_eq!(job(&home, "audit")["error"], "");
    let trail = home.json("audit list --event job.revived");
    assert_eq!(trail[0]["subject"], "job:audit");
    home.audit_holds();
}

#[test]
fn a_job_that_sends_goes_only_where_a_pass_would() {
    let home = approved();
    let later = home.at_later("2026-11-23T10:30:00Z");
    let inbox = home.inbox();
    let away = home.path().join("away");
    fs::rename(&inbox, &away).unwrap();
    let barred = later.run("jobs run outbox").exits(1);
    assert!(
        barred
            .err
            .contains("could not be read, so nothing was sent"),
        "{barred:?}"
    );
    assert!(home.outbox().is_empty());
    fs::rename(&away, &inbox).unwrap();
    home.deliver(
        "1795427900.a.example",
        letter(
            "Ann <ann@acme.example>",
            "Re: Prices",
            "Mon, 23 Nov 2026 10:10:00 +0000",
            "In-Reply-To: <x@ruiz.example>\r\n",
            "Please remove me from your list.",
        ),
    );
    // It is read first, and what lies in it counts.
    later.run("jobs run outbox").exits(0);
    assert!(home.outbox().is_empty());
    let home = approved();
    let sent = home
        .at_later("2026-11-23T10:30:00Z")
        .json("jobs run outbox");
    assert_eq!(sent["pass"]["sent"], 1, "{sent:#}");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn two_processes_share_the_jobs() {
    let home = Home::live();
    deliver(&home, 60);
    let children: Vec<_> = (0..4)
        .map(|_| {
            home.command(["jobs", "run", "--json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let (mut new, mut audits) = (0, 0);
    for child in children {
        let ran = child.wait_with_output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{ran:?}");
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        new += report["pass"]["new"].as_u64().unwrap();
        let ran = report["ran"].as_array().unwrap();
        audits += ran.iter().filter(|name| *name == "audit").count();
    }
    assert_eq!((new, audits), (60, 1));
}

#[test]
fn a_job_killed_in_the_middle_goes_on_where_it_was() {
    for place in ["before-commit#2", "after-commit#2"] {
        let home = Home::live();
        deliver(&home, 120);
        assert!(home.crashes_at(place, &format!("jobs run {MAILBOX}")));
        let stored = home.json("signals list --limit 1000");
        let before = stored.as_array().unwrap().len();
        assert!(before > 0 && before < 120, "{place}: {before}");
        let rest = home.json(&format!("jobs run {MAILBOX}"));
        assert_eq!(rest["pass"]["new"], 120 - before, "{place}");
        assert_eq!(rest["pass"]["seen"], 120 - before, "{place}");
        home.audit_holds();
    }
}

#[test]
fn a_clock_that_jumps_a_year_and_back_stops_no_job() {
    let home = Home::live();
    home.ok("sync");
    let ahead = home.at_later("2027-11-23T10:00:00Z");
    ahead.ok("sync");
    assert_eq!(job(&home, "audit")["last_run_at"], "2027-11-23T10:00:00Z");
    // A look by the clock that went back: the date a year ahead keeps nothing waiting.
    assert_eq!(job(&home, "audit")["next_due_at"], Value::Null);
    home.ok("sync");
    assert_eq!(job(&home, "audit")["last_run_at"], home.now);
    assert_eq!(job(&home, "audit")["next_due_at"], "2026-11-23T11:00:00Z");
    home.run(["jobs", "run", "--fail-on-empty"]).exits(5);
}

#[test]
fn writes_that_wait_for_hubspot_do_not_make_its_reading_fail() {
    let (double, _, _) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    portal.run("mode draft").exits(0);
    portal
        .run("hubspot task 'Call Ann' --contact ann@acme.example")
        .exits(4);
    portal.later(5);
    // As of a mail that is held, the outbox says why it waits.
    let held = portal.run("sync --json").exits(0).json();
    assert_eq!(held["problems"], serde_json::json!([]), "{held:#}");
    let waiting = portal.json("outbox");
    assert!(
        waiting[0]["because"].as_str().unwrap().contains("mode"),
        "{waiting:#}"
    );
    let sources = held["sources"].as_array().unwrap();
    let hubspot = sources.iter().find(|s| s["name"] == "hubspot").unwrap();
    assert_eq!(hubspot["outcome"], "read", "{held:#}");
    assert_eq!(portal.there().ids("tasks").len(), 0);
    portal.run("mode live").exits(0);
    // Asked for alone, it reads the portal first.
    let ran = portal.json("jobs run hubspot-writes");
    assert_eq!(ran["pass"]["sources"][0]["name"], "hubspot", "{ran:#}");
    assert_eq!(portal.there().ids("tasks").len(), 1);
}
