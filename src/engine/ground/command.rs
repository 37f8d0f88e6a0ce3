//! Every change that anyone can ask for, as one closed list.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::approval::RuleState;
use crate::domain::by::By;
use crate::domain::guard::Verdict;
use crate::domain::id::{ContactId, ExecutionId, MoveId, OutcomeId, SignalId, UndoId};
use crate::domain::moves::MovePlan;
use crate::domain::outcome::OutcomeKind;
use crate::domain::suppression::Whom;

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Consent to a move's action and carry it out, if the guards let it. A move that is done by hand is ticked off.
    Approve {
        /// The move.
        id: MoveId,
        /// The hash of the content that was looked at; approval is refused if it has changed since. None consents to what
        /// is there now.
        content_hash: Option<[u8; 32]>,
        /// The one who consents.
        by: By,
    },
    /// Tick off a move that was done by hand.
    Done {
        /// The move.
        id: MoveId,
        /// What to remember of it.
        note: String,
    },
    /// Change the draft of a move.
    EditDraft {
        /// The move.
        id: MoveId,
        /// The new subject.
        subject: String,
        /// The new text.
        body: String,
    },
    /// Throw the operator's own words away and go back to the template.
    ResetDraft {
        /// The move.
        id: MoveId,
    },
    /// Settle something of a move besides the words of its draft: when a meeting is, a stage, fields.
    PlanMove {
        /// The move.
        id: MoveId,
        /// What is settled; what it leaves empty stays as it was.
        plan: Box<MovePlan>,
    },
    /// Throw away what the operator settled of a move.
    ResetPlan {
        /// The move.
        id: MoveId,
    },
    /// Count a message of ours that no execution knows as known: mail to its recipient is held no more.
    KnowStray {
        /// Its number.
        id: i64,
    },
    /// Put moves off.
    Snooze {
        /// The moves.
        ids: Vec<MoveId>,
        /// Until when; must lie ahead.
        until: Timestamp,
    },
    /// Take moves off the list.
    Skip {
        /// The moves.
        ids: Vec<MoveId>,
        /// Why; it teaches the score.
        reason: String,
        /// Whom to suppress with it. A reason that says that they asked to be left alone suppresses the person by itself.
        suppress: Option<Whom>,
    },
    /// Say whether somebody opted out, as a move asks.
    AnswerOptOut {
        /// The move.
        id: MoveId,
        /// True if they did: then they are suppressed.
        opted_out: bool,
        /// Whom to suppress; none for those whom their mail speaks for.
        whom: Option<Whom>,
    },
    /// Put a skipped, done, snoozed or expired move back on the list.
    Reopen {
        /// The move.
        id: MoveId,
    },
    /// Record an outcome by hand.
    RecordOutcome {
        /// What came about.
        kind: OutcomeKind,
        /// The move that caused it, if it is known.
        move_id: Option<MoveId>,
        /// The person; taken from the move if it is not given.
        contact_id: Option<ContactId>,
        /// When; now if it is not given.
        at: Option<Timestamp>,
        /// What to remember of it.
        note: String,
    },
    /// Say whom a signal is about that came about nobody known.
    MatchSignal {
        /// The signal.
        id: SignalId,
        /// Whom.
        to: MatchTo,
    },
    /// Take back an approval whose message has not left, or give up one that could not leave.
    Withdraw {
        /// The execution.
        id: ExecutionId,
    },
    /// Try a message of the outbox now: its undo window and its next try are not waited for, and one that was given up is tried again.
    Retry {
        /// The execution.
        id: ExecutionId,
        /// Also one that may have left already.
        force: bool,
    },
    /// Take a message of the outbox back to an open move, whose draft says what the message said.
    Recall {
        /// The execution.
        id: ExecutionId,
    },
    /// Take back one entry of the undo list; the newest if none is named.
    Undo {
        /// The entry.
        id: Option<UndoId>,
    },
    /// Stop every outward effect at once.
    Stop {
        /// Why.
        reason: String,
    },
    /// Let effects out again.
    Resume,
    /// Let nothing out until an instant; what waits is planned anew after it.
    Pause {
        /// Until when; must lie ahead.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// End a pause before its time.
    EndPause,
    /// Let mail out again that too many bounces or complaints keep in; only what comes after counts.
    ClearDeliverability,
    /// Believe the clock, though it jumped far ahead of the last instant that is known.
    ConfirmClock,
    /// Take the audit trail as it stands, though its end was found to be another than it was left with.
    AcceptTrail {
        /// Reason, for whoever reads the trail later.
        because: String,
    },
    /// Give a job that failed or was given up another try at the next pass.
    RetryJob {
        /// The job's name, as the list of jobs shows it.
        name: String,
    },
    /// Never write to an address or a domain.
    Suppress {
        /// `ann@acme.example` or `acme.example`.
        value: String,
        /// Why.
        reason: String,
    },
    /// Turn a rule of approval off, to shadow or on.
    SetApprovalRule {
        /// The rule's name.
        name: String,
        /// Whether it is asked, and whether it acts.
        state: RuleState,
    },
    /// Lift a suppression.
    Unsuppress {
        /// The address or domain.
        value: String,
    },
}

