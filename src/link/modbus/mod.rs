//! Modbus RTU and TCP, client side.
//!
//! Owns the pure codec ([`pdu`], [`frame`]) and the [`Client`] over a line. Two layers of failure: the talk failed
//! ([`ClientError`]) or the device said no ([`Exception`]). Knows no register map.
//!
//! RTU has no transaction number. A late answer is kept from passing for the next one by the line's quiet time after a
//! timeout, by an echo (function 8) that the device must return before anything else is asked again, and by comparing
//! unit, function, byte count and (for writes) the echoed address and values; what does not fit is dropped while the timer
//! keeps running. TCP compares the transaction number instead of echoing.

mod client;
pub mod frame;
pub mod pdu;

pub use client::{Client, ClientError};
pub use frame::crc;
pub use pdu::{Exception, Request, Response};
