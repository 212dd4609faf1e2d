//! What regulators regulate: quantities that follow their goal ever more slowly, and axes that move.

use crate::{fault::Trouble, instruments::Ctx, ledger::Event, num};

/// A quantity that goes to its goal as `1 - exp(-t / tau)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lag {
    from: f64,
    since: u64,
    goal: f64,
    tau_s: f64,
}

impl Lag {
    /// At rest.
    pub(super) fn at_rest(value: f64) -> Self {
        Self {
            from: value,
            since: 0,
            goal: value,
            tau_s: 1.0,
        }
    }

    /// Its value at a moment.
    pub(super) fn at(&self, now: u64) -> f64 {
        self.goal + (self.from - self.goal) * self.left(now)
    }

    /// Share of the way that is left.
    fn left(&self, now: u64) -> f64 {
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        (-seconds / self.tau_s).exp()
    }

    /// Where it goes.
    pub(super) fn goal(&self) -> f64 {
        self.goal
    }

    /// How fast it changes, per second.
    pub(super) fn slope(&self, now: u64) -> f64 {
        (self.goal - self.at(now)) / self.tau_s
    }

    /// Its integral since its goal was last set, in its unit times seconds.
    pub(super) fn since_aimed(&self, now: u64) -> f64 {
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        self.goal * seconds + (self.from - self.goal) * self.tau_s * (1.0 - self.left(now))
    }

    /// From now on it goes elsewhere.
    pub(super) fn aim(&mut self, now: u64, goal: f64, tau_s: f64) {
        *self = Self {
            from: self.at(now),
            since: now,
            goal,
            tau_s,
        };
    }
}

/// How a controller acts on its plant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Off,
    Auto,
    /// With so much of its power, in %.
    Manual(f64),
}

/// A heated plant and its controller's set-point, in C.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Oven {
    room: f64,
    pub(super) set: f64,
    pub(super) mode: Mode,
    heat: Lag,
}

/// Time in which a plant comes two thirds of its way, controlled, by hand and alone, in s.
const CONTROLLED_S: f64 = 120.0;
const BY_HAND_S: f64 = 300.0;
const ALONE_S: f64 = 600.0;
/// By how much full power heats above the room, in C.
const GAIN: f64 = 300.0;

impl Oven {
    /// In a room; controlled from now on, or off.
    pub(super) fn new(room: f64, set: f64, mode: Mode) -> Self {
        let mut oven = Self {
            room,
            set,
            mode,
            heat: Lag::at_rest(room),
        };
        oven.follow(0);
        oven
    }

    /// Temperature at a moment.
    pub(super) fn at(&self, now: u64) -> f64 {
        self.heat.at(now)
    }

    /// Power at a moment, in %.
    pub(super) fn power(&self, now: u64) -> f64 {
        match self.mode {
            Mode::Off => 0.0,
            Mode::Manual(power) => power,
            Mode::Auto => {
                let keeps = self.at(now) - self.room + ALONE_S * self.heat.slope(now);
                (keeps / GAIN * 100.0).clamp(0.0, 100.0)
            }
        }
    }

    fn follow(&mut self, now: u64) {
        match self.mode {
            Mode::Off => self.heat.aim(now, self.room, ALONE_S),
            Mode::Auto => self.heat.aim(now, self.set, CONTROLLED_S),
            Mode::Manual(power) => self.heat.aim(now, self.room + GAIN * power / 100.0, BY_HAND_S),
        }
    }

    /// From now on it is controlled otherwise.
    pub(super) fn change(&mut self, now: u64, set: f64, mode: Mode) {
        self.set = set;
        self.mode = mode;
        self.follow(now);
    }
}

/// The ledger keeps what a regulator has taken up.
pub(in crate::instruments) fn took(ctx: &mut Ctx<'_>, quantity: &str, value: f64) {
    let event = Event::Regulated {
        instrument: ctx.name.to_owned(),
        quantity: quantity.to_owned(),
        value,
    };
    ctx.world.record(ctx.now, event);
}

