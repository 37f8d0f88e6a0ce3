//! One identity of a mailbox and of a person: who must not be written to under one spelling is not written to under another.

use caseyos::connectors::world::Double as _;
use caseyos::domain::email::MailboxKey;
use serde_json::json;

use crate::google::Google;
use crate::home::{Home, MONDAY, OPERATOR, answer, form};
use crate::reading::report;

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
    ("ann@acme.example.", "ann@acme.example"),
    ("ann＠acme.example", "ann@acme.example"),
    ("ａｎｎ@acme.example", "ann@acme.example"),
    ("jörg@acme.example", "JO\u{308}RG@acme.example"),
    ("straße@acme.example", "strasse@acme.example"),
    ("ann@MÜLLER.example", "ann@mu\u{308}ller.example"),
    ("ann@me.com", "ann+x@icloud.com"),
    ("ann.acker@protonmail.com", "annacker@pm.me"),
    ("ann.acker@ya.ru", "ann-acker@yandex.ru"),
    ("shop@ann.fastmail.com", "ann@fastmail.com"),
    ("ann+x@outlook.com", "Ann@Outlook.com"),
];

/// Puts two contacts into the database who have one mailbox under two spellings, as versions before the identity of mailboxes could make them.
fn twins(home: &Home, one: &str, other: &str) {
    let database = home.database();
    for (id, address) in [(1, one), (2, other)] {
        let key = address.to_lowercase();
        let mailbox = MailboxKey::of(&key);
        database
            .execute(
                "INSERT INTO contact (id, email, created_at, updated_at) VALUES (?1, ?2, 0, 0)",
                (id, address),
            )
            .unwrap();
        database
            .execute(
                "INSERT INTO contact_email (key, contact_id, mailbox) VALUES (?1, ?2, ?3)",
                (&key, id, Some(mailbox.as_str()).filter(|kept| *kept != key)),
            )
            .unwrap();
    }
}

/// The spellings that can be written to, with the other one of each pair.
fn writable() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_plain = |address: &str| address.is_ascii() && !address.ends_with('.');
    SPELLINGS.iter().copied().filter(move |(one, other)| {
        is_plain(one) && is_plain(other) && !one.eq_ignore_ascii_case(other)
    })
}

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
fn a_bounce_ends_what_waits_for_its_address_and_nothing_else() {
    let mut home = Home::live();
    home.contacts("Record ID,email,name\n7,ann@acme.example,Ann Acker\n");
    let (has_left, said) = writes(&home, "ann@acme.example");
    assert!(has_left, "{said}");
    let ours = home.outbox().remove(0);
    home.contacts("Record ID,email,name\n7,ann.hill@acme.example,Ann Acker\n");
    home.undo_window(3600);
    let wish = json!({"source": "manual", "kind": "manual", "at": MONDAY, "email": "ann.hill@acme.example", "action": "send_email", "title": "Write"});
    home.signals(&[wish.to_string()]).exits(0);
    let mv = home.find_move("ann.hill@acme.example", "send_email");
    home.ok(&format!("approve {mv}"));
    let returned = report(
        "mailer-daemon@acme.example",
        &ours.message_id,
        "ann@acme.example",
    );
    home.deliver("1795777200.a.example", returned);
    home.at("2026-11-23T10:30:00Z").ok("sync");
    let listed = home.json("suppress list");
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["value"], "ann@acme.example");
    assert_eq!(listed[0]["cause"], "bounced");
    let waits = home.json("outbox");
    assert_eq!(waits.as_array().unwrap().len(), 1, "{waits}");
    assert_eq!(waits[0]["to"], "ann.hill@acme.example", "{waits}");
    assert!(home.json("why ann.hill@acme.example")["blocked"].is_null());
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
        "ann@[192.0.2.1]",
        "192.0.2.1",
        "com",
        "ann@acme.example, bo@acme.example",
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
    let ran = home.run(["suppress", "add", "https://www.acme.example/en"]);
    assert!(ran.err.contains("so write acme.example"), "{}", ran.err);
    assert_eq!(home.json("suppress list").as_array().unwrap().len(), 0);
}

