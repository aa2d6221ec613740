//! The server on a failing disk: it is started, a commune hands in and corrects, the district enters something itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gom_server::folder::Folder;
use gom_server::store::Journal;
use gom_server::verify::verify;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::commune::births;
use super::{Position, Session, is_orderly, number_after};
use crate::disk::{self, FailingDisk, Fault, copy};
use crate::{Commune, District, Program, Serving, sheet};

/// What the commune reports, corrects, and the district enters for another unit.
const PERIOD: &str = "2024-05";
const FIRST: &str = "births=24";
const SECOND: &str = "births=25";
const ENTERED: (&str, &str) = ("31420", "9");
/// What both come to.
const TOTAL: u32 = 34;

/// Books and a commune's folder as each try finds them.
pub(super) struct Service {
    _home: TempDir,
    books: PathBuf,
    commune: PathBuf,
}

/// One try: a server whose disk fails, a commune whose disk is healthy.
struct Case {
    _homes: [TempDir; 2],
    folder: PathBuf,
    commune: PathBuf,
    sheet: PathBuf,
    disk: FailingDisk,
}

impl Session for Service {
    fn calls(&mut self, fault: Fault) -> u64 {
        let case = self.case();
        case.disk.fails(0, 0, fault);
        let serving = case.start().unwrap();
        case.session(&serving);
        let (status, complaints) = serving.terminate_and_tell();
        assert!(status.success(), "{complaints}");
        case.disk.calls()
    }

    fn stand(&mut self, _: u64, position: Position) {
        let case = self.case();
        case.disk.fails(position.call, position.last(), position.fault);
        let serving = match case.start() {
            Ok(serving) => serving,
            Err(complaints) => {
                assert!(complaints.contains("error: ") && !complaints.contains("panicked"), "{complaints}");
                case.disk.heals();
                case.start().unwrap()
            }
        };
        case.session(&serving);
        case.disk.heals();
        // The same server goes on, and the one after it.
        case.goes_on(&serving);
        let (status, complaints) = serving.terminate_and_tell();
        assert!(status.success() && !complaints.contains("panicked"), "{status}: {complaints}");
        let serving = case.start().unwrap();
        case.is_settled(&serving);
        serving.terminate();
        case.is_sound();
    }

    fn end(self) {}
}

impl Service {
    pub(super) fn open() -> Self {
        let (home, root) = disk::place();
        let (books, commune) = (root.join("district"), root.join("commune"));
        Runtime::new().unwrap().block_on(async {
            let mut district = District::open().await;
            let enrolled = Commune::enrolled(&district, "31423").await;
            district.stop().await;
            copy(&district.path(), &books);
            copy(&enrolled.path(), &commune);
        });
        Self { _home: home, books, commune }
    }

    fn case(&self) -> Case {
        let ((home, root), (beside, table)) = (disk::place(), disk::place());
        let (folder, commune, sheet) =
            (root.join("district"), table.join("commune"), table.join("sheet.csv"));
        copy(&self.books, &folder);
        copy(&self.commune, &commune);
        let (unit, births) = ENTERED;
        fs::write(&sheet, sheet::of(unit, "society", PERIOD, &[("births", births)])).unwrap();
        let disk = FailingDisk::below(&root, &table);
        Case { _homes: [home, beside], folder, commune, sheet, disk }
    }
}

impl Case {
    fn start(&self) -> Result<Serving, String> {
        let mut command = Command::new(Program::gom_server(&self.folder).path());
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("GOM_DATA", &self.folder)
            .env("GOM_LANG", "en");
        Serving::of(command.envs(self.disk.environment()))
    }

    fn gom(&self) -> Program {
        Program::gom(&self.commune)
    }

    fn session(&self, serving: &Serving) {
        self.gom().en(&["set", "society", PERIOD, FIRST]).done();
        self.gom().en(&["submit", "--all"]).done();
        self.syncs(serving);
        self.enters();
        self.gom().en(&["set", "society", PERIOD, SECOND]).done();
        self.gom().en(&["submit", "--all"]).done();
        self.syncs(serving);
    }

    /// What the server accepted is in the books, and outlasts a power cut.
    fn syncs(&self, serving: &Serving) {
        let before = self.accepted();
        let said = self.gom().en(&["sync", "--server", &serving.url]);
        is_orderly(&said);
        let accepted = self.accepted();
        assert_eq!(accepted - before, number_after(&said.out, "Accepted: "), "{said:?}");
        let [there, kept] = self.submissions(false);
        assert!(
            there >= accepted && kept >= accepted,
            "{accepted} accepted, {there} in the books, {kept} kept: {said:?}"
        );
    }

    /// The district enters something through the running server; whether it says that it did.
    fn enters(&self) {
        let words = ["enter", "--for", ENTERED.0, self.sheet.to_str().unwrap(), "--reason", "by telephone"];
        let said = Program::gom_server(&self.folder).en(&words);
        is_orderly(&said);
        let [there, kept] = self.submissions(true);
        assert!(
            said.code != Some(0) || [there, kept] == [1, 1],
            "{there} in the books, {kept} kept: {said:?}"
        );
        assert!(there <= 1, "entered twice: {said:?}");
    }

    /// How many reports the commune has a receipt for.
    fn accepted(&self) -> u32 {
        let status = self.gom().en(&["status", "--format", "json"]).done();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        u32::try_from(status["accepted"].as_u64().unwrap()).unwrap()
    }

    /// How many submissions of the commune, or of the district's own hand, are in the books, and would be after a power cut.
    fn submissions(&self, of_district: bool) -> [u32; 2] {
        let (_home, place) = disk::place();
        copy(&self.folder, &place.join("copy"));
        self.disk.certain(&place.join("image"));
        [place.join("copy"), place.join("image/district")].map(|folder| submissions(&folder, of_district))
    }

    /// With a healthy disk all goes through at once.
    fn goes_on(&self, serving: &Serving) {
        self.gom().en(&["sync", "--server", &serving.url]).done();
        if self.submissions(true)[0] == 0 {
            self.enters();
        }
        assert_eq!(self.submissions(true), [1, 1]);
        self.is_settled(serving);
    }

    fn is_settled(&self, serving: &Serving) {
        self.gom().en(&["sync", "--server", &serving.url]).done();
        let status = self.gom().en(&["status", "--format", "json"]).done();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let counts = ["drafts", "queued", "accepted", "rejected", "conflicts"].map(|key| status[key].clone());
        assert_eq!(counts, [0, 0, 2, 0, 0].map(serde_json::Value::from), "{status}");
        assert_eq!(self.submissions(false), [2, 2], "each report is in the books once");
        let (_home, place) = disk::place();
        copy(&self.folder, &place.join("copy"));
        let (_, memory) = Folder::new(place.join("copy")).recall(None).unwrap();
        assert_eq!(births(&memory, PERIOD), Some(TOTAL));
    }

    fn is_sound(&self) {
        let mut journal = Folder::new(&self.folder).read().unwrap();
        assert_eq!(journal.integrity().unwrap(), Vec::<String>::new());
        assert_eq!(verify(&mut journal).unwrap().differences, []);
    }
}

fn submissions(folder: &Path, of_district: bool) -> u32 {
    let (mut books, memory) = Folder::new(folder).recall(None).unwrap();
    let mut count = 0;
    let counted = books.each_submission(u64::MAX, &mut |row| {
        let is_its = memory.device(row.device).is_some_and(|device| device.district);
        count += u32::from(is_its == of_district);
        Ok(())
    });
    counted.unwrap();
    count
}
