//! One move in full: who, what, why, the evidence, the draft and what the guards say.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::audit::hex;
use crate::engine::commands::approve::would_be;
use crate::engine::effects::forecast::Outlook;
use crate::engine::effects::gate;
use crate::engine::effects::kind::{Letter, Way};
use crate::engine::effects::{kinds, make};
use crate::engine::error::Result;
use crate::engine::ground::lookup::no_such_move;
use crate::engine::ground::say::day_and_time;
use crate::engine::handle::Engine;
use crate::engine::queries::today::item;
use crate::engine::road::intake::what_happened;
use crate::engine::road::scoring::{Tallies, facts};
use crate::store::executions::ExecutionStatus;
use crate::store::moves::ScoringRow;
use crate::store::{deals, executions, moves, people, signals};

use crate::domain::action::{Family, Means};
use crate::domain::aps::{self, Counterfactual, Points, Term, counterfactuals, score};
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::short_amount;
use crate::domain::guard::Verdict;
use crate::domain::id::{ContactId, ExecutionId, MoveId, SignalId};
use crate::domain::learning::OutcomeTerm;
use crate::domain::moves::MoveStatus;
use crate::engine::queries::today::TodayItem;

/// One signal behind a move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The signal.
    pub signal_id: SignalId,
    /// The source.
    pub source: String,
    /// The kind of event.
    pub kind: String,
    /// Instant of the event.
    pub occurred_at: Timestamp,
    /// Its content in a line.
    pub summary: String,
}

/// The message that approval would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftView {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The message that it answers.
    pub in_reply_to: Option<String>,
    /// True for a draft that the operator changed.
    pub edited: bool,
    /// The hash that approval is bound to, in hexadecimal.
    pub content_hash: String,
}

/// An invitation or a change of records that approval would carry out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeedView {
    /// A summary in words.
    pub summary: String,
    /// Its parts: a name and a value each.
    pub parts: Vec<DeedPart>,
    /// The promise of what undo brings back.
    pub undo: String,
    /// The hash that approval is bound to, in hexadecimal.
    pub content_hash: String,
}

impl DeedView {
    /// Returns its title and its text, which can be edited like those of a draft; none if it has no words.
    #[must_use]
    pub fn words(&self) -> Option<(String, String)> {
        let part = |names: &[&str]| {
            self.parts
                .iter()
                .find(|part| names.contains(&part.name.as_str()))
                .map(|part| part.value.clone())
        };
        let title = part(&["task", "call"]);
        let text = part(&["text", "note"]);
        (title.is_some() || text.is_some())
            .then(|| (title.unwrap_or_default(), text.unwrap_or_default()))
    }
}

/// A part of what approval would carry out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeedPart {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One carrying-out of the move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExecutionView {
    /// The execution.
    pub id: ExecutionId,
    /// `queued`, `sending`, `sent`, `drafted`, `failed`, `uncertain` or `cancelled`.
    pub status: String,
    /// The message's own id.
    pub message_id: String,
    /// Instant of the approval.
    pub approved_at: Timestamp,
    /// By whom.
    pub approved_by: String,
    /// Instant of its end.
    pub settled_at: Option<Timestamp>,
    /// The place where the message lies.
    pub location: String,
    /// The error, in words.
    pub error: String,
}

/// One move in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoveDetail {
    /// The line of the list.
    #[serde(flatten)]
    pub item: TodayItem,
    /// Its status.
    pub status: MoveStatus,
    /// Until when it is put off.
    pub snoozed_until: Option<Timestamp>,
    /// Instant at which it came up.
    pub created_at: Timestamp,
    /// Why it was closed.
    pub close_reason: String,
    /// The rule that made it.
    pub rule: String,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The person's job title.
    pub job_title: String,
    /// The person's lifecycle stage; empty if nobody is known.
    pub stage: String,
    /// The person's time zone, and the time there.
    pub time_zone: String,
    /// The deal, with its amount; empty if there is none.
    pub deal: String,
    /// The terms; their points add up to `score`.
    pub terms: Vec<Term>,
    /// The best other move's score, to compare with.
    pub leader_score: Option<Points>,
    /// Changes, each of which would put it first.
    pub counterfactual: Vec<Counterfactual>,
    /// The signals behind it, newest first.
    pub evidence: Vec<Evidence>,
    /// The means by which it would be carried out.
    pub means: Means,
    /// The heading over what would be carried out: "Draft", "Invitation".
    pub heading: &'static str,
    /// The heading where there is nothing to carry out yet: "No draft".
    pub missing: &'static str,
    /// What approval will have done, as a sentence; empty where the countdown says it.
    pub after: &'static str,
    /// The reason why its words cannot be written in an editor; empty where they can.
    pub not_edited: &'static str,
    /// Whether it is about a time, so that with one its approval books the meeting.
    pub offers_times: bool,
    /// The message that approval would send; none for what is no mail.
    pub draft: Option<DraftView>,
    /// The deed that approval would carry out, other than a mail.
    pub deed: Option<DeedView>,
    /// Why there is neither although it is not done by hand; or why it is done by hand although it could be carried out from here.
    pub draft_problem: Option<String>,
    /// The guards' verdicts now.
    pub verdicts: Vec<Verdict>,
    /// Its executions.
    pub executions: Vec<ExecutionView>,
}