#[test]
fn an_address_can_be_pasted_as_it_stands_elsewhere() {
    for named in [
        "mailto:ann@acme.example",
        "MAILTO:Ann@acme.example?subject=Hello",
        "\"Ann\" <ann@acme.example>",
        "Ann Acker <ann@acme.example>",
        "<ann@acme.example>",
        " \u{FEFF}ann@acme.example\u{200B} ",
        "ann@acme.example.",
    ] {
        let home = Home::live();
        home.run(["suppress", "add", named]).exits(0);
        let listed = home.json("suppress list");
        assert_eq!(listed[0]["value"], "ann@acme.example", "{named}");
        assert_eq!(listed[0]["kind"], "address", "{named}");
        let (has_left, said) = writes(&home, "ann+x@acme.example");
        assert!(!has_left && said.contains("suppress"), "{named}: {said}");
    }
}

#[test]
fn a_domain_of_many_firms_is_not_suppressed_by_mistake() {
    let home = Home::live();
    for (named, says) in [
        ("gmail.com", "--yes"),
        ("*@Googlemail.com", "--yes"),
        ("co.uk", "Many firms"),
        ("*.co.uk", "Many firms"),
    ] {
        let ran = home.run(["suppress", "add", named]).exits(2);
        assert!(ran.err.contains(says), "{named}: {}", ran.err);
    }
    home.run(["suppress", "add", "co.uk", "--yes"]).exits(2);
    assert_eq!(home.json("suppress list").as_array().unwrap().len(), 0);
    home.run(["suppress", "add", "googlemail.com", "--yes"])
        .exits(0);
    let (has_left, said) = writes(&home, "ann@gmail.com");
    assert!(!has_left && said.contains("suppress"), "{said}");
    home.run(["suppress", "remove", "gmail.com"]).exits(0);
}

#[test]
fn a_stage_that_stops_holds_for_every_spelling() {
    for (one, other) in writable() {
        let home = Home::live();
        twins(&home, one, other);
        home.database()
            .execute(
                "UPDATE contact SET stage = 'do_not_contact' WHERE id = 1",
                [],
            )
            .unwrap();
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{one}, then {other}: {said}");
        assert!(said.contains("do_not_contact"), "{one}, {other}: {said}");
    }
}

#[test]
fn a_bounce_holds_for_every_spelling_of_the_address() {
    for (one, other) in writable() {
        let home = Home::live();
        twins(&home, one, other);
        home.database()
            .execute(
                "INSERT INTO suppression (key, cause, value, kind, reason, source, created_at)
                 VALUES (?1, 'bounced', ?2, 'address', 'the address bounced', 'mail', 0)",
                (MailboxKey::of(one).as_str(), one),
            )
            .unwrap();
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{one}, then {other}: {said}");
        assert!(
            said.contains("the address bounced"),
            "{one}, {other}: {said}"
        );
    }
}

#[test]
fn the_weekly_cap_counts_every_spelling() {
    for (one, other) in writable() {
        let home = Home::live();
        home.limits("per_contact_week = 1\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0");
        twins(&home, one, other);
        let (has_left, said) = writes(&home, one);
        assert!(has_left, "{one}: {said}");
        let when = home.run(["when", other, "--json"]).exits(0).json();
        assert_eq!(when["limit"], "per_contact_week", "{one}, {other}: {when}");
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{one}, then {other}: {said}");
    }
}

#[test]
fn the_cap_of_a_domain_counts_every_spelling() {
    let home = Home::live();
    home.limits("per_contact_week = 9\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1\nmin_gap_seconds = 0");
    let (has_left, said) = writes(&home, "ann@xn--mller-kva.example");
    assert!(has_left, "{said}");
    for other in ["bo@MÜLLER.example", "cy@XN--MLLER-KVA.example"] {
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{other}: {said}");
    }
}

