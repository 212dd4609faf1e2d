//! By dye: the absorbance of each well against the line through wells that hold known volumes of the same dye.

use super::strokes::expelled;
use super::{Delivered, Weighed};
use crate::analysis::blank::{plate, readings_of, value_at};
use crate::analysis::error::AnalysisError;
use crate::analysis::statistics::mean;
use crate::labware::Well;
use crate::plan::{Measure, Plan, Reading, VolumeMethod, VolumeParameters};
use crate::rig::PipetteId;
use crate::units::Volume;
use std::collections::BTreeMap;

/// Absorbance of no dye, and what each microlitre adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub blank: f64,
    pub per_ul: f64,
}

/// The straight line by least squares through absorbances of known volumes (µL); none where all volumes are alike or more
/// dye absorbs no more.
pub(super) fn line(points: &[(f64, f64)]) -> Option<Line> {
    let volumes: Vec<f64> = points.iter().map(|p| p.0).collect();
    let absorbances: Vec<f64> = points.iter().map(|p| p.1).collect();
    let (v, a) = (mean(&volumes)?, mean(&absorbances)?);
    let squares: f64 = volumes.iter().map(|x| (x - v).powi(2)).sum();
    let products: f64 = points.iter().map(|(x, y)| (x - v) * (y - a)).sum();
    let per_ul = products / squares;
    (per_ul.is_finite() && per_ul > 0.0).then_some(Line {
        blank: a - per_ul * v,
        per_ul,
    })
}

/// What each channel delivered into each well.
pub(super) fn delivered<'a>(
    parameters: &'a VolumeParameters,
    plan: &Plan,
    readings: &[Reading],
    weighed: &Weighed<'_>,
) -> Result<Vec<Delivered<'a>>, AnalysisError> {
    let VolumeMethod::Dye {
        readings: step,
        plate: id,
        wavelength,
        standards,
    } = &parameters.method
    else {
        return Ok(Vec::new());
    };
    let layout = plate(plan, id)?;
    let meant: Vec<Reading> = readings
        .iter()
        .filter(|r| wavelength.is_none_or(|w| r.measure == Measure::Absorbance(w)))
        .cloned()
        .collect();
    let own = readings_of(&meant, step, id, layout)?;
    if own.is_empty() {
        return Err(AnalysisError::NoReadings {
            step: step.clone(),
            plates: id.to_string(),
        });
    }
    // Several reads of a well count as their mean; one that is out of range makes the well's unknown.
    let absorbance = |well: Well| -> Option<f64> {
        let values: Option<Vec<f64>> = own.iter().map(|r| value_at(r, well, layout)).collect();
        mean(&values?)
    };
    let wrong = |why: String| AnalysisError::NoVolumes { why };
    let known: Option<Vec<(f64, f64)>> = standards
        .iter()
        .filter(|(well, _)| !layout.given_up.contains(well))
        .map(|(well, volume)| Some((volume.as_ul(), absorbance(*well)?)))
        .collect();
    let known = known.ok_or_else(|| wrong("a standard is out of the reader's range".to_owned()))?;
    let line = line(&known)
        .ok_or_else(|| wrong("the standards do not absorb the more the more dye they hold".to_owned()))?;
    let mut out = Vec::new();
    for step in &parameters.strokes {
        let mut wells: BTreeMap<Well, (PipetteId, u8, Volume)> = BTreeMap::new();
        for stroke in expelled(plan, &step.step) {
            let happened = weighed.times.contains_key(&stroke.operation);
            let operation = plan.operations.get(stroke.operation.index());
            let here = operation.is_some_and(|o| o.plates.contains(id));
            if !happened || !here || stroke.at.labware.as_str() != layout.labware {
                continue;
            }
            let reached = layout.stride.wells(step.channels.max(1), stroke.at.well);
            for (channel, well) in (0_u8..).zip(reached) {
                if well.row >= layout.rows || well.column >= layout.columns {
                    continue;
                }
                let nothing = || (stroke.pipette.clone(), channel.saturating_add(1), Volume::nl(0));
                let entry = wells.entry(well).or_insert_with(nothing);
                entry.2 = entry.2.plus(stroke.volume);
            }
        }
        for (well, (pipette, channel, stroke)) in wells {
            if layout.given_up.contains(&well) {
                continue;
            }
            let value = absorbance(well);
            let value = value.ok_or_else(|| wrong(format!("well {well} of {id} is out of range")))?;
            out.push(Delivered {
                step,
                pipette,
                stroke,
                channel: Some(channel),
                ul: (value - line.blank) / line.per_ul,
            });
        }
    }
    Ok(out)
}
