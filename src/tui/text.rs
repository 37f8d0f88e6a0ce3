//! Text on a grid of cells: cleaned, measured, cut and wrapped by what a terminal shows, not by bytes.
//!
//! Text from outside passes [`clean`] or [`wrap`] on its way to the screen, although it was cleaned when it came in.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::{clean_block, clean_line};

/// The most characters that one line of the screen can need.
const MAX_LINE_CHARS: usize = 2_000;

/// The most bytes of a text that are laid out; a message that is longer says so at its end.
pub const MAX_BLOCK_BYTES: usize = 64 * 1024;

/// Returns `text` harmless and on one line.
#[must_use]
pub fn clean(text: &str) -> String {
    clean_line(text, MAX_LINE_CHARS)
}

/// Returns how many cells `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns `text` cut to `cells` cells, with `cut` as the last if something was left out.
#[must_use]
pub fn fit(text: &str, cells: usize, cut: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let room = cells.saturating_sub(width(cut));
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let next = width(grapheme);
        if used + next > room {
            break;
        }
        used += next;
        out.push_str(grapheme);
    }
    if cells >= width(cut) {
        out.push_str(cut);
    }
    out
}

/// Returns `text` cut and filled with spaces to exactly `cells` cells.
#[must_use]
pub fn pad(text: &str, cells: usize, cut: &str) -> String {
    let mut out = fit(text, cells, cut);
    let missing = cells.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Returns `text`, cleaned, as lines of at most `cells` cells, broken between words where that is possible. Leading spaces of a line are
/// kept, as mail needs them.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let cleaned = clean_block(text, MAX_BLOCK_BYTES);
    let mut out = Vec::new();
    for line in cleaned.split('\n') {
        wrap_line(&line.replace('\t', "    "), cells, &mut out);
    }
    while out.last().is_some_and(|line| line.trim().is_empty()) {
        out.pop();
    }
    out
}

fn wrap_line(line: &str, cells: usize, out: &mut Vec<String>) {
    let line = line.trim_end();
    if width(line) <= cells {
        out.push(line.to_owned());
        return;
    }
    let mut current = String::new();
    let mut used = 0;
    for piece in line.split_inclusive(' ') {
        let word = width(piece.trim_end_matches(' '));
        if used > 0 && used + word > cells {
            out.push(std::mem::take(&mut current).trim_end().to_owned());
            used = 0;
        }
        if word > cells {
            for grapheme in piece.graphemes(true) {
                let next = width(grapheme);
                if used + next > cells && used > 0 {
                    out.push(std::mem::take(&mut current));
                    used = 0;
                }
                current.push_str(grapheme);
                used += next;
            }
        } else {
            current.push_str(piece);
            used += width(piece);
        }
    }
    if !current.trim_end().is_empty() {
        out.push(current.trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_by_cells() {
        let check = |text: &str, cells, expect: &str| assert_eq!(fit(text, cells, "…"), expect);
        check("Dana Ruiz", 20, "Dana Ruiz");
        check("Dana Ruiz", 6, "Dana …");
        check("日本語テキスト", 7, "日本語…");
        check("日本語テキスト", 6, "日本…");
        check("abc", 0, "");
        assert_eq!(pad("日本", 6, "…"), "日本  ");
    }

    #[test]
    fn lines_are_broken_between_words() {
        let check = |text: &str, cells, expect: &[&str]| assert_eq!(wrap(text, cells), expect);
        check("one two three", 8, &["one two", "three"]);
        check("one\n\ntwo\n\n", 8, &["one", "", "two"]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("> quoted text here", 10, &["> quoted", "text here"]);
        check("日本語", 4, &["日本", "語"]);
        check("a\u{1b}[2Jb", 10, &["ab"]);
        check("", 10, &[]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in ".{0,200}", cells in 2usize..40) {
            for line in wrap(&text, cells) {
                prop_assert!(width(&line) <= cells, "{line:?}");
            }
            prop_assert!(width(&fit(&clean(&text), cells, "…")) <= cells);
        }
    }
}
