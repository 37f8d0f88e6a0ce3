//! The feed of signals, and one signal in full: what it said, whom it is about, and the move that it made.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::domain::moves::MoveStatus;
use crate::domain::outcome::OutcomeKind;
use crate::domain::rule::SignalFacts;
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::domain::words::words;
use crate::engine::effects::kinds::mail::draft::hex;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::{find_person, look_up_person};
use crate::engine::handle::Engine;
use crate::engine::queries::page::{Page, Slice};
use crate::engine::road::intake::what_happened;
use crate::store::signals::{self, FeedFilter, FeedRow, Place, Stretch};
use crate::store::{ReadTx, contacts, deals, people};

/// A signal as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalItem {
    /// The signal.
    pub id: SignalId,
    /// The source.
    pub source: String,
    /// The kind of event.
    pub kind: String,
    /// Instant of the event.
    pub at: Timestamp,
    /// Instant at which it was stored.
    pub seen_at: Timestamp,
    /// The address that it named.
    pub email: Option<String>,
    /// The person it is about.
    pub contact_id: Option<ContactId>,
    /// The person's name; empty if nobody is known.
    pub contact: String,
    /// Which deal it is about.
    pub deal_id: Option<DealId>,
    /// True for a signal about somebody or something known.
    pub matched: bool,
    /// A summary in a few words.
    pub summary: String,
    /// The newest move that it is evidence of.
    pub move_id: Option<MoveId>,
    /// The name that it gives of a person; empty if none.
    pub called: String,
    /// Everything that the source said.
    pub payload: Map<String, Value>,
}

impl From<FeedRow> for SignalItem {
    fn from(row: FeedRow) -> Self {
        let signal = row.signal;
        Self {
            id: signal.id,
            source: signal.draft.source.to_string(),
            kind: signal.draft.kind().to_string(),
            at: signal.draft.occurred_at,
            seen_at: signal.seen_at,
            contact_id: signal.contact_id,
            contact: row.contact,
            deal_id: signal.deal_id,
            matched: signal.matched,
            summary: what_happened(&signal.draft),
            called: signal.draft.about().who.called().unwrap_or_default(),
            move_id: row.move_id,
            payload: signal.draft.payload().clone(),
            email: signal.draft.email,
        }
    }
}

words! {
    /// The order of the feed.
    pub enum SignalOrder ("an order of signals") {
        /// Those about nobody known first, then the rest, each newest first.
        UnmatchedFirst = "unmatched_first",
        /// Newest first.
        Newest = "newest",
        /// Only those about nobody known, newest first.
        Unmatched = "unmatched",
    }
}

impl SignalOrder {
    /// Returns the next one, for a key that goes round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::UnmatchedFirst => Self::Newest,
            Self::Newest => Self::Unmatched,
            Self::Unmatched => Self::UnmatchedFirst,
        }
    }
}

/// A place in the feed. Places are ordered as [`SignalOrder::UnmatchedFirst`] orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignalPlace {
    /// Instant of the signal there.
    pub at: Timestamp,
    /// Its number.
    pub id: SignalId,
    /// True for a signal that was matched.
    pub matched: bool,
}

impl SignalPlace {
    const fn place(self) -> Place {
        Place {
            at: self.at,
            id: self.id,
        }
    }
}

impl Ord for SignalPlace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |p: &Self| (p.matched, std::cmp::Reverse((p.at, p.id)));
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for SignalPlace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl SignalItem {
    /// Returns its place in the feed.
    #[must_use]
    pub const fn place(&self) -> SignalPlace {
        SignalPlace {
            at: self.at,
            id: self.id,
            matched: self.matched,
        }
    }
}

/// A choice of signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalQuery {
    /// Only of one person: an address, a number or an external id.
    pub who: Option<String>,
    /// Only of one source.
    pub source: Option<Source>,
    /// Only of these kinds.
    pub kinds: Option<Vec<SignalKind>>,
    /// In which order.
    pub order: SignalOrder,
    /// Only what comes behind this place.
    pub before: Option<SignalPlace>,
    /// At most so many.
    pub limit: usize,
}

