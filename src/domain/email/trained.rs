//! The judge of a person's wish to be left alone: a linear model over hashed features, trained on replies that several writers wrote ([`model`],
//! `training/README.md`).
//!
//! Three answers: yes, no, and ask, where the operator decides and mail waits. The lexicon's phrases are the words of the reasons, and
//! where it is sure that the model errs, the operator is asked. The text must be free of quotes and signature, but what is left of a quote
//! is cut once more.

use super::classify::{self, Classification, ReplyLabel};
use super::wish::{Decision, OptOut, Scope};

mod demand;
mod features;
#[cfg(test)]
mod figures;
mod model;
mod scope;

use model::{MODEL, Scores};

/// Probability from which the lexicon is sure of an opt-out.
const SURE: f64 = 0.9;
/// Score from which a sure phrase of the lexicon decides. Of the calibration's writers' such replies below a yes, all were opt-outs.
const LEANING: f64 = 0.0;
/// Score under which the model overrules the lexicon. Of the calibration's writers' such replies, none of twelve was an opt-out.
const AGAINST: f64 = -0.3;

/// Judges what a person wrote. `subject` holds the words of the message's subject that are theirs, `text` what remains without quotes and
/// signature, and `asked` our last sentence that asks something; each may be empty.
#[must_use]
pub fn judge(subject: &str, text: &str, asked: &str) -> OptOut {
    let own = features::own(text, asked);
    if own.trim().is_empty() {
        return judge_words(subject, "");
    }
    let mut out = judge_words(&own, asked);
    if out.decision != Decision::Yes {
        let mut said = judge_words(subject, "");
        // "STOP" over another matter: they say two things. A bare name is no matter.
        let silent = classify::classify(&own).label == ReplyLabel::Unclear;
        if said.decision == Decision::Yes && (silent || out.decision == Decision::No) {
            if !silent {
                said.decision = Decision::Ask;
            }
            out = said;
        }
    }
    out
}

fn judge_words(text: &str, asked: &str) -> OptOut {
    if text.trim().is_empty() || asked.trim().is_empty() && features::is_bare_answer(text) {
        return OptOut::default();
    }
    let meaning = classify::classify(text);
    let lang = MODEL.language(&format!("{asked}\n{text}"));
    let scores = MODEL.scores(lang, asked, text);
    let demand = demand::demand(text);
    let mut out = OptOut {
        decision: decide(&scores, &meaning, demand.is_some()),
        scope: Scope::Me,
        probability: (MODEL.probability(scores.opt_out) * 100.0).round() / 100.0,
        because: Vec::new(),
        demand: None,
    };
    if out.decision == Decision::No {
        return out;
    }
    out.scope = scope::scope(text, &scores);
    out.demand = demand;
    out.because = reasons(scores.loudest, asked, text, &meaning);
    if out.decision == Decision::Ask && scores.mixed >= 0.0 && scores.opt_out >= MODEL.yes_from {
        out.because
            .push("but it speaks of another matter too".to_owned());
    }
    out
}

/// Returns the sentence of our mail that asks something, the last if there are several: what a short answer answers.
#[must_use]
pub fn asked_in(sent: &str) -> String {
    let mut last = "";
    let mut command = "";
    for line in sent.lines().take(400) {
        for sentence in line.split_inclusive(['.', '!', '?', '？', ';', '。']) {
            let sentence = sentence.trim();
            if sentence.ends_with(['?', '？', ';']) {
                last = sentence;
            } else if features::told(sentence)
                .iter()
                .any(|told| told.chars().nth(1).is_some())
            {
                command = sentence;
            }
        }
    }
    // "Reply STOP": told, not asked, it is answered all the same.
    let found = if last.is_empty() { command } else { last };
    crate::domain::text::clean_line(found, 400)
}

/// Returns what the quote in an answer asks, for want of the mail that it answers.
#[must_use]
pub fn asked_in_quote(text: &str) -> String {
    let quoted: Vec<&str> = text
        .lines()
        .take(2000)
        .filter_map(|line| line.trim_start().strip_prefix('>'))
        .map(|line| line.trim_start_matches(['>', ' ']))
        .collect();
    // A wrapped sentence is one; a blank line parts paragraphs.
    let joined = quoted
        .split(|line| line.is_empty())
        .map(|paragraph| paragraph.join(" "))
        .collect::<Vec<_>>()
        .join("\n");
    asked_in(&joined)
}

fn decide(scores: &Scores<'_>, meaning: &Classification, demanded: bool) -> Decision {
    let sure = meaning.label == ReplyLabel::Unsubscribe && meaning.confidence >= SURE;
    let asks = scores.opt_out >= MODEL.ask_from;
    // The lexicon's sure phrase tips the scales where the model leans the same way, and a law's words do.
    let tipped = sure && (scores.opt_out >= LEANING || demanded && asks);
    if scores.opt_out >= MODEL.yes_from || tipped {
        let contested = meaning.label == ReplyLabel::Unsubscribe
            && meaning
                .because
                .iter()
                .any(|why| why.starts_with("but also signs of"));
        return if scores.mixed >= 0.0 || contested {
            Decision::Ask
        } else {
            Decision::Yes
        };
    }
    if asks || sure && scores.opt_out >= AGAINST {
        return Decision::Ask;
    }
    Decision::No
}

