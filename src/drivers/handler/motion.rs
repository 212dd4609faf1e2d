//! Actions as moves: pure planning from the state and the rig.

use super::axes::{Axis, State};
use super::board::Board;
use super::driver::{Fitted, Handler};
use super::geometry::{INTO_WASTE, carriage, lift, lift_position, plunger, pressed, tip_end, to_wall};
use super::leg::Leg;
use crate::devices::Failure;
use crate::drivers::failure::refused;
use crate::labware::Labware;
use crate::plan::{Action, Height, Site, Travel};
use crate::rig::{Mount, PipetteId, Point};
use crate::units::{Length, Speed, Volume};

/// A plunger is where it should be within this much.
pub(in crate::drivers) const PLUNGER_TOLERANCE: i64 = 20;
/// An axis is where it was sent within this much.
pub(in crate::drivers) const TOLERANCE: i64 = 50;
/// Nozzles go this near to the tips at full speed before they are pressed in.
const ABOVE_TIPS: Length = Length::um(2_000);
/// A tip enters and leaves a liquid at a speed of its own over this distance above the stroke's height.
const SUBMERGED: i64 = 3_000;
/// A dip begins with the tip's end this far above where it goes.
const ABOVE_DIP: i64 = 5_000;
/// Walls are touched with this speed, in mm/min.
const TOUCH_FEED: i64 = 1_200;
/// A tip is dipped with this speed, in mm/min.
const DIP_FEED: i64 = 1_200;
/// Heights below the travelling height at which a dip may end: the one that the lift does not stand at tells that the dip
/// took place.
const DIPPED: [i64; 3] = [4_000, 8_000, 12_000];

/// An irreversible action: how to get there, what cannot be taken back, and what is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::drivers) struct Stroke {
    pub(in crate::drivers) x: i64,
    pub(in crate::drivers) y: i64,
    pub(in crate::drivers) lift: Axis,
    pub(in crate::drivers) z: i64,
    /// Before anything else, with the tips raised: the plunger from its blow-out position back to the bottom.
    pub(in crate::drivers) reset: Option<Leg>,
    /// What cannot be taken back; it ends with the axis that tells at its target.
    pub(in crate::drivers) once: Vec<Leg>,
    /// Where the lift stands when that has happened and only the way up is left.
    pub(in crate::drivers) low: Option<i64>,
    /// The axis whose position tells whether that was carried out.
    pub(in crate::drivers) told_by: Axis,
    /// Where that axis comes to stand on the way to that, besides where it was.
    pub(in crate::drivers) waypoints: Vec<i64>,
    /// An axis that is found anew afterwards.
    pub(in crate::drivers) refind: Option<Axis>,
    /// Whether to rise afterwards.
    pub(in crate::drivers) rise: bool,
    /// How the tip enters and leaves the liquid.
    pub(in crate::drivers) travel: Travel,
}

impl Stroke {
    /// Whether that was not yet said when the axis that tells stands here; `from` is where it was.
    pub(super) fn not_begun(&self, from: i64, at: i64) -> bool {
        let near = |position: i64| (at - position).abs() <= PLUNGER_TOLERANCE;
        near(from) || self.waypoints.iter().any(|w| near(*w))
    }
}

/// Where the plunger is expected, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::drivers) struct PlungerMove {
    pub(super) axis: Axis,
    pub(super) expected: Expected,
    pub(super) target: i64,
}

/// What the plunger's position must be before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// At the position that holds what the plan says.
    At(i64),
    /// As without tips: homed, or where tips were dropped.
    NoTips {
        /// Where tips are dropped.
        drop: i64,
        /// This high and higher it is homed.
        homed: i64,
    },
    /// At the bottom, or below it where a blow-out left it.
    Empty {
        /// Where a tip holds nothing.
        bottom: i64,
        /// Where it stands after a blow-out.
        blow_out: i64,
    },
    /// Anywhere but where tips are dropped.
    Tips {
        /// Where tips are dropped.
        drop: i64,
    },
}

