//! The plate mover: an arm behind a PLC that carries plates and lids between numbered stations.

use super::{Ctx, mechanics::Durations, modbus::Bank, profile_device::Machine};
use crate::{fault::Trouble, quantity::Seconds, world::Taken};

/// Parts of a carrying command's duration, in percent, at which the arm grips and lays down.
const GRIP_AT: u64 = 40;
const LAY_AT: u64 = 90;
/// Lowest useful height of a grip in mm.
const LEAST_GRIP: f64 = 1.0;

/// What the arm is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Job {
    Home,
    Carry {
        from: String,
        to: String,
    },
    TakeLid {
        from: String,
        to: String,
    },
    LayLid {
        from: String,
        to: String,
    },
    /// Sets down the plate that it holds.
    SetDown {
        to: String,
    },
    /// Refused at once, with this result.
    Refuse(&'static str),
}

/// The machine behind the mover's registers.
#[derive(Debug)]
pub(crate) struct Mover {
    durations: Durations,
    homed: bool,
    at_rest: bool,
    occupied_alarm: bool,
    job: Option<Job>,
    /// In the gripper, and the place it was taken from.
    held: Option<(Taken, String)>,
    zones: Vec<String>,
}

impl Mover {
    /// An arm that was just switched on, folded, not homed.
    pub(crate) fn new(durations: Durations) -> Self {
        Self {
            durations,
            homed: false,
            at_rest: true,
            occupied_alarm: false,
            job: None,
            held: None,
            zones: Vec::new(),
        }
    }

    fn plan(&self, ctx: &Ctx<'_>, bank: &Bank, command: &str) -> Job {
        if command == "home" {
            return Job::Home;
        }
        if !self.homed {
            return Job::Refuse("not_homed");
        }
        let station = |register: &str| ctx.world.station(bank.word(register));
        if command == "set_down" {
            return match (&self.held, station("to_station")) {
                (Some((Taken::Plate(_), _)), Some((to, kind))) if kind != "lid" => Job::SetDown { to },
                (Some(_), _) => Job::Refuse("bad_station"),
                (None, _) => Job::Refuse("nothing_gripped"),
            };
        }
        if self.held.is_some() {
            return Job::Refuse("grip_lost");
        }
        let (Some((from, from_kind)), Some((to, to_kind))) = (station("from_station"), station("to_station"))
        else {
            return Job::Refuse("bad_station");
        };
        let lid = |kind: &str| kind == "lid";
        match command {
            "move_plate" if !lid(&from_kind) && !lid(&to_kind) && from != to => {
                let tallest = ctx
                    .world
                    .at(&from)
                    .and_then(|item| ctx.world.definition(item))
                    .map_or(f64::INFINITY, |l| l.height.0);
                let grip = bank.number("grip_height");
                if grip < LEAST_GRIP || grip > tallest {
                    Job::Refuse("nothing_gripped")
                } else {
                    Job::Carry { from, to }
                }
            }
            "remove_lid" if !lid(&from_kind) && lid(&to_kind) => Job::TakeLid { from, to },
            "replace_lid" if lid(&from_kind) && !lid(&to_kind) => Job::LayLid { from, to },
            _ => Job::Refuse("bad_station"),
        }
    }

    fn fold(&mut self, ctx: &mut Ctx<'_>) {
        self.at_rest = true;
        for zone in std::mem::take(&mut self.zones) {
            ctx.world.leave_zone(&zone, ctx.name, ctx.now);
        }
    }

    /// Takes up what the job is about. False: nothing was there.
    fn grip(&mut self, ctx: &mut Ctx<'_>, job: &Job) -> bool {
        let (now, name) = (ctx.now, ctx.name);
        self.held = match job {
            Job::Carry { from, .. } => ctx
                .world
                .grip_plate(name, from, now)
                .map(|plate| (Taken::Plate(plate), from.clone())),
            Job::TakeLid { from, .. } => ctx
                .world
                .grip_lid_of(name, from, now)
                .map(|(_, lid)| (Taken::Lid(lid), from.clone())),
            Job::LayLid { from, .. } => ctx
                .world
                .grip_lid_in(name, from, now)
                .map(|lid| (Taken::Lid(lid), from.clone())),
            Job::Home | Job::SetDown { .. } | Job::Refuse(_) => return true,
        };
        self.held.is_some()
    }

