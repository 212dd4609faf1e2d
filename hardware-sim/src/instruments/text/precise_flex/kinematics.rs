//! Geometry and speed of a PreciseFlex 400: a lift, two links in a plane, a wrist and a gripper.

use crate::num;

/// Base (lift, mm), shoulder, elbow, wrist (degrees), gripper (mm), rail (mm).
pub(super) type Joints = [f64; 6];
/// X, Y, Z in mm, yaw, pitch, roll in degrees.
pub(super) type Pose = [f64; 6];

/// Lengths of the two links in mm.
const UPPER: f64 = 225.0;
const FORE: f64 = 210.0;
/// Bounds of the joints.
const BOUNDS: [(f64, f64); 6] = [
    (0.0, 1200.0),
    (-180.0, 180.0),
    (-360.0, 360.0),
    (-970.0, 970.0),
    (50.0, 150.0),
    (-1000.0, 1000.0),
];
/// Fastest of each joint, per second, and the time in which it gets there.
const FASTEST: Joints = [500.0, 360.0, 360.0, 720.0, 100.0, 500.0];
const RAMP_S: f64 = 0.3;
/// A PreciseFlex's names of what the elbow does.
pub(super) const LEFTY: u32 = 2;

/// Folded over its column: out of everybody's way.
pub(super) const FOLDED: Joints = [200.0, 0.0, 180.0, -180.0, 75.0, 0.0];

/// Why a place cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreachable {
    TooClose,
    TooFar,
}

/// Whether all joints are within their bounds.
pub(super) fn within(joints: &Joints) -> bool {
    joints
        .iter()
        .zip(BOUNDS)
        .all(|(joint, (low, high))| (low..=high).contains(joint))
}

/// The joints that bring the gripper to a pose, with gripper and rail as they are.
pub(super) fn joints_of(pose: &Pose, config: u32, gripper: f64, rail: f64) -> Result<Joints, Unreachable> {
    let [x, y, z, yaw, _, _] = *pose;
    let x = x - rail;
    let bend = (x * x + y * y - UPPER * UPPER - FORE * FORE) / (2.0 * UPPER * FORE);
    if bend > 1.0 {
        return Err(Unreachable::TooFar);
    }
    if bend < -1.0 {
        return Err(Unreachable::TooClose);
    }
    let lefty = config & 3 == LEFTY;
    let elbow = if lefty { -bend.acos() } else { bend.acos() };
    let shoulder = y.atan2(x) - (FORE * elbow.sin()).atan2(UPPER + FORE * elbow.cos());
    let (shoulder, elbow) = (shoulder.to_degrees(), elbow.to_degrees());
    let turned = (yaw - shoulder - elbow + 180.0).rem_euclid(360.0) - 180.0;
    let shoulder = (shoulder + 180.0).rem_euclid(360.0) - 180.0;
    Ok([z, shoulder, elbow, turned, gripper, rail])
}

/// Where joints bring the gripper.
pub(super) fn pose_of(joints: &Joints) -> (Pose, u32) {
    let [z, shoulder, elbow, wrist, _, rail] = *joints;
    let (first, second) = (shoulder.to_radians(), (shoulder + elbow).to_radians());
    let x = UPPER * first.cos() + FORE * second.cos() + rail;
    let y = UPPER * first.sin() + FORE * second.sin();
    let config = if elbow < 0.0 { LEFTY } else { 1 };
    ([x, y, z, shoulder + elbow + wrist, 90.0, 180.0], config)
}

/// Seconds from joints to joints at a share of the greatest speed: the slowest joint tells.
pub(super) fn seconds(from: &Joints, to: &Joints, speed: f64) -> f64 {
    let longest = from
        .iter()
        .zip(to)
        .zip(FASTEST)
        .map(|((from, to), fastest)| {
            let (way, fastest) = ((to - from).abs(), fastest * speed);
            // Up to speed and down again; short ways never get there.
            if way <= 0.0 {
                0.0
            } else if way >= fastest * RAMP_S {
                way / fastest + RAMP_S
            } else {
                2.0 * (way * RAMP_S / fastest).sqrt()
            }
        })
        .fold(0.0, f64::max);
    longest.max(0.0)
}

/// Joints at a moment between two.
pub(super) fn between(from: &Joints, to: &Joints, (since, until): (u64, u64), now: u64) -> Joints {
    let whole = until.saturating_sub(since).max(1) as f64;
    let share = (now.saturating_sub(since) as f64 / whole).clamp(0.0, 1.0);
    // Gently up and down.
    let share = share * share * (3.0 - 2.0 * share);
    let mut joints = *from;
    for (joint, to) in joints.iter_mut().zip(to) {
        *joint += (to - *joint) * share;
    }
    joints
}

/// Numbers as they are told: three decimals, parted by blanks.
pub(super) fn told(numbers: &[f64]) -> String {
    let told: Vec<String> = numbers
        .iter()
        .map(|number| {
            let rounded = num::round_i64(number * 1000.0) as f64 / 1000.0;
            format!("{rounded:.3}")
        })
        .collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poses_and_joints_are_each_others_inverse() {
        for config in [1, LEFTY] {
            let pose = [250.0, -180.0, 120.0, 30.0, 90.0, 180.0];
            let joints = joints_of(&pose, config, 100.0, 0.0).unwrap();
            let (back, same) = pose_of(&joints);
            assert_eq!(same, config);
            for (there, again) in pose.iter().zip(back).take(3) {
                assert!((there - again).abs() < 1e-6, "{pose:?} {back:?}");
            }
            let turned = (back[3] - 30.0 + 180.0).rem_euclid(360.0) - 180.0;
            assert!(turned.abs() < 1e-6, "{turned}");
        }
        assert_eq!(
            joints_of(&[436.0, 0.0, 0.0, 0.0, 90.0, 180.0], 1, 0.0, 0.0),
            Err(Unreachable::TooFar)
        );
        assert_eq!(
            joints_of(&[10.0, 0.0, 0.0, 0.0, 90.0, 180.0], 1, 0.0, 0.0),
            Err(Unreachable::TooClose)
        );
    }

    #[test]
    fn a_move_lasts_as_long_as_its_slowest_joint() {
        let mut to = FOLDED;
        assert_eq!(seconds(&FOLDED, &to, 1.0), 0.0);
        to[0] += 500.0;
        assert_eq!(seconds(&FOLDED, &to, 1.0), 1.3);
        assert_eq!(seconds(&FOLDED, &to, 0.5), 2.3);
        to[3] += 1440.0;
        assert_eq!(seconds(&FOLDED, &to, 1.0), 2.3);
        assert!(!within(&to));
        assert_eq!(between(&FOLDED, &to, (0, 100), 50)[0], 450.0);
    }
}
