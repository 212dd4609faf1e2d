//! Rig → lines → drivers. Instruments with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{InstrumentId, Rig};
use std::collections::BTreeMap;

/// A driver for every instrument of a rig; links are opened when first used.
///
/// # Errors
/// The instrument that cannot be driven, and why.
pub fn instruments(
    rig: &Rig,
    library: &Library,
    clock: Clock,
) -> Result<BTreeMap<InstrumentId, Box<dyn Instrument>>, (InstrumentId, Failure)> {
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let mut out = BTreeMap::new();
    for (id, instrument) in &rig.instruments {
        let place = instrument.link.place().to_owned();
        let line = lines
            .entry(place)
            .or_insert_with(|| Line::to(&instrument.link, clock))
            .clone();
        let driver = drivers::connect(id, rig, library, line, clock).map_err(|f| (id.clone(), f))?;
        out.insert(id.clone(), driver);
    }
    Ok(out)
}
