//! The programmes that have been pulled, and what a form and period mean by them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use gom_domain::Period;
use gom_domain::element::{Element, ElementIx, Value};
use gom_domain::form::{Form, FormIx};
use gom_domain::programme::{self, Baseline, Bundle, Edition, Editions, Programme, Quotas};
use gom_domain::ruling::Ruling;
use gom_domain::sheet::SheetProblem;
use gom_domain::submission::{Figures, Submission};
use gom_domain::unit::{Unit, UnitId, UnitIx};
use gom_domain::wording::{self, Remark};
use gom_proto::submission::Envelope;

use crate::store::{PriorKind, Rows, Stored};

/// Figures by their elements' keys: what outlasts a new version of the programme. A blank has no entry.
pub type Filled = BTreeMap<String, Value>;

/// All programmes that this folder knows, and the unit's own tables that came with them.
#[derive(Clone, Debug)]
pub struct Programmes {
    /// The versions that this program can read, oldest first.
    pub editions: Editions,
    /// The versions that only a newer program can read.
    pub unreadable: Vec<u32>,
    /// The folder's unit.
    pub unit: UnitId,
    quotas: BTreeMap<i16, Vec<u8>>,
    baselines: BTreeMap<i16, Vec<u8>>,
}

/// A form and period of the unit, by the newest programme of the period's year.
#[derive(Clone, Debug)]
pub struct Place {
    /// The programme, with its version.
    pub edition: Edition,
    /// The unit there.
    pub unit: UnitIx,
    /// The form there.
    pub form: FormIx,
    /// The period.
    pub period: Period,
}

/// Tables that have been read before, and what they say: reading a programme takes longer than all else that is done to
/// save a cell.
#[derive(Debug, Default)]
pub struct KnownTables(Mutex<Vec<(Bundle, Option<Arc<Programme>>)>>);

impl KnownTables {
    /// Reads the tables of all versions; those that are not among them any more are forgotten.
    fn read(&self, bundles: Vec<Bundle>) -> Vec<Option<Arc<Programme>>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let readings = bundles.into_iter().map(|bundle| {
            let found = known.iter().find(|(tables, _)| *tables == bundle);
            let programme = found.map_or_else(|| read(&bundle).map(Arc::new), |(_, known)| known.clone());
            (bundle, programme)
        });
        *known = readings.collect();
        known.iter().map(|(_, programme)| programme.clone()).collect()
    }
}

impl Programmes {
    /// Reads what has been pulled. A version that cannot be read is kept for a newer program, and left out.
    pub fn load(rows: &Rows<'_>, unit: &UnitId, known: &KnownTables) -> Stored<Self> {
        let mut editions = Editions::default();
        let mut unreadable = Vec::new();
        let (versions, bundles): (Vec<u32>, Vec<Bundle>) = rows.editions()?.into_iter().unzip();
        for (version, programme) in versions.into_iter().zip(known.read(bundles)) {
            match programme {
                Some(programme) => editions.publish(Edition { version, programme }),
                None => unreadable.push(version),
            }
        }
        Ok(Self {
            editions,
            unreadable,
            unit: unit.clone(),
            quotas: rows.priors(PriorKind::Quotas)?.into_iter().collect(),
            baselines: rows.priors(PriorKind::Baseline)?.into_iter().collect(),
        })
    }

    /// The years that have a programme, the newest first.
    pub fn years(&self) -> Vec<i16> {
        let years: BTreeSet<i16> = self.editions.iter().map(|edition| edition.programme.year).collect();
        years.into_iter().rev().collect()
    }

    /// The unit as the newest programme describes it.
    pub fn own_unit(&self) -> Option<&Unit> {
        let programme = &self.editions.newest()?.programme;
        Some(programme.unit(programme.unit_of(&self.unit)?))
    }

    /// The unit's quotas under a programme. A table that does not fit it any more counts as none.
    pub fn quotas(&self, programme: &Programme) -> Quotas {
        let read = |bytes: &Vec<u8>| match Quotas::read(programme, bytes) {
            Ok((quotas, _)) => Some(quotas),
            Err(faults) => {
                tracing::warn!(
                    year = programme.year,
                    faults = faults.len(),
                    "the quotas do not fit the programme"
                );
                None
            }
        };
        self.quotas.get(&programme.year).and_then(read).unwrap_or_default()
    }

    /// The unit's figures of the year before under a programme, likewise.
    pub fn baseline(&self, programme: &Programme) -> Baseline {
        let read = |bytes: &Vec<u8>| match Baseline::read(programme, bytes) {
            Ok(baseline) => Some(baseline),
            Err(faults) => {
                tracing::warn!(
                    year = programme.year,
                    faults = faults.len(),
                    "the baseline does not fit the programme"
                );
                None
            }
        };
        self.baselines.get(&programme.year).and_then(read).unwrap_or_default()
    }

