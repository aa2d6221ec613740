//! Playing the year: communes fill in and queue their reports month by month, and hand them in when there is a line.

use gom::Which;
use gom_domain::Lang;
use gom_terminal::tell;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::{Date, date};
use tokio::task::JoinSet;

use crate::calendar::Calendar;
use crate::district::Unit;
use crate::sample;

/// Who had no line, from when to when.
const OUTAGES: [(&str, Date, Date); 5] = [
    ("phuong-phu", date(2024, 2, 10), date(2024, 5, 20)),
    ("tan-phuoc-hung", date(2024, 3, 1), date(2024, 3, 29)),
    ("hoa-my", date(2024, 4, 20), date(2024, 5, 18)),
    ("bung-tau", date(2024, 6, 8), date(2024, 7, 10)),
    ("tan-long", date(2024, 7, 1), date(2024, 8, 20)),
];

/// Who mistypes a figure and corrects it when it is noticed: a tenfold number of births.
const SLIP: (&str, u8) = ("long-thanh", 4);

/// The form that is sent at the start of the month after, for it follows calendar months.
const BUDGET: &str = "budget";

/// A day on which reports are filled in.
struct Day {
    date: Date,
    month: u8,
    budget: bool,
}

/// The days of January to September: the 14th for most forms, the 3rd of the month after for the budget.
fn days() -> impl Iterator<Item = Day> {
    (1..=9_i8).flat_map(|month| {
        let number = month.unsigned_abs();
        [
            Day { date: date(2024, month, 14), month: number, budget: false },
            Day { date: date(2024, month + 1, 3), month: number, budget: true },
        ]
    })
}

/// Plays the year.
pub(crate) async fn play(units: &[Unit], calendar: &Calendar, lang: Lang) -> anyhow::Result<()> {
    let days: Vec<Day> = days().collect();
    let bar = bar(days.len() as u64);
    for day in &days {
        calendar.turn_to(day.date);
        let shown = gom_domain::calendar::shown_day(day.date);
        bar.set_message(shown.clone());
        let (with, without): (Vec<&Unit>, Vec<&Unit>) =
            units.iter().partition(|unit| has_line(unit, day.date));
        for unit in units {
            fill_in(unit, day)?;
        }
        let handed_in = hand_in(&with).await?;
        for unit in with.iter().filter(|unit| came_back(unit, day.date, &days)) {
            let name = &unit.name;
            bar.suspend(|| tell(&caught_up(name, &shown, lang)));
        }
        bar.set_message(progress(&shown, handed_in, &without, lang)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn has_line(unit: &Unit, day: Date) -> bool {
    !OUTAGES.iter().any(|(id, from, to)| unit.id.as_str() == *id && *from <= day && day < *to)
}

/// Whether this is the first day with a line after one without.
fn came_back(unit: &Unit, day: Date, days: &[Day]) -> bool {
    let before = days.iter().map(|other| other.date).filter(|other| *other < day).max();
    before.is_some_and(|before| !has_line(unit, before))
}

/// Fills in and queues the reports of a day, with or without a line.
fn fill_in(unit: &Unit, day: &Day) -> anyhow::Result<()> {
    let sheet = sample::sheet(&unit.code, day.month, |form| (form == BUDGET) == day.budget)?;
    let slips = (unit.id.as_str(), day.month) == SLIP && !day.budget;
    unit.commune.import(&sheet)?;
    if slips {
        let period = format!("2024-{:02}", day.month);
        unit.commune.set("society", &period, &[("births", "310")])?;
        unit.commune.submit(&Which::All, None)?;
        unit.commune.import(&sheet)?;
    }
    unit.commune.submit(&Which::All, None)?;
    Ok(())
}

/// Hands in what is queued, all units at once.
async fn hand_in(units: &[&Unit]) -> anyhow::Result<u64> {
    let mut syncs = JoinSet::new();
    for unit in units {
        let commune = std::sync::Arc::clone(&unit.commune);
        syncs.spawn(async move { commune.sync().await });
    }
    let mut handed_in = 0;
    while let Some(report) = syncs.join_next().await {
        handed_in += report??.handed_in;
    }
    Ok(handed_in)
}

fn caught_up(name: &str, day: &str, lang: Lang) -> String {
    lang.pick(
        &format!("{day}: {name} có đường truyền trở lại và đã nộp hết báo cáo tồn."),
        &format!("{day}: {name} has a line again and has handed in all that waited."),
    )
    .to_owned()
}

fn progress(day: &str, handed_in: u64, without: &[&Unit], lang: Lang) -> anyhow::Result<String> {
    let mut waiting = 0;
    for unit in without {
        waiting += unit.commune.status()?.queued;
    }
    let names: Vec<&str> = without.iter().map(|unit| unit.name.as_str()).collect();
    let offline = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
    Ok(lang
        .pick(
            &format!("{day}: nộp {handed_in} báo cáo; mất đường truyền: {offline} ({waiting} báo cáo chờ)"),
            &format!("{day}: {handed_in} reports handed in; without a line: {offline} ({waiting} waiting)"),
        )
        .to_owned())
}

/// A progress bar on stderr; nothing where nobody looks at it.
pub(crate) fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
