//! One row of a delimited file becomes a draft.

use super::dates::{parse_date, parse_instant};
use super::encoding::decode;
use super::header::{Field, Mapping, Vendor, is_of_child_table};
use super::values::{guarded, parse_share, parse_zone, unwrapped};
use crate::domain::contact::{
    ContactDraft, DraftFault, DraftPart, ExternalId, LifecycleStage, MAX_EMAILS, MAX_LINE, address,
    clean, is_phone, is_placeholder,
};
use crate::domain::suppression::CarriedSuppression;
use crate::domain::wishes::{Name, Subject, Topic, Wish, suggests, wish_of};
use std::borrow::Cow;

/// The reason that a row was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The header of the column at fault, where one is.
    pub column: Option<String>,
    /// The fault, without a full stop.
    pub reason: String,
}

impl Reject {
    /// Returns a reject of the row as a whole.
    pub(super) fn whole(reason: impl Into<String>) -> Self {
        Self {
            column: None,
            reason: reason.into(),
        }
    }
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// A value that could not be read, in a row that was taken without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The header of its column.
    pub column: String,
    /// The fault of the value.
    pub reason: &'static str,
}

/// Builds the draft of a row whose cells `cell` yields, in the order of the mapping's plan.
pub(super) fn draft_of<'a>(
    mapping: &Mapping,
    cell: impl Fn(usize) -> Cow<'a, [u8]>,
    dropped: &mut Vec<Dropped>,
    suspicious: &mut Vec<usize>,
) -> Result<ContactDraft, (Reject, Option<Box<ContactDraft>>)> {
    let mut draft = ContactDraft::default();
    let mut wishes = Wishes::default();
    let mut email_column = None;
    let mut fax_groups: Vec<(u16, bool)> = Vec::new();
    let mut further: Vec<String> = Vec::new();
    let mut further_firms: Vec<String> = Vec::new();
    for &(index, field, group) in &mapping.plan {
        let raw = cell(index);
        let trimmed = raw.trim_ascii();
        if trimmed.is_empty() {
            continue;
        }
        let text = decode(trimmed);
        let text: &str = guarded(&text);
        let mut drop = |reason| {
            let header = mapping.columns.get(index).map(|c| c.header.clone());
            dropped.push(Dropped {
                column: header.unwrap_or_default(),
                reason,
            });
        };
        match field {
            Field::Id => draft.external_ids.extend(id_of(mapping, text)),
            Field::ExternalIds => {
                for id in text.split(';').filter_map(ExternalId::parse) {
                    if !draft.external_ids.contains(&id) {
                        draft.external_ids.push(id);
                    }
                }
            }
            Field::FirstName => set(&mut draft.first_name, text),
            Field::LastName => set(&mut draft.last_name, text),
            Field::FullName => set(&mut draft.full_name, text),
            Field::Email => {
                email_column.get_or_insert(index);
                draft.emails.push(text.to_owned());
            }
            Field::Phone | Field::MobilePhone => {
                let label = fax_groups.iter().find(|(g, _)| *g == group && group > 0);
                let is_mobile = match (field, label) {
                    (Field::MobilePhone, _) | (_, Some((_, true))) => true,
                    (_, Some((_, false))) => continue,
                    _ => false,
                };
                let mut numbers = Vec::new();
                for number in phones(text).filter(|number| !is_placeholder(number)) {
                    match fault_of_number(number) {
                        Some(fault) => drop(fault),
                        None => numbers.push(number),
                    }
                }
                let Some((first, more)) = numbers.split_first() else {
                    continue;
                };
                if is_mobile {
                    set(&mut draft.mobile_phone, first);
                } else {
                    set(&mut draft.phone, first);
                }
                if !more.is_empty() {
                    drop(SECOND_NUMBER);
                    further.extend(more.iter().map(|number| (*number).to_owned()));
                }
            }
            Field::PhoneLabel => {
                let label = text.to_lowercase();
                if label.contains("fax") || label.contains("pager") {
                    fax_groups.push((group, false));
                } else if [
                    "mobil", "cell", "iphone", "handy", "portable", "movil", "móvil",
                ]
                .iter()
                .any(|m| label.contains(m))
                {
                    fax_groups.push((group, true));
                }
            }
            Field::Title => set(&mut draft.title, text),
            // HubSpot joins the firms of a contact, the first one first.
            Field::Company if mapping.vendor == Vendor::Hubspot && text.contains(';') => {
                let mut firms = text.split(';').map(str::trim).filter(|f| !f.is_empty());
                if let Some(first) = firms.next() {
                    set(&mut draft.company, first);
                }
                for firm in firms {
                    drop("a further firm, kept in the notes");
                    further_firms.push(firm.to_owned());
                }
            }
            Field::Company => set(&mut draft.company, text),
            Field::Website => {
                if text.contains("linkedin.com/in/") {
                    set(&mut draft.linkedin, text);
                } else {
                    set(&mut draft.company_domain, text);
                }
            }
            Field::City => set(&mut draft.city, text),
            Field::State => match mapping.wish_of(index, text) {
                None => set(&mut draft.state, text),
                wish => wishes.note(index, Field::Status, wish),
            },
            Field::Country => set(&mut draft.country, text),
            Field::Linkedin => set(&mut draft.linkedin, text),
            Field::Stage => {
                if draft.stage.is_none() {
                    draft.stage = LifecycleStage::parse_lenient(text);
                }
                wishes.note(index, Field::Status, mapping.wish_of(index, text));
            }
            Field::TimeZone => match parse_zone(text) {
                Some(zone) => draft.time_zone = Some(zone),
                None => drop("not a time zone of the form Area/City"),
            },
            Field::IcpFit => match parse_share(text) {
                Some(share) => draft.icp_fit = Some(share),
                None => drop("not a share between 0 and 1"),
            },
            Field::RenewalDate | Field::CreatedAt if is_placeholder(text) => {}
            Field::RenewalDate => match parse_date(text, mapping.order_of(index)) {
                Ok(date) => {
                    draft.renewal_date.get_or_insert(date);
                }
                Err(fault) => drop(fault),
            },
            Field::Notes => {
                if suggests(text) {
                    wishes.doubt(index);
                }
                set(&mut draft.notes, text);
            }
            Field::CreatedAt => match parse_instant(text, mapping.order_of(index)) {
                Ok(at) => {
                    draft.created_at.get_or_insert(at);
                }
                Err(fault) => drop(fault),
            },
            Field::OptedOut
            | Field::Bounced
            | Field::Subscribed
            | Field::MailStatus
            | Field::Status
            | Field::DoNotContact => wishes.note(index, field, mapping.wish_of(index, text)),
            Field::Suppressed => {
                for piece in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
                    match CarriedSuppression::parse(piece) {
                        Some(one) => draft.suppressed.push(one),
                        None => wishes.note(index, Field::OptedOut, wish_of(own_flag(), piece)),
                    }
                }
            }
            Field::Ignore => {}
        }
    }
    for &index in &mapping.unread {
        let raw = cell(index);
        let Ok(text) = std::str::from_utf8(&raw) else {
            continue;
        };
        match mapping.wish_of(index, text) {
            Some(_) => wishes.doubt(index),
            None if suggests(text) => wishes.doubt(index),
            None => {}
        }
    }
    wishes.tell(&mut draft, suspicious);
    place_numbers(&mut draft, further);
    if !further_firms.is_empty() {
        note(
            &mut draft,
            format!("Further firms: {}", further_firms.join(", ")),
        );
    }
    if mapping.vendor == Vendor::Linkedin {
        let profile = draft.linkedin.as_deref().and_then(linkedin_id);
        draft.external_ids.extend(profile);
    }
    let wish = wish_alone(&draft);
    finish(&mut draft).map_err(|fault| {
        let reject = Reject {
            column: match fault.part {
                DraftPart::Email => email_column
                    .and_then(|i| column_at_fault(mapping, &cell, i))
                    .map(str::to_owned),
                DraftPart::Whole => None,
            },
            reason: fault.reason,
        };
        (reject, wish)
    })?;
    Ok(draft)
}

