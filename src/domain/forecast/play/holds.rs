//! The holds on a turn at one instant: its own, those of its class, and the room that is kept for others.

use jiff::{SignedDuration, Timestamp};

use super::{Play, Subject, index};
use crate::domain::forecast::{Asks, Message};
use crate::domain::limits::{self, LimitKind, LimitVerdict, binding, judge, reserve};
use crate::domain::outbox::{CHECK_AGAIN, SendClass};

/// The limits at one instant.
#[derive(Debug, Default)]
pub(super) struct Standing {
    key: Option<(Timestamp, usize)>,
    mailbox: Vec<LimitVerdict>,
    /// The limit on all mail that decides.
    full: Option<LimitVerdict>,
    /// Too many bounces or complaints.
    pub(super) hold: Option<LimitVerdict>,
    /// Room kept from follow-ups, and from first mails.
    reserved: [Option<Option<LimitVerdict>>; 2],
}

/// The answer of what concerns one turn alone.
pub(super) struct Own {
    /// The first instant at which nothing of its own holds it; none if there is none.
    pub(super) at: Option<Timestamp>,
    /// The limit on mail to the person that makes it later than the rest.
    pub(super) full: Option<LimitVerdict>,
}

fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

impl<'a> Play<'a> {
    /// Asks what concerns one turn alone: the limits on mail to its person and, unless it is about the limits, the pause, what carries it
    /// and the window.
    pub(super) fn own(&mut self, subject: usize, asks: Asks, now: Timestamp) -> Option<Own> {
        let subject = self.subjects.get(subject)?;
        let full = self.personal(subject, now);
        let room = full.as_ref().map_or(Some(now), |v| v.clears_at);
        if asks == Asks::Limits {
            return Some(Own { at: room, full });
        }
        let (carrier, window) = (subject.carrier, subject.to.window);
        let free = carrier
            .takes(now)
            .map(|at| self.facts.paused_until.map_or(at, |until| until.max(at)));
        let windows = self.windows.get_mut(window)?;
        let without = free.and_then(|free| windows.opens(free));
        let Some((room, free)) = room.zip(free) else {
            return Some(Own { at: None, full });
        };
        Some(Own {
            at: windows.opens(room.max(free)),
            // A limit that clears before the window opens decides nothing.
            full: full.filter(|_| without.is_some_and(|without| without < room)),
        })
    }

    fn personal(&self, subject: &Subject<'_>, now: Timestamp) -> Option<LimitVerdict> {
        let domain = subject.to.domain.and_then(|d| self.domains.get(d));
        let verdicts = limits::personal(&self.facts.limits, &subject.sent, domain, now);
        binding(&verdicts).cloned()
    }

    /// Returns how the limits stand that concern more than one person.
    pub(super) fn standing(&mut self, now: Timestamp) -> &mut Standing {
        let key = Some((now, self.left));
        if self.standing.key != key {
            let mailbox =
                limits::mailbox(&self.facts.limits, &self.sent, self.facts.first_send, now);
            self.standing = Standing {
                key,
                full: binding(&mailbox).cloned(),
                hold: binding(&judge(&self.results, now)).cloned(),
                mailbox,
                reserved: [None, None],
            };
        }
        &mut self.standing
    }

    /// Returns the limit that holds a whole class, if one does.
    pub(super) fn shut(&mut self, class: SendClass, now: Timestamp) -> Option<LimitVerdict> {
        let standing = self.standing(now);
        if let Some(full) = &standing.full {
            return Some(full.clone());
        }
        if class == SendClass::Reply {
            return None;
        }
        if let Some(hold) = &standing.hold {
            return Some(hold.clone());
        }
        self.reserved(class, now)
    }

