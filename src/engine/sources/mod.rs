//! The sources, one file each. A source brings signals; what becomes of them is intake's.

pub(in crate::engine) mod lines;
pub(in crate::engine) mod maildir;
pub(in crate::engine) mod timer;
