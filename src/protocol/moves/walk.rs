//! Levels, mixtures and tips, movement by movement.

use super::lower::IN_WELL;
use super::mixture::{Mixture, Mixtures};
use super::problem::{Found, PINS, PROBE, Problem, TIP};
use super::reach::{floor, reach};
use super::scatter::capacity;
use super::tips::Tips;
use super::vessel::{VesselId, Vessels, What};
use super::visit::{Op, Stroke, Visit};
use crate::labware::{Kind, Labware, Stride, Well};
use crate::plan::{Height, Offset, PlateId, Sample};
use crate::protocol::scene::Scene;
use crate::rig::{Pipette, PipetteId};
use crate::units::{Length, Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Lowest tip end above a bottom while it draws.
const LOWEST: Length = Length::um(200);
/// By how much the plunger's steps may add to a well that is filled to the rim by strokes.
const STEPS: Volume = Volume::nl(50);

/// Walks movements in their order.
pub(super) struct Walker<'s, 'a> {
    pub scene: &'s Scene<'a>,
    pub vessels: &'s Vessels<'a>,
    pub(super) hands: &'s [(PipetteId, &'a Pipette)],
    pub(super) mixtures: Mixtures,
    pub(super) levels: Vec<Volume>,
    /// Variance of each level, in square nanolitres, where the rig tells the random error of its pipettes.
    pub(super) variances: Vec<f64>,
    /// Coefficient of variation of the pipette at work.
    pub(super) error: f64,
    /// How deep the tips at work reach below a rim, and how deep in wells that the nozzles may go into.
    pub(super) reach: (Length, Length),
    pub(super) contents: Vec<Mixture>,
    /// Sample in each well, by number.
    pub(super) residents: Vec<Option<u32>>,
    pub(super) samples: Vec<Sample>,
    pub(super) tips: Vec<Tips>,
    /// Plates whose contents the file names but does not tell, which another rule says.
    pub(super) untold: BTreeSet<VesselId>,
    problems: Vec<Found>,
    /// Places with a problem, and whether it is a minor one.
    seen: BTreeMap<(usize, usize), (usize, bool)>,
    /// What the pipette at work may draw for a moment beyond its stroke.
    pub(super) reserve: Volume,
    /// What each well was filled with by people.
    pub(super) filled: Vec<Mixture>,
    /// Wells that were drawn from.
    pub(super) drawn: Vec<bool>,
    /// Whether wells are being loaded, by people and exactly.
    opening: bool,
    /// What was spotted where: vessel, well, offset, volume, its variance in square nanolitres.
    pub(super) spots: Vec<(VesselId, Well, Offset, Volume, f64)>,
    /// Whether the movements were walked before, in another branch: heights only fall.
    pub(super) again: bool,
    /// What is at work, for messages.
    pub(super) by: &'static str,
}

