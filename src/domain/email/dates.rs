//! The day on which an absent person is back, from what they wrote, in several languages and notations.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::words::{Word, fold, words};

const MAX_WORDS: usize = 600;

const MONTHS: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "janner", "janvier", "janv", "enero", "ene", "gennaio", "gen",
        "janeiro", "januari", "januar", "stycznia", "styczen",
    ],
    &[
        "february",
        "feb",
        "februar",
        "fevrier",
        "fev",
        "fevr",
        "febrero",
        "febbraio",
        "fevereiro",
        "februari",
        "lutego",
        "luty",
    ],
    &[
        "march", "mar", "marz", "maerz", "mrz", "mars", "marzo", "marco", "maart", "mrt", "marca",
        "marzec", "marts",
    ],
    &[
        "april", "apr", "avril", "avr", "abril", "abr", "aprile", "kwietnia", "kwiecien",
    ],
    &[
        "may", "mai", "mayo", "maggio", "mag", "maio", "mei", "maj", "maja",
    ],
    &[
        "june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho", "czerwca", "czerwiec",
    ],
    &[
        "july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho", "lipca",
        "lipiec",
    ],
    &[
        "august", "aug", "aout", "agosto", "ago", "augustus", "augusti", "sierpnia", "sierpien",
    ],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "settembre",
        "set",
        "setembro",
        "wrzesnia",
        "wrzesien",
    ],
    &[
        "october",
        "oct",
        "oktober",
        "okt",
        "octobre",
        "octubre",
        "ottobre",
        "ott",
        "outubro",
        "out",
        "pazdziernika",
    ],
    &[
        "november",
        "nov",
        "novembre",
        "noviembre",
        "novembro",
        "listopada",
        "listopad",
    ],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "decembre",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
        "grudnia",
        "grudzien",
    ],
];

const DAYS: [&[&str]; 7] = [
    &[
        "monday",
        "mon",
        "montag",
        "lundi",
        "lunes",
        "lunedi",
        "segunda",
        "segunda-feira",
        "maandag",
        "mandag",
        "poniedzialek",
        "poniedzialku",
    ],
    &[
        "tuesday",
        "tue",
        "tues",
        "dienstag",
        "mardi",
        "martes",
        "martedi",
        "terca",
        "terca-feira",
        "dinsdag",
        "tisdag",
        "tirsdag",
        "wtorek",
        "wtorku",
    ],
    &[
        "wednesday",
        "wed",
        "mittwoch",
        "mercredi",
        "miercoles",
        "mercoledi",
        "quarta",
        "quarta-feira",
        "woensdag",
        "onsdag",
        "sroda",
        "srode",
        "srody",
    ],
    &[
        "thursday",
        "thu",
        "thur",
        "thurs",
        "donnerstag",
        "jeudi",
        "jueves",
        "giovedi",
        "quinta",
        "quinta-feira",
        "donderdag",
        "torsdag",
        "czwartek",
        "czwartku",
    ],
    &[
        "friday",
        "fri",
        "freitag",
        "vendredi",
        "viernes",
        "venerdi",
        "sexta",
        "sexta-feira",
        "vrijdag",
        "fredag",
        "piatek",
        "piatku",
    ],
    &[
        "saturday",
        "sat",
        "samstag",
        "sonnabend",
        "samedi",
        "sabado",
        "sabato",
        "zaterdag",
        "lordag",
        "sobota",
        "sobote",
    ],
    &[
        "sunday",
        "sun",
        "sonntag",
        "dimanche",
        "domingo",
        "domenica",
        "zondag",
        "sondag",
        "niedziela",
        "niedziele",
    ],
];

