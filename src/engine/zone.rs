//! Shared zones: a body enters only when every other one is proven outside, by asking it.

use super::core::{EngineError, Shared};
use crate::devices::{Failure, FailureKind, Moved};
use crate::plan::{OperationId, Resource};
use crate::rig::{InstrumentId, Rig, Role, ZoneId};

/// Proves that nobody else is in the zones that a phase enters.
///
/// # Errors
/// The outer error stops the engine; the inner one says which instrument is in the way or did not answer.
pub(super) async fn prove_clear(
    shared: &Shared,
    operation: OperationId,
    phase: u16,
    actor: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
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
    prove_zones(shared, &zones, actor).await
}

/// Proves that nobody else is in the zone that an instrument stands in, before it moves without a plan.
///
/// # Errors
/// As [`prove_clear`].
pub(super) async fn prove_own_clear(
    shared: &Shared,
    actor: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    let own = shared.rig.instruments.get(actor).and_then(|i| i.zone.clone());
    prove_zones(shared, own.as_slice(), actor).await
}

/// Proves that nobody else is in some zones.
///
/// # Errors
/// As [`prove_clear`].
pub(super) async fn prove_zones(
    shared: &Shared,
    zones: &[ZoneId],
    actor: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    if !shared.safeguards.interlock {
        return Ok(Ok(()));
    }
    for zone in zones {
        for id in bodies(&shared.rig, zone).filter(|id| *id != actor) {
            let device = shared.device(id)?;
            let clear = device.lock().await.clear_of(zone).await;
            let (kind, why) = match clear {
                Ok(true) => continue,
                Ok(false) => (
                    FailureKind::Interlock,
                    format!("{id} is not proven outside zone {zone}"),
                ),
                Err(failure) => (
                    if failure.kind == FailureKind::NotHomed {
                        FailureKind::NotHomed
                    } else {
                        FailureKind::Interlock
                    },
                    format!("{id} could not be asked whether it is outside zone {zone}: {failure}"),
                ),
            };
            return Ok(Err((id.clone(), Failure::new(kind, Moved::No, why))));
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
            Role::PlateReader(_)
            | Role::Incubator(_)
            | Role::Station(_)
            | Role::Pump(_)
            | Role::Regulator(_) => false,
        };
        inside.then_some(id)
    })
}
