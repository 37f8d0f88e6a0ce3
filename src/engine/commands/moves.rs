//! What the operator does with moves besides approving them.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::action::{ActionKind, Means};
use crate::domain::by::By;
use crate::domain::id::{MoveId, OutcomeId};
use crate::domain::moves::{MovePlan, MoveStatus};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::suppression::Whom;
use crate::domain::text::{clean_block, clean_line};
use crate::domain::wishes::says_do_not_contact;
use crate::engine::effects::kind::Way;
use crate::engine::effects::make;
use crate::engine::effects::opt_out::{Alone, answer_standing, refuse_unanswered};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::no_such_move;
use crate::engine::ground::say::clock;
use crate::engine::handle::Engine;
use crate::engine::road::outcomes::{Observed, RECORDED, record};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::{OptOut, Step};
use crate::store::executions::ExecutionStatus;
use crate::store::moves::{DraftRow, MoveRow, MoveState};
use crate::store::suppressions::SuppressedBy;
use crate::store::{Durability, WriteTx, executions, moves, outcomes, people};

/// What a skip takes from the standing of its kind of action with its kind of people.
pub(in crate::engine) const SKIP_IMPACT: i64 = -1;
const MAX_SUBJECT_CHARS: usize = 250;
const MAX_BODY_BYTES: usize = 256 * 1024;
const MAX_NOTE_CHARS: usize = 500;

fn find_open(tx: &WriteTx<'_>, id: MoveId) -> Result<MoveRow> {
    let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
    match mv.status {
        MoveStatus::Open | MoveStatus::Snoozed => Ok(mv),
        MoveStatus::Approved | MoveStatus::Executing => Err(EngineError::Input(format!(
            "Move {id} is approved and on its way; `caseyos undo` withdraws it while it waits. Nothing was changed."
        ))),
        status => Err(EngineError::Input(format!(
            "Move {id} is {status} already. Nothing was changed."
        ))),
    }
}

fn names(found: &[MoveRow]) -> String {
    match found {
        [one] => format!("move {} ({})", one.id, one.title),
        many => format!("{} moves", many.len()),
    }
}

