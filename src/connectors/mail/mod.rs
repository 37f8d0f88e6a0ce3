//! Mail on the wire and on disk: building and parsing messages, and Maildir folders.

pub mod compose;
pub mod html;
pub mod maildir;
pub mod parse;
pub mod reading;
pub mod report;
