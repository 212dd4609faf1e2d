//! Failures that every driver words alike.

use crate::devices::{Failure, FailureKind, Moved};
use crate::link::LineError;

/// The instrument said no, and nothing moved.
pub(super) fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, Moved::No, message)
}

/// The instrument cannot do that.
pub(super) fn unsupported(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Unsupported, Moved::No, message)
}

/// Positions are lost, and nothing moved.
pub(super) fn not_homed(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::NotHomed, Moved::No, message)
}

/// No answer to something that is safe to ask again.
pub(super) fn no_answer(error: &LineError) -> Failure {
    Failure::new(FailureKind::NoAnswer, Moved::No, error.to_string())
}

/// The same failure with another account of what moved.
pub(super) fn moved(mut failure: Failure, moved: Moved) -> Failure {
    failure.moved = moved;
    failure
}

/// What an instrument says, as one line that no terminal obeys: control characters out, at most 200 characters.
pub(super) fn clean(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c) {
            ' '
        } else {
            c
        }
    };
    text.trim().chars().map(plain).take(200).collect()
}
