//! The one order of all that happens: every instrument's bytes and due times, worked off in time order,
//! whoever asks. So motion goes on without its host, and two instruments meet when they truly do.

use crate::{
    SimError,
    fault::{Fault, Plan, Trouble},
    instruments::{Ctx, Operator, Twin},
    ledger::Event,
    line::{Attached, Line},
    outfit,
    pump::Wake,
    text::{Labware, Rig, Texts},
    world::World,
};
use std::{collections::BTreeMap, rc::Rc};

/// Name of the operator among the stations.
pub(crate) const OPERATOR: &str = "operator";
/// Name of the bench's own socket, where instruments are served.
pub(crate) const CONTROL: &str = "control";

/// World and instruments.
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) stations: BTreeMap<String, Attached>,
    /// By the first of those who are on it.
    pub(crate) lines: BTreeMap<String, Line>,
    /// The line at each path or address of the rig file.
    pub(crate) places: BTreeMap<String, String>,
    /// Where a cable leads, if not to the instrument that it is named after.
    cables: BTreeMap<String, String>,
    plan: Plan,
    /// Woken when connections end.
    pub(crate) wake: Rc<Wake>,
    now: u64,
}

impl Core {
    /// Reads the texts and sets everything up at a moment.
    pub(crate) fn new(texts: &Texts, seed: u64, now: u64) -> Result<Self, SimError> {
        let rig = Rig::parse(&texts.rig)?;
        let labware = texts
            .labware
            .iter()
            .map(|(name, text)| Ok((name.clone(), Labware::parse(name, text)?)))
            .collect::<Result<BTreeMap<_, _>, SimError>>()?;
        let instruments = rig.instruments.clone();
        let operator = rig.simulation.operator.clone();
        let mut core = Self {
            world: World::new(rig, labware, seed, now)?,
            stations: BTreeMap::new(),
            lines: BTreeMap::new(),
            places: BTreeMap::new(),
            cables: BTreeMap::new(),
            plan: Plan::new(seed),
            wake: Rc::default(),
            now,
        };
        for (name, instrument) in &instruments {
            if [OPERATOR, CONTROL].contains(&name.as_str()) {
                return Err(SimError::Text {
                    what: "rig file".into(),
                    message: format!("no instrument may be called `{name}`"),
                });
            }
            let twin = outfit::twin(&mut core.world, texts, (seed, now), (name, instrument))?;
            core.install(seed, name, twin, Some(&instrument.link));
        }
        core.input_modules(seed)?;
        core.install(
            seed,
            OPERATOR,
            Box::new(Operator::new(operator.answers_after.micros(), operator.answers)),
            None,
        );
        core.introduce();
        core.plan_faults(now)?;
        Ok(core)
    }

    /// Works off everything that is due by a moment, in time order; ties go by name.
    pub(crate) fn advance(&mut self, now: u64) {
        let now = now.max(self.now);
        while let Some((due, name)) = self
            .stations
            .iter()
            .filter_map(|(name, station)| {
                // What arrives on a line is the affair of the one who gives it its name.
                let line = self.lines.get(name);
                let due = station
                    .twin
                    .next_due()
                    .into_iter()
                    .chain(line.and_then(|line| line.wire.next_arrival()))
                    .min()?;
                (due <= now).then_some((due, name))
            })
            .min()
            .map(|(due, name)| (due, name.clone()))
        {
            self.come_to(due);
            let at = due.max(self.now);
            self.now = at;
            let own = self.lines.get_mut(&name);
            match own.and_then(|line| Some((line.wire.arrived(at)?, line.members.clone()))) {
                Some(((port, bytes), members)) => {
                    for (who, name) in members.iter().enumerate() {
                        self.act(name, who, |twin, ctx| twin.receive(ctx, port, &bytes));
                    }
                }
                None => {
                    let line = self.line(&name);
                    let who = line.and_then(|line| line.members.iter().position(|m| *m == name));
                    self.act(&name, who.unwrap_or(0), |twin, ctx| twin.advance(ctx));
                }
            }
        }
        self.come_to(now);
        self.now = now;
    }

