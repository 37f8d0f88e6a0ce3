//! The Action Priority Score: 0 to 100, the exact sum of terms that can be printed.
//!
//! ```text
//! APS = 100 × (0.40 revenue + 0.25 urgency + 0.15 ease + 0.20 strategic) + outcome term, held to 0..=100
//! ```
//!
//! The components are in 0..=1 and ease is one less effort. Each term is rounded to hundredths before it is added, so the printed terms
//! add up to the printed score. Where the sum leaves 0..=100, a last term holds the amount cut off.
//!
//! A score is a function of facts, weights and the instant. Urgency rises in steps as the due time nears and passes,
//! and the outcome term fades at UTC midnight, so a score holds until [`Score::holds_until`] and a stored one needs no second look before then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deal::{Cents, TIERS, short_amount};
use super::learning::OutcomeTerm;

/// Points of score in whole hundredths, so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(pub i64);

impl Points {
    /// Rounds to hundredths of a point.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores are a few thousand hundredths"
    )]
    pub fn from_points(points: f64) -> Self {
        Self((points.clamp(-1e6, 1e6) * 100.0).round() as i64)
    }

    /// Returns the points as a number with two decimals.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "scores are far below 2^53")]
    pub fn points(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.2}", self.points()))
    }
}

impl Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.points())
    }
}

/// The weight of each component; the four sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of revenue.
    pub revenue: f64,
    /// Of urgency.
    pub urgency: f64,
    /// Of ease.
    pub ease: f64,
    /// Of strategic value.
    pub strategic: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            revenue: 0.40,
            urgency: 0.25,
            ease: 0.15,
            strategic: 0.20,
        }
    }
}

impl Weights {
    /// Checks that each weight is in 0..=1 and that they sum to 1.
    ///
    /// # Errors
    /// Says which rule is broken, with the sum.
    pub fn check(&self) -> Result<(), String> {
        let all = [self.revenue, self.urgency, self.ease, self.strategic];
        if all.iter().any(|w| !(0.0..=1.0).contains(w)) {
            return Err("each of the score's weights must be between 0 and 1".into());
        }
        let sum: f64 = all.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(format!(
                "the score's weights must sum to 1; they sum to {sum:.3}"
            ));
        }
        Ok(())
    }
}

/// The inputs of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreFacts {
    /// 0..=1: from the deal's amount, or the rule's hint.
    pub revenue: f64,
    /// 0..=1: the rule's urgency, before the due time makes it rise.
    pub base_urgency: f64,
    /// 0..=1.
    pub effort: f64,
    /// 0..=1.
    pub strategic: f64,
    /// Start of the move's clock: the leading signal's instant.
    pub started_at: Timestamp,
    /// The due time.
    pub due_at: Timestamp,
    /// The term of past outcomes.
    pub outcome: OutcomeTerm,
}

/// The name of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TermName {
    /// Money that it may bring in.
    Revenue,
    /// Urgency.
    Urgency,
    /// Ease: one less the effort.
    Ease,
    /// Value beyond the money.
    Strategic,
    /// Past outcomes.
    Outcomes,
    /// The cut-off that keeps the score within 0..=100.
    Limit,
}

impl TermName {
    /// Returns the term's name as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Urgency => "urgency",
            Self::Ease => "ease",
            Self::Strategic => "strategic",
            Self::Outcomes => "outcomes",
            Self::Limit => "limit",
        }
    }
}

/// A score with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// 0..=100 points.
    pub total: Points,
    /// The components: revenue, urgency (risen), ease, strategic.
    pub components: [f64; 4],
    /// The points of revenue, urgency, ease, strategic, outcomes, and the cut-off.
    pub parts: [Points; 6],
    /// The first later instant at which the score may differ.
    pub holds_until: Timestamp,
}

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// The term's name.
    pub name: TermName,
    /// The component, 0..=1; none for outcomes and the cut-off.
    pub component: Option<f64>,
    /// The weight in points, 0..=100; none for outcomes and the cut-off.
    pub weight: Option<f64>,
    /// Its points.
    pub points: Points,
    /// Its evidence, in words.
    pub evidence: String,
}

/// The ramp of urgency: share of the time from start to due that has gone by, and share of the way to 1.
const RAMP: &[(f64, f64)] = &[
    (0.25, 0.10),
    (0.50, 0.25),
    (0.75, 0.45),
    (0.90, 0.60),
    (1.0, 0.75),
    (2.0, 0.90),
    (4.0, 1.0),
];
/// The shortest time from start to due, so that a due time in the past still rises in steps.
const MIN_HORIZON_MS: i64 = 3_600_000;

