//! Faults that lie between a protocol and other rigs and labware than the demonstration's.

use super::testing::{DRILL, SCREEN, demo_rig, file};
use super::*;
use crate::labware::{BUILT_IN, Library};
use crate::rig::{Rig, Role};
use crate::source::{Severity, render};

fn report(text: &str, rig: &Rig, library: &Library) -> String {
    let file = file("p.toml", text);
    let built = build(&file, &Inputs::default(), rig, library);
    assert!(built.plan.is_none(), "accepted");
    render(&built.diagnostics, &[file], false)
}

fn with_rig(text: &str, change: impl FnOnce(&mut Rig)) -> String {
    let mut rig = demo_rig();
    change(&mut rig);
    report(text, &rig, &Library::load(&[]).0)
}

fn with_labware(text: &str, name: &str, from: &str, to: &str) -> String {
    let (_, built_in) = BUILT_IN.iter().find(|(n, _)| *n == name).unwrap();
    assert!(built_in.contains(from));
    let (library, found) = Library::load(&[file(name, &built_in.replace(from, to))]);
    assert_eq!(found, []);
    report(text, &demo_rig(), &library)
}

#[test]
fn a_missing_instrument_is_named_with_the_step_that_needs_it() {
    for (instrument, needed) in [
        ("reader", "plate reader"),
        ("mover", "plate mover"),
        ("handler", "liquid handler"),
    ] {
        let text = with_rig(DRILL, |rig| {
            rig.instruments.remove(instrument);
        });
        assert!(
            text.contains(&format!("needs a {needed}; the rig \"demo\" has none")),
            "{text}"
        );
    }
    let text = with_rig(DRILL, |rig| {
        rig.instruments.remove("incubator");
    });
    assert!(text.contains("there is no incubator \"incubator\""), "{text}");
}

#[test]
fn an_incubator_that_stands_still_is_not_asked_to_shake() {
    let text = with_rig(DRILL, |rig| {
        let incubator = rig.instruments.get_mut("incubator").unwrap();
        let Role::Incubator(incubator) = &mut incubator.role else {
            panic!()
        };
        incubator.shaking = None;
    });
    assert!(
        text.contains("error[shaking]: incubator does not shake"),
        "{text}"
    );
}

#[test]
fn an_incubator_has_a_slot_for_every_plate() {
    let text = with_rig(SCREEN, |rig| {
        rig.nests
            .retain(|id, _| !id.as_str().starts_with("incubator-") || id.as_str() < "incubator-12");
    });
    assert!(
        text.contains("4 plates of \"assay\" find no free place to rest in"),
        "{text}"
    );
}

#[test]
fn a_waste_that_one_visit_overfills_is_refused() {
    let text = with_labware(SCREEN, "waste-bin", "capacity_tips = 700", "capacity_tips = 90");
    assert!(
        text.contains("one visit drops 96 tips; the waste holds 90"),
        "{text}"
    );
}

#[test]
fn tips_hold_what_is_drawn() {
    let text = with_labware(
        DRILL,
        "tiprack-300",
        "capacity = \"300 uL\"",
        "capacity = \"150 uL\"",
    );
    assert!(
        text.contains("a tip of p300-multi would hold 180 uL, air included; it holds 150 uL"),
        "{text}"
    );
}

#[test]
fn tips_do_not_draw_air_where_a_plate_claims_no_dead_volume() {
    let drill = DRILL.replace("volume = \"200 uL\"", "volume = \"24 uL\"");
    let text = with_labware(
        &drill,
        "plate-96-flat",
        "dead_volume = \"10 uL\"",
        "dead_volume = \"1 uL\"",
    );
    assert!(text.contains("error[air]: at 3 uL in a well of source"), "{text}");
}

#[test]
fn plates_of_different_sizes_are_not_matched_well_by_well() {
    let (_, plate) = BUILT_IN.iter().find(|(n, _)| *n == "plate-96-flat").unwrap();
    let small = plate
        .replace("plate-96-flat", "plate-48")
        .replace("columns = 12", "columns = 6");
    let (library, found) = Library::load(&[file("plate-48", &small)]);
    assert_eq!(found, []);
    let drill = DRILL.replace(
        "[plates.assay]\nlabware = \"plate-96-flat\"",
        "[plates.assay]\nlabware = \"plate-48\"",
    );
    let text = report(&drill, &demo_rig(), &library);
    assert!(
        text.contains("plate-96-flat has 8×12 wells, plate-48 has 8×6"),
        "{text}"
    );
}

