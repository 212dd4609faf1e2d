//! Transport, which no author writes: out of stores, to the place of work and lid off; lid on and away.

use super::draft::Draft;
use super::driver::{Compiler, LidAt};
use crate::plan::{Action, PlateId, Resource, StepId};
use crate::protocol::source::plate::Incubate;
use crate::rig::{InstrumentId, NestId};

/// An incubator that a plate is put into.
pub(super) struct Warm<'a> {
    pub incubator: &'a InstrumentId,
    pub slot: NestId,
    pub shake: bool,
}

/// A plate that has been taken from where it rests: where the mover finds it, and what is held meanwhile.
pub(super) struct Taken<'a> {
    /// Where the mover finds it.
    pub at: NestId,
    /// Out of which store, since which phase.
    pub store: Option<(&'a InstrumentId, u16)>,
}

/// A plate that is being worked on: where, and since which phase.
pub(super) struct Open<'a> {
    pub at: NestId,
    lid: Option<NestId>,
    since: u16,
    home: NestId,
    store: Option<(&'a InstrumentId, u16)>,
}

impl Open<'_> {
    /// The same place at the start of another operation.
    pub fn again(&self) -> Self {
        Self {
            at: self.at.clone(),
            lid: self.lid.clone(),
            since: 0,
            home: self.home.clone(),
            store: None,
        }
    }
}

