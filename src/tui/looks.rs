//! What screens look at beside Today's Moves: one kind of look and one kind of sight for each query, answered in one place.
//!
//! A new screen adds a variant to [`Look`], one to [`Sight`] and a line to [`answer`]; the lane beside the loop, the order of the answers and
//! the errors are the same for all.

use std::sync::Arc;

use super::message::Answer;
use crate::domain::id::SignalId;
use crate::domain::metrics::Metrics;
use crate::engine::queries::contacts::ContactItem;
use crate::engine::queries::page::{Page, Slice};
use crate::engine::queries::signals::{
    SignalDetail, SignalItem, SignalPlace, SignalQuery, SourceTally,
};
use crate::engine::{Engine, EngineError};

/// People that a search finds at most.
const FOUND: usize = 50;

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Nothing; for tests of the lane.
    Nothing,
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
    /// The people whose names, addresses or firms have words beginning so.
    People(String),
}

/// What was seen. It is shared, since a long list is not copied for a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Nothing.
    Nothing,
    /// A page of the feed, and what each source has brought.
    Signals(Arc<Slice<SignalItem>>, Arc<[SourceTally]>),
    /// One signal in full.
    Signal(Arc<SignalDetail>),
    /// What the work came to.
    Metrics(Arc<Metrics>),
    /// People.
    People(Arc<[ContactItem]>),
}

/// Answers a look. It blocks; the jobs call it beside the loop.
///
/// # Errors
/// A sentence for the operator.
pub fn answer(engine: &Engine, look: &Look) -> Answer<Sight> {
    see(engine, look).map_err(|error| error.to_string())
}

fn see(engine: &Engine, look: &Look) -> Result<Sight, EngineError> {
    Ok(match look {
        Look::Nothing => Sight::Nothing,
        Look::Signals { query, page } => {
            let (slice, sources) = engine.signal_page(query, page)?;
            Sight::Signals(Arc::new(slice), sources.into())
        }
        Look::Signal(id) => Sight::Signal(Arc::new(engine.show_signal(*id)?)),
        Look::Metrics(days) => Sight::Metrics(Arc::new(engine.metrics(*days)?)),
        Look::People(words) => Sight::People(engine.search_contacts(words, FOUND)?.into()),
    })
}
