//! Bytes to [`ParsedMail`], by the mail library, within bounds. Never fails: a fault becomes a [`Defect`].
//!
//! Three things are taken from the library's hands, because a hostile message could use them against us:
//! messages within messages are renamed before parsing, so that it never nests them (its types drop recursively, and a chain of
//! 100,000 would overflow the stack); the number of MIME boundaries is limited; and the header fields that decide are read from their raw
//! bytes, because broken ones must be read leniently.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use mail_parser::{
    Address, Header, HeaderName, HeaderValue, Message, MessageParser, MessagePart,
    MimeHeaders as _, PartType,
};

use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::machine::SIGN_FIELDS;
use crate::domain::email::message_id::{self, MessageId};
use crate::domain::email::parsed::{Defect, ParsedMail};
use crate::domain::email::subject::MAX_SUBJECT_CHARS;
use crate::domain::text::{clean_block, clean_line, is_hostile};

use super::html;

/// Bytes of one message that are read; 5 MB of text pass, a film does not.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;
/// Text kept of one message.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;
/// Bytes of the header block that are read; 10,000 fields of ordinary length pass.
const MAX_HEADER_BYTES: usize = 4 * 1024 * 1024;
/// One header field's bytes that are read.
const MAX_FIELD_BYTES: usize = 64 * 1024;
const MAX_FIELDS_KEPT: usize = 1000;
const MAX_PARTS: usize = 200;
const MAX_BOUNDARY_LINES: usize = 5000;
const MAX_ADDRESSES: usize = 200;
const MAX_NAME_CHARS: usize = 200;
const MAX_RECEIVED: usize = 20;
const MAX_SIGN_CHARS: usize = 1000;
const MAX_REPORT_BYTES: usize = 64 * 1024;

/// Reads the bytes of a message.
#[must_use]
pub fn parse(bytes: &[u8]) -> ParsedMail {
    read(bytes, true)
}

/// Reads the header of a message; its text is left empty. Many times faster than [`parse`] for long messages.
#[must_use]
pub fn parse_header(bytes: &[u8]) -> ParsedMail {
    read(bytes, false)
}

fn read(bytes: &[u8], with_body: bool) -> ParsedMail {
    let mut mail = ParsedMail::default();
    let mut defects = Vec::new();
    let bytes = skip_envelope(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        mail.defects.push(Defect::Empty);
        return mail;
    }
    let header_end = header_end(bytes);
    let mut prepared = prepare(bytes, header_end, with_body, &mut defects);
    if header_end == bytes.len() {
        // A header without the empty line behind it is lost on the library.
        prepared.to_mut().extend_from_slice(b"\r\n\r\n");
    }
    let parser = MessageParser::default();
    let parsed = if with_body {
        parser.parse(prepared.as_ref())
    } else {
        parser.parse_headers(prepared.as_ref())
    };
    let has_header = has_header(prepared.as_ref(), header_end);
    match parsed.filter(|message| has_header && !message.parts.is_empty()) {
        Some(message) => {
            read_header(&mut mail, &message, &mut defects);
            if with_body {
                read_body(&mut mail, &message, &mut defects);
            }
        }
        None => {
            defects.push(Defect::NoHeaders);
            if with_body {
                mail.text = keep_text(
                    &String::from_utf8_lossy(
                        bytes
                            .get(..bytes.len().min(MAX_TEXT_BYTES * 2))
                            .unwrap_or_default(),
                    ),
                    &mut defects,
                );
            }
        }
    }
    if mail.from.is_none() {
        defects.push(Defect::NoSender);
    }
    if mail.message_id.is_none() {
        defects.push(Defect::NoMessageId);
    }
    if mail.date.is_none() {
        defects.push(Defect::NoDate);
    }
    defects.sort_unstable();
    defects.dedup();
    mail.defects = defects;
    mail
}

