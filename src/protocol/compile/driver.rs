//! The compiler's state and the order of its work.

use super::draft::Draft;
use super::stock::{Need, Stock};
use crate::labware::{Kind, Well};
use crate::plan::{
    After, LoadLiquid, Operation, OperationId, Origin, Piece, Plan, PlateId, PlatePlan, Role, Sample, StepId,
};
use crate::protocol::moves::Walk;
use crate::protocol::scene::{PlateInfo, Scene};
use crate::protocol::source::{Step, StepWork};
use crate::rig::NestId;
use crate::source::{Reporter, SourceFile};
use crate::units::{Absorbance, Duration, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// Where a plate is in the plan so far.
struct PlateState {
    at: Option<NestId>,
    last: Option<OperationId>,
    scanned: bool,
    only_if: Option<StepId>,
}

/// The operations that end a step: one per plate, or one for all.
#[derive(Default, Clone)]
pub(super) struct Ends {
    pub by_plate: BTreeMap<PlateId, OperationId>,
    pub all: Vec<OperationId>,
}

/// The compiler.
pub(super) struct Compiler<'a> {
    pub scene: &'a Scene<'a>,
    pub walk: &'a Walk,
    pub stock: Stock,
    file: &'a SourceFile,
    reporter: &'a Reporter,
    operations: Vec<Operation>,
    states: BTreeMap<PlateId, PlateState>,
    pub ends: BTreeMap<usize, Ends>,
    /// Operations that used tips or liquids since the last replenishment.
    since: Vec<OperationId>,
    /// The replenishment, or the preparation, that everything on the deck comes after.
    pub barrier: Option<OperationId>,
    pub prepared: Option<OperationId>,
    /// Numbers of the series, by reading step and plate.
    series: BTreeMap<(usize, PlateId), u32>,
    begun: BTreeSet<(usize, PlateId)>,
}

/// The plan of a checked protocol.
pub(in crate::protocol) fn compile(
    scene: &Scene<'_>,
    walk: &Walk,
    file: &SourceFile,
    reporter: &Reporter,
) -> Option<Plan> {
    let stock = Stock::new(scene, &demand(scene, walk));
    let states = scene
        .plates
        .iter()
        .map(|(id, p)| {
            (
                id.clone(),
                PlateState {
                    at: p.start.clone(),
                    last: None,
                    scanned: false,
                    only_if: None,
                },
            )
        })
        .collect();
    let mut compiler = Compiler {
        scene,
        walk,
        stock,
        file,
        reporter,
        operations: Vec::new(),
        states,
        ends: BTreeMap::new(),
        since: Vec::new(),
        barrier: None,
        prepared: None,
        series: BTreeMap::new(),
        begun: BTreeSet::new(),
    };
    let pieces = compiler.pieces();
    let plates: BTreeMap<PlateId, PlatePlan> = scene
        .plates
        .iter()
        .filter_map(|(id, info)| Some((id.clone(), compiler.plate(id, info)?)))
        .collect();
    compiler.load(&pieces, &plates);
    compiler.prepare();
    let fused = compiler.fusions();
    for (index, step) in scene.source.steps.iter().enumerate() {
        if compiler.step(index, step, &fused).is_none() {
            let message = format!("step \"{}\" could not be planned on this rig", step.id.value);
            reporter.error("not-planned", step.id.span.clone(), message);
        }
    }
    Some(Plan {
        protocol: scene.source.name.clone(),
        title: scene.source.title.clone(),
        parameters: scene.source.parameters.clone(),
        plates,
        pieces,
        operations: compiler.operations,
    })
}

/// What each reservoir gives over the whole run, picks at their longest.
pub(in crate::protocol) fn demand(scene: &Scene<'_>, walk: &Walk) -> BTreeMap<String, Volume> {
    let mut out: BTreeMap<String, Volume> = BTreeMap::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        match &step.work {
            StepWork::Distribute(d) => {
                let channels = scene
                    .pipette(&d.pipette.value)
                    .map_or(1, |(_, p)| i64::from(p.channels));
                for plate in scene.plates_of(&d.to.value) {
                    let strokes = walk.strokes.get(&(index, plate.clone())).map_or(0, Vec::len);
                    let times = i64::try_from(strokes)
                        .unwrap_or(i64::MAX)
                        .saturating_mul(channels);
                    let total = out.entry(d.from.value.clone()).or_default();
                    *total = total.plus(d.volume.value.times(times));
                }
            }
            StepWork::Pick(p) => {
                let total = out.entry(p.fill.from.value.clone()).or_default();
                *total = total.plus(pick_volume(scene, walk, index, p));
            }
            _ => {}
        }
    }
    out
}

