//! The console.

use crate::engine::Engine;

/// How to open the console.
#[derive(Default)]
pub struct TuiOptions {}

/// Opens the console.
///
/// # Errors
/// If the terminal cannot be used.
pub fn run(_engine: Engine, _options: TuiOptions) -> anyhow::Result<()> {
    Ok(())
}
