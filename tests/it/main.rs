//! Whole-program tests: the binary is run as an operator or cron would run it, in a home of its own with a clock that stands still.
//!
//! One binary, so that the program is linked into tests once. Nothing here sleeps for luck; what must wait polls with a bound.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod deeds;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod drafts;
#[cfg(test)]
mod emulate;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod forecast;
#[cfg(test)]
mod google;
#[cfg(test)]
mod harsh;
#[cfg(test)]
mod home;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hubspot;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod imap;
#[cfg(test)]
mod import;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod json;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod lost_mail;
#[cfg(test)]
mod mail_servers;
#[cfg(test)]
mod mail_settings;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod one_door;
#[cfg(test)]
mod order;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod pause;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod second_thoughts;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod templates;
#[cfg(test)]
#[path = "loop.rs"]
mod the_loop;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod tui;
#[cfg(test)]
mod two;
#[cfg(test)]
mod unanswered;
#[cfg(test)]
mod words;
