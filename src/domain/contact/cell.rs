//! What a cell of a file holds: its clean text, or a mark for nothing.

use super::address;
use crate::domain::text::clean_line;

/// Characters of a web address that are kept.
pub const MAX_URL: usize = 1_000;

/// Returns `text` cleaned to one line of at most `max_chars` characters, or None if nothing is left.
#[must_use]
pub fn clean(text: &str, max_chars: usize) -> Option<String> {
    let trimmed = text.trim_ascii();
    let trimmed = if trimmed.is_ascii() {
        trimmed
    } else {
        address::trim_invisible(trimmed)
    };
    if trimmed.is_empty() {
        return None;
    }
    if is_clean_ascii(trimmed, max_chars) {
        return Some(trimmed.to_owned());
    }
    let cleaned = clean_line(trimmed, max_chars);
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Tells whether `clean_line` would return `text` itself; says no to all that is not plain ASCII.
pub(super) fn is_clean_ascii(text: &str, max_chars: usize) -> bool {
    let mut previous = b' ';
    text.len() <= max_chars
        && text.bytes().all(|b| {
            let fine = matches!(b, b' '..=b'~') && !(b == b' ' && previous == b' ');
            previous = b;
            fine
        })
        && previous != b' '
}

/// Tells whether a cell says in so many words that there is nothing in it.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    is_empty_mark(text) || is_empty_word(text)
}

/// Tells whether a cell holds a mark for nothing that is no word: nobody is called so.
pub(super) fn is_empty_mark(text: &str) -> bool {
    if text.len() > 14 {
        return false;
    }
    matches!(
        text,
        "-" | "--" | "---" | "—" | "–" | "." | ".." | "..." | "…" | "?" | "??" | "???" | "/" | "_"
    ) || [
        "n/a",
        "#n/a",
        "n.a.",
        "n.a",
        "n/d",
        "n.d.",
        "(null)",
        "(none)",
        "(empty)",
        "(blank)",
        "(unknown)",
        "(not set)",
        "[null]",
        "[none]",
        "<null>",
        "<none>",
        "<empty>",
        "\\n",
        "#ref!",
        "#name?",
        "#value!",
        "#null!",
        "#div/0!",
        "#num!",
        "#error!",
        "#spill!",
        "#calc!",
        "#getting_data",
        "null null",
        "none none",
        "nan nan",
        "nil nil",
        "undefined undefined",
        "[object object]",
    ]
    .iter()
    .any(|p| text.eq_ignore_ascii_case(p))
}

/// Tells whether a cell holds a program's or a person's word for nothing. A few people are called so.
fn is_empty_word(text: &str) -> bool {
    (2..=14).contains(&text.len())
        && [
            "null",
            "none",
            "nil",
            "nan",
            "undefined",
            "unknown",
            "tbd",
            "tba",
            "tbc",
            "not set",
            "notset",
            "not available",
            "not provided",
            "no name",
            "noname",
            "unbekannt",
            "inconnu",
            "desconocido",
            "sconosciuto",
            "onbekend",
        ]
        .iter()
        .any(|p| text.eq_ignore_ascii_case(p))
}
