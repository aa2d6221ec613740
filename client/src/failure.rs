//! Why a command could not be carried out. Mistakes are values, collected and told all at once.

use std::path::PathBuf;

use gom_domain::sheet::{SheetFault, SheetProblem};

use crate::folder::FolderError;
use crate::line::LineFault;
use crate::stick::Untaken;
use crate::store::StoreError;
use crate::sync::SyncError;

/// A command was not carried out; nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    Folder(#[from] FolderError),
    /// The folder's database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The folder is not enrolled yet.
    #[error("the folder {0} is not enrolled")]
    NotEnrolled(PathBuf),
    /// The folder is enrolled already.
    #[error("the folder {0} is enrolled already")]
    AlreadyEnrolled(PathBuf),
    /// The code is for another unit than the folder's.
    #[error("the code is for {code}, the folder is of {own}")]
    OtherUnit {
        /// The folder's unit.
        own: String,
        /// The code's unit.
        code: String,
    },
    /// No programme has been pulled yet, or none of this program's version.
    #[error("there is no programme yet")]
    NoProgramme,
    /// A report of the form and period follows a programme that only a newer version of the program can read.
    #[error("a newer version of the program is needed to read what stands")]
    UpdateNeeded,
    /// The enrolment code is mistyped.
    #[error("the enrolment code is mistyped")]
    MistypedCode,
    /// The district did not enrol the device.
    #[error("the district did not enrol the device")]
    Enrolment(#[source] LineFault),
    /// The device is enrolled, but what the district has for it has not all come.
    #[error("the device is enrolled, but the first sync failed")]
    FirstSync(#[source] Box<SyncError>),
    /// A file beside the folder cannot be read or written.
    #[error("the file {file} cannot be read or written")]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The district cannot be spoken to.
    #[error("the district cannot be spoken to")]
    Line(#[source] LineFault),
    /// Answers from a stick are not taken.
    #[error("the answers are not taken")]
    Answers(#[from] Untaken),
    /// A file is no whole backup.
    #[error("{file} is no whole backup")]
    BadBackup {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// A backup is of another unit than the folder.
    #[error("the folder is of {own}, the backup of {copy}")]
    BackupOfAnother {
        /// The folder's unit.
        own: String,
        /// The backup's.
        copy: String,
    },
    /// The folder has a database already, and nobody has said that it may be set aside.
    #[error("the folder {0} has a database already")]
    InTheWay(PathBuf),
    /// What was asked for is wrong.
    #[error("{} mistakes", .0.len())]
    Mistakes(Vec<Mistake>),
}

/// One thing that is wrong with what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// A line of an imported file.
    Line(SheetFault),
    /// A form, period, element or figure given by hand.
    Entry(SheetProblem),
    /// An entry without a `=`.
    NoEquals(String),
    /// The element is given twice.
    Twice(String),
    /// There is nothing to hand in for the form and period.
    NoDraft(String, String),
    /// A name that is none, or longer than so many characters.
    BadName(usize),
    /// There is no conflict of the form and period to be settled.
    NoConflict(String, String),
    /// What stands for the form and period has not come yet.
    NotPulled(String, String),
    /// The note is longer than so many characters.
    NoteTooLong(usize),
}

impl From<SheetProblem> for Mistake {
    fn from(problem: SheetProblem) -> Self {
        Self::Entry(problem)
    }
}
