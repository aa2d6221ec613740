//! Words for what keeps a command from being carried out.

use std::io;
use std::path::Path;

use gom_domain::{Bilingual, say, wording};
use gom_proto::stick::Unread;

use super::{line_fault, sync_error};
use crate::failure::{Failure, Mistake};
use crate::folder::FolderError;
use crate::outbox::Obstacle;
use crate::stick::Untaken;
use crate::store::StoreError;

/// Why a command was not carried out: a line for each thing to put right.
pub fn failure(failure: &Failure) -> Vec<Bilingual> {
    vec![match failure {
        Failure::Mistakes(mistakes) => return mistakes.iter().map(mistake).collect(),
        Failure::FirstSync(error) => return vec![first_sync(), sync_error(error)],
        Failure::Folder(fault) => folder_fault(fault),
        Failure::Store(fault) => store_fault(fault),
        Failure::NotEnrolled(folder) => {
            let folder = folder.display();
            say!(
                "thư mục {folder} chưa ghi danh; hãy chạy gom enroll với mã do huyện cấp",
                "the folder {folder} is not enrolled; run gom enroll with the district's code"
            )
        }
        Failure::OtherUnit { own, code } => say!(
            "mã này cấp cho đơn vị {code}, còn thư mục này là của {own}; hãy xin mã cho đúng đơn vị",
            "this code is for {code}, the folder is of {own}; ask for a code for that unit"
        ),
        Failure::AlreadyEnrolled(folder) => {
            let folder = folder.display();
            say!(
                "thư mục {folder} đã ghi danh; dùng gom sync để đồng bộ, hoặc ghi danh vào một thư mục mới",
                "the folder {folder} is enrolled already; run gom sync, or enrol into a new folder"
            )
        }
        Failure::NoProgramme => {
            say!(
                "chưa có chương trình của huyện; hãy chạy gom sync khi có mạng",
                "the district's programme has not come yet; run gom sync when there is a line"
            )
        }
        Failure::UpdateNeeded => say!(
            "báo cáo đang có hiệu lực được lập theo chương trình mới hơn; hãy cập nhật phần mềm gom",
            "the report that stands follows a newer programme; update gom"
        ),
        Failure::MistypedCode => say!(
            "mã ghi danh gõ sai; hãy đối chiếu từng ký tự với mã huyện đã cấp",
            "the enrolment code is mistyped; compare it letter by letter with the one from the district"
        ),
        Failure::Enrolment(fault) | Failure::Line(fault) => line_fault(fault),
        Failure::File { file, source } => file_fault(file, source),
        Failure::Answers(untaken) => answers(*untaken),
        Failure::BadBackup { file, source } => bad_backup(file, source),
        Failure::BackupOfAnother { own, copy } => say!(
            "bản sao lưu này là của đơn vị {copy}, còn thư mục này là của {own}; hãy chọn bản sao của đúng đơn vị, hoặc phục hồi vào một thư mục mới",
            "the backup is of the unit {copy}, the folder of {own}; choose that unit's own backup, or restore into a new folder"
        ),
        Failure::InTheWay(folder) => {
            let folder = folder.display();
            say!(
                "{folder}: thư mục đã có dữ liệu; thêm --replace để cất dữ liệu ấy sang bên (không xóa), hoặc chọn thư mục khác",
                "{folder}: the folder has data already; add --replace to have it set aside (nothing is deleted), or choose another folder"
            )
        }
    }]
}

