//! The feed of signals: pages by (instant, number), each served by an index, and counts that are stored, not counted.

use jiff::Timestamp;

use super::{COLUMNS, SignalRow, from_row};
use crate::domain::id::{ContactId, DealId, MoveId, OutcomeId, SignalId};
use crate::domain::moves::MoveStatus;
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::{SignalKind, Source};
use crate::store::{ReadTx, Result, WriteTx, instant, word};

/// Selects the signals of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFilter {
    /// Only of one source.
    pub source: Option<Source>,
    /// Only of these kinds.
    pub kinds: Option<Vec<SignalKind>>,
    /// Only of one person.
    pub contact: Option<ContactId>,
    /// Only those that are matched, or only those that are not.
    pub matched: Option<bool>,
}

/// A place in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Instant of the signal there.
    pub at: Timestamp,
    /// Its number.
    pub id: SignalId,
}

/// The part of the feed to read, and the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// From the newest on, or from a place on, to older ones.
    From(Option<Place>),
    /// Older than a place.
    Behind(Place),
    /// From the oldest on, or newer than a place, to newer ones.
    Above(Option<Place>),
}

impl Stretch {
    const fn place(self) -> Option<Place> {
        match self {
            Self::From(place) | Self::Above(place) => place,
            Self::Behind(place) => Some(place),
        }
    }

    const fn is_upwards(self) -> bool {
        matches!(self, Self::Above(_))
    }
}

/// A signal with its contact's name and its newest move.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedRow {
    /// The signal.
    pub signal: SignalRow,
    /// The person's name; empty if nobody is known.
    pub contact: String,
    /// The newest move that it is evidence of.
    pub move_id: Option<MoveId>,
}

/// Reads a stretch of the feed, in its direction.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn page(
    tx: &ReadTx<'_>,
    filter: &FeedFilter,
    stretch: Stretch,
    limit: usize,
) -> Result<Vec<FeedRow>> {
    let Some(kinds) = &filter.kinds else {
        return read(tx, filter, None, stretch, limit);
    };
    // One ordered read for each kind: a list of kinds in one would have to be sorted as a whole.
    let mut rows = Vec::new();
    for kind in kinds {
        if may_have(tx, filter, *kind)? {
            rows.extend(read(tx, filter, Some(*kind), stretch, limit)?);
        }
    }
    rows.sort_by_key(|row| (row.signal.draft.occurred_at, row.signal.id));
    if !stretch.is_upwards() {
        rows.reverse();
    }
    rows.truncate(limit);
    Ok(rows)
}

/// Checks the stored counts for signals of a kind, so that a source without any is not searched for.
fn may_have(tx: &ReadTx<'_>, filter: &FeedFilter, kind: SignalKind) -> Result<bool> {
    let Some(source) = filter.source else {
        return Ok(true);
    };
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT coalesce(sum(n), 0) > 0 FROM signal_count WHERE source = ?1 AND kind = ?2",
        )?
        .query_row((source.as_str(), kind.as_str()), |row| row.get(0))?)
}

