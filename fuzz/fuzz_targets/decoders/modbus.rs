//! Answers to a Modbus client on both kinds of line, and words as values of every shipped register map.

use super::feed;
use plated::drivers::gantry;
use plated::drivers::profile::value;
use plated::link::modbus::{Request, frame};
use plated::rig::profile::Profile;
use plated::rig::profile::modbus::WordOrder;
use std::sync::LazyLock;

/// A request of any function, out of eight bytes.
fn request(of: &[u8; 8]) -> Request {
    let [function, a1, a2, count, v1, v2, flag, _] = *of;
    let (address, count) = (u16::from_be_bytes([a1, a2]), u16::from(count));
    let value = u16::from_be_bytes([v1, v2]);
    let words = vec![value; usize::from(count)];
    match function % 12 {
        0 => Request::ReadCoils { address, count },
        1 => Request::ReadDiscrete { address, count },
        2 => Request::ReadHolding { address, count },
        3 => Request::ReadInput { address, count },
        4 => Request::WriteCoil {
            address,
            on: flag & 1 == 1,
        },
        5 => Request::WriteRegister { address, value },
        6 => Request::Echo { value },
        7 => Request::WriteCoils {
            address,
            values: vec![flag & 1 == 1; usize::from(count)],
        },
        8 => Request::WriteRegisters {
            address,
            values: words,
        },
        9 => Request::MaskWrite {
            address,
            and: value,
            or: !value,
        },
        10 => Request::ReadWrite {
            read_address: address,
            read_count: count,
            write_address: value,
            values: words,
        },
        _ => Request::Identify {
            code: v1 % 4 + 1,
            object: v2,
        },
    }
}

pub fn rtu(bytes: &[u8]) {
    let Some((head, bytes)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let request = request(head);
    let _ = request.encode();
    let unit = 1;
    // With a right checksum, and of the right unit, behind any noise; or as it is.
    let sealed = head[7] & 1 == 1;
    let mut all = Vec::new();
    if sealed {
        let (noise, pdu) = bytes.split_at(bytes.len().min(usize::from(head[7] >> 4)));
        all.extend(noise);
        all.extend(frame::rtu(unit, pdu));
    } else {
        all.extend(bytes);
    }
    feed(
        &all,
        |b| frame::rtu_framing(unit, &request, b),
        |whole| {
            frame::open_rtu(unit, whole)
                .map(|pdu| request.decode(pdu))
                .is_some()
        },
    );
}

pub fn tcp(bytes: &[u8]) {
    let Some((head, bytes)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let request = request(head);
    let (unit, transaction) = (1, 7);
    let mut all = Vec::new();
    if head[7] & 1 == 1 {
        // Another transaction's first, then the right one.
        let (other, pdu) = bytes.split_at(bytes.len().min(usize::from(head[7] >> 4)));
        all.extend(frame::tcp(transaction - 1, unit, other));
        all.extend(frame::tcp(transaction, unit, pdu));
    } else {
        all.extend(bytes);
    }
    feed(
        &all,
        |b| frame::tcp_framing(transaction, unit, &request, b),
        |whole| {
            frame::open_tcp(transaction, unit, whole)
                .and_then(|pdu| request.decode(pdu))
                .is_some()
        },
    );
}

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let all = super::text::shipped().into_iter();
    all.filter(|p| p.modbus().is_some()).collect()
});

pub fn values(bytes: &[u8]) {
    let [profile, register, order, bytes @ ..] = bytes else {
        return;
    };
    let words: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|w| u16::from_be_bytes([w[0], w[1]]))
        .collect();
    let _ = (gantry::wire::number(&words), gantry::wire::Status::of(&words));
    if let Some(status) = gantry::wire::Status::of(&words) {
        let _ = gantry::codes::explain(status.alarm);
    }
    let profile = &PROFILES[usize::from(*profile) % PROFILES.len()];
    let Some(map) = profile.modbus() else { return };
    let registers: Vec<_> = map.registers.values().collect();
    let Some(register) = registers.get(usize::from(*register) % registers.len().max(1)) else {
        return;
    };
    let orders = [WordOrder::Abcd, WordOrder::Cdab, WordOrder::Badc, WordOrder::Dcba];
    let order = orders[usize::from(*order) % 4];
    let _ = value::integers(register, order, &words);
    let numbers = value::numbers(register, order, &words);
    for number in numbers.into_iter().flatten().flatten() {
        assert!(number.is_finite());
        let _ = value::words(register, order, number);
    }
}
