//! One CSV table of a programme: its rows with their lines, and the faults met while reading cells.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::fault::{Fault, Problem};
use super::found::Found;
use crate::number::{Decimal, Notation};
use crate::text::{self, Lines};

/// Collects faults of one file.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    file: &'a str,
    found: &'a Found,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &'a str, found: &'a Found) -> Self {
        Self { file, found }
    }

    /// Any name may be missing from the file.
    fn lose_table(&self) {
        self.found.lose_table(self.file);
    }

    /// These names stand in the file, in a row that cannot be used.
    fn lose_names<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        self.found.lose_names(self.file, names);
    }

    pub(super) fn add(&self, line: Option<u64>, column: &str, problem: Problem) {
        let fault = Fault { file: self.file.to_owned(), line, column: column.to_owned(), problem };
        self.found.add(fault);
    }
}

/// A table's rows.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) faults: Faults<'a>,
    columns: HashMap<String, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
    has_broken_rows: bool,
}

/// One row; cells are read by column name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    table: &'a Table<'a>,
    pub(super) line: u64,
    record: &'a csv::StringRecord,
}

impl<'a> Table<'a> {
    /// Reads a table that must have exactly these columns, in any order; those of `spare` it may lack, which reads as
    /// blank.
    pub(super) fn read(bytes: Option<&[u8]>, columns: &[&str], spare: &[&str], faults: Faults<'a>) -> Self {
        let mut table = Self { faults, columns: HashMap::new(), rows: Vec::new(), has_broken_rows: false };
        let Some(bytes) = bytes else {
            table.faults.add(None, "", Problem::MissingFile);
            table.faults.lose_table();
            return table;
        };
        let Ok(body) = std::str::from_utf8(bytes) else {
            table.faults.add(None, "", Problem::NotText);
            table.faults.lose_table();
            return table;
        };
        let body = body.strip_prefix('\u{feff}').unwrap_or(body);
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(body.as_bytes());
        if body.trim().is_empty() {
            table.faults.add(None, "", Problem::Empty);
            table.faults.lose_table();
        } else if table.take_header(&mut reader, columns, spare) {
            table.take_rows(&mut reader, &Lines::of(body));
        } else {
            table.faults.lose_table();
        }
        table
    }

    fn take_header(&mut self, reader: &mut csv::Reader<&[u8]>, columns: &[&str], spare: &[&str]) -> bool {
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(_) => csv::StringRecord::new(),
        };
        if header.len() == 1 && header.get(0).is_some_and(|first| first.contains(';')) {
            self.faults.add(Some(1), "", Problem::Semicolons);
            return false;
        }
        for (place, name) in header.iter().enumerate() {
            if !columns.contains(&name) && !spare.contains(&name) {
                self.faults.add(Some(1), name, Problem::UnknownColumn);
            }
            if self.columns.insert(name.to_owned(), place).is_some() {
                self.faults.add(Some(1), name, Problem::Twice(name.to_owned(), 1));
            }
        }
        let missing: Vec<&&str> =
            columns.iter().filter(|column| !self.columns.contains_key(**column)).collect();
        for column in &missing {
            self.faults.add(Some(1), column, Problem::MissingColumn);
        }
        missing.is_empty()
    }

    fn take_rows(&mut self, reader: &mut csv::Reader<&[u8]>, lines: &Lines<'_>) {
        let line = |position: Option<&csv::Position>| position.map(|at| lines.of_row(at.byte()));
        let width = reader.headers().map_or(0, csv::StringRecord::len);
        for record in reader.records() {
            match record {
                Ok(record) if record.len() == width => {
                    let line = line(record.position()).unwrap_or(0);
                    self.check_composed(line, &record);
                    self.rows.push((line, record));
                }
                Ok(record) => {
                    self.take_broken(line(record.position()));
                    self.faults.lose_names(&record);
                    // A quotation mark that was never closed swallows the rows after it.
                    if record.iter().any(|cell| cell.contains('\n')) {
                        self.faults.lose_table();
                    }
                }
                Err(error) => {
                    self.take_broken(line(error.position()));
                    self.faults.lose_table();
                }
            }
        }
    }

    fn take_broken(&mut self, line: Option<u64>) {
        self.faults.add(line, "", Problem::Broken);
        self.has_broken_rows = true;
    }

    /// Whether rows are missing from it that could not even be taken apart into cells.
    pub(super) fn has_broken_rows(&self) -> bool {
        self.has_broken_rows
    }

    fn check_composed(&self, line: u64, record: &csv::StringRecord) {
        for (column, place) in &self.columns {
            if !text::is_composed(record.get(*place).unwrap_or_default()) {
                self.faults.add(Some(line), column, Problem::NotComposed);
            }
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(move |(line, record)| Row { table: self, line: *line, record })
    }

    /// Reports every text of these columns that stands in more than one row, and drops the later rows.
    pub(super) fn check_unique(&mut self, columns: &[&str]) {
        let mut repeated = HashSet::new();
        for column in columns {
            let mut seen = HashMap::new();
            for row in self.rows() {
                let text = row.cell(column);
                match seen.get(text) {
                    Some(first) if !text.is_empty() => {
                        row.fault(column, Problem::Twice(text.to_owned(), *first));
                        self.faults.lose_names(row.record);
                        repeated.insert(row.line);
                    }
                    _ => _ = seen.insert(text, row.line),
                }
            }
        }
        self.rows.retain(|(line, _)| !repeated.contains(line));
    }
}

