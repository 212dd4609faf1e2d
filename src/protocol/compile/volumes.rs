//! Proof of volume as a calculation, after everything that it judges.

use super::driver::Compiler;
use crate::plan::{StepId, VerifiedStep, VolumeMethod, VolumeParameters};
use crate::protocol::source::volume::{Proof, Verify};
use crate::protocol::source::{Step, StepWork};
use std::collections::BTreeSet;

impl<'a> Compiler<'a> {
    /// The calculation, and the steps that it waits for.
    pub fn verified(&self, index: usize, verify: &'a Verify) -> Option<(VolumeParameters, BTreeSet<usize>)> {
        let mut waits = BTreeSet::new();
        let mut strokes = Vec::new();
        for asking in verify.of.iter().flat_map(|name| self.scene.asking(&name.value)) {
            waits.insert(asking.index);
            let (_, pipette) = self.scene.pipette(&asking.handling.pipette.value)?;
            strokes.push(VerifiedStep {
                step: StepId::new(asking.step.id.value.as_str()),
                asked: asking.volume,
                tips: self.scene.racks(pipette).next().map(|r| r.labware.name.clone()),
                class: asking.handling.class.as_ref().map(|c| c.value.clone()),
                channels: pipette.channels,
                nominal: verify.nominal.unwrap_or(pipette.max_volume),
            });
        }
        let method = match &verify.by {
            Proof::Gravimetric {
                balance,
                temperature,
                pressure_kpa,
                humidity,
            } => {
                let earlier = self.scene.source.steps.iter().enumerate().take(index);
                waits.extend(
                    earlier
                        .filter(|(_, s)| measures(s, &balance.value))
                        .map(|(i, _)| i),
                );
                let (id, regulator) = self.scene.regulator(&balance.value)?;
                VolumeMethod::Gravimetric {
                    balance: id.clone(),
                    nest: regulator.nest.clone()?,
                    temperature: temperature.value,
                    pressure_kpa: *pressure_kpa,
                    humidity_percent: humidity * 100.0,
                }
            }
            Proof::Dye {
                readings,
                wavelength,
                standards,
            } => {
                let (input, step) = self.scene.step(&readings.value)?;
                waits.insert(input);
                let StepWork::Read(read) = &step.work else {
                    return None;
                };
                let all = standards
                    .iter()
                    .flat_map(|(wells, volume)| wells.value.iter().map(|w| (*w, *volume)));
                VolumeMethod::Dye {
                    readings: StepId::new(step.id.value.as_str()),
                    plate: self.scene.single(&read.each.value)?.clone(),
                    wavelength: wavelength.as_ref().map(|w| w.value),
                    standards: all.collect(),
                }
            }
        };
        let parameters = VolumeParameters {
            method,
            strokes,
            accuracy: verify.accuracy,
            cv: verify.cv,
        };
        Some((parameters, waits))
    }
}

/// Whether a step measures with a balance.
fn measures(step: &Step, balance: &str) -> bool {
    matches!(&step.work, StepWork::Regulator(r) if r.on.value == balance)
}
