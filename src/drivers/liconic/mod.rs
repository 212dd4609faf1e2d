//! Liconic STX: an incubator with cassettes, a handler, a transfer station and a shaker, behind a PLC that speaks text.
//!
//! Owns its lines ([`wire`]), its error codes ([`codes`]), where a slot is and the driver ([`Liconic`]). Knows no other
//! instrument.
//!
//! *Did it happen?* A sensor sees whether a plate stands on the transfer station (relay 1813). An access changes it;
//! unchanged, ready and without an error means that it did not take place; a reported error (1814, DM200), or a plate that
//! the shovel's sensor sees, is for a person to look at. The relays that begin an access (1904, 1905) are set once; every
//! other line is a question or states a goal. Registers that say where a plate goes are read back before an access begins,
//! as the protocol has no checksum.
//!
//! After a lost answer nothing is believed until the PLC has answered `CR`, whose answer (`CC`) looks like no other.
//!
//! Stated assumptions: relay 1801, which activates the handling, may be set again while something moves; the shaker's speed
//! (DM39) counts 0.1 Hz of its revolutions; a break before `CR`, where a unit needs one, is the line's affair; there is no
//! question for model or serial number, no stop, and the barcode reader is an instrument of its own.

pub mod codes;
mod driver;
mod talk;
pub mod wire;

pub use driver::Liconic;
