//! Definitions written after the published schemas; names and figures are made up.

use super::*;
use crate::labware::Form;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(definition: &Value) -> (Option<Definition>, Vec<Diagnostic>) {
    parse(&SourceFile {
        name: "own.json".into(),
        text: serde_json::to_string_pretty(definition).unwrap(),
    })
}

fn good(definition: &Value) -> Labware {
    let (found, problems) = read(definition);
    assert_eq!(problems, []);
    found.unwrap().labware
}

fn code(definition: &Value) -> (&'static str, String) {
    let (found, problems) = read(definition);
    assert!(found.is_none());
    (problems[0].code, problems[0].message.clone())
}

/// A grid of wells, alike but for their places, in the frame of schema 2.
fn wells(rows: u8, columns: u8, pitch: f64, inside: &Value) -> (Value, Value) {
    let mut wells = serde_json::Map::new();
    let mut ordering = Vec::new();
    for column in 0..columns {
        let mut names = Vec::new();
        for row in 0..rows {
            let name = Well::new(row, column).to_string();
            let mut well = inside.clone();
            well["x"] = json!(14.38 + pitch * f64::from(column));
            well["y"] = json!(74.24 - pitch * f64::from(row));
            wells.insert(name.clone(), well);
            names.push(name);
        }
        ordering.push(names);
    }
    (Value::Object(wells), json!(ordering))
}

/// A 96-well plate with a V bottom, schema 2.
fn plate() -> Value {
    let inside = json!({
        "depth": 14.8, "totalLiquidVolume": 150, "shape": "circular", "diameter": 5.4, "z": 1.2,
    });
    let (wells, ordering) = wells(8, 12, 9.0, &inside);
    json!({
        "schemaVersion": 2, "version": 3, "namespace": "own",
        "metadata": {"displayName": "Own plate", "displayCategory": "wellPlate", "displayVolumeUnits": "µL"},
        "brand": {"brand": "own"},
        "parameters": {
            "format": "96Standard", "isTiprack": false, "loadName": "own_96_150ul", "isMagneticModuleCompatible": false,
        },
        "cornerOffsetFromSlot": {"x": 0, "y": 0, "z": 0},
        "dimensions": {"xDimension": 127.76, "yDimension": 85.48, "zDimension": 16},
        "ordering": ordering, "wells": wells,
        "groups": [{"wells": ["A1"], "metadata": {"wellBottomShape": "v"}}],
        "stackingOffsetWithLabware": {"own_adapter": {"x": 0, "y": 0, "z": 10.2}},
    })
}

/// The same plate in schema 3: measured from the left back corner, its inside described.
fn plate_3() -> Value {
    let mut plate = plate();
    plate["schemaVersion"] = json!(3);
    plate["$otSharedSchema"] = json!("#/labware/schemas/3");
    plate["aKeyOfTheFuture"] = json!({"x": [1, 2, 3]});
    let head = plate.as_object_mut().unwrap();
    head.remove("dimensions");
    head.remove("cornerOffsetFromSlot");
    plate["extents"] = json!({"total": {
        "backLeftBottom": {"x": 0, "y": 0, "z": 0},
        "frontRightTop": {"x": 127.76, "y": -85.48, "z": 16},
    }});
    for well in plate["wells"].as_object_mut().unwrap().values_mut() {
        well["y"] = json!(well["y"].as_f64().unwrap() - 85.48);
        well["geometryDefinitionId"] = json!("cone");
    }
    plate["innerLabwareGeometry"] = json!({"cone": {"sections": [
        {"shape": "conical", "topDiameter": 5.4, "bottomDiameter": 5.4, "topHeight": 14.8, "bottomHeight": 11.0},
        {"shape": "conical", "topDiameter": 5.4, "bottomDiameter": 2.4, "topHeight": 11.0, "bottomHeight": 1.2},
        {"shape": "spherical", "radiusOfCurvature": 1.2, "topHeight": 1.2, "bottomHeight": 0.0},
    ]}});
    plate
}

#[test]
fn a_plate_of_schema_2_is_what_its_file_says() {
    let labware = good(&plate());
    assert_eq!(
        (labware.name.as_str(), labware.kind),
        ("own_96_150ul", Kind::Plate)
    );
    assert_eq!((labware.rows, labware.columns), (8, 12));
    assert_eq!(labware.capacity, Volume::nl(150_000));
    assert_eq!(
        labware.centre(Well::new(7, 11)),
        (Length::um(113_380), Length::um(11_240))
    );
    assert_eq!(labware.geometry.well_bottom, Length::um(1_200));
    assert_eq!(labware.sinks["own_adapter"], Length::um(10_200));
    // A cone as deep as the well is wide, under straight walls.
    assert_eq!(labware.sections[0].height, Length::um(5_400));
    assert_eq!(
        labware.height(Volume::nl(41_224)),
        Length::um(5_400),
        "22.90 mm2 times 5.4 mm, a third of it"
    );
    // 1 mm high in that cone: a third of pi 0.5 mm squared.
    assert_eq!(labware.dead_volume, Volume::nl(300));
}

