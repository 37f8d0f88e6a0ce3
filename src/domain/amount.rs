//! Amounts of money as people and programs write them, read exactly and by one rule.
//!
//! A single mark before three digits has two readings: "64.000" is 64 or 64 thousand. The habit of its column decides, then the habit of its
//! currency. A comma without either groups thousands, as in American English; a point without either stays ambiguous, and the caller refuses
//! or asks. Nothing is guessed.

mod currency;
mod fault;
mod shape;

use serde_json::Number;

pub use currency::{Currency, Decimal};
pub use fault::{AmountFault, Plain, Unread};

use super::deal::Cents;
use super::text::clean_line;
use shape::{Exact, Shape};

/// An amount that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Hundredths of the currency's unit, for currencies of any minor unit: deals are stored so. Smaller parts are rounded half away from zero.
    pub cents: Cents,
    /// The currency that the text or its context names.
    pub currency: Option<Currency>,
}

/// The surroundings of an amount, as far as they help to read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The currency that stands beside it: a code or a symbol.
    pub currency: Option<&'a str>,
    /// The habit of its column or file.
    pub decimal: Option<Decimal>,
}

/// Reads an amount; none if the text is empty.
///
/// # Errors
/// Names both readings of an ambiguous text, and the reason to refuse any other.
pub fn read(text: &str, context: &Context<'_>) -> Result<Option<Amount>, AmountFault> {
    let shown = || clean_line(text, 40);
    let refuse = |why| AmountFault::Unreadable { text: shown(), why };
    let Some(shape) = Shape::of(text).map_err(refuse)? else {
        return Ok(None);
    };
    let beside = context.currency.and_then(Currency::parse);
    let currency = shape
        .marks
        .iter()
        .try_fold(beside, |known, mark| mark.settle(known))
        .map_err(|known| refuse(Unread::TwoCurrencies(known)))?;
    let amount = |exact: Exact| {
        Ok(Amount {
            cents: exact.cents()?,
            currency,
        })
    };
    let Some(grouped) = shape.grouped else {
        return amount(shape.value).map(Some).map_err(refuse);
    };
    let decimal = shape.value;
    match reading(shape.mark, context.decimal, currency) {
        Some(Reading::Decimal) => amount(decimal).map(Some).map_err(refuse),
        Some(Reading::Grouped) => amount(grouped).map(Some).map_err(refuse),
        None => Err(AmountFault::Ambiguous {
            text: shown(),
            decimal: Plain(decimal.cents().map_err(refuse)?),
            grouped: Plain(grouped.cents().map_err(refuse)?),
        }),
    }
}

/// Reads an amount from a JSON number, whose decimals follow a point in any language.
///
/// # Errors
/// Refuses an amount that is too large, or too small to be stored.
pub fn of_number(number: &Number) -> Result<Amount, AmountFault> {
    let text = number.to_string();
    Exact::of_json(&text)
        .and_then(Exact::cents)
        .map(|cents| Amount {
            cents,
            currency: None,
        })
        .map_err(|why| AmountFault::Unreadable {
            text: clean_line(&text, 40),
            why,
        })
}

/// Reads a number that is no money, such as a count or a share, and was written as text.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let machine = || text.parse().ok().filter(|n: &f64| n.is_finite());
    machine().or_else(|| {
        let shape = Shape::of(text).ok().flatten()?;
        match shape.grouped {
            Some(grouped) if shape.mark == ',' => grouped.to_f64(),
            _ => shape.value.to_f64(),
        }
    })
}

enum Reading {
    Decimal,
    Grouped,
}

/// Decides between the readings of one mark before three digits.
fn reading(mark: char, habit: Option<Decimal>, currency: Option<Currency>) -> Option<Reading> {
    if let Some(habit) = habit {
        return Some(if habit.mark() == mark {
            Reading::Decimal
        } else {
            Reading::Grouped
        });
    }
    let american = (mark == ',').then_some(Reading::Grouped);
    let Some(currency) = currency else {
        return american;
    };
    match (currency.decimals(), currency.habit()) {
        (0, _) => Some(Reading::Grouped),
        (3, Some(habit)) if habit.mark() == mark => Some(Reading::Decimal),
        // Three decimals are one too many for the currency, and the other reading is the habit of another one.
        (_, Some(habit)) if habit.mark() == mark => None,
        (_, Some(_)) => Some(Reading::Grouped),
        (_, None) => american,
    }
}

/// The habit of a column, learned from those of its amounts that have one reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habit {
    comma: bool,
    point: bool,
}

impl Habit {
    /// Learns from one amount of the column.
    pub fn learn(&mut self, text: &str) {
        match Shape::of(text).ok().flatten().and_then(|s| s.habit()) {
            Some(Decimal::Comma) => self.comma = true,
            Some(Decimal::Point) => self.point = true,
            None => {}
        }
    }

    /// Returns the column's mark before decimals; none if nothing tells, or if its amounts disagree.
    #[must_use]
    pub const fn decimal(self) -> Option<Decimal> {
        match (self.comma, self.point) {
            (true, false) => Some(Decimal::Comma),
            (false, true) => Some(Decimal::Point),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
