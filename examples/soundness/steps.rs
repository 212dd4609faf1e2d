//! Protocols from nothing: what is done.

use super::draw::Draw;
use super::rigs::RigKind;
use super::scratch::{Setting, Vessel, near, volume};
use std::fmt::Write;

/// A pipette with the limits of its strokes in tenths of a microlitre.
#[derive(Debug, Clone, Copy, Default)]
struct Hand {
    name: &'static str,
    channels: u8,
    least: i64,
    most: i64,
}

const HANDS: [Hand; 2] = [
    Hand {
        name: "p300-multi",
        channels: 8,
        least: 200,
        most: 3000,
    },
    Hand {
        name: "p20-single",
        channels: 1,
        least: 10,
        most: 200,
    },
];

/// Writes one step, of a kind that fits what stands there.
pub fn step(draw: &mut Draw, set: &mut Setting) {
    let id = format!("s{}", set.steps.len() + 1);
    let stations = if set.rig == RigKind::Build { 36 } else { 28 };
    let Some(body) = (match draw.below(stations) {
        0..=3 => distribute(draw, set),
        4..=7 => transfer(draw, set),
        8 => listed(draw, set, &id),
        9 => consolidate(draw, set),
        10 | 11 => stamp(draw, set),
        12 | 13 => dilute(draw, set),
        14 | 15 => mix(draw, set),
        16 => spot(draw, set),
        17 => colonies(draw, set, &id),
        18 | 19 => by_hand(draw, set),
        20 => incubate(draw, set),
        21 => lids(draw, set),
        22 => relocate(draw, set),
        23 => operator(draw, set),
        24 => prompt(draw, set, &id),
        25 | 26 => read(draw, set),
        27 => wait(draw, set),
        _ => station(draw, set),
    }) else {
        return;
    };
    let mut text = format!("\n[[steps]]\nid = \"{id}\"\n");
    if let Some(last) = set.steps.last().filter(|_| draw.chance(30)) {
        let _ = match draw.below(4) {
            0 => writeln!(text, "after = {{ step = \"{last}\", at_least = \"2 min\" }}"),
            1 => writeln!(text, "after = {{ step = \"{last}\", at_most = \"3 h\" }}"),
            _ => writeln!(text, "after = \"{last}\""),
        };
    }
    if draw.chance(6) {
        text.push_str("unbroken = \"together\"\n");
    }
    if let Some(asked) = set.asked.last().filter(|_| draw.chance(35)) {
        let _ = writeln!(text, "when = 'values[\"{asked}\"] > {}.5'", draw.between(1, 9));
    }
    let _ = writeln!(text, "{body}");
    set.text.push_str(&text);
    set.steps.push(id);
}

fn hand(draw: &mut Draw, set: &Setting, vessels: &[&Vessel]) -> Hand {
    let _ = set;
    let wide = vessels
        .iter()
        .all(|v| matches!(v.kind.rows, 1 | 8 | 16) || (v.kind.agar && draw.chance(70)));
    if wide && draw.chance(65) {
        draw.of(&HANDS.map(|h| if h.channels == 8 { h } else { HANDS[0] }))
    } else if wide || draw.chance(95) {
        HANDS[1]
    } else {
        HANDS[0]
    }
}

fn index(draw: &mut Draw, set: &Setting, fits: impl Fn(&Vessel) -> bool) -> Option<usize> {
    let found: Vec<usize> = (0..set.vessels.len())
        .filter(|i| set.vessels.get(*i).is_some_and(&fits))
        .collect();
    let rare = draw.chance(2);
    if rare && !set.vessels.is_empty() {
        return Some(draw.below(set.vessels.len()));
    }
    (!found.is_empty()).then(|| draw.of(&found))
}

/// Wells of a vessel as a line of the step.
fn wells(draw: &mut Draw, vessel: &Vessel, hand: Hand) -> String {
    let columns = i64::from(vessel.kind.columns);
    if vessel.kind.columns == 1 || (draw.chance(8) && hand.channels == 8) {
        return String::new();
    }
    let beyond = i64::from(draw.chance(2));
    let first = draw.between(1, columns + beyond);
    if hand.channels == 8 || draw.chance(15) {
        let second = draw.between(1, columns);
        return if first == second || draw.chance(50) {
            format!("columns = [{first}]\n")
        } else {
            format!("columns = [{first}, {second}]\n")
        };
    }
    let letters = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let rows = usize::from(vessel.kind.rows.min(8));
    let row = letters.get(draw.below(rows)).copied().unwrap_or("A");
    let other = letters.get(draw.below(rows)).copied().unwrap_or("A");
    match draw.below(4) {
        0 => format!("wells = [\"{row}{first}\"]\n"),
        1 => format!("wells = [\"A1\", \"{row}{first}\"]\n"),
        _ => format!("wells = \"{row}{first}:{other}{first}\"\n"),
    }
}

