//! HubSpot as a source: every kind of record read once in full and then what changed since, a page at a time.
//!
//! A reading is a sweep over ids: each page asks for ids above the last one, so neither the portal's limit of ten thousand results nor records
//! that change meanwhile matter, and each page is committed with the id that it ends at. The next sweep begins a little before this one began,
//! by the portal's clock as well as ours. What the first sweep finds was there before us and makes no moves.

mod bring;
mod companies;
mod contacts;
mod deals;
mod fetch;
mod hooks;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::config::Operator;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::hubspot::{owners, pipelines, refusal};
use crate::connectors::transport::{CallError, CallErrorKind};
use crate::domain::email::MailboxKey;
use crate::domain::service::{HubspotVersion, Provider};
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::road::sources::{PassScope, SignalSource, SourceRun};
use crate::store::hubspot::{self, StageRow, Sweep};
use crate::store::{Durability, StoreError};

pub(in crate::engine) use bring::{base_of, kept, read_base, shown_stage};
pub(in crate::engine) use contacts::{draft_of, local, slot_text};

/// The source's name.
pub(in crate::engine) const NAME: &str = "hubspot";
/// Time for which stages and owners are believed.
const REFERENCE_FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Time between two searches for records that were put away, and for activities that only say when there was contact.
const ARCHIVED_EVERY: SignedDuration = SignedDuration::from_hours(24);
const ACTIVITIES_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Time that the first reading of activities goes back.
const ACTIVITIES_BACK: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The most pages of owners.
const OWNER_PAGES: usize = 50;

/// Why a reading stops.
#[derive(Debug)]
enum Stop {
    /// The portal did not answer as it should.
    Call(CallError),
    /// The portal answers the same page again.
    Repeated,
    /// The store or the engine refused.
    Engine(EngineError),
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// Says why a call failed, in a sentence for the operator.
pub(in crate::engine) fn said(error: &CallError) -> String {
    let said = refusal::read(error).sentence(error);
    match error.kind {
        CallErrorKind::Forbidden => format!(
            "HubSpot refuses it for want of a right ({said}). Give the app that right and sign in again with `caseyos auth login hubspot`."
        ),
        CallErrorKind::Unauthorized => {
            format!(
                "HubSpot refuses the token ({said}). `caseyos auth login hubspot` takes a new one."
            )
        }
        _ => format!("HubSpot: {said}."),
    }
}

/// Tells whether there is a portal to read: an account, or a token in the environment.
pub(in crate::engine) fn is_set_up(engine: &Engine) -> bool {
    engine
        .store()
        .read(|tx| crate::engine::outside::auth::is_signed_in_by(tx, Provider::Hubspot))
        .unwrap_or(false)
}

/// The carrier of records, as executions name it. A mailbox cannot be named so.
pub(in crate::engine) const CARRIER: &str = "hubspot:crm";

/// HubSpot.
#[derive(Debug)]
pub(in crate::engine) struct HubspotSource;

impl SignalSource for HubspotSource {
    fn name(&self) -> String {
        NAME.into()
    }

    fn about(&self) -> String {
        "Reads HubSpot".into()
    }

    fn read(&self, engine: &Engine, scope: &PassScope, _: &str) -> Result<SourceRun> {
        let mut reading = Reading {
            engine,
            version: engine.config().hubspot.api_version,
            scope,
            owner: None,
            now: engine.now(),
            repeated: Vec::new(),
            run: SourceRun::default(),
        };
        let read = reading.read_all();
        reading.say_repeated();
        let problem = match read {
            Ok(()) => None,
            Err(Stop::Engine(error)) => return Err(error),
            Err(Stop::Call(error)) => Some(said(&error)),
            Err(Stop::Repeated) => Some("HubSpot answers the same page again and again.".into()),
        };
        let mut run = reading.run;
        if let Some(problem) = problem {
            run.is_partial = true;
            run.problem = if run.problem.is_empty() {
                format!("{problem} What came before is kept, and the next pass goes on from there.")
            } else {
                format!("{} {problem}", run.problem)
            };
        }
        Ok(run)
    }
}

/// One reading of the portal.
struct Reading<'a> {
    engine: &'a Engine,
    version: HubspotVersion,
    scope: &'a PassScope,
    /// Only this owner's contacts and deals.
    owner: Option<String>,
    now: Timestamp,
    /// The kinds whose pages came again.
    repeated: Vec<ObjectKind>,
    run: SourceRun,
}

