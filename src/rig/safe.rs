//! What becomes of an instrument when a run is aborted: the `safe` table of its entry.
//!
//! Owns the words. Knows nothing of how a state is reached.

use super::{Abilities, Role};
use crate::source::{Table, Value};
use crate::units::Temperature;

/// The state that an instrument is left in after an abort. What is not said stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Safe {
    /// Of a liquid handler: tips with liquid in them.
    pub tips: SafeTips,
    /// Of an incubator or station: shaking goes on.
    pub keeps_shaking: bool,
    /// Of a station: the temperature that it is set to, where the run had set another. None keeps what is set, as for
    /// climate that other plates depend on.
    pub temperature: Option<Temperature>,
}

/// What becomes of tips with liquid in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SafeTips {
    /// What came from one well, with tips that have been nowhere else, goes back there, and the tips are dropped. Any
    /// other liquid is kept.
    #[default]
    Return,
    /// They stay on for a person to see to.
    Keep,
}

/// The `safe` table of an instrument with this role.
pub(super) fn safe(t: &mut Table<'_>, role: Option<&Role>) -> Safe {
    let mut safe = Safe {
        // An incubator's climate is that of every plate in it.
        keeps_shaking: matches!(role, Some(Role::Incubator(_))),
        ..Safe::default()
    };
    let has_states = matches!(
        role,
        Some(Role::LiquidHandler(_) | Role::Incubator(_) | Role::Station(_))
    );
    let table = has_states.then(|| t.get("safe")).flatten();
    let Some(mut t) = table.and_then(|v| v.table()) else {
        return safe;
    };
    if matches!(role, Some(Role::LiquidHandler(_)))
        && let Some(value) = t.get("tips")
    {
        match value.as_text().as_deref() {
            Some("return") => safe.tips = SafeTips::Return,
            Some("keep") => safe.tips = SafeTips::Keep,
            _ => value.error("safe", "`tips` is \"return\" or \"keep\""),
        }
    }
    if matches!(role, Some(Role::Incubator(_) | Role::Station(_)))
        && let Some(value) = t.get("shaking")
    {
        match value.as_text().as_deref() {
            Some("keep") => safe.keeps_shaking = true,
            Some("off") => safe.keeps_shaking = false,
            _ => value.error("safe", "`shaking` is \"keep\" or \"off\""),
        }
    }
    if let Some(Role::Station(station)) = role
        && let Some(value) = t.get("temperature")
        && value.as_text().as_deref() != Some("keep")
    {
        safe.temperature = temperature(&value, &station.abilities);
    }
    t.finish();
    safe
}

fn temperature(value: &Value<'_>, abilities: &Abilities) -> Option<Temperature> {
    let wanted: Temperature = value.quantity()?;
    let Some((from, to)) = abilities.hold else {
        value.error("safe", "this station holds no temperature");
        return None;
    };
    if wanted < from || wanted > to {
        value.error("safe", format!("this station holds {from} to {to}"));
        return None;
    }
    Some(wanted)
}
