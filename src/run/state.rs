//! The state of a run, folded from its events.

use super::belief::Belief;
use super::event::{ActionId, Ending, Source};
use super::give_up::Abandoned;
use super::question::{Choice, Question, QuestionId};
use crate::devices::{Failure, Identity, Intent};
use crate::labware::{Library, Well};
use crate::plan::{
    Actor, Finding, Measurement, Operation, OperationId, Plan, PlateId, Reading, Resource, Schedule, StepId,
    Value,
};
use crate::rig::{InputId, InstrumentId, NestId, PipetteId};
use crate::units::{Duration, Timestamp, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    Waiting,
    /// Begun: the next action is `index` of `phase`.
    Running {
        /// The phase.
        phase: u16,
        /// The next action of it.
        index: u32,
        /// Whether the phase's claims are held.
        entered: bool,
    },
    /// Done.
    Ended,
    /// Left out.
    Skipped,
}

impl Status {
    /// Ended or left out.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Skipped)
    }
}

/// One operation's course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationState {
    /// Where it stands.
    pub status: Status,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
}

/// An action that was intended and whose outcome is not known yet.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenIntent {
    /// Its number.
    pub action: ActionId,
    /// Its operation.
    pub operation: OperationId,
    /// Its phase.
    pub phase: u16,
    /// Its index.
    pub index: u32,
    /// Who performs it.
    pub actor: Actor,
    /// What, from which state.
    pub intent: Intent,
    /// Since when.
    pub since: Timestamp,
    /// The failure it met, if it met one.
    pub failure: Option<Failure>,
}

/// What the run is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Not scheduled yet.
    Preparing,
    /// Dispatching.
    Running,
    /// No new operation starts.
    Paused,
    /// No new action starts; operations stay open.
    Held,
    /// Motion was stopped; nothing moves until a person has reset it.
    Halted,
    /// No new action of the plan starts; instruments go to their safe state.
    Aborting,
    /// Over.
    Ended(Ending),
}

/// One claim in the order in which a resource is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub operation: OperationId,
    pub from: u16,
    pub to: u16,
}

/// The turns of one resource; those before `next` are over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Queue {
    pub turns: Vec<Turn>,
    pub next: usize,
}

