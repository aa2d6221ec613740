//! The books as plain maps: what must come of each entry, said anew and without a database.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use gom_domain::Period;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::ruling::{Told, Verdict};
use gom_domain::submission::{Figures, SubmissionId};
use gom_proto::submission::Envelope;
use gom_server::store::Place;
use jiff::civil::Date;

use super::founded::{FORMS, Founded};
use super::{Held, hold};

/// A verdict without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Accepted(u32),
    Conflict(u32),
    Rejected(String),
}

impl From<&Verdict> for Said {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accepted { revision } => Self::Accepted(*revision),
            Verdict::Conflict { current } => Self::Conflict(*current),
            Verdict::Rejected(rejection) => Self::Rejected(rejection.code.clone()),
        }
    }
}

/// A submission as the journal has it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) device: u32,
    /// The device's lasting name: books that have lost it may give it another number.
    pub(super) name: DeviceId,
    /// Whether that is the district's own hand for the unit.
    pub(super) by_district: bool,
    pub(super) epoch: u32,
    pub(super) sequence: u64,
    pub(super) unit: u32,
    pub(super) fingerprint: [u8; 32],
    pub(super) body: Vec<u8>,
    pub(super) said: Said,
    pub(super) told: Option<Told>,
    pub(super) repeats: bool,
}

impl Entry {
    fn number(&self) -> Number {
        (self.name, self.epoch, self.sequence)
    }
}

/// An entry with what its body says.
#[derive(Clone, Debug)]
pub(super) struct Filed {
    pub(super) entry: Entry,
    pub(super) id: SubmissionId,
    base: Option<SubmissionId>,
    pub(super) figures: Option<Figures>,
}

/// What stood after a commit.
pub(super) type Stands = BTreeMap<Place, Rc<Filed>>;

/// Every ruling that was ever given, whatever became of the books: by fingerprint, with its number and commit.
#[derive(Debug, Default)]
pub(super) struct Rulings(HashMap<[u8; 32], Vec<Given>>);

/// The number that a ruling was given under.
type Number = (DeviceId, u32, u64);

/// A ruling that was given.
#[derive(Debug)]
struct Given {
    number: Number,
    by_district: bool,
    said: Said,
    commit: u64,
}

impl Rulings {
    fn give(&mut self, entry: &Entry) {
        let given = Given {
            number: entry.number(),
            by_district: entry.by_district,
            said: entry.said.clone(),
            commit: entry.seq,
        };
        self.0.entry(entry.fingerprint).or_default().push(given);
    }

    /// What was ruled on a body under a number. What can have its own number no more comes back by the district's hand, so
    /// what was ruled on it there counts for its own number, and the other way round.
    fn of(&self, fingerprint: &[u8; 32], number: Number, by_district: bool) -> impl Iterator<Item = &Given> {
        let given = self.0.get(fingerprint).map_or(&[][..], Vec::as_slice);
        given.iter().filter(move |given| by_district || given.by_district || given.number == number)
    }

    /// Whether a submission was accepted before.
    fn was_accepted(&self, entry: &Entry) -> bool {
        self.of(&entry.fingerprint, entry.number(), entry.by_district)
            .any(|given| matches!(given.said, Said::Accepted(_)))
    }

    /// Whether a ruling was given as that commit.
    fn were_given(&self, entry: &Entry, commit: u64) -> bool {
        let mut given = self.of(&entry.fingerprint, entry.number(), entry.by_district);
        given.any(|given| (&given.said, given.commit) == (&entry.said, commit))
    }

    /// Whether a device can have been told of a ruling on its operation.
    pub(super) fn were_told(&self, fingerprint: &[u8; 32], number: Number, said: &Said, commit: u64) -> bool {
        self.of(fingerprint, number, false).any(|given| (&given.said, given.commit) == (said, commit))
    }
}

/// The books as plain maps.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    pub(super) history: HistoryId,
    /// The entry with which the history began.
    pub(super) since: u64,
    /// Whether something may be missing that communes hold.
    pub(super) restored: bool,
    pub(super) last: u64,
    pub(super) entries: Vec<Rc<Entry>>,
    numbers: HashMap<(u32, u32, u64), Rc<Entry>>,
    past: BTreeMap<Place, Vec<Rc<Filed>>>,
    pub(super) stands: Stands,
    /// What stood after each commit.
    pub(super) then: Vec<(u64, Stands)>,
}

