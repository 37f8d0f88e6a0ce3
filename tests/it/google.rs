//! Gmail and Calendar through the whole program, against the doubles over HTTP.

use std::sync::{Arc, Mutex, MutexGuard};

use caseyos::connectors::mail::parse::parse;
use caseyos::connectors::world::google::GoogleDouble;
use caseyos::connectors::world::{
    Double, Fault, FaultRule, Setting, When, World, WorldOptions, WorldRequest, WorldResponse,
};
use caseyos::domain::email::ParsedMail;
use caseyos::env::FixedClock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::home::{Home, MONDAY, OPERATOR, Ran, form};

/// An installation that works with Google's doubles.
pub struct Google {
    pub home: Home,
    pub world: World,
    double: Arc<Mutex<GoogleDouble>>,
}

impl Google {
    pub fn start(mode: &str) -> Self {
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

    pub fn double(&self) -> MutexGuard<'_, GoogleDouble> {
        self.double.lock().unwrap()
    }

    /// Moves both clocks to an instant.
    pub fn at(&mut self, now: &str) -> &mut Self {
        let (before, after): (Timestamp, Timestamp) =
            (self.home.now.parse().unwrap(), now.parse().unwrap());
        self.world.advance(after.duration_since(before));
        self.home.at(now);
        self
    }

    #[track_caller]
    pub fn happen(&self, what: &str, given: &Value) -> Value {
        let now = self.home.now.parse().unwrap();
        self.double().happen(what, given, now).unwrap()
    }

