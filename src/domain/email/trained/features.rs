//! Features of a reply: hashes of words, parts of words and meanings, and of what the reply answers.
//!
//! `training/features.py` computes the same for the training, and `training/vectors.json` holds both to one answer: whoever changes one
//! changes both and trains anew. Everything here is bounded, as the text comes from outside.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The languages that the model knows, by their position in it.
pub const LANGUAGES: [&str; 21] = [
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro", "el",
    "ru", "tr", "ja", "zh", "ko",
];

const MAX_CHARS: usize = 6000;
const MAX_SENTENCES: usize = 40;
const MAX_TOKENS: usize = 400;

/// A group of features. Its features share its weight evenly, so a long text has no louder voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Words in order.
    Words,
    /// Words in order, of one language.
    OfLanguage,
    /// Parts of words, which spelling mistakes leave whole.
    Parts,
    /// Words of the first and the last sentence.
    Ends,
    /// Meanings in order.
    Meanings,
    /// What it answers, crossed with a yes or a no.
    Answers,
    /// Measures of the whole text.
    Measures,
}

/// Every group with the letter that its hashes begin with and its weight.
pub const GROUPS: [(Group, &str, f64); 7] = [
    (Group::Words, "w", 1.0),
    (Group::OfLanguage, "l", 0.5),
    (Group::Parts, "c", 1.5),
    (Group::Ends, "h", 0.6),
    (Group::Meanings, "k", 1.2),
    (Group::Answers, "x", 1.0),
    (Group::Measures, "m", 0.6),
];

/// CRC-32 of the parts, one behind the other: the hash that Python has built in.
fn crc<'p>(parts: impl IntoIterator<Item = &'p &'p str>) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize()
}

/// The hashes of a text, by group, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hashes {
    groups: [Vec<u32>; 7],
}

impl Hashes {
    fn add(&mut self, group: Group, parts: &[&str]) {
        let at = group as usize;
        let letter = GROUPS.get(at).map_or("", |(_, letter, _)| letter);
        if let Some(list) = self.groups.get_mut(at) {
            list.push(crc(std::iter::once(&letter).chain(parts)));
        }
    }

    fn finish(mut self) -> Self {
        for list in &mut self.groups {
            list.sort_unstable();
            list.dedup();
        }
        self
    }

    /// Every group's hashes with the value that each of them has.
    pub fn values(&self) -> impl Iterator<Item = (&[u32], f64)> {
        self.groups
            .iter()
            .zip(GROUPS)
            .filter(|(list, _)| !list.is_empty())
            .map(|(list, (_, _, weight))| (list.as_slice(), weight / (list.len() as f64).sqrt()))
    }

    /// Number and sum of a group's hashes, for the comparison with the training.
    #[cfg(test)]
    pub fn sum(&self, at: usize) -> (usize, u32) {
        self.groups.get(at).map_or((0, 0), |list| {
            (
                list.len(),
                list.iter().fold(0, |sum, h| h.wrapping_add(sum)),
            )
        })
    }
}

/// Returns `text` in lower case, without accents, with wide letters made narrow. Kept apart from `words::fold`, as the training computes exactly this.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'ß' => out.push_str("ss"),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ς' => out.push('σ'),
            '`' | '´' | 'ʼ' | '‘' | '’' | '‛' => out.push('\''),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Parts words.
    Gap,
    /// Stands in a word.
    Letter,
    /// Is a word by itself: kana, ideographs, symbols.
    Alone,
}

fn kind(c: char) -> Kind {
    match c as u32 {
        0..0x80 if c.is_ascii_alphanumeric() => Kind::Letter,
        0..0xC0
        | 0xD7
        | 0xF7
        | 0x1F3FB..=0x1F3FF
        | 0x2000..0x2600
        | 0x3000..0x3040
        | 0xFE00..0xFE70 => Kind::Gap,
        0x2600..0x2C00 | 0x1F000.. | 0x3040..0x3100 | 0x3400..0xA000 | 0xF900..0xFB00 => {
            Kind::Alone
        }
        _ => Kind::Letter,
    }
}

