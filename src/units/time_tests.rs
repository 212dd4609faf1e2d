use super::*;

#[test]
fn durations_print_as_people_say_them() {
    assert_eq!(Duration::min(30).to_string(), "30 min");
    assert_eq!(Duration::s(1120).to_string(), "18 min 40 s");
    assert_eq!(Duration::h(17).plus(Duration::min(5)).to_string(), "17 h 5 min");
    assert_eq!(Duration::ms(250).to_string(), "250 ms");
    assert_eq!(Duration::parse("0.5 h"), Ok(Duration::min(30)));
    assert!(Duration::parse("-1 s").is_err());
}

#[test]
fn timestamps_print_as_civil_dates() {
    assert_eq!(Timestamp::from_us(0).to_string(), "1970-01-01 00:00:00");
    assert_eq!(
        Timestamp::from_us(1_709_210_096_000_000).to_string(),
        "2024-02-29 12:34:56"
    );
}
