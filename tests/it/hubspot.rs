//! HubSpot through the binary, against a portal in memory.

use std::sync::{Arc, Mutex, MutexGuard};

use caseyos::connectors::world::hubspot::{HubspotDouble, TOKEN};
use caseyos::connectors::world::{
    Double, Fault, FaultRule, Setting, When, World, WorldOptions, WorldRequest, WorldResponse,
};
use caseyos::env::FixedClock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::home::{Home, MONDAY, Ran};

pub struct Portal {
    pub home: Home,
    pub world: World,
    double: Arc<Mutex<HubspotDouble>>,
}

fn monday() -> Timestamp {
    MONDAY.parse().unwrap()
}

impl Portal {
    pub fn new(double: HubspotDouble) -> Self {
        let double = Arc::new(Mutex::new(double));
        let options = WorldOptions {
            clock: Arc::new(FixedClock(monday())),
            ..WorldOptions::default()
        };
        let world = World::start(options, vec![double.clone()]).unwrap();
        let home = Home::init();
        let portal = Self {
            home,
            world,
            double,
        };
        let base = portal.world.base().to_owned();
        portal.set("hubspot", "url", &base);
        // What is measured elsewhere: the pace.
        portal.home.edit_config(|config| {
            let mut document: toml_edit::DocumentMut = config.parse().unwrap();
            for key in ["per_second", "per_ten_seconds", "searches_per_second"] {
                document["hubspot"][key] = toml_edit::value(0);
            }
            document["hubspot"]["backoff_millis"] = toml_edit::value(1);
            document.to_string()
        });
        portal.run("mode live").exits(0);
        portal
    }

    pub fn set(&self, table: &str, key: &str, value: &str) {
        self.home.edit_config(|config| {
            let mut document: toml_edit::DocumentMut = config.parse().unwrap();
            document[table][key] = toml_edit::value(value);
            document.to_string()
        });
    }

    pub fn there(&self) -> MutexGuard<'_, HubspotDouble> {
        self.double.lock().unwrap()
    }

    /// Lets time pass in both worlds.
    pub fn later(&mut self, minutes: i64) -> Timestamp {
        self.world.advance(SignedDuration::from_mins(minutes));
        let now: Timestamp = self.home.now.parse().unwrap();
        let now = now + SignedDuration::from_mins(minutes);
        self.home.now = now.to_string();
        now
    }

    pub fn run(&self, line: &str) -> Ran {
        self.words(&words(line))
    }

    pub fn words(&self, args: &[String]) -> Ran {
        let mut command = self.home.command(args);
        command
            .env("CASEYOS_HUBSPOT_TOKEN", TOKEN)
            .output()
            .unwrap()
            .into()
    }

    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --json")).exits(0).json()
    }

    #[track_caller]
    pub fn sync(&self) -> Value {
        self.json("sync")
    }

    pub fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.home
            .database()
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    }

    pub fn one(&self, sql: &str) -> String {
        self.home
            .database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    pub fn calls(&self, method: &str, end: &str) -> usize {
        let all = self.world.requests();
        all.iter()
            .filter(|r| r.method == method && r.path.ends_with(end))
            .count()
    }
}

