use super::dye::{Line, line};
use super::*;
use crate::plan::StepId;

fn step(asked: i64, channels: u8) -> VerifiedStep {
    VerifiedStep {
        step: StepId::new("give"),
        asked: Volume::nl(asked),
        tips: Some("tiprack-20".to_owned()),
        class: None,
        channels,
        nominal: Volume::nl(20_000),
    }
}

fn parameters(accuracy: Option<f64>, cv: Option<f64>) -> VolumeParameters {
    VolumeParameters {
        method: VolumeMethod::Dye {
            readings: StepId::new("look"),
            plate: crate::plan::PlateId::new("dyed"),
            wavelength: None,
            standards: Vec::new(),
        },
        strokes: Vec::new(),
        accuracy,
        cv,
    }
}

fn delivered<'a>(step: &'a VerifiedStep, channel: Option<u8>, ul: &[f64]) -> Vec<Delivered<'a>> {
    let one = |ul: &f64| Delivered {
        step,
        pipette: PipetteId::new("p20-single"),
        stroke: step.asked,
        channel,
        ul: *ul,
    };
    ul.iter().map(one).collect()
}

#[test]
fn systematic_and_random_error_are_those_of_iso_8655_6_and_are_held_against_iso_8655_2() {
    // By hand: mean 20.1 uL, squares of deviations 0.04 in sum, so that s = (0.04 / 4)^0.5 = 0.1 uL and CV = 0.4975 %.
    let step = step(20_000, 1);
    let found = delivered(&step, Some(1), &[20.0, 20.1, 20.2, 20.0, 20.2]);
    let rows = rows(&parameters(None, None), &found);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert!((row.mean_ul - 20.1).abs() < 1e-9);
    assert!((row.systematic - 0.005).abs() < 1e-9);
    let random = (0.04_f64 / 4.0).sqrt() / 20.1;
    assert!((row.random.unwrap() - random).abs() < 1e-9, "{row:?}");
    assert_eq!((row.n, row.channel), (5, None));
    assert!((row.most_systematic - 0.01).abs() < 1e-9 && (row.most_random - 0.005).abs() < 1e-9);
    assert!(row.passed);
    let strict = super::rows(&parameters(Some(0.004), None), &found);
    assert!(!strict[0].passed);
    let strict = super::rows(&parameters(None, Some(0.001)), &found);
    assert!(!strict[0].passed);
}

#[test]
fn what_was_delivered_once_passes_no_test() {
    let step = step(20_000, 1);
    let rows = rows(&parameters(None, None), &delivered(&step, Some(1), &[20.0]));
    assert_eq!((rows[0].random, rows[0].passed), (None, false));
}

#[test]
fn channels_have_rows_of_their_own_after_that_of_all_of_them() {
    let step = step(10_000, 8);
    let mut found = Vec::new();
    for channel in 1..=8 {
        let off = f64::from(channel) / 100.0;
        found.extend(delivered(&step, Some(channel), &[10.0 + off, 10.02 + off]));
    }
    let rows = rows(&parameters(None, None), &found);
    let channels: Vec<_> = rows.iter().map(|r| r.channel).collect();
    assert_eq!(channels[..3], [None, Some(1), Some(2)]);
    assert_eq!((rows.len(), rows[0].n, rows[1].n), (9, 16, 2));
    assert!((rows[8].mean_ul - 10.09).abs() < 1e-9);
}

#[test]
fn a_weight_of_eight_channels_scatters_less_than_one_of_them_by_the_root_of_eight() {
    let step = step(10_000, 8);
    let rows = rows(&parameters(None, None), &delivered(&step, None, &[9.9, 10.1]));
    let of_the_mean = (0.02_f64).sqrt() / 10.0;
    assert!((rows[0].random.unwrap() - of_the_mean * 8.0_f64.sqrt()).abs() < 1e-9);
    assert_eq!(rows.len(), 1);
}

#[test]
fn a_random_error_may_be_larger_than_it_was_found_the_more_so_the_fewer_replicates() {
    // χ² of 9 degrees of freedom leaves 5 % below 3.3251, of 29 below 17.708 (NIST/SEMATECH e-Handbook, 1.3.6.7.4).
    assert!((most_cv(0.01, 10) - 0.01 * (9.0_f64 / 3.3251).sqrt()).abs() < 1e-6);
    assert!((most_cv(0.01, 30) - 0.01 * (29.0_f64 / 17.708).sqrt()).abs() < 1e-6);
    assert!(most_cv(0.01, 1).is_infinite());
}

#[test]
fn the_line_through_standards_is_that_of_least_squares() {
    let Line { blank, per_ul } = line(&[(0.0, 0.05), (10.0, 0.45), (20.0, 0.85)]).unwrap();
    assert!((blank - 0.05).abs() < 1e-12 && (per_ul - 0.04).abs() < 1e-12);
    // By hand: points (0, 0), (1, 1), (2, 1) have slope 0.5 and begin at 1/6.
    let Line { blank, per_ul } = line(&[(0.0, 0.0), (1.0, 1.0), (2.0, 1.0)]).unwrap();
    assert!((blank - 1.0 / 6.0).abs() < 1e-12 && (per_ul - 0.5).abs() < 1e-12);
    assert_eq!(line(&[(5.0, 0.1), (5.0, 0.2)]), None);
    assert_eq!(line(&[(0.0, 0.5), (5.0, 0.4)]), None);
}
