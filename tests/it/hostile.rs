//! Mail, contacts and signals that mean harm, or are broken: nothing crashes, nothing is lost, nothing reaches the terminal raw.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::home::{Home, OPERATOR, hostile, letter};

/// Clears the screen, sets the title, reads as another name, hides text, rings, and ends in the eighth bit.
const EVIL: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}b\u{202e}gpj.exe\u{2066}c\u{9b}31md\u{0}e\u{8}\u{7f}f\u{200f}g\u{9d}8;;x\u{9c}h\u{feff}";

fn raw(headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// Messages by file name, each from a contact so that it is understood in full.
fn messages() -> Vec<(Vec<u8>, Vec<u8>)> {
    let from = |n: usize| format!("p{n}@firm{n}.example");
    let date = "Mon, 23 Nov 2026 08:00:00 +0000".to_owned();
    let name = |n: usize| format!("{}.h.example", 1_795_400_000 + n).into_bytes();
    let mut all: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let n = all.len();
        all.push((name(n), bytes));
    };
    // Escapes in every header and in the body, raw and as encoded words.
    add(raw(
        &[
            ("From", format!("\"{EVIL}\" <{}>", from(0))),
            ("To", format!("{EVIL} <{OPERATOR}>")),
            ("Subject", format!("Re: {EVIL}")),
            ("Date", date.clone()),
            ("Message-ID", format!("<{EVIL}@x.example>")),
            ("In-Reply-To", format!("<{EVIL}@y.example>")),
            ("References", format!("<{EVIL}@z.example>")),
            (
                "Content-Type",
                format!("text/plain; charset=\"{EVIL}\"; name=\"{EVIL}\""),
            ),
        ],
        format!("Interested! {EVIL}\r\n").as_bytes(),
    ));
    add(raw(
        &[
            (
                "From",
                format!("=?utf-8?Q?=1B[2J=C2=9B31m=E2=80=AEmoc?= <{}>", from(1)),
            ),
            ("To", OPERATOR.into()),
            (
                "Subject",
                "=?utf-8?B?G1sySsKbMzFt4oCu?= =?iso-8859-1?Q?=9B31m=1B]0;x=07?=".into(),
            ),
            ("Date", date.clone()),
            ("Message-ID", "<enc@x.example>".into()),
            ("In-Reply-To", "<a@ruiz.example>".into()),
            ("Content-Transfer-Encoding", "quoted-printable".into()),
            ("Content-Type", "text/plain; charset=utf-8".into()),
        ],
        b"Could you send prices? =1B[2J =C2=9B31m =E2=80=AE =00\r\n",
    ));
    // 5 MB of text, and of one line.
    add(letter(
        &from(2),
        "Re: long",
        &date,
        "In-Reply-To: <a@ruiz.example>\r\n",
        &"Interested in prices. \r\n".repeat(5 * 1024 * 1024 / 24),
    )
    .into_bytes());
    add(letter(
        &from(3),
        "Re: line",
        &date,
        "In-Reply-To: <a@ruiz.example>\r\n",
        &"x".repeat(5 * 1024 * 1024),
    )
    .into_bytes());
    // 10,000 headers, and one of a megabyte.
    let many: String = (0..10_000).map(|i| format!("X-H{i}: {i}\r\n")).collect();
    add(letter(
        &from(4),
        "Re: many",
        &date,
        &format!("In-Reply-To: <a@ruiz.example>\r\n{many}"),
        "Interested!",
    )
    .into_bytes());
    add(letter(
        &from(5),
        &"Re: ".repeat(300_000),
        &date,
        "In-Reply-To: <a@ruiz.example>\r\n",
        "Interested!",
    )
    .into_bytes());
    add(letter(
        &from(6),
        "Re: refs",
        &date,
        &format!("References: {}\r\n", "<r@x.example> ".repeat(50_000)),
        "Interested!",
    )
    .into_bytes());
    // Broken MIME: no end, ends in itself, nested a thousand deep.
    let deep: String = (0..1000)
        .map(|i| {
            format!(
                "--b{i}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n",
                i + 1
            )
        })
        .collect();
    for kind in [
        "multipart/mixed; boundary=\"never\"",
        "multipart/alternative",
        "multipart/report; report-type=delivery-status; boundary=x",
        "text/html; charset=\"\"",
        ";;;=",
    ] {
        let n = 7;
        add(raw(
            &[("From", from(n)), ("To", OPERATOR.into()), ("Subject", "Re: broken".into()), ("Date", date.clone()), ("In-Reply-To", "<a@ruiz.example>".into()), ("MIME-Version", "1.0".into()), ("Content-Type", kind.into())],
            b"--x\r\nContent-Type: text/plain\r\n\r\n--x\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\xff\xfe\x00<b>\x1b[2J",
        ));
    }
    add(raw(
        &[
            ("From", from(8)),
            ("Subject", "Re: deep".into()),
            ("Date", date.clone()),
            ("In-Reply-To", "<a@ruiz.example>".into()),
            ("Content-Type", "multipart/mixed; boundary=b0".into()),
        ],
        deep.as_bytes(),
    ));
    // Charsets that lie or do not exist.
    for charset in [
        "utf-16",
        "utf-7",
        "x-none",
        "iso-2022-jp",
        "gb18030",
        "us-ascii",
    ] {
        add(raw(
            &[
                ("From", from(9)),
                ("To", OPERATOR.into()),
                ("Subject", format!("=?{charset}?B?//4AG1s=?=")),
                ("Date", date.clone()),
                ("In-Reply-To", "<a@ruiz.example>".into()),
                ("Content-Type", format!("text/plain; charset={charset}")),
            ],
            b"Interested \x1b$B\xff\xfe\x80\x9b2J +ABsAWw- \x00\r\n",
        ));
    }
    // Senders that are none, many, or not one line.
    for sender in [
        "",
        "<>",
        "\u{1b}[2J",
        "a@b@c",
        "p10@firm10.example\u{0}",
        "p10@firm10.example, q@x.example",
        "\"\r\n \u{9b}2J\" <p10@firm10.example>",
        "group:;",
        "\u{202e}elpmaxe.01mrif@01p",
    ] {
        add(letter(
            sender,
            "Hello",
            &date,
            "In-Reply-To: <a@ruiz.example>\r\n",
            "Interested!",
        )
        .into_bytes());
    }
    // Dates out of this world.
    for when in [
        "",
        "Tue, 31 Feb 2026 25:61:61 +9999",
        "Thu, 1 Jan 0000 00:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "\u{1b}[2J",
    ] {
        add(letter(
            &from(11),
            "Re: when",
            when,
            "In-Reply-To: <a@ruiz.example>\r\n",
            "Interested!",
        )
        .into_bytes());
    }
    add(Vec::new());
    add(vec![0; 4096]);
    add(vec![b'\n'; 4096]);
    add((0..=255).cycle().take(100_000).collect());
    add(b"From: p12@firm12.example".to_vec());
    // A calendar answer with escapes.
    add(raw(
        &[("From", from(13)), ("Subject", "Accepted".into()), ("Date", date.clone()), ("In-Reply-To", "<a@ruiz.example>".into()), ("Content-Type", "text/calendar; method=REPLY; charset=utf-8".into())],
        format!("BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{EVIL}\r\nSUMMARY:{EVIL}\r\nDTSTART:20261124T100000Z\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", from(13)).as_bytes(),
    ));
    // File names that are no text, or look like flags and escapes.
    for odd in [
        &b"17954.\xff"[..],
        b"17954.\xfe",
        b"17954.\x1b[2J",
        "17954.\u{202e}x".as_bytes(),
        b"17954. space",
        b"17954.a:2,",
        b"17954.b:1,x",
        b"17954.%s%n",
        b"-rf",
        b"17954.q\"'`$(x)",
    ] {
        all.push((
            odd.to_vec(),
            letter(
                &from(14),
                "Re: names",
                &date,
                &format!("In-Reply-To: <a@ruiz.example>\r\nX-N: {}\r\n", all.len()),
                &format!("Interested {}!", all.len()),
            )
            .replace("Message-ID: <", &format!("Message-ID: <n{}.", all.len()))
            .into_bytes(),
        ));
    }
    all
}

fn people(home: &Home) {
    home.contacts(&(0..15).fold("Email,First Name\n".to_owned(), |csv, i| {
        format!("{csv}p{i}@firm{i}.example,P{i}\n")
    }));
}

/// Runs every command that shows what came from outside; none may pass on what acts on a terminal.
#[track_caller]
fn everything_shown_is_clean(home: &Home) {
    let mut lines: Vec<String> = [
        "today --limit 1000",
        "signals list --limit 1000",
        "signals list --unmatched",
        "signals health",
        "contacts list --limit 1000",
        "outcome list --limit 1000",
        "deals list",
        "undo --list",
        "audit list --limit 1000",
        "suppress list",
        "mail list",
        "contacts search p",
        "contacts export",
        "contacts export --format json",
        "contacts export --format vcf",
    ]
    .map(str::to_owned)
    .into();
    for mv in home.today() {
        lines.push(format!("show {}", mv["id"]));
        lines.push(format!("approve {} --dry-run", mv["id"]));
    }
    for contact in home.json("contacts list --limit 1000")["contacts"]
        .as_array()
        .unwrap()
    {
        lines.push(format!("why {}", contact["id"]));
        lines.push(format!("when {}", contact["id"]));
        lines.push(format!("contacts show {}", contact["id"]));
    }
    for line in lines {
        for json in [false, true] {
            let args = line.split_whitespace().chain(json.then_some("--json"));
            let ran = home.run(args);
            assert!(matches!(ran.code, Some(0 | 2)), "{line}: {ran:?}");
            let found = hostile(
                &ran.bytes
                    .iter()
                    .copied()
                    .filter(|b| *b != b'\r')
                    .collect::<Vec<_>>(),
            );
            assert!(
                found.is_empty(),
                "{line} (json: {json}) shows {found:?}:\n{}",
                ran.out.escape_debug()
            );
            assert!(
                hostile(ran.err.as_bytes()).is_empty(),
                "{line}: {:?}",
                ran.err
            );
            assert!(!ran.err.contains("panicked"), "{line}: {}", ran.err);
        }
    }
}

#[test]
fn hostile_mail_is_taken_in_counted_and_shown_clean() {
    let home = Home::live();
    people(&home);
    let messages = messages();
    for (name, bytes) in &messages {
        fs::write(
            home.inbox().join("new").join(OsStr::from_bytes(name)),
            bytes,
        )
        .unwrap();
    }
    fs::create_dir(home.inbox().join("new/1795400999.folder")).unwrap();
    fs::write(home.inbox().join("new/.hidden"), "x").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", home.inbox().join("new/1795400998.link")).unwrap();
    let ran = home.run(["sync"]).exits(0);
    assert!(hostile(&ran.bytes).is_empty());
    let health = home.json("signals health");
    let mail = health
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "mail:mail")
        .unwrap();
    let number = |key: &str| mail[key].as_u64().unwrap() as usize;
    assert_eq!(number("seen"), messages.len(), "{mail:#}");
    assert_eq!(
        number("seen"),
        number("new") + number("dropped"),
        "{mail:#}"
    );
    let reasons: u64 = mail["drop_reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r[1].as_u64().unwrap())
        .sum();
    assert_eq!(reasons as usize, number("dropped"));
    assert!(
        number("new") >= 30,
        "most are from known people and are kept: {mail:#}"
    );
    assert_eq!(home.json("sync")["new"], 0);
    everything_shown_is_clean(&home);
    home.audit_holds();
}

#[test]
fn each_hostile_message_can_be_read_alone() {
    let home = Home::live();
    people(&home);
    for (i, (_, bytes)) in messages().iter().enumerate() {
        let file = home.write("message.eml", bytes);
        for args in [
            &["--json"][..],
            &[],
            &["--ours", "<a@ruiz.example>", "--json"],
        ] {
            let ran = home
                .run(["mail", "read", file.to_str().unwrap()].iter().chain(args))
                .exits(0);
            let found = hostile(&ran.bytes);
            assert!(
                found.is_empty(),
                "message {i} shows {found:?}: {}",
                ran.out
                    .chars()
                    .take(2000)
                    .collect::<String>()
                    .escape_debug()
            );
            if args.len() == 1 {
                ran.json();
            }
        }
    }
    let folder = home.path().join("files");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in messages() {
        fs::write(folder.join(OsStr::from_bytes(&name)), bytes).unwrap();
    }
    for args in [&["--json"][..], &[]] {
        let ran = home.run(
            ["mail", "threads", folder.to_str().unwrap()]
                .iter()
                .chain(args),
        );
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
        assert!(
            hostile(&ran.bytes).is_empty(),
            "{:?}: {}",
            hostile(&ran.bytes),
            ran.out.escape_debug()
        );
    }
}

#[test]
fn hostile_names_and_payloads_are_shown_clean() {
    let home = Home::live();
    let cell = format!("\"{}\"", EVIL.replace('"', "\"\""));
    let ran = home.run_with_input(
        ["contacts", "import", "-"],
        format!("Email,First Name,Last Name,Company,Job Title,City,Country,Phone,Notes,{cell}\nann@acme.example,{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}\n{cell},{cell},x,y,z,,,,,\n").as_bytes(),
    );
    assert!(
        hostile(&ran.bytes).is_empty() && hostile(ran.err.as_bytes()).is_empty(),
        "{ran:?}"
    );
    let mut lines = Vec::new();
    for kind in [
        "form.submitted",
        "hubspot.deal_created",
        "hubspot.deal_stage_changed",
        "calendar.meeting_booked",
        "x.mention",
        "calendar.no_show",
        "timer.content_ready",
        "mail.reply_received",
    ] {
        let mut payload = json!({"kind": kind, "source": "form", "at": "2026-11-23T09:00:00Z", "email": "ann@acme.example", EVIL: EVIL});
        for key in [
            "message",
            "name",
            "first_name",
            "company",
            "deal_name",
            "deal_id",
            "stage",
            "title",
            "text",
            "topic",
            "competitor",
            "label",
            "note",
            "uid",
            "id",
            "currency",
            "pipeline",
            "author",
        ] {
            payload[key] = EVIL.into();
        }
        payload["starts_at"] = "2026-11-24T09:00:00Z".into();
        lines.push(payload.to_string());
        payload["email"] = serde_json::Value::Null;
        lines.push(payload.to_string());
    }
    lines.push(json!({"kind": "manual", "at": "2026-11-23T09:00:00Z", "action": "log_call", "title": EVIL, "note": EVIL}).to_string());
    lines.push(json!({"kind": EVIL, "at": EVIL, "email": EVIL}).to_string());
    lines.push(EVIL.to_owned());
    lines.push("[".repeat(200_000));
    let ran = home
        .run_with_input(
            ["signals", "add", "--file", "-"],
            lines.join("\n").as_bytes(),
        )
        .exits(3);
    assert!(
        hostile(&ran.bytes).is_empty() && hostile(ran.err.as_bytes()).is_empty(),
        "{ran:?}"
    );
    home.ok("sync");
    assert!(home.today().len() >= 8);
    everything_shown_is_clean(&home);
}

#[test]
fn a_message_that_cannot_be_read_does_not_hold_the_others_back() {
    let home = Home::live();
    people(&home);
    let date = "Mon, 23 Nov 2026 08:00:00 +0000";
    home.deliver(
        "1.a",
        letter(
            "p1@firm1.example",
            "Re: x",
            date,
            "In-Reply-To: <a@ruiz.example>\r\n",
            "Interested!",
        ),
    );
    home.deliver(
        "2.b",
        letter(
            "p2@firm2.example",
            "Re: x",
            date,
            "In-Reply-To: <a@ruiz.example>\r\n",
            "Interested!",
        ),
    );
    let locked = home.inbox().join("new/1.a");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&locked).is_ok() {
        // The superuser reads everything.
        return;
    }
    let ran = home.run(["sync"]).exits(3);
    assert!(
        ran.out.starts_with("1 new signal, 1 new move") && ran.err.contains("cannot be read"),
        "{ran:?}"
    );
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(
        home.ok("sync").starts_with("1 new signal, 1 new move"),
        "it is tried again"
    );
}

