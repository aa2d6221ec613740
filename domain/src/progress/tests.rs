//! A district of two communes and a township in a year of few figures: what is certain before the year is over, and
//! where the definition's order of questions shows.

use std::collections::HashMap;

use super::{Decided, Progress, Status};
use crate::element::Value;
use crate::fixture::District;

const UNITS: &str = "id,code,name,kind,valid_from,valid_to,successor,lat,lon
north,1,Bắc,commune,,,,,
south,2,Nam,commune,,,,,
town,3,Thị trấn,township,,,,,
";
const ELEMENTS: &str =
    "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source
births,monthly,a,a,,flow,0,all,,,,,
moves,monthly,b,b,,flow,0,all,-50,,,,
homes,monthly,c,c,,stock,0,all,,,,,
centre,monthly,d,d,,flag,0,all,,,,,
";

impl District {
    fn of(units: &str, comparator: &str, value: &str, formula: &str) -> Self {
        let target = format!("1,1,t,x,x,{comparator},{value},,,,all,{formula},level,,,");
        Self::with_target(units, &target)
    }

    fn with_target(units: &str, target: &str) -> Self {
        Self::new(units, ELEMENTS, target)
    }

    fn as_of(&self, month: u8) -> Progress {
        super::progress(&self.view(month), &HashMap::new()).remove(0)
    }
}

fn births(births: Value) -> [Option<Value>; 4] {
    [Some(births), None, None, None]
}

fn homes(homes: Value) -> [Option<Value>; 4] {
    [None, None, Some(homes), None]
}

fn centre(centre: Value) -> [Option<Value>; 4] {
    [None, None, None, Some(centre)]
}

fn target(comparator: &str, value: &str, formula: &str) -> District {
    District::of(UNITS, comparator, value, formula)
}

#[test]
fn flows_that_have_come_to_the_value_have_met_it_whoever_is_missing() {
    for comparator in [">=", "range"] {
        let value = if comparator == "range" { "30..40" } else { "30" };
        let district = target(comparator, value, "births").told("north", 1..=3, births(10));
        assert_eq!(district.as_of(2).decided, None, "{comparator}");
        assert_eq!(district.as_of(3).decided, Some(Decided::Met), "{comparator}");
        assert!(district.as_of(3).is_provisional());
    }
}

#[test]
fn a_weighted_sum_of_flows_is_as_certain_as_one_flow() {
    let district = target(">=", "30", "2 * births + births * 0.5").told("north", [1], births(12));
    assert_eq!(district.as_of(1).decided, Some(Decided::Met));
}

#[test]
fn levels_are_certain_only_in_december() {
    let district = target(">=", "30", "homes").told("north", 11..=12, homes(30));
    assert_eq!(district.as_of(11).decided, None, "homes may be lost again");
    assert_eq!(district.as_of(12).decided, Some(Decided::Met));
}

/// November's homes stand in the total of December until December's are told, which may be fewer.
#[test]
fn a_level_that_is_not_decembers_own_proves_nothing() {
    let district = target(">=", "30", "homes").told("north", [11], homes(20)).told("south", [12], homes(15));
    let progress = district.as_of(12);
    assert!(progress.actual.unwrap() == 35);
    assert_eq!(progress.decided, None);
    let district = district.told("north", [12], homes(15));
    assert_eq!(district.as_of(12).decided, Some(Decided::Met));
}

#[test]
fn flows_beside_levels_are_certain_by_themselves() {
    let both = [Some(10), None, Some(100), None];
    let district = target(">=", "30", "births + homes").told("north", 1..=3, both);
    assert_eq!(district.as_of(2).decided, None);
    assert_eq!(district.as_of(3).decided, Some(Decided::Met));
}

#[test]
fn a_ceiling_that_flows_have_passed_can_no_longer_be_kept() {
    for comparator in ["<=", "="] {
        let district = target(comparator, "20", "births").told("north", 1..=3, births(10));
        assert_eq!(district.as_of(2).decided, None, "{comparator}: as many as that and no more");
        assert_eq!(district.as_of(3).decided, Some(Decided::Missed), "{comparator}");
    }
}

#[test]
fn a_ceiling_that_levels_have_passed_is_certain_only_in_december() {
    for comparator in ["<=", "="] {
        let district = target(comparator, "20", "homes").told("north", 11..=12, homes(21));
        assert_eq!(district.as_of(11).decided, None, "{comparator}");
        assert_eq!(district.as_of(12).decided, Some(Decided::Missed), "{comparator}");
    }
}

