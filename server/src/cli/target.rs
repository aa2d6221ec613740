//! `target set`: what the document leaves open.

use gom_domain::Lang;
use gom_domain::number::{Decimal, Notation};
use gom_domain::progress::{ByHand, Status};
use gom_domain::text::nfc;
use gom_terminal::put;

use super::{Done, block_on};
use crate::books::Job;
use crate::folder::Folder;
use crate::target::SetTarget;
use crate::wording::Trouble;
use crate::{clock, office};

/// Sets a guideline's status or a target's value.
pub(super) fn set(
    folder: &Folder,
    reference: &str,
    status: Option<&str>,
    note: Option<String>,
    value: Option<&str>,
    lang: Lang,
) -> Done {
    if status.is_none() && value.is_none() {
        return Err(vec![Trouble::NothingToSet]);
    }
    let read_status = status
        .map(|word| Status::from_key(word).ok_or_else(|| Trouble::UnknownStatus(word.to_owned())))
        .transpose();
    let read_value = value.map(read_value).transpose();
    let (status, value) = match (read_status, read_value) {
        (Ok(status), Ok(value)) => (status, value),
        (status, value) => return Err([status.err(), value.err()].into_iter().flatten().collect()),
    };
    let (_, memory) = folder.recall(None).map_err(|trouble| vec![trouble])?;
    let newest = memory.editions.newest().ok_or_else(|| vec![Trouble::NoProgramme])?;
    let set = ByHand { status, note: nfc(&note.unwrap_or_default()), value };
    let job = SetTarget { year: newest.programme.year, key: reference.to_owned(), set };
    let outcome = block_on(office::commit(folder, Job::SetTarget(job), &clock::real()))??;
    let commit = outcome.commit;
    put(lang.pick(
        &format!("Đã đặt chỉ tiêu {reference}, lần ghi {commit}."),
        &format!("Target {reference} is set, commit {commit}."),
    ));
    Ok(())
}

/// A plain decimal, or a number as it is typed in Vietnamese. `1.234` is 1.234 in both readings only if a file wrote
/// it; typed, it is one thousand two hundred and thirty-four.
fn read_value(text: &str) -> Result<Decimal, Trouble> {
    Decimal::parse(text, Notation::Vietnamese)
        .or_else(|_| Decimal::parse(text, Notation::Plain))
        .map_err(|_| Trouble::NotANumber(text.to_owned()))
}
