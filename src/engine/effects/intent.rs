//! The intent behind a move: the signal that leads it, and everything settled of it besides its words.

use crate::domain::moves::{MAX_MEETING_MINUTES, MovePlan};
use crate::domain::signal::SignalKind;
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::store::moves::MoveRow;
use crate::store::signals::SignalRow;
use crate::store::{ReadTx, moves, signals};

/// Returns the signal that leads a move, and everything settled of it: by the operator, else by the signal.
pub(in crate::engine) fn plan_of(tx: &ReadTx<'_>, mv: &MoveRow) -> Result<(SignalRow, MovePlan)> {
    let lead = signals::load(tx, mv.lead_signal_id)?;
    let own = moves::plan(tx, mv.id)?.unwrap_or_default();
    let plan = said_by(&lead).under(own);
    Ok((lead, plan))
}

/// Returns the intent of a signal that was given by hand. In other signals, times and stages tell of the past, not of a plan.
fn said_by(lead: &SignalRow) -> MovePlan {
    let draft = &lead.draft;
    if draft.kind != SignalKind::Manual {
        return MovePlan::default();
    }
    let line = |key: &str, most| clean_line(draft.text(key).unwrap_or_default(), most);
    let minutes = draft.number("minutes").filter(|n| *n >= 1.0);
    let properties = draft
        .payload
        .get("properties")
        .and_then(serde_json::Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some((clean_line(name, 100), text))
        })
        .take(50)
        .collect();
    MovePlan {
        starts_at: draft.instant("starts_at"),
        by_mail: false,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held to 1..=720 before"
        )]
        minutes: minutes.map(|n| n.min(f64::from(MAX_MEETING_MINUTES)) as u32),
        title: String::new(),
        place: line("place", 200),
        with_call: draft
            .payload
            .get("call")
            .and_then(serde_json::Value::as_bool),
        due: draft.instant("due"),
        stage: line("stage", 100),
        properties,
        task: line("task", 100),
    }
}
