//! The district of the demonstration: its books, its server, and its communes' enrolment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use gom::Commune;
use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::programme::Programme;
use gom_domain::unit::UnitId;
use gom_domain::user::{Rights, Role, UserName};
use gom_domain::{Lang, Period};
use gom_server::books::{Answer, Books, Job};
use gom_server::cli::progress;
use gom_server::enrol::IssueCode;
use gom_server::folder::Folder;
use gom_server::progress::{UnitReport, year_report};
use gom_server::publish::{Load, read_folder};
use gom_server::serve::{self, Running};
use gom_server::show;
use gom_server::user::{SetUser, ToUser};
use gom_terminal::{Align, Shade, Table, tell};
use gom_trust::Password;

use crate::calendar::Calendar;
use crate::year::bar;

/// Says that a folder was made here, and may be replaced by the next run.
const MARK: &str = "made-by-the-demonstration";
/// As of when the closing tables are.
const CLOSING: &str = "2024-09";
/// Whose clock stands in 2009, for want of a battery: fifteen years behind.
const WRONG_CLOCK: (&str, i64) = ("binh-thanh", -15 * 365 * 86_400_000);

/// A running district.
pub(crate) struct District {
    out: PathBuf,
    running: Running,
    programme: Arc<Programme>,
    folder: Folder,
}

/// A unit with its client.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// Its id.
    pub(crate) id: UnitId,
    /// Its code in the year.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Its client.
    pub(crate) commune: Arc<Commune>,
}

impl District {
    /// Founds the district's books in a fresh folder and serves them.
    pub(crate) async fn found(
        out: &Path,
        programme: &Path,
        calendar: &Calendar,
        lang: Lang,
    ) -> anyhow::Result<Self> {
        clear(out, lang)?;
        let world = calendar.world(0);
        let folder = Folder::new(out.join("district"));
        let bundle = read_folder(programme).map_err(|trouble| said(&trouble, lang))?;
        let (ledger, lock) = folder.found(&world).map_err(|trouble| said(&trouble, lang))?;
        let mut books = Books::open(Box::new(ledger))?;
        let load = Job::Load(Load { programme: Some(bundle), ..Load::default() });
        match books.commit(vec![load], world.now_ms()).pop() {
            Some(Answer::Changed(_)) => {}
            Some(Answer::Refused(troubles)) => {
                let all: Vec<String> =
                    troubles.iter().map(|trouble| said(trouble, lang).to_string()).collect();
                bail!("{}", all.join("\n"));
            }
            other => bail!("the programme was not published: {other:?}"),
        }
        drop((books, lock));
        let listen: std::net::SocketAddr = "127.0.0.1:0".parse()?;
        let running = serve::start(&folder, listen, world).await.map_err(|trouble| said(&trouble, lang))?;
        let year = CLOSING.parse::<Period>()?.year();
        let known = running.writer().memory().year(year).map(|(programme, _)| programme);
        let programme = known.with_context(|| format!("the programme is not for {year}"))?;
        Ok(Self { out: out.to_owned(), running, programme, folder })
    }

