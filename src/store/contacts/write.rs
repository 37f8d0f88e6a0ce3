//! Writing contacts, one draft after another inside one transaction, with every statement prepared once.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use jiff::Timestamp;
use rusqlite::{CachedStatement, OptionalExtension, params};
use serde::Serialize;

use super::super::companies::{CompanyMemory, CompanyWriter};
use super::super::people::{kept_name, name_again};
use super::super::suppressions::{self, SuppressedBy};
use super::super::{Result, WriteTx};
use super::day_start;
use super::search::searchable;
use crate::domain::contact::{ContactDraft, ExternalId, LifecycleStage, address, name};
use crate::domain::email::{MailboxKey, Named};
use crate::domain::id::{CompanyId, ContactId};
use crate::domain::suppression::Cause;
use crate::domain::words::words;

/// Outcome of writing a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nobody like that was known.
    New,
    /// A known person's record changed.
    Updated,
    /// The record says all that already.
    Unchanged,
}

/// Origin of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A row of a file: the same row again must be "unchanged", whatever was edited here since.
    Import,
    /// The operator's hand or a form.
    Direct,
}

words! {
    /// The choice for a row that has the address or id of somebody with another name.
    pub enum OnConflict ("a choice for rows of somebody else") {
        /// Reject the row.
        Skip = "skip",
        /// Fill in what the known record lacks, and overwrite nothing in any record.
        Fill = "fill",
        /// Lay the row over the known record.
        Replace = "replace",
        /// Keep both people where the row has an address or id of its own, else reject it.
        KeepBoth = "keep-both",
    }
}

/// A value of a known record that a draft replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overwrite {
    /// The field.
    pub field: &'static str,
    /// The value before.
    pub old: String,
    /// The value of the draft.
    pub new: String,
}

/// The known person whom a draft met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The contact.
    pub id: ContactId,
    /// Their name before; empty if none was known.
    pub name: String,
    /// True if they are somebody else than the draft speaks of.
    pub is_other: bool,
    /// True if the draft was not taken for that reason.
    pub is_refused: bool,
    /// The values that were replaced.
    pub overwritten: Vec<Overwrite>,
}

/// The standing of a wish not to be written to, once its row is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing is written to the person, or to the address.
    Yes,
    /// The row was followed before, and the suppression was lifted since.
    Lifted,
    /// There is no address, or nobody can say which of several.
    NoAddress,
}

/// Result of writing a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The contact.
    pub id: ContactId,
    /// The change that it made.
    pub change: Change,
    /// True if an address or id of the draft was left out because another contact has it.
    pub taken: bool,
    /// The known person whom the draft changed or was kept apart from; None where nobody was met or nothing changed.
    pub met: Option<Box<Met>>,
    /// The standing of the wish in the draft; None where it has none.
    pub held: Option<Held>,
}

/// A hasher for hashes and counters: one multiplication spreads them.
#[derive(Debug, Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 << 8 | u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }
}

type Spreading<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// Keys and rows seen by one run; it may be carried into the next transaction once the one before is committed.
#[derive(Debug, Default)]
pub struct RunMemory {
    companies: CompanyMemory,
    /// The first row of this run about each contact.
    rows: Spreading<i64, i64>,
    /// Further rows about contacts with several.
    further_rows: Spreading<i64, Vec<i64>>,
    index: Option<KeyIndex>,
    sealed: Option<(i64, u64)>,
    /// Answer of [`Self::holds_still`], valid until somebody else writes.
    held: Option<bool>,
}

impl RunMemory {
    /// Prepares for a transaction of a long run that writes contacts: loads every known key at the first, then works as [`Self::watch`].
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub fn open(&mut self, tx: &WriteTx<'_>) -> Result<()> {
        if self.sealed.is_none() {
            self.index = KeyIndex::load(tx)?;
        }
        self.watch(tx)
    }

    /// Prepares for a transaction of a long run: forgets everything if anyone else has written since the one before.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub fn watch(&mut self, tx: &WriteTx<'_>) -> Result<()> {
        if let Some(sealed) = self.sealed
            && sealed != standing(tx)?
        {
            self.index = None;
            self.companies = CompanyMemory::default();
            self.held = Some(false);
        }
        Ok(())
    }

    /// Tells whether a fact that `first` found true at the first transaction still holds: nobody else has written since.
    ///
    /// # Errors
    /// Fails if `first` fails.
    pub fn holds_still(&mut self, first: impl FnOnce() -> Result<bool>) -> Result<bool> {
        if let Some(held) = self.held {
            return Ok(held);
        }
        let holds = first()?;
        self.held = Some(holds);
        Ok(holds)
    }

    /// Tells whether every known key is at hand.
    #[cfg(test)]
    pub fn knows_all(&self) -> bool {
        self.index.is_some()
    }

    /// Notes the database's state; the last step in a transaction of a long run.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub fn seal(&mut self, tx: &WriteTx<'_>) -> Result<()> {
        // A savepoint makes the search index write out what it holds back. At the commit that would count as somebody's changes.
        tx.sql().execute_batch("SAVEPOINT seal; RELEASE seal")?;
        self.sealed = Some(standing(tx)?);
        Ok(())
    }
}

/// Returns two marks: one changes when another process commits, the other when this connection writes.
fn standing(tx: &WriteTx<'_>) -> Result<(i64, u64)> {
    let version = tx
        .sql()
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?;
    Ok((version, tx.sql().total_changes()))
}

