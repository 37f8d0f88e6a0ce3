//! The run of a subcommand: the surroundings of all of them, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Out;
use crate::config::Paths;
use crate::engine::{Engine, EngineError};
use crate::env::Env;

/// What a subcommand is given besides its own arguments.
pub(super) struct Run<'a> {
    pub(super) env: Env,
    pub(super) paths: Paths,
    pub(super) out: &'a mut Out,
    pub(super) interrupt: Arc<AtomicBool>,
}

impl Run<'_> {
    pub(super) fn engine(&self) -> Result<Engine, EngineError> {
        Engine::open(self.env.clone(), self.paths.clone())
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
