//! What an operator who looks elsewhere wants to hear of at once, and the few numbers that stand outside of any screen.

use crate::domain::email::classify::ReplyLabel;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::store::news;

pub use crate::store::news::Mark;

/// What happened since a mark, as sentences, and the mark to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// How far this goes.
    pub mark: Mark,
    /// What happened.
    pub sentences: Vec<String>,
    /// Open moves that are due by now.
    pub due: u64,
}

/// Which of the first steps were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstSteps {
    /// Somebody is known.
    pub people: bool,
    /// A mailbox is configured.
    pub mailbox: bool,
    /// A source was read.
    pub synced: bool,
    /// Something was approved.
    pub approved: bool,
}

impl Engine {
    /// Says what happened since `since`; without it, only where things stand.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn news(&self, since: Option<Mark>) -> Result<News> {
        let now = self.now();
        self.store().read(|tx| {
            let mut sentences = Vec::new();
            if let Some(since) = since {
                for reply in news::replies(tx, since)? {
                    let what = if reply.label == ReplyLabel::MeetingRequest {
                        "asks for a meeting"
                    } else {
                        "is interested"
                    };
                    sentences.push(format!("{} {what}: {}", reply.from, reply.subject));
                }
                for trouble in news::troubles(tx, since)? {
                    sentences.push(format!(
                        "\"{}\" to {} could not be sent: {}",
                        trouble.subject, trouble.to, trouble.error
                    ));
                }
            }
            Ok(News {
                mark: news::mark(tx)?,
                sentences,
                due: news::due(tx, now)?,
            })
        })
    }

    /// Says which of the first steps were taken.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn first_steps(&self) -> Result<FirstSteps> {
        let mailbox = !self.config().mail.accounts.is_empty();
        self.store().read(|tx| {
            let [people, synced, approved] = news::steps(tx)?;
            Ok(FirstSteps {
                people,
                mailbox,
                synced: synced && mailbox,
                approved,
            })
        })
    }
}
