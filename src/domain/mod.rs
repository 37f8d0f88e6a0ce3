//! The rules of the trade, pure: no file, socket, clock or chance. Every function is a calculation over its arguments.

pub(crate) mod toml_reader;
pub(crate) mod words;

pub mod id;
pub mod text;

pub mod company;
pub mod consent;
pub mod contact;
pub mod crm;
pub mod date_order;
pub mod email;

pub mod action;
pub mod amount;
pub mod deal;
pub mod distinct;
pub mod duration;
pub mod rule;
pub mod signal;
pub mod slots;
pub mod suppression;
pub mod template;
pub mod wishes;

pub mod aps;
pub mod learning;
pub mod meeting;
pub mod metrics;
pub mod moves;
pub mod outcome;

pub mod account;
pub mod approval;
pub mod audit;
pub mod by;
pub mod circuit;
pub mod effect;
pub mod forecast;
pub mod guard;
pub mod job;
pub mod limits;
pub mod outbox;
pub mod schedule;
pub mod seal;
pub mod service;
pub mod trail;
pub mod when_text;
pub mod zone;

pub use words::{UnknownWord, nearest};
