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

fn reasons(report: &Value) -> Vec<String> {
    let rejected = report["rejected"].as_array().unwrap();
    rejected
        .iter()
        .map(|r| format!("{}: {}", r["line"], r["reason"].as_str().unwrap()))
        .collect()
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

fn deal(name: &str, amount: &str, currency: &str) -> String {
    serde_json::json!({"source": "hubspot", "kind": "hubspot.deal_created", "at": "2026-11-23T08:30:00Z", "email": "ann@acme.example",
        "deal_id": name, "deal_name": name, "amount": amount, "currency": currency, "stage": "qualifiedtobuy"})
    .to_string()
}

const BUDGET: &str = r#"{"source":"form","kind":"form.submitted","at":"2026-11-23T09:00:00Z","email":"ann@acme.example","name":"Ann Lee","amount":"64.000"}"#;

#[test]
fn a_form_with_an_amount_of_two_readings_waits_for_the_operator() {
    let home = Home::init();
    let report = lines(&home, &[FORM, BUDGET], &[]).exits(3).json();
    assert_eq!(
        reasons(&report),
        ["2: amount \"64.000\" may be 64 or 64,000: say --decimal comma or --decimal point"]
    );
    assert_eq!((&report["new"], &report["decided"]), (&1.into(), &0.into()));
    assert_eq!(list(&home, "").len(), 1);

    let report = lines(&home, &[FORM, BUDGET], &["--decimal", "comma"])
        .exits(0)
        .json();
    assert_eq!((&report["new"], &report["known"]), (&1.into(), &1.into()));
    assert_eq!(report["decided"], 1);
    let stored = &list(&home, "ann@acme.example")[0];
    assert_eq!(stored["payload"]["amount"], "64.000");
    assert_eq!(stored["payload"]["decimal"], "comma");

    // It is the same event, with or without the mark, and in a database from before marks were kept.
    let again = || lines(&home, &[BUDGET], &[]).exits(0).json()["known"].clone();
    assert_eq!(again(), 1);
    home.database()
        .execute(
            "UPDATE signal SET payload = '{\"amount\":\"64.000\",\"name\":\"Ann Lee\"}' WHERE id = ?1",
            [stored["id"].as_i64().unwrap()],
        )
        .unwrap();
    assert_eq!(again(), 1);
    let id = stored["id"].to_string();
    let shown = home.run(["signals", "show", &id, "--json"]).json();
    assert_eq!(
        shown["unreadable"],
        serde_json::json!([{"field": "amount", "reason": "amount \"64.000\" may be 64 or 64,000"}])
    );
    home.run(["signals", "add", "--file", "x.jsonl", "--decimal", "dot"])
        .exits(2);
}

#[test]
fn an_imported_column_of_amounts_is_read_by_its_habit() {
    let home = Home::init();
    let rows = [
        deal("a", "1.234,56", ""),
        deal("b", "64.000", ""),
        deal("c", "12k", ""),
        deal("d", "", ""),
        deal("e", "\u{20ac} 1\u{a0}234,50", ""),
        deal("f", "5000.-", "CHF"),
        deal("g", "tbd", ""),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let report = lines(&home, &rows, &[]).exits(3).json();
    // "5000.-" is written with a point, so the column has no habit of its own.
    assert_eq!(reasons(&report).len(), 1);
    assert!(reasons(&report)[0].starts_with("2: amount \"64.000\" may be 64 or 64,000"));

    let report = lines(&home, &rows[..2], &[]).exits(0).json();
    assert_eq!(report["decided"], 1);
    let expect = [
        ("a", 1234.56.into(), ""),
        ("b", 64_000.0.into(), ""),
        ("c", 12_000.0.into(), ""),
        ("d", Value::Null, ""),
        ("e", 1234.5.into(), "EUR"),
        ("f", 5000.0.into(), "CHF"),
        ("g", Value::Null, ""),
    ]
    .map(|(name, amount, currency)| (name.to_owned(), amount, currency.to_owned()));
    assert_eq!(amounts(&home), expect);
}

#[test]
fn the_currency_of_a_deal_decides_where_it_can() {
    let home = Home::init();
    let rows = [
        deal("a", "64.000", "EUR"),
        deal("b", "64,000", "EUR"),
        deal("c", "64,000", "USD"),
        deal("d", "64,50", "USD"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    for row in &rows[..1] {
        lines(&home, &[*row], &[]).exits(0);
    }
    lines(&home, &rows[1..2], &[]).exits(3);
    lines(&home, &rows[2..3], &[]).exits(0);
    lines(&home, &rows[3..], &[]).exits(0);
    let expect = [
        ("a", 64_000.0, "EUR"),
        ("c", 64_000.0, "USD"),
        ("d", 64.5, "USD"),
    ]
    .map(|(name, amount, currency)| (name.to_owned(), Value::from(amount), currency.to_owned()));
    assert_eq!(amounts(&home), expect);
}

#[test]
fn a_typed_amount_is_read_or_refused() {
    let home = Home::init();
    let add = |name: &str, rest: &[&str]| {
        let line = ["deals", "add", name, "--contact", "ann@acme.example"];
        home.run(line.into_iter().chain(rest.iter().copied()))
    };
    for (rest, why) in [
        (&["--amount", "64.000"][..], "may be 64 or 64,000"),
        (&["--amount", "1e5"], "is not an amount"),
        (&["--amount", "NaN"], "is not an amount"),
        (&["--amount=-5"], "is below zero"),
        (
            &["--amount", "$5,000", "--currency", "EUR"],
            "names another currency than EUR",
        ),
        (&["--amount", "5", "--decimal", "dot"], "comma, point"),
    ] {
        let ran = add("x", rest).exits(2);
        assert!(ran.err.contains(why), "{rest:?}: {}", ran.err);
    }
    assert_eq!(amounts(&home), []);
    add("a", &["--amount", "64000"]).exits(0);
    add("b", &["--amount", "64,50"]).exits(0);
    add("c", &["--amount", "64.000", "--decimal", "comma"]).exits(0);
    add("d", &["--amount", "$5,000"]).exits(0);
    add("e", &["--amount", "64.000", "--currency", "EUR"]).exits(0);
    add("f", &["--amount", ""]).exits(0);
    let expect = [
        ("a", 64_000.0.into(), ""),
        ("b", 64.5.into(), ""),
        ("c", 64_000.0.into(), ""),
        ("d", 5000.0.into(), "USD"),
        ("e", 64_000.0.into(), "EUR"),
        ("f", Value::Null, ""),
    ]
    .map(|(name, amount, currency)| (name.to_owned(), amount, currency.to_owned()));
    assert_eq!(amounts(&home), expect);
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
