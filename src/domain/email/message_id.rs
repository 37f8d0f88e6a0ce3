//! Message-IDs: the thread's only reliable glue, read leniently, because a header broken on the way must not lose a reply.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A header line may have 998 bytes (RFC 5322 §2.1.1); an id longer than that was never an id.
const MAX_ID_BYTES: usize = 998;
/// Ids kept of one header: the oldest few name the thread, the newest are its end.
const MAX_FIRST: usize = 20;
const MAX_LAST: usize = 480;

/// A Message-ID without its angle brackets. Compared byte by byte: RFC 5322 knows no folding of case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    /// Returns the first Message-ID in a header's value, with or without brackets.
    #[must_use]
    pub fn find(value: &str) -> Option<Self> {
        parse_list(value).into_iter().next()
    }

    /// Returns the id made of `local` and `domain`, for our own messages.
    ///
    /// Characters that an id cannot hold are dropped.
    #[must_use]
    pub fn from_parts(local: &str, domain: &str) -> Self {
        let keep = |text: &str| -> String {
            text.chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '='))
                .collect()
        };
        Self(format!("{}@{}", keep(local), keep(domain)))
    }

    /// Returns the id without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(text: &str) -> Option<Self> {
        let id: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !crate::domain::text::is_hostile(*c))
            .collect();
        let fits = !id.is_empty() && id != "@" && id.len() <= MAX_ID_BYTES;
        fits.then_some(Self(id))
    }
}

/// Returns every Message-ID in the value of a References, In-Reply-To or Message-ID header, in order.
///
/// Folding, comments, phrases and commas between ids are passed over, white space within brackets is closed up (some relays fold
/// long ids), and a bare `left@right` counts where no id of the value stands in brackets. At most 500 ids are kept: the first 20 and the last 480.
#[must_use]
pub fn parse_list(value: &str) -> Vec<MessageId> {
    let mut bracketed = Kept::default();
    let mut bare = Kept::default();
    let mut rest = value;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if depth > 0 {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            rest = after;
            continue;
        }
        match c {
            // A comment that never ends is no comment, or it would swallow the ids behind it.
            '(' if bracketed.seen < 1000 && after.contains(')') => {
                depth = 1;
                rest = after;
            }
            '<' => match after.find(['>', '<']) {
                Some(end) if after.get(end..).is_some_and(|t| t.starts_with('>')) => {
                    bracketed.push(MessageId::new(after.get(..end).unwrap_or_default()));
                    rest = after.get(end + 1..).unwrap_or_default();
                }
                // The closing bracket is lost: the id runs to the next opening one or to white space.
                other => {
                    let end = other.unwrap_or(after.len());
                    let id = after.get(..end).unwrap_or_default().trim();
                    let id = id.split_whitespace().next().unwrap_or_default();
                    if id.contains('@') {
                        bracketed.push(MessageId::new(id));
                    }
                    rest = after.get(end..).unwrap_or_default();
                }
            },
            c if c.is_whitespace() || matches!(c, ',' | ';' | '"' | '>' | ')' | '(') => {
                rest = after
            }
            _ => {
                let end = rest
                    .find(|c: char| {
                        c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')')
                    })
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                if word
                    .split_once('@')
                    .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
                {
                    bare.push(MessageId::new(word));
                }
                rest = rest.get(end..).unwrap_or_default();
            }
        }
    }
    if bracketed.seen > 0 {
        bracketed.into_vec()
    } else {
        bare.into_vec()
    }
}

#[derive(Default)]
struct Kept {
    seen: usize,
    first: Vec<MessageId>,
    last: VecDeque<MessageId>,
}

impl Kept {
    fn push(&mut self, id: Option<MessageId>) {
        let Some(id) = id else { return };
        self.seen += 1;
        if self.first.len() < MAX_FIRST {
            self.first.push(id);
        } else {
            if self.last.len() == MAX_LAST {
                self.last.pop_front();
            }
            self.last.push_back(id);
        }
    }

    fn into_vec(self) -> Vec<MessageId> {
        let mut ids = self.first;
        ids.extend(self.last);
        ids
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_found_in_broken_headers() {
        let check = |input: &str, expect: &[&str]| {
            let got = parse_list(input);
            let got: Vec<&str> = got.iter().map(MessageId::as_str).collect();
            assert_eq!(got, expect, "{input:?}");
        };
        check("<a@b>", &["a@b"]);
        check("<a@x>\r\n <b@x>\r\n\t<c@x>", &["a@x", "b@x", "c@x"]);
        check("<a@x><b@x>,<c@x>", &["a@x", "b@x", "c@x"]);
        check("a@b", &["a@b"]);
        check("a@b c@d", &["a@b", "c@d"]);
        check("(comment <no@x>) <yes@x> (nested (x) y)", &["yes@x"]);
        check("(never closed <yes@x>", &["yes@x"]);
        check("\"Ann <ann>\" of Monday <m@x>", &["ann", "m@x"]);
        check("Your message of \"Mon, 1 Jan\" <m@x>", &["m@x"]);
        check("ann@acme.io wrote <m@x>", &["m@x"]);
        check("<a@\r\n b>", &["a@b"]);
        check("<a@x <b@x>", &["a@x", "b@x"]);
        check("<a@x", &["a@x"]);
        check("<12345>", &["12345"]);
        check("<\u{1b}[31ma@x>", &["[31ma@x"]);
        check("<> < > garbage", &[]);
        check("", &[]);
    }

    #[test]
    fn a_very_long_chain_keeps_its_first_and_last_ids() {
        let value: String = (0..5000).map(|n| format!("<{n}@x> ")).collect();
        let ids = parse_list(&value);
        assert_eq!(ids.len(), 500);
        assert_eq!(ids[0].as_str(), "0@x");
        assert_eq!(ids[499].as_str(), "4999@x");
    }

    #[test]
    fn an_id_is_shown_with_brackets() {
        assert_eq!(MessageId::find("<a@b>").unwrap().to_string(), "<a@b>");
        assert_eq!(
            MessageId::from_parts("x 1>", "ho st.example").as_str(),
            "x1@host.example"
        );
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_panic_and_shown_ids_are_read_back(value in "[<>()@a-z \\r\\n,\"]{0,80}") {
            for id in parse_list(&value) {
                if id.as_str().contains(['(', ')', '"', ',', '<']) { continue; }
                prop_assert_eq!(MessageId::find(&id.to_string()), Some(id));
            }
        }
    }
}
