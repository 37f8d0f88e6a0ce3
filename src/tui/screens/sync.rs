//! Sync: how each source and the services behind them stand, the messages that could not leave or of which nobody knows whether they did, and the
//! jobs that run besides.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::circuit::Position;
use crate::domain::id::ExecutionId;
use crate::domain::service::Service;
use crate::engine::command::Command;
use crate::engine::queries::health::{Grade, ServiceHealth, SourceHealth};
use crate::engine::queries::jobs::{JobItem, JobState};
use crate::engine::queries::outbox::{OutboxAct, OutboxItem};
use crate::engine::queries::page::{Page, Slice};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::keymap::KeyContext;
use crate::tui::looks::sync_lines::SyncLine;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Effect;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::parts::listing::row_line;
use crate::tui::parts::{Empty, Item, Listed, Listing, Meaning, Pair, RowState, Words};
use crate::tui::text::{clean, fit, pad};
use crate::tui::times;

/// The key of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncKey {
    /// A source by name.
    Source(String),
    /// A service.
    Service(Service),
    /// A message.
    Message(ExecutionId),
    /// A job by name.
    Job(String),
}

impl Item for SyncLine {
    type Key = SyncKey;

    fn key(&self) -> SyncKey {
        match self {
            Self::Source(source) => SyncKey::Source(source.state.name.clone()),
            Self::Service(service) => SyncKey::Service(service.service),
            Self::Message(item) => SyncKey::Message(item.id),
            Self::Job(job) => SyncKey::Job(job.name.clone()),
        }
    }
}

/// Sources, services, stuck messages and jobs.
#[derive(Debug, Default)]
pub struct Sync;

fn retry(item: &OutboxItem) -> Intent {
    if item.can.contains(&OutboxAct::Retry) {
        return Intent::run(Command::Retry {
            id: item.id,
            force: false,
        });
    }
    Intent::Say(
        Tone::Warning,
        format!("It cannot be tried again: {}", clean(&item.because)),
    )
}

fn drop_it(item: &OutboxItem) -> Intent {
    let text = format!(
        "The message \"{}\" to {} is given up, and its move is open again.",
        clean(&item.subject),
        clean(&item.to)
    );
    let give_up = Intent::run(Command::Withdraw { id: item.id });
    Intent::Open(Box::new(Confirm::new("Drop the message", &text, give_up)))
}

/// Returns a source's or a message's sign, word and colour: the word says what the colour does.
fn graded(grade: Grade, cx: &Context) -> (&'static str, &'static str, Style) {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    match grade {
        Grade::Healthy => (glyphs.pass, "healthy", styles.good),
        Grade::Degraded => (glyphs.alert, "degraded", styles.warning),
        Grade::Failing => (glyphs.refuse, "failing", styles.bad),
        Grade::Unknown => (glyphs.wait, "unknown", styles.muted),
    }
}

/// Returns the rest of a service's scarcest budget, in percent.
fn left(service: &ServiceHealth) -> Option<u64> {
    let shares = service.quotas.iter().filter(|q| q.most > 0);
    shares.map(|q| q.left.min(q.most) * 100 / q.most).min()
}

/// Says how a circuit stands.
const fn circuit(position: Position) -> &'static str {
    match position {
        Position::Closed => "closed: it is asked",
        Position::Open => "open: it is left alone",
        Position::Trial => "on trial: one request is out",
    }
}

fn ago(at: Option<Timestamp>, cx: &Context) -> String {
    at.map_or_else(|| "never".into(), |at| times::away(at, cx.now))
}

fn describe_source(source: &SourceHealth, words: &mut Words<'_>, cx: &Context) {
    let styles = cx.styles();
    let s = &source.state;
    let (sign, word, style) = graded(source.grade, cx);
    let word = if source.is_read { word } else { "fed by hand" };
    words.styled(&clean(&s.name), styles.heading);
    words.value_in("state", &format!("{sign} {word}"), style);
    words.value_in("because", &clean(&source.why), style);
    words.value("clean run", &ago(s.last_clean_at, cx));
    words.value("asked", &ago(s.last_run_at, cx));
    if let Some(at) = s.next_try_at.filter(|at| *at > cx.now) {
        words.value("next try", &times::both(at, cx.now, &cx.zone));
    }
    words.value("cursor", &fit(&clean(&s.cursor), 120, cx.glyphs().cut));
    if source.recent_failures > 0 {
        words.value(
            "of late",
            &format!(
                "{} of {} runs failed",
                source.recent_failures, source.recent_runs
            ),
        );
    }
    if s.failures > 0 {
        let plural = if s.failures == 1 { "" } else { "s" };
        words.value_in(
            "failures",
            &format!("{} run{plural} in a row", s.failures),
            styles.warning,
        );
    }
    words.value_in("error", &clean(&s.last_error), styles.bad);
    words.heading("What it brought");
    words.value("looked at", &s.seen.to_string());
    words.value("new", &s.new.to_string());
    words.value("matched", &s.matched.to_string());
    if s.dropped > 0 {
        words.value("dropped", &s.dropped.to_string());
        for (reason, n) in &s.drop_reasons {
            words.muted(&format!("  {n} {}", clean(reason)));
        }
    }
    if let Some(service) = &source.service {
        words.heading(&format!("The service behind it: {}", service.service));
        describe_service(service, words, cx);
    }
}

