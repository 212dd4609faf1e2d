//! Lines: text CR out; `OK`, `CC`, a number or `E0` to `E5` and CR LF back.

use crate::link::Framing;
use crate::rig::Cassette;

/// Longest answer that is believed to be one.
const LONGEST: usize = 32;

/// What an answer looks like, for there is nothing else to know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// `OK`: of what sets or writes.
    Ok,
    /// `CC`: of `CR`.
    Open,
    /// `0` or `1`: of a relay.
    Relay,
    /// Five digits: of a register.
    Register,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `OK` or `CC`.
    Accepted,
    /// `E0` to `E5`: refused.
    Refused(u8),
    /// What a relay or register holds.
    Value(u32),
}

/// A line as bytes.
pub fn line(text: &str) -> Vec<u8> {
    format!("{text}\r").into_bytes()
}

/// What the answer to a line looks like.
pub fn looks(text: &str) -> Looks {
    match text.split_once(' ') {
        None => Looks::Open,
        Some(("RD", what)) if what.starts_with("DM") => Looks::Register,
        Some(("RD", _)) => Looks::Relay,
        Some(_) => Looks::Ok,
    }
}

/// A number as registers of climate and shaker are written: five digits.
pub fn five(value: u32) -> String {
    format!("{value:05}")
}

/// Finds the answer that looks as it should, or a refusal; other lines are dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    let Some(end) = received.iter().position(|b| *b == b'\n') else {
        return if received.len() > LONGEST {
            Framing::Junk(received.len())
        } else {
            Framing::Incomplete
        };
    };
    match read(received.get(..=end).unwrap_or_default(), looks) {
        Some(_) => Framing::Frame(end + 1),
        None => Framing::Junk(end + 1),
    }
}

/// Reads one whole answer. Strict: the protocol has no checksum, so whatever is not exactly an answer is none.
pub fn read(frame: &[u8], looks: Looks) -> Option<Answer> {
    let text = std::str::from_utf8(frame.strip_suffix(b"\r\n")?).ok()?;
    if let Some(code @ b'0'..=b'5') = text.strip_prefix('E').and_then(|c| c.as_bytes().first())
        && text.len() == 2
    {
        return Some(Answer::Refused(code - b'0'));
    }
    let value = || {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Answer::Value))?
    };
    match looks {
        Looks::Ok => (text == "OK").then_some(Answer::Accepted),
        Looks::Open => (text == "CC").then_some(Answer::Accepted),
        Looks::Relay => (text == "0" || text == "1").then(value)?,
        Looks::Register => (text.len() == 5).then(value)?,
    }
}

/// Where a slot is: its cassette and its level, both from 1, and the cassette itself. Slots are counted through the levels
/// of the first cassette, then the next.
pub fn place(slot: u16, cassettes: &[Cassette]) -> Option<(u16, u16, Cassette)> {
    let mut level = slot.checked_sub(1)?;
    for (number, cassette) in (1..).zip(cassettes) {
        match level.checked_sub(cassette.levels) {
            Some(beyond) => level = beyond,
            None => return Some((number, level + 1, *cassette)),
        }
    }
    None
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
