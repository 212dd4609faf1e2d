//! Steps on whole plates, people and time, drawn.

use super::draw::Draw;
use super::rigs::RigKind;
use super::scratch::Setting;
use super::steps::PLATE;
use super::steps::index;
use std::fmt::Write;

pub fn incubate(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get(at)?;
    Some(format!(
        "do = \"incubate\"\neach = \"{}\"\nat = \"incubator\"\nfor = \"{} min\"\nshake = {}\n",
        vessel.name,
        draw.between(5, 60),
        draw.chance(50)
    ))
}

pub fn lids(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0 && v.kind.lid)?;
    let vessel = set.vessels.get_mut(at)?;
    vessel.lidded = !vessel.lidded;
    if vessel.lidded {
        return Some(format!("do = \"lid\"\neach = \"{}\"\n", vessel.name));
    }
    let to = draw.of(&["\"lids\"", "\"lid-1\"", "\"lid-2\"", "[\"lid-1\", \"lid-2\"]"]);
    Some(format!("do = \"unlid\"\neach = \"{}\"\nto = {to}\n", vessel.name))
}

pub fn relocate(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get(at)?;
    let to = draw.of(&[
        "hotel",
        "hotel-7",
        "cold-1",
        "deck-10",
        "incubator",
        "deck-9",
        "deck-4",
    ]);
    Some(format!(
        "do = \"move\"\neach = \"{}\"\nto = \"{to}\"\n",
        vessel.name
    ))
}

pub fn operator(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    if draw.chance(50) {
        let named: Vec<String> = set
            .vessels
            .iter()
            .filter(|v| v.plates == 0)
            .map(|v| v.name.clone())
            .chain(set.tips.iter().map(|t| (*t).to_owned()))
            .collect();
        let piece = named.get(draw.below(named.len()))?.clone();
        for vessel in set.vessels.iter_mut().filter(|v| v.name == piece) {
            vessel.level = vessel.kind.capacity / 2;
        }
        let extra = time(draw);
        return Some(format!("do = \"replace\"\npiece = \"{piece}\"\n{extra}"));
    }
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get_mut(at)?;
    let word = if vessel.away { "load" } else { "empty" };
    let word = if draw.chance(15) { "load" } else { word };
    vessel.away = word == "empty";
    let name = vessel.name.clone();
    let extra = time(draw);
    Some(format!("do = \"{word}\"\neach = \"{name}\"\n{extra}"))
}

/// When a person comes, and whether what comes or goes is scanned.
fn time(draw: &mut Draw) -> String {
    let mut out = String::new();
    if draw.chance(25) {
        let from = draw.between(0, 60);
        let _ = writeln!(
            out,
            "between = [\"{from} min\", \"{} min\"]",
            from + draw.between(-5, 200)
        );
    }
    if draw.chance(20) {
        out.push_str("scan = true\n");
    }
    out
}

pub fn prompt(draw: &mut Draw, set: &mut Setting, id: &str) -> Option<String> {
    Some(match draw.below(4) {
        0 => "do = \"prompt\"\ntext = \"Go on?\"\n".to_owned(),
        1 => "do = \"prompt\"\ntext = \"Note?\"\nanswer = \"text\"\n".to_owned(),
        _ => {
            set.asked.push(id.to_owned());
            "do = \"prompt\"\ntext = \"How many?\"\nanswer = \"number\"\nmin = 1\nmax = 9\n".to_owned()
        }
    })
}

pub fn read(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let few = draw.chance(4);
    let at = index(draw, set, |v| {
        PLATE(v) && (few || (v.kind.rows == 8 && !v.sealed))
    })?;
    let vessel = set.vessels.get(at)?;
    let mut out = format!("do = \"read\"\neach = \"{}\"\n", vessel.name);
    match draw.below(6) {
        0 if set.rig == RigKind::Build => {
            out.push_str("fluorescence = { excitation = \"485 nm\", emission = \"520 nm\", gain = 100 }\n")
        }
        1 if set.rig == RigKind::Build => out.push_str("luminescence = { integration = \"100 ms\" }\n"),
        2 => out.push_str("wavelengths = [\"600 nm\", \"450 nm\"]\n"),
        _ => out.push_str("wavelength = \"600 nm\"\n"),
    }
    if draw.chance(40) {
        let every = draw.between(5, 15);
        let _ = writeln!(
            out,
            "every = \"{every} min\"\nfor = \"{} min\"\nwithin = \"2 min\"",
            every * draw.between(1, 2)
        );
        out.push_str("incubate = { at = \"incubator\", shake = true }\n");
    }
    Some(out)
}

pub fn wait(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let each = index(draw, set, |v| v.plates > 0).filter(|_| draw.chance(60));
    let each = each
        .and_then(|i| set.vessels.get(i))
        .map_or_else(String::new, |v| format!("each = \"{}\"\n", v.name));
    Some(format!(
        "do = \"wait\"\n{each}for = \"{} min\"\n",
        draw.between(1, 20)
    ))
}

pub fn station(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get_mut(at)?;
    let each = format!("each = \"{}\"\n", vessel.name);
    let minutes = draw.between(1, 10);
    Some(match draw.below(9) {
        0 | 1 => {
            vessel.sealed = true;
            format!("do = \"seal\"\n{each}temperature = \"165 C\"\nfor = \"3 s\"\n")
        }
        2 | 3 => {
            vessel.sealed = false;
            format!("do = \"peel\"\n{each}")
        }
        4 => format!("do = \"centrifuge\"\n{each}force = \"1000 xg\"\nfor = \"{minutes} min\"\n"),
        5 => format!(
            "do = \"thermocycle\"\n{each}lid = \"105 C\"\nstages = [{{ cycles = 2, steps = [{{ temperature = \"95 C\", for = \"20 s\" }}, {{ temperature = \"55 C\", for = \"30 s\" }}] }}]\nhold = \"10 C\"\n"
        ),
        6 => format!(
            "do = \"heat\"\n{each}temperature = \"37 C\"\nspeed = \"500 rpm\"\nfor = \"{minutes} min\"\n"
        ),
        7 => format!("do = \"shake\"\n{each}speed = \"800 rpm\"\nfor = \"{minutes} min\"\n"),
        _ if vessel.barcode => format!("do = \"scan\"\n{each}"),
        _ => format!("do = \"cool\"\n{each}temperature = \"8 C\"\nfor = \"{minutes} min\"\n"),
    })
}
