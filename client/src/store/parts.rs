//! What of a folder is proven together: each table, but each form that is being filled in by itself, so that where one was
//! damaged the others can still be trusted.

use gom_durable::marks::Marked;

/// Since which version of the database its rows are marked.
pub(super) const MARKED_SINCE: i64 = 4;

pub(super) const FOLDER: Marked = Marked::alone("folder");
pub(super) const PLACE: Marked = Marked::alone("place");
pub(super) const OPERATION: Marked = Marked::alone("operation");
pub(super) const OUTBOX: Marked = Marked::alone("outbox");
pub(super) const RECEIPT: Marked = Marked::alone("receipt");
pub(super) const MOVED: Marked = Marked::alone("moved");
pub(super) const EDITION_FILE: Marked = Marked::alone("edition_file");
pub(super) const DRAFT: Marked = of_draft("draft", "draft");
pub(super) const DRAFT_CELL: Marked = of_draft("draft_cell", "draft");
/// By themselves, for figures are worth keeping without them.
pub(super) const DRAFT_NOTE: Marked = of_draft("draft_note", "draft_note");

/// All tables.
pub(super) const ALL: &[Marked] = &[
    FOLDER,
    DRAFT,
    DRAFT_CELL,
    DRAFT_NOTE,
    PLACE,
    OPERATION,
    OUTBOX,
    RECEIPT,
    MOVED,
    Marked::alone("resolved"),
    Marked::alone("sheet"),
    Marked::alone("filed"),
    Marked::alone("edition"),
    EDITION_FILE,
    Marked::alone("prior"),
    Marked::alone("checkpoint"),
    Marked::alone("left_history"),
];

const fn of_draft(table: &'static str, part: &'static str) -> Marked {
    Marked { table, part, by: &["form", "period"], columns: &[] }
}
