//! Amounts as text and back.

use super::{Amount, AmountError, Unit};

#[test]
fn an_amount_reads_as_it_was_written() {
    for text in [
        "37.5 C",
        "-20 C",
        "7.05 pH",
        "30 %",
        "120 rpm",
        "0.00001 g",
        "3",
        "-0.5",
        "20 L/min",
    ] {
        let amount: Amount = text.parse().expect(text);
        assert_eq!(amount.to_string(), text);
        let json = serde_json::to_string(&amount).expect("json");
        assert_eq!(serde_json::from_str::<Amount>(&json).expect("back"), amount);
    }
}

#[test]
fn what_is_no_amount_says_why() {
    let wrong = |text: &str| text.parse::<Amount>().expect_err(text).to_string();
    assert_eq!(wrong("warm"), "\"warm\" does not begin with a number");
    assert_eq!(
        wrong("1e30 C"),
        "\"e30 C\" is not a unit; use one of C, %, pH, rpm, L/min, mL/min, L/h, uL/s, uL, mL, L, mg, g, kg, bar, kPa, psi, mm, mm/s, s, V, or none for a bare number"
    );
    assert!(matches!(
        "99999999999999999999 C".parse::<Amount>(),
        Err(AmountError::NotANumber(_))
    ));
}

#[test]
fn a_ramp_ends_at_its_goal() {
    let (step, goal) = (
        Amount::micro(400_000, Unit::Celsius),
        Amount::micro(1_000_000, Unit::Celsius),
    );
    let mut at = Amount::micro(0, Unit::Celsius);
    let mut seen = Vec::new();
    while at != goal {
        at = at.towards(goal, step);
        seen.push(at.to_string());
    }
    assert_eq!(seen, ["0.4 C", "0.8 C", "1 C"]);
    assert_eq!(
        goal.towards(Amount::micro(900_000, Unit::Celsius), step)
            .to_string(),
        "0.9 C"
    );
}