/// Why answers from a stick are not taken.
fn answers(untaken: Untaken) -> Bilingual {
    match untaken {
        Untaken::Unread(Unread::Foreign) => say!(
            "đây không phải tệp biên nhận do gom-server import-queue ghi ra",
            "these are no receipts as gom-server import-queue writes them"
        ),
        Untaken::Unread(Unread::Newer) => say!(
            "tệp do phiên bản gom-server mới hơn ghi ra; hãy cập nhật phần mềm gom",
            "the file was written by a newer gom-server; update gom"
        ),
        Untaken::Unread(Unread::Damaged) => say!(
            "tệp bị hỏng hoặc bị sửa nên không nhận gì từ tệp; hãy chép lại từ huyện",
            "the file is damaged or was changed, so nothing of it was taken; copy it again from the district"
        ),
        Untaken::Another => say!(
            "tệp này là biên nhận của máy khác; hãy chọn đúng tệp của máy này",
            "these are another computer's receipts; choose this one's"
        ),
        Untaken::Overtaken => say!(
            "huyện đã phục hồi sổ sau khi ghi tệp này nên tệp không còn dùng được; hãy chạy gom sync, hoặc gom export-queue để lấy tệp mới",
            "the district has restored its books since it wrote this file, which is of no use any more; run gom sync, or gom export-queue for a new one"
        ),
    }
}

fn file_fault(file: &Path, error: &io::Error) -> Bilingual {
    let file = file.display();
    match error.kind() {
        io::ErrorKind::AlreadyExists => say!(
            "{file}: đã có tệp cùng tên; hãy chọn tên khác",
            "{file}: a file of that name is there already; choose another name"
        ),
        io::ErrorKind::IsADirectory => say!(
            "{file}: đây là thư mục; hãy ghi đường dẫn đến tệp",
            "{file}: this is a folder; write the path of a file"
        ),
        io::ErrorKind::PermissionDenied => say!(
            "{file}: không có quyền đọc hoặc ghi; hãy chọn chỗ khác, hoặc xin người quản trị máy cấp quyền",
            "{file}: reading or writing is not permitted; choose another place, or ask the administrator for the right"
        ),
        io::ErrorKind::NotFound => {
            say!("{file}: không có tệp hoặc thư mục này", "{file}: there is no such file or folder")
        }
        io::ErrorKind::StorageFull => {
            say!("{file}: đĩa đầy; hãy xóa bớt tệp", "{file}: the disk is full; make room")
        }
        io::ErrorKind::ResourceBusy => {
            say!("{file}: một chương trình khác đang ghi tệp này", "{file}: another program is writing it")
        }
        _ => say!("{file}: không đọc hoặc ghi được: {error}", "{file}: cannot be read or written: {error}"),
    }
}

fn bad_backup(file: &Path, why: &StoreError) -> Bilingual {
    let file = file.display();
    match why {
        StoreError::Newer => say!(
            "{file}: bản sao lưu do phiên bản gom mới hơn ghi; hãy cập nhật phần mềm gom",
            "{file}: the backup was written by a newer version of gom; update gom"
        ),
        StoreError::Foreign => {
            say!("{file}: tệp này không phải là bản sao lưu của gom", "{file}: the file is no backup of gom")
        }
        StoreError::Damaged(_) | StoreError::Sql(_) => say!(
            "{file}: tệp bị hỏng, hoặc không phải là bản sao lưu của gom; hãy dùng bản khác",
            "{file}: the file is damaged, or no backup of gom; use another one"
        ),
        other => store_fault(other),
    }
}

fn first_sync() -> Bilingual {
    say!(
        "đã ghi danh, nhưng chưa tải xong dữ liệu của huyện; hãy chạy gom sync",
        "enrolled, but the district's data has not all come; run gom sync"
    )
}

