//! The one macro behind every closed list of words that is stored, printed and typed.

/// Declares an enum whose variants each have one fixed word, used alike in rows, JSON, config files and on the command line.
macro_rules! words {
    (
        $(#[$doc:meta])*
        $vis:vis enum $name:ident ($what:literal) {
            $( $(#[$vdoc:meta])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $( $(#[$vdoc])* #[serde(rename = $word)] $variant, )*
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the variant's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::domain::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(crate::domain::words::UnknownWord::new($what, text, &[$($word,)*])),
                }
            }
        }
    };
}
pub(crate) use words;

/// Returns a token of rows and JSON in words: `hubspot.deal_stage_changed` as "deal stage changed".
#[must_use]
pub fn spoken(token: &str) -> String {
    let own = token.rsplit('.').next().unwrap_or(token);
    own.replace('_', " ")
}

/// Returns a count with its noun: "1 line", "2 lines".
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A word that is not on its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not {what}{}", hint(.suggestion.as_deref(), .known))]
pub struct UnknownWord {
    /// The list's noun, with its article: "an outcome".
    pub what: &'static str,
    /// The text given, cleaned and shortened.
    pub word: String,
    /// The nearest known word, if one is near.
    pub suggestion: Option<String>,
    /// All known words.
    pub known: &'static [&'static str],
}

impl UnknownWord {
    /// Makes the error for `word` that is none of `known`.
    #[must_use]
    pub fn new(what: &'static str, word: &str, known: &'static [&'static str]) -> Self {
        Self {
            what,
            word: crate::domain::text::clean_line(word, 60),
            suggestion: nearest(word, known.iter().copied()).map(str::to_owned),
            known,
        }
    }
}

fn hint(suggestion: Option<&str>, known: &[&str]) -> String {
    match suggestion {
        Some(word) => format!("; did you mean \"{word}\"?"),
        None => format!("; one of: {}.", known.join(", ")),
    }
}

/// Returns the word among `known` that is nearest to `word` by edits, if it is near enough to be meant.
/// Costs O(words x length squared).
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Counts insertions, deletions and substitutions (Levenshtein).
fn distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, cb) in b.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (ca, cell) in a.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(*ca != cb);
            diagonal = *cell;
            left = substituted.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let check = |word: &str, expect: Option<&str>| {
            assert_eq!(
                nearest(word, ["send_email", "reply", "urgency"]),
                expect,
                "{word}"
            );
        };
        check("send_mail", Some("send_email"));
        check("rpely", Some("reply"));
        check("urgancy", Some("urgency"));
        check("banana", None);
    }
}
