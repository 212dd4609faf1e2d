//! Waiting that is part of an operation: counted by the engine, whoever holds still meanwhile.
//!
//! The end is an absolute time that is noted with the intent, so that a restart neither cuts a dwell short nor begins it
//! anew.

use super::core::{EngineError, Shared};
use crate::devices::{Before, Done, Evidence, Intent};
use crate::run::{ActionId, Event};
use crate::units::{Duration, Timestamp};

/// Name of the end of a dwell among the numbers of an intent, in microseconds of the clock.
const UNTIL: &str = "until_us";

/// Longest sleep without a look at whether the run is being aborted.
const LOOK: Duration = Duration::s(5);

/// The end of a dwell that begins now.
pub(super) fn before(now: Timestamp, duration: Duration) -> Before {
    let until = now.plus(duration).as_us();
    Before::default().with(UNTIL, i64::try_from(until).unwrap_or(i64::MAX))
}

/// Waits to the end and records it; leaves the intent open when the run is being aborted.
pub(super) async fn until_over(
    shared: &Shared,
    action: ActionId,
    intent: &Intent,
    evidence: Option<Evidence>,
) -> Result<(), EngineError> {
    let until = intent.before.get(UNTIL).and_then(|us| u64::try_from(us).ok());
    let until = Timestamp::from_us(until.unwrap_or_default());
    while shared.clock.now() < until {
        if shared.is_aborting() {
            return Ok(());
        }
        let look = shared.clock.now().plus(LOOK);
        shared.clock.sleep_until(until.min(look)).await;
    }
    let done = Done::Plain;
    let ended = Event::Ended {
        action,
        done,
        evidence,
    };
    Ok(shared.record_durably(&ended).await?)
}