/// Signals that are shown as evidence.
const MAX_EVIDENCE: usize = 20;

fn letter_view(letter: Letter, hash: &[u8; 32], edited: bool) -> DraftView {
    DraftView {
        content_hash: hex(hash),
        from: letter.from,
        to: letter.to,
        subject: letter.subject,
        body: letter.body,
        in_reply_to: (!letter.in_reply_to.is_empty()).then_some(letter.in_reply_to),
        edited,
    }
}

impl Engine {
    pub(in crate::engine) fn show_move(&self, id: MoveId) -> Result<MoveDetail> {
        self.refresh()?;
        let now = self.now();
        let core = self.core();
        self.store().read(|tx| {
            let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
            let line = moves::list_one(tx, id)?.ok_or_else(|| no_such_move(id))?;
            let (before, leader_score) = moves::standing(tx, &mv)?;
            let person = mv
                .contact_id
                .map(|c| people::load(tx, c))
                .transpose()?
                .flatten();
            let stage = person.as_ref().map(|p| p.stage);
            let row = ScoringRow {
                id,
                contact_id: mv.contact_id,
                stage,
                action: mv.action,
                status: mv.status,
                components: mv.components,
                score: mv.score,
                started_at: mv.started_at,
                due_at: mv.due_at,
                changes_at: mv.changes_at,
                snoozed_until: mv.snoozed_until,
                touched_at: mv.started_at,
            };
            let weights = &core.config.score.weights;
            let outcome = Tallies::new(now).term(tx, mv.contact_id, stage, mv.action.family())?;
            let score_facts = facts(&row, outcome);
            let scored = score(&score_facts, weights, now);
            // Made once, as it tells the means too.
            let made = mv
                .status
                .is_standing()
                .then(|| make::make(tx, core, &mv, now))
                .transpose()?;
            let means = match &made {
                Some(Way::ByHand(_)) => Means::ByHand,
                Some(Way::Effect(made)) => kinds::of(made.kind).means(),
                Some(Way::Lacks(_)) | None => make::means_of(tx, core, &mv, now)?,
            };
            let kind = make::kind_of(tx, &mv)?.filter(|_| means != Means::ByHand);
            let zone = core.config.operator.zone();
            let [revenue, urgency_why, strategic] = mv.why.clone();
            let is_near = mv.due_at.duration_since(now).as_hours().abs() < 6 * 24;
            let due = if is_near {
                mv.due_at
                    .to_zoned(zone.clone())
                    .strftime("%a %H:%M")
                    .to_string()
            } else {
                day_and_time(mv.due_at, now, &zone)
            };
            let terms = scored.explain(
                weights,
                aps::Evidence {
                    revenue,
                    urgency: format!("{}; due {due}", urgency_why.trim_end_matches('.')),
                    ease: kind.map_or("by hand", |kind| kind.words().ready).into(),
                    strategic,
                    outcomes: outcome_words(&outcome, stage, mv.action.family()),
                },
            );
            let is_behind = leader_score.is_some_and(|leader| leader >= scored.total);
            let counterfactual = match leader_score {
                Some(leader) if is_behind => counterfactuals(&score_facts, weights, now, leader),
                _ => Vec::new(),
            };
            let evidence = signals::of_move(tx, id, MAX_EVIDENCE)?
                .into_iter()
                .map(|s| Evidence {
                    signal_id: s.id,
                    source: s.draft.source.to_string(),
                    kind: s.draft.kind().to_string(),
                    occurred_at: s.draft.occurred_at,
                    summary: what_happened(&s.draft),
                })
                .collect();
            let mut outlook = Outlook::new(tx, core, now);
            let (mut draft_view, mut deed_view) = (None, None);
            let (mut draft_problem, mut verdicts) = (None, Vec::new());
            if let Some(made) = made {
                match made {
                    Way::ByHand(why) => {
                        draft_problem = make::kind_of(tx, &mv)?.map(|_| why);
                    }
                    Way::Effect(made) => {
                        verdicts = would_be(tx, core, &mv, &made, &mut outlook, now)?;
                        let effect = kinds::of(made.kind);
                        let hash = effect.hash(&made.content);
                        let view = effect.shown(core, &made.content)?;
                        match view.letter {
                            Some(letter) => {
                                draft_view = Some(letter_view(letter, &hash, made.edited));
                            }
                            None => {
                                let parts = view.parts.into_iter();
                                deed_view = Some(DeedView {
                                    summary: view.subject,
                                    parts: parts
                                        .map(|(name, value)| DeedPart { name, value })
                                        .collect(),
                                    undo: view.promise,
                                    content_hash: hex(&hash),
                                });
                            }
                        }
                    }
                    Way::Lacks(lack) => draft_problem = Some(lack),
                }
            }
            let executions = executions::of_move(tx, id)?;
            // A draft that lies in a mailbox can still be changed and sent.
            if let Some(lying) = executions
                .iter()
                .find(|e| e.status == ExecutionStatus::Drafted || e.is_of_draft())
            {
                let effect = kinds::of(lying.kind);
                let letter = effect.shown(core, &lying.content)?.letter;
                draft_view = letter.map(|letter| letter_view(letter, &lying.content_hash, true));
            }
            if let (Some(waiting), false) = (
                executions.iter().find(|e| e.settled_at.is_none()),
                executions.is_empty(),
            ) {
                verdicts = if waiting.status == ExecutionStatus::Queued {
                    // What holds it now, not what held it when it was last tried.
                    gate::ask_again(tx, core, waiting, now)?
                } else {
                    executions::verdicts(tx, waiting.id)?
                };
                outlook.say_of(waiting.id, &mut verdicts)?;
            }
            let deal = mv
                .deal_id
                .map(|d| deals::load(tx, d))
                .transpose()?
                .flatten();
            let time_zone = person.as_ref().map(|p| {
                let zone = core.zone_of(p);
                let there = now.to_zoned(zone.clone());
                format!(
                    "{}, {} there",
                    crate::domain::schedule::zone_name(&zone),
                    there.strftime("%a %H:%M")
                )
            });
            Ok(MoveDetail {
                item: TodayItem {
                    score: scored.total,
                    ..item(before + 1, line)
                },
                status: mv.status,
                snoozed_until: mv
                    .snoozed_until
                    .filter(|_| mv.status == MoveStatus::Snoozed),
                created_at: mv.created_at,
                close_reason: mv.close_reason,
                rule: mv.rule,
                contact_id: mv.contact_id,
                job_title: person.map(|p| p.title).unwrap_or_default(),
                stage: stage.map_or_else(String::new, |stage| stage.to_string()),
                time_zone: time_zone.unwrap_or_default(),
                deal: deal
                    .map(|d| match d.amount.filter(|a| a.0 > 0) {
                        Some(amount) => format!("{} {}", d.name, short_amount(amount, &d.currency)),
                        None => d.name,
                    })
                    .unwrap_or_default(),
                terms,
                leader_score,
                counterfactual,
                evidence,
                means,
                heading: kind.map_or("By hand", |kind| kind.words().heading),
                missing: kind.map_or("By hand", |kind| kind.words().missing),
                after: kind.map_or("", |kind| kind.words().after),
                not_edited: kind.map_or("is done by hand; there is no draft to edit", |kind| {
                    kind.words().not_edited
                }),
                offers_times: mv.action.offers_times(&mv.template),
                draft: draft_view,
                deed: deed_view,
                draft_problem,
                verdicts,
                executions: executions
                    .into_iter()
                    .map(|e| ExecutionView {
                        id: e.id,
                        status: e.status.to_string(),
                        message_id: e.message_id,
                        approved_at: e.approved_at,
                        approved_by: e.approved_by.to_string(),
                        settled_at: e.settled_at,
                        location: e.location,
                        error: e.error,
                    })
                    .collect(),
            })
        })
    }
}

const fn people_at(stage: Option<LifecycleStage>) -> &'static str {
    match stage {
        Some(LifecycleStage::Subscriber) => "subscribers",
        Some(LifecycleStage::Lead) => "leads",
        Some(LifecycleStage::Opportunity) => "opportunities",
        Some(LifecycleStage::Customer) => "customers",
        Some(LifecycleStage::FormerCustomer) => "former customers",
        Some(LifecycleStage::Other | LifecycleStage::DoNotContact) | None => "others",
    }
}

fn outcome_words(term: &OutcomeTerm, stage: Option<LifecycleStage>, family: Family) -> String {
    match (term.contact_n, term.segment_n) {
        (0, 0) => "nothing known yet (n = 0)".into(),
        (own, segment) => format!(
            "this contact {:+.2} (n = {own}), {} with {} {:+.2} (n = {segment})",
            term.contact_mean,
            family.as_str().replace('_', " "),
            people_at(stage),
            term.segment_mean
        ),
    }
}
