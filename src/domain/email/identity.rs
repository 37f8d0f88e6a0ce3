//! The identity of a mailbox and of a mail domain: the one form in which suppressions, limits, rules, matching and imports compare them.
//!
//! A key is for comparing only, never for sending: mail goes to the address as its owner writes it.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A mailbox, however its address is spelled.
///
/// One key stands for: upper and lower case by Unicode folding; a quoted local part and the same without quotes (RFC 5321 §4.1.2); a domain in
/// its Unicode and in its ASCII form (RFC 5890); a dot at the end of the domain; a `+tag`; and what `PROVIDERS` say of theirs.
/// Providers that would tell `Ann@` from `ann@`, or give `ann+x@` to somebody else than `ann@`, are not known, and telling them apart would write
/// to somebody who asked not to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxKey(String);

/// A mail domain in lower-case ASCII, without a dot at the end. The domains of a provider that lead to the same mailboxes are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey(String);

impl MailboxKey {
    /// Returns the key of an address. Text that is no address has a key too, which only the same text shares.
    #[must_use]
    pub fn of(address: &str) -> Self {
        if is_settled(address) {
            return Self(address.to_owned());
        }
        // Rare letters fold into what folds again, and what is quoted may itself look quoted: a key must be its own key.
        let mut key = Self::once(address);
        for _ in 0..4 {
            let again = Self::once(&key.0);
            if again == key {
                break;
            }
            key = again;
        }
        key
    }

    fn once(address: &str) -> Self {
        let address: String = address
            .chars()
            .filter(|c| !crate::domain::text::is_hostile(*c))
            .collect();
        let address = as_typed(address.trim());
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Self(folded(&address));
        };
        let DomainKey(domain) = DomainKey::of(domain);
        let local = folded(&unquoted(local));
        let base = match local.split_once('+') {
            Some((base, _)) if !base.is_empty() => base,
            _ => &local,
        };
        // Fastmail brings whatever is at ann.fastmail.com to ann@fastmail.com.
        if let Some((user, provider)) = domain.split_once('.')
            && matches!(provider, "fastmail.com" | "fastmail.fm")
        {
            return Self(format!("{user}@{provider}"));
        }
        let Some(provider) = provider_of(&domain) else {
            return Self(format!("{base}@{domain}"));
        };
        let told: String = base
            .chars()
            .filter(|c| !provider.ignores.contains(*c))
            .map(|c| if provider.hyphens.contains(c) { '-' } else { c })
            .collect();
        // Of nothing but what is ignored, the key must still be its own.
        let told = if told.is_empty() { base } else { &told };
        Self(format!("{told}@{domain}"))
    }

    /// Returns the key of an address as it is kept beside the address: none where the address says it.
    #[must_use]
    pub fn beside(address: &str) -> Option<Self> {
        Some(Self::of(address)).filter(|key| key.as_str() != address)
    }

    /// Returns a key as the database kept it.
    #[must_use]
    pub fn stored(key: String) -> Self {
        Self(key)
    }

    /// Returns the text that is kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key of its domain.
    #[must_use]
    pub fn domain(&self) -> DomainKey {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        DomainKey(domain.to_owned())
    }
}

impl DomainKey {
    /// Returns the key of a domain name.
    #[must_use]
    pub fn of(domain: &str) -> Self {
        let domain = domain.trim().trim_end_matches(['.', '。', '．', '｡']);
        let ascii = idna::domain_to_ascii(domain).ok();
        let domain = ascii
            .filter(|ascii| !ascii.is_empty())
            .unwrap_or_else(|| folded(domain));
        Self(match provider_of(&domain) {
            Some(Provider {
                domains: [first, ..],
                ..
            }) => (*first).to_owned(),
            _ => domain,
        })
    }

    /// Returns the text that is kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the domain itself and those above it, nearest first: `mail.acme.example`, `acme.example`, `example`.
    pub fn and_above(&self) -> impl Iterator<Item = &str> {
        let mut rest = Some(self.0.as_str()).filter(|domain| !domain.is_empty());
        std::iter::from_fn(move || {
            let this = rest?;
            rest = this.split_once('.').map(|(_, above)| above);
            Some(this)
        })
    }
}

/// Returns an address or a domain with letters composed, and with what Japanese and Chinese keyboards type wide as mail writes it: letters,
/// digits, `@` and dots.
#[must_use]
pub fn as_typed(address: &str) -> Cow<'_, str> {
    if address.is_ascii() {
        return Cow::Borrowed(address);
    }
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '﹫' => '@',
        c => c,
    };
    let typed: String = address.nfc().map(narrow).collect();
    // A full stop of Chinese is a dot in a domain (RFC 3490 §3.1), and a letter of a local part.
    let domain = typed.rfind('@').map_or(0, |at| at + 1);
    let (local, domain) = typed.split_at_checked(domain).unwrap_or(("", &typed));
    Cow::Owned(format!("{local}{}", domain.replace(['。', '｡'], ".")))
}

