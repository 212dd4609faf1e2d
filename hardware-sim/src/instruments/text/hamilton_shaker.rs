//! The Hamilton heater shaker. Written from dossier 08 F.
//!
//! Where the dossier is silent: a request ends as its sender ends it (CR, LF, both, or the end of what came at once), and so
//! does its answer. What starts within [`SETTLES_US`] of the lock's move does not take, though it is answered as done: hosts
//! start again until it shakes. Errors: 01 not understood, 02 out of range, 03 not initialised, 04 not locked, 05 shaking.

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
    quantity::Seconds,
};

const HOTTEST: f64 = 105.0;
const RATES: Rates = Rates {
    up: 0.1,
    down: 0.05,
    drift: 0.02,
};
const SETTLES_US: u64 = 1_500_000;
/// The edge of the plate is cooler than its middle.
const EDGE: f64 = 0.2;

/// Error numbers.
mod error {
    pub(super) const OK: u8 = 0;
    pub(super) const SYNTAX: u8 = 1;
    pub(super) const RANGE: u8 = 2;
    pub(super) const NOT_INITIALISED: u8 = 3;
    pub(super) const NOT_LOCKED: u8 = 4;
    pub(super) const SHAKES: u8 = 5;
}

#[derive(Clone, Debug, PartialEq)]
enum Job {
    /// A move of the lock: locked afterwards.
    Lock {
        locked: bool,
        answer: Answer,
    },
    Initialise(Answer),
    /// The shaker comes to rest; who waits for that is told.
    Stop(Option<Answer>),
}

/// Where an answer goes, and how it begins and ends.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    asked: Asked,
    head: String,
    end: &'static str,
}

impl Answer {
    fn tell(&self, ctx: &mut Ctx<'_>, error: u8, data: &str) {
        let text = format!("{}er{error:02}{data}{}", self.head, self.end);
        self.asked.answer(ctx, text);
    }
}

/// The twin.
#[derive(Debug)]
pub(super) struct HamiltonShaker {
    seat: Seat,
    durations: Durations,
    heat: Heat,
    lock_known: bool,
    shaker_known: bool,
    locked_at: u64,
    shaking: bool,
    ramp: f64,
    work: Work<Job>,
}

/// Value of a parameter: two letters, then digits.
fn parameter<'a>(text: &'a str, name: &str, digits: usize) -> Option<&'a str> {
    let (_, rest) = text.split_once(name)?;
    let value = rest.get(..digits)?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then_some(value)
}