impl Engine {
    /// Ticks off a move that was done by hand.
    pub(in crate::engine) fn tick_off(&self, id: MoveId, note: String) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            if let Some(mv) = moves::load(tx, id)?.filter(|mv| mv.status == MoveStatus::Done) {
                return Ok(Done::Nothing {
                    summary: format!("Move {id} is done already ({}).", mv.close_reason),
                });
            }
            let mv = find_open(tx, id)?;
            refuse_unanswered(tx, &mv)?;
            let note = clean_line(&note, MAX_NOTE_CHARS);
            let before = mv.state();
            let reason = if note.is_empty() {
                "done by hand".to_owned()
            } else {
                note.clone()
            };
            let state = MoveState {
                status: MoveStatus::Done,
                snoozed_until: None,
                closed_at: Some(now),
                close_reason: reason,
                ..mv.state()
            };
            moves::set_state(tx, &state, now)?;
            let completed = Observed {
                contact: mv.contact_id,
                deal: mv.deal_id,
                move_id: Some(id),
                action: Some(mv.action),
                note,
                ..Observed::new(
                    OutcomeKind::TaskCompleted,
                    OutcomeSource::Manual,
                    now,
                    format!("move:{id}:task_completed:{}", now.as_millisecond()),
                )
            };
            let outcome = record(tx, completed, now)?;
            let step = Step::Moves {
                states: vec![before],
                counted: Vec::new(),
                outcomes: outcome.into_iter().collect(),
                again: false,
            };
            let summary = format!("Done: {}", names(std::slice::from_ref(&mv)));
            let promise = "The move comes back to the list and its outcome no longer counts.";
            let undo = change(
                tx,
                Change {
                    by: &By::Operator,
                    event: "move.done",
                    about: vec![format!("move:{id}")],
                    detail: json!({"title": mv.title}),
                    tells: Tells::As("move.changed"),
                    back: Back::Entry(&summary, promise, step),
                },
                now,
            )?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }

    pub(in crate::engine) fn edit_draft(
        &self,
        id: MoveId,
        subject: String,
        body: String,
    ) -> Result<Done> {
        let draft = DraftRow {
            subject: clean_line(&subject, MAX_SUBJECT_CHARS),
            body: clean_block(&body, MAX_BODY_BYTES),
        };
        if !draft.body.trim().is_empty()
            && let Some(done) = self.edit_lying_draft(id, &draft)?
        {
            return Ok(done);
        }
        self.write(Durability::Full, move |tx, core, now| {
            let mv = find_open(tx, id)?;
            // A task or a call may do without a text, but not without a title.
            let needs_text = !matches!(mv.action, ActionKind::CreateTask | ActionKind::LogCall);
            let needed = if needs_text { &draft.body } else { &draft.subject };
            if needed.trim().is_empty() {
                return Err(EngineError::Input(format!(
                    "The {} is empty. The draft was left as it was.",
                    if needs_text { "text" } else { "title" }
                )));
            }
            let means = make::means_of(tx, core, &mv, now)?;
            match means {
                Means::Mail => {}
                Means::Record if make::has_words(mv.action) => {}
                Means::Meeting => {
                    return Err(EngineError::Input(format!(
                        "Move {id} books a meeting: `caseyos edit {id} --at TIME --title TITLE` changes it, `--no-time` offers times by mail instead."
                    )));
                }
                Means::Record => {
                    return Err(EngineError::Input(format!(
                        "Move {id} changes fields: `caseyos edit {id} --stage STAGE`, or `--set NAME=VALUE`."
                    )));
                }
                Means::ByHand => {
                    return Err(EngineError::Input(format!(
                        "Move {id} is done by hand; it has no draft."
                    )));
                }
            }
            let previous = moves::draft(tx, id)?;
            if previous.as_ref() == Some(&draft) {
                return Ok(Done::Nothing {
                    summary: format!("The draft of move {id} already says that."),
                });
            }
            moves::set_draft(tx, id, Some(&draft), now)?;
            let summary = format!("Draft of {} changed", names(std::slice::from_ref(&mv)));
            let step = Step::Draft { id, previous };
            let promise = "The draft goes back to what it was.";
            let undo = change(tx, Change {
                by: &By::Operator,
                event: "draft.edited",
                about: vec![format!("move:{id}")],
                detail: json!({"bytes": draft.body.len()}),
                tells: Tells::As("move.changed"),
                back: Back::Entry(&summary, promise, step),
            }, now)?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }

    /// Settles something of a move besides the words of its draft, if it can be carried out so.
    pub(in crate::engine) fn plan_move(&self, id: MoveId, plan: MovePlan) -> Result<Done> {
        self.write_drafts(Durability::Full, move |tx, core, now| {
            let mv = find_open(tx, id)?;
            refuse_misfit(&mv, &plan)?;
            let previous = moves::plan(tx, id)?;
            let new = previous.clone().unwrap_or_default().under(plan.clone());
            if previous.as_ref() == Some(&new) {
                return Ok(Done::Nothing {
                    summary: format!("Move {id} says that already."),
                });
            }
            moves::set_plan(tx, id, Some(&new), now)?;
            // What cannot be carried out so is refused now, while the operator looks.
            let what = match make::make(tx, core, &mv, now)? {
                Way::Effect(made) => made.subject,
                Way::ByHand(why) => {
                    return Err(EngineError::Input(format!(
                        "Move {id} is done by hand: {why}. Nothing was changed."
                    )));
                }
                Way::Lacks(lack) => {
                    let lack = lack.trim_end_matches(" Nothing was written.");
                    return Err(EngineError::Input(format!("{lack} Nothing was changed.")));
                }
            };
            let summary = format!("Settled for {}: {what}", names(std::slice::from_ref(&mv)));
            let step = Step::Plan { id, previous };
            let promise = "What was settled before comes back.";
            let undo = change(
                tx,
                Change {
                    by: &By::Operator,
                    event: "move.planned",
                    about: vec![format!("move:{id}")],
                    detail: json!({"plan": new}),
                    tells: Tells::As("move.changed"),
                    back: Back::Entry(&summary, promise, step),
                },
                now,
            )?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }

    /// Throws away what the operator settled of a move.
    pub(in crate::engine) fn reset_plan(&self, id: MoveId) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let mv = find_open(tx, id)?;
            let Some(previous) = moves::plan(tx, id)? else {
                return Ok(Done::Nothing {
                    summary: format!("Nothing was settled of move {id}."),
                });
            };
            moves::set_plan(tx, id, None, now)?;
            let summary = format!("Nothing is settled of {}", names(std::slice::from_ref(&mv)));
            let step = Step::Plan {
                id,
                previous: Some(previous),
            };
            let promise = "What was settled comes back.";
            let undo = change(
                tx,
                Change {
                    by: &By::Operator,
                    event: "move.plan_reset",
                    about: vec![format!("move:{id}")],
                    detail: json!({}),
                    tells: Tells::As("move.changed"),
                    back: Back::Entry(&summary, promise, step),
                },
                now,
            )?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }

    pub(in crate::engine) fn reset_draft(&self, id: MoveId) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let mv = find_open(tx, id)?;
            let Some(previous) = moves::draft(tx, id)? else {
                return Ok(Done::Nothing {
                    summary: format!("The draft of move {id} is the template's already."),
                });
            };
            moves::set_draft(tx, id, None, now)?;
            let summary = format!(
                "Draft of {} is the template's again",
                names(std::slice::from_ref(&mv))
            );
            let step = Step::Draft {
                id,
                previous: Some(previous),
            };
            let undo = change(
                tx,
                Change {
                    by: &By::Operator,
                    event: "draft.reset",
                    about: vec![format!("move:{id}")],
                    detail: json!({}),
                    tells: Tells::As("move.changed"),
                    back: Back::Entry(&summary, "Your own words come back.", step),
                },
                now,
            )?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }

    pub(in crate::engine) fn snooze(&self, mut ids: Vec<MoveId>, until: Timestamp) -> Result<Done> {
        let zone = self.zone();
        ids.sort_unstable();
        ids.dedup();
        self.write(Durability::Full, move |tx, _, now| {
            if until <= now {
                return Err(EngineError::Input(
                    "A snooze must end in the future. Nothing was changed.".into(),
                ));
            }
            let found = ids
                .iter()
                .map(|id| find_open(tx, *id))
                .collect::<Result<Vec<_>>>()?;
            for mv in &found {
                let state = MoveState {
                    status: MoveStatus::Snoozed,
                    snoozed_until: Some(until),
                    ..mv.state()
                };
                moves::set_state(tx, &state, now)?;
            }
            let shown = clock(until, now, &zone);
            let summary = format!("Snoozed {} until {shown}", names(&found));
            put_back(
                tx,
                &found,
                summary,
                "move.snoozed",
                json!({"until": until}),
                Counts::default(),
                now,
            )
        })
    }

    pub(in crate::engine) fn skip(
        &self,
        mut ids: Vec<MoveId>,
        reason: String,
        suppress: Option<Whom>,
    ) -> Result<Done> {
        ids.sort_unstable();
        ids.dedup();
        self.write(Durability::Full, move |tx, _, now| {
            let reason = clean_line(&reason, MAX_NOTE_CHARS);
            let found = ids
                .iter()
                .map(|id| find_open(tx, *id))
                .collect::<Result<Vec<_>>>()?;
            let whom = suppress.or_else(|| says_do_not_contact(&reason).then_some(Whom::Me));
            let mut counted = Vec::new();
            for mv in &found {
                refuse_unanswered(tx, mv)?;
                let state = MoveState {
                    status: MoveStatus::Skipped,
                    snoozed_until: None,
                    closed_at: Some(now),
                    close_reason: if reason.is_empty() {
                        "skipped".into()
                    } else {
                        reason.clone()
                    },
                    ..mv.state()
                };
                moves::set_state(tx, &state, now)?;
                // A skip teaches about the kind of move and of people, not about this person.
                if let Some(person) = mv
                    .contact_id
                    .map(|c| people::load(tx, c))
                    .transpose()?
                    .flatten()
                {
                    let scope = outcomes::segment_scope(person.stage, mv.action.family());
                    outcomes::tally(tx, &scope, now, 1, SKIP_IMPACT)?;
                    tx.emit(now, RECORDED, scope.clone())?;
                    counted.push((scope, now));
                }
            }
            let mut summary = format!("Skipped {}", names(&found));
            let mut opt_out = None;
            if let Some(whom) = whom {
                let (what, step) = leave_alone(tx, &found, whom, now)?;
                summary = format!("{summary}; {what}");
                opt_out = Some(step);
            }
            put_back(
                tx,
                &found,
                summary,
                "move.skipped",
                json!({"reason": reason, "suppressed": opt_out.as_ref().map(|step| &step.suppressed)}),
                Counts {
                    scopes: counted,
                    opt_out,
                    ..Counts::default()
                },
                now,
            )
        })
    }

    pub(in crate::engine) fn reopen_move(&self, id: MoveId) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
            let mut counts = Counts {
                again: true,
                ..Counts::default()
            };
            match mv.status {
                MoveStatus::Open => {
                    return Ok(Done::Nothing {
                        summary: format!("Move {id} is open."),
                    });
                }
                MoveStatus::Approved | MoveStatus::Executing => {
                    return Err(EngineError::Input(format!(
                        "Move {id} is approved; `caseyos undo` withdraws it while it waits."
                    )));
                }
                MoveStatus::Done => {
                    for e in executions::of_move(tx, id)? {
                        match e.status {
                            ExecutionStatus::Sent => {
                                return Err(EngineError::Input(format!("The mail of move {id} has left; the move stays done.")));
                            }
                            ExecutionStatus::Drafted => {
                                return Err(EngineError::Input(format!(
                                    "Move {id} has a draft in the Drafts folder; `caseyos undo --list` shows the entry that takes it back."
                                )));
                            }
                            _ => {}
                        }
                    }
                    // Done again later, it counts again; twice it must not count.
                    for outcome in outcomes::done_by_hand(tx, id)? {
                        outcomes::set_undone(tx, outcome, true, now)?;
                        counts.outcomes.push(outcome);
                        tx.emit(now, RECORDED, format!("outcome:{outcome}"))?;
                    }
                }
                MoveStatus::Skipped => {
                    let person = mv.contact_id.map(|c| people::load(tx, c)).transpose()?.flatten();
                    if let (Some(person), Some(at)) = (person, mv.closed_at) {
                        let scope = outcomes::segment_scope(person.stage, mv.action.family());
                        outcomes::tally(tx, &scope, at, -1, -SKIP_IMPACT)?;
                        tx.emit(now, RECORDED, scope.clone())?;
                        counts.scopes.push((scope, at));
                    }
                }
                _ => {}
            }
            if let Some(other) = moves::find_standing(tx, mv.subject, mv.action.family())?
                .filter(|other| other.id != id)
            {
                return Err(EngineError::Input(format!(
                    "Move {id} cannot come back: move {} has taken its place.",
                    other.id
                )));
            }
            let open = MoveState {
                id,
                status: MoveStatus::Open,
                snoozed_until: None,
                closed_at: None,
                close_reason: String::new(),
            };
            moves::set_state(tx, &open, now)?;
            let found = [mv];
            put_back(
                tx,
                &found,
                format!("Reopened {}", names(&found)),
                "move.reopened",
                json!({}),
                counts,
                now,
            )
        })
    }
}

