//! `caseyos metrics`: results against targets.

use clap::Args;

use super::Run;
use super::output::{Ending, fit};
use crate::domain::metrics::{Measure, MeasureName, Metrics, Share};
use crate::domain::words::counted;
use crate::engine::EngineError;

/// Show your results: the funnel of sent, replied and booked, rates with their targets, time saved, days and weeks.
///
/// Days are those of your time zone, today included. A rate comes with its numbers; under 20 cases it says little. Set targets
/// and the minutes that a done move saves under `[metrics]` in the configuration. docs/metrics.md defines each number.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos metrics\n  caseyos metrics --since 90d\n  caseyos metrics --since 7d --json"
)]
pub(super) struct MetricsArgs {
    /// Days to look back, such as 7d, 30d, 12 weeks.
    #[arg(long, value_name = "LENGTH", default_value = "30d")]
    since: String,
}

pub(super) fn run(run: &mut Run<'_>, args: &MetricsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let metrics = engine.metrics(engine.days_since(&args.since)?)?;
    if run.out.is_json() {
        run.out.json(&metrics)?;
    } else {
        print(run, &metrics)?;
    }
    let total = &metrics.total;
    let is_empty = total.sent + total.drafted + total.done + total.skipped + total.replied == 0;
    Ok(if is_empty {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn print(run: &mut Run<'_>, metrics: &Metrics) -> Result<(), EngineError> {
    let out = &mut *run.out;
    let days = metrics.days.len();
    let since = metrics.days.first().map(|d| d.date.to_string());
    out.heading(&format!(
        "Metrics · {days} days since {} · {}",
        since.unwrap_or_default(),
        metrics.time_zone
    ))?;
    let funnel = &metrics.funnel;
    out.line(&format!(
        "Funnel   {} mails to {} people",
        funnel.mails, funnel.reached
    ))?;
    for (name, share) in [
        ("replied", funnel.replied),
        ("positive", funnel.positive),
        ("booked", funnel.booked),
    ] {
        out.line(&format!("  {}  {}", fit(name, 10), share_words(share)))?;
    }
    out.line("Targets")?;
    for measure in &metrics.measures {
        out.line(&format!(
            "  {}  {}",
            fit(measure.name.label(), 26),
            measure_words(measure)
        ))?;
    }
    for (name, c) in [("Today", &metrics.today), ("In all", &metrics.total)] {
        out.line(&format!(
            "{}  sent {} · drafted {} · replied {} · positive {} · booked {} · held {} · done {} · skipped {} · saved {}",
            fit(name, 7),
            c.sent,
            c.drafted,
            c.replied,
            c.positive,
            c.booked,
            c.held,
            c.done,
            c.skipped,
            minutes_words(c.minutes_saved)
        ))?;
    }
    out.line("Week ending      sent  replied  of reached   booked  done  saved")?;
    for week in &metrics.weeks {
        out.line(&format!(
            "  {}  {:>8}  {:>7}  {}  {:>5}  {:>4}  {:>5}",
            week.to,
            week.counts.sent,
            week.counts.replied,
            fit(&share_words(week.replied), 12),
            week.counts.booked,
            week.counts.done,
            minutes_words(week.counts.minutes_saved)
        ))?;
    }
    Ok(())
}

fn share_words(share: Share) -> String {
    match share.percent {
        Some(percent) => format!("{percent}% ({} of {})", share.n, share.of),
        None => "none yet".into(),
    }
}

fn measure_words(measure: &Measure) -> String {
    let unit = if measure.name.is_share() { "%" } else { "" };
    let value = measure
        .value
        .map_or_else(|| "none yet".into(), |v| format!("{v}{unit}"));
    let met = match measure.is_met {
        Some(true) => format!("reached, target {}{unit}", measure.target),
        Some(false) => format!("target {}{unit}", measure.target),
        None if measure.target > 0.0 => format!("target {}{unit}", measure.target),
        None => String::new(),
    };
    let rests = match (measure.value, measure.name.is_share()) {
        (None, _) => String::new(),
        (Some(_), true) if measure.is_small => {
            format!("{} of {}, too few to tell", measure.n, measure.of)
        }
        (Some(_), true) => format!("{} of {}", measure.n, measure.of),
        (Some(_), false) => {
            let days = counted(measure.of, "day", "days");
            match measure.name {
                MeasureName::HoursSavedPerDay => format!("{} in {days}", minutes_words(measure.n)),
                _ => format!("{} in {days}", measure.n),
            }
        }
    };
    format!("{}  {}  {rests}", fit(&value, 9), fit(&met, 24))
}

fn minutes_words(minutes: u64) -> String {
    if minutes < 60 {
        format!("{minutes}m")
    } else {
        format!("{}h{:02}", minutes / 60, minutes % 60)
    }
}
