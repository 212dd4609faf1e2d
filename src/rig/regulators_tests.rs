//! What a rig file may say of regulators.

use super::Rate;
use crate::rig::parse;
use crate::source::SourceFile;
use crate::units::{Amount, Duration, Unit};
use std::collections::BTreeMap;

const PSD4: &str = include_str!("../../config/profiles/psd4.toml");
const HUBER: &str = include_str!("../../config/profiles/huber.toml");

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

/// What is said of a bath (or pump) with these set-points.
fn said(profile: &str, set_points: &str) -> Vec<String> {
    let rig = format!(
        r#"
[rig]
name = "r"
safe_height = "1 mm"

[instruments.it]
kind = "profile"
profile = "p"
link = {{ tcp = "127.0.0.1:8101" }}
set_points = {set_points}
"#
    );
    let profiles = BTreeMap::from([("p".to_owned(), file("p", profile))]);
    let (rig, found) = parse(&file("rig", &rig), &profiles);
    assert_eq!(rig.is_some(), found.is_empty());
    found
        .into_iter()
        .map(|d| format!("{}: {}", d.code, d.message))
        .collect()
}

#[test]
fn set_points_are_quantities_that_the_profile_can_set_within_what_the_device_takes() {
    assert_eq!(
        said(
            HUBER,
            r#"{ temperature = { bounds = ["4 C", "60 C"], rate = "2 C/min" } }"#
        ),
        Vec::<String>::new()
    );
    for (set_points, wanted) in [
        (
            r#"{ temprature = { bounds = ["4 C", "60 C"] } }"#,
            "set-point: the profile has no quantity `temprature`; it has control, level, process_temperature, pump, temperature",
        ),
        (
            r#"{ pump = { bounds = ["0 rpm", "60 rpm"] } }"#,
            "set-point: the profile cannot set `pump`; it is only measured",
        ),
        (
            r#"{ temperature = { bounds = ["4 rpm", "60 rpm"] } }"#,
            "set-point: `temperature` is in C, not in rpm",
        ),
        (
            r#"{ temperature = { bounds = ["4 C", "400 C"] } }"#,
            "set-point: the device takes `temperature` from -151 C to 327 C; the rig file allows 4 C to 400 C",
        ),
        (
            r#"{ temperature = { bounds = ["60 C", "4 C"] } }"#,
            "wrong-order: `instruments.it.set_points.temperature.bounds` goes from 60 C to 4 C; the least comes first",
        ),
        (
            r#"{ temperature = { bounds = ["4 C", "60 C"], rate = "2 rpm/min" } }"#,
            "set-point: `instruments.it.set_points.temperature.rate` and `bounds` must have the same unit",
        ),
        (
            r#"{ temperature = { bounds = ["4 C", "60 C"], rate = "2 C" } }"#,
            "quantity: `instruments.it.set_points.temperature.rate`: \"2 C\" is no rate; write one as \"2 C/min\"",
        ),
    ] {
        assert_eq!(said(HUBER, set_points), [wanted]);
    }
}

#[test]
fn what_cannot_be_read_back_has_no_rate() {
    assert_eq!(
        said(PSD4, r#"{ port = { bounds = [1, 2], rate = "1/s" } }"#),
        [
            "set-point: `port` has a rate, but the profile does not tell what it is set to: nobody could keep it"
        ]
    );
}

#[test]
fn a_rate_is_kept_to_the_microsecond() {
    let rate = Rate::of("2.5 C/min").expect("a rate");
    assert_eq!(rate.to_string(), "2.5 C/min");
    assert_eq!(rate.over(Duration::s(12)), Amount::micro(500_000, Unit::Celsius));
    assert_eq!(
        rate.time_for(Amount::micro(10_000_000, Unit::Celsius)),
        Duration::s(240)
    );
    assert_eq!(Rate::of("5 L/min/h").expect("a rate").to_string(), "5 L/min/h");
    assert!(Rate::of("0 C/min").is_err());
}

#[test]
fn what_one_count_is_depends_on_what_is_fitted() {
    // A syringe of 1 mL in place of 500 uL: twice as much a step, and twice as much in all.
    let fitted = r#"{ volume = { bounds = ["0 uL", "999 uL"], scale = "0.333333 uL" } }"#;
    assert_eq!(said(PSD4, fitted), Vec::<String>::new());
    for (set_points, wanted) in [
        (
            r#"{ volume = { bounds = ["0 uL", "1200 uL"], scale = "0.333333 uL" } }"#,
            "set-point: the device takes `volume` from 0 uL to 999.999 uL; the rig file allows 0 uL to 1200 uL",
        ),
        (
            r#"{ volume = { bounds = ["0 uL", "500 uL"], scale = "0.3 mL" } }"#,
            "set-point: `instruments.it.set_points.volume.scale` is more than nothing, in the unit of `bounds`",
        ),
        (
            r#"{ port = { bounds = [1, 2], scale = 2 } }"#,
            "set-point: the profile sets `port` by words, not by a number: there is nothing to scale",
        ),
    ] {
        assert_eq!(said(PSD4, set_points), [wanted]);
    }
}
