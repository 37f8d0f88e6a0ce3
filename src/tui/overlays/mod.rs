//! Questions, choices and texts on top of a screen. They are a stack; the keys go to the topmost.

pub mod alone;
pub mod approve;
pub mod confirm;
pub mod editor;
pub mod field;
pub mod find;
pub mod help;
pub mod import;
pub mod import_preview;
pub mod outcome;
pub mod palette;
pub mod person;
pub mod picker;
pub mod resume;
pub mod rule_state;
pub mod skip;
pub mod snooze;
pub mod undo;
pub mod viewer;
