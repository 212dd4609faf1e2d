//! Tips, tip waste, baths and reservoirs as they are used up over the plan.

use crate::labware::{Kind, Nozzles, Stride, Well};
use crate::plan::LabwareName;
use crate::protocol::moves::{Stroke, VesselId, Walk, What, doubt_of, scattered};
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::protocol::source::liquid::Pick;
use crate::rig::{InstrumentId, NestId, Pipette, PipetteId, Role};
use crate::units::{Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A well of a supplied reservoir: the piece's position, the well.
pub(in crate::protocol) type Tap = (usize, Well);

/// A tip position: nest, labware, well of channel 1.
pub(super) type TipSite = (NestId, LabwareName, Well);

/// A tip rack.
struct Rack {
    name: String,
    labware: LabwareName,
    nest: NestId,
    rows: u8,
    columns: u8,
    used: BTreeSet<Well>,
    /// Gone at the start.
    gone: BTreeSet<Well>,
    /// Position, column by column, before which no set of tips is left, by channels.
    from: BTreeMap<u8, usize>,
}

/// What one operation uses up.
#[derive(Default)]
pub(super) struct Need<'a> {
    /// Sets of tips (one per channel) by pipette.
    pub sets: Vec<(&'a Pipette, u64)>,
    /// Volumes from reservoirs.
    pub volumes: BTreeMap<Tap, Volume>,
    /// How often pins are sterilised, by pin tool.
    pub baths: BTreeMap<PipetteId, u64>,
    /// What runs off, by pump.
    pub drained: BTreeMap<InstrumentId, Volume>,
}

/// Everything that is used up.
pub(super) struct Stock {
    racks: Vec<Rack>,
    waste: u64,
    waste_capacity: Option<u64>,
    baths: BTreeMap<PipetteId, Baths>,
    drains: BTreeMap<InstrumentId, Drain>,
    pub taps: BTreeMap<Tap, Level>,
}

/// How often the baths of a pin tool sterilise, and have done since they were filled.
struct Baths {
    uses: u64,
    used: u64,
}

/// What the container under a wash station takes, and what is in it.
struct Drain {
    wash: NestId,
    capacity: Volume,
    level: Volume,
}

/// A reservoir's level.
pub(super) struct Level {
    pub name: String,
    pub nest: NestId,
    pub liquid: String,
    pub level: Volume,
    pub loaded: Volume,
    pub capacity: Volume,
    pub dead: Volume,
    /// What the rest of the plan still draws.
    pub ahead: Volume,
}

/// What each well of a supplied reservoir gives over the whole run, picks at their longest.
pub(in crate::protocol) fn demand(scene: &Scene<'_>, walk: &Walk<'_>) -> BTreeMap<Tap, Volume> {
    let mut out: BTreeMap<Tap, Volume> = BTreeMap::new();
    let mut draw = |tap: Tap, volume: Volume| {
        let total = out.entry(tap).or_default();
        *total = total.plus(volume);
    };
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let StepWork::Pick(p) = &step.work {
            if let Some((piece, _)) = scene.holder(&p.fill.from.value) {
                draw((piece, Well::new(0, 0)), pick_volume(scene, walk, index, p));
            }
            continue;
        }
        for visit in walk.steps.get(&index).into_iter().flat_map(|l| &l.visits) {
            for ((vessel, well), volume) in walk.supplied(visit) {
                if let Some(piece) = piece_of(walk, vessel) {
                    draw((piece, well), volume);
                }
            }
        }
    }
    out
}

/// The position of the piece that a vessel is.
pub(in crate::protocol) fn piece_of(walk: &Walk<'_>, vessel: VesselId) -> Option<usize> {
    match walk.vessels.get(vessel)?.what {
        What::Piece(index) => Some(index),
        What::Plate(_) => None,
    }
}

/// Medium for the longest picklist of a step.
pub(in crate::protocol) fn pick_volume(
    scene: &Scene<'_>,
    walk: &Walk<'_>,
    index: usize,
    pick: &Pick,
) -> Volume {
    let columns = walk.picks.get(&index).map_or(0, |n| n.columns);
    let channels = scene
        .pipette(&pick.fill.pipette.value)
        .map_or(1, |(_, p)| u64::from(p.channels));
    let times = i64::try_from(columns.saturating_mul(channels)).unwrap_or(i64::MAX);
    pick.fill.volume.value.times(times)
}

