//! A district: its books in a folder of its own, its server on a port of this computer, its clock turned by the story.

use std::net::SocketAddr;
use std::path::Path;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode, Fingerprint};
use gom_domain::greeting::DeviceId;
use gom_domain::invitation::Invitation;
use gom_domain::programme::Bundle;
use gom_domain::unit::UnitId;
use gom_server::authority;
use gom_server::books::{Answer, Books, Job};
use gom_server::enrol::IssueCode;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::publish::Load;
use gom_server::serve::{self, Listen, Running};
use gom_server::store::{Journal, SubmissionRow};
use gom_server::totals::{Over, totals};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Clock, Program, repository, soon};

/// A district that serves.
#[derive(Debug)]
pub struct District {
    /// Its clock.
    pub clock: Clock,
    home: TempDir,
    running: Option<Running>,
    programme: &'static str,
    listen: Listen,
}

impl District {
    /// The district of 2024, in October: all figures of January to September may be handed in.
    pub async fn open() -> Self {
        Self::of("phung-hiep-2024", "2024-10-15").await
    }

    /// The same, with encrypted lines.
    pub async fn encrypted() -> Self {
        Self::listening("phung-hiep-2024", "2024-10-15", Listen::encrypted(crate::HERE)).await
    }

    /// The same, and it describes its service to tools.
    pub async fn described() -> Self {
        let listen = Listen { reflection: true, ..Listen::encrypted(crate::HERE) };
        Self::listening("phung-hiep-2024", "2024-10-15", listen).await
    }

    /// A district with a programme of the repository, on a day.
    pub async fn of(programme: &'static str, day: &str) -> Self {
        Self::listening(programme, day, crate::HERE.into()).await
    }

    async fn listening(programme: &'static str, day: &str, listen: Listen) -> Self {
        let home = TempDir::new().unwrap();
        let clock = Clock::at(day);
        let world = clock.world();
        let (ledger, lock) = Folder::new(home.path().join("district")).found(&world).unwrap();
        let mut books = Books::open(Box::new(ledger)).unwrap();
        let load = Load { programme: Some(bundle(programme)), ..Load::default() };
        let answer = books.commit(vec![Job::Load(load)], world.now_ms()).remove(0);
        assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
        drop((books, lock));
        let mut district = Self { clock, home, running: None, programme, listen };
        district.start().await;
        district
    }

    /// Serves, at a port that was free.
    pub async fn start(&mut self) {
        let (folder, listen) = (self.folder(), self.listen);
        self.running = Some(serve::start(&folder, listen, self.clock.world()).await.unwrap());
    }

    /// Serves again where it was.
    pub async fn start_at(&mut self, address: SocketAddr) {
        self.listen.address = address;
        self.start().await;
    }

    /// Shows its pages; returns where.
    pub fn show_pages(&mut self) -> String {
        let (folder, world) = (self.folder(), self.clock.world());
        let running = self.running.as_mut().expect("the district serves");
        running
            .show_pages(crate::HERE.into(), Vec::new(), &folder, &world)
            .unwrap()
            .trim_end_matches('/')
            .to_owned()
    }

    /// Shows its pages by encrypted lines; returns where.
    pub fn show_encrypted_pages(&mut self) -> SocketAddr {
        let (folder, world) = (self.folder(), self.clock.world());
        let running = self.running.as_mut().expect("the district serves");
        let shown = running.show_pages(Listen::encrypted(crate::HERE), Vec::new(), &folder, &world).unwrap();
        shown.trim_start_matches("https://").trim_end_matches('/').parse().unwrap()
    }

    /// Stops serving.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            soon(running.stop()).await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// The same as communes write it.
    pub fn url(&self) -> String {
        let scheme = if self.listen.encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// By what communes know it.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        authority::fingerprint(&self.memory()).filter(|_| self.listen.encrypted)
    }

    /// An invitation for a unit: its id, code or name.
    pub async fn invitation(&self, unit: &str) -> Invitation {
        let code = EnrolCode::parse(&self.code(unit).await).unwrap();
        Invitation { address: self.address().to_string(), code, authority: self.fingerprint() }
    }

    /// Its folder.
    pub fn path(&self) -> std::path::PathBuf {
        self.home.path().join("district")
    }

    /// A place for files of the story.
    pub fn desk(&self) -> &Path {
        self.home.path()
    }

    /// The district officer's program, at this folder. The server goes on beside it.
    pub fn office(&self) -> Program {
        Program::gom_server(&self.path())
    }

