//! Our own words in somebody's answer: what we sent comes back quoted in more ways than any list of quote marks knows.
//!
//! Runs of words are compared, so that new line breaks, quote marks, other quotes and spaces, and a way through HTML change nothing. A run is ours
//! if it is long, or if it makes up a good part of one of our messages; beside such a run, whole sentences of the same message are ours too, as
//! is what stands between quotation marks. A short phrase by itself never is: "please remove me" may be the answer that we asked for.

use std::collections::HashMap;

use super::words::fold;

/// Words of a run that nobody writes by chance.
const LONG_RUN: usize = 8;
/// The share of a message, in hundredths, that makes a shorter run a copy of it.
const MOST_OF_IT: usize = 60;
/// Words that an answer may repeat if nothing of its own remains beside them.
const SHORT_ANSWER: usize = 12;
/// The fewest words of a sentence that is compared at all.
const SHORTEST: usize = 3;
const MAX_WORDS: usize = 20_000;
const MAX_BODIES: usize = 60;
/// Places of our text that are tried for one place of theirs.
const MAX_TRIES: usize = 40;

/// Texts that we sent, cut into words once for any number of answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    words: Vec<OwnWord>,
    /// Places by the three words that begin there.
    places: HashMap<[u64; SHORTEST], Vec<usize>>,
    /// Number of words of each text.
    sizes: Vec<usize>,
    /// Places and lengths of the short lines: greetings and closings.
    lines: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OwnWord {
    hash: u64,
    body: usize,
    starts: bool,
    ends: bool,
}

/// A word of a text, with its place in it.
#[derive(Debug, Clone, Copy)]
struct Token {
    hash: u64,
    from: usize,
    to: usize,
    starts: bool,
    ends: bool,
}

