//! Shares and zones as exports write them, and cells taken out of what spreadsheets put around them.

use crate::domain::amount;

/// Reads a share of one: `0.85`, `0,85`, `85%`, or `85` of 100.
#[must_use]
pub fn parse_share(text: &str) -> Option<f64> {
    let text = text.trim();
    let (digits, percent) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim(), true),
        None => (text, false),
    };
    let n = amount::number(digits)?;
    let share = if percent || n > 1.0 { n / 100.0 } else { n };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// Returns an IANA zone name as it may be looked up: HubSpot's `europe_slash_berlin` is turned back. None for what
/// has not that form.
#[must_use]
pub fn parse_zone(text: &str) -> Option<String> {
    let text = text.trim();
    let restored;
    let text = if text.contains("_slash_") {
        restored = text
            .split("_slash_")
            .map(|part| {
                part.split('_')
                    .map(|word| {
                        let mut letters = word.chars();
                        letters.next().map_or_else(String::new, |c| {
                            c.to_ascii_uppercase().to_string() + letters.as_str()
                        })
                    })
                    .collect::<Vec<_>>()
                    .join("_")
            })
            .collect::<Vec<_>>()
            .join("/");
        restored.as_str()
    } else {
        text
    };
    let fits = text.len() <= 64
        && (text.contains('/') || text == "UTC")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    fits.then(|| text.to_owned())
}

/// Tells whether a spreadsheet would take `text` for a formula. A phone number such as "+49 30" is none.
pub(super) fn looks_like_formula(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => text
            .bytes()
            .skip(1)
            .any(|b| !(b.is_ascii_digit() || b" ()-./".contains(&b))),
        _ => false,
    }
}

/// Takes off the `="…"` by which a spreadsheet is kept from reading a number.
pub(super) fn unwrapped(text: &str) -> &str {
    text.strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'))
        .unwrap_or(text)
}

/// Takes off the apostrophe that our own export puts before what looks like a formula.
pub(super) fn guarded(text: &str) -> &str {
    let text = unwrapped(text);
    match text.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_zones_are_read() {
        assert_eq!(parse_share("0.85"), Some(0.85));
        assert_eq!(parse_share("85 %"), Some(0.85));
        assert_eq!(parse_share("85"), Some(0.85));
        assert_eq!(parse_share("0,5"), Some(0.5));
        assert_eq!(parse_share("850"), None);
        assert_eq!(parse_share("1,234"), None);
        assert_eq!(parse_share("NaN"), None);
        assert_eq!(parse_share("high"), None);
        assert_eq!(
            parse_zone("europe_slash_berlin").as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(
            parse_zone("america_slash_new_york").as_deref(),
            Some("America/New_York")
        );
        assert_eq!(parse_zone("Asia/Tokyo").as_deref(), Some("Asia/Tokyo"));
        assert_eq!(parse_zone("GMT plus one"), None);
    }
}
