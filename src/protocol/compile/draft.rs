//! An operation while it is put together: phases, and claims derived from what each phase does.

use crate::plan::{
    Action, Actor, After, Cadence, Claim, Compute, Condition, FailurePolicy, Operation, OperationId, Origin,
    Phase, PlateId, Resource, StepId, Work,
};
use crate::rig::{InstrumentId, NestId, Rig, Role, ZoneId};
use crate::units::Duration;
use std::collections::BTreeSet;

/// An operation that is being put together.
pub(super) struct Draft<'a> {
    rig: &'a Rig,
    operation: Operation,
    /// From the start to the beginning of the last read, once there is one.
    lead: Duration,
    /// The step that phases are of, where it is not the operation's.
    phase_step: Option<StepId>,
}

impl<'a> Draft<'a> {
    pub fn new(rig: &'a Rig, step: StepId, title: String, origin: Origin) -> Self {
        let operation = Operation {
            id: OperationId(0),
            step,
            title,
            origin,
            plates: Vec::new(),
            after: Vec::new(),
            cadence: None,
            phases: Vec::new(),
            claims: Vec::new(),
            only_if_hits: None,
            when: Vec::new(),
            on_failure: FailurePolicy::default(),
            compute: None,
        };
        Self {
            rig,
            operation,
            lead: Duration::ZERO,
            phase_step: None,
        }
    }

    /// The step that it is of.
    pub fn step(&self) -> &StepId {
        self.phase_step.as_ref().unwrap_or(&self.operation.step)
    }
    /// Says that the phases which follow are of another step.
    pub fn of_step(&mut self, step: &str) {
        self.phase_step = Some(StepId::new(step));
    }
    /// Index of the next phase.
    pub fn next(&self) -> u16 {
        u16::try_from(self.operation.phases.len()).unwrap_or(u16::MAX)
    }

    /// Adds a phase of actions; its instrument and the zones it enters are claimed for it.
    pub fn phase(&mut self, instrument: &InstrumentId, title: String, actions: Vec<Action>) -> u16 {
        self.phase_of(instrument, self.step().clone(), title, actions)
    }

    /// The same, of another step than the operation's own.
    pub fn phase_of(
        &mut self,
        instrument: &InstrumentId,
        step: StepId,
        title: String,
        actions: Vec<Action>,
    ) -> u16 {
        let mut duration = Duration::ZERO;
        let mut zones: Vec<&ZoneId> = self
            .rig
            .instruments
            .get(instrument)
            .and_then(|i| i.zone.as_ref())
            .into_iter()
            .collect();
        let before = self.operation.duration();
        let mut read = false;
        let pumps: BTreeSet<InstrumentId> = actions.iter().filter_map(Action::pump).cloned().collect();
        for action in &actions {
            let reads = matches!(
                action,
                Action::ReadAbsorbance { .. }
                    | Action::ReadFluorescence { .. }
                    | Action::ReadLuminescence { .. }
            );
            if reads && !read {
                self.lead = before.plus(duration);
                read = true;
            }
            duration = duration.plus(time(self.rig, action.pump().unwrap_or(instrument), action));
            let nests = match action {
                Action::MovePlate { from, to, .. }
                | Action::RemoveLid { from, to, .. }
                | Action::ReplaceLid { from, to, .. } => [from, to],
                _ => continue,
            };
            zones.extend(
                nests
                    .into_iter()
                    .filter_map(|n| self.rig.nests.get(n))
                    .filter_map(|n| n.zone.as_ref()),
            );
        }
        let zones: Vec<ZoneId> = zones.into_iter().cloned().collect();
        let actor = Actor::Instrument(instrument.clone());
        let phase = Phase {
            actor,
            title,
            step,
            duration,
            work: Work::Actions(actions),
        };
        let index = self.push(instrument, phase, zones);
        for pump in pumps {
            self.hold(Resource::Instrument(pump), index, index);
        }
        index
    }

    /// Adds a phase of a picklist, in the instrument's own zone.
    pub fn picking(
        &mut self,
        instrument: &InstrumentId,
        title: String,
        work: Work,
        duration: Duration,
    ) -> u16 {
        let zone = self.rig.instruments.get(instrument).and_then(|i| i.zone.clone());
        let step = self.operation.step.clone();
        let phase = Phase {
            actor: Actor::Instrument(instrument.clone()),
            title,
            step,
            duration,
            work,
        };
        self.push(instrument, phase, zone.into_iter().collect())
    }

    fn push(&mut self, instrument: &InstrumentId, mut phase: Phase, zones: Vec<ZoneId>) -> u16 {
        let index = self.next();
        // No phase takes no time at all, so that the order of claims is never in doubt.
        phase.duration = phase.duration.max(Duration::ms(1));
        self.operation.phases.push(phase);
        self.hold(Resource::Instrument(instrument.clone()), index, index);
        for zone in zones {
            self.hold(Resource::Zone(zone), index, index);
        }
        index
    }

    /// Adds a phase of the operator.
    pub fn ask(&mut self, title: String, prompt: crate::plan::Prompt, duration: Duration) -> u16 {
        let index = self.next();
        let step = self.step().clone();
        let work = Work::Actions(vec![Action::Ask(prompt)]);
        self.operation.phases.push(Phase {
            actor: Actor::Operator,
            title,
            step,
            duration,
            work,
        });
        self.hold(Resource::Operator, index, index);
        index
    }

