//! A real `gom-server serve`, a process of its own that can be stopped politely or killed.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::{PATIENCE, Program};

/// A running server process. Whatever becomes of the story, it does not outlive it.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    complaints: Option<thread::JoinHandle<String>>,
    /// Where it listens.
    pub url: String,
}

impl Serving {
    /// Starts a server over a district's folder and waits until it is ready.
    pub fn start(folder: &Path) -> Self {
        Self::try_start(folder).expect("the server should be ready")
    }

    /// The same, with more to its command.
    pub fn start_with(folder: &Path, more: &[&str]) -> Self {
        Self::of(serve(folder).args(more)).expect("the server should be ready")
    }

    /// The same, or what the server said instead of being ready.
    pub fn try_start(folder: &Path) -> Result<Self, String> {
        Self::of(&mut serve(folder))
    }

    /// Runs a command that serves, and waits until it is ready.
    pub fn of(command: &mut Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut complaints = child.stderr.take().unwrap();
        let (sender, first) = mpsc::channel();
        // Both pipes are read to their ends, so that the server never waits for a reader.
        thread::spawn(move || {
            _ = sender.send(lines.next().and_then(Result::ok));
            lines.for_each(drop);
        });
        let complained = thread::spawn(move || {
            let mut text = String::new();
            _ = complaints.read_to_string(&mut text);
            text
        });
        let mut serving = Self { child, complaints: Some(complained), url: String::new() };
        let Some(line) = first.recv_timeout(PATIENCE).unwrap() else {
            let (status, complaints) = (serving.ended(), serving.complaints());
            assert_eq!(status.code(), Some(1), "{complaints}");
            return Err(complaints);
        };
        let address = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
        serving.url = format!("http://{address}");
        Ok(serving)
    }

    /// Asks it to stop, as an administrator or the system does, and waits.
    pub fn terminate(mut self) -> ExitStatus {
        signal("-TERM", self.child.id());
        self.ended()
    }

    /// The same, with all that it has complained of.
    pub fn terminate_and_tell(mut self) -> (ExitStatus, String) {
        signal("-TERM", self.child.id());
        (self.ended(), self.complaints())
    }

    /// Starts a server and kills it a moment later, ready or not.
    pub fn kill_while_it_starts(folder: &Path, after: Duration) {
        let mut command = serve(folder);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Where it listens, as an address.
    pub fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Kills it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The processor time that it has used so far, as Linux counts it: in hundredths of a second.
    pub fn processor_ms(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The program's name is in brackets and may hold blanks; user and system time are the 12th and 13th after it.
        let after_name = stat.rsplit_once(')').unwrap().1;
        let times = after_name.split_whitespace().skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
    }

    /// The memory that it takes now, as Linux counts it, in kB.
    pub fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn complaints(&mut self) -> String {
        self.complaints.take().map(|complaints| complaints.join().unwrap()).unwrap_or_default()
    }

    fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }
}

fn serve(folder: &Path) -> Command {
    Program::gom_server(folder).command("en", &["serve", "--listen", "127.0.0.1:0"])
}

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Sends a signal to a process.
pub fn signal(which: &str, process: u32) {
    assert!(Command::new("kill").args([which, &process.to_string()]).status().unwrap().success());
}

/// Waits until a process has ended, and kills it if it does not.
pub fn ended(child: &mut Child) -> ExitStatus {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if since.elapsed() > PATIENCE {
            _ = child.kill();
            panic!("the process does not end");
        }
        thread::sleep(Duration::from_millis(10));
    }
}
