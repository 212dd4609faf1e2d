use super::*;
use crate::analysis::compute;
use crate::analysis::fixture;
use crate::plan::{Measure, PlateQuality};
use crate::units::{Duration, Wavelength};

fn run(plan: &Plan, readings: &[Reading]) -> (Vec<GrowthRow>, Vec<PlateQuality>) {
    match compute(&fixture::growth_step(plan), plan, readings, &BTreeMap::new()) {
        Ok(Finding::Growth { rows, quality }) => (rows, quality),
        other => panic!("{other:?}"),
    }
}

fn point(hour: u32, value: f64) -> Point {
    Point {
        time_h: f64::from(hour),
        value,
    }
}

#[test]
fn the_parents_rate_and_the_plates_quality_come_out() {
    let plan = fixture::plan(2);
    let (rows, quality) = run(&plan, &fixture::readings(&plan, 1));
    assert_eq!(rows.len(), 192);
    let first = quality.first().expect("two plates");
    let reference = first.reference.expect("the parent grows").0;
    assert!((0.36..0.42).contains(&reference), "{reference}");
    assert!(first.z_prime.expect("controls differ") > 0.2);
    assert!((first.blank.expect("blanks were read").0 - 0.09).abs() < 0.001);
    assert!(first.edge_effect.expect("parent on edge and inside").abs() < 0.1);
    assert_eq!(
        (first.late_reads, quality.get(1).map(|q| q.late_reads)),
        (0, Some(1))
    );
}

#[test]
fn other_wavelengths_and_other_light_of_the_same_visits_change_no_rate() {
    let plan = fixture::plan(1);
    let readings = fixture::readings(&plan, 1);
    let alone = run(&plan, &readings);
    let mut all = Vec::new();
    for reading in readings {
        for measure in [
            Measure::Absorbance(Wavelength::nm(450)),
            Measure::Luminescence {
                integration: Duration::ms(100),
            },
        ] {
            all.push(Reading {
                measure,
                at: reading.at.plus(Duration::s(22)),
                values: vec![Some(Absorbance(3.0)); reading.values.len()],
                ..reading.clone()
            });
        }
        all.push(reading);
    }
    assert_eq!(run(&plan, &all), alone);
}

#[test]
fn blanks_have_no_rate_and_late_reads_mark_their_plate() {
    let plan = fixture::plan(2);
    let (rows, _) = run(&plan, &fixture::readings(&plan, 1));
    assert!(
        rows.iter()
            .filter(|r| r.role == Role::Blank)
            .all(|r| r.rate.is_none() && r.points == 0)
    );
    let marked = |plate: &str| {
        rows.iter()
            .filter(|r| r.plate.as_str() == plate && !r.marks.is_empty())
            .count()
    };
    assert_eq!((marked("assay-1"), marked("assay-2")), (0, 96));
}

#[test]
fn a_shift_of_the_medium_between_reads_changes_nothing() {
    let plan = fixture::plan(1);
    let mut readings = fixture::readings(&plan, 3);
    let (before, _) = run(&plan, &readings);
    for (shift, reading) in readings.iter_mut().enumerate() {
        for value in reading.values.iter_mut().flatten() {
            value.0 += if shift % 2 == 0 { 0.02 } else { -0.01 };
        }
    }
    let (after, _) = run(&plan, &readings);
    for (a, b) in before.iter().zip(&after) {
        let (a, b) = (a.rate.map_or(0.0, |r| r.0), b.rate.map_or(0.0, |r| r.0));
        assert!((a - b).abs() < 1e-9);
    }
}

#[test]
fn true_times_count_not_planned_ones() {
    let plan = fixture::plan(1);
    let mut readings = fixture::readings(&plan, 3);
    let (before, _) = run(&plan, &readings);
    let start = readings.first().map(|r| r.at).unwrap_or_default();
    for reading in &mut readings {
        let doubled = reading.at.since(start).times(2);
        reading.at = start.plus(doubled).plus(Duration::s(5));
    }
    let (after, _) = run(&plan, &readings);
    let rate = |rows: &[GrowthRow]| rows.first().and_then(|r| r.rate).map_or(0.0, |r| r.0);
    assert!((rate(&after) * 2.0 - rate(&before)).abs() < 1e-9);
}

#[test]
fn the_curve_begins_where_the_well_stays_above_the_limit() {
    let curve: Vec<Point> = [0.01, 0.09, 0.01, 0.05, 0.06, 0.07, 0.02, 0.09, 0.10]
        .iter()
        .zip(0..)
        .map(|(v, hour)| point(hour, *v))
        .collect();
    let kept: Vec<f64> = grown_part(&curve, 3, 0.04).iter().map(|p| p.time_h).collect();
    assert_eq!(kept, [3.0, 4.0, 5.0, 7.0, 8.0]);
    assert!(grown_part(&curve, 4, 0.04).is_empty());
}

