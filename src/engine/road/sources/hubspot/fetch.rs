//! Fetching: one thread asks for pages while another writes those that came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::connectors::hubspot::associations;
use crate::connectors::hubspot::objects::{self, BATCH, Object, Tied, Ties, parse_page};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::hubspot::search::{self, Filter, PAGE};
use crate::connectors::transport::Response;
use crate::engine::error::EngineError;
use crate::engine::handle::Engine;
use crate::engine::road::sources::PassStep;
use crate::engine::road::sources::hubspot::bring::{Bringing, Parsed};
use crate::engine::road::sources::hubspot::{ACTIVITIES_BACK, ARCHIVED_EVERY, NAME, Reading, Stop};
use crate::store::contacts::{RunMemory, begin_bulk, end_bulk};
use crate::store::hubspot::{self, Sweep};
use crate::store::{Durability, StoreError};

/// Pages that may wait for the database.
const AHEAD: usize = 32;
/// Records in one transaction at most: each commit writes every touched page of the indexes to the log anew.
const BATCH_ROWS: usize = 10_000;
/// Pages whose ids are no numbers, as no portal has them, that are followed at most.
const STRANGE_PAGES: usize = 50;

/// Tells whether an id comes after another in the portal's order.
fn is_above(id: &str, last: &str) -> bool {
    match (id.parse::<u64>(), last.parse::<u64>()) {
        (Ok(id), Ok(last)) => id > last,
        // Ids that are no numbers have no order that is known; one that is another is at least not the same page again.
        _ => id != last,
    }
}

/// Returns the id that a page ends at; empty if none of its records has one.
fn highest<'a>(ids: impl Iterator<Item = &'a str>) -> &'a str {
    ids.filter(|id| !id.is_empty())
        .fold("", |top, id| if is_above(id, top) { id } else { top })
}

/// Tells whether a page that ends at an id can be followed by another. Numbers only rise, so their pages come to an end; others must at
/// least be new, and not come for ever.
fn is_followed(highest: &str, strange: &mut BTreeSet<String>) -> bool {
    highest.parse::<u64>().is_ok()
        || (strange.len() < STRANGE_PAGES && strange.insert(highest.to_owned()))
}

/// Returns the portal's own idea of the time, or ours if that is earlier: a reading must not begin after a change that it did not see.
fn earlier(response: &Response, now: Timestamp) -> Timestamp {
    response
        .header("date")
        .and_then(|text| httpdate::parse_http_date(text).ok())
        .and_then(|at| Timestamp::try_from(at).ok())
        .map_or(now, |theirs| theirs.min(now))
}