    #[track_caller]
    pub fn receive(&self, from: &str, subject: &str, text: &str) -> String {
        let mail = json!({"from": from, "subject": subject, "text": text});
        self.happen("receive", &mail)["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn sync(&self) -> Ran {
        self.home.run(["sync", "--json"])
    }

    /// A pass that must not fail.
    #[track_caller]
    pub fn synced(&self) -> Value {
        let ran = self.sync();
        assert!(matches!(ran.code, Some(0 | 5)), "{ran:?}");
        ran.json()
    }

    pub fn sent(&self) -> Vec<ParsedMail> {
        self.double()
            .mailbox
            .sent()
            .iter()
            .map(|m| parse(m))
            .collect()
    }

    pub fn drafts(&self) -> Vec<ParsedMail> {
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
    pub fn asked(&self, method: &str, path: &str) -> usize {
        self.world
            .requests()
            .iter()
            .filter(|r| r.method == method && r.path.starts_with(path))
            .count()
    }

    /// Has a form of Ann's waiting as a move; returns its number.
    pub fn form_of_ann(&self) -> i64 {
        let line = form(
            "ann@acme.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        );
        self.home.signals(&[line]).exits(0);
        self.home.find_move("ann@acme.example", "email_follow_up")
    }
}

pub fn id(mail: &ParsedMail) -> String {
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

/// A meeting that we invited Ann to.
fn meeting(id: &str, start: &str, end: &str, answer: &str) -> Value {
    json!({"fields": {
        "id": id, "summary": "Intro", "start": {"dateTime": start}, "end": {"dateTime": end},
        "attendees": [{"email": OPERATOR, "self": true, "responseStatus": "accepted"},
                      {"email": "ann@acme.example", "responseStatus": answer}],
    }})
}

impl Google {
    pub fn with_ann(mode: &str) -> Self {
        let google = Self::start(mode);
        google.home.contacts(
            "First Name,Last Name,Email,Time Zone\nAnn,Ames,ann@acme.example,Europe/Madrid\n",
        );
        google
    }

    /// The kinds of the calendar's signals, oldest first.
    pub fn told(&self) -> Vec<String> {
        let database = self.home.database();
        let mut statement = database
            .prepare("SELECT kind FROM signal WHERE source = 'calendar' ORDER BY id")
            .unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }
}

#[test]
fn an_event_without_a_name_gets_one() {
    let google = Google::start("draft");
    let fields = json!({"fields": {"summary": "Demo", "start": {"dateTime": "2026-11-24T10:00:00Z"}, "end": {"dateTime": "2026-11-24T10:30:00Z"},
        "attendees": [{"email": "ann@acme.example", "responseStatus": "accepted"}]}});
    let ids: Vec<Value> = (0..2)
        .map(|_| google.happen("event", &fields)["id"].clone())
        .collect();
    assert_eq!(ids, ["event1", "event2"]);
    google.synced();
    assert_eq!(google.home.json("meetings").as_array().unwrap().len(), 2);
}

#[test]
fn a_meeting_is_booked_moved_and_held_and_each_of_it_is_told_once() {
    let mut google = Google::with_ann("live");
    google.synced();
    google.happen(
        "event",
        &meeting(
            "intro1",
            "2026-11-24T10:00:00Z",
            "2026-11-24T10:30:00Z",
            "needsAction",
        ),
    );
    assert_eq!(google.synced()["new"], 0);
    let yes = json!({"event": "intro1", "email": "ann@acme.example", "response": "accepted"});
    google.happen("respond", &yes);
    google.synced();
    assert_eq!(google.told(), ["calendar.meeting_booked"]);
    assert_eq!(google.home.outcomes(), ["meeting_booked"]);
    google.home.find_move("ann@acme.example", "prep_meeting");
    google.happen(
        "event",
        &meeting(
            "intro1",
            "2026-11-25T10:00:00Z",
            "2026-11-25T10:30:00Z",
            "accepted",
        ),
    );
    google.synced();
    google.happen("expire_sync_tokens", &json!({}));
    assert_eq!(google.synced()["new"], 0);
    google.at("2026-11-25T11:00:00Z").synced();
    let told = [
        "calendar.meeting_booked",
        "calendar.meeting_rescheduled",
        "calendar.meeting_held",
    ];
    assert_eq!(google.told(), told);
    assert_eq!(
        google.home.outcomes(),
        ["meeting_booked", "meeting_held", "meeting_rescheduled"]
    );
    google.home.ok("meetings no-show intro1");
    // What was taken for held counts no more.
    let counting: String = google
        .home
        .database()
        .query_row(
            "SELECT group_concat(kind, ' ') FROM (SELECT kind FROM outcome WHERE undone_at IS NULL ORDER BY kind)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        counting,
        "meeting_booked meeting_no_show meeting_rescheduled"
    );
    assert_eq!(
        google.home.json("meetings --past 7d")[0]["state"],
        "no_show"
    );
    google.home.audit_holds();
}

#[test]
fn the_invitation_by_mail_and_the_calendar_tell_of_one_meeting() {
    let google = Google::with_ann("live");
    google.synced();
    let invitation = format!(
        "From: ann@acme.example\r\nTo: {OPERATOR}\r\nSubject: Accepted: Intro\r\nDate: Mon, 23 Nov 2026 09:50:00 +0000\r\nMessage-ID: <yes@acme.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n\
         BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:intro1@google.com\r\nDTSTART:20261124T100000Z\r\nSUMMARY:Intro\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@acme.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    google.happen("receive", &json!({ "raw": invitation }));
    google.happen(
        "event",
        &meeting(
            "intro1",
            "2026-11-24T10:00:00Z",
            "2026-11-24T10:30:00Z",
            "accepted",
        ),
    );
    google.synced();
    assert_eq!(google.home.outcomes(), ["meeting_booked"]);
    let meetings: i64 = google
        .home
        .database()
        .query_row("SELECT count(*) FROM meeting", [], |row| row.get(0))
        .unwrap();
    assert_eq!(meetings, 1);
}

#[test]
fn what_is_called_off_or_gone_from_the_calendar_is_told_and_a_series_is_no_flood() {
    let mut google = Google::with_ann("live");
    google.double().calendars.page_limit = 4;
    google.synced();
    google.happen(
        "event",
        &meeting(
            "intro1",
            "2026-11-26T10:00:00Z",
            "2026-11-26T10:30:00Z",
            "accepted",
        ),
    );
    let mut weekly = meeting(
        "weekly1",
        "2026-11-27T12:00:00Z",
        "2026-11-27T12:30:00Z",
        "accepted",
    );
    weekly["fields"]["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=20"]);
    google.happen("event", &weekly);
    google.synced();
    assert_eq!(google.told(), ["calendar.meeting_booked"; 2]);
    google.happen("cancel", &json!({"event": "intro1"}));
    google.synced();
    assert_eq!(google.told()[2..], ["calendar.meeting_declined"]);
    // While nobody looked, the token grew too old.
    google.happen(
        "event",
        &meeting(
            "intro2",
            "2026-11-28T10:00:00Z",
            "2026-11-28T10:30:00Z",
            "accepted",
        ),
    );
    google.happen("expire_sync_tokens", &json!({}));
    google.at("2026-11-23T12:00:00Z").synced();
    assert_eq!(google.told()[3..], ["calendar.meeting_booked"]);
    assert_eq!(google.synced()["new"], 0);
}

#[test]
fn a_calendar_that_repeats_a_page_is_left_there() {
    let google = Google::with_ann("live");
    google.double().calendars.page_limit = 2;
    for n in 0..7 {
        let event = meeting(
            &format!("intro{n}"),
            &format!("2026-12-0{}T10:00:00Z", n + 1),
            &format!("2026-12-0{}T10:30:00Z", n + 1),
            "accepted",
        );
        google.happen("event", &event);
    }
    google.world.harm(
        FaultRule::on("/calendar/v3/calendars", Fault::RepeatPage)
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
    google.world.heal();
    google.synced();
    assert_eq!(google.told().len(), 7);
}

#[test]
fn times_are_offered_that_suit_both_and_a_meeting_is_booked_once() {
    let google = Google::with_ann("draft");
    google.happen(
        "event",
        &meeting(
            "intro1",
            "2026-11-23T11:00:00Z",
            "2026-11-23T12:30:00Z",
            "accepted",
        ),
    );
    let slots = google
        .home
        .json("slots --with ann@acme.example --for 1h --within 2d --limit 3");
    let starts: Vec<&str> = slots["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["start"].as_str().unwrap())
        .collect();
    // The operator works 09:00-17:00 UTC, Ann 08:00-16:00 UTC.
    assert_eq!(
        starts,
        [
            "2026-11-23T10:00:00Z",
            "2026-11-23T12:30:00Z",
            "2026-11-23T13:30:00Z"
        ]
    );
    let book = [
        "meetings",
        "book",
        "ann@acme.example",
        "2026-11-23T14:00",
        "--for",
        "30m",
        "--json",
    ];
    google.home.run(book).exits(4);
    google.home.ok("mode live");
    google.world.harm(
        FaultRule::on("/calendar/v3/calendars", Fault::Cut { when: When::After })
            .method("POST")
            .times(1),
    );
    google.home.run(book).exits(0);
    google.home.run(book);
    let events = |google: &Google| {
        let shown = google.double().show();
        let all = shown["calendars"]["events"][OPERATOR]
            .as_array()
            .unwrap()
            .clone();
        all.iter()
            .filter(|e| e["summary"] == "Call with Ann Ames" && e["status"] != "cancelled")
            .count()
    };
    assert_eq!(events(&google), 1);
    assert!(
        google
            .double()
            .calendars
            .told
            .iter()
            .all(|(_, who)| who == "ann@acme.example")
    );
    google.home.ok("undo");
    assert_eq!(events(&google), 0);
    google.home.run(book).exits(0);
    assert_eq!(events(&google), 1);
    // However it is taken back, the next undo is about something else.
    google.home.ok("meetings cancel 2");
    assert_eq!(events(&google), 0);
    let next = google.home.run(["undo"]);
    assert!(!next.out.contains("ooking"), "{}", next.out);
    // Called off in the calendar itself, it can be booked again.
    google.home.run(book).exits(0);
    assert_eq!(events(&google), 1);
    google.synced();
    let shown = google.double().show();
    let booked = shown["calendars"]["events"][OPERATOR]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["summary"] == "Call with Ann Ames" && e["status"] != "cancelled")
        .unwrap()["id"]
        .clone();
    google.happen("cancel", &json!({"event": booked}));
    google.synced();
    assert_eq!(events(&google), 0);
    let again = google.home.run(book).exits(0);
    assert_eq!(events(&google), 1, "{}", again.out);
    google.home.audit_holds();
}

#[test]
fn a_booking_broken_off_in_the_middle_is_settled_by_asking_the_calendar() {
    for point in ["after-ask", "after-claim", "after-delivery", "after-settle"] {
        let mut google = Google::with_ann("live");
        assert!(
            google
                .home
                .crashes_at(point, "meetings book ann@acme.example 2026-11-24T14:00")
        );
        google.at("2026-11-23T10:10:00Z").synced();
        let state: String = google
            .home
            .database()
            .query_row("SELECT state FROM booking", [], |row| row.get(0))
            .unwrap();
        assert_eq!(state, "booked", "{point}");
        google
            .home
            .run(["meetings", "book", "ann@acme.example", "2026-11-24T14:00"]);
        assert_eq!(google.double().calendars.told.len(), 1);
    }
}

/// A mock server that answers every question with its description's example, for ever.
struct Parrot;

impl Double for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn handle(&mut self, request: &WorldRequest, _: Timestamp) -> WorldResponse {
        let message = json!({"id": "string", "threadId": "string", "labelIds": ["string"], "historyId": "string", "internalDate": "string",
            "raw": "string", "payload": {"headers": [{"name": "string", "value": "string"}], "body": {"data": "string"}}});
        let time =
            json!({"date": "2019-08-24", "dateTime": "2019-08-24T14:15:22Z", "timeZone": "string"});
        let person = json!({"email": "string", "displayName": "string", "responseStatus": "string", "self": false, "organizer": true, "resource": false});
        let event = json!({"id": "string", "iCalUID": "string", "status": "string", "summary": "string", "start": time, "end": time,
            "updated": "2019-08-24T14:15:22Z", "recurringEventId": "string", "organizer": person, "attendees": [person]});
        let body = json!({
            "emailAddress": "string", "historyId": "string", "nextPageToken": "string", "nextSyncToken": "string", "timeZone": "string",
            "messages": [message], "history": [{"id": "string", "messagesAdded": [{"message": message}]}],
            "sendAs": [{"sendAsEmail": "string"}], "items": [event], "id": "string", "threadId": "string", "raw": "string", "message": message,
            "drafts": [{"id": "string", "message": message}], "start": time, "end": time, "summary": "string", "status": "string",
            "calendars": {"property1": {"busy": [{"start": "2019-08-24T14:15:22Z", "end": "2019-08-24T14:15:22Z"}]}},
        });
        match request.method.as_str() {
            "DELETE" => WorldResponse::empty(204),
            _ => WorldResponse::json(200, &body),
        }
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        vec![
            ("google", "gmail_url", base.into()),
            ("google", "calendar_url", base.into()),
        ]
    }
}

#[test]
fn a_mock_that_repeats_one_example_for_ever_is_survived_without_a_flood() {
    let google = Google::with_ann("live");
    let parrot = World::start(WorldOptions::default(), vec![Arc::new(Mutex::new(Parrot))]).unwrap();
    google
        .home
        .edit_config(|config| config.replace(google.world.base(), parrot.base()));
    for _ in 0..3 {
        let ran = google.sync().exits(3);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
    assert!(parrot.requests().len() < 80, "{}", parrot.requests().len());
    assert!(google.home.today().is_empty());
    let health = google.home.ok("signals health");
    let dropped = "nobody with an address takes part";
    assert!(health.contains(dropped), "{health}");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    google.home.run(["slots", "--with", "ann@acme.example"]);
    google
        .home
        .run(["meetings", "book", "ann@acme.example", "tomorrow 12:00"])
        .exits(0);
    google.home.ok("undo");
    google.home.audit_holds();
}

#[test]
fn threads_with_somebody_are_listed_as_gmail_has_them() {
    let google = Google::with_ann("live");
    google.receive("ann@acme.example", "An old matter", "Hello.");
    google.receive("bob@other.example", "Something else", "Hello.");
    let mv = google.form_of_ann();
    google.home.ok(&format!("approve {mv}"));
    let threads = google.home.json("mail threads --with ann@acme.example");
    let subjects: Vec<&str> = threads
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects.len(), 2, "{threads}");
    assert!(subjects.contains(&"An old matter"), "{subjects:?}");
    assert!(
        threads
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["last_is_ours"] == true && t["messages"] == 1)
    );
    assert_eq!(
        google
            .home
            .json("mail threads --with 1 --limit 1")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    google
        .home
        .run(["mail", "threads", "--with", "nobody"])
        .exits(2);
    google
        .home
        .run(["mail", "threads", "--with", "{x@y.example"])
        .exits(2);
    google.home.run(["mail", "threads"]).exits(2);
    let none = google.home.run([
        "mail",
        "threads",
        "--with",
        "new@else.example",
        "--fail-on-empty",
    ]);
    assert!(matches!(none.code, Some(5)), "{none:?}");
}
