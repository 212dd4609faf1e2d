//! The Azenta XPeel: takes the seal off the plate on its conveyor, with an adhesive tape. Written from dossier 08 C.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
};

/// Error codes.
const CONVEYOR: u8 = 1;
const NOT_REMOVED: u8 = 4;
const ILLEGAL: u8 = 5;
const NO_PLATE: u8 = 6;
const NO_TAPE: u8 = 7;
const FEW_LEFT: u8 = 20;
const TAKE_UP_FULL: u8 = 21;
const COVER: u8 = 51;
/// De-seals that a fresh roll has, and below which it warns.
const ROLL: u16 = 400;
const FEW: u16 = 30;
/// Room on the take-up spool beyond one roll.
const SLACK: u16 = 50;
/// Quarters of ten seconds that the tape adheres for.
const ADHERE: f64 = 2.5;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Restart,
    Peel,
    SealCheck,
    Conveyor { out: bool },
    Elevator,
    Spool,
    Setting,
}

/// The twin.
#[derive(Debug)]
pub(super) struct XPeel {
    seat: Seat,
    durations: Durations,
    version: String,
    /// Errors of the last motion.
    errors: [u8; 3],
    plate_check: bool,
    /// Thresholds of the seal sensor, lower and upper.
    thresholds: [u16; 2],
    /// De-seals on the supply spool, and room for them on the take-up spool.
    tape: u16,
    room: u16,
    work: Work<(Job, Asked)>,
}

impl XPeel {
    /// Just switched on, conveyor out, with a fresh roll.
    pub(super) fn new(nest: String, durations: Durations, version: String) -> Self {
        Self {
            seat: Seat::new(nest),
            durations,
            version,
            errors: [0; 3],
            plate_check: true,
            thresholds: [300, 600],
            tape: ROLL,
            room: ROLL + SLACK,
            work: Work::none(),
        }
    }

    fn ready(&self) -> String {
        let [first, second, third] = self.errors;
        format!("*ready:{first:02},{second:02},{third:02}\r\n")
    }

    /// A motion has gone so far as to have these errors, in the order in which they came.
    fn errs(&mut self, errors: impl IntoIterator<Item = u8>) {
        self.errors = [0; 3];
        for (place, error) in self.errors.iter_mut().zip(errors) {
            *place = error;
        }
    }

    fn illegal(&mut self, ctx: &mut Ctx<'_>, asked: Asked) {
        self.errs([ILLEGAL]);
        asked.answer(ctx, self.ready());
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, asked: Asked, job: Job, more: f64) {
        let (action, usual) = match job {
            Job::Restart => ("initialise", 15.0),
            Job::Peel => ("peel", 15.0),
            Job::SealCheck => ("seal_check", 4.0),
            Job::Conveyor { .. } => ("conveyor", 3.0),
            Job::Elevator => ("elevator", 2.0),
            Job::Spool => ("spool", 2.0),
            Job::Setting => ("setting", 0.05),
        };
        let us = self
            .durations
            .draw(action, Seconds(usual))
            .saturating_add(num::micros(more));
        asked.answer(ctx, "*ack\r\n");
        if job == Job::Peel {
            self.seat.swing(ctx, false);
            self.seat.works(ctx, true);
        }
        self.work.begin(ctx, (job, asked), us);
    }

