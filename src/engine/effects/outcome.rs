//! The end of one attempt at an execution, and the words that every answer needs.

use super::kinds;
use crate::domain::guard::Verdict;
use crate::store::executions::ExecutionRow;

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum Outcome {
    /// It left, or a draft of it was made.
    Settled(Box<ExecutionRow>),
    /// A guard holds it.
    Held(Vec<Verdict>),
    /// A guard refused for good: it is cancelled and the move is open again.
    Cancelled(Vec<Verdict>),
    /// The same, because another hand changed what was approved.
    Changed(Vec<Verdict>),
    /// It could not be delivered; the sentence says what was kept.
    Failed(String),
    /// Nobody knows whether it left; the sentence says what is done about it.
    Uncertain(String),
    /// Its time has not come, or another message is on its way through the same mailbox.
    NotYet,
    /// It was not queued any more: another process has it, or it was taken back.
    Gone,
}

/// Says a guard's refusal with its name, as it is kept with a row.
pub(in crate::engine) fn sentence_of(refusal: &Verdict) -> String {
    format!("{}: {}", refusal.guard.words(), refusal.detail)
}

/// Names an execution in a sentence: "the mail to ann@acme.example".
pub(in crate::engine) fn named(row: &ExecutionRow) -> String {
    kinds::of(row.kind).named(row)
}
