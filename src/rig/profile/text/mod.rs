//! Serial text devices: what is sent, what is answered, what that means, and which actions are made of it.

mod command;
mod model;
mod parse;
mod pattern;
mod quantity;
mod sent;
mod template;
mod wrapping;

pub use model::{
    Argument, Checksum, Command, Condition, Field, Frame, Happened, Identity, Measured, Part, Piece,
    Question, Reference, Refusal, Step, Stop, TextProfile, Wrapping,
};
pub(super) use parse::read;
pub use pattern::Pattern;
