//! Instruments that nobody uses: asked now and then whether they still answer, so that a person hears of a pulled plug at once
//! and not when the next plate needs it.
//!
//! Only where the rig file gives a `heartbeat`. The question has no side effects; only a change is an event.

use super::core::{Device, EngineError, Shared};
use super::dispatch::{Command, Engine};
use crate::clock::Clock;
use crate::devices::Failure;
use crate::rig::InstrumentId;
use crate::run::Event;
use crate::units::Duration;
use tokio::sync::mpsc;

/// Asks an instrument for as long as somebody listens.
async fn beat(
    instrument: InstrumentId,
    device: Device,
    (every, clock): (Duration, Clock),
    tell: mpsc::UnboundedSender<Command>,
) {
    let mut silent = false;
    while !tell.is_closed() {
        clock.sleep(every).await;
        // Whoever holds it talks to it.
        let Ok(mut device) = device.try_lock() else {
            continue;
        };
        let alive = device.alive().await;
        drop(device);
        let why = alive.err().map(|failure| failure.message);
        if why.is_some() || silent {
            silent = why.is_some();
            let instrument = instrument.clone();
            // Whoever is gone needs no news.
            let _ = tell.send(Command::Heartbeat { instrument, why });
        }
    }
}

impl Engine {
    /// Begins to ask the instruments that have a heartbeat.
    pub(super) fn watch_instruments(&mut self) {
        for (id, instrument) in &self.shared.rig.instruments {
            let (Some(every), Some(device)) = (instrument.heartbeat, self.shared.devices.get(id)) else {
                continue;
            };
            let manner = (every, self.shared.clock);
            let asked = beat(id.clone(), device.clone(), manner, self.sender.clone());
            self.watching.spawn_local(asked);
        }
    }

    /// An instrument was asked whether it answers.
    pub(super) async fn heartbeat(
        &mut self,
        instrument: InstrumentId,
        why: Option<String>,
    ) -> Result<(), EngineError> {
        let known = self
            .shared
            .with_state(|s| s.unreachable.contains_key(&instrument));
        let event = match why {
            Some(why) if !known => {
                tracing::error!(%instrument, why, "does not answer");
                Event::Unreachable { instrument, why }
            }
            None if known => Event::Reachable { instrument },
            _ => return Ok(()),
        };
        Ok(self.shared.record_durably(&event).await?)
    }
}

/// Asks an instrument that did not answer once more before it is to do something.
pub(super) async fn answers_again(
    shared: &Shared,
    id: &InstrumentId,
    device: &mut dyn crate::devices::Instrument,
) -> Result<Result<(), Failure>, EngineError> {
    if !shared.with_state(|s| s.unreachable.contains_key(id)) {
        return Ok(Ok(()));
    }
    if let Err(failure) = device.alive().await {
        return Ok(Err(failure));
    }
    let instrument = id.clone();
    shared.record_durably(&Event::Reachable { instrument }).await?;
    Ok(Ok(()))
}
