//! The tables held against the audit trail, and the trail against its seals: whatever is changed by hand is found and named.

use std::path::Path;

use crate::home::{Home, Ran, form};

/// An installation with one mail sent, one approved and waiting, and suppressions of several sources.
fn busy() -> Home {
    let home = Home::live();
    home.contacts(
        "Email,First Name,Opted Out\nann@a.example,Ann,\nben@b.example,Ben,\ncid@c.example,Cid,true\ndan@d.example,Dan,\n",
    );
    let lines: Vec<String> = ["ann@a.example", "ben@b.example", "dan@d.example"]
        .iter()
        .map(|who| form(who, "2026-11-23T09:00:00Z", "Prices?"))
        .collect();
    home.signals(&lines).exits(0);
    approve(&home, "ann@a.example");
    home.undo_window(600);
    approve(&home, "ben@b.example");
    home.ok("suppress add eve@e.example");
    home.ok("suppress add fay@f.example");
    home.ok("suppress remove fay@f.example");
    home
}

fn approve(home: &Home, who: &str) {
    let id = home.find_move(who, "email_follow_up");
    home.ok(&format!("approve {id}"));
}

fn execution_to(home: &Home, who: &str) -> i64 {
    home.database()
        .query_row("SELECT id FROM execution WHERE to_key = ?1", [who], |row| {
            row.get(0)
        })
        .unwrap()
}

fn change(home: &Home, sql: &str) {
    home.database().execute_batch(sql).unwrap();
}

fn against(home: &Home, seals: &Path) -> Ran {
    home.run([
        "audit".as_ref(),
        "verify".as_ref(),
        "--against".as_ref(),
        seals.as_os_str(),
    ])
}

#[test]
fn every_difference_between_the_tables_and_the_trail_is_named() {
    let home = busy();
    let said = home.ok("audit verify --deep");
    assert!(
        said.contains("The tables say the same: 2 executions, 2 suppressions."),
        "{said}"
    );
    let (ann, ben) = (
        execution_to(&home, "ann@a.example"),
        execution_to(&home, "ben@b.example"),
    );
    let check = |sql: &str, expect: &str| {
        let home = home.copy();
        change(&home, &format!("PRAGMA foreign_keys = OFF; {sql}"));
        home.ok("audit verify");
        let ran = home.run(["audit", "verify", "--deep"]).exits(1);
        assert!(ran.out.contains(expect), "{sql}: {}", ran.out);
        assert!(
            ran.err.contains("1 record is not as the audit trail says"),
            "{}",
            ran.err
        );
        let json = home
            .run(["audit", "verify", "--deep", "--json"])
            .exits(1)
            .json();
        assert_eq!(json["intact"], true);
        assert_eq!(json["tables"]["found"], 1, "{json}");
        let doctor = home.run(["doctor", "--offline"]).exits(1);
        assert!(
            doctor.out.contains("fix: caseyos audit verify --deep"),
            "{}",
            doctor.out
        );
        assert!(
            json["tables"]["findings"][0]["fault"]
                .as_str()
                .unwrap()
                .contains(expect)
        );
    };
    check(
        &format!("DELETE FROM execution WHERE id = {ann}"),
        &format!("Execution {ann} is gone"),
    );
    check(
        &format!("UPDATE execution SET status = 'cancelled' WHERE id = {ann}"),
        &format!("Execution {ann} is cancelled"),
    );
    check(
        &format!(
            "UPDATE execution SET approval_expires_at = approval_expires_at + 864000000 WHERE id = {ben}"
        ),
        &format!("The approval of execution {ben} was changed: it ends 2026-12-04T10:00:00Z"),
    );
    check(
        &format!("UPDATE execution SET approved_by = 'rule:x' WHERE id = {ben}"),
        "it is by rule:x",
    );
    check(
        &format!("UPDATE execution SET mode = 'draft' WHERE id = {ben}"),
        "another content or mode",
    );
    check(
        "DELETE FROM suppression WHERE key = 'eve@e.example'",
        "eve@e.example is not suppressed any more",
    );
    check(
        "DELETE FROM suppression WHERE key = 'cid@c.example'",
        "cid@c.example is not suppressed any more (opted_out)",
    );
    check(
        "INSERT INTO suppression SELECT 'fay@f.example', cause, 'fay@f.example', kind, reason, source, created_at FROM suppression WHERE key = 'eve@e.example'",
        "says that this was lifted",
    );
    check(
        "INSERT INTO suppression SELECT 'gus@g.example', cause, 'gus@g.example', kind, reason, source, created_at FROM suppression WHERE key = 'eve@e.example'",
        "gus@g.example is suppressed (operator) and no entry tells of it",
    );
    check(
        "UPDATE suppression SET kind = 'domain' WHERE key = 'eve@e.example'",
        "of another kind than what it names",
    );
    home.ok("pause --for 3d");
    check(
        "UPDATE hold SET ended_at = since WHERE kind = 'pause'",
        "The pause that began 2026-11-23T10:00:00Z was changed",
    );
    check("DELETE FROM hold", "is gone, and entry");
    check(
        "INSERT INTO meta VALUES ('audit_prune_to', '3')",
        "`audit_prune_to` in the table `meta` was set",
    );
}

