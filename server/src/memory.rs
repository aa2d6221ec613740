//! What the books come to, in memory: programmes, standing figures, devices.
//!
//! It is made from the journal alone and follows every commit, so the same journal makes the same memory: after a
//! restart, for an earlier commit, and in a command that runs without the server.

mod lot;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::form::Form;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::programme::{self, Baseline, Bundle, Edition, Editions, Programme, Quotas};
use gom_domain::progress::ByHand;
use gom_domain::ruling::Standing;
use gom_domain::submission::Submission;
use gom_domain::totals::View;
use gom_domain::unit::{UnitId, UnitIx};
use gom_proto::seal::SealKey;
use gom_proto::submission::Envelope;

use self::lot::Lot;
use crate::books::Contact;
use crate::chain;
use crate::store::{
    ChangeKind, ChangeRow, CommitRow, DeviceRow, Entries, HandedIn, Journal, Place, Reached, StoreError,
    Stored, SubmissionRow,
};

/// A table that came with a programme and is replaced on its own.
#[derive(Clone, Debug)]
pub struct Prior {
    /// The entry that brought it.
    pub seq: u64,
    /// The table, verbatim.
    pub table: Vec<u8>,
}

/// A published version: its tables, verbatim, and where its names stand in the books and in the cells, so that nothing
/// is looked up by name while reports are taken in.
#[derive(Clone, Debug)]
pub struct PublishedEdition {
    /// The version.
    pub version: u32,
    /// The entry that published it.
    pub seq: u64,
    /// Its tables.
    pub bundle: Arc<Bundle>,
    /// The beginning of their SHA-256.
    pub digest: [u8; 8],
    /// What they say.
    pub programme: Arc<Programme>,
    /// Its rows and columns in the cells.
    pub numbering: Arc<Numbering>,
    /// The forms' numbers in the books, in the programme's order.
    pub forms: Vec<u32>,
    /// The units by their numbers in the books.
    pub units: foldhash::HashMap<u32, UnitIx>,
    /// For each form the columns that only other versions of it have.
    dropped: Vec<Vec<u16>>,
}

/// What has come in for a unit, form and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The newest submission, whatever its verdict.
    pub last: u64,
    /// The one that stands, if one does.
    pub stands: Option<Stands>,
}

/// A submission that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stands {
    /// Its entry.
    pub seq: u64,
    /// Its name and revision.
    pub standing: Standing,
}

/// How much of the journal is recalled.
#[derive(Clone, Copy)]
struct Extent {
    /// The last entry.
    at: u64,
    /// How many entries up to it are changes.
    changes: u64,
}

/// The entry that is asked for; none, or one beyond the last commit, means the last commit.
fn as_of(at: Option<u64>, last: Option<CommitRow>) -> u64 {
    let last = last.map_or(0, |last| last.last_seq);
    at.unwrap_or(last).min(last)
}

/// What the books come to.
#[derive(Debug, Default)]
pub struct Memory {
    /// The history that the books were founded under, with which their hash chain begins.
    pub founded: HistoryId,
    /// The district's key to its seals.
    pub key: SealKey,
    /// The history that the books go by.
    pub history: HistoryId,
    /// The entry with which it began; 0 where it is the one that the books were founded under.
    pub began: u64,
    /// The histories that they have gone by since, and those that whoever noticed a loss went by.
    histories: Vec<HistoryId>,
    /// Whether it goes on from a restored backup, so that communes may hold what the books have lost.
    pub restored: bool,
    /// The last commit that is in here.
    pub last: Option<CommitRow>,
    /// The published versions of the programmes.
    pub editions: Editions,
    /// The standing figures.
    pub cells: Cells,
    /// The quotas of each programme's year.
    pub quotas: BTreeMap<i16, Prior>,
    /// The figures of the year before each programme's.
    pub baselines: BTreeMap<i16, Prior>,
    /// The last entry that published a programme, quotas or a baseline.
    pub published: u64,
    /// What has come in for each unit, form and period.
    pub latest: foldhash::HashMap<Place, Latest>,
    published_editions: Vec<PublishedEdition>,
    by_hand: BTreeMap<i16, HashMap<String, ByHand>>,
    units: Names<UnitId>,
    forms: Names<String>,
    devices: BTreeMap<u32, DeviceRow>,
    device_numbers: HashMap<DeviceId, u32>,
    devices_of: HashMap<u32, Vec<u32>>,
}

/// Names with the short numbers they have in the books.
#[derive(Debug)]
struct Names<N> {
    numbers: HashMap<N, u32>,
    names: Vec<N>,
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), names: Vec::new() }
    }
}

