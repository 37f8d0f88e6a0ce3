//! The whole program, driven from outside.

mod tui;