fn handling(draw: &mut Draw, set: &Setting, hand: Hand, tips: &[&str], mixes: &[&str], level: i64) -> String {
    let mut out = format!("pipette = \"{}\"\n", hand.name);
    let _ = match draw.chance(85) {
        true => writeln!(out, "tips = \"{}\"", draw.of(tips)),
        false => Ok(()),
    };
    if !set.classes.is_empty() && draw.chance(40) {
        let _ = writeln!(out, "class = \"{}\"", draw.of(&set.classes));
    }
    for mix in mixes {
        if draw.chance(25) {
            let _ = writeln!(out, "{mix} = {}", strokes(draw, hand, level));
        }
    }
    out
}

fn strokes(draw: &mut Draw, hand: Hand, level: i64) -> String {
    let amount = near(draw, level.min(hand.most)).clamp(hand.least, hand.most);
    format!(
        "{{ times = {}, volume = \"{}\" }}",
        draw.between(1, 4),
        volume(amount)
    )
}

/// A volume for this pipette, near what the source gives or the target takes.
fn amount(draw: &mut Draw, hand: Hand, least: i64, most: i64) -> i64 {
    let limit = least.min(most).min(hand.most).max(hand.least);
    let found = near(draw, limit);
    if draw.chance(3) {
        found
    } else {
        found.clamp(hand.least, hand.most)
    }
}

fn room(vessel: &Vessel) -> i64 {
    vessel.kind.capacity - vessel.level
}

fn spare(vessel: &Vessel) -> i64 {
    vessel.level - vessel.kind.dead - 30
}

fn raise(set: &mut Setting, at: usize, by: i64) {
    if let Some(vessel) = set.vessels.get_mut(at) {
        vessel.level += by;
    }
}

const PLATE: fn(&Vessel) -> bool = |v| v.plates > 0 && !v.kind.agar;
const FULL: fn(&Vessel) -> bool = |v| !v.kind.agar && v.level > v.kind.dead * 2;

fn distribute(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let from = index(draw, set, |v| FULL(v) && (v.plates <= 1))?;
    let to = index(draw, set, PLATE)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let hand = hand(draw, set, &[&source, &target]);
    let by = amount(draw, hand, spare(&source), room(&target));
    let mut out = format!(
        "do = \"distribute\"\nfrom = \"{}\"\nto = \"{}\"\nvolume = \"{}\"\n",
        source.name,
        target.name,
        volume(by)
    );
    out.push_str(&wells(draw, &target, hand));
    if source.kind.columns > 1 && draw.chance(50) {
        let _ = writeln!(out, "from_well = \"A{}\"", draw.between(1, 3));
    }
    let mixes: &[&str] = if draw.chance(20) { &["mix_after"] } else { &[] };
    out.push_str(&handling(
        draw,
        set,
        hand,
        &["shared", "new", "per_plate"],
        mixes,
        target.level + by,
    ));
    if draw.chance(30) {
        out.push_str("contact = true\n");
    }
    if draw.chance(25) {
        let _ = writeln!(
            out,
            "excess = \"{}\"",
            volume(draw.between(hand.least, hand.most / 3))
        );
    }
    raise(set, to, by);
    Some(out)
}

fn two(draw: &mut Draw, set: &Setting) -> Option<(usize, usize)> {
    let from = index(draw, set, |v| FULL(v) && v.plates > 0)?;
    let name = set.vessels.get(from)?.name.clone();
    let count = set.vessels.get(from)?.plates;
    let to = index(draw, set, |v| {
        PLATE(v) && v.name != name && (count == 1 || v.plates == count)
    })?;
    Some((from, to))
}

fn transfer(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let (from, to) = two(draw, set)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let hand = hand(draw, set, &[&source, &target]);
    let by = amount(draw, hand, spare(&source), room(&target));
    let mut out = format!(
        "do = \"transfer\"\nfrom = \"{}\"\nto = \"{}\"\nvolume = \"{}\"\n",
        source.name,
        target.name,
        volume(by)
    );
    out.push_str(&wells(draw, &source, hand));
    if draw.chance(15) {
        out.push_str("reverse_columns_on = [1]\n");
    }
    let words = ["new", "new", "new", "per_source", "per_plate", "shared"];
    out.push_str(&handling(
        draw,
        set,
        hand,
        &words,
        &["mix_before", "mix_after"],
        source.level.min(target.level + by),
    ));
    raise(set, from, -by);
    raise(set, to, by);
    Some(out)
}

