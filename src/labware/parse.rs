//! Reads a labware file.

use super::bottom::{self, Bottom};
use super::limits;
use super::{Form, Geometry, Kind, Labware, Lid, Section, Shape, Tip, opentrons};
use crate::source::{Diagnostic, Document, Severity, SourceFile, Table, Value, closest};
use crate::units::{Absorbance, Length, Quantity, Volume};
use std::collections::BTreeMap;
use std::ops::Range;

/// Most sections of a well.
const MOST_SECTIONS: usize = 32;

/// Text in; the definition and every problem out. The definition is there when no error is. A file whose name ends
/// in `.json` is read in the [Opentrons format](opentrons), any other as TOML.
pub fn parse(file: &SourceFile) -> (Option<Labware>, Vec<Diagnostic>) {
    if opentrons::is_json(&file.name) {
        let (found, diagnostics) = opentrons::parse(file);
        return (found.map(|definition| definition.labware), diagnostics);
    }
    let document = Document::parse(file);
    let mut places = Places::default();
    let labware = read(&document, &mut places);
    if let Some(labware) = &labware {
        for problem in limits::judge(labware) {
            document
                .reporter()
                .error(problem.code, places.of(problem.key), problem.message);
        }
    }
    let found = document.reporter().take();
    let sound = found.iter().all(|d| d.severity != Severity::Error);
    (labware.filter(|_| sound), found)
}

/// Where keys stand, for problems that are seen later.
#[derive(Default)]
struct Places(BTreeMap<String, Range<usize>>);

impl Places {
    fn note(&mut self, value: &Value<'_>) {
        self.0.insert(value.path.clone(), value.span.clone());
    }
    fn of(&self, key: &str) -> Range<usize> {
        let table = key.split('.').next().unwrap_or(key);
        let place = self.0.get(key).or_else(|| self.0.get(table));
        place.cloned().unwrap_or(0..0)
    }
}

/// A table being read, with the places of what was read.
struct Part<'a, 'p> {
    table: Table<'a>,
    places: &'p mut Places,
}

impl<'a, 'p> Part<'a, 'p> {
    fn need(root: &mut Table<'a>, key: &str, places: &'p mut Places) -> Option<Self> {
        let value = root.need(key)?;
        places.note(&value);
        Some(Self {
            table: value.table()?,
            places,
        })
    }
    fn get(&mut self, key: &str) -> Option<Value<'a>> {
        let value = self.table.get(key)?;
        self.places.note(&value);
        Some(value)
    }
    fn must(&mut self, key: &str) -> Option<Value<'a>> {
        let value = self.table.need(key)?;
        self.places.note(&value);
        Some(value)
    }
    fn quantity<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        self.must(key)?.quantity()
    }
    fn pair(&mut self, key: &str) -> Option<(Length, Length)> {
        pair(&self.must(key)?)
    }
    fn count(&mut self, key: &str) -> Option<u8> {
        let value = self.must(key)?;
        let n = value.integer()?;
        let n = u8::try_from(n).ok().filter(|n| (1..=48).contains(n));
        if n.is_none() {
            value.error("labware-size", format!("`{key}` must be from 1 to 48"));
        }
        n
    }
}

fn read(document: &Document<'_>, places: &mut Places) -> Option<Labware> {
    let mut root = document.root();
    let mut head = Part::need(&mut root, "labware", places)?;
    let kind = kind(&head.must("kind")?)?;
    let name = head.must("name").and_then(|v| v.text());
    let title = head.must("title").and_then(|v| v.text());
    let wells = kind != Kind::Adapter;
    let (rows, columns) = if wells {
        (head.count("rows"), head.count("columns"))
    } else {
        (Some(0), Some(0))
    };
    let capacity = if wells && kind != Kind::Waste {
        head.quantity::<Volume>("capacity")
    } else {
        Some(Volume::nl(0))
    };
    let dead_volume = if kind.gives_liquid() {
        head.get("dead_volume").and_then(|v| v.quantity())
    } else {
        None
    };
    let agar = if kind == Kind::AgarPlate {
        Some(head.quantity("agar")?)
    } else {
        None
    };
    let lid = if matches!(kind, Kind::Plate | Kind::AgarPlate) {
        head.get("lid").and_then(|v| v.table()).and_then(lid)
    } else {
        None
    };
    let capacity_tips = if kind == Kind::Waste {
        tips(&mut head)
    } else {
        None
    };
    let fits = if kind == Kind::Adapter {
        head.get("fits").and_then(|v| texts(&v)).unwrap_or_default()
    } else {
        Vec::new()
    };
    let sinks = if wells && kind != Kind::Waste {
        head.get("sinks").and_then(|v| lengths(&v)).unwrap_or_default()
    } else {
        BTreeMap::new()
    };
    head.table.finish();
    let tip = if kind == Kind::TipRack {
        let mut t = Part::need(&mut root, "tip", places)?;
        let tip = Tip {
            length: t.quantity("length")?,
            overlap: t.quantity("overlap")?,
        };
        t.table.finish();
        Some(tip)
    } else {
        None
    };
    let (geometry, sections) = geometry(Part::need(&mut root, "geometry", places)?, kind)?;
    root.finish();
    Some(Labware {
        name: name?,
        title: title?,
        kind,
        rows: rows?,
        columns: columns?,
        capacity: capacity?,
        dead_volume: dead_volume.unwrap_or_default(),
        agar,
        lid,
        tip,
        capacity_tips,
        fits,
        sinks,
        geometry,
        sections,
    })
}

