//! `caseyos rules approval`, `set`, `test`, `replay` and `variables`: approval by rules.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::Run;
use crate::cli::output::{Ending, fit, moment, share, since};
use crate::domain::approval::{
    ApprovalRules, CaseResult, RuleState, Variable, check_case, read_cases,
};
use crate::engine::EngineError;
use crate::engine::command::Command;
use crate::engine::queries::approvals::{ApprovalRuleItem, ReplaySide};
use crate::env::file;

const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// The rule's name, as `caseyos rules approval` lists it.
    name: String,
    /// off: not evaluated. shadow: evaluated and counted, takes no action. on: takes action.
    #[arg(value_parser = ["off", "shadow", "on"])]
    state: String,
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The rules of approval.
    rules: PathBuf,
    /// Cases: one JSON object a line, with facts and the expected decision.
    cases: PathBuf,
    /// Evaluate only rules that are on; without this, rules in shadow count too.
    #[arg(long)]
    acting: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Changed rules; the present ones by default.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Since when: a length of time such as 30d, or a date.
    #[arg(long, default_value = "30d", value_name = "WHEN")]
    since: String,
    /// Treat rules in shadow as if they were on.
    #[arg(long)]
    as_if_on: bool,
    /// Maximum number of changed decisions to show.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

#[derive(Serialize)]
struct Tested {
    rules: String,
    cases: String,
    passed: usize,
    failed: usize,
    results: Vec<CaseResult>,
}

#[derive(Serialize)]
struct Described {
    name: String,
    kind: &'static str,
    says: &'static str,
}

pub(super) fn overview(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let overview = engine.approval_rules()?;
    if run.out.is_json() {
        run.out.json(&overview)?;
    } else {
        let file = if overview.is_own {
            overview.file.clone()
        } else {
            format!("built-in rules ({} would take their place)", overview.file)
        };
        run.out.heading(&format!("Rules of approval: {file}"))?;
        for rule in &overview.rules {
            run.out.line(&format!(
                "{}  {}  {}  {:>5}  {}  {}",
                fit(&rule.name, 28),
                fit(rule.effect.as_str(), 5),
                fit(rule.state.as_str(), 6),
                rule.confidence
                    .map_or_else(String::new, |c| format!("{c:.2}")),
                fit(&figures(rule), 44),
                rule.last_hit.map_or_else(
                    || "never matched".to_owned(),
                    |at| format!("last {}", moment(at, engine.now(), &engine.zone())),
                ),
            ))?;
            run.out.line(&format!("    {}", rule.reason))?;
            for condition in &rule.when {
                run.out.line(&format!("    when {condition}"))?;
            }
        }
        if overview.rules.is_empty() && overview.mistakes.is_empty() {
            run.out
                .line("There are no rules: everything waits for you.")?;
        }
        let s = &overview.share;
        run.out.line(&match s.share {
            Some(part) => format!(
                "Rules approved {} of {} moves in the last {} days ({}).",
                s.by_rules,
                s.by_rules + s.by_operator,
                s.days,
                share(part)
            ),
            None => format!("Nothing was approved in the last {} days.", s.days),
        })?;
    }
    if overview.mistakes.is_empty() {
        return Ok(Ending::Done);
    }
    Err(EngineError::Input(format!(
        "{}\nNothing is approved by rules until that is mended.",
        overview.mistakes.join("\n")
    )))
}

fn figures(rule: &ApprovalRuleItem) -> String {
    let shadow = &rule.shadow;
    let mut parts = vec![match rule.hits {
        1 => "1 move".to_owned(),
        n => format!("{n} moves"),
    }];
    if rule.approved > 0 {
        parts.push(format!("approved {}", rule.approved));
    }
    if let Some(agreement) = shadow.agreement() {
        parts.push(format!(
            "you agreed on {} of {} ({})",
            shadow.agreed,
            shadow.agreed + shadow.disagreed,
            share(agreement)
        ));
    }
    parts.join(", ")
}

pub(super) fn set(run: &mut Run<'_>, args: &SetArgs) -> Result<Ending, EngineError> {
    let state: RuleState = args
        .state
        .parse()
        .map_err(|e: crate::domain::UnknownWord| EngineError::Input(e.to_string()))?;
    let set = Command::SetApprovalRule {
        name: args.name.clone(),
        state,
    };
    let done = run.engine()?.run(set)?;
    crate::cli::approve::finish(run, &done)
}

pub(super) fn variables(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    if run.out.is_json() {
        let all: Vec<Described> = Variable::ALL
            .iter()
            .map(|v| Described {
                name: v.to_string(),
                kind: v.kind().with_article(),
                says: v.doc(),
            })
            .collect();
        run.out.json(&all)?;
    } else {
        for v in Variable::ALL {
            run.out.line(&format!(
                "{}  {}  {}",
                fit(&v.to_string(), 26),
                fit(v.kind().with_article(), 13),
                v.doc()
            ))?;
        }
    }
    Ok(Ending::Done)
}

