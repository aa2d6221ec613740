//! What each sequence begins with: a district with a small programme and four enrolled computers, founded once over a real
//! line and copied file by file.

use std::path::{Path, PathBuf};

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::programme::{self, Bundle, Programme};
use gom_domain::unit::UnitId;
use gom_proto::seal::SealKey;
use gom_server::books::{Answer, Books, Job};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::folder::Folder;
use gom_server::publish::Load;
use gom_server::serve::{self, Running};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::Clock;

/// The day on which every sequence begins.
pub(super) const DAY: &str = "2024-10-15";

/// The units; nobody ever reports for the last one.
const UNITS: [&str; 3] = ["one", "two", "silent"];

/// Whose the enrolled computers are.
const OWNERS: [&str; 4] = ["one", "one", "two", "two"];

/// What is filled in: form and period. The last one has not begun.
pub(super) const PLACES: [(&str, &str); 5] = [
    ("alpha", "2024-01"),
    ("beta", "2024-01"),
    ("gamma", "2024-Q1"),
    ("alpha", "2024-02"),
    ("beta", "2024-12"),
];

/// The forms in the programme's order, with their elements.
pub(super) const FORMS: [(&str, &[&str]); 3] =
    [("alpha", &["a1", "a2"]), ("beta", &["b1", "b2", "b3"]), ("gamma", &["g1"])];

const TABLES: [(&str, &str); 6] = [
    ("programme.toml", "key = \"p\"\nname_vi = \"p\"\nyear = 2024\nwindow = \"calendar\"\n"),
    (
        "forms.csv",
        "key,label_vi,label_en,frequency,applies_to,window,closing_day,send_by_day,restricted\n\
         alpha,a,a,month,all,,,5,\nbeta,b,b,month,all,,,5,\ngamma,g,g,quarter,all,,,5,\n",
    ),
    (
        "elements.csv",
        "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source\n\
         a1,alpha,a1,a1,n,flow,0,all,0,,,,\na2,alpha,a2,a2,n,flow,0,all,0,,,,\n\
         b1,beta,b1,b1,n,flow,0,all,0,,,,\nb2,beta,b2,b2,n,flow,0,all,0,,,,\n\
         b3,beta,b3,b3,n,flow,0,all,0,,,,\ng1,gamma,g1,g1,n,flow,0,all,0,,,,\n",
    ),
    ("groups.csv", "group,label_vi,label_en\n1,g,g\n"),
    (
        "targets.csv",
        "ref,group,key,label_vi,label_en,comparator,value,printed,unit_vi,unit,scope,formula,pace,from,doubt,note\n\
         1,1,t,t,t,>=,100,100,n,n,all,a1,linear,,no,\n",
    ),
    (
        "rules.csv",
        "key,form,element,level,expression,message_vi,message_en\nb2-above,beta,b2,error,b2 <= b1,x,x\n",
    ),
];

/// An enrolled computer.
#[derive(Clone, Debug)]
pub(super) struct Enrolled {
    /// The device's number in the books.
    pub(super) number: u32,
    pub(super) device: DeviceId,
    /// Its unit's number.
    pub(super) unit: u32,
    /// What its files are sealed with.
    pub(super) key: SealKey,
}

/// What was founded.
#[derive(Debug)]
pub(super) struct Founded {
    home: TempDir,
    pub(super) programme: Programme,
    /// The computers with folders.
    pub(super) computers: Vec<Enrolled>,
    /// A computer of the first unit without a folder, whose operations are made by hand.
    pub(super) maker: Enrolled,
    /// The units' numbers in the books, and their names.
    pub(super) units: Vec<(u32, UnitId)>,
    /// The forms' numbers in the books, in the programme's order.
    pub(super) forms: Vec<u32>,
}

/// A new folder, in memory where the system has such a thing: what a disk may lose is tried elsewhere.
pub(super) fn new_folder() -> TempDir {
    let builder = tempfile::Builder::new();
    let in_memory = Path::new("/dev/shm");
    let made = if in_memory.is_dir() { builder.tempdir_in(in_memory) } else { builder.tempdir() };
    made.unwrap()
}