fn kind(value: &Value<'_>) -> Option<Kind> {
    let word = value.text()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word);
    if kind.is_none() {
        let names = Kind::ALL.map(Kind::name);
        let hint = closest(&word, names).map_or_else(
            || format!("use one of {}", names.join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        value.error(
            "labware-kind",
            format!("\"{word}\" is not a kind of labware; {hint}"),
        );
    }
    kind
}

fn lid(mut table: Table<'_>) -> Option<Lid> {
    let height = table.need("height").and_then(|v| v.quantity());
    let rise = table.need("rise").and_then(|v| v.quantity());
    let absorbance = table.need("absorbance").and_then(|v| v.number());
    table.finish();
    Some(Lid {
        height: height?,
        rise: rise?,
        absorbance: Absorbance(absorbance?),
    })
}

fn tips(head: &mut Part<'_, '_>) -> Option<u32> {
    let value = head.get("capacity_tips")?;
    let tips = u32::try_from(value.integer()?).ok().filter(|n| *n > 0);
    if tips.is_none() {
        value.error("labware-range", "`capacity_tips` is a number of tips above 0");
    }
    tips
}

fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    value.list()?.iter().map(Value::text).collect()
}

fn lengths(value: &Value<'_>) -> Option<BTreeMap<String, Length>> {
    let entries = value.table()?.entries();
    entries
        .into_iter()
        .map(|(name, value)| Some((name.value, value.quantity()?)))
        .collect()
}

fn geometry(mut g: Part<'_, '_>, kind: Kind) -> Option<(Geometry, Vec<Section>)> {
    let nothing = Length::um(0);
    let footprint = g.pair("footprint");
    let height = g.quantity("height");
    if kind == Kind::Adapter {
        g.table.finish();
        let geometry = Geometry {
            footprint: footprint?,
            height: height?,
            first_well: (nothing, nothing),
            spacing: (nothing, nothing),
            well_bottom: nothing,
            well_depth: nothing,
            shape: Shape::Rectangular {
                x: nothing,
                y: nothing,
            },
        };
        return Some((geometry, Vec::new()));
    }
    let first_well = g.pair("first_well");
    let spacing = g.pair("spacing");
    let (well_bottom, well_depth) = if kind == Kind::TipRack {
        let mut optional = |key| g.get(key).map_or(Some(nothing), |v| v.quantity());
        (optional("well_bottom"), optional("well_depth"))
    } else {
        (g.quantity("well_bottom"), g.quantity("well_depth"))
    };
    let shape = shape(&mut g);
    let sections = if kind.holds_liquid() {
        inside(&mut g, shape, well_depth)
    } else {
        Some(Vec::new())
    };
    g.table.finish();
    let geometry = Geometry {
        footprint: footprint?,
        height: height?,
        first_well: first_well?,
        spacing: spacing?,
        well_bottom: well_bottom?,
        well_depth: well_depth?,
        shape: shape?,
    };
    Some((geometry, sections?))
}

fn shape(g: &mut Part<'_, '_>) -> Option<Shape> {
    let value = g.must("shape")?;
    match value.text()?.as_str() {
        "circular" => Some(Shape::Circular {
            diameter: g.quantity("diameter")?,
        }),
        "rectangular" => {
            let (x, y) = g.pair("size")?;
            Some(Shape::Rectangular { x, y })
        }
        other => {
            let message = format!("\"{other}\" is not a shape; use circular or rectangular");
            value.error("labware-shape", message);
            None
        }
    }
}

