//! The PreciseFlex plate mover under its text command server, on TCP: power, attaching, homing, stored locations, and the
//! macros that pick and place plates. Written from dossier 11 F. A location's index is the station number of a nest.
//!
//! A location of another index, at the same point as that of a nest and 5 to 40 mm above it, is that of the lid on the plate
//! there; a location of a lid nest is that of a lid.

mod commands;
mod kinematics;
mod settings;

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    work::Work,
};
use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{Ctx, Durations, Port},
    quantity::Seconds,
};
use kinematics::{FOLDED, Joints, Unreachable, between, joints_of, seconds, within};
use settings::{Place, Settings};
use std::collections::{BTreeMap, VecDeque};

/// An error: its code and words.
type Failure = (i32, &'static str);
const NOT_ATTACHED: Failure = (-1009, "No robot attached");
const OUT_OF_RANGE: Failure = (-1012, "Joint out-of-range");
const NOT_HOMED: Failure = (-1021, "Robot not homed");
const E_STOP: Failure = (-1028, "Hard E-STOP");
const NO_POWER: Failure = (-1046, "Power not enabled");
const TAKEN: Failure = (-1006, "Robot already attached");
const ATTACHED: Failure = (-1007, "Robot attached");
const TOO_CLOSE: Failure = (-1039, "Position too close");
const TOO_FAR: Failure = (-1040, "Position too far");
const HARD: Failure = (-3100, "Hard envelope error");
const SOFT: Failure = (-3122, "Soft envelope error");
const NO_STATION: Failure = (-2851, "Invalid station ID");
const WRONG_STATE: Failure = (-2852, "Invalid robot state");
/// Codes of ours: the dossier names none for these.
const HALTED: Failure = (-1600, "Power off requested");
const UNKNOWN: Failure = (-2800, "Unknown command or wrong argument");

/// What a macro takes beside its way: down and the gripper; and up again.
const GRIP_S: f64 = 2.0;
const RETREAT_S: f64 = 1.0;
/// How far above a plate's place its lid is gripped, in mm.
const LID_ABOVE: f64 = 5.0;
const LID_BELOW: f64 = 40.0;
/// Width of the gripper round a plate.
const ROUND_PLATE: f64 = 83.0;

/// One thing after the other.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Power(Asked),
    Home(Asked),
    Safe(Asked),
    Move {
        to: Joints,
        profile: u16,
        /// The location that it is, and whether it is the place itself or above it.
        at: Option<(u16, bool)>,
    },
    Gripper {
        open: bool,
        asked: Asked,
    },
    /// To a nest, to pick or to place there.
    Reach {
        pick: bool,
        /// At the height of a lid.
        lid: bool,
        nest: String,
        index: u16,
        to: Joints,
        asked: Asked,
    },
    /// Away from it.
    Retreat {
        asked: Asked,
        data: &'static str,
    },
    Wait(Asked),
}

impl Step {
    /// Who waits for its end.
    fn asked(&self) -> Option<Asked> {
        match self {
            Self::Move { .. } => None,
            Self::Power(asked)
            | Self::Home(asked)
            | Self::Safe(asked)
            | Self::Gripper { asked, .. }
            | Self::Reach { asked, .. }
            | Self::Retreat { asked, .. }
            | Self::Wait(asked) => Some(*asked),
        }
    }
}

/// The twin.
#[derive(Debug)]
pub(super) struct PreciseFlex {
    durations: Durations,
    settings: Settings,
    powered: bool,
    homed: bool,
    attached: Option<Port>,
    /// Where it is, or where its motion began; and where all that is queued brings it.
    joints: Joints,
    planned: Joints,
    at: Option<(u16, bool)>,
    /// The plate in the gripper, and the nest that it was taken from.
    held: Option<(String, String)>,
    /// The lid in the gripper: with its plate, and where it was taken off or up.
    held_lid: Option<(String, String, String)>,
    zones: Vec<String>,
    work: Work<Step>,
    queue: VecDeque<Step>,
    /// Lines of connections that wait for an answer.
    waiting: BTreeMap<Port, VecDeque<(Asked, String)>>,
}

