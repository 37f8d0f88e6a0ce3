//! Gmail and Calendar through the whole program, against the doubles over HTTP.

use std::sync::{Arc, Mutex, MutexGuard};

use caseyos::connectors::mail::parse::parse;
use caseyos::connectors::world::google::GoogleDouble;
use caseyos::connectors::world::{Double, Fault, FaultRule, When, World, WorldOptions};
use caseyos::domain::email::ParsedMail;
use caseyos::env::FixedClock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::home::{Home, MONDAY, OPERATOR, Ran, form};

/// An installation that works with Google's doubles.
struct Google {
    home: Home,
    world: World,
    double: Arc<Mutex<GoogleDouble>>,
}

impl Google {
    fn start(mode: &str) -> Self {
        let double = Arc::new(Mutex::new(GoogleDouble::alone(OPERATOR)));
        let clock = Arc::new(FixedClock(MONDAY.parse().unwrap()));
        let options = WorldOptions {
            clock,
            ..WorldOptions::default()
        };
        let world = World::start(options, vec![double.clone()]).unwrap();
        let home = Home::init();
        home.limits(
            "per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false",
        );
        home.edit_config(|config| {
            let mut config = config.replace("accounts = []", "");
            for (table, key, value) in world.settings() {
                let line = format!("\n{key} = ");
                let (before, after) = config.split_once(&line).unwrap();
                let rest = after.split_once('\n').unwrap().1;
                assert_eq!(table, "google");
                config = format!("{before}{line}\"{value}\"\n{rest}");
            }
            config = config.replace("undo_seconds = 20", "undo_seconds = 0");
            format!("{config}\n[[mail.accounts]]\nname = \"gmail\"\nkind = \"gmail\"\n")
        });
        home.set_variable("CASEYOS_GOOGLE_TOKEN", "world-google-token");
        home.ok(&format!("mode {mode}"));
        Self {
            home,
            world,
            double,
        }
    }

