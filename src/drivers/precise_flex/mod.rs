//! PreciseFlex arm (Brooks, TCS): a plate mover over TCP.
//!
//! Owns its lines ([`wire`]), its error codes ([`codes`]), where an arm stands ([`pose`]) and the driver ([`PreciseFlex`]).
//! Knows no other instrument.
//!
//! *Did it happen?* Plates are carried by motions that each state a goal: over a place, down to it, the gripper closed, up, to
//! the rest position, and so on. So no command is one that cannot be repeated, and the connection is free for `halt`
//! meanwhile (`pickplate` and `waitForEom` would block it). What was brought about is seen by the encoders (`wherej`,
//! `wherec`) and by the gripper: fully closed (`IsFullyClosed`) or open, it holds nothing; in between, it holds something.
//! A carry ends at one of three rest heights, 2 mm apart, that is not the one where the arm stood before: an empty gripper
//! there means that the plate was set down; at another, that it was not picked up. What is in the gripper otherwise is for a
//! person.
//!
//! After a lost answer nothing is believed until the controller has answered `version`, whose answer (words) looks like no
//! other but what `identify` asks.
//!
//! Stated assumptions: places are reached from above, the base being the vertical axis; the fifth number of joints is the width between the fingers, and moves that hold something command it closed, as the gripper does;
//! joints of an arm without a rail.

mod carry;
pub mod codes;
mod driver;
pub mod pose;
mod talk;
#[cfg(test)]
mod testing;
pub mod wire;

pub use driver::PreciseFlex;
