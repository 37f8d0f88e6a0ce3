//! Commands that are on their way for moves of the list.

use crate::domain::id::MoveId;
use crate::engine::command::Command;

/// A command that is on its way for a move.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// The word on the line meanwhile.
    pub(super) word: &'static str,
    /// The list that will show the result; none while the command runs.
    pub(super) settles_at: Option<u64>,
}

/// Returns the moves that a command changes, and the word on their lines while it is on its way.
pub(super) fn changed_by(command: &Command) -> (Vec<MoveId>, &'static str) {
    match command {
        Command::Approve { id, .. } => (vec![*id], "approving"),
        Command::Done { id, .. } => (vec![*id], "ticking off"),
        Command::EditDraft { id, .. } | Command::ResetDraft { id } => {
            (vec![*id], "saving the draft")
        }
        Command::PlanMove { id, .. } | Command::ResetPlan { id } => (vec![*id], "settling"),
        Command::AnswerOptOut { id, .. } => (vec![*id], "answering"),
        Command::Reopen { id } => (vec![*id], "putting back"),
        Command::Snooze { ids, .. } => (ids.clone(), "snoozing"),
        Command::Skip { ids, .. } => (ids.clone(), "skipping"),
        Command::RecordOutcome { move_id, .. } => {
            (move_id.iter().copied().collect(), "recording the outcome")
        }
        Command::Withdraw { .. }
        | Command::Undo { .. }
        | Command::Stop { .. }
        | Command::Resume
        | Command::MatchSignal { .. }
        | Command::SetApprovalRule { .. }
        | Command::Retry { .. }
        | Command::Recall { .. }
        | Command::Pause { .. }
        | Command::EndPause
        | Command::ConfirmClock
        | Command::AcceptTrail { .. }
        | Command::ClearDeliverability
        | Command::RetryJob { .. }
        | Command::KnowStray { .. }
        | Command::Suppress { .. }
        | Command::Unsuppress { .. } => (Vec::new(), ""),
    }
}
