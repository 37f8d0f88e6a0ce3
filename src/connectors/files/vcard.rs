//! vCards: versions 2.1, 3.0 and 4.0, one card a row.
//!
//! The reader goes line by line, so that a file of any length takes the memory of one card, and pictures and sounds
//! take none. It is written by hand because cards of version 2.1 are bytes in a character set that each line names
//! for itself, which a parser of text cannot see.

use super::RejectedRow;
use super::dates::{parse_date, parse_instant};
use super::delimited::{MAX_FIELD, MAX_RECORD, Scanner};
use super::encoding::decode;
use super::header::{MapOverrides, Mapping, Vendor};
use super::row::{
    Dropped, Reject, fault_of_number, finish, linkedin_id, own_flag, phones, place_numbers,
    wish_alone,
};
use super::values::{parse_share, parse_zone};
use crate::domain::contact::{ContactDraft, ExternalId, LifecycleStage, is_placeholder};
use crate::domain::suppression::CarriedSuppression;
use crate::domain::wishes::{Name, Topic, Wish, suggests, wish_of};
use std::io;

/// The mapping of a file that has no columns.
pub(super) fn mapping(overrides: &MapOverrides) -> Mapping {
    Mapping {
        vendor: Vendor::Vcard,
        system: overrides
            .system
            .clone()
            .unwrap_or_else(|| Vendor::Vcard.system().to_owned()),
        columns: Vec::new(),
        unread: Vec::new(),
        topics: Vec::new(),
        plan: Vec::new(),
        dates: Vec::new(),
        continues: false,
        keys: Vec::new(),
    }
}

pub(super) struct Card {
    pub line: u64,
    pub outcome: Result<ContactDraft, RejectedRow>,
    pub raw: Vec<u8>,
    pub dropped: Vec<Dropped>,
    /// Names of the properties that may be an opt-out.
    pub suspicious: Vec<String>,
}

/// One card of a file.
#[expect(
    clippy::large_enum_variant,
    reason = "it is made and taken apart once for each card"
)]
enum Read {
    /// A person's, or one that cannot be read.
    Card(Card),
    /// A list of other cards, or a place or a device: nobody who could be written to.
    Group,
}

/// Reads cards one after another.
#[derive(Debug)]
pub(super) struct CardReader {
    lines: Scanner,
    at: u64,
    groups: u64,
    pushed_back: Option<Vec<u8>>,
}

impl CardReader {
    pub(super) fn new(lines: Scanner) -> Self {
        Self {
            lines,
            at: 0,
            groups: 0,
            pushed_back: None,
        }
    }

