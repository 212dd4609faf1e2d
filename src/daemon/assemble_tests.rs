use super::*;
use crate::protocol::testing::{DRILL, build_rig, demo_rig, file};
use crate::source::render;
use std::path::Path;

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

/// Protocols that no schedule keeps, with the text that a person sees beside each; `BLESS=1 cargo test` rewrites the texts.
#[test]
fn windows_that_cannot_hold_are_told_with_what_they_fight_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/protocols/conflicts");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 5);
    let (rig, library) = (build_rig(), Library::load(&[]).0);
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (planned, found, source) = plan(&crate::daemon::testing::source(name, &text), &rig, &library);
        let shown = render(&found, &[source], false);
        assert!(planned.is_none(), "{name} is kept after all");
        let beside = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&beside, &shown).unwrap();
        }
        if std::fs::read_to_string(&beside).unwrap_or_default() != shown {
            wrong.push(format!("{name}:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
