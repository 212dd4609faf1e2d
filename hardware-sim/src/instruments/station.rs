//! The plate station: one nest behind a PLC, with a door or not, that seals, peels, spins, thermocycles, shakes, holds
//! a temperature and reads barcodes, as far as the rig file says that it is fitted for it. Written from the dossier in
//! `docs/instruments/plate-station.md`.

use super::{Ctx, cytomat::misread, mechanics::Durations, modbus::Bank, profile_device::Machine};
use crate::fault::Trouble;
use crate::hazard::Hazard;
use crate::{
    ledger::Event,
    num,
    quantity::{Celsius, Seconds},
    text::Fitted,
    world::{Film, MachineState},
};

/// How fast a block changes its temperature, in C per second.
const RAMP: f64 = 3.0;
/// Most steps of a thermal program.
const MOST_STEPS: usize = 30;
/// Words of one step.
const STEP_WORDS: u16 = 4;
/// What a register of a temperature holds for "none".
const NO_TEMPERATURE: u16 = 0x8000;
/// Characters that the barcode's registers hold.
const BARCODE_LENGTH: usize = 32;

/// One temperature of a running program.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    number: u16,
    temperature: Celsius,
    us: u64,
}

/// What the station is about.
#[derive(Clone, Debug, PartialEq)]
enum Job {
    Initialise,
    Door(bool),
    Seal {
        hot: Celsius,
        us: u64,
    },
    Peel,
    Spin {
        force: u16,
        us: u64,
    },
    Cycle {
        steps: Vec<Step>,
        hold: Option<Celsius>,
    },
    Shake(u16),
    Hold(Celsius),
    Scan(u16),
    Halt,
    /// Refused at once, with this result.
    Refuse(&'static str),
}

/// The machine behind a station's registers.
#[derive(Debug)]
pub(crate) struct Station {
    nest: String,
    fitted: Fitted,
    film: Film,
    durations: Durations,
    initialised: bool,
    job: Option<(Job, u64)>,
    step: u16,
    barcode: Option<(u16, String)>,
}

impl Station {
    /// A station that was just switched on, with its door closed.
    pub(crate) fn new(nest: String, fitted: Fitted, film: Film, durations: Durations) -> Self {
        Self {
            nest,
            fitted,
            film,
            durations,
            initialised: false,
            job: None,
            step: 0,
            barcode: None,
        }
    }

    /// Whether the door stands open; false without a door.
    fn open(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.trays.get(&self.nest).copied().unwrap_or(false)
    }

    fn machine<'a>(&self, ctx: &'a Ctx<'_>) -> Option<&'a MachineState> {
        ctx.world.machines.get(&self.nest)
    }

    /// What a command is, from the registers, or why it is refused.
    fn plan(&self, ctx: &mut Ctx<'_>, bank: &Bank, command: &str, sequence: u16) -> Job {
        if !self.initialised && !matches!(command, "initialise" | "halt") {
            return Job::Refuse("not_initialised");
        }
        let fitted = match command {
            "open_tray" | "close_tray" => self.fitted.door,
            "seal" => self.fitted.seal,
            "peel" => self.fitted.peel,
            "spin" => self.fitted.spin.is_some(),
            "thermocycle" => self.fitted.thermocycle,
            "shake" => self.fitted.shake,
            "set_temperature" => self.fitted.hold,
            "read_barcode" => self.fitted.scan,
            _ => true,
        };
        if !fitted {
            return Job::Refuse("not_fitted");
        }
        let on_plate = matches!(command, "seal" | "peel" | "spin" | "thermocycle" | "read_barcode");
        let moves = on_plate && command != "read_barcode" || command == "shake";
        if on_plate && ctx.world.at(&self.nest).is_none() {
            return Job::Refuse("no_plate");
        }
        if moves && ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen) {
            return Job::Refuse("door_not_closed");
        }
        if moves && self.open(ctx) && bank.word("set_speed") + u16::from(command != "shake") > 0 {
            let text = format!("{} is told to {command} with its door open", ctx.name);
            ctx.world
                .violate(ctx.now, ctx.name, &self.nest, Hazard::DoorOpen, text);
            return Job::Refuse("door_not_closed");
        }
        let us = num::micros(bank.number("set_duration"));
        match command {
            "initialise" => Job::Initialise,
            "open_tray" => Job::Door(true),
            "close_tray" => Job::Door(false),
            "seal" => match ctx.world.seal_bars(ctx.name, &self.nest, ctx.now) {
                Some(result) => Job::Refuse(result),
                None => Job::Seal {
                    hot: Celsius(bank.number("set_temperature")),
                    us,
                },
            },
            "peel" if !ctx.world.sealed(&self.nest) => {
                let text = format!("{} is told to peel a plate that has no seal", ctx.name);
                ctx.world
                    .violate(ctx.now, ctx.name, &self.nest, Hazard::PeelsNothing, text);
                Job::Refuse("not_sealed")
            }
            "peel" => Job::Peel,
            "spin" => {
                let force = bank.word("set_force");
                let most = self.fitted.spin.map_or(0.0, |most| most.0);
                if force == 0 || f64::from(force) > most || us == 0 {
                    Job::Refuse("bad_argument")
                } else {
                    Job::Spin { force, us }
                }
            }
            "thermocycle" => {
                let hold = bank.word("hold_temperature");
                let hold = (hold != NO_TEMPERATURE).then(|| Celsius(bank.number("hold_temperature")));
                match program(bank) {
                    Some(steps) => Job::Cycle { steps, hold },
                    None => Job::Refuse("bad_argument"),
                }
            }
            "shake" => Job::Shake(bank.word("set_speed")),
            "set_temperature" => Job::Hold(Celsius(bank.number("set_temperature"))),
            "read_barcode" => Job::Scan(sequence),
            "halt" => Job::Halt,
            _ => Job::Refuse("bad_argument"),
        }
    }

