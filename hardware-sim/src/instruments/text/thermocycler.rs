//! The Opentrons thermocyclers of both generations: one machine, two ways of answering. Written from dossier 03.

use super::{
    cycler::{Cycler, Moved},
    dialogue::{Asked, Dialogue, cut_at},
    gcode::{Command, cut_line, scan},
    identity::Identity,
};
use crate::instruments::Ctx;
use std::collections::VecDeque;

/// Bounds of the lid's and the block's targets in C, and of the volume in uL.
const LID: [f64; 2] = [37.0, 110.0];
const BLOCK: [f64; 2] = [0.0, 99.0];
const MOST_VOLUME: f64 = 100.0;
const ACK: &str = "ok\r\nok\r\n";
const WORDS_1: [&str; 13] = [
    "M126", "M127", "M119", "M140", "M141", "M108", "M104", "M105", "M566", "M14", "M18", "M301", "M115",
];
const WORDS_2: [&str; 18] = [
    "M126", "M127", "M128", "M119", "M140", "M141", "M108", "M104", "M105", "M14", "M18", "M106", "M107",
    "M301", "M116", "M117", "M240.D", "M115",
];

/// Targets that are out of bounds are clamped by the first generation, and refused by the second.
fn within([low, high]: [f64; 2], asked: f64) -> bool {
    (low..=high).contains(&asked)
}

fn shown(temperature: Option<f64>, digits: usize) -> String {
    temperature.map_or("none".to_owned(), |t| format!("{t:.digits$}"))
}

/// The first generation: one command at a time, `ok` twice after each line.
#[derive(Debug)]
pub(super) struct First {
    pub(super) cycler: Cycler,
    identity: Identity,
    /// Who waits for the lid.
    lid: Option<Asked>,
    /// Lines that came meanwhile.
    waiting: VecDeque<(Asked, String)>,
}

impl First {
    /// Just switched on.
    pub(super) fn new(cycler: Cycler, identity: Identity) -> Self {
        Self {
            cycler,
            identity,
            lid: None,
            waiting: VecDeque::new(),
        }
    }

    fn carry_out(&mut self, ctx: &mut Ctx<'_>, command: &Command) -> String {
        let now = ctx.now;
        let asked = command.number('S');
        match command.word {
            "M126" | "M127" => self.cycler.move_lid(ctx, command.word == "M126"),
            "M119" => return format!("Lid:{}\r\n", self.cycler.lid_is(ctx)),
            "M140" => {
                let [low, high] = LID;
                let target = asked.unwrap_or(105.0).clamp(low, high);
                self.cycler.lid.set(now, Some(target));
            }
            "M141" => {
                let lid = &self.cycler.lid;
                return format!("T:{} C:{:.3}\r\n", shown(lid.target(), 3), lid.at(now));
            }
            "M108" => self.cycler.lid.set(now, None),
            "M104" => {
                let [low, high] = BLOCK;
                let Some(target) = asked else {
                    return "Error:no target temperature\r\n".to_owned();
                };
                let hold = command.number('H').filter(|seconds| *seconds > 0.0);
                self.cycler.goes_to(ctx, target.clamp(low, high), hold);
            }
            "M105" => {
                let cycler = &self.cycler;
                return format!(
                    "T:{} C:{:.3} H:{} Total_H:{} At_target?:{}\r\n",
                    shown(cycler.block.target(), 3),
                    cycler.block.at(now),
                    Cycler::whole(cycler.left(now)),
                    Cycler::whole(cycler.held_for()),
                    u8::from(cycler.block.reached(now)),
                );
            }
            "M566" => {
                if let Some(rate) = asked.filter(|rate| *rate > 0.0) {
                    self.cycler.block.ramp(now, rate);
                }
            }
            "M14" => self.cycler.rest(ctx),
            "M18" => {
                self.cycler.rest(ctx);
                self.cycler.lid.set(now, None);
            }
            "M115" => {
                return format!(
                    "serial:{} model:{} version:{}\r\n",
                    self.identity.serial(ctx),
                    self.identity.model(ctx),
                    self.identity.firmware(ctx)
                );
            }
            _ => {}
        }
        String::new()
    }

    fn line(&mut self, ctx: &mut Ctx<'_>, asked: Asked, line: &str) {
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("Error:{code}\r\n{ACK}"));
        }
        let mut answer: String = scan(line, &WORDS_1)
            .iter()
            .map(|command| self.carry_out(ctx, command))
            .collect();
        if self.cycler.moves() {
            self.lid = Some(asked);
            return;
        }
        answer.push_str(ACK);
        asked.answer(ctx, answer);
    }
}