/// Returns the topic of a flag of our own export.
pub(super) fn own_flag() -> Topic {
    Topic::with(&Name::of("opted_out"), Subject::OptedOut)
}

/// What all cells of a row say together.
#[derive(Debug, Default)]
struct Wishes {
    opted_out: bool,
    do_not_contact: bool,
    bounced: bool,
    bounced_for_good: bool,
    soft: bool,
    /// True if a cell says that there is no refusal.
    denied: bool,
    /// The columns that say why somebody opted out.
    reasons: Vec<usize>,
    /// The columns whose cells may be a wish and are not followed.
    doubts: Vec<usize>,
}

impl Wishes {
    fn note(&mut self, index: usize, field: Field, wish: Option<Wish>) {
        match wish {
            Some(Wish::OptedOut) if field == Field::DoNotContact => self.do_not_contact = true,
            Some(Wish::OptedOut) => self.opted_out = true,
            Some(Wish::Bounced { sure }) => {
                self.bounced = true;
                self.bounced_for_good |= sure;
            }
            Some(Wish::Soft) => self.soft = true,
            Some(Wish::Denied) => self.denied = true,
            Some(Wish::Reason) => self.reasons.push(index),
            Some(Wish::Unclear) => self.doubt(index),
            None => {}
        }
    }

