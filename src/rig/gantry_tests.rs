use crate::rig::{Driver, Rig, parse};
use crate::source::{Diagnostic, SourceFile};
use std::collections::BTreeMap;

fn read(from: &str, to: &str) -> (Option<Rig>, Vec<Diagnostic>) {
    let handler = include_str!("../../tests/it/gantry-handler.toml");
    assert!(handler.contains(from), "{from}");
    let text = format!(
        "[rig]\nname = \"one\"\nsafe_height = \"170 mm\"\n[zones.deck]\n[nests.deck-12]\nkind = \"waste\"\n{}",
        handler.replacen(from, to, 1)
    );
    let name = "one.toml".into();
    parse(&SourceFile { name, text }, &BTreeMap::new())
}

#[test]
fn six_axes_and_two_plungers_are_read() {
    let (rig, found) = read("unit = 1", "unit = 1");
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let Driver::Gantry(gantry) = &rig.instruments["handler"].driver else {
        panic!()
    };
    assert_eq!(gantry.axes.map(|axis| axis.unit), [1, 2, 3, 4, 5, 6]);
    assert_eq!(gantry.plungers.len(), 2);
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    for (from, to, code, says) in [
        ("unit = 2", "unit = 1", "line-address", "two axes are unit 1"),
        (
            "step = \"10 um\"",
            "step = \"0 um\"",
            "out-of-range",
            "at least 1 um",
        ),
        (
            "home = \"418 mm\"",
            "home = \"430 mm\"",
            "gantry",
            "stands at 430 mm after homing",
        ),
        (
            "travel = [\"-5 mm\", \"420 mm\"]",
            "travel = [\"420 mm\"]",
            "wrong-length",
            "a pair",
        ),
        (
            "bottom = \"-14.5 mm\"",
            "bottom = \"-20 mm\"",
            "gantry",
            "`blow_out` below `bottom`",
        ),
        (
            "per_mm = \"9.1 uL\"",
            "per_mm = \"8 uL\"",
            "gantry",
            "below where it is homed",
        ),
        (
            "drop = \"-33 mm\"",
            "drop = \"-43 mm\"",
            "gantry",
            "goes to -36 mm only",
        ),
        (
            "per_mm = \"9.1 uL\"",
            "per_mm = \"0 uL\"",
            "out-of-range",
            "more than 0",
        ),
        ("z-right = {", "z-middle = {", "missing-key", "z-right"),
    ] {
        let (_, found) = read(from, to);
        let all: Vec<String> = found
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect();
        let hit = found.iter().any(|d| d.code == code && d.message.contains(says));
        assert!(hit, "{to}: {all:?}");
    }
}
