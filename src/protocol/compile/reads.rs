//! Reading plates: from where they rest through the reader to where they rest.

use super::delays::Ends;
use super::draft::Draft;
use super::driver::Compiler;
use super::visits::{Open, Warm};
use crate::plan::{Action, After, Condition, PlateId, StepId};
use crate::protocol::source::Step;
use crate::protocol::source::data::{Optics, Read};
use crate::rig::NestId;

/// Where a plate comes from when it is read.
pub(super) enum From<'a> {
    /// From its place of work, still open.
    Work(Open<'a>),
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
        let (reader_id, reader) = self.scene.reader_of(read, plate)?;
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
        let mut work = vec![Action::CloseTray];
        work.extend(measure(plate, wells, read));
        work.push(Action::OpenTray);
        draft.phase_of(reader_id, step.clone(), format!("read {plate}"), work);
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

    /// Reads of each plate, one operation each; the first may have been part of the visit before.
    pub fn read(&mut self, index: usize, step: &'a Step, r: &Read) -> Option<()> {
        let plates = self.scene.plates_of(&r.each.value).to_vec();
        let id = StepId::new(step.id.value.as_str());
        let mut ends = Ends::default();
        for plate in &plates {
            let begun = u64::from(self.reads_begun(index, plate));
            let series = r.every.as_ref().map(|_| self.series_of(index, plate));
            let mut last = self.last_of(plate);
            if let Some(first) = last.filter(|_| begun > 0) {
                ends.starts.insert(plate.clone(), first);
            }
            for k in begun..r.reads() {
                let cycle = if r.every.is_some() {
                    format!(", cycle {k}")
                } else {
                    String::new()
                };
                let mut draft = self.draft(step, format!("read {plate}{cycle}"));
                draft.about(plate);
                if k == begun {
                    draft.after(self.beginning(step, Some(plate)));
                }
                draft.after(self.last_of(plate).map(After::plain));
                if k.saturating_add(1) == r.reads() {
                    draft.after(self.until_end(step, Some(plate)));
                }
                draft.only_if_hits(self.condition(plate));
                draft.when(self.when(step, Some(plate)));
                if k > 0 {
                    draft.when(r.until.as_ref().map(|until| Condition {
                        expression: until.value.clone(),
                        plate: Some(plate.clone()),
                        readings: Some(id.clone()),
                        holds: false,
                    }));
                }
                let at = self.at(plate)?;
                let from = match self.scene.slot_of(&at) {
                    Some(_) => From::Slot(self.warm(plate, r.incubate.as_ref())?),
                    None => From::Nest(at),
                };
                self.read_visit(&mut draft, &id, plate, r, from)?;
                if let (Some(every), Some(series)) = (&r.every, series) {
                    draft.cadence(series, u32::try_from(k).ok()?, every.value, r.within.value);
                }
                let id = self.add(draft);
                ends.starts.entry(plate.clone()).or_insert(id);
                last = Some(id);
            }
            let last = last?;
            ends.by_plate.insert(plate.clone(), last);
            ends.all.push(last);
        }
        self.ends.insert(index, ends);
        Some(())
    }
}

/// What a read does to a plate on the tray, door closed.
fn measure(plate: &PlateId, wells: u16, read: &Read) -> Vec<Action> {
    let mut actions = Vec::new();
    let area = read.area.as_ref().map(|a| a.value);
    for optics in &read.optics {
        match optics {
            Optics::Absorbance(wavelengths) => {
                actions.extend(wavelengths.iter().map(|wavelength| Action::ReadAbsorbance {
                    plate: plate.clone(),
                    wavelength: wavelength.value,
                    wells,
                    area,
                }));
            }
            Optics::Fluorescence {
                excitation,
                emission,
                gain,
            } => actions.push(Action::ReadFluorescence {
                plate: plate.clone(),
                excitation: excitation.value,
                emission: emission.value,
                gain: *gain,
                wells,
                area,
            }),
            Optics::Luminescence { integration } => actions.push(Action::ReadLuminescence {
                plate: plate.clone(),
                integration: integration.value,
                wells,
            }),
        }
    }
    actions
}