impl Default for SignalQuery {
    fn default() -> Self {
        Self {
            who: None,
            source: None,
            kinds: None,
            order: SignalOrder::Newest,
            before: None,
            limit: 50,
        }
    }
}

/// The number of signals that a source has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SourceTally {
    /// The source.
    pub source: Source,
    /// Their number, of the kinds that were asked for.
    pub n: u64,
    /// Of these, about nobody known.
    pub unmatched: u64,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalFeed {
    /// The signals.
    pub items: Vec<SignalItem>,
    /// The place at which the next page begins; none at the end.
    pub next: Option<SignalPlace>,
    /// Their number by source, for all sources.
    pub sources: Vec<SourceTally>,
}

/// A move that a signal is evidence of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignalMove {
    /// The move.
    pub id: MoveId,
    /// Its title.
    pub title: String,
    /// The rule that made it.
    pub rule: String,
    /// Its status.
    pub status: MoveStatus,
    /// Why it was closed.
    pub close_reason: String,
    /// Its due time.
    pub due_at: Timestamp,
    /// True for the signal that decides what the move is; any other is further evidence.
    pub leads: bool,
    /// Signals that it rests on.
    pub evidence: u64,
}

/// One signal in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalDetail {
    /// The fields of the list.
    #[serde(flatten)]
    pub item: SignalItem,
    /// The source's own name for it.
    pub external_id: String,
    /// The source's version of it.
    pub version: i64,
    /// The SHA-256 of what was observed, in hexadecimal.
    pub hash: String,
    /// The person's address.
    pub contact_email: String,
    /// The person's firm.
    pub company: String,
    /// The deal's name.
    pub deal: String,
    /// The moves that it is evidence of, newest first.
    pub moves: Vec<SignalMove>,
    /// The outcomes that it tells of and that still count.
    pub outcomes: Vec<OutcomeKind>,
    /// Why it made no move, if it made none.
    pub no_move: String,
    /// Fields of its payload that are not what their keys say, and count for nothing.
    pub unreadable: Vec<UnreadableField>,
}

/// A field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadableField {
    /// Its key in the payload.
    pub field: String,
    /// A sentence with the key and the fault, without a full stop.
    pub reason: String,
}

/// Returns the kinds whose names have all words of `text`: `reply`, `form`, `calendar meeting`.
#[must_use]
pub fn kinds_named(text: &str) -> Vec<SignalKind> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '_' || c == '.')
        .filter(|word| !word.is_empty())
        .collect();
    let has_all = |kind: &&SignalKind| words.iter().all(|word| kind.as_str().contains(word));
    SignalKind::ALL.iter().filter(has_all).copied().collect()
}

impl Engine {
    /// Returns the signals behind a place of the feed. Costs the same however many signals there are.
    ///
    /// # Errors
    /// Fails where nobody is known as `who`, or the database cannot be read.
    pub fn signal_feed(&self, query: &SignalQuery) -> Result<SignalFeed> {
        self.store().read(|tx| {
            let who = query.who.as_deref();
            let person = who.map(|who| find_person(tx, who)).transpose()?;
            let filter = filter_of(query, person.map(|p| p.contact_id()));
            let limit = query.limit.clamp(1, 10_000);
            let mut rows = down(
                tx,
                &filter,
                query.order,
                query.before.as_ref(),
                true,
                limit + 1,
            )?;
            let is_more = rows.len() > limit;
            rows.truncate(limit);
            let items: Vec<SignalItem> = rows.into_iter().map(Into::into).collect();
            Ok(SignalFeed {
                next: items.last().filter(|_| is_more).map(SignalItem::place),
                items,
                sources: tallies(tx, query.kinds.as_deref())?,
            })
        })
    }