/// Returns the urgency at `now` and the instant of its next step. It starts at `base` and rises by steps of the remaining distance to 1.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "milliseconds between two dates are far below 2^53"
)]
pub fn urgency_at(
    base: f64,
    started_at: Timestamp,
    due_at: Timestamp,
    now: Timestamp,
) -> (f64, Timestamp) {
    let start = started_at.as_millisecond();
    let horizon = (due_at.as_millisecond() - start).max(MIN_HORIZON_MS);
    let elapsed = now.as_millisecond() - start;
    let mut rise = 0.0;
    for (share, to) in RAMP {
        let step = (horizon as f64 * share) as i64;
        if elapsed < step {
            let next =
                Timestamp::from_millisecond(start.saturating_add(step)).unwrap_or(Timestamp::MAX);
            return (base + (1.0 - base) * rise, next);
        }
        rise = *to;
    }
    (base + (1.0 - base) * rise, Timestamp::MAX)
}

/// Returns the score of `facts` at `now`.
#[must_use]
pub fn score(facts: &ScoreFacts, weights: &Weights, now: Timestamp) -> Score {
    let (urgency, next_step) = urgency_at(facts.base_urgency, facts.started_at, facts.due_at, now);
    let components =
        [facts.revenue, urgency, 1.0 - facts.effort, facts.strategic].map(|c| c.clamp(0.0, 1.0));
    let [revenue, urgency, ease, strategic] = components;
    let term = |weight: f64, component: f64| Points::from_points(100.0 * weight * component);
    let parts = [
        term(weights.revenue, revenue),
        term(weights.urgency, urgency),
        term(weights.ease, ease),
        term(weights.strategic, strategic),
        facts.outcome.points,
    ];
    let sum: i64 = parts.iter().map(|p| p.0).sum();
    let total = sum.clamp(0, 10_000);
    let [r, u, e, s, o] = parts;
    let fades = facts.outcome.contact_n + facts.outcome.segment_n > 0;
    let holds_until = if fades {
        next_step.min(super::learning::next_decay(now))
    } else {
        next_step
    };
    Score {
        total: Points(total),
        components,
        parts: [r, u, e, s, o, Points(total - sum)],
        holds_until,
    }
}

/// The evidence behind the numbers, in words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// Of revenue: the deal and its amount, or where the hint comes from.
    pub revenue: String,
    /// Of urgency: the signal and the due time.
    pub urgency: String,
    /// Of ease: what is ready.
    pub ease: String,
    /// Of strategic value.
    pub strategic: String,
    /// Of the outcome term: the number of outcomes, and whose they are.
    pub outcomes: String,
}

impl Score {
    /// Returns the printed terms; their points add up to the total exactly.
    #[must_use]
    pub fn explain(&self, weights: &Weights, evidence: Evidence) -> Vec<Term> {
        let [r, u, e, s, o, limit] = self.parts;
        let [rc, uc, ec, sc] = self.components;
        let weighed = |name, component: f64, weight: f64, points, evidence| Term {
            name,
            component: Some((component * 1e4).round() / 1e4),
            weight: Some((weight * 1e4).round() / 1e2),
            points,
            evidence,
        };
        let mut terms = vec![
            weighed(TermName::Revenue, rc, weights.revenue, r, evidence.revenue),
            weighed(TermName::Urgency, uc, weights.urgency, u, evidence.urgency),
            weighed(TermName::Ease, ec, weights.ease, e, evidence.ease),
            weighed(
                TermName::Strategic,
                sc,
                weights.strategic,
                s,
                evidence.strategic,
            ),
            Term {
                name: TermName::Outcomes,
                component: None,
                weight: None,
                points: o,
                evidence: evidence.outcomes,
            },
        ];
        if limit != Points(0) {
            terms.push(Term {
                name: TermName::Limit,
                component: None,
                weight: None,
                points: limit,
                evidence: "a score is held to 0..100".into(),
            });
        }
        terms
    }
}

/// A single change that would put a move first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Counterfactual {
    /// An earlier due time.
    DueBy {
        /// The due time.
        at: Timestamp,
    },
    /// A deal, or a larger one.
    DealAtLeast {
        /// The amount; in JSON in units.
        #[serde(serialize_with = "in_units")]
        amount: Cents,
    },
}

fn in_units<S: serde::Serializer>(amount: &Cents, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(amount.units())
}

impl Counterfactual {
    /// Describes the change, with the due time as `due` prints it.
    #[must_use]
    pub fn words(&self, due: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::DueBy { at } => format!("due by {}", due(*at)),
            Self::DealAtLeast { amount } => format!("deal ≥ {}", short_amount(*amount, "")),
        }
    }
}

