//! Register profiles as the simulator reads them: where a device shows and takes what.

use crate::SimError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A table of a Modbus device.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Table {
    Coil,
    Discrete,
    Input,
    Holding,
}

/// Type of a register.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RegisterType {
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
}

impl RegisterType {
    /// Registers (or bits) that one value takes.
    pub(crate) fn words(self) -> u16 {
        match self {
            Self::U16 | Self::I16 | Self::Bool => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }
}

/// One named register.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Register {
    pub(crate) table: Table,
    pub(crate) address: u16,
    #[serde(rename = "type")]
    pub(crate) kind: RegisterType,
    #[serde(default = "one")]
    pub(crate) count: u16,
    pub(crate) scale: Option<f64>,
    #[serde(default)]
    pub(crate) values: BTreeMap<String, i32>,
    #[serde(default)]
    pub(crate) bits: BTreeMap<String, u32>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

fn one() -> u16 {
    1
}

/// What every profile begins with, of whatever kind it is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Head {
    /// What the instrument is called in the catalogue of profiles.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    kind: String,
    role: String,
    #[serde(default)]
    base: u16,
    #[serde(default)]
    word_order: Option<String>,
}

/// A profile of which only the head is read.
#[derive(Debug, Deserialize)]
struct Headed {
    profile: Head,
}

impl Head {
    /// Reads the head of the profile that the rig file calls `path`; its other tables are not looked at.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, SimError> {
        let file: Headed = toml::from_str(text).map_err(|error| SimError::Text {
            what: format!("profile `{path}`"),
            message: error.to_string(),
        })?;
        Ok(file.profile)
    }

    /// Whether the instrument is asked in text; otherwise it has registers.
    pub(crate) fn is_text(&self) -> bool {
        self.kind == "text"
    }
}

#[derive(Clone, Debug, Deserialize)]
struct File {
    profile: Head,
    registers: BTreeMap<String, Register>,
    #[serde(default)]
    identity: Identity,
    #[serde(default)]
    handshake: Handshake,
    #[serde(default)]
    commands: BTreeMap<String, Command>,
    stop: Option<Stop>,
}

/// The write that stops all motion, and the register that says so.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Stop {
    pub(crate) register: String,
    #[serde(default = "one")]
    pub(crate) value: u16,
    pub(crate) acknowledged: String,
    #[serde(default = "one")]
    pub(crate) equals: u16,
}

/// How the device says who it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Identity {
    pub(crate) model: Option<Model>,
    pub(crate) serial: String,
    pub(crate) firmware: String,
}

/// The register that names the model.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) register: String,
    pub(crate) equals: u32,
}

/// The registers of the command handshake, by name; a regulator has none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Handshake {
    pub(crate) code: String,
    pub(crate) sequence: String,
    pub(crate) accepted: String,
    pub(crate) completed: String,
    pub(crate) result: String,
}

/// A command's code; those of a regulator have none.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Command {
    #[serde(default)]
    pub(crate) code: u16,
}

/// One register profile.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) role: String,
    pub(crate) word_order: String,
    pub(crate) registers: BTreeMap<String, Register>,
    pub(crate) identity: Identity,
    pub(crate) handshake: Handshake,
    pub(crate) commands: BTreeMap<String, Command>,
    pub(crate) stop: Option<Stop>,
}

impl Profile {
    /// Reads the profile that the rig file calls `name`; addresses become wire addresses.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, SimError> {
        let fault = |message: String| SimError::Text {
            what: format!("profile `{name}`"),
            message,
        };
        let file: File = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        let mut registers = file.registers;
        for (register, entry) in &mut registers {
            entry.address = entry
                .address
                .checked_sub(file.profile.base)
                .ok_or_else(|| fault(format!("register `{register}` lies below the base")))?;
        }
        let order = file.profile.word_order.unwrap_or_else(|| "ABCD".into());
        if !["ABCD", "CDAB", "BADC", "DCBA"].contains(&order.as_str()) {
            return Err(fault(format!(
                "word order `{order}` is none of ABCD, CDAB, BADC, DCBA"
            )));
        }
        Ok(Self {
            role: file.profile.role,
            word_order: order,
            registers,
            identity: file.identity,
            handshake: file.handshake,
            commands: file.commands,
            stop: file.stop,
        })
    }
}
