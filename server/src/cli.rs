//! The commands: each reads its words, calls one use case, and shows what came of it.

mod authority;
mod backup;
mod devices;
mod enroll;
mod enter;
mod explain;
mod export;
mod go_on;
mod journal;
pub mod progress;
mod publish;
mod queue;
mod serve;
mod status;
mod target;
mod totals;
mod user;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gom_domain::programme::Programme;
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, Period};
use gom_terminal::{Format, LangArg, Setting, Settings, fail_all, tell};

use crate::folder::Folder;
use crate::memory::Memory;
use crate::store::Sqlite;
use crate::wording::Trouble;

/// The settings that mean something to the district.
const SETTINGS: [Setting; 11] = [
    Setting::LANG,
    Setting::LOG,
    serve::LISTEN,
    serve::TLS,
    serve::REFLECTION,
    serve::ADDRESS,
    serve::METRICS,
    serve::WEB,
    serve::BACKUP_FOLDER,
    serve::BACKUP_HOURS,
    serve::BACKUP_KEEP,
];
/// How many faults are listed; nobody reads more, and a foreign table has one in every cell.
const MOST_FAULTS: usize = 200;

/// What a command comes to: nothing more to say, or everything that kept it from being done.
type Done = Result<(), Vec<Trouble>>;

#[derive(Debug, Parser)]
#[command(
    name = "gom-server",
    version,
    about = "Máy chủ của huyện: nhận báo cáo, cộng số liệu, đối chiếu chỉ tiêu / The district's server: receives reports, adds the figures up, checks the targets"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Ngôn ngữ / Language of messages
    #[arg(long, global = true, env = "GOM_LANG", value_enum)]
    lang: Option<LangArg>,
}

