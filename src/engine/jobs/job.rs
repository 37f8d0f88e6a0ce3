//! A job: a name, a plan and a run. Its plan is data, so that a pass knows no job by name.

use std::fmt;

use crate::domain::job::{Every, Patience};
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::road::intake::Taken;
use crate::engine::road::sources::PassScope;
use crate::store::sources::SourceCounts;

/// The stage of a pass that a job belongs to. Stages follow one another in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Stage {
    /// Settles interrupted work before anything is read; one process at a time.
    Settle,
    /// Reads the outside, lane beside lane.
    Read,
    /// Acts on what is known: one process at a time, and only after every job that bars it ended well.
    Act,
    /// Keeps the house; left to the other process if one is at it.
    Keep,
}

/// The reach of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Reach {
    /// This machine.
    Here,
    /// A server, which is left alone over a metered link.
    Server,
}

/// The power of a job to keep the stage [`Stage::Act`] from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Bars {
    /// None.
    Nothing,
    /// A run that did not come to its end bars it; the sentence says so to the operator.
    Acting(&'static str),
}

/// The course taken while another process is at the same job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum IfBusy {
    /// Leave it to that process.
    LeaveOut,
    /// Wait for it.
    Wait,
}

/// The part of a job in a rehearsal, which keeps nothing and lets nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Rehearsal {
    /// Runs as ever, on the copy.
    Same,
    /// Is left out.
    LeftOut,
}

/// The table that a job's standing is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Books {
    /// The jobs' own.
    Jobs,
    /// The sources', with counts and runs.
    Sources,
}

/// The lane of a job of the stage [`Stage::Read`]. Jobs of a lane run one after another, on one thread and under one lease, whenever the job
/// that leads it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Lane {
    /// Leads its own.
    Own,
    /// Follows the job of this name, if that came to its end.
    After(&'static str),
}

/// The data that decides a job's turn and its company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Plan {
    pub stage: Stage,
    pub every: Every,
    pub patience: Patience,
    pub reach: Reach,
    pub bars: Bars,
    pub if_busy: IfBusy,
    pub rehearsal: Rehearsal,
    pub books: Books,
    pub lane: Lane,
}

impl Plan {
    /// Makes the plan of a job that runs in every pass on this machine and is always tried again.
    pub const fn of(stage: Stage) -> Self {
        Self {
            stage,
            every: Every::Pass,
            patience: Patience::Endless,
            reach: Reach::Here,
            bars: Bars::Nothing,
            if_busy: IfBusy::LeaveOut,
            rehearsal: Rehearsal::Same,
            books: Books::Jobs,
            lane: Lane::Own,
        }
    }
}

/// The surroundings of one run.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Context<'a> {
    /// The pass that it is part of.
    pub scope: &'a PassScope,
    /// The job's cursor as it was committed last. A job moves it with `set_cursor` of its books, in one transaction with its work, and goes on
    /// from there if it was killed.
    pub cursor: String,
}

/// The work of one run.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct JobRun {
    /// Events looked at, new, matched, dropped.
    pub counts: SourceCounts,
    /// Their consequences.
    pub taken: Taken,
    /// Moves approved.
    pub approved: u64,
    /// Messages that left, or drafts that were made.
    pub sent: u64,
    /// Drafts found to have been sent by hand.
    pub sent_by_hand: u64,
    /// Messages that still wait, where the job counted them.
    pub waiting: Option<u64>,
    /// The failure of a part, the rest being done; empty if all of it was done.
    pub problem: String,
    /// Sentences for the operator that are no failure of the job.
    pub notices: Vec<String>,
    /// A part was left out that may hold anything, such as a folder or the rest of a list: the run did not come to its end.
    pub is_partial: bool,
}

/// Work that runs by the clock or in every pass.
pub(in crate::engine) trait Job: Send + Sync + fmt::Debug {
    /// Returns its name, such as `mail:work` or `audit`: the key of its standing.
    fn name(&self) -> String;

    /// Returns its purpose in a few words, for people.
    fn about(&self) -> String;

    /// Returns its plan.
    fn plan(&self, engine: &Engine) -> Plan;

    /// Says what keeps it from doing anything, such as a file that cannot be read; none if nothing does.
    fn hindrance(&self, _engine: &Engine) -> Option<String> {
        None
    }

    /// Does the work. Whatever it commits stays, so a long job commits in parts, each with its cursor.
    fn run(&self, engine: &Engine, context: &Context<'_>) -> Result<JobRun>;
}
