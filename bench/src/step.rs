//! What is going on, on stderr: a bar where a person looks at it, else a line at its beginning and its end.

use std::io::IsTerminal;
use std::time::Instant;

use gom_terminal::tell;
use indicatif::{ProgressBar, ProgressStyle};

/// A long piece of work.
#[derive(Debug)]
pub(crate) struct Step {
    what: String,
    bar: Option<ProgressBar>,
    begun: Instant,
}

impl Step {
    /// Begins work of so many parts.
    pub(crate) fn begin(what: &str, parts: u64) -> Self {
        let bar =
            std::io::stderr().is_terminal().then(|| ProgressBar::new(parts).with_message(what.to_owned()));
        match (&bar, ProgressStyle::with_template("  {msg} {bar:24} {pos}/{len}")) {
            (Some(bar), Ok(style)) => bar.set_style(style),
            (Some(_), Err(_)) => {}
            (None, _) => tell(&format!("  {what} …")),
        }
        Self { what: what.to_owned(), bar, begun: Instant::now() }
    }

    /// Some more parts are done.
    pub(crate) fn advance(&self, parts: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(parts);
        }
    }

    /// It is done.
    pub(crate) fn done(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        tell(&format!("  {}: {:.1} s", self.what, self.begun.elapsed().as_secs_f64()));
    }
}