    /// One of those on a line acts now; what is planned for the requests that it begins is planted.
    fn act(&mut self, name: &str, who: usize, acts: impl FnOnce(&mut dyn Twin, &mut Ctx<'_>)) {
        let Some(station) = self.stations.get_mut(name) else {
            return;
        };
        let Some(line) = self.lines.get_mut(&station.line) else {
            return;
        };
        line.wire.speaker = who;
        let mut ctx = Ctx {
            now: self.now,
            name,
            world: &mut self.world,
            wire: &mut line.wire,
        };
        let before = ctx.wire.faults.begun();
        acts(station.twin.as_mut(), &mut ctx);
        let new = line.wire.faults.begun().saturating_sub(before);
        if new > 0 {
            station.begun += new;
            for (name, fault) in self.plan.after_requests(name, station.begun, new) {
                self.plant(&name, fault);
            }
        }
    }

    /// The next moment that something is planned for.
    pub(crate) fn next_planned(&self) -> Option<u64> {
        self.plan.next_due()
    }

    /// The instrument at the other end of a cable.
    pub(crate) fn behind<'a>(&'a self, cable: &'a str) -> &'a str {
        self.cables.get(cable).map_or(cable, String::as_str)
    }

    /// Swaps the cables of two instruments; both are pulled for that.
    pub(crate) fn swap(&mut self, one: &str, other: &str, now: u64) -> Result<(), SimError> {
        for name in [one, other] {
            self.inject(name, Fault::Reset, now)?;
        }
        let (first, second) = (self.behind(one).to_owned(), self.behind(other).to_owned());
        self.cables.insert(one.to_owned(), second);
        self.cables.insert(other.to_owned(), first);
        Ok(())
    }

    /// Plants a fault.
    pub(crate) fn inject(&mut self, name: &str, fault: Fault, now: u64) -> Result<(), SimError> {
        self.advance(now);
        let is_contact = matches!(fault, Fault::ContactOpen | Fault::ContactClosed);
        let there = match is_contact {
            true => self.world.rig.inputs.contains_key(name),
            false => self.stations.contains_key(name),
        };
        if !there {
            return Err(SimError::NoInstrument {
                name: name.to_owned(),
            });
        }
        self.plant(name, fault);
        Ok(())
    }

    /// Plants a fault now.
    fn plant(&mut self, name: &str, fault: Fault) {
        if matches!(fault, Fault::ContactOpen | Fault::ContactClosed) {
            self.contact(name, fault);
            return;
        }
        let Some(station) = self.stations.get_mut(name) else {
            return;
        };
        let Some(line) = self.lines.get_mut(&station.line) else {
            return;
        };
        // Whoever waits for this instrument looks again.
        self.wake.all();
        let now = self.now;
        let instrument = name.to_owned();
        if fault == Fault::PowerCycle {
            line.power_lost(name);
        }
        let mut ctx = Ctx {
            now,
            name,
            world: &mut self.world,
            wire: &mut line.wire,
        };
        if fault == Fault::PowerCycle {
            ctx.world.record(now, Event::PowerCycle { instrument });
            station.twin.power_cycle(&mut ctx);
            return;
        }
        let text = format!("{fault:?}");
        ctx.world.record(now, Event::Fault { instrument, text });
        ctx.wire.faults.plant(fault);
        if let Some((trouble, times)) = fault.trouble() {
            ctx.world.troubles.plant(name, trouble, times);
        }
        match fault {
            Fault::Mended => {
                ctx.world.troubles.mended(name);
                station.twin.mended(&mut ctx);
                self.plan.mended(name);
            }
            Fault::DoorClosed => ctx.world.troubles.over(name, Trouble::DoorOpen),
            Fault::Unplugged { .. } | Fault::Reset => {
                line.wire.silence();
                line.ended = line.newest;
                if let Fault::Unplugged { for_ms } = fault {
                    line.unplugged_until = now.saturating_add(for_ms.saturating_mul(1000));
                }
            }
            Fault::HalfOpen => {
                line.wire.silence();
                line.dead = line.newest;
            }
            _ => {}
        }
    }

    /// Somebody pushes the carriage of an instrument; an error says why that cannot be.
    pub(crate) fn push(&mut self, name: &str, x: f64, y: f64) -> Result<(), String> {
        let zone = self.world.gantries.get(name).and_then(|g| g.spec.zone.clone());
        let others = zone.and_then(|zone| self.world.zones.get(&zone));
        if let Some(other) = others.and_then(|bodies| bodies.iter().find(|body| *body != name)) {
            return Err(format!("{other} is in the way"));
        }
        let (now, station) = (self.now, self.stations.get_mut(name));
        let station = station.ok_or_else(|| format!("there is no {name}"))?;
        let line = self.lines.get_mut(&station.line);
        let line = line.ok_or_else(|| format!("{name} is on no line"))?;
        let mut ctx = Ctx {
            now,
            name,
            world: &mut self.world,
            wire: &mut line.wire,
        };
        if station.twin.pushed(&mut ctx, x, y) {
            return Ok(());
        }
        Err(format!("{name} cannot be pushed"))
    }

    /// Plants what is planned for moments up to this one.
    fn come_to(&mut self, now: u64) {
        while let Some(due) = self.plan.next_due().filter(|due| *due <= now) {
            self.now = self.now.max(due);
            for (name, fault) in self.plan.due(due) {
                self.plant(&name, fault);
            }
        }
    }

    /// Takes the faults of the rig file up.
    fn plan_faults(&mut self, beginning: u64) -> Result<(), SimError> {
        for planned in std::mem::take(&mut self.world.rig.simulation.faults) {
            let wrong = |message: String| SimError::Text {
                what: format!(
                    "`faults` of [simulation] of the rig file, on `{}`",
                    planned.instrument
                ),
                message,
            };
            let name = planned.instrument.as_str();
            if matches!(planned.fault, Fault::ContactOpen | Fault::ContactClosed) {
                if !self.world.rig.inputs.contains_key(name) {
                    return Err(wrong("the rig has no such input".into()));
                }
                if planned.after.is_none() {
                    return Err(wrong("a contact opens and closes `after` a time".into()));
                }
                self.plan.add(&planned, beginning).map_err(wrong)?;
                continue;
            }
            let line = self.stations.get(name).map(|station| station.line.clone());
            let line = line.and_then(|line| self.lines.get_mut(&line));
            let line = line.ok_or_else(|| wrong("the rig has no such instrument".into()))?;
            self.plan.add(&planned, beginning).map_err(wrong)?;
            let Some(probability) = planned.probability else {
                continue;
            };
            // What befalls requests and devices by chance is rolled for where it strikes.
            let rolled = if let Some((treatment, _)) = planned.fault.treatment() {
                line.wire.faults.risk(treatment, probability);
                true
            } else if let Some((trouble, _)) = planned.fault.trouble() {
                self.world.troubles.risk(name, trouble, probability);
                true
            } else {
                false
            };
            if rolled {
                self.plan.drop_last();
            }
        }
        Ok(())
    }

    /// The moment up to which everything is worked off.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }
}