impl<N: Clone + Eq + std::hash::Hash> Names<N> {
    fn learn(&mut self, number: u32, name: N) {
        debug_assert_eq!(number as usize, self.names.len() + 1, "numbers are given without gaps");
        self.numbers.insert(name.clone(), number);
        self.names.push(name);
    }

    fn name(&self, number: u32) -> Option<&N> {
        self.names.get((number as usize).checked_sub(1)?)
    }

    fn next(&self) -> u32 {
        u32::try_from(self.names.len() + 1).unwrap_or(u32::MAX)
    }
}

impl Memory {
    /// Recalls the books as of an entry, or as they stand: forward through the journal, or back from the table of what
    /// stands, whichever is shorter. What cannot be read any more on the way forward need not matter to what stands.
    pub fn recall(journal: &mut dyn Journal, at: Option<u64>) -> Stored<Self> {
        if Self::is_forward_shorter(journal, at)? {
            match Self::recalled(journal, at, Self::go_forward) {
                Err(error @ StoreError::Damaged(_)) => {
                    tracing::warn!(%error, "the journal is damaged: verify the books");
                }
                recalled => return recalled,
            }
        }
        Self::recall_standing(journal, at)
    }

    /// The same from the table of what stands, however long that takes.
    pub fn recall_standing(journal: &mut dyn Journal, at: Option<u64>) -> Stored<Self> {
        Self::recalled(journal, at, Self::go_back_from_standing)
    }

    /// All but the submissions; these `learn` learns, as of the entry that it is told.
    fn recalled(
        journal: &mut dyn Journal,
        at: Option<u64>,
        learn: fn(&mut Self, &mut dyn Journal, Extent) -> Stored<()>,
    ) -> Stored<Self> {
        let (founded, key) = journal.founded()?;
        let mut memory = Self { founded, key, history: founded, ..Self::default() };
        let (units, forms) = journal.names()?;
        units.into_iter().for_each(|(number, id)| memory.units.learn(number, UnitId::from(id.as_str())));
        forms.into_iter().for_each(|(number, key)| memory.forms.learn(number, key));
        journal.devices()?.into_iter().for_each(|device| memory.learn_device(device));
        memory.last = journal.last_commit()?;
        let at = as_of(at, memory.last);
        let mut changes = 0;
        journal.each_change(at, &mut |row| {
            changes += 1;
            memory.learn_change(&row)
        })?;
        learn(&mut memory, journal, Extent { at, changes })?;
        memory.settle_priors()?;
        Ok(memory)
    }

    fn is_forward_shorter(journal: &mut dyn Journal, at: Option<u64>) -> Stored<bool> {
        let last = journal.last_commit()?;
        let (at, last) = (as_of(at, last), as_of(None, last));
        Ok(at <= 2 * journal.places()? + (last - at))
    }

    /// Goes forward through the journal. Its entries have no gaps.
    fn go_forward(&mut self, journal: &mut dyn Journal, Extent { at, changes }: Extent) -> Stored<()> {
        self.latest.reserve(usize::try_from(journal.places()?.min(at)).unwrap_or(0));
        let submissions = Lot::each(journal, at, &mut |handed_in| self.learn(handed_in))?;
        if submissions + changes == at {
            return Ok(());
        }
        Err(StoreError::Damaged(format!(
            "there are {submissions} submissions and {changes} changes up to {at}"
        )))
    }

    /// Reads what the table says that stands, and goes back from what has come in since.
    fn go_back_from_standing(&mut self, journal: &mut dyn Journal, Extent { at, .. }: Extent) -> Stored<()> {
        let (mut standing, mut later) = (Entries::up_to(at), Vec::new());
        for (place, row) in journal.standings()? {
            if row.last > at {
                later.push((place, row.last));
            } else {
                self.latest.insert(place, Latest { last: row.last, stands: None });
                row.seq.into_iter().try_for_each(|seq| standing.insert(seq))?;
            }
        }
        for (place, newest) in later {
            let stood = self.go_back(journal, at, place, newest)?;
            stood.into_iter().try_for_each(|seq| standing.insert(seq))?;
        }
        journal.each_of(&standing, &mut |row| self.learn_submission(&row))
    }

