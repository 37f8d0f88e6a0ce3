//! Deals: amounts, tiers and the order of stages.

use serde::{Deserialize, Serialize};

/// The stages of HubSpot's default pipeline, in its order. Other pipelines bring their own order with each deal.
pub const DEFAULT_STAGES: &[&str] = &[
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "decisionmakerboughtin",
    "contractsent",
    "closedwon",
    "closedlost",
];

/// Returns a stage's name for people.
#[must_use]
pub fn stage_title(stage: &str) -> String {
    let known = match stage {
        "appointmentscheduled" => "Appointment scheduled",
        "qualifiedtobuy" => "Qualified to buy",
        "presentationscheduled" => "Presentation scheduled",
        "decisionmakerboughtin" => "Decision maker bought in",
        "contractsent" => "Contract sent",
        "closedwon" => "Closed won",
        "closedlost" => "Closed lost",
        "" => "No stage",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

/// An amount of money in hundredths of its currency's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// Makes an amount from units, such as 64000.0 dollars; out-of-range amounts are cut off at a quadrillion.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is clamped to what i64 holds exactly"
    )]
    pub fn from_units(units: f64) -> Self {
        Self((units.clamp(-1e13, 1e13) * 100.0).round() as i64)
    }

    /// Returns the amount in units.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "amounts are clamped below 2^53")]
    pub fn units(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

/// Direction of a deal's move between stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageMove {
    /// To a later open stage.
    Advanced,
    /// To an earlier stage.
    Regressed,
    /// To the won stage.
    Won,
    /// To the lost stage.
    Lost,
    /// To no other stage, or between stages whose order is unknown.
    None,
}

/// Returns the direction of a move between two stages: by their given order, never by their spelling.
///
/// `before` and `after` are positions in the pipeline; `won` and `lost` say whether the new stage closes the deal.
#[must_use]
pub fn stage_move(before: Option<i64>, after: Option<i64>, won: bool, lost: bool) -> StageMove {
    if won {
        return StageMove::Won;
    }
    if lost {
        return StageMove::Lost;
    }
    match (before, after) {
        (Some(b), Some(a)) if a > b => StageMove::Advanced,
        (Some(b), Some(a)) if a < b => StageMove::Regressed,
        _ => StageMove::None,
    }
}

/// Returns a default-pipeline stage's position, or none for a stage of another pipeline.
#[must_use]
pub fn default_stage_order(stage: &str) -> Option<i64> {
    DEFAULT_STAGES
        .iter()
        .position(|known| *known == stage)
        .and_then(|i| i64::try_from(i).ok())
}

/// The tiers: from this many units, this revenue component. An open amount of nothing is unknown.
pub const TIERS: &[(f64, f64)] = &[
    (100_000.0, 1.0),
    (50_000.0, 0.9),
    (25_000.0, 0.8),
    (10_000.0, 0.7),
    (5_000.0, 0.6),
];

/// Returns the revenue component of a deal's amount, 0.3 (unknown) to 1.0.
#[must_use]
pub fn revenue_of(amount: Option<Cents>) -> f64 {
    let Some(amount) = amount.filter(|a| a.0 > 0) else {
        return 0.3;
    };
    TIERS
        .iter()
        .find(|(from, _)| amount.units() >= *from)
        .map_or(0.5, |(_, revenue)| *revenue)
}

/// Returns the amount in short form, such as "$64k" or "€1.2m".
#[must_use]
pub fn short_amount(amount: Cents, currency: &str) -> String {
    let symbol = match currency {
        "" | "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => other,
    };
    let units = amount.units();
    let (scaled, suffix) = match units.abs() {
        x if x >= 999_500.0 => (units / 1e6, "m"),
        x if x >= 1_000.0 => (units / 1e3, "k"),
        _ => (units, ""),
    };
    let digits = format!("{scaled:.1}");
    format!(
        "{symbol}{}{suffix}",
        digits.strip_suffix(".0").unwrap_or(&digits)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_fall_into_their_tiers() {
        let check = |units: f64, expect: f64| {
            assert!(
                (revenue_of(Some(Cents::from_units(units))) - expect).abs() < 1e-9,
                "{units}"
            );
        };
        check(100_000.0, 1.0);
        check(99_999.99, 0.9);
        check(50_000.0, 0.9);
        check(25_000.0, 0.8);
        check(10_000.0, 0.7);
        check(5_000.0, 0.6);
        check(0.01, 0.5);
        check(0.0, 0.3);
        assert!((revenue_of(None) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn stages_move_by_their_order_and_not_their_spelling() {
        assert_eq!(
            stage_move(Some(3), Some(4), false, false),
            StageMove::Advanced
        );
        assert_eq!(
            stage_move(Some(3), Some(1), false, false),
            StageMove::Regressed
        );
        assert_eq!(stage_move(Some(3), Some(9), false, true), StageMove::Lost);
        assert_eq!(stage_move(None, Some(9), false, false), StageMove::None);
    }

    #[test]
    fn amounts_print_short() {
        assert_eq!(short_amount(Cents::from_units(64_000.0), "USD"), "$64k");
        assert_eq!(short_amount(Cents::from_units(1_250_000.0), "EUR"), "€1.2m");
        assert_eq!(short_amount(Cents::from_units(950.0), ""), "$950");
    }
}
