//! The one notion of a person behind several contacts: which names and firms are the same, however they are spelled.
//!
//! Limits and suppressions join whom this joins, so a doubt joins: the worst of it is a mail that is not written.

use super::{name, nickname};
use crate::domain::company::FirmKey;
use crate::domain::email::address::firm_domain;
use crate::domain::email::{DomainKey, MailboxKey};

/// A person's name, however it is spelled: without case, accents, titles, pronouns and initials, in either order, and with one form for each
/// nickname. Names with one key may still be two people's: Alexander and Alexandra are both an Alex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(String);

impl NameKey {
    /// Returns the key of a name; none for one of fewer than two words, which many people share.
    #[must_use]
    pub fn of(first: &str, last: &str) -> Option<Self> {
        Name::of(first, last).map(|name| name.key)
    }

    /// Returns the text that is kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name with what tells two people of the same key apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    key: NameKey,
    /// The words of the key, in its order.
    words: Vec<String>,
    initials: Vec<String>,
    generation: Option<String>,
}

impl Name {
    fn of(first: &str, last: &str) -> Option<Self> {
        let whole = name::without_brackets(&format!("{first} {last}"));
        let is_name = |word: &&str| !name::is_pronouns(word);
        let whole: Vec<&str> = whole.split_whitespace().filter(is_name).collect();
        let folded = name::fold(&whole.join(" "));
        let (mut initials, mut words) = (Vec::new(), Vec::with_capacity(2));
        for word in name::telling(&folded) {
            if word.len() == 1 {
                initials.push(word.to_owned());
            } else {
                words.push(name::plain(word));
            }
        }
        let generation = name::generation(&folded).map(str::to_owned);
        if words.len() < 2 {
            return None;
        }
        words.sort_by(|one, other| {
            let place = |word: &str| (nickname::root(word).to_owned(), word.to_owned());
            place(one).cmp(&place(other))
        });
        let roots: Vec<&str> = words.iter().map(|word| nickname::root(word)).collect();
        Some(Self {
            key: NameKey(roots.join(" ")),
            words,
            initials,
            generation,
        })
    }

    fn is_of_same_person(&self, other: &Self) -> bool {
        self.key == other.key
            && self
                .words
                .iter()
                .zip(&other.words)
                .all(|(one, other)| nickname::is_same(one, other))
            && (self.initials.is_empty()
                || other.initials.is_empty()
                || self.initials.iter().any(|one| other.initials.contains(one)))
            && (self.generation.is_none()
                || other.generation.is_none()
                || self.generation == other.generation)
    }
}

/// A firm, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firm {
    key: Option<FirmKey>,
    domain: Option<DomainKey>,
}

impl Firm {
    /// Takes a firm's name and its own domain; either may be empty.
    #[must_use]
    pub fn of(name: &str, domain: &str) -> Self {
        Self {
            key: FirmKey::of(name),
            domain: firm_domain(&DomainKey::of(domain)),
        }
    }

    /// Returns the key of its name; none where no firm is named.
    #[must_use]
    pub const fn key(&self) -> Option<&FirmKey> {
        self.key.as_ref()
    }

    /// Tells whether it is known which firm it is, by its name or a domain of its own.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.key.is_some() || self.domain.is_some()
    }

    /// Tells whether two records are of one firm: they have one domain, or one name and no two domains that are named differently.
    /// `acme.com` and `acme.de` are named alike.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let label = |domain: &DomainKey| {
            let label = domain.as_str().split('.').next();
            label.map(str::to_owned)
        };
        match (&self.domain, &other.domain) {
            (Some(one), Some(other)) if one == other => return true,
            (Some(one), Some(other)) if label(one) != label(other) => return false,
            _ => {}
        }
        self.key.is_some() && self.key == other.key
    }
}

/// A contact, as the question whether two of them are one person needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    name: Option<Name>,
    firm: Firm,
    domains: Vec<DomainKey>,
}

