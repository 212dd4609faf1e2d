//! `[classes]`: how kinds of liquid are handled.

use super::values::Reader;
use crate::protocol::source::Spanned;
use crate::protocol::source::liquid::{Class, Manner};
use crate::source::{Table, Value};
use crate::units::Volume;
use std::collections::BTreeMap;

pub(super) fn read(root: &mut Table<'_>, reader: &Reader<'_>) -> BTreeMap<String, Class> {
    let mut classes = BTreeMap::new();
    let Some(mut table) = root.get("classes").and_then(|v| v.table()) else {
        return classes;
    };
    for (key, value) in table.entries() {
        if !reader.sound_name(&key) {
            continue;
        }
        let Some(mut t) = value.table() else { continue };
        let _ = t.get("description").and_then(|v| v.text());
        let manner = manner(&mut t, reader);
        let mut tips = BTreeMap::new();
        if let Some(mut racks) = t.get("tips").and_then(|v| v.table()) {
            for (rack, value) in racks.entries() {
                let Some(mut t) = value.table() else { continue };
                tips.insert(rack.value, self::manner(&mut t, reader));
                t.finish();
            }
        }
        t.finish();
        let span = key.span;
        classes.insert(key.value, Class { span, manner, tips });
    }
    classes
}

fn manner(t: &mut Table<'_>, reader: &Reader<'_>) -> Manner {
    let flag = |t: &mut Table<'_>, key: &str| t.get(key).and_then(|v| reader.boolean(&v)).map(|b| b.value);
    Manner {
        aspirate_flow: reader.amount_if(t, "aspirate_flow"),
        dispense_flow: reader.amount_if(t, "dispense_flow"),
        aspirate_delay: reader.amount_if(t, "aspirate_delay"),
        dispense_delay: reader.amount_if(t, "dispense_delay"),
        air_gap: reader.amount_if(t, "air_gap"),
        pre_wet: t
            .get("pre_wet")
            .and_then(|v| reader.whole(&v, 0, 20))
            .map(|n| n.value),
        touch_tip: flag(t, "touch_tip"),
        blow_out: flag(t, "blow_out"),
        submerge: reader.amount_if(t, "submerge").map(|s| s.value),
        retract: reader.amount_if(t, "retract").map(|s| s.value),
        correction: t.get("correction").and_then(|v| correction(&v, reader)),
    }
}

/// Pairs of what is asked for and the stroke that delivers it, both ascending.
fn correction(value: &Value<'_>, reader: &Reader<'_>) -> Option<Spanned<Vec<(Volume, Volume)>>> {
    let mut points: Vec<(Volume, Volume)> = Vec::new();
    for item in value.list()? {
        let pair = item.list()?;
        let [asked, stroke] = pair.as_slice() else {
            item.error(
                "correction",
                "a correction is a list of pairs: [\"volume asked for\", \"stroke\"]",
            );
            return None;
        };
        let (asked, stroke) = (reader.positive(asked)?.value, reader.positive(stroke)?.value);
        if points.last().is_some_and(|(a, s)| *a >= asked || *s >= stroke) {
            item.error(
                "correction",
                "the pairs of a correction ascend, both volumes of them",
            );
            return None;
        }
        points.push((asked, stroke));
    }
    if points.is_empty() {
        value.error("correction", "a correction has at least one pair");
        return None;
    }
    Some(Spanned {
        value: points,
        span: value.span.clone(),
    })
}
