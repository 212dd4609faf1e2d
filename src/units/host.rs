//! What the clocks of a host show.

use super::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// The clocks of a host at one moment. Boot time goes on while the host is suspended and cannot be set; it counts from the
/// last start of the host, which the boot id names. The wall clock can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostTime {
    /// Which start of which host, as the kernel names it.
    pub boot: String,
    /// Microseconds since then, suspended time included.
    pub boot_us: u64,
    /// The time of day.
    pub wall: Timestamp,
}

impl HostTime {
    /// How much boot time passed from `then` to this; none across a start of the host, or backwards.
    pub fn since(&self, then: &Self) -> Option<Duration> {
        if self.boot != then.boot {
            return None;
        }
        self.boot_us.checked_sub(then.boot_us).map(Duration::us)
    }

    /// How far the wall clock went on from `then` to this; negative where it was set back. In microseconds.
    pub fn wall_since(&self, then: &Self) -> i64 {
        let us = |at: Timestamp| i64::try_from(at.as_us()).unwrap_or(i64::MAX);
        us(self.wall).saturating_sub(us(then.wall))
    }
}
