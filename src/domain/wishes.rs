//! Wishes in data: the one place that knows how tools and people spell "write no more", as the name of a column or a key, as the value
//! beside it, and as a phrase in free text. Imports, the facts of signals and the reasons of skips all ask it.
//!
//! Every tool names the column and the states its own way, so neither side is a list of whole lines: a name is understood by the stems
//! that it is made of, a value by its words, and the two decide together. What may be a wish and is none for certain is [`Wish::Unclear`],
//! which callers must name to the operator.

mod name;
mod phrases;
mod value;
mod vocabulary;

pub use name::{Name, Subject, Topic};
pub use phrases::{says_do_not_contact, suggests};
pub use value::{
    Wish, answer, ended, is_bounce_kind, is_complaint, is_hard, is_hard_bounce_flag, is_hard_flag,
    is_mail_part, is_no, is_wish, tells_hard_bounce, wish_of,
};

use crate::domain::contact::name::fold;

/// Bytes of a text that are folded.
const MAX_FOLDED: usize = 400;

/// Tells whether one of the stems stands within a key.
pub(super) fn holds(stems: &str, key: &str) -> bool {
    stems
        .split_ascii_whitespace()
        .any(|stem| key.contains(stem))
}

/// Tells whether a key is one of the words.
pub(super) fn is_one(words: &str, key: &str) -> bool {
    words.split_ascii_whitespace().any(|word| word == key)
}

/// Returns the letters and digits of a text in lower case without accents.
#[must_use]
pub fn key_of(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_FOLDED);
    let mut key = fold(text.get(..end).unwrap_or(text));
    key.retain(|c| c != ' ');
    key
}

#[cfg(test)]
mod tests;