/// Returns what a `mailto:` link names, read as RFC 6068 writes it: without its headers, and `%2B` as `+`. Other text is returned as it is.
#[must_use]
pub fn of_link(text: &str) -> Cow<'_, str> {
    let Some(rest) = text
        .get(..7)
        .filter(|head| head.eq_ignore_ascii_case("mailto:"))
        .and_then(|_| text.get(7..))
    else {
        return Cow::Borrowed(text);
    };
    let named = rest.split('?').next().unwrap_or(rest);
    if !named.contains('%') {
        return Cow::Borrowed(named);
    }
    let mut bytes = Vec::with_capacity(named.len());
    let mut left = named.as_bytes();
    while let Some((first, after)) = left.split_first() {
        let read = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let digits = after
            .get(..2)
            .filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        match digits.filter(|_| *first == b'%').and_then(read) {
            Some(byte) => {
                bytes.push(byte);
                left = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                left = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(named), Cow::Owned)
}

/// A mail provider whose addresses have more than one spelling, by its own manual.
struct Provider {
    /// The domains that lead to the same mailboxes; the first stands for all.
    domains: &'static [&'static str],
    /// The characters of a local part that it overlooks.
    ignores: &'static str,
    /// The characters of a local part that it takes for a hyphen.
    hyphens: &'static str,
}

/// The providers that say of themselves which addresses are one mailbox. Outlook, Yahoo and GMX give each domain and each spelling to somebody
/// of their own.
const PROVIDERS: &[Provider] = &[
    Provider {
        domains: &["gmail.com", "googlemail.com"],
        ignores: ".",
        hyphens: "",
    },
    Provider {
        domains: &["icloud.com", "me.com", "mac.com"],
        ignores: "",
        hyphens: "",
    },
    Provider {
        domains: &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
        ignores: ".-_",
        hyphens: "",
    },
    Provider {
        domains: &[
            "yandex.ru",
            "ya.ru",
            "yandex.com",
            "yandex.by",
            "yandex.kz",
            "yandex.ua",
            "narod.ru",
        ],
        ignores: "",
        hyphens: ".",
    },
];

fn provider_of(domain: &str) -> Option<&'static Provider> {
    PROVIDERS
        .iter()
        .find(|provider| provider.domains.contains(&domain))
}

/// Tells whether an address is its own key, as nearly all are: told without making anything.
fn is_settled(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let is_plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_');
    !local.is_empty()
        && local.bytes().all(is_plain)
        && domain.bytes().all(is_plain)
        && domain
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphanumeric)
        && domain
            .as_bytes()
            .last()
            .is_some_and(u8::is_ascii_alphanumeric)
        && provider_of(domain).is_none()
        && !domain.contains("fastmail.")
        && !domain.contains("xn--")
}

