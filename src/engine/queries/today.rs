//! Today's Moves: the ranked list and the line above it.

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::error::Result;
use crate::engine::ground::clock;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::scoring::{Tallies, facts};
use crate::store::moves::{self, ListRow, ScoringScope};
use crate::store::{ReadTx, control, executions, sources};

use crate::domain::action::ActionKind;
use crate::domain::aps::Points;
use crate::domain::guard::{KillSwitch, Mode, Pause};
use crate::domain::id::{ExecutionId, MoveId};
use crate::domain::signal::Domain;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TodayQuery {
    /// One domain only.
    pub domain: Option<Domain>,
    /// Only moves whose title, person or firm has all these words.
    pub search: String,
    /// At most so many.
    pub limit: usize,
}

impl Default for TodayQuery {
    fn default() -> Self {
        Self {
            domain: None,
            search: String::new(),
            limit: 20,
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodayItem {
    /// The place in the list, from 1.
    pub rank: usize,
    /// The move's number, which commands take.
    pub id: MoveId,
    /// 0 to 100.
    pub score: Points,
    /// What to do, in a few words.
    pub title: String,
    /// What is done when it is approved.
    pub action: ActionKind,
    /// The part of the work.
    pub domain: Domain,
    /// The person's name; empty if nobody is known.
    pub contact: String,
    /// The person's address; empty if none is known.
    pub email: String,
    /// The person's firm; empty if none is known.
    pub company: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// Why it came up, in a few words.
    pub because: String,
}

/// How many open moves there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OpenCounts {
    /// In all.
    pub all: u64,
    /// In sales.
    pub sales: u64,
    /// In marketing.
    pub marketing: u64,
    /// In customer success.
    pub cs: u64,
}

/// A message whose undo window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// The execution.
    pub execution: ExecutionId,
    /// The move.
    pub move_id: Option<MoveId>,
    /// The recipient's address.
    pub to: String,
    /// When the window closes and it leaves, if nothing else holds it.
    pub leaves_at: Timestamp,
}

/// The list and the line above it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodayList {
    /// The instant that it holds for.
    pub now: Timestamp,
    /// What approval leads to.
    pub mode: Mode,
    /// Whether everything is stopped.
    pub kill_switch: KillSwitch,
    /// Reason that nothing leaves by this clock; none if it is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Open moves by domain, whatever the query asked for.
    pub open: OpenCounts,
    /// Mails that left in the last 24 hours.
    pub sent: u64,
    /// Mails that may leave in 24 hours.
    pub sent_cap: u64,
    /// The pause in force.
    pub pause: Option<Pause>,
    /// Approved messages that wait for a guard or for the next pass.
    pub waiting: u64,
    /// Those of them that can still be taken back before they leave, the first to leave first.
    pub leaving: Vec<Leaving>,
    /// When the last clean pass over the sources ended.
    pub synced_at: Option<Timestamp>,
    /// Sources whose last pass failed, with the reason.
    pub problems: Vec<String>,
    /// The moves, best first.
    pub moves: Vec<TodayItem>,
}

impl Engine {
    pub(in crate::engine) fn list_today(&self, query: &TodayQuery) -> Result<TodayList> {
        self.refresh()?;
        let now = self.now();
        self.store().read(|tx| {
            let words: Vec<String> = query
                .search
                .split_whitespace()
                .map(str::to_lowercase)
                .collect();
            let rows = moves::list_open(tx, query.domain, &words, query.limit)?;
            let moves = (1..).zip(rows).map(|(rank, row)| item(rank, row)).collect();
            header(tx, self.core(), now, moves)
        })
    }

    /// Lists the moves as they stand or would stand at another instant: every score is derived anew, nothing is written. Linear in the
    /// standing moves.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn today_at(&self, query: &TodayQuery, at: Timestamp) -> Result<TodayList> {
        self.store().read(|tx| {
            let core = self.core();
            let rows = moves::for_scoring(tx, ScoringScope::All)?;
            let mut tallies = Tallies::for_many(tx, rows.len(), at)?;
            let mut scored = Vec::new();
            for row in rows {
                if row.snoozed_until.is_some_and(|until| until > at)
                    || crate::engine::road::scoring::expires_at(core, &row) <= at
                {
                    continue;
                }
                let term = tallies.term(tx, row.contact_id, row.stage, row.action.family())?;
                let score =
                    crate::domain::aps::score(&facts(&row, term), &core.config.score.weights, at);
                scored.push((score.total, row.id));
            }
            let mut list = Vec::with_capacity(scored.len());
            let words: Vec<String> = query
                .search
                .split_whitespace()
                .map(str::to_lowercase)
                .collect();
            for (score, id) in scored {
                let Some(row) = moves::list_one(tx, id)? else {
                    continue;
                };
                let text = format!(
                    "{} {} {} {}",
                    row.title, row.contact, row.email, row.company
                )
                .to_lowercase();
                let wanted = query.domain.is_none_or(|d| d == row.domain)
                    && words.iter().all(|w| text.contains(w.as_str()));
                if wanted && row.created_at <= at {
                    list.push(ListRow { score, ..row });
                }
            }
            list.sort_by_key(|row| {
                (
                    std::cmp::Reverse(row.score),
                    row.due_at,
                    row.created_at,
                    row.id,
                )
            });
            list.truncate(query.limit);
            let moves = (1..).zip(list).map(|(rank, row)| item(rank, row)).collect();
            header(tx, core, at, moves)
        })
    }
}

pub(in crate::engine) fn item(rank: usize, row: ListRow) -> TodayItem {
    TodayItem {
        rank,
        id: row.id,
        score: row.score,
        title: row.title,
        action: row.action,
        domain: row.domain,
        contact: row.contact,
        email: row.email,
        company: row.company,
        due_at: row.due_at,
        because: row.because,
    }
}

fn header(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
    moves: Vec<TodayItem>,
) -> Result<TodayList> {
    let mut open = OpenCounts::default();
    for (domain, n) in moves::open_counts(tx)? {
        open.all += n;
        *match domain {
            Domain::Sales => &mut open.sales,
            Domain::Marketing => &mut open.marketing,
            Domain::Cs => &mut open.cs,
        } = n;
    }
    let (synced_at, problems) = sources::health(tx)?;
    Ok(TodayList {
        now,
        mode: core.mode(),
        kill_switch: control::kill_switch(tx),
        clock: clock::warning(tx, core, core.env.now())?,
        open,
        sent: executions::sent_today(tx, now)?,
        sent_cap: u64::from(core.config.limits.per_day),
        pause: control::pause(tx, now)?,
        waiting: executions::count_queued(tx)?,
        leaving: executions::in_undo_window(tx, now)?
            .into_iter()
            .map(|row| Leaving {
                execution: row.id,
                move_id: row.move_id,
                to: row.to_key,
                leaves_at: row.not_before,
            })
            .collect(),
        synced_at,
        problems,
        moves,
    })
}
