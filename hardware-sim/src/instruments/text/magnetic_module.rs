//! The Opentrons magnetic module, second generation: magnets on a lift. Written from dossier 03.

use super::{
    dialogue::{Asked, Dialogue},
    gcode::{Command, cut_line, scan},
    identity::Identity,
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, regulators::took},
    num,
};
use std::collections::VecDeque;

/// Travel and speeds of the second generation in mm and mm/s; homing backs off by 2 mm.
const TRAVEL: f64 = 22.0;
const FAST: f64 = 25.0;
const HOMES: f64 = 7.5;
const PROBES: f64 = 5.0;
const RETRACT: f64 = 2.0;
/// Where the probe meets a plate: travel less this.
const PLATE: f64 = 15.0;
const ACK: &str = "ok\r\nok\r\n";
const WORDS: [&str; 6] = ["G28.2", "G0", "M114.2", "G38.2", "M836", "M115"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Home,
    Move(f64),
    Probe,
}

/// The twin.
#[derive(Debug)]
pub(super) struct MagneticModule {
    identity: Identity,
    /// Height that it believes, and the true one.
    height: f64,
    truly: f64,
    plate: f64,
    work: Work<(Job, Asked)>,
    /// Commands of the line that is under way, then lines that came meanwhile.
    rest: VecDeque<Command>,
    waiting: VecDeque<(Asked, String)>,
    answer: String,
}

impl MagneticModule {
    /// Just switched on: it believes that it is down.
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            identity,
            height: 0.0,
            truly: 0.0,
            plate: TRAVEL - PLATE,
            work: Work::none(),
            rest: VecDeque::new(),
            waiting: VecDeque::new(),
            answer: String::new(),
        }
    }

    fn line(&mut self, ctx: &mut Ctx<'_>, asked: Asked, line: &str) {
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("Error:{code}\r\n{ACK}"));
        }
        self.rest = scan(line, &WORDS).into();
        self.answer.clear();
        self.go_on(ctx, asked);
    }

    /// The next commands of the line, up to one that takes time.
    fn go_on(&mut self, ctx: &mut Ctx<'_>, asked: Asked) {
        while let Some(command) = self.rest.pop_front() {
            let (job, seconds) = match command.word {
                "M114.2" => {
                    self.answer.push_str(&format!("Z:{:.2}\r\n", self.height));
                    continue;
                }
                "M836" => {
                    self.answer.push_str(&format!("height:{:.2}\r\n", self.plate));
                    continue;
                }
                "M115" => {
                    let (serial, model) = (self.identity.serial(ctx), self.identity.model(ctx));
                    let firmware = self.identity.firmware(ctx);
                    self.answer
                        .push_str(&format!("serial:{serial} model:{model} version:{firmware}\r\n"));
                    continue;
                }
                "G0" => match command.number('Z') {
                    Some(z) => (Job::Move(z), (z - self.height).abs() / FAST),
                    None => continue,
                },
                "G38.2" => (Job::Probe, TRAVEL / PROBES + TRAVEL / HOMES),
                _ => (Job::Home, self.truly / HOMES + 2.0 * RETRACT / HOMES),
            };
            return self.work.begin(ctx, (job, asked), num::micros(seconds).max(1));
        }
        self.answer.push_str(ACK);
        let answer = std::mem::take(&mut self.answer);
        asked.answer(ctx, answer);
    }
}

impl Dialogue for MagneticModule {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_line(buffer)
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if self.work.now().is_some() {
            self.waiting.push_back((asked, request.to_owned()));
        } else {
            self.line(ctx, asked, request);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(ended) = self.work.ended(ctx.now) else {
            return;
        };
        let (job, asked) = ended.job;
        let slips = ctx.world.troubles.strikes(ctx.name, Trouble::Slipped);
        match job {
            Job::Home => (self.height, self.truly) = (0.0, 0.0),
            Job::Move(z) => {
                // The endstops clip what goes beyond.
                let way = z.clamp(0.0, TRAVEL) - self.height;
                self.height += way;
                let truly = self.truly + if slips { way / 2.0 } else { way };
                self.truly = truly.clamp(0.0, TRAVEL);
            }
            Job::Probe => {
                self.plate = TRAVEL - PLATE;
                (self.height, self.truly) = (0.0, 0.0);
                self.answer.push_str("\r\n");
            }
        }
        took(ctx, "height", (self.truly * 100.0).round() / 100.0);
        self.go_on(ctx, asked);
        while self.work.now().is_none()
            && let Some((asked, line)) = self.waiting.pop_front()
        {
            self.line(ctx, asked, &line);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// The magnets stay where they are; it believes that they are down.
    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.rest.clear();
        self.waiting.clear();
        self.height = 0.0;
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