/// What a change counted or took out of the scores.
#[derive(Default)]
struct Counts {
    scopes: Vec<(String, Timestamp)>,
    outcomes: Vec<OutcomeId>,
    /// It was taken out, so taking the change back counts it again.
    again: bool,
    /// Whom it suppressed.
    opt_out: Option<OptOut>,
}

/// Suppresses the people of skipped moves, or everybody at their firms. Returns what was done, in words, and how it is taken back.
fn leave_alone(
    tx: &WriteTx<'_>,
    found: &[MoveRow],
    whom: Whom,
    now: Timestamp,
) -> Result<(String, OptOut)> {
    let mut alone = Alone::default();
    let mut step = OptOut {
        in_force: true,
        ..OptOut::default()
    };
    let mut people = Vec::new();
    for contact in found.iter().filter_map(|mv| mv.contact_id) {
        alone.join(Alone::wanted(tx, contact, None, whom)?);
        answer_standing(tx, contact, &mut step, now)?;
        people.extend(people::load(tx, contact)?.map(|person| person.name()));
    }
    people.dedup();
    if people.is_empty() {
        return Ok(("nobody is known behind it to suppress".into(), step));
    }
    step.suppressed = alone.suppress(tx, SuppressedBy::Operator, now)?;
    step.turned.extend(alone.end(tx, now, now)?);
    executions::ask_anew(tx)?;
    let object = match people.as_slice() {
        [one] => alone.object(one),
        many if alone.whom.is_empty() => format!("{} people", many.len()),
        _ => alone.object(""),
    };
    for one in &step.suppressed {
        tx.emit(now, "suppression.changed", one.value.clone())?;
    }
    let what = match step.suppressed.as_slice() {
        [] => format!("{object} was suppressed already"),
        _ => format!("suppressed {object}: they asked to be left alone"),
    };
    Ok((what, step))
}