    fn doubt(&mut self, index: usize) {
        self.doubts.push(index);
    }

    /// Writes them into the draft of the row, and names the columns that are not followed. A date beside "soft" is that of the soft
    /// bounce. A reason says nothing by itself where another column says whether they opted out.
    fn tell(self, draft: &mut ContactDraft, suspicious: &mut Vec<usize>) {
        draft.opted_out |= self.opted_out;
        draft.bounced |= self.bounced_for_good || (self.bounced && !self.soft);
        if self.do_not_contact {
            draft.stage = Some(LifecycleStage::DoNotContact);
        }
        suspicious.extend(self.doubts);
        if !draft.wants_no_mail() && !self.denied {
            suspicious.extend(self.reasons);
        }
    }
}

/// Returns what holds of a row that is rejected: its wish, with the ids and those addresses that can be read. None where it has no wish.
pub(super) fn wish_alone(draft: &ContactDraft) -> Option<Box<ContactDraft>> {
    if !draft.wants_no_mail() && !draft.bounced && draft.suppressed.is_empty() {
        return None;
    }
    Some(Box::new(ContactDraft {
        external_ids: draft.external_ids.clone(),
        emails: draft
            .emails
            .iter()
            .flat_map(|cell| address::readable(cell))
            .collect(),
        opted_out: draft.wants_no_mail(),
        bounced: draft.bounced,
        suppressed: draft.suppressed.clone(),
        ..ContactDraft::default()
    }))
}

/// Returns the wish of a row whose cells may stand under wrong headers: nobody can say for certain whose it is.
pub(super) fn wish_of_spoilt(mapping: &Mapping, cells: &[String]) -> Option<Box<ContactDraft>> {
    let beyond = cells.len().saturating_sub(mapping.keys.len());
    let says = |index: usize, at: usize| {
        let wish = cells.get(at).and_then(|cell| mapping.wish_of(index, cell));
        matches!(wish, Some(Wish::OptedOut | Wish::Bounced { .. }))
    };
    let may = cells.iter().any(|cell| suggests(cell))
        || mapping
            .plan
            .iter()
            .any(|&(index, ..)| says(index, index) || says(index, index + beyond));
    may.then(|| {
        Box::new(ContactDraft {
            opted_out: true,
            ..ContactDraft::default()
        })
    })
}

/// The addresses and numbers of a line that goes on with the row before it.
#[derive(Debug)]
pub(super) struct Further {
    cells: Vec<(usize, Field, String)>,
}

