//! The Opentrons modules by the exchanges of dossier 03, and what they do to the plate.

use super::bench::{Bench, SEAT};
use crate::{fault::Fault, hazard::Hazard, ledger::Event};

#[test]
fn the_temperature_module_answers_as_in_its_dossier() {
    let mut module = Bench::of_profile("ot-temperature", 42.123);
    assert_eq!(module.say("M105 \r\n\r\n"), "T:none C:42.123\r\nok\r\nok\r\n");
    assert_eq!(module.say("M104 S42 \r\n\r\n"), "ok\r\nok\r\n");
    assert_eq!(module.say("M104 S85\r\n"), "ok\r\nok\r\n");
    assert_eq!(module.say("M105 \r\n\r\n"), "T:85.000 C:42.123\r\nok\r\nok\r\n");
    assert_eq!(
        module.say("M115 \r\n\r\n"),
        "serial:TDV0118052801 model:temp_deck_v1 version:edge-11aa22b\r\nok\r\nok\r\n"
    );
    assert_eq!(module.say("\r\n"), "ok\r\nok\r\n");
    assert_eq!(module.say("M999 what\r\n"), "ok\r\nok\r\n");
    assert_eq!(
        module.say("M104 S120\r\n"),
        "Target temperature too high, setting to TEMPERATURE_MAX degrees\r\nok\r\nok\r\n"
    );
    assert_eq!(
        module.say("M18 M105\r\n"),
        "T:none C:42.123\r\nok\r\nok\r\n",
        "two in one line"
    );
    module.fault(Fault::OtherSerial);
    assert!(module.say("M115 \r\n\r\n").starts_with("serial:TDV0118052802 "));
}

#[test]
fn the_temperature_module_ramps_holds_and_cools_down_actively() {
    let mut module = Bench::of_profile("ot-temperature", 22.0);
    module.say("M104 S37\r\n");
    module.wait(30.0);
    assert!((module.felt() - 29.5).abs() <= 2.0, "{}", module.felt());
    module.wait(31.0);
    assert_eq!(module.felt(), 37.0);
    assert!(module.events().contains(&Event::Held {
        instrument: "unit".into(),
        place: SEAT.into(),
        temperature_c: 37.0
    }));
    module.say("M104 S95\r\n");
    module.wait(600.0);
    module.say("M18\r\n");
    module.wait(270.0);
    assert_eq!(module.felt(), 55.0);
    module.wait(3600.0);
    assert_eq!(module.felt(), 22.0);
    module.fault(Fault::Jammed { times: 1 });
    module.say("M104 S37\r\n");
    module.wait(600.0);
    assert_eq!(module.say("M105\r\n"), "T:37.000 C:22.000\r\nok\r\nok\r\n");
    module.fault(Fault::Mended);
    module.wait(600.0);
    assert_eq!(module.felt(), 37.0);
    module.fault(Fault::PowerCycle);
    assert_eq!(module.say("M105\r\n"), "T:none C:37.000\r\nok\r\nok\r\n");
}

#[test]
fn the_heater_shaker_answers_as_in_its_dossier() {
    let mut shaker = Bench::of_profile("ot-heater-shaker", 54.02);
    assert_eq!(shaker.say("M241 \n"), "M241 STATUS:IDLE_UNKNOWN OK\n");
    assert_eq!(shaker.say("M105 \n"), "M105 C:54.02 T:None OK\n");
    assert_eq!(shaker.say("M104 S91.25 \n"), "M104 OK\n");
    assert_eq!(shaker.say("M105 \n"), "M105 C:54.02 T:91.25 OK\n");
    assert_eq!(
        shaker.say("M3 S500 \n"),
        "ERR126:main motor:plate lock not closed (required) OK\n"
    );
    assert_eq!(
        shaker.say("M115 \n"),
        "M115 FW:21.2.1 HW:A SerialNo:TC2101010A2 OK\n"
    );
    assert_eq!(shaker.say("M777 \n"), "ERR003:unhandled gcode OK\n");
    assert!(shaker.say("M104 S101 \n").starts_with("ERR213:"));
    assert_eq!(shaker.say("M243 \n"), "");
    assert_eq!(shaker.say("M241 \n"), "M241 STATUS:CLOSING OK\n");
    assert_eq!(shaker.until_said().0, "M243 OK\n");
    assert_eq!(shaker.say("M241 \n"), "M241 STATUS:IDLE_CLOSED OK\n");
    assert_eq!(shaker.say("M3 S2100 \n"), "M3 OK\n");
    shaker.wait(3.0);
    assert_eq!(shaker.say("M3 S2200 \n"), "M3 OK\n");
    assert_eq!(shaker.say("M123 \n"), "M123 C:2100 T:2200 OK\n");
    assert!(shaker.say("M3 S100 \n").starts_with("ERR120:"));
    assert!(shaker.say("M242 \n").starts_with("ERR123:"));
    assert!(shaker.say("M243 \n").starts_with("ERR124:"));
    assert_eq!(shaker.violations(), [Hazard::DoorOpen]);
}

