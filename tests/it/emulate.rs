//! Google as others understand it: `emulate`, a stateful double of Google's sign-in, Gmail and Calendar that knows nothing of this program.
//!
//! It is an npm package that `.ci/run` installs under `target/`, so these tests are ignored unless asked for.
//!
//! It is smaller than Google, and this program must get along with that:
//! - There is no profile. The history's newest point is taken from the newest message, the account's addresses from its "Send mail as".
//! - There are no sync tokens and no cancelled events: each pass reads the span of the calendar anew, and what is gone was called off.
//! - The history never expires, and a search knows only some of Gmail's words; one that it does not know finds nothing.
//!
//! And it is wrong in places, which the tests go around:
//! - It compares redirect addresses with their port, against RFC 8252. Only one test registers a client, on a port of its own; in the others
//!   client secrets go unchecked.
//! - It ignores the name that a new event is to have. Google takes it, and so a second insertion there is a conflict and here a second event.
//! - A message that it composes itself has its `Content-Type` in the body, so messages are given to it whole.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caseyos::connectors::mail::parse::parse;
use caseyos::domain::email::ParsedMail;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::home::{Home, OPERATOR, Ran, letter};
use crate::mail_servers::free_port;

const ANN: &str = "ann@acme.example";
/// A token that the double was started with, for looking from the other side.
const OBSERVER: &str = "observer";
/// It would listen on every address of the machine, at a port that may be taken by then: it gets a free one of loopback, and says which.
const ON_LOOPBACK: &str = "const { Server } = require('node:net');\n\
    const listen = Server.prototype.listen;\n\
    Server.prototype.listen = function (port, ...rest) {\n\
      this.once('listening', () => console.log('port', this.address().port));\n\
      const done = rest.filter((value) => typeof value === 'function');\n\
      return listen.call(this, 0, '127.0.0.1', ...done);\n\
    };\n";

/// The double, and a home that is pointed at it.
struct Emulate {
    child: Child,
    port: u16,
    home: Home,
    /// What the double reads.
    _files: TempDir,
}

fn program() -> Option<PathBuf> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = target
        .parent()?
        .join("emulate/node_modules/emulate/dist/index.js");
    let node = Command::new("node").arg("--version").output();
    (path.exists() && node.is_ok_and(|o| o.status.success())).then_some(path)
}

impl Emulate {
    /// Starts it without registered clients: every client is welcome.
    fn start() -> Self {
        Self::start_with(&json!([]))
    }

    fn start_with(clients: &Value) -> Self {
        let program = program().expect("node and emulate; `.ci/run` installs them");
        let files = TempDir::new().unwrap();
        let seed = json!({
            "tokens": {OBSERVER: {"login": OPERATOR, "scopes": []}},
            "google": {
                "users": [{"email": OPERATOR, "name": "Casey Ruiz"}],
                "oauth_clients": clients,
                "calendars": [{"id": "primary", "user_email": OPERATOR, "summary": OPERATOR, "primary": true, "time_zone": "UTC"}],
            },
        });
        fs::write(files.path().join("seed.json"), seed.to_string()).unwrap();
        fs::write(files.path().join("loopback.cjs"), ON_LOOPBACK).unwrap();
        let mut child = Command::new("node")
            .arg("--require")
            .arg(files.path().join("loopback.cjs"))
            .arg(program)
            .args(["start", "--service", "google"])
            .arg("--seed")
            .arg(files.path().join("seed.json"))
            .current_dir(files.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("port ")?.parse().ok());
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.expect("emulate's port");
        Self {
            child,
            port,
            home: Self::home(port),
            _files: files,
        }
    }

    fn home(port: u16) -> Home {
        let home = Home::init();
        home.limits(
            "per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false",
        );
        home.edit_config(|config| {
            let mut document: toml_edit::DocumentMut = config.parse().unwrap();
            let base = format!("http://127.0.0.1:{port}");
            for (key, value) in [
                ("client_id", "caseyos".to_owned()),
                ("gmail_url", base.clone()),
                ("calendar_url", base.clone()),
                ("authorize_url", format!("{base}/o/oauth2/v2/auth")),
                ("auth_url", format!("{base}/oauth2")),
            ] {
                document["google"][key] = toml_edit::value(value);
            }
            document["secrets"]["backend"] = toml_edit::value("file");
            document.to_string()
        });
        home.set_variable("CASEYOS_PASSPHRASE", "correct horse battery");
        home.set_variable("CASEYOS_GOOGLE_CLIENT_SECRET", "client-secret");
        home.contacts("Email,First name\nann@acme.example,Ann\n");
        home.ok("mail add gmail");
        home
    }

