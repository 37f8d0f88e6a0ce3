//! The one who asked for an effect or consented to it.

use std::fmt;
use std::str::FromStr;

/// The one who asked for an effect or consented to it. Kept, printed and sent as one word: `operator`, `rule:NAME`, `sequence:ID`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum By {
    /// The person at the console or the command line.
    Operator,
    /// A rule of approval, by its name.
    Rule(String),
    /// The operator's voice.
    Voice,
    /// A sequence, by its number.
    Sequence(i64),
    /// A program that acts for the operator, by its name.
    Agent(String),
    /// CaseyOS itself.
    Engine,
}

impl By {
    /// Tells whether a person consented, at the keyboard or by voice.
    #[must_use]
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Operator | Self::Voice)
    }

    /// Returns the name of the rule that consented; none for anybody else.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Rule(name) => write!(f, "rule:{name}"),
            Self::Voice => f.write_str("voice"),
            Self::Sequence(id) => write!(f, "sequence:{id}"),
            Self::Agent(name) => write!(f, "agent:{name}"),
            Self::Engine => f.write_str("engine"),
        }
    }
}

/// A word that names nobody who could have consented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names nobody: operator, voice, engine, rule:NAME, sequence:ID or agent:NAME does")]
pub struct UnknownBy(String);

impl FromStr for By {
    type Err = UnknownBy;

    fn from_str(text: &str) -> Result<Self, UnknownBy> {
        let unknown = || UnknownBy(super::text::clean_line(text, 80));
        Ok(match text.split_once(':') {
            Some(("rule", name)) if !name.is_empty() => Self::Rule(name.to_owned()),
            Some(("agent", name)) if !name.is_empty() => Self::Agent(name.to_owned()),
            Some(("sequence", id)) => Self::Sequence(id.parse().map_err(|_| unknown())?),
            _ => match text {
                "operator" => Self::Operator,
                "voice" => Self::Voice,
                "engine" => Self::Engine,
                _ => return Err(unknown()),
            },
        })
    }
}

impl serde::Serialize for By {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_is_read_back_as_written() {
        let all = [
            By::Operator,
            By::Rule("replied-before".into()),
            By::Rule("a:b".into()),
            By::Voice,
            By::Sequence(7),
            By::Agent("desk".into()),
            By::Engine,
        ];
        for by in all {
            assert_eq!(by.to_string().parse(), Ok(by));
        }
    }

    #[test]
    fn a_word_that_names_nobody_is_refused() {
        for text in ["", "rule:", "agent:", "sequence:x", "Operator", "nobody"] {
            assert!(text.parse::<By>().is_err(), "{text}");
        }
    }
}