    /// Claims a resource for a range of phases.
    pub fn hold(&mut self, resource: Resource, from: u16, to: u16) {
        self.operation.claims.push(Claim { resource, from, to });
    }
    /// Claims a nest for a range of phases.
    pub fn hold_nest(&mut self, nest: &NestId, from: u16, to: u16) {
        self.hold(Resource::Nest(nest.clone()), from, to);
    }
    /// Says that it is about a plate, claimed from first to last phase.
    pub fn about(&mut self, plate: &PlateId) {
        self.operation.plates.push(plate.clone());
        self.hold(Resource::Plate(plate.clone()), 0, u16::MAX);
    }
    /// Says that it uses a plate, claimed for a range of phases.
    pub fn uses(&mut self, plate: &PlateId, from: u16, to: u16) {
        self.operation.plates.push(plate.clone());
        self.hold(Resource::Plate(plate.clone()), from, to);
    }
    pub fn after(&mut self, after: impl IntoIterator<Item = After>) {
        self.operation.after.extend(after);
    }
    /// Leaves it out where a condition is not as it should be.
    pub fn when(&mut self, condition: Option<Condition>) {
        self.operation.when.extend(condition);
    }
    /// What is done about its failures.
    pub fn on_failure(&mut self, policy: FailurePolicy) {
        self.operation.on_failure = policy;
    }
    pub fn only_if_hits(&mut self, select: Option<StepId>) {
        self.operation.only_if_hits = select;
    }
    pub fn compute(&mut self, compute: Compute) {
        self.operation.compute = Some(compute);
    }
    /// Makes it a member of a series, counted by the read that it contains.
    pub fn cadence(&mut self, series: u32, index: u32, every: Duration, tolerance: Duration) {
        self.operation.cadence = Some(Cadence {
            series,
            index,
            every,
            tolerance,
            lead: self.lead,
        });
    }
    /// Whether anything is done in it.
    pub fn is_empty(&self) -> bool {
        self.operation.phases.is_empty() && self.operation.compute.is_none()
    }

    /// The finished operation: claims of one resource that touch are joined, so that nothing is handed over within.
    pub fn finish(mut self, id: OperationId) -> Operation {
        let last = self.next().saturating_sub(1);
        let mut claims = std::mem::take(&mut self.operation.claims);
        for claim in &mut claims {
            claim.to = claim.to.min(last);
        }
        claims.retain(|c| c.from <= c.to && !self.operation.phases.is_empty());
        claims.sort_by(|a, b| (&a.resource, a.from).cmp(&(&b.resource, b.from)));
        let mut joined: Vec<Claim> = Vec::new();
        for claim in claims {
            match joined.last_mut() {
                Some(before)
                    if before.resource == claim.resource && claim.from <= before.to.saturating_add(1) =>
                {
                    before.to = before.to.max(claim.to);
                }
                _ => joined.push(claim),
            }
        }
        self.operation.claims = joined;
        self.operation.after = merged(std::mem::take(&mut self.operation.after));
        self.operation.id = id;
        self.operation
    }
}

/// The planned time of an action: what the rig file says, and what the action itself takes.
pub(super) fn time(rig: &Rig, instrument: &InstrumentId, action: &Action) -> Duration {
    let usual = rig.duration(instrument, action.name());
    match action {
        Action::Dwell { duration } | Action::Seal { duration, .. } | Action::Spin { duration, .. } => {
            usual.plus(*duration)
        }
        Action::Draw { volume, flow, .. } | Action::Expel { volume, flow, .. } => {
            let us = i128::from(volume.get()) * 1_000_000 / i128::from(flow.get().max(1));
            usual.plus(Duration::us(u64::try_from(us).unwrap_or(0)))
        }
        Action::Thermocycle { program, .. } => usual.plus(program.duration()),
        Action::ReadLuminescence {
            integration, wells, ..
        } => usual.plus(integration.times(u64::from(*wells))),
        // From one end of its bounds to the other at its rate, and half of what it may take to get there.
        Action::SetPoint { quantity, reach, .. } => {
            let half = reach.map_or(0, |r| r.timeout.as_us() / 2);
            let role = rig.instruments.get(instrument).map(|i| &i.role);
            let ramp = match role {
                Some(Role::Regulator(r)) => r.set_points.get(quantity).map_or(Duration::ZERO, |s| {
                    let width = s.bounds.0.apart(s.bounds.1);
                    s.rate.map_or(Duration::ZERO, |rate| rate.time_for(width))
                }),
                _ => Duration::ZERO,
            };
            usual.plus(ramp).plus(Duration::us(half))
        }
        // Each point is a read of all wells.
        _ => usual.times(action.area().map_or(1, |area| u64::from(area.count()))),
    }
}

/// One entry per earlier operation, with the tighter delays.
fn merged(mut after: Vec<After>) -> Vec<After> {
    after.sort_by_key(|a| (a.operation, a.from_start, a.to_end));
    let mut out: Vec<After> = Vec::new();
    for entry in after {
        match out.last_mut() {
            Some(before)
                if (before.operation, before.from_start, before.to_end)
                    == (entry.operation, entry.from_start, entry.to_end) =>
            {
                before.min = before.min.max(entry.min);
                before.max = match (before.max, entry.max) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            _ => out.push(entry),
        }
    }
    out
}
