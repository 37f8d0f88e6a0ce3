//! The shape of an amount: its sign, currency, scale and digits, and the readings that its marks leave open.

use super::currency::{Decimal, Named};
use super::fault::Unread;
use crate::domain::deal::Cents;

/// The most characters of an amount.
const MAX_CHARS: usize = 64;
/// The most digits of an amount; the largest has sixteen.
const MAX_DIGITS: usize = 24;
/// The largest amount in hundredths: ten trillion units.
const MAX_CENTS: u128 = 1_000_000_000_000_000;

/// Scales by their words in lower case, with the powers of ten that they stand for.
const SCALES: &[(&str, i32)] = &[
    ("k", 3),
    ("tsd", 3),
    ("thousand", 3),
    ("lakh", 5),
    ("lakhs", 5),
    ("m", 6),
    ("mm", 6),
    ("mn", 6),
    ("mio", 6),
    ("mln", 6),
    ("million", 6),
    ("millions", 6),
    ("millionen", 6),
    ("crore", 7),
    ("crores", 7),
    ("cr", 7),
    ("bn", 9),
    ("mrd", 9),
    ("billion", 9),
];

/// A decimal number, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    is_negative: bool,
    /// All its digits.
    digits: u128,
    /// The power of ten that they are multiplied by.
    power: i32,
}

impl Exact {
    /// Reads a number as JSON writes it.
    pub(super) fn of_json(text: &str) -> Result<Self, Unread> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (digits, power) = match text.split_once(['e', 'E']) {
            Some((digits, power)) => (digits, power.parse().map_err(|_| Unread::TooLarge)?),
            None => (text, 0),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        Self::of_digits(whole, decimals).map(|exact| Self {
            is_negative,
            power: exact.power.saturating_add(power),
            ..exact
        })
    }

    /// Makes a number of the digits before and after its decimal mark.
    fn of_digits(whole: &str, decimals: &str) -> Result<Self, Unread> {
        let decimals = decimals.trim_end_matches('0');
        let digits: String = whole
            .chars()
            .filter(char::is_ascii_digit)
            .chain(decimals.chars())
            .skip_while(|c| *c == '0')
            .collect();
        if digits.len() > MAX_DIGITS {
            return Err(Unread::TooLarge);
        }
        let power = i32::try_from(decimals.len()).map_err(|_| Unread::TooLarge)?;
        Ok(Self {
            is_negative: false,
            digits: match digits.as_str() {
                "" => 0,
                digits => digits.parse().map_err(|_| Unread::TooLarge)?,
            },
            power: -power,
        })
    }

    /// Returns the number in hundredths, rounded half away from zero.
    pub(super) fn cents(self) -> Result<Cents, Unread> {
        let power = self.power.saturating_add(2);
        let factor = 10_u128
            .checked_pow(power.unsigned_abs())
            .unwrap_or(u128::MAX);
        let cents = if power >= 0 {
            self.digits.checked_mul(factor).ok_or(Unread::TooLarge)?
        } else {
            self.digits / factor + u128::from(self.digits % factor >= factor.div_ceil(2))
        };
        if cents > MAX_CENTS {
            return Err(Unread::TooLarge);
        }
        if cents == 0 && self.digits > 0 {
            return Err(Unread::TooSmall);
        }
        let cents = i64::try_from(cents).map_err(|_| Unread::TooLarge)?;
        Ok(Cents(if self.is_negative { -cents } else { cents }))
    }

    /// Returns the nearest number that a machine can hold; none beyond its range.
    pub(super) fn to_f64(self) -> Option<f64> {
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.power)
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
    }
}

/// An amount taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Its currencies: a symbol before and a code behind it are two.
    pub marks: Vec<Named>,
    /// Its value; if its mark may group thousands, the value with decimals.
    pub value: Exact,
    /// Its value if its mark groups thousands.
    pub grouped: Option<Exact>,
    /// The mark before decimals, or the one that may be.
    pub mark: char,
    /// The mark that groups thousands for certain.
    groups: Option<char>,
}

