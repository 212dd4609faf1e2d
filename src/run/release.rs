//! Release state of a protocol: a history of who said what of which text, and what follows for the text at hand.

use super::FileText;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// How far a protocol has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// Being written; what every protocol is until somebody says otherwise.
    #[default]
    Draft,
    /// Shown to do what it should; not yet for routine.
    Validated,
    /// For operators, on a real rig.
    Released,
}

impl ReleaseState {
    /// The word in files and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Validated => "validated",
            Self::Released => "released",
        }
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One statement: this text is in this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEntry {
    /// The state.
    pub state: ReleaseState,
    /// [`fingerprint`] of what was judged, as 64 hexadecimal digits.
    pub sha256: String,
    /// Who.
    pub by: String,
    /// When, as "2026-11-24 14:05:09", UTC.
    pub at: String,
    /// Why, or what was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The file beside a protocol: every statement, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRecord {
    /// Every statement, oldest first.
    #[serde(default)]
    pub history: Vec<ReleaseEntry>,
}

/// Who runs a protocol that is not released, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreleased {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The release state of the text at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The state in force.
    pub state: ReleaseState,
    /// [`fingerprint`] of the text at hand.
    pub sha256: String,
    /// The last statement there is, about this text or an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ReleaseEntry>,
    /// Who ran it on a real rig though it is not released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreleased: Option<Unreleased>,
}

impl ReleaseRecord {
    /// Reads the file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The file's text.
    ///
    /// # Errors
    /// When it cannot be put into TOML.
    pub fn print(&self) -> Result<String, String> {
        let head =
            "# Written by `plated release`: who said what of the protocol beside this file, by its hash.\n";
        let body = toml::to_string(self).map_err(|e| e.to_string())?;
        Ok(format!("{head}\n{body}"))
    }

    /// The state of a text: that of the last statement, if it is about this very text. Any change makes it a draft.
    pub fn judge(&self, sha256: String) -> Release {
        let last = self.history.last().cloned();
        let state = last.as_ref().filter(|l| l.sha256 == sha256);
        Release {
            state: state.map(|l| l.state).unwrap_or_default(),
            sha256,
            last,
            unreleased: None,
        }
    }
}

impl Release {
    /// In words, as "released on 2026-11-24 14:05:09 by A. Person".
    pub fn in_words(&self) -> String {
        match &self.last {
            None => "draft".to_owned(),
            Some(last) if last.sha256 == self.sha256 => {
                format!("{} on {} by {}", last.state, last.at, last.by)
            }
            Some(last) => format!(
                "draft: changed since it was {} on {} by {}",
                if last.state == ReleaseState::Draft {
                    "made a draft"
                } else {
                    last.state.word()
                },
                last.at,
                last.by
            ),
        }
    }
}

/// SHA-256 over a protocol's text and every file that it names, in order of their paths; each part is preceded by its
/// length in bytes (eight, most significant first), so that no two sets of files have the same bytes. The protocol's own
/// name does not count.
pub fn fingerprint(protocol: &FileText, files: &BTreeMap<String, FileText>) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        hash.update(length.to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(&protocol.text);
    for (path, file) in files {
        add(path);
        add(&file.text);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
