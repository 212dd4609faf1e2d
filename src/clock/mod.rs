//! Time for everything that runs: a small value with `now` and `sleep_until`.
//!
//! Owns the only calls to tokio's time. Under a paused runtime it is virtual time; with a factor it is simulated time
//! on the wall clock; otherwise it is the wall clock. Knows nothing of runs or instruments.

use crate::rig::ClockAnchor;
use crate::units::{Duration, Timestamp};
use std::future::Future;

/// The longest single sleep on the wall clock; longer waits wake up in between to notice suspended hosts.
const LONGEST_SLEEP: std::time::Duration = std::time::Duration::from_secs(1);

/// A wait that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct Elapsed;

/// Where time comes from. Cheap to copy; all copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: tokio::time::Instant,
    at_origin: Timestamp,
    factor: f64,
    virtual_time: bool,
}

impl Clock {
    /// Virtual time that begins at `start`; needs a paused runtime.
    pub fn virtual_time(start: Timestamp) -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: start,
            factor: 1.0,
            virtual_time: true,
        }
    }

    /// The wall clock.
    pub fn wall() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: wall_now(),
            factor: 1.0,
            virtual_time: false,
        }
    }

    /// Simulated time shared with served simulated instruments through boot time.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "microseconds since an anchor stay below 2^53 and are clamped to be positive"
    )]
    pub fn anchored(anchor: ClockAnchor) -> Self {
        let elapsed = boot_us().saturating_sub(anchor.boot_us) as f64 * anchor.factor;
        let at_origin = Timestamp::from_us(anchor.sim_us.saturating_add(elapsed.max(0.0) as u64));
        Self {
            origin: tokio::time::Instant::now(),
            at_origin,
            factor: anchor.factor,
            virtual_time: false,
        }
    }

    /// Simulated time on the wall clock that begins now at `start` and runs `factor` times as fast.
    pub fn scaled(start: Timestamp, factor: f64) -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: start,
            factor,
            virtual_time: false,
        }
    }

    /// Now.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "microseconds of a run stay below 2^53 and are positive"
    )]
    pub fn now(&self) -> Timestamp {
        let elapsed = self.origin.elapsed().as_micros();
        let elapsed = if (self.factor - 1.0).abs() < f64::EPSILON {
            u64::try_from(elapsed).unwrap_or(u64::MAX)
        } else {
            (elapsed as f64 * self.factor) as u64
        };
        self.at_origin.plus(Duration::us(elapsed))
    }

    /// Returns when the clock shows `at` or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let now = self.now();
            if now >= at {
                return;
            }
            let wait = self.real(at.since(now));
            if self.virtual_time {
                tokio::time::sleep_until(tokio::time::Instant::now() + wait).await;
            } else {
                tokio::time::sleep_until(tokio::time::Instant::now() + wait.min(LONGEST_SLEEP)).await;
            }
        }
    }

    /// Returns after this much of the clock's time; for polling intervals.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(self.now().plus(span)).await;
    }

    /// Returns after this much real time, whatever the factor; for silences that a wire demands.
    pub async fn sleep_real(&self, span: std::time::Duration) {
        tokio::time::sleep(span.min(LONGEST_SLEEP)).await;
    }

    /// The largest wait for an answer on a wire that covers `allowance` of real time and `work` of the clock's time:
    /// an instrument's own work shrinks with the factor, a wire's delay does not (never below 250 ms).
    pub async fn timeout<F: Future>(
        &self,
        allowance: Duration,
        work: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        let real = allowance.to_std().max(std::time::Duration::from_millis(250)) + self.real(work);
        tokio::time::timeout(real, future).await.map_err(|_| Elapsed)
    }

    /// Whether time is virtual (a paused runtime).
    pub const fn is_virtual(&self) -> bool {
        self.virtual_time
    }

    /// A length of the clock's time as real time.
    pub fn real(&self, span: Duration) -> std::time::Duration {
        if (self.factor - 1.0).abs() < f64::EPSILON {
            return span.to_std();
        }
        // One microsecond more, so that rounding never wakes before the due time.
        std::time::Duration::from_secs_f64(span.as_s() / self.factor) + std::time::Duration::from_micros(1)
    }
}

/// Microseconds since boot, suspended time included.
pub fn boot_us() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(t.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000).saturating_add(nanos / 1_000)
}

/// The wall clock's time of day.
pub fn wall_now() -> Timestamp {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(t.tv_nsec).unwrap_or(0);
    Timestamp::from_us(seconds.saturating_mul(1_000_000).saturating_add(nanos / 1_000))
}

/// The day, as "2026-11-24", in UTC.
pub fn today() -> String {
    wall_now().to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn virtual_days_pass_in_a_blink_and_exactly() {
        let clock = Clock::virtual_time(Timestamp::from_us(5));
        clock.sleep(Duration::h(48)).await;
        assert_eq!(clock.now(), Timestamp::from_us(5).plus(Duration::h(48)));
        let waited = clock
            .timeout(Duration::s(1), Duration::ZERO, std::future::pending::<()>())
            .await;
        assert_eq!(waited, Err(Elapsed));
    }
}
