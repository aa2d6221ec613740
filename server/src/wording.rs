//! The district's own messages, in both languages: what is wrong, where, and what to do.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use gom_domain::programme::Fault;
use gom_domain::progress::Status;
use gom_domain::sheet::SheetFault;
use gom_domain::wording::{fault, sheet_fault};
use gom_domain::{Bilingual, say};
use gom_trust::BadPassword;

use crate::accept::Refusal;
use crate::memory::Memory;
use crate::store::StoreError;

/// Why something was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A fault of a programme's table.
    Fault(Box<Fault>),
    /// A fault of a sheet of figures: the file, and the fault.
    Sheet(String, Box<SheetFault>),
    /// Words that came from elsewhere, ready to be read.
    Said(Bilingual),
    /// No such unit.
    UnknownUnit(String),
    /// A name that several units bear in the year, with their ids.
    AmbiguousUnit(String, Vec<String>),
    /// No such code was ever issued.
    UnknownCode,
    /// The code was used by another computer.
    UsedCode,
    /// The code is too old.
    ExpiredCode,
    /// No programme had been published by the commit asked for.
    NoProgrammeYet,
    /// No programme has been published for that year; with the years that have one.
    NoProgrammeFor(i16, Vec<i16>),
    /// The unit owes no report of that form and period.
    NoSuchReport,
    /// No such target.
    UnknownTarget(String),
    /// No such target and no such element.
    UnknownTargetOrElement(String),
    /// The status of the target is computed in that year's programme.
    NotByHand(String, i16),
    /// The target takes no value in that year's programme.
    TakesNoValue(String, i16),
    /// The word names no status.
    UnknownStatus(String),
    /// The status is computed, not set.
    StatusNotByHand(Status),
    /// A status without a note, or a note without a status.
    StatusAndNote,
    /// Neither a status nor a value was given.
    NothingToSet,
    /// Neither a programme nor a table was given.
    NothingToLoad,
    /// Text that is no number.
    NotANumber(String),
    /// Text that is no period.
    NotAPeriod(String),
    /// The books do not go that far.
    NoSuchCommit(u64, u64),
    /// A reason must be given.
    ReasonMissing,
    /// The sheet has nothing of the unit that does not stand already.
    NothingToEnter(String),
    /// The sheet has rows of other units only, so many.
    OnlyOthers(String, u64),
    /// A report on behalf of a unit was not accepted: the form, the period, and why.
    NotAccepted(String, String, Bilingual),
    /// The folder holds books already.
    AlreadyThere(String),
    /// There are no books in the folder.
    NoBooks(String),
    /// Another process has the books.
    InUse(String),
    /// The server that has the books does not answer.
    ServerSilent,
    /// The authority cannot be made or used.
    Authority(String),
    /// The request for a certificate is none that a device makes.
    BadSigningRequest,
    /// The device has been revoked.
    Revoked,
    /// The device's certificate has run out.
    RunOut,
    /// Somebody has shown too many wrong codes.
    TooManyTries,
    /// No device of a commune is meant by that.
    UnknownDevice(String),
    /// Several devices are meant by that.
    AmbiguousDevice(String, Vec<String>),
    /// A name that cannot be shown.
    BadName,
    /// The district has no such authority.
    UnknownAuthority(u32),
    /// The authority is the one that signs.
    NewestAuthority(u32),
    /// Computers know of no later authority.
    AuthorityInUse(u32, Vec<String>),
    /// A text that cannot be the name of an account.
    BadUserName(String),
    /// What people call somebody cannot be shown.
    BadFullName,
    /// A text that cannot be a password.
    BadPassword(BadPassword),
    /// The password was typed twice, and not alike.
    PasswordsDiffer,
    /// There is such an account already.
    UserExists(String),
    /// There is no such account.
    UnknownUser(String),
    /// Nobody would be left who may decide who may do what.
    LastAdministrator(String),
    /// Nothing was said that is to be changed.
    NothingToChange,
    /// The queue is of a device that was revoked.
    QueueOfARevoked,
    /// The address is not of this computer.
    NotLoopback(String),
    /// The books are of a version that had no authority, and have not been served since.
    NoAuthority,
    /// Communes cannot call such an address.
    Unreachable(String),
    /// Text that is no address with a port.
    NotAnAddress(String),
    /// The address cannot be listened on.
    CannotListen(String, String),
    /// A file or folder cannot be read or written.
    File(String, Bilingual),
    /// The books were written by a newer program.
    NewerBooks(String),
    /// The file is not a district's books.
    ForeignBooks(String),
    /// The disk is full.
    DiskFull,
    /// The books could not be read or written.
    Books(String),
    /// A commune has another programme under the same version.
    OtherProgramme(u32),
    /// The books are damaged: where, and how.
    DamagedBooks(String, String),
    /// The books wait for nothing.
    NothingMissing,
    /// A file that is no queue.
    ForeignFile,
    /// A queue that a newer program wrote.
    NewerFile,
    /// A queue that is not whole.
    DamagedFile,
    /// A queue of a device that the books do not know.
    QueueOfAStranger,
    /// A queue of a device by whose name another goes on.
    QueueOfAClone,
    /// A queue whose writer did not know that the books go on from a backup.
    QueueToComeAgain,
    /// The queue holds nothing that waits.
    QueueEmpty,
    /// The queue is of a folder that has gone back to an older state.
    QueueOfAnOlder,
    /// A file is no whole backup: the file, and why.
    BadBackup(String, String),
    /// The folder holds books already, and nobody has said that they may be set aside.
    BooksInTheWay(String),
    /// The backup is there, but it could not be noted.
    NotNoted(String),
    /// Why the books are to go on must be said.
    NoteMissing,
    /// Operations of a device cannot be taken now.
    Refused(Refusal),
    /// There is more to do than can be done.
    Overloaded,
    /// The server is stopping.
    Stopping,
}

