//! Facts of compiled plans, and what the command line may say.

use super::testing::{DRILL, SCREEN, built, demo_rig, problems, screen};
use super::*;
use crate::labware::{Library, Well};
use crate::plan::{
    Action, Actor, Compute, LoadItem, Operation, Plan, PlateId, Resource, Role, Work, tips_of,
};
use crate::source::SourceFile;
use crate::units::{Duration, Volume};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn actions(operation: &Operation) -> impl Iterator<Item = &Action> {
    operation.phases.iter().flat_map(|p| match &p.work {
        Work::Actions(actions) => actions.as_slice(),
        Work::PickFill(_) | Work::PickTransfer(_) | Work::PickAgain(_) => &[],
    })
}

fn all(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.operations.iter().flat_map(actions)
}

fn prompts(plan: &Plan) -> Vec<&Operation> {
    plan.operations
        .iter()
        .filter(|o| o.phases.iter().any(|p| p.actor == Actor::Operator))
        .collect()
}

#[test]
fn the_screen_uses_the_tips_and_liquids_that_its_figures_say() {
    let plan = screen(4);
    let columns = all(&plan).filter(|a| tips_of(a).is_some()).count();
    assert_eq!(
        columns,
        1 + 4 * 12,
        "one set for the medium, one for every column of inoculum"
    );
    let drawn = |stay: bool, wanted: i64| {
        all(&plan)
            .filter(|a| matches!(a, Action::Aspirate { volume, stay: s, .. } if *s == stay && volume.get() == wanted))
            .count()
    };
    assert_eq!(drawn(false, 180_000), 4 * 12);
    assert_eq!(drawn(false, 20_000), 4 * 12);
    assert_eq!(drawn(true, 100_000), 4 * 12 * 3);
    assert_eq!(prompts(&plan).len(), 1, "loading is all that the operator does");
    let tips: Vec<_> = all(&plan).filter_map(tips_of).collect();
    let fresh: BTreeSet<_> = tips.iter().collect();
    assert_eq!(fresh.len(), tips.len(), "no tip is taken twice");
}

#[test]
fn every_plate_is_read_twenty_five_times() {
    for plates in [1, 4, 8] {
        let plan = screen(plates);
        let reads = |group: &str| {
            all(&plan).filter(|a| matches!(a, Action::ReadAbsorbance { plate, .. } if plate.as_str().starts_with(group))).count()
        };
        assert_eq!(reads("assay"), usize::try_from(plates).unwrap() * 25);
        assert_eq!(reads("picked"), 2);
    }
}

#[test]
fn samples_follow_the_transfers_and_are_mirrored_on_plates_three_and_four() {
    let plan = screen(4);
    let source = &plan.plates[&PlateId::from("source")].samples;
    for (plate, mirrored) in [
        ("assay-1", false),
        ("assay-2", false),
        ("assay-3", true),
        ("assay-4", true),
    ] {
        let samples = &plan.plates[&PlateId::from(plate)].samples;
        assert_eq!(samples.len(), 96);
        for (well, sample) in source {
            let column = if mirrored { 11 - well.column } else { well.column };
            assert_eq!(&samples[&Well::new(well.row, column)], sample, "{plate} {well}");
        }
        let count = |role: Role| samples.values().filter(|s| s.role == role).count();
        assert_eq!(
            [Role::Sample, Role::Reference, Role::Control, Role::Blank].map(count),
            [80, 8, 4, 4]
        );
        assert!(
            samples
                .values()
                .all(|s| s.strain.is_none() == (s.role == Role::Blank))
        );
    }
    assert!(
        plan.plates[&PlateId::from("picked")].samples.is_empty(),
        "known once the hits are"
    );
}

#[test]
fn controls_lie_on_edge_and_interior() {
    let plan = screen(1);
    let samples = &plan.plates[&PlateId::from("source")].samples;
    for role in [Role::Reference, Role::Control, Role::Blank] {
        let at = |edge: bool| {
            samples
                .iter()
                .filter(|(w, s)| s.role == role && w.is_edge(8, 12) == edge)
                .count()
        };
        assert!(at(true) > 0 && at(false) > 0, "{role:?}");
    }
}

