//! The causes for which somebody is never written to.

use serde::{Deserialize, Serialize};

use super::email::{Decision, Named, judge};
use super::words::words;

words! {
    /// The cause of a suppression.
    pub enum Cause ("a cause of a suppression") {
        /// The person asked for no more mail.
        OptedOut = "opted_out",
        /// The person had their data removed.
        Erased = "erased",
        /// The operator decided it.
        Operator = "operator",
        /// Mail to the address comes back for good.
        Bounced = "bounced",
    }
}

impl Cause {
    /// Tells whether it holds for the person, at whichever address. A bounce says something of one address only.
    #[must_use]
    pub const fn follows_person(self) -> bool {
        match self {
            Self::OptedOut | Self::Erased | Self::Operator => true,
            Self::Bounced => false,
        }
    }
}

/// A suppression as a file of contacts carries it, `bounced:ann@acme.example` or `operator:acme.example`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedSuppression {
    /// The cause.
    pub cause: Cause,
    /// The address or domain.
    pub value: String,
}

impl CarriedSuppression {
    /// Reads the form in which it is written; None for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (cause, value) = text.trim().split_once(':')?;
        let named = Named::parse(value).ok()?;
        Some(Self {
            cause: cause.trim().parse().ok()?,
            value: named.as_str().to_owned(),
        })
    }
}

impl std::fmt::Display for CarriedSuppression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.cause, self.value)
    }
}

words! {
    /// The reach of a suppression.
    pub enum SuppressionKind ("a kind of suppression") {
        /// One address.
        Address = "address",
        /// Every address of a domain, and of those below it.
        Domain = "domain",
        /// Everybody at a firm of a name.
        Firm = "firm",
    }
}

impl SuppressionKind {
    /// Returns the reach of what is named.
    #[must_use]
    pub const fn of(named: &Named) -> Self {
        match named {
            Named::Mailbox(_) => Self::Address,
            Named::Domain(_) => Self::Domain,
            Named::Firm(_) => Self::Firm,
        }
    }
}

words! {
    /// The people whom the operator suppresses for one who asked to be left alone.
    pub enum Whom ("whom to leave alone") {
        /// The person, at every address.
        Me = "me",
        /// Everybody at the person's firm.
        Firm = "firm",
        /// Everybody at the domain of the person's address.
        Domain = "domain",
    }
}

