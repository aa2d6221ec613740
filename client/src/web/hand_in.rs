//! Handing in: what will be sent, what has changed since the last revision, what is still warned about; then the receipt.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::calendar::vietnam_time;
use gom_domain::element::Value;
use gom_domain::greeting::{fingerprint, shown_fingerprint};
use gom_domain::rule::Level;
use gom_domain::{Lang, Period, say};
use gom_web::{Visit, table};
use maud::{Markup, html};

use super::notes;
use super::sheet::pairs;
use super::site::{Site, failed, told};
use super::to_do::{address, period};
use crate::outbox::{Blocked, Sealed, Submitted};
use crate::show::{CellState, FormView};
use crate::{Commune, Failure, Which, wording};

/// A form with the figures of the revision that stands, where one does.
struct Reviewed {
    view: FormView,
    standing: Option<Vec<Option<Value>>>,
}

/// Shows what would be handed in.
pub(super) async fn review(State(site): State<Site>, visit: Visit) -> Response {
    let one = visit.asked("form").zip(visit.asked("period")).filter(|(form, _)| !form.is_empty());
    let looked = site
        .look(move |commune| {
            let places = match one {
                Some(one) => vec![one],
                None => commune
                    .drafts()?
                    .into_iter()
                    .map(|draft| (draft.form, draft.period.to_string()))
                    .collect(),
            };
            places.into_iter().map(|(form, at)| reviewed(commune, &form, &at)).collect::<Result<Vec<_>, _>>()
        })
        .await;
    match looked {
        Err(failure) => failed(&visit, &failure),
        Ok((reviews, head)) => {
            let title = visit.lang.pick("Xem lại và nộp", "Review and hand in");
            let notice =
                reviews.first().map(|one| one.view.place.programme().notice.get(visit.lang).to_owned());
            site.page(&visit, title, &head, &notice.unwrap_or_default()).show(&content(
                visit.lang,
                &reviews,
                visit.asked("form").is_some(),
                "",
            ))
        }
    }
}

fn reviewed(commune: &Commune, form: &str, at: &str) -> Result<Reviewed, Failure> {
    let view = commune.form(form, at)?;
    let standing = view.revision(view.newest).map(|revision| revision.figures.clone());
    Ok(Reviewed { view, standing })
}

fn can_be_sent(view: &FormView) -> bool {
    matches!(view.state, CellState::Draft | CellState::Rejected)
}

/// What was looked at, with the button to hand it in. `is_one`: one form was asked for; `written`: what was said already.
fn content(lang: Lang, reviews: &[Reviewed], is_one: bool, written: &str) -> Markup {
    let ready: Vec<_> = reviews.iter().filter(|one| can_be_sent(&one.view)).collect();
    let levels =
        |level| ready.iter().flat_map(|one| &one.view.findings).any(|finding| finding.level == level);
    // What was rejected is no draft, and has no notes of its own.
    let again = |one: &&&Reviewed| one.view.state == CellState::Rejected;
    let rejected_with_warnings = ready
        .iter()
        .filter(again)
        .any(|one| one.view.findings.iter().any(|found| found.level == Level::Warning));
    html! {
        @for review in reviews { (shown(review, lang)) }
        @if ready.is_empty() {
            p { (lang.pick("Không có gì để nộp: không có bản nháp nào.", "There is nothing to hand in: there is no draft.")) }
        } @else if is_one && levels(Level::Error) {
            div.box.bad { p { (lang.pick("Còn lỗi phải sửa trước khi nộp.", "There are errors to be corrected first.")) } }
        } @else {
            form #hand-in method="post" action="/hand-in" {
                @for one in &ready { input type="hidden" name="seen" value=(Seen::of(&one.view).shown()); }
                @if rejected_with_warnings {
                    label {
                        (lang.pick("Giải trình cho các cảnh báo", "Explain the warnings"))
                        textarea name="note" rows="3" cols="60" maxlength="2000" { (written) }
                    }
                }
                p { button.main type="submit" { (lang.pick("Nộp", "Hand in")) } }
                p.quiet { (lang.pick(
                    "Báo cáo được niêm phong và xếp hàng ngay trên máy này; máy tự gửi khi có mạng.",
                    "The report is sealed and queued on this computer at once, and goes out by itself when there is a line.",
                )) }
            }
        }
    }
}