#[test]
fn schema_3_gives_the_same_places_and_its_own_inside() {
    let (two, three) = (good(&plate()), good(&plate_3()));
    assert_eq!(three.geometry, two.geometry);
    assert_eq!(
        three.sections.len(),
        3,
        "from the bottom up, in whatever order the file has them"
    );
    assert_eq!(
        three.sections[0].form,
        Form::Spherical {
            radius: Length::um(1_200)
        }
    );
    // pi/3 r3 2 of the cap, then the frustum.
    assert_eq!(three.volume_at(Length::um(1_200)).as_ul().round(), 4.0);
    // Half a sphere 3.62, the frustum 122.84, the straight walls 87.03 uL.
    assert!((three.space().as_ul() - 213.49).abs() < 0.01, "{}", three.space());
}

#[test]
fn the_first_drafts_of_schema_3_measure_like_schema_2() {
    let mut draft = plate();
    draft["schemaVersion"] = json!(3);
    assert_eq!(good(&draft), good(&plate()));
}

#[test]
fn categories_become_kinds() {
    for (category, kind) in [
        ("wellPlate", Kind::Plate),
        ("tubeRack", Kind::TubeRack),
        ("reservoir", Kind::Reservoir),
        ("aluminumBlock", Kind::TubeRack),
        ("adapter", Kind::Plate),
        ("trash", Kind::Waste),
    ] {
        let mut definition = plate();
        definition["metadata"]["displayCategory"] = json!(category);
        assert_eq!(good(&definition).kind, kind, "{category}");
    }
    let mut adapter = plate();
    adapter["metadata"]["displayCategory"] = json!("adapter");
    adapter["allowedRoles"] = json!(["adapter"]);
    let adapter = good(&adapter);
    assert_eq!((adapter.kind, adapter.well_count()), (Kind::Adapter, 0));
    for category in ["lid", "other", "system", "sofa"] {
        let mut definition = plate();
        definition["metadata"]["displayCategory"] = json!(category);
        assert_eq!(code(&definition).0, "opentrons-kind", "{category}");
    }
}

#[test]
fn a_tip_rack_has_its_tips_and_their_rims() {
    let inside = json!({
        "depth": 59.3, "totalLiquidVolume": 300, "shape": "circular", "diameter": 5.23, "z": 5.39,
    });
    let mut rack = plate();
    let (wells, ordering) = wells(8, 12, 9.0, &inside);
    rack["wells"] = wells;
    rack["ordering"] = ordering;
    rack["metadata"]["displayCategory"] = json!("tipRack");
    assert_eq!(code(&rack).0, "opentrons-kind", "isTiprack says no");
    rack["parameters"]["isTiprack"] = json!(true);
    assert_eq!(code(&rack).0, "opentrons-syntax", "no length");
    rack["parameters"]["tipLength"] = json!(59.3);
    rack["parameters"]["tipOverlap"] = json!(7.47);
    let rack = good(&rack);
    let tip = rack.tip.unwrap();
    assert_eq!((tip.length, tip.overlap), (Length::um(59_300), Length::um(7_470)));
    assert_eq!(rack.geometry.height, Length::um(64_690));
    assert_eq!(rack.dead_volume, Volume::nl(0));
}

#[test]
fn what_is_no_regular_grid_is_refused() {
    let mut moved = plate();
    moved["wells"]["D6"]["x"] = json!(60.0);
    let (found, message) = code(&moved);
    assert_eq!(found, "opentrons-grid");
    assert!(message.contains("D6"), "{message}");
    let mut deeper = plate();
    deeper["wells"]["H12"]["depth"] = json!(10.0);
    assert_eq!(code(&deeper), ("opentrons-grid", "H12 is not like A1".to_owned()));
    let mut ragged = plate();
    ragged["ordering"][3].as_array_mut().unwrap().pop();
    assert_eq!(code(&ragged).0, "opentrons-grid");
    let mut swapped = plate();
    swapped["ordering"][0].as_array_mut().unwrap().reverse();
    assert_eq!(code(&swapped).0, "opentrons-grid");
    let mut lost = plate();
    lost["wells"].as_object_mut().unwrap().remove("C3");
    assert_eq!(code(&lost).0, "opentrons-grid");
    let mut empty = plate();
    empty["ordering"] = json!([]);
    assert_eq!(code(&empty).0, "opentrons-grid");
}

