use crate::plan::{Plan, Schedule};
use crate::protocol::testing::{built_on_build_rig, file};
use crate::schedule::{checker::breaches, schedule};
use crate::units::Duration;

const HEAD: &str = r#"
[protocol]
name = "delays"

[liquids.culture]

[plates.assay]
labware = "plate-96-flat"
count = 2
at = "hotel"
lidded = true
liquid = "culture"
volume = "100 uL"
"#;

/// Two plates are warmed, kept or left standing, and read; how long it takes between two events of each plate.
fn planned(first: &str, after: &str) -> (Plan, Schedule) {
    let text = format!(
        "{HEAD}\n[[steps]]\nid = \"first\"\neach = \"assay\"\n{first}\n\n[[steps]]\nid = \"second\"\ndo = \"shake\"\neach = \
         \"assay\"\nspeed = \"500 rpm\"\nfor = \"7 min\"\nafter = {{ step = \"first\", {after} }}\n"
    );
    let found = built_on_build_rig(&file("p.toml", &text));
    let plan = found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics));
    let schedule = schedule(&plan).unwrap_or_else(|e| panic!("{after}: {e}"));
    assert_eq!(breaches(&plan, &schedule), Vec::<String>::new());
    (plan, schedule)
}

/// Start and end of a step on a plate.
fn span(plan: &Plan, schedule: &Schedule, step: &str, plate: &str) -> (Duration, Duration) {
    let of = plan
        .operations
        .iter()
        .filter(|o| o.step.as_str() == step && o.plates.iter().any(|p| p.as_str() == plate));
    let slots: Vec<_> = of.map(|o| *schedule.slot(o.id).unwrap()).collect();
    let start = slots.iter().map(|s| s.start).min().unwrap();
    (start, slots.iter().map(|s| s.end).max().unwrap())
}

const WARM: &str = "do = \"heat\"\ntemperature = \"37 C\"\nfor = \"10 min\"";
const KEEP: &str = "do = \"incubate\"\nat = \"incubator\"\nfor = \"10 min\"";

#[test]
fn a_least_delay_counts_between_any_two_events() {
    let hour = Duration::min(60);
    for first in [WARM, KEEP] {
        for (from, to) in [
            ("start", "start"),
            ("start", "end"),
            ("end", "start"),
            ("end", "end"),
        ] {
            let after = format!("from = \"{from}\", to = \"{to}\", at_least = \"1 h\"");
            let (plan, schedule) = planned(first, &after);
            let mut waited = Vec::new();
            for plate in ["assay-1", "assay-2"] {
                let (a, b) = (
                    span(&plan, &schedule, "first", plate),
                    span(&plan, &schedule, "second", plate),
                );
                let a = if from == "start" { a.0 } else { a.1 };
                let b = if to == "start" { b.0 } else { b.1 };
                assert!(b >= a.plus(hour), "{after}: {plate}: {b} after {a}");
                waited.push(b.minus(a));
            }
            assert_eq!(
                waited.iter().min(),
                Some(&hour),
                "{first} {after}: no later than it must be"
            );
        }
    }
}

#[test]
fn a_longest_delay_counts_between_any_two_events() {
    // Either way each plate has to be fetched after it has ended; what is allowed is a little more than what it takes.
    for (from, to, most) in [
        ("start", "start", 15),
        ("start", "end", 23),
        ("end", "start", 3),
        ("end", "end", 11),
    ] {
        let after = format!("from = \"{from}\", to = \"{to}\", at_most = \"{most} min\"");
        let (plan, schedule) = planned(WARM, &after);
        for plate in ["assay-1", "assay-2"] {
            let (a, b) = (
                span(&plan, &schedule, "first", plate),
                span(&plan, &schedule, "second", plate),
            );
            let a = if from == "start" { a.0 } else { a.1 };
            let b = if to == "start" { b.0 } else { b.1 };
            assert!(
                b <= a.plus(Duration::min(most)),
                "{after}: {plate}: {b} after {a}"
            );
        }
    }
}

#[test]
fn a_wait_begins_when_what_is_before_it_has_ended() {
    let text = format!(
        "{HEAD}\n[[steps]]\nid = \"rest\"\ndo = \"wait\"\neach = \"assay\"\nfor = \"20 min\"\n\n[[steps]]\nid = \"second\"\n\
         do = \"shake\"\neach = \"assay\"\nspeed = \"500 rpm\"\nfor = \"7 min\"\n\
         after = {{ step = \"rest\", from = \"start\", at_least = \"30 min\" }}\n"
    );
    let found = built_on_build_rig(&file("p.toml", &text));
    let plan = found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics));
    let schedule = schedule(&plan).unwrap();
    let (over, _) = span(&plan, &schedule, "rest", "assay-1");
    let (second, _) = span(&plan, &schedule, "second", "assay-1");
    assert_eq!(
        second,
        over.plus(Duration::min(10)),
        "30 min after its beginning, 10 min after its end"
    );
}
