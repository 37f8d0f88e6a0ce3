use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::id::MoveId;
use crate::engine::command::{Command, Done};
use crate::engine::queries::today::{TodayList, TodayQuery};
use crate::env::Clock;

/// A clock that a test moves.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Table {
    _root: tempfile::TempDir,
    folder: PathBuf,
    hand: Arc<Hand>,
    env: Env,
}

fn table(now: &str) -> Table {
    let root = tempfile::tempdir().unwrap();
    let hand = Arc::new(Hand(Mutex::new(now.parse().unwrap())));
    Table {
        folder: root.path().join("demo"),
        _root: root,
        env: Env::new(Arc::clone(&hand) as Arc<dyn Clock>, 99),
        hand,
    }
}

impl Table {
    fn open(&self, seed: u64, fresh: bool) -> Result<Demo, EngineError> {
        let request = DemoRequest {
            seed,
            fresh,
            folder: Some(self.folder.clone()),
        };
        open(
            &self.env,
            &Paths::in_folder(Path::new("/nonexistent")),
            &request,
        )
    }

    fn wait(&self, seconds: i64) {
        let mut now = self.hand.0.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }
}

fn today(engine: &Engine) -> TodayList {
    engine
        .today(&TodayQuery {
            limit: 100,
            ..TodayQuery::default()
        })
        .unwrap()
}

fn shape(list: &TodayList) -> Vec<(String, String, String)> {
    list.moves
        .iter()
        .map(|m| (m.title.clone(), m.email.clone(), m.score.to_string()))
        .collect()
}

fn audit_is_intact(folder: &Path) -> bool {
    let store = crate::store::Store::open(folder, Timestamp::UNIX_EPOCH).unwrap();
    let check = store.read(crate::store::audit::verify).unwrap();
    assert!(check.entries > 0);
    check.intact
}

#[test]
fn the_same_seed_and_instant_make_the_same_list_in_all_three_domains() {
    let (one, two, other) = (
        table("2026-03-04T10:00:00Z"),
        table("2026-03-04T10:00:00Z"),
        table("2026-03-04T10:00:00Z"),
    );
    let first = one.open(1, false).unwrap();
    assert!(first.is_new);
    let list = today(&first.engine);
    let second = today(&two.open(1, false).unwrap().engine);
    assert_eq!(shape(&list), shape(&second));
    assert_ne!(
        shape(&list),
        shape(&today(&other.open(2, false).unwrap().engine))
    );
    assert!(list.problems.is_empty(), "{:?}", list.problems);
    assert!((18..=30).contains(&list.open.all), "{:?}", list.open);
    assert!(
        list.open.sales >= 8 && list.open.marketing >= 3 && list.open.cs >= 3,
        "{:?}",
        list.open
    );
    let scores: Vec<f64> = list.moves.iter().map(|m| m.score.points()).collect();
    let spread = scores.first().unwrap() - scores.last().unwrap();
    assert!(spread > 30.0, "{scores:?}");
    drop(first);
    assert!(audit_is_intact(&one.folder));
}

fn replies(folder: &Path) -> usize {
    let store = crate::store::Store::open(folder, Timestamp::UNIX_EPOCH).unwrap();
    let all = store
        .read(|tx| crate::store::outcomes::list(tx, None, 1000))
        .unwrap();
    all.iter()
        .filter(|o| o.kind.as_str() == "email_replied")
        .count()
}

/// Approves a move; none if a guard holds it or it is done by hand.
fn send(demo: &Demo, id: MoveId) -> Option<String> {
    demo.engine
        .show(id)
        .unwrap()
        .draft
        .filter(|draft| draft.to.contains('@'))?;
    let approve = Command::Approve {
        id,
        content_hash: None,
        by: crate::domain::by::By::Operator,
    };
    let done = match demo.engine.run(approve).unwrap() {
        Done::Queued { execution, .. } => {
            let retry = Command::Retry {
                id: execution,
                force: false,
            };
            demo.engine.run(retry).unwrap()
        }
        done => done,
    };
    match done {
        Done::Sent { location, .. } => Some(location),
        _ => None,
    }
}

#[test]
fn an_approved_mail_is_answered_and_the_answer_becomes_an_outcome_and_a_move() {
    let table = table("2026-03-04T10:00:00Z");
    let demo = table.open(1, false).unwrap();
    let before = replies(&table.folder);
    let mut answered = None;
    for item in today(&demo.engine).moves {
        let Some(location) = send(&demo, item.id) else {
            continue;
        };
        assert!(
            Path::new(&location).starts_with(&table.folder),
            "{location}"
        );
        // Nobody answers before they can have read it.
        table.wait(5);
        let unread = demo.engine.inbox_names().unwrap();
        pulse(&demo.engine).unwrap();
        let too_soon = demo.engine.inbox_names().unwrap();
        assert!(too_soon.difference(&unread).all(|n| !n.contains(".re-")));
        table.wait(95);
        pulse(&demo.engine).unwrap();
        let report = demo.engine.sync().unwrap();
        assert!(report.problems.is_empty(), "{report:?}");
        if replies(&table.folder) > before {
            answered = Some(item);
            break;
        }
    }
    let answered = answered.expect("somebody answers");
    let list = today(&demo.engine);
    let reply = list
        .moves
        .iter()
        .find(|m| m.email == answered.email && m.action.as_str() == "reply");
    assert!(reply.is_some(), "{answered:?}");
    assert!(list.moves.iter().all(|m| m.id != answered.id));
    // Asked again, nobody says the same twice.
    assert_eq!(pulse(&demo.engine).unwrap(), 0);
    assert_eq!(demo.engine.sync().unwrap().new, 0);
    drop(demo);
    assert!(audit_is_intact(&table.folder));
}

