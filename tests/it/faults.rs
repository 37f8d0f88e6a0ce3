//! What the outside does to us: every fault of the practice world, and what is seen of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use caseyos::connectors::classify;
use caseyos::connectors::transport::{
    Body, CallError, CallErrorKind, Fate, HttpSettings, HttpTransport, Method, Request, Response,
    Transport,
};
use caseyos::connectors::world::hubspot::HubspotDouble;
use caseyos::connectors::world::{
    Double, Fault, FaultRule, Setting, When, World, WorldOptions, WorldRequest, WorldResponse,
};
use caseyos::domain::service::Service;
use caseyos::secrets::Secret;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::home::MONDAY;
use crate::hubspot::Portal;

/// A provider of one list and one counter.
#[derive(Debug, Default)]
struct Tiny {
    written: u64,
}

impl Double for Tiny {
    fn name(&self) -> &'static str {
        "tiny"
    }

    fn serves(&self, path: &str) -> bool {
        path.starts_with("/tiny")
    }

    fn handle(&mut self, request: &WorldRequest, _: Timestamp) -> WorldResponse {
        if request.method == "POST" {
            self.written += 1;
        }
        WorldResponse::json(200, &json!({"written": self.written, "nextPageToken": "2"}))
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        vec![("hubspot", "url", base.to_owned())]
    }

    fn show(&self) -> Value {
        json!({"written": self.written})
    }
}

fn tiny_world() -> (World, Arc<Mutex<Tiny>>) {
    let tiny = Arc::new(Mutex::new(Tiny::default()));
    let world = World::start(WorldOptions::default(), vec![tiny.clone()]).unwrap();
    (world, tiny)
}

fn ask(world: &World, method: reqwest::Method, path: &str) -> reqwest::Result<(u16, String)> {
    let answer = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(400))
        .build()?
        .request(method, format!("{}{path}", world.base()))
        .bearer_auth("sesame")
        .body("{}")
        .send()?;
    let status = answer.status().as_u16();
    Ok((status, answer.text()?))
}

#[test]
fn the_world_does_each_harm_at_the_wire_and_says_what_came_in() {
    let (world, tiny) = tiny_world();
    let written = || tiny.lock().unwrap().written;
    let post = |path: &str| ask(&world, reqwest::Method::POST, path);
    assert_eq!(post("/tiny").unwrap().0, 200);
    world.harm(FaultRule::on("/tiny", Fault::Cut { when: When::Before }));
    assert!(post("/tiny").is_err());
    assert_eq!(written(), 1, "cut before it was done");
    for fault in [
        Fault::Hang,
        Fault::Cut { when: When::After },
        Fault::Cut { when: When::Body },
    ] {
        let before = written();
        world.harm(FaultRule::on("/tiny", fault.clone()));
        assert!(post("/tiny").is_err(), "{fault:?}");
        assert_eq!(written(), before + 1, "done, and not answered: {fault:?}");
    }
    world.harm(FaultRule::on("/tiny", Fault::Malformed));
    let (_, text) = post("/tiny").unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err());
    world.harm(FaultRule::on("/tiny", Fault::Huge { bytes: 1_000_000 }));
    assert_eq!(post("/tiny").unwrap().1.len(), 1_000_000);
    world.harm(FaultRule::on(
        "/tiny",
        Fault::Redirect { to: String::new() },
    ));
    assert_eq!(post("/tiny").unwrap().0, 302);
    world.harm(FaultRule::on("/tiny", Fault::RepeatPage));
    let (_, page) = post("/tiny?pageToken=1").unwrap();
    assert!(page.contains("\"nextPageToken\":\"1\""), "{page}");
    let log = world.requests();
    assert_eq!(log.len(), 9);
    assert_eq!(log[1].fault, "cut");
    assert!(!format!("{log:?}").contains("sesame"));
    assert!(log.iter().all(|logged| !logged.elsewhere));
}

