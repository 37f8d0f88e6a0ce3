//! What follows from a wish to be left alone: the sentence that says it, and the time by which a demand is answered.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::email::Demand;
use super::schedule::{Weekdays, add_business_days};
use super::text::clean_line;
use super::words::words;

/// Characters of a sentence that are shown.
const MAX_SENTENCE_CHARS: usize = 200;

words! {
    /// A law under which a demand is made.
    pub enum Law ("a law") {
        /// The General Data Protection Regulation, and laws like it.
        Gdpr = "gdpr",
        /// The California Consumer Privacy Act.
        Ccpa = "ccpa",
        /// The Lei Geral de Proteção de Dados.
        Lgpd = "lgpd",
        /// The CAN-SPAM Act.
        CanSpam = "can_spam",
    }
}

impl Law {
    /// Returns the law's usual name with the time that it leaves.
    #[must_use]
    pub const fn term(self) -> &'static str {
        match self {
            Self::Gdpr => "30 days by the GDPR",
            Self::Ccpa => "45 days by the CCPA",
            Self::Lgpd => "15 days by the LGPD",
            Self::CanSpam => "10 business days by CAN-SPAM",
        }
    }

    /// Returns the law that a text names; where it names several, the one that leaves the least time, and the GDPR where it names none.
    #[must_use]
    pub fn named_in(text: &str) -> Self {
        let text = text.to_lowercase();
        let names = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if names(&["can-spam", "canspam", "can spam", "7704"]) {
            Self::CanSpam
        } else if names(&["lgpd", "lei geral de prote", "13.709"]) {
            Self::Lgpd
        } else if names(&["gdpr", "dsgvo", "rgpd"]) || !names(&["ccpa", "cpra", "california"]) {
            Self::Gdpr
        } else {
            Self::Ccpa
        }
    }

    /// Returns the end of the time in which a demand that came in at an instant is to be answered.
    #[must_use]
    pub fn due(self, asked_at: Timestamp, zone: &TimeZone) -> Timestamp {
        let days = match self {
            Self::Gdpr => 30,
            Self::Ccpa => 45,
            Self::Lgpd => 15,
            Self::CanSpam => {
                let asked = asked_at.to_zoned(zone.clone());
                let none = BTreeSet::new();
                let last = add_business_days(asked.date(), 10, Weekdays::MON_TO_FRI, &none);
                let end = last.and_then(|day| asked.with().date(day).build().ok());
                return end.map_or(asked_at, |end| end.timestamp());
            }
        };
        asked_at
            .checked_add(SignedDuration::from_hours(24 * days))
            .unwrap_or(asked_at)
    }
}

/// Names a demand in the title of a move.
#[must_use]
pub const fn demand_words(demand: Demand) -> &'static str {
    match demand {
        Demand::Erasure => "the erasure request",
        Demand::Objection => "the objection",
        Demand::Access => "the access request",
        Demand::Withdrawal => "the withdrawal of consent",
    }
}

/// Tells whether a demand ends all mail to the person by itself.
#[must_use]
pub const fn ends_mail(demand: Demand) -> bool {
    match demand {
        Demand::Erasure | Demand::Objection | Demand::Withdrawal => true,
        Demand::Access => false,
    }
}

/// Returns the sentence of a text that the reasons of a judgment speak of: the one that holds most of what they quote, else the beginning.
#[must_use]
pub fn sentence_of(text: &str, because: &[String]) -> String {
    let quoted: Vec<String> = because
        .iter()
        .flat_map(|reason| reason.split('"').skip(1).step_by(2))
        .map(|part| plain(part.trim_end_matches('…')))
        .filter(|part| !part.is_empty())
        .collect();
    let told = sentences(text)
        .into_iter()
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .map(|sentence| {
            let folded = plain(sentence);
            let holds = |part: &&String| folded.contains(part.as_str()) || part.contains(&folded);
            (quoted.iter().filter(holds).count(), sentence)
        })
        // The first of equals.
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    match told {
        Some((n, sentence)) if n > 0 => clean_line(sentence, MAX_SENTENCE_CHARS),
        _ => clean_line(text, MAX_SENTENCE_CHARS),
    }
}

/// Splits a text into sentences. A full stop within an address or a number ends none.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_end = match letter {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' => letters.peek().is_none_or(|(_, next)| next.is_whitespace()),
            _ => false,
        };
        if is_end {
            let begin = text.len() - rest.len();
            let (sentence, after) = rest.split_at(at + letter.len_utf8() - begin);
            found.push(sentence.trim());
            rest = after;
        }
    }
    found.push(rest.trim());
    found
}

fn plain(text: &str) -> String {
    let text = text.to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_is_due_by_the_law_that_it_names() {
        let check = |text: &str, expect: &str| {
            let asked = "2026-11-23T09:00:00Z".parse().unwrap();
            let due = Law::named_in(text).due(asked, &TimeZone::UTC);
            assert_eq!(due.to_string(), expect, "{text}");
        };
        check("Art. 17 GDPR", "2026-12-23T09:00:00Z");
        check("nach Art. 17 DSGVO", "2026-12-23T09:00:00Z");
        check("Delete my data.", "2026-12-23T09:00:00Z");
        check(
            "the California Consumer Privacy Act",
            "2027-01-07T09:00:00Z",
        );
        check("under the CCPA and the GDPR", "2026-12-23T09:00:00Z");
        check("LGPD: exclua os meus dados", "2026-12-08T09:00:00Z");
        check("the CAN-SPAM Act", "2026-12-07T09:00:00Z");
    }

    #[test]
    fn the_sentence_is_the_one_that_the_reasons_quote() {
        let check = |text: &str, because: &[&str], expect: &str| {
            let because: Vec<String> = because.iter().map(|s| (*s).to_owned()).collect();
            assert_eq!(sentence_of(text, &because), expect, "{text}");
        };
        let text = "Hi Casey. Thanks for the call!\nPlease take me off your list. Ann";
        check(text, &["\"take me off\""], "Please take me off your list.");
        check(
            text,
            &[
                "\"Please take me off your list.\"",
                "it answers \"Shall I stop?\"",
            ],
            "Please take me off your list.",
        );
        let named = "Hello. Unsubscribe bo@acme.example from your list!\nBo";
        check(
            named,
            &["\"unsubscribe\""],
            "Unsubscribe bo@acme.example from your list!",
        );
        check(
            "ありがとう。配信を停止してください。",
            &["\"配信を停止\""],
            "配信を停止してください。",
        );
        check("Stop", &["a line says only \"stop\""], "Stop");
        check("No more,\nthank you", &[], "No more, thank you");
        check("", &["\"x\""], "");
    }
}
