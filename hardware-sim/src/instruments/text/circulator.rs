//! Circulators of Huber, Julabo and LAUDA: one bath, three ways of asking. Written from dossier 12.

use super::dialogue::{Asked, Dialogue, cut_at};
use crate::{instruments::Ctx, num};
use std::collections::BTreeMap;

/// Coldest and hottest set-point in C.
const COLDEST: f64 = -85.0;
const HOTTEST: f64 = 200.0;
/// Time in which a bath comes two thirds of its way, controlled and left alone, in seconds.
const CONTROLLED_S: f64 = 180.0;
const ALONE_S: f64 = 3600.0;

/// The bath: it goes to its set-point, or to the room's temperature, ever more slowly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bath {
    room: f64,
    set: f64,
    on: bool,
    from: f64,
    since: u64,
}

impl Bath {
    /// Switched off, in a room.
    pub(super) fn new(room: f64) -> Self {
        Self {
            room,
            set: 20.0,
            on: false,
            from: room,
            since: 0,
        }
    }

    /// Temperature at a moment, in C.
    pub(super) fn at(&self, now: u64) -> f64 {
        let (goal, time) = if self.on {
            (self.set, CONTROLLED_S)
        } else {
            (self.room, ALONE_S)
        };
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        goal + (self.from - goal) * (-seconds / time).exp()
    }

    fn change(&mut self, now: u64, set: f64, on: bool) {
        self.from = self.at(now);
        self.since = now;
        self.set = set;
        self.on = on;
    }

    fn sets(&mut self, now: u64, set: f64) {
        self.change(now, set, self.on);
    }

    fn runs(&mut self, now: u64, on: bool) {
        self.change(now, self.set, on);
    }
}

/// A Huber Pilot ONE.
#[derive(Debug)]
pub(super) struct Huber {
    bath: Bath,
    circulates: bool,
    /// It has run since the status was read.
    ran: bool,
    serial: u32,
    words: BTreeMap<u8, u16>,
}

/// A value that is not there, and a sensor that is not.
const NOT_AVAILABLE: u16 = 0x7fff;
const NO_SENSOR: u16 = 0xc504;

/// Hundredths of a degree as 16 bits.
fn hundredths(celsius: f64) -> u16 {
    let value = num::round_i64(celsius * 100.0).clamp(i64::from(i16::MIN), i64::from(i16::MAX));
    u16::from_be_bytes(i16::try_from(value).unwrap_or(0).to_be_bytes())
}

impl Huber {
    /// Switched off.
    pub(super) fn new(room: f64, serial: u32) -> Self {
        Self {
            bath: Bath::new(room),
            circulates: false,
            ran: true,
            serial,
            words: BTreeMap::new(),
        }
    }

    fn read(&mut self, now: u64, register: u8) -> u16 {
        let bath = &self.bath;
        match register {
            0x00 => hundredths(bath.set),
            0x01 | 0x02 => hundredths(bath.at(now)),
            0x03 => {
                if self.circulates {
                    1400
                } else {
                    1000
                }
            }
            0x04 => {
                let way = if bath.on { bath.set - bath.at(now) } else { 0.0 };
                let watts = num::round_i64((way * 100.0).clamp(-1500.0, 2000.0));
                u16::from_be_bytes(i16::try_from(watts).unwrap_or(0).to_be_bytes())
            }
            0x05 | 0x06 => self.words.get(&register).copied().unwrap_or(0),
            0x07 => NO_SENSOR,
            0x0a => {
                let bits = [
                    (0, bath.on),
                    (1, self.circulates),
                    (4, self.circulates),
                    (14, self.ran),
                ];
                self.ran = true;
                bits.iter()
                    .filter(|(_, on)| *on)
                    .fold(0, |word, (bit, _)| word | 1_u16 << bit)
            }
            0x0f => 850,
            0x14 => u16::from(bath.on),
            0x16 => u16::from(self.circulates),
            0x1b => u16::try_from(self.serial >> 16).unwrap_or(0),
            0x1c => u16::try_from(self.serial & 0xffff).unwrap_or(0),
            0x26 => {
                if self.circulates {
                    self.words.get(&0x48).copied().unwrap_or(2500)
                } else {
                    0
                }
            }
            0x30 => hundredths(COLDEST),
            0x31 => hundredths(HOTTEST),
            0x48 => self.words.get(&0x48).copied().unwrap_or(2500),
            0x5c => 365,
            _ => NOT_AVAILABLE,
        }
    }

