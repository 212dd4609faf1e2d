//! The rig has the instruments that the steps need, and they can do what is asked.

use super::report::error;
use crate::labware::Shape;
use crate::plan::AreaScan;
use crate::protocol::moves::Walk;
use crate::protocol::scene::{Scene, can};
use crate::protocol::source::data::{Optics, Read};
use crate::protocol::source::plate::{Incubate, StationWork, Task};
use crate::protocol::source::{Spanned, Step, StepWork};
use crate::rig::reads::ReadLimits;
use crate::rig::{Abilities, InstrumentId, PlateReader};
use crate::source::Reporter;
use crate::units::{Force, Quantity, Temperature, Wavelength};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        let missing = |role: &str, what: &str| {
            if scene.rig.with_role(role).is_none() {
                let message = format!(
                    "step \"{}\" needs a {what}; the rig \"{}\" has none",
                    step.id.value, scene.rig.name
                );
                reporter.add(error(reporter, "no-instrument", &step.id.span, message));
            }
        };
        if !step.pipetted().is_empty() && !matches!(step.work, StepWork::Operator(_) | StepWork::Select(_)) {
            missing("liquid_handler", "liquid handler");
            missing("plate_mover", "plate mover");
        }
        match &step.work {
            StepWork::Read(read) => {
                missing("plate_reader", "plate reader");
                missing("plate_mover", "plate mover");
                self::read(scene, reporter, read);
            }
            StepWork::Station(work) => {
                missing("plate_mover", "plate mover");
                station(scene, reporter, step, work);
            }
            StepWork::Incubate(i) => {
                missing("plate_mover", "plate mover");
                incubate(scene, reporter, &i.place);
            }
            StepWork::Move(_) | StepWork::Unlid(_) | StepWork::Lid(_) => {
                missing("plate_mover", "plate mover")
            }
            _ => {}
        }
    }
}

fn read(scene: &Scene<'_>, reporter: &Reporter, read: &Read) {
    for (id, reader) in scene.readers_of(read) {
        for optics in &read.optics {
            self::optics(reporter, id, reader, optics, &read.each);
        }
        if let Some(area) = &read.area {
            self::area(scene, reporter, (id, reader), read, area);
        }
        let wells = scene.rig.read_wells(id);
        let labware = scene.labware_of(&read.each.value);
        if let Some(limits) = scene.rig.instruments.get(id).and_then(|i| i.driver.reads()) {
            for optics in &read.optics {
                limited(reporter, id, &limits, optics, &read.each);
            }
            let told = |count: usize| limits.wells.iter().any(|w| usize::from(*w) == count);
            if let Some(labware) = labware.filter(|l| !limits.wells.is_empty() && !told(l.well_count())) {
                let message = format!("{id} reads no plates of {} wells", labware.well_count());
                reporter.add(error(reporter, "reader-wells", &read.each.span, message));
            }
        }
        if let (Some(wells), Some(labware)) = (wells, labware)
            && wells != labware.well_count()
        {
            let message = format!(
                "{id} reads plates of {wells} wells; {} has {}",
                labware.name,
                labware.well_count()
            );
            reporter.add(error(reporter, "reader-wells", &read.each.span, message));
        }
    }
    let Some(place) = &read.incubate else { return };
    incubate(scene, reporter, place);
    let Some((id, _)) = scene.incubator(&place.at.value) else {
        return;
    };
    let elsewhere = scene
        .plates_of(&read.each.value)
        .iter()
        .filter_map(|p| scene.plates.get(p)?.rest.as_ref())
        .find(|nest| scene.slot_of(nest) != Some(id));
    if let Some(nest) = elsewhere {
        let message = format!("\"{}\" rests at \"{nest}\", not in {id}", read.each.value);
        let rest = scene.group(&read.each.value).and_then(|g| g.rest.first());
        let d = error(reporter, "rest", &place.at.span, message).help(format!("write rest = \"{id}\""));
        reporter.add(match rest {
            Some(rest) => d.other(rest.span.clone(), "where it rests"),
            None => d,
        });
    }
}

