//! The command line, and the settings below it: flags over the environment over the folder's settings file.

#![allow(clippy::doc_markdown, reason = "what is written here is printed as help")]

use std::io;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use gom_domain::{Bilingual, Lang};
use gom_terminal::{Format, LangArg, Setting, Settings};

use crate::folder::FolderError;
use crate::resolve::Keep;
use crate::wording;

/// Gom: biểu mẫu của đơn vị, nhập và nộp được cả khi không có mạng / a unit's forms, filled in and handed in with or without a line
#[derive(Debug, Parser)]
#[command(name = "gom", version)]
pub(crate) struct Args {
    /// Ngôn ngữ thông báo: vi (mặc định) hoặc en / language of messages: vi (default) or en
    #[arg(long, env = "GOM_LANG", global = true, value_enum)]
    pub(crate) lang: Option<LangArg>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the folder is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Folder {
    /// Thư mục dữ liệu của đơn vị / the unit's data folder
    #[arg(long = "data", env = "GOM_DATA", value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// Which version of a report in conflict is kept.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeepArg {
    /// Bản của máy này / this device's version
    Mine,
    /// Bản đang có hiệu lực / what stands
    Theirs,
}

impl From<KeepArg> for Keep {
    fn from(arg: KeepArg) -> Self {
        match arg {
            KeepArg::Mine => Self::Mine,
            KeepArg::Theirs => Self::Theirs,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ghi danh máy này bằng mã do huyện cấp, rồi tải chương trình / enrol this computer with the district's code, then fetch the programme
    Enroll {
        #[command(flatten)]
        folder: Folder,
        /// Địa chỉ máy chủ của huyện, nếu khác với địa chỉ trong mã / address of the district's server, if not the one in the code
        #[arg(long, env = "GOM_SERVER", value_name = "URL")]
        server: Option<String>,
        /// Mã ghi danh: cả dòng do huyện cấp; không ghi thì được hỏi / the enrolment code: the whole line from the district; asked for if left out
        code: Option<String>,
    },
    /// Nhập số liệu từ tệp CSV (unit,form,period,element,value) thành bản nháp / import figures from a CSV file as drafts
    Import {
        #[command(flatten)]
        folder: Folder,
        /// Tệp CSV, hoặc - để đọc từ đầu vào chuẩn / the CSV file, or - for standard input
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
    },
    /// Điền số liệu vào một biểu / fill in figures of a form
    Set {
        #[command(flatten)]
        folder: Folder,
        /// Biểu / the form
        form: String,
        /// Kỳ: 2024-05, 2024-Q2, 2024-H1, 2024 / the period
        period: String,
        /// Số liệu, như births=12 hoặc tax_revenue=8.846,5; births= để xóa / figures; births= clears
        #[arg(required = true, value_name = "ELEMENT=VALUE")]
        entries: Vec<String>,
    },
    /// Xem cả năm, hoặc một biểu của một kỳ / show the year, or one form of one period
    Show {
        #[command(flatten)]
        folder: Folder,
        /// Biểu / the form
        #[arg(requires = "period")]
        form: Option<String>,
        /// Kỳ / the period
        period: Option<String>,
        /// Năm; mặc định là năm mới nhất / the year; the newest by default
        #[arg(long, value_name = "YEAR", conflicts_with = "form")]
        year: Option<i16>,
    },
    /// Kiểm tra, niêm phong và xếp hàng chờ gửi / check, seal and queue for sending
    Submit {
        #[command(flatten)]
        folder: Folder,
        /// Mọi bản nháp không có lỗi / every draft without errors
        #[arg(long, conflicts_with_all = ["form", "period"])]
        all: bool,
        /// Biểu / the form
        #[arg(requires = "period")]
        form: Option<String>,
        /// Kỳ / the period
        period: Option<String>,
        /// Giải trình cho mọi cảnh báo / explanation of all warnings
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Xử lý xung đột: giữ bản của máy này hay nhận bản đang có hiệu lực / settle a conflict: keep this device's version or accept what stands
    Resolve {
        #[command(flatten)]
        folder: Folder,
        /// Biểu / the form
        form: String,
        /// Kỳ / the period
        period: String,
        /// mine: số của máy này thành bản nháp để nộp lại; theirs: nhận bản đang có hiệu lực / mine: the own figures become a draft to hand in; theirs: what stands is accepted
        #[arg(long, value_enum)]
        keep: KeepArg,
    },
    /// Gửi những gì đang chờ và tải tin của huyện / hand in what is queued and fetch the district's news
    Sync {
        #[command(flatten)]
        folder: Folder,
        /// Địa chỉ khác với lúc ghi danh / another address than at enrolment
        #[arg(long, env = "GOM_SERVER", value_name = "URL")]
        server: Option<String>,
        /// Đồng bộ liên tục cho đến khi dừng (Ctrl+C) / keep syncing until stopped (Ctrl+C)
        #[arg(long)]
        watch: bool,
    },
    /// Mở màn hình nhập và nộp báo cáo trong trình duyệt; tự đồng bộ khi đang mở / open the screen in the browser; it syncs while it is open
    Open {
        #[command(flatten)]
        folder: Folder,
        /// Cổng của máy này; mặc định là cổng trống bất kỳ / port of this computer; any free one by default
        #[arg(long, env = "GOM_PORT", default_value_t = 0)]
        port: u16,
        /// Chỉ in địa chỉ, không mở trình duyệt / print the address and open no browser
        #[arg(long)]
        no_browser: bool,
    },
    /// Ghi hàng đợi ra tệp, để mang lên huyện bằng USB / write the queue to a file, to be taken to the district on a stick
    ExportQueue {
        #[command(flatten)]
        folder: Folder,
        /// Tệp sẽ ghi / the file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Nhận biên nhận của huyện từ tệp mang về / take the district's receipts from the file that came back
    ImportReceipts {
        #[command(flatten)]
        folder: Folder,
        /// Tệp huyện đã ghi / the file that the district wrote
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Ghi tên người nộp (một lần); mỗi báo cáo nộp từ máy này mang tên ấy / who hands in: each report bears the name
    Name {
        #[command(flatten)]
        folder: Folder,
        /// Họ và tên; không ghi thì chỉ xem / the full name; without it, it is shown
        name: Option<String>,
    },
    /// Đối chiếu sổ của huyện với các mốc huyện đã ký mà máy này giữ / hold the district's journal to what it has signed
    VerifyDistrict {
        #[command(flatten)]
        folder: Folder,
        /// Địa chỉ máy chủ khác với lúc ghi danh / another address than the one it was enrolled at
        #[arg(long, env = "GOM_SERVER", value_name = "URL")]
        server: Option<String>,
    },
    /// Các xung đột, hai bản đặt cạnh nhau / conflicts, both versions side by side
    Conflicts {
        #[command(flatten)]
        folder: Folder,
    },
    /// Tình trạng: nháp, chờ gửi, đã nhận, bị từ chối, xung đột / drafts, queued, accepted, rejected, conflicts
    Status {
        #[command(flatten)]
        folder: Folder,
        /// Dạng hiển thị / format
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Biên nhận của huyện / the district's receipts
    Receipts {
        #[command(flatten)]
        folder: Folder,
        /// Dạng hiển thị / format
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sao lưu dữ liệu của máy này và kiểm tra bản sao / back this computer's data up and check the copy
    Backup {
        #[command(flatten)]
        folder: Folder,
        /// Tệp sao lưu mới / the new file
        file: PathBuf,
    },
    /// Phục hồi dữ liệu từ một bản sao lưu / go back to a backup
    Restore {
        #[command(flatten)]
        folder: Folder,
        /// Tệp sao lưu / the backup
        file: PathBuf,
        /// Cất dữ liệu đang có sang bên (không xóa) / set aside the data that is there (nothing is deleted)
        #[arg(long)]
        replace: bool,
    },
}

impl Command {
    fn folder(&self) -> &Folder {
        match self {
            Self::Enroll { folder, .. }
            | Self::Import { folder, .. }
            | Self::Set { folder, .. }
            | Self::Show { folder, .. }
            | Self::Submit { folder, .. }
            | Self::Resolve { folder, .. }
            | Self::ExportQueue { folder, .. }
            | Self::ImportReceipts { folder, .. }
            | Self::Name { folder, .. }
            | Self::VerifyDistrict { folder, .. }
            | Self::Conflicts { folder }
            | Self::Open { folder, .. }
            | Self::Sync { folder, .. }
            | Self::Status { folder, .. }
            | Self::Receipts { folder, .. }
            | Self::Backup { folder, .. }
            | Self::Restore { folder, .. } => folder,
        }
    }
}

/// Where the district is; whether one can go there is seen when it is tried.
const SERVER: Setting = Setting { key: "server", fits: |_| true, allowed: [""; 2] };

/// What holds for every command.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The language of messages.
    pub(crate) lang: Lang,
    /// What is logged, by the settings file.
    pub(crate) log: Option<String>,
    /// The server, by the settings file.
    pub(crate) server: Option<String>,
}

impl Setup {
    /// Reads the folder's settings, below the flags and the environment.
    pub(crate) fn new(args: &Args) -> Result<Self, Vec<Bilingual>> {
        let dir = &args.command.folder().dir;
        usable(dir).map_err(|fault| vec![wording::folder_fault(&fault)])?;
        let known = [Setting::LANG, Setting::LOG, SERVER];
        let settings = Settings::read(dir, &known).map_err(|fault| fault.messages())?;
        let text = |key: &str| settings.get(key).map(str::to_owned);
        let lang = args.lang.map(Lang::from).or(settings.lang()).unwrap_or_default();
        Ok(Self { lang, log: text("log"), server: text("server") })
    }
}

/// A folder that is not there yet can be made; one that cannot be looked into can only be told.
fn usable(dir: &Path) -> Result<(), FolderError> {
    match std::fs::metadata(dir.join(Settings::FILE)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FolderError::Unusable { folder: dir.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_negative_figure_is_no_flag() {
        let args = Args::parse_from(["gom", "set", "--data", "d", "economy", "2024-05", "x=-3", "y="]);
        assert!(matches!(args.command, Command::Set { entries, .. } if entries == ["x=-3", "y="]));
    }

    #[test]
    fn options_may_follow_the_figures() {
        let line = ["gom", "set", "economy", "2024-05", "x=-5", "--data", "d", "--lang", "en"];
        let args = Args::try_parse_from(line).unwrap();
        assert_eq!(args.command.folder().dir, Path::new("d"));
        assert!(args.lang.is_some());
        assert!(matches!(args.command, Command::Set { entries, .. } if entries == ["x=-5"]));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_folders_place_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(usable(file.path()), Err(FolderError::Unusable { .. })));
        usable(Path::new("nowhere/at/all")).unwrap();
    }
}