    /// What stood at a place as of an entry, from the newest that has come in on: the highest revision that was accepted by
    /// then. What communes have given back may have come in in another order.
    fn go_back(
        &mut self,
        journal: &mut dyn Journal,
        at: u64,
        place: Place,
        newest: u64,
    ) -> Stored<Option<u64>> {
        let (mut next, mut best) = (Some(newest), None);
        while let Some(seq) = next {
            let row = journal.submission(seq)?;
            if seq <= at {
                self.latest.entry(place).or_insert(Latest { last: seq, stands: None });
                if let Some(revision) = row.handed_in().and_then(|handed_in| handed_in.accepted)
                    && best.is_none_or(|(_, best)| revision > best)
                {
                    best = Some((seq, revision));
                    // It was judged here, on all that had come in before it.
                    if row.ruling.told.is_none() {
                        break;
                    }
                }
            }
            next = row.prior;
            if next.is_some_and(|next| next >= seq) {
                return Err(StoreError::Damaged(format!("entry {seq} follows a later one")));
            }
        }
        Ok(best.map(|(seq, _)| seq))
    }

    /// Learns a change. Quotas and baselines come into force with [`settle_priors`](Self::settle_priors).
    pub fn learn_change(&mut self, row: &ChangeRow) -> Stored<()> {
        let prior = || Prior { seq: row.seq, table: row.body.clone() };
        match row.kind {
            ChangeKind::Programme => self.learn_edition(row)?,
            ChangeKind::Quotas => _ = self.quotas.insert(row.year, prior()),
            ChangeKind::Baseline => _ = self.baselines.insert(row.year, prior()),
            ChangeKind::Target => {
                let damaged = |_| StoreError::Damaged(format!("change {} cannot be read", row.seq));
                let (year, key, set) = gom_proto::change::decode_target(&row.body).map_err(damaged)?;
                self.by_hand.entry(year).or_default().insert(key, set);
            }
            ChangeKind::Code | ChangeKind::Device => return Ok(()),
            ChangeKind::History => {
                let damaged = |_| StoreError::Damaged(format!("change {} cannot be read", row.seq));
                let (history, instead_of) = gom_proto::change::decode_history(&row.body).map_err(damaged)?;
                self.history = history;
                self.histories.extend([Some(history), instead_of].into_iter().flatten());
                (self.began, self.restored) = (row.seq, true);
                return Ok(());
            }
            ChangeKind::GoOn => {
                self.restored = false;
                return Ok(());
            }
        }
        if row.kind != ChangeKind::Target {
            self.published = row.seq;
        }
        Ok(())
    }

    fn learn_edition(&mut self, row: &ChangeRow) -> Stored<()> {
        let damaged = || StoreError::Damaged(format!("the programme of entry {} cannot be read", row.seq));
        let bundle = gom_proto::change::decode_bundle(&row.body).map_err(|_| damaged())?;
        let reading = programme::read(&bundle).map_err(|_| damaged())?;
        let version = self.editions.newest().map_or(1, |edition| edition.version + 1);
        let programme = Arc::new(reading.programme);
        let numbering = Arc::new(self.cells.number(&programme));
        let form_number = |form: &Form| self.form_number(&form.key).ok_or_else(damaged);
        let unit_number = |ix| Some((self.unit_number(&programme.unit(ix).id)?, ix));
        let edition = PublishedEdition {
            version,
            seq: row.seq,
            digest: gom_proto::change::digest(&bundle),
            bundle: Arc::new(bundle),
            forms: programme.forms.iter().map(form_number).collect::<Stored<_>>()?,
            units: programme.unit_places().filter_map(unit_number).collect(),
            dropped: vec![Vec::new(); programme.forms.len()],
            numbering,
            programme: Arc::clone(&programme),
        };
        self.published_editions.push(edition);
        self.editions.publish(Edition { version, programme });
        self.settle_dropped();
        Ok(())
    }

    /// Finds for each version's forms the columns that only other versions of the year have. What stands is the newest
    /// report alone, so these are cleared with it, however it came to be remembered.
    fn settle_dropped(&mut self) {
        let editions = &self.published_editions;
        let of_form = |edition: &PublishedEdition, form: &Form| -> Vec<u16> {
            let year = edition.programme.year;
            let others = editions.iter().filter(|other| other.programme.year == year);
            others.flat_map(|other| dropped(edition, form, other)).collect()
        };
        let dropped: Vec<Vec<Vec<u16>>> = editions
            .iter()
            .map(|edition| edition.programme.forms.iter().map(|form| of_form(edition, form)).collect())
            .collect();
        for (edition, dropped) in self.published_editions.iter_mut().zip(dropped) {
            edition.dropped = dropped;
        }
    }

