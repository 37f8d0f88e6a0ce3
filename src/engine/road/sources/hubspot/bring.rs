//! Bringing in: pages of records become rows, signals and outcomes, with the reading's mark in the same transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::connectors::hubspot::objects::{Object, Properties};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::deal::DEFAULT_STAGES;
use crate::domain::id::ContactId;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::intake::Taken;
use crate::engine::road::outcomes::{Observed, record};
use crate::engine::road::sources::hubspot::NAME;
use crate::store::contacts::RunMemory;
use crate::store::hubspot::{self, SYSTEM, Seen, SeenWriter, StageRow, Sweep};
use crate::store::people::RecordKind;
use crate::store::sources::{self, SourceCounts};
use crate::store::{Durability, ReadTx, StoreError, WriteTx, people};

/// Tries for a batch while another process keeps the database to itself, five seconds each.
const BUSY_TRIES: u32 = 6;

/// A page, with how far the reading is after it.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub objects: Vec<Object>,
    pub sweep: Sweep,
}

/// Knowledge that bringing in a kind of record needs.
pub(super) struct Bringing {
    pub kind: ObjectKind,
    /// True for the first reading: nothing in it is news.
    pub is_first: bool,
    /// Instant before which things were there before us.
    pub horizon: Option<Timestamp>,
    stages: HashMap<(String, String), StageRow>,
    /// Number of open stages by pipeline.
    open_stages: HashMap<String, i64>,
    /// Firms by what the portal calls them, for a first reading.
    pub companies: HashMap<String, (String, Option<String>)>,
    /// True for a reading that began with nothing of this kind seen.
    pub is_bare: bool,
    /// The highest id that was brought in.
    highest: AtomicU64,
}

impl Bringing {
    pub fn new(engine: &Engine, kind: ObjectKind, is_first: bool) -> Result<Self> {
        engine.store().read(|tx| {
            let mut open_stages: HashMap<String, i64> = HashMap::new();
            let mut stages = HashMap::new();
            if kind == ObjectKind::Deals {
                for stage in hubspot::stages(tx)? {
                    *open_stages.entry(stage.pipeline.clone()).or_default() +=
                        i64::from(!stage.is_closed);
                    stages.insert((stage.pipeline.clone(), stage.id.clone()), stage);
                }
            }
            let companies = if kind == ObjectKind::Contacts && is_first {
                hubspot::known_companies(tx)?
                    .into_iter()
                    .map(|(id, _, name, domain)| (id, (name, domain)))
                    .collect()
            } else {
                HashMap::new()
            };
            let horizon = hubspot::load_sweep(tx, kind.as_str())?.horizon;
            let is_bare = is_first && !hubspot::is_any_seen(tx, kind.as_str())?;
            Ok(Self {
                kind,
                is_first,
                horizon,
                stages,
                open_stages,
                companies,
                is_bare,
                highest: AtomicU64::new(0),
            })
        })
    }

    /// Writes pages in one transaction.
    pub fn write(
        this: &Arc<Self>,
        engine: &Engine,
        pages: Vec<Parsed>,
        memory: &Arc<Mutex<RunMemory>>,
    ) -> Result<(SourceCounts, Taken)> {
        let pages = Arc::new(pages);
        let mut tries = 0;
        loop {
            let (this, pages, memory) = (Arc::clone(this), Arc::clone(&pages), Arc::clone(memory));
            let written = engine.write(Durability::Normal, move |tx, core, now| {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let mut brought = this.bring(
                    tx,
                    core,
                    pages.iter().flat_map(|p| &p.objects),
                    &mut memory,
                    now,
                )?;
                brought.0.seen = pages.iter().map(|p| p.objects.len() as u64).sum();
                sources::count(tx, NAME, &brought.0)?;
                if let Some(last) = pages.last() {
                    hubspot::save_sweep(tx, this.kind.as_str(), &last.sweep)?;
                }
                if this.is_first {
                    memory.seal(tx)?;
                }
                Ok(brought)
            });
            match written {
                Err(EngineError::Store(StoreError::Busy)) if tries < BUSY_TRIES => tries += 1,
                other => return other,
            }
        }
    }

