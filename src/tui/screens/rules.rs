//! Rules and limits: what approves by itself, what may leave now and which limit binds, and what makes moves of signals.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::listing::{Framing, row_line};
use super::parts::{Did, Empty, Item, Pair, RowState, TextPane, Words};
use super::{Screen, ScreenId};
use crate::domain::approval::RuleState;
use crate::domain::guard::KillSwitch;
use crate::engine::command::Command;
use crate::engine::queries::approvals::{ApprovalRuleItem, ApprovalShare};
use crate::engine::queries::limits::LimitRow;
use crate::engine::queries::page::Slice;
use crate::engine::queries::rules::{RulesState, SignalRule};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Intent, Message};
use crate::tui::overlays::rule_state::SetRule;
use crate::tui::text::{clean, pad};
use crate::tui::times;
use crate::tui::widgets::frame::bar;

/// A line of the list. Headings are lines too, with what they head explained beside.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleLine {
    /// What follows are rules of approval.
    Approvals {
        /// Who approved of late.
        share: ApprovalShare,
        /// Where the rules stand.
        file: String,
        /// What is wrong with the file.
        mistakes: Vec<String>,
    },
    /// A rule of approval, with its place.
    Approval(u32, Box<ApprovalRuleItem>),
    /// Whether anything may leave: the kill switch and the pauses, as a sentence each, and whether it may.
    Sending {
        /// What holds, or that nothing does.
        sentences: Vec<String>,
        /// Whether something may leave.
        is_open: bool,
    },
    /// A limit, with its place.
    Limit(u32, Box<LimitRow>),
    /// What follows are rules that make moves.
    Signals {
        /// Why the operator's own rules cannot be read.
        problem: String,
    },
    /// A rule that makes moves, with its place.
    Signal(u32, Box<SignalRule>),
}

impl Item for RuleLine {
    /// The part of the list, and the place in it.
    type Key = (u8, u32);

    fn key(&self) -> (u8, u32) {
        match self {
            Self::Approvals { .. } => (0, 0),
            Self::Approval(place, _) => (0, *place),
            Self::Sending { .. } => (1, 0),
            Self::Limit(place, _) => (1, *place),
            Self::Signals { .. } => (2, 0),
            Self::Signal(place, _) => (2, *place),
        }
    }
}

/// Puts everything into one list.
#[must_use]
pub fn lines(state: RulesState) -> Slice<RuleLine> {
    let limits = state.limits;
    let mut sentences = Vec::new();
    match &limits.kill_switch {
        KillSwitch::Running => {}
        KillSwitch::Stopped { reason, .. } => {
            sentences.push(format!("Everything is stopped: {}.", clean(reason)));
        }
        KillSwitch::Unreadable => {
            sentences.push("The kill switch cannot be read, which counts as stopped.".to_owned())
        }
    }
    if let Some(pause) = &limits.pause {
        sentences.push(format!("Paused by you: {}.", clean(&pause.reason)));
    }
    if let Some(hold) = &limits.deliverability {
        sentences.push(format!(
            "Paused by itself: {}. Answers to people still leave.",
            clean(&hold.reason)
        ));
    }
    let is_open = sentences.is_empty();
    if is_open {
        sentences.push(match limits.binding {
            Some(limit) => format!("Running; the limit {} has no room now.", limit.title()),
            None => "Running; every limit has room.".to_owned(),
        });
    }
    let mut rows = vec![RuleLine::Approvals {
        share: state.approvals.share,
        file: state.approvals.file,
        mistakes: state.approvals.mistakes,
    }];
    let approvals = state.approvals.rules.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(approvals)
            .map(|(i, rule)| RuleLine::Approval(i, rule)),
    );
    rows.push(RuleLine::Sending { sentences, is_open });
    let of_limits = limits.limits.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(of_limits)
            .map(|(i, limit)| RuleLine::Limit(i, limit)),
    );
    rows.push(RuleLine::Signals {
        problem: state.problem,
    });
    let signals = state.signals.into_iter().map(Box::new);
    rows.extend(
        (1..)
            .zip(signals)
            .map(|(i, rule)| RuleLine::Signal(i, rule)),
    );
    Slice::whole(rows)
}

/// The screen.
#[derive(Debug)]
pub struct Rules {
    pair: Pair<RuleLine>,
}

