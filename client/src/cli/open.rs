//! `gom open`: the commune's screen, in the browser.

use std::path::Path;
use std::process::ExitCode;

use gom_domain::world::World;
use gom_domain::{Lang, say};

use super::sync::stopped;
use super::{exit, put};
use crate::{Commune, Failure, web};

/// Opens the screen and keeps it open until it is told to stop.
pub(super) async fn open(
    lang: Lang,
    commune: Commune,
    folder: &Path,
    (port, browser): (u16, bool),
    world: &World,
) -> Result<ExitCode, Failure> {
    let opened = match web::open(std::sync::Arc::new(commune), folder, port, world).await {
        Ok(opened) => opened,
        Err(error) => {
            let text = say!(
                "không mở được cổng {port} của máy này ({error}); hãy chọn cổng khác bằng --port",
                "port {port} of this computer cannot be opened ({error}); choose another with --port"
            );
            gom_terminal::fail(lang, text.get(lang));
            return Ok(exit(false));
        }
    };
    // Alone on stdout, so that other programs can read it.
    gom_terminal::put(&opened.address);
    gom_terminal::tell(
        say!(
            "Màn hình đang mở ở địa chỉ trên, chỉ trong máy này; máy tự gửi khi có mạng. Dừng bằng Ctrl+C.",
            "The screen is open at the address above, on this computer alone, and syncs by itself. Ctrl+C ends it."
        )
        .get(lang),
    );
    if browser && let Err(error) = ::open::that_detached(&opened.address) {
        let text = say!(
            "Không mở được trình duyệt ({error}); hãy tự mở địa chỉ trên.",
            "No browser could be opened ({error}); open the address above yourself."
        );
        gom_terminal::tell(text.get(lang));
    }
    if let Err(error) = opened.serve(stopped()).await {
        let text = say!("màn hình đã dừng: {error}", "the screen has ended: {error}");
        gom_terminal::fail(lang, text.get(lang));
        return Ok(exit(false));
    }
    put(lang, &say!("Đã đóng màn hình; không mất gì.", "The screen is closed; nothing is lost."));
    Ok(exit(true))
}
