//! Agilent BioTek plate readers (Synergy H1, Epoch, Cytation 1 and 5): the wire protocol of their own program, as found by
//! listening to it.
//!
//! Owns the answers ([`wire`]), the block of values ([`block`]), what is told for a read ([`settings`]) and the driver
//! ([`BioTek`]). Knows no other instrument.
//!
//! *Did it happen?* The values come once, by themselves, and the instrument keeps nothing that could be asked for again. A read
//! leaves nothing behind on the plate: one whose values were lost is stopped (`x`) and made again. The values of the lost one
//! may still come, so no other read begins before they have come or can come no more: they never pass for those of the
//! next. The tray's position is a goal, stated again.
//!
//! Answers have no sequence number, and short ones no checksum: after a lost answer nothing is believed until the instrument has
//! answered `e`, which is asked at no other time and whose answer (its version) looks like no other. A reader that may be
//! waiting for the rest of a parameter is given its end (ETX) first. The block of values has a checksum: the sum of its
//! bytes, from behind its first CR to its first SUB, modulo 256.
//!
//! Stated assumptions: wells stand as SLAS 4 says, in plates 14.35 mm high; focal heights and whatever else a read is told
//! that our sources do not explain are as they were captured.

pub mod block;
mod driver;
mod settings;
mod talk;
pub mod wire;

pub use driver::BioTek;
