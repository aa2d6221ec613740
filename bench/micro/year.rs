//! The sample year: a district's real programme and the synthetic reports of its fifteen units.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::element::{ElementIx, Value};
use gom_domain::examine::Record;
use gom_domain::form::FormIx;
use gom_domain::number::Notation;
use gom_domain::programme::{self, Baseline, Bundle, Programme, Quotas};
use gom_domain::submission::{Figures, Submission, SubmissionId};
use gom_domain::unit::UnitIx;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PROGRAMME: &str = "programmes/phung-hiep-2024";
const REPORTS: &str = "demo/sample-2024/reports.csv";

/// The year as it stands when everything is in.
#[derive(Debug)]
pub(crate) struct Year {
    pub(crate) programme: Programme,
    pub(crate) numbering: Numbering,
    pub(crate) reports: Vec<Report>,
    pub(crate) bodies: Vec<Vec<u8>>,
    /// What stands, and the same before anything was handed in.
    pub(crate) cells: Cells,
    pub(crate) empty: Cells,
}

/// A report and whose it is.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) unit: UnitIx,
    pub(crate) submission: Submission,
}

/// What stands of one unit.
pub(crate) struct Own<'a> {
    pub(crate) year: &'a Year,
    pub(crate) unit: UnitIx,
}

impl Record for Own<'_> {
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value> {
        let Year { cells, numbering, .. } = self.year;
        cells.figure(numbering.element(element), numbering.unit(self.unit), period)
    }

    fn quota(&self, element: ElementIx) -> Option<Value> {
        let Year { cells, numbering, programme, .. } = self.year;
        cells.quota(programme.year, numbering.element(element), numbering.unit(self.unit))
    }
}

impl Year {
    /// Reads the tables and the reports from the repository.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let bundle = bundle(&Path::new(REPOSITORY).join(PROGRAMME))?;
        let faults = |faults: Vec<programme::Fault>| anyhow!("{:?}", faults.first());
        let programme = programme::read(&bundle).map_err(faults)?.programme;
        let mut empty = Cells::default();
        let numbering = empty.number(&programme);
        let (quotas, _) =
            Quotas::read(&programme, bundle.get(Bundle::QUOTAS).context("no quotas")?).map_err(faults)?;
        let before = bundle.get(Bundle::BASELINE).context("no year before")?;
        let baseline = Baseline::read(&programme, before).map_err(faults)?;
        empty.set_quotas(&programme, &numbering, &quotas);
        empty.set_baseline(&programme, &numbering, &baseline);
        let reports = reports(&programme)?;
        let mut cells = empty.clone();
        for Report { unit, submission: Submission { form, period, figures, .. } } in &reports {
            cells.stand(&programme, &numbering, *unit, *form, *period, figures);
        }
        let encode = |report: &Report| gom_proto::submission::encode(&report.submission);
        let bodies = reports.iter().map(encode).collect();
        Ok(Self { programme, numbering, reports, bodies, cells, empty })
    }
}

fn bundle(folder: &Path) -> anyhow::Result<Bundle> {
    let mut bundle = Bundle::default();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a file without a name")?;
        bundle.insert(name, std::fs::read(&path)?);
    }
    Ok(bundle)
}

/// The reports of the officers' sheets, in the order of units, forms and periods.
fn reports(programme: &Programme) -> anyhow::Result<Vec<Report>> {
    let mut figures: BTreeMap<(UnitIx, FormIx, Period), Figures> = BTreeMap::new();
    for row in csv::Reader::from_path(Path::new(REPOSITORY).join(REPORTS))?.records() {
        let row = row?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let period: Period = cell(2).parse().map_err(|_| anyhow!("{} is no period", cell(2)))?;
        let unit = programme.unit_named(cell(0), period.last_day()).context("an unknown unit")?;
        let form = programme.form_named(cell(1)).context("an unknown form")?;
        let element = programme.element_named(cell(3)).context("an unknown element")?;
        let value = programme.element(element).read(cell(4), Notation::Plain);
        let value = value.map_err(|_| anyhow!("{} is no figure", cell(4)))?;
        let elements = &programme.form(form).elements;
        let place = elements.iter().position(|own| *own == element).context("an element of another form")?;
        let blank = || vec![None; elements.len()];
        figures.entry((unit, form, period)).or_insert_with(blank)[place] = value;
    }
    ensure!(!figures.is_empty(), "there are no reports");
    Ok((1..).zip(figures).map(|(number, (about, figures))| report(number, about, figures)).collect())
}

fn report(number: i64, (unit, form, period): (UnitIx, FormIx, Period), figures: Figures) -> Report {
    let id = SubmissionId::new(number, [0; 10]);
    let (programme_version, base, notes, reason) = (1, None, Vec::new(), String::new());
    let submission = Submission {
        id,
        programme_version,
        form,
        period,
        base,
        figures,
        notes,
        reason,
        officer: String::new(),
    };
    Report { unit, submission }
}
