//! A liquid handler's moving parts: where its axes truly are, what its nozzles hold, and what happens
//! when an axis comes to rest. Knows no G-code.

use super::{plunger::Plunger, site::Site, state::World, tips::Tip};
use crate::hazard::Hazard;
use crate::{ledger::Event, num};
use std::{collections::BTreeMap, sync::Arc};

/// An axis of the gantry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Axis {
    X,
    Y,
    Z,
    A,
    B,
    C,
}

impl Axis {
    /// All axes in the board's order.
    pub(crate) const ALL: [Self; 6] = [Self::X, Self::Y, Self::Z, Self::A, Self::B, Self::C];

    /// The axis of a letter.
    pub(crate) fn of(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|axis| axis.letter() == letter)
    }

    /// The board's letter.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::X => 'X',
            Self::Y => 'Y',
            Self::Z => 'Z',
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
        }
    }
}

/// A value per axis, in millimetres unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Axes {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) c: f64,
}

impl Axes {
    /// The value of one axis.
    pub(crate) fn get(&self, axis: Axis) -> f64 {
        match axis {
            Axis::X => self.x,
            Axis::Y => self.y,
            Axis::Z => self.z,
            Axis::A => self.a,
            Axis::B => self.b,
            Axis::C => self.c,
        }
    }

    /// Sets one axis.
    pub(crate) fn set(&mut self, axis: Axis, value: f64) {
        *match axis {
            Axis::X => &mut self.x,
            Axis::Y => &mut self.y,
            Axis::Z => &mut self.z,
            Axis::A => &mut self.a,
            Axis::B => &mut self.b,
            Axis::C => &mut self.c,
        } = value;
    }

    /// The same law for every axis.
    pub(crate) fn from_fn(mut law: impl FnMut(Axis) -> f64) -> Self {
        let mut axes = Self::default();
        for axis in Axis::ALL {
            axes.set(axis, law(axis));
        }
        axes
    }
}

/// Side of the carriage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mount {
    Left,
    Right,
}

impl Mount {
    /// The axis that lifts it.
    pub(crate) fn lift(self) -> Axis {
        match self {
            Self::Left => Axis::Z,
            Self::Right => Axis::A,
        }
    }

    /// The axis of its plunger.
    pub(crate) fn plunger(self) -> Axis {
        match self {
            Self::Left => Axis::B,
            Self::Right => Axis::C,
        }
    }

    /// As the rig file calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The mount of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Left, Self::Right]
            .into_iter()
            .find(|mount| mount.name() == name)
    }
}

/// What is mounted.
#[derive(Clone, Debug)]
pub(crate) struct MountSpec {
    pub(crate) model: String,
    pub(crate) channels: usize,
    /// Nozzle of channel 1 relative to the carriage, with the lift at 0.
    pub(crate) nozzle: Axes,
    /// How far the slender nozzles reach below the body, in mm.
    pub(crate) slender_mm: f64,
    pub(crate) tip_racks: Vec<String>,
    /// None of a probe.
    pub(crate) plunger: Option<Arc<Plunger>>,
    /// Coefficient of variation that the rig declares of a stroke; 0 of a probe.
    pub(crate) random_error: f64,
    /// By how much each channel truly delivers more than it should, as a share; nothing where there is no value.
    pub(crate) off: Vec<f64>,
    /// A tip that is never taken off: the fixed probe.
    pub(crate) probe: Option<Tip>,
    /// Tips that are never taken off and draw nothing: pins, from channel 1 on.
    pub(crate) pins: Vec<Tip>,
}

/// What the rig file says of a gantry.
#[derive(Clone, Debug)]
pub(crate) struct GantrySpec {
    pub(crate) zone: Option<String>,
    pub(crate) park: Axes,
    pub(crate) mounts: BTreeMap<Mount, MountSpec>,
}

/// A gantry.
#[derive(Debug)]
pub(crate) struct Gantry {
    pub(crate) spec: GantrySpec,
    /// Where it truly is.
    pub(crate) at: Axes,
    /// Tips on the nozzles, channel by channel.
    pub(crate) tips: BTreeMap<Mount, Vec<Option<Tip>>>,
}

/// How far from the park position, in mm, still counts as parked.
const PARK_TOLERANCE: f64 = 1.0;
/// Lifts at least this high, in mm, count as up.
const LIFTED: f64 = 200.0;
/// Steps in mm of the look along a path.
const PATH_STEP: f64 = 5.0;

