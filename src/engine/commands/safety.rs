//! The kill switch and suppressions.

use serde_json::json;

use crate::domain::by::By;
use crate::domain::email::{EmailAddress, Named};
use crate::domain::guard::KillSwitch;
use crate::domain::suppression::Cause;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::suppressions::SuppressedBy;
use crate::store::{Durability, control, executions, suppressions};

impl Engine {
    pub(in crate::engine) fn set_stopped(&self, stopped: bool, reason: String) -> Result<Done> {
        // Where nothing is stopped, what is held back for bounces is what there is to resume.
        if !stopped && self.is_running()? {
            let cleared = self.clear_deliverability()?;
            if matches!(cleared, Done::Changed { .. }) {
                return Ok(cleared);
            }
        }
        self.write(Durability::Full, move |tx, _, now| {
            let reason = clean_line(&reason, 200);
            let before = control::kill_switch(tx);
            let was_running = before == KillSwitch::Running;
            let waiting = executions::count_queued(tx)?;
            if was_running != stopped {
                let state = if stopped { "stopped already" } else { "running" };
                return Ok(Done::Nothing { summary: format!("Everything is {state}.") });
            }
            control::set_kill_switch(tx, stopped, &reason, now)?;
            executions::ask_anew(tx)?;
            let event = if stopped { "kill_switch.stopped" } else { "kill_switch.resumed" };
            let was = match before {
                KillSwitch::Stopped { reason, .. } => reason,
                KillSwitch::Running | KillSwitch::Unreadable => String::new(),
            };
            let step = Step::KillSwitch { stopped: !stopped, reason: was };
            let (what, promise) = if stopped {
                ("Stop everything", "Effects may go out again, if nothing waits; else `caseyos resume` shows first what would go.")
            } else {
                ("Resume", "Everything is stopped again. What has left meanwhile cannot be unsent.")
            };
            let undo = change(tx, Change {
                by: &By::Operator,
                event,
                about: vec!["kill_switch".into()],
                detail: json!({"reason": reason, "waiting": waiting}),
                tells: Tells::Same,
                back: Back::Entry(what, promise, step),
            }, now)?;
            let summary = match (stopped, waiting) {
                (true, 0) => "Stopped: nothing leaves until `caseyos resume`.".to_owned(),
                (true, n) => format!("Stopped: nothing leaves until `caseyos resume`. {n} approved and waiting."),
                (false, 0) => "Running again. Nothing is waiting.".to_owned(),
                (false, n) => format!("Running again. {n} approved and waiting; the next sync sends what the guards let pass."),
            };
            Ok(Done::Changed { summary, undo })
        })
    }

    /// Tells whether the kill switch lets effects out.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn is_running(&self) -> Result<bool> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(control::kill_switch(tx) == KillSwitch::Running))
    }

    pub(in crate::engine) fn suppress(&self, value: &str, reason: String) -> Result<Done> {
        let (named, value) = named(value)?;
        self.write(Durability::Full, move |tx, _, now| {
            let reason = match clean_line(&reason, 200) {
                reason if reason.is_empty() => "by the operator".to_owned(),
                reason => reason,
            };
            let standing = suppressions::of(tx, &named)?;
            if let Some(found) = standing.iter().find(|s| s.cause.follows_person()) {
                return Ok(Done::Nothing {
                    summary: format!("{} is suppressed already: {}.", found.value, found.reason),
                });
            }
            let why = (reason.as_str(), SuppressedBy::Operator);
            suppressions::add(tx, (&named, &value), Cause::Operator, why, now)?;
            let summary = match &named {
                Named::Mailbox(_) => format!("Suppressed {value}"),
                Named::Domain(_) => format!("Suppressed everybody at {value}"),
            };
            let step = Step::Suppression {
                value: value.clone(),
                reason: reason.clone(),
                present: false,
                cause: Cause::Operator,
            };
            let promise = "It may be written to again.";
            let added = Change {
                by: &By::Operator,
                event: "suppression.added",
                about: vec![value.clone()],
                detail: json!({"reason": reason}),
                tells: Tells::As("suppression.changed"),
                back: Back::Entry(&summary, promise, step),
            };
            let undo = change(tx, added, now)?;
            let never = match &named {
                Named::Mailbox(_) => "never written to, whatever address they use",
                Named::Domain(_) => "no address there is ever written to",
            };
            Ok(Done::Changed {
                summary: format!("{summary}: {never}."),
                undo,
            })
        })
    }

    pub(in crate::engine) fn unsuppress(&self, value: &str) -> Result<Done> {
        let (named, value) = named(value)?;
        self.write(Durability::Full, move |tx, _, now| {
            let lifted = suppressions::remove(tx, &named)?;
            let Some(found) = lifted.first() else {
                return Ok(Done::Nothing {
                    summary: format!("{value} is not suppressed."),
                });
            };
            let summary = format!("Lifted the suppression of {}", found.value);
            let step = Step::Suppression {
                value: found.value.clone(),
                reason: found.reason.clone(),
                present: true,
                cause: found.cause,
            };
            let gone = Change {
                by: &By::Operator,
                event: "suppression.lifted",
                about: vec![found.value.clone()],
                detail: json!({"reason": found.reason}),
                tells: Tells::As("suppression.changed"),
                back: Back::Entry(&summary, "It is suppressed again.", step),
            };
            let undo = change(tx, gone, now)?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }
}

/// Reads an address or a domain, with the text that it is shown as.
fn named(text: &str) -> Result<(Named, String)> {
    let named = Named::parse(text).map_err(|e| {
        EngineError::Input(format!("{e}. Nothing was changed; name an address (ann@acme.example) or a domain (acme.example)."))
    })?;
    let shown = match &named {
        Named::Mailbox(key) => EmailAddress::parse(clean_line(text, 254).as_str())
            .map_or_else(|_| key.to_string(), String::from),
        Named::Domain(key) => key.to_string(),
    };
    Ok((named, shown))
}
