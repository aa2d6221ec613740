//! Running a program for a while: to its end, or until the power goes.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::tempfile;

use crate::{Program, Said};

/// How long a program may go on that nobody kills by chance; one on a stalled line goes on for long.
const LONGEST: Duration = Duration::from_secs(5);

/// What may happen to a program while it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    /// The power goes so long after it began.
    pub(super) killed_after: Option<Duration>,
    /// No file may grow beyond so many blocks of 512 bytes: the disk is full.
    pub(super) blocks: Option<u64>,
}

/// What a program said, and whether it was killed.
pub(super) struct Ended {
    pub(super) said: Said,
    pub(super) killed: bool,
}

/// A program's command, with its folder and a full disk if there is to be one.
pub(super) fn command(program: &Program, folder: &Path, args: &[&str], blocks: Option<u64>) -> Command {
    let mut command = match blocks {
        None => Command::new(program.path()),
        Some(blocks) => {
            let mut command = Command::new("sh");
            let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
            command.args(["-c", &limit, "sh"]).arg(program.path());
            command
        }
    };
    command.args(args).env("GOM_DATA", folder).env("GOM_LANG", "en");
    command.env_remove("GOM_SERVER").env_remove("GOM_LISTEN").env_remove("GOM_LOG").stdin(Stdio::null());
    command
}

/// Runs a program to its end, whichever that is.
pub(super) fn run(program: &Program, folder: &Path, args: &[&str], fate: Fate) -> Ended {
    let (mut out, mut err) = (tempfile().unwrap(), tempfile().unwrap());
    let mut command = command(program, folder, args, fate.blocks);
    let mut child =
        command.stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap()).spawn().unwrap();
    let killed = !ends_within(&mut child, fate.killed_after.unwrap_or(LONGEST));
    if killed {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    Ended { said: Said { out: text(&mut out), err: text(&mut err), code }, killed: killed && code.is_none() }
}

/// Waits for a program, but not for ever.
pub(super) fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if since.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Puts a copy of a database, its log with it, in another's place. Nobody may have either open.
pub(super) fn put_copy(from: &Path, to: &Path) {
    let databases = |folder: &Path| {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.filter(|file| file.to_string_lossy().contains(".db")).collect::<Vec<_>>()
    };
    std::fs::create_dir_all(to).unwrap();
    databases(to).iter().for_each(|file| std::fs::remove_file(file).unwrap());
    for file in databases(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}
