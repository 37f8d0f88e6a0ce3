//! Every request that can be built is one that the vendor's description knows, and every answer that it describes can be read.

use std::collections::BTreeMap;

use super::paths::ObjectKind;
use super::search::Filter;
use super::{associations, engagements, objects, owners, pipelines, search};
use crate::connectors::contract::{Vendor, assert_known, describe};
use crate::connectors::transport::{Body, Request};
use crate::domain::service::HubspotVersion;

/// Returns every request that the connector can build.
fn all(version: HubspotVersion) -> Vec<Request> {
    use ObjectKind::{Calls, Companies, Contacts, Deals, Notes, Tasks};
    let ties = [
        objects::TieTo {
            kind: Contacts,
            id: "501".into(),
        },
        objects::TieTo {
            kind: Deals,
            id: "9001".into(),
        },
    ];
    let properties = BTreeMap::from([("amount".to_owned(), "64000".to_owned())]);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut requests = vec![
        owners::list(version, ""),
        owners::list(version, "100"),
        pipelines::list(version),
        objects::get_by_email(version, "ann@acme.example"),
        objects::create(
            version,
            Tasks,
            &engagements::task("Call", "", now, Some("71"), "k"),
            &ties,
        ),
        objects::create(
            version,
            Notes,
            &engagements::note("Met.", now, None, "k"),
            &[],
        ),
        objects::create(
            version,
            Calls,
            &engagements::call("Renewal", "Wants a quote.", now, Some("71"), "k"),
            &ties,
        ),
        objects::gdpr_delete(version, "501"),
        associations::batch_read(version, Deals, Contacts, ["1", "2"]),
        associations::batch_read_more(version, Contacts, Tasks, "1", "500"),
        associations::tie(version, Tasks, "1", Contacts, "2"),
        associations::untie(version, Tasks, "1", Contacts, "2"),
        associations::list(version, Contacts, "1", Tasks, "500"),
    ];
    for kind in [Companies, Contacts, Deals] {
        requests.push(objects::merge(version, kind, "1", "2"));
    }
    for kind in ObjectKind::ALL {
        let filters = [
            Filter::from(kind.modified_property(), "1764000000000"),
            Filter::equal("hubspot_owner_id", "71"),
            Filter::holds_word("hs_task_body", "k"),
        ];
        requests.extend([
            objects::list(version, *kind, &[Contacts, Companies], "501", true),
            objects::list(version, *kind, &[], "", false),
            objects::get(version, *kind, "501", &["amount", "favourite"]),
            objects::batch_read(version, *kind, ["1", "2"]),
            objects::update(version, *kind, "501", &properties),
            objects::batch_update(version, *kind, &[("501".into(), properties.clone())]),
            objects::archive(version, *kind, "501"),
            search::after_id(version, *kind, "", &[]),
            search::after_id(version, *kind, "501", &filters),
        ]);
    }
    requests
}

#[test]
fn the_vendor_knows_every_request_of_both_versions() {
    let requests = all(HubspotVersion::March2026);
    let known = assert_known(Vendor::HubspotMarch2026, &requests);
    assert_eq!(known.len(), 69);
    assert_eq!(
        assert_known(Vendor::HubspotV3, &all(HubspotVersion::V3)).len(),
        69
    );
    // There is no description of 2026-09: it differs by the version in the path, and lacks the listing of ties.
    for (old, new) in requests.iter().zip(all(HubspotVersion::September2026)) {
        assert_eq!(old.path.replace("2026-03", "2026-09"), new.path);
        assert_eq!((&old.query, &old.body), (&new.query, &new.body));
    }
}

#[test]
fn whatever_an_example_answers_is_read() {
    let description = describe(Vendor::HubspotMarch2026);
    for request in all(HubspotVersion::March2026) {
        let answer = description.example(&request);
        let read = match request.operation {
            "hubspot.owners.list" => owners::parse(&answer).map(drop),
            "hubspot.pipelines.list" => pipelines::parse(&answer).map(drop),
            "hubspot.objects.list" | "hubspot.objects.search" => {
                objects::parse_page(&answer).map(drop)
            }
            "hubspot.objects.batch_read" | "hubspot.objects.batch_update" => {
                objects::parse_batch(&answer).map(drop)
            }
            "hubspot.associations.batch_read" => associations::parse(&answer).map(drop),
            "hubspot.objects.get"
            | "hubspot.objects.create"
            | "hubspot.objects.update"
            | "hubspot.objects.merge" => objects::parse_object(&answer).map(drop),
            _ => Ok(()),
        };
        assert!(read.is_ok(), "{}: {read:?}", request.operation);
    }
}

#[test]
fn a_search_always_sends_all_five_fields() {
    let request = search::after_id(HubspotVersion::V3, ObjectKind::Deals, "", &[]);
    let Body::Json(body) = request.body else {
        panic!("no body")
    };
    for field in ["filterGroups", "sorts", "properties", "limit", "after"] {
        assert!(body.get(field).is_some(), "{field}");
    }
}

#[test]
fn the_vendor_knows_what_a_token_is_tried_with() {
    for (version, vendor) in [
        (HubspotVersion::V3, Vendor::HubspotV3),
        (HubspotVersion::March2026, Vendor::HubspotMarch2026),
    ] {
        let requests: Vec<Request> = super::probes(version).into_iter().map(|(_, r)| r).collect();
        assert_eq!(assert_known(vendor, &requests).len(), 4);
    }
}
