//! `gom enroll`.

use std::path::Path;
use std::process::ExitCode;

use crate::{Commune, Failure};
use gom_domain::world::World;
use gom_domain::{Lang, say};

use super::{exit, put};

pub(super) async fn enroll(
    lang: Lang,
    folder: &Path,
    server: Option<String>,
    code: &str,
    world: &World,
) -> Result<ExitCode, Failure> {
    let Some(server) = server else {
        let text = say!(
            "chưa biết máy chủ; thêm --server http://127.0.0.1:7443",
            "the server is not known; add --server http://127.0.0.1:7443"
        );
        gom_terminal::fail(lang, text.get(lang));
        return Ok(ExitCode::from(2));
    };
    let (_, enrolled) = Commune::enroll(folder, world.clone(), &server, code).await?;
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
