//! A time to choose: the end of a snooze or pause, or the start of a meeting. Usual times, or one in words with the instant that it means.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use jiff::civil::Time;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::picker::{Click, Picker, Row};
use crate::domain::id::MoveId;
use crate::domain::moves::MovePlan;
use crate::domain::when_text::{parse_when, read_when};
use crate::engine::command::Command;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::times;

/// The time of day for a day without one.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// The usual times.
const PRESETS: &[(&str, &str)] = &[
    ("1h", "1 hour"),
    ("3h", "3 hours"),
    ("tomorrow 9:00", "tomorrow 9:00"),
    ("monday 9:00", "Monday 9:00"),
    ("1 week", "1 week"),
    ("1 month", "1 month"),
];

/// The usual times of meetings.
const MEETINGS: &[(&str, &str)] = &[
    ("tomorrow 10:00", "tomorrow 10:00"),
    ("tomorrow 15:00", "tomorrow 15:00"),
    ("monday 10:00", "Monday 10:00"),
    ("tuesday 10:00", "Tuesday 10:00"),
    ("wednesday 10:00", "Wednesday 10:00"),
    ("thursday 10:00", "Thursday 10:00"),
];

/// The purpose of the time.
#[derive(Debug)]
enum What {
    /// A meeting that a move books.
    Meeting(MoveId),
    Moves(Vec<MoveId>),
    /// Everything that would leave.
    Sending,
}

/// The choice of a time.
#[derive(Debug)]
pub struct Snooze {
    what: What,
    picker: Picker<Timestamp>,
}

fn parse(text: &str, cx: &Context) -> Result<Timestamp, String> {
    parse_when(text, cx.now, &cx.zone, MORNING).map_err(|e| e.to_string())
}

/// Says that a typed time is one which a change of the clocks skips or repeats; empty for any other.
fn clock_change(text: &str, at: Timestamp, cx: &Context) -> String {
    read_when(text, cx.now, &cx.zone, MORNING)
        .ok()
        .filter(|told| told.at == at)
        .and_then(|told| told.clock_change)
        .map_or_else(String::new, |change| format!(". {change}"))
}

impl Snooze {
    /// Asks for the end of a snooze of the moves `ids`, named `what`.
    #[must_use]
    pub fn new(ids: Vec<MoveId>, what: String, cx: &Context) -> Self {
        Self::of(What::Moves(ids), format!("Snooze {what}"), PRESETS, cx)
    }

    /// Asks for the end of a pause in sending.
    #[must_use]
    pub fn pause(cx: &Context) -> Self {
        Self::of(What::Sending, "Send nothing until".into(), PRESETS, cx)
    }

    /// Asks for the start of the meeting that a move, named `what`, books.
    #[must_use]
    pub fn meeting(id: MoveId, what: &str, cx: &Context) -> Self {
        let heading = format!("Meeting time: {what}");
        Self::of(What::Meeting(id), heading, MEETINGS, cx)
    }

    fn of(what: What, heading: String, presets: &[(&str, &str)], cx: &Context) -> Self {
        let rows = presets
            .iter()
            .filter_map(|(text, label)| {
                let at = parse(text, cx).ok()?;
                Some(Row {
                    value: at,
                    label: (*label).to_owned(),
                    detail: times::both(at, cx.now, &cx.zone),
                })
            })
            .collect();
        Self {
            what,
            picker: Picker::new(heading, "2h, tomorrow 9:00, monday, 1 dec, …", rows),
        }
    }

    /// Returns the typed time, else the selected row's.
    fn until(&self, cx: &Context) -> Result<Timestamp, String> {
        let typed = self.picker.field.text().trim();
        match (typed.is_empty(), parse(typed, cx)) {
            (false, Ok(at)) => Ok(at),
            (false, Err(error)) => self.picker.chosen().copied().ok_or(error),
            (true, _) => self
                .picker
                .chosen()
                .copied()
                .ok_or_else(|| "No time is chosen.".into()),
        }
    }

    fn confirm(&self, cx: &Context) -> Vec<Intent> {
        match self.until(cx) {
            Ok(until) if until > cx.now => vec![
                Intent::Close,
                Intent::run(match &self.what {
                    What::Meeting(id) => Command::PlanMove {
                        id: *id,
                        plan: Box::new(MovePlan {
                            starts_at: Some(until),
                            ..MovePlan::default()
                        }),
                    },
                    What::Moves(ids) => Command::Snooze {
                        ids: ids.clone(),
                        until,
                    },
                    What::Sending => Command::Pause {
                        until,
                        reason: "paused in the terminal".into(),
                    },
                }),
            ],
            Ok(_) => vec![Intent::Say(
                Tone::Warning,
                "That time has passed; choose a later one.".into(),
            )],
            Err(error) => vec![Intent::Say(Tone::Warning, error)],
        }
    }
}

impl Overlay for Snooze {
    fn context(&self) -> KeyContext {
        KeyContext::Picker
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => self.confirm(cx),
            KeyAction::Back => vec![Intent::Close],
            other => {
                self.picker.act(other, cx);
                Vec::new()
            }
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        self.picker.enter(key);
        Vec::new()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.picker.paste(text);
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        match self.picker.mouse(event, area) {
            Click::Row => self.confirm(cx),
            Click::Outside => vec![Intent::Close],
            Click::Nowhere => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let styles = cx.styles();
        let arrow = if cx.glyphs().ascii { "->" } else { "→" };
        let typed = !self.picker.field.text().trim().is_empty();
        let note = match self.until(cx) {
            Ok(at) if typed => Line::from(Span::styled(
                format!(
                    "   {arrow} {} {}{}",
                    at.to_zoned(cx.zone.clone()).strftime("%a %-d %b %Y %H:%M"),
                    times::away(at, cx.now),
                    clock_change(self.picker.field.text(), at, cx)
                ),
                styles.good,
            )),
            Ok(_) => Line::from(Span::styled(
                format!("   times are in {}", zone_name(cx)),
                styles.faint,
            )),
            Err(error) => Line::from(Span::styled(format!("   {error}"), styles.warning)),
        };
        self.picker.draw(frame, area, Some(note), cx);
    }
}

fn zone_name(cx: &Context) -> String {
    cx.zone.iana_name().unwrap_or("your zone").to_owned()
}
