//! Molecular Devices SpectraMax (384 Plus, M series): a plate reader with a tray.
//!
//! Owns its answers ([`wire`]), the block of data ([`block`]), its error codes ([`codes`]), what it is told for a read
//! ([`settings`]) and the driver ([`SpectraMax`]). Knows no other instrument.
//!
//! *Did it happen?* The instrument keeps what it measured until it is told to forget it. Before the intent of a read is
//! written, it is told to (`!CLEAR DATA`), and shows that it has (`!TRANSFER` is answered with error 107): data that it has
//! later are of a newer read. They are believed when their wavelengths and wells are those that were asked for, and when a
//! second `!TRANSFER` brings the same or nothing more, so that neither two data sets nor a flipped digit pass. A read leaves
//! nothing behind on the plate: whatever is in doubt is measured again. The tray's position is a goal, stated again.
//!
//! The protocol has neither checksum nor sequence number: after a lost answer nothing is believed until the instrument has
//! answered `!TEMP`, which is asked at no other time and whose answer (two numbers) looks like no other.
//!
//! Stated assumptions: wells stand as SLAS 4 says; the second word of `!STATUS` is `IDLE` when nothing runs; the settling
//! time of the carriage (`!NVRAM`) stays as it is set at the instrument, as its memory wears; there is no stop command and no
//! question for the tray's position; area scans are not described by our sources.

pub mod block;
pub mod codes;
mod driver;
mod settings;
mod talk;
pub mod wire;

pub use driver::SpectraMax;
