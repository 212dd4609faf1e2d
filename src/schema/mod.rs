//! The language of protocol, rig, profile and labware files as data: every table and key with its type, unit, default,
//! description and example.
//!
//! Owns the description, and what is made of it: JSON Schema for editors ([`json_schema`]) and the tables of
//! `docs/protocol-reference.md` ([`reference()`]). It reads no file of those kinds and must know nothing of the parsers:
//! it is the second account of the same language, and tests hold both against each other. Start with [`Table`].

mod behaviour;
mod json;
mod labware;
mod model;
mod profile;
mod protocol;
mod quantities;
mod reference;
mod rig;
mod text_profile;
mod text_steps;

pub use json::json_schema;
pub use model::{Case, Cases, Key, Measure, Sign, Table, Type};
pub use reference::{reference, sections};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Protocols, and the files that they call.
    Protocol,
    /// Rigs.
    Rig,
    /// Modbus profiles.
    Profile,
    /// Profiles of serial text devices.
    TextProfile,
    /// Labware definitions.
    Labware,
}

impl Language {
    /// Every kind of file with its word.
    pub const ALL: [(&'static str, Self); 5] = [
        ("protocol", Self::Protocol),
        ("rig", Self::Rig),
        ("profile", Self::Profile),
        ("text-profile", Self::TextProfile),
        ("labware", Self::Labware),
    ];

    /// The outermost table of such a file.
    pub fn root(self) -> &'static Table {
        match self {
            Self::Protocol => &protocol::ROOT,
            Self::Rig => &rig::ROOT,
            Self::Profile => &profile::ROOT,
            Self::TextProfile => &text_profile::ROOT,
            Self::Labware => &labware::ROOT,
        }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Rig => "rig",
            Self::Profile => "profile",
            Self::TextProfile => "text-profile",
            Self::Labware => "labware",
        }
    }

    /// Whether a value may be a text with a parameter, as "{plates}".
    pub const fn has_parameters(self) -> bool {
        matches!(self, Self::Protocol)
    }
}