impl Rules {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pair: Pair::new(ScreenId::Rules, 1, 56),
        }
    }

    fn read(&mut self) -> Intent {
        self.pair.list.ask(Look::Rules)
    }

    fn after(&mut self, did: Did) -> Vec<Intent> {
        if did.more() {
            return vec![self.read()];
        }
        Vec::new()
    }

    fn empty(&self) -> Empty {
        match self.pair.list.error() {
            Some(error) => Empty::failed("The rules", error),
            None => Empty::reading(),
        }
    }

    fn text(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let mut words = Words::new(cells, cx);
        if let Some(line) = self.pair.list.current() {
            describe(line, &mut words, cx);
        }
        words.done()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

fn state_look(state: RuleState, cx: &Context) -> (&'static str, Style) {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    match state {
        RuleState::On => (glyphs.pass, styles.good),
        RuleState::Shadow => (glyphs.wait, styles.warning),
        RuleState::Off => (" ", styles.muted),
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "none yet".into(), |s| format!("{:.0}%", s * 100.0))
}

fn row(line: &RuleLine, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let room = cells.saturating_sub(2);
    let cut = glyphs.cut;
    let head = |text: String| vec![Span::styled(pad(&text, room, cut), styles.heading)];
    let spans = match line {
        RuleLine::Approvals {
            share, mistakes, ..
        } if mistakes.is_empty() => head(format!(
            "Approval by rules, {} in {} days",
            percent(share.share),
            share.days
        )),
        RuleLine::Approvals { .. } => vec![Span::styled(
            pad(
                &format!("{} Approval by rules: the file has mistakes", glyphs.refuse),
                room,
                cut,
            ),
            styles.bad,
        )],
        RuleLine::Approval(_, rule) => {
            let (sign, style) = state_look(rule.state, cx);
            let name_cells = (room / 3).clamp(10, 30);
            let rest = room.saturating_sub(2 + name_cells + 1 + 7 + 6);
            vec![
                Span::styled(format!("{sign} "), style),
                Span::styled(format!("{:<7}", rule.state.as_str()), style),
                Span::styled(format!("{:<6}", rule.effect.as_str()), styles.accent),
                Span::styled(
                    format!("{} ", pad(&clean(&rule.name), name_cells, cut)),
                    styles.text,
                ),
                Span::styled(pad(&hits(rule), rest, cut), styles.muted),
            ]
        }
        RuleLine::Sending { sentences, is_open } => {
            let (sign, style) = if *is_open {
                (glyphs.pass, styles.heading)
            } else {
                (glyphs.refuse, styles.stopped)
            };
            let first = sentences.first().map(String::as_str).unwrap_or_default();
            vec![Span::styled(
                pad(&format!("{sign} Sending: {first}"), room, cut),
                style,
            )]
        }
        RuleLine::Limit(_, limit) => limit_row(limit, room, cx),
        RuleLine::Signals { problem } if problem.is_empty() => {
            head("Moves from signals".to_owned())
        }
        RuleLine::Signals { .. } => vec![Span::styled(
            pad(
                &format!(
                    "{} Moves from signals: your rules have a mistake",
                    glyphs.refuse
                ),
                room,
                cut,
            ),
            styles.bad,
        )],
        RuleLine::Signal(_, rule) => {
            let name_cells = (room / 2).clamp(10, 34);
            let rest = room.saturating_sub(2 + name_cells + 1);
            let made = if rule.is_on {
                format!("{} made, {} done", rule.made, rule.done)
            } else {
                "off".to_owned()
            };
            vec![
                Span::styled(
                    format!("{} ", if rule.is_on { glyphs.pass } else { " " }),
                    styles.muted,
                ),
                Span::styled(
                    format!("{} ", pad(&clean(&rule.id), name_cells, cut)),
                    styles.text,
                ),
                Span::styled(pad(&made, rest, cut), styles.muted),
            ]
        }
    };
    row_line(state, spans, cells, cx)
}

fn hits(rule: &ApprovalRuleItem) -> String {
    let shadow = &rule.shadow;
    match rule.state {
        RuleState::Shadow if shadow.agreed + shadow.disagreed > 0 => format!(
            "{} hits, you agreed with {} of {}",
            rule.hits,
            shadow.agreed,
            shadow.agreed + shadow.disagreed
        ),
        _ => format!("{} hits, {} approved", rule.hits, rule.approved),
    }
}

