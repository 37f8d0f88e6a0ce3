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

/// Returns the moves that a command changes.
pub(super) fn moves_of(command: &Command) -> Vec<MoveId> {
    match command {
        Command::Approve { id, .. }
        | Command::Done { id, .. }
        | Command::EditDraft { id, .. }
        | Command::ResetDraft { id }
        | Command::PlanMove { id, .. }
        | Command::ResetPlan { id }
        | Command::AnswerOptOut { id, .. }
        | Command::Reopen { id } => vec![*id],
        Command::Snooze { ids, .. } | Command::Skip { ids, .. } => ids.clone(),
        Command::RecordOutcome { move_id, .. } => move_id.iter().copied().collect(),
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
        | Command::ClearDeliverability
        | Command::RetryJob { .. }
        | Command::KnowStray { .. }
        | Command::Suppress { .. }
        | Command::Unsuppress { .. } => Vec::new(),
    }
}

/// Returns the word on a line while a command is on its way.
pub(super) fn word_of(command: &Command) -> &'static str {
    match command {
        Command::Approve { .. } => "approving",
        Command::Done { .. } => "ticking off",
        Command::EditDraft { .. } | Command::ResetDraft { .. } => "saving the draft",
        Command::PlanMove { .. } | Command::ResetPlan { .. } => "settling",
        Command::Snooze { .. } => "snoozing",
        Command::Skip { .. } => "skipping",
        Command::AnswerOptOut { .. } => "answering",
        Command::Reopen { .. } => "putting back",
        Command::RecordOutcome { .. } => "recording the outcome",
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
        | Command::ClearDeliverability
        | Command::RetryJob { .. }
        | Command::KnowStray { .. }
        | Command::Suppress { .. }
        | Command::Unsuppress { .. } => "changing",
    }
}
