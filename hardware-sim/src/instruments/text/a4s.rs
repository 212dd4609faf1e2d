//! The Azenta a4S heat sealer: a shuttle that takes the plate in, a heated plate that presses film onto it. It streams its
//! status by itself. Written from dossier 08 B.

use super::{
    dialogue::{Asked, Dialogue},
    heat::{Heat, Rates},
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    num,
    quantity::{Celsius, Seconds},
    world::Film,
};

/// From one status line to the next, in microseconds.
const STREAM_US: u64 = 500_000;
/// Lines that nobody heard for so long are gone, in microseconds.
const KEPT_US: u64 = 10_000_000;
/// How near to its target the plate is ready, and converging, in C.
const READY: f64 = 0.5;
const CONVERGING: f64 = 3.0;
/// Temperature and time after switching on.
const USUAL_TARGET: f64 = 165.0;
const USUAL_DECISECONDS: u16 = 30;
const RATES: Rates = Rates {
    up: 1.2,
    down: 0.4,
    drift: 0.1,
};
/// Commands that wait for the end of a reset.
const MOST_WAITING: usize = 16;
/// How long the end of a cycle is shown.
const FINISHED_US: u64 = 1_500_000;
/// Error codes, of ours: the dossier names none.
const SHUTTLE: u8 = 1;
const DOOR: u8 = 2;
const NOT_READY: u8 = 3;
const FILM: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    /// After switching on.
    Boot,
    /// After an error, or when it is told.
    Reset,
    Shuttle {
        open: bool,
    },
    Seal {
        us: u64,
    },
    Finished,
}

/// The twin.
#[derive(Debug)]
pub(super) struct A4s {
    seat: Seat,
    film: Film,
    durations: Durations,
    heat: Heat,
    target: f64,
    deciseconds: u16,
    error: u8,
    work: Work<Job>,
    /// What came while it was reset or its shuttle moved.
    waiting: Vec<String>,
    /// When the next status line goes out.
    streams: u64,
}

impl A4s {
    /// Just switched on: shuttle out, heater off.
    pub(super) fn new(nest: String, film: Film, durations: Durations, (room, now): (f64, u64)) -> Self {
        Self {
            seat: Seat::new(nest),
            film,
            durations,
            heat: Heat::new(RATES, room),
            target: USUAL_TARGET,
            deciseconds: USUAL_DECISECONDS,
            error: 0,
            work: Work::none(),
            waiting: Vec::new(),
            streams: now.saturating_add(STREAM_US),
        }
    }

    /// Does what it is told, after a reset or the shuttle's way.
    fn take(&mut self, ctx: &mut Ctx<'_>, command: &str) {
        let waits = matches!(self.work.now(), Some(Job::Reset | Job::Shuttle { .. }));
        // A reset cuts the shuttle short.
        if !waits || command.starts_with("SR") && !matches!(self.work.now(), Some(Job::Reset)) {
            self.command(ctx, command);
        } else if self.waiting.len() < MOST_WAITING {
            self.waiting.push(command.to_owned());
        }
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, command: &str) {
        let (word, value) = command.split_once('=').unwrap_or((command, ""));
        let number: Option<u16> = value.get(..4).and_then(|digits| digits.parse().ok());
        match (word, number) {
            ("SR", _) => {
                self.stop(ctx);
                let us = self.durations.draw("initialise", Seconds(8.0));
                self.work.begin(ctx, Job::Reset, us);
            }
            ("H1ZZ", _) => self.heat.set(ctx.now, Some(self.target)),
            ("H0ZZ", _) => self.heat.set(ctx.now, None),
            ("DH", Some(degrees)) if (50..=200).contains(&degrees) => {
                self.target = f64::from(degrees);
                self.heat.set(ctx.now, Some(self.target));
            }
            ("DT", Some(deciseconds)) if deciseconds <= 9999 => self.deciseconds = deciseconds,
            ("GS", _) if self.idle() => self.seal(ctx),
            ("MO" | "MC", _) if self.idle() => {
                let open = word == "MO";
                let (action, usual) = if open {
                    ("open_tray", 4.0)
                } else {
                    ("close_tray", 4.0)
                };
                let us = if self.seat.open(ctx) == open {
                    200_000
                } else {
                    self.durations.draw(action, Seconds(usual))
                };
                self.work.begin(ctx, Job::Shuttle { open }, us);
            }
            // What it does not know or cannot do now it passes over: nothing in the status tells.
            _ => {}
        }
    }

    fn idle(&self) -> bool {
        self.error == 0 && matches!(self.work.now(), None | Some(Job::Finished))
    }

    fn ready(&self, now: u64) -> bool {
        self.heat
            .target()
            .is_some_and(|target| (self.heat.at(now) - target).abs() <= READY)
    }

