//! A small module with inputs: contacts as bits of Modbus tables, or as lines of text. A contact carries current while it is
//! closed; what opens it is a fault that is planted on the input's own name.

use super::{
    Ctx, Port, Twin,
    modbus::{Exception, Instrument},
};
use crate::{
    fault::{Treatment, Trouble},
    text::{Contact, Table},
};
use std::collections::BTreeMap;

/// From the end of a question to the start of its answer, in microseconds.
const TURNAROUND_US: u64 = 2_000;
/// Longest question.
const LONGEST: usize = 256;

/// A module behind Modbus tables.
#[derive(Debug)]
pub(crate) struct InputModule {
    contacts: BTreeMap<String, Contact>,
    cells: BTreeMap<(Table, u16), u16>,
}

impl InputModule {
    /// With its contacts by the names of their inputs.
    pub(crate) fn new(contacts: BTreeMap<String, Contact>) -> Self {
        Self {
            contacts,
            cells: BTreeMap::new(),
        }
    }
}

/// Whether a contact is open now.
fn open(ctx: &Ctx<'_>, input: &str) -> bool {
    ctx.world.troubles.lasts(input, Trouble::ContactOpen)
}

impl Instrument for InputModule {
    fn refresh(&mut self, ctx: &mut Ctx<'_>) {
        self.cells.clear();
        for (input, contact) in &self.contacts {
            let Contact::Bit {
                table,
                address,
                bit,
                safe,
            } = contact
            else {
                continue;
            };
            // Where the module turns its inputs round, a closed contact reads as off.
            let on = open(ctx, input) != (safe.as_deref() != Some("off"));
            let cell = self.cells.entry((*table, *address)).or_default();
            if on {
                *cell |= 1_u16.checked_shl(*bit).unwrap_or(0);
            }
        }
    }

    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        (0..count)
            .map(|offset| self.cells.get(&(table, address.checked_add(offset)?)).copied())
            .collect()
    }

    fn exists(&self, _table: Table, _address: u16, _count: usize) -> bool {
        false
    }

    fn write(
        &mut self,
        _ctx: &mut Ctx<'_>,
        _table: Table,
        _address: u16,
        _values: &[u16],
        _several: bool,
    ) -> Result<(), Exception> {
        Err(Exception::IllegalAddress)
    }

    fn identity(&self) -> [String; 3] {
        ["plated simulated".into(), "input module".into(), "1.00".into()]
    }

    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {}
}

/// A module that answers lines of text.
#[derive(Debug)]
pub(crate) struct TextInputModule {
    contacts: BTreeMap<String, Contact>,
    partial: BTreeMap<Port, Vec<u8>>,
}

impl TextInputModule {
    /// With its contacts by the names of their inputs.
    pub(crate) fn new(contacts: BTreeMap<String, Contact>) -> Self {
        Self {
            contacts,
            partial: BTreeMap::new(),
        }
    }

    fn answer(&self, ctx: &Ctx<'_>, question: &str) -> String {
        let asked = self.contacts.iter().find_map(|(input, contact)| match contact {
            Contact::Line { query, safe } if query == question => Some((input, safe)),
            _ => None,
        });
        match asked {
            Some((input, _)) if open(ctx, input) => format!("{question} open"),
            Some((_, safe)) => safe.clone(),
            None => "?".to_owned(),
        }
    }
}

impl Twin for TextInputModule {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        buffer.extend_from_slice(bytes);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\r') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let question = String::from_utf8_lossy(&line);
            let answer = format!("{}\r\n", self.answer(ctx, question.trim()));
            ctx.wire
                .send(ctx.now + TURNAROUND_US, port, treatment, answer.into_bytes());
        }
        if buffer.len() <= LONGEST {
            self.partial.insert(port, buffer);
        }
    }

    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.partial.clear();
    }

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
    }
}