impl Shape {
    /// Takes an amount apart; none if the text is empty.
    pub(super) fn of(text: &str) -> Result<Option<Self>, Unread> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(Unread::NotAnAmount);
        }
        let text: String = text.chars().map(plain).collect();
        if text.trim().is_empty() {
            return Ok(None);
        }
        let peeled = Peeled::of(text.trim())?;
        let mut shape = Self::of_number(&peeled.number)?;
        shape.marks = peeled.marks;
        for exact in std::iter::once(&mut shape.value).chain(&mut shape.grouped) {
            exact.is_negative = peeled.is_negative;
            exact.power += peeled.power;
        }
        Ok(Some(shape))
    }

    /// Reads the digits and their marks.
    fn of_number(text: &str) -> Result<Self, Unread> {
        let is_mark = |c: char| matches!(c, '.' | ',' | '\'' | ' ');
        if !text.chars().all(|c| c.is_ascii_digit() || is_mark(c)) {
            return Err(Unread::NotAnAmount);
        }
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return Err(Unread::NotAnAmount);
        }
        let marks: Vec<char> = text.chars().filter(|c| is_mark(*c)).collect();
        let shape = |value, grouped, mark, groups| Self {
            marks: Vec::new(),
            value,
            grouped,
            mark,
            groups,
        };
        let Some(last) = marks.last().copied() else {
            return Ok(shape(Exact::of_digits(text, "")?, None, '\0', None));
        };
        let (whole, decimals) = text.rsplit_once(last).unwrap_or((text, ""));
        let before = marks.first().copied().filter(|_| marks.len() > 1);
        let is_once = marks.iter().filter(|mark| **mark == last).count() == 1;
        if !is_once || matches!(last, '\'' | ' ') {
            // A mark that stands twice groups, and so does one that no habit sets before decimals.
            let is_alone = marks.iter().all(|mark| *mark == last);
            if !is_alone || !is_grouped(text, last) {
                return Err(Unread::Groups);
            }
            return Ok(shape(Exact::of_digits(text, "")?, None, '\0', Some(last)));
        }
        if decimals.is_empty() || whole.is_empty() && before.is_some() {
            return Err(Unread::NotAnAmount);
        }
        let value = Exact::of_digits(whole, decimals)?;
        if let Some(before) = before {
            let is_same = marks.iter().rev().skip(1).all(|mark| *mark == before);
            if !is_same || !is_grouped(whole, before) {
                return Err(Unread::Groups);
            }
            return Ok(shape(value, None, last, Some(before)));
        }
        let grouped = match is_grouped(text, last) {
            true => Some(Exact::of_digits(text, "")?),
            false => None,
        };
        Ok(shape(value, grouped, last, None))
    }

    /// Returns the habit that it shows, if it has one reading only.
    pub(super) fn habit(&self) -> Option<Decimal> {
        if self.grouped.is_some() {
            return None;
        }
        match (self.mark, self.groups) {
            (',', _) | ('\0', Some('.')) => Some(Decimal::Comma),
            ('.', _) | ('\0', Some(',')) => Some(Decimal::Point),
            _ => None,
        }
    }
}

/// Tells whether `mark` stands in `digits` as it does between thousands or, if it is a comma, between lakhs.
fn is_grouped(digits: &str, mark: char) -> bool {
    let groups: Vec<usize> = digits.split(mark).map(str::len).collect();
    let (Some((first, [.., last])), true) = (groups.split_first(), !digits.starts_with('0')) else {
        return false;
    };
    let middle = groups.get(1..groups.len() - 1).unwrap_or_default();
    let is_western = (1..=3).contains(first) && middle.iter().all(|n| *n == 3);
    let is_indian = mark == ',' && (1..=2).contains(first) && middle.iter().all(|n| *n == 2);
    *last == 3 && (is_western || is_indian)
}

/// Makes one character of the many that are written for spaces, apostrophes and signs.
const fn plain(c: char) -> char {
    match c {
        '\t' | '\u{A0}' | '\u{2007}' | '\u{2009}' | '\u{202F}' => ' ',
        '\u{2019}' | '\u{2BC}' | '\u{B4}' | '`' => '\'',
        '\u{2212}' | '\u{2013}' | '\u{2014}' => '-',
        c => c,
    }
}

