use super::*;
use crate::analysis::fixture::Noise;

fn sample_variances(strains: usize, spread: impl Fn(usize) -> f64) -> Vec<Variance> {
    let mut noise = Noise(7);
    (0..strains)
        .map(|i| {
            let values: Vec<f64> = (0..4).map(|_| spread(i) * noise.normal()).collect();
            variance(&values).expect("four values")
        })
        .collect()
}

#[test]
fn trigamma_has_its_known_values() {
    let pi2 = std::f64::consts::PI.powi(2);
    assert!((trigamma(1.0) - pi2 / 6.0).abs() < 1e-12);
    assert!((trigamma(0.5) - pi2 / 2.0).abs() < 1e-12);
    assert!((trigamma(1.5) - (pi2 / 2.0 - 4.0)).abs() < 1e-12);
    for x in [0.01, 0.7, 3.0, 250.0] {
        assert!((inverse_trigamma(trigamma(x)) / x - 1.0).abs() < 1e-9);
    }
}

#[test]
fn alike_variances_count_for_much() {
    let variances = sample_variances(2000, |_| 0.04);
    let prior = Prior::of(&variances).expect("many variances");
    let own = Variance { value: 0.0, df: 3.0 };
    let moderated = prior.moderate(own);
    assert!(moderated.df > 20.0, "{moderated:?}");
    assert!((moderated.value.sqrt() / 0.04 - 1.0).abs() < 0.1, "{moderated:?}");
}

#[test]
fn unlike_variances_count_for_little() {
    let variances = sample_variances(2000, |i| if i % 2 == 0 { 0.01 } else { 0.2 });
    let prior = Prior::of(&variances).expect("many variances");
    let moderated = prior.moderate(Variance { value: 0.04, df: 3.0 });
    assert!(moderated.df < 6.0, "{moderated:?}");
}

#[test]
fn few_or_constant_variances_tell_nothing() {
    assert_eq!(Prior::of(&sample_variances(9, |_| 0.04)), None);
    assert_eq!(Prior::of(&sample_variances(50, |_| 0.0)), None);
}
