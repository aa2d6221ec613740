//! The district's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    gom_server::cli::run(&gom_server::clock::real())
}