/// The inside of a well: by `sections`, else by `bottom`.
fn inside(g: &mut Part<'_, '_>, shape: Option<Shape>, depth: Option<Length>) -> Option<Vec<Section>> {
    if let Some(value) = g.get("sections") {
        if let Some(bottom) = g.get("bottom") {
            bottom.error(
                "labware-bottom",
                "`sections` say what the bottom is; leave `bottom` out",
            );
        }
        return sections(&value, shape?, depth?);
    }
    let value = g.get("bottom");
    let word = match &value {
        Some(value) => value.text()?,
        None => "flat".to_owned(),
    };
    let bottom = match word.as_str() {
        "flat" => Bottom::Flat,
        "u" => Bottom::U,
        "v" => Bottom::V(g.quantity("bottom_depth")?),
        other => {
            if let Some(value) = value {
                let message =
                    format!("\"{other}\" is not a bottom; use flat, u or v, or describe it by `sections`");
                value.error("labware-bottom", message);
            }
            return None;
        }
    };
    let (shape, depth) = (shape?, depth?);
    match bottom::sections(shape, depth, bottom) {
        Ok(sections) => Some(sections),
        Err(message) => {
            if let Some(value) = value {
                value.error("labware-bottom", message);
            }
            None
        }
    }
}

fn sections(value: &Value<'_>, shape: Shape, depth: Length) -> Option<Vec<Section>> {
    let items = value.list()?;
    if items.is_empty() || items.len() > MOST_SECTIONS {
        value.error(
            "labware-sections",
            format!("a well has 1 to {MOST_SECTIONS} sections"),
        );
        return None;
    }
    let sections: Option<Vec<Section>> = items.iter().map(section).collect();
    let sections = sections?;
    let sum = sections.iter().fold(Length::um(0), |sum, s| sum.plus(s.height));
    if sum != depth {
        let message = format!("the sections are {sum} high together, the well is {depth} deep");
        value.error("labware-sections", message);
        return None;
    }
    let top = match sections.last().map(|s| s.form) {
        Some(Form::Conical { top, .. }) => Some(Shape::Circular { diameter: top }),
        Some(Form::Cuboidal { top: (x, y), .. }) => Some(Shape::Rectangular { x, y }),
        _ => None,
    };
    let single = sections.last().is_some_and(|s| s.count == 1);
    if single && top.is_some_and(|top| top != shape) {
        value.error(
            "labware-sections",
            "the uppermost section does not end as wide as the opening that `shape` gives",
        );
        return None;
    }
    Some(sections)
}

fn section(value: &Value<'_>) -> Option<Section> {
    let mut table = value.table()?;
    let word = table.need("shape")?;
    let height = table.need("height").and_then(|v| v.quantity());
    let length = |table: &mut Table<'_>, key: &str| -> Option<Length> { table.need(key)?.quantity() };
    let form = match word.text()?.as_str() {
        "spherical" => length(&mut table, "radius").map(|radius| Form::Spherical { radius }),
        "conical" => {
            let (bottom, top) = (length(&mut table, "bottom"), length(&mut table, "top"));
            bottom.zip(top).map(|(bottom, top)| Form::Conical { bottom, top })
        }
        "cuboidal" => {
            let mut sides = |key: &str| pair(&table.need(key)?);
            let (bottom, top) = (sides("bottom"), sides("top"));
            bottom
                .zip(top)
                .map(|(bottom, top)| Form::Cuboidal { bottom, top })
        }
        other => {
            let message = format!("\"{other}\" is not a section; use spherical, conical or cuboidal");
            word.error("labware-sections", message);
            return None;
        }
    };
    let count = match table.get("count") {
        None => Some(1),
        Some(count) => {
            let n = u32::try_from(count.integer()?).ok().filter(|n| *n > 0);
            if n.is_none() {
                count.error("labware-range", "`count` is a number above 0");
            }
            n
        }
    };
    table.finish();
    Some(Section {
        form: form?,
        height: height?,
        count: count?,
    })
}

fn pair(value: &Value<'_>) -> Option<(Length, Length)> {
    let items = value.list()?;
    if let [x, y] = items.as_slice() {
        return Some((x.quantity()?, y.quantity()?));
    }
    value.error("wrong-length", format!("`{}` is a pair of lengths", value.path));
    None
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
