//! Times at which two people can meet: inside both parties' working hours, each in their own zone, and outside of what is busy.

use jiff::{SignedDuration, Timestamp, Unit, ZonedRound};

use super::schedule::SendPolicy;

/// Slots begin on the half hours of the clock on the operator's wall.
const STEP_MINUTES: i64 = 30;
/// Step at which a slot is checked from end to end.
const LOOK: SignedDuration = SignedDuration::from_mins(15);

/// A search for slots.
#[derive(Debug, Clone)]
pub struct SlotQuery<'a> {
    /// The operator's hours.
    pub ours: &'a SendPolicy,
    /// The other person's hours.
    pub theirs: &'a SendPolicy,
    /// Spans in which the operator is busy, in any order.
    pub busy: &'a [(Timestamp, Timestamp)],
    /// Nothing begins before.
    pub from: Timestamp,
    /// Nothing ends after.
    pub to: Timestamp,
    /// Length of a slot.
    pub length: SignedDuration,
    /// So many of one day at most, by the operator's calendar.
    pub per_day: usize,
    /// So many at most.
    pub limit: usize,
}

/// A time at which both can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeSlot {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}

/// Returns the times at which both can, the earliest first; none of them overlap.
#[must_use]
pub fn free_slots(query: &SlotQuery<'_>) -> Vec<FreeSlot> {
    let mut found = Vec::new();
    if query.length < SignedDuration::from_mins(1) {
        return found;
    }
    let (mut day, mut of_day) = (None, 0);
    let mut start = next_half_hour(query.ours, query.from);
    while found.len() < query.limit {
        let Some(end) = start
            .checked_add(query.length)
            .ok()
            .filter(|end| *end <= query.to)
        else {
            break;
        };
        let today = query.ours.local(start).date();
        if day != Some(today) {
            (day, of_day) = (Some(today), 0);
        }
        let clash = query
            .busy
            .iter()
            .filter(|(from, to)| *from < end && *to > start)
            .map(|(_, to)| *to)
            .max();
        let next = if let Some(over) = clash {
            over
        } else if of_day < query.per_day
            && is_open_throughout(query.ours, start, end)
            && is_open_throughout(query.theirs, start, end)
        {
            of_day += 1;
            found.push(FreeSlot { start, end });
            end
        } else {
            start
                .checked_add(SignedDuration::from_secs(1))
                .unwrap_or(start)
        };
        start = next_half_hour(query.ours, next);
    }
    found
}

/// Returns the first half hour on the operator's wall at or after an instant.
fn next_half_hour(policy: &SendPolicy, at: Timestamp) -> Timestamp {
    policy
        .local(at)
        .round(
            ZonedRound::new()
                .smallest(Unit::Minute)
                .increment(STEP_MINUTES)
                .mode(jiff::RoundMode::Ceil),
        )
        .map_or(at, |rounded| rounded.timestamp().max(at))
}

