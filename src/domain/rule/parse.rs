//! The reader of rules files: TOML by its spans, so that every mistake is named with its line and none hides another.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut, Range};

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::conditions::Conditions;
use super::{Boost, Effect, MAX_TITLE_CHARS, Recipe, Rule, RuleError, Rules};
use crate::domain::action::{ActionKind, Means};
use crate::domain::duration::parse_duration;
use crate::domain::email::MailClass;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::nearest;
use crate::domain::signal::{Domain, SignalKind};
use crate::domain::template;
use crate::domain::text::clean_line;
use crate::domain::toml_reader::{self, MAX_LIST, Node, TomlReader};

/// A bound on a file that a person writes; it keeps a wrong file from taking memory or time.
const MAX_RULES: usize = 1000;

const RULE_KEYS: &[&str] = &[
    "id",
    "enabled",
    "signal",
    "when",
    "action",
    "ignore",
    "title",
    "domain",
    "urgency",
    "effort",
    "strategic",
    "revenue",
    "due",
    "due_before_event",
    "urgency_max",
    "template",
    "from_signal",
    "boost",
];

const WHEN_KEYS: &[&str] = &[
    "label",
    "class",
    "stage",
    "lifecycle",
    "has_deal",
    "min_amount",
    "max_amount",
    "text",
    "buying_phrase",
    "thought_leader",
    "relevance_above",
    "relevance_below",
    "engagement_above",
    "payload",
];

const BOOST_KEYS: &[&str] = &[
    "when",
    "add_urgency",
    "add_revenue",
    "add_strategic",
    "raise_strategic_to",
];

const PLACEHOLDERS: &[&str] = &["company", "deal", "topic", "competitor", "step", "title"];

/// Reads a rules file; see [`Rules::parse`].
pub(super) fn parse(text: &str, file: &str, templates: &[&str]) -> Result<Rules, Vec<RuleError>> {
    toml_reader::read(text, file, |base, root| {
        Reader { base, templates }.file(root)
    })
}

struct Reader<'a, 'f> {
    base: &'a mut TomlReader<'f>,
    templates: &'a [&'a str],
}

impl<'f> Deref for Reader<'_, 'f> {
    type Target = TomlReader<'f>;

    fn deref(&self) -> &Self::Target {
        self.base
    }
}

impl DerefMut for Reader<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.base
    }
}

impl Reader<'_, '_> {
    fn file(&mut self, root: &DeTable<'_>) -> Rules {
        self.unknown_keys(root, &["rule", "buying_phrases"], "the file");
        let buying_phrases = root
            .get("buying_phrases")
            .map(|node| self.words(node, "buying_phrases"));
        let mut rules = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let Some(list) = root.get("rule") else {
            return Rules {
                rules,
                buying_phrases,
            };
        };
        let DeValue::Array(tables) = list.get_ref() else {
            self.wrong(
                list.span(),
                "rules are a list: begin each with [[rule]], in two pairs of brackets",
            );
            return Rules {
                rules,
                buying_phrases,
            };
        };
        if tables.len() > MAX_RULES {
            self.wrong(list.span(), &format!("more than {MAX_RULES} rules"));
        }
        for node in tables.iter().take(MAX_RULES) {
            let DeValue::Table(table) = node.get_ref() else {
                self.wrong(node.span(), "a rule is a table: begin it with [[rule]]");
                continue;
            };
            let Some(rule) = self.rule(table, node.span()) else {
                continue;
            };
            if let Some(first) = seen.get(&rule.id) {
                let span = table.get("id").map_or(node.span(), Spanned::span);
                self.wrong(
                    span,
                    &format!("the id \"{}\" is already taken on line {first}", rule.id),
                );
            } else {
                seen.insert(rule.id.clone(), rule.line);
            }
            rules.push(rule);
        }
        Rules {
            rules,
            buying_phrases,
        }
    }

