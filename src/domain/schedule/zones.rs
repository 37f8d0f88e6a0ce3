//! Time zones by name, always from the database inside the binary, so that a list re-derived on another machine is the same.

use std::sync::LazyLock;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::parse::ScheduleError;
use crate::domain::text::clean_line;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The longest text that is looked up; the longest IANA name has 32 bytes.
const MAX_NAME_BYTES: usize = 64;

/// Returns the zone of an IANA name such as `Europe/Madrid` (in any case), of `UTC` or `Z`, or of a fixed offset such as `+02:00`.
///
/// # Errors
/// [`ScheduleError::Zone`] with the nearest names if there is no such zone.
pub fn parse_zone(text: &str) -> Result<TimeZone, ScheduleError> {
    let name = text.trim();
    let unknown = || ScheduleError::Zone {
        given: clean_line(text, 40),
        near: nearest(name),
    };
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(unknown());
    }
    if name.eq_ignore_ascii_case("z") {
        return Ok(TimeZone::UTC);
    }
    if name.starts_with(['+', '-']) {
        return DateTimeParser::new()
            .parse_time_zone_with(&DATABASE, name)
            .map_err(|_| unknown());
    }
    DATABASE
        .get(name)
        .or_else(|_| DATABASE.get(&name.replace(' ', "_")))
        .map_err(|_| unknown())
}

/// Returns the name by which [`parse_zone`] finds the zone again: its IANA name, else its fixed offset.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> String {
    if let Some(name) = zone.iana_name() {
        return name.to_owned();
    }
    let Ok(offset) = zone.to_fixed_offset() else {
        return "UTC".to_owned();
    };
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    match seconds.abs() % 60 {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        rest => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// Returns at most three zone names that someone who typed `name` may have meant.
fn nearest(name: &str) -> Vec<String> {
    let wanted = city_of(name);
    if wanted.len() < 3 || wanted.len() > MAX_NAME_BYTES {
        return Vec::new();
    }
    let mut near: Vec<(usize, String)> = DATABASE
        .available()
        .filter_map(|zone| {
            let city = city_of(zone.as_str());
            let distance = if city == wanted {
                0
            } else if city.starts_with(&wanted) {
                1
            } else {
                edit_distance(&city, &wanted)
            };
            (distance <= 2).then(|| (distance, zone.as_str().to_owned()))
        })
        .collect();
    near.sort();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    near.into_iter()
        .take_while(|(distance, _)| *distance == best)
        .map(|(_, zone)| zone)
        .take(3)
        .collect()
}

/// Returns the last part of a zone's name in lower case, with spaces for underscores.
fn city_of(name: &str) -> String {
    name.rsplit('/')
        .next()
        .unwrap_or(name)
        .trim()
        .to_lowercase()
        .replace('_', " ")
}

/// Returns the number of insertions, removals and changes that turn `a` into `b` (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let cost = (diagonal + usize::from(x != *y))
                .min(left + 1)
                .min(*cell + 1);
            diagonal = std::mem::replace(cell, cost);
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Writes a zone by its name.
pub(super) mod as_name {
    use jiff::tz::TimeZone;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(zone: &TimeZone, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::zone_name(zone))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
        let name = String::deserialize(from)?;
        super::parse_zone(&name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_name_in_any_case_or_by_offset() {
        let check = |text: &str, expect: &str| {
            assert_eq!(zone_name(&parse_zone(text).unwrap()), expect, "{text}");
        };
        check("Europe/Madrid", "Europe/Madrid");
        check(" europe/madrid ", "Europe/Madrid");
        check("america/new york", "America/New_York");
        check("utc", "UTC");
        check("Z", "UTC");
        check("+05:30", "+05:30");
        check("-0330", "-03:30");
        check(
            "America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        );
    }

    #[test]
    fn an_unknown_zone_is_answered_with_near_ones() {
        let check = |text: &str, expect: &str| {
            let said = parse_zone(text).unwrap_err().to_string();
            assert!(said.contains(expect), "{text}: {said}");
        };
        check("Madrid", "Europe/Madrid");
        check("Europe/Madird", "Europe/Madrid");
        check("Amsterdam", "Europe/Amsterdam");
        check("", "IANA");
        check("Nowhere/At/All", "IANA");
        check("\u{1b}[31mX", "IANA");
        check(&"x".repeat(10_000), "IANA");
    }
}
