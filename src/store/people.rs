//! Contacts as the loop needs them: found by address, added if unknown, and read with their firm.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, StoreError, WriteTx, instant, stage};
use crate::domain::company::name_key;
use crate::domain::contact::LifecycleStage;
use crate::domain::contact::who::{Firm, NameKey, Who};
use crate::domain::email::{DomainKey, MailboxKey};
use crate::domain::id::{CompanyId, ContactId};
use crate::domain::words::words;

words! {
    /// A kind of record that other systems have ids for.
    pub enum RecordKind ("a kind of record") {
        /// A person.
        Contact = "contact",
        /// A firm.
        Company = "company",
        /// A deal.
        Deal = "deal",
    }
}

/// A person with their firm.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The row's id; 0 is nobody.
    pub id: i64,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The primary address, as written.
    pub email: String,
    /// The job title.
    pub title: String,
    /// The lifecycle stage; a stored word that is none of ours is a stop.
    pub stage: LifecycleStage,
    /// An IANA zone; empty if unknown.
    pub time_zone: String,
    /// The city, as written.
    pub city: String,
    /// The state or region, as written.
    pub state: String,
    /// The country, as written.
    pub country: String,
    /// Fit of the person, 0..=1.
    pub icp_fit: Option<f64>,
    /// End of a hold on unasked mail, as an out-of-office note named it.
    pub paused_until: Option<Timestamp>,
    /// Reason for the hold.
    pub pause_reason: String,
    /// The last mail, meeting or visit either way.
    pub last_contact_at: Option<Timestamp>,
    /// The firm.
    pub company_id: Option<CompanyId>,
    /// The firm's name.
    pub company: String,
    /// Fit of the firm, 0..=1.
    pub company_fit: Option<f64>,
    /// True if the firm's name alone is worth something.
    pub is_logo: bool,
    /// True if the firm is a partner.
    pub is_partner: bool,
}

impl Person {
    /// Returns the typed id.
    #[must_use]
    pub const fn contact_id(&self) -> ContactId {
        ContactId(self.id)
    }

    /// Returns the name as it is shown: given and family name, else the address, else the number.
    #[must_use]
    pub fn name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" if self.email.is_empty() => format!("contact {}", self.id),
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }

    /// Returns the primary address in lower case.
    #[must_use]
    pub fn address_key(&self) -> String {
        self.email.trim().to_lowercase()
    }
}

const COLUMNS: &str = "c.id, c.first_name, c.last_name, c.email, c.title, c.stage, c.time_zone, c.city, c.state, c.country, \
    c.icp_fit, c.paused_until, c.pause_reason, c.last_contact_at, c.company_id, coalesce(f.name, ''), f.icp_fit, \
    coalesce(f.is_logo, 0), coalesce(f.is_partner, 0)";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        email: row.get(3)?,
        title: row.get(4)?,
        stage: stage(row, 5)?,
        time_zone: row.get(6)?,
        city: row.get(7)?,
        state: row.get(8)?,
        country: row.get(9)?,
        icp_fit: row.get(10)?,
        paused_until: row.get::<_, Option<i64>>(11)?.map(instant),
        pause_reason: row.get(12)?,
        last_contact_at: row.get::<_, Option<i64>>(13)?.map(instant),
        company_id: row.get::<_, Option<i64>>(14)?.map(CompanyId),
        company: row.get(15)?,
        company_fit: row.get(16)?,
        is_logo: row.get(17)?,
        is_partner: row.get(18)?,
    })
}

/// The contacts to whom something is queued.
const QUEUED: &str = "SELECT contact_id FROM execution WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain')";

/// Loads everybody to whom something is queued.
///
/// # Errors
/// If the database cannot be read.
pub fn queued(tx: &ReadTx<'_>) -> Result<Vec<Person>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contact c LEFT JOIN company f ON f.id = c.company_id WHERE c.id IN ({QUEUED})"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Loads a person.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: ContactId) -> Result<Option<Person>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contact c LEFT JOIN company f ON f.id = c.company_id WHERE c.id = ?1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Returns a person's lifecycle stage; none if there is no such person.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn stage_of(tx: &ReadTx<'_>, id: ContactId) -> Result<Option<LifecycleStage>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT stage FROM contact WHERE id = ?1")?
        .query_row([id.0], |row| stage(row, 0))
        .optional()?)
}

