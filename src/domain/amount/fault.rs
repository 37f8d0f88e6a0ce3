//! Reasons for which a text is no amount, or none that can be told.

use std::fmt;

use thiserror::Error;

use super::currency::Currency;
use crate::domain::deal::Cents;

/// An amount that has no single reading.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountFault {
    /// The same text means two amounts.
    #[error("\"{text}\" may be {decimal} or {grouped}")]
    Ambiguous {
        /// The text, on one clean line.
        text: String,
        /// The amount if its mark stands before decimals.
        decimal: Plain,
        /// The amount if its mark groups thousands.
        grouped: Plain,
    },
    /// The text is no amount.
    #[error("\"{text}\" {why}")]
    Unreadable {
        /// The text, on one clean line.
        text: String,
        /// The reason.
        why: Unread,
    },
}

/// A reason to refuse a text as an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unread {
    /// Something else than digits, marks, a sign, a currency or a scale.
    #[error("is not an amount")]
    NotAnAmount,
    /// Digits that no habit groups so.
    #[error("has its digits grouped as in no amount")]
    Groups,
    /// Two currencies in one amount.
    #[error("names another currency than {0}")]
    TwoCurrencies(Currency),
    /// More than ten trillion.
    #[error("is more than an amount can be")]
    TooLarge,
    /// Less than a hundredth, yet not nothing.
    #[error("is less than a hundredth")]
    TooSmall,
}

/// An amount as it is shown beside another reading: `64,000` or `64.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain(pub Cents);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cents(cents) = self.0;
        if cents < 0 {
            f.write_str("-")?;
        }
        let digits = (cents.unsigned_abs() / 100).to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        match cents.unsigned_abs() % 100 {
            0 => Ok(()),
            rest => write!(f, ".{rest:02}"),
        }
    }
}