impl Expected {
    pub(super) fn holds(self, at: i64) -> bool {
        let near = |target: i64| (at - target).abs() <= PLUNGER_TOLERANCE;
        match self {
            Self::At(position) => near(position),
            Self::Empty { bottom, blow_out } => near(bottom) || near(blow_out),
            Self::NoTips { drop, homed } => near(drop) || at >= homed,
            Self::Tips { drop } => !near(drop),
        }
    }
}

impl<B: Board> Handler<B> {
    pub(super) fn fitted(&self, pipette: &PipetteId) -> Result<&Fitted, Failure> {
        self.pipettes
            .get(pipette)
            .ok_or_else(|| refused(format!("\"{}\" has no pipette \"{pipette}\"", self.id)))
    }

    pub(super) fn site(&self, at: &Site) -> Result<(Point, &Labware), Failure> {
        let place = self.places.get(&at.nest);
        let place =
            place.ok_or_else(|| refused(format!("the nest \"{}\" has no position on the deck", at.nest)))?;
        let labware = self.labware.get(at.labware.as_str());
        let labware = labware.ok_or_else(|| refused(format!("there is no labware \"{}\"", at.labware)))?;
        if !labware.has(at.well) {
            return Err(refused(format!("\"{}\" has no well {}", at.labware, at.well)));
        }
        Ok((*place, labware))
    }

    /// Which plunger an action moves, from where to where; `None` for actions without a plunger.
    pub(in crate::drivers) fn plunger_move(&self, action: &Action) -> Result<Option<PlungerMove>, Failure> {
        let at = |f: &Fitted, v: Volume| {
            f.plunger
                .position(v)
                .map(Length::get)
                .ok_or_else(|| refused(format!("{v} is outside the plunger table of {}", f.plunger.name)))
        };
        let (pipette, from, to) = match action {
            Action::PickUpTips { pipette, .. } | Action::DropTips { pipette, .. } => {
                let f = self.fitted(pipette)?;
                let drop = f.plunger.drop_um;
                let (expected, target) = if matches!(action, Action::DropTips { .. }) {
                    (Expected::Tips { drop }, drop)
                } else {
                    (
                        Expected::NoTips {
                            drop,
                            homed: f.plunger.homed_um,
                        },
                        f.plunger.bottom_um,
                    )
                };
                let axis = plunger(f.pipette.mount);
                return Ok(Some(PlungerMove {
                    axis,
                    expected,
                    target,
                }));
            }
            Action::BlowOut { pipette, .. } => {
                let f = self.fitted(pipette)?;
                let drop = f.plunger.drop_um;
                return Ok(Some(PlungerMove {
                    axis: plunger(f.pipette.mount),
                    expected: Expected::Tips { drop },
                    target: f.plunger.blow_out_um,
                }));
            }
            Action::Aspirate {
                pipette,
                volume,
                holding,
                ..
            }
            | Action::AirGap {
                pipette,
                volume,
                holding,
                ..
            } => (pipette, *holding, holding.plus(*volume)),
            Action::Dispense {
                pipette,
                volume,
                holding,
                ..
            } => (pipette, *holding, holding.minus(*volume)),
            _ => return Ok(None),
        };
        let f = self.fitted(pipette)?;
        if from.get() < 0 || to.get() < 0 || from == to {
            return Err(refused(format!("from {from} to {to} in a tip is no stroke")));
        }
        if from.max(to) > f.pipette.max_volume {
            let most = f.pipette.max_volume;
            return Err(refused(format!(
                "\"{pipette}\" holds at most {most}, not {}",
                from.max(to)
            )));
        }
        let expected = if from.get() == 0 {
            Expected::Empty {
                bottom: f.plunger.bottom_um,
                blow_out: f.plunger.blow_out_um,
            }
        } else {
            Expected::At(at(f, from)?)
        };
        Ok(Some(PlungerMove {
            axis: plunger(f.pipette.mount),
            expected,
            target: at(f, to)?,
        }))
    }

