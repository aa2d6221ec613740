//! The programs as people run them: arguments in, what they say and their exit code out.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use assert_cmd::Command;

use crate::PATIENCE;
use crate::clock::turned;

/// The commune's program and the district's, as cargo names them beside the stories.
const GOM: &str = "under-test-gom";
const GOM_SERVER: &str = "under-test-gom-server";
/// A program that writes a district's books without a server, for a proof that cuts its power.
const BOOKS: &str = "under-test-books";

/// Where this executable goes by the names of the programs.
static NAMES: OnceLock<PathBuf> = OnceLock::new();

/// Begins a program that tries things with the real ones. Cargo builds the one that is asked for and no other, so it has
/// to be all of them: called by the name of one of the others, it is that one, and this is how it ends.
pub fn begin() -> Option<ExitCode> {
    let called = std::env::args_os().next().map(PathBuf::from);
    match called.as_deref().and_then(Path::file_name).and_then(OsStr::to_str) {
        Some(GOM) => return Some(gom::cli::run(&turned(&gom::world::real()))),
        Some(GOM_SERVER) => return Some(gom_server::cli::run(&turned(&gom_server::clock::real()))),
        #[cfg(target_os = "linux")]
        Some(BOOKS) => return Some(crate::proof::power_cut::books::run()),
        _ => {}
    }
    let this = std::env::current_exe().unwrap();
    // Beside it, where the next one finds them again.
    let names = this.with_extension("names");
    std::fs::create_dir_all(&names).unwrap();
    for name in [GOM, GOM_SERVER, BOOKS] {
        match std::os::unix::fs::symlink(&this, names.join(name)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.unwrap(),
        }
    }
    NAMES.set(names).expect("a program begins once");
    None
}

/// The program that tries things, as often as it is told to. From a story it is found beside the others.
pub fn prover() -> Command {
    let story = std::env::current_exe().unwrap();
    let beside = || story.ancestors().nth(2).unwrap().join("prove");
    Command::new(if NAMES.get().is_some() { story.clone() } else { beside() })
}

/// One of the programs, at a data folder.
#[derive(Clone, Debug)]
pub struct Program {
    name: &'static str,
    folder: PathBuf,
    environment: Vec<(&'static str, OsString)>,
}

/// What a program said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its results.
    pub out: String,
    /// Everything else.
    pub err: String,
    /// Its exit code; none if it was killed.
    pub code: Option<i32>,
}

impl Program {
    /// The commune's program.
    pub fn gom(folder: &Path) -> Self {
        Self { name: GOM, folder: folder.to_owned(), environment: Vec::new() }
    }

    /// The district's program.
    pub fn gom_server(folder: &Path) -> Self {
        Self { name: GOM_SERVER, folder: folder.to_owned(), environment: Vec::new() }
    }

    /// The program that writes a district's books without a server.
    pub fn books(folder: &Path) -> Self {
        Self { name: BOOKS, folder: folder.to_owned(), environment: Vec::new() }
    }

    /// The same with more in its environment.
    #[must_use]
    pub fn within(mut self, environment: Vec<(&'static str, OsString)>) -> Self {
        self.environment = environment;
        self
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its executable is: cargo builds a package's programs before its stories, one folder above them. A program
    /// that tries things is both of them itself, under their names.
    pub fn path(&self) -> PathBuf {
        if let Some(names) = NAMES.get() {
            return names.join(self.name);
        }
        let story = std::env::current_exe().unwrap();
        story.ancestors().nth(2).unwrap().join(self.name)
    }

    /// Runs it as an officer does, who reads Vietnamese.
    pub fn vi(&self, args: &[impl AsRef<OsStr>]) -> Said {
        self.run("vi", args, &[])
    }

    /// Runs it in English.
    pub fn en(&self, args: &[impl AsRef<OsStr>]) -> Said {
        self.run("en", args, &[])
    }

    /// Runs it in English with something on its standard input.
    pub fn fed(&self, args: &[impl AsRef<OsStr>], input: &[u8]) -> Said {
        self.run("en", args, input)
    }

    /// Its command in a language, for those who do more with a process than wait for its end.
    pub fn command(&self, lang: &str, args: &[impl AsRef<OsStr>]) -> std::process::Command {
        let mut command = std::process::Command::new(self.path());
        command.env("GOM_DATA", &self.folder).env("GOM_LANG", lang);
        command.env_remove("GOM_SERVER").env_remove("GOM_LISTEN").env_remove("GOM_LOG");
        command.envs(self.environment.iter().cloned());
        command.args(args);
        command
    }

    fn run(&self, lang: &str, args: &[impl AsRef<OsStr>], input: &[u8]) -> Said {
        let mut command = Command::from_std(self.command(lang, args));
        let output = command.write_stdin(input).timeout(PATIENCE).output().unwrap();
        Said::from(output)
    }
}

impl From<std::process::Output> for Said {
    fn from(output: std::process::Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what programs say is UTF-8");
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }
}

impl Said {
    /// What it said, once it is clear that all went well.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// What it said to the person, once it is clear that it failed as programs should: with exit code 1.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

/// Asserts that a text has everything that it should have.
#[track_caller]
pub fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is not in:\n{text}");
    }
}

/// The line of a text that has a word in it.
#[track_caller]
pub fn line_with<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines()
        .find(|line| line.contains(word))
        .unwrap_or_else(|| panic!("no line with “{word}” in:\n{text}"))
}

/// A copy of a folder's database, log and all, as an administrator makes it by hand.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(to).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().contains(".db") {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
