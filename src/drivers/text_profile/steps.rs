//! Carrying out the steps of a command.

use super::driver::TextDriver;
use super::talk::{Parts, Stopped};
use super::value::{filled, passes, wanted};
use crate::devices::{Failure, FailureKind, Fut, Moved};
use crate::drivers::failure::{moved, refused};
use crate::drivers::sources;
use crate::plan::{Action, ThermalStep};
use crate::rig::profile::ArgumentSource;
use crate::rig::profile::Test;
use crate::rig::profile::text::{Argument, Condition, Step};
use crate::units::{Duration, Timestamp};
use std::collections::BTreeMap;

/// A command on its way.
pub(super) struct Course<'a> {
    pub(super) action: &'a Action,
    /// When it has taken too long.
    pub(super) deadline: Timestamp,
    /// From here on it may have happened.
    pub(super) moving: bool,
    /// What was answered to questions that were asked on the way.
    pub(super) answers: BTreeMap<String, Option<Parts>>,
    /// Of a thermal program.
    pub(super) step: Option<ThermalStep>,
}

impl Course<'_> {
    /// The number of an argument.
    pub(super) fn value(&self, argument: &Argument) -> Option<Option<f64>> {
        match argument.from {
            ArgumentSource::StepTemperature => Some(Some(self.step.as_ref()?.temperature.as_celsius())),
            ArgumentSource::StepDuration => Some(Some(self.step.as_ref()?.duration.as_s())),
            source => sources::own(source, self.action),
        }
    }

    fn unknown(&self) -> Moved {
        if self.moving { Moved::Unknown } else { Moved::No }
    }
}

impl TextDriver {
    /// Whether something is so now.
    pub(super) async fn holds(
        &mut self,
        condition: &Condition,
        course: Option<&Course<'_>>,
    ) -> Result<bool, Failure> {
        let part = self.look(&condition.of).await?;
        Ok(self.passes(&part, &condition.test, course))
    }

    /// The number of an argument by name; inside, none where the action says that there is none.
    fn number(&self, name: &str, course: &Course<'_>) -> Option<Option<f64>> {
        course.value(self.profile.arguments.get(name)?)
    }

    fn passes(&self, part: &super::value::Part, test: &Test, course: Option<&Course<'_>>) -> bool {
        let number = |name: &str| course?.value(self.profile.arguments.get(name)?)?;
        passes(part, test, &number)
    }

    /// The text of a step, with its arguments; none where it is left out.
    ///
    /// # Errors
    /// When an argument cannot be written: nothing was sent.
    fn text(&self, step: &Step, course: &Course<'_>) -> Result<Option<String>, Failure> {
        let Step::Send {
            text,
            if_none,
            only_for,
            not_for,
            ..
        } = step
        else {
            return Ok(None);
        };
        if let Action::SetPoint { to, .. } = course.action
            && (only_for.is_some_and(|only| to.value() != only.0)
                || not_for.is_some_and(|not| to.value() == not.0))
        {
            return Ok(None);
        }
        if if_none
            .as_ref()
            .is_some_and(|name| self.number(name, course) != Some(None))
        {
            return Ok(None);
        }
        filled(text, &self.profile.arguments, &|argument| course.value(argument))
            .map_err(|why| refused(format!("\"{}\" cannot {}: {why}", self.id, course.action.name())))
    }

