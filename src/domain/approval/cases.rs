//! Unit cases for rules of approval: facts as JSON, one case a line, with the expected decision.

use serde::{Deserialize, Serialize};

use super::ApprovalRules;
use super::decide::{Verdict, decide};
use super::facts::Facts;
use crate::domain::text::clean_line;

const MAX_CASES: usize = 100_000;

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The line of the file, from 1.
    pub line: usize,
    /// The case's subject, in words.
    pub name: String,
    /// The facts: those that the line gives, over those of a plain case.
    pub facts: Facts,
    /// The expected verdict.
    pub expect: Verdict,
    /// The expected rule or hard denial, if the line names one.
    pub rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    name: String,
    #[serde(default)]
    facts: serde_json::Value,
    expect: Verdict,
    #[serde(default)]
    rule: Option<String>,
}

/// Result of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseResult {
    /// The line of the file, from 1.
    pub line: usize,
    /// The case's subject, in words.
    pub name: String,
    /// True if the decision was as expected.
    pub passed: bool,
    /// The expected verdict, with the rule if one was named.
    pub expected: String,
    /// The decision.
    pub got: Verdict,
    /// The rule or hard denial that decided; empty if none did.
    pub rule: String,
    /// The rule's confidence, 0..=1.
    pub confidence: Option<f64>,
    /// Reason for the decision.
    pub reason: String,
}

/// Reads cases; empty lines and lines that begin with `#` or `//` are skipped.
///
/// # Errors
/// Returns every malformed line, by its number.
pub fn read_cases(text: &str) -> Result<Vec<Case>, Vec<(usize, String)>> {
    let (mut cases, mut mistakes) = (Vec::new(), Vec::new());
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') || content.starts_with("//") {
            continue;
        }
        if cases.len() + mistakes.len() >= MAX_CASES {
            mistakes.push((line, format!("more than {MAX_CASES} cases")));
            break;
        }
        match read_case(line, content) {
            Ok(case) => cases.push(case),
            Err(message) => mistakes.push((line, message)),
        }
    }
    if mistakes.is_empty() {
        Ok(cases)
    } else {
        Err(mistakes)
    }
}

fn read_case(line: usize, content: &str) -> Result<Case, String> {
    let read: Line = serde_json::from_str(content).map_err(|e| clean_line(&e.to_string(), 300))?;
    let mut facts = Facts::of_a_plain_case();
    if !read.facts.is_null() {
        facts.take_json(&read.facts)?;
    }
    let name = match clean_line(&read.name, 120) {
        name if name.is_empty() => format!("line {line}"),
        name => name,
    };
    Ok(Case {
        line,
        name,
        facts,
        expect: read.expect,
        rule: read.rule,
    })
}

/// Asks the rules about a case.
#[must_use]
pub fn check_case(rules: &ApprovalRules, case: &Case) -> CaseResult {
    let decision = decide(rules, &case.facts).acting;
    let is_rule = case
        .rule
        .as_deref()
        .is_none_or(|rule| rule == decision.decider());
    CaseResult {
        line: case.line,
        name: case.name.clone(),
        passed: decision.verdict == case.expect && is_rule,
        expected: match &case.rule {
            Some(rule) => format!("{} by {rule}", case.expect),
            None => case.expect.to_string(),
        },
        got: decision.verdict,
        rule: decision.decider().to_owned(),
        confidence: decision.confidence,
        reason: decision.reason,
    }
}
