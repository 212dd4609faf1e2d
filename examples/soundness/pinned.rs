//! Protocols with a pin tool: what the pin is dipped into, what it gives to, how far up it is wet, and how often its baths
//! serve.

use super::draw::Draw;
use super::rigs::{Case, RigKind};
use super::scratch::{near, volume};

const HEAD: &str = "[protocol]\nname = \"pinned\"\nlanguage = 1\n\n[liquids.medium]\n\n[liquids.buffer]\n";

/// A protocol on the rig with a pin tool.
pub fn protocol(draw: &mut Draw) -> Case {
    let rig = draw.of(&[
        RigKind::Pin,
        RigKind::Pin,
        RigKind::Pin,
        RigKind::PinLow,
        RigKind::PinLow,
        RigKind::PinMissing,
    ]);
    let usual = draw.of(&[
        "plate-96-flat",
        "plate-96-flat",
        "plate-96-u",
        "plate-96-deep-2ml",
    ]);
    let (from, to) = if draw.chance(15) {
        (usual, "plate-384-flat")
    } else {
        (usual, usual)
    };
    let much = draw.of(&[1000, 1000, 3000, 15_000]);
    let held = near(draw, much).max(5);
    let there = draw.of(&[0, 5, 500, 500, 1000, 1000]);
    let wells = draw.of(&["\"A1\"", "\"A1:C2\"", "\"A1:H2\"", "\"A1:H8\"", "\"A1:H9\""]);
    let carried = if draw.chance(90) {
        "0.2 uL"
    } else {
        draw.of(&["0.3 uL", "2 uL"])
    };
    let dips = draw.of(&["", "dips = 2\n", "dips = 5\n"]);
    let receives = match there {
        0 => String::new(),
        by => format!("liquid = \"medium\"\nvolume = \"{}\"\n", volume(by)),
    };
    let spot = "\n[[steps]]\nid = \"spot\"\ndo = \"spot\"\nfrom = \"library\"\nto = \"agar\"\nvolume = \"0.2 uL\"\npipette = \"pins\"\nwells = [\"A1\", \"A2\"]\n";
    let copy = format!(
        "\n[[steps]]\nid = \"copy\"\ndo = \"transfer\"\nfrom = \"library\"\nto = \"other\"\nvolume = \"{carried}\"\npipette = \"pins\"\nwells = [{wells}]\n{dips}"
    );
    let back = "\n[[steps]]\nid = \"back\"\ndo = \"transfer\"\nfrom = \"other\"\nto = \"library\"\nvolume = \"0.2 uL\"\npipette = \"pins\"\nwells = [\"A1\"]\n";
    let fill = format!(
        "\n[[steps]]\nid = \"fill\"\ndo = \"distribute\"\nfrom = \"trough\"\nto = \"other\"\nvolume = \"{}\"\npipette = \"p300-multi\"\ncolumns = [1]\n",
        volume(near(draw, 400).clamp(200, 3000))
    );
    let mut steps = draw.shuffled(&[spot, copy.as_str(), fill.as_str()]);
    if draw.chance(15) {
        steps.push(back);
    }
    let kept: String = steps.into_iter().filter(|_| draw.chance(75)).collect();
    let kept = if kept.is_empty() { copy.clone() } else { kept };
    let text = format!(
        "{HEAD}\n[pieces.tips]\nlabware = \"tiprack-300\"\nat = \"deck-4\"\n\n[pieces.trough]\nlabware = \"reservoir-1\"\nat = \"deck-1\"\nliquid = \"medium\"\n\n[plates.library]\nlabware = \"{from}\"\nat = \"deck-8\"\nliquid = \"buffer\"\nvolume = \"{}\"\n\n[plates.other]\nlabware = \"{to}\"\nat = \"deck-5\"\n{receives}\n[plates.agar]\nlabware = \"agar-tray\"\nat = \"deck-9\"\n{kept}",
        volume(held)
    );
    Case {
        rig,
        text,
        scratch: true,
        ..Case::default()
    }
}
