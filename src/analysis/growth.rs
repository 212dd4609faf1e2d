//! From the readings of a plate to the growth of its wells.
//!
//! Policy, per well: values are corrected by the mean of the plate's blanks in the same read; the curve begins where
//! the well first stays at or above the limit for a whole window, and later points below the limit are left out.
//! Times are those at which the instrument says it read, in hours since the plate's first read.

use super::blank::{Blank, blank_wells, plate, readings_of, value_at};
use super::easy_linear::{Point, easy_linear};
use super::error::{AnalysisError, on_plate};
use super::quality::quality;
use crate::labware::Well;
use crate::plan::{Finding, GrowthParameters, GrowthRow, Plan, PlateId, PlatePlan, Reading, Role, Sample};
use crate::units::{Absorbance, GrowthRate};
use std::collections::BTreeMap;

/// Growth of every well of every plate, and the quality of the plates.
pub(super) fn growth(
    parameters: &GrowthParameters,
    plan: &Plan,
    readings: &[Reading],
) -> Result<Finding, AnalysisError> {
    let quota_ok = parameters.quota > 0.0 && parameters.quota <= 1.0;
    if parameters.window < 2 || !quota_ok {
        return Err(AnalysisError::BadWindow {
            window: parameters.window,
            quota: parameters.quota.to_string(),
        });
    }
    let mut found = Finding::Growth {
        rows: Vec::new(),
        quality: Vec::new(),
    };
    let mut any = false;
    for id in &parameters.plates {
        let layout = plate(plan, id)?;
        let own = readings_of(readings, &parameters.readings, id, layout)?;
        any |= !own.is_empty();
        let wells = wells_of_plate(parameters, id, layout, &own);
        if let Finding::Growth {
            rows,
            quality: plates,
        } = &mut found
        {
            plates.push(quality(id, layout, &own, &wells));
            rows.extend(wells);
        }
    }
    if any {
        return Ok(found);
    }
    let names: Vec<&str> = parameters.plates.iter().map(PlateId::as_str).collect();
    Err(AnalysisError::NoReadings {
        step: parameters.readings.clone(),
        plates: names.join(", "),
    })
}

/// Blank-corrected curves of a plate's wells: every read that could be corrected, in order of time.
///
/// For drawing; the wells are those of the layout that are not empty.
pub fn corrected_series(readings: &[&Reading], layout: &PlatePlan) -> BTreeMap<Well, Vec<Point>> {
    let blanks = blank_wells(layout, &layout.samples);
    let start = readings.first().map(|r| r.at).unwrap_or_default();
    let mut series: BTreeMap<Well, Vec<Point>> = BTreeMap::new();
    for reading in readings {
        let blank = Blank::of(reading, &blanks, layout);
        let time_h = reading.at.since(start).as_s() / 3600.0;
        for well in layout
            .counted(&layout.samples)
            .filter(|(_, s)| s.role != Role::Empty)
            .map(|(w, _)| *w)
        {
            let value = value_at(reading, well, layout).and_then(|v| blank.correct(v));
            if let Some(value) = value {
                series.entry(well).or_default().push(Point { time_h, value });
            }
        }
    }
    series
}

fn wells_of_plate(
    parameters: &GrowthParameters,
    id: &PlateId,
    layout: &PlatePlan,
    readings: &[&Reading],
) -> Vec<GrowthRow> {
    let series = corrected_series(readings, layout);
    let mut common: Vec<String> = Vec::new();
    if readings.is_empty() {
        common.push("no readings".to_owned());
    } else if blank_wells(layout, &layout.samples).wells.is_empty() {
        common.push("no blank".to_owned());
    }
    common.extend(all_given_up(layout));
    if readings.iter().any(|r| r.late.is_some()) {
        common.push("late read".to_owned());
    }
    let used = |(well, sample): &(&Well, &Sample)| {
        sample.role != Role::Empty && on_plate(**well, layout.rows, layout.columns)
    };
    layout
        .samples
        .iter()
        .filter(used)
        .map(|(well, sample)| {
            let points = series.get(well).map_or(&[] as &[Point], Vec::as_slice);
            let mut marks = common.clone();
            if layout.given_up.contains(well) {
                marks.push("given up".to_owned());
            }
            if readings.iter().any(|r| value_at(r, *well, layout).is_none()) {
                marks.push("out of range".to_owned());
            }
            row(parameters, id, *well, sample, points, marks)
        })
        .collect()
}

/// The roles of which every well of a plate has been given up, as marks.
fn all_given_up(layout: &PlatePlan) -> Vec<String> {
    let roles = [
        (Role::Blank, "all blanks given up"),
        (Role::Reference, "all references given up"),
        (Role::Control, "all controls given up"),
    ];
    let lost = |role: Role| {
        let planned = layout.samples.values().any(|s| s.role == role);
        planned && !layout.counted(&layout.samples).any(|(_, s)| s.role == role)
    };
    roles
        .into_iter()
        .filter(|(role, _)| lost(*role))
        .map(|(_, mark)| mark.to_owned())
        .collect()
}

fn row(
    parameters: &GrowthParameters,
    id: &PlateId,
    well: Well,
    sample: &Sample,
    points: &[Point],
    marks: Vec<String>,
) -> GrowthRow {
    let window = usize::from(parameters.window);
    let grown = grown_part(points, window, parameters.above.0);
    let fit = match sample.role {
        Role::Blank | Role::Empty => None,
        // Where windows far apart are joined over a decline, the line may fall: that is no growth.
        _ => easy_linear(&grown, window, parameters.quota)
            .filter(|fit| fit.rate_per_h > 0.0 && fit.lag_h.is_finite()),
    };
    let max = points.iter().map(|p| p.value).reduce(f64::max);
    GrowthRow {
        plate: id.clone(),
        well,
        strain: sample.strain.clone(),
        role: sample.role,
        rate: fit.map(|f| GrowthRate(f.rate_per_h)),
        lag_h: fit.map(|f| f.lag_h),
        r2: fit.map(|f| f.r2),
        points: fit.map_or(0, |f| u16::try_from(f.last - f.first + 1).unwrap_or(u16::MAX)),
        max: max.map(Absorbance),
        marks,
    }
}

/// The points at or above the limit, from where a whole window of them follows one another.
///
/// A value that noise lifts over the limit once does not start the curve, and one that a bubble or a reader's
/// hiccup pushes under it does not end it.
fn grown_part(points: &[Point], window: usize, above: f64) -> Vec<Point> {
    let start = points
        .windows(window)
        .position(|w| w.iter().all(|p| p.value >= above));
    let Some(start) = start else { return Vec::new() };
    points
        .iter()
        .skip(start)
        .filter(|p| p.value >= above && p.value > 0.0)
        .copied()
        .collect()
}

#[cfg(test)]
#[path = "growth_tests.rs"]
mod tests;