impl OwnWords {
    /// Prepares the texts of messages that we sent.
    #[must_use]
    pub fn new<'t>(bodies: impl IntoIterator<Item = &'t str>) -> Self {
        let mut own = Self::default();
        let mut known = std::collections::HashSet::new();
        for body in bodies {
            if own.sizes.len() >= MAX_BODIES || own.words.len() >= MAX_WORDS || !known.insert(body)
            {
                continue;
            }
            let number = own.sizes.len();
            let tokens = tokens(body);
            let (base, mut token, mut end) = (own.words.len(), 0, 0);
            own.sizes.push(tokens.len());
            for line in body.split_inclusive('\n') {
                end += line.len();
                let first = token;
                while tokens.get(token).is_some_and(|t| t.from < end) {
                    token += 1;
                }
                if token > first && token - first < LONG_RUN {
                    own.lines.push((base + first, token - first));
                }
            }
            own.words.extend(tokens.iter().map(|t| OwnWord {
                hash: t.hash,
                body: number,
                starts: t.starts,
                ends: t.ends,
            }));
        }
        for at in 0..own.words.len() {
            if let Some(key) = own.key(at) {
                own.places.entry(key).or_default().push(at);
            }
        }
        own
    }

    /// Tells whether there is nothing to compare with.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn key(&self, at: usize) -> Option<[u64; SHORTEST]> {
        let first = self.words.get(at)?;
        let mut key = [0; SHORTEST];
        for (n, slot) in key.iter_mut().enumerate() {
            let word = self.words.get(at + n).filter(|w| w.body == first.body)?;
            *slot = word.hash;
        }
        Some(key)
    }

    /// Takes what is ours out of `text`; none if nothing of it is.
    #[must_use]
    pub fn subtract(&self, text: &str) -> Option<Subtracted> {
        if self.is_empty() {
            return None;
        }
        let theirs = tokens(text);
        let mut ours = vec![false; theirs.len()];
        let mut used = vec![false; self.words.len()];
        let mut copied = vec![false; self.sizes.len()];
        self.take_long_runs(&theirs, &mut ours, &mut used, &mut copied);
        self.take_quoted(text, &theirs, &mut ours);
        self.take_sentences(&theirs, &mut ours, &mut used, &copied);
        if copied.contains(&true) {
            self.take_lines(text, &theirs, &mut ours, &mut used);
        }
        let removed = ours.iter().filter(|o| **o).count();
        let left = ours.len() - removed;
        // An answer that says no more than what we suggested is an answer.
        if removed == 0 || left <= SHORTEST && removed <= SHORT_ANSWER {
            return None;
        }
        Some(cut_out(text, &theirs, &ours))
    }

    /// Returns the longest run of ours that begins at `theirs[at]`: its first place and its length.
    fn longest(
        &self,
        theirs: &[Token],
        at: usize,
        allowed: impl Fn(&OwnWord, usize) -> bool,
    ) -> Option<(usize, usize)> {
        let mut key = [0; SHORTEST];
        for (n, slot) in key.iter_mut().enumerate() {
            *slot = theirs.get(at + n)?.hash;
        }
        let mut best: Option<(usize, usize)> = None;
        for place in self.places.get(&key)?.iter().take(MAX_TRIES).copied() {
            let body = self.words.get(place)?.body;
            let length = theirs
                .get(at..)?
                .iter()
                .zip(self.words.get(place..)?)
                .enumerate()
                .take_while(|(n, (t, w))| {
                    t.hash == w.hash && w.body == body && allowed(w, place + n)
                })
                .count();
            if best.is_none_or(|(_, known)| length > known) {
                best = Some((place, length));
            }
        }
        best.filter(|(_, length)| *length >= SHORTEST)
    }

    fn take_long_runs(
        &self,
        theirs: &[Token],
        ours: &mut [bool],
        used: &mut [bool],
        copied: &mut [bool],
    ) {
        let mut at = 0;
        while at < theirs.len() {
            let Some((place, length)) = self.longest(theirs, at, |_, _| true) else {
                at += 1;
                continue;
            };
            let body = self.words.get(place).map_or(0, |w| w.body);
            let size = self.sizes.get(body).copied().unwrap_or_default();
            if length >= LONG_RUN || length * 100 >= size * MOST_OF_IT {
                mark(ours, at, length);
                mark(used, place, length);
                if let Some(copied) = copied.get_mut(body) {
                    *copied = true;
                }
                at += length;
            } else {
                at += 1;
            }
        }
    }

    /// Takes what they cite: `You write "reply unsubscribe if you want me to stop"`.
    fn take_quoted(&self, text: &str, theirs: &[Token], ours: &mut [bool]) {
        let mut open: Option<usize> = None;
        for (at, c) in text.char_indices() {
            let (opens, closes) = match c {
                '"' => (open.is_none(), open.is_some()),
                '\u{201C}' | '\u{201E}' | '«' | '「' => (
                    true,
                    open.is_some() && c != '\u{201E}' && c != '«' && c != '「',
                ),
                '\u{201D}' | '»' | '」' => (false, true),
                '\n' => {
                    open = None;
                    continue;
                }
                _ => continue,
            };
            if let (true, Some(from)) = (closes, open) {
                let inside: Vec<usize> = (0..theirs.len())
                    .filter(|n| theirs.get(*n).is_some_and(|t| t.from >= from && t.to <= at))
                    .collect();
                if let Some(first) = inside.first().copied()
                    && self
                        .longest(theirs, first, |_, _| true)
                        .is_some_and(|(_, length)| length >= inside.len())
                {
                    mark(ours, first, inside.len());
                }
                open = None;
            } else if opens {
                open = Some(at);
            }
        }
    }

    /// Takes whole sentences and lines of messages that are known to be copied. A place of ours counts once, so that a sentence that stands above its copy
    /// stays theirs.
    fn take_sentences(
        &self,
        theirs: &[Token],
        ours: &mut [bool],
        used: &mut [bool],
        copied: &[bool],
    ) {
        let mut at = 0;
        while at < theirs.len() {
            let free = theirs.get(at).is_some_and(|t| t.starts) && ours.get(at) == Some(&false);
            let found = free
                .then(|| {
                    self.longest(theirs, at, |w, place| {
                        copied.get(w.body) == Some(&true) && used.get(place) == Some(&false)
                    })
                })
                .flatten();
            let Some((place, longest)) = found else {
                at += 1;
                continue;
            };
            let starts = self.words.get(place).is_some_and(|w| w.starts);
            // The longest part of the run that ends where a sentence ends.
            let length = (SHORTEST..=longest)
                .rev()
                .find(|n| self.words.get(place + n - 1).is_some_and(|w| w.ends))
                .unwrap_or_default();
            if starts && length >= SHORTEST {
                mark(ours, at, length);
                mark(used, place, length);
                at += length;
            } else {
                at += 1;
            }
        }
    }

    /// Takes short lines of ours that touch what is taken: "Hi Ann," and "Casey".
    fn take_lines(&self, text: &str, theirs: &[Token], ours: &mut [bool], used: &mut [bool]) {
        let mut lines: Vec<(usize, usize)> = Vec::new();
        let (mut start, mut token) = (0, 0);
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            let first = token;
            while theirs.get(token).is_some_and(|t| t.from < end) {
                token += 1;
            }
            if token > first {
                lines.push((first, token));
            }
            start = end;
        }
        let is_taken = |ours: &[bool], line: Option<&(usize, usize)>| {
            line.is_some_and(|(a, b)| ours.get(*a..*b).is_some_and(|l| l.iter().all(|o| *o)))
        };
        let mut forward: Vec<usize> = (0..lines.len()).collect();
        for _ in 0..2 {
            for n in forward.iter().copied() {
                let Some((from, to)) = lines.get(n).copied() else {
                    continue;
                };
                let beside = is_taken(ours, n.checked_sub(1).and_then(|n| lines.get(n)))
                    || is_taken(ours, lines.get(n + 1));
                if !beside {
                    continue;
                }
                let line = theirs.get(from..to).unwrap_or_default();
                let same = self.lines.iter().find(|(place, length)| {
                    *length == line.len()
                        && used.get(*place) == Some(&false)
                        && self
                            .words
                            .get(*place..)
                            .unwrap_or_default()
                            .iter()
                            .zip(line)
                            .all(|(w, t)| w.hash == t.hash)
                });
                if let Some((place, length)) = same {
                    mark(used, *place, *length);
                    mark(ours, from, to - from);
                }
            }
            forward.reverse();
        }
    }
}

