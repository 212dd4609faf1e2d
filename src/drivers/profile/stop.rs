//! Stopping at once, beside the handshake.

use super::registers::{Registers, talk};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::unsupported;
use crate::link::LineError;
use crate::link::modbus::ClientError;
use crate::rig::profile::modbus::{Stop, TableKind};
use crate::units::Duration;

/// How often the stop is written when its answer is lost: it states a goal.
const ATTEMPTS: u32 = 3;
/// Between two looks whether motion has been stopped.
const LOOK: Duration = Duration::ms(50);

impl Registers {
    /// Writes the stop and waits until the device says that motion has been stopped. `generation` is the connection on which
    /// the instrument was met.
    pub(super) async fn stopped(
        &mut self,
        stop: &Stop,
        generation: Option<u64>,
        clock: Clock,
    ) -> Result<(), Failure> {
        // A stop is for whoever is at the other end: also after the link was opened again.
        self.client.only_in(None);
        let written = self.write_stop(stop).await;
        let told = match written {
            Ok(()) => self.acknowledged(stop, clock).await,
            Err(failure) => Err(failure),
        };
        self.client.only_in(generation);
        told
    }

    async fn write_stop(&mut self, stop: &Stop) -> Result<(), Failure> {
        let register = self.register(&stop.register)?;
        let mut attempt = 1;
        loop {
            let client = &mut self.client;
            let written = match register.table {
                TableKind::Coil => client.write_coil(register.address, stop.value != 0).await,
                TableKind::Holding => client.write_register(register.address, stop.value).await,
                TableKind::Discrete | TableKind::Input => {
                    return Err(unsupported(format!("\"{}\" cannot be written", stop.register)));
                }
            };
            match written {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exception)) if exception.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(exception)) => return Err(self.said_no(exception, "its stop")),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(talk(&error)),
            }
        }
    }

    async fn acknowledged(&mut self, stop: &Stop, clock: Clock) -> Result<(), Failure> {
        let deadline = clock.now().plus(stop.timeout);
        loop {
            let read = self.integers(&[stop.acknowledged.as_str()]).await?;
            if read.get(&stop.acknowledged) == Some(&stop.equals) {
                return Ok(());
            }
            if clock.now() >= deadline {
                let message = format!(
                    "\"{}\" was told to stop and does not say within {} that it has; use its own switch",
                    self.name, stop.timeout
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            clock.sleep(LOOK).await;
        }
    }
}