#[test]
fn plates_without_lids_are_not_said_to_have_one() {
    let lid = "lid = { height = \"8 mm\", rise = \"2 mm\", absorbance = 0.008 }\n";
    let text = with_labware(DRILL, "plate-96-flat", lid, "");
    assert!(text.contains("no lid fits plate-96-flat"), "{text}");
}

fn on(day: &str, change: impl FnOnce(&mut Rig)) -> String {
    let mut rig = demo_rig();
    change(&mut rig);
    let file = file("p.toml", DRILL);
    let inputs = Inputs {
        today: Some(day.into()),
        ..Inputs::default()
    };
    let built = build(&file, &inputs, &rig, &Library::load(&[]).0);
    render(&built.diagnostics, &[file], false)
}

fn good_for(days: u32) -> impl FnOnce(&mut Rig) {
    move |rig| {
        let (id, (date, _)) = rig
            .calibration
            .days
            .first_key_value()
            .map(|(k, v)| (k.clone(), *v))
            .unwrap();
        assert_eq!(
            (id.as_str(), date),
            ("handler", crate::units::Day::parse("2026-10-01"))
        );
        rig.calibration.days.insert(id, (date, Some(days)));
    }
}

#[test]
fn a_calibration_is_good_for_its_days() {
    assert_eq!(on("2026-10-31", good_for(30)), "");
    let text = on("2026-11-01", good_for(30));
    assert!(
        text.contains(
            "the calibration of \"handler\" of 2026-10-01 was good until 2026-10-31; today is 2026-11-01"
        ),
        "{text}"
    );
    assert_eq!(
        on("2099-01-01", |_| {}),
        "",
        "without `valid_for` it is good for ever"
    );
    let text = on("2026-09-30", |_| {});
    assert!(
        text.contains("would have been calibrated on 2026-10-01"),
        "{text}"
    );
    let text = on("2026-10-31", |rig| rig.calibration.days.clear());
    assert!(text.contains("\"handler\" was never calibrated"), "{text}");
}

/// A protocol that draws a well down to 3 uL over what must stay.
const CLOSE: &str = r#"
[protocol]
name = "close"
[liquids.culture]
[pieces.tips]
labware = "tiprack-300"
at = "deck-4"
[plates.source]
labware = "plate-96-flat"
at = "deck-8"
liquid = "culture"
volume = "119 uL"
[plates.sink]
labware = "plate-96-flat"
at = "deck-9"
[[steps]]
id = "carry"
do = "transfer"
from = "source"
to = "sink"
volume = "50 uL"
columns = [1]
pipette = "p300-multi"
[[steps]]
id = "again"
do = "transfer"
from = "source"
to = "sink"
volume = "50 uL"
columns = [1]
pipette = "p300-multi"
"#;

#[test]
fn three_standard_deviations_of_the_strokes_are_kept_in_reserve() {
    // 16 uL must stay; 19 uL do. Two strokes of 50 uL at 1 % scatter by 0.71 uL, at 2 % by 1.41 uL.
    let with_error = |share: u32| {
        let mut rig = demo_rig();
        for instrument in rig.instruments.values_mut() {
            if let Role::LiquidHandler(handler) = &mut instrument.role {
                for pipette in handler.pipettes.values_mut() {
                    pipette.random_error = crate::units::Share::hundredths_of_percent(share);
                }
            }
        }
        let file = file("p.toml", CLOSE);
        let built = build(&file, &Inputs::default(), &rig, &Library::load(&[]).0);
        let errors = built.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        errors
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(with_error(0), Vec::<String>::new());
    assert_eq!(with_error(100), Vec::<String>::new());
    let refused = with_error(200);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0].starts_with("dead-volume: well A1 of source would fall to 19 uL, give or take 4.243 uL"),
        "{refused:?}"
    );
}
