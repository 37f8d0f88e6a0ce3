//! Subjects: the base subject of RFC 5256 §2.1, and the subject that an answer carries.

use crate::domain::text::clean_line;

/// Longest subject that is looked at, in characters; what follows is cut.
pub const MAX_SUBJECT_CHARS: usize = 1000;

/// Words that mail programs put before the subject of a reply, lower case, besides `re`.
const REPLY_WORDS: &[&str] = &[
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "vá",
    "válasz",
    "odp",
    "rif",
    "r",
    "res",
    "resp",
    "rsp",
    "ynt",
    "yan",
    "atb",
    "απ",
    "σχετ",
    "отв",
    "ответ",
    "bls",
    "balas",
    "réf",
    "rép",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "返信",
    "回信",
    "답장",
    "השב",
    "رد",
];
/// Words put before the subject of a forwarded message.
const FORWARD_WORDS: &[&str] = &[
    "fw",
    "fwd",
    "wg",
    "tr",
    "rv",
    "enc",
    "doorst",
    "vb",
    "vl",
    "pd",
    "továbbítás",
    "пер",
    "πρθ",
    "ilt",
    "转发",
    "轉寄",
    "転送",
];

/// A subject without the additions of mail programs and lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSubject {
    /// The base subject, in the case it was written in.
    pub text: String,
    /// True if a `Re:`, `Fwd:`, `(fwd)` or `[fwd: ...]` was taken away.
    pub is_reply_or_forward: bool,
}

/// Returns the base subject of a decoded subject, exactly by RFC 5256 §2.1.
///
/// Only the English `Re`, `Fw` and `Fwd` count there; see [`thread_subject`] for the localised ones.
#[must_use]
pub fn base_subject(subject: &str) -> BaseSubject {
    // Step 1: tabs and continuations become spaces, runs of spaces one.
    let cleaned = clean_line(subject, MAX_SUBJECT_CHARS);
    let mut rest = cleaned.as_str();
    let mut is_reply_or_forward = false;
    loop {
        // Step 2: trailing "(fwd)" and spaces.
        rest = rest.trim_end_matches(' ');
        while let Some(cut) = strip_suffix_ignore_case(rest, "(fwd)") {
            is_reply_or_forward = true;
            rest = cut.trim_end_matches(' ');
        }
        // Steps 3 to 5: leaders and blobs until neither is there.
        loop {
            if let Some(cut) = strip_leader(rest) {
                is_reply_or_forward = true;
                rest = cut;
                continue;
            }
            if let Some(cut) = rest.strip_prefix(' ') {
                rest = cut;
                continue;
            }
            match strip_blob(rest) {
                Some(cut) if !cut.is_empty() => rest = cut,
                _ => break,
            }
        }
        // Step 6: "[fwd: ... ]" is opened and everything is done again.
        let inner = strip_prefix_ignore_case(rest, "[fwd:").and_then(|r| r.strip_suffix(']'));
        match inner {
            Some(inner) => {
                is_reply_or_forward = true;
                rest = inner;
            }
            None => break,
        }
    }
    BaseSubject {
        text: rest.to_owned(),
        is_reply_or_forward,
    }
}

/// Tells whether the subject says that its message answers or forwards another, in any of the languages known.
#[must_use]
pub fn is_reply_or_forward(subject: &str) -> bool {
    base_subject(subject).is_reply_or_forward
        || localised_prefix(subject.trim(), REPLY_WORDS).is_some()
        || localised_prefix(subject.trim(), FORWARD_WORDS).is_some()
}

/// Returns the key under which subjects of one conversation meet: the base subject with localised prefixes
/// (`AW:`, `SV:`, `TR:`) taken away too, in lower case.
#[must_use]
pub fn thread_subject(subject: &str) -> String {
    let mut text = base_subject(subject).text;
    loop {
        let cut =
            localised_prefix(&text, REPLY_WORDS).or_else(|| localised_prefix(&text, FORWARD_WORDS));
        match cut {
            Some(rest) => text = base_subject(rest).text,
            None => return text.to_lowercase(),
        }
    }
}