#[test]
fn the_cap_of_a_domain_counts_what_is_below_it() {
    let home = Home::live();
    home.limits("per_contact_week = 9\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1\nmin_gap_seconds = 0");
    let (has_left, said) = writes(&home, "ann@mail.acme.example");
    assert!(has_left, "{said}");
    for other in ["bo@acme.example", "cy@eu.acme.example"] {
        let when = home.run(["when", "ann@mail.acme.example", "--json"]);
        assert_eq!(when.exits(0).json()["limit"], "per_domain_day");
        let (has_left, said) = writes(&home, other);
        assert!(!has_left, "{other}: {said}");
    }
    for other in ["ann@one.onmicrosoft.com", "bo@two.onmicrosoft.com"] {
        let (has_left, said) = writes(&home, other);
        assert!(has_left, "{other}: {said}");
    }
}

#[test]
fn an_address_is_read_alike_wherever_it_is_given() {
    for pasted in [
        "mailto:ann%2Bx@acme.example",
        "Ann <ANN@acme.example>",
        "\"ann@acme.example\"",
        "ann＠ａｃｍｅ。example",
        "ann@acme.example.",
    ] {
        let home = Home::live();
        home.run(["suppress", "add", "ann@acme.example"]).exits(0);
        let (has_left, said) = writes(&home, pasted);
        assert!(!has_left && said.contains("suppress"), "{pasted}: {said}");
        let added = ["contacts", "add", "--email", pasted, "--name", "Ann Acker"];
        home.run(added).exits(0);
        let listed = home.json("contacts list");
        assert_eq!(listed["total"], 1, "{pasted}: {listed}");
    }
}

#[test]
fn whoever_was_written_to_under_one_spelling_is_no_stranger_under_another() {
    for (one, other) in writable() {
        let home = Home::live();
        twins(&home, one, other);
        let (has_left, said) = writes(&home, one);
        assert!(has_left, "{one}: {said}");
        home.write(
            "approval.toml",
            "[[rule]]\nname = \"known\"\neffect = \"allow\"\nstate = \"on\"\nwhen = \"true\"\nconfidence = 0.5\nreason = \"Known.\"\n",
        );
        home.signals(&[
            form(other, MONDAY, "Price?"),
            form("new@kite.example", MONDAY, "Price?"),
        ]);
        let pass = home.json("sync");
        assert_eq!(home.outbox().len(), 2, "{one}, then {other}: {pass}");
    }
}

#[test]
fn an_answer_closes_the_moves_under_every_spelling() {
    for (one, other) in writable() {
        let mut home = Home::live();
        twins(&home, one, other);
        let wish = |action: &str| {
            json!({"source": "manual", "kind": "manual", "at": MONDAY, "email": other, "action": action, "title": action})
                .to_string()
        };
        let (has_left, said) = writes(&home, one);
        assert!(has_left, "{one}: {said}");
        home.signals(&[wish("send_email"), wish("check_in")])
            .exits(0);
        home.undo_window(600);
        let before = home.today();
        let find = |action: &str| {
            let found = before.iter().find(|mv| mv["action"] == action);
            found.unwrap_or_else(|| panic!("{before:#?}"))["id"].clone()
        };
        let (mv, open) = (find("send_email"), find("check_in"));
        home.ok(&format!("approve {mv}"));
        assert_eq!(home.json("outbox").as_array().unwrap().len(), 1, "{other}");
        let ours = home.outbox().remove(0);
        let said = answer(
            &ours,
            one,
            "Mon, 23 Nov 2026 10:00:30 +0000",
            "Sounds good, tell me more.",
        );
        home.deliver("1", said);
        home.at("2026-11-23T10:01:00Z").ok("sync");
        let left = home.json("outbox");
        assert_eq!(left.as_array().unwrap().len(), 0, "{one}, {other}: {left}");
        assert_eq!(home.outbox().len(), 1, "{one}, {other}");
        let closed = home.json(&format!("show {open}"));
        assert_eq!(closed["status"], "expired", "{one}, {other}: {closed}");
    }
}

#[test]
fn rows_of_one_mailbox_are_one_contact_whatever_their_spelling() {
    for (one, other) in writable() {
        let home = Home::live();
        let cell = |address: &str| format!("\"{}\"", address.replace('"', "\"\""));
        home.contacts(&format!("email,title\n{},Buyer\n", cell(one)));
        home.contacts(&format!("email,title\n{},Head\n", cell(other)));
        let count: i64 = home
            .database()
            .query_row("SELECT count(*) FROM contact", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 1, "{one}, {other}");
        home.run(["when", other, "--json"]).exits(0);
    }
}

