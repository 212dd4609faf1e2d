//! How far a plunger moves for a volume.
//!
//! In the first row with v ≤ max, a millimetre moves k = a·v + b microlitres. The plunger stands at bottom + v / k(v) when the
//! tip holds v. There is no extrapolation.

use crate::units::{FlowRate, Length, Volume};
use std::borrow::Cow;

/// A row of a table: largest volume in uL, then a and b of k = a·v + b in uL/mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row(
    pub(in crate::drivers) f64,
    pub(in crate::drivers) f64,
    pub(in crate::drivers) f64,
);

/// A plunger; positions on its axis in micrometres, upwards, currents in the board's own measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Plunger {
    /// What its table is called.
    pub(in crate::drivers) name: Cow<'static, str>,
    pub(in crate::drivers) bottom_um: i64,
    pub(in crate::drivers) blow_out_um: i64,
    pub(in crate::drivers) drop_um: i64,
    /// This high it is homed: above every position that holds a volume.
    pub(in crate::drivers) homed_um: i64,
    /// Of the lift while nozzles are pressed into tips.
    pub(in crate::drivers) press_current: u32,
    /// Of the plunger while tips are dropped.
    pub(in crate::drivers) drop_current: u32,
    pub(in crate::drivers) drop_um_per_s: i64,
    pub(in crate::drivers) press_um_per_s: i64,
    /// Greatest speed of its axis, in mm/min.
    pub(in crate::drivers) most_feed: u32,
    pub(in crate::drivers) table: Cow<'static, [Row]>,
}

impl Plunger {
    /// Where it stands when the tip holds a volume; `None` below zero or beyond the table.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a plunger moves less than a metre"
    )]
    pub(in crate::drivers) fn position(&self, holding: Volume) -> Option<Length> {
        let ul = holding.as_ul();
        if ul < 0.0 {
            return None;
        }
        let travel = ul / self.ul_per_mm(ul)?;
        Some(Length::um(self.bottom_um + (travel * 1000.0).round() as i64))
    }
    /// Its speed for a flow, in whole millimetres per minute, by k of the largest volume. At least 1, at most its axis'.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 1 to what the axis does"
    )]
    pub(in crate::drivers) fn feed(&self, flow: FlowRate) -> u32 {
        let k = self.table.last().map_or(1.0, |Row(max, a, b)| a * max + b);
        let most = f64::from(self.most_feed.max(1));
        (flow.as_ul_per_s() / k * 60.0).round().clamp(1.0, most) as u32
    }
    fn ul_per_mm(&self, ul: f64) -> Option<f64> {
        let Row(_, a, b) = self.table.iter().find(|Row(max, ..)| ul <= *max)?;
        Some(a * ul + b)
    }
}
