//! Text from outside, made harmless.
//!
//! Names, subjects and bodies come from strangers. An escape sequence in one could rewrite the operator's screen,
//! and a bidirectional override could make an address read as another. Text is cleaned when it comes in and
//! again when it is printed.

/// Returns `text` on one line with every control, escape and invisible formatting character removed, tabs and line
/// breaks turned into single spaces, and at most `max_chars` characters kept.
#[must_use]
pub fn clean_line(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut kept = 0;
    let mut space = false;
    for c in strip_escapes(text) {
        if c.is_whitespace() {
            space = kept > 0;
            continue;
        }
        if is_hostile(c) {
            continue;
        }
        if space {
            if kept + 1 >= max_chars {
                break;
            }
            out.push(' ');
            kept += 1;
            space = false;
        }
        if kept >= max_chars {
            break;
        }
        out.push(c);
        kept += 1;
    }
    out
}

/// Returns `text` with line breaks kept as `\n` and tabs as they are, every other control, escape and invisible formatting
/// character removed, and at most `max_bytes` bytes kept (cut at a character's border).
#[must_use]
pub fn clean_block(text: &str, max_bytes: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_bytes));
    let mut previous = '\0';
    for c in strip_escapes(text) {
        let c = match c {
            '\n' if previous == '\r' => {
                previous = c;
                continue;
            }
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                previous = c;
                '\n'
            }
            c => {
                previous = c;
                c
            }
        };
        if c != '\n' && c != '\t' && is_hostile(c) {
            continue;
        }
        if out.len() + c.len_utf8() > max_bytes {
            break;
        }
        out.push(c);
    }
    out
}

/// Tells whether `c` can act on a terminal or hide what is read: C0 and C1 controls, bidirectional controls, zero-width
/// characters other than the joiners that scripts and emoji need, letters that show nothing, tags, and noncharacters.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
        || (c as u32 & 0xFFFE) == 0xFFFE
}

/// Drops whole escape sequences (CSI, OSC, DCS and the two-character ones), so that `\e[31mred` leaves `red` and not `[31mred`.
fn strip_escapes(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            let introducer = match c {
                '\u{1B}' => match chars.next_if(|n| matches!(n, ' '..='~')) {
                    Some(introducer) => introducer,
                    None => continue,
                },
                '\u{9B}' => '[',
                '\u{9D}' => ']',
                '\u{90}' | '\u{98}' | '\u{9E}' | '\u{9F}' => 'P',
                _ => return Some(c),
            };
            match introducer {
                '[' => {
                    while chars.next_if(|n| matches!(n, ' '..='?')).is_some() {}
                    chars.next_if(|n| matches!(n, '@'..='~'));
                }
                // A string sequence ends at BEL or ST; an unfinished one must not swallow the rest of a message,
                // so it ends at the line's end too.
                ']' | 'P' | 'X' | '^' | '_' => {
                    while let Some(n) = chars.next_if(|n| !matches!(n, '\n' | '\r')) {
                        if n == '\u{7}' || n == '\u{9C}' {
                            break;
                        }
                        if n == '\u{1B}' {
                            chars.next_if_eq(&'\\');
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
    })
}

/// Writes what acts on a terminal as escapes within JSON, which lose nothing: JSON is also looked at.
#[must_use]
pub fn json_escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Outside of strings there is nothing but ASCII and line breaks.
        if c != '\n' && is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_leave_only_their_text() {
        let check =
            |input: &str, expect: &str| assert_eq!(clean_line(input, 200), expect, "{input:?}");
        check("\u{1b}[31mred\u{1b}[0m", "red");
        check("a\u{1b}]0;title\u{7}b", "ab");
        check("a\u{1b}]8;;http://x\u{1b}\\link", "alink");
        check("x\u{9b}2Jy", "xy");
        check("Ann\u{202e}nnA", "AnnnnA");
        check("  two\t\r\n words ", "two words");
        check("👩\u{200d}🔧 Zoë", "👩\u{200d}🔧 Zoë");
        check("lone \u{1b}", "lone");
        check("\u{1b}\u{1b}[2Jx", "x");
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(clean_line("abc def", 4), "abc");
        assert_eq!(clean_line("abcdef", 4), "abcd");
        assert_eq!(clean_block("ééé", 5), "éé");
        assert_eq!(clean_block("a\r\nb\rc\u{0}d", 100), "a\nb\ncd");
    }
}
