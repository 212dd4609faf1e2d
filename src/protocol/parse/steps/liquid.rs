//! Steps that move liquid.

use super::super::lists;
use super::super::values::Reader;
use crate::protocol::source::liquid::{
    Consolidate, Dilute, Distribute, Handling, Mix, MixWells, Pick, PickColonies, PickFill, PickTransfer,
    Spot, Stamp, Tips, Transfer, Vessel, Wells, Which,
};
use crate::source::{Spanned, Table, closest};
use crate::units::Duration;

/// A group of plates or a piece by one key, its well by another.
pub(super) fn vessel(t: &mut Table<'_>, reader: &Reader<'_>, key: &str, well: &str) -> Option<Vessel> {
    let name = reader.needed(t, key);
    let well = t.get(well).and_then(|v| reader.well(&v));
    Some(Vessel { name: name?, well })
}

/// Strokes up and down, under a key.
fn mix(t: &mut Table<'_>, reader: &Reader<'_>, key: &str) -> Option<Mix> {
    let mut t = t.get(key)?.table()?;
    let times = t.need("times").and_then(|v| reader.whole(&v, 1, 50));
    let volume = reader.amount(&mut t, "volume");
    t.finish();
    Some(Mix {
        times: times?.value,
        volume: volume?,
    })
}

/// `columns` or `wells`; all where neither is named.
fn wells(t: &mut Table<'_>, reader: &Reader<'_>) -> Wells {
    let columns = columns(t, reader, "columns");
    let wells = t.get("wells").and_then(|v| reader.wells(&v));
    match (columns, wells) {
        (Some(_), Some(wells)) => {
            reader.reporter().error(
                "columns",
                wells.span,
                "a step names `columns` or `wells`, not both",
            );
            Wells::All
        }
        (Some(columns), None) => Wells::Columns(columns),
        (None, Some(wells)) => Wells::Wells(wells),
        (None, None) => Wells::All,
    }
}

fn columns(t: &mut Table<'_>, reader: &Reader<'_>, key: &str) -> Option<Spanned<Vec<u8>>> {
    let value = t.get(key)?;
    let numbers: Vec<u8> = value
        .list()?
        .iter()
        .filter_map(|v| reader.whole::<u8>(v, 1, 48))
        .filter_map(|n| n.value.checked_sub(1))
        .collect();
    Some(Spanned {
        value: numbers,
        span: value.span.clone(),
    })
}

/// The handling of a step; `usual` says when tips are changed where the file does not, `fits` what is possible.
fn handling(
    t: &mut Table<'_>,
    reader: &Reader<'_>,
    usual: Tips,
    fits: &[Tips],
    mixes: &[&str],
) -> Option<Handling> {
    let pipette = reader.needed(t, "pipette");
    let mut tips = Spanned {
        value: usual,
        span: t.span.clone(),
    };
    if let Some(value) = t.get("tips") {
        let text = reader.text(&value)?;
        match fits.iter().find(|tips| tips.word() == text.value) {
            Some(found) => {
                tips = Spanned {
                    value: *found,
                    span: text.span,
                }
            }
            None => {
                let words: Vec<&str> = fits.iter().map(|t| t.word()).collect();
                let near = closest(&text.value, words.iter().copied());
                let hint = near
                    .map(|n| format!("; did you mean \"{n}\"?"))
                    .unwrap_or_default();
                let message = format!(
                    "`tips` cannot be \"{}\" here; it can be {}{hint}",
                    text.value,
                    words.join(", ")
                );
                value.error("tips", message);
            }
        }
    }
    let class = reader.optional(t, "class");
    let mut found = |key: &str| {
        if mixes.contains(&key) {
            mix(t, reader, key)
        } else {
            None
        }
    };
    let mix_before = found("mix_before");
    let mix_after = found("mix_after");
    Some(Handling {
        pipette: pipette?,
        tips,
        class,
        mix_before,
        mix_after,
        wash: super::line::wash(t, reader),
        dips: None,
    })
}