    /// Brings the newest quotas and baseline of each year into force under the year's newest programme.
    pub fn settle_priors(&mut self) -> Stored<()> {
        let damaged =
            |prior: &Prior| StoreError::Damaged(format!("the table of entry {} cannot be read", prior.seq));
        for (year, prior) in &self.quotas {
            let Some((programme, numbering)) = self.year(*year) else { continue };
            let (quotas, _) = Quotas::read(&programme, &prior.table).map_err(|_| damaged(prior))?;
            self.cells.set_quotas(&programme, &numbering, &quotas);
        }
        for (year, prior) in &self.baselines {
            let Some((programme, numbering)) = self.year(*year) else { continue };
            let baseline = Baseline::read(&programme, &prior.table).map_err(|_| damaged(prior))?;
            self.cells.set_baseline(&programme, &numbering, &baseline);
        }
        Ok(())
    }

    /// Learns a submission, the newest of its place; an accepted one stands from now on.
    pub fn learn_submission(&mut self, row: &SubmissionRow) -> Stored<()> {
        row.handed_in().map_or(Ok(()), |handed_in| self.learn(handed_in))
    }

    fn learn(&mut self, handed_in: HandedIn<'_>) -> Stored<()> {
        let HandedIn { seq, place, accepted, body } = handed_in;
        self.come_in(place, seq);
        let Some(revision) = accepted.filter(|revision| !self.stands_above(place, *revision)) else {
            return Ok(());
        };
        let damaged = || StoreError::Damaged(format!("the submission {seq} cannot be read"));
        let submission = self.open(body).ok_or_else(damaged)?;
        let standing = Standing { id: submission.id, revision };
        self.stand(place, Stands { seq, standing }, &submission).ok_or_else(damaged)
    }

    /// Whether this revision of a place, or one above it, stands already.
    fn stands_above(&self, place: Place, revision: u32) -> bool {
        let stands = self.latest.get(&place).and_then(|latest| latest.stands);
        stands.is_some_and(|stands| stands.standing.revision >= revision)
    }

    /// Notes that a submission has come in.
    pub fn come_in(&mut self, place: Place, seq: u64) {
        let latest = self.latest.entry(place).or_insert(Latest { last: seq, stands: None });
        latest.last = latest.last.max(seq);
    }

    /// Lets a submission stand at its place. Figures that other versions of the form asked for stand no more.
    pub fn stand(&mut self, place: Place, stands: Stands, submission: &Submission) -> Option<()> {
        let edition = edition(&self.published_editions, submission.programme_version)?;
        let unit = *edition.units.get(&place.unit)?;
        let (form, period) = (submission.form, submission.period);
        for column in edition.dropped.get(form.get())? {
            self.cells.clear(*column, edition.numbering.unit(unit), period);
        }
        self.cells.stand(&edition.programme, &edition.numbering, unit, form, period, &submission.figures);
        let latest = self.latest.entry(place).or_insert(Latest { last: stands.seq, stands: None });
        latest.stands = Some(stands);
        Some(())
    }

    /// Reads a body along the programme that it names.
    pub fn open(&self, body: &[u8]) -> Option<Submission> {
        let envelope = Envelope::decode(body).ok()?;
        let edition = self.published(envelope.programme_version)?;
        envelope.open(&edition.programme).ok()
    }

    /// Whether a body is about a place, as far as it can be read.
    pub fn says(&self, body: &[u8], place: Place) -> bool {
        let Ok(envelope) = Envelope::decode(body) else { return false };
        let edition = self.published(envelope.programme_version);
        let form = edition.and_then(|edition| edition.forms.get(envelope.form.get()));
        envelope.period == place.period && form == Some(&place.form)
    }

    /// The places at which something stands.
    pub fn standing_places(&self) -> impl Iterator<Item = &Place> {
        self.latest.iter().filter(|(_, latest)| latest.stands.is_some()).map(|(place, _)| place)
    }

    /// Learns a device, or what has become of it.
    pub fn learn_device(&mut self, device: DeviceRow) {
        self.device_numbers.insert(device.id, device.number);
        let of_unit = self.devices_of.entry(device.unit).or_default();
        if !of_unit.contains(&device.number) {
            of_unit.push(device.number);
        }
        self.devices.insert(device.number, device);
    }

    /// Notes how far a device has come.
    pub fn advance(&mut self, number: u32, reached: Reached) {
        if let Some(device) = self.devices.get_mut(&number) {
            device.reached = reached;
        }
    }

    /// Notes what a greeting told of a device; whether there is such a device.
    pub fn note(&mut self, contact: &Contact) -> bool {
        let Some(device) = self.devices.get_mut(&contact.device) else { return false };
        (device.contact_ms, device.skew_ms) = (Some(contact.at_ms), Some(contact.skew_ms));
        device.app_version.clone_from(&contact.app_version);
        true
    }

