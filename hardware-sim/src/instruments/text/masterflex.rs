//! The Masterflex L/S pump on its daisy chain. Written from dossier 08 G; what it tells when it is asked (`C`, `E`, `I`, `S`, `Z`)
//! as a driver by others reads it (github.com/Wyss/masterflex, tested on the 07523-80 of the same series).
//!
//! Where both are silent: an answer begins with STX and the letter of its question, that to `I` with STX, `P` and the number;
//! `I` tells five zeros. Counters are lost with the power. `Z` lets no revolution be left to go, `Z0` counts from nothing.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, regulators::took},
    num,
};

const STX: char = '\u{2}';
const ENQ: u8 = 0x05;
const ACK: [u8; 1] = [0x06];
const NAK: [u8; 1] = [0x15];
/// Fastest head in rpm.
const MOST_RPM: f64 = 600.0;
const MOST_REVOLUTIONS: f64 = 99_999.99;

/// What it is about: to the end of its revolutions, or until it is halted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Runs {
    /// Revolutions per second, backward below 0.
    speed: f64,
}

/// The twin.
#[derive(Debug)]
pub(super) struct Masterflex {
    /// Its number on the chain; none after switching on.
    number: Option<String>,
    rpm: f64,
    revolutions: f64,
    /// Revolutions that the head has turned, forward less backward.
    pub(super) turned: f64,
    /// The same, either way, since it was set to nothing.
    counted: f64,
    /// Of the last `V`, before what is under way.
    to_go: f64,
    work: Work<Runs>,
}

impl Masterflex {
    /// Just switched on, without a number.
    pub(super) fn new() -> Self {
        Self {
            number: None,
            rpm: 100.0,
            revolutions: 0.0,
            turned: 0.0,
            counted: 0.0,
            to_go: 0.0,
            work: Work::none(),
        }
    }

    /// Revolutions of what is under way by now, backward below 0.
    fn under_way(&self, now: u64) -> f64 {
        self.work.running().map_or(0.0, |running| {
            let seconds = now.min(running.until).saturating_sub(running.since) as f64 / 1e6;
            running.job.speed * seconds
        })
    }

    /// The head stops as far as it came.
    fn halt(&mut self, ctx: &mut Ctx<'_>) {
        let turned = self.under_way(ctx.now);
        if self.work.cut_short().is_some() {
            self.turned += turned;
            self.counted += turned.abs();
            self.to_go = (self.to_go - turned.abs()).max(0.0);
            took(ctx, "revolutions", (self.turned * 100.0).round() / 100.0);
        }
    }

    /// What it tells to a question.
    fn told(&self, now: u64, question: &str) -> Option<String> {
        let under_way = self.under_way(now).abs();
        Some(match question {
            "S" => format!("S{:+06.1}", self.rpm),
            "C" => format!("C{:.2}", self.counted + under_way),
            "E" => format!("E{:.2}", (self.to_go - under_way).max(0.0)),
            "I" => format!("{}I00000", self.number.as_deref().unwrap_or_default()),
            _ => return None,
        })
    }

    /// Takes a number off the beginning of a text.
    fn number(text: &str) -> Option<(f64, &str)> {
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at_checked(end)?;
        Some((digits.parse().ok()?, rest))
    }

    /// Carries a row of commands out; false: one of them is wrong, and none before it is undone.
    fn carry_out(&mut self, ctx: &mut Ctx<'_>, mut commands: &str) -> bool {
        while let Some(letter) = commands.chars().next() {
            let rest = commands.get(1..).unwrap_or_default();
            commands = match letter {
                'S' => {
                    let (sign, rest) = match rest.strip_prefix('-') {
                        Some(rest) => (-1.0, rest),
                        None => (1.0, rest.strip_prefix('+').unwrap_or(rest)),
                    };
                    let Some((rpm, rest)) = Self::number(rest).filter(|(rpm, _)| *rpm <= MOST_RPM) else {
                        return false;
                    };
                    self.rpm = sign * rpm;
                    rest
                }
                'V' => {
                    let Some((revolutions, rest)) =
                        Self::number(rest).filter(|(r, _)| *r <= MOST_REVOLUTIONS)
                    else {
                        return false;
                    };
                    (self.revolutions, self.to_go) = (revolutions, revolutions);
                    rest
                }
                'G' => {
                    self.halt(ctx);
                    if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) || self.rpm == 0.0 {
                        return false;
                    }
                    let speed = self.rpm / 60.0;
                    let endless = rest.starts_with('0');
                    let us = if endless {
                        u64::MAX
                    } else {
                        num::micros(self.to_go / speed.abs())
                    };
                    self.work.begin(ctx, Runs { speed }, us);
                    rest.strip_prefix('0').unwrap_or(rest)
                }
                'H' => {
                    self.halt(ctx);
                    rest
                }
                'Z' => {
                    if let Some(rest) = rest.strip_prefix('0') {
                        self.counted = 0.0;
                        rest
                    } else {
                        self.to_go = 0.0;
                        rest
                    }
                }
                _ => return false,
            };
        }
        true
    }
}

impl Dialogue for Masterflex {
    const SEVEN_BITS: bool = true;

    /// An enquiry alone, or a line to its CR.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let assigns = buffer.get(1).is_some_and(|next| *next == b'P');
        if buffer.first() == Some(&ENQ) && !assigns {
            buffer.remove(0);
            return Some(vec![ENQ]);
        }
        cut_at(buffer, |byte| byte == b'\r')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if asked.refused().is_some() {
            return asked.answer(ctx, NAK);
        }
        if request.as_bytes() == [ENQ] {
            // Only a pump without a number speaks up.
            if self.number.is_none() {
                asked.answer(ctx, "P?0\r");
            }
            return;
        }
        let line = request.trim_start_matches('\u{5}');
        if let Some(line) = line.strip_prefix(STX) {
            let mine = self
                .number
                .clone()
                .and_then(|number| line.strip_prefix(&*number).map(str::to_owned));
            if let Some(commands) = mine {
                if let Some(told) = self.told(ctx.now, &commands) {
                    return asked.answer(ctx, format!("{STX}{told}\r"));
                }
                let done = self.carry_out(ctx, &commands);
                asked.answer(ctx, if done { ACK } else { NAK });
            }
        } else if line.len() == 3 && line.starts_with('P') && self.number.is_none() {
            self.number = Some(line.to_owned());
            asked.answer(ctx, ACK);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if self.work.next_due().is_some_and(|due| due <= ctx.now) {
            self.halt(ctx);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// It stops, and has lost its number.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.halt(ctx);
        self.number = None;
        (self.revolutions, self.to_go, self.counted) = (0.0, 0.0, 0.0);
    }

    /// A head that was told to turn until it is halted goes on.
    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}
