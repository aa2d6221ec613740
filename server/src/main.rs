//! The district's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    gom_server::cli::run()
}
