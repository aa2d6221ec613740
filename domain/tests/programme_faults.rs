//! Everything that can be wrong with a programme's folder: one slip in an otherwise sound one is found where it
//! stands, as exactly that, and many slips are all found at once.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;

use gom_domain::Bilingual;
use gom_domain::element::FigureFault;
use gom_domain::formula::SyntaxProblem;
use gom_domain::number::NumberFault;
use gom_domain::programme::{self, Bundle, Fault, Problem};

/// A small sound folder: two communes of which one goes on in the other's place under the same code, and a township.
const SOUND: [(&str, &str); 9] = [
    ("programme.toml", "key = \"tiny\"\nname_vi = \"Huyện nhỏ\"\nyear = 2025\nwindow = \"calendar\"\n"),
    (
        "units.csv",
        "id,code,name,kind,valid_from,valid_to,successor,lat,lon\n\
         old,10,Xã Cũ,commune,,2025-06-30,new,,\n\
         new,10,Xã Mới,commune,2025-07-01,,,,\n\
         town,20,Thị trấn,township,,,,,\n",
    ),
    (
        "forms.csv",
        "key,label_vi,label_en,frequency,applies_to,window,closing_day,send_by_day,restricted\n\
         monthly,Tháng,Month,month,all,,,5,no\n\
         quarterly,Quý,Quarter,quarter,all,,,5,no\n",
    ),
    (
        "elements.csv",
        "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source\n\
         men,monthly,Nam,Men,người,flow,0,all,,,,yes,\n\
         women,monthly,Nữ,Women,người,flow,0,all,,,,,\n\
         people,quarterly,Dân số,Population,người,stock,0,all,,,,,\n\
         poor,quarterly,Nghèo,Poor,người,stock,0,all,,,people,,\n\
         hamlets,quarterly,Ấp,Hamlets,ấp,stock,0,commune,,,,,\n\
         centre,quarterly,Nhà văn hóa,Centre,,flag,0,all,,,,,\n",
    ),
    ("groups.csv", "group,label_vi,label_en\n1,Việc làm,Jobs\n"),
    (
        "targets.csv",
        "ref,group,key,label_vi,label_en,comparator,value,printed,unit_vi,unit,scope,formula,pace,from,doubt,note\n\
         1a,1,jobs,Việc làm,Jobs,>=,30,,,,all,men + women,linear,,,\n\
         1b,1,men,Nam,Men,>=,10,,,,all,men,linear,2025-03,,\n\
         1c,1,women,Nữ,Women,>=,20,,,,all,women,linear,,,\n\
         1d,1,rating,Xếp loại,Rating,guideline,,,,,all,,,,,\n\
         1e,1,poverty,Nghèo,Poverty,falls,,,,,all,poor / people,level,,,\n\
         1f,1,size,Quy mô,Size,range,15..30,,,,kind = commune,hamlets,level,,,\n\
         1g,1,centres,Nhà văn hóa,Centres,>=,1,,,,prev(centre) = no,kept(centre),level,,,\n",
    ),
    (
        "rules.csv",
        "key,form,element,level,expression,message_vi,message_en\n\
         blank-cell,*,*,warning,present(value),Để trống,Blank\n",
    ),
    ("quotas.csv", "unit,element,value\nold,women,8\nnew,women,7\n20,women,5\n"),
    ("baseline.csv", "unit,element,period,value\n10,men,2024-01,5\n20,men,2024-01..2024-03,9\n"),
];

fn sound() -> Bundle {
    SOUND.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect()
}

/// The sound folder with a passage of one file replaced.
fn with(file: &str, old: &str, new: &str) -> Bundle {
    edited(sound(), file, old, new)
}

fn edited(mut bundle: Bundle, file: &str, old: &str, new: &str) -> Bundle {
    let text = std::str::from_utf8(bundle.get(file).unwrap()).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{old} in {file}");
    let text = text.replace(old, new);
    bundle.insert(file, text.into_bytes());
    bundle
}

/// The sound folder without some of its files.
fn without(files: &[&str]) -> Bundle {
    sound()
        .iter()
        .filter(|(name, _)| !files.contains(name))
        .map(|(name, bytes)| (name, bytes.to_vec()))
        .collect()
}

