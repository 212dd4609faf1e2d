//! How far a plunger moves for a volume.
//!
//! The maker's tables give, per model and volume v, the microlitres that one millimetre moves: in the first row with
//! v ≤ max, k = a·v + b. The plunger stands at bottom + v / k(v) when the tip holds v. There is no extrapolation.

use super::tables::MODELS;
use crate::units::{FlowRate, Length, Volume};

/// A row of a table: largest volume in uL, then a and b of k = a·v + b in uL/mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row(pub(super) f64, pub(super) f64, pub(super) f64);

/// Constants of a pipette model; positions on the plunger axis in micrometres, currents in milliamperes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// Name in the maker's tables and in the pipette's memory.
    pub name: &'static str,
    /// 1 or 8.
    pub channels: u8,
    pub(super) top_um: i64,
    pub(super) bottom_um: i64,
    pub(super) blow_out_um: i64,
    pub(super) drop_um: i64,
    pub(super) press_ma: u32,
    pub(super) plunger_ma: u32,
    pub(super) drop_ma: u32,
    pub(super) drop_um_per_s: i64,
    pub(super) press_um_per_s: i64,
    pub(super) table: &'static [Row],
}

impl Model {
    /// A model by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|m| m.name == name)
    }
    /// The names of all models.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MODELS.iter().map(|m| m.name)
    }
    /// Where the plunger stands when the tip is empty.
    pub const fn bottom(&self) -> Length {
        Length::um(self.bottom_um)
    }
    /// Where it stands when everything, and a puff of air behind it, was pushed out.
    pub const fn blow_out(&self) -> Length {
        Length::um(self.blow_out_um)
    }
    /// Where it ejects tips.
    pub const fn drop_tip(&self) -> Length {
        Length::um(self.drop_um)
    }
    /// Where it stands after homing, about.
    pub const fn top(&self) -> Length {
        Length::um(self.top_um)
    }
    /// Where the plunger stands when the tip holds a volume; `None` below zero or beyond the table.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a plunger moves less than a metre"
    )]
    pub fn position(&self, holding: Volume) -> Option<Length> {
        let ul = holding.as_ul();
        if ul < 0.0 {
            return None;
        }
        let travel = ul / self.ul_per_mm(ul)?;
        Some(Length::um(self.bottom_um + (travel * 1000.0).round() as i64))
    }
    /// Plunger speed for a flow, in whole millimetres per minute as the controller's F takes it; the maker divides by k
    /// of the largest volume. At least 1, at most the axis' 40 mm/s.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 1 to 2400"
    )]
    pub fn feed(&self, flow: FlowRate) -> u32 {
        let k = self.table.last().map_or(1.0, |Row(max, a, b)| a * max + b);
        (flow.as_ul_per_s() / k * 60.0).round().clamp(1.0, 2400.0) as u32
    }
    fn ul_per_mm(&self, ul: f64) -> Option<f64> {
        let Row(_, a, b) = self.table.iter().find(|Row(max, ..)| ul <= *max)?;
        Some(a * ul + b)
    }
}

#[cfg(test)]
#[path = "plunger_tests.rs"]
mod tests;
