//! The whole program, driven from outside.

#[cfg(test)]
mod tui;