fn well(draw: &mut Draw, vessel: &Vessel) -> String {
    let letters = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let row = letters
        .get(draw.below(usize::from(vessel.kind.rows.min(8))))
        .copied()
        .unwrap_or("A");
    format!("{row}{}", draw.between(1, i64::from(vessel.kind.columns)))
}

fn listed(draw: &mut Draw, set: &mut Setting, id: &str) -> Option<String> {
    let from = index(draw, set, |v| FULL(v) && v.plates <= 1)?;
    let name = set.vessels.get(from)?.name.clone();
    let to = index(draw, set, |v| PLATE(v) && v.plates == 1 && v.name != name)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let hand = HANDS[1];
    let mut list = "from,to,volume\n".to_owned();
    for _ in 0..draw.between(1, 6) {
        let by = amount(draw, hand, spare(&source), room(&target));
        let (a, b) = (well(draw, &source), well(draw, &target));
        let a = if source.plates == 0 { "A1".to_owned() } else { a };
        let _ = writeln!(list, "{a},{b},{}", volume(by));
    }
    set.files.insert(format!("{id}.csv"), list);
    let mut out = format!(
        "do = \"transfer\"\nfrom = \"{}\"\nto = \"{}\"\nlist = \"{id}.csv\"\n",
        source.name, target.name
    );
    let words = ["new", "new", "per_source", "per_plate", "shared"];
    out.push_str(&handling(
        draw,
        set,
        hand,
        &words,
        &["mix_before", "mix_after"],
        source.level,
    ));
    Some(out)
}

fn consolidate(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let from = index(draw, set, |v| FULL(v) && v.plates > 0)?;
    let name = set.vessels.get(from)?.name.clone();
    let to = index(draw, set, |v| v.name != name && v.plates <= 1 && !v.kind.agar)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let hand = hand(draw, set, &[&source, &target]);
    let by = amount(draw, hand, spare(&source), room(&target));
    let mut out = format!(
        "do = \"consolidate\"\nfrom = \"{}\"\nto = \"{}\"\nvolume = \"{}\"\n",
        source.name,
        target.name,
        volume(by)
    );
    out.push_str(&wells(draw, &source, hand));
    if target.kind.columns > 1 && draw.chance(50) {
        let at = if hand.channels == 8 || target.plates == 0 {
            format!("A{}", draw.between(1, i64::from(target.kind.columns)))
        } else {
            well(draw, &target)
        };
        let _ = writeln!(out, "to_well = \"{at}\"");
    }
    out.push_str(&handling(
        draw,
        set,
        hand,
        &["new", "per_plate", "shared"],
        &["mix_before", "mix_after"],
        source.level,
    ));
    raise(set, from, -by);
    Some(out)
}

fn stamp(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let (from, to) = two(draw, set)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let sizes = (source.kind.rows, target.kind.rows);
    if !matches!(sizes, (8, 16) | (16, 8)) && !draw.chance(5) {
        return None;
    }
    let hand = hand(draw, set, &[&source, &target]);
    let by = amount(draw, hand, spare(&source), room(&target));
    let mut out = format!(
        "do = \"stamp\"\nfrom = \"{}\"\nto = \"{}\"\nvolume = \"{}\"\n",
        source.name,
        target.name,
        volume(by)
    );
    if draw.chance(60) {
        let _ = writeln!(out, "quadrant = {}", draw.between(1, 4));
    }
    out.push_str(&handling(
        draw,
        set,
        hand,
        &["new"],
        &["mix_before", "mix_after"],
        source.level.min(by),
    ));
    raise(set, from, -by);
    raise(set, to, by);
    Some(out)
}

