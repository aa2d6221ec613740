//! A district as its staff run it: books founded by `gom-server init`, served by `gom-server serve` in a process of
//! its own, recounted by `gom-server verify`.

use gom_domain::invitation::Invitation;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use gom_domain::programme::Bundle;

use crate::place::all_there;
use crate::programme;

/// The kernel counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// A district's folder.
#[derive(Clone, Debug)]
pub(crate) struct District {
    folder: PathBuf,
}

impl District {
    /// The books that are in a folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Founds books with a programme.
    pub(crate) fn found(folder: &Path, bundle: &Bundle) -> anyhow::Result<Self> {
        let tables = folder.with_extension("tables");
        programme::write(bundle, &tables)?;
        done(program("gom-server").arg("init").arg("--data").arg(folder).arg("--programme").arg(tables))?;
        Ok(Self::at(folder))
    }

    /// A code with which a unit's computer can be enrolled.
    pub(crate) fn code(&self, unit: &str) -> anyhow::Result<String> {
        let printed = done(program("gom-server").arg("enroll").arg("--data").arg(&self.folder).arg(unit))?;
        let invitation = Invitation::parse(&printed).map_err(|_| anyhow!("no invitation: {printed}"))?;
        Ok(invitation.code.shown())
    }

    /// Starts the server.
    pub(crate) fn serve(&self) -> anyhow::Result<Server> {
        let mut command = program("gom-server");
        command.arg("serve").arg("--data").arg(&self.folder).args(["--listen", "127.0.0.1:0"]);
        Server::start(command)
    }

    /// Lets somebody look at the pages.
    pub(crate) fn let_in(&self, name: &str, password: &str) -> anyhow::Result<()> {
        let mut command = program("gom-server");
        command.arg("user").arg("add").arg("--data").arg(&self.folder).args([
            name,
            "--role",
            "viewer",
            "--restricted",
        ]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut typed = child.stdin.take().context("nothing can be typed")?;
        write!(typed, "{password}\n{password}\n")?;
        drop(typed);
        ensure!(child.wait()?.success(), "{name} was not let in");
        Ok(())
    }

    /// Starts the server with its pages; also says where they are.
    pub(crate) fn serve_pages(&self) -> anyhow::Result<(Server, String)> {
        let mut command = program("gom-server");
        command.arg("serve").arg("--data").arg(&self.folder);
        command.args(["--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]);
        let (server, lines) = Server::start_saying(command, 1)?;
        let pages =
            lines.first().and_then(|line| line.strip_prefix("web ")).context("no pages are served")?;
        Ok((server, pages.trim_end_matches('/').to_owned()))
    }

    /// Recounts the books, which must agree and hold so many submissions.
    pub(crate) fn verify(&self, submissions: u64) -> anyhow::Result<()> {
        let said = done(program("gom-server").arg("verify").arg("--data").arg(&self.folder))?;
        let counted = said.strip_prefix("Recounted ").and_then(|rest| rest.split(' ').next());
        let counted = counted.and_then(|count| count.parse().ok()).with_context(|| said.clone())?;
        all_there("submissions in the books", counted, submissions)
    }
}

/// A server in a process of its own; killed if it was not stopped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it answers: `http://127.0.0.1:…`.
    pub(crate) address: String,
}

/// What a server's process has used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// The most memory it had at once, in bytes.
    pub(crate) memory: f64,
    /// Processor time, of all its threads.
    pub(crate) processor: Duration,
}

impl Server {
    /// Starts a command that prints `ready ADDRESS` once it serves.
    pub(crate) fn start(command: Command) -> anyhow::Result<Self> {
        Self::start_saying(command, 0).map(|(server, _)| server)
    }

    /// The same of a command that says more; also gives so many lines after that one.
    fn start_saying(mut command: Command, more: usize) -> anyhow::Result<(Self, Vec<String>)> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("no output")?;
        let mut server = Self { child, address: String::new() };
        let mut lines = BufReader::new(out).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let address = first.trim().strip_prefix("ready ").context("the server did not start")?;
        server.address = format!("http://{address}");
        let said = lines.take(more).collect::<Result<_, _>>()?;
        Ok((server, said))
    }

    /// Stops it as the system does, and says what it used.
    pub(crate) fn stop(mut self) -> anyhow::Result<Usage> {
        let usage = self.usage()?;
        let told = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(told.success(), "the server could not be told to stop");
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(usage)
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()));
        let (status, stat) = (of("status")?, of("stat")?);
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        // The program's name is in brackets and may hold blanks; user and system time are the 12th and 13th after it.
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks: u32 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u32>().ok())
            .sum();
        Ok(Usage { memory: peak.context("no VmHWM")? * 1024.0, processor: TICK * ticks })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has been stopped is no longer there.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// This program under another name, as which it is another program.
pub(crate) fn program(name: &str) -> Command {
    let own = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
    let mut command = Command::new(own);
    command.arg0(name).env("GOM_LANG", "en");
    for setting in ["GOM_DATA", "GOM_LISTEN", "GOM_LOG", "GOM_SERVER"] {
        command.env_remove(setting);
    }
    command
}

/// Runs a command to its end; what it printed.
pub(crate) fn done(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    if !status.success() {
        bail!("{status}: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(String::from_utf8(stdout)?)
}
