//! The liquid of a whole run, walked in the file's order: every movement, what each well and each tip holds before
//! it, who gets where. The compiler turns movements into actions; the rules look at what was found on the way.

mod contact;
mod line;
mod lower;
mod mixture;
mod opening;
mod pick;
mod pins;
mod problem;
mod reach;
mod scatter;
mod tips;
mod vessel;
mod visit;
mod walk;
mod wetting;

use super::scene::Scene;
use super::source::StepWork;
use crate::labware::Well;
use crate::plan::{PlateId, Sample};
use crate::rig::{Pipette, PipetteId};
use crate::units::Volume;
pub(super) use line::{IN_CLEANER, system_liquid, visit_washes};
pub(super) use lower::{ABOVE_RIM, IN_WELL, Lowered, heads};
pub(super) use pick::PickNeed;
pub(super) use pins::IN_BATH;
pub(super) use problem::{Found, PROBE, Problem, TIP};
pub(super) use reach::{floor, reach};
pub(super) use scatter::{doubt_of, scattered};
use std::collections::BTreeMap;
pub(super) use vessel::{VesselId, Vessels, What};
pub(super) use visit::{Op, Stroke, TipUse, Visit};
pub(super) use walk::supply_height;

/// The walked run.
pub(super) struct Walk<'a> {
    /// Everything that holds liquid.
    pub vessels: Vessels<'a>,
    /// Pipettes by number.
    pub hands: Vec<(PipetteId, &'a Pipette)>,
    /// The liquid work of each step, by its position.
    pub steps: BTreeMap<usize, Lowered>,
    /// What each picking step needs at worst.
    pub picks: BTreeMap<usize, PickNeed>,
    /// Who is in which well at the end.
    pub samples: BTreeMap<PlateId, BTreeMap<Well, Sample>>,
    /// What cannot be.
    pub problems: Vec<Found>,
}

/// Walks the run.
pub(super) fn walk<'a>(scene: &Scene<'a>) -> Walk<'a> {
    let vessels = Vessels::new(scene);
    let hands: Vec<_> = scene
        .handler()
        .into_iter()
        .flat_map(|(_, h)| h.pipettes.iter().map(|(id, p)| (id.clone(), p)))
        .collect();
    let mut steps = BTreeMap::new();
    let bench = lower::Bench {
        scene,
        vessels: &vessels,
    };
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let Some(lowered) = lower::lower(&bench, &step.work) {
            steps.insert(index, lowered);
        }
    }
    let mut picks = BTreeMap::new();
    let mut found = None;
    for (number, left_out) in branches(scene).into_iter().enumerate() {
        let mut walker = walk::Walker::new(scene, &vessels, &hands, number > 0);
        for (index, step) in scene.source.steps.iter().enumerate() {
            if step
                .when
                .as_ref()
                .is_some_and(|w| left_out.contains(&w.value.as_str()))
            {
                continue;
            }
            if let StepWork::Line(l) = &step.work {
                walker.line(l);
            } else if let StepWork::Pick(p) = &step.work {
                if let Some(need) = walker.pick(p) {
                    picks.entry(index).or_insert(need);
                }
            } else if let Some(lowered) = steps.get_mut(&index) {
                walker.walk(&mut lowered.visits);
            }
        }
        let (samples, problems) = walker.finish();
        match &mut found {
            None => found = Some((samples, problems)),
            Some((_, all)) => {
                // What goes wrong only when steps are left out says which.
                let new = problems
                    .into_iter()
                    .filter(|p| !all.iter().any(|o: &Found| o.span == p.span));
                let new: Vec<Found> = new
                    .map(|mut p| {
                        p.without = left_out.iter().map(|w| (*w).to_owned()).collect();
                        p
                    })
                    .collect();
                all.extend(new);
            }
        }
    }
    let (samples, problems) = found.unwrap_or_default();
    Walk {
        vessels,
        hands,
        steps,
        picks,
        samples,
        problems,
    }
}

/// Most conditions of which every combination is walked.
pub(super) const MOST_CONDITIONS: usize = 4;

/// Conditions that do not hold, for every way in which the run can go; all hold in the first.
fn branches<'s>(scene: &Scene<'s>) -> Vec<Vec<&'s str>> {
    let mut conditions: Vec<&str> = Vec::new();
    for step in &scene.source.steps {
        if let Some(when) = &step.when
            && !conditions.contains(&when.value.as_str())
        {
            conditions.push(&when.value);
        }
    }
    conditions.truncate(MOST_CONDITIONS);
    let mut branches = vec![Vec::new()];
    for condition in conditions {
        let mut without: Vec<Vec<&str>> = branches.clone();
        for branch in &mut without {
            branch.push(condition);
        }
        branches.extend(without);
    }
    branches
}

impl<'a> Walk<'a> {
    /// A pipette by number.
    pub fn hand(&self, number: u8) -> Option<&(PipetteId, &'a Pipette)> {
        self.hands.get(usize::from(number))
    }

    /// What a visit draws from supplied reservoirs, by vessel and well. What is given back at the end counts as drawn:
    /// it is missing meanwhile.
    pub fn supplied(&self, visit: &Visit) -> BTreeMap<(VesselId, Well), Volume> {
        let mut out: BTreeMap<(VesselId, Well), Volume> = BTreeMap::new();
        for tips in &visit.uses {
            let channels = self.hand(tips.pipette).map_or(1, |(_, p)| i64::from(p.channels));
            for op in &tips.ops {
                if !self.vessels.get(op.vessel).is_some_and(|v| v.supplied) {
                    continue;
                }
                if op.what == Stroke::Draw {
                    let sum = out.entry((op.vessel, op.head)).or_default();
                    *sum = sum.plus(op.volume.times(channels));
                }
            }
        }
        out
    }

    /// Sets of fresh tips that a visit takes, by pipette.
    pub fn fresh_tips(&self, visit: &Visit) -> BTreeMap<u8, u64> {
        let mut out = BTreeMap::new();
        for tips in visit
            .uses
            .iter()
            .filter(|t| t.fresh && t.wash.is_none() && !t.sterilise)
        {
            *out.entry(tips.pipette).or_insert(0_u64) += 1;
        }
        visit.at_most(out)
    }

    /// How often a visit has pins sterilised, by pin tool.
    pub fn sterilised(&self, visit: &Visit) -> BTreeMap<u8, u64> {
        let mut out = BTreeMap::new();
        for tips in visit.uses.iter().filter(|t| t.last && t.sterilise) {
            *out.entry(tips.pipette).or_insert(0_u64) += 1;
        }
        visit.at_most(out)
    }
}