    /// Whether all that is to be sent can be written, before anything is.
    pub(super) fn writable<'a>(&'a self, steps: &'a [Step], course: &mut Course<'_>) -> Result<(), Failure> {
        for step in steps {
            if let (Step::EachProgramStep(inner), Action::Thermocycle { program, .. }) = (step, course.action)
            {
                for each in program.stages.iter().flat_map(|stage| &stage.steps) {
                    course.step = Some(*each);
                    self.writable(inner, course)?;
                }
                course.step = None;
            } else {
                self.text(step, course)?;
            }
        }
        Ok(())
    }

    /// Carries out steps in order.
    pub(super) fn carry_out<'a>(
        &'a mut self,
        steps: &'a [Step],
        course: &'a mut Course<'_>,
    ) -> Fut<'a, Result<(), Failure>> {
        Box::pin(async move {
            for step in steps {
                self.step(step, course).await?;
            }
            Ok(())
        })
    }

    async fn step(&mut self, step: &Step, course: &mut Course<'_>) -> Result<(), Failure> {
        match step {
            Step::Send { .. } => self.send(step, course).await,
            Step::Wait { until, fails } => self.wait(until, fails.as_ref(), course).await,
            Step::Expect(condition) => {
                let part = self
                    .look(&condition.of)
                    .await
                    .map_err(|f| moved(f, course.unknown()))?;
                if self.passes(&part, &condition.test, Some(course)) {
                    return Ok(());
                }
                Err(self.not_so(condition, &part, course))
            }
            Step::Ask { question, silence } => {
                let answer = self.ask(question, *silence).await;
                let answer = answer.map_err(|f| moved(f, course.unknown()))?;
                course.answers.insert(question.clone(), answer);
                Ok(())
            }
            Step::Pause(span) => {
                self.clock.sleep(*span).await;
                Ok(())
            }
            Step::EachProgramStep(inner) => {
                let Action::Thermocycle { program, .. } = course.action else {
                    return Ok(());
                };
                for stage in &program.stages {
                    for _ in 0..stage.cycles {
                        for each in &stage.steps {
                            course.step = Some(*each);
                            self.carry_out(inner, course).await?;
                        }
                    }
                }
                course.step = None;
                Ok(())
            }
        }
    }

    async fn send(&mut self, step: &Step, course: &mut Course<'_>) -> Result<(), Failure> {
        let Step::Send {
            answer,
            timeout,
            moves,
            ..
        } = step
        else {
            return Ok(());
        };
        let Some(text) = self.text(step, course)? else {
            return Ok(());
        };
        let before = course.moving;
        course.moving = before || *moves;
        let wait = (self.profile.head.timeout, timeout.unwrap_or(Duration::ZERO));
        match self.once(Some(&text), answer.as_ref(), wait).await {
            Ok(_) => Ok(()),
            Err(stopped) => {
                // What is refused did not begin, but something may have begun before.
                let clear = matches!(&stopped, Stopped::Refused(_, false)) && !before;
                let failure = self.judged(stopped, &text, course.moving);
                Err(if before && !clear {
                    moved(failure, Moved::Unknown)
                } else {
                    failure
                })
            }
        }
    }

    async fn wait(
        &mut self,
        until: &Condition,
        fails: Option<&Test>,
        course: &mut Course<'_>,
    ) -> Result<(), Failure> {
        // What has no value (an unheated lid) is not waited for.
        if let Test::Near(name, _) = &until.test
            && self.number(name, course) == Some(None)
        {
            return Ok(());
        }
        loop {
            let asked = self.ask(&until.of.question, false).await;
            let parts = asked.map_err(|f| moved(f, course.unknown()))?.unwrap_or_default();
            let part = parts.get(&until.of.field).cloned().unwrap_or_default();
            if self.passes(&part, &until.test, Some(course)) {
                return Ok(());
            }
            if fails.is_some_and(|fails| self.passes(&part, fails, Some(course))) {
                let mut failure = self.not_so(until, &part, course);
                failure.message.push_str(&self.beside(until, &parts));
                return Err(failure);
            }
            if self.clock.now() >= course.deadline {
                let message = format!(
                    "\"{}\" has not ended {} in time: its {} is {} and must become {}; look what is in the way",
                    self.id,
                    course.action.name(),
                    until.of,
                    self.shown(until, &part),
                    wanted(&until.test)
                );
                return Err(Failure::new(FailureKind::Fault, course.unknown(), message));
            }
            self.clock.sleep(self.profile.head.poll).await;
        }
    }

    fn shown(&self, condition: &Condition, part: &super::value::Part) -> String {
        let question = self.profile.questions.get(&condition.of.question);
        let field = question.and_then(|q| q.fields.get(&condition.of.field));
        part.shown(field.and_then(|f| f.unit.as_deref()))
    }

    /// What else an answer says, for a person.
    fn beside(&self, condition: &Condition, parts: &Parts) -> String {
        let question = self.profile.questions.get(&condition.of.question);
        let others = parts.iter().filter(|(name, _)| **name != condition.of.field);
        let words = others.map(|(name, part)| {
            let field = question.and_then(|q| q.fields.get(name));
            format!("{name} {}", part.shown(field.and_then(|f| f.unit.as_deref())))
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            String::new()
        } else {
            format!(" ({})", words.join(", "))
        }
    }

    /// Something is not as it must be.
    pub(super) fn not_so(
        &self,
        condition: &Condition,
        part: &super::value::Part,
        course: &Course<'_>,
    ) -> Failure {
        let message = format!(
            "\"{}\" cannot {}: its {} is {} and must be {}; look at the machine",
            self.id,
            course.action.name(),
            condition.of,
            self.shown(condition, part),
            wanted(&condition.test)
        );
        let kind = if course.moving {
            FailureKind::Fault
        } else {
            FailureKind::Refused
        };
        Failure::new(kind, course.unknown(), message)
    }
}