/// Remembers how moves stood before a change, and records the change.
fn put_back(
    tx: &WriteTx<'_>,
    found: &[MoveRow],
    summary: String,
    event: &'static str,
    detail: serde_json::Value,
    counts: Counts,
    now: Timestamp,
) -> Result<Done> {
    let states = found.iter().map(MoveRow::state).collect();
    let step = Step::Moves {
        states,
        counted: counts.scopes,
        outcomes: counts.outcomes,
        again: counts.again,
    };
    let (step, promise) = match counts.opt_out {
        None => (step, "The moves go back to where they stood."),
        Some(opt_out) => (
            Step::All {
                steps: vec![step, Step::OptOut(opt_out)],
            },
            "The moves go back to where they stood, and nobody is suppressed by it any more; mail that waited is not queued again.",
        ),
    };
    let put = Change {
        by: &By::Operator,
        event,
        about: found.iter().map(|mv| format!("move:{}", mv.id)).collect(),
        detail,
        tells: Tells::As("move.changed"),
        back: Back::Entry(&summary, promise, step),
    };
    let undo = change(tx, put, now)?;
    Ok(Done::Changed {
        summary: format!("{summary}."),
        undo,
    })
}

/// Refuses to settle what a move of this action has no use for.
fn refuse_misfit(mv: &MoveRow, plan: &MovePlan) -> Result<()> {
    let has_meeting = plan.starts_at.is_some()
        || plan.by_mail
        || plan.minutes.is_some()
        || plan.with_call.is_some()
        || !plan.place.is_empty()
        || !plan.title.is_empty();
    let wrong = [
        (
            has_meeting && !mv.action.offers_times(&mv.template),
            "books no meeting",
        ),
        (
            !plan.stage.is_empty() && mv.action != ActionKind::UpdateDealStage,
            "moves no deal",
        ),
        (
            !plan.properties.is_empty()
                && !matches!(mv.action, ActionKind::UpdateContact | ActionKind::UpdateCrm),
            "changes no fields",
        ),
        (
            plan.due.is_some() && mv.action != ActionKind::CreateTask,
            "makes no task",
        ),
        (
            !plan.task.is_empty() && mv.action != ActionKind::CompleteTask,
            "completes no task",
        ),
    ];
    match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        Some((_, why)) => Err(EngineError::Input(format!(
            "Move {} is {}, which {why}. Nothing was changed.",
            mv.id, mv.action
        ))),
        None => Ok(()),
    }
}
