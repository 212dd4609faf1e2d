//! Agar: spots and colonies on it, what a tip that touches it takes and leaves, and how they grow.

use super::{
    biology::{Cells, Growth},
    contact::{Tag, tags},
    gantry::Mount,
    site::Site,
    state::World,
    tips::Tip,
    well::{Part, Portion},
};
use crate::{
    hazard::Hazard,
    ledger::Event,
    num,
    quantity::Celsius,
    rng::Stream,
    text::{Labware, Shape},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Diameter of a spot in mm: what is dispensed within half of it joins the spot.
const SPOT: f64 = 4.5;
/// More than this in one spot runs, in nanolitres; nothing dries meanwhile.
const SPOT_RUNS: f64 = 10_000.0;
/// A tip within this distance in mm of a spot's or colony's middle takes cells.
const REACH: f64 = 1.5;
/// Share of a colony's cells that sticks to a tip.
const TAKEN: f64 = 0.05;
/// Share of the cells on a tip that stays where it touches bare agar.
const LEFT: f64 = 0.5;
/// A tip's end touches when it is at most this far in mm above the surface.
pub(super) const FILM: f64 = 0.1;
/// Deeper than this in mm a tip cuts the agar.
pub(super) const DEEPEST_DIP: f64 = 2.0;
/// Liquid is laid onto agar from at most this deep in it, in mm; deeper the agar stops the tip.
pub(super) const DEEPEST_SPOT: f64 = 1.0;
/// What a spot can come to hold: optical density at 1 cm times nanolitres, about 1e8 cells of yeast or bacteria. The agar
/// feeds them, so the spot's volume does not matter.
const FULL: f64 = 125_000.0;
/// Colonies grow at least this far from the wall, in mm.
const MARGIN: f64 = 4.0;
/// How often a place is drawn before the plate counts as full.
const TRIES: usize = 1_000;

/// Something on agar: what was dispensed within one spot, or a colony.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) well: usize,
    /// From the well's centre, to the right and to the back.
    pub(crate) x_mm: f64,
    pub(crate) y_mm: f64,
    pub(crate) volume_nl: f64,
    pub(crate) parts: BTreeMap<Part, f64>,
    pub(crate) cells: BTreeMap<String, Cells>,
    at_us: u64,
}

impl Spot {
    fn new(site: &Site, now: u64) -> Self {
        Self {
            well: site.well,
            x_mm: site.x_mm,
            y_mm: site.y_mm,
            volume_nl: 0.0,
            parts: BTreeMap::new(),
            cells: BTreeMap::new(),
            at_us: now,
        }
    }

    fn distance(&self, site: &Site) -> f64 {
        (self.x_mm - site.x_mm).hypot(self.y_mm - site.y_mm)
    }

    fn lives(&self) -> bool {
        self.cells.values().any(|cells| cells.amount > 0.0)
    }

