//! `enroll`: an invitation for a commune's computer.

use gom_domain::Lang;
use gom_domain::code::{CODE_LIFE_MS, EnrolCode, Fingerprint};
use gom_domain::invitation::Invitation;
use gom_domain::world::World;
use gom_terminal::{Settings, put, tell};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::enter::named;
use super::serve::{self, Listening};
use super::{Done, block_on, recalled};
use crate::authority;
use crate::books::Job;
use crate::enrol::IssueCode;
use crate::folder::Folder;
use crate::office::{self, Served};
use crate::wording::Trouble;

/// Issues a code, and prints the invitation that holds it, alone, on stdout.
pub(super) fn enroll(
    folder: &Folder,
    name: &str,
    address: Option<&str>,
    settings: &Settings,
    world: &World,
    lang: Lang,
) -> Done {
    let (_, memory) = recalled(folder, None)?;
    let (unit_name, unit) = named(&memory, name)?;
    let fingerprint = authority::fingerprint(&memory);
    drop(memory);
    // Where it cannot be said where to call, no code is issued.
    let asked = address.or(settings.get(serve::ADDRESS.key)).map(str::trim);
    if let Some(address) = asked.filter(|address| !serve::is_reachable(address)) {
        return Err(vec![Trouble::Unreachable(address.to_owned())]);
    }
    let by_settings = serve::listen(&Listening::default(), settings)?;
    if asked.is_none() && by_settings.address.ip().is_unspecified() {
        return Err(vec![Trouble::Unreachable(by_settings.address.to_string())]);
    }
    let code = EnrolCode::new(world.random());
    let expires_ms = world.now_ms() + CODE_LIFE_MS;
    let job = Job::IssueCode(IssueCode { unit, hash: code.hash(), expires_ms });
    let served = block_on(office::commit(folder, job, world))??.served;
    let served = served.unwrap_or(Served {
        address: by_settings.address,
        authority: fingerprint.filter(|_| by_settings.encrypted),
    });
    if served.authority.is_none() && by_settings.encrypted {
        return Err(vec![Trouble::NoAuthority]);
    }
    let address = asked.map_or_else(|| served.address.to_string(), str::to_owned);
    let invitation = Invitation { address, code, authority: served.authority };
    put(&invitation.shown());
    tell(&explained(&invitation, &unit_name, expires_ms, lang));
    Ok(())
}

fn explained(invitation: &Invitation, unit_name: &str, expires_ms: i64, lang: Lang) -> String {
    let until = gom_domain::calendar::vietnam_time(expires_ms);
    let fingerprint = invitation.authority.as_ref().map(Fingerprint::shown);
    let known = match (&fingerprint, lang) {
        (Some(fingerprint), Lang::Vi) => format!("Dấu của huyện: {fingerprint}."),
        (Some(fingerprint), Lang::En) => format!("The district's fingerprint: {fingerprint}."),
        (None, Lang::Vi) => "Đường truyền không mã hóa: chỉ dùng được trong chính máy này.".to_owned(),
        (None, Lang::En) => "The line is not encrypted: it serves within this very computer only.".to_owned(),
    };
    let said = match lang {
        Lang::Vi => format!(
            "Mã ghi danh cho {unit_name}: dùng một lần, đến {until}. Ở máy của xã, gõ: gom enroll MÃ (gõ cả dòng trên, hoặc quét hình dưới).\n{known}"
        ),
        Lang::En => format!(
            "Enrolment for {unit_name}: for one use, until {until}. At the commune's computer, type: gom enroll TEXT (the whole line above, or scan the picture below).\n{known}"
        ),
    };
    // In capitals it takes a smaller picture, and means the same. Most terminals write in light on dark.
    match QrCode::new(invitation.shown().to_uppercase()) {
        Ok(code) => {
            let mut picture = code.render::<Dense1x2>();
            let picture = picture.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
            format!("{said}\n{picture}")
        }
        Err(_) => said,
    }
}
