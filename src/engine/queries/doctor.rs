//! An examination of the whole installation: what is well, what is not, and what mends it.
//!
//! It works with nothing set up, and with what is broken: each part is looked at by itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::config::{Config, MailKind, Paths};
use crate::connectors::clock;
use crate::domain::account::SecretPlace;
use crate::domain::guard::Mode;
use crate::domain::job::JobState;
use crate::domain::schedule::parse_zone;
use crate::domain::service::Provider;
use crate::domain::words::words;
use crate::engine::error::EngineError;
use crate::engine::handle::Engine;
use crate::engine::mail_folders;
use crate::engine::queries::accounts::AccountStanding;
use crate::engine::queries::domain_mail;
use crate::engine::queries::health::Grade;
use crate::env::{self, ClockKind, Env};
use crate::secrets::{Places, Vault};
use crate::store::examine::examine as examine_database;
use crate::store::migrations::NEWEST;

/// How long a server is asked for the time.
const CLOCK_LIMIT: Duration = Duration::from_secs(3);
/// From here on a clock is worth a word, and from there on tokens and signatures fail.
const CLOCK_WARNING: i64 = 30;
const CLOCK_FAILURE: i64 = 240;
/// Most entries of the audit trail that are checked in passing.
const SHORT_TRAIL: i64 = 20_000;
/// Less space than this is little.
const LITTLE_SPACE: u64 = 200 * 1024 * 1024;
/// A log that grew beyond this was never moved into the file.
const LONG_LOG: u64 = 256 * 1024 * 1024;

words! {
    /// How one thing stands.
    pub enum Health ("a state") {
        /// It is well.
        Ok = "ok",
        /// It was not looked at.
        Skipped = "skipped",
        /// It works; it could be better.
        Warning = "warn",
        /// It does not work.
        Failure = "fail",
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What mends it; empty if nothing is to be mended.
    pub fix: String,
}

impl Check {
    pub(super) fn new(
        name: &str,
        health: Health,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            health,
            found: found.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn ok(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, Health::Ok, found, "")
    }

    pub(super) fn skipped(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, Health::Skipped, found, "")
    }
}

/// What the examination found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The program's version.
    pub version: &'static str,
    /// When.
    pub now: Timestamp,
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// How many warnings there are.
    pub warnings: usize,
    /// How many failures.
    pub failures: usize,
}

/// Examines the installation at `paths`; without the network if `offline`.
#[must_use]
pub fn examine(env: &Env, paths: &Paths, offline: bool) -> Report {
    let mut checks = Vec::new();
    let config = match Config::load(&paths.config) {
        Ok(config) => {
            checks.push(if paths.config.exists() {
                Check::ok("configuration", paths.config.display().to_string())
            } else {
                Check::new(
                    "configuration",
                    Health::Warning,
                    "there is none, so the defaults hold",
                    "caseyos init",
                )
            });
            config
        }
        Err(error) => {
            checks.push(Check::new(
                "configuration",
                Health::Failure,
                error.to_string(),
                "correct that line; `caseyos config example` shows every key",
            ));
            Config::default()
        }
    };
    checks.extend(permissions(paths));
    let engine = Engine::open(env.clone(), paths.clone());
    checks.push(database(paths, engine.as_ref()));
    checks.push(space(&paths.data));
    checks.push(zone(&config));
    checks.extend(mailboxes(&config));
    checks.push(secrets(&config, paths, engine.as_ref().ok()));
    if let Ok(engine) = &engine {
        checks.extend(accounts(engine));
        checks.extend(services(engine));
        checks.extend(jobs(engine));
        checks.extend(mail_ahead(engine));
        checks.extend(templates(engine));
        checks.push(unknown_mail(engine));
        checks.push(trail(engine));
    }
    checks.extend(clock_jump(env, &config, engine.as_ref().ok()));
    checks.push(if offline {
        Check::skipped("clock", "not asked (--offline)")
    } else {
        clock_check(env, &config, engine.as_ref().ok())
    });
    checks.extend(domain_mail::check(&config, offline));
    let count = |health| checks.iter().filter(|c| c.health == health).count();
    Report {
        version: env!("CARGO_PKG_VERSION"),
        now: env.now(),
        warnings: count(Health::Warning),
        failures: count(Health::Failure),
        checks,
    }
}

