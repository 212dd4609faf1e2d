//! Lines: what instruments hang on. Those of the rig file with the same path or address share one; each hears what arrives
//! on it and knows by its own address whether it is meant. Faults of the line befall whoever is asked over it.

use crate::{
    SimError,
    core::Core,
    fault::Faults,
    instruments::{Port, Twin, Wire},
    rng::Stream,
    text::Link,
};

/// One line, and who is on it.
pub(crate) struct Line {
    pub(crate) wire: Wire,
    /// Serial lines have one port, 0; the newest connection owns it.
    pub(crate) serial: bool,
    pub(crate) newest: Port,
    /// Connections up to this one have ended: the cable was pulled.
    pub(crate) ended: Port,
    /// Connections up to this one stay open and carry nothing.
    pub(crate) dead: Port,
    /// Pulled until this moment.
    pub(crate) unplugged_until: u64,
    /// Instruments in the order of their names; the first gives the line its name.
    pub(crate) members: Vec<String>,
}

impl Line {
    /// Whether a connection neither ended nor lost its peer.
    fn carries(&self, port: Port) -> bool {
        port > self.dead && (!self.serial || port == self.newest)
    }

    /// The port under which a connection's bytes travel.
    const fn port(&self, port: Port) -> Port {
        if self.serial { 0 } else { port }
    }

    /// Power of one instrument is gone: nothing that it was saying arrives, and of a line to itself nothing at all.
    pub(crate) fn power_lost(&mut self, name: &str) {
        match self.members.as_slice() {
            [_] => self.wire.silence(),
            members => {
                if let Some(who) = members.iter().position(|m| m == name) {
                    self.wire.hush(who);
                }
            }
        }
    }
}

/// An instrument with its line's name.
pub(crate) struct Attached {
    pub(crate) twin: Box<dyn Twin>,
    pub(crate) line: String,
    /// Requests that it has begun.
    pub(crate) begun: u64,
}

impl Core {
    /// Puts a twin on its line; without a link it has one to itself.
    pub(crate) fn install(&mut self, seed: u64, name: &str, twin: Box<dyn Twin>, link: Option<&Link>) {
        let place = link.and_then(Link::place);
        let shared = place.and_then(|place| self.places.get(place)).cloned();
        let line = shared.unwrap_or_else(|| name.to_owned());
        if let Some(place) = place {
            self.places.insert(place.to_owned(), line.clone());
        }
        let on = self.lines.entry(line.clone()).or_insert_with(|| Line {
            wire: Wire::new(
                link.map_or(0.0, Link::byte_us),
                link.is_some_and(|link| link.echo),
                Faults::new(Stream::new(seed, &format!("{name}/faults"))),
            ),
            serial: link.is_some_and(|link| link.serial.is_some()),
            newest: 0,
            ended: 0,
            dead: 0,
            unplugged_until: 0,
            members: Vec::new(),
        });
        on.members.push(name.to_owned());
        self.stations
            .insert(name.to_owned(), Attached { twin, line, begun: 0 });
    }

    /// Tells each who shares a line who the others are.
    pub(crate) fn introduce(&mut self) {
        for line in self.lines.values().filter(|line| line.members.len() > 1) {
            let of = |name: &String| {
                let units = self.stations.get(name).map(|station| station.twin.units());
                units
                    .into_iter()
                    .flatten()
                    .map(|unit| (name.clone(), unit))
                    .collect::<Vec<_>>()
            };
            let units: Vec<(String, u8)> = line.members.iter().flat_map(of).collect();
            for name in &line.members {
                let others = units.iter().filter(|(other, _)| other != name).map(|(_, u)| *u);
                let others = others.collect();
                if let Some(station) = self.stations.get_mut(name) {
                    station
                        .twin
                        .neighbours(others, line.members.first() == Some(name));
                }
            }
        }
    }

    /// The line of an instrument.
    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.get(&self.stations.get(name)?.line)
    }

    fn line_mut(&mut self, name: &str) -> Option<&mut Line> {
        self.lines.get_mut(&self.stations.get(name)?.line)
    }

    /// The first of those who are on an instrument's line.
    pub(crate) fn first_on_line(&self, name: &str) -> Option<&str> {
        self.stations.get(name).map(|station| station.line.as_str())
    }

    /// Whether there is such an instrument, and whether it hangs on a serial line.
    pub(crate) fn is_serial(&self, name: &str) -> Result<bool, SimError> {
        self.line(name)
            .map(|line| line.serial)
            .ok_or_else(|| SimError::NoInstrument {
                name: name.to_owned(),
            })
    }

    /// A new connection: what nobody heard before it is gone, as on a line.
    pub(crate) fn open(&mut self, name: &str, now: u64) -> Result<Port, SimError> {
        self.advance(now);
        let line = self.line_mut(name).ok_or_else(|| SimError::NoInstrument {
            name: name.to_owned(),
        })?;
        if line.unplugged_until > now {
            return Err(SimError::Unplugged {
                name: name.to_owned(),
            });
        }
        line.newest += 1;
        if line.serial {
            // Ripe answers went to nobody; those on their way will be heard by the new connection.
            line.wire.answers(now, 0);
        }
        Ok(line.newest)
    }

    /// Bytes from a connection.
    pub(crate) fn receive(&mut self, name: &str, port: Port, bytes: &[u8], now: u64) {
        self.advance(now);
        let at = self.now();
        if let Some(line) = self.line_mut(name)
            && port > line.dead
            && port > line.ended
        {
            let port = line.port(port);
            line.wire.arrive(at, port, bytes.to_vec());
        }
        self.advance(now);
    }

    /// What a connection hears by now.
    pub(crate) fn answers(&mut self, name: &str, port: Port, now: u64) -> Vec<u8> {
        self.advance(now);
        match self.line_mut(name) {
            Some(line) if line.carries(port) => {
                let port = line.port(port);
                line.wire.answers(now, port)
            }
            _ => Vec::new(),
        }
    }

    /// When somebody on a connection's line has something to do or to say.
    pub(crate) fn next_due(&self, name: &str, port: Port) -> Option<u64> {
        let line = self.line(name).filter(|line| line.carries(port))?;
        let twins = line.members.iter().filter_map(|name| self.stations.get(name));
        twins
            .filter_map(|station| station.twin.next_due())
            .chain(line.wire.next_arrival())
            .chain(line.wire.next_answer(line.port(port)))
            .chain(self.next_planned())
            .min()
    }

    /// A connection ended. On a serial line the instruments do not notice.
    pub(crate) fn close(&mut self, name: &str, port: Port) {
        let Some(line) = self.line_mut(name).filter(|line| !line.serial) else {
            return;
        };
        line.wire.forget(port);
        for name in line.members.clone() {
            if let Some(station) = self.stations.get_mut(&name) {
                station.twin.closed(port);
            }
        }
    }

    /// Whether a connection has ended at the instrument's side.
    pub(crate) fn ended(&self, name: &str, port: Port) -> bool {
        self.line(name).is_none_or(|line| port <= line.ended)
    }

    /// Whether the instrument's cable is plugged in.
    pub(crate) fn plugged(&self, name: &str, now: u64) -> bool {
        self.line(name).is_some_and(|line| line.unplugged_until <= now)
    }

    /// How many requests or answers a fault of an instrument's line befell.
    pub(crate) fn struck(&self, name: &str) -> u64 {
        self.line(name).map_or(0, |line| line.wire.faults.struck())
    }
}