const YEAR_BEFORE: [&str; 6] = [
    "north,births,2024-01..2024-03,9",
    "north,births,2024-01..2024-12,12",
    "south,births,2024-01..2024-03,9",
    "south,births,2024-01..2024-12,10",
    "town,births,2024-01..2024-03,8",
    "town,births,2024-01..2024-12,8",
];

/// Thirty in the whole year before; nobody else needs to have reported.
#[test]
fn what_has_come_to_the_whole_year_before_can_no_longer_fall() {
    let falls = |each: Value| {
        let district = target("falls", "", "births").before(&YEAR_BEFORE);
        district.told("north", 1..=3, births(each)).as_of(3).decided
    };
    assert_eq!(falls(9), None, "27 of 30");
    assert_eq!(falls(10), Some(Decided::Missed), "30 of 30 is no fall");
}

#[test]
fn a_year_before_that_is_not_known_of_everyone_proves_no_rise() {
    let district = target("falls", "", "births").before(&YEAR_BEFORE[..5]);
    assert_eq!(district.told("north", 1..=3, births(99)).as_of(3).decided, None);
}

#[test]
fn where_figures_may_be_negative_nothing_is_certain() {
    let moves = [Some(100), Some(100), None, None];
    for (comparator, value) in [(">=", "30"), ("range", "30..40"), ("<=", "30"), ("=", "30")] {
        for formula in ["moves", "births + moves"] {
            let district = target(comparator, value, formula).told("north", 1..=12, moves);
            for month in 1..=12 {
                assert_eq!(district.as_of(month).decided, None, "{comparator} {formula} in {month}");
            }
        }
    }
}

#[test]
fn nothing_is_certain_of_ratios_and_differences() {
    let all = [Some(100), Some(1), Some(1), Some(1)];
    for (comparator, value) in [(">=", "30"), ("range", "30..40"), ("<=", "30"), ("=", "30")] {
        for formula in ["births / homes", "births - homes", "births + 1", "births - prev(births)"] {
            let district = target(comparator, value, formula).before(&YEAR_BEFORE).told("north", 1..=12, all);
            let progress = district.as_of(12);
            assert_eq!((progress.decided, progress.actual.is_some()), (None, true), "{comparator} {formula}");
        }
    }
    let district = target("falls", "", "births / births").before(&YEAR_BEFORE).told("north", 1..=12, all);
    assert_eq!(district.as_of(12).decided, None);
}

#[test]
fn nothing_is_certain_the_other_way_round() {
    let district = target(">=", "30", "births").told("north", 1..=12, births(0));
    assert_eq!(district.as_of(12).decided, None, "south may have had them all");
    let district = target("<=", "30", "births").told("north", 1..=12, births(1));
    assert_eq!(district.as_of(12).decided, None);
    for comparator in ["rises", "falls by >="] {
        let value = if comparator == "rises" { "" } else { "1" };
        let district = target(comparator, value, "births").before(&YEAR_BEFORE);
        assert_eq!(district.told("north", 1..=3, births(99)).as_of(3).decided, None, "{comparator}");
    }
}

/// The gain is asked of last year's figure alone, and yet the unit owes this year's.
#[test]
fn a_unit_has_reported_a_figure_of_the_year_before_only_with_this_years() {
    let district = target(">=", "1", "prev(births)").before(&YEAR_BEFORE).told("north", 1..=3, births(1));
    let progress = district.told("south", 1..=2, births(1)).as_of(3);
    assert_eq!((progress.reported, progress.expected), (1, 3));
    assert!(progress.actual.unwrap() == 9, "north alone");
}

#[test]
fn a_unit_that_is_compared_with_itself_owes_both_years() {
    let district = target("rises", "", "births").before(&YEAR_BEFORE[..4]).told("north", 1..=3, births(1));
    let progress = district.told("town", 1..=3, births(1)).as_of(3);
    assert_eq!((progress.reported, progress.expected), (1, 3), "south has not told, town was not known");
}