    fn write(&mut self, now: u64, register: u8, value: u16) {
        match register {
            0x00 => {
                let celsius = f64::from(i16::from_be_bytes(value.to_be_bytes())) / 100.0;
                self.bath.sets(now, celsius.clamp(COLDEST, HOTTEST));
            }
            0x05 | 0x06 if value == 0 => {
                self.words.remove(&register);
            }
            0x14 => {
                self.bath.runs(now, value == 1);
                // Control needs circulation.
                self.circulates |= value == 1;
            }
            0x16 => {
                self.circulates = value == 1;
                if value != 1 {
                    self.bath.runs(now, false);
                }
            }
            0x48 => {
                self.words.insert(register, value.min(4500));
            }
            _ => {}
        }
    }
}

impl Dialogue for Huber {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    /// What has not the form gets no answer.
    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_end_matches('\r');
        let (Some("{M"), Some(register), Some(value), 8) =
            (line.get(..2), line.get(2..4), line.get(4..), line.len())
        else {
            return;
        };
        let Ok(register) = u8::from_str_radix(register, 16) else {
            return;
        };
        if value != "****" {
            let Ok(value) = u16::from_str_radix(value, 16) else {
                return;
            };
            if asked.refused().is_none() {
                self.write(ctx.now, register, value);
            }
        }
        let now = self.read(ctx.now, register);
        asked.answer(ctx, format!("{{S{register:02X}{now:04X}\r\n"));
    }

    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.bath.runs(ctx.now, false);
        self.circulates = false;
        self.ran = false;
    }

    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}

/// A Julabo of the F and ME series.
#[derive(Debug)]
pub(super) struct Julabo {
    bath: Bath,
    version: String,
    /// Set-points 2 and 3.
    others: [f64; 2],
    /// Told with the next status.
    error: Option<&'static str>,
    /// After a command without an answer it hears nothing for a while.
    deaf_until: u64,
}

/// How long after an `out` it hears nothing, in microseconds.
const DEAF_US: u64 = 250_000;

impl Julabo {
    /// Switched on: stopped, remote.
    pub(super) fn new(room: f64, version: String) -> Self {
        Self {
            bath: Bath::new(room),
            version,
            others: [20.0; 2],
            error: None,
            deaf_until: 0,
        }
    }

    fn ask(&mut self, now: u64, command: &str) -> Option<String> {
        Some(match command {
            "version" => self.version.clone(),
            "status" => match self.error.take() {
                Some(error) => error.to_owned(),
                None if self.bath.on => "03 REMOTE START".to_owned(),
                None => "02 REMOTE STOP".to_owned(),
            },
            "in_pv_00" | "in_pv_03" => format!("{:.2}", self.bath.at(now)),
            "in_pv_01" => {
                let way = if self.bath.on {
                    self.bath.set - self.bath.at(now)
                } else {
                    0.0
                };
                format!("{:.0}", (way * 10.0).clamp(-100.0, 100.0))
            }
            "in_pv_02" => "---.--".to_owned(),
            "in_sp_00" => format!("{:.2}", self.bath.set),
            "in_sp_01" => format!("{:.2}", self.others.first()?),
            "in_sp_02" => format!("{:.2}", self.others.last()?),
            "in_mode_05" => u8::from(self.bath.on).to_string(),
            "in_mode_01" => "0".to_owned(),
            _ => return None,
        })
    }

