//! What the books come to, in memory: programmes, standing figures, devices.
//!
//! It is made from the journal alone and follows every commit, so the same journal makes the same memory: after a
//! restart, for an earlier commit, and in a command that runs without the server.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::examine::Record;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::programme::{self, Baseline, Bundle, Edition, Editions, Programme, Quotas};
use gom_domain::progress::ByHand;
use gom_domain::submission::Submission;
use gom_domain::totals::View;
use gom_domain::unit::{UnitId, UnitIx};
use gom_proto::submission::Envelope;

use crate::books::Contact;
use crate::chain;
use crate::store::{
    ChangeKind, ChangeRow, CommitRow, DeviceRow, Journal, Place, Reached, StoreError, Stored, SubmissionRow,
};

/// A table that came with a programme and is replaced on its own.
#[derive(Clone, Debug)]
pub struct Prior {
    /// The entry that brought it.
    pub seq: u64,
    /// The table, verbatim.
    pub table: Vec<u8>,
}

/// A published version with its tables, verbatim.
#[derive(Clone, Debug)]
pub struct PublishedEdition {
    /// The version.
    pub version: u32,
    /// The entry that published it.
    pub seq: u64,
    /// Its tables.
    pub bundle: Arc<Bundle>,
}

/// What the books come to.
#[derive(Debug, Default)]
pub struct Memory {
    /// The name of the history.
    pub history: HistoryId,
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
    /// The submission behind each standing form.
    pub sources: HashMap<Place, u64>,
    /// Where each version was published, and its tables, verbatim.
    bundles: Vec<PublishedEdition>,
    numberings: HashMap<u32, Arc<Numbering>>,
    by_hand: BTreeMap<i16, HashMap<String, ByHand>>,
    units: Names<UnitId>,
    forms: Names<String>,
    devices: BTreeMap<u32, DeviceRow>,
    device_numbers: HashMap<DeviceId, u32>,
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
    /// Recalls the books as of an entry, or as they stand.
    pub fn recall(journal: &mut dyn Journal, at: Option<u64>) -> Stored<Self> {
        let (history, restored) = journal.history()?;
        let mut memory = Self { history, restored, ..Self::default() };
        let (units, forms) = journal.names()?;
        units.into_iter().for_each(|(number, id)| memory.units.learn(number, UnitId::from(id.as_str())));
        forms.into_iter().for_each(|(number, key)| memory.forms.learn(number, key));
        journal.devices()?.into_iter().for_each(|device| memory.learn_device(device));
        journal.each_change(at.unwrap_or(u64::MAX), &mut |row| memory.learn_change(&row))?;
        match at {
            None => journal.each_standing(&mut |row| memory.learn_submission(&row))?,
            Some(seq) => journal.each_submission(seq, &mut |row| memory.learn_submission(&row))?,
        }
        memory.settle_priors()?;
        memory.last = journal.last_commit()?;
        Ok(memory)
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
        let numbering = self.cells.number(&reading.programme);
        self.numberings.insert(version, Arc::new(numbering));
        self.bundles.push(PublishedEdition { version, seq: row.seq, bundle: Arc::new(bundle) });
        self.editions.publish(Edition { version, programme: Arc::new(reading.programme) });
        Ok(())
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

    /// Lets an accepted submission stand; others change nothing here.
    pub fn learn_submission(&mut self, row: &SubmissionRow) -> Stored<()> {
        let Some(place) = row.place.filter(|_| row.ruling.is_accepted() && row.repeats.is_none()) else {
            return Ok(());
        };
        let damaged = || StoreError::Damaged(format!("the submission {} cannot be read", row.seq));
        let submission = self.open(&row.body).ok_or_else(damaged)?;
        self.stand(place, row.seq, &submission).ok_or_else(damaged)
    }

    /// Lets a submission stand at its place. Figures that other versions of the form asked for stand no more.
    pub fn stand(&mut self, place: Place, seq: u64, submission: &Submission) -> Option<()> {
        let programme = Arc::clone(self.editions.version(submission.programme_version)?);
        let numbering = Arc::clone(self.numberings.get(&submission.programme_version)?);
        let unit = programme.unit_of(self.units.name(place.unit)?)?;
        let (form, period) = (submission.form, submission.period);
        self.clear_dropped(&programme, unit, submission);
        self.cells.stand(&programme, &numbering, unit, form, period, &submission.figures);
        self.sources.insert(place, seq);
        Some(())
    }

    /// Clears figures of elements that only other versions of the form had, so that what stands is the newest report
    /// alone, however it came to be remembered.
    fn clear_dropped(&mut self, programme: &Programme, unit: UnitIx, submission: &Submission) {
        let key = &programme.form(submission.form).key;
        for edition in self.editions.iter().filter(|edition| edition.programme.year == programme.year) {
            let (other, Some(numbering)) = (&edition.programme, self.numberings.get(&edition.version)) else {
                continue;
            };
            let (Some(form), Some(row)) = (other.form_named(key), other.unit_of(&programme.unit(unit).id))
            else {
                continue;
            };
            let dropped = |element: &&gom_domain::element::ElementIx| {
                programme.element_named(&other.element(**element).key).is_none()
            };
            for element in other.form(form).elements.iter().filter(dropped) {
                self.cells.clear(numbering.element(*element), numbering.unit(row), submission.period);
            }
        }
    }

    /// Reads a body along the programme that it names.
    pub fn open(&self, body: &[u8]) -> Option<Submission> {
        let envelope = Envelope::decode(body).ok()?;
        let programme = Arc::clone(self.editions.version(envelope.programme_version)?);
        envelope.open(&programme).ok()
    }

    /// Whether a body is about a place, as far as it can be read.
    pub fn says(&self, body: &[u8], place: Place) -> bool {
        let Ok(envelope) = Envelope::decode(body) else { return false };
        let form =
            self.editions.version(envelope.programme_version).and_then(|p| p.forms.get(envelope.form.get()));
        envelope.period == place.period
            && form.is_some_and(|form| self.form_number(&form.key) == Some(place.form))
    }

    /// Learns a device, or what has become of it.
    pub fn learn_device(&mut self, device: DeviceRow) {
        self.device_numbers.insert(device.id, device.number);
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

    /// The journal's hash chain after the last commit.
    pub fn head(&self) -> [u8; 32] {
        self.last.map_or_else(|| chain::history(self.history), |last| last.head)
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
        let edition = self.editions.edition_for(year)?;
        Some((Arc::clone(&edition.programme), Arc::clone(self.numberings.get(&edition.version)?)))
    }

    /// The rows and columns of a version of a programme.
    pub fn numbering(&self, version: u32) -> Option<&Arc<Numbering>> {
        self.numberings.get(&version)
    }

    /// The versions that were published after an entry.
    pub fn published_after(&self, after: u64) -> impl Iterator<Item = &PublishedEdition> {
        self.bundles.iter().filter(move |edition| edition.seq > after)
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
        let others =
            self.devices.values().filter(|other| other.unit == device.unit && other.number != device.number);
        others.map(|other| other.reached.last_commit).max().unwrap_or(0).max(self.published)
    }
}

/// One unit's standing figures, for the rules.
pub struct UnitRecord<'a> {
    /// The books.
    pub memory: &'a Memory,
    /// The programme that the rules are of.
    pub programme: &'a Programme,
    /// Its rows and columns.
    pub numbering: &'a Numbering,
    /// The unit.
    pub unit: UnitIx,
    /// Forms that stand from this group on and are not in the cells yet.
    pub pending: &'a dyn Fn(gom_domain::form::FormIx, Period) -> Option<Arc<Submission>>,
}

impl Record for UnitRecord<'_> {
    fn figure(&self, element: gom_domain::element::ElementIx, period: Period) -> Option<i64> {
        let form = self.programme.element(element).form;
        if let Some(pending) = (self.pending)(form, period) {
            let place = self.programme.form(form).elements.iter().position(|own| *own == element)?;
            return pending.figures.get(place).copied().flatten();
        }
        self.memory.cells.figure(self.numbering.element(element), self.numbering.unit(self.unit), period)
    }

    fn quota(&self, element: gom_domain::element::ElementIx) -> Option<i64> {
        let year = self.programme.year;
        self.memory.cells.quota(year, self.numbering.element(element), self.numbering.unit(self.unit))
    }
}