#[test]
fn two_contacts_of_one_mailbox_are_invited_once() {
    for (one, other) in [
        ("ann@acme.example", "ann+x@acme.example"),
        ("a.nn@gmail.com", "ann@googlemail.com"),
    ] {
        let google = Google::start("live");
        let home = &google.home;
        twins(home, one, other);
        let wish = |address: &str, at: &str| {
            home.signals(&[json!({"source": "manual", "kind": "manual", "at": "2026-11-23T09:50:00Z", "email": address,
                "action": "book_meeting", "title": "Call", "starts_at": at, "minutes": 30})
            .to_string()])
            .exits(0);
            home.find_move(address, "book_meeting")
        };
        let first = wish(one, "2026-11-24T14:00:00Z");
        let second = wish(other, "2026-11-24T14:00:00Z");
        home.ok(&format!("approve {first}"));
        let shown = google.double().show();
        let events = shown["calendars"]["events"][OPERATOR]
            .as_array()
            .unwrap()
            .len();
        home.run(["approve", &second.to_string()]);
        let shown = google.double().show();
        assert_eq!(
            shown["calendars"]["events"][OPERATOR]
                .as_array()
                .unwrap()
                .len(),
            events,
            "{one}, {other}"
        );
        assert_eq!(google.double().calendars.told.len(), 1, "{one}, {other}");
        // The move of the other contact asks for what there is now.
        let closed = home.json(&format!("show {second}"));
        assert_eq!(closed["status"], "done", "{one}, {other}: {closed}");
    }
}

#[test]
fn one_person_at_one_firm_is_known_in_every_spelling() {
    let check = |one: [&str; 3], other: [&str; 3], is_one: bool| {
        let home = Home::live();
        home.limits("per_contact_week = 1\nper_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0");
        let row = |cells: [&str; 3]| cells.map(|cell| format!("\"{cell}\"")).join(",");
        home.contacts(&format!(
            "email,name,company\n{}\n{}\n",
            row(one),
            row(other)
        ));
        let (has_left, said) = writes(&home, one[0]);
        assert!(has_left, "{one:?}: {said}");
        let (has_left, said) = writes(&home, other[0]);
        assert_eq!(!has_left, is_one, "{one:?} {other:?}: {said}");
        let home = Home::live();
        home.contacts(&format!(
            "email,name,company\n{}\n{}\n",
            row(one),
            row(other)
        ));
        home.run(["suppress", "add", one[0]]).exits(0);
        let (has_left, said) = writes(&home, other[0]);
        assert_eq!(!has_left, is_one, "suppressed {one:?} {other:?}: {said}");
    };
    let ann = ["ann@acme.example", "Ann Acker", "Acme GmbH"];
    let there = "a.acker@gmail.com";
    for firm in [
        "Acme",
        "ACME, Inc.",
        "Acme Inc",
        "The Acme Co.",
        "acme s.r.o.",
        "Acmé S. p. A.",
        "Ａｃｍｅ Ltd.",
    ] {
        check(ann, [there, "ann acker", firm], true);
    }
    check(ann, [there, "Acker, Ann", "Acme"], true);
    check(ann, ["a.acker@mail.acme.example", "Ann Acker", ""], true);
    let angla = ["o@north.example", "Ängla Öberg", "North AB"];
    for name in [
        "ängla öberg",
        "Angla Oberg",
        "A\u{308}ngla O\u{308}berg",
        "Öberg, Ängla",
        "Ａｎｇｌａ Ｏｂｅｒｇ",
    ] {
        check(angla, [there, name, "North"], true);
    }
    for firm in ["Acme™", "Acme.com", "Acme Kft.", "株式会社Acme"] {
        check(ann, [there, "Ann Acker", firm], true);
    }
    let bob = ["bob@kite.example", "Bob Lee (he/him)", "Kite Intl."];
    for name in ["Robert Lee", "Lee, Robert", "Dr. Rob Lee, PhD"] {
        check(bob, [there, name, "Kite International Inc."], true);
    }
    check(bob, [there, "Bill Lee", "Kite International Inc."], false);
    check(ann, [there, "Ann Acker", "Acme Rockets"], false);
    check(ann, [there, "Anna Ackerman", "Acme"], false);
    check(ann, [there, "Ann Acker", ""], false);
    check(
        ["ann@gmail.com", "Ann Acker", ""],
        [there, "Ann Acker", ""],
        false,
    );
    check(
        ["ann@gmail.com", "Ann Acker", "Self-employed"],
        [there, "Ann Acker", "self employed"],
        false,
    );
    check(
        ["ann1@privaterelay.appleid.com", "Ann Acker", ""],
        ["ann2@privaterelay.appleid.com", "Ann Acker", ""],
        false,
    );
    check(
        ["ann@one.onmicrosoft.com", "Ann Acker", ""],
        ["ann@two.onmicrosoft.com", "Ann Acker", ""],
        false,
    );
}