/// A text without what is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtracted {
    /// The rest.
    pub text: String,
    /// Number of lines that were taken, whole or in part.
    pub lines: usize,
}

fn mark(list: &mut [bool], from: usize, length: usize) {
    for slot in list.iter_mut().skip(from).take(length) {
        *slot = true;
    }
}

/// Writes the lines again without the words that are ours; what has no word left goes whole.
fn cut_out(text: &str, theirs: &[Token], ours: &[bool]) -> Subtracted {
    let mut out = String::with_capacity(text.len());
    let (mut start, mut token, mut lines) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let first = token;
        while theirs.get(token).is_some_and(|t| t.from < end) {
            token += 1;
        }
        let taken = ours.get(first..token).unwrap_or_default();
        if !taken.contains(&true) {
            out.push_str(line);
        } else {
            lines += 1;
            if taken.contains(&false) {
                let mut at = start;
                for (t, is_ours) in theirs
                    .get(first..token)
                    .unwrap_or_default()
                    .iter()
                    .zip(taken)
                {
                    if *is_ours {
                        if !out.is_empty() && !out.ends_with([' ', '\n']) {
                            out.push(' ');
                        }
                        at = t.to;
                    } else {
                        out.push_str(text.get(at..t.to).unwrap_or_default());
                        at = t.to;
                    }
                }
                if taken.last() == Some(&false) {
                    out.push_str(text.get(at..end).unwrap_or_default());
                } else {
                    out.push('\n');
                }
            }
        }
        start = end;
    }
    Subtracted { text: out, lines }
}

/// Cuts a text into words, addresses of pages left out: programs write them beside their words.
fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut starts = true;
    let mut word: Option<usize> = None;
    let mut line_has_word = false;
    let mut chars = text.char_indices().peekable();
    let push = |out: &mut Vec<Token>, from: usize, to: usize, starts: &mut bool| {
        let folded = fold(text.get(from..to).unwrap_or_default());
        if folded.is_empty() || out.len() >= MAX_WORDS {
            return;
        }
        out.push(Token {
            hash: hash(&folded),
            from,
            to,
            starts: *starts,
            ends: false,
        });
        *starts = false;
    };
    let mut line_starts = true;
    while let Some((at, c)) = chars.next() {
        // "ann> " is an old style of quoting.
        if std::mem::replace(&mut line_starts, c == '\n')
            && let Some(mark) = quote_name(text.get(at..).unwrap_or_default())
        {
            while chars.peek().is_some_and(|(next, _)| *next < at + mark) {
                chars.next();
            }
            continue;
        }
        let next = chars.peek().map(|(_, n)| *n);
        let rest = text.get(at..).unwrap_or_default();
        if word.is_none()
            && (rest.starts_with("http://")
                || rest.starts_with("https://")
                || rest.starts_with("mailto:"))
        {
            while chars
                .peek()
                .is_some_and(|(_, n)| !n.is_whitespace() && !matches!(n, '>' | ')' | ']' | '"'))
            {
                chars.next();
            }
            continue;
        }
        let joins = matches!(c, '\'' | '\u{2019}')
            && word.is_some()
            && next.is_some_and(char::is_alphanumeric);
        if is_ideograph(c) {
            if let Some(from) = word.take() {
                push(&mut out, from, at, &mut starts);
            }
            push(&mut out, at, at + c.len_utf8(), &mut starts);
            line_has_word = true;
            continue;
        }
        if c.is_alphanumeric() || joins {
            word.get_or_insert(at);
            line_has_word = true;
            continue;
        }
        if let Some(from) = word.take() {
            push(&mut out, from, at, &mut starts);
        }
        let ends = matches!(c, '!' | '?' | '。' | '！' | '？' | ';')
            || matches!(c, '.' | ':') && next.is_none_or(char::is_whitespace);
        if ends || c == '\n' && line_has_word {
            if let Some(last) = out.last_mut() {
                last.ends = true;
            }
            starts = true;
        }
        if c == '\n' {
            line_has_word = false;
        }
    }
    if let Some(from) = word {
        push(&mut out, from, text.len(), &mut starts);
    }
    if let Some(last) = out.last_mut() {
        last.ends = true;
    }
    out
}

