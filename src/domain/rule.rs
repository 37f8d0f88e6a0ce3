//! Rules: which signal makes which move, as data. The built-in rules are `assets/rules.toml`; the operator's file stands before them.
//!
//! Conditions are a small closed set of keys and not a language: a rule can be read aloud, checked to the line, and never runs code.
//! The first rule that matches wins, so the order in the file is part of its meaning.

mod conditions;
mod parse;

use jiff::{SignedDuration, Timestamp};

pub use conditions::{Conditions, SignalFacts};

use super::action::ActionKind;
use super::signal::{Asks, Domain, Due, SignalKind};
use super::text::clean_line;

/// The built-in rules' text, for `rules show` and for the operator to copy from.
pub const BUILTIN: &str = include_str!("../../assets/rules.toml");

/// The phrases that tell that somebody wants to buy, where no file names others.
pub const BUYING_PHRASES: &[&str] = &[
    "looking for",
    "recommend",
    "anyone know",
    "help with",
    "pain point",
    "frustrated",
    "switching from",
    "alternative to",
    "budget for",
    "evaluating",
    "considering",
];

/// The most characters of a move's title.
pub const MAX_TITLE_CHARS: usize = 120;

/// A mistake in a rules file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct RuleError {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The mistake, and the likely intention.
    pub message: String,
}

/// The rules of one file, or of the operator's file before the built-in ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    buying_phrases: Option<Vec<String>>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its own name.
    pub id: String,
    /// False switches off the rule of this id.
    pub enabled: bool,
    /// The kinds of signal that it looks at.
    pub signals: Vec<SignalKind>,
    /// Further conditions.
    pub when: Conditions,
    /// The effect of a match.
    pub effect: Effect,
    /// The line where it begins, from 1.
    pub line: usize,
}

/// The effect of a rule on a signal.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// No move, and no later rule is asked.
    Ignore,
    /// A move.
    Propose(Box<Recipe>),
}

/// A recipe for a move.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The move's action.
    pub action: ActionKind,
    /// The words in the list, with placeholders such as `{{company}}`; none for the action's own name.
    pub title: Option<String>,
    /// The part of the work.
    pub domain: Domain,
    /// 0..=1, before boosts and before the due time makes it rise.
    pub urgency: f64,
    /// 0..=1.
    pub effort: f64,
    /// 0..=1.
    pub strategic: f64,
    /// 0..=1: the revenue hint.
    pub revenue: f64,
    /// Time from the signal to the move's due time.
    pub due: SignedDuration,
    /// Time before the signal's event at which the move is due, where the event's time is known.
    pub due_before_event: Option<SignedDuration>,
    /// Boosts do not lift the urgency above this, 0..=1.
    pub urgency_max: f64,
    /// The mail's template.
    pub template: Option<String>,
    /// True if the signal itself may name the action.
    pub from_signal: bool,
    /// Conditional raises of the numbers.
    pub boosts: Vec<Boost>,
}

/// A raise of a move's numbers under conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Boost {
    /// The conditions.
    pub when: Conditions,
    /// 0..=1, added to the urgency.
    pub add_urgency: f64,
    /// 0..=1, added to the revenue hint.
    pub add_revenue: f64,
    /// 0..=1, added to the strategic value.
    pub add_strategic: f64,
    /// The strategic value becomes at least this, 0..=1.
    pub raise_strategic_to: f64,
}

/// A move that a rule makes of a signal; not yet tied to a contact or a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The rule's id.
    pub rule: String,
    /// The move's action.
    pub action: ActionKind,
    /// The words in the list, one clean line.
    pub title: String,
    /// The part of the work.
    pub domain: Domain,
    /// 0..=1, before the due time makes it rise.
    pub urgency: f64,
    /// 0..=1.
    pub effort: f64,
    /// 0..=1.
    pub strategic: f64,
    /// 0..=1: the revenue where no deal gives it.
    pub revenue_hint: f64,
    /// The due time.
    pub due_at: Timestamp,
    /// The mail's template, for an action that sends one.
    pub template: Option<String>,
    /// Reasons for the raised numbers, such as `urgency +0.10: "pricing" in the text`.
    pub because: Vec<String>,
}

impl Rules {
    /// Reads a rules file. `templates` are the names of the templates that exist.
    ///
    /// # Errors
    /// Returns every mistake, in the order of lines.
    pub fn parse(text: &str, file_name: &str, templates: &[&str]) -> Result<Self, Vec<RuleError>> {
        parse::parse(text, file_name, templates)
    }

    /// Returns the built-in rules. They are checked by a test; a build whose own rules do not parse has none.
    #[must_use]
    pub fn builtin() -> Self {
        Self::parse(BUILTIN, "rules.toml", &super::template::builtin_names()).unwrap_or(Self {
            rules: Vec::new(),
            buying_phrases: None,
        })
    }

