//! Time for everything that runs: a small value with `now` and `sleep_until`.
//!
//! Owns the only calls to tokio's time. Under a paused runtime it is virtual time; with a factor it is simulated time
//! on the wall clock; otherwise it is the wall clock at the beginning, carried on in boot time: it neither jumps when
//! somebody sets the wall clock nor stands while the host is suspended. Knows nothing of runs or instruments.

use crate::rig::ClockAnchor;
use crate::units::{Duration, HostTime, Timestamp};
use std::future::Future;

mod host;

pub use host::SimulatedHost;

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
    /// Boot time at the origin, in microseconds.
    boot: u64,
    host: Option<&'static SimulatedHost>,
}

impl Clock {
    /// Virtual time that begins at `start`; needs a paused runtime.
    pub fn virtual_time(start: Timestamp) -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: start,
            factor: 1.0,
            virtual_time: true,
            boot: 0,
            host: None,
        }
    }

    /// The wall clock.
    pub fn wall() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: wall_now(),
            factor: 1.0,
            virtual_time: false,
            boot: boot_us(),
            host: None,
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
        let boot = boot_us();
        let elapsed = boot.saturating_sub(anchor.boot_us) as f64 * anchor.factor;
        let at_origin = Timestamp::from_us(anchor.sim_us.saturating_add(elapsed.max(0.0) as u64));
        Self {
            origin: tokio::time::Instant::now(),
            at_origin,
            factor: anchor.factor,
            virtual_time: false,
            boot,
            host: None,
        }
    }

    /// Simulated time on the wall clock that begins now at `start` and runs `factor` times as fast.
    pub fn scaled(start: Timestamp, factor: f64) -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            at_origin: start,
            factor,
            virtual_time: false,
            boot: boot_us(),
            host: None,
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
        let elapsed = match (self.virtual_time, self.host) {
            (true, None) => micros(self.origin.elapsed()),
            (true, Some(host)) => micros(self.origin.elapsed()).saturating_add(host.suspended_us()),
            (false, _) => boot_us().saturating_sub(self.boot),
        };
        let elapsed = if (self.factor - 1.0).abs() < f64::EPSILON {
            elapsed
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
            if self.virtual_time && self.host.is_none() {
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

    /// The wait of [`Clock::timeout`], as real time.
    pub fn allowed(&self, allowance: Duration, work: Duration) -> std::time::Duration {
        allowance.to_std().max(std::time::Duration::from_millis(250)) + self.real(work)
    }

    /// The largest wait for an answer on a wire that covers `allowance` of real time and `work` of the clock's time:
    /// an instrument's own work shrinks with the factor, a wire's delay does not (never below 250 ms).
    pub async fn timeout<F: Future>(
        &self,
        allowance: Duration,
        work: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        tokio::time::timeout(self.allowed(allowance, work), future)
            .await
            .map_err(|_| Elapsed)
    }

    /// The same virtual clock on a host whose clocks can be made to jump; its boot time is that of the virtual clock.
    #[must_use]
    pub const fn on(mut self, host: &'static SimulatedHost) -> Self {
        self.host = Some(host);
        self
    }

    /// The same clock, set to show this now: for a run that is taken up, whose time goes on from where it was.
    #[must_use]
    pub fn showing(mut self, now: Timestamp) -> Self {
        self.origin = tokio::time::Instant::now();
        self.boot = boot_us();
        let slept = self.host.map_or(0, SimulatedHost::suspended_us);
        self.at_origin = now.minus(Duration::us(slept));
        self
    }

    /// What the clocks of the host show; none in virtual time, which has no host.
    pub fn host_time(&self) -> Option<HostTime> {
        match (self.virtual_time, self.host) {
            (true, None) => None,
            (true, Some(host)) => Some(host.show()),
            (false, _) => Some(HostTime {
                boot: boot_id(),
                boot_us: boot_us(),
                wall: wall_now(),
            }),
        }
    }

    /// Real time since some moment, without the time that the host was suspended.
    pub fn running(&self) -> Duration {
        Duration::us(micros(self.origin.elapsed()))
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

fn micros(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// The kernel's name for the last start of this host; empty where it has none.
fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
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
