//! The main job as a demonstration: a district, fifteen communes, nine months of a synthetic year.
//!
//! Everything is real but the figures and the calendar: the server, the clients with their own databases, gRPC
//! between them, the books that stay behind. Days pass as fast as the machine can play them.

mod calendar;
mod district;
mod sample;
mod screens;
mod year;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use gom_domain::Lang;
use gom_terminal::{LangArg, fail, put, tell};

/// Trình diễn: một huyện, 15 xã và thị trấn, số liệu giả lập / The demonstration: a district, 15 units, synthetic figures
#[derive(Debug, Parser)]
struct Cli {
    /// Thư mục để lại sau khi chạy / The folder that stays behind
    #[arg(long, default_value = "demo-district", value_name = "DIR")]
    out: PathBuf,
    /// Thư mục chương trình / The programme's folder
    #[arg(long, default_value = "programmes/phung-hiep-2024", value_name = "DIR")]
    programme: PathBuf,
    /// Ngôn ngữ / Language
    #[arg(long, env = "GOM_LANG", value_enum, default_value = "vi")]
    lang: LangArg,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let lang = Lang::from(cli.lang);
    gom_terminal::start_log(None);
    match play(&cli, lang) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            fail(lang, &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn play(cli: &Cli, lang: Lang) -> anyhow::Result<()> {
    let calendar = calendar::Calendar::at("2024-01-02")?;
    let mut district = district::District::found(&cli.out, &cli.programme, &calendar, lang).await?;
    let communes = district.enrol_all(&calendar, lang).await?;
    year::play(&communes, &calendar, lang).await?;
    let closing = district.closing(&communes, lang)?;
    put(&closing);
    tell(&further(&cli.out, lang));
    screens::show(&mut district, &communes, &calendar, lang).await?;
    district.stop().await;
    Ok(())
}

/// How to look further, in three lines.
fn further(out: &std::path::Path, lang: Lang) -> String {
    let district = out.join("district").display().to_string();
    let commune = out.join("communes/hoa-an").display().to_string();
    let run = "cargo run -q -p";
    let lines = [
        (
            lang.pick("giải thích một số liệu", "explain a figure"),
            format!("{run} gom-server -- explain --data {district} 9a --as-of 2024-09"),
        ),
        (
            lang.pick("đếm lại toàn bộ", "recount everything"),
            format!("{run} gom-server -- verify --data {district}"),
        ),
        (
            lang.pick("xem biên nhận của một xã", "see a commune's receipts"),
            format!("{run} gom -- receipts --data {commune}"),
        ),
    ];
    lines.map(|(what, command)| format!("{what}: {command}")).join("\n")
}
