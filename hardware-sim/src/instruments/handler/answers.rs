//! The board's texts, byte for byte.

use super::motion::SWITCH;
use crate::{
    num,
    world::{Axes, Axis},
};
use std::collections::BTreeSet;

pub(crate) const OK: &str = "ok\r\n";
pub(crate) const ALARM_LOCK: &str = "error:Alarm lock\n";
pub(crate) const UNSUPPORTED: &str = "error:Unsupported command\r\n";
pub(crate) const UNHALTED: &str =
    "WARNING: After HALT you should HOME as position is currently unknown\nok\n";
pub(crate) const EMERGENCY: &str = "Emergency Stop Requested - reset or M999 required to exit HALT state";
pub(crate) const VERSION: &str = "Build version: edge-66ec883NOMSD, Build date: Jan 28 2018 15:26:57, MCU: LPC1769, System Clock: 120MHz\r\n  CNC Build   NOMSD Build\r\n6 axis\r\n";

/// `M114.2`, as it rides on the ok line.
pub(crate) fn position(at: &Axes) -> String {
    let mut text = String::with_capacity(80);
    text.push_str("MCS:");
    for axis in Axis::ALL {
        text.push(' ');
        text.push(axis.letter());
        text.push(':');
        push_four_decimals(&mut text, at.get(axis));
    }
    text
}

/// A position with four decimals, in whole numbers: boards are asked for it at every step.
fn push_four_decimals(text: &mut String, value: f64) {
    let parts = num::round_i64(value * 10_000.0);
    if parts < 0 {
        text.push('-');
    }
    let parts = parts.unsigned_abs();
    let mut tens = 1;
    while parts / 10_000 / tens >= 10 {
        tens *= 10;
    }
    while tens > 0 {
        push_digit(text, parts / 10_000 / tens);
        tens /= 10;
    }
    text.push('.');
    for tens in [1_000, 100, 10, 1] {
        push_digit(text, parts / tens);
    }
}

/// The last digit of a number.
fn push_digit(text: &mut String, number: u64) {
    text.extend(
        u32::try_from(number % 10)
            .ok()
            .and_then(|digit| char::from_digit(digit, 10)),
    );
}

fn four_decimals(value: f64) -> String {
    let mut text = String::new();
    push_four_decimals(&mut text, value);
    text
}

/// `G28.6`.
pub(crate) fn homed(homed: &BTreeSet<Axis>) -> String {
    let flags: String = Axis::ALL
        .iter()
        .map(|axis| format!("{}:{} ", axis.letter(), u8::from(homed.contains(axis))))
        .collect();
    format!("{flags}\r\n")
}

/// `M119`.
pub(crate) fn switches(at: &Axes) -> String {
    let pins = ["P1.24", "P1.26", "P1.28", "P1.29", "P1.25", "P2.1"];
    let closed = |axis: Axis| u8::from(at.get(axis) >= SWITCH.get(axis) - 1e-6);
    let limits: String = Axis::ALL
        .iter()
        .map(|axis| format!("{}_max:{} ", axis.letter(), closed(*axis)))
        .collect();
    let levels: String = Axis::ALL
        .iter()
        .zip(pins)
        .map(|(axis, pin)| format!("({}L){pin}:{} ", axis.letter(), closed(*axis)))
        .collect();
    format!("{limits}pins- {levels}Probe: 0\r\n")
}

/// `?`.
pub(crate) fn status(state: &str, at: &Axes) -> String {
    let axes: Vec<String> = Axis::ALL
        .iter()
        .map(|axis| four_decimals(at.get(*axis)))
        .collect();
    format!("<{state}|MPos:{}>\r\n", axes.join(","))
}

/// `M365.n`.
pub(crate) fn updated(letter: char, value: f64) -> String {
    format!("{letter} updated {value:.2}\n")
}