    /// The axis whose position tells whether an action took place; `None` for goals, which are safe to repeat.
    pub(super) fn told_by(&self, action: &Action) -> Result<Option<Axis>, Failure> {
        if let Action::Dip { pipette, .. } = action {
            return Ok(Some(lift(self.fitted(pipette)?.pipette.mount)));
        }
        Ok(self.plunger_move(action)?.map(|p| p.axis))
    }

    /// Where a dip leaves the lift that stands at `from`: a height that it does not pass on the way.
    pub(super) fn dip_target(&self, action: &Action, from: i64) -> Result<i64, Failure> {
        let Action::Dip { pipette, .. } = action else {
            return Err(refused(format!("{} is no dip", action.name())));
        };
        let safe = self.safe(self.fitted(pipette)?.pipette.mount);
        let hover = self.stroke(action, from, safe)?.z;
        let apart = |at: i64, other: i64| (at - other).abs() > 2 * TOLERANCE;
        DIPPED
            .iter()
            .map(|below| safe - below)
            .find(|at| apart(*at, from) && *at > hover + 2 * TOLERANCE)
            .ok_or_else(|| refused("the labware stands too high for a dip under the travelling height"))
    }

    /// How far the ends of the tips on a pipette are below its nozzles.
    fn reach(&self, f: &Fitted) -> Result<Length, Failure> {
        if let Some(reach) = f.rack.as_ref().and_then(|r| f.reach.get(r)) {
            return Ok(*reach);
        }
        let mut all = f.reach.values();
        let first = all.next();
        match first {
            Some(reach) if all.all(|r| r == reach) => Ok(*reach),
            Some(_) => Err(refused(format!(
                "it is not known which tips are on the {} mount, and its racks have tips of different length; \
                 drop them and pick up new ones",
                f.pipette.mount.name()
            ))),
            None => Err(refused(format!(
                "no tip rack of the pipette on the {} mount is known",
                f.pipette.mount.name()
            ))),
        }
    }

