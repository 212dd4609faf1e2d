//! What a Hamilton PSD/4 has besides: a sixteenth address, ranges of its own, fine resolution, and commands by number for
//! syringe and valve. Written from dossier 09 B.
//!
//! Where the dossier is silent: commands by number are invalid before `h30001`. Of eight ports the first is the input, the
//! second the output; all others lead aside. Angles are those of eight ports, 45 degrees apart.

use super::{Busy, Cavro, TURN_US, ZERO_US, error, program::Letter};
use crate::{
    instruments::{Ctx, Twin as _},
    world::Valve,
};

/// Fine increments of a standard one.
const FINE: i64 = 8;

/// Its state.
#[derive(Clone, Debug, Default)]
pub(super) struct Psd4 {
    numbered: bool,
    fine: bool,
    mode: i64,
    kind: i64,
    /// Of the valve, from 1; none before it is initialised.
    port: Option<i64>,
    disabled: bool,
}

/// Whether an operand is within the ranges of a PSD/4.
pub(super) fn fits(letter: Letter, operand: Option<i64>) -> bool {
    let (least, most) = match letter {
        Letter::V => (2, 5_800),
        Letter::Start => (50, 1_000),
        Letter::Cutoff => (50, 2_700),
        Letter::Preset => (1, 40),
        Letter::Slope => (0, 20),
        Letter::Delay => (5, 30_000),
        _ => return true,
    };
    operand.is_some_and(|operand| (least..=most).contains(&operand))
}

fn valve(port: i64) -> Valve {
    match port {
        1 => Valve::Input,
        2 => Valve::Output,
        _ => Valve::Bypass,
    }
}

impl Psd4 {
    /// What a query by number tells; `None`: it is none of these.
    pub(super) fn report(&self, text: &str, pump: &Cavro) -> Option<i64> {
        let port = self.port.unwrap_or(0);
        Some(match text {
            "?12" => pump.backlash,
            "?24" => pump.gap,
            "?10000" if pump.error == error::OVERLOAD => 6,
            "?10000" => i64::from(!pump.initialised),
            "?10001" => i64::from(pump.position == 0 && pump.initialised),
            "?11000" => self.mode,
            "?20000" => {
                let busy = matches!(pump.busy, Some(Busy::Turn { .. }));
                i64::from(self.port.is_none()) + 16 * i64::from(self.disabled) + 32 * i64::from(busy)
            }
            "?21000" => self.kind,
            "?23000" | "?24000" => port,
            "?25000" => (port - 1).max(0) * 45,
            _ => return None,
        })
    }
}

impl Cavro {
    /// Increments of the resolution that is set, of a standard one.
    pub(super) fn unit(&self) -> i64 {
        if self.psd4.as_ref().is_some_and(|psd4| psd4.fine) {
            FINE
        } else {
            1
        }
    }

    /// The most of a range: of a Cavro, and of a PSD/4 in either resolution.
    pub(super) fn most(&self, cavro: i64, standard: i64, fine: i64) -> i64 {
        match &self.psd4 {
            None => cavro,
            Some(psd4) if psd4.fine => fine,
            Some(_) => standard,
        }
    }

    /// Sets the resolution; where the plunger stands is told anew.
    pub(super) fn fine(&mut self, to: Option<i64>) -> u8 {
        let (Some(to), before) = (to, self.unit()) else {
            return error::OPERAND;
        };
        if let Some(psd4) = &mut self.psd4 {
            psd4.fine = to == 1;
        }
        self.position = self.position * self.unit() / before;
        error::NONE
    }

