//! The rules of the trade, pure: no file, socket, clock or chance. Every function is a calculation over its arguments.

pub mod email;
pub mod id;
pub mod limits;
pub mod schedule;
pub mod text;
pub mod when_text;
pub mod zone;