impl<'s, 'a> Walker<'s, 'a> {
    pub fn new(
        scene: &'s Scene<'a>,
        vessels: &'s Vessels<'a>,
        hands: &'s [(PipetteId, &'a Pipette)],
        again: bool,
    ) -> Self {
        let mut walker = Self {
            scene,
            vessels,
            hands,
            mixtures: Mixtures::default(),
            levels: vec![Volume::nl(0); vessels.well_count()],
            variances: Vec::new(),
            error: 0.0,
            reach: (Length::um(i64::MAX), Length::um(i64::MAX)),
            contents: vec![Mixture::default(); vessels.well_count()],
            residents: vec![None; vessels.well_count()],
            samples: Vec::new(),
            tips: vec![Tips::default(); hands.len()],
            untold: BTreeSet::new(),
            problems: Vec::new(),
            seen: BTreeMap::new(),
            reserve: Volume::nl(0),
            spots: Vec::new(),
            filled: Vec::new(),
            drawn: vec![false; vessels.well_count()],
            opening: true,
            again,
            by: TIP,
        };
        walker.fill_plates();
        walker.fill_pieces();
        walker.opening = false;
        walker.filled.clone_from(&walker.contents);
        walker
    }

    /// Samples by plate, and what cannot be.
    pub fn finish(self) -> (BTreeMap<PlateId, BTreeMap<Well, Sample>>, Vec<Found>) {
        let mut out = BTreeMap::new();
        for (id, vessel) in self.vessels.all() {
            let What::Plate(plate) = &vessel.what else {
                continue;
            };
            let mut wells = BTreeMap::new();
            for well in vessel.labware.wells() {
                let resident = self
                    .vessels
                    .index(id, well)
                    .and_then(|i| self.residents.get(i).copied().flatten());
                let sample = resident.and_then(|n| self.samples.get(usize::try_from(n).ok()?));
                if let Some(sample) = sample {
                    wells.insert(well, sample.clone());
                }
            }
            if !wells.is_empty() {
                out.insert(plate.clone(), wells);
            }
        }
        (out, self.problems)
    }

    /// Walks visits in their order and settles what depends on levels: heights, and how much can be mixed.
    pub fn walk(&mut self, visits: &mut [Visit]) {
        for tips in visits.iter_mut().flat_map(|v| &mut v.uses) {
            let Some((name, pipette)) = self.hands.get(usize::from(tips.pipette)).cloned() else {
                continue;
            };
            let hand = usize::from(tips.pipette);
            let mut at_work = self.tips.get_mut(hand).map(std::mem::take).unwrap_or_default();
            if tips.fresh {
                at_work = match &pipette.probe {
                    Some(probe) => self.fresh_probe(at_work, probe, &name, tips.ops.first()),
                    None => Tips::fresh(),
                };
            }
            self.takes_up(pipette);
            self.reach = reach(self.scene, pipette);
            self.by = match (&pipette.probe, &pipette.pins) {
                (Some(_), _) => PROBE,
                (None, Some(_)) => PINS,
                (None, None) => TIP,
            };
            let capacity = capacity(self.scene, pipette);
            for op in &mut tips.ops {
                self.op(op, &mut at_work, &name, pipette, capacity);
            }
            if tips.last {
                // Excess that several dispenses share is thrown away on purpose; a blow-out empties the tip.
                if at_work.liquid > Volume::nl(0)
                    && pipette.fixed().is_none()
                    && let Some(op) = tips.ops.last()
                {
                    let held = at_work.liquid;
                    self.found(op.vessel, Problem::Leftover { held }, &op.place());
                }
                at_work.on = false;
                if let (Some(probe), Some(wash)) = (&pipette.probe, tips.wash) {
                    self.cleaner(&at_work, probe, tips.ops.last());
                    at_work = at_work.washed(probe, wash);
                }
                if let Some(pins) = &pipette.pins {
                    self.sterilised(&at_work, pins, tips);
                }
            }
            if let Some(slot) = self.tips.get_mut(hand) {
                *slot = at_work;
            }
        }
    }

    fn op(&mut self, op: &mut Op, tips: &mut Tips, name: &PipetteId, pipette: &Pipette, capacity: Volume) {
        let Some(vessel) = self.vessels.get(op.vessel) else {
            return;
        };
        let labware = vessel.labware;
        let place = op.place();
        if !tips.on {
            self.found(op.vessel, Problem::NoTip, &place);
        }
        let reach = Reach::new(labware, pipette.channels, op.head);
        match op.what {
            Stroke::Draw => {
                self.trusted(op.vessel, name, pipette, op.volume, &place);
                let level = self.lowest(op.vessel, &reach);
                let own = self.scatter(op.volume);
                let lowest = self.surely(op.vessel, &reach, own).minus(op.volume);
                op.height = self.height(op, labware, lowest, &place);
                self.wetted(op, labware, level, tips);
                self.touch(op.vessel, &reach, tips, &place);
                for (channel, well) in reach.wells() {
                    self.add(op.vessel, well, op.volume.times(-1), own, &place);
                    self.load(op.vessel, well, channel, tips);
                }
                tips.liquid = tips.liquid.plus(op.volume);
                tips.variance += own;
                self.full(op.vessel, tips, name, capacity, &place);
            }
            Stroke::Put { contact } => {
                self.trusted(op.vessel, name, pipette, op.volume, &place);
                if op.volume > tips.liquid && tips.on {
                    let held = tips.liquid;
                    let volume = op.volume;
                    self.found(op.vessel, Problem::TipEmpty { held, volume }, &place);
                }
                tips.liquid = tips.liquid.minus(op.volume).max(Volume::nl(0));
                tips.air = tips.air.minus(op.air).max(Volume::nl(0));
                let given = self.given(tips, op.volume);
                if contact {
                    self.touch(op.vessel, &reach, tips, &place);
                }
                if let Height::FromBottom(height) = op.height
                    && height == IN_WELL
                {
                    op.height = Height::FromBottom(height.max(floor(self.reach, labware)));
                }
                if contact {
                    let level = self.lowest(op.vessel, &reach).plus(op.volume);
                    self.wetted(op, labware, level, tips);
                }
                self.spot(op, labware, given, &place);
                for (channel, well) in reach.wells() {
                    self.add(op.vessel, well, op.volume, given, &place);
                    self.unload(op.vessel, well, channel, tips, contact);
                }
            }
            Stroke::Mix { optional, times } => {
                self.mix(op, (optional, times), &reach, tips, (name, pipette, capacity));
            }
            Stroke::AirGap => {
                tips.air = tips.air.plus(op.air);
                tips.variance += self.scatter(op.air);
                self.full(op.vessel, tips, name, capacity, &place);
            }
            Stroke::BlowOut => {
                // What was left goes into the well.
                if tips.liquid > Volume::nl(0) {
                    for (channel, well) in reach.wells() {
                        self.add(op.vessel, well, tips.liquid, tips.variance, &place);
                        self.unload(op.vessel, well, channel, tips, false);
                    }
                    tips.liquid = Volume::nl(0);
                }
                tips.air = Volume::nl(0);
                tips.variance = 0.0;
            }
            Stroke::Take => self.take(op, &reach, tips, (name, pipette)),
            Stroke::Give { .. } => self.give(op, &reach, tips, pipette),
            Stroke::Dip | Stroke::TouchTip => self.touch(op.vessel, &reach, tips, &place),
            Stroke::Dwell(_) => {}
        }
    }

    fn mix(
        &mut self,
        op: &mut Op,
        (optional, times): (bool, u8),
        reach: &Reach,
        tips: &mut Tips,
        (name, pipette, capacity): (&PipetteId, &Pipette, Volume),
    ) {
        let Some(vessel) = self.vessels.get(op.vessel) else {
            return;
        };
        let (labware, place) = (vessel.labware, op.place());
        let level = self.lowest(op.vessel, reach);
        let own = self.scatter(op.volume);
        let sure = self.surely(op.vessel, reach, own);
        if optional {
            op.volume = clamped(op.volume, sure, labware, pipette).unwrap_or_default();
            if op.volume == Volume::nl(0) {
                return;
            }
        } else {
            self.trusted(op.vessel, name, pipette, op.volume, &place);
            let must_stay = labware.dead_volume.plus(self.reserve);
            if !vessel.supplied && sure.minus(op.volume) < must_stay && !self.untold.contains(&op.vessel) {
                let problem = Problem::Shallow {
                    well: op.head,
                    holds: level,
                    volume: op.volume,
                    doubt: level.minus(sure),
                };
                self.found(op.vessel, problem, &place);
            }
        }
        op.height = self.height(op, labware, sure.minus(op.volume), &place);
        self.wetted(op, labware, level, tips);
        self.touch(op.vessel, reach, tips, &place);
        let before = (tips.liquid, tips.variance);
        tips.liquid = tips.liquid.plus(op.volume);
        tips.variance += own;
        self.full(op.vessel, tips, name, capacity, &place);
        (tips.liquid, tips.variance) = before;
        self.mixed(op.vessel, reach, tips, own * 2.0 * f64::from(times));
    }

    /// The lowest level among the wells that are reached.
    pub(super) fn lowest(&self, vessel: VesselId, reach: &Reach) -> Volume {
        let level = |well| {
            self.vessels
                .index(vessel, well)
                .and_then(|i| self.levels.get(i))
                .copied()
        };
        reach
            .wells()
            .filter_map(|(_, well)| level(well))
            .min()
            .unwrap_or_default()
    }

    /// Where the tip's end is while a well falls to `lowest`: what the author says, if it stays wet.
    fn height(&mut self, op: &Op, labware: &Labware, lowest: Volume, place: &Range<usize>) -> Height {
        let supplied = self.vessels.get(op.vessel).is_some_and(|v| v.supplied);
        if supplied {
            return Height::FromBottom(supply_height(labware));
        }
        if labware.kind == Kind::AgarPlate {
            self.found(op.vessel, Problem::Agar, place);
            return op.height;
        }
        let floor = floor(self.reach, labware);
        let chosen = draw_height(lowest, labware).max(floor);
        let height = match op.height {
            Height::FromBottom(said) if self.again => said.min(chosen),
            Height::FromBottom(said) if said != LOWEST => said,
            _ => chosen,
        };
        if height == floor && lowest >= labware.dead_volume && labware.height(lowest) < height {
            self.found(op.vessel, Problem::OutOfReach { lowest, height }, place);
            return Height::FromBottom(height);
        }
        if lowest >= labware.dead_volume && labware.height(lowest) < height {
            self.found(op.vessel, Problem::Air { lowest, height }, place);
        }
        Height::FromBottom(height)
    }

    /// A stroke within what the pipette is trusted with.
    pub(super) fn trusted(
        &mut self,
        vessel: VesselId,
        name: &PipetteId,
        pipette: &Pipette,
        volume: Volume,
        place: &Range<usize>,
    ) {
        let (from, to) = (pipette.min_volume, pipette.max_volume);
        if volume < from || volume > to {
            let pipette = name.to_string();
            self.found(
                vessel,
                Problem::Stroke {
                    pipette,
                    volume,
                    from,
                    to,
                },
                place,
            );
        }
    }

    /// Changes a level, by a volume with a variance in square nanolitres.
    pub fn add(&mut self, vessel: VesselId, well: Well, volume: Volume, variance: f64, span: &Range<usize>) {
        if self.vessels.get(vessel).is_none_or(|v| v.supplied) {
            return;
        }
        let index = self.vessels.index(vessel, well);
        let Some(level) = index.and_then(|i| self.levels.get_mut(i)) else {
            return;
        };
        if let Some(sum) = index.and_then(|i| self.variances.get_mut(i)) {
            *sum += variance;
        }
        *level = level.plus(volume);
        let level = *level;
        self.judge(vessel, well, level, volume.base() < 0, span);
    }
    /// The level of a well.
    pub fn level(&self, vessel: VesselId, well: Well) -> Volume {
        let index = self.vessels.index(vessel, well);
        index
            .and_then(|i| self.levels.get(i))
            .copied()
            .unwrap_or_default()
    }
    /// Wells of a vessel that hold a strain.
    pub fn inhabited(&self, vessel: VesselId) -> Vec<Well> {
        let Some(labware) = self.vessels.get(vessel).map(|v| v.labware) else {
            return Vec::new();
        };
        let strain = |well: &Well| {
            let index = self.vessels.index(vessel, *well)?;
            let sample = self.residents.get(index).copied().flatten()?;
            self.samples.get(usize::try_from(sample).ok()?)?.strain.as_ref()
        };
        labware.wells().filter(|w| strain(w).is_some()).collect()
    }
    pub(super) fn judge(
        &mut self,
        vessel: VesselId,
        well: Well,
        level: Volume,
        drawn: bool,
        span: &Range<usize>,
    ) {
        let Some(labware) = self.vessels.get(vessel).map(|v| v.labware) else {
            return;
        };
        let dead = labware.dead_volume.plus(self.reserve);
        let doubt = self.doubt(vessel, well);
        let most = if drawn || self.opening {
            labware.capacity
        } else {
            labware.capacity.minus(STEPS)
        };
        let problem = if !drawn && level.plus(doubt) > most {
            Problem::Overfilled {
                well,
                volume: level,
                capacity: labware.capacity,
                doubt,
            }
        } else if drawn && level.minus(doubt) < dead {
            Problem::Drained {
                well,
                left: level,
                dead,
                doubt,
            }
        } else if drawn && level.minus(doubt) < dead.plus(labware.dead_volume) {
            Problem::Thin {
                well,
                left: level,
                dead,
            }
        } else {
            return;
        };
        self.found(vessel, problem, span);
    }

    /// Keeps a problem: one per place says enough, and an error more than a warning.
    pub fn found(&mut self, vessel: VesselId, problem: Problem, span: &Range<usize>) {
        // What a plate of untold contents holds is no question, what tips hold is.
        if self.untold.contains(&vessel) && problem.of_levels() {
            return;
        }
        let key = (span.start, span.end);
        let minor = problem.minor();
        let name = self
            .vessels
            .get(vessel)
            .map(|v| v.name.clone())
            .unwrap_or_default();
        let found = Found {
            span: span.clone(),
            vessel: name,
            problem,
            without: Vec::new(),
        };
        match self.seen.get(&key) {
            None => {
                self.seen.insert(key, (self.problems.len(), minor));
                self.problems.push(found);
            }
            Some((index, true)) if !minor => {
                if let Some(slot) = self.problems.get_mut(*index) {
                    *slot = found;
                }
                self.seen.insert(key, (*index, false));
            }
            Some(_) => {}
        }
    }
}