fn fault(file: &str, line: impl Into<Option<u64>>, column: &str, problem: Problem) -> Fault {
    Fault { file: file.into(), line: line.into(), column: column.into(), problem }
}

/// What is found in a folder, faults or doubts.
fn found(bundle: &Bundle) -> Vec<Fault> {
    match programme::read(bundle) {
        Ok(reading) => reading.doubts,
        Err(faults) => faults,
    }
}

/// One slip, and the one fault that it is.
struct Slip {
    bundle: Bundle,
    fault: Fault,
}

/// A slip in a cell: what was written, what is written instead, and in which line and column that is what.
fn slip(file: &str, (old, new): (&str, &str), line: u64, column: &str, problem: Problem) -> Slip {
    Slip { bundle: with(file, old, new), fault: fault(file, line, column, problem) }
}

fn slips_of_files() -> Vec<Slip> {
    let mut latin = sound();
    latin.insert("rules.csv", b"key\nN\xe0\n".to_vec());
    let mut empty = sound();
    empty.insert("rules.csv", b"\n".to_vec());
    let mut semicolons = sound();
    semicolons.insert("rules.csv", b"key;form;element\n".to_vec());
    vec![
        Slip { bundle: without(&["rules.csv"]), fault: fault("rules.csv", None, "", Problem::MissingFile) },
        Slip { bundle: empty, fault: fault("rules.csv", None, "", Problem::Empty) },
        Slip { bundle: latin, fault: fault("rules.csv", None, "", Problem::NotText) },
        Slip { bundle: semicolons, fault: fault("rules.csv", 1, "", Problem::Semicolons) },
        slip("groups.csv", ("Việc làm", "Vie\u{323}\u{302}c làm"), 2, "label_vi", Problem::NotComposed),
        slip(
            "rules.csv",
            ("message_vi,message_en", "message_vi,message_en,mood"),
            1,
            "mood",
            Problem::UnknownColumn,
        )
        .in_row("Blank\n", "Blank,good\n"),
        slip("rules.csv", ("message_vi,message_en", "message_vi"), 1, "message_en", Problem::MissingColumn)
            .in_row(",Blank\n", "\n"),
        slip("rules.csv", ("Để trống,Blank", "Để trống"), 2, "", Problem::Broken),
    ]
}

impl Slip {
    /// Changes a second passage of the same file.
    fn in_row(self, old: &str, new: &str) -> Self {
        Self { bundle: edited(self.bundle, &self.fault.file, old, new), ..self }
    }
}

fn slips_of_cells() -> Vec<Slip> {
    vec![
        slip("units.csv", ("Thị trấn", ""), 4, "name", Problem::Missing),
        slip(
            "elements.csv",
            (",stock,0,commune", ",level,0,commune"),
            6,
            "kind",
            Problem::NotOneOf(String::from("level"), "flow, stock, flag"),
        ),
        slip("targets.csv", (",poverty,", ",Poverty,"), 6, "key", Problem::BadKey(String::from("Poverty"))),
        slip("groups.csv", ("Jobs\n", "Jobs\n1,a,b\n"), 3, "group", Problem::Twice(String::from("1"), 2)),
        slip("units.csv", ("township,,,,,", "township,,,,north,1"), 4, "lat", {
            Problem::Number(String::from("north"), NumberFault::NotANumber)
        }),
        slip("quotas.csv", ("old,women,8", "old,women,8\nold,people,8.5"), 3, "value", {
            Problem::Figure(String::from("8.5"), FigureFault::TooManyDecimals(0))
        }),
        slip("forms.csv", ("quarter,all,,,5", "quarter,all,,,32"), 3, "send_by_day", {
            Problem::NotBetween(String::from("32"), 1, 31)
        }),
        slip("units.csv", ("township,,,,,", "township,01/07/2025,,,,"), 4, "valid_from", {
            Problem::NotADate(String::from("01/07/2025"))
        }),
        slip("targets.csv", ("2025-03", "March"), 3, "from", Problem::NotAPeriod(String::from("March"))),
        slip("baseline.csv", ("10,men,2024-01,", "10,men,2024-Q1,"), 2, "period", {
            Problem::WrongFrequency(String::from("2024-Q1"), String::from("monthly"))
        }),
        slip("baseline.csv", ("10,men,2024-01,", "10,men,2023-01,"), 2, "period", {
            Problem::WrongYear(String::from("2023-01"), 2024)
        }),
        slip("baseline.csv", ("2024-01..2024-03", "2024-02..2024-03"), 3, "period", {
            Problem::NotFromJanuary(String::from("2024-02..2024-03"))
        }),
        slip("targets.csv", ("1d,1,", "1d,9,"), 5, "group", Problem::Unknown("groups", String::from("9"))),
        slip("baseline.csv", ("20,men,", "21,men,"), 3, "unit", Problem::UnknownUnit(String::from("21"))),
        slip("baseline.csv", ("10,men,", "new,men,"), 2, "unit", Problem::UnknownUnit(String::from("new"))),
        slip("quotas.csv", ("old,women,8", "old,women,8\n10,people,8"), 3, "unit", {
            Problem::AmbiguousUnit(String::from("10"), vec![String::from("old"), String::from("new")])
        }),
        slip("quotas.csv", ("old,women,8", "old,women,8\ntown,hamlets,1"), 3, "element", {
            Problem::NotForUnit(String::from("hamlets"), String::from("town"))
        }),
    ]
}

