//! Protocols that differ in one place or a few from something that is there.

use super::draw::Draw;
use super::rigs::{Case, Repository, RigKind};

/// A protocol of the repository, shortened, with a few changes.
pub fn repository(draw: &mut Draw, repository: &Repository) -> Case {
    let faulty = draw.chance(20);
    let pool = if faulty {
        &repository.faulty
    } else {
        &repository.protocols
    };
    let mut chosen = pool.get(draw.below(pool.len()));
    // The screen is the longest of all.
    if chosen.is_some_and(|case| case.text.contains("growth-screen")) && !draw.chance(20) {
        chosen = pool.get(draw.below(pool.len()));
    }
    let Some(chosen) = chosen else {
        return Case::default();
    };
    let mut case = chosen.clone();
    case.text = case.text.replace("for = \"12 h\"", "for = \"1 h\"");
    if draw.chance(10) && !case.rig.probe() {
        case.rig = RigKind::Build;
    }
    if case.text.contains("[parameters.plates]") && !faulty {
        let plates = if draw.chance(10) { draw.between(0, 9) } else { 1 };
        case.parameters.insert("plates".into(), plates.to_string());
    }
    if case.text.contains("[parameters.inoculum]") && draw.chance(50) {
        let volume = draw.of(&["20 uL", "50 uL", "51 uL", "19 uL", "35.55 uL"]);
        case.parameters.insert("inoculum".into(), volume.into());
    }
    // A fault may be mended by a change, or stay as it is.
    let changes = if faulty {
        draw.between(0, 1)
    } else {
        draw.between(1, 3)
    };
    for _ in 0..changes {
        change(draw, &mut case);
    }
    case
}

/// One change.
pub fn change(draw: &mut Draw, case: &mut Case) {
    let text = &case.text;
    let changed = match draw.below(16) {
        0..=4 => scaled(draw, text),
        5 => wells(draw, text),
        6 => swapped(
            draw,
            text,
            "tips = \"",
            &["new", "shared", "per_plate", "per_source"],
        ),
        7 => swapped(draw, text, "pipette = \"", &["p300-multi", "p20-single"]),
        8 => nests(draw, text),
        9 => flipped(draw, text, "lidded = "),
        10 => flipped(draw, text, "contact = "),
        11..=13 => steps(draw, text),
        14 => when(draw, text),
        _ => labware(draw, text),
    };
    if let Some(changed) = changed {
        case.text = changed;
    }
}

/// Places of a text's pattern, by the index behind it.
fn places(text: &str, pattern: &str) -> Vec<usize> {
    text.match_indices(pattern)
        .map(|(at, _)| at + pattern.len())
        .collect()
}

/// The text up to an index, and what follows.
fn cut(text: &str, at: usize) -> Option<(&str, &str)> {
    Some((text.get(..at)?, text.get(at..)?))
}

/// One quantity or number is another.
fn scaled(draw: &mut Draw, text: &str) -> Option<String> {
    let mut found = Vec::new();
    for pattern in ["\"", "= ", "[", ", "] {
        found.extend(places(text, pattern));
    }
    found.sort_unstable();
    found.retain(|at| {
        text.get(*at..)
            .is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()))
    });
    let at = draw.of(&found);
    let (before, rest) = cut(text, at)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, after) = cut(rest, end)?;
    let number: f64 = number.parse().ok()?;
    let factor = draw.of(&[0.1, 0.5, 0.8, 0.95, 1.05, 1.2, 2.0, 3.0, 10.0]);
    let whole = !after.starts_with(' ');
    let changed = if whole {
        (number + draw.of(&[-1.0, 1.0, 2.0, 7.0])).max(0.0)
    } else {
        (number * factor * 1000.0).round() / 1000.0
    };
    Some(format!("{before}{changed}{after}"))
}

/// The word behind a key is another.
fn swapped(draw: &mut Draw, text: &str, key: &str, words: &[&str]) -> Option<String> {
    let at = draw.of(&places(text, key));
    let (before, rest) = cut(text, at).filter(|_| at > 0)?;
    let (_, after) = cut(rest, rest.find('"')?)?;
    Some(format!("{before}{}{after}", draw.of(words)))
}

fn flipped(draw: &mut Draw, text: &str, key: &str) -> Option<String> {
    let at = draw.of(&places(text, key));
    let (before, rest) = cut(text, at).filter(|_| at > 0)?;
    let (was, is) = if rest.starts_with("true") {
        ("true", "false")
    } else {
        ("false", "true")
    };
    let after = rest.strip_prefix(was)?;
    Some(format!("{before}{is}{after}"))
}

