//! `[liquids]`, `[pieces]` and `[plates]`: what stands on the rig, and what it holds.

use super::values::Reader;
use crate::labware::Well;
use crate::protocol::source::{Barcode, Group, Liquid, Piece, PieceWell, Place};
use crate::source::{Spanned, Table, Value};
use crate::units::Absorbance;
use std::collections::BTreeMap;

pub(super) fn liquids(root: &mut Table<'_>, reader: &Reader<'_>) -> BTreeMap<String, Liquid> {
    let mut liquids = BTreeMap::new();
    let Some(mut table) = root.get("liquids").and_then(|v| v.table()) else {
        return liquids;
    };
    for (key, value) in table.entries() {
        let Some(mut t) = value.table() else { continue };
        let _ = t.get("description").and_then(|v| v.text());
        let lot = t
            .get("lot")
            .and_then(|v| reader.boolean(&v))
            .is_some_and(|b| b.value);
        let expires = t.get("expires").and_then(|v| day(&v, reader));
        t.finish();
        let span = key.span;
        liquids.insert(key.value, Liquid { span, lot, expires });
    }
    liquids
}

/// A day, as "2027-03-31".
fn day(value: &Value<'_>, reader: &Reader<'_>) -> Option<Spanned<String>> {
    let text = reader.text(value)?;
    let digits = |range: std::ops::Range<usize>| text.value.get(range).and_then(|t| t.parse::<u16>().ok());
    let good = text.value.len() == 10
        && text
            .value
            .bytes()
            .enumerate()
            .all(|(i, b)| (b == b'-') == (i == 4 || i == 7) && (b == b'-' || b.is_ascii_digit()))
        && digits(5..7).is_some_and(|m| (1..=12).contains(&m))
        && digits(8..10).is_some_and(|d| (1..=31).contains(&d));
    if !good {
        value.error(
            "day",
            format!(
                "`{}` is \"{}\"; write a day as \"2027-03-31\"",
                value.path, text.value
            ),
        );
        return None;
    }
    Some(text)
}

pub(super) fn pieces(root: &mut Table<'_>, reader: &Reader<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let Some(mut table) = root.get("pieces").and_then(|v| v.table()) else {
        return pieces;
    };
    for (key, value) in table.entries() {
        let sound = reader.sound_name(&key);
        let Some(mut t) = value.table() else { continue };
        let labware = reader.needed(&mut t, "labware");
        let at = t.need("at").map(|v| reader.texts(&v)).unwrap_or_default();
        let liquid = reader.optional(&mut t, "liquid");
        let volume = reader.amount_if(&mut t, "volume");
        let wells = t.get("wells").and_then(|v| v.table());
        let layout = reader.optional(&mut t, "layout");
        let used = t.get("used").and_then(|v| reader.wells(&v));
        t.finish();
        let Some(labware) = labware.filter(|_| sound) else {
            reader.broken(&key.value);
            continue;
        };
        let mut contents = wells.map(|t| piece_wells(t, reader)).unwrap_or_default();
        let mut of_layout = None;
        match (layout, liquid, volume) {
            (Some(layout), None, Some(volume)) => of_layout = Some((layout, volume)),
            (Some(layout), _, _) => {
                let message = "a piece with a `layout` says with `volume` how much each of its wells holds, and names no `liquid`";
                reader.reporter().error("no-contents", layout.span, message);
            }
            (None, Some(liquid), volume) => {
                let well = Well::new(0, 0);
                contents.insert(0, PieceWell { well, liquid, volume });
            }
            (None, None, Some(volume)) => {
                let message = "a volume of what? Name the `liquid`";
                reader.reporter().error("no-liquid", volume.span, message);
                reader.broken(&key.value);
            }
            (None, None, None) => {}
        }
        pieces.push(Piece {
            name: key,
            labware,
            at,
            contents,
            layout: of_layout,
            used,
        });
    }
    pieces
}

fn piece_wells(mut table: Table<'_>, reader: &Reader<'_>) -> Vec<PieceWell> {
    let mut wells = Vec::new();
    for (key, value) in table.entries() {
        let Some(mut t) = value.table() else { continue };
        let liquid = reader.needed(&mut t, "liquid");
        let volume = reader.amount_if(&mut t, "volume");
        t.finish();
        let well = match key.value.parse() {
            Ok(well) => well,
            Err(error) => {
                reader.reporter().error("well", key.span, format!("{error}"));
                continue;
            }
        };
        if let Some(liquid) = liquid {
            wells.push(PieceWell { well, liquid, volume });
        }
    }
    wells
}

pub(super) fn groups(root: &mut Table<'_>, reader: &Reader<'_>) -> Vec<Group> {
    let mut groups = Vec::new();
    let Some(mut table) = root.get("plates").and_then(|v| v.table()) else {
        return groups;
    };
    for (key, value) in table.entries() {
        let sound = reader.sound_name(&key);
        let Some(mut t) = value.table() else { continue };
        let labware = reader.needed(&mut t, "labware");
        let no = Spanned {
            value: false,
            span: key.span.clone(),
        };
        let flag = |t: &mut Table<'_>, key: &str| t.get(key).and_then(|v| reader.boolean(&v));
        let count = t.get("count");
        let group = Group {
            counted_by_parameter: count.as_ref().is_some_and(|v| v.as_text().is_some()),
            count: count.and_then(|v| reader.whole(&v, 1, 1000)),
            at: t.need("at").map(|v| reader.texts(&v)).unwrap_or_default(),
            rest: t.get("rest").map(|v| reader.texts(&v)).unwrap_or_default(),
            work: t
                .get("work")
                .and_then(|v| v.table())
                .and_then(|t| place(t, reader)),
            lidded: flag(&mut t, "lidded").unwrap_or_else(|| no.clone()),
            sealed: flag(&mut t, "sealed").unwrap_or(no),
            barcode: t.get("barcode").and_then(|v| barcode(&v, reader)),
            layout: reader.optional(&mut t, "layout"),
            liquid: reader.optional(&mut t, "liquid"),
            volume: reader.amount_if(&mut t, "volume"),
            od: t
                .get("od")
                .and_then(|v| reader.number(&v, 0.0, 100.0))
                .map(|n| Spanned {
                    value: Absorbance(n.value),
                    span: n.span,
                }),
            out_at_most: reader.amount_if(&mut t, "out_at_most"),
            labware: Spanned {
                value: String::new(),
                span: key.span.clone(),
            },
            name: key,
        };
        t.finish();
        let Some(labware) = labware.filter(|_| sound) else {
            reader.broken(&group.name.value);
            continue;
        };
        groups.push(Group { labware, ..group });
    }
    groups
}

/// A barcode as text, or `{ scan = true }`: it has one that nobody knows beforehand.
fn barcode(value: &Value<'_>, reader: &Reader<'_>) -> Option<Barcode> {
    let Some(mut t) = value.as_table() else {
        return reader.text(value).map(Barcode::Required);
    };
    let scan = t.need("scan").and_then(|v| reader.boolean(&v));
    t.finish();
    scan.filter(|s| s.value).map(|s| Barcode::Scanned(s.span))
}

fn place(mut t: Table<'_>, reader: &Reader<'_>) -> Option<Place> {
    let at = reader.needed(&mut t, "at");
    let lid = reader.optional(&mut t, "lid");
    t.finish();
    Some(Place { at: at?, lid })
}