impl Dialogue for First {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_line(buffer)
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if self.cycler.moves() {
            self.waiting.push_back((asked, request.to_owned()));
        } else {
            self.line(ctx, asked, request);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let moved = self.cycler.advance(ctx);
        if let (Some(moved), Some(asked)) = (moved, self.lid.take_if(|_| moved.is_some())) {
            let error = if moved == Moved::Jammed {
                "Error:lid did not reach its switch\r\n"
            } else {
                ""
            };
            asked.answer(ctx, format!("{error}{ACK}"));
        }
        while !self.cycler.moves()
            && let Some((asked, line)) = self.waiting.pop_front()
        {
            self.line(ctx, asked, &line);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.cycler.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.waiting.clear();
        self.lid = None;
        self.cycler.power_cycle(ctx);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.cycler.mended(ctx.now);
    }
}

/// The second generation: answers name their command, and come while the lid moves.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) cycler: Cycler,
    identity: Identity,
    /// Who waits for the lid, and with which word it is answered.
    lid: Option<(Asked, &'static str)>,
}

impl Second {
    /// Just switched on.
    pub(super) fn new(cycler: Cycler, identity: Identity) -> Self {
        Self {
            cycler,
            identity,
            lid: None,
        }
    }

    /// Carries a command out; `None`: it is answered when the lid has moved.
    fn carry_out(
        &mut self,
        ctx: &mut Ctx<'_>,
        asked: Asked,
        command: &Command,
    ) -> Result<Option<String>, &'static str> {
        let (now, word) = (ctx.now, command.word);
        let number = command.number('S');
        match word {
            "M126" | "M127" => {
                if self.cycler.moves() {
                    return Err("ERR501:lid motor busy");
                }
                self.cycler.move_lid(ctx, word == "M126");
                self.lid = Some((asked, word));
                return Ok(None);
            }
            "M128" if self.cycler.lid_is(ctx) != "open" => return Err("ERR507:lid must be open"),
            "M119" => {
                let lid = self.cycler.lid_is(ctx);
                let seal = if lid == "in_between" {
                    "retracted"
                } else {
                    "engaged"
                };
                return Ok(Some(format!("M119 Lid:{lid} Seal:{seal}")));
            }
            "M140" => match number.filter(|target| within(LID, *target)) {
                Some(target) => self.cycler.lid.set(now, Some(target)),
                None => return Err("ERR407:invalid target temperature"),
            },
            "M141" => {
                let lid = &self.cycler.lid;
                return Ok(Some(format!(
                    "M141 T:{} C:{:.2}",
                    shown(lid.target(), 2),
                    lid.at(now)
                )));
            }
            "M108" => self.cycler.lid.set(now, None),
            "M104" => {
                let volume = command.number('V').unwrap_or(0.0);
                let target =
                    number.filter(|target| within(BLOCK, *target) && within([0.0, MOST_VOLUME], volume));
                let Some(target) = target else {
                    return Err("ERR407:invalid target temperature");
                };
                let hold = command.number('H').filter(|seconds| *seconds > 0.0);
                self.cycler.goes_to(ctx, target, hold);
            }
            "M105" => {
                let cycler = &self.cycler;
                return Ok(Some(format!(
                    "M105 T:{} C:{:.2} H:{} Total_H:{} At_target?:{}",
                    shown(cycler.block.target(), 2),
                    cycler.block.at(now),
                    shown(cycler.left(now), 2),
                    shown(cycler.held_for(), 2),
                    u8::from(cycler.block.reached(now)),
                )));
            }
            "M14" => self.cycler.rest(ctx),
            "M18" => {
                self.cycler.rest(ctx);
                self.cycler.lid.set(now, None);
            }
            "M115" => {
                return Ok(Some(format!(
                    "M115 FW:{} HW:{} SerialNo:{}",
                    self.identity.firmware(ctx),
                    self.identity.model(ctx),
                    self.identity.serial(ctx)
                )));
            }
            _ => {}
        }
        Ok(Some(word.to_owned()))
    }
}

impl Dialogue for Second {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if request.trim().is_empty() {
            return;
        }
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("ERR{code:03}:refused OK\n"));
        }
        let commands = scan(request, &WORDS_2);
        if commands.is_empty() {
            return asked.answer(ctx, "ERR003:unhandled gcode OK\n");
        }
        for command in &commands {
            match self.carry_out(ctx, asked, command) {
                Ok(None) => {}
                Ok(Some(answer)) => asked.answer(ctx, format!("{answer} OK\n")),
                Err(error) => asked.answer(ctx, format!("{error} OK\n")),
            }
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let moved = self.cycler.advance(ctx);
        if let (Some(moved), Some((asked, word))) = (moved, self.lid.take_if(|_| moved.is_some())) {
            let answer = if moved == Moved::Jammed {
                "ERR502:lid motor fault"
            } else {
                word
            };
            asked.answer(ctx, format!("{answer} OK\n"));
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.cycler.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.lid = None;
        self.cycler.power_cycle(ctx);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.cycler.mended(ctx.now);
    }
}
