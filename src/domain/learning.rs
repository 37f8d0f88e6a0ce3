//! Learning: the points that past outcomes add to or take from a score.
//!
//! The term is a shrunken, time-decayed mean. For the contact and for the segment (this family of actions with people at
//! this stage of life) each, with impacts `i` of age `d` days:
//!
//! ```text
//! w = 2^(-d / 90)      contact = Σ w·i / (Σ w + 2)      segment = Σ w·i / (Σ w + 10)
//! term = 3 × (0.6 × contact + 0.4 × segment), at most 20 points either way
//! ```
//!
//! Few observations are drawn towards nothing (the 2 and the 10 count as that many outcomes of no impact), and a
//! few months of good replies do reach the limit. Impacts are kept as whole numbers by day, so that the order in which outcomes came in
//! cannot change a sum.

use jiff::Timestamp;

use super::aps::Points;

/// Days after which an outcome counts half.
pub const HALF_LIFE_DAYS: f64 = 90.0;
/// Outcomes older than this many days weigh under 0.4 % and are left out.
pub const MEMORY_DAYS: i64 = 720;
/// The most points that the term adds or takes.
pub const MAX_POINTS: f64 = 20.0;
const CONTACT_PRIOR: f64 = 2.0;
const SEGMENT_PRIOR: f64 = 10.0;
const CONTACT_SHARE: f64 = 0.6;
const SEGMENT_SHARE: f64 = 0.4;
const SCALE: f64 = 3.0;
const DAY_MS: i64 = 86_400_000;

/// The outcomes with an impact that fell on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Number of outcomes.
    pub n: i64,
    /// The sum of their impacts.
    pub impact: i64,
}

/// The term of past outcomes in a score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutcomeTerm {
    /// -20 to +20 points.
    pub points: Points,
    /// Number of this contact's outcomes that count.
    pub contact_n: i64,
    /// The contact's shrunken mean impact.
    pub contact_mean: f64,
    /// Number of this segment's outcomes that count.
    pub segment_n: i64,
    /// The segment's shrunken mean impact.
    pub segment_mean: f64,
}

/// Returns the UTC day of an instant, as days since 1970-01-01.
#[must_use]
pub fn day_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY_MS)
}

/// Returns the instant at which decay next changes a term: the coming UTC midnight.
#[must_use]
pub fn next_decay(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond((day_of(now) + 1) * DAY_MS).unwrap_or(Timestamp::MAX)
}

/// A summary of outcomes: their number, and their shrunken, decayed mean impact.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mean {
    /// Number of outcomes that count.
    pub n: i64,
    /// Their mean impact.
    pub impact: f64,
}

/// Returns the summary of a contact's outcomes at `now`. Tallies of the future count as of today. Linear in the tallies.
#[must_use]
pub fn contact_mean(tallies: &[Tally], now: Timestamp) -> Mean {
    shrunken_mean(tallies, day_of(now), CONTACT_PRIOR)
}

/// Returns the summary of a segment's outcomes at `now`, as [`contact_mean`] does.
#[must_use]
pub fn segment_mean(tallies: &[Tally], now: Timestamp) -> Mean {
    shrunken_mean(tallies, day_of(now), SEGMENT_PRIOR)
}

/// Returns the outcome term of a contact in a segment.
#[must_use]
pub fn term_of(contact: Mean, segment: Mean) -> OutcomeTerm {
    let raw = SCALE * (CONTACT_SHARE * contact.impact + SEGMENT_SHARE * segment.impact);
    OutcomeTerm {
        points: Points::from_points(raw.clamp(-MAX_POINTS, MAX_POINTS)),
        contact_n: contact.n,
        contact_mean: contact.impact,
        segment_n: segment.n,
        segment_mean: segment.impact,
    }
}

/// Returns the outcome term at `now` from both tallies.
#[must_use]
pub fn outcome_term(contact: &[Tally], segment: &[Tally], now: Timestamp) -> OutcomeTerm {
    term_of(contact_mean(contact, now), segment_mean(segment, now))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "days, counts and impacts are far below 2^53"
)]
fn shrunken_mean(tallies: &[Tally], today: i64, prior: f64) -> Mean {
    let (mut n, mut weight, mut sum) = (0, 0.0, 0.0);
    for tally in tallies.iter().filter(|t| today - t.day <= MEMORY_DAYS) {
        let w = (-((today - tally.day).max(0) as f64) / HALF_LIFE_DAYS).exp2();
        n += tally.n;
        weight += w * tally.n as f64;
        sum += w * tally.impact as f64;
    }
    Mean {
        n,
        impact: sum / (weight + prior),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn tally(days_ago: i64, n: i64, impact: i64) -> Tally {
        Tally {
            day: day_of(now()) - days_ago,
            n,
            impact,
        }
    }

    #[test]
    fn nothing_known_adds_nothing() {
        assert_eq!(outcome_term(&[], &[], now()), OutcomeTerm::default());
    }

    #[test]
    fn both_ends_are_really_reachable() {
        let up = outcome_term(&[tally(0, 8, 80)], &[tally(0, 30, 300)], now());
        assert!((up.points.points() - 20.0).abs() < 1e-9, "{up:?}");
        let down = outcome_term(&[tally(0, 60, -480)], &[tally(0, 100, -800)], now());
        assert!((down.points.points() + 20.0).abs() < 1e-9, "{down:?}");
    }

    #[test]
    fn few_outcomes_are_drawn_towards_nothing_and_old_ones_fade() {
        let one = outcome_term(&[tally(0, 1, 8)], &[], now());
        assert!(
            (one.points.points() - 4.8).abs() < 0.005,
            "3 x 0.6 x 8/3: {one:?}"
        );
        let old = outcome_term(&[tally(90, 1, 8)], &[], now());
        assert!(
            (old.points.points() - 2.88).abs() < 0.005,
            "3 x 0.6 x 4/2.5: {old:?}"
        );
        assert_eq!(outcome_term(&[tally(721, 9, 72)], &[], now()).contact_n, 0);
    }

    #[test]
    fn a_term_changes_only_at_midnight() {
        let tallies = [tally(3, 2, 16)];
        let later = now() + jiff::SignedDuration::from_hours(11);
        assert_eq!(
            outcome_term(&tallies, &[], now()),
            outcome_term(&tallies, &[], later)
        );
        assert_eq!(next_decay(now()).to_string(), "2026-11-24T00:00:00Z");
    }
}
