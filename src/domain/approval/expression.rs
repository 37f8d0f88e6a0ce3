//! Conditions of rules: the expressions of the templates, parsed by the templates' own parser, checked against the table of variables
//! and made into a tree that only compares values.
//!
//! The tree cannot loop, call, allocate without bound or reach anything outside the facts, so asking it costs at most as much as it is
//! long. Mistakes are found when the file is read: an unknown variable, a comparison of a text with a number, an unknown
//! function. At evaluation only one thing can fail: a fact that nobody knows.

use std::borrow::Cow;
use std::fmt;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;

use super::facts::{Facts, Kind, Value, Variable};
use crate::domain::text::clean_line;

/// The most characters of one condition.
pub const MAX_CONDITION_CHARS: usize = 2000;
const MAX_NODES: usize = 400;

/// A condition, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    root: Flag,
    variables: Vec<Variable>,
}

/// A mistake in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongCondition {
    /// The line within the condition, from 0.
    pub line: usize,
    /// The mistake, and the nearest correct form.
    pub message: String,
}

/// Lack of an answer to a condition. It neither allows nor passes a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKnown {
    /// A fact that the condition needs and nobody knows.
    Fact(Variable),
    /// Arithmetic that comes to no number, such as a division by zero.
    NoNumber,
}

impl fmt::Display for NotKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(variable) => write!(f, "{variable} is not known"),
            Self::NoNumber => {
                f.write_str("its arithmetic comes to no number (a division by zero?)")
            }
        }
    }
}

type Answer<T> = Result<T, NotKnown>;
type Read<T> = Result<T, WrongCondition>;

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Names the mistake and its line.
    pub fn parse(text: &str) -> Read<Self> {
        if text.chars().count() > MAX_CONDITION_CHARS {
            return Err(WrongCondition {
                line: 0,
                message: format!("the condition is longer than {MAX_CONDITION_CHARS} characters"),
            });
        }
        let expression = parse_expr(text).map_err(|e| WrongCondition {
            line: e.line().unwrap_or(1).saturating_sub(1),
            message: clean_line(e.detail().unwrap_or("this is no expression"), 300),
        })?;
        let mut reader = Reader {
            left: MAX_NODES,
            variables: Vec::new(),
        };
        let root = reader.flag(&expression)?;
        Ok(Self {
            text: text.trim().to_owned(),
            root,
            variables: reader.variables,
        })
    }

    /// Returns the condition as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the variables in it.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Tells whether the condition holds.
    ///
    /// # Errors
    /// Names what keeps it from being answered.
    pub fn holds(&self, facts: &Facts) -> Result<bool, NotKnown> {
        self.root.ask(facts)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Flag(Flag),
    Number(Number),
    Text(Text),
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
enum Flag {
    Is(bool),
    Of(Variable),
    OrElse(Variable, bool),
    Known(Variable),
    Not(Box<Flag>),
    And(Box<(Flag, Flag)>),
    Or(Box<(Flag, Flag)>),
    Same(Box<(Flag, Flag)>),
    Numbers(Order, Box<(Number, Number)>),
    Texts(Order, Box<(Text, Text)>),
    NumberAmong(Number, Vec<f64>),
    TextAmong(Text, Vec<String>),
    Contains { text: Text, part: Text },
    Begins { text: Text, part: Text },
    Ends { text: Text, part: Text },
}

#[derive(Debug, Clone, PartialEq)]
enum Number {
    Is(f64),
    Of(Variable),
    OrElse(Variable, f64),
    Negative(Box<Number>),
    Sum(Arithmetic, Box<(Number, Number)>),
    Absolute(Box<Number>),
    Length(Text),
}

#[derive(Debug, Clone, PartialEq)]
enum Text {
    Is(String),
    Of(Variable),
    OrElse(Variable, String),
    Lower(Box<Text>),
    Upper(Box<Text>),
    Trim(Box<Text>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
}

impl Order {
    fn holds<T: PartialOrd + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::More => a > b,
            Self::MoreOrEqual => a >= b,
        }
    }
}

