//! Sentences to the operator: the last three, each for a while, with the key that does something about it; and the failures, kept
//! to be read again.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::action::KeyAction;
use super::context::Context;
use super::ids::Tone;
use super::intent::Intent;
use super::keymap::KeyContext;
use super::looks::Answer;
use super::message::Effect;
use super::overlays::viewer::Viewer;
use super::text::{clean, fit, width};
use super::times;
use crate::engine::SyncReport;
use crate::engine::command::{Command, Done};

/// The time that a sentence stays; a failure stays longer.
const STAYS: Duration = Duration::from_secs(6);
const FAILURE_STAYS: Duration = Duration::from_secs(20);
/// The most sentences on screen: one in the line at the bottom, the older ones above it.
const SEEN: usize = 3;
/// The most failures that are kept to be read again.
const KEPT_FAILURES: usize = 50;

/// A sentence.
#[derive(Debug)]
pub struct Said {
    /// The tone.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// The key that helps.
    pub hint: String,
    /// The end of a countdown.
    counts_to: Option<Timestamp>,
    until: Duration,
}

impl Said {
    /// Returns the sentence as it stands now.
    #[must_use]
    pub fn sentence(&self, cx: &Context) -> String {
        match self.counts_to {
            Some(at) if at > cx.now => format!(
                "Approved; it leaves in {}.",
                times::span(at.duration_since(cx.now))
            ),
            Some(_) => "Approved; it leaves now.".to_owned(),
            None => self.text.clone(),
        }
    }
}

/// Commands asked for together, to be reported together.
#[derive(Debug, Default)]
struct Batch {
    total: usize,
    done: usize,
    held: usize,
    refused: Vec<String>,
    leaves_at: Option<Timestamp>,
}

/// The sentences to the operator.
#[derive(Debug, Default)]
pub struct Toasts {
    /// The newest last.
    said: VecDeque<Said>,
    failures: Vec<String>,
    batch: Batch,
}

impl Toasts {
    /// Returns the newest sentence.
    #[must_use]
    pub fn newest(&self) -> Option<&Said> {
        self.said.back()
    }

    /// Returns the failures, the oldest first.
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Forgets the sentences that had their time.
    pub fn tick(&mut self, elapsed: Duration) {
        self.said.retain(|said| said.until > elapsed);
    }

    /// Forgets the sentences that a key press shows to have been seen. Countdowns stay.
    pub fn hush(&mut self, elapsed: Duration) {
        self.said.retain(|said| {
            let stays = if said.tone == Tone::Bad {
                FAILURE_STAYS
            } else {
                STAYS
            };
            said.counts_to.is_some()
                || said.until.saturating_sub(elapsed) + Duration::from_secs(2) >= stays
        });
    }

    /// Says something.
    pub fn say(&mut self, tone: Tone, text: &str, cx: &Context) {
        let stays = if tone == Tone::Bad {
            FAILURE_STAYS
        } else {
            STAYS
        };
        let text = clean(text);
        self.said
            .retain(|said| said.text != text || said.counts_to.is_some());
        self.said.push_back(Said {
            tone,
            text,
            hint: String::new(),
            counts_to: None,
            until: cx.elapsed + stays,
        });
        while self.said.len() > SEEN {
            self.said.pop_front();
        }
    }

    fn hint(&mut self, hint: String) {
        if let Some(said) = self.said.back_mut() {
            said.hint = hint;
        }
    }

    /// Says a failure, and keeps it.
    pub fn fail(&mut self, text: &str, cx: &Context) {
        self.say(Tone::Bad, text, cx);
        self.keep_failure(text, cx);
    }

    fn keep_failure(&mut self, text: &str, cx: &Context) {
        self.failures.push(format!(
            "{}  {}",
            times::clock(cx.now, &cx.zone),
            clean(text)
        ));
        if self.failures.len() > KEPT_FAILURES {
            self.failures.remove(0);
        }
    }

    /// Notes a command that goes out; the first after a rest begins a new batch.
    pub fn begin(&mut self, running: usize) {
        if running == 0 {
            self.batch = Batch::default();
        }
        self.batch.total += 1;
    }

