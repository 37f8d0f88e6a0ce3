//! What several screens are made of: a place in a list, a list that is read page by page, the split between list and side, a text that
//! scrolls, and what an empty screen says.

pub mod cursor;
pub mod empty;
pub mod listing;
pub mod pair;
pub mod reader;
pub mod split;
pub mod text;
pub mod timeline;
pub mod words;

pub use cursor::Cursor;
pub use empty::Empty;
pub use listing::{Item, Listing, RowState};
pub use pair::{Did, Pair};
pub use reader::Reader;
pub use split::Split;
pub use text::TextPane;
pub use timeline::Timeline;
pub use words::Words;