fn dilute(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| PLATE(v) && FULL(v))?;
    let vessel = set.vessels.get(at)?.clone();
    let hand = hand(draw, set, &[&vessel]);
    let by = amount(draw, hand, spare(&vessel), room(&vessel));
    let columns = i64::from(vessel.kind.columns);
    let first = draw.between(1, columns - 2);
    let list = match draw.below(3) {
        0 => format!("[{first}, {}]", first + 1),
        1 => format!("[{first}, {}, {}]", first + 1, first + 2),
        _ => format!("[{}, {}]", first + 2, first),
    };
    let mut out = format!(
        "do = \"dilute\"\neach = \"{}\"\ncolumns = {list}\nvolume = \"{}\"\n",
        vessel.name,
        volume(by)
    );
    let pieces: Vec<String> = set
        .vessels
        .iter()
        .filter(|v| v.plates == 0)
        .map(|v| v.name.clone())
        .collect();
    if let Some(piece) = pieces.get(draw.below(pieces.len())).filter(|_| draw.chance(40)) {
        let _ = writeln!(out, "discard = \"{piece}\"");
    }
    let _ = writeln!(out, "mix_after = {}", strokes(draw, hand, vessel.level));
    out.push_str(&handling(
        draw,
        set,
        hand,
        &["new", "per_plate"],
        &[],
        vessel.level,
    ));
    Some(out)
}

fn mix(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| PLATE(v) && FULL(v))?;
    let vessel = set.vessels.get(at)?.clone();
    let hand = hand(draw, set, &[&vessel]);
    let by = amount(draw, hand, spare(&vessel), hand.most);
    let mut out = format!(
        "do = \"mix\"\neach = \"{}\"\ntimes = {}\nvolume = \"{}\"\n",
        vessel.name,
        draw.between(1, 3),
        volume(by)
    );
    out.push_str(&wells(draw, &vessel, hand));
    out.push_str(&handling(draw, set, hand, &["new"], &[], vessel.level));
    Some(out)
}

fn spot(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let from = index(draw, set, |v| PLATE(v) && FULL(v) && v.plates == 1)?;
    let to = index(draw, set, |v| v.kind.agar)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let hand = if draw.chance(10) { HANDS[0] } else { HANDS[1] };
    let limit = draw.of(&[50, 50, 90, 90, 90, 100, 110]);
    let by = amount(draw, hand, spare(&source), limit);
    let mut out = format!(
        "do = \"spot\"\nfrom = \"{}\"\nto = \"{}\"\nvolume = \"{}\"\n",
        source.name,
        target.name,
        volume(by)
    );
    out.push_str(&wells(draw, &source, hand));
    out.push_str(&handling(
        draw,
        set,
        hand,
        &["new"],
        &["mix_before"],
        source.level,
    ));
    Some(out)
}

fn colonies(draw: &mut Draw, set: &mut Setting, id: &str) -> Option<String> {
    let from = index(draw, set, |v| v.kind.agar)?;
    let to = index(draw, set, |v| PLATE(v) && FULL(v) && v.plates == 1)?;
    let (source, target) = (set.vessels.get(from)?.clone(), set.vessels.get(to)?.clone());
    let mut list = "x,y,to\n".to_owned();
    for _ in 0..draw.between(1, 4) {
        let to = well(draw, &target);
        let _ = writeln!(list, "{},{},{to}", draw.between(5, 123), draw.between(5, 81));
    }
    set.files.insert(format!("{id}.csv"), list);
    let hand = HANDS[1];
    let mut out = format!(
        "do = \"pick_colonies\"\nfrom = \"{}\"\nto = \"{}\"\nlist = \"{id}.csv\"\nmix_after = {}\n",
        source.name,
        target.name,
        strokes(draw, hand, target.level)
    );
    out.push_str(&handling(draw, set, hand, &["new"], &[], target.level));
    Some(out)
}

