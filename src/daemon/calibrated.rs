//! Whether the movers of a plan were calibrated for every nest that they take something from.

use crate::plan::{Action, Actor, Phase, Plan, Work};
use crate::rig::profile::ArgumentSource;
use crate::rig::{Driver, InstrumentId, NestId, Rig, Role};
use crate::units::Day;
use std::collections::BTreeMap;

/// An instrument or nest whose calibration does not count, and the phase that needs it first.
pub(super) struct Uncalibrated<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// What is wrong.
    pub message: String,
    /// What to do now.
    pub help: String,
}

/// Every mover without a calibration that counts on the day, and every nest without a grip height, once each.
pub(super) fn uncalibrated<'a>(plan: &'a Plan, rig: &Rig, today: Option<Day>) -> Vec<Uncalibrated<'a>> {
    let mut found: BTreeMap<(InstrumentId, Option<NestId>), Uncalibrated<'a>> = BTreeMap::new();
    for phase in plan.operations.iter().flat_map(|o| &o.phases) {
        let (Actor::Instrument(id), Work::Actions(actions)) = (&phase.actor, &phase.work) else {
            continue;
        };
        if !matches!(
            rig.instruments.get(id).map(|i| &i.role),
            Some(Role::PlateMover(_))
        ) {
            continue;
        }
        let taken: Vec<(&Action, &NestId)> = actions.iter().filter_map(|a| Some((a, from(a)?))).collect();
        if taken.is_empty() {
            continue;
        }
        if let Some(message) = rig.calibration.trouble(id, today) {
            let help = format!(
                "measure its grip heights and write them with their day into [calibration.{id}] of the rig file, or \
                 record them: plated calibrate {id} --rig RIG"
            );
            found
                .entry((id.clone(), None))
                .or_insert(Uncalibrated { phase, message, help });
            continue;
        }
        for (action, nest) in taken {
            if !grips(rig, id, action) || rig.calibration.grip(id, nest).is_some() {
                continue;
            }
            let message = format!(
                "the nest \"{nest}\" was never calibrated for \"{id}\": at which height it grips there, nobody knows"
            );
            let help = format!("plated calibrate {id} --rig RIG, or `grip_heights` of [calibration.{id}]");
            found
                .entry((id.clone(), Some(nest.clone())))
                .or_insert(Uncalibrated { phase, message, help });
        }
    }
    found.into_values().collect()
}

/// The nest that an action takes something from.
const fn from(action: &Action) -> Option<&NestId> {
    match action {
        Action::MovePlate { from, .. } | Action::RemoveLid { from, .. } | Action::ReplaceLid { from, .. } => {
            Some(from)
        }
        _ => None,
    }
}

/// Whether a mover wants to be told a grip height for an action.
fn grips(rig: &Rig, id: &InstrumentId, action: &Action) -> bool {
    match rig.instruments.get(id).map(|i| &i.driver) {
        // Its lids have heights of their own.
        Some(Driver::PreciseFlex(_)) => matches!(action, Action::MovePlate { .. }),
        Some(Driver::Profile(path)) => {
            let profile = rig.profiles.get(path).and_then(|p| p.modbus());
            let command = profile.and_then(|p| p.commands.get(action.name()));
            command.is_some_and(|c| c.arguments.iter().any(|(_, a)| *a == ArgumentSource::GripHeight))
        }
        _ => false,
    }
}
