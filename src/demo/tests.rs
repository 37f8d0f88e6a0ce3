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
        open(&self.env, &Paths::in_folder(Path::new("/nonexistent")), &request)
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
    assert_ne!(shape(&list), shape(&today(&other.open(2, false).unwrap().engine)));
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
    let all = store.read(|tx| crate::store::outcomes::list(tx, None, 1000)).unwrap();
    all.iter().filter(|o| o.kind.as_str() == "email_replied").count()
}

/// Approves moves from the top of the list until one is sent whose person answers.
fn approve_until_answered(table: &Table, demo: &Demo) -> MoveId {
    for item in today(&demo.engine).moves {
        let done = demo
            .engine
            .preview(item.id)
            .ok()
            .filter(|d| matches!(d, Done::Shown { .. }));
        if done.is_none() {
            continue;
        }
        let approve = Command::Approve {
            id: item.id,
            content_hash: None,
            by: "operator".into(),
        };
        let Ok(Done::Sent { location, .. }) = demo.engine.run(approve) else {
            continue;
        };
        assert!(Path::new(&location).starts_with(&table.folder), "{location}");
        table.wait(100);
        let inbox = demo.engine.inbox_names().unwrap();
        pulse(&demo.engine).unwrap();
        let came = demo.engine.inbox_names().unwrap();
        if came.iter().any(|n| !inbox.contains(n) && n.contains(".re-")) {
            return item.id;
        }
    }
    panic!("nobody answers");
}

#[test]
fn an_approved_mail_is_answered_and_the_answer_becomes_an_outcome_and_a_move() {
    let table = table("2026-03-04T10:00:00Z");
    let demo = table.open(1, false).unwrap();
    let before = replies(&table.folder);
    let moves = today(&demo.engine).open.all;
    let answered = approve_until_answered(&table, &demo);
    let report = demo.engine.sync().unwrap();
    assert!(report.outcomes >= 1 && report.new >= 1, "{report:?}");
    assert!(replies(&table.folder) > before);
    let list = today(&demo.engine);
    assert!(list.moves.iter().all(|m| m.id != answered), "{moves}");
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
    assert_eq!(clock_for(&nowhere, table.env.clone()).now(), table.env.now());
    assert!(is_demo(&table.folder) && !is_demo(Path::new("/nonexistent")));
}

#[test]
#[ignore = "prints the list, to be looked at"]
fn print_it() {
    let root = tempfile::tempdir().unwrap();
    let args = crate::cli::demo::DemoArgs { seed: 1, fresh: false, dir: Some(root.path().join("demo")) };
    let mut out = Vec::new();
    let start = crate::env::monotonic();
    let env = Env::new(Arc::new(crate::env::SystemClock), 3);
    crate::cli::demo::run(&env, &Paths::in_folder(Path::new("/nonexistent")), &args, false, false, &mut out, |_| panic!()).unwrap();
    println!("{}\n{:?}", String::from_utf8(out).unwrap(), crate::env::monotonic() - start);
    let demo = open(&env, &Paths::in_folder(Path::new("/nonexistent")), &DemoRequest { seed: 1, fresh: false, folder: args.dir.clone() }).unwrap();
    for mv in today(&demo.engine).moves {
        let d = demo.engine.show(mv.id).unwrap();
        let verdict = demo.engine.preview(mv.id).map(|d| match d { Done::Shown { summary, .. } | Done::Nothing { summary, .. } => summary, other => format!("{other:?}") });
        println!("{:>3} {:>6} {:<22} {:?}\n      {}\n      {:?}", mv.id, mv.score.to_string(), mv.action.as_str(), mv.because, d.terms.iter().map(|t| serde_json::to_string(t).unwrap()).next_back().unwrap(), verdict);
    }
}
