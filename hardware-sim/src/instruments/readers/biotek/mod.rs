//! The BioTek (Agilent) Synergy H1, Epoch and Cytation: letters, each acknowledged, some with a parameter. Written from
//! dossier 04.
//!
//! Where the dossier is silent: it has no plate sensor and reads an empty tray as well; a tray that goes out makes it forget
//! the plate's geometry, one that comes in keeps what was told while it was out. While it moves or reads it listens to `x`
//! alone. `O` uses up what `D` said. Payloads are as long as they say; a parameter that does not come within [`PATIENCE_US`]
//! is waited for no longer. After shaking it says `0000` unasked. Refusals have numbers of ours.

mod payload;

use super::light::{self, Grid, Pass};
use crate::{
    fault::{Treatment, Trouble},
    hazard::Hazard,
    instruments::{
        Ctx, Durations, Port, Twin,
        text::{
            heat::{Heat, Rates},
            identity::Identity,
            seat::Seat,
            work::Work,
        },
    },
    num,
    quantity::Seconds,
};
use payload::Payload;

const ACK: u8 = 0x06;
const ETX: u8 = 0x03;
/// Longest that a parameter is waited for, in microseconds.
const PATIENCE_US: u64 = 5_000_000;
/// Longest parameter.
const LONGEST: usize = 256;
/// Hottest chamber in C.
const HOTTEST: f64 = 45.0;
const RATES: Rates = Rates {
    up: 0.02,
    down: 0.01,
    drift: 0.01,
};
/// Share of a whole plate's reading that goes by before the first well.
const BEFORE: f64 = 0.2;

/// Statuses other than `0000`.
mod status {
    pub(super) const OK: &str = "0000";
    pub(super) const UNKNOWN: &str = "2001";
    pub(super) const PARAMETER: &str = "2002";
    pub(super) const NOTHING_SET: &str = "2003";
    pub(super) const TRAY_OUT: &str = "2004";
    pub(super) const NO_GEOMETRY: &str = "2005";
    pub(super) const NOT_FITTED: &str = "2006";
    pub(super) const DOOR: &str = "2007";
    pub(super) const JAM: &str = "2304";
}

/// What ends a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Etx,
    After(usize),
    /// As it says itself, or ETX.
    Length,
}

fn parameter_of(letter: u8) -> Option<Ends> {
    Some(match letter {
        b'y' | b't' => Ends::Etx,
        b'D' => Ends::Length,
        b'g' => Ends::After(5),
        b'&' => Ends::After(2),
        b'i' => Ends::After(1),
        _ => return None,
    })
}

/// A letter whose parameter is awaited.
#[derive(Clone, Debug)]
struct Awaited {
    letter: u8,
    ends: Ends,
    text: Vec<u8>,
    until: u64,
}

#[derive(Clone, Debug)]
enum Job {
    Tray {
        open: bool,
    },
    Home,
    Read {
        pass: Box<Pass>,
        /// Values are counts.
        digits: bool,
    },
    Shake,
}

/// The twin.
#[derive(Debug)]
pub(crate) struct BioTek {
    seat: Seat,
    identity: Identity,
    fluorescence: bool,
    luminescence: bool,
    durations: Durations,
    heat: Heat,
    grid: Option<Grid>,
    armed: Option<Payload>,
    awaited: Option<Awaited>,
    work: Work<Job>,
    /// What becomes of the answer that the job will give.
    owed: Treatment,
    slow: bool,
    readings: u64,
}

/// The optics besides absorbance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Optics {
    pub(crate) fluorescence: bool,
    pub(crate) luminescence: bool,
}

impl BioTek {
    /// Just switched on, its tray in.
    pub(crate) fn new(
        tray: String,
        identity: Identity,
        optics: Optics,
        durations: Durations,
        room: f64,
    ) -> Self {
        Self {
            seat: Seat::new(tray),
            identity,
            fluorescence: optics.fluorescence,
            luminescence: optics.luminescence,
            durations,
            heat: Heat::new(RATES, room),
            grid: None,
            armed: None,
            awaited: None,
            work: Work::none(),
            owed: Treatment::Normal,
            slow: false,
            readings: 0,
        }
    }

