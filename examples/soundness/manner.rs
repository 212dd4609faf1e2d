//! What a step has besides its work, drawn: loops, delays, conditions, deadlines, failures; steps that nothing comes
//! between; parameters.

use super::draw::Draw;
use super::rigs::{Case, RigKind};
use super::scratch::{Setting, Vessel};
use super::steps::index;
use std::fmt::Write;

/// Makes of a step on some columns or wells one for each of them.
pub fn repeated(draw: &mut Draw, body: &str) -> Option<String> {
    let line = body
        .lines()
        .find(|l| l.starts_with("columns = [") || l.starts_with("wells = "))?;
    let (key, list) = line.split_once(" = ")?;
    let (name, inside) = if key == "columns" {
        // A dilution series needs its columns together.
        if body.contains("do = \"dilute\"") {
            return None;
        }
        ("column", "[\"{column}\"]")
    } else {
        ("well", "\"{well}\"")
    };
    let list = match (key, draw.below(3)) {
        ("columns", 0) => "[1, 2, 3]".to_owned(),
        ("columns", 1) => "[2, 1]".to_owned(),
        _ => list.to_owned(),
    };
    let looped = format!("for_each = {{ {name} = {list} }}\n{key} = {inside}");
    let mut out = body.replacen(line, &looped, 1);
    // Sometimes each has a volume of its own.
    if key == "columns" && draw.chance(30) {
        out = out.replacen("volume = \"2", "volume = \"2{column}", 1);
    }
    Some(out)
}

/// When a step is done, and what is done when it fails.
pub fn manner(draw: &mut Draw, set: &Setting) -> String {
    let mut text = String::new();
    if let Some(last) = set
        .steps
        .get(draw.below(set.steps.len()))
        .filter(|_| draw.chance(35))
    {
        let (least, most) = (draw.between(1, 20), draw.between(1, 200));
        let _ = match draw.below(9) {
            0 => writeln!(
                text,
                "after = {{ step = \"{last}\", at_least = \"{least} min\" }}"
            ),
            1 => writeln!(text, "after = {{ step = \"{last}\", at_most = \"3 h\" }}"),
            2 => writeln!(text, "after = {{ step = \"{last}\", at_most = \"{most} min\" }}"),
            3 => writeln!(
                text,
                "after = {{ step = \"{last}\", from = \"start\", to = \"end\", at_least = \"{least} min\", at_most = \"{most} min\" }}"
            ),
            4 => writeln!(
                text,
                "after = {{ step = \"{last}\", from = \"start\", at_most = \"{most} min\" }}"
            ),
            5 => writeln!(
                text,
                "after = {{ step = \"{last}\", equal_within = \"{least} min\" }}"
            ),
            _ => writeln!(text, "after = \"{last}\""),
        };
    }
    if draw.chance(4) {
        text.push_str("unbroken = \"together\"\n");
    }
    if draw.chance(4) {
        let _ = writeln!(text, "deadline = \"{} min\"", draw.between(5, 300));
    }
    if draw.chance(6) {
        let remedy = draw.of(&["\"skip_plate\"", "\"abort\"", "{ retry = 2 }"]);
        let _ = writeln!(text, "on_failure = {{ fault = {remedy}, no_answer = {remedy} }}");
    }
    if let Some(asked) = set.asked.last().filter(|_| draw.chance(35)) {
        let _ = match draw.below(20) {
            0 => writeln!(text, "when = 'values[\"{asked}\"] > \"five\"'"),
            1..=6 => writeln!(text, "when = 'values[\"{asked}\"] < {}.5'", draw.between(1, 9)),
            _ => writeln!(text, "when = 'values[\"{asked}\"] > {}.5'", draw.between(1, 9)),
        };
    }
    text
}

/// Two to four steps on the same plates that nothing comes between, incubations among them.
pub fn unbroken(draw: &mut Draw, set: &mut Setting) -> Option<Vec<String>> {
    let at = index(draw, set, |v| v.plates > 0 && !v.kind.agar)?;
    let vessel: Vessel = set.vessels.get(at)?.clone();
    let each = format!("each = \"{}\"\n", vessel.name);
    let count = draw.between(2, 4);
    let mut out = Vec::new();
    let mut lidded = vessel.lidded;
    for _ in 0..count {
        let minutes = draw.between(1, 8);
        let body = match draw.below(8) {
            0 | 1 if set.rig == RigKind::Build => {
                format!("do = \"cool\"\n{each}temperature = \"4 C\"\nfor = \"{minutes} min\"\n")
            }
            2 if set.rig == RigKind::Build => {
                format!("do = \"heat\"\n{each}temperature = \"42 C\"\nfor = \"{minutes} min\"\n")
            }
            3 if vessel.kind.lid => {
                lidded = !lidded;
                if lidded {
                    format!("do = \"lid\"\n{each}")
                } else {
                    format!("do = \"unlid\"\n{each}to = \"lid-1\"\n")
                }
            }
            4 if vessel.kind.rows == 8 => {
                format!(
                    "do = \"mix\"\n{each}times = 2\nvolume = \"20 uL\"\ncolumns = [1]\npipette = \"p300-multi\"\n"
                )
            }
            5 => format!(
                "do = \"move\"\n{each}to = \"{}\"\n",
                draw.of(&["hotel", "deck-9", "cold-1"])
            ),
            _ => format!(
                "do = \"incubate\"\n{each}at = \"incubator\"\nfor = \"{minutes} min\"\nshake = {}\n",
                draw.chance(50)
            ),
        };
        out.push(body);
    }
    if let Some(vessel) = set.vessels.get_mut(at) {
        vessel.lidded = lidded;
    }
    Some(out)
}

/// Some of the quantities become parameters, given on the command line or not.
pub fn parameters(draw: &mut Draw, case: &mut Case) {
    for (key, kind, name) in [
        ("volume = \"", "volume", "amount"),
        ("for = \"", "duration", "time"),
    ] {
        if !draw.chance(25) {
            continue;
        }
        let Some((head, steps)) = case.text.split_once("[[steps]]") else {
            return;
        };
        let Some((before, rest)) = steps.split_once(key) else {
            continue;
        };
        let Some((value, after)) = rest.split_once('"').filter(|(v, _)| !v.contains('{')) else {
            continue;
        };
        let bound = draw.of(&["", "", "min = \"1 uL\"\n", "max = \"250 uL\"\n"]);
        let bound = if kind == "duration" { "" } else { bound };
        let declared = format!(
            "[parameters.{name}]\ntype = \"{kind}\"\ndefault = \"{value}\"\n{bound}\n[liquids.medium]"
        );
        if draw.chance(40) {
            let other = match kind {
                "volume" => format!("{} uL", draw.between(15, 260)),
                _ => format!("{} min", draw.between(1, 90)),
            };
            case.parameters.insert(name.into(), other);
        }
        let head = head.replacen("[liquids.medium]", &declared, 1);
        case.text = format!("{head}[[steps]]{before}{key}{{{name}}}\"{after}");
    }
}