/// One thing that is wrong with what was asked for.
pub fn mistake(mistake: &Mistake) -> Bilingual {
    match mistake {
        Mistake::Line(fault) => {
            let text = wording::sheet_fault(&fault.problem);
            match fault.line {
                None => text,
                Some(line) => Bilingual {
                    vi: format!("dòng {line}: {}", text.vi),
                    en: format!("line {line}: {}", text.en),
                },
            }
        }
        Mistake::Entry(problem) => wording::sheet_fault(problem),
        Mistake::NoEquals(text) => {
            say!(
                "«{text}»: viết CHỈ_TIÊU=GIÁ_TRỊ, ví dụ births=12",
                "“{text}”: write ELEMENT=VALUE, such as births=12"
            )
        }
        Mistake::Twice(key) => say!("chỉ tiêu «{key}» ghi hai lần", "the element “{key}” is given twice"),
        Mistake::BadName(longest) => say!(
            "tên phải có từ 1 đến {longest} ký tự, không xuống dòng",
            "a name has 1 to {longest} characters on one line"
        ),
        Mistake::NoDraft(form, period) => say!(
            "không có bản nháp nào của biểu «{form}» kỳ {period} để nộp; hãy nhập số liệu trước, hoặc nếu báo cáo đang xung đột thì chọn bằng gom resolve {form} {period}",
            "there is no draft of the form “{form}” for {period} to hand in; fill it in first, or settle its conflict, if it is in one, with gom resolve {form} {period}"
        ),
        Mistake::NoConflict(form, period) => say!(
            "biểu «{form}» kỳ {period} không có xung đột nào cần xử lý; xem gom status",
            "the form “{form}” for {period} has no conflict to be settled; see gom status"
        ),
        Mistake::NotPulled(form, period) => say!(
            "bản đang có hiệu lực của biểu «{form}» kỳ {period} chưa tải về; hãy chạy gom sync trước",
            "what stands of the form “{form}” for {period} has not come yet; run gom sync first"
        ),
        Mistake::NoteTooLong(limit) => {
            say!(
                "giải trình dài quá {limit} ký tự; hãy viết gọn lại",
                "the note is longer than {limit} characters; shorten it"
            )
        }
    }
}

/// What keeps a draft from being handed in, one line each.
pub fn obstacle(obstacle: &Obstacle) -> Vec<Bilingual> {
    match obstacle {
        Obstacle::NoPlace(problem) => vec![wording::sheet_fault(problem)],
        Obstacle::Findings(place, findings) => {
            findings.iter().map(|found| super::finding(place, found)).collect()
        }
    }
}

/// Why the data folder cannot be used.
pub fn folder_fault(fault: &FolderError) -> Bilingual {
    match fault {
        FolderError::Unusable { folder, source } => {
            let (folder, why) = (folder.display(), io_reason(source));
            Bilingual {
                vi: format!("không ghi được vào thư mục {folder}: {}", why.vi),
                en: format!("the folder {folder} cannot be written: {}", why.en),
            }
        }
        FolderError::Busy(folder) => {
            let folder = folder.display();
            say!(
                "thư mục {folder} đang được đồng bộ bởi một chương trình gom khác; hãy chờ hoặc dừng chương trình đó",
                "another gom is syncing the folder {folder}; wait for it or stop it"
            )
        }
    }
}

fn io_reason(error: &io::Error) -> Bilingual {
    match error.kind() {
        io::ErrorKind::NotFound => {
            say!(
                "không có hoặc không tạo được; hãy kiểm tra đường dẫn, hoặc chọn thư mục khác ở --data",
                "not there and cannot be made; check the path, or choose another folder with --data"
            )
        }
        io::ErrorKind::PermissionDenied => say!(
            "không có quyền; hãy chọn thư mục khác ở --data, hoặc xin người quản trị máy cấp quyền",
            "permission denied; choose another folder with --data, or ask the administrator for the right"
        ),
        io::ErrorKind::ReadOnlyFilesystem => say!(
            "ổ đĩa chỉ cho đọc; hãy chọn thư mục khác ở --data",
            "the drive is read-only; choose another folder with --data"
        ),
        io::ErrorKind::StorageFull => say!("đĩa đầy; hãy xóa bớt tệp", "the disk is full; make room"),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => say!(
            "đường dẫn đi qua một tệp, không phải thư mục; hãy chọn thư mục khác ở --data",
            "a file is in its place, not a folder; choose another folder with --data"
        ),
        _ => say!(
            "{error}; hãy chọn thư mục khác ở --data, hoặc báo người quản trị máy",
            "{error}; choose another folder with --data, or tell the administrator"
        ),
    }
}

