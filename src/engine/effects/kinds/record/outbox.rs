//! The outbox: claim, look, send, settle; and what becomes of a write whose answer never came.
//!
//! ```text
//! queued -> sending (committed before a byte leaves) -> sent | failed | queued again (never left) | uncertain
//! uncertain -> looked up through the record's ties, never the search index -> sent | queued again
//! ```

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::connectors::hubspot::objects::{self, BATCH, Object};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::hubspot::search::{self, Filter};
use crate::connectors::hubspot::{associations, engagements};
use crate::connectors::transport::{CallError, CallErrorKind, Fate};
use crate::domain::crm::{ContactField, Merged, Sides, merge};
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::id::ExecutionId;
use crate::domain::service::Service;
use crate::engine::effects::kinds::record::operation::{Operation, shown};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::{base_of, draft_of, local, read_base, said, slot_text};
use crate::env::crash_point;
use crate::store::hubspot::{self, Conflict, SeenWriter, WriteRow, WriteStatus};
use crate::store::{Durability, audit, contacts, control, executions};

/// How long an unanswered write is left alone before it is asked after: the request may still be on its way.
const SETTLES_IN: SignedDuration = SignedDuration::from_secs(60);
/// After how long the search index is believed when it knows nothing of a write.
const INDEX_LAG: SignedDuration = SignedDuration::from_mins(10);
/// Tries after which a write that never leaves is given up.
const MAX_TRIES: i64 = 5;
/// Edits that one push takes along.
const MOST_EDITS: usize = 1_000;

/// What is said where nothing was left to write, as HubSpot has the value already: all other ends of a write that was given up leave
/// undone what was asked for.
pub(in crate::engine) const SAYS_SO: &str = "HubSpot says so already; nothing was written.";
/// The error of a write that the operator closed although it may have been done.
pub(in crate::engine) const CLOSED: &str = "closed by the operator; it may have been written";
/// How the error of a write begins that its execution tries again itself, once its guards have been asked again.
pub(in crate::engine) const NOT_DONE: &str = "not done: ";

/// Tells whether an execution asked for a write: then the execution decides when it is tried, not HubSpot's outbox.
fn is_of_execution(row: &WriteRow) -> bool {
    row.key.starts_with("execution:")
}

/// Tells whether a write stands or falls as a whole: what a move does, and what takes something back, is not done by halves.
fn is_whole(row: &WriteRow) -> bool {
    is_of_execution(row) || row.key.starts_with("undo:")
}

/// What a push did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PushReport {
    /// Whether nothing was written, as asked.
    pub dry_run: bool,
    /// The exact requests, where they were asked for.
    pub requests: Vec<String>,
    /// Writes that were done.
    pub sent: u64,
    /// Writes that wait.
    pub waiting: u64,
    /// Writes that HubSpot refused.
    pub failed: u64,
    /// Fields that wait for a decision.
    pub conflicts: u64,
    /// Sentences about what was refused or held.
    pub problems: Vec<String>,
}

/// How one write ended.
enum Ended {
    Sent(String),
    Queued(String),
    Failed(String),
    Uncertain(String),
    /// Nothing was left to write: the sentence says why.
    Moot(String),
}

impl Engine {
    /// Returns why nothing may be written now.
    pub(in crate::engine) fn write_held_by(&self) -> Result<Option<(&'static str, String)>> {
        let switch = self
            .store()
            .read(|tx| Ok::<_, EngineError>(control::kill_switch(tx)))?;
        if switch != KillSwitch::Running {
            return Ok(Some((
                "kill_switch",
                "everything is stopped; `caseyos resume` lifts it".into(),
            )));
        }
        if let (Some(paused), Mode::Live) = (self.paused_because()?, self.core().mode()) {
            return Ok(Some(("kill_switch", paused)));
        }
        Ok(match self.core().mode() {
            Mode::Live => None,
            Mode::Draft => Some((
                "mode",
                "the mode is draft, in which nothing leaves; `caseyos mode live` changes that"
                    .into(),
            )),
            Mode::DryRun => Some((
                "mode",
                "the mode is dry-run, in which nothing is written".into(),
            )),
        })
    }