#[test]
fn faults_come_and_go_by_the_worlds_own_door() {
    let (world, _) = tiny_world();
    let client = reqwest::blocking::Client::new();
    let door = format!("{}/__world/faults", world.base());
    let added = client
        .post(&door)
        .body(r#"{"path":"/tiny","fault":"status","status":429,"retry_after":"7"}"#)
        .send()
        .unwrap();
    assert_eq!(added.status().as_u16(), 200);
    let refused = client.get(format!("{}/tiny", world.base())).send().unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(refused.headers()["retry-after"], "7");
    let wrong = client.post(&door).body(r#"{"fault":"flood"}"#).send();
    assert_eq!(wrong.unwrap().status().as_u16(), 400);
}

/// Sends one request to the tiny provider while a fault befalls it.
fn befallen(fault: Option<Fault>, writes: bool) -> Result<Response, CallError> {
    let (world, _) = tiny_world();
    if let Some(fault) = fault {
        world.harm(FaultRule::on("/tiny", fault));
    }
    let settings = HttpSettings {
        read: Duration::from_millis(300),
        max_bytes: 1_000_000,
        ..HttpSettings::default()
    };
    let transport = HttpTransport::new(settings, classify);
    let request = if writes {
        let body = Body::Json(json!({}));
        Request::write(Service::Hubspot, "tiny.write", Method::Post, "/tiny", body)
    } else {
        Request::get(Service::Hubspot, "tiny.read", "/tiny")
    };
    let answered = transport.send(world.base(), Some(&Secret::new("sesame")), &request);
    assert!(
        world.requests().iter().all(|logged| !logged.elsewhere),
        "nothing went to another host"
    );
    answered
}

#[test]
fn each_fault_says_what_became_of_the_request() {
    use CallErrorKind as K;
    let status = |status, retry_after: Option<&str>| Fault::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        body: Value::Null,
    };
    let table = [
        (status(429, Some("7")), K::RateLimited, Fate::Answered),
        (status(429, None), K::RateLimited, Fate::Answered),
        (status(500, None), K::Server, Fate::Unknown),
        (status(503, Some("2")), K::Server, Fate::Unknown),
        (status(401, None), K::Unauthorized, Fate::Answered),
        (status(410, None), K::Gone, Fate::Answered),
        (Fault::Hang, K::TimedOut, Fate::Unknown),
        (Fault::Cut { when: When::Before }, K::Network, Fate::Unknown),
        (Fault::Cut { when: When::After }, K::Network, Fate::Unknown),
        (Fault::Cut { when: When::Body }, K::Network, Fate::Sent),
        (Fault::Huge { bytes: 209_715_200 }, K::TooLarge, Fate::Sent),
        (
            Fault::Redirect { to: String::new() },
            K::Redirected,
            Fate::Answered,
        ),
    ];
    for (fault, kind, fate) in table {
        for writes in [false, true] {
            let error = befallen(Some(fault.clone()), writes).unwrap_err();
            assert_eq!((error.kind, error.fate), (kind, fate), "{fault:?}: {error}");
            assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        }
    }
    let late = befallen(Some(status(429, Some("7"))), false).unwrap_err();
    assert_eq!(late.retry_after, Some(Duration::from_secs(7)));
    let half = befallen(Some(Fault::Malformed), true).unwrap();
    let error = half.json::<Value>().unwrap_err();
    assert_eq!((error.kind, error.fate), (K::BadAnswer, Fate::Sent));
    assert!(befallen(Some(Fault::Skew { seconds: 600 }), false).is_ok());
    assert!(befallen(None, true).is_ok());
}

/// A portal of so many contacts, asked without long waits.
fn hasty(contacts: usize) -> Portal {
    let portal = Portal::new(HubspotDouble::filled(3, contacts, MONDAY.parse().unwrap()));
    portal.home.edit_config(|config| {
        config
            .replace("backoff_millis = 1000", "backoff_millis = 1")
            .replace("read_seconds = 30", "read_seconds = 1")
            .replace("per_second = 10", "per_second = 0")
            .replace("per_ten_seconds = 100", "per_ten_seconds = 0")
            .replace("searches_per_second = 4", "searches_per_second = 0")
    });
    portal
}

fn contacts(portal: &Portal) -> (i64, i64) {
    let count = |sql: &str| {
        portal
            .home
            .database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    (
        count("SELECT count(*) FROM contact"),
        count("SELECT count(*) FROM signal"),
    )
}

#[test]
fn every_fault_while_hubspot_is_read_is_said_loses_nothing_and_doubles_nothing() {
    let whole = hasty(250);
    whole.words(&["sync".to_owned()]);
    let expect = contacts(&whole);
    assert_eq!(expect.0, 250);
    let status = |status, retry_after: Option<&str>| Fault::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        body: Value::Null,
    };
    // The fault, how often it comes, and what is said; nothing where it is survived unseen.
    let table: [(Fault, u64, &str); 10] = [
        (status(429, Some("0")), 2, ""),
        (status(503, None), 3, ""),
        (status(500, None), 0, "failed"),
        (status(429, Some("3600")), 0, "may be asked again"),
        (Fault::Hang, 1, ""),
        (Fault::Cut { when: When::Before }, 2, ""),
        (Fault::Cut { when: When::Body }, 2, ""),
        (Fault::Malformed, 1, "not what it should be"),
        (Fault::Huge { bytes: 209_715_200 }, 1, "longer than"),
        (Fault::Redirect { to: String::new() }, 1, "elsewhere"),
    ];
    for (fault, times, said) in table {
        let mut portal = hasty(250);
        let rule = FaultRule::on("/crm/objects/2026-03/contacts", fault.clone());
        portal.world.harm(rule.after(1).times(times));
        let first = portal.words(&["sync".to_owned()]);
        let code = first.code;
        if said.is_empty() {
            assert!(matches!(code, Some(0 | 5)), "{fault:?}: {first:?}");
        } else {
            assert_eq!(code, Some(3), "{fault:?}: {first:?}");
            assert!(first.err.contains(said), "{fault:?}: {}", first.err);
        }
        assert!(portal.world.requests().iter().all(|r| !r.elsewhere));
        portal.world.heal();
        // What a service was left alone for is over by then.
        portal.home.now = "2026-11-23T12:00:00Z".into();
        let second = portal.words(&["sync".to_owned(), "--source".into(), "hubspot".into()]);
        assert!(matches!(second.code, Some(0 | 5)), "{fault:?}: {second:?}");
        assert_eq!(contacts(&portal), expect, "{fault:?}");
    }
}

#[test]
fn a_service_that_keeps_failing_is_left_alone_rests_and_is_shown() {
    let mut portal = hasty(20);
    portal
        .world
        .harm(FaultRule::on("/crm", Fault::status(500)).times(0));
    let sync = |portal: &Portal| portal.words(&["sync".to_owned()]);
    assert_eq!(sync(&portal).code, Some(3));
    let second = sync(&portal);
    assert!(second.err.contains("It rests until"), "{}", second.err);
    let asked = portal.world.requests().len();
    let third = sync(&portal);
    assert_eq!(third.code, Some(3));
    assert!(
        third.err.contains("times in a row and rests until"),
        "{}",
        third.err
    );
    assert_eq!(
        portal.world.requests().len(),
        asked,
        "nobody asks meanwhile"
    );
    let health = portal.json("signals health");
    let hubspot = health
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "hubspot")
        .unwrap();
    assert_eq!(hubspot["service"]["circuit"], "open", "{hubspot:#}");
    assert!(hubspot["next_try_at"].is_string(), "{hubspot:#}");
    // When it answers again, two good requests close the circuit.
    portal.world.heal();
    portal.home.now = "2026-11-23T10:05:00Z".into();
    assert!(matches!(sync(&portal).code, Some(0 | 5)));
    let health = portal.json("signals health");
    let hubspot = health
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "hubspot")
        .unwrap();
    assert_eq!(hubspot["service"]["circuit"], "closed", "{hubspot:#}");
    assert_eq!(
        (&hubspot["failures"], &hubspot["grade"] != "failing"),
        (&json!(0), true)
    );
}

#[test]
fn a_dry_run_asks_and_says_and_keeps_nothing() {
    let portal = hasty(30);
    let before = contacts(&portal);
    let ran = portal.words(&["sync".to_owned(), "--dry-run".into(), "--json".into()]);
    let report = ran.json();
    assert_eq!(report["dry_run"], true);
    assert!(
        report["sources"]
            .as_array()
            .unwrap()
            .iter()
            .any(|s| s["name"] == "hubspot" && s["outcome"] == "read"),
        "{report:#}"
    );
    assert_eq!(contacts(&portal), before);
    assert!(!portal.home.path().join("rehearsal").exists());
    let wrong = portal.words(&["sync".to_owned(), "--source".into(), "hubspto".into()]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("did you mean \"hubspot\""),
        "{}",
        wrong.err
    );
}