/// Returns a person's firm; none if there is no such person or no firm is known.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn company_of(tx: &ReadTx<'_>, id: ContactId) -> Result<Option<CompanyId>> {
    let found: Option<Option<i64>> = tx
        .sql()
        .prepare_cached("SELECT company_id FROM contact WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().map(CompanyId))
}

/// Returns the name of a person's firm; none if no firm is known.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn firm_name(tx: &ReadTx<'_>, id: ContactId) -> Result<Option<String>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT f.name FROM contact c JOIN company f ON f.id = c.company_id WHERE c.id = ?1",
        )?
        .query_row([id.0], |row| row.get(0))
        .optional()?)
}

/// Finds the contact with an address: the one who has it as it is spelled, else the first with the same mailbox.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_by_email(tx: &ReadTx<'_>, address: &str) -> Result<Option<ContactId>> {
    let as_spelled = tx
        .sql()
        .prepare_cached("SELECT contact_id FROM contact_email WHERE key = ?1")?
        .query_row([address.trim().to_lowercase()], |row| {
            row.get(0).map(ContactId)
        })
        .optional()?;
    match as_spelled {
        Some(found) => Ok(Some(found)),
        None => Ok(of_mailbox(tx, &MailboxKey::of(address))?.first().copied()),
    }
}

/// Returns the contacts who have a mailbox, under whichever spelling, lowest number first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_mailbox(tx: &ReadTx<'_>, mailbox: &MailboxKey) -> Result<Vec<ContactId>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT contact_id FROM contact_email WHERE key = ?1 AND mailbox IS NULL
         UNION SELECT contact_id FROM contact_email WHERE mailbox = ?1 ORDER BY contact_id",
    )?;
    Ok(statement
        .query_map([mailbox.as_str()], |row| row.get(0).map(ContactId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Finds a record by its id in another system.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_by_external_id(
    tx: &ReadTx<'_>,
    kind: RecordKind,
    system: &str,
    external: &str,
) -> Result<Option<i64>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT record_id FROM external_id WHERE kind = ?1 AND system = ?2 AND external = ?3",
        )?
        .query_row((kind.as_str(), system, external), |row| row.get(0))
        .optional()?)
}

/// Stores a record's id in another system.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_external_id(
    tx: &WriteTx<'_>,
    kind: RecordKind,
    system: &str,
    external: &str,
    record: i64,
) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO external_id (kind, system, external, record_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, system, external) DO UPDATE SET record_id = excluded.record_id",
        )?
        .execute((kind.as_str(), system, external, record))?;
    Ok(())
}

/// A person to add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPerson {
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The address, as written.
    pub email: String,
    /// The firm's name; empty if unknown.
    pub company: String,
    /// The firm's domain; empty if unknown or if many firms share it.
    pub company_domain: String,
}

/// Makes a contact, and the firm if it is new.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(tx: &WriteTx<'_>, person: &NewPerson, now: Timestamp) -> Result<ContactId> {
    let now = now.as_millisecond();
    let company = find_or_add_company(tx, &person.company, &person.company_domain, now)?;
    tx.sql()
        .prepare_cached(
            "INSERT INTO contact (first_name, last_name, email, company_id, created_at, updated_at, name_key) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        )?
        .execute((
            &person.first_name,
            &person.last_name,
            &person.email,
            company.map(|c| c.0),
            now,
            kept_name(&person.first_name, &person.last_name),
        ))?;
    let id = tx.sql().last_insert_rowid();
    if !person.email.is_empty() {
        add_address(tx, ContactId(id), &person.email.to_lowercase())?;
    }
    let firm = match company {
        Some(company) => company_name(tx, company)?,
        None => String::new(),
    };
    tx.sql()
        .prepare_cached(
            "INSERT INTO contact_search (rowid, name, email, company) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            id,
            format!("{} {}", person.first_name, person.last_name),
            &person.email,
            firm,
        ))?;
    Ok(ContactId(id))
}