impl Reading<'_> {
    /// Reads all of a kind that changed since the last sweep began.
    pub(super) fn sweep(&mut self, kind: ObjectKind) -> Result<(), Stop> {
        let mut sweep = self.load_sweep(kind.as_str())?;
        if self.scope.full {
            sweep = Sweep {
                horizon: sweep.horizon,
                done_at: sweep.done_at,
                ..Sweep::default()
            };
        }
        let is_first = sweep.done_at.is_none();
        if sweep.began_at.is_none() {
            sweep.last.clear();
            if is_first {
                let activity = !matches!(
                    kind,
                    ObjectKind::Companies | ObjectKind::Contacts | ObjectKind::Deals
                );
                sweep.since = self.scope.since.or_else(|| {
                    activity.then(|| self.now.checked_sub(ACTIVITIES_BACK).unwrap_or(self.now))
                });
            }
        }
        let is_bulk = is_first
            && matches!(
                kind,
                ObjectKind::Companies | ObjectKind::Contacts | ObjectKind::Deals
            );
        let bringing = Arc::new(Bringing::new(self.engine, kind, is_first)?);
        if is_bulk {
            self.engine.store().write(Durability::Normal, begin_bulk)?;
        }
        let (sender, pages) = sync_channel::<Parsed>(AHEAD);
        let engine = self.engine;
        let (fetched, written) = std::thread::scope(|scope| {
            let bringing = &bringing;
            let writing = scope.spawn(move || write_pages(engine, bringing, &pages));
            let fetched = self.fetch(bringing, sweep, &sender);
            drop(sender);
            (fetched, writing.join())
        });
        if is_bulk {
            self.engine.store().write(Durability::Normal, end_bulk)?;
        }
        let brought = written.map_err(|_| StoreError::Writer)??;
        self.run.counts.add(&brought.0);
        self.run.taken.add(&brought.1);
        fetched
    }

    fn fetch(
        &self,
        bringing: &Bringing,
        mut sweep: Sweep,
        sender: &SyncSender<Parsed>,
    ) -> Result<(), Stop> {
        let outside = self.engine.outside();
        let (kind, is_first) = (bringing.kind, bringing.is_first);
        // Ties come with a list and not with a search, so a first reading of deals by list spares two further calls a page.
        let lists =
            kind == ObjectKind::Deals && is_first && self.owner.is_none() && sweep.since.is_none();
        let mut marks = BTreeSet::new();
        let mut looked_at = 0;
        loop {
            let request = if lists {
                let ties = [ObjectKind::Contacts, ObjectKind::Companies];
                objects::list(self.version, kind, &ties, &sweep.last, false)
            } else {
                search::after_id(self.version, kind, &sweep.last, &self.filters(kind, &sweep))
            };
            let response = outside.call(&request)?;
            if sweep.began_at.is_none() {
                let began = earlier(&response, self.now);
                sweep.began_at = Some(began);
                sweep.horizon.get_or_insert(began);
            }
            let page = parse_page(&response)?;
            drop(response);
            let next = page.next().map(str::to_owned);
            let count = page.results.len();
            let before = sweep.last.clone();
            let (is_done, is_repeated) = if lists {
                let next = next.unwrap_or_default();
                let repeated = !next.is_empty() && (next == before || !marks.insert(next.clone()));
                let done = next.is_empty();
                sweep.last = next;
                (done, repeated)
            } else {
                let highest = highest(page.results.iter().map(|o| o.id.as_str()));
                // A full page is the last one where the portal says so twice: it names no next one, and it has found no more than these.
                let is_full = count >= PAGE && page.total != Some(count as u64);
                let is_last = count == 0 || (!is_full && next.is_none());
                let is_old = count > 0 && !before.is_empty() && !is_above(highest, &before);
                let repeated = is_old || (!is_last && !is_followed(highest, &mut marks));
                if !repeated && !highest.is_empty() {
                    sweep.last = highest.to_owned();
                }
                (is_last, repeated)
            };
            if is_repeated {
                return Err(Stop::Repeated);
            }
            let mut results = page.results;
            if !lists {
                results.retain(|o| before.is_empty() || is_above(&o.id, &before));
            }
            // Where nothing was seen yet, nothing was seen as it is.
            if !bringing.is_bare {
                results = self.changed(kind, results)?;
            }
            if !lists {
                self.fetch_ties(kind, &mut results)?;
            }
            if is_done {
                sweep = self.ended(sweep);
            }
            let parsed = Parsed {
                objects: results,
                sweep: sweep.clone(),
            };
            looked_at += count as u64;
            let step = PassStep::Reading {
                seen: looked_at,
                of: None,
            };
            self.scope.control.tell(NAME, step);
            if sender.send(parsed).is_err() || is_done {
                return Ok(());
            }
        }
    }

    fn filters(&self, kind: ObjectKind, sweep: &Sweep) -> Vec<Filter> {
        let mut filters = Vec::new();
        if let Some(since) = sweep.since {
            filters.push(Filter::from(
                kind.modified_property(),
                objects::millis(since),
            ));
        }
        if let (Some(owner), ObjectKind::Contacts | ObjectKind::Deals) = (&self.owner, kind) {
            filters.push(Filter::equal("hubspot_owner_id", owner.clone()));
        }
        filters
    }

    /// Returns a sweep that came to its end: the next one looks back a little before this one began.
    fn ended(&self, sweep: Sweep) -> Sweep {
        let overlap = jiff::SignedDuration::from_mins(i64::from(
            self.engine.config().hubspot.overlap_minutes,
        ));
        let began = sweep.began_at.unwrap_or(self.now);
        Sweep {
            since: Some(began.checked_sub(overlap).unwrap_or(began)),
            last: String::new(),
            began_at: None,
            done_at: Some(self.now),
            horizon: sweep.horizon,
        }
    }

    /// Leaves out what was seen as it is now.
    fn changed(&self, kind: ObjectKind, mut objects: Vec<Object>) -> Result<Vec<Object>, Stop> {
        if objects.is_empty() {
            return Ok(objects);
        }
        self.engine.store().read(|tx| {
            let mut failed = None;
            objects.retain(|object| {
                if self.scope.full {
                    return true;
                }
                match (
                    hubspot::seen_at(tx, kind.as_str(), &object.id),
                    object.modified(kind),
                ) {
                    (Ok(Some(seen)), Some(modified)) => modified > seen,
                    (Ok(_), _) => true,
                    (Err(error), _) => {
                        failed = Some(error);
                        false
                    }
                }
            });
            match failed {
                Some(error) => Err(error),
                None => Ok(()),
            }
        })?;
        Ok(objects)
    }

    /// Fetches what records are tied to, a hundred at a time.
    pub(super) fn fetch_ties(&self, kind: ObjectKind, objects: &mut [Object]) -> Result<(), Stop> {
        let wanted: &[ObjectKind] = match kind {
            ObjectKind::Companies | ObjectKind::Contacts => &[],
            ObjectKind::Deals => &[ObjectKind::Contacts, ObjectKind::Companies],
            _ => &[ObjectKind::Contacts],
        };
        for to in wanted {
            for chunk in objects.chunks_mut(BATCH) {
                let request = associations::batch_read(
                    self.version,
                    kind,
                    *to,
                    chunk.iter().map(|o| o.id.as_str()),
                );
                let mut ties: BTreeMap<_, _> =
                    associations::parse(&self.engine.outside().call(&request)?)?;
                for object in chunk {
                    let ids = ties.remove(&object.id).unwrap_or_default().ids;
                    let results = ids
                        .into_iter()
                        .map(|id| Tied {
                            id,
                            tie: String::new(),
                        })
                        .collect();
                    object
                        .associations
                        .insert(to.as_str().to_owned(), Ties { results });
                }
            }
        }
        Ok(())
    }

    /// Looks, once a day, for records that were put away.
    pub(super) fn read_archived(&mut self) -> Result<(), Stop> {
        'kinds: for (kind, key) in [
            (ObjectKind::Contacts, "contacts.archived"),
            (ObjectKind::Deals, "deals.archived"),
        ] {
            // What was put away before the first reading was never brought in.
            if self.load_sweep(key)?.done_at.is_none() {
                self.finish_sweep(key)?;
                continue;
            }
            if !self.is_due(key, ARCHIVED_EVERY)? {
                continue;
            }
            let bringing = Bringing::new(self.engine, kind, false)?;
            let (mut after, mut marks) = (String::new(), BTreeSet::new());
            loop {
                let request = objects::list(self.version, kind, &[], &after, true);
                let page = parse_page(&self.engine.outside().call(&request)?)?;
                let next = page.next().map(str::to_owned).unwrap_or_default();
                let ids = page
                    .results
                    .into_iter()
                    .filter(|o| o.archived)
                    .map(|o| o.id)
                    .collect();
                let counts = bringing.put_away(self.engine, ids)?;
                self.run.counts.add(&counts);
                if next.is_empty() {
                    break;
                }
                if !marks.insert(next.clone()) {
                    // It is looked for again with the next pass.
                    self.has_repeated(kind);
                    continue 'kinds;
                }
                after = next;
            }
            self.finish_sweep(key)?;
        }
        Ok(())
    }
}

