//! Settling a conflict: the officer accepts what stands, or takes the own figures up again on top of it.
//!
//! Both versions stay in the history, whichever is kept.

use gom_domain::ruling::Verdict;

use crate::drafts;
use crate::failure::{Failure, Mistake};
use crate::history::{History, Report};
use crate::programme::{Place, Programmes};
use crate::store::{DraftRow, Rows};

/// Which version the officer keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The own figures, handed in anew.
    Mine,
    /// What stands.
    Theirs,
}

/// What settling a conflict has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The own figures are a draft on what stands, to be handed in.
    Drafted,
    /// The own figures are those that stand, so nothing is left to hand in.
    Same,
    /// What stands is accepted.
    Accepted {
        /// Whether a draft of the form and period was dropped.
        dropped_draft: bool,
    },
}

pub(crate) fn resolve(
    rows: &Rows<'_>,
    programmes: &Programmes,
    form: &str,
    period: &str,
    keep: Keep,
) -> Result<Resolved, Failure> {
    let place = programmes
        .place_typed(form, period)
        .map_err(|problems| Failure::Mistakes(problems.into_iter().map(Mistake::from).collect()))?;
    let history = History::load(rows, programmes, place.key(), place.period)?;
    let mistake = |mistake: fn(String, String) -> Mistake| {
        Failure::Mistakes(vec![mistake(form.to_owned(), place.period.to_string())])
    };
    let conflict = history.conflict().ok_or_else(|| mistake(Mistake::NoConflict))?;
    if history.standing().is_none() && something_stands(conflict) {
        return Err(mistake(Mistake::NotPulled));
    }
    let draft = rows.draft(place.key(), place.period)?;
    match keep {
        Keep::Theirs => {
            rows.delete_draft(place.key(), place.period)?;
            accept(rows, &place)?;
            Ok(Resolved::Accepted { dropped_draft: draft.is_some() })
        }
        Keep::Mine => {
            let mut cells = programmes.filled(&conflict.body).ok_or(Failure::UpdateNeeded)?;
            if let Some(draft) = &draft {
                drafts::lay_changes(programmes, &history, draft, &mut cells)?;
            }
            let base = history.standing().map(|report| report.id);
            let notes = draft.map(|draft| draft.notes).unwrap_or_default();
            let draft = DraftRow { form: place.key().to_owned(), period: place.period, base, cells, notes };
            if drafts::keep(rows, programmes, &history, &draft)? {
                return Ok(Resolved::Drafted);
            }
            accept(rows, &place)?;
            Ok(Resolved::Same)
        }
    }
}

fn something_stands(conflict: &Report) -> bool {
    let verdict = conflict.receipt.as_ref().map(|receipt| &receipt.ruling.verdict);
    matches!(verdict, Some(Verdict::Conflict { current: 1.. }))
}

/// Accepts what stands in place of all that was refused of a form and period.
fn accept(rows: &Rows<'_>, place: &Place) -> Result<(), Failure> {
    for operation in rows.unresolved()? {
        if operation.form == place.key() && operation.period == place.period {
            rows.resolve(operation.epoch, operation.sequence)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::fixture::{commune, filed_budget, folder, rule};
    use crate::outbox::Which;
    use crate::show::CellState;
    use crate::store::Store;

    /// A folder whose budget of May is in conflict with what the district has entered: 20 of domestic revenue.
    fn in_conflict() -> TempDir {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        office.submit(&Which::All, None).unwrap();
        rule(&folder, 1, Verdict::Conflict { current: 1 });
        folder
    }

    fn with_what_stands() -> TempDir {
        let folder = in_conflict();
        let mut store = Store::open(folder.path()).unwrap();
        store.write(|rows| rows.put_filed(&filed_budget(5, 1, 20, true))).unwrap();
        folder
    }

    #[test]
    fn what_stands_is_accepted_and_both_stay_in_the_history() {
        let folder = with_what_stands();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "3")]).unwrap();
        let resolved = office.resolve("budget", "2024-05", Keep::Theirs).unwrap();
        assert_eq!(resolved, Resolved::Accepted { dropped_draft: true });
        drop(office);
        let office = commune(&folder);
        let status = office.status().unwrap();
        assert_eq!((status.conflicts, status.attention.len(), status.drafts), (0, 0, 0));
        let view = office.form("budget", "2024-05").unwrap();
        assert_eq!((view.state, view.revisions.len()), (CellState::District(1), 2));
        assert!(view.comparison.is_none());
        assert_eq!(
            office.year(None).unwrap().rows.iter().find(|row| row.form == "budget").unwrap().cells[4].1,
            CellState::District(1)
        );
        match office.resolve("budget", "2024-05", Keep::Theirs) {
            Err(Failure::Mistakes(mistakes)) => {
                assert_eq!(mistakes, [Mistake::NoConflict("budget".into(), "2024-05".into())]);
            }
            other => panic!("{other:?}"),
        }
        rule(&folder, 1, Verdict::Conflict { current: 1 });
        assert_eq!(office.status().unwrap().conflicts, 0, "the same ruling told again");
        let anew = crate::fixture::receipt(900, Verdict::Conflict { current: 3 });
        Store::open(folder.path()).unwrap().write(|rows| rows.settle(1, &[(1, anew)], None)).unwrap();
        assert_eq!(office.status().unwrap().conflicts, 1, "another ruling asks anew");
    }

    #[test]
    fn the_own_figures_are_taken_up_again_whole() {
        let folder = with_what_stands();
        let office = commune(&folder);
        let entered = office.set("budget", "2024-05", &[("domestic_revenue", "7")]).unwrap();
        assert_eq!(entered.left_out, 1, "the tax revenue");
        assert!(office.form("budget", "2024-05").unwrap().comparison.is_some(), "until it is settled");
        assert_eq!(office.resolve("budget", "2024-05", Keep::Mine).unwrap(), Resolved::Drafted);
        let draft = office.drafts().unwrap().remove(0);
        assert_eq!((draft.cells["tax_revenue"], draft.cells["domestic_revenue"]), (1_000, 7_000));
        assert!(!office.form("budget", "2024-05").unwrap().base_is_outdated);
        assert_eq!(office.set("budget", "2024-05", &[("domestic_revenue", "2")]).unwrap().left_out, 0);
        assert_eq!(office.status().unwrap().conflicts, 1, "until it is handed in");
        office.submit(&Which::All, None).unwrap();
        let status = office.status().unwrap();
        assert_eq!((status.conflicts, status.queued), (0, 1));
        assert!(matches!(office.resolve("budget", "2024-05", Keep::Mine), Err(Failure::Mistakes(_))));
    }

    #[test]
    fn what_has_not_been_seen_is_not_accepted() {
        let folder = in_conflict();
        match commune(&folder).resolve("budget", "2024-05", Keep::Theirs) {
            Err(Failure::Mistakes(mistakes)) => assert!(matches!(mistakes[..], [Mistake::NotPulled(..)])),
            other => panic!("{other:?}"),
        }
    }
}