/// Medium for the longest picklist of a step.
pub(in crate::protocol) fn pick_volume(
    scene: &Scene<'_>,
    walk: &Walk,
    index: usize,
    pick: &crate::protocol::source::Pick,
) -> Volume {
    let columns = walk.picks.get(&index).map_or(0, |n| n.columns);
    let channels = scene
        .pipette(&pick.fill.pipette.value)
        .map_or(1, |(_, p)| u64::from(p.channels));
    let times = i64::try_from(columns.saturating_mul(channels)).unwrap_or(i64::MAX);
    pick.fill.volume.value.times(times)
}

impl<'a> Compiler<'a> {
    fn pieces(&self) -> BTreeMap<String, Piece> {
        let mut pieces = BTreeMap::new();
        for s in &self.scene.standing {
            let mut contents = Vec::new();
            if let (Kind::Reservoir, Some(r)) = (s.labware.kind, self.stock.reservoirs.get(&s.name)) {
                let (well, od) = (Well::new(0, 0), Absorbance(0.0));
                contents.push(LoadLiquid {
                    well,
                    liquid: r.liquid.clone(),
                    strain: None,
                    volume: r.loaded,
                    od,
                });
            }
            let piece = Piece {
                labware: s.labware.name.clone(),
                nest: s.nest.clone(),
                contents,
            };
            pieces.insert(s.name.clone(), piece);
        }
        if let Some((nest, labware)) = self.scene.waste() {
            let piece = Piece {
                labware: labware.name.clone(),
                nest: nest.clone(),
                contents: Vec::new(),
            };
            pieces.insert("waste".into(), piece);
        }
        pieces
    }

    fn plate(&self, id: &PlateId, info: &PlateInfo<'_>) -> Option<PlatePlan> {
        let group = info.group;
        let layout = group
            .layout
            .as_ref()
            .and_then(|l| self.scene.source.layouts.get(&l.value));
        let mut contents = Vec::new();
        if let (Some(layout), Some(volume)) = (layout, &group.volume) {
            let liquid = group.liquid.as_ref().map(|l| l.value.clone()).unwrap_or_default();
            let od = group.od.as_ref().map_or(Absorbance(0.0), |o| o.value);
            for (well, (name, role)) in &layout.wells {
                let strain = (*role != Role::Blank).then(|| crate::plan::StrainId::new(name.clone()));
                let od = if strain.is_some() { od } else { Absorbance(0.0) };
                let volume = volume.value;
                contents.push(LoadLiquid {
                    well: *well,
                    liquid: liquid.clone(),
                    strain,
                    volume,
                    od,
                });
            }
        }
        let mut samples = self.walk.samples.get(id).cloned().unwrap_or_default();
        let picked = self.scene.source.steps.iter().any(
            |s| matches!(&s.work, StepWork::Select(s) if self.scene.single(&s.target.value) == Some(id)),
        );
        if !picked {
            for well in info.labware.wells() {
                samples.entry(well).or_insert(Sample {
                    strain: None,
                    role: Role::Empty,
                });
            }
        }
        Some(PlatePlan {
            labware: info.labware.name.clone(),
            rows: info.labware.rows,
            columns: info.labware.columns,
            group: group.name.value.clone(),
            number: info.number,
            barcode: self.barcode(id),
            start: info.start.clone()?,
            lidded: group.lidded.value,
            contents,
            samples,
        })
    }

