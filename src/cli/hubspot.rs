//! `caseyos hubspot`: the portal's state, writes to it, and conflicts.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;
use jiff::civil::Time;

use super::Run;
use super::approve::{Leave, finish, finish_wish, show_or_finish};
use super::output::{Ending, fit, moment, when};
use crate::domain::amount::{self, AmountFault, Context};
use crate::engine::hubspot::{Gate, Take, Target, Wish};
use crate::engine::{Engine, EngineError};

/// Show HubSpot's state; write tasks, notes, properties and stages; settle conflicts.
#[derive(Debug, Args)]
pub(super) struct HubspotArgs {
    #[command(subcommand)]
    command: HubspotCommand,
}

#[derive(Debug, Subcommand)]
enum HubspotCommand {
    /// Show the last readings, waiting writes, pipelines and owners.
    #[command(
        after_help = "Examples:\n  caseyos hubspot status\n  caseyos hubspot status --json | jq '.stages[] | {id, label}'"
    )]
    Status,
    /// List fields that were changed both here and in HubSpot.
    #[command(
        after_help = "Examples:\n  caseyos hubspot conflicts\n  caseyos hubspot conflicts --all --json"
    )]
    Conflicts {
        /// Include settled conflicts.
        #[arg(long)]
        all: bool,
    },
    /// Settle a conflict: take HubSpot's value, or write yours there.
    #[command(
        after_help = "Examples:\n  caseyos hubspot resolve 3 --take hubspot\n  caseyos hubspot resolve 3 --take local"
    )]
    Resolve {
        /// The conflict's number.
        id: i64,
        /// The side whose value to keep.
        #[arg(long, value_enum)]
        take: TakeArg,
    },
    /// Send waiting writes and local changes to HubSpot.
    ///
    /// Each record is fetched just before it is changed. If HubSpot changed another field meanwhile, that change is kept; the same field becomes a
    /// conflict, unless [hubspot.ownership] says which value to keep.
    #[command(
        after_help = "Examples:\n  caseyos hubspot push --dry-run     the exact requests, and nothing sent\n  caseyos hubspot push"
    )]
    Push {
        /// Show the exact requests; send nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Add a task.
    #[command(
        after_help = "Examples:\n  caseyos hubspot task 'Call about renewal' --contact ann@acme.example --due 'tomorrow 10:00'\n  caseyos hubspot task 'Send terms' --deal 'Northwind EU' --body 'The new ones' --dry-run"
    )]
    Task {
        /// The task's title.
        subject: String,
        /// Notes.
        #[arg(long, default_value = "")]
        body: String,
        /// Due time: "tomorrow 10:00", "fri", "3d"; in a day if it is not given.
        #[arg(long)]
        due: Option<String>,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        how: How,
    },
    /// Add a note.
    #[command(
        after_help = "Examples:\n  caseyos hubspot note 'Met at the fair.' --contact ann@acme.example"
    )]
    Note {
        /// The text.
        body: String,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        how: How,
    },
    /// Log a call.
    #[command(
        after_help = "Examples:\n  caseyos hubspot call 'Renewal' --contact ann@acme.example --body 'Wants a quote by Friday.'"
    )]
    Call {
        /// The call's title.
        title: String,
        /// The result of the call.
        #[arg(long, default_value = "")]
        body: String,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        how: How,
    },
    /// Change properties of a contact or a deal.
    #[command(
        after_help = "Examples:\n  caseyos hubspot set ann@acme.example jobtitle=CTO city=Madrid\n  caseyos hubspot set --deal 'Northwind EU' amount=64000 closedate=2026-12-31"
    )]
    Set {
        /// Contact (an address, a number, hubspot:501), unless --deal is given; then property=value, repeatable.
        #[arg(required = true, value_name = "WHO|PROPERTY=VALUE")]
        words: Vec<String>,
        /// The deal: a name, a number or hubspot:9001.
        #[arg(long)]
        deal: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Move a deal to another stage of its pipeline, by the stage's id or name.
    #[command(
        after_help = "Examples:\n  caseyos hubspot stage 'Northwind EU' 'Contract Sent'\n  caseyos hubspot stage hubspot:9001 contractsent --dry-run"
    )]
    Stage {
        /// The deal: a name, a number or hubspot:9001.
        deal: String,
        /// The stage.
        stage: String,
        #[command(flatten)]
        how: How,
    },
    /// Merge two contacts (permanent).
    #[command(
        after_help = "Examples:\n  caseyos hubspot merge ann@acme.example hubspot:502\n  caseyos hubspot merge ann@acme.example hubspot:502 --confirm 'merge 502 into 501'"
    )]
    Merge {
        /// The contact to keep.
        primary: String,
        /// The contact to merge into it.
        other: String,
        #[command(flatten)]
        gate: GateArgs,
    },
    /// Delete a contact for good, as data protection law may require.
    #[command(
        after_help = "Examples:\n  caseyos hubspot gdpr-delete ann@acme.example\n  caseyos hubspot gdpr-delete ann@acme.example --confirm 'delete ann@acme.example for ever'"
    )]
    GdprDelete {
        /// The contact.
        who: String,
        #[command(flatten)]
        gate: GateArgs,
    },
}