    fn rule(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Rule> {
        self.unknown_keys(table, RULE_KEYS, "a rule");
        let line = self.place(span.start).0;
        let id = match table.get("id") {
            Some(node) => self.word(node, "id"),
            None => {
                self.wrong(span.clone(), "the rule has no id");
                None
            }
        };
        if let (Some(id), Some(node)) = (&id, table.get("id")) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !id.chars().all(plain) {
                self.wrong(
                    node.span(),
                    "an id has only letters, digits, dashes, underscores and dots",
                );
            }
        }
        let enabled = table
            .get("enabled")
            .and_then(|node| self.flag(node, "enabled"))
            .unwrap_or(true);
        // To switch a rule off, its id is enough.
        let bare = !enabled && !table.contains_key("signal") && !table.contains_key("action");
        if bare && let (Some(id), Some(node)) = (&id, table.get("id")) {
            self.is_builtin(id, node.span());
        }
        let signals = match table.get("signal") {
            Some(node) => self.signals(node),
            None if bare => Vec::new(),
            None => {
                self.wrong(span.clone(), "the rule has no signal");
                Vec::new()
            }
        };
        let when = table
            .get("when")
            .map_or_else(Conditions::default, |node| self.conditions(node));
        let ignore = table
            .get("ignore")
            .and_then(|node| self.flag(node, "ignore"))
            .unwrap_or(false);
        let recipe = self.recipe(table);
        let effect = match (ignore || bare, recipe) {
            (false, Some(recipe)) => Effect::Propose(Box::new(recipe)),
            (true, _) => {
                if let Some(node) = table.get("action").filter(|_| ignore) {
                    self.wrong(
                        node.span(),
                        "a rule has either an action or ignore = true, not both",
                    );
                }
                Effect::Ignore
            }
            (false, None) => {
                if !table.contains_key("action") {
                    self.wrong(span, "the rule has no action (or ignore = true)");
                }
                Effect::Ignore
            }
        };
        Some(Rule {
            id: id?,
            enabled,
            signals,
            when,
            effect,
            line,
        })
    }

    /// Complains about switching off what is not there.
    fn is_builtin(&mut self, id: &str, span: Range<usize>) {
        let ids: Vec<&str> = super::BUILTIN
            .lines()
            .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
            .collect();
        if !ids.contains(&id) {
            let hint = nearest(id, ids.iter().copied())
                .map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"));
            self.wrong(
                span,
                &format!(
                    "no built-in rule has the id \"{}\"{hint}",
                    clean_line(id, 60)
                ),
            );
        }
    }

    fn recipe(&mut self, table: &DeTable<'_>) -> Option<Recipe> {
        let share = |reader: &mut Self, key: &str| {
            table
                .get(key)
                .and_then(|node| reader.number(node, key, 0.0, 1.0))
        };
        let urgency = share(self, "urgency");
        let effort = share(self, "effort");
        let strategic = share(self, "strategic");
        let revenue = share(self, "revenue");
        let urgency_max = share(self, "urgency_max");
        if let (Some(base), Some(most), Some(node)) =
            (urgency, urgency_max, table.get("urgency_max"))
            && most < base
        {
            self.wrong(node.span(), "urgency_max is below the urgency");
        }
        let domain = table
            .get("domain")
            .and_then(|node| self.known::<Domain>(node, "domain"));
        let due = table.get("due").and_then(|node| self.length(node, "due"));
        let due_before_event = table
            .get("due_before_event")
            .and_then(|node| self.length(node, "due_before_event"));
        let title = table.get("title").and_then(|node| self.title(node));
        let from_signal = table
            .get("from_signal")
            .and_then(|node| self.flag(node, "from_signal"))
            .unwrap_or(false);
        let boosts = table.get("boost").map_or_else(Vec::new, |n| self.boosts(n));
        let action = table
            .get("action")
            .and_then(|node| self.known::<ActionKind>(node, "action"));
        let template = match (table.get("template"), action) {
            (Some(node), _) => self.template(node, action),
            (None, Some(action)) => template::default_for(action).map(str::to_owned),
            (None, None) => None,
        };
        let action = action?;
        let family = action.components();
        Some(Recipe {
            action,
            title,
            domain: domain.unwrap_or(Domain::Sales),
            urgency: urgency.unwrap_or(family.urgency),
            effort: effort.unwrap_or(family.effort),
            strategic: strategic.unwrap_or(family.strategic),
            revenue: revenue.unwrap_or(family.revenue),
            due: due.unwrap_or(SignedDuration::from_hours(24)),
            due_before_event,
            urgency_max: urgency_max.unwrap_or(1.0),
            template,
            from_signal,
            boosts,
        })
    }