fn permissions(paths: &Paths) -> Vec<Check> {
    let name = "permissions";
    let passphrase = env::variable_os("CASEYOS_PASSPHRASE_FILE").map(PathBuf::from);
    let mut wrong = Vec::new();
    let mut looked = 0;
    let files = [
        paths.config.clone(),
        paths.data.join(crate::store::FILE_NAME),
        paths.data.join("secrets.sealed"),
        paths.log(),
    ];
    let all = std::iter::once((&paths.data, "700"))
        .chain(files.iter().map(|f| (f, "600")))
        .chain(passphrase.iter().map(|f| (f, "600")));
    for (path, expect) in all {
        if let Some(mode) = mode_of(path) {
            looked += 1;
            if mode & 0o077 != 0 {
                wrong.push((path.display().to_string(), mode, expect));
            }
        }
    }
    if wrong.is_empty() {
        return vec![if looked == 0 {
            Check::skipped(
                name,
                "there is nothing yet, or this system has no such modes",
            )
        } else {
            Check::ok(
                name,
                format!("nobody else may read the {looked} files and folders"),
            )
        }];
    }
    wrong
        .into_iter()
        .map(|(path, mode, expect)| {
            Check::new(
                name,
                Health::Warning,
                format!("others may look into {path} (mode {:03o})", mode & 0o777),
                format!("chmod {expect} '{path}'"),
            )
        })
        .collect()
}

/// Says which of the data others on this machine may change: whoever may write to it may let mail out.
#[must_use]
pub fn open_to_others(paths: &Paths) -> Vec<String> {
    let database = paths.data.join(crate::store::FILE_NAME);
    let all = [
        (&paths.data, "700"),
        (&database, "600"),
        (&paths.config, "600"),
    ];
    all.into_iter()
        .filter_map(|(path, expect)| {
            let mode = mode_of(path).filter(|mode| mode & 0o022 != 0)?;
            Some(format!(
                "Others on this machine may change {} (mode {:03o}), and so what is sent: chmod {expect} '{0}'",
                path.display(),
                mode & 0o777
            ))
        })
        .collect()
}

#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(std::fs::metadata(path).ok()?.permissions().mode())
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> Option<u32> {
    None
}

fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let n = bytes as f64 / 1_048_576.0;
    format!("{n:.1} MB")
}

fn database(paths: &Paths, engine: Result<&Engine, &EngineError>) -> Check {
    let name = "database";
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) if error.is_missing_data() => {
            return Check::new(
                name,
                Health::Warning,
                format!("there is none yet in {}", paths.data.display()),
                "caseyos init",
            );
        }
        Err(EngineError::Config(_)) => {
            return Check::skipped(name, "not opened, as the configuration is wrong");
        }
        Err(error) => {
            return Check::new(
                name,
                Health::Failure,
                error.to_string(),
                "restore a copy from the data directory's `backups`",
            );
        }
    };
    match examine_database(engine.store()) {
        Ok(found) if !found.damage.is_empty() => Check::new(
            name,
            Health::Failure,
            format!("it is damaged: {}", found.damage),
            "restore a copy from the data directory's `backups`, and check the disk",
        ),
        Ok(found) => {
            let facts = format!(
                "whole, schema {} of {NEWEST}, {}, log {}",
                found.schema,
                megabytes(found.bytes),
                megabytes(found.log_bytes)
            );
            if !found.is_wal {
                Check::new(
                    name,
                    Health::Warning,
                    format!("{facts}; it is not in WAL mode, so that readers wait for writers"),
                    "keep the data directory on a local disk",
                )
            } else if found.log_bytes > LONG_LOG {
                Check::new(
                    name,
                    Health::Warning,
                    format!("{facts}; the log has not been moved into the file"),
                    "close every CaseyOS once",
                )
            } else {
                Check::ok(name, facts)
            }
        }
        Err(error) => Check::new(
            name,
            Health::Failure,
            error.to_string(),
            "look at the disk; restore a copy from `backups`",
        ),
    }
}

