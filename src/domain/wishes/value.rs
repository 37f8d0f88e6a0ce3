//! A value beside a name: a flag, a date, a state, or a few words.

use super::vocabulary::{
    BESIDE_DATES, BOUNCE_KINDS, BOUNCE_KINDS_ANYWHERE, CLEANED, COMPLAINTS, ENDED, EVENTS,
    FOR_GOOD, HARD, HARD_ANYWHERE, HARD_FLAGS, HARD_FLAGS_ANYWHERE, LAPSED, MAIL_PARTS, NO_OF,
    NOES, PASSES, PREFERS_BUT_MAIL, PREFERS_NO_MAIL, REFUSED, RETURNED_IN_MAIL, RETURNED_IN_STATUS,
    SAYS_LEFT, SAYS_RETURNED, SAYS_STOPPED, SAYS_STOPPED_WORDS, STATUS_NAMES, STOPPED_IN_MAIL,
    STOPPED_IN_STATUS, UNCLEAR, VALUE_DENIES, VALUE_UNTIL, WELCOMES, YESES,
};
use super::{Subject, Topic, holds, is_one, key_of};
use crate::domain::contact::address::{is_invisible, trim_invisible};
use crate::domain::contact::is_placeholder;
use crate::domain::contact::name::fold;
use crate::domain::email::Decision;

/// Letters of a value that is a state; a longer one is a sentence.
const MAX_STATE: usize = 60;
/// Marks around a value.
const WRAPPINGS: [char; 9] = ['[', ']', '{', '}', '(', ')', '"', '\'', ' '];
/// Marks behind one.
const ENDINGS: [char; 6] = ['.', '!', ',', ';', ':', '…'];
/// Letters that the end of a word adds to its stem.
const MAX_ENDING: usize = 3;

/// The meaning of a value about mail to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// They want no more mail.
    OptedOut,
    /// Mail to the address comes back for good. A sure one says so itself; a date or a flag may be about a passing one.
    Bounced {
        /// True if the name or the value says that it is for good.
        sure: bool,
    },
    /// Mail came back for a while.
    Soft,
    /// It may be a refusal, and nobody can say so for certain.
    Unclear,
    /// It says why they opted out, if they did.
    Reason,
    /// It says that there is no refusal.
    Denied,
}

/// One value, as every topic reads it.
#[derive(Debug)]
pub(super) struct Cell {
    /// Its letters and digits, without dates.
    key: String,
    /// True if it holds a date or another number than 0.
    counts: bool,
    /// True if it holds a date, or is 1.
    is_date_or_one: bool,
    says_no: bool,
    /// True if it is "yes" with more behind it that says nothing else.
    says_yes: bool,
    /// True if its first word is a "no" that denies: "no wants news", but not "no more mail".
    begins_no: bool,
    /// True if it names an end: "until March".
    ends: bool,
}

impl Cell {
    /// Reads a value; None for one that holds nothing.
    pub(super) fn read(text: &str) -> Option<Self> {
        let visible: String;
        let text = if text.chars().any(is_invisible) {
            visible = text.chars().filter(|c| !is_invisible(*c)).collect();
            visible.as_str()
        } else {
            text
        };
        let whole = trim_invisible(text);
        let text = whole
            .trim_start_matches(WRAPPINGS)
            .trim_end_matches(|c| WRAPPINGS.contains(&c) || ENDINGS.contains(&c));
        if text.contains(['✗', '✘', '❌', '☐']) || is_zero_date(text) {
            return None;
        }
        let is_checked = text.contains(['✓', '✔', '☑', '✅']);
        let is_none = text.eq_ignore_ascii_case("none");
        if !is_none && !is_checked && (is_placeholder(text) || is_placeholder(whole)) {
            return None;
        }
        let words = || text.split([' ', ',', ';', '(', ')', '[', ']', '|']);
        let counts = is_checked || words().any(|word| is_number(word) && !is_nought(word));
        let mut told: Vec<&str> = words().filter(|word| !is_number(word)).collect();
        // "Withdrawn on 1 May 2026" says "withdrawn".
        if words().any(is_number) {
            told.retain(|word| !is_one(BESIDE_DATES, &key_of(word)));
        }
        let key = key_of(&told.join(" "));
        if key.is_empty() && !counts && !words().any(is_number) {
            return None;
        }
        let lead = lead_of(text);
        let says_no = (key.is_empty() && !counts)
            || is_one(NOES, &key)
            || lead.as_deref().is_some_and(|lead| is_one(NOES, lead));
        let says_yes =
            is_one(YESES, &key) || lead.as_deref().is_some_and(|lead| is_one(YESES, lead));
        let folded = fold(text);
        let begins_no = folded
            .split(' ')
            .next()
            .is_some_and(|word| is_one(NOES, word))
            && folded.contains(' ')
            && !holds(NO_OF, &key);
        let ends =
            folded.split(' ').any(|word| is_one(VALUE_UNTIL, word)) && !holds(FOR_GOOD, &key);
        Some(Self {
            is_date_or_one: is_checked
                || text == "1"
                || words().any(|word| is_number(word) && word.contains(['-', '/', '.', ':'])),
            key,
            counts,
            says_no,
            says_yes,
            begins_no,
            ends,
        })
    }

