//! Frames of Inheco units: counted and ended by a CRC-8 on the way there, ended by an error number on the way back.
//!
//! Request: length of what follows, 0x30 + unit, 0xC0 + length of the text, text, CRC-8. Answer: blocks of text, each behind
//! 0xB0 + unit, then 0xB0 + unit, 0x20 + error, 0x60.

use super::wire::Found;
use std::borrow::Cow;

/// Ends every answer.
const END: u8 = 0x60;
/// Bytes after which what has no end is no answer.
const LONGEST: usize = 128;

/// A text in its frame. At most 47 characters are counted.
pub(super) fn wrapped(unit: u8, text: &str) -> Vec<u8> {
    let count = u8::try_from(text.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![
        count.saturating_add(3),
        0x30 | unit & 0x0F,
        0xC0_u8.saturating_add(count),
    ];
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(crc8(&bytes));
    bytes
}

/// The first whole answer: its error as a hexadecimal digit, and what was told behind a blank.
pub(super) fn first(unit: u8, received: &[u8]) -> Found<'_> {
    let head = 0xB0 | unit & 0x0F;
    let begin = received
        .iter()
        .position(|byte| *byte == head)
        .unwrap_or(received.len());
    if begin > 0 {
        return Found::Junk(begin);
    }
    let mut told: Vec<u8> = Vec::new();
    let mut at = 0;
    // Each head begins a block: of text, or the last one.
    while received.get(at) == Some(&head) {
        let rest = received.get(at + 1..).unwrap_or_default();
        if let [error @ 0x20..=0x2F, END, ..] = rest {
            let mut text = format!("{:X}", error & 0x0F).into_bytes();
            if !told.is_empty() {
                text.push(b' ');
                text.extend(told);
            }
            return Found::Answer(at + 3, Cow::Owned(text));
        }
        let Some(length) = rest.iter().position(|byte| *byte == head) else {
            break;
        };
        told.extend(rest.iter().take(length));
        at += 1 + length;
    }
    if received.len() > LONGEST {
        return Found::Junk(1);
    }
    Found::Nothing
}

/// Dallas's CRC-8 (0x18 and 0x80, low bit first), begun with 0xA1.
fn crc8(bytes: &[u8]) -> u8 {
    let bit = |crc: u8, bit: u8| {
        if (crc ^ bit) & 1 == 1 {
            ((crc ^ 0x18) >> 1) | 0x80
        } else {
            crc >> 1
        }
    };
    let byte = |crc: u8, byte: &u8| (0..8).fold(crc, |crc, at| bit(crc, byte >> at));
    bytes.iter().fold(0xA1, byte)
}

#[cfg(test)]
#[path = "counted_tests.rs"]
mod tests;