/// Looks for messages of ours that the database knows nothing of.
fn unknown_mail(engine: &Engine) -> Check {
    let name = "sent mail";
    match engine.unknown_mail() {
        Ok(all) if all.is_empty() => {
            Check::ok(name, "every message of ours on this machine is known")
        }
        Ok(all) => {
            let first = all.first().map_or("", |stray| stray.to_key.as_str());
            Check::new(
                name,
                Health::Warning,
                format!(
                    "{} of ours (the first to {first}) were sent and are not in the database: it is older than they are",
                    match all.len() {
                        1 => "1 message".to_owned(),
                        n => format!("{n} messages"),
                    }
                ),
                "caseyos sync, then caseyos outbox strays",
            )
        }
        Err(error) => Check::new(
            name,
            Health::Warning,
            error.to_string(),
            "look at that folder",
        ),
    }
}

/// Holds the tables against the audit trail, unless it is so long that it takes more than a moment.
fn trail(engine: &Engine) -> Check {
    let name = "audit trail";
    let fix = "caseyos audit verify --deep";
    match engine.audit_length() {
        Ok(length) if length > SHORT_TRAIL => {
            return Check::skipped(name, format!("{length} entries; `{fix}` checks them"));
        }
        Ok(_) => {}
        Err(error) => return Check::new(name, Health::Failure, error.to_string(), fix),
    }
    match engine.verify_audit_deep() {
        Ok(deep) => match (deep.check.broken_at, deep.tables.findings.first()) {
            (Some(at), _) => Check::new(
                name,
                Health::Failure,
                format!("it is broken at entry {at}: {}", deep.check.reason),
                fix,
            ),
            (None, Some(first)) => Check::new(
                name,
                Health::Failure,
                format!(
                    "it holds, and the tables say otherwise ({} findings): {}",
                    deep.tables.found, first.fault
                ),
                fix,
            ),
            (None, None) => Check::ok(
                name,
                format!(
                    "it holds, and the tables say the same ({} entries)",
                    deep.check.entries
                ),
            ),
        },
        Err(error) => Check::new(name, Health::Failure, error.to_string(), fix),
    }
}

fn space(directory: &Path) -> Check {
    let name = "disk space";
    let there = directory.ancestors().find(|p| p.exists());
    match there.and_then(env::file::free_space) {
        None => Check::skipped(name, "it cannot be asked for here"),
        Some(free) if free < LITTLE_SPACE => Check::new(
            name,
            Health::Warning,
            format!("{} are left", megabytes(free)),
            "make room: a full disk stops every write",
        ),
        Some(free) => Check::ok(name, format!("{} are left", megabytes(free))),
    }
}

fn zone(config: &Config) -> Check {
    let name = "time zone";
    let own = &config.operator.time_zone;
    match env::system_zone().filter(|zone| parse_zone(zone).is_ok()) {
        Some(system) if own == "UTC" && system != "UTC" && system != "Etc/UTC" => Check::new(
            name,
            Health::Warning,
            format!("times are shown in UTC, and this machine is in {system}"),
            format!("set time_zone = \"{system}\" in [operator]"),
        ),
        _ => Check::ok(name, own.clone()),
    }
}

fn mailboxes(config: &Config) -> Vec<Check> {
    let accounts = &config.mail.accounts;
    if accounts.is_empty() {
        return vec![Check::new(
            "mail",
            Health::Warning,
            "no mailbox is set, so no mail is read or sent",
            "caseyos mail add --help",
        )];
    }
    accounts
        .iter()
        .map(|account| {
            let name = format!("mail {}", account.name);
            if account.kind != MailKind::Maildir {
                return Check::ok(
                    &name,
                    format!("kind {}; see its sign-in below", account.kind),
                );
            }
            let folders = match mail_folders(account, false) {
                Ok(folders) => folders,
                Err(error) => {
                    return Check::new(&name, Health::Failure, error.to_string(), "correct [mail]");
                }
            };
            let lacks: Vec<&str> = [&folders.inbox, &folders.outbox, &folders.drafts]
                .into_iter()
                .filter(|folder| !is_maildir(Path::new(folder)))
                .map(String::as_str)
                .collect();
            if lacks.is_empty() {
                Check::ok(&name, format!("inbox {}", folders.inbox))
            } else {
                Check::new(
                    &name,
                    Health::Failure,
                    format!("no Maildir that can be written: {}", lacks.join(", ")),
                    format!("caseyos mail add maildir '{}'", account.path),
                )
            }
        })
        .collect()
}

