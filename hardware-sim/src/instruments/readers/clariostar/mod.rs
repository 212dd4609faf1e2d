//! The BMG LABTECH CLARIOstar: binary frames, each answered at once, and a status that is polled. Written from dossier 06.
//!
//! Where the dossier is silent: it does nothing before it is initialised; what it is told while it is busy, or cannot do, it
//! answers and forgets. It reads an empty tray as well as a full one: only its status says that it saw no plate. Data that
//! are fetched during a run are as many as there are by then, of how many there will be.

mod frame;
mod run;

use super::light::{self, Light};
use crate::{
    fault::{Treatment, Trouble},
    hazard::Hazard,
    instruments::{
        Ctx, Durations, Port, Twin,
        text::{seat::Seat, work::Work},
    },
    ledger::Event,
    num,
    quantity::Seconds,
    rng::Stream,
};
use run::Run;

/// While the data of a run are put together, in microseconds.
const CLOSES_US: u64 = 1_000_000;
/// Questions about EEPROM and focus height keep it busy so long, in microseconds.
const ASKS_US: u64 = 300_000;
/// What the detector shows through nothing and with its shutter closed, and the same of its reference.
const BRIGHT: f64 = 1_000_000.0;
const DARK: f64 = 2_000.0;
const REFERENCE: f64 = 800_000.0;
/// The number that stands for more than can be counted.
const OVERFLOW: u32 = 260_000_000;
/// Schemas of data.
const ABSORBANCE: u8 = 0x29;
const LUMINESCENCE: u8 = 0x21;

#[derive(Clone, Debug)]
enum Job {
    Initialise,
    Tray {
        open: bool,
    },
    Ask,
    Shake(Run),
    Read,
    /// The run is over but for its data.
    Close,
}

/// Values of a run.
#[derive(Clone, Debug)]
struct Data {
    lights: usize,
    wells: usize,
    luminescence: bool,
    /// As they are read: light by light, or well by well.
    values: Vec<f64>,
    events: Vec<Event>,
}

/// The twin.
#[derive(Debug)]
pub(crate) struct Clariostar {
    seat: Seat,
    luminescence: bool,
    durations: Durations,
    noise: Stream,
    buffer: Vec<u8>,
    initialised: bool,
    /// A plate was there when it last came in; `None`: not looked yet.
    plate: Option<bool>,
    work: Work<Job>,
    taken: Option<Data>,
    data: Option<Data>,
    unread: bool,
    readings: u64,
}

impl Clariostar {
    /// Just switched on, its tray in.
    pub(crate) fn new(tray: String, luminescence: bool, durations: Durations, noise: Stream) -> Self {
        Self {
            seat: Seat::new(tray),
            luminescence,
            durations,
            noise,
            buffer: Vec::new(),
            initialised: false,
            plate: None,
            work: Work::none(),
            taken: None,
            data: None,
            unread: false,
            readings: 0,
        }
    }

    /// The 17 bytes of its status.
    fn status(&self, ctx: &Ctx<'_>) -> [u8; 17] {
        let job = self.work.now();
        let bit = |on: bool, mask: u8| if on { mask } else { 0 };
        let running = matches!(job, Some(Job::Shake(_) | Job::Read));
        let closing = matches!(job, Some(Job::Close));
        let flags = bit(self.seat.open(ctx), 0x01)
            | bit(self.plate == Some(true), 0x06)
            | bit(running || closing, 0x08)
            | bit(self.initialised, 0x20)
            | bit(self.seat.held_open(ctx), 0x40);
        let mut status = [0; 17];
        let about = match job {
            Some(Job::Initialise | Job::Tray { .. }) => 3,
            Some(Job::Shake(_) | Job::Read | Job::Close) => 4,
            Some(Job::Ask) | None => 0,
        };
        let told = [
            0x01,
            0x05 | bit(job.is_some(), 0x20) | bit(running, 0x10),
            if closing { 0x04 } else { bit(self.unread, 0x01) },
            flags,
            0,
            0,
            about,
            bit(running || closing, 1),
            0,
            0,
            bit(running || closing, 3),
        ];
        for (place, byte) in status.iter_mut().zip(told) {
            *place = byte;
        }
        status[15] = 0xC0;
        status
    }

