//! Approval by rules in the pass: gathers the facts of open moves, asks the rules, keeps what they decided, and approves what they allow.
//!
//! What a rule approves goes the same way as what the operator approves: the same command, bound to the hash of the draft that was
//! decided about, through the same guards, limits and undo. A move is decided about again only when something about it, the rules, the mode
//! or the kill switch has changed, or when its facts have aged.

mod facts;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::domain::action::{ActionKind, Means};
use crate::domain::approval::{
    ApprovalRules, Condition, DecidedBy, Decisions, Facts, Variable, Verdict, decide,
};
use crate::domain::by::By;
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::id::MoveId;
use crate::engine::effects::kinds::mail::draft::hex;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::{Command, Done};
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Context, Job, JobRun, Plan, Rehearsal, Stage};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::approvals::{self, NewDecision};
use crate::store::{Durability, ReadTx, WriteTx, control, executions, moves};

/// Moves that one pass decides about at most; the rest is for the next one, best moves first.
const PER_PASS: usize = 2000;
/// Moves of one read and one write.
const BATCH: usize = 50;

/// What rules did in a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct RuleRun {
    /// Moves that they approved.
    pub approved: u64,
    /// Of these, what has left already or lies in Drafts.
    pub sent: u64,
    /// What went wrong.
    pub problems: Vec<String>,
}

struct Decided {
    kept: NewDecision,
    content_hash: Option<[u8; 32]>,
}

impl Engine {
    /// Asks the rules of approval about what is new or has changed, and carries out what those that are on allow, unless `acts` is false.
    pub(in crate::engine) fn approve_by_rules(&self, acts: bool) -> Result<RuleRun> {
        let mut run = RuleRun::default();
        let loaded = self.core().approval_rules();
        let rules = match &loaded.rules {
            Ok(rules) => rules,
            Err(mistakes) => {
                run.problems.push(unreadable(mistakes));
                return Ok(run);
            }
        };
        if !rules.asks_anything() {
            return Ok(run);
        }
        let now = self.now();
        let (context, open) = self.store().read(|tx| {
            let context = context(tx, self.core(), rules);
            let open = approvals::undecided(tx, &sendable(), &context, now, PER_PASS)?;
            Ok::<_, EngineError>((context, open))
        })?;
        let looks_hourly = asks_the_hour(rules);
        for batch in open.chunks(BATCH) {
            let now = self.now();
            let decided = self
                .store()
                .read(|tx| decide_batch(tx, self.core(), rules, batch, looks_hourly, now))?;
            let allowed = allowed(&decided);
            let (rules_hash, kept) = (*rules.hash(), decided);
            self.write(Durability::Normal, move |tx, _, _| {
                for one in &kept {
                    if approvals::keep(tx, &one.kept, &rules_hash, &context, now)? {
                        note_decision(tx, &one.kept, now)?;
                    }
                }
                Ok(())
            })?;
            if acts && self.core().mode() != Mode::DryRun {
                for (id, rule, hash) in allowed {
                    self.approve_one(id, &rule, hash, &mut run)?;
                }
            }
        }
        self.forget_old_decisions(now)?;
        Ok(run)
    }

