//! One instrument by itself: what there is, whether it answers, what it says, and what went over its line.
//!
//! Used while no run has the rig: a port has one owner, so that a daemon that holds it is told of by the port itself.

use super::wear::since_service;
use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::labware::Library;
use crate::link::{Line, Playback, Port, Recording, Settings, capture_into};
use crate::rig::{Counter, Driver, InstrumentId, Rig};
use crate::run::Wear;
use crate::simulate::Wires;
use hardware_sim::Sim;
use std::path::Path;

/// An instrument of a rig, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: String,
    /// What it is asked to do, as "station".
    pub role: &'static str,
    /// Which driver or profile speaks to it.
    pub driver: String,
    /// Port or address.
    pub place: String,
    /// By whom driver or profile was judged.
    pub maturity: &'static str,
    /// What it has done since its last service, with the limit where there is one.
    pub counts: Vec<(Counter, u64, Option<u64>)>,
}

/// Every instrument of a rig, with what was worn out in its runs; nothing is opened.
pub fn listed(rig: &Rig, wear: &Wear) -> Vec<Listed> {
    let counts = |id: &InstrumentId, instrument: &crate::rig::Instrument| {
        let counts = since_service(wear, rig, id);
        let limits = &instrument.service.limits;
        let shown = Counter::ALL.into_iter().filter_map(|counter| {
            let (count, limit) = (counts.get(&counter).copied(), limits.get(&counter).copied());
            (count.is_some() || limit.is_some()).then(|| (counter, count.unwrap_or_default(), limit))
        });
        shown.collect()
    };
    let one = |(id, instrument): (&InstrumentId, &crate::rig::Instrument)| Listed {
        name: id.to_string(),
        title: instrument.title.clone(),
        role: instrument.role.name(),
        driver: match &instrument.driver {
            Driver::Profile(path) => {
                let name = rig.profiles.get(path).map(|p| p.head().name.clone());
                format!("profile {}", name.unwrap_or_else(|| path.clone()))
            }
            other => other.word().to_owned(),
        },
        place: instrument.link.place().to_owned(),
        maturity: drivers::maturity(instrument, rig).words(),
        counts: counts(id, instrument),
    };
    rig.instruments.iter().map(one).collect()
}

/// A driver on the instrument's own link; what goes over it is captured into a file, where one is named.
///
/// # Errors
/// When the rig has no such instrument, or does not describe it well enough.
pub fn on_its_link(
    id: &InstrumentId,
    rig: &Rig,
    library: &Library,
    clock: Clock,
    capture: Option<&Path>,
) -> Result<Box<dyn Instrument>, Failure> {
    let link = rig
        .instruments
        .get(id)
        .map(|i| i.link.clone())
        .ok_or_else(|| unknown(id, rig))?;
    let mut settings = Settings::of(&link);
    settings.open_attempts = 1;
    settings.capture = capture.map(|place| capture_into(place, clock));
    let line = Line::new(Port::opener(&link, clock), settings, clock);
    drivers::connect(id, rig, library, line, clock)
}

/// A driver on a line to the instrument's twin in this process.
///
/// # Errors
/// When the rig has no such instrument, or does not describe it well enough.
pub fn simulated(
    id: &InstrumentId,
    (sim, rig): (&Sim, &Rig),
    library: &Library,
    clock: Clock,
    capture: Option<&Path>,
) -> Result<Box<dyn Instrument>, Failure> {
    if !rig.instruments.contains_key(id) {
        return Err(unknown(id, rig));
    }
    let capture = capture.map(|place| capture_into(place, clock));
    // No other line is opened.
    let wires = Wires::changed(sim, rig, clock, None, move |settings| {
        settings.capture.clone_from(&capture)
    });
    wires.maker(library)(id)
}

/// A driver on a capture that is played back, and how that goes.
///
/// # Errors
/// When the rig has no such instrument, or the text is no capture.
pub fn on_a_capture(
    id: &InstrumentId,
    rig: &Rig,
    library: &Library,
    clock: Clock,
    capture: &str,
) -> Result<(Box<dyn Instrument>, Playback), Failure> {
    let link = rig
        .instruments
        .get(id)
        .map(|i| i.link.clone())
        .ok_or_else(|| unknown(id, rig))?;
    let recording = Recording::parse(capture).map_err(|error| no(&error.to_string()))?;
    let (opener, playback) = recording.play();
    let line = Line::new(opener, Settings::of(&link), clock);
    Ok((drivers::connect(id, rig, library, line, clock)?, playback))
}

/// One finding of a self-test: what was asked, and what was answered.
pub type Finding = (String, Result<String, String>);

/// Asks an instrument who it is, whether it answers, and all that can be asked by name. Nothing moves; `told` hears each
/// finding. False when something was not answered.
pub async fn tested(driver: &mut dyn Instrument, told: &mut dyn FnMut(Finding)) -> bool {
    let mut well = true;
    let mut tell = |what: &str, found: Result<String, Failure>| {
        well &= found.is_ok();
        told((what.to_owned(), found.map_err(|failure| failure.message)));
    };
    let identity = driver.identify().await.map(|identity| {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let (serial, firmware) = (or_none(identity.serial), or_none(identity.firmware));
        format!("{}, serial number {serial}, firmware {firmware}", identity.model)
    });
    let met = identity.is_ok();
    tell("identity", identity);
    if met {
        tell("alive", driver.alive().await.map(|()| "answers".to_owned()));
        for name in driver.names() {
            let answer = driver.ask(&name).await;
            tell(&name, answer);
        }
    }
    well
}

fn unknown(id: &InstrumentId, rig: &Rig) -> Failure {
    let names: Vec<String> = rig.instruments.keys().map(ToString::to_string).collect();
    no(&format!(
        "the rig has no instrument \"{id}\"; there are {}",
        names.join(", ")
    ))
}

fn no(message: &str) -> Failure {
    use crate::devices::{FailureKind, Moved};
    Failure::new(FailureKind::Unsupported, Moved::No, message)
}