/// Fills a person's gaps: a missing name, the firm, the name of a firm known by its domain only.
/// Returns true if anything was new.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn complete(tx: &WriteTx<'_>, id: ContactId, said: &NewPerson, now: Timestamp) -> Result<bool> {
    let Some(person) = load(tx, id)? else {
        return Ok(false);
    };
    let at = now.as_millisecond();
    let mut changed = 0;
    if person.first_name.is_empty()
        && person.last_name.is_empty()
        && !(said.first_name.is_empty() && said.last_name.is_empty())
    {
        changed += tx
            .sql()
            .prepare_cached(
                "UPDATE contact SET first_name = ?2, last_name = ?3, updated_at = ?4 WHERE id = ?1",
            )?
            .execute((id.0, &said.first_name, &said.last_name, at))?;
        name_again(tx, id)?;
    }
    match person.company_id {
        None => {
            if let Some(company) = find_or_add_company(tx, &said.company, &said.company_domain, at)?
            {
                changed += tx
                    .sql()
                    .prepare_cached(
                        "UPDATE contact SET company_id = ?2, updated_at = ?3 WHERE id = ?1",
                    )?
                    .execute((id.0, company.0, at))?;
            }
        }
        Some(company) if !said.company.is_empty() => {
            changed += tx
                .sql()
                .prepare_cached("UPDATE company SET name = ?2, name_key = ?3, updated_at = ?4 WHERE id = ?1 AND name = domain")?
                .execute((company.0, &said.company, name_key(&said.company), at))?;
        }
        Some(_) => {}
    }
    if changed == 0 {
        return Ok(false);
    }
    if let Some(person) = load(tx, id)? {
        tx.sql()
            .prepare_cached("DELETE FROM contact_search WHERE rowid = ?1")?
            .execute([id.0])?;
        let name = format!("{} {}", person.first_name, person.last_name);
        tx.sql()
            .prepare_cached(
                "INSERT INTO contact_search (rowid, name, email, company) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((id.0, name, &person.email, &person.company))?;
    }
    Ok(true)
}

fn company_name(tx: &ReadTx<'_>, id: CompanyId) -> Result<String> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT name FROM company WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?)
}

fn find_or_add_company(
    tx: &WriteTx<'_>,
    name: &str,
    domain: &str,
    now: i64,
) -> Result<Option<CompanyId>> {
    if name.is_empty() && domain.is_empty() {
        return Ok(None);
    }
    let key = name_key(name);
    let domain = (!domain.is_empty()).then_some(domain);
    let found = tx
        .sql()
        .prepare_cached(
            "SELECT id FROM company WHERE domain = ?1
             UNION ALL SELECT id FROM company WHERE ?2 <> '' AND name_key = ?2 AND (domain IS NULL OR ?1 IS NULL) LIMIT 1",
        )?
        .query_row((domain, &key), |row| row.get(0).map(CompanyId))
        .optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let shown = if name.is_empty() {
        domain.unwrap_or_default()
    } else {
        name
    };
    tx.sql()
        .prepare_cached("INSERT INTO company (name, name_key, domain, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)")?
        .execute((shown, name_key(shown), domain, now))?;
    Ok(Some(CompanyId(tx.sql().last_insert_rowid())))
}

/// Adds an address of a contact; one that another contact has stays there.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_address(tx: &WriteTx<'_>, id: ContactId, key: &str) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO contact_email (key, contact_id, mailbox) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute((key, id.0, MailboxKey::beside(key).as_ref().map(MailboxKey::as_str)))?;
    Ok(())
}

/// Notes a contact in either direction.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn touch(tx: &WriteTx<'_>, id: ContactId, at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE contact SET last_contact_at = max(coalesce(last_contact_at, ?2), ?2) WHERE id = ?1")?
        .execute((id.0, at.as_millisecond()))?;
    Ok(())
}

/// Sets the end of a hold on unasked mail to a contact.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn pause(
    tx: &WriteTx<'_>,
    id: ContactId,
    until: Option<Timestamp>,
    reason: &str,
) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE contact SET paused_until = ?2, pause_reason = ?3 WHERE id = ?1")?
        .execute((id.0, until.map(Timestamp::as_millisecond), reason))?;
    Ok(())
}

