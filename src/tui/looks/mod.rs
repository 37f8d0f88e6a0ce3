//! Looks and sights of the screens beside Today's Moves: one kind of each for every query, answered in one place.
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

/// The most people that a search returns.
const FOUND: usize = 50;

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// A page of the feed of signals.
    Signals {
        /// The kinds, source and order.
        query: SignalQuery,
        /// The page.
        page: Page<SignalPlace>,
    },
    /// One signal in full.
    Signal(SignalId),
    /// The metrics of so many days.
    Metrics(usize),
    /// A page of the audit trail.
    Log {
        /// Only of one event.
        event: Option<String>,
        /// Words of an event or a subject.
        words: String,
        /// The page.
        page: Page<std::cmp::Reverse<i64>>,
    },
    /// The state of the sources and of the messages that did not leave.
    Sync,
    /// The rules and limits that make moves and hold mail.
    Rules,
    /// A check of the audit trail's chain.
    LogCheck,
    /// People with a name, address or firm that begins with these words.
    People(String),
    /// A page of people: all, or the ones found by words.
    Contacts {
        /// The words; empty for all.
        words: String,
        /// The page.
        page: Page<ContactId>,
    },
    /// A person's card.
    Person(ContactId),
    /// A part of a timeline.
    Timeline {
        /// The person or deal.
        subject: Subject,
        /// The page.
        page: Page<Place>,
    },
    /// An entry of a timeline in full.
    Entry {
        /// The person or deal.
        subject: Subject,
        /// The entry.
        place: Place,
    },
    /// The news since a mark.
    News(Option<Mark>),
    /// The first steps, taken and open.
    Steps,
    /// The deals by stage.
    Pipeline,
    /// A deal with its moves.
    Deal(DealId),
}

/// The answer to a look. Lists are shared, since a long one is not copied for a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// A page of the feed, and what each source has brought.
    Signals(Arc<Slice<SignalItem>>, Arc<[SourceTally]>),
    /// One signal in full.
    Signal(Arc<SignalDetail>),
    /// The metrics.
    Metrics(Arc<Metrics>),
    /// A page of the audit trail, and every event that it knows.
    Log(Arc<Slice<AuditEntry>>, Arc<[String]>),
    /// The state of the sources and of the messages that did not leave.
    Sync(Arc<Slice<SyncLine>>),
    /// The rules and limits that make moves and hold mail.
    Rules(Arc<Slice<RuleLine>>),
    /// The result of the chain's check.
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
    /// The news.
    News(News),
    /// The first steps, taken and open.
    Steps(FirstSteps),
    /// The deals by stage.
    Pipeline(Arc<Pipeline>),
    /// A deal with its moves.
    Deal(Arc<DealCard>),
}

/// Answers a look. It blocks; the jobs call it beside the loop.
///
/// # Errors
/// Fails with a sentence for the operator.
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
            let jobs = engine.jobs()?;
            Sight::Sync(Arc::new(sync_lines::lines(health, messages, jobs)))
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
