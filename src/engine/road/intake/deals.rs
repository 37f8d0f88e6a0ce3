//! Deals as their signals tell them: the whole history is applied anew each time, so late and repeated events end in the same state.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::deal::{StageMove, default_stage_order, stage_move};
use crate::domain::id::{CompanyId, ContactId, DealId};
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::{DealSaid, Said, SignalDraft, SignalKind};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::outcomes::{Observed, RECORDED, record};
use crate::engine::road::scoring::rescore;
use crate::store::deals::DealRow;
use crate::store::moves::ScoringScope;
use crate::store::people::RecordKind;
use crate::store::signals::SignalRow;
use crate::store::{WriteTx, deals, moves, outcomes, people, signals};

use crate::engine::road::intake::propose::{close_settled, value_again};

const fn tells_of_deal(draft: &SignalDraft) -> bool {
    matches!(draft.said(), Said::Deal(_))
}

/// Finds the deal that a signal is about, or makes an empty one if the signal is a deal's own.
pub(super) fn deal_of(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    contact: Option<ContactId>,
    now: Timestamp,
) -> Result<Option<DealId>> {
    let named = &draft.about().deal;
    let key = named.id.clone().or_else(|| {
        // A deal that came without a number is the one of that name with that person.
        let name = named.name.as_deref()?;
        (tells_of_deal(draft) || contact.is_some()).then(|| {
            format!(
                "name:{}:{}",
                contact.map_or(0, |c| c.0),
                clean_line(name, 100).to_lowercase()
            )
        })
    });
    let Some(key) = key else { return Ok(None) };
    let system = draft.source.as_str();
    if let Some(known) = people::find_by_external_id(tx, RecordKind::Deal, system, &key)? {
        return Ok(Some(DealId(known)));
    }
    if !tells_of_deal(draft) {
        return Ok(None);
    }
    let id = deals::save(tx, &empty(draft.occurred_at), now)?;
    people::set_external_id(tx, RecordKind::Deal, system, &key, id.0)?;
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
        .filter(|s| tells_of_deal(&s.draft))
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
                signal.draft.source.of_outcomes(),
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
    let named = history.iter().rev().find_map(|s| match s.draft.said() {
        Said::Deal(deal) => Some((s.draft.source.as_str(), deal.company.as_deref()?)),
        _ => None,
    });
    let Some((system, key)) = named else {
        return Ok(None);
    };
    Ok(people::find_by_external_id(tx, RecordKind::Company, system, key)?.map(CompanyId))
}

/// Applies one event to the deal; returns the outcome that it tells of.
fn apply(deal: &mut DealRow, signal: &SignalRow) -> Option<OutcomeKind> {
    let draft = &signal.draft;
    let Said::Deal(said) = draft.said() else {
        return None;
    };
    deal.as_of = draft.occurred_at;
    deal.contact_id = signal.contact_id.or(deal.contact_id);
    let named = &draft.about().deal;
    if let Some(name) = &named.name {
        deal.name = clean_line(name, 200);
    }
    deal.amount = named.amount.or(deal.amount);
    if let Some(currency) = &named.currency {
        deal.currency.clone_from(currency);
    }
    if let Some(pipeline) = &said.pipeline {
        deal.pipeline = clean_line(pipeline, 100);
    }
    deal.renewal_at = said.renewal_at.or(deal.renewal_at);
    deal.expires_at = said.expires_at.or(deal.expires_at);
    // A deal that was put away is neither won nor lost: it is no longer there.
    if said.is_archived == Some(true) {
        deal.is_closed = true;
        return None;
    }
    let created = draft.kind() == SignalKind::DealCreated;
    let Some(stage) = said.stage.as_deref().map(|s| clean_line(s, 100)) else {
        return created.then_some(OutcomeKind::DealCreated);
    };
    let before = said
        .from_stage
        .as_deref()
        .map_or(deal.stage_position, |s| position(said, s));
    let after = said.position.or_else(|| position(said, &stage));
    let won = said.is_won.unwrap_or(stage == "closedwon");
    let closed = said.is_closed.unwrap_or(won || stage == "closedlost");
    let was_closed = deal.is_closed && deal.stage == stage;
    (deal.stage, deal.stage_position, deal.is_won, deal.is_closed) = (stage, after, won, closed);
    if was_closed {
        return None;
    }
    if created {
        return Some(OutcomeKind::DealCreated);
    }
    match stage_move(before, after, won, closed && !won) {
        StageMove::Advanced => Some(OutcomeKind::DealStageAdvanced),
        StageMove::Regressed => Some(OutcomeKind::DealStageRegressed),
        StageMove::Won => Some(OutcomeKind::DealWon),
        StageMove::Lost => Some(OutcomeKind::DealLost),
        StageMove::None => None,
    }
}

/// Returns a stage's place: in the pipeline that the signal brings, else in the default one.
fn position(said: &DealSaid, stage: &str) -> Option<i64> {
    match &said.stages {
        Some(stages) => stages
            .iter()
            .position(|known| known == stage)
            .and_then(|i| i64::try_from(i).ok()),
        None => default_stage_order(stage),
    }
}
