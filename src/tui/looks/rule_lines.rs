//! Rules and limits as one list.

use crate::domain::guard::KillSwitch;
use crate::engine::queries::approvals::{ApprovalRuleItem, ApprovalShare};
use crate::engine::queries::limits::LimitRow;
use crate::engine::queries::page::Slice;
use crate::engine::queries::rules::{RulesState, SignalRule};
use crate::tui::text::clean;

/// A line of the list. Headings are lines too, with an explanation beside.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleLine {
    /// The heading above rules of approval.
    Approvals {
        /// Who approved of late.
        share: ApprovalShare,
        /// The file of the rules.
        file: String,
        /// The file's mistakes.
        mistakes: Vec<String>,
    },
    /// A rule of approval, with its place.
    Approval(u32, Box<ApprovalRuleItem>),
    /// The state of sending: the kill switch and the pauses, as a sentence each.
    Sending {
        /// The reasons for a hold, or the state without one.
        sentences: Vec<String>,
        /// True if mail may leave.
        is_open: bool,
    },
    /// A limit, with its place.
    Limit(u32, Box<LimitRow>),
    /// The heading above rules that make moves.
    Signals {
        /// The reason that the operator's own rules cannot be read; empty if they can.
        problem: String,
    },
    /// A rule that makes moves, with its place.
    Signal(u32, Box<SignalRule>),
}

/// Puts everything into one list.
#[must_use]
pub fn lines(state: RulesState) -> Slice<RuleLine> {
    let limits = state.limits;
    let mut sentences = Vec::new();
    match &limits.kill_switch {
        KillSwitch::Running => {}
        KillSwitch::Stopped { reason, .. } => {
            sentences.push(format!("Everything is stopped: {}.", clean(reason)));
        }
        KillSwitch::Unreadable => {
            sentences.push("The kill switch cannot be read, which counts as stopped.".to_owned())
        }
    }
    if let Some(pause) = &limits.pause {
        sentences.push(format!("Paused by you: {}.", clean(&pause.reason)));
    }
    if let Some(hold) = &limits.deliverability {
        sentences.push(format!(
            "Paused by itself: {}. Answers to people still leave.",
            clean(&hold.reason)
        ));
    }
    let is_open = sentences.is_empty();
    if is_open {
        sentences.push(match limits.binding {
            Some(limit) => format!("Running; the limit {} has no room now.", limit.title()),
            None => "Running; every limit has room.".to_owned(),
        });
    }
    let mut rows = vec![RuleLine::Approvals {
        share: state.approvals.share,
        file: state.approvals.file,
        mistakes: state.approvals.mistakes,
    }];
    let approvals = state.approvals.rules.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(approvals)
            .map(|(i, rule)| RuleLine::Approval(i, rule)),
    );
    rows.push(RuleLine::Sending { sentences, is_open });
    let of_limits = limits.limits.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(of_limits)
            .map(|(i, limit)| RuleLine::Limit(i, limit)),
    );
    rows.push(RuleLine::Signals {
        problem: state.problem,
    });
    let signals = state.signals.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(signals)
            .map(|(i, rule)| RuleLine::Signal(i, rule)),
    );
    Slice::whole(rows)
}