/// Every key by which a contact is known, hashed: it spares most rows of a file their look-ups. That a key is absent
/// is certain; that it is present is confirmed by the row's own fingerprint or by the database.
#[derive(Debug, Default)]
struct KeyIndex {
    contacts: Spreading<u64, i64>,
    /// By the contact's number; 0 where the database must be asked.
    fingerprints: Vec<i64>,
}

impl KeyIndex {
    /// Above this many contacts the memory is worth more than the time.
    const MOST: i64 = 1_000_000;
    /// Numbers in a row that may be missing.
    const GAP: usize = 1_000_000;

    fn load(tx: &WriteTx<'_>) -> Result<Option<Self>> {
        let sql = tx.sql();
        let highest: i64 =
            sql.query_row("SELECT coalesce(max(id), 0) FROM contact", [], |row| {
                row.get(0)
            })?;
        if highest > Self::MOST {
            return Ok(None);
        }
        let mut index = Self::default();
        let mut ids = sql.prepare(
            "SELECT system, external, record_id FROM external_id WHERE kind = 'contact'",
        )?;
        let mut rows = ids.query([])?;
        while let Some(row) = rows.next()? {
            let key = key_of(
                row.get_ref(0)?.as_bytes().unwrap_or_default(),
                row.get_ref(1)?.as_bytes().unwrap_or_default(),
            );
            index.contacts.insert(key, row.get(2)?);
        }
        let mut emails =
            sql.prepare("SELECT key, contact_id, mailbox FROM contact_email ORDER BY contact_id")?;
        let mut rows = emails.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(1)?;
            let key = key_of(b"", row.get_ref(0)?.as_bytes().unwrap_or_default());
            index.contacts.insert(key, id);
            if let Ok(mailbox) = row.get_ref(2)?.as_bytes() {
                index.contacts.entry(key_of(b"", mailbox)).or_insert(id);
            }
        }
        let mut contacts = sql.prepare("SELECT id, fingerprint FROM contact")?;
        let mut rows = contacts.query([])?;
        while let Some(row) = rows.next()? {
            index.set_fingerprint(row.get(0)?, row.get(1)?);
        }
        Ok(Some(index))
    }

    fn fingerprint(&self, id: i64) -> Option<i64> {
        let at = usize::try_from(id).ok()?;
        self.fingerprints
            .get(at)
            .copied()
            .filter(|known| *known != 0)
    }

    fn set_fingerprint(&mut self, id: i64, fingerprint: i64) {
        let Ok(at) = usize::try_from(id) else { return };
        // Numbers are given one after another; one far above the rest is left to the database.
        if at > self.fingerprints.len() + Self::GAP {
            return;
        }
        if at >= self.fingerprints.len() {
            self.fingerprints.resize(at + 1, 0);
        }
        if let Some(slot) = self.fingerprints.get_mut(at) {
            *slot = fingerprint;
        }
    }

    fn learn(&mut self, draft: &ContactDraft, id: i64, fingerprint: i64) {
        for external in &draft.external_ids {
            let key = key_of(external.system.as_bytes(), external.id.as_bytes());
            self.contacts.entry(key).or_insert(id);
        }
        for email in &draft.emails {
            let address = address::key(email);
            self.contacts
                .entry(key_of(b"", address.as_bytes()))
                .or_insert(id);
            if let Some(mailbox) = MailboxKey::beside(&address) {
                let key = key_of(b"", mailbox.as_str().as_bytes());
                self.contacts.entry(key).or_insert(id);
            }
        }
        self.set_fingerprint(id, fingerprint);
    }
}

/// Returns the hash of an external id, or of an address where `system` is empty.
fn key_of(system: &[u8], key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(system);
    hasher.write_u8(0xFF);
    hasher.write(key);
    hasher.finish()
}

struct Known {
    id: i64,
    fingerprint: i64,
    by: By,
}

/// The fact by which a draft found a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Id,
    /// An id that other lists may have given to others.
    Count,
    Address,
}

/// A contact's entry for the search index, written once, when the transaction ends.
///
/// The index gathers what it is given in memory as long as the numbers rise, and writes all of it out at each step
/// back: with updates among the inserts it would do so thousands of times.
#[derive(Debug)]
struct Pending {
    /// True if the index holds an older entry.
    replaces: bool,
    /// Name, addresses and company; None if they must be read anew.
    texts: Option<[String; 3]>,
}

/// Writes drafts. [`ContactWriter::finish`] must be called before the transaction ends.
pub struct ContactWriter<'a> {
    tx: &'a WriteTx<'a>,
    companies: CompanyWriter<'a>,
    by_id: CachedStatement<'a>,
    by_email: CachedStatement<'a>,
    by_mailbox: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    insert_email: CachedStatement<'a>,
    insert_id: CachedStatement<'a>,
    pending: BTreeMap<i64, Pending>,
    on_conflict: OnConflict,
    by: SuppressedBy,
    now: Timestamp,
}

impl std::fmt::Debug for ContactWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactWriter").finish_non_exhaustive()
    }
}