impl PreciseFlex {
    /// Just switched on: folded, without power, not homed.
    pub(super) fn new(durations: Durations) -> Self {
        Self {
            durations,
            settings: Settings::default(),
            powered: false,
            homed: false,
            attached: None,
            joints: FOLDED,
            planned: FOLDED,
            at: None,
            held: None,
            held_lid: None,
            zones: Vec::new(),
            work: Work::none(),
            queue: VecDeque::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// Where the joints are now.
    fn now(&self, now: u64) -> Joints {
        let Some(running) = self.work.running() else {
            return self.joints;
        };
        let to = match &running.job {
            Step::Move { to, .. } | Step::Reach { to, .. } => to,
            Step::Safe(_) => &FOLDED,
            _ => return self.joints,
        };
        between(&self.joints, to, (running.since, running.until), now)
    }

    /// The nest that a location is of, and whether it is at the height of a lid there: a lid nest, or a location at the
    /// same point as a station's and above it.
    fn grasp(&self, ctx: &Ctx<'_>, index: u16) -> Option<(String, bool)> {
        if let Some((nest, kind)) = ctx.world.station(index) {
            return Some((nest, kind == "lid"));
        }
        let below = self.settings.below(index).into_iter();
        let mut below = below.filter(|(_, above)| (LID_ABOVE..LID_BELOW).contains(above));
        below.find_map(|(index, _)| {
            let (nest, kind) = ctx.world.station(index)?;
            (kind != "lid").then_some((nest, true))
        })
    }

    /// The zone in which the nest of a location lies.
    fn zone(&self, ctx: &Ctx<'_>, index: u16) -> Option<String> {
        let (nest, _) = self.grasp(ctx, index)?;
        ctx.world.zone_of(&nest)
    }

    /// Whether something is in the gripper; a hand may have taken a plate out.
    fn holds(&mut self, ctx: &Ctx<'_>) -> bool {
        let gone = |plate: &str| {
            let item = ctx.world.items.get(plate);
            item.is_none_or(|item| item.place != ctx.name)
        };
        self.held.take_if(|(plate, _)| gone(plate));
        self.held.is_some() || self.held_lid.is_some()
    }

    fn e_stop(ctx: &Ctx<'_>) -> bool {
        ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen)
    }

    /// Why it may not move for this connection, if it may not.
    fn may_move(&self, ctx: &Ctx<'_>, asked: Asked, homed: bool) -> Result<(), Failure> {
        if Self::e_stop(ctx) {
            Err(E_STOP)
        } else if self.attached != Some(asked.port()) {
            Err(NOT_ATTACHED)
        } else if !self.powered {
            Err(NO_POWER)
        } else if homed && !self.homed {
            Err(NOT_HOMED)
        } else {
            Ok(())
        }
    }

    /// Joints of a stored location.
    fn location(&self, index: u16) -> Result<Joints, Failure> {
        let (place, config) = self.settings.place(index).ok_or(NO_STATION)?;
        let joints = match place {
            Place::Angles(joints) => joints,
            Place::Xyz(pose) => {
                let [_, _, _, _, gripper, rail] = self.planned;
                joints_of(&pose, config, gripper, rail).map_err(|why| match why {
                    Unreachable::TooClose => TOO_CLOSE,
                    Unreachable::TooFar => TOO_FAR,
                })?
            }
        };
        if within(&joints) {
            Ok(joints)
        } else {
            Err(OUT_OF_RANGE)
        }
    }

    /// After all that is queued. Always nothing to say yet.
    fn enqueue(&mut self, ctx: &mut Ctx<'_>, step: Step) -> Option<String> {
        match &step {
            Step::Move { to, .. } | Step::Reach { to, .. } => self.planned = *to,
            Step::Safe(_) | Step::Home(_) => self.planned = FOLDED,
            _ => {}
        }
        if let Some(asked) = step.asked() {
            self.waiting.entry(asked.port()).or_default();
        }
        self.queue.push_back(step);
        self.begin(ctx);
        None
    }

    /// The next step begins, if none is under way.
    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        if self.work.now().is_some() {
            return;
        }
        let Some(step) = self.queue.pop_front() else {
            return;
        };
        let way = |to: &Joints, speed: f64| seconds(&self.joints, to, speed);
        let us = match &step {
            Step::Power(_) => self.durations.draw("power", Seconds(3.0)),
            Step::Home(_) => self.durations.draw("home", Seconds(20.0)),
            Step::Safe(_) => {
                let usual = way(&FOLDED, self.settings.speed(1)).max(0.1);
                self.durations.draw("park", Seconds(usual))
            }
            Step::Move { to, profile, .. } => {
                let usual = way(to, self.settings.speed(*profile)).max(0.01);
                self.durations.draw("move", Seconds(usual))
            }
            Step::Gripper { .. } => self.durations.draw("gripper", Seconds(0.8)),
            Step::Reach { pick, to, .. } => {
                let usual = Seconds(way(to, self.settings.speed(1)) + GRIP_S);
                let action = if *pick { "pick_plate" } else { "place_plate" };
                self.durations.draw(action, usual)
            }
            Step::Retreat { .. } => self.durations.draw("retreat", Seconds(RETREAT_S)),
            Step::Wait(_) => 1,
        };
        let index = match &step {
            Step::Move {
                at: Some((index, _)), ..
            }
            | Step::Reach { index, .. } => Some(*index),
            _ => None,
        };
        if let Some(zone) = index.and_then(|index| self.zone(ctx, index))
            && !self.zones.contains(&zone)
        {
            ctx.world.enter_zone(&zone, ctx.name, ctx.now);
            self.zones.push(zone);
        }
        self.work.begin(ctx, step, us);
    }

