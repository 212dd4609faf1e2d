use super::*;
use proptest::prelude::*;

#[test]
fn counts_beyond_the_functions_limits_are_refused_before_anything_is_sent() {
    let read = |count| Request::ReadInput { address: 0, count };
    assert!(read(125).encode().is_ok());
    assert_eq!(
        read(126).encode().unwrap_err().to_string(),
        "function 4 takes 1 to 125 items, not 126"
    );
    assert!(read(0).encode().is_err());
    let write = |n: usize| Request::WriteRegisters {
        address: 0,
        values: vec![0; n],
    };
    assert!(write(123).encode().is_ok() && write(124).encode().is_err() && write(0).encode().is_err());
}

#[test]
fn an_exception_is_told_from_an_answer() {
    let request = Request::ReadHolding { address: 0, count: 1 };
    let busy = request.decode(&[0x83, 6]).unwrap().unwrap_err();
    assert!(busy.is_busy());
    assert_eq!(busy.to_string(), "exception 6 (busy)");
    assert_eq!(
        request.decode(&[0x84, 6]),
        None,
        "an exception to another function"
    );
    assert_eq!(
        request.decode(&[3, 4, 0, 1, 0, 2]),
        None,
        "an answer to a longer question"
    );
}

proptest! {
    #[test]
    fn garbage_is_never_taken_for_an_answer_of_another_shape(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for request in [
            Request::ReadCoils { address: 3, count: 11 },
            Request::ReadHolding { address: 3, count: 2 },
            Request::WriteRegister { address: 3, value: 9 },
            Request::MaskWrite { address: 3, and: 1, or: 2 },
            Request::ReadObject { index: 0x6041, sub: 0, bytes: 2 },
            Request::WriteObject { index: 3, sub: 0, value: vec![1] },
        ] {
            if let Some(Ok(response)) = request.decode(&bytes) {
                prop_assert_eq!(bytes.len(), request.answer_length(&bytes).unwrap());
                match response {
                    Response::Bits(b) => prop_assert_eq!(b.len(), 11),
                    Response::Words(w) => prop_assert_eq!(w.len(), 2),
                    Response::Identification(_) => prop_assert!(false),
                    Response::Object(bytes) => prop_assert_eq!(bytes.len(), 2),
                    Response::Written if request.function() == 43 => prop_assert_eq!(bytes.len(), 12),
                    Response::Written => prop_assert!(bytes.starts_with(&[request.function(), 0, 3])),
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_identification_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let request = Request::Identify { code: 1, object: 0 };
        let mut answer = vec![43, 14, 1];
        answer.extend(bytes);
        if let Some(Ok(Response::Identification(who))) = request.decode(&answer) {
            prop_assert!(answer.len() <= 253);
            prop_assert_eq!(who.objects.len(), usize::from(answer[6]));
        }
    }
}

#[test]
fn an_exception_tells_whether_the_request_was_taken_up() {
    for (code, taken) in [
        (1, Some(false)),
        (2, Some(false)),
        (3, Some(false)),
        (4, None),
        (5, Some(true)),
        (6, Some(false)),
        (8, None),
        (10, Some(false)),
        (11, None),
        (200, None),
    ] {
        assert_eq!(Exception { code }.taken_up(), taken, "{code}");
    }
    assert_eq!(Exception { code: 11 }.meaning(), Meaning::NoTarget);
    assert_eq!(Exception { code: 200 }.meaning(), Meaning::Other(200));
}

#[test]
fn objects_are_read_and_written_as_in_the_manual_of_the_igus_dryve() {
    // Bytes behind the unit, of the manual's examples.
    let status = Request::ReadObject {
        index: 0x6041,
        sub: 0,
        bytes: 2,
    };
    let asked = b"\x2B\x0D\x00\x00\x00\x60\x41\x00\x00\x00\x00\x02";
    assert_eq!(status.encode().unwrap(), asked);
    let answer = [asked.as_slice(), b"\x27\x06"].concat();
    assert_eq!(
        status.decode(&answer),
        Some(Ok(Response::Object(vec![0x27, 0x06])))
    );
    assert_eq!(status.decode(b"\xAB\x03"), Some(Err(Exception { code: 3 })));
    let position = Request::ReadObject {
        index: 0x6064,
        sub: 0,
        bytes: 4,
    };
    assert_eq!(position.decode(&answer), None, "another object");
    for (index, sub, value, sent) in [
        (
            0x6040,
            0,
            &b"\x06\x00"[..],
            &b"\x2B\x0D\x01\x00\x00\x60\x40\x00\x00\x00\x00\x02\x06\x00"[..],
        ),
        (
            0x6040,
            0,
            b"\x0F",
            b"\x2B\x0D\x01\x00\x00\x60\x40\x00\x00\x00\x00\x01\x0F",
        ),
        (
            0x6099,
            1,
            b"\x70\x17",
            b"\x2B\x0D\x01\x00\x00\x60\x99\x01\x00\x00\x00\x02\x70\x17",
        ),
        (
            0x6060,
            0,
            b"\x06",
            b"\x2B\x0D\x01\x00\x00\x60\x60\x00\x00\x00\x00\x01\x06",
        ),
        (
            0x607A,
            0,
            b"\x10\x27\x00\x00",
            b"\x2B\x0D\x01\x00\x00\x60\x7A\x00\x00\x00\x00\x04\x10\x27\x00\x00",
        ),
    ] {
        let request = Request::WriteObject {
            index,
            sub,
            value: value.to_vec(),
        };
        assert_eq!(request.encode().unwrap(), sent);
        assert!(request.writes());
        let mut answer = sent[..12].to_vec();
        answer[11] = 0;
        assert_eq!(request.decode(&answer), Some(Ok(Response::Written)));
        assert_eq!(request.decode(sent), None);
    }
    let empty = Request::WriteObject {
        index: 0x6040,
        sub: 0,
        value: Vec::new(),
    };
    assert!(empty.encode().is_err());
}
