//! The kill switch and suppressions.

use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::config::Paths;
use crate::domain::by::By;
use crate::domain::email::named::FIRM;
use crate::domain::email::{EmailAddress, Named, TooWide, firm_in};
use crate::domain::guard::KillSwitch;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::say::sentence;
use crate::engine::handle::Engine;
use crate::engine::orders::{note_stop, note_suppression};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::env::Env;
use crate::store::flags::{self, StopFlag};
use crate::store::{Durability, FILE_NAME, StoreError, control, executions, holder, suppressions};

impl Engine {
    /// Stops everything in the installation at `paths`: first by a flag that needs no lock, then in the database, if it can be had at once.
    ///
    /// # Errors
    /// If there is no installation, or neither of the two can be had: then nothing is stopped.
    pub fn stop_at(env: &Env, paths: &Paths, reason: &str) -> Result<Done> {
        stop_first_beside(home_of(paths)?, reason, env.now(), |is_flagged| {
            Self::open_within(env.clone(), paths.clone(), HASTE)?.note_stop(is_flagged, reason)
        })
    }

    /// Stops everything.
    pub(in crate::engine) fn stop(&self, reason: &str) -> Result<Done> {
        let home = self.store().directory();
        stop_first_beside(home, reason, self.now(), |is_flagged| {
            self.note_stop(is_flagged, reason)
        })
    }

    /// Notes the stop in the database; none if somebody resumed since the flag was raised.
    fn note_stop(&self, is_flagged: bool, reason: &str) -> Result<Option<Done>> {
        let reason = clean_line(reason, 200);
        let now = self.now();
        let home = self.store().directory().to_owned();
        let noted = self
            .store()
            .write_within(HASTE, Durability::Full, move |tx| {
                if is_flagged && flags::stop_flag(&home) == StopFlag::Absent {
                    return Ok(None);
                }
                note_stop(tx, &reason, now).map(Some)
            })?;
        let Some(noted) = noted else {
            return Ok(None);
        };
        if !noted.is_new {
            return Ok(Some(Done::Nothing {
                summary: "Everything is stopped already.".into(),
            }));
        }
        let summary = match noted.waiting {
            0 => "Stopped: nothing leaves until `caseyos resume`.".to_owned(),
            n => {
                format!("Stopped: nothing leaves until `caseyos resume`. {n} approved and waiting.")
            }
        };
        Ok(Some(Done::Changed {
            summary,
            undo: noted.undo,
        }))
    }

    /// Lets effects out again.
    pub(in crate::engine) fn resume(&self) -> Result<Done> {
        // Where nothing is stopped, what is held back for bounces is what there is to resume.
        if self.is_running()? {
            let cleared = self.clear_deliverability()?;
            if matches!(cleared, Done::Changed { .. }) {
                return Ok(cleared);
            }
        }
        self.write(Durability::Full, move |tx, _, now| {
            let before = control::kill_switch(tx);
            let waiting = executions::count_queued(tx)?;
            if before == KillSwitch::Running {
                return Ok(Done::Nothing { summary: "Everything is running.".into() });
            }
            control::set_kill_switch(tx, false, "", now)?;
            executions::ask_anew(tx)?;
            let was = match before {
                KillSwitch::Stopped { reason, .. } => reason,
                KillSwitch::Running | KillSwitch::Unreadable => String::new(),
            };
            let step = Step::KillSwitch { stopped: true, reason: was };
            let promise = "Everything is stopped again. What has left meanwhile cannot be unsent.";
            let undo = change(tx, Change {
                by: &By::Operator,
                event: "kill_switch.resumed",
                about: vec!["kill_switch".into()],
                detail: json!({"reason": "", "waiting": waiting}),
                tells: Tells::Same,
                back: Back::Entry("Resume", promise, step),
            }, now)?;
            let summary = match waiting {
                0 => "Running again. Nothing is waiting.".to_owned(),
                n => format!("Running again. {n} approved and waiting; the next sync sends what the guards let pass."),
            };
            Ok(Done::Changed { summary, undo })
        })
    }

