use super::*;
use proptest::prelude::*;

fn curve(n: u32, value: impl Fn(f64) -> f64) -> Vec<Point> {
    (0..n)
        .map(|i| f64::from(i) * 0.5)
        .map(|t| Point {
            time_h: t,
            value: value(t),
        })
        .collect()
}

#[test]
fn pure_exponential_growth_gives_its_rate_and_no_lag() {
    let fit = easy_linear(&curve(20, |t| 0.03 * (0.42 * t).exp()), 5, 0.95).expect("it grows");
    assert!((fit.rate_per_h - 0.42).abs() < 1e-12);
    assert!(fit.lag_h.abs() < 1e-9);
    assert!((fit.r2 - 1.0).abs() < 1e-12);
    // The last window is not looked at, so the last point is not used.
    assert_eq!((fit.first, fit.last), (0, 18));
}

#[test]
fn a_lag_phase_is_found() {
    let fit =
        easy_linear(&curve(25, |t| 0.05 * (0.4 * (t - 3.0).max(0.0)).exp()), 5, 0.95).expect("it grows");
    assert!((fit.lag_h - 3.0).abs() < 0.05, "{fit:?}");
    assert!(fit.first >= 5);
}

#[test]
fn what_does_not_grow_has_no_rate() {
    assert_eq!(easy_linear(&curve(20, |_| 0.1), 5, 0.95), None);
    assert_eq!(easy_linear(&curve(20, |t| 0.1 * (-0.1 * t).exp()), 5, 0.95), None);
    assert_eq!(
        easy_linear(&curve(5, |t| t.exp()), 5, 0.95),
        None,
        "5 points leave no window"
    );
    assert_eq!(easy_linear(&[], 5, 0.95), None);
    let same_time = vec![
        Point {
            time_h: 1.0,
            value: 0.5
        };
        9
    ];
    assert_eq!(easy_linear(&same_time, 5, 0.95), None);
    assert_eq!(
        easy_linear(&curve(20, |t| t - 1.0), 5, 0.95),
        None,
        "no logarithm"
    );
}

proptest! {
    #[test]
    fn any_numbers_give_a_finite_fit_or_none(values in proptest::collection::vec(-1.0_f64..1e300, 0..40), window in 0_usize..12) {
        let points: Vec<Point> = values.iter().enumerate()
            .map(|(i, value)| Point { time_h: f64::from(u32::try_from(i).unwrap()), value: *value }).collect();
        if let Some(fit) = easy_linear(&points, window, 0.95) {
            prop_assert!(fit.rate_per_h.is_finite() && fit.r2 <= 1.0 + 1e-9);
            prop_assert!(fit.last < points.len() && fit.first < fit.last);
        }
    }
}
