//! Requests and answers as bytes.

use crate::link::Framing;
use crate::rig::profile::text::{Checksum, Part, Wrapping};

/// A request on the wire: its text with what stands around it.
pub fn wrapped(line: &Wrapping, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in &line.request {
        match part {
            Part::Bytes(around) => bytes.extend_from_slice(around),
            Part::Text => bytes.extend_from_slice(text.as_bytes()),
            Part::Sum => {
                let sum = line
                    .checksum
                    .map(|kind| checksum(kind, &bytes))
                    .unwrap_or_default();
                bytes.extend_from_slice(sum.as_bytes());
            }
        }
    }
    bytes
}

/// The checksum of bytes, as upper-case hexadecimal digits.
pub fn checksum(kind: Checksum, bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0_u8, |sum, b| sum.wrapping_add(*b));
    match kind {
        Checksum::Xor => format!("{:02X}", bytes.iter().fold(0_u8, |sum, b| sum ^ b)),
        Checksum::Sum => format!("{sum:02X}"),
        Checksum::Lrc => format!("{:02X}", sum.wrapping_neg()),
        Checksum::Crc16 => format!("{:04X}", crate::link::modbus::crc(bytes)),
    }
}

/// The first whole answer in what was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// More is needed.
    Nothing,
    /// The first so many bytes belong to no answer.
    Junk(usize),
    /// An answer that takes the first so many bytes, and its text.
    Answer(usize, &'a [u8]),
}

/// Looks for the first whole answer.
pub fn first<'a>(line: &Wrapping, received: &'a [u8]) -> Found<'a> {
    if let Some(first) = received.get(..1)
        && first.iter().all(|byte| line.alone.contains(byte))
    {
        return Found::Answer(1, first);
    }
    let (start, end) = around(line);
    let Some(begin) = position(received, start) else {
        // What cannot be the beginning of an answer is not kept.
        let kept = start.len().saturating_sub(1);
        return match received.len().saturating_sub(kept) {
            0 => Found::Nothing,
            n => Found::Junk(n),
        };
    };
    if begin > 0 {
        return Found::Junk(begin);
    }
    // Ends of lines that were left over from the answer before, where they are not what ends this one.
    let left_over = received.iter().take_while(|b| b"\r\n".contains(b)).count();
    if start.is_empty() && left_over > 0 && !matches!(end.first(), Some(b'\r' | b'\n')) {
        return Found::Junk(left_over);
    }
    let body = received.get(start.len()..).unwrap_or_default();
    let Some(length) = position(body, end) else {
        return Found::Nothing;
    };
    let all = start.len() + length + end.len();
    let body = body.get(..length).unwrap_or_default();
    if !line.answer.contains(&Part::Sum) {
        // Blanks before the end are no part of what is said.
        let blanks = body.iter().rev().take_while(|b| **b == b' ').count();
        let text = body.get(..body.len().saturating_sub(blanks)).unwrap_or_default();
        return Found::Answer(all, text);
    }
    let Some(kind) = line.checksum else {
        return Found::Junk(all);
    };
    let digits = if kind == Checksum::Crc16 { 4 } else { 2 };
    let Some((text, sum)) = body.split_at_checked(body.len().saturating_sub(digits)) else {
        return Found::Junk(all);
    };
    let summed = received.get(..start.len() + text.len()).unwrap_or_default();
    if sum.eq_ignore_ascii_case(checksum(kind, summed).as_bytes()) {
        Found::Answer(all, text)
    } else {
        Found::Junk(all)
    }
}

/// How to recognise an answer among what is received: `fits` says of a text whether it is the one.
pub fn framing(line: &Wrapping, received: &[u8], mut fits: impl FnMut(&[u8]) -> bool) -> Framing {
    match first(line, received) {
        Found::Nothing => Framing::Incomplete,
        Found::Junk(n) => Framing::Junk(n),
        Found::Answer(n, text) if fits(text) => Framing::Frame(n),
        Found::Answer(n, _) => Framing::Junk(n),
    }
}

/// What stands before and behind the text of an answer, its checksum left out.
fn around(line: &Wrapping) -> (&[u8], &[u8]) {
    fn bytes(part: Option<&Part>) -> &[u8] {
        match part {
            Some(Part::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }
    let text = line.answer.iter().position(|p| *p == Part::Text).unwrap_or(0);
    let before = line.answer.get(..text).and_then(<[Part]>::first);
    let behind = line.answer.get(text..).and_then(<[Part]>::last);
    (bytes(before), bytes(behind))
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(0);
    }
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
pub(super) mod tests;