impl Flag {
    fn ask(&self, facts: &Facts) -> Answer<bool> {
        Ok(match self {
            Self::Is(flag) => *flag,
            Self::Of(variable) => facts.flag(*variable).ok_or(NotKnown::Fact(*variable))?,
            Self::OrElse(variable, other) => facts.flag(*variable).unwrap_or(*other),
            Self::Known(variable) => *facts.get(*variable) != Value::Unknown,
            Self::Not(flag) => !flag.ask(facts)?,
            Self::And(both) => both.0.ask(facts)? && both.1.ask(facts)?,
            Self::Or(both) => both.0.ask(facts)? || both.1.ask(facts)?,
            Self::Same(both) => both.0.ask(facts)? == both.1.ask(facts)?,
            Self::Numbers(order, both) => order.holds(&both.0.ask(facts)?, &both.1.ask(facts)?),
            Self::Texts(order, both) => {
                order.holds(both.0.ask(facts)?.as_ref(), both.1.ask(facts)?.as_ref())
            }
            Self::NumberAmong(number, list) => list.contains(&number.ask(facts)?),
            Self::TextAmong(text, list) => {
                let text = text.ask(facts)?;
                list.iter().any(|one| *one == text)
            }
            Self::Contains { text, part } => match (text, part) {
                // The usual way to ask, and asked of every move: a short text is not copied for it.
                (Text::Lower(text), Text::Is(part)) => {
                    let text = text.ask(facts)?;
                    if text.len() < SHORT && text.is_ascii() {
                        has_place(text.as_bytes(), part.as_bytes(), |byte| {
                            byte.to_ascii_lowercase()
                        })
                    } else {
                        contains(&lower(text), part)
                    }
                }
                _ => contains(&text.ask(facts)?, &part.ask(facts)?),
            },
            Self::Begins { text, part } => text.ask(facts)?.starts_with(part.ask(facts)?.as_ref()),
            Self::Ends { text, part } => text.ask(facts)?.ends_with(part.ask(facts)?.as_ref()),
        })
    }
}

impl Number {
    fn ask(&self, facts: &Facts) -> Answer<f64> {
        let number = match self {
            Self::Is(number) => *number,
            Self::Of(variable) => facts.number(*variable).ok_or(NotKnown::Fact(*variable))?,
            Self::OrElse(variable, other) => facts.number(*variable).unwrap_or(*other),
            Self::Negative(number) => -number.ask(facts)?,
            Self::Absolute(number) => number.ask(facts)?.abs(),
            Self::Length(text) => {
                u32::try_from(text.ask(facts)?.chars().count()).map_or(f64::MAX, f64::from)
            }
            Self::Sum(how, both) => {
                let (a, b) = (both.0.ask(facts)?, both.1.ask(facts)?);
                match how {
                    Arithmetic::Plus => a + b,
                    Arithmetic::Minus => a - b,
                    Arithmetic::Times => a * b,
                    Arithmetic::Over => a / b,
                }
            }
        };
        // A quotient by zero is no number, and a comparison with it would allow what nobody meant.
        if number.is_finite() {
            Ok(number)
        } else {
            Err(NotKnown::NoNumber)
        }
    }
}

impl Text {
    fn ask<'a>(&'a self, facts: &'a Facts) -> Answer<Cow<'a, str>> {
        Ok(match self {
            Self::Is(text) => Cow::Borrowed(text),
            Self::Of(variable) => {
                Cow::Borrowed(facts.text(*variable).ok_or(NotKnown::Fact(*variable))?)
            }
            Self::OrElse(variable, other) => Cow::Borrowed(facts.text(*variable).unwrap_or(other)),
            Self::Lower(text) => lower(text.ask(facts)?),
            Self::Upper(text) => Cow::Owned(text.ask(facts)?.to_uppercase()),
            Self::Trim(text) => Cow::Owned(text.ask(facts)?.trim().to_owned()),
        })
    }
}

/// In a text shorter than this, looking at each place costs less than the library's preparation for long ones.
const SHORT: usize = 128;

