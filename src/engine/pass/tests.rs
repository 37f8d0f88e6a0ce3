//! Passes over jobs of the tests' own.

use super::*;
use crate::engine::jobs::job::JobRun;
use crate::engine::jobs::tests::{Place, TestJob};
use crate::engine::road::sources::PassControl;

const UNREAD: &str = "It was not read, so nothing was done.";

fn reading(name: &'static str, bars: Bars, is_partial: bool) -> TestJob {
    let plan = Plan {
        bars,
        books: Books::Sources,
        ..Plan::of(Stage::Read)
    };
    TestJob::new(name, plan, move |_, _| {
        Ok(JobRun {
            is_partial,
            ..JobRun::default()
        })
    })
}

fn acting() -> TestJob {
    TestJob::new("acts", Plan::of(Stage::Act), |_, _| {
        Ok(JobRun {
            sent: 2,
            waiting: Some(3),
            notices: vec!["Look here.".into()],
            ..JobRun::default()
        })
    })
}

fn boxed(jobs: &[&TestJob]) -> Vec<Box<dyn Job>> {
    jobs.iter()
        .map(|job| Box::new((*job).clone()) as Box<dyn Job>)
        .collect()
}

fn pass(place: &Place, jobs: &[&TestJob], scope: &PassScope) -> SyncReport {
    let jobs = boxed(jobs);
    let made = Pass::new(&place.engine, &jobs, scope, None).make();
    made.unwrap().0
}

fn only(name: &str) -> PassScope {
    PassScope {
        only: name.into(),
        ..PassScope::default()
    }
}

#[test]
fn nothing_acts_unless_all_that_bars_it_came_to_its_end() {
    let place = Place::new();
    let whole = PassScope::default();
    let check = |jobs: &[&TestJob], scope: &PassScope, acts: bool, problems: &[&str]| {
        let act = acting();
        let jobs: Vec<&TestJob> = jobs.iter().copied().chain([&act]).collect();
        let report = pass(&place, &jobs, scope);
        assert_eq!(act.runs(), u64::from(acts), "{jobs:?} {scope:?}");
        let mut expected = problems.to_vec();
        expected.extend(acts.then_some("Look here."));
        assert_eq!(report.problems, expected, "{jobs:?} {scope:?}");
        assert_eq!(
            (report.sent, report.waiting),
            if acts { (2, 3) } else { (0, 0) }
        );
    };
    let bars = Bars::Acting(UNREAD);
    check(&[], &whole, true, &[]);
    check(&[&reading("mail:work", bars, false)], &whole, true, &[]);
    check(
        &[&reading("mail:work", bars, true)],
        &whole,
        false,
        &[UNREAD],
    );
    check(
        &[&reading("calendar", Bars::Nothing, true)],
        &whole,
        true,
        &[],
    );
    // Of a pass over some sources, only one over the mailbox itself acts.
    let two = [
        &reading("mail:work", bars, false),
        &reading("calendar", Bars::Nothing, false),
    ];
    check(&two, &only("mail"), true, &[]);
    check(&two, &only("mail:work"), true, &[]);
    check(&two, &only("calendar"), false, &[]);
    check(
        &[&reading("calendar", Bars::Nothing, false)],
        &only("calendar"),
        false,
        &[],
    );
    // Work before the reading bars it, too.
    let settles = Plan {
        bars,
        ..Plan::of(Stage::Settle)
    };
    check(
        &[&TestJob::badly("settles", settles)],
        &whole,
        false,
        &["settles: it is broken", UNREAD],
    );
}

#[test]
fn a_stopped_pass_acts_no_more() {
    let place = Place::new();
    let scope = PassScope {
        control: PassControl::default(),
        ..PassScope::default()
    };
    let control = scope.control.clone();
    let stops = TestJob::new("stops", Plan::of(Stage::Read), move |_, _| {
        control.stop();
        Ok(JobRun::default())
    });
    let (act, keep) = (acting(), TestJob::well("keeps", Plan::of(Stage::Keep)));
    let report = pass(&place, &[&stops, &act, &keep], &scope);
    assert_eq!((act.runs(), keep.runs()), (0, 1));
    assert!(
        report.problems[0].starts_with("It was stopped."),
        "{report:?}"
    );
}

