//! Programmes: what a district publishes for a year, read from a folder of tables.
//!
//! A programme is checked as a whole when it is read; one that has been read has no unknown name in it.

mod bundle;
mod checks;
mod fault;
mod found;
mod priors;
mod read;
mod table;

pub use bundle::Bundle;
pub use fault::{Fault, Problem};
pub use priors::{Baseline, BaselineRow, QuotaRow, Quotas};
pub use read::{Reading, read};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::cells::Months;
use crate::element::{Element, ElementIx};
use crate::examine::Checklist;
use crate::form::{Form, FormIx};
use crate::period::Period;
use crate::rule::Rule;
use crate::target::Target;
use crate::text;
use crate::unit::{Unit, UnitId, UnitIx};
use crate::wording::Bilingual;

/// A group of targets, as the document numbers them.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its number.
    pub key: String,
    /// Its title.
    pub label: Bilingual,
}

/// What a district publishes for a year.
#[derive(Clone, Debug, Default)]
pub struct Programme {
    /// Its short name, which is its folder's.
    pub key: String,
    /// Its title.
    pub name: Bilingual,
    /// The year it is for.
    pub year: i16,
    /// The document it comes from.
    pub source: Bilingual,
    /// What must be said wherever its figures are shown, such as that they are synthetic.
    pub notice: Bilingual,
    /// Who reports, now and before.
    pub units: Vec<Unit>,
    /// What is asked.
    pub forms: Vec<Form>,
    /// The single figures, in the table's order.
    pub elements: Vec<Element>,
    /// What is expected of them, form by form, and within each in the table's order.
    pub rules: Vec<Rule>,
    /// The document's groups.
    pub groups: Vec<Group>,
    /// The document's targets, in its order.
    pub targets: Vec<Target>,
    pub(crate) index: Index,
}

/// Names to places, and what is asked again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) units: HashMap<UnitId, UnitIx>,
    pub(crate) codes: HashMap<String, Vec<UnitIx>>,
    /// By name, however its tone marks are placed; only those that exist in the year.
    pub(crate) names: HashMap<String, Vec<UnitIx>>,
    pub(crate) forms: HashMap<String, FormIx>,
    pub(crate) elements: HashMap<String, ElementIx>,
    pub(crate) predecessors: Vec<Vec<UnitIx>>,
    /// The months that each unit reports for, in the year before and in this one.
    pub(crate) months: Vec<[Months; 2]>,
    /// The number of each unit's kind.
    kinds: Vec<usize>,
    /// Which forms each kind of unit fills in.
    gives: Vec<Vec<bool>>,
    /// Which elements each kind of unit fills in.
    asks: Vec<Vec<bool>>,
    /// Each form's rules, made ready.
    pub(crate) checklists: Vec<Checklist>,
}

impl Programme {
    /// The unit at a place.
    pub fn unit(&self, ix: UnitIx) -> &Unit {
        &self.units[ix.get()]
    }

    /// The form at a place.
    pub fn form(&self, ix: FormIx) -> &Form {
        &self.forms[ix.get()]
    }

    /// The element at a place.
    pub fn element(&self, ix: ElementIx) -> &Element {
        &self.elements[ix.get()]
    }

    /// The places of all units.
    pub fn unit_places(&self) -> impl Iterator<Item = UnitIx> + use<> {
        (0..u32::try_from(self.units.len()).unwrap_or(u32::MAX)).map(UnitIx)
    }

    /// The places of all forms.
    pub fn form_places(&self) -> impl Iterator<Item = FormIx> + use<> {
        (0..u16::try_from(self.forms.len()).unwrap_or(u16::MAX)).map(FormIx)
    }

    /// The places of all elements.
    pub fn element_places(&self) -> impl Iterator<Item = ElementIx> + use<> {
        (0..u16::try_from(self.elements.len()).unwrap_or(u16::MAX)).map(ElementIx)
    }

    /// The unit of an id.
    pub fn unit_of(&self, id: &UnitId) -> Option<UnitIx> {
        self.index.units.get(id).copied()
    }

    /// The unit that an outside file means by an id or a code: the one of that name that exists on that day.
    pub fn unit_named(&self, name: &str, on: Date) -> Option<UnitIx> {
        let by_id = self.unit_of(&UnitId::from(name)).into_iter();
        let by_code = self.index.codes.get(name).into_iter().flatten().copied();
        by_id.chain(by_code).find(|ix| self.unit(*ix).exists_on(on))
    }

    /// The units that a name may mean where no day is given: the one of that id, whenever it exists, or else all of
    /// the programme's year that bear the code or the name itself, however its tone marks are placed.
    pub fn units_called(&self, name: &str) -> Vec<UnitIx> {
        if let Some(ix) = self.unit_of(&UnitId::from(name)) {
            return vec![ix];
        }
        let by_code = self.index.codes.get(name).into_iter().flatten().copied();
        let by_name = self.index.names.get(&text::tone_key(name)).into_iter().flatten().copied();
        let called: BTreeSet<UnitIx> = by_code.filter(|ix| self.exists_in_year(*ix)).chain(by_name).collect();
        called.into_iter().collect()
    }

    /// Whether another unit that exists in the programme's year bears a unit's name as well.
    pub fn has_namesake(&self, ix: UnitIx) -> bool {
        let namesakes = self.index.names.get(&text::tone_key(&self.unit(ix).name));
        namesakes.into_iter().flatten().any(|other| *other != ix)
    }