    fn take_in(&mut self, strain: String, cells: Cells) {
        match self.cells.get_mut(&strain) {
            Some(there) => there.join(&cells),
            None => {
                self.cells.insert(strain, cells);
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn evolve(&mut self, now: u64, temperature: Celsius, growth: &Growth<'_>) {
        let passed = num::hours(now.saturating_sub(self.at_us));
        self.at_us = now;
        let medium = FULL / growth.biology.capacity_od.max(f64::MIN_POSITIVE);
        growth.grow(&mut self.cells, medium, temperature, passed, 1.0);
    }
}

impl World {
    /// A tip came down in a well of agar.
    pub(crate) fn dip(
        &mut self,
        handler: &str,
        mount: Mount,
        site: &Site,
        tip: &mut Tip,
        low: f64,
        now: u64,
    ) {
        let depth = site.surface_mm - low;
        if depth < -FILM {
            return;
        }
        if depth > DEEPEST_DIP {
            let text = format!(
                "tip driven {depth:.1} mm into the agar of {} of {}",
                site.well_name, site.item
            );
            self.violate(now, handler, &site.place, Hazard::TipIntoAgar, text);
        }
        let Some(mut item) = self.items.remove(&site.item) else {
            return;
        };
        let growth = self.growth();
        let mut taken = BTreeMap::new();
        let mut met = BTreeSet::new();
        let near = |spot: &&mut Spot| spot.well == site.well && spot.distance(site) <= REACH && spot.lives();
        for spot in item.spots.iter_mut().filter(near) {
            met.extend(tags(&spot.parts, &spot.cells));
            if !tip.carried.is_empty() {
                continue;
            }
            for (strain, cells) in &mut spot.cells {
                let share = cells.share(TAKEN);
                cells.amount *= 1.0 - TAKEN;
                taken
                    .entry(strain.clone())
                    .and_modify(|there: &mut Cells| there.join(&share))
                    .or_insert(share);
            }
        }
        let mut left = Vec::new();
        if met.is_empty() && !tip.carried.is_empty() {
            let mut spot = Spot::new(site, now);
            for (strain, cells) in &mut tip.carried {
                let mut share = cells.share(LEFT);
                cells.amount *= 1.0 - LEFT;
                growth.transferred(&mut share);
                spot.take_in(strain.clone(), share);
                left.push(strain.clone());
            }
            item.spots.push(spot);
        }
        self.items.insert(site.item.clone(), item);
        self.meet(handler, site, tip, &met, now);
        let names: Vec<String> = taken.keys().cloned().collect();
        tip.carried.extend(taken);
        self.record_dip(handler, mount, site, tip, low, (names, left), now);
    }

    /// A wet tip touches what lives on agar.
    fn meet(&mut self, handler: &str, site: &Site, tip: &mut Tip, met: &BTreeSet<Tag>, now: u64) {
        let foreign: Vec<String> = tip
            .film
            .difference(met)
            .filter(|tag| matches!(tag, Tag::Strain(_)))
            .map(Tag::to_string)
            .collect();
        if !foreign.is_empty() && met.iter().any(|tag| matches!(tag, Tag::Strain(_))) {
            let text = format!(
                "contamination: tip {} carries {} onto a colony in {} of {}",
                tip.id,
                foreign.join(", "),
                site.well_name,
                site.item
            );
            self.violate(now, handler, &site.place, Hazard::Contamination, text);
        }
        tip.film.extend(met.iter().cloned());
    }

    /// Liquid comes onto agar; `touches` when the tip's end is in the drop.
    pub(crate) fn spot(
        &mut self,
        handler: &str,
        site: &Site,
        tip: &mut Tip,
        (portions, touches): (Vec<Portion>, bool),
        now: u64,
    ) {
        let Some(mut item) = self.items.remove(&site.item) else {
            return;
        };
        let growth = self.growth();
        let nearest = item
            .spots
            .iter()
            .enumerate()
            .filter(|(_, spot)| spot.well == site.well && spot.distance(site) <= SPOT / 2.0)
            .min_by(|(_, a), (_, b)| a.distance(site).total_cmp(&b.distance(site)))
            .map(|(index, _)| index);
        let index = nearest.unwrap_or_else(|| {
            item.spots.push(Spot::new(site, now));
            item.spots.len() - 1
        });
        let mut met = BTreeSet::new();
        let (mut before, mut after) = (0.0, 0.0);
        if let Some(spot) = item.spots.get_mut(index) {
            met = tags(&spot.parts, &spot.cells);
            before = spot.volume_nl;
            for portion in portions {
                spot.volume_nl += portion.volume_nl;
                for (part, amount) in portion.parts {
                    *spot.parts.entry(part).or_insert(0.0) += amount;
                }
                for (strain, mut cells) in portion.cells {
                    growth.transferred(&mut cells);
                    met.insert(Tag::Strain(strain.clone()));
                    spot.take_in(strain, cells);
                }
            }
            after = spot.volume_nl;
        }
        self.items.insert(site.item.clone(), item);
        if touches {
            self.meet(handler, site, tip, &met, now);
        }
        if after > SPOT_RUNS + 0.5 && before <= SPOT_RUNS + 0.5 {
            let text = format!(
                "spot runs in {} of {}: {after:.0} nL at {:.1}, {:.1} mm",
                site.well_name, site.item, site.x_mm, site.y_mm
            );
            self.violate(now, handler, &site.place, Hazard::SpotRuns, text);
        }
    }

    /// Plants the colonies that the rig file has on a plate that was just loaded.
    pub(crate) fn plant_colonies(&mut self, name: &str, now: u64) -> Result<(), String> {
        let Some(colonies) = self.rig.simulation.colonies.get(name).cloned() else {
            return Ok(());
        };
        let labware = self.items.get(name).and_then(|item| self.definition(item));
        let Some(labware) = labware.filter(|labware| labware.agar.is_some()) else {
            return Err(format!("colonies need an agar plate, and `{name}` is none"));
        };
        let poured = colonies.agar.map(|height| Labware {
            agar: Some(height),
            ..labware.clone()
        });
        let [left, front] = labware.first_well;
        let (wells, shape) = (labware.wells().max(1), labware.shape);
        let names: Vec<String> = (0..wells).map(|well| labware.well_name(well)).collect();
        let mut stream = Stream::new(self.seed, &format!("colonies/{name}"));
        let mut spots: Vec<Spot> = Vec::new();
        let count = if colonies.at.is_empty() {
            colonies.count
        } else {
            colonies.at.len()
        };
        for number in 0..count {
            let well = number.checked_rem(wells).unwrap_or(0);
            let told = colonies
                .at
                .get(number)
                .map(|[x, y]| (x.0 - left.0, y.0 - front.0));
            let free = told.or_else(|| {
                (0..TRIES).find_map(|_| {
                    let (x_mm, y_mm) = somewhere(shape, &mut stream)?;
                    let apart = |spot: &Spot| {
                        spot.well != well || (spot.x_mm - x_mm).hypot(spot.y_mm - y_mm) >= colonies.distance.0
                    };
                    spots.iter().all(apart).then_some((x_mm, y_mm))
                })
            });
            let Some((x_mm, y_mm)) = free else {
                return Err(format!("`{name}` has no room for {} colonies", colonies.count));
            };
            let strain = colonies
                .strain
                .clone()
                .unwrap_or_else(|| format!("{name}-{}", number + 1));
            let cells = Cells {
                amount: if colonies.dead.contains(&(number + 1)) {
                    0.0
                } else {
                    FULL
                },
                lag_h: 0.0,
                resting: true,
            };
            // What the ledger says in micrometres is where it is.
            let (x_um, y_um) = (num::round_i64(x_mm * 1000.0), num::round_i64(y_mm * 1000.0));
            spots.push(Spot {
                well,
                x_mm: x_um as f64 / 1000.0,
                y_mm: y_um as f64 / 1000.0,
                volume_nl: 0.0,
                parts: BTreeMap::new(),
                cells: [(strain.clone(), cells)].into(),
                at_us: now,
            });
            let event = Event::Colony {
                name: name.to_owned(),
                well: names.get(well).cloned().unwrap_or_default(),
                strain,
                x_um,
                y_um,
            };
            self.record(now, event);
        }
        if let Some(item) = self.items.get_mut(name) {
            item.spots = spots;
            if let Some(poured) = poured {
                item.definition = Arc::new(poured);
            }
        }
        Ok(())
    }
}

/// A point in a well, away from its wall; none in a well that is all margin.
fn somewhere(shape: Shape, stream: &mut Stream) -> Option<(f64, f64)> {
    let mut within = |half: f64| (2.0 * stream.unit() - 1.0) * half;
    match shape {
        Shape::Circle { diameter } => {
            let radius = diameter.0 / 2.0 - MARGIN;
            let (x, y) = (within(radius), within(radius));
            (radius > 0.0 && x.hypot(y) <= radius).then_some((x, y))
        }
        Shape::Rectangle { x, y } => {
            let (half_x, half_y) = (x.0 / 2.0 - MARGIN, y.0 / 2.0 - MARGIN);
            (half_x > 0.0 && half_y > 0.0).then(|| (within(half_x), within(half_y)))
        }
    }
}
