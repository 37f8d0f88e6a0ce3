//! What somebody names to be left alone: a mailbox, a domain or a firm, read as people write and paste it.

use std::fmt;

use super::address::{EmailAddress, is_free_mail_domain, is_registry};
use super::identity::{DomainKey, MailboxKey, as_typed};
use crate::domain::company::{FirmKey, domain_of_website};
use crate::domain::contact::address::{is_invisible, trim_invisible};
use crate::domain::text::{clean_line, is_hostile};

/// What a suppression names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// One mailbox.
    Mailbox(MailboxKey),
    /// Everybody at a domain and below it.
    Domain(DomainKey),
    /// Everybody at a firm of a name, at whichever domain.
    Firm(FirmNamed),
}

/// A firm's name as it is kept beside mailboxes and domains: `firm:` with the name's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmNamed(String);

/// The text in front of a firm's name: `firm:Acme GmbH`.
pub const FIRM: &str = "firm:";

impl Named {
    /// Reads what somebody names: an address, also as `"Ann" <ann@acme.example>` or `mailto:ann@acme.example`, or a domain as `acme.example`,
    /// `@acme.example`, `*@acme.example`, `*.acme.example`, `www.acme.example` or `acme.example.`, or a firm as `firm:Acme GmbH`.
    ///
    /// # Errors
    /// [`NotNamed`] where none of them can be meant.
    pub fn parse(text: &str) -> Result<Self, NotNamed> {
        let text = trim_invisible(text.trim_matches(|c: char| is_unseen(c) || c.is_whitespace()));
        let refuse = |why| NotNamed {
            text: clean_line(text, 80),
            why,
        };
        if let Some(inside) = text.chars().find(|c| is_unseen(*c)) {
            return Err(refuse(Why::Hidden(inside)));
        }
        if let Some(firm) = firm_in(text) {
            return Self::firm(firm).ok_or_else(|| refuse(Why::NoFirm));
        }
        let text = as_typed(text);
        let text = match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            Some(inner) if inner.contains('@') => inner,
            _ => &*text,
        };
        if let Ok(address) = EmailAddress::pasted(text) {
            if is_number(address.domain()) {
                return Err(refuse(Why::Number));
            }
            return match address.local_part() {
                "*" => Ok(Self::Domain(DomainKey::of(
                    address.domain().trim_start_matches("*."),
                ))),
                local if local.contains('*') => Err(refuse(Why::Unclear)),
                _ => Ok(Self::Mailbox(address.key())),
            };
        }
        let domain = text
            .strip_prefix("*@")
            .or_else(|| text.strip_prefix('@'))
            .unwrap_or(text);
        let domain = domain.strip_prefix("*.").unwrap_or(domain);
        let domain = domain.trim_end_matches('.');
        if is_number(domain.rsplit('@').next().unwrap_or(domain)) {
            return Err(refuse(Why::Number));
        }
        let is_domain = domain
            .chars()
            .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
            && EmailAddress::parse(&format!("x@{domain}")).is_ok();
        if is_domain {
            // Nobody has mail at the name of a web server.
            let bare = domain
                .get(..4)
                .filter(|head| head.eq_ignore_ascii_case("www."))
                .and_then(|_| domain.get(4..))
                .filter(|rest| rest.contains('.'));
            return Ok(Self::Domain(DomainKey::of(bare.unwrap_or(domain))));
        }
        Err(refuse(
            match (text.matches('@').count(), text.contains('/')) {
                (0, true) => domain_of_website(text).map_or(Why::Unclear, Why::Web),
                (2.., _) => Why::Several,
                _ => Why::Unclear,
            },
        ))
    }

    /// Names everybody at a firm; none where the text is no firm's name, as "Self-employed" is none.
    #[must_use]
    pub fn firm(name: &str) -> Option<Self> {
        let key = FirmKey::of(name)?;
        Some(Self::Firm(FirmNamed(format!("{FIRM}{}", key.as_str()))))
    }

    /// Reads what was named once and kept: whatever it is, it names something.
    #[must_use]
    pub fn again(value: &str) -> Self {
        if let Some(firm) = firm_in(value).and_then(Self::firm) {
            return firm;
        }
        if value.contains('@') {
            Self::Mailbox(MailboxKey::of(value))
        } else {
            Self::Domain(DomainKey::of(value))
        }
    }

    /// Tells whom a domain bars besides one firm; none for a mailbox and for a firm's own domain.
    #[must_use]
    pub fn too_wide(&self) -> Option<TooWide> {
        let Self::Domain(domain) = self else {
            return None;
        };
        if is_free_mail_domain(domain.as_str()) {
            return Some(TooWide::Provider);
        }
        is_registry(domain.as_str()).then_some(TooWide::Registry)
    }

    /// Returns the keys whose suppression bars what is named: its own, and for a domain those above it.
    pub fn and_above(&self) -> impl Iterator<Item = &str> {
        let (own, domain) = match self {
            Self::Domain(domain) => (None, Some(domain)),
            Self::Mailbox(_) | Self::Firm(_) => (Some(self.as_str()), None),
        };
        own.into_iter()
            .chain(domain.into_iter().flat_map(DomainKey::and_above))
    }

    /// Returns the text that is kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mailbox(key) => key.as_str(),
            Self::Domain(key) => key.as_str(),
            Self::Firm(FirmNamed(key)) => key,
        }
    }
}

