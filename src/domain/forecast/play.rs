//! The play: passes at every instant at which an answer may change, until everything that waits has its end.
//!
//! A send only ever makes the others later, and time changes an answer only at the instants that [`Play::next`] looks at. So a message that its
//! own window or person holds is set aside until that clears, a class that the mailbox's limits hold is asked as a whole, and each pass costs
//! what changes, not what waits.

mod holds;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use jiff::Timestamp;

use self::holds::Standing;
use super::windows::Windows;
use super::{
    Asks, Carrier, Facts, Fate, Forecast, Foreseen, Held, Message, Place, Question, Recipient,
};
use crate::domain::limits::{LimitKind, LimitVerdict, MailResults, Sends};
use crate::domain::outbox::SendClass;
use crate::domain::schedule::horizon;

/// Messages that may leave before the rest is said to come later.
const MAX_LEFT: usize = 1_000;
/// Passes after which the rest is said to come later, whatever keeps them coming.
const MAX_PASSES: usize = 20_000;

/// Plays the gate forward from the facts; `questions` watch without taking room.
#[must_use]
pub fn play(facts: &Facts, questions: &[Question]) -> Forecast {
    let mut play = Play::new(facts, questions);
    play.run();
    play.forecast(facts.messages.len())
}

/// A message or a question.
#[derive(Debug)]
struct Subject<'a> {
    message: Option<&'a Message>,
    class: SendClass,
    carrier: Carrier,
    to: &'a Recipient,
    /// Sends to the person, those foreseen included.
    sent: Sends,
    /// Other subjects for whose person a message to this one counts.
    counts_for: Vec<usize>,
    fate: Option<Fate>,
    limits_clear_at: Option<Timestamp>,
    held: Option<Held>,
    /// Set once it holds no more room: it left, or its approval is over.
    is_gone: bool,
}

/// A subject at its turn, with the guards that it is asked about there. Each message is asked about the limits alone, too.
#[derive(Debug, Clone, Copy)]
struct Turn {
    subject: usize,
    asks: Asks,
    /// The instant since which nothing of its own holds it.
    since: Timestamp,
}

#[derive(Debug)]
struct Play<'a> {
    facts: &'a Facts,
    horizon: Timestamp,
    windows: Vec<Windows<'a>>,
    sent: Sends,
    domains: Vec<Sends>,
    results: MailResults,
    subjects: Vec<Subject<'a>>,
    turns: Vec<Turn>,
    /// Turns that something of their own holds until an instant.
    later: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Turns that only what concerns their whole class holds.
    ready: [BTreeSet<usize>; 3],
    /// The limit that last held each class, and how many had left then.
    shut: [Option<(Timestamp, LimitVerdict, usize)>; 3],
    standing: Standing,
    left: usize,
    hold_clears_at: Option<Timestamp>,
}

const fn index(class: SendClass) -> usize {
    match class {
        SendClass::Reply => 0,
        SendClass::FollowUp => 1,
        SendClass::FirstTouch => 2,
    }
}

impl<'a> Play<'a> {
    fn new(facts: &'a Facts, questions: &'a [Question]) -> Self {
        let messages = facts
            .messages
            .iter()
            .map(|m| (Some(m), m.class, m.carrier, &m.to));
        let asked = questions.iter().map(|q| (None, q.class, q.carrier, &q.to));
        let mut subjects: Vec<Subject<'a>> = messages
            .chain(asked)
            .map(|(message, class, carrier, to)| Subject {
                message,
                class,
                carrier,
                to,
                sent: to.sent.clone(),
                counts_for: Vec::new(),
                fate: None,
                limits_clear_at: None,
                held: None,
                is_gone: message.is_none(),
            })
            .collect();
        let counts: Vec<(usize, usize)> = subjects
            .iter()
            .enumerate()
            .flat_map(|(i, s)| s.to.same.iter().map(move |from| (*from, i)))
            .collect();
        for (from, to) in counts {
            if let Some(subject) = subjects.get_mut(from).filter(|_| from != to) {
                subject.counts_for.push(to);
            }
        }
        let since = facts.now;
        let turn = |subject, asks| Turn {
            subject,
            asks,
            since,
        };
        let mut turns = Vec::new();
        for class in SendClass::ALL {
            let place = |place| {
                let at = facts.messages.len();
                let here = move |q: &&Question| q.class == *class && q.place == place;
                let all = questions.iter().enumerate();
                all.filter(move |(_, q)| here(q))
                    .map(move |(i, q)| turn(at + i, q.asks))
            };
            turns.extend(place(Place::First));
            for (i, _) in facts
                .messages
                .iter()
                .enumerate()
                .filter(|(_, m)| m.class == *class)
            {
                turns.push(turn(i, Asks::Limits));
                turns.push(turn(i, Asks::Everything));
            }
            turns.extend(place(Place::Last));
        }
        let from = facts
            .paused_until
            .map_or(facts.now, |until| until.max(facts.now));
        Self {
            facts,
            horizon: horizon(from),
            windows: facts.windows.iter().map(Windows::new).collect(),
            sent: facts.sent.clone(),
            domains: facts.domains.clone(),
            results: facts.results.clone(),
            subjects,
            turns,
            later: BinaryHeap::new(),
            ready: [const { BTreeSet::new() }; 3],
            shut: [const { None }; 3],
            standing: Standing::default(),
            left: 0,
            hold_clears_at: None,
        }
    }

