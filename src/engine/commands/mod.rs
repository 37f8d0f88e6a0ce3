//! One file for each command. A command is one transaction, or says why it is several.

mod approval_rule;
pub(in crate::engine) mod approve;
pub mod clock;
pub(in crate::engine) mod moves;
pub(in crate::engine) mod outbox;
pub(in crate::engine) mod pause;
mod record;
mod safety;
mod signals;
mod trail;

use crate::domain::by::By;
use crate::engine::error::Result;
use crate::engine::ground::command::{Command, Done};
use crate::engine::handle::Engine;

impl Engine {
    pub(in crate::engine) fn dispatch(&self, command: Command) -> Result<Done> {
        match command {
            Command::Approve {
                id,
                content_hash,
                by,
            } => self.approve(id, content_hash, by),
            Command::Done { id, note } => self.tick_off(id, note),
            Command::EditDraft { id, subject, body } => self.edit_draft(id, subject, body),
            Command::ResetDraft { id } => self.reset_draft(id),
            Command::PlanMove { id, plan } => self.plan_move(id, *plan),
            Command::ResetPlan { id } => self.reset_plan(id),
            Command::Snooze { ids, until } => self.snooze(ids, until),
            Command::Skip {
                ids,
                reason,
                suppress,
            } => self.skip(ids, reason, suppress),
            Command::AnswerOptOut {
                id,
                opted_out,
                whom,
            } => self.answer_opt_out(id, opted_out, whom),
            Command::Reopen { id } => self.reopen_move(id),
            Command::RecordOutcome {
                kind,
                move_id,
                contact_id,
                at,
                note,
            } => self.record_outcome(kind, move_id, contact_id, at, note),
            Command::MatchSignal { id, to } => self.match_signal(id, to),
            Command::Withdraw { id } => self.withdraw(id),
            Command::Retry { id, force } => self.retry(id, force),
            Command::Recall { id } => self.recall(id),
            Command::KnowStray { id } => self.know_stray(id),
            Command::Undo { id } => self.undo(id),
            Command::Stop { reason } => self.stop(&reason),
            Command::Resume => self.resume(),
            Command::Pause { until, reason } => self.begin_pause(until, &reason),
            Command::EndPause => self.end_pause(),
            Command::ClearDeliverability => self.clear_deliverability(),
            Command::ConfirmClock => self.confirm_clock(&By::Operator),
            Command::AcceptTrail { because } => self.accept_trail(&because),
            Command::RetryJob { name } => self.retry_job(&name),
            Command::Suppress { value, reason } => self.suppress(&value, &reason),
            Command::SetApprovalRule { name, state } => self.set_approval_rule(&name, state),
            Command::Unsuppress { value } => self.unsuppress(&value),
        }
    }
}
