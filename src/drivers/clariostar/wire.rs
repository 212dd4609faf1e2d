//! Frames, alike both ways: 02, length of the whole frame (two bytes), 0C, payload, sum of all before (two bytes), 0D.

use crate::link::Framing;

const STX: u8 = 0x02;
const NP: u8 = 0x0C;
const CR: u8 = 0x0D;
/// Bytes of a frame around its payload.
const AROUND: usize = 7;
/// Longest frame that is believed to be one: eight wavelengths of 384 wells stay below.
const LONGEST: usize = 16_384;
/// Bytes of a status.
pub const STATUS: usize = 17;

/// What an answer looks like, for there is nothing else to know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// A status: of `80 00`, and of every command.
    Status,
    /// Longer than a status: values, the memory of settings.
    Long,
}

impl Looks {
    fn fits(self, payload: &[u8]) -> bool {
        let status = payload.len() == STATUS && super::status::Status::of(payload).is_some();
        match self {
            Self::Status => status,
            Self::Long => payload.len() > STATUS,
        }
    }
}

/// A payload as a frame.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + AROUND).unwrap_or(u16::MAX);
    let mut bytes = vec![STX];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.push(NP);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&sum(&bytes).to_be_bytes());
    bytes.push(CR);
    bytes
}

fn sum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, b| sum.wrapping_add(u16::from(*b)))
}

/// Finds the frame that looks as it should; what else arrives is dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    let [first, rest @ ..] = received else {
        return Framing::Incomplete;
    };
    // Whatever begins a frame and is none: the next one may begin within it.
    let next = || {
        let next = rest.iter().position(|b| *b == STX).unwrap_or(rest.len());
        Framing::Junk(next + 1)
    };
    if *first != STX {
        return next();
    }
    let length = match received {
        [_, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return Framing::Incomplete,
    };
    if !(AROUND + 1..=LONGEST).contains(&length) || received.get(3).is_some_and(|b| *b != NP) {
        return next();
    }
    let Some(whole) = received.get(..length) else {
        return Framing::Incomplete;
    };
    match payload(whole) {
        Some(payload) if looks.fits(payload) => Framing::Frame(length),
        Some(_) => Framing::Junk(length),
        None => next(),
    }
}

/// What a whole frame says.
pub fn payload(frame: &[u8]) -> Option<&[u8]> {
    let [STX, high, low, NP, inside @ .., sum_high, sum_low, CR] = frame else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let summed = frame.get(..frame.len().checked_sub(3)?)?;
    let right = length == frame.len() && sum(summed) == u16::from_be_bytes([*sum_high, *sum_low]);
    right.then_some(inside)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
