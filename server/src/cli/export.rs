//! `export`: all figures in the columns of import.

use gom_domain::Period;
use gom_terminal::put;

use super::Done;
use crate::folder::Folder;
use crate::wording::Trouble;

/// Writes the figures to stdout.
pub(super) fn export(folder: &Folder, period: Option<Period>, history: bool) -> Done {
    let (mut books, memory) = folder.recall(None).map_err(|trouble| vec![trouble])?;
    let mut out = csv::Writer::from_writer(Vec::new());
    crate::export::export(&mut books, &memory, period, history, &mut out)
        .map_err(|error| vec![folder.trouble(&error)])?;
    let bytes = out.into_inner().map_err(|error| vec![Trouble::Books(error.to_string())])?;
    put(&String::from_utf8_lossy(&bytes));
    Ok(())
}
