//! The Opentrons temperature module. Written from dossier 03.

use super::{
    dialogue::{Asked, Dialogue},
    gcode::{Command, cut_line, scan},
    heat::{Heat, Rates},
    identity::Identity,
    seat::Seat,
};
use crate::{fault::Trouble, instruments::Ctx};

/// What the firmware clamps targets to, in C.
const COLDEST: f64 = -9.0;
const HOTTEST: f64 = 99.0;
/// To about where it cools a hot block actively when it is switched off.
const SAFE: f64 = 55.0;
const RATES: Rates = Rates {
    up: 0.25,
    down: 0.15,
    drift: 0.03,
};
const ACK: &str = "ok\r\nok\r\n";
const WORDS: [&str; 4] = ["M104", "M105", "M18", "M115"];

/// The twin.
#[derive(Debug)]
pub(super) struct TemperatureModule {
    seat: Seat,
    identity: Identity,
    heat: Heat,
    target: Option<f64>,
}

impl TemperatureModule {
    /// Just switched on, idle.
    pub(super) fn new(nest: String, identity: Identity, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            identity,
            heat: Heat::new(RATES, room),
            target: None,
        }
    }

    fn carry_out(&mut self, ctx: &mut Ctx<'_>, command: &Command) -> String {
        match command.word {
            "M104" => {
                let Some(asked) = command.number('S') else {
                    return String::new();
                };
                let target = asked.clamp(COLDEST, HOTTEST);
                self.target = Some(target);
                // A block that fails takes the target and stays as it is.
                let fails = ctx.world.troubles.strikes(ctx.name, Trouble::Jammed)
                    || ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
                self.heat.set(ctx.now, (!fails).then_some(target));
                let clamped = |low: &str, end: &str| {
                    format!("Target temperature too {low}, setting to TEMPERATURE_{end} degrees\r\n")
                };
                if asked < COLDEST {
                    clamped("low", "MIN")
                } else if asked > HOTTEST {
                    clamped("high", "MAX")
                } else {
                    String::new()
                }
            }
            "M105" => {
                let target = self.target.map_or("none".to_owned(), |t| format!("{t:.3}"));
                format!("T:{target} C:{:.3}\r\n", self.heat.at(ctx.now))
            }
            "M18" => {
                self.target = None;
                let hot = self.heat.at(ctx.now) > SAFE;
                self.heat.set(ctx.now, hot.then_some(SAFE));
                String::new()
            }
            _ => format!(
                "serial:{} model:{} version:{}\r\n",
                self.identity.serial(ctx),
                self.identity.model(ctx),
                self.identity.firmware(ctx)
            ),
        }
    }
}

impl Dialogue for TemperatureModule {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_line(buffer)
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("Error:{code}\r\n{ACK}"));
        }
        let mut answer: String = scan(request, &WORDS)
            .iter()
            .map(|command| self.carry_out(ctx, command))
            .collect();
        answer.push_str(ACK);
        asked.answer(ctx, answer);
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if !self.heat.tell(ctx, &self.seat) {
            return;
        }
        match self.target {
            Some(target) => self.seat.held(ctx, target),
            // It has cooled to where nobody is burnt.
            None => self.heat.set(ctx.now, None),
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.heat.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.target = None;
        self.heat.set(ctx.now, None);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        if self.heat.target() != self.target && self.target.is_some() {
            self.heat.set(ctx.now, self.target);
        }
    }
}
