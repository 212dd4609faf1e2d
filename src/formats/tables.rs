//! The tables of a run, one row per observation.

use super::samples::samples_of;
use super::table::{Cell, Table};
use super::text::{iso_time, role_name};
use crate::labware::Well;
use crate::plan::{
    EndpointRow, Finding, GrowthRow, Hit, Measure, Measurement, PickRow, Plan, PlateId, PlateQuality,
    Reading, Role, StepId, StrainId, StrainRate, Value,
};
use crate::units::{Absorbance, GrowthRate, Timestamp};
use std::collections::BTreeMap;

/// Every value of every absorbance read. Times in hours count from the plate's first read of the same step.
///
/// Values are as the instrument gave them, without correction; empty with the mark "out of range" where it gave none.
pub fn readings_csv(plan: &Plan, readings: &[Reading], findings: &BTreeMap<StepId, Finding>) -> Vec<u8> {
    let mut table = Table::new(&head(&["wavelength_nm", "absorbance"]));
    rows(&mut table, plan, readings, findings, |measure| match measure {
        Measure::Absorbance(wavelength) => Some(vec![Cell::plain(wavelength.get())]),
        _ => None,
    });
    table.to_csv()
}

/// Every value of every fluorescence read, in the reader's counts; laid out as [`readings_csv`]. None without a read.
pub fn fluorescence_csv(
    plan: &Plan,
    readings: &[Reading],
    findings: &BTreeMap<StepId, Finding>,
) -> Option<Vec<u8>> {
    let mut table = Table::new(&head(&["excitation_nm", "emission_nm", "gain", "fluorescence"]));
    let any = rows(&mut table, plan, readings, findings, |measure| match measure {
        Measure::Fluorescence {
            excitation,
            emission,
            gain,
        } => Some(vec![
            Cell::plain(excitation.get()),
            Cell::plain(emission.get()),
            Cell::plain(gain),
        ]),
        _ => None,
    });
    any.then(|| table.to_csv())
}

/// Every value of every luminescence read, in the reader's counts; laid out as [`readings_csv`]. None without a read.
pub fn luminescence_csv(
    plan: &Plan,
    readings: &[Reading],
    findings: &BTreeMap<StepId, Finding>,
) -> Option<Vec<u8>> {
    let mut table = Table::new(&head(&["integration_s", "luminescence"]));
    let any = rows(&mut table, plan, readings, findings, |measure| match measure {
        Measure::Luminescence { integration } => Some(vec![Cell::number(Some(integration.as_s()))]),
        _ => None,
    });
    any.then(|| table.to_csv())
}

/// Every point of every area scan, one row each; `x_mm` and `y_mm` count from the well's centre, to the right and to the
/// back. None without a scan.
pub fn area_csv(plan: &Plan, readings: &[Reading]) -> Option<Vec<u8>> {
    let mut table = Table::new(&[
        "plate", "well", "step", "read", "time_utc", "measure", "point", "x_mm", "y_mm", "value", "marks",
    ]);
    let mut any = false;
    for reading in readings {
        let Some(area) = &reading.area else { continue };
        any = true;
        let columns = plan.plates.get(&reading.plate).map_or(12, |plate| plate.columns);
        let half = area.scan.side().as_mm() / 2.0;
        let points = usize::from(area.scan.points.max(1));
        for (index, values) in area.wells.iter().enumerate() {
            let Some(well) = Well::from_index(index, columns) else {
                continue;
            };
            for (point, value) in values.iter().enumerate() {
                let along = |n: usize| {
                    let n = u32::try_from(n).unwrap_or(u32::MAX);
                    f64::from(n) * area.scan.spacing.as_mm() - half
                };
                table.row(vec![
                    Cell::text(reading.plate.as_str()),
                    Cell::plain(well),
                    Cell::text(reading.step.as_str()),
                    Cell::plain(reading.index),
                    Cell::plain(iso_time(reading.at)),
                    Cell::plain(reading.measure),
                    Cell::plain(point.saturating_add(1)),
                    Cell::number(Some(along(point % points))),
                    Cell::number(Some(-along(point / points))),
                    Cell::number(value.map(|v| v.0)),
                    Cell::text(point_marks(reading, value.is_none())),
                ]);
            }
        }
    }
    any.then(|| table.to_csv())
}

/// What a person must know of one point of an area scan.
fn point_marks(reading: &Reading, out_of_range: bool) -> String {
    let range = out_of_range.then(|| "out of range".to_owned());
    let how = reading.commissioning.as_ref();
    let marks = range
        .into_iter()
        .chain(how.map(|how| format!("commissioning ({how})")));
    marks.collect::<Vec<_>>().join("; ")
}