    fn run(&mut self) {
        let mut now = self.facts.now;
        for turn in 0..self.turns.len() {
            self.later.push(Reverse((now, turn)));
        }
        for _ in 0..MAX_PASSES {
            self.pass(now);
            match self.next(now) {
                Some(next) if next > now && next <= self.horizon && self.left < MAX_LEFT => {
                    now = next;
                }
                Some(next) if next > self.horizon => return self.end(Fate::Never),
                Some(_) => return self.end(Fate::Later),
                None => return self.end(Fate::Never),
            }
        }
        self.end(Fate::Later);
    }

    /// Makes one pass: everything whose turn it may be is asked, in order.
    fn pass(&mut self, now: Timestamp) {
        while self.later.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            if let Some(Reverse((_, turn))) = self.later.pop() {
                self.begin(turn, now);
            }
        }
        for class in SendClass::ALL {
            let mut from = 0;
            while let Some(turn) = self.first_ready(*class, from) {
                if let Some(full) = self.shut(*class, now) {
                    if let Some(shut) = self.shut.get_mut(index(*class)) {
                        *shut = Some((now, full, self.left));
                    }
                    break;
                }
                from = turn + 1;
                if let Some(ready) = self.ready.get_mut(index(*class)) {
                    ready.remove(&turn);
                }
                self.ask(turn, now);
            }
        }
        if self.hold_clears_at.is_none() && self.standing(now).hold.is_none() {
            self.hold_clears_at = Some(now);
        }
    }

    /// Lets a turn stand among those of its class, if nothing of its own holds it.
    fn begin(&mut self, turn: usize, now: Timestamp) {
        let Some(found) = self.turns.get_mut(turn) else {
            return;
        };
        found.since = now;
        let (place, asks) = (found.subject, found.asks);
        let Some(subject) = self.subjects.get_mut(place) else {
            return;
        };
        let class = index(subject.class);
        if let (Some(message), Asks::Everything) = (subject.message, asks) {
            if message.not_before > now {
                self.later.push(Reverse((message.not_before, turn)));
                return;
            }
            if message.is_refused {
                subject.fate = Some(Fate::Refused);
                subject.is_gone = true;
                return;
            }
        }
        if self.is_free(turn, now)
            && let Some(ready) = self.ready.get_mut(class)
        {
            ready.insert(turn);
        }
    }

    fn first_ready(&self, class: SendClass, from: usize) -> Option<usize> {
        self.ready.get(index(class))?.range(from..).next().copied()
    }

    /// Asks everything about one turn; what concerns its class has passed.
    fn ask(&mut self, turn: usize, now: Timestamp) {
        let Some(Turn {
            subject,
            asks,
            since,
        }) = self.turns.get(turn).copied()
        else {
            return;
        };
        let shut = self.shut_since(subject, since, now);
        let Some(found) = self.subjects.get_mut(subject) else {
            return;
        };
        let watches_only = found.message.is_some() && asks == Asks::Limits;
        if let Some(held) = shut.filter(|_| !watches_only) {
            found.held = Some(held);
        }
        if !self.is_free(turn, now) {
            return;
        }
        if watches_only {
            if let Some(found) = self.subjects.get_mut(subject) {
                found.limits_clear_at = Some(now);
            }
        } else {
            self.passes(subject, now);
        }
    }

    /// Tells whether nothing of its own holds a turn; one that is held is set aside until that clears, or for good.
    fn is_free(&mut self, turn: usize, now: Timestamp) -> bool {
        let Some(Turn { subject, asks, .. }) = self.turns.get(turn).copied() else {
            return false;
        };
        let Some(own) = self.own(subject, asks, now) else {
            return false;
        };
        let Some(found) = self.subjects.get_mut(subject) else {
            return false;
        };
        let watches_only = found.message.is_some() && asks == Asks::Limits;
        if let Some(verdict) = own.full.filter(|_| !watches_only) {
            found.held = Some(Held {
                room_at: verdict.clears_at,
                verdict,
                since: now,
                before: self.left,
            });
        }
        let ends = found
            .message
            .map(|m| m.expires_at)
            .filter(|_| !watches_only);
        match (own.at, ends) {
            (Some(at), Some(ends)) if at >= ends => {
                found.fate = Some(Fate::Expires(ends));
                found.is_gone = now >= ends;
            }
            (Some(at), _) if at > now => self.later.push(Reverse((at, turn))),
            (Some(_), _) => return true,
            (None, _) if !watches_only => found.fate = Some(Fate::Never),
            (None, _) => {}
        }
        false
    }

    /// Returns the limit on its whole class that has held a turn, if one has.
    fn shut_since(&self, subject: usize, since: Timestamp, now: Timestamp) -> Option<Held> {
        let class = self.subjects.get(subject)?.class;
        let (at, verdict, before) = self.shut.get(index(class))?.as_ref()?;
        (since < now && *at >= since).then(|| Held {
            verdict: verdict.clone(),
            since,
            room_at: Some(now),
            before: *before,
        })
    }

    /// Lets a message leave, or answers a question.
    fn passes(&mut self, subject: usize, now: Timestamp) {
        let Some(found) = self.subjects.get_mut(subject) else {
            return;
        };
        found.fate = Some(Fate::Leaves(now));
        if found.message.is_none() {
            return;
        }
        found.is_gone = true;
        found.sent.add(now);
        let domain = found.to.domain;
        for other in std::mem::take(&mut found.counts_for) {
            if let Some(other) = self.subjects.get_mut(other) {
                other.sent.add(now);
            }
        }
        if let Some(sends) = domain.and_then(|d| self.domains.get_mut(d)) {
            sends.add(now);
        }
        self.sent.add(now);
        self.results.sent.add(now);
        self.left += 1;
    }

    /// Returns the next instant at which an answer may change.
    fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let mut next = self.later.peek().map(|Reverse((at, _))| *at);
        let mut note = |at: Option<Timestamp>| {
            if let Some(at) = at.filter(|at| *at > now) {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        };
        for class in SendClass::ALL {
            if self.first_ready(*class, 0).is_none() {
                continue;
            }
            match self.shut(*class, now) {
                Some(full) if full.limit == LimitKind::Reserved => {
                    note(self.next_of_reserved(*class, now));
                }
                Some(full) => note(full.clears_at),
                None => {}
            }
        }
        if self.hold_clears_at.is_none() {
            let hold = self.standing(now).hold.as_ref();
            note(hold.and_then(|hold| hold.clears_at));
        }
        next
    }

    /// Gives everything that still waits its end.
    fn end(&mut self, fate: Fate) {
        for (ready, shut) in self.ready.iter().zip(&self.shut) {
            let Some((_, verdict, before)) = shut.as_ref().filter(|_| fate == Fate::Never) else {
                continue;
            };
            for turn in ready.iter().filter_map(|turn| self.turns.get(*turn)) {
                if let Some(subject) = self.subjects.get_mut(turn.subject) {
                    subject.held = Some(Held {
                        room_at: verdict.clears_at,
                        verdict: verdict.clone(),
                        since: turn.since,
                        before: *before,
                    });
                }
            }
        }
        for subject in &mut self.subjects {
            let ends = subject.message.map(|m| m.expires_at);
            subject.fate.get_or_insert(match ends {
                Some(ends) if fate == Fate::Never && ends <= self.horizon => Fate::Expires(ends),
                _ => fate,
            });
        }
    }

    fn forecast(self, messages: usize) -> Forecast {
        let mut found = self.subjects.into_iter().map(|subject| Foreseen {
            fate: subject.fate.unwrap_or(Fate::Never),
            limits_clear_at: subject.limits_clear_at,
            held: subject.held,
        });
        Forecast {
            messages: found.by_ref().take(messages).collect(),
            questions: found.collect(),
            hold_clears_at: self.hold_clears_at,
        }
    }
}