/// Drops what may stand before the header: a byte order mark, empty lines, an mbox line.
fn skip_envelope(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = bytes
        .iter()
        .position(|b| !matches!(b, b'\r' | b'\n'))
        .unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    if bytes.starts_with(b"From ") || bytes.starts_with(b">From ") {
        let end = bytes
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |at| at + 1);
        return bytes.get(end..).unwrap_or_default();
    }
    bytes
}

/// Returns where the empty line behind the header ends, or the length if there is none.
fn header_end(bytes: &[u8]) -> usize {
    let mut line_start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            let line = bytes.get(line_start..at).unwrap_or_default();
            if line.is_empty() || line == b"\r" {
                return at + 1;
            }
            line_start = at + 1;
        }
    }
    bytes.len()
}

/// Tells whether any line before the first empty one is a field; the library takes any word for one.
fn has_header(bytes: &[u8], header_end: usize) -> bool {
    let header = bytes.get(..header_end).unwrap_or(bytes);
    header.split(|b| *b == b'\n').any(|line| {
        let name = line
            .split(|b| *b == b':')
            .next()
            .unwrap_or_default()
            .trim_ascii_end();
        name.len() < line.len() && !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic())
    })
}

/// Returns the bytes to hand to the library: bounded, and with nested messages renamed.
fn prepare<'b>(
    bytes: &'b [u8],
    header_end: usize,
    with_body: bool,
    defects: &mut Vec<Defect>,
) -> Cow<'b, [u8]> {
    let (header, body) = bytes.split_at_checked(header_end).unwrap_or((bytes, &[]));
    let header = bound_header(header, defects);
    if !with_body {
        return header;
    }
    let mut cut = body.len().min(MAX_MESSAGE_BYTES);
    if cut < body.len() {
        defects.push(Defect::MessageCut);
    }
    // Every part begins behind a line of two dashes.
    let mut boundaries = 0;
    let mut line_start = true;
    let mut renames: Vec<usize> = Vec::new();
    let mut at = 0;
    let mut in_type = false;
    while at < cut {
        let Some(line) = body.get(at..cut) else { break };
        if line_start {
            if line.starts_with(b"--") {
                boundaries += 1;
                if boundaries > MAX_BOUNDARY_LINES {
                    defects.push(Defect::TooManyParts);
                    cut = at;
                    break;
                }
            }
            in_type = starts_type_field(line)
                || in_type && line.starts_with(b" ") | line.starts_with(b"\t");
        }
        let end = line
            .iter()
            .position(|b| *b == b'\n')
            .map_or(line.len(), |n| n + 1);
        if in_type {
            collect_renames(line.get(..end).unwrap_or_default(), at, &mut renames);
        }
        at += end;
        line_start = true;
    }
    let body = body.get(..cut).unwrap_or_default();
    // The message's own type is renamed as well; it is read from the original bytes.
    let mut header_renames = Vec::new();
    let mut in_type = false;
    let mut at = 0;
    for line in header.split_inclusive(|b| *b == b'\n') {
        in_type = starts_type_field(line)
            || in_type && (line.starts_with(b" ") || line.starts_with(b"\t"));
        if in_type {
            collect_renames(line, at, &mut header_renames);
        }
        at += line.len();
    }
    if header_renames.is_empty()
        && renames.is_empty()
        && matches!(header, Cow::Borrowed(_))
        && cut + header.len() == bytes.len()
    {
        return Cow::Borrowed(bytes);
    }
    let mut owned = header.into_owned();
    let base = owned.len();
    owned.extend_from_slice(body);
    for position in header_renames
        .into_iter()
        .chain(renames.into_iter().map(|p| p + base))
    {
        if let Some(byte) = owned.get_mut(position) {
            *byte = b'-';
        }
    }
    Cow::Owned(owned)
}

/// Tells whether `line` begins with a Content-Type field. What follows the line may stand behind it, so only blanks are passed over: over
/// line breaks, a body of nothing else would be read through once for each of them.
fn starts_type_field(line: &[u8]) -> bool {
    let start = line
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t'))
        .unwrap_or(0);
    line.get(start..start + 12)
        .is_some_and(|name| name.eq_ignore_ascii_case(b"Content-Type"))
}

