//! Tables for people: aligned, no wider than the terminal, coloured only there.

use std::io::IsTerminal;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, TableComponent, presets};

/// On which side a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// How a cell stands out on a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shade {
    /// Like the others.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// To be watched.
    Warn,
    /// Wrong.
    Bad,
    /// Less important than the others.
    Dim,
}

/// A table being put together.
#[derive(Debug)]
pub struct Table {
    table: comfy_table::Table,
    aligns: Vec<Align>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        // Lines above, below and under the head only; what the preset draws between rows is noise.
        table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if !std::io::stdout().is_terminal() {
            table.set_content_arrangement(ContentArrangement::Disabled);
            table.force_no_tty();
        }
        let aligns: Vec<Align> = columns.iter().map(|(_, align)| *align).collect();
        let head = columns
            .iter()
            .map(|(name, align)| Cell::new(name).set_alignment(side(*align)).add_attribute(Attribute::Bold));
        table.set_header(head);
        Self { table, aligns }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.shaded(cells.into_iter().map(|cell| (cell.into(), Shade::Plain)));
    }

    /// Adds a row in which cells may stand out.
    pub fn shaded(&mut self, cells: impl IntoIterator<Item = (String, Shade)>) {
        let cells = cells.into_iter().zip(&self.aligns).map(|((text, shade), align)| {
            let cell = Cell::new(harmless(&text)).set_alignment(side(*align));
            match shade {
                Shade::Plain => cell,
                Shade::Good => cell.fg(Color::Green),
                Shade::Warn => cell.fg(Color::Yellow),
                Shade::Bad => cell.fg(Color::Red),
                Shade::Dim => cell.add_attribute(Attribute::Dim),
            }
        });
        self.table.add_row(cells.collect::<Vec<_>>());
    }

    /// The table as text.
    pub fn text(&self) -> String {
        format!("{}\n", self.table)
    }
}

/// Without what a terminal would obey: some of what tables show was written by strangers.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn side(align: Align) -> CellAlignment {
    match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    }
}
