//! Several processes at once: one effect each, no limit overrun, and nobody told that the database is busy.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use caseyos::env::monotonic;

use crate::home::{Home, Ran, form, letter, poll};

fn spawn(home: &Home, line: &str) -> Child {
    home.command(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for all; none may complain of the others.
#[track_caller]
fn finish(children: Vec<Child>) -> Vec<Ran> {
    let ended: Vec<Ran> = children
        .into_iter()
        .map(|c| c.wait_with_output().unwrap().into())
        .collect();
    for ran in &ended {
        let said = format!("{}{}", ran.out, ran.err).to_lowercase();
        for word in ["busy", "sqlite", "locked", "panicked", "internal error"] {
            assert!(!said.contains(word), "{word}: {ran:#?}");
        }
    }
    ended
}

fn with_people(count: usize) -> Home {
    let home = Home::live();
    home.contacts(&(0..count).fold("Email,First Name\n".to_owned(), |csv, i| {
        format!("{csv}p{i}@firm{i}.example,P{i}\n")
    }));
    home
}

fn with_forms(count: usize) -> Home {
    let home = with_people(count);
    let lines: Vec<String> = (0..count)
        .map(|i| {
            form(
                &format!("p{i}@firm{i}.example"),
                &format!("2026-11-23T09:{:02}:00Z", i % 60),
                "Prices?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    home
}

#[track_caller]
fn nothing_is_double(home: &Home) {
    let out = home.outbox();
    let ids: BTreeSet<&str> = out.iter().map(|m| m.message_id.as_str()).collect();
    assert_eq!(ids.len(), out.len(), "a message twice");
    let today = home.today();
    let about: BTreeSet<String> = today
        .iter()
        .map(|m| format!("{} {}", m["email"], m["action"]))
        .collect();
    assert_eq!(about.len(), today.len(), "a move twice: {today:#?}");
    home.audit_holds();
}

#[test]
fn four_passes_at_once_take_each_mail_in_once() {
    const MAILS: usize = 200;
    let home = with_people(100);
    for i in 0..MAILS {
        let n = i % 100;
        let date = format!("Mon, 23 Nov 2026 08:{:02}:{:02} +0000", i / 60, i % 60);
        home.deliver(
            &format!("{}.m.example", 1_795_400_000 + i),
            letter(
                &format!("p{n}@firm{n}.example"),
                "Pricing",
                &date,
                "In-Reply-To: <x@ruiz.example>\r\n",
                "Interested. Could you send prices?",
            ),
        );
    }
    let alone = home.copy();
    let ended = finish((0..4).map(|_| spawn(&home, "sync --json")).collect());
    let new: u64 = ended
        .iter()
        .map(|r| r.json()["new"].as_u64().unwrap())
        .sum();
    let outcomes: u64 = ended
        .iter()
        .map(|r| r.json()["outcomes"].as_u64().unwrap())
        .sum();
    assert!(ended.iter().all(|r| r.code == Some(0)), "{ended:#?}");
    alone.ok("sync");
    let one = alone.today();
    assert_eq!(home.today(), one);
    assert_eq!(home.outcomes(), alone.outcomes());
    assert_eq!(outcomes as usize, alone.outcomes().len());
    let stored = home
        .json("signals list --limit 1000")
        .as_array()
        .unwrap()
        .len();
    assert_eq!(
        (new as usize, stored),
        (
            stored,
            alone
                .json("signals list --limit 1000")
                .as_array()
                .unwrap()
                .len()
        )
    );
    let health = home.json("signals health");
    let mail = health
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"].as_str().unwrap().starts_with("mail:"))
        .unwrap();
    assert_eq!(mail["seen"], MAILS);
    nothing_is_double(&home);
}

#[test]
fn eight_approvals_of_one_move_send_one_mail() {
    let home = with_forms(1);
    let ended = finish((0..8).map(|_| spawn(&home, "approve 1 --json")).collect());
    assert_eq!(home.outbox().len(), 1);
    for ran in &ended {
        // Sent, or still in another's hands: never an error.
        assert!(matches!(ran.code, Some(0 | 4)), "{ran:#?}");
    }
    home.ok("sync");
    assert_eq!(home.outbox().len(), 1);
    assert_eq!(home.outcomes(), ["email_sent"]);
    assert_eq!(home.json("undo --list").as_array().unwrap().len(), 1);
    nothing_is_double(&home);
}

#[test]
fn approvals_beside_passes_lose_nothing() {
    let home = with_forms(8);
    for i in 0..60 {
        let date = format!("Mon, 23 Nov 2026 09:{:02}:30 +0000", i % 60);
        home.deliver(
            &format!("{}.m.example", 1_795_400_000 + i),
            letter(
                &format!("stranger{i}@else.example"),
                "Hello",
                &date,
                "",
                "Just saying.",
            ),
        );
    }
    let mut children: Vec<Child> = (0..2).map(|_| spawn(&home, "sync")).collect();
    children.extend((1..=4).map(|i| spawn(&home, &format!("approve {i}"))));
    children.push(spawn(&home, "today"));
    children.push(spawn(&home, "skip 7 --reason other"));
    let ended = finish(children);
    assert!(ended.iter().all(|r| r.code == Some(0)), "{ended:#?}");
    let to: BTreeSet<String> = home.outbox().into_iter().map(|m| m.to).collect();
    assert_eq!(
        to,
        (0..4).map(|i| format!("p{i}@firm{i}.example")).collect()
    );
    assert_eq!(home.outcomes(), ["email_sent"; 4]);
    nothing_is_double(&home);
}

#[test]
fn racing_approvals_stay_within_the_hour() {
    let home = with_forms(8);
    home.limits(
        "per_hour = 5\nper_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false",
    );
    let ended = finish(
        (1..=8)
            .map(|i| spawn(&home, &format!("approve {i} --json")))
            .collect(),
    );
    assert_eq!(home.outbox().len(), 5);
    assert_eq!(
        ended.iter().filter(|r| r.code == Some(0)).count(),
        5,
        "{ended:#?}"
    );
    for held in ended.iter().filter(|r| r.code != Some(0)) {
        assert_eq!(held.code, Some(4), "{held:#?}");
        assert_eq!(held.json()["clears_at"], "2026-11-23T11:00:00Z");
    }
    finish((0..3).map(|_| spawn(&home, "sync")).collect());
    assert_eq!(home.outbox().len(), 5, "nor does a pass overrun it");
    // An hour later the others go.
    let mut home = home;
    home.at("2026-11-23T11:00:01Z");
    finish((0..3).map(|_| spawn(&home, "sync")).collect());
    assert_eq!(home.outbox().len(), 8);
    nothing_is_double(&home);
}

#[test]
fn processes_that_recover_the_same_crash_send_one_mail() {
    for point in ["after-claim", "before-rename", "after-rename"] {
        let home = with_forms(1);
        assert!(home.crashes_at(point, "approve 1"));
        let lines = ["sync", "approve 1", "sync", "approve 1", "approve 1"];
        finish(lines.iter().map(|line| spawn(&home, line)).collect());
        home.ok("sync");
        assert_eq!(home.outbox().len(), 1, "{point}");
        assert_eq!(home.outcomes(), ["email_sent"], "{point}");
        assert_eq!(home.json("show 1")["status"], "done", "{point}");
        nothing_is_double(&home);
    }
}

#[test]
fn two_additions_of_the_same_file_make_it_once() {
    let home = Home::live();
    let lines: Vec<String> = (0..300)
        .map(|i| {
            form(
                &format!("n{i}@new{i}.example"),
                "2026-11-23T09:00:00Z",
                "Hi",
            )
        })
        .collect();
    let file = home.write("forms.jsonl", lines.join("\n"));
    let line = format!("signals add --file {} --json", file.display());
    let ended = finish((0..3).map(|_| spawn(&home, &line)).collect());
    let sum = |key: &str| {
        ended
            .iter()
            .map(|r| r.json()[key].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!((sum("new"), sum("known"), sum("contacts")), (300, 600, 300));
    assert_eq!(home.today().len(), 300);
}

#[test]
fn a_stop_by_one_process_holds_what_another_is_sending() {
    // On a busy machine all may have left before the stop gets its turn; then nothing was seen.
    assert!(
        (0..3).any(|_| stops_in_the_middle()),
        "no stop came in time"
    );
}

/// Stops in one process what another is sending; returns whether anything was left to stop.
fn stops_in_the_middle() -> bool {
    const MANY: usize = 300;
    let home = with_forms(MANY);
    home.undo_window(20);
    finish(
        (1..=4)
            .map(|i| spawn(&home, &format!("approve {i}")))
            .collect(),
    );
    for id in 5..=MANY {
        home.ok(&format!("approve {id}"));
    }
    assert!(home.outbox().is_empty());
    let mut home = home;
    home.at("2026-11-23T10:01:00Z");
    let sending = spawn(&home, "sync");
    poll(Duration::from_secs(20), "the first mail", || {
        !home.outbox().is_empty()
    });
    let begin = monotonic();
    home.ok("stop");
    let at_the_stop = home.outbox().len();
    assert!(
        monotonic() - begin < Duration::from_secs(1),
        "a stop takes {:?}",
        monotonic() - begin
    );
    finish(vec![sending]);
    let left = home.outbox().len();
    // One may have passed its last look at the switch when the stop was committed.
    assert!(
        left <= at_the_stop + 1,
        "{at_the_stop} had left at the stop, {left} in the end"
    );
    if left == MANY {
        return false;
    }
    assert_eq!(home.json("today")["waiting"], MANY - left);
    assert_eq!(home.outcomes().len(), left);
    home.run(["resume"]).exits(2);
    home.ok("resume --yes");
    home.ok("sync");
    assert_eq!(home.outbox().len(), MANY);
    nothing_is_double(&home);
    true
}

#[test]
fn a_stop_ends_another_process_s_wait_within_a_second() {
    let home = with_forms(1);
    home.undo_window(600);
    let mut waiting = spawn(&home, "approve 1 --wait");
    poll(Duration::from_secs(10), "the approval", || {
        home.json("today")["waiting"] == 1
    });
    home.ok("stop fire in the house");
    let begin = monotonic();
    poll(Duration::from_secs(10), "the end", || {
        waiting.try_wait().unwrap().is_some()
    });
    let took = monotonic() - begin;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let ran = finish(vec![waiting]).remove(0).exits(4);
    assert!(ran.out.contains("kill switch"), "{ran:?}");
    home.at_later("2026-11-23T10:30:00Z").ok("sync");
    assert!(home.outbox().is_empty(), "and nothing leaves afterwards");
}

#[test]
fn the_bookkeeping_of_timers_goes_on_while_everything_is_stopped() {
    let home = with_forms(1);
    home.ok("approve 1");
    home.ok("stop");
    let later = home.at_later("2026-11-28T10:00:00Z");
    later.ok("sync");
    assert_eq!(home.outcomes(), ["email_sent", "no_response"]);
    let today = later.json("today");
    assert!(
        today["moves"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["action"] == "thread_bump"),
        "{today:#}"
    );
    assert_eq!(home.outbox().len(), 1);
}