#[test]
fn a_firm_that_is_left_alone_is_meant_under_every_spelling() {
    let home = Home::live();
    home.contacts(
        "email,name,company\nann@gmail.com,Ann Acker,Acme GmbH\nbo@yahoo.com,Bo Ek,\"ACME, Inc.\"\ncy@yahoo.com,Cy Lund,Acme Rockets\n",
    );
    home.signals(&[form("ann@gmail.com", MONDAY, "Price?")]);
    let mv = home.today()[0]["id"].to_string();
    home.run([
        "skip",
        &mv,
        "--reason",
        "do not contact",
        "--suppress",
        "firm",
    ])
    .exits(0);
    for (address, is_barred) in [("cy@yahoo.com", false), ("bo@yahoo.com", true)] {
        let (has_left, said) = writes(&home, address);
        assert_eq!(!has_left, is_barred, "{address}: {said}");
    }
}

/// Tells why mail to an address is blocked; empty if it is not.
fn blocked(home: &Home, address: &str) -> String {
    let blocked = home.json(&format!("why {address}"))["blocked"].clone();
    if blocked.is_null() {
        String::new()
    } else {
        blocked.to_string()
    }
}

const ALL_OF_US: &str = "Please unsubscribe everyone at our company from your mailing list.";

#[test]
fn a_firm_that_opted_out_bars_colleagues_who_are_learned_later() {
    let mut home = Home::live();
    home.contacts("email,name,company\nann@acme.example,Ann Acker,Acme GmbH\n");
    let (has_left, said) = writes(&home, "ann@acme.example");
    assert!(has_left, "{said}");
    let ours = home.outbox().remove(0);
    let date = "Mon, 23 Nov 2026 10:20:00 +0000";
    home.deliver("1", answer(&ours, "ann@acme.example", date, ALL_OF_US));
    home.at("2026-11-23T10:30:00Z").ok("sync");
    let list = home.json("suppress list");
    let firm = list.as_array().unwrap().iter();
    let firm: Vec<_> = firm.filter(|one| one["kind"] == "firm").collect();
    assert_eq!(firm.len(), 1, "{list:#}");
    assert_eq!(firm[0]["value"], "firm:Acme GmbH");
    assert_eq!(firm[0]["cause"], "opted_out");
    home.contacts(
        "email,name,company\nbo@berlin.example,Bo Ek,\"ACME, Inc.\"\ncy@gmail.com,Cy Lund,The Acme Co.\ndi@yahoo.com,Di Moe,PT Acme\n\
         el@yahoo.com,El Ray,Acme Rockets\nfi@bolt.example,Fi Orr,Bolt\n",
    );
    let barred = ["bo@berlin.example", "cy@gmail.com", "di@yahoo.com"];
    for address in barred {
        let why = blocked(&home, address);
        assert!(why.contains("they are at Acme GmbH"), "{address}: {why}");
        let (has_left, said) = writes(&home, address);
        assert!(!has_left, "{address}: {said}");
        let card = home.json(&format!("contacts show {address}"));
        let why = card["suppressed"].to_string();
        assert!(why.contains("they are at Acme GmbH"), "{address}: {why}");
    }
    for address in ["el@yahoo.com", "fi@bolt.example"] {
        assert_eq!(blocked(&home, address), "", "{address}");
    }
    home.audit_holds();
    let undone = home.json("undo list");
    let opt_out = undone.as_array().unwrap().iter().find(|entry| {
        let summary = entry["summary"].as_str().unwrap();
        summary.starts_with("Suppressed everybody")
    });
    let opt_out = opt_out.unwrap_or_else(|| panic!("{undone:#}"))["id"].clone();
    home.ok(&format!("undo {opt_out}"));
    for address in barred {
        assert_eq!(blocked(&home, address), "", "{address}");
    }
    assert_eq!(home.json("suppress list").as_array().unwrap().len(), 0);
    home.audit_holds();
}

