//! Which wells a pipette with several channels reaches.
//!
//! Nozzles stand 9 mm apart (the pitch of 96 wells, ANSI/SLAS 4-2004): along a column, channel 1 at the back, or, of a
//! head with 96, in 8 rows and 12 columns, channel 1 at the back left, counted column by column.

use super::{Labware, Shape, Well};
use crate::units::Length;
use serde::{Deserialize, Serialize};

/// Distance of two nozzles.
const PITCH: i64 = 9_000;
/// By how much rows may miss the nozzles, per step of 9 mm, so that the eighth is still within 0.35 mm.
const TOLERANCE: i64 = 50;
/// How far a tip's axis stays from the ends of a long well.
const CLEARANCE: i64 = 1_000;
/// Channels of a head that covers a whole plate of 96 wells.
pub const WHOLE_PLATE: u8 = 96;

/// How the nozzles of a pipette, or the pins of a tool, stand: rows from the back, columns from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nozzles {
    /// Along Y.
    pub rows: u8,
    /// Along X.
    pub columns: u8,
}

impl Nozzles {
    /// Those of a pipette with so many channels: 96 stand in 8 rows and 12 columns, fewer in one column.
    pub const fn of(channels: u8) -> Self {
        if channels == WHOLE_PLATE {
            return Self { rows: 8, columns: 12 };
        }
        Self {
            rows: channels,
            columns: 1,
        }
    }

    /// From the first to the last along X and Y.
    pub const fn span(self) -> (Length, Length) {
        (Self::across(self.columns), Self::across(self.rows))
    }

    const fn across(count: u8) -> Length {
        // A cast that widens; `From` is not const.
        Length::um(PITCH * (count.saturating_sub(1) as i64))
    }
}

/// How many wells further the next nozzle stands; 0 where all of them stand in one well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stride {
    /// Rows, from one nozzle to the next along a column.
    #[serde(rename = "stride", default = "one")]
    pub rows: u8,
    /// Columns, from one nozzle to the next along a row.
    #[serde(rename = "stride_columns", default = "one", skip_serializing_if = "is_one")]
    pub columns: u8,
}

const fn one() -> u8 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_one(columns: &u8) -> bool {
    *columns == 1
}

impl Stride {
    /// From well to well.
    pub const ONE: Self = Self { rows: 1, columns: 1 };
    /// All nozzles in one well.
    pub const NONE: Self = Self { rows: 0, columns: 0 };

    /// The well of each channel with channel 1 in `head`, whether the labware has it or not; without channels that would
    /// be beyond what can be counted.
    pub fn wells(self, channels: u8, head: Well) -> impl Iterator<Item = Well> + use<> {
        let nozzles = Nozzles::of(channels);
        (0..nozzles.columns).flat_map(move |column| {
            (0..nozzles.rows).filter_map(move |row| {
                let row = row.checked_mul(self.rows)?.checked_add(head.row)?;
                let column = column.checked_mul(self.columns)?.checked_add(head.column)?;
                Some(Well::new(row, column))
            })
        })
    }
}

impl Labware {
    /// Rows per 9 mm along a column: 1 in 96 wells, 2 in 384, 4 in 1536. `Some(0)` where the one row's wells are
    /// long enough for all eight channels, `None` where two nozzles do not meet wells of one column.
    pub fn row_stride(&self) -> Option<u8> {
        self.steps(
            self.rows,
            self.geometry.spacing.1,
            self.length(),
            Nozzles::of(8).rows,
        )
    }

    /// The same along a row, for the twelve columns of a head with 96 channels.
    pub fn column_stride(&self) -> Option<u8> {
        let nozzles = Nozzles::of(WHOLE_PLATE).columns;
        self.steps(self.columns, self.geometry.spacing.0, self.width(), nozzles)
    }