    /// Whether the books have gone by a history, or know that it was lost.
    pub fn has_gone_by(&self, history: HistoryId) -> bool {
        history == self.founded || self.histories.contains(&history)
    }

    /// The journal's hash chain after the last commit.
    pub fn head(&self) -> [u8; 32] {
        self.last.map_or_else(|| chain::history(self.founded), |last| last.head)
    }

    /// Learns a unit's number.
    pub fn learn_unit(&mut self, number: u32, id: UnitId) {
        self.units.learn(number, id);
    }

    /// Learns a form's number.
    pub fn learn_form(&mut self, number: u32, key: String) {
        self.forms.learn(number, key);
    }

    /// A device by its short number.
    pub fn device(&self, number: u32) -> Option<&DeviceRow> {
        self.devices.get(&number)
    }

    /// A device by its name on the wire.
    pub fn device_called(&self, id: DeviceId) -> Option<&DeviceRow> {
        self.devices.get(self.device_numbers.get(&id)?)
    }

    /// All devices in the order of their enrolment.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceRow> {
        self.devices.values()
    }

    /// A unit's devices.
    pub fn devices_of(&self, unit: u32) -> impl Iterator<Item = &DeviceRow> {
        let numbers = self.devices_of.get(&unit).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.devices.get(number))
    }

    /// The next device's number.
    pub fn next_device(&self) -> u32 {
        self.devices.keys().next_back().map_or(1, |last| last + 1)
    }

    /// A unit's number in the books.
    pub fn unit_number(&self, id: &UnitId) -> Option<u32> {
        self.units.numbers.get(id).copied()
    }

    /// A unit by its number in the books.
    pub fn unit_id(&self, number: u32) -> Option<&UnitId> {
        self.units.name(number)
    }

    /// A form's number in the books.
    pub fn form_number(&self, key: &str) -> Option<u32> {
        self.forms.numbers.get(key).copied()
    }

    /// A form by its number in the books.
    pub fn form_key(&self, number: u32) -> Option<&str> {
        self.forms.name(number).map(String::as_str)
    }

    /// The number that the next new unit and the next new form get.
    pub fn next_names(&self) -> (u32, u32) {
        (self.units.next(), self.forms.next())
    }

    /// The newest programme of a year, with its rows and columns.
    pub fn year(&self, year: i16) -> Option<(Arc<Programme>, Arc<Numbering>)> {
        let edition = self.published(self.editions.edition_for(year)?.version)?;
        Some((Arc::clone(&edition.programme), Arc::clone(&edition.numbering)))
    }

    /// A version of a programme.
    pub fn published(&self, version: u32) -> Option<&PublishedEdition> {
        edition(&self.published_editions, version)
    }

    /// The versions that were published after an entry.
    pub fn published_after(&self, after: u64) -> impl Iterator<Item = &PublishedEdition> {
        self.published_editions.iter().filter(move |edition| edition.seq > after)
    }

    /// What was set by hand for the targets of a year.
    pub fn by_hand(&self, year: i16) -> HashMap<String, ByHand> {
        self.by_hand.get(&year).cloned().unwrap_or_default()
    }

    /// Lets `look` see the standing figures as of a month of a year; none if the year has no programme.
    pub fn view<T>(&self, as_of: Period, look: impl FnOnce(&View<'_>) -> T) -> Option<T> {
        let (programme, numbering) = self.year(as_of.year())?;
        Some(look(&View::new(&programme, &numbering, &self.cells, as_of.last_month())))
    }

    /// The last entry that concerns a device's unit and did not come from the device.
    pub fn news(&self, device: &DeviceRow) -> u64 {
        let others = self.devices_of(device.unit).filter(|other| other.number != device.number);
        others.map(|other| other.reached.last_commit).max().unwrap_or(0).max(self.published)
    }
}

/// The edition of a version; versions are numbered from 1 without gaps.
fn edition(editions: &[PublishedEdition], version: u32) -> Option<&PublishedEdition> {
    editions.get((version as usize).checked_sub(1)?)
}

/// The columns of a form in another version that this version does not have at all.
fn dropped<'a>(
    edition: &'a PublishedEdition,
    form: &'a Form,
    other: &'a PublishedEdition,
) -> impl Iterator<Item = u16> + 'a {
    let programme = &other.programme;
    let own = programme.form_named(&form.key).map(|form| programme.form(form));
    let elements = own.into_iter().flat_map(|form| form.elements.iter());
    let gone = elements.filter(|ix| edition.programme.element_named(&programme.element(**ix).key).is_none());
    gone.map(|ix| other.numbering.element(*ix))
}