fn optics(
    reporter: &Reporter,
    id: &InstrumentId,
    reader: &PlateReader,
    optics: &Optics,
    each: &Spanned<String>,
) {
    let (from, to) = reader.wavelengths;
    let within = |w: &Spanned<Wavelength>| {
        if w.value < from || w.value > to {
            let message = format!("{id} reads from {from} to {to}, not at {}", w.value);
            reporter.add(error(reporter, "wavelength", &w.span, message));
            return false;
        }
        true
    };
    let cannot = |what: &str| {
        let message = format!("{id} does not measure {what}");
        reporter.add(error(reporter, "optics", &each.span, message));
    };
    match optics {
        Optics::Absorbance(wavelengths) => {
            // The first that is out of range says enough of a spectrum.
            let _ = wavelengths.iter().all(within);
        }
        Optics::Fluorescence {
            excitation, emission, ..
        } => {
            if !reader.fluorescence {
                cannot("fluorescence");
            } else if within(excitation) && within(emission) && emission.value <= excitation.value {
                let message = format!(
                    "light of {} excites, so what is measured is longer than that; {} is not",
                    excitation.value, emission.value
                );
                reporter.add(error(reporter, "wavelength", &emission.span, message));
            }
        }
        Optics::Luminescence { .. } => {
            if !reader.luminescence {
                cannot("luminescence");
            }
        }
    }
}

/// What a make of reader can be told of light.
fn limited(
    reporter: &Reporter,
    id: &InstrumentId,
    limits: &ReadLimits,
    optics: &Optics,
    each: &Spanned<String>,
) {
    let (place, why) = match optics {
        Optics::Absorbance(_) => return,
        Optics::Fluorescence { gain, .. } => match limits.gain {
            Some(own) if own != *gain => (
                &each.span,
                format!("measures at a gain called {own}, not at {gain}; write `gain = {own}`"),
            ),
            _ => return,
        },
        Optics::Luminescence { integration } => match limits.against(integration.value) {
            Some(why) => (&integration.span, why),
            None => return,
        },
    };
    reporter.add(error(reporter, "optics", place, format!("{id} {why}")));
}

/// An area scan: what the reader can, in wells that are wide enough.
fn area(
    scene: &Scene<'_>,
    reporter: &Reporter,
    (id, reader): (&InstrumentId, &PlateReader),
    read: &Read,
    area: &Spanned<AreaScan>,
) {
    let grid = area.value;
    if reader.area_scan == 0 {
        let message = format!("{id} does not scan areas");
        let help = "leave `area` out, or use a rig whose reader has `area_scan`";
        reporter.add(error(reporter, "optics", &area.span, message).help(help));
    } else if grid.points > reader.area_scan {
        let most = reader.area_scan;
        let message = format!(
            "{id} scans at most {most} × {most} points, not {} × {}",
            grid.points, grid.points
        );
        reporter.add(error(reporter, "area", &area.span, message));
    }
    if read
        .optics
        .iter()
        .any(|o| matches!(o, Optics::Luminescence { .. }))
    {
        let message =
            "luminescence is gathered from a whole well; areas are scanned in absorbance and fluorescence";
        let help = "measure it in a `read` of its own";
        reporter.add(error(reporter, "optics", &area.span, message).help(help));
    }
    let Some(labware) = scene.labware_of(&read.each.value) else {
        return;
    };
    let (x, y) = labware.geometry.shape.extent();
    let side = grid.side();
    // Of a round well, the corners of the grid are in it.
    let (reach, room) = match labware.geometry.shape {
        Shape::Circular { diameter } => (side.as_mm() * std::f64::consts::SQRT_2, diameter.as_mm()),
        Shape::Rectangular { .. } => (side.as_mm(), x.min(y).as_mm()),
    };
    if reach > room {
        let gaps = f64::from(grid.points.saturating_sub(1));
        let fits = room / reach * grid.spacing.as_mm();
        let most = format!("{:.2} mm", (fits * 100.0).floor() / 100.0);
        let message = format!(
            "a grid of {grid} is {:.1} mm across; the wells of {} are {room:.1} mm wide",
            reach, labware.name
        );
        let d = error(reporter, "area", &area.span, message);
        reporter.add(if gaps > 0.0 {
            d.help(format!("points at most {most} apart are in the well"))
        } else {
            d
        });
    }
}