    fn seal(&mut self, ctx: &mut Ctx<'_>) {
        if self.seat.held_open(ctx) {
            self.error = DOOR;
        } else if !self.ready(ctx.now) {
            self.error = NOT_READY;
        } else if ctx.world.seal_bars(ctx.name, &self.seat.nest, ctx.now).is_some() {
            self.error = FILM;
        } else {
            let us = u64::from(self.deciseconds) * 100_000;
            let all = self.durations.draw("seal", Seconds(12.0)).saturating_add(us);
            self.seat.swing(ctx, false);
            self.seat.works(ctx, true);
            self.work.begin(ctx, Job::Seal { us }, all);
        }
    }

    /// All stops where it is.
    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.seat.works(ctx, false);
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let jams = !matches!(job, Job::Finished) && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        match job {
            _ if jams => {
                self.seat.works(ctx, false);
                self.error = SHUTTLE;
                self.seat.alarm(ctx, "shuttle");
            }
            Job::Boot | Job::Reset => {
                self.error = 0;
                self.seat.swing(ctx, true);
            }
            Job::Shuttle { open } => self.seat.swing(ctx, open),
            Job::Seal { us } => {
                let hot = Celsius(self.heat.at(ctx.now));
                ctx.world
                    .seal(ctx.name, &self.seat.nest, self.film, (hot, us), ctx.now);
                self.seat.works(ctx, false);
                self.seat.swing(ctx, true);
                self.work.begin(ctx, Job::Finished, FINISHED_US);
            }
            Job::Finished => {}
        }
        for command in std::mem::take(&mut self.waiting) {
            self.take(ctx, &command);
        }
    }

    /// Bits of the sensors.
    fn sensors(&self, ctx: &Ctx<'_>) -> u8 {
        let moves = matches!(self.work.now(), Some(Job::Shuttle { .. }));
        let sealing = matches!(self.work.now(), Some(Job::Seal { .. }));
        let open = self.seat.open(ctx);
        let bits = [
            moves,
            !moves && open,
            !moves && !open,
            self.seat.held_open(ctx),
            true,
            !sealing,
            sealing,
        ];
        bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
    }

    /// A status line: the leading CR is what readers look for.
    fn status(&self, ctx: &Ctx<'_>) -> String {
        let system = match self.work.now() {
            _ if self.error != 0 => 3,
            Some(Job::Seal { .. }) => 1,
            Some(Job::Finished) => 4,
            _ => 0,
        };
        let now = self.heat.at(ctx.now);
        let heater = match self.heat.target() {
            None => 0,
            Some(target) if (now - target).abs() <= READY => 1,
            Some(target) if (now - target).abs() <= CONVERGING => 4,
            Some(target) if now < target => 2,
            Some(_) => 3,
        };
        let left = self
            .work
            .running()
            .filter(|running| matches!(running.job, Job::Seal { .. }) && running.until < u64::MAX)
            .map_or(0, |running| running.until.saturating_sub(ctx.now) / 100_000);
        format!(
            "\r*T1={:04},{system},{heater},{},0,{:03},{left:04}zz00!\r",
            num::round_i64(now * 10.0),
            self.error,
            self.sensors(ctx),
        )
    }
}

impl Dialogue for A4s {
    /// Requests begin with an asterisk and end with an exclamation mark, or with ZZ in the two that have none.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let begin = buffer.iter().position(|byte| *byte == b'*')?;
        buffer.drain(..begin);
        let mark = buffer.iter().position(|byte| *byte == b'!');
        let bare = buffer.starts_with(b"*00H1ZZ") || buffer.starts_with(b"*00H0ZZ");
        let end = if bare { Some(6) } else { mark };
        Some(buffer.drain(..=end?).collect())
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        // It boots: nobody listens. Refusals have no form of their own.
        if matches!(self.work.now(), Some(Job::Boot)) || asked.refused().is_some() {
            return;
        }
        let Some(command) = request.strip_prefix("*00") else {
            return;
        };
        self.take(ctx, command.trim_end_matches('!'));
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
        self.heat.looked(ctx.now);
        if self.streams <= ctx.now {
            self.streams = ctx.now.saturating_add(STREAM_US);
            ctx.wire.answers(ctx.now.saturating_sub(KEPT_US), 0);
            if !matches!(self.work.now(), Some(Job::Boot)) {
                let line = self.status(ctx);
                Asked::default().answer(ctx, line);
            }
        }
    }

    fn next_due(&self) -> Option<u64> {
        let work = self.work.next_due().into_iter();
        work.chain(self.heat.next_due()).chain([self.streams]).min()
    }

    /// It starts anew; a cycle that was cut short has sealed nothing.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.stop(ctx);
        self.waiting.clear();
        self.error = 0;
        self.heat.set(ctx.now, None);
        self.target = USUAL_TARGET;
        self.deciseconds = USUAL_DECISECONDS;
        let us = self.durations.draw("initialise", Seconds(8.0));
        self.work.begin(ctx, Job::Boot, us);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
