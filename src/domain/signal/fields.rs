//! Typed questions to a payload. A value of the wrong type is no value, and is remembered with its key.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::domain::amount::{self, AmountFault};
use crate::domain::deal::Cents;
use crate::domain::text::clean_line;
use crate::domain::words::UnknownWord;

/// A field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {fault}")]
pub struct Unreadable {
    /// The field's key in the payload.
    pub key: String,
    /// The fault of its value.
    pub fault: Fault,
}

/// A reason for which a value is not what its key says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A number, a flag, a list or an object.
    #[error("is not a text")]
    NotText,
    /// Neither a number nor a text that is one.
    #[error("is not a number")]
    NotNumber,
    /// No number of minutes, at least one.
    #[error("must be a number of minutes")]
    NotMinutes,
    /// No number from 0 to 1.
    #[error("must be a number from 0 to 1")]
    NotShare,
    /// No instant of RFC 3339.
    #[error("is not an instant such as 2026-11-24T10:00:00Z")]
    NotInstant,
    /// Neither a date nor an instant.
    #[error("is not a date such as 2026-11-24")]
    NotDate,
    /// Neither true nor false.
    #[error("is neither true nor false")]
    NotFlag,
    /// No list of texts.
    #[error("is not a list of texts")]
    NotTexts,
    /// No object.
    #[error("is not an object")]
    NotObject,
    /// No amount, or one with two readings.
    #[error(transparent)]
    Amount(#[from] AmountFault),
    /// An amount below zero.
    #[error("is below zero")]
    Negative,
    /// A word that is not on its list.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// No time to be done by.
    #[error("{0}")]
    NotDue(String),
}

/// A payload that is being read.
pub(super) struct Fields<'a> {
    payload: &'a Map<String, Value>,
    unreadable: Vec<Unreadable>,
}

impl<'a> Fields<'a> {
    pub(super) const fn of(payload: &'a Map<String, Value>) -> Self {
        Self {
            payload,
            unreadable: Vec::new(),
        }
    }

    /// Returns the fields that were asked for and could not be read, each once.
    pub(super) fn into_unreadable(self) -> Vec<Unreadable> {
        self.unreadable
    }