/// Notes the second letter of `message` and of `digest` (whose parts are messages unsaid): `m-ssage/rfc822` is no type that the library nests.
fn collect_renames(line: &[u8], base: usize, renames: &mut Vec<usize>) {
    for word in [&b"message"[..], &b"digest"[..]] {
        for (at, window) in line.windows(word.len()).enumerate() {
            if window.eq_ignore_ascii_case(word) {
                renames.push(base + at + 1);
            }
        }
    }
}

/// Cuts fields that are too long and headers that are.
fn bound_header<'b>(header: &'b [u8], defects: &mut Vec<Defect>) -> Cow<'b, [u8]> {
    if header.len() <= MAX_FIELD_BYTES {
        return Cow::Borrowed(header);
    }
    let mut out = Vec::with_capacity(header.len().min(MAX_HEADER_BYTES) + 2);
    let mut field = 0;
    for line in header.split_inclusive(|b| *b == b'\n') {
        field = if line.starts_with(b" ") || line.starts_with(b"\t") {
            field + line.len()
        } else {
            line.len()
        };
        if out.len() + line.len().min(MAX_FIELD_BYTES) > MAX_HEADER_BYTES {
            defects.push(Defect::TooManyHeaders);
            break;
        }
        if field <= MAX_FIELD_BYTES {
            out.extend_from_slice(line);
        } else if field == line.len() {
            out.extend_from_slice(line.get(..MAX_FIELD_BYTES).unwrap_or_default());
            out.extend_from_slice(b"\r\n");
        }
    }
    if !out.ends_with(b"\n\n") && !out.ends_with(b"\n\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    Cow::Owned(out)
}

fn raw<'m>(message: &'m Message<'_>, header: &Header<'_>) -> Cow<'m, str> {
    let start = usize::try_from(header.offset_start).unwrap_or_default();
    let end = usize::try_from(header.offset_end).unwrap_or_default();
    String::from_utf8_lossy(message.raw_message.get(start..end).unwrap_or_default())
}

fn read_header(mail: &mut ParsedMail, message: &Message<'_>, defects: &mut Vec<Defect>) {
    let Some(root) = message.parts.first() else {
        return;
    };
    if root.headers.len() > MAX_FIELDS_KEPT {
        defects.push(Defect::TooManyHeaders);
    }
    for header in &root.headers {
        match &header.name {
            HeaderName::From if mail.from.is_none() => {
                let (first, shown) = first_mailbox(&header.value);
                mail.from = first.or_else(|| lenient_mailbox(&raw(message, header)));
                if mail.from_text.is_empty() {
                    mail.from_text =
                        shown.unwrap_or_else(|| clean_line(&raw(message, header), MAX_NAME_CHARS));
                }
                note_hostile(&raw(message, header), defects);
            }
            HeaderName::To | HeaderName::Cc => push_mailboxes(&mut mail.to, &header.value),
            HeaderName::ReplyTo if mail.reply_to.is_none() => {
                mail.reply_to = first_mailbox(&header.value).0
            }
            HeaderName::Subject if mail.subject.is_empty() => {
                if let HeaderValue::Text(text) = &header.value {
                    mail.subject = clean_line(text, MAX_SUBJECT_CHARS);
                    note_hostile(text, defects);
                }
            }
            HeaderName::MessageId if mail.message_id.is_none() => {
                mail.message_id = MessageId::find(&raw(message, header))
            }
            HeaderName::InReplyTo if mail.in_reply_to.is_empty() => {
                mail.in_reply_to = message_id::parse_list(&raw(message, header))
            }
            HeaderName::References if mail.references.is_empty() => {
                mail.references = message_id::parse_list(&raw(message, header))
            }
            HeaderName::Date if mail.date.is_none() => {
                (mail.date, mail.written_on) = date(&header.value)
            }
            HeaderName::ContentType if mail.content_type.is_empty() => {
                if let Some(kind) = header.value.as_content_type() {
                    let subtype = kind.subtype().unwrap_or_default();
                    // Undo the renaming of `prepare`.
                    mail.content_type = clean_line(&format!("{}/{subtype}", kind.ctype()), 100)
                        .to_ascii_lowercase()
                        .replace("m-ssage", "message")
                        .replace("d-gest", "digest");
                    mail.report_type = kind
                        .attribute("report-type")
                        .map(|v| clean_line(v, 60).to_ascii_lowercase());
                    mail.calendar_method = (mail.content_type == "text/calendar")
                        .then(|| {
                            kind.attribute("method")
                                .map(|v| clean_line(v, 20).to_ascii_uppercase())
                        })
                        .flatten();
                }
            }
            HeaderName::Received if mail.received.len() < MAX_RECEIVED => mail
                .received
                .push(clean_line(&raw(message, header), MAX_SIGN_CHARS)),
            _ => {}
        }
        let name = header.name.as_str();
        if mail.signs.len() < 100 && name.len() <= 50 {
            let name = name.to_ascii_lowercase();
            if SIGN_FIELDS.contains(&name.as_str()) {
                mail.signs
                    .push((name, clean_line(&raw(message, header), MAX_SIGN_CHARS)));
            }
        }
    }
}

