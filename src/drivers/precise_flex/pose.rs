//! Where an arm stands: at rest, over a place or down in it, and what its gripper does. Pure geometry, in thousandths of
//! millimetres and degrees.

use crate::rig::{Location, PreciseFlex, Taught};

/// Joints are the same within half a millimetre and half a degree.
pub const SAME: i64 = 500;
/// An arm stands in the column of a place within a degree, or two millimetres and two degrees.
const COLUMN_ANGLE: i64 = 1_000;
const COLUMN_XYZ: i64 = 2_000;
/// Between two rest heights.
const MARK: i64 = 2_000;
/// How many rest heights there are.
pub const MARKS: i64 = 3;
/// A gripper is open within a millimetre of its open width.
const OPEN: i64 = 1_000;

/// What was read of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pose {
    /// Base (mm), shoulder, elbow, wrist (degrees), width between the fingers (mm).
    pub joints: [i64; 5],
    /// x, y, z, yaw, pitch, roll.
    pub xyz: [i64; 6],
    /// The gripper's sensor says that it is fully closed.
    pub closed: bool,
}

/// What the gripper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// Open: nothing is held.
    Open,
    /// Fully closed: there is nothing between the fingers.
    Closed,
    /// Neither: something is held.
    Holds,
}

impl Pose {
    /// What the gripper does.
    pub fn grip(&self, arm: &PreciseFlex) -> Grip {
        let [.., width] = self.joints;
        if width >= arm.grip_open.get() - OPEN {
            Grip::Open
        } else if self.closed || width <= OPEN {
            // An arm that is not homed says 0.
            Grip::Closed
        } else {
            Grip::Holds
        }
    }

    /// Which of the rest heights it stands at, if it is at rest.
    pub fn at_rest(&self, arm: &PreciseFlex) -> Option<i64> {
        (0..MARKS).find(|mark| self.is_at(&rest(arm, *mark)))
    }

    /// Whether base, shoulder, elbow and wrist stand there.
    pub fn is_at(&self, joints: &[i64; 4]) -> bool {
        self.joints
            .iter()
            .zip(joints)
            .all(|(is, to)| (is - to).abs() <= SAME)
    }

    /// Whether it stands at a place, so far over the taught height.
    pub fn is_over(&self, taught: &Taught, over: i64) -> bool {
        match taught {
            Taught::Angles([base, shoulder, elbow, wrist]) => {
                self.is_at(&[base + over, *shoulder, *elbow, *wrist])
            }
            Taught::Xyz([_, _, z, ..], _) => {
                let [_, _, at, ..] = self.xyz;
                self.in_column(taught) && (at - z - over).abs() <= SAME
            }
        }
    }

    /// Whether it stands over a place or down in it.
    pub fn in_column(&self, taught: &Taught) -> bool {
        let near =
            |is: &[i64], to: &[i64], within: i64| is.iter().zip(to).all(|(is, to)| (is - to).abs() <= within);
        match taught {
            Taught::Angles(to) => {
                let ([_, is @ ..], [_, to @ ..]) = (&self.joints, to);
                near(is, to, COLUMN_ANGLE)
            }
            Taught::Xyz([x, y, _, yaw, ..], _) => {
                let [is_x, is_y, _, is_yaw, ..] = self.xyz;
                near(&[is_x, is_y, is_yaw], &[*x, *y, *yaw], COLUMN_XYZ)
            }
        }
    }

    /// Whether nothing has moved since.
    pub fn is_still(&self, since: &Self) -> bool {
        /// The controller's own figure for a motion that has ended.
        const CHANGE: i64 = 20;
        self.joints
            .iter()
            .zip(&since.joints)
            .all(|(is, was)| (is - was).abs() < CHANGE)
    }
}

/// Joints at a rest height.
pub const fn rest(arm: &PreciseFlex, mark: i64) -> [i64; 4] {
    let [base, shoulder, elbow, wrist] = arm.rest;
    [base - mark * MARK, shoulder, elbow, wrist]
}

/// A rest height that is not this one.
pub const fn another(mark: i64) -> i64 {
    (mark + 1) % MARKS
}

/// How far over its taught height an arm stands that approaches a place for something gripped at this height.
pub fn approach(location: &Location, height: i64) -> i64 {
    height + location.clearance.get()
}
