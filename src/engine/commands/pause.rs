//! Pauses: nothing leaves until a date, and what waits is planned anew after it instead of being dumped.
//!
//! Timers and sources go on. The days of a pause are no silence, and the due times that fell into it move on by its length.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::by::By;
use crate::domain::guard::Mode;
use crate::domain::id::UndoId;
use crate::domain::text::clean_line;
use crate::engine::effects::gate;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::clock;
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Bars, Context, Job, JobRun, Plan, Rehearsal, Stage};
use crate::engine::road::scoring;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::control::{Hold, HoldKind};
use crate::store::executions::ExecutionStatus;
use crate::store::moves::ScoringScope;
use crate::store::{Durability, WriteTx, control, executions, moves};

/// A longer pause is more likely a slip of the pen.
const LONGEST: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

impl Engine {
    pub(in crate::engine) fn begin_pause(&self, until: Timestamp, reason: &str) -> Result<Done> {
        let reason = clean_line(reason, 200);
        self.write(Durability::Full, move |tx, core, now| {
            if until <= now {
                return Err(EngineError::Input("A pause must end in the future. Nothing was changed.".into()));
            }
            if until.duration_since(now) > LONGEST {
                return Err(EngineError::Input(
                    "A pause lasts two years at most; `caseyos stop` has no end. Nothing was changed.".into(),
                ));
            }
            // By a clock that is not believed nothing is over.
            if !clock::is_in_doubt(tx, core, now)? {
                finish_if_over(tx, core, now)?;
            }
            let shown = shown(core, until);
            let (step, what) = match control::hold(tx, HoldKind::Pause)? {
                Some(hold) if hold.until == Some(until) && hold.reason == reason => {
                    return Ok(Done::Nothing { summary: format!("It is paused until {shown} already.") });
                }
                Some(hold) => {
                    control::set_hold_end(tx, hold.id, until, &reason)?;
                    (Step::Pause { id: hold.id, until: hold.until, reason: hold.reason }, "Changed the pause to end on")
                }
                None => {
                    let id = control::begin_hold(tx, HoldKind::Pause, &reason, now, Some(until))?;
                    (Step::Pause { id, until: None, reason: String::new() }, "Pause until")
                }
            };
            let promise = "What it held may leave again, or the pause ends when it did before.";
            let summary = format!("{what} {shown}");
            let undo = change(tx, Change {
                by: &By::Operator,
                event: "pause.set",
                about: vec!["pause".into()],
                detail: json!({"until": until, "reason": reason}),
                tells: Tells::Same,
                back: Back::Entry(&summary, promise, step),
            }, now)?;
            let live: Vec<_> = executions::waiting(tx, ExecutionStatus::Queued)?
                .into_iter()
                .filter(|row| row.mode == Mode::Live)
                .collect();
            let stale = live.iter().filter(|row| row.approval_expires_at <= until).count();
            let waiting = match (live.len(), stale) {
                (0, _) => "Nothing waits.".to_owned(),
                (n, 0) => format!("{n} approved and waiting; after it they leave at the usual pace."),
                (n, stale) => format!(
                    "{n} approved and waiting; of {stale} the approval ends before, so their moves come back to be looked at again."
                ),
            };
            Ok(Done::Changed { summary: format!("Paused until {shown}: nothing leaves. {waiting}"), undo })
        })
    }