    /// Rows and columns from one nozzle to the next; from well to well where nozzles do not meet wells.
    pub fn stride(&self) -> Stride {
        Stride {
            rows: self.row_stride().unwrap_or(1),
            columns: self.column_stride().unwrap_or(1),
        }
    }

    fn steps(&self, count: u8, spacing: Length, inside: Length, nozzles: u8) -> Option<u8> {
        if count == 1 {
            return fits(inside, nozzles).then_some(0);
        }
        let spacing = spacing.get();
        let steps = PITCH.checked_add(spacing / 2)?.checked_div(spacing)?;
        let near = (steps * spacing - PITCH).abs() <= TOLERANCE;
        u8::try_from(steps).ok().filter(|steps| *steps > 0 && near)
    }

    /// Of a well, along Y.
    const fn length(&self) -> Length {
        match self.geometry.shape {
            Shape::Circular { diameter } => diameter,
            Shape::Rectangular { y, .. } => y,
        }
    }

    /// Of a well, along X.
    const fn width(&self) -> Length {
        match self.geometry.shape {
            Shape::Circular { diameter } => diameter,
            Shape::Rectangular { x, .. } => x,
        }
    }

    /// From one nozzle of these to the next; `None` where they do not fit.
    fn stride_of(&self, nozzles: Nozzles) -> Option<Stride> {
        let along = |nozzles: u8, count: u8, inside: Length, stride: Option<u8>| match nozzles {
            1 => Some(1),
            _ if count == 1 => fits(inside, nozzles).then_some(0),
            _ => stride.filter(|s| *s > 0),
        };
        Some(Stride {
            rows: along(nozzles.rows, self.rows, self.length(), self.row_stride())?,
            columns: along(nozzles.columns, self.columns, self.width(), self.column_stride())?,
        })
    }

    /// The wells that the channels reach with channel 1 in `head`, one per channel; the same well
    /// repeated where several of them stand in it. `None` where they do not fit: wells that do not stand 9 mm or a whole
    /// part of it apart, rows or columns beyond the end, a well that is not there, no channel.
    pub fn reached(&self, channels: u8, head: Well) -> Option<Vec<Well>> {
        if channels == 0 || !self.has(head) {
            return None;
        }
        let stride = self.stride_of(Nozzles::of(channels))?;
        let wells: Vec<Well> = stride.wells(channels, head).collect();
        (wells.len() == usize::from(channels) && wells.iter().all(|w| self.has(*w))).then_some(wells)
    }

    /// Every position of channel 1 such that all wells are reached once, column by column, in a column from the
    /// back. Empty where the channels cannot cover the wells.
    pub fn heads(&self, channels: u8) -> Vec<Well> {
        let nozzles = Nozzles::of(channels);
        let Some(stride) = self.stride_of(nozzles) else {
            return Vec::new();
        };
        let rows = first_of(nozzles.rows, stride.rows, self.rows);
        let columns = first_of(nozzles.columns, stride.columns, self.columns);
        columns
            .iter()
            .flat_map(|column| rows.iter().map(|row| Well::new(*row, *column)))
            .collect()
    }
}

/// Whether this many nozzles stand in one well that is so long, their middle over its centre.
fn fits(inside: Length, nozzles: u8) -> bool {
    let span = PITCH * i64::from(nozzles.saturating_sub(1)) + 2 * CLEARANCE;
    inside >= Length::um(span)
}

/// Along one direction, where the first nozzle goes such that all of `count` are reached once; none where they cannot be.
fn first_of(nozzles: u8, stride: u8, count: u8) -> Vec<u8> {
    if stride == 0 {
        return (0..count).collect();
    }
    let Some(block) = stride.checked_mul(nozzles) else {
        return Vec::new();
    };
    if count.checked_rem(block) != Some(0) {
        return Vec::new();
    }
    (0..count)
        .filter(|at| at.checked_rem(block).is_some_and(|r| r < stride))
        .collect()
}

#[cfg(test)]
#[path = "channels_tests.rs"]
mod tests;
