//! Molecular Devices SpectraMax plate readers: the 384 Plus, which reads absorbance, and the M5, which reads fluorescence
//! and luminescence too. Written from dossier 05.

mod block;
mod settings;

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    heat::{Heat, Rates},
    identity::Identity,
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{
        Ctx, Durations,
        readers::light::{self, Light},
    },
    ledger::Event,
    num,
    quantity::Seconds,
};
use block::{Block, Plane};
use settings::{INVALID, Kind, Mode, Settings, UNKNOWN, number};
use std::collections::VecDeque;

/// More error codes of the instrument.
const LINE_TOO_LONG: u16 = 104;
const BUSY: u16 = 105;
const MEASURING: u16 = 106;
const NO_DATA: u16 = 107;
const DOOR: u16 = 110;
const NOT_SET: u16 = 111;
const CARRIAGE: u16 = 400;
const LONGEST_LINE: usize = 256;
/// Of the carriage that shakes, in rpm.
const SHAKES: u16 = 600;
/// Hottest chamber in C; 0 is off.
const HOTTEST: f64 = 45.0;
const RATES: Rates = Rates {
    up: 0.02,
    down: 0.01,
    drift: 0.01,
};
/// What one cm of water adds at 998 nm over 900 nm, from which the path length is told.
const WATER: (u16, f64) = (998, 0.173);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Tray {
        open: bool,
    },
    /// Shaking before the first reading.
    Before,
    Read,
    /// Until the next reading of a kinetic.
    Gap,
}

/// An answer: one field or two, each with its prompt.
enum Answer {
    One(Result<(), u16>),
    Two(Result<String, u16>),
}

impl Answer {
    fn text(self) -> String {
        match self {
            Self::One(Ok(())) => "OK>\r\n".to_owned(),
            Self::One(Err(code)) => format!("FAIL\t {code}>\r\n"),
            Self::Two(Ok(text)) => format!("OK\t\r\n>{text}\r\n>"),
            Self::Two(Err(code)) => format!("OK\t\r\n>FAIL\t {code}>\r\n"),
        }
    }
}

/// The twin.
#[derive(Debug)]
pub(super) struct SpectraMax {
    seat: Seat,
    identity: Identity,
    /// It reads fluorescence and luminescence: an M5.
    light: bool,
    durations: Durations,
    heat: Heat,
    settings: Settings,
    work: Work<Job>,
    /// When `!READ` came, and readings of it that are begun.
    began: u64,
    begun: u16,
    taken: Option<(Block, Vec<Event>)>,
    data: VecDeque<Block>,
    errors: Vec<u16>,
    readings: u64,
}

impl SpectraMax {
    /// Just switched on, its drawer closed.
    pub(super) fn new(
        tray: String,
        light: bool,
        identity: Identity,
        durations: Durations,
        room: f64,
    ) -> Self {
        Self {
            seat: Seat::new(tray),
            identity,
            light,
            durations,
            heat: Heat::new(RATES, room),
            settings: Settings::default(),
            work: Work::none(),
            began: 0,
            begun: 0,
            taken: None,
            data: VecDeque::new(),
            errors: Vec::new(),
            readings: 0,
        }
    }

    /// What keeps it from doing anything else now.
    fn engaged(&self) -> Option<u16> {
        match self.work.now() {
            None => None,
            Some(Job::Tray { .. }) => Some(BUSY),
            Some(_) => Some(MEASURING),
        }
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, line: &str) -> Answer {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let word = words.next().unwrap_or_default();
        let arguments: Vec<&str> = words.collect();
        match (word, arguments.as_slice()) {
            ("!", []) => Answer::One(Ok(())),
            ("!STATUS", []) => {
                let state = if self.work.now().is_some() { "BUSY" } else { "IDLE" };
                Answer::Two(Ok(format!("0 {state}")))
            }
            ("!ERROR", []) => {
                let codes: Vec<String> = self.errors.iter().map(u16::to_string).collect();
                Answer::Two(Ok(if codes.is_empty() {
                    "0".to_owned()
                } else {
                    codes.join(" ")
                }))
            }
            ("!CLEAR", ["ERROR"]) => {
                self.errors.clear();
                Answer::One(Ok(()))
            }
            ("!OPTION", []) => Answer::Two(Ok(format!(
                "{} {} {}",
                self.identity.model(ctx),
                self.identity.firmware(ctx),
                self.identity.serial(ctx)
            ))),
            ("!TEMP", []) => {
                let (set, now) = (self.heat.target().unwrap_or(0.0), self.heat.at(ctx.now));
                Answer::Two(Ok(format!("{set:.1} {now:.1}")))
            }
            ("!TEMP", [celsius]) => Answer::Two(number(celsius, 0.0, HOTTEST).map(|celsius| {
                self.heat.set(ctx.now, (celsius > 0.0).then_some(celsius));
                String::new()
            })),
            ("!SHAKE", ["STOP"]) if self.work.now().is_none() => {
                self.seat.shakes(ctx, 0);
                Answer::One(Ok(()))
            }
            _ => self.act(ctx, word, &arguments),
        }
    }

