//! The liquid of a whole run, walked in the file's order: every stroke, what each well holds before it, who gets
//! where. The compiler turns strokes into actions; the rules look at the levels.

use super::scene::Scene;
use super::source::{Mix, Pick, Spanned, StepWork, Transfer};
use crate::labware::{Labware, Well};
use crate::plan::{PlateId, Role, Sample, StrainId};
use crate::rig::Pipette;
use crate::units::{Length, Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One stroke from well to well, at the wells of channel 1.
pub(super) struct Stroke {
    pub from: Well,
    pub to: Well,
    /// Mixing before it: how often, how much.
    pub mix: Option<(u8, Volume)>,
    /// Tip end above the source's bottom.
    pub height: Length,
}

/// What a picklist needs at worst.
pub(super) struct PickNeed {
    /// Tips for the fill: one set. Tips for the picks:
    pub picks: u64,
    /// Columns of the target at most.
    pub columns: u64,
    pub mix: Option<(u8, Volume)>,
    pub height: Length,
}

/// A level that cannot be.
pub(super) enum LevelProblem {
    /// A well would hold more than it can.
    Overfilled {
        well: Well,
        volume: Volume,
        capacity: Volume,
    },
    /// A well would fall below its dead volume.
    Drained { well: Well, left: Volume, dead: Volume },
    /// So little would be left over the dead volume that evaporation may take it.
    Thin { well: Well, left: Volume, dead: Volume },
    /// The tip's end would not be in the liquid.
    Air { lowest: Volume, height: Length },
}

/// A problem found on the way, at the value that causes it.
pub(super) struct Found {
    pub span: Range<usize>,
    pub plate: PlateId,
    pub problem: LevelProblem,
}

/// The walked run.
#[derive(Default)]
pub(super) struct Walk {
    /// What the pipette at work may draw for a moment beyond its stroke.
    reserve: Volume,
    /// Strokes of each step for each plate.
    pub strokes: BTreeMap<(usize, PlateId), Vec<Stroke>>,
    pub picks: BTreeMap<usize, PickNeed>,
    pub samples: BTreeMap<PlateId, BTreeMap<Well, Sample>>,
    pub problems: Vec<Found>,
    levels: BTreeMap<(PlateId, Well), Volume>,
    /// Plates whose contents the file names but does not tell, which another rule says.
    untold: BTreeSet<PlateId>,
}

/// Lowest tip end above a bottom while it draws.
const LOWEST: Length = Length::um(200);

pub(super) fn walk(scene: &Scene<'_>) -> Walk {
    let mut walk = Walk::default();
    for (id, plate) in &scene.plates {
        let told = plate
            .group
            .layout
            .as_ref()
            .is_none_or(|l| scene.source.layouts.contains_key(&l.value));
        if !told || plate.group.layout.is_some() != plate.group.volume.is_some() {
            walk.untold.insert(id.clone());
        }
        let layout = plate
            .group
            .layout
            .as_ref()
            .and_then(|l| scene.source.layouts.get(&l.value));
        let Some(layout) = layout else { continue };
        for (well, (name, role)) in &layout.wells {
            let strain = (*role != Role::Blank).then(|| StrainId::new(name.clone()));
            walk.samples
                .entry(id.clone())
                .or_default()
                .insert(*well, Sample { strain, role: *role });
            if let Some(volume) = &plate.group.volume {
                walk.set(id, *well, volume.value, plate.labware, &volume.span);
            }
        }
    }
    for (index, step) in scene.source.steps.iter().enumerate() {
        match &step.work {
            StepWork::Distribute(d) => {
                let Some((_, pipette)) = scene.pipette(&d.pipette.value) else {
                    continue;
                };
                for id in scene.plates_of(&d.to.value) {
                    let Some(plate) = scene.plates.get(id) else {
                        continue;
                    };
                    let mut strokes = Vec::new();
                    for head in heads(plate.labware, pipette, d.columns.as_ref()) {
                        for well in covered(plate.labware, pipette, head) {
                            walk.add(id, well, d.volume.value, plate.labware, &d.volume.span);
                        }
                        let from = Well::new(0, 0);
                        strokes.push(Stroke {
                            from,
                            to: head,
                            mix: None,
                            height: reservoir_height(scene, &d.from.value),
                        });
                    }
                    walk.strokes.insert((index, id.clone()), strokes);
                }
            }
            StepWork::Transfer(t) => transfer(&mut walk, scene, index, t),
            StepWork::Pick(p) => pick(&mut walk, scene, index, p),
            _ => {}
        }
    }
    walk
}

fn transfer(walk: &mut Walk, scene: &Scene<'_>, index: usize, t: &Transfer) {
    let (Some((_, pipette)), Some(source_id)) =
        (scene.pipette(&t.pipette.value), scene.single(&t.from.value))
    else {
        return;
    };
    let Some(source) = scene.plates.get(source_id) else {
        return;
    };
    for id in scene.plates_of(&t.to.value) {
        let Some(plate) = scene.plates.get(id) else {
            continue;
        };
        let reversed = t.reverse_columns_on.iter().any(|n| n.value == plate.number);
        let mut strokes = Vec::new();
        for from in heads(source.labware, pipette, t.columns.as_ref()) {
            let mirrored = plate
                .labware
                .columns
                .checked_sub(1)
                .and_then(|last| last.checked_sub(from.column));
            let column = if reversed { mirrored } else { Some(from.column) };
            let Some(to) = column
                .map(|column| Well::new(from.row, column))
                .filter(|w| plate.labware.has(*w))
            else {
                continue;
            };
            let drawn = covered(source.labware, pipette, from);
            let level = drawn
                .iter()
                .map(|w| walk.level(source_id, *w))
                .min()
                .unwrap_or_default();
            let mix = clamp_mix(t.mix_before.as_ref(), level, source.labware, pipette);
            let lowest = level.minus(t.volume.value.max(mix.map_or(Volume::nl(0), |m| m.1)));
            walk.reserve = pipette.overshoot();
            walk.wet(source_id, lowest, source.labware, &t.volume.span);
            for well in drawn {
                walk.add(
                    source_id,
                    well,
                    t.volume.value.times(-1),
                    source.labware,
                    &t.volume.span,
                );
            }
            for (from, to) in
                covered(source.labware, pipette, from)
                    .into_iter()
                    .zip(covered(plate.labware, pipette, to))
            {
                walk.add(id, to, t.volume.value, plate.labware, &t.volume.span);
                let sample = walk.samples.get(source_id).and_then(|s| s.get(&from)).cloned();
                if let Some(sample) = sample {
                    walk.samples.entry(id.clone()).or_default().insert(to, sample);
                }
            }
            strokes.push(Stroke {
                from,
                to,
                mix,
                height: draw_height(lowest, source.labware),
            });
        }
        walk.strokes.insert((index, id.clone()), strokes);
    }
}

fn pick(walk: &mut Walk, scene: &Scene<'_>, index: usize, p: &Pick) {
    let Some((_, step)) = scene.step(&p.select.value) else {
        return;
    };
    let StepWork::Select(select) = &step.work else {
        return;
    };
    let (Some(source_id), Some(target_id)) = (
        scene.single(&select.source.value),
        scene.single(&select.target.value),
    ) else {
        return;
    };
    let (Some(source), Some(target)) = (scene.plates.get(source_id), scene.plates.get(target_id)) else {
        return;
    };
    let Some((_, pipette)) = scene.pipette(&p.transfer.pipette.value) else {
        return;
    };
    // At worst every pick of a strain is drawn from the same well.
    let times = i64::from(select.replicates.value.max(select.references.value));
    let drawn = p.transfer.volume.value.times(times);
    let samples = walk.samples.get(source_id);
    let wells: Vec<Well> = samples
        .into_iter()
        .flatten()
        .filter(|(_, s)| s.strain.is_some())
        .map(|(w, _)| *w)
        .collect();
    let level = wells
        .iter()
        .map(|w| walk.level(source_id, *w))
        .min()
        .unwrap_or_default();
    let picker = scene.pipette(&p.transfer.pipette.value);
    walk.reserve = picker.map_or(Volume::nl(0), |(_, p)| p.overshoot());
    for well in wells {
        walk.add(
            source_id,
            well,
            drawn.times(-1),
            source.labware,
            &p.transfer.volume.span,
        );
    }
    let before_last = level.minus(drawn).plus(p.transfer.volume.value);
    let mix = clamp_mix(
        p.transfer.mix_before.as_ref(),
        before_last,
        source.labware,
        pipette,
    );
    let lowest = before_last.minus(p.transfer.volume.value.max(mix.map_or(Volume::nl(0), |m| m.1)));
    walk.wet(source_id, lowest, source.labware, &p.transfer.volume.span);
    let filled = p.fill.volume.value.plus(p.transfer.volume.value);
    walk.add(
        target_id,
        Well::new(0, 0),
        filled,
        target.labware,
        &p.fill.volume.span,
    );
    let rows = u64::from(target.labware.rows.max(1));
    let picks = select.most_picks();
    let columns = picks.div_ceil(rows).min(u64::from(target.labware.columns));
    walk.picks.insert(
        index,
        PickNeed {
            picks,
            columns,
            mix,
            height: draw_height(lowest, source.labware),
        },
    );
}

/// Mixing never draws more than leaves three times the dead volume, which allows for evaporation; below what the pipette
/// is trusted with it is left out.
fn clamp_mix(mix: Option<&Mix>, level: Volume, labware: &Labware, pipette: &Pipette) -> Option<(u8, Volume)> {
    let mix = mix?;
    let room = level.minus(labware.dead_volume.times(3)).get() / 1_000 * 1_000;
    let volume = mix.volume.value.min(Volume::nl(room));
    (volume >= pipette.min_volume).then_some((mix.times, volume))
}

/// Where the tip's end is while a well falls to `lowest`: at six tenths of the liquid's height then, between
/// 0.2 mm and 1 mm above the bottom.
pub(super) fn draw_height(lowest: Volume, labware: &Labware) -> Length {
    let surface = surface_mm(lowest, labware);
    // A ladder instead of a cast keeps the height a round figure.
    let steps = (2..=10_i64).map(|n| Length::um(n * 100));
    steps.rev().find(|h| h.as_mm() <= surface * 0.6).unwrap_or(LOWEST)
}

/// Where the tip's end is in a reservoir: low enough for all that may be drawn.
pub(super) fn reservoir_height(scene: &Scene<'_>, name: &str) -> Length {
    scene
        .reservoir(name)
        .map_or(LOWEST, |r| draw_height(r.labware.dead_volume, r.labware))
}

/// Height of the liquid in a flat well.
fn surface_mm(volume: Volume, labware: &Labware) -> f64 {
    labware.path_length_cm(volume) * 10.0
}

/// The wells of channel 1 that cover the columns, in the order of work.
pub(super) fn heads(labware: &Labware, pipette: &Pipette, columns: Option<&Spanned<Vec<u8>>>) -> Vec<Well> {
    let all: Vec<u8> = (0..labware.columns).collect();
    let columns = columns.map_or(&all, |c| &c.value);
    let columns = columns.iter().copied().filter(|c| *c < labware.columns);
    columns
        .flat_map(|column| {
            let step = usize::from(pipette.channels.max(1));
            (0..labware.rows)
                .step_by(step)
                .map(move |row| Well::new(row, column))
        })
        .collect()
}

/// The wells that all channels reach with channel 1 in `head`.
pub(super) fn covered(labware: &Labware, pipette: &Pipette, head: Well) -> Vec<Well> {
    let last = head.row.saturating_add(pipette.channels);
    (head.row..last.min(labware.rows))
        .map(|row| Well::new(row, head.column))
        .collect()
}

impl Walk {
    fn level(&self, plate: &PlateId, well: Well) -> Volume {
        self.levels
            .get(&(plate.clone(), well))
            .copied()
            .unwrap_or_default()
    }
    fn set(&mut self, plate: &PlateId, well: Well, volume: Volume, labware: &Labware, span: &Range<usize>) {
        self.levels.insert((plate.clone(), well), volume);
        self.judge(plate, well, volume, false, labware, span);
    }
    fn add(&mut self, plate: &PlateId, well: Well, volume: Volume, labware: &Labware, span: &Range<usize>) {
        let level = self.level(plate, well).plus(volume);
        self.levels.insert((plate.clone(), well), level);
        self.judge(plate, well, level, volume.base() < 0, labware, span);
    }
    /// The tip's end must stay in the liquid down to the lowest level.
    fn wet(&mut self, plate: &PlateId, lowest: Volume, labware: &Labware, span: &Range<usize>) {
        let height = draw_height(lowest, labware);
        if lowest >= labware.dead_volume && surface_mm(lowest, labware) < height.as_mm() {
            self.found(plate, LevelProblem::Air { lowest, height }, span);
        }
    }
    fn judge(
        &mut self,
        plate: &PlateId,
        well: Well,
        level: Volume,
        drawn: bool,
        labware: &Labware,
        span: &Range<usize>,
    ) {
        let dead = labware.dead_volume.plus(self.reserve);
        let problem = if !drawn && level > labware.capacity {
            LevelProblem::Overfilled {
                well,
                volume: level,
                capacity: labware.capacity,
            }
        } else if drawn && level < dead {
            LevelProblem::Drained {
                well,
                left: level,
                dead,
            }
        } else if drawn && level < dead.plus(labware.dead_volume) {
            LevelProblem::Thin {
                well,
                left: level,
                dead,
            }
        } else {
            return;
        };
        self.found(plate, problem, span);
    }
    fn found(&mut self, plate: &PlateId, problem: LevelProblem, span: &Range<usize>) {
        if self.untold.contains(plate) {
            return;
        }
        // One problem per place says enough, and an error more than a warning.
        let thin = |p: &LevelProblem| matches!(p, LevelProblem::Thin { .. });
        if !thin(&problem) {
            self.problems.retain(|f| f.span != *span || !thin(&f.problem));
        }
        if !self.problems.iter().any(|f| f.span == *span) {
            self.problems.push(Found {
                span: span.clone(),
                plate: plate.clone(),
                problem,
            });
        }
    }
}
