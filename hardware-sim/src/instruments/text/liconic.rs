//! The Liconic STX plate hotel and incubator behind its PLC: relays that are set, words that are written. Written from
//! dossier 07 B.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    heat::{Heat, Rates},
    work::Work,
};
use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{Ctx, Durations},
    ledger::Event,
    num,
    quantity::{Celsius, Seconds},
    world::slot_place,
};
use std::collections::BTreeMap;

/// Data words: cassette, level, step of the lift, levels of a cassette, and the error.
const CASSETTE: u16 = 0;
const LEVEL: u16 = 5;
const STEP: u16 = 23;
const LEVELS: u16 = 25;
const SHAKER: u16 = 39;
const ERROR: u16 = 200;
/// Set and actual climate: temperature, humidity, CO2, N2.
const CLIMATE: [(u16, u16); 4] = [(890, 982), (893, 983), (894, 984), (895, 985)];
const MOST_WORD: u16 = 999;
/// Errors of handling; the tens of thousands tell the step (import 1, export 2, place 5, set 6, get 7).
const TIMEOUT: u32 = 1;
const USER_ACCESS: u32 = 10;
const SLOT: u32 = 11;
const NO_SUCH_LEVEL: u32 = 12;
const ON_TRANSFER: u32 = 13;
const ON_SHOVEL: u32 = 15;
const NOT_ON_SHOVEL: u32 = 16;
const RATES: Rates = Rates {
    up: 0.005,
    down: 0.002,
    drift: 0.002,
};

/// What the handler is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Initialise,
    Gate,
    Import,
    Export,
    Pick,
    Place,
    /// Shovel to the barcode reader or back, swap station.
    Turn,
}

/// Relays that can be set and reset, beside the handler's commands.
const SWITCHES: [u16; 4] = [1910, 1911, 1912, 1913];

/// The twin.
#[derive(Debug)]
pub(super) struct Liconic {
    transfer: String,
    slots: u16,
    durations: Durations,
    heat: Heat,
    /// The line was opened with CR.
    opened: bool,
    activated: bool,
    /// It must be initialised before it is ready.
    cold: bool,
    words: BTreeMap<u16, u32>,
    switches: BTreeMap<u16, bool>,
    error: u32,
    work: Work<Job>,
}

impl Liconic {
    /// Switched on and initialised; nobody has opened the line.
    pub(super) fn new(transfer: String, slots: u16, temperature: Celsius, durations: Durations) -> Self {
        let set = num::round_u64(temperature.0 * 10.0);
        let words = [
            (CLIMATE[0].0, u32::try_from(set).unwrap_or(0)),
            (893, 800),
            (SHAKER, 250),
        ];
        Self {
            transfer,
            slots,
            durations,
            heat: Heat::new(RATES, temperature.0),
            opened: false,
            activated: false,
            cold: false,
            words: words.into(),
            switches: BTreeMap::new(),
            error: 0,
            work: Work::none(),
        }
    }

    fn word(&self, number: u16) -> u32 {
        self.words.get(&number).copied().unwrap_or(0)
    }

    fn switch(&self, number: u16) -> bool {
        self.switches.get(&number).copied().unwrap_or(false)
    }

    fn shovel(ctx: &Ctx<'_>) -> String {
        format!("{}/wait", ctx.name)
    }

    fn ready(&self) -> bool {
        self.activated && !self.cold && self.error == 0 && self.work.now().is_none()
    }

