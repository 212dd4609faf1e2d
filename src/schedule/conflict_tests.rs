use super::*;
use crate::protocol::testing::{built_on_build_rig, file};
use crate::schedule::{broken, schedule, schedule_with};

fn case(path: &str) -> Plan {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases/protocols")
        .join(path);
    let found = built_on_build_rig(&file("p.toml", &std::fs::read_to_string(path).unwrap()));
    found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics))
}

fn greedy(plan: &Plan) -> Vec<&'static str> {
    let options = Options {
        tries: 1,
        ..Options::default()
    };
    match schedule_with(plan, &options) {
        Ok(found) => broken(plan, &found).into_iter().map(|b| b.code).collect(),
        Err(_) => vec!["none"],
    }
}

fn steps(conflict: &Conflict) -> Vec<&str> {
    conflict.windows.iter().map(|w| w.step.as_str()).collect()
}

fn over(conflict: &Conflict) -> Option<String> {
    conflict.over.as_ref().map(ToString::to_string)
}

#[test]
fn a_deadline_comes_first_and_plates_wait_for_the_slowest() {
    for (path, code) in [
        ("valid/deadline-behind-longer-work.toml", "deadline"),
        ("valid/plates-wait-alike.toml", "unequal"),
    ] {
        let plan = case(path);
        assert_eq!(greedy(&plan), [code], "{path}: the first order breaks it");
        let found = schedule(&plan).unwrap();
        assert_eq!(broken(&plan, &found), [], "{path}");
        assert_eq!(
            found,
            schedule(&plan).unwrap(),
            "the same plan, the same schedule"
        );
        assert_eq!(conflict(&plan), None, "{path}");
    }
}

#[test]
fn only_the_windows_that_matter_are_named_with_their_instrument() {
    let found = conflict(&case("conflicts/two-deadlines-one-heater.toml")).unwrap();
    assert_eq!(steps(&found), ["warm-early", "warm-other"]);
    assert_eq!(over(&found).as_deref(), Some("heater-shaker"));
    let found = conflict(&case("conflicts/alike-before-a-deadline.toml")).unwrap();
    assert_eq!(steps(&found), ["warm", "chill"]);
    assert!(found.smallest);
    let found = conflict(&case("conflicts/three-plates-at-once.toml")).unwrap();
    assert_eq!(steps(&found), ["stop"]);
    assert_eq!(over(&found).as_deref(), Some("thermocycler"));
    let found = conflict(&case("conflicts/two-series-one-reader.toml")).unwrap();
    let named: BTreeSet<&str> = steps(&found).into_iter().collect();
    assert_eq!(named, BTreeSet::from(["watch", "watch-other"]));
    let found = conflict(&case("conflicts/one-deadline-three-plates.toml")).unwrap();
    assert_eq!(steps(&found), ["warm"]);
    assert_eq!(over(&found).as_deref(), Some("heater-shaker"));
}
