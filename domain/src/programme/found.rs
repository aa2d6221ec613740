//! The faults found so far, and what can no longer be judged because of them: what follows from a row or a table that
//! was reported already is not reported again.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use super::fault::{Fault, Problem};
use crate::formula::SyntaxProblem;

/// Faults, and what they leave open.
#[derive(Debug, Default)]
pub(super) struct Found {
    faults: RefCell<Vec<Fault>>,
    lost_tables: RefCell<HashSet<String>>,
    lost_names: RefCell<HashSet<(String, String)>>,
    lost_year: Cell<bool>,
}

impl Found {
    /// Notes a fault, unless it follows from one before it.
    pub(super) fn add(&self, fault: Fault) {
        if !self.follows(&fault.problem) {
            self.faults.borrow_mut().push(fault);
        }
    }

    /// Any name may be missing from the table.
    pub(super) fn lose_table(&self, file: &str) {
        self.lost_tables.borrow_mut().insert(file.to_owned());
    }

    /// These names stand in the table, in a row that cannot be used.
    pub(super) fn lose_names<'a>(&self, file: &str, names: impl IntoIterator<Item = &'a str>) {
        let names =
            names.into_iter().filter(|name| !name.is_empty()).map(|name| (file.to_owned(), name.to_owned()));
        self.lost_names.borrow_mut().extend(names);
    }

    /// The programme's year is not known.
    pub(super) fn lose_year(&self) {
        self.lost_year.set(true);
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }

    fn follows(&self, problem: &Problem) -> bool {
        match problem {
            Problem::Unknown(table, name) => {
                self.lost(&format!("{}.csv", table.split(' ').next().unwrap_or(table)), name)
            }
            Problem::Formula(_, SyntaxProblem::UnknownElement(name)) => self.lost("elements.csv", name),
            Problem::SuccessorNotThere(id) | Problem::CodeShared(_, id) => self.lost(UNITS, id),
            Problem::UnknownUnit(name) => self.lost_year.get() || self.lost(UNITS, name),
            Problem::AmbiguousUnit(_, ids) => {
                self.lost_year.get() || ids.iter().any(|id| self.lost(UNITS, id))
            }
            Problem::WrongYear(..) => self.lost_year.get(),
            Problem::NobodyReports => self.lost_any(UNITS) || self.lost_any("forms.csv"),
            _ => false,
        }
    }

    /// Whether the name may stand in a part of the table that was reported.
    fn lost(&self, file: &str, name: &str) -> bool {
        self.lost_tables.borrow().contains(file)
            || self.lost_names.borrow().contains(&(file.to_owned(), name.to_owned()))
    }

    fn lost_any(&self, file: &str) -> bool {
        self.lost_tables.borrow().contains(file)
            || self.lost_names.borrow().iter().any(|(table, _)| table == file)
    }
}

const UNITS: &str = "units.csv";