    /// Refuses what must not wait in a queue.
    pub(in crate::engine) fn must_be_free(&self) -> Result<Option<Done>> {
        Ok(self.write_held_by()?.map(|(guard, why)| Done::Blocked {
            summary: format!("Not done, by {guard}: {why}. Nothing was written."),
            verdicts: Vec::new(),
        }))
    }

    /// Shows the request of a write.
    pub(in crate::engine) fn show_request(
        &self,
        operation: &Operation,
        key: &str,
        summary: &str,
    ) -> Done {
        let request = operation.request(self.config().hubspot.api_version, key);
        Done::Shown {
            summary: format!("{summary}: this would be written to HubSpot. Nothing was sent."),
            message: shown(self.config().base_url(Service::Hubspot), &request),
            verdicts: Vec::new(),
        }
    }

    /// Carries out a queued write, if the guards let it.
    pub(in crate::engine) fn carry_out_write(&self, id: i64) -> Result<Done> {
        let Some(row) = self.store().read(|tx| hubspot::load_write(tx, id))? else {
            return Err(EngineError::NotFound(format!("There is no write {id}.")));
        };
        let operation = read(&row)?;
        if let Some((guard, why)) = self.write_held_by()? {
            if guard == "mode" && self.core().mode() == Mode::DryRun {
                return Ok(self.show_request(&operation, &row.key, &row.summary));
            }
            return Ok(Done::Blocked {
                summary: format!(
                    "{}: kept as write {id}, and held by {guard}: {why}. The next sync writes it once it may.",
                    row.summary
                ),
                verdicts: Vec::new(),
            });
        }
        let holder = self.core().holder()?.to_owned();
        let claimed = self.write(Durability::Full, move |tx, _, now| {
            Ok(hubspot::claim_write(tx, id, &holder, now)?)
        })?;
        if !claimed {
            return Ok(Done::Nothing {
                summary: format!("Write {id} is carried out elsewhere."),
            });
        }
        crash_point("hubspot-after-claim");
        // A failure of our own says nothing about what HubSpot did: it is asked about.
        let ended = self
            .perform_write(&row, &operation)
            .unwrap_or_else(|error| Ended::Uncertain(error.to_string()));
        crash_point("hubspot-after-request");
        self.settle_and_say(&row, ended)
    }

    fn perform_write(&self, row: &WriteRow, operation: &Operation) -> Result<Ended> {
        let version = self.config().hubspot.api_version;
        let mut operation = operation.clone();
        if let Operation::Set { .. } = operation {
            if let Some(ended) = self.look_before_write(row, &mut operation)? {
                return Ok(ended);
            }
            // What is written and what that replaces is known before it is done, so that it can be looked up and taken back.
            let (id, text) = (row.id, written(&operation)?);
            self.write(Durability::Full, move |tx, _, _| {
                Ok(hubspot::set_operation(tx, id, &text)?)
            })?;
            crash_point("hubspot-after-look");
        }
        let request = operation.request(version, &row.key);
        match self.outside().call(&request) {
            Ok(response) => match objects::parse_object(&response).map(|o| o.id) {
                // It was made, and without its name nobody finds it again: it is looked up as if no answer had come.
                Err(error) if operation.makes().is_some() => {
                    self.unanswered_write(row, &operation, &error)
                }
                Ok(id) if id.is_empty() && operation.makes().is_some() => {
                    let error = CallError::of(
                        CallErrorKind::BadAnswer,
                        Fate::Sent,
                        "the answer does not name what was made",
                    );
                    self.unanswered_write(row, &operation, &error)
                }
                named => {
                    let id = named.unwrap_or_default();
                    self.note_done(&operation, &id)?;
                    Ok(Ended::Sent(id))
                }
            },
            // What is gone already needs no putting away.
            Err(error)
                if error.kind == CallErrorKind::NotFound
                    && matches!(operation, Operation::Archive { .. }) =>
            {
                Ok(Ended::Sent(String::new()))
            }
            Err(error) => self.unanswered_write(row, &operation, &error),
        }
    }