fn incubate(scene: &Scene<'_>, reporter: &Reporter, place: &Incubate) {
    let Some((id, incubator)) = scene.incubator(&place.at.value) else {
        return;
    };
    if place.shake.value && incubator.shaking.is_none() {
        let message = format!("{id} does not shake");
        reporter.add(error(reporter, "shaking", &place.shake.span, message));
    }
    if let Some(temperature) = place
        .temperature
        .as_ref()
        .filter(|t| t.value != incubator.temperature)
    {
        let message = format!(
            "{id} is at {}, not at {}",
            incubator.temperature, temperature.value
        );
        let help = "its temperature is set in the rig file, since all plates in it share it";
        reporter.add(error(reporter, "temperature", &temperature.span, message).help(help));
    }
}

fn station(scene: &Scene<'_>, reporter: &Reporter, step: &Step, work: &StationWork) {
    let Some((id, station)) = scene.station(work.at.as_ref(), &work.task) else {
        if work.at.is_none() {
            let message = format!(
                "no station of the rig \"{}\" can {}",
                scene.rig.name,
                work.task.word()
            );
            reporter.add(error(reporter, "no-instrument", &step.id.span, message));
        }
        return;
    };
    if !can(station, &work.task) {
        let message = format!("{id} cannot {}", work.task.word());
        let span = work.at.as_ref().map_or(&step.id.span, |a| &a.span);
        let mut others = scene.stations().filter(|(_, s)| can(s, &work.task));
        let d = error(reporter, "no-instrument", span, message);
        reporter.add(match others.next() {
            Some((other, _)) => d.help(format!("{other} can")),
            None => d,
        });
        return;
    }
    limits(reporter, id, &station.abilities, &work.task);
}

fn limits(reporter: &Reporter, id: &InstrumentId, abilities: &Abilities, task: &Task) {
    match task {
        Task::Seal { temperature, .. } => {
            within(reporter, "temperature", id, abilities.seal, temperature, "seals")
        }
        Task::Centrifuge { force, .. } => {
            let range = abilities.spin.map(|most| (Force::xg(1), most));
            within(reporter, "force", id, range, force, "spins");
        }
        Task::Thermocycle { program } => {
            let temperatures = program
                .value
                .stages
                .iter()
                .flat_map(|s| &s.steps)
                .map(|s| s.temperature);
            for value in temperatures.chain(program.value.hold) {
                let span = program.span.clone();
                let temperature = Spanned { value, span };
                let range = abilities.thermocycle;
                if range.is_some_and(|(from, to)| value < from || value > to) {
                    within(reporter, "temperature", id, range, &temperature, "cycles");
                    break;
                }
            }
            if let Some(lid) = program
                .value
                .lid
                .filter(|l| *l > Temperature::milli_celsius(115_000))
            {
                let message = format!("no lid is heated to {lid}");
                reporter.add(error(reporter, "temperature", &program.span, message));
            }
        }
        Task::Heat(hold) | Task::Cool(hold) | Task::Shake(hold) => {
            if let Some(temperature) = &hold.temperature {
                within(reporter, "temperature", id, abilities.hold, temperature, "holds");
            }
            if let Some(speed) = &hold.speed {
                within(reporter, "shaking", id, abilities.shake, speed, "shakes");
            }
        }
        Task::Peel | Task::Scan => {}
    }
}

fn within<Q: Quantity>(
    reporter: &Reporter,
    code: &'static str,
    id: &InstrumentId,
    range: Option<(Q, Q)>,
    value: &Spanned<Q>,
    does: &str,
) {
    let Some((from, to)) = range else { return };
    if value.value < from || value.value > to {
        let message = format!("{id} {does} from {from} to {to}, not at {}", value.value);
        reporter.add(error(reporter, code, &value.span, message));
    }
}
