use super::*;

#[test]
fn a_mode_is_told_in_words() {
    let all = Commissioning {
        dry: false,
        water: true,
        step: true,
        slow: Some(20),
    };
    assert_eq!(all.words(), "water, step, slow 20");
    assert!(all.notice().contains("readings are of water"));
    assert!(!Commissioning::default().is_any());
}

#[test]
fn an_older_record_without_a_mode_is_no_commissioning() {
    let json = r#"{"protocol":"p","title":"","parameters":{},"plates":{},"pieces":{},"operations":[]}"#;
    let plan: Plan = serde_json::from_str(json).unwrap();
    assert_eq!(plan.commissioning, None);
}
