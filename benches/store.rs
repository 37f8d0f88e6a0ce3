//! The jobs that ask the database: the list, rescoring, search and import, at sizes that an operator may reach.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that fails shall stop with the cause"
)]

mod support;

use std::hint::black_box;
use std::time::Duration;

use caseyos::engine::queries::today::TodayQuery;
use criterion::{BatchSize, Criterion};

const MOVES: usize = 10_000;
const SIZES: [usize; 2] = [1_000, 100_000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    lists(&mut criterion);
    imports(&mut criterion);
    criterion.final_summary();
}

fn lists(criterion: &mut Criterion) {
    for contacts in SIZES {
        let home = tempfile::tempdir().unwrap();
        let engine = support::world(home.path(), contacts, MOVES);
        let query = TodayQuery::default();
        assert_eq!(engine.today(&query).unwrap().moves.len(), query.limit);
        criterion.bench_function(
            &format!("today, {contacts} contacts, {MOVES} open moves"),
            |b| {
                b.iter(|| engine.today(black_box(&query)).unwrap());
            },
        );
        if contacts != 100_000 {
            continue;
        }
        criterion.bench_function("show the first move", |b| {
            let first = engine.today(&query).unwrap().moves.first().unwrap().id;
            b.iter(|| engine.show(black_box(first)).unwrap());
        });
        criterion.bench_function(&format!("rescore {MOVES} moves through the store"), |b| {
            b.iter(|| engine.rescore_all().unwrap());
        });
        for text in ["d", "dan", "dana ru", "zoe north", "person99", "nobody"] {
            criterion.bench_function(
                &format!("search \"{text}\" among {contacts} contacts"),
                |b| {
                    b.iter(|| engine.search_contacts(black_box(text), 20).unwrap());
                },
            );
        }
    }
}

fn imports(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, support::export(100_000)).unwrap();
    let mut group = criterion.benchmark_group("import 100000 rows");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(20));
    group.bench_function("all new", |b| {
        b.iter_batched(
            || {
                let home = tempfile::tempdir().unwrap();
                let engine = support::create(home.path());
                (home, engine)
            },
            |(home, engine)| {
                assert_eq!(support::import(&engine, &file).new, 100_000);
                (home, engine)
            },
            BatchSize::PerIteration,
        );
    });
    let home = tempfile::tempdir().unwrap();
    let engine = support::create(home.path());
    assert_eq!(support::import(&engine, &file).new, 100_000);
    group.bench_function("all unchanged", |b| {
        b.iter(|| assert_eq!(support::import(&engine, &file).unchanged, 100_000));
    });
    group.finish();
}
