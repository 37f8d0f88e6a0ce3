//! Contacts as the faces show them: a list, a search, a card.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::contact::{ExternalId, LifecycleStage};
use crate::domain::id::ContactId;
use crate::engine::effects::gate;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::reach::Reach;
use crate::engine::handle::Engine;
use crate::store::contacts::{self, ContactRow};
use crate::store::people::RecordKind;
use crate::store::{ReadTx, StoreError, people};

/// One line of a list of contacts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactItem {
    /// Their number.
    pub id: ContactId,
    /// The whole name; empty if unknown, as with every text here.
    pub name: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The address that mail goes to.
    pub email: String,
    /// The job title.
    pub title: String,
    /// The company's name.
    pub company: String,
    /// The number at work.
    pub phone: String,
    /// The mobile number.
    pub mobile_phone: String,
    /// The town.
    pub city: String,
    /// The country.
    pub country: String,
    /// Where they stand.
    pub lifecycle_stage: LifecycleStage,
    /// When their record last changed.
    pub updated_at: Timestamp,
}

impl From<ContactRow> for ContactItem {
    fn from(row: ContactRow) -> Self {
        Self {
            id: row.id,
            name: row.full_name(),
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email,
            title: row.title,
            company: row.company,
            phone: row.phone,
            mobile_phone: row.mobile,
            city: row.city,
            country: row.country,
            lifecycle_stage: row.stage,
            updated_at: row.updated_at,
        }
    }
}

/// Everything that is stored of one contact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactCard {
    /// What a list shows.
    #[serde(flatten)]
    pub item: ContactItem,
    /// Every address, the primary one first.
    pub emails: Vec<String>,
    /// Their numbers in other systems, as `system:id`.
    pub external_ids: Vec<String>,
    /// The company's domain.
    pub company_domain: String,
    /// The state or province.
    pub state: String,
    /// The IANA time zone, where the source named one.
    pub time_zone: String,
    /// The LinkedIn profile.
    pub linkedin: String,
    /// Their fit to the ideal customer profile, 0 to 1.
    pub icp_fit: Option<f64>,
    /// When their contract is to be renewed.
    pub renewal_at: Option<Timestamp>,
    /// Free text.
    pub notes: String,
    /// The last mail, meeting or visit either way.
    pub last_contact_at: Option<Timestamp>,
    /// When the source first knew them.
    pub created_at: Timestamp,
    /// Why they must not be mailed, if they must not.
    pub suppressed: Option<String>,
}

/// A page of contacts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactList {
    /// The contacts.
    pub contacts: Vec<ContactItem>,
    /// How many there are in all.
    pub total: u64,
    /// What to give as `after` for the next page; None at the end.
    pub next: Option<ContactId>,
}

impl Engine {
    /// Lists contacts by number, those behind `after`, of one stage if given.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_contacts(
        &self,
        after: Option<ContactId>,
        stage: Option<LifecycleStage>,
        limit: usize,
    ) -> Result<ContactList> {
        self.store().read(|tx| {
            let mut rows = contacts::list(tx, after, stage, limit.saturating_add(1))?;
            let is_more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().map(|row| row.id).filter(|_| is_more);
            Ok(ContactList {
                contacts: rows.into_iter().map(Into::into).collect(),
                total: contacts::count(tx)?,
                next,
            })
        })
    }

    /// Finds contacts whose name, address or company has words beginning with those of `text`, the best first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn search_contacts(&self, text: &str, limit: usize) -> Result<Vec<ContactItem>> {
        let hits = self.store().read(|tx| contacts::search(tx, text, limit))?;
        Ok(hits.into_iter().map(|hit| hit.contact.into()).collect())
    }

    /// Shows the contact that `who` names: a number, an address, or an id in another system such as `hubspot:501`.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if there is none.
    pub fn contact_card(&self, who: &str) -> Result<ContactCard> {
        let who = who.trim();
        self.store().read::<_, EngineError>(|tx| {
            let not_found = || EngineError::NotFound(format!("There is no contact “{who}”."));
            let id = find(tx, who)?.ok_or_else(not_found)?;
            let row = contacts::get(tx, id)?.ok_or_else(not_found)?;
            card(tx, row)
        })
    }
}

fn find(tx: &ReadTx<'_>, who: &str) -> Result<Option<ContactId>, StoreError> {
    if let Ok(id) = who.parse() {
        return Ok(Some(ContactId(id)));
    }
    if let Some(id) = ExternalId::parse(who)
        && !who.contains('@')
    {
        let found = people::find_by_external_id(tx, RecordKind::Contact, &id.system, &id.id)?;
        return Ok(found.map(ContactId));
    }
    people::find_by_email(tx, who)
}

fn card(tx: &ReadTx<'_>, row: ContactRow) -> Result<ContactCard> {
    let emails = contacts::emails(tx, row.id)?;
    let reach = Reach::of(tx, Some(row.id), "")?;
    let mut suppressed = gate::suppressed(tx, &reach, Some(row.id), "")?;
    for email in &emails {
        if suppressed.is_none() {
            suppressed = gate::suppressed(tx, &reach, Some(row.id), email)?;
        }
    }
    Ok(ContactCard {
        external_ids: contacts::external_ids(tx, row.id)?
            .iter()
            .map(ToString::to_string)
            .collect(),
        emails,
        company_domain: row.company_domain.clone(),
        state: row.state.clone(),
        time_zone: row.time_zone.clone(),
        linkedin: row.linkedin.clone(),
        icp_fit: row.icp_fit,
        renewal_at: row.renewal_at,
        notes: row.notes.clone(),
        last_contact_at: row.last_contact_at,
        created_at: row.created_at,
        suppressed,
        item: row.into(),
    })
}
