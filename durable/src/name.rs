//! Names of files: a new one outlasts a power cut once its folder has been synced.

use std::io;
use std::path::{Path, PathBuf};

/// Makes the names in a file's folder outlast a power cut.
pub fn keep(file: &Path) -> io::Result<()> {
    keep_in(above(file))
}

/// Makes the names in a folder outlast a power cut.
#[cfg(unix)]
pub fn keep_in(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere the system keeps names by itself.
#[cfg(not(unix))]
pub fn keep_in(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder that a file is in.
fn above(file: &Path) -> &Path {
    file.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that belongs to another one and bears its name with an ending, as a log does.
pub fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The first of `name`, `name-2`, `name-3` … that is free.
pub fn free(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    let more = (2_u32..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(more);
    names.find(|name| is_free(name)).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_folder_is_in_this_one() {
        assert_eq!(above(Path::new("gom.db")), Path::new("."));
        assert_eq!(above(Path::new("d/gom.db")), Path::new("d"));
    }

    #[test]
    fn the_first_name_that_nothing_bears_is_free() {
        assert_eq!(free("a", |_| true), "a");
        assert_eq!(free("a", |name| name.ends_with('3')), "a-3");
    }
}
