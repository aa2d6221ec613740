//! Writes a district's books without a server, as a proof runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    return tests::proof::power_cut::books::run();
    #[cfg(not(target_os = "linux"))]
    ExitCode::FAILURE
}
