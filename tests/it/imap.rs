//! A mailbox on real servers: mail leaves by SMTP, copies and drafts are kept by IMAP, and what comes back is read.

use std::fs;

use std::sync::atomic::{AtomicBool, Ordering};

use caseyos::connectors::mail::imap::{ImapError, ImapSession};
use caseyos::connectors::mail::smtp::{SmtpError, SmtpSession};
use caseyos::connectors::mail::{Endpoint, Login, Protection};
use caseyos::domain::email::address::EmailAddress;
use caseyos::secrets::Secret;

use crate::auth::Signing;
use crate::home::{Home, Ran, form, poll, read_mail, shown};
use crate::mail_servers::{DANA_PASSWORD, MailServers, PASSWORD};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// An installation with a mailbox on the servers, in mode live.
pub fn home(servers: &MailServers, security: (&str, u16, u16), password: &str) -> Home {
    let home = Home::empty();
    home.run([
        "init",
        "--yes",
        "--name",
        "Casey Ruiz",
        "--address",
        "casey@firm.example",
        "--time-zone",
        "UTC",
    ])
    .exits(0);
    home.limits("min_gap_seconds = 0");
    let (word, imap, smtp) = security;
    home.edit_config(|config| {
        let config = config.replace("accounts = []", "").replace("undo_seconds = 20", "undo_seconds = 0");
        format!(
            "{config}\n[[mail.accounts]]\nname = \"work\"\nkind = \"imap\"\nuser = \"casey\"\nca_file = \"{}\"\n\
             imap = {{ host = \"localhost\", port = {imap}, security = \"{word}\" }}\n\
             smtp = {{ host = \"localhost\", port = {smtp}, security = \"{word}\" }}\n",
            shown(&servers.authority())
        )
    });
    home.write("password", password);
    home.ok("mode live");
    home
}

pub fn run(home: &Home, line: &str) -> Ran {
    let password = fs::read_to_string(home.path().join("password")).unwrap();
    home.command(line.split_whitespace())
        .env("CASEYOS_MAIL_WORK_PASSWORD", password)
        .output()
        .unwrap()
        .into()
}

pub fn endpoint(servers: &MailServers, port: u16) -> Endpoint {
    Endpoint {
        host: "localhost".into(),
        port,
        protection: Protection::Tls,
        extra_roots: fs::read(servers.authority()).unwrap(),
    }
}

/// What Dana's mail program would send.
fn dana_writes(servers: &MailServers, message: &str) {
    let endpoint = endpoint(servers, servers.submissions);
    let login = Login::Password {
        user: "dana".into(),
        password: Secret::new(DANA_PASSWORD),
    };
    let mut session = SmtpSession::connect(&endpoint, &login, "client.example").unwrap();
    let address = |a: &str| EmailAddress::parse(a).unwrap();
    session
        .send(
            &address("dana@client.example"),
            &[address("casey@firm.example")],
            "<x@client.example>",
            message.as_bytes(),
            &mut || Ok(()),
        )
        .unwrap();
    session.close();
}

