//! `gom name`: who hands in.

use std::process::ExitCode;

use gom_domain::{Lang, say};

use super::{exit, put};
use crate::{Commune, Failure};

pub(super) fn name(lang: Lang, commune: &Commune, name: Option<&str>) -> Result<ExitCode, Failure> {
    let officer = match name {
        None => commune.officer()?,
        Some(name) => commune.name_officer(name)?,
    };
    if officer.is_empty() {
        put(
            lang,
            &say!(
                "Chưa ghi tên; hãy chạy gom name \"Họ và tên\".",
                "No name is known; run gom name \"FULL NAME\"."
            ),
        );
    } else {
        put(
            lang,
            &say!(
                "Báo cáo nộp từ máy này mang tên {officer}.",
                "Reports handed in from here bear the name {officer}."
            ),
        );
    }
    Ok(exit(!officer.is_empty()))
}
