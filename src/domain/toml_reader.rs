//! Reading files of rules: TOML by its spans, so that every mistake is named with its line and none hides another.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest;
use super::rule::RuleError;
use super::text::clean_line;

/// Bounds on a file that a person writes; they keep a wrong file from taking memory or time.
const MAX_FILE_BYTES: usize = 1024 * 1024;
const MAX_WORD_CHARS: usize = 200;
const MAX_ERRORS: usize = 100;
/// The most entries of a list.
pub const MAX_LIST: usize = 200;

/// A value with its place.
pub type Node<'a, 'i> = &'a Spanned<DeValue<'i>>;

/// Reads a file: gives its root to `take`, and returns what that made of it if there was no mistake.
///
/// # Errors
/// Every mistake, by its line.
pub fn read<T>(
    text: &str,
    file: &str,
    take: impl FnOnce(&mut TomlReader<'_>, &DeTable<'_>) -> T,
) -> Result<T, Vec<RuleError>> {
    let mut reader = TomlReader {
        text,
        file,
        errors: Vec::new(),
    };
    if text.len() > MAX_FILE_BYTES {
        reader.wrong(0..0, "the file is larger than 1 MB");
        return Err(reader.errors);
    }
    let (root, mistakes) = DeTable::parse_recoverable(text);
    for mistake in &mistakes {
        let message = clean_line(mistake.message(), 300);
        reader.wrong(mistake.span().unwrap_or(0..0), &message);
    }
    // What a file with broken syntax seems to say is guesswork: a second complaint about it would mislead.
    let taken = if mistakes.is_empty() {
        Some(take(&mut reader, root.get_ref()))
    } else {
        None
    };
    reader.errors.sort_by_key(|e| (e.line, e.column));
    reader.errors.dedup();
    match taken {
        Some(taken) if reader.errors.is_empty() => Ok(taken),
        _ => Err(reader.errors),
    }
}

/// A reader that notes mistakes and goes on.
pub struct TomlReader<'a> {
    text: &'a str,
    file: &'a str,
    errors: Vec<RuleError>,
}

impl TomlReader<'_> {
    /// Notes a mistake.
    pub fn wrong(&mut self, span: Range<usize>, message: &str) {
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        let (line, column) = self.place(span.start);
        self.errors.push(RuleError {
            file: self.file.to_owned(),
            line,
            column,
            message: message.to_owned(),
        });
    }

    /// Notes a mistake so many lines below where a text of possibly several lines begins.
    pub fn wrong_below(&mut self, span: Range<usize>, lines: usize, message: &str) {
        let text = self.text.get(span.clone()).unwrap_or("");
        // A line break right after three quotes belongs to the quotes.
        let opens = ["\"\"\"", "'''"].iter().any(|quotes| {
            text.strip_prefix(quotes)
                .is_some_and(|rest| rest.starts_with(['\n', '\r']))
        });
        let below = text
            .match_indices('\n')
            .nth((lines + usize::from(opens)).wrapping_sub(1))
            .map_or(0, |(at, _)| at + 1);
        self.wrong(span.start + below..span.end, message);
    }

    /// Returns line and column, from 1, of a byte offset.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = self.text.get(..offset).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let column = before.get(line_start..).map_or(0, |l| l.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }

    /// Complains about keys that a table cannot have.
    pub fn unknown_keys(
        &mut self,
        table: &DeTable<'_>,
        known: &'static [&'static str],
        place: &str,
    ) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let shown = clean_line(key.get_ref(), 60);
                let hint = match nearest(key.get_ref(), known.iter().copied()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("one of: {}.", known.join(", ")),
                };
                self.wrong(
                    key.span(),
                    &format!("unknown key \"{shown}\" in {place}; {hint}"),
                );
            }
        }
    }

    /// Reads a list of short texts.
    pub fn words(&mut self, node: Node<'_, '_>, key: &str) -> Vec<String> {
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(node.span(), &format!("{key} must be a list of texts"));
            return Vec::new();
        };
        if items.is_empty() {
            self.wrong(node.span(), &format!("{key} is empty; leave it out"));
        }
        if items.len() > MAX_LIST {
            self.wrong(
                node.span(),
                &format!("{key} has more than {MAX_LIST} entries"),
            );
        }
        items
            .iter()
            .take(MAX_LIST)
            .filter_map(|item| self.word(item, key))
            .collect()
    }

    /// Reads a short text.
    pub fn word(&mut self, node: Node<'_, '_>, key: &str) -> Option<String> {
        self.text(node, key, MAX_WORD_CHARS)
    }

    /// Reads a text of at most `most` characters.
    pub fn text(&mut self, node: Node<'_, '_>, key: &str, most: usize) -> Option<String> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong(
                node.span(),
                &format!(
                    "{key} must be a text in quotes, not {}",
                    article(node.get_ref())
                ),
            );
            return None;
        };
        if text.trim().is_empty() {
            self.wrong(node.span(), &format!("{key} is empty"));
            return None;
        }
        if text.chars().count() > most {
            self.wrong(
                node.span(),
                &format!("{key} is longer than {most} characters"),
            );
            return None;
        }
        Some(text.trim().to_owned())
    }

    /// Reads a word of a closed list.
    pub fn known<T>(&mut self, node: Node<'_, '_>, key: &str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let word = self.word(node, key)?;
        word.parse()
            .map_err(|error: T::Err| self.wrong(node.span(), &error.to_string()))
            .ok()
    }

    /// Reads true or false.
    pub fn flag(&mut self, node: Node<'_, '_>, key: &str) -> Option<bool> {
        let flag = node.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(
                node.span(),
                &format!(
                    "{key} must be true or false, not {}",
                    article(node.get_ref())
                ),
            );
        }
        flag
    }

    /// Reads a number within bounds.
    pub fn number(&mut self, node: Node<'_, '_>, key: &str, least: f64, most: f64) -> Option<f64> {
        let digits = match node.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str(),
            DeValue::Float(n) => n.as_str(),
            other => {
                let message = format!("{key} must be a number, not {}", article(other));
                self.wrong(node.span(), &message);
                return None;
            }
        };
        let value = digits.replace('_', "").parse::<f64>().ok();
        match value.filter(|v| (least..=most).contains(v)) {
            Some(value) => Some(value),
            None => {
                let message = format!(
                    "{key} must be between {least} and {most}; it is {}",
                    clean_line(digits, 40)
                );
                self.wrong(node.span(), &message);
                None
            }
        }
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
