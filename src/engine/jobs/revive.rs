//! The operator's second chance for a job that failed or was given up.

use serde_json::json;

use crate::domain::by::By;
use crate::engine::error::Result;
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::Books;
use crate::engine::jobs::registry;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::{Durability, jobs, sources};

impl Engine {
    /// Makes a job that was given up, or rests after failures, due at the next pass.
    pub(in crate::engine) fn retry_job(&self, name: &str) -> Result<Done> {
        let all = registry::all(self);
        let job = registry::find(&all, name)?;
        let (name, books) = (job.name(), job.plan(self).books);
        self.write(Durability::Full, move |tx, _, now| {
            let was_waiting = match books {
                Books::Jobs => !jobs::revive(tx, &name)?,
                Books::Sources => !sources::wake(tx, &name)?,
            };
            if was_waiting {
                return Ok(Done::Nothing {
                    summary: format!("{name} has not failed; it runs in its turn."),
                });
            }
            let revived = Change {
                by: &By::Operator,
                event: "job.revived",
                about: vec![format!("job:{name}")],
                detail: json!({}),
                tells: Tells::Same,
                back: Back::None,
            };
            let undo = change(tx, revived, now)?;
            Ok(Done::Changed {
                summary: format!(
                    "{name} runs again at the next pass; `caseyos jobs run {name}` runs it now."
                ),
                undo,
            })
        })
    }
}