/// What stays in a reservoir beside its dead volume, for a moment at least: all channels take up their backlash at once.
pub(in crate::protocol) fn backlash(scene: &Scene<'_>) -> Volume {
    scene.handler().map_or(Volume::nl(0), |(_, handler)| {
        let of = |p: &Pipette| p.overshoot().times(i64::from(p.channels));
        handler.pipettes.values().map(of).max().unwrap_or_default()
    })
}

/// Three standard deviations of what each well of a supplied reservoir gives, by the random error of the pipettes.
pub(in crate::protocol) fn scatter(scene: &Scene<'_>, walk: &Walk<'_>) -> BTreeMap<Tap, Volume> {
    let mut variances: BTreeMap<Tap, f64> = BTreeMap::new();
    for tips in walk.steps.values().flat_map(|l| &l.visits).flat_map(|v| &v.uses) {
        let Some((_, pipette)) = walk.hand(tips.pipette) else {
            continue;
        };
        let error = pipette.random_error.as_share();
        if error <= 0.0 {
            continue;
        }
        for op in tips.ops.iter().filter(|op| op.what == Stroke::Draw) {
            let supplied = walk.vessels.get(op.vessel).is_some_and(|v| v.supplied);
            if let Some(piece) = piece_of(walk, op.vessel).filter(|_| supplied) {
                let all = scattered(op.volume, error) * f64::from(pipette.channels);
                *variances.entry((piece, op.head)).or_default() += all;
            }
        }
    }
    for (index, need) in &walk.picks {
        let Some(StepWork::Pick(p)) = scene.source.steps.get(*index).map(|s| &s.work) else {
            continue;
        };
        let filled = scene.holder(&p.fill.from.value);
        let pipette = scene.pipette(&p.fill.pipette.value);
        if let (Some((piece, _)), Some((_, pipette))) = (filled, pipette) {
            let one = scattered(p.fill.volume.value, pipette.random_error.as_share());
            // A plate has fewer columns than a float counts exactly.
            let times =
                f64::from(u32::try_from(need.columns).unwrap_or(u32::MAX)) * f64::from(pipette.channels);
            *variances.entry((piece, Well::new(0, 0))).or_default() += one * times;
        }
    }
    variances.into_iter().map(|(tap, v)| (tap, doubt_of(v))).collect()
}

impl Stock {
    pub fn new(scene: &Scene<'_>, walk: &Walk<'_>, demand: &BTreeMap<Tap, Volume>) -> Self {
        let mut racks = Vec::new();
        let mut taps = BTreeMap::new();
        let scatter = scatter(scene, walk);
        for (index, s) in scene.standing.iter().enumerate() {
            if s.labware.kind == Kind::TipRack {
                let gone: BTreeSet<Well> = s
                    .piece
                    .used
                    .iter()
                    .flat_map(|u| u.value.iter().copied())
                    .collect();
                racks.push(Rack {
                    name: s.name.clone(),
                    labware: s.labware.name.as_str().into(),
                    nest: s.nest.clone(),
                    rows: s.labware.rows,
                    columns: s.labware.columns,
                    used: gone.clone(),
                    gone,
                    from: BTreeMap::new(),
                });
            }
            let supplied = walk
                .vessels
                .standing(index)
                .and_then(|v| walk.vessels.get(v))
                .is_some_and(|v| v.supplied);
            if !supplied {
                continue;
            }
            let dead = s.labware.dead_volume.plus(backlash(scene));
            for held in &s.piece.contents {
                let tap = (index, held.well);
                let ahead = demand.get(&tap).copied().unwrap_or_default();
                let dead = dead.plus(scatter.get(&tap).copied().unwrap_or_default());
                let needed = ahead.plus(dead).min(s.labware.capacity);
                let loaded = held.volume.as_ref().map_or(needed, |v| v.value);
                let level = Level {
                    name: s.name.clone(),
                    nest: s.nest.clone(),
                    liquid: held.liquid.value.clone(),
                    level: loaded,
                    loaded,
                    capacity: s.labware.capacity,
                    dead,
                    ahead,
                };
                taps.insert(tap, level);
            }
        }
        let waste_capacity = scene.waste().and_then(|(_, w)| w.capacity_tips).map(u64::from);
        Self {
            racks,
            waste: 0,
            waste_capacity,
            baths: baths(scene),
            drains: drains(scene),
            taps,
        }
    }