/// Everything known of a run.
#[derive(Debug, Clone)]
pub struct State {
    /// What it was started from.
    pub source: Option<Source>,
    /// Its plan.
    pub plan: Plan,
    /// The schedule in force.
    pub schedule: Schedule,
    /// When the schedule's time began.
    pub zero: Timestamp,
    /// When the run was started.
    pub started: Timestamp,
    /// When the last event happened.
    pub last: Timestamp,
    /// What it is doing.
    pub mode: Mode,
    /// Operations by index.
    pub operations: Vec<OperationState>,
    /// Open intents by actor.
    pub open: BTreeMap<Actor, OpenIntent>,
    /// Questions that wait for an answer.
    pub questions: BTreeMap<QuestionId, Question>,
    /// Answers about intents that are still open: what a person has said is not asked again.
    pub answers: BTreeMap<ActionId, Choice>,
    /// Typed answers about intents that are still open.
    pub typed: BTreeMap<ActionId, Value>,
    /// What people answered and scanners read, by step; the latest of each.
    pub values: BTreeMap<StepId, Value>,
    /// What the bench looks like.
    pub belief: Belief,
    /// Every read, in order.
    pub readings: Vec<Reading>,
    /// What regulators measured, in order.
    pub measurements: Vec<Measurement>,
    /// Conclusions by step.
    pub findings: BTreeMap<StepId, Finding>,
    /// Who the instruments said they are.
    pub identities: BTreeMap<InstrumentId, Identity>,
    /// Operations left out, with the reason.
    pub skipped: Vec<(OperationId, String)>,
    /// Plates that are given up.
    pub given_up: BTreeMap<PlateId, Abandoned>,
    /// Wells that are given up, of plates that go on.
    pub given_up_wells: BTreeMap<(PlateId, Well), Abandoned>,
    /// Plates that were replaced by fresh ones, in order.
    pub replaced: Vec<super::fresh::Replaced>,
    /// Failures met, with the time and the operation.
    pub failures: Vec<(Timestamp, OperationId, Failure)>,
    /// Actions that took place.
    pub actions_done: u64,
    /// Number of the next intent.
    pub next_action: u64,
    /// Number of the next question.
    pub next_question: u64,
    /// How often a process took up the run again.
    pub restarts: u32,
    /// Instruments that could not be stopped by the last halt, and why.
    pub not_halted: BTreeMap<InstrumentId, String>,
    /// Instruments that do not answer, and why.
    pub unreachable: BTreeMap<InstrumentId, String>,
    /// Which instruments ceased to answer, and why, and which answered again, in order.
    pub reach_changes: Vec<(Timestamp, InstrumentId, Option<String>)>,
    /// Contacts of the rig.
    pub inputs: BTreeMap<InputId, super::inputs::InputState>,
    /// What contacts came to say, in order: when, which, what.
    pub input_changes: Vec<(Timestamp, String, String)>,
    /// Instruments that did not get to their safe state after an abort, and why.
    pub safe_left: BTreeMap<InstrumentId, String>,
    /// Instruments that have done something in this run.
    pub(super) worked: BTreeSet<InstrumentId>,
    /// What is not known of wells, until somebody says it.
    pub doubts: BTreeMap<(super::Item, Well), super::Doubt>,
    /// What was said to be contaminated and not yet to be cleaned.
    pub unclean: Vec<String>,
    /// Repairs of the run, in order: when, who, what, why.
    pub repairs: Vec<(Timestamp, String, super::Repair, String)>,
    /// Pipettes whose tips hold nobody knows how much, with how much more than is believed that may be.
    /// What may be in the gripper of a mover: the plate of its last move, if that did not come to its end.
    pub(super) in_hand: BTreeMap<InstrumentId, super::held::InHand>,
    pub(super) unsure_tips: BTreeMap<PipetteId, Volume>,
    /// Pins that were interrupted as they came down.
    pub(super) broken_dips: super::pins::Broken,
    /// What prevented the rest of the plan before the first repair since the run last went on.
    pub(super) before_repair: Option<Vec<String>>,
    /// A person wants plates parked while the run stands.
    pub park_wanted: bool,
    pub(super) parking: Option<super::park::Course>,
    pub(super) ways: super::park::Ways,
    pub(super) safe_path: super::safe::SafePath,
    /// What the clocks of the host showed, and what became of them.
    pub host: super::Host,
    /// Motion was stopped by a halt since a person last started it: what is open is settled only when the run goes on.
    pub distrusted: bool,
    /// Time of the counted event of each series' member 0, by series.
    pub(super) series_start: BTreeMap<u32, Timestamp>,
    /// Series whose start was known when the schedule in force was made: its times hold as they are.
    pub(super) anchored: BTreeSet<u32>,
    /// Operations of which nothing is left since their plates were given up, and why.
    pub(super) left_out: BTreeMap<OperationId, String>,
    pub(super) queues: BTreeMap<Resource, Queue>,
    pub(super) transfer_nests: BTreeMap<InstrumentId, NestId>,
    pub(super) stations: BTreeMap<InstrumentId, NestId>,
    /// The nest that each reader's tray and each station's place is.
    pub(super) holds: BTreeMap<InstrumentId, NestId>,
    pub(super) channels: BTreeMap<PipetteId, u8>,
    /// The labware that the run was started with.
    pub(super) labware: Library,
    pub(super) first_open: usize,
}

