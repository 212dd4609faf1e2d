use super::*;
use crate::rig::{Cassette, SpectraMax, Taught};
use crate::source::render;
use crate::units::Length;

const DEMO: &str = include_str!("../../config/demo-rig.toml");
const BUILD: &str = include_str!("../../config/stations-rig.toml");

fn profiles() -> BTreeMap<String, SourceFile> {
    [
        (
            "profiles/absorbance-reader.toml",
            include_str!("../../config/profiles/absorbance-reader.toml"),
        ),
        (
            "profiles/plate-mover.toml",
            include_str!("../../config/profiles/plate-mover.toml"),
        ),
        (
            "profiles/plate-station.toml",
            include_str!("../../config/profiles/plate-station.toml"),
        ),
    ]
    .into_iter()
    .map(|(name, text)| {
        (
            name.to_owned(),
            SourceFile {
                name: name.into(),
                text: text.into(),
            },
        )
    })
    .collect()
}

fn problems(text: &str) -> String {
    let file = SourceFile {
        name: "rig.toml".into(),
        text: text.into(),
    };
    let (rig, found) = parse(&file, &profiles());
    assert!(rig.is_none());
    render(&found, &[file], false)
}

#[test]
fn the_demonstration_rig_is_read_whole() {
    let file = SourceFile {
        name: "demo-rig.toml".into(),
        text: DEMO.into(),
    };
    assert_eq!(references(&file).profiles.len(), 2);
    let (rig, found) = parse(&file, &profiles());
    assert_eq!(found, []);
    let rig = rig.unwrap();
    assert_eq!(rig.instruments.len(), 4);
    assert_eq!(rig.nests.len(), 12 + 2 + 2 + 8 + 1 + 42);
    assert_eq!(rig.duration(&"mover".into(), "move_plate"), Duration::s(15));
    assert_eq!(rig.with_role("plate_reader").unwrap().0.as_str(), "reader");
}