fn share_of(used: u32, cap: u32) -> f64 {
    f64::from(used) / f64::from(cap.max(1))
}

fn limit_row(limit: &LimitRow, room: usize, cx: &Context) -> Vec<Span<'static>> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let (sign, style) = if limit.is_binding {
        (glyphs.refuse, styles.bad)
    } else if limit.is_full {
        (glyphs.alert, styles.warning)
    } else {
        (glyphs.pass, styles.good)
    };
    let title_cells = (room / 2).clamp(10, 28);
    let rest = room.saturating_sub(2 + title_cells + 1 + 9 + 11);
    let clears = match limit.clears_at {
        Some(at) if limit.is_full => {
            let binds = if limit.is_binding { "binds, " } else { "" };
            format!("{binds}room {}", times::away(at, cx.now))
        }
        _ if limit.queued > 0 => format!("{} wait", limit.queued),
        _ => String::new(),
    };
    vec![
        Span::styled(format!("{sign} "), style),
        Span::styled(
            format!("{} ", pad(limit.title, title_cells, glyphs.cut)),
            styles.text,
        ),
        Span::styled(bar(share_of(limit.used, limit.cap), 8, glyphs.bar), style),
        Span::styled(
            format!(" {:<11}", format!("{}/{}", limit.used, limit.cap)),
            styles.text,
        ),
        Span::styled(pad(&clears, rest, glyphs.cut), style),
    ]
}

fn describe(line: &RuleLine, words: &mut Words<'_>, cx: &Context) {
    let styles = cx.styles();
    let key = |action| cx.keymap.key(ScreenId::Rules.context(), action);
    match line {
        RuleLine::Approvals {
            share,
            file,
            mistakes,
        } => {
            words.styled("Approval by rules", styles.heading);
            words.text("Rules that deny are asked first, then rules that allow; the first that fits decides. Where none fits, you do.");
            words.value("rules file", &clean(file));
            words.value(
                "approved",
                &format!(
                    "{} by rules, {} by you, in {} days",
                    share.by_rules, share.by_operator, share.days
                ),
            );
            for mistake in mistakes {
                words.styled(&clean(mistake), styles.bad);
            }
            if !mistakes.is_empty() {
                words.text("While there is a mistake, nothing is approved by rules.");
            }
        }
        RuleLine::Approval(_, rule) => {
            let (_, style) = state_look(rule.state, cx);
            words.styled(&clean(&rule.name), styles.heading);
            words.value_in("state", state_words(rule.state), style);
            words.value("does", rule.effect.as_str());
            if let Some(confidence) = rule.confidence {
                words.value("confidence", &format!("{confidence:.2}"));
            }
            words.value("because", &clean(&rule.reason));
            words.value("version", &rule.version.to_string());
            words.heading("When");
            for condition in &rule.when {
                words.text(&clean(condition));
            }
            if rule.may_mail_strangers {
                words.muted("It may approve a first mail to somebody.");
            }
            words.heading("So far");
            words.value("hits", &rule.hits.to_string());
            words.value("approved", &rule.approved.to_string());
            if let Some(at) = rule.last_hit {
                words.value("last", &times::both(at, cx.now, &cx.zone));
            }
            let s = &rule.shadow;
            words.value(
                "in shadow",
                &format!(
                    "you did the same {} times, the opposite {} times; {} open",
                    s.agreed, s.disagreed, s.undecided
                ),
            );
            words.line(Line::default());
            words.line(Line::from(vec![
                Span::styled(format!(" {}", key(KeyAction::Open)), styles.key),
                Span::styled(" turns it off, to shadow or on", styles.text),
            ]));
        }
        RuleLine::Sending { sentences, is_open } => {
            words.styled("Sending", styles.heading);
            for sentence in sentences {
                let style = if *is_open { styles.text } else { styles.bad };
                words.styled(sentence, style);
            }
            words.text("Limits are rolling windows; the smallest that has no room binds, and time clears it.");
            words.line(Line::from(vec![
                Span::styled(format!(" {}", key(KeyAction::KillSwitch)), styles.key),
                Span::styled(" stops everything, or lets it out again", styles.text),
            ]));
            words.muted("`caseyos pause --until` plans a time without mail; `caseyos limits WHO` is about one person.");
        }
        RuleLine::Limit(_, limit) => {
            words.styled(limit.title, styles.heading);
            words.text(&clean(&limit.detail));
            words.value("used", &format!("{} of {}", limit.used, limit.cap));
            words.value("waiting", &limit.queued.to_string());
            let state = match (limit.is_binding, limit.is_full) {
                (true, _) => "binds now",
                (false, true) => "has no room, another one binds",
                (false, false) => "has room",
            };
            words.value("state", state);
            if let Some(at) = limit.clears_at {
                words.value("clears", &times::both(at, cx.now, &cx.zone));
            }
            words.muted("The caps stand in the configuration, [limits].");
        }
        RuleLine::Signals { problem } => {
            words.styled("Moves from signals", styles.heading);
            words.text("The first rule that fits a signal makes the move. `caseyos rules builtin` prints them; a rules.toml of your own overrides them by name.");
            words.styled(&clean(problem), styles.bad);
        }
        RuleLine::Signal(_, rule) => {
            words.styled(&clean(&rule.id), styles.heading);
            words.value("state", if rule.is_on { "on" } else { "off" });
            words.value("signals", &rule.signals.join(", "));
            words.value("makes", &rule.makes);
            words.heading("So far");
            words.value("moves", &rule.made.to_string());
            words.value("done", &rule.done.to_string());
            words.value("skipped", &rule.skipped.to_string());
            if let Some(at) = rule.last_at {
                words.value("last", &times::both(at, cx.now, &cx.zone));
            }
        }
    }
}