    fn is(&self, words: &str) -> bool {
        is_one(words, &self.key)
    }

    fn holds(&self, stems: &str) -> bool {
        holds(stems, &self.key)
    }

    /// Tells whether it says that there is nothing of the kind.
    fn denies(&self) -> bool {
        self.says_no || self.is(WELCOMES) || self.is("none") || self.holds(VALUE_DENIES)
    }
}

/// Tells whether a value is the date of noughts by which databases say "never": `0000-00-00 00:00:00`.
fn is_zero_date(text: &str) -> bool {
    text.len() >= 8
        && text
            .bytes()
            .all(|b| b == b'0' || matches!(b, b'-' | b'/' | b'.' | b':' | b' ' | b'T' | b'Z'))
        && text.contains('0')
}

fn is_number(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit())
        && (word.chars().filter(|c| c.is_alphabetic()).count() <= 2 || is_instant(word))
}

/// Tells whether a word begins like `2026-01-02T10:00:00Z`.
fn is_instant(word: &str) -> bool {
    let digits = word.bytes().take(4).filter(u8::is_ascii_digit).count();
    digits == 4 && word.get(4..5) == Some("-")
}

fn is_nought(word: &str) -> bool {
    word.bytes().all(|b| !b.is_ascii_digit() || b == b'0')
}

/// Returns the word before a text's first comma, dash or bracket, folded: the "no" of "No, wants news".
fn lead_of(text: &str) -> Option<String> {
    let (lead, _) = text.split_once([',', ';', ':', '(', '–', '—', '.', '!'])?;
    let lead = lead.split(" - ").next().unwrap_or(lead);
    Some(key_of(lead))
}

/// Returns what a value says of a topic; None if it says nothing. This is the one place where the two decide together.
#[must_use]
pub fn wish_of(topic: Topic, text: &str) -> Option<Wish> {
    let cell = Cell::read(text)?;
    let wish = read(topic, &cell)?;
    let is_bounce = topic.subject == Subject::Bounced;
    Some(match wish {
        // Whoever is not to be written to until March is not left alone for good.
        Wish::OptedOut if cell.ends => Wish::Unclear,
        // "No, asked to be removed".
        Wish::OptedOut
            if (cell.says_no || cell.begins_no)
                && matches!(topic.subject, Subject::OptedOut | Subject::DoNotContact) =>
        {
            Wish::Unclear
        }
        Wish::Bounced { .. } if !is_bounce => Wish::Bounced { sure: true },
        wish => wish,
    })
}

