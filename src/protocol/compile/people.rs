//! What people do in between, and what they are asked.

use super::delays::Ends;
use super::draft::Draft;
use super::driver::Compiler;
use super::opening::{CODE, EXPIRY, LOT, load_plate, replaced};
use crate::plan::{After, LoadItem, OperationId, PlateId, PlatePlan, Prompt, PromptKind, Resource};
use crate::protocol::source::plate::{self, Operator, OperatorTask, Wanted};
use crate::protocol::source::{Spanned, Step};
use crate::rig::NestId;
use std::collections::{BTreeMap, BTreeSet};

/// What is scanned.
struct Scan {
    /// Its name in the run.
    name: String,
    /// The plate, if it is one.
    plate: Option<PlateId>,
    /// Where it stands.
    at: NestId,
    /// Its barcode, where it is known beforehand.
    expected: Option<String>,
}

/// Which way what is scanned goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

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
        let mut liquids = BTreeSet::new();
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
                    liquids.extend(fresh.refilled.iter().map(|r| r.3.clone()));
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
        let wanted = if o.scan {
            self.scans(o, &about, plates)
        } else {
            Vec::new()
        };
        let first = draft.next();
        let goes = !matches!(o.task, OperatorTask::Load(_));
        let comes = !matches!(o.task, OperatorTask::Empty(_));
        if goes {
            self.scan(&mut draft, step, &wanted, Way::Out);
        }
        draft.of_step(&step.id.value);
        draft.ask(title, prompt, self.scene.rig.operator_time);
        if comes {
            self.scan(&mut draft, step, &wanted, Way::In);
        }
        self.ask_lots(&mut draft, step, &liquids);
        for phase in first..draft.next() {
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
        }
        if let Some(between) = &o.between {
            let (min, latest) = between.value;
            draft.after([After {
                min,
                max: Some(latest),
                from_start: true,
                // The first operation is the loading with which the run begins.
                ..After::plain(OperationId(0))
            }]);
        }
        let id = self.add(draft);
        if matches!(o.task, OperatorTask::Replace(_)) {
            self.barrier = Some(id);
        }
        ends.by_plate.extend(about.into_iter().map(|plate| (plate, id)));
        ends.all.push(id);
        self.ends.insert(index, ends);
        Some(())
    }

    /// What is scanned in a step of a person: name, plate, where it stands, and its barcode where it is known.
    fn scans(&self, o: &Operator, about: &[PlateId], plates: &BTreeMap<PlateId, PlatePlan>) -> Vec<Scan> {
        if let OperatorTask::Replace(vessel) = &o.task {
            let standing = self.scene.standing.iter();
            let own = standing.filter(|s| s.piece.name.value == vessel.name.value);
            let scan = own.map(|s| Scan {
                name: s.name.clone(),
                plate: None,
                at: s.nest.clone(),
                expected: None,
            });
            return scan.collect();
        }
        let scan = |id: &PlateId| {
            let plan = plates.get(id)?;
            let at = match &o.task {
                OperatorTask::Load(_) => plan.start.clone(),
                _ => self.at(id)?,
            };
            Some(Scan {
                name: id.to_string(),
                plate: Some(id.clone()),
                at,
                expected: plan.barcode.clone(),
            })
        };
        about.iter().filter_map(scan).collect()
    }

    /// Has a person scan what comes in, or goes; each code is kept under a name made of step and piece. What goes must be
    /// what is believed to be there; of a piece, that is known from when it came.
    fn scan(&self, draft: &mut Draft<'_>, step: &Step, wanted: &[Scan], way: Way) {
        for one in wanted {
            let Scan { name, at, .. } = one;
            let piece = one.plate.is_none().then(|| name.clone());
            let (taken, suffix) = match (way, &piece) {
                (Way::Out, Some(_)) => (", which is taken away", "-out"),
                _ => ("", ""),
            };
            draft.of_step(&format!("{CODE}{}-{name}{suffix}", step.id.value));
            let prompt = Prompt {
                kind: PromptKind::Barcode,
                text: format!("Scan the barcode of \"{name}\" at {at}{taken}."),
                expected: one.expected.clone(),
                plate: one.plate.clone(),
                piece,
                leaves: way == Way::Out,
                // A scanner that is held to a nest sees the plate that stands there.
                at: one.plate.is_some().then(|| at.clone()),
                ..Prompt::default()
            };
            draft.ask(format!("scan {name}"), prompt, self.scene.rig.operator_time);
        }
    }

    /// Asks for the lots of liquids that have been filled up, and for the last day of those that expire.
    pub fn ask_lots(&self, draft: &mut Draft<'_>, step: &Step, liquids: &BTreeSet<String>) {
        for liquid in liquids {
            let Some(wanted) = self.scene.source.liquids.get(liquid).filter(|l| l.lot) else {
                continue;
            };
            draft.of_step(&format!("{LOT}{liquid}-{}", step.id.value));
            let lot = Prompt {
                kind: PromptKind::Text,
                text: format!("Which lot of \"{liquid}\" was filled in?"),
                ..Prompt::default()
            };
            draft.ask(format!("lot of {liquid}"), lot, self.scene.rig.operator_time);
            if wanted.expires.is_some() {
                draft.of_step(&format!("{EXPIRY}{liquid}-{}", step.id.value));
                let day = Prompt {
                    kind: PromptKind::Day,
                    text: format!("What is the last day of this lot of \"{liquid}\"?"),
                    not_before: self.scene.today.map(str::to_owned),
                    ..Prompt::default()
                };
                draft.ask(format!("last day of {liquid}"), day, self.scene.rig.operator_time);
            }
        }
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
            ..Prompt::default()
        };
        draft.ask(step.id.value.clone(), prompt, self.scene.rig.operator_time);
        let id = self.add(draft);
        self.ends.insert(
            index,
            Ends {
                all: vec![id],
                ..Ends::default()
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