/// Words that the return date follows closely. The strong ones name the day of return, the weak ones an end of absence.
const RETURN_WORDS: &[&str] = &[
    "back",
    "return",
    "returning",
    "returns",
    "zuruck",
    "wieder",
    "erreichbar",
    "retour",
    "reviens",
    "reviendrai",
    "rentre",
    "vuelvo",
    "volvere",
    "regreso",
    "regresare",
    "vuelta",
    "tornero",
    "torno",
    "rientro",
    "rientrero",
    "ritorno",
    "volto",
    "voltarei",
    "retorno",
    "regressarei",
    "retornarei",
    "terug",
    "tillbaka",
    "ater",
    "tilbake",
    "tilbage",
    "wracam",
    "wroce",
    "powrot",
    "resume",
    "reachable",
    "available",
];
const UNTIL_WORDS: &[&str] = &[
    "until", "till", "til", "through", "thru", "to", "bis", "jusqu'au", "jusqu'a", "au", "hasta",
    "fino", "al", "ate", "ao", "tot", "t/m", "till", "til", "do", "until:", "-", "till:", "and",
];

/// Returns the day on which the writer is back, or until which they say they are away, if `text` names one.
///
/// `written` is the day of the message: dates without a year and weekdays mean the next such day after it. The day that follows a word
/// of return wins over one that follows "until"; the latest date of the text is the last resort. A day before
/// `written`, or more than a year and a half after it, is no answer.
#[must_use]
pub fn return_date(text: &str, written: Date) -> Option<Date> {
    let folded = fold(text);
    let list = words(&folded, MAX_WORDS);
    // Kind 2: after a word of return; 1: after "until"; 0: anywhere.
    let mut best: [Option<Date>; 3] = [None; 3];
    let mut at = 0;
    let mut cue: Option<(usize, usize, u32)> = None;
    while let Some(word) = list.get(at) {
        let last = |kind: usize| Some((at, kind, word.sentence));
        if RETURN_WORDS.contains(&word.text) {
            cue = last(2);
        } else if UNTIL_WORDS.contains(&word.text)
            && !matches!(cue, Some((_, 2, sentence)) if sentence == word.sentence)
        {
            cue = last(1);
        }
        let rest = list.get(at..).unwrap_or_default();
        if let Some((date, used)) = date_at(rest, written, cue.is_some_and(|(_, kind, _)| kind > 0))
        {
            let kind = match cue {
                Some((seen, kind, sentence)) if sentence + 1 >= word.sentence && at - seen <= 8 => {
                    kind
                }
                _ => 0,
            };
            let sane = date >= written
                && written
                    .checked_add(18.months())
                    .is_ok_and(|limit| date <= limit);
            if sane && let Some(slot) = best.get_mut(kind) {
                // Of "from the 2nd to the 9th" the later; of "back on the 9th ... offices reopen in May" the first.
                *slot = match (*slot, kind) {
                    (Some(old), 2) => Some(old),
                    (Some(old), _) => Some(old.max(date)),
                    (None, _) => Some(date),
                };
            }
            at += used.max(1);
        } else {
            at += 1;
        }
    }
    let [anywhere, until, back] = best;
    back.or(until).or(anywhere)
}

fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.');
    MONTHS
        .iter()
        .position(|names| names.contains(&word))
        .and_then(|n| i8::try_from(n + 1).ok())
}

/// Tells whether a folded word is the full name of a weekday; short forms are other words in other languages.
pub(super) fn is_weekday(word: &str) -> bool {
    word.len() > 4 && weekday(word).is_some()
}

fn weekday(word: &str) -> Option<Weekday> {
    let index = DAYS
        .iter()
        .position(|names| names.contains(&word.trim_end_matches('.')))?;
    Weekday::from_monday_zero_offset(i8::try_from(index).ok()?).ok()
}

/// Reads `3`, `3rd`, `3.`, `1er`, `3º`.
fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let tail = word.get(digits.len()..)?;
    let ordinal = matches!(
        tail,
        "" | "st" | "nd" | "rd" | "th" | "." | "er" | "º" | "°" | "e" | "ro" | "do" | "to"
    );
    (ordinal && digits.len() <= 2)
        .then(|| digits.parse::<i8>().ok())?
        .filter(|d| (1..=31).contains(d))
}

