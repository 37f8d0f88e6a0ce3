//! Counting in business days, for pauses and due dates.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::search::next_allowed;
use super::window::Weekdays;
use super::{SendPolicy, Slot};

/// Longest walk of a count, in calendar days: ten years, so that a calendar without business days ends too.
const MAX_WALK_DAYS: u32 = 3_660;

/// Tells whether `date` is an allowed weekday and no holiday.
#[must_use]
pub fn is_business_day(date: Date, days: Weekdays, holidays: &BTreeSet<Date>) -> bool {
    days.contains(date.weekday()) && !holidays.contains(&date)
}

/// Returns the `n`-th business day after `date` (before it, if `n` is negative); `date` itself is never counted.
/// For `n` = 0 it returns `date` if that is a business day, else the next one.
///
/// Returns `None` if there are not that many within ten years.
#[must_use]
pub fn add_business_days(
    date: Date,
    n: i32,
    days: Weekdays,
    holidays: &BTreeSet<Date>,
) -> Option<Date> {
    if n == 0 && is_business_day(date, days, holidays) {
        return Some(date);
    }
    let mut left = n.unsigned_abs().max(1);
    let mut date = date;
    for _ in 0..MAX_WALK_DAYS {
        date = if n < 0 {
            date.yesterday().ok()?
        } else {
            date.tomorrow().ok()?
        };
        if is_business_day(date, days, holidays) {
            left -= 1;
            if left == 0 {
                return Some(date);
            }
        }
    }
    None
}

/// Returns the first allowed instant whose local date is after `date`; `None` if the 45 days after it have none.
#[must_use]
pub fn first_business_instant_after(policy: &SendPolicy, date: Date) -> Option<Timestamp> {
    first_business_instant_from(policy, date.tomorrow().ok()?)
}

/// Returns the first allowed instant whose local date is `date` or later; `None` if 45 days from its beginning have none.
#[must_use]
pub fn first_business_instant_from(policy: &SendPolicy, date: Date) -> Option<Timestamp> {
    let begin = date.to_zoned(policy.zone.clone()).ok()?.timestamp();
    next_allowed(policy, begin).map(|Slot { at, .. }| at)
}

#[cfg(test)]
mod tests {
    use super::super::{parse_days, parse_holidays, parse_window, parse_zone};
    use super::*;

    #[test]
    fn business_days_skip_weekends_and_holidays() {
        let check = |date: &str, n: i32, expect: &str| {
            let holidays = parse_holidays("2026-12-25,2027-01-01").unwrap();
            let found =
                add_business_days(date.parse().unwrap(), n, Weekdays::MON_TO_FRI, &holidays);
            assert_eq!(found.unwrap().to_string(), expect, "{date} {n:+}");
        };
        check("2026-11-23", 1, "2026-11-24");
        check("2026-11-23", 5, "2026-11-30");
        check("2026-11-27", 1, "2026-11-30");
        check("2026-11-28", 1, "2026-11-30");
        check("2026-11-28", 0, "2026-11-30");
        check("2026-11-27", 0, "2026-11-27");
        check("2026-12-24", 1, "2026-12-28");
        check("2026-12-28", -1, "2026-12-24");
        check("2026-12-24", 5, "2027-01-04");
    }

    #[test]
    fn a_calendar_without_business_days_has_no_next_one() {
        let date = jiff::civil::date(2026, 11, 23);
        assert_eq!(
            add_business_days(date, 1, Weekdays::NONE, &BTreeSet::new()),
            None
        );
        assert_eq!(
            add_business_days(Date::MAX, 1, Weekdays::ALL, &BTreeSet::new()),
            None
        );
        assert_eq!(
            add_business_days(Date::MIN, i32::MIN, Weekdays::ALL, &BTreeSet::new()),
            None
        );
    }

    #[test]
    fn a_pause_ends_when_the_next_business_day_opens() {
        let mut policy = SendPolicy {
            window: parse_window("09:00-17:00").unwrap(),
            days: parse_days("mon-fri").unwrap(),
            holidays: parse_holidays("2026-12-25").unwrap(),
            zone: parse_zone("Europe/Madrid").unwrap(),
        };
        let check = |policy: &SendPolicy, date: &str, expect: &str| {
            let found = first_business_instant_after(policy, date.parse().unwrap());
            assert_eq!(found.unwrap().to_string(), expect, "{date}");
        };
        check(&policy, "2026-12-24", "2026-12-28T08:00:00Z");
        check(&policy, "2026-07-01", "2026-07-02T07:00:00Z");
        // The date after 29 December 2011 was the 31st in Apia, a Saturday.
        policy.zone = parse_zone("Pacific/Apia").unwrap();
        check(&policy, "2011-12-29", "2012-01-01T19:00:00Z");
    }
}