    /// Moments at which a program's temperatures are reached, and that of its end.
    fn moments(&self, ctx: &Ctx<'_>, steps: &[Step]) -> Vec<u64> {
        let mut block = ctx.world.temperature(&self.nest);
        let mut at = 0;
        let mut due = Vec::new();
        for step in steps {
            at += num::micros((step.temperature.0 - block.0).abs() / RAMP);
            due.push(at);
            at += step.us;
            block = step.temperature;
        }
        due.push(at);
        due
    }

    /// A command on the plate has ended, or was cut short.
    fn tell(&self, ctx: &mut Ctx<'_>, job: &Job, began: u64, whole: bool) {
        let Some(plate) = ctx.world.at(&self.nest).map(|item| item.name.clone()) else {
            return;
        };
        let (instrument, place) = (ctx.name.to_owned(), self.nest.clone());
        let event = match job {
            Job::Spin { force, .. } => Event::Spun {
                plate,
                instrument,
                place,
                force_xg: *force,
                began_us: began,
                whole,
            },
            Job::Cycle { steps, .. } => Event::Thermocycled {
                plate,
                instrument,
                place,
                steps: steps.len(),
                began_us: began,
                whole,
            },
            _ => return,
        };
        ctx.world.record(ctx.now, event);
    }
}

/// The temperatures of the program in the registers, cycles written out; `None` when it is not one.
fn program(bank: &Bank) -> Option<Vec<Step>> {
    let (table, address) = bank.address("program")?;
    let count = usize::from(bank.word("program_steps"));
    if count == 0 || count > MOST_STEPS {
        return None;
    }
    let words = bank.read(table, address, bank.word("program_steps") * STEP_WORDS)?;
    let mut stages: Vec<(u16, Vec<Step>)> = Vec::new();
    for (number, words) in (1_u16..).zip(words.chunks_exact(usize::from(STEP_WORDS))) {
        let [cycles, temperature, high, low] = *words else {
            return None;
        };
        let tenths = i16::from_be_bytes(temperature.to_be_bytes());
        let time = u64::from(high) << 16 | u64::from(low);
        let step = Step {
            number,
            temperature: Celsius(f64::from(tenths) / 10.0),
            us: time * 100_000,
        };
        if cycles > 0 {
            stages.push((cycles, vec![step]));
        } else {
            stages.last_mut()?.1.push(step);
        }
    }
    let once = stages
        .into_iter()
        .map(|(cycles, steps)| steps.repeat(usize::from(cycles)));
    Some(once.flatten().collect())
}

impl Machine for Station {
    fn start(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, command: &str, sequence: u16) -> Vec<u64> {
        let job = self.plan(ctx, bank, command, sequence);
        let due = match &job {
            Job::Refuse(_) => vec![100_000],
            Job::Initialise => vec![self.durations.draw("initialise", Seconds(10.0))],
            Job::Door(open) if self.open(ctx) == *open => vec![200_000],
            Job::Door(true) => vec![self.durations.draw("open_tray", Seconds(5.0))],
            Job::Door(false) => vec![self.durations.draw("close_tray", Seconds(5.0))],
            Job::Seal { us, .. } => vec![self.durations.draw("seal", Seconds(12.0)) + us],
            Job::Peel => vec![self.durations.draw("peel", Seconds(15.0))],
            Job::Spin { us, .. } => vec![self.durations.draw("spin", Seconds(10.0)) + us],
            Job::Cycle { steps, .. } => self.moments(ctx, steps),
            Job::Shake(_) => vec![self.durations.draw("shake", Seconds(2.0))],
            Job::Hold(_) => vec![self.durations.draw("set_temperature", Seconds(1.0))],
            Job::Scan(_) => vec![self.durations.draw("read_barcode", Seconds(3.0))],
            Job::Halt => vec![500_000],
        };
        match &job {
            Job::Spin { .. } => ctx.world.spin_begins(ctx.name, &self.nest, ctx.now),
            Job::Cycle { .. } => ctx.world.cycling_begins(ctx.name, &self.nest, ctx.now),
            _ => {}
        }
        let busy = matches!(
            job,
            Job::Seal { .. } | Job::Peel | Job::Spin { .. } | Job::Cycle { .. }
        );
        ctx.world.station_works(&self.nest, busy);
        self.job = Some((job, ctx.now));
        due
    }

