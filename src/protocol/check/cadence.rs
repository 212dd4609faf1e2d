//! Plates that take turns at one reader get round within their interval.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::protocol::source::data::{Optics, Read};
use crate::rig::InstrumentId;
use crate::source::Reporter;
use crate::units::Duration;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        let StepWork::Read(read) = &step.work else {
            continue;
        };
        let (Some(every), Some(over)) = (&read.every, &read.over) else {
            continue;
        };
        if over.value < every.value {
            let message = format!("`for` ({}) is shorter than `every` ({})", over.value, every.value);
            reporter.add(
                error(reporter, "cadence", &over.span, message).other(every.span.clone(), "the interval"),
            );
            continue;
        }
        if read.within.value.times(2) >= every.value {
            let message = format!(
                "±{} leaves no order between reads every {}",
                read.within.value, every.value
            );
            let d = error(reporter, "cadence", &read.within.span, message);
            reporter.add(d.help("`within` must be less than half of `every`"));
        }
        let last = every.value.times(read.reads().saturating_sub(1));
        if last != over.value {
            let message = format!(
                "the last read comes after {last}: {} is no multiple of {}",
                over.value, every.value
            );
            reporter.add(error(reporter, "cadence", &over.span, message).warning());
        }
        let plates = u64::try_from(scene.plates_of(&read.each.value).len()).unwrap_or(u64::MAX);
        let cycle = cycle(scene, read);
        let round = cycle.times(plates);
        if round > every.value {
            let fit = every.value.as_us().checked_div(cycle.as_us()).unwrap_or(0);
            let message = format!(
                "{plates} plates × {cycle} = {round} does not fit into {}",
                every.value
            );
            let d = error(reporter, "cadence", &every.span, message).label("the interval");
            reporter.add(d.help(match fit {
                0 => format!("read every {round} or more"),
                1 => format!("read one plate, or every {round} or more"),
                _ => format!("read at most {fit} plates, or every {round} or more"),
            }));
        }
    }
}

/// Time that the instruments are taken by one plate's read, from its resting place and back: of several readers that share the
/// plates, an equal part, unless what brings the plates is taken for longer.
pub(in crate::protocol) fn cycle(scene: &Scene<'_>, read: &Read) -> Duration {
    let readers = scene.readers_of(read);
    let longest = readers.iter().map(|(id, _)| measured(scene, read, id)).max();
    let (brought, measured) = (brought(scene, read), longest.unwrap_or_default());
    let all = brought.plus(measured);
    let share = all.as_us().checked_div(u64::try_from(readers.len()).unwrap_or(1));
    Duration::us(share.unwrap_or(all.as_us())).max(brought)
}

/// For how long a reader has a plate.
fn measured(scene: &Scene<'_>, read: &Read, id: &InstrumentId) -> Duration {
    let mut sum = Duration::ZERO;
    for word in ["open_tray", "close_tray", "open_tray", "close_tray"] {
        sum = sum.plus(scene.rig.duration(id, word));
    }
    for optics in &read.optics {
        let (word, times) = match optics {
            Optics::Absorbance(wavelengths) => ("read_absorbance", wavelengths.len()),
            Optics::Fluorescence { .. } => ("read_fluorescence", 1),
            Optics::Luminescence { .. } => ("read_luminescence", 1),
        };
        let points = read.area.as_ref().map_or(1, |a| u64::from(a.value.count()));
        let times = u64::try_from(times).unwrap_or(u64::MAX).saturating_mul(points);
        sum = sum.plus(scene.rig.duration(id, word).times(times));
    }
    sum
}

/// For how long what brings a plate and takes it away is taken.
fn brought(scene: &Scene<'_>, read: &Read) -> Duration {
    let mut sum = Duration::ZERO;
    if let Some(id) = scene.mover() {
        sum = sum.plus(scene.rig.duration(id, "move_plate").times(2));
    }
    let incubator = read.incubate.as_ref().and_then(|i| scene.incubator(&i.at.value));
    if let Some((id, incubator)) = incubator {
        sum = sum
            .plus(scene.rig.duration(id, "retrieve"))
            .plus(scene.rig.duration(id, "store"));
        let shaken = read.incubate.as_ref().is_some_and(|i| i.shake.value);
        let shakes = incubator.shaking.map_or(0, |_| 1 + u64::from(shaken));
        sum = sum.plus(scene.rig.duration(id, "shake").times(shakes));
    }
    sum
}
