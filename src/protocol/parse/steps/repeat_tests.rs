use crate::plan::Plan;
use crate::protocol::testing::{built_on_build_rig, file};

const HEAD: &str = r#"
[protocol]
name = "repeated"

[liquids.medium]

[pieces.tips]
labware = "tiprack-300"
at = ["deck-1", "deck-2"]

[pieces.small-tips]
labware = "tiprack-20"
at = "deck-3"

[pieces.trough]
labware = "reservoir-1"
at = "deck-4"
liquid = "medium"

[plates.assay]
labware = "plate-96-flat"
count = 2
at = ["deck-7", "deck-8"]
"#;

fn plan(steps: &str) -> Plan {
    let found = built_on_build_rig(&file("p.toml", &format!("{HEAD}{steps}")));
    found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics))
}

fn codes(steps: &str) -> Vec<&'static str> {
    let found = built_on_build_rig(&file("p.toml", &format!("{HEAD}{steps}")));
    found.diagnostics.iter().map(|d| d.code).collect()
}

fn names(plan: &Plan) -> Vec<&str> {
    let mut names: Vec<&str> = plan.operations.iter().map(|o| o.step.as_str()).collect();
    names.dedup();
    names.retain(|n| !matches!(*n, "load" | "prepare"));
    names
}

const FILL: &str = r#"
[[steps]]
id = "fill"
do = "distribute"
for_each = { column = [3, 1] }
from = "trough"
to = "assay"
volume = "{column}0 uL"
columns = ["{column}"]
pipette = "p300-multi"
"#;

#[test]
fn a_step_is_done_for_each_column_in_order_with_the_column_in_its_values() {
    let plan = plan(&FILL.replace("{column}0 uL", "5{column} uL"));
    assert_eq!(names(&plan), ["fill-3", "fill-1"]);
    let text = serde_json::to_string(&plan.operations).unwrap();
    assert!(
        text.contains("53000") && text.contains("51000"),
        "53 and 51 uL are drawn"
    );
}

#[test]
fn after_the_step_is_after_every_repetition() {
    let plan = plan(&format!(
        "{}\n[[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"assay\"\nwavelength = \"600 nm\"\nafter = {{ step = \
         \"fill\", at_least = \"5 min\" }}\n",
        FILL.replace("{column}0 uL", "5{column} uL")
    ));
    let fills: Vec<_> = plan
        .operations
        .iter()
        .filter(|o| o.step.as_str().starts_with("fill-"))
        .map(|o| o.id)
        .collect();
    assert_eq!(fills.len(), 2);
    for look in plan.operations.iter().filter(|o| o.step.as_str() == "look") {
        let waited: Vec<_> = look
            .after
            .iter()
            .filter(|a| a.min == crate::units::Duration::min(5))
            .map(|a| a.operation)
            .collect();
        assert_eq!(waited, fills, "{}", look.title);
    }
}

#[test]
fn wells_may_be_a_range_and_a_group_goes_plate_by_plate() {
    let steps = r#"
[[steps]]
id = "stir"
do = "mix"
each = "assay"
for_each = { well = "A1:B1" }
wells = "{well}"
times = 2
volume = "10 uL"
pipette = "p20-single"
GROUP
"#;
    let filled = format!("{}{steps}", FILL.replace("{column}0 uL", "100 uL"));
    let by_well = plan(&filled.replace("GROUP", ""));
    let of = |plan: &Plan| -> Vec<String> {
        plan.operations
            .iter()
            .filter(|o| o.step.as_str().starts_with("stir"))
            .map(|o| format!("{} {}", o.step, o.plates.first().map_or("", |p| p.as_str())))
            .collect()
    };
    assert_eq!(
        of(&by_well),
        [
            "stir-A1 assay-1",
            "stir-A1 assay-2",
            "stir-B1 assay-1",
            "stir-B1 assay-2"
        ],
        "well by well over the plates"
    );
    let by_plate = plan(&filled.replace("GROUP", "unbroken = \"stir\""));
    assert_eq!(
        of(&by_plate),
        ["stir-A1 assay-1", "stir-A1 assay-2"],
        "one visit per plate"
    );
    let titles: Vec<_> = by_plate
        .operations
        .iter()
        .filter(|o| o.step.as_str() == "stir-A1")
        .map(|o| o.phases.iter().filter(|p| p.step.as_str() == "stir-B1").count())
        .collect();
    assert!(titles.iter().all(|n| *n > 0), "and both wells are in it");
}

#[test]
fn what_cannot_be_repeated_is_told_once() {
    let fault = |from: &str, to: &str| codes(&FILL.replace("{column}0 uL", "50 uL").replace(from, to));
    assert_eq!(fault("column = [3, 1]", "column = []"), ["out-of-range"]);
    assert_eq!(fault("column = [3, 1]", "column = [3, 3]"), ["twice"]);
    assert_eq!(fault("{ column = [3, 1] }", "{ }"), ["missing-key"]);
    assert_eq!(fault("trough\"", "throug\""), ["unknown-vessel"]);
    assert_eq!(
        fault("column = [3, 1]", "row = [3, 1]"),
        ["missing-key", "unknown-key"]
    );
    let many: Vec<String> = (0..27)
        .map(|n| {
            FILL.replace("{ column = [3, 1] }", "{ well = \"A1:P24\" }")
                .replace("\"fill\"", &format!("\"fill-{n}\""))
        })
        .map(|s| s.replace("[\"{column}\"]", "[1]").replace("{column}0 uL", "5 uL"))
        .collect();
    assert!(codes(&many.concat()).contains(&"too-many"));
}