    /// Returns a page of the feed around a place, and how many signals each source has brought. `query.who` may be the beginning of a name or
    /// an address here, and finds nothing if nobody has it; `query.before` and `query.limit` are not looked at.
    ///
    /// # Errors
    /// Fails where the database cannot be read.
    pub fn signal_page(
        &self,
        query: &SignalQuery,
        page: &Page<SignalPlace>,
    ) -> Result<(Slice<SignalItem>, Vec<SourceTally>)> {
        self.store().read(|tx| {
            let contact = match query.who.as_deref() {
                None => None,
                Some(who) => match look_up_person(tx, who)? {
                    Some(person) => Some(person.contact_id()),
                    None => {
                        let Some(hit) = contacts::search(tx, who, 1)?.into_iter().next() else {
                            return Ok((Slice::default(), tallies(tx, query.kinds.as_deref())?));
                        };
                        Some(hit.contact.id)
                    }
                },
            };
            let filter = filter_of(query, contact);
            let slice = Slice::read(
                page,
                |from, n| down(tx, &filter, query.order, from, false, n),
                |to, n| up(tx, &filter, query.order, to, n),
            )?;
            let slice = Slice {
                rows: slice.rows.into_iter().map(SignalItem::from).collect(),
                before: slice.before,
                after: slice.after,
            };
            Ok((slice, tallies(tx, query.kinds.as_deref())?))
        })
    }

    /// Returns the place of a signal in the feed, so that what is older can be asked for.
    ///
    /// # Errors
    /// Fails where there is no such signal.
    pub fn signal_place(&self, id: SignalId) -> Result<SignalPlace> {
        self.store().read(|tx| {
            let row = load(tx, id)?;
            Ok(SignalPlace {
                at: row.draft.occurred_at,
                id,
                matched: row.matched,
            })
        })
    }

    /// Shows one signal in full.
    ///
    /// # Errors
    /// Fails where there is no such signal.
    pub fn show_signal(&self, id: SignalId) -> Result<SignalDetail> {
        let core = self.core();
        self.store()
            .read(|tx| {
                let signal = load(tx, id)?;
                let person = signal
                    .contact_id
                    .map(|c| people::load(tx, c))
                    .transpose()?
                    .flatten();
                let deal = signal
                    .deal_id
                    .map(|d| deals::load(tx, d))
                    .transpose()?
                    .flatten();
                let moves: Vec<SignalMove> = signals::moves_of(tx, id)?
                    .into_iter()
                    .map(|m| SignalMove {
                        id: m.id,
                        title: m.title,
                        rule: m.rule,
                        status: m.status,
                        close_reason: m.close_reason,
                        due_at: m.due_at,
                        leads: m.leads,
                        evidence: m.evidence,
                    })
                    .collect();
                let outcomes = signals::outcomes_of(tx, id)?
                    .into_iter()
                    .filter(|o| !o.is_undone)
                    .map(|o| o.kind)
                    .collect();
                let unreadable = signal
                    .draft
                    .unreadable()
                    .iter()
                    .map(|field| UnreadableField {
                        field: field.key.clone(),
                        reason: field.to_string(),
                    })
                    .collect();
                let no_move = match moves.is_empty() {
                    true => no_move(core.rules()?, &signal.draft),
                    false => String::new(),
                };
                Ok(SignalDetail {
                    external_id: clean_line(&signal.draft.external_id, 200),
                    version: signal.draft.version,
                    hash: hex(&signal.hash),
                    contact_email: person.as_ref().map(|p| p.email.clone()).unwrap_or_default(),
                    company: person
                        .as_ref()
                        .map(|p| p.company.clone())
                        .unwrap_or_default(),
                    deal: deal.map(|d| d.name).unwrap_or_default(),
                    moves,
                    outcomes,
                    no_move,
                    unreadable,
                    item: SignalItem::from(FeedRow {
                        contact: person.map(|p| p.name()).unwrap_or_default(),
                        move_id: None,
                        signal,
                    }),
                })
            })
            .map(|mut detail: SignalDetail| {
                detail.item.move_id = detail.moves.first().map(|m| m.id);
                detail
            })
    }
}

fn load(tx: &ReadTx<'_>, id: SignalId) -> Result<signals::SignalRow> {
    signals::find(tx, id)?.ok_or_else(|| {
        EngineError::NotFound(format!(
            "There is no signal {id}; `caseyos signals list` shows them."
        ))
    })
}

/// Says why the rules made no move of a signal.
fn no_move(rules: &crate::domain::rule::Rules, draft: &SignalDraft) -> String {
    match rules.propose(&SignalFacts::of(draft)) {
        None => "No rule makes a move of this; `caseyos rules show` lists them.".into(),
        Some(proposal) => format!(
            "The rule {} is for it, but it was too old, answered or overtaken when it came.",
            proposal.rule
        ),
    }
}

