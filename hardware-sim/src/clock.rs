//! Simulated time: a small copyable value over tokio's time. The only caller of a clock in this crate.

use crate::num;
use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Duration, Instant, sleep_until};

/// Longest single sleep, so that a clock that jumps is noticed within a second.
const STEP: Duration = Duration::from_secs(1);

/// Simulated microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub struct SimClock(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Virtual { origin: Instant, start_us: u64 },
    Anchored { sim_us: u64, boot_us: u64, factor: f64 },
}

impl SimClock {
    /// tokio's own time with factor 1, starting at `start_us` now; meant for tokio's paused time.
    #[must_use]
    pub fn virtual_time(start_us: u64) -> Self {
        Self(Kind::Virtual {
            origin: Instant::now(),
            start_us,
        })
    }

    /// Simulated now = `sim_us` + (`CLOCK_BOOTTIME` - `boot_us`) × `factor`.
    #[must_use]
    pub fn anchored(sim_us: u64, boot_us: u64, factor: f64) -> Self {
        Self(Kind::Anchored {
            sim_us,
            boot_us,
            factor,
        })
    }

    /// The anchor (simulated µs, boot µs, factor) that another process needs to agree with this clock.
    #[must_use]
    pub fn anchor(&self) -> (u64, u64, f64) {
        match self.0 {
            Kind::Virtual { .. } => (self.now(), boot_us(), 1.0),
            Kind::Anchored {
                sim_us,
                boot_us,
                factor,
            } => (sim_us, boot_us, factor),
        }
    }

    /// Simulated time now, in microseconds since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self.0 {
            Kind::Virtual { origin, start_us } => {
                let passed = Instant::now().saturating_duration_since(origin).as_micros();
                start_us.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
            }
            Kind::Anchored {
                sim_us,
                boot_us: origin,
                factor,
            } => {
                let passed = boot_us().saturating_sub(origin) as f64;
                sim_us.saturating_add(num::round_u64(passed * factor))
            }
        }
    }

    /// When whoever sleeps until simulated time `us` wakes first: then, or on the wall clock a second from now, to look at
    /// the clock again.
    #[must_use]
    pub fn wakes_at(&self, us: u64) -> Instant {
        match self.0 {
            Kind::Virtual { origin, start_us } => origin + Duration::from_micros(us.saturating_sub(start_us)),
            Kind::Anchored { factor, .. } => {
                let left = us.saturating_sub(self.now());
                let real = Duration::from_micros(num::round_u64((left as f64 / factor).ceil()).max(1));
                Instant::now() + real.min(STEP)
            }
        }
    }

    /// Sleeps until simulated time `us`; returns at once when that is past.
    pub async fn sleep_until(&self, us: u64) {
        while us > self.now() {
            sleep_until(self.wakes_at(us)).await;
        }
    }
}

/// `CLOCK_BOOTTIME` in microseconds.
#[must_use]
pub fn boot_us() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000).saturating_add(nanos / 1000)
}
