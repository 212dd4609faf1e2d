use super::*;
use proptest::prelude::*;

fn spans(list: &[(u16, u16)]) -> Vec<Span> {
    list.iter().map(|(a, n)| Span::new(*a, *n)).collect()
}

#[test]
fn neighbours_are_read_together() {
    let read = |wanted: &[(u16, u16)], gap| coalesce(&spans(wanted), gap, 125);
    assert_eq!(read(&[(10, 2), (14, 1), (12, 2)], 0), spans(&[(10, 5)]));
    assert_eq!(read(&[(10, 2), (14, 1)], 0), spans(&[(10, 2), (14, 1)]));
    assert_eq!(read(&[(10, 2), (14, 1)], 2), spans(&[(10, 5)]));
    assert_eq!(read(&[(10, 8), (12, 2), (10, 8)], 0), spans(&[(10, 8)]));
    // A value of two words is never cut by the limit of one request.
    assert_eq!(read(&[(0, 124), (124, 2)], 0), spans(&[(0, 124), (124, 2)]));
    // An array longer than one request is.
    assert_eq!(read(&[(0, 300)], 0), spans(&[(0, 125), (125, 125), (250, 50)]));
    assert_eq!(read(&[(65_535, 1), (65_533, 2)], 0), spans(&[(65_533, 3)]));
    assert_eq!(read(&[(5, 0)], 0), []);
}

proptest! {
    #[test]
    fn all_that_is_wanted_is_read_whole_and_little_else(
        wanted in proptest::collection::vec((0_u16..400, 1_u16..9), 0..30),
        gap in 0_u16..12,
        most in 8_u16..40,
    ) {
        let wanted = spans(&wanted);
        let reads = coalesce(&wanted, gap, most);
        for read in &reads {
            prop_assert!(read.count >= 1 && read.count <= most);
            let mut strangers = 0;
            for address in u32::from(read.address)..read.end() {
                let mine = |s: &&Span| u32::from(s.address) <= address && address < s.end();
                strangers = if wanted.iter().any(|s| mine(&s)) { 0 } else { strangers + 1 };
                prop_assert!(strangers <= gap);
            }
        }
        for span in &wanted {
            prop_assert!(reads.iter().any(|r| r.covers(*span)));
        }
        // No two reads could have been one.
        for pair in reads.windows(2) {
            let whole = pair[1].end().max(pair[0].end()) - u32::from(pair[0].address);
            let apart = u32::from(pair[1].address).saturating_sub(pair[0].end());
            prop_assert!(apart > u32::from(gap) || whole > u32::from(most));
        }
    }
}

#[test]
fn what_is_not_named_is_not_written() {
    let may = Writable::nothing()
        .and(TableKind::Holding, Span::new(10, 2))
        .and(TableKind::Holding, Span::new(12, 1))
        .and(TableKind::Coil, Span::new(3, 1));
    let write = |address, n: usize| Request::WriteRegisters {
        address,
        values: vec![0; n],
    };
    for (request, allowed) in [
        (write(10, 2), true),
        (write(10, 3), true),
        (write(10, 4), false),
        (write(9, 2), false),
        (
            Request::WriteRegister {
                address: 12,
                value: 1,
            },
            true,
        ),
        (Request::WriteRegister { address: 3, value: 1 }, false),
        (Request::WriteCoil { address: 3, on: true }, true),
        (
            Request::WriteCoil {
                address: 10,
                on: true,
            },
            false,
        ),
        (
            Request::WriteCoils {
                address: 3,
                values: vec![true; 2],
            },
            false,
        ),
        (
            Request::MaskWrite {
                address: 11,
                and: 0,
                or: 0,
            },
            true,
        ),
        (
            Request::MaskWrite {
                address: 13,
                and: 0,
                or: 0,
            },
            false,
        ),
        (
            Request::ReadWrite {
                read_address: 0,
                read_count: 9,
                write_address: 13,
                values: vec![1],
            },
            false,
        ),
        (
            Request::ReadHolding {
                address: 0,
                count: 100,
            },
            true,
        ),
        (Request::Echo { value: 1 }, true),
    ] {
        assert_eq!(may.forbids(&request).is_none(), allowed, "{request:?}");
        assert_eq!(Writable::everything().forbids(&request), None);
        assert_eq!(Writable::nothing().forbids(&request).is_some(), request.writes());
    }
}