impl Trouble {
    /// A file or folder that cannot be read or written.
    pub fn file(path: impl Display, error: &io::Error) -> Self {
        Self::File(path.to_string(), file_error(error))
    }

    /// Why there is no programme: none for the year, or none at all in the books as they were recalled.
    pub fn no_programme(memory: &Memory, year: Option<i16>) -> Self {
        let mut years: Vec<i16> = memory.editions.iter().map(|edition| edition.programme.year).collect();
        years.sort_unstable();
        years.dedup();
        match year {
            Some(year) if !years.is_empty() => Self::NoProgrammeFor(year, years),
            _ => Self::NoProgrammeYet,
        }
    }

    /// Where it is, in front of the message: file, line and column.
    fn at(&self) -> Option<String> {
        match self {
            Self::Fault(fault) => {
                let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
                let column =
                    if fault.column.is_empty() { String::new() } else { format!(" [{}]", fault.column) };
                Some(format!("{}{line}{column}", fault.file))
            }
            Self::Sheet(file, fault) => {
                Some(fault.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
            }
            _ => None,
        }
    }

    /// The message in both languages.
    pub fn message(&self) -> Bilingual {
        let text = self.text();
        match self.at() {
            Some(at) => Bilingual { vi: format!("{at}: {}", text.vi), en: format!("{at}: {}", text.en) },
            None => text,
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm a message, each a sentence")]
    fn text(&self) -> Bilingual {
        match self {
            Self::Fault(found) => fault(&found.problem),
            Self::Sheet(_, found) => sheet_fault(&found.problem),
            Self::Said(text) => text.clone(),
            Self::UnknownUnit(name) => say!(
                "không có đơn vị «{name}»; dùng tên khóa, mã hoặc tên trong bảng units",
                "there is no unit “{name}”; use the id, code or name of the units table"
            ),
            Self::AmbiguousUnit(name, ids) => {
                let ids = ids.join(", ");
                say!(
                    "«{name}» là nhiều đơn vị trong năm; hãy ghi tên khóa: {ids}",
                    "“{name}” is several units in the year; write the id: {ids}"
                )
            }
            Self::UnknownCode => say!(
                "mã ghi danh không đúng; kiểm tra lại hoặc xin huyện mã mới",
                "the enrolment code is not right; check it, or ask the district for a new one"
            ),
            Self::UsedCode => say!(
                "mã ghi danh đã được máy khác dùng; hãy xin huyện mã mới",
                "the enrolment code was used by another computer; ask the district for a new one"
            ),
            Self::ExpiredCode => say!(
                "mã ghi danh đã hết hạn (72 giờ); hãy xin huyện mã mới",
                "the enrolment code has expired (72 hours); ask the district for a new one"
            ),
            Self::NoProgrammeYet => say!(
                "ở lần ghi đó sổ chưa có chương trình nào; hãy chọn lần ghi sau (--at)",
                "the books had no programme yet at that commit; choose a later one (--at)"
            ),
            Self::NoProgrammeFor(year, years) => {
                let years = years.iter().map(i16::to_string).collect::<Vec<_>>().join(", ");
                say!(
                    "chưa có chương trình của năm {year}; sổ có chương trình của năm: {years} (nạp thêm bằng lệnh load --programme)",
                    "there is no programme for {year}; the books have those of: {years} (publish another with load --programme)"
                )
            }
            Self::NoSuchReport => say!(
                "không có báo cáo ấy: đơn vị không phải nộp biểu này cho kỳ này",
                "there is no such report: the unit does not owe that form for that period"
            ),
            Self::UnknownTarget(name) => say!(
                "không có chỉ tiêu «{name}»; dùng số thứ tự (như 15f) hoặc tên khóa trong bảng targets",
                "there is no target “{name}”; use the reference (such as 15f) or the key of the targets table"
            ),
            Self::UnknownTargetOrElement(name) => say!(
                "không có chỉ tiêu kế hoạch hay chỉ tiêu báo cáo «{name}»; xem bảng targets và elements",
                "there is no target and no element “{name}”; see the tables targets and elements"
            ),
            Self::NotByHand(name, year) => say!(
                "trạng thái của chỉ tiêu {name} được tính từ số liệu trong chương trình năm {year}; chỉ đặt tay cho chỉ tiêu theo hướng dẫn hoặc tham chiếu (năm khác: --year)",
                "the status of target {name} is computed in the programme of {year}; only guidelines and references are set by hand (another year: --year)"
            ),
            Self::TakesNoValue(name, year) => say!(
                "chỉ tiêu {name} không dùng giá trị trong chương trình năm {year} (năm khác: --year)",
                "target {name} takes no value in the programme of {year} (another year: --year)"
            ),
            Self::UnknownStatus(word) => {
                let known = by_hand();
                say!(
                    "không có trạng thái «{word}»; chọn: {known}",
                    "there is no status “{word}”; choose: {known}"
                )
            }
            Self::StatusNotByHand(status) => {
                let (word, known) = (status.key(), by_hand());
                say!(
                    "trạng thái «{word}» được tính từ số liệu, không đặt tay; chọn: {known}",
                    "the status “{word}” is computed and cannot be set; choose: {known}"
                )
            }
            Self::StatusAndNote => say!(
                "--status và --note đi cùng nhau: trạng thái đặt tay phải có ghi chú vì sao",
                "--status and --note go together: a status set by hand must say why"
            ),
            Self::NothingToSet => say!("cần --status hoặc --value", "give --status or --value"),
            Self::NothingToLoad => say!(
                "cần ít nhất một trong --programme, --quotas, --baseline",
                "give at least one of --programme, --quotas, --baseline"
            ),
            Self::NotANumber(text) => {
                say!(
                    "«{text}» không phải là số; viết 8846.5 hoặc 8.846,5",
                    "“{text}” is no number; write 8846.5 or 8.846,5"
                )
            }
            Self::NotAPeriod(text) => say!(
                "«{text}» không phải là kỳ; viết 2024-05, 2024-Q2, 2024-H1, 2024-9M hoặc 2024",
                "“{text}” is no period; write 2024-05, 2024-Q2, 2024-H1, 2024-9M or 2024"
            ),
            Self::NoSuchCommit(asked, last) => {
                say!(
                    "sổ chưa có lần ghi {asked}; lần cuối là {last}",
                    "the books have no commit {asked}; the last is {last}"
                )
            }
            Self::ReasonMissing => say!(
                "cần ghi lý do nhập thay (--reason)",
                "say why it is entered on the unit's behalf (--reason)"
            ),
            Self::NothingToEnter(unit) => {
                say!(
                    "tệp không có dòng nào khác số đang có của đơn vị {unit}",
                    "the file has nothing for the unit {unit} that does not stand already"
                )
            }
            Self::OnlyOthers(unit, others) => say!(
                "không có dòng nào của đơn vị này ({unit}); bỏ qua {others} dòng của đơn vị khác",
                "there are no lines of this unit ({unit}); {others} lines of other units were left out"
            ),
            Self::NotAccepted(form, period, why) => {
                let (vi, en) = (&why.vi, &why.en);
                say!("{form} {period}: {vi}", "{form} {period}: {en}")
            }
            Self::AlreadyThere(path) => say!(
                "{path}: thư mục đã có sổ của huyện; chọn thư mục khác hoặc dùng lệnh load",
                "{path}: the folder holds a district's books already; choose another, or use load"
            ),
            Self::NoBooks(path) => {
                say!(
                    "{path}: chưa có sổ của huyện; dùng lệnh init trước",
                    "{path}: there are no books here; use init first"
                )
            }
            Self::InUse(path) => say!(
                "{path}: một tiến trình khác đang dùng sổ; dừng tiến trình đó rồi làm lại",
                "{path}: another process has the books; stop it, then try again"
            ),
            Self::ServerSilent => say!(
                "gom-server đang chạy nhưng không trả lời; xem nhật ký của nó",
                "gom-server is running but does not answer; look at its log"
            ),
            Self::Authority(why) => say!(
                "không dùng được khóa chứng thực của huyện: {why}; hãy phục hồi sổ từ bản sao lưu",
                "the district's authority cannot be used: {why}; restore the books from a backup"
            ),
            Self::BadSigningRequest => say!(
                "yêu cầu cấp chứng thư không đúng: phải tự ký bằng khóa P-256 của máy; hãy cập nhật chương trình gom",
                "the request for a certificate is not as it should be: signed by the device's own key on P-256; update gom"
            ),
            Self::Revoked => say!(
                "huyện đã thu hồi máy này; hãy hỏi huyện, và nếu còn dùng máy thì xin mã ghi danh mới",
                "the district has revoked this computer; ask the district, and for a new invitation if it is still to be used"
            ),
            Self::RunOut => say!(
                "chứng thư của máy này đã hết hạn; gom sẽ tự xin chứng thư mới",
                "this computer's certificate has run out; gom asks for another one by itself"
            ),
            Self::TooManyTries => say!(
                "đã gõ sai mã quá nhiều lần; hãy chờ 10 phút rồi thử lại",
                "too many wrong codes; wait for 10 minutes, then try again"
            ),
            Self::UnknownDevice(typed) => say!(
                "không có máy nào là «{typed}»; xem gom-server devices",
                "there is no computer “{typed}”; see gom-server devices"
            ),
            Self::AmbiguousDevice(typed, ids) => {
                let ids = ids.join(", ");
                say!(
                    "«{typed}» chỉ nhiều máy: {ids}; hãy ghi tên ngắn",
                    "“{typed}” means several computers: {ids}; write the short name"
                )
            }
            Self::BadName => say!(
                "tên máy phải có từ 1 đến 100 ký tự, không xuống dòng",
                "a computer's name has 1 to 100 characters on one line"
            ),
            Self::UnknownAuthority(number) => say!(
                "không có khóa chứng thực số {number}; xem: gom-server authority list",
                "there is no authority {number}; see: gom-server authority list"
            ),
            Self::NewestAuthority(number) => say!(
                "khóa chứng thực số {number} đang dùng để ký; trước hết lập khóa mới: gom-server authority rotate",
                "authority {number} is the one that signs; make another one first: gom-server authority rotate"
            ),
            Self::AuthorityInUse(number, devices) => {
                let (count, devices) = (devices.len(), devices.join(", "));
                say!(
                    "{count} máy chưa biết khóa mới, bỏ khóa số {number} thì chúng không vào được nữa: {devices}. Hãy chờ chúng đồng bộ hai lần, thu hồi máy không còn dùng, hoặc dùng --force rồi ghi danh lại chúng",
                    "{count} computers know of no later authority and could not come in any more without authority {number}: {devices}. Wait until they have synced twice, revoke those that are gone, or use --force and enrol them anew"
                )
            }
            Self::BadUserName(typed) => say!(
                "«{typed}» không dùng làm tên đăng nhập được: cần 2 đến 40 chữ thường không dấu, số, và . - _ ở giữa",
                "“{typed}” cannot be a login: 2 to 40 letters without marks, digits, and . - _ between them"
            ),
            Self::BadFullName => say!(
                "họ tên có nhiều nhất 100 ký tự, không xuống dòng",
                "a name has at most 100 characters on one line"
            ),
            Self::BadPassword(BadPassword::Length) => say!(
                "mật khẩu phải có từ 10 đến 128 ký tự; một câu ngắn dễ nhớ là tốt",
                "a password has 10 to 128 letters; a short sentence that is easy to remember is good"
            ),
            Self::BadPassword(BadPassword::Guessable) => say!(
                "mật khẩu này dễ đoán: cần ít nhất 5 chữ cái khác nhau ngoài tên đăng nhập và các số, và không phải từ ai cũng thử",
                "this password is soon guessed: it takes at least 5 different letters beside the login and digits, and not the words that everybody tries"
            ),
            Self::PasswordsDiffer => {
                say!("hai lần gõ không giống nhau", "what was typed the second time is not the same")
            }
            Self::UserExists(name) => say!(
                "đã có tài khoản {name}; đặt mật khẩu: gom-server user passwd {name}",
                "there is an account {name} already; set its password: gom-server user passwd {name}"
            ),
            Self::UnknownUser(name) => say!(
                "không có tài khoản {name}; xem: gom-server user list",
                "there is no account {name}; see: gom-server user list"
            ),
            Self::LastAdministrator(name) => say!(
                "{name} là người quản trị duy nhất; hãy lập người quản trị khác trước",
                "{name} is the only administrator; make another one first"
            ),
            Self::NothingToChange => say!(
                "chưa nói đổi gì: --role, --name hoặc --restricted",
                "nothing is said that is to be changed: --role, --name or --restricted"
            ),
            Self::QueueOfARevoked => say!(
                "huyện đã thu hồi máy đã ghi tệp này, nên không nhận. Nếu các báo cáo này đúng, chạy lại với --release để huyện nhập thay",
                "the district has revoked the computer that wrote this file, so it is not taken. If these reports are right, run it again with --release, and the district enters them on the unit's behalf"
            ),
            Self::NotLoopback(address) => say!(
                "{address}: số đo chỉ được mở ở địa chỉ của chính máy này, như 127.0.0.1:9464",
                "{address}: metrics are shown on this computer's own addresses only, such as 127.0.0.1:9464"
            ),
            Self::NoAuthority => say!(
                "sổ chưa có khóa chứng thực vì được lập từ phiên bản trước; hãy chạy gom-server serve một lần rồi làm lại",
                "the books have no authority yet, for they were founded by an earlier version; run gom-server serve once, then try again"
            ),
            Self::Unreachable(address) => say!(
                "xã không gọi được tới «{address}»; hãy cho biết địa chỉ và cổng của máy chủ trong mạng, như --address 10.0.0.5:7443, hoặc address = \"10.0.0.5:7443\" trong settings.toml",
                "communes cannot call “{address}”; give the server's address and port in the network, such as --address 10.0.0.5:7443, or address = \"10.0.0.5:7443\" in settings.toml"
            ),
            Self::NotAnAddress(text) => say!(
                "«{text}» không phải là địa chỉ để nghe; viết 127.0.0.1:7443, localhost:7443 hoặc [::1]:7443 (--listen hoặc GOM_LISTEN)",
                "“{text}” is no address to listen on; write 127.0.0.1:7443, localhost:7443 or [::1]:7443 (--listen or GOM_LISTEN)"
            ),
            Self::CannotListen(address, why) => {
                say!(
                    "{address}: không nghe được: {why}; chọn địa chỉ khác (--listen)",
                    "{address}: cannot listen: {why}; choose another address (--listen)"
                )
            }
            Self::File(path, why) => {
                let (vi, en) = (&why.vi, &why.en);
                say!("{path}: {vi}", "{path}: {en}")
            }
            Self::NewerBooks(path) => say!(
                "{path}: sổ do phiên bản mới hơn ghi; hãy cập nhật gom-server",
                "{path}: the books were written by a newer version; update gom-server"
            ),
            Self::ForeignBooks(path) => {
                say!("{path}: tệp này không phải sổ của huyện", "{path}: the file is not a district's books")
            }
            Self::BadBackup(file, why) => say!(
                "{file}: không phải là bản sao lưu nguyên vẹn ({why}); hãy dùng bản khác",
                "{file}: this is no whole backup ({why}); use another one"
            ),
            Self::BooksInTheWay(path) => say!(
                "{path}: thư mục đã có sổ; thêm --replace để cất sổ ấy sang bên (không xóa), hoặc chọn thư mục khác",
                "{path}: the folder holds books already; add --replace to have them set aside (nothing is deleted), or choose another folder"
            ),
            Self::NotNoted(path) => say!(
                "{path}: không ghi được vào danh sách sao lưu; bản sao lưu vẫn nguyên vẹn, nhưng lệnh status không biết đến nó",
                "{path}: the list of backups cannot be written; the backup is whole all the same, but status does not know of it"
            ),
            Self::NoteMissing => {
                say!("cần ghi vì sao sổ đi tiếp (--note)", "say why the books go on without it (--note)")
            }
            Self::Refused(refusal) => refusal_text(*refusal),
            Self::OtherProgramme(version) => say!(
                "phiên bản {version} của chương trình ở huyện khác với ở máy này: huyện đã phục hồi từ bản sao cũ; người quản trị cần nạp lại đúng chương trình ấy",
                "version {version} of the programme is another one at the district than on this computer: the district goes on from an older backup; its administrator must load that very programme again"
            ),
            Self::ForeignFile => say!(
                "đây không phải tệp hàng đợi do gom export-queue ghi ra",
                "this is no queue as gom export-queue writes it"
            ),
            Self::NewerFile => say!(
                "tệp do phiên bản gom mới hơn ghi ra; hãy cập nhật gom-server",
                "the file was written by a newer gom; update gom-server"
            ),
            Self::DamagedFile => say!(
                "tệp bị hỏng hoặc bị sửa nên không nhận gì từ tệp; hãy chép lại từ máy của xã",
                "the file is damaged or was changed, so nothing of it was taken; copy it again from the commune's computer"
            ),
            Self::QueueOfAStranger => say!(
                "sổ không biết máy đã ghi tệp này (có thể được ghi danh sau bản sao đã phục hồi): máy đó cần đồng bộ qua mạng một lần, hoặc ghi danh lại",
                "the books do not know the computer that wrote this file (perhaps it was enrolled after the backup that they go on from): it must sync over a line once, or be enrolled again"
            ),
            Self::QueueOfAClone => say!(
                "máy khác đang dùng danh tính của máy đã ghi tệp này, nên không nhận. Nếu các báo cáo này đúng, chạy lại với --release để huyện nhập thay",
                "another computer goes by the name of the one that wrote this file, so it is not taken. If these reports are right, run it again with --release, and the district enters them on the unit's behalf"
            ),
            Self::QueueEmpty => say!(
                "tệp không có báo cáo nào đang chờ; không có gì để nhập thay",
                "no report waits in the file; there is nothing to be entered"
            ),
            Self::QueueOfAnOlder => say!(
                "thư mục ở xã đã trở về bản cũ hơn những gì huyện có: hãy mang tệp biên nhận về xã, chạy gom import-receipts rồi gom export-queue, và mang tệp mới lên; chưa nhận gì từ tệp, không mất gì",
                "the commune's folder has gone back to a state older than what the district has: take the receipts back, run gom import-receipts and gom export-queue there, and bring the new file; nothing of it was taken, nothing is lost"
            ),
            Self::QueueToComeAgain => say!(
                "sổ của huyện đã phục hồi từ bản sao mà máy của xã chưa biết: hãy mang tệp biên nhận về xã, chạy gom import-receipts rồi gom export-queue, và mang tệp mới lên; chưa nhận gì, không mất gì",
                "the books go on from a backup, which the commune does not know yet: take the receipts back, run gom import-receipts and gom export-queue there, and bring the new file; nothing was taken, nothing is lost"
            ),
            Self::Overloaded => say!(
                "máy chủ đang quá tải; máy sẽ tự gửi lại sau ít phút",
                "the server has more to do than it can; this computer tries again by itself in a while"
            ),
            Self::DamagedBooks(file, what) => say!(
                "{file}: sổ bị hỏng ({what}), không dùng được; tệp được để nguyên. Hãy phục hồi bản sao lưu mới nhất: gom-server restore --replace; các xã sẽ tự trả lại những gì bản sao còn thiếu",
                "{file}: the books are damaged ({what}) and of no use; the file is left as it is. Restore the newest backup: gom-server restore --replace; the communes give back by themselves what it lacks"
            ),
            Self::NothingMissing => say!(
                "sổ không chờ gì cả: không phục hồi từ bản sao nào kể từ lần đi tiếp trước",
                "the books wait for nothing: no backup was restored since they last went on"
            ),
            Self::Stopping => {
                say!("máy chủ đang dừng; hãy thử lại sau", "the server is stopping; try again later")
            }
            Self::DiskFull => say!(
                "đĩa đã đầy; chưa ghi gì. Giải phóng chỗ rồi làm lại",
                "the disk is full; nothing was written. Make room, then try again"
            ),
            Self::Books(why) => {
                say!("không đọc hoặc ghi được sổ: {why}", "the books cannot be read or written: {why}")
            }
        }
    }
}

/// What the system says of a file, and what to do.
fn file_error(error: &io::Error) -> Bilingual {
    match error.kind() {
        ErrorKind::NotFound => say!(
            "không có tệp hoặc thư mục này; hãy kiểm tra đường dẫn",
            "there is no such file or folder; check the path"
        ),
        ErrorKind::PermissionDenied => say!(
            "không có quyền đọc hoặc ghi; hãy xin người quản trị máy cấp quyền",
            "reading or writing is not permitted; ask the computer's administrator for the right"
        ),
        ErrorKind::IsADirectory => {
            say!("đây là thư mục; hãy ghi đường dẫn đến tệp", "this is a folder; write the path of a file")
        }
        ErrorKind::NotADirectory => say!(
            "đây không phải là thư mục, hoặc nằm dưới một tệp; hãy ghi đường dẫn đến thư mục",
            "this is no folder, or stands below a file; write the path of a folder"
        ),
        ErrorKind::AlreadyExists => say!(
            "đã có tệp cùng tên ở đây; hãy chọn tên khác",
            "a file of that name is there already; choose another name"
        ),
        ErrorKind::ReadOnlyFilesystem => {
            say!("đĩa chỉ cho đọc; hãy chọn đĩa khác", "the disk can only be read; choose another")
        }
        ErrorKind::StorageFull => {
            say!("đĩa đã đầy; hãy giải phóng chỗ rồi làm lại", "the disk is full; make room, then try again")
        }
        _ => say!("{error}", "{error}"),
    }
}

/// The words for the statuses that can be set by hand.
fn by_hand() -> String {
    crate::target::BY_HAND.map(Status::key).join(", ")
}

impl From<&StoreError> for Trouble {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full(_) => Self::DiskFull,
            StoreError::Io(source) | StoreError::Sql(source) => Self::Books(source.to_string()),
            StoreError::Absent
            | StoreError::Newer
            | StoreError::Older
            | StoreError::Foreign
            | StoreError::Damaged(_) => Self::Books(error.to_string()),
        }
    }
}

/// Why a device's operations are not taken, and what happens next.
fn refusal_text(refusal: Refusal) -> Bilingual {
    match refusal {
        Refusal::Gap(sequence) => say!(
            "thiếu các báo cáo trước số {sequence}; máy sẽ gửi lại từ đầu",
            "the reports before number {sequence} are missing; they will be sent again"
        ),
        Refusal::SequenceReused(sequence) => say!(
            "số {sequence} đã dùng cho báo cáo khác: có hai máy dùng chung một danh tính; hãy ghi danh lại máy này",
            "number {sequence} was used for another report: two computers go by one name; enrol this one again"
        ),
        Refusal::Epoch => {
            say!("máy này đã được thay; hãy ghi danh lại", "this computer has been replaced; enrol it again")
        }
        Refusal::UnknownDevice => say!(
            "máy này chưa được ghi danh ở huyện; hãy ghi danh lại",
            "this computer is not enrolled at the district; enrol it again"
        ),
        Refusal::Revoked => Trouble::Revoked.message(),
        Refusal::UnknownProgramme(version) => say!(
            "huyện chưa có phiên bản {version} của chương trình; báo cáo chờ ở máy này",
            "the district does not know version {version} of the programme yet; the report waits here"
        ),
        Refusal::UnknownBase(sequence) => say!(
            "huyện chưa có bản mà báo cáo số {sequence} được lập từ đó; báo cáo chờ ở máy này",
            "the district does not know yet what report number {sequence} was made from; it waits here"
        ),
    }
}
