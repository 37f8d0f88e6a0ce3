//! The rooms name only the rooms that they may: what one crate cannot make the compiler check.
//!
//! Tests may name whatever they need, so files of tests and what follows `#[cfg(test)]` are passed over, and so are comments.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room, with the rooms that it may name besides itself. `ARCHITECTURE.md` draws the same.
const ROOMS: &[(&str, &[&str])] = &[
    ("env", &[]),
    ("secrets", &["env", "domain"]),
    ("telemetry", &["env", "secrets"]),
    ("domain", &[]),
    ("config", &["env", "domain"]),
    ("store", &["env", "domain"]),
    ("connectors", &["env", "domain", "secrets"]),
    (
        "engine",
        &["env", "secrets", "domain", "config", "store", "connectors"],
    ),
    ("tui", &["env", "domain", "config", "engine"]),
    ("demo", &["env", "domain", "config", "engine"]),
    ("http", &["env", "domain", "config", "engine"]),
    (
        "cli",
        &[
            "env",
            "secrets",
            "telemetry",
            "domain",
            "config",
            "engine",
            "tui",
            "demo",
            "http",
        ],
    ),
];

/// What a room must not name of the world outside.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "std::fs",
            "std::env",
            "std::net",
            "std::thread",
            "std::process",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "tokio",
            "rusqlite",
            "ratatui",
            "crossterm",
        ],
    ),
    ("config", &["tokio", "rusqlite", "ratatui"]),
    ("connectors", &["rusqlite", "ratatui"]),
    ("store", &["tokio", "ratatui"]),
    ("engine", &["rusqlite", "ratatui", "clap"]),
    ("tui", &["rusqlite", "clap"]),
    ("demo", &["rusqlite", "ratatui", "clap"]),
    ("cli", &["rusqlite", "ratatui"]),
];

/// What only the store may say.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO",
    "DELETE FROM",
    "PRAGMA ",
    "CREATE TABLE",
    ".prepare_cached(",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// Returns the lines of a file's own code with their numbers.
fn own_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // `#[cfg(test)] mod tests;` stands in the middle; a module with a body is the last thing in its file.
    let ends = |line: &str, next: &str| line.trim() == "#[cfg(test)]" && next.ends_with('{');
    let next = text.lines().skip(1).chain(std::iter::once(""));
    (1..)
        .zip(text.lines().zip(next))
        .take_while(move |(_, (line, next))| !ends(line, next))
        .map(|(number, (line, _))| (number, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn allowed<'a>(table: &'a [(&str, &'a [&'a str])], room: &str) -> Option<&'a [&'a str]> {
    table
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, list)| *list)
}

#[test]
fn no_room_names_a_room_that_it_may_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "the sources are found");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let room = name
            .split(['/', '\\'])
            .next()
            .unwrap()
            .trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let may = allowed(ROOMS, room)
            .unwrap_or_else(|| panic!("{name}: say in this test what the room {room} may name"));
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in own_lines(&text) {
            if room != "store" {
                for word in SQL.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!("src/{name}:{number}: {room} speaks SQL: {word}"));
                }
            }
            for named in line.split("crate::").skip(1) {
                if named.starts_with('{') {
                    wrong.push(format!("src/{name}:{number}: name each room in a line of its own, so that this test can read it"));
                }
                let named: String = named
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                let is_room = allowed(ROOMS, &named).is_some();
                if is_room && named != room && !may.contains(&named.as_str()) {
                    wrong.push(format!("src/{name}:{number}: {room} names {named}"));
                }
            }
            for foreign in allowed(FOREIGN, room).unwrap_or_default() {
                if line.contains(foreign) {
                    wrong.push(format!("src/{name}:{number}: {room} names {foreign}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
