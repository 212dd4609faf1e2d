//! The board's commands, one after the other as the dossier lists them.

use super::{
    answers,
    board::{Board, Settings, Wait},
    eeprom,
    gcode::Code,
    motion::{Block, SWITCH, within_reach},
};
use crate::{
    fault::Trouble,
    instruments::Ctx,
    ledger::Event,
    num,
    world::{Axes, Axis, Mount},
};
use std::collections::BTreeSet;

/// M codes that a halted board still takes.
const WHILE_HALTED: [u32; 13] = [999, 2, 5, 9, 30, 105, 114, 119, 80, 81, 911, 503, 106];

/// Speed of homing in mm/s; figures of ours.
fn homing_speed(axis: Axis) -> f64 {
    match axis {
        Axis::X | Axis::Y => 80.0,
        Axis::Z | Axis::A => 60.0,
        Axis::B | Axis::C => 25.0,
    }
}

/// Microseconds that homing from one true position to another takes: all axes at once, the retract slowly.
pub(super) fn homing_us(from: &Axes, to: &Axes) -> u64 {
    let seconds = Axis::ALL
        .iter()
        .map(|axis| {
            let way = (SWITCH.get(*axis) - from.get(*axis)).max(0.0);
            let back = (SWITCH.get(*axis) - to.get(*axis)).max(0.0);
            if (to.get(*axis) - from.get(*axis)).abs() < 1e-9 {
                0.0
            } else {
                way / homing_speed(*axis) + back / 10.0
            }
        })
        .fold(0.0, f64::max);
    num::micros(seconds + 0.3)
}

impl Board {
    /// Carries out one code, or leaves it waiting.
    pub(super) fn execute(&mut self, ctx: &mut Ctx<'_>, code: Code) {
        if self.halted
            && !(code.letter == 'M' && (WHILE_HALTED.contains(&code.number) || matches!(code.number, 107)))
        {
            self.say(ctx, answers::ALARM_LOCK);
            self.end_quietly();
            return;
        }
        if let Some(bad) = &code.bad {
            let text = format!("error: bad argument {bad}\r\nEntering Alarm/Halt state\n");
            self.halt(ctx, "bad argument");
            self.say(ctx, &text);
            self.end_quietly();
            return;
        }
        match code.letter {
            'G' => self.g_code(ctx, code),
            _ => self.m_code(ctx, &code),
        }
    }

    fn g_code(&mut self, ctx: &mut Ctx<'_>, code: Code) {
        match (code.number, code.sub) {
            (0 | 1, _) => {
                if self.has_room() {
                    self.linear(ctx, &code);
                } else {
                    self.wait = Some(Wait::Room(code));
                }
            }
            (4, _) => {
                let us = num::micros(code.value('P').unwrap_or(0.0) + code.value('S').unwrap_or(0.0));
                self.wait = Some(Wait::Dwell(us));
            }
            (28, 2) => {
                let named: BTreeSet<Axis> = code.args.iter().filter_map(|arg| Axis::of(arg.letter)).collect();
                let axes = if named.is_empty() {
                    Axis::ALL.into_iter().collect()
                } else {
                    named
                };
                self.wait = Some(Wait::Home(axes));
            }
            (28, 6) => {
                let text = answers::homed(&self.homed);
                self.say(ctx, &text);
            }
            (28, _) => {
                self.say(ctx, answers::UNSUPPORTED);
                self.end_quietly();
            }
            (38, 2) => {
                self.linear(ctx, &code);
                self.wait = Some(Wait::Probe);
            }
            (90, _) => self.settings.absolute = true,
            (91, _) => self.settings.absolute = false,
            _ => {}
        }
    }

    /// A linear move into the queue; a speed alone only sets the speed.
    pub(super) fn linear(&mut self, ctx: &mut Ctx<'_>, code: &Code) {
        if let Some(feed) = code.value('F')
            && feed > 0.0
        {
            self.settings.bounds.feed = feed / 60.0;
        }
        let mut to = self.target;
        for arg in &code.args {
            let Some(axis) = Axis::of(arg.letter) else {
                continue;
            };
            let Some(value) = arg.value else {
                self.halt(ctx, "bad argument");
                let text = format!(
                    "error: {} needs a number\r\nEntering Alarm/Halt state\n",
                    arg.letter
                );
                self.say(ctx, &text);
                self.end_quietly();
                return;
            };
            let base = if self.settings.absolute {
                -self.offset.get(axis)
            } else {
                to.get(axis)
            };
            to.set(axis, base + value);
        }
        if to != self.target {
            let block = Block::new(self.target, to, &self.settings.bounds);
            self.target = block.to;
            self.queue.push_back(block);
        }
    }

