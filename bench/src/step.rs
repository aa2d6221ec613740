//! What is going on, on stderr: a bar where a person looks at it, else lines as the work gets on.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Instant;

use gom_terminal::tell;
use indicatif::{ProgressBar, ProgressStyle};

/// A long piece of work.
#[derive(Debug)]
pub(crate) struct Step {
    what: String,
    parts: u64,
    done: Cell<u64>,
    bar: Option<ProgressBar>,
    begun: Instant,
}

impl Step {
    /// Begins work of so many parts.
    pub(crate) fn begin(what: &str, parts: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(what, parts));
        if bar.is_none() {
            tell(&format!("  {what} …"));
        }
        Self { what: what.to_owned(), parts, done: Cell::new(0), bar, begun: Instant::now() }
    }

    /// Some more parts are done.
    pub(crate) fn advance(&self, parts: u64) {
        let before = self.done.replace(self.done.get() + parts);
        let quarters = |done: u64| done * 4 / self.parts.max(1);
        let reached = quarters(self.done.get());
        match &self.bar {
            Some(bar) => bar.inc(parts),
            None if reached > quarters(before) && reached < 4 => {
                tell(&format!("  {}: {} %", self.what, reached * 25));
            }
            None => {}
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

fn bar(what: &str, parts: u64) -> ProgressBar {
    let bar = ProgressBar::new(parts).with_message(what.to_owned());
    let style = ProgressStyle::with_template("  {msg} {bar:24} {pos}/{len}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
