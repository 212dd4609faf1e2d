//! Rig files of machines with system liquid: what is read, and what is refused.

use super::*;
use crate::rig::parse;
use crate::source::SourceFile;

fn found(change: &[(&str, &str)]) -> Vec<String> {
    let mut text = include_str!("../../config/probe-rig.toml").to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let mover = include_str!("../../config/profiles/plate-mover.toml");
    let profiles = [("profiles/plate-mover.toml".to_owned(), file("mover", mover))].into();
    let (_, found) = parse(&file("rig", &text), &profiles);
    found
        .into_iter()
        .map(|d| format!("{}: {}", d.code, d.message))
        .collect()
}

#[test]
fn the_file_of_the_repository_has_no_problem() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn what_cannot_work_is_said() {
    for (from, to, code, says) in [
        (
            "pump = \"pump\"",
            "pump = \"pumpe\"",
            "probe",
            "no instrument \"pumpe\"",
        ),
        (
            "mount = \"right\"",
            "mount = \"left\"",
            "probe",
            "left mount already",
        ),
        (
            "max_volume = \"450 uL\"",
            "max_volume = \"600 uL\"",
            "probe",
            "its tubing holds 600 uL",
        ),
        (
            "syringe = \"1 mL\"",
            "syringe = \"250 uL\"",
            "probe",
            "the syringe of pump 250 uL",
        ),
        (
            "wash = \"wash\"",
            "wash = \"deck-1\"",
            "wash-station",
            "another kind",
        ),
        ("wash = \"wash\"", "wash = \"wasch\"", "unknown-nest", "\"wasch\""),
        (
            "labware = \"wash-station\"\n",
            "",
            "wash-station",
            "needs `labware`",
        ),
        (
            "model = \"xcalibur\"",
            "model = \"xp3000\"",
            "pump-model",
            "xp3000",
        ),
        (
            "syringe = \"1 mL\"",
            "syringe = \"0 mL\"",
            "out-of-range",
            "above 0",
        ),
        ("address = 0", "address = 15", "out-of-range", "from 0 to 14"),
    ] {
        let found = found(&[(from, to)]);
        let hit = found
            .iter()
            .any(|f| f.starts_with(&format!("{code}: ")) && f.contains(says));
        assert!(hit, "{to}: {found:#?}");
    }
}

#[test]
fn a_position_is_the_nearest_increment() {
    let pump = |model, syringe| Pump {
        model,
        address: 0,
        syringe: Volume::nl(syringe),
        bottle: Bottle {
            volume: Volume::nl(1),
            dead: Volume::nl(0),
        },
        drain: None,
    };
    let small = pump(PumpModel::XCalibur, 1_000_000);
    assert_eq!(small.position(Volume::nl(0)), 0);
    assert_eq!(small.position(Volume::nl(1_000_000)), 3_000);
    assert_eq!(small.position(Volume::nl(10_000)), 30);
    assert_eq!(small.position(Volume::nl(5_100)), 15);
    assert_eq!(small.position(Volume::nl(5_200)), 16);
    assert_eq!(
        pump(PumpModel::Xlp6000, 2_500_000).position(Volume::nl(2_500_000)),
        6_000
    );
}
