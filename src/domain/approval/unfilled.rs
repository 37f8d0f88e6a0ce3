//! Unfilled gaps, with which a draft must not be sent unseen. The search errs on the side of finding one, since the only result
//! is that the operator looks.

/// Words that only ever stand where something is to follow.
const WORDS: &[&str] = &["TODO", "TBD", "FIXME", "XXX", "XXXX", "TKTK", "PLACEHOLDER"];
/// Words that programs print for a missing value.
const NOTHINGS: &[&str] = &["undefined", "null", "none", "nil", "nan", "unknown", "n/a"];
const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "dear",
    "hallo",
    "hola",
    "bonjour",
    "good morning",
    "good afternoon",
];
/// The words that templates of all makes put into brackets.
const NAMES: &[&str] = &[
    "name",
    "first",
    "last",
    "fname",
    "lname",
    "company",
    "firm",
    "title",
    "email",
    "date",
    "day",
    "time",
    "topic",
    "product",
    "link",
    "url",
    "amount",
    "price",
    "insert",
    "your",
    "their",
    "recipient",
    "contact",
    "city",
    "industry",
    "placeholder",
];
const MAX_GAP_CHARS: usize = 60;

/// Returns the first gap in a subject or a text; none if there seems to be none.
#[must_use]
pub fn find_unfilled(subject: &str, text: &str) -> Option<String> {
    if subject.trim().is_empty() {
        return Some("an empty subject".into());
    }
    if text.trim().is_empty() {
        return Some("an empty text".into());
    }
    let whole = |gap: &str| gap.chars().take(MAX_GAP_CHARS).collect::<String>();
    for part in [subject, text] {
        let found = marks(part)
            .or_else(|| bracketed(part))
            .or_else(|| words(part))
            .or_else(|| greeting(part));
        if let Some(gap) = found {
            return Some(whole(&gap));
        }
    }
    None
}

/// Marks of template languages, which no letter to a person has, with what closes them.
const MARKS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("}}", ""),
    ("{%", "%}"),
    ("%}", ""),
    ("{#", "#}"),
    ("${", "}"),
    ("<%", "%>"),
    ("%>", ""),
    ("*|", "|*"),
    ("|*", ""),
    ("<<", ">>"),
    ("[[", "]]"),
    ("%%", "%%"),
];

fn marks(text: &str) -> Option<String> {
    let (at, open, close) = MARKS
        .iter()
        .filter_map(|(open, close)| Some((text.find(open)?, *open, *close)))
        .min_by_key(|(at, ..)| *at)?;
    let line = text.get(at..)?.lines().next()?;
    let inner = line.get(open.len()..)?;
    let end = match inner.find(close) {
        Some(end) => open.len() + end + close.len(),
        None => open.len(),
    };
    Some(line.get(..end)?.to_owned())
}

/// Finds `[NAME]`, `<first name>`, `{company}` and `%FIRST_NAME%`.
fn bracketed(text: &str) -> Option<String> {
    for (open, close) in [('[', ']'), ('<', '>'), ('{', '}'), ('%', '%')] {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(open) {
            rest = after;
            let Some((inner, _)) = after.split_once(close) else {
                break;
            };
            if is_a_name(inner) {
                return Some(format!("{open}{inner}{close}"));
            }
        }
    }
    None
}

fn is_a_name(inner: &str) -> bool {
    if inner.is_empty() || inner.chars().count() > 40 || inner.contains(['\n', '@', '/', ':']) {
        return false;
    }
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '\'');
    if !inner.chars().all(is_plain) || !inner.chars().any(char::is_alphabetic) {
        return false;
    }
    let shouts = inner.chars().filter(|c| c.is_alphabetic()).count() > 1
        && !inner.chars().any(char::is_lowercase);
    let lower = inner.to_lowercase();
    shouts
        || lower.split([' ', '_', '-', '.']).any(|word| {
            NAMES.contains(&word)
                || NAMES
                    .iter()
                    .any(|n| word.strip_suffix("name").is_some_and(|w| w == *n))
        })
}

fn words(text: &str) -> Option<String> {
    if let Some(at) = text.to_lowercase().find("lorem ipsum") {
        return text
            .get(at..at + 11)
            .map(str::to_owned)
            .or(Some("lorem ipsum".into()));
    }
    text.split(|c: char| !c.is_alphanumeric())
        .find(|word| WORDS.contains(word))
        .map(str::to_owned)
}

/// Finds "Hi ," and "Dear undefined,": a greeting with nobody in it.
fn greeting(text: &str) -> Option<String> {
    text.lines()
        .map(str::trim)
        .find(|line| {
            let lower = line.to_lowercase();
            GREETINGS.iter().any(|greeting| {
                let Some(rest) = lower.strip_prefix(greeting) else {
                    return false;
                };
                // "Hi," greets whoever it is; "Hi ," lost somebody.
                let Some(rest) = rest.strip_prefix([' ', '\u{a0}']) else {
                    return false;
                };
                let name = rest
                    .split([',', '!', ';', ':'])
                    .next()
                    .unwrap_or(rest)
                    .trim();
                let ends = rest.contains([',', '!', ';', ':']);
                (name.is_empty() && ends) || NOTHINGS.contains(&name)
            })
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_found() {
        let check = |text: &str, expect: &str| {
            assert_eq!(
                find_unfilled("Hello", text).as_deref(),
                Some(expect),
                "{text}"
            );
        };
        check("Hi {{ first_name }}, how are you?", "{{ first_name }}");
        check("Hi {{first_name", "{{");
        check("{% if x %}", "{% if x %}");
        check("Hi [NAME],", "[NAME]");
        check("Hi [First Name],", "[First Name]");
        check("Hi <first name>,", "<first name>");
        check("Hi <<name>>,", "<<name>>");
        check("Hi {company}!", "{company}");
        check("Hi %FIRST_NAME%,", "%FIRST_NAME%");
        check("Hi *|FNAME|*,", "*|FNAME|*");
        check("Hi ${name},", "${name}");
        check("We talked. TODO: say about what.", "TODO");
        check("The price is XXX.", "XXX");
        check("Lorem ipsum dolor", "Lorem ipsum");
        check("Hi ,\n\nThanks", "Hi ,");
        check("Dear ,", "Dear ,");
        check("Hello undefined,", "Hello undefined,");
        check("hi none!", "hi none!");
        check("  ", "an empty text");
        check("See [insert the link here]", "[insert the link here]");
        check("See [YOUR COMPANY]", "[YOUR COMPANY]");
        assert_eq!(
            find_unfilled("Re: [TOPIC]", "x").as_deref(),
            Some("[TOPIC]")
        );
        assert_eq!(find_unfilled(" ", "x").as_deref(), Some("an empty subject"));
    }

    #[test]
    fn letters_without_gaps_are_left_alone() {
        let check = |text: &str| assert_eq!(find_unfilled("Hello", text), None, "{text}");
        check("Hi Ann,\n\nThanks for your note. 20% off, 3 < 4 and 5 > 2.\n\nCasey");
        check("Hi,\n\nsee https://a.example/x?y=%20z and <https://a.example/>.");
        check("Hi there,\n\nwrite to <ann@acme.example> [1] or call.");
        check("Dear Todd,\nnothing to do here.");
        check("Hello Nonen,\nthe none of it.");
        check("10 % more and 20 % less");
        check("Array[0] {a: 1}");
        check("\u{202e}Ünïcödé 🦀 — “quotes”");
    }
}
