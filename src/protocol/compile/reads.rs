//! Reading plates: from where they rest through the reader to where they rest.

use super::draft::Draft;
use super::driver::Compiler;
use super::visits::{Open, Warm};
use crate::plan::{Action, PlateId, StepId};
use crate::protocol::source::Read;
use crate::rig::NestId;
use std::collections::BTreeMap;

/// Where a plate comes from when it is read.
pub(super) enum From<'a> {
    /// From its place of work, still open.
    Work(Open),
    /// From a nest that the mover reaches.
    Nest(NestId),
    /// From its slot.
    Slot(Warm<'a>),
}

impl<'a> Compiler<'a> {
    /// Appends a whole read of a plate to an operation.
    pub fn read_visit(
        &mut self,
        draft: &mut Draft<'_>,
        step: &StepId,
        plate: &PlateId,
        read: &Read,
        from: From<'a>,
    ) -> Option<()> {
        let (reader_id, reader) = self.scene.reader()?;
        let mover = self.scene.mover()?;
        let info = self.scene.plates.get(plate)?;
        let wells = u16::try_from(info.labware.well_count()).ok()?;
        let to = if read.incubate.is_some() {
            self.warm(plate, read.incubate.as_ref())
        } else {
            None
        };
        let mut stopped = None;
        let pick_up = match &from {
            From::Work(open) => {
                self.cover(draft, plate, open)?;
                open.at.clone()
            }
            From::Nest(nest) => nest.clone(),
            From::Slot(warm) => {
                let (_, incubator) = self.scene.incubator(warm.incubator.as_str())?;
                let mut actions = Vec::new();
                if incubator.shaking.is_some() {
                    actions.push(Action::Shake { speed: None });
                }
                actions.push(Action::Retrieve {
                    plate: plate.clone(),
                    slot: warm.slot.clone(),
                });
                let title = format!("retrieve {plate}");
                stopped = Some(draft.phase_of(warm.incubator, step.clone(), title, actions));
                incubator.transfer.clone()
            }
        };
        let open_tray = draft.phase_of(
            reader_id,
            step.clone(),
            "open tray".into(),
            vec![Action::OpenTray],
        );
        let carry = |from: &NestId, to: &NestId| {
            vec![Action::MovePlate {
                plate: plate.clone(),
                from: from.clone(),
                to: to.clone(),
            }]
        };
        let title = format!("{plate} to the reader");
        let picked_up = draft.phase_of(mover, step.clone(), title, carry(&pick_up, &reader.tray));
        match &from {
            From::Work(open) => self.left(draft, open),
            From::Nest(_) => {}
            From::Slot(_) => draft.hold_nest(&pick_up, stopped.unwrap_or(picked_up), picked_up),
        }
        let measure = vec![
            Action::CloseTray,
            Action::ReadAbsorbance {
                plate: plate.clone(),
                wavelength: read.wavelength.value,
                wells,
            },
            Action::OpenTray,
        ];
        draft.phase_of(reader_id, step.clone(), format!("read {plate}"), measure);
        let put_down = match (&to, &from) {
            (Some(warm), _) => self.scene.incubator(warm.incubator.as_str())?.1.transfer.clone(),
            (None, From::Nest(nest)) => nest.clone(),
            (None, From::Work(_)) => self.at(plate)?,
            (None, From::Slot(warm)) => self.scene.incubator(warm.incubator.as_str())?.1.transfer.clone(),
        };
        let title = format!("{plate} from the reader");
        let back = draft.phase_of(mover, step.clone(), title, carry(&reader.tray, &put_down));
        let close = draft.phase_of(
            reader_id,
            step.clone(),
            "close tray".into(),
            vec![Action::CloseTray],
        );
        draft.hold_nest(&reader.tray, open_tray, close);
        let warm = match (to, from) {
            (Some(warm), _) => Some(warm),
            (None, From::Slot(warm)) => Some(Warm { shake: false, ..warm }),
            (None, _) => None,
        };
        if let Some(warm) = warm {
            let stored = self.store(draft, step, plate, &warm, stopped.is_some())?;
            draft.hold_nest(&put_down, back, stored);
            // The shaker stands still while a plate is out, so nobody else may start it meanwhile.
            let from = stopped.unwrap_or(stored);
            draft.hold(
                crate::plan::Resource::Instrument(warm.incubator.clone()),
                from,
                stored,
            );
            self.settle(plate, warm.slot);
        } else {
            self.settle(plate, put_down);
        }
        Some(())
    }

    /// The reading step whose first read ends the visits of each transfer or pick: the plate goes on to the reader
    /// instead of to rest.
    pub fn fusions(&self) -> BTreeMap<usize, usize> {
        let steps = &self.scene.source.steps;
        let mut fused = BTreeMap::new();
        for (r, step) in steps.iter().enumerate() {
            let crate::protocol::source::StepWork::Read(read) = &step.work else {
                continue;
            };
            let before = steps.iter().enumerate().take(r).rev();
            let Some((p, last)) = before
                .into_iter()
                .find(|(_, s)| self.touches(s, &read.each.value))
            else {
                continue;
            };
            let direct = step
                .after
                .iter()
                .all(|a| a.step.value == last.id.value && a.at_least.as_us() == 0);
            if direct && self.fills(last, &read.each.value) {
                fused.insert(p, r);
            }
        }
        fused
    }
}
