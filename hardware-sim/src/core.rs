//! The one order of all that happens: every instrument's bytes and due times, worked off in time order,
//! whoever asks. So motion goes on without its host, and two instruments meet when they truly do.

use crate::{
    SimError,
    fault::{Fault, Faults, Plan, Trouble},
    instruments::{Ctx, Operator, Port, Twin, Wire},
    ledger::Event,
    outfit,
    pump::Wake,
    rng::Stream,
    text::{Labware, Rig, Texts},
    world::World,
};
use std::{collections::BTreeMap, rc::Rc};

/// Name of the operator among the stations.
pub(crate) const OPERATOR: &str = "operator";
/// Name of the bench's own socket, where instruments are served.
pub(crate) const CONTROL: &str = "control";

/// An instrument with its line.
struct Attached {
    twin: Box<dyn Twin>,
    wire: Wire,
    /// Serial lines have one port, 0; the newest connection owns it.
    serial: bool,
    newest: Port,
    /// Connections up to this one have ended: the cable was pulled.
    ended: Port,
    /// Connections up to this one stay open and carry nothing.
    dead: Port,
    /// Pulled until this moment.
    unplugged_until: u64,
}

/// World and instruments.
pub(crate) struct Core {
    pub(crate) world: World,
    stations: BTreeMap<String, Attached>,
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
            core.install(
                seed,
                name,
                twin,
                instrument.link.byte_us(),
                instrument.link.serial.is_some(),
            );
        }
        core.input_modules(seed)?;
        core.install(
            seed,
            OPERATOR,
            Box::new(Operator::new(operator.answers_after.micros(), operator.answers)),
            0.0,
            false,
        );
        core.plan_faults(now)?;
        Ok(core)
    }

    /// Puts a twin on its line.
    pub(crate) fn install(&mut self, seed: u64, name: &str, twin: Box<dyn Twin>, byte_us: f64, serial: bool) {
        let faults = Faults::new(Stream::new(seed, &format!("{name}/faults")));
        let station = Attached {
            twin,
            wire: Wire::new(byte_us, faults),
            serial,
            newest: 0,
            ended: 0,
            dead: 0,
            unplugged_until: 0,
        };
        self.stations.insert(name.to_owned(), station);
    }

    /// Works off everything that is due by a moment, in time order; ties go by name.
    pub(crate) fn advance(&mut self, now: u64) {
        let now = now.max(self.now);
        while let Some((due, name)) = self
            .stations
            .iter()
            .filter_map(|(name, station)| {
                let due = station
                    .twin
                    .next_due()
                    .into_iter()
                    .chain(station.wire.next_arrival())
                    .min()?;
                (due <= now).then_some((due, name))
            })
            .min()
            .map(|(due, name)| (due, name.clone()))
        {
            self.come_to(due);
            let at = due.max(self.now);
            self.now = at;
            let Some(station) = self.stations.get_mut(&name) else {
                return;
            };
            let arrived = station.wire.arrived(at);
            let mut ctx = Ctx {
                now: at,
                name: &name,
                world: &mut self.world,
                wire: &mut station.wire,
            };
            let begun = ctx.wire.faults.begun();
            match arrived {
                Some((port, bytes)) => station.twin.receive(&mut ctx, port, &bytes),
                None => station.twin.advance(&mut ctx),
            }
            let all = station.wire.faults.begun();
            if all > begun {
                for (name, fault) in self.plan.after_requests(&name, all, all - begun) {
                    self.plant(&name, fault);
                }
            }
        }
        self.come_to(now);
        self.now = now;
    }

    /// Whether there is such an instrument, and whether it hangs on a serial line.
    pub(crate) fn is_serial(&self, name: &str) -> Result<bool, SimError> {
        self.stations
            .get(name)
            .map(|station| station.serial)
            .ok_or_else(|| SimError::NoInstrument {
                name: name.to_owned(),
            })
    }

    /// A new connection: what nobody heard before it is gone, as on a line.
    pub(crate) fn open(&mut self, name: &str, now: u64) -> Result<Port, SimError> {
        self.advance(now);
        let station = self
            .stations
            .get_mut(name)
            .ok_or_else(|| SimError::NoInstrument {
                name: name.to_owned(),
            })?;
        if station.unplugged_until > now {
            return Err(SimError::Unplugged {
                name: name.to_owned(),
            });
        }
        station.newest += 1;
        if station.serial {
            // Ripe answers went to nobody; those on their way will be heard by the new connection.
            station.wire.answers(now, 0);
        }
        Ok(station.newest)
    }

    /// Bytes from a connection.
    pub(crate) fn receive(&mut self, name: &str, port: Port, bytes: &[u8], now: u64) {
        self.advance(now);
        if let Some(station) = self.stations.get_mut(name)
            && port > station.dead
            && port > station.ended
        {
            let port = if station.serial { 0 } else { port };
            station.wire.arrive(self.now, port, bytes.to_vec());
        }
        self.advance(now);
    }

    /// What a connection hears by now.
    pub(crate) fn answers(&mut self, name: &str, port: Port, now: u64) -> Vec<u8> {
        self.advance(now);
        match self.stations.get_mut(name) {
            Some(station) if station.serial && port != station.newest || port <= station.dead => Vec::new(),
            Some(station) => {
                let port = if station.serial { 0 } else { port };
                station.wire.answers(now, port)
            }
            None => Vec::new(),
        }
    }

    /// When a connection's instrument has something to do or to say.
    pub(crate) fn next_due(&self, name: &str, port: Port) -> Option<u64> {
        let station = self.stations.get(name)?;
        if station.serial && port != station.newest || port <= station.dead {
            return None;
        }
        let port = if station.serial { 0 } else { port };
        station
            .twin
            .next_due()
            .into_iter()
            .chain(station.wire.next_arrival())
            .chain(station.wire.next_answer(port))
            .chain(self.plan.next_due())
            .min()
    }

    /// A connection ended. On a serial line the instrument does not notice.
    pub(crate) fn close(&mut self, name: &str, port: Port) {
        if let Some(station) = self.stations.get_mut(name)
            && !station.serial
        {
            station.wire.forget(port);
            station.twin.closed(port);
        }
    }

    /// Whether a connection has ended at the instrument's side.
    pub(crate) fn ended(&self, name: &str, port: Port) -> bool {
        self.stations
            .get(name)
            .is_none_or(|station| port <= station.ended)
    }

    /// Whether the instrument's cable is plugged in.
    pub(crate) fn plugged(&self, name: &str, now: u64) -> bool {
        self.stations
            .get(name)
            .is_some_and(|station| station.unplugged_until <= now)
    }

    /// How many of an instrument's requests or answers a fault of the line befell.
    pub(crate) fn struck(&self, name: &str) -> u64 {
        self.stations
            .get(name)
            .map_or(0, |station| station.wire.faults.struck())
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
        // Whoever waits for this instrument looks again.
        self.wake.all();
        let now = self.now;
        let instrument = name.to_owned();
        let mut ctx = Ctx {
            now,
            name,
            world: &mut self.world,
            wire: &mut station.wire,
        };
        if fault == Fault::PowerCycle {
            ctx.wire.silence();
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
                ctx.wire.silence();
                station.ended = station.newest;
                if let Fault::Unplugged { for_ms } = fault {
                    station.unplugged_until = now.saturating_add(for_ms.saturating_mul(1000));
                }
            }
            Fault::HalfOpen => {
                ctx.wire.silence();
                station.dead = station.newest;
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
        let mut ctx = Ctx {
            now,
            name,
            world: &mut self.world,
            wire: &mut station.wire,
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
            let station = self
                .stations
                .get_mut(name)
                .ok_or_else(|| wrong("the rig has no such instrument".into()))?;
            self.plan.add(&planned, beginning).map_err(wrong)?;
            let Some(probability) = planned.probability else {
                continue;
            };
            // What befalls requests and devices by chance is rolled for where it strikes.
            let rolled = if let Some((treatment, _)) = planned.fault.treatment() {
                station.wire.faults.risk(treatment, probability);
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