    fn template(&mut self, node: Node<'_, '_>, action: Option<ActionKind>) -> Option<String> {
        let name = self.word(node, "template")?;
        if !self.templates.contains(&name.as_str()) {
            let hint = match nearest(&name, self.templates.iter().copied()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("there are: {}.", self.templates.join(", ")),
            };
            self.wrong(
                node.span(),
                &format!("there is no template \"{}\"; {hint}", clean_line(&name, 60)),
            );
        } else if let Some(action) = action
            && action.means() == Means::ByHand
        {
            self.wrong(
                node.span(),
                &format!("the action {action} sends no mail, so it has no template"),
            );
        }
        Some(name)
    }

    fn title(&mut self, node: Node<'_, '_>) -> Option<String> {
        let title = self.word(node, "title")?;
        if title.chars().count() > MAX_TITLE_CHARS {
            self.wrong(
                node.span(),
                &format!("the title is longer than {MAX_TITLE_CHARS} characters"),
            );
        }
        let mut rest = title.as_str();
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((name, tail)) = after.split_once("}}") else {
                self.wrong(node.span(), "the title has \"{{\" without \"}}\"");
                break;
            };
            let name = name.trim();
            if !PLACEHOLDERS.contains(&name) {
                let hint = match nearest(name, PLACEHOLDERS.iter().copied()) {
                    Some(meant) => format!("did you mean \"{{{{{meant}}}}}\"?"),
                    None => format!("one of: {}.", PLACEHOLDERS.join(", ")),
                };
                self.wrong(
                    node.span(),
                    &format!(
                        "a title cannot name \"{{{{{}}}}}\"; {hint}",
                        clean_line(name, 60)
                    ),
                );
            }
            rest = tail;
        }
        Some(title)
    }

    fn boosts(&mut self, node: Node<'_, '_>) -> Vec<Boost> {
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(node.span(), "boost is a list of tables: boost = [{ ... }]");
            return Vec::new();
        };
        let mut boosts = Vec::new();
        for item in items.iter().take(MAX_LIST) {
            let DeValue::Table(table) = item.get_ref() else {
                self.wrong(item.span(), "a boost is a table: { when = { ... }, ... }");
                continue;
            };
            self.unknown_keys(table, BOOST_KEYS, "a boost");
            let mut share = |key: &str| {
                table
                    .get(key)
                    .and_then(|n| self.number(n, key, 0.0, 1.0))
                    .unwrap_or(0.0)
            };
            let (add_urgency, add_revenue) = (share("add_urgency"), share("add_revenue"));
            let add_strategic = share("add_strategic");
            let raise_strategic_to = share("raise_strategic_to");
            let Some(when) = table.get("when") else {
                self.wrong(item.span(), "the boost has no conditions (when)");
                continue;
            };
            if table.len() < 2 {
                self.wrong(item.span(), "the boost raises nothing");
            }
            boosts.push(Boost {
                when: self.conditions(when),
                add_urgency,
                add_revenue,
                add_strategic,
                raise_strategic_to,
            });
        }
        boosts
    }

    fn conditions(&mut self, node: Node<'_, '_>) -> Conditions {
        let DeValue::Table(table) = node.get_ref() else {
            self.wrong(node.span(), "conditions are a table: when = { ... }");
            return Conditions::default();
        };
        self.unknown_keys(table, WHEN_KEYS, "the conditions");
        let mut words = |key: &str, known: &[&str]| match table.get(key) {
            Some(node) => self.listed(node, key, known),
            None => Vec::new(),
        };
        let labels: Vec<&str> = ReplyLabel::ALL.iter().map(|l| l.as_str()).collect();
        let classes: Vec<&str> = MailClass::ALL.iter().map(|c| c.as_str()).collect();
        let (label, class) = (words("label", &labels), words("class", &classes));
        let (stage, lifecycle) = (words("stage", &[]), words("lifecycle", &[]));
        let text = words("text", &[]);
        let mut flag = |key: &str| table.get(key).and_then(|node| self.flag(node, key));
        let (has_deal, buying_phrase) = (flag("has_deal"), flag("buying_phrase"));
        let thought_leader = flag("thought_leader");
        let mut number = |key: &str, most: f64| {
            table
                .get(key)
                .and_then(|node| self.number(node, key, 0.0, most))
        };
        let (min_amount, max_amount) = (number("min_amount", 1e13), number("max_amount", 1e13));
        let relevance_above = number("relevance_above", 1.0);
        let relevance_below = number("relevance_below", 1.0);
        let engagement_above = number("engagement_above", 1e12);
        if let (Some(least), Some(most), Some(node)) =
            (min_amount, max_amount, table.get("max_amount"))
            && most < least
        {
            self.wrong(node.span(), "max_amount is below min_amount");
        }
        let payload = table
            .get("payload")
            .map_or_else(Vec::new, |n| self.payload(n));
        Conditions {
            label,
            class,
            stage,
            lifecycle,
            has_deal,
            min_amount,
            max_amount,
            text,
            buying_phrase,
            thought_leader,
            relevance_above,
            relevance_below,
            engagement_above,
            payload,
        }
    }

    fn payload(&mut self, node: Node<'_, '_>) -> Vec<(String, Vec<String>)> {
        let DeValue::Table(table) = node.get_ref() else {
            self.wrong(
                node.span(),
                "payload is a table: payload = { field = [\"value\"] }",
            );
            return Vec::new();
        };
        table
            .iter()
            .take(MAX_LIST)
            .map(|(key, node)| {
                let name = key.get_ref().to_string();
                let values = self.listed(node, &name, &[]);
                (name, values)
            })
            .collect()
    }

    fn signals(&mut self, node: Node<'_, '_>) -> Vec<SignalKind> {
        let nodes: Vec<Node<'_, '_>> = match node.get_ref() {
            DeValue::Array(items) => items.iter().take(MAX_LIST).collect(),
            _ => vec![node],
        };
        if nodes.is_empty() {
            self.wrong(node.span(), "the rule has no signal");
        }
        nodes
            .into_iter()
            .filter_map(|node| self.known::<SignalKind>(node, "signal"))
            .collect()
    }

    /// Reads a word or a list of words; `known` is empty where any word will do.
    fn listed(&mut self, node: Node<'_, '_>, key: &str, known: &[&str]) -> Vec<String> {
        let words = match node.get_ref() {
            DeValue::Array(_) => self.words(node, key),
            _ => self.word(node, key).into_iter().collect(),
        };
        if !known.is_empty() {
            for word in words.iter().filter(|w| !known.contains(&w.as_str())) {
                let span = self.item_span(node, word);
                let hint = match nearest(word, known.iter().copied()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => format!("one of: {}.", known.join(", ")),
                };
                let shown = clean_line(word, 60);
                self.wrong(span, &format!("unknown {key} \"{shown}\"; {hint}"));
            }
        }
        words
    }

    /// Returns the place of an item of a list.
    fn item_span(&self, node: Node<'_, '_>, word: &str) -> Range<usize> {
        match node.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .find(|item| item.get_ref().as_str() == Some(word))
                .map_or(node.span(), Spanned::span),
            _ => node.span(),
        }
    }

    fn length(&mut self, node: Node<'_, '_>, key: &str) -> Option<SignedDuration> {
        let word = self.word(node, key)?;
        parse_duration(&word)
            .map_err(|message| self.wrong(node.span(), &message))
            .ok()
    }
}
