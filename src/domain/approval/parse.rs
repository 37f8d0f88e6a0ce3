//! The reader of `approval.toml`.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::expression::{Condition, MAX_CONDITION_CHARS};
use super::{ApprovalRule, RuleEffect, RuleState};
use crate::domain::rule::RuleError;
use crate::domain::text::clean_line;
use crate::domain::toml_reader::{self, Node, TomlReader};

const MAX_RULES: usize = 500;
const MAX_CONDITIONS: usize = 50;
const MAX_REASON_CHARS: usize = 300;
const MAX_NAME_CHARS: usize = 60;

const KEYS: &[&str] = &[
    "name",
    "version",
    "effect",
    "state",
    "when",
    "confidence",
    "reason",
    "may_mail_strangers",
];

pub(super) fn parse(text: &str, file: &str) -> Result<Vec<ApprovalRule>, Vec<RuleError>> {
    toml_reader::read(text, file, rules)
}

fn rules(reader: &mut TomlReader<'_>, root: &DeTable<'_>) -> Vec<ApprovalRule> {
    reader.unknown_keys(root, &["rule"], "the file");
    let mut rules: Vec<ApprovalRule> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let Some(list) = root.get("rule") else {
        return rules;
    };
    let DeValue::Array(tables) = list.get_ref() else {
        reader.wrong(
            list.span(),
            "rules are a list: begin each with [[rule]], in two pairs of brackets",
        );
        return rules;
    };
    if tables.len() > MAX_RULES {
        reader.wrong(list.span(), &format!("more than {MAX_RULES} rules"));
    }
    for node in tables.iter().take(MAX_RULES) {
        let DeValue::Table(table) = node.get_ref() else {
            reader.wrong(node.span(), "a rule is a table: begin it with [[rule]]");
            continue;
        };
        let Some(rule) = rule(reader, table, node.span()) else {
            continue;
        };
        match seen.get(&rule.name) {
            Some(first) => {
                let span = table.get("name").map_or(node.span(), Spanned::span);
                let message = format!(
                    "the name \"{}\" is already taken on line {first}",
                    rule.name
                );
                reader.wrong(span, &message);
            }
            None => drop(seen.insert(rule.name.clone(), rule.line)),
        }
        rules.push(rule);
    }
    rules
}

fn rule(
    reader: &mut TomlReader<'_>,
    table: &DeTable<'_>,
    span: Range<usize>,
) -> Option<ApprovalRule> {
    reader.unknown_keys(table, KEYS, "a rule of approval");
    let line = reader.place(span.start).0;
    for needed in ["name", "effect", "when", "reason"] {
        if !table.contains_key(needed) {
            reader.wrong(span.clone(), &format!("the rule has no {needed}"));
        }
    }
    let name = table.get("name").and_then(|node| name(reader, node));
    let version = table.get("version").map_or(Some(1.0), |node| {
        let version = reader.number(node, "version", 1.0, 1e6)?;
        if version.fract() != 0.0 {
            reader.wrong(node.span(), "version must be a whole number");
        }
        Some(version)
    });
    let effect = table
        .get("effect")
        .and_then(|node| reader.known::<RuleEffect>(node, "effect"));
    let state = table
        .get("state")
        .map_or(Some(RuleState::default()), |node| {
            reader.known::<RuleState>(node, "state")
        });
    let when = table
        .get("when")
        .map_or_else(Vec::new, |node| conditions(reader, node));
    let confidence = table
        .get("confidence")
        .and_then(|node| reader.number(node, "confidence", 0.0, 1.0));
    let may_mail_strangers = table
        .get("may_mail_strangers")
        .and_then(|node| reader.flag(node, "may_mail_strangers"))
        .unwrap_or(false);
    match effect {
        Some(RuleEffect::Allow) if !table.contains_key("confidence") => reader.wrong(
            span,
            "an allow rule says how sure it is: confidence, from 0 to 1",
        ),
        Some(RuleEffect::Deny) => {
            for (key, node) in ["confidence", "may_mail_strangers"]
                .iter()
                .filter_map(|key| Some((key, table.get(*key)?)))
            {
                reader.wrong(node.span(), &format!("{key} is only for allow rules"));
            }
        }
        _ => {}
    }
    let reason = table
        .get("reason")
        .and_then(|node| reader.text(node, "reason", MAX_REASON_CHARS));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and within 1..=1e6"
    )]
    Some(ApprovalRule {
        name: name?,
        version: version? as u32,
        effect: effect?,
        state: state?,
        when,
        confidence,
        reason: clean_line(&reason?, MAX_REASON_CHARS),
        may_mail_strangers,
        line,
    })
}

fn name(reader: &mut TomlReader<'_>, node: Node<'_, '_>) -> Option<String> {
    let name = reader.text(node, "name", MAX_NAME_CHARS)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(plain) {
        return Some(name);
    }
    reader.wrong(
        node.span(),
        "a name has only letters, digits, dashes, underscores and dots",
    );
    None
}

fn conditions(reader: &mut TomlReader<'_>, node: Node<'_, '_>) -> Vec<Condition> {
    let nodes: Vec<Node<'_, '_>> = match node.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![node],
    };
    if nodes.is_empty() {
        reader.wrong(
            node.span(),
            "a rule without conditions would decide everything; if that is meant, write when = \"true\"",
        );
    }
    if nodes.len() > MAX_CONDITIONS {
        reader.wrong(
            node.span(),
            &format!("more than {MAX_CONDITIONS} conditions"),
        );
    }
    nodes
        .into_iter()
        .take(MAX_CONDITIONS)
        .filter_map(|node| {
            let text = reader.text(node, "when", MAX_CONDITION_CHARS)?;
            Condition::parse(&text)
                .map_err(|wrong| reader.wrong_below(node.span(), wrong.line, &wrong.message))
                .ok()
        })
        .collect()
}
