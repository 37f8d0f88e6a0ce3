//! Deals as their signals tell them: the whole history is applied anew each time, so late and repeated events end in the same state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::deal::{Cents, StageMove, default_stage_order, stage_move};
use crate::domain::id::{CompanyId, ContactId, DealId};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::outcomes::{Observed, RECORDED, record};
use crate::engine::road::scoring::rescore;
use crate::store::deals::DealRow;
use crate::store::moves::ScoringScope;
use crate::store::signals::SignalRow;
use crate::store::{WriteTx, deals, moves, outcomes, people, signals};

use crate::engine::road::intake::propose::{close_settled, value_again};

fn tells_of_deal(kind: SignalKind) -> bool {
    matches!(
        kind,
        SignalKind::DealCreated | SignalKind::DealStageChanged | SignalKind::DealAmountChanged
    )
}

/// Returns the source's own name for the deal.
fn deal_key(draft: &SignalDraft) -> Option<String> {
    let value = ["deal_id", "dealId", "hs_object_id"]
        .iter()
        .find_map(|key| draft.payload.get(*key))?;
    match value {
        Value::String(text) => Some(clean_line(text, 100)),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
    .filter(|key| !key.is_empty())
}

fn first<'a>(draft: &'a SignalDraft, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| draft.text(key))
}

/// Finds the deal that a signal is about, or makes an empty one if the signal is a deal's own.
pub(super) fn deal_of(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    contact: Option<ContactId>,
    now: Timestamp,
) -> Result<Option<DealId>> {
    let key = deal_key(draft).or_else(|| {
        // A deal that came without a number is the one of that name with that person.
        let name = first(draft, &["deal_name", "dealname", "deal"])?;
        (tells_of_deal(draft.kind) || contact.is_some()).then(|| {
            format!(
                "name:{}:{}",
                contact.map_or(0, |c| c.0),
                clean_line(name, 100).to_lowercase()
            )
        })
    });
    let Some(key) = key else { return Ok(None) };
    let system = draft.source.as_str();
    if let Some(known) = people::find_by_external_id(tx, "deal", system, &key)? {
        return Ok(Some(DealId(known)));
    }
    if !tells_of_deal(draft.kind) {
        return Ok(None);
    }
    let id = deals::save(tx, &empty(draft.occurred_at), now)?;
    people::set_external_id(tx, "deal", system, &key, id.0)?;
    Ok(Some(id))
}

fn empty(as_of: Timestamp) -> DealRow {
    DealRow {
        id: DealId(0),
        name: String::new(),
        company_id: None,
        contact_id: None,
        amount: None,
        currency: String::new(),
        pipeline: "default".into(),
        stage: String::new(),
        stage_position: None,
        is_closed: false,
        is_won: false,
        renewal_at: None,
        expires_at: None,
        as_of,
    }
}

/// Applies the deal's whole history: stores what it comes to, and makes its outcomes those that the history tells. Returns how many outcomes
/// are new.
pub(super) fn replay(tx: &WriteTx<'_>, core: &Core, id: DealId, now: Timestamp) -> Result<u64> {
    let history: Vec<SignalRow> = signals::of_deal(tx, id)?
        .into_iter()
        .filter(|s| tells_of_deal(s.draft.kind))
        .collect();
    let Some(oldest) = history.first() else {
        return Ok(0);
    };
    let mut deal = DealRow {
        id,
        ..empty(oldest.draft.occurred_at)
    };
    let mut told: BTreeMap<String, (OutcomeKind, &SignalRow)> = BTreeMap::new();
    for signal in &history {
        if let Some(kind) = apply(&mut deal, signal) {
            // The kind is part of the name: a late event can turn an advance that was recorded into a step back.
            told.insert(format!("deal:{id}:{}:{kind}", signal.id), (kind, signal));
        }
    }
    if let Some(contact) = deal.contact_id {
        deal.company_id = people::company_of(tx, contact)?;
    }
    if let Some(firm) = company_of(tx, &history)? {
        deal.company_id = Some(firm);
    }
    deals::save(tx, &deal, now)?;
    tx.emit(now, "deal.changed", format!("deal:{id}"))?;
    for (outcome, once) in outcomes::of_deal_history(tx, id)? {
        // One that the operator took back stays taken back; one that a late event disproves never came about.
        if told.remove(&once).is_none() {
            outcomes::withdraw(tx, outcome, now)?;
            tx.emit(now, RECORDED, format!("outcome:{outcome}"))?;
        }
    }
    let mut new = 0;
    for (once, (kind, signal)) in told {
        let observed = Observed {
            contact: deal.contact_id,
            deal: Some(id),
            signal: Some(signal.id),
            ..Observed::new(
                kind,
                source_of(signal.draft.source),
                signal.draft.occurred_at,
                once,
            )
        };
        new += u64::from(record(tx, observed, now)?.is_some());
    }
    // A first reading brings thousands of deals before there is any move.
    if moves::is_any_standing(tx)? {
        value_again(tx, core, &deal, now)?;
        close_settled(tx, &deal, now)?;
        if let Some(contact) = deal.contact_id {
            rescore(tx, core, ScoringScope::Contact(contact), now)?;
        }
    }
    Ok(new)
}

