//! One move in full: who, what, why, the evidence, the draft and what the guards say.

use jiff::Timestamp;
use serde::Serialize;

use super::today::TodayItem;
use crate::domain::aps::{Counterfactual, Points, Term};
use crate::domain::guard::Verdict;
use crate::domain::id::{ContactId, ExecutionId, SignalId};
use crate::domain::moves::MoveStatus;

/// One signal behind a move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The signal.
    pub signal_id: SignalId,
    /// Where it was observed.
    pub source: String,
    /// What was observed.
    pub kind: String,
    /// When.
    pub occurred_at: Timestamp,
    /// What it said, in a line.
    pub summary: String,
}

/// The message that approval would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftView {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The message that it answers.
    pub in_reply_to: Option<String>,
    /// Whether the operator changed it.
    pub edited: bool,
    /// The hash that approval is bound to, in hexadecimal.
    pub content_hash: String,
}

/// One carrying-out of the move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExecutionView {
    /// The execution.
    pub id: ExecutionId,
    /// `queued`, `sending`, `sent`, `drafted`, `failed`, `uncertain` or `cancelled`.
    pub status: String,
    /// The message's own id.
    pub message_id: String,
    /// When it was approved.
    pub approved_at: Timestamp,
    /// By whom.
    pub approved_by: String,
    /// When it ended.
    pub settled_at: Option<Timestamp>,
    /// Where the message lies.
    pub location: String,
    /// What went wrong.
    pub error: String,
}

/// One move in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoveDetail {
    /// The line of the list.
    #[serde(flatten)]
    pub item: TodayItem,
    /// Where it stands.
    pub status: MoveStatus,
    /// Until when it is put off.
    pub snoozed_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Why it was closed.
    pub close_reason: String,
    /// The rule that made it.
    pub rule: String,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The person's job title.
    pub job_title: String,
    /// The person's stage of life.
    pub stage: String,
    /// The person's time zone, and the time there.
    pub time_zone: String,
    /// The deal, with its amount; empty if there is none.
    pub deal: String,
    /// The terms; their points add up to `score`.
    pub terms: Vec<Term>,
    /// The best other move's score, to compare with.
    pub leader_score: Option<Points>,
    /// What would put it first.
    pub counterfactual: Vec<Counterfactual>,
    /// The signals behind it, newest first.
    pub evidence: Vec<Evidence>,
    /// The message that approval would send; none for what is done by hand.
    pub draft: Option<DraftView>,
    /// Why there is no draft although the action is a mail.
    pub draft_problem: Option<String>,
    /// What the guards say now.
    pub verdicts: Vec<Verdict>,
    /// What was carried out.
    pub executions: Vec<ExecutionView>,
}