fn describe_service(service: &ServiceHealth, words: &mut Words<'_>, cx: &Context) {
    let styles = cx.styles();
    let (sign, word, style) = graded(service.grade, cx);
    words.value_in("state", &format!("{sign} {word}"), style);
    words.value("circuit", circuit(service.circuit));
    words.value_in("because", &clean(&service.reason), styles.warning);
    if service.failures > 0 {
        words.value("failures", &format!("{} in a row", service.failures));
    }
    if let Some(at) = service.next_try_at {
        words.value("next try", &times::both(at, cx.now, &cx.zone));
    }
    let today = &service.today;
    words.value(
        "today",
        &format!(
            "{} calls, {} failed, {} tried again",
            today.calls, today.failed, today.retried
        ),
    );
    for quota in &service.quotas {
        // Four fifths used is the point from which it is to be watched.
        let is_scarce = quota.most > 0 && quota.left * 5 <= quota.most;
        let style = if is_scarce {
            styles.warning
        } else {
            styles.text
        };
        words.value_in(
            "quota",
            &format!(
                "{}: {} of {} left",
                clean(&quota.name),
                quota.left,
                quota.most
            ),
            style,
        );
    }
}

fn describe_message(item: &OutboxItem, words: &mut Words<'_>, cx: &Context) {
    let styles = cx.styles();
    words.styled(&clean(&item.subject), styles.heading);
    words.value(
        "to",
        &format!("{} {}", clean(&item.contact), clean(&item.to)),
    );
    words.value_in("state", item.status.as_str(), styles.bad);
    words.value_in("because", &clean(&item.because), styles.warning);
    words.value("from", &clean(&item.account));
    words.value("tries", &item.tries.to_string());
    words.value("approved", &times::both(item.approved_at, cx.now, &cx.zone));
    if let Some(at) = item.clears_at {
        words.value("next try", &times::both(at, cx.now, &cx.zone));
    }
    if let Some(id) = item.move_id {
        words.value("move", &id.to_string());
    }
    words.heading("What can be done");
    let key = |action| cx.keymap.key(KeyContext::On(ScreenId::Sync), action);
    for (action, what) in [
        (KeyAction::Retry, "tries it again now"),
        (KeyAction::Drop, "gives it up; its move is open again"),
        (KeyAction::GoMove, "shows its move"),
    ] {
        words.line(Line::from(vec![
            Span::styled(format!(" {}", key(action)), styles.key),
            Span::styled(format!(" {what}"), styles.text),
        ]));
    }
}

fn is_given_up(job: &JobItem) -> bool {
    job.state == JobState::Dead
}

/// Returns a job's sign, word and colour.
fn job_state(job: &JobItem, cx: &Context) -> (&'static str, &'static str, Style) {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    if is_given_up(job) {
        (glyphs.refuse, "given up", styles.bad)
    } else if job.tries > 0 {
        (glyphs.alert, "failed", styles.warning)
    } else if job.last_ok_at.is_some() {
        (glyphs.pass, "ok", styles.good)
    } else {
        (glyphs.wait, "waits", styles.muted)
    }
}