#[test]
fn more_than_four_plates_have_the_operator_replace_tips_before_the_fifth() {
    for plates in 5..=8 {
        let plan = screen(plates);
        let prompts = prompts(&plan);
        let replace = prompts.iter().find(|o| o.title.contains("replace tips")).unwrap();
        assert!(
            replace.title.contains("before: inoculate assay-5"),
            "{}",
            replace.title
        );
        let Some(Action::Ask(prompt)) = actions(replace).next() else {
            panic!("no prompt")
        };
        let replaced = prompt
            .items
            .iter()
            .filter(|i| matches!(i, LoadItem::Piece { replace: true, .. }))
            .count();
        assert_eq!(replaced, 5, "every rack that has been used");
        assert!(
            prompt
                .items
                .iter()
                .any(|i| matches!(i, LoadItem::EmptyWaste { .. }))
        );
        // Tips may be taken from the same place again, but only after the replacement.
        let (before, after): (Vec<_>, Vec<_>) = plan.operations.iter().partition(|o| o.id < replace.id);
        for part in [before, after] {
            let tips: Vec<_> = part.iter().flat_map(|o| actions(o)).filter_map(tips_of).collect();
            assert_eq!(tips.iter().collect::<BTreeSet<_>>().len(), tips.len());
        }
        let users = plan
            .operations
            .iter()
            .filter(|o| o.id > replace.id && actions(o).any(|a| tips_of(a).is_some()));
        for user in users {
            assert!(
                user.after.iter().any(|a| a.operation == replace.id),
                "{}",
                user.title
            );
        }
    }
}

#[test]
fn medium_is_refilled_before_it_runs_out() {
    for (plates, asked) in [(4, false), (5, true), (6, true), (8, true)] {
        let plan = screen(plates);
        let refills: Vec<Volume> = all(&plan)
            .filter_map(|a| match a {
                Action::Ask(prompt) => Some(&prompt.items),
                _ => None,
            })
            .flatten()
            .filter_map(|i| match i {
                LoadItem::Refill { contents, .. } => Some(contents[0].volume),
                _ => None,
            })
            .collect();
        assert_eq!(!refills.is_empty(), asked, "{plates} plates: {refills:?}");
        assert!(refills.iter().all(|v| *v <= Volume::nl(195_000_000)));
    }
}

#[test]
fn two_bodies_are_never_planned_into_one_zone() {
    let plan = screen(4);
    let rig = demo_rig();
    let zone = Resource::Zone("deck".into());
    for operation in &plan.operations {
        for (index, phase) in operation.phases.iter().enumerate() {
            let Actor::Instrument(id) = &phase.actor else {
                continue;
            };
            let inside = rig.instruments[id].zone.is_some()
                || actions(&Operation {
                    phases: vec![phase.clone()],
                    ..operation.clone()
                })
                .any(|a| match a {
                    Action::MovePlate { from, to, .. }
                    | Action::RemoveLid { from, to, .. }
                    | Action::ReplaceLid { from, to, .. } => {
                        [from, to].iter().any(|n| rig.nests[*n].zone.is_some())
                    }
                    _ => false,
                });
            let index = u16::try_from(index).unwrap();
            let claims = |r: &Resource| {
                operation
                    .claims
                    .iter()
                    .any(|c| c.resource == *r && c.from <= index && index <= c.to)
            };
            assert!(!inside || claims(&zone), "{}: {}", operation.title, phase.title);
            assert!(
                claims(&Resource::Instrument(id.clone())),
                "{}: {}",
                operation.title,
                phase.title
            );
        }
    }
}

#[test]
fn the_gantry_is_parked_before_anything_else_happens() {
    let plan = screen(8);
    for operation in &plan.operations {
        for pair in operation.phases.windows(2) {
            if pair[0].actor == Actor::Instrument("handler".into()) && pair[0].actor != pair[1].actor {
                let Work::Actions(actions) = &pair[0].work else {
                    panic!("a picklist is followed by parking")
                };
                assert_eq!(actions.last(), Some(&Action::Park), "{}", operation.title);
            }
        }
    }
}

