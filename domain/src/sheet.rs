//! Sheets: figures as files carry them, one a line: `unit,form,period,element,value`.
//!
//! The same columns go in (import, entry on behalf of a unit) and come out (export). A sheet is read whole, and
//! everything that is wrong with it is said at once, line by line.

use std::collections::HashMap;

use crate::element::{ElementIx, FigureFault, Value};
use crate::form::FormIx;
use crate::number::Notation;
use crate::period::Period;
use crate::programme::{Editions, Programme};
use crate::text::{self, Lines};
use crate::unit::{Unit, UnitId};

/// The columns of a sheet, in their order.
pub const COLUMNS: [&str; 5] = ["unit", "form", "period", "element", "value"];

/// The largest sheet that is read, in megabytes; a district's year is a hundredth of it.
pub const LARGEST_MB: usize = 32;

/// One cell that a sheet fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The line it stands in, from 1.
    pub line: u64,
    /// Its form.
    pub form: FormIx,
    /// Its period.
    pub period: Period,
    /// Its element.
    pub element: ElementIx,
    /// Its figure; a blank is no value.
    pub value: Option<Value>,
}

/// What a sheet holds for one unit.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The unit's cells in the order of their lines.
    pub cells: Vec<Cell>,
    /// Lines of other units, which are counted and left out.
    pub others: u64,
}

/// What is wrong, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFault {
    /// The line, from 1; none for the whole file.
    pub line: Option<u64>,
    /// What is wrong with it.
    pub problem: SheetProblem,
}

/// The ways in which a sheet can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetProblem {
    /// Nothing is in the file.
    Empty,
    /// No UTF-8.
    NotText,
    /// Larger than so many megabytes.
    TooBig(usize),
    /// Columns separated by semicolons.
    Semicolons,
    /// Other columns than these.
    Columns(String),
    /// A line that is no row of the table.
    Broken,
    /// No unit of that code or id exists in the period.
    UnknownUnit(String),
    /// No such form.
    UnknownForm(String),
    /// No such element.
    UnknownElement(String),
    /// The element stands in another form.
    NotInForm(String, String),
    /// No period.
    NotAPeriod(String),
    /// A period of another frequency than the form's; with one that would do.
    WrongFrequency(String, String),
    /// A period of a year that no programme has been published for.
    NoProgramme(i16),
    /// The form is for units of another kind.
    FormNotForUnit(String),
    /// The element is for units of another kind.
    ElementNotForUnit(String),
    /// A figure that its element cannot take.
    Figure(String, String, FigureFault),
    /// The cell has been filled in by an earlier line.
    Twice(u64),
}

/// Reads a sheet for one unit. Lines of other units are counted and left out.
pub fn read(editions: &Editions, own: &UnitId, bytes: &[u8]) -> Result<Sheet, Vec<SheetFault>> {
    let body = decode(bytes).map_err(|problem| vec![SheetFault { line: None, problem }])?;
    if body.trim().is_empty() {
        return Err(vec![SheetFault { line: None, problem: SheetProblem::Empty }]);
    }
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(body.as_bytes());
    check_columns(&mut reader).map_err(|problem| vec![SheetFault { line: Some(1), problem }])?;
    let (mut sheet, mut faults) = (Sheet::default(), Vec::new());
    let lines = Lines::of(&body);
    let mut seen = HashMap::new();
    for record in reader.records() {
        let (position, row) = match &record {
            Ok(record) => (record.position(), Row::of(record)),
            Err(error) => (error.position(), None),
        };
        let line = position.map_or(0, |position| lines.of_row(position.byte()));
        let read = row.ok_or(SheetProblem::Broken).and_then(|row| row.read(editions, own, line));
        match read {
            Ok(Some(cell)) => match seen.insert((cell.form, cell.period, cell.element), line) {
                None => sheet.cells.push(cell),
                Some(first) => {
                    faults.push(SheetFault { line: Some(line), problem: SheetProblem::Twice(first) });
                }
            },
            Ok(None) => sheet.others += 1,
            Err(problem) => faults.push(SheetFault { line: Some(line), problem }),
        }
    }
    if faults.is_empty() { Ok(sheet) } else { Err(faults) }
}

