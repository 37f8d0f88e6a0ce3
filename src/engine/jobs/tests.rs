//! Jobs of the tests' own, on an engine whose clock can be set.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::config::Paths;
use crate::domain::job::{Every, JobState, Occasion, Patience, Standing};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::jobs::ending::{Ended, Ending};
use crate::engine::jobs::job::{Books, Context, Job, JobRun, Lane, Plan, Stage};
use crate::engine::jobs::registry;
use crate::engine::jobs::run::{Chosen, run_due};
use crate::engine::road::sources::{PassControl, PassScope};
use crate::env::{Clock, Env};
use crate::store::jobs::JobRow;
use crate::store::sources::SourceRunRow;
use crate::store::{Durability, jobs, sources};

const MONDAY: i64 = 1_795_428_000;
const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 24 * HOUR;

/// A clock that is set by hand.
#[derive(Debug, Clone)]
pub(in crate::engine) struct HandClock(Arc<AtomicI64>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl HandClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(MONDAY)))
    }

    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(in crate::engine) fn paths(home: &Path) -> Paths {
    Paths {
        config: home.join("config.toml"),
        data: home.to_owned(),
    }
}

/// An installation in a folder of its own.
pub(in crate::engine) struct Place {
    pub engine: Engine,
    pub clock: HandClock,
    pub home: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let (clock, home) = (HandClock::new(), TempDir::new().unwrap());
        let env = Env::new(Arc::new(clock.clone()), 1);
        let engine = Engine::create(env, paths(home.path())).unwrap();
        Self {
            engine,
            clock,
            home,
        }
    }

    /// Opens the installation once more, as another process would.
    fn again(&self) -> Engine {
        let env = Env::new(Arc::new(self.clock.clone()), 2);
        Engine::open(env, paths(self.home.path())).unwrap()
    }

    fn row(&self, name: &str) -> JobRow {
        self.engine.store().read(|tx| jobs::load(tx, name)).unwrap()
    }
}

type Work = dyn Fn(&Engine, &Context<'_>) -> Result<JobRun> + Send + Sync;

/// A job with work of the test's own, which counts its runs.
#[derive(Clone)]
pub(in crate::engine) struct TestJob {
    name: &'static str,
    pub plan: Plan,
    work: Arc<Work>,
    runs: Arc<AtomicU64>,
}

impl fmt::Debug for TestJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Job for TestJob {
    fn name(&self) -> String {
        self.name.into()
    }

    fn about(&self) -> String {
        "Tests".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        self.plan
    }

    fn run(&self, engine: &Engine, context: &Context<'_>) -> Result<JobRun> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        (self.work)(engine, context)
    }
}

impl TestJob {
    pub fn new(
        name: &'static str,
        plan: Plan,
        work: impl Fn(&Engine, &Context<'_>) -> Result<JobRun> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            plan,
            work: Arc::new(work),
            runs: Arc::default(),
        }
    }

    pub fn well(name: &'static str, plan: Plan) -> Self {
        Self::new(name, plan, |_, _| Ok(JobRun::default()))
    }

    pub fn badly(name: &'static str, plan: Plan) -> Self {
        Self::new(name, plan, |_, _| {
            Err(EngineError::Outside("it is broken".into()))
        })
    }

    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::SeqCst)
    }
}

fn hourly() -> Plan {
    Plan {
        every: Every::Seconds(3_600),
        patience: Patience::Limited,
        ..Plan::of(Stage::Keep)
    }
}

/// Runs jobs of one stage as a pass would.
fn run_as(engine: &Engine, jobs: &[&TestJob], occasion: Occasion) -> Vec<Ending> {
    let chosen: Vec<Chosen<'_>> = jobs
        .iter()
        .map(|job| Chosen {
            job: *job,
            name: job.name(),
            plan: job.plan,
            occasion,
        })
        .collect();
    let stage = chosen[0].plan.stage;
    run_due(engine, stage, &chosen, &PassScope::default()).unwrap()
}

fn run(engine: &Engine, jobs: &[&TestJob]) -> Vec<Ending> {
    run_as(engine, jobs, Occasion::Pass)
}

