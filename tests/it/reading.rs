//! Mail that says less, or other, than it seems to: our own words come back, forged and true bounces, long absences, a refusal at the door.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::home::{Home, Mail, OPERATOR, answer, form, letter};

/// A live installation that wrote to Ann half an hour ago.
fn wrote_to_ann() -> (Home, Mail) {
    let mut home = Home::live();
    home.undo_window(0);
    home.contacts("First Name,Last Name,Email,Company\nAnn,Ames,ann@acme.example,Acme\n");
    home.signals(&[form(
        "ann@acme.example",
        "2026-11-23T09:40:00Z",
        "What does it cost?",
    )])
    .exits(0);
    let mv = home.find_move("ann@acme.example", "email_follow_up");
    home.ok(&format!("approve {mv}"));
    let [sent] = &home.outbox()[..] else {
        panic!("{:#?}", home.outbox())
    };
    let sent = sent.clone();
    home.at("2026-11-23T10:40:00Z");
    (home, sent)
}

fn read(home: &Home, message: &str) -> Value {
    let file = home.write("read.eml", message);
    home.run(["mail", "read", file.to_str().unwrap(), "--json"])
        .exits(0)
        .json()
}

fn suppressed(home: &Home) -> String {
    home.run(["suppress", "list", "--json"]).out
}

/// A report that mail to an address was not delivered.
pub fn report(from: &str, id: &str, named: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <{from}>\r\nTo: {OPERATOR}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Date: Mon, 23 Nov 2026 10:20:00 +0000\r\nMessage-ID: <report.1@mail.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nFor help, contact <postmaster@ruiz.example>.\r\n\r\n<{named}>: unknown user\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; {host}\r\n\r\nFinal-Recipient: rfc822; {named}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--b--\r\n",
        host = from.split('@').nth(1).unwrap_or_default(),
    )
}

#[test]
fn our_own_words_in_an_answer_are_not_theirs() {
    let (home, sent) = wrote_to_ann();
    let ours = sent.body.clone();
    let quoted = ours.replace('\n', "\nann| ");
    let text = format!("Thursday works.\n\nCasey sanoi taas kerran:\n{quoted}");
    let message = answer(
        &sent,
        "Ann Ames <ann@acme.example>",
        "Mon, 23 Nov 2026 10:30:00 +0000",
        &text,
    );
    let seen = read(&home, &message);
    assert_eq!(seen["class"], "reply", "{seen:#}");
    let words = seen["text"].as_str().unwrap();
    assert!(words.starts_with("Thursday works."), "{words}");
    let longest = ours.lines().max_by_key(|line| line.len()).unwrap();
    assert!(!words.contains(longest), "{words}");
    assert!(
        seen["quoted_removed"]["rules"]
            .as_array()
            .unwrap()
            .contains(&"own_words".into()),
        "{seen:#}"
    );

    // What the explaining command says is what the deciding one does, also where that is nothing.
    let stranger = letter(
        "Eve <eve@else.example>",
        &format!("Re: {}", sent.subject),
        "Mon, 23 Nov 2026 10:31:00 +0000",
        "",
        "Hello there",
    );
    assert_eq!(read(&home, &stranger)["class"], "unrelated");
    home.deliver("1795777201.b.example", stranger);
    home.deliver("1795777200.a.example", message);
    let report = home.json("sync");
    assert_eq!(report["new"], 1, "{report:#}");
    assert!(home.outcomes().contains(&"email_replied".to_owned()));
    assert!(!suppressed(&home).contains("acme"));
}