#[test]
fn sections_stand_on_each_other_and_are_known() {
    let change = |at: usize, key: &str, value: Value| {
        let mut definition = plate_3();
        definition["innerLabwareGeometry"]["cone"]["sections"][at][key] = value;
        code(&definition)
    };
    assert_eq!(change(1, "bottomHeight", json!(1.5)).0, "opentrons-sections");
    assert_eq!(change(2, "shape", json!("toroidal")).0, "opentrons-sections");
    assert_eq!(change(0, "topDiameter", json!(null)).0, "opentrons-sections");
    assert_eq!(change(2, "radiusOfCurvature", json!(0.5)).0, "labware-sections");
    assert_eq!(change(0, "xCount", json!(0)).0, "labware-range");
    let mut other = plate_3();
    other["wells"] = plate_3()["wells"].clone();
    for well in other["wells"].as_object_mut().unwrap().values_mut() {
        well["geometryDefinitionId"] = json!("pyramid");
    }
    assert_eq!(code(&other).0, "opentrons-sections");
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    let mut large = plate();
    for well in large["wells"].as_object_mut().unwrap().values_mut() {
        well["totalLiquidVolume"] = json!(400);
    }
    let (_, found) = read(&large);
    assert_eq!(found[0].code, "labware-capacity");
    let text = serde_json::to_string_pretty(&large).unwrap();
    assert_eq!(text.get(found[0].span.clone()), Some("\"totalLiquidVolume\""));
    let mut old = plate();
    old["schemaVersion"] = json!(1);
    assert_eq!(code(&old).0, "opentrons-version");
    let mut absurd = plate();
    absurd["dimensions"]["xDimension"] = json!(1e300);
    assert_eq!(code(&absurd).0, "labware-range");
    let (none, found) = parse(&SourceFile {
        name: "x.json".into(),
        text: "{\n  \"schemaVersion\": 2,\n  oops".into(),
    });
    assert!(none.is_none());
    assert_eq!((found[0].code, found[0].span.start), ("opentrons-syntax", 26));
}

#[test]
fn versions_of_one_load_name_are_told_apart_in_the_library() {
    use crate::labware::Library;
    let file = |name: &str, version: u32, load_name: &str| {
        let mut definition = plate();
        definition["version"] = json!(version);
        definition["parameters"]["loadName"] = json!(load_name);
        SourceFile {
            name: name.into(),
            text: definition.to_string(),
        }
    };
    let (library, found) = Library::load(&[
        file("1.json", 1, "own"),
        file("2.json", 2, "own"),
        file("3.json", 4, "plate-96-flat"),
    ]);
    assert_eq!(found, []);
    assert!(library.get("own").is_some());
    assert_eq!(library.get("own_v2").unwrap().title, "Own plate");
    assert_eq!(
        library.get("plate-96-flat").unwrap().capacity,
        Volume::nl(360_000)
    );
    assert!(library.get("plate-96-flat_v4").is_some());
    let (_, found) = Library::load(&[
        file("1.json", 1, "own"),
        file("2.json", 1, "own"),
        file("3.json", 1, "own"),
    ]);
    assert_eq!(
        found.iter().map(|d| d.code).collect::<Vec<_>>(),
        ["labware-twice"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn damaged_files_are_read_without_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        // The wells are most of the text; the head and the sections are what can be misread in more ways.
        let text = plate_3().to_string();
        let mut bytes = text.into_bytes();
        for (at, byte, what) in changes {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte % 96 + 32),
                _ => { bytes.remove(at); }
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (found, problems) = parse(&SourceFile { name: "x.json".into(), text: text.clone() });
        prop_assert_eq!(found.is_none(), !problems.is_empty());
        for problem in problems {
            prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
        }
    }

    #[test]
    fn absurd_figures_are_refused_without_overflow(figure in proptest::num::f64::NORMAL, which in 0..8_usize) {
        let mut definition = plate_3();
        let places = [
            "/extents/total/frontRightTop/x", "/extents/total/backLeftBottom/z", "/wells/A1/z", "/wells/A1/depth",
            "/wells/H12/x", "/innerLabwareGeometry/cone/sections/1/topDiameter",
            "/innerLabwareGeometry/cone/sections/2/radiusOfCurvature", "/stackingOffsetWithLabware/own_adapter/z",
        ];
        *definition.pointer_mut(places[which]).unwrap() = json!(figure);
        let (found, _) = read(&definition);
        prop_assert!(found.is_none() || figure.abs() < 1_000.0 || which == 7, "{figure} at {}", places[which]);
    }
}
