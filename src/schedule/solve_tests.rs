use super::*;
use crate::labware::Library;
use crate::protocol::{Overrides, build};
use crate::rig::Rig;
use crate::schedule::checker::breaches;
use crate::source::{SourceFile, render};
use std::collections::BTreeMap;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

fn demo_rig() -> Rig {
    let profiles = BTreeMap::from([
        (
            "profiles/absorbance-reader.toml".to_owned(),
            file(
                "reader",
                include_str!("../../config/profiles/absorbance-reader.toml"),
            ),
        ),
        (
            "profiles/plate-mover.toml".to_owned(),
            file("mover", include_str!("../../config/profiles/plate-mover.toml")),
        ),
    ]);
    let (rig, found) = crate::rig::parse(
        &file("rig", include_str!("../../config/demo-rig.toml")),
        &profiles,
    );
    assert_eq!(found, []);
    rig.unwrap()
}

fn screen(plates: u32) -> Plan {
    let text = file(
        "growth-screen.toml",
        include_str!("../../protocols/growth-screen.toml"),
    );
    let overrides = Overrides::from([("plates".to_owned(), plates.to_string())]);
    let built = build(&text, &overrides, &demo_rig(), &Library::load(&[]).0);
    assert_eq!(render(&built.diagnostics, &[text], false), "");
    built.plan.unwrap()
}

#[test]
fn the_growth_screen_is_scheduled_with_every_number_of_plates() {
    for plates in 1..=8 {
        let plan = screen(plates);
        let begun = std::time::Instant::now();
        let schedule = schedule(&plan).unwrap();
        let took = begun.elapsed();
        assert_eq!(breaches(&plan, &schedule), Vec::<String>::new());
        println!(
            "{plates} plates: {} ops, makespan {}, bound {}, {took:?}",
            plan.operations.len(),
            schedule.makespan,
            schedule.bound
        );
        if plates == 4 || plates == 8 {
            for slot in &schedule.slots {
                let op = &plan.operations[slot.operation.index()];
                println!(
                    "  {:>16} {:>16} {}",
                    slot.start.to_string(),
                    slot.end.to_string(),
                    op.title
                );
            }
        }
    }
}
