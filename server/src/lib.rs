//! The district's server: receives reports, adds the figures up, checks them against the year's targets.
//!
//! The use cases ([`accept`], [`enrol`], [`publish`], [`enter`], [`target`], [`progress`], [`explain`] …) are plain
//! functions over the books; the service, the office's socket and the commands call them, never the reverse.

pub mod accept;
pub mod authority;
pub mod backup;
pub mod books;
pub mod caller;
pub mod chain;
pub mod cli;
pub mod clock;
pub mod device;
pub mod disk;
pub mod door;
pub mod enrol;
pub mod enter;
pub mod explain;
pub mod export;
pub mod folder;
pub mod formula;
mod gate;
pub mod give_back;
pub mod greeting;
pub mod grpc;
pub mod history;
pub mod login;
pub mod memory;
pub mod metrics;
pub mod news;
pub mod office;
pub mod operation;
pub mod progress;
pub mod publish;
pub mod queue;
mod record;
pub mod restore;
pub mod sealer;
mod seen;
pub mod serve;
pub mod session;
pub mod share;
pub mod show;
pub mod status;
pub mod store;
pub mod target;
pub mod tls;
pub mod totals;
pub mod tries;
pub mod user;
pub mod verify;
pub mod web;
pub mod witness;
pub mod wording;
pub mod writer;
