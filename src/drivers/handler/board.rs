//! What a handler asks of its motor controller.

use super::axes::{Axis, Position, State};
use super::leg::Leg;
use crate::devices::{Done, Failure, Identity};
use crate::plan::Action;
use crate::rig::Mount;

/// A motor controller of six axes. Implemented by the OT-2's board and by the axes of a home-built gantry; its one user is
/// [`super::driver::Handler`].
#[expect(async_fn_in_trait, reason = "drivers live on one thread")]
pub trait Board {
    /// Whether what cannot be taken back is said in one go, so that it is carried out from its beginning or not at all. Where
    /// it is not, the axes tell how far it got.
    const AT_ONCE: bool;

    /// Who is there; sets it up. Nothing moves.
    ///
    /// # Errors
    /// When nobody answers, or another than the rig file names.
    async fn introduce(&mut self) -> Result<Identity, Failure>;
    /// Positions and homed flags, once nothing moves, after making sure that the same controller is at the other end; they
    /// are kept for [`Board::recall`].
    ///
    /// # Errors
    /// When there is no answer; nothing has moved.
    async fn known_state(&mut self) -> Result<State, Failure>;
    /// Positions and homed flags, once nothing moves.
    ///
    /// # Errors
    /// As [`Board::known_state`].
    async fn state(&mut self) -> Result<State, Failure>;
    /// Positions alone, once nothing moves.
    ///
    /// # Errors
    /// As [`Board::known_state`].
    async fn position(&mut self) -> Result<Position, Failure>;
    /// What was read last, if nothing was said since; it is forgotten.
    fn recall(&mut self) -> Option<State>;
    /// Keeps what is known without being asked.
    fn keep(&mut self, state: State);
    /// Moves that state goals, and where they ended. Repeats what an answer was lost to, while positions are trusted.
    ///
    /// # Errors
    /// When there is no answer, positions are lost, or something is in the way.
    async fn travel(&mut self, from: Position, legs: &[Leg]) -> Result<Position, Failure>;
    /// Moves that cannot be taken back, once. The failure says whether they may have begun.
    ///
    /// # Errors
    /// When they were not carried out, or that is not known.
    async fn irreversible(&mut self, legs: &[Leg]) -> Result<(), Failure>;
    /// Finds an axis anew that may have lost steps; nothing, where the controller would have noticed.
    ///
    /// # Errors
    /// When there is no answer.
    async fn refind(&mut self, axis: Axis) -> Result<(), Failure>;
    /// Finds the axes that a homing is about.
    ///
    /// # Errors
    /// When they were not found.
    async fn home(&mut self, action: &Action) -> Result<Done, Failure>;
    /// Stops every axis now.
    ///
    /// # Errors
    /// When that could not be said.
    async fn halt(&mut self) -> Result<(), Failure>;
    /// Whether these are ways that the axes can go.
    ///
    /// # Errors
    /// Which axis cannot.
    fn within(&self, legs: &[Leg]) -> Result<(), Failure>;
    /// How far beyond its target a plunger goes upwards and comes back, in um.
    fn backlash(&self) -> i64;
    /// Where the lift of a mount stands when it is parked, in um, or higher.
    fn parked_lift(&self, mount: Mount) -> i64;
    /// An axis, in words.
    fn called(&self, axis: Axis) -> String;
    /// Why nobody knows any more what became of something.
    fn forgotten(&self) -> String;
}
