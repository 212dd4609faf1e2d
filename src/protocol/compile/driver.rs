//! The compiler's state and the order of its work.

use super::delays::Ends;
use super::draft::Draft;
use super::promises::Promises;
use super::stock::{Need, Stock, demand};
use crate::labware::{Kind, Stride};
use crate::plan::{
    After, Condition, Correction, LoadLiquid, Operation, OperationId, Origin, Piece, Plan, PlateId,
    PlatePlan, Role, Sample, StepId,
};
use crate::protocol::check::policy;
use crate::protocol::moves::{VesselId, Walk};
use crate::protocol::scene::{PlateInfo, Scene};
use crate::protocol::source::plate::{OperatorTask, Task};
use crate::protocol::source::{Barcode, Names, Step, StepWork};
use crate::rig::{InstrumentId, NestId, PipetteId};
use crate::source::{Reporter, Space};
use crate::units::{Absorbance, Duration, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// Where a plate's lid is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LidAt {
    /// On it.
    On,
    /// In a lid nest of its own.
    Nest(NestId),
    /// It has none.
    None,
}

/// Where a plate is in the plan so far.
pub(super) struct PlateState {
    pub at: Option<NestId>,
    pub lid: LidAt,
    /// Whether its incubator shakes it.
    pub shake: bool,
    pub(super) last: Option<OperationId>,
    /// Longest time until the next operation on it.
    pub(super) soon: Option<Duration>,
    scanned: bool,
    only_if: Option<StepId>,
}

/// The compiler.
pub(super) struct Compiler<'a> {
    pub scene: &'a Scene<'a>,
    pub walk: &'a Walk<'a>,
    pub stock: Stock,
    space: &'a Space,
    reporter: &'a Reporter,
    operations: Vec<Operation>,
    states: BTreeMap<PlateId, PlateState>,
    pub ends: BTreeMap<usize, Ends>,
    /// Operations that used tips or liquids since the last replenishment.
    since: Vec<OperationId>,
    /// The replenishment, or the preparation, that everything on the deck comes after.
    pub barrier: Option<OperationId>,
    /// The last operation of each regulator.
    pub regulated: BTreeMap<InstrumentId, OperationId>,
    pub prepared: Option<OperationId>,
    /// Numbers of the series, by reading step and plate.
    series: BTreeMap<(usize, PlateId), u32>,
    begun: BTreeSet<(usize, PlateId)>,
    /// What the tips of each pipette hold.
    pub holding: BTreeMap<u8, Volume>,
    /// The last operation on each piece whose levels are walked.
    pub touched: BTreeMap<VesselId, OperationId>,
    /// The last operation with each probe.
    pub lines: BTreeMap<PipetteId, OperationId>,
    pub promises: Promises,
    corrections: BTreeSet<Correction>,
}

/// Whether a step changes what covers plates, or whether they are there at all.
const fn covers(work: &StepWork) -> bool {
    match work {
        StepWork::Station(s) => matches!(s.task, Task::Seal { .. } | Task::Peel),
        StepWork::Operator(o) => !matches!(o.task, OperatorTask::Replace(_)),
        _ => false,
    }
}

/// The plan of a checked protocol.
pub(in crate::protocol) fn compile(
    scene: &Scene<'_>,
    walk: &Walk<'_>,
    space: &Space,
    reporter: &Reporter,
) -> Option<Plan> {
    let stock = Stock::new(scene, walk, &demand(scene, walk));
    let state = |p: &PlateInfo<'_>| PlateState {
        at: p.start.clone(),
        lid: if p.group.lidded.value {
            LidAt::On
        } else {
            LidAt::None
        },
        shake: false,
        last: None,
        soon: None,
        scanned: false,
        only_if: None,
    };
    let states = scene
        .plates
        .iter()
        .map(|(id, p)| (id.clone(), state(p)))
        .collect();
    let mut compiler = Compiler {
        scene,
        walk,
        stock,
        space,
        reporter,
        operations: Vec::new(),
        states,
        ends: BTreeMap::new(),
        since: Vec::new(),
        barrier: None,
        regulated: BTreeMap::new(),
        prepared: None,
        series: BTreeMap::new(),
        begun: BTreeSet::new(),
        holding: BTreeMap::new(),
        touched: BTreeMap::new(),
        lines: BTreeMap::new(),
        promises: Promises::default(),
        corrections: BTreeSet::new(),
    };
    let pieces = compiler.pieces();
    let later = compiler.later();
    let mut colonies = compiler.colonies();
    let plates: BTreeMap<PlateId, PlatePlan> = scene
        .plates
        .iter()
        .filter_map(|(id, info)| {
            let mut plate = compiler.plate(id, info, &later)?;
            plate.colonies = colonies.remove(id).unwrap_or_default();
            Some((id.clone(), plate))
        })
        .collect();
    compiler.load(&pieces, &plates);
    compiler.prepare();
    compiler.steps(&plates);
    compiler.keep_promises();
    let wastes = compiler.wastes(&compiler.operations);
    Some(Plan {
        protocol: scene.source.name.clone(),
        title: scene.source.title.clone(),
        parameters: scene.source.parameters.clone(),
        plates,
        pieces,
        operations: compiler.operations,
        promises: compiler.promises.finish(),
        corrections: compiler.corrections.into_iter().collect(),
        wastes,
        commissioning: None,
    })
}