/// Returns customers last in touch at or before `before`, with that instant.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn quiet_customers(
    tx: &ReadTx<'_>,
    before: Timestamp,
) -> Result<Vec<(ContactId, String, Timestamp)>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, email, last_contact_at FROM contact
         WHERE stage = 'customer' AND last_contact_at IS NOT NULL AND last_contact_at <= ?1 ORDER BY last_contact_at, id",
    )?;
    Ok(statement
        .query_map([before.as_millisecond()], |row| {
            Ok((ContactId(row.get(0)?), row.get(1)?, instant(row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns contacts whose own renewal falls between two instants.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn renewals(
    tx: &ReadTx<'_>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(ContactId, String, Timestamp)>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, email, renewal_at FROM contact WHERE renewal_at IS NOT NULL AND renewal_at BETWEEN ?1 AND ?2 ORDER BY renewal_at, id",
    )?;
    Ok(statement
        .query_map((from.as_millisecond(), to.as_millisecond()), |row| {
            Ok((ContactId(row.get(0)?), row.get(1)?, instant(row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Contacts of one name that are compared; more are a word that stands in the place of names.
const MOST_OF_A_NAME: usize = 500;

/// Contacts that one is told to be the same person as.
const MOST_NAMESAKES: usize = 20;

/// Returns the other contacts that are most likely the same person by name, firm and mail domain, lowest number first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn namesakes(tx: &ReadTx<'_>, id: ContactId) -> Result<Vec<ContactId>> {
    let mut same = tx.sql().prepare_cached(
        "SELECT other.id, other.first_name, other.last_name, coalesce(f.name, ''), coalesce(f.domain, '')
         FROM contact c JOIN contact other ON other.name_key = c.name_key AND other.name_key <> ''
         LEFT JOIN company f ON f.id = other.company_id
         WHERE c.id = ?1 AND c.name_key <> '' ORDER BY other.id LIMIT ?2",
    )?;
    let limit = i64::try_from(MOST_OF_A_NAME).unwrap_or(i64::MAX);
    let of_name: Vec<(ContactId, [String; 4])> = same
        .query_map((id.0, limit), |row| {
            let texts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
            Ok((ContactId(row.get(0)?), texts))
        })?
        .collect::<rusqlite::Result<_>>()?;
    if of_name.len() < 2 {
        return Ok(Vec::new());
    }
    let who = |id: ContactId, [first, last, firm, domain]: &[String; 4]| {
        let addresses = addresses(tx, id)?;
        let firm = Firm::of(firm, domain);
        Ok::<_, StoreError>(Who::of(
            (first, last),
            firm,
            addresses.iter().map(String::as_str),
        ))
    };
    let Some((_, own)) = of_name.iter().find(|(other, _)| *other == id) else {
        return Ok(Vec::new());
    };
    let own = who(id, own)?;
    let mut found = Vec::new();
    for (other, texts) in &of_name {
        if *other != id && found.len() < MOST_NAMESAKES && own.is_same(&who(*other, texts)?) {
            found.push(*other);
        }
    }
    Ok(found)
}

/// Returns a name's key as it is kept beside a contact; empty for a name that says too little.
pub(super) fn kept_name(first: &str, last: &str) -> String {
    NameKey::of(first, last).map_or_else(String::new, |key| key.as_str().to_owned())
}

/// Lets the key of a contact's name follow the name.
pub(super) fn name_again(tx: &WriteTx<'_>, id: ContactId) -> Result<()> {
    let named: Option<(String, String)> = tx
        .sql()
        .prepare_cached("SELECT first_name, last_name FROM contact WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((first, last)) = named {
        tx.sql()
            .prepare_cached("UPDATE contact SET name_key = ?2 WHERE id = ?1")?
            .execute((id.0, kept_name(&first, &last)))?;
    }
    Ok(())
}

/// Returns the contacts of a firm, lowest number first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_company(tx: &ReadTx<'_>, company: CompanyId) -> Result<Vec<ContactId>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT id FROM contact WHERE company_id = ?1 ORDER BY id")?;
    Ok(statement
        .query_map([company.0], |row| row.get(0).map(ContactId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the contacts who have an address at a domain or below it, lowest number first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn at_domain(tx: &ReadTx<'_>, domain: &DomainKey) -> Result<Vec<ContactId>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT contact_id, coalesce(mailbox, key) FROM contact_email WHERE coalesce(mailbox, key) LIKE '%' || ?1 ORDER BY contact_id",
    )?;
    let mut rows = statement.query([domain.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, mailbox) = (ContactId(row.get(0)?), MailboxKey::stored(row.get(1)?));
        let is_there = mailbox.domain().and_above().any(|d| d == domain.as_str());
        if is_there && found.last() != Some(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Returns every address of a contact.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn addresses(tx: &ReadTx<'_>, id: ContactId) -> Result<Vec<String>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT key FROM contact_email WHERE contact_id = ?1 ORDER BY key")?;
    Ok(statement
        .query_map([id.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
