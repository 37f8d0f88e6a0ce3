//! Records that webhooks announced, fetched as they are now. The announcement's own words are never believed, and their order means nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::connectors::hubspot::objects::{self, BATCH};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::engine::road::sources::hubspot::bring::{Bringing, put_away_one};
use crate::engine::road::sources::hubspot::{NAME, Reading, Stop};
use crate::store::contacts::RunMemory;
use crate::store::hubspot::{self, EventRow};
use crate::store::{Durability, sources};

/// The most events that one pass looks into.
const MOST: usize = 10_000;

impl Reading<'_> {
    pub(super) fn read_hooks(&mut self) -> Result<(), Stop> {
        let events = self
            .engine
            .store()
            .read(|tx| hubspot::waiting_events(tx, MOST))?;
        if events.is_empty() {
            return Ok(());
        }
        let mut by_kind: BTreeMap<ObjectKind, Vec<&EventRow>> = BTreeMap::new();
        let mut others = Vec::new();
        for event in &events {
            match event.kind.parse::<ObjectKind>() {
                Ok(kind) => by_kind.entry(kind).or_default().push(event),
                Err(_) => others.push(event.id),
            }
        }
        for (kind, events) in by_kind {
            // A first reading brings everything anyway, and nothing in it is news.
            let is_first = self.load_sweep(kind.as_str())?.done_at.is_none();
            let ids: BTreeSet<&str> = events.iter().map(|e| e.object_id.as_str()).collect();
            let ids: Vec<&str> = ids.into_iter().collect();
            for chunk in ids.chunks(BATCH).filter(|_| !is_first) {
                self.look_into(kind, chunk)?;
            }
            others.extend(events.iter().map(|e| e.id));
        }
        self.engine.write(Durability::Normal, move |tx, _, now| {
            Ok(hubspot::finish_events(tx, &others, now)?)
        })?;
        Ok(())
    }

    fn look_into(&mut self, kind: ObjectKind, ids: &[&str]) -> Result<(), Stop> {
        let request = objects::batch_read(self.version, kind, ids.iter().copied());
        let batch = objects::parse_batch(&self.engine.outside().call(&request)?)?;
        let mut found = batch.results;
        self.fetch_ties(kind, &mut found)?;
        let gone: Vec<String> = batch
            .errors
            .iter()
            .filter(|e| e.category == "OBJECT_NOT_FOUND")
            .flat_map(|e| e.ids().into_iter().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let bringing = Arc::new(Bringing::new(self.engine, kind, false)?);
        let (counts, taken) = self
            .engine
            .write(Durability::Normal, move |tx, core, now| {
                let mut fresh = Vec::new();
                for object in &found {
                    let seen = hubspot::seen_at(tx, kind.as_str(), &object.id)?;
                    if seen.is_none_or(|seen| object.modified(kind).is_none_or(|at| at > seen)) {
                        fresh.push(object);
                    }
                }
                let (mut counts, taken) =
                    bringing.bring(tx, core, fresh.into_iter(), &mut RunMemory::default(), now)?;
                counts.seen += found.len() as u64;
                for id in &gone {
                    put_away_one(tx, core, kind, id, &mut counts, now)?;
                }
                sources::count(tx, NAME, &counts)?;
                Ok((counts, taken))
            })?;
        self.run.counts.add(&counts);
        self.run.taken.add(&taken);
        Ok(())
    }
}
