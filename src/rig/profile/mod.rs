//! Instrument profiles: an instrument described by a file instead of code, as plain data. A Modbus device by its register
//! map, a serial text device by what is said and answered.
//!
//! Owns the profile format: text in, [`Profile`] and diagnostics out. Knows nothing of wires: which bytes a register
//! or a request becomes is the driver's business.

mod behaviour;
mod head;
pub mod modbus;
mod quantity;
mod reading;
mod scaled;
mod shared;
pub mod text;
mod vocabulary;

pub use head::{Head, Maturity};
pub use quantity::Quantity;
pub use shared::{ArgumentSource, Bound, Test};

use super::QuantityId;
use crate::source::{Diagnostic, Document, SourceFile};
use modbus::ModbusProfile;
use text::TextProfile;

/// An instrument described by a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Profile {
    /// By its registers.
    Modbus(Box<ModbusProfile>),
    /// By what is said and answered on a serial line.
    Text(Box<TextProfile>),
}

impl Profile {
    /// Name, role and waits.
    pub const fn head(&self) -> &Head {
        match self {
            Self::Modbus(profile) => &profile.head,
            Self::Text(profile) => &profile.head,
        }
    }
    /// Whether it has a command, by the action's name.
    pub fn has_command(&self, name: &str) -> bool {
        match self {
            Self::Modbus(p) => p.commands.contains_key(name) || p.courses.contains_key(name),
            Self::Text(profile) => profile.commands.contains_key(name),
        }
    }
    /// What it tells of a quantity, of a regulator.
    pub fn quantity(&self, id: &QuantityId) -> Option<Quantity> {
        match self {
            Self::Modbus(profile) => profile.quantities.get(id).map(|q| q.told),
            Self::Text(profile) => profile.quantities.get(id).map(|q| q.told),
        }
    }
    /// All quantities, of a regulator.
    pub fn quantities(&self) -> Vec<(QuantityId, Quantity)> {
        match self {
            Self::Modbus(p) => p.quantities.iter().map(|(id, q)| (id.clone(), q.told)).collect(),
            Self::Text(p) => p.quantities.iter().map(|(id, q)| (id.clone(), q.told)).collect(),
        }
    }
    /// The register map, of a Modbus device.
    pub const fn modbus(&self) -> Option<&ModbusProfile> {
        match self {
            Self::Modbus(profile) => Some(profile),
            Self::Text(_) => None,
        }
    }
    /// What is said and answered, of a text device.
    pub const fn text(&self) -> Option<&TextProfile> {
        match self {
            Self::Text(profile) => Some(profile),
            Self::Modbus(_) => None,
        }
    }
}

/// Text in; the profile and every problem out. The profile is there when no error is.
pub fn parse(file: &SourceFile) -> (Option<Profile>, Vec<Diagnostic>) {
    let document = Document::parse(file);
    let profile = match head::kind(&document).as_deref() {
        Some("text") => text::read(&document).map(|p| Profile::Text(Box::new(p))),
        _ => modbus::read(&document).map(|p| Profile::Modbus(Box::new(p))),
    };
    let found = document.reporter().take();
    (profile.filter(|_| found.is_empty()), found)
}