impl<'a> ContactWriter<'a> {
    /// Prepares the statements.
    ///
    /// # Errors
    /// Fails if the database refuses one.
    pub fn new(tx: &'a WriteTx<'a>, now: Timestamp) -> Result<Self> {
        let sql = tx.sql();
        Ok(Self {
            tx,
            companies: CompanyWriter::new(tx, now)?,
            by_id: sql.prepare_cached(
                "SELECT c.id, c.fingerprint FROM external_id x JOIN contact c ON c.id = x.record_id
                 WHERE x.kind = 'contact' AND x.system = ?1 AND x.external = ?2",
            )?,
            by_email: sql.prepare_cached(
                "SELECT c.id, c.fingerprint FROM contact_email e JOIN contact c ON c.id = e.contact_id WHERE e.key = ?1",
            )?,
            by_mailbox: sql.prepare_cached(
                "SELECT c.id, c.fingerprint FROM contact_email e JOIN contact c ON c.id = e.contact_id
                 WHERE (e.key = ?1 AND e.mailbox IS NULL) OR e.mailbox = ?1 ORDER BY c.id LIMIT 1",
            )?,
            insert: sql.prepare_cached(
                "INSERT INTO contact (first_name, last_name, email, phone, mobile, title, company_id, city, state, country,
                     time_zone, linkedin, stage, icp_fit, renewal_at, notes, fingerprint, created_at, updated_at, name_key)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )?,
            insert_email: sql.prepare_cached("INSERT OR IGNORE INTO contact_email (key, contact_id, mailbox) VALUES (?1, ?2, ?3)")?,
            insert_id: sql.prepare_cached(
                "INSERT OR IGNORE INTO external_id (kind, system, external, record_id) VALUES ('contact', ?1, ?2, ?3)",
            )?,
            pending: BTreeMap::new(),
            on_conflict: OnConflict::KeepBoth,
            by: SuppressedBy::Import,
            now,
        })
    }

    /// Sets the choice for rows of somebody else; without it, both people are kept.
    #[must_use]
    pub fn on_conflict(mut self, choice: OnConflict) -> Self {
        self.on_conflict = choice;
        self
    }

    /// Makes what a draft says of mail the operator's own decision, not that of an imported record.
    #[must_use]
    pub fn by_operator(mut self) -> Self {
        self.by = SuppressedBy::Operator;
        self
    }

    /// Writes one normalized draft: onto the contact with one of its external ids, else onto the one with one of its
    /// addresses, else as a new contact. A row of a file that names somebody else than that contact does not change them.
    ///
    /// # Errors
    /// Fails if the database refuses.
    pub fn write(
        &mut self,
        draft: &ContactDraft,
        origin: Origin,
        memory: &mut RunMemory,
    ) -> Result<Written> {
        let mut written = self.write_row(draft, origin, memory)?;
        if draft.wants_no_mail() || draft.says_bounced() {
            let is_refused = written.met.as_ref().is_some_and(|met| met.is_refused);
            let contact = (!is_refused).then_some(written.id);
            written.held = Some(self.standing(draft, contact)?);
        }
        Ok(written)
    }

    /// Follows the wish of a row that is not taken: `draft` has it with the addresses and ids that could be read.
    ///
    /// # Errors
    /// Fails if the database refuses.
    pub fn hold(&mut self, draft: &ContactDraft) -> Result<Held> {
        let known = self.find(draft, 0, None)?;
        // An address may be shared, a count is anybody's: only a record's own id says whose the other addresses are.
        let contact = known
            .iter()
            .find(|known| known.by == By::Id)
            .map(|known| ContactId(known.id));
        self.suppress(draft, contact)?;
        if let Some(id) = contact
            && draft.wants_no_mail()
            && draft.emails.is_empty()
            && super::emails(self.tx, id)?.is_empty()
        {
            self.tx
                .sql()
                .prepare_cached("UPDATE contact SET stage = ?2, updated_at = ?3 WHERE id = ?1")?
                .execute((
                    id.0,
                    LifecycleStage::DoNotContact.as_str(),
                    self.now.as_millisecond(),
                ))?;
        }
        self.standing(draft, contact)
    }

    /// Tells how the wish of a draft stands now.
    fn standing(&self, draft: &ContactDraft, contact: Option<ContactId>) -> Result<Held> {
        let mut all = draft.emails.clone();
        if let Some(id) = contact {
            let stage = super::super::people::stage_of(self.tx, id)?;
            if draft.wants_no_mail() && stage == Some(LifecycleStage::DoNotContact) {
                return Ok(Held::Yes);
            }
            all.extend(super::emails(self.tx, id)?);
        }
        if !draft.wants_no_mail() && !draft.says_bounced() {
            return Ok(Held::Yes);
        }
        if !draft.wants_no_mail() {
            return Ok(match self.bounced_address(draft, contact)? {
                None => Held::NoAddress,
                Some(email) if suppressions::find(self.tx, &MailboxKey::of(&email))?.is_some() => {
                    Held::Yes
                }
                Some(_) => Held::Lifted,
            });
        }
        let keys: Vec<MailboxKey> = all.iter().map(|email| MailboxKey::of(email)).collect();
        if keys.is_empty() {
            return Ok(Held::NoAddress);
        }
        let is_held = suppressions::find_of_person(self.tx, &keys)?.is_some();
        Ok(if is_held { Held::Yes } else { Held::Lifted })
    }

    /// Returns the address that a bounce is about: the row's first, else the only one that is known.
    fn bounced_address(
        &self,
        draft: &ContactDraft,
        contact: Option<ContactId>,
    ) -> Result<Option<String>> {
        let carried = draft.suppressed.iter();
        let mut carried = carried.filter(|one| one.cause == Cause::Bounced);
        let named = carried.next().map(|one| &one.value);
        let address = match draft.bounced {
            true => draft.emails.first().or(named),
            false => named,
        };
        if let Some(address) = address {
            return Ok(Some(address.clone()));
        }
        let Some(id) = contact else { return Ok(None) };
        let mut known = super::emails(self.tx, id)?;
        Ok(if known.len() == 1 { known.pop() } else { None })
    }

    fn write_row(
        &mut self,
        draft: &ContactDraft,
        origin: Origin,
        memory: &mut RunMemory,
    ) -> Result<Written> {
        let fingerprint = self.mark_of(draft);
        let found = self.find(draft, fingerprint, memory.index.as_ref())?;
        let Some(first) = found.first() else {
            return self.add(draft, draft, origin, fingerprint, memory);
        };
        if origin == Origin::Direct {
            return self.merge(draft, first.id, None, false, &mut memory.companies);
        }
        for known in &found {
            let id = known.id;
            let seen = known.fingerprint == fingerprint
                || self
                    .tx
                    .sql()
                    .prepare_cached(
                        "SELECT 1 FROM contact_row_seen WHERE contact_id = ?1 AND fingerprint = ?2",
                    )?
                    .exists((id, fingerprint))?;
            if seen {
                remember(memory, id, fingerprint);
                return Ok(Written {
                    id: ContactId(id),
                    change: Change::Unchanged,
                    taken: false,
                    met: None,
                    held: None,
                });
            }
        }
        let mut same = None;
        let mut other = None;
        let mut keeps_name = false;
        for known in &found {
            let Some(old) = super::get(self.tx, ContactId(known.id))? else {
                continue;
            };
            if self.is_same_person(draft, &old, known.by)? {
                same = Some(known.id);
                let (first, last) = names(draft);
                let theirs = format!("{first} {last}");
                let is_own_record = known.by == By::Id;
                keeps_name = !name::may_replace(theirs.trim(), &old.full_name(), is_own_record);
                break;
            }
            other.get_or_insert((known.id, old));
        }
        let id = match (same, other) {
            (Some(id), _) => id,
            (None, Some((id, _)))
                if matches!(self.on_conflict, OnConflict::Replace | OnConflict::Fill) =>
            {
                id
            }
            (None, Some((_, old))) => return self.keep_apart(draft, &old, fingerprint, memory),
            (None, None) => first.id,
        };
        let row = Some(fingerprint);
        let mut written = self.merge(draft, id, row, keeps_name, &mut memory.companies)?;
        if same.is_none()
            && let Some(met) = &mut written.met
        {
            met.is_other = true;
        }
        remember(memory, id, fingerprint);
        self.keep_rows(id, memory)?;
        if let Some(index) = &mut memory.index {
            index.learn(draft, id, fingerprint);
        }
        Ok(written)
    }

    /// Returns the number by which a row is known again. The choice is part of it: a row that was decided by one is read again under another.
    fn mark_of(&self, draft: &ContactDraft) -> i64 {
        // These numbers are stored.
        let choice = match self.on_conflict {
            OnConflict::KeepBoth => 0,
            OnConflict::Skip => 0x9E37_79B9_7F4A_7C15,
            OnConflict::Fill => 0xC2B2_AE3D_27D4_EB4F,
            OnConflict::Replace => 0x1656_67B1_9E37_79F9,
        };
        (draft.fingerprint() ^ choice).cast_signed()
    }

    /// Tells whether a draft speaks of the contact that it was found by. An address alone does not make two people one:
    /// firms share theirs, and a name that is another one's says so. A record's own id does, unless nothing else fits; a count
    /// does not, unless the name or an address says the same.
    fn is_same_person(
        &self,
        draft: &ContactDraft,
        old: &super::ContactRow,
        by: By,
    ) -> Result<bool> {
        let (first, last) = names(draft);
        let theirs = format!("{first} {last}");
        let known = old.full_name();
        let named = !theirs.trim().is_empty() && !known.is_empty();
        if by == By::Count {
            let agrees = named && name::agree(&theirs, &known);
            return Ok(agrees || self.has_an_address_of(draft, old.id.0)?);
        }
        if by == By::Id {
            return Ok(!named
                || name::agree(&theirs, &known)
                || name::may_be_renamed(&known, &theirs)
                || self.shares_an_address(draft, old.id.0)?);
        }
        if named && !name::agree(&theirs, &known) {
            return Ok(false);
        }
        // Two records of one system are two people. Another address book numbers its cards anew and a profile may be renamed, so with a
        // name that agrees these do not count.
        let ids = super::external_ids(self.tx, old.id)?;
        let counts = |id: &ExternalId| {
            !is_vague(id)
                && !(named && (id.is_count() || matches!(&*id.system, "vcard" | "linkedin")))
        };
        Ok(!draft.external_ids.iter().any(|id| {
            counts(id) && ids.iter().any(|known| known.system == id.system) && !ids.contains(id)
        }))
    }

    /// Keeps a draft beside the contact who has its address or id but another name: with what is its own, else not at
    /// all. A wish not to be written to is followed either way.
    fn keep_apart(
        &mut self,
        draft: &ContactDraft,
        old: &super::ContactRow,
        fingerprint: i64,
        memory: &mut RunMemory,
    ) -> Result<Written> {
        let mut met = Met {
            id: old.id,
            name: old.full_name(),
            is_other: true,
            is_refused: false,
            overwritten: Vec::new(),
        };
        let own = self.own_part(draft)?;
        let is_own = !own.emails.is_empty() || !own.external_ids.is_empty();
        if self.on_conflict == OnConflict::KeepBoth && is_own {
            let mut written = self.add(&own, draft, Origin::Import, fingerprint, memory)?;
            written.taken = true;
            written.met = Some(Box::new(met));
            return Ok(written);
        }
        met.is_refused = true;
        self.suppress(draft, None)?;
        Ok(Written {
            id: old.id,
            change: Change::Unchanged,
            taken: false,
            met: Some(Box::new(met)),
            held: None,
        })
    }

    /// Returns a draft with only those addresses and ids that nobody has. Another spelling of a mailbox is no other address.
    fn own_part(&mut self, draft: &ContactDraft) -> Result<ContactDraft> {
        let mut own = draft.clone();
        let mut emails = Vec::new();
        for email in &draft.emails {
            let key = address::key(email);
            let mailbox = MailboxKey::of(&key);
            let is_known = self.by_email.exists([&*key])?
                || self.by_email.exists([mailbox.as_str()])?
                || self.by_mailbox.exists([mailbox.as_str()])?;
            if !is_known {
                emails.push(email.clone());
            }
        }
        own.emails = emails;
        let mut ids = Vec::new();
        for id in &draft.external_ids {
            if !self.by_id.exists((&*id.system, &id.id))? {
                ids.push(id.clone());
            }
        }
        own.external_ids = ids;
        Ok(own)
    }

    /// Stores which rows speak of a contact as it is now.
    fn keep_rows(&self, id: i64, memory: &RunMemory) -> Result<()> {
        let sql = self.tx.sql();
        sql.prepare_cached("DELETE FROM contact_row_seen WHERE contact_id = ?1")?
            .execute([id])?;
        if let (Some(first), Some(others)) = (memory.rows.get(&id), memory.further_rows.get(&id)) {
            let mut insert = sql.prepare_cached(
                "INSERT OR IGNORE INTO contact_row_seen (contact_id, fingerprint) VALUES (?1, ?2)",
            )?;
            insert.execute((id, first))?;
            for row in others {
                insert.execute((id, row))?;
            }
        }
        Ok(())
    }

    fn find(
        &mut self,
        draft: &ContactDraft,
        fingerprint: i64,
        index: Option<&KeyIndex>,
    ) -> Result<Vec<Known>> {
        let mut all: Vec<Known> = Vec::new();
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Known {
                id: row.get(0)?,
                fingerprint: row.get(1)?,
                by: By::Address,
            })
        };
        // None where the database must be asked, else what the index says.
        let ask = |system: &[u8], key: &[u8]| -> Option<Option<Known>> {
            let index = index?;
            let Some(id) = index.contacts.get(&key_of(system, key)) else {
                return Some(None);
            };
            (index.fingerprint(*id)? == fingerprint).then_some(Some(Known {
                id: *id,
                fingerprint,
                by: By::Address,
            }))
        };
        for id in &draft.external_ids {
            let quick = ask(id.system.as_bytes(), id.id.as_bytes());
            let found = match quick {
                Some(found) => found,
                None => self
                    .by_id
                    .query_row((&*id.system, &id.id), read)
                    .optional()?,
            };
            if let Some(mut known) = found
                && (!is_vague(id) || self.shares_an_address(draft, known.id)?)
            {
                known.by = if id.is_count() { By::Count } else { By::Id };
                if known.fingerprint == fingerprint {
                    return Ok(vec![known]);
                }
                if !all.iter().any(|one| one.id == known.id) {
                    all.push(known);
                }
            }
        }
        for email in &draft.emails {
            let key = address::key(email);
            let mut found = match ask(b"", key.as_bytes()) {
                Some(found) => found,
                None => self.by_email.query_row([&*key], read).optional()?,
            };
            // Another spelling of a mailbox is the same person.
            if found.is_none() {
                let mailbox = MailboxKey::of(&key);
                found = match ask(b"", mailbox.as_str().as_bytes()) {
                    Some(found) => found,
                    None => self
                        .by_mailbox
                        .query_row([mailbox.as_str()], read)
                        .optional()?,
                };
            }
            if let Some(known) = found {
                if known.fingerprint == fingerprint {
                    return Ok(vec![known]);
                }
                if !all.iter().any(|one| one.id == known.id) {
                    all.push(known);
                }
            }
        }
        Ok(all)
    }

    /// Tells whether nothing speaks against a draft being that contact: one has no address, or they share one.
    fn shares_an_address(&self, draft: &ContactDraft, id: i64) -> Result<bool> {
        Ok(draft.emails.is_empty()
            || super::emails(self.tx, ContactId(id))?.is_empty()
            || self.has_an_address_of(draft, id)?)
    }

    /// Tells whether a draft has an address of that contact, in any spelling.
    fn has_an_address_of(&self, draft: &ContactDraft, id: i64) -> Result<bool> {
        let known = super::emails(self.tx, ContactId(id))?;
        let is_known = |email: &String| {
            let mailbox = MailboxKey::of(email);
            known.iter().any(|known| MailboxKey::of(known) == mailbox)
        };
        Ok(draft.emails.iter().any(is_known))
    }

    /// Adds a contact. `whole` is the draft with the addresses that somebody else has: what it says of mail holds for these too.
    fn add(
        &mut self,
        draft: &ContactDraft,
        whole: &ContactDraft,
        origin: Origin,
        fingerprint: i64,
        memory: &mut RunMemory,
    ) -> Result<Written> {
        let company = self.companies.resolve(draft, &mut memory.companies)?;
        fn text(t: &Option<String>) -> &str {
            t.as_deref().unwrap_or("")
        }
        let (first, last) = names(draft);
        let stored = match origin {
            Origin::Import => fingerprint,
            Origin::Direct => 0,
        };
        let now = self.now.as_millisecond();
        // A wish without an address holds by the stage, also for addresses that come later.
        let stage = match whole.opted_out && whole.emails.is_empty() {
            true => LifecycleStage::DoNotContact,
            false => draft.stage.unwrap_or(LifecycleStage::Lead),
        };
        let id = self.insert.insert(params![
            first,
            last,
            draft.emails.first().map_or("", String::as_str),
            text(&draft.phone),
            text(&draft.mobile_phone),
            text(&draft.title),
            company.map(|c| c.0),
            text(&draft.city),
            text(&draft.state),
            text(&draft.country),
            text(&draft.time_zone),
            text(&draft.linkedin),
            stage.as_str(),
            draft.icp_fit,
            draft.renewal_date.and_then(day_start),
            text(&draft.notes),
            stored,
            draft.created_at.map_or(now, Timestamp::as_millisecond),
            now,
            kept_name(first, last),
        ])?;
        let mut taken = false;
        for email in &draft.emails {
            taken |= !self.insert_address(email, id)?;
        }
        for external in draft.external_ids.iter() {
            taken |= self
                .insert_id
                .execute((&*external.system, &external.id, id))?
                == 0;
        }
        let company_name = draft
            .company
            .as_deref()
            .or(draft.company_domain.as_deref())
            .unwrap_or("");
        let texts = [
            format!("{first} {last}"),
            draft.emails.join(" "),
            company_name.to_owned(),
        ];
        self.pending.insert(
            id,
            Pending {
                replaces: false,
                texts: Some(texts),
            },
        );
        self.suppress(whole, None)?;
        if origin == Origin::Import {
            remember(memory, id, fingerprint);
        }
        if let Some(index) = &mut memory.index {
            index.learn(draft, id, stored);
        }
        Ok(Written {
            id: ContactId(id),
            change: Change::New,
            taken,
            met: None,
            held: None,
        })
    }

    /// Lays what the draft carries over a contact, without its name where that is kept, and notes the row that it was, if it was one.
    fn merge(
        &mut self,
        draft: &ContactDraft,
        id: i64,
        fingerprint: Option<i64>,
        keeps_name: bool,
        companies: &mut CompanyMemory,
    ) -> Result<Written> {
        let contact = ContactId(id);
        let Some(old) = super::get(self.tx, contact)? else {
            return Ok(Written {
                id: contact,
                change: Change::Unchanged,
                taken: false,
                met: None,
                held: None,
            });
        };
        let fills = fingerprint.is_some() && self.on_conflict == OnConflict::Fill;
        let company = match old.company_id {
            Some(known) if fills => Some(known),
            known => self.companies.resolve(draft, companies)?.or(known),
        };
        let mut changed = false;
        let mut taken = false;
        for email in &draft.emails {
            changed |= self.insert_address(email, id)?;
        }
        let has_new_address = changed;
        for external in &draft.external_ids {
            changed |= self
                .insert_id
                .execute((&*external.system, &external.id, id))?
                > 0;
        }
        let known = super::emails(self.tx, contact)?;
        taken |= draft
            .emails
            .iter()
            .any(|e| !known.iter().any(|k| *k == *address::key(e)));
        let primary = draft
            .emails
            .iter()
            .find(|e| known.iter().any(|k| *k == *address::key(e)))
            .filter(|e| address::key(e) != address::key(&old.email));
        let (first, last) = names(draft);
        // Half of a name is not filled in with half of another.
        let (first, last) = if keeps_name || (fills && !old.full_name().is_empty()) {
            ("", "")
        } else {
            (first, last)
        };
        let mut new = old.clone();
        // One word may stand for the given name in one list and for the family name in another.
        let is_moved = (first.is_empty() && old.last_name.is_empty() && old.first_name == last)
            || (last.is_empty() && old.first_name.is_empty() && old.last_name == first);
        if is_moved && !(first.is_empty() && last.is_empty()) {
            new.first_name.clear();
            new.last_name.clear();
        }
        let set = |slot: &mut String, value: Option<&str>| {
            if let Some(value) = value.filter(|v| !v.is_empty())
                && *slot != value
                && (!fills || slot.is_empty())
            {
                value.clone_into(slot);
            }
        };
        set(&mut new.email, primary.map(String::as_str));
        set(&mut new.first_name, Some(first));
        set(&mut new.last_name, Some(last));
        set(&mut new.phone, draft.phone.as_deref());
        set(&mut new.mobile, draft.mobile_phone.as_deref());
        set(&mut new.title, draft.title.as_deref());
        set(&mut new.city, draft.city.as_deref());
        set(&mut new.state, draft.state.as_deref());
        set(&mut new.country, draft.country.as_deref());
        set(&mut new.time_zone, draft.time_zone.as_deref());
        set(&mut new.linkedin, draft.linkedin.as_deref());
        set(&mut new.notes, draft.notes.as_deref());
        new.company_id = company;
        let stops = draft.stage == Some(LifecycleStage::DoNotContact);
        if draft.opted_out && known.is_empty() {
            new.stage = LifecycleStage::DoNotContact;
        } else if old.stage != LifecycleStage::DoNotContact && (!fills || stops) {
            new.stage = draft.stage.unwrap_or(old.stage);
        }
        new.icp_fit = draft.icp_fit.or(old.icp_fit);
        new.renewal_at = draft
            .renewal_date
            .and_then(day_start)
            .map(super::instant)
            .or(old.renewal_at);
        if fills {
            new.icp_fit = old.icp_fit.or(new.icp_fit);
            new.renewal_at = old.renewal_at.or(new.renewal_at);
        }
        changed |= self.suppress(draft, Some(contact))?;
        let overwritten = overwritten(&old, &new);
        let search_changed = has_new_address
            || new.first_name != old.first_name
            || new.last_name != old.last_name
            || new.company_id != old.company_id;
        if new != old {
            changed = true;
            self.store(&old, &new, fingerprint)?;
        } else if changed || fingerprint.is_some() {
            self.tx
                .sql()
                .prepare_cached(
                    "UPDATE contact SET updated_at = coalesce(?2, updated_at), fingerprint = coalesce(?3, fingerprint) WHERE id = ?1",
                )?
                .execute((id, changed.then(|| self.now.as_millisecond()), fingerprint))?;
        }
        let met = Met {
            id: contact,
            name: old.full_name(),
            is_other: false,
            is_refused: false,
            overwritten,
        };
        if search_changed {
            // The name of another firm is read when all is written.
            let texts = (new.company_id == old.company_id)
                .then(|| [new.full_name(), known.join(" "), old.company]);
            self.index_again(contact, texts);
        }
        Ok(Written {
            id: contact,
            change: if changed {
                Change::Updated
            } else {
                Change::Unchanged
            },
            taken,
            met: Some(Box::new(met)),
            held: None,
        })
    }

    fn store(
        &self,
        old: &super::ContactRow,
        new: &super::ContactRow,
        fingerprint: Option<i64>,
    ) -> Result<()> {
        let sql = self.tx.sql();
        sql.prepare_cached(
            "UPDATE contact SET first_name = ?2, last_name = ?3, email = ?4, phone = ?5, mobile = ?6, title = ?7,
                 city = ?8, state = ?9, country = ?10, time_zone = ?11, linkedin = ?12, notes = ?13, updated_at = ?14,
                 fingerprint = coalesce(?15, fingerprint)
             WHERE id = ?1",
        )?
        .execute(params![
            new.id.0,
            new.first_name,
            new.last_name,
            new.email,
            new.phone,
            new.mobile,
            new.title,
            new.city,
            new.state,
            new.country,
            new.time_zone,
            new.linkedin,
            new.notes,
            self.now.as_millisecond(),
            fingerprint,
        ])?;
        if (&old.first_name, &old.last_name) != (&new.first_name, &new.last_name) {
            name_again(self.tx, new.id)?;
        }
        // Indexes and triggers hang on these, and most rows do not touch them.
        let placed =
            |row: &super::ContactRow| (row.company_id, row.stage, row.icp_fit, row.renewal_at);
        if placed(old) != placed(new) {
            sql.prepare_cached(
                "UPDATE contact SET company_id = ?2, stage = ?3, icp_fit = ?4, renewal_at = ?5 WHERE id = ?1",
            )?
            .execute(params![
                new.id.0,
                new.company_id.map(|c: CompanyId| c.0),
                new.stage.as_str(),
                new.icp_fit,
                new.renewal_at.map(Timestamp::as_millisecond),
            ])?;
        }
        Ok(())
    }

    /// Says that a contact's addresses were changed beside this writer: the search index reads them when all is written.
    pub fn addresses_changed(&mut self, id: ContactId) {
        self.index_again(id, None);
    }

    fn index_again(&mut self, id: ContactId, texts: Option<[String; 3]>) {
        let entry = self.pending.entry(id.0).or_insert(Pending {
            replaces: true,
            texts: None,
        });
        entry.texts = texts;
    }

    /// Brings the search index up to date with what was written.
    ///
    /// # Errors
    /// Fails if the database refuses.
    pub fn finish(mut self) -> Result<()> {
        let sql = self.tx.sql();
        let mut delete = sql.prepare_cached("DELETE FROM contact_search WHERE rowid = ?1")?;
        let mut insert = sql.prepare_cached(
            "INSERT INTO contact_search (rowid, name, email, company) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (id, pending) in std::mem::take(&mut self.pending) {
            if pending.replaces {
                delete.execute([id])?;
            }
            let texts = match pending.texts {
                Some(texts) => texts,
                None => {
                    let Some(row) = super::get(self.tx, ContactId(id))? else {
                        continue;
                    };
                    let emails = super::emails(self.tx, ContactId(id))?.join(" ");
                    [row.full_name(), emails, row.company]
                }
            };
            let [name, emails, company] = texts.each_ref().map(|t| searchable(t));
            insert.execute((id, name, emails, company))?;
        }
        Ok(())
    }

    /// Adds an address of a contact; returns false where somebody has it already.
    fn insert_address(&mut self, email: &str, id: i64) -> Result<bool> {
        let key = address::key(email);
        let mailbox = MailboxKey::beside(&key);
        let mailbox = mailbox.as_ref().map(MailboxKey::as_str);
        Ok(self.insert_email.execute((&key, id, mailbox))? > 0)
    }

    /// Stops mail to every address of a draft whose person opted out, and to the first of one whose mail comes back; a draft without
    /// addresses speaks of those of its contact.
    /// Returns whether any was not stopped already.
    fn suppress(&self, draft: &ContactDraft, contact: Option<ContactId>) -> Result<bool> {
        let mut any = false;
        let add = |email: &str, cause, reason| {
            let named = Named::Mailbox(MailboxKey::of(email));
            let value = &*address::key(email);
            suppressions::add(self.tx, (&named, value), cause, (reason, self.by), self.now)
        };
        if draft.bounced
            && let Some(address) = self.bounced_address(draft, contact)?
        {
            any |= add(
                &address,
                Cause::Bounced,
                "nobody gets mail there any more, as the imported record says",
            )?;
        }
        any |= self.suppress_again(draft)?;
        // The stage of a row that is not taken has no record to stand in.
        let stops = draft.opted_out || (contact.is_none() && draft.wants_no_mail());
        if !stops {
            return Ok(any);
        }
        let mut emails = draft.emails.clone();
        if emails.is_empty()
            && let Some(id) = contact
        {
            emails = super::emails(self.tx, id)?;
        }
        // It holds for the person, so one address says it for all.
        let theirs: Vec<MailboxKey> = emails.iter().map(|e| MailboxKey::of(e)).collect();
        if suppressions::find_of_person(self.tx, &theirs)?.is_some() {
            return Ok(any);
        }
        let (cause, reason) = match self.by {
            SuppressedBy::Operator => (Cause::Operator, "you set the stage do_not_contact"),
            _ if draft.opted_out => (Cause::OptedOut, "opted out, as the imported record says"),
            _ => (
                Cause::OptedOut,
                "not to be contacted, as the imported record says",
            ),
        };
        for email in &emails {
            any |= add(email, cause, reason)?;
        }
        Ok(any)
    }

    /// Sets the suppressions that another home's export carries, each with its cause. One of a whole mail provider stays with the addresses of
    /// the row. Returns true if any is new.
    fn suppress_again(&self, draft: &ContactDraft) -> Result<bool> {
        let mut any = false;
        let mut add = |named: &Named, cause| {
            let why = ("as the imported record says", SuppressedBy::Import);
            let what = (named, named.as_str());
            any |= suppressions::add(self.tx, what, cause, why, self.now)?;
            Ok::<_, super::super::StoreError>(())
        };
        for one in &draft.suppressed {
            let Ok(named) = Named::parse(&one.value) else {
                continue;
            };
            if named.too_wide().is_none() {
                add(&named, one.cause)?;
                continue;
            }
            for mailbox in draft.emails.iter().map(|email| MailboxKey::of(email)) {
                let domain = mailbox.domain();
                let is_below = domain.and_above().any(|above| above == named.as_str());
                let over = suppressions::over(self.tx, &mailbox)?;
                if is_below && !over.iter().any(|(_, cause)| *cause == one.cause) {
                    add(&Named::Mailbox(mailbox), one.cause)?;
                }
            }
        }
        Ok(any)
    }
}

