//! Sheets of figures: the sample year, and what an officer would type into a file.

use gom_domain::Period;

use crate::repository;

/// The first line of every sheet.
pub const HEAD: &str = "unit,form,period,element,value\n";

/// The lines of the sample year: fifteen units, January to September 2024.
pub fn sample_year() -> Vec<String> {
    let sheet = std::fs::read_to_string(repository("demo/sample-2024/reports.csv")).unwrap();
    sheet.lines().skip(1).map(str::to_owned).collect()
}

/// A unit's sheet of the sample year's periods that end with a month.
pub fn month_of(unit: &str, month: u8) -> Vec<u8> {
    let wanted = |line: &String| {
        let mut cells = line.split(',');
        let ends = |period: &str| period.parse::<Period>().unwrap().last_month();
        cells.next() == Some(unit) && cells.nth(1).map(ends) == Some(month)
    };
    (HEAD.to_owned() + &sample_year().into_iter().filter(wanted).collect::<Vec<_>>().join("\n")).into_bytes()
}

/// A sheet of one report.
pub fn of(unit: &str, form: &str, period: &str, figures: &[(&str, &str)]) -> String {
    let line = |(element, value): &(&str, &str)| format!("{unit},{form},{period},{element},{value}\n");
    HEAD.to_owned() + &figures.iter().map(line).collect::<String>()
}
