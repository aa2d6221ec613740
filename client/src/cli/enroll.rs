//! `gom enroll`.

use std::path::Path;
use std::process::ExitCode;

use crate::{Commune, Failure};
use gom_domain::invitation::Invitation;
use gom_domain::world::World;
use gom_domain::{Lang, say};

use super::{exit, put};

pub(super) async fn enroll(
    lang: Lang,
    folder: &Path,
    server: Option<String>,
    code: Option<String>,
    world: &World,
) -> Result<ExitCode, Failure> {
    let Some(code) = code.or_else(|| asked(lang)) else {
        gom_terminal::fail(lang, lang.pick("chưa có mã ghi danh", "there is no enrolment code"));
        return Ok(ExitCode::from(2));
    };
    let code = code.trim();
    let (_, enrolled) = if code.contains('/') {
        let mut invitation = Invitation::parse(code).map_err(|_| Failure::MistypedCode)?;
        if let Some(server) = server {
            let bare = server.trim_start_matches("https://").trim_start_matches("http://");
            bare.clone_into(&mut invitation.address);
        }
        Commune::accept(folder, world.clone(), &invitation).await?
    } else if let Some(server) = server {
        Commune::enroll(folder, world.clone(), &server, code).await?
    } else {
        let text = say!(
            "chưa biết máy chủ; hãy gõ cả dòng mã ghi danh mà huyện đã cấp, có địa chỉ ở đầu",
            "the server is not known; type the whole line that the district has given, which begins with its address"
        );
        gom_terminal::fail(lang, text.get(lang));
        return Ok(ExitCode::from(2));
    };
    let (unit, filed) = (&enrolled.unit_name, enrolled.report.filed);
    put(lang, &say!("Đã ghi danh máy này cho đơn vị {unit}.", "This computer is enrolled for {unit}."));
    for programme in &enrolled.programmes {
        let (vi, en) = (programme.get(Lang::Vi), programme.get(Lang::En));
        put(lang, &say!("Chương trình: {vi}.", "Programme: {en}."));
    }
    put(
        lang,
        &say!(
            "Đã tải {filed} báo cáo đã nộp trước đây. Từ nay nhập và nộp được cả khi không có mạng.",
            "Reports handed in before that have come: {filed}. From now on you can fill in and hand in without a line."
        ),
    );
    if enrolled.report.update_needed {
        put(lang, &super::sync::update_needed());
    }
    Ok(exit(true))
}

/// The code where it does not stand on the command line: there others who use the computer may see it.
fn asked(lang: Lang) -> Option<String> {
    let question = lang
        .pick("Mã ghi danh (cả dòng huyện đã cấp)", "The enrolment code (the whole line from the district)");
    gom_terminal::ask(question).ok().filter(|typed| !typed.trim().is_empty())
}
