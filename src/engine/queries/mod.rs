//! Read models: what the faces show, ready made.

pub mod accounts;
pub mod approvals;
pub mod audit;
pub mod contacts;
pub mod doctor;
pub mod health;
pub mod jobs;
pub mod limits;
pub mod lists;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod news;
pub mod outbox;
pub mod page;
pub mod pipeline;
pub mod rules;
pub mod show;
pub mod signals;
pub mod sync;
pub mod timeline;
pub mod today;
pub mod undo;
pub mod when;
pub mod why;

mod domain_mail;