    /// Carries a request out, if it can: what is answered.
    fn request(&mut self, ctx: &mut Ctx<'_>, payload: &[u8]) -> Vec<u8> {
        if let [0x05, 0x02, 0, 0, 0, 0, 0, 0] = payload {
            return self.fetched(ctx);
        }
        if self.work.now().is_none() {
            match payload {
                [0x01, 0x00, 0x00, 0x10, 0x02, 0x00] => {
                    let us = self.durations.draw("initialise", Seconds(5.0));
                    self.work.begin(ctx, Job::Initialise, us);
                }
                [0x05, 0x07 | 0x0F, 0, 0, 0, 0, 0, 0] => self.work.begin(ctx, Job::Ask, ASKS_US),
                [0x03, open @ (0 | 1), 0, 0, 0, 0, 0] if self.initialised => {
                    let open = *open == 1;
                    let action = if open { "open_tray" } else { "close_tray" };
                    let us = if self.seat.open(ctx) == open {
                        200_000
                    } else {
                        self.durations.draw(action, Seconds(4.0))
                    };
                    self.work.begin(ctx, Job::Tray { open }, us);
                }
                [0x04, rest @ ..] if self.initialised => self.run(ctx, rest),
                _ => {}
            }
        }
        self.status(ctx).to_vec()
    }

    fn run(&mut self, ctx: &mut Ctx<'_>, payload: &[u8]) {
        let Some(run) = Run::parse(payload) else { return };
        let light = |light: &Light| matches!(light, Light::Luminescence { .. });
        if self.seat.held_open(ctx) || run.lights.iter().any(light) && !self.luminescence {
            return;
        }
        if self.seat.open(ctx) {
            let text = format!("{} is told to read with its tray open", ctx.name);
            let tray = self.seat.nest.clone();
            ctx.world
                .violate(ctx.now, ctx.name, &tray, Hazard::TrayOpen, text);
            return;
        }
        self.data = None;
        self.unread = false;
        let wait = num::micros(f64::from(run.pause));
        match run.shake {
            Some((rpm, seconds)) => {
                self.seat.shakes(ctx, rpm);
                let us = num::micros(f64::from(seconds));
                self.work.begin(ctx, Job::Shake(run), us.saturating_add(wait));
            }
            None => self.work.begin(ctx, Job::Shake(run), wait),
        }
    }

    /// All light falls now; it takes its time.
    fn read(&mut self, ctx: &mut Ctx<'_>, run: &Run) {
        self.seat.shakes(ctx, 0);
        let mut data = Data {
            lights: run.lights.len(),
            wells: run.wells.len(),
            luminescence: false,
            values: Vec::new(),
            events: Vec::new(),
        };
        let mut us = 0;
        let share = num::count(run.wells.len()) / f64::from(run.grid.rows * run.grid.columns);
        for light in &run.lights {
            self.readings += 1;
            let of = (run.grid, run.wells.as_slice());
            let pass = light::pass(ctx, &self.seat.nest, *light, of, self.readings);
            data.values.extend(pass.points.iter().map(|(_, value)| *value));
            data.events.extend(pass.event);
            let (action, usual) = match light {
                Light::Luminescence { ms } => {
                    us += u64::from(*ms) * 1000 * u64::try_from(run.wells.len()).unwrap_or(0);
                    data.luminescence = true;
                    ("read_luminescence", 20.0)
                }
                _ => ("read_absorbance", 22.0),
            };
            let whole = self.durations.draw(action, Seconds(usual)) as f64;
            us += num::round_u64(whole * (0.2 + 0.8 * share));
        }
        self.taken = Some(data);
        self.work.begin(ctx, Job::Read, us);
    }

    /// The answer to a fetch: as much as there is by now.
    fn fetched(&mut self, ctx: &mut Ctx<'_>) -> Vec<u8> {
        let part = self.part(ctx.now);
        let data = self.data.as_ref().or(self.taken.as_ref());
        let (lights, wells, light) =
            data.map_or((0, 0, false), |data| (data.lights, data.wells, data.luminescence));
        let numbers = data.map_or(Vec::new(), |data| self.numbers(data));
        let total = numbers.len();
        let complete = num::round_u64(num::count(total) * part);
        let complete = usize::try_from(complete).unwrap_or(0).min(total);
        if complete == total && self.data.is_some() {
            self.unread = false;
        }
        let word = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes();
        let status = self.status(ctx);
        let mut bytes = status.get(..6).unwrap_or_default().to_vec();
        if let Some(first) = bytes.first_mut() {
            *first = 0x02;
        }
        bytes.push(if light { LUMINESCENCE } else { ABSORBANCE });
        bytes.extend(word(total));
        bytes.extend(word(complete));
        bytes.extend(OVERFLOW.to_be_bytes());
        bytes.push(0x02);
        bytes.extend(word(lights));
        bytes.extend([0x00, 0x01]);
        bytes.extend(word(wells));
        // No chamber is heated, and its temperature is none.
        bytes.extend([0x01, 0x00, 0x01]);
        bytes.extend([0x00, 0x00, 0x00, 0x01, 0x01]);
        bytes.extend([0; 6]);
        for (index, number) in numbers.into_iter().enumerate() {
            let there = if index < complete { number } else { 0 };
            bytes.extend(there.to_be_bytes());
        }
        bytes
    }

