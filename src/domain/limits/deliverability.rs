//! The deliverability guard: too many bounces or spam complaints pause sending, before providers stop believing the mailbox.

use jiff::{SignedDuration, Timestamp};

use super::{LimitKind, LimitVerdict, Sends, WEEK};

/// Messages that must have been sent in 7 days before a share of them means something; fewer for a new mailbox.
const ENOUGH: usize = 50;
const ENOUGH_WHEN_NEW: usize = 20;
/// A mailbox counts as new for so long after its first mail.
pub const NEW_MAILBOX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// One in so many that bounces is too many: 5 %.
const BOUNCED_ONE_IN: usize = 20;
/// One in so many that is reported as spam is too many: 0.1 %.
const REPORTED_ONE_IN: usize = 1000;

/// Mail of the last 7 days, and what came back of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailResults {
    /// Mail that left.
    pub sent: Sends,
    /// Mail that could not be delivered.
    pub bounced: Sends,
    /// Mail that was reported as spam.
    pub reported: Sends,
    /// The instant until which the mailbox counts as new; none if it is not.
    pub new_until: Option<Timestamp>,
}

/// Judges bounces and complaints at `now`, in this order. The cap is how many would pause sending at the present volume.
#[must_use]
pub fn judge(results: &MailResults, now: Timestamp) -> [LimitVerdict; 2] {
    [
        one(
            LimitKind::Bounces,
            results,
            &results.bounced,
            BOUNCED_ONE_IN,
            now,
        ),
        one(
            LimitKind::Complaints,
            results,
            &results.reported,
            REPORTED_ONE_IN,
            now,
        ),
    ]
}

fn one(
    limit: LimitKind,
    results: &MailResults,
    bad: &Sends,
    one_in: usize,
    now: Timestamp,
) -> LimitVerdict {
    let enough = |at: Timestamp| {
        if results.new_until.is_some_and(|until| at < until) {
            ENOUGH_WHEN_NEW
        } else {
            ENOUGH
        }
    };
    let is_too_many = |at: Timestamp| {
        let (sent, bad) = (results.sent.within(WEEK, at), bad.within(WEEK, at));
        bad > 0 && sent >= enough(at) && bad.saturating_mul(one_in) >= sent
    };
    let sent = results.sent.within(WEEK, now);
    let used = bad.within(WEEK, now);
    let passed = !is_too_many(now);
    // If nothing is sent, it can only clear when something leaves the window, or the mailbox is new no more.
    let clears_at = (!passed)
        .then(|| {
            let mut ends: Vec<Timestamp> = results
                .sent
                .iter()
                .chain(bad.iter())
                .filter_map(|at| at.checked_add(WEEK).ok())
                .chain(results.new_until)
                .filter(|end| *end > now)
                .collect();
            ends.sort_unstable();
            ends.into_iter().find(|end| !is_too_many(*end))
        })
        .flatten();
    LimitVerdict {
        limit,
        used: u32::try_from(used).unwrap_or(u32::MAX),
        cap: u32::try_from(sent.max(enough(now)).div_ceil(one_in)).unwrap_or(u32::MAX),
        clears_at,
        passed,
        ahead: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_hours(hours)
    }

    fn results(sent: i64, bounced: i64, reported: i64, is_new: bool) -> MailResults {
        MailResults {
            sent: (0..sent).map(|i| at(i % 100)).collect(),
            bounced: (0..bounced).map(at).collect(),
            reported: (0..reported).map(at).collect(),
            new_until: is_new.then(|| at(10_000)),
        }
    }

    #[test]
    fn a_share_of_bounces_or_complaints_pauses_once_enough_was_sent() {
        let check = |sent, bounced, reported, is_new, expect: [bool; 2]| {
            let verdicts = judge(&results(sent, bounced, reported, is_new), at(100));
            assert_eq!(
                verdicts.map(|v| v.passed),
                expect,
                "{sent} {bounced} {reported} {is_new}"
            );
        };
        check(0, 0, 0, false, [true, true]);
        check(100, 4, 0, false, [true, true]);
        check(100, 5, 0, false, [false, true]);
        check(49, 40, 0, false, [true, true]);
        check(50, 3, 0, false, [false, true]);
        check(50, 2, 0, false, [true, true]);
        check(19, 10, 5, true, [true, true]);
        check(20, 1, 0, true, [false, true]);
        check(49, 0, 1, false, [true, true]);
        check(1000, 0, 1, false, [true, false]);
        check(1001, 0, 1, false, [true, true]);
    }

    #[test]
    fn it_clears_when_enough_has_left_the_window() {
        // 60 mails in the first hours, 3 bounces in hours 1 to 3.
        let results = MailResults {
            sent: (0..60).map(at).collect(),
            bounced: [at(1), at(2), at(3)].into_iter().collect(),
            ..MailResults::default()
        };
        let [bounces, _] = judge(&results, at(70));
        assert_eq!((bounces.used, bounces.cap, bounces.passed), (3, 3, false));
        let clears = bounces.clears_at.unwrap();
        assert_eq!(clears, at(7 * 24 + 1), "the first bounce has left the week");
        assert!(judge(&results, clears).iter().all(|v| v.passed));
        assert!(!judge(&results, clears - SignedDuration::from_secs(1))[0].passed);
    }

    #[test]
    fn it_clears_when_the_mailbox_is_new_no_more() {
        let results = MailResults {
            new_until: Some(at(90)),
            ..results(30, 2, 0, true)
        };
        let [bounces, _] = judge(&results, at(70));
        assert_eq!((bounces.passed, bounces.clears_at), (false, Some(at(90))));
        assert!(judge(&results, at(90)).iter().all(|v| v.passed));
    }
}
