//! A district and a commune that were made once by the real programs, laid out anew for each try.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::LazyLock;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::greeting::{DeviceId, HistoryId, fingerprint};
use gom_domain::world::{Disk, Work, World};
use gom_server::books::{Answer, Books, Job};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::folder::Folder;
use gom_server::queue::{Answered, Queue};
use gom_server::store::{Journal, SubmissionRow};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{Clock, Commune, District};

/// The files of a folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What was made once.
pub(super) struct Sample {
    /// The district as it is.
    pub(super) district: Files,
    /// The same before it had all reports but the first.
    pub(super) before: Files,
    /// A commune with reports that were ruled on, some that are queued, and a draft.
    pub(super) commune: Files,
    /// Its queue as a file, and the district's answers to it.
    pub(super) queue: Vec<u8>,
    pub(super) answers: Vec<u8>,
}

pub(super) static SAMPLE: LazyLock<Sample> = LazyLock::new(|| runtime().block_on(Sample::make()));

/// The code of the commune's unit, and the unit.
pub(super) const CODE: &str = "31423";
pub(super) const UNIT: &str = "hoa-an";

/// Devices without a folder, of the commune's unit and of another: each goes by a name and a secret of this one byte.
pub(super) const DEVICES: [(u8, &str); 3] = [(1, UNIT), (2, UNIT), (3, "hoa-my")];

/// The day of all that happens.
const DAY: &str = "2024-10-15";

impl Sample {
    async fn make() -> Self {
        let mut district = District::of("phung-hiep-2024", DAY).await;
        for (name, unit) in DEVICES {
            let (code, enrol) = enrolment(name, unit, district.clock.now_ms());
            district.perform(Job::IssueCode(code)).await;
            let answer = district.perform(Job::Enrol(enrol)).await;
            assert!(matches!(answer, Answer::Enrolled(_)), "{answer:?}");
        }
        let commune = Commune::enrolled(&district, CODE).await;
        commune.queue("society", "2024-04", &[("births", "7")]);
        commune.sync().await;
        district.stop().await;
        let before = files(&district.path());
        district.start().await;
        commune.queue("society", "2024-05", &[("births", "8")]);
        commune.queue("budget", "2024-05", &[("tax_revenue", "1,5")]);
        commune.sync_at(&district.url()).await.unwrap();
        district.stop().await;
        commune.queue("society", "2024-06", &[("births", "9")]);
        commune.queue("society", "2024-05", &[("births", "10")]);
        commune.set("society", "2024-07", &[("births", "11")]);
        let queue = commune.gom().export_queue().unwrap().file;
        let (path, clock) = (commune.path(), district.clock.clone());
        drop(commune.gom());
        let commune = files(&path);
        let district = files(&district.path());
        let answers = answers(&district, queue.clone(), &clock);
        Self { district, before, commune, queue, answers }
    }
}

fn enrolment(name: u8, unit: &str, now_ms: i64) -> (IssueCode, Enrol) {
    let code = EnrolCode::new([name; 26]);
    let issue = IssueCode { unit: unit.into(), hash: code.hash(), expires_ms: now_ms + CODE_LIFE_MS };
    let by = By::Code { hash: code.hash(), device: DeviceId([name; 16]) };
    let secret_hash = fingerprint(&[name; 32]);
    (issue, Enrol { by, secret_hash, name: "máy".into(), app_version: "0".into(), authority: None })
}

/// One more code for the unit, to be issued, and how it is typed.
pub(super) fn another_code(salt: u8) -> (Job, String) {
    let code = EnrolCode::new([salt; 26]);
    let issue = IssueCode { unit: UNIT.into(), hash: code.hash(), expires_ms: i64::MAX };
    (Job::IssueCode(issue), code.shown())
}

/// What the district answers to a queue.
fn answers(district: &Files, file: Vec<u8>, clock: &Clock) -> Vec<u8> {
    let laid = Laid::out(district);
    let mut books = laid.books();
    match books.commit(vec![Job::Queue(queue(file, false))], clock.now_ms()).remove(0) {
        Answer::Queue(Answered { answers, .. }) => answers,
        other => panic!("{other:?}"),
    }
}

/// A file as the district's officer hands it in.
pub(super) fn queue(file: Vec<u8>, release: bool) -> Queue {
    Queue { file, release, fresh: (HistoryId([0xaa; 16]), DeviceId([0xbb; 16])) }
}

/// The files of a folder but those that programs hold on to while they work.
fn files(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept =
        entries.filter(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "lock"));
    kept.map(|path| (path.file_name().unwrap().into(), std::fs::read(&path).unwrap())).collect()
}

/// A folder of its own for one try.
pub(super) struct Laid {
    home: TempDir,
}

impl Laid {
    pub(super) fn out(files: &Files) -> Self {
        // Nothing here is about the disk, so it may be memory.
        let memory = Path::new("/dev/shm");
        let home = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        std::fs::create_dir(home.path().join("gom")).unwrap();
        let laid = Self { home };
        files.iter().for_each(|(name, bytes)| std::fs::write(laid.path().join(name), bytes).unwrap());
        laid
    }

    pub(super) fn path(&self) -> PathBuf {
        self.home.path().join("gom")
    }

    pub(super) fn folder(&self) -> Folder {
        Folder::new(self.path())
    }

    pub(super) fn books(&self) -> Books {
        let (ledger, _lock) = self.folder().open().unwrap();
        Books::open(Box::new(ledger)).unwrap()
    }

    /// Every submission in the books.
    pub(super) fn journal(&self) -> Vec<SubmissionRow> {
        let mut rows = Vec::new();
        let mut keep = |row| {
            rows.push(row);
            Ok(())
        };
        self.folder().read().unwrap().each_submission(u64::MAX, &mut keep).unwrap();
        rows
    }
}

/// A world on the day of all that happens, whose dice fall as they have not yet fallen in the sample's.
pub(super) fn world() -> World {
    let clock = Clock::at(DAY);
    // Whoever was in the sample had one of the first.
    (0..100).for_each(|_| drop(clock.world()));
    clock.world()
}

/// A disk that lets nobody wait: everything happens on the thread of the try.
pub(super) fn disk() -> Disk {
    Disk::new(|work: Work| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        work();
        Box::pin(async {})
    })
}

pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The same where whatever is waited for in vain has been waited for at once.
pub(super) fn impatient() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}