#[test]
fn a_forged_bounce_suppresses_nobody_and_is_shown() {
    let (home, sent) = wrote_to_ann();
    let forged = report(
        "mailer-daemon@evil.example",
        "<x@evil.example>",
        "ann@acme.example",
    );
    let seen = read(&home, &forged);
    assert_eq!(seen["class"], "bounce_doubtful", "{seen:#}");
    home.deliver("1795777200.a.example", forged);
    home.ok("sync");
    assert!(!suppressed(&home).contains("acme"), "{}", suppressed(&home));
    assert!(!home.outcomes().contains(&"email_bounced".to_owned()));
    let mv = home.find_move("ann@acme.example", "update_contact");
    let shown = home.ok(&format!("show {mv}"));
    assert!(shown.contains("forged"), "{shown}");

    // Their own server, or a report that names our message, is believed.
    for (from, id) in [
        ("mailer-daemon@mx.acme.example", "<x@y.example>"),
        ("mailer-daemon@relay.example", sent.message_id.as_str()),
    ] {
        let (home, again) = wrote_to_ann();
        let id = id.replace(&sent.message_id, &again.message_id);
        home.deliver(
            "1795777200.a.example",
            report(from, &id, "ann@acme.example"),
        );
        home.ok("sync");
        let list = suppressed(&home);
        assert!(
            list.contains("ann@acme.example") && !list.contains("postmaster"),
            "{from}: {list}"
        );
        assert!(
            home.outcomes().contains(&"email_bounced".to_owned()),
            "{from}"
        );
    }
}

#[test]
fn a_long_absence_holds_mail_for_sixty_days_and_then_asks() {
    let (home, sent) = wrote_to_ann();
    let message = answer(
        &sent,
        "Ann Ames <ann@acme.example>",
        "Mon, 23 Nov 2026 10:30:00 +0000",
        "I am on parental leave and will be back on 1 September 2027.",
    )
    .replace(
        "MIME-Version",
        "Auto-Submitted: auto-replied\r\nMIME-Version",
    );
    home.deliver("1795777200.a.example", message);
    home.ok("sync");
    let until: i64 = home
        .database()
        .query_row(
            "SELECT paused_until FROM contact WHERE email = 'ann@acme.example'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let latest = jiff::Timestamp::from_millisecond(until).unwrap();
    assert_eq!(latest.to_string(), "2027-01-22T10:30:00Z");
    let mv = home.find_move("ann@acme.example", "create_task");
    assert!(home.ok(&format!("show {mv}")).contains("away for long"));
}

#[test]
fn an_address_that_the_server_refuses_at_the_door_counts_as_bounced() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            drop(stream.write_all(b"220 mail.test ESMTP\r\n"));
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
                let answer: &[u8] = match line.get(..4).unwrap_or_default() {
                    "EHLO" => b"250-mail.test\r\n250 8BITMIME\r\n",
                    "RCPT" if line.contains("ann@") => b"550 5.1.1 no such user here\r\n",
                    "RCPT" => b"550 5.7.1 relaying denied\r\n",
                    _ => b"250 ok\r\n",
                };
                drop(stream.write_all(answer));
                line.clear();
            }
        }
    });
    let home = Home::live();
    home.undo_window(0);
    home.edit_config(|config| {
        let (before, _) = config.rsplit_once("[[mail.accounts]]").unwrap();
        format!(
            "{before}[[mail.accounts]]\nname = \"work\"\nkind = \"imap\"\nuser = \"casey\"\n\
             imap = {{ host = \"127.0.0.1\", port = 1, security = \"none\" }}\n\
             smtp = {{ host = \"127.0.0.1\", port = {port}, security = \"none\" }}\n"
        )
    });
    home.set_variable("CASEYOS_MAIL_WORK_PASSWORD", "secret");
    home.contacts("First Name,Last Name,Email,Company\nAnn,Ames,ann@acme.example,Acme\nBob,Bell,bob@bolt.example,Bolt\n");
    home.signals(&[
        form(
            "ann@acme.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        ),
        form(
            "bob@bolt.example",
            "2026-11-23T09:41:00Z",
            "What does it cost?",
        ),
    ])
    .exits(0);
    for (who, is_dead) in [("ann@acme.example", true), ("bob@bolt.example", false)] {
        let mv = home.find_move(who, "email_follow_up");
        let ran = home.run(["approve", &mv.to_string(), "--now"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_eq!(ran.err.contains("counts as bounced"), is_dead, "{ran:?}");
        assert_eq!(
            suppressed(&home).contains(who),
            is_dead,
            "{}",
            suppressed(&home)
        );
    }
    let bounced: Vec<String> = home
        .outcomes()
        .into_iter()
        .filter(|kind| kind == "email_bounced")
        .collect();
    assert_eq!(bounced.len(), 1);
    home.audit_holds();
}