fn read(topic: Topic, cell: &Cell) -> Option<Wish> {
    match topic.subject {
        Subject::OptedOut => {
            if cell.holds(PASSES) {
                return None;
            }
            match said(&cell.key) {
                // Some tools have one column for both.
                Some(wish) => Some(wish),
                None if cell.denies() => Some(Wish::Denied),
                None if topic.is_complaint
                    && !cell.counts
                    && !cell.says_yes
                    && !cell.is("spam abuse") =>
                {
                    Some(Wish::Unclear)
                }
                None => Some(Wish::OptedOut),
            }
        }
        Subject::DoNotContact => match said(&cell.key) {
            Some(Wish::OptedOut) => Some(Wish::OptedOut),
            _ if cell.denies() => Some(Wish::Denied),
            _ => Some(Wish::OptedOut),
        },
        Subject::Reason => match said(&cell.key) {
            Some(wish) => Some(wish),
            None if cell.denies() => None,
            None => Some(Wish::Reason),
        },
        Subject::Until => (!cell.denies()).then_some(Wish::Unclear),
        Subject::Left => match said(&cell.key) {
            Some(wish) => Some(wish),
            None => (!cell.denies()).then_some(Wish::Bounced { sure: true }),
        },
        Subject::Bounced => {
            if cell.holds(PASSES) && !topic.is_hard {
                return Some(Wish::Soft);
            }
            if cell.denies() {
                return None;
            }
            match said(&cell.key) {
                Some(Wish::OptedOut) => Some(Wish::OptedOut),
                // Of kinds of bounces, only "hard" is for good.
                _ if topic.is_kind && !cell.holds("hard permanent invalid unknown") => {
                    Some(Wish::Unclear)
                }
                _ => Some(Wish::Bounced {
                    sure: topic.is_hard || cell.holds("hard permanent"),
                }),
            }
        }
        Subject::Status => {
            if cell.says_no {
                return None;
            }
            said(&cell.key)
                .or_else(|| whole(&cell.key, STOPPED_IN_STATUS, RETURNED_IN_STATUS))
                .or_else(|| left(&cell.key))
        }
        Subject::Preference => match said(&cell.key) {
            Some(wish) => Some(wish),
            None if cell.is(PREFERS_NO_MAIL) || cell.holds(PREFERS_BUT_MAIL) => {
                Some(Wish::OptedOut)
            }
            None if cell.says_no && topic.names_mail => Some(Wish::OptedOut),
            None if cell.says_no || cell.is("none") || cell.holds("only exclu nur seul") => {
                (!cell.is("emailonly onlyemail nuremail emailexclusively")).then_some(Wish::Unclear)
            }
            None => whole(&cell.key, STOPPED_IN_MAIL, ""),
        },
        Subject::MailStatus | Subject::Subscribed => state(topic, cell),
        Subject::Doubt { forbids } => match said(&cell.key) {
            Some(_) => Some(Wish::Unclear),
            None if forbids => (!cell.denies()).then_some(Wish::Unclear),
            None => {
                let refuses = cell.says_no
                    || cell.is(REFUSED)
                    || cell.is(ENDED)
                    || cell.is(PREFERS_NO_MAIL)
                    || cell.holds("objected opposed oppose widersp sperre");
                refuses.then_some(Wish::Unclear)
            }
        },
    }
}

/// Returns what a state of mail says, or a flag by which mail is welcome.
fn state(topic: Topic, cell: &Cell) -> Option<Wish> {
    if cell.holds(PASSES) {
        return Some(Wish::Soft);
    }
    if let Some(wish) = said(&cell.key) {
        return Some(wish);
    }
    let is_flag = topic.subject == Subject::Subscribed;
    let asks = topic.is_consent;
    if cell.is("none nopermission noconsent") {
        return if topic.is_leave || (asks && !cell.is("none")) {
            Some(Wish::OptedOut)
        } else {
            (asks || is_flag).then_some(Wish::Unclear)
        };
    }
    if asks && cell.is("rejected failed notallowed") {
        return Some(Wish::OptedOut);
    }
    if cell.holds(VALUE_DENIES) {
        return Some(Wish::Denied);
    }
    let found = whole(&cell.key, STOPPED_IN_MAIL, RETURNED_IN_MAIL)
        .or_else(|| whole(&cell.key, ENDED, ""))
        .or_else(|| whole(&cell.key, REFUSED, ""));
    match found {
        Some(wish) => Some(wish),
        None if cell.says_no => Some(Wish::OptedOut),
        None if is_flag && cell.is("notsubscribed nolongersubscribed optedout notallowed") => {
            Some(Wish::OptedOut)
        }
        None if is_flag && cell.is("never") => Some(Wish::Unclear),
        None if asks && (cell.is(LAPSED) || cell.is(UNCLEAR)) => Some(Wish::Unclear),
        None if cell.says_yes || cell.is(WELCOMES) => Some(Wish::Denied),
        None => left(&cell.key),
    }
}

/// Returns the wish that a value is whatever it stands beside; None if it is none for certain.
pub(super) fn said(key: &str) -> Option<Wish> {
    if holds(VALUE_DENIES, key) || holds(PASSES, key) || key.len() > MAX_STATE {
        return None;
    }
    if holds(SAYS_STOPPED, key) || is_one(SAYS_STOPPED_WORDS, key) {
        Some(Wish::OptedOut)
    } else if holds(SAYS_RETURNED, key) {
        Some(Wish::Bounced { sure: true })
    } else {
        None
    }
}

fn left(key: &str) -> Option<Wish> {
    (key.len() <= MAX_STATE && holds(SAYS_LEFT, key)).then_some(Wish::Bounced { sure: true })
}

