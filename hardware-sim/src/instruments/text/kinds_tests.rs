//! SpectraMax, Liconic and PreciseFlex by their dossiers' exchanges, and what they do in the world.

use super::bench::{Bench, SEAT};
use crate::{fault::Fault, hazard::Hazard, ledger::Event};

fn m5() -> Bench {
    Bench::of_kind(
        "spectramax",
        "tray = \"seat\"\nfluorescence = true\nluminescence = true",
        25.0,
    )
}

/// Sets an absorbance reading up and starts it.
fn read(reader: &mut Bench, lines: &[&str]) {
    let common = [
        "!CLEAR DATA",
        "!XPOS 14.380 9.000 12",
        "!YPOS 11.240 9.000 8",
        "!STRIP 1 12",
        "!CSPEED 8",
        "!SHAKE OFF",
        "!CALIBRATE ONCE",
        "!ORDER COLUMN",
    ];
    for line in common.iter().chain(lines).chain(&["!READ"]) {
        let answer = reader.say(&format!("{line}\r"));
        assert!(answer.starts_with("OK"), "{line}: {answer}");
        assert!(!answer.contains("FAIL"), "{line}: {answer}");
    }
}

#[test]
fn the_spectramax_answers_as_in_its_dossier() {
    let mut reader = m5();
    for (said, heard) in [
        ("!\r", "OK>\r\n"),
        ("!XPOS 13.380 9.000 12\r", "OK>\r\n"),
        ("!YPOS 12.240 9.000 8\r", "OK>\r\n"),
        ("!SHAKE 0 10 7 3 0\r", "OK>\r\n"),
        ("!MODE KINETIC 10 5\r", "OK>\r\n"),
        ("!STATUS\r", "OK\t\r\n>0 IDLE\r\n>"),
        ("!TRANSFER\r", "OK\t\r\n>FAIL\t 107>\r\n"),
        ("!FOO\r", "FAIL\t 100>\r\n"),
        ("!XPOS 13.380\r", "FAIL\t 103>\r\n"),
        ("!STRIP 1 2 3\r", "FAIL\t 102>\r\n"),
        ("!WAVELENGTH 5\r", "FAIL\t 101>\r\n"),
        ("!READ\r", "FAIL\t 111>\r\n"),
        ("!READTYPE FLU\r", "OK>\r\n"),
        ("!TEMP\r", "OK\t\r\n>0.0 25.0\r\n>"),
    ] {
        assert_eq!(reader.say(said), heard, "{said:?}");
    }
    assert_eq!(reader.say("!READTYPE ABSPLA\r").matches('>').count(), 2);
    let mut plus = Bench::of_kind("spectramax", "tray = \"seat\"", 25.0);
    assert_eq!(plus.say("!READTYPE PLA\r"), "OK>\r\n");
    assert_eq!(plus.say("!READTYPE FLU\r"), "FAIL\t 101>\r\n");
}

/// Values of a transferred block by wavelength, column and row.
fn values(text: &str) -> Vec<Vec<Vec<f64>>> {
    let mut planes: Vec<Vec<Vec<f64>>> = Vec::new();
    for line in text.lines().skip(3) {
        if line.starts_with("L:") {
            planes.push(Vec::new());
        } else if let Some((_, row)) = line.split_once(":\t") {
            let one = |value: &str| value.parse().unwrap_or(f64::INFINITY);
            planes
                .last_mut()
                .unwrap()
                .push(row.split('\t').map(one).collect());
        }
    }
    planes
}

