//! Spaces that two moving bodies share: the world refuses the second body.

use super::state::World;
use crate::hazard::Hazard;
use crate::ledger::Event;

impl World {
    /// A body comes into a zone; it is a violation when another is there.
    pub(crate) fn enter_zone(&mut self, zone: &str, body: &str, now: u64) {
        let bodies = self.zones.entry(zone.to_owned()).or_default();
        if !bodies.insert(body.to_owned()) {
            return;
        }
        let others: Vec<String> = bodies.iter().filter(|other| *other != body).cloned().collect();
        self.record(
            now,
            Event::ZoneEntered {
                zone: zone.to_owned(),
                body: body.to_owned(),
            },
        );
        if !others.is_empty() {
            let text = format!(
                "two bodies in zone {zone}: {body} comes in while {} is there",
                others.join(", ")
            );
            self.violate(now, body, zone, Hazard::TwoInOneZone, text);
        }
    }

    /// A body leaves a zone.
    pub(crate) fn leave_zone(&mut self, zone: &str, body: &str, now: u64) {
        if self.zones.get_mut(zone).is_some_and(|bodies| bodies.remove(body)) {
            self.record(
                now,
                Event::ZoneLeft {
                    zone: zone.to_owned(),
                    body: body.to_owned(),
                },
            );
        }
    }
}