/// Returns the name in `firm:Acme GmbH`; none where a mailbox or a domain is named.
#[must_use]
pub fn firm_in(text: &str) -> Option<&str> {
    let head = text.get(..FIRM.len())?;
    let rest = text.get(FIRM.len()..)?;
    (head.eq_ignore_ascii_case(FIRM) && !rest.contains('@')).then(|| rest.trim())
}

/// What makes a domain more than one firm's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooWide {
    /// A mail provider, where anybody has a mailbox.
    Provider,
    /// A domain under which others register theirs, such as `co.uk`.
    Registry,
}

/// Tells whether text in the place of a domain is an IP address, also as mail writes it: `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
fn is_number(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let host = host.strip_prefix("IPv6:").unwrap_or(host);
    let is_of = |letter: fn(&char) -> bool| host.chars().all(|c| c == '.' || letter(&c));
    let is_first = !host.is_empty() && is_of(char::is_ascii_digit);
    is_first || (host.matches(':').count() > 1 && is_of(|c| *c == ':' || c.is_ascii_hexdigit()))
}

fn is_unseen(c: char) -> bool {
    is_hostile(c) || is_invisible(c)
}

/// Text that names neither a mailbox nor a domain nor a firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotNamed {
    text: String,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    /// It holds a character that nobody sees.
    Hidden(char),
    /// It is the address of a web page at this domain.
    Web(String),
    /// It is an IP address, or a mailbox at one.
    Number,
    /// It is more than one.
    Several,
    /// It is to be a firm, and is no firm's name.
    NoFirm,
    Unclear,
}

impl fmt::Display for NotNamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.why == Why::NoFirm {
            return write!(f, "\"{}\" names no firm", self.text);
        }
        write!(
            f,
            "\"{}\" is neither a mail address nor a domain",
            self.text
        )?;
        match &self.why {
            Why::Hidden(c) => write!(
                f,
                "; it holds an invisible character (U+{:04X}), so type it anew",
                u32::from(*c)
            ),
            Why::Web(domain) => write!(f, "; it is a web address, so write {domain}"),
            Why::Number => {
                f.write_str("; no mail goes to an IP address, so write the domain's name")
            }
            Why::Several => f.write_str("; name one at a time"),
            Why::Unclear | Why::NoFirm => Ok(()),
        }
    }
}

