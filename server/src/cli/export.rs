//! `export`: all figures in the columns of import.

use std::io::{ErrorKind, stdout};

use gom_domain::Period;

use super::{Done, recalled};
use crate::export::ExportError;
use crate::folder::Folder;
use crate::wording::Trouble;

/// Writes the figures to stdout as they are read. A reader that has gone away (`| head`) is no failure.
pub(super) fn export(folder: &Folder, period: Option<Period>, history: bool) -> Done {
    let (mut books, memory) = recalled(folder, None)?;
    let mut out = csv::Writer::from_writer(stdout().lock());
    match crate::export::export(&mut books, &memory, period, history, &mut out) {
        Ok(()) => Ok(()),
        Err(ExportError::Out(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(ExportError::Out(error)) => Err(vec![Trouble::file("stdout", &error)]),
        Err(ExportError::Books(error)) => Err(vec![folder.trouble(&error)]),
    }
}
