//! E-mail addresses as people and exports write them: in lists, in angle brackets, with `mailto:`.

use std::borrow::Cow;

use crate::domain::email::address::{AddressError, EmailAddress};
use crate::domain::email::identity::{as_typed, of_link};

/// Returns what two spellings of one mailbox have in common. Local parts are compared without case: the standard
/// allows a server to tell them apart, and none does.
#[must_use]
pub fn key(address: &str) -> Cow<'_, str> {
    if address.chars().any(char::is_uppercase) {
        Cow::Owned(address.to_lowercase())
    } else {
        Cow::Borrowed(address)
    }
}

/// Tells whether `text` is one whole address in its simplest and by far most frequent form: lower-case ASCII, nothing
/// to strip or unquote.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    // A spreadsheet's text mark is no part of it.
    !text.starts_with('\'')
        && !text.bytes().any(|b| b.is_ascii_uppercase())
        && is_dotted_ascii(text)
}

/// Tells whether a character shows nothing and takes no room: zero-width characters and joiners, byte order marks, soft
/// hyphens, direction marks, fillers, variation selectors.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (crate::domain::text::is_hostile(c)
            || matches!(c, '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0100}'..='\u{E01EF}'))
}

/// Takes blanks and invisible characters off both ends. A variation selector or joiner at the end of a text belongs to the emoji before it.
#[must_use]
pub fn trim_invisible(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
    text.trim_end_matches(|c: char| {
        c.is_whitespace() || (is_invisible(c) && !matches!(c, '\u{FE00}'..='\u{FE0F}'))
    })
}

/// Returns each address in a cell in the order written, or the piece that is not one. A blank cell, and one that says
/// "none", yields nothing.
#[must_use]
pub fn parse_list(cell: &str) -> Vec<Result<String, String>> {
    let cell = trim_invisible(cell);
    if is_nothing(cell) {
        return Vec::new();
    }
    if cell.matches('@').count() < 2
        && let Some(one) = parse(cell)
    {
        return vec![Ok(one)];
    }
    let mut found = Vec::new();
    for piece in cell
        .split(" ::: ")
        .flat_map(|part| part.split([';', ',', '|', '\n', '\r']))
    {
        let piece = trim_invisible(piece);
        if is_nothing(piece) {
            continue;
        }
        match parse(piece) {
            Some(one) => found.push(Ok(one)),
            None => {
                let words: Vec<Option<String>> = piece.split_whitespace().map(parse).collect();
                if words.len() > 1 && words.iter().all(Option::is_some) {
                    found.extend(words.into_iter().flatten().map(Ok));
                } else {
                    found.push(Err(piece.to_owned()));
                }
            }
        }
    }
    found
}

/// Returns the addresses that can be read in a cell which is none itself: "ann@acme.com (work)", "a@x.com / b@x.com?". A part that may
/// be an address and is not one yields nothing.
#[must_use]
pub fn readable(cell: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in parse_list(cell) {
        match piece {
            Ok(address) => found.push(address),
            Err(text) => found.extend(
                text.split(|c: char| c.is_whitespace() || "()<>[]{}\"/".contains(c))
                    .filter(|word| word.contains(['@', '＠']))
                    .filter_map(|word| {
                        EmailAddress::pasted(word.trim_end_matches(['?', '!', ':'])).ok()
                    })
                    .map(|address| address.as_str().to_lowercase()),
            ),
        }
    }
    found.dedup();
    found
}

impl EmailAddress {
    /// Returns the address in text that somebody typed or pasted: also with a name before it, in quotes or with a sentence's dot behind it.
    ///
    /// # Errors
    /// Anything that does not hold exactly one valid address.
    pub fn pasted(text: &str) -> Result<Self, AddressError> {
        Self::parse(text).or_else(|error| match parse(text) {
            Some(address) => Self::parse(&address),
            None => Err(error),
        })
    }
}

