use super::*;
use crate::drivers::testing::{library, rig};
use crate::labware::Well;
use crate::rig::Role;

fn pipette(name: &str) -> Pipette {
    let rig = rig();
    let Role::LiquidHandler(handler) = &rig.instruments["handler"].role else {
        panic!()
    };
    handler.pipettes[name].clone()
}

fn um(x: i64, y: i64) -> (Length, Length) {
    (Length::um(x), Length::um(y))
}

#[test]
fn channel_one_is_brought_over_its_well() {
    let (rig, library) = (rig(), library());
    let deck = rig.calibration.deck["handler"];
    let place = |nest: &str| rig.nests[nest].position.unwrap();
    let plate = library.get("plate-96-flat").unwrap();
    // 265 + 14.38 + 99 + 1.3 + 34, 181 + 74.24 − 0.8 − 31.5
    let multi = pipette("p300-multi");
    assert_eq!(
        carriage(&multi, &place("deck-9"), plate, Well::new(0, 11), deck),
        um(413_680, 222_940)
    );
    // 265 + 14.38 + 1.3, 181 + 74.24 − 63 − 0.8
    let single = pipette("p20-single");
    assert_eq!(
        carriage(&single, &place("deck-9"), plate, Well::new(7, 0), deck),
        um(280_680, 191_440)
    );
    // One row: the middle of the eight channels over the middle of the trough.
    let trough = library.get("reservoir-1").unwrap();
    assert_eq!(
        carriage(&multi, &place("deck-7"), trough, Well::new(0, 0), deck),
        um(99_180, 222_940)
    );
    assert_eq!(
        carriage(&single, &place("deck-7"), trough, Well::new(0, 0), deck),
        um(65_180, 222_940)
    );
}

#[test]
fn the_tips_end_is_brought_to_the_height_wanted() {
    let (rig, library) = (rig(), library());
    let deck = rig.calibration.deck["handler"];
    let plate = library.get("plate-96-flat").unwrap();
    let place = rig.nests["deck-9"].position.unwrap();
    let bottom = tip_end(&place, plate, Height::FromBottom(Length::um(1_000)), deck);
    assert_eq!(bottom, Length::um(3_550 + 1_000 + 500));
    let top = tip_end(&place, plate, Height::FromTop(Length::um(-2_000)), deck);
    assert_eq!(top, Length::um(14_220 - 2_000 + 500));
    let multi = pipette("p300-multi");
    assert_eq!(
        lift_position(&multi, bottom, Length::um(59_300 - 7_470)),
        Length::um(5_050 + 51_830)
    );
}