    /// Asks questions whose wrong answers need not be told: the keys may mean something else in a signal of this kind.
    pub(super) fn quietly<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        let told = self.unreadable.len();
        let answer = ask(self);
        self.unreadable.truncate(told);
        answer
    }

    pub(super) const fn payload(&self) -> &'a Map<String, Value> {
        self.payload
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.payload.get(key)
    }

    pub(super) fn wrong(&mut self, key: &str, fault: impl Into<Fault>) {
        if !self.unreadable.iter().any(|known| known.key == key) {
            self.unreadable.push(Unreadable {
                key: clean_line(key, 100),
                fault: fault.into(),
            });
        }
    }

    /// Returns the first value under one of the keys that `read` can read. Nulls and empty texts are no values.
    pub(super) fn first<T>(
        &mut self,
        keys: &[&str],
        read: impl Fn(&'a Value) -> Result<Option<T>, Fault>,
    ) -> Option<T> {
        for key in keys {
            let Some(value) = self.payload.get(*key).filter(|v| !v.is_null()) else {
                continue;
            };
            match read(value) {
                Ok(None) => {}
                Ok(found) => return found,
                Err(fault) => self.wrong(key, fault),
            }
        }
        None
    }

    pub(super) fn text(&mut self, keys: &[&str]) -> Option<String> {
        self.first(keys, |value| Ok(text(value)?.map(str::to_owned)))
    }

    /// Returns a text or a number as a text: other systems name their records by either.
    pub(super) fn id(&mut self, keys: &[&str]) -> Option<String> {
        self.first(keys, |value| match value {
            Value::Number(n) => Ok(Some(n.to_string())),
            value => Ok(text(value)?
                .map(|id| clean_line(id, 100))
                .filter(|id| !id.is_empty())),
        })
    }

    /// Returns a number, which may be written as text.
    pub(super) fn number(&mut self, keys: &[&str]) -> Option<f64> {
        self.first(keys, number)
    }

    pub(super) fn share(&mut self, keys: &[&str]) -> Option<f64> {
        let is_share = |n: &f64| (0.0..=1.0).contains(n);
        self.first(keys, |value| match number(value) {
            Ok(None) => Ok(None),
            Ok(Some(n)) if is_share(&n) => Ok(Some(n)),
            _ => Err(Fault::NotShare),
        })
    }

    /// Returns a number of minutes, at least one.
    pub(super) fn minutes(&mut self, keys: &[&str]) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held to what u32 can hold"
        )]
        self.first(keys, |value| match number(value) {
            Ok(None) => Ok(None),
            Ok(Some(n)) if n >= 1.0 => Ok(Some(n.min(f64::from(u32::MAX)) as u32)),
            _ => Err(Fault::NotMinutes),
        })
    }

    /// Returns an instant of RFC 3339.
    pub(super) fn instant(&mut self, keys: &[&str]) -> Option<Timestamp> {
        self.first(keys, |value| {
            let Some(text) = text(value).map_err(|_| Fault::NotInstant)? else {
                return Ok(None);
            };
            text.parse().map(Some).map_err(|_| Fault::NotInstant)
        })
    }

    /// Returns an instant, or the beginning of a day in UTC.
    pub(super) fn day(&mut self, keys: &[&str]) -> Option<Timestamp> {
        self.first(keys, |value| {
            let Some(text) = text(value).map_err(|_| Fault::NotDate)? else {
                return Ok(None);
            };
            let day = || {
                let date: Date = text.get(..10)?.parse().ok()?;
                let start = date.to_zoned(TimeZone::UTC).ok()?;
                Some(start.timestamp())
            };
            text.parse()
                .ok()
                .or_else(day)
                .map(Some)
                .ok_or(Fault::NotDate)
        })
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.first(&[key], |value| match value {
            Value::Bool(flag) => Ok(Some(*flag)),
            _ => Err(Fault::NotFlag),
        })
    }

    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        self.first(&[key], |value| {
            let items = value.as_array().ok_or(Fault::NotTexts)?;
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts
                .collect::<Option<_>>()
                .map(Some)
                .ok_or(Fault::NotTexts)
        })
    }

    /// Returns a word of a closed list; case, spaces and dashes do not matter.
    pub(super) fn word<T>(&mut self, key: &str) -> Option<T>
    where
        T: std::str::FromStr<Err = UnknownWord>,
    {
        self.first(&[key], |value| match text(value)? {
            Some(word) => {
                let folded = word.to_lowercase().replace([' ', '-'], "_");
                Ok(Some(folded.parse().or_else(|_| word.parse())?))
            }
            None => Ok(None),
        })
    }

    /// Returns an amount that is not below zero, with the currency that it names.
    pub(super) fn amount(
        &mut self,
        keys: &[&str],
        context: &amount::Context<'_>,
    ) -> Option<amount::Amount> {
        self.first(keys, |value| {
            let read = match value {
                Value::Number(number) => Some(amount::of_number(number)?),
                Value::String(text) => amount::read(text, context)?,
                _ => return Err(Fault::NotNumber),
            };
            match read {
                Some(amount) if amount.cents < Cents(0) => Err(Fault::Negative),
                read => Ok(read),
            }
        })
    }
}

fn text(value: &Value) -> Result<Option<&str>, Fault> {
    let text = value.as_str().ok_or(Fault::NotText)?.trim();
    Ok((!text.is_empty()).then_some(text))
}

fn number(value: &Value) -> Result<Option<f64>, Fault> {
    let number = match value {
        Value::Number(n) => n.as_f64().filter(|n| n.is_finite()),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => amount::number(text),
        _ => None,
    };
    number.map(Some).ok_or(Fault::NotNumber)
}