/// What will be sent of a form, and what has changed since the revision before.
fn shown(review: &Reviewed, lang: Lang) -> Markup {
    let view = &review.view;
    let title = format!("{}, {}", view.place.form().label.get(lang), period(view.place.period, lang));
    let before =
        |nth: usize| review.standing.as_ref().and_then(|standing| standing.get(nth).copied().flatten());
    html! {
        h2 { a href=(address(view.place.key(), view.place.period)) { (title) } }
        p.quiet { (wording::state(view.state).get(lang)) }
        (table(&title, &html! {
            thead { tr {
                th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                @if review.standing.is_some() { th.num scope="col" { (lang.pick("Lần trước", "Before")) } }
                th.num scope="col" { (lang.pick("Sẽ nộp", "To be handed in")) }
                th scope="col" { (lang.pick("Đơn vị tính", "Measure")) }
            } }
            tbody {
                @for line in &view.lines {
                    @let before = before(line.element.place);
                    @let text = |value: Option<Value>| value.map_or_else(|| "–".to_owned(), |value| line.element.shown(value, lang));
                    tr {
                        th scope="row" { (line.element.label.get(lang)) }
                        @if review.standing.is_some() { td.num { (text(before)) } }
                        td.num { @if review.standing.is_some() && before != line.now { strong { (text(line.now)) " ≠" } } @else { (text(line.now)) } }
                        td.quiet { (line.element.measure.get(lang)) }
                    }
                }
            }
        }))
        @for finding in &view.findings {
            @let shade = if finding.level == Level::Error { "bad" } else { "warn" };
            p class={ "said " (shade) } { (wording::finding(&view.place, finding).get(lang)) }
            (notes::field(view, finding, Some("hand-in"), lang))
        }
    }
}

/// A draft as it was looked at: only that is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    form: String,
    period: String,
    figures: String,
}

impl Seen {
    fn of(view: &FormView) -> Self {
        let figures: Vec<String> =
            view.lines.iter().map(|line| format!("{}={:?}", line.element.key, line.now)).collect();
        Self {
            form: view.place.key().to_owned(),
            period: view.place.period.to_string(),
            figures: shown_fingerprint(&fingerprint(figures.join(";").as_bytes())),
        }
    }

    fn shown(&self) -> String {
        [self.form.as_str(), &self.period, &self.figures].join("~")
    }

    fn read(text: &str) -> Option<Self> {
        match text.split('~').collect::<Vec<_>>()[..] {
            [form, period, figures] => {
                Some(Self { form: form.to_owned(), period: period.to_owned(), figures: figures.to_owned() })
            }
            _ => None,
        }
    }
}

/// What has come of handing in.
enum HandedIn {
    Done(Submitted, Vec<FormView>, String),
    /// Something has changed since it was looked at.
    Changed(Vec<Reviewed>),
}

/// Seals and queues what was looked at. Where it has changed since, as in another tab, it is to be looked at again.
pub(super) async fn hand_in(State(site): State<Site>, visit: Visit, body: Bytes) -> Response {
    let mut asked = pairs(&body);
    let said = notes::take(&mut asked);
    let seen: Vec<Seen> =
        asked.iter().filter(|(name, _)| name == "seen").filter_map(|(_, text)| Seen::read(text)).collect();
    let note: String =
        asked.into_iter().find(|(name, _)| name == "note").map_or_else(String::new, |(_, text)| text);
    let written = note.clone();
    let done = site
        .look(move |commune| {
            notes::keep(commune, &said)?;
            sealed(commune, &seen, &note)
        })
        .await;
    match done {
        Err(failure) => failed(&visit, &failure),
        Ok((HandedIn::Changed(reviews), head)) => {
            let title = visit.lang.pick("Xem lại và nộp", "Review and hand in");
            let is_queued = |one: &Reviewed| one.view.state == CellState::Queued;
            let why = if !reviews.is_empty() && reviews.iter().all(is_queued) {
                say!(
                    "Đã xếp hàng từ trước; không nộp lần nữa.",
                    "It is queued already, and not handed in again."
                )
            } else {
                say!(
                    "Số liệu đã thay đổi từ lúc xem lại. Chưa nộp gì; hãy xem lại một lần nữa.",
                    "Something has changed since you looked. Nothing was handed in; please look again."
                )
            };
            let again = html! { (told("warn", &why, visit.lang)) (content(visit.lang, &reviews, reviews.len() == 1, &written)) };
            site.page(&visit, title, &head, "").show_as(StatusCode::CONFLICT, &again)
        }
        Ok((HandedIn::Done(submitted, views, officer), head)) => {
            site.line().changed();
            let status =
                if submitted.blocked.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            let title = if submitted.sealed.is_empty() {
                visit.lang.pick("Chưa nộp được", "Not handed in")
            } else {
                visit.lang.pick("Đã xếp hàng chờ gửi", "Queued")
            };
            let slip =
                Slip { views: &views, unit: &head.status.unit_name, officer: &officer, at_ms: site.now_ms() };
            site.page(&visit, title, &head, "").show_as(status, &slip.shown(&submitted, visit.lang))
        }
    }
}

