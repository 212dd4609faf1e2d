//! What is inside a thermocycler: a motorised lid with its heater, and a block that goes through the steps its host sends.
//! Knows no words.

use super::{
    heat::{Heat, Rates},
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    ledger::Event,
    num,
    quantity::Seconds,
};

const BLOCK: Rates = Rates {
    up: 3.0,
    down: 2.0,
    drift: 0.1,
};
const LID: Rates = Rates {
    up: 1.0,
    down: 0.5,
    drift: 0.1,
};

/// A time for which a temperature is held.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hold {
    seconds: f64,
    /// Since when the temperature is reached.
    since: Option<u64>,
}

/// Timed steps one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Program {
    began: u64,
    steps: usize,
    /// A step was cut short.
    cut: bool,
}

/// How the lid's motion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Opened,
    Closed,
    Jammed,
}

/// The machine.
#[derive(Debug)]
pub(super) struct Cycler {
    pub(super) seat: Seat,
    durations: Durations,
    pub(super) block: Heat,
    pub(super) lid: Heat,
    hold: Option<Hold>,
    program: Option<Program>,
    motion: Work<bool>,
    /// The lid stopped on its way.
    half_way: bool,
}

impl Cycler {
    /// Just switched on, closed, cold.
    pub(super) fn new(nest: String, durations: Durations, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            durations,
            block: Heat::new(BLOCK, room),
            lid: Heat::new(LID, room),
            hold: None,
            program: None,
            motion: Work::none(),
            half_way: false,
        }
    }

    /// Where the lid is.
    pub(super) fn lid_is(&self, ctx: &Ctx<'_>) -> &'static str {
        if self.motion.now().is_some() || self.half_way {
            "in_between"
        } else if self.seat.open(ctx) || self.seat.held_open(ctx) {
            "open"
        } else {
            "closed"
        }
    }

    /// Whether the lid moves.
    pub(super) fn moves(&self) -> bool {
        self.motion.now().is_some()
    }

    /// The lid begins to move.
    pub(super) fn move_lid(&mut self, ctx: &mut Ctx<'_>, open: bool) {
        if open {
            if self.steps_run(ctx.now) {
                self.seat.works_open(ctx, "thermocycle");
            }
            self.end_program(ctx);
        }
        let us = if self.seat.open(ctx) == open && !self.half_way {
            500_000
        } else {
            let action = if open { "open_tray" } else { "close_tray" };
            self.durations.draw(action, Seconds(12.0))
        };
        self.motion.begin(ctx, open, us);
    }

    /// Whether a timed step is not over yet.
    fn steps_run(&self, now: u64) -> bool {
        self.hold.is_some() && self.left(now).is_none_or(|left| left > 0.0)
    }

    /// Seconds that the hold has still to go, counted from when the temperature is reached.
    pub(super) fn left(&self, now: u64) -> Option<f64> {
        let hold = self.hold?;
        let gone = hold.since.map_or(0, |since| now.saturating_sub(since));
        Some((hold.seconds - gone as f64 / 1e6).max(0.0))
    }

    /// Seconds of the whole hold.
    pub(super) fn held_for(&self) -> Option<f64> {
        self.hold.map(|hold| hold.seconds)
    }

    /// The block goes to a temperature, for a time or until further notice.
    pub(super) fn goes_to(&mut self, ctx: &mut Ctx<'_>, target: f64, seconds: Option<f64>) {
        let cut = self.steps_run(ctx.now);
        if let Some(program) = &mut self.program {
            program.cut |= cut;
        }
        self.hold = seconds.map(|seconds| Hold { seconds, since: None });
        if seconds.is_none() {
            self.end_program(ctx);
        } else if let Some(program) = &mut self.program {
            program.steps += 1;
        } else {
            let nest = self.seat.nest.clone();
            ctx.world.cycling_begins(ctx.name, &nest, ctx.now);
            if self.seat.open(ctx) || self.seat.held_open(ctx) {
                self.seat.works_open(ctx, "thermocycle");
            }
            self.seat.works(ctx, true);
            self.program = Some(Program {
                began: ctx.now,
                steps: 1,
                cut: false,
            });
        }
        self.block.set(ctx.now, Some(target));
        self.reach(ctx.now);
    }

    /// The block is switched off.
    pub(super) fn rest(&mut self, ctx: &mut Ctx<'_>) {
        let cut = self.steps_run(ctx.now);
        if let Some(program) = &mut self.program {
            program.cut |= cut;
        }
        self.end_program(ctx);
        self.hold = None;
        self.block.set(ctx.now, None);
    }

    fn end_program(&mut self, ctx: &mut Ctx<'_>) {
        let cut = self.steps_run(ctx.now);
        let Some(program) = self.program.take() else {
            return;
        };
        self.seat.works(ctx, false);
        let Some(plate) = ctx.world.at(&self.seat.nest).map(|item| item.name.clone()) else {
            return;
        };
        let event = Event::Thermocycled {
            plate,
            instrument: ctx.name.to_owned(),
            place: self.seat.nest.clone(),
            steps: program.steps,
            began_us: program.began,
            whole: !(program.cut || cut),
        };
        ctx.world.record(ctx.now, event);
    }

    /// The time of a hold begins when its temperature is reached.
    fn reach(&mut self, now: u64) {
        if self.block.reached(now)
            && let Some(hold) = &mut self.hold
        {
            hold.since.get_or_insert(now);
        }
    }

    /// Brings everything up to now; tells how the lid's motion has ended, if it has.
    pub(super) fn advance(&mut self, ctx: &mut Ctx<'_>) -> Option<Moved> {
        let arrived = self.block.tell(ctx, &self.seat);
        self.reach(ctx.now);
        if arrived
            && self.hold.is_none()
            && let Some(target) = self.block.target()
        {
            self.seat.held(ctx, target);
        }
        self.lid.quiet(ctx.now);
        let open = self.motion.ended(ctx.now)?.job;
        self.half_way = ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        if self.half_way {
            return Some(Moved::Jammed);
        }
        self.seat.swing(ctx, open);
        Some(if open { Moved::Opened } else { Moved::Closed })
    }

    /// When `advance` has something to do.
    pub(super) fn next_due(&self) -> Option<u64> {
        let block = self.block.next_due().into_iter();
        block
            .chain(self.lid.next_due())
            .chain(self.motion.next_due())
            .min()
    }

    /// All heating ends; a lid on its way stays there.
    pub(super) fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.rest(ctx);
        self.lid.set(ctx.now, None);
        self.half_way |= self.motion.cut_short().is_some();
    }

    /// What hung goes on.
    pub(super) fn mended(&mut self, now: u64) {
        self.motion.mended(now);
    }

    /// A hold in whole seconds, or none.
    pub(super) fn whole(seconds: Option<f64>) -> String {
        seconds.map_or("none".to_owned(), |seconds| num::round_u64(seconds).to_string())
    }
}
