//! What the district says of a submission, and what is found in its figures on the way.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::HashMap;
use std::sync::Arc;

use gom_domain::element::{ElementIx, FigureFault, VALUE_LIMIT, Value};
use gom_domain::examine::{Finding, Record, examine};
use gom_domain::form::FormIx;
use gom_domain::programme::{self, Bundle, Edition, Editions, Programme};
use gom_domain::rule::Level;
use gom_domain::ruling::{Case, RejectionCode, Ruling, Standing, Verdict, judge};
use gom_domain::sheet::{self, SheetFault, SheetProblem};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::{UnitId, UnitIx};
use gom_domain::{Bilingual, Period, wording};
use jiff::civil::{Date, date};

/// The township Cây Dương went on in the commune Hiệp Hưng, which took its code over.
const UNITS: &str = "id,code,name,kind,valid_from,valid_to,successor,lat,lon
cay-duong,31396,Thị trấn Cây Dương,township,,2025-06-30,hiep-hung-2025,,
hiep-hung,31429,Xã Hiệp Hưng,commune,,2025-06-30,hiep-hung-2025,,
hiep-hung-2025,31396,Xã Hiệp Hưng,commune,2025-07-01,,,,
";
const FORMS: &str = "key,label_vi,label_en,frequency,applies_to,window,closing_day,send_by_day,restricted
report,Báo cáo,Report,month,all,calendar,,5,
communes,Xã,Communes,month,commune,calendar,,5,
early,Sớm,Early,month,all,decree-09,14,16,
register,Dân số,Register,quarter,all,calendar,,5,
";
const ELEMENTS: &str =
    "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source
births,report,Sinh,Births,người,flow,0,all,,,,,
girls,report,Bé gái,Girls,người,flow,0,all,,,births,,
migration,report,Di cư,Migration,người,flow,0,all,-50,50,,,
output,report,Giá trị,Output,tỷ đồng,flow,1,all,,,,,
centre,report,Nhà văn hóa,Centre,,flag,0,all,,,,,
hamlets,report,Ấp,Hamlets,ấp,stock,0,commune,,,,,
fields,communes,Ruộng,Fields,ha,stock,0,all,,,,,
guests,early,Khách,Guests,người,flow,0,all,,,,,
population,register,Dân số,Population,người,stock,0,all,,,,,
";
const RULES: &str = "key,form,element,level,expression,message_vi,message_en
threefold,report,births,warning,births <= 3 * last(births),Tăng,Up
none-born,report,births,error,births > 0,Không,None
per-head,report,births,warning,births <= 0.01 * population,Nhiều,Many
year,report,output,warning,total(output) <= quota(output),Vượt,Over
either,report,output,warning,output < 1000 or output <= prev(output),Lớn,Large
blank,report,girls,warning,present(value),Trống,Blank
";

fn tables() -> Bundle {
    let heading = "key = \"tiny\"\nname_vi = \"nhỏ\"\nyear = 2025\nwindow = \"calendar\"\n";
    let targets = "ref,group,key,label_vi,label_en,comparator,value,printed,unit_vi,unit,scope,formula,pace,from,doubt,note\n";
    let files = [
        ("programme.toml", heading),
        ("units.csv", UNITS),
        ("forms.csv", FORMS),
        ("elements.csv", ELEMENTS),
        ("groups.csv", "group,label_vi,label_en\n"),
        ("targets.csv", targets),
        ("rules.csv", RULES),
    ];
    files.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect()
}

/// A unit's desk at the district: what stands of it, and a report that has come in.
struct Desk {
    programme: Programme,
    figures: HashMap<(ElementIx, Period), Value>,
    quotas: HashMap<ElementIx, Value>,
    unit: UnitIx,
    today: Date,
    standing: Option<Standing>,
    submission: Submission,
}

impl Record for Desk {
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value> {
        self.figures.get(&(element, period)).copied()
    }

