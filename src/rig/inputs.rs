//! Inputs of a rig: contacts of emergency stops and of doors, and the modules that read them.
//!
//! Owns the tables `[input_modules]` and `[inputs]`. Knows nothing of what an open contact does to a run.

use super::links::link;
use super::parse::{entries, whole};
use super::profile::modbus::TableKind;
use super::{InputId, InputModuleId, Instrument, InstrumentId, Link, Nest, NestId, Role, ZoneId};
use crate::source::{Table, Value, closest};
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// A module that reads contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputModule {
    /// Name for people.
    pub title: String,
    /// How it is reached; best a link of its own, since what others say on it is waited for.
    pub link: Link,
    /// Time between two looks at its contacts, of real time.
    pub poll: Duration,
    /// Longest wait for one answer on the wire, of real time.
    pub timeout: Duration,
    /// Without an answer for this long, of real time, all its contacts count as open.
    pub silence: Duration,
}

/// What an open contact means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// Motion has been stopped, by the emergency stop itself: the run is halted.
    EmergencyStop,
    /// Somebody may reach in: no new action of some instruments begins.
    Interlock,
}

impl InputKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::EmergencyStop => "emergency_stop",
            Self::Interlock => "interlock",
        }
    }
}

/// How a contact is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// A bit of a Modbus table.
    Bit {
        /// The table.
        table: TableKind,
        /// Wire address, from 0.
        address: u16,
        /// Which bit of the word; 0 of tables that hold bits.
        bit: u8,
        /// Its value while all is safe.
        safe: bool,
    },
    /// A line of text that is asked for.
    Line {
        /// The question, without its carriage return.
        query: String,
        /// The answer while all is safe; any other means open.
        safe: String,
    },
}

/// A contact that stops instruments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name for people.
    pub title: String,
    /// What it means when it opens.
    pub kind: InputKind,
    /// Who reads it.
    pub module: InputModuleId,
    /// How it is read.
    pub contact: Contact,
    /// The instruments that it stops.
    pub stops: BTreeSet<InstrumentId>,
}

/// The tables of a rig file.
pub(super) fn inputs(
    root: &mut Table<'_>,
    instruments: &BTreeMap<InstrumentId, Instrument>,
    nests: &BTreeMap<NestId, Nest>,
    zones: &BTreeMap<ZoneId, String>,
) -> (BTreeMap<InputModuleId, InputModule>, BTreeMap<InputId, Input>) {
    let mut modules = BTreeMap::new();
    for (key, value) in entries(root, "input_modules") {
        if instruments.contains_key(key.as_str()) {
            value.error("input", format!("an instrument is called \"{key}\" already"));
        }
        if let Some(module) = module(&value) {
            modules.insert(InputModuleId::new(key), module);
        }
    }
    let mut inputs: BTreeMap<InputId, Input> = BTreeMap::new();
    for (key, value) in entries(root, "inputs") {
        if instruments.contains_key(key.as_str()) || modules.contains_key(key.as_str()) {
            let message = format!("an instrument or input module is called \"{key}\" already");
            value.error("input", message);
        }
        let Some(input) = input(&value, &modules, instruments, nests, zones) else {
            continue;
        };
        let spoken = |i: &Input| matches!(i.contact, Contact::Line { .. });
        let other = inputs.values().find(|i| i.module == input.module);
        if other.is_some_and(|other| spoken(other) != spoken(&input)) {
            let message = format!(
                "the module \"{}\" speaks either Modbus or lines of text",
                input.module
            );
            value.error("input", message);
        }
        inputs.insert(InputId::new(key), input);
    }
    // Who is asked for bits speaks Modbus.
    for (id, module) in &mut modules {
        let bits = |i: &Input| i.module == *id && matches!(i.contact, Contact::Bit { .. });
        if inputs.values().any(bits) {
            module.link = module.link.clone().with_modbus();
        }
    }
    (modules, inputs)
}

fn module(value: &Value<'_>) -> Option<InputModule> {
    let mut t = value.table()?;
    let title = t.get("title").and_then(|v| v.text()).unwrap_or_default();
    let link = t.need("link").and_then(|v| link(&v));
    let poll = t.need("poll").and_then(|v| v.quantity::<Duration>());
    let timeout = t.need("timeout").and_then(|v| v.quantity::<Duration>());
    let silence_value = t.need("silence");
    let silence = silence_value.as_ref().and_then(Value::quantity::<Duration>);
    t.finish();
    let module = InputModule {
        title,
        link: link?,
        poll: poll?,
        timeout: timeout?,
        silence: silence?,
    };
    // After a lost answer a serial line is waited out for a second.
    let settles = match module.link {
        Link::Serial { .. } => Duration::s(1),
        Link::Tcp { .. } => Duration::ZERO,
    };
    let least = module.poll.plus(module.timeout).plus(settles);
    if module.silence < least {
        let message = format!(
            "`silence` of {} is less than a look, the wait for its answer and what a serial line is waited out ({least}): \
             every lost answer would count as silence",
            module.silence
        );
        silence_value?.error("input", message);
    }
    Some(module)
}