/// Lists the values of a record that another one replaces.
fn overwritten(old: &super::ContactRow, new: &super::ContactRow) -> Vec<Overwrite> {
    let texts = [
        ("first_name", &old.first_name, &new.first_name),
        ("last_name", &old.last_name, &new.last_name),
        ("email", &old.email, &new.email),
        ("phone", &old.phone, &new.phone),
        ("mobile_phone", &old.mobile, &new.mobile),
        ("title", &old.title, &new.title),
        ("city", &old.city, &new.city),
        ("state", &old.state, &new.state),
        ("country", &old.country, &new.country),
        ("time_zone", &old.time_zone, &new.time_zone),
        ("linkedin", &old.linkedin, &new.linkedin),
        ("notes", &old.notes, &new.notes),
    ];
    let mut all: Vec<Overwrite> = texts
        .into_iter()
        .filter(|(_, old, new)| !old.is_empty() && old != new)
        .map(|(field, old, new)| Overwrite {
            field,
            old: old.clone(),
            new: new.clone(),
        })
        .collect();
    if old.stage != new.stage {
        all.push(Overwrite {
            field: "stage",
            old: old.stage.as_str().to_owned(),
            new: new.stage.as_str().to_owned(),
        });
    }
    if old.renewal_at.is_some() && old.renewal_at != new.renewal_at {
        let day = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        all.push(Overwrite {
            field: "renewal_date",
            old: day(old.renewal_at),
            new: day(new.renewal_at),
        });
    }
    all
}

