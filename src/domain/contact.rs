//! A contact as a file, a form or the operator's hand supplies it, cleaned and checked.
//!
//! A [`ContactDraft`] never says "this field is empty": an absent field means that the source did not carry it, so
//! that writing a draft over a stored contact blanks nothing. Two drafts with equal [`ContactDraft::fingerprint`]s
//! say the same thing.

pub mod address;
pub mod cell;
pub mod greeting;
pub mod name;
mod nickname;
pub mod who;

pub use self::cell::{MAX_URL, clean, is_placeholder};
use self::cell::{is_clean_ascii, is_empty_mark};
use crate::domain::company::domain_of_website;
use crate::domain::email::MailboxKey;
use crate::domain::suppression::{CarriedSuppression, Cause};
use crate::domain::text::{clean_block, clean_line};
use crate::domain::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use thiserror::Error;

/// Characters of a person's name part that are kept.
pub const MAX_NAME: usize = 120;
/// Characters of any other one-line field that are kept.
pub const MAX_LINE: usize = 240;
/// Bytes of a note that are kept.
pub const MAX_NOTES: usize = 16 * 1024;
/// E-mail addresses of one person that are kept.
pub const MAX_EMAILS: usize = 20;

/// The beginning of the systems of files that no known program wrote; eight digits of a hash follow.
pub const NAMELESS: &str = "file";

/// A record's number in another system, such as `hubspot:501`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalId {
    /// The system, in lower case: `hubspot`, `salesforce`, `linkedin`, `vcard`, and so on.
    pub system: Cow<'static, str>,
    /// The record's id there, as that system spells it.
    pub id: String,
}

impl ExternalId {
    /// Returns the id with its parts cleaned and bounded, or None if either is empty.
    #[must_use]
    pub fn new(system: impl Into<Cow<'static, str>>, id: &str) -> Option<Self> {
        let id = clean(id, MAX_LINE)?;
        let mut system = system.into();
        if system.is_empty()
            || system
                .bytes()
                .any(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
        {
            let cleaned: String = system
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(32)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            if cleaned.is_empty() {
                return None;
            }
            system = Cow::Owned(cleaned);
        }
        Some(Self { system, id })
    }

    /// Tells whether the id is a count of a file that no known program wrote, such as `1` or `CONT-0012`: every list begins
    /// with the same ones, so that it alone does not say who somebody is.
    #[must_use]
    pub fn is_count(&self) -> bool {
        const MAX_DIGITS: usize = 8;
        const MAX_PREFIX: usize = 12;
        let is_nameless = self
            .system
            .strip_prefix(NAMELESS)
            .is_some_and(|mark| mark.len() == 8 && mark.bytes().all(|b| b.is_ascii_hexdigit()));
        let digits = self.id.trim_start_matches(|c: char| !c.is_ascii_digit());
        is_nameless
            && self.id.len() - digits.len() <= MAX_PREFIX
            && (1..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
    }

    /// Reads `system:id`; the id may itself hold colons.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (system, id) = text.trim().split_once(':')?;
        Self::new(system.trim().to_owned(), id)
    }
}

impl std::fmt::Display for ExternalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.system, self.id)
    }
}

words! {
    /// The lifecycle stage of a contact.
    pub enum LifecycleStage ("a lifecycle stage") {
        /// Reads what we publish.
        Subscriber = "subscriber",
        /// Known and not yet in a deal.
        Lead = "lead",
        /// In an open deal.
        Opportunity = "opportunity",
        /// Buys from us.
        Customer = "customer",
        /// Bought from us once.
        FormerCustomer = "former_customer",
        /// Known, but none of the others: a partner, a supplier, a stage of another tool's own.
        Other = "other",
        /// Must never be contacted.
        DoNotContact = "do_not_contact",
    }
}

impl LifecycleStage {
    /// Reads a stage that was stored here. A word that is none of ours reads as [`LifecycleStage::DoNotContact`]: nobody can say what it
    /// meant, and nobody is written to on a guess.
    #[must_use]
    pub fn from_stored(word: &str) -> Self {
        word.parse().unwrap_or(Self::DoNotContact)
    }