    /// Decides what a failed call means. What is unknown is looked up at once, and again later.
    fn unanswered_write(
        &self,
        row: &WriteRow,
        operation: &Operation,
        error: &CallError,
    ) -> Result<Ended> {
        let why = said(error);
        match (error.fate, error.kind) {
            (Fate::NotSent, CallErrorKind::SignedOut) => Ok(Ended::Queued(why)),
            (Fate::NotSent, _)
            | (
                Fate::Answered,
                CallErrorKind::RateLimited
                | CallErrorKind::QuotaExhausted
                | CallErrorKind::Unauthorized
                | CallErrorKind::CircuitOpen,
            ) => Ok(Ended::Queued(why)),
            // An answer that cannot be read says nothing of what was done.
            (Fate::Answered, kind) if kind != CallErrorKind::BadAnswer => Ok(Ended::Failed(why)),
            _ => match self.look_up_write(row, operation) {
                Ok(Some(id)) => {
                    self.note_done(operation, &id)?;
                    Ok(Ended::Sent(id))
                }
                Ok(None) | Err(_) => Ok(Ended::Uncertain(why)),
            },
        }
    }

    fn settle_and_say(&self, row: &WriteRow, ended: Ended) -> Result<Done> {
        let (to, remote, error, tries) = match &ended {
            Ended::Sent(id) => (WriteStatus::Sent, id.clone(), String::new(), row.tries),
            Ended::Queued(why) if row.tries + 1 >= MAX_TRIES => {
                (WriteStatus::Failed, String::new(), why.clone(), row.tries)
            }
            Ended::Queued(why) => (WriteStatus::Queued, String::new(), why.clone(), row.tries),
            Ended::Failed(why) => (WriteStatus::Failed, String::new(), why.clone(), row.tries),
            Ended::Uncertain(why) => (
                WriteStatus::Uncertain,
                String::new(),
                why.clone(),
                row.tries,
            ),
            Ended::Moot(why) => (
                WriteStatus::Cancelled,
                String::new(),
                why.clone(),
                row.tries,
            ),
        };
        let (id, by, summary) = (row.id, row.asked_by.clone(), row.summary.clone());
        let is_own_wish = !["execution:", "undo:", "edit:"]
            .iter()
            .any(|kind| row.key.starts_with(kind));
        let detail =
            json!({"what": summary, "remote": remote, "because": error, "tries": tries + 1});
        let ended = match ended {
            Ended::Queued(why) if to == WriteStatus::Failed => Ended::Failed(why),
            ended => ended,
        };
        let from = row.status;
        let undo = self.write(Durability::Full, move |tx, _, now| {
            let mut undo = None;
            let from = if from == WriteStatus::Queued {
                WriteStatus::Sending
            } else {
                from
            };
            if hubspot::settle_write(tx, id, (from, to), (&remote, &error), now)? {
                let event = format!("hubspot.{to}");
                audit::append(
                    tx,
                    now,
                    &by,
                    &event,
                    &format!("hubspot_write:{id}"),
                    &detail,
                )?;
                tx.emit(now, "hubspot.settled", format!("hubspot_write:{id}"))?;
                if to == WriteStatus::Sent && is_own_wish {
                    undo =
                        crate::engine::effects::kinds::record::undo::remember_write(tx, id, now)?;
                }
            }
            Ok(undo)
        })?;
        crash_point("hubspot-after-settle");
        let blocked = |summary: String| {
            Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            })
        };
        match ended {
            Ended::Sent(_) => Ok(Done::Changed {
                summary: format!("{}: written to HubSpot.", row.summary),
                undo,
            }),
            Ended::Moot(why) if why.starts_with("conflict") => {
                blocked(format!("{}: {why}", row.summary))
            }
            Ended::Moot(why) => Ok(Done::Nothing {
                summary: format!("{}: {why}", row.summary),
            }),
            Ended::Failed(why) => Err(EngineError::Outside(format!(
                "{}: HubSpot did not take it, and nothing was changed there. {why}",
                row.summary
            ))),
            Ended::Queued(why) => Err(EngineError::Outside(format!(
                "{}: not written. {why} It is kept as write {id}, and the next sync tries again.",
                row.summary
            ))),
            Ended::Uncertain(why) => Err(EngineError::Outside(format!(
                "{}: the answer never came, so it is not known whether it was written. {why} The next sync asks HubSpot before it does anything.",
                row.summary
            ))),
        }
    }

    /// Returns when the operator wished for a write: what was approved and waited is as old as its approval.
    fn wished_at(&self, row: &WriteRow) -> Result<Timestamp> {
        let of_execution = row.key.strip_prefix("execution:").and_then(|rest| {
            let id = rest.split(':').nth(1)?.parse().ok()?;
            Some(ExecutionId(id))
        });
        let approved = match of_execution {
            Some(id) => self
                .store()
                .read(|tx| executions::load(tx, id))?
                .map(|execution| execution.approved_at),
            None => None,
        };
        Ok(approved.unwrap_or(row.created_at))
    }

    /// Fetches the record just before it is changed, and takes out of the change what must not be written. Returns how the write ends if nothing is left.
    fn look_before_write(
        &self,
        row: &WriteRow,
        operation: &mut Operation,
    ) -> Result<Option<Ended>> {
        let Operation::Set {
            kind,
            id,
            record,
            properties,
            base,
            decided,
        } = operation
        else {
            return Ok(None);
        };
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        let request = objects::get(self.config().hubspot.api_version, *kind, id, &names);
        let there = match self
            .outside()
            .call(&request)
            .and_then(|r| objects::parse_object(&r))
        {
            Ok(object) => object,
            Err(error)
                if matches!(
                    error.kind,
                    CallErrorKind::NotFound | CallErrorKind::Forbidden
                ) =>
            {
                return Ok(Some(Ended::Failed(said(&error))));
            }
            // A look changes nothing, so whatever happened, nothing was written.
            Err(error) => return Ok(Some(Ended::Queued(said(&error)))),
        };
        let now = self.now();
        let wished_at = self.wished_at(row)?;
        let asked_for = properties.len();
        let mut same = 0;
        let mut conflicts = Vec::new();
        let mut dropped = Vec::new();
        let mut replaced = Vec::new();
        properties.retain(|name, value| {
            let remote = there.properties.text(name);
            let remote_at = there
                .properties_with_history
                .get(name)
                .and_then(|all| all.first())
                .and_then(|e| e.timestamp);
            let sides = Sides {
                base: base.get(name).map(String::as_str),
                remote,
                remote_at,
                local: value,
                local_at: Some(wished_at),
            };
            let ownership = self.config().hubspot.owner_of(name);
            let decision = merge(&sides, ownership);
            let is_decided = *decided && sides.base == Some(remote);
            if decision == Merged::KeepLocal || (decision == Merged::Conflict && is_decided) {
                replaced.push((name.clone(), remote.to_owned()));
            }
            match decision {
                Merged::KeepLocal => true,
                Merged::Same => {
                    same += 1;
                    false
                }
                Merged::TakeRemote => {
                    dropped.push(name.clone());
                    false
                }
                Merged::Conflict if is_decided => true,
                Merged::Conflict => {
                    conflicts.push(Conflict {
                        id: 0,
                        kind: kind.as_str().into(),
                        object_id: id.clone(),
                        record_id: *record,
                        field: name.clone(),
                        base: sides.base.unwrap_or_default().into(),
                        remote: remote.into(),
                        local: value.clone(),
                        remote_at,
                        found_at: now,
                        resolved_at: None,
                        taken: String::new(),
                    });
                    false
                }
            }
        });
        let is_conflict = !conflicts.is_empty();
        if is_conflict {
            self.write(Durability::Full, move |tx, _, now| {
                for conflict in &conflicts {
                    hubspot::add_conflict(tx, conflict)?;
                }
                Ok(tx.emit(now, "hubspot.conflict", "hubspot")?)
            })?;
        }
        let is_complete = properties.len() + same == asked_for;
        if !properties.is_empty() && (is_complete || !is_whole(row)) {
            base.extend(replaced);
            return Ok(None);
        }
        Ok(Some(Ended::Moot(if is_conflict {
            "conflict: it was changed in HubSpot since it was last seen here, so nothing was written. `caseyos hubspot conflicts` shows both.".into()
        } else if dropped.is_empty() {
            SAYS_SO.into()
        } else {
            // What was asked for may be what was seen last: then only HubSpot's side moved, and no ownership was asked.
            format!(
                "HubSpot's own value of {} stands, as it was changed there since it was last seen here or by [hubspot.ownership]; nothing was written. `caseyos sync` brings it, and then it can be asked for again.",
                dropped.join(", ")
            )
        })))
    }

    /// Looks whether a write was done, by what the API itself says and not its search index. None means that it certainly was not.
    fn look_up_write(
        &self,
        row: &WriteRow,
        operation: &Operation,
    ) -> Result<Option<String>, CallError> {
        let version = self.config().hubspot.api_version;
        let outside = self.outside();
        if let Some((kind, ties)) = operation.makes() {
            return self.look_up_made(row, kind, ties);
        }
        match operation {
            Operation::Set {
                kind,
                id,
                properties,
                ..
            } => {
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let there = objects::parse_object(
                    &outside.call(&objects::get(version, *kind, id, &names))?,
                )?;
                let all = properties
                    .iter()
                    .all(|(n, v)| there.properties.text(n) == v);
                Ok(all.then(|| id.clone()))
            }
            Operation::Merge { primary, other } => {
                let there = objects::parse_object(&outside.call(&objects::get(
                    version,
                    ObjectKind::Contacts,
                    other,
                    &[],
                ))?)?;
                let survivor = objects::parse_object(&outside.call(&objects::get(
                    version,
                    ObjectKind::Contacts,
                    primary,
                    &[],
                ))?)?;
                Ok((there.id == survivor.id).then_some(survivor.id))
            }
            Operation::GdprDelete { id, .. } => {
                match outside.call(&objects::get(version, ObjectKind::Contacts, id, &[])) {
                    Ok(_) => Ok(None),
                    Err(error) if error.kind == CallErrorKind::NotFound => Ok(Some(id.clone())),
                    Err(error) => Err(error),
                }
            }
            Operation::Archive { kind, id } => {
                match outside.call(&objects::get(version, *kind, id, &[])) {
                    Ok(_) => Ok(None),
                    Err(error) if error.kind == CallErrorKind::NotFound => Ok(Some(id.clone())),
                    Err(error) => Err(error),
                }
            }
            Operation::Task { .. } | Operation::Note { .. } | Operation::Call { .. } => Ok(None),
        }
    }

    fn look_up_made(
        &self,
        row: &WriteRow,
        kind: ObjectKind,
        ties: &[objects::TieTo],
    ) -> Result<Option<String>, CallError> {
        let version = self.config().hubspot.api_version;
        let outside = self.outside();
        let carries = |objects: Vec<Object>| {
            objects
                .into_iter()
                .find(|o| engagements::carries(kind, o, &row.key))
                .map(|o| o.id)
        };
        let Some(tie) = ties.first() else {
            let word = engagements::mark(&row.key);
            let filter = [Filter::holds_word(engagements::body_property(kind), word)];
            let page =
                objects::parse_page(&outside.call(&search::after_id(version, kind, "", &filter))?)?;
            return Ok(carries(page.results));
        };
        let mut ids = Vec::new();
        let mut request = associations::batch_read(version, tie.kind, kind, [tie.id.as_str()]);
        for _ in 0..20 {
            let mut tied = associations::parse(&outside.call(&request)?)?
                .remove(&tie.id)
                .unwrap_or_default();
            ids.append(&mut tied.ids);
            match tied.next {
                Some(next) => {
                    request = associations::batch_read_more(version, tie.kind, kind, &tie.id, &next)
                }
                None => break,
            }
        }
        for chunk in ids.chunks(BATCH) {
            let request = objects::batch_read(version, kind, chunk.iter().map(String::as_str));
            if let Some(id) = carries(objects::parse_batch(&outside.call(&request)?)?.results) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Notes here what was done there.
    fn note_done(&self, operation: &Operation, remote: &str) -> Result<()> {
        match operation.clone() {
            Operation::Set {
                kind,
                id,
                properties,
                ..
            } => self.write(Durability::Full, move |tx, _, now| {
                if let Some(seen) = hubspot::find_seen(tx, kind.as_str(), &id)? {
                    let mut base = read_base(&seen);
                    for (name, value) in &properties {
                        base.set_named(name, value.clone());
                    }
                    let object = Object {
                        id: id.clone(),
                        properties: base,
                        created_at: None,
                        updated_at: None,
                        archived: false,
                        associations: BTreeMap::new(),
                        properties_with_history: BTreeMap::new(),
                    };
                    // A stage or an amount is told by the next reading, as any other change of it.
                    if kind == ObjectKind::Contacts {
                        SeenWriter::new(tx, now)?.save(
                            kind.as_str(),
                            &id,
                            seen.modified_at,
                            false,
                            &base_of(kind, &object),
                        )?;
                    }
                }
                Ok(())
            }),
            Operation::Merge { primary, other } => {
                let survivor = if remote.is_empty() {
                    primary.clone()
                } else {
                    remote.to_owned()
                };
                self.note_merged(&primary, &other, &survivor)
            }
            Operation::GdprDelete { id, email } => self.note_removed(&id, &email),
            Operation::Task { .. }
            | Operation::Note { .. }
            | Operation::Call { .. }
            | Operation::Archive { .. } => Ok(()),
        }
    }

    /// Settles writes whose process died or whose answer never came, and carries out what is queued. Returns sentences about what failed.
    pub(in crate::engine) fn drain_hubspot(&self) -> Result<PushReport> {
        let mut report = PushReport::default();
        let rows = self.store().read(hubspot::waiting_writes)?;
        for row in rows {
            let done = match row.status {
                WriteStatus::Queued if is_of_execution(&row) => continue,
                WriteStatus::Queued => self.carry_out_write(row.id),
                WriteStatus::Sending
                    if !crate::store::lease::is_abandoned(
                        self.store().directory(),
                        &row.holder,
                    )? =>
                {
                    continue;
                }
                _ => self.ask_after_write(&row),
            };
            match done {
                Ok(Done::Changed { .. }) => report.sent += 1,
                Ok(Done::Blocked { summary, .. }) => {
                    report.waiting += 1;
                    report.problems.push(summary);
                }
                Ok(_) => {}
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    let now_there = self.store().read(|tx| hubspot::load_write(tx, row.id))?;
                    let failed = now_there.is_some_and(|w| w.status == WriteStatus::Failed);
                    report.failed += u64::from(failed);
                    report.waiting += u64::from(!failed);
                    report.problems.push(error.to_string());
                }
            }
        }
        Ok(report)
    }

    /// Asks HubSpot what became of a write.
    pub(in crate::engine) fn ask_after_write(&self, row: &WriteRow) -> Result<Done> {
        let operation = read(row)?;
        let age = row
            .claimed_at
            .map_or(SignedDuration::MAX, |at| self.now().duration_since(at));
        let has_ties = operation.makes().is_none_or(|(_, ties)| !ties.is_empty());
        let ended = match self.look_up_write(row, &operation) {
            Ok(Some(id)) => {
                self.note_done(&operation, &id)?;
                Ended::Sent(id)
            }
            // A look-up through ties is certain once the request can no longer be on its way; one through the index only much later.
            Ok(None) if age < SETTLES_IN || (!has_ties && age < INDEX_LAG) => {
                Ended::Uncertain("It is asked after again at the next sync.".into())
            }
            // Its execution asks the guards before it is tried again.
            Ok(None) if is_of_execution(row) => Ended::Moot(format!("{NOT_DONE}it never arrived")),
            Ok(None) => Ended::Queued("it never arrived".into()),
            Err(error) => Ended::Uncertain(said(&error)),
        };
        let again = matches!(ended, Ended::Queued(_));
        let done = self.settle_and_say(row, ended);
        if again {
            self.carry_out_write(row.id)
        } else {
            done
        }
    }

    /// Writes what was changed here to HubSpot; only shows it, if so asked.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn hubspot_push(&self, dry_run: bool) -> Result<PushReport> {
        let edits = self.local_edits()?;
        if dry_run {
            let version = self.config().hubspot.api_version;
            let base = self.config().base_url(Service::Hubspot);
            let mut requests = Vec::new();
            for row in self.store().read(hubspot::waiting_writes)? {
                requests.push(shown(base, &read(&row)?.request(version, &row.key)));
            }
            requests.extend(
                edits
                    .iter()
                    .map(|(operation, _, key)| shown(base, &operation.request(version, key))),
            );
            return Ok(PushReport {
                dry_run,
                waiting: requests.len() as u64,
                requests,
                ..PushReport::default()
            });
        }
        let mut report = self.drain_hubspot()?;
        for (operation, summary, key) in edits {
            let asked = self.ask_to_write(&operation, summary, key.clone(), "operator", false);
            match asked {
                Ok(Done::Changed { .. }) => report.sent += 1,
                Ok(Done::Blocked { summary, .. }) => {
                    report.waiting += 1;
                    report.problems.push(summary);
                }
                Ok(_) => {}
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    report.failed += 1;
                    report.problems.push(error.to_string());
                }
            }
            // One that was refused for good stays a change that is to be written.
            let failed = self
                .store()
                .read(|tx| hubspot::find_write(tx, &key))?
                .is_some_and(|write| write.status == WriteStatus::Failed);
            if let (Operation::Set { id, .. }, true, false) =
                (&operation, self.write_held_by()?.is_none(), failed)
            {
                let id = id.clone();
                self.write(Durability::Normal, move |tx, _, now| {
                    Ok(hubspot::mark_applied(tx, "contacts", &id, now)?)
                })?;
            }
        }
        report.conflicts = self.store().read(|tx| hubspot::conflicts(tx, false))?.len() as u64;
        Ok(report)
    }

    /// Returns the changes that the operator made here to contacts that HubSpot has, each as a write.
    fn local_edits(&self) -> Result<Vec<(Operation, String, String)>> {
        self.store().read(|tx| {
            let mut edits = Vec::new();
            for (id, contact) in hubspot::changed_here(tx, MOST_EDITS)? {
                let (Some(seen), Some(row)) = (
                    hubspot::find_seen(tx, "contacts", &id)?,
                    contacts::get(tx, contact)?,
                ) else {
                    continue;
                };
                let base = read_base(&seen);
                let mut then = draft_of(&base);
                drop(then.normalize());
                let (mut properties, mut before) = (BTreeMap::new(), BTreeMap::new());
                for field in ContactField::ALL {
                    let here = local(&row, *field);
                    let name = field.as_str();
                    let known_there =
                        *field != ContactField::LifecycleStage || is_portal_stage(&here);
                    if here != slot_text(&then, *field)
                        && known_there
                        && !(here == "lead" && base.get(name).is_none())
                        && !hubspot::is_in_conflict(tx, "contacts", &id, name)?
                    {
                        properties.insert(name.to_owned(), here);
                        before.insert(name.to_owned(), base.text(name).to_owned());
                    }
                }
                if properties.is_empty() {
                    continue;
                }
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let summary = format!(
                    "{} of {}",
                    names.join(", "),
                    crate::domain::text::clean_line(&row.full_name(), 120)
                );
                let key = format!(
                    "edit:{id}:{}:{}",
                    seen.applied_at.as_millisecond(),
                    row.updated_at.as_millisecond()
                );
                let operation = Operation::Set {
                    kind: ObjectKind::Contacts,
                    id,
                    record: contact.0,
                    properties,
                    base: before,
                    decided: false,
                };
                edits.push((operation, summary, key));
            }
            Ok(edits)
        })
    }
}

/// Tells whether a stage of ours is one that every portal has.
fn is_portal_stage(stage: &str) -> bool {
    matches!(
        stage,
        "subscriber" | "lead" | "opportunity" | "customer" | "other"
    )
}

/// Writes an operation as it is kept.
pub(in crate::engine) fn written(operation: &Operation) -> Result<String> {
    Ok(serde_json::to_string(operation)
        .map_err(|e| crate::store::StoreError::Invalid(e.to_string()))?)
}

/// Reads what a write does.
pub(in crate::engine) fn read(row: &WriteRow) -> Result<Operation> {
    serde_json::from_str(&row.operation).map_err(|e| {
        crate::store::StoreError::Invalid(format!("the operation of write {}: {e}", row.id)).into()
    })
}