    fn m_code(&mut self, ctx: &mut Ctx<'_>, code: &Code) {
        match (code.number, code.sub) {
            (112, _) => {
                self.halt(ctx, "emergency stop");
                self.ride(answers::EMERGENCY.to_owned());
            }
            (114, _) => {
                let at = if code.sub == 2 {
                    self.position(ctx)
                } else {
                    self.target
                };
                let text = answers::position(&self.logical(&at));
                self.ride(text);
            }
            (119, _) => {
                let text = answers::switches(&self.position(ctx));
                self.say(ctx, &text);
            }
            (120, _) => self
                .settings
                .pushed
                .push((self.settings.bounds.feed, self.settings.absolute)),
            (121, _) => {
                if let Some((feed, absolute)) = self.settings.pushed.pop() {
                    self.settings.bounds.feed = feed;
                    self.settings.absolute = absolute;
                }
            }
            (18 | 400, _) => self.wait = Some(Wait::Idle),
            (203, 1) => set(&mut self.settings.bounds.speed, code),
            (204, _) => {
                if let Some(all) = code.value('S')
                    && all > 0.0
                {
                    // The default bounds axes that have none of their own; these have one each.
                    let axes = self.settings.bounds.acceleration;
                    self.settings.bounds.acceleration = Axes::from_fn(|axis| axes.get(axis).min(all));
                }
                set(&mut self.settings.bounds.acceleration, code);
            }
            (365, sub) => self.limits(ctx, code, sub),
            (369..=374, _) => self.memory(ctx, code),
            (999, _) if self.halted => {
                self.halted = false;
                self.say(ctx, answers::UNHALTED);
                self.end_quietly();
            }
            // Currents, micro-stepping and steps per mm change nothing that is visible here.
            _ => {}
        }
    }

    /// `M365.n`: home position, travel, debounce and retract of an axis.
    fn limits(&mut self, ctx: &mut Ctx<'_>, code: &Code, sub: u32) {
        for arg in &code.args {
            let Some(value) = arg.value else { continue };
            let Settings {
                home,
                travel,
                retract,
                debounce,
                ..
            } = &mut self.settings;
            let letter = match (sub, Axis::of(arg.letter)) {
                (2, _) if arg.letter == 'O' => {
                    *debounce = value;
                    'E'
                }
                (0, Some(axis)) => {
                    home.set(axis, value);
                    arg.letter
                }
                (1, Some(axis)) => {
                    travel.set(axis, value);
                    arg.letter
                }
                (3, Some(axis)) => {
                    retract.set(axis, value);
                    arg.letter
                }
                _ => continue,
            };
            self.say(ctx, &answers::updated(letter, value));
        }
    }

    /// `M369` to `M374`: the pipettes' memories.
    fn memory(&mut self, ctx: &mut Ctx<'_>, code: &Code) {
        let mut words = code.words.iter();
        let side = words.next().map_or("", String::as_str);
        let text = words.next();
        let mount = match side {
            "L" => Mount::Left,
            "R" => Mount::Right,
            _ => {
                self.say(ctx, &format!("error:no instrument {side}\r\n"));
                return;
            }
        };
        let Some(memory) = self.eeproms.get_mut(&mount) else {
            self.say(ctx, &format!("error:no {side} instrument found\r\n"));
            return;
        };
        let field = match code.number {
            369 | 370 => &mut memory.id,
            371 | 372 => &mut memory.model,
            _ => &mut memory.data,
        };
        if matches!(code.number, 369 | 371 | 373) {
            let strange = if matches!(code.number, 369) {
                Trouble::OtherSerial
            } else {
                Trouble::OtherModel
            };
            let mut shown = field.clone();
            if ctx.world.troubles.lasts(ctx.name, strange)
                && let Some(byte) = shown.get_mut(3)
            {
                *byte = byte.wrapping_add(1);
            }
            let answer = format!("{side}:{}\r\n", eeprom::to_hex(&shown));
            self.say(ctx, &answer);
        } else if let Some(bytes) = text.and_then(|text| eeprom::from_hex(text)) {
            *field = bytes;
        } else {
            self.say(ctx, "error:bad data\r\n");
        }
    }

    /// Axes set out for their switches.
    pub(super) fn begin_homing(&mut self, ctx: &mut Ctx<'_>, axes: BTreeSet<Axis>) -> Wait {
        let from = self.position(ctx);
        let mut to = from;
        let mut fails = false;
        for axis in &axes {
            let (way, travel) = (
                SWITCH.get(*axis) - from.get(*axis),
                self.settings.travel.get(*axis),
            );
            if way > travel {
                fails = true;
                to.set(*axis, from.get(*axis) + travel);
            } else {
                to.set(*axis, SWITCH.get(*axis) - self.settings.retract.get(*axis));
            }
        }
        let to = within_reach(&to);
        ctx.world.gantry_departs(ctx.name, &to, ctx.now);
        let until = ctx.now.saturating_add(homing_us(&from, &to));
        Wait::Homing {
            axes,
            until,
            from,
            to,
            fails,
        }
    }

    /// The switches closed, or never did.
    pub(super) fn end_homing(&mut self, ctx: &mut Ctx<'_>, axes: &BTreeSet<Axis>, to: &Axes, fails: bool) {
        ctx.world.gantry_arrives(ctx.name, to, ctx.now);
        self.target = *to;
        if fails {
            self.alarm(ctx, "Homing fail");
            return;
        }
        for axis in axes {
            let logical = self.settings.home.get(*axis) - self.settings.retract.get(*axis);
            self.offset.set(*axis, logical - to.get(*axis));
            self.homed.insert(*axis);
        }
        let axes: String = axes.iter().map(|axis| axis.letter()).collect();
        ctx.world.record(
            ctx.now,
            Event::Homed {
                instrument: ctx.name.to_owned(),
                axes,
            },
        );
    }
}

/// Sets the axes that a code names.
fn set(axes: &mut Axes, code: &Code) {
    for arg in &code.args {
        if let (Some(axis), Some(value)) = (Axis::of(arg.letter), arg.value)
            && value > 0.0
        {
            axes.set(axis, value);
        }
    }
}
