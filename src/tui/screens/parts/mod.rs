//! What several screens are made of: a place in a list, a list that is read page by page, the split between list and side, a text that
//! scrolls, and what an empty screen says.

pub mod cursor;
pub mod empty;
pub mod listing;
pub mod reader;
pub mod split;
pub mod text;

pub use cursor::Cursor;
pub use empty::Empty;
pub use listing::{Item, Listing, RowState};
pub use reader::Reader;
pub use split::Split;
pub use text::TextPane;
