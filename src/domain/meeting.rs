//! Meetings as a calendar shows them, and the meaning of their changes.
//!
//! A meeting is agreed when nothing is left to answer: they accepted our invitation, or we theirs. One that was agreed and has passed counts as
//! held, since calendars do not record attendance; only the operator can say that somebody did not come, with two exceptions: declining
//! an agreed meeting within the last hour before it begins, or while it lasts, counts as not coming.

use jiff::{SignedDuration, Timestamp};

use super::words::words;

/// Declining an agreed meeting later than this before it begins is not coming.
const LAST_MINUTE: SignedDuration = SignedDuration::from_hours(1);

words! {
    /// The state of a meeting.
    pub enum MeetingState ("a meeting's state") {
        /// Somebody has not answered yet.
        Invited = "invited",
        /// Both sides come.
        Agreed = "agreed",
        /// One side does not come.
        Declined = "declined",
        /// Called off.
        Cancelled = "cancelled",
        /// Took place.
        Held = "held",
        /// They did not come.
        NoShow = "no_show",
    }
}

words! {
    /// The status of a meeting with a contact, as signals tell of it.
    pub enum MeetingStatus ("a meeting's status") {
        /// Still to take place.
        Booked = "booked",
        /// Took place.
        Held = "held",
        /// They did not come.
        NoShow = "no_show",
        /// One side does not come.
        Declined = "declined",
    }
}

/// The other side's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Nothing that decides it.
    Open,
    /// Both sides come.
    Agreed,
    /// They decline.
    TheyDecline,
    /// We decline.
    WeDecline,
}

/// A meeting as it was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its state.
    pub state: MeetingState,
    /// Its start.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
}

/// A meeting as the calendar shows it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// True if it was called off.
    pub is_cancelled: bool,
    /// The answer.
    pub word: Word,
    /// Its start.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// Instant of its last change.
    pub changed_at: Timestamp,
}

/// A change of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Agreed.
    Booked,
    /// Moved.
    Rescheduled,
    /// Declined or called off.
    Declined,
    /// Missed by the other side.
    NoShow,
}

