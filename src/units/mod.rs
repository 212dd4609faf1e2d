//! Quantities with units: volume, length, temperature, wavelength, speed, flow rate, duration, time, absorbance; and
//! amounts of whatever an instrument measures.
//!
//! Owns their exact integer representation, their parsing ("180 uL") and printing.
//! Knows nothing of files, instruments or protocols. Start with [`quantity`].

mod amount;
mod day;
mod host;
mod name;
mod quantities;
mod quantity;
mod time;

pub use amount::{Amount, AmountError, Unit};
pub use day::Day;
pub use host::HostTime;
pub(crate) use name::text_name;
pub use quantities::{
    Absorbance, EvaporationRate, FlowRate, Force, GrowthRate, Length, RotationSpeed, Share, Speed,
    Temperature, Volume, Wavelength,
};
pub use quantity::{Quantity, QuantityError, parse_scaled};
pub use time::{Duration, Timestamp};
