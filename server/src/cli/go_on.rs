//! `go-on`: the books wait no longer for what nobody gives back.

use gom_domain::Lang;
use gom_domain::text::nfc;
use gom_domain::world::World;
use gom_terminal::put;

use super::{Done, block_on};
use crate::books::Job;
use crate::folder::Folder;
use crate::history::GoOn;
use crate::office;
use crate::wording::Trouble;

pub(super) fn go_on(folder: &Folder, note: &str, world: &World, lang: Lang) -> Done {
    if note.trim().is_empty() {
        return Err(vec![Trouble::NoteMissing]);
    }
    let job = Job::GoOn(GoOn { note: nfc(note.trim()) });
    let commit = block_on(office::commit(folder, job, world))??.commit;
    put(lang.pick(
        &format!("Sổ đi tiếp, không chờ những gì còn thiếu nữa: lần ghi {commit}."),
        &format!("The books go on and wait for nothing any more: commit {commit}."),
    ));
    Ok(())
}