/// Tells whether a text has a part.
fn contains(text: &str, part: &str) -> bool {
    if text.len() >= SHORT {
        return text.contains(part);
    }
    has_place(text.as_bytes(), part.as_bytes(), |byte| byte)
}

/// Looks for a part at each place of a text whose bytes are read through `read`. Most places end at the first byte.
fn has_place(text: &[u8], part: &[u8], read: impl Fn(u8) -> u8) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(part.len()) else {
        return false;
    };
    text.iter().enumerate().take(last + 1).any(|(at, byte)| {
        read(*byte) == *first
            && text
                .get(at + 1..at + part.len())
                .is_some_and(|place| place.iter().zip(rest).all(|(a, b)| read(*a) == *b))
    })
}

/// Lowers a text, quickly where it is plain: this is asked of every move.
fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.to_lowercase());
    }
    match text.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => text,
    }
}

struct Reader {
    left: usize,
    variables: Vec<Variable>,
}

fn wrong<T>(at: &Expr<'_>, message: impl Into<String>) -> Read<T> {
    Err(WrongCondition {
        line: usize::from(at.span().start_line).saturating_sub(1),
        message: message.into(),
    })
}

impl Reader {
    fn flag(&mut self, expression: &Expr<'_>) -> Read<Flag> {
        match self.node(expression)? {
            Node::Flag(flag) => Ok(flag),
            other => wrong(
                expression,
                format!(
                    "{} stands where true or false is needed; compare it with something",
                    what(&other)
                ),
            ),
        }
    }

    fn number(&mut self, expression: &Expr<'_>) -> Read<Number> {
        match self.node(expression)? {
            Node::Number(number) => Ok(number),
            other => wrong(
                expression,
                format!("{} stands where a number is needed", what(&other)),
            ),
        }
    }

    fn text(&mut self, expression: &Expr<'_>) -> Read<Text> {
        match self.node(expression)? {
            Node::Text(text) => Ok(text),
            other => wrong(
                expression,
                format!("{} stands where a text is needed", what(&other)),
            ),
        }
    }