fn sql_of(filter: &FeedFilter, kind: Option<SignalKind>, stretch: Stretch) -> String {
    // The index is named by what it orders; a unary plus keeps a condition from being taken for the index's key.
    let mut conditions = Vec::new();
    let is_by_kind = kind.is_some() && filter.contact.is_none();
    let plus = |is_key: bool| if is_key { "" } else { "+" };
    if filter.contact.is_some() {
        conditions.push("s.contact_id = ?3".to_owned());
    }
    if kind.is_some() {
        conditions.push(format!("{}s.kind = ?4", plus(is_by_kind)));
    }
    if filter.source.is_some() {
        let is_key = filter.contact.is_none() && !is_by_kind;
        conditions.push(format!("{}s.source = ?5", plus(is_key)));
    }
    match filter.matched {
        Some(true) => conditions.push("+s.state = 'matched'".into()),
        Some(false) if filter.contact.is_some() => conditions.push("+s.state = 'unmatched'".into()),
        Some(false) => conditions.push("s.state = 'unmatched'".into()),
        None => {}
    }
    let (beyond, order) = if stretch.is_upwards() {
        (
            "s.occurred_at >= ?1 AND (s.occurred_at > ?1 OR s.id > ?2)",
            "ASC",
        )
    } else if matches!(stretch, Stretch::From(_)) {
        (
            "s.occurred_at <= ?1 AND (s.occurred_at < ?1 OR s.id <= ?2)",
            "DESC",
        )
    } else {
        (
            "s.occurred_at <= ?1 AND (s.occurred_at < ?1 OR s.id < ?2)",
            "DESC",
        )
    };
    if stretch.place().is_some() {
        conditions.push(beyond.into());
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    format!(
        "SELECT {COLUMNS}, coalesce(trim(c.first_name || ' ' || c.last_name), ''),
             (SELECT max(m.move_id) FROM move_signal m WHERE m.signal_id = s.id)
         FROM signal s LEFT JOIN contact c ON c.id = s.contact_id {filter}
         ORDER BY s.occurred_at {order}, s.id {order} LIMIT ?6"
    )
}

fn read(
    tx: &ReadTx<'_>,
    filter: &FeedFilter,
    kind: Option<SignalKind>,
    stretch: Stretch,
    limit: usize,
) -> Result<Vec<FeedRow>> {
    let mut statement = tx.sql().prepare_cached(&sql_of(filter, kind, stretch))?;
    let mut bound: Vec<(usize, rusqlite::types::Value)> = Vec::new();
    if let Some(place) = stretch.place() {
        bound.push((1, place.at.as_millisecond().into()));
        bound.push((2, place.id.0.into()));
    }
    if let Some(contact) = filter.contact {
        bound.push((3, contact.0.into()));
    }
    if let Some(kind) = kind {
        bound.push((4, kind.as_str().to_owned().into()));
    }
    if let Some(source) = filter.source {
        bound.push((5, source.as_str().to_owned().into()));
    }
    bound.push((6, i64::try_from(limit).unwrap_or(i64::MAX).into()));
    for (index, value) in bound {
        statement.raw_bind_parameter(index, value)?;
    }
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(FeedRow {
            signal: from_row(row)?,
            contact: row.get(13)?,
            move_id: row.get::<_, Option<i64>>(14)?.map(MoveId),
        });
    }
    Ok(all)
}

/// Number of signals of one source, kind and match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedCount {
    /// The source.
    pub source: Source,
    /// The kind of signal.
    pub kind: SignalKind,
    /// True if they are matched to a contact or deal.
    pub matched: bool,
    /// Number of signals.
    pub n: u64,
}

