use super::*;
use crate::plan::{Prompt, PromptKind};

#[test]
fn a_measure_is_told_by_its_fields() {
    for (measure, text) in [
        (Measure::Absorbance(Wavelength::nm(600)), r#"{"wavelength":600}"#),
        (
            Measure::Fluorescence {
                excitation: Wavelength::nm(485),
                emission: Wavelength::nm(520),
                gain: 80,
            },
            r#"{"excitation":485,"emission":520,"gain":80}"#,
        ),
        (
            Measure::Luminescence {
                integration: Duration::ms(500),
            },
            r#"{"integration":500000}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&measure).unwrap(), text);
        assert_eq!(serde_json::from_str::<Measure>(text).unwrap(), measure);
    }
}

#[test]
fn an_answer_is_taken_as_its_prompt_wants_it_or_refused_with_what_is_wrong() {
    let prompt = |kind, bounds, expected: Option<&str>| Prompt {
        kind,
        text: "How many colonies?".into(),
        bounds,
        expected: expected.map(str::to_owned),
        ..Prompt::default()
    };
    let number = prompt(PromptKind::Number, Some((1.0, 96.0)), None);
    assert_eq!(number.accept(" 12.5 "), Ok(Some(Value::Number(12.5))));
    assert_eq!(number.accept("96"), Ok(Some(Value::Number(96.0))));
    for (answer, says) in [
        ("97", "from 1 to 96"),
        ("0.9", "from 1 to 96"),
        ("many", "not a number"),
        ("inf", "not a number"),
        ("", "not a number"),
    ] {
        let why = number.accept(answer).unwrap_err();
        assert!(why.contains(says), "{answer}: {why}");
    }
    let barcode = prompt(PromptKind::Barcode, None, Some("P-1"));
    assert_eq!(barcode.accept("P-1\r"), Ok(Some(Value::Barcode("P-1".into()))));
    let why = barcode.accept("P-2").unwrap_err();
    assert!(why.contains("\"P-2\"") && why.contains("\"P-1\""), "{why}");
    let text = prompt(PromptKind::Text, None, None);
    assert_eq!(
        text.accept("two are cracked"),
        Ok(Some(Value::Text("two are cracked".into())))
    );
    assert!(text.accept("  ").is_err());
    assert_eq!(prompt(PromptKind::Confirm, None, None).accept("done"), Ok(None));
}
