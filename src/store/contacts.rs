//! Contacts: written by imports, forms and the operator, found by id, address, external id and search.
//!
//! One address belongs to one contact. A row that does not carry a field leaves it as it is, and no row takes back a
//! stop: neither the do-not-contact stage nor a suppression is lifted by an import.

mod search;
mod write;

pub use search::{Hit, rebuild_search, search};
pub use write::{
    Change, ContactWriter, Held, Met, OnConflict, Origin, Overwrite, RunMemory, Written,
    begin_bulk, end_bulk,
};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, Row};

use super::{ReadTx, Result, instant, stage};
use crate::domain::contact::{ContactDraft, ExternalId, LifecycleStage};
use crate::domain::email::MailboxKey;
use crate::domain::id::{CompanyId, ContactId};
use crate::domain::suppression::CarriedSuppression;

/// One stored contact.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRow {
    /// Their number.
    pub id: ContactId,
    /// The given name; empty if unknown, as with every text here.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The address that mail goes to.
    pub email: String,
    /// The number at work.
    pub phone: String,
    /// The mobile number.
    pub mobile: String,
    /// The job title.
    pub title: String,
    /// Their company.
    pub company_id: Option<CompanyId>,
    /// Their company's name.
    pub company: String,
    /// Their company's domain.
    pub company_domain: String,
    /// The town.
    pub city: String,
    /// The state or province.
    pub state: String,
    /// The country.
    pub country: String,
    /// The IANA time zone.
    pub time_zone: String,
    /// The LinkedIn profile.
    pub linkedin: String,
    /// Their lifecycle stage; a stored word that is none of ours is a stop.
    pub stage: LifecycleStage,
    /// Their fit to the ideal customer profile, 0 to 1.
    pub icp_fit: Option<f64>,
    /// Renewal date of their contract.
    pub renewal_at: Option<Timestamp>,
    /// Free text.
    pub notes: String,
    /// The last mail, meeting or visit either way.
    pub last_contact_at: Option<Timestamp>,
    /// Instant at which the source first knew them, or at which they were added.
    pub created_at: Timestamp,
    /// Instant of their record's last change.
    pub updated_at: Timestamp,
}

impl ContactRow {
    /// Returns the whole name; empty if none is known.
    #[must_use]
    pub fn full_name(&self) -> String {
        match (self.first_name.as_str(), self.last_name.as_str()) {
            ("", last) => last.to_owned(),
            (first, "") => first.to_owned(),
            (first, last) => format!("{first} {last}"),
        }
    }

    /// Returns the record in the form that an export writes and an import reads.
    #[must_use]
    pub fn into_draft(
        self,
        emails: Vec<String>,
        external_ids: Vec<ExternalId>,
        opted_out: bool,
    ) -> ContactDraft {
        let full_name = self.full_name();
        let some = |text: String| (!text.is_empty()).then_some(text);
        ContactDraft {
            external_ids,
            first_name: some(self.first_name),
            last_name: some(self.last_name),
            full_name: some(full_name),
            emails,
            phone: some(self.phone),
            mobile_phone: some(self.mobile),
            title: some(self.title),
            company: some(self.company),
            company_domain: some(self.company_domain),
            city: some(self.city),
            state: some(self.state),
            country: some(self.country),
            linkedin: some(self.linkedin),
            stage: Some(self.stage),
            time_zone: some(self.time_zone),
            icp_fit: self.icp_fit,
            renewal_date: self.renewal_at.map(|at| at.to_zoned(TimeZone::UTC).date()),
            notes: some(self.notes),
            created_at: Some(self.created_at),
            opted_out,
            bounced: false,
            suppressed: Vec::new(),
        }
    }
}

const COLUMNS: &str = "c.id, c.first_name, c.last_name, c.email, c.phone, c.mobile, c.title, c.company_id, \
     coalesce(o.name, ''), coalesce(o.domain, ''), c.city, c.state, c.country, c.time_zone, c.linkedin, c.stage, \
     c.icp_fit, c.renewal_at, c.notes, c.last_contact_at, c.created_at, c.updated_at";
const FROM: &str = "FROM contact c LEFT JOIN company o ON o.id = c.company_id";

fn read_row(row: &Row<'_>) -> rusqlite::Result<ContactRow> {
    let time = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(instant));
    Ok(ContactRow {
        id: ContactId(row.get(0)?),
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
        mobile: row.get(5)?,
        title: row.get(6)?,
        company_id: row.get::<_, Option<i64>>(7)?.map(CompanyId),
        company: row.get(8)?,
        company_domain: row.get(9)?,
        city: row.get(10)?,
        state: row.get(11)?,
        country: row.get(12)?,
        time_zone: row.get(13)?,
        linkedin: row.get(14)?,
        stage: stage(row, 15)?,
        icp_fit: row.get(16)?,
        renewal_at: time(17)?,
        notes: row.get(18)?,
        last_contact_at: time(19)?,
        created_at: instant(row.get(20)?),
        updated_at: instant(row.get(21)?),
    })
}

