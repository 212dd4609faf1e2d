//! The pilot fermenter.

use super::*;

fn value(bench: &mut Bench, n: u16) -> f32 {
    float(&read(bench, 4, 100 + 2 * n, 2), true)
}

fn point(bench: &mut Bench, n: u16, value: f32) -> u8 {
    write_all(bench, 100 + 2 * n, &low_first(value))
}

fn bits(bench: &mut Bench) -> u8 {
    ask(bench, &[2, 0, 0, 0, 4])[2]
}

#[test]
fn set_points_are_taken_within_the_plc_s_bounds_and_followed() {
    let mut fermenter = regulator("fermenter", 22.0);
    assert_eq!(read(&mut fermenter, 4, 0, 2), [0x1F07, 203]);
    assert!((value(&mut fermenter, 2) - 37.0).abs() < 0.01);
    assert_eq!(point(&mut fermenter, 2, 30.0), 0);
    assert_eq!(point(&mut fermenter, 2, 46.0), 3);
    assert_eq!(float(&read(&mut fermenter, 3, 104, 2), true), 30.0);
    assert_eq!(float(&read(&mut fermenter, 4, 208, 2), true), 15.0, "its least");
    assert_eq!(took(&fermenter, "temperature"), [30.0]);
    fermenter.wait(900.0);
    let seen = value(&mut fermenter, 2);
    assert!((seen - (30.0 + 7.0 / std::f32::consts::E)).abs() < 0.1, "{seen}");
    assert_eq!(
        read(&mut fermenter, 4, 6, 1)[0] & 1,
        1,
        "an alarm until it is there"
    );
    fermenter.wait(9000.0);
    assert_eq!(read(&mut fermenter, 4, 6, 1), [0]);
}

#[test]
fn what_is_fed_is_in_the_vessel_and_a_host_that_is_gone_changes_nothing() {
    let mut fermenter = regulator("fermenter", 22.0);
    let before = value(&mut fermenter, 7);
    assert_eq!(point(&mut fermenter, 6, 30.0), 0);
    fermenter.wait(3600.0);
    let after = value(&mut fermenter, 7);
    assert!((after - before - 30.0 * 1.01).abs() < 0.1, "{before} {after}");
    let beats = read(&mut fermenter, 4, 4, 1);
    fermenter.wait(5.0);
    assert_ne!(read(&mut fermenter, 4, 4, 1), beats);
    fermenter.fault(Fault::PowerCycle);
    assert_eq!(float(&read(&mut fermenter, 3, 112, 2), true), 30.0);
}

#[test]
fn in_local_operation_and_with_an_interlock_the_plc_is_in_charge() {
    let mut fermenter = regulator("fermenter", 22.0);
    assert_eq!(bits(&mut fermenter), 0b1111);
    fermenter.fault(Fault::ContactOpen);
    assert_eq!(bits(&mut fermenter), 0b1110, "local");
    assert_eq!(point(&mut fermenter, 0, 6.8), 4);
    assert_eq!(write(&mut fermenter, 0, 7), 0, "a heartbeat sets nothing");
    fermenter.fault(Fault::Mended);
    assert_eq!(point(&mut fermenter, 0, 6.8), 0);
    fermenter.fault(Fault::DoorOpen);
    assert_eq!(bits(&mut fermenter), 0b1101);
    assert_eq!(value(&mut fermenter, 3), 0.0, "it does not stir");
    assert_eq!(read(&mut fermenter, 4, 6, 1)[0] & 0x20, 0x20);
    fermenter.fault(Fault::Mended);
    assert_eq!(write(&mut fermenter, 1, 3), 3, "no way back");
    assert_eq!(write(&mut fermenter, 1, 5), 0);
    assert_eq!(read(&mut fermenter, 4, 5, 1), [5]);
}