    /// Forgets the countdowns: the mail was taken back.
    fn stop_counting(&mut self) {
        self.said.retain(|said| said.counts_to.is_none());
    }

    fn count_down(&mut self, at: Timestamp, hint: String, cx: &Context) {
        self.stop_counting();
        let stays = at.duration_since(cx.now).unsigned_abs();
        self.say(Tone::Good, "Approved.", cx);
        if let Some(said) = self.said.back_mut() {
            said.counts_to = Some(at);
            said.hint = hint;
            said.until = cx.elapsed + stays + Duration::from_secs(1);
        }
    }

    /// Reports the end of a command; commands asked for together are reported as one.
    pub fn report(
        &mut self,
        command: &Command,
        result: &Answer<Done>,
        cx: &Context,
    ) -> Vec<Intent> {
        let undo = cx.keymap.key(KeyContext::Screen, KeyAction::Undo);
        let mut hint = String::new();
        let mut intents = Vec::new();
        let (tone, text) = match result {
            Ok(done) => {
                let summary = done.summary();
                match done {
                    Done::Changed { undo: Some(_), .. }
                    | Done::Sent { undo: Some(_), .. }
                    | Done::Queued { undo: Some(_), .. }
                    | Done::Recorded { undo: Some(_), .. } => {
                        if !undo.is_empty() {
                            hint = format!("{undo} undoes");
                        }
                        (Tone::Good, summary.to_owned())
                    }
                    Done::Changed { .. }
                    | Done::Sent { .. }
                    | Done::Queued { .. }
                    | Done::Recorded { .. } => (Tone::Good, summary.to_owned()),
                    Done::Held { undo: taken, .. } => {
                        if taken.is_some() && !undo.is_empty() {
                            hint = format!("{undo} undoes");
                        }
                        (Tone::Warning, summary.to_owned())
                    }
                    Done::Blocked { .. } => (Tone::Bad, summary.to_owned()),
                    Done::Shown { .. } => {
                        if self.batch.total == 1 {
                            intents.push(Intent::Open(Box::new(Viewer::of_answer(done))));
                        }
                        (Tone::Plain, summary.to_owned())
                    }
                    Done::Nothing { .. } => (Tone::Plain, summary.to_owned()),
                }
            }
            Err(error) => (Tone::Bad, error.clone()),
        };
        if matches!(result, Ok(Done::Sent { .. } | Done::Held { .. }))
            || (matches!(command, Command::Resume) && result.is_ok())
        {
            intents.push(Intent::Effect(Effect::Sync));
        }
        match tone {
            Tone::Bad => self.batch.refused.push(text.clone()),
            Tone::Warning => self.batch.held += 1,
            Tone::Good | Tone::Plain => self.batch.done += 1,
        }
        if matches!(
            command,
            Command::Undo { .. } | Command::Withdraw { .. } | Command::Stop { .. }
        ) && result.is_ok()
        {
            self.stop_counting();
        }
        if let Ok(Done::Queued { leaves_at, .. }) = result {
            let first = self
                .batch
                .leaves_at
                .map_or(*leaves_at, |at| at.min(*leaves_at));
            self.batch.leaves_at = Some(first);
            if self.batch.total <= 1 {
                let hint = if undo.is_empty() {
                    String::new()
                } else {
                    format!("{undo} takes it back")
                };
                self.count_down(*leaves_at, hint, cx);
                return intents;
            }
        }
        if self.batch.total <= 1 {
            if tone == Tone::Bad {
                self.fail(&text, cx);
            } else {
                self.say(tone, &text, cx);
                self.hint(hint);
            }
            return intents;
        }
        if tone == Tone::Bad {
            self.fail(&text, cx);
        }
        let Batch {
            total, done, held, ..
        } = self.batch;
        let refused = self.batch.refused.len();
        let mut sentence = format!("{done} of {total} done");
        if held > 0 {
            sentence.push_str(&format!(", {held} waiting"));
        }
        if let Some(first) = self.batch.refused.first() {
            sentence.push_str(&format!(", {refused} refused: {first}"));
        }
        let tone = if refused > 0 {
            Tone::Bad
        } else if held > 0 {
            Tone::Warning
        } else {
            Tone::Good
        };
        self.say(tone, &sentence, cx);
        intents
    }

