//! Everything with one person or about one deal, by time, read page by page.
//!
//! The tables stay what they are; each is asked for the few rows next to a place in time through its own index, and the rows are merged here.
//! The millionth page costs what the first does.

use jiff::Timestamp;

use super::{ReadTx, Result, instant};
use crate::domain::id::{ContactId, DealId, MoveId};
use crate::domain::words::words;

words! {
    /// The kind of a timeline's line; lines of one instant stand in this order.
    pub enum TimelineKind ("a kind of timeline entry") {
        /// The end of a hold on automatic sending.
        Pause = "pause",
        /// A meeting begins.
        Meeting = "meeting",
        /// An outcome.
        Outcome = "outcome",
        /// The closing of a move.
        Closed = "closed",
        /// A mail of ours.
        MailOut = "mail_out",
        /// An approval, with its end.
        Execution = "execution",
        /// The making of a move.
        Move = "move",
        /// A mail of theirs.
        MailIn = "mail_in",
        /// A signal that is not a mail.
        Signal = "signal",
        /// The suppression of an address or its domain.
        Suppression = "suppression",
        /// A deal as it stands.
        Deal = "deal",
        /// The making of the record.
        Record = "record",
    }
}

/// The subject of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A person's.
    Contact(ContactId),
    /// A deal's.
    Deal(DealId),
}

/// A place in a timeline: time, then kind, then number, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The instant in milliseconds.
    pub at: i64,
    /// The kind.
    pub kind: TimelineKind,
    /// The number within the kind.
    pub id: i64,
}

impl Place {
    fn order(self) -> (std::cmp::Reverse<i64>, usize, std::cmp::Reverse<i64>) {
        (
            std::cmp::Reverse(self.at),
            rank(self.kind),
            std::cmp::Reverse(self.id),
        )
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

fn rank(kind: TimelineKind) -> usize {
    TimelineKind::ALL
        .iter()
        .position(|k| *k == kind)
        .unwrap_or(usize::MAX)
}

/// One line of a timeline as the tables have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// Its place.
    pub place: Place,
    /// Its title.
    pub title: String,
    /// More of it.
    pub detail: String,
    /// Its state.
    pub state: String,
    /// The move that it belongs to.
    pub move_id: Option<MoveId>,
}

impl TimelineRow {
    /// Returns its instant.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        instant(self.place.at)
    }
}

/// Direction from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To what is older; the place itself is among it.
    Older,
    /// To what is newer; the place itself is not among it.
    Newer,
}

/// Query of one kind: columns for the instant, the number, then title, detail, state and move; the table and the rows.
struct Source {
    kind: TimelineKind,
    at: &'static str,
    id: &'static str,
    columns: &'static str,
    from: &'static str,
    contact: Option<&'static str>,
    deal: Option<&'static str>,
}