impl<'a> Compiler<'a> {
    /// Out of its incubator, if it is in one; the shaker stands still while it is out.
    pub fn take(&self, draft: &mut Draft<'_>, plate: &PlateId) -> Option<Taken<'a>> {
        let home = self.at(plate)?;
        let Some(id) = self.scene.slot_of(&home) else {
            return Some(Taken {
                at: home,
                store: None,
            });
        };
        let (_, incubator) = self.scene.incubator(id.as_str())?;
        let mut actions = Vec::new();
        if incubator.shaking.is_some() {
            actions.push(Action::Shake { speed: None });
        }
        actions.push(Action::Retrieve {
            plate: plate.clone(),
            slot: home,
        });
        let since = draft.phase(id, format!("retrieve {plate}"), actions);
        Some(Taken {
            at: incubator.transfer.clone(),
            store: Some((id, since)),
        })
    }

    /// Moves a plate that was taken; the nest that it waited at is free then.
    pub fn carry(
        &self,
        draft: &mut Draft<'_>,
        plate: &PlateId,
        taken: &Taken<'_>,
        to: &NestId,
        title: String,
        then: Option<Action>,
    ) -> Option<u16> {
        let mut actions = Vec::new();
        if taken.at != *to {
            actions.push(Action::MovePlate {
                plate: plate.clone(),
                from: taken.at.clone(),
                to: to.clone(),
            });
        }
        actions.extend(then);
        let mut phase = draft.next();
        if !actions.is_empty() {
            phase = draft.phase(self.scene.mover()?, title, actions);
        }
        if let Some((_, since)) = taken.store {
            draft.hold_nest(&taken.at, since, phase);
        }
        Some(phase)
    }

    /// From a nest back to where it rests, into its incubator if that is where.
    pub fn give(
        &mut self,
        draft: &mut Draft<'_>,
        plate: &PlateId,
        from: &NestId,
        before: Option<Action>,
        home: &NestId,
        out_of: Option<(&'a InstrumentId, u16)>,
    ) -> Option<()> {
        let into = self.scene.slot_of(home);
        let to = match into {
            Some(id) => self.scene.incubator(id.as_str())?.1.transfer.clone(),
            None => home.clone(),
        };
        let mut actions: Vec<Action> = before.into_iter().collect();
        if *from != to {
            actions.push(Action::MovePlate {
                plate: plate.clone(),
                from: from.clone(),
                to: to.clone(),
            });
        }
        let carried = draft.next();
        if !actions.is_empty() {
            draft.phase(self.scene.mover()?, format!("take {plate} away"), actions);
        }
        if let Some(id) = into {
            let warm = Warm {
                incubator: id,
                slot: home.clone(),
                shake: self.state(plate)?.shake,
            };
            let stopped = out_of.is_some_and(|(other, _)| other == id);
            let step = draft.step().clone();
            let stored = self.store(draft, &step, plate, &warm, stopped)?;
            draft.hold_nest(&to, carried, stored);
        }
        if let Some((id, since)) = out_of {
            let (_, incubator) = self.scene.incubator(id.as_str())?;
            if incubator.shaking.is_some() {
                // Nobody else may start the shaker while a plate is out.
                let last = draft.next().saturating_sub(1);
                draft.hold(Resource::Instrument(id.clone()), since, last);
            }
        }
        self.settle(plate, home.clone());
        Some(())
    }

    /// To its place of work, lid off.
    pub fn bring(&self, draft: &mut Draft<'_>, plate: &PlateId) -> Option<Open<'a>> {
        let info = self.scene.plates.get(plate)?;
        let home = self.at(plate)?;
        let work = info.group.work.as_ref();
        let at = work.map_or_else(|| home.clone(), |w| NestId::new(w.at.value.as_str()));
        let lid = work.and_then(|w| w.lid.as_ref());
        let lid = lid
            .filter(|_| self.state(plate).is_some_and(|s| s.lid == LidAt::On))
            .map(|l| NestId::new(l.value.as_str()));
        let since = draft.next();
        let taken = self.take(draft, plate)?;
        let unlid = lid.as_ref().map(|lid| Action::RemoveLid {
            plate: plate.clone(),
            from: at.clone(),
            to: lid.clone(),
        });
        let arrives = draft.next();
        self.carry(draft, plate, &taken, &at, format!("bring {plate}"), unlid)?;
        let since = if taken.store.is_some() { arrives } else { since };
        Some(Open {
            at,
            lid,
            since,
            home,
            store: taken.store,
        })
    }

    /// Lid on and to a nest; the nest of work and the lid nest are free then.
    pub fn leave(
        &mut self,
        draft: &mut Draft<'_>,
        plate: &PlateId,
        open: &Open<'a>,
        to: &NestId,
    ) -> Option<()> {
        let lid = self.lid_on(plate, open);
        let first = draft.next();
        self.give(draft, plate, &open.at, lid, to, open.store)?;
        if let Some(lid) = &open.lid {
            draft.hold_nest(lid, open.since, first);
        }
        // The place of work is free once the mover has taken the plate away.
        if open.at != open.home {
            draft.hold_nest(&open.at, open.since, first);
        }
        Some(())
    }

    fn lid_on(&self, plate: &PlateId, open: &Open<'_>) -> Option<Action> {
        let from = open.lid.clone()?;
        Some(Action::ReplaceLid {
            plate: plate.clone(),
            from,
            to: open.at.clone(),
        })
    }

    /// Lid on where it was worked on, before it goes to the reader.
    pub fn cover(&self, draft: &mut Draft<'_>, plate: &PlateId, open: &Open<'_>) -> Option<()> {
        if let Some(action) = self.lid_on(plate, open) {
            let covered = draft.phase(self.scene.mover()?, format!("lid on {plate}"), vec![action]);
            if let Some(lid) = &open.lid {
                draft.hold_nest(lid, open.since, covered);
            }
        }
        Some(())
    }

    /// Says that a plate has left its place of work with the last phase.
    pub fn left(&self, draft: &mut Draft<'_>, open: &Open<'_>) {
        if open.at != open.home {
            draft.hold_nest(&open.at, open.since, draft.next().saturating_sub(1));
        }
    }

    /// Where a plate is kept by an `incubate` of a step.
    pub fn warm(&self, plate: &PlateId, incubate: Option<&Incubate>) -> Option<Warm<'a>> {
        // It goes back to the slot that it is in, else to the one that is its own.
        let inside = self.at(plate).filter(|at| self.scene.slot_of(at).is_some());
        let own = || {
            let info = self.scene.plates.get(plate)?;
            let named = incubate.and_then(|i| info.slots.get(i.at.value.as_str()));
            named.or(info.rest.as_ref()).cloned()
        };
        let slot = inside.or_else(own)?;
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
        if let Some(state) = self.state_mut(plate) {
            state.shake = warm.shake;
        }
        let title = format!("store {plate}");
        Some(draft.phase_of(warm.incubator, step.clone(), title, actions))
    }
}
