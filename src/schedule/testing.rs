//! Plans of a few operations, for tests of schedules.

use crate::plan::{
    Actor, After, Cadence, Claim, Operation, OperationId, Origin, Phase, Plan, Resource, StepId, Work,
};
use crate::units::Duration;
use std::collections::BTreeMap;

/// An operation whose phases take so many seconds on an instrument each.
pub(super) fn operation(id: u32, phases: &[(u8, u64)]) -> Operation {
    let instrument = |n: u8| crate::rig::InstrumentId::new(format!("instrument-{n}"));
    Operation {
        on_failure: Default::default(),
        when: Vec::new(),
        id: OperationId(id),
        step: StepId::new("step"),
        title: format!("operation {id}"),
        origin: Origin::default(),
        plates: Vec::new(),
        after: Vec::new(),
        cadence: None,
        phases: phases
            .iter()
            .map(|(n, s)| Phase {
                actor: Actor::Instrument(instrument(*n)),
                title: String::new(),
                step: StepId::new("step"),
                duration: Duration::s(*s),
                work: Work::Actions(Vec::new()),
            })
            .collect(),
        claims: phases
            .iter()
            .enumerate()
            .map(|(i, (n, _))| {
                let i = u16::try_from(i).unwrap();
                Claim {
                    resource: Resource::Instrument(instrument(*n)),
                    from: i,
                    to: i,
                }
            })
            .collect(),
        only_if_hits: None,
        compute: None,
    }
}

/// A plan of operations.
pub(super) fn plan(operations: Vec<Operation>) -> Plan {
    Plan {
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
        promises: Vec::new(),
        protocol: "p".into(),
        title: "p".into(),
        parameters: BTreeMap::new(),
        plates: BTreeMap::new(),
        pieces: BTreeMap::new(),
        operations,
    }
}

/// At least and at most so many seconds after the end of an operation.
pub(super) fn after(operation: u32, min: u64, max: Option<u64>) -> After {
    After {
        from_start: false,
        to_end: false,
        operation: OperationId(operation),
        min: Duration::s(min),
        max: max.map(Duration::s),
    }
}

/// A member of a series; its event is a second after its start.
pub(super) fn member(series: u32, index: u32, every: u64, tolerance: u64) -> Option<Cadence> {
    let (every, tolerance) = (Duration::s(every), Duration::s(tolerance));
    Some(Cadence {
        series,
        index,
        every,
        tolerance,
        lead: Duration::s(1),
    })
}