/// Walks plates and lids through the plan's operations, in plan order, as a person with a board would.
#[test]
fn plates_and_lids_go_round_without_meeting() {
    for plates in [1, 4, 8] {
        let plan = screen(plates);
        let mut at: std::collections::BTreeMap<_, _> = plan
            .plates
            .iter()
            .map(|(id, p)| (id.clone(), p.start.clone()))
            .collect();
        let mut lids: std::collections::BTreeMap<_, Option<crate::rig::NestId>> =
            plan.plates.keys().map(|id| (id.clone(), None)).collect();
        let transfer = crate::rig::NestId::new("transfer");
        for operation in &plan.operations {
            for action in actions(operation) {
                let mut go = |plate: &PlateId, from: &crate::rig::NestId, to: &crate::rig::NestId| {
                    assert_eq!(at[plate], *from, "{}", operation.title);
                    assert!(
                        !at.values().any(|n| n == to),
                        "{}: {to} is taken",
                        operation.title
                    );
                    at.insert(plate.clone(), to.clone());
                };
                match action {
                    Action::MovePlate { plate, from, to } => go(plate, from, to),
                    Action::Store { plate, slot } => go(plate, &transfer, slot),
                    Action::Retrieve { plate, slot } => go(plate, slot, &transfer),
                    Action::RemoveLid { plate, from, to } => {
                        assert_eq!(at[plate], *from);
                        assert!(
                            !lids.values().any(|n| n.as_ref() == Some(to)),
                            "{}: {to} is taken",
                            operation.title
                        );
                        assert_eq!(lids.insert(plate.clone(), Some(to.clone())), Some(None));
                    }
                    Action::ReplaceLid { plate, from, to } => {
                        assert_eq!(at[plate], *to);
                        assert_eq!(lids.insert(plate.clone(), None), Some(Some(from.clone())));
                    }
                    Action::ReadAbsorbance { plate, .. } => {
                        assert_eq!(at[plate].as_str(), "reader-tray");
                        assert_eq!(lids[plate], None, "read through the lid");
                    }
                    _ => {}
                }
            }
        }
        assert!(lids.values().all(Option::is_none));
        assert_eq!(at[&PlateId::from("source")].as_str(), "cold-1");
        assert!(
            at.iter()
                .all(|(id, nest)| id.as_str() == "source" || nest.as_str().starts_with("incubator-"))
        );
    }
}

#[test]
fn what_follows_the_selection_is_skipped_without_hits() {
    let plan = screen(4);
    let select = plan
        .operations
        .iter()
        .position(|o| matches!(o.compute, Some(Compute::Hits(_))))
        .unwrap();
    assert!(plan.operations[select].only_if_hits.is_none());
    for operation in &plan.operations[select + 1..] {
        assert_eq!(
            operation.only_if_hits.as_ref().map(|s| s.as_str()),
            Some("hits"),
            "{}",
            operation.title
        );
    }
    assert!(plan.operations[..select].iter().all(|o| o.only_if_hits.is_none()));
}

#[test]
fn a_cycle_takes_what_the_rule_reckons_with() {
    let plan = screen(2);
    let cycles: BTreeSet<Duration> = plan
        .operations
        .iter()
        .filter(|o| o.cadence.is_some_and(|c| c.index > 0))
        .map(Operation::duration)
        .collect();
    assert_eq!(cycles, BTreeSet::from([Duration::s(134)]));
}

#[test]
fn what_the_cadence_cannot_hold_is_refused_with_the_interval() {
    let text = SCREEN.replace("every = \"30 min\"", "every = \"15 min\"");
    let found = problems(&text, &[("plates", "8")]);
    assert!(
        found.contains("8 plates × 2 min 14 s = 17 min 52 s does not fit into 15 min"),
        "{found}"
    );
    assert!(found.contains("read at most 6 plates"), "{found}");
    assert_eq!(problems(&text, &[("plates", "6")]), "");
}

#[test]
fn the_drill_takes_less_than_forty_minutes() {
    let plan = built(DRILL, &[]).plan.unwrap();
    let schedule = crate::schedule::schedule(&plan).unwrap();
    assert!(schedule.makespan <= Duration::min(40), "{}", schedule.makespan);
    let reads = all(&plan)
        .filter(|a| matches!(a, Action::ReadAbsorbance { .. }))
        .count();
    assert_eq!(reads, 2);
    assert!(
        plan.operations
            .iter()
            .all(|o| o.compute.is_none() && o.only_if_hits.is_none())
    );
}

#[test]
fn parameters_from_the_command_line_are_judged() {
    assert_eq!(
        built(SCREEN, &[("plates", "2")]).plan.unwrap().parameters["plates"],
        "2"
    );
    for (name, value, message) in [
        ("platez", "3", "did you mean `plates`?"),
        ("plates", "9", "--param plates=9: 9 is out of range: from 1 to 8"),
        (
            "plates",
            "four",
            "--param plates=four: \"four\" is not a whole number",
        ),
        ("plates", "-1", "out of range"),
    ] {
        let found = problems(SCREEN, &[(name, value)]);
        assert!(found.contains(message), "{found}");
        assert!(built(SCREEN, &[(name, value)]).plan.is_none());
    }
    let text = SCREEN.replace("default = 4\n", "");
    let found = problems(&text, &[]);
    assert!(
        found.contains("parameter `plates` has no default and was not given"),
        "{found}"
    );
    assert_eq!(problems(&text, &[("plates", "3")]), "");
}

