//! Deals, brought in: what changed is a signal, and the deal is what its signals tell.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::connectors::hubspot::objects::{Object, Properties};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::amount::{self, AmountFault, Context, Decimal};
use crate::domain::deal::Cents;
use crate::domain::id::ContactId;
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::intake::{self, Taken};
use crate::engine::road::sources::hubspot::bring::{
    Bringing, base_of, contact_of, modified, read_base, shown_stage,
};
use crate::store::contacts::RunMemory;
use crate::store::hubspot::{self, SeenWriter};
use crate::store::people::RecordKind;
use crate::store::sources::SourceCounts;
use crate::store::{WriteTx, people};

/// The mark before decimals in HubSpot's answers, whatever the language of the account.
const HABIT: Decimal = Decimal::Point;

/// News about a deal.
enum News {
    /// A change that is told, and may make a move.
    Told(SignalKind, Timestamp),
    /// A change of the record that makes no move.
    Quiet(SignalKind, Timestamp),
    /// No change of anything that is kept here.
    None,
}

impl Bringing {
    pub(super) fn bring_deals(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        objects: &[&Object],
        memory: &mut RunMemory,
        (counts, taken): (&mut SourceCounts, &mut Taken),
        now: Timestamp,
    ) -> Result<()> {
        let is_alone = self.begin(tx, memory)?;
        let mut seen = SeenWriter::new(tx, now)?;
        for object in objects {
            let known = self.find_seen(&mut seen, &object.id, is_alone)?;
            let changed_at = modified(object, self.kind, now);
            let base = known.as_ref().map(read_base);
            let contact = contact_of(tx, object)?;
            let draft = |kind, at: Timestamp| {
                let payload = self.payload(object, base.as_ref());
                SignalDraft::new(Source::Hubspot, kind, at.min(now), payload)
                    .with_id(format!("deal:{}", object.id), changed_at.as_millisecond())
                    .with_decimal(HABIT)
            };
            if object.properties.get("dealname").is_none()
                && object.properties.get("dealstage").is_none()
            {
                counts.drop_one("a deal without a name or a stage");
                continue;
            }
            match self.news_of(
                object,
                base.as_ref(),
                known.as_ref().is_some_and(|s| s.is_archived),
                changed_at,
            ) {
                News::Told(kind, at) => {
                    let (_, one) = intake::take(tx, core, &draft(kind, at), contact, now)?;
                    taken.add(&one);
                }
                News::Quiet(kind, at) => {
                    intake::take_as_past(tx, core, &draft(kind, at), contact, now)?;
                }
                News::None => {}
            }
            for old in object.merged().filter(|old| *old != object.id) {
                if let Some(id) =
                    people::find_by_external_id(tx, RecordKind::Deal, hubspot::SYSTEM, &object.id)?
                {
                    hubspot::merge_into(tx, RecordKind::Deal, old, id)?;
                }
            }
            seen.save(
                self.kind.as_str(),
                &object.id,
                changed_at,
                object.archived,
                &base_of(self.kind, object),
            )?;
        }
        Ok(())
    }

    fn news_of(
        &self,
        deal: &Object,
        base: Option<&Properties>,
        was_away: bool,
        changed_at: Timestamp,
    ) -> News {
        let Some(base) = base else {
            let created = deal.created();
            let at = created.unwrap_or(changed_at);
            return if self.is_news(created) {
                News::Told(SignalKind::DealCreated, at)
            } else {
                News::Quiet(SignalKind::DealCreated, at)
            };
        };
        let differs = |name: &str| base.text(name) != deal.properties.text(name);
        if differs("dealstage") || differs("pipeline") {
            News::Told(SignalKind::DealStageChanged, changed_at)
        } else if amount_of(base) != amount_of(&deal.properties) {
            News::Told(SignalKind::DealAmountChanged, changed_at)
        } else if differs("dealname") || was_away {
            News::Quiet(SignalKind::DealAmountChanged, changed_at)
        } else {
            News::None
        }
    }

    /// Returns what a signal says of a deal. `stage` is the like stage of the default pipeline, by which the rules go; `to_stage` is the deal's own.
    fn payload(&self, deal: &Object, base: Option<&Properties>) -> Map<String, Value> {
        let text = |name: &str| clean_line(deal.properties.text(name), 200);
        let mut payload = Map::new();
        payload.insert("deal_id".into(), json!(deal.id));
        payload.insert("deal_name".into(), json!(text("dealname")));
        for (key, name) in [
            ("amount", "amount"),
            ("currency", "deal_currency_code"),
            ("close_date", "closedate"),
        ] {
            if let Some(value) = deal.properties.get(name) {
                payload.insert(key.into(), json!(clean_line(value, 100)));
            }
        }
        if let Some(company) = deal.first_tied(ObjectKind::Companies) {
            payload.insert("company_key".into(), json!(company));
        }
        let (pipeline, stage_id) = (text("pipeline"), text("dealstage"));
        match self.stage(&pipeline, &stage_id) {
            Some(stage) => {
                payload.insert("stage".into(), json!(self.like_default(stage)));
                payload.insert("to_stage".into(), json!(shown_stage(stage)));
                payload.insert("stage_position".into(), json!(stage.position));
                payload.insert("pipeline".into(), json!(stage.pipeline_label));
                payload.insert(
                    "pipeline_stages".into(),
                    json!(self.shown_stages(&stage.pipeline)),
                );
                payload.insert("is_closed".into(), json!(stage.is_closed));
                payload.insert("is_won".into(), json!(stage.is_won));
            }
            None => {
                payload.insert("to_stage".into(), json!(stage_id));
                if !pipeline.is_empty() {
                    payload.insert("pipeline".into(), json!(pipeline));
                }
            }
        }
        if let Some(before) = base.and_then(|b| self.stage(b.text("pipeline"), b.text("dealstage")))
        {
            payload.insert("from_stage".into(), json!(shown_stage(before)));
        }
        payload
    }
}

/// Returns a deal's amount; one that is not known is nothing.
fn amount_of(deal: &Properties) -> Result<Cents, AmountFault> {
    let context = Context {
        currency: deal.get("deal_currency_code"),
        decimal: Some(HABIT),
    };
    let read = amount::read(deal.text("amount"), &context)?;
    Ok(read.map_or(Cents(0), |amount| amount.cents))
}

/// Applies something to a deal that makes no move.
pub(super) fn quietly(
    tx: &WriteTx<'_>,
    core: &Core,
    id: &str,
    payload: Map<String, Value>,
    contact: Option<ContactId>,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let draft = SignalDraft::new(Source::Hubspot, SignalKind::DealAmountChanged, at, payload)
        .with_id(format!("deal:{id}"), at.as_millisecond());
    intake::take_as_past(tx, core, &draft, contact, now)
}
