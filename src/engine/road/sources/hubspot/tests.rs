//! Speed of parsing and storing pages, without a wire and without a budget; and proof that a mock's example does no harm.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::bring::{Bringing, Parsed};
use crate::config::Paths;
use crate::connectors::hubspot::objects::{self, parse_page};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::hubspot::search;
use crate::connectors::transport::{Body, Request, Response};
use crate::connectors::world::hubspot::{HubspotDouble, TOKEN};
use crate::connectors::world::{Double, WorldRequest};
use crate::domain::service::HubspotVersion;
use crate::engine::handle::Engine;
use crate::env::{Env, FixedClock, monotonic};
use crate::store::contacts::RunMemory;
use crate::store::hubspot::Sweep;

fn engine(home: &Path) -> Engine {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let paths = Paths {
        config: home.join("config.toml"),
        data: home.to_owned(),
    };
    Engine::create(Env::new(Arc::new(FixedClock(now)), 1), paths).unwrap()
}

fn ask(portal: &mut HubspotDouble, request: &Request, now: jiff::Timestamp) -> Response {
    let asked = WorldRequest {
        method: request.method.as_str().into(),
        path: request.path.clone(),
        query: request
            .query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()))
            .collect(),
        headers: vec![("authorization".into(), format!("Bearer {TOKEN}"))],
        body: match &request.body {
            Body::Json(body) => body.to_string().into_bytes(),
            Body::Empty | Body::Form(_) => Vec::new(),
        },
        ..WorldRequest::default()
    };
    let answer = portal.handle(&asked, now);
    assert_eq!(answer.status, 200);
    Response {
        status: 200,
        headers: Vec::new(),
        body: answer.body,
    }
}

/// Returns all pages of a kind, as they would come.
fn pages(portal: &mut HubspotDouble, kind: ObjectKind, now: jiff::Timestamp) -> Vec<Response> {
    let version = HubspotVersion::March2026;
    let (mut pages, mut last) = (Vec::new(), String::new());
    loop {
        let request = if kind == ObjectKind::Deals {
            objects::list(
                version,
                kind,
                &[ObjectKind::Contacts, ObjectKind::Companies],
                &last,
                false,
            )
        } else {
            search::after_id(version, kind, &last, &[])
        };
        let answer = ask(portal, &request, now);
        let page = parse_page(&answer).unwrap();
        let next = match kind {
            ObjectKind::Deals => page.next().map(str::to_owned),
            _ => page.results.last().map(|o| o.id.clone()),
        };
        pages.push(answer);
        match next {
            Some(next) => last = next,
            None => return pages,
        }
    }
}

/// Run with `cargo test --release --lib -- --ignored --nocapture parsed_and_stored`; CASEYOS_MEASURE sets how many contacts.
#[test]
#[ignore = "measures, and takes its time"]
fn a_hundred_thousand_contacts_are_parsed_and_stored() {
    let count = crate::env::variable("CASEYOS_MEASURE")
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let home = tempfile::TempDir::new_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let engine = engine(home.path());
    let now = engine.now();
    let mut portal = HubspotDouble::filled(1, count, now);
    for kind in [
        ObjectKind::Companies,
        ObjectKind::Contacts,
        ObjectKind::Deals,
    ] {
        let pages = pages(&mut portal, kind, now);
        let began = monotonic();
        let parsed: Vec<Parsed> = pages
            .iter()
            .map(|page| Parsed {
                objects: parse_page(page).unwrap().results,
                sweep: Sweep::default(),
            })
            .collect();
        let parsing = monotonic() - began;
        let bringing = Arc::new(Bringing::new(&engine, kind, true).unwrap());
        let memory = Arc::new(Mutex::new(RunMemory::default()));
        engine
            .store()
            .write(
                crate::store::Durability::Normal,
                crate::store::contacts::begin_bulk,
            )
            .unwrap();
        let total: usize = parsed.iter().map(|p| p.objects.len()).sum();
        let began = monotonic();
        let mut left = parsed.into_iter().peekable();
        while left.peek().is_some() {
            let batch: Vec<Parsed> = left.by_ref().take(50).collect();
            Bringing::write(&bringing, &engine, batch, &memory).unwrap();
        }
        let storing = monotonic() - began;
        let rate = f64::from(u32::try_from(total).unwrap()) / (parsing + storing).as_secs_f64();
        println!(
            "{kind}: {total} parsed in {parsing:?}, stored in {storing:?}: {rate:.0} a second"
        );
    }
}
