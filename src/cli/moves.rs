//! `caseyos edit|snooze|skip|done|reopen`: changes to moves other than approval.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use jiff::SignedDuration;

use super::Run;
use super::approve::finish;
use super::output::{Ending, when};
use crate::domain::id::MoveId;
use crate::domain::moves::{MAX_MEETING_MINUTES, MovePlan};
use crate::domain::suppression::Whom;
use crate::domain::text::{clean_block, clean_line};
use crate::domain::wishes::says_do_not_contact;
use crate::engine::command::{Command, Done};
use crate::engine::queries::show::DeedView;
use crate::engine::{Engine, EngineError};
use crate::env::file;
use crate::tui::outside::edit_alone;

/// Edit a move before approval: its draft, with options, from a file or in $EDITOR; its meeting's time; a stage or fields.
///
/// A move that offers times for a meeting books one once it has a time: approving it puts the meeting into the calendar and invites them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos edit 12                            in $VISUAL or $EDITOR\n  caseyos edit 12 --subject 'Your question'\n  caseyos edit 12 --body-file answer.txt     also a draft that lies in its mailbox\n  caseyos edit 12 --at 'tue 15:00' --for 45m --call\n  caseyos edit 12 --no-time                  offers times by mail again\n  caseyos edit 13 --stage 'Contract Sent'\n  caseyos edit 14 --set jobtitle=CTO --set city=Madrid\n  caseyos edit 12 --reset                    back to the template"
)]
pub(super) struct EditArgs {
    /// The move's number.
    id: i64,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    plan: Plan,
    /// Discard your changes and go back to the template.
    #[arg(long, conflicts_with_all = ["subject", "body", "body_file", "plan"])]
    reset: bool,
}

/// The move's plan, beside the words of a draft.
#[derive(Debug, Args)]
#[group(id = "plan", multiple = true, conflicts_with = "words")]
struct Plan {
    /// Start of the meeting: `tue 15:00`, `2026-12-01T15:00`; in your zone unless an offset is given.
    #[arg(long, value_name = "TIME", conflicts_with = "no_time")]
    at: Option<String>,
    /// Length of the meeting: `45m`.
    #[arg(long = "for", value_name = "LENGTH", value_parser = super::slots::length)]
    length: Option<SignedDuration>,
    /// Title of the meeting.
    #[arg(long)]
    title: Option<String>,
    /// Place of the meeting.
    #[arg(long)]
    place: Option<String>,
    /// Add a video call.
    #[arg(long)]
    call: bool,
    /// Offer times by mail, even if a time is set.
    #[arg(long)]
    no_time: bool,
    /// Due time of the task.
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// The stage that the deal goes to, by its id or its name.
    #[arg(long)]
    stage: Option<String>,
    /// A field and its new value; repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The task to complete, as `hubspot:777`.
    #[arg(long)]
    task: Option<String>,
}

impl Plan {
    /// Returns what is settled; none if nothing is given.
    fn read(&self, engine: &Engine) -> Result<Option<MovePlan>, EngineError> {
        let when = |text: &String| {
            let nine = jiff::civil::time(9, 0, 0, 0);
            when(text, engine, nine)
                .map_err(|e| EngineError::Input(format!("{e} Nothing was changed.")))
        };
        let line =
            |text: &Option<String>, most| clean_line(text.as_deref().unwrap_or_default(), most);
        let minutes = match self.length.map(|length| length.as_mins()) {
            Some(minutes) => match u32::try_from(minutes) {
                Ok(minutes) if (1..=MAX_MEETING_MINUTES).contains(&minutes) => Some(minutes),
                _ => {
                    return Err(EngineError::Input(
                        "A meeting lasts between a minute and twelve hours. Nothing was changed."
                            .into(),
                    ));
                }
            },
            None => None,
        };
        let mut properties = BTreeMap::new();
        for pair in &self.set {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                EngineError::Input(format!(
                    "--set takes NAME=VALUE, not \"{}\". Nothing was changed.",
                    clean_line(pair, 80)
                ))
            })?;
            properties.insert(clean_line(name, 100), clean_block(value, 60_000));
        }
        let plan = MovePlan {
            starts_at: self.at.as_ref().map(when).transpose()?,
            by_mail: self.no_time,
            minutes,
            title: line(&self.title, 200),
            place: line(&self.place, 200),
            with_call: self.call.then_some(true),
            due: self.due.as_ref().map(when).transpose()?,
            stage: line(&self.stage, 100),
            properties,
            task: line(&self.task, 100),
        };
        Ok((!plan.is_empty()).then_some(plan))
    }
}