/// Returns the reasons: the lexicon's phrases, and the sentence that speaks loudest.
fn reasons(loudest: &str, asked: &str, text: &str, meaning: &Classification) -> Vec<String> {
    let mut out = Vec::new();
    if meaning.label == ReplyLabel::Unsubscribe {
        out.extend(meaning.because.iter().take(3).cloned());
    }
    let quoted = format!("\"{}\"", crate::domain::text::clean_line(loudest, 120));
    if !out.contains(&quoted) {
        out.push(quoted);
    }
    let short = text.split_whitespace().count() <= 4;
    if short && !asked.trim().is_empty() {
        out.push(format!(
            "it answers \"{}\"",
            crate::domain::text::clean_line(asked, 120)
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(asked: &str, text: &str) -> Decision {
        judge("", text, asked).decision
    }

    /// Reports every text whose answer is none of the expected ones.
    fn check(rows: &[(&[Decision], &str, &str)]) {
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(expect, asked, text)| !expect.contains(&decided(asked, text)))
            .map(|(expect, asked, text)| {
                format!(
                    "{asked:?} {text:?} should be {expect:?}: {:?}",
                    judge("", text, asked)
                )
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    const YES: &[Decision] = &[Decision::Yes];
    const HELD: &[Decision] = &[Decision::Yes, Decision::Ask];
    const NO: &[Decision] = &[Decision::No];
    const NOT_YES: &[Decision] = &[Decision::No, Decision::Ask];

    #[test]
    fn plain_wishes_are_suppressed() {
        check(&[
            (YES, "", "STOP"),
            (YES, "", "s t o p"),
            (YES, "", "unsubscribe me"),
            (YES, "", "plz remvoe me frm ur list"),
            (YES, "", "Please take me off your list."),
            (YES, "", "Do not contact me again."),
            (YES, "", "Kindly add us to your do not contact list."),
            (
                YES,
                "",
                "Under GDPR I request the erasure of my personal data.",
            ),
            (YES, "", "Bitte nehmen Sie mich aus dem Verteiler."),
            (YES, "", "Merci de ne plus m'écrire."),
            (HELD, "", "配信を停止してください。"),
            (HELD, "", "Больше не пишите мне."),
            (HELD, "", "Please delete all my data."),
        ]);
    }

    #[test]
    fn words_of_stopping_for_other_things_are_no_wish() {
        check(&[
            (NO, "", "Happy to stop by your booth on Thursday."),
            (NO, "", "Sounds good, let's talk Tuesday."),
            (NO, "", "I wouldn't unsubscribe, love this"),
            (
                NOT_YES,
                "",
                "Please don't stop writing, I was away. Send me the deck.",
            ),
            (NOT_YES, "", "Please remove me from cc, Bob will carry on."),
            (
                NOT_YES,
                "",
                "My boss told your competitor to stop emailing him, but your mail is fine.",
            ),
            (
                NOT_YES,
                "",
                "Please cancel my subscription to the Starter plan and upgrade us to Team.",
            ),
        ]);
    }

    #[test]
    fn a_short_answer_means_what_was_asked() {
        check(&[
            (HELD, "Shall I stop writing?", "Yes please, do that."),
            (NO, "Shall I send the price list?", "Yes please, do that."),
            (HELD, "May I write to you again in the autumn?", "No."),
            (NOT_YES, "Shall I send you the price list?", "No."),
            (NO, "Shall I send you the price list?", "No thanks"),
            (HELD, "Soll ich Sie aus dem Verteiler nehmen?", "ja"),
            (NO, "Soll ich Ihnen die Preisliste schicken?", "ja"),
            (NO, "", "ja"),
            (NO, "", "tak"),
            (NO, "", "si"),
        ]);
    }

    #[test]
    fn a_wish_beside_another_matter_is_asked_about() {
        check(&[(
            &[Decision::Ask],
            "",
            "Take me off the mailings, please. What is the price of the large model?",
        )]);
    }

    #[test]
    fn the_subject_decides_where_the_text_is_silent() {
        let got = |subject: &str, text: &str| judge(subject, text, "").decision;
        assert_eq!(got("STOP", ""), Decision::Yes);
        assert_eq!(got("STOP", "Thursday at ten is fine."), Decision::Ask);
        assert_eq!(got("Prices", "Take me off your list."), Decision::Yes);
        assert_eq!(got("Prices", ""), Decision::No);
        assert_eq!(got("", ""), Decision::No);
    }

    #[test]
    fn what_a_mail_asks_is_its_last_question() {
        assert_eq!(
            asked_in("Hello Ann,\nAny news? Shall I stop writing?\nCasey"),
            "Shall I stop writing?"
        );
        assert_eq!(
            asked_in("Hello.\nReply STOP to hear no more.\nCasey"),
            "Reply STOP to hear no more."
        );
        assert_eq!(
            asked_in("Hello.\nIf not, just reply \"no\" to this.\nCasey"),
            "If not, just reply \"no\" to this."
        );
        assert_eq!(asked_in("Hello. We have 3 offices."), "");
        assert_eq!(
            asked_in_quote("yes\n\n> Hello Ann,\n> shall I take you\n> off my list?\n>\n> Casey"),
            "Hello Ann, shall I take you off my list?"
        );
    }

    #[test]
    fn json_names_scope_and_what_belongs_to_it() {
        let wish = OptOut {
            scope: Scope::Domain("acme.example".to_owned()),
            ..OptOut::certain(0.9, "x".to_owned())
        };
        assert_eq!(
            serde_json::to_value(&wish).unwrap(),
            serde_json::json!({"decision": "yes", "scope": "domain", "domain": "acme.example", "probability": 0.9, "because": ["x"], "demand": null})
        );
    }
}
