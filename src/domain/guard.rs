//! The gate: eight guards that every outward effect passes, in order.
//!
//! All eight are evaluated and stored, so that `why` can show the whole list; one of those that refuse is the binding one. A guard
//! that time alone will satisfy says when it clears. The gate runs at approval and again when an execution is claimed.

use jiff::Timestamp;
use serde::Serialize;

use super::by::By;
use super::id::{ExecutionId, MoveId};
use super::limits::{self, LimitVerdict};
use super::schedule::Slot;
use super::words::words;

words! {
    /// The guards, in the order in which they are asked.
    pub enum GuardKind ("a guard") {
        /// The same key has the same answer and no second effect.
        Idempotency = "idempotency",
        /// The operator has not stopped everything, no pause is in force, and the clock is believed.
        KillSwitch = "kill_switch",
        /// There is consent, unexpired, for exactly this content.
        Approval = "approval",
        /// The address may be written to.
        Suppression = "suppression",
        /// The rolling limits leave room.
        RateLimits = "rate_limits",
        /// The hour is decent where the other person is.
        SendWindow = "send_window",
        /// The mode lets effects out.
        Mode = "mode",
        /// The transport works.
        ConnectorHealth = "connector_health",
    }
}

impl GuardKind {
    /// Returns the words for it in sentences; its own word is for rows and JSON.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Idempotency => "once only",
            Self::KillSwitch => "kill switch",
            Self::Approval => "approval",
            Self::Suppression => "suppression",
            Self::RateLimits => "rate limits",
            Self::SendWindow => "send window",
            Self::Mode => "mode",
            Self::ConnectorHealth => "connection",
        }
    }
}

/// The questions that a kind of effect puts to the guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asks {
    /// It reaches a person, who may have asked to be left alone.
    pub suppression: bool,
    /// It counts against the limits on mail.
    pub limits: bool,
    /// It waits for a decent hour where the other person is.
    pub window: bool,
    /// Its fate in mode draft.
    pub in_draft: InDraft,
}

/// The fate of an effect in mode draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDraft {
    /// A draft of it is made; the sentence says where.
    Makes(&'static str),
    /// It is refused, since it has no draft; the sentence says so.
    Refuses(&'static str),
}

words! {
    /// The mode: the result of an approval.
    #[derive(Default)]
    pub enum Mode ("a mode") {
        /// Nothing leaves; drafts are made.
        #[default]
        Draft = "draft",
        /// Nothing is written; the exact message is shown.
        DryRun = "dry-run",
        /// Messages are sent.
        Live = "live",
    }
}

/// The kill switch as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KillSwitch {
    /// Effects may go out.
    Running,
    /// The operator stopped every effect.
    Stopped {
        /// Reason, in the operator's words.
        reason: String,
        /// Start of the stop.
        since: Timestamp,
    },
    /// The row is missing or unreadable, which counts as stopped.
    Unreadable,
}

/// A time without mail that the operator planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Its start.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Reason, in the operator's words.
    pub reason: String,
}

/// One guard's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The guard.
    pub guard: GuardKind,
    /// True if it lets the effect pass.
    pub passed: bool,
    /// Reason, in a few words.
    pub detail: String,
    /// Instant from which time alone satisfies it; none if it passes or needs the operator.
    pub clears_at: Option<Timestamp>,
    /// The move whose answer by the operator decides; none for every other refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<MoveId>,
}

/// The consent that an effect rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFacts {
    /// Who consented.
    pub by: By,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// The hash of the approved content.
    pub content_hash: [u8; 32],
}

