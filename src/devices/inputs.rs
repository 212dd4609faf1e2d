//! The contract of a module that reads contacts.

use super::{Failure, Fut};
use crate::rig::InputId;
use std::collections::BTreeMap;

/// Reads contacts. Nothing is written, nothing moves.
pub trait InputModule {
    /// Whether each of its contacts says that all is safe.
    ///
    /// # Errors
    /// When it does not answer, or not to the question. What was read of other contacts meanwhile is not told.
    fn read(&mut self) -> Fut<'_, Result<BTreeMap<InputId, bool>, Failure>>;
}