impl Gantry {
    /// A gantry at its park position with lifts and plungers up.
    pub(crate) fn new(spec: GantrySpec) -> Self {
        let at = Axes {
            z: 218.0,
            a: 218.0,
            b: 2.0,
            c: 2.0,
            ..spec.park
        };
        let tips = spec
            .mounts
            .iter()
            .map(|(mount, spec)| {
                let pins: Vec<Option<Tip>> = spec.pins.iter().cloned().map(Some).collect();
                let none = vec![spec.probe.clone(); spec.channels];
                (*mount, if pins.is_empty() { none } else { pins })
            })
            .collect();
        Self { spec, at, tips }
    }

    /// Whether a body at `axes` is clear of its zone.
    pub(crate) fn parked(&self, axes: &Axes) -> bool {
        (axes.x - self.spec.park.x).abs() <= PARK_TOLERANCE
            && (axes.y - self.spec.park.y).abs() <= PARK_TOLERANCE
            && Self::lifted(axes)
    }

    /// Whether both lifts are up.
    pub(crate) fn lifted(axes: &Axes) -> bool {
        axes.z >= LIFTED && axes.a >= LIFTED
    }
}

impl World {
    /// Motion towards `to` begins: the gantry leaves its park position, if that is where it goes from.
    pub(crate) fn gantry_departs(&mut self, handler: &str, to: &Axes, now: u64) {
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        if let Some(zone) = gantry.spec.zone.clone()
            && !(gantry.parked(to) && gantry.parked(&gantry.at))
        {
            self.enter_zone(&zone, handler, now);
        }
    }

    /// The axes came to rest at `to` (a whole move, or as far as an interruption let them).
    pub(crate) fn gantry_arrives(&mut self, handler: &str, to: &Axes, now: u64) {
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let from = gantry.at;
        let mounts: Vec<Mount> = gantry.spec.mounts.keys().copied().collect();
        let sideways = (from.x - to.x).abs() > 1e-9 || (from.y - to.y).abs() > 1e-9;
        let tallest = if sideways { self.tallest() } else { 0.0 };
        for mount in &mounts {
            let way = to.get(mount.lift()) - from.get(mount.lift());
            if sideways || way > 1e-9 {
                self.pins_rise(handler, *mount, now);
                self.judge_all_pending(handler, *mount, now);
            }
            if sideways || way.abs() > 1e-9 {
                self.judge_fills(handler, *mount, now);
            }
        }
        if sideways {
            self.check_path(handler, (&from, to), tallest, now);
        }
        if let Some(gantry) = self.gantries.get_mut(handler) {
            gantry.at = Axes {
                b: from.b,
                c: from.c,
                ..*to
            };
        }
        if sideways {
            for mount in &mounts {
                self.touch_wall(handler, *mount, &from, tallest, now);
            }
        }
        for mount in &mounts {
            let lift = mount.lift();
            if to.get(lift) < from.get(lift) - 1e-9 {
                self.descended(handler, *mount, now);
            }
        }
        for mount in &mounts {
            let axis = mount.plunger();
            let (from_um, to_um) = (
                num::round_i64(from.get(axis) * 1000.0),
                num::round_i64(to.get(axis) * 1000.0),
            );
            if let Some(gantry) = self.gantries.get_mut(handler) {
                gantry.at.set(axis, to.get(axis));
            }
            if from_um != to_um {
                self.stroke(handler, *mount, from_um, to_um, now);
            }
        }
        if let Some(gantry) = self.gantries.get(handler)
            && gantry.parked(&gantry.at)
            && let Some(zone) = gantry.spec.zone.clone()
        {
            self.leave_zone(&zone, handler, now);
        }
    }

    /// Height in mm of each channel's lowest point over the nominal deck, with its place in the plane.
    pub(crate) fn channels(&self, handler: &str, mount: Mount, at: &Axes) -> Vec<(f64, f64, f64)> {
        let Some(gantry) = self.gantries.get(handler) else {
            return Vec::new();
        };
        let (Some(spec), Some(tips)) = (gantry.spec.mounts.get(&mount), gantry.tips.get(&mount)) else {
            return Vec::new();
        };
        // From the back left, column by column; more than one column of 8 only on a head for a whole plate.
        tips.iter()
            .enumerate()
            .map(|(channel, tip)| {
                let below = tip.as_ref().map_or(0.0, |tip| tip.below_mm);
                (
                    at.x + spec.nozzle.x + 9.0 * num::count(channel / 8),
                    at.y + spec.nozzle.y - 9.0 * num::count(channel % 8),
                    at.get(mount.lift()) + spec.nozzle.z - below,
                )
            })
            .collect()
    }

