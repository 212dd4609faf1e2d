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
    let axes: Vec<String> = Axis::ALL
        .iter()
        .map(|axis| format!("{}:{}", axis.letter(), four_decimals(at.get(*axis))))
        .collect();
    format!("MCS: {}", axes.join(" "))
}

/// A position with four decimals, in whole numbers: boards are asked for it at every step.
fn four_decimals(value: f64) -> String {
    let parts = num::round_i64(value * 10_000.0);
    let sign = if parts < 0 { "-" } else { "" };
    let parts = parts.unsigned_abs();
    format!("{sign}{}.{:04}", parts / 10_000, parts % 10_000)
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
