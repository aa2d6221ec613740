//! Where the work is done: a folder on a real disk, for a file system in memory has no fsync to wait for.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::fsync::Fsync;
use crate::pairs::median;

/// File systems that keep nothing.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// An empty folder on a disk, removed with what is in it when dropped.
pub(crate) fn on_disk() -> anyhow::Result<TempDir> {
    let candidates = [built(), Ok(std::env::temp_dir())];
    let found = candidates.into_iter().flatten().find(|folder| !is_in_memory(folder));
    let folder = found.context("neither the folder of the build nor that of temporary files is on a disk")?;
    Ok(tempfile::Builder::new().prefix("gom-bench-").tempdir_in(folder)?)
}

/// An empty folder for preparing books with many commits, in memory where the system has a place for that.
pub(crate) fn for_preparing() -> anyhow::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { Ok(tempfile::tempdir_in(memory)?) } else { on_disk() }
}

/// The folder that this program was built into.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("the program is in no folder")?.to_owned())
}

/// Copies a folder, durably, so that what the copy costs the disk is over when the copy is used.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

/// What figures depend on: the computer, the disk and where on it the work is done.
pub(crate) fn facts() -> anyhow::Result<String> {
    let folder = on_disk()?;
    let cores = std::thread::available_parallelism()?;
    let mut fsync = Fsync::open(folder.path())?;
    let costs =
        (0..100).map(|_| Ok(fsync.once()?.as_secs_f64() * 1e3)).collect::<anyhow::Result<Vec<_>>>()?;
    let parent = folder.path().parent().unwrap_or(folder.path()).display();
    let system = file_system(folder.path()).unwrap_or_else(|| "unknown file system".to_owned());
    Ok(format!(
        "{cores} cores, {}; working in {parent} ({system}); fsync of 4 KiB: {:.2} ms",
        processor().unwrap_or_else(|| "unknown processor".to_owned()),
        median(costs)
    ))
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn is_in_memory(folder: &Path) -> bool {
    file_system(folder).is_some_and(|system| IN_MEMORY.contains(&system.as_str()))
}

/// The kind of file system that a folder is on: that of the longest mount point above it.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let above = mounts.filter(|(point, _)| folder.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map(|(_, system)| system.to_owned())
}

/// Makes sure of a count; a run that lost something is no measurement.
pub(crate) fn all_there(what: &str, found: u64, wanted: u64) -> anyhow::Result<()> {
    ensure!(found == wanted, "{what}: {found}, not {wanted}");
    Ok(())
}