/// A plate or piece is of another kind.
fn labware(draw: &mut Draw, text: &str) -> Option<String> {
    let kinds = [
        "plate-96-flat",
        "plate-96-u",
        "plate-96-v",
        "plate-96-pcr",
        "plate-96-deep-1ml",
        "plate-384-flat",
        "plate-384-low-volume",
        "plate-48-flat",
        "plate-24-flat",
        "reservoir-1",
        "reservoir-4",
        "reservoir-12",
        "agar-tray",
        "tuberack-24-2ml",
        "tiprack-300",
        "tiprack-20",
    ];
    swapped(draw, text, "labware = \"", &kinds)
}

/// A step is done in other wells.
fn wells(draw: &mut Draw, text: &str) -> Option<String> {
    let wells = draw.of(&[
        "columns = [1]",
        "columns = [3, 2]",
        "columns = [12]",
        "columns = [1, 2, 3]",
        "wells = [\"A1\"]",
        "wells = [\"A1:B2\"]",
        "wells = [\"A1:H1\", \"C7\"]",
        "wells = \"H12\"",
        "columns = [13]",
    ]);
    let at = draw.of(&places(text, "\npipette = "));
    let (before, rest) = cut(text, at.checked_sub("pipette = ".len())?)?;
    let (step, later) = rest.split_once("[[steps]]").unwrap_or((rest, ""));
    let kept: Vec<&str> = step
        .lines()
        .filter(|l| !l.starts_with("columns") && !l.starts_with("wells"))
        .collect();
    let again = if later.is_empty() { "" } else { "\n[[steps]]" };
    Some(format!("{before}{wells}\n{}{again}{later}", kept.join("\n")))
}

/// Something stands elsewhere.
fn nests(draw: &mut Draw, text: &str) -> Option<String> {
    let other = match draw.below(5) {
        0 => format!("lid-{}", draw.between(1, 2)),
        1 => format!("hotel-{}", draw.between(1, 9)),
        2 => draw
            .of(&["cold-1", "hotel", "incubator", "reader-tray", "transfer", "lids"])
            .to_owned(),
        _ => format!("deck-{}", draw.between(1, 12)),
    };
    let mut found = Vec::new();
    for pattern in ["\"deck-", "\"lid-", "\"hotel", "\"cold-"] {
        found.extend(text.match_indices(pattern).map(|(at, _)| at + 1));
    }
    let at = draw.of(&found);
    let (before, rest) = cut(text, at).filter(|_| at > 0)?;
    let (_, after) = cut(rest, rest.find('"')?)?;
    Some(format!("{before}{other}{after}"))
}

/// Steps twice, left out, or in another order.
fn steps(draw: &mut Draw, text: &str) -> Option<String> {
    let mut parts: Vec<String> = text.split("[[steps]]").map(str::to_owned).collect();
    let count = parts.len().checked_sub(1).filter(|n| *n > 0)?;
    let one = 1 + draw.below(count);
    match draw.below(3) {
        0 => {
            let again = parts.get(one)?.replacen("id = \"", "id = \"again-", 1);
            let at = one + 1 + draw.below(parts.len() - one);
            parts.insert(at.min(parts.len()), again);
        }
        1 if count > 1 => {
            let gone = parts.remove(one);
            let name = gone.split("id = \"").nth(1)?.split('"').next()?.to_owned();
            // What waited for it waits for nothing.
            for part in &mut parts {
                *part = part.replace(&format!("after = \"{name}\"\n"), "");
            }
        }
        _ => {
            let moved = parts.remove(one);
            let at = 1 + draw.below(parts.len());
            parts.insert(at, moved);
        }
    }
    Some(parts.join("[[steps]]"))
}

/// A step is done only when a person says so.
fn when(draw: &mut Draw, text: &str) -> Option<String> {
    let mut parts: Vec<String> = text.split("[[steps]]").map(str::to_owned).collect();
    let count = parts.len().checked_sub(1).filter(|n| *n > 0)?;
    let at = 1 + draw.below(count);
    let condition = draw.of(&["values[\"asked\"] > 5.0", "values[\"asked\"] < 5.0"]);
    let part = parts.get_mut(at).filter(|p| !p.contains("when = "))?;
    *part = format!("\nwhen = '{condition}'{part}");
    if !text.contains("\"asked\"") || !text.contains("id = \"asked\"") {
        let ask = "\nid = \"asked\"\ndo = \"prompt\"\ntext = \"How many?\"\nanswer = \"number\"\nmin = 1\nmax = 9\n\n";
        parts.insert(1, ask.to_owned());
    }
    Some(parts.join("[[steps]]"))
}