#[test]
fn the_construction_rig_has_stations_that_differ_in_what_they_can_do() {
    let file = SourceFile {
        name: "stations-rig.toml".into(),
        text: BUILD.into(),
    };
    let (rig, found) = parse(&file, &profiles());
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let able = |name: &str| match &rig.instruments[name].role {
        Role::Station(station) => station.abilities.clone(),
        _ => panic!("{name} is no station"),
    };
    assert!(able("sealer").peel && able("sealer").seal.is_some() && able("sealer").spin.is_none());
    assert_eq!(able("centrifuge").spin.map(|f| f.get()), Some(3000));
    assert!(able("thermocycler").thermocycle.is_some() && able("heater-shaker").shake.is_some());
    assert!(able("scanner").scan);
    for (from, to, says) in [
        (
            "nest = \"sealer\"",
            "nest = \"hotel-1\"",
            "is of kind \"station\"",
        ),
        (
            "nest = \"sealer\"",
            "nest = \"scanner\"",
            "two stations have the nest \"scanner\"",
        ),
        (
            "abilities = { scan = true }",
            "abilities = {}",
            "at least one thing",
        ),
        (
            "[\"4 C\", \"95 C\"]",
            "[\"95 C\", \"4 C\"]",
            "the least comes first",
        ),
    ] {
        let text = problems(&BUILD.replace(from, to));
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn mistakes_are_named_with_what_was_meant() {
    let text = problems(&DEMO.replace("waste = \"deck-12\"", "waste = \"deck-21\""));
    assert!(text.contains("there is no nest \"deck-21\""), "{text}");
    let text = problems(&DEMO.replace("baud = 9600", "baudrate = 9600"));
    assert!(
        text.contains("`instruments.incubator.link.baud` is missing"),
        "{text}"
    );
    let text = problems(&DEMO.replace("kind = \"cytomat\"", "kind = \"citomat\""));
    assert!(text.contains("did you mean \"cytomat\"?"), "{text}");
}

/// A rig of three instruments of one make each.
const MAKES: &str = r#"
[rig]
name = "makes"
safe_height = "100 mm"

[instruments.reader]
kind = "spectramax"
model = "m5"
link = { serial = "/dev/ttyUSB2", baud = 9600 }
tray = "tray"
wavelengths = ["230 nm", "1000 nm"]

[instruments.hotel]
kind = "liconic"
link = { serial = "/dev/ttyUSB3", baud = 9600, format = "8E1" }
transfer = "transfer"
slots = 32
temperature = "37 C"
cassettes = [{ levels = 22, site_height = "17 mm" }, { levels = 10, site_height = "44 mm" }]

[instruments.arm]
kind = "precise_flex"
link = { tcp = "192.168.0.1:10100" }
rest = [300.0, 0, 180, -90.5]
clearance = "100 mm"
grip_open = "130 mm"
grip_closed = "80 mm"
locations = { tray = { angles = [50, 20, 100, -40] }, transfer = { xyz = [1, 2, 3, 4, 90, 180], clearance = "40 mm" } }

[nests]
tray = { kind = "reader_tray", station = 1 }
transfer = { kind = "transfer_station", station = 2 }
aside = { kind = "deck" }
"#;

#[test]
fn what_single_makes_need_beside_their_role_is_read() {
    let file = SourceFile {
        name: "makes.toml".into(),
        text: MAKES.into(),
    };
    let (rig, found) = parse(&file, &BTreeMap::new());
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let driver = |name: &str| rig.instruments.get(name).unwrap().driver.clone();
    assert_eq!(driver("reader"), Driver::SpectraMax(SpectraMax::M5));
    let cassette = |levels, step| Cassette { levels, step };
    assert_eq!(
        driver("hotel"),
        Driver::Liconic(vec![cassette(22, 788), cassette(10, 1713)])
    );
    assert!(rig.nests.contains_key("hotel-32") && !rig.nests.contains_key("hotel-33"));
    let Driver::PreciseFlex(arm) = driver("arm") else {
        panic!()
    };
    assert_eq!((arm.rest, arm.speed), ([300_000, 0, 180_000, -90_500], 50));
    let at = arm.locations.get("transfer").unwrap();
    assert_eq!(at.clearance, Length::um(40_000));
    assert!(matches!(at.taught, Taught::Xyz([1_000, ..], None)));

    for (from, to, says) in [
        ("\"m5\"", "\"m9\"", "use one of 384_plus, m5"),
        (
            "tray = \"tray\"",
            "tray = \"tray\"\narea_scan = 5",
            "unknown key `area_scan`",
        ),
        ("slots = 32", "slots = 40", "the cassettes have 32 levels"),
        ("\"44 mm\"", "\"45 mm\"", "no cassette has sites of 45 mm"),
        (
            "temperature = \"37 C\"",
            "temperature = \"37 C\"\nbarcode_reader = true",
            "unknown key `barcode_reader`",
        ),
        ("-90.5]", "-90.5, 0]", "`instruments.arm.rest` is 4 numbers"),
        ("{ tray = {", "{ aside = {", "the nest \"aside\" has no `station`"),
        ("{ tray = {", "{ trey = {", "there is no nest \"trey\""),
        ("\"80 mm\"", "\"180 mm\"", "must be less than `grip_open`"),
        ("\"spectramax\"", "\"spectromax\"", "did you mean \"spectramax\"?"),
    ] {
        let file = SourceFile {
            name: "makes.toml".into(),
            text: MAKES.replacen(from, to, 1),
        };
        let (_, found) = parse(&file, &BTreeMap::new());
        let text = render(&found, std::slice::from_ref(&file), false);
        assert!(text.contains(says), "{says}:\n{text}");
    }
}

#[test]
fn a_safe_state_is_one_that_the_instrument_has() {
    let handler = |safe: &str| {
        problems(&DEMO.replace(
            "waste = \"deck-12\"",
            &format!("waste = \"deck-12\"\nsafe = {safe}"),
        ))
    };
    let text = handler("{ tips = \"throw\" }");
    assert!(text.contains("`tips` is \"return\" or \"keep\""), "{text}");
    let text = handler("{ shaking = \"off\" }");
    assert!(text.contains("unknown-key") && text.contains("shaking"), "{text}");
    let text = problems(&BUILD.replace(
        "safe = { temperature = \"25 C\" }",
        "safe = { temperature = \"700 C\" }",
    ));
    assert!(text.contains("this station holds"), "{text}");
}

/// What is done to a profile's text.
type Change<'a> = &'a dyn Fn(&str) -> String;

/// A profile without one of its sections.
fn without(text: &str, section: &str) -> String {
    let (before, rest) = text.split_once(section).unwrap();
    let after = rest.find("\n[").and_then(|at| rest.get(at..));
    format!("{before}{}", after.unwrap_or_default())
}

#[test]
fn what_a_rig_file_claims_its_profile_has_a_command_and_room_for() {
    let rig = SourceFile {
        name: "stations-rig.toml".into(),
        text: BUILD.into(),
    };
    let (reader, station) = ("profiles/absorbance-reader.toml", "profiles/plate-station.toml");
    let short = |text: &str| text.replace("count = 9600", "count = 2400");
    let cases: [(&str, Change<'_>, &str); 4] = [
        (
            reader,
            &short,
            "`area_scan = 10` makes 9600 values of 96 wells; scan_absorbance keeps 2400",
        ),
        (
            reader,
            &|text| without(text, "[commands.scan_fluorescence]"),
            "`area_scan` needs the command scan_fluorescence",
        ),
        (
            reader,
            &|text| without(text, "[commands.read_luminescence]"),
            "`luminescence` needs the command read_luminescence",
        ),
        (
            station,
            &|text| without(text, "[commands.peel]"),
            "`peel` needs the command peel",
        ),
    ];
    for (profile, change, says) in cases {
        let mut all = profiles();
        let file = all.get_mut(profile).unwrap();
        file.text = change(&file.text);
        let (_, found) = parse(&rig, &all);
        let text = render(&found, std::slice::from_ref(&rig), false);
        assert!(text.contains(says), "{says}:\n{text}");
    }
}
