//! A formula with its numbers, as people read it.

use gom_domain::formula::{Aspect, Expr, Term, Writing};
use gom_domain::target::Comparator;
use gom_domain::{Lang, Quantity};

use crate::explain::Explanation;

/// The formula with each term as `name` writes it, and below what it comes to. None for what has no formula.
pub fn formula(explanation: &Explanation, name: &dyn Fn(Term) -> String, lang: Lang) -> Option<String> {
    let expr = &explanation.target.formula.as_ref()?.expr;
    let names = Writing::Prose(lang).formula(expr, name);
    let comparator = explanation.target.comparator;
    let outcome = if explanation.due == 0 {
        format!("{}\n", lang.pick("Chưa có kỳ nào đến hạn.", "Nothing is due yet."))
    } else if comparator.is_each() {
        String::new()
    } else if comparator.looks_back() && explanation.progress.previous.is_some() {
        both_years(explanation, expr, lang)
    } else {
        outcome(explanation, expr, lang)
    };
    Some(format!("{names}\n{outcome}"))
}

/// The formula with its numbers, and their outcome.
fn outcome(explanation: &Explanation, expr: &Expr, lang: Lang) -> String {
    let numbers = numbers(explanation, expr, false, lang);
    let actual = whole(explanation.progress.actual.as_ref(), lang);
    let steps = if numbers == actual { String::new() } else { format!("= {numbers}\n") };
    format!("{steps}= {actual} {}\n", explanation.target.unit.get(lang))
}

/// The formula with the numbers of this year, and below with those of the year before.
fn both_years(explanation: &Explanation, expr: &Expr, lang: Lang) -> String {
    let falls_by = explanation.target.comparator == Comparator::FallsBy;
    // The measure is that of the fall, and not of the levels.
    let unit = if falls_by { "" } else { explanation.target.unit.get(lang) };
    let line = |year: &str, back: bool, value: Option<&Quantity>| {
        let numbers = numbers(explanation, expr, back, lang);
        format!("{year}: {numbers} = {} {unit}", whole(value, lang)).trim_end().to_owned() + "\n"
    };
    let now = expr.eval(&|term| sum(explanation, term).cloned());
    let previous = explanation.progress.previous.as_ref();
    let fall = now.as_ref().zip(previous).filter(|_| falls_by).map(|(now, previous)| {
        let (fall, of) = (whole(Some(&(previous - now)), lang), explanation.target.unit.get(lang));
        format!(
            "{}: {} − {} = {fall} {of}\n",
            lang.pick("giảm", "fall"),
            whole(Some(previous), lang),
            whole(Some(now), lang)
        )
    });
    line(lang.pick("năm nay", "this year"), false, now.as_ref())
        + &line(lang.pick("năm trước", "last year"), true, previous)
        + &fall.unwrap_or_default()
}

/// The formula with numbers in place of names. `back` takes every figure of the year before instead.
fn numbers(explanation: &Explanation, expr: &Expr, back: bool, lang: Lang) -> String {
    Writing::Prose(lang).formula(expr, &|term| {
        let aspect = if back && term.aspect == Aspect::Now { Aspect::Prev } else { term.aspect };
        let term = Term { aspect, ..term };
        exact(explanation, term, sum(explanation, term), lang)
    })
}

fn sum(explanation: &Explanation, term: Term) -> Option<&Quantity> {
    explanation.terms.iter().find(|(own, _)| *own == term).and_then(|(_, sum)| sum.as_ref())
}

/// An outcome with more decimals than a table of progress has room for.
fn whole(quantity: Option<&Quantity>, lang: Lang) -> String {
    quantity.map_or_else(|| "–".to_owned(), |quantity| quantity.shown(6, lang))
}

/// A term's sum with every decimal that its element has.
pub fn exact(explanation: &Explanation, term: Term, sum: Option<&Quantity>, lang: Lang) -> String {
    let scale =
        if term.aspect == Aspect::Kept { 0 } else { explanation.programme.element(term.element).scale };
    sum.map_or_else(|| "?".to_owned(), |sum| sum.shown(scale, lang))
}
