//! Refreshing: the scores and states that time alone has changed.

use jiff::Timestamp;

use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Bars, Context, Job, JobRun, Plan, Stage};
use crate::engine::road::scoring::rescore;
use crate::store::moves::{self, ScoringScope};
use crate::store::{Durability, StoreError, control};

/// The meta key of the weights that the stored scores were made with.
const WEIGHTS: &str = "score_weights";

impl Engine {
    /// Brings what time has changed up to date: snoozes that are over, steps of scores, old moves. Costs one look at an index
    /// when nothing has changed.
    pub(in crate::engine) fn refresh(&self) -> Result<()> {
        let now = self.now();
        let w = self.config().score.weights;
        let weights = format!("{} {} {} {}", w.revenue, w.urgency, w.ease, w.strategic);
        let (due, same_weights) = self.store().read(|tx| {
            let same = control::meta(tx, WEIGHTS)?.as_deref() == Some(&weights);
            Ok::<_, EngineError>((moves::any_change_due(tx, now)?, same))
        })?;
        if !due && same_weights {
            return Ok(());
        }
        let refreshed = self.write(Durability::Normal, move |tx, core, now| {
            // Other weights make every stored score another one.
            let scope = if same_weights {
                ScoringScope::Due(now)
            } else {
                ScoringScope::All
            };
            control::set_meta(tx, WEIGHTS, &weights)?;
            rescore(tx, core, scope, now)
        });
        match refreshed {
            // Another process is writing; it will do the same when it is done, and a list that is a step old is better than none.
            Err(EngineError::Store(StoreError::Busy)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Scores every standing move again and stores the changes. Returns the number of scores that changed.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn rescore_all(&self) -> Result<u64> {
        self.write(Durability::Normal, |tx, core, now: Timestamp| {
            rescore(tx, core, ScoringScope::All, now)
        })
    }
}

/// Rescores moves that have reached a step.
#[derive(Debug)]
pub(in crate::engine) struct Scores;

impl Job for Scores {
    fn name(&self) -> String {
        "scores".into()
    }

    fn about(&self) -> String {
        "Rescores moves as time passes".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            bars: Bars::Acting(
                "Scores could not be brought up to date, so nothing was decided and nothing was sent.",
            ),
            ..Plan::of(Stage::Settle)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        engine.refresh()?;
        Ok(JobRun::default())
    }
}
