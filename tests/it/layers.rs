//! The test that keeps the layers: one crate cannot make the compiler check who names whom.

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may name besides itself. `config` is read by the engine and the faces.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("env", &[]),
    ("domain", &[]),
    ("config", &["env", "domain"]),
    ("store", &["env", "domain"]),
    ("connectors", &["env", "domain"]),
    (
        "engine",
        &["env", "domain", "config", "store", "connectors"],
    ),
    ("tui", &["env", "domain", "config", "engine"]),
    ("cli", &["env", "domain", "config", "engine", "tui", "demo"]),
    ("demo", &["env", "domain", "config", "engine"]),
];

/// What the pure room must not touch: files, clocks, chance, the environment, threads of execution, databases, screens.
const IMPURE: &[&str] = &[
    "tokio::",
    "rusqlite::",
    "ratatui",
    "crossterm",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "RandomState",
    "File::open",
];

/// What only the store may say.
const SQL: &[&str] = &[
    "rusqlite",
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
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Returns the code of a file by line, without comments and without the tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().enumerate().filter_map(|(i, line)| {
        let line = line.trim_start();
        let line = if line.starts_with("//") { "" } else { line };
        (!line.is_empty()).then_some((i + 1, line))
    })
}

/// Returns the rooms that a line names: `crate::store::…` and `crate::{store, domain}`.
fn named(line: &str) -> Vec<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    line.match_indices("crate::")
        .flat_map(|(at, found)| {
            let rest = &line[at + found.len()..];
            match rest.strip_prefix('{') {
                Some(list) => {
                    let mut depth = 0;
                    let mut names = vec![word(list)];
                    for (i, c) in list.char_indices() {
                        match c {
                            '{' => depth += 1,
                            '}' => depth -= 1,
                            ',' if depth == 0 => names.push(word(list[i + 1..].trim_start())),
                            _ => {}
                        }
                    }
                    names
                }
                None => vec![word(rest)],
            }
        })
        .collect()
}

#[test]
fn no_room_names_one_that_it_must_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100);
    let mut broken = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&root).unwrap();
        let room = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let is_test =
            path.components().any(|c| c.as_os_str() == "tests") || path.ends_with("tests.rs");
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == room) else {
            assert!(
                matches!(room.as_str(), "main" | "lib"),
                "{room} is a new room: say in MAY_NAME whom it may name"
            );
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in code(&text) {
            let place = format!("src/{}:{number}", inside.display());
            for name in named(line) {
                let is_room = MAY_NAME.iter().any(|(known, _)| *known == name);
                if is_room && name != room && !allowed.contains(&name.as_str()) && !is_test {
                    broken.push(format!("{place}: {room} must not name {name}: {line}"));
                }
            }
            if room == "domain" && !is_test {
                broken.extend(
                    IMPURE
                        .iter()
                        .filter(|word| line.contains(**word))
                        .map(|word| {
                            format!("{place}: the domain is pure, but names {word}: {line}")
                        }),
                );
            }
            if room != "store" && !is_test {
                broken.extend(SQL.iter().filter(|word| line.contains(**word)).map(|word| {
                    format!("{place}: only the store speaks SQL, but here is {word:?}: {line}")
                }));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "{} lines break the layers:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn paths_are_read_in_both_forms() {
    assert_eq!(named("use crate::store::{A, b::C};"), ["store"]);
    assert_eq!(
        named("use crate::{domain::{x, y}, store, env::Env};"),
        ["domain", "store", "env"]
    );
    assert_eq!(
        named("let x = crate::env::a(crate::store::b());"),
        ["env", "store"]
    );
}