#[test]
fn the_spectramax_reads_what_is_in_the_wells() {
    let mut reader = m5();
    reader.plate(SEAT, false, false);
    read(
        &mut reader,
        &["!WAVELENGTH 600 700", "!MODE ENDPOINT", "!READTYPE ABSPLA"],
    );
    assert_eq!(reader.say("!STATUS\r"), "OK\t\r\n>0 BUSY\r\n>");
    assert_eq!(reader.say("!OPEN\r"), "FAIL\t 106>\r\n");
    reader.wait(40.0);
    assert_eq!(reader.say("!TRANSFER\r"), "OK\t\r\n>FAIL\t 106>\r\n");
    reader.wait(5.0);
    assert_eq!(reader.say("!STATUS\r"), "OK\t\r\n>0 IDLE\r\n>");
    let text = reader.say("!TRANSFER\r");
    assert!(
        text.starts_with("OK\t\r\n>0.0\t25.0\t96-well\r\nL:\t600\t700\r\nL:\t600\r\n1:\t"),
        "{text}"
    );
    assert_eq!(reader.say("!TRANSFER\r"), text, "asked for again");
    let planes = values(&text);
    assert_eq!((planes.len(), planes[0].len(), planes[0][0].len()), (2, 12, 8));
    let seen = |plane: usize| planes[plane][0][0] - planes[plane][5][5];
    assert!(seen(0) > 0.2 && seen(1) < seen(0), "{} {}", seen(0), seen(1));
    assert!(
        (planes[0][1][0] - planes[0][5][5] - seen(0) / 2.0).abs() < 0.02,
        "A2 has half of it"
    );
    // A grid that is 4 mm off sees nothing but walls.
    read(
        &mut reader,
        &["!XPOS 18.4 9 12", "!WAVELENGTH 600", "!READTYPE ABSPLA"],
    );
    reader.wait(30.0);
    assert!(reader.say("!TRANSFER\r").contains("1:\t#SAT\t#SAT"));
    // Some columns only.
    read(
        &mut reader,
        &["!STRIP 2 1", "!WAVELENGTH 600", "!READTYPE ABSPLA"],
    );
    reader.wait(30.0);
    let text = reader.say("!TRANSFER\r");
    assert!(text.contains("\r\n2:\t") && !text.contains("\r\n3:\t"), "{text}");
    let reads = reader
        .events()
        .into_iter()
        .filter(|e| matches!(e, Event::Read { .. }));
    assert_eq!(reads.count(), 4);
}

