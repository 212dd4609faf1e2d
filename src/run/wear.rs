//! What a run wore out: strokes, flashes, door cycles of each instrument by day, counted from its records.

use super::event::{ActionId, Event};
use crate::plan::{Action, Actor};
use crate::rig::{Counter, InstrumentId};
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts by day ("2026-11-24", UTC) and instrument.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wear {
    /// The counts.
    pub days: BTreeMap<String, BTreeMap<InstrumentId, BTreeMap<Counter, u64>>>,
    /// Actions that are under way, with who performs them.
    #[serde(skip)]
    open: BTreeMap<ActionId, (InstrumentId, Counter, u64)>,
}

impl Wear {
    /// Takes a record into account. What failed counts, too: a stroke that broke off also wore something out.
    pub fn event(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Intended {
                action,
                actor: Actor::Instrument(id),
                intent,
                ..
            } => {
                if let Some((counter, count)) = worn(&intent.action) {
                    self.open.insert(*action, (id.clone(), counter, count));
                }
            }
            Event::NotDone { action, .. } => {
                self.open.remove(action);
            }
            Event::Ended { action, .. } => {
                if let Some((id, counter, count)) = self.open.remove(action) {
                    let day: String = at.to_string().chars().take(10).collect();
                    let sum = self.days.entry(day).or_default().entry(id).or_default();
                    let sum = sum.entry(counter).or_default();
                    *sum = sum.saturating_add(count);
                }
            }
            _ => {}
        }
    }

    /// Adds what another run wore out.
    pub fn add(&mut self, other: &Self) {
        for (day, instruments) in &other.days {
            for (id, counts) in instruments {
                let own = self
                    .days
                    .entry(day.clone())
                    .or_default()
                    .entry(id.clone())
                    .or_default();
                for (counter, count) in counts {
                    let sum = own.entry(*counter).or_default();
                    *sum = sum.saturating_add(*count);
                }
            }
        }
    }

    /// Counts of an instrument from a day on, as "2026-10-01"; all of them without one.
    pub fn since(&self, id: &InstrumentId, day: Option<&str>) -> BTreeMap<Counter, u64> {
        let mut out: BTreeMap<Counter, u64> = BTreeMap::new();
        // Days as written compare like days.
        let days = self
            .days
            .iter()
            .filter(|(d, _)| day.is_none_or(|day| d.as_str() >= day));
        for (counter, count) in days.filter_map(|(_, all)| all.get(id)).flatten() {
            let sum = out.entry(*counter).or_default();
            *sum = sum.saturating_add(*count);
        }
        out
    }
}

/// What an action wears out, and how much of it.
fn worn(action: &Action) -> Option<(Counter, u64)> {
    let flashes = |wells: u16| {
        let points = action.area().map_or(1, |area| u64::from(area.count()));
        Some((Counter::LampFlashes, u64::from(wells).saturating_mul(points)))
    };
    match action {
        Action::Aspirate { .. }
        | Action::Dispense { .. }
        | Action::AirGap { .. }
        | Action::BlowOut { .. }
        | Action::PickUpTips { .. }
        | Action::DropTips { .. } => Some((Counter::PlungerStrokes, 1)),
        Action::Draw { .. } | Action::Expel { .. } | Action::PumpHome { .. } => {
            Some((Counter::SyringeStrokes, 1))
        }
        Action::ReadAbsorbance { wells, .. } | Action::ReadFluorescence { wells, .. } => flashes(*wells),
        Action::OpenTray => Some((Counter::DoorCycles, 1)),
        _ => None,
    }
}