fn note_hostile(text: &str, defects: &mut Vec<Defect>) {
    if text
        .trim()
        .chars()
        .any(|c| is_hostile(c) && !matches!(c, '\r' | '\n' | '\t'))
    {
        defects.push(Defect::HostileHeader);
    }
}

fn mailbox(name: Option<&str>, address: Option<&str>) -> Option<Mailbox> {
    let address = EmailAddress::parse(&clean_line(address?, 320)).ok()?;
    Some(Mailbox {
        name: clean_line(name.unwrap_or_default(), MAX_NAME_CHARS),
        address,
    })
}

fn each_address<'v>(
    value: &'v HeaderValue<'v>,
) -> Box<dyn Iterator<Item = &'v mail_parser::Addr<'v>> + 'v> {
    match value {
        HeaderValue::Address(Address::List(list)) => Box::new(list.iter().take(MAX_ADDRESSES)),
        HeaderValue::Address(Address::Group(groups)) => Box::new(
            groups
                .iter()
                .flat_map(|group| group.addresses.iter())
                .take(MAX_ADDRESSES),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// Returns the first valid mailbox, and what the first entry shows.
fn first_mailbox(value: &HeaderValue<'_>) -> (Option<Mailbox>, Option<String>) {
    let found = each_address(value).find_map(|a| mailbox(a.name.as_deref(), a.address.as_deref()));
    let shown = each_address(value).next().map(|first| {
        let name = first.name.as_deref().unwrap_or_default();
        let address = first.address.as_deref().unwrap_or_default();
        let text = match (name.is_empty(), address.is_empty()) {
            (false, false) => format!("{name} <{address}>"),
            _ => format!("{name}{address}"),
        };
        clean_line(&text, MAX_NAME_CHARS + 320)
    });
    (found, shown.filter(|text| !text.is_empty()))
}

/// Finds a valid address anywhere in a From that the library could not read.
fn lenient_mailbox(raw: &str) -> Option<Mailbox> {
    let cleaned = clean_line(raw, 2000);
    let address = cleaned
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"'))
        .filter(|word| word.contains('@'))
        .find_map(|word| EmailAddress::parse(word).ok())?;
    let name = cleaned
        .split('<')
        .next()
        .unwrap_or_default()
        .trim()
        .trim_matches('"')
        .trim();
    let name = if name.contains('@') { "" } else { name };
    Some(Mailbox {
        name: clean_line(name, MAX_NAME_CHARS),
        address,
    })
}

fn push_mailboxes(list: &mut Vec<Mailbox>, value: &HeaderValue<'_>) {
    for address in each_address(value) {
        if list.len() >= MAX_ADDRESSES {
            return;
        }
        list.extend(mailbox(address.name.as_deref(), address.address.as_deref()));
    }
}

fn date(value: &HeaderValue<'_>) -> (Option<Timestamp>, Option<Date>) {
    let Some(parsed) = value.as_datetime().filter(|d| d.is_valid()) else {
        return (None, None);
    };
    let written = i16::try_from(parsed.year)
        .ok()
        .zip(i8::try_from(parsed.month).ok())
        .zip(i8::try_from(parsed.day).ok())
        .and_then(|((y, m), d)| Date::new(y, m, d).ok());
    (Timestamp::from_second(parsed.to_timestamp()).ok(), written)
}

/// Returns a part's type as written, with the renaming of `prepare` undone.
fn part_type(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |kind| {
        let text = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
        text.to_ascii_lowercase().replace("m-ssage", "message")
    })
}

fn part_text<'p>(part: &'p MessagePart<'_>) -> Cow<'p, str> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(text.as_ref()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(
            bytes
                .get(..bytes.len().min(MAX_TEXT_BYTES * 2))
                .unwrap_or_default(),
        ),
        PartType::Message(_) | PartType::Multipart(_) => Cow::Borrowed(""),
    }
}

