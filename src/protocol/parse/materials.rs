//! `[pieces]` and `[plates]`: what stands on the rig.

use super::values::Reader;
use crate::protocol::source::{Group, Piece, Place};
use crate::source::{Spanned, Table};
use crate::units::Absorbance;

pub(super) fn pieces(root: &mut Table<'_>, reader: &Reader) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let Some(mut table) = root.get("pieces").and_then(|v| v.table()) else {
        return pieces;
    };
    for (key, value) in table.entries() {
        let sound = reader.sound_name(&key);
        let Some(mut t) = value.table() else { continue };
        let labware = t.need("labware").and_then(|v| reader.text(&v));
        let at = t.need("at").map(|v| reader.texts(&v)).unwrap_or_default();
        let liquid = t.get("liquid").and_then(|v| reader.text(&v));
        let volume = t.get("volume").and_then(|v| reader.positive(&v));
        t.finish();
        let Some(labware) = labware.filter(|_| sound) else {
            reader.broken(&key.value);
            continue;
        };
        pieces.push(Piece {
            name: key,
            labware,
            at,
            liquid,
            volume,
        });
    }
    pieces
}

pub(super) fn groups(root: &mut Table<'_>, reader: &Reader) -> Vec<Group> {
    let mut groups = Vec::new();
    let Some(mut table) = root.get("plates").and_then(|v| v.table()) else {
        return groups;
    };
    for (key, value) in table.entries() {
        let sound = reader.sound_name(&key);
        let Some(mut t) = value.table() else { continue };
        let labware = t.need("labware").and_then(|v| reader.text(&v));
        let not_lidded = Spanned {
            value: false,
            span: key.span.clone(),
        };
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
            lidded: t
                .get("lidded")
                .and_then(|v| reader.boolean(&v))
                .unwrap_or(not_lidded),
            barcode: t.get("barcode").and_then(|v| reader.text(&v)),
            layout: t.get("layout").and_then(|v| reader.text(&v)),
            liquid: t.get("liquid").and_then(|v| reader.text(&v)),
            volume: t.get("volume").and_then(|v| reader.positive(&v)),
            od: t
                .get("od")
                .and_then(|v| reader.number(&v, 0.0, 100.0))
                .map(|n| Spanned {
                    value: Absorbance(n.value),
                    span: n.span,
                }),
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

fn place(mut t: Table<'_>, reader: &Reader) -> Option<Place> {
    let at = t.need("at").and_then(|v| reader.text(&v));
    let lid = t.get("lid").and_then(|v| reader.text(&v));
    t.finish();
    Some(Place { at: at?, lid })
}