#[test]
fn a_rehearsal_leaves_out_what_does_not_belong_in_it() {
    let place = Place::new();
    let left_out = |stage| Plan {
        rehearsal: Rehearsal::LeftOut,
        bars: Bars::Acting(UNREAD),
        ..Plan::of(stage)
    };
    let settles = TestJob::well("settles", left_out(Stage::Settle));
    let reads = reading("mail:work", Bars::Acting(UNREAD), false);
    let counts = TestJob::well("counts", Plan::of(Stage::Act));
    let sends = TestJob::well("sends", left_out(Stage::Act));
    let scope = PassScope {
        rehearsal: true,
        ..PassScope::default()
    };
    let report = pass(&place, &[&settles, &reads, &counts, &sends], &scope);
    assert!(report.dry_run);
    let runs = [&settles, &reads, &counts, &sends].map(TestJob::runs);
    assert_eq!(runs, [0, 1, 1, 0]);
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn one_job_runs_with_those_that_it_rests_on_and_no_others() {
    let place = Place::new();
    let reconcile = Plan {
        bars: Bars::Acting(UNREAD),
        ..Plan::of(Stage::Settle)
    };
    let settles = TestJob::well("settles", reconcile);
    let scores = TestJob::well("scores", Plan::of(Stage::Settle));
    let mail = reading("mail:work", Bars::Acting(UNREAD), false);
    let crm = reading("crm", Bars::Nothing, false);
    let writes = Plan {
        lane: Lane::After("crm"),
        ..Plan::of(Stage::Read)
    };
    let writes = TestJob::well("writes", writes);
    let (act, other) = (acting(), TestJob::well("other", Plan::of(Stage::Act)));
    let keeps = TestJob::well("keeps", Plan::of(Stage::Keep));
    let all = [
        &settles, &scores, &mail, &crm, &writes, &act, &other, &keeps,
    ];
    let check = |target: &str, expect: &[&str]| {
        let before = all.map(TestJob::runs);
        let jobs = boxed(&all);
        let job = registry::find(&jobs, target).unwrap();
        let scope = PassScope::default();
        let made = Pass::new(&place.engine, &jobs, &scope, Some(job)).make();
        made.unwrap();
        let ran: Vec<String> = all
            .iter()
            .zip(before)
            .filter(|(job, before)| job.runs() > *before)
            .map(|(job, _)| job.name())
            .collect();
        assert_eq!(ran, expect, "{target}");
    };
    check("acts", &["settles", "mail:work", "acts"]);
    check("writes", &["crm", "writes"]);
    check("crm", &["crm"]);
    check("mail:work", &["mail:work"]);
    check("keeps", &["keeps"]);
    check("scores", &["scores"]);
}

#[test]
fn a_failure_is_said_with_its_consequence_and_the_others_are_counted() {
    let place = Place::new();
    let limited = Plan {
        patience: crate::domain::job::Patience::Limited,
        ..Plan::of(Stage::Keep)
    };
    let fails = TestJob::badly("fails", limited);
    let reads = TestJob::new(
        "mail:work",
        Plan {
            books: Books::Sources,
            ..Plan::of(Stage::Read)
        },
        |_, _| {
            let mut run = JobRun::default();
            run.counts.seen = 7;
            run.taken.new = 4;
            run.sent_by_hand = 1;
            Ok(run)
        },
    );
    let scope = PassScope::default();
    let report = pass(&place, &[&reads, &fails], &scope);
    assert_eq!((report.seen, report.new, report.sent_by_hand), (7, 4, 1));
    let source = &report.sources[0];
    assert_eq!((source.name.as_str(), source.seen), ("mail:work", 7));
    assert_eq!(
        report.problems,
        ["fails: it is broken It rests until 23 Nov 10:01."]
    );
    assert_eq!(
        report.summary,
        "4 new signals, 0 new moves, 1 sent by hand, 1 problem."
    );
    for minutes in [1, 5] {
        place.clock.turn(60 * minutes);
        pass(&place, &[&reads, &fails], &scope);
    }
    let resting = pass(&place, &[&fails], &scope);
    assert_eq!(
        resting.problems,
        [
            "fails: it failed 3 times in a row and rests until 23 Nov 10:36; `caseyos jobs run fails` runs it now."
        ]
    );
    place.clock.turn(30 * 60);
    let dead = pass(&place, &[&fails], &scope);
    assert_eq!(
        dead.problems,
        [
            "fails: it is broken It was given up after 4 tries; `caseyos jobs retry fails` revives it."
        ]
    );
    assert_eq!(
        pass(&place, &[&fails], &scope).problems,
        Vec::<String>::new()
    );
}

#[test]
fn a_job_is_found_by_its_name() {
    let place = Place::new();
    let missing = place.engine.run_job("outbox", &PassScope::default());
    // Without a mailbox nothing bars it, and nothing waits.
    let report = missing.unwrap();
    assert_eq!(report.outcome, JobOutcome::Done);
    let error = place
        .engine
        .run_job("outbux", &PassScope::default())
        .unwrap_err();
    assert!(error.to_string().contains("Did you mean \"outbox\"?"));
}