impl State {
    /// Before the first event. The rig tells the channels of pipettes and the nests of incubators and stations.
    pub fn new(rig: &crate::rig::Rig) -> Self {
        let mut channels = BTreeMap::new();
        let mut transfer_nests = BTreeMap::new();
        let mut stations = BTreeMap::new();
        let mut holds = BTreeMap::new();
        for (id, instrument) in &rig.instruments {
            match &instrument.role {
                crate::rig::Role::LiquidHandler(h) => {
                    channels.extend(h.pipettes.iter().map(|(id, p)| (id.clone(), p.channels)));
                }
                crate::rig::Role::Incubator(i) => {
                    transfer_nests.insert(id.clone(), i.transfer.clone());
                }
                crate::rig::Role::Station(s) => {
                    stations.insert(id.clone(), s.nest.clone());
                    holds.insert(id.clone(), s.nest.clone());
                }
                crate::rig::Role::PlateReader(r) => {
                    holds.insert(id.clone(), r.tray.clone());
                }
                _ => {}
            }
        }
        Self {
            source: None,
            labware: Library::default(),
            broken_dips: super::pins::Broken::new(),
            plan: Plan {
                protocol: String::new(),
                title: String::new(),
                parameters: BTreeMap::new(),
                plates: BTreeMap::new(),
                pieces: BTreeMap::new(),
                operations: Vec::new(),
                promises: Vec::new(),
                corrections: Vec::new(),
                wastes: Vec::new(),
                commissioning: None,
            },
            schedule: Schedule::default(),
            zero: Timestamp::default(),
            started: Timestamp::default(),
            last: Timestamp::default(),
            mode: Mode::Preparing,
            operations: Vec::new(),
            open: BTreeMap::new(),
            questions: BTreeMap::new(),
            answers: BTreeMap::new(),
            typed: BTreeMap::new(),
            values: BTreeMap::new(),
            belief: Belief::default(),
            readings: Vec::new(),
            measurements: Vec::new(),
            findings: BTreeMap::new(),
            identities: BTreeMap::new(),
            skipped: Vec::new(),
            given_up: BTreeMap::new(),
            given_up_wells: BTreeMap::new(),
            replaced: Vec::new(),
            left_out: BTreeMap::new(),
            failures: Vec::new(),
            actions_done: 0,
            next_action: 1,
            next_question: 1,
            restarts: 0,
            not_halted: BTreeMap::new(),
            unreachable: BTreeMap::new(),
            reach_changes: Vec::new(),
            inputs: super::inputs::of(rig),
            input_changes: Vec::new(),
            safe_left: BTreeMap::new(),
            worked: BTreeSet::new(),
            doubts: BTreeMap::new(),
            unclean: Vec::new(),
            repairs: Vec::new(),
            in_hand: BTreeMap::new(),
            unsure_tips: BTreeMap::new(),
            before_repair: None,
            park_wanted: false,
            parking: None,
            ways: super::park::Ways::new(rig),
            safe_path: super::safe::SafePath::new(rig),
            host: super::Host::default(),
            distrusted: false,
            series_start: BTreeMap::new(),
            anchored: BTreeSet::new(),
            queues: BTreeMap::new(),
            transfer_nests,
            stations,
            holds,
            channels,
            first_open: 0,
        }
    }

    /// Beginning and end of each operation that has ended and was not left out.
    pub fn times(&self) -> BTreeMap<OperationId, (Timestamp, Timestamp)> {
        let ended = |(operation, course): (&Operation, &OperationState)| {
            let done = course.status == Status::Ended;
            let times = course.started.zip(course.ended)?;
            done.then_some((operation.id, times))
        };
        self.plan
            .operations
            .iter()
            .zip(&self.operations)
            .filter_map(ended)
            .collect()
    }

