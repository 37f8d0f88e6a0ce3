//! The state of a rule of approval: off, shadow or on.

use serde_json::json;

use crate::config::edit::{replace, with_rule_state};
use crate::domain::approval::{ApprovalRules, BUILTIN, RuleState};
use crate::domain::by::By;
use crate::domain::nearest;
use crate::domain::text::clean_line;
use crate::engine::effects::kinds::mail::draft::hex;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::approval_rules::LoadedRules;
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::env::file;
use crate::store::Durability;

impl Engine {
    /// Turns a rule of approval off, to shadow or on, in the file itself. Where there is no such rule, or the file has a mistake or cannot be
    /// written, nothing is changed.
    pub(in crate::engine) fn set_approval_rule(
        &self,
        name: &str,
        state: RuleState,
    ) -> Result<Done> {
        let path = self.paths().approval();
        let loaded = LoadedRules::read(&path);
        let rules = loaded.rules.map_err(|mistakes| {
            EngineError::Input(format!("{}\nNothing was changed.", mistakes.join("\n")))
        })?;
        let Some(rule) = rules.rules().iter().find(|rule| rule.name == name) else {
            let names = rules.rules().iter().map(|rule| rule.name.as_str());
            let hint = match nearest(name, names.clone()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("there are: {}.", names.collect::<Vec<_>>().join(", ")),
            };
            return Err(EngineError::NotFound(format!(
                "There is no rule of approval called {}; {hint} Nothing was changed.",
                clean_line(name, 60)
            )));
        };
        if rule.state == state {
            return Ok(Done::Nothing {
                summary: format!("{name} is {state} already."),
            });
        }
        let text = if loaded.is_own {
            file::read_text(&path, file::SETTINGS_BYTES).map_err(|e| unwritable(&path, &e))?
        } else {
            BUILTIN.to_owned()
        };
        let changed = with_rule_state(&text, name, state.as_str()).ok_or_else(|| {
            EngineError::Outside(format!(
                "{name} could not be found in {}. Nothing was changed.",
                path.display()
            ))
        })?;
        // What was just written must say what was meant, or it is not kept.
        let hash = match ApprovalRules::parse(&changed, &loaded.file) {
            Ok(rules) => hex(rules.hash()),
            Err(_) => {
                return Err(EngineError::Outside(format!(
                    "{} could not be changed in place. Nothing was changed; set the state there by hand.",
                    path.display()
                )));
            }
        };
        replace(&path, &changed).map_err(|e| unwritable(&path, &e))?;
        let (before, subject, version) =
            (rule.state, format!("approval_rule:{name}"), rule.version);
        let undo = self.write(Durability::Full, move |tx, _, now| {
            let set = Change {
                by: &By::Operator,
                event: "approval_rule.set",
                about: vec![subject],
                detail: json!({"from": before, "to": state, "version": version, "rules_hash": hash}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, set, now)
        })?;
        let what = match state {
            RuleState::Off => "it is not asked any more",
            RuleState::Shadow => "it decides and is counted, and nothing follows",
            RuleState::On => "from the next pass on it acts",
        };
        Ok(Done::Changed {
            summary: format!("{name} was {before} and is {state} now: {what}."),
            undo,
        })
    }
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> EngineError {
    EngineError::Outside(format!(
        "{} cannot be changed: {error}. It was left as it was.",
        path.display()
    ))
}
