//! Names of people: splitting a whole name, and folding one for comparison.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words that belong to the family name that follows them.
const PARTICLES: [&str; 24] = [
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "du", "la", "le",
    "ten", "ter", "zu", "zum", "zur", "bin", "ibn", "al", "el", "af",
];
const HONORIFICS: [&str; 16] = [
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "monsieur", "madame",
    "mme", "sr", "sra", "ing",
];
const SUFFIXES: [&str; 14] = [
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "cpa", "esq", "msc", "bsc", "cfa", "pmp",
];

/// Splits a whole name into given and family name. `Lee, Ann` is turned round, a leading title is dropped, particles
/// stay with the family name; a single word is a given name.
#[must_use]
pub fn split(full: &str) -> (Option<String>, Option<String>) {
    if let Some((last, first)) = full.split_once(',') {
        let (last, first) = (last.trim(), first.trim());
        if !last.is_empty()
            && !first.is_empty()
            && !first.split([' ', ',']).all(|w| is_one_of(w, &SUFFIXES))
        {
            return (Some(first.to_owned()), Some(last.to_owned()));
        }
    }
    let mut words: Vec<&str> = full.split_whitespace().collect();
    while words.len() > 1 && words.first().is_some_and(|w| is_one_of(w, &HONORIFICS)) {
        words.remove(0);
    }
    let mut family = words.len().saturating_sub(1);
    while family > 1 && words.get(family).is_some_and(|w| is_one_of(w, &SUFFIXES)) {
        family -= 1;
    }
    while family > 1
        && words
            .get(family - 1)
            .is_some_and(|w| PARTICLES.iter().any(|p| w.eq_ignore_ascii_case(p)))
    {
        family -= 1;
    }
    let (first, last) = words
        .split_at_checked(family.max(1))
        .unwrap_or((&words, &[]));
    let join = |part: &[&str]| (!part.is_empty()).then(|| part.join(" "));
    (join(first), join(last))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    let word = word.trim_matches(['.', ',']);
    list.iter().any(|known| {
        let mut letters = word.chars().filter(|c| *c != '.');
        known
            .chars()
            .all(|k| letters.next().is_some_and(|c| c.eq_ignore_ascii_case(&k)))
            && letters.next().is_none()
    })
}

/// Returns letters and digits only, in lower case, without accents, words parted by single spaces: what two spellings
/// of one name have in common.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut push = |c: char| {
        if c.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        } else if !matches!(c, '.' | '\'' | '’') {
            gap = true;
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        text.nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .filter(|c| !is_combining_mark(*c))
            .for_each(|c| match c {
                'ß' => "ss".chars().for_each(&mut push),
                'ø' => push('o'),
                'ł' => push('l'),
                'æ' => "ae".chars().for_each(&mut push),
                'œ' => "oe".chars().for_each(&mut push),
                'đ' | 'ð' => push('d'),
                'ı' => push('i'),
                c => push(c),
            });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_split_where_the_family_name_begins() {
        let check = |full: &str, first: &str, last: &str| {
            let (f, l) = split(full);
            assert_eq!(
                (f.as_deref().unwrap_or(""), l.as_deref().unwrap_or("")),
                (first, last),
                "{full:?}"
            );
        };
        check("Ann Lee", "Ann", "Lee");
        check("Ann", "Ann", "");
        check("", "", "");
        check("Lee, Ann", "Ann", "Lee");
        check("Dr. Ann Lee", "Ann", "Lee");
        check("Ann Lee, PhD", "Ann", "Lee, PhD");
        check("John Smith Jr.", "John", "Smith Jr.");
        check("Ludwig van Beethoven", "Ludwig", "van Beethoven");
        check("Anna Maria de la Cruz", "Anna Maria", "de la Cruz");
        check("van Gogh", "van", "Gogh");
        check("Mr.", "Mr.", "");
        check("李 小龙", "李", "小龙");
    }

    #[test]
    fn folding_leaves_what_spellings_share() {
        let check = |text: &str, expect: &str| assert_eq!(fold(text), expect);
        check("Zoë  O'Neil-Łuk", "zoe oneil luk");
        check("Straße & Söhne, Inc.", "strasse sohne inc");
        check("İstanbul", "istanbul");
        check("  ", "");
        check("田中 太郎", "田中 太郎");
    }
}
