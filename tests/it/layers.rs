//! The rooms name only the rooms that they may, the floors inside a room only lower ones, and no files each other in a circle: what one
//! crate cannot make the compiler check. `ARCHITECTURE.md` says the same, and is compared.
//!
//! Tests may name whatever they need, so what only tests compile is passed over.

#[cfg(test)]
mod graph;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use graph::{Graph, Source};
use scan::Kind;
use tables::{FLOORS, FOREIGN, Floors, KNOWN_CIRCLES, MOST, ROOMS, SQL, SQL_METHOD};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, below: &str, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            sources(&path, &format!("{below}{name}/"), found);
        } else if name.ends_with(".rs") {
            found.push(Source {
                name: format!("{below}{name}"),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

/// The whole of `src`, read once for all tests.
static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    let mut found = Vec::new();
    sources(&root().join("src"), "", &mut found);
    assert!(found.len() > 100, "the sources are found");
    Graph::of(&found)
});

fn room_of(file: &str) -> &str {
    file.split('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs")
}

fn listed<'a>(table: &'a [(&str, &'a [&'a str])], room: &str) -> Option<&'a [&'a str]> {
    table
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, list)| *list)
}

fn nothing_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_room_names_a_room_that_it_may_not() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    for mention in &graph.mentions {
        let file = &graph.files[mention.file];
        let room = room_of(file);
        if matches!(room, "lib" | "main") {
            continue;
        }
        let may = listed(ROOMS, room)
            .unwrap_or_else(|| panic!("{file}: say in this test what the room {room} may name"));
        let line = mention.line;
        if let Some(named) = graph
            .as_written(mention)
            .as_ref()
            .and_then(|path| path.first())
            && listed(ROOMS, named).is_some()
            && named != room
            && !may.contains(&named.as_str())
        {
            wrong.push(format!("src/{file}:{line}: {room} names {named}"));
        }
        for foreign in listed(FOREIGN, room).unwrap_or_default() {
            let parts: Vec<&str> = foreign.split("::").collect();
            let is_own = mention.meaning.is_some();
            if !is_own && mention.path.windows(parts.len()).any(|part| part == parts) {
                wrong.push(format!("src/{file}:{line}: {room} names {foreign}"));
            }
        }
    }
    nothing_wrong(&wrong);
}

/// Returns what makes a text SQL.
fn sql_in(text: &str) -> Option<&'static [&'static str]> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
    SQL.iter()
        .find(|words| words.iter().all(|word| flat.contains(word)))
        .copied()
}