    fn send(ctx: &mut Ctx<'_>, treatment: Treatment, text: impl AsRef<[u8]>) {
        ctx.wire.send(ctx.now, 0, treatment, text.as_ref().to_vec());
    }

    /// Acknowledged, answered and ended in one.
    fn whole(ctx: &mut Ctx<'_>, treatment: Treatment, text: &str) {
        let mut bytes = vec![ACK];
        bytes.extend(text.as_bytes());
        bytes.push(ETX);
        Self::send(ctx, treatment, bytes);
    }

    fn ended(ctx: &mut Ctx<'_>, treatment: Treatment, text: &str) {
        Self::send(ctx, treatment, format!("{text}\u{3}"));
    }

    fn letter(&mut self, ctx: &mut Ctx<'_>, letter: u8) {
        let treatment = ctx.wire.faults.begin();
        if treatment == Treatment::Deaf {
            return;
        }
        if let Treatment::Refused(code) = treatment {
            return Self::whole(ctx, treatment, &format!("{code:04}"));
        }
        if letter == b'x' {
            return self.abort(ctx);
        }
        if self.work.now().is_some() {
            return;
        }
        if let Some(ends) = parameter_of(letter) {
            self.awaited = Some(Awaited {
                letter,
                ends,
                text: Vec::new(),
                until: ctx.now.saturating_add(PATIENCE_US),
            });
            return Self::send(ctx, treatment, [ACK]);
        }
        match letter {
            b'e' => {
                let (model, firmware) = (self.identity.model(ctx), self.identity.firmware(ctx));
                let text = format!("{model}  Version {firmware}   {}", status::OK);
                Self::whole(ctx, treatment, &text);
            }
            b'C' => {
                let text = format!("{:<16}{}", self.identity.serial(ctx), status::OK);
                Self::whole(ctx, treatment, &text);
            }
            b'h' => {
                let tenths = num::round_i64(self.heat.at(ctx.now) * 10.0);
                Self::whole(ctx, treatment, &format!("{tenths:03}{}", status::OK));
            }
            b'J' | b'A' => {
                let open = letter == b'J';
                let us = if self.seat.open(ctx) == open {
                    200_000
                } else {
                    let action = if open { "open_tray" } else { "close_tray" };
                    let us = self.durations.draw(action, Seconds(4.0));
                    if self.slow { us.saturating_mul(2) } else { us }
                };
                self.owed = treatment;
                self.work.begin(ctx, Job::Tray { open }, us);
                Self::send(ctx, treatment, [ACK]);
            }
            b'O' => self.start(ctx, treatment),
            _ => Self::whole(ctx, treatment, status::UNKNOWN),
        }
    }

    fn abort(&mut self, ctx: &mut Ctx<'_>) {
        if matches!(self.work.now(), Some(Job::Read { .. } | Job::Shake)) {
            self.work.cut_short();
            self.seat.shakes(ctx, 0);
        }
    }

    /// A parameter is whole.
    fn parameter(&mut self, ctx: &mut Ctx<'_>, letter: u8, text: &str) {
        let treatment = ctx.wire.faults.begin();
        if treatment == Treatment::Deaf {
            return;
        }
        if let Treatment::Refused(code) = treatment {
            return Self::ended(ctx, treatment, &format!("{code:04}"));
        }
        let answer = match letter {
            b'y' => match payload::geometry(text) {
                Some(grid) => {
                    self.grid = Some(grid);
                    ""
                }
                None => status::PARAMETER,
            },
            b't' => match text.parse() {
                Ok(318_720..=328_100_u32 | 618_720..=628_100) => status::OK,
                _ => status::PARAMETER,
            },
            b'g' => self.sets(ctx, text),
            b'&' => match text {
                "S0" | "S1" => {
                    self.slow = text == "S1";
                    status::OK
                }
                _ => status::PARAMETER,
            },
            b'i' if text == "x" => {
                let us = self.durations.draw("home", Seconds(3.0));
                self.owed = treatment;
                self.work.begin(ctx, Job::Home, us);
                return;
            }
            b'D' => match self.arms(text) {
                Ok(()) => "0350000000000000010000000000490300000",
                Err(status) => status,
            },
            _ => status::PARAMETER,
        };
        Self::ended(ctx, treatment, answer);
    }

