//! Protocols that come close to one rule each and are sound otherwise, drawn: for rules that chance alone seldom meets.

use super::draw::Draw;
use super::rigs::{Case, RigKind};
use super::scratch::{near, volume};

/// What stands on the rig of Modbus stations in all of them.
const HEAD: &str = "[protocol]\nname = \"aimed\"\nlanguage = 1\n\n[liquids.medium]\n[liquids.buffer]\n";
const LARGE: &str = "\n[pieces.large]\nlabware = \"tiprack-300\"\nat = \"deck-4\"\n";
const SMALL: &str = "\n[pieces.small]\nlabware = \"tiprack-20\"\nat = \"deck-5\"\n";

fn plate(name: &str, kind: &str, at: &str, more: &str) -> String {
    format!("\n[plates.{name}]\nlabware = \"{kind}\"\nat = \"{at}\"\n{more}")
}

fn filled(by: i64) -> String {
    format!("liquid = \"buffer\"\nvolume = \"{}\"\n", volume(by))
}

fn trough(kind: &str, at: &str) -> String {
    format!("\n[pieces.trough]\nlabware = \"{kind}\"\nat = \"{at}\"\nliquid = \"medium\"\n")
}

fn distribute(id: &str, to: &str, by: i64, more: &str) -> String {
    format!(
        "\n[[steps]]\nid = \"{id}\"\ndo = \"distribute\"\nfrom = \"trough\"\nto = \"{to}\"\nvolume = \"{}\"\n{more}",
        volume(by)
    )
}

/// A protocol.
pub fn protocol(draw: &mut Draw) -> Case {
    let mut rig = RigKind::Build;
    let text = match draw.below(12) {
        0 => tall(draw),
        1 => channels(draw),
        2 => listed_by_eight(draw),
        3 => much_at_once(draw),
        4 => {
            rig = draw.of(&[RigKind::Build, RigKind::SmallWaste, RigKind::TwoTips]);
            many_tips(draw, rig)
        }
        5 => away(draw),
        6 => {
            rig = draw.of(&[RigKind::Uncalibrated, RigKind::Overdue, RigKind::Build]);
            plain(draw)
        }
        7 => lids(draw),
        8 => untold(draw),
        9 | 10 => alike(draw),
        _ => {
            rig = RigKind::ProbeLow;
            line(draw)
        }
    };
    let mut files = std::collections::BTreeMap::new();
    if text.contains("picks.csv") {
        let by = volume(near(draw, 250).clamp(200, 3000));
        let row = draw.of(&["A1", "A1", "B1", "H1", "C1"]);
        files.insert(
            "picks.csv".to_owned(),
            format!("from,to,volume\n{row},{row},{by}\n"),
        );
    }
    Case {
        rig,
        text: format!("{HEAD}{text}"),
        files,
        scratch: true,
        ..Case::default()
    }
}

/// Tubes that stand high between the tips and the plate.
fn tall(draw: &mut Draw) -> String {
    let tubes = draw.of(&[
        "tuberack-15-15ml",
        "tuberack-6-50ml",
        "plate-96-deep-2ml",
        "tuberack-24-2ml",
    ]);
    let at = draw.of(&["deck-5", "deck-8", "deck-8", "deck-4"]);
    let kind = if tubes.starts_with("plate") {
        plate("tubes", tubes, at, "")
    } else {
        format!("\n[pieces.tubes]\nlabware = \"{tubes}\"\nat = \"{at}\"\n")
    };
    let large = LARGE.replace("deck-4", "deck-1");
    let by = near(draw, 2000).clamp(200, 3000);
    format!(
        "{}{kind}{large}{}{}",
        trough("reservoir-1", "deck-9"),
        plate("alpha", "plate-96-flat", "deck-7", ""),
        distribute(
            "s1",
            "alpha",
            by,
            "pipette = \"p300-multi\"\ntips = \"new\"\ncolumns = [1, 12]\n"
        )
    )
}

/// Eight channels over wells that are not for them.
fn channels(draw: &mut Draw) -> String {
    let tubes = draw.of(&["tuberack-24-2ml", "tuberack-24-1500ul", "cryorack-96-1ml"]);
    let well = draw.of(&["A1", "B1", "A3", "D1"]);
    let other = draw.of(&["A1", "A1", "A1", "B1", "C2"]);
    let by = near(draw, 500).clamp(200, 2000);
    format!(
        "\n[pieces.tubes]\nlabware = \"{tubes}\"\nat = \"deck-6\"\nwells.{well} = {{ liquid = \"medium\", volume = \"800 uL\" }}\n{LARGE}{}\n[[steps]]\nid = \"s1\"\ndo = \"pipette\"\neach = \"alpha\"\npipette = \"p300-multi\"\nmoves = [\n  \"pick_up_tip\",\n  {{ aspirate = {{ piece = \"tubes\", well = \"{well}\", volume = \"{}\" }} }},\n  {{ dispense = {{ well = \"{other}\", volume = \"{}\" }} }},\n  \"drop_tip\",\n]\n",
        plate("alpha", "plate-96-flat", "deck-7", ""),
        volume(by),
        volume(by)
    )
}

