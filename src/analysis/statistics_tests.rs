use super::*;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * right.abs().max(1e-3)
}

#[test]
fn welch_agrees_with_a_worked_example() {
    // Two groups whose t and df follow from means 2.5 and 1, variances 5/3 and 1/2, n 4 and 5, by hand.
    let sample = [1.0, 2.0, 3.0, 4.0];
    let reference = [0.0, 0.5, 1.0, 1.5, 2.0];
    let test = welch_greater(&sample, &reference, None).expect("both sides vary");
    let (a, b) = (5.0 / 3.0 / 4.0, 0.625 / 5.0);
    assert!(close(test.t, 1.5 / f64::sqrt(a + b)));
    assert!(close(test.df, (a + b) * (a + b) / (a * a / 3.0 + b * b / 4.0)));
}

#[test]
fn one_degree_of_freedom_is_a_cauchy_tail() {
    // Equal sample sizes of 2 and equal variances give df = 2, whose tail is 1/2 − t / (2 √(2 + t²)).
    let test = welch_greater(&[3.0, 5.0], &[0.0, 2.0], None).expect("both sides vary");
    assert!(close(test.df, 2.0));
    let tail = 0.5 - test.t / (2.0 * (2.0 + test.t * test.t).sqrt());
    assert!(close(test.p, tail), "{} is not {tail}", test.p);
}

#[test]
fn a_smaller_mean_is_no_evidence_of_a_larger_one() {
    let test = welch_greater(&[1.0, 1.1, 0.9], &[2.0, 2.1, 1.9], None).expect("both sides vary");
    assert!(test.p > 0.99);
}

#[test]
fn nothing_to_test_gives_no_test() {
    assert_eq!(welch_greater(&[1.0], &[1.0, 2.0], None), None);
    assert_eq!(welch_greater(&[1.0, 1.0], &[2.0, 2.0], None), None);
    assert_eq!(mean(&[]), None);
    assert_eq!(sd(&[1.0]), None);
    assert_eq!(z_prime(&[1.0, 1.0], &[1.0, 1.0]), None);
}

#[test]
fn benjamini_hochberg_follows_the_step_up_rule() {
    let q = adjust_benjamini_hochberg(&[0.04, 0.01, 0.03, 0.20]);
    let expected = [0.04 * 4.0 / 3.0, 0.04, 0.04 * 4.0 / 3.0, 0.20];
    for (left, right) in q.iter().zip(expected) {
        assert!(close(*left, right), "{q:?}");
    }
    assert!(adjust_benjamini_hochberg(&[]).is_empty());
}

#[test]
fn z_prime_of_well_separated_controls() {
    let z = z_prime(&[10.0, 11.0, 12.0], &[1.0, 2.0, 3.0]).expect("means differ");
    assert!(close(z, 1.0 - 3.0 * 2.0 / 9.0));
}
