//! The two envelopes: RTU (unit, PDU, CRC) and TCP (MBAP header, PDU).

use super::Request;
use crate::link::Framing;

/// CRC-16/MODBUS; sent low byte first.
pub fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let odd = crc & 1 == 1;
            crc >>= 1;
            if odd {
                crc ^= 0xA001;
            }
        }
    }
    crc
}

/// A whole RTU frame.
pub fn rtu(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pdu.len() + 3);
    out.push(unit);
    out.extend_from_slice(pdu);
    let crc = crc(&out);
    out.extend(crc.to_le_bytes());
    out
}

/// A whole TCP frame.
pub fn tcp(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(pdu.len() + 7);
    out.extend(transaction.to_be_bytes());
    out.extend([0, 0]);
    out.extend(length.to_be_bytes());
    out.push(unit);
    out.extend_from_slice(pdu);
    out
}

/// The PDU of a whole RTU frame; `None` when unit or CRC is wrong.
pub fn open_rtu(unit: u8, frame: &[u8]) -> Option<&[u8]> {
    let (body, check) = frame.split_at_checked(frame.len().checked_sub(2)?)?;
    let (from, pdu) = body.split_first()?;
    (crc(body).to_le_bytes() == check && *from == unit).then_some(pdu)
}

/// The PDU of a whole TCP frame; `None` when it is not the answer of this unit to this transaction.
pub fn open_tcp(transaction: u16, unit: u8, frame: &[u8]) -> Option<&[u8]> {
    let (head, pdu) = frame.split_at_checked(7)?;
    let [t1, t2, 0, 0, _, _, from] = head else {
        return None;
    };
    // Unit ids 0 and 255 both mean the TCP device itself.
    let own = |u: u8| u == 0 || u == 255;
    let same = *from == unit || (own(*from) && own(unit));
    (u16::from_be_bytes([*t1, *t2]) == transaction && same).then_some(pdu)
}

/// Recognises the answer of `unit` to `request` in RTU bytes. RTU frames have no mark at their start: what cannot be
/// the answer is dropped byte by byte, so that an answer behind noise is found.
pub fn rtu_framing(unit: u8, request: &Request, received: &[u8]) -> Framing {
    let Some((from, rest)) = received.split_first() else {
        return Framing::Incomplete;
    };
    let Some(function) = rest.first() else {
        return if *from == unit {
            Framing::Incomplete
        } else {
            Framing::Junk(1)
        };
    };
    let exception = *function == request.function() | 0x80;
    let length = if exception {
        Some(2)
    } else {
        request.answer_length(rest)
    };
    let start = rest
        .get(..rest.len().min(length.unwrap_or(usize::MAX)))
        .unwrap_or_default();
    if *from != unit || !request.may_become_answer(start) {
        return Framing::Junk(1);
    }
    let Some(length) = length else {
        return Framing::Incomplete;
    };
    match received.get(..length + 3) {
        None => Framing::Incomplete,
        Some(frame) if open_rtu(unit, frame).is_some() => Framing::Frame(length + 3),
        Some(_) => Framing::Junk(1),
    }
}

/// Recognises the answer of `unit` to `request` in TCP bytes; frames of other transactions are dropped whole.
pub fn tcp_framing(transaction: u16, unit: u8, request: &Request, received: &[u8]) -> Framing {
    let Some(head) = received.get(..6) else {
        return Framing::Incomplete;
    };
    let [_, _, p1, p2, l1, l2] = head else {
        return Framing::Incomplete;
    };
    let length = usize::from(u16::from_be_bytes([*l1, *l2]));
    if (*p1, *p2) != (0, 0) || !(3..=254).contains(&length) {
        // The stream is out of step: nothing in it can be trusted.
        return Framing::Junk(received.len());
    }
    let Some(frame) = received.get(..6 + length) else {
        return Framing::Incomplete;
    };
    let answer = open_tcp(transaction, unit, frame).and_then(|pdu| request.decode(pdu));
    if answer.is_some() {
        Framing::Frame(frame.len())
    } else {
        Framing::Junk(frame.len())
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
