//! The documented shapes of JSON: a change here breaks somebody's script.

use serde_json::Value;

use crate::home::{Home, form, letter, shown};

fn home() -> Home {
    let home = Home::live();
    home.contacts("First Name,Last Name,Email,Company,Job Title,City,Country\nAnn,Ames,ann@acme.example,Acme,Buyer,London,United Kingdom\n");
    home.signals(&[
        form("ann@acme.example", "2026-11-23T09:00:00Z", "What does it cost?"),
        r#"{"source":"hubspot","kind":"hubspot.deal_created","at":"2026-11-23T08:30:00.25Z","email":"ann@acme.example","deal_id":"7","deal_name":"Rollout","amount":60000,"currency":"EUR"}"#.into(),
    ])
    .exits(0);
    let deal = home.find_move("ann@acme.example", "deal_outreach");
    home.ok(&format!("approve {deal}"));
    home
}

/// Every text under a key of time is an instant in UTC.
fn check_times(value: &Value, key: &str) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| check_times(v, k)),
        Value::Array(items) => items.iter().for_each(|v| check_times(v, key)),
        Value::String(text) if key == "at" || key == "now" || key.ends_with("_at") => {
            text.parse::<jiff::Timestamp>()
                .unwrap_or_else(|e| panic!("{key}: {text}: {e}"));
            assert!(text.ends_with('Z'), "{key}: {text}");
        }
        _ => {}
    }
}

#[track_caller]
fn shape(home: &Home, name: &str, line: &str) {
    let ran = home.run(line.split_whitespace().chain(["--json"])).exits(0);
    check_times(&ran.json(), "");
    let text = ran.out.replace(&shown(home.path()), "[home]");
    let hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let text = text
        .split('"')
        .map(|part| if hash(part) { "[hash]" } else { part })
        .collect::<Vec<_>>()
        .join("\"");
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_shapes_are_stable() {
    let home = home();
    let follow = home.find_move("ann@acme.example", "email_follow_up");
    let mail = home.write(
        "message.eml",
        letter(
            "Ann Ames <ann@acme.example>",
            "Re: Rollout",
            "Mon, 23 Nov 2026 09:30:00 +0000",
            "In-Reply-To: <one@ruiz.example>\r\n",
            "Interested, let's talk on Tuesday.\r\n\r\n> Hi Ann,",
        ),
    );
    shape(&home, "today", "today");
    shape(&home, "show", &format!("show {follow}"));
    shape(&home, "show_done", "show 1");
    shape(&home, "contacts_list", "contacts list");
    shape(&home, "contacts_show", "contacts show ann@acme.example");
    shape(&home, "outcome_list", "outcome list");
    shape(&home, "when", "when ann@acme.example");
    shape(
        &home,
        "when_what_if",
        "when --zone Europe/Madrid --window 09:00-17:00 --days mon,tue --holidays 2026-12-25 --now 2026-11-27T12:00:00Z",
    );
    shape(&home, "why", "why ann@acme.example");
    shape(&home, "signals_list", "signals list");
    shape(&home, "signals_health", "signals health");
    shape(
        &home,
        "mail_read",
        &format!("mail read {} --ours <one@ruiz.example>", mail.display()),
    );
    shape(&home, "undo_list", "undo --list");
    shape(&home, "sync", "sync");
    shape(
        &home,
        "approve_dry_run",
        &format!("approve {follow} --dry-run"),
    );
    shape(&home, "deals_list", "deals list");
    shape(&home, "deals_by_stage", "deals list --by-stage");
    shape(
        &home,
        "contacts_timeline",
        "contacts timeline ann@acme.example --limit 3",
    );
}