impl<'a> Compiler<'a> {
    /// Every step in the file's order; unbroken groups plate by plate.
    fn steps(&mut self, plates: &BTreeMap<PlateId, PlatePlan>) {
        let fused = self.fusions();
        let steps = &self.scene.source.steps;
        let mut index = 0;
        while let Some(step) = steps.get(index) {
            let together = step.unbroken.as_ref().map_or(1, |name| {
                let same = |s: &&Step| s.unbroken.as_ref().is_some_and(|n| n.value == name.value);
                steps.iter().skip(index).take_while(same).count()
            });
            // A condition of one step of an unbroken group is one of all.
            let members = steps
                .get(index..index.saturating_add(together))
                .unwrap_or_default();
            let asking = members.iter().find_map(|s| Some((&s.id.value, s.when.as_ref()?)));
            let before = asking.map(|_| self.whereabouts());
            let done = if together > 1 {
                self.unbroken(index, index.saturating_add(together))
            } else {
                self.step(index, step, &fused, plates)
            };
            if done.is_none() {
                let message = format!("step \"{}\" could not be planned on this rig", step.id.value);
                self.reporter.error("not-planned", step.id.span.clone(), message);
            }
            if let (Some(before), Some((id, when))) = (before, asking)
                && (before != self.whereabouts() || members.iter().any(|s| covers(&s.work)))
            {
                let message = format!(
                    "step \"{id}\" may be left out, and with it where its plates are or what covers them would be unknown"
                );
                self.reporter.error("conditional", when.span.clone(), message);
            }
            index = index.saturating_add(together.max(1));
        }
    }

    /// Says that a plate is out of the mover's reach.
    pub fn stored(&self, step: &Step, plate: &PlateId) {
        let message = format!("{plate} is in the incubator, where the plate mover does not reach its lid");
        let d =
            crate::source::Diagnostic::error("stored", self.reporter.file(), step.id.span.clone(), message);
        self.reporter
            .add(d.help("add a step with do = \"move\" before, to a nest that it reaches"));
    }

    /// Where every plate and its lid is.
    fn whereabouts(&self) -> Vec<(Option<NestId>, LidAt, bool)> {
        let of = |s: &PlateState| (s.at.clone(), s.lid.clone(), s.shake);
        self.states.values().map(of).collect()
    }

    /// Plans one step; `None` when something it needs is not there.
    fn step(
        &mut self,
        index: usize,
        step: &'a Step,
        fused: &BTreeMap<usize, usize>,
        plates: &BTreeMap<PlateId, PlatePlan>,
    ) -> Option<()> {
        match &step.work {
            StepWork::Distribute(_)
            | StepWork::Transfer(_)
            | StepWork::Consolidate(_)
            | StepWork::Stamp(_)
            | StepWork::Dilute(_)
            | StepWork::Mix(_)
            | StepWork::Spot(_)
            | StepWork::PickColonies(_)
            | StepWork::Pipette(_) => self.liquid(index, step, fused.get(&index).copied()),
            StepWork::Line(l) => self.line(index, step, l),
            StepWork::Pick(p) => self.pick(index, step, p, fused.get(&index).copied()),
            StepWork::Read(r) => self.read(index, step, r),
            StepWork::Growth(_)
            | StepWork::Endpoint(_)
            | StepWork::Select(_)
            | StepWork::FailedPicks(_)
            | StepWork::Record(_)
            | StepWork::Verify(_) => self.compute(index, step),
            StepWork::Station(s) => self.each(index, step, &s.each.value),
            StepWork::Move(m) => self.each(index, step, &m.each.value),
            StepWork::Unlid(u) => self.each(index, step, &u.each.value),
            StepWork::Lid(l) => self.each(index, step, &l.each.value),
            StepWork::Incubate(i) => self.incubate(index, step, i),
            StepWork::Wait(w) => self.wait(index, step, w),
            StepWork::Operator(o) => self.person(index, step, o, plates),
            StepWork::Prompt(p) => self.prompt(index, step, p),
            StepWork::Regulator(r) => self.regulate(index, step, r),
        }
    }

