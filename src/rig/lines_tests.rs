use crate::rig::{LineProtocol, Rig, parse};
use crate::source::{Diagnostic, SourceFile};
use crate::units::Duration;

const BUILD: &str = include_str!("../../config/stations-rig.toml");
const PROBE: &str = include_str!("../../config/probe-rig.toml");
const SEALER: &str =
    r#"{ serial = "/dev/ttyUSB2", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 11 }"#;

fn read(text: &str) -> (Option<Rig>, Vec<Diagnostic>) {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let profiles = [
        include_str!("../../config/profiles/absorbance-reader.toml"),
        include_str!("../../config/profiles/plate-mover.toml"),
        include_str!("../../config/profiles/plate-station.toml"),
    ];
    let names = ["absorbance-reader", "plate-mover", "plate-station"].map(|n| format!("profiles/{n}.toml"));
    let profiles = names
        .into_iter()
        .zip(profiles)
        .map(|(name, text)| (name.clone(), file(&name, text)));
    parse(&file("rig.toml", text), &profiles.collect())
}

/// Codes of the rig of strain construction with another link of its sealer.
fn with_sealer(link: &str) -> Vec<&'static str> {
    let text = BUILD.replace(SEALER, link);
    assert_ne!(text, BUILD);
    let (rig, found) = read(&text);
    assert_eq!(rig.is_none(), !found.is_empty());
    found.iter().map(|d| d.code).collect()
}

#[test]
fn modbus_devices_of_different_units_share_a_line() {
    let shared = r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 11, turnaround = "5 ms", timeout = "300 ms" }"#;
    let (rig, found) = read(&BUILD.replace(SEALER, shared));
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let sealer = &rig.instruments["sealer"].link;
    assert_eq!(sealer.place(), rig.instruments["mover"].link.place());
    assert_eq!(sealer.protocol(), LineProtocol::ModbusRtu);
    let manner = sealer.manner();
    assert_eq!(
        (manner.turnaround, manner.timeout),
        (Duration::ms(5), Some(Duration::ms(300)))
    );
    assert_eq!((manner.echo, manner.in_flight), (false, 1));
}

#[test]
fn what_cannot_share_a_wire_is_refused_at_the_second_link() {
    for (link, code) in [
        // Another bit rate, another format, another echo than the mover's.
        (
            r#"{ serial = "/dev/ttyUSB1", baud = 9600, format = "8E1", protocol = "modbus_rtu", unit = 11 }"#,
            "line-settings",
        ),
        (
            r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8N1", protocol = "modbus_rtu", unit = 11 }"#,
            "line-settings",
        ),
        (
            r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 11, echo = true }"#,
            "line-settings",
        ),
        // The incubator's own protocol is on it.
        (
            r#"{ serial = "/dev/ttyUSB0", baud = 9600, format = "8N1", protocol = "modbus_rtu", unit = 11 }"#,
            "line-protocols",
        ),
        // The mover's unit, and everybody's.
        (
            r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 7 }"#,
            "line-address",
        ),
        (
            r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 0 }"#,
            "line-address",
        ),
        // Behind the reader's gateway: its unit, its other protocol.
        (r#"{ tcp = "192.168.10.21:502", unit = 1 }"#, "line-address"),
        (
            r#"{ tcp = "192.168.10.21:502", unit = 2, protocol = "modbus_rtu" }"#,
            "line-protocols",
        ),
        (
            r#"{ tcp = "192.168.10.21:502", unit = 2, in_flight = 4 }"#,
            "line-settings",
        ),
        // Keys that nobody heeds.
        (
            r#"{ tcp = "192.168.10.99:502", unit = 2, echo = true }"#,
            "link-manner",
        ),
        (
            r#"{ serial = "/dev/ttyUSB9", baud = 9600, in_flight = 2 }"#,
            "link-manner",
        ),
    ] {
        assert_eq!(with_sealer(link), [code], "{link}");
    }
    assert!(with_sealer(r#"{ tcp = "192.168.10.21:502", unit = 2 }"#).is_empty());
}

#[test]
fn a_person_is_told_who_is_meant() {
    let link =
        r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", protocol = "modbus_rtu", unit = 7 }"#;
    let (_, found) = read(&BUILD.replace(SEALER, link));
    insta::assert_snapshot!(
        found[0].message,
        @r#""mover" and "sealer" are both on /dev/ttyUSB1 as unit 7: both would answer at once; give one another number"#
    );
}

#[test]
fn pumps_share_a_line_by_their_switches() {
    let second = |address: u8| {
        let begin = PROBE.find("[instruments.pump]").unwrap();
        let end = begin + PROBE.get(begin..).unwrap().find("[instruments.mover]").unwrap();
        let pump = PROBE
            .get(begin..end)
            .unwrap()
            .replace("instruments.pump", "instruments.pump-2");
        let text = format!(
            "{PROBE}\n{}",
            pump.replace("address = 0", &format!("address = {address}"))
        );
        read(&text).1.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert!(second(1).is_empty());
    assert_eq!(second(0), ["line-address"]);
}

#[test]
fn an_input_module_may_be_on_a_line_of_others_as_a_unit_of_its_own() {
    let module = |link: &str| {
        let text = format!(
            "{BUILD}\n[input_modules.io]\nlink = {link}\npoll = \"250 ms\"\ntimeout = \"250 ms\"\nsilence = \"2 s\"\n\
             [inputs.stop]\ntitle = \"stop\"\nkind = \"emergency_stop\"\nmodule = \"io\"\n\
             read = {{ table = \"discrete\", address = 0 }}\n"
        );
        read(&text).1.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert!(module(r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", unit = 20 }"#).is_empty());
    let twice = module(r#"{ serial = "/dev/ttyUSB1", baud = 19200, format = "8E1", unit = 7 }"#);
    assert_eq!(twice, ["line-address"]);
    let timeout = module(r#"{ tcp = "192.168.10.40:502", timeout = "1 s" }"#);
    assert_eq!(timeout, ["link-manner"]);
}