/// The records that a write is about.
#[derive(Debug, Args)]
struct About {
    /// Contact: an address, a number or hubspot:501. Repeatable.
    #[arg(long)]
    contact: Vec<String>,
    /// Deal: a name, a number or hubspot:9001. Repeatable.
    #[arg(long)]
    deal: Vec<String>,
}

/// Options of a write.
#[derive(Debug, Args)]
struct How {
    /// Show the exact request; keep and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Idempotency key: a second write with the same key does nothing.
    #[arg(long)]
    key: Option<String>,
}

/// Options for opening a gate.
#[derive(Debug, Args)]
struct GateArgs {
    /// The phrase that the command asks for.
    #[arg(long, value_name = "PHRASE")]
    confirm: Option<String>,
    /// Show the exact request, and warn what can't be undone; send nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    leave: Leave,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TakeArg {
    Hubspot,
    Local,
}

impl About {
    fn targets(&self) -> Vec<Target> {
        let contacts = self.contact.iter().map(|c| Target::Contact(c.clone()));
        contacts
            .chain(self.deal.iter().map(|d| Target::Deal(d.clone())))
            .collect()
    }
}

pub(super) fn run(run: &mut Run<'_>, args: &HubspotArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        HubspotCommand::Status => status(run, &engine),
        HubspotCommand::Conflicts { all } => conflicts(run, &engine, *all),
        HubspotCommand::Resolve { id, take } => {
            let take = match take {
                TakeArg::Hubspot => Take::Hubspot,
                TakeArg::Local => Take::Local,
            };
            let done = engine.resolve_conflict(*id, take)?;
            finish(run, &done)
        }
        HubspotCommand::Push { dry_run } => push(run, &engine, *dry_run),
        HubspotCommand::Task {
            subject,
            body,
            due,
            about,
            how,
        } => {
            let now = engine.now();
            let due = match due {
                Some(text) => when(text, &engine, Time::constant(9, 0, 0, 0))
                    .map_err(|e| EngineError::Input(format!("--due: {e}")))?,
                None => now
                    .checked_add(SignedDuration::from_hours(24))
                    .unwrap_or(now),
            };
            let wish = Wish::Task {
                subject: subject.clone(),
                body: body.clone(),
                due,
                about: about.targets(),
            };
            wished(run, &engine, &wish, how)
        }
        HubspotCommand::Note { body, about, how } => {
            let wish = Wish::Note {
                body: body.clone(),
                about: about.targets(),
            };
            wished(run, &engine, &wish, how)
        }
        HubspotCommand::Call {
            title,
            body,
            about,
            how,
        } => {
            let wish = Wish::Call {
                title: title.clone(),
                body: body.clone(),
                about: about.targets(),
            };
            wished(run, &engine, &wish, how)
        }
        HubspotCommand::Set { words, deal, how } => {
            let (target, pairs) = match deal {
                Some(deal) => (Target::Deal(deal.clone()), words.as_slice()),
                None => match words.split_first() {
                    Some((who, pairs)) => (Target::Contact(who.clone()), pairs),
                    None => {
                        return Err(EngineError::Input(
                            "Say whose property is to change.".into(),
                        ));
                    }
                },
            };
            let properties = pairs
                .iter()
                .map(|pair| {
                    let (name, value) = pair.split_once('=').ok_or_else(|| {
                        EngineError::Input(format!(
                            "\"{pair}\" is no property=value. Nothing was written."
                        ))
                    })?;
                    let value = match (&target, name.trim()) {
                        (Target::Deal(_), "amount") => plain_amount(value)?,
                        _ => value.to_owned(),
                    };
                    Ok((name.trim().to_owned(), value))
                })
                .collect::<Result<BTreeMap<_, _>, EngineError>>()?;
            wished(run, &engine, &Wish::Set { target, properties }, how)
        }
        HubspotCommand::Stage { deal, stage, how } => {
            let wish = Wish::Stage {
                deal: deal.clone(),
                stage: stage.clone(),
            };
            wished(run, &engine, &wish, how)
        }
        HubspotCommand::Merge {
            primary,
            other,
            gate,
        } => {
            let which = Gate::Merge {
                primary: primary.clone(),
                other: other.clone(),
            };
            let done = engine.pass_gate(&which, gate.confirm.as_deref(), gate.dry_run)?;
            finish_wish(run, &engine, done, gate.leave)
        }
        HubspotCommand::GdprDelete { who, gate } => {
            let which = Gate::GdprDelete { who: who.clone() };
            let done = engine.pass_gate(&which, gate.confirm.as_deref(), gate.dry_run)?;
            finish_wish(run, &engine, done, gate.leave)
        }
    }
}

