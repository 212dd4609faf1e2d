//! The QInstruments BioShake 3000-T elm: shaker with plate lock (ELM) and heating. Written from dossier 08 A.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    heat::{Heat, Rates},
    seat::Seat,
    work::{Running, Work},
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
};

/// Speeds of the 3000 series in rpm.
const LEAST_RPM: u16 = 200;
const MOST_RPM: u16 = 3000;
/// Longest acceleration in seconds. None, the shortest, still takes the motor [`AT_ONCE`].
const LONGEST_ACCELERATION: u16 = 30;
const AT_ONCE: f64 = 1.0;
/// Bounds of the target in C.
const COLDEST: f64 = 0.0;
const HOTTEST: f64 = 99.0;
/// Figures of ours.
const RATES: Rates = Rates {
    up: 0.12,
    down: 0.08,
    drift: 0.02,
};

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Reset,
    Home,
    Lock { locked: bool, asked: Asked },
    Stop,
}

/// The twin.
#[derive(Debug)]
pub(super) struct BioShake {
    seat: Seat,
    durations: Durations,
    heat: Heat,
    target: Option<f64>,
    speed: u16,
    acceleration: u16,
    shaking: bool,
    work: Work<Job>,
}

impl BioShake {
    /// Just switched on: at rest, unlocked, cold.
    pub(super) fn new(nest: String, durations: Durations, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            durations,
            heat: Heat::new(RATES, room),
            target: None,
            speed: LEAST_RPM,
            acceleration: 3,
            shaking: false,
            work: Work::none(),
        }
    }

    fn locked(&self, ctx: &Ctx<'_>) -> bool {
        !self.seat.open(ctx)
    }

    fn ramp_us(&self) -> u64 {
        num::micros(f64::from(self.acceleration).max(AT_ONCE))
    }

    /// Carries out one command; `None`: it is answered when it is done.
    fn answer(&mut self, ctx: &mut Ctx<'_>, asked: Asked, command: &str) -> Option<String> {
        let done = |done: bool| Some(if done { "ok" } else { "e" }.to_owned());
        let jams = |ctx: &mut Ctx<'_>| ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        match command {
            "resetDevice" => {
                self.rest(ctx);
                let us = self.durations.draw("initialise", Seconds(6.0));
                self.work.begin(ctx, Job::Reset, us);
                None
            }
            "shakeGoHome" => {
                if self.work.now().is_some() || self.shaking || jams(ctx) {
                    return done(false);
                }
                let us = self.durations.draw("home", Seconds(3.0));
                self.work.begin(ctx, Job::Home, us);
                done(true)
            }
            "shakeOn" => {
                if !self.locked(ctx) {
                    self.seat.works_open(ctx, "shake");
                    return done(false);
                }
                let stops = matches!(self.work.now(), Some(Job::Stop) | None);
                if !stops || jams(ctx) {
                    return done(false);
                }
                self.work.cut_short();
                self.shaking = true;
                self.seat.shakes(ctx, self.speed);
                done(true)
            }
            "shakeOff" => {
                if self.shaking && self.work.now().is_none() {
                    let us = self.ramp_us();
                    self.work.begin(ctx, Job::Stop, us);
                }
                done(true)
            }
            "setElmLockPos" | "setElmUnlockPos" => {
                if self.shaking || self.work.now().is_some() {
                    return done(false);
                }
                let locked = command == "setElmLockPos";
                let us = self.durations.draw("latch", Seconds(0.8));
                self.work.begin(ctx, Job::Lock { locked, asked }, us);
                None
            }
            "tempOn" => {
                self.heat.set(ctx.now, self.target.or(Some(COLDEST)));
                done(true)
            }
            "tempOff" => {
                self.heat.set(ctx.now, None);
                done(true)
            }
            "getTempActual" => Some(format!("{:.1}", self.heat.at(ctx.now))),
            "getTempMin" => Some(format!("{COLDEST:.1}")),
            "getTempMax" => Some(format!("{HOTTEST:.1}")),
            "getShakeMinRpm" => Some(LEAST_RPM.to_string()),
            "getShakeMaxRpm" => Some(MOST_RPM.to_string()),
            "getShakeAccelerationMin" => Some("0".to_owned()),
            "getShakeAccelerationMax" => Some(LONGEST_ACCELERATION.to_string()),
            _ => self
                .set(ctx, command)
                .map_or_else(|| Some(format!("u -> {command}")), done),
        }
    }

    /// Commands with a value glued to them; `None`: there is no such command.
    fn set(&mut self, ctx: &mut Ctx<'_>, command: &str) -> Option<bool> {
        if let Some(value) = command.strip_prefix("setShakeTargetSpeed") {
            let Some(rpm) = value
                .parse()
                .ok()
                .filter(|rpm| (LEAST_RPM..=MOST_RPM).contains(rpm))
            else {
                return Some(false);
            };
            self.speed = rpm;
            return Some(true);
        }
        if let Some(value) = command.strip_prefix("setShakeAcceleration") {
            let Some(seconds) = value.parse().ok().filter(|s| *s <= LONGEST_ACCELERATION) else {
                return Some(false);
            };
            self.acceleration = seconds;
            return Some(true);
        }
        let tenths: Option<f64> = command.strip_prefix("setTempTarget")?.parse().ok();
        let target = tenths.map(|tenths| tenths / 10.0);
        let target = target.filter(|target| (COLDEST..=HOTTEST).contains(target));
        if target.is_none() {
            return Some(false);
        }
        self.target = target;
        if self.heat.target().is_some() {
            self.heat.set(ctx.now, target);
        }
        Some(true)
    }

    /// All motion and heating ends.
    fn rest(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.shaking = false;
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
        self.target = None;
        self.speed = LEAST_RPM;
        self.acceleration = 3;
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, ended: &Running<Job>) {
        match ended.job {
            Job::Reset => Asked::default().answer(ctx, "Initialization complete\r\n"),
            Job::Home => {}
            Job::Lock { locked, asked } => {
                let jams = ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
                if !jams {
                    self.seat.swing(ctx, !locked);
                }
                asked.answer(ctx, if jams { "e\r\n" } else { "ok\r\n" });
            }
            Job::Stop => {
                self.shaking = false;
                self.seat.shakes(ctx, 0);
            }
        }
    }
}

impl Dialogue for BioShake {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let command = request.trim_start_matches('\n');
        // It boots: nobody listens.
        if command.is_empty() || matches!(self.work.now(), Some(Job::Reset)) {
            return;
        }
        if asked.refused().is_some() {
            asked.answer(ctx, "e\r\n");
        } else if let Some(answer) = self.answer(ctx, asked, command) {
            asked.answer(ctx, format!("{answer}\r\n"));
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, &ended);
        }
        if self.heat.tell(ctx, &self.seat)
            && let Some(target) = self.heat.target()
        {
            self.seat.held(ctx, target);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due().into_iter().chain(self.heat.next_due()).min()
    }

    /// It boots, and says so. The lock stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.rest(ctx);
        let us = self.durations.draw("initialise", Seconds(6.0));
        self.work.begin(ctx, Job::Reset, us);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
