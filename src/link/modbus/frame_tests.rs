//! Byte-exact vectors: the examples of the Modbus specification and the usual tutorials.

use super::*;
use crate::link::modbus::{Exception, Identification, Response};
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|b| u8::from_str_radix(b, 16).unwrap())
        .collect()
}

fn exchange(request: &Request, sent: &str, answer: &str) -> Response {
    let unit = 0x11;
    assert_eq!(rtu(unit, &request.encode().unwrap()), hex(sent));
    let answer = hex(answer);
    // Fragmented at every offset, behind noise, and whole: recognised exactly when the last byte is there.
    for cut in 0..answer.len() {
        let start = answer.get(..cut).unwrap();
        assert_eq!(
            rtu_framing(unit, request, start),
            Framing::Incomplete,
            "cut at {cut}"
        );
    }
    assert_eq!(rtu_framing(unit, request, &answer), Framing::Frame(answer.len()));
    assert_eq!(rtu_framing(unit + 1, request, &answer), Framing::Junk(1));
    request.decode(open_rtu(unit, &answer).unwrap()).unwrap().unwrap()
}

#[test]
fn the_checksum_is_that_of_the_specification() {
    assert_eq!(crc(b"123456789"), 0x4B37);
    assert_eq!(crc(&hex("11 03 00 6B 00 03 76 87")), 0);
}

#[test]
fn published_exchanges_byte_for_byte() {
    let r = exchange(
        &Request::ReadCoils {
            address: 0x13,
            count: 0x25,
        },
        "11 01 00 13 00 25 0E 84",
        "11 01 05 CD 6B B2 0E 1B 45 E6",
    );
    let Response::Bits(bits) = r else { panic!() };
    assert_eq!((bits.len(), bits[0], bits[1], bits[36]), (37, true, false, true));
    let r = exchange(
        &Request::ReadDiscrete {
            address: 0xC4,
            count: 0x16,
        },
        "11 02 00 C4 00 16 BA A9",
        "11 02 03 AC DB 35 20 18",
    );
    assert!(matches!(r, Response::Bits(b) if b.len() == 22));
    let r = exchange(
        &Request::ReadHolding {
            address: 0x6B,
            count: 3,
        },
        "11 03 00 6B 00 03 76 87",
        "11 03 06 AE 41 56 52 43 40 49 AD",
    );
    assert_eq!(r, Response::Words(vec![0xAE41, 0x5652, 0x4340]));
    let r = exchange(
        &Request::ReadInput { address: 8, count: 1 },
        "11 04 00 08 00 01 B2 98",
        "11 04 02 00 0A F8 F4",
    );
    assert_eq!(r, Response::Words(vec![10]));
    let echo = "11 05 00 AC FF 00 4E 8B";
    exchange(
        &Request::WriteCoil {
            address: 0xAC,
            on: true,
        },
        echo,
        echo,
    );
    let echo = "11 06 00 01 00 03 9A 9B";
    exchange(&Request::WriteRegister { address: 1, value: 3 }, echo, echo);
    let values = vec![true, false, true, true, false, false, true, true, true, false];
    exchange(
        &Request::WriteCoils {
            address: 0x13,
            values,
        },
        "11 0F 00 13 00 0A 02 CD 01 BF 0B",
        "11 0F 00 13 00 0A 26 99",
    );
    exchange(
        &Request::WriteRegisters {
            address: 1,
            values: vec![10, 0x102],
        },
        "11 10 00 01 00 02 04 00 0A 01 02 C6 F0",
        "11 10 00 01 00 02 12 98",
    );
    let echo = "11 16 00 04 00 F2 00 25 66 E2";
    exchange(
        &Request::MaskWrite {
            address: 4,
            and: 0xF2,
            or: 0x25,
        },
        echo,
        echo,
    );
    let request = Request::ReadWrite {
        read_address: 3,
        read_count: 6,
        write_address: 14,
        values: vec![255, 255, 255],
    };
    let r = exchange(
        &request,
        "11 17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF 4B 54",
        "11 17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF 0D 75",
    );
    assert_eq!(r, Response::Words(vec![0xFE, 0xACD, 1, 3, 0xD, 0xFF]));
    let r = exchange(
        &Request::Identify { code: 1, object: 0 },
        "11 2B 0E 01 00 B1 B4",
        "11 2B 0E 01 01 00 00 03 00 04 41 63 6D 65 01 02 58 31 02 03 31 2E 30 F2 60",
    );
    let objects = vec![
        (0, "Acme".to_owned()),
        (1, "X1".to_owned()),
        (2, "1.0".to_owned()),
    ];
    let wanted = Identification {
        conformity: 1,
        next: None,
        objects,
    };
    assert_eq!(r, Response::Identification(wanted));
}