impl Further {
    /// Reads a line that has neither an id nor a name nor anything else but addresses and numbers; None for any other.
    pub(super) fn read<'a>(
        mapping: &Mapping,
        cell: impl Fn(usize) -> Cow<'a, [u8]>,
    ) -> Option<Self> {
        let mut cells = Vec::new();
        for &(index, field, _) in &mapping.plan {
            let raw = cell(index);
            let trimmed = raw.trim_ascii();
            if trimmed.is_empty() {
                continue;
            }
            let header = mapping.columns.get(index).map_or("", |c| &c.header);
            match field {
                Field::Email | Field::Phone | Field::MobilePhone if is_of_child_table(header) => {
                    let text = decode(trimmed);
                    cells.push((index, field, guarded(&text).to_owned()));
                }
                Field::PhoneLabel => {}
                _ => return None,
            }
        }
        (!cells.is_empty()).then_some(Self { cells })
    }

    /// Adds what the line says to the draft of the row before it.
    pub(super) fn add_to(
        self,
        draft: &mut ContactDraft,
        mapping: &Mapping,
        dropped: &mut Vec<Dropped>,
    ) {
        let mut numbers = Vec::new();
        for (index, field, text) in self.cells {
            let mut drop = |reason| {
                let header = mapping.columns.get(index).map(|c| c.header.clone());
                dropped.push(Dropped {
                    column: header.unwrap_or_default(),
                    reason,
                });
            };
            if field != Field::Email {
                for number in phones(&text) {
                    match fault_of_number(number) {
                        Some(fault) => drop(fault),
                        None => numbers.extend(clean(number, MAX_LINE)),
                    }
                }
                continue;
            }
            for found in address::parse_list(&text) {
                let Ok(email) = found else {
                    drop("not an e-mail address");
                    continue;
                };
                let is_known = draft
                    .emails
                    .iter()
                    .any(|known| address::key(known) == address::key(&email));
                if is_known {
                    continue;
                }
                if draft.emails.len() < MAX_EMAILS {
                    draft.emails.push(email);
                } else {
                    drop("beyond the addresses that one contact can have");
                }
            }
        }
        place_numbers(draft, numbers);
    }
}

/// Normalizes a draft; one that nothing but its name tells apart gets that as its id, so that it is found again.
pub(super) fn finish(draft: &mut ContactDraft) -> Result<(), DraftFault> {
    draft.normalize()?;
    if draft.emails.is_empty()
        && draft.external_ids.is_empty()
        && let Some(key) = draft.natural_key()
    {
        draft.external_ids.extend(ExternalId::new("name", &key));
    }
    Ok(())
}

/// Returns the header of the first address column, from `first` on, whose cell does not hold addresses.
fn column_at_fault<'a, 'm>(
    mapping: &'m Mapping,
    cell: &impl Fn(usize) -> Cow<'a, [u8]>,
    first: usize,
) -> Option<&'m str> {
    let is_bad = |index: usize| {
        let raw = cell(index);
        crate::domain::contact::address::parse_list(&decode(&raw))
            .iter()
            .any(Result::is_err)
    };
    let index = mapping
        .plan
        .iter()
        .filter(|(_, field, _)| *field == Field::Email)
        .map(|(index, ..)| *index)
        .find(|index| is_bad(*index))
        .unwrap_or(first);
    mapping.columns.get(index).map(|c| c.header.as_str())
}

/// Cuts a cell into its phone numbers, each without what a spreadsheet or a link puts around it.
pub(super) fn phones(text: &str) -> impl Iterator<Item = &str> {
    let has_digits = |piece: &str| piece.bytes().filter(u8::is_ascii_digit).count() >= 5;
    // An extension or a bracketed remark is part of the number before it.
    let is_list = text
        .split(NUMBER_ENDS)
        .all(|piece| piece.trim().is_empty() || has_digits(piece));
    let whole = if is_list { None } else { Some(text) };
    let pieces = is_list.then(|| text.split(NUMBER_ENDS));
    whole
        .into_iter()
        .chain(pieces.into_iter().flatten())
        .flat_map(|piece| piece.split(" ::: "))
        .flat_map(|piece| piece.split(" / "))
        .map(|piece| {
            let piece = unwrapped(piece.trim().trim_start_matches('\''));
            match piece.get(..4) {
                Some(head) if head.eq_ignore_ascii_case("tel:") => piece.get(4..).unwrap_or(""),
                _ => piece,
            }
            .trim()
        })
        .filter(|piece| !piece.is_empty())
}