    /// An enrolment code for a unit: its id, code or name.
    pub async fn code(&self, unit: &str) -> String {
        self.code_until(unit, self.clock.now_ms() + CODE_LIFE_MS).await
    }

    /// The same, with the moment from which it is too old.
    pub async fn code_until(&self, unit: &str, expires_ms: i64) -> String {
        let code = EnrolCode::new(self.clock.world().random());
        let job = IssueCode { unit: self.unit(unit), hash: code.hash(), expires_ms };
        let answer = self.perform(Job::IssueCode(job)).await;
        assert!(matches!(answer, Answer::Changed(_)), "{answer:?}");
        code.shown()
    }

    /// Has the server's writer do something.
    pub async fn perform(&self, job: Job) -> Answer {
        soon(self.running().writer().perform(job)).await
    }

    /// A unit's id by its id, code or name.
    pub fn unit(&self, name: &str) -> UnitId {
        let memory = self.memory();
        let programme = &memory.editions.newest().unwrap().programme;
        match programme.units_called(name)[..] {
            [unit] => programme.unit(unit).id.clone(),
            ref units => panic!("{name}: {} units in {}", units.len(), self.programme),
        }
    }

    /// A device's number in the books.
    pub fn device(&self, id: DeviceId) -> u32 {
        self.memory().device_called(id).unwrap().number
    }

    /// What all units together have reported of an element within a period; a dash where nobody has.
    pub fn total(&self, element: &str, period: &str) -> String {
        total_in(&self.memory(), element, period)
    }

    /// The last commit.
    pub fn commit(&self) -> u64 {
        self.memory().last.unwrap().last_seq
    }

    /// Every submission in the books.
    pub fn submissions(&self) -> Vec<SubmissionRow> {
        let mut rows = Vec::new();
        self.folder()
            .read()
            .unwrap()
            .each_submission(u64::MAX, &mut |row| {
                rows.push(row);
                Ok(())
            })
            .unwrap();
        rows
    }

    /// How every target stands as of a period, as programs read it.
    pub fn progress(&self, as_of: &str) -> Vec<Value> {
        objects(&self.office().vi(&["progress", "--as-of", as_of, "--format", "json"]).done())
    }

    /// The same as the books stood at a commit.
    pub fn progress_at(&self, as_of: &str, commit: u64) -> Vec<Value> {
        let commit = commit.to_string();
        objects(
            &self.office().vi(&["progress", "--as-of", as_of, "--at", &commit, "--format", "json"]).done(),
        )
    }

    /// How one target stands as of a period.
    pub fn target(&self, reference: &str, as_of: &str) -> Value {
        let mut targets = self.progress(as_of).into_iter();
        targets.find(|target| target["ref"] == reference).expect("a target of that number")
    }

    /// A figure explained, as the officer reads it, in Vietnamese.
    pub fn explain(&self, name: &str, as_of: &str) -> String {
        self.office().vi(&["explain", name, "--as-of", as_of]).done()
    }

    /// Recounts everything and says so where it does not agree.
    #[track_caller]
    pub fn verify(&self) {
        let said = self.office().vi(&["verify"]).done();
        assert!(said.contains("Mọi số tổng hợp đều khớp."), "{said}");
    }

    /// The data folder as the server's library knows it.
    pub fn folder(&self) -> Folder {
        Folder::new(self.path())
    }

    /// What the books come to, read from the disk.
    pub fn memory(&self) -> Memory {
        self.folder().recall(None).unwrap().1
    }

    /// Looks at what the server that runs has in memory, as of one commit.
    pub fn served<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.running().writer().memory())
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the district serves")
    }
}

/// A total of all units of a period, as books come to it.
pub fn total_in(memory: &Memory, element: &str, period: &str) -> String {
    let totals = totals(memory, period.parse().unwrap(), false).unwrap();
    let programme = &totals.programme;
    let element = programme.element_named(element).unwrap();
    let total = totals.rows.iter().find(|total| total.element == element && total.over == Over::All);
    let scale = programme.element(element);
    let value = total.and_then(|total| total.value);
    value.map_or("–".to_owned(), |value| gom_domain::totals::amount(scale, value).rounded(scale.scale))
}

/// A programme's tables in the repository.
pub fn bundle(programme: &str) -> Bundle {
    let files = std::fs::read_dir(repository("programmes").join(programme)).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

/// A copy of a programme's tables in a folder, to be edited.
pub fn copy_of(programme: &str, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for (name, bytes) in bundle(programme).iter() {
        std::fs::write(to.join(name), bytes).unwrap();
    }
}

fn objects(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
