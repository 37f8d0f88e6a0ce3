//! People, brought in: new ones as an import would, known ones by a three-way merge.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, json};

use crate::connectors::hubspot::forms;
use crate::connectors::hubspot::objects::{Object, Properties};
use crate::domain::contact::{ContactDraft, DraftPart, ExternalId, LifecycleStage};
use crate::domain::crm::{ContactField, Merged, Sides, merge};
use crate::domain::id::ContactId;
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::intake::{self, Taken};
use crate::engine::road::sources::hubspot::bring::{Bringing, base_of, modified, read_base};
use crate::store::contacts::{self, ContactRow, ContactWriter, Origin, RunMemory};
use crate::store::hubspot::{self, Conflict, SYSTEM, Seen, SeenWriter};
use crate::store::people::RecordKind;
use crate::store::sources::SourceCounts;
use crate::store::{WriteTx, people};

/// The decision of one contact's merge.
struct Decided {
    /// Fields whose value here stands against the portal's.
    kept: Vec<ContactField>,
    /// Fields that the portal emptied.
    emptied: Vec<ContactField>,
}

impl Bringing {
    pub(super) fn bring_contacts(
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
        let mut writer = ContactWriter::new(tx, now)?;
        let mut forms_filled = Vec::new();
        let mut changed = Vec::new();
        for object in objects {
            let known = self.find_seen(&mut seen, &object.id, is_alone)?;
            let mut draft = self.draft(tx, object, counts)?;
            let mut decided = Decided {
                kept: Vec::new(),
                emptied: Vec::new(),
            };
            let record = match &known {
                Some(_) => {
                    people::find_by_external_id(tx, RecordKind::Contact, SYSTEM, &object.id)?
                }
                None => None,
            };
            if let (Some(known), Some(record)) = (&known, record) {
                decided = self.decide(tx, core, object, known, ContactId(record), now)?;
                for field in &decided.kept {
                    leave_out(&mut draft, *field);
                }
                draft.full_name = None;
            }
            let origin = if known.is_some() {
                Origin::Direct
            } else {
                Origin::Import
            };
            let written = writer.write(&draft, origin, memory)?;
            for field in &decided.emptied {
                hubspot::set_field(tx, written.id, *field, "", now)?;
            }
            if written.taken {
                counts.drop_one("an address or id that another contact has");
            }
            if !self.is_first {
                changed.push(written.id);
            }
            for old in object.merged().filter(|old| *old != object.id) {
                hubspot::merge_into(tx, RecordKind::Contact, old, written.id.0)?;
                writer.addresses_changed(written.id);
            }
            if let Some(filled) = self.form_of(object, known.as_ref()) {
                forms_filled.push(filled);
            }
            seen.save(
                self.kind.as_str(),
                &object.id,
                modified(object, self.kind, now),
                object.archived,
                &base_of(self.kind, object),
            )?;
        }
        writer.finish()?;
        if self.is_first && !objects.is_empty() {
            tx.emit(now, "contacts.imported", "contacts")?;
        }
        for id in changed {
            tx.emit(now, "contact.changed", format!("contact:{id}"))?;
        }
        taken.add(&intake::take_all(tx, core, forms_filled, now)?);
        Ok(())
    }

    /// Returns what a record says of a person.
    fn draft(
        &self,
        tx: &WriteTx<'_>,
        object: &Object,
        counts: &mut SourceCounts,
    ) -> Result<ContactDraft> {
        let mut draft = draft_of(&object.properties);
        draft
            .external_ids
            .extend(ExternalId::new(Cow::Borrowed(SYSTEM), &object.id));
        draft.created_at = object.created();
        if let Some(company) = object.properties.get("associatedcompanyid") {
            let known = match self.companies.get(company) {
                Some(known) => Some(known.clone()),
                None if self.is_first => None,
                None => hubspot::known_company(tx, company)?,
            };
            if let Some((name, domain)) = known {
                draft.company = Some(name);
                draft.company_domain = domain;
            }
        }
        let mut emails = vec![object.properties.text("email").to_owned()];
        emails.extend(
            object
                .properties
                .text("hs_additional_emails")
                .split(';')
                .map(str::to_owned),
        );
        emails.retain(|e| !e.trim().is_empty());
        draft.emails = emails;
        if let Err(fault) = draft.normalize() {
            if fault.part == DraftPart::Email {
                counts.drop_one("an address that is none");
            }
            draft.emails.clear();
            // The id alone identifies the person.
            drop(draft.normalize());
        }
        Ok(draft)
    }

    /// Merges field by field: what both said last, what the portal says, what stands here.
    fn decide(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        object: &Object,
        known: &Seen,
        id: ContactId,
        now: Timestamp,
    ) -> Result<Decided> {
        let mut decided = Decided {
            kept: Vec::new(),
            emptied: Vec::new(),
        };
        let Some(row) = contacts::get(tx, id)? else {
            return Ok(decided);
        };
        let changed_here = row.updated_at > known.applied_at;
        let base = read_base(known);
        let (mut then, mut there) = (draft_of(&base), draft_of(&object.properties));
        drop((then.normalize(), there.normalize()));
        for field in ContactField::ALL {
            let base = slot_text(&then, *field);
            let remote = slot_text(&there, *field);
            let here = local(&row, *field);
            // Where nothing was changed here since, what stands here is what was brought in, whatever cleaning made of it.
            let here = if changed_here { here } else { base.clone() };
            let sides = Sides {
                base: Some(&base),
                remote: &remote,
                remote_at: object.modified(self.kind),
                local: &here,
                local_at: Some(row.updated_at),
            };
            match merge(&sides, core.config.hubspot.owner_of(field.as_str())) {
                Merged::Same => {}
                Merged::TakeRemote => {
                    if remote.is_empty() && *field != ContactField::LifecycleStage {
                        decided.emptied.push(*field);
                    }
                }
                Merged::KeepLocal => decided.kept.push(*field),
                Merged::Conflict => {
                    decided.kept.push(*field);
                    hubspot::add_conflict(
                        tx,
                        &Conflict {
                            id: 0,
                            kind: self.kind.as_str().into(),
                            object_id: object.id.clone(),
                            record_id: id.0,
                            field: field.as_str().into(),
                            base: base.clone(),
                            remote: remote.clone(),
                            local: here.clone(),
                            remote_at: object.modified(self.kind),
                            found_at: now,
                            resolved_at: None,
                            taken: String::new(),
                        },
                    )?;
                    tx.emit(now, "hubspot.conflict", format!("contact:{id}"))?;
                }
            }
        }
        Ok(decided)
    }

