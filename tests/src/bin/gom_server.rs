//! The district's program, as the stories run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    gom_server::cli::run(&gom_server::clock::real())
}