    fn node(&mut self, expression: &Expr<'_>) -> Read<Node> {
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => {
                return wrong(
                    expression,
                    "the condition has too many parts; make two rules of it",
                );
            }
        };
        match expression {
            Expr::Const(constant) => constant_node(expression, &constant.value),
            Expr::Var(var) => {
                let name = clean_line(var.id, 60);
                wrong(
                    expression,
                    format!(
                        "{name} is no variable: each has a group, such as contact.stage{}",
                        Variable::hint(&name)
                    ),
                )
            }
            Expr::GetAttr(_) => Ok(match self.variable(expression)? {
                v if v.kind() == Kind::Flag => Node::Flag(Flag::Of(v)),
                v if v.kind() == Kind::Number => Node::Number(Number::Of(v)),
                v => Node::Text(Text::Of(v)),
            }),
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => Ok(Node::Flag(Flag::Not(Box::new(self.flag(&unary.expr)?)))),
                UnaryOpKind::Neg => Ok(Node::Number(Number::Negative(Box::new(
                    self.number(&unary.expr)?,
                )))),
            },
            Expr::BinOp(binary) => self.binary(expression, binary.op, &binary.left, &binary.right),
            Expr::Compare(compare) => {
                let mut whole: Option<Flag> = None;
                let mut left = &compare.expr;
                for step in &compare.ops {
                    let one = self.compare(expression, step.op, left, &step.expr)?;
                    whole = Some(match whole {
                        None => one,
                        Some(before) => Flag::And(Box::new((before, one))),
                    });
                    left = &step.expr;
                }
                Ok(Node::Flag(whole.unwrap_or(Flag::Is(true))))
            }
            Expr::Test(test) => self.test(expression, test.name, &test.expr, &test.args),
            Expr::Filter(filter) => {
                let Some(inner) = &filter.expr else {
                    return wrong(expression, "a filter needs something before it");
                };
                self.filter(expression, filter.name, inner, &filter.args)
            }
            Expr::List(list) => self.list(expression, &list.items),
            Expr::Tuple(list) => self.list(expression, &list.items),
            Expr::IfExpr(_) => wrong(expression, "there is no if within a condition; use and, or"),
            Expr::Call(_) => wrong(expression, "there are no functions in conditions"),
            Expr::GetItem(_) | Expr::Slice(_) => wrong(
                expression,
                "there are no brackets after a variable; write contact.stage",
            ),
            Expr::Map(_) => wrong(expression, "there are no maps in conditions"),
        }
    }

    fn binary(
        &mut self,
        at: &Expr<'_>,
        op: BinOpKind,
        left: &Expr<'_>,
        right: &Expr<'_>,
    ) -> Read<Node> {
        let compared = match op {
            BinOpKind::Eq => CompareOpKind::Eq,
            BinOpKind::Ne => CompareOpKind::Ne,
            BinOpKind::Lt => CompareOpKind::Lt,
            BinOpKind::Lte => CompareOpKind::Lte,
            BinOpKind::Gt => CompareOpKind::Gt,
            BinOpKind::Gte => CompareOpKind::Gte,
            BinOpKind::In => CompareOpKind::In,
            BinOpKind::ScAnd => {
                let both = (self.flag(left)?, self.flag(right)?);
                return Ok(Node::Flag(Flag::And(Box::new(both))));
            }
            BinOpKind::ScOr => {
                let both = (self.flag(left)?, self.flag(right)?);
                return Ok(Node::Flag(Flag::Or(Box::new(both))));
            }
            BinOpKind::Add => return self.sum(Arithmetic::Plus, left, right),
            BinOpKind::Sub => return self.sum(Arithmetic::Minus, left, right),
            BinOpKind::Mul => return self.sum(Arithmetic::Times, left, right),
            BinOpKind::Div => return self.sum(Arithmetic::Over, left, right),
            BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow | BinOpKind::Concat => {
                return wrong(at, "of arithmetic there is only + - * /");
            }
        };
        self.compare(at, compared, left, right).map(Node::Flag)
    }

    fn sum(&mut self, how: Arithmetic, left: &Expr<'_>, right: &Expr<'_>) -> Read<Node> {
        let both = (self.number(left)?, self.number(right)?);
        Ok(Node::Number(Number::Sum(how, Box::new(both))))
    }

    fn compare(
        &mut self,
        at: &Expr<'_>,
        op: CompareOpKind,
        left: &Expr<'_>,
        right: &Expr<'_>,
    ) -> Read<Flag> {
        let order = match op {
            CompareOpKind::Eq => Order::Equal,
            CompareOpKind::Ne => Order::NotEqual,
            CompareOpKind::Lt => Order::Less,
            CompareOpKind::Lte => Order::LessOrEqual,
            CompareOpKind::Gt => Order::More,
            CompareOpKind::Gte => Order::MoreOrEqual,
            CompareOpKind::In => return self.among(at, left, right),
            CompareOpKind::NotIn => {
                return Ok(Flag::Not(Box::new(self.among(at, left, right)?)));
            }
        };
        match (self.node(left)?, self.node(right)?) {
            (Node::Number(a), Node::Number(b)) => Ok(Flag::Numbers(order, Box::new((a, b)))),
            (Node::Text(a), Node::Text(b)) => Ok(Flag::Texts(order, Box::new((a, b)))),
            (Node::Flag(a), Node::Flag(b)) => {
                let same = Flag::Same(Box::new((a, b)));
                match order {
                    Order::Equal => Ok(same),
                    Order::NotEqual => Ok(Flag::Not(Box::new(same))),
                    _ => wrong(at, "true and false have no order; compare them with =="),
                }
            }
            (a, b) => wrong(at, format!("{} is compared with {}", what(&a), what(&b))),
        }
    }

    fn among(&mut self, at: &Expr<'_>, left: &Expr<'_>, right: &Expr<'_>) -> Read<Flag> {
        match (self.node(left)?, self.node(right)?) {
            (Node::Text(text), Node::Texts(list)) => Ok(Flag::TextAmong(text, list)),
            (Node::Number(number), Node::Numbers(list)) => Ok(Flag::NumberAmong(number, list)),
            (Node::Text(part), Node::Text(text)) => Ok(Flag::Contains { text, part }),
            (a, b) => wrong(at, format!("{} cannot be in {}", what(&a), what(&b))),
        }
    }

    fn test(
        &mut self,
        at: &Expr<'_>,
        name: &str,
        inner: &Expr<'_>,
        args: &[CallArg<'_>],
    ) -> Read<Node> {
        let flag = match (name, args) {
            ("defined", []) => Flag::Known(self.variable(inner)?),
            ("undefined" | "none", []) => Flag::Not(Box::new(Flag::Known(self.variable(inner)?))),
            ("startingwith", [CallArg::Pos(part)]) => Flag::Begins {
                text: self.text(inner)?,
                part: self.text(part)?,
            },
            ("endingwith", [CallArg::Pos(part)]) => Flag::Ends {
                text: self.text(inner)?,
                part: self.text(part)?,
            },
            _ => {
                return wrong(
                    at,
                    format!(
                        "there is no test \"{}\" like this; there are: defined, undefined, startingwith(\"…\"), endingwith(\"…\")",
                        clean_line(name, 40)
                    ),
                );
            }
        };
        Ok(Node::Flag(flag))
    }

    fn filter(
        &mut self,
        at: &Expr<'_>,
        name: &str,
        inner: &Expr<'_>,
        args: &[CallArg<'_>],
    ) -> Read<Node> {
        match (name, args) {
            ("lower", []) => Ok(Node::Text(Text::Lower(Box::new(self.text(inner)?)))),
            ("upper", []) => Ok(Node::Text(Text::Upper(Box::new(self.text(inner)?)))),
            ("trim", []) => Ok(Node::Text(Text::Trim(Box::new(self.text(inner)?)))),
            ("length", []) => Ok(Node::Number(Number::Length(self.text(inner)?))),
            ("abs", []) => Ok(Node::Number(Number::Absolute(Box::new(
                self.number(inner)?,
            )))),
            ("default", [CallArg::Pos(other)]) => {
                let variable = self.variable(inner)?;
                match (variable.kind(), self.node(other)?) {
                    (Kind::Flag, Node::Flag(Flag::Is(flag))) => {
                        Ok(Node::Flag(Flag::OrElse(variable, flag)))
                    }
                    (Kind::Number, Node::Number(Number::Is(number))) => {
                        Ok(Node::Number(Number::OrElse(variable, number)))
                    }
                    (Kind::Text, Node::Text(Text::Is(text))) => {
                        Ok(Node::Text(Text::OrElse(variable, text)))
                    }
                    (kind, _) => wrong(
                        at,
                        format!(
                            "the default of {variable} must be {}, written out",
                            kind.with_article()
                        ),
                    ),
                }
            }
            _ => wrong(
                at,
                format!(
                    "there is no filter \"{}\" like this; there are: lower, upper, trim, length, abs, default(…)",
                    clean_line(name, 40)
                ),
            ),
        }
    }

    fn variable(&mut self, expression: &Expr<'_>) -> Read<Variable> {
        if let Expr::GetAttr(attribute) = expression
            && let Expr::Var(group) = &attribute.expr
        {
            let full = clean_line(&format!("{}.{}", group.id, attribute.name), 80);
            return match Variable::find(group.id, attribute.name) {
                Some(variable) => {
                    self.variables.push(variable);
                    Ok(variable)
                }
                None => wrong(
                    expression,
                    format!("there is no variable {full}{}", Variable::hint(&full)),
                ),
            };
        }
        wrong(
            expression,
            "here a variable is needed, such as contact.stage",
        )
    }

    fn list(&mut self, at: &Expr<'_>, items: &[Expr<'_>]) -> Read<Node> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for item in items {
            match self.node(item)? {
                Node::Text(Text::Is(text)) => texts.push(text),
                Node::Number(Number::Is(number)) => numbers.push(number),
                _ => return wrong(item, "a list holds texts or numbers, written out"),
            }
        }
        match (texts.is_empty(), numbers.is_empty()) {
            (false, true) => Ok(Node::Texts(texts)),
            (true, false) => Ok(Node::Numbers(numbers)),
            (true, true) => wrong(at, "the list is empty"),
            (false, false) => wrong(at, "a list holds either texts or numbers"),
        }
    }
}