    /// Returns how many cards of groups were passed over.
    pub(super) fn groups(&self) -> u64 {
        self.groups
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// Returns the next physical line without its end; of an overlong one, its start.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = match self.pushed_back.take() {
            Some(line) => Some(line),
            None => {
                let line = self.lines.read_line(MAX_FIELD)?;
                self.at += u64::from(line.is_some());
                line
            }
        };
        let Some(mut line) = line else {
            return Ok(None);
        };
        if let Some(cut) = glued_at(&line) {
            self.pushed_back = Some(line.split_off(cut));
        }
        Ok(Some(line))
    }

    /// Hands a line out once more, before what is left of the one that it was cut from.
    fn push_back(&mut self, mut line: Vec<u8>) {
        if let Some(rest) = self.pushed_back.take() {
            line.extend_from_slice(&rest);
        }
        self.pushed_back = Some(line);
    }

    /// Returns the next card; text between cards is skipped, unless it cannot belong to any card.
    pub(super) fn next_card(&mut self) -> io::Result<Option<Card>> {
        loop {
            match self.card_or_group()? {
                Some(Read::Group) => self.groups += 1,
                Some(Read::Card(card)) => return Ok(Some(card)),
                None => return Ok(None),
            }
        }
    }

    fn card_or_group(&mut self) -> io::Result<Option<Read>> {
        let begin = loop {
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            if is_mark(&line, "BEGIN:VCARD") {
                break self.at;
            }
            if !line.trim_ascii().is_empty() {
                return self.stray(line).map(|card| Some(Read::Card(card)));
            }
        };
        let mut raw = b"BEGIN:VCARD\n".to_vec();
        let mut properties: Vec<Vec<u8>> = Vec::new();
        let mut depth = 0;
        let mut too_long = false;
        loop {
            let Some(line) = self.line()? else {
                return Ok(Some(Read::Card(rejected(
                    begin,
                    "the card is not closed: END:VCARD is missing",
                    &raw,
                ))));
            };
            if is_mark(&line, "BEGIN:VCARD") {
                let is_agent = properties
                    .last()
                    .is_some_and(|p| p.trim_ascii().to_ascii_uppercase().starts_with(b"AGENT"));
                // A card that was not closed ends where the next begins.
                if !is_agent && depth == 0 {
                    self.push_back(line);
                    break;
                }
                depth += 1;
                continue;
            }
            if is_mark(&line, "END:VCARD") {
                if depth == 0 {
                    break;
                }
                depth -= 1;
                continue;
            }
            if depth > 0 {
                continue;
            }
            if raw.len() < MAX_RECORD {
                raw.extend_from_slice(&line);
                raw.push(b'\n');
            }
            unfold(&mut properties, line, &mut too_long);
        }
        raw.extend_from_slice(b"END:VCARD\n");
        if too_long {
            let card = rejected(begin, "longer than is accepted", &raw);
            return Ok(Some(Read::Card(card)));
        }
        if properties.iter().any(|line| is_group(line)) {
            return Ok(Some(Read::Group));
        }
        let mut dropped = Vec::new();
        let mut suspicious = Vec::new();
        let built = draft_of(&properties, &mut dropped, &mut suspicious);
        Ok(Some(Read::Card(Card {
            line: begin,
            outcome: built.map_err(|(reject, wish)| RejectedRow {
                wish,
                ..reject_with(reject, &raw)
            }),
            raw,
            dropped,
            suspicious,
        })))
    }

    /// Makes a reject of the lines up to the next card.
    fn stray(&mut self, first: Vec<u8>) -> io::Result<Card> {
        let begin = self.at;
        let mut raw = first;
        while let Some(line) = self.line()? {
            if is_mark(&line, "BEGIN:VCARD") {
                self.push_back(line);
                break;
            }
            if raw.len() < MAX_FIELD {
                raw.push(b'\n');
                raw.extend_from_slice(&line);
            }
        }
        Ok(rejected(begin, "not a vCard: BEGIN:VCARD is missing", &raw))
    }
}

/// Tells whether a line says that its card is no person's.
fn is_group(line: &[u8]) -> bool {
    // Most lines are told by this, without being taken apart.
    let head = line
        .split(|b| matches!(b, b':' | b';'))
        .next()
        .unwrap_or_default();
    if !head.to_ascii_uppercase().ends_with(b"KIND") {
        return false;
    }
    let Some(property) = parse_property(line) else {
        return false;
    };
    let is_kind = matches!(
        property.name.as_str(),
        "KIND" | "X-KIND" | "X-ADDRESSBOOKSERVER-KIND"
    );
    is_kind
        && ["group", "location", "device", "application"]
            .iter()
            .any(|kind| property.value.trim().eq_ignore_ascii_case(kind))
}

/// Returns the place at which a line must be cut because a card begins or ends within it: programs that join cards
/// leave out line ends, and the next person's lines would fall into the card before.
fn glued_at(line: &[u8]) -> Option<usize> {
    const BEGIN: &[u8] = b"BEGIN:VCARD";
    const END: &[u8] = b"END:VCARD";
    if line.len() < END.len() {
        return None;
    }
    let is_at = |at: usize, mark: &[u8]| {
        line.get(at..at + mark.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(mark))
    };
    let start = line.iter().position(|b| !is_blank(*b))?;
    let after = |at: usize| {
        let rest = line.get(at..).unwrap_or_default();
        rest.iter().position(|b| !is_blank(*b)).map(|n| at + n)
    };
    for mark in [BEGIN, END] {
        if is_at(start, mark) {
            return after(start + mark.len());
        }
    }
    // The text of an AGENT is a whole card of its own, with its line ends escaped.
    let is_agent = line
        .get(start..start + 5)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"AGENT"));
    let mut colons = line.iter().enumerate().filter(|(_, b)| **b == b':');
    colons.find_map(|(colon, _)| {
        let begin = colon.checked_sub(5).filter(|at| is_at(*at, BEGIN));
        if let Some(begin) = begin {
            return after(begin + BEGIN.len()).is_none().then_some(begin);
        }
        let end = colon.checked_sub(3).filter(|at| is_at(*at, END))?;
        let next = after(end + END.len());
        (!is_agent && next.is_none_or(|next| is_at(next, BEGIN))).then_some(end)
    })
}

