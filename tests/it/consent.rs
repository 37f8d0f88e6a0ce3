//! Wishes to be left alone: suppressed for those whom they speak for, asked about where they are not clear, and taken back.

use std::process::{Child, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::home::{Home, Ran, answer, form, letter};

const EVERYTHING: &str = "[[rule]]\nname = \"everything\"\neffect = \"allow\"\nstate = \"on\"\nwhen = \"true\"\nconfidence = 0.5\nreason = \"All of it.\"\nmay_mail_strangers = true\n";
const BOTH: &str =
    "I'm interested, please send the offer. But please remove me from your mailing list.";
const OPT_OUT: &str = "Please remove me from your mailing list.";
const DATE: &str = "Mon, 23 Nov 2026 10:20:00 +0000";

/// Ann of Acme was mailed. Mail to Bo of Acme waits; moves to mail Cy, of Acme with an address elsewhere, and Di of Kite are open.
fn acme() -> Home {
    static MODEL: OnceLock<Home> = OnceLock::new();
    MODEL.get_or_init(make_acme).copy()
}

fn make_acme() -> Home {
    let mut home = Home::live();
    home.contacts(
        "email,first name,last name,company,website\nann@acme.example,Ann,Acker,Acme,acme.example\nbo@acme.example,Bo,Berg,Acme,acme.example\n\
         cy.cole@gmail.com,Cy,Cole,Acme,acme.example\ndi@kite.example,Di,Dorn,Kite,kite.example\n",
    );
    let at = "2026-11-23T09:40:00Z";
    home.signals(&[form("ann@acme.example", at, "Price?")]);
    let ann = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("approve {ann}"));
    assert_eq!(home.outbox().len(), 1);
    home.signals(&[
        form("bo@acme.example", at, "Price?"),
        form("cy.cole@gmail.com", at, "Price?"),
        form("di@kite.example", at, "Price?"),
        form("ann@acme.example", "2026-11-23T10:00:00Z", "And the price?"),
    ]);
    home.undo_window(7200);
    let bo = home.find_move("bo@acme.example", "email_follow_up");
    home.ok(&format!("approve {bo}"));
    home.at("2026-11-23T10:30:00Z");
    home
}

/// Delivers Ann's answer to our mail and takes it in.
fn answers(home: &Home, body: &str) {
    let ours = home.outbox().remove(0);
    home.deliver("1", answer(&ours, "ann@acme.example", DATE, body));
    home.ok("sync");
}

fn suppressed(home: &Home) -> Vec<String> {
    let list = home.json("suppress list");
    let values = list.as_array().unwrap().iter();
    values
        .map(|one| one["value"].as_str().unwrap().to_owned())
        .collect()
}

fn moves_of(home: &Home, action: &str) -> Vec<Value> {
    let mut moves = home.today();
    moves.retain(|mv| mv["action"] == action);
    moves
}

/// The addresses that open moves would write to.
fn written_to(home: &Home) -> Vec<String> {
    let mut open: Vec<String> = moves_of(home, "email_follow_up")
        .iter()
        .chain(&moves_of(home, "reply"))
        .map(|mv| mv["email"].as_str().unwrap().to_owned())
        .collect();
    open.sort();
    open
}

