//! The run of a subcommand: the surroundings of all of them, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Out;
use super::output::{capital, complain};
use crate::config::Paths;
use crate::engine::{Engine, EngineError};
use crate::env::Env;

/// What a subcommand is given besides its own arguments.
pub(super) struct Run<'a> {
    pub(super) env: Env,
    pub(super) paths: Paths,
    pub(super) out: &'a mut Out,
    pub(super) interrupt: Arc<AtomicBool>,
    /// Set once the clock was warned of.
    pub(super) warned: AtomicBool,
}

impl Run<'_> {
    pub(super) fn engine(&self) -> Result<Engine, EngineError> {
        let engine = self.quiet_engine()?;
        self.warn_of_clock(&engine);
        Ok(engine)
    }

    /// Opens the engine for a command that says all of the clock itself.
    pub(super) fn quiet_engine(&self) -> Result<Engine, EngineError> {
        Engine::open(self.env.clone(), self.paths.clone())
    }

    /// Says on stderr that nothing leaves by this clock, once in a run.
    fn warn_of_clock(&self, engine: &Engine) {
        // A database that cannot be read is said by whoever needs it.
        if let Ok(Some(warning)) = engine.clock_warning()
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            complain(&format!("{}.", capital(&warning)));
        }
    }

    /// Tells whether somebody sits at a terminal that can be drawn on and wants no JSON. A dumb one can move no cursor.
    pub(super) fn is_in_terminal(&self) -> bool {
        let dumb = crate::env::variable("TERM").is_some_and(|term| term == "dumb");
        !dumb
            && !self.out.is_json()
            && std::io::stdout().is_terminal()
            && std::io::stdin().is_terminal()
    }
}

/// Sets the flag at Ctrl-C, so that long work ends after its current batch; a second Ctrl-C ends the program at once.
pub(super) fn listen_for_interrupt(flag: &Arc<AtomicBool>) {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // Without the handler Ctrl-C ends the program at once, which loses nothing that was committed.
        drop(signal_hook::flag::register_conditional_shutdown(
            signal,
            1,
            Arc::clone(flag),
        ));
        drop(signal_hook::flag::register(signal, Arc::clone(flag)));
    }
}
