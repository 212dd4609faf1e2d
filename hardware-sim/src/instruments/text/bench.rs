//! A bench for twins of this folder: one instrument on a line without delays, its nest `seat`, and time by the second.

use crate::{
    fault::{Fault, Faults},
    hazard::Hazard,
    instruments::{Ctx, Durations, Port, Twin, Wire, readers},
    ledger::Event,
    num,
    rng::Stream,
    text::{Instrument, Labware, Rig},
    world::{LoadItem, World},
};
use std::{collections::BTreeMap, fs, path::PathBuf};

pub(in crate::instruments) const NAME: &str = "unit";
pub(in crate::instruments) const SEAT: &str = "seat";

pub(in crate::instruments) struct Bench {
    pub(in crate::instruments) world: World,
    wire: Wire,
    twin: Box<dyn Twin>,
    pub(in crate::instruments) now: u64,
}

impl Bench {
    /// A bench in a room of this temperature, on which a twin is set up by the rig's entry.
    pub(in crate::instruments) fn set_up(
        room: f64,
        entry: &str,
        set_up: impl FnOnce(&mut World, &Instrument, Durations, u64) -> Box<dyn Twin>,
    ) -> Self {
        let base = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../config");
        let text = fs::read_to_string(base.join("stations-rig.toml"))
            .unwrap()
            .replace(
                "room_temperature = \"22 C\"",
                &format!("room_temperature = \"{room} C\""),
            )
            .replace("[simulation.reader]", &format!("[simulation.{NAME}]"));
        let text = format!(
            "{text}\n[nests.seat]\nkind = \"station\"\nstation = 90\n[nests.beside]\nkind = \"hotel\"\nzone = \"deck\"\nstation = 91\n\
             [instruments.{NAME}]\nlink = {{ serial = \"/dev/null\", baud = 9600 }}\n{entry}\n"
        );
        let rig = Rig::parse(&text).unwrap();
        let instrument = rig.instruments[NAME].clone();
        let plate = fs::read_to_string(base.join("labware/plate-96-flat.toml")).unwrap();
        let tips = fs::read_to_string(base.join("labware/waste-bin.toml")).unwrap();
        let labware = [("plate-96-flat", plate), ("waste-bin", tips)]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), Labware::parse(name, &text).unwrap()))
            .collect::<BTreeMap<_, _>>();
        let now = 1_000_000_000;
        let mut world = World::new(rig, labware, 1, now).unwrap();
        let durations = Durations::new(instrument.durations.clone(), 0.0, Stream::new(1, "durations"));
        let twin = set_up(&mut world, &instrument, durations, now);
        Self {
            world,
            wire: Wire::new(0.0, false, Faults::new(Stream::new(1, "faults"))),
            twin,
            now,
        }
    }

    /// The twin of a text profile.
    pub(in crate::instruments) fn of_profile(profile: &str, room: f64) -> Self {
        Self::set_up(
            room,
            "kind = \"profile\"\nnest = \"seat\"",
            |world, instrument, durations, now| {
                super::of_profile(world, (NAME, instrument), profile, durations, now).unwrap()
            },
        )
    }

    /// The twin of an instrument that has a kind of its own, and more of its entry.
    pub(in crate::instruments) fn of_kind(kind: &str, entry: &str, room: f64) -> Self {
        let entry = format!("kind = \"{kind}\"\n{entry}");
        Self::set_up(room, &entry, |world, instrument, durations, _| {
            super::of_kind(world, (NAME, instrument), durations.clone())
                .or_else(|| readers::of_kind(world, (NAME, instrument), durations))
                .unwrap()
                .unwrap()
        })
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut dyn Twin, &mut Ctx<'_>) -> T) -> T {
        let mut ctx = Ctx {
            now: self.now,
            name: NAME,
            world: &mut self.world,
            wire: &mut self.wire,
        };
        act(self.twin.as_mut(), &mut ctx)
    }

    /// Sends bytes: what is answered at once.
    pub(in crate::instruments) fn say(&mut self, bytes: &str) -> String {
        self.say_on(0, bytes)
    }

    /// The same on another connection.
    pub(in crate::instruments) fn say_on(&mut self, port: Port, bytes: &str) -> String {
        self.wire.arrive(self.now, port, bytes.as_bytes().to_vec());
        while let Some((port, bytes)) = self.wire.arrived(self.now) {
            self.with(|twin, ctx| twin.receive(ctx, port, &bytes));
        }
        String::from_utf8(self.wire.answers(self.now, port)).unwrap()
    }

    /// The same with bytes that are no text.
    pub(in crate::instruments) fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.wire.arrive(self.now, 0, bytes.to_vec());
        while let Some((port, bytes)) = self.wire.arrived(self.now) {
            self.with(|twin, ctx| twin.receive(ctx, port, &bytes));
        }
        self.wire.answers(self.now, 0)
    }

    /// The same, with what is answered within 5 ms.
    pub(in crate::instruments) fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut heard = self.send(bytes);
        self.now += 5_000;
        heard.extend(self.wire.answers(self.now, 0));
        heard
    }

    fn hear(&mut self) -> String {
        String::from_utf8(self.wire.answers(self.now, 0)).unwrap()
    }

    /// Lets time pass: what is said meanwhile.
    pub(in crate::instruments) fn wait(&mut self, seconds: f64) -> String {
        let end = self.now + num::micros(seconds);
        let mut heard = String::new();
        while let Some(due) = self.twin.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.with(|twin, ctx| twin.advance(ctx));
            heard.push_str(&self.hear());
        }
        self.now = end;
        heard + &self.hear()
    }

    /// Waits until something is said, or for an hour.
    pub(in crate::instruments) fn until_said(&mut self) -> (String, f64) {
        let began = self.now;
        let end = began + 3_600_000_000;
        while let Some(due) = self.twin.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.with(|twin, ctx| twin.advance(ctx));
            let heard = self.hear();
            if !heard.is_empty() {
                return (heard, (self.now - began) as f64 / 1e6);
            }
        }
        (String::new(), f64::INFINITY)
    }

    /// Waits until bytes that are no text are sent, or for an hour.
    pub(in crate::instruments) fn until_sent(&mut self) -> Vec<u8> {
        let end = self.now + 3_600_000_000;
        while let Some(due) = self.twin.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.with(|twin, ctx| twin.advance(ctx));
            let heard = self.wire.answers(self.now, 0);
            if !heard.is_empty() {
                return heard;
            }
        }
        Vec::new()
    }

    pub(in crate::instruments) fn fault(&mut self, fault: Fault) {
        self.wire.faults.plant(fault);
        match fault {
            Fault::PowerCycle => {
                self.wire.silence();
                self.with(|twin, ctx| twin.power_cycle(ctx));
            }
            Fault::Mended => {
                self.world.troubles.mended(NAME);
                self.with(|twin, ctx| twin.mended(ctx));
            }
            _ => {
                if let Some((trouble, times)) = fault.trouble() {
                    self.world.troubles.plant(NAME, trouble, times);
                }
            }
        }
    }

    /// A plate `p` with the barcode P7 and a culture in A1.
    pub(in crate::instruments) fn plate(&mut self, place: &str, lid: bool, sealed: bool) {
        let ask: LoadItem = serde_json::from_value(serde_json::json!({
            "place": place, "labware": "plate-96-flat", "plate": "p", "barcode": "P7", "lid": lid, "sealed": sealed,
            "contents": [{"well": "A1", "liquid": "culture", "strain": "S1", "volume_nl": 100_000.0, "od": 1.0},
                         {"well": "A2", "liquid": "culture", "strain": "S1", "volume_nl": 100_000.0, "od": 0.5}]
        }))
        .unwrap();
        self.world.load(&ask, self.now).unwrap();
    }

    pub(in crate::instruments) fn violations(&self) -> Vec<Hazard> {
        self.world
            .violations
            .iter()
            .map(|violation| violation.id)
            .collect()
    }

    pub(in crate::instruments) fn events(&self) -> Vec<Event> {
        let entries = self.world.ledger.entries().iter();
        entries.map(|entry| entry.event.clone()).collect()
    }

    /// Temperature that the plate feels.
    pub(in crate::instruments) fn felt(&self) -> f64 {
        self.world.temperature(SEAT).0
    }
}