/// Phrases by which a reason says that somebody is to be left alone, in words without marks.
const LEFT_ALONE: &[&str] = &[
    "unsubscribe",
    "unsubscribed",
    "unsubscribes",
    "unsub",
    "opt out",
    "optout",
    "opted out",
    "opts out",
    "opting out",
    "dnc",
    "do not contact",
    "dont contact",
    "never contact",
    "no contact",
    "no more contact",
    "do not email",
    "dont email",
    "do not mail",
    "dont mail",
    "do not write",
    "dont write",
    "no more email",
    "no more emails",
    "no more mail",
    "no more mails",
    "stop emailing",
    "stop mailing",
    "stop writing",
    "stop contacting",
    "asked to stop",
    "asked us to stop",
    "asked me to stop",
    "wants us to stop",
    "told us to stop",
    "asked not to be",
    "asked to not be",
    "does not want to be contacted",
    "doesnt want to be contacted",
    "asked to be removed",
    "asked to be taken off",
    "asked for removal",
    "wants to be removed",
    "wants off",
    "remove me",
    "remove them",
    "remove him",
    "remove her",
    "remove from list",
    "remove from the list",
    "remove from our list",
    "take off the list",
    "take them off",
    "left alone",
    "leave alone",
    "leave him alone",
    "leave her alone",
    "leave us alone",
    "leave them alone",
    "leaving them alone",
    "leave me alone",
    "spam complaint",
    "marked as spam",
    "marked us as spam",
    "withdrew consent",
    "consent withdrawn",
    "revoked consent",
    "consent revoked",
    "do not disturb",
    "dnd",
    "never again",
    "never email",
    "never mail",
    "never write",
    "never call or email",
    "blacklist",
    "blacklisted",
    "blacklist them",
    "blocklist",
    "blocklisted",
    "erasure",
    "right to be forgotten",
    "gdpr request",
    "gdpr deletion",
    "gdpr objection",
    "delete my data",
    "delete his data",
    "delete her data",
    "delete their data",
    "delete all data",
    "abgemeldet",
    "abmelden",
    "abbestellt",
    "ausgetragen",
    "werbesperre",
    "nicht kontaktieren",
    "nicht mehr kontaktieren",
    "nicht anschreiben",
    "nicht mehr anschreiben",
    "keine mails mehr",
    "keine werbung",
    "desabonne",
    "désabonné",
    "désinscrit",
    "ne pas contacter",
    "ne plus contacter",
    "no contactar",
    "dado de baja",
    "dada de baja",
    "non contattare",
    "disiscritto",
    "uitgeschreven",
    "afgemeld",
    "niet contacteren",
];
/// Reasons that say so as a whole, and mean something else within a sentence.
const ALONE: &[&str] = &["stop", "remove", "removed", "removal", "suppress", "block"];
/// Words that make it a matter of time: whoever is not to be written to until March is not left alone for good.
const FOR_NOW: &[&str] = &[
    "until", "till", "before", "yet", "now", "today", "tomorrow", "week", "month", "quarter",
    "year", "during",
];
/// Words that stand before what somebody left.
const ARTICLES: &[&str] = &[
    "the",
    "a",
    "an",
    "our",
    "your",
    "my",
    "his",
    "her",
    "their",
    "this",
    "that",
    "all",
    "any",
    "every",
    "further",
    "future",
    "more",
    "mailing",
    "email",
    "marketing",
    "sales",
    "monthly",
    "weekly",
];
/// Beginnings of words for what mail is and does: only who leaves that is to be left alone.
const MAILS: &[&str] = &[
    "mail",
    "email",
    "newsletter",
    "everything",
    "contact",
    "market",
    "outreach",
    "communic",
    "sequence",
    "cadence",
    "campaign",
    "messag",
    "send",
    "writ",
    "reach",
    "bother",
    "spam",
    "pester",
    "chas",
    "follow",
    "call",
    "correspond",
    "database",
    "promo",
    "advert",
    "subscri",
    "distribution",
    "verteiler",
];
/// Whole words of the same kind.
const MAIL_WORDS: &[&str] = &[
    "list", "lists", "us", "me", "him", "her", "them", "crm", "data", "file", "files", "records",
    "system",
];
/// Words that turn a reason round.
const NOT_SO: &[&str] = &["didnt", "never", "hasnt", "not", "wasnt", "isnt"];

/// Tells whether a reason for a skip says that they asked to be left alone: by the phrases that operators write, or as the judge of mail
/// would read it, if it was pasted.
#[must_use]
pub fn says_do_not_contact(reason: &str) -> bool {
    let plain: String = reason
        .chars()
        .map(|c| if matches!(c, '-' | '_' | '/') { ' ' } else { c })
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if ALONE.contains(&words.join(" ").as_str()) {
        return true;
    }
    let said: Vec<(usize, usize)> = LEFT_ALONE
        .iter()
        .filter_map(|phrase| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            let at = words
                .windows(phrase.len())
                .position(|part| part == phrase)?;
            Some((at, at + phrase.len()))
        })
        .collect();
    if said.is_empty() {
        return judge("", reason, "").decision == Decision::Yes;
    }
    said.into_iter().any(|(from, to)| is_said(&words, from, to))
}