/// Splits a line into words, with 'single quotes' around those that hold spaces.
pub fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (i, part) in line.split('\'').enumerate() {
        if i % 2 == 1 {
            out.push(part.to_owned());
        } else {
            out.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    out
}

pub fn before(days: i64) -> Timestamp {
    monday() - SignedDuration::from_hours(24 * days)
}

/// A portal with one person, her firm and her deal.
pub fn small() -> (HubspotDouble, u64, u64) {
    let mut double = HubspotDouble::empty();
    let firm = double.add(
        "companies",
        &[("name", "Acme"), ("domain", "acme.example")],
        before(90),
    );
    let company = firm.to_string();
    let ann = double.add(
        "contacts",
        &[
            ("email", "ann@acme.example"),
            ("firstname", "Ann"),
            ("lastname", "Lee"),
            ("jobtitle", "Buyer"),
            ("lifecyclestage", "opportunity"),
            ("associatedcompanyid", &company),
        ],
        before(80),
    );
    let deal = double.add(
        "deals",
        &[
            ("dealname", "Acme EU"),
            ("dealstage", "qualifiedtobuy"),
            ("pipeline", "default"),
            ("amount", "64000"),
        ],
        before(70),
    );
    double.tie("deals", deal, "contacts", ann);
    double.tie("deals", deal, "companies", firm);
    (double, ann, deal)
}

#[test]
fn a_first_sync_brings_everything_in_few_calls_and_makes_no_flood() {
    let portal = Portal::new(HubspotDouble::filled(1, 450, monday()));
    let report = portal.sync();
    assert_eq!(report["problems"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(
        (
            portal.count("contact"),
            portal.count("company"),
            portal.count("deal")
        ),
        (450, 90, 113)
    );
    assert_eq!(portal.home.today().len(), 0);
    // Three pages of contacts, one of firms by search; two of deals by list.
    assert_eq!(portal.calls("POST", "/contacts/search"), 3);
    assert_eq!(portal.calls("POST", "/companies/search"), 1);
    assert_eq!(portal.calls("GET", "/objects/2026-03/deals"), 2);
    assert_eq!(portal.calls("POST", "/batch/read"), 0);
    let linked = portal.one("SELECT count(*) || '' FROM contact c JOIN company f ON f.id = c.company_id WHERE f.domain LIKE 'firm%'");
    assert_eq!(linked, "450");
    let dealt = portal.one(
        "SELECT count(*) || '' FROM deal WHERE contact_id IS NOT NULL AND company_id IS NOT NULL",
    );
    assert_eq!(dealt, "113");
    portal.world.forget();
    let again = portal.sync();
    assert_eq!(
        (&again["new"], again["problems"].as_array().unwrap().len()),
        (&Value::from(0), 0),
        "{again}"
    );
    assert!(
        portal.world.requests().len() <= 6,
        "{:?}",
        portal.world.requests().len()
    );
}

#[test]
fn every_version_of_the_paths_reads_the_same() {
    for version in ["v3", "2026-09"] {
        let portal = Portal::new(small().0);
        portal.set("hubspot", "api_version", version);
        portal.sync();
        assert_eq!(
            (portal.count("contact"), portal.count("deal")),
            (1, 1),
            "{version}"
        );
        let paths: Vec<String> = portal
            .world
            .requests()
            .iter()
            .map(|r| r.path.clone())
            .collect();
        assert!(
            paths
                .iter()
                .all(|p| p.contains(version) || p.contains("/v4/")),
            "{paths:?}"
        );
    }
}

#[test]
fn a_change_after_the_first_sync_is_a_signal_and_a_move() {
    let (double, _, deal) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    let now = portal.later(10);
    portal
        .there()
        .change("deals", deal, &[("dealstage", "contractsent")], now);
    let report = portal.sync();
    assert_eq!(
        (report["new"].as_i64(), report["proposed"].as_i64()),
        (Some(1), Some(1)),
        "{report}"
    );
    let today = portal.home.today();
    assert_eq!(today[0]["action"], "contract_follow_up", "{today:#?}");
    assert_eq!(today[0]["email"], "ann@acme.example");
    assert_eq!(
        portal.home.outcomes(),
        ["deal_created", "deal_stage_advanced"]
    );
    let again = portal.sync();
    assert_eq!(again["new"], 0);
}

#[test]
fn a_pipeline_of_the_portals_own_goes_by_its_order_and_not_its_names() {
    let (mut double, ann, _) = small();
    let deal = double.add(
        "deals",
        &[
            ("dealname", "Ally"),
            ("dealstage", "9001"),
            ("pipeline", "880"),
        ],
        before(60),
    );
    double.tie("deals", deal, "contacts", ann);
    let mut portal = Portal::new(double);
    portal.sync();
    let now = portal.later(10);
    portal
        .there()
        .change("deals", deal, &[("dealstage", "9002")], now);
    portal.sync();
    assert_eq!(
        portal.one("SELECT stage || stage_position FROM deal WHERE name = 'Ally'"),
        "Terms agreed1"
    );
    let now = portal.later(10);
    portal
        .there()
        .change("deals", deal, &[("dealstage", "9003")], now);
    portal.sync();
    assert_eq!(
        portal.one("SELECT is_closed || '' || is_won FROM deal WHERE name = 'Ally'"),
        "11"
    );
    assert!(portal.home.outcomes().contains(&"deal_won".to_owned()));
}

#[test]
fn an_amount_from_hubspot_has_a_point_before_its_decimals() {
    let (double, _, deal) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    let now = portal.later(10);
    portal.there().change(
        "deals",
        deal,
        &[("amount", "64.125"), ("deal_currency_code", "EUR")],
        now,
    );
    let report = portal.sync();
    assert_eq!(report["new"], 1, "{report}");
    assert_eq!(portal.one("SELECT amount || currency FROM deal"), "6413EUR");
    let now = portal.later(10);
    portal
        .there()
        .change("deals", deal, &[("amount", "64.13")], now);
    assert_eq!(portal.sync()["new"], 0, "the same amount is no news");
}

#[test]
fn ten_thousand_and_one_results_with_equal_stamps_are_all_read() {
    let mut double = HubspotDouble::empty();
    for n in 0..10_001 {
        double.add(
            "contacts",
            &[("email", &format!("p{n}@x.example")), ("firstname", "P")],
            before(9),
        );
    }
    let portal = Portal::new(double);
    let report = portal.sync();
    assert_eq!(portal.count("contact"), 10_001, "{report}");
    assert_eq!(portal.calls("POST", "/contacts/search"), 51);
}

#[test]
fn what_changes_while_pages_are_read_is_not_lost() {
    let mut double = HubspotDouble::empty();
    let ids: Vec<u64> = (0..450)
        .map(|n| {
            double.add(
                "contacts",
                &[("email", &format!("p{n}@x.example")), ("firstname", "Old")],
                before(9),
            )
        })
        .collect();
    // After the first page of contacts: one that was read already and one that was not.
    double.change_after(5, "contacts", ids[3], &[("firstname", "New")]);
    double.change_after(5, "contacts", ids[440], &[("firstname", "New")]);
    let mut portal = Portal::new(double);
    portal.sync();
    portal.later(1);
    portal.sync();
    assert_eq!(portal.count("contact"), 450);
    assert_eq!(
        portal.one("SELECT group_concat(email, ' ') FROM contact WHERE first_name = 'New'"),
        "p3@x.example p440@x.example"
    );
}

#[test]
fn a_failure_in_the_middle_keeps_what_came_and_the_next_pass_goes_on() {
    for fault in [
        Fault::status(401),
        Fault::status(400),
        Fault::Malformed,
        Fault::Cut { when: When::Body },
        Fault::Redirect { to: String::new() },
    ] {
        let portal = Portal::new(HubspotDouble::filled(1, 450, monday()));
        let what = format!("{fault:?}");
        portal.world.harm(
            FaultRule::on("/crm/objects/2026-03/contacts/search", fault)
                .after(1)
                .times(30),
        );
        let ran = portal.run("sync --json");
        assert_eq!(ran.code, Some(3), "{what}: {}", ran.out);
        assert_eq!(portal.count("contact"), 200, "{what}");
        assert!(
            portal.world.requests().iter().all(|r| !r.elsewhere),
            "{what}"
        );
        portal.world.heal();
        portal
            .home
            .database()
            .execute_batch("DELETE FROM control WHERE key LIKE 'breaker%'")
            .unwrap();
        let mut portal = portal;
        portal.later(30);
        portal.run("sync --json").exits(0);
        assert_eq!(
            (portal.count("contact"), portal.count("deal")),
            (450, 113),
            "{what}"
        );
        assert_eq!(portal.home.today().len(), 0, "{what}");
    }
}

#[test]
fn limits_and_failures_of_the_portal_lose_nothing() {
    let limited = |retry_after: Option<&str>| Fault::Status {
        status: 429,
        retry_after: retry_after.map(str::to_owned),
        body: serde_json::json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": "SECONDLY", "message": "slow down"}),
    };
    for fault in [
        limited(None),
        limited(Some("1")),
        Fault::status(500),
        Fault::status(503),
    ] {
        let what = format!("{fault:?}");
        let mut portal = Portal::new(HubspotDouble::filled(1, 450, monday()));
        portal.world.harm(
            FaultRule::on("/crm/objects/2026-03", fault)
                .after(2)
                .times(4),
        );
        for _ in 0..4 {
            portal.run("sync --json");
            portal.later(30);
        }
        portal.run("sync --json").exits(0);
        assert_eq!(
            (portal.count("contact"), portal.count("deal")),
            (450, 113),
            "{what}"
        );
        assert_eq!(portal.home.today().len(), 0, "{what}");
    }
}

#[test]
fn a_page_that_repeats_is_noticed() {
    let portal = Portal::new(HubspotDouble::filled(1, 850, monday()));
    portal
        .world
        .harm(FaultRule::on("/crm/objects/2026-03/deals", Fault::RepeatPage).times(0));
    let ran = portal.run("sync --json").exits(3);
    let told = "same page again and again for deals, so";
    assert!(ran.out.contains(told), "{}", ran.out);
    assert!(portal.world.requests().len() < 30);
    assert_eq!(portal.count("contact"), 850);
}

/// A mock server that answers every question with its description's example, for ever: one page whose next page is itself.
struct Parrot;

impl Double for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn handle(&mut self, request: &WorldRequest, _: Timestamp) -> WorldResponse {
        let at = "2019-08-24T14:15:22Z";
        let tied = json!({"results": [{"id": "string", "type": "string"}], "paging": {"next": {"after": "string"}}});
        let mut body = json!({
            "id": "string", "createdAt": at, "updatedAt": at, "archived": true, "archivedAt": at, "properties": {"property1": null},
            "propertiesWithHistory": {"property1": [{"value": "string", "timestamp": at}]}, "associations": {"property1": tied},
            "label": "string", "displayOrder": i32::MIN, "email": "string", "firstName": "string", "lastName": "string",
            "stages": [{"id": "string", "label": "string", "displayOrder": i32::MIN, "archived": true, "metadata": {"property1": "string"}}],
            "from": {"id": "string"}, "to": [{"toObjectId": "string", "associationTypes": []}],
            "paging": {"next": {"after": "string", "link": "string"}}, "total": i32::MIN, "status": "PENDING", "errors": null,
        });
        body["results"] = json!([body.clone()]);
        match request.method.as_str() {
            "DELETE" => WorldResponse::empty(204),
            _ => WorldResponse::json(200, &body),
        }
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        vec![("hubspot", "url", base.into())]
    }
}

#[test]
fn a_mock_that_repeats_one_example_for_ever_is_survived_and_written_to() {
    for version in ["2026-03", "v3"] {
        let portal = Portal::new(HubspotDouble::empty());
        let parrot =
            World::start(WorldOptions::default(), vec![Arc::new(Mutex::new(Parrot))]).unwrap();
        portal.set("hubspot", "url", parrot.base());
        portal.set("hubspot", "api_version", version);
        for line in ["sync", "sync --source hubspot --full"] {
            let ran = portal.run(line).exits(3);
            let all = "for companies, contacts, deals, tasks, notes, meetings, emails, calls, so";
            assert_eq!(ran.err.matches("again and again").count(), 1, "{}", ran.err);
            assert!(ran.err.contains(all), "{}", ran.err);
        }
        assert!(parrot.requests().len() < 80, "{}", parrot.requests().len());
        assert!(portal.home.today().is_empty());
        // Somebody of whom nothing but a number is known has a name to be called by.
        let list = portal.run("contacts list").exits(0);
        assert!(list.out.contains("(no name)"), "{}", list.out);
        let note = portal
            .run("hubspot note 'Met.' --contact hubspot:string")
            .exits(0);
        assert!(
            note.out.contains("Note for contact 1: written"),
            "{}",
            note.out
        );
        portal
            .run("hubspot task Call --contact hubspot:string")
            .exits(0);
        portal
            .run("hubspot set hubspot:string jobtitle=CTO")
            .exits(0);
        // The mock forgets what it was told.
        let again = portal
            .run("hubspot set hubspot:string jobtitle=CTO")
            .exits(0);
        assert!(again.out.contains("changed there since"), "{}", again.out);
        portal.home.audit_holds();
    }
}

#[test]
fn a_deal_that_is_put_away_is_closed_and_an_opt_out_suppresses() {
    let (double, ann, deal) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    portal.sync();
    let now = portal.later(60 * 25);
    portal
        .there()
        .change("contacts", ann, &[("hs_email_optout", "true")], now);
    let path = format!("/crm/objects/2026-03/deals/{deal}");
    let client = reqwest::blocking::Client::new();
    client
        .delete(format!("{}{path}", portal.world.base()))
        .bearer_auth(TOKEN)
        .send()
        .unwrap();
    portal.sync();
    assert_eq!(
        portal.one("SELECT is_closed || '' || is_won FROM deal"),
        "10"
    );
    assert_eq!(
        portal.one("SELECT value FROM suppression"),
        "ann@acme.example"
    );
    assert!(!portal.home.outcomes().contains(&"deal_lost".to_owned()));
}

#[test]
fn a_form_that_was_filled_makes_a_move_once() {
    let (double, ann, _) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    let now = portal.later(10);
    let stamp = now.to_string();
    portal.there().change(
        "contacts",
        ann,
        &[
            ("recent_conversion_date", &stamp),
            ("recent_conversion_event_name", "Contact us: Pricing"),
        ],
        now,
    );
    assert_eq!(portal.sync()["new"], 1);
    assert_eq!(portal.home.today()[0]["email"], "ann@acme.example");
    let now = portal.later(10);
    portal
        .there()
        .change("contacts", ann, &[("city", "Madrid")], now);
    assert_eq!(portal.sync()["new"], 0);
}

#[test]
fn a_task_that_is_completed_there_is_an_outcome() {
    let (mut double, ann, _) = small();
    let due = before(1).to_string();
    let task = double.add(
        "tasks",
        &[
            ("hs_timestamp", &due),
            ("hs_task_subject", "Call"),
            ("hs_task_status", "NOT_STARTED"),
        ],
        before(2),
    );
    double.tie("tasks", task, "contacts", ann);
    let mut portal = Portal::new(double);
    portal.sync();
    let now = portal.later(10);
    portal
        .there()
        .change("tasks", task, &[("hs_task_status", "COMPLETED")], now);
    portal.sync();
    portal.sync();
    assert_eq!(portal.home.outcomes(), ["deal_created", "task_completed"]);
}

#[test]
fn only_mine_are_read_if_so_set() {
    let mut double = HubspotDouble::empty();
    double.add(
        "contacts",
        &[("email", "mine@x.example"), ("hubspot_owner_id", "71")],
        before(9),
    );
    double.add(
        "contacts",
        &[("email", "theirs@x.example"), ("hubspot_owner_id", "72")],
        before(9),
    );
    let portal = Portal::new(double);
    portal.set("hubspot", "owner", "me");
    portal.sync();
    assert_eq!(
        portal.one("SELECT group_concat(email) FROM contact"),
        "mine@x.example"
    );
}

#[test]
fn a_task_whose_answer_never_came_is_looked_for_and_not_made_twice() {
    for when in [When::Before, When::After] {
        let (double, _, _) = small();
        let mut portal = Portal::new(double);
        portal.sync();
        portal.world.harm(
            FaultRule::on("/crm/objects/2026-03/tasks", Fault::Cut { when })
                .method("POST")
                .times(1),
        );
        portal.run("hubspot task 'Call Ann' --contact ann@acme.example --key k1");
        portal.world.heal();
        assert_eq!(
            portal
                .run("hubspot task 'Call Ann' --contact ann@acme.example --key k1")
                .code,
            Some(0),
            "{when:?}"
        );
        portal.later(5);
        portal.sync();
        portal.later(5);
        portal.sync();
        assert_eq!(portal.there().ids("tasks").len(), 1, "{when:?}");
        assert_eq!(
            portal.one("SELECT status FROM execution"),
            "sent",
            "{when:?}"
        );
    }
}

#[test]
fn a_process_that_dies_in_the_middle_of_a_write_doubles_nothing() {
    for place in ["after-ask", "after-claim", "after-delivery", "after-settle"] {
        let (double, _, _) = small();
        let mut portal = Portal::new(double);
        portal.sync();
        let output = portal
            .home
            .command(words(
                "hubspot note 'Met at the fair' --contact ann@acme.example",
            ))
            .env("CASEYOS_HUBSPOT_TOKEN", TOKEN)
            .env("CASEYOS_CRASH_AT", place)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), None, "{place}");
        for _ in 0..3 {
            portal.later(5);
            portal.sync();
        }
        assert_eq!(portal.there().ids("notes").len(), 1, "{place}");
        assert_eq!(
            portal.one("SELECT status FROM execution"),
            "sent",
            "{place}"
        );
        portal.home.audit_holds();
    }
}

