//! What strokes wet: spots on agar, and how far up a probe or pins are wet.

use super::problem::Problem;
use super::scatter::doubt_of;
use super::tips::Tips;
use super::visit::Op;
use super::walk::Walker;
use crate::labware::{Kind, Labware};
use crate::plan::{Height, Offset};
use crate::units::Volume;
use std::ops::Range;

/// What stays on one place of agar, and how wide that is.
const SPOT: Volume = Volume::nl(10_000);
const SPOT_MM: f64 = 4.5;
impl Walker<'_, '_> {
    /// What lies on one place of agar stays there up to a volume, all that it ever got counted.
    /// `variance` is that of what is spotted, in square nanolitres.
    pub(super) fn spot(&mut self, op: &Op, labware: &Labware, variance: f64, place: &Range<usize>) {
        if labware.kind != Kind::AgarPlate {
            return;
        }
        let near = |a: &Offset| {
            let (x, y) = (a.x.minus(op.offset.x).as_mm(), a.y.minus(op.offset.y).as_mm());
            x.hypot(y) < SPOT_MM
        };
        let (mut sum, mut scatter) = (op.volume, variance);
        for (vessel, well, at, volume, variance) in &self.spots {
            if *vessel == op.vessel && *well == op.head && near(at) {
                sum = sum.plus(*volume);
                scatter += variance;
            }
        }
        self.spots
            .push((op.vessel, op.head, op.offset, op.volume, variance));
        let doubt = doubt_of(scatter);
        if sum.plus(doubt) > SPOT {
            let problem = Problem::Runs {
                volume: sum,
                most: SPOT,
                doubt,
            };
            self.found(op.vessel, problem, place);
        }
    }

    /// How far up a liquid wets what comes down into it; a reservoir that is filled up may be full.
    pub(super) fn wetted(&self, op: &Op, labware: &Labware, level: Volume, tips: &mut Tips) {
        if let Height::FromBottom(height) = op.height {
            let supplied = self.vessels.get(op.vessel).is_some_and(|v| v.supplied);
            let level = if supplied { labware.capacity } else { level };
            tips.wet = tips.wet.max(labware.height(level).minus(height));
        }
    }
}
