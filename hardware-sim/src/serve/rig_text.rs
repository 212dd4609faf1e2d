//! The rig file that reaches the served instruments: links replaced, clock and operator named, paths absolute.

use crate::SimError;
use std::{collections::BTreeMap, path::Path};
use toml::{Table, Value};

/// Where an instrument is served.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Serial(String),
    Tcp(String),
}

/// Rewrites a rig file.
pub(super) fn rewrite(
    rig: &str,
    base: &Path,
    links: &BTreeMap<String, Address>,
    operator: &str,
    (sim_us, boot_us, factor): (u64, u64, f64),
) -> Result<String, SimError> {
    let fault = |message: String| SimError::Text {
        what: "rig file".into(),
        message,
    };
    let mut rig: Table = toml::from_str(rig).map_err(|error| fault(error.to_string()))?;
    let absolute = |value: &mut Value| {
        if let Value::String(path) = value {
            let joined = base.join(&*path);
            *path = std::path::absolute(&joined)
                .unwrap_or(joined)
                .display()
                .to_string();
        }
    };
    if let Some(labware) = rig
        .get_mut("rig")
        .and_then(Value::as_table_mut)
        .and_then(|head| head.get_mut("labware"))
    {
        absolute(labware);
    }
    let tables = rig
        .iter_mut()
        .filter(|(key, _)| ["instruments", "input_modules"].contains(&key.as_str()));
    let entries = tables.filter_map(|(_, table)| table.as_table_mut()).flatten();
    for (name, entry) in entries {
        let Some(entry) = entry.as_table_mut() else {
            continue;
        };
        if let Some(profile) = entry.get_mut("profile") {
            absolute(profile);
        }
        let (Some(address), Some(link)) = (
            links.get(name.as_str()),
            entry.get_mut("link").and_then(Value::as_table_mut),
        ) else {
            continue;
        };
        match address {
            Address::Serial(path) => link.insert("serial".into(), Value::String(path.clone())),
            Address::Tcp(address) => link.insert("tcp".into(), Value::String(address.clone())),
        };
    }
    let int = |number: u64| {
        i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| fault(format!("time {number} is out of range")))
    };
    let mut clock = Table::new();
    clock.insert("sim_us".into(), int(sim_us)?);
    clock.insert("boot_us".into(), int(boot_us)?);
    clock.insert("factor".into(), Value::Float(factor));
    rig.insert("clock".into(), Value::Table(clock));
    let mut link = Table::new();
    link.insert("tcp".into(), Value::String(operator.to_owned()));
    let mut entry = Table::new();
    entry.insert("link".into(), Value::Table(link));
    rig.insert("operator".into(), Value::Table(entry));
    toml::to_string(&rig).map_err(|error| fault(error.to_string()))
}
