//! `PouchDB` replicating to pouchdb-server: a known product for the same work, where node and npm are there.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use gom_terminal::tell;

use crate::district::done;
use crate::place;
use crate::step::Step;

const SCRIPT: &str = include_str!("../../peers/pouch.js");
const PACKAGES: &str = include_str!("../../peers/package.json");

/// The peer, installed.
#[derive(Debug)]
pub(crate) struct Pouch {
    folder: PathBuf,
}

/// Installs it beside the build, once. Where that cannot be done the comparison is left out, and that is said.
pub(crate) fn install() -> Option<Pouch> {
    match try_install() {
        Ok(pouch) => Some(pouch),
        Err(error) => {
            tell(&format!("  PouchDB is left out: {error:#}"));
            None
        }
    }
}

fn try_install() -> anyhow::Result<Pouch> {
    let folder = place::built()?.join("bench-peers");
    let installed = folder.join("installed");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), PACKAGES)?;
    std::fs::write(folder.join("pouch.js"), SCRIPT)?;
    done(Command::new("node").arg("--version"))?;
    if !installed.exists() {
        let step = Step::begin("npm install of PouchDB", 1);
        let mut npm = Command::new("npm");
        done(npm.args(["install", "--no-audit", "--no-fund"]).current_dir(&folder).stdin(Stdio::null()))?;
        std::fs::write(installed, "")?;
        step.done();
    }
    Ok(Pouch { folder })
}

impl Pouch {
    /// Replicates so many documents; how many a second.
    pub(crate) fn replicate(&self, documents: u64) -> anyhow::Result<f64> {
        let work = place::on_disk()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut script = Command::new("node");
        script.arg(self.folder.join("pouch.js")).arg(work.path());
        script.args([port.to_string(), documents.to_string()]);
        Ok(done(&mut script)?.trim().parse()?)
    }
}
