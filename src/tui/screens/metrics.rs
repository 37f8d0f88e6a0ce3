//! Metrics: the funnel, the numbers with their targets, today, and how it went over days and weeks.

use std::sync::Arc;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::domain::metrics::{Counts, Day, Measure, Metrics as Seen, Share};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::parts::{Empty, Split, TextPane, Words};
use crate::tui::reader::Reader;
use crate::tui::screen::Screen;
use crate::tui::widgets::body;
use crate::tui::widgets::chart::Columns;
use crate::tui::widgets::frame::{bar, block, title};

/// The lengths of time that a key goes round, in days.
const WINDOWS: [usize; 3] = [30, 90, 7];

/// The screen.
#[derive(Debug)]
pub struct Metrics {
    reader: Reader,
    seen: Option<Arc<Seen>>,
    error: Option<String>,
    days: usize,
    split: Split,
    pane: TextPane,
}

impl Metrics {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            reader: Reader::new(ScreenId::Metrics, Part::List),
            seen: None,
            error: None,
            days: WINDOWS[0],
            split: Split::new(50),
            pane: TextPane::new(),
        }
    }

    fn read(&mut self) -> Vec<Intent> {
        vec![self.reader.ask(Look::Metrics(self.days))]
    }

    fn next_window(&mut self) -> Vec<Intent> {
        let at = WINDOWS.iter().position(|days| *days == self.days);
        let next = at.map_or(0, |at| (at + 1) % WINDOWS.len());
        self.days = WINDOWS.get(next).copied().unwrap_or(30);
        self.reader.turn();
        self.read()
    }

    fn text(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let Some(seen) = &self.seen else {
            return Vec::new();
        };
        let mut words = Words::new(cells, cx);
        funnel(seen, &mut words, cells, cx);
        targets(seen, &mut words, cx);
        counts("Today", &seen.today, &mut words);
        counts("In all these days", &seen.total, &mut words);
        if !seen.saved.is_empty() {
            words.heading("Time saved, by what was done");
            for saved in seen.saved.iter().take(12) {
                let times = if saved.moves == 1 { "" } else { "s" };
                words.text(&format!(
                    "{:>7}  {} ({} move{times})",
                    minutes(saved.minutes),
                    saved.action.label(),
                    saved.moves
                ));
            }
            words.muted("What a move saves stands in the configuration, [metrics.minutes].");
        }
        words.done()
    }

    fn scroll(&mut self, action: KeyAction, cx: &Context) -> bool {
        let area = body(cx.size);
        let area = self.split.areas(area).0.unwrap_or(area);
        let (cells, height) = TextPane::room(area);
        let total = self.text(cells, cx).len();
        self.pane.act(action, total, height)
    }

    fn empty(&self) -> Option<Empty> {
        if let (Some(error), None) = (&self.error, &self.seen) {
            return Some(Empty::failed("The metrics", error));
        }
        let Some(seen) = &self.seen else {
            return Some(Empty::reading());
        };
        let total = &seen.total;
        let nothing =
            total.sent + total.drafted + total.done + total.skipped + total.replied + total.booked
                == 0;
        nothing.then(|| {
            Empty::new("Nothing to count yet")
                .say(&format!(
                    "Nothing was sent, done or answered in the last {} days. What you approve is counted here, and what comes of it.",
                    seen.days.len()
                ))
                .gap()
                .key(KeyAction::Go(ScreenId::Today), "see what is to be done")
                .key(KeyAction::NextWindow, "look at other days")
                .gap()
                .command("caseyos metrics --since 90d", "the same as text")
        })
    }

    fn draw_charts(&self, frame: &mut Frame<'_>, area: Rect, seen: &Seen, cx: &Context) {
        let styles = cx.styles();
        let outer = block(title("Over time", cx), self.split.opened, cx);
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let ends = |first: Option<Date>, last: Option<Date>| (date(first), date(last));
        let days = ends(
            seen.days.first().map(|d| d.date),
            seen.days.last().map(|d| d.date),
        );
        let weeks = ends(
            seen.weeks.first().map(|w| w.from),
            seen.weeks.last().map(|w| w.to),
        );
        let of_days = |title, style, pick: fn(&Counts) -> u64| Columns {
            title,
            reading: most(&seen.days, pick),
            values: seen.days.iter().map(|d| pick(&d.counts)).collect(),
            ends: days.clone(),
            style,
        };
        let charts = [
            of_days("Mails sent a day", styles.accent, |c| c.sent),
            of_days("People who replied a day", styles.good, |c| c.replied),
            Columns {
                title: "Reply rate by week, %",
                reading: rates(seen),
                values: seen
                    .weeks
                    .iter()
                    .map(|w| rounded(w.replied.percent.unwrap_or(0.0)))
                    .collect(),
                ends: weeks.clone(),
                style: styles.good,
            },
            Columns {
                title: "Meetings booked by week",
                reading: format!(
                    "{} in all",
                    seen.weeks.iter().map(|w| w.counts.booked).sum::<u64>()
                ),
                values: seen.weeks.iter().map(|w| w.counts.booked).collect(),
                ends: weeks,
                style: styles.warning,
            },
            of_days("Moves done a day", styles.muted, |c| c.done),
            of_days("Minutes saved a day", styles.muted, |c| c.minutes_saved),
        ];
        // As many as fit with three lines of columns at least; those in front matter more.
        let shown = usize::from(inner.height / 6).clamp(1, charts.len());
        let each = inner.height / u16::try_from(shown).unwrap_or(1);
        for (i, chart) in (0..).zip(charts.iter().take(shown)) {
            let area = Rect {
                y: inner.y + each * i,
                height: each.saturating_sub(1).max(3),
                ..inner
            };
            chart.draw(frame, area.intersection(inner), cx);
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn date(date: Option<Date>) -> String {
    date.map(|d| d.strftime("%-d %b").to_string())
        .unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "percents are small and positive"
)]
fn rounded(percent: f64) -> u64 {
    percent.round() as u64
}

/// Returns the best day in words.
fn most(days: &[Day], pick: fn(&Counts) -> u64) -> String {
    let total: u64 = days.iter().map(|d| pick(&d.counts)).sum();
    let best = days.iter().max_by_key(|d| pick(&d.counts));
    match best {
        Some(day) if total > 0 => format!(
            "{total} in all, at most {} on {}",
            pick(&day.counts),
            date(Some(day.date))
        ),
        _ => "none".into(),
    }
}

fn rates(seen: &Seen) -> String {
    match seen.weeks.last() {
        Some(week) if week.replied.of > 0 => format!("this week {}", share(week.replied)),
        _ => "this week none yet".into(),
    }
}

fn share(share: Share) -> String {
    match share.percent {
        Some(percent) => format!("{percent}% ({} of {})", share.n, share.of),
        None => "none yet".into(),
    }
}

fn minutes(minutes: u64) -> String {
    if minutes < 60 {
        format!("{minutes} min")
    } else {
        format!("{} h {:02}", minutes / 60, minutes % 60)
    }
}

fn funnel(seen: &Seen, words: &mut Words<'_>, cells: usize, cx: &Context) {
    let styles = cx.styles();
    let f = &seen.funnel;
    words.heading("Funnel");
    let steps = [
        (
            "reached",
            Share::new(f.reached, f.reached),
            format!("{} people, {} mails", f.reached, f.mails),
        ),
        ("replied", f.replied, share(f.replied)),
        ("positive", f.positive, share(f.positive)),
        ("booked", f.booked, share(f.booked)),
    ];
    let width = cells.saturating_sub(12 + 24).clamp(4, 40);
    for (name, step, reading) in steps {
        let filled = step.percent.unwrap_or(0.0) / 100.0;
        words.line(Line::from(vec![
            Span::styled(format!("{name:<11} "), styles.muted),
            Span::styled(bar(filled, width, cx.glyphs().bar), styles.accent),
            Span::styled(format!("  {reading}"), styles.text),
        ]));
    }
}

fn targets(seen: &Seen, words: &mut Words<'_>, cx: &Context) {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    words.heading("Targets");
    for m in &seen.measures {
        let unit = if m.name.is_share() { "%" } else { "" };
        let (sign, style) = match m.is_met {
            Some(true) => (glyphs.pass, styles.good),
            Some(false) => (glyphs.refuse, styles.bad),
            None => (glyphs.wait, styles.muted),
        };
        let value = m
            .value
            .map_or_else(|| "none".into(), |v| format!("{v}{unit}"));
        let target = if m.target > 0.0 {
            format!("of {}{unit}", m.target)
        } else {
            String::new()
        };
        words.line(Line::from(vec![
            Span::styled(format!("{sign} "), style),
            Span::styled(format!("{:<26}", m.name.label()), styles.text),
            Span::styled(format!("{value:>7} "), styles.accent),
            Span::styled(format!("{target:<8}"), styles.muted),
            Span::styled(format!(" {}", rests_on(m)), styles.faint),
        ]));
    }
}

fn rests_on(m: &Measure) -> String {
    match (m.value, m.name.is_share()) {
        (None, _) => String::new(),
        (Some(_), true) if m.is_small => format!("{}/{}, few", m.n, m.of),
        (Some(_), true) => format!("{}/{}", m.n, m.of),
        (Some(_), false) => format!("{}d", m.of),
    }
}

fn counts(heading: &str, c: &Counts, words: &mut Words<'_>) {
    words.heading(heading);
    words.value(
        "mail",
        &format!(
            "{} sent, {} drafted, {} failed, {} came back",
            c.sent, c.drafted, c.failed, c.bounced
        ),
    );
    words.value(
        "answers",
        &format!(
            "{} replied, {} positive, {} opted out",
            c.replied, c.positive, c.opted_out
        ),
    );
    words.value(
        "meetings",
        &format!(
            "{} booked, {} held, {} no-shows",
            c.booked, c.held, c.no_shows
        ),
    );
    words.value(
        "moves",
        &format!(
            "{} done, {} skipped, {} saved",
            c.done,
            c.skipped,
            minutes(c.minutes_saved)
        ),
    );
    if c.won > 0 {
        words.value("deals", &format!("{} won", c.won));
    }
}

impl Screen for Metrics {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::NextWindow => return self.next_window(),
            KeyAction::Refresh => {
                let mut intents = self.read();
                intents.push(Intent::Effect(Effect::Sync));
                return intents;
            }
            KeyAction::Open | KeyAction::NextPane | KeyAction::PreviousPane => {
                self.split.opened = !self.split.opened;
            }
            KeyAction::Back => self.split.opened = false,
            _ if self.split.act(action) => {}
            _ => {
                self.scroll(action, cx);
            }
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        match message {
            Message::Changed | Message::Synced(_) => return self.read(),
            Message::Input(Event::Resize(..)) => {
                self.scroll(KeyAction::Top, cx);
            }
            _ => {}
        }
        match self.reader.take(message) {
            Some(Ok(Sight::Metrics(seen))) => {
                self.seen = Some(Arc::clone(seen));
                self.error = None;
            }
            Some(Err(error)) => self.error = Some(error.clone()),
            Some(Ok(_)) | None => {}
        }
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        if self.split.mouse(event, area) {
            return Vec::new();
        }
        let at = Position::new(event.column, event.row);
        let (left, right) = self.split.areas(area);
        match event.kind {
            MouseEventKind::ScrollDown => {
                self.scroll(KeyAction::Down, cx);
            }
            MouseEventKind::ScrollUp => {
                self.scroll(KeyAction::Up, cx);
            }
            MouseEventKind::Down(MouseButton::Left) if left.is_some() && right.is_some() => {
                self.split.opened = right.is_some_and(|right| right.contains(at));
            }
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[
            KeyAction::NextWindow,
            KeyAction::NextPane,
            KeyAction::Refresh,
            KeyAction::Palette,
            KeyAction::Help,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let heading = format!("Metrics, {} days", self.days);
        if let Some(empty) = self.empty() {
            let outer = block(title(&heading, cx), true, cx);
            let inner = outer.inner(area);
            frame.render_widget(outer, area);
            empty.draw(frame, inner, cx);
            return;
        }
        let Some(seen) = &self.seen else { return };
        let (left, right) = self.split.areas(area);
        if let Some(left) = left {
            let heading = match &self.error {
                Some(_) => format!("{heading} (not read anew)"),
                None if Split::narrow(area) => format!("{heading} · Enter shows charts"),
                None => heading,
            };
            let (cells, _) = TextPane::room(left);
            let lines = self.text(cells, cx);
            self.pane
                .draw(frame, left, &heading, !self.split.opened, lines, cx);
        }
        if let Some(right) = right {
            self.draw_charts(frame, right, seen, cx);
        }
    }
}
