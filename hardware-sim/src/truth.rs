//! A snapshot of what is physically so, for tests and checkers.

use crate::{
    hazard::Hazard,
    num,
    world::{Cells, Mount, Part, World},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that must not happen, and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Simulated microseconds since the Unix epoch.
    pub t_us: u64,
    /// What kind.
    pub id: Hazard,
    /// Who did it: an instrument, or `operator`.
    pub instrument: String,
    /// Where.
    pub place: String,
    /// What happened.
    pub text: String,
}

/// One well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WellTruth {
    /// Loaded and dispensed less aspirated, in nanolitres: as the strokes alone make it.
    pub net_nl: f64,
    /// What is there after evaporation, in nanolitres.
    pub volume_nl: f64,
    /// Net volume by liquid; a liquid that was loaded with a strain is written `liquid:strain`.
    pub parts: BTreeMap<String, f64>,
    /// Cells by strain: optical density (1 cm) times microlitres.
    pub cells: BTreeMap<String, f64>,
    /// Optical density at 1 cm.
    pub od: f64,
}

/// A plate or reservoir.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlateTruth {
    /// A nest, `INCUBATOR/SLOT`, or the arm that holds it.
    pub place: String,
    /// File stem of its definition.
    pub labware: String,
    /// Its barcode.
    pub barcode: Option<String>,
    /// Whether a lid lies on it.
    pub lidded: bool,
    /// Whether a film is on it.
    pub sealed: bool,
    /// Time shaken since it was loaded, in microseconds.
    pub shaken_us: u64,
    /// Wells that hold or held something, by name.
    pub wells: BTreeMap<String, WellTruth>,
    /// What lies on its agar, in the order in which it came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spots: Vec<SpotTruth>,
}

/// A spot or colony on agar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpotTruth {
    /// Name of the well.
    pub well: String,
    /// To the right of the well's centre, in micrometres.
    pub x_um: i64,
    /// To the back.
    pub y_um: i64,
    /// All that was ever dispensed on it, in nanolitres; 0 of a colony.
    pub volume_nl: f64,
    /// The same by liquid, named as in wells.
    pub parts: BTreeMap<String, f64>,
    /// Cells by strain: optical density (1 cm) times microlitres.
    pub cells: BTreeMap<String, f64>,
}

/// A tip rack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RackTruth {
    /// Its nest.
    pub place: String,
    /// File stem of its definition.
    pub labware: String,
    /// Tips left.
    pub left: usize,
    /// Positions that are empty.
    pub used: Vec<String>,
}

/// Everything at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Simulated microseconds since the Unix epoch.
    pub now_us: u64,
    /// Plates and reservoirs by name.
    pub plates: BTreeMap<String, PlateTruth>,
    /// Tip racks by name.
    pub racks: BTreeMap<String, RackTruth>,
    /// Lids in lid nests: nest to the plate the lid came with.
    pub lids: BTreeMap<String, String>,
    /// Tips on the nozzles: `HANDLER/MOUNT` to tip ids with the liquid they hold in nanolitres.
    pub mounted: BTreeMap<String, BTreeMap<String, f64>>,
    /// Bodies in each zone that was ever entered.
    pub zones: BTreeMap<String, Vec<String>>,
    /// Tips in each waste bin.
    pub waste: BTreeMap<String, u64>,
    /// Reader trays and doors of stations: nest to whether it stands open.
    pub trays: BTreeMap<String, bool>,
    /// What must not have happened, in order.
    pub violations: Vec<Violation>,
}

impl Truth {
    /// How often each kind of violation was seen; kinds that were not are left out.
    #[must_use]
    pub fn hazards(&self) -> BTreeMap<Hazard, usize> {
        let mut seen = BTreeMap::new();
        for violation in &self.violations {
            *seen.entry(violation.id).or_insert(0) += 1;
        }
        seen
    }
}

fn by_liquid(parts: &BTreeMap<Part, f64>) -> BTreeMap<String, f64> {
    let name = |part: &Part| match &part.strain {
        Some(strain) => format!("{}:{strain}", part.liquid),
        None => part.liquid.clone(),
    };
    parts.iter().map(|(part, amount)| (name(part), *amount)).collect()
}

