//! What became of the host's clocks during a run, and what time it is in a run that is taken up again.
//!
//! A run has a time of its own: that of the wall clock at its start, carried on in boot time. So neither a wall clock that is
//! set nor a host that sleeps makes an incubation longer or shorter. Pure: the clocks are read elsewhere.

use crate::units::{Duration, HostTime, Timestamp};
use serde::{Deserialize, Serialize};

/// How far the wall clock may drift from boot time between two looks without having been set, in microseconds.
pub const DRIFT_US: i64 = 500_000;

/// Across a start of the host, the wall clock is taken to be right to this, and to [`DRIFT_PPM`] of the time away, unless
/// somebody set it.
const RIGHT_TO: Duration = Duration::s(2);

/// Drift of a clock that runs by its battery, in parts of a million: 8 s a day.
const DRIFT_PPM: u64 = 100;

/// What was found of the host's clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Disturbance {
    /// The wall clock was set.
    WallSet {
        /// Milliseconds forward; negative: back.
        by_ms: i64,
    },
    /// The program did not run for a while.
    Gap {
        /// Milliseconds of the host's time.
        for_ms: u64,
        /// The host was suspended; else the program was stopped, or found no processor.
        suspended: bool,
    },
    /// The host was started anew between two processes of the run: the time away is that of the wall clock.
    Rebooted {
        /// Milliseconds away; none where the wall clock shows a time before the last record, so that nobody knows.
        away_ms: Option<u64>,
        /// By so many milliseconds that may be wrong, unless somebody set the clock.
        give_or_take_ms: u64,
    },
}

impl Disturbance {
    /// In words, for people.
    pub fn in_words(&self) -> String {
        let span = |ms: u64| Duration::ms(ms).to_string();
        match self {
            Self::WallSet { by_ms } => format!(
                "the host's clock was set {} by {}; the times of this run go on as they were, in boot time",
                if *by_ms < 0 { "back" } else { "forward" },
                span(by_ms.unsigned_abs())
            ),
            Self::Gap { for_ms, suspended } => format!(
                "{} for {}; instruments ended what they had begun, and what fell due meanwhile is late",
                if *suspended {
                    "the host was suspended"
                } else {
                    "the program was stopped"
                },
                span(*for_ms)
            ),
            Self::Rebooted {
                away_ms: Some(away),
                give_or_take_ms,
            } => format!(
                "the host was started anew: by its wall clock the run stood for {}, give or take {} unless that clock was set",
                span(*away),
                span(*give_or_take_ms)
            ),
            Self::Rebooted { away_ms: None, .. } => {
                "the host was started anew, and its wall clock shows a time before the last \
                 record: nobody knows how long the run stood, and its time goes on from that record"
                    .to_owned()
            }
        }
    }
}

/// What is known of the host's clocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// The last reading, with the run's time at that moment.
    pub read: Option<(HostTime, Timestamp)>,
    /// What was found, in order.
    pub found: Vec<(Timestamp, Disturbance)>,
}

impl Host {
    pub(super) fn apply(&mut self, host: &HostTime, found: Option<&Disturbance>, at: Timestamp) {
        self.read = Some((host.clone(), at));
        self.found.extend(found.map(|f| (at, f.clone())));
    }
}

/// What time it is in a run whose last record is of `last` and that is taken up by a new process, and what was found; none
/// where no reading tells.
pub fn time_in_run(host: &Host, last: Timestamp, now: &HostTime) -> Option<(Timestamp, Option<Disturbance>)> {
    let (then, at) = host.read.as_ref()?;
    let wall = now.wall_since(then);
    let (time, found) = if let Some(passed) = now.since(then) {
        let off = wall.saturating_sub(i64::try_from(passed.as_us()).unwrap_or(i64::MAX));
        let set = (off.saturating_abs() > DRIFT_US).then_some(Disturbance::WallSet { by_ms: off / 1000 });
        (at.plus(passed), set)
    } else {
        let time = at.plus(Duration::us(u64::try_from(wall).unwrap_or(0)));
        let away = (time >= last).then(|| time.since(last));
        let drift = away.unwrap_or_default().as_us() / 1_000_000 * DRIFT_PPM;
        let found = Disturbance::Rebooted {
            away_ms: away.map(|a| a.as_us() / 1000),
            give_or_take_ms: RIGHT_TO.plus(Duration::us(drift)).as_us() / 1000,
        };
        (time, Some(found))
    };
    Some((time.max(last), found))
}

/// What two looks at the host's clocks show that should have been `expected` apart, of which the program ran for `ran`.
pub fn compare(then: &HostTime, now: &HostTime, expected: Duration, ran: Duration) -> Vec<Disturbance> {
    let Some(passed) = now.since(then) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let suspended = passed.minus(ran);
    let held_up = ran.minus(expected);
    if suspended > GAP {
        found.push(Disturbance::Gap {
            for_ms: suspended.as_us() / 1000,
            suspended: true,
        });
    } else if held_up > GAP {
        found.push(Disturbance::Gap {
            for_ms: held_up.as_us() / 1000,
            suspended: false,
        });
    }
    let passed = i64::try_from(passed.as_us()).unwrap_or(i64::MAX);
    let set = now.wall_since(then).saturating_sub(passed);
    if set.saturating_abs() > DRIFT_US {
        found.push(Disturbance::WallSet { by_ms: set / 1000 });
    }
    found
}

/// A shorter gap is not worth a record: nothing of a rig is that exact.
const GAP: Duration = Duration::s(2);

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
