//! Courses: what is written and awaited, one after the other.

use super::registers::{Registers, talk};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::{moved, refused};
use crate::link::LineError;
use crate::link::modbus::ClientError;
use crate::rig::profile::Test;
use crate::rig::profile::modbus::{Condition, Course, Step, TableKind};
use crate::units::Timestamp;

/// What a register holds.
struct Held {
    /// As a number in its unit; none where the device says that it is none.
    number: Option<f64>,
    /// The profile's word for it.
    word: Option<String>,
    /// The names of the bits that are set.
    bits: Vec<String>,
}

impl Held {
    fn passes(&self, test: &Test, value: Option<f64>) -> bool {
        let is = |words: &[String]| {
            words
                .iter()
                .any(|word| self.word.as_ref() == Some(word) || self.bits.contains(word))
        };
        match test {
            Test::Is(words) => is(words),
            Test::IsNot(words) => !is(words),
            Test::Between(least, most) => self
                .number
                .is_some_and(|n| least.is_none_or(|l| n >= l.0) && most.is_none_or(|m| n <= m.0)),
            Test::Near(_, within) => match (self.number, value) {
                (Some(number), Some(wanted)) => (number - wanted).abs() <= within.0,
                _ => false,
            },
        }
    }

    /// For a person.
    fn shown(&self) -> String {
        if let Some(word) = &self.word {
            return word.clone();
        }
        if !self.bits.is_empty() {
            return self.bits.join(" and ");
        }
        self.number
            .map_or_else(|| "no number".to_owned(), |n| n.to_string())
    }
}

/// What must be so, for a person.
fn wanted(test: &Test) -> String {
    match test {
        Test::Is(words) => words.join(" or "),
        Test::IsNot(words) => format!("anything but {}", words.join(" or ")),
        Test::Between(Some(least), Some(most)) => format!("between {} and {}", least.0, most.0),
        Test::Between(Some(least), None) => format!("at least {}", least.0),
        Test::Between(None, most) => format!("at most {}", most.map_or(f64::INFINITY, |m| m.0)),
        Test::Near(_, within) => format!("within {} of the set-point", within.0),
    }
}

impl Registers {
    async fn held(&mut self, name: &str) -> Result<Held, Failure> {
        let register = self.register(name)?;
        let number = self.array(name).await?.first().copied().flatten();
        #[expect(clippy::cast_possible_truncation, reason = "registers hold at most 32 bits")]
        let raw = number.map(|n| (n / register.scale.0).round() as i64);
        Ok(Held {
            number,
            word: raw.and_then(|raw| register.name_of(raw)).map(str::to_owned),
            bits: raw
                .map(|raw| register.bits_of(raw).into_iter().map(str::to_owned).collect())
                .unwrap_or_default(),
        })
    }

    /// Whether something is so now.
    pub(super) async fn holds(&mut self, condition: &Condition) -> Result<bool, Failure> {
        Ok(self.held(&condition.of).await?.passes(&condition.test, None))
    }

    /// Carries out a course; `value` is the set-point that it is for.
    pub(super) async fn carry_out(
        &mut self,
        course: &Course,
        value: Option<f64>,
        (what, clock): (&str, Clock),
    ) -> Result<(), Failure> {
        let deadline = clock.now().plus(course.timeout);
        for step in &course.steps {
            match step {
                Step::Write {
                    register,
                    value: own,
                    again,
                } => {
                    let Some(number) = own.map(|b| b.0).or(value) else {
                        continue;
                    };
                    self.set(register, number, *again).await?;
                }
                Step::Wait { until, fails } => {
                    self.wait((until, fails.as_ref()), value, (what, deadline, clock))
                        .await?;
                }
                Step::Expect(condition) => {
                    let held = self.held(&condition.of).await?;
                    if !held.passes(&condition.test, value) {
                        return Err(self.not_so(condition, &held, what));
                    }
                }
                Step::Pause(time) => clock.sleep(*time).await,
            }
        }
        Ok(())
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
            if held.passes(&until.test, value) {
                return Ok(());
            }
            if let Some(fails) = fails {
                let other = if fails.of == until.of {
                    held.passes(&fails.test, value)
                } else {
                    self.held(&fails.of).await?.passes(&fails.test, value)
                };
                if other {
                    let shown = self.held(&fails.of).await?;
                    return Err(self.not_so(until, &held, what)).map_err(|mut f| {
                        f.message
                            .push_str(&format!(" ({} is {})", fails.of, shown.shown()));
                        f
                    });
                }
            }
            if clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has not ended {what} in time: its {} is {} and must become {}",
                    self.name,
                    until.of,
                    held.shown(),
                    wanted(&until.test)
                );
                return Err(Failure::new(FailureKind::Fault, Moved::No, message));
            }
            clock.sleep(self.profile.head.poll).await;
        }
    }

    fn not_so(&self, condition: &Condition, held: &Held, what: &str) -> Failure {
        refused(format!(
            "\"{}\" cannot carry out {what}: its {} is {} and must be {}; look at the machine",
            self.name,
            condition.of,
            held.shown(),
            wanted(&condition.test)
        ))
    }
}
