//! The name of a column or a key, and what it is about.

use super::vocabulary::{
    BESIDE, BESIDE_BUT, BESIDE_WORDS, CHANNEL_WORDS, CHANNELS, CONCERNS, CONSENT, COULD, DECEASED,
    ERASURES, EVENTS, FORBIDS, LEAVE, LEFT, MAIL, MAIL_STATUS_NAMES, MAY_CONTACT, NAME_DENIES,
    NO_CONTACT, NO_CONTACT_NAMES, PAUSED, PREFERENCE, REASON_WORDS, RETURNED, STATE, STATUS_NAMES,
    STOPPED, STOPPED_IN_LISTS, STOPPED_NAMES, SUBSCRIBED_NAMES, SUPPRESSES, UNTIL_WORDS, USE_WORDS,
    USES, WELCOME,
};
use super::{holds, is_one, key_of};
use crate::domain::contact::address::is_invisible;
use crate::domain::contact::name::fold;

/// Characters of a name that are read.
const MAX_NAME: usize = 200;
/// Letters of a name that names; a longer one is a question, of which nobody can say for certain what its answer means.
const MAX_KEY: usize = 80;
/// Letters of a name that says that mail is welcome.
const MAX_WELCOME: usize = 48;

/// The name of a column or of a key of a payload, in letters and in words.
#[derive(Debug)]
pub struct Name {
    /// Its letters and digits, folded, without blanks.
    letters: String,
    /// Its words, folded; `optOut` has two.
    words: Vec<String>,
}

impl Name {
    /// Reads a name.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut parted = String::with_capacity(text.len() + 8);
        let mut was_small = false;
        for c in text.chars().take(MAX_NAME).filter(|c| !is_invisible(*c)) {
            if was_small && c.is_uppercase() {
                parted.push(' ');
            }
            parted.push(c);
            was_small = c.is_lowercase();
        }
        Self {
            letters: key_of(text),
            words: fold(&parted).split(' ').map(str::to_owned).collect(),
        }
    }

    /// Returns its letters and digits, folded.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.letters
    }

    pub(super) fn holds(&self, stems: &str) -> bool {
        holds(stems, &self.letters)
    }

    pub(super) fn is(&self, words: &str) -> bool {
        is_one(words, &self.letters)
    }

    fn has_word(&self, words: &str) -> bool {
        self.words.iter().any(|word| is_one(words, word))
    }

    fn ends_with_word(&self, words: &str) -> bool {
        words
            .split_ascii_whitespace()
            .any(|word| word.len() > 3 && self.letters.ends_with(word))
    }

    fn stops(&self) -> bool {
        self.holds(STOPPED) || self.is(STOPPED_NAMES)
    }

    /// Tells whether it only looks like a wish: a link, a counter, the time of a sign-up, a setting.
    #[must_use]
    pub fn is_beside(&self) -> bool {
        (self.holds(BESIDE) && !self.holds(BESIDE_BUT))
            || self.holds(NAME_DENIES)
            || self.has_word(BESIDE_WORDS)
            || self.ends_with_word(BESIDE_WORDS)
            || self.letters.ends_with("url")
            || (self.stops() && self.has_word(COULD) && !self.holds("donotallow"))
    }

    /// Tells whether it names another channel than mail, and not mail: "SMS opt out", but not "E-mail and phone opt out".
    #[must_use]
    pub fn is_of_another_channel(&self) -> bool {
        (self.holds(CHANNELS) || self.has_word(CHANNEL_WORDS)) && !self.names_mail()
    }

    /// Tells whether it names a use of data that is no mail.
    fn is_of_another_use(&self) -> bool {
        (self.holds(USES) || self.has_word(USE_WORDS)) && !self.names_mail()
    }

    fn names_mail(&self) -> bool {
        self.letters.replace("voicemail", "").contains("mail")
    }

    /// Tells whether it may be the fact that somebody called our mail spam, or complained about something else.
    #[must_use]
    pub fn is_complaint(&self) -> bool {
        self.holds("complain") && !self.holds("spam") || self.is("abuse isabuse spam isspam")
    }

    /// Tells whether it holds the word of an event or a state in a payload.
    #[must_use]
    pub fn is_event(&self) -> bool {
        self.is(EVENTS)
    }

    /// Tells whether it names data that were, or are to be, deleted.
    #[must_use]
    pub fn is_erasure(&self) -> bool {
        self.holds(ERASURES)
    }
}

/// The subject of a column or a key: what its values speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A flag, a date or a word: they want no mail.
    OptedOut,
    /// The same: they must not be contacted at all.
    DoNotContact,
    /// What says why they opted out, which another column says.
    Reason,
    /// The end of a pause.
    Until,
    /// A flag, a date or a word: mail comes back.
    Bounced,
    /// A flag or a date: they left the firm, so that nobody reads what is sent there.
    Left,
    /// A flag: they want mail.
    Subscribed,
    /// A state of mail to them.
    MailStatus,
    /// How, or how often, they want to be written to.
    Preference,
    /// A state of anything.
    Status,
    /// It may be a wish, and its name alone does not say so.
    Doubt {
        /// True if it forbids something, so that "yes" may be a wish; else "no" may be one.
        forbids: bool,
    },
}