    /// Plates that a step brings.
    fn later(&self) -> BTreeSet<PlateId> {
        let mut later = BTreeSet::new();
        for step in &self.scene.source.steps {
            if let StepWork::Operator(o) = &step.work
                && let OperatorTask::Load(each) = &o.task
            {
                later.extend(self.scene.plates_of(&each.value).iter().cloned());
            }
        }
        later
    }

    fn pieces(&self) -> BTreeMap<String, Piece> {
        let mut pieces = BTreeMap::new();
        for (index, s) in self.scene.standing.iter().enumerate() {
            let mut contents = Vec::new();
            let (strain, od) = (None, Absorbance(0.0));
            for held in &s.piece.contents {
                let tap = self.stock.taps.get(&(index, held.well)).map(|t| t.loaded);
                let Some(volume) = tap.or(held.volume.as_ref().map(|v| v.value)) else {
                    continue;
                };
                contents.push(LoadLiquid {
                    well: held.well,
                    liquid: held.liquid.value.clone(),
                    strain: strain.clone(),
                    volume,
                    od,
                });
            }
            if let Some((layout, volume)) = &s.piece.layout
                && let Some(layout) = self.scene.source.layouts.get(&layout.value)
            {
                contents.extend(layout.wells.iter().map(|(well, (name, _))| LoadLiquid {
                    well: *well,
                    liquid: name.clone(),
                    strain: strain.clone(),
                    volume: volume.value,
                    od,
                }));
            }
            let used = match s.labware.kind {
                Kind::TipRack => self.stock.gone(&s.name),
                _ => Vec::new(),
            };
            let piece = Piece {
                labware: s.labware.name.clone(),
                stride: s.labware.stride(),
                used,
                nest: s.nest.clone(),
                contents,
            };
            pieces.insert(s.name.clone(), piece);
        }
        if let Some((nest, labware)) = self.scene.waste() {
            let piece = Piece {
                labware: labware.name.clone(),
                stride: Stride::NONE,
                used: Vec::new(),
                nest: nest.clone(),
                contents: Vec::new(),
            };
            pieces.insert("waste".into(), piece);
        }
        pieces.extend(self.stations());
        pieces
    }

    fn contents(&self, info: &PlateInfo<'_>) -> Vec<LoadLiquid> {
        let group = info.group;
        let Some(volume) = group.volume.as_ref().map(|v| v.value) else {
            return Vec::new();
        };
        let liquid = group.liquid.as_ref().map(|l| l.value.clone());
        let layout = group
            .layout
            .as_ref()
            .and_then(|l| self.scene.source.layouts.get(&l.value));
        let Some(layout) = layout else {
            let of = |well| LoadLiquid {
                well,
                liquid: liquid.clone().unwrap_or_default(),
                strain: None,
                volume,
                od: Absorbance(0.0),
            };
            return info.labware.wells().map(of).collect();
        };
        let dense = group.od.as_ref().map_or(Absorbance(0.0), |o| o.value);
        let of = |(well, (name, role)): (&crate::labware::Well, &(String, Role))| {
            let strains = layout.names == Names::Strains;
            let strain = (strains && *role != Role::Blank).then(|| crate::plan::StrainId::new(name.as_str()));
            LoadLiquid {
                well: *well,
                liquid: if strains {
                    liquid.clone().unwrap_or_default()
                } else {
                    name.clone()
                },
                od: if strain.is_some() { dense } else { Absorbance(0.0) },
                strain,
                volume,
            }
        };
        layout.wells.iter().map(of).collect()
    }

