//! An officer at a simulated computer: fills in, hands in, corrects, settles, syncs, whenever chance says so.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gom::means::{Call, Means};
use gom::outbox::Submitted;
use gom::resolve::Keep;
use gom::sync::backoff;
use gom::{Commune, Failure, SyncError, SyncReport, Which};
use gom_domain::element::Value;
use gom_domain::ruling::Verdict;
use hyper_util::rt::TokioIo;
use tokio::time::sleep;
use tonic::transport::Uri;
use turmoil::net::TcpStream;

use super::computer::Computer;
use super::server::{DISTRICT, PORT};

/// What is handed in: forms with two of their elements, the second never above the first.
pub(super) const FORMS: [(&str, [&str; 2]); 2] =
    [("budget", ["domestic_revenue", "tax_revenue"]), ("society", ["births", "deaths"])];
/// For which periods; the last one has not begun.
pub(super) const PERIODS: [&str; 4] = ["2024-05", "2024-06", "2024-09", "2024-12"];
/// More reports than go in one message.
const PILE: u64 = 500;

/// A unit's form and period.
pub(super) type Cell = (&'static str, &'static str, &'static str);

/// What is filled in, by element.
pub(super) type Figures = BTreeMap<String, Value>;

/// A report that was queued, as the officer had it on the screen.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) sequence: u64,
    pub(super) fingerprint: [u8; 32],
    pub(super) form: &'static str,
    pub(super) period: &'static str,
    pub(super) figures: Figures,
}

/// An officer, with all that is remembered whatever the computer does.
#[derive(Debug)]
pub(super) struct Officer {
    pub(super) pc: Computer,
    pub(super) unit: &'static str,
    code: String,
    /// Everything that was said to be queued.
    pub(super) queued: Mutex<Vec<Queued>>,
    /// Refused reports for which what stands was accepted instead.
    pub(super) given_up: Mutex<BTreeSet<u64>>,
    /// The last round of tidying up that was finished.
    pub(super) finished: AtomicU32,
}

impl Officer {
    pub(super) fn new(pc: Computer, unit: &'static str, code: String) -> Self {
        let (queued, given_up) = (Mutex::default(), Mutex::default());
        Self { pc, unit, code, queued, given_up, finished: AtomicU32::new(0) }
    }

    /// Works until the computer is switched off. As soon as a round of tidying up is called, nothing is done but it.
    pub(super) async fn work(self: Rc<Self>, round: Rc<AtomicU32>) -> turmoil::Result {
        let commune = self.come_in().await;
        self.pc.note("is at work");
        let mut failures = 0;
        loop {
            let called = round.load(Ordering::SeqCst);
            if called == 0 {
                self.pause(6_000).await;
                self.do_something(&commune).await;
                continue;
            }
            let settled = self.sync(&commune).await.is_ok_and(|report| report.waiting == 0);
            if settled {
                self.finished.store(called, Ordering::SeqCst);
                self.pause(2_000).await;
            } else {
                failures += 1;
                sleep(backoff::wait(failures, &self.pc.world())).await;
            }
        }
    }

    /// The folder as it was left, or newly enrolled: as often as it takes.
    async fn come_in(&self) -> Commune {
        let address = format!("http://127.0.0.1:{PORT}");
        loop {
            match Commune::open(&self.pc.folder, self.pc.world()) {
                Ok(commune) => return commune.by(self.means()),
                Err(Failure::NotEnrolled(_)) => {}
                Err(failure) => panic!("{}: {failure:?}", self.pc.name),
            }
            let (folder, world) = (&self.pc.folder, self.pc.world());
            match Commune::enroll_by(self.means(), folder, world, &address, &self.code).await {
                Ok((commune, _)) => return commune,
                Err(failure) => self.pc.note(format!("is not enrolled: {}", all_of(&failure))),
            }
            self.pause(5_000).await;
        }
    }

    /// The simulated network, which has one address that counts.
    fn means(&self) -> Means {
        let connect = |_: Uri| async { TcpStream::connect((DISTRICT, PORT)).await.map(TokioIo::new) };
        let call = Call::over(move |endpoint| {
            Box::pin(async move { endpoint.connect_with_connector(tower::service_fn(connect)).await })
        });
        Means { call, disk: self.pc.disk() }
    }

    async fn pause(&self, most_ms: u64) {
        sleep(Duration::from_millis(self.pc.below(most_ms))).await;
    }

    async fn do_something(&self, commune: &Commune) {
        match self.pc.below(10) {
            0..4 => self.hand_in(commune),
            4 => _ = self.fill_in(commune),
            5 => self.settle(commune),
            6..9 => _ = self.sync(commune).await,
            _ => self.watch(commune).await,
        }
    }

    /// Fills in a form, over whatever is there; says which, and whether anything has changed.
    fn fill_in(&self, commune: &Commune) -> Option<(&'static str, &'static str)> {
        let (form, elements) = self.pc.one_of(&FORMS);
        let period = self.pc.one_of(&PERIODS);
        let first = self.pc.below(20) + 1;
        let figures = [first.to_string(), self.pc.below(first + 1).to_string()];
        let entries = [(elements[0], figures[0].as_str()), (elements[1], figures[1].as_str())];
        match commune.set(form, period, &entries) {
            Ok(entered) => {
                self.pc.note(format!("fills in {form} {period} {figures:?}"));
                entered.is_draft.then_some((form, period))
            }
            // Whoever has not heard of the district since enrolling has no programme.
            Err(Failure::NoProgramme) => None,
            Err(failure) => panic!("{}: {failure:?}", self.pc.name),
        }
    }

