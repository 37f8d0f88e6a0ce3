//! A judge of a person's wish to be left alone that is trained, under trial: a linear model over hashed features, trained on replies that several
//! writers wrote ([`model`], `training/README.md`). It is compiled for tests only, and decides nothing, until its errors are within bounds; then it
//! takes the place of [`judge`](super::wish::judge).
//!
//! Three answers: yes, no, and ask, where the operator decides and mail waits. The lexicon's phrases are the words of the reasons, and
//! where it is sure that the model errs, the operator is asked. The text must be free of quotes and signature, but what is left of a quote
//! is cut once more.

use super::address::{EmailAddress, is_free_mail_domain};
use super::classify::{self, Classification, ReplyLabel};
use super::subject;
use super::wish::{Decision, OptOut, Scope};

mod demand;
mod features;
#[cfg(test)]
mod figures;
mod model;
mod scope;

use model::{MODEL, Scores};

impl OptOut {
    /// Holds the scope against the writer: nobody opts out for addresses and domains of other firms, or of ours, unasked.
    #[must_use]
    pub fn held_against(mut self, from: Option<&EmailAddress>, ours: &[EmailAddress]) -> Self {
        let registered = |domain: &str| psl::domain_str(domain).unwrap_or(domain).to_owned();
        let theirs = from.map(|from| registered(from.domain()));
        let our_domains: Vec<String> = ours
            .iter()
            .filter(|a| !a.is_free_mail())
            .map(|a| registered(a.domain()))
            .collect();
        let mut foreign = false;
        self.scope = match self.scope {
            Scope::Domain(domain) => {
                let base = registered(&domain);
                if our_domains.contains(&base) || is_free_mail_domain(&domain) {
                    Scope::Me
                } else {
                    foreign = theirs.as_ref() != Some(&base);
                    Scope::Domain(domain)
                }
            }
            Scope::Addresses(list) => {
                let list: Vec<String> = list
                    .into_iter()
                    .filter(|address| {
                        let domain = address.rsplit_once('@').map_or("", |(_, d)| d);
                        !our_domains.contains(&registered(domain))
                            && !ours.iter().any(|o| o.as_str() == address)
                    })
                    .collect();
                foreign = list.iter().any(|address| {
                    let domain = address.rsplit_once('@').map_or("", |(_, d)| d);
                    let own = from.is_some_and(|from| from.as_str() == address);
                    !own && (is_free_mail_domain(domain)
                        || theirs.as_ref() != Some(&registered(domain)))
                });
                if list.is_empty() {
                    Scope::Me
                } else {
                    Scope::Addresses(list)
                }
            }
            scope => scope,
        };
        if foreign && self.decision == Decision::Yes {
            self.decision = Decision::Ask;
            self.because
                .push("it names addresses outside the writer's domain".to_owned());
        }
        self
    }
}

/// Probability from which the lexicon is sure of an opt-out.
const SURE: f64 = 0.9;
/// Score from which a sure phrase of the lexicon decides. Of the calibration's writers' such replies below a yes, five of five were opt-outs.
const LEANING: f64 = 0.3;
/// Score under which the model overrules the lexicon. Of the calibration's writers' such replies, none of five was an opt-out.
const AGAINST: f64 = -0.6;
/// Sentences that are weighed one by one for the reasons.
const MAX_REASONS: usize = 8;

/// Judges what a person wrote. `subject` is the message's, `text` what remains without quotes and signature, and `asked` our last sentence
/// that asks something, or nothing.
#[must_use]
pub fn judge(subject: &str, text: &str, asked: &str) -> OptOut {
    let own = features::own(text, asked);
    let text = match said_in_subject(subject) {
        Some(said) if own.trim().is_empty() => said.to_owned(),
        Some(said) => format!("{said}\n{own}"),
        None => own,
    };
    if text.trim().is_empty() || asked.trim().is_empty() && features::is_bare_answer(&text) {
        return OptOut::default();
    }
    let meaning = classify::classify(&text);
    let lang = MODEL.language(&format!("{asked}\n{text}"));
    let scores = MODEL.scores(&features::hashes(lang, asked, &text));
    let demand = demand::demand(&text);
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
    out.scope = scope::scope(&text, &scores);
    out.demand = demand;
    out.because = reasons(lang, asked, &text, &meaning);
    if out.decision == Decision::Ask && scores.mixed > 0.0 && scores.opt_out >= MODEL.yes_from {
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
            } else if sentence.split(|c: char| !c.is_alphanumeric()).any(is_loud) {
                command = sentence;
            }
        }
    }
    // "Reply STOP": told, not asked, it is answered all the same.
    let found = if last.is_empty() { command } else { last };
    crate::domain::text::clean_line(found, 400)
}