const fn is_symbol(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '￥' | '฿' | '\u{20A0}'..='\u{20CF}')
}

/// An amount without what stands around its digits.
struct Peeled {
    is_negative: bool,
    marks: Vec<Named>,
    power: i32,
    number: String,
}

impl Peeled {
    fn of(text: &str) -> Result<Self, Unread> {
        let (mut rest, is_bracketed) =
            match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
                Some(inner) => (inner.trim(), true),
                None => (text, false),
            };
        let mut sign = None;
        let mut marks = Vec::new();
        let mut power = None;
        let mut has_tail = None;
        loop {
            let before = rest;
            if let Some(after) = rest.strip_prefix(['-', '+'])
                && sign.is_none()
                && !is_bracketed
            {
                sign = Some(rest.starts_with('-'));
                rest = after.trim_start();
            }
            if let Some((mark, after)) = leading(rest) {
                marks.push(mark);
                rest = after;
            }
            // "5000.-" has a dash where its decimals would be.
            let bare = rest.trim_end_matches('-');
            if let (Some(whole), true) = (bare.strip_suffix(['.', ',']), bare.len() < rest.len())
                && has_tail.is_none()
            {
                has_tail = bare.chars().next_back();
                rest = whole;
            }
            match trailing(rest) {
                Some((Word::Currency(mark), earlier)) => {
                    marks.push(mark);
                    rest = earlier;
                }
                Some((Word::Scale(scale), earlier)) if power.is_none() => {
                    power = Some(scale);
                    rest = earlier;
                }
                _ => {}
            }
            if rest == before {
                break;
            }
        }
        if marks.len() > 2 {
            return Err(Unread::NotAnAmount);
        }
        // In "$5,000 CAD" the code says which dollar it is.
        marks.sort_by_key(Named::meanings);
        Ok(Self {
            is_negative: is_bracketed || sign == Some(true),
            marks,
            power: power.unwrap_or(0),
            number: match has_tail {
                Some(mark) => format!("{rest}{mark}00"),
                None => rest.to_owned(),
            },
        })
    }
}

enum Word {
    Currency(Named),
    Scale(i32),
}

/// Splits off a currency before the digits.
fn leading(text: &str) -> Option<(Named, &str)> {
    let end = text.find(|c: char| !c.is_alphabetic() && !is_symbol(c))?;
    let (word, rest) = text.split_at_checked(end)?;
    let mark = Named::parse(word)?;
    Some((mark, abbreviated(word, rest).trim_start()))
}

/// Splits off a currency or a scale behind the digits.
fn trailing(text: &str) -> Option<(Word, &str)> {
    let ending = text.strip_suffix('.').unwrap_or(text);
    let ending = if ending.ends_with(char::is_alphabetic) {
        ending
    } else {
        text
    };
    let letters = ending.trim_end_matches(|c: char| c.is_alphabetic() || is_symbol(c));
    let word = ending.get(letters.len()..).filter(|w| !w.is_empty())?;
    if let Some(mark) = Named::parse(word) {
        return Some((Word::Currency(mark), letters.trim_end()));
    }
    let lower = word.to_lowercase();
    if let Some((_, power)) = SCALES.iter().find(|(scale, _)| *scale == lower) {
        return Some((Word::Scale(*power), letters.trim_end()));
    }
    // "12k€" is a scale and a symbol.
    let symbol = word.chars().next_back().filter(|c| is_symbol(*c))?;
    let at = ending.len() - symbol.len_utf8();
    let mark = Named::parse(ending.get(at..)?)?;
    Some((Word::Currency(mark), ending.get(..at)?.trim_end()))
}

/// Drops the point of an abbreviated currency, as in "Rs.500".
fn abbreviated<'a>(word: &str, rest: &'a str) -> &'a str {
    let is_short = ["rs", "fr", "sfr", "kr"]
        .iter()
        .any(|short| word.eq_ignore_ascii_case(short));
    match rest.strip_prefix('.') {
        Some(after) if is_short => after,
        _ => rest,
    }
}
