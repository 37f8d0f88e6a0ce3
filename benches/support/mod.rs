//! A small world to measure in: people, deals and mail, the same in every run.

#![expect(
    clippy::expect_used,
    reason = "a bench whose world cannot be made shall stop with the cause"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use caseyos::config::Paths;
use caseyos::engine::Engine;
use caseyos::engine::import::{ImportReport, ImportRequest};
use caseyos::env::{Env, FixedClock};
use jiff::Timestamp;

/// The instant at which everything is measured: a Tuesday in the send window.
pub const NOW: &str = "2026-11-24T12:00:00Z";

const FIRST: [&str; 16] = [
    "Dana", "Omar", "Lena", "Mateo", "Ingrid", "Søren", "Zoë", "Pavel", "Aiko", "Bruno", "Chloé",
    "Dmitri", "Elif", "Farah", "Gustavo", "Hanna",
];
const LAST: [&str; 16] = [
    "Ruiz", "Haddad", "Fox", "Álvarez", "Larsen", "Nakamura", "Müller", "Okafor", "Petrov",
    "Quinn", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel", "Weiß",
];
const FIRM: [&str; 16] = [
    "Northwind",
    "Kite Labs",
    "Brightfield",
    "Lumen",
    "Harbor",
    "Quartz",
    "Silverline",
    "Tidal",
    "Umber",
    "Vertex",
    "Willow",
    "Xenon",
    "Yarrow",
    "Zephyr",
    "Atlas",
    "Beacon",
];
const STAGES: [&str; 6] = [
    "lead",
    "lead",
    "lead",
    "opportunity",
    "customer",
    "subscriber",
];

/// Draws numbers by splitmix64.
#[derive(Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.draw() % n.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }
}

/// Returns the address of the person with that number.
#[must_use]
pub fn address(n: usize) -> String {
    format!("person{n}@firm{}.example", n / 4)
}

/// Returns an export of `rows` people, as HubSpot writes it, with quoted commas and line breaks here and there.
#[must_use]
pub fn export(rows: usize) -> String {
    let mut chance = Chance(7);
    let mut out = String::with_capacity(rows * 160);
    out.push_str("Record ID,First Name,Last Name,Email,Phone Number,Company Name,Website URL,Job Title,City,Country/Region,Lifecycle Stage,Create Date\n");
    for n in 0..rows {
        let (first, last) = (chance.pick(&FIRST), chance.pick(&LAST));
        let firm = chance.pick(&FIRM);
        let title = if n % 50 == 0 {
            "\"VP, Sales\nand Partners\""
        } else {
            "Head of Operations"
        };
        let _ = writeln!(
            out,
            "{},{first},{last},{},+34 600 {:06},\"{firm} {}, Inc.\",firm{}.example,{title},Madrid,Spain,{},2025-{:02}-{:02} 10:00",
            1_000 + n,
            address(n),
            n % 1_000_000,
            n / 4,
            n / 4,
            chance.pick(&STAGES),
            1 + n % 12,
            1 + n % 28,
        );
    }
    out
}

/// Returns `moves` new deals spread over `contacts` people, as JSON lines; each makes one move.
#[must_use]
pub fn deals(moves: usize, contacts: usize) -> String {
    let mut chance = Chance(11);
    let mut out = String::with_capacity(moves * 200);
    for n in 0..moves {
        let minutes = chance.below(600);
        let amount = 1_000 + chance.below(150_000);
        let _ = writeln!(
            out,
            r#"{{"source":"hubspot","kind":"hubspot.deal_created","at":"2026-11-24T{:02}:{:02}:00Z","email":"{}","deal_id":"{n}","deal_name":"Deal {n}","amount":{amount},"stage":"qualifiedtobuy"}}"#,
            1 + minutes / 60,
            minutes % 60,
            address(n * 7 % contacts.max(1)),
        );
    }
    out
}

/// Makes an installation in `home` whose clock stands at [`NOW`].
#[must_use]
pub fn create(home: &Path) -> Engine {
    let config = "mode = \"live\"\n[operator]\nname = \"Casey Rivera\"\naddress = \"casey@rivera.example\"\ntime_zone = \"Europe/Madrid\"\n";
    std::fs::write(home.join("config.toml"), config).expect("the configuration is written");
    let now: Timestamp = NOW.parse().expect("an instant");
    let env = Env::new(Arc::new(FixedClock(now)), 7);
    Engine::create(env, Paths::in_folder(home)).expect("an installation")
}

/// Imports a file and returns what came of it.
#[must_use]
pub fn import(engine: &Engine, file: &Path) -> ImportReport {
    let request = ImportRequest {
        map: Vec::new(),
        system: None,
        dry_run: false,
        rejects: None,
        on_conflict: None,
        dates: None,
        force: false,
    };
    engine
        .import_file(file, &request, &AtomicBool::new(false), &mut |_| {})
        .expect("an import")
}

/// Makes an installation with so many contacts and open moves.
#[must_use]
pub fn world(home: &Path, contacts: usize, moves: usize) -> Engine {
    let engine = create(home);
    let file = home.join("people.csv");
    std::fs::write(&file, export(contacts)).expect("the export is written");
    let report = import(&engine, &file);
    assert_eq!(report.new, contacts as u64, "every row is a new contact");
    let report = engine
        .add_signals(deals(moves, contacts).as_bytes(), None)
        .expect("the signals");
    assert_eq!(report.proposed, moves as u64, "every deal makes a move");
    engine
}