fn slips_of_units_and_elements() -> Vec<Slip> {
    vec![
        slip(
            "units.csv",
            ("new,10,Xã Mới", "new,20,Xã Mới"),
            4,
            "code",
            Problem::CodeShared("20".into(), "new".into()),
        )
        .and_in("quotas.csv", "20,women", "town,women")
        .and_in("baseline.csv", "20,men", "town,men"),
        slip("units.csv", ("township,,,,,", "township,2025-02-01,2025-01-31,,,"), 4, "valid_to", {
            Problem::EndsBeforeItStarts
        })
        .and_in("quotas.csv", "20,women", "town,women")
        .and_in("baseline.csv", "20,men,2024-01..2024-03,9\n", ""),
        slip("units.csv", ("township,,,,,", "township,,2025-12-30,,,"), 4, "successor", {
            Problem::EndsWithoutSuccessor("town".into())
        }),
        slip(
            "units.csv",
            ("2025-06-30", "2025-06-29"),
            2,
            "successor",
            Problem::SuccessorNotThere("new".into()),
        ),
        slip(
            "elements.csv",
            (",,,people,,", ",,,men,,"),
            5,
            "part_of",
            Problem::WholeElsewhere("men".into()),
        ),
        slip("elements.csv", ("flag,0,all,,,,,", "flag,0,all,,1,,,"), 7, "kind", Problem::FlagWithLimits),
        slip(
            "elements.csv",
            ("stock,0,commune,,,", "stock,0,commune,9,8,"),
            6,
            "min",
            Problem::LimitsCrossed,
        ),
    ]
}

impl Slip {
    /// Changes another file, so that the slip remains the only one.
    fn and_in(self, file: &str, old: &str, new: &str) -> Self {
        Self { bundle: edited(self.bundle, file, old, new), ..self }
    }
}