pub fn contacts(home: &Home) {
    home.contacts(
        "First Name,Last Name,Email,Company,Country\nDana,Diaz,dana@client.example,Client,United Kingdom\n\
         Nick,Nobody,nobody@client.example,Client,United Kingdom\nRita,Refused,refused@client.example,Client,United Kingdom\n",
    );
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_session_over_imap_and_smtp_goes_from_a_form_to_what_came_of_it() {
    for word in ["tls", "starttls"] {
        let servers = MailServers::start();
        let security = match word {
            "tls" => (word, servers.imaps, servers.submissions),
            _ => (word, servers.imap, servers.submission),
        };
        let mut home = home(&servers, security, PASSWORD);
        contacts(&home);
        home.signals(&[form(
            "dana@client.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        )])
        .exits(0);
        run(&home, "sync").exits(0);
        let mv = home.find_move("dana@client.example", "email_follow_up");
        let before = servers.folder("dana", "INBOX").len();
        let sent = run(&home, &format!("approve {mv} --json")).exits(0).json();
        assert_eq!(sent["result"], "sent", "{sent}");
        poll(LIMIT, "delivery", || {
            servers.folder("dana", "INBOX").len() > before
        });

        // What arrived is what was shown, and a copy of it was kept.
        let arrived = servers
            .folder("dana", "INBOX")
            .into_iter()
            .map(read_mail)
            .next_back()
            .unwrap();
        assert_eq!(arrived.message_id, sent["message_id"].as_str().unwrap());
        let copies: Vec<_> = servers
            .folder("casey", "Sent")
            .into_iter()
            .map(read_mail)
            .collect();
        assert!(copies.iter().any(|m| m.message_id == arrived.message_id));
        // Asked again, there is no second message.
        run(&home, &format!("approve {mv}")).exits(0);
        run(&home, "sync").exits(0);

        home.at("2026-11-23T11:00:00Z");
        let count = servers.folder("casey", "INBOX").len();
        dana_writes(
            &servers,
            &format!(
                "From: Dana Diaz <dana@client.example>\r\nTo: casey@firm.example\r\nSubject: Re: {}\r\nDate: Mon, 23 Nov 2026 10:30:00 +0000\r\n\
             Message-ID: <answer.{mv}.{}@client.example>\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
             Sounds great, could we talk on Thursday?\r\n",
                arrived.subject,
                security.0,
                id = arrived.message_id
            ),
        );
        poll(LIMIT, "the answer's delivery", || {
            servers.folder("casey", "INBOX").len() > count
        });
        run(&home, "sync").exits(0);
        let outcomes = home.outcomes();
        assert!(
            outcomes.contains(&"email_replied".to_owned()),
            "{outcomes:?}"
        );
        home.find_move("dana@client.example", "reply");
        // A second look sees nothing, also when the server gave its messages other UIDs.
        assert_eq!(run(&home, "sync --json").exits(0).json()["seen"], 0);
        servers.forget_uids("casey");
        assert_eq!(run(&home, "sync --json").exits(0).json()["new"], 0);
        assert_eq!(home.outcomes(), outcomes);
        home.audit_holds();
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_bounce_of_a_real_server_suppresses_and_a_refusal_is_final() {
    let servers = MailServers::start();
    let mut home = home(
        &servers,
        ("tls", servers.imaps, servers.submissions),
        PASSWORD,
    );
    contacts(&home);
    home.signals(&[
        form("nobody@client.example", "2026-11-23T09:40:00Z", "Hello?"),
        form("refused@client.example", "2026-11-23T09:41:00Z", "Hello?"),
    ])
    .exits(0);
    // Accepted, and then not delivered: Postfix reports it.
    let nobody = home.find_move("nobody@client.example", "email_follow_up");
    assert_eq!(
        run(&home, &format!("approve {nobody} --json"))
            .exits(0)
            .json()["result"],
        "sent"
    );
    poll(LIMIT, "the report", || {
        !servers.folder("casey", "INBOX").is_empty()
    });
    home.at("2026-11-23T10:10:00Z");
    run(&home, "sync").exits(0);
    assert!(
        home.outcomes().contains(&"email_bounced".to_owned()),
        "{}",
        servers.logs()
    );
    let suppressed = home.run(["suppress", "list", "--json"]).out;
    assert!(suppressed.contains("nobody@client.example"), "{suppressed}");

    let refused = home.find_move("refused@client.example", "email_follow_up");
    let ran = run(&home, &format!("approve {refused}"));
    assert_ne!(ran.code, Some(0));
    assert!(
        ran.err.contains("554") && ran.err.contains("Access denied"),
        "{ran:?}"
    );
    assert_eq!(servers.folder("casey", "Sent").len(), 1);
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn drafts_go_to_the_servers_own_drafts_folder_and_can_be_taken_back() {
    let servers = MailServers::start();
    let home = home(
        &servers,
        ("starttls", servers.imap, servers.submission),
        PASSWORD,
    );
    contacts(&home);
    home.ok("mode draft");
    home.signals(&[form(
        "dana@client.example",
        "2026-11-23T09:40:00Z",
        "What does it cost?",
    )])
    .exits(0);
    let mv = home.find_move("dana@client.example", "email_follow_up");
    let made = run(&home, &format!("approve {mv} --json")).exits(0).json();
    assert_eq!(made["status"], "drafted", "{made}");
    assert_eq!(made["location"], "work/Entwürfe");
    assert_eq!(servers.folder("casey", "Entw&APw-rfe").len(), 1);
    assert!(servers.folder("dana", "INBOX").is_empty());
    run(&home, "undo").exits(0);
    assert_eq!(servers.folder("casey", "Entw&APw-rfe").len(), 0);
    home.find_move("dana@client.example", "email_follow_up");
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn what_a_mailbox_refuses_is_said_with_what_mends_it_and_nothing_is_lost() {
    let servers = MailServers::start();
    let home = home(
        &servers,
        ("tls", servers.imaps, servers.submissions),
        "wrong",
    );
    contacts(&home);
    home.signals(&[form(
        "dana@client.example",
        "2026-11-23T09:40:00Z",
        "What does it cost?",
    )])
    .exits(0);
    let ran = run(&home, "sync").exits(3);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(
        said.contains("refuses the sign-in") && said.contains("auth login mail"),
        "{said}"
    );
    // A certificate of nobody known.
    home.edit_config(|c| {
        c.replace(
            &format!("ca_file = \"{}\"\n", shown(&servers.authority())),
            "",
        )
    });
    home.write("password", PASSWORD);
    let ran = run(&home, "sync").exits(3);
    assert!(
        format!("{}{}", ran.out, ran.err).contains("cannot be reached"),
        "{ran:?}"
    );
    let mv = home.find_move("dana@client.example", "email_follow_up");
    let ran = run(&home, &format!("approve {mv}"));
    assert!(ran.code != Some(0), "{ran:?}");
    assert!(servers.folder("dana", "INBOX").is_empty());
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_mailbox_that_takes_googles_tokens_is_read_and_sent_from() {
    let s = Signing::new();
    s.google.belong_to("casey@firm.example");
    let token_info = format!("{}/oauth2/v2/tokeninfo?access_token=", s.world.base());
    let servers = MailServers::start_for_tokens(&token_info);
    // Signed in before there was such a mailbox: the right was not asked for.
    s.sign_in("google").exits(0);
    s.home.limits("min_gap_seconds = 0");
    s.home.edit_config(|config| {
        let config = config
            .replace("accounts = []", "")
            .replace("undo_seconds = 20", "undo_seconds = 0");
        format!(
            "{config}\n[[mail.accounts]]\nname = \"work\"\nkind = \"imap\"\nuser = \"casey@firm.example\"\nauth = \"oauth2\"\n\
             ca_file = \"{}\"\nimap = {{ host = \"localhost\", port = {}, security = \"tls\" }}\n\
             smtp = {{ host = \"localhost\", port = {}, security = \"tls\" }}\n",
            shown(&servers.authority()),
            servers.imaps,
            servers.submissions
        )
    });
    let account = |name: &str| {
        let all = s.run("auth status --json").json();
        let all = all.as_array().unwrap().clone();
        all.into_iter().find(|a| a["account"] == name).unwrap()
    };
    let right = "https://mail.google.com/";
    let said = s.run("mail check work").exits(1).err;
    assert!(
        said.contains(right) && said.contains("--mail-server"),
        "{said}"
    );
    assert_eq!(account("google")["missing"][0]["scope"], right);
    assert_eq!(account("mail:work")["standing"], "broken");
    s.run("auth login mail work").exits(2);
    s.run("auth logout google").exits(0);
    let alone = account("mail:work");
    assert!(
        alone["problem"]
            .as_str()
            .unwrap()
            .contains("nobody is signed in"),
        "{alone}"
    );

    // The mailbox is reason enough to ask for it.
    let signed_in = s.sign_in("google").exits(0).json();
    assert!(
        signed_in["scopes"]
            .as_array()
            .unwrap()
            .contains(&right.into())
    );
    assert_eq!(account("google")["standing"], "fine");
    assert_eq!(account("mail:work")["standing"], "fine");
    let status = s.run("auth status").exits(0).out;
    assert!(status.contains("mail.google.com"), "{status}");
    s.run("mail check work").exits(0);

    s.run("mode live").exits(0);
    contacts(&s.home);
    s.home
        .signals(&[form(
            "dana@client.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        )])
        .exits(0);
    s.run("sync --source mail").exits(0);
    let mv = s.home.find_move("dana@client.example", "email_follow_up");
    let sent = s.run(&format!("approve {mv} --json")).exits(0).json();
    assert_eq!(sent["result"], "sent", "{sent}");
    poll(LIMIT, "delivery", || {
        !servers.folder("dana", "INBOX").is_empty()
    });
    assert_eq!(servers.folder("casey", "Sent").len(), 1);

    // A token that was withdrawn before its time is replaced once.
    s.google.expire_all();
    let before = s.google.refreshes();
    s.run("mail check work").exits(0);
    assert_eq!(s.google.refreshes(), before + 1);

    // The server itself holds to the right and to the account.
    s.google
        .grant_only(&["https://www.googleapis.com/auth/gmail.modify"]);
    s.sign_in("google").exits(3);
    s.google.belong_to("dana@firm.example");
    let until = "2026-11-23T11:00:00Z".parse().unwrap();
    for (scopes, user) in [(false, "casey"), (true, "casey"), (true, "dana")] {
        let given = [right];
        let token = s
            .google
            .mint_access(if scopes { &given[..] } else { &[] }, until);
        let login = Login::Token {
            user: format!("{user}@firm.example"),
            token: Secret::new(token),
        };
        let imap = ImapSession::connect(&endpoint(&servers, servers.imaps), &login);
        let smtp = SmtpSession::connect(
            &endpoint(&servers, servers.submissions),
            &login,
            "firm.example",
        );
        if user == "dana" {
            assert!(imap.is_ok(), "{imap:?} {}", servers.logs());
            assert!(smtp.is_ok(), "{smtp:?}");
        } else {
            assert!(
                matches!(&imap, Err(ImapError::SignIn { .. })),
                "{imap:?} {}",
                servers.logs()
            );
            assert!(
                matches!(&smtp, Err(SmtpError::SignIn(_))),
                "{smtp:?} {}",
                servers.logs()
            );
        }
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_server_tells_of_new_mail_at_once_and_a_wait_can_be_ended() {
    let servers = MailServers::start();
    let login = Login::Password {
        user: "casey".into(),
        password: Secret::new(PASSWORD),
    };
    let mut session = ImapSession::connect(&endpoint(&servers, servers.imaps), &login).unwrap();
    session.examine("INBOX").unwrap();
    let stop = AtomicBool::new(false);
    let news = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| session.wait_for_news(&stop));
        dana_writes(
            &servers,
            "From: dana@client.example\r\nTo: casey@firm.example\r\nSubject: Hello\r\n\r\nHello\r\n",
        );
        waiting.join().unwrap()
    });
    assert_eq!(news, Ok(Some(true)));
    // The connection is good for more, and whoever is told to stop does.
    assert_eq!(session.examine("INBOX").unwrap().exists, 1);
    stop.store(true, Ordering::Relaxed);
    assert_eq!(session.wait_for_news(&stop), Ok(Some(false)));
    session.close();
}

#[test]
fn a_mailbox_is_added_by_its_address() {
    let home = Home::init();
    let added = home.json("mail add imap casey@gmx.de --name private");
    assert_eq!(
        (&added["imap"]["host"], &added["smtp"]["port"]),
        (&"imap.gmx.net".into(), &465.into())
    );
    let given = home.json(
        "mail add imap casey@firm.example --imap imap.firm.example --smtp mail.firm.example:587 --folder Answers",
    );
    assert_eq!(
        (&given["imap"]["port"], &given["smtp"]["security"]),
        (&993.into(), &"starttls".into())
    );
    let names: Vec<_> = home
        .json("mail list")
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["name"].clone())
        .collect();
    assert_eq!(names, ["private", "firm.example"]);
    for bad in [
        "casey",
        "casey@firm.example --imap host --smtp host:port",
        "casey@firm.example --imap host.example --smtp host.example --security none",
    ] {
        home.run(format!("mail add imap {bad}").split_whitespace())
            .exits(2);
    }
    assert_eq!(home.json("mail list").as_array().unwrap().len(), 2);
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_mailbox_is_tried_before_anything_depends_on_it() {
    let servers = MailServers::start();
    let home = home(
        &servers,
        ("tls", servers.imaps, servers.submissions),
        PASSWORD,
    );
    let report = run(&home, "mail check work --json").exits(0).json();
    assert_eq!(
        (&report["drafts"], &report["tells_news"], &report["reports"]),
        (&"Entwürfe".into(), &true.into(), &true.into())
    );
    home.write("password", "wrong");
    let said = run(&home, "mail check work").exits(1).err;
    assert!(said.contains("refuses the sign-in"), "{said}");
    run(&home, "mail check nothing").exits(2);
}