/// Says what a state means.
#[must_use]
pub fn state_words(state: RuleState) -> &'static str {
    match state {
        RuleState::Off => "off: it is not asked",
        RuleState::Shadow => "shadow: it decides and is counted, and nothing follows",
        RuleState::On => "on: it acts",
    }
}

impl Screen for Rules {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Refresh => return vec![self.read(), Intent::Effect(Effect::Sync)],
            // Where there is room for one pane, the first Enter shows the rule and the second one changes it.
            KeyAction::Open => {
                let shown = self.pair.split.opened
                    || !super::parts::Split::narrow(crate::tui::app::body(cx.size));
                if let Some(RuleLine::Approval(_, rule)) = self.pair.list.current()
                    && shown
                {
                    return vec![Intent::Open(Box::new(SetRule::new(&rule.name, rule.state)))];
                }
            }
            _ => {}
        }
        let total = self.text(self.pair.side_cells(cx), cx).len();
        match self.pair.act(action, cx, total) {
            Some(did) => self.after(did),
            None => Vec::new(),
        }
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        self.pair.resized(message, cx);
        match message {
            Message::Changed => return vec![self.read()],
            // The rule's file is no row, so that nothing tells of its change but the command itself.
            Message::Ran {
                command: Command::SetApprovalRule { .. },
                ..
            } => return vec![self.read()],
            _ => {}
        }
        let area = self.pair.list_area(cx);
        self.pair.list.take(message, area, |sight| match sight {
            Sight::Rules(lines) => Some(Arc::clone(lines)),
            _ => None,
        });
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let total = self.text(self.pair.side_cells(cx), cx).len();
        match self.pair.mouse(event, area, cx, total) {
            Some(did) => self.after(did),
            None => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[
            KeyAction::Open,
            KeyAction::KillSwitch,
            KeyAction::NextPane,
            KeyAction::Palette,
            KeyAction::Help,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (list, side) = self.pair.split.areas(area);
        let opened = self.pair.split.opened;
        if let Some(list) = list {
            let framing = Framing {
                heading: "Rules and limits",
                note: None,
                focused: !opened,
            };
            let inner = self
                .pair
                .list
                .draw(frame, list, framing, cx, |line, state, cells| {
                    vec![row(line, state, cells, cx)]
                });
            if let Some(inner) = inner {
                self.empty().draw(frame, inner, cx);
            }
        }
        if let Some(side) = side {
            let (cells, _) = TextPane::room(side);
            let lines = self.text(cells, cx);
            self.pair.pane.draw(frame, side, "About", opened, lines, cx);
        }
    }
}
