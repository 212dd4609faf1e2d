//! Protocols about what the schedule promises: plates that are treated alike, and plates that are out of their incubator
//! for a while.

use super::draw::Draw;
use super::rigs::{Case, RigKind};

const HEAD: &str = "[protocol]\nname = \"promised\"\nlanguage = 1\n\n[liquids.medium]\n\n[liquids.buffer]\n";

/// A protocol on the rig of Modbus stations.
pub fn protocol(draw: &mut Draw) -> Case {
    let text = if draw.chance(50) {
        together(draw)
    } else {
        outside(draw)
    };
    Case {
        rig: RigKind::Build,
        text: format!("{HEAD}{text}"),
        scratch: true,
        ..Case::default()
    }
}

/// Plates that are filled together and chilled one by one, or in as many visits as there are plates.
fn together(draw: &mut Draw) -> String {
    let count = draw.between(2, 3);
    let places: Vec<String> = (0..count).map(|n| format!("\"deck-{}\"", 7 + n)).collect();
    let tips = draw.of(&["shared", "shared", "per_plate"]);
    let chill = draw.between(1, 20);
    let within = draw.of(&["10 s", "1 min", "5 min", "20 min", "1 h"]);
    let to = draw.of(&["", ", to = \"end\"", ", from = \"start\""]);
    format!(
        "\n[pieces.large]\nlabware = \"tiprack-300\"\nat = \"deck-4\"\n\n[pieces.trough]\nlabware = \"reservoir-1\"\nat = \"deck-5\"\nliquid = \"medium\"\n\n[plates.pcr]\nlabware = \"plate-96-pcr\"\ncount = {count}\nat = [{}]\n\n[[steps]]\nid = \"fill\"\ndo = \"distribute\"\nfrom = \"trough\"\nto = \"pcr\"\nvolume = \"30 uL\"\npipette = \"p300-multi\"\ncolumns = [1]\ntips = \"{tips}\"\n\n[[steps]]\nid = \"chill\"\ndo = \"cool\"\nafter = {{ step = \"fill\", equal_within = \"{within}\"{to} }}\neach = \"pcr\"\nat = \"thermocycler\"\nfor = \"{chill} min\"\ntemperature = \"4 C\"\n",
        places.join(", ")
    )
}

/// Plates that leave their incubator for each read, as long as they may in all or longer.
fn outside(draw: &mut Draw) -> String {
    let (count, reads) = (draw.between(1, 3), draw.between(2, 6));
    let out = draw.of(&["1 min", "5 min", "10 min", "20 min", "40 min"]);
    let lidded = draw.of(&["lidded = true\n", ""]);
    format!(
        "\n[plates.assay]\nlabware = \"plate-96-flat\"\ncount = {count}\nat = \"hotel\"\nrest = \"incubator\"\n{lidded}work = {{ at = \"deck-8\", lid = \"lid-1\" }}\nliquid = \"medium\"\nvolume = \"100 uL\"\nout_at_most = \"{out}\"\n\n[[steps]]\nid = \"grow\"\ndo = \"incubate\"\neach = \"assay\"\nat = \"incubator\"\nfor = \"30 min\"\n\n[[steps]]\nid = \"watch\"\ndo = \"read\"\neach = \"assay\"\nwavelength = \"600 nm\"\nevery = \"20 min\"\nfor = \"{} min\"\nwithin = \"5 min\"\nincubate = {{ at = \"incubator\", shake = true }}\n",
        (reads - 1) * 20
    )
}
