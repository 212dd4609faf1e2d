//! Proof of volume: what pipettes truly delivered, by weight or by dye, and how far off that was.
//!
//! Owns the sums and their documented choices (`docs/operations.md`, "Proof of volume"). A volume is found for each stroke;
//! systematic and random error follow as ISO 8655-6 has them.

mod dye;
mod gravimetric;
mod limits;
mod strokes;
mod water;

use super::error::AnalysisError;
use super::statistics::{mean, sd};
use crate::plan::{
    Finding, Measurement, OperationId, Plan, Reading, VerifiedStep, VolumeMethod, VolumeParameters, VolumeRow,
};
use crate::rig::PipetteId;
use crate::units::{Timestamp, Volume};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use std::collections::BTreeMap;

/// What a run has measured besides readings, and when its operations took place.
#[derive(Debug, Clone, Default)]
pub struct Weighed<'a> {
    /// What regulators measured, in order of time.
    pub measurements: &'a [Measurement],
    /// Beginning and end of each operation that has ended and was not left out.
    pub times: BTreeMap<OperationId, (Timestamp, Timestamp)>,
}

/// What a coefficient of variation that was found in so many replicates is at most, with 95 % confidence: by the χ² of their
/// variance. None can be told of a single one.
pub fn most_cv(cv: f64, n: u32) -> f64 {
    let freedom = f64::from(n.saturating_sub(1));
    ChiSquared::new(freedom).map_or(f64::INFINITY, |chi| cv * (freedom / chi.inverse_cdf(0.05)).sqrt())
}

/// What one channel delivered in one stroke; of a weight, the mean of all channels.
struct Delivered<'a> {
    step: &'a VerifiedStep,
    pipette: PipetteId,
    stroke: Volume,
    channel: Option<u8>,
    ul: f64,
}

/// Delivered volumes with their errors.
pub(super) fn volumes(
    parameters: &VolumeParameters,
    plan: &Plan,
    readings: &[Reading],
    weighed: &Weighed<'_>,
) -> Result<Finding, AnalysisError> {
    let (method, delivered) = match &parameters.method {
        VolumeMethod::Gravimetric { .. } => {
            ("gravimetric", gravimetric::delivered(parameters, plan, weighed)?)
        }
        VolumeMethod::Dye { .. } => ("dye", dye::delivered(parameters, plan, readings, weighed)?),
    };
    if delivered.is_empty() {
        let steps: Vec<_> = parameters.strokes.iter().map(|s| s.step.as_str()).collect();
        return Err(AnalysisError::NoVolumes {
            why: format!("none of {} has delivered anything", steps.join(", ")),
        });
    }
    Ok(Finding::Volumes {
        method: method.to_owned(),
        rows: rows(parameters, &delivered),
    })
}

/// Rows by pipette, tips, class and volume, ascending: all channels together, then each channel.
fn rows(parameters: &VolumeParameters, delivered: &[Delivered<'_>]) -> Vec<VolumeRow> {
    let mut groups: BTreeMap<_, Vec<&Delivered<'_>>> = BTreeMap::new();
    for one in delivered {
        let (step, own) = (one.step, one.pipette.clone());
        let key = (own, step.tips.clone(), step.class.clone(), step.asked, one.stroke);
        groups.entry(key.clone()).or_default().push(one);
    }
    let mut rows = Vec::new();
    for members in groups.values() {
        let values: Vec<f64> = members.iter().map(|m| m.ul).collect();
        rows.extend(row(parameters, members, &values, None));
        let mut channels: BTreeMap<u8, Vec<f64>> = BTreeMap::new();
        for one in members {
            if let Some(channel) = one.channel {
                channels.entry(channel).or_default().push(one.ul);
            }
        }
        if channels.len() > 1 {
            for (channel, values) in channels {
                rows.extend(row(parameters, members, &values, Some(channel)));
            }
        }
    }
    rows
}

fn row(
    parameters: &VolumeParameters,
    members: &[&Delivered<'_>],
    values: &[f64],
    channel: Option<u8>,
) -> Option<VolumeRow> {
    let first = members.first()?;
    let step = first.step;
    let asked = step.asked.as_ul();
    let mean_ul = mean(values)?;
    // A weight tells the mean of all channels, which scatters by less than each of them.
    let of_one = if first.channel.is_none() {
        f64::from(step.channels).sqrt()
    } else {
        1.0
    };
    let random = sd(values)
        .filter(|_| mean_ul > 0.0)
        .map(|sd| sd * of_one / mean_ul);
    let systematic = mean_ul / asked - 1.0;
    let permissible = limits::permissible(step.nominal, step.channels, step.asked);
    let most_systematic = parameters.accuracy.unwrap_or(permissible.0);
    let most_random = parameters.cv.unwrap_or(permissible.1);
    Some(VolumeRow {
        pipette: first.pipette.clone(),
        tips: step.tips.clone(),
        class: step.class.clone(),
        channel,
        asked: step.asked,
        stroke: first.stroke,
        n: u32::try_from(values.len()).unwrap_or(u32::MAX),
        mean_ul,
        systematic,
        random,
        most_systematic,
        most_random,
        passed: systematic.abs() <= most_systematic && random.is_some_and(|r| r <= most_random),
    })
}

#[cfg(test)]
#[path = "volume_tests.rs"]
mod tests;
