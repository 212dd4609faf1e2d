//! A heated block: ramps of a constant rate to a target, a slower drift to the temperature of the room without one.
//! All is computed from the moment of the last change, so it does not matter when anybody looks.

use super::seat::Seat;
use crate::{instruments::Ctx, num};

/// How far the temperature moves between two looks of the world, in C.
const STEP: f64 = 2.0;
/// As near as this the target is reached, in C.
const NEAR: f64 = 1e-6;

/// How fast a block changes its temperature, in C per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::instruments) struct Rates {
    pub(in crate::instruments) up: f64,
    pub(in crate::instruments) down: f64,
    /// To the room's temperature, when nothing heats or cools it.
    pub(in crate::instruments) drift: f64,
}

/// A block that is heated or cooled.
#[derive(Clone, Debug)]
pub(in crate::instruments) struct Heat {
    rates: Rates,
    room: f64,
    target: Option<f64>,
    from: f64,
    since: u64,
    /// The next look of the world; none once all is still.
    due: Option<u64>,
}

impl Heat {
    /// Switched off, at the room's temperature.
    pub(in crate::instruments) fn new(rates: Rates, room: f64) -> Self {
        Self {
            rates,
            room,
            target: None,
            from: room,
            since: 0,
            due: None,
        }
    }

    /// What it shall come to, if anything.
    pub(in crate::instruments) fn target(&self) -> Option<f64> {
        self.target
    }

    fn goal(&self) -> f64 {
        self.target.unwrap_or(self.room)
    }

    fn rate(&self) -> f64 {
        match self.target {
            None => self.rates.drift,
            Some(target) if target > self.from => self.rates.up,
            Some(_) => self.rates.down,
        }
    }

    /// Its temperature at a moment, in C.
    pub(in crate::instruments) fn at(&self, now: u64) -> f64 {
        let way = self.goal() - self.from;
        let gone = self.rate() * now.saturating_sub(self.since) as f64 / 1e6;
        if gone >= way.abs() {
            self.goal()
        } else {
            self.from + gone.copysign(way)
        }
    }

    /// Whether the target is reached; false without one.
    pub(in crate::instruments) fn reached(&self, now: u64) -> bool {
        self.target
            .is_some_and(|target| (self.at(now) - target).abs() < NEAR)
    }

    /// When it comes to where it goes.
    pub(in crate::instruments) fn arrives(&self) -> u64 {
        let seconds = (self.goal() - self.from).abs() / self.rate();
        self.since.saturating_add(num::micros(seconds))
    }

    /// From now on it goes to another target, or drifts.
    pub(in crate::instruments) fn set(&mut self, now: u64, target: Option<f64>) {
        self.from = self.at(now);
        self.since = now;
        self.target = target;
        self.due = Some(self.next_look(now));
    }

    /// From now on it goes at another rate, up and down.
    pub(in crate::instruments) fn ramp(&mut self, now: u64, rate: f64) {
        let target = self.target;
        self.from = self.at(now);
        self.since = now;
        self.rates.up = rate;
        self.rates.down = rate;
        self.set(now, target);
    }

    fn next_look(&self, now: u64) -> u64 {
        let step = num::micros(STEP / self.rate()).max(1);
        self.arrives().min(now.saturating_add(step)).max(now)
    }

    /// When the world shall look again.
    pub(in crate::instruments) fn next_due(&self) -> Option<u64> {
        self.due
    }

    /// Lets the plate in a nest feel what the block has come to. True once, when the target is reached.
    pub(in crate::instruments) fn tell(&mut self, ctx: &mut Ctx<'_>, seat: &Seat) -> bool {
        if self.due.is_none_or(|due| due > ctx.now) {
            return false;
        }
        let there = ctx.now >= self.arrives();
        self.due = (!there).then(|| self.next_look(ctx.now));
        let still = there && self.target.is_none();
        seat.feels(ctx, (!still).then(|| self.at(ctx.now)));
        there && self.target.is_some()
    }

    /// The same for a block that no plate feels by itself. True when it was to be looked at.
    pub(in crate::instruments) fn looked(&mut self, now: u64) -> bool {
        let looks = self.due.is_some_and(|due| due <= now);
        if looks {
            self.due = (now < self.arrives()).then(|| self.next_look(now));
        }
        looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_goes_up_at_its_rate_stays_and_drifts_back() {
        let rates = Rates {
            up: 2.0,
            down: 1.0,
            drift: 0.5,
        };
        let mut block = Heat::new(rates, 22.0);
        assert!(!block.reached(0));
        block.set(1_000_000, Some(42.0));
        assert_eq!(block.at(6_000_000), 32.0);
        assert_eq!(block.arrives(), 11_000_000);
        assert!(!block.reached(10_999_999) && block.reached(11_000_000));
        block.set(20_000_000, Some(32.0));
        assert_eq!(block.at(25_000_000), 37.0);
        block.set(30_000_000, None);
        assert_eq!(block.at(40_000_000), 27.0);
        assert_eq!(block.at(90_000_000), 22.0);
        assert!(!block.reached(90_000_000));
    }
}
