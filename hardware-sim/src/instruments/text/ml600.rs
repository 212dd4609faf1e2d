//! The Hamilton Microlab 600 under Protocol 1/RNO+: one unit with one syringe. Written from dossier 09 A.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
};
use std::collections::VecDeque;

const ACK: char = '\u{6}';
const NAK: &str = "\u{15}\r";
/// Steps of a whole stroke, and bounds of its time in seconds.
const STROKE: u32 = 48_000;
const SLOWEST: u32 = 3692;
const FASTEST: u32 = 2;
const FIRMWARE: &str = "NV01.02.B";
/// Bits of the status characters, which are printable by this one.
const PRINTABLE: u8 = 0x40;

/// A step of a command string.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Initialise { syringe: bool, valve: bool },
    PickUp(u32),
    Dispense(u32),
    MoveTo(u32),
    Valve(u8),
    Delay(u32),
}

/// A step, with the seconds of a whole stroke if they go with it.
type Timed = (Step, Option<u32>);

/// What one request asks for.
#[derive(Debug, Default, PartialEq)]
struct Parsed {
    steps: Vec<Timed>,
    /// A query and what is set besides.
    query: Option<&'static str>,
    sets: Vec<(&'static str, u32)>,
    runs: bool,
}

/// The twin.
#[derive(Debug)]
pub(super) struct Ml600 {
    durations: Durations,
    numbered: bool,
    initialised: bool,
    /// Position in steps; 0 is empty.
    pub(super) at: u32,
    speed: u32,
    return_steps: u32,
    valve_speed: u32,
    port: u8,
    work: Work<Step>,
    buffer: VecDeque<Timed>,
    paused: bool,
    executed: bool,
    syntax: bool,
    failed: Option<Step>,
}

fn digits(text: &mut &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    *text = rest;
    number.parse().ok()
}

/// Takes a word off the beginning.
fn word(text: &mut &str, word: &str) -> bool {
    match text.strip_prefix(word) {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    }
}

const QUERIES: [&str; 9] = ["YQP", "YQS", "YQB", "YQN", "LQP", "LQA", "LQF", "LQT", "U"];

/// Reads a command string; `None` is a syntax error.
fn parse(mut text: &str) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    let rest = &mut text;
    while !rest.is_empty() {
        let speed = |rest: &mut &str| -> Option<Option<u32>> {
            if !word(rest, "S") {
                return Some(None);
            }
            let speed = digits(rest)?;
            (FASTEST..=SLOWEST).contains(&speed).then_some(Some(speed))
        };
        if word(rest, "R") {
            parsed.runs = true;
            return rest.is_empty().then_some(parsed);
        }
        if word(rest, "B") || word(rest, "C") {
            continue;
        }
        if let Some(query) = QUERIES.iter().find(|query| word(rest, query)) {
            parsed.query = Some(query);
        } else if let Some(set) = ["YSN", "YSS", "LSF", "LST", "#SP"]
            .iter()
            .find(|set| word(rest, set))
        {
            parsed.sets.push((set, digits(rest)?));
        } else if word(rest, "LX") {
            let step = Step::Initialise {
                syringe: false,
                valve: true,
            };
            parsed.steps.push((step, None));
        } else if word(rest, "X") {
            let valve = !word(rest, "1");
            let step = Step::Initialise { syringe: true, valve };
            let speed = speed(rest)?;
            parsed.steps.push((step, speed));
        } else if word(rest, "LP0") || word(rest, "LP1") {
            let port = digits(rest)?;
            let port = u8::try_from(port).ok().filter(|port| (1..=8).contains(port))?;
            parsed.steps.push((Step::Valve(port), None));
        } else if word(rest, "LA0") || word(rest, "LA1") {
            let degrees = digits(rest).filter(|degrees| *degrees < 360)?;
            let port = u8::try_from(degrees / 45 + 1).ok()?;
            parsed.steps.push((Step::Valve(port), None));
        } else if word(rest, "<T") {
            let ms = digits(rest)?;
            parsed.steps.push((Step::Delay(ms), None));
        } else if let Some(port) = [("I", 1), ("O", 2), ("W", 3)]
            .iter()
            .find(|(name, _)| word(rest, name))
        {
            parsed.steps.push((Step::Valve(port.1), None));
        } else {
            let make: fn(u32) -> Step = if word(rest, "P") {
                Step::PickUp
            } else if word(rest, "D") {
                Step::Dispense
            } else if word(rest, "M") {
                Step::MoveTo
            } else {
                return None;
            };
            let steps = digits(rest).filter(|steps| *steps <= STROKE)?;
            let speed = speed(rest)?;
            parsed.steps.push((make(steps), speed));
        }
    }
    Some(parsed)
}

