use super::*;
use crate::protocol::testing::{DRILL, demo_rig, file};

fn checked(text: &str) -> (bool, Vec<Diagnostic>) {
    let source = crate::daemon::testing::source("p.toml", text);
    let (planned, found, _) = plan(&source, &demo_rig(), &Library::load(&[]).0);
    (planned.is_some(), found)
}

#[test]
fn what_the_schedule_cannot_keep_is_refused_at_its_place() {
    let text = DRILL.replacen("do = \"transfer\"", "do = \"transfer\"\ndeadline = \"10 min\"", 1);
    let (sound, found) = checked(&text);
    assert!(!sound);
    let [d] = found.as_slice() else {
        panic!("{found:#?}")
    };
    assert_eq!((d.code, d.file.as_str()), ("deadline", "p.toml"));
    assert_eq!(text.get(d.span.clone()), Some("\"10 min\""));
    assert!(checked(DRILL).0);
}

#[test]
fn a_series_that_does_not_fit_is_told_at_its_step() {
    let step = StepId::new("watch");
    let span = place_of(&step, &file("p.toml", DRILL));
    assert_eq!(DRILL.get(span), Some("\"watch\""));
    let called = place_of(&StepId::new("watch-inner"), &file("p.toml", DRILL));
    assert_eq!(DRILL.get(called), Some("\"watch\""));
}