/// Whether the sensor is broken.
pub(super) fn broken(ctx: &Ctx<'_>) -> bool {
    ctx.world.troubles.lasts(ctx.name, Trouble::NotANumber)
}

/// A move of an axis, in its own units; ramps up and down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Move {
    from: f64,
    pub(super) to: f64,
    since: u64,
    /// Units per second, and per second squared.
    speed: f64,
    rise: f64,
    fall: f64,
}

impl Move {
    /// A move that begins now.
    pub(super) fn new(now: u64, (from, to): (f64, f64), speed: f64, (rise, fall): (f64, f64)) -> Self {
        let (rise, fall) = (rise.max(1e-6), fall.max(1e-6));
        let way = (to - from).abs();
        // A short way ends before the speed is reached.
        let highest = (2.0 * way * rise * fall / (rise + fall)).sqrt();
        Self {
            from,
            to,
            since: now,
            speed: speed.min(highest).max(1e-6),
            rise,
            fall,
        }
    }

    /// Seconds of rising, of even speed and of falling.
    fn phases(&self) -> (f64, f64, f64) {
        let (up, down) = (self.speed / self.rise, self.speed / self.fall);
        let way = (self.to - self.from).abs();
        let even = (way - self.speed * (up + down) / 2.0) / self.speed;
        (up, even.max(0.0), down)
    }

    /// When it ends.
    pub(super) fn until(&self) -> u64 {
        let (up, even, down) = self.phases();
        self.since.saturating_add(num::micros(up + even + down).max(1))
    }

    /// Where it has got to.
    pub(super) fn at(&self, now: u64) -> f64 {
        let (up, even, down) = self.phases();
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        let risen = seconds.min(up);
        let mut gone = self.rise * risen * risen / 2.0;
        gone += self.speed * (seconds - up).clamp(0.0, even);
        let fallen = (seconds - up - even).clamp(0.0, down);
        gone += self.speed * fallen - self.fall * fallen * fallen / 2.0;
        let way = (self.to - self.from).abs();
        self.from + gone.min(way).copysign(self.to - self.from)
    }

    /// Its speed, with its sign.
    pub(super) fn speed(&self, now: u64) -> f64 {
        let (up, even, _) = self.phases();
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        let speed = if seconds < up {
            self.rise * seconds
        } else if seconds < up + even {
            self.speed
        } else {
            (self.speed - self.fall * (seconds - up - even)).max(0.0)
        };
        speed.copysign(self.to - self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_comes_two_thirds_of_its_way_in_its_time() {
        let mut lag = Lag::at_rest(20.0);
        lag.aim(1_000_000, 30.0, 60.0);
        assert_eq!(lag.at(1_000_000), 20.0);
        let there = lag.at(61_000_000);
        assert!((there - (30.0 - 10.0 * (-1.0_f64).exp())).abs() < 1e-9);
        let seconds: f64 = (0..60).map(|s| lag.at(1_500_000 + s * 1_000_000)).sum();
        assert!((seconds - lag.since_aimed(61_000_000)).abs() < 0.01);
    }

    #[test]
    fn a_move_rises_goes_evenly_falls_and_ends_where_it_shall() {
        let long = Move::new(0, (0.0, 8500.0), 2000.0, (1500.0, 1500.0));
        // 1.33 s up, 2.92 s even, 1.33 s down.
        assert!((long.until() as f64 / 1e6 - 5.583).abs() < 0.001);
        assert_eq!(long.at(long.until()).round(), 8500.0);
        assert_eq!(long.at(long.until() / 2).round(), 4250.0);
        assert_eq!(long.speed(2_000_000), 2000.0);
        let short = Move::new(0, (100.0, 0.0), 2000.0, (1500.0, 1500.0));
        assert_eq!(short.at(short.until()).round(), 0.0);
        assert!(short.speed(short.until() / 2) > -400.0 && short.speed(short.until() / 2) < 0.0);
    }
}