fn slips_of_targets() -> Vec<Slip> {
    let file = "targets.csv";
    vec![
        slip(file, ("poor / people", "poor / pupils"), 6, "formula", {
            Problem::Formula(8, SyntaxProblem::UnknownElement("pupils".into()))
        }),
        slip(file, ("kept(centre)", "kept(poor)"), 8, "formula", Problem::NotAFlag("poor".into())),
        slip(file, (">=,1,,,,prev(centre) = no,kept", "achieved,,,,,all,kept"), 8, "formula", {
            Problem::AchievedNotOneFlag
        }),
        slip(file, ("poor / people", "poor / (2 - 2)"), 6, "formula", Problem::DividesByZero),
        slip(file, ("kind = commune", "communes"), 7, "scope", Problem::Scope("communes".into())),
        slip(file, ("poor / people", ""), 6, "formula", Problem::FormulaMissing),
        slip(file, ("guideline,,,,,all,,", "guideline,,,,,all,men,"), 5, "formula", Problem::FormulaUnused),
        slip(file, (">=,1,,,,prev", ">=,,,,,prev"), 8, "value", Problem::ValueOpen),
        slip(file, ("falls,,", "falls,3,"), 6, "value", Problem::ValueUnused),
        slip(file, ("15..30", "30..15"), 7, "value", Problem::BadRange("30..15".into())),
        slip(file, ("kind = commune", "kind = township"), 7, "scope", Problem::NobodyReports),
        slip(file, (">=,30", ">=,31"), 2, "value", Problem::PartsDoNotAddUp("30".into(), "31".into())),
        slip(file, ("guideline,,,,,all,,,,,", "guideline,,,,,all,,,,yes,as 1a"), 5, "doubt", {
            Problem::Doubt("1d".into(), Bilingual { vi: String::new(), en: "as 1a".into() })
        }),
        Slip {
            bundle: with("quotas.csv", "old,women,8", "old,women,9"),
            fault: fault("quotas.csv", None, "women", {
                Problem::QuotasDoNotAddUp("21".into(), "20".into(), "1c".into())
            }),
        },
    ]
}

