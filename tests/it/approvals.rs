//! Rules of approval as the operator has them: in a file, in shadow and on, tested and replayed.

use serde_json::Value;

use crate::home::{Home, answer, form};

const EVERYTHING: &str = "[[rule]]\nname = \"everything\"\neffect = \"allow\"\nstate = \"on\"\nwhen = \"true\"\nconfidence = 0.5\nreason = \"All of it.\"\n";

/// Ann was mailed and answered; her answer waits for one.
fn answered() -> Home {
    let mut home = Home::live();
    home.contacts("Email,First Name,Company\nann@acme.example,Ann,Acme\n");
    home.signals(&[form("ann@acme.example", "2026-11-23T09:00:00Z", "Prices?")])
        .exits(0);
    let id = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("approve {id}"));
    home.at("2026-11-23T10:05:00Z").ok("sync");
    let sent = home.outbox().pop().unwrap();
    home.deliver(
        "reply",
        answer(
            &sent,
            "ann@acme.example",
            "Mon, 23 Nov 2026 10:10:00 +0000",
            "Sounds good, please send me the pricing.",
        ),
    );
    home.at("2026-11-23T10:20:00Z");
    home
}

fn rule(home: &Home, name: &str) -> Value {
    home.json("rules approval")["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["name"] == name)
        .unwrap()
        .clone()
}

fn events(home: &Home, event: &str) -> usize {
    home.json(&format!("audit list --limit 1000 --event {event}"))
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn nothing_is_approved_before_the_operator_turns_a_rule_on() {
    let mut home = answered();
    let report = home.json("sync");
    assert_eq!(report["approved_by_rules"], 0, "{report}");
    let shadow = rule(&home, "replied-before");
    assert_eq!(
        (shadow["state"].as_str(), shadow["hits"].as_i64()),
        (Some("shadow"), Some(1))
    );
    assert_eq!(shadow["shadow"]["undecided"], 1);
    assert_eq!(home.outbox().len(), 1);
    // No news, no rows.
    let rows = || -> i64 {
        home.database()
            .query_row("SELECT count(*) FROM approval_decision", [], |r| r.get(0))
            .unwrap()
    };
    let before = rows();
    for _ in 0..3 {
        home.ok("sync");
    }
    assert_eq!(rows(), before);
    // What the operator then does is what the shadow is measured by.
    let id = home.find_move("ann@acme.example", "reply");
    home.ok(&format!("approve {id}"));
    home.at("2026-11-23T10:25:00Z").ok("sync");
    assert_eq!(rule(&home, "replied-before")["shadow"]["agreed"], 1);
}

#[test]
fn a_rule_that_is_turned_on_approves_through_the_same_gate() {
    let mut home = answered();
    home.ok("rules set replied-before on");
    let text = std::fs::read_to_string(home.path().join("approval.toml")).unwrap();
    assert!(
        text.contains("state = \"on\"") && text.contains("# Rules of approval"),
        "{text}"
    );
    assert_eq!(events(&home, "approval_rule.set"), 1);
    let report = home.json("sync");
    assert_eq!(report["approved_by_rules"], 1, "{report}");
    home.at("2026-11-23T10:30:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 2);
    assert!(home.outbox().iter().all(|m| m.to == "ann@acme.example"));
    let given = home.json("audit list --event approval.given --actor rule:replied-before");
    assert_eq!(given.as_array().unwrap().len(), 1, "{given}");
    let allowed = home.json("audit list --event approval_rule.allowed");
    assert_eq!(allowed[0]["detail"]["confidence"], 0.95);
    assert_eq!(
        allowed[0]["detail"]["inputs_hash"].as_str().unwrap().len(),
        64
    );
    let overview = home.json("rules approval");
    assert_eq!(overview["share"]["by_rules"], 1);
    assert_eq!(overview["share"]["by_operator"], 1);
    assert_eq!(overview["share"]["share"], 0.5);
    home.audit_holds();
}

#[test]
fn no_rule_writes_to_somebody_who_refused() {
    let check = |body: &str| {
        let mut home = Home::live();
        home.contacts("Email,First Name,Company\nann@acme.example,Ann,Acme\n");
        home.signals(&[form("ann@acme.example", "2026-11-23T09:00:00Z", "Prices?")]);
        let id = home.find_move("ann@acme.example", "email_follow_up");
        home.ok(&format!("approve {id}"));
        home.at("2026-11-23T10:05:00Z").ok("sync");
        let sent = home.outbox().pop().unwrap();
        let writes = |home: &Home, name: &str, minute: u8, body: &str| {
            let date = format!("Mon, 23 Nov 2026 10:{minute}:00 +0000");
            home.deliver(name, answer(&sent, "ann@acme.example", &date, body));
        };
        home.write("approval.toml", EVERYTHING);
        writes(&home, "1", 10, body);
        home.at("2026-11-23T10:20:00Z");
        assert_eq!(home.json("sync")["approved_by_rules"], 0, "{body}");
        // Nor a later move that answers nothing.
        home.signals(&[
            "{\"source\":\"manual\",\"kind\":\"manual\",\"at\":\"2026-11-23T10:30:00Z\",\"email\":\"ann@acme.example\",\"action\":\"send_email\",\"title\":\"Ask again\"}".to_owned(),
        ])
        .exits(0);
        home.at("2026-11-24T10:20:00Z");
        assert_eq!(home.json("sync")["approved_by_rules"], 0, "{body}");
        assert_eq!(home.outbox().len(), 1, "{body}");
    };
    for body in [
        "Not interested. Do not reply.",
        "You have the wrong person.",
        "I have reported you for spam.",
        "hm, hm",
    ] {
        check(body);
    }
}

#[test]
fn what_the_operator_takes_back_no_rule_approves_again() {
    let mut home = answered();
    home.edit_config(|config| {
        config.replacen("window = \"09:00-17:00\"", "window = \"12:00-17:00\"", 1)
    });
    home.ok("rules set replied-before on");
    assert_eq!(home.json("sync")["approved_by_rules"], 1);
    home.ok("undo");
    home.at("2026-11-23T12:30:00Z").ok("sync");
    home.at("2026-11-23T12:40:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 1);
    let decider: String = home
        .database()
        .query_row(
            "SELECT decider FROM approval_decision ORDER BY id DESC LIMIT 1",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(decider, "approved_before");
}

#[test]
fn no_rule_lifts_what_the_program_refuses() {
    let mut home = answered();
    home.contacts("Email,First Name\nben@ben.example,Ben\n");
    home.signals(&[form("ben@ben.example", "2026-11-23T10:00:00Z", "Prices?")])
        .exits(0);
    home.write("approval.toml", EVERYTHING);
    home.ok("suppress add ann@acme.example");
    let report = home.json("sync");
    assert_eq!(report["approved_by_rules"], 0, "{report}");
    let deciders = |home: &Home| -> Vec<String> {
        let database = home.database();
        let mut statement = database
            .prepare("SELECT DISTINCT decider FROM approval_decision ORDER BY decider")
            .unwrap();
        let rows = statement.query_map([], |r| r.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(deciders(&home), ["stranger", "suppressed"]);
    // In so many words, and not while everything is stopped.
    home.write(
        "approval.toml",
        format!("{EVERYTHING}may_mail_strangers = true\n"),
    );
    home.ok("stop");
    assert_eq!(home.json("sync")["approved_by_rules"], 0);
    home.ok("resume");
    assert_eq!(home.json("sync")["approved_by_rules"], 1);
    home.at("2026-11-23T10:40:00Z").ok("sync");
    assert_eq!(
        home.outbox()
            .iter()
            .filter(|m| m.to == "ben@ben.example")
            .count(),
        1
    );
    assert_eq!(home.outbox().len(), 2);
}

#[test]
fn words_of_the_operators_own_wait_for_the_operator() {
    let home = answered();
    home.ok("sync");
    let id = home.find_move("ann@acme.example", "reply");
    home.run(["edit", &id.to_string(), "--body", "Half a thought"])
        .exits(0);
    home.write("approval.toml", EVERYTHING);
    assert_eq!(home.json("sync")["approved_by_rules"], 0);
    home.run(["edit", &id.to_string(), "--reset"]).exits(0);
    assert_eq!(home.json("sync")["approved_by_rules"], 1);
}

#[test]
fn a_mistake_in_the_file_stops_rules_and_nothing_else() {
    let home = answered();
    home.write(
        "approval.toml",
        EVERYTHING.replace("\"true\"", "\"contact.stgae == 'lead'\""),
    );
    let ran = home.run(["sync", "--json"]);
    let report = ran.json();
    assert_eq!(report["approved_by_rules"], 0);
    assert_eq!(report["new"], 1, "{report}");
    let problem = report["problems"][0].as_str().unwrap();
    assert!(
        problem.contains(
            "approval.toml:5: there is no variable contact.stgae; did you mean contact.stage?"
        ),
        "{problem}"
    );
    let check = home.run(["rules", "check"]).exits(2);
    assert!(check.out.contains("approval.toml:5:"), "{}", check.out);
    home.run(["rules", "approval"]).exits(2);
    home.run(["rules", "set", "everything", "off"]).exits(2);
    let other = home.write("other.toml", EVERYTHING);
    home.run(["rules".as_ref(), "check".as_ref(), other.as_os_str()])
        .exits(0);
}

#[test]
fn cases_are_tested_and_the_past_is_replayed() {
    let home = answered();
    home.ok("sync");
    let rules = home.ok("rules builtin --approval");
    let rules = home.write(
        "changed.toml",
        rules.replace("state = \"shadow\"", "state = \"on\""),
    );
    let cases = home.write(
        "cases.jsonl",
        "{\"name\":\"answered\",\"facts\":{\"history\":{\"replies\":1,\"days_since_reply\":90}},\"expect\":\"allow\",\"rule\":\"replied-before\"}\n\
         {\"facts\":{\"history\":{\"replies\":1,\"days_since_reply\":91}},\"expect\":\"operator\"}\n",
    );
    let test = |extra: &[&str]| {
        let mut args = vec![
            "rules",
            "test",
            rules.to_str().unwrap(),
            cases.to_str().unwrap(),
        ];
        args.extend(extra);
        home.run(args)
    };
    let told = test(&["--json"]).exits(0).json();
    assert_eq!(
        (told["passed"].as_i64(), told["failed"].as_i64()),
        (Some(2), Some(0))
    );
    std::fs::write(&cases, "{\"facts\":{},\"expect\":\"allow\"}\n").unwrap();
    let failed = test(&[]).exits(1);
    assert!(
        failed.out.contains("FAIL  line 1: operator"),
        "{}",
        failed.out
    );
    std::fs::write(
        &cases,
        "{\"facts\":{\"contact\":{\"nmae\":1}},\"expect\":\"allow\"}\n",
    )
    .unwrap();
    assert!(test(&[]).exits(2).err.contains("cases.jsonl:1:"));

    let replay = home.json(&format!(
        "rules replay --since 30d --file {}",
        rules.display()
    ));
    assert_eq!(replay["newly_allowed"], 1, "{replay}");
    assert_eq!(replay["rows"][0]["would"]["rule"], "replied-before");
    assert_eq!(replay["was"]["allow"], 0);
    assert_eq!(home.json("rules replay")["different"], 0);
    assert_eq!(home.json("rules replay --as-if-on")["newly_allowed"], 1);
    home.run([
        "rules",
        "replay",
        "--since",
        "2027-01-01",
        "--fail-on-empty",
    ])
    .exits(5);
    home.run(["rules", "replay", "--since", "ever"]).exits(2);
}

#[test]
fn names_that_are_none_are_refused_with_a_hint() {
    let home = answered();
    let ran = home.run(["rules", "set", "replied-befor", "on"]).exits(2);
    assert!(
        ran.err.contains("did you mean replied-before?"),
        "{}",
        ran.err
    );
    home.run(["rules", "set", "replied-before", "maybe"])
        .exits(2);
    assert!(!home.path().join("approval.toml").exists());
    assert!(home.ok("rules variables").contains("contact.icp_fit"));
}

#[test]
fn a_division_by_zero_allows_nothing() {
    let home = Home::live();
    home.contacts("Email,First Name,Company\nann@acme.example,Ann,Acme\n");
    home.signals(&[form("ann@acme.example", "2026-11-23T09:00:00Z", "Prices?")])
        .exits(0);
    for when in [
        "move.score / history.mails_sent > 5",
        "1 / 0 > 1",
        "0 / 0 != 1",
    ] {
        let rule = EVERYTHING.replace("when = \"true\"", &format!("when = \"{when}\""));
        home.write(
            "approval.toml",
            format!("{rule}may_mail_strangers = true\n"),
        );
        let report = home.json("sync");
        assert_eq!(report["approved_by_rules"], 0, "{when}: {report}");
    }
    assert_eq!(home.outbox().len(), 0);
}