    /// The lines of an irreversible action; `from` is where the plunger stands.
    pub(super) fn stroke(&self, action: &Action, from: i64, target: i64) -> Result<Stroke, Failure> {
        let (pipette, at) = match action {
            Action::PickUpTips { pipette, at }
            | Action::DropTips { pipette, at }
            | Action::Aspirate { pipette, at, .. }
            | Action::Dispense { pipette, at, .. }
            | Action::AirGap { pipette, at, .. }
            | Action::TouchTip { pipette, at, .. }
            | Action::BlowOut { pipette, at, .. }
            | Action::Dip { pipette, at, .. } => (pipette, at),
            other => return Err(refused(format!("{} is no stroke", other.name()))),
        };
        let f = self.fitted(pipette)?;
        let mount = f.pipette.mount;
        let (up, axis) = (lift(mount), plunger(mount));
        let (place, labware) = self.site(at)?;
        let deck = self.deck(pipette, at)?;
        let (x, y) = carriage(&f.pipette, &place, labware, at.well, deck);
        let reaching = |height: Height| -> Result<i64, Failure> {
            let end = tip_end(&place, labware, height, deck);
            Ok(lift_position(&f.pipette, end, self.reach(f)?).get())
        };
        let plunge = self.plunger_moves(axis, from, target);
        let mut stroke = Stroke {
            x: x.plus(at.offset.x).get(),
            y: y.plus(at.offset.y).get(),
            lift: up,
            z: 0,
            reset: None,
            once: Vec::new(),
            low: None,
            told_by: axis,
            waypoints: Vec::new(),
            refind: None,
            rise: true,
            travel: Travel::default(),
        };
        let (bottom, blow_out) = (f.plunger.bottom_um, f.plunger.blow_out_um);
        let blown = (from - blow_out).abs() <= PLUNGER_TOLERANCE;
        let begins_empty = matches!(
            action,
            Action::Aspirate { .. } | Action::AirGap { .. } | Action::BlowOut { .. }
        );
        let mut plunge = plunge;
        if blown && begins_empty {
            stroke.reset = Some(Leg::through(self.plunger_moves(axis, from, bottom)));
            stroke.waypoints.push(bottom);
            plunge = self.plunger_moves(axis, bottom, target);
        }
        match action {
            Action::PickUpTips { .. } => {
                let tip = labware.tip;
                let tip = tip.ok_or_else(|| refused(format!("\"{}\" is no tip rack", at.labware)))?;
                let rim = place.z.plus(labware.geometry.height).plus(deck.z);
                stroke.z = lift_position(&f.pipette, rim.plus(ABOVE_TIPS), Length::default()).get();
                let low = pressed(&place, labware, tip.overlap, deck);
                let low = lift_position(&f.pipette, low, Length::default()).get();
                let press = Leg::at_feed(f.plunger.press_um_per_s * 60 / 1000, vec![(up, low)])
                    .current(f.plunger.press_current);
                let rise = Leg::to(vec![(up, self.safe(mount))]);
                stroke.low = Some(low);
                // Where the moves are not said at once, what tells moves first: until then nothing has happened.
                stroke.once = if B::AT_ONCE {
                    vec![press, rise, Leg::through(plunge)]
                } else {
                    vec![Leg::through(plunge), press, rise]
                };
                // Pressing may have cost steps that nobody noticed.
                stroke.refind = Some(up);
            }
            Action::DropTips { .. } => {
                let height = Height::FromTop(Length::default().minus(INTO_WASTE));
                stroke.z = reaching(height)?;
                let push = Leg::through(plunge).feed(f.plunger.drop_um_per_s * 60 / 1000);
                stroke.once = vec![push.current(f.plunger.drop_current)];
            }
            Action::Aspirate {
                flow,
                height,
                stay,
                travel,
                ..
            }
            | Action::Dispense {
                flow,
                height,
                stay,
                travel,
                ..
            } => {
                stroke.z = reaching(*height)?;
                stroke.once = vec![Leg::through(plunge).feed(i64::from(f.plunger.feed(*flow)))];
                stroke.rise = !*stay;
                stroke.travel = *travel;
            }
            Action::AirGap { flow, height, .. } => {
                let rim = tip_end(&place, labware, Height::FromTop(Length::default()), deck);
                if tip_end(&place, labware, *height, deck) < rim {
                    return Err(refused(format!(
                        "air is drawn with the tips' ends over the rim of {} {}, not below it",
                        at.nest, at.well
                    )));
                }
                stroke.z = reaching(*height)?;
                stroke.once = vec![Leg::through(plunge).feed(i64::from(f.plunger.feed(*flow)))];
            }
            Action::BlowOut { flow, height, .. } => {
                stroke.z = reaching(*height)?;
                stroke.once = vec![Leg::through(plunge).feed(i64::from(f.plunger.feed(*flow)))];
            }
            Action::TouchTip { height, .. } => stroke.z = reaching(*height)?,
            Action::Dip { height, .. } => {
                let low = reaching(*height)?;
                let safe = self.safe(mount);
                stroke.z = (low + ABOVE_DIP).min(safe);
                stroke.told_by = up;
                stroke.waypoints = vec![safe, stroke.z];
                stroke.low = Some(low);
                // Where the moves are not said at once, the lift does not stand where it stood before in between.
                stroke.once = if B::AT_ONCE {
                    let down_and_out = vec![vec![(up, low)], vec![(up, stroke.z)]];
                    let tells = Leg::to(vec![(up, target)]);
                    vec![Leg::through(down_and_out).feed(DIP_FEED), tells]
                } else {
                    vec![
                        Leg::at_feed(DIP_FEED, vec![(up, low)]),
                        Leg::at_feed(DIP_FEED, vec![(up, target)]),
                    ]
                };
                // The lift stays where it tells that the tip was dipped.
                stroke.rise = false;
            }
            _ => {}
        }
        Ok(stroke)
    }

    /// Position of a mount's axis at which the gantry may travel.
    pub(super) fn safe(&self, mount: Mount) -> i64 {
        self.safe_height.minus(self.nozzle_height(mount)).get()
    }