    /// Tells whether the kill switch lets effects out.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn is_running(&self) -> Result<bool> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(control::kill_switch(tx) == KillSwitch::Running))
    }

    /// Suppresses a person or a domain in the installation at `paths`: first in a file that needs no lock, then in the database, if it can be had
    /// at once. `is_sure` lets it be the domain of a mail provider.
    ///
    /// # Errors
    /// If it is neither an address nor a domain, if it is a domain of many firms, or if neither the file nor the database can be had: then nothing is suppressed.
    pub fn suppress_at(
        env: &Env,
        paths: &Paths,
        value: &str,
        is_sure: bool,
        reason: &str,
    ) -> Result<Done> {
        let (named, value) = named(value)?;
        refuse_too_wide(&named, &value, is_sure)?;
        let home = home_of(paths)?;
        let given = flags::suppress(home, &value, reason, env.now());
        let noted = Self::open_within(env.clone(), paths.clone(), HASTE)
            .and_then(|engine| engine.note_suppression(&named, &value, reason));
        noted.or_else(|error| suppressed_beside(home, &value, &given, &error))
    }

    pub(in crate::engine) fn suppress(&self, value: &str, reason: &str) -> Result<Done> {
        let (named, value) = named(value)?;
        refuse_too_wide(&named, &value, false)?;
        let home = self.store().directory();
        let given = flags::suppress(home, &value, reason, self.now());
        self.note_suppression(&named, &value, reason)
            .or_else(|error| suppressed_beside(home, &value, &given, &error))
    }

    fn note_suppression(&self, named: &Named, value: &str, reason: &str) -> Result<Done> {
        let now = self.now();
        let reason = clean_line(reason, 200);
        let (order, noted) = (named.clone(), value.to_owned());
        let undo = self
            .store()
            .write_within(HASTE, Durability::Full, move |tx| {
                note_suppression(tx, (&order, &noted), &reason, now)
            })?;
        // Its row says it now. A file that stays is taken in once more, which changes nothing.
        if let Err(error) = flags::forget_suppression(self.store().directory(), value) {
            tracing::warn!(%error, "a suppression is in the database and its file beside it stays");
        }
        let (whom, never) = match named {
            Named::Mailbox(_) => ("", "never written to, whatever address they use"),
            Named::Domain(_) => ("everybody at ", "no address there is ever written to"),
            Named::Firm(_) => (
                "everybody at ",
                "nobody at a firm of that name is ever written to",
            ),
        };
        let shown = firm_in(value).unwrap_or(value);
        Ok(match undo {
            Some(undo) => Done::Changed {
                summary: format!("Suppressed {whom}{shown}: {never}."),
                undo,
            },
            None => Done::Nothing {
                summary: format!("{value} is suppressed already."),
            },
        })
    }

    pub(in crate::engine) fn unsuppress(&self, value: &str) -> Result<Done> {
        let (named, value) = named(value)?;
        self.write(Durability::Full, move |tx, _, now| {
            let lifted = suppressions::remove(tx, &named)?;
            let Some(found) = lifted.first() else {
                return Ok(Done::Nothing {
                    summary: format!("{value} is not suppressed."),
                });
            };
            let summary = format!("Lifted the suppression of {}", found.value);
            let step = Step::Suppression {
                value: found.value.clone(),
                reason: found.reason.clone(),
                present: true,
                cause: found.cause,
            };
            let gone = Change {
                by: &By::Operator,
                event: "suppression.lifted",
                about: vec![found.value.clone()],
                detail: json!({"reason": found.reason}),
                tells: Tells::As("suppression.changed"),
                back: Back::Entry(&summary, "It is suppressed again.", step),
            };
            let undo = change(tx, gone, now)?;
            Ok(Done::Changed {
                summary: format!("{summary}."),
                undo,
            })
        })
    }
}

