//! One person behind several contacts and addresses: the one notion that limits, suppressions, meetings and answers ask.

use crate::domain::email::address::firm_domain;
use crate::domain::email::{DomainKey, MailboxKey, Named};
use crate::domain::id::ContactId;
use crate::engine::error::Result;
use crate::store::{ReadTx, people};

/// A person behind all their contacts and addresses: what the limits count for, and what an opt-out holds for.
///
/// One person are a contact, those who are the same by name and firm ([`people::namesakes`]), and those who have one of their mailboxes
/// under another spelling; and whoever is one person with one of these.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Reach {
    pub ids: Vec<ContactId>,
    pub mailboxes: Vec<MailboxKey>,
}

impl Reach {
    /// Returns the person who is written to: a contact, if one is known, at an address, which may be empty.
    pub fn of(tx: &ReadTx<'_>, contact: Option<ContactId>, to: &str) -> Result<Self> {
        let mut reach = Self::default();
        let mut next: Vec<ContactId> = contact.into_iter().collect();
        if !to.is_empty() {
            let mailbox = MailboxKey::of(to);
            next.extend(people::of_mailbox(tx, &mailbox)?);
            reach.mailboxes.push(mailbox);
        }
        while let Some(id) = next.pop() {
            if reach.ids.contains(&id) || reach.ids.len() >= MOST_CONTACTS {
                continue;
            }
            let addresses = people::addresses(tx, id)?;
            next.extend(people::namesakes(tx, id)?);
            for address in &addresses {
                next.extend(people::of_mailbox(tx, &MailboxKey::of(address))?);
            }
            reach.add(id, &addresses);
        }
        Ok(reach)
    }

    /// Returns the contacts who are one person with a contact, that one among them, lowest number first.
    pub fn contacts(tx: &ReadTx<'_>, contact: ContactId) -> Result<Vec<ContactId>> {
        let mut ids = Self::of(tx, Some(contact), "")?.ids;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Adds a contact with their addresses.
    pub fn add(&mut self, id: ContactId, addresses: &[String]) {
        self.ids.push(id);
        for mailbox in addresses.iter().map(|address| MailboxKey::of(address)) {
            if !self.mailboxes.contains(&mailbox) {
                self.mailboxes.push(mailbox);
            }
        }
    }

    /// Adds another person.
    pub fn join(&mut self, other: Self) {
        for id in other.ids {
            if !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
        for mailbox in other.mailboxes {
            if !self.mailboxes.contains(&mailbox) {
                self.mailboxes.push(mailbox);
            }
        }
    }

    /// Returns the firms that they are at: the domains of all their addresses, unless anybody can have an address there, and the names of the
    /// firms in their records.
    pub fn firms(&self, tx: &ReadTx<'_>) -> Result<Vec<Named>> {
        let mut found = Vec::new();
        let mut add = |named: Named| {
            if !found.contains(&named) {
                found.push(named);
            }
        };
        let is_own = |domain: &DomainKey| firm_domain(domain).is_some();
        for domain in self.mailboxes.iter().map(MailboxKey::domain) {
            if is_own(&domain) {
                add(Named::Domain(domain));
            }
        }
        for id in &self.ids {
            if let Some(firm) = people::firm_name(tx, *id)?.and_then(|name| Named::firm(&name)) {
                add(firm);
            }
        }
        Ok(found)
    }

    /// Tells whether mail to a contact and an address goes to them.
    pub fn includes(&self, contact: Option<ContactId>, to: &str) -> bool {
        contact.is_some_and(|id| self.ids.contains(&id))
            || self.mailboxes.contains(&MailboxKey::of(to))
    }
}

/// Contacts that are looked at as one person; more of one name at one firm are a mistake in the records.
const MOST_CONTACTS: usize = 50;
