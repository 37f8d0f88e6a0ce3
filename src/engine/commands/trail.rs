//! Accepting the audit trail after its end was found to be another than it was left with.

use serde_json::json;

use crate::domain::audit::ACCEPTED;
use crate::domain::by::By;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::{Durability, audit};

impl Engine {
    pub(in crate::engine) fn accept_trail(&self, because: &str) -> Result<Done> {
        let because = clean_line(because, 200);
        if because.is_empty() {
            return Err(EngineError::Input(
                "Say why, with --because. Nothing was accepted.".into(),
            ));
        }
        self.write(Durability::Full, move |tx, _, now| {
            let check = audit::verify(tx)?;
            let Some(at) = check.broken_at else {
                return Ok(Done::Nothing {
                    summary: "The trail holds; there is nothing to accept.".into(),
                });
            };
            if !check.may_be_accepted {
                return Err(EngineError::Outside(format!(
                    "The audit trail is broken at entry {at}: {}. Only a trail whose end was cut off can be accepted; put back a backup.",
                    check.reason
                )));
            }
            let accepted = Change {
                by: &By::Operator,
                event: ACCEPTED,
                about: vec!["audit".into()],
                detail: json!({"because": because, "at": at, "found": check.reason}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, accepted, now)?;
            Ok(Done::Changed {
                summary: format!(
                    "The trail is taken as it stands. Entry {at}: {}. What you wrote is in the trail.",
                    check.reason
                ),
                undo: None,
            })
        })
    }
}