/// The handling of a step that pins do too, with how often they come down in each destination.
fn by_pins(handling: Option<Handling>, t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Handling> {
    let dips = t.get("dips").and_then(|v| reader.whole(&v, 1, 20));
    Some(Handling { dips, ..handling? })
}

const BOTH: &[&str] = &["mix_before", "mix_after"];
const AFTER: &[&str] = &["mix_after"];

pub(super) fn distribute(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Distribute> {
    let from = vessel(t, reader, "from", "from_well");
    let to = reader.needed(t, "to");
    let volume = reader.amount(t, "volume");
    let wells = wells(t, reader);
    let fits = [Tips::Shared, Tips::PerPlate, Tips::New];
    let handling = handling(t, reader, Tips::Shared, &fits, AFTER);
    let contact = t
        .get("contact")
        .and_then(|v| reader.boolean(&v))
        .is_some_and(|b| b.value);
    let excess = reader.amount_if(t, "excess");
    Some(Distribute {
        from: from?,
        to: to?,
        wells,
        volume: volume?,
        handling: handling?,
        contact,
        excess,
    })
}

pub(super) fn transfer(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Transfer> {
    let from = reader.needed(t, "from");
    let to = reader.needed(t, "to");
    let fits = [Tips::New, Tips::PerSource, Tips::PerPlate, Tips::Shared];
    let handling = handling(t, reader, Tips::New, &fits, BOTH);
    let handling = by_pins(handling, t, reader);
    let which = if let Some(list) = t.get("list") {
        let volume = reader.amount_if(t, "volume");
        let file = reader.text(&list)?;
        lists::worklist(reader, file, volume).map(Which::Listed)
    } else {
        let volume = reader.amount(t, "volume");
        let wells = wells(t, reader);
        let reversed = t
            .get("reverse_columns_on")
            .and_then(|v| v.list())
            .unwrap_or_default();
        let reverse_columns_on = reversed.iter().filter_map(|v| reader.whole(v, 1, 1000)).collect();
        volume.map(|volume| Which::Same {
            wells,
            volume,
            reverse_columns_on,
        })
    };
    Some(Transfer {
        from: from?,
        to: to?,
        handling: handling?,
        which: which?,
    })
}

pub(super) fn consolidate(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Consolidate> {
    let from = reader.needed(t, "from");
    let wells = wells(t, reader);
    let to = vessel(t, reader, "to", "to_well");
    let volume = reader.amount(t, "volume");
    let fits = [Tips::New, Tips::PerPlate, Tips::Shared];
    let handling = handling(t, reader, Tips::New, &fits, BOTH);
    Some(Consolidate {
        from: from?,
        wells,
        to: to?,
        volume: volume?,
        handling: handling?,
    })
}

pub(super) fn stamp(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Stamp> {
    let from = reader.needed(t, "from");
    let to = reader.needed(t, "to");
    let quadrant = t.get("quadrant").and_then(|v| reader.whole(&v, 1, 4));
    let volume = reader.amount(t, "volume");
    let handling = handling(t, reader, Tips::New, &[Tips::New], BOTH);
    let handling = by_pins(handling, t, reader);
    Some(Stamp {
        from: from?,
        to: to?,
        quadrant,
        volume: volume?,
        handling: handling?,
    })
}

pub(super) fn dilute(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Dilute> {
    let each = reader.needed(t, "each");
    let columns_there = t.need("columns").is_some();
    let columns = columns(t, reader, "columns").filter(|_| columns_there);
    let volume = reader.amount(t, "volume");
    let discard = match t.get("discard") {
        Some(_) => vessel(t, reader, "discard", "discard_well"),
        None => None,
    };
    let handling = handling(t, reader, Tips::New, &[Tips::New, Tips::PerPlate], AFTER);
    let mixed = handling.as_ref().is_some_and(|h| h.mix_after.is_some());
    if !mixed {
        let message = "a dilution series mixes each column before it goes on to the next: add `mix_after`";
        reader.reporter().error("missing-key", t.span.clone(), message);
    }
    Some(Dilute {
        each: each?,
        columns: columns?,
        volume: volume?,
        discard,
        handling: handling?,
    })
}

pub(super) fn mix_wells(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<MixWells> {
    let each = reader.needed(t, "each");
    let wells = wells(t, reader);
    let times = t.need("times").and_then(|v| reader.whole(&v, 1, 50));
    let volume = reader.amount(t, "volume");
    let handling = handling(t, reader, Tips::New, &[Tips::New], &[]);
    Some(MixWells {
        each: each?,
        wells,
        mix: Mix {
            times: times?.value,
            volume: volume?,
        },
        handling: handling?,
    })
}

pub(super) fn spot(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Spot> {
    let from = reader.needed(t, "from");
    let to = reader.needed(t, "to");
    let wells = wells(t, reader);
    let volume = reader.amount(t, "volume");
    let handling = handling(t, reader, Tips::New, &[Tips::New], &["mix_before"]);
    let handling = by_pins(handling, t, reader);
    Some(Spot {
        from: from?,
        to: to?,
        wells,
        volume: volume?,
        handling: handling?,
    })
}

pub(super) fn pick_colonies(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<PickColonies> {
    let from = reader.needed(t, "from");
    let to = reader.needed(t, "to");
    let failed = t.get("failed").map(|v| reader.step(&v));
    let file = match failed {
        Some(_) => reader.optional(t, "list"),
        None => Some(reader.needed(t, "list")?),
    };
    let camera = reader.optional(t, "camera");
    let handling = handling(t, reader, Tips::New, &[Tips::New], AFTER);
    let handling = by_pins(handling, t, reader);
    let (failed, camera, (colonies, marks)) = match (failed, file) {
        (Some(failed), file) => {
            for said in file.iter().chain(&camera) {
                let message = "what failed is picked again by list and camera of the first pick";
                reader.reporter().error("spares", said.span.clone(), message);
            }
            (Some(failed?), None, Default::default())
        }
        (None, file) => {
            let listed = lists::colonies(reader, &file?, camera.is_some())?;
            (None, camera, listed)
        }
    };
    Some(PickColonies {
        from: from?,
        to: to?,
        camera,
        failed,
        colonies,
        marks,
        handling: handling?,
    })
}

pub(super) fn pick(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Pick> {
    let select = t.need("select").and_then(|v| reader.step(&v));
    let fill = t.need("fill").and_then(|v| v.table()).and_then(|mut t| {
        let from = reader.needed(&mut t, "from");
        let pipette = reader.needed(&mut t, "pipette");
        let volume = reader.amount(&mut t, "volume");
        t.finish();
        Some(PickFill {
            from: from?,
            pipette: pipette?,
            volume: volume?,
        })
    });
    let transfer = t.need("transfer").and_then(|v| v.table()).and_then(|mut t| {
        let pipette = reader.needed(&mut t, "pipette");
        let volume = reader.amount(&mut t, "volume");
        let mix_before = mix(&mut t, reader, "mix_before");
        t.finish();
        Some(PickTransfer {
            pipette: pipette?,
            volume: volume?,
            mix_before,
        })
    });
    Some(Pick {
        select: select?,
        fill: fill?,
        transfer: transfer?,
    })
}

/// A time that a step takes, under the key `for`.
pub(super) fn duration(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Spanned<Duration>> {
    reader.amount(t, "for")
}
