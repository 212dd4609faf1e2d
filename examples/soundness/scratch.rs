//! Protocols from nothing: what stands on the rig. What is done with it is in `steps`.

use super::draw::Draw;
use super::rigs::{Case, RigKind};
use super::{lines, manner, steps};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A kind of labware, with what the drawing of volumes needs. Volumes are in tenths of a microlitre.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kind {
    /// Its definition.
    pub name: &'static str,
    /// Rows of wells.
    pub rows: u8,
    /// Columns of wells.
    pub columns: u8,
    /// Of one well.
    pub capacity: i64,
    /// What stays.
    pub dead: i64,
    /// Whether a lid fits.
    pub lid: bool,
    /// Whether it is agar.
    pub agar: bool,
}

const fn kind(name: &'static str, rows: u8, columns: u8, capacity: i64, dead: i64, lid: bool) -> Kind {
    Kind {
        name,
        rows,
        columns,
        capacity,
        dead,
        lid,
        agar: false,
    }
}

const PLATES: [Kind; 9] = [
    kind("plate-96-flat", 8, 12, 3600, 50, true),
    kind("plate-96-flat", 8, 12, 3600, 50, true),
    kind("plate-96-u", 8, 12, 3200, 50, true),
    kind("plate-96-v", 8, 12, 3000, 50, true),
    kind("plate-96-pcr", 8, 12, 2000, 50, false),
    kind("plate-96-deep-2ml", 8, 12, 20000, 200, false),
    kind("plate-96-deep-1ml", 8, 12, 10000, 200, false),
    kind("plate-384-flat", 16, 24, 1120, 50, true),
    kind("plate-24-flat", 4, 6, 34000, 500, true),
];
const AGAR: Kind = Kind {
    name: "agar-tray",
    rows: 1,
    columns: 1,
    capacity: 200_000,
    dead: 0,
    lid: true,
    agar: true,
};
const RESERVOIRS: [Kind; 3] = [
    kind("reservoir-1", 1, 1, 1_950_000, 100_000, false),
    kind("reservoir-4", 1, 4, 450_000, 20_000, false),
    kind("reservoir-12", 1, 12, 150_000, 10_000, false),
];
const TUBES: [Kind; 3] = [
    kind("tuberack-24-2ml", 4, 6, 20000, 200, false),
    kind("tuberack-15-15ml", 3, 5, 150_000, 2000, false),
    kind("cryorack-96-1ml", 8, 12, 10000, 200, false),
];

/// Something that holds liquid.
#[derive(Debug, Clone, Default)]
pub struct Vessel {
    /// Its name in the file.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Plates of the group; 0 of a piece.
    pub plates: usize,
    /// What is in a well that holds something, about; in tenths of a microlitre.
    pub level: i64,
    /// Whether lids are on.
    pub lidded: bool,
    /// Whether seals are on.
    pub sealed: bool,
    /// Whether it names a barcode.
    pub barcode: bool,
    /// Whether a person has yet to bring it.
    pub away: bool,
}

/// A protocol while it is drawn.
#[derive(Debug, Default)]
pub struct Setting {
    /// The rig.
    pub rig: RigKind,
    /// The file so far.
    pub text: String,
    /// Files that it names.
    pub files: BTreeMap<String, String>,
    /// Plates and pieces with liquid.
    pub vessels: Vec<Vessel>,
    /// Liquid classes.
    pub classes: Vec<&'static str>,
    /// Names of the tip racks' pieces.
    pub tips: Vec<&'static str>,
    /// Steps so far.
    pub steps: Vec<String>,
    /// Prompts that ask for a number.
    pub asked: Vec<String>,
    fixed: Vec<i64>,
    moved: Vec<i64>,
    lids: i64,
}

/// "12.3 uL" of tenths of a microlitre.
pub fn volume(tenths: i64) -> String {
    let tenths = tenths.max(1);
    if tenths % 10 == 0 {
        format!("{} uL", tenths / 10)
    } else {
        format!("{}.{} uL", tenths / 10, tenths % 10)
    }
}

/// A number near its limit, or somewhere below.
pub fn near(draw: &mut Draw, limit: i64) -> i64 {
    match draw.below(10) {
        0..=2 => limit,
        3 => limit - 1,
        4 => limit + 1,
        5 => limit + limit / 10,
        6 => limit * 9 / 10,
        _ => draw.between(limit / 8, limit),
    }
}