fn is_open_throughout(policy: &SendPolicy, start: Timestamp, end: Timestamp) -> bool {
    let last = end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(end);
    let mut at = start;
    while at < last {
        if !policy.is_open(at) {
            return false;
        }
        match at.checked_add(LOOK) {
            Ok(next) => at = next,
            Err(_) => return false,
        }
    }
    policy.is_open(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{parse_days, parse_window, parse_zone};
    use proptest::prelude::*;

    fn policy(zone: &str, window: &str) -> SendPolicy {
        SendPolicy {
            window: parse_window(window).unwrap(),
            days: parse_days("mon-fri").unwrap(),
            holidays: std::collections::BTreeSet::new(),
            zone: parse_zone(zone).unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn starts(
        ours: &str,
        theirs: &str,
        busy: &[(&str, &str)],
        from: &str,
        to: &str,
    ) -> Vec<String> {
        let (ours, theirs) = (policy(ours, "09:00-17:00"), policy(theirs, "09:00-17:00"));
        let busy: Vec<_> = busy.iter().map(|(a, b)| (at(a), at(b))).collect();
        let query = SlotQuery {
            ours: &ours,
            theirs: &theirs,
            busy: &busy,
            from: at(from),
            to: at(to),
            length: SignedDuration::from_mins(60),
            per_day: 100,
            limit: 100,
        };
        let found = free_slots(&query);
        found.iter().map(|s| s.start.to_string()).collect()
    }

    #[test]
    fn only_hours_that_both_work_are_offered() {
        // Madrid works 08:00-16:00 UTC, New York 14:00-22:00 UTC.
        let monday = ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
        let found = starts("Europe/Madrid", "America/New_York", &[], monday.0, monday.1);
        assert_eq!(found, ["2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z"]);
        let none = starts("Europe/Madrid", "Pacific/Auckland", &[], monday.0, monday.1);
        assert!(none.is_empty());
    }

    #[test]
    fn the_hours_move_with_the_clocks_of_each_side() {
        // In the week of 26 October 2026 Madrid has changed its clocks and New York has not: five hours apart, not six.
        let found = starts(
            "Europe/Madrid",
            "America/New_York",
            &[],
            "2026-10-27T00:00:00Z",
            "2026-10-28T00:00:00Z",
        );
        assert_eq!(found.first().unwrap(), "2026-10-27T13:00:00Z");
        assert_eq!(found.len(), 3);
        let after = starts(
            "Europe/Madrid",
            "America/New_York",
            &[],
            "2026-11-03T00:00:00Z",
            "2026-11-04T00:00:00Z",
        );
        assert_eq!(after.first().unwrap(), "2026-11-03T14:00:00Z");
    }

    #[test]
    fn what_is_busy_is_passed_over_and_slots_begin_on_half_hours_of_the_wall() {
        let busy = [
            ("2026-11-23T10:10:00Z", "2026-11-23T11:40:00Z"),
            ("2026-11-23T13:00:00Z", "2026-11-23T17:00:00Z"),
        ];
        let found = starts(
            "UTC",
            "UTC",
            &busy,
            "2026-11-23T08:17:00Z",
            "2026-11-24T00:00:00Z",
        );
        assert_eq!(found, ["2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z"]);
        // Kathmandu is 5:45 ahead: its half hours are at :15 and :45 of UTC.
        let found = starts(
            "Asia/Kathmandu",
            "Asia/Kathmandu",
            &[],
            "2026-11-23T00:00:00Z",
            "2026-11-23T06:00:00Z",
        );
        assert_eq!(found.first().unwrap(), "2026-11-23T03:15:00Z");
    }

    proptest! {
        #[test]
        fn every_slot_is_free_and_inside_both_windows(
            from in 0_i64..20_000_000, spans in prop::collection::vec((0_i64..2_000_000, 1_i64..50_000), 0..20), minutes in 1_i64..600
        ) {
            let from = Timestamp::from_second(1_790_000_000 + from).unwrap();
            let to = from + SignedDuration::from_hours(24 * 20);
            let busy: Vec<_> = spans
                .iter()
                .map(|(a, n)| (from + SignedDuration::from_secs(*a), from + SignedDuration::from_secs(a + n)))
                .collect();
            let (ours, theirs) = (policy("Europe/Madrid", "09:00-18:00"), policy("America/Sao_Paulo", "08:00-17:00"));
            let query = SlotQuery {
                ours: &ours, theirs: &theirs, busy: &busy, from, to,
                length: SignedDuration::from_mins(minutes), per_day: 3, limit: 50,
            };
            let found = free_slots(&query);
            let mut last = from;
            for slot in &found {
                prop_assert!(slot.start >= last && slot.end <= to);
                prop_assert!(busy.iter().all(|(a, b)| *b <= slot.start || *a >= slot.end));
                prop_assert!(ours.is_open(slot.start) && theirs.is_open(slot.start));
                last = slot.end;
            }
        }
    }
}
