//! Mail on the wire and on disk: building and parsing messages, and Maildir folders.

pub mod autoconfig;
pub mod compose;
pub mod html;
pub mod imap;
pub mod maildir;
pub mod parse;
pub mod reading;
pub mod report;
pub mod service_records;
pub mod settings;
pub mod smtp;
mod wire;

pub use wire::{Endpoint, Login, Protection};
