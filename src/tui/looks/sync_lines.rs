//! Sources, services and stuck messages as one list.

use crate::engine::queries::health::{Health, ServiceHealth, SourceHealth};
use crate::engine::queries::outbox::OutboxItem;
use crate::engine::queries::page::Slice;

/// A line of the list: sources first, then the services that they ask, then messages.
#[derive(Debug, Clone, PartialEq)]
pub enum SyncLine {
    /// A source.
    Source(Box<SourceHealth>),
    /// A service.
    Service(Box<ServiceHealth>),
    /// A message that wants the operator.
    Message(Box<OutboxItem>),
}

/// Puts sources and messages into one list.
#[must_use]
pub fn lines(health: Health, messages: Vec<OutboxItem>) -> Slice<SyncLine> {
    let sources = health.sources.into_iter().map(Box::new);
    let services = health.services.into_iter().map(Box::new);
    let sources = sources
        .map(SyncLine::Source)
        .chain(services.map(SyncLine::Service));
    let messages = messages.into_iter().map(|m| SyncLine::Message(Box::new(m)));
    Slice::whole(sources.chain(messages).collect())
}