const NUMBER_ENDS: [char; 5] = [',', ';', '|', '\n', '\r'];

/// Returns the fault of what stands in the place of a phone number; None where it is one.
pub(super) fn fault_of_number(number: &str) -> Option<&'static str> {
    if is_spoilt(number) {
        return Some(SPOILT);
    }
    (!is_phone(number)).then_some(NO_NUMBER)
}

/// Tells whether a number was rewritten by a spreadsheet, so that digits of it are gone.
fn is_spoilt(number: &str) -> bool {
    let Some((digits, exponent)) = number.trim().split_once(['E', 'e']) else {
        return false;
    };
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
    };
    is_number(digits.trim_start_matches(['+', '-']))
        && is_number(exponent.trim_start_matches(['+', '-']))
}

/// Puts further numbers where there is room: the other field first, then the notes.
pub(super) fn place_numbers(draft: &mut ContactDraft, further: Vec<String>) {
    let mut rest = Vec::new();
    for number in further
        .into_iter()
        .filter(|number| fault_of_number(number).is_none())
    {
        let is_known = [&draft.phone, &draft.mobile_phone]
            .iter()
            .any(|known| known.as_deref() == Some(number.as_str()));
        if is_known {
            continue;
        }
        if draft.phone.is_none() {
            draft.phone = Some(number);
        } else if draft.mobile_phone.is_none() {
            draft.mobile_phone = Some(number);
        } else {
            rest.push(number);
        }
    }
    if !rest.is_empty() {
        note(draft, format!("Further numbers: {}", rest.join(", ")));
    }
}

/// Adds a line to the notes.
fn note(draft: &mut ContactDraft, line: String) {
    draft.notes = Some(match draft.notes.take() {
        Some(notes) => format!("{notes}\n{line}"),
        None => line,
    });
}

/// The fault of a number of which digits are gone.
const SPOILT: &str = "a number that a spreadsheet spoilt (as in 4.41E+11)";
/// The fault of a word, or of too few digits, in the place of a number.
const NO_NUMBER: &str = "not a phone number";
/// Mark of a cell with more than one number; it is counted, not left out.
pub(super) const SECOND_NUMBER: &str = "a further number";

fn set(slot: &mut Option<String>, text: &str) {
    if slot.is_none() {
        *slot = Some(text.to_owned());
    }
}

fn id_of(mapping: &Mapping, text: &str) -> Option<ExternalId> {
    let id = clean(text, MAX_LINE)?;
    if mapping.vendor == Vendor::Salesforce && id.len() == 18 && id.is_ascii() {
        // The last three characters only say the case of the fifteen before them; reports show the short form.
        return ExternalId::new(mapping.system.clone(), id.get(..15)?);
    }
    ExternalId::new(mapping.system.clone(), &id)
}