fn constant_node(at: &Expr<'_>, value: &minijinja::Value) -> Read<Node> {
    // From here on a whole number is read as another one.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let is_whole = value.is_integer();
    let number = || {
        f64::try_from(value.clone())
            .ok()
            .filter(|n| n.is_finite() && (!is_whole || n.abs() < MOST))
    };
    match value.kind() {
        ValueKind::Bool => Ok(Node::Flag(Flag::Is(value.is_true()))),
        ValueKind::String => Ok(Node::Text(Text::Is(
            value.as_str().unwrap_or_default().to_owned(),
        ))),
        ValueKind::Number => match number() {
            Some(number) => Ok(Node::Number(Number::Is(number))),
            None => wrong(at, "this number is too large"),
        },
        _ => wrong(
            at,
            "there is no value none; ask whether a variable is known by `is defined`",
        ),
    }
}

fn what(node: &Node) -> &'static str {
    match node {
        Node::Flag(_) => "true or false",
        Node::Number(_) => "a number",
        Node::Text(_) => "a text",
        Node::Numbers(_) | Node::Texts(_) => "a list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts() -> Facts {
        let mut facts = Facts::of_a_plain_case();
        facts.set(Variable::ContactStage, "customer");
        facts.set(Variable::ContactEmail, "Ann@acme.example");
        facts.set(Variable::ContactFit, 0.8);
        facts.set(Variable::HistoryReplies, 3_u32);
        facts.set(Variable::DealAmount, 12_500.0);
        facts
    }

    #[test]
    fn conditions_say_what_they_look_like() {
        let check = |text: &str, expect: bool| {
            let condition = Condition::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(condition.holds(&facts()), Ok(expect), "{text}");
        };
        check("contact.icp_fit >= 0.8", true);
        check("contact.icp_fit > 0.8", false);
        check("0.5 < contact.icp_fit <= 0.8", true);
        check(
            "contact.stage == \"customer\" and not contact.suppressed",
            true,
        );
        check("contact.stage in [\"lead\", \"customer\"]", true);
        check("contact.stage not in [\"lead\", \"other\"]", true);
        check("history.replies in [1, 2, 3]", true);
        check("\"@acme\" in contact.email", true);
        check("\"@acme.\" in contact.email|lower", true);
        check("\"@ACME.\" in contact.email|lower", false);
        check("\"\" in contact.email|lower", true);
        check("\"ann@acme.example.and.more\" in contact.email", false);
        check("contact.email|lower is startingwith(\"ann@\")", true);
        check("contact.email is endingwith(\".example\")", true);
        check("contact.email|length == 16", true);
        check("deal.amount / 2 - 250 == 6000", true);
        check("deal.stage is defined or deal.amount is defined", true);
        check("deal.stage|default(\"none\") == \"none\"", true);
        check("company.icp_fit|default(0) > 0.5", false);
        check("contact.suppressed == false", true);
        check("contact.suppressed != draft.edited", false);
        check("(contact.icp_fit - 1)|abs < 0.3", true);
        check("false or true", true);
        // What comes before decides: the fact that nobody knows is not asked for.
        check("contact.suppressed and deal.stage == \"x\"", false);
        check("true or deal.stage == \"x\"", true);
    }

    #[test]
    fn a_fact_that_nobody_knows_is_named_and_is_not_false() {
        let check = |text: &str, expect: Variable| {
            assert_eq!(
                Condition::parse(text).unwrap().holds(&facts()),
                Err(NotKnown::Fact(expect)),
                "{text}"
            );
        };
        check("deal.stage == \"x\"", Variable::DealStage);
        check("not (deal.stage == \"x\")", Variable::DealStage);
        check("company.icp_fit < 0.5", Variable::CompanyFit);
        check("company.is_logo", Variable::CompanyLogo);
    }

    #[test]
    fn what_is_no_number_is_not_known() {
        let check = |text: &str| {
            assert_eq!(
                Condition::parse(text).unwrap().holds(&facts()),
                Err(NotKnown::NoNumber),
                "{text}"
            );
        };
        check("1 / 0 > 1");
        check("1 / 0 == 1 / 0");
        check("not (0 / 0 > 1)");
        check("0 / 0 != 0");
        check("deal.amount / (history.replies - 3) > 5");
        check("(-1 / 0)|abs > 5");
        check("1 / (1 / 0) == 0");
        check("1 / 0 in [1, 2]");
        check("contact.suppressed or 1 / 0 > 1");
        check("not (1 / 0 > 1 or true)");
        check("not contact.suppressed and not (1 / 0 < 1)");
        check("1 / 0 not in [1, 2]");
        check("0 / 0 not in [1, 2]");
        check("(0 / 0)|abs >= 0");
        check("1 / (0 / 0) > 0");
        check("0 * (1 / 0) == 0");
        check("-(1 / 0) < 0");
        check("1 / -0.0 < 0");
        check("1 / 0 - 1 / 0 == 0");
        check("(1 / 0 > 1) == (1 / 0 > 1)");
        check("(1 / 0 > 1) != false");
        check("1 < 1 / 0 < 5");
        check("deal.amount * 1e308 > 5");
        check("1e308 * 10 > 5");
        check("-1e308 - 1e308 < 5");
        check("contact.email|length / (history.replies - 3) > 5");
    }

    #[test]
    fn what_decides_by_itself_needs_no_number() {
        let check = |text: &str, expect: bool| {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(condition.holds(&facts()), Ok(expect), "{text}");
        };
        check("true or 1 / 0 > 1", true);
        check("contact.suppressed and 1 / 0 > 1", false);
        // Whole numbers do not run over.
        check("9007199254740991 * 9007199254740991 > 0", true);
        check("-9007199254740991 * 1024 - 10 < 0", true);
        check("0.0 == -0.0", true);
        check("1e-400 == 0", true);
    }

    #[test]
    fn a_fact_that_is_no_number_is_not_known() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut facts = facts();
            facts.set(Variable::DealAmount, odd);
            let ask = |text: &str| Condition::parse(text).unwrap().holds(&facts);
            assert_eq!(ask("deal.amount is defined"), Ok(false), "{odd}");
            let unknown = Err(NotKnown::Fact(Variable::DealAmount));
            for text in [
                "deal.amount > 1",
                "not (deal.amount > 1)",
                "deal.amount not in [1]",
                "deal.amount|abs > 1",
            ] {
                assert_eq!(ask(text), unknown, "{odd}: {text}");
            }
            assert_eq!(ask("deal.amount|default(0) > 1"), Ok(false), "{odd}");
        }
    }

    #[test]
    fn mistakes_are_found_before_anything_is_asked() {
        let check = |text: &str, expect: &str| {
            let error = Condition::parse(text).unwrap_err();
            assert!(error.message.contains(expect), "{text}: {}", error.message);
        };
        check("contact.stgae == \"lead\"", "did you mean contact.stage?");
        check("suppressed", "each has a group");
        check(
            "contact.stage",
            "a text stands where true or false is needed",
        );
        check(
            "contact.icp_fit == \"high\"",
            "a number is compared with a text",
        );
        check("contact.stage == 1", "a text is compared with a number");
        check("contact.suppressed > false", "no order");
        check("contact.stage in [\"a\", 1]", "either texts or numbers");
        check("contact.stage in []", "empty");
        check("contact.stage in 5", "cannot be in");
        check("range(10000000)", "no functions");
        check(
            "contact.name|replace(\"a\", \"b\") == \"x\"",
            "no filter \"replace\"",
        );
        check("contact.name is odd", "no test \"odd\"");
        check("contact[\"stage\"] == \"lead\"", "no brackets");
        check("contact.icp_fit ** 9 > 1", "only + - * /");
        check("contact.icp_fit % 0 > 1", "only + - * /");
        check("contact.icp_fit // 0 > 1", "only + - * /");
        check("contact.icp_fit > 1e400", "too large");
        check("contact.icp_fit > 9007199254740993", "too large");
        check("contact.icp_fit > -9223372036854775808", "too large");
        check("contact.icp_fit not in [1e400]", "too large");
        check("contact.icp_fit|default(1e400) > 1", "too large");
        check("contact.icp_fit < -1e400", "too large");
        check("contact.stage == none", "is defined");
        check("1 if contact.suppressed else 2", "no if");
        check("contact.stage ==", "unexpected end");
        check("{{ contact.stage }}", "");
        check("", "");
        check(&"(".repeat(1999), "");
        check(&"not ".repeat(499), "");
        check(
            &format!("{}true", "true and ".repeat(210)),
            "too many parts",
        );
        check(&"x".repeat(2001), "longer than");
        assert_eq!(
            Condition::parse("contact.suppressed\nand\nnothing")
                .unwrap_err()
                .line,
            2
        );
    }

    fn their_value(value: &serde_json::Value) -> minijinja::Value {
        match value {
            serde_json::Value::Object(map) => {
                minijinja::Value::from_pairs(map.iter().map(|(k, v)| (k.clone(), their_value(v))))
            }
            serde_json::Value::String(text) => text.clone().into(),
            serde_json::Value::Bool(flag) => (*flag).into(),
            value => value.as_f64().unwrap().into(),
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
            drop(Condition::parse(&text));
        }

        /// The library that parses also has an interpreter, which is too slow for ten thousand moves but knows what expressions mean.
        #[test]
        fn answers_are_those_of_the_language(
            a in -3_i32..4, b in -3_i32..4, flag: bool, text in "[abA ]{0,4}",
            shape in prop::sample::select(vec![
                "contact.icp_fit < history.replies and contact.suppressed",
                "not contact.suppressed or contact.icp_fit * 2 >= history.replies + 1",
                "contact.icp_fit == history.replies and not contact.suppressed or contact.name == \"a\"",
                "contact.icp_fit - history.replies - 1 > -2",
                "-1 <= contact.icp_fit < history.replies",
                "contact.name in [\"a\", \"ab\", \"\"] or \"a\" in contact.name",
                "contact.name|lower is startingwith(\"a\") and contact.name|upper is endingwith(\"B\")",
                "contact.name|trim|length > 1 or contact.icp_fit in [1, 2]",
                "\"ab\" in contact.name|lower",
                "\"A\" in contact.name|lower or \"bA\" in contact.name",
                "\"\" in contact.name|lower and \"a b\" not in contact.name|lower",
                "contact.name < \"ab\" and contact.name != \"a\"",
                "contact.icp_fit / 2 == 1 or (history.replies|abs) == 3",
                "contact.suppressed == (contact.icp_fit > 0)",
                "contact.name is defined and contact.title is undefined",
                "contact.title|default(\"x\") == \"x\" and contact.name not in [\"b\"]",
            ]),
        ) {
            let mut facts = Facts::default();
            facts.set(Variable::ContactFit, f64::from(a));
            facts.set(Variable::HistoryReplies, f64::from(b));
            facts.set(Variable::ContactSuppressed, flag);
            facts.set(Variable::ContactName, text);
            let environment = minijinja::Environment::new();
            let theirs = environment.compile_expression(shape).unwrap();
            let theirs = theirs.eval(their_value(&facts.to_json(true))).unwrap();
            prop_assert_eq!(Condition::parse(shape).unwrap().holds(&facts), Ok(theirs.is_true()), "{}", shape);
        }
    }
}