fn read_body(mail: &mut ParsedMail, message: &Message<'_>, defects: &mut Vec<Defect>) {
    if message.parts.len() > MAX_PARTS {
        defects.push(Defect::TooManyParts);
    }
    let is_multipart = mail.content_type.starts_with("multipart/");
    if is_multipart && message.parts.len() == 1 {
        defects.push(Defect::BrokenMultipart);
    }
    let mut plain: Option<String> = None;
    let mut from_html: Option<String> = None;
    let mut alternative: Option<&str> = None;
    let mut nested = None;
    let text_ids: Vec<u32> = message.text_body.iter().take(MAX_PARTS).copied().collect();
    for (number, part) in message.parts.iter().take(MAX_PARTS).enumerate() {
        if part.is_encoding_problem {
            defects.push(Defect::BadEncoding);
        }
        let kind = part_type(part);
        let is_whole = message.parts.len() == 1;
        match kind.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                set_once(&mut mail.delivery_status, &part_text(part))
            }
            "message/disposition-notification" | "message/global-disposition-notification" => {
                set_once(&mut mail.disposition, &part_text(part))
            }
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers" => {
                let text = part_text(part);
                let head = text.split("\n\n").next().unwrap_or_default();
                let head = head.split("\n\r\n").next().unwrap_or_default();
                set_once(&mut mail.returned_header, head.trim_end());
                if let Some(fields) = nested_report(head, &text) {
                    nested = Some(fields.to_owned());
                }
            }
            "text/calendar" | "application/ics" => {
                if mail.calendar.is_none() {
                    mail.calendar_method = mail.calendar_method.take().or_else(|| {
                        part.content_type()
                            .and_then(|c| c.attribute("method"))
                            .map(|m| clean_line(m, 20).to_ascii_uppercase())
                    });
                }
                set_once(&mut mail.calendar, &part_text(part));
            }
            "message/feedback-report" => {
                mail.report_type = Some("feedback-report".to_owned());
                set_once(&mut mail.feedback, &part_text(part));
            }
            _ => {
                let listed = u32::try_from(number).is_ok_and(|n| text_ids.contains(&n));
                let broken = is_whole && is_multipart;
                match &part.body {
                    PartType::Text(text)
                        if listed || broken || (is_whole && kind.starts_with("text/")) =>
                    {
                        append(&mut plain, text)
                    }
                    PartType::Html(text)
                        if listed
                            || is_whole
                            || plain.is_none()
                                && from_html.is_none()
                                && message
                                    .html_body
                                    .contains(&u32::try_from(number).unwrap_or(u32::MAX)) =>
                    {
                        append(&mut from_html, &html::to_text(cut_text(text)));
                    }
                    PartType::Html(text)
                        if alternative.is_none()
                            && message
                                .html_body
                                .contains(&u32::try_from(number).unwrap_or(u32::MAX)) =>
                    {
                        alternative = Some(text.as_ref());
                        mail.attachments += 1;
                    }
                    PartType::Multipart(_) => {}
                    _ if is_whole => append(&mut plain, &part_text(part)),
                    _ => mail.attachments += 1,
                }
            }
        }
    }
    if let Some(fields) = nested {
        set_once(&mut mail.delivery_status, &fields);
    }
    // Calendars also come as attachments named .ics.
    if mail.calendar.is_none()
        && let Some(part) = message.parts.iter().take(MAX_PARTS).find(|part| {
            part.attachment_name()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".ics"))
        })
    {
        set_once(&mut mail.calendar, &part_text(part));
    }
    // Some programs leave the plain part empty, or write there that the other one is to be read.
    if let Some(html) = alternative
        && plain.as_deref().is_none_or(wants_html)
    {
        plain = None;
        append(&mut from_html, &html::to_text(cut_text(html)));
    }
    let text = match (plain.filter(|text| !text.trim().is_empty()), from_html) {
        // Mailing lists add their footer as a second part to an HTML body; the order of the parts is lost, the words are not.
        (Some(plain), Some(more)) => format!("{plain}\n{more}"),
        (Some(plain), None) => plain,
        (None, Some(text)) => text,
        (None, None) => String::new(),
    };
    mail.text = keep_text(&text, defects);
}

