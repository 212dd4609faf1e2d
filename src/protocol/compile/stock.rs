//! Tips, tip waste and reservoirs as they are used up over the plan.

use crate::labware::{Kind, Well};
use crate::plan::LabwareName;
use crate::protocol::scene::Scene;
use crate::rig::{NestId, Pipette};
use crate::units::{Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A tip rack.
pub(super) struct Rack {
    pub name: String,
    pub labware: LabwareName,
    pub nest: NestId,
    rows: u8,
    columns: u8,
    used: BTreeSet<Well>,
}

/// What one operation uses up.
#[derive(Default)]
pub(super) struct Need<'a> {
    /// Sets of tips (one per channel) by pipette.
    pub sets: Vec<(&'a Pipette, u64)>,
    /// Volumes from reservoirs, by piece.
    pub volumes: BTreeMap<String, Volume>,
}

/// Everything that is used up.
pub(super) struct Stock {
    racks: Vec<Rack>,
    waste: u64,
    waste_capacity: Option<u64>,
    pub reservoirs: BTreeMap<String, Reservoir>,
}

/// A reservoir's level.
pub(super) struct Reservoir {
    pub nest: NestId,
    pub liquid: String,
    pub level: Volume,
    pub loaded: Volume,
    pub capacity: Volume,
    pub dead: Volume,
    /// What the rest of the plan still draws.
    pub ahead: Volume,
}

/// A tip position: nest, labware, well of channel 1.
pub(super) type TipSite = (NestId, LabwareName, Well);

impl Stock {
    pub fn new(scene: &Scene<'_>, demand: &BTreeMap<String, Volume>) -> Self {
        let mut racks = Vec::new();
        let mut reservoirs = BTreeMap::new();
        for s in &scene.standing {
            match s.labware.kind {
                Kind::TipRack => racks.push(Rack {
                    name: s.name.clone(),
                    labware: s.labware.name.as_str().into(),
                    nest: s.nest.clone(),
                    rows: s.labware.rows,
                    columns: s.labware.columns,
                    used: BTreeSet::new(),
                }),
                Kind::Reservoir => {
                    let ahead = demand.get(&s.piece.name.value).copied().unwrap_or_default();
                    // Eight channels take up their backlash at once.
                    let overshoot = scene.handler().map_or(Volume::nl(0), |(_, handler)| {
                        let of = |p: &Pipette| p.overshoot().times(i64::from(p.channels));
                        handler.pipettes.values().map(of).max().unwrap_or_default()
                    });
                    let dead = s.labware.dead_volume.plus(overshoot);
                    let needed = ahead.plus(dead).min(s.labware.capacity);
                    let loaded = s.piece.volume.as_ref().map_or(needed, |v| v.value);
                    reservoirs.insert(
                        s.name.clone(),
                        Reservoir {
                            nest: s.nest.clone(),
                            liquid: s
                                .piece
                                .liquid
                                .as_ref()
                                .map(|l| l.value.clone())
                                .unwrap_or_default(),
                            level: loaded,
                            loaded,
                            capacity: s.labware.capacity,
                            dead,
                            ahead,
                        },
                    );
                }
                Kind::Plate | Kind::AgarPlate | Kind::TubeRack | Kind::Adapter | Kind::Waste => {}
            }
        }
        let waste_capacity = scene.waste().and_then(|(_, w)| w.capacity_tips).map(u64::from);
        Self {
            racks,
            waste: 0,
            waste_capacity,
            reservoirs,
        }
    }

    /// Takes the next set of tips for a pipette; counts it into the waste.
    pub fn take(&mut self, pipette: &Pipette) -> Option<TipSite> {
        let rack = self
            .racks
            .iter_mut()
            .filter(|r| pipette.tip_racks.iter().any(|t| t == r.labware.as_str()));
        for rack in rack {
            let Some(well) = rack.sets(pipette.channels).next() else {
                continue;
            };
            let wells = rack.set(well, pipette.channels);
            rack.used.extend(wells);
            self.waste += u64::from(pipette.channels);
            return Some((rack.nest.clone(), rack.labware.clone(), well));
        }
        None
    }

    /// Draws from a reservoir.
    pub fn draw(&mut self, name: &str, volume: Volume) {
        if let Some(r) = self.reservoirs.get_mut(name) {
            r.level = r.level.minus(volume);
            r.ahead = r.ahead.minus(volume);
        }
    }

    /// Whether an operation can be done with what is there.
    pub fn covers(&self, need: &Need<'_>) -> bool {
        let mut dropped = 0;
        for (pipette, sets) in &need.sets {
            dropped += sets * u64::from(pipette.channels);
            let racks = self
                .racks
                .iter()
                .filter(|r| pipette.tip_racks.iter().any(|t| t == r.labware.as_str()));
            let there: usize = racks.map(|r| r.sets(pipette.channels).count()).sum();
            if u64::try_from(there).unwrap_or(u64::MAX) < *sets {
                return false;
            }
        }
        if self.waste_capacity.is_some_and(|c| self.waste + dropped > c) {
            return false;
        }
        need.volumes.iter().all(|(name, volume)| {
            self.reservoirs
                .get(name)
                .is_none_or(|r| r.level.minus(*volume) >= r.dead)
        })
    }

    /// Makes everything fresh; tells what was: used racks, reservoirs that needed more, whether the waste had tips.
    pub fn replenish(&mut self) -> Replenished {
        let mut out = Replenished {
            waste: self.waste > 0,
            ..Replenished::default()
        };
        self.waste = 0;
        for rack in &mut self.racks {
            if !rack.used.is_empty() {
                rack.used.clear();
                out.racks.push((
                    rack.name.clone(),
                    rack.labware.as_str().to_owned(),
                    rack.nest.clone(),
                ));
            }
        }
        for (name, r) in &mut self.reservoirs {
            if r.level.minus(r.ahead) < r.dead {
                // Whole millilitres are what a person pours.
                let wanted = r.ahead.plus(r.dead).base().div_euclid(1_000_000) + 1;
                let wanted = i64::try_from(wanted)
                    .unwrap_or(i64::MAX)
                    .saturating_mul(1_000_000);
                r.level = r.loaded.max(Volume::nl(wanted)).min(r.capacity);
                out.refilled
                    .push((name.clone(), r.nest.clone(), r.liquid.clone(), r.level));
            }
        }
        out
    }
}

/// What a replenishment replaced.
#[derive(Default)]
pub(super) struct Replenished {
    /// Name, labware and nest of each used rack.
    pub racks: Vec<(String, String, NestId)>,
    /// Name, nest, liquid and new level.
    pub refilled: Vec<(String, NestId, String, Volume)>,
    pub waste: bool,
}

impl Rack {
    /// Where channel 1 would take a full set, in order.
    fn sets(&self, channels: u8) -> impl Iterator<Item = Well> + '_ {
        let step = usize::from(channels.max(1));
        (0..self.columns)
            .flat_map(move |column| {
                (0..self.rows)
                    .step_by(step)
                    .map(move |row| Well::new(row, column))
            })
            .filter(move |well| self.set(*well, channels).iter().all(|w| !self.used.contains(w)))
    }
    fn set(&self, well: Well, channels: u8) -> Vec<Well> {
        let last = well.row.saturating_add(channels).min(self.rows);
        (well.row..last).map(|row| Well::new(row, well.column)).collect()
    }
}
