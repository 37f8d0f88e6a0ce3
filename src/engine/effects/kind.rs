//! A kind of effect: everything that the machine asks of one. The machine, the gate, undo and the faces know no kind by name.
//!
//! A content is JSON of the kind's own making, kept in the execution. Consent is bound to its hash, and the kind alone reads it.

use jiff::Timestamp;

use crate::domain::action::Means;
use crate::domain::effect::{EffectKind, Ended, content_hash};
use crate::domain::guard::{Asks, Mode};
use crate::domain::id::ExecutionId;
use crate::domain::outbox::Answer;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::outside::Outside;
use crate::store::executions::ExecutionRow;
use crate::store::moves::MoveRow;
use crate::store::{ReadTx, WriteTx, executions};

/// An effect as it is asked for: its kind, its content, and its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Made {
    /// Its kind.
    pub kind: EffectKind,
    /// Its content, as it is kept.
    pub content: String,
    /// The recipient's address; empty for none.
    pub to: String,
    /// Its name in a list.
    pub subject: String,
    /// The message that it answers; empty for none.
    pub in_reply_to: String,
    /// True if the operator wrote its words.
    pub edited: bool,
}

impl Made {
    /// Returns the recipient's address in lower case.
    pub fn to_key(&self) -> String {
        self.to.to_lowercase()
    }
}

/// The way in which a move is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Way {
    /// From here.
    Effect(Made),
    /// By the operator, with the reason; approval ticks it off.
    ByHand(String),
    /// From here once something is settled that it lacks; the sentence says what.
    Lacks(String),
}

/// A mail's words, for a face.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Letter {
    pub from: String,
    pub to: String,
    pub subject: String,
    pub body: String,
    pub in_reply_to: String,
}

/// An effect as the faces show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Shown {
    /// The recipient, for a sentence: an address, or a service.
    pub to: String,
    /// Its name in a list.
    pub subject: String,
    /// Its parts, a name and a value each.
    pub parts: Vec<(String, String)>,
    /// Its words, where it is a mail.
    pub letter: Option<Letter>,
    /// The promise of what undo brings back once it was carried out.
    pub promise: String,
}

impl Shown {
    /// Returns its text: the words of a mail, else a line for each part.
    pub fn text(&self) -> String {
        match &self.letter {
            Some(letter) => letter.body.clone(),
            None => {
                let lines = self.parts.iter();
                let lines: Vec<String> = lines
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                lines.join("\n")
            }
        }
    }
}

/// The words in which the faces speak of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Words {
    /// The heading over its content: "Draft".
    pub heading: &'static str,
    /// The heading where there is no content yet: "No draft".
    pub missing: &'static str,
    /// Its readiness, as evidence for the ease of a move: "draft ready".
    pub ready: &'static str,
    /// The reason of the move that it closes: "sent".
    pub closing: &'static str,
    /// The sentence about what approval will have done; empty where the countdown says it.
    pub after: &'static str,
    /// The reason why its words cannot be written in an editor, and what changes it instead; empty where they can.
    pub not_edited: &'static str,
}

/// The result of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Delivered {
    /// Its place: a file, or a record.
    pub location: String,
    /// True for a draft that has not left.
    pub is_draft: bool,
    /// The other side's name for it.
    pub remote: String,
    /// Its end; `Done` unless said otherwise.
    pub ended: Ended,
}

impl Delivered {
    /// Returns what left and lies there.
    pub fn at(location: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            ended: Ended::Done,
            ..Self::default()
        }
    }

    /// Returns a draft that lies there.
    pub fn draft_at(location: impl Into<String>) -> Self {
        Self {
            is_draft: true,
            ..Self::at(location)
        }
    }
}

/// The reason why something was not delivered, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Undelivered {
    /// It certainly did not leave.
    NotSent {
        /// The sentence for the operator.
        reason: String,
        /// The end, if another try would end the same way: it is refused, or somebody must decide.
        ended: Option<Ended>,
        /// The time for which the provider wants to be left alone.
        retry_after: Option<std::time::Duration>,
    },
    /// It did not leave, because everything was stopped in the last moment.
    Stopped {
        /// The sentence for the operator.
        reason: String,
    },
    /// It may have left: the answer did not come. Only the provider knows.
    Unknown {
        /// The sentence for the operator.
        reason: String,
    },
}

impl Undelivered {
    /// Returns a failure after which another try may go better.
    pub fn for_now(reason: impl Into<String>) -> Self {
        Self::NotSent {
            reason: reason.into(),
            ended: None,
            retry_after: None,
        }
    }

    /// Returns a refusal: another try would end the same way.
    pub fn for_good(reason: impl Into<String>, ended: Ended) -> Self {
        Self::NotSent {
            reason: reason.into(),
            ended: Some(ended),
            retry_after: None,
        }
    }
}

/// The way in which an effect is taken back once it was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Inverse {
    /// By an effect of its own.
    By(Made),
    /// Nothing was changed outside, so nothing needs to be changed back there.
    Nothing,
    /// Not at all; the sentence says so.
    Never(String),
}

/// The question whether everything is stopped, asked directly before a byte leaves.
pub(in crate::engine) type Stopped<'a> = &'a dyn Fn() -> Option<String>;

/// A carrier's readiness: its name, or the reason why it cannot take anything now with the instant of the next try.
pub(in crate::engine) type Readiness = Result<String, (String, Option<Timestamp>)>;

