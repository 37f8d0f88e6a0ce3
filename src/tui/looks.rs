//! What screens look at beside Today's Moves: one kind of look and one kind of sight for each query, answered in one place.
//!
//! A new screen adds a variant to [`Look`], one to [`Sight`] and a line to [`answer`]; the lane beside the loop, the order of the answers and
//! the errors are the same for all.

use std::sync::Arc;

use super::message::Answer;
use crate::domain::id::{ContactId, DealId};
use crate::engine::queries::contacts::ContactCard;
use crate::engine::queries::news::{FirstSteps, Mark, News};
use crate::engine::queries::page::{Page, Slice};
use crate::engine::queries::pipeline::{DealCard, Pipeline};
use crate::engine::queries::timeline::{ContactLine, Place, Subject, TimelineEntry, TimelineItem};
use crate::engine::{Engine, EngineError};

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
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