    /// A command by number.
    pub(super) fn extended(&mut self, ctx: &mut Ctx<'_>, number: Option<i64>) -> u8 {
        let (Some(psd4), Some(number)) = (&mut self.psd4, number) else {
            return error::COMMAND;
        };
        if number == 30_001 {
            psd4.numbered = true;
            return error::NONE;
        }
        if !psd4.numbered {
            return error::COMMAND;
        }
        let turns = match number {
            10_000..=10_099 => {
                let until = ctx.now + ZERO_US;
                self.busy = Some(Busy::Zero { until });
                return error::NONE;
            }
            11_000..=11_015 => {
                psd4.mode = number - 11_000;
                return error::NONE;
            }
            20_001 | 20_002 => {
                psd4.disabled = number == 20_002;
                return error::NONE;
            }
            21_000..=21_006 => {
                psd4.kind = number - 21_000;
                return error::NONE;
            }
            30_003 => {
                self.power_cycle(ctx);
                return error::NONE;
            }
            20_000 => 1,
            23_001..=23_006 => number - 23_000,
            24_001..=24_008 => number - 24_000,
            25_001..=25_008 => number - 25_000,
            26_001..=26_008 => number - 26_000,
            27_000..=29_345 if number % 1_000 <= 345 && number % 15 == 0 => number % 1_000 / 45 + 1,
            _ => return error::OPERAND,
        };
        if psd4.disabled || psd4.port.is_none() && number != 20_000 {
            return error::NOT_ALLOWED;
        }
        psd4.port = Some(turns);
        self.busy = Some(Busy::Turn {
            to: valve(turns),
            until: ctx.now + TURN_US,
        });
        error::NONE
    }
}

#[cfg(test)]
mod tests {
    use crate::instruments::text::bench::Bench;

    fn pump() -> Bench {
        Bench::of_profile("psd4", 22.0)
    }

    /// Says a DT string: status and data.
    fn say(pump: &mut Bench, text: &str) -> (u8, String) {
        let answer = pump.say(&format!("/1{text}\r"));
        let inner = answer
            .strip_prefix("/0")
            .unwrap()
            .strip_suffix("\u{3}\r\n")
            .unwrap();
        let (status, data) = inner.split_at(1);
        (status.as_bytes()[0] & 0x0F, data.to_owned())
    }

    #[test]
    fn blocks_of_its_manual_and_a_repeat_that_moves_nothing() {
        let mut pump = pump();
        assert_eq!(pump.say("\u{2}11ZR\u{3}\u{9}"), "\u{2}0@\u{3}q");
        pump.wait(10.0);
        assert_eq!(pump.say("\u{2}12Q\u{3}S"), "\u{2}0`\u{3}Q");
        assert_eq!(pump.say("\u{2}11P300R\u{3}0"), "\u{2}0@\u{3}q");
        pump.wait(10.0);
        assert_eq!(pump.say("\u{2}19P300R\u{3}8"), "\u{2}0@\u{3}q");
        pump.wait(10.0);
        assert_eq!(pump.say("\u{2}11A300R\u{3}!"), "\u{2}0`\u{3}Q", "it is there");
        assert_eq!(
            pump.say("\u{2}13?\u{3}<"),
            "\u{2}0`300\u{3}R".replace('R', &check("`300"))
        );
        assert_eq!(pump.say("/1Q\r"), "", "the other protocol is locked out");
    }

    fn check(data: &str) -> String {
        let sum = format!("\u{2}0{data}\u{3}")
            .bytes()
            .fold(0, |sum, byte| sum ^ byte);
        char::from(sum).to_string()
    }

    #[test]
    fn ranges_fine_steps_and_commands_by_number() {
        let mut pump = pump();
        assert_eq!(say(&mut pump, "Q"), (7, String::new()));
        assert_eq!(pump.say("/_ZR\r"), "", "all are obeyed and not answered");
        pump.wait(10.0);
        assert_eq!(say(&mut pump, "V5801R").0, 3);
        assert_eq!(say(&mut pump, "S0R").0, 3);
        assert_eq!(say(&mut pump, "A3001R").0, 3);
        assert_eq!(say(&mut pump, "N1R").0, 0);
        assert_eq!(say(&mut pump, "A24000R").0, 0);
        pump.wait(60.0);
        assert_eq!(say(&mut pump, "?"), (0, "24000".to_owned()));
        assert_eq!(say(&mut pump, "N0R").0, 0);
        assert_eq!(say(&mut pump, "?"), (0, "3000".to_owned()));
        assert_eq!(say(&mut pump, "h20000R").0, 2, "not before they are on");
        assert_eq!(say(&mut pump, "h30001R").0, 0);
        assert_eq!(say(&mut pump, "?20000").1, "1");
        assert_eq!(say(&mut pump, "h26002R").0, 11, "nor before the valve is");
        say(&mut pump, "h20000R");
        pump.wait(1.0);
        say(&mut pump, "h26002R");
        assert_eq!(say(&mut pump, "?20000").1, "32");
        pump.wait(1.0);
        assert_eq!(say(&mut pump, "?24000").1, "2");
        assert_eq!(say(&mut pump, "?22").1, "255");
    }
}