    /// Reports the end of a pass over the sources.
    pub fn synced(&mut self, result: &Answer<SyncReport>, cx: &Context) {
        match result {
            Ok(report) => {
                let nothing = report.new + report.proposed + report.closed + report.sent == 0;
                // A pass that found nothing says so only where it was asked for; the line at the top tells its age.
                if !nothing && !report.summary.is_empty() && self.said.is_empty() {
                    self.say(Tone::Plain, &report.summary, cx);
                }
                // The line at the top counts what is wrong with the sources for as long as it is; here it is only kept to be read.
                for problem in &report.problems {
                    let problem = clean(problem);
                    if !self.failures.iter().any(|f| f.ends_with(&problem)) {
                        self.keep_failure(&problem, cx);
                    }
                }
            }
            Err(error) => {
                let text = format!("The sync failed: {error} Nothing was lost; it is tried again.");
                if !self.failures.last().is_some_and(|f| f.ends_with(&text)) {
                    self.fail(&text, cx);
                }
            }
        }
    }

    /// Draws the older sentences above the line at the bottom, `bottom`.
    pub fn draw_older(&self, frame: &mut Frame<'_>, bottom: Rect, cx: &Context) {
        let older = self.said.iter().rev().skip(1).take(SEEN - 1);
        for (said, above) in older.zip(1_u16..) {
            let Some(y) = bottom.y.checked_sub(above + 1) else {
                return;
            };
            let text = fit(
                &format!(" {} {}  {} ", cx.glyphs().dot, said.sentence(cx), said.hint),
                usize::from(bottom.width.saturating_sub(4)),
                cx.glyphs().cut,
            );
            let cells = u16::try_from(width(&text)).unwrap_or(bottom.width);
            let area = Rect {
                x: bottom.right().saturating_sub(cells + 2),
                y,
                width: cells,
                height: 1,
            };
            frame.render_widget(Clear, area);
            frame.render_widget(
                Paragraph::new(Line::from(Span::styled(text, cx.tone(said.tone)))),
                area,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::fixtures;

    #[test]
    fn three_sentences_are_seen_and_the_same_one_only_once() {
        let cx = fixtures::context(80, 24);
        let mut toasts = Toasts::default();
        for text in ["one", "two", "two", "three", "four"] {
            toasts.say(Tone::Plain, text, &cx);
        }
        let seen: Vec<&str> = toasts.said.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(seen, ["two", "three", "four"]);
        toasts.tick(cx.elapsed + STAYS);
        assert!(toasts.newest().is_none());
    }

    #[test]
    fn what_leaves_is_counted_down_and_stays_until_it_left() {
        let mut cx = fixtures::context(80, 24);
        let mut toasts = Toasts::default();
        toasts.begin(0);
        let command = Command::Undo { id: None };
        let done = Done::Queued {
            summary: "It waits.".into(),
            execution: crate::domain::id::ExecutionId(1),
            leaves_at: cx.now + jiff::SignedDuration::from_secs(14),
            undo: None,
        };
        let approve = Command::Approve {
            id: crate::domain::id::MoveId(1),
            content_hash: None,
            by: "operator".into(),
        };
        toasts.report(&approve, &Ok(done), &cx);
        let said = toasts.newest().unwrap();
        assert_eq!(said.sentence(&cx), "Approved; it leaves in 14s.");
        assert_eq!(said.hint, "u takes it back");
        toasts.hush(cx.elapsed + Duration::from_secs(9));
        cx.now += jiff::SignedDuration::from_secs(10);
        assert_eq!(
            toasts.newest().unwrap().sentence(&cx),
            "Approved; it leaves in 4s."
        );
        toasts.report(
            &command,
            &Ok(Done::Changed {
                summary: "Taken back.".into(),
                undo: None,
            }),
            &cx,
        );
        assert_eq!(toasts.newest().unwrap().sentence(&cx), "Taken back.");
    }
}
