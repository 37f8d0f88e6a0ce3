//! Contacts: people, as records.