/// Returns the one address that `text` holds, in lower case, without display name, angle brackets or `mailto:`; None
/// for anything else than an address with a domain of at least two labels.
#[must_use]
pub fn parse(text: &str) -> Option<String> {
    fn bare(text: &str) -> &str {
        let text = trim_invisible(text);
        let inner = text
            .rsplit_once('<')
            .and_then(|(_, rest)| rest.strip_suffix('>'));
        trim_invisible(inner.unwrap_or(text))
    }
    let typed = as_typed(text);
    let link = of_link(bare(&typed));
    let text = bare(&link);
    // An apostrophe is a spreadsheet's text mark at the front; a dot at the end is a sentence's.
    let text = text
        .trim_start_matches(['\'', '‘', '“', '„'])
        .trim_end_matches(['.', ';', ',', '\'', '’', '”']);
    let text = match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inner) if inner.contains('@') && !inner.contains('"') => inner,
        _ => text,
    };
    let text = trim_invisible(text);
    if is_dotted_ascii(text) {
        return Some(text.to_ascii_lowercase());
    }
    if text.len() > 254
        || text
            .chars()
            .any(|c| is_invisible(c) || crate::domain::text::is_hostile(c))
    {
        return None;
    }
    // What is left is rare: international addresses and quoted local parts.
    if text.is_ascii() && !text.starts_with('"') {
        return None;
    }
    let options = email_address::Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    let parsed = email_address::EmailAddress::parse_with_options(text, options).ok()?;
    let lowered = parsed.as_str().to_lowercase();
    (lowered.len() <= 254).then_some(lowered)
}

/// Returns the part after the last `@`, in the case written.
#[must_use]
pub fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

