//! Phrases in free text: the reason of a skip, a note about a contact.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::key_of;
use super::value::{TAGS, tag};
use crate::domain::contact::name::fold;
use crate::domain::email::{Decision, judge};

/// Phrases that say that somebody is to be left alone, in folded words.
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
    "desinscrit",
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
    "no more outreach",
    "no mail please",
    "no email please",
    "no emails please",
    "wants no mail",
    "wants no mails",
    "wants no email",
    "wants no emails",
    "wants no contact",
    "prefers no email",
    "prefers no emails",
    "prefers no mail",
    "stop sending",
    "remove from mailing",
    "remove from all",
    "keinen newsletter",
    "kein newsletter",
    "kontaktsperre",
    "mailsperre",
    "nicht mehr melden",
    "nicht mehr schreiben",
    "ne pas ecrire",
    "ne plus ecrire",
    "plus demail",
    "plus demails",
    "plus de mail",
    "plus de mails",
    "desinscrite",
    "desabonnee",
    "desabonner",
    "no escribir",
    "no quiere correos",
    "no quiere recibir",
    "no molestar",
    "non scrivere",
    "disiscritta",
    "cancellare dalla lista",
    "nao contatar",
    "nao contactar",
    "nao quer receber",
    "descadastrado",
    "niet mailen",
    "niet benaderen",
    "geen mail meer",
    "geen mails",
    "nie kontaktowac",
    "nie pisac",
    "wypisany",
    "wypisana",
    "kontakta ej",
    "kontakta inte",
    "skal ikke kontaktes",
];
/// Phrases that say so as a reason, and mean something else in a note: "no contact since May".
const IN_REASONS: &[&str] = &["no contact"];
/// Phrases that may say so in a note, and as the reason of a skip mean the move at hand: "do not send this one".
const IN_NOTES: &[&str] = &[
    "do not send",
    "dont send",
    "do not follow up",
    "do not market",
    "dont market",
    "do not approach",
    "do not reach out",
    "dont reach out",
    "never to be",
    "no longer wants",
    "wants no more",
    "ne souhaite plus",
    "will keine",
    "mochte keine",
    "wunscht keine",
    "non vuole",
    "wil geen",
    "must not be emailed",
    "must not be contacted",
    "must not be mailed",
    "not to be emailed",
    "not to be contacted",
    "not to be mailed",
    "ne pas envoyer",
    "ne plus envoyer",
    "no enviar",
    "non inviare",
    "nao enviar",
    "nie wysylac",
    "geen emails",
    "keine mail",
    "keine mails",
    "keine email",
    "keine emails",
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
/// Words that turn a phrase round.
const NOT_SO: &[&str] = &["didnt", "never", "hasnt", "not", "wasnt", "isnt"];

/// Bytes of a note that are read.
const MAX_NOTE: usize = 16 * 1024;
/// Words of a state or a tag.
const TAG_WORDS: usize = 4;
/// Bytes of one; longer pieces are sentences, maybe about something else.
const TAG: std::ops::RangeInclusive<usize> = 3..=40;

/// Words of a phrase, and where it counts.
struct Phrase {
    words: Vec<&'static str>,
    in_reasons: bool,
    in_notes: bool,
}

/// The phrases by their first word.
static PHRASES: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let lists = [
        (LEFT_ALONE, true, true),
        (IN_REASONS, true, false),
        (IN_NOTES, false, true),
    ];
    let mut all: HashMap<&str, Vec<Phrase>> = HashMap::new();
    for (list, in_reasons, in_notes) in lists {
        for text in list {
            let words: Vec<&str> = text.split(' ').collect();
            if let Some(first) = words.first() {
                all.entry(first).or_default().push(Phrase {
                    words,
                    in_reasons,
                    in_notes,
                });
            }
        }
    }
    all
});

/// A text in folded words; "e-mail" is one.
fn words_of(folded: &str) -> Vec<&str> {
    let mut words: Vec<&str> = folded.split_ascii_whitespace().collect();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let next = words.get(at + 1);
        if *word == "e" && next.is_some_and(|next| next.starts_with("mail")) {
            words.remove(at);
        }
        at += 1;
    }
    words
}

