//! Who is at the other end, by the registers that a profile names for it.

use super::registers::Registers;
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::known::Known;
use crate::link::modbus::{Span, Writable};
use crate::rig::profile::modbus::ModbusProfile;
use crate::rig::{Driver, InstrumentId, Rig};

/// Who an instrument is expected to be, and on which connection it was met.
pub(super) struct Meeting {
    id: InstrumentId,
    pub(super) generation: Option<u64>,
    known: Known,
    /// Instruments of the rig by the model that their profile expects.
    models: Vec<(i64, InstrumentId)>,
}

impl Meeting {
    pub(super) fn new(id: &InstrumentId, rig: &Rig) -> Self {
        Self {
            id: id.clone(),
            generation: None,
            known: Known::new(id, rig),
            models: models(rig),
        }
    }

    /// Whether the connection is the one on which the instrument was met.
    pub(super) fn stands(&self, registers: &Registers) -> bool {
        self.generation == Some(registers.client.line().generation())
    }

    /// Which instruments of the rig are of a model, as words for a message.
    fn known_as(&self, model: i64) -> String {
        let of = |(other, id): &(i64, InstrumentId)| {
            (*other == model && *id != self.id).then(|| format!("\"{id}\""))
        };
        let names: Vec<String> = self.models.iter().filter_map(of).collect();
        if names.is_empty() {
            String::new()
        } else {
            format!(" (as {} has)", names.join(" or "))
        }
    }

    /// Asks who it is.
    pub(super) async fn introduce(&mut self, registers: &mut Registers) -> Result<Identity, Failure> {
        self.generation = None;
        registers.client.only_in(None);
        let map = registers.profile.identity.clone();
        let mut names = Vec::new();
        if map.equals.is_some() {
            names.push(map.met.as_str());
        } else {
            registers.array(&map.met).await.map_err(|f| self.silent(&f))?;
        }
        names.extend(map.serial.as_deref());
        names.extend(map.firmware.as_deref());
        let read = registers.integers(&names).await.map_err(|f| self.silent(&f))?;
        let generation = registers.client.line().generation();
        let text = |name: &Option<String>| name.as_ref().and_then(|n| read.get(n)).map(ToString::to_string);
        let mut model = registers.profile.head.name.clone();
        if let Some(wanted) = map.equals {
            let found = read.get(&map.met).copied().unwrap_or_default();
            if found != wanted {
                let message = format!(
                    "a device of model {found}{} answers as \"{}\" on {} instead of {wanted} ({}); were two cables swapped?",
                    self.known_as(found),
                    self.id,
                    registers.client.line().place(),
                    registers.profile.head.title
                );
                return Err(Failure::new(FailureKind::Mismatch, Moved::No, message));
            }
            model = format!("{model} {found}");
        }
        let identity = Identity {
            model,
            serial: text(&map.serial),
            firmware: text(&map.firmware),
        };
        self.known.meet(&identity, registers.client.line().place())?;
        self.generation = Some(generation);
        registers.client.only_in(Some(generation));
        Ok(identity)
    }

    fn silent(&self, failure: &Failure) -> Failure {
        let words = format!(
            "\"{}\" does not answer: {}; is it switched on?",
            self.id, failure.message
        );
        Failure::new(failure.kind, Moved::No, words)
    }

    /// The link broke too often.
    pub(super) fn breaks(&self) -> Failure {
        let message = format!(
            "the link to \"{}\" breaks again and again; check cable and power",
            self.id
        );
        Failure::new(FailureKind::NoAnswer, Moved::No, message)
    }
}

/// What may be written: what the profile's handshake, stop, arguments and courses write.
pub(super) fn writable(profile: &ModbusProfile) -> Writable {
    let named = profile.written();
    let registers = named.into_iter().filter_map(|name| profile.registers.get(name));
    registers.fold(Writable::nothing(), |writable, register| {
        let count = u16::try_from(register.span()).unwrap_or(u16::MAX);
        writable.and(register.table, Span::new(register.address, count))
    })
}

/// The instruments of a rig that profiles describe, by their models.
fn models(rig: &Rig) -> Vec<(i64, InstrumentId)> {
    let one = |(id, instrument): (&InstrumentId, &crate::rig::Instrument)| match &instrument.driver {
        Driver::Profile(path) => Some((rig.profiles.get(path)?.modbus()?.identity.equals?, id.clone())),
        _ => None,
    };
    rig.instruments.iter().filter_map(one).collect()
}