    /// Returns the room that is kept from a class, if the mailbox's limits have any.
    fn reserved(&mut self, class: SendClass, now: Timestamp) -> Option<LimitVerdict> {
        let place = index(class).checked_sub(1)?;
        if let Some(Some(known)) = self.standing(now).reserved.get(place) {
            return known.clone();
        }
        let found = if self.may_be_reserved(class, now) {
            let ready = self.ready_before(class, now);
            reserve(&self.standing(now).mailbox, &ready, now)
        } else {
            None
        };
        if let Some(known) = self.standing(now).reserved.get_mut(place) {
            *known = Some(found.clone());
        }
        found
    }

    /// Tells whether so many come before a class that they could need all the room.
    fn may_be_reserved(&mut self, class: SendClass, now: Timestamp) -> bool {
        let holders = self.holders(class).count();
        let daily = [LimitKind::PerHour, LimitKind::PerDay, LimitKind::Ramp];
        holders > 0
            && self.standing(now).mailbox.iter().any(|v| {
                let room = usize::try_from(v.cap.saturating_sub(v.used)).unwrap_or(usize::MAX);
                daily.contains(&v.limit) && holders >= room
            })
    }

    /// Returns the messages that wait and come before a class.
    fn holders(&self, class: SendClass) -> impl Iterator<Item = (usize, &'a Message)> {
        self.subjects
            .iter()
            .enumerate()
            .filter(move |(_, s)| !s.is_gone && s.class < class)
            .filter_map(|(i, s)| s.message.map(|m| (i, m)))
    }

    /// Returns the instants at which the messages that come before a class can leave, as the claim of one of that class would find them.
    fn ready_before(&mut self, class: SendClass, now: Timestamp) -> Vec<Timestamp> {
        let holders: Vec<_> = self.holders(class).collect();
        let mut ready = Vec::with_capacity(holders.len());
        for (i, message) in holders {
            let check_at = if message.not_before > now {
                message.check_at
            } else if message.is_refused {
                continue;
            } else {
                self.check_at(i, now)
            };
            let at = check_at.map_or(message.not_before, |at| at.max(message.not_before));
            if message.expires_at > at.max(now) {
                ready.push(at);
            }
        }
        ready
    }

    /// Returns when a message that was just held is asked about again: when the last of its holds clears by itself, as a claim notes it. Room that
    /// is kept from a follow-up is left out: it is kept from first mails too, whatever follow-ups wait.
    fn check_at(&mut self, subject: usize, now: Timestamp) -> Option<Timestamp> {
        let subject = self.subjects.get(subject)?;
        let (carrier, window, class) = (subject.carrier, subject.to.window, subject.class);
        let personal = self.personal(subject, now);
        let standing = self.standing(now);
        let hold = standing.hold.clone().filter(|_| class != SendClass::Reply);
        let full: Vec<_> = [personal, standing.full.clone(), hold]
            .into_iter()
            .flatten()
            .collect();
        let ends = [
            binding(&full).map_or(Some(now), |full| full.clears_at),
            carrier.takes(now),
            self.windows.get_mut(window)?.opens(now),
            Some(self.facts.paused_until.unwrap_or(now)),
        ];
        let last = ends
            .into_iter()
            .try_fold(now, |last, end| end.map(|end| end.max(last)));
        Some(last.unwrap_or_else(|| after(now, CHECK_AGAIN)))
    }

    /// Returns the next instant at which room that is kept from a class may be free: the room grows, a window of one of those it is kept for
    /// opens or closes, or the approval of one ends.
    pub(super) fn next_of_reserved(
        &mut self,
        class: SendClass,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let holders: Vec<_> = self.holders(class).collect();
        let room = limits::next_room(&self.facts.limits, &self.sent, self.facts.first_send, now);
        let mut next: Vec<Timestamp> = room.into_iter().collect();
        for (_, message) in holders {
            let windows = self.windows.get_mut(message.to.window);
            next.extend(windows.and_then(|windows| windows.turns(now)));
            // One that names no end is asked again after a while, and counts no more if its approval is over by then.
            let end = message.expires_at;
            next.extend([end, before(end, CHECK_AGAIN)]);
        }
        next.into_iter().filter(|at| *at > now).min()
    }
}
