//! Registers of an AZ drive and what is written into them; 32-bit numbers have their upper word first.

/// First register of the direct data: data number, type, position, speed, starting and stopping rate, current, trigger.
pub const DIRECT: u16 = 0x58;
/// How many registers they are.
pub const DIRECT_WORDS: u16 = 16;
/// Input command, low word.
pub const INPUT: u16 = 0x7D;
/// Output status and present alarm: two numbers.
pub const STATUS: u16 = 0x7E;
/// Feedback position, one number.
pub const POSITION: u16 = 0xCC;

/// Input command: nothing; rising edges act.
pub const NONE: u16 = 0;
/// Return to home.
pub const HOME: u16 = 1 << 4;
/// Stop, and no start while it is on.
pub const STOP: u16 = 1 << 5;
/// Reset of an alarm.
pub const ALARM_RESET: u16 = 1 << 7;

const HOME_END: u32 = 1 << 4;
const READY: u32 = 1 << 5;
const ALARM: u32 = 1 << 7;
const MOVE: u32 = 1 << 13;

/// Absolute positioning.
const ABSOLUTE: i32 = 1;
/// The write of this as trigger starts with all data.
const ALL_DATA: i32 = 1;

/// An absolute motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// Where to, in steps.
    pub target: i32,
    /// In steps per second.
    pub speed: i32,
    /// Of starting and stopping, in steps per second squared.
    pub rate: i32,
    /// In thousandths of the full current.
    pub current: i32,
}

/// The direct data that start a motion.
pub fn direct(motion: Motion) -> Vec<u16> {
    let Motion {
        target,
        speed,
        rate,
        current,
    } = motion;
    [0, ABSOLUTE, target, speed, rate, rate, current, ALL_DATA]
        .into_iter()
        .flat_map(words)
        .collect()
}

fn words(number: i32) -> [u16; 2] {
    let [a, b, c, d] = number.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

/// A number from its two words.
pub fn number(words: &[u16]) -> Option<i32> {
    let [high, low] = *words else { return None };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(i32::from_be_bytes([a, b, c, d]))
}

/// Output status and present alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    bits: u32,
    /// Code of the present alarm; 0 without one.
    pub alarm: u32,
}

impl Status {
    /// From the registers from [`STATUS`] on.
    pub fn of(words: &[u16]) -> Option<Self> {
        let (bits, alarm) = words.split_at_checked(2)?;
        Some(Self {
            bits: number(bits)?.cast_unsigned(),
            alarm: number(alarm)?.cast_unsigned(),
        })
    }
    /// Whether it knows where it is: homed, and without an alarm since.
    pub const fn homed(self) -> bool {
        self.bits & HOME_END != 0 && !self.alarmed()
    }
    /// Whether it takes a start.
    pub const fn ready(self) -> bool {
        self.bits & READY != 0
    }
    /// Whether it has an alarm.
    pub const fn alarmed(self) -> bool {
        self.bits & ALARM != 0
    }
    /// Whether it moves.
    pub const fn moving(self) -> bool {
        self.bits & MOVE != 0
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
