//! The audit trail from outside: tampered with by hand, exported, and cut off.

use std::process::Command;

use serde_json::Value;

use crate::home::{Home, form};

/// An installation that did something worth an entry.
fn busy() -> Home {
    let home = Home::live();
    let people = ["ann", "ben", "cid", "dan"];
    home.contacts(
        &people
            .iter()
            .fold("Email,First Name\n".to_owned(), |csv, p| {
                format!("{csv}{p}@{p}.example,{p}\n")
            }),
    );
    let lines: Vec<String> = people
        .iter()
        .map(|p| {
            form(
                &format!("{p}@{p}.example"),
                "2026-11-23T09:00:00Z",
                "Prices?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    for (name, act) in [
        ("ann", "approve {}"),
        ("ben", "skip {} --reason later"),
        ("cid", "snooze {} tomorrow"),
    ] {
        let id = home.find_move(&format!("{name}@{name}.example"), "email_follow_up");
        home.ok(&act.replace("{}", &id.to_string()));
    }
    let dan = home.find_move("dan@dan.example", "email_follow_up");
    home.run([
        "edit",
        &dan.to_string(),
        "--subject",
        "Prices",
        "--body",
        "Here they are.",
    ])
    .exits(0);
    home.run(["edit", &dan.to_string(), "--reset"]).exits(0);
    home.ok("stop test");
    home.ok("resume");
    home
}

fn last(home: &Home) -> i64 {
    home.json("audit list --limit 1")[0]["seq"]
        .as_i64()
        .unwrap()
}

/// Tampers with the database behind the program's back.
fn tamper(home: &Home, sql: &str) {
    home.database()
        .execute_batch(&format!(
            "DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete; DROP TRIGGER audit_is_append_only_insert; {sql}"
        ))
        .unwrap();
}

#[test]
fn whatever_was_done_has_an_entry() {
    let home = busy();
    let events: Vec<String> = home
        .json("audit list --limit 1000")
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].as_str().unwrap().to_owned())
        .collect();
    for event in [
        "contacts.imported",
        "signals.added",
        "approval.given",
        "execution.sent",
        "move.skipped",
        "move.snoozed",
        "draft.edited",
        "draft.reset",
        "kill_switch.stopped",
        "kill_switch.resumed",
        "mode.set",
    ] {
        assert!(events.iter().any(|e| e == event), "{event}: {events:?}");
    }
}

#[test]
fn a_tampered_entry_is_found_and_named() {
    let home = busy();
    home.audit_holds();
    let n = last(&home);
    let check = |sql: &str, at: i64, expect: &str| {
        let home = home.copy();
        tamper(&home, sql);
        let ran = home.run(["audit", "verify"]).exits(1);
        assert!(
            ran.err.contains(&format!("broken at entry {at}:")) && ran.err.contains(expect),
            "{sql}: {}",
            ran.err
        );
        let json = home.run(["audit", "verify", "--json"]).exits(1).json();
        assert_eq!(
            (json["intact"].as_bool(), json["broken_at"].as_i64()),
            (Some(false), Some(at))
        );
    };
    check("UPDATE audit SET detail = '{}' WHERE seq = 4", 4, "changed");
    check(
        "UPDATE audit SET actor = 'nobody' WHERE seq = 4",
        4,
        "changed",
    );
    check(
        "DELETE FROM audit WHERE seq = 4",
        4,
        "this entry was removed",
    );
    check(
        "DELETE FROM audit WHERE seq BETWEEN 4 AND 6",
        4,
        "entries 4 to 6 were removed",
    );
    check(
        "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4",
        4,
        "it was number 5",
    );
    check(
        "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = -1",
        4,
        "it was number 5",
    );
    check("DELETE FROM audit WHERE seq < 4", 3, "removed");
    check(
        &format!("DELETE FROM audit WHERE seq = {n}"),
        n,
        "this entry, the last, was removed",
    );
    check(
        &format!("DELETE FROM audit WHERE seq > {}", n - 3),
        n - 2,
        "at the end were removed",
    );
    check("DELETE FROM audit", 1, "were removed");
    check(
        "DELETE FROM audit; DELETE FROM meta WHERE key = 'audit_head'",
        1,
        "the whole trail was removed",
    );
    check(
        "DELETE FROM audit; DELETE FROM meta WHERE key = 'audit_head'; PRAGMA foreign_keys = OFF; DELETE FROM execution",
        1,
        "the whole trail was removed",
    );
    check(
        &format!(
            "INSERT INTO audit SELECT {n} + 1, at, actor, event, subject, detail, hash, zeroblob(32) FROM audit WHERE seq = {n}"
        ),
        n + 1,
        "",
    );
    check(
        "UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE seq = 4",
        4,
        "changed",
    );
}