#[test]
fn the_heater_shaker_tells_of_a_failed_motor_before_the_next_answer() {
    let mut shaker = Bench::of_profile("ot-heater-shaker", 25.0);
    shaker.plate(SEAT, false, false);
    shaker.say("M243\n");
    shaker.until_said();
    shaker.fault(Fault::Jammed { times: 1 });
    assert_eq!(shaker.say("M3 S500\n"), "M3 OK\n");
    assert_eq!(shaker.wait(5.0), "");
    assert_eq!(
        shaker.say("M105 \n"),
        "async ERR106:main motor:speedsensor failed OK\nM105 C:25.00 T:None OK\n"
    );
    assert_eq!(shaker.say("M123 \n"), "M123 C:0 T:0 OK\n");
    assert!(
        shaker.world.grip_plate("mover", SEAT, shaker.now).is_none(),
        "latched"
    );
    assert!(shaker.say("M242\n").starts_with("ERR123:"));
    shaker.say("G28\n");
    assert_eq!(
        shaker.say("M3 S500\n"),
        "ERR127:main motor:homing (in progress) OK\n"
    );
    assert_eq!(shaker.until_said().0, "G28 OK\n");
    shaker.fault(Fault::Jammed { times: 1 });
    shaker.say("M242\n");
    assert!(shaker.until_said().0.starts_with("ERR125:"));
    assert_eq!(shaker.say("M241\n"), "M241 STATUS:IDLE_UNKNOWN OK\n");
    shaker.say("M242\n");
    assert_eq!(shaker.until_said().0, "M242 OK\n");
    assert!(shaker.world.grip_plate("mover", SEAT, shaker.now).is_some());
    shaker.fault(Fault::PowerCycle);
    assert_eq!(shaker.say("M241\n"), "M241 STATUS:IDLE_UNKNOWN OK\n");
}

#[test]
fn thermocyclers_of_both_generations_answer_as_in_their_dossier() {
    let mut first = Bench::of_profile("ot-thermocycler-1", 23.317);
    assert_eq!(
        first.say("M105 \r\n"),
        "T:none C:23.317 H:none Total_H:none At_target?:0\r\nok\r\nok\r\n"
    );
    assert_eq!(first.say("M141 \r\n"), "T:none C:23.317\r\nok\r\nok\r\n");
    assert_eq!(first.say("M126 \r\n"), "");
    assert_eq!(first.say("M119 \r\n"), "", "one after the other");
    assert_eq!(first.until_said().0, "ok\r\nok\r\nLid:open\r\nok\r\nok\r\n");
    assert_eq!(first.say("M119 \r\n"), "Lid:open\r\nok\r\nok\r\n");
    first.say("M127 \r\n");
    first.until_said();
    assert_eq!(first.say("M104 S30 H120 \r\n"), "ok\r\nok\r\n");
    assert_eq!(
        first.say("M105 \r\n"),
        "T:30.000 C:23.317 H:120 Total_H:120 At_target?:0\r\nok\r\nok\r\n"
    );
    first.say("M140 S200 \r\n");
    assert_eq!(first.say("M141 \r\n"), "T:110.000 C:23.317\r\nok\r\nok\r\n");

    let mut second = Bench::of_profile("ot-thermocycler-2", 23.32);
    assert_eq!(
        second.say("M105 \r\n"),
        "M105 T:none C:23.32 H:none Total_H:none At_target?:0 OK\n"
    );
    assert_eq!(
        second.say("M115 \r\n"),
        "M115 FW:(dev)--b4eeff7 HW:Opentrons-thermocycler-gen2 SerialNo:EMPTYSN OK\n"
    );
    assert!(second.say("M128 \r\n").starts_with("ERR507:"));
    assert!(second.say("M140 S200 \r\n").starts_with("ERR407:"));
    assert_eq!(second.say("M140 S100 \r\n"), "M140 OK\n");
    assert_eq!(second.say("M141 \r\n"), "M141 T:100.00 C:23.32 OK\n");
    second.say("M126 \r\n");
    assert_eq!(second.say("M119 \r\n"), "M119 Lid:in_between Seal:retracted OK\n");
    assert!(second.say("M127 \r\n").starts_with("ERR501:"));
    assert_eq!(second.until_said().0, "M126 OK\n");
    assert_eq!(second.say("M119 \r\n"), "M119 Lid:open Seal:engaged OK\n");
    assert_eq!(second.say("M128 \r\n"), "M128 OK\n");
    second.say("M127 \r\n");
    second.until_said();
    assert_eq!(second.say("M104 S30 H120 \r\n"), "M104 OK\n");
    assert_eq!(
        second.say("M105 \r\n"),
        "M105 T:30.00 C:23.32 H:120.00 Total_H:120.00 At_target?:0 OK\n"
    );
    assert_eq!(
        second.say("M566 S2 \r\n"),
        "ERR003:unhandled gcode OK\n",
        "no ramp rate"
    );
}

