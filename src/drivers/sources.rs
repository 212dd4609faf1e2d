//! What an action says in numbers, for profiles that pass it on.

use crate::plan::Action;
use crate::rig::profile::ArgumentSource;
use crate::units::{Duration, Temperature};

/// The number that an action gives, in the unit of its source; inside, none where it says that there is none (an unheated
/// lid). `None` where the action has nothing of the kind: places of plates and blocks are the driver's own.
pub(super) fn own(source: ArgumentSource, action: &Action) -> Option<Option<f64>> {
    let number = |value: f64| Some(Some(value));
    let temperature = |of: Option<Temperature>| Some(of.map(Temperature::as_celsius));
    match (source, action) {
        (ArgumentSource::Wavelength, Action::ReadAbsorbance { wavelength, .. }) => {
            number(f64::from(wavelength.get()))
        }
        (ArgumentSource::Excitation, Action::ReadFluorescence { excitation, .. }) => {
            number(f64::from(excitation.get()))
        }
        (ArgumentSource::Emission, Action::ReadFluorescence { emission, .. }) => {
            number(f64::from(emission.get()))
        }
        (ArgumentSource::Gain, Action::ReadFluorescence { gain, .. }) => number(f64::from(*gain)),
        (ArgumentSource::Integration, Action::ReadLuminescence { integration, .. }) => {
            number(integration.as_s() * 1_000.0)
        }
        (ArgumentSource::Points, action) => number(f64::from(action.area()?.points)),
        (ArgumentSource::Spacing, action) => number(action.area()?.spacing.as_mm()),
        (
            ArgumentSource::Temperature,
            Action::Seal { temperature, .. } | Action::SetTemperature { temperature },
        ) => number(temperature.as_celsius()),
        (ArgumentSource::Duration, Action::Seal { duration, .. } | Action::Spin { duration, .. }) => {
            number(duration.as_s())
        }
        (ArgumentSource::Force, Action::Spin { force, .. }) => number(f64::from(force.get())),
        (ArgumentSource::Speed, Action::Shake { speed }) => number(speed.map_or(0.0, |s| f64::from(s.get()))),
        (ArgumentSource::Value, Action::SetPoint { to, .. }) => number(to.value()),
        (ArgumentSource::LidTemperature, Action::Thermocycle { program, .. }) => temperature(program.lid),
        (ArgumentSource::HoldTemperature, Action::Thermocycle { program, .. }) => temperature(program.hold),
        _ => None,
    }
}

/// How long an action works by its own figures, beside what the profile allows it.
pub(super) fn own_time(action: &Action) -> Duration {
    /// Allowance for the way from one temperature to the next.
    const RAMP: Duration = Duration::s(120);
    match action {
        Action::Seal { duration, .. } | Action::Spin { duration, .. } => *duration,
        Action::Thermocycle { program, .. } => program.duration().plus(RAMP.times(program.ramps() + 1)),
        Action::ReadLuminescence {
            integration, wells, ..
        } => integration.times(u64::from(*wells)),
        _ => Duration::ZERO,
    }
}