/// Returns a local part without the quotes and the escapes of RFC 5322 §3.2.4.
fn unquoted(local: &str) -> String {
    let Some(inner) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) else {
        return local.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// Folds letters so that two spellings that differ only in case or in how they are composed are equal. Upper case comes first: by it `ß` and
/// `SS`, `ς` and `Σ` meet. The Turkish `ı` is no `i` (Unicode's default folding leaves it alone).
pub(crate) fn folded(text: &str) -> String {
    text.nfkc()
        .flat_map(|c| {
            c.to_uppercase()
                .map(move |upper| if c == 'ı' { c } else { upper })
        })
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

impl fmt::Display for MailboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_a_mailbox_has_one_key() {
        let spellings: &[&[&str]] = &[
            &[
                "ann@acme.example",
                "ANN@ACME.EXAMPLE",
                "ann+x@acme.example",
                "Ann+y+z@acme.example",
                "\"ann\"@acme.example",
                "\"a\\nn\"@acme.example",
                "\"Ann+x\"@acme.example",
                "ann@acme.example.",
                " ann@acme.example\u{200B}",
                "ａｎｎ@acme.example",
            ],
            &[
                "annacker@gmail.com",
                "ann.acker@gmail.com",
                "a.n.n.acker@googlemail.com",
                "Ann.Acker+crm@GoogleMail.com",
                "\"ann.acker\"@gmail.com",
            ],
            &["ann@icloud.com", "Ann+shop@me.com", "ann@mac.com"],
            &[
                "annacker@proton.me",
                "ann.acker@protonmail.com",
                "Ann_Acker+x@pm.me",
                "ann-acker@protonmail.ch",
            ],
            &[
                "ann-acker@yandex.ru",
                "Ann.Acker@ya.ru",
                "ann-acker+x@yandex.com",
            ],
            &[
                "ann@fastmail.com",
                "shop@ann.fastmail.com",
                "ann+x@fastmail.com",
            ],
            &["ann@outlook.com", "Ann+x@Outlook.com"],
            &[
                "ann@müller.example",
                "ann@MÜLLER.example",
                "ann＠müller．example",
                "ann@xn--mller-kva.example",
                "ANN@MÜLLER.example",
                "ann@mu\u{308}ller.example",
                "ann@XN--MLLER-KVA.example",
            ],
            &[
                "jörg@acme.example",
                "JÖRG@acme.example",
                "jo\u{308}rg@acme.example",
            ],
            &[
                "strasse@acme.example",
                "straße@acme.example",
                "STRASSE@acme.example",
            ],
            &[
                "νικος@acme.example",
                "ΝΙΚΟΣ@acme.example",
                "νικοσ@acme.example",
            ],
            &[
                "ann@例え.テスト",
                "ann@xn--r8jz45g.xn--zckzah",
                "ann@例え。テスト",
                "ａｎｎ＠例え｡テスト",
            ],
        ];
        for group in spellings {
            let key = MailboxKey::of(group[0]);
            for spelling in *group {
                assert_eq!(MailboxKey::of(spelling), key, "{spelling}");
            }
        }
        let keys: std::collections::BTreeSet<_> =
            spellings.iter().map(|g| MailboxKey::of(g[0])).collect();
        assert_eq!(
            keys.len(),
            spellings.len(),
            "different mailboxes stay apart"
        );
    }

    #[test]
    fn different_mailboxes_stay_apart() {
        let check = |a: &str, b: &str| assert_ne!(MailboxKey::of(a), MailboxKey::of(b), "{a} {b}");
        check("a.nn@acme.example", "ann@acme.example");
        check("ann@acme.example", "ann@acme.test");
        check("ann@mail.acme.example", "ann@acme.example");
        check("+x@acme.example", "+y@acme.example");
        check("ann-x@acme.example", "ann@acme.example");
        check("\"a b\"@acme.example", "ab@acme.example");
        check("jorg@acme.example", "jörg@acme.example");
        check("ıl@acme.example", "il@acme.example");
        check("İl@acme.example", "il@acme.example");
        check("a.nn@outlook.com", "ann@outlook.com");
        check("ann@outlook.com", "ann@hotmail.com");
        check("a.nn@icloud.com", "ann@icloud.com");
        check("ann@fastmail.com", "ann@fastmail.fm");
        check("ann@fastmail.com", "ann@bo.fastmail.com");
        check("ann@yandex.ru", "ann@yandex.example");
        check(".@gmail.com", "-@gmail.com");
    }

    #[test]
    fn a_link_names_what_it_encodes() {
        let check = |text: &str, expect: &str| assert_eq!(of_link(text), expect, "{text}");
        check("mailto:ann%2Bx@acme.example", "ann+x@acme.example");
        check(
            "MAILTO:ann%40acme.example?subject=Hi%20",
            "ann@acme.example",
        );
        check("mailto:j%C3%B6rg@acme.example", "jörg@acme.example");
        check("mailto:50%25@acme.example", "50%@acme.example");
        check("mailto:a%zz%@acme.example", "a%zz%@acme.example");
        check("mailto:%FF@acme.example", "%FF@acme.example");
        check("ann%2Bx@acme.example", "ann%2Bx@acme.example");
    }

    #[test]
    fn a_domain_lies_below_those_above_it() {
        let key = MailboxKey::of("ann@mail.acme.example").domain();
        assert_eq!(
            key.and_above().collect::<Vec<_>>(),
            ["mail.acme.example", "acme.example", "example"]
        );
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,40}", at in "[a-zA-Z.+\"\\\\ßΣäÖ]{0,12}@[a-zA-Z.ßäÖ-]{0,12}") {
            for address in [&text, &at] {
                let key = MailboxKey::of(address);
                prop_assert_eq!(MailboxKey::of(key.as_str()), key.clone());
            }
        }

        #[test]
        fn case_never_tells_two_apart(at in "[a-zA-Z.äöüéñçσ]{1,12}@[a-zA-Z]{1,9}\\.example") {
            prop_assert_eq!(MailboxKey::of(&at), MailboxKey::of(&at.to_uppercase()));
        }
    }
}
