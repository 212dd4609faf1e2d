//! Tecan Cavro XCalibur and XLP 6000 syringe pumps: the liquid of a fixed probe.
//!
//! Owns the frames of the DT protocol ([`wire`]) and of the OEM protocol ([`oem`]), the error codes ([`codes`]) and the driver ([`Cavro`]). Knows no other instrument: where
//! the probe's end is meanwhile is the plan's affair.
//!
//! *Did it happen?* Every stroke is one string that sets the speed, turns the valve and sends the plunger to an absolute
//! position that differs from where it was; the pump reports the position (`?`). A lost answer is followed by questions,
//! never by the string again. This is commanded evidence: a pump that was switched off reports error 7 (not initialised)
//! until it finds its zero, and then nothing is claimed.
//!
//! In OEM frames a string whose acknowledgement is lost is sent again at once with its repeat flag: a pump that has had it
//! does nothing. What is still in doubt then is settled by the position, too, as questions in between take the number's
//! meaning away.
//!
//! The DT protocol has no checksum and no sequence number, and OEM answers have no number either. So a position counts when two readings in a row, with the pump
//! ready, agree; only the answer to `Q` says whether it is ready; after a stroke the valve is asked for as well (`?6`), since
//! a flipped bit may have turned it the other way; and after a lost answer nothing is believed until the pump has answered
//! `?23`, whose answer (words) looks like no other.
//!
//! Stated assumptions: a three-port valve (`I`, `O`), its input at the bottle; standard resolution (`N0`). Sources: the
//! manuals 733085 (XCalibur) and 734237 (XLP 6000).

pub mod codes;
mod driver;
pub mod oem;
mod talk;
#[cfg(test)]
pub(in crate::drivers) mod testing;
pub mod wire;

pub use driver::Cavro;