    /// All numbers of a run: counts, or samples with what turns them into transmission.
    fn numbers(&self, data: &Data) -> Vec<u32> {
        let whole = |value: f64| u32::try_from(num::round_u64(value)).unwrap_or(OVERFLOW);
        if data.luminescence {
            let count = |value: &f64| {
                if value.is_finite() {
                    whole(*value)
                } else {
                    OVERFLOW
                }
            };
            return data.values.iter().map(count).collect();
        }
        // The lamp flickers from well to well; the same data flicker alike each time.
        let mut flicker = self.noise.clone();
        let references: Vec<f64> = (0..data.wells)
            .map(|_| (REFERENCE * (1.0 + 0.005 * flicker.normal())).round())
            .collect();
        let mut numbers = Vec::new();
        for values in data.values.chunks(data.wells.max(1)) {
            for (value, reference) in values.iter().zip(&references) {
                // Nothing comes through what is out of range.
                let passed = if value.is_finite() {
                    10_f64.powf(-value)
                } else {
                    0.0
                };
                let share = (reference - DARK) / (REFERENCE - DARK);
                numbers.push(whole(DARK + (BRIGHT - DARK) * passed * share));
            }
        }
        numbers.extend(references.into_iter().map(whole));
        for _ in 0..data.lights {
            numbers.extend([whole(BRIGHT), whole(DARK)]);
        }
        numbers.extend([whole(REFERENCE), whole(DARK)]);
        numbers
    }

    /// Share of a run that is read by now.
    fn part(&self, now: u64) -> f64 {
        if self.data.is_some() {
            return 1.0;
        }
        match self.work.running() {
            Some(running) if matches!(running.job, Job::Read) => {
                let all = running.until.saturating_sub(running.since).max(1) as f64;
                now.saturating_sub(running.since) as f64 / all
            }
            Some(running) if matches!(running.job, Job::Close) => 1.0,
            _ => 0.0,
        }
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let moves = matches!(job, Job::Initialise | Job::Tray { .. } | Job::Read);
        if moves && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            // It must be initialised anew.
            self.initialised = false;
            self.taken = None;
            return self.seat.alarm(ctx, "jam");
        }
        match job {
            Job::Initialise => {
                self.initialised = true;
                self.comes_in(ctx);
            }
            Job::Tray { open: true } => self.seat.swing(ctx, true),
            Job::Tray { open: false } => self.comes_in(ctx),
            Job::Ask => {}
            Job::Shake(run) => self.read(ctx, &run),
            Job::Read => {
                for event in self
                    .taken
                    .as_mut()
                    .map_or(Vec::new(), |data| std::mem::take(&mut data.events))
                {
                    ctx.world.record(ctx.now, event);
                }
                self.work.begin(ctx, Job::Close, CLOSES_US);
            }
            Job::Close => {
                let cut = ctx.world.troubles.strikes(ctx.name, Trouble::TransferCut);
                self.data = self.taken.take().filter(|_| !cut);
                self.unread = self.data.is_some();
            }
        }
    }

    /// The tray is in, and the stage looks for a plate.
    fn comes_in(&mut self, ctx: &mut Ctx<'_>) {
        self.seat.swing(ctx, false);
        self.plate = Some(self.seat.taken(ctx));
    }
}

impl Twin for Clariostar {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        self.buffer.extend(bytes);
        while let Some(payload) = frame::take(&mut self.buffer) {
            let treatment = ctx.wire.faults.begin();
            let answer = match treatment {
                Treatment::Deaf => continue,
                // Forgotten, with nothing but the status to show for it.
                Treatment::Refused(_) => self.status(ctx).to_vec(),
                _ => self.request(ctx, &payload),
            };
            ctx.wire.send(ctx.now, port, treatment, frame::framed(&answer));
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

    /// A run that was under way is lost, with all data; the tray stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.buffer.clear();
        self.initialised = false;
        self.plate = None;
        self.taken = None;
        self.data = None;
        self.unread = false;
        self.seat.shakes(ctx, 0);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