/// Reads an address, a domain or a firm, with the text that it is shown as.
fn named(text: &str) -> Result<(Named, String)> {
    let named = Named::parse(text).map_err(|e| {
        EngineError::Input(format!("{e}. Nothing was changed; name an address (ann@acme.example), a domain (acme.example) or a firm (firm:Acme)."))
    })?;
    let shown = match &named {
        Named::Mailbox(key) => EmailAddress::pasted(clean_line(text, 254).as_str())
            .map_or_else(|_| key.to_string(), String::from),
        Named::Domain(key) => key.to_string(),
        Named::Firm(_) => {
            let line = clean_line(text, 80);
            let name = firm_in(line.trim()).unwrap_or_default();
            format!("{FIRM}{}", name.to_lowercase())
        }
    };
    Ok((named, shown))
}

/// Refuses to suppress everybody at a domain that is not one firm's.
fn refuse_too_wide(named: &Named, value: &str, is_sure: bool) -> Result<()> {
    match named.too_wide() {
        Some(TooWide::Provider) if !is_sure => Err(EngineError::Input(format!(
            "Anybody can have an address at {value}: this would bar everybody there. Nothing was changed; name one person (ann@{value}), or add --yes to bar them all."
        ))),
        Some(TooWide::Registry) => Err(EngineError::Input(format!(
            "Many firms have their domains under {value}. Nothing was changed; name the domain of one firm (acme.{value})."
        ))),
        Some(TooWide::Provider) | None => Ok(()),
    }
}

/// The longest wait for another process's write transaction before an order counts by its file alone.
const HASTE: Duration = Duration::from_millis(400);

/// Returns the folder of an installation that is there.
fn home_of(paths: &Paths) -> Result<&Path> {
    if Engine::exists(paths) {
        Ok(&paths.data)
    } else {
        Err(StoreError::Missing(paths.data.clone()).into())
    }
}

/// Raises the stop flag, then has the stop noted in the database. A resume that comes in between is overruled: the stop was asked for last.
fn stop_first_beside(
    home: &Path,
    reason: &str,
    now: Timestamp,
    note: impl Fn(bool) -> Result<Option<Done>>,
) -> Result<Done> {
    loop {
        let flag = flags::raise_stop(home, reason, now);
        match note(flag.is_ok()) {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => {}
            Err(_) if flag.is_ok() && flags::stop_flag(home) == StopFlag::Absent => {}
            Err(error) => return stopped_beside(home, &flag, &error),
        }
    }
}

/// Says that everything is stopped though the database could not note it.
///
/// # Errors
/// If the flag could not be raised either.
fn stopped_beside(home: &Path, flag: &io::Result<()>, error: &EngineError) -> Result<Done> {
    let why = why_not(home, error);
    match flag {
        Ok(()) => Ok(Done::Changed {
            summary: format!(
                "Stopped: nothing leaves until `caseyos resume`. {why} The stop is in force all the same, by the file {}; the database notes it as soon as it can.",
                flags::stop_path(home).display()
            ),
            undo: None,
        }),
        Err(refused) => Err(EngineError::Outside(format!(
            "NOT stopped: the stop flag {} cannot be made ({refused}). {why} Make room or that file, or end the CaseyOS processes, and stop again.",
            flags::stop_path(home).display()
        ))),
    }
}

fn suppressed_beside(
    home: &Path,
    value: &str,
    file: &io::Result<()>,
    error: &EngineError,
) -> Result<Done> {
    let why = why_not(home, error);
    match file {
        Ok(()) => Ok(Done::Changed {
            summary: format!(
                "Suppressed {value}: it is never written to. {why} The suppression is in force all the same; the database notes it as soon as it can."
            ),
            undo: None,
        }),
        Err(refused) => Err(EngineError::Outside(format!(
            "NOT suppressed: no file can be made beside the database ({refused}). {why} Try again in a moment, or `caseyos stop`."
        ))),
    }
}

/// Says why the database could not note an order, with the process that holds it.
fn why_not(home: &Path, error: &EngineError) -> String {
    let is_busy = matches!(error, EngineError::Store(error) if error.is_busy());
    if !is_busy {
        return format!(
            "The database could not note it: {}",
            sentence(&error.to_string())
        );
    }
    match holder::find(&home.join(FILE_NAME)) {
        Some(holder) => format!("The database is held by {holder}."),
        None => {
            "The database is held by another process, and which one could not be found out.".into()
        }
    }
}