    fn sets(&mut self, ctx: &mut Ctx<'_>, text: &str) -> &'static str {
        let target = text.parse().ok().map(|milli: u32| f64::from(milli) / 1000.0);
        match target {
            Some(target) if target <= HOTTEST => {
                self.heat.set(ctx.now, (target > 0.0).then_some(target));
                status::OK
            }
            _ => status::PARAMETER,
        }
    }

    /// Takes up what `O` shall start.
    fn arms(&mut self, text: &str) -> Result<(), &'static str> {
        use super::light::Light;
        self.armed = None;
        let payload = Payload::parse(text).ok_or(status::PARAMETER)?;
        if let Payload::Read { light, wells } = payload {
            let fitted = match light {
                Light::Absorbance(_) => true,
                Light::Fluorescence { .. } => self.fluorescence,
                Light::Luminescence { .. } => self.luminescence,
            };
            if !fitted {
                return Err(status::NOT_FITTED);
            }
            let grid = self.grid.ok_or(status::NO_GEOMETRY)?;
            if wells.rows.1 > grid.rows || wells.columns.1 > grid.columns {
                return Err(status::PARAMETER);
            }
        }
        self.armed = Some(payload);
        Ok(())
    }

    fn start(&mut self, ctx: &mut Ctx<'_>, treatment: Treatment) {
        let Some(payload) = self.armed.take() else {
            return Self::whole(ctx, treatment, status::NOTHING_SET);
        };
        if self.seat.held_open(ctx) {
            return Self::whole(ctx, treatment, status::DOOR);
        }
        if self.seat.open(ctx) {
            let text = format!("{} is told to start with its tray out", ctx.name);
            let tray = self.seat.nest.clone();
            ctx.world
                .violate(ctx.now, ctx.name, &tray, Hazard::TrayOpen, text);
            return Self::whole(ctx, treatment, status::TRAY_OUT);
        }
        match payload {
            Payload::Shake { seconds, rpm } => {
                self.seat.shakes(ctx, rpm);
                self.work.begin(ctx, Job::Shake, num::micros(f64::from(seconds)));
            }
            Payload::Read { light, wells } => {
                let Some(grid) = self.grid else {
                    return Self::whole(ctx, treatment, status::NO_GEOMETRY);
                };
                self.readings += 1;
                let chosen = wells.wells();
                let us = self.reading_us(light, grid, chosen.len());
                let pass = light::pass(ctx, &self.seat.nest, light, (grid, &chosen), self.readings);
                let digits = !matches!(light, light::Light::Absorbance(_));
                let pass = Box::new(pass);
                self.work.begin(ctx, Job::Read { pass, digits }, us);
            }
        }
        self.owed = treatment;
        Self::whole(ctx, treatment, status::OK);
    }

    fn reading_us(&mut self, light: light::Light, grid: Grid, wells: usize) -> u64 {
        let (action, usual) = match light {
            light::Light::Absorbance(_) => ("read_absorbance", 22.0),
            light::Light::Fluorescence { .. } => ("read_fluorescence", 40.0),
            light::Light::Luminescence { .. } => ("read_luminescence", 20.0),
        };
        let whole = self.durations.draw(action, Seconds(usual)) as f64;
        let share = num::count(wells) / f64::from(grid.rows * grid.columns);
        let gathering = match light {
            light::Light::Luminescence { ms } => f64::from(ms) * 1000.0 * num::count(wells),
            _ => 0.0,
        };
        num::round_u64(whole * (BEFORE + (1.0 - BEFORE) * share) + gathering)
    }

