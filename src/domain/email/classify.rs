//! The meaning of a reply: one label with a confidence and the phrases that speak for it.
//!
//! The text must already be free of quotes and signature, or our own "unsubscribe" footer would count. A negation in
//! the same clause turns a phrase round ("I wouldn't unsubscribe"); "why don't you", "if you don't" and a negation behind a comma do not.
//! An opt-out beats every other meaning in the text, for it is a legal duty; then absence, then who to ask, then a complaint, and of the rest the
//! strongest wins.

use serde::Serialize;

use super::dates::is_weekday;
use super::lexicon::{self, Found, Sense};
use super::words::{Word, fold, words};
use crate::domain::words::words;

#[cfg(test)]
mod more;
#[cfg(test)]
mod replies;

/// A person's answer is in its first words; what follows in a long text is material.
const MAX_WORDS: usize = 700;
/// Below this the operator is asked to check the label.
pub const CHECK_BELOW: f64 = 0.6;

words! {
    /// The label of a reply.
    pub enum ReplyLabel ("a label") {
        /// Wants to know more or to go on.
        Interested = "interested",
        /// Asks for or proposes a meeting.
        MeetingRequest = "meeting_request",
        /// Agrees to a meeting.
        MeetingConfirmed = "meeting_confirmed",
        /// Asks something.
        Question = "question",
        /// Holds something against it.
        Objection = "objection",
        /// Later, perhaps.
        NotNow = "not_now",
        /// No.
        NotInterested = "not_interested",
        /// Is not who should be asked.
        WrongPerson = "wrong_person",
        /// Names who should be asked.
        Referral = "referral",
        /// Is angry.
        Complaint = "complaint",
        /// Wants no more mail. The only label that opts out.
        Unsubscribe = "unsubscribe",
        /// Is away.
        OutOfOffice = "out_of_office",
        /// A mail system's report, not a person.
        Bounce = "bounce",
        /// Is thankful, no more.
        Thanks = "thanks",
        /// Cannot be told.
        Unclear = "unclear",
    }
}

impl ReplyLabel {
    /// Tells whether its writer wants no answer but one that a person has thought about.
    #[must_use]
    pub const fn refuses(self) -> bool {
        matches!(
            self,
            Self::NotInterested | Self::WrongPerson | Self::Complaint | Self::Unsubscribe
        )
    }
}

/// The subject of an objection.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionKind {
    /// Money.
    Price,
    /// The moment.
    Timing,
    /// Another supplier.
    Competitor,
    /// No need.
    Need,
    /// Someone else decides.
    Authority,
    /// Doubt.
    Trust,
}

/// A label with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classification {
    /// The label.
    pub label: ReplyLabel,
    /// The objection, for that label.
    pub objection: Option<ObjectionKind>,
    /// Confidence, 0..1.
    pub confidence: f64,
    /// The phrases that speak for the label.
    pub because: Vec<String>,
}

/// Returns the label of what a person wrote.
#[must_use]
pub fn classify(text: &str) -> Classification {
    let folded = fold(text);
    let list = words(&folded, MAX_WORDS);
    if let Some(line) = opt_out_line(&folded) {
        return Classification {
            label: ReplyLabel::Unsubscribe,
            objection: None,
            confidence: 0.97,
            because: vec![format!("a line says only \"{line}\"")],
        };
    }
    // A refusal of one word.
    if let [word] = list.as_slice()
        && REFUSALS.contains(&word.text)
    {
        return Classification {
            label: ReplyLabel::NotInterested,
            objection: None,
            confidence: 0.75,
            because: vec![format!("\"{}\" is all it says", word.text)],
        };
    }
    let mut scores = Scores::default();
    let mut found = lexicon::find(&list);
    let (slight, told): (Vec<Found>, Vec<Found>) = found.drain(..).partition(is_slight);
    for found in &told {
        weigh(&mut scores, found, &list);
    }
    read_marks(&mut scores, &folded, &list);
    weigh_slight(&mut scores, &slight, &list);
    decide(scores, &list)
}

const REFUSALS: &[&str] = &[
    "no", "nope", "nah", "nein", "non", "nee", "nao", "nie", "nej", "nei",
];

/// Tells whether a phrase says nothing by itself: the courtesies of absence notices, and bare words of approval.
fn is_slight(found: &Found) -> bool {
    match found.sense {
        Sense::OutOfOffice => found.weight <= lexicon::COURTESY,
        Sense::Interested => found.weight <= lexicon::APPROVAL,
        _ => false,
    }
}

/// Adds the slight phrases where others bear them out.
fn weigh_slight(scores: &mut Scores, slight: &[Found], list: &[Word<'_>]) {
    let courtesies = slight
        .iter()
        .filter(|f| f.sense == Sense::OutOfOffice)
        .count();
    let away = scores.of(Sense::OutOfOffice) > 0.0
        || (courtesies >= 2 && scores.of(Sense::Question) == 0.0);
    // "Perfect, thank you" ends a conversation; "Perfect!" goes on with it.
    let thanked = scores.of(Sense::Thanks) > 0.0 && scores.of(Sense::Interested) == 0.0;
    for found in slight {
        match found.sense {
            Sense::OutOfOffice if !away => {}
            Sense::Interested if thanked || is_negated(found, list) => {}
            _ => weigh(scores, found, list),
        }
    }
}

/// Tells whether a subject is that of a mail sent by an unsubscribe link (`mailto:...?subject=unsubscribe`).
#[must_use]
pub fn is_opt_out_subject(subject: &str) -> bool {
    let base = fold(&super::subject::thread_subject(subject));
    let plain = bare(&base);
    let mut parts = plain.split(' ');
    let (first, count) = (parts.next().unwrap_or_default(), plain.split(' ').count());
    lexicon::is_single_opt_out(&plain)
        // A token of ours may follow: "unsubscribe 7f3a", "unsubscribe: ann@acme.io".
        || (matches!(first, "unsubscribe" | "unsub" | "optout" | "opt-out" | "abmelden" | "desabonnement" | "desinscription") && count <= 3
            && !parts.any(|w| matches!(w, "link" | "rate" | "rates" | "page" | "button" | "feature" | "flow" | "issue" | "from" | "requests")))
}

/// The words of a line with single spaces and no marks between them.
fn bare(line: &str) -> String {
    let mut out = String::new();
    for part in line.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | ','
                    | '!'
                    | '?'
                    | ':'
                    | ';'
                    | '"'
                    | '*'
                    | '_'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '<'
                    | '>'
                    | '#'
                    | '/'
            )
    }) {
        let part = part.trim_matches(|c: char| c == '\'' || c == '-');
        if !part.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(part);
        }
    }
    out
}

