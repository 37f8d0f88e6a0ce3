//! The outbox's rules: the order of sending, retries of failed messages, and the handling of messages that may or may not have been
//! sent.

use jiff::{SignedDuration, Timestamp};

use super::words::words;

words! {
    /// The kind of a send, in the order of sending when there is not room for all.
    pub enum SendClass ("a kind of message") {
        /// An answer to a person's message.
        Reply = "reply",
        /// A mail to somebody written to before.
        FollowUp = "follow_up",
        /// The first mail to them.
        FirstTouch = "first_touch",
    }
}

words! {
    /// The reason that a message is not tried before its instant.
    pub enum WaitsFor ("what a message waits for") {
        /// Its turn: only the guards and the messages before it decide.
        Turn = "turn",
        /// The end of the undo window.
        UndoWindow = "undo_window",
        /// The next try after a failed one.
        Retry = "retry",
    }
}

/// Minutes until a failed message is tried again, and until a provider that did not know a message is asked again.
pub const RETRY_MINUTES: [i64; 3] = [1, 5, 30];
/// The time after which a message whose hold names no end is asked about again, besides at every pass.
pub const CHECK_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Longest wait that a provider can ask for.
const MAX_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Returns the instant of the next try of a message that certainly was not sent, after `tries` tries; none if it is given up.
#[must_use]
pub fn retry_at(
    tries: i64,
    now: Timestamp,
    retry_after: Option<SignedDuration>,
) -> Option<Timestamp> {
    let index = usize::try_from(tries.max(1) - 1).unwrap_or(usize::MAX);
    let own = SignedDuration::from_mins(*RETRY_MINUTES.get(index)?);
    let asked = retry_after.unwrap_or(own).min(MAX_PATIENCE);
    Some(later(now, own.max(asked)))
}

/// The provider's answer about a Message-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The provider has it.
    Found,
    /// The provider does not have it, and would know.
    NeverHad,
    /// The provider does not have it, but its index may lag.
    NotFoundYet,
    /// The provider could not be asked.
    Silent,
}

/// The next step for an uncertain message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Record it as sent.
    Settle,
    /// Send it again: it never left.
    Requeue,
    /// Ask again at this instant: nobody knows yet.
    AskAt(Timestamp),
}

/// Decides the next step for a message claimed at `since`, after the provider gave `answer` and `asks` earlier answers that it does not
/// know the message. One "not found" means nothing while an index may lag, so it takes several, spread over half an hour.
#[must_use]
pub fn next_step(answer: Answer, asks: i64, since: Timestamp, now: Timestamp) -> Step {
    let age = now.duration_since(since);
    let lag = SignedDuration::from_mins(*RETRY_MINUTES.last().unwrap_or(&30));
    match answer {
        Answer::Found => Step::Settle,
        Answer::NeverHad => Step::Requeue,
        Answer::NotFoundYet if asks >= 2 && age >= lag => Step::Requeue,
        Answer::NotFoundYet | Answer::Silent => {
            let planned = RETRY_MINUTES
                .into_iter()
                .map(|minutes| later(since, SignedDuration::from_mins(minutes)))
                .find(|at| *at > now);
            let pace = match answer {
                Answer::NotFoundYet => SignedDuration::from_mins(1),
                _ => lag,
            };
            Step::AskAt(planned.unwrap_or_else(|| later(now, pace)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
    }

    #[test]
    fn what_did_not_leave_is_tried_after_one_five_and_thirty_minutes_and_then_kept() {
        let check = |tries, expect: Option<i64>| {
            assert_eq!(retry_at(tries, at(0), None), expect.map(at), "{tries}")
        };
        check(0, Some(1));
        check(1, Some(1));
        check(2, Some(5));
        check(3, Some(30));
        check(4, None);
        check(i64::MAX, None);
    }

    #[test]
    fn a_providers_wish_to_be_left_alone_is_obeyed_within_reason() {
        let minutes = SignedDuration::from_mins;
        let check = |asked, expect| {
            assert_eq!(
                retry_at(1, at(0), Some(minutes(asked))),
                Some(at(expect)),
                "{asked}"
            )
        };
        check(0, 1);
        check(10, 10);
        check(1_000_000, 24 * 60);
        check(-5, 1);
        assert_eq!(retry_at(4, at(0), Some(minutes(10))), None);
    }

    #[test]
    fn a_message_that_a_lagging_index_does_not_know_is_asked_for_again_and_never_sent_blindly() {
        let check = |answer, asks, now, expect| {
            assert_eq!(
                next_step(answer, asks, at(0), at(now)),
                expect,
                "{answer:?} {asks} {now}"
            );
        };
        check(Answer::Found, 0, 0, Step::Settle);
        check(Answer::Found, 9, 10_000, Step::Settle);
        check(Answer::NeverHad, 0, 0, Step::Requeue);
        check(Answer::NotFoundYet, 0, 0, Step::AskAt(at(1)));
        check(Answer::NotFoundYet, 1, 1, Step::AskAt(at(5)));
        check(Answer::NotFoundYet, 2, 5, Step::AskAt(at(30)));
        check(Answer::NotFoundYet, 3, 30, Step::Requeue);
        // Asked for the first time long after: one answer is not enough.
        check(Answer::NotFoundYet, 0, 600, Step::AskAt(at(601)));
        check(Answer::NotFoundYet, 1, 601, Step::AskAt(at(602)));
        check(Answer::NotFoundYet, 2, 602, Step::Requeue);
        check(Answer::Silent, 0, 0, Step::AskAt(at(1)));
        check(Answer::Silent, 0, 31, Step::AskAt(at(61)));
        check(Answer::Silent, 9, 10_000, Step::AskAt(at(10_030)));
    }

    #[test]
    fn asking_always_comes_to_an_end_once_the_provider_answers() {
        for begin in [0, 3, 29, 30, 31, 5_000] {
            let (mut now, mut asks) = (at(begin), 0);
            let mut rounds = 0;
            while let Step::AskAt(next) = next_step(Answer::NotFoundYet, asks, at(0), now) {
                assert!(next > now);
                now = next;
                asks += 1;
                rounds += 1;
                assert!(rounds < 10, "{begin}");
            }
            assert!(now >= at(30) && asks >= 2, "{begin}");
        }
    }
}
