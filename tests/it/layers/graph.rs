//! Who names whom: the paths that each file writes, and the files that define what they mean.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::{self, Code, Kind, Token};

/// A path below the crate's root, such as `["tui", "app", "App"]`.
pub type Path = Vec<String>;

/// A source file's place and text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name below `src`, with slashes.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A path that a file writes.
#[derive(Debug)]
pub struct Mention {
    /// The file's index.
    pub file: usize,
    /// The line.
    pub line: usize,
    /// The module that it stands in.
    module: Path,
    /// The path as written, without the names of a group and without generics.
    pub path: Path,
    /// The meaning from the crate's root on; none for what other crates define.
    pub meaning: Option<Path>,
    /// Whether all names below the path are meant: `use a::*;`
    is_glob: bool,
    /// Whether the names are handed on: `pub use a::b;`
    is_public: bool,
}

/// What one module declares.
#[derive(Debug, Default)]
struct Module {
    file: usize,
    /// Names that `use` brings in, with the paths they stand for.
    names: BTreeMap<String, Path>,
    globs: Vec<Path>,
    defined: BTreeSet<String>,
}

/// All files with their own code, their mentions and who names whom.
#[derive(Debug)]
pub struct Graph {
    /// The files' names.
    pub files: Vec<String>,
    /// The files' code.
    pub codes: Vec<Code>,
    /// Every path that they write.
    pub mentions: Vec<Mention>,
    /// From file to file, with the names that tie them.
    pub arrows: BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>>,
    modules: BTreeMap<Path, Module>,
}

/// Returns the module that a file is.
fn module_of(name: &str) -> Path {
    let mut path: Path = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
        path.pop();
    }
    path
}

impl Graph {
    /// Reads the files; those of modules that only tests declare are left out.
    pub fn of(sources: &[Source]) -> Self {
        let codes: Vec<Code> = sources.iter().map(|s| scan::read(&s.text)).collect();
        let tests: Vec<Path> = sources
            .iter()
            .zip(&codes)
            .flat_map(|(source, code)| {
                code.test_modules.iter().map(|module| {
                    let mut path = module_of(&source.name);
                    path.push(module.clone());
                    path
                })
            })
            .collect();
        let (files, codes): (Vec<String>, Vec<Code>) = sources
            .iter()
            .map(|source| source.name.clone())
            .zip(codes)
            .filter(|(name, _)| !tests.iter().any(|test| module_of(name).starts_with(test)))
            .unzip();
        let mut graph = Self {
            files,
            codes,
            mentions: Vec::new(),
            arrows: BTreeMap::new(),
            modules: BTreeMap::new(),
        };
        for file in 0..graph.files.len() {
            let path = module_of(&graph.files[file]);
            let tokens = std::mem::take(&mut graph.codes[file].tokens);
            graph.read(file, path, &tokens);
            graph.codes[file].tokens = tokens;
        }
        for i in 0..graph.mentions.len() {
            let mention = &graph.mentions[i];
            let meaning = graph.meaning(&mention.module, &mention.path, &mut Vec::new());
            graph.mentions[i].meaning = meaning;
        }
        graph.draw();
        graph
    }