/// Returns the first line that asks to be left alone and says nothing else.
fn opt_out_line(folded: &str) -> Option<String> {
    const GREETINGS: &[&str] = &[
        "hi", "hello", "hey", "dear", "hallo", "bonjour", "hola", "ciao", "ola", "hej", "czesc",
    ];
    let lines: Vec<&str> = folded
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let short = lines.len() <= 3;
    let candidates = lines.iter().take(4).chain(lines.last());
    for line in candidates {
        // Sentences of a line too: "STOP. I told you twice."
        let sentences = || line.split_inclusive(['.', '!', ';', '?']).take(6);
        // "Not interested, remove me": the last clause of a sentence, unless that tells of a case ("when they answer, stop").
        let clauses = sentences()
            .filter(|s| !is_case(s.trim_start()))
            .flat_map(|s| {
                let comma = s.rsplit_once([',', ':']);
                let dash = s.rsplit_once(" - ");
                [comma, dash].into_iter().flatten().map(|(_, last)| last)
            });
        for part in std::iter::once(*line).chain(sentences()).chain(clauses) {
            if part.len() > 80 || part.ends_with('?') {
                continue;
            }
            let mut plain = bare(part);
            // "Hi Casey, stop" and "stop, thanks".
            if let Some((head, rest)) = part.split_once(',') {
                let first = bare(head);
                if GREETINGS.contains(&first.split(' ').next().unwrap_or_default())
                    && first.split(' ').count() <= 3
                {
                    plain = bare(rest);
                }
            }
            for polite in ["please ", "pls ", "plz ", "kindly ", "just "] {
                if let Some(rest) = plain.strip_prefix(polite) {
                    plain = rest.to_owned();
                }
            }
            for polite in [
                " please",
                " pls",
                " plz",
                " thanks",
                " thank you",
                " thx",
                " danke",
                " merci",
                " gracias",
                " grazie",
                " obrigado",
                " bedankt",
                " tack",
                " dziekuje",
                " now",
                " asap",
            ] {
                if let Some(cut) = plain.strip_suffix(polite) {
                    plain = cut.to_owned();
                }
            }
            // "stop stop stop".
            let mut parts = plain.split(' ');
            let first = parts.next().unwrap_or_default();
            if !first.is_empty() && parts.all(|w| w == first) {
                plain = first.to_owned();
            }
            let known = lexicon::is_single_opt_out(&plain);
            // Words that also mean other things count only where next to nothing else is said.
            let vague = matches!(
                plain.as_str(),
                "remove"
                    | "delete"
                    | "quit"
                    | "baja"
                    | "pare"
                    | "basta"
                    | "eliminar"
                    | "parar"
                    | "loschen"
                    | "arret"
                    | "poista"
                    | "cancelar"
                    | "no more"
                    | "go away"
                    | "remover"
                    | "dnc"
                    | "stop it"
                    | "stop now"
                    | "stop this"
            );
            if known && (!vague || short) {
                return Some(plain);
            }
        }
    }
    None
}

/// Tells whether a sentence tells of a case, not of a wish.
fn is_case(sentence: &str) -> bool {
    let first = sentence.split(' ').next().unwrap_or_default();
    matches!(
        first,
        "if" | "when" | "once" | "whenever" | "wenn" | "falls" | "si" | "quand" | "se" | "als"
    )
}

#[derive(Default)]
struct Scores {
    entries: Vec<(Sense, f64, Vec<String>)>,
}