fn remember(memory: &mut RunMemory, id: i64, fingerprint: i64) {
    let first = *memory.rows.entry(id).or_insert(fingerprint);
    if first != fingerprint {
        let others = memory.further_rows.entry(id).or_default();
        if !others.contains(&fingerprint) {
            others.push(fingerprint);
        }
    }
}

/// Gives the writer's connection room for a large import: its indexes are hit at random, and each commit would copy
/// every changed page into the main file.
///
/// # Errors
/// Fails if the database refuses.
pub fn begin_bulk(tx: &WriteTx<'_>) -> Result<()> {
    tx.sql()
        .execute_batch("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8000")?;
    Ok(())
}

/// Takes the room back.
///
/// # Errors
/// Fails if the database refuses.
pub fn end_bulk(tx: &WriteTx<'_>) -> Result<()> {
    tx.sql().execute_batch(
        "PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 1000; PRAGMA shrink_memory",
    )?;
    Ok(())
}

/// Tells whether an id says little by itself: numbers of a file whose system nobody named start at 1 in every file.
fn is_vague(id: &ExternalId) -> bool {
    id.system == "file"
}

/// Returns the name parts to store; a whole name that was given alone stands in for them.
fn names(draft: &ContactDraft) -> (&str, &str) {
    let first = draft.first_name.as_deref().unwrap_or("");
    let last = draft.last_name.as_deref().unwrap_or("");
    if first.is_empty() && last.is_empty() {
        (draft.full_name.as_deref().unwrap_or(""), "")
    } else {
        (first, last)
    }
}