fn slips() -> Vec<Slip> {
    [slips_of_files(), slips_of_cells(), slips_of_units_and_elements(), slips_of_targets()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn the_sound_folder_is_sound() {
    assert_eq!(found(&sound()), []);
}

/// The sound folder's tables have none of the columns that came later.
#[test]
fn columns_that_came_later_may_be_missing_and_are_read_where_they_are() {
    let later = edited(sound(), "targets.csv", "doubt,note", "doubt,note,note_vi");
    let targets = String::from_utf8(later.get("targets.csv").unwrap().to_vec()).unwrap();
    let widened: Vec<String> = targets
        .lines()
        .enumerate()
        .map(|(nth, line)| if nth == 0 { line.to_owned() } else { format!("{line},giải thích") })
        .collect();
    let mut later = later;
    later.insert("targets.csv", widened.join("\n").into_bytes());
    let notes = |bundle: &Bundle| {
        let programme = programme::read(bundle).unwrap().programme;
        programme.targets.into_iter().map(|target| target.note.vi).collect::<BTreeSet<_>>()
    };
    assert_eq!(notes(&sound()), BTreeSet::from([String::new()]));
    assert_eq!(notes(&later), BTreeSet::from(["giải thích".to_owned()]));
}

#[test]
fn every_slip_is_found_alone_and_where_it_stands() {
    for Slip { bundle, fault } in slips() {
        assert_eq!(found(&bundle), [fault]);
    }
}

#[test]
fn a_doubt_does_not_keep_a_programme_from_being_used() {
    for Slip { bundle, fault } in slips() {
        assert_eq!(programme::read(&bundle).is_ok(), fault.problem.is_doubt(), "{fault:?}");
    }
}

#[test]
fn every_fault_has_its_words_in_both_languages() {
    for Slip { fault, .. } in slips() {
        let words = gom_domain::wording::fault(&fault.problem);
        assert!(!words.vi.is_empty() && !words.en.is_empty() && words.vi != words.en, "{fault:?}");
    }
}

/// Without its heading the programme has no year, so this folder has no periods in it.
#[test]
fn a_heading_that_cannot_be_read_says_in_which_line() {
    let mut bundle = without(&["quotas.csv", "baseline.csv"]);
    bundle = edited(bundle, "targets.csv", "2025-03", "");
    bundle.insert("programme.toml", b"key = \"tiny\"\nyear = = 2025\n".to_vec());
    let faults = found(&bundle);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(matches!(faults[0].problem, Problem::Toml(_)), "{faults:?}");
    assert_eq!((faults[0].file.as_str(), faults[0].line), ("programme.toml", Some(2)));
}

/// The sound folder's first form is of months, so that a figure of a quarter would not fit it.
fn with_a_quarter_before() -> Bundle {
    with("baseline.csv", "10,men", "10,people,2024-Q1,5\n10,men")
}

#[test]
fn a_form_that_cannot_be_read_says_nothing_of_its_elements() {
    for (old, new, column) in
        [("quarter,all,,,5,no", "quarter,all,,,5,no,more", ""), ("quarter,all", "weekly,all", "frequency")]
    {
        let faults = found(&edited(with_a_quarter_before(), "forms.csv", old, new));
        let places: Vec<_> =
            faults.iter().map(|fault| (fault.file.as_str(), fault.column.as_str())).collect();
        assert_eq!(places, [("forms.csv", column)], "{faults:?}");
    }
    let other = edited(with_a_quarter_before(), "elements.csv", "people,quarterly", "people,quaterly");
    let unknown = Problem::Unknown("forms", "quaterly".into());
    let faults: Vec<Fault> = found(&other);
    assert!(faults.contains(&fault("elements.csv", 4, "form", unknown)), "{faults:?}");
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn a_year_that_cannot_be_used_says_nothing_of_periods_and_units() {
    for year in ["\"2025\"", "20255"] {
        let faults = found(&with("programme.toml", "year = 2025", &format!("year = {year}")));
        let columns: Vec<&str> = faults.iter().map(|fault| fault.column.as_str()).collect();
        assert_eq!(columns, ["year"], "{faults:?}");
    }
}

#[test]
fn a_table_that_is_missing_is_one_fault() {
    for file in ["groups.csv", "forms.csv", "elements.csv", "units.csv"] {
        assert_eq!(found(&without(&[file])), [fault(file, None, "", Problem::MissingFile)]);
    }
}

#[test]
fn a_unit_that_stands_twice_counts_once() {
    let row = "town,20,Thị trấn,township,,,,,\n";
    for again in [row, "town,30,Thị trấn,township,,,,,\n"] {
        let bundle = with("units.csv", row, &format!("{row}{again}"));
        let bundle = edited(bundle, "baseline.csv", "10,men", "30,men,2024-02,5\n10,men");
        let twice = fault("units.csv", 5, "id", Problem::Twice("town".into(), 4));
        let expected = if again == row {
            vec![twice, fault("baseline.csv", 2, "unit", Problem::UnknownUnit("30".into()))]
        } else {
            vec![twice]
        };
        assert_eq!(found(&bundle), expected);
    }
}

/// Each successor must outlive the one before it, so that a circle is broken somewhere as well.
#[test]
fn successors_that_lead_back_are_a_circle() {
    let bundle = with("units.csv", "2025-07-01,,,,", "2025-07-01,2025-12-31,old,,");
    let not_there = Problem::SuccessorNotThere("old".into());
    let expected = [
        fault("units.csv", 2, "successor", Problem::SuccessorCircle),
        fault("units.csv", 3, "successor", not_there),
        fault("units.csv", 3, "successor", Problem::SuccessorCircle),
    ];
    assert_eq!(found(&bundle), expected);
}

#[test]
fn achieved_takes_one_flag_of_one_unit_or_of_several_and_nothing_else() {
    let judged = |scope_and_formula: &str| {
        let target = format!("achieved,,,,,{scope_and_formula}");
        let mut bundle = with("targets.csv", ">=,1,,,,prev(centre) = no,kept(centre)", &target);
        bundle = edited(bundle, "targets.csv", "1f,1,size,Quy mô,Size", "1f,1,size,\"Quy\nmô\",Size");
        found(&bundle)
    };
    let refused = [fault("targets.csv", 9, "formula", Problem::AchievedNotOneFlag)];
    for sound in ["all,centre", "kind = commune,centre", "unit = town,centre"] {
        assert_eq!(judged(sound), [], "{sound}");
    }
    for more in ["centre + centre", "centre * 1", "prev(centre)", "quota(centre)", "men", "1"] {
        let faults: Vec<Fault> =
            judged(&format!("all,{more}")).into_iter().filter(|fault| fault.column == "formula").collect();
        assert_eq!(faults, refused, "{more}");
    }
}

#[test]
fn a_unit_that_ends_with_the_year_or_outside_it_needs_no_successor() {
    for last in ["2025-12-31", "2026-06-30"] {
        assert_eq!(found(&with("units.csv", "township,,,,,", &format!("township,,{last},,,"))), [], "{last}");
    }
    let mut bundle = with("units.csv", "township,,,,,", "township,,2024-06-30,,,");
    bundle = edited(bundle, "quotas.csv", "20,women", "town,women");
    assert_eq!(found(&bundle), []);
}

/// An officer may break a line within a cell, so that rows and lines go apart.
#[test]
fn faults_between_rows_name_the_line_after_a_cell_of_several_lines() {
    let mut units = with("units.csv", "new,10,Xã Mới", "new,20,\"Xã\nMới\"");
    units = edited(units, "quotas.csv", "20,women", "town,women");
    units = edited(units, "baseline.csv", "20,men", "town,men");
    assert_eq!(
        found(&units),
        [fault("units.csv", 5, "code", Problem::CodeShared("20".into(), "new".into()))]
    );
    let mut targets = with("targets.csv", "Việc làm,Jobs,>=,30,,,,all,men + women", {
        "\"Việc\nlàm\",Jobs,>=,10,,,,all,men"
    });
    targets =
        edited(targets, "targets.csv", "Nam,Men,>=,10,,,,all,men,", "Nam,Men,>=,31,,,,all,men + women,");
    let problem = Problem::PartsDoNotAddUp("30".into(), "31".into());
    assert_eq!(found(&targets), [fault("targets.csv", 4, "value", problem)]);
}

#[test]
fn a_comparator_that_cannot_be_read_says_nothing_of_value_and_formula() {
    let unread = |line| {
        let allowed =
            ">=, <=, =, range, falls, rises, falls by >=, achieved, each >, each >=, reference, guideline";
        [fault("targets.csv", line, "comparator", Problem::NotOneOf("at least".into(), allowed))]
    };
    for (old, new, line) in [
        ("Men,>=,10", "Men,at least,10", 3),
        ("Rating,guideline", "Rating,at least", 5),
        ("Poverty,falls", "Poverty,at least", 6),
        ("Size,range", "Size,at least", 7),
    ] {
        assert_eq!(found(&with("targets.csv", old, new)), unread(line), "{new}");
    }
}

#[test]
fn a_quota_that_cannot_be_read_leaves_its_elements_sum_open() {
    for row in ["nobody,women,8", "old,women,eight", "old,woman,8", "old,women", "new,women,8"] {
        let faults = found(&with("quotas.csv", "old,women,8", row));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].line.is_some_and(|line| line == 2 || line == 3), "{faults:?}");
    }
    let others = with("quotas.csv", "old,women,8", "old,women,9\nnobody,people,8");
    let faults = found(&others);
    assert!(matches!(faults[0].problem, Problem::QuotasDoNotAddUp(..)), "{faults:?}");
    assert_eq!(faults.len(), 2, "another element's row hides nothing: {faults:?}");
}

#[test]
fn many_faults_are_reported_at_once_in_the_order_of_the_files() {
    let mut bundle = with("units.csv", "Thị trấn", "");
    bundle = edited(bundle, "forms.csv", "quarter,all,,,5", "quarter,all,,,32");
    bundle = edited(bundle, "elements.csv", ",,,people,,", ",,,men,,");
    bundle = edited(bundle, "targets.csv", "poor / people", "poor / pupils");
    bundle = edited(bundle, "targets.csv", "15..30", "30..15");
    bundle = edited(bundle, "rules.csv", ",warning,", ",hint,");
    bundle = edited(bundle, "quotas.csv", "old,women,8", "nobody,women,8");
    bundle = edited(bundle, "baseline.csv", "2024-01,5", "2024-01,-5");
    let places: Vec<(String, Option<u64>, String)> =
        found(&bundle).into_iter().map(|fault| (fault.file, fault.line, fault.column)).collect();
    let expected = [
        ("units.csv", Some(4), "name"),
        ("forms.csv", Some(3), "send_by_day"),
        ("elements.csv", Some(5), "part_of"),
        ("targets.csv", Some(6), "formula"),
        ("targets.csv", Some(7), "value"),
        ("rules.csv", Some(2), "level"),
        ("quotas.csv", Some(2), "unit"),
        ("baseline.csv", Some(2), "value"),
    ];
    for (file, line, column) in expected {
        assert!(
            places.contains(&(file.into(), line, column.into())),
            "{file} {line:?} {column} in {places:?}"
        );
    }
    assert_eq!(places.len(), expected.len(), "{places:?}");
    let files: Vec<&str> = places.iter().map(|(file, ..)| file.as_str()).take(7).collect();
    let in_order = ["units.csv", "forms.csv", "elements.csv", "targets.csv", "targets.csv", "rules.csv"];
    assert_eq!(files[..6], in_order);
}

/// A variant that is new makes this `match` fail to compile, and one without its slip makes the test fail.
#[test]
fn no_problem_is_without_its_slip() {
    let mut names: BTreeSet<&str> = slips().iter().map(|slip| name(&slip.fault.problem)).collect();
    names.extend(["Toml", "SuccessorCircle"]);
    assert_eq!(names.len(), NAMED, "{names:?}");
}

/// All that reading a folder can find; the other two need the programme before it.
const NAMED: usize = 47;

fn name(problem: &Problem) -> &'static str {
    match problem {
        Problem::MissingFile => "MissingFile",
        Problem::Empty => "Empty",
        Problem::NotText => "NotText",
        Problem::NotComposed => "NotComposed",
        Problem::Semicolons => "Semicolons",
        Problem::MissingColumn => "MissingColumn",
        Problem::UnknownColumn => "UnknownColumn",
        Problem::Broken => "Broken",
        Problem::Toml(_) => "Toml",
        Problem::Missing => "Missing",
        Problem::NotOneOf(..) => "NotOneOf",
        Problem::BadKey(_) => "BadKey",
        Problem::Twice(..) => "Twice",
        Problem::Number(..) => "Number",
        Problem::Figure(..) => "Figure",
        Problem::NotBetween(..) => "NotBetween",
        Problem::NotADate(_) => "NotADate",
        Problem::NotAPeriod(_) => "NotAPeriod",
        Problem::WrongFrequency(..) => "WrongFrequency",
        Problem::WrongYear(..) => "WrongYear",
        Problem::NotFromJanuary(_) => "NotFromJanuary",
        Problem::Unknown(..) => "Unknown",
        Problem::UnknownUnit(_) => "UnknownUnit",
        Problem::AmbiguousUnit(..) => "AmbiguousUnit",
        Problem::CodeShared(..) => "CodeShared",
        Problem::EndsBeforeItStarts => "EndsBeforeItStarts",
        Problem::SuccessorNotThere(_) => "SuccessorNotThere",
        Problem::SuccessorCircle => "SuccessorCircle",
        Problem::EndsWithoutSuccessor(_) => "EndsWithoutSuccessor",
        Problem::NotForUnit(..) => "NotForUnit",
        Problem::WholeElsewhere(_) => "WholeElsewhere",
        Problem::FlagWithLimits => "FlagWithLimits",
        Problem::LimitsCrossed => "LimitsCrossed",
        Problem::Formula(..) => "Formula",
        Problem::NotAFlag(_) => "NotAFlag",
        Problem::AchievedNotOneFlag => "AchievedNotOneFlag",
        Problem::DividesByZero => "DividesByZero",
        Problem::Scope(_) => "Scope",
        Problem::FormulaMissing => "FormulaMissing",
        Problem::FormulaUnused => "FormulaUnused",
        Problem::ValueOpen => "ValueOpen",
        Problem::ValueUnused => "ValueUnused",
        Problem::BadRange(_) => "BadRange",
        Problem::NobodyReports => "NobodyReports",
        Problem::QuotasDoNotAddUp(..) => "QuotasDoNotAddUp",
        Problem::PartsDoNotAddUp(..) => "PartsDoNotAddUp",
        Problem::Doubt(..) => "Doubt",
        Problem::Redefined(_) => "Redefined",
        Problem::UnitDropped(_) => "UnitDropped",
    }
}
