//! Which picks count as failed, and which colony comes next.

use super::super::fixture;
use super::failed_picks;
use crate::labware::Well;
use crate::plan::{
    Colony, FailedPickParameters, Finding, Measure, OperationId, PickRow, Picked, Plan, PlateId, Reading,
    Role, Sample, StepId,
};
use crate::units::{Absorbance, Duration, Length, Timestamp, Wavelength};
use std::collections::BTreeMap;

fn colony(plate: &str, number: u32) -> Colony {
    Colony {
        plate: PlateId::from(plate),
        number,
        x: Length::um(i64::from(number) * 1_000),
        y: Length::um(2_000),
    }
}

/// Four wells of column 1 with colonies of two plates of agar, and blanks in column 2, where there are any.
fn plan(blanks: bool) -> Plan {
    let mut plan = fixture::plan(0);
    let mut samples = BTreeMap::new();
    if blanks {
        for row in 0..2 {
            let sample = Sample {
                strain: None,
                role: Role::Blank,
            };
            samples.insert(Well::new(row, 1), sample);
        }
    }
    let mut plate = fixture::plate("clones", 1, samples);
    for (row, (agar, number)) in (0..).zip([("agar-1", 1), ("agar-1", 2), ("agar-2", 1), ("agar-1", 3)]) {
        let first = Picked::first(colony(agar, number));
        plate.colonies.insert(Well::new(row, 0), first);
    }
    plan.plates.insert(PlateId::from("clones"), plate);
    plan
}

fn parameters() -> FailedPickParameters {
    FailedPickParameters {
        readings: StepId::from("grown"),
        above: Absorbance(0.1),
        wells: (0..4)
            .map(|row| (PlateId::from("clones"), Well::new(row, 0)))
            .collect(),
        spares: vec![colony("agar-2", 2), colony("agar-1", 4), colony("agar-1", 5)],
    }
}

/// A reading with these values in column 1, and 0.05 elsewhere.
fn reading(minutes: u64, values: [Option<f64>; 4]) -> Reading {
    let mut all = vec![Some(Absorbance(0.05)); 96];
    for (row, value) in (0_u8..).zip(values) {
        all[Well::new(row, 0).index(12)] = value.map(Absorbance);
    }
    Reading {
        plate: PlateId::from("clones"),
        step: StepId::from("grown"),
        operation: OperationId(0),
        index: 0,
        at: Timestamp::default().plus(Duration::min(minutes)),
        measure: Measure::Absorbance(Wavelength::nm(600)),
        lidded: false,
        late: None,
        shaken: Duration::ZERO,
        values: all,
        marks: BTreeMap::new(),
        area: None,
        commissioning: None,
    }
}

fn found(plan: &Plan, readings: &[Reading]) -> Vec<PickRow> {
    match failed_picks(&parameters(), plan, readings).unwrap() {
        Finding::FailedPicks { rows } => rows,
        other => panic!("{other:?}"),
    }
}

fn next(rows: &[PickRow]) -> Vec<Option<Colony>> {
    rows.iter().map(|r| r.again.clone()).collect()
}

#[test]
fn the_next_spare_of_the_same_agar_comes_into_a_well_that_did_not_grow() {
    let readings = [
        reading(10, [Some(0.06); 4]),
        reading(20, [Some(0.08), Some(1.2), Some(0.07), Some(0.07)]),
    ];
    let rows = found(&plan(false), &readings);
    let grew: Vec<_> = rows.iter().map(|r| r.grew).collect();
    assert_eq!(grew, [Some(false), Some(true), Some(false), Some(false)]);
    let expected = [
        Some(colony("agar-1", 4)),
        None,
        Some(colony("agar-2", 2)),
        Some(colony("agar-1", 5)),
    ];
    assert_eq!(next(&rows), expected);
}

#[test]
fn blanks_are_subtracted_where_the_plate_has_any() {
    let readings = [reading(10, [Some(0.12), Some(0.16), Some(0.12), Some(0.16)])];
    let grew = |blanks| {
        let rows = found(&plan(blanks), &readings);
        rows.iter().filter(|r| r.grew == Some(true)).count()
    };
    assert_eq!((grew(false), grew(true)), (4, 2));
}

#[test]
fn a_well_without_a_value_is_left_alone() {
    let rows = found(
        &plan(false),
        &[reading(10, [None, Some(0.05), Some(1.0), Some(1.0)])],
    );
    assert_eq!(rows[0].grew, None);
    assert_eq!(next(&rows), [None, Some(colony("agar-1", 4)), None, None]);
}

#[test]
fn a_spare_that_was_picked_is_none_any_more_and_lost_wells_need_none() {
    let mut plan = plan(false);
    let plate = plan.plates.get_mut("clones").unwrap();
    plate.given_up.insert(Well::new(3, 0));
    let first = plate.colonies.get_mut(&Well::new(0, 0)).unwrap();
    first.again(colony("agar-1", 4));
    let rows = found(
        &plan,
        &[reading(10, [Some(0.05), Some(0.05), Some(1.0), Some(0.05)])],
    );
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].colony, colony("agar-1", 4));
    assert_eq!(next(&rows), [Some(colony("agar-1", 5)), None, None]);
    assert!(rows[1].failed(), "one without a spare has failed all the same");
}

#[test]
fn without_readings_nothing_is_said_to_have_failed() {
    assert!(failed_picks(&parameters(), &plan(false), &[]).is_err());
}
