//! What the outside does to us: every fault of the practice world, and what is seen of it.

use std::sync::{Arc, Mutex};

use caseyos::connectors::world::{
    Double, Fault, FaultRule, Setting, When, World, WorldOptions, WorldRequest, WorldResponse,
};
use jiff::Timestamp;
use serde_json::{Value, json};

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
        .timeout(std::time::Duration::from_millis(400))
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
