use crate::labware::{Labware, Library, Well};
use std::collections::BTreeSet;

fn get(name: &str) -> Labware {
    Library::load(&[]).0.get(name).unwrap().clone()
}

fn reached(name: &str, channels: u8, head: &str) -> Option<String> {
    let wells = get(name).reached(channels, head.parse().unwrap())?;
    Some(wells.iter().map(Well::to_string).collect::<Vec<_>>().join(" "))
}

#[test]
fn eight_channels_take_a_column_of_96_and_every_other_row_of_384() {
    assert_eq!(
        reached("plate-96-flat", 8, "A3").unwrap(),
        "A3 B3 C3 D3 E3 F3 G3 H3"
    );
    assert_eq!(
        reached("plate-384-flat", 8, "B24").unwrap(),
        "B24 D24 F24 H24 J24 L24 N24 P24"
    );
    assert_eq!(
        reached("plate-384-flat", 8, "C1"),
        None,
        "the eighth would stand beyond P"
    );
    assert_eq!(reached("plate-96-flat", 8, "B1"), None);
    assert_eq!(reached("plate-96-flat", 8, "A13"), None);
    assert_eq!(reached("plate-96-flat", 0, "A1"), None);
    assert_eq!(reached("cryorack-96-1ml", 4, "E1").unwrap(), "E1 F1 G1 H1");
}

#[test]
fn a_head_of_96_takes_a_whole_plate_a_quarter_of_384_or_stands_in_one_trough() {
    let wells = get("plate-96-flat").reached(96, Well::new(0, 0)).unwrap();
    let first: Vec<String> = wells.iter().take(9).map(Well::to_string).collect();
    assert_eq!(first.join(" "), "A1 B1 C1 D1 E1 F1 G1 H1 A2", "column by column");
    assert_eq!(wells.iter().collect::<BTreeSet<_>>().len(), 96);
    assert_eq!(
        reached("plate-96-flat", 96, "A2"),
        None,
        "its last column would stand beyond the plate"
    );
    let quarter = get("plate-384-flat").reached(96, Well::new(1, 1)).unwrap();
    assert!(quarter.iter().all(|w| w.row % 2 == 1 && w.column % 2 == 1));
    assert_eq!(quarter.last().unwrap().to_string(), "P24");
    assert_eq!(reached("reservoir-1", 96, "A1").unwrap(), ["A1"; 96].join(" "));
    assert_eq!(reached("agar-tray", 96, "A1").unwrap(), ["A1"; 96].join(" "));
    let twelve = get("reservoir-12").reached(96, Well::new(0, 0)).unwrap();
    assert_eq!(
        twelve.iter().collect::<BTreeSet<_>>().len(),
        12,
        "a column of nozzles in each trough"
    );
    assert_eq!(reached("reservoir-4", 96, "A1"), None);
    let heads = |name: &str| {
        get(name)
            .heads(96)
            .iter()
            .map(Well::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(heads("plate-96-deep-2ml"), "A1");
    assert_eq!(heads("plate-384-flat"), "A1 B1 A2 B2");
    assert_eq!(heads("plate-24-flat"), "");
}

#[test]
fn all_channels_stand_in_one_long_well() {
    for (name, head) in [
        ("reservoir-1", "A1"),
        ("reservoir-12", "A7"),
        ("reservoir-4", "A4"),
        ("agar-tray", "A1"),
    ] {
        assert_eq!(reached(name, 8, head).unwrap(), [head; 8].join(" "), "{name}");
        assert_eq!(get(name).row_stride(), Some(0), "{name}");
    }
}

#[test]
fn channels_do_not_fit_wells_of_another_pitch_but_a_single_one_does() {
    for name in [
        "tuberack-24-1500ul",
        "tuberack-15-15ml",
        "tuberack-6-50ml",
        "cryorack-48-2ml",
        "plate-24-deep-10ml",
        "plate-6-flat",
        "plate-12-flat",
        "plate-24-flat",
        "plate-48-flat",
        "agar-48",
    ] {
        assert_eq!(reached(name, 8, "A1"), None, "{name}");
        assert_eq!(get(name).row_stride(), None, "{name}");
        assert_eq!(get(name).heads(8), [], "{name}");
        assert_eq!(reached(name, 1, "B2").unwrap(), "B2", "{name}");
    }
    assert_eq!(reached("adapter-flat", 1, "A1"), None);
}

#[test]
fn heads_reach_every_well_once_column_by_column() {
    for (name, channels) in [
        ("plate-96-flat", 8),
        ("plate-96-flat", 4),
        ("plate-96-flat", 1),
        ("plate-384-flat", 8),
        ("plate-384-pcr", 4),
        ("plate-384-pcr", 1),
        ("tuberack-24-2ml", 1),
        ("reservoir-12", 8),
        ("agar-tray", 8),
    ] {
        let labware = get(name);
        let heads = labware.heads(channels);
        assert!(heads.is_sorted_by_key(|well| (well.column, well.row)), "{name}");
        let mut seen = BTreeSet::new();
        for head in &heads {
            let wells = labware.reached(channels, *head).unwrap();
            assert_eq!(wells.len(), usize::from(channels));
            let distinct: BTreeSet<_> = wells.into_iter().collect();
            for well in distinct {
                assert!(seen.insert(well), "{name}: {well} twice");
            }
        }
        assert_eq!(seen.len(), labware.well_count(), "{name} with {channels}");
    }
    let heads = get("plate-384-flat").heads(8);
    let first: Vec<_> = heads.iter().take(4).map(Well::to_string).collect();
    assert_eq!(first, ["A1", "B1", "A2", "B2"]);
}

#[test]
fn what_does_not_divide_is_not_covered() {
    assert_eq!(get("plate-96-flat").heads(3), []);
    assert_eq!(get("plate-96-flat").heads(255), []);
    assert_eq!(get("plate-384-flat").heads(200), []);
}