fn by_hand(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, PLATE)?;
    let vessel = set.vessels.get(at)?.clone();
    let from = index(draw, set, |v| v.plates == 0);
    let piece = from.and_then(|f| set.vessels.get(f)).map(|v| v.name.clone());
    let hand = hand(draw, set, &[&vessel]);
    let by = amount(draw, hand, hand.most, room(&vessel));
    let put = if hand.channels == 8 {
        format!("A{}", draw.between(1, i64::from(vessel.kind.columns)))
    } else {
        well(draw, &vessel)
    };
    let height = |draw: &mut Draw| {
        if draw.chance(25) {
            format!(", height = \"{}.{} mm\"", draw.between(0, 5), draw.between(1, 9))
        } else {
            String::new()
        }
    };
    let mut moves = vec!["\"pick_up_tip\"".to_owned()];
    let source = match &piece {
        Some(piece) if draw.chance(70) => format!("piece = \"{piece}\", well = \"A1\""),
        _ => format!("well = \"{put}\""),
    };
    moves.push(format!(
        "{{ aspirate = {{ {source}, volume = \"{}\"{} }} }}",
        volume(by),
        height(draw)
    ));
    if draw.chance(30) {
        moves.push(format!(
            "{{ air_gap = {{ well = \"{put}\", volume = \"{}\" }} }}",
            volume(draw.between(5, 200))
        ));
    }
    if draw.chance(20) {
        moves.push(format!("{{ delay = \"{} s\" }}", draw.between(1, 5)));
    }
    let least = by.min(draw.of(&[by, by, by / 2, by + 10]));
    moves.push(format!(
        "{{ dispense = {{ well = \"{put}\", volume = \"{}\"{} }} }}",
        volume(least),
        height(draw)
    ));
    if draw.chance(25) {
        moves.push(format!(
            "{{ mix = {{ well = \"{put}\", times = 2, volume = \"{}\" }} }}",
            volume(by)
        ));
    }
    if draw.chance(20) {
        moves.push(format!("{{ touch_tip = {{ well = \"{put}\" }} }}"));
    }
    if draw.chance(30) {
        moves.push(format!("{{ blow_out = {{ well = \"{put}\" }} }}"));
    }
    if draw.chance(10) {
        let at = 1 + draw.below(moves.len() - 1);
        moves.remove(at);
    }
    if draw.chance(10) {
        let again = moves.get(draw.below(moves.len())).cloned().unwrap_or_default();
        moves.push(again);
    }
    if draw.chance(90) {
        moves.push("\"drop_tip\"".to_owned());
    }
    let mut out = format!(
        "do = \"pipette\"\neach = \"{}\"\npipette = \"{}\"\n",
        vessel.name, hand.name
    );
    if !set.classes.is_empty() && draw.chance(20) {
        let _ = writeln!(out, "class = \"{}\"", draw.of(&set.classes));
    }
    let _ = writeln!(out, "moves = [\n  {},\n]", moves.join(",\n  "));
    Some(out)
}

fn incubate(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get(at)?;
    Some(format!(
        "do = \"incubate\"\neach = \"{}\"\nat = \"incubator\"\nfor = \"{} min\"\nshake = {}\n",
        vessel.name,
        draw.between(5, 60),
        draw.chance(50)
    ))
}

fn lids(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let at = index(draw, set, |v| v.plates > 0 && v.kind.lid)?;
    let vessel = set.vessels.get_mut(at)?;
    vessel.lidded = !vessel.lidded;
    if vessel.lidded {
        return Some(format!("do = \"lid\"\neach = \"{}\"\n", vessel.name));
    }
    let to = draw.of(&["\"lids\"", "\"lid-1\"", "\"lid-2\"", "[\"lid-1\", \"lid-2\"]"]);
    Some(format!("do = \"unlid\"\neach = \"{}\"\nto = {to}\n", vessel.name))
}

fn relocate(draw: &mut Draw, set: &mut Setting) -> Option<String> {
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

fn operator(draw: &mut Draw, set: &mut Setting) -> Option<String> {
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
        return Some(format!("do = \"replace\"\npiece = \"{piece}\"\n"));
    }
    let at = index(draw, set, |v| v.plates > 0)?;
    let vessel = set.vessels.get_mut(at)?;
    let word = if vessel.away { "load" } else { "empty" };
    let word = if draw.chance(15) { "load" } else { word };
    vessel.away = word == "empty";
    Some(format!("do = \"{word}\"\neach = \"{}\"\n", vessel.name))
}

fn prompt(draw: &mut Draw, set: &mut Setting, id: &str) -> Option<String> {
    Some(match draw.below(4) {
        0 => "do = \"prompt\"\ntext = \"Go on?\"\n".to_owned(),
        1 => "do = \"prompt\"\ntext = \"Note?\"\nanswer = \"text\"\n".to_owned(),
        _ => {
            set.asked.push(id.to_owned());
            "do = \"prompt\"\ntext = \"How many?\"\nanswer = \"number\"\nmin = 1\nmax = 9\n".to_owned()
        }
    })
}

fn read(draw: &mut Draw, set: &mut Setting) -> Option<String> {
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

fn wait(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let each = index(draw, set, |v| v.plates > 0).filter(|_| draw.chance(60));
    let each = each
        .and_then(|i| set.vessels.get(i))
        .map_or_else(String::new, |v| format!("each = \"{}\"\n", v.name));
    Some(format!(
        "do = \"wait\"\n{each}for = \"{} min\"\n",
        draw.between(1, 20)
    ))
}

fn station(draw: &mut Draw, set: &mut Setting) -> Option<String> {
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
