//! What the officer says to warnings: a field beside each, kept as figures are.

use std::collections::BTreeMap;

use gom_domain::Lang;
use gom_domain::examine::Finding;
use gom_domain::rule::Level;
use maud::{Markup, html};

use crate::outbox::LONGEST_NOTE;
use crate::show::{CellState, FormView};
use crate::{Commune, Failure, Mistake};

/// What the names of such fields begin with, and what divides them: no key has it.
const NAME: &str = "note";
const BETWEEN: char = '~';

/// The field beside a warning of a draft; `of` is the form on the page that sends it, where it does not stand in one.
pub(super) fn field(view: &FormView, finding: &Finding, of: Option<&str>, lang: Lang) -> Markup {
    if finding.level == Level::Error || view.state != CellState::Draft {
        return html! {};
    }
    let (rule, element) = finding.named(view.place.programme());
    let period = view.place.period.to_string();
    let name = [NAME, view.place.key(), &period, rule, element].join(&BETWEEN.to_string());
    let said = view.notes.get(&(rule.to_owned(), element.to_owned()));
    html! {
        label.note {
            span { (lang.pick("Giải trình", "Explanation")) (of_what(view, finding, lang)) }
            input name=(name) value=[said] form=[of] maxlength=(LONGEST_NOTE) autocomplete="off";
        }
    }
}

/// The same for a cell that is blank: folded until it is asked for or holds something, for a sheet begins with nothing but
/// blank cells.
pub(super) fn folded(view: &FormView, finding: &Finding, lang: Lang) -> Markup {
    let field = field(view, finding, None, lang);
    let (rule, element) = finding.named(view.place.programme());
    if field.0.is_empty() || view.notes.contains_key(&(rule.to_owned(), element.to_owned())) {
        return field;
    }
    html! {
        details.note {
            summary { (lang.pick("Giải trình vì sao để trống", "Explain why it is blank")) (of_what(view, finding, lang)) }
            (field)
        }
    }
}

/// Of which cell, for whoever hears and does not see where it stands.
fn of_what(view: &FormView, finding: &Finding, lang: Lang) -> Markup {
    html! {
        @if let Some(element) = finding.element {
            span.unseen { ": " (view.place.programme().element(element).label.get(lang)) }
        }
    }
}

/// Takes the notes out of what a page sends; the rest is left.
pub(super) fn take(pairs: &mut Vec<(String, String)>) -> Vec<(String, String)> {
    let is_note = |(name, _): &mut (String, String)| name.split(BETWEEN).next() == Some(NAME) && name != NAME;
    pairs.extract_if(.., is_note).collect()
}

/// Keeps notes, form by form. Where there is no draft any more, nothing is handed in that they could explain.
pub(super) fn keep(commune: &Commune, notes: &[(String, String)]) -> Result<(), Failure> {
    let mut of_forms = BTreeMap::<_, Vec<_>>::new();
    for (name, text) in notes {
        if let [_, form, period, rule, element] = name.split(BETWEEN).collect::<Vec<_>>()[..] {
            of_forms.entry((form, period)).or_default().push((rule, element, text.as_str()));
        }
    }
    for ((form, period), notes) in of_forms {
        match commune.explain(form, period, &notes) {
            Err(Failure::Mistakes(mistakes)) if matches!(mistakes[..], [Mistake::NoDraft(..)]) => {}
            kept => kept?,
        }
    }
    Ok(())
}
