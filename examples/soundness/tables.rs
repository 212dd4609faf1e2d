//! Where the published tables of the pipettes' plungers say two things: rows overlap, and one place of the plunger is
//! two volumes. Read off the tables (Opentrons shared-data 8.8.2); what the simulator and a driver make of such a place may
//! differ by the width, and neither is wrong.

/// From, to (in micrometres of the plunger) and the width in nanolitres, of the large pipette.
const LARGE: [(i64, i64, f64); 9] = [
    (-5503, -5494, 45.0),
    (-4506, -4500, 22.0),
    (490, 507, 119.0),
    (2509, 2514, 25.0),
    (3494, 3513, 141.0),
    (4483, 4497, 100.0),
    (7493, 7512, 146.0),
    (9486, 9495, 48.0),
    (15467, 15540, 639.0),
];

/// The same of the small one.
const SMALL: [(i64, i64, f64); 7] = [
    (-2502, -2496, 3.0),
    (-504, -497, 3.0),
    (5493, 5505, 8.0),
    (9493, 9508, 10.0),
    (11488, 11495, 4.0),
    (15480, 15497, 11.0),
    (17473, 17480, 4.0),
];

/// By how much a stroke of a model between two places may be off, in nanolitres: its steps, and what the table leaves open.
pub fn open_nl(model: &str, from_um: i64, to_um: i64) -> f64 {
    let large = model.starts_with("p300");
    let rows: &[(i64, i64, f64)] = if large { &LARGE } else { &SMALL };
    let at = |um: i64| {
        let found = rows.iter().filter(|(low, high, _)| (*low..=*high).contains(&um));
        found.map(|(.., width)| width).sum::<f64>()
    };
    let step = if large { 10.0 } else { 1.0 };
    step + at(from_um) + at(to_um)
}
