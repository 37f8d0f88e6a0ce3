//! The forecast: the gate played forward over the outbox, so that every face that says when something leaves says the same, and it comes true.
//!
//! A pass asks the waiting messages one after another, in their order, and each leaves at the first pass at which every guard lets it. The
//! forecast makes the passes of the days ahead: at every instant at which an answer may change it asks the rules that the claim asks, and what
//! leaves counts from then on. If nothing else happens, each message leaves at the instant that is named for it.

mod because;
mod play;
mod windows;

pub use because::because;
pub use play::play;

use jiff::Timestamp;

use super::limits::{LimitVerdict, Limits, MailResults, Sends};
use super::outbox::SendClass;
use super::schedule::SendPolicy;

/// The facts that decide what leaves when.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The instant that they hold for.
    pub now: Timestamp,
    /// The end of the pause in force.
    pub paused_until: Option<Timestamp>,
    /// The limits as they are set.
    pub limits: Limits,
    /// Everything that left the mailbox in the last 7 days or more.
    pub sent: Sends,
    /// The first mail that ever left it.
    pub first_send: Option<Timestamp>,
    /// Bounces and complaints.
    pub results: MailResults,
    /// The policies that recipients refer to, by place.
    pub windows: Vec<SendPolicy>,
    /// Sends to each capped domain that recipients refer to, by place.
    pub domains: Vec<Sends>,
    /// The live mail that waits, in the order in which it is asked.
    pub messages: Vec<Message>,
}

/// A person as a message reaches them.
#[derive(Debug, Clone, Default)]
pub struct Recipient {
    /// The place of their policy in [`Facts::windows`].
    pub window: usize,
    /// The place of their domain in [`Facts::domains`]; none where it has no cap.
    pub domain: Option<usize>,
    /// Sends to them in the last 7 days or more.
    pub sent: Sends,
    /// The places in [`Facts::messages`] of mail that counts as mail to them.
    pub same: Vec<usize>,
}

/// The state of the mailbox or service that a message leaves through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carrier {
    /// Takes messages.
    #[default]
    Well,
    /// Takes none before this instant.
    From(Timestamp),
    /// Takes none until the operator mends it.
    Broken,
}

impl Carrier {
    /// Returns the first instant at or after `at` at which it takes messages.
    #[must_use]
    pub fn takes(self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Well => Some(at),
            Self::From(from) => Some(from.max(at)),
            Self::Broken => None,
        }
    }
}

/// A live mail that waits.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its class, which decides the order.
    pub class: SendClass,
    /// The end of its undo window, or its next try.
    pub not_before: Timestamp,
    /// The instant at which its hold was said to end when it was last asked.
    pub check_at: Option<Timestamp>,
    /// The end of its approval.
    pub expires_at: Timestamp,
    /// Set where a guard refuses it for good: the next pass ends its approval.
    pub is_refused: bool,
    /// The mailbox that it leaves through.
    pub carrier: Carrier,
    /// The person.
    pub to: Recipient,
}

/// The guards that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// All of them: when would it leave?
    Everything,
    /// The rate limits alone: when do they clear?
    Limits,
}

/// The place of a question among the messages of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all of them.
    First,
    /// After all of them, as one that is approved now.
    Last,
}

/// A mail that nobody has approved yet. It takes no room and its approval does not end.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its class.
    pub class: SendClass,
    /// The guards that are asked.
    pub asks: Asks,
    /// Its place.
    pub place: Place,
    /// The mailbox that it would leave through.
    pub carrier: Carrier,
    /// The person.
    pub to: Recipient,
}

/// The end of a message's wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Leaves then; of a question, the guards that it asks let it pass then.
    Leaves(Timestamp),
    /// Its approval ends then, before it could leave.
    Expires(Timestamp),
    /// A guard refuses it for good.
    Refused,
    /// Time alone does not let it out within 45 days.
    Never,
    /// So many leave before it that its own instant is not looked for.
    Later,
}

/// A limit that made a message wait longer than its own window did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The limit as it stood then.
    pub verdict: LimitVerdict,
    /// The instant since which nothing else holds it.
    pub since: Timestamp,
    /// The instant at which it had room again; none if it never has.
    pub room_at: Option<Timestamp>,
    /// The messages that will have left by then.
    pub before: usize,
}

/// The forecast of one message or question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The end of its wait.
    pub fate: Fate,
    /// The first instant at which the rate limits alone let it pass at its turn.
    pub limits_clear_at: Option<Timestamp>,
    /// The last limit that it waits for.
    pub held: Option<Held>,
}

impl Foreseen {
    /// Returns the instant at which it leaves, if it does.
    #[must_use]
    pub const fn leaves_at(&self) -> Option<Timestamp> {
        match self.fate {
            Fate::Leaves(at) => Some(at),
            Fate::Expires(_) | Fate::Refused | Fate::Never | Fate::Later => None,
        }
    }
}

/// The forecast of a whole outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forecast {
    /// The messages, in the order in which they were given.
    pub messages: Vec<Foreseen>,
    /// The questions, in the order in which they were given.
    pub questions: Vec<Foreseen>,
    /// The first instant at which bounces and complaints hold nothing back.
    pub hold_clears_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
