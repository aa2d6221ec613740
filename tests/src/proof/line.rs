//! One whole exchange (greeting, hand-in, receipts, news) is cut at each of its bytes, both ways. Between the cuts the
//! line says everything twice, says again what was said before, goes silent one way, and two syncs of one folder meet.

use std::ops::Range;
use std::time::{Duration, Instant};

use gom::folder::FolderError;
use gom::show::CellState;
use gom::{SyncError, SyncReport};
use tokio::time::sleep;

use super::Proof;
use super::attempt::{Attempt, runtime};
use super::chance::Chance;
use crate::commune::Counts;
use crate::line::{Said, say_again};
use crate::{Commune, Direction, District, Line, until};

/// The proof of the line.
pub(super) const PROOF: Proof = Proof {
    name: "line",
    promises: "G4, G5",
    unit: "cuts, spread over the bytes of an exchange",
    few: 30,
    many: 2_400,
    tries,
};

/// After so many cuts a new district begins, so that its books stay small.
const CHAPTER: u64 = 200;

/// The client tries a silent line after 10 s, and gives it up after 10 more.
const GIVES_UP: Duration = Duration::from_secs(30);

fn tries(count: u64, seed: u64) {
    runtime().block_on(async { tokio::join!(cuts(count, seed), half_open(seed)) });
}

async fn cuts(count: u64, seed: u64) {
    let mut office = Office::open(seed).await;
    let places = Places::of(&mut office, count).await;
    let mut noticed = 0;
    for begin in (0..count).step_by(usize::try_from(CHAPTER).unwrap()) {
        if begin > 0 {
            office = Office::open(seed + begin).await;
        }
        noticed += office.cut(begin..count.min(begin + CHAPTER), &places, seed).await;
    }
    // Where there are no news, the last bytes of a whole exchange are never sent.
    assert!(2 * noticed > count, "only {noticed} of {count} cuts were noticed");
}

/// Where cuts are made: so many, spread evenly over all bytes; or each byte in turn if there are as many cuts, with news
/// for the commune and then without.
struct Places {
    up: u64,
    down: u64,
    count: u64,
}

impl Places {
    /// Measures a whole exchange.
    async fn of(office: &mut Office, count: u64) -> Self {
        office.queue(true).await;
        office.line.mend();
        office.sync().await.unwrap();
        let [up, down] = [Direction::Up, Direction::Down].map(|way| office.line.carried(way));
        office.assert_settled();
        let all = PROOF.many;
        assert!(up + down <= all, "an exchange has {} bytes, and {all} cuts miss some of them", up + down);
        Self { up, down, count }
    }

    /// Whether there are news for the commune at a cut. Without, it hears of its own report by the receipt alone.
    fn has_news(&self, number: u64) -> bool {
        let bytes = self.up + self.down;
        if self.count < bytes { number % 4 < 3 } else { (number / bytes).is_multiple_of(2) }
    }

    /// The place of a cut.
    fn of_cut(&self, number: u64) -> (Direction, u64) {
        let bytes = self.up + self.down;
        let place = if self.count < bytes { number * bytes / self.count } else { number % bytes };
        if place < self.up { (Direction::Up, place) } else { (Direction::Down, place - self.up) }
    }
}

/// A commune, its line, and the unit's other PC, which has news for it.
struct Office {
    district: District,
    commune: Commune,
    other: Commune,
    line: Line,
    chance: Chance,
    rounds: u32,
    news: u32,
    /// What was said when the first report was handed in.
    once_said: Option<Said>,
}