impl Setting {
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    /// A deck slot for something that stays.
    fn slot(&mut self, draw: &mut Draw) -> String {
        if draw.chance(2) {
            return format!("deck-{}", draw.between(1, 12));
        }
        let found = self.fixed.pop().or_else(|| self.moved.pop());
        format!("deck-{}", found.unwrap_or(9))
    }

    /// A deck slot that the mover reaches.
    fn work(&mut self, draw: &mut Draw) -> String {
        if draw.chance(2) {
            return format!("deck-{}", draw.between(1, 12));
        }
        let found = self.moved.pop().or_else(|| self.fixed.pop());
        format!("deck-{}", found.unwrap_or(8))
    }
}

/// A protocol.
pub fn protocol(draw: &mut Draw) -> Case {
    let rig = match draw.below(20) {
        0..=9 => RigKind::Build,
        10..=15 => RigKind::Demo,
        _ => RigKind::Probe,
    };
    let (fixed, moved) = match rig {
        RigKind::Demo => (vec![11, 7, 6, 5, 4, 3, 2, 1], vec![8, 9, 10]),
        RigKind::Probe => (vec![7, 6, 5, 4, 3, 2, 1], vec![8, 9, 10]),
        _ => (Vec::new(), draw.shuffled(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])),
    };
    let mut set = Setting {
        rig,
        fixed,
        moved,
        lids: draw.between(1, 2),
        ..Setting::default()
    };
    set.say("[protocol]\nname = \"drawn\"\nlanguage = 1\n");
    set.say("[liquids.medium]\n[liquids.buffer]\n[liquids.dye]");
    classes(draw, &mut set);
    layouts(draw, &mut set);
    for _ in 0..draw.between(1, 2) {
        plates(draw, &mut set);
    }
    if draw.chance(15) {
        agar(draw, &mut set);
    }
    for _ in 0..draw.between(1, 2) {
        reservoir(draw, &mut set);
    }
    if draw.chance(30) {
        tubes(draw, &mut set);
    }
    tips(draw, &mut set);
    if rig == RigKind::Probe && draw.chance(93) {
        let body = lines::prime(draw);
        steps::write(&mut set, "", &body);
    }
    if draw.chance(8) {
        brought(draw, &mut set);
    }
    for _ in 0..draw.between(1, 6) {
        steps::step(draw, &mut set);
    }
    if set.steps.is_empty() {
        steps::step(draw, &mut set);
    }
    let mut case = Case {
        seed: 0,
        rig,
        text: set.text,
        files: set.files,
        parameters: BTreeMap::new(),
        scratch: true,
        work_limit: None,
    };
    manner::parameters(draw, &mut case);
    case
}

/// Plates that a person brings only in the run.
fn brought(draw: &mut Draw, set: &mut Setting) {
    let Some(at) = steps::index(draw, set, |v| v.plates > 0) else {
        return;
    };
    let name = set.vessels.get(at).map(|v| v.name.clone()).unwrap_or_default();
    let mut body = format!("do = \"load\"\neach = \"{name}\"\n");
    if draw.chance(50) {
        let _ = writeln!(body, "between = [\"{} min\", \"2 h\"]", draw.between(0, 40));
    }
    steps::write(set, "", &body);
}

fn classes(draw: &mut Draw, set: &mut Setting) {
    for name in ["thick", "volatile"] {
        if !draw.chance(30) {
            continue;
        }
        set.classes.push(name);
        set.say(&format!("\n[classes.{name}]"));
        let settings = [
            format!("air_gap = \"{}\"", volume(draw.between(5, 250))),
            format!("pre_wet = {}", draw.between(0, 4)),
            "touch_tip = true".to_owned(),
            "blow_out = true".to_owned(),
            format!("aspirate_delay = \"{} s\"", draw.between(1, 5)),
            format!("dispense_delay = \"{} s\"", draw.between(1, 5)),
            format!("aspirate_flow = \"{} uL/s\"", draw.between(3, 90)),
            format!("retract = \"{} mm/s\"", draw.between(2, 40)),
            format!(
                "correction = [[\"5 uL\", \"{}\"], [\"100 uL\", \"{}\"]]",
                volume(draw.between(45, 60)),
                volume(draw.between(900, 1100))
            ),
        ];
        for setting in settings {
            if draw.chance(30) {
                set.say(&setting);
            }
        }
    }
}