    /// Seconds for which the tape adheres, from the parameters of a peel: set 1 to 8, then the time, as seconds or as 1 to 4.
    fn adheres(parameters: &str) -> Option<f64> {
        let (set, time) = parameters.split_at_checked(1)?;
        if !matches!(set.parse(), Ok(1..=8)) {
            return None;
        }
        match time.trim_start_matches(',') {
            "1" | "2.5" => Some(ADHERE),
            "2" | "5.0" | "5" => Some(2.0 * ADHERE),
            "3" | "7.5" => Some(3.0 * ADHERE),
            "4" | "10.0" | "10" => Some(4.0 * ADHERE),
            _ => None,
        }
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, asked: Asked, line: &str) {
        let (word, value) = line.split_once(':').unwrap_or((line, ""));
        let threshold = || {
            let number = (value.len() == 3).then(|| value.parse().ok()).flatten();
            number.filter(|number: &u16| *number <= 999)
        };
        let job = match (word, value) {
            ("*stat", "") => return asked.answer(ctx, self.ready()),
            ("*version", "") => return asked.answer(ctx, format!("*version:{}\r\n", self.version)),
            ("*tapeleft", "") => {
                let text = format!("*tape:{:02},{:02}\r\n", self.tape / 10, self.room / 10);
                return asked.answer(ctx, text);
            }
            ("*sealstat", "") => Job::Setting,
            ("*sealhigher" | "*seallower", _) => {
                let Some(number) = threshold() else {
                    return self.illegal(ctx, asked);
                };
                let [lower, higher] = &mut self.thresholds;
                *if word == "*sealhigher" { higher } else { lower } = number;
                Job::Setting
            }
            ("*platecheck", "y" | "n") => {
                self.plate_check = value == "y";
                Job::Setting
            }
            ("*reset" | "*restart", "") => Job::Restart,
            ("*sealcheck", "") => Job::SealCheck,
            ("*moveout", "") => Job::Conveyor { out: true },
            ("*movein", "") => Job::Conveyor { out: false },
            ("*moveup" | "*movedown", "") => Job::Elevator,
            ("*movespool", "") => Job::Spool,
            ("*xpeel", _) => {
                let Some(adheres) = Self::adheres(value) else {
                    return self.illegal(ctx, asked);
                };
                return self.begin(ctx, asked, Job::Peel, adheres);
            }
            _ => return self.illegal(ctx, asked),
        };
        self.begin(ctx, asked, job, 0.0);
    }

    /// The tape goes on by one de-seal: what the spools warn of.
    fn spool(&mut self) -> impl Iterator<Item = u8> + use<> {
        self.tape = self.tape.saturating_sub(1);
        self.room = self.room.saturating_sub(1);
        let few = (self.tape < FEW).then_some(FEW_LEFT);
        let full = (self.room < FEW).then_some(TAKE_UP_FULL);
        few.into_iter().chain(full)
    }

    fn peel(&mut self, ctx: &mut Ctx<'_>) {
        self.seat.works(ctx, false);
        self.seat.swing(ctx, true);
        if self.plate_check && !self.seat.taken(ctx) {
            return self.errs([NO_PLATE]);
        }
        if self.tape == 0 {
            return self.errs([NO_TAPE]);
        }
        let warns = self.spool();
        if !ctx.world.sealed(&self.seat.nest) {
            let text = format!("{} is told to peel a plate that has no seal", ctx.name);
            let nest = self.seat.nest.clone();
            ctx.world
                .violate(ctx.now, ctx.name, &nest, Hazard::PeelsNothing, text);
            // The seal sensor sees afterwards what it wants to see.
            return self.errs(warns);
        }
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            return self.errs([NOT_REMOVED].into_iter().chain(warns));
        }
        ctx.world.peel(ctx.name, &self.seat.nest, ctx.now);
        self.errs(warns);
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        if self.seat.held_open(ctx) && !matches!(job, Job::Setting | Job::SealCheck) {
            self.seat.works(ctx, false);
            return self.errs([COVER]);
        }
        match job {
            Job::Peel => self.peel(ctx),
            Job::SealCheck if !self.seat.taken(ctx) => self.errs([NO_PLATE]),
            Job::SealCheck => {
                let sealed = ctx.world.sealed(&self.seat.nest);
                self.errs(sealed.then_some(NOT_REMOVED));
            }
            Job::Setting => {}
            _ if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) => self.errs([CONVEYOR]),
            Job::Restart => {
                self.seat.swing(ctx, true);
                self.errs([]);
            }
            Job::Conveyor { out } => {
                self.seat.swing(ctx, out);
                self.errs([]);
            }
            Job::Spool => {
                let warns = self.spool();
                self.errs(warns);
            }
            Job::Elevator => self.errs([]),
        }
    }
}

impl Dialogue for XPeel {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_end_matches('\r');
        // While it moves it hears nothing.
        if line.is_empty() || self.work.now().is_some() {
            return;
        }
        if let Some(code) = asked.refused() {
            asked.answer(ctx, format!("*ready:{code:02},00,00\r\n"));
        } else {
            self.command(ctx, asked, line);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            let (job, asked) = ended.job;
            self.finish(ctx, job);
            asked.answer(ctx, self.ready());
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// What it was about is cut short; the conveyor stays where it is until it is told.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.seat.works(ctx, false);
        self.errors = [0; 3];
        self.plate_check = true;
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
