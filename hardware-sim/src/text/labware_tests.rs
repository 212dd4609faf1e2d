use super::*;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::PathBuf};

fn library() -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../config/labware");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

fn get(name: &str) -> Labware {
    Labware::parse(name, &library()[name]).unwrap()
}

#[test]
fn every_definition_is_read_and_holds_what_it_says() {
    for (name, text) in library() {
        let labware = Labware::parse(&name, &text).unwrap();
        if labware.kind.wet() && labware.agar.is_none() {
            let full = labware.surface_mm(labware.capacity.0);
            let rim = labware.height.0 - labware.well_bottom.0;
            assert!(
                full > 1.0 && full <= rim * 1.05,
                "{name}: full at {full} mm of {rim}"
            );
        }
    }
}

#[test]
fn liquid_stands_as_the_well_is_shaped() {
    let near = |name: &str, volume: f64, mm: f64| {
        let have = get(name).surface_mm(volume);
        assert!((have - mm).abs() < 2e-3, "{name}: {have}, not {mm}");
    };
    near("plate-96-flat", 50_000.0, 1.353);
    near("plate-96-u", 50_000.0, 2.471);
    near("plate-96-v", 50_000.0, 3.353);
    near("plate-96-v", 36_960.8 / 8.0, 1.5);
    near("agar-tray", 5_000_000.0, 4.1);
}

#[test]
fn rows_after_z_have_two_letters() {
    let mut labware = get("plate-384-flat");
    (labware.rows, labware.columns) = (32, 48);
    for index in [0, 47, 48, 26 * 48, 31 * 48 + 47] {
        assert_eq!(labware.well_index(&labware.well_name(index)), Some(index));
    }
    assert_eq!(labware.well_name(26 * 48), "AA1");
    for wrong in [
        "",
        "A",
        "1",
        "A0",
        "A49",
        "AG1",
        "É1",
        "ZZZZZZZZZZZZZZZZZZ1",
        "A99999999999999999999999",
    ] {
        assert_eq!(labware.well_index(wrong), None, "{wrong}");
    }
}

#[test]
fn agar_is_where_an_agar_plate_is() {
    let tray = &library()["agar-tray"];
    for wrong in [
        tray.replace("agar_plate", "plate"),
        tray.replace("agar = \"4.1 mm\"\n", ""),
    ] {
        let message = Labware::parse("x", &wrong).unwrap_err().to_string();
        assert!(message.contains("agar_plate"), "{message}");
    }
}

proptest! {
    #[test]
    fn damaged_files_do_not_panic(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..10),
    ) {
        let library = library();
        let texts: Vec<_> = library.values().collect();
        let mut bytes = which.get(&texts).as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(labware) = Labware::parse("x", &String::from_utf8_lossy(&bytes)) {
            let _ = labware.surface_mm(labware.capacity.0);
            let _ = labware.well_name(labware.wells());
        }
    }
}
