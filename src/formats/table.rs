//! A table as CSV by RFC 4180, safe to open in a spreadsheet.

use super::text::clean;

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text: cleaned of control characters, and kept from being taken for a formula.
    Text(String),
    /// A number or a fixed word, written as it is.
    Plain(String),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Text that may come from anywhere.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
    /// A number that reads back exactly; empty when there is none or it is not finite.
    pub fn number(value: Option<f64>) -> Self {
        value
            .filter(|v| v.is_finite())
            .map_or(Self::Empty, |v| Self::Plain(v.to_string()))
    }
    /// A whole number or a word of ours.
    pub fn plain(value: impl std::fmt::Display) -> Self {
        Self::Plain(value.to_string())
    }
    fn field(&self) -> String {
        match self {
            Self::Text(text) => defuse(text),
            Self::Plain(text) => text.clone(),
            Self::Empty => String::new(),
        }
    }
}

/// Rows under a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }
    /// Adds a row; its cells go under the header's columns in order. Missing cells are empty, surplus ones are dropped,
    /// so that every row reads back.
    pub fn row(&mut self, mut cells: Vec<Cell>) {
        cells.resize(self.header.len(), Cell::Empty);
        self.rows.push(cells);
    }
    /// As UTF-8 CSV: comma, line feed, quotes where needed.
    pub fn to_csv(&self) -> Vec<u8> {
        let header = self.header.iter().map(|name| (*name).to_owned()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::field).collect());
        let mut out = String::new();
        for fields in std::iter::once::<Vec<String>>(header).chain(rows) {
            let quoted: Vec<String> = fields.iter().map(|f| quote(f)).collect();
            out.push_str(&quoted.join(","));
            out.push('\n');
        }
        out.into_bytes()
    }
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236).
///
/// Control characters (tab, carriage return, NUL, which also start formulas) are gone before; a leading apostrophe of
/// the text itself is doubled, so that reading back is exact.
fn defuse(text: &str) -> String {
    let text = clean(text);
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\'' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}') => {
            format!("'{text}")
        }
        _ => text,
    }
}

fn quote(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ') {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