    /// Lets a rule approve a move, if exactly what it decided about is still what would go.
    fn approve_one(
        &self,
        id: MoveId,
        rule: &str,
        content_hash: [u8; 32],
        run: &mut RuleRun,
    ) -> Result<()> {
        let queued = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::count_queued(tx)?))?;
        // More than can leave in a day would expire in the queue, and the operator would find it approved and unsent.
        if queued >= u64::from(self.config().limits.per_day) {
            return self.look_again(id);
        }
        match self.run(Command::Approve {
            id,
            content_hash: Some(content_hash),
            by: By::Rule(rule.to_owned()),
        }) {
            Ok(Done::Sent { .. }) => {
                run.approved += 1;
                run.sent += 1;
            }
            Ok(Done::Queued { .. } | Done::Held { .. } | Done::Changed { .. }) => run.approved += 1,
            Ok(
                Done::Blocked { .. }
                | Done::Shown { .. }
                | Done::Nothing { .. }
                | Done::Recorded { .. },
            ) => {}
            Err(EngineError::Store(error)) => return Err(error.into()),
            // The draft has just changed, or the mailbox is not there: it is decided about again at the next pass.
            Err(_) => self.look_again(id)?,
        }
        Ok(())
    }

    /// Lets the next pass decide about a move again.
    fn look_again(&self, id: MoveId) -> Result<()> {
        self.write(Durability::Normal, move |tx, _, now| {
            Ok(approvals::look_again(tx, id, now)?)
        })
    }

    fn forget_old_decisions(&self, now: Timestamp) -> Result<()> {
        let days = i64::from(self.config().approval.keep_days);
        let Ok(before) = now.checked_sub(SignedDuration::from_hours(24 * days)) else {
            return Ok(());
        };
        let is_due = self
            .store()
            .read(|tx| Ok::<_, EngineError>(approvals::any_before(tx, before)?))?;
        if is_due {
            self.write(Durability::Normal, move |tx, _, _| {
                approvals::forget_before(tx, before)?;
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Notes in the audit trail what a rule that is on decided.
fn note_decision(tx: &WriteTx<'_>, kept: &NewDecision, now: Timestamp) -> Result<()> {
    let decision = &kept.decisions.acting;
    let DecidedBy::Rule { name, version, .. } = &decision.by else {
        return Ok(());
    };
    let event = match decision.verdict {
        Verdict::Allow => "approval_rule.allowed",
        Verdict::Deny | Verdict::Operator => "approval_rule.denied",
    };
    let detail = serde_json::json!({
        "version": version,
        "confidence": decision.confidence,
        "because": decision.reason,
        "inputs_hash": hex(&kept.inputs_hash),
    });
    let subject = format!("move:{}", kept.move_id);
    let decided = Change {
        by: &By::Rule(name.clone()),
        event,
        about: vec![subject],
        detail,
        tells: Tells::Nothing,
        back: Back::None,
    };
    change(tx, decided, now).map(|_| ())
}

fn sendable() -> Vec<ActionKind> {
    ActionKind::ALL
        .iter()
        .copied()
        .filter(|action| action.means() == Means::Mail)
        .collect()
}

/// Returns the hash of what all decisions rest on: if it changes, every move is decided about again.
fn context(tx: &ReadTx<'_>, core: &Core, rules: &ApprovalRules) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(rules.hash());
    hasher.update(core.mode().as_str());
    hasher.update([u8::from(control::kill_switch(tx) == KillSwitch::Running)]);
    hasher.update(core.config.approval.max_recipients.to_be_bytes());
    hasher.finalize().into()
}

fn asks_the_hour(rules: &ApprovalRules) -> bool {
    rules
        .rules()
        .iter()
        .flat_map(|rule| &rule.when)
        .flat_map(Condition::variables)
        .any(|v| {
            matches!(
                v,
                Variable::TimeHour
                    | Variable::TimeWeekday
                    | Variable::TimeWeekend
                    | Variable::MoveAgeHours
                    | Variable::MoveOverdue
                    | Variable::MoveScore
            )
        })
}

fn decide_batch(
    tx: &ReadTx<'_>,
    core: &Core,
    rules: &ApprovalRules,
    batch: &[MoveId],
    looks_hourly: bool,
    now: Timestamp,
) -> Result<Vec<Decided>> {
    let mut decided = Vec::with_capacity(batch.len());
    for id in batch {
        let Some(mv) = moves::load(tx, *id)? else {
            continue;
        };
        let gathered = facts::gather(tx, core, &mv, now)?;
        let decisions = decide(rules, &gathered.facts);
        let (text, inputs_hash) = words_and_hash(&gathered.facts, true);
        let (_, facts_hash) = words_and_hash(&gathered.facts, false);
        decided.push(Decided {
            kept: NewDecision {
                move_id: *id,
                decisions,
                facts: text,
                inputs_hash,
                facts_hash,
                look_at: facts::next_look(looks_hourly, now),
            },
            content_hash: gathered.content_hash,
        });
    }
    Ok(decided)
}

fn words_and_hash(facts: &Facts, with_ageing: bool) -> (String, [u8; 32]) {
    let text = facts.to_json(with_ageing).to_string();
    let hash = Sha256::digest(text.as_bytes()).into();
    (text, hash)
}

/// Returns what rules that are on allow: the move, the rule, and the hash of the draft.
fn allowed(decided: &[Decided]) -> Vec<(MoveId, String, [u8; 32])> {
    decided
        .iter()
        .filter(|one| one.kept.decisions.acting.verdict == Verdict::Allow)
        .filter_map(|one| {
            let Decisions { acting, .. } = &one.kept.decisions;
            Some((
                one.kept.move_id,
                acting.decider().to_owned(),
                one.content_hash?,
            ))
        })
        .collect()
}

/// Says that the rules cannot be read, by their first mistake.
fn unreadable(mistakes: &[String]) -> String {
    let first = mistakes.first().map_or("", String::as_str);
    format!("{first} Nothing is approved by rules until that is mended.")
}

/// Asks the rules of approval about open moves.
#[derive(Debug)]
pub(in crate::engine) struct Approvals;

impl Job for Approvals {
    fn name(&self) -> String {
        "approval-rules".into()
    }

    fn about(&self) -> String {
        "Approves moves that the rules of approval allow".into()
    }

    fn hindrance(&self, engine: &Engine) -> Option<String> {
        let loaded = engine.core().approval_rules();
        loaded.rules.as_ref().err().map(|m| unreadable(m))
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            rehearsal: Rehearsal::LeftOut,
            ..Plan::of(Stage::Act)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        let run = engine.approve_by_rules(true)?;
        Ok(JobRun {
            approved: run.approved,
            sent: run.sent,
            notices: run.problems,
            ..JobRun::default()
        })
    }
}