    /// Whether the unit exists on any day of the programme's year.
    pub fn exists_in_year(&self, ix: UnitIx) -> bool {
        self.months(ix) != 0
    }

    /// The form of a key.
    pub fn form_named(&self, key: &str) -> Option<FormIx> {
        self.index.forms.get(key).copied()
    }

    /// The element of a key.
    pub fn element_named(&self, key: &str) -> Option<ElementIx> {
        self.index.elements.get(key).copied()
    }

    /// The target of a reference (`15f`) or a key.
    pub fn target_named(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.reference == name || target.key == name)
    }

    /// The rule of a row of the table, for an element; without one, the first of that row.
    pub fn rule_of(&self, row: u16, element: Option<ElementIx>) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| rule.row == row && element.is_none_or(|element| rule.element == element))
    }

    /// Whether a unit fills in an element: both the form and the element are for its kind.
    pub fn asks(&self, element: ElementIx, unit: UnitIx) -> bool {
        self.asked(unit)[element.get()]
    }

    /// For each element, in the programme's order, whether a unit fills it in.
    pub(crate) fn asked(&self, unit: UnitIx) -> &[bool] {
        &self.index.asks[self.index.kinds[unit.get()]]
    }

    /// Whether a unit fills in a form.
    pub fn gives(&self, form: FormIx, unit: UnitIx) -> bool {
        self.index.gives[self.index.kinds[unit.get()]][form.get()]
    }

    /// The months of this year that a unit reports for.
    pub fn months(&self, unit: UnitIx) -> Months {
        self.index.months[unit.get()][1]
    }

    /// The months of the year before that a unit reported for.
    pub fn months_before(&self, unit: UnitIx) -> Months {
        self.index.months[unit.get()][0]
    }

    /// What is expected of a form's figures.
    pub fn rules_of(&self, form: FormIx) -> &[Rule] {
        let from = self.rules.partition_point(|rule| rule.form < form);
        let past = self.rules.partition_point(|rule| rule.form <= form);
        &self.rules[from..past]
    }

    /// A form's rules, made ready.
    pub(crate) fn checklist(&self, form: FormIx) -> &Checklist {
        &self.index.checklists[form.get()]
    }

    /// Numbers the kinds of units, so that whom a form or element is for is found without comparing words.
    pub(crate) fn index_kinds(&mut self) {
        let kinds: BTreeMap<&str, usize> = self
            .units
            .iter()
            .map(|unit| unit.kind.as_str())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .zip(0..)
            .collect();
        let gives = |kind: &&str| self.forms.iter().map(|form| form.applies_to.covers(kind)).collect();
        let gives: Vec<Vec<bool>> = kinds.keys().map(gives).collect();
        let asks = |(kind, gives): (&&str, &Vec<bool>)| {
            let of_form = |element: &Element| gives.get(element.form.get()).is_some_and(|gives| *gives);
            self.elements.iter().map(|element| element.applies_to.covers(kind) && of_form(element)).collect()
        };
        self.index.asks = kinds.keys().zip(&gives).map(asks).collect();
        self.index.kinds = self.units.iter().map(|unit| kinds[unit.kind.as_str()]).collect();
        self.index.gives = gives;
    }

    /// The units that a unit came from directly.
    pub fn predecessors(&self, ix: UnitIx) -> &[UnitIx] {
        &self.index.predecessors[ix.get()]
    }

    /// The unit itself and all it came from.
    pub fn lineage(&self, ix: UnitIx) -> Vec<UnitIx> {
        let mut line = vec![ix];
        let mut next = 0;
        while let Some(ix) = line.get(next).copied() {
            line.extend_from_slice(self.predecessors(ix));
            next += 1;
        }
        line
    }

    /// The periods of a form that a unit owes by the end of a month of the programme's year.
    pub fn due(&self, form: FormIx, unit: UnitIx, month: u8) -> Vec<Period> {
        if !self.gives(form, unit) {
            return Vec::new();
        }
        let (form, unit) = (self.form(form), self.unit(unit));
        (1..=month)
            .filter_map(|end| form.frequency.period_ending(self.year, end))
            .filter(|period| unit.counts_for(*period))
            .collect()
    }
}

/// A published version of a programme.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Its number in the district's books, from 1.
    pub version: u32,
    /// What it says.
    pub programme: Arc<Programme>,
}

/// All published versions, oldest first; each year goes by its newest.
#[derive(Clone, Debug, Default)]
pub struct Editions(Vec<Edition>);

impl Editions {
    /// Adds a newer version.
    pub fn publish(&mut self, edition: Edition) {
        self.0.push(edition);
    }

    /// The newest version.
    pub fn newest(&self) -> Option<&Edition> {
        self.0.last()
    }

    /// The newest version for a year.
    pub fn edition_for(&self, year: i16) -> Option<&Edition> {
        self.0.iter().rev().find(|edition| edition.programme.year == year)
    }

    /// The newest programme for a year.
    pub fn for_year(&self, year: i16) -> Option<&Arc<Programme>> {
        self.edition_for(year).map(|edition| &edition.programme)
    }

    /// The programme of a version.
    pub fn version(&self, version: u32) -> Option<&Arc<Programme>> {
        self.0.iter().find(|edition| edition.version == version).map(|edition| &edition.programme)
    }

    /// All versions, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Edition> {
        self.0.iter()
    }
}