impl<'a> Row<'a> {
    /// A cell's text; empty where it is blank.
    pub(super) fn cell(&self, column: &str) -> &'a str {
        self.table.columns.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    /// What these cells name cannot be judged; why was reported.
    pub(super) fn lose_names(&self, columns: &[&str]) {
        self.table.faults.lose_names(columns.iter().map(|column| self.cell(column)));
    }

    pub(super) fn fault(&self, column: &str, problem: Problem) {
        self.table.faults.add(Some(self.line), column, problem);
    }

    /// A cell that must be filled in.
    pub(super) fn text(&self, column: &str) -> String {
        let text = self.cell(column);
        if text.is_empty() {
            self.fault(column, Problem::Missing);
        }
        text.to_owned()
    }

    /// A key: lower-case letters, digits, `-`, `_`.
    pub(super) fn key(&self, column: &str) -> String {
        let text = self.text(column);
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !text.chars().all(good) {
            self.fault(column, Problem::BadKey(text.clone()));
        }
        text
    }

    /// A word out of a fixed list.
    pub(super) fn one_of<T>(
        &self,
        column: &str,
        allowed: &'static str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.cell(column);
        let found = find(text);
        if found.is_none() {
            self.fault(column, Problem::NotOneOf(text.to_owned(), allowed));
        }
        found
    }

    /// `yes`, `no` or blank, which is no.
    pub(super) fn yes(&self, column: &str) -> bool {
        let read = |text: &str| match text {
            "yes" => Some(true),
            "no" | "" => Some(false),
            _ => None,
        };
        self.one_of(column, "yes, no", read).unwrap_or(false)
    }

    /// A whole number within limits; blank is none.
    pub(super) fn number(&self, column: &str, low: i64, high: i64) -> Option<i64> {
        let text = self.cell(column);
        let number = text.parse().ok().filter(|number| (low..=high).contains(number));
        if number.is_none() && !text.is_empty() {
            self.fault(column, Problem::NotBetween(text.to_owned(), low, high));
        }
        number
    }

    /// A decimal number; blank is none.
    pub(super) fn decimal(&self, column: &str) -> Option<Decimal> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        let read = Decimal::parse(text, Notation::Plain);
        read.map_err(|fault| self.fault(column, Problem::Number(text.to_owned(), fault))).ok()
    }

    /// A date; blank is none.
    pub(super) fn date(&self, column: &str) -> Option<Date> {
        let text = self.cell(column);
        let date = text.parse().ok().filter(|_| text.len() == "2024-01-01".len());
        if date.is_none() && !text.is_empty() {
            self.fault(column, Problem::NotADate(text.to_owned()));
        }
        date
    }
}