#[test]
fn the_database_itself_refuses_to_change_the_trail() {
    let home = busy();
    for sql in [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 1",
    ] {
        let error = home.database().execute_batch(sql).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    home.audit_holds();
}

#[test]
fn entries_are_filtered_and_shown_in_full() {
    let home = busy();
    let list = |line: &str| home.json(line).as_array().unwrap().clone();
    let sent = list("audit list --event execution");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(list("audit list --event execution.sent").len(), 1);
    assert_eq!(list("audit list --event exec").len(), 0);
    let subject = sent[0]["subject"].as_str().unwrap().to_owned();
    assert!(
        list(&format!("audit list {subject}"))
            .iter()
            .all(|e| e["subject"] == subject.as_str())
    );
    assert_eq!(
        list(&format!("audit list --subject {subject}")),
        list(&format!("audit list {subject}"))
    );
    assert_eq!(list("audit list --since 2027-01-01").len(), 0);
    home.run(["audit", "list", "--since", "2027-01-01", "--fail-on-empty"])
        .exits(5);
    home.run(["audit", "list", "--since", "someday"]).exits(2);
    assert!(list("audit list --actor operator --since 1d").len() > 5);
    let shown = home.json(&format!("audit show {}", sent[0]["seq"]));
    assert_eq!(shown["hash"].as_str().unwrap().len(), 64);
    assert_eq!(shown["detail"], sent[0]["detail"]);
    home.run(["audit", "show", "9999"]).exits(2);
}

#[test]
fn an_export_is_checked_without_the_database() {
    let home = busy();
    let path = home.path().join("trail.jsonl");
    let path = path.to_str().unwrap();
    home.ok(&format!("audit export --output {path}"));
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(home.ok("audit export"), text);
    home.ok(&format!("audit verify {path}"));
    let lines: Vec<&str> = text.lines().collect();
    let check = |changed: Vec<String>, at: i64, expect: &str| {
        let file = home.write("changed.jsonl", changed.join("\n"));
        let ran = home
            .run(["audit".as_ref(), "verify".as_ref(), file.as_os_str()])
            .exits(1);
        assert!(
            ran.err.contains(&format!("entry {at}:")) && ran.err.contains(expect),
            "{}",
            ran.err
        );
    };
    let owned = || lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let mut edited = owned();
    edited[3] = edited[3].replace("operator", "somebody");
    check(edited, 4, "changed");
    let mut removed = owned();
    removed.remove(3);
    check(removed, 4, "removed");
    let mut swapped = owned();
    swapped.swap(3, 4);
    check(swapped, 4, "removed");
    let end = lines.len() as i64 - 1;
    let mut cut = owned();
    cut.remove(lines.len() - 2);
    check(cut, end, "at the end were removed");
    let mut endless = owned();
    endless.pop();
    check(endless, end + 1, "the end of the export is missing");
    home.write("no.jsonl", "{\"a\":1}\n");
    home.run([
        "audit".as_ref(),
        "verify".as_ref(),
        home.path().join("no.jsonl").as_os_str(),
    ])
    .exits(2);
}

/// The program of `docs/safety.md`, as an outsider would copy it.
#[test]
fn the_documented_program_finds_what_was_changed() {
    let docs = include_str!("../../docs/safety.md");
    let program = docs
        .split("```python\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert!(program.lines().count() <= 20, "{program}");
    let home = busy();
    let program = home.write("verify.py", program);
    let check = |text: &str| {
        let export = home.write("export.jsonl", text);
        Command::new("python3").arg(&program).arg(export).output()
    };
    let text = home.ok("audit export");
    // Where there is no Python there is nothing to try.
    let Ok(whole) = check(&text) else { return };
    assert!(whole.status.success(), "{whole:?}");
    for changed in [
        text.replacen("approval.given", "approval.taken", 1),
        text.lines()
            .enumerate()
            .filter(|(i, _)| *i != 3)
            .map(|(_, l)| format!("{l}\n"))
            .collect(),
        text.lines()
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .map(|l| format!("{l}\n"))
            .collect(),
    ] {
        assert!(!check(&changed).unwrap().status.success());
    }
}

#[test]
fn what_is_older_than_it_is_kept_is_cut_off_and_the_chain_holds() {
    let mut home = busy();
    home.edit_config(|config| format!("{config}\n[audit]\nkeep_days = 30\n"));
    let before = last(&home);
    home.at("2027-01-20T10:00:00Z").ok("sync");
    let check: Value = home.json("audit verify");
    assert!(check["first"].as_i64().unwrap() > before, "{check}");
    let pruned = home.json("audit list --event audit.pruned");
    assert_eq!(pruned[0]["detail"]["through"], before);
    assert_eq!(pruned[0]["detail"]["count"], before);
    home.ok("sync");
    assert_eq!(
        home.json("audit list --event audit.pruned")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // The record of it is part of the chain: without it the cut is a hole.
    let first = check["first"].as_i64().unwrap();
    tamper(&home, &format!("DELETE FROM audit WHERE seq = {first}"));
    home.run(["audit", "verify"]).exits(1);
}

#[test]
fn a_hundred_thousand_entries_are_checked_fast() {
    let home = Home::live();
    let database = home.database();
    // The same recipe as the program's, so that the chain holds.
    let mut last: (i64, Vec<u8>) = database
        .query_row(
            "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .unwrap();
    let transaction = database.unchecked_transaction().unwrap();
    for n in 0..100_000_i64 {
        let link = caseyos::domain::audit::Link {
            seq: last.0 + 1,
            at: 1_795_000_000_000 + n,
            actor: "operator",
            event: "test",
            subject: "move:1",
            detail: "{}",
            previous: &last.1,
            hash: &[],
        };
        let hash = link.hash_as(link.seq).to_vec();
        transaction
            .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .unwrap()
            .execute((
                link.seq,
                link.at,
                link.actor,
                link.event,
                link.subject,
                link.detail,
                link.previous,
                &hash,
            ))
            .unwrap();
        last = (last.0 + 1, hash);
    }
    let head = format!("{}:{}", last.0, caseyos::domain::audit::hex(&last.1));
    transaction
        .execute(
            "UPDATE meta SET value = ?1 WHERE key = 'audit_head'",
            [head],
        )
        .unwrap();
    transaction.commit().unwrap();
    let begin = caseyos::env::monotonic();
    let check = home.json("audit verify");
    let took = caseyos::env::monotonic() - begin;
    assert_eq!(check["last"], last.0);
    // Unoptimised and on a busy machine; a release takes a tenth of it.
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
}