#[test]
fn a_message_longer_than_is_read_still_counts() {
    let home = Home::live();
    people(&home);
    let mut message = letter(
        "p1@firm1.example",
        "Re: x",
        "Mon, 23 Nov 2026 08:00:00 +0000",
        "In-Reply-To: <a@ruiz.example>\r\n",
        "Interested!\r\n> quoted",
    )
    .into_bytes();
    message.resize(33 * 1024 * 1024, b'\n');
    home.deliver("1.a", message);
    home.deliver(
        "2.b",
        letter(
            "p2@firm2.example",
            "Re: x",
            "Mon, 23 Nov 2026 08:00:00 +0000",
            "In-Reply-To: <a@ruiz.example>\r\n",
            "Interested!",
        ),
    );
    assert_eq!(home.json("sync")["new"], 2);
}

#[test]
fn a_database_of_no_bytes_is_not_a_new_one() {
    let home = Home::live();
    home.ok("suppress add ann@acme.example");
    let database = home.path().join("caseyos.db");
    for beside in ["caseyos.db-wal", "caseyos.db-shm"] {
        drop(std::fs::remove_file(home.path().join(beside)));
    }
    std::fs::write(&database, "").unwrap();
    for line in ["today", "sync", "audit verify", "mode", "suppress list"] {
        let ran = home.run(line.split(' ')).exits(1);
        assert!(ran.err.contains("0 bytes"), "{line}: {}", ran.err);
    }
    home.run([
        "init",
        "--yes",
        "--name",
        "C",
        "--address",
        "c@us.example",
        "--time-zone",
        "UTC",
    ])
    .exits(1);
    assert_eq!(
        std::fs::metadata(&database).unwrap().len(),
        0,
        "nothing was made of it"
    );
}

#[cfg(unix)]
#[test]
fn an_editor_gets_none_of_our_secrets() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::live();
    home.signals(&[crate::home::form(
        "ann@acme.example",
        crate::home::MONDAY,
        "Price?",
    )]);
    let seen = home.path().join("seen");
    let editor = home.write("editor", format!("#!/bin/sh\nenv > {}\n", seen.display()));
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).unwrap();
    let ran = home
        .command(["edit", "1"])
        .env("EDITOR", &editor)
        .env_remove("VISUAL")
        .env("CASEYOS_HUBSPOT_TOKEN", "pat-na1-very-secret")
        .env("CASEYOS_PASSPHRASE", "very-secret")
        .env("CASEYOS_MAIL_WORK_PASSWORD", "very-secret")
        .output()
        .unwrap();
    let environment = std::fs::read_to_string(&seen)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&ran.stderr)));
    assert!(!environment.contains("very-secret"), "{environment}");
    assert!(environment.contains("CASEYOS_HOME="), "{environment}");
}