    /// Reads a stage however another tool spells it. Returns None for blank text, [`LifecycleStage::Other`] for a
    /// stage that has no counterpart here.
    #[must_use]
    pub fn parse_lenient(text: &str) -> Option<Self> {
        let key: String = text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .take(64)
            .collect();
        Some(match key.as_str() {
            "" => return None,
            "subscriber" | "newsletter" => Self::Subscriber,
            "lead"
            | "leads"
            | "prospect"
            | "mql"
            | "sql"
            | "marketingqualifiedlead"
            | "salesqualifiedlead"
            | "newlead"
            | "qualifiedlead"
            | "interessent" => Self::Lead,
            "opportunity" | "opp" | "indeal" | "opendeal" => Self::Opportunity,
            "customer" | "client" | "evangelist" | "advocate" | "activecustomer" | "kunde"
            | "cliente" => Self::Customer,
            "formercustomer" | "excustomer" | "churned" | "churnedcustomer" | "pastcustomer"
            | "lostcustomer" | "formerclient" | "pastclient" | "inactivecustomer" => {
                Self::FormerCustomer
            }
            "donotcontact" | "dnc" | "unsubscribed" | "optedout" | "optout" | "blacklisted"
            | "blocked" => Self::DoNotContact,
            _ => Self::Other,
        })
    }
}

/// A contact as an import, a form or the operator gives it. Call [`ContactDraft::normalize`] before use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContactDraft {
    /// The person's numbers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The whole name; made from the parts where a source has only those.
    pub full_name: Option<String>,
    /// Addresses, the primary one first, each once.
    pub emails: Vec<String>,
    /// The number at work, as written.
    pub phone: Option<String>,
    /// The mobile number, as written.
    pub mobile_phone: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// The name of the company.
    pub company: Option<String>,
    /// The company's own domain, such as `acme.com`.
    pub company_domain: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// The state or province.
    pub state: Option<String>,
    /// The country, as written.
    pub country: Option<String>,
    /// The address of the LinkedIn profile.
    pub linkedin: Option<String>,
    /// Their lifecycle stage.
    pub stage: Option<LifecycleStage>,
    /// The IANA name of their time zone.
    pub time_zone: Option<String>,
    /// Their fit to the ideal customer profile, 0 to 1.
    pub icp_fit: Option<f64>,
    /// Renewal date of their contract.
    pub renewal_date: Option<Date>,
    /// Free text.
    pub notes: Option<String>,
    /// Instant at which the source first knew them.
    pub created_at: Option<Timestamp>,
    /// True if the source says that they must get no mail; false when it says nothing.
    pub opted_out: bool,
    /// True if the source says that mail to their first address comes back for good.
    #[serde(default)]
    pub bounced: bool,
    /// Suppressions of their addresses and of the domains of these, as our own export names them.
    #[serde(default)]
    pub suppressed: Vec<CarriedSuppression>,
}

/// The faulty part of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DraftPart {
    /// An e-mail address.
    Email,
    /// The row as a whole.
    Whole,
}

/// A fault that keeps a draft from becoming a contact.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct DraftFault {
    /// The part at fault.
    pub part: DraftPart,
    /// A sentence for the operator, without its full stop.
    pub reason: String,
}

