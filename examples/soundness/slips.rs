//! Slips of the pen and of the mind: small things that the check must name, each by its own code.

use super::draw::Draw;
use super::rigs::{Case, RigKind};

/// What is written, and what is written instead.
const SLIPS: [(&str, &str); 44] = [
    (
        "[liquids.medium]",
        "[parameters.many]\ntype = \"integer\"\n\n[liquids.medium]",
    ),
    (
        "[liquids.medium]",
        "[parameters.many]\ntype = \"whole\"\ndefault = 3\n\n[liquids.medium]",
    ),
    (
        "[liquids.medium]",
        "[parameters.many]\ntype = \"integer\"\ndefault = 9\nmax = 3\n\n[liquids.medium]",
    ),
    ("volume = \"", "volume = \"{much}"),
    ("id = \"s2\"", "id = \"s2\"\nwhen = 'values[\"s1\"] > \"many\"'"),
    ("id = \"s1\"", "id = \"s1\"\nwhen = '\"a\" < 3.0'"),
    (
        "id = \"s1\"",
        "id = \"s1\"\non_failure = { fault = \"skip_plate\" }",
    ),
    ("replicates = 3", "replicates = 30"),
    ("at = \"hotel\"\n", "at = \"hotel\"\nout_at_most = \"20 s\"\n"),
    ("for = \"2 h\"", "for = \"40 min\""),
    ("do = \"incubate\"", "do = \"call\"\nfile = \"other.toml\""),
    ("name = \"drawn\"", "name = \"drawn\"\nlanguage = 2"),
    ("wavelength = \"600 nm\"", "wavelength = \"1200 nm\""),
    (
        "wavelength = \"600 nm\"",
        "luminescence = { integration = \"100 ms\" }",
    ),
    (
        "wavelength = \"600 nm\"",
        "wavelength = \"600 nm\"\nuntil = \"men > 1.0\"",
    ),
    ("od = 0.5", "# od = 0.5"),
    ("liquid = \"medium\"\nvolume", "liquid = \"medium\"\n# volume"),
    ("liquid = \"medium\"", "liquid = \"milk\""),
    ("layout = \"", "layout = \"no-"),
    ("tips = \"new\"", "tips = \"new\"\nreverse_columns_on = [9]"),
    ("tiprack-300\"\nat = [", "tiprack-20\"\nat = ["),
    (
        "[pieces.small]",
        "[pieces.mixed]\nlabware = \"tiprack-200\"\nat = \"deck-11\"\n\n[pieces.small]",
    ),
    ("at = \"hotel\"", "at = []"),
    ("[liquids.medium]", "[liquids.medium]\nexpires = \"2020-01-01\""),
    (
        "at = \"incubator\"\n",
        "at = \"incubator\"\ntemperature = \"37 C\"\n",
    ),
    ("\"pick_up_tip\",", ""),
    ("id = \"s1\"", "id = \"s1\"\nafter = \"s1\""),
    ("id = \"s2\"", "id = \"s2\"\ndeadline = \"10 s\""),
    ("id = \"s1\"", "id = \"load\""),
    (
        "do = \"wait\"",
        "do = \"prompt\"\ntext = \"?\"\nwhen = 'values[\"s1\"] +'",
    ),
    ("temperature = \"165 C\"", "temperature = \"250 C\""),
    ("force = \"1000 xg\"", "force = \"4000 xg\""),
    ("speed = \"800 rpm\"", "speed = \"2500 rpm\""),
    ("for = \"1 h\"", "for = \"100000 h\""),
    ("within = \"2 min\"", "within = \"20 min\""),
    ("rest = \"incubator\"", "rest = \"hotel\""),
    ("at_most = \"3 h\"", "at_most = \"20 s\""),
    ("blanks = [\"blank\"]", ""),
    ("readings = \"grow\"", "readings = \"fill\""),
    ("layout = \"screen\"\n", ""),
    ("source = \"source\"", "source = \"picked\""),
    ("\"tiprack-20\"\nat = [", "\"tiprack-20\"\nat = [] # ["),
    ("for = \"10 min\"\nwithin", "for = \"20000000 min\"\nwithin"),
    ("tips = \"new\"", "tips = \"news\""),
];

/// Every step has a condition of its own.
fn conditions(text: &str) -> String {
    let mut parts = text.split("[[steps]]");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (n, part) in parts.enumerate() {
        out.push_str(&format!("[[steps]]\nwhen = '{n}.0 < 9.0'"));
        out.push_str(&part.replace("\nwhen = ", "\n# "));
    }
    out
}

/// Plates with cells do not say who is in which well.
fn without_layouts(text: &str) -> String {
    let tables = text.split("\n[").map(|table| {
        if table.starts_with("plates.") && table.contains("\nod = ") {
            table.replace("\nlayout = ", "\n# ")
        } else {
            table.to_owned()
        }
    });
    tables.collect::<Vec<_>>().join("\n[")
}

/// The same on a rig that is not quite like it.
pub fn other_rig(draw: &mut Draw, case: &mut Case) {
    if case.rig.probe() {
        case.rig = RigKind::ProbeLow;
        return;
    }
    case.rig = draw.of(&[
        RigKind::NoWaste,
        RigKind::SmallWaste,
        RigKind::TwoTips,
        RigKind::Blunt,
        RigKind::Uncalibrated,
        RigKind::Overdue,
        RigKind::Airy,
        RigKind::Imprecise,
    ]);
    if case.rig == RigKind::TwoTips {
        case.text
            .push_str("\n[pieces.other]\nlabware = \"tiprack-200\"\nat = \"deck-11\"\n");
    }
}

/// One slip that this protocol has a place for.
pub fn slip(draw: &mut Draw, case: &mut Case) {
    match draw.below(20) {
        0 => {
            // Made for a rig that can do more.
            case.rig = RigKind::Demo;
            return;
        }
        1 => {
            case.text = conditions(&case.text);
            return;
        }
        2 if case.text.contains("\nod = ") => {
            case.text = without_layouts(&case.text);
            return;
        }
        3 if case.text.contains("\nreplicates = ") => {
            case.text = case.text.replacen("\nreplicates = ", "\nreplicates = 1", 1);
            return;
        }
        _ => {}
    }
    let fits: Vec<(&str, &str)> = SLIPS
        .iter()
        .filter(|(right, _)| case.text.contains(right))
        .copied()
        .collect();
    let files: Vec<String> = case.files.keys().cloned().collect();
    if let Some(list) = files.get(draw.below(files.len())).filter(|_| draw.chance(30)) {
        if let Some(text) = case.files.get_mut(list) {
            text.push_str("Z99,Z99,1 uL\n");
        }
        return;
    }
    let Some((right, wrong)) = fits.get(draw.below(fits.len())) else {
        return;
    };
    case.text = case.text.replacen(right, wrong, 1);
}
