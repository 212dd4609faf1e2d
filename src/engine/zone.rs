//! Shared zones: a body enters only when every other one is proven outside, by asking it.

use super::core::{EngineError, Shared};
use crate::devices::{Failure, FailureKind, Moved};
use crate::plan::{OperationId, Resource};
use crate::rig::{InstrumentId, Rig, Role, ZoneId};

/// Proves that nobody else is in the zones that a phase enters.
///
/// # Errors
/// The outer error stops the engine; the inner one says who is in the way or did not answer.
pub(super) async fn prove_clear(
    shared: &Shared,
    operation: OperationId,
    phase: u16,
    actor: &InstrumentId,
) -> Result<Result<(), Failure>, EngineError> {
    let zones: Vec<ZoneId> = shared.with_state(|s| {
        let claims = s
            .operation(operation)
            .map(|o| o.claims.as_slice())
            .unwrap_or_default();
        let zone = |resource: &Resource| match resource {
            Resource::Zone(zone) => Some(zone.clone()),
            _ => None,
        };
        claims
            .iter()
            .filter(|c| c.from <= phase && phase <= c.to)
            .filter_map(|c| zone(&c.resource))
            .collect()
    });
    for zone in zones {
        for id in bodies(&shared.rig, &zone).filter(|id| *id != actor) {
            let device = shared.device(id)?;
            let clear = device.lock().await.clear_of(&zone).await;
            let why = match clear {
                Ok(true) => continue,
                Ok(false) => format!("{id} is not proven outside zone {zone}"),
                Err(failure) => {
                    format!("{id} could not be asked whether it is outside zone {zone}: {failure}")
                }
            };
            return Ok(Err(Failure::new(FailureKind::Interlock, Moved::No, why)));
        }
    }
    Ok(Ok(()))
}

/// Instruments with moving parts that can be in a zone.
fn bodies<'a>(rig: &'a Rig, zone: &'a ZoneId) -> impl Iterator<Item = &'a InstrumentId> {
    let reached = rig
        .nests
        .values()
        .any(|n| n.zone.as_ref() == Some(zone) && n.station.is_some());
    rig.instruments.iter().filter_map(move |(id, instrument)| {
        let inside = match instrument.role {
            Role::LiquidHandler(_) => instrument.zone.as_ref() == Some(zone),
            Role::PlateMover(_) => reached,
            Role::PlateReader(_) | Role::Incubator(_) => false,
        };
        inside.then_some(id)
    })
}