#[derive(Debug, Args)]
struct Data {
    /// Thư mục dữ liệu của huyện / The district's data folder
    #[arg(long = "data", env = "GOM_DATA", value_name = "DIR")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Chương trình công tác / The programme's tables
    Programme {
        #[command(subcommand)]
        command: ProgrammeCommand,
    },
    /// Lập sổ mới của huyện / Found new books
    Init {
        #[command(flatten)]
        data: Data,
        /// Thư mục chương trình / The programme's folder
        #[arg(long, value_name = "DIR")]
        programme: PathBuf,
    },
    /// Nạp phiên bản mới của chương trình, bảng giao chỉ tiêu, số liệu năm trước / Publish a new version of the programme, quotas, or the prior year's figures
    Load {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        tables: publish::Tables,
    },
    /// Cấp mã ghi danh dùng một lần / Issue a one-time enrolment code
    Enroll {
        #[command(flatten)]
        data: Data,
        /// Địa chỉ và cổng mà xã gọi tới / The address and port that the commune calls
        #[arg(long, env = "GOM_ADDRESS", value_name = "HOST:PORT")]
        address: Option<String>,
        /// Đơn vị: tên khóa, mã hoặc tên / The unit: id, code or name
        unit: String,
    },
    /// Các máy của xã / The communes' computers
    Devices {
        #[command(flatten)]
        data: Data,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Việc đã làm ở huyện: lúc nào, ai / What was done at the district: when, and by whom
    Journal {
        #[command(flatten)]
        data: Data,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Đặt tên cho một máy / Name a computer
    Rename {
        #[command(flatten)]
        data: Data,
        /// Máy: tên ngắn hoặc tên đang có / The computer: its short name, or what it is called
        device: String,
        /// Tên mới / Its new name
        name: String,
    },
    /// Thu hồi một máy: không nhận gì từ nó nữa / Revoke a computer: nothing more is taken of it
    Revoke {
        #[command(flatten)]
        data: Data,
        /// Máy: tên ngắn hoặc tên đang có / The computer: its short name, or what it is called
        device: String,
        /// Vì sao / Why
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Khóa chứng thực của huyện / The district's authorities
    Authority {
        #[command(subcommand)]
        command: authority::AuthorityCommand,
    },
    /// Tài khoản của người ở huyện / Accounts of people at the district
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Chạy máy chủ / Serve
    Serve {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        listening: serve::Listening,
    },
    /// Tiến độ các chỉ tiêu / Progress of all targets
    Progress {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        moment: Moment,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Giải thích một số liệu đến từng báo cáo / Explain a figure down to its submissions
    Explain {
        #[command(flatten)]
        data: Data,
        /// Số hoặc tên khóa chỉ tiêu kế hoạch, hoặc chỉ tiêu báo cáo / A target's reference or key, or an element
        name: String,
        #[command(flatten)]
        moment: Moment,
    },
    /// Số tổng hợp của một kỳ / Totals of a period
    Totals {
        #[command(flatten)]
        data: Data,
        /// Kỳ / The period
        #[arg(long)]
        period: String,
        /// Lũy kế từ đầu năm / From January to the period's end
        #[arg(long)]
        cumulative: bool,
        /// Theo sổ ở lần ghi này / As the books stood at this commit
        #[arg(long, value_name = "SEQ")]
        at: Option<u64>,
        /// Dạng kết quả / The format
        #[arg(long, value_enum, default_value_t)]
        format: SheetFormat,
    },
    /// Đặt tay những gì văn bản để ngỏ / Set by hand what the document leaves open
    Target {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        command: TargetCommand,
    },
    /// Nhập thay một đơn vị / Enter figures on behalf of a unit
    Enter {
        #[command(flatten)]
        data: Data,
        /// Đơn vị / The unit
        #[arg(long = "for", value_name = "UNIT")]
        unit: String,
        /// Tệp số liệu (unit,form,period,element,value) / The sheet of figures
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Lý do nhập thay / Why it is entered on the unit's behalf
        #[arg(long)]
        reason: String,
    },
    /// Nhận hàng đợi của xã từ tệp (USB) / Take a commune's queue in from a file (a stick)
    ImportQueue {
        #[command(flatten)]
        data: Data,
        /// Tệp do gom export-queue ghi / The file that gom export-queue wrote
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Ghi biên nhận ra tệp này để mang về xã / Write the receipts to this file, for the way back
        #[arg(long, value_name = "FILE")]
        receipts: Option<PathBuf>,
        /// Nhập thay những gì máy đang bị cách ly đã xếp hàng / Enter what a quarantined computer has queued, on the unit's behalf
        #[arg(long)]
        release: bool,
    },
    /// Xuất toàn bộ số liệu theo cột của lệnh nhập / All figures in the columns of import
    Export {
        #[command(flatten)]
        data: Data,
        /// Chỉ kỳ này / Only this period
        #[arg(long)]
        period: Option<String>,
        /// Cả lịch sử / Every version ever handed in
        #[arg(long)]
        history: bool,
    },
    /// Đếm lại tất cả từ các báo cáo / Recount everything from the submissions
    Verify {
        #[command(flatten)]
        data: Data,
    },
    /// Sổ, các máy, và bản sao lưu cuối / The books, the computers, and the last backup
    Status {
        #[command(flatten)]
        data: Data,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sao lưu sổ và kiểm tra bản sao, cả khi máy chủ đang chạy / Back the books up and verify the copy, also while the server runs
    Backup {
        #[command(flatten)]
        data: Data,
        /// Tệp sao lưu mới / The new file
        file: PathBuf,
    },
    /// Phục hồi sổ từ một bản sao lưu / Restore the books from a backup
    Restore {
        #[command(flatten)]
        data: Data,
        /// Tệp sao lưu / The backup
        file: PathBuf,
        /// Cất sổ đang có sang bên (không xóa) / Set aside the books that are there (nothing is deleted)
        #[arg(long)]
        replace: bool,
    },
    /// Sau khi phục hồi: đi tiếp, không chờ những gì không ai trả lại / After a restore: go on without what nobody gives back
    GoOn {
        #[command(flatten)]
        data: Data,
        /// Vì sao / Why
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}

#[derive(Debug, Subcommand)]
enum ProgrammeCommand {
    /// Kiểm tra các bảng, báo mọi lỗi một lần / Check the tables and say everything that is wrong
    Check {
        /// Thư mục chương trình / The programme's folder
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum TargetCommand {
    /// Đặt trạng thái kèm ghi chú, hoặc giá trị / Set a status with a note, or a value
    Set(target::Words),
}

#[derive(Debug, Args)]
struct Moment {
    /// Tính đến hết kỳ / As of the end of this period
    #[arg(long = "as-of", value_name = "PERIOD")]
    as_of: String,
    /// Theo sổ ở lần ghi này / As the books stood at this commit
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
}

/// The formats of totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SheetFormat {
    /// Cho người đọc / For people
    #[default]
    Table,
    /// Bảng tính / For spreadsheets
    Csv,
    /// Cho máy đọc / For programs
    Json,
}

/// Runs the command line in a world: the real one, or one whose clock is turned.
pub fn run(world: &World) -> ExitCode {
    let cli = Cli::parse();
    let settings = cli.command.folder().map_or_else(
        || Ok(Settings::default()),
        |folder| Settings::read(folder, &SETTINGS).map_err(|fault| fault.messages()),
    );
    let known = settings.as_ref().ok();
    let from_file = known.and_then(Settings::lang);
    let lang = cli.lang.map(Lang::from).or(from_file).unwrap_or_default();
    gom_terminal::start_log(known.and_then(|settings| settings.get(Setting::LOG.key)));
    let done = match settings {
        Ok(settings) => dispatch(cli.command, lang, &settings, world),
        Err(messages) => Err(messages.into_iter().map(Trouble::Said).collect()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(troubles) => {
            complain(&troubles, lang);
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong, up to a number that somebody may read.
fn complain(troubles: &[Trouble], lang: Lang) {
    let messages: Vec<Bilingual> = troubles.iter().take(MOST_FAULTS).map(Trouble::message).collect();
    fail_all(lang, &messages);
    let more = troubles.len() - messages.len();
    if more > 0 {
        tell(lang.pick(&format!("… và {more} lỗi nữa"), &format!("… and {more} more")));
    }
}

fn dispatch(command: Command, lang: Lang, settings: &Settings, world: &World) -> Done {
    let folder = |data: &Data| Folder::new(&data.data);
    match command {
        Command::Programme { command: ProgrammeCommand::Check { dir } } => publish::check(&dir, lang),
        Command::Init { data, programme } => publish::init(&folder(&data), &programme, world, lang),
        Command::Load { data, tables } => publish::load(&folder(&data), &tables, world, lang),
        Command::Enroll { data, address, unit } => {
            enroll::enroll(&folder(&data), &unit, address.as_deref(), settings, world, lang)
        }
        Command::Devices { data, format } => devices::list(&folder(&data), format, lang),
        Command::Journal { data, format } => journal::journal(&folder(&data), format, lang),
        Command::Rename { data, device, name } => {
            devices::rename(&folder(&data), &device, &name, world, lang)
        }
        Command::Revoke { data, device, note } => {
            devices::revoke(&folder(&data), &device, &note, world, lang)
        }
        Command::Authority { command } => {
            authority::authority(&folder(command.data()), &command, world, lang)
        }
        Command::User { command } => user::user(&folder(command.data()), command, world, lang),
        Command::Serve { data, listening } => serve::serve(&folder(&data), &listening, settings, world, lang),
        Command::Progress { data, moment, format } => {
            progress::progress(&folder(&data), period(&moment.as_of)?, moment.at, format, lang)
        }
        Command::Explain { data, name, moment } => {
            explain::explain(&folder(&data), &name, period(&moment.as_of)?, moment.at, lang)
        }
        Command::Totals { data, period: text, cumulative, at, format } => {
            totals::totals(&folder(&data), period(&text)?, cumulative, at, format, lang)
        }
        Command::Target { data, command: TargetCommand::Set(words) } => {
            target::set(&folder(&data), &words, world, lang)
        }
        Command::Enter { data, unit, file, reason } => {
            enter::enter(&folder(&data), &unit, &file, &reason, world, lang)
        }
        Command::ImportQueue { data, file, receipts, release } => {
            queue::import(&folder(&data), &file, receipts.as_deref(), release, world, lang)
        }
        Command::Export { data, period: text, history } => {
            let asked = text.as_deref().map(period).transpose()?;
            export::export(&folder(&data), asked, history)
        }
        Command::Verify { data } => verify::verify(&folder(&data), lang),
        Command::Status { data, format } => status::status(&folder(&data), format, world, lang),
        Command::Backup { data, file } => backup::backup(&folder(&data), &file, world, lang),
        Command::Restore { data, file, replace } => {
            backup::restore(&folder(&data), &file, replace, world, lang)
        }
        Command::GoOn { data, note } => go_on::go_on(&folder(&data), &note, world, lang),
    }
}

impl Command {
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Programme { .. } => None,
            Self::User { command } => Some(&command.data().data),
            Self::Authority { command } => Some(&command.data().data),
            Self::Init { data, .. }
            | Self::Load { data, .. }
            | Self::Enroll { data, .. }
            | Self::Devices { data, .. }
            | Self::Journal { data, .. }
            | Self::Rename { data, .. }
            | Self::Revoke { data, .. }
            | Self::Serve { data, .. }
            | Self::Progress { data, .. }
            | Self::Explain { data, .. }
            | Self::Totals { data, .. }
            | Self::Target { data, .. }
            | Self::Enter { data, .. }
            | Self::ImportQueue { data, .. }
            | Self::Export { data, .. }
            | Self::Status { data, .. }
            | Self::Backup { data, .. }
            | Self::Restore { data, .. }
            | Self::GoOn { data, .. }
            | Self::Verify { data } => Some(&data.data),
        }
    }
}

fn period(text: &str) -> Result<Period, Vec<Trouble>> {
    text.parse().map_err(|_| vec![Trouble::NotAPeriod(text.to_owned())])
}

/// The books as they stand, or as of a commit, found as they were written.
fn recalled(folder: &Folder, at: Option<u64>) -> Result<(Sqlite, Memory), Vec<Trouble>> {
    folder.recall_proven(at).map_err(|trouble| vec![trouble])
}

/// The commit that an answer goes by: the one asked for, or the last.
fn commit(memory: &Memory, at: Option<u64>) -> u64 {
    at.unwrap_or(memory.last.map_or(0, |last| last.last_seq))
}

/// The programme of each year in its newest version, the newest year first.
fn in_force(memory: &Memory) -> Vec<&Arc<Programme>> {
    let mut years: Vec<i16> = memory.editions.iter().map(|edition| edition.programme.year).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    years.into_iter().filter_map(|year| memory.editions.for_year(year)).collect()
}

/// A runtime for commands that may have to speak to a running server.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Vec<Trouble>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| vec![Trouble::Books(error.to_string())])?;
    Ok(runtime.block_on(work))
}

fn read_file(path: &Path) -> Result<Vec<u8>, Trouble> {
    let cannot = |error: std::io::Error| Trouble::file(path.display(), &error);
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map_err(cannot)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(cannot)
}
