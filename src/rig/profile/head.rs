//! `[profile]`: what profiles of every kind say of themselves.

use super::vocabulary::COMMANDS;
use crate::source::{Document, Table, Value};
use crate::units::Duration;

/// By whom a profile was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maturity {
    /// Written from documents; nobody but its author has judged it.
    Documents,
    /// It replays captures of the real instrument.
    Captures,
    /// A program by others, written for the same instrument, agrees with it.
    Peer,
}

impl Maturity {
    /// The word in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Captures => "captures",
            Self::Peer => "peer",
        }
    }
    /// What it means, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Documents => "from documents only",
            Self::Captures => "judged by captures",
            Self::Peer => "judged by a program of others",
        }
    }
}

/// What every profile says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Word of the role it plays, as "plate_reader".
    pub role: String,
    /// By whom it was judged.
    pub maturity: Maturity,
    /// Longest wait for one answer on the wire.
    pub timeout: Duration,
    /// Time between two looks at a running command.
    pub poll: Duration,
}

/// The word of the kind, without complaining about anything.
pub(super) fn kind(document: &Document<'_>) -> Option<String> {
    let mut head = document.root().get("profile")?.as_table()?;
    head.get("kind")?.as_text()
}

/// The role as far as it is known, and the head where all of it is right. Roles are those of `roles`.
pub(super) fn head(t: &mut Table<'_>, roles: &[&str]) -> (Option<String>, Option<Head>) {
    if let Some(kind) = t.need("kind")
        && kind.text().is_some_and(|k| k != "modbus" && k != "text")
    {
        kind.error("profile-kind", "a profile is of the kind \"modbus\" or \"text\"");
    }
    let role_value = t.need("role");
    let role = role_value.as_ref().and_then(Value::text);
    if let (Some(value), Some(role)) = (&role_value, &role)
        && !roles.contains(&role.as_str())
    {
        let message = format!(
            "\"{role}\" is not a role that a profile of this kind can play; use one of {}",
            roles.join(", ")
        );
        value.error("profile-role", message);
    }
    let maturity = t.get("maturity").map_or(Some(Maturity::Documents), |v| {
        let word = v.text()?;
        let all = [Maturity::Documents, Maturity::Captures, Maturity::Peer];
        let found = all.into_iter().find(|m| m.name() == word);
        if found.is_none() {
            v.error(
                "profile-maturity",
                format!("\"{word}\" is not one of documents, captures, peer"),
            );
        }
        found
    });
    let name = t.need("name").and_then(|v| v.text());
    let title = t.need("title").and_then(|v| v.text());
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    let poll = t.need("poll").and_then(|v| v.quantity());
    let whole = || {
        Some(Head {
            name: name?,
            title: title?,
            role: role.clone()?,
            maturity: maturity?,
            timeout: timeout?,
            poll: poll?,
        })
    };
    let head = whole();
    (role, head)
}

/// Every role that a profile can play.
pub(super) fn roles() -> Vec<&'static str> {
    COMMANDS.iter().map(|(role, _)| *role).collect()
}