#[test]
fn a_plan_reads_back_from_json_as_it_was() {
    for plates in [1, 5] {
        let plan = screen(plates);
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}

#[test]
fn mixing_draws_less_where_less_is_left() {
    let plan = screen(8);
    let mixed: Vec<i64> = (1..=8)
        .map(|n| {
            let operation = plan
                .operations
                .iter()
                .find(|o| o.title == format!("inoculate assay-{n}"))
                .unwrap();
            let volumes = actions(operation).filter_map(|a| match a {
                Action::Aspirate {
                    volume, stay: true, ..
                } => Some(volume.get() / 1000),
                _ => None,
            });
            volumes.min().unwrap()
        })
        .collect();
    assert_eq!(mixed, [100, 100, 100, 100, 100, 90, 70, 50]);
}

#[test]
fn wells_that_evaporation_may_empty_are_warned_of() {
    // 205 uL less eight times 20 and three picks of 10 leaves 5 uL over the dead volume.
    let text = SCREEN.replace("volume = \"220 uL\"", "volume = \"205 uL\"");
    let codes = |plates| -> Vec<_> {
        let found = built(&text, &[("plates", plates)]);
        found.diagnostics.iter().map(|d| d.code).collect()
    };
    assert_eq!(codes("8"), ["thin"]);
    assert!(codes("4").is_empty());
}

#[test]
fn plans_are_the_same_every_time() {
    assert_eq!(screen(4), screen(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_mutated_file_panics(
        drill in any::<bool>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[ -~\n]{0,6}"), 1..5)
    ) {
        let mut bytes = if drill { DRILL } else { SCREEN }.as_bytes().to_vec();
        for (at, length, insert) in cuts {
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, insert.into_bytes());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = SourceFile { name: "mutated.toml".into(), text };
        let built = build(&file, &Inputs::default(), &demo_rig(), &Library::load(&[]).0);
        let rendered = crate::source::render(&built.diagnostics, &[file], false);
        prop_assert!(built.plan.is_some() || !rendered.is_empty());
    }

    /// Values are changed, so that the text stays TOML and the rules and the compiler see it.
    #[test]
    fn no_changed_value_panics(
        drill in any::<bool>(),
        at in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![
            "0", "-1", "1", "99999999999", "1e300", "\"\"", "\"0 uL\"", "\"-5 uL\"", "\"1 nL\"", "\"9000000 L\"",
            "\"1 us\"", "\"100000000 d\"", "[]", "{}", "true", "\"deck-1\"", "\"hotel\"", "\"incubator\"", "\"assay\"",
            "\"source\"", "\"{plates}\"", "\"{\"", "[1, 2, 3]", "\"µ\"",
        ]),
    ) {
        let lines: Vec<&str> = if drill { DRILL } else { SCREEN }.lines().collect();
        let with_values: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].contains(" = ")).collect();
        let chosen = with_values[at.index(with_values.len())];
        let key = lines[chosen].split(" = ").next().unwrap();
        let changed: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(i, l)| if i == chosen { format!("{key} = {value}") } else { (*l).to_owned() })
            .collect();
        let file = SourceFile { name: "changed.toml".into(), text: changed.join("\n") };
        let built = build(&file, &Inputs::default(), &demo_rig(), &Library::load(&[]).0);
        if let Some(plan) = built.plan
            && let Ok(found) = crate::schedule::schedule(&plan)
        {
            prop_assert_eq!(crate::schedule::checker::breaches(&plan, &found), Vec::<String>::new());
        }
    }
}

#[test]
fn whoever_loads_a_liquid_is_asked_for_its_lot_where_the_file_wants_it() {
    let text = SCREEN.replace("[liquids.medium]\n", "[liquids.medium]\nlot = true\n");
    let plan = built(&text, &[]).plan.unwrap();
    let phases = &plan.operations[0].phases;
    assert_eq!(phases.len(), 2);
    assert_eq!(phases[1].step.as_str(), "lot-medium");
    let crate::plan::Work::Actions(actions) = &phases[1].work else {
        panic!("no question");
    };
    let crate::plan::Action::Ask(prompt) = &actions[0] else {
        panic!("no question");
    };
    assert_eq!(prompt.kind, crate::plan::PromptKind::Text);
    assert!(prompt.text.contains("medium"), "{}", prompt.text);
}
