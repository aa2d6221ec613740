//! The commands: each calls the library once and prints what came of it. Results go to stdout, the rest to stderr.

mod backup;
mod drafts;
mod enroll;
mod name;
mod open;
mod receipts;
mod resolve;
mod show;
mod status;
mod stick;
mod submit;
mod sync;
mod verify_district;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use gom_domain::world::World;
use gom_domain::{Lang, say};

use crate::args::{Args, Command, Setup};
use crate::{Commune, Failure, Which, wording};

/// Runs the command line in a world, the real one or one whose clock is turned: it does one thing, and says how it went.
pub fn run(world: &World) -> ExitCode {
    let args = Args::parse();
    let setup = match Setup::new(&args) {
        Ok(setup) => setup,
        Err(texts) => {
            gom_terminal::fail_all(args.lang.map_or(Lang::Vi, Lang::from), &texts);
            return ExitCode::FAILURE;
        }
    };
    gom_terminal::start_log(setup.log.as_deref());
    let lang = setup.lang;
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let text =
                say!("chương trình không khởi động được: {error}", "the program cannot start: {error}");
            gom_terminal::fail(lang, text.get(lang));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(carry_out(args.command, setup, world)) {
        Ok(code) => code,
        Err(failure) => {
            tracing::debug!(error = &failure as &dyn std::error::Error, "not carried out");
            gom_terminal::fail_all(lang, &wording::failure(&failure));
            ExitCode::FAILURE
        }
    }
}

/// Carries out a command.
async fn carry_out(command: Command, setup: Setup, world: &World) -> Result<ExitCode, Failure> {
    let lang = setup.lang;
    let close = |folder: &Path| gom_terminal::tell_open(lang, folder, &crate::folder::close(folder));
    let open = |folder: &Path| {
        close(folder);
        Commune::open(folder, world.clone())
    };
    match command {
        Command::Enroll { folder, server, code } => {
            enroll::enroll(lang, &folder.dir, server.or(setup.server), code, world).await
        }
        Command::Import { folder, file } => drafts::import(lang, &open(&folder.dir)?, &file),
        Command::Set { folder, form, period, entries } => {
            drafts::set(lang, &open(&folder.dir)?, &form, &period, &entries)
        }
        Command::Show { folder, form: Some(form), period: Some(period), .. } => {
            show::form(lang, &open(&folder.dir)?, &form, &period)
        }
        Command::Show { folder, year, .. } => show::year(lang, &open(&folder.dir)?, year),
        Command::Submit { folder, form: Some(form), period: Some(period), note, .. } => {
            submit::submit(lang, &open(&folder.dir)?, &Which::One(form, period), note.as_deref())
        }
        Command::Submit { all: false, .. } => Ok(submit::which(lang)),
        Command::Submit { folder, note, .. } => {
            submit::submit(lang, &open(&folder.dir)?, &Which::All, note.as_deref())
        }
        Command::Resolve { folder, form, period, keep } => {
            resolve::resolve(lang, &open(&folder.dir)?, &form, &period, keep.into())
        }
        Command::Sync { folder, server, watch } => {
            close(&folder.dir);
            let commune = Commune::open_to_sync(&folder.dir, world.clone())?;
            let commune = match server.or(setup.server) {
                Some(server) => commune.at(&server),
                None => commune,
            };
            let code =
                if watch { sync::watch(lang, &commune).await } else { sync::sync(lang, &commune).await };
            Ok(code)
        }
        Command::ExportQueue { folder, file } => stick::export(lang, &open(&folder.dir)?, &file),
        Command::ImportReceipts { folder, file } => stick::import(lang, &open(&folder.dir)?, &file),
        Command::Name { folder, name } => name::name(lang, &open(&folder.dir)?, name.as_deref()),
        Command::VerifyDistrict { folder, server } => {
            let commune = open(&folder.dir)?;
            let commune = match server.or(setup.server) {
                Some(server) => commune.at(&server),
                None => commune,
            };
            verify_district::verify_district(lang, &commune).await
        }
        Command::Conflicts { folder } => resolve::conflicts(lang, &open(&folder.dir)?),
        Command::Status { folder, format } => status::status(lang, &open(&folder.dir)?, format),
        Command::Backup { folder, file } => backup::backup(lang, &folder.dir, &file),
        Command::Restore { folder, file, replace } => {
            backup::restore(lang, &folder.dir, &file, replace, world)
        }
        Command::Open { folder, port, no_browser } => {
            close(&folder.dir);
            let commune = Commune::open_to_sync(&folder.dir, world.clone())?;
            let commune = match setup.server {
                Some(server) => commune.at(&server),
                None => commune,
            };
            open::open(lang, commune, &folder.dir, (port, !no_browser), world).await
        }
        Command::Receipts { folder, format } => receipts::receipts(lang, &open(&folder.dir)?, format),
    }
}

/// Done, or something is left for the officer to do.
fn exit(done: bool) -> ExitCode {
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says a sentence of the result.
fn put(lang: Lang, text: &gom_domain::Bilingual) {
    gom_terminal::put(text.get(lang));
}

/// Says what must be said wherever figures are shown.
fn put_notice(lang: Lang, notice: &gom_domain::Bilingual) {
    let text = notice.get(lang);
    if !text.is_empty() {
        gom_terminal::put(&format!("({text})"));
    }
}
