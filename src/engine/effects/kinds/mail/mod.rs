//! Mail: its draft, its message, and the mailboxes that it leaves through.

pub(in crate::engine) mod draft;
pub(in crate::engine) mod drafts;
pub mod post;
pub(in crate::engine) mod render;
