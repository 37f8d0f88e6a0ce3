//! Mail as a subject of thought: subjects, threads, machine mail, quoted text and what a reply means.
//!
//! Everything here is a calculation over a [`ParsedMail`]; the connectors make one from bytes. A message is understood
//! in this order: machine mail by its headers ([`machine`]), bounces ([`bounce`]) and calendar answers ([`calendar`]), then the
//! quoted text is taken away ([`quote`]) with whatever we sent ourselves ([`own_words`]), then what the person wrote is labelled ([`classify`]), then [`mod@understand`] decides the class.

pub mod address;
pub mod identity;
pub mod message_id;
pub mod named;
pub mod parsed;
pub mod subject;
pub mod thread;

pub mod bounce;
pub mod calendar;
pub mod chain;
pub mod complaint;
pub mod machine;
mod notice;

mod boilerplate;
pub mod classify;
pub mod dates;
pub mod lexicon;
pub mod own_words;
pub mod quote;
pub mod words;

mod judged;
pub mod left;
mod scope;
mod trained;
pub mod understand;
pub mod unread;
pub mod wish;

pub use address::{EmailAddress, Mailbox};
pub use identity::{DomainKey, MailboxKey};
pub use judged::{judge, judge_absence};
pub use message_id::MessageId;
pub use named::{Named, TooWide, firm_in};
pub use parsed::ParsedMail;
pub use trained::asked_in;
pub use understand::{MailClass, MailContext, Understanding, understand};
pub use wish::{Decision, Demand, OptOut, Scope};