fn is_maildir(folder: &Path) -> bool {
    ["new", "cur", "tmp"].iter().all(|part| {
        std::fs::metadata(folder.join(part))
            .is_ok_and(|m| m.is_dir() && !m.permissions().readonly())
    })
}

fn secrets(config: &Config, paths: &Paths, engine: Option<&Engine>) -> Check {
    let name = "secrets";
    let vault = Vault::new(Places {
        choice: config.secrets.backend,
        directory: paths.data.clone(),
        owner: String::new(),
    });
    let standing = vault.standing();
    let chosen = format!("[secrets] backend = \"{}\"", standing.choice);
    let kept = engine
        .and_then(|engine| engine.accounts().ok())
        .unwrap_or_default();
    let is_needed = kept.iter().any(|a| {
        a.kept_in
            .is_some_and(|place| place != SecretPlace::Environment)
    });
    match (standing.place, standing.problem) {
        (Some(place), _) => Check::ok(name, format!("kept in {} ({chosen})", place.describe())),
        (None, Some(problem)) => Check::new(
            name,
            if is_needed {
                Health::Failure
            } else {
                Health::Warning
            },
            format!("{problem} ({chosen})"),
            problem.fix(),
        ),
        (None, None) => Check::skipped(name, chosen),
    }
}

fn accounts(engine: &Engine) -> Vec<Check> {
    let accounts = match engine.accounts() {
        Ok(accounts) => accounts,
        Err(error) => {
            return vec![Check::new(
                "accounts",
                Health::Failure,
                error.to_string(),
                "",
            )];
        }
    };
    accounts
        .into_iter()
        .map(|account| {
            let name = &account.account;
            let place = account
                .kept_in
                .map(|place| format!(", secret in {}", place.describe()))
                .unwrap_or_default();
            let age = account
                .granted_at
                .map(|at| engine.now().duration_since(at).as_hours() / 24)
                .map(|days| format!(", signed in {days} days ago"))
                .unwrap_or_default();
            let whose = if account.address.is_empty() {
                "signed in".to_owned()
            } else {
                account.address.clone()
            };
            match account.standing {
                AccountStanding::SignedOut => Check::skipped(name, "nobody is signed in"),
                AccountStanding::Fine => Check::ok(name, format!("{whose}{place}{age}")),
                AccountStanding::Warning => Check::new(
                    name,
                    Health::Warning,
                    format!("{}{place}{age}", account.problem),
                    account.fix,
                ),
                AccountStanding::Broken => {
                    Check::new(name, Health::Failure, account.problem, account.fix)
                }
            }
        })
        .collect()
}

/// Says what was asked of each service today and what it says is left of its budgets.
fn services(engine: &Engine) -> Vec<Check> {
    let Ok(health) = engine.health() else {
        // The database has been judged above.
        return Vec::new();
    };
    health
        .services
        .into_iter()
        .map(|service| {
            let name = format!("service {}", service.service);
            let mut found = format!("{} requests today", service.today.calls);
            for quota in &service.quotas {
                found.push_str(&format!(
                    ", {} of {} left ({})",
                    quota.left, quota.most, quota.name
                ));
            }
            let health = match service.grade {
                Grade::Healthy | Grade::Unknown => return Check::ok(&name, found),
                Grade::Degraded => Health::Warning,
                Grade::Failing => Health::Failure,
            };
            if !service.reason.is_empty() {
                found = format!("{}; {found}", service.reason);
            }
            Check::new(
                &name,
                health,
                found,
                "caseyos signals health shows when it is asked next",
            )
        })
        .collect()
}

/// Names the templates of the operator's own that cannot be used; nothing where all can.
fn templates(engine: &Engine) -> Option<Check> {
    let mistakes: Vec<String> = engine
        .core()
        .templates()
        .mistakes()
        .map(ToString::to_string)
        .collect();
    let first = mistakes.first()?;
    let found = match mistakes.len() {
        1 => first.clone(),
        n => format!("{n} cannot be used; {first}"),
    };
    let fix = format!("mend them in {}", engine.paths().templates().display());
    Some(Check::new("templates", Health::Warning, found, fix))
}