    /// What a form and a period mean, as they were typed; or everything that is wrong with them.
    pub fn place_typed(&self, form: &str, period: &str) -> Result<Place, Vec<SheetProblem>> {
        if let Ok(period) = period.parse() {
            return self.place(form, period).map_err(|problem| vec![problem]);
        }
        let newest = self.editions.newest();
        let unknown = newest.is_some_and(|newest| newest.programme.form_named(form).is_none());
        let form = unknown.then(|| SheetProblem::UnknownForm(form.to_owned()));
        Err(form.into_iter().chain([SheetProblem::NotAPeriod(period.to_owned())]).collect())
    }

    /// What a form and a period mean.
    pub fn place(&self, form: &str, period: Period) -> Result<Place, SheetProblem> {
        let year = period.year();
        let edition = self.editions.edition_for(year).ok_or(SheetProblem::NoProgramme(year))?;
        let programme = &edition.programme;
        let known = programme.unit_of(&self.unit).filter(|unit| programme.unit(*unit).counts_for(period));
        let unit = known.ok_or_else(|| SheetProblem::UnknownUnit(self.unit.to_string()))?;
        let ix = programme.form_named(form).ok_or_else(|| SheetProblem::UnknownForm(form.to_owned()))?;
        let asked = programme.form(ix);
        if !asked.takes(period) {
            let example =
                asked.frequency.period_ending(year, 12).map_or(String::new(), |period| period.to_string());
            return Err(SheetProblem::WrongFrequency(form.to_owned(), example));
        }
        if !programme.gives(ix, unit) {
            return Err(SheetProblem::FormNotForUnit(form.to_owned()));
        }
        Ok(Place { edition: edition.clone(), unit, form: ix, period })
    }

    /// Reads a body along the programme that it names; none where this program cannot.
    pub fn open(&self, body: &[u8]) -> Option<Submission> {
        let envelope = Envelope::decode(body).ok()?;
        let programme = self.editions.version(envelope.programme_version)?;
        envelope.open(programme).ok()
    }

    /// A body's figures by their elements' keys; none where this program cannot read it.
    pub fn filled(&self, body: &[u8]) -> Option<Filled> {
        let submission = self.open(body)?;
        let programme = self.editions.version(submission.programme_version)?;
        let elements = programme.form(submission.form).elements.iter();
        let cells = elements.zip(submission.figures);
        Some(cells.filter_map(|(ix, value)| Some((programme.element(*ix).key.clone(), value?))).collect())
    }

    /// What the district found in a report, in words.
    pub fn remarks(&self, body: &[u8], ruling: &Ruling) -> Vec<Remark> {
        let version = Envelope::decode(body).ok().map(|envelope| envelope.programme_version);
        // Sealed here or pulled after its programme, so its version is known but for damage.
        let programme =
            version.and_then(|version| self.editions.version(version)).cloned().unwrap_or_default();
        ruling.findings.iter().map(|finding| wording::remark(&programme, finding)).collect()
    }

    /// The key of a form of some version.
    pub fn form_key(&self, version: u32, form: FormIx) -> Option<&str> {
        Some(&self.editions.version(version)?.forms.get(form.get())?.key)
    }
}

/// Reads the tables of a programme; quotas and baseline come apart from it. None where only a newer program can.
pub(crate) fn read(bundle: &Bundle) -> Option<Programme> {
    let tables = bundle.iter().filter(|(name, _)| Bundle::PROGRAMME.contains(name));
    let tables: Bundle = tables.map(|(name, bytes)| (name, bytes.to_vec())).collect();
    match programme::read(&tables) {
        Ok(reading) => Some(reading.programme),
        Err(faults) => {
            tracing::warn!(faults = faults.len(), "a version of the programme cannot be read");
            None
        }
    }
}

impl Place {
    /// The programme.
    pub fn programme(&self) -> &Programme {
        &self.edition.programme
    }

    /// The form.
    pub fn form(&self) -> &Form {
        self.programme().form(self.form)
    }

    /// The form's key.
    pub fn key(&self) -> &str {
        &self.form().key
    }

    /// The form's elements, in its order.
    pub fn elements(&self) -> impl Iterator<Item = (ElementIx, &Element)> {
        self.form().elements.iter().map(|ix| (*ix, self.programme().element(*ix)))
    }

    /// Figures in the form's order; those of elements that the form no longer has are left out.
    pub fn figures(&self, filled: &Filled) -> Figures {
        self.elements().map(|(_, element)| filled.get(&element.key).copied()).collect()
    }
}