    fn quota(&self, element: ElementIx) -> Option<Value> {
        self.quotas.get(&element).copied()
    }
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn id(number: u8) -> SubmissionId {
    SubmissionId::from_bytes([number; 16])
}

impl Desk {
    /// Hiệp Hưng's report of May 2025, complete and without anything odd, on the fifth of June.
    fn open() -> Self {
        let programme = programme::read(&tables()).unwrap().programme;
        let unit = programme.unit_named("31429", date(2025, 5, 31)).unwrap();
        let submission = Submission {
            id: id(1),
            programme_version: 1,
            form: programme.form_named("report").unwrap(),
            period: period("2025-05"),
            base: None,
            figures: vec![None; 6],
            notes: Vec::new(),
            reason: String::new(),
            officer: String::new(),
        };
        let mut desk = Self {
            programme,
            figures: HashMap::new(),
            quotas: HashMap::new(),
            unit,
            today: date(2025, 6, 5),
            standing: None,
            submission,
        };
        desk.hand_in(&[
            ("births", 9),
            ("girls", 4),
            ("migration", -3),
            ("output", 125),
            ("centre", 1),
            ("hamlets", 7),
        ]);
        desk
    }

    fn element(&self, key: &str) -> ElementIx {
        self.programme.element_named(key).unwrap()
    }

    /// Fills in figures of the submission.
    fn hand_in(&mut self, figures: &[(&str, Value)]) {
        for (key, value) in figures {
            let element = self.element(key);
            let places = &self.programme.form(self.submission.form).elements;
            let place = places.iter().position(|own| *own == element).unwrap();
            self.submission.figures[place] = Some(*value);
        }
    }

    fn blank(&mut self, key: &str) {
        let element = self.element(key);
        let place = self.programme.form(self.submission.form).elements.iter().position(|own| *own == element);
        self.submission.figures[place.unwrap()] = None;
    }

    /// Lets a figure of another report stand.
    fn stands(&mut self, key: &str, of: &str, value: Value) {
        self.figures.insert((self.element(key), period(of)), value);
    }

    /// Turns the submission into an empty one of another form and period.
    fn report(&mut self, form: &str, of: &str) {
        self.submission.form = self.programme.form_named(form).unwrap();
        self.submission.period = period(of);
        self.submission.figures = vec![None; self.programme.form(self.submission.form).elements.len()];
    }

    fn judge(&self) -> Ruling {
        let case = Case {
            programme: &self.programme,
            unit: self.unit,
            today: self.today,
            record: self,
            standing: self.standing,
            base: self.submission.base,
        };
        judge(&self.submission, &case)
    }

    fn findings(&self) -> Vec<Finding> {
        let submission = &self.submission;
        examine(&self.programme, self.unit, submission.form, submission.period, &submission.figures, self)
    }

    /// What is said of one finding.
    fn says(&self, place: usize) -> Bilingual {
        wording::finding(&self.programme, &self.findings()[place])
    }

    /// Level, element and rule of everything found.
    fn found(&self) -> Vec<(Level, String, String)> {
        let programme = &self.programme;
        let short = |finding: &Finding| {
            let remark = wording::remark(programme, finding);
            (finding.level, remark.element, finding.check.key(programme).to_owned())
        };
        self.findings().iter().map(short).collect()
    }

