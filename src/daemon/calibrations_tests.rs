use super::*;
use crate::rig::{Calibration, InstrumentId};

fn record(instrument: &str) -> CalibrationRecord {
    let instrument = InstrumentId::new(instrument);
    let mut calibration = Calibration::default();
    calibration.days.insert(instrument.clone(), (None, None));
    CalibrationRecord {
        rig: "demo".into(),
        instrument,
        version: 0,
        calibration,
    }
}

#[test]
fn records_are_added_and_the_last_one_counts() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("calibrations/demo");
    assert_eq!(in_force(&folder).unwrap(), []);
    for (instrument, version) in [("handler", 1), ("handler", 2), ("mover", 1), ("handler", 3)] {
        let (written, path) = add(&folder, record(instrument)).unwrap();
        assert_eq!(written.version, version);
        assert_eq!(fs::read_to_string(&path).unwrap(), written.to_text());
    }
    let in_force = in_force(&folder).unwrap();
    let names: Vec<_> = in_force
        .iter()
        .map(|f| f.name.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names, ["handler-0003.toml", "mover-0001.toml"]);
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        4,
        "an older record was changed or lost"
    );
}

#[test]
fn a_file_that_is_no_record_is_named_and_not_passed_over() {
    let place = tempfile::tempdir().unwrap();
    add(place.path(), record("handler")).unwrap();
    fs::write(place.path().join("handler.toml"), "").unwrap();
    let why = in_force(place.path()).unwrap_err().to_string();
    assert!(
        why.contains("handler.toml") && why.contains("take it out"),
        "{why}"
    );
}

#[test]
fn a_rig_file_says_where_its_records_are() {
    let rig = Path::new("config/demo-rig.toml");
    assert_eq!(folder(rig, None, "demo"), Path::new("config/calibrations/demo"));
    assert_eq!(
        folder(rig, Some("/data/cal"), "demo"),
        Path::new("/data/cal/demo")
    );
}
