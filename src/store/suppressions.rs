//! suppressions