impl Shelf {
    /// Books without a submission, up to an entry.
    pub(super) fn new(history: HistoryId, last: u64) -> Self {
        Self {
            history,
            since: 0,
            restored: false,
            last,
            entries: Vec::new(),
            numbers: HashMap::new(),
            past: BTreeMap::new(),
            stands: Stands::new(),
            then: Vec::new(),
        }
    }

    /// The entry of a number.
    pub(super) fn of(&self, device: u32, epoch: u32, sequence: u64) -> Option<&Rc<Entry>> {
        self.numbers.get(&(device, epoch, sequence))
    }

    /// How far a device has come: its newest epoch and its last sequence there.
    pub(super) fn reached(&self, device: u32) -> (u32, u64) {
        let own = self.numbers.keys().filter(|(of, ..)| *of == device);
        own.map(|(_, epoch, sequence)| (*epoch, *sequence)).max().unwrap_or((1, 0))
    }

    /// Whether a base is known here, or a rejected report's that leads to one.
    pub(super) fn knows_base(&self, place: Place, base: Option<SubmissionId>) -> bool {
        self.base(place, base).is_ok()
    }

    fn find(&self, place: Place, id: SubmissionId) -> Option<&Rc<Filed>> {
        self.past.get(&place)?.iter().find(|filed| filed.id == id)
    }

    /// What a base comes to: what was rejected never stood, so what it was made from counts.
    fn base(&self, place: Place, mut base: Option<SubmissionId>) -> Result<Option<SubmissionId>, ()> {
        for _ in 0..=self.past.get(&place).map_or(0, Vec::len) {
            let Some(id) = base else { return Ok(None) };
            let filed = self.find(place, id).ok_or(())?;
            if !matches!(filed.entry.said, Said::Rejected(_)) {
                return Ok(base);
            }
            base = filed.base;
        }
        Err(())
    }

    /// Learns the next submission, which must be what must come of it.
    pub(super) fn learn(
        &mut self,
        entry: Entry,
        founded: &Founded,
        today: Date,
        rulings: &mut Rulings,
    ) -> Held {
        let number = (entry.device, entry.epoch, entry.sequence);
        hold!(!self.numbers.contains_key(&number), "{number:?} is ruled on twice");
        let before = entry.sequence == 1
            || self.numbers.contains_key(&(entry.device, entry.epoch, entry.sequence - 1));
        hold!(before, "{number:?} follows a gap");
        if let Some(told) = entry.told.filter(|_| !entry.repeats) {
            let given = rulings.were_given(&entry, told.commit);
            hold!(given, "entry {}: {:?} was told, which never was ruled", entry.seq, entry.said);
        }
        // What was accepted by books that are lost comes back as a conflict where something else stands since.
        let comes_back = rulings.was_accepted(&entry);
        rulings.give(&entry);
        let found = placed(founded, &entry);
        let expected = match &found {
            Err(code) => Said::Rejected((*code).to_owned()),
            Ok((place, envelope)) => self.expected(founded, &entry, *place, envelope, today, comes_back)?,
        };
        hold!(
            entry.said == expected,
            "entry {} {number:?}: {:?} where {expected:?} was to be said",
            entry.seq,
            entry.said
        );
        if let Ok((place, envelope)) = found {
            self.file(founded, entry.clone(), place, &envelope)?;
        }
        let entry = Rc::new(entry);
        self.last = entry.seq;
        self.numbers.insert(number, Rc::clone(&entry));
        self.entries.push(entry);
        Ok(())
    }

    fn expected(
        &self,
        founded: &Founded,
        entry: &Entry,
        place: Place,
        envelope: &Envelope,
        today: Date,
        comes_back: bool,
    ) -> Result<Said, String> {
        if let Some(first) = self.find(place, envelope.id) {
            let same = first.entry.body == entry.body;
            hold!(entry.repeats == same, "entry {}: it repeats another and does not say so", entry.seq);
            return Ok(if same { first.entry.said.clone() } else { Said::Rejected("R09".to_owned()) });
        }
        hold!(!entry.repeats, "entry {}: it repeats nothing and says so", entry.seq);
        if entry.told.is_some() {
            let taken = |filed: &&Rc<Filed>| filed.entry.said == entry.said && !filed.entry.repeats;
            let twice = matches!(entry.said, Said::Accepted(_))
                && self.past.get(&place).is_some_and(|past| past.iter().any(|filed| taken(&filed)));
            hold!(!twice, "entry {}: a second {:?} of its place", entry.seq, entry.said);
            return Ok(entry.said.clone());
        }
        let base = self.base(place, envelope.base);
        hold!(
            base.is_ok() || !self.restored || comes_back,
            "entry {}: ruled on though its base may still come",
            entry.seq
        );
        Ok(self.judged(founded, place, envelope, base, today))
    }