/// Returns the length of the "ann>" at the head of a line.
fn quote_name(line: &str) -> Option<usize> {
    let at = line.find('>').filter(|at| *at <= 14)?;
    line.get(..at)?
        .chars()
        .all(|c| c.is_alphanumeric() || c == ' ')
        .then_some(at + 1)
}

/// Tells whether a character of a script without spaces counts as a word of its own.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// FNV-1a: the same for the same word on every machine.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OURS: &str = "Hi Ann,\n\nI saw that Acme opened a second plant in March. We help such firms to plan their shifts, and it takes about twenty minutes to show how.\n\n\
        Does Thursday suit you? If this is not for you, reply \"unsubscribe me\" or STOP and I will not write again.\n\nBest,\nCasey";

    fn check(text: &str, expect: &str) {
        let own = OwnWords::new([OURS]);
        let got = own
            .subtract(text)
            .map_or_else(|| text.to_owned(), |s| s.text);
        assert_eq!(got.trim(), expect, "{text:?}");
    }

    #[test]
    fn what_we_sent_is_taken_out_whatever_the_quote_looks_like() {
        for quote in [
            OURS.to_owned(),
            OURS.replace('\n', "\n| "),
            OURS.replace('\n', "\nann> "),
            OURS.replace(". ", ".\n").replace(", ", ",\n"),
            OURS.replace(' ', "\u{a0} ").replace('"', "\u{201d}"),
            OURS.replace("\n\n", " ").to_uppercase(),
            OURS.replace("plant in", "plant <https://acme.example/plant> in"),
            OURS.split("\n\n").skip(1).collect::<Vec<_>>().join("\n"),
        ] {
            let text = format!("Thursday works.\n\n{quote}");
            let own = OwnWords::new([OURS]);
            let got = own.subtract(&text).unwrap().text;
            let left: Vec<&str> = got
                .split_whitespace()
                .filter(|w| !matches!(*w, "|" | "ann>"))
                .collect();
            assert_eq!(left, ["Thursday", "works."], "{quote:?}: {got:?}");
        }
    }

    #[test]
    fn a_line_of_ours_alone_and_what_they_cite_are_ours() {
        check(
            "Thursday works.\n\nIf this is not for you, reply \"unsubscribe me\" or STOP and I will not write again.",
            "Thursday works.",
        );
        check(
            "You write \"unsubscribe me\u{201d} - fine, but call me.\nYou write \"reply 'unsubscribe me' or STOP and I will not write again\" - love it. Tuesday?",
            "You write \"unsubscribe me\u{201d} - fine, but call me.\nYou write \" - love it. Tuesday?",
        );
        let own = OwnWords::new(["Shall I unsubscribe you?\nCasey"]);
        assert_eq!(
            own.subtract("No, call me on Tuesday please.\n\nShall I unsubscribe you?")
                .unwrap()
                .text
                .trim(),
            "No, call me on Tuesday please."
        );
    }

    #[test]
    fn an_answer_in_our_words_stays_theirs() {
        for text in [
            "unsubscribe me",
            "Unsubscribe me.\nAnn",
            "STOP",
            "Does Thursday suit you?",
            "Please do not write again.",
            "reply unsubscribe me or STOP",
        ] {
            check(text, text);
        }
        // The words above the copy are theirs even where the copy has them too.
        let own = OwnWords::new([
            "Pick one:\nYes, call me\nNot now\nPlease stop writing\n\nOne word is enough and I will do as you say, promised.",
        ]);
        let text = "Please stop writing\n\nPick one:\nYes, call me\nNot now\nPlease stop writing\n\nOne word is enough and I will do as you say, promised.";
        assert_eq!(
            own.subtract(text).unwrap().text.trim(),
            "Please stop writing"
        );
        assert_eq!(OwnWords::new([""]).subtract("Hello there, Casey"), None);
    }

    proptest! {
        #[test]
        fn nothing_is_invented(text in "(please |stop |does thursday suit you\\?|hi ann,|\\n|「|」|日本|\"|é|https://x |casey ){0,60}") {
            let own = OwnWords::new([OURS, "please stop stop stop please"]);
            if let Some(got) = own.subtract(&text) {
                for line in got.text.lines() {
                    for word in line.split_whitespace() {
                        prop_assert!(text.contains(word));
                    }
                }
            }
        }
    }
}