fn problem(ending: &Ending) -> &str {
    match &ending.ended {
        Ended::Ran { run, .. } => &run.problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_that_fails_or_panics_holds_up_no_other() {
    let place = Place::new();
    let fails = TestJob::badly("fails", hourly());
    let breaks = TestJob::new("breaks", hourly(), |_, _| panic!("a bug"));
    let writes = TestJob::new("writes", hourly(), |engine, _| {
        engine.write(Durability::Normal, |_, _, _| -> Result<JobRun> {
            panic!("a bug in a transaction")
        })
    });
    let works = TestJob::well("works", hourly());
    let endings = run(&place.engine, &[&fails, &breaks, &writes, &works]);
    assert_eq!(problem(&endings[0]), "it is broken");
    assert_eq!(problem(&endings[1]), "it broke off (see the log)");
    assert!(!problem(&endings[2]).is_empty());
    assert_eq!((problem(&endings[3]), works.runs()), ("", 1));
    for name in ["fails", "breaks", "writes"] {
        let row = place.row(name);
        let minute = Timestamp::from_second(MONDAY + 60).unwrap();
        assert_eq!(
            (row.standing.failures, row.standing.due_at, row.last_ok_at),
            (1, Some(minute), None),
            "{name}"
        );
    }
    let row = place.row("works");
    assert_eq!((row.standing.failures, row.error.as_str()), (0, ""));
    assert_eq!(row.last_ok_at, Some(place.clock.now()));
}

#[test]
fn a_job_is_given_up_after_its_last_try_and_revived_by_the_operator() {
    let place = Place::new();
    // Under the name of a real one, so that the operator can name it.
    let fails = TestJob::badly("audit", hourly());
    for minutes in [1, 5, 30] {
        run(&place.engine, &[&fails]);
        place.clock.turn(60 * minutes - 1);
        let before = fails.runs();
        let endings = run(&place.engine, &[&fails]);
        assert!(matches!(
            &endings[0].ended,
            Ended::LeftOut { until: Some(_), .. }
        ));
        assert_eq!(fails.runs(), before, "{minutes}");
        place.clock.turn(1);
    }
    run(&place.engine, &[&fails]);
    let item = || {
        let all = place.engine.jobs().unwrap();
        all.into_iter().find(|job| job.name == "audit").unwrap()
    };
    let dead = item();
    assert_eq!(
        (
            dead.state,
            dead.tries,
            dead.error.as_str(),
            dead.next_due_at
        ),
        (JobState::Dead, 4, "it is broken", None)
    );
    place.clock.turn(YEAR);
    run(&place.engine, &[&fails]);
    assert_eq!(fails.runs(), 4);
    let again = || place.engine.retry_job("audit").unwrap();
    assert!(matches!(again(), Done::Changed { .. }));
    assert!(matches!(again(), Done::Nothing { .. }));
    assert_eq!((item().state, item().tries), (JobState::Waiting, 0));
    let works = TestJob::well("audit", hourly());
    run(&place.engine, &[&works]);
    assert_eq!((works.runs(), item().error.as_str()), (1, ""));
    let error = place.engine.retry_job("adit").unwrap_err().to_string();
    assert!(error.contains("Did you mean \"audit\"?"), "{error}");
}

#[test]
fn two_processes_run_a_job_once() {
    for stage in [Stage::Settle, Stage::Act, Stage::Keep] {
        let place = Place::new();
        let plan = Plan { stage, ..hourly() };
        let job = TestJob::well("once", plan);
        let engines = [place.engine.clone(), place.again(), place.again()];
        let start = Barrier::new(engines.len());
        std::thread::scope(|threads| {
            for engine in &engines {
                threads.spawn(|| {
                    start.wait();
                    run(engine, &[&job]);
                });
            }
        });
        assert_eq!(job.runs(), 1, "{stage:?}");
    }
}

#[test]
fn two_processes_never_run_one_lane_at_once() {
    let place = Place::new();
    let inside = Arc::new(AtomicU64::new(0));
    let here = Arc::clone(&inside);
    let meets = TestJob::new("reads", Plan::of(Stage::Read), move |_, _| {
        assert_eq!(here.fetch_add(1, Ordering::SeqCst), 0, "another is at it");
        std::thread::yield_now();
        here.fetch_sub(1, Ordering::SeqCst);
        Ok(JobRun::default())
    });
    let engines = [place.engine.clone(), place.again()];
    let start = Barrier::new(engines.len());
    std::thread::scope(|threads| {
        for engine in &engines {
            threads.spawn(|| {
                start.wait();
                for _ in 0..20 {
                    for ending in run(engine, &[&meets]) {
                        if let Ended::Ran { run, .. } = ending.ended {
                            assert_eq!(run.problem, "");
                        }
                    }
                }
            });
        }
    });
    // How often each found the other at it hangs on the machine.
    assert!(meets.runs() > 0);
}

#[test]
fn a_job_that_breaks_off_goes_on_from_its_cursor() {
    const ITEMS: i64 = 9;
    let place = Place::new();
    let (breaks_at, done) = (Arc::new(AtomicI64::new(5)), Arc::new(AtomicU64::new(0)));
    let (bad, count) = (Arc::clone(&breaks_at), Arc::clone(&done));
    let counts = TestJob::new("counts", Plan::of(Stage::Keep), move |engine, context| {
        let from: i64 = context.cursor.parse().unwrap_or(0);
        for item in from + 1..=ITEMS {
            let (bad, count) = (Arc::clone(&bad), Arc::clone(&count));
            engine.write(Durability::Normal, move |tx, _, _| {
                jobs::set_cursor(tx, "counts", &item.to_string())?;
                // In the middle: what this transaction wrote is not kept.
                assert_ne!(item, bad.load(Ordering::SeqCst), "killed");
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })?;
        }
        Ok(JobRun::default())
    });
    run(&place.engine, &[&counts]);
    assert_eq!(place.row("counts").cursor, "4");
    breaks_at.store(0, Ordering::SeqCst);
    // Another process goes on.
    run(&place.again(), &[&counts]);
    assert_eq!(place.row("counts").cursor, "9");
    assert_eq!(done.load(Ordering::SeqCst), ITEMS.unsigned_abs());
    assert_eq!((counts.runs(), place.row("counts").error.as_str()), (2, ""));
}

#[test]
fn a_clock_that_jumps_neither_starves_a_job_nor_runs_it_in_a_loop() {
    for job in [
        TestJob::well("job", hourly()),
        TestJob::badly("job", hourly()),
    ] {
        let place = Place::new();
        let mut expected = 0;
        let mut runs_once = |how: &str| {
            for _ in 0..3 {
                run(&place.engine, &[&job]);
            }
            expected += 1;
            assert_eq!(job.runs(), expected, "{job:?} {how}");
        };
        runs_once("at first");
        place.clock.turn(YEAR);
        runs_once("a year ahead");
        place.clock.turn(-YEAR);
        runs_once("back again");
        place.clock.turn(HOUR);
        runs_once("an hour later");
    }
}

#[test]
fn a_source_that_rests_when_the_clock_goes_back_is_read() {
    let place = Place::new();
    let plan = Plan {
        every: Every::Paced(60),
        patience: Patience::Resting,
        books: Books::Sources,
        ..Plan::of(Stage::Read)
    };
    let fails = TestJob::badly("mail:far", plan);
    place.clock.turn(YEAR);
    for _ in 0..2 {
        run(&place.engine, &[&fails]);
    }
    run(&place.engine, &[&fails]);
    assert_eq!(fails.runs(), 2, "it rests");
    place.clock.turn(-YEAR);
    run_as(&place.engine, &[&fails], Occasion::Timed);
    assert_eq!(fails.runs(), 3);
    run_as(&place.engine, &[&fails], Occasion::Timed);
    assert_eq!(fails.runs(), 3, "it rests by the right clock");
    let standing = place
        .engine
        .store()
        .read(|tx| sources::as_job(tx, "mail:far"))
        .unwrap()
        .standing;
    assert_eq!(standing.failures, 3);
    assert_eq!(
        standing.due_at,
        Some(Timestamp::from_second(MONDAY + 300).unwrap())
    );
}

#[test]
fn a_source_is_never_given_up_and_rests_as_long_as_it_is_told() {
    let place = Place::new();
    let plan = Plan {
        patience: Patience::Resting,
        books: Books::Sources,
        ..Plan::of(Stage::Read)
    };
    let fails = TestJob::badly("mail:far", plan);
    for minutes in [0, 1, 5, 30, 30, 30] {
        let endings = run(&place.engine, &[&fails]);
        let after = endings[0].standing.unwrap();
        let until = (minutes > 0)
            .then(|| Timestamp::from_second(place.clock.now().as_second() + 60 * minutes).unwrap());
        assert_eq!((after.state, after.due_at), (JobState::Waiting, until));
        place.clock.turn(60 * minutes);
    }
    assert_eq!(fails.runs(), 6);
}

#[test]
fn a_lane_runs_in_order_and_is_cut_off_behind_a_reading_that_did_not_end() {
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = |name: &'static str, lane: Lane, is_partial: bool| {
        let order = Arc::clone(&order);
        let plan = Plan {
            lane,
            ..Plan::of(Stage::Read)
        };
        TestJob::new(name, plan, move |_, _| {
            order.lock().unwrap().push(name);
            Ok(JobRun {
                is_partial,
                ..JobRun::default()
            })
        })
    };
    let place = Place::new();
    let after = Lane::After("lead");
    let jobs = [log("after", after, false), log("lead", Lane::Own, false)];
    run(&place.engine, &jobs.each_ref());
    assert_eq!(
        std::mem::take(&mut *order.lock().unwrap()),
        ["lead", "after"]
    );
    let jobs = [log("after", after, false), log("lead", Lane::Own, true)];
    let endings = run(&place.engine, &jobs.each_ref());
    assert_eq!(*order.lock().unwrap(), ["lead"]);
    assert_eq!(endings.len(), 1);
    assert!(!endings[0].is_complete());
}

#[test]
fn lanes_run_side_by_side() {
    let place = Place::new();
    // Each waits for the other: one after another they would never end.
    let meeting = Arc::new(Barrier::new(2));
    let meets = |name| {
        let meeting = Arc::clone(&meeting);
        TestJob::new(name, Plan::of(Stage::Read), move |_, _| {
            meeting.wait();
            Ok(JobRun::default())
        })
    };
    let jobs = [meets("one"), meets("other")];
    let endings = run(&place.engine, &jobs.each_ref());
    assert!(endings.iter().all(Ending::is_complete));
}

#[test]
fn a_run_that_was_stopped_says_nothing_of_its_job() {
    let place = Place::new();
    let plan = Plan {
        patience: Patience::Resting,
        books: Books::Sources,
        ..Plan::of(Stage::Read)
    };
    let fails = TestJob::badly("mail:far", plan);
    let scope = PassScope {
        control: PassControl::default(),
        ..PassScope::default()
    };
    scope.control.stop();
    let chosen = [Chosen {
        job: &fails,
        name: fails.name(),
        plan,
        occasion: Occasion::Pass,
    }];
    let endings = run_due(&place.engine, Stage::Read, &chosen, &scope).unwrap();
    assert_eq!((fails.runs(), endings[0].standing), (1, None));
    let read = |name: &'static str| place.engine.store().read(|tx| sources::as_job(tx, name));
    assert_eq!(read("mail:far").unwrap(), JobRow::default());
}

#[test]
fn a_source_whose_rest_is_ended_is_due() {
    let place = Place::new();
    let run = SourceRunRow {
        started_at: place.clock.now(),
        ended_at: place.clock.now(),
        seen: 0,
        new: 0,
        matched: 0,
        dropped: 0,
        error: "refused".into(),
    };
    let until = Timestamp::from_second(MONDAY + 300).unwrap();
    let standing = place
        .engine
        .write(Durability::Normal, move |tx, _, _| {
            sources::finish(tx, "timer", &run, Some(until))?;
            assert_eq!(sources::as_job(tx, "timer")?.standing.due_at, Some(until));
            Ok(())
        })
        .and_then(|()| place.engine.retry_job("timer"))
        .and_then(|done| {
            assert!(matches!(done, Done::Changed { .. }));
            Ok(place
                .engine
                .store()
                .read(|tx| sources::as_job(tx, "timer"))?
                .standing)
        })
        .unwrap();
    assert_eq!(
        standing,
        Standing {
            failures: 1,
            last_run_at: Some(place.clock.now()),
            ..Standing::default()
        }
    );
}

#[test]
fn every_job_has_a_name_of_its_own_and_says_what_it_does() {
    let place = Place::new();
    let all = registry::all(&place.engine);
    let mut names: Vec<String> = all.iter().map(|job| job.name()).collect();
    assert!(names.len() >= 9, "{names:?}");
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    for job in &all {
        let about = job.about();
        assert!(!about.is_empty() && !about.ends_with('.'), "{about}");
        assert!(about.len() < 60, "{about}");
    }
    // Nothing is beside a job that is not there.
    assert!(!names.iter().any(|name| name == "hubspot-writes"));
}
