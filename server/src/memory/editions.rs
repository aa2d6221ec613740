//! The published versions of the programmes, as reports are read along them.

use std::sync::Arc;

use gom_domain::cells::Numbering;
use gom_domain::form::Form;
use gom_domain::programme::{self, Bundle, Edition, Programme};
use gom_domain::unit::UnitIx;

use super::Memory;
use crate::store::{ChangeRow, StoreError, Stored};

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
    pub(super) dropped: Vec<Vec<u16>>,
}

impl Memory {
    pub(super) fn learn_edition(&mut self, row: &ChangeRow) -> Stored<()> {
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
}

/// The edition of a version; versions are numbered from 1 without gaps.
pub(super) fn edition(editions: &[PublishedEdition], version: u32) -> Option<&PublishedEdition> {
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