    fn read(&self, ctx: &Ctx<'_>, operand: &str) -> String {
        if let Some(number) = operand.strip_prefix("DM") {
            let Some(number) = number.parse().ok().filter(|number| *number <= MOST_WORD) else {
                return "E0".to_owned();
            };
            let temperature = num::round_u64(self.heat.at(ctx.now) * 10.0);
            let actual = CLIMATE.iter().find(|(_, actual)| *actual == number);
            let value = match actual {
                _ if number == ERROR => self.error,
                Some((890, _)) => u32::try_from(temperature).unwrap_or(0),
                Some((set, _)) => self.word(*set),
                None => self.word(number),
            };
            return format!("{value:05}");
        }
        let at = |place: &str| ctx.world.at(place).is_some();
        let flag = match operand.parse::<u16>() {
            Ok(1915) => self.ready(),
            Ok(1914) => self.work.now().is_none() && at(&self.transfer),
            Ok(1814) => self.error != 0,
            Ok(1813) => at(&self.transfer),
            Ok(1812) => at(&Self::shovel(ctx)),
            Ok(1807) => false,
            Ok(number) if SWITCHES.contains(&number) => self.switch(number),
            _ => return "E0".to_owned(),
        };
        u8::from(flag).to_string()
    }

    fn write(&mut self, ctx: &mut Ctx<'_>, operand: &str, value: &str) -> &'static str {
        let number = operand.strip_prefix("DM").and_then(|number| number.parse().ok());
        let value = (value.len() <= 5).then(|| value.parse::<u32>().ok()).flatten();
        match (number, value) {
            (Some(number), Some(value)) if number <= MOST_WORD => {
                self.words.insert(number, value);
                if number == CLIMATE[0].0 {
                    self.heat.set(ctx.now, Some(f64::from(value) / 10.0));
                }
                "OK"
            }
            (Some(_), _) | (None, Some(_)) => "E0",
            _ => "E1",
        }
    }

    /// Sets or resets a relay.
    fn relay(&mut self, ctx: &mut Ctx<'_>, number: &str, on: bool) -> &'static str {
        let Ok(number) = number.parse::<u16>() else {
            return "E0";
        };
        let job = match (number, on) {
            (1900, true) => Job::Initialise,
            (1801, true) => {
                self.activated = true;
                return "OK";
            }
            (1903, true) => return "OK",
            (1901 | 1902, true) => Job::Gate,
            (1904, true) => Job::Import,
            (1905, true) => Job::Export,
            (1908, true) => Job::Pick,
            (1909, true) => Job::Place,
            (1910 | 1912, _) => Job::Turn,
            (1911 | 1913 | 1607, _) => {
                // A Heraeus has its shaker at 1607.
                let number = if number == 1607 { 1913 } else { number };
                self.switches.insert(number, on);
                if number == 1913 {
                    // Tenths of a hertz.
                    let rpm = num::round_u16(f64::from(self.word(SHAKER)) * 6.0);
                    ctx.world.shake(ctx.name, on, rpm, ctx.now);
                }
                return "OK";
            }
            _ => return "E0",
        };
        if job == Job::Turn {
            self.switches.insert(number, on);
        }
        // Without its program running, and in an error, only the reset does anything.
        if job != Job::Initialise && !self.ready() {
            return if self.work.now().is_some() { "E4" } else { "OK" };
        }
        if matches!(job, Job::Import | Job::Export | Job::Pick | Job::Place) {
            // An access stops the shaker, and it stays off.
            self.switches.insert(1913, false);
            ctx.world.shake(ctx.name, false, 0, ctx.now);
        }
        self.begin(ctx, job);
        "OK"
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let (action, usual) = match job {
            Job::Initialise => ("initialise", 30.0),
            Job::Gate => ("gate", 3.0),
            Job::Import => ("store", 32.0),
            Job::Export => ("retrieve", 32.0),
            Job::Pick | Job::Place => ("shovel", 16.0),
            Job::Turn => ("turn", 4.0),
        };
        let us = self.durations.draw(action, Seconds(usual));
        self.work.begin(ctx, job, us);
    }

    /// The slot that the words name, from 1 on, or what is wrong with them.
    fn slot(&self) -> Result<u16, u32> {
        let (cassette, level, levels) = (self.word(CASSETTE), self.word(LEVEL), self.word(LEVELS));
        if level == 0 || level > levels || self.word(STEP) == 0 {
            return Err(NO_SUCH_LEVEL);
        }
        let before = cassette.checked_sub(1).and_then(|full| full.checked_mul(levels));
        let slot = before.and_then(|before| u16::try_from(before.checked_add(level)?).ok());
        slot.filter(|slot| *slot <= self.slots).ok_or(SLOT)
    }

    /// Carries a plate; the error says where it failed.
    fn carry(&mut self, ctx: &mut Ctx<'_>, job: Job) -> Result<(), u32> {
        let step = match job {
            Job::Import => 100,
            Job::Export => 200,
            Job::Place => 600,
            _ => 700,
        };
        let shovel = Self::shovel(ctx);
        let slot = self.slot().map_err(|error| step + error)?;
        let here = slot_place(ctx.name, slot);
        let (from, to) = match job {
            Job::Import => (self.transfer.clone(), here),
            Job::Export => (here, self.transfer.clone()),
            Job::Place => (shovel.clone(), here),
            _ => (here, shovel.clone()),
        };
        if ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen) {
            return Err(USER_ACCESS);
        }
        if job == Job::Export && ctx.world.at(&to).is_some() {
            return Err(ON_TRANSFER);
        }
        if job != Job::Place && ctx.world.at(&shovel).is_some() {
            return Err(step + ON_SHOVEL);
        }
        if ctx.world.at(&from).is_none() {
            let text = format!("the handler finds no plate at {from}");
            ctx.world
                .violate(ctx.now, ctx.name, &from, Hazard::GripsNothing, text);
            return Err(step + NOT_ON_SHOVEL);
        }
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            // What was gripped stays on the shovel.
            if from != shovel {
                ctx.world.carry(ctx.name, &from, &shovel, ctx.now);
            }
            return Err(step + TIMEOUT);
        }
        let Some(plate) = ctx.world.carry(ctx.name, &from, &to, ctx.now) else {
            return Err(step + SLOT);
        };
        let instrument = ctx.name.to_owned();
        let event = match job {
            Job::Import => Event::Stored {
                plate,
                instrument,
                slot,
            },
            Job::Export => Event::Retrieved {
                plate,
                instrument,
                slot,
            },
            _ => return Ok(()),
        };
        ctx.world.record(ctx.now, event);
        Ok(())
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        match job {
            Job::Initialise => {
                self.error = 0;
                self.cold = false;
                self.switches.clear();
                ctx.world.shake(ctx.name, false, 0, ctx.now);
            }
            Job::Gate | Job::Turn => {
                if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
                    self.error = TIMEOUT;
                }
            }
            _ => self.error = self.carry(ctx, job).err().unwrap_or(0),
        }
    }

    fn answer(&mut self, ctx: &mut Ctx<'_>, line: &str) -> String {
        if line == "CR" {
            self.opened = true;
            return "CC".to_owned();
        }
        if !self.opened {
            return "E1".to_owned();
        }
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["RD", operand] => self.read(ctx, operand),
            ["WR", operand, value] => self.write(ctx, operand, value).to_owned(),
            ["ST", number] => self.relay(ctx, number, true).to_owned(),
            ["RS", number] => self.relay(ctx, number, false).to_owned(),
            _ => "E1".to_owned(),
        }
    }
}

impl Dialogue for Liconic {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        // A break leaves a NUL.
        let line = request.trim_start_matches(['\n', '\0']);
        let answer = match asked.refused() {
            Some(code) => format!("E{code}"),
            None => self.answer(ctx, line),
        };
        asked.answer(ctx, format!("{answer}\r\n"));
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
        if self.heat.looked(ctx.now) {
            let temperature = Celsius(self.heat.at(ctx.now));
            ctx.world.incubator_holds(ctx.name, temperature, ctx.now);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due().into_iter().chain(self.heat.next_due()).min()
    }

    /// A transfer that was cut short leaves its plate where it came from. Climate is kept; the line must be opened and the
    /// handler initialised again.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.opened = false;
        self.activated = false;
        self.cold = true;
        self.error = 0;
        self.switches.clear();
        ctx.world.shake(ctx.name, false, 0, ctx.now);
        self.begin(ctx, Job::Initialise);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
