//! Protocol files.

mod data;
mod head;
mod line;
mod liquid;
mod materials;
mod plate;
mod regulator;
mod steps;
mod volume;

use super::model::{Measure, Sign, Type};
use crate::units::{
    Duration, FlowRate, Force, Length, RotationSpeed, Speed, Temperature, Volume, Wavelength,
};

pub(super) use head::ROOT;

const NAME: Type = Type::Pattern("[A-Za-z0-9_-]{1,64}", "name");
const WELL: Type = Type::Pattern("[A-Za-z]{1,2}[0-9]{1,3}", "well");
const WELLS: Type = Type::OneOrMore(&Type::Pattern(
    "[A-Za-z]{1,2}[0-9]{1,3}(:[A-Za-z]{1,2}[0-9]{1,3})?",
    "well or range of wells",
));
const NAMES: Type = Type::OneOrMore(&Type::Text);
const VOLUME: Type = Type::Quantity(Measure::of::<Volume>(), Sign::Positive);
const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::Positive);
const DELAY: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const TEMPERATURE: Type = Type::Quantity(Measure::of::<Temperature>(), Sign::Any);
const WAVELENGTH: Type = Type::Quantity(Measure::of::<Wavelength>(), Sign::Positive);
const FORCE: Type = Type::Quantity(Measure::of::<Force>(), Sign::Positive);
const ROTATION: Type = Type::Quantity(Measure::of::<RotationSpeed>(), Sign::Positive);
const FLOW: Type = Type::Quantity(Measure::of::<FlowRate>(), Sign::Positive);
const SPEED: Type = Type::Quantity(Measure::of::<Speed>(), Sign::Positive);
const LENGTH: Type = Type::Quantity(Measure::of::<Length>(), Sign::Positive);
