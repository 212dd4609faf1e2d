//! Modules that read contacts: bits of Modbus tables, or lines of text that answer a question.
//!
//! Only `safe` in so many bits or words is safe; whatever else is read is open. What cannot be read is an error, for whoever
//! asks to count as silence.

use super::failure::refused;
use crate::devices::{Failure, FailureKind, Fut, InputModule, Moved};
use crate::link::modbus::Client;
use crate::link::{Behind, Exchange, Framing, Line};
use crate::rig::profile::modbus::TableKind;
use crate::rig::{Contact, InputId, InputModuleId, Rig};
use crate::units::Duration;
use std::collections::BTreeMap;

/// The reader of a module of the rig, over its line; none when the rig has no such module. Nothing is sent yet.
pub fn inputs(id: &InputModuleId, rig: &Rig, line: Line) -> Option<Box<dyn InputModule>> {
    let module = rig.input_modules.get(id)?;
    let own = rig.inputs.iter().filter(|(_, input)| input.module == *id);
    let (mut bits, mut lines) = (Vec::new(), Vec::new());
    for (id, input) in own {
        match &input.contact {
            Contact::Bit {
                table,
                address,
                bit,
                safe,
            } => bits.push(Bit {
                id: id.clone(),
                table: *table,
                address: *address,
                bit: *bit,
                safe: *safe,
            }),
            Contact::Line { query, safe } => lines.push(Question {
                id: id.clone(),
                query: query.clone(),
                safe: safe.trim().to_owned(),
            }),
        }
    }
    let name = id.to_string();
    let line = line.of(&module.link);
    // Nobody waits for a look at contacts as for a command; see the line for how long they may have to wait.
    let behind = line.behind();
    Some(if lines.is_empty() {
        let client = Client::new(line, &module.link, module.timeout);
        Box::new(Registers {
            name,
            client,
            bits,
            _behind: behind,
        })
    } else {
        let timeout = module.timeout;
        Box::new(Lines {
            line,
            timeout,
            lines,
            _behind: behind,
        })
    })
}

struct Bit {
    id: InputId,
    table: TableKind,
    address: u16,
    bit: u8,
    safe: bool,
}

/// Contacts as bits of a Modbus device.
struct Registers {
    name: String,
    client: Client,
    bits: Vec<Bit>,
    _behind: Behind,
}

impl Registers {
    async fn word(&mut self, table: TableKind, address: u16) -> Result<u16, Failure> {
        let one = |bits: Vec<bool>| bits.into_iter().map(u16::from).collect::<Vec<_>>();
        let answer = match table {
            TableKind::Coil => self.client.read_coils(address, 1).await.map(|a| a.map(one)),
            TableKind::Discrete => self.client.read_discrete(address, 1).await.map(|a| a.map(one)),
            TableKind::Input => self.client.read_input(address, 1).await,
            TableKind::Holding => self.client.read_holding(address, 1).await,
        };
        let silent = |why: String| Failure::new(FailureKind::NoAnswer, Moved::No, why);
        let words = answer
            .map_err(|error| silent(error.to_string()))?
            .map_err(|exception| refused(format!("\"{}\" answers {exception} to {address}", self.name)))?;
        let word = words.first().copied();
        word.ok_or_else(|| silent(format!("\"{}\" tells nothing of {address}", self.name)))
    }
}

impl InputModule for Registers {
    fn read(&mut self) -> Fut<'_, Result<BTreeMap<InputId, bool>, Failure>> {
        Box::pin(async move {
            // Contacts of one word are read at one moment.
            let mut words: BTreeMap<(TableKind, u16), u16> = BTreeMap::new();
            let wanted: Vec<(TableKind, u16)> = self.bits.iter().map(|b| (b.table, b.address)).collect();
            for key in wanted {
                if let std::collections::btree_map::Entry::Vacant(_) = words.entry(key) {
                    let word = self.word(key.0, key.1).await?;
                    words.insert(key, word);
                }
            }
            let level = |b: &Bit| {
                let word = words.get(&(b.table, b.address)).copied().unwrap_or_default();
                let on = word.checked_shr(u32::from(b.bit)).unwrap_or(0) & 1 == 1;
                (b.id.clone(), on == b.safe)
            };
            Ok(self.bits.iter().map(level).collect())
        })
    }
}

struct Question {
    id: InputId,
    query: String,
    safe: String,
}

/// Contacts as answers in a line of text. Lines end with a carriage return; a line feed besides is passed over.
struct Lines {
    line: Line,
    timeout: Duration,
    lines: Vec<Question>,
    _behind: Behind,
}

/// A line with something in it; what is empty before it is no answer.
fn framing(received: &[u8]) -> Framing {
    let end = |b: &u8| matches!(b, b'\r' | b'\n');
    match received.iter().position(end) {
        Some(0) => Framing::Junk(1),
        Some(n) => Framing::Frame(n.saturating_add(1)),
        None => Framing::Incomplete,
    }
}

impl InputModule for Lines {
    fn read(&mut self) -> Fut<'_, Result<BTreeMap<InputId, bool>, Failure>> {
        Box::pin(async move {
            let mut out = BTreeMap::new();
            for question in &self.lines {
                let request = format!("{}\r", question.query).into_bytes();
                let answer = self
                    .line
                    .exchange(Exchange::new(request, self.timeout, framing))
                    .await;
                let answer = answer
                    .map_err(|error| Failure::new(FailureKind::NoAnswer, Moved::No, error.to_string()))?;
                let said = String::from_utf8_lossy(&answer);
                out.insert(question.id.clone(), said.trim() == question.safe);
            }
            Ok(out)
        })
    }
}
