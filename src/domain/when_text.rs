//! when_text
