//! How deep tips, probes and pins come into wells before a pipette comes down on a rim.

use crate::labware::Labware;
use crate::protocol::scene::Scene;
use crate::rig::Pipette;
use crate::units::Length;

/// Wells that nozzles may go into are at least this wide.
const WIDE: Length = Length::um(7_000);

/// How deep the shortest tips of a pipette reach below a rim before its nozzle comes down on it, and before its body does.
pub(in crate::protocol) fn reach(scene: &Scene<'_>, pipette: &Pipette) -> (Length, Length) {
    if let Some(length) = pipette.fixed() {
        return (length, length);
    }
    let tips = scene.racks(pipette).filter_map(|r| r.labware.tip);
    let tip = tips.map(|t| t.length.minus(t.overlap)).min();
    tip.map_or((Length::um(i64::MAX), Length::um(i64::MAX)), |tip| {
        (tip, tip.plus(pipette.nozzle_length))
    })
}

/// The lowest that the end of a tip of such a reach comes over the bottom of a well.
pub(in crate::protocol) fn floor((narrow, wide): (Length, Length), labware: &Labware) -> Length {
    let rim = labware.geometry.height.minus(labware.geometry.well_bottom);
    let (x, y) = labware.geometry.shape.extent();
    let reach = if x.min(y) >= WIDE { wide } else { narrow };
    if reach >= rim {
        return Length::um(0);
    }
    // Whole tenths of a millimetre, upwards.
    Length::um((rim.minus(reach).get() + 99) / 100 * 100)
}