fn layouts(draw: &mut Draw, set: &mut Setting) {
    for (name, rows, columns, strains) in [("strains", 8, 12, true), ("parts", 8, 12, false)] {
        set.say(&format!("\n[layouts.{name}]"));
        if strains {
            set.say("references = [\"parent\"]\nblanks = [\"blank\"]");
        } else {
            set.say("names = \"liquids\"");
        }
        set.say("wells = [");
        let full = draw.chance(50);
        for row in 0..rows {
            let mut line = Vec::new();
            for column in 0..columns {
                let number = row * columns + column;
                line.push(match (strains, number) {
                    (true, 0) => "parent".to_owned(),
                    (true, 1) => "blank".to_owned(),
                    _ if !full && draw.chance(40) => "-".to_owned(),
                    (true, _) => format!("S{number:03}"),
                    (false, _) => format!("part{}", number % 40),
                });
            }
            set.say(&format!("  \"{}\",", line.join(" ")));
        }
        set.say("]");
    }
}

fn plates(draw: &mut Draw, set: &mut Setting) {
    let name = ["alpha", "beta", "gamma"]
        .get(set.vessels.len())
        .copied()
        .unwrap_or("delta");
    let kind = draw.of(&PLATES);
    let counted = draw.chance(35);
    let count = if counted { draw.between(1, 3) } else { 1 };
    let mut vessel = Vessel {
        name: name.into(),
        kind,
        plates: usize::try_from(count).unwrap_or(1),
        lidded: if kind.lid { draw.chance(40) } else { draw.chance(2) },
        ..Vessel::default()
    };
    vessel.sealed = !vessel.lidded && set.rig == RigKind::Build && draw.chance(8);
    set.say(&format!("\n[plates.{name}]\nlabware = \"{}\"", kind.name));
    if counted {
        set.say(&format!("count = {count}"));
    }
    let work = set.work(draw);
    let lid = format!("lid-{}", set.lids);
    set.lids = 3 - set.lids;
    let lid = if vessel.lidded && !draw.chance(5) {
        format!(", lid = \"{lid}\"")
    } else {
        String::new()
    };
    if count == 1 && draw.chance(40) {
        set.say(&format!("at = \"{work}\""));
        if vessel.lidded || draw.chance(20) {
            set.say(&format!("work = {{ at = \"{work}\"{lid} }}"));
        }
    } else {
        let mut home = draw.of(&["hotel", "hotel", "hotel", "hotel-3", "hotel-3", "cold-1"]);
        if set.rig == RigKind::Probe && home == "cold-1" {
            home = "hotel-2";
        }
        let home = if draw.chance(4) { "incubator" } else { home };
        let home = if count > 1 && home != "incubator" {
            "hotel"
        } else {
            home
        };
        set.say(&format!("at = \"{home}\"\nwork = {{ at = \"{work}\"{lid} }}"));
        if draw.chance(25) {
            set.say("rest = \"incubator\"");
        }
        if draw.chance(5) {
            let minutes = draw.between(5, 200);
            set.say(&format!("out_at_most = \"{minutes} min\""));
        }
    }
    set.say(&format!("lidded = {}", vessel.lidded));
    if vessel.sealed {
        set.say("sealed = true");
    }
    if draw.chance(40) {
        vessel.barcode = true;
        let number = if counted { "-{n}" } else { "" };
        set.say(&format!("barcode = \"{}{number}\"", name.to_uppercase()));
    } else if draw.chance(10) {
        set.say("barcode = { scan = true }");
    }
    if draw.chance(65) {
        let most = draw.of(&[kind.capacity, kind.capacity / 2, kind.capacity / 4, kind.dead * 3]);
        vessel.level = near(draw, most).min(kind.capacity + i64::from(draw.chance(3)));
        let of = draw.below(if kind.rows == 8 { 4 } else { 2 });
        match of {
            0 | 1 => set.say("liquid = \"medium\""),
            2 => set.say("layout = \"strains\"\nliquid = \"medium\"\nod = 0.5"),
            // Names that are liquids need no other.
            _ if draw.chance(15) => set.say("layout = \"parts\""),
            _ => set.say("layout = \"parts\"\nliquid = \"medium\""),
        }
        let text = volume(vessel.level);
        set.say(&format!("volume = \"{text}\""));
    }
    set.vessels.push(vessel);
}

