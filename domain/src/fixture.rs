//! A small district for tests: one monthly form in 2025, one target, and what was told to it.

use crate::cells::{Cells, Numbering};
use crate::element::Value;
use crate::period::Period;
use crate::programme::{self, Baseline, Bundle, Programme, Quotas};
use crate::totals::View;

const FORMS: &str = "key,label_vi,label_en,frequency,applies_to,window,closing_day,send_by_day,restricted\nmonthly,a,a,month,all,,,5,\n";
const TARGETS: &str = "ref,group,key,label_vi,label_en,comparator,value,printed,unit_vi,unit,scope,formula,pace,from,doubt,note";

/// A district with one target.
pub(crate) struct District {
    pub(crate) programme: Programme,
    numbering: Numbering,
    cells: Cells,
}

impl District {
    /// A district with these tables of units and elements, and this row of the targets table.
    pub(crate) fn new(units: &str, elements: &str, target: &str) -> Self {
        let targets = format!("{TARGETS}\n{target}\n");
        let files = [
            ("programme.toml", "key = \"p\"\nname_vi = \"p\"\nyear = 2025\nwindow = \"calendar\"\n"),
            ("units.csv", units),
            ("forms.csv", FORMS),
            ("elements.csv", elements),
            ("groups.csv", "group,label_vi,label_en\n1,g,g\n"),
            ("targets.csv", &targets),
            ("rules.csv", "key,form,element,level,expression,message_vi,message_en\n"),
        ];
        let bundle: Bundle = files.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect();
        let programme = programme::read(&bundle).unwrap().programme;
        let mut cells = Cells::default();
        Self { numbering: cells.number(&programme), programme, cells }
    }

    /// Lets a unit's reports of some months stand, each with the same figures in the order of the elements.
    pub(crate) fn told(
        mut self,
        unit: &str,
        months: impl IntoIterator<Item = u8>,
        figures: impl AsRef<[Option<Value>]>,
    ) -> Self {
        let unit = self.programme.unit_of(&unit.into()).unwrap();
        let form = self.programme.form_named("monthly").unwrap();
        for month in months {
            let period = Period::month(2025, month).unwrap();
            self.cells.stand(&self.programme, &self.numbering, unit, form, period, figures.as_ref());
        }
        self
    }

    /// The figures of the year before, as rows of the table.
    pub(crate) fn before(mut self, rows: &[&str]) -> Self {
        let table = format!("unit,element,period,value\n{}\n", rows.join("\n"));
        let baseline = Baseline::read(&self.programme, table.as_bytes()).unwrap();
        self.cells.set_baseline(&self.programme, &self.numbering, &baseline);
        self
    }

    /// The quotas of the year, as rows of the table.
    pub(crate) fn allotted(mut self, rows: &[&str]) -> Self {
        let table = format!("unit,element,value\n{}\n", rows.join("\n"));
        let (quotas, _) = Quotas::read(&self.programme, table.as_bytes()).unwrap();
        self.cells.set_quotas(&self.programme, &self.numbering, &quotas);
        self
    }

    /// The figures seen as of a month.
    pub(crate) fn view(&self, month: u8) -> View<'_> {
        View::new(&self.programme, &self.numbering, &self.cells, month)
    }
}