    /// The barcode that a plate must show.
    pub fn barcode(&self, plate: &PlateId) -> Option<String> {
        let info = self.scene.plates.get(plate)?;
        Some(
            info.group
                .barcode
                .as_ref()?
                .value
                .replace("{n}", &info.number.to_string()),
        )
    }
    /// Whether its barcode has not been read yet; it counts as read from now on.
    pub fn unscanned(&mut self, plate: &PlateId) -> bool {
        self.states
            .get_mut(plate)
            .is_some_and(|s| !std::mem::replace(&mut s.scanned, true))
    }
    /// Where a plate rests now.
    pub fn at(&self, plate: &PlateId) -> Option<NestId> {
        self.states.get(plate)?.at.clone()
    }
    /// Says where a plate rests from now on.
    pub fn settle(&mut self, plate: &PlateId, at: NestId) {
        if let Some(state) = self.states.get_mut(plate) {
            state.at = Some(at);
        }
    }
    /// Says that what is done with a plate from now on is skipped without hits.
    pub fn only_if(&mut self, plate: &PlateId, select: &StepId) {
        if let Some(state) = self.states.get_mut(plate) {
            state.only_if = Some(select.clone());
        }
    }
    /// The selection that what is done with a plate hangs on.
    pub fn condition(&self, plate: &PlateId) -> Option<StepId> {
        self.states.get(plate)?.only_if.clone()
    }
    /// The series of a plate's reads in a step, which exists from its first read.
    pub fn series_of(&mut self, step: usize, plate: &PlateId) -> u32 {
        let next = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        *self.series.entry((step, plate.clone())).or_insert(next)
    }
    /// Says that a plate's first read in a step was part of another step's visit.
    pub fn begin_reads(&mut self, step: usize, plate: &PlateId) {
        self.begun.insert((step, plate.clone()));
    }
    /// Whether it was.
    pub fn reads_begun(&self, step: usize, plate: &PlateId) -> bool {
        self.begun.contains(&(step, plate.clone()))
    }
    /// The last operation on a plate.
    pub fn last_of(&self, plate: &PlateId) -> Option<OperationId> {
        self.states.get(plate)?.last
    }
    /// Where a step stands in the file.
    pub fn origin(&self, step: &Step) -> Origin {
        let (line, _) = self.file.line_column(step.id.span.start);
        Origin {
            line: u32::try_from(line).unwrap_or(u32::MAX),
        }
    }
    /// An operation of a step.
    pub fn draft(&self, step: &Step, title: String) -> Draft<'a> {
        Draft::new(
            self.scene.rig,
            StepId::new(step.id.value.clone()),
            title,
            self.origin(step),
        )
    }

    /// What an operation of a step on a plate comes after: the plate's last operation and the steps it names.
    pub fn before(&self, step: &Step, plate: Option<&PlateId>) -> Vec<After> {
        let plain = |operation: OperationId| After {
            operation,
            min: Duration::ZERO,
            max: None,
        };
        let mut out = Vec::new();
        out.extend(
            plate
                .and_then(|p| self.states.get(p))
                .and_then(|s| s.last)
                .map(plain),
        );
        for after in &step.after {
            let Some((index, _)) = self.scene.step(&after.step.value) else {
                continue;
            };
            let Some(ends) = self.ends.get(&index) else {
                continue;
            };
            let one = plate.and_then(|p| ends.by_plate.get(p)).map(std::slice::from_ref);
            out.extend(one.unwrap_or(&ends.all).iter().map(|operation| After {
                operation: *operation,
                min: after.at_least,
                max: after.at_most,
            }));
        }
        if out.is_empty() {
            out.extend(self.prepared.map(plain));
        }
        out
    }

    /// Adds a finished operation and says where its plates are next.
    pub fn add(&mut self, draft: Draft<'_>) -> OperationId {
        let id = OperationId(u32::try_from(self.operations.len()).unwrap_or(u32::MAX));
        let operation = draft.finish(id);
        for plate in &operation.plates {
            if let Some(state) = self.states.get_mut(plate) {
                state.last = Some(id);
            }
        }
        self.operations.push(operation);
        id
    }

    /// Adds an operation that uses tips or liquids.
    pub fn add_using(&mut self, mut draft: Draft<'_>) -> OperationId {
        draft.after(self.barrier.map(|operation| After {
            operation,
            min: Duration::ZERO,
            max: None,
        }));
        let id = self.add(draft);
        self.since.push(id);
        id
    }

    /// Has the operator replenish what a coming operation needs, if it needs it.
    pub fn ensure(&mut self, step: &Step, title: &str, need: &Need<'_>, only_if: Option<StepId>) {
        if self.stock.covers(need) {
            return;
        }
        let mut after: Vec<After> = std::mem::take(&mut self.since)
            .into_iter()
            .map(|operation| After {
                operation,
                min: Duration::ZERO,
                max: None,
            })
            .collect();
        after.extend(self.barrier.map(|operation| After {
            operation,
            min: Duration::ZERO,
            max: None,
        }));
        let draft = self.replenish(step, title, after, only_if);
        let id = self.add(draft);
        self.barrier = Some(id);
    }

    /// Reports what the rules let through.
    pub fn error(&self, code: &'static str, span: std::ops::Range<usize>, message: String) {
        self.reporter.error(code, span, message);
    }
}