type Brought = (
    crate::store::sources::SourceCounts,
    crate::engine::road::intake::Taken,
);

/// Writes pages as they come, several in one transaction when they come faster than they can be written.
fn write_pages(
    engine: &Engine,
    bringing: &Arc<Bringing>,
    pages: &Receiver<Parsed>,
) -> Result<Brought, EngineError> {
    let memory = Arc::new(Mutex::new(RunMemory::default()));
    let mut brought = Brought::default();
    while let Ok(first) = pages.recv() {
        let mut rows = first.objects.len();
        let mut batch = vec![first];
        while rows < BATCH_ROWS
            && let Ok(more) = pages.try_recv()
        {
            rows += more.objects.len();
            batch.push(more);
        }
        let (counts, taken) = Bringing::write(bringing, engine, batch, &memory)?;
        brought.0.add(&counts);
        brought.1.add(&taken);
    }
    Ok(brought)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_as_the_numbers_that_they_are() {
        assert!(is_above("1000", "999"));
        assert!(!is_above("999", "1000"));
        assert!(!is_above("501", "501"));
        assert!(!is_above("string", "string"));
        assert!(!is_above("", ""));
        assert_eq!(highest(["9", "", "10", "2"].into_iter()), "10");
        assert_eq!(highest(["", ""].into_iter()), "");
    }

    #[test]
    fn ids_that_are_no_numbers_lead_to_an_end() {
        let mut strange = BTreeSet::new();
        assert!(is_followed("string", &mut strange));
        assert!(!is_followed("string", &mut strange));
        let pages = (0..1000).filter(|n| is_followed(&format!("id{n}"), &mut strange));
        assert_eq!(pages.count(), STRANGE_PAGES - 1);
        assert!(is_followed("501", &mut strange));
    }

    #[test]
    fn a_reading_begins_by_the_earlier_of_two_clocks() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let check = |date: &str, expect: &str| {
            let response = Response {
                status: 200,
                headers: vec![("date".into(), date.into())],
                body: Vec::new(),
            };
            assert_eq!(earlier(&response, now).to_string(), expect, "{date}");
        };
        check("Mon, 23 Nov 2026 09:50:00 GMT", "2026-11-23T09:50:00Z");
        check("Mon, 23 Nov 2026 10:10:00 GMT", "2026-11-23T10:00:00Z");
        check("soon", "2026-11-23T10:00:00Z");
    }
}
