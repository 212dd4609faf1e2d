//! A pilot fermenter of a thousand litres behind a PLC. The map is in `docs/instruments/fermenter.md`; 32-bit numbers come
//! low word first. The PLC regulates by itself: a host that is gone changes nothing.
//!
//! Set-points are taken in remote operation alone (else exception 04) and within the PLC's own bounds (else 03). With the
//! agitator's guard open, or too little in the vessel, it does not stir, whatever the set-point.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Lag},
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, modbus::Exception},
    text::Table,
};

/// What it measures, in the order of its input registers from [`MEASURED`] on.
const PH: usize = 0;
const OXYGEN: usize = 1;
const TEMPERATURE: usize = 2;
const AGITATION: usize = 3;
const AIRFLOW: usize = 4;
const PRESSURE: usize = 5;
const LEVEL: usize = 6;
const WEIGHT: usize = 7;
const FEED: usize = 8;
const COUNT: usize = 9;
/// Input registers: identity, heartbeat, phase, alarms, then the measured values.
const MODEL: u16 = 0;
const VERSION: u16 = 1;
const SERIAL: u16 = 2;
const HEARTBEAT: u16 = 4;
const PHASE: u16 = 5;
const ALARMS: u16 = 6;
const MEASURED: u16 = 100;
/// Holding registers: the host's heartbeat, the phase that is asked for, the set-points from [`POINTS`] on.
const HOST_BEATS: u16 = 0;
const PHASE_ASKED: u16 = 1;
const POINTS: u16 = 100;
/// Bounds of the PLC, as input registers: least and most of each set-point.
const BOUNDS: u16 = 200;
/// Discrete inputs: remote, and the interlocks.
const REMOTE: u16 = 0;
const GUARD: u16 = 1;
const LOW_LEVEL: u16 = 2;
const OVERPRESSURE: u16 = 3;
const IDENTITY: f64 = 0x1F07 as f64;

/// A quantity that the PLC controls.
#[derive(Clone, Copy, Debug)]
struct Control {
    what: usize,
    name: &'static str,
    least: f64,
    most: f64,
    tau_s: f64,
}

const fn control(what: usize, name: &'static str, (least, most): (f64, f64), tau_s: f64) -> Control {
    Control {
        what,
        name,
        least,
        most,
        tau_s,
    }
}

/// In the order of the set-points.
const CONTROLS: [Control; 7] = [
    control(PH, "ph", (4.0, 9.0), 180.0),
    control(OXYGEN, "dissolved_oxygen", (0.0, 100.0), 60.0),
    control(TEMPERATURE, "temperature", (15.0, 45.0), 900.0),
    control(AGITATION, "agitation", (0.0, 400.0), 10.0),
    control(AIRFLOW, "airflow", (0.0, 1500.0), 8.0),
    control(PRESSURE, "pressure", (0.0, 1.5), 20.0),
    control(FEED, "feed_rate", (0.0, 60.0), 3.0),
];
/// Phases of a batch: idle, sterilise, cool, inoculate, batch, fed batch, harvest.
const PHASES: f64 = 6.0;
/// Litres in the vessel at first, least that the agitator may stir, and most.
const VOLUME: f64 = 600.0;
const STIRRED: f64 = 200.0;
const WHOLE: f64 = 1_000.0;
/// Of the empty vessel, in kg; and of a litre.
const TARE: f64 = 850.0;
const DENSITY: f64 = 1.01;

/// Bits of the alarms.
const ALARM_TEMPERATURE: u16 = 1 << 0;
const ALARM_PH: u16 = 1 << 1;
const ALARM_OXYGEN: u16 = 1 << 2;
const ALARM_PRESSURE: u16 = 1 << 3;
const ALARM_LEVEL: u16 = 1 << 4;
const ALARM_AGITATOR: u16 = 1 << 5;
const ALARM_SENSOR: u16 = 1 << 6;

