//! What every part of the engine needs: the clock, the settings, the rules and the templates.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Config, Paths};
use crate::domain::guard::Mode;
use crate::domain::id::ExecutionId;
use crate::domain::limits::{Limits, Ramp};
use crate::domain::rule::Rules;
use crate::domain::schedule::{SendPolicy, parse_zone};
use crate::domain::template::{
    Context, MAX_OWN_TEMPLATES, MAX_TEMPLATE_BYTES, OwnTemplate, Rendered, TemplateError, Templates,
};
use crate::domain::zone::guess_zone;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::approval_rules::{KnownRules, LoadedRules, Stamp, stamp};
use crate::engine::ground::drafts::Drafts;
use crate::engine::ground::happened::Happened;
use crate::env::Env;
use crate::env::file;
use crate::store::lease::{self, Lease};
use crate::store::people::Person;
use crate::store::{ReadTx, Store, WriteTx, control};

/// The meta key of the installation's own name.
pub(in crate::engine) const INSTANCE: &str = "instance";

/// A part of the engine that acts on arrivals, inside the transaction that takes them in: if it fails, the arrival is not taken in either, and
/// its source tries again.
pub(in crate::engine) type Listener = fn(&WriteTx<'_>, &Core, &Happened, Timestamp) -> Result<()>;

/// The parts that commands and passes share.
#[derive(Debug)]
pub(in crate::engine) struct Core {
    pub env: Env,
    pub paths: Paths,
    pub config: Config,
    pub store: Store,
    pub listeners: &'static [Listener],
    approval: KnownRules,
    rules: OnceLock<Rules>,
    templates: OnceLock<Templates>,
    drafts: Drafts,
    holder: OnceLock<String>,
    holder_lease: Mutex<Option<Lease>>,
    in_flight: Mutex<HashSet<ExecutionId>>,
    known_mode: Mutex<(Option<Stamp>, Mode)>,
}

/// Shows, as long as it lives, that this process is carrying out an execution.
pub(in crate::engine) struct InFlight<'a> {
    core: &'a Core,
    id: ExecutionId,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.core
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

impl Core {
    pub fn new(
        env: Env,
        paths: Paths,
        config: Config,
        store: Store,
        listeners: &'static [Listener],
    ) -> Self {
        let known_mode = Mutex::new((stamp(&paths.config), config.mode));
        Self {
            known_mode,
            env,
            paths,
            config,
            store,
            listeners,
            approval: KnownRules::default(),
            rules: OnceLock::new(),
            templates: OnceLock::new(),
            drafts: Drafts::default(),
            holder: OnceLock::new(),
            holder_lease: Mutex::new(None),
            in_flight: Mutex::default(),
        }
    }

    /// Tells every listener of an arrival, in the transaction that takes it in.
    ///
    /// # Errors
    /// If a listener cannot act on it: then the arrival must not be kept either.
    pub fn tell(&self, tx: &WriteTx<'_>, happened: &Happened, now: Timestamp) -> Result<()> {
        self.listeners
            .iter()
            .try_for_each(|listener| listener(tx, self, happened, now))
    }

    /// Returns the built-in rules under the operator's own. A mistake in the operator's file stops everything that would
    /// use it: a rule that silently does not apply is worse than an error.
    pub fn rules(&self) -> Result<&Rules> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let path = self.paths.rules();
        let names: Vec<String> = self
            .templates()
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let rules = match file::read_text(&path, file::SETTINGS_BYTES) {
            Ok(text) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let own = Rules::parse(&text, &path.display().to_string(), &names).map_err(
                    |mistakes| {
                        let lines: Vec<String> =
                            mistakes.iter().take(5).map(ToString::to_string).collect();
                        EngineError::Input(format!(
                            "{}\nNothing was changed; `caseyos rules check` lists every mistake.",
                            lines.join("\n")
                        ))
                    },
                )?;
                Rules::builtin().merged(own)
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Rules::builtin(),
            Err(e) => {
                return Err(EngineError::Outside(format!(
                    "{} cannot be read: {e}.",
                    path.display()
                )));
            }
        };
        Ok(self.rules.get_or_init(|| rules))
    }

    /// Returns the rules of approval. They are read again when the file has changed, so that a rule which another process has turned off
    /// is off here too.
    pub fn approval_rules(&self) -> Arc<LoadedRules> {
        self.approval.get(&self.paths.approval())
    }

    /// Returns the built-in templates under the operator's own. One of the operator's that cannot be read takes the place of
    /// the built-in one all the same, and says so when it is used.
    pub fn templates(&self) -> &Templates {
        self.templates.get_or_init(|| {
            let own = template_files(&self.paths.templates());
            let (templates, mistakes) = Templates::load(&own);
            for mistake in mistakes {
                tracing::warn!(%mistake, "a template cannot be used");
            }
            templates
        })
    }

    /// Tries the operator's own templates, if that was not done yet. It comes before every write, as it takes its time where there are many.
    pub fn prepare_templates(&self) {
        if self.templates.get().is_none() && self.paths.templates().exists() {
            self.templates();
        }
    }

    /// Returns the draft that a template makes of `context`.
    ///
    /// # Errors
    /// In a write transaction, [`EngineError::Unrendered`] if it was not rendered before.
    pub fn draft(
        &self,
        tx: &ReadTx<'_>,
        template: &str,
        context: Context,
    ) -> Result<std::result::Result<Rendered, TemplateError>> {
        self.drafts.get(tx, self.templates(), template, context)
    }

    /// Renders a draft for the next write transaction. Must not be called while one is open.
    ///
    /// # Errors
    /// If its values cannot be written down. What is wrong with the template is said by the transaction that needs it.
    pub fn prepare_draft(&self, template: &str, context: &Context) -> Result<()> {
        self.drafts
            .render(self.templates(), template, context)
            .map(drop)
    }

    /// Returns this process's name as a holder of claims, and takes the lease that shows that it lives.
    pub fn holder(&self) -> Result<&str> {
        if let Some(holder) = self.holder.get() {
            return Ok(holder);
        }
        let mut slot = self
            .holder_lease
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.holder.get().is_none() {
            let name = format!("claim-{}-{:016x}", std::process::id(), self.env.draw());
            *slot = lease::try_take(self.store.directory(), &name)?;
            self.holder.get_or_init(|| name);
        }
        Ok(self.holder.get().map_or("", String::as_str))
    }

    /// Marks an execution as being carried out by this process; none if it is already.
    pub fn begin(&self, id: ExecutionId) -> Option<InFlight<'_>> {
        let is_first = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id);
        is_first.then_some(InFlight { core: self, id })
    }

    /// Tells whether nobody carries out a claimed execution any more: its process is gone, or it is this one and has given up.
    pub fn is_abandoned(&self, id: ExecutionId, holder: &str) -> Result<bool> {
        if self.holder.get().is_some_and(|own| own == holder) {
            return Ok(!self
                .in_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&id));
        }
        Ok(lease::is_abandoned(self.store.directory(), holder)?)
    }

    /// Removes the lock file of another process that is gone.
    pub fn forget_holder(&self, holder: &str) {
        if self.holder.get().is_none_or(|own| own != holder) {
            lease::forget(self.store.directory(), holder);
        }
    }

    /// Returns what approval leads to now. Another process may have changed it since this one began, so the file is looked at again when
    /// it is another; one that cannot be read counts as `draft`.
    pub fn mode(&self) -> Mode {
        let stamp = stamp(&self.paths.config);
        let mut known = self
            .known_mode
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.0 != stamp {
            *known = (
                stamp,
                Config::load(&self.paths.config)
                    .map(|c| c.mode)
                    .unwrap_or_default(),
            );
        }
        known.1
    }

    /// Returns the zone that a person lives in: as recorded, else guessed from the place, else the operator's.
    pub fn zone_of(&self, person: &Person) -> TimeZone {
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        if let Some(zone) = filled(&person.time_zone).and_then(|name| parse_zone(&name).ok()) {
            return zone;
        }
        let guess = guess_zone(
            filled(&person.country).as_deref(),
            filled(&person.state).as_deref(),
            filled(&person.city).as_deref(),
        );
        guess
            .and_then(|g| parse_zone(g.zone).ok())
            .unwrap_or_else(|| self.config.operator.zone())
    }

    /// Returns when mail may reach a person.
    pub fn send_policy(&self, zone: TimeZone) -> Result<SendPolicy> {
        self.config
            .send_window
            .policy(zone)
            .map_err(EngineError::Input)
    }

    /// Returns the limits as they are set.
    pub fn limits(&self) -> Limits {
        let set = &self.config.limits;
        Limits {
            per_contact_week: set.per_contact_week,
            per_domain_day: set.per_domain_day,
            per_day: set.per_day,
            per_hour: set.per_hour,
            min_gap_seconds: set.min_gap_seconds,
            ramp: set.ramp.enabled.then_some(Ramp {
                first_day: set.ramp.first_day,
                step: set.ramp.step,
            }),
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // Without this, each process that sent something would leave a lock file behind for good.
        if let Some(holder) = self.holder.get() {
            lease::forget(self.store.directory(), holder);
        }
    }
}

/// Returns the name that makes this installation's Message-IDs its own.
pub(in crate::engine) fn instance(tx: &ReadTx<'_>) -> Result<String> {
    Ok(control::meta(tx, INSTANCE)?.unwrap_or_else(|| "local".into()))
}

/// Reads the operator's own templates, in the order of their names.
fn template_files(folder: &Path) -> Vec<OwnTemplate> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "j2"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .take(MAX_OWN_TEMPLATES)
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let text = file::read_text(&path, MAX_TEMPLATE_BYTES);
            Some((name, text.map_err(|e| e.to_string())))
        })
        .collect()
}