    #[track_caller]
    fn finds(&self, expected: &[(Level, &str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(l, key, rule)| (*l, (*key).into(), (*rule).into())).collect();
        assert_eq!(self.found(), expected);
    }

    #[track_caller]
    fn rejects(&self, code: RejectionCode) {
        let ruling = self.judge();
        assert!(
            matches!(&ruling.verdict, Verdict::Rejected(rejection) if rejection.code == code.code()),
            "{ruling:?}"
        );
    }
}

const ACCEPTED: Verdict = Verdict::Accepted { revision: 1 };

#[test]
fn a_sound_report_stands_as_the_first_revision() {
    let desk = Desk::open();
    assert_eq!(desk.judge(), Ruling::plain(ACCEPTED));
}

#[test]
fn a_part_may_equal_its_whole_but_not_exceed_it() {
    let mut desk = Desk::open();
    desk.hand_in(&[("births", 9), ("girls", 9)]);
    desk.finds(&[]);
    desk.hand_in(&[("girls", 10)]);
    desk.finds(&[(Level::Error, "girls", "part-of")]);
    assert_eq!(desk.says(0).en, "above its whole “Births”");
    desk.rejects(RejectionCode::Figures);
}

#[test]
fn a_part_without_its_whole_is_not_held_against_it() {
    let mut desk = Desk::open();
    desk.blank("births");
    desk.finds(&[]);
}

#[test]
fn nothing_is_negative_unless_the_table_says_so() {
    let mut desk = Desk::open();
    desk.hand_in(&[("migration", -50), ("output", -1)]);
    desk.finds(&[(Level::Error, "output", "limits")]);
    assert_eq!(desk.says(0), wording::figure_fault(&FigureFault::Negative));
    desk.hand_in(&[("migration", -51), ("output", 0)]);
    assert_eq!(desk.says(0), wording::figure_fault(&FigureFault::BelowMin("-50".into())));
}

#[test]
fn a_figure_above_its_limit_is_refused() {
    let mut desk = Desk::open();
    desk.hand_in(&[("migration", 51)]);
    assert_eq!(desk.says(0), wording::figure_fault(&FigureFault::AboveMax("50".into())));
    desk.hand_in(&[("migration", 0), ("output", VALUE_LIMIT)]);
    assert_eq!(desk.says(0), wording::figure_fault(&FigureFault::TooLarge));
    desk.rejects(RejectionCode::Figures);
}

#[test]
fn a_flag_is_yes_or_no_and_nothing_else() {
    let mut desk = Desk::open();
    desk.hand_in(&[("centre", 0)]);
    desk.finds(&[]);
    desk.hand_in(&[("centre", 2)]);
    assert_eq!(desk.says(0), wording::figure_fault(&FigureFault::NotAFlag));
    desk.rejects(RejectionCode::Figures);
}

#[test]
fn a_figure_that_is_not_the_units_is_refused_and_a_blank_is_not() {
    let mut desk = Desk::open();
    desk.unit = desk.programme.unit_named("cay-duong", date(2025, 5, 31)).unwrap();
    desk.finds(&[(Level::Error, "hamlets", "not-for-unit")]);
    desk.blank("hamlets");
    desk.finds(&[]);
    assert_eq!(desk.judge().verdict, ACCEPTED);
}

#[test]
fn an_error_rule_that_fails_rejects_with_errors_alone() {
    let mut desk = Desk::open();
    desk.hand_in(&[("births", 0), ("girls", 0), ("output", 90_000)]);
    desk.quotas.insert(desk.element("output"), 5);
    for month in 1..5 {
        desk.stands("output", &format!("2025-0{month}"), 1);
    }
    desk.finds(&[(Level::Error, "births", "none-born"), (Level::Warning, "output", "year")]);
    let ruling = desk.judge();
    desk.rejects(RejectionCode::Figures);
    let rules: Vec<&str> = ruling.findings.iter().map(|found| found.check.key(&desk.programme)).collect();
    assert_eq!(rules, ["none-born"]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let mut desk = Desk::open();
    desk.hand_in(&[("births", -1), ("girls", 3), ("migration", 99), ("centre", 7)]);
    desk.finds(&[
        (Level::Error, "births", "limits"),
        (Level::Error, "girls", "part-of"),
        (Level::Error, "migration", "limits"),
        (Level::Error, "centre", "limits"),
        (Level::Error, "births", "none-born"),
    ]);
}

#[test]
fn a_warning_travels_with_the_acceptance_and_shows_its_numbers() {
    let mut desk = Desk::open();
    desk.stands("births", "2025-04", 2);
    desk.finds(&[(Level::Warning, "births", "threefold")]);
    let ruling = desk.judge();
    assert_eq!(ruling.verdict, ACCEPTED);
    let text = wording::finding(&desk.programme, &ruling.findings[0]);
    assert_eq!(text.vi, "Tăng («Sinh» [9] ≤ 3 × «Sinh» kỳ trước [2])");
    assert_eq!(text.en, "Up (“Births” [9] ≤ 3 × “Births” in the period before [2])");
}

#[test]
fn numbers_follow_the_language() {
    let mut desk = Desk::open();
    desk.hand_in(&[("output", 123_456)]);
    desk.stands("output", "2024-05", 100_005);
    desk.finds(&[(Level::Warning, "output", "either")]);
    let text = wording::finding(&desk.programme, &desk.judge().findings[0]);
    let vi = "Lớn («Giá trị» [12.345,6] < 1.000 hoặc «Giá trị» [12.345,6] ≤ «Giá trị» cùng kỳ năm trước [10.000,5])";
    let en = "Large (“Output” [12,345.6] < 1,000 or “Output” [12,345.6] ≤ “Output” a year before [10,000.5])";
    assert_eq!((text.vi.as_str(), text.en.as_str()), (vi, en));
}

#[test]
fn what_is_missing_leaves_a_rule_open() {
    let mut desk = Desk::open();
    desk.finds(&[]);
    desk.stands("births", "2025-04", 2);
    desk.blank("births");
    desk.finds(&[]);
}

#[test]
fn an_or_is_settled_by_either_side_that_is_known() {
    let mut desk = Desk::open();
    desk.hand_in(&[("output", 9_999)]);
    desk.finds(&[]);
    desk.hand_in(&[("output", 10_000)]);
    desk.finds(&[]);
    desk.stands("output", "2024-05", 9_000);
    desk.finds(&[(Level::Warning, "output", "either")]);
}

#[test]
fn a_blank_is_noticed_only_where_a_rule_asks_for_presence() {
    let mut desk = Desk::open();
    desk.blank("girls");
    desk.blank("migration");
    desk.finds(&[(Level::Warning, "girls", "blank")]);
    assert_eq!(desk.judge().verdict, ACCEPTED);
}

#[test]
fn a_total_counts_the_form_in_hand_and_needs_every_month_before() {
    let mut desk = Desk::open();
    desk.quotas.insert(desk.element("output"), 140);
    for month in 1..4 {
        desk.stands("output", &format!("2025-0{month}"), 5);
    }
    desk.finds(&[]);
    desk.stands("output", "2025-04", 5);
    desk.finds(&[(Level::Warning, "output", "year")]);
    desk.stands("output", "2025-05", 999);
    desk.hand_in(&[("output", 120)]);
    desk.finds(&[]);
}

#[test]
fn another_forms_figure_is_its_latest_one() {
    let mut desk = Desk::open();
    desk.stands("population", "2024-Q4", 500);
    desk.finds(&[(Level::Warning, "births", "per-head")]);
    desk.stands("population", "2025-Q1", 900);
    desk.finds(&[]);
    desk.stands("population", "2025-Q2", 100);
    desk.finds(&[]);
}

#[test]
fn the_month_before_january_is_december() {
    let mut desk = Desk::open();
    desk.submission.period = period("2025-01");
    desk.stands("births", "2024-12", 2);
    desk.finds(&[(Level::Warning, "births", "threefold")]);
}

#[test]
fn a_period_that_has_not_begun_may_be_handed_in_again_later() {
    let mut desk = Desk::open();
    desk.submission.period = period("2025-06");
    desk.today = date(2025, 5, 31);
    desk.rejects(RejectionCode::Future);
    let Verdict::Rejected(rejection) = desk.judge().verdict else { panic!("accepted") };
    assert!(rejection.may_retry);
    desk.today = date(2025, 6, 1);
    assert_eq!(desk.judge().verdict, ACCEPTED);
}

/// Under the decree May begins on the fifteenth of April.
#[test]
fn the_forms_own_window_says_when_a_period_begins() {
    let mut desk = Desk::open();
    desk.report("early", "2025-05");
    desk.today = date(2025, 4, 14);
    desk.rejects(RejectionCode::Future);
    desk.today = date(2025, 4, 15);
    assert_eq!(desk.judge().verdict, ACCEPTED);
}

#[test]
fn a_period_of_another_frequency_or_year_is_refused() {
    for wrong in ["2025-Q1", "2025-H1", "2025-9M", "2025", "2024-05"] {
        let mut desk = Desk::open();
        desk.submission.period = period(wrong);
        desk.rejects(RejectionCode::WrongPeriod);
    }
}

#[test]
fn a_unit_that_no_longer_exists_hands_in_what_ended_in_its_time() {
    let mut desk = Desk::open();
    desk.today = date(2025, 8, 1);
    desk.submission.period = period("2025-06");
    assert_eq!(desk.judge().verdict, ACCEPTED);
    desk.submission.period = period("2025-07");
    desk.rejects(RejectionCode::UnitNotThere);
}

#[test]
fn a_unit_that_did_not_exist_yet_hands_in_nothing() {
    let mut desk = Desk::open();
    desk.unit = desk.programme.unit_named("hiep-hung-2025", date(2025, 7, 1)).unwrap();
    desk.rejects(RejectionCode::UnitNotThere);
}

#[test]
fn a_form_for_another_kind_of_unit_is_refused() {
    let mut desk = Desk::open();
    desk.report("communes", "2025-05");
    assert_eq!(desk.judge().verdict, ACCEPTED);
    desk.unit = desk.programme.unit_named("cay-duong", date(2025, 5, 31)).unwrap();
    desk.rejects(RejectionCode::NotForUnit);
}

#[test]
fn a_form_that_the_programme_does_not_have_is_refused() {
    let mut desk = Desk::open();
    desk.submission.form = FormIx(99);
    desk.rejects(RejectionCode::UnknownForm);
}

#[test]
fn figures_that_do_not_fit_the_forms_list_are_refused() {
    for length in [0, 5, 7] {
        let mut desk = Desk::open();
        desk.submission.figures.resize(length, None);
        desk.rejects(RejectionCode::Misfit);
    }
}

#[test]
fn a_correction_made_from_what_stands_is_the_next_revision() {
    let mut desk = Desk::open();
    desk.standing = Some(Standing { id: id(7), revision: 3 });
    desk.submission.base = Some(id(7));
    assert_eq!(desk.judge().verdict, Verdict::Accepted { revision: 4 });
}

#[test]
fn a_report_made_from_anything_else_than_what_stands_is_a_conflict() {
    let mut desk = Desk::open();
    desk.standing = Some(Standing { id: id(7), revision: 3 });
    for stale in [None, Some(id(6))] {
        desk.submission.base = stale;
        assert_eq!(desk.judge().verdict, Verdict::Conflict { current: 3 });
    }
    desk.standing = None;
    desk.submission.base = Some(id(7));
    assert_eq!(desk.judge().verdict, Verdict::Conflict { current: 0 });
}

/// The submission says it was made from one that was rejected; the caller hands in the last that was not.
#[test]
fn a_rejected_base_is_the_callers_to_leave_out() {
    let mut desk = Desk::open();
    desk.standing = Some(Standing { id: id(7), revision: 3 });
    desk.submission.base = Some(id(8));
    let case = Case {
        programme: &desk.programme,
        unit: desk.unit,
        today: desk.today,
        record: &desk,
        standing: desk.standing,
        base: Some(id(7)),
    };
    assert_eq!(judge(&desk.submission, &case).verdict, Verdict::Accepted { revision: 4 });
}

#[test]
fn a_conflict_keeps_its_warnings_and_wrong_figures_come_before_a_conflict() {
    let mut desk = Desk::open();
    desk.standing = Some(Standing { id: id(7), revision: 1 });
    desk.blank("girls");
    assert_eq!(desk.judge().verdict, Verdict::Conflict { current: 1 });
    assert_eq!(desk.judge().findings.len(), 1);
    desk.hand_in(&[("output", -1)]);
    desk.rejects(RejectionCode::Figures);
}

#[test]
fn a_reused_code_names_the_unit_of_its_time_and_never_both() {
    let programme = Desk::open().programme;
    let named = |name: &str, on| programme.unit_named(name, on).map(|ix| programme.unit(ix).id.to_string());
    assert_eq!(named("31396", date(2025, 6, 30)).as_deref(), Some("cay-duong"));
    assert_eq!(named("31396", date(2025, 7, 1)).as_deref(), Some("hiep-hung-2025"));
    assert_eq!(named("31429", date(2025, 7, 1)), None);
    assert_eq!(named("cay-duong", date(2025, 6, 30)).as_deref(), Some("cay-duong"));
    assert_eq!(named("cay-duong", date(2025, 7, 1)), None, "an id lasts, but its unit need not exist");
    let called: Vec<_> = programme.units_called("31396");
    assert_eq!(called.len(), 2, "within a year the code alone is ambiguous, and both are shown");
}

#[test]
fn a_sheets_row_is_refused_where_its_unit_does_not_exist_in_the_period() {
    let edition = Edition { version: 1, programme: Arc::new(Desk::open().programme) };
    let mut editions = Editions::default();
    editions.publish(edition);
    let own = UnitId::from("cay-duong");
    let read = |row: &str| {
        let text = format!("unit,form,period,element,value\n{row}\n");
        sheet::read(&editions, &own, text.as_bytes()).map(|sheet| sheet.cells.len())
    };
    let unknown =
        |name: &str| Err(vec![SheetFault { line: Some(2), problem: SheetProblem::UnknownUnit(name.into()) }]);
    assert_eq!(read("cay-duong,report,2025-06,births,3"), Ok(1));
    assert_eq!(read("cay-duong,report,2025-07,births,3"), unknown("cay-duong"));
    assert_eq!(read("hiep-hung-2025,report,2025-06,births,3"), unknown("hiep-hung-2025"));
    assert_eq!(read("31396,report,2025-07,births,3"), Ok(0), "the code has gone on to another unit");
}
