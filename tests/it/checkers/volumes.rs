//! Volumes by strokes against volumes by plan.

use super::plunger::{coarse, held_nl};
use hardware_sim::{Entry, Event};
use plated::plan::Plan;
use plated::run::{Item, State};
use std::collections::BTreeMap;

/// Net nanolitres and strokes by (plate or piece, well).
#[derive(Debug, Default)]
pub struct Volumes {
    pub wells: BTreeMap<(String, String), Well>,
}

/// One well.
#[derive(Debug, Default, Clone, Copy)]
pub struct Well {
    pub net_nl: f64,
    pub p300_strokes: u32,
    pub p20_strokes: u32,
}

impl Volumes {
    /// Adds up loads and strokes of a ledger.
    pub fn of(entries: &[Entry], plan: &Plan) -> Self {
        let mut out = Self::default();
        let pieces: BTreeMap<&str, &str> = plan
            .pieces
            .iter()
            .map(|(name, p)| (p.nest.as_str(), name.as_str()))
            .collect();
        for entry in entries {
            match &entry.event {
                Event::LoadedWell {
                    name,
                    well,
                    volume_nl,
                    ..
                } => {
                    let piece = pieces.get(name.as_str()).map_or(name.as_str(), |n| n);
                    out.wells
                        .entry((piece.to_owned(), well.clone()))
                        .or_default()
                        .net_nl = *volume_nl;
                }
                Event::Stroke {
                    model,
                    from_um,
                    to_um,
                    channels,
                    place,
                    plate,
                    well: Some(well),
                    ..
                } => {
                    let item = match (plate, place) {
                        (Some(plate), _) => plate.clone(),
                        (None, Some(place)) => pieces
                            .get(place.as_str())
                            .map_or(place.clone(), |n| (*n).to_owned()),
                        (None, None) => continue,
                    };
                    let moved = held_nl(model, *from_um) - held_nl(model, *to_um);
                    let row = well.as_bytes()[0];
                    // On 384 wells, a pipette for 96 reaches every second row.
                    let stride = plan
                        .plates
                        .get(&plated::plan::PlateId::from(item.as_str()))
                        .map_or(plated::labware::Stride::ONE, |p| p.stride);
                    for channel in 0..u8::try_from(*channels).unwrap() {
                        // A reservoir has one well under all channels.
                        let reservoir = plan.pieces.contains_key(&item);
                        let name = if reservoir {
                            well.clone()
                        } else {
                            // Eight to a column; a head for a whole plate goes on in the next one.
                            let row = char::from(row + channel % 8 * stride.rows);
                            let column: u8 = well[1..].parse().unwrap();
                            format!("{row}{}", column + channel / 8 * stride.columns)
                        };
                        let well = out.wells.entry((item.clone(), name)).or_default();
                        well.net_nl += moved;
                        if coarse(model) {
                            well.p300_strokes += 1;
                        } else {
                            well.p20_strokes += 1;
                        }
                    }
                }
                _ => {}
            }
        }
        out
    }
}

/// Every well of the plan holds by strokes what it holds by plan, to the plunger's resolution: 10 nL per P300 stroke
/// and 1 nL per P20 stroke. Returns how many wells were compared.
pub fn compare(volumes: &Volumes, state: &State) -> usize {
    let mut compared = 0;
    for ((item, well), volume) in &state.belief.volumes {
        let name = match item {
            Item::Plate(plate) => plate.to_string(),
            Item::Piece(name) => name.clone(),
        };
        let found = volumes
            .wells
            .get(&(name.clone(), well.to_string()))
            .copied()
            .unwrap_or_default();
        let allowed = f64::from(found.p300_strokes) * 10.0 + f64::from(found.p20_strokes);
        let off = (found.net_nl - volume.get() as f64).abs();
        assert!(
            off <= allowed,
            "{name} {well}: {} nL by strokes, {volume} by plan; {off:.1} nL apart, {allowed} allowed",
            found.net_nl
        );
        compared += 1;
    }
    compared
}