impl Office {
    async fn open(seed: u64) -> Self {
        let district = District::open().await;
        let [commune, other] =
            [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
        let line = Line::to(district.address()).await;
        let mut office = Self {
            district,
            commune,
            other,
            line,
            chance: Chance::new(seed),
            rounds: 0,
            news: 0,
            once_said: None,
        };
        office.queue(true).await;
        office.sync().await.unwrap();
        office.once_said = Some(office.line.said());
        office
    }

    /// Queues the next version of a report; the other PC hands in the next of another.
    async fn queue(&mut self, with_news: bool) {
        self.rounds += 1;
        self.commune.queue("society", "2024-05", &[("births", &self.rounds.to_string())]);
        if with_news {
            self.news += 1;
            self.other.queue("budget", "2024-05", &[("domestic_revenue", &self.news.to_string())]);
            self.other.sync().await;
        }
    }

    async fn sync(&self) -> Result<SyncReport, SyncError> {
        self.commune.sync_over(&self.line).await
    }

    /// Makes some of the cuts; returns how many were noticed.
    async fn cut(&mut self, numbers: Range<u64>, places: &Places, seed: u64) -> u64 {
        let mut noticed = 0;
        for number in numbers {
            let _attempt = Attempt::begin(PROOF.name, number, seed);
            let (direction, place) = places.of_cut(number);
            self.queue(places.has_news(number)).await;
            self.line.cut_after(direction, place);
            match self.sync().await {
                Ok(_) => {}
                Err(SyncError::Line(_)) => noticed += 1,
                Err(error) => panic!("{direction:?} after {place} bytes: {error:?}"),
            }
            self.mend().await;
        }
        self.meet().await;
        self.assert_each_counted_once();
        noticed
    }

    /// Syncs over the mended line: everything must be settled, and stay so whatever is said again.
    async fn mend(&mut self) {
        let doubled = self.chance.one_in(5);
        if doubled {
            self.line.double();
        } else {
            self.line.mend();
        }
        self.sync().await.unwrap();
        self.assert_settled();
        if !doubled && self.chance.one_in(8) {
            let said = self.line.said();
            self.say_again(&said).await;
        }
        if self.chance.one_in(12) {
            let said = self.once_said.take().unwrap();
            self.say_again(&said).await;
            self.once_said = Some(said);
        }
    }

    /// Says again what was said before. The server answers, and nothing changes in the books.
    async fn say_again(&self, said: &Said) {
        let before = (self.district.memory().last, self.district.submissions().len());
        let answers = say_again(self.district.address(), said).await;
        assert!(answers > 0, "what was said before is not even answered");
        assert_eq!((self.district.memory().last, self.district.submissions().len()), before, "said again");
        self.line.mend();
        self.sync().await.unwrap();
        self.assert_settled();
    }

    /// Two syncs of the folder at once: one of them is refused, the other goes through.
    async fn meet(&mut self) {
        self.queue(true).await;
        self.line.stall();
        let second = async {
            until("the first sync is under way", Duration::from_secs(20), || self.line.callers() > 0).await;
            let folder = gom::Commune::open(&self.commune.path(), self.district.clock.world()).unwrap();
            let refused = folder.at(&self.line.url).sync().await;
            assert!(matches!(refused, Err(SyncError::Folder(FolderError::Busy(_)))), "{refused:?}");
            self.line.mend();
        };
        tokio::join!(self.sync(), second).0.unwrap();
        self.assert_settled();
    }

    /// What the officer sees once a report has been handed in, and what the district adds up.
    fn assert_settled(&self) {
        assert_eq!(self.commune.state("society", "2024-05"), CellState::Accepted(self.rounds));
        assert_eq!(self.commune.state("budget", "2024-05"), CellState::Accepted(self.news), "news");
        let accepted = u64::from(self.rounds);
        assert_eq!(self.commune.counts(), Counts { accepted, ..Counts::default() }, "nothing is stuck");
        assert_eq!(self.district.total("births", "2024-05"), self.rounds.to_string());
    }

    fn assert_each_counted_once(&self) {
        let own = self.district.device(self.commune.status().device);
        let mut rows = self.district.submissions();
        assert!(rows.iter().all(|row| row.ruling.is_accepted() && row.repeats.is_none()));
        rows.retain(|row| row.device == own);
        let sequences: Vec<u64> = rows.iter().map(|row| row.sequence).collect();
        assert_eq!(sequences, (1..=u64::from(self.rounds)).collect::<Vec<_>>(), "each once, in order");
        let commits: Vec<u64> = self.commune.receipts().iter().map(|receipt| receipt.commit).collect();
        assert_eq!(commits, rows.iter().map(|row| row.seq).collect::<Vec<_>>(), "a receipt for each");
        self.district.verify();
    }
}

/// The line goes silent one way, somewhere before the receipts, and stays open the other. Whoever waits gives up, and
/// hands in all the same once the line is whole.
async fn half_open(seed: u64) {
    let district = District::open().await;
    let mut chance = Chance::new(seed);
    let [up, down] = [chance.below(250), chance.below(250)];
    tokio::join!(
        silent(&district, "31420", Direction::Up, up, seed),
        silent(&district, "31399", Direction::Down, down, seed)
    );
    district.verify();
}

async fn silent(district: &District, unit: &str, direction: Direction, bytes: u64, seed: u64) {
    let _attempt = Attempt::begin("line, half open", bytes, seed);
    let commune = Commune::enrolled(district, unit).await;
    let line = Line::to(district.address()).await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    line.lose_after(direction, bytes);
    let since = Instant::now();
    let synced = commune.sync_over(&line).await;
    assert!(since.elapsed() < GIVES_UP, "{direction:?} after {bytes} bytes: {:?}", since.elapsed());
    assert!(matches!(synced, Err(SyncError::Line(_))), "{direction:?} after {bytes} bytes: {synced:?}");
    line.mend();
    // What was under way may still arrive by the old connection.
    sleep(Duration::from_millis(50)).await;
    assert!(commune.sync_over(&line).await.unwrap().is_settled(), "{direction:?} after {bytes} bytes");
    let rows = district.submissions();
    let own = district.device(commune.status().device);
    assert_eq!(rows.iter().filter(|row| row.device == own).count(), 1, "{direction:?} after {bytes} bytes");
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(1));
}