#[test]
fn a_question_about_a_firm_holds_mail_to_colleagues_who_are_learned_later() {
    let mut home = Home::live();
    home.contacts("email,name,company\nann@acme.example,Ann Acker,Acme GmbH\n");
    let (has_left, said) = writes(&home, "ann@acme.example");
    assert!(has_left, "{said}");
    let ours = home.outbox().remove(0);
    let date = "Mon, 23 Nov 2026 10:20:00 +0000";
    let text = format!("{ALL_OF_US} I'm interested, please send the offer.");
    home.deliver("1", answer(&ours, "ann@acme.example", date, &text));
    home.at("2026-11-23T10:30:00Z").ok("sync");
    home.contacts("email,name,company\ncy@gmail.com,Cy Lund,\"ACME, Inc.\"\n");
    let (has_left, said) = writes(&home, "cy@gmail.com");
    assert!(!has_left, "{said}");
    assert!(said.contains("they may have asked"), "{said}");
}

#[test]
fn a_firm_is_suppressed_by_its_name_until_that_is_lifted() {
    let home = Home::live();
    home.contacts(
        "email,name,company\nann@gmail.com,Ann Acker,\"ACME, Inc.\"\nbo@yahoo.com,Bo Ek,Bolt\n",
    );
    let said = home
        .run(["suppress", "add", "firm:Acme GmbH", "--reason", "by phone"])
        .exits(0)
        .out;
    assert!(said.contains("everybody at acme gmbh"), "{said}");
    let why = blocked(&home, "ann@gmail.com");
    assert!(why.contains("by phone"), "{why}");
    assert_eq!(blocked(&home, "bo@yahoo.com"), "");
    home.run(["suppress", "remove", "firm:The Acme Co."])
        .exits(0);
    assert_eq!(blocked(&home, "ann@gmail.com"), "");
    home.ok("undo");
    assert_ne!(blocked(&home, "ann@gmail.com"), "");
    home.audit_holds();
    for nothing in ["firm:", "firm:Self employed", "firm:n/a"] {
        let ran = home.run(["suppress", "add", nothing]).exits(2);
        assert!(ran.err.contains("names no firm"), "{nothing}: {}", ran.err);
    }
}

#[test]
fn whoever_is_self_employed_speaks_for_nobody_else() {
    let home = Home::live();
    home.contacts(
        "email,name,company\nann@gmail.com,Ann Acker,Self employed\nbo@yahoo.com,Bo Ek,Self employed\ncy@yahoo.com,Cy Lund,self-employed\n",
    );
    home.signals(&[form("ann@gmail.com", MONDAY, "Price?")]);
    let mv = home.today()[0]["id"].to_string();
    let reason = ["--reason", "do not contact", "--suppress", "firm"];
    home.run(["skip", &mv].iter().chain(&reason)).exits(0);
    let list = home.json("suppress list");
    assert_eq!(list.as_array().unwrap().len(), 1, "{list:#}");
    assert_eq!(list[0]["value"], "ann@gmail.com");
    for address in ["bo@yahoo.com", "cy@yahoo.com"] {
        let (has_left, said) = writes(&home, address);
        assert!(has_left, "{address}: {said}");
    }
}