    /// Signs in with a token of the environment.
    fn with_token(self) -> Self {
        self.home.set_variable("CASEYOS_GOOGLE_TOKEN", OBSERVER);
        self
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Asks as the account's owner would from elsewhere; null where the answer has no body.
    #[track_caller]
    fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut request = reqwest::blocking::Client::new()
            .request(method, self.url(path))
            .bearer_auth(OBSERVER);
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &Value::Null)
    }

    /// Puts a message into the mailbox as it came over the wire.
    fn receive(&self, message: &str) {
        let body = json!({"raw": URL_SAFE_NO_PAD.encode(message)});
        self.ask(Method::POST, "/gmail/v1/users/me/messages/import", &body);
    }

    /// Returns the messages with a label, oldest first, each with its thread.
    fn messages(&self, label: &str) -> Vec<(String, ParsedMail)> {
        let list = self.get(&format!("/gmail/v1/users/me/messages?labelIds={label}"));
        let ids = list["messages"].as_array().unwrap().iter().rev();
        ids.map(|m| {
            let id = m["id"].as_str().unwrap();
            let message = self.get(&format!("/gmail/v1/users/me/messages/{id}?format=raw"));
            let raw = message["raw"].as_str().unwrap();
            let thread = message["threadId"].as_str().unwrap().to_owned();
            (thread, parse(&URL_SAFE_NO_PAD.decode(raw).unwrap()))
        })
        .collect()
    }

    fn events(&self) -> Vec<Value> {
        let list = self.get("/calendar/v3/calendars/primary/events");
        list["items"].as_array().unwrap().clone()
    }

    /// A pass that must not fail.
    #[track_caller]
    fn synced(&self) -> Value {
        let ran = self.home.run(["sync", "--json"]);
        assert!(matches!(ran.code, Some(0 | 5)), "{ran:?}");
        ran.json()
    }

    /// Starts a sign-in; returns it with the address to open.
    fn start_sign_in(&self, more: &[&str]) -> (Child, String) {
        let line = ["auth", "login", "google", "--no-browser", "--json"];
        let mut child = self
            .home
            .command(line.iter().chain(more))
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.starts_with("http"))
            .unwrap();
        // What is said later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        (child, url)
    }

    /// Consents on the page as the operator would; returns where the browser is sent then.
    fn consent(&self, url: &str) -> String {
        let client = reqwest::blocking::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let page = client.get(url).send().unwrap();
        assert!(page.status().is_success(), "{}", page.status());
        assert!(page.text().unwrap().contains(OPERATOR));
        // The page's form sends on what it was asked with, and who was chosen.
        let (_, query) = url.split_once('?').unwrap();
        let answer = client
            .post(self.url("/o/oauth2/v2/auth/callback"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{query}&email={}", OPERATOR.replace('@', "%40")))
            .send()
            .unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Sends the page's own form, as a browser does; returns the last page.
    fn fill_in(&self, url: &str) -> String {
        let page = reqwest::blocking::get(url).unwrap().text().unwrap();
        let (_, form) = page.split_once("<form").expect("a page of consent");
        let (form, _) = form.split_once("</form>").unwrap();
        let value = |text: &str, name: &str| {
            let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().replace("&amp;", "&")
        };
        let fields: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .map(|input| (value(input, "name"), value(input, "value")))
            .collect();
        let body = reqwest::Url::parse_with_params("http://x/", fields).unwrap();
        let last = reqwest::blocking::Client::new()
            .post(self.url(&value(form, "action")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.query().unwrap().to_owned())
            .send()
            .unwrap();
        last.text().unwrap()
    }

    /// Asks for a token with a form; returns what the double says.
    fn redeem(&self, form: String) -> Value {
        let answer = reqwest::blocking::Client::new()
            .post(self.url("/oauth2/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .unwrap();
        serde_json::from_str(&answer.text().unwrap()).unwrap()
    }

    fn standing(&self) -> Value {
        let ran = self.home.run(["auth", "status", "--json"]);
        let all = ran.json();
        let all = all.as_array().unwrap();
        all.iter()
            .find(|a| a["account"] == "google")
            .unwrap()
            .clone()
    }
}

impl Drop for Emulate {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

#[test]
#[ignore = "needs Node and the npm package emulate"]
fn the_operator_signs_in_with_proof_is_refreshed_and_signs_out() {
    let mut google = Emulate::start();
    let (child, url) = google.start_sign_in(&[]);
    let redirect = google.consent(&url);
    // Whoever catches the code cannot redeem it without the proof.
    let code = redirect.split_once("code=").unwrap().1;
    let code = code.split('&').next().unwrap();
    let stolen = format!("grant_type=authorization_code&code={code}&client_id=caseyos");
    for proof in ["", "&code_verifier=guess"] {
        let refused = google.redeem(format!("{stolen}{proof}"));
        assert_eq!(refused["error_description"], "PKCE verification failed.");
    }
    let page = reqwest::blocking::get(&redirect).unwrap().text().unwrap();
    assert!(page.contains("has the answer"), "{page}");
    let signed_in = ended(child).exits(0).json();
    assert_eq!(
        (&signed_in["kept_in"], &signed_in["missing"]),
        (&json!("file"), &json!([]))
    );
    assert_eq!(google.standing()["expires_at"], "2026-11-23T11:00:00Z");
    google.synced();

    // An hour later the token is another.
    google.home.at("2026-11-23T11:30:00Z");
    google.synced();
    assert_eq!(google.standing()["expires_at"], "2026-11-23T12:30:00Z");

    let out = google.home.json("auth logout google");
    assert_eq!(
        (&out["revoked"], &out["removed"]),
        (&json!(true), &json!(true))
    );
    let ran = google.home.run(["sync"]).exits(3);
    assert!(ran.err.contains("auth login google"), "{}", ran.err);

    // Where no browser can come back, its address is pasted.
    let (mut child, url) = google.start_sign_in(&[]);
    let redirect = google.consent(&url);
    writeln!(child.stdin.take().unwrap(), "{redirect}").unwrap();
    ended(child).exits(0);
    google.synced();
    google.home.audit_holds();
}

#[test]
#[ignore = "needs Node and the npm package emulate"]
fn a_double_that_others_wrote_signs_us_in_too() {
    let port = free_port().to_string();
    let google = Emulate::start_with(&json!([{
        "client_id": "caseyos",
        "client_secret": "client-secret",
        "name": "CaseyOS",
        "redirect_uris": [format!("http://127.0.0.1:{port}/callback")],
    }]));
    // Where nobody registered it, it is not sent back to.
    let (mut child, url) = google.start_sign_in(&[]);
    let answer = reqwest::blocking::get(&url).unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().unwrap().contains("Redirect URI mismatch"));
    child.kill().unwrap();
    child.wait().unwrap();

    // An app with another secret gets no token.
    google
        .home
        .set_variable("CASEYOS_GOOGLE_CLIENT_SECRET", "another");
    let (child, url) = google.start_sign_in(&["--port", &port]);
    google.fill_in(&url);
    let ran = ended(child);
    assert!(ran.out.is_empty() && ran.code == Some(1), "{ran:?}");
    assert_eq!(google.standing()["standing"], "signed_out");

    google
        .home
        .set_variable("CASEYOS_GOOGLE_CLIENT_SECRET", "client-secret");
    let (child, url) = google.start_sign_in(&["--port", &port]);
    let page = google.fill_in(&url);
    assert!(page.contains("has the answer"), "{page}");
    let signed_in = ended(child).exits(0).json();
    assert_eq!(signed_in["missing"], json!([]));
    assert_eq!(google.standing()["standing"], "fine");
    google.synced();
    assert_eq!(google.home.json("auth logout google")["revoked"], true);
}

#[test]
#[ignore = "needs Node and the npm package emulate"]
fn mail_becomes_a_move_a_draft_a_mail_and_an_answer_in_one_thread() {
    let mut google = Emulate::start().with_token();
    let first = letter(
        ANN,
        "Pricing",
        "Mon, 23 Nov 2026 09:30:00 +0000",
        "",
        "Could you send me pricing for 40 seats?",
    );
    google.receive(&first);
    let report = google.synced();
    assert_eq!(
        (&report["new"], &report["proposed"]),
        (&1.into(), &1.into()),
        "{report:#}"
    );
    let signal = google.home.json("signals list")[0].clone();
    assert_eq!(
        (&signal["contact"], &signal["matched"]),
        (&json!("Ann"), &json!(true))
    );
    assert_eq!(google.synced()["new"], 0);

    // A draft lies there, and goes when it is taken back.
    let mv = google.home.find_move(ANN, "reply");
    google.home.ok(&format!("approve {mv}"));
    assert_eq!(google.messages("DRAFT").len(), 1);
    google.home.ok("undo");
    assert!(google.messages("DRAFT").is_empty());

    // In mode live it leaves, in the thread that it answers.
    google.home.ok("mode live");
    let sent = google.home.json(&format!("approve {mv}"));
    assert_eq!(sent["result"], "sent", "{sent:#}");
    let threads: Vec<String> = ["INBOX", "SENT"]
        .into_iter()
        .flat_map(|label| google.messages(label))
        .map(|(thread, _)| thread)
        .collect();
    assert_eq!(threads.len(), 2);
    assert_eq!(threads[0], threads[1]);
    let (_, ours) = google.messages("SENT").remove(0);
    let theirs = parse(first.as_bytes());
    assert_eq!(ours.in_reply_to.first(), theirs.message_id.as_ref());
    // Our own mail, which the history shows too, is no news.
    assert_eq!(google.synced()["new"], 0);

    // Their answer is the outcome of ours, and asks for another.
    google.home.at("2026-11-23T10:30:00Z");
    let id = ours.message_id.as_ref().unwrap();
    google.receive(&letter(
        ANN,
        "Re: Pricing",
        "Mon, 23 Nov 2026 10:20:00 +0000",
        &format!("In-Reply-To: {id}\r\nReferences: {id}\r\n"),
        "Sounds great, can we talk on Tuesday?",
    ));
    assert_eq!(google.synced()["new"], 1);
    assert!(google.home.outcomes().contains(&"email_replied".to_owned()));
    let [answer] = &google.home.today()[..] else {
        panic!("{:#?}", google.home.today())
    };
    let answered = google.home.json(&format!("approve {}", answer["id"]));
    assert_eq!(answered["result"], "sent", "{answered:#}");
    let sent = google.messages("SENT");
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(thread, _)| *thread == threads[0]));
    assert_eq!(sent[1].1.references.first(), ours.message_id.as_ref());
    google.home.audit_holds();
}

#[test]
#[ignore = "needs Node and the npm package emulate"]
fn meetings_are_read_found_room_for_booked_and_taken_back() {
    let mut google = Emulate::start().with_token();
    google.home.ok("mode live");
    let event = json!({
        "summary": "Demo",
        "start": {"dateTime": "2026-11-24T10:00:00Z"},
        "end": {"dateTime": "2026-11-24T10:30:00Z"},
        "attendees": [
            {"email": OPERATOR, "self": true, "organizer": true, "responseStatus": "accepted"},
            {"email": ANN, "displayName": "Ann", "responseStatus": "accepted"},
        ],
    });
    let events = "/calendar/v3/calendars/primary/events";
    let theirs = google.ask(Method::POST, events, &event)["id"].clone();
    // One that it is booked, one that it is tomorrow.
    assert_eq!(google.synced()["new"], 2);
    assert_eq!(google.home.outcomes(), ["meeting_booked"]);
    // Read anew, as there is no token, it is no news.
    assert_eq!(google.synced()["new"], 0);

    let slots = google.home.json(&format!("slots --with {ANN}"));
    let starts: Vec<&str> = slots["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["start"].as_str().unwrap())
        .collect();
    assert!(starts.contains(&"2026-11-24T09:30:00Z"), "{starts:?}");
    assert!(!starts.contains(&"2026-11-24T10:00:00Z"), "{starts:?}");

    // Asked twice, it is booked once; and it is taken back under the name that it got there.
    let book = ["meetings", "book", ANN, "2026-11-25T14:00:00Z", "--json"];
    google.home.run(book).exits(0);
    google.home.run(book).exits(0);
    assert_eq!(google.events().len(), 2, "{:#?}", google.events());
    google.synced();
    google.home.ok("undo");
    let left = google.events();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["id"], theirs);
    google.home.run(book).exits(0);
    google.home.ok("meetings cancel 2");
    assert_eq!(google.events(), left);
    let again = google.home.run(["undo"]);
    assert!(!again.out.contains("ooking"), "{again:?}");

    // So it is with one that approval books.
    let wish = json!({"source": "manual", "kind": "manual", "at": "2026-11-23T09:50:00Z", "email": "bob@bolt.example",
        "action": "book_meeting", "title": "Talk to Bob"});
    google.home.signals(&[wish.to_string()]).exits(0);
    let mv = google.home.find_move("bob@bolt.example", "book_meeting");
    let number = mv.to_string();
    let at = ["edit", &number, "--at", "2026-11-25T15:00"];
    google.home.run(at).exits(0);
    google.home.ok(&format!("approve {mv}"));
    assert_eq!(google.events().len(), 2);
    google.home.ok("undo");
    assert_eq!(google.events(), left);

    // What is gone from the span was called off.
    let path = format!("{events}/{}", theirs.as_str().unwrap());
    google.ask(Method::DELETE, &path, &Value::Null);
    google.home.at("2026-11-23T10:30:00Z");
    let report = google.synced();
    assert_eq!(report["new"], 1, "{report:#}");
    let meetings = google.home.json("meetings");
    let meetings = meetings.as_array().unwrap();
    assert_eq!(meetings.len(), 2);
    assert!(
        meetings.iter().all(|m| m["state"] == "cancelled"),
        "{meetings:#?}"
    );
    google.home.audit_holds();
}
