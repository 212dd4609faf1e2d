//! OEM frames: STX address sequence text ETX checksum out; STX `0` status data ETX checksum back (manual 733085-B, chapter 3).
//! The checksum is all bytes from STX to ETX, exclusive-ored; it may itself be any byte.

use super::wire::{Answer, Looks, Status};
use crate::link::Framing;

/// Longest answer that is believed to be one.
const LONGEST: usize = 64;
const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// The host's address, to which every answer goes.
const HOST: u8 = b'0';
/// Marks a frame that is sent again: the pump that had it already acknowledges it and does nothing.
const AGAIN: u8 = 0b1000;

/// The number of a frame, from 1 to 7, by which a pump tells one that it had already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(u8);

impl Sequence {
    /// The first.
    pub const FIRST: Self = Self(1);
    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 % 7 + 1)
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, b| sum ^ b)
}

/// A frame to the pump with this switch position (0 to 14): a new one, or the last one `again`.
pub fn request(address: u8, sequence: Sequence, again: bool, text: &str) -> Vec<u8> {
    let sequence = 0x30 | sequence.0 | if again { AGAIN } else { 0 };
    let mut bytes = vec![STX, b'1'.saturating_add(address), sequence];
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(ETX);
    bytes.push(checksum(&bytes));
    bytes
}

/// Finds an answer that looks as it should; what stands before STX (bytes that fill the line, noise) is dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    let next = || {
        let next = received.iter().skip(1).position(|b| *b == STX);
        Framing::Junk(next.map_or(received.len(), |at| at + 1))
    };
    match received {
        [] | [STX] => return Framing::Incomplete,
        [STX, HOST, ..] => {}
        _ => return next(),
    }
    let Some(end) = received.iter().position(|b| *b == ETX) else {
        return if received.len() > LONGEST {
            next()
        } else {
            Framing::Incomplete
        };
    };
    // The byte after ETX is the checksum, whatever it looks like.
    let Some(whole) = received.get(..end + 2) else {
        return Framing::Incomplete;
    };
    match (read(whole, looks), sound(whole)) {
        (Some(_), _) => Framing::Frame(end + 2),
        // An answer to something else.
        (None, true) => Framing::Junk(end + 2),
        // Cut short or garbled: the next one may begin within it.
        (None, false) => next(),
    }
}

fn sound(frame: &[u8]) -> bool {
    frame.len() >= 5 && checksum(frame) == 0
}

/// Reads one whole answer.
pub fn read(frame: &[u8], looks: Looks) -> Option<Answer> {
    let [STX, HOST, status, data @ .., ETX, _] = frame else {
        return None;
    };
    if !sound(frame) {
        return None;
    }
    let data = std::str::from_utf8(data).ok()?.trim().to_owned();
    if data.chars().any(char::is_control) || !looks.fits(&data) {
        return None;
    }
    Some(Answer {
        status: Status::of(*status)?,
        data,
    })
}

#[cfg(test)]
#[path = "oem_tests.rs"]
mod tests;