impl Ml600 {
    /// Just switched on: without a number, not initialised.
    pub(super) fn new(durations: Durations) -> Self {
        Self {
            durations,
            numbered: false,
            initialised: false,
            at: 0,
            speed: 10,
            return_steps: 24,
            valve_speed: 360,
            port: 1,
            work: Work::none(),
            buffer: VecDeque::new(),
            paused: false,
            executed: true,
            syntax: false,
            failed: None,
        }
    }

    /// The plunger's position now.
    fn position(&self, now: u64) -> u32 {
        let Some(running) = self.work.running() else {
            return self.at;
        };
        let Some(goal) = self.goal(running.job) else {
            return self.at;
        };
        let whole = running.until.saturating_sub(running.since).max(1) as f64;
        let share = (now.saturating_sub(running.since) as f64 / whole).min(1.0);
        let at = f64::from(self.at) + (f64::from(goal) - f64::from(self.at)) * share;
        u32::try_from(num::round_u64(at)).unwrap_or(0)
    }

    /// Where a step brings the plunger; `None`: it moves none, or beyond its ends.
    fn goal(&self, step: Step) -> Option<u32> {
        let goal = match step {
            Step::PickUp(steps) => self.at.checked_add(steps)?,
            Step::Dispense(steps) => self.at.checked_sub(steps)?,
            Step::MoveTo(steps) => steps,
            Step::Initialise { syringe: true, .. } => 0,
            _ => return None,
        };
        (goal <= STROKE).then_some(goal)
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        if self.work.now().is_some() || self.paused {
            return;
        }
        let Some((step, speed)) = self.buffer.pop_front() else {
            return;
        };
        let ready = self.initialised || matches!(step, Step::Initialise { .. } | Step::Delay(_));
        let moves = matches!(step, Step::PickUp(_) | Step::Dispense(_) | Step::MoveTo(_));
        if !ready || moves && self.goal(step).is_none() {
            self.executed = false;
            self.buffer.clear();
            return;
        }
        let stroke = f64::from(speed.unwrap_or(self.speed));
        let us = match step {
            Step::Initialise { syringe: true, .. } => self.durations.draw("initialise", Seconds(9.0)),
            Step::Initialise { .. } => self.durations.draw("valve", Seconds(2.0)),
            Step::Valve(_) => num::micros(180.0 / f64::from(self.valve_speed.max(15))),
            Step::Delay(ms) => u64::from(ms) * 1000,
            _ => {
                let way = f64::from(self.goal(step).unwrap_or(self.at)) - f64::from(self.at);
                num::micros(way.abs() / f64::from(STROKE) * stroke).max(1)
            }
        };
        self.work.begin(ctx, step, us);
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, step: Step) {
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            if let Some(goal) = self.goal(step) {
                self.at = self.at.midpoint(goal);
            }
            self.failed = Some(step);
            self.initialised = false;
            self.executed = false;
            self.buffer.clear();
            return;
        }
        if let Some(goal) = self.goal(step) {
            self.at = goal;
        }
        match step {
            Step::Initialise { syringe, valve } => {
                self.initialised |= syringe;
                self.failed = None;
                if valve {
                    self.port = 1;
                }
            }
            Step::Valve(port) => self.port = port,
            _ => {}
        }
        self.next(ctx);
    }

    fn busy(&self) -> bool {
        self.work.now().is_some() || !self.buffer.is_empty()
    }

    /// Status requests, which want no R; `None`: it is none of them.
    fn status(&mut self, ctx: &mut Ctx<'_>, command: &str) -> Option<String> {
        let yes = |yes: bool| Some(if yes { "Y" } else { "N" }.to_owned());
        let syringe = matches!(
            self.failed,
            Some(Step::PickUp(_) | Step::Dispense(_) | Step::MoveTo(_))
        ) || matches!(self.failed, Some(Step::Initialise { syringe: true, .. }));
        let character = |bits: u8| Some(char::from(PRINTABLE | bits).to_string());
        match command {
            "F" if self.busy() => Some("*".to_owned()),
            "F" => yes(self.executed),
            "Z" => yes(syringe),
            "G" => yes(self.failed.is_some() && !syringe),
            "H" => yes(true),
            "E1" => {
                let turns = matches!(self.work.now(), Some(Step::Valve(_)));
                let moves = self.work.now().is_some() && !turns;
                let bits = [
                    self.work.now().is_none() && !self.buffer.is_empty(),
                    moves,
                    turns,
                    std::mem::take(&mut self.syntax),
                    self.failed.is_some(),
                ];
                let bits = bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
                character(bits)
            }
            "E2" | "E3" | "T2" => character(0),
            // As seen on a unit: 0 is busy.
            "T1" => {
                let turns = matches!(self.work.now(), Some(Step::Valve(_)));
                let moves = self.work.now().is_some() && !turns;
                character(u8::from(!turns) | u8::from(!moves) << 1 | u8::from(!self.busy()) << 4)
            }
            "K" => {
                self.paused = true;
                Some(String::new())
            }
            "$" => {
                self.paused = false;
                self.next(ctx);
                Some(String::new())
            }
            "V" => {
                self.at = self.position(ctx.now);
                self.work.cut_short();
                self.buffer.clear();
                self.paused = false;
                Some(String::new())
            }
            _ => None,
        }
    }

    /// Answers one command string without its address; `None` is a syntax error.
    fn answer(&mut self, ctx: &mut Ctx<'_>, command: &str) -> Option<String> {
        // The side comes before all, also where there is but one.
        let side = command.strip_prefix(['B', 'C']).unwrap_or(command);
        if let Some(answer) = self.status(ctx, side) {
            return Some(answer);
        }
        let Some(parsed) = parse(command) else {
            self.syntax = true;
            return None;
        };
        for (set, value) in parsed.sets {
            match set {
                "YSN" => self.return_steps = value,
                "YSS" => self.speed = value.clamp(FASTEST, SLOWEST),
                "LSF" => self.valve_speed = value.clamp(15, 720),
                _ => {}
            }
        }
        let data = match parsed.query {
            Some("YQP") => self.position(ctx.now).to_string(),
            Some("YQS") => self.speed.to_string(),
            Some("YQN") => self.return_steps.to_string(),
            Some("YQB") => "0".to_owned(),
            Some("LQP") => self.port.to_string(),
            Some("LQA") => (u32::from(self.port.saturating_sub(1)) * 45).to_string(),
            Some("LQF") => self.valve_speed.to_string(),
            Some("LQT") => "19".to_owned(),
            Some(_) => FIRMWARE.to_owned(),
            None => String::new(),
        };
        if !parsed.steps.is_empty() && !self.busy() {
            self.executed = true;
        }
        self.buffer.extend(parsed.steps);
        if parsed.runs {
            self.next(ctx);
        }
        Some(data)
    }
}

impl Dialogue for Ml600 {
    const SEVEN_BITS: bool = true;

    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_start_matches('\n');
        if line == "1a" {
            // The units number themselves; the next letter comes back.
            self.numbered = true;
            return asked.answer(ctx, "1b\r");
        }
        if let Some(command) = line.strip_prefix(':') {
            // Nobody answers to all.
            self.answer(ctx, command);
            return;
        }
        let Some(command) = line.strip_prefix('a').filter(|_| self.numbered) else {
            return;
        };
        if asked.refused().is_some() {
            return asked.answer(ctx, NAK);
        }
        match self.answer(ctx, command) {
            Some(data) => asked.answer(ctx, format!("{ACK}{data}\r")),
            None => asked.answer(ctx, NAK),
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// The plunger stays where it came to; the unit has no number and knows nothing of its place.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.at = self.position(ctx.now);
        self.work.cut_short();
        self.buffer.clear();
        self.numbered = false;
        self.initialised = false;
        self.paused = false;
        self.executed = true;
        self.syntax = false;
        self.failed = None;
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