#[test]
fn an_approval_that_was_changed_by_hand_lets_nothing_out() {
    let home = busy();
    let ben = execution_to(&home, "ben@b.example");
    let sent = home.outbox().len();
    let check = |sql: &str, expect: &str| {
        let mut home = home.copy();
        change(&home, sql);
        home.at("2026-11-26T10:00:00Z");
        home.run(["sync"]);
        let outbox = home.ok("audit list --event execution.cancelled --json");
        assert_eq!(home.outbox().len(), sent, "{outbox}");
        assert!(outbox.contains(expect), "{outbox}");
    };
    // Three days on; without the change it had expired.
    check(
        &format!(
            "UPDATE execution SET approval_expires_at = approval_expires_at + 864000000 WHERE id = {ben}"
        ),
        "its approval was changed",
    );
    check(
        "UPDATE execution SET approved_at = approved_at",
        "the approval has expired",
    );
    let withdrawn = home.copy();
    withdrawn.ok(&format!("outbox drop {ben}"));
    change(
        &withdrawn,
        &format!(
            "UPDATE execution SET status = 'queued', ended = '' WHERE id = {ben}; UPDATE move SET status = 'approved' WHERE id = (SELECT move_id FROM execution WHERE id = {ben})"
        ),
    );
    withdrawn.at_later("2026-11-23T11:00:00Z").run("sync");
    assert_eq!(withdrawn.outbox().len(), sent);
    let released = home.at_later("2026-11-23T11:00:00Z");
    released.ok("sync");
    assert_eq!(home.outbox().len(), sent + 1, "untouched it leaves");
}

#[test]
fn nothing_beside_the_trail_lets_its_beginning_be_deleted() {
    let home = busy();
    let refused = home
        .database()
        .execute_batch(
            "INSERT INTO meta VALUES ('audit_prune_to', '3'); DELETE FROM audit WHERE seq <= 3",
        )
        .unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
}

#[test]
fn what_a_legal_cut_took_along_is_no_finding() {
    let mut home = busy();
    home.edit_config(|config| format!("{config}\n[audit]\nkeep_days = 30\n"));
    home.at("2027-01-20T10:00:00Z").ok("sync");
    let json = home.json("audit verify --deep");
    assert!(json["first"].as_i64().unwrap() > 1, "{json}");
    assert_eq!(json["tables"]["found"], 0, "{json}");
    home.ok("suppress remove eve@e.example");
    home.ok("audit verify --deep");
}

