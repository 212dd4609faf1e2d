//! Transport, which no author writes: to the place of work and lid off; lid on and away.

use super::draft::Draft;
use super::driver::Compiler;
use crate::plan::{Action, PlateId, StepId};
use crate::protocol::source::Incubate;
use crate::rig::{InstrumentId, NestId};

/// An incubator that a plate is put into.
pub(super) struct Warm<'a> {
    pub incubator: &'a InstrumentId,
    pub slot: NestId,
    pub shake: bool,
}

/// A plate that is being worked on: where, and since which phase.
pub(super) struct Open {
    pub at: NestId,
    lid: Option<NestId>,
    since: u16,
    home: NestId,
}

impl Open {
    /// The same place at the start of another operation.
    pub fn again(&self) -> Self {
        Self {
            at: self.at.clone(),
            lid: self.lid.clone(),
            since: 0,
            home: self.home.clone(),
        }
    }
}

impl<'a> Compiler<'a> {
    /// To its place of work, lid off.
    pub fn bring(&self, draft: &mut Draft<'_>, plate: &PlateId) -> Option<Open> {
        let info = self.scene.plates.get(plate)?;
        let home = self.at(plate)?;
        let at = info
            .group
            .work
            .as_ref()
            .map_or_else(|| home.clone(), |w| NestId::new(w.at.value.as_str()));
        let lid = info.group.work.as_ref().and_then(|w| w.lid.as_ref());
        let lid = lid
            .filter(|_| info.group.lidded.value)
            .map(|l| NestId::new(l.value.as_str()));
        let mut actions = Vec::new();
        if at != home {
            actions.push(Action::MovePlate {
                plate: plate.clone(),
                from: home.clone(),
                to: at.clone(),
            });
        }
        if let Some(lid) = &lid {
            actions.push(Action::RemoveLid {
                plate: plate.clone(),
                from: at.clone(),
                to: lid.clone(),
            });
        }
        let since = draft.next();
        if !actions.is_empty() {
            draft.phase(self.scene.mover()?, format!("bring {plate}"), actions);
        }
        Some(Open { at, lid, since, home })
    }

    /// Lid on and to a nest; the nest of work and the lid nest are free then.
    pub fn leave(&self, draft: &mut Draft<'_>, plate: &PlateId, open: &Open, to: &NestId) -> Option<()> {
        let mut actions: Vec<Action> = self.lid_on(plate, open).into_iter().collect();
        if open.at != *to {
            actions.push(Action::MovePlate {
                plate: plate.clone(),
                from: open.at.clone(),
                to: to.clone(),
            });
        }
        if !actions.is_empty() {
            draft.phase(self.scene.mover()?, format!("take {plate} away"), actions);
        }
        if let Some(lid) = &open.lid {
            draft.hold_nest(lid, open.since, draft.next().saturating_sub(1));
        }
        self.left(draft, open);
        Some(())
    }

    fn lid_on(&self, plate: &PlateId, open: &Open) -> Option<Action> {
        let from = open.lid.clone()?;
        Some(Action::ReplaceLid {
            plate: plate.clone(),
            from,
            to: open.at.clone(),
        })
    }

    /// Lid on where it was worked on, before it goes to the reader.
    pub fn cover(&self, draft: &mut Draft<'_>, plate: &PlateId, open: &Open) -> Option<()> {
        if let Some(action) = self.lid_on(plate, open) {
            let covered = draft.phase(self.scene.mover()?, format!("lid on {plate}"), vec![action]);
            if let Some(lid) = &open.lid {
                draft.hold_nest(lid, open.since, covered);
            }
        }
        Some(())
    }

    /// Says that a plate has left its place of work with the last phase.
    pub fn left(&self, draft: &mut Draft<'_>, open: &Open) {
        if open.at != open.home {
            draft.hold_nest(&open.at, open.since, draft.next().saturating_sub(1));
        }
    }

    /// Where a plate is kept by an `incubate` of a step.
    pub fn warm(&self, plate: &PlateId, incubate: Option<&Incubate>) -> Option<Warm<'a>> {
        let slot = self.scene.plates.get(plate)?.rest.clone()?;
        let incubator = self.scene.slot_of(&slot)?;
        let shake = incubate.is_some_and(|i| i.shake.value);
        Some(Warm {
            incubator,
            slot,
            shake,
        })
    }

    /// From the transfer station into its slot; the barcode is read the first time.
    pub fn store(
        &mut self,
        draft: &mut Draft<'_>,
        step: &StepId,
        plate: &PlateId,
        warm: &Warm<'_>,
        stopped: bool,
    ) -> Option<u16> {
        let (_, incubator) = self.scene.incubator(warm.incubator.as_str())?;
        let mut actions = Vec::new();
        if incubator.shaking.is_some() && !stopped {
            actions.push(Action::Shake { speed: None });
        }
        actions.push(Action::Store {
            plate: plate.clone(),
            slot: warm.slot.clone(),
        });
        let expected = self.barcode(plate).filter(|_| incubator.barcode_reader);
        if let Some(expected) = expected.filter(|_| self.unscanned(plate)) {
            actions.push(Action::ScanBarcode {
                plate: plate.clone(),
                slot: warm.slot.clone(),
                expected,
            });
        }
        if let Some(speed) = incubator.shaking.filter(|_| warm.shake) {
            actions.push(Action::Shake { speed: Some(speed) });
        }
        let title = format!("store {plate}");
        Some(draft.phase_of(warm.incubator, step.clone(), title, actions))
    }
}