#[test]
fn nothing_is_written_in_mode_draft_or_while_stopped() {
    let (double, ann, _) = small();
    let portal = Portal::new(double);
    portal.sync();
    portal.world.forget();
    portal.run("mode draft").exits(0);
    portal
        .run("hubspot task 'Call' --contact ann@acme.example")
        .exits(4);
    portal.run("mode dry-run").exits(0);
    let shown = portal
        .run("hubspot set ann@acme.example jobtitle=CTO")
        .exits(0);
    assert!(shown.out.contains("PATCH"), "{}", shown.out);
    portal.run("mode live").exits(0);
    portal.run("stop").exits(0);
    portal.run("hubspot stage 'Acme EU' contractsent").exits(4);
    let merge =
        format!("hubspot gdpr-delete hubspot:{ann} --confirm 'delete ann@acme.example for ever'");
    portal.run(&merge).exits(4);
    let writes = portal
        .world
        .requests()
        .iter()
        .filter(|r| r.method != "GET")
        .count();
    assert_eq!(writes, 0);
    portal.run("resume --yes").exits(0);
    portal.sync();
    assert_eq!(
        portal.there().ids("tasks").len(),
        1,
        "what waited goes out once it may"
    );
}

#[test]
fn a_dry_run_shows_the_exact_request_and_keeps_nothing() {
    let (double, ann, deal) = small();
    let portal = Portal::new(double);
    portal.sync();
    let shown = portal
        .run("hubspot set ann@acme.example jobtitle=CTO --dry-run")
        .exits(0)
        .out;
    assert!(
        shown.contains(&format!(
            "PATCH /crm/objects/2026-03/contacts/{ann} HTTP/1.1"
        )),
        "{shown}"
    );
    assert!(
        shown.contains(r#"{"properties":{"jobtitle":"CTO"}}"#),
        "{shown}"
    );
    let shown = portal
        .run("hubspot stage 'Acme EU' 'Contract Sent' --dry-run")
        .exits(0)
        .out;
    assert!(
        shown.contains(&format!("/deals/{deal}"))
            && shown.contains(r#""dealstage":"contractsent""#),
        "{shown}"
    );
    assert!(!shown.contains(TOKEN));
    assert_eq!(portal.count("execution"), 0);
}

#[test]
fn a_property_and_a_stage_are_written_and_a_refusal_names_the_property() {
    let (double, ann, deal) = small();
    let portal = Portal::new(double);
    portal.sync();
    portal
        .run("hubspot set ann@acme.example jobtitle=CTO city=Madrid")
        .exits(0);
    portal
        .run("hubspot stage 'Acme EU' 'Contract Sent'")
        .exits(0);
    assert_eq!(
        portal
            .there()
            .property("contacts", ann, "jobtitle")
            .as_deref(),
        Some("CTO")
    );
    assert_eq!(
        portal
            .there()
            .property("deals", deal, "dealstage")
            .as_deref(),
        Some("contractsent")
    );
    let unsure = portal
        .run("hubspot set --deal 'Acme EU' amount=64.000")
        .exits(2);
    assert!(
        unsure.err.contains("\"64.000\" may be 64 or 64,000"),
        "{}",
        unsure.err
    );
    let refused = portal
        .run("hubspot set --deal 'Acme EU' amount=plenty")
        .exits(2);
    assert!(
        refused.err.contains("Write a number, such as 64000."),
        "{}",
        refused.err
    );
    portal
        .run("hubspot set --deal 'Acme EU' amount=1.234,50")
        .exits(0);
    assert_eq!(
        portal.there().property("deals", deal, "amount").as_deref(),
        Some("1234.5")
    );
    // A second change needs no reading between.
    portal
        .run("hubspot set --deal 'Acme EU' amount=2000")
        .exits(0);
    assert_eq!(
        portal.there().property("deals", deal, "amount").as_deref(),
        Some("2000")
    );
    portal.run("undo").exits(0);
    assert_eq!(
        portal.there().property("deals", deal, "amount").as_deref(),
        Some("1234.5")
    );
    portal
        .run("hubspot set --deal 'Acme EU' amount=3000")
        .exits(0);
    assert_eq!(
        portal.there().property("deals", deal, "amount").as_deref(),
        Some("3000")
    );
    let unknown = portal.run("hubspot stage 'Acme EU' nowhere").exits(2);
    assert!(
        unknown.err.contains("contractsent (Contract Sent)"),
        "{}",
        unknown.err
    );
}

#[test]
fn changes_on_both_sides_merge_by_field_and_the_same_field_is_a_conflict() {
    let (double, ann, _) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    portal.later(10);
    portal
        .run("contacts add --email ann@acme.example --title CTO --city Madrid")
        .exits(0);
    let now = portal.later(10);
    portal.there().change(
        "contacts",
        ann,
        &[
            ("jobtitle", "Head of Purchasing"),
            ("phone", "+34 600 000 000"),
        ],
        now,
    );
    portal.sync();
    let row = "SELECT title || '|' || city || '|' || phone FROM contact";
    assert_eq!(portal.one(row), "CTO|Madrid|+34 600 000 000");
    let conflicts = portal.json("hubspot conflicts");
    let conflict = &conflicts[0];
    assert_eq!(
        (
            &conflict["field"],
            &conflict["remote"],
            &conflict["local"],
            &conflict["base"]
        ),
        (
            &Value::from("jobtitle"),
            &Value::from("Head of Purchasing"),
            &Value::from("CTO"),
            &Value::from("Buyer")
        )
    );
    assert_eq!(conflicts.as_array().unwrap().len(), 1);
    portal.run("hubspot resolve 1 --take local").exits(0);
    assert_eq!(
        portal
            .there()
            .property("contacts", ann, "jobtitle")
            .as_deref(),
        Some("CTO")
    );
    assert_eq!(
        portal.json("hubspot conflicts").as_array().unwrap().len(),
        0
    );
    portal.later(10);
    portal.sync();
    assert_eq!(portal.one(row), "CTO|Madrid|+34 600 000 000");
    assert_eq!(
        portal.json("hubspot conflicts").as_array().unwrap().len(),
        0
    );
}

#[test]
fn a_push_writes_what_changed_here_and_never_over_an_unseen_version() {
    let (double, ann, _) = small();
    let mut portal = Portal::new(double);
    portal.sync();
    portal.later(10);
    portal
        .run("contacts add --email ann@acme.example --title CTO --city Madrid")
        .exits(0);
    let shown = portal.run("hubspot push --dry-run").exits(0).out;
    assert!(
        shown.contains(r#"{"city":"Madrid","jobtitle":"CTO"}"#),
        "{shown}"
    );
    let now = portal.later(10);
    portal
        .there()
        .change("contacts", ann, &[("jobtitle", "VP"), ("state", "MD")], now);
    portal.run("hubspot push").exits(0);
    let there = |name: &str| portal.there().property("contacts", ann, name);
    assert_eq!(
        (there("jobtitle").as_deref(), there("city").as_deref()),
        (Some("VP"), Some("Madrid"))
    );
    let conflicts = portal.json("hubspot conflicts");
    assert_eq!(
        (&conflicts[0]["field"], &conflicts[0]["remote"]),
        (&Value::from("jobtitle"), &Value::from("VP"))
    );
    portal.run("hubspot resolve 1 --take hubspot").exits(0);
    portal.later(10);
    portal.sync();
    assert_eq!(portal.one("SELECT title || state FROM contact"), "VPMD");
    assert_eq!(portal.run("hubspot push --fail-on-empty").code, Some(5));
}

#[test]
fn ownership_decides_where_it_is_set() {
    for (owner, expect) in [("hubspot", "VP"), ("local", "CTO"), ("latest", "VP")] {
        let (double, ann, _) = small();
        let mut portal = Portal::new(double);
        portal.home.edit_config(|c| {
            format!("{c}\n[hubspot.ownership]\njobtitle = \"{owner}\"\n").replacen(
                "\n[hubspot.ownership]\n#",
                "\n#",
                1,
            )
        });
        portal.sync();
        portal.later(10);
        portal
            .run("contacts add --email ann@acme.example --title CTO")
            .exits(0);
        let now = portal.later(10);
        portal
            .there()
            .change("contacts", ann, &[("jobtitle", "VP")], now);
        portal.sync();
        assert_eq!(portal.one("SELECT title FROM contact"), expect, "{owner}");
        assert_eq!(
            portal.json("hubspot conflicts").as_array().unwrap().len(),
            0
        );
    }
}

#[test]
fn the_gates_open_only_to_their_phrase_and_say_what_is_lost() {
    let (mut double, ann, _) = small();
    let twin = double.add(
        "contacts",
        &[("email", "ann.lee@acme.example"), ("firstname", "Ann")],
        before(50),
    );
    let mut portal = Portal::new(double);
    portal.sync();
    let line = format!("hubspot merge ann@acme.example hubspot:{twin}");
    let asked = portal.run(&line).exits(2);
    assert!(
        asked.err.contains("What can't come back")
            && asked.err.contains(&format!("merge {twin} into {ann}")),
        "{}",
        asked.err
    );
    portal.run(&format!("{line} --confirm yes")).exits(2);
    portal
        .run(&format!("{line} --confirm 'merge {twin} into {ann}' --now"))
        .exits(0);
    assert_eq!(portal.count("hubspot_snapshot"), 2);
    portal.later(10);
    portal.sync();
    // Old ids and both addresses lead to one person.
    for who in [
        format!("hubspot:{ann}"),
        format!("hubspot:{twin}"),
        "ann.lee@acme.example".into(),
    ] {
        let shown = portal.json(&format!("contacts show {who}"));
        assert!(
            shown.to_string().contains("ann@acme.example"),
            "{who}: {shown}"
        );
    }
    portal.run("hubspot gdpr-delete ann@acme.example").exits(2);
    portal
        .run("hubspot gdpr-delete ann@acme.example --confirm 'delete ann@acme.example for ever' --now")
        .exits(0);
    assert_eq!(portal.there().ids("contacts").len(), 0);
    assert_eq!(
        portal.one("SELECT value FROM suppression"),
        "ann@acme.example"
    );
    portal.home.audit_holds();
}

#[test]
fn a_clock_that_is_wrong_loses_nothing() {
    for seconds in [600, -600] {
        let (double, ann, _) = small();
        let mut portal = Portal::new(double);
        portal
            .world
            .harm(FaultRule::on("/crm", Fault::Skew { seconds }).times(0));
        portal.sync();
        let now = portal.later(1);
        portal
            .there()
            .change("contacts", ann, &[("city", "Madrid")], now);
        portal.later(1);
        portal.sync();
        assert_eq!(
            portal.one("SELECT city FROM contact"),
            "Madrid",
            "{seconds}"
        );
    }
}

#[test]
fn our_own_clock_ten_minutes_ahead_loses_nothing() {
    let (double, ann, _) = small();
    let mut portal = Portal::new(double);
    portal.home.now = (monday() + SignedDuration::from_mins(10)).to_string();
    portal.sync();
    portal.world.advance(SignedDuration::from_mins(1));
    portal.there().change(
        "contacts",
        ann,
        &[("city", "Madrid")],
        monday() + SignedDuration::from_mins(1),
    );
    portal.later(1);
    portal.sync();
    assert_eq!(portal.one("SELECT city FROM contact"), "Madrid");
}