    fn plate(&self, id: &PlateId, info: &PlateInfo<'_>, later: &BTreeSet<PlateId>) -> Option<PlatePlan> {
        let group = info.group;
        let contents = self.contents(info);
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
            stride: info.labware.stride(),
            group: group.name.value.clone(),
            number: info.number,
            barcode: self.barcode(id),
            start: info.start.clone()?,
            lidded: group.lidded.value,
            sealed: group.sealed.value,
            later: later.contains(id),
            contents,
            samples,
            colonies: Default::default(),
            given_up: Default::default(),
        })
    }

    /// The barcode that a plate must show.
    pub fn barcode(&self, plate: &PlateId) -> Option<String> {
        let info = self.scene.plates.get(plate)?;
        match info.group.barcode.as_ref()? {
            Barcode::Required(text) => Some(text.value.replace("{n}", &info.number.to_string())),
            Barcode::Scanned(_) => None,
        }
    }
    /// Whether its barcode has not been read yet; it counts as read from now on.
    pub fn unscanned(&mut self, plate: &PlateId) -> bool {
        self.states
            .get_mut(plate)
            .is_some_and(|s| !std::mem::replace(&mut s.scanned, true))
    }
    /// What is known of a plate.
    pub fn state(&self, plate: &PlateId) -> Option<&PlateState> {
        self.states.get(plate)
    }
    /// The same, to change it.
    pub fn state_mut(&mut self, plate: &PlateId) -> Option<&mut PlateState> {
        self.states.get_mut(plate)
    }
    /// Says that the next operation on a plate begins at most this long after its last one.
    pub fn soon(&mut self, plate: &PlateId, within: Option<Duration>) {
        if let Some(state) = self.states.get_mut(plate) {
            state.soon = within;
        }
    }
    /// Keeps a stroke that a liquid class changes.
    pub fn corrected(&mut self, correction: Correction) {
        self.corrections.insert(correction);
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
    /// Where a step stands in the file that the run was started from; of a called one, where it is called.
    pub fn origin(&self, step: &Step) -> Origin {
        let place = step.id.span.start;
        let line = self.space.file_at(place).map_or(0, |(file, base)| {
            let (line, _) = file.line_column(place.saturating_sub(base));
            line
        });
        Origin {
            line: u32::try_from(line).unwrap_or(u32::MAX),
        }
    }
    /// An operation of a step.
    pub fn draft(&self, step: &Step, title: String) -> Draft<'a> {
        let mut draft = Draft::new(
            self.scene.rig,
            StepId::new(step.id.value.as_str()),
            title,
            self.origin(step),
        );
        draft.on_failure(policy(self.scene, step));
        draft
    }
    /// The condition of a step, for one of its plates.
    pub fn when(&self, step: &Step, plate: Option<&PlateId>) -> Option<Condition> {
        step.when.as_ref().map(|when| Condition {
            expression: when.value.clone(),
            plate: plate.cloned(),
            readings: None,
            holds: true,
        })
    }

    /// Adds a finished operation and says where its plates are next.
    pub fn add(&mut self, draft: Draft<'_>) -> OperationId {
        let id = OperationId(u32::try_from(self.operations.len()).unwrap_or(u32::MAX));
        let operation = draft.finish(id);
        for plate in &operation.plates {
            if let Some(state) = self.states.get_mut(plate) {
                state.last = Some(id);
                state.soon = None;
            }
        }
        self.operations.push(operation);
        id
    }

    /// Operations that used tips or liquids since the last replenishment; none from now on.
    pub fn take_since(&mut self) -> Vec<OperationId> {
        std::mem::take(&mut self.since)
    }
    /// How many operations there are.
    pub fn count(&self) -> usize {
        self.operations.len()
    }
    /// An operation that was added.
    pub fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get(id.index())
    }

    /// Adds an operation that uses tips or liquids.
    pub fn add_using(&mut self, mut draft: Draft<'_>) -> OperationId {
        draft.after(self.barrier.map(After::plain));
        let id = self.add(draft);
        self.since.push(id);
        id
    }

    /// Has the operator replenish what a coming operation needs, if it needs it.
    /// It is done even where the operation itself is then left out: later ones count on it.
    pub fn ensure(&mut self, step: &Step, title: &str, need: &Need<'_>) {
        if self.stock.covers(need) {
            return;
        }
        let mut after: Vec<After> = std::mem::take(&mut self.since)
            .into_iter()
            .map(After::plain)
            .collect();
        after.extend(self.barrier.map(After::plain));
        let draft = self.replenish(step, title, after);
        let id = self.add(draft);
        self.barrier = Some(id);
    }
}