#[test]
fn a_line_that_falls_is_no_growth() {
    let mut plan = fixture::plan(1);
    let mut readings = fixture::readings(&plan, 3);
    for plate in plan.plates.values_mut() {
        plate.samples.retain(|_, s| s.role != Role::Blank);
    }
    // Rises twice, equally fast, and falls far in between: both ends are kept, the line through all of it falls.
    for reading in &mut readings {
        let i = f64::from(reading.index);
        let value = if i < 6.0 {
            10.0 * (0.1 * i).exp()
        } else if i < 19.0 {
            5.0 - 0.25 * i
        } else {
            0.06 * (0.1 * (i - 19.0)).exp()
        };
        *reading.values.first_mut().expect("96 wells") = Some(Absorbance(value));
    }
    let (rows, _) = run(&plan, &readings);
    assert_eq!(
        rows.first().map(|r| (r.rate, r.lag_h, r.points)),
        Some((None, None, 0))
    );
}

#[test]
fn values_out_of_range_are_left_out_and_marked() {
    let plan = fixture::plan(1);
    let mut readings = fixture::readings(&plan, 3);
    for reading in readings.iter_mut().rev().take(4) {
        *reading.values.first_mut().expect("96 wells") = None;
    }
    let (rows, _) = run(&plan, &readings);
    let first = rows.first().expect("96 wells");
    assert_eq!(first.marks, ["out of range"]);
    assert!(first.rate.is_some());
}

#[test]
fn a_plate_without_blanks_is_analysed_as_read_and_says_so() {
    let mut plan = fixture::plan(1);
    let readings = fixture::readings(&plan, 3);
    for plate in plan.plates.values_mut() {
        plate.samples.retain(|_, s| s.role != Role::Blank);
    }
    let (rows, quality) = run(&plan, &readings);
    assert!(rows.iter().all(|r| r.marks == ["no blank"] && r.rate.is_some()));
    assert_eq!(quality.first().and_then(|q| q.blank), None);
}

#[test]
fn missing_readings_are_told() {
    let plan = fixture::plan(2);
    let step = fixture::growth_step(&plan);
    let none = compute(&step, &plan, &[], &BTreeMap::new());
    assert!(matches!(none, Err(AnalysisError::NoReadings { .. })));
    let mut readings = fixture::readings(&plan, 3);
    readings.retain(|r| r.plate.as_str() == "assay-1");
    let (rows, quality) = run(&plan, &readings);
    assert!(
        rows.iter()
            .filter(|r| r.plate.as_str() == "assay-2")
            .all(|r| r.rate.is_none())
    );
    assert_eq!(quality.get(1).and_then(|q| q.reference), None);
    readings.first_mut().expect("some").values.pop();
    assert!(matches!(
        compute(&step, &plan, &readings, &BTreeMap::new()),
        Err(AnalysisError::WrongSize {
            found: 95,
            expected: 96,
            ..
        })
    ));
}

/// The plan with these wells of its first assay plate given up.
fn without(plan: &Plan, wells: impl Fn(Role) -> bool) -> Plan {
    let mut plan = plan.clone();
    let plate = plan.plates.get_mut(&PlateId::from("assay-1")).expect("a plate");
    let gone = plate
        .samples
        .iter()
        .filter(|(_, s)| wells(s.role))
        .map(|(w, _)| *w);
    plate.given_up = gone.collect();
    plan
}

#[test]
fn where_all_blanks_are_given_up_nothing_is_corrected_and_the_rows_say_so() {
    let plan = fixture::plan(2);
    let (rows, quality) = run(
        &without(&plan, |r| r == Role::Blank),
        &fixture::readings(&plan, 1),
    );
    for row in &rows {
        let gone = row.plate == PlateId::from("assay-1");
        let said = row.marks.iter().any(|m| m == "all blanks given up");
        assert_eq!(said, gone, "{row:?}");
        assert!(!gone || row.rate.is_none(), "{row:?}");
    }
    assert_eq!(quality.first().and_then(|q| q.blank), None);
    assert!(quality.get(1).is_some_and(|q| q.blank.is_some()));
}

#[test]
fn controls_that_are_given_up_do_not_count() {
    let plan = fixture::plan(1);
    let readings = fixture::readings(&plan, 1);
    let (rows, quality) = run(&without(&plan, |r| r == Role::Control), &readings);
    assert!(
        rows.iter()
            .all(|r| r.marks.iter().any(|m| m == "all controls given up"))
    );
    assert!(
        quality
            .first()
            .is_some_and(|q| q.control.is_none() && q.z_prime.is_none())
    );
    let (whole, _) = run(&plan, &readings);
    for (row, before) in rows.iter().zip(&whole).filter(|(r, _)| r.role == Role::Sample) {
        assert_eq!(row.rate, before.rate, "the others are as they were");
    }
}
