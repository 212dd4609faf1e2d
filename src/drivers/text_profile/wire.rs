//! Requests and answers as bytes.

use super::counted;
use crate::link::Framing;
use crate::rig::profile::text::{Checksum, Frame, Part, Wrapping};
use std::borrow::Cow;

/// A request on the wire: its text with what stands around it.
pub fn wrapped(line: &Wrapping, text: &str) -> Vec<u8> {
    if let Some(Frame::LengthCrc8 { unit }) = line.frame {
        return counted::wrapped(unit, text);
    }
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// More is needed.
    Nothing,
    /// The first so many bytes belong to no answer.
    Junk(usize),
    /// An answer that takes the first so many bytes, and its text.
    Answer(usize, Cow<'a, [u8]>),
}

/// Looks for the first whole answer. Of several forms, the one counts whose beginning is there and whose end comes first.
pub fn first<'a>(line: &Wrapping, received: &'a [u8]) -> Found<'a> {
    if let Some(first) = received.get(..1)
        && first.iter().all(|byte| line.alone.contains(byte))
    {
        return Found::Answer(1, first.into());
    }
    if let Some(Frame::LengthCrc8 { unit }) = line.frame {
        return counted::first(unit, received);
    }
    let forms: Vec<Form<'_>> = line.answers.iter().map(|parts| Form::of(parts)).collect();
    let begins: Vec<_> = forms.iter().map(|form| position(received, form.before)).collect();
    let Some(begin) = begins.iter().flatten().min().copied() else {
        // What cannot be the beginning of an answer is not kept.
        let kept = forms
            .iter()
            .map(|form| form.before.len())
            .max()
            .unwrap_or(1)
            .saturating_sub(1);
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
    let may_end = |form: &Form<'_>| matches!(form.end().first(), Some(b'\r' | b'\n'));
    if left_over > 0 && !forms.iter().any(|form| !form.before.is_empty() || may_end(form)) {
        return Found::Junk(left_over);
    }
    let here = forms.iter().zip(begins).filter(|(_, begin)| *begin == Some(0));
    let ended = here.filter_map(|(form, _)| Some((form, form.length(received, line.checksum)?)));
    match ended.min_by_key(|(_, length)| *length) {
        Some((form, length)) => form.read(received, length, line.checksum),
        None => Found::Nothing,
    }
}

/// One form of an answer: what stands before its text, between text and sum, and behind.
struct Form<'a> {
    before: &'a [u8],
    between: &'a [u8],
    summed: bool,
    behind: &'a [u8],
}

impl<'a> Form<'a> {
    fn of(parts: &'a [Part]) -> Self {
        let place = |wanted: &Part| parts.iter().position(|part| part == wanted);
        let text = place(&Part::Text).unwrap_or(0);
        let sum = place(&Part::Sum);
        let bytes = |at: Option<usize>| match at.and_then(|at| parts.get(at)) {
            Some(Part::Bytes(bytes)) => bytes.as_slice(),
            _ => &[],
        };
        let next = bytes(Some(text + 1));
        Self {
            before: bytes(text.checked_sub(1)),
            between: if sum.is_some() { next } else { &[] },
            summed: sum.is_some(),
            behind: sum.map_or(next, |sum| bytes(Some(sum + 1))),
        }
    }

    /// By what its end is seen: what is behind its sum, or before it where nothing is behind.
    fn end(&self) -> &'a [u8] {
        if self.behind.is_empty() {
            self.between
        } else {
            self.behind
        }
    }

    /// Bytes of the answer that stands at the beginning, once all of it is there.
    fn length(&self, received: &[u8], checksum: Option<Checksum>) -> Option<usize> {
        let body = received.get(self.before.len()..)?;
        let mut length = self.before.len() + position(body, self.end())? + self.end().len();
        if self.summed && self.behind.is_empty() {
            length += checksum.map_or(0, digits);
        }
        (length <= received.len()).then_some(length)
    }

    /// Reads it.
    fn read<'r>(&self, received: &'r [u8], length: usize, checksum: Option<Checksum>) -> Found<'r> {
        let junk = Found::Junk(length);
        let body = length
            .checked_sub(self.behind.len())
            .and_then(|end| received.get(..end));
        let Some(body) = body else { return junk };
        let Some(kind) = checksum.filter(|_| self.summed) else {
            let text = body.get(self.before.len()..).unwrap_or_default();
            // Blanks before the end are no part of what is said.
            let blanks = text.iter().rev().take_while(|b| **b == b' ').count();
            let text = text.get(..text.len().saturating_sub(blanks)).unwrap_or_default();
            return Found::Answer(length, text.into());
        };
        let split = body
            .len()
            .checked_sub(digits(kind))
            .and_then(|at| body.split_at_checked(at));
        let Some((summed, said)) = split else { return junk };
        let text = summed
            .get(self.before.len()..)
            .and_then(|text| text.strip_suffix(self.between));
        match text {
            Some(text) if said.eq_ignore_ascii_case(self::checksum(kind, summed).as_bytes()) => {
                Found::Answer(length, text.into())
            }
            _ => junk,
        }
    }
}

/// Hexadecimal digits of a checksum.
const fn digits(kind: Checksum) -> usize {
    match kind {
        Checksum::Crc16 => 4,
        _ => 2,
    }
}

/// How to recognise an answer among what is received: `fits` says of a text whether it is the one.
pub fn framing(line: &Wrapping, received: &[u8], mut fits: impl FnMut(&[u8]) -> bool) -> Framing {
    match first(line, received) {
        Found::Nothing => Framing::Incomplete,
        Found::Junk(n) => Framing::Junk(n),
        Found::Answer(n, text) if fits(&text) => Framing::Frame(n),
        Found::Answer(n, _) => Framing::Junk(n),
    }
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
