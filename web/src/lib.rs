//! What both screens are made of: the page around what they show, its style, its charts, and what guards it. What a page
//! shows is the two programs' own.
//!
//! **Invariant:** a page asks nobody for anything but the program it came from: style, script and pictures are in it, and
//! the browser is told to accept nothing else.

pub mod asset;
pub mod chart;
pub mod guard;
mod mark;
mod missing;
mod page;
mod visit;

pub use mark::{mark, shade};
pub use missing::missing;
pub use page::{Link, Page, cards, sheet, table};
pub use visit::{Visit, cookie, escaped};