fn agar(draw: &mut Draw, set: &mut Setting) {
    let work = set.work(draw);
    let lidded = draw.chance(30);
    set.say("\n[plates.agar]\nlabware = \"agar-tray\"");
    if draw.chance(50) && !lidded {
        set.say(&format!("at = \"{work}\""));
    } else {
        let lid = if lidded { ", lid = \"lid-1\"" } else { "" };
        set.say(&format!(
            "at = \"hotel\"\nwork = {{ at = \"{work}\"{lid} }}\nlidded = {lidded}"
        ));
    }
    set.vessels.push(Vessel {
        name: "agar".into(),
        kind: AGAR,
        plates: 1,
        lidded,
        ..Vessel::default()
    });
}

fn reservoir(draw: &mut Draw, set: &mut Setting) {
    let name = if set.vessels.iter().any(|v| v.name == "trough") {
        "pool"
    } else {
        "trough"
    };
    let kind = draw.of(&RESERVOIRS);
    let at = set.slot(draw);
    set.say(&format!(
        "\n[pieces.{name}]\nlabware = \"{}\"\nat = \"{at}\"",
        kind.name
    ));
    let limit = draw.of(&[kind.capacity, kind.capacity / 2, kind.dead * 2]);
    let level = near(draw, limit).min(kind.capacity + i64::from(draw.chance(3)));
    let told = draw.chance(75);
    let volume = if told {
        format!("volume = \"{}\"", volume(level))
    } else {
        String::new()
    };
    set.say(&format!("liquid = \"buffer\"\n{volume}"));
    if kind.columns > 1 {
        for column in 2..=kind.columns {
            if draw.chance(40) {
                let liquid = draw.of(&["medium", "dye", "buffer"]);
                set.say(
                    &format!("wells.A{column} = {{ liquid = \"{liquid}\", {volume} }}").replace(", }", " }"),
                );
            }
        }
    }
    set.vessels.push(Vessel {
        name: name.into(),
        kind,
        level: if told { level } else { kind.capacity },
        ..Vessel::default()
    });
}

fn tubes(draw: &mut Draw, set: &mut Setting) {
    let kind = draw.of(&TUBES);
    let at = set.slot(draw);
    let level = near(draw, kind.capacity / 2);
    set.say(&format!(
        "\n[pieces.tubes]\nlabware = \"{}\"\nat = \"{at}\"",
        kind.name
    ));
    if kind.rows == 8 && draw.chance(60) {
        set.say(&format!("layout = \"parts\"\nvolume = \"{}\"", volume(level)));
    } else {
        for well in ["A1", "B1", "A2", "C3"] {
            if draw.chance(70) {
                let liquid = draw.of(&["medium", "dye", "buffer"]);
                set.say(&format!(
                    "wells.{well} = {{ liquid = \"{liquid}\", volume = \"{}\" }}",
                    volume(level)
                ));
            }
        }
    }
    set.vessels.push(Vessel {
        name: "tubes".into(),
        kind,
        level,
        ..Vessel::default()
    });
}

fn tips(draw: &mut Draw, set: &mut Setting) {
    for (name, rack, chance) in [("large", "tiprack-300", 90), ("small", "tiprack-20", 75)] {
        if !draw.chance(chance) || (set.rig == RigKind::Probe && (name == "small" || draw.chance(40))) {
            continue;
        }
        let count = draw.of(&[1, 1, 2]);
        let mut nests = Vec::new();
        for _ in 0..count {
            let slot = set.slot(draw);
            nests.push(format!("\"{slot}\""));
        }
        set.say(&format!(
            "\n[pieces.{name}]\nlabware = \"{rack}\"\nat = [{}]",
            nests.join(", ")
        ));
        if draw.chance(30) {
            let used = draw.of(&[
                "\"A1:H3\"",
                "[\"A1\", \"B1\"]",
                "\"A1:D12\"",
                "\"H12\"",
                "\"A1:H11\"",
            ]);
            set.say(&format!("used = {used}"));
        }
        set.tips.push(name);
    }
}
