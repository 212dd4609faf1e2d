//! The pipette models: the maker's tables give, per model and volume, the microlitres that one millimetre of plunger moves.

pub(super) use crate::drivers::handler::plunger::Row;

use super::tables::MODELS;
use crate::drivers::handler::plunger::Plunger;
use crate::units::{FlowRate, Length, Volume};
use std::borrow::Cow;

/// A plunger this high is homed.
const HOMED: i64 = 17_900;
/// Greatest speed of a plunger, in mm/min: 40 mm/s.
const MOST_FEED: u32 = 2400;

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
    pub fn position(&self, holding: Volume) -> Option<Length> {
        self.plunger().position(holding)
    }
    /// Plunger speed for a flow, in whole millimetres per minute as the controller's F takes it; the maker divides by k
    /// of the largest volume. At least 1, at most the axis' 40 mm/s.
    pub fn feed(&self, flow: FlowRate) -> u32 {
        self.plunger().feed(flow)
    }
    /// As a plunger of a handler; currents in milliamperes.
    pub(super) const fn plunger(&self) -> Plunger {
        Plunger {
            name: Cow::Borrowed(self.name),
            bottom_um: self.bottom_um,
            blow_out_um: self.blow_out_um,
            drop_um: self.drop_um,
            homed_um: HOMED,
            press_current: self.press_ma,
            drop_current: self.drop_ma,
            drop_um_per_s: self.drop_um_per_s,
            press_um_per_s: self.press_um_per_s,
            most_feed: MOST_FEED,
            table: Cow::Borrowed(self.table),
        }
    }
}

#[cfg(test)]
#[path = "plunger_tests.rs"]
mod tests;