/// Writes an amount as HubSpot takes it, digits with a point before the decimals; an empty one clears it.
fn plain_amount(text: &str) -> Result<String, EngineError> {
    match amount::read(text, &Context::default()) {
        Ok(Some(amount)) => Ok(amount.cents.units().to_string()),
        Err(fault @ AmountFault::Ambiguous { .. }) => Err(EngineError::Input(format!(
            "amount {fault}: write it with two decimals, such as 64000.00. Nothing was written."
        ))),
        Err(fault @ AmountFault::Unreadable { .. }) => Err(EngineError::Input(format!(
            "amount {fault}. Write a number, such as 64000. Nothing was written."
        ))),
        Ok(None) => Ok(String::new()),
    }
}

fn wished(
    run: &mut Run<'_>,
    engine: &Engine,
    wish: &Wish,
    how: &How,
) -> Result<Ending, EngineError> {
    let done = engine.hubspot_wish(wish, how.key.as_deref(), how.dry_run)?;
    show_or_finish(run, &done)
}

fn push(run: &mut Run<'_>, engine: &Engine, dry_run: bool) -> Result<Ending, EngineError> {
    let report = engine.hubspot_push(dry_run)?;
    if run.out.is_json() {
        run.out.json(&report)?;
    } else if dry_run {
        for request in &report.requests {
            run.out.block(request)?;
            run.out.line("")?;
        }
        run.out.talk(&format!(
            "{} requests would go; nothing was sent.",
            report.requests.len()
        ))?;
    } else {
        run.out.line(&format!(
            "{} written, {} waiting, {} refused, {} conflicts.",
            report.sent, report.waiting, report.failed, report.conflicts
        ))?;
        for problem in &report.problems {
            run.out.talk(problem)?;
        }
    }
    Ok(match &report {
        r if r.failed > 0 => Ending::Partly,
        r if !dry_run && r.waiting > 0 => Ending::Blocked,
        r if r.sent == 0 && r.requests.is_empty() => Ending::Nothing,
        _ => Ending::Done,
    })
}

fn conflicts(run: &mut Run<'_>, engine: &Engine, all: bool) -> Result<Ending, EngineError> {
    let found = engine.hubspot_conflicts(all)?;
    if run.out.is_json() {
        run.out.json(&found)?;
    } else {
        for c in &found {
            let state = match c.taken.as_str() {
                "" => "open".to_owned(),
                taken => format!("settled: {taken}"),
            };
            run.out.line(&format!(
                "{:>4}  {}  {}  hubspot \"{}\"  here \"{}\"  before \"{}\"  {state}",
                c.id,
                fit(&format!("{}:{}", c.kind, c.object_id), 24),
                fit(&c.field, 16),
                c.remote,
                c.local,
                c.base
            ))?;
        }
        if found.is_empty() {
            run.out.line("No conflicts.")?;
        }
    }
    Ok(if found.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn status(run: &mut Run<'_>, engine: &Engine) -> Result<Ending, EngineError> {
    let status = engine.hubspot_status()?;
    if run.out.is_json() {
        run.out.json(&status)?;
        return Ok(Ending::Done);
    }
    let (now, zone) = (engine.now(), engine.zone());
    let signed = if status.signed_in {
        "signed in"
    } else {
        "nobody is signed in; `caseyos auth login hubspot` does that"
    };
    run.out.line(&format!(
        "HubSpot at {}, version {}: {signed}.",
        status.url, status.api_version
    ))?;
    run.out.line(&format!("Whose records: {}.", status.owner))?;
    for kind in &status.kinds {
        let state = match (kind.done_at, kind.under_way) {
            (_, true) => "under way; the next sync goes on".to_owned(),
            (Some(at), false) => format!("read {}", moment(at, now, &zone)),
            (None, false) => "not read yet".to_owned(),
        };
        run.out.line(&format!(
            "  {}  {:>8}  {state}",
            fit(&kind.kind, 10),
            kind.seen
        ))?;
    }
    run.out.line(&format!(
        "{} conflicts, {} writes waiting, {} webhook events waiting.",
        status.conflicts,
        status.waiting.len(),
        status.events_waiting
    ))?;
    for write in &status.waiting {
        run.out.line(&format!(
            "  write {}: {} ({}) {}",
            write.id, write.summary, write.status, write.error
        ))?;
    }
    for (id, email, name) in &status.owners {
        run.out.line(&format!("  owner {id}: {name} {email}"))?;
    }
    let mut pipeline = "";
    for stage in &status.stages {
        if stage.pipeline != pipeline {
            run.out.line(&format!(
                "Pipeline {} ({})",
                stage.pipeline_label, stage.pipeline
            ))?;
            pipeline = &stage.pipeline;
        }
        let ends = match (stage.is_closed, stage.is_won) {
            (true, true) => "  won",
            (true, false) => "  lost",
            _ => "",
        };
        run.out
            .line(&format!("  {}  {}{ends}", fit(&stage.id, 24), stage.label))?;
    }
    Ok(Ending::Done)
}
