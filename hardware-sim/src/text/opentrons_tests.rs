use crate::text::{Labware, LabwareKind};
use serde_json::{Value, json};

/// Two by three wells with a round bottom, schema 2.
fn plate() -> Value {
    let mut wells = serde_json::Map::new();
    let mut ordering = Vec::new();
    for column in 0..3_u8 {
        let mut names = Vec::new();
        for row in 0..2_u8 {
            let name = format!("{}{}", char::from(b'A' + row), column + 1);
            wells.insert(
                name.clone(),
                json!({
                    "x": 20.0 + 30.0 * f64::from(column), "y": 60.0 - 30.0 * f64::from(row), "z": 3.0,
                    "depth": 20.0, "totalLiquidVolume": 1400, "shape": "circular", "diameter": 10.0,
                }),
            );
            names.push(name);
        }
        ordering.push(names);
    }
    json!({
        "schemaVersion": 2, "version": 1, "namespace": "own",
        "metadata": {"displayName": "Own", "displayCategory": "wellPlate", "displayVolumeUnits": "µL"},
        "parameters": {"format": "irregular", "isTiprack": false, "loadName": "own"},
        "cornerOffsetFromSlot": {"x": 1, "y": 2, "z": 0},
        "dimensions": {"xDimension": 127.76, "yDimension": 85.48, "zDimension": 23},
        "ordering": ordering, "wells": wells,
        "groups": [{"wells": ["A1"], "metadata": {"wellBottomShape": "u"}}],
    })
}

fn read(file: &Value) -> Labware {
    Labware::parse("own", &file.to_string()).unwrap()
}

#[test]
fn places_and_liquid_are_those_of_the_file() {
    let labware = read(&plate());
    assert_eq!(
        (labware.kind, labware.rows, labware.columns),
        (LabwareKind::Plate, 2, 3)
    );
    assert_eq!(
        labware.first_well.map(|mm| mm.0),
        [21.0, 62.0],
        "from the nest, with the corner's offset"
    );
    assert_eq!(labware.spacing.map(|mm| mm.0), [30.0, 30.0]);
    // Half a sphere of 5 mm holds 261.8 uL; the rest stands on 78.54 mm2.
    assert!((labware.surface_mm(261_799.0) - 5.0).abs() < 1e-3);
    assert!((labware.surface_mm(340_339.0) - 6.0).abs() < 1e-3);
    // 0.5 mm in the sphere's cap are 3.8 uL.
    assert!(
        (labware.dead_volume.0 - 3_800.0).abs() < 1.0,
        "{}",
        labware.dead_volume.0
    );
}

#[test]
fn schema_3_measures_from_the_back_and_describes_its_wells() {
    let mut file = plate();
    file["schemaVersion"] = json!(3);
    let head = file.as_object_mut().unwrap();
    head.remove("dimensions");
    head.remove("cornerOffsetFromSlot");
    file["extents"] = json!({"total": {
        "backLeftBottom": {"x": -1, "y": 0, "z": 0}, "frontRightTop": {"x": 126.76, "y": -85.48, "z": 23},
    }});
    for well in file["wells"].as_object_mut().unwrap().values_mut() {
        well["y"] = json!(well["y"].as_f64().unwrap() - 83.48);
        well["geometryDefinitionId"] = json!("cones");
    }
    file["innerLabwareGeometry"] = json!({"cones": {"sections": [
        {"shape": "conical", "bottomDiameter": 10, "topDiameter": 10, "bottomHeight": 3, "topHeight": 20},
        {"shape": "conical", "bottomDiameter": 0, "topDiameter": 5, "bottomHeight": 0, "topHeight": 3, "xCount": 2},
    ]}});
    let labware = read(&file);
    assert_eq!(
        labware.first_well.map(|mm| (mm.0 * 1000.0).round()),
        [21_000.0, 62_000.0]
    );
    // Two cones of 3 mm on 5 mm hold 39.27 uL.
    assert!((labware.surface_mm(39_270.0) - 3.0).abs() < 1e-3);
    assert!((labware.surface_mm(39_270.0 / 8.0) - 1.5).abs() < 1e-3);
}

#[test]
fn what_is_no_grid_and_what_stands_nowhere_is_refused() {
    let mut moved = plate();
    moved["wells"]["B2"]["x"] = json!(55);
    let mut deeper = plate();
    deeper["wells"]["B3"]["depth"] = json!(19);
    let mut lid = plate();
    lid["metadata"]["displayCategory"] = json!("lid");
    let mut old = plate();
    old["schemaVersion"] = json!(1);
    for (file, why) in [
        (moved, "grid"),
        (deeper, "grid"),
        (lid, "category"),
        (old, "schema"),
    ] {
        let message = Labware::parse("own", &file.to_string()).unwrap_err().to_string();
        assert!(message.contains(why), "{message}");
    }
}
