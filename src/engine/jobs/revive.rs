//! The operator's second chance for a job that failed or was given up.

use serde_json::json;

use crate::engine::error::Result;
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::Books;
use crate::engine::jobs::registry;
use crate::store::{Durability, audit, jobs, sources};

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
            let subject = format!("job:{name}");
            audit::append(tx, now, "operator", "job.revived", &subject, &json!({}))?;
            tx.emit(now, "job.revived", subject)?;
            Ok(Done::Changed {
                summary: format!(
                    "{name} runs again at the next pass; `caseyos jobs run {name}` runs it now."
                ),
                undo: None,
            })
        })
    }
}