/// Compares a meeting with its earlier state; returns its new state and the change, if there is one.
#[must_use]
pub fn compare(
    before: Option<&Before>,
    shown: &Shown,
    now: Timestamp,
) -> (MeetingState, Option<News>) {
    use MeetingState as S;
    let was = before.map(|b| b.state);
    let is_moved = before.is_some_and(|b| b.starts_at != shown.starts_at);
    // What has taken place does not change any more, unless it is put off to a time that is still to come.
    if matches!(was, Some(S::Held | S::NoShow)) && !(is_moved && shown.starts_at > now) {
        return (was.unwrap_or(S::Held), None);
    }
    let was_agreed = was == Some(S::Agreed);
    let had_begun = before.is_some_and(|b| shown.changed_at >= b.ends_at);
    if shown.is_cancelled {
        return match was {
            // Somebody tidied up after it.
            Some(S::Agreed) if had_begun => (S::Agreed, None),
            Some(S::Agreed) => (S::Cancelled, Some(News::Declined)),
            _ => (S::Cancelled, None),
        };
    }
    match shown.word {
        Word::TheyDecline if was == Some(S::Declined) => (S::Declined, None),
        Word::TheyDecline if was_agreed && had_begun => (S::Agreed, None),
        Word::TheyDecline => {
            let last_minute = shown
                .starts_at
                .checked_sub(LAST_MINUTE)
                .unwrap_or(shown.starts_at);
            if was_agreed && shown.changed_at >= last_minute {
                (S::NoShow, Some(News::NoShow))
            } else if shown.ends_at > now {
                (S::Declined, Some(News::Declined))
            } else {
                (S::Declined, None)
            }
        }
        Word::WeDecline if was_agreed && !had_begun => (S::Declined, Some(News::Declined)),
        Word::WeDecline => (S::Declined, None),
        Word::Agreed if was_agreed && is_moved => (S::Agreed, Some(News::Rescheduled)),
        Word::Agreed if was_agreed => (S::Agreed, None),
        Word::Agreed if shown.ends_at > now => (S::Agreed, Some(News::Booked)),
        Word::Agreed => (S::Agreed, None),
        // Moving a meeting asks everybody anew.
        Word::Open if was_agreed && is_moved => (S::Invited, Some(News::Rescheduled)),
        Word::Open => (S::Invited, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    #[test]
    fn what_a_change_means_follows_from_what_was_known_and_from_the_time() {
        use MeetingState as S;
        let now = at("23T12:00");
        let check = |was: Option<S>, word: Word, changed: &str, expect: (S, Option<News>)| {
            let before = was.map(|state| Before {
                state,
                starts_at: at("24T10:00"),
                ends_at: at("24T10:30"),
            });
            let shown = Shown {
                is_cancelled: false,
                word,
                starts_at: at("24T10:00"),
                ends_at: at("24T10:30"),
                changed_at: at(changed),
            };
            let now = now.max(shown.changed_at);
            assert_eq!(
                compare(before.as_ref(), &shown, now),
                expect,
                "{was:?} {word:?} {changed}"
            );
        };
        check(None, Word::Open, "23T11:00", (S::Invited, None));
        check(
            None,
            Word::Agreed,
            "23T11:00",
            (S::Agreed, Some(News::Booked)),
        );
        check(
            Some(S::Invited),
            Word::Agreed,
            "23T11:00",
            (S::Agreed, Some(News::Booked)),
        );
        check(Some(S::Agreed), Word::Agreed, "23T11:00", (S::Agreed, None));
        check(
            Some(S::Agreed),
            Word::TheyDecline,
            "23T11:00",
            (S::Declined, Some(News::Declined)),
        );
        check(
            Some(S::Agreed),
            Word::TheyDecline,
            "24T09:30",
            (S::NoShow, Some(News::NoShow)),
        );
        check(
            Some(S::Invited),
            Word::TheyDecline,
            "24T09:30",
            (S::Declined, Some(News::Declined)),
        );
        check(
            Some(S::Agreed),
            Word::TheyDecline,
            "24T11:30",
            (S::Agreed, None),
        );
        check(
            Some(S::Declined),
            Word::TheyDecline,
            "23T11:00",
            (S::Declined, None),
        );
        check(
            Some(S::Declined),
            Word::Agreed,
            "23T11:00",
            (S::Agreed, Some(News::Booked)),
        );
        check(
            Some(S::Agreed),
            Word::WeDecline,
            "23T11:00",
            (S::Declined, Some(News::Declined)),
        );
        check(Some(S::NoShow), Word::Agreed, "23T11:00", (S::NoShow, None));
        check(
            Some(S::Held),
            Word::TheyDecline,
            "25T11:00",
            (S::Held, None),
        );
    }

    #[test]
    fn a_moved_meeting_is_moved_and_a_cancelled_one_called_off_unless_it_had_passed() {
        use MeetingState as S;
        let before = Before {
            state: S::Agreed,
            starts_at: at("24T10:00"),
            ends_at: at("24T10:30"),
        };
        let moved = Shown {
            is_cancelled: false,
            word: Word::Open,
            starts_at: at("25T10:00"),
            ends_at: at("25T10:30"),
            changed_at: at("23T11:00"),
        };
        let now = at("23T12:00");
        assert_eq!(
            compare(Some(&before), &moved, now),
            (S::Invited, Some(News::Rescheduled))
        );
        let agreed = Shown {
            word: Word::Agreed,
            ..moved
        };
        assert_eq!(
            compare(Some(&before), &agreed, now),
            (S::Agreed, Some(News::Rescheduled))
        );
        let gone = Shown {
            is_cancelled: true,
            ..moved
        };
        assert_eq!(
            compare(Some(&before), &gone, now),
            (S::Cancelled, Some(News::Declined))
        );
        let tidied = Shown {
            changed_at: at("24T12:00"),
            ..gone
        };
        assert_eq!(
            compare(Some(&before), &tidied, at("24T12:00")),
            (S::Agreed, None)
        );
        let held = Before {
            state: S::Held,
            ..before
        };
        assert_eq!(
            compare(Some(&held), &agreed, now),
            (S::Agreed, Some(News::Booked))
        );
    }
}