    fn read(&mut self, file: usize, path: Path, tokens: &[Token]) {
        let mut here = path.clone();
        let mut ends: Vec<usize> = Vec::new();
        self.declare(file, &here);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            while ends.last().is_some_and(|end| at >= *end) {
                ends.pop();
                here.pop();
            }
            let next = tokens.get(at + 1);
            let after = tokens.get(at + 2);
            let named = next.and_then(Token::word);
            match token.word() {
                Some("mod") if named.is_some() && after.is_some_and(|t| t.is('{')) => {
                    here.extend(named.map(str::to_owned));
                    ends.push(scan::after_bracket(tokens, at + 2) - 1);
                    self.declare(file, &here);
                    at += 3;
                }
                Some("use") if !next.is_some_and(|t| t.is('<')) => {
                    let is_public = at > 0 && {
                        let before = &tokens[at - 1];
                        before.word() == Some("pub") || before.is(')')
                    };
                    let first = self.mentions.len();
                    at = self.tree(file, &here, tokens, at + 1, &[]);
                    for mention in &mut self.mentions[first..] {
                        mention.is_public = is_public;
                    }
                }
                Some("pub") if next.is_some_and(|t| t.is('(')) => {
                    at = scan::after_bracket(tokens, at + 1);
                }
                Some(
                    "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static",
                ) if named.is_some() => {
                    let name = match named {
                        Some("fn" | "unsafe" | "async" | "extern" | "mut") => None,
                        name => name.map(str::to_owned),
                    };
                    at += 1 + usize::from(name.is_some());
                    let module = self.modules.entry(here.clone()).or_default();
                    module.defined.extend(name);
                }
                Some("macro_rules") => {
                    let name = after.and_then(Token::word).map(str::to_owned);
                    let module = self.modules.entry(here.clone()).or_default();
                    module.defined.extend(name);
                    at += 3;
                }
                Some(_) if next.is_some_and(|t| t.kind == Kind::Colons) => {
                    // Behind another path's end (`<T as A>::B`) no path begins.
                    let begins = at == 0 || tokens[at - 1].kind != Kind::Colons;
                    let (path, end) = path_at(tokens, at);
                    if begins {
                        self.mention(file, token.line, &here, path);
                    }
                    at = end;
                }
                _ => at += 1,
            }
        }
    }

    fn declare(&mut self, file: usize, module: &[String]) {
        self.modules.entry(module.to_vec()).or_default().file = file;
    }

    fn mention(&mut self, file: usize, line: usize, here: &[String], path: Path) {
        self.mentions.push(Mention {
            file,
            line,
            module: here.to_vec(),
            path,
            meaning: None,
            is_glob: false,
            is_public: false,
        });
    }

    /// Reads one tree of a `use` and returns the index after it.
    fn tree(
        &mut self,
        file: usize,
        here: &[String],
        tokens: &[Token],
        mut at: usize,
        prefix: &[String],
    ) -> usize {
        let mut path = prefix.to_vec();
        let line = tokens.get(at).map_or(0, |t| t.line);
        while let Some(token) = tokens.get(at) {
            match &token.kind {
                Kind::Word(word) if word == "as" => break,
                Kind::Word(word) => {
                    path.push(word.clone());
                    at += 1;
                }
                Kind::Colons => at += 1,
                Kind::Mark('*') => {
                    self.modules
                        .entry(here.to_vec())
                        .or_default()
                        .globs
                        .push(path.clone());
                    self.mention(file, line, here, path);
                    if let Some(glob) = self.mentions.last_mut() {
                        glob.is_glob = true;
                    }
                    return at + 1;
                }
                Kind::Mark('{') => {
                    let end = scan::after_bracket(tokens, at);
                    at += 1;
                    while at + 1 < end {
                        at = self.tree(file, here, tokens, at, &path);
                        at += usize::from(tokens.get(at).is_some_and(|t| t.is(',')));
                    }
                    return end;
                }
                _ => break,
            }
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let mut name = path.last().cloned();
        if tokens.get(at).and_then(Token::word) == Some("as") {
            name = tokens.get(at + 1).and_then(Token::word).map(str::to_owned);
            at += 2;
        }
        if let Some(name) = name.filter(|name| name != "_") {
            let module = self.modules.entry(here.to_vec()).or_default();
            module.names.entry(name).or_insert_with(|| path.clone());
        }
        self.mention(file, line, here, path);
        at
    }

    /// Returns a mention's path from the crate's root on, as it is written; none unless it begins there or at its own module.
    pub fn as_written(&self, mention: &Mention) -> Option<Path> {
        let path = &mention.path;
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "super" => {
                let parent = mention.module.len().checked_sub(ups)?;
                Some([&mention.module[..parent], &path[ups..]].concat())
            }
            _ => None,
        }
    }

    /// Returns what a path means from the crate's root on, with what it is renamed and re-exported as followed to its definition.
    fn meaning(
        &self,
        here: &[String],
        path: &[String],
        seen: &mut Vec<(Path, String)>,
    ) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let from_root = match first.as_str() {
            "crate" => rest.to_vec(),
            "self" => [here, rest].concat(),
            "super" => {
                let mut parent = here.to_vec();
                let ups = path.iter().take_while(|part| *part == "super").count();
                parent.truncate(here.len().checked_sub(ups)?);
                [&parent, &path[ups..]].concat()
            }
            _ => return self.within(here, path, seen),
        };
        Some(self.followed(from_root, seen))
    }

    /// Returns what a path means whose first part is a name of the module; none if the module knows no such name.
    fn within(
        &self,
        module: &[String],
        path: &[String],
        seen: &mut Vec<(Path, String)>,
    ) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let here = [module, path].concat();
        if self.modules.contains_key(&here[..=module.len()]) {
            return Some(self.followed(here, seen));
        }
        let scope = self.modules.get(module)?;
        if scope.defined.contains(first) {
            return Some(here);
        }
        let key = (module.to_vec(), first.clone());
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        if let Some(stands_for) = scope.names.get(first) {
            let whole = [stands_for.as_slice(), rest].concat();
            return self.meaning(module, &whole, seen);
        }
        scope.globs.iter().find_map(|glob| {
            let other = self.meaning(module, glob, seen)?;
            self.within(&other, path, seen)
        })
    }

    /// Follows re-exports on the way of a path from the root.
    fn followed(&self, path: Path, seen: &mut Vec<(Path, String)>) -> Path {
        let length = self.module_length(&path);
        let (module, rest) = path.split_at(length);
        if rest.is_empty() {
            return path;
        }
        self.within(module, rest, seen).unwrap_or(path)
    }

    /// Returns how many parts of a path from the root name a module.
    fn module_length(&self, path: &[String]) -> usize {
        (0..=path.len())
            .rev()
            .find(|n| self.modules.contains_key(&path[..*n]))
            .unwrap_or(0)
    }

    fn draw(&mut self) {
        let mut arrows: BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> = BTreeMap::new();
        for mention in &self.mentions {
            let Some(meaning) = &mention.meaning else {
                continue;
            };
            let length = self.module_length(meaning);
            let Some(target) = self.modules.get(&meaning[..length]) else {
                continue;
            };
            // A module that is imported as a name space is named where a path goes through it; a parent that hands its own children's
            // names on does not build on them.
            let is_module = length == meaning.len() && !mention.is_glob;
            let hands_on =
                mention.is_public && meaning.starts_with(&module_of(&self.files[mention.file]));
            if target.file == mention.file || is_module || hands_on {
                continue;
            }
            let name = meaning.get(length).cloned().unwrap_or("*".to_owned());
            arrows
                .entry(mention.file)
                .or_default()
                .entry(target.file)
                .or_default()
                .insert(name);
        }
        self.arrows = arrows;
    }

    /// Returns the groups of files that name each other in a circle, the largest first.
    pub fn circles(&self) -> Vec<Vec<usize>> {
        let mut search = Search {
            graph: self,
            order: BTreeMap::new(),
            low: BTreeMap::new(),
            stack: Vec::new(),
            found: Vec::new(),
        };
        for file in 0..self.files.len() {
            if !search.order.contains_key(&file) {
                search.visit(file);
            }
        }
        let mut found = search.found;
        found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        found
    }

    /// Describes a circle: its files, and the names by which each is tied to the others.
    pub fn describe(&self, circle: &[usize]) -> String {
        let mut out = format!("{} files name each other in a circle:", circle.len());
        for from in circle {
            out.push_str(&format!("\n  src/{}", self.files[*from]));
            for (to, names) in self.arrows.get(from).into_iter().flatten() {
                if circle.contains(to) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let to = &self.files[*to];
                    out.push_str(&format!("\n    -> src/{to}: {}", names.join(", ")));
                }
            }
        }
        out
    }
}

