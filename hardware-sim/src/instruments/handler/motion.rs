//! Motion of the board: trapezoidal moves, from rest to rest, one after the other.

use crate::{
    num,
    world::{Axes, Axis},
};

/// Where the end switches close, in true millimetres.
pub(crate) const SWITCH: Axes = Axes {
    x: 421.0,
    y: 353.0,
    z: 220.0,
    a: 220.0,
    b: 20.0,
    c: 20.0,
};
/// The Y axis has no hard limit; its carriage stops here.
const Y_END: f64 = 370.0;

/// No axis gets further than this, in mm either way: keeps what a host writes within what can be worked out.
const REACH: f64 = 1000.0;

/// A position as far as the machine could reach.
pub(super) fn within_reach(at: &Axes) -> Axes {
    Axes::from_fn(|axis| at.get(axis).clamp(-REACH, REACH))
}

/// One move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) from: Axes,
    pub(crate) to: Axes,
    /// The switch that ends the move early.
    pub(crate) limit: Option<Axis>,
    /// Distance over all axes, in mm.
    distance: f64,
    /// Top speed in mm/s.
    speed: f64,
    /// In mm/s².
    acceleration: f64,
    pub(crate) duration_us: u64,
}

/// What bounds a move: speeds in mm/s and accelerations in mm/s².
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) feed: f64,
    pub(crate) speed: Axes,
    pub(crate) acceleration: Axes,
}

impl Block {
    /// A move between true positions, cut short where a switch is hit.
    pub(crate) fn new(from: Axes, mut to: Axes, bounds: &Bounds) -> Self {
        to = within_reach(&to);
        to.y = to.y.min(Y_END);
        let mut limit = None;
        let mut part = 1.0_f64;
        for axis in [Axis::X, Axis::Z, Axis::A, Axis::B, Axis::C] {
            let (start, end, switch) = (from.get(axis), to.get(axis), SWITCH.get(axis));
            if end > switch + 1e-6 && end > start + 1e-9 {
                let reached = ((switch - start) / (end - start)).max(0.0);
                if reached < part {
                    part = reached;
                    limit = Some(axis);
                }
            }
        }
        if limit.is_some() {
            to = Axes::from_fn(|axis| from.get(axis) + (to.get(axis) - from.get(axis)) * part);
        }
        let distance = Axis::ALL
            .iter()
            .map(|axis| (to.get(*axis) - from.get(*axis)).powi(2))
            .sum::<f64>()
            .sqrt();
        let mut speed = bounds.feed;
        let mut acceleration = f64::INFINITY;
        for axis in Axis::ALL {
            let share = (to.get(axis) - from.get(axis)).abs() / distance.max(1e-12);
            if share > 1e-9 {
                speed = speed.min(bounds.speed.get(axis) / share);
                acceleration = acceleration.min(bounds.acceleration.get(axis) / share);
            }
        }
        let (speed, acceleration) = (speed.max(1e-3), acceleration.clamp(1e-3, 1e9));
        let seconds = if distance <= speed * speed / acceleration {
            2.0 * (distance / acceleration).sqrt()
        } else {
            distance / speed + speed / acceleration
        };
        Self {
            from,
            to,
            limit,
            distance,
            speed,
            acceleration,
            duration_us: num::micros(seconds),
        }
    }

    /// True position so many microseconds after the start.
    pub(crate) fn position(&self, passed_us: u64) -> Axes {
        if passed_us >= self.duration_us || self.distance <= 0.0 {
            return self.to;
        }
        let (t, total) = (passed_us as f64 / 1e6, self.duration_us as f64 / 1e6);
        let ramp = (self.speed / self.acceleration).min(total / 2.0);
        let way = if t < ramp {
            self.acceleration * t * t / 2.0
        } else if t <= total - ramp {
            self.acceleration * ramp * ramp / 2.0 + self.acceleration * ramp * (t - ramp)
        } else {
            self.distance - self.acceleration * (total - t).powi(2) / 2.0
        };
        let part = (way / self.distance).clamp(0.0, 1.0);
        Axes::from_fn(|axis| self.from.get(axis) + (self.to.get(axis) - self.from.get(axis)) * part)
    }
}

#[cfg(test)]
#[path = "motion_tests.rs"]
mod tests;