const SOURCES: &[Source] = &[
    Source {
        kind: TimelineKind::Pause,
        at: "c.paused_until",
        id: "c.id",
        columns: "c.pause_reason, '', '', NULL",
        from: "contact c",
        contact: Some("c.id = ?1 AND c.paused_until IS NOT NULL"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Meeting,
        at: "m.starts_at",
        id: "m.id",
        columns: "m.title, '', m.state, NULL",
        from: "meeting m",
        contact: Some("m.contact_id = ?1"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Outcome,
        at: "o.occurred_at",
        id: "o.id",
        columns: "o.kind, o.note, CASE WHEN o.undone_at IS NULL THEN o.source ELSE 'taken back' END, o.move_id",
        from: "outcome o",
        contact: Some("o.contact_id = ?1"),
        deal: Some("o.deal_id = ?1"),
    },
    Source {
        kind: TimelineKind::Closed,
        at: "m.closed_at",
        id: "m.id",
        columns: "m.title, m.close_reason, m.status, m.id",
        from: "move m",
        contact: Some("m.contact_id = ?1 AND m.closed_at IS NOT NULL"),
        deal: Some("m.deal_id = ?1 AND m.closed_at IS NOT NULL"),
    },
    Source {
        kind: TimelineKind::MailOut,
        at: "m.sent_at",
        id: "m.id",
        columns: "m.subject, m.to_address, '', (SELECT e.move_id FROM execution e WHERE e.id = m.execution_id)",
        from: "message m",
        contact: Some("m.contact_id = ?1 AND m.direction = 'out'"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Execution,
        at: "e.approved_at",
        id: "e.id",
        columns: "e.subject, e.error, e.status, e.move_id",
        from: "execution e",
        contact: Some("e.contact_id = ?1"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Move,
        at: "m.created_at",
        id: "m.id",
        columns: "m.title, m.urgency_why, m.status, m.id",
        from: "move m",
        contact: Some("m.contact_id = ?1"),
        deal: Some("m.deal_id = ?1"),
    },
    Source {
        kind: TimelineKind::MailIn,
        at: "m.sent_at",
        id: "m.id",
        columns: "m.subject, m.from_address, m.label, (SELECT s.move_id FROM move_signal s WHERE s.signal_id = m.signal_id LIMIT 1)",
        from: "message m",
        contact: Some("m.contact_id = ?1 AND m.direction = 'in'"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Signal,
        at: "s.occurred_at",
        id: "s.id",
        columns: "s.kind, s.source, '', (SELECT m.move_id FROM move_signal m WHERE m.signal_id = s.id LIMIT 1)",
        from: "signal s",
        contact: Some("s.contact_id = ?1 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.signal_id = s.id)"),
        deal: Some("s.deal_id = ?1"),
    },
    Source {
        kind: TimelineKind::Suppression,
        at: "p.created_at",
        id: "p.rowid_",
        columns: "p.value, p.reason, p.source, NULL",
        // The list is keyed by text; a person's few addresses are numbered here.
        from: "(SELECT s.created_at, s.value, s.reason, s.source, row_number() OVER (ORDER BY s.value, s.cause) AS rowid_
                FROM suppression s WHERE s.key IN (SELECT coalesce(mailbox, key) FROM contact_email WHERE contact_id = ?1
                    UNION SELECT substr(coalesce(mailbox, key), instr(coalesce(mailbox, key), '@') + 1) FROM contact_email WHERE contact_id = ?1)) p",
        contact: Some("1"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Deal,
        at: "d.as_of",
        id: "d.id",
        columns: "d.name, d.stage, CASE WHEN d.is_won THEN 'won' WHEN d.is_closed THEN 'lost' ELSE 'open' END, NULL",
        from: "deal d",
        contact: Some("d.contact_id = ?1"),
        deal: None,
    },
    Source {
        kind: TimelineKind::Record,
        at: "c.created_at",
        id: "c.id",
        columns: "c.notes, '', c.stage, NULL",
        from: "contact c",
        contact: Some("c.id = ?1"),
        deal: None,
    },
];

/// Returns up to `limit` lines from a place on, or from the end that the way begins at; the nearest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn page(
    tx: &ReadTx<'_>,
    subject: Subject,
    from: Option<Place>,
    way: Way,
    limit: usize,
) -> Result<Vec<TimelineRow>> {
    let mut rows = Vec::new();
    for source in SOURCES {
        let (filter, number) = match subject {
            Subject::Contact(id) => (source.contact, id.0),
            Subject::Deal(id) => (source.deal, id.0),
        };
        let Some(filter) = filter else { continue };
        rows.append(&mut of_kind(tx, source, filter, number, from, way, limit)?);
    }
    rows.sort_by(|a, b| match way {
        Way::Older => a.place.cmp(&b.place),
        Way::Newer => b.place.cmp(&a.place),
    });
    rows.truncate(limit);
    Ok(rows)
}

fn of_kind(
    tx: &ReadTx<'_>,
    source: &Source,
    filter: &str,
    number: i64,
    from: Option<Place>,
    way: Way,
    limit: usize,
) -> Result<Vec<TimelineRow>> {
    let Source {
        kind,
        at,
        id,
        columns,
        from: table,
        ..
    } = source;
    // The place as a bound within this kind: kinds that stand later at the same instant are older than the place.
    let (bound_at, bound_id) = match (from, way) {
        (None, Way::Older) => (i64::MAX, i64::MAX),
        (None, Way::Newer) => (i64::MIN, i64::MIN),
        (Some(place), way) => {
            let id = match (rank(*kind).cmp(&rank(place.kind)), way) {
                (std::cmp::Ordering::Greater, Way::Older) => i64::MAX,
                (std::cmp::Ordering::Less, Way::Older) => i64::MIN,
                (std::cmp::Ordering::Equal, Way::Older) => place.id.saturating_add(1),
                (std::cmp::Ordering::Greater, Way::Newer) => i64::MAX,
                (std::cmp::Ordering::Less, Way::Newer) => i64::MIN,
                (std::cmp::Ordering::Equal, Way::Newer) => place.id,
            };
            (place.at, id)
        }
    };
    let (sign, order) = match way {
        Way::Older => ("<", "DESC"),
        Way::Newer => (">", "ASC"),
    };
    let sql = format!(
        "SELECT {at}, {id}, {columns} FROM {table} WHERE {filter} AND ({at}, {id}) {sign} (?2, ?3)
         ORDER BY {at} {order}, {id} {order} LIMIT ?4"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let found = statement.query_map(
        (
            number,
            bound_at,
            bound_id,
            i64::try_from(limit).unwrap_or(i64::MAX),
        ),
        |row| {
            Ok(TimelineRow {
                place: Place {
                    at: row.get(0)?,
                    kind: *kind,
                    id: row.get(1)?,
                },
                title: row.get(2)?,
                detail: row.get(3)?,
                state: row.get(4)?,
                move_id: row.get::<_, Option<i64>>(5)?.map(MoveId),
            })
        },
    )?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
