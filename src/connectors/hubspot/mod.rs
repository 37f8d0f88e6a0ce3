//! HubSpot's API: requests built and answers read, without a socket.

pub mod paths;

pub mod objects;
pub mod search;

pub mod associations;
pub mod engagements;
pub mod forms;
pub mod owners;
pub mod pipelines;
pub mod refusal;
pub mod webhook;

#[cfg(test)]
mod tests;