    /// Takes the next set of tips for a pipette; counts it into the waste.
    pub fn take(&mut self, pipette: &Pipette) -> Option<TipSite> {
        let racks = self.racks.iter_mut().filter(|r| fits(pipette, r));
        for rack in racks {
            if let Some(well) = rack.take(pipette.channels) {
                self.waste += u64::from(pipette.channels);
                return Some((rack.nest.clone(), rack.labware.clone(), well));
            }
        }
        None
    }

    /// Counts what runs off.
    pub fn drain(&mut self, pump: &InstrumentId, volume: Volume) {
        if let Some(drain) = self.drains.get_mut(pump) {
            drain.level = drain.level.plus(volume);
        }
    }

    /// Counts a sterilisation.
    pub fn sterilised(&mut self, id: &PipetteId) {
        if let Some(baths) = self.baths.get_mut(id) {
            baths.used += 1;
        }
    }

    /// Draws from reservoirs.
    pub fn draw(&mut self, volumes: &BTreeMap<Tap, Volume>) {
        for (tap, volume) in volumes {
            if let Some(r) = self.taps.get_mut(tap) {
                r.level = r.level.minus(*volume);
                r.ahead = r.ahead.minus(*volume);
            }
        }
    }

    /// Whether an operation can be done with what is there.
    pub fn covers(&self, need: &Need<'_>) -> bool {
        let mut dropped = 0;
        for (pipette, sets) in &need.sets {
            dropped += sets * u64::from(pipette.channels);
            let there: u64 = self
                .racks
                .iter()
                .filter(|r| fits(pipette, r))
                .map(|r| r.left(pipette.channels))
                .sum();
            if there < *sets {
                return false;
            }
        }
        if self.waste_capacity.is_some_and(|c| self.waste + dropped > c) {
            return false;
        }
        let lasts =
            |(id, times): (&PipetteId, &u64)| self.baths.get(id).is_none_or(|b| b.used + times <= b.uses);
        if !need.baths.iter().all(lasts) {
            return false;
        }
        let takes = |(id, volume): (&InstrumentId, &Volume)| {
            let drain = self.drains.get(id);
            drain.is_none_or(|d| d.level.plus(*volume) <= d.capacity)
        };
        if !need.drained.iter().all(takes) {
            return false;
        }
        need.volumes.iter().all(|(tap, volume)| {
            self.taps
                .get(tap)
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
                out.racks.push(rack.renew());
            }
        }
        for (id, drain) in &mut self.drains {
            if std::mem::take(&mut drain.level).get() > 0 {
                out.drains.push((id.clone(), drain.wash.clone()));
            }
        }
        for (id, baths) in &mut self.baths {
            if std::mem::take(&mut baths.used) > 0 {
                out.baths.push(id.clone());
            }
        }
        for ((_, well), r) in &mut self.taps {
            if r.level.minus(r.ahead) < r.dead {
                r.level = r.wanted();
                out.refilled
                    .push((r.name.clone(), r.nest.clone(), *well, r.liquid.clone(), r.level));
            }
        }
        out
    }

    /// Makes one piece fresh: a rack full of tips, or a reservoir filled up.
    pub fn replace(&mut self, name: &str, well: Option<Well>) -> Replenished {
        let mut out = Replenished::default();
        for rack in self.racks.iter_mut().filter(|r| r.name == name) {
            out.racks.push(rack.renew());
        }
        for ((_, at), r) in &mut self.taps {
            if r.name == name && well.is_none_or(|w| w == *at) {
                r.level = r.wanted();
                out.refilled
                    .push((r.name.clone(), r.nest.clone(), *at, r.liquid.clone(), r.level));
            }
        }
        out
    }

    /// Tips that are gone from a rack at the start.
    pub fn gone(&self, name: &str) -> Vec<Well> {
        let rack = self.racks.iter().find(|r| r.name == name);
        rack.map_or_else(Vec::new, |r| r.gone.iter().copied().collect())
    }
}

impl Level {
    /// What a person fills it up to: whole millilitres.
    fn wanted(&self) -> Volume {
        let wanted = self.ahead.plus(self.dead).base().div_euclid(1_000_000) + 1;
        let wanted = i64::try_from(wanted)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000);
        self.loaded.max(Volume::nl(wanted)).min(self.capacity)
    }
}

