//! `gom`: the program on a commune's computer. It reads its arguments, does one thing, and says how it went.

mod args;
mod cli;
mod world;

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches};
use gom_domain::Lang;

use args::Args;

fn main() -> ExitCode {
    let matches = Args::command().get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let setup = match args::Setup::new(&args) {
        Ok(setup) => setup,
        Err(text) => {
            gom_terminal::fail(
                args.lang.map_or(Lang::Vi, Lang::from),
                text.get(args.lang.map_or(Lang::Vi, Lang::from)),
            );
            return ExitCode::FAILURE;
        }
    };
    gom_terminal::start_log(setup.log.as_deref());
    let lang = setup.lang;
    match start().and_then(|runtime| Ok(runtime.block_on(cli::run(args.command, setup))?)) {
        Ok(code) => code,
        Err(error) => {
            tracing::debug!("{error:#}");
            match error.downcast_ref::<gom::Failure>() {
                Some(failure) => gom_terminal::fail_all(lang, &gom::wording::failure(failure)),
                None => gom_terminal::fail(lang, &format!("{error:#}")),
            }
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().context("the program cannot start")
}