    /// Enrols a client for every unit of the year, each in its own folder, over the network.
    pub(crate) async fn enrol_all(&self, calendar: &Calendar, lang: Lang) -> anyhow::Result<Vec<Unit>> {
        let programme = &self.programme;
        let reporting: Vec<_> =
            programme.unit_places().filter(|unit| programme.exists_in_year(*unit)).collect();
        let bar = bar(reporting.len() as u64);
        let mut communes = Vec::new();
        for unit in reporting {
            let unit = programme.unit(unit);
            let what = lang.pick("ghi danh", "enrolling");
            bar.set_message(format!("{what} {}", unit.name));
            let wrong_by_ms = if unit.id.as_str() == WRONG_CLOCK.0 { WRONG_CLOCK.1 } else { 0 };
            let folder = self.out.join("communes").join(unit.id.as_str());
            let code = self.code(&unit.id, calendar).await?;
            let server = format!("http://{}", self.running.address);
            let (commune, _) = Commune::enroll(&folder, calendar.world(wrong_by_ms), &server, code.as_str())
                .await
                .with_context(|| unit.name.clone())?;
            communes.push(Unit {
                id: unit.id.clone(),
                code: unit.code.clone(),
                name: unit.name.clone(),
                commune: Arc::new(commune),
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        let count = communes.len();
        tell(lang.pick(
            &format!("Đã ghi danh {count} xã, thị trấn qua gRPC, mỗi nơi một cơ sở dữ liệu riêng."),
            &format!("{count} communes and townships are enrolled over gRPC, each with its own database."),
        ));
        Ok(communes)
    }

    async fn code(&self, unit: &UnitId, calendar: &Calendar) -> anyhow::Result<EnrolCode> {
        let world = calendar.world(0);
        let code = EnrolCode::new(world.random());
        let expires_ms = world.now_ms() + CODE_LIFE_MS;
        let job = IssueCode { unit: unit.clone(), hash: code.hash(), expires_ms };
        match self.running.writer().perform(Job::IssueCode(job)).await {
            Answer::Changed(_) => Ok(code),
            other => bail!("no code was issued: {other:?}"),
        }
    }

    /// The closing tables: every target, and a line for each unit.
    pub(crate) fn closing(&self, communes: &[Unit], lang: Lang) -> anyhow::Result<String> {
        let as_of = CLOSING.parse()?;
        let (mut books, _) = self.folder.recall(None).map_err(|trouble| said(&trouble, lang))?;
        let verified = gom_server::verify::verify(&mut books)?;
        if let Some(difference) = verified.differences.first() {
            bail!("{}", difference.get(lang));
        }
        let memory = self.running.writer().memory();
        let report = year_report(&memory, as_of, verified.commit).map_err(|trouble| said(&trouble, lang))?;
        let (submissions, figures) = (verified.submissions, verified.figures);
        let recounted = lang
            .pick(
                &format!("Đã đếm lại {submissions} báo cáo, {figures} số liệu: mọi số tổng hợp đều khớp."),
                &format!("Recounted {submissions} submissions, {figures} figures: everything agrees."),
            )
            .to_owned();
        let name = self.programme.name.get(lang);
        let until = lang.pick("tính đến hết kỳ", "as of the end of");
        Ok([
            format!("{name} – {until} {as_of}\n"),
            progress::targets(&report, lang),
            self.units(&report.units, communes, lang)?,
            show::notice(&self.programme, lang),
            recounted + "\n",
        ]
        .concat())
    }

    fn units(&self, reports: &[UnitReport], communes: &[Unit], lang: Lang) -> anyhow::Result<String> {
        let mut table = Table::new(&[
            (lang.pick("Đơn vị", "Unit"), Align::Left),
            (lang.pick("Đã nộp", "Handed in"), Align::Right),
            (lang.pick("Đang chờ đường truyền", "Waiting for the line"), Align::Right),
            (lang.pick("Còn thiếu", "Missing"), Align::Right),
        ]);
        for report in reports {
            let unit = self.programme.unit(report.unit);
            let commune = communes.iter().find(|commune| commune.id == unit.id);
            let waiting =
                commune.map(|unit| unit.commune.status()).transpose()?.map_or(0, |status| status.queued);
            let waiting = usize::try_from(waiting)?;
            let missing = report.missing.len().saturating_sub(waiting);
            let shade = if missing == 0 { Shade::Good } else { Shade::Warn };
            table.shaded([
                (unit.name.clone(), Shade::Plain),
                (format!("{}/{}", report.handed_in, report.due), Shade::Plain),
                (waiting.to_string(), Shade::Plain),
                (missing.to_string(), shade),
            ]);
        }
        Ok(table.text())
    }

    /// Where a unit's client has its folder.
    pub(crate) fn folder_of(&self, unit: &Unit) -> PathBuf {
        self.out.join("communes").join(unit.id.as_str())
    }

    /// Shows the district's pages to an account that is made for that; returns where, and its password.
    pub(crate) async fn show_pages(
        &mut self,
        calendar: &Calendar,
        lang: Lang,
    ) -> anyhow::Result<(String, String)> {
        let world = calendar.world(0);
        let password = EnrolCode::new(world.random()).shown();
        let name = UserName::parse("xem").map_err(|_| anyhow::anyhow!("the account's name"))?;
        let chosen = Password::chosen(&password, &name).map_err(|_| anyhow::anyhow!("the password"))?;
        let to = ToUser::Added {
            full_name: String::new(),
            rights: Rights { role: Role::Viewer, restricted: true },
            password: chosen.seal(world.random())?,
        };
        match self.running.writer().perform(Job::SetUser(SetUser { name, to })).await {
            Answer::Changed(_) => {}
            other => bail!("no account was made: {other:?}"),
        }
        let listen: std::net::SocketAddr = "127.0.0.1:0".parse()?;
        let shown = self.running.show_pages(listen.into(), Vec::new(), &self.folder, &world);
        let address = shown.map_err(|trouble| said(&trouble, lang))?;
        Ok((address, password))
    }

    /// Stops serving; the folder stays.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Makes room for the district. Only a folder that an earlier run made is replaced.
fn clear(out: &Path, lang: Lang) -> anyhow::Result<()> {
    if out.join(MARK).exists() {
        std::fs::remove_dir_all(out).with_context(|| out.display().to_string())?;
    } else if out.exists() {
        let path = out.display();
        bail!(
            "{}",
            lang.pick(
                &format!("{path}: đã có thư mục này; chọn thư mục khác bằng --out"),
                &format!("{path}: the folder is there already; choose another with --out"),
            )
        );
    }
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    std::fs::write(out.join(MARK), "").with_context(|| out.display().to_string())
}

fn said(trouble: &gom_server::wording::Trouble, lang: Lang) -> anyhow::Error {
    anyhow::Error::msg(trouble.message().get(lang).to_owned())
}
