//! What screens look at beside Today's Moves: one kind of look and one kind of sight for each query, answered in one place.
//!
//! A new screen adds a variant to [`Look`], one to [`Sight`] and a line to [`answer`]; the lane beside the loop, the order of the answers and
//! the errors are the same for all.

pub mod rule_lines;
pub mod sync_lines;

use std::sync::Arc;

use crate::domain::id::{ContactId, DealId, SignalId};
use crate::domain::metrics::Metrics;
use crate::engine::queries::contacts::{ContactCard, ContactItem};
use crate::engine::queries::log::{AuditCheck, AuditEntry};
use crate::engine::queries::news::{FirstSteps, Mark, News};
use crate::engine::queries::page::{Page, Slice};
use crate::engine::queries::pipeline::{DealCard, Pipeline};
use crate::engine::queries::signals::{
    SignalDetail, SignalItem, SignalPlace, SignalQuery, SourceTally,
};
use crate::engine::queries::timeline::{ContactLine, Place, Subject, TimelineEntry, TimelineItem};
use crate::engine::{Engine, EngineError};
use rule_lines::RuleLine;
use sync_lines::SyncLine;

/// An answer of the engine: the value, or a sentence for the operator.
pub type Answer<T> = Result<T, String>;

/// People that a search finds at most.
const FOUND: usize = 50;

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// A page of the feed of signals.
    Signals {
        /// Which signals.
        query: SignalQuery,
        /// Which part of them.
        page: Page<SignalPlace>,
    },
    /// One signal in full.
    Signal(SignalId),
    /// What the work of so many days came to.
    Metrics(usize),
    /// A page of the audit trail.
    Log {
        /// Only of one event.
        event: Option<String>,
        /// Words of an event or a subject.
        words: String,
        /// Which part.
        page: Page<std::cmp::Reverse<i64>>,
    },
    /// How the sources and the messages that did not leave stand.
    Sync,
    /// What decides what becomes a move and what may leave.
    Rules,
    /// Whether the chain of the audit trail holds.
    LogCheck,
    /// The people whose names, addresses or firms have words beginning so.
    People(String),
    /// People: those that words find, or all.
    Contacts {
        /// The words; empty for all.
        words: String,
        /// Which part.
        page: Page<ContactId>,
    },
    /// A person's card.
    Person(ContactId),
    /// A part of a timeline.
    Timeline {
        /// Whose.
        subject: Subject,
        /// Which part.
        page: Page<Place>,
    },
    /// An entry of a timeline in full.
    Entry {
        /// Whose timeline.
        subject: Subject,
        /// Which entry.
        place: Place,
    },
    /// What happened since a mark.
    News(Option<Mark>),
    /// Which of the first steps were taken.
    Steps,
    /// The deals by stage.
    Pipeline,
    /// A deal with its moves.
    Deal(DealId),
}

/// What was seen. It is shared, since a long list is not copied for a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// A page of the feed, and what each source has brought.
    Signals(Arc<Slice<SignalItem>>, Arc<[SourceTally]>),
    /// One signal in full.
    Signal(Arc<SignalDetail>),
    /// What the work came to.
    Metrics(Arc<Metrics>),
    /// A page of the audit trail, and every event that it knows.
    Log(Arc<Slice<AuditEntry>>, Arc<[String]>),
    /// How the sources and the messages that did not leave stand.
    Sync(Arc<Slice<SyncLine>>),
    /// What decides what becomes a move and what may leave.
    Rules(Arc<Slice<RuleLine>>),
    /// Whether its chain holds.
    LogCheck(AuditCheck),
    /// People.
    People(Arc<[ContactItem]>),
    /// People, and how many there are in all.
    Contacts(Arc<Slice<ContactLine>>, u64),
    /// A person's card.
    Person(Arc<ContactCard>),
    /// A part of a timeline.
    Timeline(Arc<Slice<TimelineItem>>),
    /// An entry of a timeline in full.
    Entry(Arc<TimelineEntry>),
    /// What happened.
    News(News),
    /// Which of the first steps were taken.
    Steps(FirstSteps),
    /// The deals by stage.
    Pipeline(Arc<Pipeline>),
    /// A deal with its moves.
    Deal(Arc<DealCard>),
}

/// Answers a look. It blocks; the jobs call it beside the loop.
///
/// # Errors
/// A sentence for the operator.
pub fn answer(engine: &Engine, look: &Look) -> Answer<Sight> {
    see(engine, look).map_err(|e| e.to_string())
}

fn see(engine: &Engine, look: &Look) -> Result<Sight, EngineError> {
    Ok(match look {
        Look::Signals { query, page } => {
            let (slice, sources) = engine.signal_page(query, page)?;
            Sight::Signals(Arc::new(slice), sources.into())
        }
        Look::Signal(id) => Sight::Signal(Arc::new(engine.show_signal(*id)?)),
        Look::Metrics(days) => Sight::Metrics(Arc::new(engine.metrics(*days)?)),
        Look::Log { event, words, page } => {
            let (slice, events) = engine.log_page(event.as_deref(), words, page)?;
            Sight::Log(Arc::new(slice), events.into())
        }
        Look::Sync => {
            let (health, messages) = engine.sync_state()?;
            Sight::Sync(Arc::new(sync_lines::lines(health, messages)))
        }
        Look::Rules => Sight::Rules(Arc::new(rule_lines::lines(engine.rules_state()?))),
        Look::LogCheck => Sight::LogCheck(engine.verify_audit()?),
        Look::People(words) => Sight::People(engine.search_contacts(words, FOUND)?.into()),
        Look::Contacts { words, page } => Sight::Contacts(
            Arc::new(engine.contacts_page(words, page)?),
            engine.count_contacts()?,
        ),
        Look::Person(id) => Sight::Person(Arc::new(engine.contact_card(&id.to_string())?)),
        Look::Timeline { subject, page } => {
            Sight::Timeline(Arc::new(engine.timeline(*subject, page)?))
        }
        Look::Entry { subject, place } => {
            Sight::Entry(Arc::new(engine.timeline_entry(*subject, *place)?))
        }
        Look::News(since) => Sight::News(engine.news(*since)?),
        Look::Steps => Sight::Steps(engine.first_steps()?),
        Look::Pipeline => Sight::Pipeline(Arc::new(engine.pipeline()?)),
        Look::Deal(id) => Sight::Deal(Arc::new(engine.deal_card(*id)?)),
    })
}