/// Copies a database with its log over another one, as they lie on the disk at this moment.
pub(super) fn copy(name: &str, from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let file = format!("{name}{ending}");
        _ = std::fs::remove_file(to.join(&file));
        if ending != "-shm" && from.join(&file).exists() {
            std::fs::copy(from.join(&file), to.join(&file)).unwrap();
        }
    }
}

impl Founded {
    /// Founds the district and enrols the computers over a real line.
    pub(super) fn new() -> Self {
        let (home, clock) = (new_folder(), Clock::at(DAY));
        let folder = Folder::new(home.path().join("district"));
        let bundle: Bundle = tables();
        let programme = programme::read(&bundle).unwrap().programme;
        let (ledger, lock) = folder.found(&clock.world()).unwrap();
        let mut books = Books::open(Box::new(ledger)).unwrap();
        let load = Job::Load(Load { programme: Some(bundle), ..Load::default() });
        let answer = books.commit(vec![load], clock.now_ms()).remove(0);
        assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
        drop((books, lock));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(enrol(&home, &folder, &clock));
        let memory = folder.recall(None).unwrap().1;
        let enrolled = |place: usize| {
            let row = memory.devices().nth(place).unwrap();
            let key = SealKey(row.secret_hash.clone().try_into().unwrap());
            Enrolled { number: row.number, device: row.id, unit: row.unit, key }
        };
        let units = UNITS.map(UnitId::from);
        Self {
            programme,
            computers: (0..OWNERS.len()).map(enrolled).collect(),
            maker: enrolled(OWNERS.len()),
            units: units.into_iter().map(|unit| (memory.unit_number(&unit).unwrap(), unit)).collect(),
            forms: FORMS.iter().map(|(form, _)| memory.form_number(form).unwrap()).collect(),
            home,
        }
    }

    /// The district's folder as it was founded.
    pub(super) fn district(&self) -> PathBuf {
        self.home.path().join("district")
    }

    /// A computer's folder as it was enrolled.
    pub(super) fn computer(&self, place: usize) -> PathBuf {
        self.home.path().join(place.to_string())
    }
}

fn tables() -> Bundle {
    let unit = |unit: &&str| format!("{unit},{unit},{unit},commune,,,,,\n");
    let head = "id,code,name,kind,valid_from,valid_to,successor,lat,lon\n";
    let units = head.to_owned() + &UNITS.iter().map(unit).collect::<String>();
    let rest = TABLES.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    rest.chain([("units.csv".to_owned(), units.into_bytes())]).collect()
}

async fn enrol(home: &TempDir, folder: &Folder, clock: &Clock) {
    let running = serve::start(folder, crate::HERE, clock.world()).await.unwrap();
    let url = format!("http://{}", running.address);
    for (place, owner) in OWNERS.iter().enumerate() {
        let code = issue(&running, clock, owner).await;
        let own = home.path().join(place.to_string());
        let enrolled = gom::Commune::enroll(&own, clock.world(), &url, &code.shown()).await.unwrap();
        drop(enrolled);
        // Its log goes into the file, so that there is less to be copied.
        let connection = Connection::open(own.join("gom.db")).unwrap();
        connection.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
    }
    let code = issue(&running, clock, UNITS[0]).await;
    let by = By::Code { hash: code.hash(), device: DeviceId(clock.world().random()) };
    let secret_hash = fingerprint(b"made by hand");
    let job =
        Enrol { by, secret_hash, name: "maker".to_owned(), app_version: "0".to_owned(), authority: None };
    let answer = running.writer().perform(Job::Enrol(job)).await;
    assert!(matches!(answer, Answer::Enrolled(_)), "{answer:?}");
    running.stop().await;
}

async fn issue(running: &Running, clock: &Clock, unit: &str) -> EnrolCode {
    let code = EnrolCode::new(clock.world().random());
    let expires_ms = clock.now_ms() + CODE_LIFE_MS;
    let job = IssueCode { unit: UnitId::from(unit), hash: code.hash(), expires_ms };
    let answer = running.writer().perform(Job::IssueCode(job)).await;
    assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
    code
}
