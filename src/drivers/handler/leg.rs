//! Moves as data: which axes go where, how fast and with which current. How they are said is the board's affair.

use super::axes::{Axis, Position};
use std::collections::BTreeMap;

/// Moves, one after the other, at one speed; they state a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Absolute targets in um; axes of one move go together.
    pub(in crate::drivers) moves: Vec<Vec<(Axis, i64)>>,
    /// Speed in mm/min; as usual, where none is given.
    pub(in crate::drivers) feed: Option<i64>,
    /// Running current of the axis that moves, in the board's own measure; as usual, where none is given.
    pub(in crate::drivers) current: Option<u32>,
    /// Where axes stand in the end, the last word on each counts: the moved ones, and others that must not have moved.
    pub(in crate::drivers) goal: Vec<(Axis, i64)>,
}

impl Leg {
    /// One move with the usual speed.
    pub(in crate::drivers) fn to(goal: Vec<(Axis, i64)>) -> Self {
        Self::through(vec![goal])
    }
    /// One move with this speed in mm/min, and the usual one for all that comes after.
    pub(in crate::drivers) fn at_feed(feed: i64, goal: Vec<(Axis, i64)>) -> Self {
        Self::to(goal).feed(feed)
    }
    /// Several moves with the usual speed.
    pub(in crate::drivers) fn through(moves: Vec<Vec<(Axis, i64)>>) -> Self {
        let goal = moves.iter().flatten().copied().collect();
        Self {
            moves,
            feed: None,
            current: None,
            goal,
        }
    }
    /// The same with this speed in mm/min.
    pub(in crate::drivers) fn feed(self, feed: i64) -> Self {
        Self {
            feed: Some(feed),
            ..self
        }
    }
    /// The same with this current.
    pub(in crate::drivers) fn current(self, current: u32) -> Self {
        Self {
            current: Some(current),
            ..self
        }
    }
}

/// The first axis that is not where it was to go within a tolerance, and where that is; the last word on each axis counts.
pub(in crate::drivers) fn astray<'a>(
    goals: impl IntoIterator<Item = &'a (Axis, i64)>,
    position: Position,
    tolerance: i64,
) -> Option<(Axis, i64)> {
    let last: BTreeMap<Axis, i64> = goals.into_iter().copied().collect();
    last.into_iter()
        .find(|(axis, target)| (position.at(*axis) - target).abs() > tolerance)
}
