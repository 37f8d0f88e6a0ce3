//! The intent behind a move: the signal that leads it, and everything settled of it besides its words.

use crate::domain::moves::{MAX_MEETING_MINUTES, MovePlan};
use crate::domain::signal::Said;
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
    let Said::Manual(wish) = lead.draft.said() else {
        return MovePlan::default();
    };
    let about = lead.draft.about();
    let line = |text: &Option<String>, most| clean_line(text.as_deref().unwrap_or_default(), most);
    MovePlan {
        starts_at: about.meeting.starts_at,
        by_mail: false,
        minutes: wish.minutes.map(|n| n.min(MAX_MEETING_MINUTES)),
        title: String::new(),
        place: line(&about.meeting.place, 200),
        with_call: wish.call,
        due: about.asks.due_at(),
        stage: line(&wish.stage, 100),
        properties: wish.properties.clone(),
        task: line(&wish.task, 100),
    }
}
