use super::*;
use crate::rig::profile::Bound;
use crate::rig::profile::modbus::TableKind;
use std::collections::BTreeMap;

fn register(kind: RegisterType) -> Register {
    Register {
        object: None,
        table: TableKind::Holding,
        address: 0,
        kind,
        count: 1,
        scale: Bound(1.0),
        unit: None,
        min: None,
        max: None,
        values: BTreeMap::new(),
        bits: BTreeMap::new(),
    }
}

#[test]
fn the_four_orders_of_a_float() {
    let f = register(RegisterType::F32);
    for (order, words) in [
        (WordOrder::Abcd, [0x42F6, 0xE979]),
        (WordOrder::Cdab, [0xE979, 0x42F6]),
        (WordOrder::Badc, [0xF642, 0x79E9]),
        (WordOrder::Dcba, [0x79E9, 0xF642]),
    ] {
        assert_eq!(numbers(&f, order, &words), Some(vec![Some(123.456)]));
        assert_eq!(super::words(&f, order, 123.456), Some(words.to_vec()));
    }
    assert_eq!(
        numbers(&f, WordOrder::Abcd, &[0x7FC0, 0]),
        Some(vec![None]),
        "not a number"
    );
    assert_eq!(
        numbers(&f, WordOrder::Abcd, &[0x7F80, 0]),
        Some(vec![None]),
        "infinite"
    );
    assert_eq!(
        numbers(&f, WordOrder::Abcd, &[0x3DCC, 0xCCCD]),
        Some(vec![Some(0.1)])
    );
}

#[test]
fn signs_scales_and_bounds() {
    let mut height = register(RegisterType::U16);
    height.scale = Bound(0.01);
    height.max = Some(Bound(60.0));
    assert_eq!(words(&height, WordOrder::Abcd, 7.5), Some(vec![750]));
    assert_eq!(words(&height, WordOrder::Abcd, 60.01), None);
    assert_eq!(words(&height, WordOrder::Abcd, -0.01), None);
    let signed = register(RegisterType::I16);
    assert_eq!(integers(&signed, WordOrder::Abcd, &[0xFFFF]), Some(vec![-1]));
    assert_eq!(words(&signed, WordOrder::Abcd, -2.0), Some(vec![0xFFFE]));
    let long = register(RegisterType::U32);
    assert_eq!(integers(&long, WordOrder::Abcd, &[0, 20_261]), Some(vec![20_261]));
    assert_eq!(words(&long, WordOrder::Cdab, 65_536.0), Some(vec![0, 1]));
    assert_eq!(integers(&long, WordOrder::Abcd, &[1]), None, "half a value");
}

#[test]
fn objects_travel_low_byte_first() {
    for (kind, value, bytes) in [
        (RegisterType::I32, 10_000.0, &[0x10, 0x27, 0, 0][..]),
        (RegisterType::I32, -2.0, &[0xFE, 0xFF, 0xFF, 0xFF]),
        (RegisterType::U16, 6.0, &[6, 0]),
        (RegisterType::I8, -1.0, &[0xFF]),
        (RegisterType::U8, 255.0, &[0xFF]),
    ] {
        let register = Register {
            object: Some(0),
            scale: Bound(1.0),
            min: None,
            max: None,
            ..register(kind)
        };
        let words = words(&register, WordOrder::Abcd, value).unwrap();
        assert_eq!(to_object(kind, &words), bytes, "{kind:?}");
        let read = of_object(kind, bytes).unwrap();
        let numbers = numbers(&register, WordOrder::Abcd, &read).unwrap();
        assert_eq!(numbers, [Some(value)], "{kind:?}");
    }
    assert_eq!(of_object(RegisterType::U32, &[1, 2, 3]), None);
}
