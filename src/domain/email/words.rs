//! Text made comparable: lower case, no accents, plain quotes; and cut into words with the clauses they stand in.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Returns `text` in lower case, without accents, with typographic quotes and dashes made plain.
///
/// People leave accents out as often as they set them, so `désabonner` and `desabonner` must meet.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'ß' => out.push_str("ss"),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{B4}' | '`' => out.push('\''),
            '\u{201C}' | '\u{201D}' | '\u{201E}' | '«' | '»' => out.push('"'),
            '\u{2010}'..='\u{2015}' => out.push('-'),
            '\u{A0}' | '\u{202F}' | '\u{2009}' => out.push(' '),
            '：' => out.push(':'),
            '？' => out.push('?'),
            '！' => out.push('!'),
            '。' => out.push('.'),
            '，' | '、' => out.push(','),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// One word of a text, folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word, with the apostrophes and hyphens inside it.
    pub text: &'t str,
    /// Numbers the sentence that it stands in.
    pub sentence: u32,
    /// Numbers the clause: a comma, a dash or a word such as "but" starts another.
    pub clause: u32,
    /// True if its sentence ends with a question mark.
    pub asks: bool,
}

/// Returns the words of an already folded text, at most `max` of them.
#[must_use]
pub fn words(folded: &str, max: usize) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let (mut sentence, mut clause) = (0_u32, 0_u32);
    let mut start = None;
    let mut chars = folded.char_indices().peekable();
    let is_word = |c: char| c.is_alphanumeric();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, n)| *n);
        // "don't", "opt-out", "bob@x.io" and "10.30" are one word each; a mark at a word's end is punctuation.
        let inner = matches!(c, '\'' | '-' | '@' | '_' | '.' | '/' | '+' | ':')
            && start.is_some()
            && next.is_some_and(is_word)
            && (!matches!(c, '/' | ':') || next.is_some_and(|n| n.is_ascii_digit()));
        if is_word(c) || inner {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            push(
                &mut out,
                folded.get(from..at).unwrap_or_default(),
                sentence,
                &mut clause,
            );
            if out.len() >= max {
                return out;
            }
        }
        match c {
            '.' | '!' | '?' | ';' => {
                if c == '?' {
                    let asked = out.iter_mut().rev();
                    for word in asked.take_while(|w: &&mut Word<'_>| w.sentence == sentence) {
                        word.asks = true;
                    }
                }
                sentence += 1;
                clause += 1;
            }
            // A line's end inside a paragraph is only wrapping; a blank line ends the sentence.
            '\n' if next == Some('\n') || next.is_none() => {
                sentence += 1;
                clause += 1;
            }
            ',' | ':' | '(' | ')' | '"' => clause += 1,
            '-' if next == Some(' ') || next == Some('-') => clause += 1,
            _ => {}
        }
    }
    if let Some(from) = start {
        push(
            &mut out,
            folded.get(from..).unwrap_or_default(),
            sentence,
            &mut clause,
        );
    }
    out
}

fn push<'t>(out: &mut Vec<Word<'t>>, text: &'t str, sentence: u32, clause: &mut u32) {
    const TURNS: &[&str] = &[
        "but", "however", "though", "aber", "sondern", "mais", "pero", "ma", "mas", "maar", "men",
        "ale", "so", "because", "since",
    ];
    if TURNS.contains(&text) {
        *clause += 1;
    }
    out.push(Word {
        text,
        sentence,
        clause: *clause,
        asks: false,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_and_cut_into_words() {
        assert_eq!(
            fold("Désabonner ŁÓDŹ Straße Don’t"),
            "desabonner lodz strasse don't"
        );
        let folded = fold("Don't stop, please. Mail bob@x.io at 10:30!");
        let got: Vec<(&str, u32, u32)> = words(&folded, 99)
            .iter()
            .map(|w| (w.text, w.sentence, w.clause))
            .collect();
        assert_eq!(
            got,
            [
                ("don't", 0, 0),
                ("stop", 0, 0),
                ("please", 0, 1),
                ("mail", 1, 2),
                ("bob@x.io", 1, 2),
                ("at", 1, 2),
                ("10:30", 1, 2)
            ]
        );
        assert_eq!(words(&folded, 2).len(), 2);
    }
}
