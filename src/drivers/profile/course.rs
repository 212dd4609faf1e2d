//! Courses: what is written and awaited, one after the other.

use super::registers::{Registers, talk};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::condition::{Part, passes, wanted};
use crate::drivers::failure::{moved, refused};
use crate::link::LineError;
use crate::link::modbus::ClientError;
use crate::rig::profile::modbus::{Condition, Course, Step, TableKind};
use crate::units::Timestamp;

impl Registers {
    async fn held(&mut self, name: &str) -> Result<Part, Failure> {
        let register = self.register(name)?;
        let number = self.array(name).await?.first().copied().flatten();
        #[expect(clippy::cast_possible_truncation, reason = "registers hold at most 32 bits")]
        let raw = number.map(|n| (n / register.scale.0).round() as i64);
        Ok(Part {
            text: number.map_or_else(|| "no number".to_owned(), |n| n.to_string()),
            number,
            word: raw.and_then(|raw| register.name_of(raw)).map(str::to_owned),
            bits: raw
                .map(|raw| register.bits_of(raw).into_iter().map(str::to_owned).collect())
                .unwrap_or_default(),
        })
    }

    /// Whether something is so now.
    pub(super) async fn holds(&mut self, condition: &Condition) -> Result<bool, Failure> {
        Ok(passes(&self.held(&condition.of).await?, &condition.test, &|_| {
            None
        }))
    }

    /// Carries out a course; `value` is the set-point that it is for.
    pub(super) async fn carry_out(
        &mut self,
        course: &Course,
        value: Option<f64>,
        (what, clock): (&str, Clock),
    ) -> Result<(), Failure> {
        let deadline = clock.now().plus(course.timeout);
        let mut once = false;
        for step in &course.steps {
            let went = self.step(step, value, (what, deadline, clock)).await;
            // What was done and must not be done twice stays done, whatever came after it.
            went.map_err(|f| if once { moved(f, Moved::Unknown) } else { f })?;
            once |= matches!(step, Step::Write { again: false, .. });
        }
        Ok(())
    }

    async fn step(
        &mut self,
        step: &Step,
        value: Option<f64>,
        (what, deadline, clock): (&str, Timestamp, Clock),
    ) -> Result<(), Failure> {
        match step {
            Step::Write {
                register,
                value: own,
                again,
            } => match own.map(|b| b.0).or(value) {
                Some(number) => self.set(register, number, *again).await,
                None => Ok(()),
            },
            Step::Wait { until, fails } => {
                self.wait((until, fails.as_ref()), value, (what, deadline, clock))
                    .await
            }
            Step::Expect(condition) => {
                let held = self.held(&condition.of).await?;
                if passes(&held, &condition.test, &|_| value) {
                    Ok(())
                } else {
                    Err(self.not_so(condition, &held, what))
                }
            }
            Step::Pause(time) => {
                clock.sleep(*time).await;
                Ok(())
            }
        }
    }

    /// Writes a register or coil. What must not be written twice is told apart: after a lost answer nobody knows.
    async fn set(&mut self, name: &str, value: f64, again: bool) -> Result<(), Failure> {
        let register = self.register(name)?;
        if register.table == TableKind::Coil {
            return self.switch(name, register.address, value != 0.0, again).await;
        }
        self.put_one(name, value, again).await
    }

    async fn switch(&mut self, name: &str, address: u16, on: bool, again: bool) -> Result<(), Failure> {
        let mut left = if again { 3 } else { 1 };
        loop {
            left -= 1;
            match self.client.write_coil(address, on).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exception)) if exception.is_busy() && left > 0 => {}
                Ok(Err(exception)) => return Err(self.said_no(exception, &format!("writing \"{name}\""))),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if left > 0 => {}
                Err(error) if again => return Err(talk(&error)),
                Err(error) => return Err(moved(talk(&error), Moved::Unknown)),
            }
        }
    }

    async fn wait(
        &mut self,
        (until, fails): (&Condition, Option<&Condition>),
        value: Option<f64>,
        (what, deadline, clock): (&str, Timestamp, Clock),
    ) -> Result<(), Failure> {
        loop {
            let held = self.held(&until.of).await?;
            if passes(&held, &until.test, &|_| value) {
                return Ok(());
            }
            if let Some(fails) = fails {
                let other = self.held(&fails.of).await?;
                if passes(&other, &fails.test, &|_| value) {
                    let mut failure = self.not_so(until, &held, what);
                    failure
                        .message
                        .push_str(&format!(" ({} is {})", fails.of, other.shown(None)));
                    return Err(failure);
                }
            }
            if clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has not ended {what} in time: its {} is {} and must become {}; look what keeps it",
                    self.name,
                    until.of,
                    held.shown(None),
                    wanted(&until.test)
                );
                return Err(Failure::new(FailureKind::Fault, Moved::No, message));
            }
            clock.sleep(self.profile.head.poll).await;
        }
    }

    fn not_so(&self, condition: &Condition, held: &Part, what: &str) -> Failure {
        refused(format!(
            "\"{}\" cannot carry out {what}: its {} is {} and must be {}; look at the machine",
            self.name,
            condition.of,
            held.shown(None),
            wanted(&condition.test)
        ))
    }
}
