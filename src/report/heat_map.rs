//! A plate as a map of one value per well, drawn with characters.

use super::palette::viridis;
use crate::labware::Well;
use std::fmt::Write;

/// One value per well of a plate.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateMap {
    rows: u8,
    columns: u8,
    values: Vec<Option<f64>>,
}

/// What colours the terminal may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: digits only.
    Plain,
    /// The 256 colours that nearly all terminals have.
    Ansi256,
}

impl PlateMap {
    /// A map without values.
    pub fn empty(rows: u8, columns: u8) -> Self {
        Self {
            rows,
            columns,
            values: vec![None; usize::from(rows) * usize::from(columns)],
        }
    }
    /// A map of row-major values; missing ones are none, surplus ones are dropped, as is what is not finite.
    pub fn new(rows: u8, columns: u8, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut map = Self::empty(rows, columns);
        for (slot, value) in map.values.iter_mut().zip(values) {
            *slot = value.filter(|v| v.is_finite());
        }
        map
    }
    /// Sets the value of a well; a well outside is ignored.
    pub fn set(&mut self, well: Well, value: Option<f64>) {
        let inside = well.row < self.rows && well.column < self.columns;
        if let Some(slot) = self.values.get_mut(well.index(self.columns)).filter(|_| inside) {
            *slot = value.filter(|v| v.is_finite());
        }
    }
    /// The value of a well.
    pub fn get(&self, well: Well) -> Option<f64> {
        let inside = well.row < self.rows && well.column < self.columns;
        self.values
            .get(well.index(self.columns))
            .copied()
            .flatten()
            .filter(|_| inside)
    }
    /// Rows.
    pub const fn rows(&self) -> u8 {
        self.rows
    }
    /// Columns.
    pub const fn columns(&self) -> u8 {
        self.columns
    }
    /// Smallest and largest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.values.iter().flatten().fold(None, |range, v| match range {
            None => Some((*v, *v)),
            Some((low, high)) => Some((low.min(*v), high.max(*v))),
        })
    }
    /// Step of a well's value from 0 to 9 within a range.
    pub fn step(&self, well: Well, range: (f64, f64)) -> Option<u8> {
        self.get(well).map(|value| step(value, range))
    }
}

/// Where a value lies in a range, in tenths; a range without extent has everything in the middle.
pub(super) fn step(value: f64, (low, high): (f64, f64)) -> u8 {
    if high <= low {
        return 5;
    }
    let share = (value - low) / (high - low);
    (1..=9_u8)
        .rev()
        .find(|n| share >= f64::from(*n) / 10.0)
        .unwrap_or(0)
}

/// The map as lines of text, at most 100 characters wide for plates of up to 48 columns.
///
/// Up to 12 columns each well is three characters wide; denser plates have two or one, and in colour two rows of wells
/// share a line by half blocks. Values are shown by tenths of the range: 0 the smallest, 9 the largest.
pub fn heat_map(map: &PlateMap, range: (f64, f64), colours: Colours) -> String {
    let dense = map.columns > 12;
    match colours {
        Colours::Ansi256 if dense => half_blocks(map, range),
        _ => digits(map, range, colours),
    }
}

fn width(map: &PlateMap) -> usize {
    match map.columns {
        0..=12 => 3,
        13..=24 => 2,
        _ => 1,
    }
}

fn header(map: &PlateMap, width: usize) -> String {
    let mut line = "    ".to_owned();
    let every = if width == 3 { 1 } else { 6 / width.max(1) * 2 };
    for column in (0..usize::from(map.columns)).step_by(every.max(1)) {
        let cell = every * width;
        let _ = if width == 3 {
            write!(line, "{:^cell$}", column + 1)
        } else {
            write!(line, "{:<cell$}", column + 1)
        };
    }
    format!("{}\n", line.trim_end())
}

fn row_name(row: u8) -> String {
    let name = Well::new(row, 0).to_string();
    name.trim_end_matches('1').to_owned()
}

fn digits(map: &PlateMap, range: (f64, f64), colours: Colours) -> String {
    let width = width(map);
    let mut text = header(map, width);
    for row in 0..map.rows {
        let mut line = format!("{:>3} ", row_name(row));
        for column in 0..map.columns {
            let step = map.step(Well::new(row, column), range);
            let shown = step.map_or_else(|| "·".to_owned(), |s| s.to_string());
            let cell = if width == 3 {
                format!(" {shown} ")
            } else {
                format!("{shown:<width$}")
            };
            match (colours, step) {
                (Colours::Ansi256, Some(step)) => {
                    let colour = viridis(step);
                    let ink = if colour.is_light() { 16 } else { 231 };
                    let _ = write!(line, "\u{1b}[48;5;{};38;5;{ink}m{cell}\u{1b}[0m", colour.xterm());
                }
                _ => line.push_str(&cell),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn half_blocks(map: &PlateMap, range: (f64, f64)) -> String {
    let width = width(map);
    let mut text = header(map, width);
    for row in (0..map.rows).step_by(2) {
        let _ = write!(text, "{:>3} ", row_name(row));
        for column in 0..map.columns {
            let colour = |row: u8| {
                map.step(Well::new(row, column), range)
                    .map_or(236, |s| viridis(s).xterm())
            };
            let (upper, lower) = (colour(row), colour(row.saturating_add(1)));
            let _ = write!(text, "\u{1b}[38;5;{upper};48;5;{lower}m{}", "▀".repeat(width));
        }
        text.push_str("\u{1b}[0m\n");
    }
    text
}

#[cfg(test)]
#[path = "heat_map_tests.rs"]
mod tests;