/// Reads a path of code and returns it with the index after it.
fn path_at(tokens: &[Token], mut at: usize) -> (Path, usize) {
    let mut path = Vec::new();
    while let Some(word) = tokens.get(at).and_then(Token::word) {
        path.push(word.to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|t| t.kind != Kind::Colons) {
            break;
        }
        at += 1;
    }
    (path, at)
}

/// Tarjan's search for strongly connected components.
struct Search<'a> {
    graph: &'a Graph,
    order: BTreeMap<usize, usize>,
    low: BTreeMap<usize, usize>,
    stack: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, file: usize) {
        let number = self.order.len();
        self.order.insert(file, number);
        self.low.insert(file, number);
        self.stack.push(file);
        let graph = self.graph;
        for next in graph.arrows.get(&file).into_iter().flat_map(BTreeMap::keys) {
            let reached = if !self.order.contains_key(next) {
                self.visit(*next);
                self.low[next]
            } else if self.stack.contains(next) {
                self.order[next]
            } else {
                continue;
            };
            let low = self.low[&file].min(reached);
            self.low.insert(file, low);
        }
        if self.low[&file] == number {
            let from = self.stack.iter().position(|f| *f == file).unwrap_or(0);
            let mut circle = self.stack.split_off(from);
            circle.sort_unstable();
            if circle.len() > 1 {
                self.found.push(circle);
            }
        }
    }
}

#[cfg(test)]
mod tests;