/// Returns the subject of an answer to a message with `parent` as its subject: unchanged where it already has a reply
/// prefix, in whichever language, with `Re: ` before it otherwise.
///
/// Prefixes never pile up, and the correspondent's own spelling stays: changing it starts a new thread in some programs.
#[must_use]
pub fn reply_subject(parent: &str) -> String {
    let subject = clean_line(parent, MAX_SUBJECT_CHARS);
    let subject = subject.trim();
    if localised_prefix(subject, REPLY_WORDS).is_some() {
        subject.to_owned()
    } else {
        format!("Re: {subject}")
    }
}

/// Returns what follows a prefix such as `AW:`, `Re[2]:`, `Re (3):`, `RE :` or `回复：`, if the subject starts with one of `words`.
fn localised_prefix<'s>(subject: &'s str, words: &[&str]) -> Option<&'s str> {
    let end = subject.find(|c: char| !c.is_alphabetic())?;
    let word = subject.get(..end)?;
    if word.len() > 24 || !words.contains(&word.to_lowercase().as_str()) {
        return None;
    }
    let mut rest = subject.get(end..)?.trim_start();
    for (open, close) in [('[', ']'), ('(', ')'), ('^', ' '), ('*', ' ')] {
        if let Some(inner) = rest.strip_prefix(open) {
            // `Re^2:` has no closing mark; its number ends at the colon.
            let end = inner.find([close, ':'])?;
            let after = inner.get(end..)?;
            rest = after.strip_prefix(close).unwrap_or(after).trim_start();
            break;
        }
    }
    // One-letter words are too common to count without the colon right behind them.
    let colon = rest.strip_prefix(':').or_else(|| rest.strip_prefix('：'))?;
    Some(colon.trim_start())
}

/// Returns what follows a `subj-leader` other than a space: `*subj-blob ("re" / "fw" / "fwd") *WSP [subj-blob] ":"`.
fn strip_leader(subject: &str) -> Option<&str> {
    let mut rest = subject;
    while let Some(cut) = strip_blob(rest) {
        rest = cut;
    }
    let rest = strip_prefix_ignore_case(rest, "re")
        .or_else(|| strip_prefix_ignore_case(rest, "fwd"))
        .or_else(|| strip_prefix_ignore_case(rest, "fw"))?;
    let rest = rest.trim_start_matches(' ');
    let rest = strip_blob(rest).unwrap_or(rest);
    rest.strip_prefix(':')
}

/// Returns what follows a `subj-blob`: `"[" *BLOBCHAR "]" *WSP`, where no bracket stands inside.
fn strip_blob(subject: &str) -> Option<&str> {
    let inner = subject.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    let rest = inner.get(end..)?.strip_prefix(']')?;
    Some(rest.trim_start_matches(' '))
}

fn strip_prefix_ignore_case<'s>(text: &'s str, prefix: &str) -> Option<&'s str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))?
}