/// Returns the single changes, each enough by itself, that would lift a move above a leader's score; empty if there is none.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "milliseconds between two dates are far below 2^53"
)]
pub fn counterfactuals(
    facts: &ScoreFacts,
    weights: &Weights,
    now: Timestamp,
    leader: Points,
) -> Vec<Counterfactual> {
    let mut found = Vec::new();
    let leads = |changed: &ScoreFacts| score(changed, weights, now).total > leader;
    // A due time with just this share of the time gone by; the latest that suffices is the most useful to name.
    let elapsed = (now.as_millisecond() - facts.started_at.as_millisecond()).max(0);
    for (share, _) in RAMP {
        let due = facts.started_at.as_millisecond() + (elapsed as f64 / share) as i64;
        let Ok(due_at) = Timestamp::from_millisecond(due) else {
            continue;
        };
        let changed = ScoreFacts { due_at, ..*facts };
        if due_at < facts.due_at && leads(&changed) {
            found.push(Counterfactual::DueBy { at: due_at });
            break;
        }
    }
    for (from, revenue) in TIERS.iter().rev() {
        if *revenue > facts.revenue
            && leads(&ScoreFacts {
                revenue: *revenue,
                ..*facts
            })
        {
            found.push(Counterfactual::DealAtLeast {
                amount: Cents::from_units(*from),
            });
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, ToSpan};
    use proptest::prelude::*;

    fn start() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    fn form() -> ScoreFacts {
        ScoreFacts {
            revenue: 0.5,
            base_urgency: 0.9,
            effort: 0.2,
            strategic: 0.5,
            started_at: start(),
            due_at: start() + 2.hours(),
            outcome: OutcomeTerm::default(),
        }
    }

    #[test]
    fn a_fresh_form_scores_by_the_formula() {
        let s = score(&form(), &Weights::default(), start());
        assert_eq!(s.total, Points(6450), "40x.5 + 25x.9 + 15x.8 + 20x.5");
        assert_eq!(s.holds_until, start() + 30.minutes());
    }

    #[test]
    fn urgency_rises_as_the_due_time_nears_and_passes() {
        let at = |m: i64| {
            score(
                &form(),
                &Weights::default(),
                start() + SignedDuration::from_mins(m),
            )
            .total
        };
        let climb: Vec<_> = [0, 29, 30, 60, 90, 120, 240, 480, 100_000]
            .into_iter()
            .map(at)
            .collect();
        assert!(climb.is_sorted(), "{climb:?}");
        assert_eq!(climb[0], climb[1]);
        assert!(climb[1] < climb[2]);
        assert_eq!(
            *climb.last().unwrap(),
            Points(6700),
            "urgency 1 at the most"
        );
    }

    #[test]
    fn weights_must_sum_to_one() {
        assert!(Weights::default().check().is_ok());
        assert!(
            Weights {
                revenue: 0.5,
                ..Weights::default()
            }
            .check()
            .unwrap_err()
            .contains("1.100")
        );
        assert!(
            Weights {
                revenue: -0.4,
                urgency: 1.05,
                ..Weights::default()
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn a_counterfactual_is_true_when_it_comes_about() {
        let facts = ScoreFacts {
            due_at: start() + 24.hours(),
            ..form()
        };
        let now = start() + 2.hours();
        let leader = Points(6550);
        for change in counterfactuals(&facts, &Weights::default(), now, leader) {
            let changed = match change {
                Counterfactual::DueBy { at } => ScoreFacts {
                    due_at: at,
                    ..facts
                },
                Counterfactual::DealAtLeast { amount } => ScoreFacts {
                    revenue: crate::domain::deal::revenue_of(Some(amount)),
                    ..facts
                },
            };
            assert!(
                score(&changed, &Weights::default(), now).total > leader,
                "{change:?}"
            );
        }
        assert_eq!(
            counterfactuals(&facts, &Weights::default(), now, leader).len(),
            2
        );
    }

    proptest! {
        #[test]
        fn terms_add_up_and_the_score_stays_in_range(
            r in 0.0..=1.0f64, u in 0.0..=1.0f64, e in 0.0..=1.0f64, s in 0.0..=1.0f64,
            outcome in -2000i64..=2000, minutes in -5_000i64..50_000, horizon in -500i64..5_000,
        ) {
            let facts = ScoreFacts {
                revenue: r, base_urgency: u, effort: e, strategic: s, started_at: start(),
                due_at: start() + SignedDuration::from_mins(horizon),
                outcome: OutcomeTerm { points: Points(outcome), contact_n: 1, ..OutcomeTerm::default() },
            };
            let now = start() + SignedDuration::from_mins(minutes);
            let s = score(&facts, &Weights::default(), now);
            prop_assert!((0..=10_000).contains(&s.total.0));
            let terms = s.explain(&Weights::default(), Evidence::default());
            prop_assert_eq!(terms.iter().map(|t| t.points.0).sum::<i64>(), s.total.0);
            prop_assert!(s.holds_until > now);
            let before = Timestamp::from_millisecond(s.holds_until.as_millisecond() - 1).unwrap();
            prop_assert_eq!(score(&facts, &Weights::default(), before).total, s.total);
        }
    }
}