    /// The block of a reading. One that is cut ends in the middle, one that jams says so at its end.
    fn block(&self, ctx: &Ctx<'_>, pass: &Pass, digits: bool, (cut, jam): (bool, bool)) -> String {
        let tenths = num::round_i64(self.heat.at(ctx.now) * 10.0);
        let mut text = format!("01,1,\r000:00:00.0,{tenths:03}");
        let mut row = None;
        let count = if cut || jam {
            pass.points.len() / 2
        } else {
            pass.points.len()
        };
        for ((at, column), value) in pass.points.iter().take(count) {
            if row.is_some_and(|row| row != *at) {
                text += "\r\n";
            }
            row = Some(*at);
            let value = match (*value, digits) {
                (value, _) if !value.is_finite() => "*******".to_owned(),
                (value, true) => format!("{:07}", num::round_u64(value)),
                (value, false) => format!("{value:+.4}"),
            };
            text += &format!(",{:02},{:02},{value}", at + 1, column + 1);
        }
        if !cut {
            let status = if jam { status::JAM } else { status::OK };
            text += &format!("\r\n{tenths:03}\u{1a}");
            // All published blocks agree: the bytes behind the first CR, up to and with the SUB, modulo 256.
            let summed = text.bytes().skip_while(|b| *b != b'\r').skip(1);
            let sum = summed.fold(0_u8, u8::wrapping_add);
            text += &format!("{sum:03}\u{1a}{status}\u{3}");
        }
        text
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let owed = std::mem::take(&mut self.owed);
        let jam = !matches!(job, Job::Shake) && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        if jam {
            self.seat.alarm(ctx, "jam");
        }
        match job {
            Job::Tray { .. } | Job::Home if jam => Self::ended(ctx, owed, status::JAM),
            Job::Home => Self::ended(ctx, owed, ""),
            Job::Tray { open } => {
                if open && !self.seat.open(ctx) {
                    self.grid = None;
                    self.armed = None;
                }
                self.seat.swing(ctx, open);
                Self::ended(ctx, owed, "");
            }
            Job::Shake => {
                self.seat.shakes(ctx, 0);
                Self::ended(ctx, owed, status::OK);
            }
            Job::Read { pass, digits } => {
                let cut = ctx.world.troubles.strikes(ctx.name, Trouble::TransferCut);
                let text = self.block(ctx, &pass, digits, (cut, jam));
                if let Some(event) = pass.event.filter(|_| !jam) {
                    ctx.world.record(ctx.now, event);
                }
                Self::send(ctx, owed, text);
            }
        }
    }

    /// One more byte.
    fn take(&mut self, ctx: &mut Ctx<'_>, byte: u8) {
        let Some(mut awaited) = self.awaited.take().filter(|awaited| ctx.now <= awaited.until) else {
            // What ends a payload that has told its length already is no letter.
            if byte != ETX {
                self.letter(ctx, byte);
            }
            return;
        };
        let ended = byte == ETX;
        if !ended {
            awaited.text.push(byte);
        }
        let text = String::from_utf8_lossy(&awaited.text).into_owned();
        let whole = match awaited.ends {
            Ends::Etx => ended,
            Ends::After(count) => ended || text.len() >= count,
            Ends::Length => ended || Payload::length(&text).is_some_and(|length| text.len() >= length),
        };
        if whole || awaited.text.len() > LONGEST {
            self.parameter(ctx, awaited.letter, &text);
        } else {
            self.awaited = Some(awaited);
        }
    }
}

impl Twin for BioTek {
    fn receive(&mut self, ctx: &mut Ctx<'_>, _port: Port, bytes: &[u8]) {
        for byte in bytes {
            self.take(ctx, *byte);
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

    /// All that was told is forgotten, and a reading that was under way is lost; the tray stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.awaited = None;
        self.armed = None;
        self.grid = None;
        self.slow = false;
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