/// Single wells by a pipette with eight channels.
fn listed_by_eight(draw: &mut Draw) -> String {
    let pipette = draw.of(&["p300-multi", "p300-multi", "p20-single"]);
    format!(
        "{LARGE}{SMALL}{}{}\n[[steps]]\nid = \"s1\"\ndo = \"transfer\"\nfrom = \"alpha\"\nto = \"beta\"\nlist = \"picks.csv\"\npipette = \"{pipette}\"\n",
        plate("alpha", "plate-96-flat", "deck-7", &filled(2000)),
        plate("beta", "plate-96-flat", "deck-8", "")
    )
}

/// One visit takes nearly all that a full reservoir gives, or more.
fn much_at_once(draw: &mut Draw) -> String {
    let (kind, gives, plates) = draw.of(&[("reservoir-12", 140_000, 1), ("reservoir-4", 430_000, 2)]);
    // Eight channels each into so many columns.
    let by = near(draw, gives / (96 * plates)).clamp(200, 2900);
    let second = if plates == 2 {
        plate(
            "assay",
            "plate-96-flat",
            "hotel",
            "count = 2\nwork = { at = \"deck-7\" }\n",
        )
    } else {
        plate("assay", "plate-96-flat", "deck-7", "")
    };
    format!(
        "{}{LARGE}{second}{}",
        trough(kind, "deck-9"),
        distribute("s1", "assay", by, "pipette = \"p300-multi\"\n")
    )
}

/// One visit takes nearly all tips that there are, or more; the waste takes few, or the racks differ.
fn many_tips(draw: &mut Draw, rig: RigKind) -> String {
    let used = draw.of(&["", "used = \"A1:H1\"\n", "used = \"A1:H11\"\n"]);
    let columns = draw.of(&["columns = [1]\n", "columns = [1, 2]\n", "", ""]);
    let tips = draw.of(&["new", "per_plate", "shared", "new"]);
    let other = if rig == RigKind::TwoTips {
        "\n[pieces.other]\nlabware = \"tiprack-200\"\nat = \"deck-5\"\n"
    } else {
        ""
    };
    let none = draw.chance(20);
    let large = if none && other.is_empty() { "" } else { LARGE };
    let by = near(draw, 1000).clamp(200, 3000);
    let count = draw.between(1, 3);
    format!(
        "{}{large}{}{other}{}{}",
        trough("reservoir-1", "deck-9"),
        if large.is_empty() { "" } else { used },
        plate(
            "assay",
            "plate-96-flat",
            "hotel",
            &format!("count = {count}\nwork = {{ at = \"deck-7\" }}\n")
        ),
        distribute(
            "s1",
            "assay",
            by,
            &format!("pipette = \"p300-multi\"\ntips = \"{tips}\"\n{columns}")
        )
    )
}

/// Plates that are not there yet, or no longer.
fn away(draw: &mut Draw) -> String {
    let by = near(draw, 1000).clamp(200, 3000);
    let fill = distribute("fill", "alpha", by, "pipette = \"p300-multi\"\ncolumns = [1]\n");
    let load = "\n[[steps]]\nid = \"bring\"\ndo = \"load\"\neach = \"alpha\"\n";
    let empty = "\n[[steps]]\nid = \"away\"\ndo = \"empty\"\neach = \"alpha\"\n";
    let spin = "\n[[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"alpha\"\nwavelength = \"600 nm\"\n";
    let parts = draw.shuffled(&[load, empty, fill.as_str(), spin]);
    let kept = parts
        .iter()
        .filter(|_| draw.chance(80))
        .copied()
        .collect::<String>();
    let kept = if kept.is_empty() { fill.clone() } else { kept };
    let at = draw.of(&["deck-7", "hotel"]);
    let work = if at == "hotel" {
        "work = { at = \"deck-7\" }\n"
    } else {
        ""
    };
    format!(
        "{}{LARGE}{}{kept}",
        trough("reservoir-1", "deck-9"),
        plate("alpha", "plate-96-flat", at, work)
    )
}

/// Nothing but what may be on a rig whose calibration is not.
fn plain(draw: &mut Draw) -> String {
    let by = near(draw, 1000).clamp(200, 3000);
    format!(
        "{}{LARGE}{}{}",
        trough("reservoir-1", "deck-9"),
        plate("alpha", "plate-96-flat", "deck-7", ""),
        distribute("s1", "alpha", by, "pipette = \"p300-multi\"\ncolumns = [1, 2]\n")
    )
}

