use super::*;
use crate::protocol::testing::{DRILL, demo_rig};
use crate::run::{FileText, ReleaseEntry, ReleaseState};

fn source(text: &str) -> Source {
    Source {
        simulated: false,
        ..crate::daemon::testing::source("p.toml", text)
    }
}

fn record(source: &Source, state: ReleaseState) -> String {
    let entry = ReleaseEntry {
        state,
        sha256: fingerprint_of(source),
        by: "A. Person".into(),
        at: "2026-11-24 14:05:09".into(),
        note: None,
    };
    ReleaseRecord { history: vec![entry] }.print().unwrap()
}

#[test]
fn on_a_real_rig_only_what_is_released_or_answered_for_runs() {
    let rig = demo_rig();
    let mut draft = source(DRILL);
    draft.release = Some(judge(&draft, None).unwrap());
    let refused = admit(&mut draft, &rig, None).unwrap_err();
    assert!(
        refused.contains("plated release p.toml --state released"),
        "{refused}"
    );
    let who = |reason: &str| Unreleased {
        by: "E. Ngineer".into(),
        reason: reason.into(),
    };
    assert!(admit(&mut draft, &rig, Some(who(" "))).is_err());
    admit(&mut draft, &rig, Some(who("first water run"))).unwrap();
    assert_eq!(draft.release.unwrap().unreleased, Some(who("first water run")));

    for (state, runs) in [
        (ReleaseState::Draft, false),
        (ReleaseState::Validated, false),
        (ReleaseState::Released, true),
    ] {
        let mut source = source(DRILL);
        let record = record(&source, state);
        source.release = Some(judge(&source, Some(&record)).unwrap());
        assert_eq!(admit(&mut source, &rig, None).is_ok(), runs, "{state}");
        source.protocol.text.push('\n');
        source.release = Some(judge(&source, Some(&record)).unwrap());
        assert!(admit(&mut source, &rig, None).is_err(), "changed since");
        source.simulated = true;
        assert!(admit(&mut source, &rig, None).is_ok());
    }
}

#[test]
fn files_that_the_protocol_names_belong_to_its_release_and_others_do_not() {
    let text = DRILL.replacen("tips = \"new\"", "tips = \"new\"\nlist = \"wells.csv\"", 1);
    let mut one = source(&text);
    one.files = ["wells.csv", "notes.csv"]
        .map(|n| {
            let text = FileText {
                name: n.into(),
                text: "a,b\n".into(),
            };
            (n.to_owned(), text)
        })
        .into();
    let before = fingerprint_of(&one);
    one.files.get_mut("notes.csv").unwrap().text.push('x');
    assert_eq!(fingerprint_of(&one), before);
    one.files.get_mut("wells.csv").unwrap().text.push('x');
    assert_ne!(fingerprint_of(&one), before);
}