#[test]
fn seals_tell_of_a_cut_an_older_database_and_a_chain_that_was_made_anew() {
    let home = busy();
    let folder = tempfile::tempdir().unwrap();
    let seals = folder.path().join("seals.jsonl");
    let seal = |home: &Home| {
        home.run(["audit".as_ref(), "seal".as_ref(), seals.as_os_str()])
            .exits(0)
    };
    seal(&home);
    let older = home.copy();
    home.ok("suppress add gus@g.example");
    home.ok("mode draft");
    home.ok("mode live");
    let said = seal(&home).out;
    assert!(said.contains("Sealed in"), "{said}");
    assert_eq!(std::fs::read_to_string(&seals).unwrap().lines().count(), 2);
    let held = against(&home, &seals).exits(0).out;
    assert!(held.contains("2 of 2 seals compared"), "{held}");
    // The same line is what standard output gets.
    assert_eq!(
        home.ok("audit seal").trim(),
        std::fs::read_to_string(&seals)
            .unwrap()
            .lines()
            .last()
            .unwrap()
    );

    let put_back = against(&older, &seals).exits(1);
    assert!(
        put_back.err.contains("An older database was put back"),
        "{}",
        put_back.err
    );
    older
        .at_later("2026-11-24T10:00:00Z")
        .ok("suppress add hal@h.example");
    for mode in ["draft", "live", "draft"] {
        older
            .at_later("2026-11-24T10:00:00Z")
            .ok(&format!("mode {mode}"));
    }
    let went_on = against(&older, &seals).exits(1);
    assert!(
        went_on.err.contains("went on from there"),
        "{}",
        went_on.err
    );
    home.run(["audit".as_ref(), "seal".as_ref(), seals.as_os_str()])
        .exits(0);
    older
        .run(["audit".as_ref(), "seal".as_ref(), seals.as_os_str()])
        .exits(1);

    // The end cut off as well as it can be done by hand: with what is remembered of it.
    let cut = home.copy();
    change(
        &cut,
        "DROP TRIGGER audit_is_append_only_delete; DELETE FROM audit WHERE seq > (SELECT max(seq) - 3 FROM audit);
         UPDATE meta SET value = (SELECT seq || ':' || lower(hex(hash)) FROM audit ORDER BY seq DESC LIMIT 1) WHERE key = 'audit_head'",
    );
    cut.ok("audit verify");
    let told = against(&cut, &seals).exits(1);
    assert!(
        told.err.contains("The end of the trail was cut off"),
        "{}",
        told.err
    );
    assert!(
        told.out.contains("gus@g.example is suppressed"),
        "{}",
        told.out
    );

    let rewritten = home.copy();
    rewrite(&rewritten);
    rewritten.ok("audit verify");
    let told = against(&rewritten, &seals).exits(1);
    assert!(told.err.contains("The chain was rewritten"), "{}", told.err);
    let json = rewritten
        .run([
            "audit".as_ref(),
            "verify".as_ref(),
            "--json".as_ref(),
            "--against".as_ref(),
            seals.as_os_str(),
        ])
        .exits(1)
        .json();
    assert_eq!(json["seals"]["judgement"], "rewritten", "{json}");
}

