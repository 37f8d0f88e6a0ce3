//! Instants in words, in the operator's zone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Returns the time of day, such as `14:40`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// Returns an instant as briefly as it is clear from `now`: `14:40`, `tomorrow 09:00`, `Thu 26 Nov 09:00`, `26 Nov 2027 09:00`.
#[must_use]
pub fn at(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (there, here) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let time = clock(at, zone);
    let days = here
        .date()
        .until(there.date())
        .map(|span| span.get_days())
        .unwrap_or(i32::MAX);
    match days {
        0 => time,
        1 => format!("tomorrow {time}"),
        -1 => format!("yesterday {time}"),
        _ if there.year() == here.year() => {
            format!("{} {time}", there.strftime("%a %-d %b"))
        }
        _ => format!("{} {time}", there.strftime("%-d %b %Y")),
    }
}

/// Returns a duration in its largest unit: `40s`, `38m`, `2h`, `3d`.
#[must_use]
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => {
            let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
            if hours < 3 && minutes > 0 {
                format!("{hours}h{minutes:02}")
            } else {
                format!("{hours}h")
            }
        }
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Returns how far an instant is away: `in 38m`, `2h ago`, `now`.
#[must_use]
pub fn away(at: Timestamp, now: Timestamp) -> String {
    let ahead = at.duration_since(now);
    if ahead.as_secs().abs() < 5 {
        "now".into()
    } else if ahead.is_negative() {
        format!("{} ago", span(ahead))
    } else {
        format!("in {}", span(ahead))
    }
}

/// Returns an instant in both ways: `14:40 (in 38m)`.
#[must_use]
pub fn both(instant: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    format!("{} ({})", at(instant, now, zone), away(instant, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn instants_read_as_people_say_them() {
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let now = t("2026-11-24T13:02:00Z");
        let check = |instant: &str, expect: &str| {
            assert_eq!(both(t(instant), now, &zone), expect, "{instant}");
        };
        check("2026-11-24T13:40:00Z", "14:40 (in 38m)");
        check("2026-11-24T11:00:00Z", "12:00 (2h02 ago)");
        check("2026-11-25T08:00:00Z", "tomorrow 09:00 (in 18h)");
        check("2026-11-23T23:30:00Z", "00:30 (13h ago)");
        check("2026-11-23T22:30:00Z", "yesterday 23:30 (14h ago)");
        check("2026-11-30T08:00:00Z", "Mon 30 Nov 09:00 (in 5d)");
        check("2027-03-01T08:00:00Z", "1 Mar 2027 09:00 (in 96d)");
        check("2026-11-24T13:02:01Z", "14:02 (now)");
    }
}
