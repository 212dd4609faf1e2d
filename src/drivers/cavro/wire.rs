//! DT frames: `/` address text CR out; `/` `0` status data ETX CR LF back (manual 733085-B, chapter 3).

use crate::link::Framing;

/// Longest answer that is believed to be one.
const LONGEST: usize = 64;
const ETX: u8 = 0x03;

/// The status byte: bit 6 set, bit 5 ready, bits 0 to 3 the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(u8);

impl Status {
    /// The byte, if it can be one.
    pub const fn of(byte: u8) -> Option<Self> {
        if byte & 0b1101_0000 == 0b0100_0000 {
            Some(Self(byte))
        } else {
            None
        }
    }
    /// Ready for a command; only the answer to `Q` says so truly.
    pub const fn ready(self) -> bool {
        self.0 & 0b0010_0000 != 0
    }
    /// The error; 0 is none.
    pub const fn error(self) -> u8 {
        self.0 & 0x0F
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status byte.
    pub status: Status,
    /// What a report says; empty in answers to commands and to `Q`.
    pub data: String,
}

/// What an answer looks like, for there is nothing else to know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Without data: of commands and of `Q`.
    Bare,
    /// A number: of `?`.
    Number,
    /// One letter: of `?6` with a three-port valve.
    Letter,
    /// Words, that is neither a letter nor a number: of `?23`.
    Text,
}

impl Looks {
    pub(super) fn fits(self, data: &str) -> bool {
        match self {
            Self::Bare => data.is_empty(),
            Self::Number => !data.is_empty() && data.bytes().all(|b| b.is_ascii_digit()),
            Self::Letter => data.len() == 1 && data.bytes().all(|b| b.is_ascii_lowercase()),
            Self::Text => data.len() > 1 && !data.bytes().all(|b| b.is_ascii_digit()),
        }
    }
}

/// A request to the pump with this switch position (0 to 14).
pub fn request(address: u8, text: &str) -> Vec<u8> {
    let mut bytes = vec![b'/', b'1'.saturating_add(address)];
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(b'\r');
    bytes
}

/// Finds an answer that looks as it should; what stands before `/0` (a turnaround byte of RS-485, noise) is dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    match received {
        [] | [b'/'] => return Framing::Incomplete,
        [b'/', b'0', ..] => {}
        [_, rest @ ..] => {
            let next = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            return Framing::Junk(next + 1);
        }
    }
    let inside = received.get(1..).unwrap_or_default();
    let end = inside.iter().position(|b| *b == ETX).map(|at| at + 1);
    let again = inside.iter().position(|b| *b == b'/').map(|at| at + 1);
    match (end, again) {
        // An answer that was cut short, and the next one.
        (None, Some(next)) => Framing::Junk(next),
        (Some(end), Some(next)) if next < end => Framing::Junk(next),
        (None, None) if received.len() > LONGEST => Framing::Junk(received.len()),
        (None, None) => Framing::Incomplete,
        (Some(end), _) => {
            let whole = end + 3;
            match received.get(end + 1..whole) {
                None => Framing::Incomplete,
                Some(b"\r\n") => match read(received.get(..whole).unwrap_or_default(), looks) {
                    Some(_) => Framing::Frame(whole),
                    None => Framing::Junk(whole),
                },
                Some(_) => Framing::Junk(end + 1),
            }
        }
    }
}

/// Reads one whole answer.
pub fn read(frame: &[u8], looks: Looks) -> Option<Answer> {
    let [b'/', b'0', status, data @ .., ETX, b'\r', b'\n'] = frame else {
        return None;
    };
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
#[path = "wire_tests.rs"]
mod tests;
