//! Metrics on the whole program: a small world computed by hand.

use serde_json::Value;

use crate::home::Home;

fn measure<'a>(metrics: &'a Value, name: &str) -> &'a Value {
    let all = metrics["measures"].as_array().unwrap();
    all.iter().find(|m| m["name"] == name).unwrap()
}

/// Three forms; two are written to, one is skipped; one of the two answers positively and books.
fn world() -> Home {
    let home = Home::live();
    let mut lines = String::new();
    for name in ["ann", "ben", "cem"] {
        lines.push_str(&format!(
            "{{\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-23T09:00:00Z\",\"email\":\"{name}@{name}.example\",\"name\":\"{name} Lee\",\"message\":\"Pricing?\"}}\n"
        ));
    }
    std::fs::write(home.path().join("forms.jsonl"), lines).unwrap();
    let file = home.path().join("forms.jsonl").display().to_string();
    home.run(["signals", "add", "--file", &file]).exits(0);
    home
}

#[test]
fn the_funnel_counts_people_and_an_outcome_taken_back_counts_no_more() {
    let home = world();
    let today = home.run(["today", "--json"]).json();
    let ids: Vec<String> = today["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
    home.run(["approve", &ids[0]]).exits(0);
    home.run(["approve", &ids[1]]).exits(0);
    home.run(["skip", &ids[2], "--reason", "not relevant"])
        .exits(0);
    for kind in ["email_replied", "positive_response", "meeting_booked"] {
        home.run(["outcome", "add", kind, "--move", &ids[0]])
            .exits(0);
    }
    let metrics = home.run(["metrics", "--json"]).json();
    let funnel = &metrics["funnel"];
    assert_eq!(
        (&funnel["mails"], &funnel["reached"]),
        (&2.into(), &2.into()),
        "{metrics}"
    );
    for step in ["replied", "positive", "booked"] {
        assert_eq!(funnel[step]["n"], 1, "{step}");
        assert_eq!(funnel[step]["percent"], 50.0, "{step}");
    }
    assert_eq!(measure(&metrics, "moves_accepted")["value"], 66.7);
    assert_eq!(measure(&metrics, "executions_ok")["value"], 100.0);
    assert_eq!(measure(&metrics, "auto_approval")["value"], 0.0);
    // Two follow-ups of 6 minutes.
    assert_eq!(metrics["total"]["minutes_saved"], 12);
    assert_eq!(metrics["today"]["sent"], 2);
    assert_eq!(metrics["days"].as_array().unwrap().len(), 30);

    // The newest change is the meeting; taken back, it counts nowhere.
    home.run(["undo"]).exits(0);
    let metrics = home.run(["metrics", "--json"]).json();
    assert_eq!(metrics["funnel"]["booked"]["n"], 0);
    assert_eq!(metrics["total"]["booked"], 0);
    assert_eq!(metrics["funnel"]["replied"]["n"], 1);
}

#[test]
fn the_length_of_the_window_is_read_or_refused() {
    let home = Home::init();
    for (since, days) in [("7d", 7), ("90d", 90), ("2 weeks", 14)] {
        let metrics = home.run(["metrics", "--since", since, "--json"]).json();
        assert_eq!(metrics["days"].as_array().unwrap().len(), days, "{since}");
    }
    for since in ["soon", "-3d", "99999d", ""] {
        home.run(["metrics", &format!("--since={since}")]).exits(2);
    }
    home.run(["metrics", "--fail-on-empty"]).exits(5);
}

#[test]
fn minutes_are_the_operators_own() {
    let home = world();
    home.edit_config(|config| {
        config.replace("\nemail_follow_up = 6\n", "\nemail_follow_up = 45\n")
    });
    let today = home.run(["today", "--json"]).json();
    let id = today["moves"][0]["id"].to_string();
    home.run(["approve", &id]).exits(0);
    let metrics = home.run(["metrics", "--json"]).json();
    assert_eq!(metrics["total"]["minutes_saved"], 45, "{metrics}");
}

#[test]
fn the_plain_list_says_each_move_in_a_sentence() {
    let home = world();
    let plain = home.ok("today --plain");
    let line = plain.lines().find(|l| l.starts_with("1. ")).unwrap();
    assert!(
        line.contains("Score ") && line.contains("Due ") && line.contains("Move "),
        "{line}"
    );
}