    /// Brings records in.
    pub fn bring<'o>(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        objects: impl Iterator<Item = &'o Object>,
        memory: &mut RunMemory,
        now: Timestamp,
    ) -> Result<(SourceCounts, Taken)> {
        let mut counts = SourceCounts::default();
        let mut taken = Taken::default();
        let mut at_hand: Vec<&Object> = Vec::new();
        for object in objects {
            if object.id.is_empty() || object.id.len() > 100 {
                counts.drop_one("without an id");
            } else {
                at_hand.push(object);
            }
        }
        match self.kind {
            ObjectKind::Companies => self.bring_companies(tx, &at_hand, &mut counts, now)?,
            ObjectKind::Contacts => {
                self.bring_contacts(tx, core, &at_hand, memory, (&mut counts, &mut taken), now)?
            }
            ObjectKind::Deals => {
                self.bring_deals(tx, core, &at_hand, memory, (&mut counts, &mut taken), now)?
            }
            _ => self.bring_activities(tx, &at_hand, (&mut counts, &mut taken), now)?,
        }
        counts.new += taken.new;
        counts.matched += taken.matched;
        Ok((counts, taken))
    }

    /// Tells whether no record of this kind stood here when the reading's first transaction began, and nobody but this reading has written since.
    fn is_alone(&self, tx: &WriteTx<'_>, memory: &mut RunMemory) -> Result<bool> {
        Ok(self.is_bare
            && memory.holds_still(|| Ok(!hubspot::is_any_seen(tx, self.kind.as_str())?))?)
    }

    /// Finds a record as last seen. `is_alone` is what [`Self::begin`] said: then one above all that were brought in need not be looked for.
    pub fn find_seen(
        &self,
        seen: &mut SeenWriter<'_>,
        id: &str,
        is_alone: bool,
    ) -> Result<Option<Seen>> {
        let is_above_all = id
            .parse::<u64>()
            .is_ok_and(|id| id > self.highest.fetch_max(id, Ordering::Relaxed));
        if is_alone && is_above_all {
            return Ok(None);
        }
        Ok(seen.find(self.kind.as_str(), id)?)
    }

    /// Makes the run's memory ready for a transaction; tells what [`Self::find_seen`] wants to know.
    pub fn begin(&self, tx: &WriteTx<'_>, memory: &mut RunMemory) -> Result<bool> {
        if !self.is_first {
            return Ok(false);
        }
        if self.kind == ObjectKind::Contacts {
            memory.open(tx)?;
        } else {
            memory.watch(tx)?;
        }
        self.is_alone(tx, memory)
    }

    /// Tells whether something of that instant is news: the first reading finds only what was there before us.
    pub fn is_news(&self, at: Option<Timestamp>) -> bool {
        !self.is_first
            && at
                .zip(self.horizon)
                .is_some_and(|(at, horizon)| at > horizon)
    }

    pub fn stage(&self, pipeline: &str, stage: &str) -> Option<&StageRow> {
        let pipeline = if pipeline.is_empty() {
            "default"
        } else {
            pipeline
        };
        self.stages.get(&(pipeline.to_owned(), stage.to_owned()))
    }

    /// Returns the stages of a pipeline in its order, as they are shown.
    pub fn shown_stages(&self, pipeline: &str) -> Vec<String> {
        let mut all: Vec<&StageRow> = self
            .stages
            .values()
            .filter(|s| s.pipeline == pipeline)
            .collect();
        all.sort_by_key(|s| s.position);
        all.into_iter().map(shown_stage).collect()
    }

    /// Returns the stage of the default pipeline that stands where this one stands in its own, for the rules.
    pub fn like_default(&self, stage: &StageRow) -> &'static str {
        if let Some(same) = DEFAULT_STAGES.iter().find(|known| **known == stage.id) {
            return same;
        }
        if stage.is_closed {
            return if stage.is_won {
                "closedwon"
            } else {
                "closedlost"
            };
        }
        let open = self
            .open_stages
            .get(&stage.pipeline)
            .copied()
            .unwrap_or(1)
            .max(1);
        // Five open stages there; the first and the last of these stand for the first and the last of those.
        let place = if open == 1 {
            0
        } else {
            (stage.position.min(open - 1) * 4 + (open - 1) / 2) / (open - 1)
        };
        usize::try_from(place)
            .ok()
            .and_then(|i| DEFAULT_STAGES.get(i))
            .copied()
            .unwrap_or("appointmentscheduled")
    }

    /// Marks records as put away.
    pub fn put_away(&self, engine: &Engine, ids: Vec<String>) -> Result<SourceCounts> {
        if ids.is_empty() {
            return Ok(SourceCounts::default());
        }
        let kind = self.kind;
        engine.write(Durability::Normal, move |tx, core, now| {
            let mut counts = SourceCounts::default();
            for id in ids {
                put_away_one(tx, core, kind, &id, &mut counts, now)?;
            }
            sources::count(tx, NAME, &counts)?;
            Ok(counts)
        })
    }

    fn bring_activities(
        &self,
        tx: &WriteTx<'_>,
        objects: &[&Object],
        (counts, taken): (&mut SourceCounts, &mut Taken),
        now: Timestamp,
    ) -> Result<()> {
        let mut seen = SeenWriter::new(tx, now)?;
        for object in objects {
            let known = seen.find(self.kind.as_str(), &object.id)?;
            let contact = contact_of(tx, object)?;
            let at = object
                .properties
                .instant("hs_timestamp")
                .or(object.created())
                .unwrap_or(now);
            if self.kind == ObjectKind::Tasks {
                taken.outcomes += self.complete_task(tx, object, known.as_ref(), contact, now)?;
            } else if let Some(contact) = contact.filter(|_| at <= now) {
                people::touch(tx, contact, at)?;
            } else {
                counts.drop_one("an activity with nobody known");
            }
            seen.save(
                self.kind.as_str(),
                &object.id,
                modified(object, self.kind, now),
                false,
                &base_of(self.kind, object),
            )?;
        }
        Ok(())
    }

    /// Records that a task was completed, if that is news.
    fn complete_task(
        &self,
        tx: &WriteTx<'_>,
        task: &Object,
        known: Option<&Seen>,
        contact: Option<ContactId>,
        now: Timestamp,
    ) -> Result<u64> {
        let is_done = |properties: &Properties| properties.text("hs_task_status") == "COMPLETED";
        let was_done = known.is_some_and(|seen| is_done(&read_base(seen)));
        let at = task
            .properties
            .instant("hs_task_completion_date")
            .or_else(|| task.modified(self.kind));
        if !is_done(&task.properties) || was_done || !(known.is_some() || self.is_news(at)) {
            return Ok(0);
        }
        let observed = Observed {
            contact,
            note: crate::domain::text::clean_line(task.properties.text("hs_task_subject"), 200),
            ..Observed::new(
                OutcomeKind::TaskCompleted,
                OutcomeSource::Hubspot,
                at.unwrap_or(now).min(now),
                format!("hubspot:task:{}:completed", task.id),
            )
        };
        Ok(u64::from(record(tx, observed, now)?.is_some()))
    }
}