/// New words for a draft; in the editor if none are given.
#[derive(Debug, Args)]
#[group(id = "words", multiple = true)]
pub(super) struct Words {
    /// New subject.
    #[arg(long)]
    subject: Option<String>,
    /// New text.
    #[arg(long)]
    body: Option<String>,
    /// New text from a file; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    body_file: Option<PathBuf>,
}

impl Words {
    /// Tells whether any are given.
    pub(super) const fn are_given(&self) -> bool {
        self.subject.is_some() || self.body.is_some() || self.body_file.is_some()
    }
}

pub(super) fn edit(run: &mut Run<'_>, args: &EditArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let id = MoveId(args.id);
    if let Some(plan) = args.plan.read(&engine)? {
        let plan = Box::new(plan);
        return finish(run, &engine.run(Command::PlanMove { id, plan })?);
    }
    if args.reset {
        let mut done = engine.run(Command::ResetDraft { id })?;
        let plan = engine.run(Command::ResetPlan { id })?;
        if matches!(done, Done::Nothing { .. }) {
            done = plan;
        }
        return finish(run, &done);
    }
    let done = edit_words(&engine, id, &args.words)?;
    finish(run, &done)
}

/// Changes the draft of a move to given words, or in the operator's editor.
pub(super) fn edit_words(engine: &Engine, id: MoveId, words: &Words) -> Result<Done, EngineError> {
    let body = match &words.body_file {
        Some(path) => Some(read_text(path)?),
        None => words.body.clone(),
    };
    let detail = engine.show(id)?;
    // A draft that its template cannot make is exactly one that has to be written by hand.
    let words_of_deed = detail.deed.as_ref().and_then(DeedView::words);
    let (old_subject, old_body) = match detail.draft {
        Some(draft) => (draft.subject, draft.body),
        None if detail.deed.is_some() => {
            let (title, text) = words_of_deed.unwrap_or_default();
            (
                if title.is_empty() {
                    detail.item.title.clone()
                } else {
                    title
                },
                text,
            )
        }
        None if detail.draft_problem.is_some() => (String::new(), String::new()),
        None => {
            return Err(EngineError::Input(format!(
                "Move {id} has no draft: it is {}, {}.",
                detail.status, detail.item.action
            )));
        }
    };
    let (subject, body) = if words.subject.is_none() && body.is_none() {
        in_editor(engine, id, &old_subject, &old_body)?
    } else {
        (
            words.subject.clone().unwrap_or(old_subject),
            body.unwrap_or(old_body),
        )
    };
    engine.run(Command::EditDraft { id, subject, body })
}

const MAX_BODY_BYTES: u64 = 1024 * 1024;