/// The mail to Bo: its status, and why.
fn to_bo(home: &Home) -> (String, String) {
    let database = home.database();
    let mut statement = database
        .prepare(
            "SELECT status, error FROM execution WHERE to_key = 'bo@acme.example' ORDER BY id DESC",
        )
        .unwrap();
    statement
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

fn question(home: &Home) -> String {
    let asked = moves_of(home, "confirm_opt_out");
    assert_eq!(asked.len(), 1, "{asked:#?}");
    asked[0]["id"].to_string()
}

/// Tells whether an opt-out counts as what came of our mail.
fn counts_as_opt_out(home: &Home) -> bool {
    let list = home.json("outcome list");
    let outcomes = list.as_array().unwrap();
    outcomes
        .iter()
        .any(|one| one["kind"] == "email_unsubscribed" && one["undone_at"].is_null())
}

/// The newest entry of the undo list that stands and says so.
fn entry(home: &Home, words: &str) -> String {
    let list = home.json("undo list");
    let found = list.as_array().unwrap().iter().find(|entry| {
        entry["undone_at"].is_null() && entry["summary"].as_str().unwrap().contains(words)
    });
    found.unwrap_or_else(|| panic!("{list:#}"))["id"].to_string()
}

#[test]
fn an_opt_out_suppresses_those_whom_it_speaks_for_and_nobody_else() {
    let check = |body: &str, names: &[&str], left: &[&str], is_bo_ended: bool, whom: &str| {
        let home = acme();
        answers(&home, body);
        assert_eq!(suppressed(&home), names, "{body}");
        assert_eq!(written_to(&home), left, "{body}");
        let (status, error) = to_bo(&home);
        let expect = if is_bo_ended { "cancelled" } else { "queued" };
        assert_eq!(status, expect, "{body}: {error}");
        let reason = format!("they asked not to be written to{whom}");
        if is_bo_ended {
            assert_eq!(error, reason, "{body}");
        }
        let notes = moves_of(&home, "note_opt_out");
        assert_eq!(notes.len(), 1, "{body}: {notes:#?}");
        let because = notes[0]["because"].as_str().unwrap();
        let lifts = entry(&home, "Suppressed");
        for part in [
            "from your mailing list",
            &reason[1..],
            &format!("`caseyos undo {lifts}` lifts it"),
        ] {
            assert!(because.contains(part), "{body}: {part}: {because}");
        }
        // Read, it is ticked off.
        home.ok(&format!("done {}", notes[0]["id"]));
        home.audit_holds();
    };
    let (ann, bo, cy, di) = (
        "ann@acme.example",
        "bo@acme.example",
        "cy.cole@gmail.com",
        "di@kite.example",
    );
    check(OPT_OUT, &[ann], &[cy, di], false, "");
    check(
        "Please unsubscribe everyone at our company from your mailing list.",
        &["acme.example", ann, bo, cy, "firm:Acme"],
        &[di],
        true,
        ", for everybody at acme.example",
    );
    check(
        "Please unsubscribe bo@acme.example from your mailing list.",
        &[bo],
        &[ann, cy, di],
        true,
        ", at bo@acme.example",
    );
    check(
        "Please unsubscribe *@acme.example from your mailing list.",
        &["acme.example", ann],
        &[cy, di],
        true,
        ", for everybody at acme.example",
    );
}

#[test]
fn nobody_opts_out_for_others() {
    let check = |scope: Value, names: &[&str], foreign: &str| {
        let home = acme();
        let mut line = serde_json::json!({"source": "mail", "kind": "mail.opted_out", "at": "2026-11-23T10:20:00Z", "email": "ann@acme.example", "text": "Stop.", "opt_out": "yes"});
        line.as_object_mut()
            .unwrap()
            .extend(scope.as_object().unwrap().clone());
        home.signals(&[line.to_string()]).exits(0);
        assert_eq!(suppressed(&home), names, "{scope}");
        let notes = moves_of(&home, "note_opt_out");
        let because = notes[0]["because"].as_str().unwrap();
        let said = format!("They also named {foreign}, not theirs");
        assert_eq!(because.contains(&said), !foreign.is_empty(), "{because}");
    };
    let (ann, bo) = ("ann@acme.example", "bo@acme.example");
    let domain =
        |name: &str| serde_json::json!({"opt_out_scope": "domain", "opt_out_domain": name});
    let addresses = |names: &[&str]| serde_json::json!({"opt_out_scope": "addresses", "opt_out_addresses": names});
    check(domain("kite.example"), &[ann], "kite.example");
    check(domain("gmail.com"), &[ann], "gmail.com");
    check(domain("example"), &[ann], "example");
    check(domain("mail.acme.example"), &[ann, "mail.acme.example"], "");
    check(domain("ACME.example."), &["acme.example", ann], "");
    check(
        addresses(&[bo, "di@kite.example"]),
        &[bo],
        "di@kite.example",
    );
    check(
        addresses(&["cy.cole@gmail.com"]),
        &[ann],
        "cy.cole@gmail.com",
    );
    check(
        addresses(&["Ann+x@Acme.example"]),
        &["Ann+x@Acme.example"],
        "",
    );
    check(serde_json::json!({"opt_out_scope": "planet"}), &[ann], "");
}

#[test]
fn an_opt_out_by_mail_is_lifted_only_by_name() {
    let home = acme();
    answers(
        &home,
        "Please unsubscribe everyone at our company from your mailing list.",
    );
    let id = entry(&home, "Suppressed everybody at acme.example");
    // What the operator did last is another thing.
    let undone = home.run(["undo"]);
    assert!(!undone.out.contains("Suppressed"), "{undone:?}");
    assert_eq!(suppressed(&home).len(), 5);
    let undone = home.ok(&format!("undo {id}"));
    assert!(undone.contains("Suppressed"), "{undone}");
    assert!(suppressed(&home).is_empty());
    assert_eq!(
        written_to(&home),
        [
            "ann@acme.example",
            "bo@acme.example",
            "cy.cole@gmail.com",
            "di@kite.example"
        ],
        "their moves are back, and the mail to Bo waits for a new approval"
    );
    assert!(moves_of(&home, "note_opt_out").is_empty());
    assert_eq!(to_bo(&home).0, "cancelled");
    assert!(!counts_as_opt_out(&home));
    // Taken back once more, it is in force again.
    home.ok(&format!("undo {}", entry(&home, "Undone: Suppressed")));
    assert_eq!(suppressed(&home).len(), 5);
    assert_eq!(written_to(&home), ["di@kite.example"]);
    assert!(counts_as_opt_out(&home));
    home.audit_holds();
}

#[test]
fn a_doubt_holds_all_mail_until_it_is_answered() {
    let mut home = acme();
    home.write("approval.toml", EVERYTHING);
    answers(
        &home,
        "Please unsubscribe everyone at our company from your mailing list. I'm interested, please send the offer.",
    );
    assert!(suppressed(&home).is_empty());
    let id = question(&home);
    let first = format!("they may have asked not to be written to; answer move {id} first");
    let detail = home.json(&format!("show {id}"));
    let because = detail["because"].as_str().unwrap();
    for part in [
        "unsubscribe everyone at our company",
        "for everybody at acme.example",
        "consent yes",
    ] {
        assert!(because.contains(part), "{part}: {because}");
    }
    assert!(moves_of(&home, "reply").is_empty(), "no reply unasked");
    // No rule approved anything of theirs; Di's went its way.
    let check = |address: &str| {
        let mv = home.find_move(address, "email_follow_up");
        let ran = home.run(["approve", &mv.to_string(), "--json"]).exits(4);
        assert!(ran.out.contains(&first), "{address}: {}", ran.out);
        assert!(home.ok(&format!("why {address}")).contains(&first));
    };
    check("cy.cole@gmail.com");
    // What waits is kept, beyond the end of its undo window too.
    home.at("2026-11-23T12:30:00Z").ok("sync");
    let (status, why) = to_bo(&home);
    assert_eq!(status, "queued", "{why}");
    assert!(why.contains(&first), "{why}");
    assert!(home.ok("outbox").contains(&first));
    let before = home
        .outbox()
        .iter()
        .filter(|m| m.to != "di@kite.example")
        .count();
    assert_eq!(before, 1);
    // Nobody closes the question in passing.
    for line in [
        format!("done {id}"),
        format!("skip {id}"),
        format!("approve {id}"),
    ] {
        let ran = home.run(line.split(' ')).exits(2);
        assert!(
            ran.err.contains(&format!("consent yes {id}")),
            "{}",
            ran.err
        );
    }
    // Weeks later it still stands.
    home.at("2027-01-25T10:00:00Z").ok("sync");
    assert_eq!(question(&home), id);
    home.audit_holds();
}

#[test]
fn they_did_not_opt_out() {
    let mut home = acme();
    answers(&home, BOTH);
    let id = question(&home);
    let said = home.ok(&format!("consent no {id}"));
    assert!(said.contains("did not opt out"), "{said}");
    let again = home.run(["consent", "no", &id, "--fail-on-empty"]).exits(5);
    assert!(again.out.contains("answered already"), "{}", again.out);
    let reply = home.find_move("ann@acme.example", "reply");
    let shown = home.json(&format!("show {reply}"));
    let verdicts = shown["verdicts"].as_array().unwrap();
    let suppression = verdicts.iter().find(|v| v["guard"] == "suppression");
    assert_eq!(suppression.unwrap()["passed"], true);
    assert!(moves_of(&home, "confirm_opt_out").is_empty());
    // Undone, it is asked again.
    home.ok("undo");
    assert_eq!(question(&home), id);
    assert!(moves_of(&home, "reply").is_empty());
    home.ok(&format!("consent no {id}"));
    let reply = home.find_move("ann@acme.example", "reply");
    home.undo_window(0);
    home.ok(&format!("approve {reply}"));
    home.at("2026-11-23T12:30:00Z").ok("sync");
    assert_eq!(to_bo(&home).0, "sent", "others are written to as before");
    home.audit_holds();
}

#[test]
fn they_opted_out_after_all() {
    let check = |option: &str, names: &[&str]| {
        let home = acme();
        answers(&home, BOTH);
        let id = question(&home);
        let said = home.ok(&format!("consent yes {id}{option}"));
        assert!(said.contains("Suppressed"), "{option}: {said}");
        assert_eq!(suppressed(&home), names, "{option}");
        assert!(moves_of(&home, "confirm_opt_out").is_empty());
        assert!(moves_of(&home, "reply").is_empty());
        let is_bo = names.len() > 1;
        let status = if is_bo { "cancelled" } else { "queued" };
        assert_eq!(to_bo(&home).0, status, "{option}");
        assert!(counts_as_opt_out(&home));
        home.ok("undo");
        assert!(suppressed(&home).is_empty(), "{option}");
        assert_eq!(question(&home), id, "{option}");
        assert!(!counts_as_opt_out(&home));
        home.audit_holds();
    };
    check("", &["ann@acme.example"]);
    check(" --scope me", &["ann@acme.example"]);
    check(
        " --scope firm",
        &[
            "acme.example",
            "ann@acme.example",
            "bo@acme.example",
            "cy.cole@gmail.com",
            "firm:Acme",
        ],
    );
    check(" --scope domain", &["acme.example", "ann@acme.example"]);
}

#[test]
fn an_opt_out_answers_the_question_that_stands() {
    let home = acme();
    answers(&home, BOTH);
    let id = question(&home);
    let ours = home.outbox().remove(0);
    let date = "Mon, 23 Nov 2026 10:25:00 +0000";
    home.deliver("2", answer(&ours, "ann@acme.example", date, OPT_OUT));
    home.ok("sync");
    assert_eq!(suppressed(&home), ["ann@acme.example"]);
    assert!(moves_of(&home, "confirm_opt_out").is_empty());
    let closed = home.json(&format!("show {id}"));
    assert_eq!(closed["close_reason"], "they opted out");
    home.ok(&format!("undo {}", entry(&home, "Suppressed")));
    assert_eq!(question(&home), id, "lifted, it is a question again");
    // Mail to somebody else was never touched.
    assert_eq!(to_bo(&home).0, "queued");
}

#[test]
fn a_demand_is_a_duty_with_a_date_and_no_sales_reply() {
    let check = |body: &str, title: &str, due: &str| {
        let home = acme();
        answers(&home, body);
        assert_eq!(suppressed(&home), ["ann@acme.example"], "{body}");
        let duties = moves_of(&home, "answer_demand");
        assert_eq!(duties.len(), 1, "{body}: {duties:#?}");
        assert_eq!(duties[0]["title"], title, "{body}");
        assert_eq!(duties[0]["due_at"], due, "{body}");
        let because = duties[0]["because"].as_str().unwrap();
        assert!(because.contains("caseyos "), "{because}");
        let shown = home.json(&format!("show {}", duties[0]["id"]));
        assert_eq!(
            (&shown["means"], &shown["draft"]),
            (&"by_hand".into(), &Value::Null)
        );
        assert!(moves_of(&home, "reply").is_empty(), "{body}");
        assert!(moves_of(&home, "note_opt_out").is_empty(), "{body}");
        // Lifted, the duty stays.
        home.ok(&format!("undo {}", entry(&home, "Suppressed")));
        assert!(suppressed(&home).is_empty());
        assert_eq!(moves_of(&home, "answer_demand").len(), 1);
    };
    check(
        "Under Art. 17 GDPR I demand that you erase all my personal data and stop writing to me.",
        "Answer the erasure request from Ann Acker",
        "2026-12-23T10:20:00Z",
    );
    check(
        "Under the CCPA I ask you to delete my personal information and stop emailing me.",
        "Answer the erasure request from Ann Acker",
        "2027-01-07T10:20:00Z",
    );
    check(
        "I object under Art. 21 GDPR to the use of my personal data for advertising. Stop emailing me.",
        "Answer the objection from Ann Acker",
        "2026-12-23T10:20:00Z",
    );
}

#[test]
fn a_skip_that_says_do_not_contact_suppresses() {
    let check = |args: &[&str], names: &[&str]| {
        let home = acme();
        let id = home
            .find_move("cy.cole@gmail.com", "email_follow_up")
            .to_string();
        let said = home.run(["skip", &id].iter().chain(args)).exits(0).out;
        assert_eq!(suppressed(&home), names, "{args:?}: {said}");
        let status = if names.len() > 1 {
            "cancelled"
        } else {
            "queued"
        };
        assert_eq!(to_bo(&home).0, status, "{args:?}");
        home.ok("undo");
        assert!(suppressed(&home).is_empty(), "{args:?}");
        assert!(
            written_to(&home).contains(&"cy.cole@gmail.com".to_owned()),
            "{args:?}"
        );
        home.audit_holds();
    };
    let cy = "cy.cole@gmail.com";
    let firm: &[&str] = &[
        "acme.example",
        "ann@acme.example",
        "bo@acme.example",
        cy,
        "firm:Acme",
    ];
    check(&["--reason", "do not contact"], &[cy]);
    check(
        &["--reason", "Do not contact: they asked to be left alone"],
        &[cy],
    );
    check(&["--reason", "do not contact", "--suppress", "firm"], firm);
    check(&["--reason", "they called", "--suppress", "me"], &[cy]);
    check(&["--reason", "not relevant"], &[]);
}

fn spawn(home: &Home, line: &str) -> Child {
    home.command(line.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

#[test]
fn two_processes_take_an_opt_out_in_once_and_answer_a_question_once() {
    let home = acme();
    let ours = home.outbox().remove(0);
    home.deliver("1", answer(&ours, "ann@acme.example", DATE, OPT_OUT));
    let both = [spawn(&home, "sync"), spawn(&home, "sync")];
    for ran in both.map(ended) {
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
    }
    assert_eq!(suppressed(&home), ["ann@acme.example"]);
    assert_eq!(moves_of(&home, "note_opt_out").len(), 1);
    let list = home.json("undo list");
    let entries = list.as_array().unwrap().iter();
    let noted = entries.filter(|e| e["summary"].as_str().unwrap().contains("Suppressed"));
    assert_eq!(noted.count(), 1, "{list:#}");

    let home = acme();
    answers(&home, BOTH);
    let id = question(&home);
    let yes = spawn(&home, &format!("consent yes {id}"));
    let no = spawn(&home, &format!("consent no {id}"));
    let (yes, no) = (ended(yes).exits(0), ended(no).exits(0));
    let is_yes = yes.out.contains("Suppressed");
    assert_ne!(is_yes, no.out.contains("did not opt out"), "{yes:?} {no:?}");
    assert_eq!(suppressed(&home).len(), usize::from(is_yes));
    assert_eq!(moves_of(&home, "reply").len(), usize::from(!is_yes));
    home.audit_holds();
}

#[test]
fn a_kill_in_between_leaves_all_of_it_or_nothing() {
    for point in ["before-commit", "after-commit"] {
        for pass in 1..100 {
            let home = acme();
            let ours = home.outbox().remove(0);
            let body = "Please unsubscribe everyone at our company from your mailing list.";
            home.deliver("1", answer(&ours, "ann@acme.example", DATE, body));
            let place = format!("{point}#{pass}");
            let has_died = home.crashes_at(&place, "sync");
            let half = suppressed(&home).len();
            assert!(matches!(half, 0 | 5), "{place}: {half}");
            assert_eq!(to_bo(&home).0 == "cancelled", half == 5, "{place}");
            home.ok("sync");
            assert_eq!(suppressed(&home).len(), 5, "{place}");
            assert_eq!(to_bo(&home).0, "cancelled", "{place}");
            assert_eq!(moves_of(&home, "note_opt_out").len(), 1, "{place}");
            home.audit_holds();
            if !has_died {
                break;
            }
        }
    }
}

#[test]
fn a_stranger_is_no_exception() {
    // Somebody who is not known yet, by an unsubscribe link.
    let home = Home::live();
    home.deliver(
        "1",
        letter("eve@moth.example", "unsubscribe", DATE, "", "unsubscribe"),
    );
    home.at_later("2026-11-23T10:30:00Z").ok("sync");
    let later = home.at_later("2026-11-23T10:31:00Z");
    assert_eq!(later.json("suppress list")[0]["value"], "eve@moth.example");
    // So is who is told of by another tool.
    let line = serde_json::json!({"source": "mail", "kind": "mail.opted_out", "at": "2026-11-23T09:00:00Z", "email": "fay@moth.example", "text": "Stop."});
    home.signals(&[line.to_string()]).exits(0);
    let list = home.json("suppress list");
    assert_eq!(list[1]["value"], "fay@moth.example", "{list:#}");
}

/// A provider's report that somebody marked our mail as spam.
fn spam_report(home: &Home, fields: &str, id: &str) -> String {
    let subject = &home.outbox()[0].subject;
    format!(
        "Return-Path: <fbl@provider.example>\r\nFrom: <fbl@provider.example>\r\nTo: casey@ruiz.example\r\nSubject: FW: {subject}\r\nDate: {DATE}\r\n\
         Message-ID: <r1@provider.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nThis is a spam report.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n{fields}\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: casey@ruiz.example\r\nTo: x@x.example\r\nSubject: {subject}\r\nMessage-ID: {id}\r\n\r\nHi\r\n--b--\r\n"
    )
}

#[test]
fn a_spam_report_suppresses_who_complained_and_never_the_provider() {
    let check = |fields: &str, is_ours: bool, names: &[&str]| {
        let home = acme();
        let ours = home.outbox()[0].message_id.clone();
        let id = if is_ours {
            ours.as_str()
        } else {
            "<other@x.example>"
        };
        home.deliver("1", spam_report(&home, fields, id));
        home.ok("sync");
        assert_eq!(suppressed(&home), names, "{fields} {is_ours}");
        let list = home.ok("contacts list");
        assert!(!list.contains("provider.example"), "{list}");
    };
    let ann = "Original-Rcpt-To: <ann@acme.example>\r\n";
    check(ann, true, &["ann@acme.example"]);
    check(ann, false, &["ann@acme.example"]);
    check("", true, &["ann@acme.example"]);
    check("", false, &[]);
    // A contact to whom nothing was sent, and a stranger.
    check("Original-Rcpt-To: <di@kite.example>\r\n", true, &[]);
    check("Original-Rcpt-To: <eve@else.example>\r\n", true, &[]);
}

#[test]
fn a_wish_in_a_form_is_heard() {
    let told = |facts: Value| {
        let home = acme();
        let mut signal = serde_json::json!({"source": "form", "kind": "form.submitted", "at": "2026-11-23T10:10:00Z", "email": "di@kite.example"});
        let fields = signal.as_object_mut().unwrap();
        fields.extend(facts.as_object().unwrap().clone());
        home.signals(&[signal.to_string()]).exits(0);
        (suppressed(&home), moves_of(&home, "confirm_opt_out").len())
    };
    let check = |facts: Value, names: &[&str], asked: usize| {
        let (suppressed, questions) = told(facts.clone());
        assert_eq!(suppressed, names, "{facts}");
        assert_eq!(questions, asked, "{facts}");
    };
    let di = &["di@kite.example"];
    let leave = "Please remove me from your list and never email me again.";
    for key in ["message", "text", "body", "comments"] {
        check(serde_json::json!({key: leave}), di, 0);
    }
    check(
        serde_json::json!({"fields": [{"name": "message", "value": leave}]}),
        di,
        0,
    );
    check(serde_json::json!({"message": "ไม่สนใจ ขอบคุณ"}), &[], 1);
    check(
        serde_json::json!({"message": "What does it cost for ten people?"}),
        &[],
        0,
    );
    check(serde_json::json!({"subscribed": false}), &[], 1);
    check(serde_json::json!({"sms_opt_out": true}), &[], 0);
    check(serde_json::json!({"bounce_type": "hard"}), di, 0);
    check(serde_json::json!({"demand": "erasure"}), di, 0);
    check(
        serde_json::json!({"opt_out": true, "opt_out_scope": "firm"}),
        &["di@kite.example", "firm:Kite", "kite.example"],
        0,
    );
}

#[test]
fn a_wish_for_a_firm_of_which_the_sender_is_not_is_a_question() {
    let home = acme();
    let ours = home.outbox().remove(0);
    let text = "Remove everybody at Acme from your list.";
    home.deliver("1", answer(&ours, "max@else.example", DATE, text));
    home.ok("sync");
    assert!(suppressed(&home).is_empty(), "{:?}", suppressed(&home));
    question(&home);
    let home = acme();
    home.deliver("1", answer(&ours, "max@acme.example", DATE, text));
    home.ok("sync");
    assert!(suppressed(&home).contains(&"acme.example".to_owned()));
}

#[test]
fn a_wish_in_an_automatic_reply_is_a_question() {
    let check = |text: &str, asked: usize| {
        let home = acme();
        let ours = home.outbox().remove(0);
        let reply = answer(&ours, "ann@acme.example", DATE, text).replacen(
            "MIME-Version",
            "Auto-Submitted: auto-replied\r\nMIME-Version",
            1,
        );
        home.deliver("1", reply);
        home.ok("sync");
        assert!(suppressed(&home).is_empty(), "{text}");
        assert_eq!(moves_of(&home, "confirm_opt_out").len(), asked, "{text}");
    };
    check("I am away. PS: remove me from your list.", 1);
    check(
        "I am out of office until Monday. For urgent matters write to bob@acme.example.",
        0,
    );
}