/// What a name says, as far as values need it to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The subject.
    pub subject: Subject,
    /// True if it says so wherever it stands, and not in a list of contacts only.
    pub is_sure: bool,
    /// True if a bounce is for good.
    pub(super) is_hard: bool,
    /// True if it says of which kind a bounce is.
    pub(super) is_kind: bool,
    /// True if it is about leave that was given or taken back.
    pub(super) is_consent: bool,
    /// True if it asks for leave to write.
    pub(super) is_leave: bool,
    /// True if it may be a complaint about something else than mail.
    pub(super) is_complaint: bool,
    /// True if a form has it as a box: one that is not ticked refuses nothing.
    pub is_box: bool,
    /// True if it speaks of mail by that word.
    pub(super) names_mail: bool,
}

impl Topic {
    /// Returns what a column or key of that name is about; None if it is not about mail to a person.
    #[must_use]
    pub fn of(name: &Name) -> Option<Self> {
        if name.letters.is_empty() || name.is_beside() || name.is_of_another_channel() {
            return None;
        }
        let subject = subject_of(name)?;
        Some(Self::with(name, subject))
    }

    /// Tells whether a payload's "no" under this topic puts the leave to write in doubt.
    #[must_use]
    pub fn asks_for_leave(&self, name: &Name) -> bool {
        match self.subject {
            Subject::Subscribed => !name.is_event(),
            // A permission may be one to know where a telephone is.
            Subject::MailStatus => {
                self.is_consent && (!self.is_leave || self.names_mail || name.holds("marketing"))
            }
            _ => false,
        }
    }

    /// Returns the topic of a name whose subject is known otherwise.
    #[must_use]
    pub fn with(name: &Name, subject: Subject) -> Self {
        let is_refusal = name.stops()
            || name.holds(NO_CONTACT)
            || name.is(NO_CONTACT_NAMES)
            || name.is_erasure()
            || (name.holds("suppress") && name.holds(SUPPRESSES));
        Self {
            subject,
            is_sure: is_refusal && !matches!(subject, Subject::Doubt { .. }),
            is_hard: name.holds("hard"),
            is_kind: name.holds("type kind category"),
            is_consent: name.holds(CONSENT),
            is_leave: name.holds(LEAVE),
            is_complaint: name.holds("complain abuse"),
            is_box: name.holds("newsletter optin optedin")
                && !name.holds("mail marketing consent accept allow optedinto"),
            names_mail: name.names_mail(),
        }
    }
}

fn subject_of(name: &Name) -> Option<Subject> {
    let forbids = name.stops()
        || name.holds(NO_CONTACT)
        || name.is(NO_CONTACT_NAMES)
        || (name.holds("suppress") && name.holds(SUPPRESSES));
    if name.is_of_another_use() || name.letters.len() > MAX_KEY {
        return doubt_of(name, forbids);
    }
    if name.has_word(UNTIL_WORDS) && (forbids || name.holds(PAUSED)) {
        return Some(Subject::Until);
    }
    let says_why = name.has_word(REASON_WORDS) || name.ends_with_word("reason");
    // Mailchimp writes it of those who unsubscribed alone.
    let says_so = name.is("unsubreason");
    if says_why && !says_so && (forbids || name.holds(STOPPED_IN_LISTS)) {
        return Some(Subject::Reason);
    }
    if name.is_erasure() {
        return Some(Subject::OptedOut);
    }
    if name.holds(NO_CONTACT) || name.is(NO_CONTACT_NAMES) || name.holds(DECEASED) {
        return Some(Subject::DoNotContact);
    }
    if name.holds(LEFT) {
        return Some(Subject::Left);
    }
    if name.is(STATUS_NAMES) {
        return Some(Subject::Status);
    }
    if name.is(MAIL_STATUS_NAMES) {
        return Some(Subject::MailStatus);
    }
    if name.is("unsubscribestatus unsubscribedstatus") {
        return Some(Subject::OptedOut);
    }
    if name.holds(PREFERENCE) {
        return Some(Subject::Preference);
    }
    if name.letters.starts_with("undeliver") {
        return Some(Subject::Bounced);
    }
    let refuses = forbids
        || (name.holds(STOPPED_IN_LISTS)
            && (!name.holds("exclu") || name.holds(MAIL))
            && (!name.holds("abuse") || name.letters.len() < 14));
    // "Consent withdrawn at" is a refusal; "Suppression status" has its words in the values.
    let is_state = name.holds(STATE) && name.holds(MAIL);
    if is_state && (!refuses || (name.letters.ends_with("status") && !name.holds("withdr revok"))) {
        return Some(Subject::MailStatus);
    }
    if name.holds(RETURNED) {
        return Some(Subject::Bounced);
    }
    if refuses {
        return Some(Subject::OptedOut);
    }
    let welcomes = name.is(SUBSCRIBED_NAMES)
        || name.letters.len() < MAX_WELCOME
            && ((name.holds(WELCOME) && name.holds(MAIL)) || name.holds(MAY_CONTACT));
    if welcomes {
        return Some(Subject::Subscribed);
    }
    doubt_of(name, false)
}

fn doubt_of(name: &Name, forbids: bool) -> Option<Subject> {
    if forbids || name.holds(FORBIDS) {
        Some(Subject::Doubt { forbids: true })
    } else if name.holds(CONCERNS) {
        Some(Subject::Doubt { forbids: false })
    } else {
        None
    }
}