    /// The plan's operation.
    pub fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.plan.operations.get(id.index())
    }

    /// Whether nothing is left of an operation since its plates were given up.
    pub fn is_given_up(&self, id: OperationId) -> bool {
        self.left_out.contains_key(&id)
    }

    /// How far an operation is.
    pub fn status(&self, id: OperationId) -> Status {
        self.operations
            .get(id.index())
            .map_or(Status::Waiting, |o| o.status)
    }

    /// Operations that are over, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        (
            self.operations.iter().filter(|o| o.status.is_over()).count(),
            self.operations.len(),
        )
    }

    /// The picklist of a selection step, once it is concluded.
    pub fn picklist(&self, step: &StepId) -> Option<&crate::plan::Picklist> {
        match self.findings.get(step) {
            Some(Finding::Hits { picklist, .. }) => Some(picklist),
            _ => None,
        }
    }

    /// The actions of a phase; picklist work is expanded with the picklist of its selection step.
    pub fn phase_actions(&self, operation: OperationId, phase: u16) -> Vec<crate::plan::Action> {
        let Some(phase) = self
            .operation(operation)
            .and_then(|o| o.phases.get(usize::from(phase)))
        else {
            return Vec::new();
        };
        let select = match &phase.work {
            crate::plan::Work::Actions(_) | crate::plan::Work::PickAgain(_) => None,
            crate::plan::Work::PickFill(fill) => Some(&fill.select),
            crate::plan::Work::PickTransfer(transfer) => Some(&transfer.select),
        };
        crate::plan::expand(&phase.work, select.and_then(|s| self.picklist(s)))
    }

    /// One action of a phase and how many the phase has.
    pub(super) fn action(
        &self,
        operation: OperationId,
        phase: u16,
        index: u32,
    ) -> (Option<crate::plan::Action>, usize) {
        let work = self
            .operation(operation)
            .and_then(|o| o.phases.get(usize::from(phase)))
            .map(|p| &p.work);
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(crate::plan::Work::Actions(actions)) = work {
            return (actions.get(index).cloned(), actions.len());
        }
        let actions = self.phase_actions(operation, phase);
        (actions.get(index).cloned(), actions.len())
    }

    /// The step that a phase of an operation comes from.
    pub fn step_of(&self, operation: OperationId, phase: u16) -> Option<&StepId> {
        let operation = self.operation(operation)?;
        operation.phases.get(usize::from(phase)).map(|p| &p.step)
    }

    /// When an operation should start: its planned place, for members of a series relative to member 0 as it was.
    pub fn due(&self, id: OperationId) -> Timestamp {
        let planned = self.schedule.slot(id).map_or(Duration::ZERO, |s| s.start);
        let absolute = self.zero.plus(planned);
        let Some(cadence) = self.operation(id).and_then(|o| o.cadence).filter(|c| c.index > 0) else {
            return absolute;
        };
        if self.anchored.contains(&cadence.series) {
            return absolute;
        }
        let Some(&start) = self.series_start.get(&cadence.series) else {
            return absolute;
        };
        let first = self.plan.operations.iter().find(|o| {
            o.cadence
                .is_some_and(|c| c.series == cadence.series && c.index == 0)
        });
        let Some((first, lead)) = first.and_then(|o| Some((o.id, o.cadence?.lead))) else {
            return absolute;
        };
        let planned_first = self
            .schedule
            .slot(first)
            .map_or(Duration::ZERO, |s| s.start.plus(lead));
        start.plus(planned.minus(planned_first))
    }

    /// When the counted event of a series' first member took place.
    pub fn series_start(&self, series: u32) -> Option<Timestamp> {
        self.series_start.get(&series).copied()
    }

    /// By how much a counted event at `at` misses its window, if it does.
    pub(super) fn lateness(&self, id: OperationId, at: Timestamp) -> Option<Duration> {
        let cadence = self.operation(id)?.cadence.filter(|c| c.index > 0)?;
        let target = self
            .series_start
            .get(&cadence.series)?
            .plus(cadence.every.times(u64::from(cadence.index)));
        let off = if at > target {
            at.since(target)
        } else {
            target.since(at)
        };
        (off > cadence.tolerance).then(|| off.minus(cadence.tolerance))
    }
}