/// Returns a contact.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn get(tx: &ReadTx<'_>, id: ContactId) -> Result<Option<ContactRow>> {
    Ok(tx
        .sql()
        .prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE c.id = ?1"))?
        .query_row([id.0], read_row)
        .optional()?)
}

/// Returns every address of a contact, the primary one first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn emails(tx: &ReadTx<'_>, id: ContactId) -> Result<Vec<String>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT e.key FROM contact_email e JOIN contact c ON c.id = e.contact_id
         WHERE e.contact_id = ?1 ORDER BY e.key <> lower(c.email), e.key",
    )?;
    let rows = statement.query_map([id.0], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns a contact's ids in other systems, in order.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn external_ids(tx: &ReadTx<'_>, id: ContactId) -> Result<Vec<ExternalId>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT system, external FROM external_id WHERE kind = 'contact' AND record_id = ?1 ORDER BY system, external",
    )?;
    let rows = statement.query_map([id.0], |row| {
        Ok(ExternalId {
            system: row.get::<_, String>(0)?.into(),
            id: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns how many contacts there are.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn count(tx: &ReadTx<'_>) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM contact")?
        .query_row([], |row| row.get(0))?;
    Ok(n.unsigned_abs())
}

/// Returns up to `limit` contacts with numbers above `after`, by number, of one stage if given.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(
    tx: &ReadTx<'_>,
    after: Option<ContactId>,
    stage: Option<LifecycleStage>,
    limit: usize,
) -> Result<Vec<ContactRow>> {
    let mut statement = tx.sql().prepare_cached(&format!(
        "SELECT {COLUMNS} {FROM} WHERE c.id > ?1 AND (?2 IS NULL OR c.stage = ?2) ORDER BY c.id LIMIT ?3"
    ))?;
    let rows = statement.query_map(
        (
            after.map_or(0, |id| id.0),
            stage.map(LifecycleStage::as_str),
            i64::try_from(limit).unwrap_or(i64::MAX),
        ),
        read_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Direction from a contact in the list of those in touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// To those in touch longer ago; the contact itself is among them.
    Longer,
    /// To those in touch since; the contact itself is not among them.
    Since,
}

/// Returns up to `limit` contacts by when they were last in touch, from one of them on; from the list's beginning or end if none is named or
/// the one named is gone. The nearest come first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn in_touch(
    tx: &ReadTx<'_>,
    from: Option<ContactId>,
    way: Touch,
    limit: usize,
) -> Result<Vec<ContactRow>> {
    const AT: &str = "coalesce(c.last_contact_at, 0)";
    let place: Option<(i64, i64)> = match from {
        Some(id) => tx
            .sql()
            .prepare_cached("SELECT coalesce(last_contact_at, 0), id FROM contact WHERE id = ?1")?
            .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
        None => None,
    };
    let (sign, order, edge) = match way {
        Touch::Longer => ("<=", "DESC", i64::MAX),
        Touch::Since => (">", "ASC", i64::MIN),
    };
    let (at, id) = place.unwrap_or((edge, edge));
    let mut statement = tx.sql().prepare_cached(&format!(
        "SELECT {COLUMNS} {FROM} WHERE ({AT}, c.id) {sign} (?1, ?2) ORDER BY {AT} {order}, c.id {order} LIMIT ?3"
    ))?;
    let rows = statement.query_map((at, id, i64::try_from(limit).unwrap_or(i64::MAX)), read_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns the record of a contact in the form that an export writes and an import reads.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn export(tx: &ReadTx<'_>, row: ContactRow) -> Result<ContactDraft> {
    let emails = emails(tx, row.id)?;
    let ids = external_ids(tx, row.id)?;
    let theirs: Vec<MailboxKey> = emails.iter().map(|e| MailboxKey::of(e)).collect();
    let opted_out = super::suppressions::find_of_person(tx, &theirs)?.is_some();
    let mut draft = row.into_draft(emails, ids, opted_out);
    for mailbox in &theirs {
        for (named, cause) in super::suppressions::over(tx, mailbox)? {
            let one = CarriedSuppression {
                cause,
                value: named.as_str().to_owned(),
            };
            if !draft.suppressed.contains(&one) {
                draft.suppressed.push(one);
            }
        }
    }
    Ok(draft)
}

/// Returns the midnight with which a day is stored.
fn day_start(date: Date) -> Option<i64> {
    let zoned = date.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests;