/// Tells whether a plain part has nothing to say but that the HTML part has.
fn wants_html(plain: &str) -> bool {
    let text = plain.trim();
    let lower = text.to_lowercase();
    text.is_empty()
        || text.chars().count() < 400
            && lower.contains("html")
            && [
                "support",
                "view",
                "enable",
                "capable",
                "read",
                "display",
                "version",
                "client",
                "anzeig",
                "unterstutz",
                "unterstütz",
                "darstell",
                "affich",
                "prend",
                "visualiz",
                "admite",
                "soporta",
                "suporta",
                "supporta",
                "weergeven",
                "ondersteun",
                "stöd",
                "visas",
                "understøtt",
                "vise",
                "støtte",
                "näyttä",
                "tue",
                "wyświetl",
                "obsługu",
                "zobraz",
                "podpor",
                "megjelen",
                "támogat",
                "afișa",
                "suport",
                "υποστηρ",
                "προβ",
                "поддерж",
                "просмотр",
                "destekle",
                "görüntüle",
                "対応",
                "表示",
                "支持",
                "查看",
                "지원",
                "보기",
            ]
            .iter()
            .any(|word| lower.contains(word))
}

/// Returns the fields of a delivery report that a gateway passed on as an attached message.
fn nested_report<'t>(head: &str, text: &'t str) -> Option<&'t str> {
    if !head
        .to_ascii_lowercase()
        .contains("report-type=delivery-status")
    {
        return None;
    }
    let mut starts = text
        .match_indices("\nReporting-MTA:")
        .chain(text.match_indices("\nFinal-Recipient:"));
    let fields = text.get(starts.next()?.0 + 1..)?;
    let end = fields.find("\n--").unwrap_or(fields.len());
    fields.get(..end)
}

/// HTML is longer than its text, so more of it is read.
fn cut_text(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT_BYTES * 8);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn append(slot: &mut Option<String>, text: &str) {
    let whole = slot.get_or_insert_default();
    if whole.len() <= MAX_TEXT_BYTES {
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(cut_text(text));
    }
}

fn set_once(slot: &mut Option<String>, text: &str) {
    if slot.is_none() {
        *slot = Some(clean_block(text, MAX_REPORT_BYTES));
    }
}