/// Why the folder's database cannot be used.
pub fn store_fault(fault: &StoreError) -> Bilingual {
    match fault {
        StoreError::Absent => say!(
            "trong thư mục không có dữ liệu của gom; hãy ghi danh bằng gom enroll",
            "there is no data of gom in the folder; enrol it with gom enroll"
        ),
        StoreError::Foreign => say!(
            "tệp gom.db trong thư mục là của phần mềm khác; hãy chọn thư mục khác",
            "the file gom.db in the folder is another program's; choose another folder"
        ),
        StoreError::Newer => say!(
            "dữ liệu do phiên bản gom mới hơn ghi; hãy cập nhật phần mềm gom",
            "the data was written by a newer version of gom; update gom"
        ),
        StoreError::Full(_) => say!(
            "đĩa đầy, chưa ghi được gì; bản nháp vẫn còn. Hãy xóa bớt tệp rồi làm lại",
            "the disk is full and nothing was written; drafts are kept. Make room, then try again"
        ),
        StoreError::Io(why) => say!(
            "đĩa không đọc hoặc ghi được ({why}); chưa có gì thay đổi, bản nháp vẫn còn. Hãy kiểm tra đĩa (còn chỗ trống không?) rồi làm lại",
            "the disk cannot be read or written ({why}); nothing was changed, drafts are kept. Check the disk (is there room?), then try again"
        ),
        StoreError::Denied(why) => say!(
            "không có quyền ghi dữ liệu ({why}); hãy kiểm tra quyền của thư mục",
            "the data may not be written ({why}); check the folder's permissions"
        ),
        StoreError::Busy(_) => say!(
            "dữ liệu đang bị chương trình khác giữ; hãy thử lại sau ít phút",
            "another program holds the data; try again in a few minutes"
        ),
        StoreError::Damaged(what) => say!(
            "dữ liệu trong thư mục bị hỏng ({what}); hãy chạy gom sync khi có mạng: tệp hỏng được cất sang bên, những gì đọc được được giữ lại, phần còn lại tải về từ huyện",
            "the data in the folder is damaged ({what}); run gom sync when there is a line: the damaged file is set aside, what can be read is kept, the rest comes from the district"
        ),
        StoreError::Interrupted => say!(
            "việc thay dữ liệu của thư mục bị ngắt giữa chừng; hãy chạy gom sync để hoàn tất",
            "exchanging the folder's data was cut short; run gom sync to complete it"
        ),
        StoreError::Replaced => say!(
            "dữ liệu của thư mục vừa được thay bằng bản khác; chưa ghi gì, hãy làm lại",
            "the folder's data has just been replaced; nothing was written, do it again"
        ),
        StoreError::NotDurable(what) => say!(
            "ổ đĩa này không bảo đảm giữ được dữ liệu khi mất điện ({what}); hãy dùng thư mục trên ổ đĩa của máy",
            "this drive cannot promise to keep data through a power cut ({what}); use a folder on the computer's own drive"
        ),
        StoreError::Stopped => say!("đã dừng giữa chừng; hãy chạy lại", "stopped half-way; run it again"),
        StoreError::Sql(why) => {
            say!(
                "lỗi dữ liệu ({why}); hãy báo người quản trị",
                "the data was refused ({why}); tell the administrator"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_says_what_to_do() {
        use io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem, Unsupported};
        for kind in [NotADirectory, PermissionDenied, ReadOnlyFilesystem, Unsupported] {
            let fault = FolderError::Unusable { folder: "d".into(), source: kind.into() };
            let said = folder_fault(&fault);
            assert!(said.vi.starts_with("không ghi được vào thư mục d: "), "{}", said.vi);
            assert!(said.vi.contains("hãy chọn thư mục khác"), "{}", said.vi);
        }
    }
}
