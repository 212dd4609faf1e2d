//! `do = "pipette"`: single movements of a pipette, in order.

use super::super::values::Reader;
use crate::protocol::source::liquid::{Motion, Pipetting, Target};
use crate::source::{Spanned, Table, Value, closest};
use crate::units::{Duration, Volume};

const WORDS: [&str; 9] = [
    "pick_up_tip",
    "drop_tip",
    "aspirate",
    "dispense",
    "mix",
    "air_gap",
    "touch_tip",
    "blow_out",
    "delay",
];

pub(super) fn read(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Pipetting> {
    let each = reader.needed(t, "each");
    let pipette = reader.needed(t, "pipette");
    let class = reader.optional(t, "class");
    let moves = t.need("moves").and_then(|v| v.list());
    let moves: Vec<Spanned<Motion>> = moves?.iter().filter_map(|v| motion(v, reader)).collect();
    Some(Pipetting {
        each: each?,
        pipette: pipette?,
        class,
        moves,
    })
}

/// A word alone, or a table with the word as its only key.
fn motion(value: &Value<'_>, reader: &Reader<'_>) -> Option<Spanned<Motion>> {
    let spanned = |motion| {
        Some(Spanned {
            value: motion,
            span: value.span.clone(),
        })
    };
    let unknown = |word: &str| {
        let near = closest(word, WORDS).map_or_else(
            || format!("use one of {}", WORDS.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        value.error(
            "motion",
            format!("\"{word}\" is no movement of a pipette; {near}"),
        );
        None
    };
    let Some(mut t) = value.as_table() else {
        return match reader.text(value)?.value.as_str() {
            "pick_up_tip" => spanned(Motion::PickUpTip),
            "drop_tip" => spanned(Motion::DropTip),
            word if WORDS.contains(&word) => {
                value.error(
                    "motion",
                    format!("write {{ {word} = {{ … }} }}: where, and how much"),
                );
                None
            }
            word => unknown(word),
        };
    };
    let entries = t.entries();
    let [(word, inner)] = entries.as_slice() else {
        value.error("motion", "one movement per entry: { aspirate = { … } }");
        return None;
    };
    if word.value == "delay" {
        let duration: Spanned<Duration> = reader.positive(inner)?;
        return spanned(Motion::Delay(duration.value));
    }
    if !WORDS.contains(&word.value.as_str()) {
        return unknown(&word.value);
    }
    if word.value.ends_with("_tip") && word.value != "touch_tip" {
        value.error("motion", format!("`{}` stands alone, as a text", word.value));
        return None;
    }
    let mut t = inner.table()?;
    let measured = matches!(word.value.as_str(), "aspirate" | "dispense" | "mix" | "air_gap");
    let target = target(&mut t, reader, measured);
    let times = match word.value.as_str() {
        "mix" => t
            .need("times")
            .and_then(|v| reader.whole(&v, 1, 50))
            .map(|n| n.value),
        _ => Some(0),
    };
    t.finish();
    let target = target?;
    spanned(match word.value.as_str() {
        "aspirate" => Motion::Aspirate(target),
        "dispense" => Motion::Dispense(target),
        "mix" => Motion::Mix(target, times?),
        "air_gap" => Motion::AirGap(target),
        "touch_tip" => Motion::TouchTip(target),
        _ => Motion::BlowOut(target),
    })
}

fn target(t: &mut Table<'_>, reader: &Reader<'_>, measured: bool) -> Option<Target> {
    let piece = reader.optional(t, "piece");
    let well = t.need("well").and_then(|v| reader.well(&v));
    let volume = if measured {
        reader.amount(t, "volume")
    } else {
        Some(Spanned {
            value: Volume::nl(0),
            span: t.span.clone(),
        })
    };
    let height = reader.amount_if(t, "height");
    Some(Target {
        piece,
        well: well?,
        volume: volume?,
        height,
    })
}
