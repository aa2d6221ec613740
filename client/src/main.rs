//! The commune's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    gom::cli::run(&gom::world::real())
}