    fn stage(&mut self, ctx: &mut Ctx<'_>, _bank: &mut Bank, index: usize) -> Option<&'static str> {
        let (job, began) = self.job.take()?;
        let (name, now) = (ctx.name, ctx.now);
        match &job {
            Job::Refuse(result) => return Some(result),
            Job::Initialise => self.initialised = true,
            Job::Door(open) => {
                if self.open(ctx) != *open {
                    ctx.world.trays.insert(self.nest.clone(), *open);
                    let event = Event::Tray {
                        instrument: name.to_owned(),
                        place: self.nest.clone(),
                        open: *open,
                    };
                    ctx.world.record(now, event);
                }
            }
            Job::Seal { hot, us } => ctx.world.seal(name, &self.nest, self.film, (*hot, *us), now),
            Job::Peel => ctx.world.peel(name, &self.nest, now),
            Job::Spin { .. } => self.tell(ctx, &job, began, true),
            Job::Cycle { steps, hold } => {
                if let Some(step) = steps.get(index) {
                    self.step = step.number;
                    ctx.world.station_holds(&self.nest, Some(step.temperature), now);
                    self.job = Some((job, began));
                    return None;
                }
                self.step = 0;
                ctx.world.station_holds(&self.nest, *hold, now);
                self.tell(ctx, &job, began, true);
            }
            Job::Shake(rpm) => ctx.world.station_shakes(&self.nest, *rpm, now),
            Job::Hold(temperature) => {
                ctx.world.station_holds(&self.nest, Some(*temperature), now);
                let event = Event::Held {
                    instrument: name.to_owned(),
                    place: self.nest.clone(),
                    temperature_c: temperature.0,
                };
                ctx.world.record(now, event);
            }
            Job::Scan(sequence) => {
                let code = ctx.world.at(&self.nest).and_then(|item| item.barcode.clone());
                let code = misread(ctx, code);
                let event = Event::BarcodeRead {
                    instrument: name.to_owned(),
                    place: self.nest.clone(),
                    code: code.clone(),
                };
                ctx.world.record(now, event);
                self.barcode = Some((*sequence, code.unwrap_or_default()));
            }
            Job::Halt => {
                ctx.world.station_shakes(&self.nest, 0, now);
                ctx.world.station_holds(&self.nest, None, now);
                self.initialised = false;
                let event = Event::Alarm {
                    instrument: name.to_owned(),
                    text: "halted".into(),
                };
                ctx.world.record(now, event);
            }
        }
        ctx.world.station_works(&self.nest, false);
        Some("ok")
    }

    fn refresh(&self, ctx: &Ctx<'_>, bank: &mut Bank) {
        let door = match &self.job {
            Some((Job::Door(_), _)) => "moving",
            _ if self.open(ctx) || ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen) => "open",
            _ => "closed",
        };
        bank.set_value("door", door);
        let flag = |on: bool| f64::from(u8::from(on));
        bank.set("plate_present", flag(ctx.world.at(&self.nest).is_some()));
        bank.set("seal_present", flag(ctx.world.sealed(&self.nest)));
        let moves = self.machine(ctx).is_some_and(|m| m.working || m.shaking);
        bank.set("at_rest", flag(!moves));
        bank.set("temperature", ctx.world.temperature(&self.nest).0);
        bank.set("program_step", f64::from(self.step));
        if let Some((sequence, code)) = &self.barcode {
            bank.set("barcode_sequence", f64::from(*sequence));
            let mut bytes: Vec<u8> = code.bytes().take(BARCODE_LENGTH).collect();
            bytes.resize(BARCODE_LENGTH, 0);
            let words: Vec<f64> = bytes
                .chunks(2)
                .map(|pair| match pair {
                    [high, low] => f64::from(u16::from_be_bytes([*high, *low])),
                    _ => 0.0,
                })
                .collect();
            bank.set_all("barcode", &words);
        }
    }

    fn rest_state(&self) -> &'static str {
        if self.initialised {
            "idle"
        } else {
            "not_initialised"
        }
    }

    fn jams(&mut self, ctx: &mut Ctx<'_>) -> &'static str {
        if let Some((job, began)) = self.job.take() {
            self.tell(ctx, &job, began, false);
        }
        ctx.world.station_works(&self.nest, false);
        "heater"
    }

    /// Everything comes to rest; what was under way stays as far as it got.
    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if let Some((job, began)) = self.job.take() {
            self.tell(ctx, &job, began, false);
        }
        ctx.world.station_shakes(&self.nest, 0, ctx.now);
        ctx.world.station_holds(&self.nest, None, ctx.now);
        ctx.world.station_works(&self.nest, false);
        self.initialised = false;
        self.step = 0;
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>, _bank: &mut Bank) {
        self.stop(ctx);
        self.barcode = None;
    }
}