impl Reading<'_> {
    fn read_all(&mut self) -> Result<(), Stop> {
        self.read_reference()?;
        self.owner = self.find_owner()?;
        self.read_hooks()?;
        for kind in [
            ObjectKind::Companies,
            ObjectKind::Contacts,
            ObjectKind::Deals,
            ObjectKind::Tasks,
        ] {
            self.sweep_or_say(kind)?;
        }
        for kind in [
            ObjectKind::Notes,
            ObjectKind::Meetings,
            ObjectKind::Emails,
            ObjectKind::Calls,
        ] {
            if self.is_due(kind.as_str(), ACTIVITIES_EVERY)? {
                self.sweep_or_say(kind)?;
            }
        }
        self.read_archived()
    }

    /// Reads a kind. A right that is missing keeps only that kind from being read.
    fn sweep_or_say(&mut self, kind: ObjectKind) -> Result<(), Stop> {
        match self.sweep(kind) {
            Err(Stop::Call(error))
                if matches!(
                    error.kind,
                    CallErrorKind::Forbidden | CallErrorKind::NotFound
                ) =>
            {
                self.say(&format!("{kind} could not be read: {}", said(&error)));
                Ok(())
            }
            Err(Stop::Repeated) => {
                self.has_repeated(kind);
                Ok(())
            }
            other => other,
        }
    }

    fn say(&mut self, problem: &str) {
        if !self.run.problem.is_empty() {
            self.run.problem.push(' ');
        }
        self.run.problem.push_str(problem);
    }

    fn has_repeated(&mut self, kind: ObjectKind) {
        if !self.repeated.contains(&kind) {
            self.repeated.push(kind);
        }
    }

    /// Names the kinds whose pages came again, in one sentence.
    fn say_repeated(&mut self) {
        if self.repeated.is_empty() {
            return;
        }
        let kinds: Vec<&str> = self.repeated.iter().map(|kind| kind.as_str()).collect();
        let kinds = kinds.join(", ");
        self.say(&format!(
            "HubSpot answers the same page again and again for {kinds}, so their reading was stopped there; the rest was read."
        ));
    }

    fn load_sweep(&self, key: &str) -> Result<Sweep, Stop> {
        Ok(self
            .engine
            .store()
            .read(|tx| hubspot::load_sweep(tx, key))?)
    }

    fn is_due(&self, key: &str, every: SignedDuration) -> Result<bool, Stop> {
        let sweep = self.load_sweep(key)?;
        let rested = sweep
            .done_at
            .is_none_or(|at| self.now.duration_since(at) >= every);
        Ok(self.scope.full || sweep.began_at.is_some() || rested)
    }

    fn finish_sweep(&self, key: &'static str) -> Result<(), Stop> {
        self.engine.write(Durability::Normal, move |tx, _, now| {
            let mut sweep = hubspot::load_sweep(tx, key)?;
            sweep.done_at = Some(now);
            Ok(hubspot::save_sweep(tx, key, &sweep)?)
        })?;
        Ok(())
    }

    /// Reads stages and owners, once an hour or when a deal names a stage that is not known.
    fn read_reference(&mut self) -> Result<(), Stop> {
        if !self.is_due("reference", REFERENCE_FRESH)? {
            return Ok(());
        }
        let outside = self.engine.outside();
        let all = pipelines::parse(&outside.call(&pipelines::list(self.version))?)?;
        let stages: Vec<StageRow> = all
            .iter()
            .flat_map(|pipeline| {
                pipeline
                    .stages
                    .iter()
                    .zip(0_i64..)
                    .map(|(stage, position)| StageRow {
                        pipeline: pipeline.id.clone(),
                        pipeline_label: pipeline.label.clone(),
                        id: stage.id.clone(),
                        label: stage.label.clone(),
                        position,
                        is_closed: stage.is_closed,
                        is_won: stage.is_won,
                        probability: stage.probability,
                    })
            })
            .collect();
        let mut people = Vec::new();
        let (mut after, mut seen) = (String::new(), BTreeSet::new());
        for _ in 0..OWNER_PAGES {
            // Without the right to read owners, everything but "only mine" still works.
            let answer = match outside.call(&owners::list(self.version, &after)) {
                Ok(answer) => answer,
                Err(error) if error.kind == CallErrorKind::Forbidden => break,
                Err(error) => return Err(error.into()),
            };
            let (page, next) = owners::parse(&answer)?;
            people.extend(page.into_iter().map(|o| (o.id, o.email, o.name)));
            match next {
                Some(next) if seen.insert(next.clone()) => after = next,
                _ => break,
            }
        }
        self.engine.write(Durability::Normal, move |tx, _, _| {
            hubspot::save_stages(tx, &stages)?;
            Ok(hubspot::save_owners(tx, &people)?)
        })?;
        self.finish_sweep("reference")
    }

    fn find_owner(&self) -> Result<Option<String>, Stop> {
        let wanted = self.engine.config().hubspot.owner.as_str();
        match wanted {
            "all" => Ok(None),
            "me" => Ok(Some(my_owner(self.engine)?)),
            id => Ok(Some(id.to_owned())),
        }
    }
}

/// Returns the id of the owner who has the operator's address.
pub(in crate::engine) fn my_owner(engine: &Engine) -> Result<String> {
    let owners = engine.store().read(hubspot::owners)?;
    owner_among(owners, &engine.config().operator).ok_or_else(|| {
        EngineError::Outside(
            "No owner in HubSpot has your address, so nothing is known to be yours. Set [hubspot] owner in config.toml to your owner id, or to \"all\"; `caseyos hubspot status` lists the owners.".into(),
        )
    })
}

/// Returns the owner who has the operator's address.
pub(in crate::engine) fn owner_among(
    owners: Vec<(String, String, String)>,
    operator: &Operator,
) -> Option<String> {
    let mine: Vec<MailboxKey> = std::iter::once(&operator.address)
        .chain(&operator.aliases)
        .filter(|a| !a.trim().is_empty())
        .map(|a| MailboxKey::of(a))
        .collect();
    owners
        .into_iter()
        .find(|(_, email, _)| mine.contains(&MailboxKey::of(email)))
        .map(|(id, _, _)| id)
}

#[cfg(test)]
mod tests;
