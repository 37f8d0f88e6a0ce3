//! The parts that screens are made of: a place in a list, a list that is read page by page, the split between list and side, a text that
//! scrolls, the words of an empty screen, and the whole of a screen that is a list with a text beside it.

pub mod cursor;
pub mod empty;
pub mod list_screen;
pub mod listing;
pub mod pair;
pub mod split;
pub mod text;
pub mod timeline;
pub mod words;

pub use cursor::Cursor;
pub use empty::Empty;
pub use list_screen::{ListScreen, Listed, Meaning};
pub use listing::{Item, Listing, RowState};
pub use pair::{Did, Pair};
pub use split::Split;
pub use text::TextPane;
pub use timeline::Timeline;
pub use words::Words;