fn year(word: &str) -> Option<i16> {
    (word.len() == 4)
        .then(|| word.parse::<i16>().ok())?
        .filter(|y| (2000..2200).contains(y))
}

/// Reads the date that starts at the first of `list`, with the number of words it takes.
fn date_at(list: &[Word<'_>], written: Date, expected: bool) -> Option<(Date, usize)> {
    let text = |n: usize| list.get(n).map_or("", |w| w.text);
    let first = text(0);
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        if let Some(date) = numeric(first, written) {
            return Some((date, 1));
        }
        if let Some(d) = day(first) {
            // "3 March 2026", "3. of March", "3 de marzo de 2026", "3-5 March" is cut to its end by the caller's maximum.
            let mut n = 1;
            while matches!(text(n), "of" | "de" | "den" | "di" | "d'" | "do" | "del") {
                n += 1;
            }
            if let Some(m) = month(text(n)) {
                n += 1;
                while matches!(text(n), "de" | "del" | "of") {
                    n += 1;
                }
                return match year(text(n)) {
                    Some(y) => Date::new(y, m, d).ok().map(|date| (date, n + 1)),
                    None => upcoming(m, d, written).map(|date| (date, n)),
                };
            }
            // "back on the 9th".
            if expected && first.ends_with(|c: char| c.is_ascii_alphabetic()) {
                let this = written
                    .with()
                    .day(d)
                    .build()
                    .ok()
                    .filter(|date| *date >= written);
                let next = || {
                    written
                        .first_of_month()
                        .checked_add(1.month())
                        .ok()?
                        .with()
                        .day(d)
                        .build()
                        .ok()
                };
                return this.or_else(next).map(|date| (date, 1));
            }
        }
        return range(first, text(1), written);
    }
    if let Some(m) = month(first)
        && let Some(d) = day(text(1))
    {
        // "March 3rd, 2026", and "March 3 - 9" ends at the 9th.
        return match year(text(2)) {
            Some(y) => Date::new(y, m, d).ok().map(|date| (date, 3)),
            None => upcoming(m, d, written).map(|date| (date, 2)),
        };
    }
    if !expected {
        return None;
    }
    if let Some(weekday) = weekday(first) {
        // "Monday, 3 March" is the date, not the weekday.
        let ahead = list.get(1..).unwrap_or_default();
        if let Some((date, used)) = ahead
            .first()
            .filter(|w| w.text.starts_with(|c: char| c.is_ascii_digit()) || month(w.text).is_some())
            .and_then(|_| date_at(ahead, written, true))
        {
            return Some((date, used + 1));
        }
        return written.nth_weekday(1, weekday).ok().map(|date| (date, 1));
    }
    match (first, text(1)) {
        ("tomorrow" | "morgen" | "demain" | "domani" | "imorgon" | "jutro", _) => {
            written.checked_add(1.day()).ok().map(|d| (d, 1))
        }
        ("next", "week")
        | ("nachste", "woche")
        | ("nachster", "woche")
        | ("volgende", "week")
        | ("nasta", "vecka") => written.nth_weekday(1, Weekday::Monday).ok().map(|d| (d, 2)),
        ("semaine", "prochaine") | ("proxima", "semana") | ("prossima", "settimana") => {
            written.nth_weekday(1, Weekday::Monday).ok().map(|d| (d, 2))
        }
        _ => None,
    }
}

/// Reads "3-9 March" as the 9th.
fn range(first: &str, second: &str, written: Date) -> Option<(Date, usize)> {
    let (_, end) = first.split_once('-')?;
    Some((upcoming(month(second)?, day(end)?, written)?, 2))
}

/// Returns the next such day, `written` included.
fn upcoming(month: i8, day: i8, written: Date) -> Option<Date> {
    (0..=4_i16)
        .filter_map(|years| Date::new(written.year() + years, month, day).ok())
        .find(|date| *date >= written)
}