    /// What is ruled on a report that has not come before.
    fn judged(
        &self,
        founded: &Founded,
        place: Place,
        envelope: &Envelope,
        base: Result<Option<SubmissionId>, ()>,
        today: Date,
    ) -> Said {
        let code = |code: &str| Said::Rejected(code.to_owned());
        let form = envelope.form.get();
        let quarterly = FORMS[form].0 == "gamma";
        let Ok(submission) = envelope.open(&founded.programme) else { return code("R08") };
        if (place.period.months() == 3) != quarterly {
            return code("R04");
        }
        if place.period.first_day() > today {
            return code("R06");
        }
        let figures = &submission.figures;
        let above =
            FORMS[form].0 == "beta" && matches!((figures[0], figures[1]), (Some(b1), Some(b2)) if b2 > b1);
        if above || figures.iter().flatten().any(|figure| *figure < 0) {
            return code("R07");
        }
        let stands = self.stands.get(&place);
        let revision = stands.map_or(0, |stands| stands.revision());
        if base == Ok(stands.map(|stands| stands.id)) {
            Said::Accepted(revision + 1)
        } else {
            Said::Conflict(revision)
        }
    }

    fn file(&mut self, founded: &Founded, entry: Entry, place: Place, envelope: &Envelope) -> Held {
        let figures = envelope.open(&founded.programme).ok().map(|submission| submission.figures);
        let filed = Rc::new(Filed { id: envelope.id, base: envelope.base, figures, entry });
        let stood = self.stands.get(&place).cloned();
        let stands =
            !filed.entry.repeats && filed.revision() > stood.as_ref().map_or(0, |stood| stood.revision());
        if stands {
            if let Some(stood) = stood {
                self.replaced(place, &stood, &filed)?;
            }
            self.stands.insert(place, Rc::clone(&filed));
        }
        self.past.entry(place).or_default().push(filed);
        Ok(())
    }

    /// What stood is replaced only by what was made from it, or, where what lies between has not come back yet, by what
    /// was made from it in books that are lost.
    fn replaced(&self, place: Place, stood: &Filed, by: &Filed) -> Held {
        let mut base = by.base;
        let mut steps = 0;
        while let Some(id) = base {
            if id == stood.id {
                return Ok(());
            }
            steps += 1;
            let Some(filed) = self.find(place, id).filter(|_| steps < 1_000) else { break };
            base = filed.base;
        }
        let lost = base.is_some() && by.entry.told.is_some();
        let judged_since = stood.entry.told.is_none() && stood.entry.seq > self.since;
        hold!(
            lost && !judged_since,
            "entry {} silently replaces entry {}, from which it was not made",
            by.entry.seq,
            stood.entry.seq
        );
        Ok(())
    }

    /// Notes the end of a commit.
    pub(super) fn committed(&mut self, last: u64) {
        self.last = last;
        self.then.push((last, self.stands.clone()));
    }

    /// What all units together have of an element in a period, and how many have it.
    pub(super) fn total(stands: &Stands, form: u32, period: Period, cell: usize) -> (Option<i128>, usize) {
        let here = stands.iter().filter(|(place, _)| place.form == form && place.period == period);
        let values = here.filter_map(|(_, filed)| filed.figures.as_ref()?.get(cell).copied().flatten());
        values.fold((None, 0), |(sum, count), value| (Some(sum.unwrap_or(0) + i128::from(value)), count + 1))
    }
}

impl Filed {
    fn revision(&self) -> u32 {
        match self.entry.said {
            Said::Accepted(revision) => revision,
            Said::Conflict(_) | Said::Rejected(_) => 0,
        }
    }
}

/// What a body is about, or the code of its rejection.
pub(super) fn placed(founded: &Founded, entry: &Entry) -> Result<(Place, Envelope), &'static str> {
    let envelope = Envelope::decode(&entry.body).map_err(|_| "R01")?;
    let form = *founded.forms.get(envelope.form.get()).ok_or("R02")?;
    Ok((Place { unit: entry.unit, form, period: envelope.period }, envelope))
}