    /// Commands that must wait for their turn.
    fn act(&mut self, ctx: &mut Ctx<'_>, word: &str, arguments: &[&str]) -> Answer {
        // The 384 Plus selects what is read with one prompt, as fluorescence does everywhere.
        let two = match word {
            "!TRANSFER" | "!SPEED" | "!READSTAGE" => true,
            "!READTYPE" => self.light && arguments.first().is_some_and(|a| a.starts_with("ABS")),
            _ => false,
        };
        let answer = |done: Result<(), u16>| {
            if two {
                Answer::Two(done.map(|()| String::new()))
            } else {
                Answer::One(done)
            }
        };
        if let Some(code) = self.engaged() {
            return answer(Err(code));
        }
        match (word, arguments) {
            ("!CLEAR", ["DATA"]) => {
                self.data.clear();
                Answer::One(Ok(()))
            }
            ("!OPEN" | "!CLOSE", []) => {
                let open = word == "!OPEN";
                let action = if open { "open_tray" } else { "close_tray" };
                let us = if self.seat.open(ctx) == open {
                    200_000
                } else {
                    self.durations.draw(action, Seconds(4.0))
                };
                self.work.begin(ctx, Job::Tray { open }, us);
                Answer::One(Ok(()))
            }
            ("!SHAKE", ["NOW"]) => {
                self.seat.shakes(ctx, SHAKES);
                Answer::One(Ok(()))
            }
            ("!READTYPE", _) => answer(self.read_type(arguments)),
            ("!READ", []) => Answer::One(self.read(ctx)),
            ("!TRANSFER", []) => match self.data.pop_front() {
                Some(block) => {
                    let text = block.text();
                    // Asked for again, it comes again, after all others.
                    self.data.push_back(block);
                    Answer::Two(Ok(text))
                }
                None => Answer::Two(Err(NO_DATA)),
            },
            _ => answer(self.settings.set(word, arguments).unwrap_or(Err(UNKNOWN))),
        }
    }

    fn read_type(&mut self, arguments: &[&str]) -> Result<(), u16> {
        self.settings.kind = Some(match (arguments, self.light) {
            (["ABSPLA"], true) | (["PLA"], false) => Kind::Absorbance,
            (["FLU"], true) => Kind::Fluorescence,
            (["LUM"], true) => Kind::Luminescence,
            _ => return Err(INVALID),
        });
        Ok(())
    }

    fn read(&mut self, ctx: &mut Ctx<'_>) -> Result<(), u16> {
        if self.settings.kind.is_none() || self.settings.lights(0).is_empty() {
            return Err(NOT_SET);
        }
        if self.seat.held_open(ctx) {
            return Err(DOOR);
        }
        if self.seat.open(ctx) {
            let text = format!("{} is told to read with its tray open", ctx.name);
            let tray = self.seat.nest.clone();
            ctx.world
                .violate(ctx.now, ctx.name, &tray, Hazard::TrayOpen, text);
            return Err(CARRIAGE);
        }
        self.data.clear();
        self.began = ctx.now;
        self.begun = 0;
        let shaking = self.settings.shaking;
        if shaking.on && shaking.before > 0.0 {
            self.seat.shakes(ctx, SHAKES);
            self.work.begin(ctx, Job::Before, num::micros(shaking.before));
        } else {
            self.next(ctx);
        }
        Ok(())
    }

    /// The next reading begins.
    fn next(&mut self, ctx: &mut Ctx<'_>) {
        self.seat.shakes(ctx, 0);
        let (action, usual) = match self.settings.kind {
            Some(Kind::Fluorescence) => ("read_fluorescence", 40.0),
            Some(Kind::Luminescence) => ("read_luminescence", 20.0),
            _ => ("read_absorbance", 22.0),
        };
        let lights = self.settings.lights(self.begun);
        let passes = u64::try_from(lights.len()).unwrap_or(1);
        let us = self.durations.draw(action, Seconds(usual)).saturating_mul(passes);
        self.taken = Some(self.take(ctx, &lights));
        self.begun = self.begun.saturating_add(1);
        self.work.begin(ctx, Job::Read, us);
    }