impl ContactDraft {
    /// Cleans and bounds every field, derives what is missing (name parts, the domain of a website) and checks that
    /// the draft can be told from others.
    ///
    /// A draft needs an e-mail address, an external id, or a name with a company or a phone number.
    ///
    /// # Errors
    /// A malformed e-mail address is a fault even where another field identifies the person: dropping the address
    /// silently would lose it. A draft that identifies nobody is a fault.
    pub fn normalize(&mut self) -> Result<(), DraftFault> {
        tidy_with(&mut self.first_name, MAX_NAME, is_empty_mark);
        tidy_with(&mut self.last_name, MAX_NAME, is_empty_mark);
        tidy(&mut self.full_name, MAX_NAME * 2);
        drop_empty_names(&mut self.first_name, &mut self.last_name);
        tidy_phone(&mut self.phone);
        tidy_phone(&mut self.mobile_phone);
        tidy(&mut self.title, MAX_LINE);
        tidy(&mut self.company, MAX_LINE);
        tidy(&mut self.city, MAX_LINE);
        tidy(&mut self.state, MAX_LINE);
        tidy(&mut self.country, MAX_LINE);
        tidy(&mut self.linkedin, MAX_URL);
        tidy(&mut self.time_zone, 64);
        if let Some(notes) = self.notes.take() {
            let cleaned = clean_block(&notes, MAX_NOTES);
            let trimmed = cleaned.trim();
            if !trimmed.is_empty() {
                self.notes = Some(trimmed.to_owned());
            }
        }
        if let Some(site) = self.company_domain.take() {
            self.company_domain = domain_of_website(&site);
        }
        self.icp_fit = self
            .icp_fit
            .filter(|f| f.is_finite())
            .map(|f| f.clamp(0.0, 1.0));
        self.normalize_emails()?;
        self.normalize_names();
        if self.phone.is_some() && self.phone == self.mobile_phone {
            self.mobile_phone = None;
        }
        if self.emails.is_empty() && self.external_ids.is_empty() && self.natural_key().is_none() {
            let reason = if self.full_name.is_some() {
                "has a name, but no e-mail address, id, company or phone number to know the person by"
            } else {
                "has no e-mail address, no id and no name with a company or phone number"
            };
            return Err(DraftFault {
                part: DraftPart::Whole,
                reason: reason.to_owned(),
            });
        }
        Ok(())
    }

    /// Tells whether the source says that the person wants no mail, or must not be contacted at all.
    #[must_use]
    pub fn wants_no_mail(&self) -> bool {
        self.opted_out || self.stage == Some(LifecycleStage::DoNotContact)
    }

    /// Tells whether the source says that mail to one of their addresses comes back for good.
    #[must_use]
    pub fn says_bounced(&self) -> bool {
        let is_bounce = |one: &CarriedSuppression| one.cause == Cause::Bounced;
        self.bounced || self.suppressed.iter().any(is_bounce)
    }

    fn normalize_emails(&mut self) -> Result<(), DraftFault> {
        if let [only] = self.emails.as_slice()
            && address::is_plain(only)
        {
            return Ok(());
        }
        let cells = std::mem::take(&mut self.emails);
        for cell in cells {
            for found in address::parse_list(&cell) {
                let found = found.map_err(|bad| DraftFault {
                    part: DraftPart::Email,
                    reason: not_an_address(&bad),
                })?;
                let known = self
                    .emails
                    .iter()
                    .any(|e| address::key(e) == address::key(&found));
                if !known && self.emails.len() < MAX_EMAILS {
                    self.emails.push(found);
                }
            }
        }
        Ok(())
    }

    fn normalize_names(&mut self) {
        match (&self.first_name, &self.last_name, &self.full_name) {
            (None, None, Some(full)) => {
                let (mut first, mut last) = name::split(full);
                drop_empty_names(&mut first, &mut last);
                if first.is_none() || last.is_none() {
                    let left = first.as_deref().or(last.as_deref());
                    self.full_name = left.map(str::to_owned);
                }
                self.first_name = first;
                self.last_name = last;
            }
            (Some(first), Some(last), None) => {
                let mut full = String::with_capacity(first.len() + last.len() + 1);
                full.push_str(first);
                full.push(' ');
                full.push_str(last);
                self.full_name = Some(full);
            }
            (Some(one), None, None) | (None, Some(one), None) => self.full_name = Some(one.clone()),
            (Some(first), None, Some(full)) => {
                let rest = full.strip_prefix(first.as_str()).unwrap_or("").trim();
                if !rest.is_empty() {
                    self.last_name = Some(rest.to_owned());
                }
            }
            _ => {}
        }
        // "Anna@acme.com" in a name column is an address that a form copied, not a name.
        if let Some(full) = &self.full_name
            && full.contains('@')
            && self
                .emails
                .iter()
                .any(|e| MailboxKey::of(e) == MailboxKey::of(full))
        {
            self.full_name = None;
            self.first_name = None;
            self.last_name = None;
        }
    }