impl Who {
    /// Takes a contact's names, firm and addresses.
    pub fn of<'a>(
        (first, last): (&str, &str),
        firm: Firm,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut domains: Vec<DomainKey> = addresses
            .into_iter()
            .filter_map(|address| firm_domain(&MailboxKey::of(address).domain()))
            .collect();
        domains.extend(firm.domain.clone());
        Self {
            name: Name::of(first, last),
            firm,
            domains,
        }
    }

    /// Tells whether two contacts are one person: the same name, and the same firm or a mail domain of a firm in common. A mailbox in common
    /// makes them one too, whatever they are called; it is not looked at here.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let (Some(name), Some(theirs)) = (&self.name, &other.name) else {
            return false;
        };
        name.is_of_same_person(theirs)
            && (self.firm.is_same(&other.firm)
                || self.domains.iter().any(|one| other.domains.contains(one)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str, firm: &str, address: &str) -> Who {
        Who::of((name, ""), Firm::of(firm, ""), [address])
    }

    #[test]
    fn a_name_has_one_key_in_every_spelling() {
        for group in [
            &[
                ("Ängla", "Öberg"),
                ("ängla", "öberg"),
                ("ÄNGLA", "ÖBERG"),
                ("A\u{308}ngla", "O\u{308}berg"),
                ("Angla", "Oberg"),
                ("Öberg,", "Ängla"),
                ("Öberg, Ängla", ""),
                ("Aengla", "Oeberg"),
                ("Dr. Ängla", "Öberg, PhD"),
                ("Ａｎｇｌａ", "Ｏｂｅｒｇ"),
                ("Ängla", "Öberg (she/her)"),
                ("Ängla", "Öberg she/her/hers"),
                ("Ängla (Ange)", "Öberg"),
                ("Professor Ängla", "Öberg, DDS"),
            ][..],
            &[
                ("Céa", "Strauß"),
                ("Cea", "Strauss"),
                ("CÉA", "STRAUSS"),
                ("Cea B.", "Strauß"),
            ][..],
            &[("Zoë", "O’Neil"), ("Zoe", "ONeil"), ("zoe", "o'neil")][..],
            &[("Søren", "Łuk"), ("Soren", "Luk")][..],
            &[("李", "小龙"), ("小龙", "李")][..],
            &[("Νίκος", "Παπάς"), ("ΝΙΚΟΣ", "ΠΑΠΑΣ")][..],
        ] {
            let key = NameKey::of(group[0].0, group[0].1);
            assert!(key.is_some());
            for (first, last) in group {
                assert_eq!(NameKey::of(first, last), key, "{first} {last}");
            }
        }
        for (first, last) in [
            ("Ann", ""),
            ("", ""),
            ("A.", "B."),
            ("Dr.", "Acker"),
            ("A.", "Acker"),
        ] {
            assert_eq!(NameKey::of(first, last), None, "{first} {last}");
        }
        assert_ne!(NameKey::of("Ann", "Acker"), NameKey::of("Anna", "Acker"));
    }

    #[test]
    fn one_person_is_told_by_name_and_firm_or_mail_domain() {
        let ann = who("Ann Acker", "Acme GmbH", "ann@gmail.com");
        let same = |other: &Who, expect: bool| {
            assert_eq!(ann.is_same(other), expect, "{other:?}");
            assert_eq!(other.is_same(&ann), expect, "{other:?}");
        };
        same(&who("Acker, Ann", "ACME, Inc.", "ann2@yahoo.com"), true);
        same(&who("Ann B. Acker", "The Acme Company", ""), true);
        same(&who("Ann Acker", "", "ann@acme.example"), false);
        same(&who("Ann Acker", "Acme Rockets", "ann2@gmail.com"), false);
        same(&who("Ann Acker", "", "ann2@gmail.com"), false);
        same(&who("Bo Acker", "Acme GmbH", "ann@gmail.com"), false);
        let there = who("Ann Acker", "", "ann@mail.acme.example");
        assert!(there.is_same(&who("ann acker", "Bolt", "a.acker@ACME.example.")));
        assert!(!there.is_same(&who("ann acker", "", "a.acker@other.example")));
        let john = |name: &str| who(name, "Smith & Sons", "");
        assert!(john("John Smith").is_same(&john("John Q. Smith Jr.")));
        assert!(!john("John Q. Smith").is_same(&john("John A. Smith")));
        assert!(john("Jack Smith").is_same(&john("Smith, John")));
        assert!(john("Alex Smith").is_same(&john("Alexandra Smith")));
        assert!(!john("Alexander Smith").is_same(&john("Alexandra Smith")));
        assert!(john("Bob Smith (he/him)").is_same(&john("Dr. Robert Smith, PhD")));
        assert!(!john("John Smith Jr.").is_same(&john("John Smith Sr.")));
    }

    #[test]
    fn two_firms_of_one_name_are_told_by_their_domains() {
        let firm = Firm::of;
        assert!(firm("Acme GmbH", "acme.de").is_same(&firm("Acme", "acme.com")));
        assert!(firm("Acme GmbH", "acme.de").is_same(&firm("Acme", "")));
        assert!(firm("Acme", "www.acme.com").is_same(&firm("Rockets", "acme.com")));
        assert!(!firm("Summit Inc", "summit.com").is_same(&firm("Summit LLC", "roofing.com")));
        assert!(!firm("Acme", "gmail.com").is_same(&firm("Bolt", "gmail.com")));
        assert!(!firm("", "").is_same(&firm("", "")));
        assert!(!firm("Self-employed", "").is_same(&firm("self employed", "")));
        let tenant = |name: &str| firm("", &format!("{name}.onmicrosoft.com"));
        assert!(!tenant("acme").is_same(&tenant("bolt")));
        assert!(tenant("acme").is_same(&tenant("acme")));
    }

    #[test]
    fn a_relay_makes_nobody_the_same() {
        for relay in ["privaterelay.appleid.com", "acme.zendesk.com", "duck.com"] {
            let one = who("Ann Acker", "", &format!("a1@{relay}"));
            let other = who("Ann Acker", "", &format!("a2@{relay}"));
            assert!(!one.is_same(&other), "{relay}");
        }
    }
}
