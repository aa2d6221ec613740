//! `import-queue`: what comes on a stick.

use std::path::Path;

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::ruling::{Ruling, Verdict};
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, say};
use gom_durable::file::{spare, write_whole};
use gom_proto::stick;
use gom_terminal::{put, tell};

use super::{Done, block_on, read_file};
use crate::books::Job;
use crate::folder::Folder;
use crate::office;
use crate::office::Outcome;
use crate::queue::Queue;
use crate::wording::Trouble;

/// Takes a queue in and writes the answers for the way back.
pub(super) fn import(
    folder: &Folder,
    file: &Path,
    receipts: Option<&Path>,
    release: bool,
    world: &World,
    lang: Lang,
) -> Done {
    let fresh = (HistoryId(world.random()), DeviceId(world.random()));
    let file = read_file(file).map_err(|trouble| vec![trouble])?;
    if let Some(path) = receipts {
        // Older answers to the same computer may go: what they say can be asked for again.
        let whose = stick::queue_of(&file);
        spare(path, |there| whose.is_some() && stick::answers_for(there) == whose)
            .map_err(|error| vec![Trouble::file(path.display(), &error)])?;
    }
    let job = Job::Queue(Queue { file, release, fresh });
    let outcome = block_on(office::commit(folder, job, world))??;
    let written = receipts.filter(|_| !outcome.answers.is_empty()).map(|path| (path, &outcome.answers));
    if let Some((path, answers)) = written {
        write_whole(path, answers).map_err(|error| vec![Trouble::file(path.display(), &error)])?;
    }
    put(said(&outcome).get(lang));
    if let Some((path, _)) = written {
        let path = path.display();
        tell(
            say!(
                "Đã ghi biên nhận vào {path}; mang về xã và chạy gom import-receipts.",
                "The receipts are in {path}; take them back to the commune and run gom import-receipts."
            )
            .get(lang),
        );
    }
    if receipts.is_some() && written.is_none() {
        tell(
            say!(
                "Không có tệp biên nhận: huyện không nhận gì từ máy ấy nữa (máy khác dùng danh tính của nó, hoặc nó đã bị thu hồi). Muốn dùng lại máy ấy thì cấp mã ghi danh mới bằng gom-server enroll.",
                "There are no receipts: the district takes nothing more of that computer (another one goes by its name, or it was revoked). If it is to work again, invite it anew with gom-server enroll."
            )
            .get(lang),
        );
    }
    outcome.refusal.map_or(Ok(()), |refusal| Err(vec![Trouble::Said(refusal)]))
}

/// What a queue came to.
fn said(outcome: &Outcome) -> Bilingual {
    let count = |is: fn(&Ruling) -> bool| outcome.rulings.iter().filter(|ruling| is(ruling)).count();
    let accepted = count(Ruling::is_accepted);
    let conflicts = count(|ruling| matches!(ruling.verdict, Verdict::Conflict { .. }));
    let rejected = count(|ruling| matches!(ruling.verdict, Verdict::Rejected(_)));
    say!(
        "Trong tệp: {accepted} báo cáo được nhận, {conflicts} xung đột, {rejected} bị từ chối.",
        "In the file: accepted {accepted}, in conflict {conflicts}, rejected {rejected}."
    )
}
