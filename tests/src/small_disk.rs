//! A disk that is soon full: a small file system in memory, which only the script sees that runs on it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Program, Said};

/// What every script may use: `$DISK`, where the small disk is; `$DESK`, the story's folder; `$GOM` and `$GOM_SERVER`, the
/// programs; `fill` and `make_room`; `says`, which runs a command and tells its exit code.
const PRELUDE: &str = r#"
mkdir -p "$DISK"
mount -t tmpfs -o size=4m tmpfs "$DISK"
fill() { dd if=/dev/zero of="$DISK/filler" bs=4k count=2000 2>/dev/null || true; }
make_room() { rm "$DISK/filler"; }
says() { "$@" 2>&1 && echo "exit 0" || echo "exit $?"; }
"#;

/// Runs a shell script with a small disk. Returns nothing where the system lets nobody but its administrator mount.
pub fn script(desk: &Path, script: &str) -> Option<Said> {
    let mut may = Command::new("unshare");
    may.args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null());
    if !may.status().is_ok_and(|status| status.success()) {
        return None;
    }
    Some(run(&["timeout", "60", "unshare", "-rm", "sh", "-eu"], desk, &format!("{PRELUDE}{script}")))
}

/// Runs a shell script in which no file may grow beyond so many blocks of 512 bytes.
pub fn script_with_limit(desk: &Path, blocks: u32, script: &str) -> Said {
    let limit = format!("trap '' XFSZ\nulimit -f {blocks}\n");
    run(&["timeout", "60", "sh", "-u"], desk, &(limit + script))
}

fn run(shell: &[&str], desk: &Path, script: &str) -> Said {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", script]).env("DESK", desk).env("DISK", desk.join("disk"));
    command.env("GOM", Program::gom(desk).path()).env("GOM_SERVER", Program::gom_server(desk).path());
    Said::from(command.env("GOM_LANG", "vi").env_remove("GOM_DATA").stdin(Stdio::null()).output().unwrap())
}