    /// It has come to a place: zones of other places are free.
    fn come_to(&mut self, ctx: &mut Ctx<'_>, at: Option<(u16, bool)>) {
        self.at = at;
        let here = at.and_then(|(index, _)| self.zone(ctx, index));
        let (stays, left): (Vec<String>, Vec<String>) = std::mem::take(&mut self.zones)
            .into_iter()
            .partition(|zone| Some(zone) == here.as_ref());
        self.zones = stays;
        for zone in left {
            ctx.world.leave_zone(&zone, ctx.name, ctx.now);
        }
    }

    /// All motion ends where it is; who waits for it hears why.
    fn fail(&mut self, ctx: &mut Ctx<'_>, (code, text): Failure) {
        self.joints = self.now(ctx.now);
        let running = self.work.cut_short().map(|running| running.job);
        for step in running.into_iter().chain(std::mem::take(&mut self.queue)) {
            if let Some(asked) = step.asked() {
                self.answer(ctx, asked, format!("{code} {text}"));
            }
        }
        self.planned = self.joints;
    }

    /// Answers who waited, and takes up what came meanwhile.
    fn answer(&mut self, ctx: &mut Ctx<'_>, asked: Asked, answer: String) {
        asked.answer(ctx, format!("{answer}\r\n"));
        let waiting = self.waiting.remove(&asked.port()).unwrap_or_default();
        for (asked, line) in waiting {
            self.request(ctx, asked, &line);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, step: Step) -> Result<&'static str, Failure> {
        let moves = matches!(
            step,
            Step::Move { .. } | Step::Reach { .. } | Step::Home(_) | Step::Safe(_)
        );
        if moves && Self::e_stop(ctx) {
            self.powered = false;
            return Err(E_STOP);
        }
        if moves && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            self.powered = false;
            return Err(HARD);
        }
        match step {
            Step::Power(_) => self.powered = true,
            Step::Home(_) => {
                self.homed = true;
                self.joints = FOLDED;
                self.come_to(ctx, None);
            }
            Step::Safe(_) => {
                self.joints = FOLDED;
                self.come_to(ctx, None);
            }
            Step::Move { to, at, .. } => {
                self.joints = to;
                self.come_to(ctx, at);
            }
            Step::Gripper { open, .. } => self.gripper(ctx, open),
            Step::Reach {
                pick,
                lid,
                nest,
                index,
                to,
                asked,
            } => {
                self.joints = to;
                self.come_to(ctx, Some((index, false)));
                let data = match (pick, lid) {
                    (true, true) => self.pick_lid(ctx, &nest),
                    (true, false) => self.pick(ctx, &nest),
                    (false, lid) => self.place(ctx, &nest, lid)?,
                };
                self.queue.push_front(Step::Retreat { asked, data });
                return Ok("");
            }
            Step::Retreat { data, .. } => return Ok(data),
            Step::Wait(_) => {}
        }
        Ok("OK")
    }

    fn open_to(&mut self, width: f64) {
        let [_, _, _, _, gripper, _] = &mut self.joints;
        *gripper = width;
        let [_, _, _, _, gripper, _] = &mut self.planned;
        *gripper = width;
    }

    /// Grips what is in a nest: whether there was anything.
    fn pick(&mut self, ctx: &mut Ctx<'_>, nest: &str) -> &'static str {
        let gripped = ctx.world.grip_plate(ctx.name, nest, ctx.now);
        self.held = gripped.map(|plate| (plate, nest.to_owned()));
        if self.held.is_some() {
            self.open_to(ROUND_PLATE);
            "-1"
        } else {
            self.open_to(self.settings.width(false));
            "0"
        }
    }

    /// Grips the lid at a nest: whether there was one.
    fn pick_lid(&mut self, ctx: &mut Ctx<'_>, nest: &str) -> &'static str {
        let (name, now) = (ctx.name, ctx.now);
        let taken = if ctx
            .world
            .rig
            .nests
            .get(nest)
            .is_some_and(|nest| nest.kind == "lid")
        {
            let lid = ctx.world.grip_lid_in(name, nest, now);
            lid.map(|lid| (lid.clone(), lid))
        } else {
            let gripped = ctx.world.grip_lid_of(name, nest, now);
            gripped.map(|(plate, lid)| (lid, plate))
        };
        self.held_lid = taken.map(|(lid, plate)| (lid, plate, nest.to_owned()));
        if self.held_lid.is_some() {
            self.open_to(ROUND_PLATE);
            "-1"
        } else {
            self.open_to(self.settings.width(false));
            "0"
        }
    }

    /// Lays down what is held; where that cannot be, it stays in the gripper.
    fn place(&mut self, ctx: &mut Ctx<'_>, nest: &str, lid: bool) -> Result<&'static str, Failure> {
        let holds = self.holds(ctx);
        if holds && lid != self.held_lid.is_some() {
            // It comes down at the wrong height.
            return Err(SOFT);
        }
        if let Some(held) = self.held_lid.take() {
            let stuck = ctx.world.troubles.strikes(ctx.name, Trouble::GripStuck);
            self.held_lid = if stuck {
                Some(held)
            } else {
                lay_lid(ctx, held, nest)
            };
            if self.held_lid.is_some() {
                return Err(SOFT);
            }
        }
        if holds && let Some((plate, from)) = self.held.take() {
            let stuck = ctx.world.troubles.strikes(ctx.name, Trouble::GripStuck);
            if stuck || !ctx.world.lay_plate(ctx.name, &plate, &from, nest, ctx.now) {
                self.held = Some((plate, from));
                return Err(SOFT);
            }
        }
        self.open_to(self.settings.width(true));
        Ok("OK")
    }

    /// The fingers alone, wherever the arm is.
    fn gripper(&mut self, ctx: &mut Ctx<'_>, open: bool) {
        let here = self.at.filter(|(_, exact)| *exact);
        let here = here.and_then(|(index, _)| self.grasp(ctx, index));
        if let Some(held) = self.held_lid.take_if(|_| open) {
            let lid_nest = here
                .as_ref()
                .filter(|(_, lid)| *lid)
                .map(|(nest, _)| nest.clone());
            let left = match lid_nest {
                Some(nest) => lay_lid(ctx, held, &nest),
                None => Some(held),
            };
            if let Some((lid, _, from)) = left {
                let text = format!("{} lets the lid of {lid} fall", ctx.name);
                ctx.world
                    .violate(ctx.now, ctx.name, &from, Hazard::DropsPlate, text);
            }
            return self.open_to(self.settings.width(true));
        }
        let nest = here.filter(|(_, lid)| !lid).map(|(nest, _)| nest);
        if open {
            if self.holds(ctx)
                && let Some((plate, from)) = self.held.take()
            {
                let laid =
                    nest.is_some_and(|nest| ctx.world.lay_plate(ctx.name, &plate, &from, &nest, ctx.now));
                if !laid {
                    ctx.world.drop_plate(ctx.name, &plate, ctx.now);
                }
            }
            self.open_to(self.settings.width(true));
        } else if !self.holds(ctx) {
            let there = nest.filter(|nest| ctx.world.at(nest).is_some());
            match there {
                Some(nest) => {
                    self.pick(ctx, &nest);
                }
                None => self.open_to(self.settings.width(false)),
            }
        }
    }
}

/// Lays a lid down at a nest, onto the plate there or into a lid nest: what is still held then.
fn lay_lid(
    ctx: &mut Ctx<'_>,
    (lid, plate, from): (String, String, String),
    nest: &str,
) -> Option<(String, String, String)> {
    let (name, now) = (ctx.name, ctx.now);
    let laid = if ctx
        .world
        .rig
        .nests
        .get(nest)
        .is_some_and(|nest| nest.kind == "lid")
    {
        ctx.world.lay_lid_in(name, lid, &plate, &from, nest, now)
    } else {
        ctx.world.lay_lid_on(name, lid, &from, nest, now)
    };
    laid.err().map(|lid| (lid, plate, from))
}

impl Dialogue for PreciseFlex {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        // One command at a time on each connection.
        if let Some(waiting) = self.waiting.get_mut(&asked.port()) {
            waiting.push_back((asked, request.to_owned()));
            return;
        }
        let line = request.trim();
        if line.is_empty() {
            return;
        }
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("-{code} refused\r\n"));
        }
        match self.command(ctx, asked, line) {
            Ok(Some(data)) => asked.answer(ctx, format!("0 {data}\r\n")),
            Ok(None) => {}
            Err((code, text)) => asked.answer(ctx, format!("{code} {text}\r\n")),
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(ended) = self.work.ended(ctx.now) else {
            return;
        };
        let asked = ended.job.asked();
        let reached = matches!(ended.job, Step::Reach { .. });
        match (self.finish(ctx, ended.job), asked) {
            (Ok(data), Some(asked)) if !reached => self.answer(ctx, asked, format!("0 {data}")),
            (Ok(_), _) => {}
            (Err(failure), asked) => {
                let (code, text) = failure;
                self.fail(ctx, failure);
                if let Some(asked) = asked {
                    self.answer(ctx, asked, format!("{code} {text}"));
                }
            }
        }
        self.begin(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// The arm stops where it is, in its zone, with what it holds; it must be powered, attached and homed.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.joints = self.now(ctx.now);
        self.planned = self.joints;
        self.work.cut_short();
        self.queue.clear();
        self.waiting.clear();
        self.settings = Settings::default();
        self.powered = false;
        self.homed = false;
        self.attached = None;
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }

    fn closed(&mut self, port: Port) {
        self.attached.take_if(|attached| *attached == port);
        self.waiting.remove(&port);
    }
}