/// The columns of a table of reads, with those of its measure in their place.
fn head(measure: &[&'static str]) -> Vec<&'static str> {
    let before = [
        "plate", "barcode", "well", "strain", "role", "step", "read", "time_h", "time_utc",
    ];
    let after = ["lidded", "late_s", "shaken_min", "marks"];
    [&before, measure, &after].concat()
}

/// A row per value of every read that `settings` takes, with what it says of the measure; whether there was any.
fn rows(
    table: &mut Table,
    plan: &Plan,
    readings: &[Reading],
    findings: &BTreeMap<StepId, Finding>,
    settings: impl Fn(Measure) -> Option<Vec<Cell>>,
) -> bool {
    let mut any = false;
    let mut first: BTreeMap<(&PlateId, &StepId), Timestamp> = BTreeMap::new();
    for reading in readings {
        let start = first.entry((&reading.plate, &reading.step)).or_insert(reading.at);
        *start = (*start).min(reading.at);
    }
    let mut ordered: Vec<&Reading> = readings.iter().collect();
    ordered.sort_by(|a, b| (&a.step, &a.plate, a.at, a.index).cmp(&(&b.step, &b.plate, b.at, b.index)));
    for reading in ordered {
        if settings(reading.measure).is_none() {
            continue;
        }
        any = true;
        let layout = plan.plates.get(&reading.plate);
        let samples = samples_of(plan, findings, &reading.plate);
        let start = first
            .get(&(&reading.plate, &reading.step))
            .copied()
            .unwrap_or(reading.at);
        let hours = reading.at.since(start).as_s() / 3600.0;
        for (index, value) in reading.values.iter().enumerate() {
            let Some(well) = layout.and_then(|l| Well::from_index(index, l.columns)) else {
                continue;
            };
            let sample = samples.and_then(|s| s.get(&well));
            let mut marks = Vec::new();
            if reading.late.is_some() {
                marks.push("late read".to_owned());
            }
            if value.is_none() {
                marks.push("out of range".to_owned());
            }
            if layout.is_some_and(|l| l.given_up.contains(&well)) {
                marks.push("given up".to_owned());
            }
            marks.extend(
                reading
                    .commissioning
                    .as_ref()
                    .map(|how| format!("commissioning ({how})")),
            );
            marks.extend(reading.marks.get(&well).cloned());
            let mut row = vec![
                Cell::text(reading.plate.as_str()),
                layout
                    .and_then(|l| l.barcode.as_deref())
                    .map_or(Cell::Empty, Cell::text),
                Cell::plain(well),
                strain(sample.and_then(|s| s.strain.as_ref())),
                Cell::plain(role_name(sample.map_or(Role::Empty, |s| s.role))),
                Cell::text(reading.step.as_str()),
                Cell::plain(reading.index),
                Cell::plain(format_args!("{hours:.6}")),
                Cell::plain(iso_time(reading.at)),
            ];
            row.extend(settings(reading.measure).unwrap_or_default());
            row.extend([
                Cell::number(value.map(|v| v.0)),
                Cell::plain(if reading.lidded { "yes" } else { "no" }),
                Cell::number(reading.late.map(|d| d.as_s())),
                Cell::number(Some(reading.shaken.as_s() / 60.0)),
                Cell::text(marks.join("; ")),
            ]);
            table.row(row);
        }
    }
    any
}

/// Growth of every well, in the order of the analysis.
pub fn growth_csv(rows: &[GrowthRow]) -> Vec<u8> {
    let mut table = Table::new(&[
        "plate",
        "well",
        "strain",
        "role",
        "growth_rate_per_h",
        "lag_h",
        "r2",
        "points",
        "max_absorbance",
        "marks",
    ]);
    for row in rows {
        table.row(vec![
            Cell::text(row.plate.as_str()),
            Cell::plain(row.well),
            strain(row.strain.as_ref()),
            Cell::plain(role_name(row.role)),
            rate(row.rate),
            Cell::number(row.lag_h),
            Cell::number(row.r2),
            Cell::plain(row.points),
            absorbance(row.max),
            Cell::text(row.marks.join("; ")),
        ]);
    }
    table.to_csv()
}

/// Quality of every plate.
pub fn quality_csv(plates: &[PlateQuality]) -> Vec<u8> {
    let mut table = Table::new(&[
        "plate",
        "z_prime",
        "blank_absorbance",
        "reference_rate_per_h",
        "reference_cv",
        "control_rate_per_h",
        "edge_effect",
        "late_reads",
    ]);
    for plate in plates {
        table.row(vec![
            Cell::text(plate.plate.as_str()),
            Cell::number(plate.z_prime),
            absorbance(plate.blank),
            rate(plate.reference),
            Cell::number(plate.reference_cv),
            rate(plate.control),
            Cell::number(plate.edge_effect),
            Cell::plain(plate.late_reads),
        ]);
    }
    table.to_csv()
}

/// Every strain against the reference, by name, with the rank of the hits.
pub fn strains_csv(strains: &[StrainRate], hits: &[Hit]) -> Vec<u8> {
    let mut table = Table::new(&[
        "strain",
        "replicates",
        "mean_rate_per_h",
        "sd_per_h",
        "advantage",
        "p",
        "q",
        "hit_rank",
    ]);
    for one in strains {
        let rank = hits.iter().find(|h| h.rate.strain == one.strain).map(|h| h.rank);
        table.row(vec![
            Cell::text(one.strain.as_str()),
            Cell::plain(one.n),
            rate(Some(one.mean)),
            Cell::number(Some(one.sd)),
            Cell::number(Some(one.advantage)),
            Cell::number(Some(one.p)),
            Cell::number(Some(one.q)),
            rank.map_or(Cell::Empty, Cell::plain),
        ]);
    }
    table.to_csv()
}

/// First and last reading of every picked well, and how many times as much the last is.
pub fn endpoint_csv(rows: &[EndpointRow]) -> Vec<u8> {
    let mut table = Table::new(&[
        "well",
        "strain",
        "first_absorbance",
        "last_absorbance",
        "fold_change",
    ]);
    for row in rows {
        let fold = row
            .first
            .zip(row.last)
            .filter(|(first, _)| first.0 > 0.0)
            .map(|(first, last)| last.0 / first.0);
        table.row(vec![
            Cell::plain(row.well),
            Cell::text(row.strain.as_str()),
            absorbance(row.first),
            absorbance(row.last),
            Cell::number(fold),
        ]);
    }
    table.to_csv()
}

/// Wells with the colony that was picked into each, whether it grew, and what is picked instead.
pub fn picks_csv(rows: &[PickRow]) -> Vec<u8> {
    let mut table = Table::new(&[
        "plate",
        "well",
        "from_plate",
        "colony",
        "x_mm",
        "y_mm",
        "absorbance",
        "grew",
        "picked_again",
    ]);
    for row in rows {
        let number = |n: u32| Cell::plain(n);
        let grew = match row.grew {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        table.row(vec![
            Cell::text(row.plate.as_str()),
            Cell::plain(row.well),
            Cell::text(row.colony.plate.as_str()),
            number(row.colony.number),
            Cell::number(Some(row.colony.x.as_mm())),
            Cell::number(Some(row.colony.y.as_mm())),
            absorbance(row.absorbance),
            Cell::text(grew),
            row.again
                .as_ref()
                .map_or_else(|| Cell::text(""), |c| number(c.number)),
        ]);
    }
    table.to_csv()
}

/// What people answered and scanners read, by step. None without any.
pub fn answers_csv(values: &BTreeMap<StepId, Value>) -> Option<Vec<u8>> {
    let mut table = Table::new(&["step", "kind", "value"]);
    for (step, value) in values {
        let (kind, cell) = match value {
            Value::Number(number) => ("number", Cell::number(Some(*number))),
            Value::Text(text) => ("text", Cell::text(text)),
            Value::Barcode(code) => ("barcode", Cell::text(code)),
            Value::Truth(truth) => ("truth", Cell::plain(truth)),
        };
        table.row(vec![Cell::text(step.as_str()), Cell::plain(kind), cell]);
    }
    (!values.is_empty()).then(|| table.to_csv())
}

/// What regulators measured, one row each. None where nothing was.
pub fn measurements_csv(measurements: &[Measurement]) -> Option<Vec<u8>> {
    let mut table = Table::new(&["step", "instrument", "quantity", "time_utc", "value", "unit"]);
    for m in measurements {
        table.row(vec![
            Cell::text(m.step.as_str()),
            Cell::text(m.instrument.as_str()),
            Cell::text(m.quantity.as_str()),
            Cell::plain(iso_time(m.at)),
            Cell::number(Some(m.amount.value())),
            Cell::text(m.amount.unit().text()),
        ]);
    }
    (!measurements.is_empty()).then(|| table.to_csv())
}

fn strain(strain: Option<&StrainId>) -> Cell {
    strain.map_or(Cell::Empty, |s| Cell::text(s.as_str()))
}

fn rate(rate: Option<GrowthRate>) -> Cell {
    Cell::number(rate.map(|r| r.0))
}

fn absorbance(value: Option<Absorbance>) -> Cell {
    Cell::number(value.map(|a| a.0))
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
