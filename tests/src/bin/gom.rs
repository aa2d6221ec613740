//! The commune's program, as the stories run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    gom::cli::run(&gom::world::real())
}
