//! A disk that is watched, or that fails: `shim/disk.c`, built by the system's C compiler and loaded in front of the C
//! library of a program that runs. Linux only.

pub mod image;
pub mod log;

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use self::image::Disk;
use crate::repository;

/// Where the shim was built, once for all that this process tries.
static BUILT: OnceLock<TempDir> = OnceLock::new();

/// The numbers in the control file, eight bytes each.
const CALLS: u64 = 0;
const FIRST: u64 = 1;
const LAST: u64 = 2;
const ERROR: u64 = 3;
const FAILED: u64 = 4;

/// What is said of a disk to the programs that are to run on it: names and values of their environment.
pub type Environment = Vec<(&'static str, OsString)>;

/// What the disk says where it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot (`EIO`).
    Broken,
    /// There is no room (`ENOSPC`): only what needs some is refused, and counted.
    Full,
}

impl Fault {
    fn number(self) -> u64 {
        match self {
            Self::Broken => 5,
            Self::Full => 28,
        }
    }
}

/// A folder on a disk that can be told to fail, by this process, while programs run on it. It is watched, too.
#[derive(Debug)]
pub struct FailingDisk {
    environment: Environment,
    control: File,
    begins: Disk,
    log: PathBuf,
}

/// The environment of programs whose changes below a folder are to be recorded in a log.
pub fn recorded(folder: &Path, log: &Path) -> Environment {
    let mut environment = shim(folder);
    environment.push(("DISK_LOG", log.into()));
    environment
}

impl FailingDisk {
    /// A disk that is healthy so far. The desk, for what the shim is told and tells, must not be below the folder.
    pub fn below(folder: &Path, desk: &Path) -> Self {
        let (control, log) = (desk.join("control"), desk.join("log"));
        fs::write(&control, [0; 5 * 8]).unwrap();
        let mut environment = recorded(folder, &log);
        environment.push(("DISK_CONTROL", control.clone().into()));
        let control = File::options().read(true).write(true).open(control).unwrap();
        Self { environment, control, begins: Disk::of(folder), log }
    }

    /// The environment of programs that run on it.
    pub fn environment(&self) -> Environment {
        self.environment.clone()
    }

    /// From now on calls are counted anew, and those from the first to the last fail.
    pub fn fails(&self, first: u64, last: u64, fault: Fault) {
        self.heals();
        for (place, number) in
            [(CALLS, 0), (FAILED, 0), (ERROR, fault.number()), (LAST, last), (FIRST, first)]
        {
            self.put(place, number);
        }
    }

    /// From now on nothing fails.
    pub fn heals(&self) {
        self.put(FIRST, 0);
    }

    /// What is certain to outlast a power cut at this moment, written down in a folder that is not there yet.
    pub fn certain(&self, to: &Path) {
        let mut disk = self.begins.clone();
        log::read(&self.log).iter().for_each(|(_, record)| disk.go_on(record));
        disk.cut_at_worst(to);
    }

    /// How many calls there were that could have failed.
    pub fn calls(&self) -> u64 {
        self.get(CALLS)
    }

    /// How many calls failed.
    pub fn failed(&self) -> u64 {
        self.get(FAILED)
    }

    fn put(&self, place: u64, number: u64) {
        self.control.write_all_at(&number.to_ne_bytes(), place * 8).unwrap();
    }

    fn get(&self, place: u64) -> u64 {
        let mut number = [0; 8];
        self.control.read_exact_at(&mut number, place * 8).unwrap();
        u64::from_ne_bytes(number)
    }
}

/// The environment of programs in front of which the shim stands, at a folder.
fn shim(folder: &Path) -> Environment {
    assert!(folder.is_absolute(), "the shim knows files by absolute paths");
    vec![("LD_PRELOAD", built().into()), ("DISK_FOLDER", folder.into())]
}

fn built() -> PathBuf {
    let build = || {
        let place = TempDir::new().unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        compiler
            .arg(place.path().join("disk.so"))
            .arg(repository("tests/shim/disk.c"))
            .args(["-ldl", "-pthread"]);
        let built = compiler.output().expect("a C compiler called cc");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        place
    };
    BUILT.get_or_init(build).path().join("disk.so")
}

/// A temporary folder, and its path without links, as the shim needs it. It is in memory where the system has a place for
/// that: what would be on a disk is known from the recording, so nothing need wait for one.
pub fn place() -> (TempDir, PathBuf) {
    let place = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    let path = place.path().canonicalize().unwrap();
    (place, path)
}

/// Copies the files of a folder, if there is one, into another, without what programs make anew. To look into a copy leaves
/// the folder as it is, and finds what a program would that is started next.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).into_iter().flatten().map(Result::unwrap) {
        let name = file.file_name();
        if file.file_type().unwrap().is_file() && !name.to_string_lossy().ends_with("-shm") {
            fs::copy(file.path(), to.join(name)).unwrap();
        }
    }
}