fn filter_of(query: &SignalQuery, contact: Option<ContactId>) -> FeedFilter {
    FeedFilter {
        source: query.source,
        kinds: query.kinds.clone(),
        contact,
        matched: None,
    }
}

fn part(
    tx: &ReadTx<'_>,
    filter: &FeedFilter,
    matched: Option<bool>,
    stretch: Stretch,
    limit: usize,
) -> Result<Vec<FeedRow>> {
    let filter = FeedFilter {
        matched,
        ..filter.clone()
    };
    Ok(signals::page(tx, &filter, stretch, limit)?)
}

/// Reads on in the order that was asked for, from a place or, if it `is_behind`, from behind it. Where the unmatched come first, the feed has
/// two parts.
fn down(
    tx: &ReadTx<'_>,
    filter: &FeedFilter,
    order: SignalOrder,
    from: Option<&SignalPlace>,
    is_behind: bool,
    limit: usize,
) -> Result<Vec<FeedRow>> {
    let stretch = match from.map(|p| p.place()) {
        Some(place) if is_behind => Stretch::Behind(place),
        place => Stretch::From(place),
    };
    match order {
        SignalOrder::Newest => part(tx, filter, None, stretch, limit),
        SignalOrder::Unmatched => part(tx, filter, Some(false), stretch, limit),
        SignalOrder::UnmatchedFirst if from.is_some_and(|p| p.matched) => {
            part(tx, filter, Some(true), stretch, limit)
        }
        SignalOrder::UnmatchedFirst => {
            let mut rows = part(tx, filter, Some(false), stretch, limit)?;
            let rest = limit - rows.len();
            if rest > 0 {
                rows.extend(part(tx, filter, Some(true), Stretch::From(None), rest)?);
            }
            Ok(rows)
        }
    }
}

/// Reads back in the order that was asked for, from before a place or from the end.
fn up(
    tx: &ReadTx<'_>,
    filter: &FeedFilter,
    order: SignalOrder,
    to: Option<&SignalPlace>,
    limit: usize,
) -> Result<Vec<FeedRow>> {
    let stretch = Stretch::Above(to.map(|p| p.place()));
    match order {
        SignalOrder::Newest => part(tx, filter, None, stretch, limit),
        SignalOrder::Unmatched => part(tx, filter, Some(false), stretch, limit),
        SignalOrder::UnmatchedFirst if to.is_some_and(|p| !p.matched) => {
            part(tx, filter, Some(false), stretch, limit)
        }
        SignalOrder::UnmatchedFirst => {
            let mut rows = part(tx, filter, Some(true), stretch, limit)?;
            let rest = limit - rows.len();
            if rest > 0 {
                rows.extend(part(tx, filter, Some(false), Stretch::Above(None), rest)?);
            }
            Ok(rows)
        }
    }
}

fn tallies(tx: &ReadTx<'_>, kinds: Option<&[SignalKind]>) -> Result<Vec<SourceTally>> {
    let mut all: Vec<SourceTally> = Vec::new();
    for count in signals::counts(tx)? {
        if kinds.is_some_and(|kinds| !kinds.contains(&count.kind)) {
            continue;
        }
        let index = match all.iter().position(|t| t.source == count.source) {
            Some(index) => index,
            None => {
                all.push(SourceTally {
                    source: count.source,
                    n: 0,
                    unmatched: 0,
                });
                all.len() - 1
            }
        };
        if let Some(tally) = all.get_mut(index) {
            tally.n += count.n;
            tally.unmatched += if count.matched { 0 } else { count.n };
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_parts_of_their_names() {
        let check =
            |text: &str, expect: &[SignalKind]| assert_eq!(kinds_named(text), expect, "{text}");
        check("form", &[SignalKind::FormSubmitted]);
        check("Reply received", &[SignalKind::ReplyReceived]);
        check("calendar.no_show", &[SignalKind::NoShow]);
        check("banana", &[]);
        assert_eq!(kinds_named("").len(), SignalKind::ALL.len());
        assert_eq!(kinds_named("meeting").len(), 5);
    }
}