/// Returns the profile's name in a LinkedIn address as an id.
pub(super) fn linkedin_id(url: &str) -> Option<ExternalId> {
    let (_, rest) = url.split_once("/in/")?;
    let slug = rest.split(['/', '?', '#']).next()?;
    ExternalId::new("linkedin", &slug.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::files::MapOverrides;

    #[test]
    fn numbers_are_taken_out_of_their_wrappings() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(
                phones(guarded(text)).collect::<Vec<_>>(),
                expect,
                "{text:?}"
            );
        };
        check("+49 30 12345", &["+49 30 12345"]);
        check("=\"030123456\"", &["030123456"]);
        check("tel:+1-212-555-0143", &["+1-212-555-0143"]);
        check(
            "+1 212 555 0142 ::: +1 212 555 0187",
            &["+1 212 555 0142", "+1 212 555 0187"],
        );
        check(
            "+12125550101, +12125550102",
            &["+12125550101", "+12125550102"],
        );
        check(
            "tel:+12125550101; tel:+12125550102",
            &["+12125550101", "+12125550102"],
        );
        check("+1 212 555 0142, ext. 5", &["+1 212 555 0142, ext. 5"]);
        check("(212) 555-0142", &["(212) 555-0142"]);
        for spoilt in ["4.41E+11", "4,41E+11", "4.41e11", "1E+10"] {
            assert!(is_spoilt(spoilt), "{spoilt}");
        }
        for number in ["+49 30 12345", "030123456", "ext E5", "E", ""] {
            assert!(!is_spoilt(number), "{number}");
        }
        for number in [
            "+49 30 12345",
            "(212) 555-0142 x5",
            "1-800-FLOWERS",
            "+1 (800) GOFEDEX",
            "call me at 030 12345",
            "٠٣٠١٢٣٤٥٦",
        ] {
            assert_eq!(fault_of_number(number), None, "{number}");
        }
        for word in [
            "12",
            "call me",
            "555",
            "call me 12",
            "x12",
            "Mr 1234",
            "0000000000",
            "000-0000",
            "-",
            "",
            "MY NUMBER IS 123",
        ] {
            assert_eq!(fault_of_number(word), Some(NO_NUMBER), "{word}");
        }
    }

    /// What a row says whose columns and cells are given: its draft, and the headers of those that are named.
    fn row(cells: &[(&str, &str)]) -> (ContactDraft, Vec<String>) {
        let mut header = vec!["email".to_owned()];
        header.extend(cells.iter().map(|(header, _)| (*header).to_owned()));
        let mapping = Mapping::build(&header, &MapOverrides::default()).unwrap();
        let (mut dropped, mut suspicious) = (Vec::new(), Vec::new());
        let cell = |index: usize| match index.checked_sub(1).and_then(|n| cells.get(n)) {
            Some((_, cell)) => Cow::Borrowed(cell.as_bytes()),
            None => Cow::Borrowed(&b"ann@x.example"[..]),
        };
        let draft = draft_of(&mapping, cell, &mut dropped, &mut suspicious).unwrap();
        let named = suspicious.into_iter().map(|n| header[n].clone()).collect();
        (draft, named)
    }

    #[test]
    fn a_date_beside_a_soft_bounce_is_its_date() {
        let bounced = |cells: &[(&str, &str)]| row(cells).0.bounced;
        assert!(!bounced(&[
            ("Bounce date", "2026-01-02"),
            ("Bounce type", "Soft")
        ]));
        assert!(bounced(&[
            ("Bounce date", "2026-01-02"),
            ("Bounce type", "Hard")
        ]));
        assert!(bounced(&[("Bounce type", "Soft"), ("Hard bounced", "Yes")]));
        assert!(bounced(&[("Bounce date", "2026-01-02")]));
    }

    #[test]
    fn a_reason_is_decided_by_the_column_that_says_so() {
        let reason = ("Email Opt Out Reason", "Not relevant");
        let check = |cells: &[(&str, &str)], is_out: bool, named: &[&str]| {
            let (draft, found) = row(cells);
            assert_eq!(
                (draft.wants_no_mail(), &*found),
                (
                    is_out,
                    &*named.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()
                ),
                "{cells:?}"
            );
        };
        check(&[reason], false, &["Email Opt Out Reason"]);
        check(&[reason, ("Email Opt Out", "Yes")], true, &[]);
        check(&[reason, ("Email Opt Out", "No")], false, &[]);
        check(
            &[reason, ("Email Opt Out", "")],
            false,
            &["Email Opt Out Reason"],
        );
        check(&[reason, ("Subscribed", "Yes")], false, &[]);
        check(&[reason, ("Subscribed", "0")], true, &[]);
        check(&[("Unsubscribe Reason", "Unsubscribed")], true, &[]);
        check(
            &[("Unsubscribe Reason", "API"), ("Subscribed", "0")],
            true,
            &[],
        );
    }
}