fn strip_suffix_ignore_case<'s>(text: &'s str, suffix: &str) -> Option<&'s str> {
    let cut = text.len().checked_sub(suffix.len())?;
    let tail = text.get(cut..)?;
    tail.eq_ignore_ascii_case(suffix).then(|| text.get(..cut))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base_subjects_follow_rfc_5256() {
        let check = |input: &str, text: &str, reply: bool| {
            let expect = BaseSubject {
                text: text.to_owned(),
                is_reply_or_forward: reply,
            };
            assert_eq!(base_subject(input), expect, "{input:?}");
        };
        check("Hello", "Hello", false);
        check("RE: Hello", "Hello", true);
        check("Re: Re: Hello", "Hello", true);
        check("Re [ext]: Hello", "Hello", true);
        check("re[2]:Hello", "Hello", true);
        check("RE  [a] : x", "x", true);
        check("Fw: Hello", "Hello", true);
        check("FWD: RE: fw: Hello", "Hello", true);
        check("Hello (fwd)", "Hello", true);
        check("Hello (fwd) (FWD) ", "Hello", true);
        check("[list] Hello", "Hello", false);
        check("[a] [b] Re: [c] Hello", "Hello", true);
        check("Re: [list]", "[list]", true);
        check("[list]", "[list]", false);
        check("[a][b]", "[b]", false);
        check("[a [b] c", "[a [b] c", false);
        check("Re:", "", true);
        check("", "", false);
        check("   ", "", false);
        check("Rebate: 5%", "Rebate: 5%", false);
        check("Re Hello", "Re Hello", false);
        check("Forward: x", "Forward: x", false);
        check("[fwd: Hello]", "Hello", true);
        check("[Fwd: Re: Hello (fwd)]", "Hello", true);
        check("Re: [fwd: [fwd: x]]", "x", true);
        check("[fwd: Hello", "[fwd: Hello", false);
        check("a\r\n\t b", "a b", false);
        check("AW: Angebot", "AW: Angebot", false);
        check("Re: \u{1b}[31mred", "red", true);
    }

    #[test]
    fn an_answer_keeps_an_existing_prefix() {
        let check =
            |input: &str, expect: &str| assert_eq!(reply_subject(input), expect, "{input:?}");
        check("Proposal", "Re: Proposal");
        check("Re: Proposal", "Re: Proposal");
        check("RE: Proposal", "RE: Proposal");
        check("re:Proposal", "re:Proposal");
        check("AW: Angebot", "AW: Angebot");
        check("Antwort: Angebot", "Antwort: Angebot");
        check("SV: Tilbud", "SV: Tilbud");
        check("Odp: Oferta", "Odp: Oferta");
        check("RE : Devis", "RE : Devis");
        check("Re\u{a0}: Devis", "Re : Devis");
        check("回复：报价", "回复：报价");
        check("Re[2]: Hello", "Re[2]: Hello");
        check("Re (2): Hello", "Re (2): Hello");
        check("Re^2: Hello", "Re^2: Hello");
        check("Re [ext]: Hello", "Re [ext]: Hello");
        check("", "Re: ");
        check("Re Hello", "Re: Re Hello");
        check("Rebate: 5%", "Re: Rebate: 5%");
        check("Fwd: Hello", "Re: Fwd: Hello");
        check("[list] Hello", "Re: [list] Hello");
        check("a\r\nBcc: x@y.z", "Re: a Bcc: x@y.z");
    }

    #[test]
    fn localised_prefixes_meet_under_one_key() {
        for subject in [
            "Offer",
            "AW: Offer",
            "Re: SV: OFFER",
            "TR: RE: offer",
            "Re[3]: [x] Offer",
            "WG: AW: Offer (fwd)",
        ] {
            assert_eq!(thread_subject(subject), "offer", "{subject:?}");
        }
        assert!(is_reply_or_forward("AW: x") && is_reply_or_forward("Fwd: x"));
        assert!(!is_reply_or_forward("Answer: x") && !is_reply_or_forward("Rebate: x"));
    }

    proptest! {
        #[test]
        fn a_base_subject_is_its_own_base_and_an_answer_to_an_answer_does_not_change(
            subject in "(Re: |\\[a\\] |fwd:|\\(fwd\\)|\\[fwd:|\\]|x| |AW: |é){0,12}"
        ) {
            let base = base_subject(&subject).text;
            prop_assert_eq!(&base_subject(&base).text, &base);
            let once = reply_subject(&subject);
            let twice = reply_subject(&once);
            prop_assert_eq!(twice.trim(), once.trim());
            prop_assert_eq!(base_subject(&format!("Re: {subject}")).text, base);
        }
    }
}