impl HamiltonShaker {
    /// Just switched on: unlocked, at rest, cold.
    pub(super) fn new(nest: String, durations: Durations, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            durations,
            heat: Heat::new(RATES, room),
            lock_known: false,
            shaker_known: false,
            locked_at: 0,
            shaking: false,
            ramp: 1.0,
            work: Work::none(),
        }
    }

    fn stops(&mut self, ctx: &mut Ctx<'_>, waits: Option<Answer>) {
        let us = num::micros(self.ramp);
        self.work.begin(ctx, Job::Stop(waits), us);
    }

    /// The error of a command with its data, or `None` when it is answered later.
    fn command(
        &mut self,
        ctx: &mut Ctx<'_>,
        answer: &Answer,
        (command, rest): (&str, &str),
    ) -> Option<(u8, String)> {
        let done = |error: u8| Some((error, String::new()));
        let moves = matches!(command, "LI" | "LP" | "SI" | "SB");
        if moves && self.work.now().is_some() || self.shaking && matches!(command, "LI" | "LP") {
            return done(error::SHAKES);
        }
        match command {
            "LI" => {
                self.lock_known = true;
                let us = self.durations.draw("latch", Seconds(1.0));
                let answer = answer.clone();
                let job = Job::Lock {
                    locked: false,
                    answer,
                };
                self.work.begin(ctx, job, us);
                None
            }
            "LP" if !self.lock_known => done(error::NOT_INITIALISED),
            "LP" => {
                let Some(locked) = parameter(rest, "lp", 1).filter(|lp| ["0", "1"].contains(lp)) else {
                    return done(error::RANGE);
                };
                let us = self.durations.draw("latch", Seconds(1.0));
                let job = Job::Lock {
                    locked: locked == "1",
                    answer: answer.clone(),
                };
                self.work.begin(ctx, job, us);
                None
            }
            "SI" => {
                let us = self.durations.draw("initialise", Seconds(2.0));
                self.work.begin(ctx, Job::Initialise(answer.clone()), us);
                None
            }
            "SB" => done(self.starts(ctx, rest)),
            "SC" => {
                if self.shaking && self.work.now().is_none() {
                    self.stops(ctx, None);
                }
                done(error::OK)
            }
            "SW" => {
                if self.shaking {
                    self.work.cut_short();
                    self.stops(ctx, Some(answer.clone()));
                    return None;
                }
                done(error::OK)
            }
            "RD" => Some((error::OK, format!("rd{}", u8::from(self.shaking)))),
            "TA" => {
                let tenths = parameter(rest, "ta", 4).and_then(|value| value.parse().ok());
                let target = tenths.map(|tenths: f64| tenths / 10.0);
                match target.filter(|target| *target <= HOTTEST) {
                    Some(target) => {
                        self.heat.set(ctx.now, Some(target));
                        done(error::OK)
                    }
                    None => done(error::RANGE),
                }
            }
            "TO" => {
                self.heat.set(ctx.now, None);
                done(error::OK)
            }
            "RT" => {
                let middle = self.heat.at(ctx.now);
                let edge = if self.heat.target().is_some() {
                    middle - EDGE
                } else {
                    middle
                };
                let tenths = |celsius: f64| num::round_i64(celsius * 10.0);
                Some((
                    error::OK,
                    format!("rt{:+05} {:+05}", tenths(middle), tenths(edge)),
                ))
            }
            _ => done(error::SYNTAX),
        }
    }

    fn starts(&mut self, ctx: &mut Ctx<'_>, rest: &str) -> u8 {
        if !self.shaker_known {
            return error::NOT_INITIALISED;
        }
        if self.seat.open(ctx) {
            self.seat.works_open(ctx, "shake");
            return error::NOT_LOCKED;
        }
        let turn = parameter(rest, "st", 1);
        let speed = parameter(rest, "sv", 4).and_then(|value| value.parse::<u16>().ok());
        let ramp = parameter(rest, "sr", 5).and_then(|value| value.parse::<u16>().ok());
        let (Some("0" | "1"), Some(speed @ 20..=2_000), Some(ramp @ 500..=10_000)) = (turn, speed, ramp)
        else {
            return error::RANGE;
        };
        let settled = ctx.now >= self.locked_at.saturating_add(SETTLES_US);
        if !settled || ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            return error::OK;
        }
        self.ramp = (f64::from(speed) / f64::from(ramp)).max(0.5);
        self.shaking = true;
        self.seat.shakes(ctx, 0);
        self.seat.shakes(ctx, speed);
        error::OK
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        match job {
            Job::Lock { locked, answer } => {
                self.seat.swing(ctx, !locked);
                self.locked_at = ctx.now;
                answer.tell(ctx, error::OK, "");
            }
            Job::Initialise(answer) => {
                self.shaker_known = true;
                answer.tell(ctx, error::OK, "");
            }
            Job::Stop(waits) => {
                self.shaking = false;
                self.seat.shakes(ctx, 0);
                if let Some(answer) = waits {
                    answer.tell(ctx, error::OK, "");
                }
            }
        }
    }
}

