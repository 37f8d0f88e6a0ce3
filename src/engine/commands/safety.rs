//! The kill switch and suppressions.

use serde_json::json;

use crate::domain::email::address::EmailAddress;
use crate::domain::guard::KillSwitch;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::step::{Step, remember};
use crate::store::suppressions::SuppressedBy;
use crate::store::{Durability, audit, control, executions, suppressions};

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
            audit::append(tx, now, "operator", event, "kill_switch", &json!({"reason": reason, "waiting": waiting}))?;
            tx.emit(now, event, "kill_switch")?;
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
            let undo = Some(remember(tx, what, promise, &step, now)?);
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
        let value = suppression_value(value)?;
        self.write(Durability::Full, move |tx, _, now| {
            let reason = match clean_line(&reason, 200) {
                reason if reason.is_empty() => "by the operator".to_owned(),
                reason => reason,
            };
            if !suppressions::add(tx, &value, &reason, SuppressedBy::Operator, now)? {
                return Ok(Done::Nothing {
                    summary: format!("{value} is suppressed already."),
                });
            }
            let summary = format!("Suppressed {value}");
            let step = Step::Suppression {
                value: value.clone(),
                reason: reason.clone(),
                present: false,
            };
            let undo = remember(tx, &summary, "It may be written to again.", &step, now)?;
            audit::append(
                tx,
                now,
                "operator",
                "suppression.added",
                &value,
                &json!({"reason": reason}),
            )?;
            tx.emit(now, "suppression.changed", value.clone())?;
            Ok(Done::Changed {
                summary: format!("{summary}: it is never written to."),
                undo: Some(undo),
            })
        })
    }

    pub(in crate::engine) fn unsuppress(&self, value: &str) -> Result<Done> {
        let value = suppression_value(value)?;
        self.write(Durability::Full, move |tx, _, now| {
            let Some(found) = suppressions::find(tx, &value)?.filter(|s| s.value == value) else {
                return Ok(Done::Nothing {
                    summary: format!("{value} is not suppressed."),
                });
            };
            suppressions::remove(tx, &value)?;
            let summary = format!("Lifted the suppression of {value}");
            let step = Step::Suppression {
                value: value.clone(),
                reason: found.reason.clone(),
                present: true,
            };
            let undo = remember(tx, &summary, "It is suppressed again.", &step, now)?;
            audit::append(
                tx,
                now,
                "operator",
                "suppression.lifted",
                &value,
                &json!({"reason": found.reason}),
            )?;
            tx.emit(now, "suppression.changed", value.clone())?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo: Some(undo),
            })
        })
    }
}

/// Reads `ann@acme.example`, `acme.example` or `@acme.example` in lower case.
fn suppression_value(text: &str) -> Result<String> {
    let text = text.trim().to_lowercase();
    let value = text.strip_prefix('@').unwrap_or(&text);
    // What is stored is the address itself, whatever brackets or scheme it came in.
    if let Ok(address) = EmailAddress::parse(value) {
        return Ok(address.as_str().to_owned());
    }
    let at_domain = EmailAddress::parse(&format!("x@{value}")).ok();
    match at_domain.filter(|_| !value.contains('@')) {
        Some(address) => Ok(address.domain().to_owned()),
        None => Err(EngineError::Input(format!(
            "\"{}\" is neither a mail address nor a domain.",
            clean_line(value, 80)
        ))),
    }
}