    /// What the light shows now, and what of it goes into the ledger.
    fn take(&mut self, ctx: &mut Ctx<'_>, lights: &[(u16, u16)]) -> (Block, Vec<Event>) {
        let mut events = Vec::new();
        let mut planes = Vec::new();
        for light in lights {
            self.readings += 1;
            let measured = self.light(*light);
            let values = self.values(ctx, measured);
            if let (Some(values), Some(plate)) = (&values, ctx.world.at(&self.seat.nest)) {
                let of = (plate.name.clone(), self.seat.nest.clone());
                events.push(measured.event(ctx, of, self.readings, values));
            }
            let mut columns = self.columns(ctx, values.as_deref());
            for (trouble, token) in [
                (Trouble::Saturated, f64::INFINITY),
                (Trouble::NotANumber, f64::NAN),
            ] {
                if ctx.world.troubles.strikes(ctx.name, trouble) {
                    columns
                        .iter_mut()
                        .flatten()
                        .step_by(3)
                        .for_each(|value| *value = token);
                }
            }
            let (excitation, nm) = *light;
            let light = match self.settings.kind {
                Some(Kind::Fluorescence) => format!("{excitation}\t{nm}"),
                Some(Kind::Luminescence) => format!("\t{nm}"),
                _ => nm.to_string(),
            };
            planes.push(Plane { light, columns });
        }
        let block = Block {
            seconds: ctx.now.saturating_sub(self.began) as f64 / 1e6,
            celsius: self.heat.at(ctx.now),
            plate: format!(
                "{}-well",
                u32::from(self.settings.x.count) * u32::from(self.settings.y.count)
            ),
            first: self.settings.strip.0,
            planes,
        };
        (block, events)
    }

    /// What is measured at one light of the settings.
    fn light(&self, (excitation, nm): (u16, u16)) -> Light {
        match self.settings.kind {
            Some(Kind::Fluorescence) => Light::Fluorescence {
                excitation,
                emission: nm,
                gain: self.settings.gain,
            },
            Some(Kind::Luminescence) => Light::Luminescence {
                ms: self.settings.gathered_ms,
            },
            _ => Light::Absorbance(nm),
        }
    }

    /// Values of all wells of the plate along rows; `None` without a plate.
    fn values(&self, ctx: &mut Ctx<'_>, light: Light) -> Option<Vec<f64>> {
        let tray = &self.seat.nest;
        let mut values = light.values(ctx, tray, self.readings)?;
        if light == Light::Absorbance(WATER.0)
            && let Some(item) = ctx.world.at(tray)
            && let Some(labware) = ctx.world.definition(item)
        {
            for (value, well) in values.iter_mut().zip(&item.wells) {
                *value += WATER.1 * labware.path_cm(well.volume_nl);
            }
        }
        Some(values)
    }

    /// Values by the columns of the host's grid: where its centre is in no well, the light hits the wall.
    fn columns(&self, ctx: &Ctx<'_>, values: Option<&[f64]>) -> Vec<Vec<f64>> {
        let optics = ctx.world.rig.optics(ctx.name).unwrap_or_default();
        let empty = match self.settings.kind {
            Some(Kind::Fluorescence) => optics.fluorescence_background,
            Some(Kind::Luminescence) => optics.luminescence_background,
            _ => optics.background,
        };
        let seen = |x: f64, y: f64| light::seen(ctx, &self.seat.nest, (values, empty), (x, y));
        let (first, many) = self.settings.strip;
        let last = first
            .saturating_add(many)
            .min(self.settings.x.count.saturating_add(1));
        (first..last)
            .map(|column| {
                let x = self.settings.x.first + self.settings.x.step * f64::from(column.saturating_sub(1));
                (0..self.settings.y.count)
                    .map(|row| seen(x, self.settings.y.first + self.settings.y.step * f64::from(row)))
                    .collect()
            })
            .collect()
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let jams = matches!(job, Job::Tray { .. } | Job::Read)
            && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        if jams {
            self.errors.push(CARRIAGE);
            self.taken = None;
            return self.seat.alarm(ctx, "carriage");
        }
        match job {
            Job::Tray { open } => self.seat.swing(ctx, open),
            Job::Before | Job::Gap => self.next(ctx),
            Job::Read => {
                if let Some((block, events)) = self.taken.take() {
                    for event in events {
                        ctx.world.record(ctx.now, event);
                    }
                    if !ctx.world.troubles.strikes(ctx.name, Trouble::TransferCut) {
                        self.data.push_back(block);
                    }
                }
                if self.begun >= self.settings.readings() {
                    return;
                }
                let Mode::Kinetic { seconds, .. } = self.settings.mode else {
                    return self.next(ctx);
                };
                let next = self.began + num::micros(seconds * f64::from(self.begun));
                if self.settings.shaking.on && self.settings.shaking.between > 0.0 {
                    self.seat.shakes(ctx, SHAKES);
                }
                self.work.begin(ctx, Job::Gap, next.saturating_sub(ctx.now));
            }
        }
    }
}

impl Dialogue for SpectraMax {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_start_matches('\n');
        let answer = match asked.refused() {
            Some(code) => Answer::One(Err(code.into())),
            None if line.len() > LONGEST_LINE => Answer::One(Err(LINE_TOO_LONG)),
            None => self.command(ctx, line),
        };
        asked.answer(ctx, answer.text());
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

    /// A reading that was cut short is lost, with all data; the drawer stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.taken = None;
        self.data.clear();
        self.errors.clear();
        self.settings = Settings::default();
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