/// Returns the number of signals by source, kind and match; stored, not counted.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn counts(tx: &ReadTx<'_>) -> Result<Vec<FeedCount>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT source, kind, state, n FROM signal_count WHERE n > 0")?;
    Ok(statement
        .query_map([], |row| {
            Ok(FeedCount {
                source: word(&row.get::<_, String>(0)?)?,
                kind: word(&row.get::<_, String>(1)?)?,
                matched: row.get::<_, String>(2)? == "matched",
                n: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// A move that a signal is evidence of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeMove {
    /// The move.
    pub id: MoveId,
    /// Its title.
    pub title: String,
    /// The rule that made it.
    pub rule: String,
    /// Its status.
    pub status: MoveStatus,
    /// Reason for closing it.
    pub close_reason: String,
    /// Its due time.
    pub due_at: Timestamp,
    /// True if the signal decides the move's action; false for further evidence.
    pub leads: bool,
    /// Signals that it rests on.
    pub evidence: u64,
}

/// Returns the moves that a signal is evidence of, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn moves_of(tx: &ReadTx<'_>, id: SignalId) -> Result<Vec<MadeMove>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT m.id, m.title, m.rule, m.status, m.close_reason, m.due_at, m.lead_signal_id = ?1,
             (SELECT count(*) FROM move_signal e WHERE e.move_id = m.id)
         FROM move_signal s JOIN move m ON m.id = s.move_id WHERE s.signal_id = ?1 ORDER BY m.id DESC",
    )?;
    Ok(statement
        .query_map([id.0], |row| {
            Ok(MadeMove {
                id: MoveId(row.get(0)?),
                title: row.get(1)?,
                rule: row.get(2)?,
                status: word(&row.get::<_, String>(3)?)?,
                close_reason: row.get(4)?,
                due_at: instant(row.get(5)?),
                leads: row.get(6)?,
                evidence: u64::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// An outcome that a signal tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldOutcome {
    /// The outcome.
    pub id: OutcomeId,
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// True if it was undone.
    pub is_undone: bool,
}

/// Returns the outcomes that a signal tells of.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn outcomes_of(tx: &ReadTx<'_>, id: SignalId) -> Result<Vec<ToldOutcome>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, kind, undone_at IS NOT NULL FROM outcome WHERE signal_id = ?1 ORDER BY id",
    )?;
    Ok(statement
        .query_map([id.0], |row| {
            Ok(ToldOutcome {
                id: OutcomeId(row.get(0)?),
                kind: word(&row.get::<_, String>(1)?)?,
                is_undone: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Matches a signal to a contact or deal, or to neither; the observation stays as it was.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn assign(
    tx: &WriteTx<'_>,
    id: SignalId,
    about: (Option<ContactId>, Option<DealId>),
) -> Result<()> {
    let (contact, deal) = about;
    let state = if contact.is_some() || deal.is_some() {
        "matched"
    } else {
        "unmatched"
    };
    tx.sql()
        .prepare_cached(
            "UPDATE signal SET contact_id = ?2, deal_id = ?3, state = ?4 WHERE id = ?1",
        )?
        .execute((id.0, contact.map(|c| c.0), deal.map(|d| d.0), state))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::signal::SignalDraft;
    use crate::store::tests::store;
    use crate::store::{Durability, Store, StoreError};

    fn filled(n: i64) -> (tempfile::TempDir, Store) {
        let (directory, store) = store();
        store
            .write(Durability::Normal, move |tx| {
                for i in 0..n {
                    let (source, kind) = [
                        (Source::Form, SignalKind::FormSubmitted),
                        (Source::X, SignalKind::Mention),
                        (Source::Mail, SignalKind::ReplyReceived),
                    ][usize::try_from(i % 3).unwrap()];
                    // Three at each instant: the number decides among them.
                    let at = Timestamp::from_second(1_000_000 + i / 3).unwrap();
                    let draft = SignalDraft::new(source, kind, at, serde_json::Map::new())
                        .with_id(format!("e{i}"), 0);
                    super::super::insert(
                        tx,
                        &draft,
                        &draft.hash(),
                        (None, None),
                        draft.occurred_at,
                    )?;
                    if i % 5 > 0 {
                        let sql = "UPDATE signal SET state = 'matched' WHERE id = ?1";
                        tx.sql().execute(sql, [tx.sql().last_insert_rowid()])?;
                    }
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        (directory, store)
    }

    fn place_of(row: &FeedRow) -> Place {
        Place {
            at: row.signal.draft.occurred_at,
            id: row.signal.id,
        }
    }

    fn ids(store: &Store, filter: &FeedFilter, upwards: bool, size: usize) -> Vec<i64> {
        let (mut all, mut last) = (Vec::new(), None);
        loop {
            let stretch = match (upwards, last) {
                (true, last) => Stretch::Above(last),
                (false, None) => Stretch::From(None),
                (false, Some(last)) => Stretch::Behind(last),
            };
            let rows = store.read(|tx| page(tx, filter, stretch, size)).unwrap();
            let Some(row) = rows.last() else { return all };
            last = Some(place_of(row));
            all.extend(rows.iter().map(|r| r.signal.id.0));
        }
    }

    #[test]
    fn pages_together_are_the_whole_feed_once_whatever_their_size() {
        let (_directory, store) = filled(50);
        for filter in [
            FeedFilter::default(),
            FeedFilter {
                source: Some(Source::X),
                ..FeedFilter::default()
            },
            FeedFilter {
                matched: Some(false),
                ..FeedFilter::default()
            },
            FeedFilter {
                matched: Some(true),
                source: Some(Source::Form),
                ..FeedFilter::default()
            },
            FeedFilter {
                kinds: Some(vec![SignalKind::Mention, SignalKind::ReplyReceived]),
                matched: Some(false),
                ..FeedFilter::default()
            },
        ] {
            let whole = ids(&store, &filter, false, 100);
            assert!(whole.len() > 3, "{filter:?}");
            assert!(whole.is_sorted_by(|a, b| a > b), "{filter:?}: {whole:?}");
            for size in [1, 2, 7] {
                assert_eq!(
                    ids(&store, &filter, false, size),
                    whole,
                    "{filter:?} by {size}"
                );
                let mut upwards = ids(&store, &filter, true, size);
                upwards.reverse();
                assert_eq!(upwards, whole, "{filter:?} upwards by {size}");
            }
        }
    }

    #[test]
    fn the_kept_counts_are_what_counting_would_find() {
        let (_directory, store) = filled(50);
        store
            .write(Durability::Normal, |tx| {
                assign(tx, SignalId(2), (None, None))
            })
            .unwrap();
        let counted: i64 = store
            .read(|tx| {
                Ok::<_, StoreError>(tx.sql().query_row(
                    "SELECT count(*) FROM signal WHERE source = 'x' AND state = 'unmatched'",
                    [],
                    |row| row.get(0),
                )?)
            })
            .unwrap();
        let kept: u64 = store
            .read(counts)
            .unwrap()
            .iter()
            .filter(|c| c.source == Source::X && !c.matched)
            .map(|c| c.n)
            .sum();
        assert_eq!(i64::try_from(kept).unwrap(), counted);
        assert_eq!(
            store.read(counts).unwrap().iter().map(|c| c.n).sum::<u64>(),
            50
        );
    }

    #[test]
    fn no_page_is_sorted_or_read_from_the_table_as_a_whole() {
        let (_directory, store) = store();
        let check = |filter: FeedFilter, kind: Option<SignalKind>, index: &str| {
            let place = Place {
                at: Timestamp::UNIX_EPOCH,
                id: SignalId(1),
            };
            for stretch in [
                Stretch::From(None),
                Stretch::From(Some(place)),
                Stretch::Behind(place),
                Stretch::Above(None),
                Stretch::Above(Some(place)),
            ] {
                let sql = sql_of(&filter, kind, stretch);
                let plan: String = store
                    .read(|tx| {
                        let mut statement =
                            tx.sql().prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                        let mut rows = statement.raw_query();
                        let mut lines = String::new();
                        while let Some(row) = rows.next()? {
                            lines.push_str(&row.get::<_, String>(3)?);
                            lines.push_str("; ");
                        }
                        Ok::<_, StoreError>(lines)
                    })
                    .unwrap();
                assert!(
                    plan.contains(&format!("INDEX {index} "))
                        || plan.contains(&format!("INDEX {index};")),
                    "{filter:?}: {plan}"
                );
                assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
            }
        };
        let all = FeedFilter::default;
        let unmatched = || FeedFilter {
            matched: Some(false),
            ..all()
        };
        let kind = Some(SignalKind::Mention);
        check(all(), None, "signal_by_time");
        check(all(), kind, "signal_by_kind");
        check(
            FeedFilter {
                matched: Some(true),
                ..all()
            },
            None,
            "signal_by_time",
        );
        check(
            FeedFilter {
                source: Some(Source::X),
                ..all()
            },
            None,
            "signal_by_source",
        );
        check(
            FeedFilter {
                source: Some(Source::X),
                ..all()
            },
            kind,
            "signal_by_kind",
        );
        check(
            FeedFilter {
                contact: Some(ContactId(1)),
                ..all()
            },
            None,
            "signal_by_contact",
        );
        check(
            FeedFilter {
                contact: Some(ContactId(1)),
                ..all()
            },
            kind,
            "signal_by_contact",
        );
        check(unmatched(), None, "signal_unmatched");
        check(
            FeedFilter {
                source: Some(Source::X),
                ..unmatched()
            },
            None,
            "signal_unmatched_by_source",
        );
        check(
            FeedFilter {
                source: Some(Source::X),
                ..unmatched()
            },
            kind,
            "signal_unmatched_by_kind",
        );
    }
}