fn cycled(bench: &Bench) -> Vec<(usize, bool)> {
    let events = bench.events().into_iter();
    let cycled = events.filter_map(|event| match event {
        Event::Thermocycled { steps, whole, .. } => Some((steps, whole)),
        _ => None,
    });
    cycled.collect()
}

#[test]
fn a_hold_counts_from_the_temperature_and_the_program_is_told_when_it_ends() {
    let mut cycler = Bench::of_profile("ot-thermocycler-2", 25.0);
    cycler.plate(SEAT, false, true);
    cycler.say("M104 S95 H60\n");
    cycler.wait(10.0);
    assert_eq!(
        cycler.say("M105\n"),
        "M105 T:95.00 C:55.00 H:60.00 Total_H:60.00 At_target?:0 OK\n"
    );
    assert!((cycler.felt() - 55.0).abs() < 3.0);
    cycler.wait(23.5);
    let near = cycler.say("M105\n");
    assert!(near.contains("C:95.00 H:49.8"), "{near}");
    assert!(cycler.world.grip_plate("mover", SEAT, cycler.now).is_none());
    cycler.wait(60.0);
    assert!(cycler.say("M105\n").contains("H:0.00 Total_H:60.00 At_target?:1"));
    cycler.say("M104 S55 H30\n");
    cycler.wait(60.0);
    assert_eq!(cycled(&cycler), []);
    cycler.say("M104 S4\n");
    assert_eq!(cycled(&cycler), [(2, true)]);
    cycler.wait(60.0);
    assert_eq!(cycler.felt(), 4.0);
    cycler.say("M104 S95 H60\n");
    cycler.wait(20.0);
    cycler.say("M14\n");
    assert_eq!(cycled(&cycler), [(2, true), (1, false)]);
    assert_eq!(cycler.violations(), [Hazard::TrayClosed]);
}

#[test]
fn cycling_with_an_open_door_or_a_lid_on_is_held_against_the_host() {
    let mut cycler = Bench::of_profile("ot-thermocycler-1", 25.0);
    cycler.plate(SEAT, true, false);
    cycler.say("M126\r\n");
    cycler.until_said();
    cycler.say("M104 S95 H60\r\n");
    assert_eq!(cycler.violations(), [Hazard::CyclesLid, Hazard::DoorOpen]);
    cycler.say("M18\r\n");
    cycler.say("M127\r\n");
    cycler.until_said();
    cycler.say("M104 S95 H60\r\n");
    cycler.wait(30.0);
    cycler.fault(Fault::Jammed { times: 1 });
    cycler.say("M126\r\n");
    assert_eq!(cycler.violations()[2..], [Hazard::CyclesLid, Hazard::DoorOpen]);
    assert!(cycler.until_said().0.starts_with("Error:"));
    assert_eq!(cycler.say("M119\r\n"), "Lid:in_between\r\nok\r\nok\r\n");
    cycler.say("M566 S1\r\n");
    cycler.fault(Fault::PowerCycle);
    assert!(cycler.say("M105\r\n").starts_with("T:none "));
    assert_eq!(cycled(&cycler), [(1, false), (1, false)]);
}
