//! Handing in: what will be sent, what has changed since the last revision, what is still warned about; then the receipt.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::element::Value;
use gom_domain::greeting::shown_fingerprint;
use gom_domain::rule::Level;
use gom_domain::{Lang, say};
use gom_proto::submission::Envelope;
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
            site.page(&visit, title, &head, &notice.unwrap_or_default()).show(&content(&visit, &reviews))
        }
    }
}

fn reviewed(commune: &Commune, form: &str, at: &str) -> Result<Reviewed, Failure> {
    let view = commune.form(form, at)?;
    let reports: Vec<_> = view.revisions.iter().map(|revision| revision.report.clone()).collect();
    let history = crate::history::History(reports);
    let standing = history.newest_queued().or(history.standing()).and_then(|report| {
        let envelope = Envelope::decode(&report.body).ok()?;
        Some(envelope.open(view.place.programme()).ok()?.figures)
    });
    Ok(Reviewed { view, standing })
}

fn can_be_sent(view: &FormView) -> bool {
    matches!(view.state, CellState::Draft | CellState::Rejected)
}

fn content(visit: &Visit, reviews: &[Reviewed]) -> Markup {
    let lang = visit.lang;
    let ready: Vec<_> = reviews.iter().filter(|one| can_be_sent(&one.view)).collect();
    let levels =
        |level| ready.iter().flat_map(|one| &one.view.findings).any(|finding| finding.level == level);
    // What was rejected is no draft, and has no notes of its own.
    let again = |one: &&&Reviewed| one.view.state == CellState::Rejected;
    let rejected_with_warnings = ready
        .iter()
        .filter(again)
        .any(|one| one.view.findings.iter().any(|found| found.level == Level::Warning));
    let (one, is_one) = (reviews.first(), visit.asked("form").is_some());
    html! {
        @for review in reviews { (shown(review, lang)) }
        @if ready.is_empty() {
            p { (lang.pick("Không có gì để nộp: không có bản nháp nào.", "There is nothing to hand in: there is no draft.")) }
        } @else if is_one && levels(Level::Error) {
            div.box.bad { p { (lang.pick("Còn lỗi phải sửa trước khi nộp.", "There are errors to be corrected first.")) } }
        } @else {
            form #hand-in method="post" action="/hand-in" {
                @if let Some(one) = one.filter(|_| is_one) {
                    input type="hidden" name="form" value=(one.view.place.key());
                    input type="hidden" name="period" value=(one.view.place.period);
                }
                @if rejected_with_warnings {
                    label {
                        (lang.pick("Giải trình cho các cảnh báo", "Explain the warnings"))
                        textarea name="note" rows="3" cols="60" maxlength="2000" {}
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

/// Seals and queues.
pub(super) async fn hand_in(State(site): State<Site>, visit: Visit, body: Bytes) -> Response {
    let mut asked = pairs(&body);
    let said = notes::take(&mut asked);
    let mut asked = |name: &str| {
        let found = asked.iter().position(|(key, _)| key == name);
        found.map_or_else(String::new, |place| asked.swap_remove(place).1)
    };
    let (form, period, note) = (asked("form"), asked("period"), asked("note"));
    let which = if form.is_empty() { Which::All } else { Which::One(form, period) };
    let submitted = site
        .look(move |commune| {
            notes::keep(commune, &said)?;
            commune.submit(&which, Some(note.as_str()))
        })
        .await;
    match submitted {
        Err(failure) => failed(&visit, &failure),
        Ok((submitted, head)) => {
            site.line().changed();
            let title = visit.lang.pick("Đã xếp hàng chờ gửi", "Queued");
            let status =
                if submitted.blocked.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            let title = if submitted.sealed.is_empty() {
                visit.lang.pick("Chưa nộp được", "Not handed in")
            } else {
                title
            };
            site.page(&visit, title, &head, "").show_as(status, &done(&submitted, visit.lang))
        }
    }
}

fn done(submitted: &Submitted, lang: Lang) -> Markup {
    html! {
        @for sealed in &submitted.sealed { (queued(sealed, lang)) }
        @for blocked in &submitted.blocked { (refused(blocked, lang)) }
        @if !submitted.sealed.is_empty() {
            p { (lang.pick(
                "Biên nhận của huyện sẽ hiện ở trang Biên nhận khi huyện trả lời.",
                "The district's receipt is under Receipts once it has answered.",
            )) }
            p.noprint { button type="button" data-print { (lang.pick("In phiếu này", "Print this")) } }
        }
        p { a href="/" { (lang.pick("Về việc cần làm", "Back to what is to be done")) } }
    }
}

fn queued(sealed: &Sealed, lang: Lang) -> Markup {
    html! {
        div.box.good {
            p { strong { (sealed.place.form().label.get(lang)) ", " (period(sealed.place.period, lang)) } }
            dl.facts {
                dt { (lang.pick("Số trong hàng đợi", "Number in the queue")) } dd { (sealed.sequence) }
                dt { (lang.pick("Dấu", "Fingerprint")) } dd { (shown_fingerprint(&sealed.fingerprint)) }
            }
        }
        @if !sealed.warnings.is_empty() {
            (told("warn", &say!("Đã nộp kèm cảnh báo; huyện cũng thấy các cảnh báo này.", "Handed in with warnings, which the district sees as well."), lang))
        }
    }
}

fn refused(blocked: &Blocked, lang: Lang) -> Markup {
    html! {
        div.box.bad {
            p { strong { a href=(address(&blocked.form, blocked.period)) { (blocked.form) ", " (period(blocked.period, lang)) } } (lang.pick(" chưa nộp được:", " was not handed in:")) }
            @for text in wording::obstacle(&blocked.why) { p { (text.get(lang)) } }
        }
    }
}