    /// After a sideways move within a well: whether the tips came to its wall.
    fn touch_wall(&mut self, handler: &str, mount: Mount, from: &Axes, tallest: f64, now: u64) {
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let at = gantry.at;
        // Over everything on the deck there is no wall.
        let now_at = self.channels(handler, mount, &at);
        if now_at.iter().all(|(_, _, low)| *low >= tallest) {
            return;
        }
        let tips: Vec<Option<String>> = gantry.tips.get(&mount).map_or_else(Vec::new, |tips| {
            tips.iter()
                .map(|tip| tip.as_ref().map(|tip| tip.id.clone()))
                .collect()
        });
        let starts = self.channels(handler, mount, from);
        let mut first = None;
        let mut touching = Vec::new();
        for (((x, y, low), (from_x, from_y, _)), tip) in now_at.into_iter().zip(starts).zip(tips) {
            let (Some(site), Some(start), Some(tip)) = (self.site(x, y), self.site(from_x, from_y), tip)
            else {
                continue;
            };
            let in_well = site.kind.wet();
            if in_well && low < site.top_mm && start.same_well(&site) && site.at_wall() {
                touching.push(tip);
                first.get_or_insert((site, low));
            }
        }
        let Some((site, low)) = first else { return };
        let event = Event::Touch {
            instrument: handler.to_owned(),
            mount: mount.name().to_owned(),
            place: site.place.clone(),
            plate: site.item.clone(),
            well: site.well_name.clone(),
            x_um: num::round_i64(site.x_mm * 1000.0),
            y_um: num::round_i64(site.y_mm * 1000.0),
            below_top_um: num::round_i64((site.top_mm - low) * 1000.0),
            tips: touching,
        };
        self.record(now, event);
    }

    /// A sideways move must clear everything on its way, except within a well.
    fn check_path(&mut self, handler: &str, (from, to): (&Axes, &Axes), tallest: f64, now: u64) {
        let steps = (((to.x - from.x).hypot(to.y - from.y)) / PATH_STEP)
            .ceil()
            .max(1.0);
        for mount in [Mount::Left, Mount::Right] {
            // The lower of both heights: the order of axes within one move is not resolved further.
            let lift = from.get(mount.lift()).min(to.get(mount.lift()));
            let mut at = *from;
            at.set(mount.lift(), lift);
            if self
                .channels(handler, mount, &at)
                .iter()
                .all(|(_, _, low)| *low >= tallest)
            {
                continue;
            }
            let starts: Vec<Option<Site>> = self
                .channels(handler, mount, &at)
                .into_iter()
                .map(|(x, y, _)| self.site(x, y))
                .collect();
            let count = num::round_u64(steps);
            for step in 0..=count {
                let part = step as f64 / steps;
                at.x = from.x + (to.x - from.x) * part;
                at.y = from.y + (to.y - from.y) * part;
                let clash = self
                    .channels(handler, mount, &at)
                    .into_iter()
                    .zip(&starts)
                    .find_map(|((x, y, low), start)| {
                        let site = self.site(x, y)?;
                        if low >= site.top_mm || site.free_to_move() {
                            return None;
                        }
                        // Within the well that it is in, a tip may go as far as the wall.
                        let within =
                            !site.lidded && start.as_ref().is_some_and(|start| start.same_well(&site));
                        let bends = within && site.bends(low);
                        (!within || bends).then_some((site, bends))
                    });
                if let Some((site, true)) = clash {
                    let text = format!(
                        "a tip of the {} mount bends at the wall of {} of {}",
                        mount.name(),
                        site.well_name,
                        site.item
                    );
                    self.violate(now, handler, &site.place, Hazard::TipAgainstWall, text);
                    break;
                }
                if let Some((site, false)) = clash {
                    let text = format!(
                        "{} mount moves sideways into {}, which stands {:.1} mm high",
                        mount.name(),
                        site.item,
                        site.top_mm
                    );
                    self.violate(now, handler, &site.place, Hazard::SidewaysCollision, text);
                    break;
                }
            }
        }
    }
}
