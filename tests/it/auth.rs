//! Signing in, being refreshed, signing out: against a sign-in in memory, with secrets in a sealed file.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use caseyos::connectors::world::oauth::{Grants, OauthDouble};
use caseyos::connectors::world::{
    Double, Fault, FaultRule, Setting, World, WorldOptions, WorldRequest, WorldResponse,
};
use caseyos::domain::service::{Base, Provider};
use caseyos::env::FixedClock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::home::{Home, MONDAY, Ran};

pub const PASSPHRASE: &str = "correct horse battery";

/// What the tokens are for: a profile, and the smallest of a portal.
struct Api {
    grants: Grants,
    provider: Provider,
    prefix: &'static str,
    tokens: Vec<&'static str>,
}

impl Double for Api {
    fn name(&self) -> &'static str {
        self.provider.as_str()
    }

    fn serves(&self, path: &str) -> bool {
        path.starts_with(self.prefix)
    }

    fn handle(&mut self, request: &WorldRequest, now: Timestamp) -> WorldResponse {
        let bearer = request.bearer().unwrap_or_default();
        let is_known =
            self.tokens.contains(&bearer) || self.grants.scopes_of(bearer, now).is_some();
        if !is_known {
            return WorldResponse::json(401, &json!({"error": {"code": 401}}));
        }
        if request.path.ends_with("/deals") && bearer == "no-deals" {
            return WorldResponse::json(403, &json!({"category": "MISSING_SCOPES"}));
        }
        WorldResponse::json(
            200,
            &json!({"emailAddress": "casey@ruiz.example", "results": []}),
        )
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        let Base::Own(key, _) = self.provider.row().api.row().base else {
            return Vec::new();
        };
        vec![(self.provider.as_str(), key, base.to_owned())]
    }
}

pub struct Signing {
    pub home: Home,
    pub world: World,
    pub google: Grants,
    pub hubspot: Grants,
    /// What was said on stderr while somebody signed in.
    pub heard: Arc<Mutex<String>>,
}

fn shared(double: impl Double + 'static) -> Arc<Mutex<dyn Double>> {
    Arc::new(Mutex::new(double))
}

impl Signing {
    pub fn new() -> Self {
        let google = Grants::new(Provider::Google);
        let hubspot = Grants::new(Provider::Hubspot);
        let options = WorldOptions {
            clock: Arc::new(FixedClock(MONDAY.parse().unwrap())),
            ..WorldOptions::default()
        };
        let api = |grants: &Grants, provider, prefix| {
            shared(Api {
                grants: grants.clone(),
                provider,
                prefix,
                tokens: vec!["pat-good", "no-deals"],
            })
        };
        let world = World::start(
            options,
            vec![
                shared(OauthDouble::new(google.clone())),
                shared(OauthDouble::new(hubspot.clone())),
                api(&google, Provider::Google, "/gmail/v1"),
                api(&hubspot, Provider::Hubspot, "/crm"),
            ],
        )
        .unwrap();
        let home = Home::init();
        home.edit_config(|config| {
            let mut document: toml_edit::DocumentMut = config.parse().unwrap();
            for (table, key, value) in world.settings() {
                document[table][key] = toml_edit::value(value);
            }
            document["hubspot"]["redirect_uri"] = toml_edit::value("http://localhost:0/callback");
            document["secrets"]["backend"] = toml_edit::value("file");
            document.to_string()
        });
        Self {
            home,
            world,
            google,
            hubspot,
            heard: Arc::default(),
        }
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = self.home.command(line.split_whitespace());
        command
            .env("CASEYOS_PASSPHRASE", PASSPHRASE)
            .env("CASEYOS_GOOGLE_CLIENT_SECRET", "world-client-secret")
            .env("CASEYOS_HUBSPOT_CLIENT_SECRET", "world-client-secret")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("XDG_RUNTIME_DIR");
        command
    }

    pub fn run(&self, line: &str) -> Ran {
        self.command(line).output().unwrap().into()
    }

    fn start(&self, line: &str) -> (Child, String) {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("an address").unwrap();
            if line.starts_with("http") {
                break line;
            }
            said.push_str(&line);
        };
        // What is said later must not fill the pipe.
        let heard = Arc::clone(&self.heard);
        heard.lock().unwrap().push_str(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push_str(&line);
            }
        });
        (child, url)
    }

    /// Signs in by the loopback, as a browser would.
    pub fn sign_in(&self, account: &str) -> Ran {
        let (child, url) = self.start(&format!("auth login {account} --no-browser --json"));
        let page = browse(&url);
        assert!(page.contains("CaseyOS"), "{page}");
        child.wait_with_output().unwrap().into()
    }

    fn status(&self, account: &str) -> Value {
        let ran = self.run("auth status --json");
        let all = ran.json();
        all.as_array()
            .unwrap()
            .iter()
            .find(|a| a["account"] == account)
            .unwrap()
            .clone()
    }
}

/// Goes where the page of consent leads and returns the last page.
fn browse(url: &str) -> String {
    let client = reqwest::blocking::Client::new();
    client.get(url).send().unwrap().text().unwrap()
}