fn by_strain(cells: &BTreeMap<String, Cells>) -> BTreeMap<String, f64> {
    cells
        .iter()
        .map(|(strain, cells)| (strain.clone(), cells.amount / 1000.0))
        .collect()
}

impl Truth {
    /// Looks at the world; lets its wells catch up with `now`.
    pub(crate) fn of(world: &mut World, now: u64) -> Self {
        let names: Vec<String> = world.items.keys().cloned().collect();
        for name in names {
            world.touch(&name, now);
        }
        let mut plates = BTreeMap::new();
        let mut racks = BTreeMap::new();
        for item in world.items.values() {
            let Some(labware) = world.labware.get(&item.labware) else {
                continue;
            };
            if !item.tips.is_empty() {
                let used: Vec<String> = item
                    .tips
                    .iter()
                    .enumerate()
                    .filter(|(_, there)| !**there)
                    .map(|(index, _)| labware.well_name(index))
                    .collect();
                let left = item.tips.len() - used.len();
                racks.insert(
                    item.name.clone(),
                    RackTruth {
                        place: item.place.clone(),
                        labware: item.labware.clone(),
                        left,
                        used,
                    },
                );
            } else if !item.wells.is_empty() {
                let wells = item
                    .wells
                    .iter()
                    .enumerate()
                    .filter(|(_, well)| !well.parts.is_empty())
                    .map(|(index, well)| {
                        let truth = WellTruth {
                            net_nl: well.net_nl,
                            volume_nl: well.volume_nl,
                            parts: by_liquid(&well.parts),
                            cells: by_strain(&well.cells),
                            od: well.density(),
                        };
                        (labware.well_name(index), truth)
                    })
                    .collect();
                let plate = PlateTruth {
                    place: item.place.clone(),
                    labware: item.labware.clone(),
                    barcode: item.barcode.clone(),
                    lidded: item.lid.is_some(),
                    sealed: item.seal.is_some(),
                    shaken_us: item.shaken_us,
                    wells,
                    spots: item
                        .spots
                        .iter()
                        .map(|spot| SpotTruth {
                            well: labware.well_name(spot.well),
                            x_um: num::round_i64(spot.x_mm * 1000.0),
                            y_um: num::round_i64(spot.y_mm * 1000.0),
                            volume_nl: spot.volume_nl,
                            parts: by_liquid(&spot.parts),
                            cells: by_strain(&spot.cells),
                        })
                        .collect(),
                };
                plates.insert(item.name.clone(), plate);
            }
        }
        let mut mounted = BTreeMap::new();
        for (handler, gantry) in &world.gantries {
            for (mount, tips) in &gantry.tips {
                let held: BTreeMap<String, f64> = tips
                    .iter()
                    .flatten()
                    .map(|tip| (tip.id.clone(), tip.liquid_nl()))
                    .collect();
                if !held.is_empty() {
                    mounted.insert(format!("{handler}/{}", Mount::name(*mount)), held);
                }
            }
        }
        Self {
            now_us: now,
            plates,
            racks,
            lids: world.lids.clone(),
            mounted,
            zones: world
                .zones
                .iter()
                .map(|(zone, bodies)| (zone.clone(), bodies.iter().cloned().collect()))
                .collect(),
            waste: world.wasted.clone(),
            trays: world.trays.clone(),
            violations: world.violations.clone(),
        }
    }

    /// Liquid in all wells and tips in nanolitres, as the strokes alone make it; for balance checks.
    #[must_use]
    pub fn net_nl(&self) -> f64 {
        let wells: f64 = self
            .plates
            .values()
            .flat_map(|plate| plate.wells.values())
            .map(|well| well.net_nl)
            .sum();
        let spots: f64 = self
            .plates
            .values()
            .flat_map(|plate| plate.spots.iter())
            .map(|spot| spot.volume_nl)
            .sum();
        let tips: f64 = self.mounted.values().flat_map(|tips| tips.values()).sum();
        num::round_i64((wells + spots + tips) * 1000.0) as f64 / 1000.0
    }
}
