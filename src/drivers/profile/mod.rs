//! The driver that a Modbus profile makes: a plate reader, a plate mover or a station described by its
//! register map.
//!
//! Owns the reading and writing of registers by type ([`value`]), the command handshake and the driver
//! ([`ProfileDriver`]). Knows no particular device.
//!
//! *Did it happen?* Each command carries a sequence number that differs from the accepted one; writing the same number
//! again starts nothing, so a write whose answer was lost may be repeated. Accepted equal to the intent's number means
//! that it was started; completed equal to it, that it has ended, with a result. Accepted still as before means that it
//! was not. Anything else (0 after a power cycle) leaves the profile's sensors, and then a person.
//!
//! Results that mean "nothing moved" go by these names in a profile: `bad_argument`, `bad_station`, `not_homed`,
//! `no_plate`, `nothing_gripped`, `tray_not_closed`, `door_not_closed`, `already_sealed`, `not_sealed`, `lid_on`, `no_film`,
//! `not_initialised`, `not_fitted`, and `station_occupied` with an empty gripper.

mod arguments;
mod course;
mod driver;
mod handshake;
mod meet;
mod registers;
mod regulator;
mod settle;
mod station;
mod stop;
pub mod value;

pub use driver::ProfileDriver;
pub use regulator::RegulatorDriver;
