//! What a rig file says of a home-built gantry: its axes, and the plungers of its pipettes.
//!
//! Owns the keys. Knows nothing of how an axis is spoken to.

use super::parse::whole;
use super::{Driver, PipetteId, Role};
use crate::source::{Table, Value};
use crate::units::{Duration, Length, Share, Speed, Volume};
use std::collections::BTreeMap;

/// The axes of a gantry by the names that rig files give them: X and Y of the carriage, the lifts, the plungers.
pub const AXES: [&str; 6] = ["x", "y", "z-left", "z-right", "plunger-left", "plunger-right"];
/// Usual share of its current that a lift has while nozzles are pressed into tips, in hundredths of a percent.
const PRESS_CURRENT: Share = Share::hundredths_of_percent(5_000);

/// One axis of a gantry: a drive of its own on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GantryAxis {
    /// Modbus unit of its drive.
    pub unit: u8,
    /// What one step of the drive moves.
    pub step: Length,
    /// Where it stands after homing, where the drive counts 0.
    pub home: Length,
    /// The least and the greatest position that it may be sent to.
    pub travel: (Length, Length),
    /// Its usual speed.
    pub speed: Speed,
    /// Time in which it reaches that, and stops from it.
    pub ramp: Duration,
    /// Whether the drive counts down where the position goes up.
    pub reversed: bool,
}

/// The plunger of a pipette of a gantry; positions on its axis, upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GantryPlunger {
    /// What a millimetre of it moves, per channel.
    pub per_mm: Volume,
    /// Where a tip holds nothing.
    pub bottom: Length,
    /// Where it stands after a blow-out.
    pub blow_out: Length,
    /// Where tips are pushed off.
    pub drop: Length,
    /// Share of its current that the lift has while nozzles are pressed into tips.
    pub press_current: Share,
}

/// A home-built gantry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gantry {
    /// In the order of [`AXES`].
    pub axes: [GantryAxis; 6],
    /// By pipette.
    pub plungers: BTreeMap<PipetteId, GantryPlunger>,
}

