//! Versions of the events in a journal, and the way from each older one to the present.
//!
//! A version is raised when an event changes so that its older text can no longer be read, or so that an older program
//! would read the newer text wrongly. A field that is added with a default raises nothing; neither does a new kind of
//! event, which an older program refuses by itself. `tests/cases/journals` holds a journal of every release.

use super::record::RecordError;
use crate::run::Event;
use serde_json::Value;

/// Version of the events that are written; all from 1 are read.
pub const EVENTS: u16 = 1;

/// Makes the text of an event of one version that of the next.
type Step = fn(Value) -> Value;

/// Steps to the present: the first leads from version 1 to 2.
const STEPS: &[Step] = &[];

/// Reads the text of an event of a version.
///
/// # Errors
/// When it is newer than this program, or no event.
pub(super) fn read(version: u16, text: &[u8]) -> Result<Event, RecordError> {
    let unknown = |e: serde_json::Error| RecordError::Payload(e.to_string());
    match version {
        EVENTS => serde_json::from_slice(text).map_err(unknown),
        0 => Err(RecordError::Events(0)),
        older if older < EVENTS => {
            let value = serde_json::from_slice(text).map_err(unknown)?;
            let steps = STEPS.iter().skip(usize::from(older) - 1);
            serde_json::from_value(steps.fold(value, |value, step| step(value))).map_err(unknown)
        }
        newer => Err(RecordError::Events(newer)),
    }
}

/// There is a step from every version to the next.
const _: () = assert!(STEPS.len() + 1 == EVENTS as usize);