/// Tells of mail that is dated ahead, which left while the clock was wrong; nothing where there is none.
fn mail_ahead(engine: &Engine) -> Option<Check> {
    let (count, latest) = engine.mail_ahead().ok()??;
    let latest = latest.to_zoned(engine.zone()).strftime("%-d %b %Y %H:%M");
    Some(Check::new(
        "mail dated ahead",
        Health::Warning,
        format!("{count} sent under a clock that was wrong, the latest on {latest}"),
        "nothing to do: the limits do not count them; check the machine's clock, and CASEYOS_NOW in shell profiles and cron",
    ))
}

/// Names the jobs that were given up, or says that none was.
fn jobs(engine: &Engine) -> Option<Check> {
    // The database has been judged above.
    let all = engine.jobs().ok()?;
    let dead: Vec<_> = all
        .iter()
        .filter(|job| job.state == JobState::Dead)
        .collect();
    let Some(first) = dead.first() else {
        return Some(Check::ok("jobs", format!("{}, none given up", all.len())));
    };
    let named: Vec<String> = dead
        .iter()
        .map(|job| format!("{} ({})", job.name, job.error))
        .collect();
    Some(Check::new(
        "jobs",
        Health::Warning,
        format!("given up after {} tries: {}", first.tries, named.join(", ")),
        format!("caseyos jobs retry {}", first.name),
    ))
}

/// Tells of a clock that is set by a variable, or that jumped; nothing where neither is so.
fn clock_jump(env: &Env, config: &Config, engine: Option<&Engine>) -> Option<Check> {
    let name = "clock set";
    let place = "unset CASEYOS_NOW in shell profiles and cron";
    match env.clock_kind() {
        ClockKind::Set if config.mode == Mode::Live => {
            return Some(Check::new(
                name,
                Health::Failure,
                "CASEYOS_NOW sets the clock of a live home, so nothing leaves",
                format!("{place}, or set CASEYOS_PRACTICE=1 beside it to practice"),
            ));
        }
        ClockKind::Set => {
            let found = "CASEYOS_NOW sets the clock";
            return Some(Check::new(name, Health::Warning, found, place));
        }
        // The clock of a demo is one for practice too, and no variable sets it.
        ClockKind::Practice
            if config.mode == Mode::Live && env::variable("CASEYOS_NOW").is_some() =>
        {
            let found = "CASEYOS_NOW sets the clock of a live home, for practice";
            return Some(Check::new(name, Health::Warning, found, place));
        }
        ClockKind::Practice | ClockKind::Running => {}
    }
    let problem = engine?.clock().ok()?.problem?;
    let (found, fix) = problem.split_once("; ").unwrap_or((&problem, ""));
    Some(Check::new("clock jumped", Health::Failure, found, fix))
}

fn clock_check(env: &Env, config: &Config, engine: Option<&Engine>) -> Check {
    let name = "clock";
    let accounts = engine
        .and_then(|engine| engine.accounts().ok())
        .unwrap_or_default();
    let is_signed_in = |provider: &&Provider| {
        accounts
            .iter()
            .any(|a| a.account == provider.as_str() && a.standing != AccountStanding::SignedOut)
    };
    let Some(provider) = Provider::ALL.iter().find(is_signed_in) else {
        return Check::skipped(name, "not compared, as nobody is signed in to a provider");
    };
    let service = provider.row().api;
    match clock::date_of(config.base_url(service), CLOCK_LIMIT) {
        Err(reason) => Check::new(
            name,
            Health::Warning,
            format!("not compared: {reason}"),
            "look at the network connection",
        ),
        Ok(there) => clock_verdict(name, env.now().duration_since(there)),
    }
}

fn clock_verdict(name: &str, ahead: SignedDuration) -> Check {
    let seconds = ahead.as_secs();
    let side = if seconds < 0 { "behind" } else { "ahead" };
    let found = format!("{} seconds {side}", seconds.abs());
    let fix = "let the system set its clock by network time";
    match seconds.abs() {
        CLOCK_FAILURE.. => Check::new(name, Health::Failure, found, fix),
        CLOCK_WARNING.. => Check::new(name, Health::Warning, found, fix),
        _ => Check::ok(name, "right"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_wrong_it_is() {
        let check = |seconds: i64, expect: Health| {
            let found = clock_verdict("clock", SignedDuration::from_secs(seconds));
            assert_eq!(found.health, expect, "{seconds}");
        };
        check(0, Health::Ok);
        check(-29, Health::Ok);
        check(31, Health::Warning);
        check(-600, Health::Failure);
    }
}
