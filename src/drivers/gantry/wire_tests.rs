//! The exchanges of the dossier, whole frames.

use super::*;
use crate::link::modbus::frame::rtu;
use crate::link::modbus::pdu::Request;

fn frame(request: &Request) -> String {
    let bytes = rtu(1, &request.encode().unwrap());
    bytes
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn an_absolute_move_is_one_write_of_all_direct_data() {
    let values = direct(Motion {
        target: 8_500,
        speed: 2_000,
        rate: 1_500,
        current: 1_000,
    });
    assert_eq!(values.len(), usize::from(DIRECT_WORDS));
    let request = Request::WriteRegisters {
        address: DIRECT,
        values,
    };
    assert_eq!(
        frame(&request),
        "01 10 00 58 00 10 20 00 00 00 00 00 00 00 01 00 00 21 34 00 00 07 D0 00 00 05 DC 00 00 05 DC 00 00 03 E8 00 00 \
         00 01 E3 43"
    );
}

#[test]
fn inputs_and_questions_are_these_frames() {
    let input = |value| {
        frame(&Request::WriteRegister {
            address: INPUT,
            value,
        })
    };
    assert_eq!(input(HOME), "01 06 00 7D 00 10 18 1E");
    assert_eq!(input(STOP), "01 06 00 7D 00 20 18 0A");
    assert_eq!(input(NONE), "01 06 00 7D 00 00 19 D2");
    assert_eq!(input(ALARM_RESET), "01 06 00 7D 00 80 18 72");
    let address = POSITION;
    assert_eq!(
        frame(&Request::ReadHolding { address, count: 2 }),
        "01 03 00 CC 00 02 04 34"
    );
}

#[test]
fn positions_and_states_are_read_from_the_dossiers_answers() {
    assert_eq!(number(&[0x0000, 0x2134]), Some(8_500));
    assert_eq!(number(&[0xFFFF, 0xFFFE]), Some(-2));
    let status = |low, alarm| Status::of(&[0x0000, low, 0, alarm]).unwrap();
    let idle = status(0x4030, 0);
    assert!(idle.homed() && idle.ready() && !idle.moving() && !idle.alarmed());
    let moving = status(0x2010, 0);
    assert!(moving.homed() && moving.moving() && !moving.ready());
    let alarm = status(0x4080, 0x30);
    assert!(alarm.alarmed() && !alarm.homed() && alarm.alarm == 0x30);
    assert!(
        !status(0x4090, 0x30).homed(),
        "what an alarm came after is not trusted"
    );
}
