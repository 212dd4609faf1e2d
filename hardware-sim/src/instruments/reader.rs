//! The plate reader: a tray, a lamp, a detector, and a stored reading with its sequence and age.

use super::{Ctx, mechanics::Durations, modbus::Bank, profile_device::Machine};
use crate::fault::Trouble;
use crate::hazard::Hazard;
use crate::{ledger::Event, quantity::Seconds, world::World};

/// What the reader is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Open,
    Close,
    Read {
        optics: Optics,
        grid: Option<Grid>,
        sequence: u16,
    },
    /// Refused at once, with this result.
    Refuse(&'static str),
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Optics {
    Absorbance(u16),
    Fluorescence {
        excitation: u16,
        emission: u16,
        gain: u16,
    },
    Luminescence {
        ms: u16,
    },
}

/// A square grid of points round the centre of every well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Points along one side.
    pub(crate) points: u16,
    /// From one to the next, in hundredths of a millimetre.
    pub(crate) spacing: u16,
}

impl Grid {
    /// Points of one well.
    pub(crate) fn count(self) -> u16 {
        self.points.saturating_mul(self.points)
    }
    /// How far each point is from the well's centre, in mm, row by row.
    pub(crate) fn distances(self) -> impl Iterator<Item = (f64, f64)> {
        let step = f64::from(self.spacing) / 100.0;
        let half = step * f64::from(self.points.saturating_sub(1)) / 2.0;
        let along = move |n: u16| f64::from(n) * step - half;
        (0..self.points).flat_map(move |row| (0..self.points).map(move |column| (along(column), along(row))))
    }
}

/// The optics that a reader has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fitted {
    /// Fluorescence.
    pub(crate) fluorescence: bool,
    /// Luminescence.
    pub(crate) luminescence: bool,
    /// Most points along one side of an area scan; 0: none.
    pub(crate) area: u16,
}

/// A stored reading.
#[derive(Debug)]
struct Reading {
    sequence: u16,
    began: u64,
    values: Vec<f64>,
    /// Whether the values are points of an area scan.
    area: bool,
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
    fitted: Fitted,
    /// The tray was stopped on its way.
    half_way: bool,
}

impl Reader {
    /// A reader whose tray is a nest.
    pub(crate) fn new(tray: String, durations: Durations, fitted: Fitted) -> Self {
        Self {
            tray,
            durations,
            fitted,
            job: None,
            taken: None,
            stored: None,
            readings: 0,
            half_way: false,
        }
    }

    fn open(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.trays.get(&self.tray).copied().unwrap_or(false)
    }

    fn moving(&self) -> bool {
        matches!(self.job, Some(Job::Open | Job::Close))
    }

    /// What a command measures and where, by the registers; `None` when one is out of its bounds or the optics are missing.
    fn asked(&self, bank: &Bank, command: &str) -> Option<(Optics, Option<Grid>)> {
        let within = |name: &str| {
            let value = bank.word(name);
            let register = bank.profile().registers.get(name)?;
            let number = f64::from(value) * register.scale.unwrap_or(1.0);
            let low = register.min.is_none_or(|least| number >= least);
            let high = register.max.is_none_or(|most| number <= most);
            (low && high).then_some(value)
        };
        let optics = match command {
            "read_fluorescence" | "scan_fluorescence" if self.fitted.fluorescence => Optics::Fluorescence {
                excitation: within("excitation")?,
                emission: within("emission")?,
                gain: within("gain")?,
            },
            "read_luminescence" if self.fitted.luminescence => Optics::Luminescence {
                ms: within("integration")?,
            },
            "read_absorbance" | "scan_absorbance" => Optics::Absorbance(within("wavelength")?),
            _ => return None,
        };
        let grid = if command.starts_with("scan_") {
            let points = within("points").filter(|points| *points <= self.fitted.area)?;
            let spacing = within("spacing")?;
            Some(Grid { points, spacing })
        } else {
            None
        };
        Some((optics, grid))
    }

