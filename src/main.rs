//! The program: parse, run, exit code. The only place that exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    caseyos::cli::main()
}