    /// Hands in a few reports, and once in a while a whole pile.
    fn hand_in(&self, commune: &Commune) {
        let most = if self.pc.below(500) == 0 { PILE } else { 4 };
        for _ in 0..=self.pc.below(most) {
            let Some((form, period)) = self.fill_in(commune) else { continue };
            self.submit(commune, form, period);
        }
    }

    /// Seals and queues what is on the screen. What is said to be queued must come to the district, once.
    fn submit(&self, commune: &Commune, form: &'static str, period: &'static str) {
        let drafts = commune.drafts().unwrap();
        let draft = drafts.into_iter().find(|draft| draft.form == form && draft.period.to_string() == period);
        let mut queued = self.queued.lock().unwrap();
        let before = || queued.iter().rfind(|queued| queued.form == form && queued.period == period);
        let figures = match draft {
            Some(draft) => draft.cells,
            None => before().expect("what is sealed again was sealed before").figures.clone(),
        };
        let which = Which::One(form.to_owned(), period.to_owned());
        let Submitted { sealed, blocked } = match commune.submit(&which, Some("đã kiểm tra")) {
            Ok(submitted) => submitted,
            // What waited for the officer has been settled with another of its form and period.
            Err(Failure::Mistakes(mistakes)) => return self.pc.note(format!("cannot submit: {mistakes:?}")),
            Err(failure) => panic!("{}: {failure:?}", self.pc.name),
        };
        assert!(blocked.is_empty(), "{}: {blocked:?}", self.pc.name);
        for sealed in sealed {
            let (sequence, fingerprint) = (sealed.sequence, sealed.fingerprint);
            self.pc.note(format!("queues {sequence}: {form} {period} {figures:?}"));
            queued.push(Queued { sequence, fingerprint, form, period, figures: figures.clone() });
        }
    }

    /// Settles what waits for the officer, one way or another, or leaves it.
    fn settle(&self, commune: &Commune) {
        for item in commune.status().unwrap().attention {
            let (form, period) = named(&item.form, &item.period.to_string());
            match (item.receipt.ruling.verdict, self.pc.below(3)) {
                (_, 0) => {}
                (Verdict::Rejected(_), _) => self.submit(commune, form, period),
                (_, 1) => self.resolve(commune, form, period, Keep::Mine),
                _ => self.resolve(commune, form, period, Keep::Theirs),
            }
        }
    }

    fn resolve(&self, commune: &Commune, form: &str, period: &str, keep: Keep) {
        let refused = refused_of(commune, form, period);
        match commune.resolve(form, period, keep) {
            Ok(resolved) => {
                self.pc.note(format!("resolves {form} {period}: {resolved:?}"));
                if !matches!(resolved, gom::resolve::Resolved::Drafted) {
                    self.given_up.lock().unwrap().extend(refused);
                }
            }
            // It has been replaced, or what stands has not been seen yet.
            Err(Failure::Mistakes(mistakes)) => self.pc.note(format!("cannot resolve: {mistakes:?}")),
            Err(failure) => panic!("{}: {failure:?}", self.pc.name),
        }
    }

    async fn sync(&self, commune: &Commune) -> Result<SyncReport, SyncError> {
        let synced = commune.sync().await;
        self.say(synced.as_ref().ok(), synced.as_ref().err());
        synced
    }

    /// Leaves the program on for a while, which syncs by itself.
    async fn watch(&self, commune: &Commune) {
        let tell = |report: &SyncReport, error: Option<&SyncError>| self.say(Some(report), error);
        // Drawn now, for which of two things is begun first is the runtime's own chance.
        let enough = sleep(Duration::from_millis(self.pc.below(40_000)));
        commune.watch(enough, tell).await;
        self.pc.note("has stopped watching");
    }

    fn say(&self, report: Option<&SyncReport>, error: Option<&SyncError>) {
        if let Some(error) = error {
            self.pc.note(format!("sync fails: {}", all_of(error)));
        }
        if let Some(report) = report {
            let SyncReport { handed_in, accepted, filed, waiting, unresolved, .. } = report;
            let refused = report.refused.len();
            self.pc.note(format!("sync: {handed_in} {accepted} {refused} {filed} {waiting} {unresolved}"));
        }
        if let Some(SyncError::NeverCurrent | SyncError::Quarantined) = error {
            panic!("{}: {error:?}", self.pc.name);
        }
    }
}

/// A form and a period, as they are called here.
fn named(form: &str, period: &str) -> (&'static str, &'static str) {
    let form = FORMS.into_iter().map(|(key, _)| key).find(|key| *key == form);
    let period = PERIODS.into_iter().find(|key| *key == period);
    form.zip(period).expect("a form and a period of the simulation")
}

/// The reports of a form and period that are known to have been refused.
fn refused_of(commune: &Commune, form: &str, period: &str) -> Vec<u64> {
    let receipts = commune.receipts().unwrap().into_iter();
    let refused = receipts.filter(|view| !view.receipt.ruling.is_accepted());
    refused
        .filter(|view| view.form == form && view.period.to_string() == period)
        .map(|view| view.sequence)
        .collect()
}

/// An error with all its causes.
fn all_of(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