/// Tells whether a byte is a blank, or belongs to the mark that stands before each of several joined files.
const fn is_blank(b: u8) -> bool {
    b.is_ascii_whitespace() || matches!(b, 0xEF | 0xBB | 0xBF)
}

fn is_mark(line: &[u8], mark: &str) -> bool {
    let start = line.iter().position(|b| !is_blank(*b)).unwrap_or(0);
    let line = line.get(start..).unwrap_or_default().trim_ascii();
    let compact = |line: &[u8]| line.eq_ignore_ascii_case(mark.as_bytes());
    compact(line)
        || (line.len() < 20
            && compact(
                &line
                    .iter()
                    .copied()
                    .filter(|b| *b != b' ')
                    .collect::<Vec<_>>(),
            ))
}

fn rejected(line: u64, reason: &str, raw: &[u8]) -> Card {
    Card {
        line,
        outcome: Err(reject_with(Reject::whole(reason), raw)),
        raw: Vec::new(),
        dropped: Vec::new(),
        suspicious: Vec::new(),
    }
}

fn reject_with(reject: Reject, raw: &[u8]) -> RejectedRow {
    RejectedRow {
        reject,
        wish: None,
        raw: vec![decode(raw.get(..MAX_RECORD).unwrap_or(raw)).into_owned()],
    }
}

/// Appends a physical line to the logical ones: folded lines (a space or tab at the front) and the soft breaks of
/// quoted-printable (`=` at the end) belong to the line before.
fn unfold(properties: &mut Vec<Vec<u8>>, line: Vec<u8>, too_long: &mut bool) {
    const MAX_PROPERTIES: usize = 2_000;
    if let Some(last) = properties.last_mut() {
        let soft = last.ends_with(b"=") && is_quoted_printable(last);
        if soft {
            last.pop();
            if last.len() < MAX_FIELD {
                last.extend_from_slice(&line);
            }
            return;
        }
        if let Some((b' ' | b'\t', rest)) = line.split_first() {
            // Pictures run to hundreds of kilobytes: what is beyond the bound of one field is no field of ours.
            if last.len() < MAX_FIELD {
                last.extend_from_slice(rest);
            }
            return;
        }
    }
    if properties.len() < MAX_PROPERTIES {
        properties.push(line);
    } else {
        *too_long = true;
    }
}

fn is_quoted_printable(line: &[u8]) -> bool {
    let head = line.split(|b| *b == b':').next().unwrap_or_default();
    head.to_ascii_uppercase()
        .windows(16)
        .any(|w| w == b"QUOTED-PRINTABLE")
}

/// One content line taken apart.
struct Property {
    /// In upper case, without its group.
    name: String,
    group: String,
    /// The parameters, in upper case: `TYPE=WORK,VOICE` and bare `WORK` alike as types.
    types: Vec<String>,
    preference: u8,
    value: String,
}

impl Property {
    fn has_type(&self, name: &str) -> bool {
        self.types.iter().any(|t| t == name)
    }

    /// Takes the value apart at unescaped semicolons.
    fn parts(&self) -> Vec<String> {
        split_unescaped(&self.value, ';')
    }
}