/// A kind of effect.
pub(in crate::engine) trait Effect: Sync {
    /// Returns the kind.
    fn kind(&self) -> EffectKind;

    /// Returns how a move of this kind is carried out.
    fn means(&self) -> Means;

    /// Returns the questions that it puts to the guards.
    fn asks(&self) -> Asks;

    /// Returns the words of the kind.
    fn words(&self) -> Words;

    /// Tells whether the kind is responsible for a move.
    fn claims(&self, tx: &ReadTx<'_>, mv: &MoveRow) -> Result<bool>;

    /// Returns how a move that the kind claims would be carried out, without making the content.
    fn means_for(
        &self,
        _tx: &ReadTx<'_>,
        _core: &Core,
        _mv: &MoveRow,
        _now: Timestamp,
    ) -> Result<Means> {
        Ok(self.means())
    }

    /// Makes the effect of a move that the kind claims.
    fn make(&self, tx: &ReadTx<'_>, core: &Core, mv: &MoveRow, now: Timestamp) -> Result<Way>;

    /// Returns the hash that consent to a content is bound to; zeros for one that cannot be read, which no consent matches.
    fn hash(&self, content: &str) -> [u8; 32] {
        content_hash(self.kind(), content)
    }

    /// Returns an effect as the faces show it.
    fn shown(&self, core: &Core, content: &str) -> Result<Shown>;

    /// Tells whether it waits for the undo window before it leaves.
    fn waits(&self, content: &str) -> bool;

    /// Returns the effect's name, of which there is one living at a time; empty for none. `key` is its idempotency key.
    fn once(&self, tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<String>;

    /// Returns the living effect that stands in the way of a new one, which is then not asked for: the one of the same name, or whatever else would do
    /// the same.
    fn rival(&self, tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<Option<ExecutionRow>> {
        Ok(executions::by_once(tx, &row.once)?)
    }

    /// Tells whether an effect of the same name with another content is another wish, not the same one asked for again.
    fn may_differ(&self) -> bool {
        false
    }

    /// Returns our own name for it on the other side. `salt` is the part that no other approval has.
    fn mark(&self, tx: &ReadTx<'_>, id: ExecutionId, salt: &str, content: &str) -> Result<String>;

    /// Returns the instant at which consent ends by itself, with the reason, beside the consent's own end.
    fn ends(&self, _content: &str) -> Result<Option<(Timestamp, &'static str)>> {
        Ok(None)
    }

    /// Returns the name of what carries it, or the reason why nothing does.
    fn carrier(&self, core: &Core) -> Result<String, String>;

    /// Returns whether its carrier may be asked now.
    fn readiness(
        &self,
        tx: &ReadTx<'_>,
        core: &Core,
        carrier: &str,
        now: Timestamp,
    ) -> Result<Readiness>;

    /// Writes down exactly what leaves, with `****` for secrets.
    fn request(&self, core: &Core, row: &ExecutionRow, now: Timestamp) -> Result<Vec<u8>>;

    /// Lays what leaves ready so that delivery is one step; returns whether the carrier has such a thing.
    fn stage(&self, _core: &Core, _row: &ExecutionRow, _rendered: &[u8]) -> Result<bool> {
        Ok(false)
    }

    /// Delivers it, such that it can be found again. `stopped` is asked directly before the step that lets it out.
    fn deliver(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        rendered: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered>;

    /// Asks the other side for it.
    fn find(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        now: Timestamp,
    ) -> Result<(Answer, Option<Delivered>)>;

    /// Tells whether asking costs nothing, so that every pass may ask.
    fn is_cheap_to_find(&self, _core: &Core, _row: &ExecutionRow) -> bool {
        false
    }

    /// Clears away what a delivery leaves behind, before it is settled.
    fn tidy(&self, _outside: &Outside, _row: &ExecutionRow, _delivered: &Delivered) -> Result<()> {
        Ok(())
    }

    /// Records what follows from a delivery.
    fn settled(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        row: &ExecutionRow,
        delivered: &Delivered,
        now: Timestamp,
    ) -> Result<()>;

    /// Returns how it is taken back once it was carried out.
    fn inverse(&self, tx: &ReadTx<'_>, core: &Core, row: &ExecutionRow) -> Result<Inverse>;

    /// Records here that it was taken back there.
    fn undone(&self, _tx: &WriteTx<'_>, _row: &ExecutionRow, _now: Timestamp) -> Result<()> {
        Ok(())
    }

    /// Looks whether a draft of it left by hand meanwhile; then it is recorded as sent.
    fn left_by_hand(&self, _engine: &Engine, _row: &ExecutionRow) -> Result<bool> {
        Ok(false)
    }

    /// Removes a draft of it; returns whether it was still there.
    fn discard(&self, _outside: &Outside, _row: &ExecutionRow) -> Result<bool> {
        Ok(false)
    }

    /// Names it in a sentence: "the mail to ann@acme.example".
    fn named(&self, row: &ExecutionRow) -> String;

    /// Says that it was carried out.
    fn said(&self, core: &Core, row: &ExecutionRow) -> String;

    /// Says what approval would do in a mode.
    fn would(&self, mode: Mode, shown: &Shown) -> String;

    /// Says that the effect was asked for before, by the execution that lives under its name.
    fn said_before(&self, tx: &ReadTx<'_>, core: &Core, row: &ExecutionRow) -> Result<String>;
}
