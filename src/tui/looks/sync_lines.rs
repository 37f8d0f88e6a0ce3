//! Sources, services, stuck messages and jobs as one list.

use crate::engine::queries::health::{Health, ServiceHealth, SourceHealth};
use crate::engine::queries::jobs::JobItem;
use crate::engine::queries::outbox::OutboxItem;
use crate::engine::queries::page::Slice;

/// A line of the list: sources first, then the services that they ask, then messages, then the other jobs.
#[derive(Debug, Clone, PartialEq)]
pub enum SyncLine {
    /// A source.
    Source(Box<SourceHealth>),
    /// A service.
    Service(Box<ServiceHealth>),
    /// A message that wants the operator.
    Message(Box<OutboxItem>),
    /// A job that reads no source.
    Job(Box<JobItem>),
}

/// Puts sources, messages and jobs into one list. The job that reads a source is the source's own line.
#[must_use]
pub fn lines(health: Health, messages: Vec<OutboxItem>, mut jobs: Vec<JobItem>) -> Slice<SyncLine> {
    let is_source = |name: &str| {
        health
            .sources
            .iter()
            .any(|source| source.state.name == name)
    };
    jobs.retain(|job| !is_source(&job.name));
    let sources = health.sources.into_iter().map(Box::new);
    let services = health.services.into_iter().map(Box::new);
    let sources = sources
        .map(SyncLine::Source)
        .chain(services.map(SyncLine::Service));
    let messages = messages.into_iter().map(|m| SyncLine::Message(Box::new(m)));
    let jobs = jobs.into_iter().map(|job| SyncLine::Job(Box::new(job)));
    Slice::whole(sources.chain(messages).chain(jobs).collect())
}
