//! The two screens, for whoever wants to look around in what was played.

use std::future::IntoFuture;
use std::io::BufRead;
use std::sync::Arc;

use anyhow::Context;
use gom_domain::Lang;
use gom_terminal::{put, tell};
use tokio::sync::oneshot;

use crate::calendar::Calendar;
use crate::district::{District, Unit};

/// Whose screen is opened: a commune that has still something to hand in.
const COMMUNE: &str = "long-thanh";

/// Opens the district's pages and a commune's, says where they are, and keeps them open until somebody ends it. Where nobody
/// can, as in a pipe, they are closed at once.
pub(crate) async fn show(
    district: &mut District,
    communes: &[Unit],
    calendar: &Calendar,
    lang: Lang,
) -> anyhow::Result<()> {
    let (pages, password) = district.show_pages(calendar, lang).await?;
    let unit = communes.iter().find(|unit| unit.id.as_str() == COMMUNE).or(communes.first());
    let unit = unit.context("there is no commune")?;
    let folder = district.folder_of(unit);
    let opened = gom::web::open(Arc::clone(&unit.commune), &folder, 0, &calendar.world(0)).await?;
    let (name, address) = (&unit.name, &opened.address);
    put(lang.pick(
        &format!("màn hình của huyện: {pages} (tài khoản xem, mật khẩu {password})\nmàn hình của {name}: {address}"),
        &format!("the district's screen: {pages} (account xem, password {password})\nthe screen of {name}: {address}"),
    ));
    tell(lang.pick("Enter hoặc Ctrl+C để đóng hai màn hình.", "Enter or Ctrl+C closes both."));
    opened.serve(ended()).await.context("the commune's screen")
}

/// Ready when somebody presses Enter or Ctrl+C, or there is nobody.
async fn ended() {
    let (done, entered) = oneshot::channel();
    // A thread of its own: the program ends though it may still be waiting.
    std::thread::spawn(move || {
        _ = std::io::stdin().lock().read_line(&mut String::new());
        _ = done.send(());
    });
    tokio::select! {
        _ = entered.into_future() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
