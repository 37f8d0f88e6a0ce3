//! No secret is ever left lying about: after a full run, with every kind of failure and the most talkative log, all that the program printed and
//! wrote is searched for every secret that it was given.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use caseyos::connectors::world::{Fault, FaultRule};

use crate::auth::{PASSPHRASE, Signing};
use crate::home::Ran;

const TOKEN: &str = "pat-good";
const PASSWORD: &str = "geheimes Passwort 77";

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

/// The ways in which a secret may stand in a file.
fn disguises(secret: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let encoded: String = secret
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect();
    vec![
        secret.as_bytes().to_vec(),
        encoded.into_bytes(),
        STANDARD_NO_PAD.encode(secret).into_bytes(),
        URL_SAFE_NO_PAD.encode(secret).into_bytes(),
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ]
}

#[test]
fn no_secret_is_printed_or_written_by_a_full_run() {
    let s = Signing::new();
    s.home.edit_config(|config| {
        format!("{config}\n[[mail.accounts]]\nname = \"work\"\nkind = \"imap\"\n[mail.accounts.imap]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n[mail.accounts.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n")
            .replace("accounts = []\n", "")
    });
    let mut printed: Vec<(String, Vec<u8>)> = Vec::new();
    let mut run = |line: &str, input: &str, passphrase: &str| -> Ran {
        let mut child = s
            .command(line)
            .env("CASEYOS_LOG", "trace")
            .env("CASEYOS_PASSPHRASE", passphrase)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let ran: Ran = child.wait_with_output().unwrap().into();
        printed.push((line.to_owned(), format!("{}\n{}", ran.out, ran.err).into()));
        ran
    };
    let everything = [
        "auth status",
        "auth status --json",
        "doctor --offline --json",
        "doctor --offline",
        "sync",
        "sync --json",
        "signals health --json",
        "audit list --json",
        "audit verify",
        "config show --json",
        "today --json",
    ];
    run("auth login hubspot --token-stdin", TOKEN, PASSPHRASE).exits(0);
    run(
        "auth login mail work --password-stdin",
        PASSWORD,
        PASSPHRASE,
    )
    .exits(0);
    printed.push(("sign in".into(), s.sign_in("google").exits(0).bytes));
    let mut run = |line: &str, passphrase: &str| {
        let ran: Ran = s
            .command(line)
            .env("CASEYOS_LOG", "trace")
            .env("CASEYOS_PASSPHRASE", passphrase)
            .output()
            .unwrap()
            .into();
        printed.push((line.to_owned(), format!("{}\n{}", ran.out, ran.err).into()));
    };
    for line in everything {
        run(line, PASSPHRASE);
    }
    // Everything that can fail, fails.
    for fault in [
        Fault::status(401),
        Fault::status(500),
        Fault::Malformed,
        Fault::Redirect { to: String::new() },
        Fault::Status {
            status: 400,
            retry_after: None,
            body: serde_json::json!({"error": "invalid_grant", "error_description": "no"}),
        },
    ] {
        s.google.expire_all();
        s.world.harm(FaultRule::on("/", fault).times(0));
        run("sync --json", PASSPHRASE);
        run("auth status", PASSPHRASE);
        s.world.heal();
    }
    s.google.withdraw_all();
    for line in everything {
        run(line, PASSPHRASE);
    }
    run("auth status", "the wrong passphrase");
    run("auth logout google --json", PASSPHRASE);
    run("auth logout hubspot", PASSPHRASE);
    let heard = s.heard.lock().unwrap().clone();
    printed.push(("stderr of signing in".into(), heard.into_bytes()));
    files(s.home.path(), &mut printed);
    assert!(printed.iter().any(|(name, _)| name.ends_with("caseyos.db")));
    let log = serde_json::to_vec(&s.world.requests()).unwrap();
    printed.push(("the world's log".into(), log));

    let mut secrets = s.google.secrets();
    secrets.extend(s.hubspot.secrets());
    secrets.extend([PASSPHRASE, TOKEN, PASSWORD, "the wrong passphrase"].map(str::to_owned));
    let mut found = Vec::new();
    for secret in &secrets {
        for disguise in disguises(secret) {
            for (name, bytes) in &printed {
                if bytes.windows(disguise.len()).any(|w| w == disguise) {
                    found.push(format!("{secret} in {name}"));
                }
            }
        }
    }
    assert!(secrets.len() > 6, "{secrets:?}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