fn read(path: &Path) -> Result<String, EngineError> {
    let unreadable =
        |e: std::io::Error| EngineError::Input(format!("{} cannot be read: {e}.", path.display()));
    file::read_text(path, MAX_FILE_BYTES).map_err(unreadable)
}

fn rules_of(path: &Path) -> Result<ApprovalRules, EngineError> {
    let text = read(path)?;
    ApprovalRules::parse(&text, &path.display().to_string()).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        EngineError::Input(lines.join("\n"))
    })
}

pub(super) fn test(run: &mut Run<'_>, args: &TestArgs) -> Result<Ending, EngineError> {
    let mut rules = rules_of(&args.rules)?;
    if !args.acting {
        rules = rules.as_if_on();
    }
    let file = args.cases.display().to_string();
    let cases = read_cases(&read(&args.cases)?).map_err(|mistakes| {
        let lines: Vec<String> = mistakes
            .iter()
            .take(100)
            .map(|(line, message)| format!("{file}:{line}: {message}"))
            .collect();
        EngineError::Input(lines.join("\n"))
    })?;
    let results: Vec<CaseResult> = cases.iter().map(|case| check_case(&rules, case)).collect();
    let failed = results.iter().filter(|r| !r.passed).count();
    let tested = Tested {
        rules: args.rules.display().to_string(),
        cases: file,
        passed: results.len() - failed,
        failed,
        results,
    };
    if run.out.is_json() {
        run.out.json(&tested)?;
    } else {
        for r in &tested.results {
            let by = if r.rule.is_empty() {
                String::new()
            } else {
                format!(" by {}", r.rule)
            };
            run.out.line(&format!(
                "{}  {}: {}{by}: {}",
                if r.passed { "pass" } else { "FAIL" },
                r.name,
                r.got,
                r.reason
            ))?;
            if !r.passed {
                run.out
                    .line(&format!("      line {}: expected {}", r.line, r.expected))?;
            }
        }
        run.out
            .line(&format!("{} passed, {} failed.", tested.passed, failed))?;
    }
    match (failed, tested.passed) {
        (0, 0) => Ok(Ending::Nothing),
        (0, _) => Ok(Ending::Done),
        (1, _) => Err(EngineError::Outside("1 case failed.".into())),
        (n, _) => Err(EngineError::Outside(format!("{n} cases failed."))),
    }
}

pub(super) fn replay(run: &mut Run<'_>, args: &ReplayArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let since = since(&args.since, engine.now(), &engine.zone())?;
    let own = engine.paths().approval();
    let mut rules = match &args.file {
        Some(file) => rules_of(file)?,
        None if own.exists() => rules_of(&own)?,
        None => ApprovalRules::builtin(),
    };
    if args.as_if_on {
        rules = rules.as_if_on();
    }
    let replay = engine.replay_approvals(&rules, since, args.limit)?;
    let ending = if replay.decisions == 0 {
        Ending::Nothing
    } else {
        Ending::Done
    };
    if run.out.is_json() {
        run.out.json(&replay)?;
        return Ok(ending);
    }
    run.out.line(&format!(
        "{} decisions about {} moves since {}.",
        replay.decisions,
        replay.moves,
        moment(since, engine.now(), &engine.zone())
    ))?;
    for (what, counts) in [("was", &replay.was), ("would be", &replay.would)] {
        run.out.line(&format!(
            "  {}  {:>5} allow  {:>5} deny  {:>5} left to you  {:>5} in shadow",
            fit(what, 8),
            counts.allow,
            counts.deny,
            counts.operator,
            counts.shadow
        ))?;
    }
    run.out.line(&format!(
        "{} come out otherwise. Moves: {} newly approved, {} no longer approved, {} newly denied.",
        replay.different, replay.newly_allowed, replay.no_longer_allowed, replay.newly_denied
    ))?;
    for row in &replay.rows {
        let when = moment(row.at, engine.now(), &engine.zone());
        run.out.line(&format!(
            "{:>6}  {}  {}  {} -> {}",
            row.move_id,
            fit(&when, 12),
            fit(&row.title, 40),
            told(&row.was),
            told(&row.would),
        ))?;
        run.out.line(&format!(
            "        {} Now: {}.",
            sentence(&row.reason),
            row.since_then
        ))?;
    }
    let more = replay.different - replay.rows.len() as u64;
    if more > 0 {
        run.out.line(&format!(
            "{more} older ones are not shown; --limit shows more."
        ))?;
    }
    Ok(ending)
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn told(side: &ReplaySide) -> String {
    let mut text = side.verdict.to_string();
    if !side.rule.is_empty() {
        text.push_str(&format!(" by {}", side.rule));
    }
    if !side.shadow_rule.is_empty() {
        text.push_str(&format!(" (in shadow {})", side.shadow_rule));
    }
    text
}