    fn double(&self) -> MutexGuard<'_, GoogleDouble> {
        self.double.lock().unwrap()
    }

    /// Moves both clocks to an instant.
    fn at(&mut self, now: &str) -> &mut Self {
        let (before, after): (Timestamp, Timestamp) =
            (self.home.now.parse().unwrap(), now.parse().unwrap());
        self.world.advance(after.duration_since(before));
        self.home.at(now);
        self
    }

    #[track_caller]
    fn happen(&self, what: &str, given: &Value) -> Value {
        let now = self.home.now.parse().unwrap();
        self.double().happen(what, given, now).unwrap()
    }

    #[track_caller]
    fn receive(&self, from: &str, subject: &str, text: &str) -> String {
        let mail = json!({"from": from, "subject": subject, "text": text});
        self.happen("receive", &mail)["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn sync(&self) -> Ran {
        self.home.run(["sync", "--json"])
    }

    /// A pass that must not fail.
    #[track_caller]
    fn synced(&self) -> Value {
        let ran = self.sync();
        assert!(matches!(ran.code, Some(0 | 5)), "{ran:?}");
        ran.json()
    }

    fn sent(&self) -> Vec<ParsedMail> {
        self.double()
            .mailbox
            .sent()
            .iter()
            .map(|m| parse(m))
            .collect()
    }

    fn drafts(&self) -> Vec<ParsedMail> {
        self.double()
            .mailbox
            .drafts()
            .iter()
            .map(|m| parse(m))
            .collect()
    }

    fn replies(&self) -> usize {
        self.home
            .today()
            .iter()
            .filter(|m| m["action"] == "reply")
            .count()
    }

    /// How many requests went to an operation since the log was cleared.
    fn asked(&self, method: &str, path: &str) -> usize {
        self.world
            .requests()
            .iter()
            .filter(|r| r.method == method && r.path.starts_with(path))
            .count()
    }

    /// Has a form of Ann's waiting as a move; returns its number.
    fn form_of_ann(&self) -> i64 {
        let line = form(
            "ann@acme.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        );
        self.home.signals(&[line]).exits(0);
        self.home.find_move("ann@acme.example", "email_follow_up")
    }
}

fn id(mail: &ParsedMail) -> String {
    mail.message_id.as_ref().unwrap().to_string()
}

#[test]
fn a_move_leaves_by_gmail_and_what_comes_back_is_its_outcome_in_the_same_thread() {
    for rewrites in [false, true] {
        let mut google = Google::start("live");
        google.double().mailbox.rewrites_ids = rewrites;
        google.synced();
        let mv = google.form_of_ann();
        let approved = google.home.json(&format!("approve {mv}"));
        assert_eq!(approved["result"], "sent", "{approved:#}");
        let [first] = &google.sent()[..] else {
            panic!("{:#?}", google.sent())
        };
        assert_eq!(id(first) == approved["message_id"], !rewrites);

        google.at("2026-11-23T10:20:00Z");
        google.happen(
            "reply",
            &json!({"text": "Sounds great, can we talk on Tuesday?"}),
        );
        let report = google.synced();
        assert_eq!(
            (&report["new"], &report["proposed"]),
            (&1.into(), &1.into()),
            "{report:#}"
        );
        let outcomes = google.home.outcomes();
        assert_eq!(
            outcomes,
            ["email_replied", "email_sent", "positive_response"]
        );

        // Our answer goes into the thread, under their message.
        let reply = google.home.find_move("ann@acme.example", "reply");
        let draft = google.home.json(&format!("show {reply}"))["draft"].clone();
        assert!(draft["subject"].as_str().unwrap().starts_with("Re: "));
        google.world.forget();
        let answered = google.home.json(&format!("approve {reply}"));
        assert_eq!(answered["result"], "sent", "{answered:#}");
        let [ours, second] = &google.sent()[..] else {
            panic!()
        };
        assert_eq!(second.references.first(), ours.message_id.as_ref());
        let threads = &google.double().show()["mailbox"]["messages"];
        assert_eq!(*threads, 3);

        // Asked again, nothing is new: not our own mail, not theirs.
        let again = google.at("2026-11-23T10:40:00Z").synced();
        assert_eq!(again["new"], 0, "{again:#}");
        assert_eq!(google.sent().len(), 2);
        google.home.audit_holds();
    }
}

#[test]
fn in_draft_mode_a_draft_lies_at_gmail_and_goes_when_it_is_undone() {
    let google = Google::start("draft");
    let mv = google.form_of_ann();
    let approved = google.home.json(&format!("approve {mv}"));
    assert_eq!(approved["status"], "drafted", "{approved:#}");
    assert_eq!(google.drafts().len(), 1);
    assert_eq!(
        id(&google.drafts()[0]),
        approved["message_id"].as_str().unwrap()
    );
    assert!(google.sent().is_empty());
    google.home.ok("undo");
    assert!(google.drafts().is_empty());
    google.home.find_move("ann@acme.example", "email_follow_up");
}

#[test]
fn mail_of_the_last_weeks_is_read_once_and_only_what_came_in_makes_a_signal() {
    let mut google = Google::start("live");
    google.double().mailbox.page_limit = 3;
    google.double().mailbox.aliases = vec!["casey@alias.example".into()];
    google
        .home
        .contacts("Email\nann@acme.example\nbob@bolt.example\n");
    for (n, from) in [
        "ann@acme.example",
        "bob@bolt.example",
        "casey@alias.example",
    ]
    .iter()
    .enumerate()
    {
        google.receive(
            from,
            &format!("Question {n}"),
            "Could you tell me more about pricing?",
        );
    }
    for label in ["SPAM", "TRASH", "CHAT", "DRAFT"] {
        let mail = json!({"from": "ann@acme.example", "subject": label, "text": "Hello?", "labels": [label]});
        google.happen("receive", &mail);
    }
    let old = json!({"from": "ann@acme.example", "subject": "Old", "text": "Hi?"});
    google.at("2026-09-01T10:00:00Z").happen("receive", &old);
    google.at(MONDAY);
    let report = google.synced();
    assert_eq!(report["new"], 2, "{report:#}");
    assert_eq!(google.replies(), 2);
    google.world.forget();
    assert_eq!(google.synced()["new"], 0);
    assert_eq!(google.asked("GET", "/gmail/v1/users/me/messages"), 0);

    // What a person takes out of the spam folder counts.
    let id = google.happen("receive", &json!({"from": "ann@acme.example", "subject": "Lost", "text": "Are you there?", "labels": ["SPAM"]}));
    google.synced();
    google.happen(
        "label",
        &json!({"id": id["id"], "add": ["INBOX"], "remove": ["SPAM"]}),
    );
    assert_eq!(google.synced()["new"], 1);
}

#[test]
fn a_forgotten_history_is_made_good_by_reading_anew_and_doubles_nothing() {
    let mut google = Google::start("live");
    google.home.contacts("Email\nann@acme.example\n");
    google.receive("ann@acme.example", "One", "How does it work?");
    assert_eq!(google.synced()["new"], 1);
    google.at("2026-11-24T10:00:00Z");
    google.receive("ann@acme.example", "Two", "And what does it cost?");
    google.happen("expire_history", &json!({}));
    assert_eq!(google.synced()["new"], 1);
    google.receive("ann@acme.example", "Three", "And when?");
    assert_eq!(google.synced()["new"], 1);
    assert_eq!(google.synced()["new"], 0);
}

#[test]
fn a_page_that_repeats_is_noticed_and_said() {
    let google = Google::start("live");
    google.double().mailbox.page_limit = 2;
    google.home.contacts("Email\nann@acme.example\n");
    for n in 0..9 {
        google.receive(
            "ann@acme.example",
            &format!("Mail {n}"),
            "Could you call me?",
        );
    }
    google.world.harm(
        FaultRule::on("/gmail/v1/users/me/messages", Fault::RepeatPage)
            .method("GET")
            .times(1000),
    );
    let ran = google.sync().exits(3);
    assert!(
        ran.json()["problems"][0]
            .as_str()
            .unwrap()
            .contains("repeats a page")
    );
    assert!(google.world.requests().len() < 40);
    google.world.heal();
    google.sync();
    assert_eq!(google.synced()["new"], 0);
    let signals = google.home.json("signals list --limit 100");
    assert_eq!(
        signals
            .as_array()
            .map_or_else(|| signals["signals"].as_array().unwrap().len(), Vec::len),
        9
    );
}

#[test]
fn what_vanishes_or_breaks_while_pages_are_read_holds_nothing_up() {
    let google = Google::start("live");
    google.double().mailbox.page_limit = 2;
    google.home.contacts("Email\nann@acme.example\n");
    let ids: Vec<String> = (0..8)
        .map(|n| {
            google.receive(
                "ann@acme.example",
                &format!("Mail {n}"),
                "Could you call me?",
            )
        })
        .collect();
    // The first page's messages vanish while it is looked at, an access token ends, a body breaks off.
    google.double().mailbox.vanishing = vec![ids[7].clone(), ids[6].clone()];
    google.world.harm(
        FaultRule::on("/gmail/v1/users/me/messages/", Fault::Malformed)
            .method("GET")
            .after(1)
            .times(1),
    );
    google.world.harm(
        FaultRule::on(
            "/gmail/v1/users/me/messages/",
            Fault::Cut { when: When::Body },
        )
        .method("GET")
        .after(3)
        .times(1),
    );
    for _ in 0..4 {
        google.sync();
    }
    google.world.heal();
    google.synced();
    let signals = google.home.json("signals list --limit 100");
    let count = signals
        .as_array()
        .map_or_else(|| signals["signals"].as_array().unwrap().len(), Vec::len);
    assert!((6..=8).contains(&count), "{count}");
    assert_eq!(google.synced()["new"], 0);
}

#[test]
fn a_refused_token_in_the_middle_of_the_pages_loses_nothing() {
    let google = Google::start("live");
    google.double().mailbox.page_limit = 2;
    google.home.contacts("Email\nann@acme.example\n");
    for n in 0..6 {
        google.receive(
            "ann@acme.example",
            &format!("Mail {n}"),
            "Could you call me?",
        );
    }
    google.world.harm(
        FaultRule::on("/gmail/v1/users/me/messages", Fault::status(401))
            .method("GET")
            .after(4),
    );
    let ran = google.sync().exits(3);
    assert!(
        ran.json()["problems"][0]
            .as_str()
            .unwrap()
            .contains("gmail")
    );
    google.world.heal();
    google.synced();
    let signals = google.home.json("signals list --limit 100");
    let count = signals
        .as_array()
        .map_or_else(|| signals["signals"].as_array().unwrap().len(), Vec::len);
    assert_eq!(count, 6);
}

#[test]
fn a_mail_whose_answer_did_not_come_is_found_and_not_sent_twice() {
    for (rewrites, when) in [
        (false, When::After),
        (true, When::After),
        (false, When::Before),
    ] {
        let mut google = Google::start("live");
        google.double().mailbox.rewrites_ids = rewrites;
        google.synced();
        let mv = google.form_of_ann();
        let rule = FaultRule::on("/gmail/v1/users/me/messages/send", Fault::Cut { when });
        google.world.harm(rule.method("POST").times(1));
        google.home.run(["approve", &mv.to_string(), "--json"]);
        google.world.heal();
        for at in [
            "2026-11-23T10:05:00Z",
            "2026-11-23T10:20:00Z",
            "2026-11-23T11:20:00Z",
            "2026-11-23T13:20:00Z",
        ] {
            google.at(at).sync();
        }
        assert_eq!(google.sent().len(), 1, "rewrites: {rewrites}, {when:?}");
        assert_eq!(google.home.outcomes(), ["email_sent"]);
        google.happen("reply", &json!({"text": "Yes, please."}));
        google.synced();
        assert!(google.home.outcomes().contains(&"email_replied".to_owned()));
    }
}

#[test]
fn killed_at_any_batch_the_next_pass_reads_the_rest() {
    let google = Google::start("live");
    google.double().mailbox.page_limit = 4;
    google.home.contacts("Email\nann@acme.example\n");
    for n in 0..12 {
        google.receive(
            "ann@acme.example",
            &format!("Mail {n}"),
            "Could you call me?",
        );
    }
    for n in 1..4 {
        google.home.crashes_at(&format!("gmail-batch#{n}"), "sync");
    }
    google.synced();
    let signals = google.home.json("signals list --limit 100");
    let count = signals
        .as_array()
        .map_or_else(|| signals["signals"].as_array().unwrap().len(), Vec::len);
    assert_eq!(count, 12);
    assert_eq!(google.synced()["new"], 0);
}