    /// Moves that bring both mounts to travelling height; empty when they are there.
    pub(super) fn rise(&self, state: &State) -> Vec<(Axis, i64)> {
        [Mount::Left, Mount::Right]
            .into_iter()
            .map(|mount| (lift(mount), self.safe(mount)))
            .filter(|(axis, safe)| state.at(*axis) < safe - TOLERANCE)
            .collect()
    }

    /// Lines from where the gantry is to over a site, down to a height: up, across, down. Over the same site already and
    /// with the other mount up, it goes straight to the height.
    pub(super) fn approach(&self, state: &State, stroke: &Stroke) -> Vec<Leg> {
        let near = |axis, target: i64| (state.at(axis) - target).abs() <= TOLERANCE;
        let mut out = Vec::new();
        let rise = self.rise(state);
        let only_own = rise.iter().all(|(axis, _)| *axis == stroke.lift);
        let mut height = state.at(stroke.lift);
        let there = near(Axis::X, stroke.x) && near(Axis::Y, stroke.y) && only_own;
        if !there || stroke.reset.is_some() {
            if let Some((_, up)) = rise.iter().find(|(axis, _)| *axis == stroke.lift) {
                height = *up;
            }
            if !rise.is_empty() {
                out.push(Leg::to(rise));
            }
            out.extend(stroke.reset.clone());
        }
        if !there {
            out.push(Leg::to(vec![(Axis::X, stroke.x), (Axis::Y, stroke.y)]));
        }
        let down = vec![(stroke.lift, stroke.z)];
        match stroke.travel.submerge {
            Some(speed) if height > stroke.z + TOLERANCE => {
                if height > stroke.z + SUBMERGED + TOLERANCE {
                    out.push(Leg::to(vec![(stroke.lift, stroke.z + SUBMERGED)]));
                }
                out.push(Leg::at_feed(feed(speed), down));
            }
            _ => out.push(Leg::to(down)),
        }
        out
    }

    /// The slow way out of the liquid, where the lift stands at `height`; `None` without one or when it is out.
    pub(super) fn retract(stroke: &Stroke, height: i64) -> Option<Leg> {
        let speed = stroke.travel.retract?;
        let out = stroke.z + SUBMERGED;
        (height < out - TOLERANCE).then(|| Leg::at_feed(feed(speed), vec![(stroke.lift, out)]))
    }

    /// The plunger's moves; upwards it may go too far and come back.
    fn plunger_moves(&self, axis: Axis, from: i64, target: i64) -> Vec<Vec<(Axis, i64)>> {
        let beyond = self.beyond(from, target);
        let mut moves = vec![vec![(axis, target)]];
        if beyond > 0 {
            moves.insert(0, vec![(axis, target + beyond)]);
        }
        moves
    }

    /// How far beyond its target a plunger goes on the way there, in um, against backlash.
    pub(super) fn beyond(&self, from: i64, target: i64) -> i64 {
        if target > from { self.board.backlash() } else { 0 }
    }

    /// From over a well's centre to its four walls, and back.
    pub(super) fn touches(&self, action: &Action, stroke: &Stroke) -> Result<Vec<Leg>, Failure> {
        let Action::TouchTip { pipette, at, .. } = action else {
            return Err(refused(format!("{} touches no wall", action.name())));
        };
        let (_, labware) = self.site(at)?;
        let Some((x, y)) = to_wall(labware, self.fitted(pipette)?.pipette.channels) else {
            return Err(refused(format!(
                "the wells of \"{}\" are too narrow for touching their walls",
                at.labware
            )));
        };
        let sides = [(x.get(), 0), (-x.get(), 0), (0, y.get()), (0, -y.get()), (0, 0)];
        let side = |(dx, dy)| vec![(Axis::X, stroke.x + dx), (Axis::Y, stroke.y + dy)];
        Ok(sides
            .into_iter()
            .map(|to| Leg::at_feed(TOUCH_FEED, side(to)))
            .collect())
    }
}

/// A speed as whole millimetres per minute; at least 1.
fn feed(speed: Speed) -> i64 {
    (speed.get() * 60 / 1000).max(1)
}
