//! The double refuses what HubSpot refuses.

use super::*;

fn ask(portal: &mut HubspotDouble, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = WorldRequest {
        method: method.into(),
        path: path.split('?').next().unwrap().into(),
        query: super::super::pairs(path.split_once('?').map_or("", |(_, q)| q)),
        headers: vec![("authorization".into(), format!("Bearer {TOKEN}"))],
        body: if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        },
        ..WorldRequest::default()
    };
    let answer = portal.handle(&request, "2026-11-23T10:00:00Z".parse().unwrap());
    (
        answer.status,
        serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
    )
}

#[test]
fn a_search_ends_at_ten_thousand_and_the_index_lags() {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let mut portal = HubspotDouble::empty();
    let path = "/crm/objects/2026-03/contacts/search";
    let search = |after: &str| json!({"filterGroups": [], "sorts": [], "properties": [], "limit": 200, "after": after});
    assert_eq!(ask(&mut portal, "POST", path, search("9800")).0, 200);
    assert_eq!(ask(&mut portal, "POST", path, search("10000")).0, 400);
    portal.lag(SignedDuration::from_secs(60));
    portal.add("contacts", &[("email", "a@b.example")], now);
    assert_eq!(ask(&mut portal, "POST", path, search("0")).1["total"], 0);
    assert_eq!(
        ask(
            &mut portal,
            "GET",
            "/crm/objects/2026-03/contacts/501",
            Value::Null
        )
        .0,
        200
    );
}

#[test]
fn what_is_unknown_or_there_already_is_refused() {
    let mut portal = HubspotDouble::empty();
    let make = |email: &str| json!({"properties": {"email": email}, "associations": []});
    let path = "/crm/v3/objects/contacts";
    assert_eq!(ask(&mut portal, "POST", path, make("a@b.example")).0, 201);
    let (status, body) = ask(&mut portal, "POST", path, make("A@b.example"));
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (409, "Contact already exists. Existing ID: 501")
    );
    assert_eq!(
        ask(
            &mut portal,
            "POST",
            path,
            json!({"properties": {"nope": "x"}})
        )
        .0,
        400
    );
    assert_eq!(
        ask(
            &mut portal,
            "PATCH",
            "/crm/v3/objects/contacts/501",
            json!({"properties": {"hs_object_id": "1"}})
        )
        .0,
        400
    );
    assert_eq!(
        ask(
            &mut portal,
            "GET",
            "/crm/objects/2025-01/contacts",
            Value::Null
        )
        .0,
        404
    );
    assert_eq!(
        ask(
            &mut portal,
            "GET",
            "/crm/objects/2026-09/contacts/501/associations/deals",
            Value::Null
        )
        .0,
        404
    );
    assert_eq!(
        ask(
            &mut portal,
            "GET",
            "/crm/v4/objects/contacts/501/associations/deals",
            Value::Null
        )
        .0,
        200
    );
}

#[test]
fn a_merge_gives_a_new_id_and_the_old_ones_lead_to_it() {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let mut portal = HubspotDouble::empty();
    let (a, b) = (
        portal.add("contacts", &[("email", "a@b.example")], now),
        portal.add("contacts", &[("email", "c@b.example")], now),
    );
    let body = json!({"primaryObjectId": a.to_string(), "objectIdToMerge": b.to_string()});
    let (status, merged) = ask(
        &mut portal,
        "POST",
        "/crm/objects/2026-03/contacts/merge",
        body,
    );
    assert_eq!(status, 200);
    assert_ne!(merged["id"], a.to_string());
    assert_eq!(
        ask(
            &mut portal,
            "GET",
            &format!("/crm/objects/2026-03/contacts/{b}"),
            Value::Null
        )
        .1["id"],
        merged["id"]
    );
    let gone = json!({"objectId": merged["id"]});
    assert_eq!(
        ask(
            &mut portal,
            "POST",
            "/crm/objects/2026-03/contacts/gdpr-delete",
            gone
        )
        .0,
        204
    );
    let again = json!({"properties": {"email": "a@b.example"}});
    assert_eq!(
        ask(&mut portal, "POST", "/crm/objects/2026-03/contacts", again).0,
        400
    );
}

#[test]
fn a_batch_that_fails_in_part_answers_207() {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let mut portal = HubspotDouble::empty();
    portal.add("deals", &[("dealname", "X")], now);
    let body = json!({"inputs": [{"id": "501"}, {"id": "9"}], "properties": ["dealname"], "propertiesWithHistory": []});
    let (status, answer) = ask(
        &mut portal,
        "POST",
        "/crm/objects/2026-03/deals/batch/read",
        body,
    );
    assert_eq!(
        (
            status,
            answer["results"].as_array().unwrap().len(),
            &answer["numErrors"]
        ),
        (207, 1, &json!(1))
    );
}