fn sealed(commune: &Commune, seen: &[Seen], note: &str) -> Result<HandedIn, Failure> {
    let now =
        seen.iter().map(|one| reviewed(commune, &one.form, &one.period)).collect::<Result<Vec<_>, _>>()?;
    let same =
        seen.iter().zip(&now).all(|(seen, now)| *seen == Seen::of(&now.view) && can_be_sent(&now.view));
    if seen.is_empty() || !same {
        return Ok(HandedIn::Changed(now));
    }
    let (officer, these) =
        (commune.officer()?, seen.iter().map(|one| (one.form.clone(), one.period.clone())).collect());
    let submitted = commune.submit(&Which::These(these), Some(note))?;
    Ok(HandedIn::Done(submitted, now.into_iter().map(|one| one.view).collect(), officer))
}

/// What an officer keeps of what he has handed in.
struct Slip<'s> {
    /// The forms as they were handed in.
    views: &'s [FormView],
    unit: &'s str,
    officer: &'s str,
    at_ms: i64,
}

impl Slip<'_> {
    fn shown(&self, submitted: &Submitted, lang: Lang) -> Markup {
        html! {
            @for sealed in &submitted.sealed { (self.queued(sealed, lang)) }
            @for blocked in &submitted.blocked { (self.refused(blocked, lang)) }
            @if !submitted.sealed.is_empty() {
                p { (lang.pick(
                    "Huyện nhận được thì dòng ở đầu trang hiện số nhận; biên nhận nằm ở trang Biên nhận.",
                    "Once the district has it, the line at the top shows its number; the receipt is under Receipts.",
                )) }
                p.noprint { button type="button" data-print { (lang.pick("In phiếu này", "Print this")) } }
            }
            p { a href="/" { (lang.pick("Về việc cần làm", "Back to what is to be done")) } }
        }
    }

    fn view(&self, form: &str, at: Period) -> Option<&FormView> {
        self.views.iter().find(|view| view.place.key() == form && view.place.period == at)
    }

    fn queued(&self, sealed: &Sealed, lang: Lang) -> Markup {
        let title = format!("{}, {}", sealed.place.form().label.get(lang), period(sealed.place.period, lang));
        html! {
            div.box.good {
                p { strong { (title) } }
                dl.facts {
                    dt { (lang.pick("Đơn vị", "Unit")) } dd { (self.unit) }
                    @if !self.officer.is_empty() { dt { (lang.pick("Người nộp", "Officer")) } dd { (self.officer) } }
                    dt { (lang.pick("Xếp hàng lúc", "Queued at")) } dd { (vietnam_time(self.at_ms)) }
                    dt { (lang.pick("Số trong hàng đợi", "Number in the queue")) } dd { (sealed.sequence) }
                    dt { (lang.pick("Dấu", "Fingerprint")) } dd { (shown_fingerprint(&sealed.fingerprint)) }
                }
                @if let Some(view) = self.view(sealed.place.key(), sealed.place.period) {
                    (table(&title, &html! {
                        tbody { @for line in &view.lines {
                            tr {
                                th scope="row" { (line.element.label.get(lang)) }
                                td.num { (line.now.map_or_else(|| "–".to_owned(), |value| line.element.shown(value, lang))) }
                                td.quiet { (line.element.measure.get(lang)) }
                            }
                        } }
                    }))
                }
            }
            @if !sealed.warnings.is_empty() { (warned(sealed, lang)) }
        }
    }

    fn refused(&self, blocked: &Blocked, lang: Lang) -> Markup {
        let label = self.view(&blocked.form, blocked.period).map(|view| view.place.form().label.get(lang));
        html! {
            div.box.bad {
                p { strong { a href=(address(&blocked.form, blocked.period)) { (label.unwrap_or(&blocked.form)) ", " (period(blocked.period, lang)) } } (lang.pick(" chưa nộp được:", " was not handed in:")) }
                @for text in wording::obstacle(&blocked.why) { p { (text.get(lang)) } }
            }
        }
    }
}

fn warned(sealed: &Sealed, lang: Lang) -> Markup {
    let (warnings, unanswered) = (sealed.warnings.len(), sealed.unanswered);
    let text = if unanswered == 0 {
        say!(
            "Đã nộp kèm {warnings} cảnh báo, đều có giải trình; huyện cũng thấy.",
            "Handed in with warnings: {warnings}, all explained; the district sees them as well."
        )
    } else {
        say!(
            "Đã nộp kèm {warnings} cảnh báo, {unanswered} chưa có giải trình; huyện cũng thấy. Cần giải trình thì ghi ở biểu rồi nộp lại.",
            "Handed in with warnings: {warnings}, without an explanation: {unanswered}; the district sees them as well. To explain, write it in the form and hand in again."
        )
    };
    told("warn", &text, lang)
}
