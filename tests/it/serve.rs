//! `caseyos serve`: webhooks as HubSpot sends them, and as others do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use caseyos::connectors::hubspot::webhook::sign;
use caseyos::connectors::world::hubspot::{CLIENT_SECRET, HubspotDouble, TOKEN};
use caseyos::secrets::Secret;
use jiff::{SignedDuration, Timestamp};
use reqwest::blocking::Client;

use crate::home::{MONDAY, poll};
use crate::hubspot::Portal;

const PUBLIC: &str = "https://hooks.example";

struct Serving {
    child: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(portal: &Portal) -> Serving {
    portal.set("serve", "public_url", PUBLIC);
    let mut child = portal
        .home
        .command(["serve", "--port", "0", "--json"])
        .env("CASEYOS_HUBSPOT_TOKEN", TOKEN)
        .env("CASEYOS_HUBSPOT_CLIENT_SECRET", CLIENT_SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    Serving {
        child,
        url: said["url"].as_str().unwrap().to_owned(),
    }
}

impl Serving {
    fn call(&self, body: &str, at: Timestamp, signature: Option<&str>) -> u16 {
        let time = at.as_millisecond();
        let uri = format!("{PUBLIC}/webhooks/hubspot?x=a%3Ab");
        let right = sign(
            &Secret::new(CLIENT_SECRET),
            "POST",
            &uri,
            body.as_bytes(),
            time,
        );
        Client::new()
            .post(format!("{}/webhooks/hubspot?x=a%3Ab", self.url))
            .header("X-HubSpot-Request-Timestamp", time.to_string())
            .header("X-HubSpot-Signature-v3", signature.unwrap_or(&right))
            .body(body.to_owned())
            .send()
            .unwrap()
            .status()
            .as_u16()
    }
}

#[test]
fn a_signed_call_is_kept_once_and_the_record_is_fetched_and_not_believed() {
    let now: Timestamp = MONDAY.parse().unwrap();
    let mut double = HubspotDouble::empty();
    let then = now - SignedDuration::from_hours(24);
    let deal = double.add(
        "deals",
        &[
            ("dealname", "Acme"),
            ("dealstage", "qualifiedtobuy"),
            ("pipeline", "default"),
        ],
        then,
    );
    let portal = Portal::new(double);
    portal.sync();
    let serving = serve(&portal);
    let event = |id: u32| {
        format!(
            r#"[{{"eventId":{id},"subscriptionType":"deal.propertyChange","objectId":{deal},"propertyName":"dealstage","propertyValue":"closedlost","occurredAt":{}}}]"#,
            now.as_millisecond()
        )
    };
    portal
        .there()
        .change("deals", deal, &[("dealstage", "contractsent")], now);
    assert_eq!(serving.call(&event(1), now, None), 204);
    assert_eq!(
        serving.call(&event(1), now, None),
        204,
        "a redelivery is taken and changes nothing"
    );
    let status = portal.json("hubspot status");
    assert_eq!(status["events_waiting"], 1, "{status}");
    portal.sync();
    let deals = portal.json("deals list");
    assert_eq!(
        deals[0]["stage"], "contractsent",
        "what the event said of the value is not believed"
    );
    assert_eq!(portal.json("hubspot status")["events_waiting"], 0);
}

#[test]
fn whatever_is_not_well_signed_is_refused_without_a_word() {
    let now: Timestamp = MONDAY.parse().unwrap();
    let portal = Portal::new(HubspotDouble::empty());
    let mut serving = serve(&portal);
    let body =
        r#"[{"eventId":1,"subscriptionType":"contact.creation","objectId":7,"occurredAt":1}]"#;
    assert_eq!(serving.call(body, now, Some("bm9wZQ==")), 401);
    assert_eq!(serving.call(body, now, Some("")), 401);
    assert_eq!(
        serving.call(body, now - SignedDuration::from_secs(301), None),
        401
    );
    assert_eq!(
        serving.call(body, now + SignedDuration::from_secs(301), None),
        401
    );
    assert_eq!(serving.call("{}", now, None), 400);
    assert_eq!(serving.call("not json", now, None), 400);
    assert_eq!(serving.call(&" ".repeat(1024 * 1024 + 1), now, None), 413);
    let client = Client::new();
    let bare = client
        .post(format!("{}/webhooks/hubspot", serving.url))
        .body(body)
        .send()
        .unwrap();
    assert_eq!(bare.status().as_u16(), 401);
    assert_eq!(bare.text().unwrap(), "");
    assert_eq!(
        client
            .get(format!("{}/webhooks/hubspot", serving.url))
            .send()
            .unwrap()
            .status()
            .as_u16(),
        405
    );
    assert_eq!(
        client
            .get(format!("{}/health", serving.url))
            .send()
            .unwrap()
            .text()
            .unwrap(),
        "ok\n"
    );
    assert_eq!(portal.json("hubspot status")["events_waiting"], 0);
    let pid = serving.child.id().to_string();
    std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .unwrap();
    let mut ended = None;
    poll(Duration::from_secs(10), "ending", || {
        ended = serving.child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
}

#[test]
fn without_a_client_secret_it_does_not_begin() {
    let portal = Portal::new(HubspotDouble::empty());
    portal.set("secrets", "backend", "environment");
    let ran = portal.words(&["serve".to_owned()]).exits(2);
    assert!(
        ran.err.contains("CASEYOS_HUBSPOT_CLIENT_SECRET"),
        "{}",
        ran.err
    );
}