    /// Returns the form that a contact filled since it was last seen.
    fn form_of(&self, object: &Object, known: Option<&Seen>) -> Option<SignalDraft> {
        let filled = forms::last(object)?;
        let before = known.and_then(|seen| read_base(seen).instant("recent_conversion_date"));
        if !self.is_news(Some(filled.at)) || before == Some(filled.at) {
            return None;
        }
        let email = object.properties.get("email")?;
        crate::domain::email::address::EmailAddress::parse(email).ok()?;
        let mut payload = Map::new();
        for (key, name) in [
            ("first_name", "firstname"),
            ("last_name", "lastname"),
            ("company", "company"),
        ] {
            if let Some(value) = object.properties.get(name) {
                payload.insert(key.into(), json!(clean_line(value, 200)));
            }
        }
        payload.insert("form".into(), json!(clean_line(&filled.name, 200)));
        payload.insert("hubspot_id".into(), json!(object.id));
        let kind = SignalKind::FormSubmitted;
        let draft = SignalDraft::new(Source::Form, kind, filled.at, payload)
            .with_id(format!("hubspot:{}", object.id), filled.at.as_millisecond())
            .with_email(Some(email.to_owned()));
        Some(draft)
    }
}

/// Returns what properties say of a person, addresses and ids left out.
pub(in crate::engine) fn draft_of(properties: &Properties) -> ContactDraft {
    let text = |name: &str| properties.get(name).map(str::to_owned);
    ContactDraft {
        first_name: text("firstname"),
        last_name: text("lastname"),
        phone: text("phone"),
        mobile_phone: text("mobilephone"),
        title: text("jobtitle"),
        company: text("company"),
        city: text("city"),
        state: text("state"),
        country: text("country"),
        time_zone: text("hs_timezone")
            .map(|zone| zone_name(&zone))
            .filter(|zone| !zone.is_empty()),
        stage: properties
            .get("lifecyclestage")
            .and_then(LifecycleStage::parse_lenient),
        opted_out: properties
            .get("hs_email_optout")
            .is_some_and(|v| v.eq_ignore_ascii_case("true")),
        ..ContactDraft::default()
    }
}

/// Returns the IANA name of a zone that HubSpot writes as `europe_slash_madrid`.
fn zone_name(text: &str) -> String {
    let parts: Vec<String> = text
        .split("_slash_")
        .map(|part| {
            part.split('_')
                .map(|word| {
                    let mut chars = word.chars();
                    chars
                        .next()
                        .map(|c| c.to_uppercase().chain(chars).collect())
                        .unwrap_or_default()
                })
                .collect::<Vec<String>>()
                .join("_")
        })
        .collect();
    let name = parts.join("/");
    if jiff::tz::TimeZone::get(&name).is_ok() {
        name
    } else {
        String::new()
    }
}

fn leave_out(draft: &mut ContactDraft, field: ContactField) {
    match field {
        ContactField::FirstName => draft.first_name = None,
        ContactField::LastName => draft.last_name = None,
        ContactField::Phone => draft.phone = None,
        ContactField::MobilePhone => draft.mobile_phone = None,
        ContactField::JobTitle => draft.title = None,
        ContactField::City => draft.city = None,
        ContactField::State => draft.state = None,
        ContactField::Country => draft.country = None,
        ContactField::LifecycleStage => draft.stage = None,
    }
}

/// Returns a field's value in a draft, empty where it has none.
pub(in crate::engine) fn slot_text(draft: &ContactDraft, field: ContactField) -> String {
    let text = match field {
        ContactField::FirstName => &draft.first_name,
        ContactField::LastName => &draft.last_name,
        ContactField::Phone => &draft.phone,
        ContactField::MobilePhone => &draft.mobile_phone,
        ContactField::JobTitle => &draft.title,
        ContactField::City => &draft.city,
        ContactField::State => &draft.state,
        ContactField::Country => &draft.country,
        ContactField::LifecycleStage => {
            return draft.stage.map_or(String::new(), |s| s.as_str().to_owned());
        }
    };
    text.clone().unwrap_or_default()
}

/// Returns a field's value as it stands here.
pub(in crate::engine) fn local(row: &ContactRow, field: ContactField) -> String {
    match field {
        ContactField::FirstName => &row.first_name,
        ContactField::LastName => &row.last_name,
        ContactField::Phone => &row.phone,
        ContactField::MobilePhone => &row.mobile,
        ContactField::JobTitle => &row.title,
        ContactField::City => &row.city,
        ContactField::State => &row.state,
        ContactField::Country => &row.country,
        ContactField::LifecycleStage => return row.stage.as_str().to_owned(),
    }
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_hubspot_spells_them() {
        let check = |text: &str, expect: &str| assert_eq!(zone_name(text), expect, "{text}");
        check("europe_slash_madrid", "Europe/Madrid");
        check("america_slash_new_york", "America/New_York");
        check("string", "");
        check("", "");
    }
}