impl Scores {
    fn add(&mut self, sense: Sense, weight: f64, why: String) {
        match self.entries.iter_mut().find(|(s, _, _)| *s == sense) {
            Some((_, score, reasons)) => {
                // Two phrases of one sense are more than one, but never certainty.
                *score = 1.0 - (1.0 - *score) * (1.0 - weight * 0.5);
                if reasons.len() < 6 && !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
            None => self.entries.push((sense, weight, vec![why])),
        }
    }

    fn of(&self, sense: Sense) -> f64 {
        self.entries
            .iter()
            .find(|(s, _, _)| *s == sense)
            .map_or(0.0, |(_, score, _)| *score)
    }
}

const NEGATORS: &[&str] = &[
    "not",
    "never",
    "don't",
    "dont",
    "didn't",
    "doesn't",
    "won't",
    "wouldn't",
    "isn't",
    "aren't",
    "wasn't",
    "cannot",
    "can't",
    "couldn't",
    "shouldn't",
    "hardly",
    "without",
    "neither",
    "nor",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "nie",
    "niemals",
    "pas",
    "jamais",
    "ne",
    "non",
    "nunca",
    "jamas",
    "mai",
    "nao",
    "niet",
    "geen",
    "nooit",
    "inte",
    "aldrig",
    "ikke",
    "ingen",
    "bez",
    "no",
];

/// Words of will: with a negation they refuse, where "can't" only fails.
const WISHES: &[&str] = &[
    "want", "wish", "going", "ask", "asked", "veux", "souhaite", "voulons", "quiero", "queremos",
    "deseo", "voglio", "vogliamo", "quero", "queremos", "wil", "willen", "chce", "chcemy", "need",
];

/// Tells whether a negation before the phrase, in its clause, turns it round.
fn is_negated(found: &Found, list: &[Word<'_>]) -> bool {
    let Some(first) = list.get(found.at) else {
        return false;
    };
    let before: Vec<&str> = list
        .get(found.at.saturating_sub(5)..found.at)
        .unwrap_or_default()
        .iter()
        .filter(|w| w.clause == first.clause)
        .map(|w| w.text)
        .collect();
    // "We have no other provider and would love to try this": the second half stands by itself.
    if before.last() == Some(&"and")
        && matches!(
            first.text,
            "would" | "i'd" | "we'd" | "love" | "happy" | "will" | "looking"
        )
    {
        return false;
    }
    let joined = before.windows(2).rposition(|pair| {
        matches!(
            pair,
            [
                "and",
                "i" | "we" | "would" | "will" | "am" | "are" | "it" | "that" | "please"
            ]
        )
    });
    let before = before.get(joined.unwrap_or_default()..).unwrap_or_default();
    let count = before
        .iter()
        .enumerate()
        .filter(|(n, word)| {
            let previous = n
                .checked_sub(1)
                .and_then(|p| before.get(p))
                .copied()
                .unwrap_or_default();
            let next = before.get(n + 1).copied().unwrap_or_default();
            // "why don't you stop", "if you don't stop": a demand. "not only", "why not", "no problem".
            let demand = matches!(previous, "why" | "please-why")
                || (matches!(**word, "don't" | "dont")
                    && previous == "you"
                    && before.contains(&"if"));
            let idiom = matches!(
                next,
                "only" | "just" | "forget" | "miss" | "problem" | "worries" | "hesitate" | "doubt"
            ) || previous == "why"
                || (previous == "if" && **word == "not");
            // A failed try is still a wish: "I can't unsubscribe", "could not unsubscribe".
            // "No" and "non" stand before any sentence; only right before the wish do they turn it round.
            let wished = |w: &str| WISHES.contains(&w);
            let wish = if matches!(**word, "no" | "non" | "nao") {
                let next = before.get(n + 1).copied();
                wished(
                    next.or_else(|| found.phrase.split(' ').next())
                        .unwrap_or_default(),
                )
            } else {
                before.iter().any(|w| wished(w)) || found.phrase.split(' ').any(wished)
            };
            // "Ne ... pas" is one negation.
            let doubled = **word == "ne"
                && before
                    .iter()
                    .copied()
                    .chain(found.phrase.split(' '))
                    .any(|w| matches!(w, "pas" | "plus" | "jamais"));
            let failed = found.sense == Sense::Unsubscribe
                && !wish
                && matches!(
                    **word,
                    "can't"
                        | "cannot"
                        | "couldn't"
                        | "no"
                        | "non"
                        | "didn't"
                        | "doesn't"
                        | "without"
                        | "pas"
                        | "nie"
                        | "ne"
                )
                && !(**word == "no" && matches!(next, "need" | "reason"));
            NEGATORS.contains(word) && !demand && !idiom && !failed && !doubled
        })
        .count();
    count % 2 == 1
}

fn weigh(scores: &mut Scores, found: &Found, list: &[Word<'_>]) {
    let negated = is_negated(found, list);
    let quoted = format!("\"{}\"", found.phrase);
    let behind = |n: usize| list.get(found.at + found.len + n).map_or("", |w| w.text);
    match found.sense {
        Sense::Unsubscribe if negated => {
            scores.add(Sense::Interested, 0.45, format!("{quoted} is negated"))
        }
        Sense::Unsubscribe => {
            // "Do not email me before Monday" asks for time, and "the unsubscribe link" is a thing.
            let until = (0..3).any(|n| {
                matches!(
                    behind(n),
                    "before"
                        | "until"
                        | "till"
                        | "this"
                        | "today"
                        | "vor"
                        | "bis"
                        | "avant"
                        | "hasta"
                        | "antes"
                )
            }) && (0..4).any(|n| is_time(behind(n)));
            let thing = matches!(
                behind(0),
                "link"
                    | "links"
                    | "rate"
                    | "rates"
                    | "page"
                    | "button"
                    | "feature"
                    | "requests"
                    | "request"
                    | "header"
                    | "headers"
                    | "flow"
                    | "rules"
            );
            let third = list.get(found.at.wrapping_sub(1)).is_some_and(|w| {
                matches!(
                    w.text,
                    "customers"
                        | "users"
                        | "people"
                        | "they"
                        | "subscribers"
                        | "clients"
                        | "contacts"
                        | "leads"
                )
            });
            if until {
                scores.add(Sense::NotNow, 0.8, quoted);
            } else if asks_to_be_called(found, list) {
                scores.add(Sense::MeetingRequest, 0.7, quoted);
            } else if !thing && !third && !is_about_others(found, list) {
                scores.add(Sense::Unsubscribe, found.weight, quoted);
            }
        }
        // "Not sure" is no refusal.
        Sense::Interested if negated && found.phrase.starts_with("sure") => {}
        Sense::Interested if negated => {
            scores.add(Sense::NotInterested, 0.75, format!("{quoted} is negated"))
        }
        Sense::NotInterested if negated => {
            scores.add(Sense::Interested, 0.6, format!("{quoted} is negated"))
        }
        // "How this works", "whether that works".
        Sense::MeetingConfirmed
            if list
                .get(found.at.wrapping_sub(1))
                .is_some_and(|w| matches!(w.text, "how" | "if" | "whether" | "what")) => {}
        // One time refused, or one of several offered, or one asked about: it is still to be found.
        Sense::MeetingConfirmed
            if names_time(found, list)
                && (negated || has_negation(found) || leaves_choice(found, list)) =>
        {
            scores.add(Sense::MeetingRequest, 0.75, quoted);
        }
        Sense::MeetingConfirmed if is_asked(found, list) => {
            let sense = if names_time(found, list) {
                Sense::MeetingRequest
            } else {
                Sense::Question
            };
            scores.add(sense, 0.75, quoted);
        }
        Sense::MeetingRequest | Sense::MeetingConfirmed if negated => {
            scores.add(Sense::NotInterested, 0.5, format!("{quoted} is negated"))
        }
        Sense::Complaint
        | Sense::Price
        | Sense::Trust
        | Sense::Referral
        | Sense::Timing
        | Sense::Competitor
        | Sense::OutOfOffice
            if negated => {}
        Sense::Thanks if negated => {}
        // "All set for Tuesday", "I'll pass this along".
        Sense::NotInterested if found.phrase.ends_with("set") && behind(0) == "for" => {
            scores.add(Sense::MeetingConfirmed, 0.7, quoted);
        }
        Sense::NotInterested
            if found.phrase.contains("pass")
                && matches!(behind(0), "along" | "on" | "to" | "over") =>
        {
            scores.add(Sense::Referral, 0.7, quoted);
        }
        // "Who should I talk to?"
        Sense::MeetingRequest
            if list
                .get(found.at.wrapping_sub(1))
                .is_some_and(|w| w.text == "who") =>
        {
            scores.add(Sense::Question, 0.7, quoted);
        }
        // "Is this a scam?" doubts, "this is a scam" accuses.
        Sense::Complaint
            if found.phrase.starts_with("scam") && list.get(found.at).is_some_and(|w| w.asks) =>
        {
            scores.add(Sense::Trust, 0.75, quoted);
        }
        // "Is it cheaper yearly?" weighs an offer.
        Sense::Price
            if list.get(found.at).is_some_and(|w| {
                w.asks
                    && ["cheap", "discount", "pric", "cost"]
                        .iter()
                        .any(|s| w.text.starts_with(s))
            }) =>
        {
            scores.add(Sense::Question, 0.7, quoted);
        }
        // "What happens when the contract ends?" weighs one too.
        Sense::Timing if list.get(found.at).is_some_and(|w| w.asks) => {
            scores.add(Sense::Question, 0.7, quoted);
        }
        // "We have no other provider."
        Sense::Competitor if has_negation(found) => {}
        // "Contact us again in April" sends to the writer.
        Sense::Referral
            if found.phrase.split(' ').any(|w| matches!(w, "me" | "us")) && is_contact(found) => {}
        // "I need to ask my boss" sends nobody anywhere.
        Sense::Referral if is_own_plan(found, list) => {}
        sense => scores.add(sense, found.weight, quoted),
    }
}

/// Tells whether the phrase is one of writing to someone, not of being put in touch or copying.
fn is_contact(found: &Found) -> bool {
    let first = found.phrase.split(' ').next().unwrap_or_default();
    !found.phrase.contains("instead")
        && matches!(
            first,
            "please"
                | "should"
                | "could"
                | "contact"
                | "reach"
                | "email"
                | "write"
                | "talk"
                | "speak"
                | "ask"
                | "try"
                | "call"
        )
}

fn has_negation(found: &Found) -> bool {
    found.phrase.split(' ').any(|w| NEGATORS.contains(&w))
}

fn clause_of<'l, 't>(found: &Found, list: &'l [Word<'t>]) -> impl Iterator<Item = &'l Word<'t>> {
    let clause = list.get(found.at).map(|w| w.clause);
    list.iter().filter(move |w| Some(w.clause) == clause)
}

fn sentence_of<'l, 't>(found: &Found, list: &'l [Word<'t>]) -> impl Iterator<Item = &'l Word<'t>> {
    let sentence = list.get(found.at).map(|w| w.sentence);
    list.iter().filter(move |w| Some(w.sentence) == sentence)
}

fn is_day(word: &str) -> bool {
    word == "tomorrow" || is_weekday(word)
}

fn names_time(found: &Found, list: &[Word<'_>]) -> bool {
    clause_of(found, list).any(|w| {
        is_day(w.text)
            || matches!(
                w.text,
                "time" | "date" | "slot" | "day" | "week" | "morning" | "afternoon" | "anytime"
            )
    })
}

/// Tells whether the clause names more than one day or hour, so that none is settled.
fn leaves_choice(found: &Found, list: &[Word<'_>]) -> bool {
    let open = clause_of(found, list).any(|w| {
        matches!(
            w.text,
            "or" | "either" | "any" | "anytime" | "between" | "whichever" | "whenever"
        )
    });
    open || clause_of(found, list).filter(|w| is_day(w.text)).count() > 1
}

/// Tells whether the phrase is what its sentence asks about.
fn is_asked(found: &Found, list: &[Word<'_>]) -> bool {
    let Some(first) = list.get(found.at).filter(|w| w.asks) else {
        return false;
    };
    let last = sentence_of(found, list).last().map(|w| w.clause);
    last == Some(first.clause)
        || list.get(found.at.wrapping_sub(1)).is_some_and(|w| {
            matches!(
                w.text,
                "does" | "do" | "would" | "will" | "is" | "can" | "could"
            )
        })
}

/// "Don't email me, call me instead."
fn asks_to_be_called(found: &Found, list: &[Word<'_>]) -> bool {
    let (Some(first), Some(rest)) = (list.get(found.at), list.get(found.at + found.len - 1..))
    else {
        return false;
    };
    matches!(first.text, "don't" | "dont" | "do" | "not" | "never")
        && rest.windows(3).any(|three| match three {
            [before, verb, object] => {
                verb.clause != first.clause
                    && !NEGATORS.contains(&before.text)
                    && matches!(verb.text, "call" | "phone" | "ring" | "text" | "whatsapp")
                    && matches!(object.text, "me" | "us" | "my" | "our" | "instead")
            }
            _ => false,
        })
}

/// Tells whether an opt-out's words are about something other than our mail to the writer: a contract, the writer's own mailings, what
/// the product does, or a slip to be undone.
fn is_about_others(found: &Found, list: &[Word<'_>]) -> bool {
    const THINGS: &[&str] = &[
        "cc",
        "bcc",
        "copy",
        "contract",
        "agreement",
        "quote",
        "offer",
        "order",
        "invoice",
        "invite",
        "invitation",
        "meeting",
        "call",
        "calendar",
        "event",
        "plan",
        "trial",
        "project",
        "agenda",
        "proposal",
        "deck",
        "slide",
        "slides",
        "website",
        "workspace",
        "seat",
        "renewal",
        "clause",
        "beta",
    ];
    const MAIL: &[&str] = &[
        "list", "lists", "mailing", "mailings", "database", "emails", "mails", "messages",
        "sequence", "campaign",
    ];
    let words: Vec<&str> = found.phrase.split(' ').collect();
    let behind = list.get(found.at + found.len..).unwrap_or_default();
    let last = words.last().copied().unwrap_or_default();
    let clause = list.get(found.at).map(|w| w.clause);
    // "Do not contact me by phone" leaves the mail.
    let by_phone = matches!(behind, [by, phone, ..]
        if by.text == "by" && matches!(phone.text, "phone" | "telephone" | "sms" | "text"))
        && !behind.iter().any(|w| matches!(w.text, "or" | "nor"));
    if by_phone {
        return true;
    }
    // "Remove me from cc", "my name from the contract".
    let leaves = matches!(last, "from" | "off" | "of")
        || behind
            .iter()
            .take(2)
            .any(|w| Some(w.clause) == clause && matches!(w.text, "from" | "off" | "on" | "of"));
    let target = behind
        .iter()
        .take(5)
        .take_while(|w| Some(w.clause) == clause);
    let thing = target.clone().any(|w| THINGS.contains(&w.text));
    let mail = words.iter().any(|w| MAIL.contains(w))
        || sentence_of(found, list).any(|w| MAIL.contains(&w.text));
    if leaves && thing && !mail {
        return true;
    }
    let before: Vec<&str> = list
        .get(found.at.saturating_sub(6)..found.at)
        .unwrap_or_default()
        .iter()
        .filter(|w| Some(w.clause) == clause)
        .map(|w| w.text)
        .collect();
    let next = behind.first().map_or("", |w| w.text);
    if words.first() == Some(&"stop") || words.first() == Some(&"quit") {
        let own = before
            .iter()
            .any(|w| matches!(*w, "i" | "we" | "we're" | "i'm" | "us"))
            && !before
                .iter()
                .any(|w| matches!(*w, "you" | "asked" | "told" | "said" | "must"));
        let theirs = matches!(
            next,
            "them"
                | "people"
                | "customers"
                | "prospects"
                | "leads"
                | "contacts"
                | "everyone"
                | "recipients"
        );
        let receives = words.iter().any(|w| matches!(*w, "receiving" | "getting"));
        if theirs || (own && !receives && !matches!(next, "me" | "us" | "my" | "our")) {
            return true;
        }
    }
    // "Does it stop emailing people?", "Can I cancel the subscription at any time?"
    let asks = list.get(found.at).is_some_and(|w| w.asks);
    if asks && words.contains(&"subscription") {
        return true;
    }
    let of_us = sentence_of(found, list).any(|w| {
        matches!(
            w.text,
            "me" | "us"
                | "my"
                | "our"
                | "i"
                | "we"
                | "you"
                | "mich"
                | "uns"
                | "moi"
                | "nous"
                | "mi"
                | "nos"
                | "mij"
                | "ons"
        )
    });
    let inquires = sentence_of(found, list).next().is_some_and(|w| {
        matches!(
            w.text,
            "does"
                | "do"
                | "is"
                | "are"
                | "will"
                | "can"
                | "what"
                | "which"
                | "how"
                | "when"
                | "if"
        )
    });
    // "Do you delete our data when the contract ends?"
    let practice = sentence_of(found, list)
        .next()
        .is_some_and(|w| matches!(w.text, "do" | "does" | "how" | "what" | "which"))
        && !sentence_of(found, list).any(|w| matches!(w.text, "i" | "we" | "me" | "us" | "mind"));
    if asks && (practice || (inquires && !of_us)) {
        return true;
    }
    // "Mich nicht abmelden": the verb itself is negated.
    let verb = words.len().checked_sub(2).and_then(|n| words.get(n));
    if verb.is_some_and(|w| matches!(*w, "nicht" | "niet" | "not" | "pas" | "no" | "non"))
        && [
            "abmeld",
            "austrag",
            "abbestell",
            "losch",
            "entfern",
            "uitschrij",
            "afmeld",
            "verwijder",
            "unsubscrib",
        ]
        .iter()
        .any(|stem| last.starts_with(stem))
        && !words
            .iter()
            .any(|w| matches!(*w, "could" | "can" | "can't"))
    {
        return true;
    }
    // "I unsubscribed by mistake", "delete my last email, I sent it by mistake".
    let slip = list.iter().any(|w| {
        matches!(
            w.text,
            "mistake" | "mistakenly" | "accidentally" | "accident"
        )
    });
    slip && (words.contains(&"unsubscribed") || matches!(last, "email" | "mail" | "message"))
}

fn is_own_plan(found: &Found, list: &[Word<'_>]) -> bool {
    let before = list
        .get(found.at.saturating_sub(4)..found.at)
        .unwrap_or_default();
    let own = before
        .iter()
        .any(|w| matches!(w.text, "i" | "we" | "i'll" | "we'll" | "me" | "i'd"));
    own && before.iter().any(|w| {
        matches!(
            w.text,
            "need" | "have" | "must" | "got" | "let" | "will" | "i'll" | "we'll" | "should"
        )
    })
}

fn is_time(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            word,
            "monday"
                | "tuesday"
                | "wednesday"
                | "thursday"
                | "friday"
                | "week"
                | "month"
                | "quarter"
                | "year"
                | "q1"
                | "q2"
                | "q3"
                | "q4"
                | "january"
                | "february"
                | "march"
                | "april"
                | "may"
                | "june"
                | "july"
                | "august"
                | "september"
                | "october"
                | "november"
                | "december"
                | "then"
                | "next"
                | "summer"
                | "autumn"
                | "spring"
                | "today"
        )
}

/// Adds what marks and shapes tell that words do not.
fn read_marks(scores: &mut Scores, folded: &str, list: &[Word<'_>]) {
    if folded.contains('?') {
        let questions = folded.matches('?').count();
        scores.add(
            Sense::Question,
            if questions > 1 { 0.7 } else { 0.65 },
            "it asks with a question mark".to_owned(),
        );
    }
    let has_address = list.iter().any(|w| {
        w.text
            .split_once('@')
            .is_some_and(|(l, r)| !l.is_empty() && r.contains('.'))
    });
    // "Reach out to procurement@acme.io".
    let directed = list.iter().enumerate().any(|(at, word)| {
        let before = list.get(at.saturating_sub(8)..at).unwrap_or_default();
        word.text.contains('@')
            && before.iter().any(|w| {
                w.sentence == word.sentence
                    && matches!(
                        w.text,
                        "contact"
                            | "reach"
                            | "email"
                            | "write"
                            | "ask"
                            | "try"
                            | "mail"
                            | "forward"
                    )
            })
    });
    if directed && scores.of(Sense::Unsubscribe) == 0.0 {
        scores.add(
            Sense::Referral,
            0.7,
            "it sends us to another address".to_owned(),
        );
    }
    if has_address && (scores.of(Sense::WrongPerson) > 0.0 || scores.of(Sense::Referral) > 0.0) {
        scores.add(Sense::Referral, 0.85, "it gives another address".to_owned());
    }
    // A day or an hour beside a word of agreement settles a meeting; beside "let's" it asks for one.
    let times = list
        .iter()
        .filter(|w| {
            matches!(
                w.text,
                "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "tomorrow"
            )
        })
        .count();
    let is_hour = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && (text.contains(':') || text.ends_with("am") || text.ends_with("pm"))
    };
    let hour = list.iter().any(|w| is_hour(w.text));
    // "3pm works".
    let fits = list.windows(2).any(|pair| match pair {
        [hour, word] => {
            is_hour(hour.text)
                && hour.clause == word.clause
                && !word.asks
                && matches!(word.text, "works" | "suits" | "fits")
        }
        _ => false,
    });
    if fits && scores.of(Sense::MeetingRequest) == 0.0 {
        scores.add(
            Sense::MeetingConfirmed,
            0.8,
            "it agrees to an hour".to_owned(),
        );
    }
    if times > 0
        && hour
        && scores.of(Sense::MeetingConfirmed) == 0.0
        && scores.of(Sense::OutOfOffice) == 0.0
        && scores.of(Sense::NotNow) == 0.0
    {
        scores.add(
            Sense::MeetingRequest,
            0.6,
            "it names a day and an hour".to_owned(),
        );
    }
}

fn label_of(sense: Sense) -> (ReplyLabel, Option<ObjectionKind>) {
    use ObjectionKind as O;
    use ReplyLabel as L;
    match sense {
        Sense::Unsubscribe => (L::Unsubscribe, None),
        Sense::OutOfOffice => (L::OutOfOffice, None),
        Sense::Complaint => (L::Complaint, None),
        Sense::WrongPerson => (L::WrongPerson, None),
        Sense::Referral => (L::Referral, None),
        Sense::MeetingConfirmed => (L::MeetingConfirmed, None),
        Sense::MeetingRequest => (L::MeetingRequest, None),
        Sense::NotNow => (L::NotNow, None),
        Sense::NotInterested => (L::NotInterested, None),
        Sense::Price => (L::Objection, Some(O::Price)),
        Sense::Timing => (L::Objection, Some(O::Timing)),
        Sense::Competitor => (L::Objection, Some(O::Competitor)),
        Sense::Need => (L::Objection, Some(O::Need)),
        Sense::Authority => (L::Objection, Some(O::Authority)),
        Sense::Trust => (L::Objection, Some(O::Trust)),
        Sense::Interested => (L::Interested, None),
        Sense::Question => (L::Question, None),
        Sense::Thanks => (L::Thanks, None),
    }
}

/// Weight of a sense against others in one text, beside its score: a polite "thanks" or "interesting" stands before most
/// refusals, and a refusal with a time is a postponement.
fn standing(sense: Sense) -> f64 {
    match sense {
        Sense::Unsubscribe => 10.0,
        Sense::OutOfOffice => 3.0,
        Sense::Complaint => 2.6,
        Sense::Referral => 2.5,
        Sense::WrongPerson => 2.4,
        Sense::NotNow => 2.0,
        Sense::Price | Sense::Timing | Sense::Competitor | Sense::Need | Sense::Authority => 1.7,
        Sense::NotInterested => 1.6,
        Sense::MeetingConfirmed => 1.5,
        Sense::MeetingRequest => 1.45,
        Sense::Trust => 1.2,
        Sense::Interested => 1.1,
        Sense::Question => 1.0,
        Sense::Thanks => 0.6,
    }
}

fn decide(scores: Scores, list: &[Word<'_>]) -> Classification {
    let mut ranked: Vec<(Sense, f64, Vec<String>)> = scores
        .entries
        .into_iter()
        .filter(|(_, score, _)| *score >= 0.4)
        .collect();
    ranked.sort_by(|a, b| {
        (standing(b.0) * b.1)
            .total_cmp(&(standing(a.0) * a.1))
            .then(a.0.cmp(&b.0))
    });
    let mut ranked = ranked.into_iter();
    let Some((sense, score, mut because)) = ranked.next() else {
        let why = if list.is_empty() {
            "there is no text"
        } else {
            "no phrase of the lexicon is in it"
        };
        return Classification {
            label: ReplyLabel::Unclear,
            objection: None,
            confidence: 0.3,
            because: vec![why.to_owned()],
        };
    };
    let mut confidence = score.min(0.97);
    // Something said against it makes the label less sure; an opt-out stays one.
    if let Some((other, against, _)) = ranked.find(|(other, _, _)| conflicts(sense, *other)) {
        if sense != Sense::Unsubscribe {
            confidence *= 1.0 - 0.35 * against;
        }
        because.push(format!("but also signs of {}", name(other)));
    }
    let (label, objection) = label_of(sense);
    Classification {
        label,
        objection,
        confidence: (confidence * 100.0).round() / 100.0,
        because,
    }
}

fn conflicts(winner: Sense, other: Sense) -> bool {
    let positive = |s: Sense| {
        matches!(
            s,
            Sense::Interested | Sense::MeetingRequest | Sense::MeetingConfirmed
        )
    };
    let negative = |s: Sense| {
        matches!(
            s,
            Sense::NotInterested
                | Sense::NotNow
                | Sense::Complaint
                | Sense::Unsubscribe
                | Sense::Price
                | Sense::Competitor
                | Sense::Need
                | Sense::Timing
        )
    };
    (positive(winner) && negative(other)) || (negative(winner) && positive(other))
}

fn name(sense: Sense) -> &'static str {
    match label_of(sense).0 {
        ReplyLabel::Interested => "interest",
        ReplyLabel::MeetingRequest | ReplyLabel::MeetingConfirmed => "a meeting",
        ReplyLabel::NotNow => "a later time",
        ReplyLabel::NotInterested => "a refusal",
        ReplyLabel::Objection => "an objection",
        ReplyLabel::Complaint => "a complaint",
        ReplyLabel::Unsubscribe => "an opt-out",
        _ => "another meaning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, label: ReplyLabel, wrong: &mut Vec<String>) {
        let got = classify(text);
        if got.label != label {
            wrong.push(format!("{text:?} should be {label:?}: {got:?}"));
        }
    }

    #[test]
    fn opt_outs_are_heard_in_every_language_known() {
        let mut wrong = Vec::new();
        for text in [
            "STOP",
            "stop.",
            "Stop please",
            "Please stop.",
            "Hi Casey, stop",
            "STOP STOP STOP",
            "unsubscribe",
            "Unsubscribe me please",
            "please unsubscribe",
            "Remove me",
            "Take me off your list.",
            "Please take me off this list",
            "Do not contact me again.",
            "Don't contact me again",
            "don't email me anymore",
            "Please don't send me any more emails.",
            "I don't want to receive your emails",
            "I no longer wish to receive these emails.",
            "Not interested, please remove me",
            "no please remove me from your list",
            "Please remove my email from your database",
            "kindly remove us from your mailing list",
            "Stop emailing me!",
            "Why don't you stop emailing me?",
            "If you don't stop emailing me I will report you",
            "I can't unsubscribe, please help",
            "I would like to unsubscribe",
            "How do I unsubscribe?",
            "opt out",
            "Please opt me out of all future emails",
            "No more emails please",
            "Leave me alone",
            "Never contact me again",
            "cease and desist all communication",
            "Lose my email",
            "Please delete my data.",
            "Email me again and I will report you as spam.",
            "Please refrain from contacting me",
            "stop sending me these emails",
            "I want off this list. Take me off.",
            "Thanks but please stop contacting me",
            "Bitte melden Sie mich ab.",
            "Bitte nehmen Sie mich aus Ihrem Verteiler.",
            "Bitte keine weiteren E-Mails.",
            "Schreiben Sie mir nicht mehr.",
            "Bitte kontaktieren Sie mich nicht mehr",
            "Ich möchte keine Mails mehr",
            "Abmelden",
            "Löschen Sie meine Daten",
            "Ich widerspreche der Nutzung meiner Daten",
            "Merci de me désabonner.",
            "Désinscrivez-moi",
            "Veuillez me retirer de votre liste",
            "Ne m'écrivez plus.",
            "Je ne souhaite plus recevoir vos emails",
            "Arrêtez de m'écrire",
            "Merci de ne plus me contacter",
            "Désabonnement",
            "Dadme de baja",
            "Quiero darme de baja",
            "Por favor, denme de baja",
            "No me escriban más",
            "No quiero recibir más correos",
            "Elimine mi correo de su lista",
            "BAJA",
            "Cancellatemi dalla lista",
            "Non scrivetemi più",
            "Non voglio più ricevere email",
            "Rimuovetemi dalla lista",
            "Vorrei disiscrivermi",
            "Remova meu email da lista",
            "Não quero mais receber emails",
            "Pare de me enviar emails",
            "Não me contacte mais",
            "Descadastrar",
            "Por favor, me remova da lista",
            "Schrijf mij uit",
            "Graag afmelden",
            "Stuur mij geen mails meer",
            "Geen mails meer aub",
            "Haal mij van de lijst",
            "Verwijder mij uit uw bestand",
            "Avregistrera mig",
            "Ta bort mig från listan",
            "Sluta maila mig",
            "Jag vill inte ha fler mejl",
            "Frameld mig",
            "Meld meg av",
            "Proszę mnie wypisać",
            "Wypisz mnie",
            "Nie piszcie do mnie więcej",
            "Proszę usunąć mój adres",
            "Rezygnuję",
            "退订",
            "отписаться",
        ] {
            check(text, ReplyLabel::Unsubscribe, &mut wrong);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn words_of_stopping_are_not_always_an_opt_out() {
        let mut wrong = Vec::new();
        for text in [
            "Happy to stop by your booth on Thursday.",
            "I wouldn't unsubscribe, love this",
            "Please don't stop sending these",
            "I would never unsubscribe from this",
            "Don't remove me from the list please",
            "We need a one-stop shop",
            "Does your tool handle unsubscribe requests?",
            "Our unsubscribe rate is 2%",
            "Can you stop by on Monday?",
            "The unsubscribe link in your demo looks nice",
            "I can't stop thinking about your demo",
            "It took me off guard, sounds great",
            "Do not contact me before Monday, I'm travelling",
            "How do your customers unsubscribe?",
            "Stop the presses, this is great!",
            "Let's not stop here, send me more info",
            "Remove the second item from the quote, please",
            "Not interested",
            "No thanks",
            "This is spam. I will report you.",
            "ok",
            "",
            "Please send the list of customers",
            "Pas de problème, arrêtons-nous au stand",
            "I never asked to be removed",
            "I'd like to opt for the annual plan",
            "Drop me an email",
        ] {
            let got = classify(text);
            if got.label == ReplyLabel::Unsubscribe {
                wrong.push(format!("{text:?}: {got:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn replies_have_their_labels() {
        use ReplyLabel::*;
        let mut wrong = Vec::new();
        let mut check = |text: &str, label: ReplyLabel| check(text, label, &mut wrong);
        check("Sounds good, let's talk Tuesday.", MeetingRequest);
        check("Can we meet on Thursday at 3pm?", MeetingRequest);
        check("Tuesday at 3 works for me", MeetingConfirmed);
        check("Confirmed, see you Tuesday", MeetingConfirmed);
        check("Tuesday 3pm works. Talk then.", MeetingConfirmed);
        check("Yes, interested. Tell me more.", Interested);
        check(
            "This sounds interesting, please send me more information",
            Interested,
        );
        check("How much does it cost?", Question);
        check("What integrations do you support?", Question);
        check("Not interested right now, try Q3", NotNow);
        check("Maybe next quarter", NotNow);
        check("Not at the moment, reach out again in 6 months", NotNow);
        check("Not interested.", NotInterested);
        check("No thanks", NotInterested);
        check("We'll pass", NotInterested);
        check("I'm not the right person for this", WrongPerson);
        check("I no longer work at Acme", WrongPerson);
        check("Talk to Bob instead, bob@acme.io", Referral);
        check("Please contact my colleague Jane", Referral);
        check("This is spam. I will report you.", Complaint);
        check("How did you get my email address?", Complaint);
        check("Reach out to procurement@acme.io", Referral);
        check("Non ora, grazie", NotNow);
        check("We're all set, thanks", NotInterested);
        check("Thanks!", Thanks);
        check("Thank you so much", Thanks);
        check("ok", Unclear);
        check("I am out of office until 3 March.", OutOfOffice);
        check("Kein Interesse", NotInterested);
        check("Pas intéressé", NotInterested);
        check("No me interesa", NotInterested);
        check("Non siamo interessati", NotInterested);
        check("Klingt interessant, gerne mehr Informationen", Interested);
        let mut objection = |text: &str, kind: ObjectionKind| {
            let got = classify(text);
            if (got.label, got.objection) != (Objection, Some(kind)) {
                wrong.push(format!("{text:?} should be {kind:?}: {got:?}"));
            }
        };
        objection("It's too expensive for us", ObjectionKind::Price);
        objection("We don't have the budget", ObjectionKind::Price);
        objection("The timing isn't right", ObjectionKind::Timing);
        objection(
            "We already use HubSpot and are happy with it",
            ObjectionKind::Competitor,
        );
        objection("We don't need this", ObjectionKind::Need);
        objection("I need to ask my boss first", ObjectionKind::Authority);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn unsubscribe_mail_is_known_by_its_subject() {
        for subject in [
            "unsubscribe",
            "Unsubscribe",
            "UNSUBSCRIBE 7f3a9",
            "unsubscribe: ann@acme.io",
            "Abmelden",
            "Désinscription",
        ] {
            assert!(is_opt_out_subject(subject), "{subject:?}");
        }
        for subject in [
            "Re: Quick question",
            "Unsubscribe rates of your customers",
            "How to unsubscribe",
            "unsubscribe link broken",
            "",
        ] {
            assert!(!is_opt_out_subject(subject), "{subject:?}");
        }
    }

    #[test]
    fn low_confidence_shows() {
        assert!(classify("ok").confidence < CHECK_BELOW);
        assert!(classify("STOP").confidence > 0.9);
    }
}