impl Dialogue for HamiltonShaker {
    /// A request with what ends it; without an end, what came at once is whole.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let begins = buffer.iter().position(|byte| *byte == b'T')?;
        buffer.drain(..begins);
        let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let Some(end) = end else {
            return Some(std::mem::take(buffer));
        };
        let both = buffer.get(end..end + 2) == Some(b"\r\n");
        Some(buffer.drain(..=end + usize::from(both)).collect())
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let text = request.trim_end_matches(['\r', '\n']);
        let end = match request.get(text.len()..) {
            Some("\r\n") => "\r\n",
            Some("\r") => "\r",
            Some("\n") => "\n",
            _ => "",
        };
        // T, the number of the box's port, two letters, and the number of the request.
        let parts = text.split_at_checked(10).and_then(|(head, rest)| {
            let id = head.get(4..6) == Some("id");
            let command = head.get(2..4).filter(|_| id && head.starts_with("T1"))?;
            Some((head, command, rest))
        });
        let Some((head, command, rest)) = parts else {
            // What is no request at all is not answered.
            return;
        };
        let answer = Answer {
            asked,
            head: head.to_owned(),
            end,
        };
        if let Some(code) = asked.refused() {
            return answer.tell(ctx, code, "");
        }
        if let Some((error, data)) = self.command(ctx, &answer, (command, rest)) {
            answer.tell(ctx, error, &data);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
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

    /// Shaker and heater are off and must be initialised; the lock stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.lock_known = false;
        self.shaker_known = false;
        self.shaking = false;
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        fault::Fault,
        hazard::Hazard,
        instruments::text::bench::{Bench, SEAT},
    };

    #[test]
    fn it_is_locked_started_until_it_shakes_and_stopped() {
        let mut shaker = Bench::of_profile("hamilton-heater-shaker", 25.0);
        shaker.plate(SEAT, false, false);
        assert_eq!(shaker.say("T1LPid0001lp1"), "T1LPid0001er03");
        assert_eq!(shaker.say("T1LIid0001"), "");
        assert_eq!(shaker.until_said().0, "T1LIid0001er00");
        shaker.say("T1SIid0002\r\n");
        assert_eq!(shaker.until_said().0, "T1SIid0002er00\r\n", "as it was asked");
        let start = "T1SBid0003st0sv0800sr01000";
        assert_eq!(shaker.say(start), "T1SBid0003er04");
        assert_eq!(shaker.violations(), [Hazard::DoorOpen]);
        shaker.say("T1LPid0001lp1");
        assert_eq!(shaker.until_said().0, "T1LPid0001er00");
        assert_eq!(shaker.say(start), "T1SBid0003er00");
        assert_eq!(shaker.say("T1RDid0005"), "T1RDid0005er00rd0", "not yet");
        shaker.wait(2.0);
        assert_eq!(shaker.say(start), "T1SBid0003er00");
        assert_eq!(shaker.say("T1RDid0005"), "T1RDid0005er00rd1");
        assert_eq!(shaker.say("T1LPid0006lp0"), "T1LPid0006er05");
        assert_eq!(shaker.say("T1SBid0003st0sv2001sr01000"), "T1SBid0003er02");
        assert_eq!(shaker.say("T1SCid0007"), "T1SCid0007er00");
        assert_eq!(shaker.say("T1SWid0008"), "");
        assert_eq!(shaker.until_said().0, "T1SWid0008er00");
        assert_eq!(shaker.say("T1RDid0009"), "T1RDid0009er00rd0");
        assert_eq!(shaker.say("T1XXid0009"), "T1XXid0009er01");
        assert_eq!(shaker.say("hello"), "");
    }

    #[test]
    fn it_heats_the_middle_more_than_the_edge() {
        let mut shaker = Bench::of_profile("hamilton-heater-shaker", 25.1);
        shaker.plate(SEAT, false, false);
        assert_eq!(shaker.say("T1RTid0004"), "T1RTid0004er00rt+0251 +0251");
        assert_eq!(shaker.say("T1TAid0005ta0370"), "T1TAid0005er00");
        shaker.wait(600.0);
        assert_eq!(shaker.say("T1RTid0004"), "T1RTid0004er00rt+0370 +0368");
        assert_eq!(shaker.felt(), 37.0);
        assert_eq!(shaker.say("T1TAid0006ta1051"), "T1TAid0006er02");
        shaker.fault(Fault::PowerCycle);
        shaker.wait(3600.0);
        assert_eq!(shaker.say("T1RTid0004"), "T1RTid0004er00rt+0251 +0251");
    }
}