#[test]
fn only_the_store_speaks_sql() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    for (file, code) in graph.files.iter().zip(&graph.codes) {
        if room_of(file) == "store" {
            continue;
        }
        for token in &code.tokens {
            let found = match &token.kind {
                Kind::Text(text) => sql_in(text).map(|words| words.join("…")),
                Kind::Word(word) if word == SQL_METHOD => Some(word.clone()),
                _ => None,
            };
            if let Some(found) = found {
                wrong.push(format!("src/{file}:{}: SQL: {found}", token.line));
            }
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn one_place_tells_who_is_one_person() {
    let graph = &*GRAPH;
    let own = "engine/ground/reach.rs";
    let (mut wrong, mut is_found) = (Vec::new(), false);
    for mention in &graph.mentions {
        let file = &graph.files[mention.file];
        let asks = ["namesakes", "of_mailbox"].iter().any(|last| {
            mention
                .path
                .ends_with(&["people".to_owned(), (*last).to_owned()])
        });
        if room_of(file) == "engine" && asks {
            is_found |= file == own;
            if file != own {
                wrong.push(format!("src/{file}:{}: it asks past {own}", mention.line));
            }
        }
    }
    assert!(is_found, "{own} asks");
    nothing_wrong(&wrong);
}

#[test]
fn one_call_notes_every_change() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    let mut is_found = false;
    for mention in &graph.mentions {
        let file = &graph.files[mention.file];
        let names = |last: [&str; 2]| mention.path.ends_with(&last.map(str::to_owned));
        if room_of(file) != "engine" || !(names(["audit", "append"]) || names(["undo", "add"])) {
            continue;
        }
        if file.starts_with("engine/undo/") {
            is_found = true;
        } else {
            let what = mention.path.join("::");
            wrong.push(format!(
                "src/{file}:{}: {what} is for undo::change alone",
                mention.line
            ));
        }
    }
    nothing_wrong(&wrong);
    assert!(is_found, "the one call is still called so");
}

#[test]
fn read_models_write_nothing() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    for (file, code) in graph.files.iter().zip(&graph.codes) {
        if !file.starts_with("engine/queries") {
            continue;
        }
        for pair in code.tokens.windows(2) {
            let is_call = pair[0].is('.') && pair[1].word() == Some("write");
            if is_call || pair[1].word() == Some("WriteTx") {
                wrong.push(format!("src/{file}:{}: a read model writes", pair[1].line));
            }
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn sql_is_told_from_english() {
    let check = |text: &str, is_sql| assert_eq!(sql_in(text).is_some(), is_sql, "{text}");
    check("UPDATE moves\n   SET status = ?1", true);
    check("UPDATE moves", false);
    check("an UPDATE of what is SET", true);
    check("{n} updated, set aside", false);
    check("SELECT\n 1", true);
}

#[test]
fn no_more_than_three_files_name_each_other_in_a_circle() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    let mut known: Vec<(BTreeSet<&str>, bool)> = KNOWN_CIRCLES
        .iter()
        .map(|known| (known.split_whitespace().collect(), false))
        .collect();
    for circle in graph.circles().iter().filter(|circle| circle.len() > MOST) {
        let files: BTreeSet<&str> = circle.iter().map(|i| graph.files[*i].as_str()).collect();
        match known.iter_mut().find(|(known, _)| files.is_subset(known)) {
            Some((_, is_there)) => *is_there = true,
            None => wrong.push(graph.describe(circle)),
        }
    }
    for (files, _) in known.iter().filter(|(_, is_there)| !is_there) {
        wrong.push(format!(
            "This known circle is gone; take it off the list: {files:?}"
        ));
    }
    nothing_wrong(&wrong);
}

impl Floors {
    /// Returns the entry that a file of the room stands under, with its floor.
    fn entry_of(&self, file: &str) -> Option<(usize, &'static str)> {
        let inside = file.strip_prefix(self.room)?.trim_start_matches('/');
        let inside = inside.trim_end_matches(".rs");
        let stands_under = |entry: &str| {
            inside
                .strip_prefix(entry)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let entries = (0..).zip(self.order).flat_map(|(floor, entries)| {
            let each = entries.iter().copied();
            each.map(move |entry| (floor, entry))
        });
        entries
            .filter(|(_, entry)| stands_under(entry))
            .max_by_key(|(_, entry)| entry.len())
    }

    fn wrong(&self, graph: &Graph) -> Vec<String> {
        let mut wrong = Vec::new();
        let top = format!("{}/mod.rs", self.room);
        for (from, targets) in &graph.arrows {
            let name = &graph.files[*from];
            let Some((floor, entry)) = self.entry_of(name) else {
                continue;
            };
            for (to, names) in targets {
                let target = &graph.files[*to];
                let is_higher = match self.entry_of(target) {
                    Some((other, _)) if other < floor => false,
                    Some((_, other)) => other != entry,
                    None => self.is_whole && *target == top,
                };
                if is_higher {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    wrong.push(format!(
                        "src/{name}, on the floor of {entry}, names src/{target}: {}",
                        names.join(", ")
                    ));
                }
            }
        }
        if self.is_whole {
            let homeless = graph
                .files
                .iter()
                .filter(|file| room_of(file) == self.room && **file != top)
                .filter(|file| self.entry_of(file).is_none())
                .map(|file| format!("src/{file}: say in this test on which floor it stands"));
            wrong.extend(homeless);
        }
        wrong
    }
}

#[test]
fn no_floor_names_a_higher_one() {
    let graph = &*GRAPH;
    let wrong: Vec<String> = FLOORS
        .iter()
        .flat_map(|floors| floors.wrong(graph))
        .collect();
    nothing_wrong(&wrong);
}

#[test]
fn a_higher_floor_a_neighbour_and_the_top_are_found() {
    let floors = Floors {
        room: "r",
        order: &[&["low"], &["side", "side/own"], &["high"]],
        is_whole: true,
    };
    let files = [
        ("r/mod.rs", "pub struct Top;"),
        ("r/low.rs", "pub struct Low; use super::high::High;"),
        (
            "r/side/mod.rs",
            "pub struct Side; use super::low::Low; use own::Own;",
        ),
        ("r/side/own.rs", "pub struct Own;"),
        (
            "r/high.rs",
            "pub struct High; use super::{Top, side::Side};",
        ),
        ("r/lost.rs", ""),
    ];
    let sources = files.map(|(name, text)| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    assert_eq!(
        floors.wrong(&Graph::of(&sources)),
        [
            "src/r/low.rs, on the floor of low, names src/r/high.rs: High",
            "src/r/side/mod.rs, on the floor of side, names src/r/side/own.rs: Own",
            "src/r/high.rs, on the floor of high, names src/r/mod.rs: Top",
            "src/r/lost.rs: say in this test on which floor it stands",
        ]
    );
}

/// Returns the cells of the table below the heading that begins so, without the signs of code.
fn table(text: &str, header: &str) -> Vec<Vec<String>> {
    text.lines()
        .skip_while(|line| !line.starts_with(header))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.replace('`', "").trim().to_owned())
                .collect()
        })
        .collect()
}

fn names(cell: &str) -> BTreeSet<&str> {
    cell.split(',')
        .map(str::trim)
        .filter(|name| !matches!(*name, "" | "nothing"))
        .collect()
}

#[test]
fn the_architecture_says_the_same() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rooms = table(&text, "| room | what it is |");
    let written: Vec<(&str, BTreeSet<&str>)> = rooms
        .iter()
        .map(|row| (row[0].as_str(), names(&row[2])))
        .collect();
    let held: Vec<(&str, BTreeSet<&str>)> = ROOMS
        .iter()
        .map(|(room, may)| (*room, may.iter().copied().collect()))
        .collect();
    assert_eq!(written, held);

    let floors = table(&text, "| room | floors");
    let written: Vec<(&str, Vec<BTreeSet<&str>>)> = floors
        .iter()
        .map(|row| {
            let order = row[1].split('<').map(names);
            let order = order.filter(|floor| !floor.is_empty()).collect();
            (row[0].as_str(), order)
        })
        .collect();
    let held: Vec<(&str, Vec<BTreeSet<&str>>)> = FLOORS
        .iter()
        .map(|floors| {
            let order = floors.order.iter();
            let order = order.map(|entries| entries.iter().copied().collect());
            (floors.room, order.collect())
        })
        .collect();
    assert_eq!(written, held);
}