/// Reads `2026-03-03`, `03/03/2026`, `3.3.2026`, `03.03.`, `3/3`.
///
/// Of two numbers with a slash that could both be months, the reading that lies ahead and nearer is meant: nobody is away for
/// long. With dots the day is first.
fn numeric(word: &str, written: Date) -> Option<Date> {
    let separator = word.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = word.split(separator).filter(|p| !p.is_empty()).collect();
    if parts
        .iter()
        .any(|p| p.len() > 4 || !p.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let number = |text: &str| text.parse::<i16>().ok();
    let small = |text: &str| text.parse::<i8>().ok();
    match parts.as_slice() {
        [y, m, d] if y.len() == 4 => Date::new(number(y)?, small(m)?, small(d)?).ok(),
        [a, b, y] if y.len() == 4 || y.len() == 2 => {
            let year = number(y)? + if y.len() == 2 { 2000 } else { 0 };
            pick(
                Date::new(year, small(b)?, small(a)?).ok(),
                Date::new(year, small(a)?, small(b)?).ok(),
                separator,
                written,
            )
        }
        // "10.30" is a time and "3.5" a number: without a year only slashes, or dots with one more at the end, make a date.
        [a, b] if separator == '/' => pick(
            upcoming(small(b)?, small(a)?, written),
            upcoming(small(a)?, small(b)?, written),
            separator,
            written,
        ),
        [a, b] if separator == '.' && a.len() == 2 && b.len() == 2 => {
            upcoming(small(b)?, small(a)?, written)
        }
        _ => None,
    }
}

fn pick(
    european: Option<Date>,
    american: Option<Date>,
    separator: char,
    written: Date,
) -> Option<Date> {
    match (european, american) {
        (Some(e), Some(a)) if separator == '/' && a >= written && (e < written || a < e) => Some(a),
        (Some(e), _) => Some(e),
        (None, a) => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn return_dates_are_read_in_many_languages() {
        // Written on Monday 23 February 2026.
        let check = |text: &str, expect: Option<Date>| {
            assert_eq!(return_date(text, date(2026, 2, 23)), expect, "{text:?}");
        };
        let third = Some(date(2026, 3, 3));
        check("I am out of office until 3 March.", third);
        check("I will be back on March 3rd, 2026.", third);
        check("Returning Tuesday, March 3", third);
        check("I'm away from 24 February to 3 March", third);
        check(
            "out of the office from Feb 24 through Mar 2, returning Mar 3",
            third,
        );
        check("Ich bin bis zum 3. März nicht im Büro.", third);
        check("Ich bin ab dem 03.03.2026 wieder erreichbar.", third);
        check("Je suis absent jusqu'au 3 mars.", third);
        check("Je serai de retour le 3 mars 2026", third);
        check("Estaré fuera hasta el 3 de marzo de 2026.", third);
        check("Sarò assente fino al 3 marzo", third);
        check("Estarei ausente até 3 de março", third);
        check("Ik ben terug op 3 maart", third);
        check("Jag är tillbaka den 3 mars", third);
        check("Wracam 3 marca", third);
        check("back 2026-03-03", third);
        check("back on 03/03/2026", third);
        check("I am back on 3/4/26", Some(date(2026, 3, 4)));
        check("back on 13/3", Some(date(2026, 3, 13)));
        check("I return on Thursday.", Some(date(2026, 2, 26)));
        check("back on Monday", Some(date(2026, 3, 2)));
        check("back tomorrow", Some(date(2026, 2, 24)));
        check("I'm back next week", Some(date(2026, 3, 2)));
        check("away until the 9th", Some(date(2026, 3, 9)));
        check("out until Jan 5", Some(date(2027, 1, 5)));
        check("on leave 3-9 March", Some(date(2026, 3, 9)));
        check("I am out of office. Call +49 30 1234567 or 10.30 am.", None);
        check("out since 3 March 2020", None);
        check("Away", None);
    }
}
