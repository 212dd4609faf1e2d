use super::*;
use crate::analysis::{compute, fixture};
use crate::plan::{Compute, EndpointRow, Measure, OperationId, Pick, Picklist, Role};
use crate::units::{Duration, Timestamp, Wavelength};

fn reading(index: u32, at: u64, value: impl Fn(usize) -> f64) -> Reading {
    Reading {
        plate: PlateId::from("hits"),
        step: StepId::new("read-hits"),
        operation: OperationId(index),
        index,
        at: Timestamp::from_us(0).plus(Duration::h(at)),
        measure: Measure::Absorbance(Wavelength::nm(600)),
        lidded: true,
        marks: Default::default(),
        area: None,
        commissioning: None,
        late: None,
        shaken: Duration::ZERO,
        values: (0..96).map(|i| Some(Absorbance(value(i)))).collect(),
    }
}

fn picked(with_blank: bool) -> BTreeMap<StepId, Finding> {
    let strain = |name: &str, role| Sample {
        strain: Some(name.into()),
        role,
    };
    let mut samples = BTreeMap::from([
        (Well::new(0, 0), strain("S01", Role::Sample)),
        (Well::new(1, 0), strain("WT", Role::Reference)),
    ]);
    if with_blank {
        samples.insert(
            Well::new(2, 0),
            Sample {
                strain: None,
                role: Role::Blank,
            },
        );
    }
    let pick = Pick {
        strain: "S01".into(),
        from_plate: "source".into(),
        from: Well::new(0, 1),
        to_plate: "hits".into(),
        to: Well::new(0, 0),
    };
    let finding = Finding::Hits {
        strains: vec![],
        hits: vec![],
        picklist: Picklist { picks: vec![pick] },
        samples,
    };
    BTreeMap::from([(StepId::new("select"), finding)])
}

fn rows(readings: &[Reading], with_blank: bool) -> Vec<EndpointRow> {
    let step = Compute::Endpoint(fixture::endpoint_step());
    match compute(&step, &fixture::plan(1), readings, &picked(with_blank)) {
        Ok(Finding::Endpoint { rows }) => rows,
        other => panic!("{other:?}"),
    }
}

fn readings() -> Vec<Reading> {
    // Row-major: A1 is 0, B1 is 12, C1 is 24.
    let later = reading(1, 4, |i| if i == 24 { 0.10 } else { 0.50 });
    let sooner = reading(0, 0, |i| if i == 24 { 0.09 } else { 0.14 });
    vec![later, sooner]
}

#[test]
fn first_and_last_by_time_without_the_blank_of_the_same_read() {
    let rows = rows(&readings(), true);
    let names: Vec<&str> = rows.iter().map(|r| r.strain.as_str()).collect();
    assert_eq!(names, ["S01", "WT"]);
    let first = rows.first().expect("two rows");
    assert!((first.first.expect("read").0 - 0.05).abs() < 1e-12);
    assert!((first.last.expect("read").0 - 0.40).abs() < 1e-12);
}

#[test]
fn without_blanks_values_stay_as_read() {
    let rows = rows(&readings(), false);
    assert_eq!(rows.first().and_then(|r| r.first), Some(Absorbance(0.14)));
}

#[test]
fn one_reading_has_no_last_and_none_is_an_error() {
    let single: Vec<Reading> = readings().into_iter().take(1).collect();
    assert_eq!(
        rows(&single, false).first().map(|r| (r.first.is_some(), r.last)),
        Some((true, None))
    );
    let step = Compute::Endpoint(fixture::endpoint_step());
    let none = compute(&step, &fixture::plan(1), &[], &picked(false));
    assert!(matches!(none, Err(AnalysisError::NoReadings { .. })));
}
