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

/// A plate of 50 uL a well lies for three hours before 20 uL are drawn from it; 16 uL must stay.
const LYING: &str = r#"
[protocol]
name = "lying"
[liquids.culture]
[pieces.tips]
labware = "tiprack-300"
at = "deck-4"
[plates.source]
labware = "plate-96-flat"
at = "deck-8"
liquid = "culture"
volume = "50 uL"
[plates.sink]
labware = "plate-96-flat"
at = "deck-9"
[[steps]]
id = "lie"
do = "wait"
for = "3 h"
[[steps]]
id = "carry"
do = "transfer"
from = "source"
to = "sink"
volume = "20 uL"
columns = [2]
pipette = "p300-multi"
after = "lie"
"#;

#[test]
fn what_evaporates_by_the_time_of_a_draw_is_reckoned_with() {
    let with = |text: &str, rate: Option<i64>| {
        let mut rig = demo_rig();
        rig.evaporation = rate.map(|nl| rig::Evaporation {
            open: crate::units::EvaporationRate::nl_per_h(nl),
            lidded: crate::units::EvaporationRate::nl_per_h(nl / 40),
            reservoir: None,
            tube: None,
        });
        let source = crate::daemon::testing::source("p.toml", text);
        let (planned, found, _) = plan(&source, &rig, &Library::load(&[]).0);
        assert_eq!(
            planned.is_some(),
            found.iter().all(|d| d.severity == Severity::Warning)
        );
        let errors = found.into_iter().filter(|d| d.severity == Severity::Error);
        errors
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(with(LYING, None), Vec::<String>::new());
    assert_eq!(
        with(LYING, Some(4_000)),
        Vec::<String>::new(),
        "12 uL of the 14 uL that there are"
    );
    let dry = with(LYING, Some(6_000));
    assert_eq!(dry.len(), 1, "{dry:?}");
    assert!(
        dry[0].starts_with("evaporation: well A2 of source would fall to 11."),
        "{dry:?}"
    );
    assert!(dry[0].contains("16 uL must stay"), "{dry:?}");
    let covered = LYING.replace(
        "at = \"deck-8\"",
        "at = \"hotel-1\"\nlidded = true\nwork = { at = \"deck-8\", lid = \"lid-1\" }",
    );
    assert_eq!(
        with(&covered, Some(6_000)),
        Vec::<String>::new(),
        "a lid is on meanwhile"
    );
}

/// A trough and tubes stand open for three hours before they are drawn from.
const STANDING: &str = r#"
[protocol]
name = "standing"
[liquids.medium]
[pieces.tips]
labware = "tiprack-300"
at = "deck-4"
[pieces.small-tips]
labware = "tiprack-20"
at = "deck-3"
[pieces.trough]
labware = "reservoir-12"
at = "deck-5"
wells = { A1 = { liquid = "medium", volume = "1.4 mL" } }
[pieces.tubes]
labware = "tuberack-24-1500ul"
at = "deck-6"
wells = { A1 = { liquid = "medium", volume = "200 uL" } }
[plates.sink]
labware = "plate-96-flat"
at = "deck-9"
[[steps]]
id = "stand"
do = "wait"
for = "3 h"
[[steps]]
id = "fill"
do = "distribute"
from = "trough"
to = "sink"
volume = "50 uL"
columns = [1]
pipette = "p300-multi"
after = "stand"
[[steps]]
id = "add"
do = "distribute"
from = "tubes"
to = "sink"
volume = "20 uL"
wells = ["A1"]
pipette = "p20-single"
after = "fill"
"#;

#[test]
fn troughs_and_tubes_lose_what_the_rig_says_that_they_do() {
    let with = |reservoir: Option<i64>, tube: Option<i64>| {
        let mut rig = build_rig();
        rig.evaporation = Some(rig::Evaporation {
            open: crate::units::EvaporationRate::nl_per_h(6_000),
            lidded: crate::units::EvaporationRate::nl_per_h(150),
            reservoir: reservoir.map(crate::units::EvaporationRate::nl_per_h),
            tube: tube.map(crate::units::EvaporationRate::nl_per_h),
        });
        let source = crate::daemon::testing::source("p.toml", STANDING);
        let (_, found, _) = plan(&source, &rig, &Library::load(&[]).0);
        found
            .into_iter()
            .filter(|d| d.severity == Severity::Error)
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(with(None, None), Vec::<String>::new());
    let dry = with(Some(300_000), None);
    assert_eq!(dry.len(), 1, "{dry:?}");
    assert!(
        dry[0].starts_with("evaporation: well A1 of trough would fall to"),
        "{dry:?}"
    );
    let dry = with(None, Some(60_000));
    assert_eq!(dry.len(), 1, "{dry:?}");
    assert!(
        dry[0].starts_with("evaporation: well A1 of tubes would fall to"),
        "{dry:?}"
    );
}

#[test]
fn what_a_selection_may_draw_is_reckoned_with_before_anyone_knows_it() {
    let screen = include_str!("../../protocols/growth-screen.toml");
    let with = |nl: i64| {
        let mut rig = demo_rig();
        rig.evaporation = Some(rig::Evaporation {
            open: crate::units::EvaporationRate::nl_per_h(nl),
            lidded: crate::units::EvaporationRate::nl_per_h(nl),
            reservoir: None,
            tube: None,
        });
        let source = crate::daemon::testing::source("p.toml", screen);
        let (_, found, file) = plan(&source, &rig, &Library::load(&[]).0);
        found
            .into_iter()
            .filter(|d| d.severity == Severity::Error)
            .map(|d| (file.text.get(d.span.clone()).unwrap().to_owned(), d.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(with(600), []);
    // The source rests for half a day before hits are picked from it; nothing draws from it late but that.
    let dry = with(11_000);
    assert_eq!(dry.len(), 1, "{dry:?}");
    assert_eq!(dry[0].0, "\"pick\"");
    assert!(dry[0].1.contains("of source would fall to"), "{dry:?}");
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
