//! Today's Moves: the ranked list and the line above it.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::action::ActionKind;
use crate::domain::aps::Points;
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::id::MoveId;
use crate::domain::signal::Domain;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TodayQuery {
    /// One domain only.
    pub domain: Option<Domain>,
    /// Only moves whose title, person or firm has all these words.
    pub search: String,
    /// At most so many.
    pub limit: usize,
}

impl Default for TodayQuery {
    fn default() -> Self {
        Self {
            domain: None,
            search: String::new(),
            limit: 20,
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodayItem {
    /// The place in the list, from 1.
    pub rank: usize,
    /// The move's number, which commands take.
    pub id: MoveId,
    /// 0 to 100.
    pub score: Points,
    /// What to do, in a few words.
    pub title: String,
    /// What is done when it is approved.
    pub action: ActionKind,
    /// The part of the work.
    pub domain: Domain,
    /// The person's name; empty if nobody is known.
    pub contact: String,
    /// The person's address; empty if none is known.
    pub email: String,
    /// The person's firm; empty if none is known.
    pub company: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// Why it came up, in a few words.
    pub because: String,
}

/// How many open moves there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OpenCounts {
    /// In all.
    pub all: u64,
    /// In sales.
    pub sales: u64,
    /// In marketing.
    pub marketing: u64,
    /// In customer success.
    pub cs: u64,
}

/// The list and the line above it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodayList {
    /// The instant that it holds for.
    pub now: Timestamp,
    /// What approval leads to.
    pub mode: Mode,
    /// Whether everything is stopped.
    pub kill_switch: KillSwitch,
    /// Open moves by domain, whatever the query asked for.
    pub open: OpenCounts,
    /// Mails that left in the last 24 hours.
    pub sent: u64,
    /// Mails that may leave in 24 hours.
    pub sent_cap: u64,
    /// Approved messages that wait for a guard or for the next pass.
    pub waiting: u64,
    /// When the last clean pass over the sources ended.
    pub synced_at: Option<Timestamp>,
    /// Sources whose last pass failed, with the reason.
    pub problems: Vec<String>,
    /// The moves, best first.
    pub moves: Vec<TodayItem>,
}