/// Returns the name under which a stage is shown: its id where that is a word, else its label.
pub(in crate::engine) fn shown_stage(stage: &StageRow) -> String {
    let is_word = stage.id.bytes().any(|b| b.is_ascii_alphabetic()) && !stage.id.contains('-');
    if is_word || stage.label.is_empty() {
        stage.id.clone()
    } else {
        stage.label.clone()
    }
}

/// Returns when a record was last changed, by the portal's word; never after now.
pub(super) fn modified(object: &Object, kind: ObjectKind, now: Timestamp) -> Timestamp {
    object.modified(kind).unwrap_or(now)
}

/// Returns the contact that a record is tied to.
pub(super) fn contact_of(tx: &ReadTx<'_>, object: &Object) -> Result<Option<ContactId>> {
    let Some(ties) = object.associations.get(ObjectKind::Contacts.as_str()) else {
        return Ok(None);
    };
    for tied in ties.results.iter().take(50) {
        if let Some(id) = people::find_by_external_id(tx, RecordKind::Contact, SYSTEM, &tied.id)? {
            return Ok(Some(ContactId(id)));
        }
    }
    Ok(None)
}

/// Returns the properties that are kept as the base of later comparisons.
pub(in crate::engine) const fn kept(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::Contacts => &[
            "email",
            "firstname",
            "lastname",
            "phone",
            "mobilephone",
            "jobtitle",
            "city",
            "state",
            "country",
            "lifecyclestage",
            "recent_conversion_date",
        ],
        ObjectKind::Deals => &["dealname", "dealstage", "pipeline", "amount", "closedate"],
        ObjectKind::Tasks => &["hs_task_status"],
        _ => &[],
    }
}

/// Writes the base of a record.
pub(in crate::engine) fn base_of(kind: ObjectKind, object: &Object) -> String {
    let mut out = String::with_capacity(256);
    out.push('{');
    for name in kept(kind) {
        if let Some(value) = object.properties.get(name) {
            if out.len() > 1 {
                out.push(',');
            }
            out.push('"');
            out.push_str(name);
            out.push_str("\":");
            let plain = value.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
            if plain {
                out.push('"');
                out.push_str(value);
                out.push('"');
            } else {
                out.push_str(&Value::String(value.to_owned()).to_string());
            }
        }
    }
    out.push('}');
    out
}

/// Reads the base of a record; an unreadable one is an empty one.
pub(in crate::engine) fn read_base(seen: &Seen) -> Properties {
    serde_json::from_str(&seen.base).unwrap_or_default()
}

/// Marks a record as put away, and closes a deal that was.
pub(super) fn put_away_one(
    tx: &WriteTx<'_>,
    core: &Core,
    kind: ObjectKind,
    id: &str,
    counts: &mut SourceCounts,
    now: Timestamp,
) -> Result<()> {
    let mut writer = SeenWriter::new(tx, now)?;
    let Some(seen) = writer
        .find(kind.as_str(), id)?
        .filter(|seen| !seen.is_archived)
    else {
        return Ok(());
    };
    writer.save(kind.as_str(), id, seen.modified_at, true, &seen.base)?;
    counts.seen += 1;
    if kind == ObjectKind::Deals {
        let mut payload = Map::new();
        payload.insert("deal_id".into(), json!(id));
        payload.insert("is_archived".into(), json!(true));
        crate::engine::road::sources::hubspot::deals::quietly(
            tx, core, id, payload, None, now, now,
        )?;
    }
    Ok(())
}