#[test]
fn the_echo_of_a_diagnostic_byte_for_byte() {
    let request = Request::Echo { value: 0x1234 };
    let echo = hex("01 08 00 00 12 34 ED 7C");
    assert_eq!(rtu(1, &request.encode().unwrap()), echo);
    assert_eq!(rtu_framing(1, &request, &echo), Framing::Frame(8));
    assert_eq!(
        request.decode(open_rtu(1, &echo).unwrap()),
        Some(Ok(Response::Written))
    );
}

#[test]
fn published_exceptions_byte_for_byte() {
    let read = Request::ReadHolding { address: 0, count: 1 };
    let write = Request::WriteRegister { address: 0, value: 1 };
    let coils = Request::ReadCoils { address: 0, count: 1 };
    let several = Request::WriteRegisters {
        address: 0,
        values: vec![1],
    };
    for (unit, request, answer, code) in [
        (0x0A, &coils, "0A 81 02 B0 53", 2),
        (1, &read, "01 83 01 80 F0", 1),
        (1, &read, "01 83 02 C0 F1", 2),
        (1, &read, "01 83 06 C1 32", 6),
        (1, &write, "01 86 02 C3 A1", 2),
        (1, &write, "01 86 03 02 61", 3),
        (0x11, &write, "11 86 03 03 A4", 3),
        (1, &several, "01 90 03 0C 01", 3),
    ] {
        let answer = hex(answer);
        assert_eq!(rtu_framing(unit, request, &answer), Framing::Frame(5));
        let said = request.decode(open_rtu(unit, &answer).unwrap()).unwrap();
        assert_eq!(said, Err(Exception { code }));
    }
}

#[test]
fn tcp_frames_are_matched_by_transaction() {
    let read = Request::ReadHolding {
        address: 0x6B,
        count: 3,
    };
    assert_eq!(
        tcp(1, 0x11, &read.encode().unwrap()),
        hex("00 01 00 00 00 06 11 03 00 6B 00 03")
    );
    let answer = hex("00 01 00 00 00 09 11 03 06 AE 41 56 52 43 40");
    for cut in 0..answer.len() {
        assert_eq!(
            tcp_framing(1, 0x11, &read, answer.get(..cut).unwrap()),
            Framing::Incomplete
        );
    }
    assert_eq!(tcp_framing(1, 0x11, &read, &answer), Framing::Frame(15));
    assert_eq!(
        tcp_framing(2, 0x11, &read, &answer),
        Framing::Junk(15),
        "a late answer to transaction 1"
    );
    let write = Request::WriteRegister {
        address: 0x101,
        value: 100,
    };
    let frame = hex("00 02 00 00 00 06 01 06 01 01 00 64");
    assert_eq!(tcp(2, 1, &write.encode().unwrap()), frame);
    assert_eq!(tcp_framing(2, 1, &write, &frame), Framing::Frame(12));
    let exception = hex("00 03 00 00 00 03 01 83 02");
    assert_eq!(tcp_framing(3, 1, &read, &exception), Framing::Frame(9));
    let foreign = hex("00 03 00 01 00 03 01 83 02");
    assert_eq!(
        tcp_framing(3, 1, &read, &foreign),
        Framing::Junk(9),
        "protocol id is not 0"
    );
}

proptest! {
    #[test]
    fn framing_always_moves_on_and_never_accepts_a_corrupted_frame(
        noise in proptest::collection::vec(any::<u8>(), 0..40),
        flip in 0_usize..9 * 8,
    ) {
        let request = Request::ReadHolding { address: 0, count: 2 };
        let good = rtu(7, &[3, 4, 1, 2, 3, 4]);
        let mut bad = good.clone();
        bad[flip / 8] ^= 1 << (flip % 8);
        let mut stream = noise;
        stream.extend(&bad);
        let mut rest = stream.as_slice();
        loop {
            match rtu_framing(7, &request, rest) {
                Framing::Incomplete => break,
                Framing::Junk(n) => {
                    prop_assert!(n >= 1 && n <= rest.len());
                    rest = &rest[n..];
                }
                // One bit flipped: an exception or another frame can only come from the noise itself.
                Framing::Frame(n) => {
                    prop_assert!(open_rtu(7, &rest[..n]).is_some());
                    prop_assert!(rest[..n] != good[..]);
                    break;
                }
            }
            if rest.is_empty() { break }
        }
    }
}
