use crate::labware::{Labware, Library};
use crate::units::{Length, Volume};
use proptest::prelude::*;

fn wet() -> Vec<Labware> {
    let (library, _) = Library::load(&[]);
    library.all().filter(|l| l.kind.holds_liquid()).cloned().collect()
}

fn get(name: &str) -> Labware {
    Library::load(&[]).0.get(name).unwrap().clone()
}

proptest! {
    #[test]
    fn height_and_volume_undo_each_other_to_a_micrometre(part in 0.0..1.2_f64, more in 0..1_000_000_i64) {
        for labware in wet() {
            let capacity = labware.capacity.as_ul();
            let volume: Volume = crate::units::Quantity::parse(&format!("{:.3} uL", capacity * part)).unwrap();
            let height = labware.height(volume);
            let below = labware.volume_at(height);
            let above = labware.volume_at(height.plus(Length::um(1)));
            prop_assert!(below <= volume, "{}: {volume} stands {height} high, where {below} are", labware.name);
            prop_assert!(volume <= above.plus(Volume::nl(1)), "{}: {volume} at {height}, {above}", labware.name);
            let higher = labware.height(volume.plus(Volume::nl(more)));
            prop_assert!(higher >= height, "{}: {more} nL more stand lower", labware.name);
            // And the other way round: what stands at a height stands at that height.
            let there = labware.height(labware.volume_at(height.plus(Length::um(1))));
            prop_assert!(there >= height && there <= height.plus(Length::um(1)), "{}: {height} {there}", labware.name);
        }
    }
}

#[test]
fn liquid_stands_higher_over_a_narrow_bottom() {
    let volume = Volume::nl(50_000);
    let [flat, u, v] = ["plate-96-flat", "plate-96-u", "plate-96-v"].map(|name| get(name).height(volume));
    assert_eq!(flat, Length::um(1_352), "50 uL over 36.96 mm2");
    // Cap of a sphere: pi h2 (r - h/3) = 50 mm3 at r = 3.43 mm.
    assert_eq!(u, Length::um(2_471));
    // Cone of 3 mm and 36.96 mm3, then straight.
    assert_eq!(v, Length::um(3_352));
}

#[test]
fn the_optical_path_is_the_height_of_the_liquid() {
    let u = get("plate-96-u");
    let volume = Volume::nl(200_000);
    assert!((u.path_length_cm(volume) - u.height(volume).as_mm() / 10.0).abs() < 1e-9);
    let flat = get("plate-96-flat");
    assert!((flat.path_length_cm(volume) - flat.height(volume).as_mm() / 10.0).abs() < 1e-4);
    assert_eq!(
        get("tiprack-300").path_length_cm(volume).to_bits(),
        0.0_f64.to_bits()
    );
}

#[test]
fn liquid_on_agar_stands_on_the_agar() {
    let tray = get("agar-tray");
    assert_eq!(tray.floor(), Length::um(4_100));
    assert_eq!(tray.height(Volume::nl(0)), Length::um(4_100));
    assert_eq!(tray.volume_at(Length::um(4_000)), Volume::nl(0));
    // 9.76 mL over 122 mm by 80 mm are 1 mm.
    assert_eq!(tray.height(Volume::nl(9_760_000)), Length::um(5_100));
    assert!((tray.path_length_cm(Volume::nl(9_760_000)) - 0.1).abs() < 1e-9);
}

#[test]
fn above_the_rim_walls_go_on_straight() {
    let plate = get("plate-96-flat");
    let space = plate.space();
    let depth = plate.geometry.well_depth;
    assert!(
        depth.minus(plate.height(space)) <= Length::um(1),
        "a nanolitre was rounded off"
    );
    assert!(plate.height(space.times(2)) > depth.times(2).minus(Length::um(3)));
    assert_eq!(get("waste-bin").height(space), Length::um(0));
}