/// Changes the actor of the third entry and makes every hash from there on anew.
fn rewrite(home: &Home) {
    let database = home.database();
    database
        .execute_batch("DROP TRIGGER audit_is_append_only_update")
        .unwrap();
    type Row = (i64, i64, String, String, String, String);
    let rows: Vec<Row> = database
        .prepare("SELECT seq, at, actor, event, subject, detail FROM audit ORDER BY seq")
        .unwrap()
        .query_map([], |r| {
            Ok((
                r.get(0)?,
                r.get(1)?,
                r.get(2)?,
                r.get(3)?,
                r.get(4)?,
                r.get(5)?,
            ))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut previous: Vec<u8> = Vec::new();
    for (seq, at, actor, event, subject, detail) in rows {
        let actor = if seq == 3 { "nobody".to_owned() } else { actor };
        let link = caseyos::domain::audit::Link {
            seq,
            at,
            actor: &actor,
            event: &event,
            subject: &subject,
            detail: &detail,
            previous: &previous,
            hash: &[],
        };
        let hash = link.hash_as(seq).to_vec();
        database
            .execute(
                "UPDATE audit SET actor = ?2, previous = ?3, hash = ?4 WHERE seq = ?1",
                (seq, &actor, &previous, &hash),
            )
            .unwrap();
        previous = hash;
    }
    change(
        home,
        "UPDATE meta SET value = (SELECT seq || ':' || lower(hex(hash)) FROM audit ORDER BY seq DESC LIMIT 1) WHERE key = 'audit_head'",
    );
}

#[test]
fn a_file_that_holds_no_seals_of_this_trail_is_refused_and_left_alone() {
    let home = busy();
    let seal = home.ok("audit seal");
    let check = |text: &str, expect: &str| {
        let file = home.write("seals.jsonl", text);
        let ran = against(&home, &file).exits(2);
        assert!(ran.err.contains(expect), "{text}: {}", ran.err);
        home.run(["audit".as_ref(), "seal".as_ref(), file.as_os_str()])
            .exits(2);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    };
    check("Dear Ann,\n", "line 1 is no seal");
    check(
        &seal.replace("\"last\":", "\"last\":1"),
        "line 1 was changed",
    );
    check(&seal[..40], "line 1 is no seal");
    let foreign =
        caseyos::domain::seal::Seal::new("0123", "2026-11-23T10:00:00Z".parse().unwrap(), 0, "");
    check(
        &(serde_json::to_string(&foreign).unwrap() + "\n"),
        "another installation",
    );
    assert!(
        against(&home, home.path())
            .exits(2)
            .err
            .contains("directory")
    );
    assert!(
        against(&home, Path::new("/dev/zero"))
            .exits(2)
            .err
            .contains("device")
    );
    assert!(
        against(&home, &home.path().join("none"))
            .exits(2)
            .err
            .contains("cannot be read")
    );
}

#[test]
fn seals_older_than_what_is_kept_say_nothing() {
    let mut home = busy();
    let seals = home.path().join("seals.jsonl");
    home.run(["audit".as_ref(), "seal".as_ref(), seals.as_os_str()])
        .exits(0);
    home.edit_config(|config| format!("{config}\n[audit]\nkeep_days = 30\n"));
    home.at("2027-01-20T10:00:00Z").ok("sync");
    let ran = against(&home, &seals).exits(3);
    assert!(
        ran.out.contains("Nothing can be said by the seals"),
        "{}",
        ran.out
    );
}

/// Deletes the last entries, as somebody with the file in hand can.
fn cut_off(home: &Home, entries: u32) {
    change(
        home,
        &format!(
            "DROP TRIGGER IF EXISTS audit_is_append_only_delete; DELETE FROM audit WHERE seq > (SELECT max(seq) - {entries} FROM audit);"
        ),
    );
}

#[test]
fn an_end_that_was_cut_off_stays_a_finding_until_it_is_accepted() {
    let home = busy();
    assert!(
        home.ok("audit accept --because x")
            .contains("nothing to accept")
    );
    cut_off(&home, 2);
    let found = home.run(["audit", "verify"]).exits(1).err;
    assert!(found.contains("at the end were removed"), "{found}");
    assert!(found.contains("audit accept --because"), "{found}");
    for line in ["mode draft", "mode live", "suppress add hal@h.example"] {
        home.ok(line);
        let still = home.run(["audit", "verify"]).exits(1).err;
        assert!(still.contains("at the end were removed"), "{line}: {still}");
    }
    let noted = home.json("audit list --event audit.broken");
    assert_eq!(noted.as_array().unwrap().len(), 1, "{noted}");
    let json = home.run(["audit", "verify", "--json"]).exits(1).json();
    assert_eq!(json["may_be_accepted"], true, "{json}");
    home.run(["audit", "seal"]).exits(1);
    home.run(["audit", "accept", "--because", ""]).exits(2);
    let doctor = home.run(["doctor", "--offline"]).exits(1).out;
    assert!(doctor.contains("it is broken at entry"), "{doctor}");
    let said = home
        .run(["audit", "accept", "--because", "a disk failed"])
        .exits(0)
        .out;
    assert!(said.contains("taken as it stands"), "{said}");
    home.ok("audit verify");
    home.ok("audit seal");
    let why = home.json("audit list --event audit.accepted");
    assert_eq!(why[0]["detail"]["because"], "a disk failed", "{why}");
    // Another cut is another finding.
    cut_off(&home, 1);
    home.ok("mode draft");
    home.run(["audit", "verify"]).exits(1);
}

#[test]
fn a_trail_that_was_removed_whole_is_not_begun_anew_without_a_word() {
    let home = busy();
    change(
        &home,
        "DROP TRIGGER audit_is_append_only_delete; DELETE FROM audit; DELETE FROM meta WHERE key = 'audit_head';",
    );
    home.ok("mode draft");
    let found = home.run(["audit", "verify"]).exits(1).err;
    assert!(found.contains("the whole trail was removed"), "{found}");
}

#[test]
fn an_entry_with_the_highest_number_is_an_error_and_no_panic() {
    let home = busy();
    change(
        &home,
        "INSERT INTO audit SELECT 9223372036854775807, at, actor, event, subject, detail, previous, zeroblob(32) FROM audit WHERE seq = 1",
    );
    let ran = home.run(["mode", "draft"]).exits(1);
    assert!(ran.err.contains("highest number"), "{}", ran.err);
    home.run(["audit", "verify"]).exits(1);
}

#[test]
fn a_message_that_was_turned_to_somebody_else_never_leaves() {
    let home = busy();
    let ben = execution_to(&home, "ben@b.example");
    let ann = execution_to(&home, "ann@a.example");
    let sent = home.outbox().len();
    let check = |sql: &str| {
        let home = home.copy();
        change(&home, sql);
        let later = home.at_later("2026-11-23T11:00:00Z");
        let why = later.ok(&format!("why execution:{ben}"));
        assert!(why.contains("changed"), "{sql}: {why}");
        let ran = later.run("sync");
        assert!(
            ran.err.contains("was changed since, and not by CaseyOS"),
            "{sql}: {} {}",
            ran.out,
            ran.err
        );
        assert_eq!(home.outbox().len(), sent, "{sql}");
        let item = later.ok(&format!("outbox show {ben}"));
        assert!(item.contains("it was not sent"), "{sql}: {item}");
        let again = later.ok("why ben@b.example");
        assert!(again.contains("it was not sent"), "{sql}: {again}");
    };
    check(&format!(
        "UPDATE execution SET to_key = 'eve@e.example' WHERE id = {ben}"
    ));
    check(&format!(
        "UPDATE execution SET contact_id = (SELECT contact_id FROM execution WHERE id = {ann}) WHERE id = {ben}"
    ));
    check(&format!(
        "UPDATE execution SET send_class = CASE send_class WHEN 'reply' THEN 'first_touch' ELSE 'reply' END WHERE id = {ben}"
    ));
    check(&format!(
        "UPDATE execution SET content = replace(content, 'ben@b.example', 'eve@e.example') WHERE id = {ben}"
    ));
    // Of what was sent, the deep check tells.
    for (sql, expect) in [
        (
            format!("UPDATE execution SET to_key = 'eve@e.example' WHERE id = {ann}"),
            "it goes to somebody else",
        ),
        (
            format!("UPDATE execution SET contact_id = NULL WHERE id = {ann}"),
            "it goes to somebody else",
        ),
        (
            format!(
                "UPDATE execution SET content = replace(content, 'ann@a.example', 'eve@e.example') WHERE id = {ann}"
            ),
            "The content of execution",
        ),
    ] {
        let home = home.copy();
        change(&home, &sql);
        let deep = home.run(["audit", "verify", "--deep"]).exits(1);
        assert!(deep.out.contains(expect), "{sql}: {}", deep.out);
    }
}
