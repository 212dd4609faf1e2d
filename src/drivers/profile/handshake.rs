//! Giving a command and following it to its end.

use super::registers::{Registers, talk};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::{moved, unsupported};
use crate::link::LineError;
use crate::link::modbus::ClientError;
use crate::rig::profile::modbus::{Command, Handshake};

/// How often a command is written when its answer is lost; the same sequence number starts nothing twice.
const ATTEMPTS: u32 = 3;
/// Results by which nothing has moved.
const NOTHING_MOVED: &[&str] = &[
    "bad_argument",
    "bad_station",
    "not_homed",
    "no_plate",
    "nothing_gripped",
    "tray_not_closed",
    "door_not_closed",
    "already_sealed",
    "not_sealed",
    "lid_on",
    "no_film",
    "not_initialised",
    "not_fitted",
];

/// How far the device is with its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) accepted: i64,
    pub(super) completed: i64,
    pub(super) result: i64,
}

/// The next sequence number: 1 to 65535, never 0, never the accepted one.
pub(super) fn next_sequence(accepted: i64) -> i64 {
    if (0..65_535).contains(&accepted) {
        accepted + 1
    } else {
        1
    }
}

impl Registers {
    pub(super) fn handshake(&self) -> Result<Handshake, Failure> {
        let found = self.profile.handshake.clone();
        found.ok_or_else(|| unsupported(format!("the profile of \"{}\" has no handshake", self.name)))
    }

    pub(super) async fn progress(&mut self) -> Result<Progress, Failure> {
        let h = self.handshake()?;
        let read = self.integers(&[&h.accepted, &h.completed, &h.result]).await?;
        let get = |name: &str| read.get(name).copied().unwrap_or_default();
        Ok(Progress {
            accepted: get(&h.accepted),
            completed: get(&h.completed),
            result: get(&h.result),
        })
    }

    /// Writes code and sequence together. A lost answer is answered by reading the accepted sequence before anything is
    /// written again.
    pub(super) async fn start(
        &mut self,
        command: &Command,
        sequence: i64,
        clock: Clock,
    ) -> Result<(), Failure> {
        let code = self.register(&self.handshake()?.code)?;
        let number = u16::try_from(sequence).map_err(|_| unsupported("a sequence number beyond 65535"))?;
        let deadline = clock.now().plus(command.timeout);
        let mut attempt = 1;
        loop {
            match self
                .client
                .write_registers(code.address, vec![command.code, number])
                .await
            {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exception)) if exception.is_busy() && clock.now() < deadline => {
                    clock.sleep(self.profile.head.poll).await;
                }
                Ok(Err(exception)) => return Err(self.said_no(exception, "a command")),
                Err(ClientError::Line(LineError::NoAnswer { .. })) => {
                    let progress = self.progress().await.map_err(|f| moved(f, Moved::Unknown))?;
                    if progress.accepted == sequence {
                        return Ok(());
                    }
                    if attempt >= ATTEMPTS {
                        let message = format!(
                            "\"{}\" does not accept commands: it answers questions only",
                            self.name
                        );
                        return Err(Failure::new(FailureKind::NoAnswer, Moved::No, message));
                    }
                    attempt += 1;
                }
                Err(error) => {
                    let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                    return Err(moved(talk(&error), unknown));
                }
            }
        }
    }

    /// Looks until the command has ended; returns its result.
    pub(super) async fn finish(
        &mut self,
        command: &Command,
        sequence: i64,
        clock: Clock,
    ) -> Result<i64, Failure> {
        let deadline = clock.now().plus(command.timeout);
        loop {
            let progress = self.progress().await.map_err(|f| moved(f, Moved::Unknown))?;
            if progress.accepted != sequence {
                let message = format!(
                    "\"{}\" has forgotten command {sequence} (it says {}): it was switched off, or somebody else commands it",
                    self.name, progress.accepted
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            if progress.completed == sequence {
                return Ok(progress.result);
            }
            if clock.now() >= deadline {
                let limit = command.timeout;
                let message = format!(
                    "\"{}\" has not ended its command within {limit}; look what is in the way",
                    self.name
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            clock.sleep(self.profile.head.poll).await;
        }
    }

    /// A result as success or failure, with what moved.
    pub(super) async fn judge(&mut self, action: &str, result: i64) -> Result<(), Failure> {
        let register = self.register(&self.handshake()?.result)?;
        let word = register.name_of(result);
        if word == Some("ok") || (word.is_none() && result == 0) {
            return Ok(());
        }
        let word = word.map_or_else(|| result.to_string(), str::to_owned);
        let gripped = self
            .sensor("holds_plate")
            .await
            .map_err(|f| moved(f, Moved::Unknown))?;
        let (kind, what_moved, more) = if gripped == Some(1) {
            (
                FailureKind::Fault,
                Moved::Yes,
                "; the gripper holds something: take it out by hand",
            )
        } else if NOTHING_MOVED.contains(&word.as_str()) {
            (FailureKind::Refused, Moved::No, "")
        } else if word == "station_occupied" && gripped == Some(0) {
            (
                FailureKind::Interlock,
                Moved::No,
                "; something stands where nothing should",
            )
        } else {
            (FailureKind::Fault, Moved::Unknown, "; look where the plate is")
        };
        let alarms = self.alarms().await.map_err(|f| moved(f, what_moved))?;
        let message = format!("\"{}\" ended {action} with \"{word}\"{alarms}{more}", self.name);
        Err(Failure::new(kind, what_moved, message))
    }

    /// The named alarms that are on, as words for a message.
    pub(super) async fn alarms(&mut self) -> Result<String, Failure> {
        let Some(register) = self.profile.registers.get("alarms").cloned() else {
            return Ok(String::new());
        };
        let value = self
            .integers(&["alarms"])
            .await?
            .get("alarms")
            .copied()
            .unwrap_or_default();
        let names = register.bits_of(value);
        Ok(if names.is_empty() {
            String::new()
        } else {
            format!(" (alarms: {})", names.join(", "))
        })
    }

    /// A sensor's value, if the profile has it.
    pub(super) async fn sensor(&mut self, sensor: &str) -> Result<Option<i64>, Failure> {
        let Some(name) = self.profile.sensors.get(sensor).cloned() else {
            return Ok(None);
        };
        Ok(self.integers(&[&name]).await?.get(&name).copied())
    }

    /// A sensor's value by the name that its register gives it.
    pub(super) async fn sensor_word(&mut self, sensor: &str) -> Result<Option<String>, Failure> {
        let Some(name) = self.profile.sensors.get(sensor).cloned() else {
            return Ok(None);
        };
        let value = self.integers(&[&name]).await?.get(&name).copied();
        let register = self.register(&name)?;
        let word = value.map(|v| match register.name_of(v) {
            Some(word) => word.to_owned(),
            None if self.is_bit(&name) => if v == 1 { "yes" } else { "no" }.to_owned(),
            None => v.to_string(),
        });
        Ok(word)
    }
}
