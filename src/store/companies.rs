//! Companies: found by their domain, else by their name, else made.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{CachedStatement, OptionalExtension};

use super::{ReadTx, Result, WriteTx};
use crate::domain::company::{forms_in_front, name_key, registrable};
use crate::domain::contact::ContactDraft;
use crate::domain::contact::who::Firm;
use crate::domain::id::CompanyId;

/// One company.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// Its number.
    pub id: CompanyId,
    /// Its name as first written.
    pub name: String,
    /// Its own domain, if known.
    pub domain: Option<String>,
    /// Its fit to the ideal customer profile, 0 to 1.
    pub icp_fit: Option<f64>,
    /// True if its name as a reference is worth more than its money.
    pub is_logo: bool,
    /// True for a partner.
    pub is_partner: bool,
}

/// Returns a company.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn get(tx: &ReadTx<'_>, id: CompanyId) -> Result<Option<Company>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT id, name, domain, icp_fit, is_logo, is_partner FROM company WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(Company {
                id: CompanyId(row.get(0)?),
                name: row.get(1)?,
                domain: row.get(2)?,
                icp_fit: row.get(3)?,
                is_logo: row.get(4)?,
                is_partner: row.get(5)?,
            })
        })
        .optional()?)
}

/// Tells whether a record is of one firm: it is told by its name or by a domain of its own, and not "Self-employed".
#[must_use]
pub fn is_firm(company: &Company) -> bool {
    Firm::of(&company.name, company.domain.as_deref().unwrap_or_default()).is_told()
}

/// Returns the records of a firm under every spelling of its name, that record among them, lowest number first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn same_firm(tx: &ReadTx<'_>, company: &Company) -> Result<Vec<CompanyId>> {
    let firm = |name: &str, domain: Option<&str>| Firm::of(name, domain.unwrap_or_default());
    let own = firm(&company.name, company.domain.as_deref());
    let mut found = vec![company.id];
    let Some(first) = own.key().and_then(|key| key.as_str().chars().next()) else {
        return Ok(found);
    };
    // Spellings differ behind the first letter, in an article or in a legal form in front ("PT Acme").
    let stored = name_key(&company.name).chars().next().unwrap_or(first);
    let mut alike = tx.sql().prepare_cached(
        "SELECT id, name, domain FROM company WHERE name_key >= ?1 AND name_key < ?1 || char(1114111)",
    )?;
    let mut prefixes = vec![first.to_string(), stored.to_string(), "the ".to_owned()];
    prefixes.extend(forms_in_front().map(|form| format!("{form} ")));
    for prefix in prefixes {
        let mut rows = alike.query([&prefix])?;
        while let Some(row) = rows.next()? {
            let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
            let domain: Option<String> = row.get(2)?;
            let id = CompanyId(id);
            if !found.contains(&id) && own.is_same(&firm(&name, domain.as_deref())) {
                found.push(id);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Notes what is known of the company with a domain; nothing if there is none. `standing` is a pair: a name worth showing,
/// and a partner.
///
/// # Errors
/// Fails if SQLite refuses, as it does a fit outside 0..=1.
pub fn set_standing(
    tx: &WriteTx<'_>,
    domain: &str,
    industry: &str,
    icp_fit: f64,
    standing: (bool, bool),
    now: Timestamp,
) -> Result<()> {
    let (is_logo, is_partner) = standing;
    tx.sql()
        .prepare_cached(
            "UPDATE company SET industry = ?2, icp_fit = ?3, is_logo = ?4, is_partner = ?5, updated_at = ?6 WHERE domain = ?1",
        )?
        .execute((domain, industry, icp_fit, is_logo, is_partner, now.as_millisecond()))?;
    Ok(())
}

/// Companies seen by a run of writes. It may outlive a transaction only if that was committed.
#[derive(Debug, Default)]
pub struct CompanyMemory {
    by_domain: HashMap<String, CompanyId>,
    by_name: HashMap<String, CompanyId>,
}

impl CompanyMemory {
    /// Companies to remember at most; for others the database is asked again.
    const MOST: usize = 200_000;

    fn forget_if_full(&mut self) {
        if self.by_domain.len() + self.by_name.len() > Self::MOST {
            self.by_domain.clear();
            self.by_name.clear();
        }
    }
}

/// Finds and makes companies inside one transaction.
pub(super) struct CompanyWriter<'a> {
    find_by_domain: CachedStatement<'a>,
    find_by_name: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    set_domain: CachedStatement<'a>,
    now: i64,
}

impl<'a> CompanyWriter<'a> {
    pub(super) fn new(tx: &WriteTx<'a>, now: Timestamp) -> Result<Self> {
        let sql = tx.sql();
        Ok(Self {
            find_by_domain: sql.prepare_cached("SELECT id FROM company WHERE domain = ?1")?,
            // The oldest of that name; for a row with a domain, only firms without one.
            find_by_name: sql.prepare_cached(
                "SELECT id FROM company WHERE name_key = ?1 AND (?2 = 0 OR domain IS NULL) ORDER BY id LIMIT 1",
            )?,
            insert: sql.prepare_cached(
                "INSERT INTO company (name, name_key, domain, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
            )?,
            set_domain: sql.prepare_cached("UPDATE company SET domain = ?2, updated_at = ?3 WHERE id = ?1")?,
            now: now.as_millisecond(),
        })
    }

    /// Returns the draft's company, made if it is new; None if the draft names none.
    pub(super) fn resolve(
        &mut self,
        draft: &ContactDraft,
        memory: &mut CompanyMemory,
    ) -> Result<Option<CompanyId>> {
        memory.forget_if_full();
        if let Some(written) = draft.company_domain.as_deref() {
            if let Some(id) = memory.by_domain.get(written) {
                return Ok(Some(*id));
            }
            let domain = registrable(written);
            let id = match memory.by_domain.get(domain) {
                Some(id) => *id,
                None => self.by_domain(draft, domain)?,
            };
            // A look-up by domain costs more than remembering its result.
            for known in [written, domain] {
                memory.by_domain.insert(known.to_owned(), id);
            }
            return Ok(Some(id));
        }
        let Some(name) = draft.company.as_deref() else {
            return Ok(None);
        };
        if let Some(id) = memory.by_name.get(name) {
            return Ok(Some(*id));
        }
        let key = name_key(name);
        if key.is_empty() {
            return Ok(None);
        }
        let found: Option<i64> = self
            .find_by_name
            .query_row((&key, 0), |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => CompanyId(id),
            None => CompanyId(self.insert.insert((name, &key, None::<&str>, self.now))?),
        };
        memory.by_name.insert(name.to_owned(), id);
        Ok(Some(id))
    }

    fn by_domain(&mut self, draft: &ContactDraft, domain: &str) -> Result<CompanyId> {
        let found: Option<i64> = self
            .find_by_domain
            .query_row([domain], |row| row.get(0))
            .optional()?;
        if let Some(id) = found {
            return Ok(CompanyId(id));
        }
        let name = draft.company.as_deref().unwrap_or(domain);
        let key = name_key(name);
        if draft.company.is_some() && !key.is_empty() {
            let found: Option<i64> = self
                .find_by_name
                .query_row((&key, 1), |row| row.get(0))
                .optional()?;
            if let Some(id) = found {
                self.set_domain.execute((id, domain, self.now))?;
                return Ok(CompanyId(id));
            }
        }
        Ok(CompanyId(self.insert.insert((
            name,
            &key,
            Some(domain),
            self.now,
        ))?))
    }
}