fn whole(key: &str, stopped: &str, returned: &str) -> Option<Wish> {
    if is_one(stopped, key) {
        Some(Wish::OptedOut)
    } else if is_one(returned, key) {
        Some(Wish::Bounced { sure: true })
    } else {
        None
    }
}

/// The stems and words of tags.
pub(super) const TAGS: [&str; 5] = [
    SAYS_STOPPED,
    SAYS_STOPPED_WORDS,
    SAYS_RETURNED,
    STOPPED_IN_STATUS,
    RETURNED_IN_STATUS,
];

/// Returns the wish that a value is as a state, a tag, or a category: one of several that a cell holds.
pub(super) fn tag(key: &str) -> Option<Wish> {
    said(key).or_else(|| whole(key, STOPPED_IN_STATUS, RETURNED_IN_STATUS))
}

/// Answers a flag of a payload: yes, no, or ask for a value that is neither; None for one that holds nothing.
#[must_use]
pub fn answer(text: &str) -> Option<Decision> {
    let cell = Cell::read(text)?;
    Some(if cell.ends {
        Decision::Ask
    } else if is_wish(text) {
        Decision::Yes
    } else if cell.denies() {
        Decision::No
    } else if cell.is(YESES) || (cell.key.is_empty() && cell.is_date_or_one) {
        Decision::Yes
    } else {
        Decision::Ask
    })
}

/// Tells whether the whole of a value is a wish for no more mail: an event, a state, a tag.
#[must_use]
pub fn is_wish(text: &str) -> bool {
    let key = key_of(text);
    if holds(VALUE_DENIES, &key) {
        return false;
    }
    let is_whole = |stem: &str| {
        let rest = key.strip_prefix(stem).or_else(|| {
            let mailed = key.strip_prefix("email")?;
            mailed.strip_prefix(stem)
        });
        rest.is_some_and(|rest| {
            rest.len() <= MAX_ENDING || is_one("scribe scribed scribes scribeme bedme", rest)
        })
    };
    is_one(SAYS_STOPPED_WORDS, &key) || SAYS_STOPPED.split_ascii_whitespace().any(is_whole)
}

/// Tells whether the whole of a value is a complaint.
#[must_use]
pub fn is_complaint(text: &str) -> bool {
    is_one(COMPLAINTS, &key_of(text))
}

/// Answers a state of leave: yes if it was taken back, ask if it was refused or is over.
#[must_use]
pub fn ended(text: &str) -> Option<Decision> {
    let key = key_of(text);
    if is_one(ENDED, &key) {
        Some(Decision::Yes)
    } else {
        (is_one(REFUSED, &key) || is_one(LAPSED, &key)).then_some(Decision::Ask)
    }
}

/// Tells whether a value is a "no" in words, and no mark of a box.
#[must_use]
pub fn is_no(text: &str) -> bool {
    let key = key_of(text);
    is_one(NOES, &key) && !is_one("false f off unchecked", &key)
}

/// Tells whether a key's true value is a bounce for good, in the event of a bounce.
#[must_use]
pub fn is_hard_flag(key: &str) -> bool {
    is_one(HARD_FLAGS, key)
}

/// Tells whether a key's true value is a bounce for good in any event.
#[must_use]
pub fn is_hard_bounce_flag(key: &str) -> bool {
    is_one(HARD_FLAGS_ANYWHERE, key)
}

/// Tells whether a key says of which kind a bounce is, in the event of a bounce.
#[must_use]
pub fn is_bounce_kind(key: &str) -> bool {
    key.contains("bounce") || is_one(BOUNCE_KINDS, key)
}

/// Tells whether a word says that a bounce is for good.
#[must_use]
pub fn is_hard(word: &str) -> bool {
    is_one(HARD, word)
}

/// Tells whether a word beside a key says in any event that mail comes back for good.
#[must_use]
pub fn tells_hard_bounce(key: &str, word: &str) -> bool {
    let is_state = is_one(EVENTS, key) || is_one(STATUS_NAMES, key);
    (is_one(HARD_ANYWHERE, word) && (key.contains("bounce") || is_state))
        || (word == "cleaned" && is_one(CLEANED, key))
        || (is_one(BOUNCE_KINDS_ANYWHERE, key) && is_one("hard permanent", word))
}

/// Tells whether the entry of an object for several channels is mail, or all of them.
#[must_use]
pub fn is_mail_part(key: &str) -> bool {
    is_one(MAIL_PARTS, key)
}
