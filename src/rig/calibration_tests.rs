use super::*;

const RECORD: &str = r#"[record]
rig = "demo"
instrument = "handler"
version = 3

[calibration]
author = "Ada"
residual = "0.012 mm"
date = "2026-11-01"
valid_for = "180 d"
due = "2027-02-01"
deck = ["1.3 mm", "-0.8 mm", "0.5 mm"]
turn = 0.250
tilt = [-0.100, 0.050]

[calibration.pipette_offsets]
"p300-multi" = ["0.1 mm", "0 mm", "-0.2 mm"]

[calibration.labware_offsets]
"deck-8" = ["0 mm", "0.3 mm", "0 mm"]

[calibration.tip_lengths]
"tiprack-300" = "59.3 mm"
"#;

fn record(text: &str) -> (Option<CalibrationRecord>, Vec<Diagnostic>) {
    CalibrationRecord::parse(&SourceFile {
        name: "handler-0003.toml".into(),
        text: text.into(),
    })
}

#[test]
fn a_record_is_read_and_written_without_loss() {
    let (read, found) = record(RECORD);
    assert_eq!(found, []);
    let read = read.unwrap();
    assert_eq!(read.to_text(), RECORD);
    assert_eq!(record(&read.to_text()).0, Some(read));
}

#[test]
fn a_record_with_a_strange_key_is_refused() {
    let (read, found) = record(&RECORD.replace("residual", "residue"));
    assert_eq!(read, None);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn turn_tilt_and_offsets_add_up_at_a_point() {
    let calibration = record(RECORD).0.unwrap().calibration;
    let (handler, multi) = (InstrumentId::new("handler"), PipetteId::new("p300-multi"));
    let at = |nest: &str, x, y| {
        calibration.at(
            &handler,
            &multi,
            &NestId::new(nest),
            (Length::um(x), Length::um(y)),
        )
    };
    // 0.25 mm per m of 200 mm, 0.1 of 400, 0.05 of 200; the nozzle hangs 0.1 mm to the right and 0.2 lower.
    let found = at("deck-1", 400_000, 200_000);
    let wanted = Point {
        x: Length::um(1_300 - 50 - 100),
        y: Length::um(-800 + 100),
        z: Length::um(500 - 40 + 10 + 200),
    };
    assert_eq!(found, wanted);
    assert_eq!(at("deck-8", 0, 0).y, Length::um(-800 + 300));
}

#[test]
fn the_sooner_of_due_and_valid_for_counts() {
    let calibration = record(RECORD).0.unwrap().calibration;
    let handler = InstrumentId::new("handler");
    let on = |day: &str| calibration.trouble(&handler, Day::parse(day));
    assert_eq!(on("2027-02-01"), None);
    let why = on("2027-02-02").unwrap();
    assert!(
        why.contains("was good until 2027-02-01; today is 2027-02-02"),
        "{why}"
    );
    let unknown = calibration.trouble(&InstrumentId::new("mover"), None).unwrap();
    assert!(unknown.contains("\"mover\" was never calibrated"), "{unknown}");
}

#[test]
fn a_record_takes_the_place_of_all_that_the_rig_file_says() {
    let mut rig = record(RECORD).0.unwrap().calibration;
    let handler = InstrumentId::new("handler");
    let mover = InstrumentId::new("mover");
    rig.grip_height.insert(mover.clone(), Length::um(6_000));
    let text = "[record]\nrig = \"demo\"\ninstrument = \"handler\"\nversion = 4\n[calibration]\ndate = \"2026-11-02\"\n";
    let newer = record(text).0.unwrap();
    rig.replace(&handler, newer.calibration.clone());
    assert_eq!(rig.tip_lengths.len() + rig.deck.len() + rig.turns.len(), 0);
    assert_eq!(rig.told[&handler].version, Some(4));
    assert_eq!(rig.grip(&mover, &NestId::new("hotel-1")), Some(Length::um(6_000)));
}