#[test]
fn every_unit_by_itself_is_asked_for_its_time_then_its_figures_then_the_value() {
    let status = |value: &str, district: fn(District) -> District, month| {
        let target = format!("1,1,t,x,x,each >=,{value},,,,all,births,level,2025-03,,");
        district(District::with_target(UNITS, &target)).as_of(month).status
    };
    let silent = |district: District| district;
    let told = |district: District| district.told("north", 1..=3, births(1));
    assert_eq!(status("", silent, 2), Status::NotDue);
    assert_eq!(status("", told, 2), Status::NotDue);
    assert_eq!(status("", silent, 3), Status::NoData);
    assert_eq!(status("", told, 3), Status::NoTarget);
    assert_eq!(status("3", silent, 3), Status::NoData);
    assert_eq!(status("3", told, 3), Status::OnTrack);
    assert_eq!(status("4", told, 3), Status::Pending);
}

#[test]
fn a_fall_from_nothing_that_can_be_computed_is_no_data_at_all() {
    let rows = ["births", "homes"].map(|key| format!("north,{key},2024-01,0"));
    for comparator in ["falls", "rises", "falls by >="] {
        let value = if comparator == "falls by >=" { "1" } else { "" };
        let district = target(comparator, value, "births / homes").before(&[&rows[0], &rows[1]]);
        let progress = district.told("north", [1], [Some(4), None, Some(2), None]).as_of(1);
        assert_eq!((progress.reported, progress.status), (1, Status::NoData), "{comparator}");
        assert!(progress.actual.is_none() && progress.previous.is_none(), "{comparator}");
    }
}

#[test]
fn a_flag_is_achieved_when_every_unit_that_is_asked_has_it() {
    let district = target("achieved", "", "centre").told("north", [1], centre(1));
    let district = district.told("south", [1], centre(1));
    assert_eq!(district.as_of(1).status, Status::Pending, "the town is silent");
    let district = district.told("town", [1], centre(0));
    assert_eq!(district.as_of(1).status, Status::Pending, "the town says no");
    let district = district.told("town", [2], centre(1));
    assert_eq!(district.as_of(2).status, Status::Met);
}

/// South began in March of the year before, and nobody was there in its place.
#[test]
fn months_before_a_unit_existed_are_unknown_and_not_nothing() {
    let units = UNITS.replace("commune,,,,,\ntown", "commune,2024-03-01,,,,\ntown");
    let rows =
        ["north,births,2024-01..2024-03,9", "town,births,2024-01..2024-03,9", "south,births,2024-03,4"];
    let district = District::of(&units, "falls", "", "births").before(&rows);
    let district = ["north", "south", "town"]
        .into_iter()
        .fold(district, |district, unit| district.told(unit, 1..=3, births(1)));
    let progress = district.as_of(3);
    assert_eq!((progress.reported, progress.expected), (2, 3));
    assert!(progress.previous.unwrap() == 18);
}

/// South went on for the west, which was there in January and February of the year before.
#[test]
fn months_before_a_unit_existed_are_those_of_the_units_it_goes_on_for() {
    let units = UNITS.replace("commune,,,,,\ntown", "commune,2024-03-01,,,,\ntown")
        + "west,2,Tây,commune,,2024-02-29,south,,\n";
    let rows = ["south,births,2024-03,4", "west,births,2024-01..2024-02,5"];
    let district = District::of(&units, "falls", "", "births").before(&rows);
    let progress = district.told("south", 1..=3, births(1)).as_of(3);
    assert!(progress.previous.unwrap() == 9);
    let gap = District::of(&units, "falls", "", "births").before(&rows[..1]);
    assert_eq!(gap.told("south", 1..=3, births(1)).as_of(3).reported, 0);
}

/// What comes together must not depend on how many threads ask.
#[test]
fn units_that_are_asked_apart_come_to_the_same() {
    let all = [Some(3), Some(2), Some(40), Some(1)];
    let formulas =
        ["births + moves", "100 * births / homes", "kept(centre)", "births - prev(births)", "homes"];
    for (comparator, formula) in [">=", "falls", "each >", "<="].iter().flat_map(|c| formulas.map(|f| (c, f)))
    {
        for before in [&YEAR_BEFORE[..], &YEAR_BEFORE[..5], &[]] {
            let district = target(comparator, if *comparator == "falls" { "" } else { "3" }, formula)
                .before(before)
                .told("north", 1..=12, all)
                .told("town", 1..=3, all);
            for month in [1, 3, 12] {
                let view = district.view(month);
                let gathered = |units| {
                    let gathered = super::gather_all(&view, units).remove(0);
                    format!("{:?}", gathered.map(super::Gathering::finish))
                };
                assert_eq!(gathered(1), gathered(9), "{comparator} {formula}");
                assert_eq!(gathered(2), gathered(9), "{comparator} {formula}");
            }
        }
    }
}
