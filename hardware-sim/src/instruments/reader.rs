//! The absorbance plate reader: a tray, a lamp, and a stored reading with its sequence and age.

use super::{Ctx, mechanics::Durations, modbus::Bank, profile_device::Machine};
use crate::hazard::Hazard;
use crate::{ledger::Event, quantity::Seconds, world::World};

/// What the reader is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Open,
    Close,
    Read {
        wavelength_nm: u16,
        sequence: u16,
    },
    /// Refused at once, with this result.
    Refuse(&'static str),
}

/// A stored reading.
#[derive(Debug)]
struct Reading {
    sequence: u16,
    began: u64,
    values: Vec<f64>,
}

/// The machine behind the reader's registers.
#[derive(Debug)]
pub(crate) struct Reader {
    tray: String,
    durations: Durations,
    job: Option<Job>,
    taken: Option<(String, Reading)>,
    stored: Option<Reading>,
    readings: u64,
}

impl Reader {
    /// A reader whose tray is a nest.
    pub(crate) fn new(tray: String, durations: Durations) -> Self {
        Self {
            tray,
            durations,
            job: None,
            taken: None,
            stored: None,
            readings: 0,
        }
    }

    fn open(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.trays.get(&self.tray).copied().unwrap_or(false)
    }

    fn moving(&self) -> bool {
        matches!(self.job, Some(Job::Open | Job::Close))
    }

    fn read(&mut self, ctx: &mut Ctx<'_>, wavelength_nm: u16, sequence: u16, allowed: bool) -> Job {
        if !allowed {
            return Job::Refuse("bad_argument");
        }
        if self.open(ctx) {
            let text = format!("{} is told to read with its tray open", ctx.name);
            ctx.world
                .violate(ctx.now, ctx.name, &self.tray, Hazard::TrayOpen, text);
            return Job::Refuse("tray_not_closed");
        }
        self.readings += 1;
        let Some(plate) = ctx.world.at(&self.tray).map(|item| item.name.clone()) else {
            return Job::Refuse("no_plate");
        };
        let Some(values) = ctx
            .world
            .absorbance(ctx.name, &self.tray, wavelength_nm, self.readings, ctx.now)
        else {
            return Job::Refuse("no_plate");
        };
        self.taken = Some((
            plate,
            Reading {
                sequence,
                began: ctx.now,
                values,
            },
        ));
        Job::Read {
            wavelength_nm,
            sequence,
        }
    }
}

impl Machine for Reader {
    fn start(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, command: &str, sequence: u16) -> Vec<u64> {
        let job = match command {
            "open_tray" => Job::Open,
            "close_tray" => Job::Close,
            _ => {
                let wavelength = bank.word("wavelength");
                let register = bank.profile().registers.get("wavelength");
                let within = |bound: Option<f64>, below: bool| {
                    bound.is_none_or(|bound| {
                        if below {
                            f64::from(wavelength) >= bound
                        } else {
                            f64::from(wavelength) <= bound
                        }
                    })
                };
                let allowed = register
                    .is_some_and(|register| within(register.min, true) && within(register.max, false));
                self.read(ctx, wavelength, sequence, allowed)
            }
        };
        self.job = Some(job);
        let us = match job {
            Job::Open if self.open(ctx) => 200_000,
            Job::Close if !self.open(ctx) => 200_000,
            Job::Open => self.durations.draw("open_tray", Seconds(4.0)),
            Job::Close => self.durations.draw("close_tray", Seconds(4.0)),
            Job::Read { .. } => self.durations.draw("read_absorbance", Seconds(22.0)),
            Job::Refuse(_) => 100_000,
        };
        vec![us]
    }

    fn stage(&mut self, ctx: &mut Ctx<'_>, _bank: &mut Bank, _index: usize) -> Option<&'static str> {
        match self.job.take()? {
            Job::Open | Job::Close if !ctx.world.trays.contains_key(&self.tray) => Some("tray_jam"),
            job @ (Job::Open | Job::Close) => {
                let open = job == Job::Open;
                if self.open(ctx) != open {
                    ctx.world.trays.insert(self.tray.clone(), open);
                    let event = Event::Tray {
                        instrument: ctx.name.to_owned(),
                        place: self.tray.clone(),
                        open,
                    };
                    ctx.world.record(ctx.now, event);
                }
                Some("ok")
            }
            Job::Read {
                wavelength_nm,
                sequence,
            } => {
                if let Some((plate, reading)) = self.taken.take() {
                    let event = Event::Read {
                        instrument: ctx.name.to_owned(),
                        plate,
                        place: self.tray.clone(),
                        wavelength_nm,
                        sequence,
                        values: World::for_ledger(&reading.values),
                    };
                    ctx.world.record(ctx.now, event);
                    self.stored = Some(reading);
                }
                Some("ok")
            }
            Job::Refuse(result) => Some(result),
        }
    }

    fn refresh(&self, ctx: &Ctx<'_>, bank: &mut Bank) {
        let tray = if self.moving() {
            "moving"
        } else if self.open(ctx) {
            "open"
        } else {
            "closed"
        };
        bank.set_value("tray", tray);
        bank.set(
            "plate_present",
            f64::from(u8::from(ctx.world.at(&self.tray).is_some())),
        );
        bank.set("temperature", ctx.world.temperature(&self.tray).0);
        if let Some(reading) = &self.stored {
            bank.set("result_sequence", f64::from(reading.sequence));
            bank.set(
                "result_age",
                ctx.now.saturating_sub(reading.began) as f64 / 1000.0,
            );
            bank.set_all("values", &reading.values);
        }
    }

    fn rest_state(&self) -> &'static str {
        "idle"
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>, _bank: &mut Bank) {
        self.job = None;
        self.taken = None;
        self.stored = None;
    }
}
