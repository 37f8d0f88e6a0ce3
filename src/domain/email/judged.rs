//! The judge of a person's wish to be left alone: what the trained model says, held against what it can know.
//!
//! A text in a language that nobody here reads is a question to the operator whatever it seems to say, and whom a wish speaks for is held against its words.

use super::classify::{self, ReplyLabel};
use super::scope::held_against;
use super::trained;
use super::unread::{REASON, is_unread};
use super::wish::{Decision, OptOut, Scope};
use super::words::fold;

/// Confidence of the lexicon from which a wish within a text that is not read is one: "UNSUBSCRIBE" above a line of Thai.
const SURE: f64 = 0.9;
/// Words of a sentence at least in which an automatic reply wishes something: fewer are a link's.
const WISH_WORDS: usize = 3;
/// Sentences of an automatic reply that are looked at.
const MAX_SENTENCES: usize = 40;
/// Parts of sentences that automatic replies have anyway, folded.
const USUAL: &[&str] = &[
    "reply to this",
    "respond to this",
    "answer this",
    "replying to this",
    "not monitored",
    "unmonitored",
    "not be read",
    "be forwarded",
    "be deleted",
    "is deleted",
    "automatic",
    "automated",
    "instead",
    "click",
    "http",
    "to unsubscribe",
    "you are receiving",
    "you received this",
    "antworten sie nicht",
    "nicht auf diese",
    "weitergeleitet",
    "ne pas repondre",
    "no responda",
    "non rispondere",
    "nao responda",
    "niet te antwoorden",
];
/// Words of a link at most.
const LINK_WORDS: usize = 4;

/// Judges what a person wrote. `subject` holds the words of the message's subject that are theirs, `text` what remains without quotes and
/// signature, and `asked` our last sentence that asks something; each may be empty.
#[must_use]
pub fn judge(subject: &str, text: &str, asked: &str) -> OptOut {
    let mut out = trained::judge(subject, text, asked);
    let said = if text.trim().is_empty() {
        subject
    } else {
        text
    };
    if is_unread(said) {
        let meaning = classify::classify(said);
        let is_sure = meaning.label == ReplyLabel::Unsubscribe && meaning.confidence >= SURE;
        if out.decision != Decision::Yes || !is_sure {
            return OptOut {
                decision: Decision::Ask,
                scope: Scope::Me,
                because: vec![REASON.to_owned()],
                ..out
            };
        }
    }
    if out.decision == Decision::Yes && is_link_below_a_yes(text, asked) {
        out.decision = Decision::Ask;
    }
    if out.decision != Decision::No {
        out.scope = held_against(std::mem::take(&mut out.scope), said);
    }
    out
}

/// Judges what an automatic reply says. A program speaks for somebody who is not there, so a wish in it is at most a doubt; what absences and
/// receipts usually say is none.
#[must_use]
pub fn judge_absence(text: &str) -> OptOut {
    let told: Vec<&str> = text
        .split('\n')
        .flat_map(|line| line.split_inclusive(['.', '!', '?', ';']))
        .map(str::trim)
        .filter(|sentence| sentence.split_whitespace().count() >= WISH_WORDS)
        .filter(|sentence| !is_usual(sentence))
        .take(MAX_SENTENCES)
        .collect();
    told.into_iter()
        .map(|sentence| trained::judge("", sentence, ""))
        .find(|one| one.decision == Decision::Yes)
        .map(|one| OptOut {
            decision: Decision::Ask,
            scope: Scope::Me,
            ..one
        })
        .unwrap_or_default()
}

/// Tells whether a sentence is one that automatic replies have anyway: about the reply itself, the mailbox, or how their own lists are left.
fn is_usual(sentence: &str) -> bool {
    let folded = fold(sentence);
    USUAL.iter().any(|part| folded.contains(part))
}

/// Tells whether only the last line wishes it, in as few words as a link has, and what stands above it means to go on: a footer whose mark was lost.
fn is_link_below_a_yes(text: &str, asked: &str) -> bool {
    let Some((head, last)) = text.trim_end().rsplit_once('\n') else {
        return false;
    };
    let means_to_go_on = || {
        matches!(
            classify::classify(head).label,
            ReplyLabel::Interested
                | ReplyLabel::MeetingRequest
                | ReplyLabel::MeetingConfirmed
                | ReplyLabel::Question
                | ReplyLabel::Thanks
        )
    };
    last.split_whitespace().count() <= LINK_WORDS
        && means_to_go_on()
        && trained::judge("", head, asked).decision == Decision::No
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_not_read_is_asked_about() {
        for text in [
            "ไม่สนใจ ขอบคุณ",
            "من فضلك توقف عن إرسال الرسائل",
            "Видаліть мене зі списку розсилки",
            "Molim vas, odjavite me",
            "Vui lòng hủy đăng ký",
        ] {
            let out = judge("", text, "");
            assert_eq!(out.decision, Decision::Ask, "{text}");
            assert_eq!(out.because, [REASON], "{text}");
        }
        assert_eq!(judge("", "STOP", "").decision, Decision::Yes);
        assert_eq!(judge("", "Sounds good.", "").decision, Decision::No);
    }

    #[test]
    fn whom_it_speaks_for_is_held_against_its_words() {
        let text = "Please remove me and bob@acme.example from your mailing list.";
        let out = judge("", text, "");
        assert_eq!(out.decision, Decision::Yes);
        assert_eq!(out.scope, Scope::MeAnd(vec!["bob@acme.example".to_owned()]));
        let text = "Please remove me from your list and write to bob@acme.example instead.";
        assert_eq!(judge("", text, "").scope, Scope::Me);
    }
}