    fn tell(&mut self, now: u64, command: &str) {
        let (word, value) = command.split_once(' ').unwrap_or((command, ""));
        let number: Option<f64> = value.trim().parse().ok();
        match (word, number) {
            ("out_sp_00", Some(set)) if set < COLDEST => self.error = Some("-10 VALUE TOO SMALL"),
            ("out_sp_00", Some(set)) if set > HOTTEST => self.error = Some("-11 VALUE TOO LARGE"),
            ("out_sp_00", Some(set)) => self.bath.sets(now, set),
            ("out_mode_05", Some(on)) => self.bath.runs(now, on > 0.5),
            _ => self.error = Some("-08 INVALID COMMAND"),
        }
    }
}

impl Dialogue for Julabo {
    const SEVEN_BITS: bool = true;

    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_start_matches('\n');
        if line.is_empty() || ctx.now < self.deaf_until {
            return;
        }
        // On RS-485 the address goes before, and comes back.
        let (address, command) = match line.split_at_checked(5) {
            Some((address, command)) if address.starts_with('A') && address.ends_with('_') => {
                (address, command)
            }
            _ => ("", line),
        };
        if asked.refused().is_some() {
            self.error = Some("-09 COMMAND NOT ALLOWED IN CURRENT OPERATING MODE");
        } else if command.starts_with("out_") {
            self.tell(ctx.now, command);
            self.deaf_until = ctx.now.saturating_add(DEAF_US);
        } else if let Some(answer) = self.ask(ctx.now, command) {
            asked.answer(ctx, format!("{address}{answer}\r\n"));
        } else {
            self.error = Some("-08 INVALID COMMAND");
        }
    }

    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.bath.runs(ctx.now, false);
        self.error = None;
        self.deaf_until = 0;
    }

    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}

/// A LAUDA of the Proline, ECO, Variocool and Integral series.
#[derive(Debug)]
pub(super) struct Lauda {
    bath: Bath,
    model: String,
    version: String,
}

impl Lauda {
    /// Switched on, in standby.
    pub(super) fn new(room: f64, model: String, version: String) -> Self {
        Self {
            bath: Bath::new(room),
            model,
            version,
        }
    }

    fn answer(&mut self, now: u64, command: &str) -> String {
        if let Some(value) = command.strip_prefix("OUT_SP_00") {
            let value = value.trim_start_matches(['_', ' ']);
            return match value.parse::<f64>() {
                Ok(set) if (COLDEST..=HOTTEST).contains(&set) => {
                    self.bath.sets(now, set);
                    "OK".to_owned()
                }
                Ok(_) => "ERR_32".to_owned(),
                Err(_) => "ERR_6".to_owned(),
            };
        }
        match command {
            "IN_PV_00" | "IN_PV_01" => format!("{:.2}", self.bath.at(now)),
            "IN_SP_00" => format!("{:.2}", self.bath.set),
            "START" | "STOP" => {
                self.bath.runs(now, command == "START");
                "OK".to_owned()
            }
            "IN_MODE_02" => u8::from(!self.bath.on).to_string(),
            "STATUS" => "0".to_owned(),
            "STAT" => "0000000".to_owned(),
            "TYPE" => self.model.clone(),
            "VERSION_R" => self.version.clone(),
            _ => "ERR_3".to_owned(),
        }
    }
}

impl Dialogue for Lauda {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_start_matches('\n');
        if line.is_empty() {
            return;
        }
        let (address, command) = match line.split_at_checked(5) {
            Some((address, command)) if address.starts_with('A') && address.ends_with('_') => {
                (address, command)
            }
            _ => ("", line),
        };
        let answer = match asked.refused() {
            Some(code) => format!("ERR_{code}"),
            None => self.answer(ctx.now, command),
        };
        asked.answer(ctx, format!("{address}{answer}\r\n"));
    }

    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.bath.runs(ctx.now, false);
    }

    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}
