use crate::plan::Plan;
use crate::protocol::testing::{built_on_build_rig, file};
use crate::schedule::{broken, schedule};
use crate::units::Duration;

fn plan() -> Plan {
    let text = include_str!("../../tests/cases/protocols/valid/plates-wait-alike.toml");
    built_on_build_rig(&file("p.toml", text)).plan.unwrap()
}

/// By how much the plates' waits between warming and chilling differ.
fn differ(plan: &Plan) -> Duration {
    let schedule = schedule(plan).unwrap();
    assert_eq!(broken(plan, &schedule), []);
    let at = |step: &str, plate: &str| {
        let found = plan
            .operations
            .iter()
            .find(|o| o.step.as_str() == step && o.plates.iter().any(|p| p.as_str() == plate));
        schedule.slot(found.unwrap().id).unwrap()
    };
    let waits: Vec<Duration> = ["pcr-1", "pcr-2", "pcr-3"]
        .iter()
        .map(|plate| at("chill", plate).start.minus(at("warm", plate).end))
        .collect();
    waits.iter().max().unwrap().minus(*waits.iter().min().unwrap())
}

#[test]
fn half_of_what_waits_may_differ_by_is_left_for_the_run() {
    let differ = differ(&plan());
    assert!(differ <= Duration::s(30), "{differ}");
}
