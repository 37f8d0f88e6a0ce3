//! Questions to the engine from one part of a screen, and the answers that still count.

use super::ids::{Asked, Part, ScreenId};
use super::intent::Intent;
use super::looks::Answer;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};

/// The reader of one part of a screen. The newest question wins; an answer to an older one counts as long as both are about the same thing.
#[derive(Debug)]
pub struct Reader {
    screen: ScreenId,
    part: Part,
    asked: u64,
    /// Answers before this are about something else.
    valid_from: u64,
    answered: u64,
}

impl Reader {
    /// Makes the reader of a part.
    #[must_use]
    pub const fn new(screen: ScreenId, part: Part) -> Self {
        Self {
            screen,
            part,
            asked: 0,
            valid_from: 0,
            answered: 0,
        }
    }

    /// Voids the answers to earlier questions: the next one is about something else.
    pub const fn turn(&mut self) {
        self.valid_from = self.asked + 1;
    }

    /// Asks.
    pub fn ask(&mut self, look: Look) -> Intent {
        self.asked += 1;
        Intent::Effect(Effect::Read {
            asked: Asked {
                screen: self.screen,
                part: self.part,
                generation: self.asked,
            },
            look,
        })
    }

    /// Tells whether a question has no answer yet.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.answered < self.asked
    }

    /// Returns the answer if `message` is one to this part that still counts.
    pub fn take<'a>(&mut self, message: &'a Message) -> Option<&'a Answer<Sight>> {
        let Message::Read { asked, result } = message else {
            return None;
        };
        if asked.screen != self.screen
            || asked.part != self.part
            || asked.generation < self.valid_from
            || asked.generation <= self.answered
        {
            return None;
        }
        self.answered = asked.generation;
        Some(result)
    }
}
