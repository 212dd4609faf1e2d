//! `plated plan --with "second reader"`: what a rig with more of something would take, side by side.

use crate::cli::exit::{CliError, Exit};
use crate::cli::files::Ready;
use crate::plan::Resource;
use crate::rig::{InstrumentId, Rig, Role};
use crate::schedule::{WhatIf, what_if};
use crate::units::Duration;
use serde::Serialize;
use std::collections::BTreeMap;

/// One variant of the rig.
#[derive(Debug, Clone, Serialize)]
pub struct Variant {
    /// What it has more of; nothing for the rig as it is.
    with: BTreeMap<String, u32>,
    makespan: Duration,
    bound: Duration,
    /// By how much the makespan exceeds the bound, in tenths of a percent.
    gap: u64,
    /// What is used most of what there is.
    bottleneck: Option<String>,
    /// The part of the makespan for which that is used, in tenths of a percent.
    used: u64,
}

/// The rig as it is and each variant that is asked for; nothing when none is.
///
/// # Errors
/// When a variant names what the rig does not have.
pub fn variants(ready: &Ready, asked: &[String]) -> Result<Vec<Variant>, CliError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut out = vec![variant(ready, BTreeMap::new())?];
    for text in asked {
        let mut more = BTreeMap::new();
        for part in text.split(',') {
            let (name, count) = read(part.trim(), &ready.rig)?;
            more.insert(name, count);
        }
        out.push(variant(ready, more)?);
    }
    Ok(out)
}

/// "second reader", "reader=2", "operator=2".
fn read(text: &str, rig: &Rig) -> Result<(String, u32), CliError> {
    let wrong = |why: String| CliError::new(Exit::Usage, format!("--with \"{text}\": {why}"));
    let ordinals = [
        ("second", 2),
        ("third", 3),
        ("fourth", 4),
        ("fifth", 5),
        ("sixth", 6),
    ];
    let words = text.split_once(char::is_whitespace);
    let ordinal = words.and_then(|(word, name)| {
        let found = ordinals.iter().find(|o| o.0 == word)?;
        Some((name.trim(), found.1))
    });
    let (name, count) = match (ordinal, text.split_once('=')) {
        (Some(found), _) => found,
        (None, Some((name, count))) => {
            let count = count.trim().parse().ok().filter(|n| (1..=64).contains(n));
            let count = count.ok_or_else(|| wrong("the number is from 1 to 64".into()))?;
            (name.trim(), count)
        }
        (None, None) => return Err(wrong("write \"second reader\" or reader=2".into())),
    };
    if name != "operator" && !rig.instruments.contains_key(name) {
        let mut names: Vec<String> = rig.instruments.keys().map(ToString::to_string).collect();
        names.push("operator".into());
        return Err(wrong(format!(
            "the rig has no \"{name}\"; it has {}",
            names.join(", ")
        )));
    }
    Ok((name.to_owned(), count))
}

fn variant(ready: &Ready, with: BTreeMap<String, u32>) -> Result<Variant, CliError> {
    let mut more = BTreeMap::new();
    for (name, count) in &with {
        if name == "operator" {
            more.insert(Resource::Operator, *count);
        } else if let Some((id, _)) = ready.rig.instruments.get_key_value(name.as_str()) {
            for resource in with_its_nests(&ready.rig, id) {
                more.insert(resource, *count);
            }
        }
    }
    let found: WhatIf = what_if(&ready.plan, &ready.schedule, &more)
        .map_err(|e| CliError::new(Exit::Failed, format!("the variant could not be planned: {e}")))?;
    let used = found.used.first().map_or(0, |(_, held, count)| {
        let each = held.as_us().checked_div(u64::from(*count)).unwrap_or(0);
        each.saturating_mul(1000)
            .checked_div(found.makespan.as_us())
            .unwrap_or(0)
    });
    Ok(Variant {
        with,
        makespan: found.makespan,
        bound: found.bound,
        gap: found.gap(),
        bottleneck: found.bottleneck().map(ToString::to_string),
        used,
    })
}

/// An instrument, and the nest that comes with each one of its kind.
fn with_its_nests(rig: &Rig, id: &InstrumentId) -> Vec<Resource> {
    let nest = rig.instruments.get(id).and_then(|i| match &i.role {
        Role::PlateReader(reader) => Some(reader.tray.clone()),
        Role::Station(station) => Some(station.nest.clone()),
        Role::Incubator(incubator) => Some(incubator.transfer.clone()),
        _ => None,
    });
    let mut out = vec![Resource::Instrument(id.clone())];
    out.extend(nest.map(Resource::Nest));
    out
}

/// The variants side by side.
pub fn table(variants: &[Variant]) -> String {
    let mut out = format!(
        "{:<32} {:>16} {:>16} {:>7}  bottleneck\n",
        "rig", "planned", "at least", "gap"
    );
    for v in variants {
        let with: Vec<String> = v
            .with
            .iter()
            .map(|(name, count)| format!("{count} of {name}"))
            .collect();
        let name = if with.is_empty() {
            "as it is".to_owned()
        } else {
            with.join(", ")
        };
        out.push_str(&format!(
            "{name:<32} {:>16} {:>16} {:>3}.{} %  {} ({}.{} % of the time)\n",
            v.makespan.to_string(),
            v.bound.to_string(),
            v.gap / 10,
            v.gap % 10,
            v.bottleneck.as_deref().unwrap_or("none"),
            v.used / 10,
            v.used % 10
        ));
    }
    out
}