#[test]
fn things_come_unasked_while_somebody_watches_and_once_only() {
    let table = table("2026-03-04T10:00:00Z");
    let demo = table.open(1, false).unwrap();
    assert_eq!(pulse(&demo.engine).unwrap(), 0);
    table.wait(41);
    assert_eq!(pulse(&demo.engine).unwrap(), 1);
    assert_eq!(pulse(&demo.engine).unwrap(), 0);
    table.wait(80);
    assert_eq!(pulse(&demo.engine).unwrap(), 1);
    let report = demo.engine.sync().unwrap();
    assert!(report.proposed >= 1, "{report:?}");
    table.wait(3600);
    assert_eq!(pulse(&demo.engine).unwrap(), 6);
    assert_eq!(pulse(&demo.engine).unwrap(), 0);
    let report = demo.engine.sync().unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
}

#[test]
fn the_demo_goes_on_where_it_was_left_and_its_folder_brings_its_clock() {
    let table = table("2026-03-07T23:00:00Z");
    let demo = table.open(1, false).unwrap();
    let first = demo.engine.now();
    assert_eq!(first.to_string(), "2026-03-05T10:12:00Z");
    let id = today(&demo.engine).moves[0].id;
    demo.engine
        .run(Command::Skip {
            ids: vec![id],
            reason: "no".into(),
            suppress: None,
        })
        .unwrap();
    drop(demo);
    table.wait(60);
    let paths = Paths::in_folder(&table.folder);
    let env = clock_for(&paths, table.env.clone());
    assert_eq!(env.now(), first + SignedDuration::from_secs(60));
    let demo = table.open(1, false).unwrap();
    assert!(!demo.is_new);
    assert_eq!(demo.engine.now(), env.now());
    assert!(today(&demo.engine).moves.iter().all(|m| m.id != id));
    drop(demo);
    let demo = table.open(1, true).unwrap();
    assert!(demo.is_new);
    let nowhere = Paths::in_folder(Path::new("/nonexistent"));
    assert_eq!(
        clock_for(&nowhere, table.env.clone()).now(),
        table.env.now()
    );
    assert!(is_demo(&table.folder) && !is_demo(Path::new("/nonexistent")));
}

#[test]
fn what_the_correspondents_write_is_understood_as_it_is_meant() {
    use crate::connectors::mail::compose::{OutboundMail, compose};
    use crate::domain::email::address::{EmailAddress, Mailbox};
    use crate::domain::email::classify::ReplyLabel;
    use crate::domain::email::message_id::MessageId;
    let mut wrong = std::collections::BTreeSet::new();
    for seed in 1..=12 {
        let world =
            world::World::generate(seed, "2026-03-04T10:00:00Z".parse().unwrap(), &home::zone())
                .unwrap();
        let replies = world
            .scheduled_replies
            .iter()
            .filter(|r| r.auto_subject.is_none())
            .map(|r| (Some(r.label), &r.body, &r.email));
        let threads = world
            .past_threads
            .iter()
            .filter(|t| t.turn == world::Turn::Us)
            .flat_map(|t| t.messages.last())
            .map(|m| (m.label, &m.body, &m.from.1));
        for (label, body, email) in replies.chain(threads) {
            let ours = MessageId::from_parts("ours", "tidewell.example");
            let who = |a: &str| Mailbox {
                name: "A".into(),
                address: EmailAddress::parse(a).unwrap(),
            };
            let bytes = compose(&OutboundMail {
                from: who(email),
                to: vec![who("mara@tidewell.example")],
                subject: "Re: Hello".into(),
                body: body.clone(),
                date: "2026-03-04T10:00:00Z".parse().unwrap(),
                zone: None,
                message_id: MessageId::from_parts("x", "kite.example"),
                in_reply_to: Some(ours.clone()),
                references: vec![ours.clone()],
                list_unsubscribe_mailto: None,
                list_unsubscribe_url: None,
                extra_headers: vec![],
            })
            .unwrap();
            let mail = crate::connectors::mail::parse::parse(&bytes);
            let read = crate::domain::email::understand(
                &mail,
                &crate::connectors::mail::reading::lone_context(&[ours]),
            );
            let got = read.label;
            // Who asks what it costs is interested and asks a question; either word is right.
            let same = got == label
                || (label, got) == (Some(ReplyLabel::Interested), Some(ReplyLabel::Question));
            if !same {
                wrong.insert(format!("{label:?} read as {got:?}: {body}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