/// The wells that the channels reach.
pub(super) struct Reach {
    head: Well,
    channels: u8,
    stride: Stride,
}

impl Reach {
    fn new(labware: &Labware, channels: u8, head: Well) -> Self {
        let stride = if channels > 1 {
            labware.stride()
        } else {
            Stride::NONE
        };
        Self {
            head,
            channels: channels.max(1),
            stride,
        }
    }
    pub(super) fn wells(&self) -> impl Iterator<Item = (usize, Well)> + use<> {
        self.stride.wells(self.channels, self.head).enumerate()
    }
}

/// Mixing that may be left out never draws more than leaves three times the dead volume, which allows for
/// evaporation; below what the pipette is trusted with it is left out.
pub(super) fn clamped(volume: Volume, level: Volume, labware: &Labware, pipette: &Pipette) -> Option<Volume> {
    let room = level.minus(labware.dead_volume.times(3)).get() / 1_000 * 1_000;
    let volume = volume.min(Volume::nl(room));
    (volume >= pipette.min_volume).then_some(volume)
}

/// Where the tip's end is while a well falls to `lowest`: at six tenths of the liquid's height then, between
/// 0.2 mm and 1 mm above the bottom.
pub(in crate::protocol) fn draw_height(lowest: Volume, labware: &Labware) -> Length {
    let surface = labware.height(lowest).as_mm();
    // A ladder instead of a cast keeps the height a round figure.
    let steps = (2..=10_i64).map(|n| Length::um(n * 100));
    steps.rev().find(|h| h.as_mm() <= surface * 0.6).unwrap_or(LOWEST)
}

/// Where the tip's end is in a reservoir that is filled up as needed: low enough for all that may be drawn.
pub(in crate::protocol) fn supply_height(labware: &Labware) -> Length {
    draw_height(labware.dead_volume, labware)
}