impl std::error::Error for NotNamed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suppression_names_a_mailbox_or_a_domain_or_is_refused() {
        let mailbox = |text: &str| Some(Named::Mailbox(MailboxKey::of(text)));
        let domain = |text: &str| Some(Named::Domain(DomainKey::of(text)));
        let check = |text: &str, expect: Option<Named>| {
            assert_eq!(Named::parse(text).ok(), expect, "{text}")
        };
        check("Ann+x@acme.example", mailbox("ann@acme.example"));
        check("<ann@acme.example>", mailbox("ann@acme.example"));
        check("\u{200B}ann@acme.example ", mailbox("ann@acme.example"));
        check("acme.example", domain("acme.example"));
        check("@Acme.example", domain("acme.example"));
        check("*@acme.example", domain("acme.example"));
        check("*.acme.example", domain("acme.example"));
        check("acme.example.", domain("acme.example"));
        check("müller.example", domain("xn--mller-kva.example"));
        check("*@*.acme.example", domain("acme.example"));
        check("www.acme.example", domain("acme.example"));
        check("acme.co.uk", domain("acme.co.uk"));
        check("ann@acme.example.", mailbox("ann@acme.example"));
        check("mailto:ann@acme.example", mailbox("ann@acme.example"));
        check(
            "MAILTO:Ann@acme.example?subject=Hi",
            mailbox("ann@acme.example"),
        );
        check("\"Ann\" <ann@acme.example>", mailbox("ann@acme.example"));
        check("mailto:ann%2Bx@acme.example", mailbox("ann@acme.example"));
        check("ann@ａｃｍｅ。example", mailbox("ann@acme.example"));
        check("ａｃｍｅ．example", domain("acme.example"));
        check("acme。example", domain("acme.example"));
        check("Ann Acker <ann@acme.example>", mailbox("ann@acme.example"));
        check("\"ann@acme.example\"", mailbox("ann@acme.example"));
        check("\"ann\"@acme.example", mailbox("ann@acme.example"));
        check("ann＠acme.example", mailbox("ann@acme.example"));
        check("\u{FEFF}acme.example", domain("acme.example"));
        check("ann@[192.0.2.1]", None);
        check("ann@192.0.2.1", None);
        check("192.0.2.1", None);
        check("[192.0.2.1]", None);
        check("ann@[IPv6:2001:db8::1]", None);
        check("2001:db8::1", None);
        check("com", None);
        check("ann@acme.example, bo@acme.example", None);
        check("acme.example?x=1", None);
        check("JO\u{308}RG@acme.example", mailbox("jörg@acme.example"));
        check("a*@acme.example", None);
        check("acme", None);
        check("*", None);
        check("@", None);
        check("", None);
        check("https://acme.example/x", None);
        check("ann@", None);
        let says = |text: &str, expect: &str| {
            let refused = Named::parse(text).unwrap_err().to_string();
            assert!(refused.contains(expect), "{refused}");
        };
        says("an\u{200B}n@acme.example", "U+200B");
        says("acme\u{AD}.example", "U+00AD");
        says("ann@ac\u{3164}me.example", "U+3164");
        says("https://www.acme.example/x", "write acme.example");
        says("acme.example/", "write acme.example");
        says("ann@192.0.2.1", "IP address");
        says("ann@[IPv6:2001:db8::1]", "IP address");
        says("ann@acme.example bo@acme.example", "one at a time");
    }

    #[test]
    fn a_firm_is_named_by_its_name_in_every_spelling() {
        let acme = Named::firm("Acme").unwrap();
        for text in [
            "firm:Acme GmbH",
            "FIRM: ACME, Inc.",
            "firm:acme.com",
            acme.as_str(),
        ] {
            assert_eq!(Named::parse(text).as_ref(), Ok(&acme), "{text}");
            assert_eq!(Named::again(text), acme, "{text}");
        }
        assert_eq!(acme.as_str(), "firm:acme");
        for text in ["firm:", "firm:self employed", "firm:N/A", "Firm: -"] {
            let refused = Named::parse(text).unwrap_err().to_string();
            assert!(refused.ends_with("names no firm"), "{refused}");
        }
        assert_eq!(
            Named::again("acme.example"),
            Named::parse("acme.example").unwrap()
        );
        assert_eq!(
            Named::again("a@acme.example"),
            Named::parse("a@acme.example").unwrap()
        );
    }

    #[test]
    fn a_domain_of_many_firms_is_told() {
        let check = |text: &str, expect: Option<TooWide>| {
            assert_eq!(Named::parse(text).unwrap().too_wide(), expect, "{text}");
        };
        check("acme.example", None);
        check("ann@gmail.com", None);
        check("*@gmail.com", Some(TooWide::Provider));
        check("Googlemail.com.", Some(TooWide::Provider));
        check("me.com", Some(TooWide::Provider));
        check("co.uk", Some(TooWide::Registry));
        check("*.github.io", Some(TooWide::Registry));
        check("onmicrosoft.com", Some(TooWide::Registry));
        check("contoso.onmicrosoft.com", None);
    }
}