    pub(in crate::engine) fn end_pause(&self) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            // Ended at a wrong instant, the pause would move every due time that fell into it by as much.
            if let Some(doubt) = clock::doubt(tx, core, now)? {
                return Err(EngineError::Outside(format!(
                    "The pause was not ended, as {doubt}."
                )));
            }
            finish_if_over(tx, core, now)?;
            let Some(hold) = control::hold(tx, HoldKind::Pause)? else {
                return Ok(Done::Nothing { summary: "No pause is in force.".into() });
            };
            let step = Step::Pause { id: hold.id, until: hold.until, reason: hold.reason.clone() };
            let promise = "The pause is in force again until the day that it had; due times that have moved on stay where they are.";
            let back = Back::Entry("End the pause", promise, step);
            let (moved, undo) = finish_pause(tx, core, &hold, &By::Operator, back, now)?;
            let waiting = executions::count_queued(tx)?;
            Ok(Done::Changed {
                summary: format!("The pause is over. {moved} due times moved on, {waiting} approved and waiting; they leave at the usual pace."),
                undo,
            })
        })
    }

    /// Ends a pause whose time is over. Returns whether there was one.
    pub(in crate::engine) fn end_pause_in_time(&self) -> Result<()> {
        let now = self.now();
        let is_over = self.store().read(|tx| {
            let hold = control::hold(tx, HoldKind::Pause)?;
            Ok::<_, EngineError>(hold.is_some_and(|h| h.until.is_none_or(|until| until <= now)))
        })?;
        if is_over {
            self.write(Durability::Full, finish_if_over)?;
        }
        Ok(())
    }

    pub(in crate::engine) fn clear_deliverability(&self) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            gate::review_deliverability(tx, core, now)?;
            let Some(hold) = control::hold(tx, HoldKind::Deliverability)? else {
                return Ok(Done::Nothing {
                    summary: "Nothing is held back for bounces or complaints.".into(),
                });
            };
            control::end_hold(tx, hold.id, "operator", now)?;
            executions::ask_anew(tx)?;
            let summary = "Mail leaves again; only what comes back from now on counts";
            let step = Step::Deliverability {
                id: hold.id,
                held: true,
            };
            let promise = "It is held back again, and what came back before counts again.";
            let undo = change(
                tx,
                Change {
                    by: &By::Operator,
                    event: "deliverability.lifted",
                    about: vec!["deliverability".into()],
                    detail: json!({"since": hold.since, "because": hold.reason}),
                    tells: Tells::Same,
                    back: Back::Entry(summary, promise, step),
                },
                now,
            )?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }
}

fn shown(core: &Core, at: Timestamp) -> String {
    at.to_zoned(core.config.operator.zone())
        .strftime("%a %-d %b %Y %H:%M")
        .to_string()
}

fn finish_if_over(tx: &WriteTx<'_>, core: &Core, now: Timestamp) -> Result<()> {
    if let Some(hold) = control::hold(tx, HoldKind::Pause)?
        && let Some(until) = hold.until.filter(|until| *until <= now)
    {
        finish_pause(tx, core, &hold, &By::Engine, Back::None, until)?;
    }
    Ok(())
}

/// Ends a pause at an instant that is not ahead, and plans anew what fell into it. Returns how many due times moved, with the entry of the undo list.
pub(in crate::engine) fn finish_pause(
    tx: &WriteTx<'_>,
    core: &Core,
    hold: &Hold,
    by: &By,
    back: Back<'_>,
    at: Timestamp,
) -> Result<(usize, Option<UndoId>)> {
    control::end_hold(tx, hold.id, &by.to_string(), at)?;
    let moved = moves::shift_due(tx, hold.since, at)?;
    executions::shift_silence(tx, hold.since, at)?;
    executions::ask_anew(tx)?;
    let now = core.env.now();
    scoring::rescore(tx, core, ScoringScope::Due(now), now)?;
    let ended = Change {
        by,
        event: "pause.ended",
        about: vec!["pause".into()],
        detail: json!({"since": hold.since, "until": at, "moves": moved}),
        tells: Tells::Same,
        back,
    };
    let undo = change(tx, ended, now)?;
    Ok((moved, undo))
}

/// Ends a pause whose time is over.
#[derive(Debug)]
pub(in crate::engine) struct PauseEnd;

impl Job for PauseEnd {
    fn name(&self) -> String {
        "pause".into()
    }

    fn about(&self) -> String {
        "Ends a pause whose time is over".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            bars: Bars::Acting(
                "The pause whose time is over could not be ended, so nothing was sent and no silence was counted.",
            ),
            rehearsal: Rehearsal::LeftOut,
            ..Plan::of(Stage::Settle)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        engine.end_pause_in_time()?;
        Ok(JobRun::default())
    }
}