    /// Returns these rules with the operator's before them: one of the operator's replaces the rule of the same id, in the
    /// operator's place, and a disabled one only takes that rule away.
    #[must_use]
    pub fn merged(self, user: Self) -> Self {
        let replaced = |rule: &Rule| user.rules.iter().any(|u| u.id == rule.id);
        let kept: Vec<Rule> = self
            .rules
            .into_iter()
            .filter(|rule| !replaced(rule))
            .collect();
        let buying_phrases = user.buying_phrases.or(self.buying_phrases);
        let mut rules = user.rules;
        rules.retain(|rule| rule.enabled);
        rules.extend(kept);
        Self {
            rules,
            buying_phrases,
        }
    }

    /// Returns the rules in the order in which they are asked.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the first rule that matches, be it one that makes a move or one that ignores the signal.
    #[must_use]
    pub fn find(&self, facts: &SignalFacts) -> Option<&Rule> {
        let phrases = self.phrases();
        self.rules.iter().find(|rule| {
            rule.enabled && rule.signals.contains(&facts.kind) && rule.when.hold(facts, &phrases)
        })
    }

    /// Returns the move that the first matching rule makes of a signal, or none if no rule matches or the rule ignores it.
    #[must_use]
    pub fn propose(&self, facts: &SignalFacts) -> Option<Proposal> {
        let rule = self.find(facts)?;
        match &rule.effect {
            Effect::Ignore => None,
            Effect::Propose(recipe) => Some(recipe.proposal(&rule.id, facts, &self.phrases())),
        }
    }

    fn phrases(&self) -> Vec<&str> {
        match &self.buying_phrases {
            Some(own) => own.iter().map(String::as_str).collect(),
            None => BUYING_PHRASES.to_vec(),
        }
    }
}

impl Recipe {
    fn proposal(&self, rule: &str, facts: &SignalFacts, phrases: &[&str]) -> Proposal {
        let given = if self.from_signal {
            facts.asks.clone()
        } else {
            Asks::default()
        };
        let action = given.action.unwrap_or(self.action);
        let mut urgency = given.urgency.unwrap_or(self.urgency);
        let mut strategic = given.strategic.unwrap_or(self.strategic);
        let mut revenue = given.revenue.unwrap_or(self.revenue);
        let ceiling = self.urgency_max.max(urgency);
        let mut because = Vec::new();
        for boost in self.boosts.iter().filter(|b| b.when.hold(facts, phrases)) {
            let why = boost.when.words(facts, phrases);
            let mut say = |what: &str, value: f64| {
                if value > 0.0 {
                    because.push(format!("{what}{value:.2}: {why}"));
                }
            };
            say("urgency +", boost.add_urgency);
            say("revenue +", boost.add_revenue);
            say("strategic +", boost.add_strategic);
            say("strategic at least ", boost.raise_strategic_to);
            urgency += boost.add_urgency;
            revenue += boost.add_revenue;
            strategic = (strategic + boost.add_strategic).max(boost.raise_strategic_to);
        }
        let template = if action == self.action {
            self.template.clone()
        } else {
            super::template::default_for(action).map(str::to_owned)
        };
        Proposal {
            rule: rule.to_owned(),
            action,
            title: self.title(action, facts),
            domain: given.domain.unwrap_or(self.domain),
            urgency: tidy(urgency.min(ceiling)),
            effort: tidy(given.effort.unwrap_or(self.effort)),
            strategic: tidy(strategic),
            revenue_hint: tidy(revenue),
            due_at: self.due_at(given.due, facts),
            template,
            because,
        }
    }

    fn due_at(&self, given: Option<Due>, facts: &SignalFacts) -> Timestamp {
        let after = match given {
            Some(Due::At(instant)) => return instant,
            Some(Due::After(duration)) => duration,
            None => {
                if let (Some(lead), Some(event)) = (self.due_before_event, facts.event_at) {
                    // An event so near that the lead time is past is still prepared for before it begins.
                    let due = event.checked_sub(lead).unwrap_or(event);
                    return if due > facts.occurred_at { due } else { event };
                }
                self.due
            }
        };
        facts
            .occurred_at
            .checked_add(after)
            .unwrap_or(Timestamp::MAX)
    }

    /// Fills in the title; where a placeholder has no value, the action's own name is better than a hole.
    fn title(&self, action: ActionKind, facts: &SignalFacts) -> String {
        let filled = self.title.as_deref().and_then(|title| {
            let mut out = String::new();
            let mut rest = title;
            while let Some((before, after)) = rest.split_once("{{") {
                let (name, tail) = after.split_once("}}")?;
                out.push_str(before);
                out.push_str(&facts.named(name.trim())?);
                rest = tail;
            }
            out.push_str(rest);
            Some(clean_line(&out, MAX_TITLE_CHARS)).filter(|t| !t.is_empty())
        });
        filled.unwrap_or_else(|| action.label())
    }
}

/// Rounds to a thousandth within 0..=1, so that .85 + .1 is .95 and not a hair off.
fn tidy(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