/// The fermenter.
#[derive(Debug)]
pub(super) struct Fermenter {
    serial: f64,
    began: u64,
    values: [Lag; COUNT],
    points: [f64; CONTROLS.len()],
    /// Litres that were there when the feed rate changed last.
    litres: f64,
    remote: bool,
    phase: f64,
    host_beats: f64,
}

impl Fermenter {
    /// In its batch, regulating; `remote` is the switch at its panel.
    pub(super) fn new(now: u64, serial: u32, remote: bool) -> Self {
        let points = [7.0, 40.0, 37.0, 150.0, 400.0, 0.3, 0.0];
        let mut values = [Lag::at_rest(0.0); COUNT];
        for (control, point) in CONTROLS.iter().zip(points) {
            if let Some(value) = values.get_mut(control.what) {
                *value = Lag::at_rest(point);
                value.aim(now, point, control.tau_s);
            }
        }
        Self {
            serial: f64::from(serial),
            began: now,
            values,
            points,
            litres: VOLUME,
            remote,
            phase: 4.0,
            host_beats: 0.0,
        }
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let measured: Vec<u16> = (0..9).map(|n| MEASURED + 2 * n).collect();
        let points: Vec<u16> = (0..7).map(|n| POINTS + 2 * n).collect();
        let bounds: Vec<u16> = (0..14).map(|n| BOUNDS + 2 * n).collect();
        let words = [MODEL, VERSION, HEARTBEAT, PHASE, ALARMS];
        Map::new(true)
            .cells(Table::Input, Kind::U16, false, &words)
            .cells(Table::Input, Kind::U32, false, &[SERIAL])
            .cells(Table::Input, Kind::F32, false, &measured)
            .cells(Table::Input, Kind::F32, false, &bounds)
            .cells(
                Table::Discrete,
                Kind::Bit,
                false,
                &[REMOTE, GUARD, LOW_LEVEL, OVERPRESSURE],
            )
            .holding(Kind::U16, true, &[HOST_BEATS, PHASE_ASKED])
            .holding(Kind::F32, true, &points)
    }

    fn value(&self, what: usize, now: u64) -> f64 {
        self.values.get(what).map_or(0.0, |value| value.at(now))
    }

    /// Litres in the vessel by now.
    fn volume(&self, now: u64) -> f64 {
        let fed = self.values.get(FEED).map_or(0.0, |feed| feed.since_aimed(now));
        (self.litres + fed / 3_600.0).min(WHOLE)
    }

    fn guard_open(ctx: &Ctx<'_>) -> bool {
        ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen)
    }

    /// Somebody turned the switch at its panel.
    fn local(&self, ctx: &Ctx<'_>) -> bool {
        !self.remote || ctx.world.troubles.lasts(ctx.name, Trouble::ContactOpen)
    }

    /// Measured values as the PLC shows them.
    fn measured(&self, ctx: &Ctx<'_>) -> [f64; COUNT] {
        let mut all = [0.0; COUNT];
        for (what, slot) in all.iter_mut().enumerate() {
            *slot = self.value(what, ctx.now);
        }
        let volume = self.volume(ctx.now);
        let stirs = !Self::guard_open(ctx) && volume >= STIRRED;
        if !stirs {
            all[AGITATION] = 0.0;
            // Nothing brings the air in.
            all[OXYGEN] = all[OXYGEN].min(5.0);
        }
        all[LEVEL] = volume / WHOLE * 100.0;
        all[WEIGHT] = TARE + volume * DENSITY;
        if plant::broken(ctx) {
            all[PH] = f64::NAN;
        }
        all
    }

    fn alarms(&self, ctx: &Ctx<'_>, measured: &[f64; COUNT]) -> u16 {
        let away = |what: usize, point: usize, by: f64| {
            let point = self.points.get(point).copied().unwrap_or(0.0);
            (measured.get(what).copied().unwrap_or(point) - point).abs() > by
        };
        let bits = [
            (away(TEMPERATURE, 2, 2.0), ALARM_TEMPERATURE),
            (away(PH, 0, 0.5), ALARM_PH),
            (away(OXYGEN, 1, 20.0), ALARM_OXYGEN),
            (measured[PRESSURE] > 1.4, ALARM_PRESSURE),
            (measured[LEVEL] > 95.0 || measured[LEVEL] < 20.0, ALARM_LEVEL),
            (Self::guard_open(ctx), ALARM_AGITATOR),
            (plant::broken(ctx), ALARM_SENSOR),
        ];
        bits.iter()
            .filter(|(on, _)| *on)
            .fold(0, |word, (_, bit)| word | bit)
    }
}