/// Returns the places of the phrases that a text holds: their first word, and the one behind them.
fn phrases_in(words: &[&str], counts: impl Fn(&Phrase) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(phrases) = PHRASES.get(word) else {
            continue;
        };
        for phrase in phrases.iter().filter(|phrase| counts(phrase)) {
            let end = at + phrase.words.len();
            let is_it = words.get(at..end).is_some_and(|part| {
                part.iter()
                    .zip(&phrase.words)
                    .all(|(word, wanted)| is_same(word, wanted))
            });
            if is_it {
                found.push((at, end));
            }
        }
    }
    found
}

/// Tells whether two words are one: "email" and the "mail" of "e-mail" are.
fn is_same(word: &str, wanted: &str) -> bool {
    word == wanted
        || wanted
            .strip_prefix('e')
            .is_some_and(|rest| rest.starts_with("mail") && rest == word)
}

/// Tells whether a reason for a skip says that they asked to be left alone: by the phrases that operators write, or as the judge of mail
/// would read it, if it was pasted.
#[must_use]
pub fn says_do_not_contact(reason: &str) -> bool {
    let folded = fold(reason);
    let words = words_of(&folded);
    if ALONE.contains(&words.join(" ").as_str()) {
        return true;
    }
    let said = phrases_in(&words, |phrase| phrase.in_reasons);
    if said.is_empty() {
        return judge("", reason, "").decision == Decision::Yes;
    }
    said.into_iter()
        .any(|(from, to)| !is_for_now(&words, to) && is_said(&words, from, to))
}

/// Tells whether a value under a name that says nothing may be a wish or a bounce: a state, a tag among others, or a phrase in a
/// note, also one for a time.
#[must_use]
pub fn suggests(text: &str) -> bool {
    if text.len() < *TAG.start() {
        return false;
    }
    let is_tag = |piece: &str| {
        let piece = piece.trim();
        let words = piece.split_ascii_whitespace().count();
        TAG.contains(&piece.len()) && words <= TAG_WORDS && tag(&key_of(piece)).is_some()
    };
    if may_hold_tag(text.as_bytes()) && text.split([',', ';', '|', '\n']).any(is_tag) {
        return true;
    }
    if !text
        .bytes()
        .any(|b| b.is_ascii_whitespace() || matches!(b, b'-' | b'_' | b'/'))
    {
        return false;
    }
    let end = text.floor_char_boundary(MAX_NOTE);
    let folded = fold(text.get(..end).unwrap_or(text));
    let words = words_of(&folded);
    phrases_in(&words, |phrase| phrase.in_notes)
        .into_iter()
        .any(|(from, to)| is_said(&words, from, to))
}

/// The first three letters of each stem and word of a tag. Most cells of most files hold none of them.
static TAG_MARKS: LazyLock<HashSet<[u8; 3]>> = LazyLock::new(|| {
    TAGS.iter()
        .flat_map(|list| list.split_ascii_whitespace())
        .filter_map(|stem| stem.as_bytes().first_chunk::<3>())
        .copied()
        .collect()
});

/// Tells quickly that a cell cannot be a tag.
fn may_hold_tag(text: &[u8]) -> bool {
    let marks = &*TAG_MARKS;
    // The first letters of a stem may be two words: "do not contact".
    let mut last = [0; 3];
    !text.is_ascii()
        || text.iter().filter(|b| b.is_ascii_alphanumeric()).any(|b| {
            let [_, second, third] = last;
            last = [second, third, b.to_ascii_lowercase()];
            marks.contains(&last)
        })
}

/// Tells whether the words from one place to another, which say that somebody is to be left alone, mean mail.
fn is_said(words: &[&str], from: usize, to: usize) -> bool {
    let before = words.get(from.saturating_sub(2)..from).unwrap_or_default();
    let behind = words.get(to..).unwrap_or_default();
    // "Asked to stop by in March."
    let is_stop = words.get(to.saturating_sub(1)) == Some(&"stop");
    let is_visit = is_stop && behind.first() == Some(&"by");
    !is_visit
        && !is_of_another_thing(behind, is_stop)
        && !before.iter().any(|word| NOT_SO.contains(word))
}

/// Tells whether the words behind a phrase make it a matter of time.
fn is_for_now(words: &[&str], to: usize) -> bool {
    let behind = words.get(to..).unwrap_or_default();
    behind.iter().take(4).any(|word| FOR_NOW.contains(word))
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