fn keep_text(text: &str, defects: &mut Vec<Defect>) -> String {
    let kept = clean_block(text, MAX_TEXT_BYTES);
    if text.len() > MAX_TEXT_BYTES && kept.len() + 8 > MAX_TEXT_BYTES {
        defects.push(Defect::TextCut);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_ordinary_message_is_read() {
        let mail = parse(
            b"From: =?UTF-8?Q?J=C3=B6rg?= <Joerg@Acme.de>\r\nTo: casey@us.example, \"B, C\" <b@c.example>\r\nSubject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n\
              Date: Mon, 2 Mar 2026 23:30:00 -0500\r\nMessage-ID: <m@acme.de>\r\nIn-Reply-To: <s@us>\r\nReferences: <r@us>\r\n <s@us>\r\n\
              Auto-Submitted: no\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n",
        );
        assert_eq!(mail.defects, []);
        let from = mail.from.clone().unwrap();
        assert_eq!(
            (from.name.as_str(), from.address.as_str()),
            ("Jörg", "joerg@acme.de")
        );
        assert_eq!(mail.to.len(), 2);
        assert_eq!(mail.subject, "Grüße");
        assert_eq!(mail.text.trim(), "Grüße");
        assert_eq!(mail.date.unwrap().to_string(), "2026-03-03T04:30:00Z");
        assert_eq!(mail.written_on.unwrap().to_string(), "2026-03-02");
        assert_eq!(mail.references.len(), 2);
        assert_eq!(mail.sign("auto-submitted"), Some("no"));
    }

    #[test]
    fn reports_are_taken_apart() {
        let mail = parse(
            b"From: MAILER-DAEMON@mx.example (Mail Delivery System)\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"b1\"\r\n\r\n\
              --b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ann@acme.io\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
              --b1\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <seq1@casey>\r\nSubject: Hi\r\n\r\nbody\r\n--b1--\r\n",
        );
        assert_eq!(mail.text.trim(), "Sorry.");
        assert!(mail.delivery_status.unwrap().contains("Status: 5.1.1"));
        assert_eq!(
            mail.returned_header.unwrap(),
            "Message-ID: <seq1@casey>\nSubject: Hi"
        );
        assert_eq!(mail.report_type.as_deref(), Some("delivery-status"));
    }

    #[test]
    fn the_html_part_is_read_where_the_plain_one_says_nothing() {
        let check = |plain: &str, expect: &str| {
            let mail = parse(
                format!(
                    "Subject: x\r\nContent-Type: multipart/alternative; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n\
                     --b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Please unsubscribe me</p>\r\n--b1--\r\n"
                )
                .as_bytes(),
            );
            assert_eq!(mail.text.trim(), expect, "{plain:?}");
        };
        check("", "Please unsubscribe me");
        check(" \r\n\r\n", "Please unsubscribe me");
        check(
            "Your mail program does not support HTML.",
            "Please unsubscribe me",
        );
        check(
            "To view this message, please use an HTML capable client.",
            "Please unsubscribe me",
        );
        check(
            "Ihr Programm kann kein HTML darstellen.",
            "Please unsubscribe me",
        );
        check("Yes, call me.", "Yes, call me.");
    }

    #[test]
    fn a_report_within_a_report_is_found() {
        let mail = parse(
            b"From: postmaster@x.example\r\nSubject: Failure\r\nContent-Type: multipart/mixed; report-type=delivery-status; boundary=b1\r\n\r\n\
              --b1\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b2\r\n\r\n\
              --b2\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ann@acme.io\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b2--\r\n--b1--\r\n",
        );
        assert!(
            mail.delivery_status
                .is_some_and(|fields| fields.contains("ann@acme.io")),
            "{:?}",
            mail.text
        );
    }

    #[test]
    fn hostile_and_broken_messages_are_read_as_far_as_they_go() {
        assert_eq!(parse(b"").defects, [Defect::Empty]);
        assert_eq!(parse(b"\r\n\n").defects, [Defect::Empty]);
        assert_eq!(parse(b"just words\nand more").text, "just words\nand more");
        assert_eq!(parse(b"Subject: no body").subject, "no body");
        assert_eq!(parse(b"From x@y Mon\nSubject: mbox\n\nhi").subject, "mbox");
        let mail = parse(
            b"From: \x1b[31mAnn\x07 <ann@acme.io>\nSubject: a\x1b]0;x\x07b\n\nhi\x00\x1b[2J there",
        );
        assert_eq!(mail.from.unwrap().name, "Ann");
        assert_eq!(mail.text, "hi there");
        assert!(mail.defects.contains(&Defect::HostileHeader));
        let mail = parse(
            b"Content-Type: text/plain; charset=no-such-charset\nSubject: x\n\n\xff\xfe caf\xe9",
        );
        assert!(mail.text.contains("caf"));
        let mail =
            parse(b"Content-Type: multipart/mixed; boundary=zz\nSubject: x\n\nno boundary here");
        assert_eq!(mail.text, "no boundary here");
        assert!(mail.defects.contains(&Defect::BrokenMultipart));
    }

    #[test]
    fn size_bombs_are_bounded() {
        let mut many = Vec::new();
        for n in 0..10_000 {
            many.extend_from_slice(format!("X-Junk-{n}: {n}\r\n").as_bytes());
        }
        many.extend_from_slice(b"Subject: still here\r\nIn-Reply-To: <a@b>\r\n\r\nbody");
        let mail = parse(&many);
        assert_eq!(
            (
                mail.subject.as_str(),
                mail.text.as_str(),
                mail.in_reply_to.len()
            ),
            ("still here", "body", 1)
        );
        assert!(mail.defects.contains(&Defect::TooManyHeaders));

        let mut long = b"Subject: long\r\n\r\n".to_vec();
        long.extend(std::iter::repeat_n(b"word ", 1_000_000).flatten());
        let mail = parse(&long);
        assert!(mail.text.len() <= MAX_TEXT_BYTES && mail.text.len() > MAX_TEXT_BYTES / 2);
        assert!(mail.defects.contains(&Defect::TextCut));
    }

    #[test]
    fn nesting_bombs_do_not_overflow() {
        let mut messages = b"Subject: bomb\r\n".to_vec();
        for _ in 0..60_000 {
            messages.extend_from_slice(b"Content-Type: message/rfc822\r\n\r\n");
        }
        assert_eq!(parse(&messages).subject, "bomb");
        let mut parts =
            b"Subject: bomb\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n".to_vec();
        for n in 0..20_000 {
            parts.extend_from_slice(
                format!(
                    "--b{n}\r\nContent-Type: multipart/digest; boundary=b{}\r\n\r\n",
                    n + 1
                )
                .as_bytes(),
            );
        }
        let mail = parse(&parts);
        assert_eq!(mail.subject, "bomb");
        assert!(mail.defects.contains(&Defect::TooManyParts));
        for unit in [
            "=?utf-8?Q?",
            "(",
            "<",
            "\"",
            "a@b,",
            "a:",
            ";",
            "=?",
            ",",
            "\\",
        ] {
            for field in [
                "From",
                "Subject",
                "Content-Type",
                "Received",
                "Date",
                "References",
            ] {
                let value = unit.repeat(300_000);
                assert_eq!(
                    parse(format!("{field}: {value}\r\nX: y\r\n\r\nbody").as_bytes()).text,
                    "body",
                    "{field} {unit}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mail = parse(&bytes);
            prop_assert!(!mail.text.chars().any(|c| is_hostile(c) && !matches!(c, '\n' | '\t')));
            prop_assert_eq!(parse_header(&bytes).text, "");
        }

        #[test]
        fn any_jumble_of_mail_is_read_without_panic(text in "(From: |Subject: |Content-Type: multipart/mixed; boundary=b\r\n|--b\r\n|--b--|\r\n|message/rfc822|<a@b>|=\\?utf-8\\?B\\?|base64|\u{1b}\\[|é|x){0,30}") {
            let mail = parse(text.as_bytes());
            prop_assert!(!mail.subject.chars().any(is_hostile));
        }
    }
}