    fn read(&mut self, ctx: &mut Ctx<'_>, asked: Option<(Optics, Option<Grid>)>, sequence: u16) -> Job {
        let Some((optics, grid)) = asked else {
            return Job::Refuse("bad_argument");
        };
        if self.half_way {
            return Job::Refuse("tray_not_closed");
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
        let (name, tray, number, now) = (ctx.name, &self.tray, self.readings, ctx.now);
        let values = match optics {
            Optics::Absorbance(nm) => ctx.world.absorbance(name, tray, (nm, grid), number, now),
            Optics::Fluorescence {
                excitation,
                emission,
                gain,
            } => ctx
                .world
                .fluorescence(name, tray, ((excitation, emission, gain), grid), number, now),
            Optics::Luminescence { ms } => ctx.world.luminescence(name, tray, ms, number, now),
        };
        let Some(mut values) = values else {
            return Job::Refuse("no_plate");
        };
        for (trouble, token) in [
            (Trouble::Saturated, f64::INFINITY),
            (Trouble::NotANumber, f64::NAN),
        ] {
            if ctx.world.troubles.strikes(ctx.name, trouble) {
                values.iter_mut().step_by(3).for_each(|value| *value = token);
            }
        }
        self.taken = Some((
            plate,
            Reading {
                sequence,
                began: ctx.now,
                values,
                area: grid.is_some(),
            },
        ));
        Job::Read {
            optics,
            grid,
            sequence,
        }
    }
}

/// How often the plate passes under the light: once for each point of a well.
fn passes(grid: Option<Grid>) -> u64 {
    grid.map_or(1, |grid| u64::from(grid.count()))
}

impl Machine for Reader {
    fn start(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, command: &str, sequence: u16) -> Vec<u64> {
        let job = match command {
            "open_tray" => Job::Open,
            "close_tray" => Job::Close,
            _ => {
                let asked = self.asked(bank, command);
                self.read(ctx, asked, sequence)
            }
        };
        self.job = Some(job);
        let us = match job {
            Job::Open if self.open(ctx) && !self.half_way => 200_000,
            Job::Close if !self.open(ctx) && !self.half_way => 200_000,
            Job::Open => self.durations.draw("open_tray", Seconds(4.0)),
            Job::Close => self.durations.draw("close_tray", Seconds(4.0)),
            Job::Read { optics, grid, .. } => match optics {
                Optics::Absorbance(_) => self.durations.draw("read_absorbance", Seconds(22.0)) * passes(grid),
                Optics::Fluorescence { .. } => {
                    self.durations.draw("read_fluorescence", Seconds(40.0)) * passes(grid)
                }
                Optics::Luminescence { ms } => {
                    let wells = ctx.world.at(&self.tray).map_or(0, |item| item.wells.len());
                    let gathering = u64::from(ms) * 1000 * u64::try_from(wells).unwrap_or(0);
                    self.durations.draw("read_luminescence", Seconds(20.0)) + gathering
                }
            },
            Job::Refuse(_) => 100_000,
        };
        vec![us]
    }

    fn stage(&mut self, ctx: &mut Ctx<'_>, _bank: &mut Bank, _index: usize) -> Option<&'static str> {
        match self.job.take()? {
            Job::Open | Job::Close if !ctx.world.trays.contains_key(&self.tray) => Some("tray_jam"),
            job @ (Job::Open | Job::Close) => {
                let open = job == Job::Open;
                self.half_way = false;
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
                optics,
                grid,
                sequence,
            } => {
                if let Some((plate, reading)) = self.taken.take() {
                    let (instrument, place) = (ctx.name.to_owned(), self.tray.clone());
                    let values = World::for_ledger(&reading.values);
                    let event = match optics {
                        Optics::Absorbance(wavelength_nm) => Event::Read {
                            instrument,
                            plate,
                            place,
                            wavelength_nm,
                            points: passes(grid),
                            sequence,
                            values,
                        },
                        Optics::Fluorescence {
                            excitation,
                            emission,
                            gain,
                        } => Event::ReadFluorescence {
                            instrument,
                            plate,
                            place,
                            excitation_nm: excitation,
                            emission_nm: emission,
                            gain,
                            points: passes(grid),
                            sequence,
                            values,
                        },
                        Optics::Luminescence { ms } => Event::ReadLuminescence {
                            instrument,
                            plate,
                            place,
                            integration_ms: ms,
                            sequence,
                            values,
                        },
                    };
                    ctx.world.record(ctx.now, event);
                    if !ctx.world.troubles.strikes(ctx.name, Trouble::TransferCut) {
                        self.stored = Some(reading);
                    }
                }
                Some("ok")
            }
            Job::Refuse(result) => Some(result),
        }
    }

    fn refresh(&self, ctx: &Ctx<'_>, bank: &mut Bank) {
        let tray = if self.moving() || self.half_way {
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
            let block = if reading.area { "area" } else { "values" };
            bank.set_all(block, &reading.values);
        }
    }

    fn rest_state(&self) -> &'static str {
        "idle"
    }

    fn jams(&mut self, _ctx: &mut Ctx<'_>) -> &'static str {
        self.job = None;
        self.taken = None;
        "tray_jam"
    }

    fn stop(&mut self, _ctx: &mut Ctx<'_>) {
        self.half_way |= self.moving();
        self.job = None;
        self.taken = None;
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>, _bank: &mut Bank) {
        self.job = None;
        self.taken = None;
        self.stored = None;
    }
}