/// Returns where the page of consent leads without going there.
fn redirect_of(url: &str) -> String {
    let client = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.get(url).send().unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[test]
fn the_operator_signs_in_by_the_browser_and_out_again() {
    let s = Signing::new();
    let signed_in = s.sign_in("google").exits(0).json();
    assert_eq!(signed_in["address"], "casey@ruiz.example");
    assert_eq!(signed_in["kept_in"], "file");
    assert_eq!(signed_in["missing"], json!([]));
    let status = s.status("google");
    assert_eq!(status["standing"], "fine");
    assert_eq!(status["expires_at"], "2026-11-23T10:59:59Z");
    s.run("auth status").exits(0);
    let out = s.run("auth logout google --json").exits(0).json();
    assert_eq!(
        (&out["revoked"], &out["removed"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(s.google.revocations(), 1);
    assert_eq!(s.status("google")["standing"], "signed_out");
    s.run("auth logout google --fail-on-empty").exits(5);
    s.home.audit_holds();
}

#[test]
fn the_address_or_the_code_can_be_pasted() {
    let s = Signing::new();
    for whole in [true, false] {
        let (mut child, url) = s.start("auth login google --no-browser --json");
        let redirect = redirect_of(&url);
        let code = redirect.split_once("code=").unwrap().1;
        let code = code.split('&').next().unwrap();
        let line = if whole { redirect.as_str() } else { code };
        let mut stdin = child.stdin.take().unwrap();
        writeln!(
            stdin,
            "\nhttp://127.0.0.1:1/callback?code=x&state=wrong\n{line}"
        )
        .unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!(ran.exits(0).json()["account"], "google");
    }
}

#[test]
fn a_cancelled_or_unanswered_sign_in_changes_nothing() {
    let s = Signing::new();
    s.sign_in("google").exits(0);
    s.google.deny(true);
    let (child, url) = s.start("auth login google --no-browser");
    assert!(browse(&url).contains("cancelled"));
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.exits(1);
    let ran = s.run("auth login google --no-browser --wait 1").exits(1);
    assert!(ran.err.contains("given up"), "{}", ran.err);
    assert_eq!(s.status("google")["standing"], "fine");
}

#[test]
fn a_forged_answer_does_not_end_the_sign_in() {
    let s = Signing::new();
    let (child, url) = s.start("auth login google --no-browser");
    let redirect = redirect_of(&url);
    let (address, _) = redirect.split_once('?').unwrap();
    assert!(browse(&format!("{address}?code=evil&state=guess")).contains("not the sign-in"));
    assert!(browse(&address.replace("/callback", "/favicon.ico")).contains("Nothing here"));
    assert!(browse(&redirect).contains("has the answer"));
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.exits(0);
}

#[test]
fn rights_that_were_not_given_are_named_with_what_they_disable() {
    let s = Signing::new();
    s.google
        .grant_only(&["https://www.googleapis.com/auth/gmail.modify"]);
    let ran = s.sign_in("google").exits(3);
    assert_eq!(ran.json()["missing"].as_array().unwrap().len(), 2);
    let status = s.status("google");
    assert_eq!(status["standing"], "warning");
    let text = s.run("auth status").exits(3).out;
    assert!(
        text.contains("meetings are neither seen nor booked"),
        "{text}"
    );
}

#[test]
fn a_token_of_hubspot_is_checked_before_it_is_kept() {
    let s = Signing::new();
    let login = |token: &str| -> Ran {
        let mut child = s
            .command("auth login hubspot --token-stdin --json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(token.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().into()
    };
    let bad = login("pat-bad\n").exits(1);
    assert!(bad.err.contains("401") && !bad.err.contains("pat-bad"));
    assert_eq!(s.status("hubspot")["standing"], "signed_out");
    login("").exits(2);
    login("two words").exits(2);
    let part = login("no-deals").exits(3).json();
    assert_eq!(part["missing"][0]["scope"], "crm.objects.deals.read");
    let good = login("  pat-good\r\n").exits(0).json();
    assert_eq!(good["kind"], "token");
    assert_eq!(s.status("hubspot")["standing"], "fine");
    let out = s.run("auth logout hubspot").exits(0);
    assert!(out.err.contains("service key"), "{}", out.err);
}

#[test]
fn hubspot_can_be_signed_in_to_by_oauth() {
    let s = Signing::new();
    let signed_in = s.sign_in("hubspot --oauth").exits(0).json();
    assert_eq!(signed_in["address"], "ruiz.example");
    assert_eq!(signed_in["missing"], json!([]));
    s.run("auth logout hubspot").exits(0);
    assert_eq!(s.hubspot.revocations(), 1);
}

#[test]
fn where_no_secret_can_be_kept_nobody_is_asked_to_sign_in() {
    let s = Signing::new();
    let config = |backend: &str| {
        s.home.edit_config(|c| {
            let mut document: toml_edit::DocumentMut = c.parse().unwrap();
            document["secrets"]["backend"] = toml_edit::value(backend);
            document.to_string()
        });
    };
    config("auto");
    let ran = s.run("auth login google").exits(1);
    assert!(ran.err.contains("--keep file"), "{}", ran.err);
    config("environment");
    let ran = s.run("auth login google").exits(1);
    assert!(ran.err.contains("environment"), "{}", ran.err);
    config("file");
    let ran: Ran = s
        .command("auth login google")
        .env_remove("CASEYOS_PASSPHRASE")
        .output()
        .unwrap()
        .into();
    assert!(ran.exits(1).err.contains("CASEYOS_PASSPHRASE"));
    assert!(!s.home.path().join("secrets.sealed").exists());
    assert!(s.world.requests().is_empty());
}

#[test]
fn the_client_file_of_google_is_read_and_its_secret_sealed() {
    let s = Signing::new();
    let file = s.home.write(
        "client.json",
        r#"{"installed":{"client_id":"mine.apps","client_secret":"world-client-secret","redirect_uris":["http://localhost"]}}"#,
    );
    let line = format!(
        "auth login google --no-browser --wait 1 --client {}",
        file.display()
    );
    let mut command = s.command(&line);
    let ran: Ran = command
        .env_remove("CASEYOS_GOOGLE_CLIENT_SECRET")
        .output()
        .unwrap()
        .into();
    assert!(ran.exits(1).err.contains("mine.apps"));
    let config = fs::read_to_string(s.home.path().join("config.toml")).unwrap();
    assert!(config.contains("mine.apps") && !config.contains("world-client-secret"));
    let web = s.home.write("web.json", r#"{"web":{"client_id":"x"}}"#);
    let ran = s
        .run(&format!("auth login google --client {}", web.display()))
        .exits(2);
    assert!(ran.err.contains("Desktop app"), "{}", ran.err);
}

#[test]
fn an_answer_without_a_token_is_no_sign_in() {
    let s = Signing::new();
    for fault in [
        Fault::status(500),
        Fault::Malformed,
        Fault::Redirect { to: String::new() },
        Fault::Status {
            status: 200,
            retry_after: None,
            body: json!({"access_token": "x"}),
        },
    ] {
        s.world.harm(FaultRule::on("/token", fault).times(0));
        let ran = s.sign_in("google").exits(1);
        assert!(ran.out.is_empty());
        s.world.heal();
    }
    assert_eq!(s.status("google")["standing"], "signed_out");
    assert!(s.world.requests().iter().all(|r| !r.elsewhere));
}

/// Runs a script with a keyring of its own.
fn in_keyring(script: &str, s: &Signing) -> Ran {
    let unlock = "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", &format!("{unlock} && {script}")])
        .env("CASEYOS", env!("CARGO_BIN_EXE_caseyos"))
        .env("CASEYOS_HOME", s.home.path())
        .env("HOME", s.home.path())
        .env("XDG_DATA_HOME", s.home.path().join("xdg"))
        .env("XDG_RUNTIME_DIR", s.home.path())
        .env("CASEYOS_NOW", MONDAY)
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    command
        .output()
        .expect("dbus-run-session and gnome-keyring-daemon; `.ci/run` installs them")
        .into()
}

#[test]
#[ignore = "needs dbus-run-session and gnome-keyring-daemon"]
fn a_keyring_keeps_the_token_and_gives_it_back() {
    let s = Signing::new();
    s.home
        .edit_config(|c| c.replace("backend = \"file\"", "backend = \"auto\""));
    let script = "printf pat-good | $CASEYOS auth login hubspot --token-stdin && $CASEYOS auth status --json && $CASEYOS auth logout hubspot && $CASEYOS auth status";
    let ran = in_keyring(script, &s).exits(0);
    assert!(
        ran.out.contains("kept in the system's keyring"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\"kept_in\": \"keyring\""), "{}", ran.out);
    assert!(ran.out.contains("Signed out of hubspot"), "{}", ran.out);
    assert!(!s.home.path().join("secrets.sealed").exists());
}

#[test]
fn the_kernel_keeps_the_token_for_other_processes_or_says_that_it_does_not() {
    let s = Signing::new();
    let line = "auth login hubspot --token-stdin --keep keyutils --json";
    let mut child = s
        .command(line)
        .env_remove("CASEYOS_PASSPHRASE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever refuses reads nothing.
    drop(child.stdin.take().unwrap().write_all(b"pat-good"));
    let ran: Ran = child.wait_with_output().unwrap().into();
    let doctor = s.run("doctor --offline --json").json();
    let checks = doctor["checks"].as_array().unwrap();
    let secrets = checks.iter().find(|c| c["name"] == "secrets").unwrap();
    assert!(!s.home.path().join("secrets.sealed").exists());
    if ran.code != Some(0) {
        assert!(ran.exits(1).err.contains("the kernel refuses its own"));
        assert_eq!(secrets["health"], "warning");
        return;
    }
    assert_eq!(ran.json()["kept_in"], "keyutils");
    let found = secrets["found"].as_str().unwrap();
    assert!(
        found.contains("the kernel's keyring") && found.contains("keyutils"),
        "{found}"
    );
    assert_eq!(s.status("hubspot")["standing"], "fine");
    s.run("auth logout hubspot").exits(0);
    assert_eq!(s.status("hubspot")["standing"], "signed_out");
}
