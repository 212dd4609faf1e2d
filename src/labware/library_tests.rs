use super::*;
use crate::labware::{Kind, Well};
use crate::units::{Length, Volume};

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

#[test]
fn the_built_in_library_is_sound() {
    let (library, found) = Library::load(&[]);
    assert_eq!(found, []);
    let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        library.names().collect::<Vec<_>>(),
        names,
        "files are named after what they define"
    );
    let plate = library.get("plate-96-flat").unwrap();
    assert_eq!(
        plate.centre(Well::new(7, 11)),
        (Length::um(113_380), Length::um(11_240))
    );
    // 200 uL stand 5.4 mm high in a flat well of 6.86 mm.
    assert!((plate.path_length_cm(Volume::nl(200_000)) - 0.5411).abs() < 1e-3);
}

#[test]
fn every_definition_file_is_in_the_library() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/labware");
    let mut stems: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    stems.sort();
    assert_eq!(stems, BUILT_IN.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn built_in_labware_is_what_it_says() {
    let (library, _) = Library::load(&[]);
    for labware in library.all() {
        let wells = labware.well_count();
        let said = |word: &str| labware.title.contains(word);
        let name = labware.name.as_str();
        match labware.kind {
            Kind::Plate => assert!(said(&format!("{wells}-")), "{name}: {wells} wells"),
            Kind::TipRack => assert_eq!(wells, 96, "{name}"),
            Kind::TubeRack => assert!(said(&format!("of {wells} ")), "{name}: {wells} tubes"),
            Kind::Adapter => assert_eq!(wells, 0),
            Kind::AgarPlate => assert!(labware.agar.is_some()),
            Kind::Reservoir | Kind::Waste => {}
        }
        if labware.kind.gives_liquid() {
            assert!(labware.dead_volume > Volume::nl(0), "{name} leaves nothing");
            let high = labware.height(labware.dead_volume);
            assert!(
                high >= Length::um(200),
                "{name}: the dead volume stands only {high} high"
            );
        }
        if matches!(wells, 96 | 384) {
            let (x, y) = labware.centre(Well::new(0, 0));
            let centre = labware.centre(Well::new(labware.rows - 1, labware.columns - 1));
            // ANSI/SLAS 4-2004: the field of wells lies in the middle of the footprint.
            assert!((x.plus(centre.0).get() - 127_760).abs() <= 10, "{name}");
            assert!((y.plus(centre.1).get() - 85_480).abs() <= 10, "{name}");
        }
    }
}

#[test]
fn a_pcr_plate_sinks_into_its_adapter_and_stands_on_a_flat_one() {
    let (library, _) = Library::load(&[]);
    let get = |name: &str| library.get(name).unwrap();
    let (pcr, flat) = (get("adapter-pcr-96"), get("adapter-flat"));
    assert_eq!(pcr.raises(get("plate-96-pcr")), Some(Length::um(3_850)));
    assert_eq!(pcr.raises(get("plate-96-flat")), None, "its wells do not fit");
    assert_eq!(flat.raises(get("plate-96-flat")), Some(Length::um(8_000)));
    assert_eq!(flat.raises(get("waste-bin")), None, "too large");
    assert_eq!(get("plate-96-flat").raises(flat), None, "no adapter");
}

#[test]
fn own_definitions_replace_built_in_ones_and_never_each_other() {
    let (_, plate) = BUILT_IN
        .iter()
        .find(|(name, _)| *name == "plate-96-flat")
        .unwrap();
    let smaller = plate.replace("360 uL", "300 uL");
    let (library, found) = Library::load(&[file("own/plate.toml", &smaller)]);
    assert_eq!(found, []);
    assert_eq!(
        library.get("plate-96-flat").unwrap().capacity,
        Volume::nl(300_000)
    );
    let (library, found) = Library::load(&[file("a.toml", &smaller), file("b.toml", plate)]);
    assert_eq!(found[0].code, "labware-twice");
    assert_eq!(found[0].file, "b.toml");
    assert_eq!(
        library.get("plate-96-flat").unwrap().capacity,
        Volume::nl(300_000)
    );
    assert_eq!(
        texts([("own/plate.toml", smaller.as_str())])["plate-96-flat"],
        smaller
    );
}
