//! The plan: when each message of the queue would leave, with those before it counted. It is a forecast and binds nobody.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::Timestamp;

use super::drain::queue;
use super::kinds;
use crate::domain::email::address::is_free_mail_domain;
use crate::domain::guard::Mode;
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::limits::{SendHistory, next_send};
use crate::domain::outbox::SendClass;
use crate::domain::schedule::SendPolicy;
use crate::engine::effects::gate;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::store::executions::{ExecutionRow, SendTimes};
use crate::store::{ReadTx, people};

/// Messages that are planned; what comes after them has no time yet.
const MAX_PLANNED: usize = 100;

/// When a queued message would leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Planned {
    /// The instant; none if there is none, or if its approval ends before.
    pub at: Option<Timestamp>,
    /// What makes it later than its own wait, if something does.
    pub because: String,
}

/// A message that has left in the forecast: when, to whom, at which address, in which domain.
type Left = (Timestamp, Option<ContactId>, String, String);

struct Waiting<'a> {
    row: &'a ExecutionRow,
    policy: SendPolicy,
    times: SendTimes,
    earliest: Timestamp,
    because: String,
}

/// Plans queued messages, given in the order in which they leave, from `from` on.
pub(in crate::engine) fn plan(
    tx: &ReadTx<'_>,
    core: &Core,
    rows: &[ExecutionRow],
    from: Timestamp,
    now: Timestamp,
) -> Result<HashMap<ExecutionId, Planned>> {
    let mut planned = HashMap::new();
    let held_back = gate::deliverability(tx, core, now)?
        .iter()
        .filter(|v| !v.passed)
        .map(|v| v.clears_at)
        .reduce(|a, b| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        });
    let mut waiting = Vec::new();
    for row in rows {
        // Only mail draws on the limits and waits for a window.
        if row.mode != Mode::Live || !kinds::of(row.kind).asks().limits {
            let at = Some(row.not_before.max(now));
            planned.insert(
                row.id,
                Planned {
                    at,
                    because: String::new(),
                },
            );
            continue;
        }
        if waiting.len() >= MAX_PLANNED {
            let because = "after those before it".to_owned();
            planned.insert(row.id, Planned { at: None, because });
            continue;
        }
        let mut earliest = row.not_before.max(from);
        if let Some(clears) = held_back.filter(|_| row.class != SendClass::Reply) {
            match clears {
                Some(at) => earliest = earliest.max(at),
                None => {
                    let because = "too many bounces or complaints".to_owned();
                    planned.insert(row.id, Planned { at: None, because });
                    continue;
                }
            }
        }
        let person = row
            .contact_id
            .map(|c| people::load(tx, c))
            .transpose()?
            .flatten();
        let zone = person
            .as_ref()
            .map_or_else(|| core.config.operator.zone(), |p| core.zone_of(p));
        waiting.push(Waiting {
            row,
            policy: core.send_policy(zone)?,
            times: gate::send_times(tx, person.as_ref(), &row.to_key, now)?,
            earliest,
            because: String::new(),
        });
    }
    simulate(core, waiting, &mut planned);
    Ok(planned)
}

/// Lets the messages leave one after another: always the one that may go first, and of equals the one that comes first in the order. What has
/// left only ever makes the others later, so an instant that was found before is a lower bound.
fn simulate(
    core: &Core,
    mut waiting: Vec<Waiting<'_>>,
    planned: &mut HashMap<ExecutionId, Planned>,
) {
    let limits = core.limits();
    let mut left: Vec<Left> = Vec::new();
    let mut heap: BinaryHeap<Reverse<(Timestamp, usize)>> = waiting
        .iter()
        .enumerate()
        .map(|(i, w)| Reverse((w.earliest, i)))
        .collect();
    while let Some(Reverse((bound, i))) = heap.pop() {
        let Some(w) = waiting.get_mut(i) else {
            continue;
        };
        let domain = &w.row.to_domain;
        let with = |seen: &[Timestamp], counts: &dyn Fn(&Left) -> bool| {
            seen.iter()
                .copied()
                .chain(left.iter().filter(|l| counts(l)).map(|l| l.0))
                .collect()
        };
        let history = SendHistory {
            all: with(&w.times.all, &|_| true),
            to_contact: with(&w.times.to_contact, &|l| {
                l.2 == w.row.to_key || (l.1.is_some() && l.1 == w.row.contact_id)
            }),
            to_domain: with(&w.times.to_domain, &|l| l.3 == *domain),
            is_free_mail: is_free_mail_domain(domain),
            mailbox_first_send: w.times.first.or_else(|| left.first().map(|l| l.0)),
        };
        let next = next_send(&w.policy, &limits, &history, bound);
        let Some(at) = next.at else {
            let because = next
                .because
                .first()
                .map(|r| r.text.clone())
                .unwrap_or_default();
            planned.insert(w.row.id, Planned { at: None, because });
            continue;
        };
        if at > bound {
            w.because = next
                .because
                .first()
                .map(|r| r.text.clone())
                .unwrap_or_default();
            heap.push(Reverse((at, i)));
            continue;
        }
        let because = std::mem::take(&mut w.because);
        if at >= w.row.approval_expires_at {
            let because = format!("its approval ends before it could leave. {because}");
            planned.insert(w.row.id, Planned { at: None, because });
            continue;
        }
        left.push((at, w.row.contact_id, w.row.to_key.clone(), domain.clone()));
        planned.insert(
            w.row.id,
            Planned {
                at: Some(at),
                because,
            },
        );
    }
}

impl Engine {
    /// Returns the instant at which a queued message leaves, with those before it counted.
    pub(in crate::engine) fn leaves_at(&self, row: &ExecutionRow) -> Result<Timestamp> {
        let (id, now) = (row.id, self.now());
        let planned = self.store().read(|tx| {
            let rows = queue(tx)?;
            plan(tx, self.core(), &rows, now, now)
        })?;
        Ok(planned
            .get(&id)
            .and_then(|p| p.at)
            .unwrap_or(row.not_before))
    }
}
