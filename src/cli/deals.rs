//! `caseyos deals`: deals without a CRM.

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Run;
use super::output::{Ending, fit};
use crate::domain::amount::{self, Amount, AmountFault, Context, Decimal};
use crate::domain::deal::Cents;
use crate::domain::deal::stage_title;
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::domain::words::counted;
use crate::engine::queries::pipeline::{CLOSED_DAYS, DealLine, sums_in_words};
use crate::engine::{Engine, EngineError};

/// List deals, add one, move one on.
#[derive(Debug, Args)]
pub(super) struct DealsArgs {
    #[command(subcommand)]
    command: DealsCommand,
}

#[derive(Debug, Subcommand)]
enum DealsCommand {
    /// List deals, the open ones first, by amount.
    #[command(
        after_help = "Examples:\n  caseyos deals list --limit 20\n  caseyos deals list --by-stage\n  caseyos deals list --by-stage --json"
    )]
    List {
        /// Maximum number of rows.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Show totals by stage, in the pipeline's order, and the deals won and lost in the last 30 days.
        #[arg(long)]
        by_stage: bool,
    },
    /// Add a deal, or move on the one with that name and person. It is stored as a signal, so it makes a move like any other.
    #[command(
        after_help = "Examples:\n  caseyos deals add 'Northwind EU' --contact dana@northwind.example --amount 64000 --stage qualifiedtobuy\n  caseyos deals add 'Northwind EU' --contact dana@northwind.example --stage contractsent --renewal 2027-11-01"
    )]
    Add {
        /// The deal's name.
        name: String,
        /// The person's address.
        #[arg(long)]
        contact: String,
        /// The amount, such as 64000, 1,234.50 or "€64k".
        #[arg(long)]
        amount: Option<String>,
        /// The mark before decimals in the amount: comma (1.234,50) or point (1,234.50).
        #[arg(long, value_name = "MARK", requires = "amount")]
        decimal: Option<Decimal>,
        /// The ISO 4217 code.
        #[arg(long)]
        currency: Option<String>,
        /// The stage, such as contractsent.
        #[arg(long)]
        stage: Option<String>,
        /// Renewal date.
        #[arg(long)]
        renewal: Option<Date>,
        /// Date on which its proposal expires.
        #[arg(long)]
        expires: Option<Date>,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &DealsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        DealsCommand::List {
            limit,
            by_stage: true,
        } => list_by_stage(run, &engine, *limit),
        DealsCommand::List { limit, .. } => {
            let deals = engine.list_deals(*limit)?;
            if run.out.is_json() {
                run.out.json(&deals)?;
            } else {
                for d in &deals {
                    let amount = d
                        .amount
                        .map(|a| format!("{a:.0} {}", d.currency))
                        .unwrap_or_default();
                    let state = match (d.is_closed, d.is_won) {
                        (true, true) => "won",
                        (true, false) => "lost",
                        _ => "open",
                    };
                    run.out.line(&format!(
                        "{:>5}  {}  {:>14}  {}  {state}",
                        d.id,
                        fit(
                            if d.name.is_empty() {
                                "(no name)"
                            } else {
                                &d.name
                            },
                            36
                        ),
                        amount,
                        fit(&stage_title(&d.stage), 24)
                    ))?;
                }
            }
            Ok(if deals.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        DealsCommand::Add {
            name,
            contact,
            amount,
            decimal,
            currency,
            stage,
            renewal,
            expires,
        } => {
            let read = match amount {
                Some(amount) => read_amount(amount, currency.as_deref(), *decimal)?,
                None => None,
            };
            let currency = currency
                .clone()
                .or_else(|| Some(read?.currency?.as_str().to_owned()));
            let person = engine.find_contact(contact).ok();
            let known = engine.list_deals(usize::MAX)?.iter().any(|d| {
                d.name.eq_ignore_ascii_case(name)
                    && d.contact_id.is_some()
                    && d.contact_id == person
            });
            let mut payload = Map::new();
            payload.insert("deal_name".into(), json!(name));
            let dates = [("renewal_date", renewal), ("expires_at", expires)];
            payload.extend(
                dates
                    .into_iter()
                    .filter_map(|(k, v)| v.map(|d| (k.to_owned(), json!(d.to_string())))),
            );
            payload.extend(read.map(|a| ("amount".to_owned(), json!(a.cents.units()))));
            payload.extend(currency.map(|c| ("currency".to_owned(), Value::String(c))));
            payload.extend(
                stage
                    .as_ref()
                    .map(|s| ("stage".to_owned(), Value::String(s.clone()))),
            );
            let kind = match (known, stage) {
                (false, _) => SignalKind::DealCreated,
                (true, Some(_)) => SignalKind::DealStageChanged,
                (true, None) => SignalKind::DealAmountChanged,
            };
            let draft = SignalDraft::new(Source::Manual, kind, engine.now(), payload)
                .with_email(Some(contact.clone()));
            let report = engine.add_signal(draft)?;
            if run.out.is_json() {
                run.out.json(&report)?;
            } else {
                run.out.line(&format!(
                    "{} {name}; {}, {} refreshed.",
                    if known { "Changed" } else { "Added" },
                    counted(report.proposed, "new move", "new moves"),
                    report.refreshed
                ))?;
            }
            Ok(Ending::Done)
        }
    }
}

/// Reads the amount that was typed; none if it is empty.
fn read_amount(
    text: &str,
    currency: Option<&str>,
    decimal: Option<Decimal>,
) -> Result<Option<Amount>, EngineError> {
    let refused = |why: String| EngineError::Input(format!("--amount {why}. Nothing was changed."));
    match amount::read(text, &Context { currency, decimal }) {
        Ok(Some(amount)) if amount.cents < Cents(0) => Err(refused(format!(
            "\"{}\" is below zero",
            clean_line(text, 40)
        ))),
        Ok(amount) => Ok(amount),
        Err(fault @ AmountFault::Ambiguous { .. }) => Err(refused(format!(
            "{fault}: say --decimal comma or --decimal point"
        ))),
        Err(fault @ AmountFault::Unreadable { .. }) => Err(refused(fault.to_string())),
    }
}

fn list_by_stage(run: &mut Run<'_>, engine: &Engine, limit: usize) -> Result<Ending, EngineError> {
    let mut pipeline = engine.pipeline()?;
    for stage in &mut pipeline.stages {
        stage.deals.truncate(limit);
    }
    pipeline.closed.truncate(limit);
    let is_empty = pipeline.open == 0 && pipeline.closed.is_empty();
    if run.out.is_json() {
        run.out.json(&pipeline)?;
    } else {
        for stage in pipeline.stages.iter().filter(|stage| stage.count > 0) {
            let name = if stage.pipeline == "default" {
                stage.title.clone()
            } else {
                format!("{}, {}", stage.title, stage.pipeline)
            };
            run.out.heading(&format!(
                "{name}  {}  {}",
                stage.count,
                sums_in_words(&stage.sums)
            ))?;
            print_lines(run, &stage.deals)?;
            let hidden = stage.count.saturating_sub(stage.deals.len() as u64);
            if hidden > 0 {
                run.out.line(&format!("       and {hidden} more"))?;
            }
        }
        let (won, lost): (Vec<_>, Vec<_>) = pipeline
            .closed
            .iter()
            .cloned()
            .partition(|deal| deal.is_won);
        for (name, sums, deals) in [("Won", &pipeline.won, won), ("Lost", &pipeline.lost, lost)] {
            let count: u64 = sums.iter().map(|sum| sum.count).sum();
            if count > 0 {
                run.out.heading(&format!(
                    "{name} in the last {CLOSED_DAYS} days  {count}  {}",
                    sums_in_words(sums)
                ))?;
                print_lines(run, &deals)?;
            }
        }
    }
    Ok(if is_empty {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn print_lines(run: &mut Run<'_>, deals: &[DealLine]) -> Result<(), EngineError> {
    for deal in deals {
        run.out.line(&format!(
            "{:>5}  {}  {:>14}  {}",
            deal.id,
            fit(&deal.name, 36),
            deal.amount
                .map(|amount| format!("{amount:.0} {}", deal.currency))
                .unwrap_or_default(),
            fit(&deal.contact, 28)
        ))?;
    }
    Ok(())
}
