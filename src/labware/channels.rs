//! Which wells a pipette with several channels reaches.
//!
//! Nozzles stand 9 mm apart along a column (the pitch of 96 wells, ANSI/SLAS 4-2004), channel 1 at the back.

use super::{Labware, Shape, Well};
use crate::units::Length;

/// Distance of two nozzles.
const PITCH: i64 = 9_000;
/// By how much rows may miss the nozzles, per step of 9 mm, so that the eighth is still within 0.35 mm.
const TOLERANCE: i64 = 50;
/// How far a tip's axis stays from the ends of a long well.
const CLEARANCE: i64 = 1_000;
/// Channels of the widest pipette of this kind.
const ALL: u8 = 8;

impl Labware {
    /// Rows per 9 mm along a column: 1 in 96 wells, 2 in 384, 4 in 1536. `Some(0)` where the one row's wells are
    /// long enough for all eight channels, `None` where two nozzles do not meet wells of one column.
    pub fn row_stride(&self) -> Option<u8> {
        if self.rows == 1 {
            return self.long_enough(ALL).then_some(0);
        }
        let spacing = self.geometry.spacing.1.get();
        let rows = PITCH.checked_add(spacing / 2)?.checked_div(spacing)?;
        let near = (rows * spacing - PITCH).abs() <= TOLERANCE;
        u8::try_from(rows).ok().filter(|rows| *rows > 0 && near)
    }

    /// Whether this many nozzles stand in one well of a single row, their middle over its centre.
    fn long_enough(&self, channels: u8) -> bool {
        let length = match self.geometry.shape {
            Shape::Circular { diameter } => diameter,
            Shape::Rectangular { y, .. } => y,
        };
        let span = PITCH * i64::from(channels.saturating_sub(1)) + 2 * CLEARANCE;
        self.rows == 1 && length >= Length::um(span)
    }

    /// The wells that the channels reach with channel 1 in `head`, one per channel from the back; the same well
    /// repeated where all of them stand in it. `None` where they do not fit: rows that do not stand 9 mm or a whole
    /// part of it apart, rows beyond the end, a well that is not there, no channel.
    pub fn reached(&self, channels: u8, head: Well) -> Option<Vec<Well>> {
        if channels == 0 || !self.has(head) {
            return None;
        }
        if channels == 1 {
            return Some(vec![head]);
        }
        let stride = if self.long_enough(channels) {
            0
        } else {
            self.row_stride().filter(|stride| *stride > 0)?
        };
        (0..channels)
            .map(|channel| {
                let row = channel.checked_mul(stride)?.checked_add(head.row)?;
                let well = Well::new(row, head.column);
                self.has(well).then_some(well)
            })
            .collect()
    }

    /// Every position of channel 1 such that all wells are reached once, column by column, in a column from the
    /// back. Empty where the channels cannot cover the wells.
    pub fn heads(&self, channels: u8) -> Vec<Well> {
        let columns = 0..self.columns;
        if self.long_enough(channels) || channels == 1 {
            return columns
                .flat_map(|column| (0..self.rows).map(move |row| Well::new(row, column)))
                .collect();
        }
        let stride = self.row_stride().filter(|stride| *stride > 0);
        let Some((stride, block)) = stride.and_then(|s| Some((s, s.checked_mul(channels)?))) else {
            return Vec::new();
        };
        if self.rows.checked_rem(block) != Some(0) {
            return Vec::new();
        }
        columns
            .flat_map(|column| {
                (0..self.rows)
                    .filter(move |row| row.checked_rem(block).is_some_and(|r| r < stride))
                    .map(move |row| Well::new(row, column))
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "channels_tests.rs"]
mod tests;
