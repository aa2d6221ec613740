//! The sample year's reports: synthetic figures of fifteen units from January to September.

use gom_domain::Period;

/// `unit,form,period,element,value`; units by their code.
const REPORTS: &str = include_str!("../sample-2024/reports.csv");

/// One unit's sheet of the forms that end with a month, as its officer would keep it. `chosen` picks the forms.
pub(crate) fn sheet(code: &str, month: u8, chosen: impl Fn(&str) -> bool) -> anyhow::Result<Vec<u8>> {
    let mut reader = csv::Reader::from_reader(REPORTS.as_bytes());
    let mut sheet = csv::Writer::from_writer(Vec::new());
    sheet.write_record(reader.headers()?)?;
    for row in reader.records() {
        let row = row?;
        let ends = row.get(2).and_then(|period| period.parse::<Period>().ok()).map(Period::last_month);
        if row.get(0) == Some(code) && ends == Some(month) && row.get(1).is_some_and(&chosen) {
            sheet.write_record(&row)?;
        }
    }
    Ok(sheet.into_inner()?)
}
