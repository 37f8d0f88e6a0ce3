//! Rules and limits: what approves by itself, what may leave now and which limit binds, and what makes moves of signals.

use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::approval::RuleState;
use crate::engine::command::Command;
use crate::engine::queries::approvals::ApprovalRuleItem;
use crate::engine::queries::limits::LimitRow;
use crate::engine::queries::page::{Page, Slice};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::ScreenId;
use crate::tui::intent::Intent;
use crate::tui::keymap::KeyContext;
use crate::tui::looks::rule_lines::RuleLine;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::overlays::rule_state::{SetRule, state_words};
use crate::tui::parts::listing::row_line;
use crate::tui::parts::{Empty, Item, Listed, Meaning, Pair, RowState, Split, Words};
use crate::tui::text::{clean, pad};
use crate::tui::times;
use crate::tui::widgets::{bar, body};

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

/// Rules and limits.
#[derive(Debug, Default)]
pub struct Rules;

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
    let key = |action| cx.keymap.key(KeyContext::On(ScreenId::Rules), action);
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

impl Listed for Rules {
    type Row = RuleLine;

    const SCREEN: ScreenId = ScreenId::Rules;
    const SHARE: u16 = 56;
    const ROWS: &'static str = "The rules";
    const HINTS: &'static [KeyAction] = &[
        KeyAction::Open,
        KeyAction::KillSwitch,
        KeyAction::NextPane,
        KeyAction::Palette,
        KeyAction::Help,
    ];

    fn look(&self, _words: &str, _page: Page<(u8, u32)>) -> Look {
        Look::Rules
    }

    fn rows(&mut self, sight: &Sight) -> Option<Arc<Slice<RuleLine>>> {
        match sight {
            Sight::Rules(lines) => Some(Arc::clone(lines)),
            _ => None,
        }
    }

    /// The rules' file is no row, so that nothing tells of its change but the command itself.
    fn outdates(&self, message: &Message) -> bool {
        matches!(
            message,
            Message::Changed
                | Message::Ran {
                    command: Command::SetApprovalRule { .. },
                    ..
                }
        )
    }

    fn act(&mut self, action: KeyAction, pair: &Pair<RuleLine>, cx: &Context) -> Meaning {
        // Where there is room for one pane, the first Enter shows the rule and the second one changes it.
        let is_shown = pair.split.opened || !Split::narrow(body(cx.size));
        match (action, pair.list.current()) {
            (KeyAction::Open, Some(RuleLine::Approval(_, rule))) if is_shown => {
                let set = SetRule::new(&rule.name, rule.state);
                Meaning::Own(vec![Intent::Open(Box::new(set))])
            }
            _ => Meaning::Common,
        }
    }

    fn heading(&self, _words: &str, _cx: &Context) -> String {
        "Rules and limits".to_owned()
    }

    fn empty(&self, _words: &str, _loaded: bool) -> Empty {
        Empty::reading()
    }

    fn row(&self, line: &RuleLine, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
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

    fn side_heading(&self, _row: Option<&RuleLine>) -> String {
        "About".to_owned()
    }

    fn describe(&self, row: Option<&RuleLine>, text: &mut Words<'_>, cx: &Context) {
        if let Some(line) = row {
            describe(line, text, cx);
        }
    }
}