/// Closes up letters that stand apart, three or more of them: "s t o p", "S-T-O-P".
fn closed_up(folded: &str) -> String {
    let chars: Vec<char> = folded.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let is_letter = |i: usize| at(i).is_some_and(|c| kind(c) == Kind::Letter);
    let single =
        |i: usize| is_letter(i) && at(i).is_some_and(|c| !c.is_ascii_digit()) && !is_letter(i + 1);
    let mut out = String::with_capacity(folded.len());
    let mut i = 0;
    while let Some(c) = at(i) {
        out.push(c);
        if single(i) && i.checked_sub(1).is_none_or(|before| !is_letter(before)) {
            let mut end = i;
            while at(end + 1).is_some_and(|c| matches!(c, ' ' | '-' | '.')) && single(end + 2) {
                end += 2;
            }
            if end - i >= 4 {
                out.extend((i + 2..=end).step_by(2).filter_map(at));
                i = end;
            }
        }
        i += 1;
    }
    out
}

/// A sentence's words, and whether it asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sentence<'t> {
    /// The words in order.
    words: Vec<&'t str>,
    /// True if a question mark ends it.
    asks: bool,
}

/// Returns the sentences of a folded text. `marks` part sentences too.
fn sentences<'t>(folded: &'t str, marks: &str) -> Vec<Sentence<'t>> {
    let mut out: Vec<Sentence<'t>> = Vec::new();
    let mut now = Sentence::default();
    let mut start: Option<usize> = None;
    let mut count = 0;
    let mut chars = folded.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if count > MAX_TOKENS {
            break;
        }
        let next = chars.peek().map(|(_, n)| *n);
        let kind_of = kind(c);
        if kind_of == Kind::Letter
            || matches!(c, '\'' | '-')
                && start.is_some()
                && next.is_some_and(|n| kind(n) == Kind::Letter)
        {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            now.words.push(folded.get(from..at).unwrap_or_default());
            count += 1;
        }
        if kind_of == Kind::Alone {
            now.words
                .push(folded.get(at..at + c.len_utf8()).unwrap_or_default());
            count += 1;
        } else if matches!(c, '.' | '!' | '?' | ';' | '\n' | '。') || marks.contains(c) {
            if c == '.' && next.is_some_and(|n| !matches!(n, ' ' | '\t' | '\n')) {
                continue;
            }
            if !now.words.is_empty() {
                now.asks = c == '?';
                out.push(std::mem::take(&mut now));
            } else if c == '?'
                && let Some(last) = out.last_mut()
            {
                last.asks = true;
            }
        }
    }
    if let Some(from) = start {
        now.words.push(folded.get(from..).unwrap_or_default());
    }
    if !now.words.is_empty() {
        out.push(now);
    }
    out.truncate(MAX_SENTENCES);
    out
}

static FROM_FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "from",
        "von",
        "de",
        "da",
        "van",
        "från",
        "fra",
        "od",
        "lähettäjä",
        "feladó",
        "kimden",
        "gönderen",
        "от",
        "发件人",
        "寄件者",
        "差出人",
        "送信者",
        "送信元",
        "보낸사람",
        "보낸 사람",
        "από",
        "odesílatel",
        "expeditor",
        "expéditeur",
        "mittente",
        "remitente",
        "avsändare",
        "afsender",
        "nadawca",
    ]
    .map(fold)
    .to_vec()
});

const SPACE: [char; 3] = [' ', '\t', '\u{a0}'];

/// Tells whether a line is one such as "On 2 May 2026 at 10:31, Ann <ann@acme.example> wrote:".
fn is_attribution(line: &str) -> bool {
    let line = line.trim_end_matches(['*', '_', ' ']);
    if !line.ends_with([':', '：']) || line.chars().count() > 200 {
        return false;
    }
    if line.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return false;
    }
    line.contains(['@', '<'])
        || line.contains("20")
        || line.as_bytes().windows(3).any(|three| match three {
            [a, b, c] => a.is_ascii_digit() && matches!(b, b':' | b'.') && c.is_ascii_digit(),
            _ => false,
        })
}

const DEVICES: [&str; 12] = [
    "iphone",
    "ipad",
    "android",
    "samsung",
    "galaxy",
    "outlook",
    "smartphone",
    "huawei",
    "xiaomi",
    "blackberry",
    "yahoo",
    "gmx",
];

/// Tells whether a line is one such as "Sent from my iPhone", the last of its paragraph.
fn is_device_line(line: &str, next: &str) -> bool {
    line.chars().count() < 80
        && !line.contains('@')
        && (next.is_empty() || line.starts_with("Sent from") || line.starts_with("Get "))
        && {
            let folded = fold(line);
            DEVICES.iter().any(|device| folded.contains(device))
        }
}