fn read_text(path: &Path) -> Result<String, EngineError> {
    let failed =
        |e: std::io::Error| EngineError::Input(format!("{} cannot be read: {e}.", path.display()));
    let bytes = if path.as_os_str() == "-" {
        file::read_from(std::io::stdin(), MAX_BODY_BYTES)
    } else {
        file::read(path, MAX_BODY_BYTES)
    };
    let bytes = bytes.map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Lets the operator edit in their own editor: the first line is the subject.
fn in_editor(
    engine: &Engine,
    id: MoveId,
    subject: &str,
    body: &str,
) -> Result<(String, String), EngineError> {
    let is_set = |name| crate::env::variable(name).is_some();
    if !is_set("VISUAL") && !is_set("EDITOR") {
        return Err(EngineError::Input(
            "Neither VISUAL nor EDITOR is set; give --subject, --body or --body-file instead."
                .into(),
        ));
    }
    let is_asked = Asked::listen();
    let edited = edit_alone(&engine.paths().data, id, subject, body, &is_asked.to_end);
    match edited.map_err(EngineError::Outside)? {
        Some(words) => Ok(words),
        None => Ok((subject.to_owned(), body.to_owned())),
    }
}

/// Listens for signals that end the program while the editor is open. Ctrl-C reaches both, and is the editor's.
struct Asked {
    to_end: Arc<AtomicBool>,
    listens: Vec<signal_hook::SigId>,
}

impl Asked {
    fn listen() -> Self {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let (to_end, not_ours) = (Arc::default(), Arc::default());
        let all = [(SIGTERM, &to_end), (SIGHUP, &to_end), (SIGINT, &not_ours)];
        let listens = all
            .into_iter()
            .filter_map(|(signal, flag)| signal_hook::flag::register(signal, Arc::clone(flag)).ok())
            .collect();
        Self { to_end, listens }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        for id in self.listens.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// Snooze moves until a time.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos snooze 12 2h\n  caseyos snooze 12 13 tomorrow 9:00\n  caseyos snooze 12 next monday"
)]
pub(super) struct SnoozeArgs {
    /// The moves' numbers, then a time: `2h`, `tomorrow 9:00`, `monday`, `2026-12-01`.
    #[arg(required = true, num_args = 2..)]
    words: Vec<String>,
}

pub(super) fn snooze(run: &mut Run<'_>, args: &SnoozeArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let numbers = args
        .words
        .iter()
        .take_while(|w| w.parse::<i64>().is_ok())
        .count();
    let (ids, phrase) = args.words.split_at(numbers);
    if ids.is_empty() || phrase.is_empty() {
        return Err(EngineError::Input(
            "Say which moves and until when, such as `caseyos snooze 12 tomorrow 9:00`.".into(),
        ));
    }
    let ids = ids
        .iter()
        .filter_map(|w| w.parse().ok().map(MoveId))
        .collect();
    let nine = jiff::civil::time(9, 0, 0, 0);
    let until =
        when(&phrase.join(" "), &engine, nine).map_err(|e| EngineError::Input(e.to_string()))?;
    finish(run, &engine.run(Command::Snooze { ids, until })?)
}

/// Skip moves; the reason teaches the score.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos skip 12 --reason 'not a fit'\n  caseyos skip 12 13 14\n  caseyos skip 12 --reason 'do not contact' --suppress firm"
)]
pub(super) struct SkipArgs {
    /// The moves' numbers.
    #[arg(required = true)]
    ids: Vec<i64>,
    /// Reason. "do not contact", "unsubscribed", "asked to stop" and the like suppress them.
    #[arg(long, default_value = "")]
    reason: String,
    /// Never write again to the person (me) or to everybody at their firm (firm). On a terminal you are asked if the reason says so.
    #[arg(long, value_name = "WHOM")]
    suppress: Option<Whom>,
}

pub(super) fn skip(run: &mut Run<'_>, args: &SkipArgs) -> Result<Ending, EngineError> {
    let ids = args.ids.iter().copied().map(MoveId).collect();
    let engine = run.engine()?;
    let asks = args.suppress.is_none() && says_do_not_contact(&args.reason) && run.is_in_terminal();
    let is_firm = asks && super::outbox::ask(run.out, "Everybody at their firm, not only them?")?;
    let done = engine.run(Command::Skip {
        ids,
        reason: args.reason.clone(),
        suppress: args.suppress.or_else(|| is_firm.then_some(Whom::Firm)),
    })?;
    finish(run, &done)
}

/// Mark a move done that you did by hand; nothing is sent.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  caseyos done 12 --note 'called, wants a quote'")]
pub(super) struct DoneArgs {
    /// The move's number.
    id: i64,
    /// Notes on the outcome.
    #[arg(long, default_value = "")]
    note: String,
}

pub(super) fn done(run: &mut Run<'_>, args: &DoneArgs) -> Result<Ending, EngineError> {
    let done = run.engine()?.run(Command::Done {
        id: MoveId(args.id),
        note: args.note.clone(),
    })?;
    finish(run, &done)
}

/// Reopen a skipped, snoozed, expired or done move.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  caseyos reopen 12")]
pub(super) struct ReopenArgs {
    /// The move's number.
    id: i64,
}

pub(super) fn reopen(run: &mut Run<'_>, args: &ReopenArgs) -> Result<Ending, EngineError> {
    let done = run.engine()?.run(Command::Reopen {
        id: MoveId(args.id),
    })?;
    finish(run, &done)
}
