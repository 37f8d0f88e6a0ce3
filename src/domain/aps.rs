//! aps
