use crate::rig::profile::modbus::{ModbusProfile, RegisterType};
use crate::rig::profile::{ArgumentSource, parse as read};
use crate::source::render;
use crate::source::{Diagnostic, SourceFile};

const READER: &str = include_str!("../../../../config/profiles/absorbance-reader.toml");
const MOVER: &str = include_str!("../../../../config/profiles/plate-mover.toml");
const STATION: &str = include_str!("../../../../config/profiles/plate-station.toml");

fn parse_modbus(file: &SourceFile) -> (Option<ModbusProfile>, Vec<Diagnostic>) {
    let (profile, found) = read(file);
    (profile.and_then(|p| p.modbus().cloned()), found)
}

fn file(text: &str) -> SourceFile {
    SourceFile {
        name: "profile.toml".into(),
        text: text.into(),
    }
}

#[test]
fn the_demonstration_profiles_are_read_whole() {
    let (reader, found) = parse_modbus(&file(READER));
    assert_eq!(found, []);
    let reader = reader.unwrap();
    let values = &reader.registers["values"];
    assert_eq!(
        (values.address, values.span(), values.kind),
        (100, 192, RegisterType::F32)
    );
    assert_eq!(reader.registers["state"].name_of(1), Some("busy"));
    assert_eq!(reader.registers["alarms"].bits_of(0b101), ["door", "lamp"]);
    assert_eq!(
        reader.commands["read_absorbance"].arguments[0].1,
        ArgumentSource::Wavelength
    );
    let (mover, found) = parse_modbus(&file(MOVER));
    assert_eq!(found, []);
    let mover = mover.unwrap();
    assert_eq!(mover.commands["move_plate"].arguments.len(), 3);
    assert_eq!(mover.sensors["at_rest"], "at_rest");
    assert_eq!(mover.identity.equals, Some(4100));
}

#[test]
fn a_station_says_where_its_program_and_its_barcode_are() {
    let (station, found) = parse_modbus(&file(STATION));
    assert_eq!(found, []);
    let station = station.unwrap();
    let sources: Vec<ArgumentSource> = station.commands["thermocycle"]
        .arguments
        .iter()
        .map(|a| a.1)
        .collect();
    assert!(sources.contains(&ArgumentSource::Program) && sources.contains(&ArgumentSource::LidTemperature));
    assert_eq!(
        station.commands["read_barcode"].barcode.as_ref().unwrap().text,
        "barcode"
    );
    assert_eq!(station.registers["lid_temperature"].values["none"], -32_768);
    for (from, to, code) in [
        (
            "type = \"u16\", count = 120",
            "type = \"u16\", count = 118",
            "argument-register",
        ),
        (
            "type = \"u16\", count = 120",
            "type = \"f32\", count = 60",
            "argument-register",
        ),
        ("unit = \"xg\"", "unit = \"rpm\"", "argument-unit"),
        (
            "barcode = { text = \"barcode\", sequence = \"barcode_sequence\" }",
            "",
            "missing-key",
        ),
        ("[commands.peel]", "[commands.move_plate]", "unknown-command"),
        ("from = \"force\"", "from = \"speed\"", "unknown-argument"),
        (
            "sealed = \"seal_present\"",
            "seal = \"seal_present\"",
            "unknown-sensor",
        ),
    ] {
        let text = STATION.replace(from, to);
        assert_ne!(text, STATION, "{from}");
        let (_, found) = parse_modbus(&file(&text));
        assert!(found.iter().any(|d| d.code == code), "{from}: {found:?}");
    }
}

#[test]
fn a_base_of_one_is_taken_off_every_address() {
    let text = MOVER.replace("base = 0", "base = 1");
    let text = text.replace("address = 0,", "address = 14,");
    let (mover, found) = parse_modbus(&file(&text));
    assert_eq!(found, []);
    let mover = mover.unwrap();
    assert_eq!(mover.registers["model"].address, 13);
    assert_eq!(mover.registers["command_code"].address, 9);
}

#[test]
fn every_mistake_is_shown_at_its_place_in_one_pass() {
    let text = MOVER
        .replace(
            "accepted = \"accepted_sequence\"",
            "accepted = \"acepted_sequence\"",
        )
        .replace("from = \"grip_height\"", "from = \"grip_hight\"")
        .replace("[commands.remove_lid]", "[commands.remove_lit]")
        .replace("word_order = \"ABCD\"", "word_order = \"ABDC\"")
        .replace("poll = \"500 ms\"", "pol = \"500 ms\"")
        .replace(
            "table = \"discrete\", address = 1, type = \"bool\"",
            "table = \"discrete\", address = 1, type = \"u16\"",
        )
        .replace(
            "command_sequence = { table = \"holding\", address = 11",
            "command_sequence = { table = \"holding\", address = 12",
        )
        .replace("at_rest = \"at_rest\"", "at_rest = \"resting\"");
    let source = file(&text);
    let (profile, found) = parse_modbus(&source);
    assert!(profile.is_none());
    insta::assert_snapshot!(render(&found, &[source], false));
}

#[test]
fn no_text_makes_the_parser_panic_or_accept_a_profile_without_a_handshake() {
    for end in (0..READER.len()).step_by(7) {
        let cut = READER.get(..end).unwrap_or("");
        let (profile, found) = parse_modbus(&file(cut));
        assert!(profile.is_none() || !found.is_empty() || end > READER.find("[handshake]").unwrap());
    }
}
