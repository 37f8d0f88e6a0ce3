//! The list of listeners: the parts of the engine that act on an arrival, in the transaction that takes it in and in this order.

use crate::engine::effects::on::end_waiting;
use crate::engine::features::consent::suppress;
use crate::engine::ground::core::Listener;

/// Every listener.
pub(in crate::engine) const LISTENERS: &[Listener] = &[end_waiting, suppress];

#[cfg(test)]
mod tests;