    /// Returns what the person can be known by where there is neither an address nor an external id: the folded name
    /// with the company, else with the digits of a phone number. None where that would not be enough.
    #[must_use]
    pub fn natural_key(&self) -> Option<String> {
        let name = name::fold(self.full_name.as_deref()?);
        if name.is_empty() {
            return None;
        }
        if let Some(company) = &self.company {
            let company = name::fold(company);
            if !company.is_empty() {
                return Some(format!("{name}|{company}"));
            }
        }
        let phone = self.phone.as_deref().or(self.mobile_phone.as_deref())?;
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        (digits.len() >= 5).then(|| format!("{name}|{digits}"))
    }

    /// Returns a 64-bit number that is the same for drafts that say the same, on every machine and in every version.
    ///
    /// The number tells "unchanged" from "changed" for one person; it is no proof against forgery. The order of fields and
    /// the letters that mark them are fixed, and pinned by a test.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fingerprint::default();
        for id in &self.external_ids {
            hash.field(b'x', id.system.as_bytes());
            hash.field(b'X', id.id.as_bytes());
        }
        for email in &self.emails {
            hash.field(b'e', address::key(email).as_bytes());
        }
        let lines = [
            (b'f', &self.first_name),
            (b'l', &self.last_name),
            (b'n', &self.full_name),
            (b'p', &self.phone),
            (b'm', &self.mobile_phone),
            (b't', &self.title),
            (b'c', &self.company),
            (b'd', &self.company_domain),
            (b'y', &self.city),
            (b's', &self.state),
            (b'o', &self.country),
            (b'i', &self.linkedin),
            (b'z', &self.time_zone),
            (b'N', &self.notes),
        ];
        for (mark, line) in lines {
            if let Some(line) = line {
                hash.field(mark, line.as_bytes());
            }
        }
        if let Some(stage) = self.stage {
            hash.field(b'g', stage.as_str().as_bytes());
        }
        if let Some(fit) = self.icp_fit {
            hash.field(b'F', &fit.to_bits().to_le_bytes());
        }
        if let Some(date) = self.renewal_date {
            hash.field(b'r', date.to_string().as_bytes());
        }
        if let Some(at) = self.created_at {
            hash.field(b'a', &at.as_millisecond().to_le_bytes());
        }
        if self.opted_out {
            // Without an address the record itself is marked.
            let mark = if self.emails.is_empty() { b"2" } else { b"1" };
            hash.field(b'u', mark);
        }
        if self.bounced {
            hash.field(b'b', b"1");
        }
        for one in &self.suppressed {
            hash.field(b'C', one.cause.as_str().as_bytes());
            hash.field(b'S', one.value.as_bytes());
        }
        hash.finish()
    }
}

/// Says that a text is no address, with the number of each character in it that cannot be seen.
fn not_an_address(bad: &str) -> String {
    let mut hidden: Vec<String> = bad
        .chars()
        .filter(|c| address::is_invisible(*c))
        .map(|c| format!("U+{:04X}", c as u32))
        .collect();
    hidden.dedup();
    hidden.truncate(5);
    let shown = clean_line(bad, 80);
    if hidden.is_empty() {
        return format!("“{shown}” is not an e-mail address");
    }
    format!(
        "“{shown}” is not an e-mail address: it holds characters that cannot be seen ({})",
        hidden.join(", ")
    )
}

fn tidy(slot: &mut Option<String>, max_chars: usize) {
    tidy_with(slot, max_chars, is_placeholder);
}

fn tidy_with(slot: &mut Option<String>, max_chars: usize, is_nothing: fn(&str) -> bool) {
    if let Some(text) = slot {
        if !is_clean_ascii(text, max_chars) {
            *slot = clean(text, max_chars);
        }
        if slot.as_deref().is_some_and(is_nothing) {
            *slot = None;
        }
    }
}