impl Regulator for Fermenter {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        let other = |trouble: Trouble| f64::from(u8::from(ctx.world.troubles.lasts(ctx.name, trouble)));
        let measured = self.measured(ctx);
        let seconds = ctx.now.saturating_sub(self.began) / 1_000_000;
        let beats = u16::try_from(seconds % 65_536).unwrap_or(0);
        for (at, number) in [
            (MODEL, IDENTITY + other(Trouble::OtherModel)),
            (VERSION, 203.0 + other(Trouble::OtherFirmware)),
            (SERIAL, self.serial + 7_000.0 * other(Trouble::OtherSerial)),
            (HEARTBEAT, f64::from(beats)),
            (PHASE, self.phase),
            (ALARMS, f64::from(self.alarms(ctx, &measured))),
        ] {
            map.show_in(Table::Input, at, number);
        }
        for (n, number) in (0..).zip(measured) {
            map.show_in(Table::Input, MEASURED + 2 * n, number);
        }
        for (n, (control, point)) in (0..).zip(CONTROLS.iter().zip(self.points)) {
            map.show(POINTS + 2 * n, point);
            map.show_in(Table::Input, BOUNDS + 4 * n, control.least);
            map.show_in(Table::Input, BOUNDS + 4 * n + 2, control.most);
        }
        for (at, on) in [
            (REMOTE, !self.local(ctx)),
            (GUARD, !Self::guard_open(ctx)),
            (LOW_LEVEL, self.volume(ctx.now) >= STIRRED),
            (OVERPRESSURE, measured[PRESSURE] <= 1.4),
        ] {
            map.show_in(Table::Discrete, at, f64::from(u8::from(on)));
        }
        map.show(HOST_BEATS, self.host_beats);
        map.show(PHASE_ASKED, self.phase);
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        if at == HOST_BEATS {
            self.host_beats = number;
            return Ok(());
        }
        if self.local(ctx) {
            return Err(Exception::Failure);
        }
        if at == PHASE_ASKED {
            // One on, or to the harvest at once.
            if number > PHASES || number != self.phase + 1.0 && number != PHASES {
                return Err(Exception::IllegalValue);
            }
            self.phase = number;
            plant::took(ctx, "phase", number);
            return Ok(());
        }
        let index = usize::from((at - POINTS) / 2);
        let control = CONTROLS.get(index).ok_or(Exception::IllegalAddress)?;
        if !(control.least..=control.most).contains(&number) {
            return Err(Exception::IllegalValue);
        }
        if control.what == FEED {
            self.litres = self.volume(ctx.now);
        }
        if let Some(point) = self.points.get_mut(index) {
            *point = number;
        }
        if let Some(value) = self.values.get_mut(control.what) {
            value.aim(ctx.now, number, control.tau_s);
        }
        plant::took(ctx, control.name, number);
        Ok(())
    }

    fn identity(&self) -> [String; 3] {
        ["Pilot plant", "FERMENTER-1000", "2.03"].map(str::to_owned)
    }

    /// The PLC starts again and regulates as before; its heartbeat begins anew.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.began = ctx.now;
        self.host_beats = 0.0;
    }
}