/// Tells whether the words from one place to another, which say that somebody is to be left alone, mean mail, and for good.
fn is_said(words: &[&str], from: usize, to: usize) -> bool {
    let before = words.get(from.saturating_sub(2)..from).unwrap_or_default();
    let behind = words.get(to..).unwrap_or_default();
    let is_for_now = behind.iter().take(4).any(|word| FOR_NOW.contains(word));
    // "Asked to stop by in March."
    let is_stop = words.get(to.saturating_sub(1)) == Some(&"stop");
    let is_visit = is_stop && behind.first() == Some(&"by");
    !is_for_now
        && !is_visit
        && !is_of_another_thing(behind, is_stop)
        && !before.iter().any(|word| NOT_SO.contains(word))
}

/// Tells whether the words behind a phrase name something else than mail that was left or is to stop: "of the trial", "using it".
fn is_of_another_thing(behind: &[&str], is_stop: bool) -> bool {
    let is_mail =
        |word: &&str| MAIL_WORDS.contains(word) || MAILS.iter().any(|mail| word.starts_with(mail));
    let (first, rest) = match behind.split_first() {
        Some((first, rest)) => (*first, rest),
        None => return false,
    };
    let named = match first {
        "of" | "from" => rest,
        _ if is_stop && (first.ends_with("ing") || ARTICLES.contains(&first)) => behind,
        _ => return false,
    };
    !named.is_empty()
        && !named
            .iter()
            .take_while(|word| ARTICLES.contains(word))
            .any(&is_mail)
        && !named
            .iter()
            .find(|word| !ARTICLES.contains(word))
            .is_none_or(is_mail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_says_do_not_contact_is_told_from_others() {
        let check = |reason: &str, expect| {
            assert_eq!(says_do_not_contact(reason), expect, "{reason}");
        };
        check("do not contact", true);
        check("Do not contact: they asked to be left alone", true);
        check("  DO  NOT CONTACT.", true);
        check("they asked to be left alone", true);
        for reason in [
            "unsubscribe",
            "Unsubscribed",
            "UNSUBSCRIBED.",
            "opted out",
            "opt out",
            "opt-out",
            "Opt-Out by phone",
            "DNC",
            "dnc list",
            "don't contact",
            "Do not email",
            "asked to stop",
            "They asked us to stop.",
            "asked not to be contacted",
            "asked not to be contacted again",
            "remove",
            "Remove me",
            "removed",
            "wants to be removed",
            "stop",
            "stop emailing",
            "please take me off your list",
            "Bitte nehmen Sie mich aus dem Verteiler.",
            "marked us as spam",
            "do_not_contact",
            "told us to leave him alone",
            "leave her alone",
            "GDPR erasure request",
            "right to be forgotten",
            "abgemeldet",
            "hat sich abgemeldet",
            "blacklist",
            "blacklisted",
            "do not disturb",
            "DND",
            "angry: never again",
            "never email again",
            "opted out of our emails",
            "opted out of all marketing",
            "unsubscribed from the newsletter",
            "unsubscribed from everything",
            "asked to stop the emails",
            "asked to stop all outreach",
            "asked to stop sending mails",
            "asked to be removed from our list",
            "asked to be removed from the mailing list",
        ] {
            check(reason, true);
        }
        for reason in [
            "not now",
            "wrong time",
            "bad timing",
            "no budget",
            "not interested",
            "removed from the project",
            "asked to stop by in March",
            "do not contact until March",
            "do not contact before the renewal",
            "do not email this week",
            "did not opt out",
            "never unsubscribed",
            "already a customer",
            "duplicate",
            "left the company",
            "non-stop travel",
            "call instead",
            "on parental leave",
            "they opted out of the trial",
            "opted out of the pilot",
            "asked to stop the trial",
            "asked us to stop the project",
            "asked to stop using it",
            "unsubscribed from competitor",
            "unsubscribed from Kite's product",
            "asked to be removed from the project",
            "do not disturb until Monday",
        ] {
            check(reason, false);
        }
        check("not relevant", false);
        check("contact them later", false);
        check("", false);
    }
}