fn tidy_phone(slot: &mut Option<String>) {
    tidy(slot, 64);
    if let Some(text) = slot {
        // A spreadsheet's way to keep "+49…" from being a formula.
        let bare = text.trim_start_matches(['\'', ' ']);
        if bare.len() < text.len() {
            *text = bare.to_owned();
        }
        if !is_phone(text) {
            *slot = None;
        }
    }
}

/// Tells whether a text is a phone number: five digits or more that are not all noughts, or a number in letters (1-800-FLOWERS).
#[must_use]
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let letters = text.bytes().filter(u8::is_ascii_uppercase).count();
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '(');
    let is_in_letters = digits >= 3 && digits + letters >= 10 && text.starts_with(is_plain);
    let is_nothing = text.chars().all(|c| c == '0' || !c.is_numeric());
    !is_nothing && (digits >= 5 || is_in_letters)
}

/// Takes away name parts that say nothing. "Ann Null" is a person and so is "Nil Jones": a plain name stays beside a
/// given one that is real, unless every letter of it is written as programs write the word.
fn drop_empty_names(first: &mut Option<String>, last: &mut Option<String>) {
    let is_word = |part: &Option<String>| part.as_deref().is_some_and(is_placeholder);
    let is_real = |part: &Option<String>| part.is_some() && !is_word(part);
    let is_name = |part: &Option<String>| {
        part.as_deref().is_some_and(|word| {
            ["null", "none", "nil", "nan"]
                .iter()
                .any(|name| word.eq_ignore_ascii_case(name))
                && word.chars().next().is_some_and(char::is_uppercase)
                && word.chars().skip(1).all(char::is_lowercase)
        })
    };
    let keep_last = is_real(first) && is_name(last);
    let keep_first = is_real(last) && is_name(first) && first.as_deref() != Some("None");
    if is_word(last) && !keep_last {
        *last = None;
    }
    if is_word(first) && !keep_first {
        *first = None;
    }
}

/// A small keyless hash: eight bytes at a time through a 64 by 64 bit multiplication folded to 64 bits.
struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }
}

