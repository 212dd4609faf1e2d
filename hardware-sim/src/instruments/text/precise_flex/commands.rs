//! What a PreciseFlex does with each command line.

use super::{
    ATTACHED, Asked, E_STOP, Failure, HALTED, NO_POWER, NO_STATION, OUT_OF_RANGE, PreciseFlex, Step, TAKEN,
    UNKNOWN, WRONG_STATE,
    kinematics::{pose_of, told, within},
};
use crate::instruments::Ctx;

impl PreciseFlex {
    /// Carries a command out: its data, or `None` if it is answered when it is done.
    pub(super) fn command(
        &mut self,
        ctx: &mut Ctx<'_>,
        asked: Asked,
        line: &str,
    ) -> Result<Option<String>, Failure> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (word, arguments) = words.split_first().ok_or(UNKNOWN)?;
        let word = word.to_ascii_lowercase();
        let data = |data: &str| Ok(Some(data.to_owned()));
        match (word.as_str(), arguments) {
            ("mode", []) => data("0"),
            ("mode", ["0"]) => data("OK"),
            ("version", []) => data("v1.0.0"),
            ("hp", []) => data(if self.powered { "1" } else { "0" }),
            ("hp", ["0", ..]) => {
                self.fail(ctx, HALTED);
                self.powered = false;
                data("OK")
            }
            ("hp", ["1", ..]) if Self::e_stop(ctx) => Err(E_STOP),
            ("hp", ["1", ..]) if self.powered => data("OK"),
            ("hp", ["1", ..]) => Ok(self.enqueue(ctx, Step::Power(asked))),
            ("attach", []) => data(if self.attached.is_some() { "-1" } else { "0" }),
            ("attach", ["1"]) => match self.attached {
                Some(port) if port != asked.port() => Err(TAKEN),
                _ if !self.powered => Err(NO_POWER),
                _ => {
                    self.attached = Some(asked.port());
                    data("OK")
                }
            },
            ("attach", ["0"]) => {
                self.attached.take_if(|port| *port == asked.port());
                data("OK")
            }
            ("sysstate", []) => data(match () {
                () if Self::e_stop(ctx) => "15",
                () if !self.powered => "3",
                () if matches!(self.work.now(), Some(Step::Home(_))) => "28",
                () if self.attached.is_some() => "21",
                () => "20",
            }),
            ("halt", []) => {
                self.fail(ctx, HALTED);
                data("OK")
            }
            ("wherej", []) => Ok(Some(told(&self.now(ctx.now)))),
            ("destj", _) => Ok(Some(told(&self.planned))),
            ("wherec" | "destc", _) => {
                let joints = if word == "wherec" {
                    self.now(ctx.now)
                } else {
                    self.planned
                };
                let (pose, config) = pose_of(&joints);
                Ok(Some(format!("{} {config}", told(&pose))))
            }
            ("isfullyclosed", []) => {
                let [_, _, _, _, gripper, _] = self.joints;
                let closed = !self.holds(ctx) && gripper <= self.settings.width(false) + 1.0;
                data(if closed { "-1" } else { "0" })
            }
            ("waitforeom", []) => Ok(self.enqueue(ctx, Step::Wait(asked))),
            ("homeall", []) => {
                if self.attached.is_some() {
                    return Err(ATTACHED);
                }
                if !self.powered {
                    return Err(NO_POWER);
                }
                Ok(self.enqueue(ctx, Step::Home(asked)))
            }
            ("home", []) => {
                self.may_move(ctx, asked, false)?;
                Ok(self.enqueue(ctx, Step::Home(asked)))
            }
            (
                "movetosafe" | "movej" | "moveoneaxis" | "move" | "moveappro" | "pickplate" | "placeplate"
                | "gripper",
                _,
            ) => {
                self.may_move(ctx, asked, true)?;
                self.motion(ctx, asked, &word, arguments)
            }
            _ => match self.settings.answer(line) {
                Some(Ok(data)) => Ok(Some(data)),
                _ => Err(UNKNOWN),
            },
        }
    }

    fn motion(
        &mut self,
        ctx: &mut Ctx<'_>,
        asked: Asked,
        word: &str,
        arguments: &[&str],
    ) -> Result<Option<String>, Failure> {
        let numbers: Option<Vec<f64>> = arguments.iter().map(|text| text.parse().ok()).collect();
        let numbers = numbers.ok_or(UNKNOWN)?;
        let index = |at: usize| {
            arguments
                .get(at)
                .and_then(|text| text.parse::<u16>().ok())
                .ok_or(UNKNOWN)
        };
        let step = match (word, numbers.as_slice()) {
            ("movetosafe", []) => Step::Safe(asked),
            ("gripper", [kind]) if [1.0, 2.0].contains(kind) => Step::Gripper {
                open: *kind < 1.5,
                asked,
            },
            ("pickplate" | "placeplate", [_, ..]) => {
                let index = index(0)?;
                let pick = word == "pickplate";
                let to = self.location(index)?;
                let (nest, lid) = self.grasp(ctx, index).ok_or(NO_STATION)?;
                if pick && self.holds(ctx) {
                    return Err(WRONG_STATE);
                }
                Step::Reach {
                    pick,
                    lid,
                    nest,
                    index,
                    to,
                    asked,
                }
            }
            _ => {
                let (to, at, profile) = match (word, numbers.as_slice()) {
                    ("movej", [_, base, shoulder, elbow, wrist, gripper, more @ ..]) => {
                        let [.., rail] = self.planned;
                        let rail = more.first().copied().unwrap_or(rail);
                        let to = [*base, *shoulder, *elbow, *wrist, *gripper, rail];
                        (to, None, index(0)?)
                    }
                    ("moveoneaxis", [axis, position, _]) => {
                        let mut to = self.planned;
                        let joint = (0_u8..)
                            .zip(to.iter_mut())
                            .find(|(number, _)| (f64::from(*number) + 1.0 - axis).abs() < 0.1);
                        *joint.ok_or(UNKNOWN)?.1 = *position;
                        (to, None, index(2)?)
                    }
                    ("move", [_, _]) => (self.location(index(0)?)?, Some((index(0)?, true)), index(1)?),
                    ("moveappro", [_, _]) => (self.location(index(0)?)?, Some((index(0)?, false)), index(1)?),
                    _ => return Err(UNKNOWN),
                };
                if !within(&to) {
                    return Err(OUT_OF_RANGE);
                }
                let step = Step::Move { to, profile, at };
                self.enqueue(ctx, step);
                return Ok(Some("OK".to_owned()));
            }
        };
        Ok(self.enqueue(ctx, step))
    }
}
