//! One identity of a mailbox and of a person: who must not be written to under one spelling is not written to under another.

use crate::home::{Home, MONDAY, answer, form};

/// Spellings of one mailbox, as pairs: named under the first, written to under the second.
const SPELLINGS: &[(&str, &str)] = &[
    ("ann@acme.example", "ann+x@acme.example"),
    ("ann+x@acme.example", "ann@acme.example"),
    ("ann+x@acme.example", "ann+y@acme.example"),
    ("ann.acker@gmail.com", "annacker@gmail.com"),
    ("a.nn.acker@googlemail.com", "ann.acker@gmail.com"),
    ("ann@acme.example", "\"ann\"@acme.example"),
    ("ann@müller.example", "ann@xn--mller-kva.example"),
    ("ANN@ACME.EXAMPLE", "ann@acme.example"),
];

/// Asks to write to an address and tells whether anything left, with what was said.
fn writes(home: &Home, address: &str) -> (bool, String) {
    let before = home.outbox().len();
    home.signals(&[form(address, MONDAY, "Price?")]);
    let moves = home.today();
    let mails = ["reply", "send_email", "email_follow_up"].map(serde_json::Value::from);
    let Some(mv) = moves.iter().find(|mv| mails.contains(&mv["action"])) else {
        return (false, "no move came up".into());
    };
    let ran = home.run(["approve", &mv["id"].to_string(), "--now"]);
    (
        home.outbox().len() > before,
        format!("{}{}", ran.out, ran.err),
    )
}

#[test]
fn whoever_is_suppressed_under_one_spelling_is_under_every_other() {
    for (named, written) in SPELLINGS {
        let home = Home::live();
        home.run(["suppress", "add", named]).exits(0);
        let (has_left, said) = writes(&home, written);
        assert!(!has_left, "{named}, then {written}: {said}");
        assert!(said.contains("suppress"), "{named}, then {written}: {said}");
        // Lifted under the other spelling, it is lifted.
        home.run(["suppress", "remove", written]).exits(0);
        assert_eq!(home.json("suppress list").as_array().unwrap().len(), 0);
    }
}

#[test]
fn an_opted_out_row_holds_for_its_sibling_in_the_same_file() {
    for (named, written) in SPELLINGS {
        let home = Home::live();
        home.contacts(&format!(
            "email,name,Opted Out\n{},Ann Acker,true\n{},Ann Acker,\n",
            named.replace('"', "\"\""),
            if written.starts_with('"') {
                format!("\"{}\"", written.replace('"', "\"\""))
            } else {
                (*written).to_owned()
            },
        ));
        let (has_left, said) = writes(&home, written);
        assert!(!has_left, "{named}, then {written}: {said}");
    }
}

#[test]
fn an_opt_out_by_mail_belongs_to_the_person() {
    let mut home = Home::live();
    home.contacts("Record ID,email,first name,last name,company\n7,ann.acker@gmail.com,Ann,Acker,Acme\n8,ann.a@acme.example,Ann,Acker,Acme\n");
    let (has_left, said) = writes(&home, "ann.acker@gmail.com");
    assert!(has_left, "{said}");
    let ours = home.outbox().remove(0);
    home.deliver(
        "1",
        answer(
            &ours,
            "ann.acker@gmail.com",
            "Mon, 23 Nov 2026 10:20:00 +0000",
            "Please remove me from your list.",
        ),
    );
    home.at("2026-11-24T10:30:00Z").ok("sync");
    let check = |address: &str| {
        let (has_left, said) = writes(&home, address);
        assert!(!has_left, "{address}: {said}");
    };
    // Another spelling, another contact of the same person, and an address that is learnt later.
    check("annacker@gmail.com");
    check("ann.a@acme.example");
    home.contacts(
        "Record ID,email,first name,last name,company\n7,ann.new@acme.example,Ann,Acker,Acme\n",
    );
    check("ann.new@acme.example");
    let why = home.ok("why ann.new@acme.example");
    assert!(why.contains("asked not to be written to"), "{why}");
}

#[test]
fn a_bounce_stays_with_the_address_that_bounced() {
    let home = Home::live();
    home.contacts("Record ID,email,first name,last name\n11,ann@acme.example,Ann,Hill\n");
    let database = home.database();
    database
        .execute(
            "INSERT INTO suppression (key, cause, value, kind, reason, source, created_at)
             VALUES ('ann@acme.example', 'bounced', 'ann@acme.example', 'address', 'the address bounced', 'mail', 0)",
            [],
        )
        .unwrap();
    drop(database);
    home.contacts("Record ID,email,first name,last name\n11,ann.hill@acme.example,Ann,Hill\n");
    let listed = home.json("suppress list");
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["cause"], "bounced");
    let (has_left, said) = writes(&home, "ann.hill@acme.example");
    assert!(has_left, "{said}");
}

#[test]
fn a_domain_can_be_named_in_every_usual_way() {
    for named in [
        "acme.example",
        "@acme.example",
        "*@acme.example",
        "acme.example.",
        "*.acme.example",
        "ACME.example",
    ] {
        let home = Home::live();
        home.run(["suppress", "add", named]).exits(0);
        let (has_left, said) = writes(&home, "ann@mail.acme.example");
        assert!(!has_left && said.contains("suppress"), "{named}: {said}");
        assert_eq!(
            home.json("suppress list")[0]["value"],
            "acme.example",
            "{named}"
        );
    }
    let home = Home::live();
    for refused in [
        "acme",
        "a*@acme.example",
        "*",
        "an\u{200B}n@acme.example",
        "https://acme.example/",
    ] {
        let ran = home.run(["suppress", "add", refused]).exits(2);
        assert!(
            ran.err.contains("neither a mail address nor a domain"),
            "{refused}: {}",
            ran.err
        );
    }
    let ran = home.run(["suppress", "add", "an\u{200B}n@acme.example"]);
    assert!(ran.err.contains("U+200B"), "{}", ran.err);
    assert_eq!(home.json("suppress list").as_array().unwrap().len(), 0);
}

#[test]
fn the_same_person_counts_once_for_the_weekly_cap() {
    let home = Home::live();
    home.limits("per_contact_week = 1\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0");
    let (has_left, said) = writes(&home, "ann@xn--mller-kva.example");
    assert!(has_left, "{said}");
    for other in [
        "ann+x@xn--mller-kva.example",
        "\"ann\"@xn--mller-kva.example",
    ] {
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{other}: {said}");
    }
}

#[test]
fn no_rule_approves_mail_to_somebody_suppressed_under_another_spelling() {
    let home = Home::live();
    home.write(
        "approval.toml",
        "[[rule]]\nname = \"everything\"\neffect = \"allow\"\nstate = \"on\"\nwhen = \"true\"\nconfidence = 0.5\nreason = \"All of it.\"\nmay_mail_strangers = true\n",
    );
    for (named, _) in SPELLINGS {
        home.run(["suppress", "add", named]).exits(0);
    }
    for (_, written) in SPELLINGS {
        home.signals(&[form(written, MONDAY, "Price?")]);
    }
    let pass = home.json("sync");
    assert_eq!(home.outbox().len(), 0, "{pass}");
}
