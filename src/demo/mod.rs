//! The demo world: a seeded, fictional firm on the same code as real data.

pub mod world;
