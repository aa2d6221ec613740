//! How the folder stands: what is drafted, queued and ruled on, what waits for the officer, and what is due.

use gom_domain::calendar::vietnam_day;
use gom_domain::greeting::DeviceId;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::wording::Remark;
use gom_domain::{Bilingual, Period};
use jiff::civil::Date;

use crate::failure::Failure;
use crate::history;
use crate::programme::Programmes;
use crate::receipts::form_label;
use crate::store::{EnrolledRow, Rows, Stored};

/// How the folder stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The unit's id.
    pub unit: String,
    /// The unit's name.
    pub unit_name: String,
    /// The device.
    pub device: DeviceId,
    /// How many forms are being filled in.
    pub drafts: u64,
    /// How many reports the district has not ruled on.
    pub queued: u64,
    /// How many it has accepted.
    pub accepted: u64,
    /// How many rejections wait for the officer.
    pub rejected: u64,
    /// How many conflicts wait for the officer.
    pub conflicts: u64,
    /// When the district was last spoken to, by this computer's clock.
    pub last_contact_ms: Option<i64>,
    /// The district's clock less this computer's, then.
    pub skew_ms: Option<i64>,
    /// What waits for the officer.
    pub attention: Vec<Attention>,
    /// What is to be handed in, by this computer's clock, the most urgent first.
    pub due: Vec<Due>,
    /// Whether a version of the programme needs a newer version of the program.
    pub update_needed: bool,
    /// Whether another computer goes by this one's name, so that the district takes nothing from here.
    pub quarantined: bool,
    /// Whether the district may lack what is here, since it goes on from a backup.
    pub refills: bool,
}

/// A report that the district did not let stand, and that nothing has replaced.
#[derive(Clone, Debug)]
pub struct Attention {
    /// The form's key.
    pub form: String,
    /// The form's title.
    pub label: Bilingual,
    /// The period.
    pub period: Period,
    /// What the district said.
    pub receipt: Receipt,
    /// What it found, in words.
    pub remarks: Vec<Remark>,
}

impl Attention {
    /// Whether it was made from something else than what stood.
    pub fn is_conflict(&self) -> bool {
        matches!(self.receipt.ruling.verdict, Verdict::Conflict { .. })
    }
}

/// A form and period that has opened and has not been handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The form's key.
    pub form: String,
    /// The form's title.
    pub label: Bilingual,
    /// The period.
    pub period: Period,
    /// The last day whose figures count.
    pub closes: Date,
    /// How many days are left to it; negative once it is over.
    pub days_to_closing: i32,
    /// The last day on which it is in time.
    pub send_by: Date,
    /// How many days are left; negative once it is late.
    pub days_left: i32,
    /// Whether it is being filled in.
    pub is_draft: bool,
}

pub(crate) fn status(
    rows: &Rows<'_>,
    programmes: &Programmes,
    own: &EnrolledRow,
    now_ms: i64,
) -> Result<Status, Failure> {
    let attention: Vec<Attention> = attention(rows, programmes)?;
    let is_rejected = |item: &&Attention| matches!(item.receipt.ruling.verdict, Verdict::Rejected(_));
    let rejected = attention.iter().filter(is_rejected).count() as u64;
    Ok(Status {
        unit: own.unit.to_string(),
        unit_name: programmes.own_unit().map_or_else(|| own.unit.to_string(), |unit| unit.name.clone()),
        device: own.device,
        drafts: rows.drafts()?.len() as u64,
        queued: rows.queued_count()?,
        accepted: rows.accepted_count()?,
        rejected,
        conflicts: attention.len() as u64 - rejected,
        last_contact_ms: own.last_contact_ms,
        skew_ms: own.skew_ms,
        due: due(rows, programmes, vietnam_day(now_ms))?,
        attention,
        update_needed: !programmes.unreadable.is_empty(),
        quarantined: own.quarantined,
        refills: own.refill,
    })
}

fn attention(rows: &Rows<'_>, programmes: &Programmes) -> Stored<Vec<Attention>> {
    let unresolved = rows.unresolved()?.into_iter();
    let attention = unresolved.filter_map(|row| {
        let label = form_label(programmes, &row.form, row.period);
        let receipt = row.receipt?;
        let remarks = programmes.remarks(&row.body, &receipt.ruling);
        Some(Attention { label, form: row.form, period: row.period, receipt, remarks })
    });
    Ok(attention.collect())
}

/// The forms of the newest year and the one before it whose window has opened and that nobody has handed in.
fn due(rows: &Rows<'_>, programmes: &Programmes, today: Date) -> Stored<Vec<Due>> {
    let years = programmes.years();
    let recent = years.iter().filter(|year| years.first().is_some_and(|newest| **year >= newest - 1));
    let mut done: Vec<(String, Period)> = history::standing(rows, programmes)?.into_keys().collect();
    done.extend(rows.newest_queued()?.into_iter().map(|row| (row.form, row.period)));
    let drafts = rows.drafts()?;
    let mut due = Vec::new();
    let asked = recent.filter_map(|year| {
        let programme = programmes.editions.for_year(*year)?;
        Some((programme, programme.unit_of(&programmes.unit)?))
    });
    for (programme, ix, unit) in
        asked.flat_map(|(programme, unit)| programme.form_places().map(move |ix| (programme, ix, unit)))
    {
        let form = programme.form(ix);
        for period in programme.due(ix, unit, 12) {
            let window = form.window(period);
            if window.opens > today || done.iter().any(|(key, of)| *key == form.key && *of == period) {
                continue;
            }
            due.push(Due {
                form: form.key.clone(),
                label: form.label.clone(),
                period,
                closes: window.closes,
                days_to_closing: days_between(today, window.closes),
                send_by: window.send_by,
                days_left: days_between(today, window.send_by),
                is_draft: drafts.iter().any(|draft| draft.form == form.key && draft.period == period),
            });
        }
    }
    due.sort_by_key(|due| due.send_by);
    Ok(due)
}

fn days_between(today: Date, day: Date) -> i32 {
    today.until(day).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use gom_domain::programme::Bundle;

    use crate::fixture::{commune, folder, sample};
    use crate::store::Store;

    #[test]
    fn the_year_before_stays_due_after_the_next_ones_programme() {
        let folder = folder();
        let before = commune(&folder).status().unwrap().due;
        assert!(!before.is_empty());
        let sample = sample();
        let tables =
            sample.iter().filter(|(name, _)| Bundle::PROGRAMME.contains(name)).map(|(name, bytes)| {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                (
                    name.to_owned(),
                    text.replace("year = 2024", "year = 2025").replace("2024-", "2025-").into_bytes(),
                )
            });
        let next = tables.collect();
        assert_eq!(gom_domain::programme::read(&next).unwrap().programme.year, 2025);
        let mut store = Store::open(folder.path()).unwrap();
        store.write(|rows| rows.put_edition(2, 2, &next)).unwrap();
        let office = commune(&folder);
        assert_eq!(office.status().unwrap().due, before);
        let (newest, other) = (office.year(None).unwrap(), office.year(Some(2024)).unwrap());
        assert_eq!((newest.year, newest.other_years), (2025, vec![2024]));
        assert_eq!((other.year, other.other_years), (2024, vec![2025]));
        assert!(office.year(Some(1999)).is_err());
    }
}