fn describe_job(job: &JobItem, words: &mut Words<'_>, cx: &Context) {
    let styles = cx.styles();
    let (sign, word, style) = job_state(job, cx);
    words.styled(&clean(&job.name), styles.heading);
    words.value("purpose", &clean(&job.about));
    words.value_in("state", &format!("{sign} {word}"), style);
    words.value("last run", &ago(job.last_run_at, cx));
    words.value("clean run", &ago(job.last_ok_at, cx));
    let next = match job.next_due_at {
        _ if is_given_up(job) => "when it is tried again".to_owned(),
        Some(at) => times::both(at, cx.now, &cx.zone),
        None => "at the next sync".to_owned(),
    };
    words.value("next run", &next);
    if job.tries > 0 {
        let plural = if job.tries == 1 { "" } else { "s" };
        let text = format!("{} run{plural} in a row", job.tries);
        words.value_in("failures", &text, styles.warning);
    }
    words.value_in("error", &clean(&job.error), styles.bad);
    if job.tries > 0 {
        words.heading("What can be done");
        let key = cx
            .keymap
            .key(KeyContext::On(ScreenId::Sync), KeyAction::Retry);
        words.line(Line::from(vec![
            Span::styled(format!(" {key}"), styles.key),
            Span::styled(" tries it again at the next sync", styles.text),
        ]));
    }
}

impl Listed for Sync {
    type Row = SyncLine;