/// Plates that must wait alike, or not longer than so much, between two stations of which one is slow.
fn alike(draw: &mut Draw) -> String {
    let (warm, chill) = (draw.between(1, 10), draw.between(5, 25));
    let within = draw.of(&["1 s", "10 s", "1 min", "5 min"]);
    let most = draw.of(&["", "", ", at_most = \"5 min\"", ", at_most = \"30 min\""]);
    let from = draw.of(&["", ", from = \"start\"", ", to = \"end\""]);
    let deadline = draw.of(&["", "", "deadline = \"45 min\"\n", "deadline = \"2 h\"\n"]);
    let sealed = "count = 3\nliquid = \"buffer\"\nvolume = \"50 uL\"\n";
    let plates = plate("pcr", "plate-96-pcr", "PLACES", sealed)
        .replace("\"PLACES\"", "[\"deck-7\", \"deck-8\", \"deck-9\"]");
    format!(
        "{plates}\n[[steps]]\nid = \"warm\"\ndo = \"heat\"\neach = \"pcr\"\nat = \"heater-shaker\"\nfor = \"{warm} min\"\ntemperature = \"37 C\"\n\n[[steps]]\nid = \"chill\"\ndo = \"cool\"\nafter = {{ step = \"warm\"{from}{most}, equal_within = \"{within}\" }}\n{deadline}each = \"pcr\"\nat = \"thermocycler\"\nfor = \"{chill} min\"\ntemperature = \"4 C\"\n"
    )
}

/// Wells that do not say how much they hold, or do.
fn untold(draw: &mut Draw) -> String {
    let by = near(draw, 1000).clamp(200, 3000);
    let told = draw.of(&[
        "liquid = \"buffer\"\n",
        "liquid = \"buffer\"\nvolume = \"300 uL\"\n",
        "",
    ]);
    format!(
        "{LARGE}{}{}\n[[steps]]\nid = \"s1\"\ndo = \"transfer\"\nfrom = \"alpha\"\nto = \"beta\"\nvolume = \"{}\"\ncolumns = [1, 2]\npipette = \"p300-multi\"\n",
        plate("alpha", "plate-96-flat", "deck-7", told),
        plate("beta", "plate-96-flat", "deck-8", ""),
        volume(by)
    )
}

/// Lids that are on, off and on again round work with liquid.
fn lids(draw: &mut Draw) -> String {
    let by = near(draw, 500).clamp(200, 3000);
    let lid = draw.of(&["", ", lid = \"lid-2\""]);
    let fill = |id: &str| distribute(id, "alpha", by, "pipette = \"p300-multi\"\ncolumns = [1]\n");
    let unlid = "\n[[steps]]\nid = \"off\"\ndo = \"unlid\"\neach = \"alpha\"\nto = \"lid-1\"\n";
    let back = "\n[[steps]]\nid = \"on\"\ndo = \"lid\"\neach = \"alpha\"\n";
    let (first, second) = (fill("first"), fill("second"));
    let steps = match draw.below(4) {
        0 => format!("{first}{unlid}{second}{back}"),
        1 => format!("{unlid}{first}{back}{second}"),
        2 => format!("{unlid}{first}{second}{back}"),
        _ => format!("{first}{second}"),
    };
    format!(
        "{}{LARGE}{}{steps}",
        trough("reservoir-1", "deck-9"),
        plate(
            "alpha",
            "plate-96-flat",
            "hotel",
            &format!("lidded = true\nwork = {{ at = \"deck-7\"{lid} }}\n")
        )
    )
}

/// A probe whose bottle is nearly empty, whose tubing is short, or that was not primed.
fn line(draw: &mut Draw) -> String {
    let prime = "\n[[steps]]\nid = \"prime\"\ndo = \"prime\"\npipette = \"needle\"\n";
    let prime = if draw.chance(80) { prime } else { "" };
    let gap = draw.of(&["1 uL", "5 uL", "10 uL", "2 uL", "60 uL"]);
    let class = if draw.chance(60) {
        format!("\n[classes.gap]\nair_gap = \"{gap}\"\n")
    } else {
        String::new()
    };
    let named = if class.is_empty() { "" } else { "class = \"gap\"\n" };
    let by = near(draw, 4000).clamp(50, 4500);
    let tips = draw.of(&["new", "shared", "per_plate"]);
    let flush = draw.of(&[20_000, 60_000, 88_000]);
    let flush = near(draw, flush);
    format!(
        "{class}{}{}{prime}\n[[steps]]\nid = \"s1\"\ndo = \"transfer\"\nfrom = \"alpha\"\nto = \"beta\"\nvolume = \"{}\"\nwells = \"A1:B1\"\npipette = \"needle\"\ntips = \"{tips}\"\n{named}\n[[steps]]\nid = \"s2\"\ndo = \"flush\"\npipette = \"needle\"\nvolume = \"{}\"\n",
        plate("alpha", "plate-96-deep-1ml", "deck-8", &filled(8000)),
        plate("beta", "plate-96-deep-1ml", "deck-9", ""),
        volume(by),
        volume(flush)
    )
}