impl Fingerprint {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0xA076_1D64_78BD_642F_u128;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves are folded together"
        )]
        let folded = (product as u64) ^ ((product >> 64) as u64);
        self.0 = folded.rotate_left(23) ^ 0xE703_7ED1_A0B4_28DB;
    }

    fn field(&mut self, mark: u8, bytes: &[u8]) {
        self.mix(u64::from(mark) << 56 | bytes.len() as u64);
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix(
                chunk
                    .iter()
                    .rev()
                    .fold(0, |word, b| word << 8 | u64::from(*b)),
            );
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            self.mix(
                rest.iter()
                    .rev()
                    .fold(0, |word, b| word << 8 | u64::from(*b)),
            );
        }
    }

    fn finish(mut self) -> u64 {
        self.mix(0);
        self.mix(0x2D35_8DCC_AA6C_78A5);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(edit: impl FnOnce(&mut ContactDraft)) -> Result<ContactDraft, DraftFault> {
        let mut draft = ContactDraft::default();
        edit(&mut draft);
        draft.normalize().map(|()| draft)
    }

    #[test]
    fn a_draft_needs_an_address_an_id_or_a_name_with_company_or_phone() {
        let name = |d: &mut ContactDraft| d.full_name = Some("Ann Lee".into());
        assert!(draft(name).is_err());
        assert!(draft(|_| {}).is_err());
        assert!(draft(|d| d.emails.push("ann@acme.com".into())).is_ok());
        assert!(draft(|d| d.external_ids.extend(ExternalId::new("hubspot", "1"))).is_ok());
        assert!(
            draft(|d| {
                name(d);
                d.company = Some("Acme".into());
            })
            .is_ok()
        );
        assert!(
            draft(|d| {
                name(d);
                d.phone = Some("+49 30 12345".into());
            })
            .is_ok()
        );
        assert!(
            draft(|d| {
                name(d);
                d.phone = Some("n/a".into());
            })
            .is_err()
        );
    }

    #[test]
    fn a_malformed_address_is_a_fault_that_quotes_it() {
        let fault = draft(|d| {
            d.emails.push("ann@@acme.com".into());
            d.external_ids.extend(ExternalId::new("hubspot", "1"));
        })
        .unwrap_err();
        assert_eq!(fault.part, DraftPart::Email);
        assert_eq!(fault.reason, "“ann@@acme.com” is not an e-mail address");
    }

    #[test]
    fn names_are_split_and_joined() {
        let d = draft(|d| {
            d.full_name = Some("  Anna   van der Berg ".into());
            d.emails.push("A@X.io".into());
        })
        .unwrap();
        assert_eq!(d.first_name.as_deref(), Some("Anna"));
        assert_eq!(d.last_name.as_deref(), Some("van der Berg"));
        assert_eq!(d.full_name.as_deref(), Some("Anna van der Berg"));
        let d = draft(|d| {
            d.first_name = Some("Zoë".into());
            d.last_name = Some("O\u{1b}[31m’Neil".into());
            d.emails.push("z@x.io".into());
        })
        .unwrap();
        assert_eq!(d.full_name.as_deref(), Some("Zoë O’Neil"));
    }

    #[test]
    fn words_for_nothing_are_no_names() {
        let check = |first: &str, last: &str, expect: (&str, &str, &str)| {
            let d = draft(|d| {
                d.first_name = Some(first.into());
                d.last_name = Some(last.into());
                d.emails.push("a@x.io".into());
            })
            .unwrap();
            let text = |t: &Option<String>| t.clone().unwrap_or_default();
            let found = (text(&d.first_name), text(&d.last_name), text(&d.full_name));
            assert_eq!(
                (found.0.as_str(), found.1.as_str(), found.2.as_str()),
                expect,
                "{first} {last}"
            );
        };
        check("NULL", "NULL", ("", "", ""));
        check("None", "None", ("", "", ""));
        check("nil", "undefined", ("", "", ""));
        check("Ann", "NULL", ("Ann", "", "Ann"));
        check("Ann", "null", ("Ann", "", "Ann"));
        check("Ann", "Null", ("Ann", "Null", "Ann Null"));
        check("Ann", "#REF!", ("Ann", "", "Ann"));
        check("Nil", "Jones", ("Nil", "Jones", "Nil Jones"));
        check("None", "Jones", ("", "Jones", "Jones"));
        check("unknown", "Jones", ("", "Jones", "Jones"));
        for nothing in [
            "NULL",
            "None",
            "NaN",
            "nil",
            "Undefined",
            "UNKNOWN",
            "tbd",
            "#REF!",
            "#VALUE!",
            "n/a",
            "(null)",
        ] {
            let d = draft(|d| {
                d.emails.push("a@x.io".into());
                d.full_name = Some(format!("{nothing} {nothing}"));
                d.company = Some(nothing.into());
                d.phone = Some(nothing.into());
                d.title = Some(nothing.into());
                d.city = Some(nothing.into());
            })
            .unwrap();
            let said = [
                &d.first_name,
                &d.last_name,
                &d.full_name,
                &d.company,
                &d.phone,
                &d.title,
                &d.city,
            ];
            assert!(
                said.iter().all(|field| field.is_none()),
                "{nothing}: {said:?}"
            );
        }
    }

    #[test]
    fn a_character_that_cannot_be_seen_is_named() {
        let fault = draft(|d| d.emails.push("zo\u{200b}e@addr.example".into())).unwrap_err();
        assert!(
            fault.reason.ends_with("cannot be seen (U+200B)"),
            "{}",
            fault.reason
        );
        let d = draft(|d| {
            d.emails.push("\u{200b}zoe@addr.example\u{feff}".into());
            d.first_name = Some("\u{200b}Zoe\u{ad}".into());
        })
        .unwrap();
        assert_eq!(d.emails, ["zoe@addr.example"]);
        assert_eq!(d.first_name.as_deref(), Some("Zoe"));
    }

    #[test]
    fn addresses_keep_their_order_and_lose_their_doubles() {
        let d = draft(|d| {
            d.emails.push("B@x.io; a@x.io".into());
            d.emails.push("b@X.IO".into());
        })
        .unwrap();
        assert_eq!(d.emails, ["b@x.io", "a@x.io"]);
    }

    #[test]
    fn the_fingerprint_sees_every_field_and_stays_as_it_is() {
        let base = draft(|d| {
            d.emails.push("ann@acme.com".into());
            d.first_name = Some("Ann".into());
        })
        .unwrap();
        assert_eq!(base.fingerprint(), base.clone().fingerprint());
        let mut seen = std::collections::HashSet::from([base.fingerprint()]);
        let mut see = |edit: &dyn Fn(&mut ContactDraft)| {
            let mut other = base.clone();
            edit(&mut other);
            assert!(seen.insert(other.fingerprint()));
        };
        see(&|d| d.first_name = Some("Ana".into()));
        see(&|d| {
            d.last_name = d.first_name.take();
        });
        see(&|d| d.opted_out = true);
        see(&|d| d.icp_fit = Some(0.5));
        see(&|d| d.stage = Some(LifecycleStage::Lead));
        see(&|d| d.renewal_date = Some(jiff::civil::date(2026, 1, 2)));
        see(&|d| d.created_at = Some(Timestamp::UNIX_EPOCH));
        see(&|d| d.emails.push("b@x.io".into()));
        see(&|d| d.external_ids.extend(ExternalId::new("hubspot", "7")));
        let mut fixed = ContactDraft::default();
        fixed.emails.push("ann@acme.com".into());
        fixed.title = Some("Head of Sales, EMEA".into());
        assert_eq!(
            fixed.fingerprint(),
            16_461_368_805_597_438_458,
            "stored fingerprints depend on this"
        );
    }

    #[test]
    fn stages_are_read_however_they_are_spelt() {
        let check = |text: &str, expect| {
            assert_eq!(LifecycleStage::parse_lenient(text), expect, "{text}");
        };
        for stage in LifecycleStage::ALL {
            check(stage.as_str(), Some(*stage));
        }
        check(" Marketing Qualified Lead ", Some(LifecycleStage::Lead));
        check("Ex-customer", Some(LifecycleStage::FormerCustomer));
        check("Do Not Contact", Some(LifecycleStage::DoNotContact));
        check("Nurture 7", Some(LifecycleStage::Other));
        check("  ", None);
    }

    #[test]
    fn a_stored_stage_is_one_of_our_words_or_a_stop() {
        for stage in LifecycleStage::ALL {
            assert_eq!(LifecycleStage::from_stored(stage.as_str()), *stage);
        }
        // Not guessed at as another tool's word is: a stored one was ours, or it was spoiled.
        for word in ["", "Lead", "leads", "customer ", "salesqualifiedlead", "x"] {
            assert_eq!(
                LifecycleStage::from_stored(word),
                LifecycleStage::DoNotContact,
                "{word}"
            );
        }
    }

    #[test]
    fn external_ids_are_read_and_cleaned() {
        let id = ExternalId::parse("HubSpot: 501:a").unwrap();
        assert_eq!(id.to_string(), "hubspot:501:a");
        assert_eq!(ExternalId::parse("nothing"), None);
        assert_eq!(ExternalId::parse("a: "), None);
    }

    proptest::proptest! {
        #[test]
        fn normalizing_twice_changes_nothing(
            first in proptest::option::of(".{0,40}"), full in proptest::option::of(".{0,40}"),
            email in ".{0,30}", site in proptest::option::of(".{0,30}"), phone in proptest::option::of(".{0,20}")
        ) {
            let mut d = ContactDraft {
                first_name: first, full_name: full, company_domain: site, phone, emails: vec![email], ..ContactDraft::default()
            };
            d.external_ids.extend(ExternalId::new("hubspot", "1"));
            if d.normalize().is_ok() {
                let mut again = d.clone();
                proptest::prop_assert!(again.normalize().is_ok());
                proptest::prop_assert_eq!(again, d);
            }
        }
    }
}