fn is_nothing(text: &str) -> bool {
    text.is_empty()
        || super::cell::is_placeholder(text)
        || ["na", "no email", "noemail", "keine"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

/// RFC 5321's Dot-string at a domain of two or more labels, lengths included.
fn is_dotted_ascii(text: &str) -> bool {
    if text.len() > 254 {
        return false;
    }
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'/'
                    | b'='
                    | b'?'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'{'
                    | b'|'
                    | b'}'
                    | b'~'
            )
    };
    if local.len() > 64
        || !local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
    {
        return false;
    }
    let mut labels = 0;
    let mut last_has_letter = false;
    for label in domain.split('.') {
        labels += 1;
        let bytes = label.as_bytes();
        if label.is_empty()
            || label.len() > 63
            || !bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            || bytes.first() == Some(&b'-')
            || bytes.last() == Some(&b'-')
        {
            return false;
        }
        last_has_letter = bytes.iter().any(u8::is_ascii_alphabetic);
    }
    labels >= 2 && last_has_letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_what_is_none() {
        let check = |cell: &str, expect: &[&str]| assert_eq!(readable(cell), expect, "{cell:?}");
        check("ann@x.example (work)", &["ann@x.example"]);
        check("a@x.example; b@x.example", &["a@x.example", "b@x.example"]);
        check("a@x.example / B@x.example", &["a@x.example", "b@x.example"]);
        check("Ann <a@x.example> (private)", &["a@x.example"]);
        check("Ann <a@x>", &[]);
        check("mailto:ann@x.example?subject=Hi", &["ann@x.example"]);
        check(
            "old: mailto:ann@x.example, new: nobody@",
            &["ann@x.example"],
        );
        check("ann@x.example, nonsense", &["ann@x.example"]);
        check("ann at x.example", &[]);
        check("a@x.example b@", &["a@x.example"]);
        check("", &[]);
    }

    #[test]
    fn one_address_is_found_in_its_wrappings() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(parse(text).as_deref(), expect, "{text:?}");
        };
        check("ann@acme.com", Some("ann@acme.com"));
        check(" Ann.Lee+x@Acme.CO.uk ", Some("ann.lee+x@acme.co.uk"));
        check("Ann Lee <ann@acme.com>", Some("ann@acme.com"));
        check("mailto:ann@acme.com?subject=x", Some("ann@acme.com"));
        check("ann@acme.com.", Some("ann@acme.com"));
        check("müller@bücher.de", Some("müller@bücher.de"));
        check("o'neil@acme.com", Some("o'neil@acme.com"));
        check("Ann＠acme.com", Some("ann@acme.com"));
        check("JO\u{308}RG@acme.com", Some("jörg@acme.com"));
        check("\"john doe\"@acme.com", Some("\"john doe\"@acme.com"));
        check("a@xn--bcher-kva.example", Some("a@xn--bcher-kva.example"));
        for bad in [
            "",
            "ann",
            "ann@",
            "@acme.com",
            "ann@acme",
            "ann@@acme.com",
            "a nn@acme.com",
            "ann@acme..com",
            ".ann@acme.com",
            "ann.@acme.com",
            "a..b@acme.com",
            "ann@-acme.com",
            "ann@acme-.com",
            "ann@1.2.3.4",
            "ann@[1.2.3.4]",
            "ann@acme.c om",
            "ann\u{202e}@acme.com",
            "ann@acme,com",
            "ann(at)acme.com",
            "ann@acme.com@acme.com",
            "ann@ac_me.com",
        ] {
            check(bad, None);
        }
        check(&format!("{}@acme.com", "a".repeat(65)), None);
        check(
            &format!("{}@acme.com", "a".repeat(64)),
            Some(&format!("{}@acme.com", "a".repeat(64))),
        );
        check(&format!("a@{}.com", "b".repeat(64)), None);
    }

    #[test]
    fn invisible_characters_around_an_address_are_no_part_of_it() {
        for mark in [
            "\u{200b}", "\u{feff}", "\u{ad}", "\u{200e}", "\u{202a}", "\u{2069}", "\u{200d}",
            "\u{2060}", "\u{a0}", "\u{34f}", "\u{3164}",
        ] {
            for text in [
                format!("{mark}zoe@addr.example"),
                format!("zoe@addr.example{mark}"),
                format!(" {mark} zoe@addr.example {mark}{mark}"),
                format!("Zoe <{mark}zoe@addr.example{mark}>"),
                format!("mailto:{mark}zoe@addr.example"),
            ] {
                assert_eq!(
                    parse(&text).as_deref(),
                    Some("zoe@addr.example"),
                    "{text:?}"
                );
            }
            let inside = format!("zo{mark}e@addr.example");
            if mark != "\u{a0}" {
                assert_eq!(parse(&inside), None, "{inside:?}");
            }
        }
        let two = parse_list("\u{200b}a@x.io\u{200b}; \u{feff}b@x.io");
        assert_eq!(two, [Ok("a@x.io".to_owned()), Ok("b@x.io".to_owned())]);
    }

    #[test]
    fn lists_are_taken_apart_and_their_bad_pieces_named() {
        let check = |text: &str, expect: &[Result<&str, &str>]| {
            let found = parse_list(text);
            let found: Vec<_> = found
                .iter()
                .map(|r| r.as_deref().map_err(String::as_str))
                .collect();
            assert_eq!(found, expect, "{text:?}");
        };
        check("", &[]);
        check(" N/A ", &[]);
        check("none", &[]);
        check("a@x.io ::: b@x.io", &[Ok("a@x.io"), Ok("b@x.io")]);
        check(
            "a@x.io;b@x.io, c@x.io",
            &[Ok("a@x.io"), Ok("b@x.io"), Ok("c@x.io")],
        );
        check("a@x.io b@x.io", &[Ok("a@x.io"), Ok("b@x.io")]);
        check("a@x.io; bad", &[Ok("a@x.io"), Err("bad")]);
        check("Ann <a@x.io>; Bo <b@x.io>", &[Ok("a@x.io"), Ok("b@x.io")]);
        check("bob smith", &[Err("bob smith")]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_reads_as_itself(text in ".{0,60}") {
            for found in parse_list(&text).into_iter().flatten() {
                proptest::prop_assert_eq!(parse(&found), Some(found.clone()));
                proptest::prop_assert_eq!(key(&found).into_owned(), found.to_lowercase());
            }
        }
    }
}
