//! The words on screen: what a program calls a thing inside stays inside.

use crate::home::{Home, Ran};

/// The demo's world, which has something of everything.
struct Demo(Home);

impl Demo {
    fn new() -> Self {
        let home = Home::empty();
        home.run(["demo"]).exits(0);
        Self(home)
    }

    fn run(&self, line: &str) -> Ran {
        self.0
            .command(line.split_whitespace())
            .env("CASEYOS_HOME", self.0.path().join("demo"))
            .output()
            .unwrap()
            .into()
    }
}

/// Returns the words of a text that no salesperson would write.
fn odd(text: &str) -> Vec<String> {
    const STAGES: [&str; 7] = [
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedlost",
    ];
    let is_part = |c: char| c.is_alphanumeric() || "_@./:".contains(c);
    // The message as it would leave, in the encoding of its header.
    let text: String = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("=?"))
        .collect();
    let machine = text
        .split(|c: char| !is_part(c))
        .filter(|word| !word.contains(['@', '/']))
        .filter(|word| {
            let is_snake = word.split('_').filter(|part| !part.is_empty()).count() > 1;
            is_snake || STAGES.contains(word)
        })
        .map(str::to_owned);
    let stops = text
        .lines()
        .filter(|line| {
            let line = line.replace("...", "");
            line.contains("..") || line.contains(".;") || line.contains(". (clears")
        })
        .map(str::to_owned);
    machine.chain(stops).collect()
}

#[test]
fn no_machine_words_or_double_stops_are_on_screen() {
    assert_eq!(odd("by kill_switch"), ["kill_switch"]);
    assert_eq!(odd("Thursday.; clears"), ["Thursday.; clears"]);
    let demo = Demo::new();
    let list = demo.run("today --json").exits(0).json();
    let ids: Vec<i64> = list["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mv| mv["id"].as_i64().unwrap())
        .collect();
    assert!(ids.len() > 10);
    let mut lines: Vec<String> = [
        "today",
        "deals list",
        "pipeline",
        "outbox",
        "limits",
        "metrics",
        "jobs list",
        "mode",
        "clock",
        "outcome list",
        "signals list",
        "meetings",
        "suppress list",
        "undo --list",
    ]
    .map(str::to_owned)
    .into();
    for id in &ids {
        lines.push(format!("show {id}"));
        lines.push(format!("why move:{id}"));
    }
    for id in ids.iter().take(3) {
        lines.push(format!("approve {id} --dry-run"));
        lines.push(format!("approve {id}"));
    }
    for line in ["outbox", "stop fire", "outbox", "today", "resume --yes"] {
        lines.push(line.to_owned());
    }
    for line in lines {
        let ran = demo.run(&line);
        let found = odd(&(ran.out.clone() + &ran.err));
        assert!(found.is_empty(), "{line}: {found:?} in {}", ran.out);
    }
}

#[test]
fn one_of_a_thing_is_said_in_the_singular() {
    let home = Home::live();
    let form = crate::home::form("ann@acme.example", "2026-11-23T09:30:00Z", "Price?");
    home.write("one.jsonl", form);
    let file = home.path().join("one.jsonl").display().to_string();
    let said = home.ok(&format!("signals add --file {file}"));
    assert!(said.contains("1 line: 1 new"), "{said}");
    assert!(said.contains("1 new contact, 1 new move,"), "{said}");
}

#[test]
fn jobs_say_that_rules_which_cannot_be_read_approve_nothing() {
    let home = Home::live();
    assert_eq!(home.json("jobs list")[0]["hindrance"], "");
    home.write("approval.toml", "rules = [");
    let said = home.ok("jobs list");
    assert!(said.contains("Nothing is approved by rules"), "{said}");
}
