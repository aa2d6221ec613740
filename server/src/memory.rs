//! What the books come to, in memory: programmes, standing figures, devices.
//!
//! It is made from the journal alone and follows every commit, so the same journal makes the same memory: after a
//! restart, for an earlier commit, and in a command that runs without the server.

mod editions;
mod lot;
mod names;
mod recall;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::programme::{Baseline, Editions, Programme, Quotas};
use gom_domain::progress::ByHand;
use gom_domain::ruling::Standing;
use gom_domain::submission::Submission;
use gom_domain::totals::View;
use gom_domain::unit::UnitId;
use gom_domain::user::UserName;
use gom_proto::seal::SealKey;
use gom_proto::submission::Envelope;

pub use self::editions::PublishedEdition;
use self::editions::edition;
use self::names::Names;
use crate::books::Contact;
use crate::chain;
use crate::store::{
    AuthorityRow, ChangeKind, ChangeRow, CommitRow, DeviceRow, HandedIn, Place, Reached, StoreError, Stored,
    SubmissionRow, UserRow,
};

/// A table that came with a programme and is replaced on its own.
#[derive(Clone, Debug)]
pub struct Prior {
    /// The entry that brought it.
    pub seq: u64,
    /// The table, verbatim.
    pub table: Vec<u8>,
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
    /// The district's authorities, the newest last.
    pub authorities: Vec<AuthorityRow>,
    users: BTreeMap<UserName, UserRow>,
    devices: BTreeMap<u32, DeviceRow>,
    device_numbers: HashMap<DeviceId, u32>,
    devices_of: HashMap<u32, Vec<u32>>,
}

impl Memory {
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
            ChangeKind::Code
            | ChangeKind::Device
            | ChangeKind::Authority
            | ChangeKind::RetireAuthority
            | ChangeKind::SetDevice
            | ChangeKind::User => return Ok(()),
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

    /// Learns an authority, or that it counts no more.
    pub fn learn_authority(&mut self, authority: AuthorityRow) {
        match self.authorities.iter_mut().find(|known| known.number == authority.number) {
            Some(known) => *known = authority,
            None => self.authorities.push(authority),
        }
    }

    /// Learns an account, or what has become of it.
    pub fn learn_user(&mut self, user: UserRow) {
        self.users.insert(user.name.clone(), user);
    }

    /// An account, also one that is of no use any more.
    pub fn user(&self, name: &UserName) -> Option<&UserRow> {
        self.users.get(name)
    }

    /// All accounts in the order of their names.
    pub fn users(&self) -> impl Iterator<Item = &UserRow> {
        self.users.values()
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
        device.authority = contact.authority.or(device.authority);
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
