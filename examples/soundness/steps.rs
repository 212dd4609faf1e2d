//! Protocols from nothing: what is done.

use super::draw::Draw;
use super::lines::{line, washing};
use super::manner::{manner, repeated, unbroken};
use super::plate_steps::{incubate, lids, operator, prompt, read, relocate, station, wait};
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

/// Of the rig with a probe.
const NEEDLE: Hand = Hand {
    name: "needle",
    channels: 1,
    least: 50,
    most: 4500,
};

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

/// Writes one step, of a kind that fits what stands there; now and then some that nothing comes between.
pub fn step(draw: &mut Draw, set: &mut Setting) {
    if set.rig != RigKind::Probe && draw.chance(6) {
        let Some(bodies) = unbroken(draw, set) else { return };
        let name = format!("together-{}", set.steps.len());
        let mut before: Option<String> = None;
        for body in bodies {
            let close = match before.filter(|_| draw.chance(40)) {
                Some(before) => format!("after = {{ step = \"{before}\", at_most = \"10 min\" }}\n"),
                None => String::new(),
            };
            before = Some(write(set, &format!("unbroken = \"{name}\"\n{close}"), &body));
        }
        return;
    }
    let id = format!("s{}", set.steps.len() + 1);
    let stations = match set.rig {
        RigKind::Build => 36,
        _ => 28,
    };
    let kind = match set.rig {
        // There is neither incubator nor reader.
        RigKind::Probe if draw.chance(25) => return write_drawn(draw, set, line),
        RigKind::Probe => draw.of(&[0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 14, 18, 21, 22, 23, 24, 27, 20]),
        _ => draw.below(stations),
    };
    let Some(body) = (match kind {
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
    let body = match draw.chance(12) {
        true => repeated(draw, &body).unwrap_or(body),
        false => body,
    };
    let manner = manner(draw, set);
    write(set, &manner, &body);
}

/// A step of one kind.
pub fn write_drawn(draw: &mut Draw, set: &mut Setting, kind: fn(&mut Draw, &mut Setting) -> Option<String>) {
    if let Some(body) = kind(draw, set) {
        let manner = manner(draw, set);
        write(set, &manner, &body);
    }
}

/// Writes a step; returns its name.
pub fn write(set: &mut Setting, manner: &str, body: &str) -> String {
    let id = format!("s{}", set.steps.len() + 1);
    let _ = writeln!(set.text, "\n[[steps]]\nid = \"{id}\"\n{manner}{body}");
    set.steps.push(id.clone());
    id
}

fn hand(draw: &mut Draw, set: &Setting, vessels: &[&Vessel]) -> Hand {
    let wide = vessels
        .iter()
        .all(|v| matches!(v.kind.rows, 1 | 8 | 16) || (v.kind.agar && draw.chance(70)));
    let single = if set.rig == RigKind::Probe {
        NEEDLE
    } else {
        HANDS[1]
    };
    let large = if set.rig == RigKind::Probe { 12 } else { 65 };
    if wide && draw.chance(large) {
        HANDS[0]
    } else if wide || draw.chance(95) {
        single
    } else {
        HANDS[0]
    }
}

/// A pipette with one channel.
fn single(set: &Setting) -> Hand {
    if set.rig == RigKind::Probe {
        NEEDLE
    } else {
        HANDS[1]
    }
}

pub fn index(draw: &mut Draw, set: &Setting, fits: impl Fn(&Vessel) -> bool) -> Option<usize> {
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
    if hand.name == NEEDLE.name && draw.chance(25) {
        out.push_str(&washing(draw));
    }
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

pub const PLATE: fn(&Vessel) -> bool = |v| v.plates > 0 && !v.kind.agar;
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
    let hand = single(set);
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
