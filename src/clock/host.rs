//! A host whose clocks are told what to show, for trying what becomes of runs on hosts in trouble.

use crate::units::{Duration, HostTime, Timestamp};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The clocks of a simulated host, over those of a paused runtime.
#[derive(Debug)]
pub struct SimulatedHost {
    origin: tokio::time::Instant,
    started: AtomicU64,
    suspended_us: AtomicU64,
    wall_us: AtomicI64,
}

impl SimulatedHost {
    /// A host that has just been started, at this time of day. It lives as long as the program, as hosts do.
    pub fn start(wall: Timestamp) -> &'static Self {
        Box::leak(Box::new(Self {
            origin: tokio::time::Instant::now(),
            started: AtomicU64::new(1),
            suspended_us: AtomicU64::new(0),
            wall_us: AtomicI64::new(i64::try_from(wall.as_us()).unwrap_or(i64::MAX)),
        }))
    }

    /// Sets the wall clock by so many seconds, forward or back.
    pub fn set_wall(&self, by_s: i64) {
        self.wall_us
            .fetch_add(by_s.saturating_mul(1_000_000), Ordering::Relaxed);
    }

    /// The host sleeps for so long: its boot time and its wall clock go on, and nothing that it runs does.
    pub fn suspend(&self, span: Duration) {
        self.suspended_us.fetch_add(span.as_us(), Ordering::Relaxed);
    }

    /// The host is started anew, which takes no time.
    pub fn reboot(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// Microseconds that it slept.
    pub(super) fn suspended_us(&self) -> u64 {
        self.suspended_us.load(Ordering::Relaxed)
    }

    /// What its clocks show.
    pub fn show(&self) -> HostTime {
        let boot_us = super::micros(self.origin.elapsed()).saturating_add(self.suspended_us());
        let passed = i64::try_from(boot_us).unwrap_or(i64::MAX);
        let wall = self.wall_us.load(Ordering::Relaxed).saturating_add(passed);
        HostTime {
            boot: format!("simulated-{}", self.started.load(Ordering::Relaxed)),
            boot_us,
            wall: Timestamp::from_us(u64::try_from(wall).unwrap_or(0)),
        }
    }
}
