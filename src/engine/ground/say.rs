//! Pieces of sentences for the operator.

/// Returns the text with its first letter as a capital.
pub(in crate::engine) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Returns the text as a sentence: with one full stop.
pub(in crate::engine) fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}
