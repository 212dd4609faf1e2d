//! A Modbus server of our own: framing for serial lines and sockets, function codes, exceptions.

mod bank;
mod pdu;
mod server;

pub(crate) use bank::Bank;
pub(crate) use pdu::Exception;
pub(crate) use server::{Framing, Instrument, ModbusServer};
