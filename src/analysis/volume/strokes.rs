//! Which strokes a plan has of a step, and which operations touch a nest.

use crate::plan::{Action, Operation, OperationId, Plan, Site, StepId, Work};
use crate::rig::{NestId, PipetteId};
use crate::units::Volume;

/// A stroke that expels liquid, not for mixing.
pub(super) struct Stroke<'a> {
    pub operation: OperationId,
    pub pipette: &'a PipetteId,
    pub at: &'a Site,
    pub volume: Volume,
}

/// Actions of an operation with the steps that they come from.
fn actions(operation: &Operation) -> impl Iterator<Item = (&StepId, &Action)> {
    operation.phases.iter().flat_map(|phase| {
        let actions = match &phase.work {
            Work::Actions(actions) => actions.as_slice(),
            Work::PickFill(_) | Work::PickTransfer(_) | Work::PickAgain(_) => &[],
        };
        actions.iter().map(|action| (&phase.step, action))
    })
}

/// Every stroke of a step by which liquid comes out of a pipette.
pub(super) fn expelled<'a>(plan: &'a Plan, step: &'a StepId) -> impl Iterator<Item = Stroke<'a>> {
    plan.operations.iter().flat_map(move |operation| {
        actions(operation)
            .filter(move |(of, _)| *of == step)
            .filter_map(|(_, action)| match action {
                Action::Dispense {
                    pipette,
                    at,
                    volume,
                    stay: false,
                    ..
                } => Some(Stroke {
                    operation: operation.id,
                    pipette,
                    at,
                    volume: *volume,
                }),
                _ => None,
            })
    })
}

/// Operations that draw from or expel into what stands on a nest.
pub(super) fn touching<'a>(plan: &'a Plan, nest: &NestId) -> impl Iterator<Item = OperationId> + 'a {
    let nest = nest.clone();
    plan.operations.iter().filter_map(move |operation| {
        let touches = actions(operation).any(|(_, action)| match action {
            Action::Dispense { at, .. } | Action::Aspirate { at, .. } => at.nest == nest,
            _ => false,
        });
        touches.then_some(operation.id)
    })
}
