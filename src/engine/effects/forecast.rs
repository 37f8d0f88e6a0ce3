//! The forecast's facts, gathered once, and its answers for every face: when a message leaves, when a mail to somebody may, when the limits
//! clear. It binds nobody: the claim asks the guards anew.

mod board;

use jiff::Timestamp;

use self::board::Board;
use super::kind::Made;
use super::kinds;
use crate::domain::effect::EffectKind;
use crate::domain::forecast::{self, Asks, Carrier, Fate, Foreseen, Place, Question, play};
use crate::domain::guard::{GuardKind, Verdict};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::outbox::SendClass;
use crate::domain::schedule::{Reason, ReasonKind};
use crate::engine::effects::gate;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::{clock, sentence};
use crate::store::executions::ExecutionRow;
use crate::store::people::Person;
use crate::store::{ReadTx, people};

/// A mail that nobody has approved yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wish<'a> {
    /// The person; none for a stranger to every limit on one person.
    pub person: Option<&'a Person>,
    pub to_key: &'a str,
    pub class: SendClass,
}

/// The outbox as it stands and as it goes on. The facts are read when the first question is asked.
pub(in crate::engine) struct Outlook<'a, 'tx> {
    tx: &'a ReadTx<'tx>,
    core: &'a Core,
    now: Timestamp,
    is_resumed: bool,
    board: Option<Board>,
    clears: Vec<(String, SendClass, Option<Timestamp>)>,
}

impl<'a, 'tx> Outlook<'a, 'tx> {
    /// Looks ahead from now, as things stand.
    pub fn new(tx: &'a ReadTx<'tx>, core: &'a Core, now: Timestamp) -> Self {
        Self {
            tx,
            core,
            now,
            is_resumed: false,
            board: None,
            clears: Vec::new(),
        }
    }

    /// Looks ahead as if effects were let out now.
    pub fn resumed(tx: &'a ReadTx<'tx>, core: &'a Core, now: Timestamp) -> Self {
        Self {
            is_resumed: true,
            ..Self::new(tx, core, now)
        }
    }

    fn board(&mut self) -> Result<&mut Board> {
        let board = match self.board.take() {
            Some(board) => board,
            None => Board::read(self.tx, self.core, self.is_resumed, self.now)?,
        };
        Ok(self.board.insert(board))
    }

    /// Returns what is queued, in the order in which it is asked.
    pub fn queue(&mut self) -> Result<&[ExecutionRow]> {
        Ok(&self.board()?.rows)
    }

    /// Returns the forecast of a queued message; none while everything is stopped.
    pub fn of(&mut self, id: ExecutionId) -> Result<Option<Foreseen>> {
        let board = self.board()?;
        if board.is_stopped {
            return Ok(None);
        }
        if let Some(found) = board.others.get(&id) {
            return Ok(Some(found.clone()));
        }
        let place = board.places.get(&id).copied();
        Ok(place.and_then(|place| board.forecast().messages.get(place).cloned()))
    }

    /// Returns the limit that a queued message waits for beyond its own window, as a sentence.
    pub fn held(&mut self, id: ExecutionId) -> Result<Option<String>> {
        let now = self.now;
        let held = self.of(id)?.and_then(|found| found.held);
        let board = self.board()?;
        let policy = board.places.get(&id).and_then(|place| {
            let message = board.facts.messages.get(*place)?;
            board.facts.windows.get(message.to.window)
        });
        Ok(held
            .zip(policy)
            .map(|(held, policy)| held.sentence(policy, now)))
    }

