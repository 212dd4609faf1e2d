//! Modbus RTU and TCP, client side.
//!
//! Owns the pure codec ([`pdu`], [`frame`]) and the [`Client`] over a line. Two layers of failure: the talk failed
//! ([`ClientError`]) or the device said no ([`Exception`]). Knows no register map.
//!
//! Nothing is written that [`Writable`] does not name. Neighbouring registers are read together ([`coalesce`]).
//!
//! RTU has no transaction number. A late answer is kept from passing for the next one by the line's quiet time after a
//! timeout, by an echo (function 8) that the device must return before anything else is asked again, and by comparing
//! unit, function, byte count and (for writes) the echoed address and values; what does not fit is dropped while the timer
//! keeps running. TCP compares the transaction number instead of echoing; so there several requests may be on their way at once,
//! where the rig says that the server takes them.

mod client;
pub mod frame;
pub mod pdu;
mod spans;

pub use client::{Client, ClientError};
pub use frame::crc;
pub use pdu::{Exception, Identification, Meaning, Request, Response};
pub use spans::{Span, Writable, coalesce};
