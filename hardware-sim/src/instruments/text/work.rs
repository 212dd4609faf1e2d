//! One job at a time, with its end. A device that hangs has a job without one.

use crate::{fault::Trouble, instruments::Ctx};

/// From being mended to the end of what hung, in microseconds.
const MENDED_US: u64 = 1_000_000;

/// A job under way.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::instruments) struct Running<J> {
    pub(in crate::instruments) job: J,
    pub(in crate::instruments) since: u64,
    pub(in crate::instruments) until: u64,
}

/// What an instrument is about, if anything.
#[derive(Clone, Debug)]
pub(in crate::instruments) struct Work<J> {
    running: Option<Running<J>>,
}

impl<J> Work<J> {
    /// Nothing to do.
    pub(in crate::instruments) fn none() -> Self {
        Self { running: None }
    }

    /// What is under way.
    pub(in crate::instruments) fn now(&self) -> Option<&J> {
        self.running.as_ref().map(|running| &running.job)
    }

    /// What is under way, with its times.
    pub(in crate::instruments) fn running(&self) -> Option<&Running<J>> {
        self.running.as_ref()
    }

    /// Begins a job that lasts so many microseconds, or for ever if the device hangs.
    pub(in crate::instruments) fn begin(&mut self, ctx: &mut Ctx<'_>, job: J, us: u64) {
        let hangs = ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
        self.running = Some(Running {
            job,
            since: ctx.now,
            until: if hangs {
                u64::MAX
            } else {
                ctx.now.saturating_add(us)
            },
        });
    }

    /// When the job ends.
    pub(in crate::instruments) fn next_due(&self) -> Option<u64> {
        self.running
            .as_ref()
            .map(|running| running.until)
            .filter(|until| *until < u64::MAX)
    }

    /// Takes the job that has ended by now.
    pub(in crate::instruments) fn ended(&mut self, now: u64) -> Option<Running<J>> {
        self.running.take_if(|running| running.until <= now)
    }

    /// Cuts the job short.
    pub(in crate::instruments) fn cut_short(&mut self) -> Option<Running<J>> {
        self.running.take()
    }

    /// What hung goes on.
    pub(in crate::instruments) fn mended(&mut self, now: u64) {
        if let Some(running) = &mut self.running {
            running.until = running.until.min(now.saturating_add(MENDED_US));
        }
    }
}
