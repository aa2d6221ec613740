//! A commune that two units were merged into at midyear, and what its figures are made of.

use super::{Constituent, Origin, Series, Subject};
use crate::fixture::District;

const UNITS: &str = "id,code,name,kind,valid_from,valid_to,successor,lat,lon
east,1,Đông,commune,,2025-06-30,joined,,
west,2,Tây,commune,,2025-06-30,joined,,
joined,3,Đông Tây,commune,2025-07-01,,,,
";
const ELEMENTS: &str =
    "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source
births,monthly,a,a,,flow,0,all,,,,,
homes,monthly,b,b,,stock,0,all,,,,,
";

const TARGET: &str = "1,1,t,x,x,>=,1,,,,all,births,level,,,";

impl District {
    fn merging() -> Self {
        Self::new(UNITS, ELEMENTS, TARGET)
    }

    /// A question about an element of the joined commune as of a month.
    fn joined<T>(
        &self,
        element: &str,
        month: u8,
        ask: impl for<'v> FnOnce(&Series<'v>, &Subject<'v>) -> T,
    ) -> T {
        let view = self.view(month);
        let series = view.series(self.programme.element_named(element).unwrap());
        ask(&series, &view.subject(self.programme.unit_of(&"joined".into()).unwrap()))
    }

    fn in_words(&self, constituents: &[Constituent]) -> Vec<String> {
        let word = |one: &Constituent| {
            let origin = match one.origin {
                Origin::Report => "reported",
                Origin::Baseline | Origin::RunningSum => "baseline",
                Origin::Quota => "quota",
            };
            format!("{} {} {} {origin}", self.programme.unit(one.unit).id, one.span(), one.value)
        };
        constituents.iter().map(word).collect()
    }
}

const MONTHS: [&str; 6] = [
    "east,births,2024-01,1",
    "east,births,2024-02,1",
    "east,births,2024-03,1",
    "east,births,2024-04,1",
    "east,births,2024-05,1",
    "east,births,2024-06,1",
];

#[test]
fn the_stock_of_a_merged_unit_is_made_of_every_old_units_last() {
    let district =
        District::merging().told("east", 4..=5, [None, Some(1000)]).told("west", [6], [None, Some(900)]);
    let (value, made_of) =
        district.joined("homes", 9, |series, unit| (series.now(unit, 9).value, series.now_of(unit, 9)));
    assert_eq!(value, Some(1900));
    assert_eq!(district.in_words(&made_of), ["east 2025-05 1000 reported", "west 2025-06 900 reported"]);

    let district = district.told("joined", [8], [None, Some(2000)]);
    let made_of = district.joined("homes", 9, |series, unit| series.now_of(unit, 9));
    assert_eq!(district.in_words(&made_of), ["joined 2025-08 2000 reported"], "its own take their place");
}

#[test]
fn a_running_sum_shows_where_it_won_over_stray_months() {
    let west = ["west,births,2024-01..2024-06,9", "west,births,2024-01..2024-03,5", "west,births,2024-02,3"];
    let district = District::merging().before(&[&MONTHS[..], &west].concat());
    let (value, made_of) =
        district.joined("births", 7, |series, unit| (series.before(unit, 6), series.before_of(unit, 6)));
    assert_eq!(value, Some(15));
    let words = district.in_words(&made_of.unwrap());
    assert_eq!(words.len(), 7);
    assert_eq!(words[0], "east 2024-01 1 baseline");
    assert_eq!(words[6], "west 2024-01..2024-06 9 baseline");
}

#[test]
fn a_year_before_that_is_unknown_is_made_of_nothing() {
    let district = District::merging().before(&[&MONTHS[..], &["west,births,2024-02,3"]].concat());
    assert_eq!(district.joined("births", 7, |series, unit| series.before(unit, 6)), None);
    assert_eq!(district.joined("births", 7, |series, unit| series.before_of(unit, 6)), None);
}

fn quota<'v>(series: &Series<'v>, unit: &Subject<'v>) -> (Option<i64>, Option<Vec<Constituent>>) {
    (series.quota(unit), series.quota_of(unit))
}

#[test]
fn a_quota_is_made_of_the_old_units_and_the_units_own() {
    let district = District::merging().allotted(&["east,births,10", "west,births,20", "joined,births,5"]);
    let (value, made_of) = district.joined("births", 7, quota);
    assert_eq!(value, Some(35));
    let words = ["joined 2025 5 quota", "east 2025 10 quota", "west 2025 20 quota"];
    assert_eq!(district.in_words(&made_of.unwrap()), words);
    let without_west = District::merging().allotted(&["east,births,10", "joined,births,5"]);
    assert_eq!(without_west.joined("births", 7, quota), (None, None));
}