fn parse_property(line: &[u8]) -> Option<Property> {
    let mut quoted = false;
    let colon = line
        .iter()
        .position(|b| {
            if *b == b'"' {
                quoted = !quoted;
            }
            *b == b':' && !quoted
        })
        .or_else(|| line.iter().position(|b| *b == b':'))?;
    let (head, value) = line.split_at_checked(colon)?;
    let value = value.get(1..)?;
    let head = decode(head);
    let mut pieces = head.split(';');
    let full_name = pieces.next()?.trim();
    let (group, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    if name.is_empty() || name.len() > 60 {
        return None;
    }
    let mut property = Property {
        name: name.to_ascii_uppercase(),
        group: group.to_ascii_lowercase(),
        types: Vec::new(),
        preference: 100,
        value: String::new(),
    };
    let mut charset = None;
    let mut quoted_printable = false;
    let mut base64 = false;
    for piece in pieces {
        let (key, values) = piece.split_once('=').unwrap_or(("TYPE", piece));
        let key = key.trim().to_ascii_uppercase();
        for value in values.trim().trim_matches('"').split(',') {
            let value = value.trim().trim_matches('"').to_ascii_uppercase();
            match key.as_str() {
                "CHARSET" => charset = encoding_rs::Encoding::for_label(value.as_bytes()),
                "PREF" => property.preference = value.parse().unwrap_or(1),
                "ENCODING" | "TYPE" if value == "QUOTED-PRINTABLE" => quoted_printable = true,
                "ENCODING" | "TYPE" if value == "BASE64" || value == "B" => base64 = true,
                "TYPE" if value == "PREF" => property.preference = 1,
                "TYPE" => property.types.push(value),
                _ => {}
            }
        }
    }
    if base64 {
        return None;
    }
    let bytes = if quoted_printable {
        unquote(value)
    } else {
        value.to_vec()
    };
    property.value = match charset {
        // A card that says UTF-8 and is not is common enough; the mixed reading copes with both.
        Some(encoding)
            if encoding != encoding_rs::UTF_8
                && (quoted_printable || std::str::from_utf8(&bytes).is_err()) =>
        {
            encoding.decode_without_bom_handling(&bytes).0.into_owned()
        }
        _ => decode(&bytes).into_owned(),
    };
    Some(property)
}

fn unquote(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        let hex = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        if *first == b'='
            && let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
            continue;
        }
        out.push(*first);
        rest = tail;
    }
    out
}

fn split_unescaped(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == separator {
            parts.push(String::new());
            continue;
        }
        let Some(last) = parts.last_mut() else { break };
        last.push(c);
        if c == '\\'
            && let Some(next) = chars.next()
        {
            last.push(next);
        }
    }
    parts
}

/// Turns `\n`, `\,`, `\;` and `\\` into what they stand for.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other @ (',' | ';' | '\\' | ':')) => out.push(other),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

