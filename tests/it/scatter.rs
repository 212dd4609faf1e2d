//! Strokes that scatter by the random error that a rig declares: as much as it says, and by the seed alone.

use crate::support::{Bench, read, source};
use plated::run::Ending;

const FILL: &str = r#"
[protocol]
name = "fill"
[liquids.medium]
[pieces.tips]
labware = "tiprack-300"
at = "deck-4"
[pieces.trough]
labware = "reservoir-1"
at = "deck-5"
liquid = "medium"
volume = "60 mL"
[plates.assay]
labware = "plate-96-flat"
at = "deck-8"
[[steps]]
id = "fill"
do = "distribute"
from = "trough"
to = "assay"
volume = "50 uL"
pipette = "p300-multi"
"#;

/// What the wells of a plate hold that was filled with 50 uL each, in microlitres.
fn filled(declared: &str, world: &str, seed: u64) -> Vec<f64> {
    let mut source = source("drill", &[], seed);
    source.protocol.text = FILL.to_owned();
    let mut rig = read("config/demo-rig.toml");
    rig.text = rig
        .text
        .replace("flow = \"94 uL/s\"", &format!("flow = \"94 uL/s\"\n{declared}"))
        .replace("[simulation]\n", &format!("[simulation]\n{world}\n"))
        .replace("open = \"6 uL/h\"", "open = \"0 uL/h\"");
    source.rig = rig;
    let bench = Bench::new(source);
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let truth = bench.simulation.sim().truth();
    let wells = &truth.plates["assay"].wells;
    wells.values().map(|w| w.net_nl / 1000.0).collect()
}

#[test]
fn strokes_scatter_as_much_as_the_rig_declares_and_only_where_they_are_asked_to() {
    let declared = "random_error = \"2 %\"";
    let scattered = filled(declared, "stroke_noise = true", 1);
    assert_eq!(scattered.len(), 96);
    let mean = scattered.iter().sum::<f64>() / 96.0;
    let variance = scattered.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 95.0;
    let share = variance.sqrt() / mean;
    // 95 degrees of freedom: 99.9 % of samples lie within a quarter of the true deviation.
    assert!((0.015..0.025).contains(&share), "{share}");
    assert!((mean - 50.0).abs() < 0.4, "{mean}");
    assert_eq!(scattered, filled(declared, "stroke_noise = true", 1));
    assert_ne!(scattered, filled(declared, "stroke_noise = true", 2));
    for quiet in [filled(declared, "", 1), filled("", "stroke_noise = true", 1)] {
        assert!(quiet.iter().all(|v| (v - 50.0).abs() < 0.011), "{quiet:?}");
    }
}