/// The facts that the guards check.
#[derive(Debug, Clone)]
pub struct GuardFacts {
    /// The questions that its kind puts.
    pub asks: Asks,
    /// An earlier execution with the same key whose effect is out or on its way.
    pub earlier: Option<(ExecutionId, &'static str)>,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// A pause that is in force.
    pub pause: Option<Pause>,
    /// Reason that nothing may leave by this clock; none if it is believed.
    pub clock: Option<String>,
    /// The consent; none for a mere forecast.
    pub approval: Option<ApprovalFacts>,
    /// The hash of the content as it would go now.
    pub content_hash: [u8; 32],
    /// Reason for the address's suppression; none if it may be written to.
    pub suppressed: Option<String>,
    /// The move that asks whether they opted out, while nobody has answered it.
    pub asked: Option<MoveId>,
    /// The rolling limits.
    pub limits: Vec<LimitVerdict>,
    /// The first allowed instant by the window alone; none if there is none in 45 days.
    pub slot: Option<Slot>,
    /// The zone's name, for the sentence.
    pub zone: String,
    /// The mode that it was approved in.
    pub approved: Mode,
    /// The mode now.
    pub mode: Mode,
    /// The transport's name, or the reason that it cannot take the effect, with the instant of the next try.
    pub transport: Result<String, (String, Option<Timestamp>)>,
}

/// Says that mail waits for the answer to a move's question.
#[must_use]
pub fn asked_first(id: MoveId) -> String {
    format!("they may have asked not to be written to; answer move {id} first")
}

/// Asks the eight guards in order.
#[must_use]
pub fn check(facts: &GuardFacts, now: Timestamp) -> Vec<Verdict> {
    GuardKind::ALL
        .iter()
        .map(|guard| ask(*guard, facts, now))
        .collect()
}

fn ask(guard: GuardKind, facts: &GuardFacts, now: Timestamp) -> Verdict {
    let pass = |detail: String| Verdict {
        guard,
        passed: true,
        detail,
        clears_at: None,
        waits_for: None,
    };
    let refuse = |detail: String, clears_at| Verdict {
        guard,
        passed: false,
        detail,
        clears_at,
        waits_for: None,
    };
    let leaves = facts.approved == Mode::Live && facts.mode == Mode::Live;
    match guard {
        GuardKind::Idempotency => match facts.earlier {
            None => pass("not carried out before".into()),
            Some((id, status)) => refuse(format!("already {status} as execution {id}"), None),
        },
        GuardKind::KillSwitch => match &facts.kill_switch {
            KillSwitch::Running => match (&facts.clock, &facts.pause) {
                (Some(why), _) if leaves => refuse(why.clone(), None),
                (_, Some(pause)) if leaves && pause.reason.is_empty() => refuse(
                    "paused by the operator; `caseyos pause --off` ends it".into(),
                    Some(pause.until),
                ),
                (_, Some(pause)) if leaves => refuse(
                    format!(
                        "paused by the operator ({}); `caseyos pause --off` ends it",
                        pause.reason
                    ),
                    Some(pause.until),
                ),
                _ => pass("running".into()),
            },
            KillSwitch::Stopped { reason, .. } if reason.is_empty() => refuse(
                "stopped by the operator; `caseyos resume` lifts it".into(),
                None,
            ),
            KillSwitch::Stopped { reason, .. } => refuse(
                format!("stopped by the operator ({reason}); `caseyos resume` lifts it"),
                None,
            ),
            KillSwitch::Unreadable => refuse(
                "the kill switch cannot be read, which counts as stopped".into(),
                None,
            ),
        },
        GuardKind::Approval => match &facts.approval {
            None => refuse("not approved yet".into(), None),
            Some(approval) if approval.content_hash != facts.content_hash => {
                refuse("the content changed after it was approved".into(), None)
            }
            Some(approval) if approval.expires_at <= now => {
                refuse("the approval has expired".into(), None)
            }
            Some(approval) => pass(format!("by {}", approval.by)),
        },
        GuardKind::Suppression if !facts.asks.suppression => {
            pass("nothing is sent to anybody".into())
        }
        GuardKind::Suppression => match (&facts.suppressed, facts.asked) {
            (None, None) => pass("may be written to".into()),
            (Some(reason), _) => refuse(reason.clone(), None),
            (None, Some(id)) => Verdict {
                waits_for: Some(id),
                ..refuse(asked_first(id), None)
            },
        },
        GuardKind::RateLimits if !facts.asks.limits => pass("not asked: it is no mail".into()),
        GuardKind::SendWindow if !facts.asks.window => pass("not asked: it is no mail".into()),
        GuardKind::RateLimits if !leaves => pass("not counted: nothing leaves in this mode".into()),
        GuardKind::RateLimits => match limits::binding(&facts.limits) {
            Some(binding) => refuse(binding.sentence(), binding.clears_at),
            None => pass(
                facts
                    .limits
                    .iter()
                    .map(LimitVerdict::short)
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        },
        GuardKind::SendWindow if !leaves => pass("not asked: nothing leaves in this mode".into()),
        GuardKind::SendWindow => match &facts.slot {
            Some(slot) if slot.at <= now => pass(format!("open in {}", facts.zone)),
            Some(slot) => refuse(
                slot.because.first().map_or_else(
                    || format!("closed in {}", facts.zone),
                    |reason| reason.text.clone(),
                ),
                Some(slot.at),
            ),
            None => refuse("no allowed time within 45 days".into(), None),
        },
        GuardKind::Mode => match (facts.approved, facts.mode, facts.asks.in_draft) {
            (Mode::DryRun, ..) | (_, Mode::DryRun, _) => {
                refuse("dry-run: shown, not sent".into(), None)
            }
            (Mode::Live, Mode::Live, _) => pass("live".into()),
            (Mode::Draft, _, InDraft::Makes(place)) => pass(format!("draft: {place}")),
            (_, Mode::Draft, InDraft::Refuses(why)) | (Mode::Draft, _, InDraft::Refuses(why)) => {
                refuse(format!("draft: {why}; `caseyos mode live` lets it"), None)
            }
            (Mode::Live, Mode::Draft, InDraft::Makes(_)) => refuse(
                "draft: it was approved to be sent; `caseyos mode live` lets it out".into(),
                None,
            ),
        },
        GuardKind::ConnectorHealth => match &facts.transport {
            Ok(name) => pass(format!("{name} is well")),
            Err((reason, retry_at)) => refuse(reason.clone(), *retry_at),
        },
    }
}

/// Returns the refusal that decides: the first that needs the operator, else the one that clears last; none if all pass.
#[must_use]
pub fn binding(verdicts: &[Verdict]) -> Option<&Verdict> {
    let mut refusals = verdicts.iter().filter(|v| !v.passed);
    let waits = |v: &&Verdict| v.clears_at.is_none();
    refusals.clone().find(waits).or_else(|| {
        let first = refusals.next()?;
        Some(refusals.fold(first, |latest, v| {
            if v.clears_at > latest.clears_at {
                v
            } else {
                latest
            }
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: Asks = Asks {
        suppression: true,
        limits: true,
        window: true,
        in_draft: InDraft::Makes("goes to the Drafts folder, not out"),
    };
    const MEETING: Asks = Asks {
        limits: false,
        window: false,
        in_draft: InDraft::Refuses("an invitation would leave at once"),
        ..MAIL
    };
    const RECORD: Asks = Asks {
        suppression: false,
        ..MEETING
    };

    fn facts(asks: Asks, mode: Mode) -> GuardFacts {
        GuardFacts {
            asks,
            earlier: None,
            kill_switch: KillSwitch::Running,
            pause: None,
            clock: None,
            approval: Some(ApprovalFacts {
                by: By::Operator,
                expires_at: Timestamp::MAX,
                content_hash: [1; 32],
            }),
            content_hash: [1; 32],
            suppressed: Some("they asked".into()),
            asked: None,
            limits: Vec::new(),
            slot: None,
            zone: "UTC".into(),
            approved: if asks == MAIL { mode } else { Mode::Live },
            mode,
            transport: Ok("it".into()),
        }
    }

    fn refusals(facts: &GuardFacts) -> Vec<GuardKind> {
        check(facts, Timestamp::UNIX_EPOCH)
            .into_iter()
            .filter(|v| !v.passed)
            .map(|v| v.guard)
            .collect()
    }

    #[test]
    fn each_kind_of_effect_is_asked_what_concerns_it_and_nothing_passes_a_stop() {
        use GuardKind::{SendWindow, Suppression};
        let check_all = |asks, mode, expect: &[GuardKind]| {
            assert_eq!(refusals(&facts(asks, mode)), expect, "{asks:?} {mode}");
        };
        check_all(MAIL, Mode::Live, &[Suppression, SendWindow]);
        check_all(MEETING, Mode::Live, &[Suppression]);
        check_all(RECORD, Mode::Live, &[]);
        check_all(MAIL, Mode::Draft, &[Suppression]);
        check_all(MEETING, Mode::Draft, &[Suppression, GuardKind::Mode]);
        check_all(RECORD, Mode::Draft, &[GuardKind::Mode]);
        for asks in [MAIL, MEETING, RECORD] {
            let stopped = GuardFacts {
                kill_switch: KillSwitch::Unreadable,
                ..facts(asks, Mode::Live)
            };
            let verdicts = check(&stopped, Timestamp::UNIX_EPOCH);
            assert_eq!(
                binding(&verdicts).map(|v| v.guard),
                Some(GuardKind::KillSwitch)
            );
            let other = GuardFacts {
                content_hash: [2; 32],
                ..facts(asks, Mode::Live)
            };
            let verdicts = check(&other, Timestamp::UNIX_EPOCH);
            assert_eq!(
                binding(&verdicts).map(|v| v.guard),
                Some(GuardKind::Approval)
            );
        }
    }

    #[test]
    fn by_a_clock_that_nobody_believes_nothing_leaves_and_drafts_are_made() {
        for asks in [MAIL, MEETING, RECORD] {
            let doubted = |mode| GuardFacts {
                clock: Some("the clock jumped".into()),
                suppressed: None,
                ..facts(asks, mode)
            };
            let verdicts = check(&doubted(Mode::Live), Timestamp::UNIX_EPOCH);
            let decides = binding(&verdicts).unwrap();
            assert_eq!(decides.guard, GuardKind::KillSwitch, "{asks:?}");
            assert_eq!(decides.detail, "the clock jumped");
            assert_eq!(decides.clears_at, None);
            let in_draft = refusals(&doubted(Mode::Draft));
            assert!(!in_draft.contains(&GuardKind::KillSwitch), "{asks:?}");
        }
    }

    #[test]
    fn an_open_question_holds_what_a_suppression_refuses() {
        let verdict = |suppressed: Option<&str>, asked| {
            let facts = GuardFacts {
                suppressed: suppressed.map(str::to_owned),
                asked,
                ..facts(MAIL, Mode::Draft)
            };
            let verdicts = check(&facts, Timestamp::UNIX_EPOCH);
            let found = verdicts.iter().find(|v| v.guard == GuardKind::Suppression);
            let found = found.unwrap();
            (found.passed, found.waits_for, found.detail.clone())
        };
        let question = Some(MoveId(7));
        assert_eq!(
            verdict(None, question),
            (
                false,
                question,
                "they may have asked not to be written to; answer move 7 first".into()
            )
        );
        let refused = (false, None, "they asked".into());
        assert_eq!(verdict(Some("they asked"), question), refused);
        assert_eq!(
            verdict(None, None),
            (true, None, "may be written to".into())
        );
    }

    #[test]
    fn what_was_approved_to_be_sent_is_held_in_draft_and_says_so() {
        let held = GuardFacts {
            approved: Mode::Live,
            suppressed: None,
            ..facts(MAIL, Mode::Draft)
        };
        assert_eq!(refusals(&held), [GuardKind::Mode]);
        let verdicts = check(&held, Timestamp::UNIX_EPOCH);
        let mode = binding(&verdicts).unwrap();
        assert!(mode.detail.starts_with("draft: "), "{}", mode.detail);
    }
}