fn draft_of(
    lines: &[Vec<u8>],
    dropped: &mut Vec<Dropped>,
    suspicious: &mut Vec<String>,
) -> Result<ContactDraft, (Reject, Option<Box<ContactDraft>>)> {
    let mut draft = ContactDraft::default();
    let mut emails: Vec<(u8, String)> = Vec::new();
    let mut numbers: Vec<(u16, bool, String)> = Vec::new();
    let mut has_name = false;
    let mut is_company = false;
    let mut labels: Vec<(String, String)> = Vec::new();
    let mut sites: Vec<(String, String)> = Vec::new();
    for property in lines.iter().filter_map(|line| parse_property(line)) {
        let value = unescape(&property.value);
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let mut drop = |reason| {
            dropped.push(Dropped {
                column: property.name.clone(),
                reason,
            })
        };
        if matches!(property.name.as_str(), "NOTE" | "CATEGORIES") && suggests(value) {
            suspicious.push(property.name.clone());
        }
        match property.name.as_str() {
            "FN" if draft.full_name.is_none() => draft.full_name = Some(value.to_owned()),
            "N" if !has_name => {
                has_name = true;
                let parts = property.parts();
                let part = |i: usize| {
                    parts
                        .get(i)
                        .map(|p| {
                            split_unescaped(p, ',')
                                .iter()
                                .map(|w| unescape(w.trim()))
                                .collect::<Vec<_>>()
                                .join(" ")
                        })
                        .filter(|p| !p.trim().is_empty())
                };
                draft.last_name = part(0);
                draft.first_name = part(1);
            }
            "KIND" | "X-KIND" | "X-ADDRESSBOOKSERVER-KIND" => {
                is_company |= ["org", "organization", "company"]
                    .iter()
                    .any(|kind| value.eq_ignore_ascii_case(kind));
            }
            "X-ABSHOWAS" => is_company |= value.eq_ignore_ascii_case("COMPANY"),
            "EMAIL" => emails.push((property.preference, value.to_owned())),
            "TEL" if !["FAX", "PAGER", "BBS"].iter().any(|t| property.has_type(t)) => {
                let number = phones(value).next().unwrap_or("");
                let number = number.split(';').next().unwrap_or("");
                if let Some(fault) = fault_of_number(number) {
                    if !is_placeholder(number) {
                        drop(fault);
                    }
                    continue;
                }
                let is_mobile = ["CELL", "IPHONE", "MOBILE"]
                    .iter()
                    .any(|t| property.has_type(t));
                // A number at home stands in where there is none at work.
                let rank = u16::from(property.preference)
                    + if property.has_type("HOME") { 100 } else { 0 };
                numbers.push((rank, is_mobile, number.to_owned()));
            }
            "ORG" if draft.company.is_none() => {
                draft.company = property.parts().first().map(|p| unescape(p))
            }
            "TITLE" if draft.title.is_none() => draft.title = Some(value.to_owned()),
            "ROLE" if draft.title.is_none() => draft.title = Some(value.to_owned()),
            "URL" => sites.push((property.group.clone(), value.to_owned())),
            "X-ABLABEL" => labels.push((property.group.clone(), value.to_lowercase())),
            "X-SOCIALPROFILE" | "X-LINKEDIN" | "SOCIALPROFILE"
                if value.contains("linkedin.com/") || property.name == "X-LINKEDIN" =>
            {
                draft.linkedin.get_or_insert_with(|| value.to_owned());
            }
            "ADR" => {
                let parts = property.parts();
                let part = |i: usize| {
                    parts
                        .get(i)
                        .map(|p| unescape(p.trim()))
                        .filter(|p| !p.is_empty())
                };
                if draft.city.is_none() || property.has_type("WORK") {
                    draft.city = part(3).or(draft.city.take());
                    draft.state = part(4).or(draft.state.take());
                    draft.country = part(6).or(draft.country.take());
                }
            }
            "UID" => draft.external_ids.extend(ExternalId::new(
                "vcard",
                value.strip_prefix("urn:uuid:").unwrap_or(value),
            )),
            "NOTE" if draft.notes.is_none() => draft.notes = Some(value.to_owned()),
            "TZ" => match parse_zone(value) {
                Some(zone) => draft.time_zone = Some(zone),
                None => drop("not a time zone of the form Area/City"),
            },
            "X-CASEYOS-ID" => draft.external_ids.extend(ExternalId::parse(value)),
            "X-CASEYOS-STAGE" => draft.stage = LifecycleStage::parse_lenient(value),
            "X-CASEYOS-DOMAIN" => draft.company_domain = Some(value.to_owned()),
            "X-CASEYOS-ICP-FIT" => draft.icp_fit = parse_share(value),
            "X-CASEYOS-RENEWAL" => draft.renewal_date = parse_date(value, None).ok(),
            "X-CASEYOS-CREATED" => draft.created_at = parse_instant(value, None).ok(),
            "X-CASEYOS-SUPPRESSED" => draft.suppressed.extend(CarriedSuppression::parse(value)),
            "X-CASEYOS-OPTED-OUT" => {
                draft.opted_out |= wish_of(own_flag(), value) == Some(Wish::OptedOut)
            }
            // Fields that a program or its user invented: "X-OPT-OUT", "X-Do-Not-Email".
            name => {
                let own = name.strip_prefix("X-").map(Name::of);
                let wish = own.and_then(|name| wish_of(Topic::of(&name)?, value));
                match wish {
                    Some(Wish::OptedOut) => draft.opted_out = true,
                    Some(Wish::Bounced { .. }) => draft.bounced = true,
                    Some(Wish::Unclear | Wish::Reason) => suspicious.push(property.name.clone()),
                    Some(Wish::Soft | Wish::Denied) | None => {}
                }
            }
        }
    }
    for (group, site) in sites {
        let profile = site.contains("linkedin.com/")
            || (!group.is_empty()
                && labels
                    .iter()
                    .any(|(g, label)| *g == group && label.contains("linkedin")));
        if profile {
            draft.linkedin.get_or_insert(site);
        } else {
            draft.company_domain.get_or_insert(site);
        }
    }
    // What a firm's own card calls the person is the firm.
    if is_company && draft.first_name.is_none() && draft.last_name.is_none() {
        let name = draft.full_name.clone();
        draft.company = draft.company.take().or(name);
        // Without an address or an id, the name is all by which the card is found again.
        if !(emails.is_empty() && draft.external_ids.is_empty()) {
            draft.full_name = None;
        }
    }
    emails.sort_by_key(|(preference, _)| *preference);
    draft.emails = emails.into_iter().map(|(_, email)| email).collect();
    numbers.sort_by_key(|(rank, ..)| *rank);
    let mut further = Vec::new();
    for (_, mobile, number) in numbers {
        let slot = if mobile {
            &mut draft.mobile_phone
        } else {
            &mut draft.phone
        };
        if slot.is_none() {
            *slot = Some(number);
        } else {
            further.push(number);
        }
    }
    place_numbers(&mut draft, further);
    // Parts of a card need its UID or an address to be told apart; the profile's own name is as good.
    if draft.external_ids.is_empty() && draft.emails.is_empty() {
        let profile = draft.linkedin.as_deref().and_then(linkedin_id);
        draft.external_ids.extend(profile);
    }
    let wish = wish_alone(&draft);
    finish(&mut draft).map_err(|fault| {
        let reject = Reject {
            column: (fault.part == crate::domain::contact::DraftPart::Email)
                .then(|| "EMAIL".to_owned()),
            reason: fault.reason,
        };
        (reject, wish)
    })?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::files::ContactFile;

    fn read(bytes: &[u8]) -> Vec<(u64, Result<ContactDraft, String>)> {
        let mut file = ContactFile::open(
            io::Cursor::new(bytes.to_vec()),
            "x.vcf",
            &MapOverrides::default(),
        )
        .unwrap();
        let mut rows = Vec::new();
        while let Some(row) = file.next_row().unwrap() {
            rows.push((row.line, row.outcome.map_err(|r| r.reject.to_string())));
        }
        rows
    }

    fn one(text: &[u8]) -> ContactDraft {
        let mut rows = read(text);
        assert_eq!(rows.len(), 1);
        rows.remove(0).1.unwrap()
    }

    #[test]
    fn version_2_1_with_quoted_printable_and_character_sets() {
        let draft = one(b"BEGIN:VCARD\r\nVERSION:2.1\r\n\
            N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg;;Dr.;\r\n\
            FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg =\r\nM=C3=BCller\r\n\
            TEL;WORK;VOICE:+49 30 12345\r\nTEL;CELL:0170 1234567\r\nTEL;WORK;FAX:+49 30 99999\r\n\
            EMAIL;PREF;INTERNET:joerg@mueller.de\r\nORG;CHARSET=WINDOWS-1252:M\xFCller GmbH;Vertrieb\r\n\
            PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQSkZJ\r\n RgABAQ==\r\n\r\nEND:VCARD\r\n");
        assert_eq!(draft.full_name.as_deref(), Some("Jörg Müller"));
        assert_eq!(draft.first_name.as_deref(), Some("Jörg"));
        assert_eq!(draft.last_name.as_deref(), Some("Müller"));
        assert_eq!(draft.company.as_deref(), Some("Müller GmbH"));
        assert_eq!(draft.phone.as_deref(), Some("+49 30 12345"));
        assert_eq!(draft.mobile_phone.as_deref(), Some("0170 1234567"));
        assert_eq!(draft.emails, ["joerg@mueller.de"]);
    }

    #[test]
    fn version_3_as_apple_and_google_write_it() {
        let draft = one("BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Apple Inc.//macOS//EN\nN:Lee;Ann;Maria;;\nFN:Ann Maria Lee\n\
            ORG:Acme\\, Inc.;Sales;\nTITLE:Head of\n  Sales\nitem1.EMAIL;type=INTERNET;type=pref:ann@acme.com\nitem1.X-ABLabel:Work\n\
            EMAIL;type=INTERNET;type=HOME:ann@home.example\nitem2.URL;type=pref:https\\://www.acme.com\n\
            item3.URL:http\\://www.linkedin.com/in/annlee\nADR;TYPE=HOME:;;1 Home St;Leeds;;LS1;UK\n\
            ADR;TYPE=WORK:;;Main St 1;Austin;TX;78701;United States\nNOTE:two\\nlines\\; done\nUID:abc-1\nEND:VCARD\n".as_bytes());
        assert_eq!(draft.emails, ["ann@acme.com", "ann@home.example"]);
        assert_eq!(draft.company.as_deref(), Some("Acme, Inc."));
        assert_eq!(draft.title.as_deref(), Some("Head of Sales"));
        assert_eq!(draft.company_domain.as_deref(), Some("acme.com"));
        assert_eq!(
            draft.linkedin.as_deref(),
            Some("http://www.linkedin.com/in/annlee")
        );
        assert_eq!(draft.city.as_deref(), Some("Austin"));
        assert_eq!(draft.country.as_deref(), Some("United States"));
        assert_eq!(draft.notes.as_deref(), Some("two\nlines; done"));
        assert_eq!(draft.external_ids[0].to_string(), "vcard:abc-1");
    }

    #[test]
    fn version_4_with_quoted_parameters_and_preferences() {
        let draft = one(b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Zo\xC3\xAB Q\r\nEMAIL;PREF=2;LABEL=\"a: b; c\":two@x.io\r\nEMAIL;PREF=1:one@x.io\r\n\
            TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+1-555-555-0100;ext=5\r\nUID:urn:uuid:4fbe8971\r\nTZ:Europe/Madrid\r\nKIND:individual\r\nEND:VCARD");
        assert_eq!(draft.emails, ["one@x.io", "two@x.io"]);
        assert_eq!(draft.mobile_phone.as_deref(), Some("+1-555-555-0100"));
        assert_eq!(draft.first_name.as_deref(), Some("Zoë"));
        assert_eq!(draft.time_zone.as_deref(), Some("Europe/Madrid"));
        assert_eq!(draft.external_ids[0].id, "4fbe8971");
    }

    #[test]
    fn broken_cards_are_rejected_and_the_next_is_read() {
        let rows = read(b"junk\n\nBEGIN:VCARD\nFN:Ann\nBEGIN:VCARD\nFN:Bo\nEMAIL:bo@x.io\nEND:VCARD\nBEGIN:VCARD\nEMAIL:b@d@x\nEND:VCARD\nBEGIN:VCARD\nFN:Cy");
        let reasons: Vec<_> = rows
            .iter()
            .map(|(line, r)| (*line, r.as_ref().map(|_| ()).map_err(String::as_str)))
            .collect();
        assert_eq!(
            reasons,
            [
                (1, Err("not a vCard: BEGIN:VCARD is missing")),
                (
                    3,
                    Err(
                        "has a name, but no e-mail address, id, company or phone number to know the person by"
                    )
                ),
                (5, Ok(())),
                (9, Err("EMAIL: “b@d@x” is not an e-mail address")),
                (12, Err("the card is not closed: END:VCARD is missing")),
            ]
        );
    }

    #[test]
    fn cards_that_touch_are_two_people() {
        let check = |between: &str| {
            let text = format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Glue One\r\nEMAIL:one@glue.example{between}VERSION:3.0\r\nFN:Glue Two\r\nEMAIL:two@glue.example\r\nEND:VCARD"
            );
            let people: Vec<_> = read(text.as_bytes())
                .into_iter()
                .map(|(_, row)| row.map(|d| (d.full_name.unwrap(), d.emails)).unwrap())
                .collect();
            let person = |name: &str, email: &str| (name.to_owned(), vec![email.to_owned()]);
            assert_eq!(
                people,
                [
                    person("Glue One", "one@glue.example"),
                    person("Glue Two", "two@glue.example")
                ],
                "{between:?}"
            );
        };
        for between in [
            "\r\nEND:VCARDBEGIN:VCARD\r\n",
            "\nEND:VCARD BEGIN:VCARD\n",
            "\r\nend:vcard\tbegin:vcard\r\n",
            "\r\nEND:VCARD\u{feff}BEGIN:VCARD\r\n",
            "\r\nEND:VCARD\r\n\u{feff}BEGIN:VCARD\r\n",
            "\rEND:VCARD\n  BEGIN:VCARD\r",
            "END:VCARD\r\nBEGIN:VCARD\r\n",
            "END:VCARDBEGIN:VCARD\r\n",
            "\r\nBEGIN:VCARD\r\n",
            "BEGIN:VCARD\r\n",
            "\r\nEND:VCARDBEGIN:VCARD",
            "\r\nEND:VCARD\r\nBEGIN:VCARD",
        ] {
            check(between);
        }
    }

    #[test]
    fn a_firms_card_has_no_first_name() {
        let check = |lines: &str, name: Option<&str>| {
            let card = format!(
                "BEGIN:VCARD\nVERSION:3.0\n{lines}\nFN:Kilo Instruments\nEMAIL:a@kilo.example\nEND:VCARD\n"
            );
            let draft = read(card.as_bytes()).remove(0).1.unwrap();
            assert_eq!(draft.full_name.as_deref(), name, "{lines}");
            assert_eq!(draft.first_name.is_none(), name.is_none());
            draft.company
        };
        for lines in [
            "N:;;;;\nX-ABShowAs:COMPANY",
            "N:;;;;\nORG:Kilo Instruments;\nX-ABShowAs:COMPANY",
            "KIND:org",
        ] {
            assert_eq!(check(lines, None).as_deref(), Some("Kilo Instruments"));
        }
        check(
            "N:Hill;Ann;;;\nX-ABShowAs:COMPANY",
            Some("Kilo Instruments"),
        );
        check("N:;;;;", Some("Kilo Instruments"));
    }

    #[test]
    fn groups_are_passed_over_and_counted() {
        let text = "BEGIN:VCARD\nFN:Partners\nORG:P\nX-ADDRESSBOOKSERVER-KIND:group\nUID:1\nEND:VCARD\n\
            BEGIN:VCARD\nFN:Ann Lee\nKIND:individual\nEMAIL:a@x.io\nEND:VCARD\n\
            BEGIN:VCARD\nKIND;VALUE=text:Group\nFN:Clients\nMEMBER:urn:uuid:1\nUID:2\nEND:VCARD\n";
        let mut file = ContactFile::open(
            io::Cursor::new(text.as_bytes().to_vec()),
            "x.vcf",
            &MapOverrides::default(),
        )
        .unwrap();
        let row = file.next_row().unwrap().unwrap();
        assert_eq!((row.row, row.line), (1, 7));
        assert!(file.next_row().unwrap().is_none());
        assert_eq!(file.skipped().groups, 2);
    }

    #[test]
    fn marks_inside_a_text_cut_no_card() {
        let draft = one(b"BEGIN:VCARD\nEMAIL:a@x.io\nNOTE:the file lacks END:VCARD in one place\nAGENT:BEGIN:VCARD\nFN:Pat\nEND:VCARD\nFN:Ann Lee\nEND:VCARD");
        assert_eq!(draft.full_name.as_deref(), Some("Ann Lee"));
        assert_eq!(
            draft.notes.as_deref(),
            Some("the file lacks END:VCARD in one place")
        );
        let draft = one(b"BEGIN:VCARD\nAGENT:BEGIN:VCARD\\nFN:Pat\\nEND:VCARD\nEMAIL:a@x.io\nFN:Ann Lee\nEND:VCARD");
        assert_eq!(draft.full_name.as_deref(), Some("Ann Lee"));
    }

    #[test]
    fn a_large_picture_costs_no_card() {
        let mut text =
            b"BEGIN:VCARD\nVERSION:3.0\nEMAIL:a@x.io\nPHOTO;ENCODING=b;TYPE=JPEG:".to_vec();
        for _ in 0..40_000 {
            text.extend_from_slice(&[b'A'; 74]);
            text.extend_from_slice(b"\n ");
        }
        text.extend_from_slice(b"\nFN:Ann Lee\nEND:VCARD\n");
        assert_eq!(one(&text).full_name.as_deref(), Some("Ann Lee"));
    }

    proptest::proptest! {
        #[test]
        fn any_card_text_is_read_to_its_end(lines in proptest::collection::vec(
            "(BEGIN:VCARD|END:VCARD|(item1\\.)?(FN|N|EMAIL|TEL|ORG|ADR|NOTE)(;[A-Za-z=\"-]{0,16}){0,2}:.{0,20}| .{0,9}|.{0,9})", 0..30)) {
            read(lines.join("\n").as_bytes());
        }
    }
}
