//! What is written before a command starts.

use super::driver::ProfileDriver;
use crate::devices::Failure;
use crate::drivers::failure::{refused, unsupported};
use crate::drivers::sources;
use crate::plan::{Action, ThermalProgram};
use crate::rig::NestId;
use crate::rig::profile::ArgumentSource;
use crate::rig::profile::modbus::Command;
use crate::units::Length;

/// Words of one step in a block that takes a thermal program.
const STEP_WORDS: usize = 4;

/// The value of one argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// A number in its register's unit.
    Number(f64),
    /// What the register calls `none`.
    Absent,
    /// Words of an array, from its beginning.
    Words(Vec<u16>),
}

impl ProfileDriver {
    /// The values of a command's arguments, by register.
    pub(super) fn arguments(
        &self,
        action: &Action,
        command: &Command,
    ) -> Result<Vec<(String, Argument)>, Failure> {
        command
            .arguments
            .iter()
            .map(|(name, source)| Ok((name.clone(), self.argument(action, *source)?)))
            .collect()
    }

    fn argument(&self, action: &Action, source: ArgumentSource) -> Result<Argument, Failure> {
        let number = |value: f64| Ok(Argument::Number(value));
        match (source, action) {
            (ArgumentSource::From, _) => number(f64::from(self.station(source_nest(action)?)?)),
            (ArgumentSource::To, _) => number(f64::from(self.station(target_nest(action)?)?)),
            (ArgumentSource::GripHeight, _) => number(self.grip(source_nest(action)?)?.as_mm()),
            (ArgumentSource::Program, Action::Thermocycle { program, .. }) => {
                Ok(Argument::Words(self.block(program)?))
            }
            (ArgumentSource::ProgramSteps, Action::Thermocycle { program, .. }) => {
                let steps = u32::try_from(program.stages.iter().map(|s| s.steps.len()).sum::<usize>());
                number(f64::from(steps.unwrap_or(u32::MAX)))
            }
            (source, action) => match sources::own(source, action) {
                Some(Some(value)) => Ok(Argument::Number(value)),
                Some(None) => Ok(Argument::Absent),
                None => Err(unsupported(format!(
                    "{} has no argument of that kind",
                    action.name()
                ))),
            },
        }
    }

    /// The mover's number of a nest.
    fn station(&self, nest: &NestId) -> Result<u16, Failure> {
        self.stations.get(nest).copied().ok_or_else(|| {
            refused(format!(
                "\"{}\" cannot reach the nest \"{nest}\": it has no station number",
                self.id
            ))
        })
    }

    fn grip(&self, nest: &NestId) -> Result<Length, Failure> {
        let height = self.grip_heights.get(nest).copied().or(self.grip_height);
        height.ok_or_else(|| {
            refused(format!(
                "no grip height of \"{}\" is known for the nest \"{nest}\"; calibrate it ([calibration.{}] in the rig file)",
                self.id, self.id
            ))
        })
    }

    /// A thermal program as a block of four words a step.
    fn block(&self, program: &ThermalProgram) -> Result<Vec<u16>, Failure> {
        let too_much = |what: String| refused(format!("\"{}\" takes no {what}", self.id));
        let mut words = Vec::new();
        for stage in &program.stages {
            if stage.cycles == 0 || stage.steps.is_empty() {
                return Err(too_much("stage without cycles or steps".to_owned()));
            }
            for (index, step) in stage.steps.iter().enumerate() {
                words.push(if index == 0 { stage.cycles } else { 0 });
                let tenths = i16::try_from(step.temperature.get() / 100);
                words.push(
                    tenths
                        .map_err(|_| too_much(format!("temperature of {}", step.temperature)))?
                        .cast_unsigned(),
                );
                let time = u32::try_from(step.duration.as_us() / 100_000);
                let time = time.map_err(|_| too_much(format!("step of {}", step.duration)))?;
                words.push(u16::try_from(time >> 16).unwrap_or(u16::MAX));
                words.push(u16::try_from(time & 0xFFFF).unwrap_or(u16::MAX));
            }
        }
        Ok(words)
    }

    /// What does not fit into its register is refused before the intent is written.
    pub(super) fn check_arguments(&self, action: &Action, command: &Command) -> Result<(), Failure> {
        for (name, argument) in self.arguments(action, command)? {
            let room = usize::from(self.registers.register(&name)?.count);
            if let Argument::Words(words) = argument
                && words.len() > room
            {
                return Err(refused(format!(
                    "\"{}\" takes programs of at most {} steps, not {}",
                    self.id,
                    room / STEP_WORDS,
                    words.len() / STEP_WORDS
                )));
            }
        }
        Ok(())
    }

    /// Writes the arguments; they move nothing.
    pub(super) async fn write_arguments(
        &mut self,
        action: &Action,
        command: &Command,
    ) -> Result<(), Failure> {
        for (name, argument) in self.arguments(action, command)? {
            match argument {
                Argument::Number(value) => self.registers.write(&name, value).await?,
                Argument::Absent => self.registers.write_absent(&name).await?,
                Argument::Words(words) => self.registers.write_block(&name, words).await?,
            }
        }
        Ok(())
    }
}

fn source_nest(action: &Action) -> Result<&NestId, Failure> {
    match action {
        Action::MovePlate { from, .. } | Action::RemoveLid { from, .. } | Action::ReplaceLid { from, .. } => {
            Ok(from)
        }
        _ => Err(nowhere(action)),
    }
}

fn target_nest(action: &Action) -> Result<&NestId, Failure> {
    match action {
        Action::MovePlate { to, .. }
        | Action::SetDown { to, .. }
        | Action::RemoveLid { to, .. }
        | Action::ReplaceLid { to, .. } => Ok(to),
        _ => Err(nowhere(action)),
    }
}

fn nowhere(action: &Action) -> Failure {
    unsupported(format!("{} goes from nowhere to nowhere", action.name()))
}
