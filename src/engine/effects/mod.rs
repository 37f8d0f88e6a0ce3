//! Effects: everything that leaves, from the ask to the undo.
//!
//! ```text
//! ask -> queued -> sending (committed before a byte leaves) -> sent | drafted
//!                     -> queued again (never left: tried after 1, 5 and 30 minutes) -> failed (kept for the operator)
//!                     -> uncertain (nobody knows) -> sent | queued again, as the provider says
//! ```
//!
//! A process that claims holds a lock file that the operating system releases when it dies. An execution found `sending` whose holder is
//! gone is looked for on the other side. It is never sent again blindly. The machine matches on no kind of effect: it asks [`kind::Effect`].

pub(in crate::engine) mod answer;
pub(in crate::engine) mod ask;
mod claim;
pub(in crate::engine) mod drain;
pub(in crate::engine) mod forecast;
pub(in crate::engine) mod gate;
pub(in crate::engine) mod intent;
pub(in crate::engine) mod job;
pub(in crate::engine) mod kind;
pub mod kinds;
pub(in crate::engine) mod make;
pub(in crate::engine) mod on;
pub(in crate::engine) mod opt_out;
pub(in crate::engine) mod outcome;
mod recover;
pub(in crate::engine) mod run;
pub(in crate::engine) mod settle;
pub(in crate::engine) mod strays;
pub(in crate::engine) mod take_back;