    const SCREEN: ScreenId = ScreenId::Sync;
    const SHARE: u16 = 54;
    const ROWS: &'static str = "The sources";
    const HINTS: &'static [KeyAction] = &[
        KeyAction::Open,
        KeyAction::Refresh,
        KeyAction::Retry,
        KeyAction::Drop,
        KeyAction::Palette,
        KeyAction::Help,
    ];

    fn look(&self, _words: &str, _page: Page<SyncKey>) -> Look {
        Look::Sync
    }

    fn rows(&mut self, sight: &Sight) -> Option<Arc<Slice<SyncLine>>> {
        match sight {
            Sight::Sync(lines) => Some(Arc::clone(lines)),
            _ => None,
        }
    }

    fn act(&mut self, action: KeyAction, pair: &Pair<SyncLine>, _cx: &Context) -> Meaning {
        let intent = match (action, pair.list.current()) {
            (KeyAction::Retry, Some(SyncLine::Message(item))) => retry(item),
            (KeyAction::Drop, Some(SyncLine::Message(item))) => drop_it(item),
            (KeyAction::Retry, Some(SyncLine::Job(job))) => Intent::run(Command::RetryJob {
                name: job.name.clone(),
            }),
            (KeyAction::Retry | KeyAction::Drop, _) => Intent::Say(
                Tone::Plain,
                "Only a message that did not leave can be tried again or dropped, and a job that failed can be tried again.".into(),
            ),
            (KeyAction::Refresh, Some(SyncLine::Source(source))) if source.is_read => {
                Intent::Effect(Effect::SyncOnly(source.state.name.clone()))
            }
            (KeyAction::Refresh, _) => Intent::Effect(Effect::Sync),
            (KeyAction::GoMove, Some(SyncLine::Message(item))) => {
                let target = item
                    .move_id
                    .map_or(Target::Screen(ScreenId::Sync), Target::Move);
                Intent::Go(target)
            }
            (KeyAction::GoMove, _) => Intent::Go(Target::Screen(ScreenId::Signals)),
            _ => return Meaning::Common,
        };
        Meaning::Own(vec![intent])
    }

    fn heading(&self, _words: &str, _cx: &Context) -> String {
        "Sync".to_owned()
    }

    fn note(
        &self,
        list: &Listing<SyncLine>,
        _words: &str,
        _width: u16,
        cx: &Context,
    ) -> Option<Line<'static>> {
        let (styles, glyphs) = (cx.styles(), cx.glyphs());
        let rows = list.rows();
        let failing = rows
            .iter()
            .filter(|row| match row {
                SyncLine::Source(source) => source.grade == Grade::Failing,
                SyncLine::Service(service) => service.grade == Grade::Failing,
                SyncLine::Job(job) => is_given_up(job),
                SyncLine::Message(_) => false,
            })
            .count();
        let dead = rows
            .iter()
            .filter(|row| matches!(row, SyncLine::Message(_)))
            .count();
        let mut spans = Vec::new();
        if cx.status.syncing {
            spans.push(Span::styled(" reading the sources ", styles.accent));
        }
        if failing > 0 {
            spans.push(Span::styled(
                format!(" {} {failing} failing ", glyphs.refuse),
                styles.bad,
            ));
        }
        if dead > 0 {
            let plural = if dead == 1 { "" } else { "s" };
            spans.push(Span::styled(
                format!(" {} {dead} message{plural} did not leave ", glyphs.alert),
                styles.warning,
            ));
        }
        Some(Line::from(spans))
    }

    fn empty(&self, _words: &str, loaded: bool) -> Empty {
        if !loaded {
            return Empty::reading();
        }
        Empty::new("No source yet")
            .say("Where signals come from stands here: how late each source is, what it brought and what failed.")
            .gap()
            .command("caseyos mail add maildir PATH", "add a mailbox")
            .command("caseyos auth login google", "mail and calendar from Google")
            .command("caseyos auth login hubspot", "deals and people from HubSpot")
            .command("caseyos signals add --file FILE", "add signals by hand")
    }

    fn row(&self, line: &SyncLine, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
        let (styles, glyphs) = (cx.styles(), cx.glyphs());
        let room = cells.saturating_sub(2 + 2);
        let spans = match line {
            SyncLine::Source(source) => {
                let (sign, word, style) = graded(source.grade, cx);
                let word = if source.is_read { word } else { "by hand" };
                let name_cells = (room / 3).clamp(8, 26);
                let s = &source.state;
                let rest = room.saturating_sub(name_cells + 1 + 9 + 12);
                vec![
                    Span::styled(format!("{sign} "), style),
                    Span::styled(
                        format!("{} ", pad(&clean(&s.name), name_cells, glyphs.cut)),
                        styles.text,
                    ),
                    Span::styled(format!("{word:<9}"), style),
                    Span::styled(pad(&ago(s.last_clean_at, cx), 12, glyphs.cut), styles.muted),
                    Span::styled(
                        pad(&format!("{} in, {} new", s.seen, s.new), rest, glyphs.cut),
                        styles.muted,
                    ),
                ]
            }
            SyncLine::Service(service) => {
                let (sign, word, style) = graded(service.grade, cx);
                let name_cells = (room / 3).clamp(8, 26);
                let rest = room.saturating_sub(name_cells + 1 + 9);
                let mut said = match service.circuit {
                    Position::Closed => String::new(),
                    Position::Open => "circuit open, ".into(),
                    Position::Trial => "circuit on trial, ".into(),
                };
                said.push_str(&format!("{} calls today", service.today.calls));
                if let Some(left) = left(service) {
                    said.push_str(&format!(", {left}% of quota left"));
                }
                vec![
                    Span::styled(format!("{sign} "), style),
                    Span::styled(
                        format!("{} ", pad(service.service.as_str(), name_cells, glyphs.cut)),
                        styles.accent,
                    ),
                    Span::styled(format!("{word:<9}"), style),
                    Span::styled(pad(&said, rest, glyphs.cut), styles.muted),
                ]
            }
            SyncLine::Message(item) => {
                let status = item.status.to_string();
                let to_cells = (room / 3).clamp(8, 26);
                let rest = room.saturating_sub(to_cells + 1 + 10);
                vec![
                    Span::styled(format!("{} ", glyphs.alert), styles.warning),
                    Span::styled(
                        format!("{} ", pad(&clean(&item.to), to_cells, glyphs.cut)),
                        styles.text,
                    ),
                    Span::styled(pad(&status, 10, glyphs.cut), styles.bad),
                    Span::styled(pad(&clean(&item.because), rest, glyphs.cut), styles.muted),
                ]
            }
            SyncLine::Job(job) => {
                let (sign, word, style) = job_state(job, cx);
                let name_cells = (room / 3).clamp(8, 26);
                let rest = room.saturating_sub(name_cells + 1 + 9 + 12);
                let said = if job.error.is_empty() {
                    &job.about
                } else {
                    &job.error
                };
                vec![
                    Span::styled(format!("{sign} "), style),
                    Span::styled(
                        format!("{} ", pad(&clean(&job.name), name_cells, glyphs.cut)),
                        styles.text,
                    ),
                    Span::styled(format!("{word:<9}"), style),
                    Span::styled(pad(&ago(job.last_run_at, cx), 12, glyphs.cut), styles.muted),
                    Span::styled(pad(&clean(said), rest, glyphs.cut), styles.muted),
                ]
            }
        };
        row_line(state, spans, cells, cx)
    }

    fn side_heading(&self, row: Option<&SyncLine>) -> String {
        match row {
            Some(SyncLine::Message(_)) => "Message",
            Some(SyncLine::Service(_)) => "Service",
            Some(SyncLine::Job(_)) => "Job",
            _ => "Source",
        }
        .to_owned()
    }

    fn describe(&self, row: Option<&SyncLine>, text: &mut Words<'_>, cx: &Context) {
        match row {
            Some(SyncLine::Source(source)) => describe_source(source, text, cx),
            Some(SyncLine::Service(service)) => {
                text.styled(service.service.as_str(), cx.styles().heading);
                describe_service(service, text, cx);
            }
            Some(SyncLine::Message(item)) => describe_message(item, text, cx),
            Some(SyncLine::Job(job)) => describe_job(job, text, cx),
            None => {}
        }
    }
}
