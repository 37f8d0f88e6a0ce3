//! The terminal on the screen: its lines at the top and bottom, the screen between, the overlays on top, and the title.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::App;
use crate::tui::ids::Tone;
use crate::tui::keymap::KeyContext;
use crate::tui::screen::Screen;
use crate::tui::widgets::{body, footer, status};

/// The least width and height to work in.
const LEAST: (u16, u16) = (60, 15);

impl App {
    /// Returns the terminal's title.
    #[must_use]
    pub fn title(&self) -> String {
        let stopped = if self.cx.status.stopped() {
            " STOPPED"
        } else if self.cx.status.clock.is_some() {
            " CLOCK?"
        } else {
            ""
        };
        match self.due {
            0 => format!("CaseyOS{stopped}"),
            n => format!("({n} due) CaseyOS{stopped}"),
        }
    }

    pub(super) fn too_small(&self) -> bool {
        self.cx.size.width < LEAST.0 || self.cx.size.height < LEAST.1
    }

    /// Draws everything.
    pub fn view(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let cx = &self.cx;
        if self.too_small() || area.width < LEAST.0 || area.height < LEAST.1 {
            let lines: Vec<Line<'static>> = [
                "The window is too small.".to_owned(),
                format!("{} by {} at least,", LEAST.0, LEAST.1),
                format!("it has {} by {}.", area.width, area.height),
            ]
            .into_iter()
            .map(Line::from)
            .collect();
            frame.render_widget(Paragraph::new(lines), area);
            return;
        }
        frame.buffer_mut().set_style(area, cx.styles().text);
        let top = Rect { height: 1, ..area };
        let bottom = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..area
        };
        status::draw(frame, top, cx);
        if let Some(screen) = self.screen() {
            screen.draw(frame, body(area), cx);
        }
        let clock = cx.status.clock.as_deref().map(|why| {
            let mut words = why.chars();
            let first = words
                .next()
                .map_or_else(String::new, |c| c.to_uppercase().to_string());
            format!("{first}{}.", words.as_str())
        });
        let newest = self.toasts.newest().map(|said| (said, said.sentence(cx)));
        let content = if !self.pressed.is_empty() {
            footer::Content::Pending(&self.pressed, &self.continuations)
        } else if let Some((said, text)) = &newest {
            footer::Content::Said(said.tone, text, &said.hint)
        } else if let (Some(clock), None) = (&clock, self.overlays.last()) {
            footer::Content::Said(Tone::Bad, clock, "")
        } else {
            match self.overlays.last() {
                Some(top) => footer::Content::Keys(top.context(), top.hints()),
                None => footer::Content::Keys(
                    KeyContext::On(cx.screen),
                    self.screen().map_or(&[], Screen::hints),
                ),
            }
        };
        footer::draw(frame, bottom, &content, cx);
        self.toasts.draw_older(frame, bottom, cx);
        for overlay in &self.overlays {
            overlay.draw(frame, area, cx);
        }
        // An overlay may cover the line at the bottom with its own field; what was said lies above it then.
        if let (Some((_, text)), Some(KeyContext::Find)) =
            (&newest, self.overlays.last().map(|o| o.context()))
        {
            let above = Rect {
                y: bottom.y.saturating_sub(1),
                ..bottom
            };
            frame.render_widget(Clear, above);
            frame.render_widget(
                Paragraph::new(Line::from(Span::raw(format!(" {text}")))),
                above,
            );
        }
    }
}