/// What a replenishment replaced.
#[derive(Default)]
pub(super) struct Replenished {
    /// Name, labware and nest of each used rack.
    pub racks: Vec<(String, String, NestId)>,
    /// Name, nest, well, liquid and new level.
    pub refilled: Vec<(String, NestId, Well, String, Volume)>,
    pub waste: bool,
    /// Pin tools whose baths were changed.
    pub baths: Vec<PipetteId>,
    /// Pumps whose drains were emptied, with their wash stations.
    pub drains: Vec<(InstrumentId, NestId)>,
}

/// The drain of every pump that says how much it takes, empty.
fn drains(scene: &Scene<'_>) -> BTreeMap<InstrumentId, Drain> {
    let probes = scene.handler().into_iter().flat_map(|(_, h)| h.pipettes.values());
    let of = |p: &Pipette| {
        let probe = p.probe.as_ref()?;
        let Role::Pump(pump) = &scene.rig.instruments.get(&probe.pump)?.role else {
            return None;
        };
        let drain = Drain {
            wash: probe.wash.clone(),
            capacity: pump.drain?,
            level: Volume::nl(0),
        };
        Some((probe.pump.clone(), drain))
    };
    probes.filter_map(of).collect()
}

/// The baths of every pin tool, fresh.
fn baths(scene: &Scene<'_>) -> BTreeMap<PipetteId, Baths> {
    let tools = scene.handler().into_iter().flat_map(|(_, h)| &h.pipettes);
    let of = |(id, p): (&PipetteId, &Pipette)| {
        let uses = u64::from(p.pins.as_ref()?.uses);
        Some((id.clone(), Baths { uses, used: 0 }))
    };
    tools.filter_map(of).collect()
}

fn fits(pipette: &Pipette, rack: &Rack) -> bool {
    pipette.tip_racks.iter().any(|t| t == rack.labware.as_str())
}

impl Rack {
    /// A full rack again, as name, labware and nest.
    fn renew(&mut self) -> (String, String, NestId) {
        self.used.clear();
        self.from.clear();
        (
            self.name.clone(),
            self.labware.as_str().to_owned(),
            self.nest.clone(),
        )
    }
    /// Sets of tips along a column and along a row, the last ones maybe not whole.
    fn blocks(&self, channels: u8) -> (usize, usize) {
        let nozzles = Nozzles::of(channels.max(1));
        let along = |count: u8, nozzles: u8| usize::from(count).div_ceil(usize::from(nozzles.max(1)));
        (
            along(self.rows, nozzles.rows),
            along(self.columns, nozzles.columns),
        )
    }
    /// Positions of channel 1, column by column.
    fn positions(&self, channels: u8) -> usize {
        let (rows, columns) = self.blocks(channels);
        rows.saturating_mul(columns)
    }
    /// The well of a position.
    fn position(&self, channels: u8, at: usize) -> Option<Well> {
        let nozzles = Nozzles::of(channels.max(1));
        let (rows, _) = self.blocks(channels);
        let well = |block: usize, nozzles: u8| u8::try_from(block.checked_mul(usize::from(nozzles))?).ok();
        let column = well(at.checked_div(rows)?, nozzles.columns)?;
        let row = well(at.checked_rem(rows)?, nozzles.rows)?;
        Some(Well::new(row, column))
    }
    fn is_whole(&self, well: Well, channels: u8) -> bool {
        let there = |w: Well| w.row < self.rows && w.column < self.columns && !self.used.contains(&w);
        Stride::ONE.wells(channels, well).all(there)
    }
    fn take(&mut self, channels: u8) -> Option<Well> {
        let begin = self.from.get(&channels).copied().unwrap_or(0);
        for at in begin..self.positions(channels) {
            self.from.insert(channels, at);
            let Some(well) = self
                .position(channels, at)
                .filter(|w| self.is_whole(*w, channels))
            else {
                continue;
            };
            self.used.extend(Stride::ONE.wells(channels, well));
            return Some(well);
        }
        None
    }
    /// Sets of tips that are left.
    fn left(&self, channels: u8) -> u64 {
        let begin = self.from.get(&channels).copied().unwrap_or(0);
        let whole = (begin..self.positions(channels))
            .filter_map(|at| self.position(channels, at))
            .filter(|w| self.is_whole(*w, channels))
            .count();
        u64::try_from(whole).unwrap_or(u64::MAX)
    }
}
