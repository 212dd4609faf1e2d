//! Lines to the controller and its answers.
//!
//! The host ends each command with a space and CR LF CR LF. The firmware answers one `ok` for the command and one for
//! each empty line that the four characters make (three), so that up to two stale `ok`s follow every answer; other
//! boards send exactly two. Therefore nothing is concluded from the number of `ok`s beyond two, and everything that
//! matters is asked with a command whose answer has a body, which comes in order behind all that went before.

pub use crate::drivers::handler::axes::{Axis, Position};

use super::codes::{Trouble, classify};
use crate::link::Framing;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Ends every command.
pub const TERMINATOR: &str = " \r\n\r\n";
/// The terminator alone: an empty command, answered by `ok`s.
pub const WAKE: &[u8] = b"\r\n\r\n";
/// Halts at once wherever it stands in the stream (Ctrl-X), then as a command of its own. The line end keeps a board
/// that takes the character for text from losing the command.
pub const HALT: &[u8] = b"\x18\r\nM112 \r\n\r\n";

/// A command as bytes.
pub fn command(text: &str) -> Vec<u8> {
    format!("{text}{TERMINATOR}").into_bytes()
}

/// Micrometres as the controller's millimetres: at most three decimals, none when whole.
pub fn millimetres(um: i64) -> String {
    let sign = if um < 0 { "-" } else { "" };
    let um = um.unsigned_abs();
    let (whole, rest) = (um / 1000, um % 1000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{rest:03}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// A move of some axes to absolute positions in micrometres, as `G0 X10.5 Y3`.
pub fn go(targets: &[(Axis, i64)]) -> String {
    let mut out = "G0".to_owned();
    for (axis, um) in targets {
        out.push(' ');
        out.push(axis.letter());
        out.push_str(&millimetres(*um));
    }
    out
}

/// What the answer of a command must hold beyond `ok`s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing: two `ok`s end it.
    None,
    /// The machine position.
    Position,
    /// The homed flags.
    Homed,
    /// 32 bytes of a pipette's memory, of the mount with this letter.
    Memory(char),
    /// The build line.
    Version,
}

/// The complete lines of what arrived, without line ends and blanks.
fn lines(received: &[u8]) -> impl DoubleEndedIterator<Item = Cow<'_, str>> {
    let end = received
        .iter()
        .rposition(|b| matches!(b, b'\n' | b'\r'))
        .unwrap_or_default();
    received
        .get(..end)
        .unwrap_or_default()
        .split(|b| matches!(b, b'\r' | b'\n'))
        .map(<[u8]>::trim_ascii)
        .filter(|l| !l.is_empty())
        .map(String::from_utf8_lossy)
}

fn is_ok(line: &str) -> bool {
    line == "ok" || line.starts_with("ok ")
}

/// Where the answer ends: with its body and then one `ok` line, or with two `ok`s where there is no body. An error
/// ends where `ok`s (or the body) follow it as they would follow the answer.
pub fn framing(received: &[u8], body: Body) -> Framing {
    let oks = |mut lines: &mut dyn Iterator<Item = Cow<'_, str>>, enough: usize| {
        (&mut lines).filter(|l| is_ok(l)).take(enough).count() >= enough
    };
    let complete = if body == Body::None {
        oks(&mut lines(received), 2)
    } else {
        let mut after = lines(received);
        if after.any(|l| has_body(&l, body)) {
            oks(&mut after, 1)
        } else {
            // Refused: the trouble, then two `ok`s (of the empty lines) and no body.
            let mut after = lines(received);
            after.any(|l| classify(&l).is_some()) && oks(&mut after, 2)
        }
    };
    if complete {
        Framing::Frame(received.len())
    } else {
        Framing::Incomplete
    }
}

fn has_body(line: &str, body: Body) -> bool {
    match body {
        Body::None => false,
        Body::Position => position(line).is_some(),
        Body::Homed => homed(line).is_some(),
        Body::Memory(mount) => memory(line, mount).is_some(),
        Body::Version => version(line).is_some(),
    }
}

/// The first line that is trouble, with what it is; alarms before errors.
pub fn trouble(received: &[u8]) -> Option<(Trouble, String)> {
    let mut first = None;
    for line in lines(received) {
        match classify(&line) {
            Some(Trouble::Alarm) => return Some((Trouble::Alarm, line.into_owned())),
            Some(other) if first.is_none() => first = Some((other, line.into_owned())),
            _ => {}
        }
    }
    first
}

/// Finds a body in an answer.
pub fn find<T>(received: &[u8], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    // The last one: an older answer may stand before it.
    lines(received).rev().find_map(|l| read(&l))
}

/// As many characters as `MCS:` and six axes with blanks between them have at least.
const SHORTEST_POSITION: usize = 4 + 6 * 4 - 1;

/// Where the axes are: `ok MCS: X:418.0000 Y:353.0000 …`.
pub fn position(line: &str) -> Option<Position> {
    // Most lines are bare acknowledgements; no position of six axes is as short as that.
    if line.len() < SHORTEST_POSITION {
        return None;
    }
    let text = line.split_once("MCS:")?.1;
    let mut out = [None; 6];
    for word in text.split_whitespace() {
        let (letter, number) = word.split_once(':')?;
        *out.get_mut(Axis::of(letter)? as usize)? = Some(micrometres(number)?);
    }
    let [x, y, z, a, b, c] = out;
    Some(Position([x?, y?, z?, a?, b?, c?]))
}

/// Which axes are homed: `X:1 Y:1 Z:1 A:1 B:1 C:1`.
pub fn homed(line: &str) -> Option<BTreeMap<Axis, bool>> {
    let mut out = BTreeMap::new();
    for word in line.split_whitespace() {
        let (letter, flag) = word.split_once(':')?;
        out.insert(
            Axis::of(letter)?,
            match flag {
                "0" => false,
                "1" => true,
                _ => return None,
            },
        );
    }
    (out.len() == 6).then_some(out)
}

/// Text from a pipette's memory: `L:50323053…` with 64 hexadecimal digits, ended by a zero byte.
pub fn memory(line: &str, mount: char) -> Option<String> {
    let digits = line.strip_prefix(mount)?.strip_prefix(':')?.trim();
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |i: usize| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
    let text: Vec<u8> = bytes?.into_iter().take_while(|b| *b != 0).collect();
    let text = String::from_utf8(text).ok()?;
    text.chars().all(|c| c.is_ascii_graphic()).then_some(text)
}

/// The firmware's build: `Build version: edge-66ec883NOMSD, Build date: …`.
pub fn version(line: &str) -> Option<String> {
    let rest = line.split_once("Build version:")?.1;
    Some(rest.split(',').next().unwrap_or(rest).trim().to_owned())
}

/// Millimetres with any number of decimals as whole micrometres, rounded to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "checked to be within 10 m")]
fn micrometres(number: &str) -> Option<i64> {
    let mm: f64 = number.parse().ok()?;
    (mm.is_finite() && mm.abs() < 10_000.0).then(|| (mm * 1000.0).round() as i64)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