fn input(
    value: &Value<'_>,
    modules: &BTreeMap<InputModuleId, InputModule>,
    instruments: &BTreeMap<InstrumentId, Instrument>,
    nests: &BTreeMap<NestId, Nest>,
    zones: &BTreeMap<ZoneId, String>,
) -> Option<Input> {
    let mut t = value.table()?;
    let title = t.get("title").and_then(|v| v.text()).unwrap_or_default();
    let kind = t.need("kind").and_then(|v| match v.text()?.as_str() {
        "emergency_stop" => Some(InputKind::EmergencyStop),
        "interlock" => Some(InputKind::Interlock),
        other => {
            let message = format!("\"{other}\" is no kind of input; use one of emergency_stop, interlock");
            v.error("input", message);
            None
        }
    });
    let module = t.need("module").and_then(|v| {
        let name = v.text()?;
        if !modules.contains_key(name.as_str()) {
            let near = closest(&name, modules.keys().map(InputModuleId::as_str));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            v.error("input", format!("there is no input module \"{name}\"{hint}"));
        }
        Some(InputModuleId::new(name))
    });
    let contact = t.need("read").and_then(|v| contact(&v));
    let stops = match (t.get("stops"), kind) {
        (Some(value), Some(InputKind::EmergencyStop)) => {
            value.error(
                "input",
                "an emergency stop stops every instrument: `stops` belongs to an interlock",
            );
            None
        }
        (Some(value), _) => stops(&value, instruments, nests, zones),
        (None, _) => Some(instruments.keys().cloned().collect()),
    };
    t.finish();
    Some(Input {
        title,
        kind: kind?,
        module: module?,
        contact: contact?,
        stops: stops?,
    })
}

fn contact(value: &Value<'_>) -> Option<Contact> {
    let mut t = value.table()?;
    if let Some(query) = t.get("query") {
        let safe = t.need("safe").and_then(|v| v.text());
        t.finish();
        let (query_text, safe) = (query.text()?, safe?);
        if safe.trim().is_empty() {
            query.error("input", "`safe` must not be empty: silence means open");
            return None;
        }
        return Some(Contact::Line {
            query: query_text,
            safe,
        });
    }
    let table = t.need("table").and_then(|v| match v.text()?.as_str() {
        "coil" => Some(TableKind::Coil),
        "discrete" => Some(TableKind::Discrete),
        "input" => Some(TableKind::Input),
        "holding" => Some(TableKind::Holding),
        other => {
            let message = format!("\"{other}\" is not a table; use coil, discrete, input or holding");
            v.error("register-table", message);
            None
        }
    });
    let address = t.need("address").and_then(|v| whole(&v, 0, 65_535));
    let bit_value = t.get("bit");
    let bit = bit_value.as_ref().map_or(Some(0), |v| whole(v, 0, 15));
    let safe = t.get("safe").map_or(Some(true), |v| match v.text()?.as_str() {
        "on" => Some(true),
        "off" => Some(false),
        other => {
            let message = format!("\"{other}\" is no level; use \"on\" or \"off\"");
            v.error("input", message);
            None
        }
    });
    t.finish();
    let (table, bit) = (table?, bit?);
    if let Some(value) = bit_value.filter(|_| table.is_bits()) {
        value.error(
            "input",
            "coils and discrete inputs are single bits; `bit` belongs to a word",
        );
    }
    Some(Contact::Bit {
        table,
        address: address?,
        bit,
        safe: safe?,
    })
}

/// Instruments by their own names, and by the zones that they move in.
fn stops(
    value: &Value<'_>,
    instruments: &BTreeMap<InstrumentId, Instrument>,
    nests: &BTreeMap<NestId, Nest>,
    zones: &BTreeMap<ZoneId, String>,
) -> Option<BTreeSet<InstrumentId>> {
    let mut out = BTreeSet::new();
    for one in value.list()? {
        let name = one.text()?;
        if let Some((id, _)) = instruments.get_key_value(name.as_str()) {
            out.insert(id.clone());
            continue;
        }
        if !zones.contains_key(name.as_str()) {
            let known = instruments.keys().map(InstrumentId::as_str);
            let near = closest(&name, known.chain(zones.keys().map(ZoneId::as_str)));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            one.error(
                "input",
                format!("there is no instrument or zone \"{name}\"{hint}"),
            );
            continue;
        }
        let zone = ZoneId::new(name);
        let reached = nests
            .values()
            .any(|n| n.zone.as_ref() == Some(&zone) && n.station.is_some());
        let moves_there = |i: &Instrument| {
            i.zone.as_ref() == Some(&zone) || reached && matches!(i.role, Role::PlateMover(_))
        };
        out.extend(
            instruments
                .iter()
                .filter(|(_, i)| moves_there(i))
                .map(|(id, _)| id.clone()),
        );
    }
    if out.is_empty() {
        value.error(
            "input",
            "an interlock that stops nothing protects nobody: name instruments or zones",
        );
        return None;
    }
    Some(out)
}

#[cfg(test)]
#[path = "inputs_tests.rs"]
mod tests;