#[test]
fn a_domain_that_is_barred_bars_its_people_at_their_other_addresses() {
    let home = Home::live();
    home.contacts("Record ID,email,name\n7,bo@acme.example,Bo Ek\n8,cy@gmail.com,Cy Lund\n");
    home.contacts("Record ID,email,name\n7,bo@yahoo.com,Bo Ek\n8,cy@bolt.example,Cy Lund\n");
    // A mail provider is nobody's firm: only mail to it is barred.
    home.run(["suppress", "add", "gmail.com", "--yes"]).exits(0);
    let (has_left, said) = writes(&home, "cy@bolt.example");
    assert!(has_left, "{said}");
    home.run(["suppress", "add", "acme.example"]).exits(0);
    let why = blocked(&home, "bo@yahoo.com");
    assert!(why.contains("acme.example"), "{why}");
    let (has_left, said) = writes(&home, "bo@yahoo.com");
    assert!(!has_left, "{said}");
    home.ok("suppress remove acme.example");
    assert_eq!(blocked(&home, "bo@yahoo.com"), "");
}

#[test]
fn an_opt_out_for_a_domain_ends_moves_to_its_people_at_their_other_addresses() {
    let mut home = Home::live();
    home.contacts(
        "Record ID,email,name\n1,ann@acme.example,Ann Acker\n2,eve@acme.example,Eve Orr\n",
    );
    home.contacts("Record ID,email,name\n2,eve@yahoo.com,Eve Orr\n");
    let (has_left, said) = writes(&home, "ann@acme.example");
    assert!(has_left, "{said}");
    home.signals(&[form("eve@yahoo.com", MONDAY, "Price?")]);
    let is_to_eve = |mv: &serde_json::Value| mv["email"] == "eve@yahoo.com";
    assert!(home.today().iter().any(is_to_eve), "{:#?}", home.today());
    let ours = home.outbox().remove(0);
    let date = "Mon, 23 Nov 2026 10:20:00 +0000";
    let text = "Please unsubscribe *@acme.example from your mailing list.";
    home.deliver("1", answer(&ours, "ann@acme.example", date, text));
    home.at("2026-11-23T10:30:00Z").ok("sync");
    assert!(!home.today().iter().any(is_to_eve), "{:#?}", home.today());
}

#[test]
fn an_opt_out_follows_what_is_learned_later_and_goes_with_its_undo() {
    let mut home = Home::live();
    home.contacts("Record ID,email,name,company\n7,ann@gmail.com,Ann Acker,Acme GmbH\n");
    let (has_left, said) = writes(&home, "ann@gmail.com");
    assert!(has_left, "{said}");
    let ours = home.outbox().remove(0);
    let text = "Please remove me from your list.";
    home.deliver(
        "1",
        answer(
            &ours,
            "ann@gmail.com",
            "Mon, 23 Nov 2026 10:20:00 +0000",
            text,
        ),
    );
    home.at("2026-11-23T10:30:00Z").ok("sync");
    let check = |home: &Home, address: &str, is_barred: bool| {
        let blocked = home.json(&format!("why {address}"))["blocked"].clone();
        assert_eq!(!blocked.is_null(), is_barred, "{address}: {blocked}");
    };
    // By the id of the record, and by name and firm as another contact.
    home.contacts("Record ID,email,name,company\n7,ann@bolt.example,Ann Acker,Acme GmbH\n");
    home.contacts("email,name,company\nann.acker@acme.example,ACKER Ann,The Acme Inc.\n");
    check(&home, "ann@bolt.example", true);
    check(&home, "ann.acker@acme.example", true);
    let undone = home.json("undo list");
    let opt_out = undone
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| {
            entry["summary"]
                .as_str()
                .unwrap()
                .starts_with("Suppressed Ann")
        })
        .unwrap_or_else(|| panic!("{undone}"))["id"]
        .clone();
    home.ok(&format!("undo {opt_out}"));
    for address in [
        "ann@gmail.com",
        "ann@bolt.example",
        "ann.acker@acme.example",
    ] {
        check(&home, address, false);
    }
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