/// A gantry: a liquid handler whose axes are told one by one.
pub(super) fn gantry(t: &mut Table<'_>) -> Option<(Driver, Role)> {
    let mut plungers = BTreeMap::new();
    let role = super::roles::liquid_handler(t, Some(&mut plungers));
    let place = t.need("axes")?;
    let mut table = place.table()?;
    let found = AXES.map(|name| table.need(name).and_then(|v| Some((axis(&v)?, v))));
    table.finish();
    let all: Vec<(GantryAxis, Value<'_>)> = found.into_iter().flatten().collect();
    for (n, (axis, value)) in all.iter().enumerate() {
        if all.iter().take(n).any(|(other, _)| other.unit == axis.unit) {
            let message = format!(
                "two axes are unit {}: both would answer at once; give each its own",
                axis.unit
            );
            value.error("line-address", message);
        }
    }
    let axes: [GantryAxis; 6] = all
        .iter()
        .map(|(axis, _)| *axis)
        .collect::<Vec<_>>()
        .try_into()
        .ok()?;
    let role = role?;
    if let Role::LiquidHandler(handler) = &role {
        for (name, pipette) in &handler.pipettes {
            let [.., left, right] = axes;
            let axis = if pipette.mount == super::Mount::Left {
                left
            } else {
                right
            };
            if let Some(plunger) = plungers.get(name) {
                fits(plunger, pipette.max_volume, &axis, (name, &place));
            }
        }
    }
    Some((Driver::Gantry(Box::new(Gantry { axes, plungers })), role))
}

fn axis(value: &Value<'_>) -> Option<GantryAxis> {
    let mut t = value.table()?;
    let unit = t.need("unit").and_then(|v| whole(&v, 1, 247));
    let step: Option<Length> = t.need("step").and_then(|v| v.quantity());
    let home: Option<Length> = t.need("home").and_then(|v| v.quantity());
    let travel_value = t.need("travel");
    let travel: Option<(Length, Length)> = travel_value.as_ref().and_then(|v| match v.list()?.as_slice() {
        [least, most] => Some((least.quantity()?, most.quantity()?)),
        _ => {
            v.error(
                "wrong-length",
                "`travel` is a pair of lengths: least and greatest position",
            );
            None
        }
    });
    let speed: Option<Speed> = t.need("speed").and_then(|v| v.quantity());
    let ramp: Option<Duration> = t.need("ramp").and_then(|v| v.quantity());
    let reversed = t.get("reversed").and_then(|v| v.boolean()).unwrap_or(false);
    t.finish();
    let found = GantryAxis {
        unit: unit?,
        step: step?,
        home: home?,
        travel: travel?,
        speed: speed?,
        ramp: ramp?,
        reversed,
    };
    if found.step.get() < 1 || found.speed.get() < 1 || found.ramp < Duration::ms(1) {
        value.error(
            "out-of-range",
            format!(
                "`{}`: `step` is at least 1 um, `speed` 1 um/s and `ramp` 1 ms",
                value.path
            ),
        );
    }
    let (least, most) = found.travel;
    if !(least..=most).contains(&found.home)
        && let Some(place) = travel_value
    {
        place.error(
            "gantry",
            format!(
                "`{}` goes from {least} to {most}, but the axis stands at {} after homing",
                place.path, found.home
            ),
        );
    }
    Some(found)
}

/// The plunger of a pipette.
pub(super) fn plunger(value: &Value<'_>) -> Option<GantryPlunger> {
    let mut t = value.table()?;
    let per_mm: Option<Volume> = t.need("per_mm").and_then(|v| {
        let volume = v.quantity::<Volume>()?;
        if volume.get() < 1 {
            v.error("out-of-range", format!("`{}` must be more than 0", v.path));
            return None;
        }
        Some(volume)
    });
    let bottom: Option<Length> = t.need("bottom").and_then(|v| v.quantity());
    let blow_out: Option<Length> = t.need("blow_out").and_then(|v| v.quantity());
    let drop: Option<Length> = t.need("drop").and_then(|v| v.quantity());
    let press_current: Option<Share> = t.get("press_current").map_or(Some(PRESS_CURRENT), |v| {
        let share = v.quantity::<Share>()?;
        if !(0.01..=1.0).contains(&share.as_share()) {
            v.error("out-of-range", format!("`{}` must be from 1 % to 100 %", v.path));
            return None;
        }
        Some(share)
    });
    t.finish();
    let found = GantryPlunger {
        per_mm: per_mm?,
        bottom: bottom?,
        blow_out: blow_out?,
        drop: drop?,
        press_current: press_current?,
    };
    // Nearer together, they could not be told apart.
    let apart = |low: Length, high: Length| high.minus(low) >= Length::um(500);
    if !apart(found.drop, found.blow_out) || !apart(found.blow_out, found.bottom) {
        value.error(
            "gantry",
            format!(
                "`{}`: `drop` is below `blow_out`, and `blow_out` below `bottom`, each by 0.5 mm and more",
                value.path
            ),
        );
    }
    Some(found)
}

impl GantryPlunger {
    /// Where it stands when a tip holds so much, rounded.
    fn holding(&self, volume: Volume) -> Length {
        let um = volume.get().saturating_mul(1_000) / self.per_mm.get().max(1);
        self.bottom.plus(Length::um(um))
    }
}

/// A plunger's positions are on its axis, and below where it is homed.
fn fits(plunger: &GantryPlunger, most: Volume, axis: &GantryAxis, (name, place): (&PipetteId, &Value<'_>)) {
    let full = plunger.holding(most);
    if full.plus(Length::um(500)) > axis.home {
        place.error(
            "gantry",
            format!(
                "the plunger of \"{name}\" stands at {full} with {most}, which is not 0.5 mm below where it is homed ({}): without \
                 tips it could not be told from full ones",
                axis.home
            ),
        );
    }
    if plunger.drop < axis.travel.0 {
        place.error(
            "gantry",
            format!(
                "the plunger of \"{name}\" drops tips at {}, but its axis goes to {} only",
                plunger.drop, axis.travel.0
            ),
        );
    }
}

#[cfg(test)]
#[path = "gantry_tests.rs"]
mod tests;