/// Tells whether a word stands in capitals, as the word to answer with does.
fn is_loud(word: &str) -> bool {
    word.chars().count() >= 2 && word.chars().all(char::is_uppercase)
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

fn decide(scores: &Scores, meaning: &Classification, demanded: bool) -> Decision {
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
        return if scores.mixed > 0.0 || contested {
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

/// Returns what the writer says in the subject: the words before "Re:", or a subject of their own.
fn said_in_subject(subject: &str) -> Option<&str> {
    let subject = subject.trim();
    let lower = subject.to_ascii_lowercase();
    if let Some(at) = lower.find(" re: ").or_else(|| lower.find(" aw: ")) {
        return subject.get(..at).filter(|head| head.len() <= 60);
    }
    (!subject.is_empty() && !subject::is_reply_or_forward(subject)).then_some(subject)
}

/// Returns the reasons: the lexicon's phrases, and the sentence that speaks loudest.
fn reasons(lang: &str, asked: &str, text: &str, meaning: &Classification) -> Vec<String> {
    let mut out = Vec::new();
    if meaning.label == ReplyLabel::Unsubscribe {
        out.extend(meaning.because.iter().take(3).cloned());
    }
    let loudest = text
        .split_inclusive(['.', '!', '?', '\n', '。', '！', '？'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .take(MAX_REASONS)
        .map(|s| (MODEL.scores(&features::hashes(lang, asked, s)).opt_out, s))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, sentence)) = loudest {
        let quoted = format!("\"{}\"", crate::domain::text::clean_line(sentence, 120));
        if !out.contains(&quoted) {
            out.push(quoted);
        }
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
        judge("Re: Quick question", text, asked).decision
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
    fn the_subject_is_read_where_it_is_theirs() {
        let got = |subject: &str| judge(subject, "", "").decision;
        assert_eq!(got("STOP Re: Quick question"), Decision::Yes);
        assert_eq!(got("Re: Shall I stop?"), Decision::No);
        assert_eq!(got(""), Decision::No);
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
        assert_eq!(asked_in("Hello."), "");
        assert_eq!(
            asked_in_quote("yes\n\n> Hello Ann,\n> shall I take you\n> off my list?\n>\n> Casey"),
            "Hello Ann, shall I take you off my list?"
        );
    }

    #[test]
    fn nobody_opts_out_for_another_firm() {
        let from = EmailAddress::parse("ann@acme.example").ok();
        let ours = [EmailAddress::parse("casey@us.example").unwrap()];
        let held = |scope: Scope| {
            let wish = OptOut {
                scope,
                ..OptOut::certain(0.9, "x".to_owned())
            };
            let got = wish.held_against(from.as_ref(), &ours);
            (got.decision, got.scope)
        };
        let domain = |d: &str| Scope::Domain(d.to_owned());
        let list = |a: &[&str]| Scope::Addresses(a.iter().map(|a| (*a).to_owned()).collect());
        assert_eq!(
            held(domain("acme.example")),
            (Decision::Yes, domain("acme.example"))
        );
        assert_eq!(
            held(domain("mail.acme.example")),
            (Decision::Yes, domain("mail.acme.example"))
        );
        assert_eq!(
            held(domain("rival.example")),
            (Decision::Ask, domain("rival.example"))
        );
        assert_eq!(held(domain("us.example")), (Decision::Yes, Scope::Me));
        assert_eq!(held(domain("gmail.com")), (Decision::Yes, Scope::Me));
        assert_eq!(
            held(list(&["bob@acme.example"])),
            (Decision::Yes, list(&["bob@acme.example"]))
        );
        assert_eq!(
            held(list(&["bob@rival.example"])),
            (Decision::Ask, list(&["bob@rival.example"]))
        );
        assert_eq!(
            held(list(&["casey@us.example"])),
            (Decision::Yes, Scope::Me)
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
