//! The table of forms: what is due together, how often and by when.

use super::super::fault::Problem;
use super::super::found::Found;
use super::super::{Bundle, Programme};
use super::units::applies_to;
use super::{REGIMES, bilingual, open};
use crate::calendar::{Calendar, Regime};
use crate::form::{Form, FormIx};
use crate::period::Frequency;

pub(super) fn forms(programme: &mut Programme, bundle: &Bundle, regime: Regime, found: &Found) {
    let columns = [
        "key",
        "label_vi",
        "label_en",
        "frequency",
        "applies_to",
        "window",
        "closing_day",
        "send_by_day",
        "restricted",
    ];
    let mut table = open(bundle, "forms.csv", &columns, found);
    table.check_unique(&["key"]);
    for row in table.rows() {
        let frequency = row.one_of("frequency", "month, quarter, half, year", Frequency::from_key);
        let own = if row.cell("window").is_empty() {
            Some(regime)
        } else {
            row.one_of("window", REGIMES, Regime::from_key)
        };
        let day = |column| row.number(column, 1, 31).and_then(|day| u8::try_from(day).ok());
        let send_by_day = day("send_by_day");
        if send_by_day.is_none() && row.cell("send_by_day").is_empty() {
            row.fault("send_by_day", Problem::Missing);
        }
        let calendar = Calendar {
            regime: own.unwrap_or(regime),
            closing_day: day("closing_day"),
            send_by_day: send_by_day.unwrap_or(1),
        };
        let form = Form {
            key: row.key("key"),
            label: bilingual(row, "label_vi", "label_en"),
            frequency: frequency.unwrap_or(Frequency::Month),
            applies_to: applies_to(programme, row),
            calendar,
            restricted: row.yes("restricted"),
            elements: Vec::new(),
        };
        if frequency.is_none() {
            row.lose_names(&["key"]);
            continue;
        }
        let ix = FormIx(u16::try_from(programme.forms.len()).unwrap_or(u16::MAX));
        programme.index.forms.insert(form.key.clone(), ix);
        programme.forms.push(form);
    }
}