    /// Returns when a mail to somebody may go, after all that waits, and what decides it.
    pub fn next(&mut self, wish: Wish<'_>) -> Result<(Foreseen, Vec<Reason>)> {
        let (tx, core, now) = (self.tx, self.core, self.now);
        let account = core.config.mail.accounts.first();
        let rest = match account {
            Some(account) => kinds::of(EffectKind::Mail)
                .readiness(tx, core, &account.name, now)?
                .err(),
            None => None,
        };
        let rest = rest.and_then(|(reason, at)| at.map(|at| (reason, at)));
        let board = self.board()?;
        let question = Question {
            carrier: rest
                .as_ref()
                .map_or(Carrier::Well, |(_, at)| Carrier::From(*at)),
            ..board.question(tx, core, wish, Asks::Everything, Place::Last)?
        };
        let from = board.facts.paused_until.unwrap_or(now).max(now);
        let from = question.carrier.takes(from).unwrap_or(from);
        let policy = board.facts.windows.get(question.to.window).cloned();
        let found = play(&board.facts, &[question]).questions.pop();
        let Some((found, policy)) = found.zip(policy) else {
            return Ok((ends(Fate::Never), Vec::new()));
        };
        let mut because = forecast::because(&policy, from, &found);
        if let Some((reason, at)) = rest {
            let at = clock(at, now, &core.config.operator.zone());
            let text = format!("{} It is asked again at {at}.", sentence(&reason));
            because.insert(0, Reason::new(ReasonKind::Blocked, text));
        }
        Ok((found, because))
    }

    /// Returns when the rate limits let a mail pass before everything of its class that waits.
    pub fn room(&mut self, wish: Wish<'_>) -> Result<Foreseen> {
        let (tx, core) = (self.tx, self.core);
        let board = self.board()?;
        let question = board.question(tx, core, wish, Asks::Limits, Place::First)?;
        Ok(play(&board.facts, &[question])
            .questions
            .pop()
            .unwrap_or(ends(Fate::Never)))
    }

    /// Returns when bounces and complaints hold nothing back.
    pub fn hold_clears_at(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.board()?.forecast().hold_clears_at)
    }

    /// Puts into the verdicts about a queued message when its limits clear with all that leaves before it.
    pub fn say_of(&mut self, id: ExecutionId, verdicts: &mut [Verdict]) -> Result<()> {
        let Some(refusal) = full(verdicts) else {
            return Ok(());
        };
        let clears = self.of(id)?.and_then(|found| found.limits_clear_at);
        refusal.clears_at = clears.or(refusal.clears_at);
        Ok(())
    }

    /// Puts into the verdicts about a mail that nobody has approved yet when its limits clear with all that leaves before it.
    pub fn say(&mut self, wish: Wish<'_>, verdicts: &mut [Verdict]) -> Result<()> {
        let Some(refusal) = full(verdicts) else {
            return Ok(());
        };
        let (tx, core) = (self.tx, self.core);
        let is_known =
            |(to, class, _): &&(String, SendClass, _)| to == wish.to_key && *class == wish.class;
        let known = self.clears.iter().find(is_known).map(|(_, _, at)| *at);
        let clears = match known {
            Some(clears) => clears,
            None => {
                let board = self.board()?;
                let question = board.question(tx, core, wish, Asks::Limits, Place::Last)?;
                let found = play(&board.facts, &[question]).questions.pop();
                let clears = found.and_then(|found| found.leaves_at());
                self.clears
                    .push((wish.to_key.to_owned(), wish.class, clears));
                clears
            }
        };
        refusal.clears_at = clears.or(refusal.clears_at);
        Ok(())
    }
}

/// Returns the verdict of the rate limits, if they refuse something that time lets pass.
fn full(verdicts: &mut [Verdict]) -> Option<&mut Verdict> {
    verdicts
        .iter_mut()
        .find(|v| v.guard == GuardKind::RateLimits && !v.passed && v.clears_at.is_some())
}

const fn ends(fate: Fate) -> Foreseen {
    Foreseen {
        fate,
        limits_clear_at: None,
        held: None,
    }
}

/// Puts into the verdicts about an effect that nobody has consented to yet when its limits clear with all that leaves before it.
pub(in crate::engine) fn foretell(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    made: &Made,
    outlook: &mut Outlook<'_, '_>,
    verdicts: &mut [Verdict],
) -> Result<()> {
    if full(verdicts).is_none() {
        return Ok(());
    }
    let person = contact.map(|c| people::load(tx, c)).transpose()?.flatten();
    let wish = Wish {
        person: person.as_ref(),
        to_key: &made.to,
        class: gate::class_of(tx, contact, &made.to, &made.in_reply_to)?,
    };
    outlook.say(wish, verdicts)
}
