//! What wears out in an instrument: counters, how far each may come, and when the instrument is due.

use crate::source::{Table, Value};
use crate::units::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that wears out and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counter {
    /// Strokes of the plungers of a liquid handler's pipettes.
    PlungerStrokes,
    /// Strokes of a pump's syringe.
    SyringeStrokes,
    /// Flashes of a reader's lamp: one for each well, and each point of an area scan.
    LampFlashes,
    /// Openings of a tray or door.
    DoorCycles,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PlungerStrokes,
        Self::SyringeStrokes,
        Self::LampFlashes,
        Self::DoorCycles,
    ];
    /// The word in rig files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PlungerStrokes => "plunger_strokes",
            Self::SyringeStrokes => "syringe_strokes",
            Self::LampFlashes => "lamp_flashes",
            Self::DoorCycles => "door_cycles",
        }
    }
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlungerStrokes => "plunger strokes",
            Self::SyringeStrokes => "syringe strokes",
            Self::LampFlashes => "lamp flashes",
            Self::DoorCycles => "door cycles",
        }
    }
}

/// The `service` table of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// How far counters may come since the last service.
    pub limits: BTreeMap<Counter, u64>,
    /// Day of the last service: what runs of this day and after did is counted. None counts everything.
    pub serviced: Option<Day>,
    /// Last day before the next one.
    pub due: Option<Day>,
}

impl Service {
    /// What a person must know, a sentence each: counters that have come to their limits, and a day that is past.
    pub fn due_of(&self, name: &str, counts: &BTreeMap<Counter, u64>, today: Option<Day>) -> Vec<String> {
        let since = self
            .serviced
            .map_or_else(String::new, |day| format!(" since {day}"));
        let advice = format!("see to it, and write the day as `serviced` into [instruments.{name}.service]");
        let over = self.limits.iter().filter_map(|(counter, limit)| {
            let count = counts.get(counter).copied().unwrap_or_default();
            (count >= *limit).then(|| {
                format!(
                    "{name}: {count} {}{since}; it is due for service at {limit}: {advice}",
                    counter.name()
                )
            })
        });
        let late = self.due.zip(today).filter(|(due, today)| due < today);
        let late = late.map(|(due, _)| format!("{name}: it was due for service on {due}: {advice}"));
        over.chain(late).collect()
    }
}

/// The `service` table of an instrument.
pub(super) fn service(t: &mut Table<'_>) -> Service {
    let Some(mut t) = t.get("service").and_then(|v| v.table()) else {
        return Service::default();
    };
    let mut service = Service::default();
    for counter in Counter::ALL {
        if let Some(limit) = t.get(counter.word()).and_then(|v| limit(&v)) {
            service.limits.insert(counter, limit);
        }
    }
    service.serviced = t.get("serviced").and_then(|v| super::calibration::day(&v));
    service.due = t.get("due").and_then(|v| super::calibration::day(&v));
    t.finish();
    service
}

fn limit(value: &Value<'_>) -> Option<u64> {
    let n = value.integer()?;
    let limit = u64::try_from(n).ok().filter(|n| *n > 0);
    if limit.is_none() {
        value.error("out-of-range", format!("`{}` must be at least 1", value.path));
    }
    limit
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
