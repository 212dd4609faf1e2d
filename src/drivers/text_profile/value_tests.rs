use super::*;
use crate::drivers::text_profile::wire::tests::profile;
use crate::rig::profile::Test;
use crate::rig::profile::text::{Step, TextProfile};

const SEALER: &str = include_str!("../../../config/profiles/a4s.toml");

fn seal(temperature: f64, duration: f64) -> Vec<Result<Option<String>, String>> {
    let sealer = profile(SEALER);
    let value = |argument: &Argument| {
        Some(Some(match argument.from {
            crate::rig::profile::ArgumentSource::Temperature => temperature,
            _ => duration,
        }))
    };
    let text = |step: &Step| match step {
        Step::Send { text, .. } => Some(filled(text, &sealer.arguments, &value)),
        _ => None,
    };
    sealer.commands["seal"].steps.iter().filter_map(text).collect()
}

#[test]
fn a_sealer_is_told_degrees_and_tenths_of_a_second_in_four_digits() {
    let sent: Vec<String> = seal(165.0, 3.0)
        .into_iter()
        .map(|t| t.unwrap().unwrap())
        .collect();
    assert_eq!(sent, ["*00H1ZZ", "*00DH=0165zz!", "*00DT=0030zz!", "*00GS=zz!"]);
    let hot = &seal(250.0, 3.0)[1];
    assert_eq!(hot, &Err("`degrees`: 250 is more than its 200".to_owned()));
}

#[test]
fn a_status_line_is_understood_in_words_numbers_and_bits() {
    let sealer = profile(SEALER);
    let parts = parts(&sealer.questions["status"], b"*T01=1650,1,2,0,0,36,0012zz").unwrap();
    assert_eq!(parts["temperature"].number, Some(165.0));
    assert_eq!(parts["system"].word.as_deref(), Some("single_cycle"));
    assert_eq!(parts["sensors"].bits, ["heater_up", "shuttle_closed"]);
    let none = |_: &str| None;
    assert!(passes(
        &parts["sensors"],
        &Test::Is(vec!["shuttle_closed".into()]),
        &none
    ));
    assert!(passes(
        &parts["sensors"],
        &Test::IsNot(vec!["shuttle_open".into()]),
        &none
    ));
    assert!(passes(
        &parts["system"],
        &Test::Is(vec!["idle".into(), "single_cycle".into()]),
        &none
    ));
}

#[test]
fn hexadecimal_numbers_of_a_circulator_go_both_ways() {
    let argument = Argument {
        from: crate::rig::profile::ArgumentSource::Temperature,
        scale: crate::rig::profile::Bound(0.01),
        decimals: 0,
        width: 4,
        hex: true,
        min: None,
        max: None,
        none: None,
    };
    // Huber: set-points of 37.00 and -20.00 degrees (vectors of its PB commands).
    assert_eq!(written(&argument, Some(37.0)), Ok(Some("0E74".into())));
    assert_eq!(written(&argument, Some(-20.0)), Ok(Some("F830".into())));
    assert!(written(&argument, Some(1_000.0)).is_err());
    assert_eq!(written(&argument, None), Ok(None));
    let field = Field {
        absent: Vec::new(),
        hex: true,
        signed: true,
        scale: crate::rig::profile::Bound(0.01),
        unit: Some("C".into()),
        values: BTreeMap::new(),
        bits: BTreeMap::new(),
    };
    assert_eq!(Part::of("09C4", Some(&field)).number, Some(25.0));
    assert_eq!(Part::of("C504", Some(&field)).number, Some(-151.0));
    assert_eq!(Part::of("", Some(&field)).number, None);
    assert_eq!(Part::of("zz", Some(&field)).number, None);
}

#[test]
fn a_step_whose_argument_has_no_value_is_left_out() {
    let cycler: TextProfile = profile(include_str!("../../../config/profiles/ot-thermocycler-2.toml"));
    let Step::Send { text, .. } = &cycler.commands["thermocycle"].steps[0] else {
        panic!()
    };
    assert_eq!(filled(text, &cycler.arguments, &|_| Some(None)), Ok(None));
    assert_eq!(
        filled(text, &cycler.arguments, &|_| Some(Some(105.0))),
        Ok(Some("M140 S105".into()))
    );
}