/// The file's text in NFC, without a byte order mark.
fn decode(bytes: &[u8]) -> Result<String, SheetProblem> {
    if bytes.len() > LARGEST_MB * 1024 * 1024 {
        return Err(SheetProblem::TooBig(LARGEST_MB));
    }
    let body = std::str::from_utf8(bytes).map_err(|_| SheetProblem::NotText)?;
    Ok(text::nfc(body.strip_prefix('\u{feff}').unwrap_or(body)))
}

fn check_columns(reader: &mut csv::Reader<&[u8]>) -> Result<(), SheetProblem> {
    let wanted = || SheetProblem::Columns(COLUMNS.join(","));
    let header = reader.headers().map_err(|_| wanted())?;
    if header.iter().eq(COLUMNS) {
        return Ok(());
    }
    let semicolons = header.len() == 1 && header.get(0).is_some_and(|first| first.contains(';'));
    Err(if semicolons { SheetProblem::Semicolons } else { wanted() })
}

struct Row<'a> {
    unit: &'a str,
    form: &'a str,
    period: &'a str,
    element: &'a str,
    value: &'a str,
}

impl<'a> Row<'a> {
    fn of(record: &'a csv::StringRecord) -> Option<Self> {
        let [unit, form, period, element, value] = [0, 1, 2, 3, 4].map(|column| record.get(column));
        // No cell has two lines, but everything after a quotation mark that was never closed looks like one.
        let whole = record.len() == COLUMNS.len() && !record.iter().any(|cell| cell.contains('\n'));
        whole.then_some(Self { unit: unit?, form: form?, period: period?, element: element?, value: value? })
    }

    /// The row's cell, or none where it is another unit's.
    fn read(&self, editions: &Editions, own: &UnitId, line: u64) -> Result<Option<Cell>, SheetProblem> {
        let period: Period =
            self.period.parse().map_err(|_| SheetProblem::NotAPeriod(self.period.to_owned()))?;
        let programme = editions.for_year(period.year()).ok_or(SheetProblem::NoProgramme(period.year()))?;
        let unit = programme
            .unit_named(self.unit, period.last_day())
            .map(|unit| programme.unit(unit))
            .ok_or_else(|| SheetProblem::UnknownUnit(self.unit.to_owned()))?;
        if unit.id != *own {
            return Ok(None);
        }
        let form =
            programme.form_named(self.form).ok_or_else(|| SheetProblem::UnknownForm(self.form.to_owned()))?;
        check_period(programme, form, period)?;
        let element = programme
            .element_named(self.element)
            .ok_or_else(|| SheetProblem::UnknownElement(self.element.to_owned()))?;
        let value = self.figure(programme, form, element, unit)?;
        Ok(Some(Cell { line, form, period, element, value }))
    }

    fn figure(
        &self,
        programme: &Programme,
        form: FormIx,
        element: ElementIx,
        unit: &Unit,
    ) -> Result<Option<Value>, SheetProblem> {
        let asked = programme.element(element);
        if asked.form != form {
            return Err(SheetProblem::NotInForm(self.element.to_owned(), self.form.to_owned()));
        }
        if !programme.form(form).applies_to.covers(&unit.kind) {
            return Err(SheetProblem::FormNotForUnit(self.form.to_owned()));
        }
        if !asked.applies_to.covers(&unit.kind) {
            return Err(SheetProblem::ElementNotForUnit(self.element.to_owned()));
        }
        asked
            .read(self.value, Notation::Plain)
            .map_err(|fault| SheetProblem::Figure(self.element.to_owned(), self.value.to_owned(), fault))
    }
}

/// Whether a form takes a period, which is one of its frequency.
fn check_period(programme: &Programme, form: FormIx, period: Period) -> Result<(), SheetProblem> {
    let asked = programme.form(form);
    if !asked.takes(period) {
        let example =
            asked.frequency.period_ending(programme.year, 12).map_or(String::new(), |p| p.to_string());
        return Err(SheetProblem::WrongFrequency(asked.key.clone(), example));
    }
    Ok(())
}
