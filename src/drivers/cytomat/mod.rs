//! Thermo Cytomat, native protocol: an incubator with a plate handler, a transfer station, shakers and a scanner.
//!
//! Owns its telegrams ([`wire`]), its error codes ([`codes`]) and the driver ([`Cytomat`]). Knows no other instrument.
//!
//! *Did it happen?* The overview register carries a sensor of the transfer station and one of the handler. An access
//! changes the transfer station's; unchanged and idle means that it did not take place; a plate on the handler, or a
//! reported error, is for a person to look at.
//!
//! Stated assumptions: the protocol has no way to ask for a model or serial number, none to set a temperature (it is
//! set at the unit; here it is compared), and no stop command. The barcode is scanned with `mv:sn NNN NNN` and then
//! asked with `ch:bc NNN`, answered `bc CODE`, or `bc -` without a code; sources show only the first half.

pub mod codes;
mod driver;
mod talk;
pub mod wire;

pub use driver::Cytomat;
