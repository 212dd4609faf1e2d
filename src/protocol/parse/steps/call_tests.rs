use crate::labware::Library;
use crate::plan::{Plan, Promised};
use crate::protocol::testing::{build_rig, file};
use crate::protocol::{Inputs, build};
use crate::units::Duration;

const CALLED: &str = r#"
[protocol]
name = "treat"

[[steps]]
id = "warm"
do = "heat"
each = "assay"
temperature = "37 C"
for = "5 min"

[[steps]]
id = "loosen"
do = "shake"
each = "assay"
speed = "500 rpm"
for = "1 min"
when = "plate.number > 1.0"
deadline = "50 min"
"#;

/// A protocol that asks, and then calls the file above with these lines.
fn called(lines: &str) -> Plan {
    let text = format!(
        r#"
[protocol]
name = "caller"

[liquids.culture]

[plates.assay]
labware = "plate-96-flat"
count = 2
at = "hotel"
lidded = true
liquid = "culture"
volume = "100 uL"

[[steps]]
id = "ask"
do = "prompt"
text = "Is it warm?"

[[steps]]
id = "treat"
do = "call"
file = "treat.toml"
{lines}
"#
    );
    let mut inputs = Inputs::default();
    inputs.files.add("treat.toml", CALLED.into());
    let found = build(
        &file("p.toml", &text),
        &inputs,
        &build_rig(),
        &Library::load(&[]).0,
    );
    found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics))
}

#[test]
fn the_condition_of_a_call_holds_for_all_its_steps() {
    let plan = called("after = \"ask\"\nwhen = 'values[\"ask\"]'");
    let of = |step: &str| -> Vec<String> {
        plan.operations
            .iter()
            .filter(|o| o.step.as_str() == step)
            .map(|o| {
                o.when
                    .iter()
                    .map(|w| w.expression.clone())
                    .collect::<Vec<_>>()
                    .join(" and ")
            })
            .collect()
    };
    assert_eq!(of("treat-warm"), vec!["values[\"ask\"]"; 2]);
    assert_eq!(
        of("treat-loosen"),
        vec!["(values[\"ask\"]) && (plate.number > 1.0)"; 2]
    );
}

#[test]
fn the_deadline_of_a_call_holds_for_all_its_steps_but_those_with_their_own() {
    let plan = called("deadline = \"2 h\"");
    let deadlines: Vec<(&str, Duration)> = plan
        .promises
        .iter()
        .filter_map(|p| match &p.what {
            Promised::Deadline { at_most, .. } => Some((p.step.as_str(), *at_most)),
            _ => None,
        })
        .collect();
    assert_eq!(
        deadlines,
        [
            ("treat-warm", Duration::min(120)),
            ("treat-loosen", Duration::min(50))
        ]
    );
}