    /// Lays down what is held; where that cannot be, carries it back. False: it was carried back.
    fn lay(&mut self, ctx: &mut Ctx<'_>, job: &Job) -> bool {
        let (now, name) = (ctx.now, ctx.name);
        let Some((held, origin)) = self.held.take() else {
            return true;
        };
        match (job, held) {
            (Job::Carry { from, to }, Taken::Plate(plate)) => {
                if ctx.world.lay_plate(name, &plate, from, to, now) {
                    return true;
                }
                if !ctx.world.lay_plate(name, &plate, name, from, now) {
                    self.held = Some((Taken::Plate(plate), origin));
                }
                false
            }
            (Job::TakeLid { from, to }, Taken::Lid(lid)) => {
                let plate = ctx
                    .world
                    .at(from)
                    .map_or_else(|| lid.clone(), |item| item.name.clone());
                match ctx.world.lay_lid_in(name, lid, &plate, from, to, now) {
                    Ok(()) => true,
                    Err(lid) => {
                        self.held = ctx
                            .world
                            .lay_lid_on(name, lid, to, from, now)
                            .err()
                            .map(|lid| (Taken::Lid(lid), origin));
                        false
                    }
                }
            }
            (Job::LayLid { from, to }, Taken::Lid(lid)) => {
                match ctx.world.lay_lid_on(name, lid, from, to, now) {
                    Ok(()) => true,
                    Err(lid) => {
                        let plate = lid.clone();
                        self.held = ctx
                            .world
                            .lay_lid_in(name, lid, &plate, to, from, now)
                            .err()
                            .map(|lid| (Taken::Lid(lid), origin));
                        false
                    }
                }
            }
            (Job::SetDown { to }, Taken::Plate(plate)) => {
                let laid = ctx.world.lay_plate(name, &plate, name, to, now);
                if !laid {
                    self.held = Some((Taken::Plate(plate), origin));
                }
                laid
            }
            (_, held) => {
                self.held = Some((held, origin));
                true
            }
        }
    }
}

impl Machine for Mover {
    fn start(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, command: &str, _sequence: u16) -> Vec<u64> {
        // A hand may have taken the plate out of the gripper.
        let taken = |held: &(Taken, String)| match &held.0 {
            Taken::Plate(plate) => ctx
                .world
                .items
                .get(plate)
                .is_none_or(|item| item.place != ctx.name),
            Taken::Lid(_) => false,
        };
        if self.held.as_ref().is_some_and(taken) {
            self.held = None;
        }
        let job = self.plan(ctx, bank, command);
        self.occupied_alarm = false;
        let stages = match &job {
            Job::Refuse(_) => vec![100_000],
            Job::Home => {
                self.at_rest = false;
                vec![self.durations.draw("home", Seconds(30.0))]
            }
            Job::Carry { to, .. }
            | Job::TakeLid { to, .. }
            | Job::LayLid { to, .. }
            | Job::SetDown { to } => {
                self.at_rest = false;
                let usual = if command == "move_plate" { 15.0 } else { 12.0 };
                let us = self.durations.draw(command, Seconds(usual));
                let from = match &job {
                    Job::Carry { from, .. } | Job::TakeLid { from, .. } | Job::LayLid { from, .. } => {
                        Some(from)
                    }
                    _ => None,
                };
                let zones: Vec<String> = from
                    .into_iter()
                    .chain([to])
                    .filter_map(|place| ctx.world.zone_of(place))
                    .collect();
                for zone in zones {
                    if !self.zones.contains(&zone) {
                        ctx.world.enter_zone(&zone, ctx.name, ctx.now);
                        self.zones.push(zone);
                    }
                }
                vec![
                    us.saturating_mul(GRIP_AT) / 100,
                    us.saturating_mul(LAY_AT) / 100,
                    us,
                ]
            }
        };
        self.job = Some(job);
        stages
    }

    fn stage(&mut self, ctx: &mut Ctx<'_>, _bank: &mut Bank, index: usize) -> Option<&'static str> {
        let job = self.job.take()?;
        let result = match (&job, index) {
            (Job::Refuse(result), _) => return Some(result),
            (Job::Home, _) => {
                self.homed = true;
                Some("ok")
            }
            (_, 0) => (!self.grip(ctx, &job)).then_some("nothing_gripped"),
            (_, 1) if ctx.world.troubles.strikes(ctx.name, Trouble::GripStuck) => Some("grip_lost"),
            (_, 1) => {
                let laid = self.lay(ctx, &job);
                self.occupied_alarm = !laid;
                (!laid).then_some("station_occupied")
            }
            _ => Some("ok"),
        };
        if result.is_some() {
            self.fold(ctx);
        } else {
            self.job = Some(job);
        }
        result
    }

    fn refresh(&self, ctx: &Ctx<'_>, bank: &mut Bank) {
        let lid = matches!(self.held, Some((Taken::Lid(_), _)));
        let holds = lid || ctx.world.at(ctx.name).is_some();
        bank.set("holds_plate", f64::from(u8::from(holds)));
        bank.set("at_rest", f64::from(u8::from(self.at_rest)));
        bank.set_bit("alarms", "station_occupied", self.occupied_alarm);
    }

    fn rest_state(&self) -> &'static str {
        if self.homed { "idle" } else { "not_homed" }
    }

    /// It folds with what it holds, as after any other failure.
    fn jams(&mut self, ctx: &mut Ctx<'_>) -> &'static str {
        self.job = None;
        self.fold(ctx);
        "grip_lost"
    }

    /// The arm stops where it is, in its zone, with what it holds; it must be homed.
    fn stop(&mut self, _ctx: &mut Ctx<'_>) {
        self.job = None;
        self.homed = false;
    }

    /// The arm stops where it is, in its zone, with what it holds; it must be homed.
    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>, _bank: &mut Bank) {
        self.job = None;
        self.homed = false;
        self.occupied_alarm = false;
    }
}
