//! The controller's error codes in words.

use crate::devices::FailureKind;

/// Not homed.
pub const NOT_HOMED: i32 = -1021;
/// The emergency stop is pressed, as `sysState` says.
pub const EMERGENCY_STOP: u32 = 15;
/// Ready to be attached, as `sysState` says.
pub const READY_FOR_ATTACH: &str = "20";
/// Homing, as `sysState` says.
pub const HOMING: u32 = 28;

/// Meaning of a negative answer.
pub const fn meaning(code: i32) -> &'static str {
    match code {
        -1006 | -1007 => "another program has the arm attached; end that program",
        -1009 => "no robot is attached",
        -1012 => "a joint would leave its range; teach the place again",
        -1021 => "it is not homed",
        -1028 => "its emergency stop is pressed",
        -1039 => "the place is too close; teach it again",
        -1040 => "the place is too far away; teach it again",
        -1046 => "its power is off",
        -1600 => "somebody asked for its power to be switched off",
        -2850 => "its gripper is of another type",
        -2851 => "it has no station of that number; look up how many its controller is set up for",
        -2852 => "its gripper is in a wrong state",
        -2853 => "its rail is not where it should be",
        -2854 => "the station is of another type",
        -2855 => "its gripper has no sensor",
        -3100 => "it ran into something",
        -3122 => "it was pushed off its way",
        _ => "it gives no known reason",
    }
}

/// What kind of failure.
pub const fn kind(code: i32) -> FailureKind {
    match code {
        NOT_HOMED => FailureKind::NotHomed,
        -1028 | -1600 => FailureKind::Interlock,
        -3100 | -3122 | -2852..=-2850 => FailureKind::Fault,
        _ => FailureKind::Refused,
    }
}

/// Said before a motion begins: nothing moved.
pub const fn before_motion(code: i32) -> bool {
    matches!(
        code,
        -1006 | -1007 | -1009 | -1012 | -1021 | -1028 | -1039 | -1040 | -1046 | -2850 | -2851 | -2854
    )
}
