//! The feed of signals from the command line, and signals about nobody known that are given to somebody.

use serde_json::Value;

use crate::home::Home;

fn add(home: &Home, lines: &[&str]) {
    let path = home.path().join("signals.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    home.run(["signals", "add", "--file", &path.display().to_string()])
        .exits(0);
}

const MENTION: &str = r#"{"source":"x","kind":"x.mention","at":"2026-11-23T09:00:00Z","author":"@ann_ops","text":"anyone know an alternative to our planner?","relevance":0.9}"#;
const FORM: &str = r#"{"source":"form","kind":"form.submitted","at":"2026-11-23T08:00:00Z","email":"ben@kite.example","name":"Ben Kite","message":"Pricing?"}"#;

fn list(home: &Home, rest: &str) -> Vec<Value> {
    let line = format!("signals list --json {rest}");
    let ran = home.run(line.split_whitespace()).exits(0);
    ran.json().as_array().unwrap().clone()
}

#[test]
fn a_signal_about_nobody_is_given_to_somebody_and_taken_back() {
    let home = Home::init();
    add(&home, &[MENTION, FORM]);
    let unmatched = list(&home, "--unmatched");
    assert_eq!(unmatched.len(), 1);
    let id = unmatched[0]["id"].to_string();
    let first_move = &unmatched[0]["move_id"];
    let before = home.run(["today", "--json"]).json();

    let said = home.ok(&format!("signals match {id} ben@kite.example"));
    assert!(said.contains("Ben Kite"), "{said}");
    assert!(list(&home, "--unmatched").is_empty());
    let shown = home.run(["signals", "show", &id, "--json"]).json();
    assert_eq!(shown["contact"], "Ben Kite", "{shown}");
    let moves = shown["moves"].as_array().unwrap();
    assert!(moves.iter().any(|m| m["status"] == "open"), "{shown}");
    let own = moves.iter().find(|m| &m["id"] == first_move);
    assert_eq!(own.unwrap()["status"], "expired", "{shown}");

    home.run(["signals", "match", &id, "ben@kite.example"])
        .exits(2);

    home.run(["undo"]).exits(0);
    assert_eq!(list(&home, "--unmatched").len(), 1);
    let after = home.run(["today", "--json"]).json();
    let ids = |list: &Value| -> Vec<String> {
        let moves = list["moves"].as_array().unwrap();
        moves.iter().map(|m| m["id"].to_string()).collect()
    };
    assert_eq!(ids(&after), ids(&before));
    home.run(["audit", "verify"]).exits(0);

    // Undoing the undo gives it to him again.
    home.run(["undo", "--list", "--json"]).exits(0);
    let undone = home.run(["undo", "--list", "--json"]).json();
    let newest = undone[0]["id"].to_string();
    home.run(["undo", &newest]).exits(0);
    assert!(list(&home, "--unmatched").is_empty());
}

#[test]
fn a_contact_is_made_of_a_signal() {
    let home = Home::init();
    add(&home, &[MENTION]);
    let id = list(&home, "")[0]["id"].to_string();
    home.run([
        "signals",
        "match",
        &id,
        "--new",
        "--name",
        "Ann Ops",
        "--email",
        "not an address",
    ])
    .exits(2);
    home.run([
        "signals",
        "match",
        &id,
        "--new",
        "--name",
        "Ann Ops",
        "--email",
        "ann@ops.example",
    ])
    .exits(0);
    let card = home
        .run(["contacts", "show", "ann@ops.example", "--json"])
        .json();
    assert_eq!(card["name"], "Ann Ops");
    assert_eq!(list(&home, "ann@ops.example").len(), 1);
    home.run(["signals", "match", "99999", "--new", "--name", "X"])
        .exits(2);
    home.run(["signals", "match", &id]).exits(2);
    home.run(["signals", "show", "99999"]).exits(2);
}

#[test]
fn pages_of_the_feed_follow_one_another() {
    let home = Home::init();
    let lines: Vec<String> = (0..25)
        .map(|i| {
            format!(
                "{{\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-23T09:{:02}:00Z\",\"email\":\"p{i}@acme{i}.example\"}}",
                i / 2
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    add(&home, &lines);
    let whole: Vec<String> = list(&home, "--limit 100")
        .iter()
        .map(|s| s["id"].to_string())
        .collect();
    assert_eq!(whole.len(), 25);
    let mut paged = Vec::new();
    let mut rest = "--limit 7".to_owned();
    loop {
        let page = list(&home, &rest);
        let Some(last) = page.last() else { break };
        rest = format!("--limit 7 --before {}", last["id"]);
        paged.extend(page.iter().map(|s| s["id"].to_string()));
    }
    assert_eq!(paged, whole);
    assert!(list(&home, "--source x").is_empty());
    assert_eq!(
        list(&home, "--source form --kind form.submitted --limit 3").len(),
        3
    );
    home.run(["signals", "list", "--kind", "form.submited"])
        .exits(2);
}

fn lines(home: &Home, lines: &[&str], rest: &[&str]) -> crate::home::Ran {
    let line = ["signals", "add", "--file", "-", "--json"];
    home.run_with_input(
        line.into_iter().chain(rest.iter().copied()),
        lines.join("\n").as_bytes(),
    )
}

/// The amounts of the deals by their names; null where none is known.
fn amounts(home: &Home) -> Vec<(String, Value, String)> {
    let deals = home.run(["deals", "list", "--json"]).json();
    let text = |deal: &Value, key: &str| deal[key].as_str().unwrap().to_owned();
    let mut list: Vec<_> = deals
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (text(d, "name"), d["amount"].clone(), text(d, "currency")))
        .collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

#[test]
fn a_field_that_is_not_what_its_key_says_is_named() {
    let home = Home::init();
    let line = r#"{"source":"hubspot","kind":"hubspot.deal_created","at":"2026-11-23T09:00:00Z","email":"ann@acme.example","deal_id":"7","deal_name":"Kite","amount":"about five","is_won":"no","first_name":7,"own":{"x":1}}"#;
    lines(&home, &[line], &[]).exits(0);
    let shown = home.run(["signals", "show", "1", "--json"]).json();
    let fields: Vec<&str> = shown["unreadable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["is_won", "first_name", "amount"]);
    assert_eq!(shown["payload"]["own"]["x"], 1);
    assert_eq!(amounts(&home)[0].1, Value::Null);
    let text = home.ok("signals show 1");
    assert!(
        text.contains("not read: amount \"about five\" is not an amount"),
        "{text}"
    );
}
