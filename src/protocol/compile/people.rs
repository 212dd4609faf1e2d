//! What people do in between, and what they are asked.

use super::driver::{Compiler, Ends};
use super::opening::{load_plate, replaced};
use crate::plan::{After, LoadItem, PlateId, PlatePlan, Prompt, PromptKind, Resource};
use crate::protocol::source::plate::{self, Operator, OperatorTask, Wanted};
use crate::protocol::source::{Spanned, Step};
use std::collections::BTreeMap;

impl<'a> Compiler<'a> {
    /// A person brings plates, takes them away, or replaces what is used up.
    pub fn person(
        &mut self,
        index: usize,
        step: &'a Step,
        o: &Operator,
        plates: &BTreeMap<PlateId, PlatePlan>,
    ) -> Option<()> {
        let mut draft = self.draft(step, step.id.value.clone());
        draft.when(self.when(step, None));
        let mut ends = Ends::default();
        let group = |each: &Spanned<String>| self.scene.plates_of(&each.value).to_vec();
        let (about, items, usual) = match &o.task {
            OperatorTask::Load(each) => {
                let about = group(each);
                let items = about
                    .iter()
                    .filter_map(|id| Some(load_plate(id, plates.get(id)?)))
                    .collect();
                (about, items, format!("Bring the plates of \"{}\"", each.value))
            }
            OperatorTask::Empty(each) => {
                let about = group(each);
                let item = |id: &PlateId| {
                    Some(LoadItem::TakePlate {
                        plate: id.clone(),
                        nest: self.at(id)?,
                        lid: None,
                    })
                };
                let items = about.iter().filter_map(item).collect();
                (
                    about,
                    items,
                    format!("Take the plates of \"{}\" away", each.value),
                )
            }
            OperatorTask::Replace(vessel) => {
                let names: Vec<String> = self
                    .scene
                    .standing
                    .iter()
                    .filter(|s| s.piece.name.value == vessel.name.value)
                    .map(|s| s.name.clone())
                    .collect();
                let (mut racks, mut refilled) = (Vec::new(), Vec::new());
                for name in names {
                    let fresh = self.stock.replace(&name, vessel.well.as_ref().map(|w| w.value));
                    racks.extend(fresh.racks);
                    refilled.extend(fresh.refilled);
                }
                let items: Vec<LoadItem> = replaced(racks, refilled);
                (Vec::new(), items, format!("Replace \"{}\"", vessel.name.value))
            }
        };
        if about.is_empty() {
            let since = self.used_since();
            draft.after(since);
            draft.after(self.before(step, None));
        }
        for plate in &about {
            draft.after(self.before(step, Some(plate)));
            draft.about(plate);
        }
        let text = match &o.note {
            Some(note) => format!("{usual}. {note}"),
            None => format!("{usual}, then confirm."),
        };
        let prompt = Prompt {
            kind: PromptKind::Load,
            text,
            items,
            ..Prompt::default()
        };
        let title = step.id.value.clone();
        let phase = draft.ask(title, prompt, self.scene.rig.operator_time);
        for id in self
            .scene
            .handler()
            .map(|(id, _)| id)
            .into_iter()
            .chain(self.scene.mover())
        {
            draft.hold(Resource::Instrument(id.clone()), phase, phase);
        }
        self.keep_out(&mut draft, phase);
        let id = self.add(draft);
        if matches!(o.task, OperatorTask::Replace(_)) {
            self.barrier = Some(id);
        }
        ends.by_plate.extend(about.into_iter().map(|plate| (plate, id)));
        ends.all.push(id);
        self.ends.insert(index, ends);
        Some(())
    }

    /// A question to a person; what is answered is kept under the step's name.
    pub fn prompt(&mut self, index: usize, step: &'a Step, p: &plate::Prompt) -> Option<()> {
        let mut draft = self.draft(step, step.id.value.clone());
        draft.when(self.when(step, None));
        draft.after(self.before(step, None));
        let (kind, bounds, expected) = match &p.wanted {
            Wanted::Confirm => (PromptKind::Confirm, None, None),
            Wanted::Number { bounds } => (PromptKind::Number, Some(*bounds), None),
            Wanted::Text => (PromptKind::Text, None, None),
            Wanted::Barcode { expected } => (PromptKind::Barcode, None, expected.clone()),
        };
        let prompt = Prompt {
            kind,
            text: p.text.clone(),
            items: Vec::new(),
            bounds,
            expected,
        };
        draft.ask(step.id.value.clone(), prompt, self.scene.rig.operator_time);
        let id = self.add(draft);
        self.ends.insert(
            index,
            Ends {
                by_plate: BTreeMap::new(),
                all: vec![id],
            },
        );
        Some(())
    }

    /// What has used tips and liquids since the last replenishment, and that itself.
    fn used_since(&mut self) -> Vec<After> {
        let mut after: Vec<After> = self.take_since().into_iter().map(After::plain).collect();
        after.extend(self.barrier.map(After::plain));
        after
    }
}