/// Returns the folded name of a header field such as "From: ann".
fn field_name(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['*', ' ']);
    let end = line.find([':', '：'])?;
    let name = line.get(..end)?;
    (name.chars().count() <= 24).then(|| fold(name.trim_matches(['*', ' ', '\t', '\u{a0}'])))
}

/// Returns the writer's own lines, where what is left of a quote still stands among them.
pub fn own(text: &str, asked: &str) -> String {
    let end = text
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or_default().replace('\r', "");
    let lines: Vec<&str> = text.split('\n').map(|l| l.trim_matches(SPACE)).collect();
    let ours = fold(asked);
    let ours = Some(ours).filter(|o| o.chars().count() >= 12);
    let mut out: Vec<&str> = Vec::new();
    let mut some = false;
    for (n, line) in lines.iter().enumerate() {
        if line.starts_with('>') {
            continue;
        }
        let behind = lines.get(n + 1..).unwrap_or_default();
        if some {
            if ["-----", "_____", "====="]
                .iter()
                .any(|m| line.starts_with(m))
            {
                break;
            }
            if field_name(line).is_some_and(|name| FROM_FIELDS.contains(&name))
                && behind
                    .iter()
                    .take(5)
                    .filter(|l| !l.is_empty())
                    .take(4)
                    .filter(|l| field_name(l).is_some())
                    .count()
                    >= 2
            {
                break;
            }
        }
        if behind.iter().take(3).any(|l| !l.is_empty())
            && (is_attribution(line)
                || !line.is_empty()
                    && behind
                        .first()
                        .is_some_and(|next| is_attribution(&format!("{line} {next}"))))
        {
            break;
        }
        if some && ours.as_ref().is_some_and(|ours| fold(line).contains(ours)) {
            continue;
        }
        if some && is_device_line(line, behind.first().copied().unwrap_or_default()) {
            continue;
        }
        some = some || !line.is_empty();
        out.push(line);
    }
    out.join("\n")
}

/// The words of one language by their meaning.
#[derive(Default)]
struct Meanings {
    whole: HashMap<String, Vec<&'static str>>,
    parts: Vec<(String, &'static str)>,
}

static MEANINGS: LazyLock<HashMap<&'static str, Meanings>> = LazyLock::new(|| {
    let mut out: HashMap<&'static str, Meanings> = HashMap::new();
    let mut lang = "";
    for line in include_str!("../../../../assets/wish/concepts.txt").lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            lang = name;
            continue;
        }
        let Some((name, words)) = line.split_once(':') else {
            continue;
        };
        let table = out.entry(lang).or_default();
        for word in words.split_whitespace() {
            if word.ends_with('~') || is_unspaced(lang) || lang == "ko" {
                table.parts.push((fold(word.trim_end_matches('~')), name));
            } else {
                let found = table.whole.entry(fold(word)).or_default();
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
    }
    out
});

const SYMBOLS: [(&str, &str); 11] = [
    ("👍", "yes"),
    ("✅", "yes"),
    ("👌", "yes"),
    ("👎", "no"),
    ("🛑", "stop"),
    ("🚫", "stop"),
    ("❌", "no"),
    ("✋", "stop"),
    ("⛔", "stop"),
    ("🙅", "no"),
    ("🙏", "please"),
];

fn is_unspaced(lang: &str) -> bool {
    matches!(lang, "ja" | "zh")
}

type Names = Vec<&'static str>;

