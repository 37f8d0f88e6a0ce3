//! The keys of Today's Moves.

use super::{Focus, Today};
use crate::domain::action::{ActionKind, Means};
use crate::domain::id::MoveId;
use crate::domain::moves::MovePlan;
use crate::domain::signal::Domain;
use crate::engine::command::Command;
use crate::engine::queries::today::TodayItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::Intent;
use crate::tui::message::Effect;
use crate::tui::overlays::approve::Approve;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::editor::Editor;
use crate::tui::overlays::find::Find;
use crate::tui::overlays::outcome::Outcome;
use crate::tui::overlays::skip::Skip;
use crate::tui::overlays::snooze::Snooze;
use crate::tui::overlays::viewer::Viewer;
use crate::tui::parts::Split;
use crate::tui::text::clean;
use crate::tui::widgets::scroll::moved;

fn nothing_selected() -> Vec<Intent> {
    vec![Intent::Say(Tone::Plain, "No move is selected.".into())]
}

impl Today {
    pub(super) fn perform(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Down => self.step(1, cx),
            KeyAction::Up => self.step(-1, cx),
            KeyAction::HalfPageDown => self.page(1, 2, cx),
            KeyAction::HalfPageUp => self.page(-1, 2, cx),
            KeyAction::PageDown => self.page(1, 1, cx),
            KeyAction::PageUp => self.page(-1, 1, cx),
            KeyAction::Top => self.edge(false, cx),
            KeyAction::Bottom => self.edge(true, cx),
            KeyAction::NextPane => self.cycle(1, cx),
            KeyAction::PreviousPane => self.cycle(-1, cx),
            KeyAction::Open => {
                if self.current().is_some() {
                    self.split.opened = true;
                    self.focus = Focus::Draft;
                }
                Vec::new()
            }
            KeyAction::Back => self.back(),
            KeyAction::Mark => {
                let Some(id) = self.current().map(|item| item.id) else {
                    return nothing_selected();
                };
                self.cursor.toggle(id);
                self.select(self.cursor.selected() + 1, cx)
            }
            KeyAction::Approve => self.approve(),
            KeyAction::DryRun => self.dry_run(cx),
            KeyAction::Edit => self.edit(false, cx),
            KeyAction::EditOutside => self.edit(true, cx),
            KeyAction::ResetDraft => self.reset_draft(),
            KeyAction::Snooze => {
                self.for_targets(|ids, what| Intent::Open(Box::new(Snooze::new(ids, what, cx))))
            }
            KeyAction::MeetingTime => self.meeting_time(cx),
            KeyAction::Skip => {
                self.for_targets(|ids, what| Intent::Open(Box::new(Skip::new(ids, what))))
            }
            KeyAction::OptedOut => self.answer_opt_out(true),
            KeyAction::NotOptedOut => self.answer_opt_out(false),
            KeyAction::Outcome => {
                self.for_targets(|ids, what| Intent::Open(Box::new(Outcome::new(ids, what))))
            }
            KeyAction::CopyAddress => self.copy(false),
            KeyAction::CopyMessage => self.copy(true),
            KeyAction::Refresh => {
                self.details.make_stale();
                let mut intents = vec![self.read(false), Intent::Effect(Effect::Sync)];
                intents.extend(self.want_details());
                intents
            }
            KeyAction::DomainAll => self.set_domain(None),
            KeyAction::DomainSales => self.set_domain(Some(Domain::Sales)),
            KeyAction::DomainMarketing => self.set_domain(Some(Domain::Marketing)),
            KeyAction::DomainCs => self.set_domain(Some(Domain::Cs)),
            KeyAction::Find => {
                self.split.opened = false;
                self.focus = Focus::List;
                vec![Intent::Open(Box::new(Find::new(
                    &self.query.search,
                    "words of a title, a person or a firm",
                )))]
            }
            KeyAction::Widen | KeyAction::Narrow => {
                self.split.act(action);
                Vec::new()
            }
            // What the whole terminal does, and what only overlays or other screens know.
            _ => Vec::new(),
        }
    }

    fn step(&mut self, by: isize, cx: &Context) -> Vec<Intent> {
        if self.focus == Focus::List {
            let to = self.cursor.selected().saturating_add_signed(by);
            return self.select(to, cx);
        }
        self.scroll_pane(self.focus, by, cx);
        Vec::new()
    }

    fn page(&mut self, sign: isize, part: usize, cx: &Context) -> Vec<Intent> {
        let rows = if self.focus == Focus::List {
            self.rows_in_view(cx)
        } else {
            self.pane_view(self.focus, cx).1
        };
        let by = isize::try_from((rows / part).max(1)).unwrap_or(1);
        self.step(by * sign, cx)
    }

    fn edge(&mut self, last: bool, cx: &Context) -> Vec<Intent> {
        if self.focus != Focus::List {
            self.scroll_pane(self.focus, if last { isize::MAX } else { isize::MIN }, cx);
            return Vec::new();
        }
        if last && self.items.len() >= self.query.limit {
            // The rest has not been read yet.
            let all = usize::try_from(cx.status.open_here()).unwrap_or(usize::MAX);
            self.query.limit = (all.max(self.items.len()) + 1).min(100_000);
            self.to_last = true;
            let mut intents = self.select(self.items.len(), cx);
            intents.push(self.read(false));
            return intents;
        }
        self.select(if last { self.items.len() } else { 0 }, cx)
    }

    /// Returns the lines of a pane and how many of them are seen.
    pub(super) fn pane_view(&self, pane: Focus, cx: &Context) -> (usize, usize) {
        let area = crate::tui::widgets::body(cx.size);
        let (Some(panes), Some(detail)) = (self.areas(area, cx).panes, self.current_detail())
        else {
            return (0, 1);
        };
        let contents = self.contents(detail, panes.width, cx);
        let lengths = [0, 1, 2].map(|i: usize| contents.get(i).map_or(0, Vec::len));
        let rects = self.stack(panes, lengths);
        let i = pane.index();
        (
            lengths.get(i).copied().unwrap_or(0),
            rects
                .get(i)
                .map_or(1, |r| usize::from(r.height.saturating_sub(2)).max(1)),
        )
    }

    pub(super) fn scroll_pane(&mut self, pane: Focus, by: isize, cx: &Context) {
        let (total, height) = self.pane_view(pane, cx);
        if let Some(top) = self.scroll.get_mut(pane.index()) {
            *top = moved(*top, by, total, height);
        }
    }

    fn cycle(&mut self, by: isize, cx: &Context) -> Vec<Intent> {
        let narrow = Split::narrow(crate::tui::widgets::body(cx.size));
        let order: &[Focus] = if narrow && self.split.opened {
            &Focus::PANES
        } else if narrow {
            // The panes are behind the list; the first Tab brings them up.
            self.split.opened = self.current().is_some();
            self.focus = if self.split.opened {
                Focus::Draft
            } else {
                Focus::List
            };
            return Vec::new();
        } else {
            &[Focus::List, Focus::Why, Focus::Draft, Focus::Gate]
        };
        let here = order.iter().position(|f| *f == self.focus).unwrap_or(0);
        let count = order.len();
        let next = (here + count).saturating_add_signed(by) % count;
        if let Some(focus) = order.get(next) {
            self.focus = *focus;
        }
        Vec::new()
    }

    fn back(&mut self) -> Vec<Intent> {
        if self.focus != Focus::List || self.split.opened {
            self.focus = Focus::List;
            self.split.opened = false;
        } else if !self.cursor.marks().is_empty() {
            self.cursor.marks_mut().clear();
        } else if !self.query.search.is_empty() {
            return vec![Intent::Filter(String::new())];
        }
        Vec::new()
    }

    fn for_targets(&self, open: impl FnOnce(Vec<MoveId>, String) -> Intent) -> Vec<Intent> {
        let ids = self.targets();
        let what = match ids.as_slice() {
            [] => return nothing_selected(),
            [one] => self
                .items
                .iter()
                .find(|item| item.id == *one)
                .map_or_else(|| format!("move {one}"), describe),
            many => format!("{} marked moves", many.len()),
        };
        vec![open(ids, what)]
    }

    fn approve(&mut self) -> Vec<Intent> {
        let ids = self.targets();
        if ids.is_empty() {
            return nothing_selected();
        }
        if let [id] = ids.as_slice()
            && self.pending.contains_key(id)
        {
            return vec![Intent::Say(
                Tone::Plain,
                "That move is on its way already.".into(),
            )];
        }
        let items = ids
            .iter()
            .map(|id| {
                let title = self
                    .items
                    .iter()
                    .find(|item| item.id == *id)
                    .map_or_else(|| format!("move {id}"), describe);
                (*id, title, self.details.get(*id).cloned())
            })
            .collect();
        vec![
            Intent::Open(Box::new(Approve::new(items))),
            Intent::Effect(Effect::Show(ids)),
        ]
    }

    /// Answers the selected move, if it asks whether they opted out.
    fn answer_opt_out(&self, opted_out: bool) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        if item.action != ActionKind::ConfirmOptOut {
            return vec![Intent::Say(
                Tone::Plain,
                format!("{} does not ask that.", clean(&item.title)),
            )];
        }
        vec![Intent::run(Command::AnswerOptOut {
            id: item.id,
            opted_out,
            whom: None,
        })]
    }

    /// Returns the means of a move, as far as known yet.
    fn means_of(&self, item: &TodayItem) -> Means {
        self.details
            .get(item.id)
            .map_or(item.action.means(), |detail| detail.means)
    }

    /// Asks for the time of a meeting that a move books.
    fn meeting_time(&self, cx: &Context) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        let Some(detail) = self.details.get(item.id) else {
            return vec![Intent::Say(
                Tone::Plain,
                "The move is being read; try again in a moment.".into(),
            )];
        };
        if !detail.offers_times {
            return vec![Intent::Say(
                Tone::Plain,
                format!("{} books no meeting.", clean(&item.title)),
            )];
        }
        vec![Intent::Open(Box::new(Snooze::meeting(
            item.id,
            &describe(item),
            cx,
        )))]
    }

    fn dry_run(&self, cx: &Context) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        if self.means_of(item) == Means::ByHand {
            return vec![Intent::Say(
                Tone::Plain,
                format!(
                    "{} is done by hand; there is no message.",
                    clean(&item.title)
                ),
            )];
        }
        vec![
            Intent::Open(Box::new(Viewer::of_preview(item.id, cx))),
            Intent::Effect(Effect::Preview(item.id)),
        ]
    }

    fn edit(&self, outside: bool, cx: &Context) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        let words = self
            .details
            .get(item.id)
            .and_then(|detail| detail.deed.as_ref()?.words());
        let not_edited = self.details.get(item.id).map(|detail| detail.not_edited);
        let refusal = match not_edited {
            Some(why) if !why.is_empty() && words.is_none() => Some(why),
            Some(_) => None,
            None if self.means_of(item) == Means::ByHand => {
                Some("is done by hand; there is no draft to edit")
            }
            None => None,
        };
        if let Some(why) = refusal {
            let title = clean(&item.title);
            return vec![Intent::Say(Tone::Plain, format!("{title} {why}."))];
        }
        let Some(detail) = self.details.get(item.id) else {
            return vec![Intent::Say(
                Tone::Plain,
                "The draft is being read; try again in a moment.".into(),
            )];
        };
        let (to, subject, body) = match (&detail.draft, words) {
            (Some(draft), _) => (draft.to.clone(), draft.subject.clone(), draft.body.clone()),
            (None, Some((title, text))) => ("HubSpot".to_owned(), title, text),
            (None, None) => (item.email.clone(), String::new(), String::new()),
        };
        if outside {
            return vec![Intent::Effect(Effect::EditOutside {
                id: item.id,
                subject,
                body,
            })];
        }
        vec![Intent::Open(Box::new(Editor::new(
            item.id, &to, &subject, &body, cx,
        )))]
    }

    fn reset_draft(&self) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        let detail = self.details.get(item.id);
        if detail.is_some_and(|d| d.offers_times && d.deed.is_some()) {
            return vec![Intent::Open(Box::new(Confirm::new(
                "Take the time away",
                "The move offers times by mail again.",
                Intent::run(Command::PlanMove {
                    id: item.id,
                    plan: Box::new(MovePlan {
                        by_mail: true,
                        ..MovePlan::default()
                    }),
                }),
            )))];
        }
        let edited = detail
            .and_then(|d| d.draft.as_ref())
            .is_some_and(|d| d.edited);
        if !edited {
            return vec![Intent::Say(
                Tone::Plain,
                "The draft was not edited; there is nothing to throw away.".into(),
            )];
        }
        vec![Intent::Open(Box::new(Confirm::new(
            "Throw the edit away",
            "Your words are replaced by the template's.",
            Intent::run(Command::ResetDraft { id: item.id }),
        )))]
    }

    fn copy(&self, message: bool) -> Vec<Intent> {
        let Some(item) = self.current() else {
            return nothing_selected();
        };
        let draft = self.details.get(item.id).and_then(|d| d.draft.as_ref());
        let text = match (message, draft) {
            (true, Some(draft)) => format!("Subject: {}\n\n{}", draft.subject, draft.body),
            (true, None) => {
                return vec![Intent::Say(
                    Tone::Plain,
                    "There is no message to copy.".into(),
                )];
            }
            (false, _) if item.email.is_empty() => {
                return vec![Intent::Say(Tone::Plain, "No address is known.".into())];
            }
            (false, _) => item.email.clone(),
        };
        let said = if message {
            "The message is on the clipboard.".to_owned()
        } else {
            format!("{} is on the clipboard.", clean(&item.email))
        };
        vec![
            Intent::Effect(Effect::Copy(text)),
            Intent::Say(Tone::Good, said),
        ]
    }
}

fn describe(item: &crate::engine::queries::today::TodayItem) -> String {
    let whom = super::list::whom(item);
    if whom.is_empty() {
        clean(&item.title)
    } else {
        format!("{} · {whom}", clean(&item.title))
    }
}