#[test]
fn the_spectramax_reads_again_and_again_and_in_other_lights() {
    let mut reader = m5();
    reader.plate(SEAT, false, false);
    read(
        &mut reader,
        &[
            "!SHAKE ON",
            "!SHAKE 5 60 57 3 0",
            "!WAVELENGTH 600",
            "!MODE KINETIC 60 3",
            "!READTYPE ABSPLA",
        ],
    );
    assert_eq!(reader.world.station_bars(SEAT), Some("shakes"));
    reader.wait(60.0 + 60.0 + 22.0 + 5.0);
    let times: Vec<String> = (0..3)
        .map(|_| {
            let text = reader.say("!TRANSFER\r");
            text.split('>')
                .nth(1)
                .unwrap()
                .split('\t')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(times, ["5.0", "60.0", "120.0"]);
    read(
        &mut reader,
        &[
            "!EXWAVELENGTH 488",
            "!EMWAVELENGTH 512",
            "!MODE ENDPOINT",
            "!READTYPE FLU",
        ],
    );
    reader.wait(50.0);
    let text = reader.say("!TRANSFER\r");
    assert!(
        text.contains("\r\nexL:\t488\r\nemL:\t512\r\nL:\t488\t512\r\n1:\t"),
        "{text}"
    );
    read(
        &mut reader,
        &["!WAVELENGTH 600", "!MODE SPECTRUM 400 50 3", "!READTYPE ABSPLA"],
    );
    reader.wait(80.0);
    let lights: Vec<bool> = [400, 450, 500]
        .iter()
        .map(|nm| reader.say("!TRANSFER\r").contains(&format!("\r\nL:\t{nm}\r\n1:")))
        .collect();
    assert_eq!(lights, [true; 3]);
}

#[test]
fn the_spectramax_refuses_loses_and_warms() {
    let mut reader = m5();
    reader.plate(SEAT, false, false);
    assert_eq!(reader.say("!OPEN\r"), "OK>\r\n");
    assert_eq!(reader.say("!CLOSE\r"), "FAIL\t 105>\r\n");
    reader.wait(5.0);
    for line in ["!WAVELENGTH 600", "!READTYPE ABSPLA"] {
        reader.say(&format!("{line}\r"));
    }
    assert_eq!(reader.say("!READ\r"), "FAIL\t 400>\r\n");
    assert_eq!(reader.violations(), [Hazard::TrayOpen]);
    reader.fault(Fault::Jammed { times: 1 });
    reader.say("!CLOSE\r");
    reader.wait(5.0);
    assert_eq!(reader.say("!ERROR\r"), "OK\t\r\n>400\r\n>");
    assert_eq!(reader.say("!CLEAR ERROR\r"), "OK>\r\n");
    reader.say("!CLOSE\r");
    reader.wait(5.0);
    reader.fault(Fault::TransferCut { times: 1 });
    assert_eq!(reader.say("!READ\r"), "OK>\r\n");
    reader.wait(30.0);
    assert_eq!(reader.say("!TRANSFER\r"), "OK\t\r\n>FAIL\t 107>\r\n");
    reader.fault(Fault::Saturated { times: 1 });
    reader.say("!READ\r");
    reader.wait(30.0);
    assert!(reader.say("!TRANSFER\r").contains("1:\t#SAT\t"));
    assert_eq!(reader.say("!TEMP 37\r").matches('>').count(), 2);
    reader.wait(1200.0);
    assert_eq!(reader.felt(), 37.0);
    reader.say("!READ\r");
    reader.fault(Fault::PowerCycle);
    assert_eq!(reader.say("!STATUS\r"), "OK\t\r\n>0 IDLE\r\n>");
    assert_eq!(reader.say("!TRANSFER\r"), "OK\t\r\n>FAIL\t 107>\r\n");
}

fn stx(temperature: &str) -> Bench {
    let entry = format!("transfer = \"transfer\"\nslots = 44\ntemperature = \"{temperature}\"");
    Bench::of_kind("liconic", &entry, 22.0)
}

fn opened(temperature: &str) -> Bench {
    let mut hotel = stx(temperature);
    for (said, heard) in [
        ("CR\r", "CC\r\n"),
        ("ST 1801\r", "OK\r\n"),
        ("RD 1915\r", "1\r\n"),
    ] {
        assert_eq!(hotel.say(said), heard, "{said:?}");
    }
    hotel
}

fn access(hotel: &mut Bench, cassette: u16, level: u16, relay: u16) {
    for line in [
        format!("WR DM0 {cassette}"),
        "WR DM23 788".to_owned(),
        "WR DM25 22".to_owned(),
        format!("WR DM5 {level}"),
        format!("ST {relay}"),
    ] {
        assert_eq!(hotel.say(&format!("{line}\r")), "OK\r\n", "{line}");
    }
    assert_eq!(hotel.say("RD 1915\r"), "0\r\n");
}

#[test]
fn the_liconic_answers_as_in_its_dossier() {
    let mut closed = stx("37 C");
    assert_eq!(closed.say("RD 1915\r"), "E1\r\n", "the line is not open");
    let mut hotel = opened("36.9 C");
    assert_eq!(hotel.say("WR DM890 00370\r"), "OK\r\n");
    assert_eq!(hotel.say("RD DM982\r"), "00369\r\n");
    assert_eq!(hotel.say("RD DM890\r"), "00370\r\n");
    assert_eq!(hotel.say("XX 1\r"), "E1\r\n");
    assert_eq!(hotel.say("RD 4711\r"), "E0\r\n");
    assert_eq!(hotel.say("ST 4711\r"), "E0\r\n");
    hotel.wait(60.0);
    assert_eq!(hotel.say("RD DM982\r"), "00370\r\n");
    hotel.plate("transfer", false, false);
    access(&mut hotel, 2, 5, 1904);
    assert_eq!(hotel.say("ST 1905\r"), "E4\r\n", "it moves");
    hotel.wait(33.0);
    assert_eq!(hotel.say("RD 1915\r"), "1\r\n");
    assert_eq!(hotel.say("ST 1903\r"), "OK\r\n");
    assert!(hotel.world.at("unit/27").is_some());
    access(&mut hotel, 2, 5, 1905);
    hotel.wait(33.0);
    assert_eq!(hotel.say("RD 1915\r"), "1\r\n");
    assert_eq!(hotel.say("RD 1813\r"), "1\r\n");
    assert!(hotel.world.at("transfer").is_some());
    let kept = hotel.events().into_iter().filter_map(|event| match event {
        Event::Stored { slot, .. } => Some(("in", slot)),
        Event::Retrieved { slot, .. } => Some(("out", slot)),
        _ => None,
    });
    assert_eq!(kept.collect::<Vec<_>>(), [("in", 27), ("out", 27)]);
}

#[test]
fn the_liconic_tells_what_its_handler_could_not_do() {
    let mut hotel = opened("37 C");
    let fails = |hotel: &mut Bench, cassette, level, relay| {
        access(hotel, cassette, level, relay);
        hotel.wait(40.0);
        assert_eq!(hotel.say("RD 1915\r"), "0\r\n");
        assert_eq!(hotel.say("RD 1814\r"), "1\r\n");
        let error = hotel.say("RD DM200\r").trim().to_owned();
        hotel.say("ST 1900\r");
        hotel.say("ST 1801\r");
        hotel.wait(40.0);
        assert_eq!(hotel.say("RD 1915\r"), "1\r\n");
        error
    };
    assert_eq!(fails(&mut hotel, 1, 1, 1905), "00216", "an empty slot");
    assert_eq!(
        fails(&mut hotel, 1, 1, 1904),
        "00116",
        "an empty transfer station"
    );
    assert_eq!(fails(&mut hotel, 3, 1, 1905), "00211", "no such slot");
    assert_eq!(fails(&mut hotel, 1, 23, 1905), "00212", "no such level");
    hotel.plate("transfer", false, false);
    assert_eq!(
        fails(&mut hotel, 1, 1, 1905),
        "00013",
        "the transfer station is taken"
    );
    hotel.fault(Fault::Jammed { times: 1 });
    assert_eq!(fails(&mut hotel, 1, 1, 1904), "00101");
    assert_eq!(hotel.say("RD 1812\r"), "1\r\n", "on the shovel");
    access(&mut hotel, 1, 1, 1909);
    hotel.wait(40.0);
    assert!(hotel.world.at("unit/1").is_some());
    hotel.fault(Fault::DoorOpen);
    assert_eq!(fails(&mut hotel, 1, 1, 1905), "00010");
    hotel.fault(Fault::PowerCycle);
    assert_eq!(hotel.say("RD 1915\r"), "E1\r\n");
    hotel.say("CR\r");
    hotel.say("ST 1801\r");
    assert_eq!(hotel.say("RD 1915\r"), "0\r\n");
    hotel.wait(40.0);
    assert_eq!(hotel.say("RD 1915\r"), "1\r\n");
}

#[test]
fn the_liconic_shakes_and_stops_for_an_access() {
    let mut hotel = opened("37 C");
    hotel.plate("transfer", false, false);
    access(&mut hotel, 1, 1, 1904);
    hotel.wait(40.0);
    hotel.say("WR DM39 00100\r");
    assert_eq!(hotel.say("ST 1913\r"), "OK\r\n");
    hotel.wait(100.0);
    access(&mut hotel, 1, 1, 1905);
    let shakes = hotel.events().into_iter().filter_map(|event| match event {
        Event::Shaking { on, rpm, .. } => Some((on, rpm)),
        _ => None,
    });
    assert_eq!(shakes.collect::<Vec<_>>(), [(true, 600), (false, 0)]);
    assert_eq!(hotel.say("RD 1913\r"), "0\r\n");
}

fn arm() -> Bench {
    Bench::of_kind("precise_flex", "", 22.0)
}

/// Powered, attached and homed, with the two stations 90 and 91 taught.
fn ready() -> Bench {
    let mut arm = arm();
    for line in ["mode 0", "hp 1 20", "attach 1", "home"] {
        let answer = arm.say(&format!("{line}\n")) + &arm.wait(25.0);
        assert_eq!(answer, "0 OK\r\n", "{line}");
    }
    arm.say("locXyz 90 300.0 100.0 50.0 0.0 90.0 180.0\n");
    arm.say("locConfig 90 1\n");
    arm.say("locAngles 91 150.0 -40.0 120.0 -80.0 100.0\n");
    arm
}

#[test]
fn the_precise_flex_answers_as_in_its_dossier() {
    let mut arm = arm();
    assert_eq!(arm.say("mode 0\n"), "0 OK\r\n");
    assert_eq!(arm.say("version\n"), "0 v1.0.0\r\n");
    assert_eq!(arm.say("sysState\n"), "0 3\r\n");
    assert_eq!(arm.say("attach 1\n"), "-1046 Power not enabled\r\n");
    assert_eq!(arm.say("hp 1 20\n"), "");
    assert_eq!(arm.until_said().0, "0 OK\r\n");
    assert_eq!(arm.say("HP\n"), "0 1\r\n");
    assert_eq!(arm.say("sysState\n"), "0 20\r\n");
    assert_eq!(arm.say("attach\n"), "0 0\r\n");
    assert_eq!(arm.say("moveJ 1 10 10 10 10 80\n"), "-1009 No robot attached\r\n");
    assert_eq!(arm.say("attach 1\n"), "0 OK\r\n");
    assert_eq!(arm.say("attach\n"), "0 -1\r\n");
    assert_eq!(arm.say("sysState\n"), "0 21\r\n");
    assert_eq!(arm.say_on(7, "attach 1\n"), "-1006 Robot already attached\r\n");
    assert_eq!(arm.say("moveJ 1 10 10 10 10 80\n"), "-1021 Robot not homed\r\n");
    assert_eq!(arm.say("Speed 1 50.0\n"), "0 Speed 1 50.0\r\n");
    assert_eq!(arm.say("Speed 1\n"), "0 1 50.0\r\n");
    assert_eq!(arm.say("IsFullyClosed\n"), "0 -1\r\n");
    assert_eq!(arm.say("locXyz 1 1.0 2.0 3.0 6.0 5.0 4.0\n"), "0 OK\r\n");
    assert_eq!(
        arm.say("locXyz 1\n"),
        "0 0 1 1.000 2.000 3.000 6.000 5.000 4.000\r\n"
    );
    assert_eq!(arm.say("dance\n"), "-2800 Unknown command or wrong argument\r\n");
    assert_eq!(arm.say("home\nversion\n"), "", "one after the other");
    assert_eq!(arm.say_on(7, "sysState\n"), "0 28\r\n");
    assert_eq!(arm.until_said().0, "0 OK\r\n0 v1.0.0\r\n");
    assert_eq!(arm.say("move 1 1\n"), "-1039 Position too close\r\n");
    assert_eq!(
        arm.say("moveJ 1 2000 10 10 10 80\n"),
        "-1012 Joint out-of-range\r\n"
    );
    assert_eq!(
        arm.say("pickplate 90 0 0\n"),
        "-2851 Invalid station ID\r\n",
        "not taught"
    );
}

#[test]
fn the_precise_flex_moves_in_time_and_waits_for_the_end() {
    let mut arm = ready();
    assert_eq!(
        arm.say("wherej\n"),
        "0 200.000 0.000 180.000 -180.000 75.000 0.000\r\n"
    );
    assert_eq!(arm.say("moveJ 1 450 0 180 -180 75\n"), "0 OK\r\n");
    assert_eq!(arm.say("MoveOneAxis 1 200 1\n"), "0 OK\r\n");
    // 250 mm at half of 500 mm/s.
    arm.wait(0.65);
    assert_eq!(
        arm.say("wherej\n"),
        "0 325.000 0.000 180.000 -180.000 75.000 0.000\r\n"
    );
    assert_eq!(arm.say("waitForEom\n"), "");
    let (answer, after) = arm.until_said();
    assert_eq!(answer, "0 OK\r\n");
    assert!((after - 1.95).abs() < 0.01, "{after}");
    assert_eq!(
        arm.say("wherej\n"),
        "0 200.000 0.000 180.000 -180.000 75.000 0.000\r\n"
    );
    arm.say("moveJ 1 450 0 180 -180 75\n");
    arm.say("waitForEom\n");
    arm.wait(0.65);
    assert_eq!(arm.say("halt\n"), "", "this connection waits");
    assert_eq!(arm.say_on(7, "halt\n"), "0 OK\r\n");
    assert!(arm.wait(0.1).starts_with("-1600"));
    assert_eq!(
        arm.say("wherej\n"),
        "0 325.000 0.000 180.000 -180.000 75.000 0.000\r\n"
    );
    arm.say("hp 0\n");
    assert_eq!(arm.say("movetosafe\n"), "-1046 Power not enabled\r\n");
}

#[test]
fn the_precise_flex_carries_plates_and_senses_them() {
    let mut arm = ready();
    arm.plate("beside", false, false);
    assert_eq!(arm.say("pickplate 90 0 0\n"), "");
    assert_eq!(arm.until_said().0, "0 0\r\n", "nothing there");
    arm.say("pickplate 91 0 0\n");
    let (answer, after) = arm.until_said();
    assert_eq!(answer, "0 -1\r\n");
    assert!(after > 3.0 && after < 10.0, "{after}");
    assert_eq!(arm.world.items["p"].place, "unit");
    assert_eq!(arm.say("IsFullyClosed\n"), "0 0\r\n");
    assert!(arm.say("pickplate 90 0 0\n").starts_with("-2852"));
    assert!(
        arm.world.zones["deck"].contains("unit"),
        "it stands above the deck"
    );
    arm.fault(Fault::GripStuck { times: 1 });
    arm.say("placeplate 90 0 0\n");
    assert!(arm.until_said().0.starts_with("-3122"));
    arm.say("placeplate 90 0 0\n");
    assert_eq!(arm.until_said().0, "0 OK\r\n");
    assert_eq!(arm.world.items["p"].place, SEAT);
    assert!(!arm.world.zones["deck"].contains("unit"));
    arm.say("move 90 1\n");
    arm.say("gripper 2\n");
    arm.until_said();
    assert_eq!(arm.say("IsFullyClosed\n"), "0 0\r\n", "gripped by hand");
    arm.say("movetosafe\n");
    arm.until_said();
    arm.say("gripper 1\n");
    arm.until_said();
    assert_eq!(arm.violations(), [Hazard::GripsNothing, Hazard::DropsPlate]);
}

#[test]
fn the_precise_flex_carries_lids_at_their_height() {
    let mut arm = ready();
    arm.plate(SEAT, true, false);
    let go = |arm: &mut Bench, line: &str| {
        let said = arm.say(&format!("{line}\n"));
        if said.is_empty() { arm.until_said().0 } else { said }
    };
    go(&mut arm, "locXyz 190 300.0 100.0 62.0 0.0 90.0 180.0");
    go(&mut arm, "locAngles 31 150.0 -30.0 110.0 -80.0 100.0");
    assert_eq!(go(&mut arm, "pickplate 190 0 0"), "0 -1\r\n");
    assert_eq!(arm.world.items["p"].place, SEAT, "the plate stays");
    assert!(go(&mut arm, "placeplate 90 0 0").starts_with("-3122"), "too low");
    assert_eq!(go(&mut arm, "placeplate 31 0 0"), "0 OK\r\n");
    assert_eq!(arm.world.lids.get("lid-1").map(String::as_str), Some("p"));
    assert_eq!(go(&mut arm, "pickplate 190 0 0"), "0 0\r\n", "it is open");
    assert_eq!(arm.violations(), [Hazard::LidMissing]);
    assert_eq!(go(&mut arm, "pickplate 31 0 0"), "0 -1\r\n");
    assert_eq!(go(&mut arm, "placeplate 190 0 0"), "0 OK\r\n");
    assert!(arm.world.items["p"].lid.is_some());
    let lids = arm.events();
    let lids = lids
        .iter()
        .filter(|event| matches!(event, Event::LidOff { .. } | Event::LidOn { .. }));
    assert_eq!(lids.count(), 2);
    assert!(
        go(&mut arm, "pickplate 191 0 0").starts_with("-2851"),
        "not taught"
    );
}

#[test]
fn the_precise_flex_stops_where_it_is() {
    let mut arm = ready();
    arm.plate("beside", false, false);
    arm.fault(Fault::Jammed { times: 1 });
    arm.say("pickplate 91 0 0\n");
    assert!(arm.until_said().0.starts_with("-3100"));
    assert_eq!(arm.say("hp\n"), "0 0\r\n");
    assert_eq!(arm.world.items["p"].place, "beside");
    arm.say("hp 1 20\n");
    arm.until_said();
    arm.say("pickplate 91 0 0\n");
    assert_eq!(arm.until_said().0, "0 -1\r\n");
    arm.fault(Fault::PowerCycle);
    assert_eq!(arm.say("sysState\n"), "0 3\r\n");
    assert_eq!(arm.world.items["p"].place, "unit");
    assert!(arm.world.zones["deck"].contains("unit"));
    arm.fault(Fault::DoorOpen);
    assert_eq!(arm.say("hp 1 20\n"), "-1028 Hard E-STOP\r\n");
    assert_eq!(arm.say("sysState\n"), "0 15\r\n");
}