fn of_word(table: &Meanings, word: &str) -> Names {
    let mut found = table.whole.get(word).cloned().unwrap_or_default();
    for (start, name) in &table.parts {
        if word.starts_with(start.as_str()) && !found.contains(name) {
            found.push(name);
        }
    }
    if found.is_empty() && word.contains('-') {
        for part in word.split('-') {
            for name in of_word(table, part) {
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
    }
    if found.is_empty() {
        found.extend(
            SYMBOLS
                .iter()
                .filter(|(s, _)| *s == word)
                .map(|(_, name)| *name),
        );
    }
    found
}

/// Returns the meanings of a sentence in order, a list for each place that has some.
fn meanings(lang: &str, words: &[&str]) -> Vec<Names> {
    let Some(table) = MEANINGS.get(lang) else {
        return Vec::new();
    };
    if !is_unspaced(lang) && lang != "ko" {
        return words
            .iter()
            .map(|word| of_word(table, word))
            .filter(|names| !names.is_empty())
            .collect();
    }
    let joined = words.join(if lang == "ko" { " " } else { "" });
    let mut hits: Vec<(usize, usize, &'static str)> = Vec::new();
    for (n, (part, name)) in table.parts.iter().enumerate() {
        let mut from = 0;
        while let Some(at) = joined.get(from..).and_then(|rest| rest.find(part.as_str())) {
            hits.push((from + at, n, name));
            let step = part.chars().next().map_or(1, char::len_utf8);
            from += at + step;
        }
    }
    for (symbol, name) in SYMBOLS {
        hits.extend(joined.find(symbol).map(|at| (at, 9999, name)));
    }
    hits.sort_unstable();
    let mut out: Vec<Names> = Vec::new();
    let mut last = None;
    for (at, _, name) in hits {
        if last != Some(at) {
            out.push(Vec::new());
            last = Some(at);
        }
        if let Some(names) = out.last_mut().filter(|names| !names.contains(&name)) {
            names.push(name);
        }
    }
    out
}

/// Returns every name of the sentence once, sorted.
fn names_of(found: &[Names]) -> Names {
    let mut names: Names = found.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Calls `each` for the runs of `low..=high` characters of `_word_`.
fn grams(word: &str, low: usize, high: usize, mut each: impl FnMut(&str)) {
    let text = format!("_{word}_");
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    ends.push(text.len());
    for size in low..=high {
        for window in ends.windows(size + 1) {
            if let (Some(from), Some(to)) = (window.first(), window.last()) {
                each(text.get(*from..*to).unwrap_or_default());
            }
        }
    }
}

/// Returns `p` for a yes, `n` for a no, `b` for both in one word and `o` for neither, by what comes first in the first sentence.
fn polarity(lang: &str, first: &[&str]) -> &'static str {
    let limit = if is_unspaced(lang) { 14 } else { 8 };
    let first = first.get(..limit.min(first.len())).unwrap_or_default();
    for names in meanings(lang, first) {
        match (
            names.contains(&"yes"),
            names.contains(&"no") || names.contains(&"not"),
        ) {
            (true, true) => return "b",
            (true, false) => return "p",
            (false, true) => return "n",
            (false, false) => {}
        }
    }
    "o"
}

/// Tells whether a text is a bare yes or no, in whatever language: "ja", "tak" and "si" mean something only where something was asked.
pub fn is_bare_answer(text: &str) -> bool {
    let folded = fold(text);
    let said = sentences(&folded, "");
    let words: Vec<&str> = said.iter().flat_map(|s| s.words.iter().copied()).collect();
    let plain = |names: &Names| {
        names
            .iter()
            .any(|name| matches!(*name, "yes" | "no" | "please" | "thanks"))
    };
    (1..=3).contains(&words.len())
        && words.iter().all(|word| {
            SYMBOLS
                .iter()
                .any(|(symbol, name)| symbol == word && *name == "yes")
                || MEANINGS
                    .values()
                    .any(|table| table.whole.get(*word).is_some_and(plain))
        })
}

/// Marks that open a quotation, with those that end it.
const QUOTES: &[(char, &str)] = &[
    ('"', "\""),
    ('“', "”"),
    ('„', "“”"),
    ('«', "»"),
    ('「', "」"),
    ('『', "』"),
];

/// Returns what a mail tells to answer with, folded: words in capitals, numbers of one digit, and what stands in quotes.
pub fn told(asked: &str) -> Vec<String> {
    let is_cased = |c: char| c.is_uppercase() || c.is_lowercase() || c.is_ascii_digit();
    let loud = asked.split(|c: char| !is_cased(c)).filter(|word| {
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => only.is_ascii_digit(),
            (Some(_), Some(_)) => word.chars().all(char::is_uppercase),
            (None, _) => false,
        }
    });
    let mut out: Vec<String> = loud.map(fold).collect();
    let mut rest = asked;
    while let Some((at, (_, ends))) = rest.char_indices().find_map(|(at, c)| {
        let quote = QUOTES.iter().find(|(open, _)| *open == c)?;
        Some((at + c.len_utf8(), quote))
    }) {
        rest = rest.get(at..).unwrap_or_default();
        let end = rest
            .char_indices()
            .take(40)
            .find(|(_, c)| ends.contains(*c));
        if let Some((end, mark)) = end {
            out.push(fold(rest.get(..end).unwrap_or_default()));
            rest = rest.get(end + mark.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// Tells whether a sentence holds the words of `told`, one behind the other.
fn repeats(words: &[&str], told: &str) -> bool {
    match sentences(told, "").as_slice() {
        [one] if one.words.len() <= 4 => words
            .windows(one.words.len().max(1))
            .any(|part| part == one.words.as_slice()),
        _ => false,
    }
}

/// Returns the tail of `asked` that is looked at.
fn tail(asked: &str) -> &str {
    let from = asked.char_indices().rev().nth(399).map_or(0, |(at, _)| at);
    asked.get(from..).unwrap_or_default()
}

/// Returns the hashes of a text (its writer's own lines, see [`own`]) in `lang` that answers `asked`.
pub fn hashes(lang: &str, asked: &str, own: &str) -> Hashes {
    let mut out = Hashes::default();
    let folded = closed_up(&fold(own));
    let said = sentences(&folded, "");
    let count: usize = said.iter().map(|s| s.words.len()).sum();
    for (n, sentence) in said.iter().enumerate() {
        let mark = if sentence.asks { "?" } else { "" };
        words_of(&mut out, lang, sentence, mark);
        if n == 0 || n + 1 == said.len() {
            let place = if n == 0 { "1" } else { "0" };
            for (i, word) in sentence.words.iter().enumerate() {
                out.add(Group::Ends, &[place, word]);
                if let Some(next) = sentence.words.get(i + 1) {
                    out.add(Group::Ends, &[place, word, " ", next]);
                }
            }
        }
        parts_of(&mut out, lang, sentence);
        meanings_of(&mut out, lang, sentence, mark, n == 0);
    }
    let first = said.first().map_or(&[][..], |s| s.words.as_slice());
    let yes = polarity(lang, first);
    let size = [0, 2, 5, 10, 25, 60]
        .iter()
        .position(|top| count <= *top)
        .unwrap_or(6);
    let tag = match first.len() {
        0..=3 => "s",
        4..=8 => "m",
        _ => "l",
    };
    let short = first.len() <= 8 && size <= 5;
    let told = told(tail(asked));
    let asked = fold(tail(asked));
    let question = sentences(&asked, "");
    let question = question
        .get(question.len().saturating_sub(3)..)
        .unwrap_or_default();
    let number = |n: usize| {
        ["0", "1", "2", "3", "4", "5", "6"]
            .get(n)
            .copied()
            .unwrap_or("6")
    };
    let asks = said.iter().filter(|s| s.asks).count().min(3);
    let loud = own.matches('!').count().min(3);
    let lines = own.matches('\n').count().min(5);
    for parts in [
        ["bias", "", ""],
        ["size", number(size), ""],
        ["yes", yes, ""],
        ["tag", yes, tag],
        ["asked", number(usize::from(!question.is_empty())), ""],
        ["lang", lang, ""],
        ["asks", number(asks), ""],
        ["loud", number(loud), ""],
        ["lines", number(lines), ""],
    ] {
        out.add(Group::Measures, &parts);
    }
    for sentence in question {
        answers_of(&mut out, lang, &sentence.words, yes, tag, short);
    }
    if told.iter().any(|told| repeats(first, told)) {
        let asks = said.first().is_some_and(|s| s.asks);
        out.add(Group::Answers, &["told"]);
        out.add(Group::Answers, &["told", if asks { "?" } else { "." }]);
        out.add(Group::Answers, &["told", yes, tag]);
    }
    if (1..=3).contains(&count) {
        echoes_of(&mut out, lang, &asked, &said);
    }
    out.finish()
}

fn words_of(out: &mut Hashes, lang: &str, sentence: &Sentence<'_>, mark: &str) {
    let end = if mark.is_empty() { "$" } else { "$?" };
    let line: Vec<&str> = std::iter::once("^")
        .chain(sentence.words.iter().copied())
        .chain(std::iter::once(end))
        .collect();
    for (i, word) in line.iter().enumerate() {
        if i > 0 && i + 1 < line.len() {
            out.add(Group::Words, &[word]);
            out.add(Group::OfLanguage, &[lang, word]);
        }
        let Some(second) = line.get(i + 1) else {
            continue;
        };
        out.add(Group::Words, &[word, " ", second]);
        out.add(Group::OfLanguage, &[lang, word, " ", second]);
        let Some(third) = line.get(i + 2) else {
            continue;
        };
        out.add(Group::Words, &[word, " ", second, " ", third]);
        out.add(Group::Words, &[word, " * ", third]);
        if let Some(fourth) = line.get(i + 3) {
            out.add(Group::Words, &[word, " ** ", fourth]);
        }
    }
}

fn parts_of(out: &mut Hashes, lang: &str, sentence: &Sentence<'_>) {
    if is_unspaced(lang) {
        grams(&sentence.words.concat(), 2, 5, |gram| {
            out.add(Group::Parts, &[gram])
        });
        return;
    }
    let high = if lang == "ko" { 6 } else { 5 };
    for word in &sentence.words {
        grams(word, 3, high, |gram| out.add(Group::Parts, &[gram]));
    }
}

fn meanings_of(out: &mut Hashes, lang: &str, sentence: &Sentence<'_>, mark: &str, first: bool) {
    let found = meanings(lang, &sentence.words);
    for (i, names) in found.iter().enumerate() {
        for a in names {
            out.add(Group::Meanings, &[a, mark]);
            for d in 1..=3 {
                for b in found.get(i + d).into_iter().flatten() {
                    out.add(Group::Meanings, &[a, ">", b, mark]);
                    if d == 1 {
                        for c in found.get(i + 2).into_iter().flatten() {
                            out.add(Group::Meanings, &[a, ">", b, ">", c, mark]);
                        }
                    }
                }
            }
        }
    }
    let names = names_of(&found);
    for (i, a) in names.iter().enumerate() {
        for b in names.iter().skip(i + 1) {
            out.add(Group::Meanings, &[a, "&", b, mark]);
        }
        if first {
            out.add(Group::Meanings, &["1", a]);
        }
    }
}

fn answers_of(out: &mut Hashes, lang: &str, words: &[&str], yes: &str, tag: &str, short: bool) {
    let found = meanings(lang, words);
    for (i, names) in found.iter().enumerate() {
        for a in names {
            out.add(Group::Answers, &[yes, tag, "~", a]);
            out.add(Group::Answers, &[yes, "~", a]);
            for d in 1..=2 {
                for b in found.get(i + d).into_iter().flatten() {
                    out.add(Group::Answers, &[yes, "~", a, ">", b]);
                }
            }
        }
    }
    let names = names_of(&found);
    for (i, a) in names.iter().enumerate() {
        for b in names.iter().skip(i + 1) {
            out.add(Group::Answers, &[yes, "~", a, "&", b]);
        }
    }
    for (i, word) in words.iter().enumerate() {
        out.add(Group::Answers, &[yes, "~w", word]);
        if short {
            out.add(Group::Answers, &[yes, tag, "~w", word]);
        }
        if let Some(next) = words.get(i + 1) {
            out.add(Group::Answers, &[yes, "~w", word, " ", next]);
        }
    }
    if is_unspaced(lang) {
        grams(&words.concat(), 2, 3, |gram| {
            out.add(Group::Answers, &[yes, "~c", gram])
        });
    } else if short {
        for word in words {
            grams(word, 4, 5, |gram| {
                out.add(Group::Answers, &[yes, "~c", gram])
            });
        }
    }
}

/// Adds what is said of the word that the answer repeats: "Reply 3 to be left in peace".
fn echoes_of(out: &mut Hashes, lang: &str, asked: &str, said: &[Sentence<'_>]) {
    let clauses = sentences(asked, ",:");
    for clause in clauses
        .get(clauses.len().saturating_sub(6)..)
        .unwrap_or_default()
    {
        let repeated = said
            .iter()
            .flat_map(|s| &s.words)
            .any(|word| clause.words.contains(word));
        if !repeated {
            continue;
        }
        for word in &clause.words {
            out.add(Group::Answers, &["e", word]);
        }
        for name in meanings(lang, &clause.words).iter().flatten() {
            out.add(Group::Answers, &["e~", name]);
        }
    }
}

/// Number of bits of a bucket by which a language is told.
pub const LANGUAGE_BITS: u32 = 13;

/// Returns the buckets by which a language is told, with repetitions.
pub fn language_grams(text: &str) -> Vec<usize> {
    let end = text
        .char_indices()
        .nth(1000)
        .map_or(text.len(), |(at, _)| at);
    let folded = fold(text.get(..end).unwrap_or_default());
    let mask = (1_u32 << LANGUAGE_BITS) - 1;
    let mut out = Vec::new();
    for word in sentences(&folded, "").iter().flat_map(|s| &s.words) {
        out.push((crc(&["=", word]) & mask) as usize);
        grams(word, 1, 4, |gram| out.push((crc(&[gram]) & mask) as usize));
    }
    out
}