/// Whom a signal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchTo {
    /// Somebody who is known.
    Contact(ContactId),
    /// Somebody who is made a contact, with what the signal says where a text is empty; who is known by the address already is taken.
    New {
        /// The whole name.
        name: String,
        /// The address.
        email: String,
        /// The firm.
        company: String,
    },
}

/// How a change ended, in words for the operator.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Done {
    /// It is done.
    Changed {
        /// What was done, as a sentence.
        summary: String,
        /// The entry of the undo list.
        undo: Option<UndoId>,
    },
    /// A message left, or a draft was made.
    Sent {
        /// What was done, as a sentence.
        summary: String,
        /// The execution.
        execution: ExecutionId,
        /// `sent` or `drafted`.
        status: String,
        /// Where the message lies now.
        location: String,
        /// The message's own id.
        message_id: String,
        /// The entry of the undo list.
        undo: Option<UndoId>,
    },
    /// The approval is kept, and the message leaves when the time is over in which it can be taken back.
    Queued {
        /// When it leaves and what takes it back, as a sentence.
        summary: String,
        /// The execution.
        execution: ExecutionId,
        /// When it leaves, if nothing else comes before it.
        leaves_at: Timestamp,
        /// The entry of the undo list.
        undo: Option<UndoId>,
    },
    /// The approval is kept and the message waits: a guard holds it that time will satisfy.
    Held {
        /// What holds it and until when, as a sentence.
        summary: String,
        /// The execution.
        execution: ExecutionId,
        /// When the binding guard clears.
        clears_at: Option<Timestamp>,
        /// All verdicts.
        verdicts: Vec<Verdict>,
        /// The entry of the undo list.
        undo: Option<UndoId>,
    },
    /// A guard refused; nothing was kept or changed.
    Blocked {
        /// Which guard and why, as a sentence.
        summary: String,
        /// All verdicts.
        verdicts: Vec<Verdict>,
    },
    /// The mode is dry-run: this is what would go.
    Shown {
        /// What would happen, as a sentence.
        summary: String,
        /// The exact message.
        message: String,
        /// All verdicts.
        verdicts: Vec<Verdict>,
    },
    /// There was nothing to change.
    Nothing {
        /// Why, as a sentence.
        summary: String,
    },
    /// An outcome was recorded.
    Recorded {
        /// What was recorded, as a sentence.
        summary: String,
        /// The outcome.
        outcome: OutcomeId,
        /// The entry of the undo list.
        undo: Option<UndoId>,
    },
}

impl Done {
    /// Returns the sentence for the operator.
    #[must_use]
    pub fn summary(&self) -> &str {
        match self {
            Self::Changed { summary, .. }
            | Self::Sent { summary, .. }
            | Self::Queued { summary, .. }
            | Self::Held { summary, .. }
            | Self::Blocked { summary, .. }
            | Self::Shown { summary, .. }
            | Self::Nothing { summary }
            | Self::Recorded { summary, .. } => summary,
        }
    }
}
