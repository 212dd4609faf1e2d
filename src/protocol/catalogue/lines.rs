//! Machines with system liquid.

use super::{Explanation, of};

pub(super) const CODES: &[Explanation] = &[
    of(
        "not-primed",
        "a probe that is not primed",
        "The first use of a fixed probe comes before a step that fills its tubing with system liquid.",
        "Its pump would compress air instead of moving liquid: every volume would be wrong.",
        "Begin with a step `prime`.",
        "[[steps]]\nid = \"fill\"\ndo = \"distribute\"\npipette = \"needle\"",
        "[[steps]]\nid = \"prime\"\ndo = \"prime\"\npipette = \"needle\"",
    ),
    of(
        "past-tubing",
        "sample past the tubing",
        "With its leading air and any air gap, what a fixed probe draws would reach past its tubing, or past the stroke of its syringe.",
        "Sample in the valve or the syringe is carried into every later well and into the bottle.",
        "Draw less at once, or a smaller air gap.",
        r#"air_gap = "200 uL" # with 450 uL of sample in 600 uL of tubing"#,
        r#"air_gap = "20 uL""#,
    ),
    of(
        "prime-volume",
        "too little to prime",
        "A step `prime` moves less than the tubing holds.",
        "Air stays in the line, and every volume is wrong.",
        "Prime with at least what the tubing holds; twice that is usual.",
        r#"volume = "300 uL""#,
        r#"volume = "1.2 mL""#,
    ),
    of(
        "probe-step",
        "what a fixed probe does not do",
        "A fixed probe spots nothing, picks no colonies and takes no single movements; it neither blows out nor touches walls.",
        "Its liquid hangs on system liquid and cannot be pushed out to the last drop.",
        "Use a pipette with tips for this step.",
        "do = \"spot\"\npipette = \"needle\"",
        "do = \"spot\"\npipette = \"p300-multi\"",
    ),
    of(
        "no-probe",
        "a pipette where a probe belongs",
        "`prime`, `flush`, `wash` and the key `wash` are for fixed probes.",
        "A pipette has tips that are thrown away instead.",
        "Name a probe of the rig, or leave `wash` out.",
        "do = \"prime\"\npipette = \"p300-multi\"",
        "do = \"prime\"\npipette = \"needle\"",
    ),
    of(
        "bottle",
        "a bottle that runs empty",
        "Over the whole run, priming, flushing and washing draw more system liquid than can be drawn from the bottle.",
        "The pump draws air into the line in the middle of the run.",
        "Fill the bottle and say so in the rig file, or wash and flush with less.",
        r#"bottle = { volume = "100 mL", dead_volume = "30 mL" } # the run draws 90 mL"#,
        r#"bottle = { volume = "200 mL", dead_volume = "30 mL" }"#,
    ),
    of(
        "drain",
        "a drain that runs over",
        "Over the whole run, more system liquid runs off at the wash station than its container takes.",
        "It floods the bench.",
        "Use a larger container, or wash with less.",
        r#"drain = "50 mL" # the run draws 90 mL"#,
        r#"drain = "2 L""#,
    ),
];