/// Returns the firm that the newest signal naming one names, by what its source calls it.
fn company_of(tx: &WriteTx<'_>, history: &[SignalRow]) -> Result<Option<CompanyId>> {
    let named = history
        .iter()
        .rev()
        .find_map(|s| Some((s.draft.source.as_str(), s.draft.text("company_key")?)));
    let Some((system, key)) = named else {
        return Ok(None);
    };
    Ok(people::find_by_external_id(tx, "company", system, key)?.map(CompanyId))
}

const fn source_of(source: Source) -> OutcomeSource {
    match source {
        Source::Hubspot => OutcomeSource::Hubspot,
        Source::Gmail => OutcomeSource::Gmail,
        Source::Calendar => OutcomeSource::Calendar,
        Source::Mail => OutcomeSource::Mail,
        Source::Form | Source::X | Source::Timer => OutcomeSource::System,
        Source::Manual => OutcomeSource::Manual,
    }
}

/// Applies one event to the deal; returns the outcome that it tells of.
fn apply(deal: &mut DealRow, signal: &SignalRow) -> Option<OutcomeKind> {
    let draft = &signal.draft;
    deal.as_of = draft.occurred_at;
    deal.contact_id = signal.contact_id.or(deal.contact_id);
    if let Some(name) = first(draft, &["deal_name", "dealname", "deal"]) {
        deal.name = clean_line(name, 200);
    }
    if let Some(amount) = draft
        .number("amount")
        .or_else(|| draft.number("new_amount"))
    {
        deal.amount = Some(Cents::from_units(amount.max(0.0)));
    }
    if let Some(currency) = first(draft, &["currency", "deal_currency_code"]) {
        deal.currency = clean_line(currency, 3).to_uppercase();
    }
    if let Some(pipeline) = draft.text("pipeline") {
        deal.pipeline = clean_line(pipeline, 100);
    }
    let instant = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| draft.instant(key).or_else(|| date(draft.text(key)?)))
    };
    deal.renewal_at = instant(&["renewal_at", "renewal_date"]).or(deal.renewal_at);
    deal.expires_at = instant(&["expires_at", "proposal_expires_at"]).or(deal.expires_at);
    let flag = |key: &str| draft.payload.get(key).and_then(Value::as_bool);
    // A deal that was put away is neither won nor lost: it is no longer there.
    if flag("is_archived") == Some(true) {
        deal.is_closed = true;
        return None;
    }
    let created = draft.kind == SignalKind::DealCreated;
    let Some(stage) =
        first(draft, &["to_stage", "new_stage", "stage", "dealstage"]).map(|s| clean_line(s, 100))
    else {
        return created.then_some(OutcomeKind::DealCreated);
    };
    let before = first(draft, &["from_stage", "old_stage"])
        .map_or(deal.stage_position, |s| position(draft, s));
    let after = draft
        .number("stage_position")
        .map(whole)
        .or_else(|| position(draft, &stage));
    let won = flag("is_won").unwrap_or(stage == "closedwon");
    let closed = flag("is_closed").unwrap_or(won || stage == "closedlost");
    let was_closed = deal.is_closed && deal.stage == stage;
    (deal.stage, deal.stage_position, deal.is_won, deal.is_closed) = (stage, after, won, closed);
    match draft.kind {
        _ if was_closed => None,
        SignalKind::DealCreated => Some(OutcomeKind::DealCreated),
        _ => match stage_move(before, after, won, closed && !won) {
            StageMove::Advanced => Some(OutcomeKind::DealStageAdvanced),
            StageMove::Regressed => Some(OutcomeKind::DealStageRegressed),
            StageMove::Won => Some(OutcomeKind::DealWon),
            StageMove::Lost => Some(OutcomeKind::DealLost),
            StageMove::None => None,
        },
    }
}

/// Returns a stage's place: in the pipeline that the signal brings, else in the default one.
fn position(draft: &SignalDraft, stage: &str) -> Option<i64> {
    let own = draft
        .payload
        .get("pipeline_stages")
        .and_then(Value::as_array);
    match own {
        Some(stages) => stages
            .iter()
            .position(|s| s.as_str() == Some(stage))
            .and_then(|i| i64::try_from(i).ok()),
        None => default_stage_order(stage),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a stage's place is a small whole number; anything else is cut to one"
)]
fn whole(n: f64) -> i64 {
    n.clamp(-1e6, 1e6) as i64
}

/// Reads a date as the beginning of that day in UTC.
fn date(text: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp())
}
