//! The driver that a text profile makes: an instrument on a serial line (or a socket) that is asked and told in lines of text.
//!
//! Owns requests and answers as bytes ([`wire`]), what answers mean ([`value`]), the exchanges ([`talk`](self)), the steps
//! of commands and the driver ([`TextDriver`]). Knows no particular device.
//!
//! *Did it happen?* The profile says, of each command that must not be done twice, from which step on it may have happened,
//! and which condition on the instrument's answers shows that it did; where it says nothing, a person is asked. A condition
//! that was already so before the command began shows nothing.

mod counted;
mod driver;
mod regulate;
mod settle;
mod steps;
mod talk;
pub mod value;
pub mod wire;

pub use driver::TextDriver;
