//! Work on whole plates: stations, incubators, moves, lids, waiting.

use super::delays::Ends;
use super::draft::Draft;
use super::driver::{Compiler, LidAt};
use crate::plan::{Action, After, PlateId};
use crate::protocol::source::plate::{Hold, Incubation, StationWork, Task, Wait};
use crate::protocol::source::{Step, StepWork};
use crate::rig::NestId;

impl<'a> Compiler<'a> {
    /// A step that is done plate by plate, each in an operation of its own.
    pub fn each(&mut self, index: usize, step: &'a Step, group: &str) -> Option<()> {
        let mut ends = Ends::default();
        for plate in self.scene.plates_of(group).to_vec() {
            let mut draft = self.draft(step, format!("{} {plate}", step.id.value));
            draft.when(self.when(step, Some(&plate)));
            draft.only_if_hits(self.condition(&plate));
            draft.after(self.before(step, Some(&plate)));
            draft.about(&plate);
            self.work_on(&mut draft, index, step, &plate)?;
            let id = self.add(draft);
            ends.by_plate.insert(plate, id);
            ends.all.push(id);
        }
        self.ends.insert(index, ends);
        Some(())
    }

    /// Appends the work of a step on one plate to an operation.
    pub fn work_on(
        &mut self,
        draft: &mut Draft<'_>,
        index: usize,
        step: &'a Step,
        plate: &PlateId,
    ) -> Option<()> {
        match &step.work {
            StepWork::Station(s) => self.at_station(draft, plate, s),
            StepWork::Incubate(i) => self.incubate_at_once(draft, plate, i),
            StepWork::Move(_) => {
                let to = self.scene.later.get(&(index, plate.clone()))?.clone();
                self.relocate(draft, plate, to)
            }
            StepWork::Unlid(_) => {
                let to = self.scene.later.get(&(index, plate.clone()))?.clone();
                let at = self.at(plate)?;
                if self.scene.slot_of(&at).is_some() {
                    self.stored(step, plate);
                }
                let action = Action::RemoveLid {
                    plate: plate.clone(),
                    from: at,
                    to: to.clone(),
                };
                draft.phase(self.scene.mover()?, format!("lid off {plate}"), vec![action]);
                self.state_mut(plate)?.lid = LidAt::Nest(to);
                Some(())
            }
            StepWork::Lid(_) => {
                let LidAt::Nest(from) = self.state(plate)?.lid.clone() else {
                    return None;
                };
                if self.at(plate).is_some_and(|at| self.scene.slot_of(&at).is_some()) {
                    self.stored(step, plate);
                }
                let action = Action::ReplaceLid {
                    plate: plate.clone(),
                    from,
                    to: self.at(plate)?,
                };
                draft.phase(self.scene.mover()?, format!("lid on {plate}"), vec![action]);
                self.state_mut(plate)?.lid = LidAt::On;
                Some(())
            }
            _ => {
                // Liquid work of an unbroken group: the visits of this plate alone.
                let lowered = self.walk.steps.get(&index).filter(|l| !l.joined)?;
                for visit in &lowered.visits {
                    let target = visit.target.or(visit.source).and_then(|v| self.plate_of(v));
                    if target.as_ref() == Some(plate) {
                        self.ensure_for(step, std::slice::from_ref(visit), &self.title(step, visit))?;
                        self.visit(draft, step, visit, None)?;
                    }
                }
                Some(())
            }
        }
    }

    /// Steps that nothing comes between, plate by plate, each plate's in one operation.
    pub fn unbroken(&mut self, from: usize, to: usize) -> Option<()> {
        let steps = self.scene.source.steps.get(from..to)?;
        let first = steps.first()?;
        let (group, _) = first.plates().into_iter().next_back()?;
        let mut ends = Ends::default();
        for plate in self.scene.plates_of(&group.value).to_vec() {
            let name = first.unbroken.as_ref().map_or(&first.id.value, |n| &n.value);
            // What tips and liquids need is brought before anything begins.
            let mut draft = self.draft(first, format!("{name} {plate}"));
            for step in steps {
                draft.when(self.when(step, Some(&plate)));
                draft.after(self.before(step, Some(&plate)));
            }
            draft.only_if_hits(self.condition(&plate));
            draft.about(&plate);
            for (offset, step) in steps.iter().enumerate() {
                draft.of_step(&step.id.value);
                self.work_on(&mut draft, from.saturating_add(offset), step, &plate)?;
            }
            let id = self.add_using(draft);
            ends.by_plate.insert(plate, id);
            ends.all.push(id);
        }
        for index in from..to {
            self.ends.insert(index, ends.clone());
        }
        Some(())
    }

    /// Into a station, through its work and back to where it rests.
    fn at_station(&mut self, draft: &mut Draft<'_>, plate: &PlateId, work: &StationWork) -> Option<()> {
        let (id, station) = self.scene.station(work.at.as_ref(), &work.task)?;
        let nest = station.nest.clone();
        let home = self.at(plate)?;
        let mut ready = Vec::new();
        if let Task::Heat(Hold { temperature, .. }) | Task::Cool(Hold { temperature, .. }) = &work.task
            && let Some(temperature) = temperature
        {
            // Warm, or cold, before the plate comes in: its time counts from then.
            ready.push(Action::SetTemperature {
                temperature: temperature.value,
            });
        }
        if station.door {
            ready.push(Action::OpenTray);
        }
        let first = draft.next();
        if !ready.is_empty() {
            draft.phase(id, format!("ready for {plate}"), ready);
        }
        let taken = self.take(draft, plate)?;
        self.carry(draft, plate, &taken, &nest, format!("{plate} to {id}"), None)?;
        let mut actions = Vec::new();
        if station.door {
            actions.push(Action::CloseTray);
        }
        actions.extend(self.task(plate, &work.task));
        if station.door {
            actions.push(Action::OpenTray);
        }
        draft.phase(id, format!("{} {plate}", work.task.word()), actions);
        self.give(draft, plate, &nest, None, &home, taken.store)?;
        if station.door {
            draft.phase(id, format!("close {id}"), vec![Action::CloseTray]);
        }
        let last = draft.next().saturating_sub(1);
        if nest != home {
            draft.hold_nest(&nest, first, last);
        }
        draft.hold(crate::plan::Resource::Instrument(id.clone()), first, last);
        Some(())
    }

    fn task(&self, plate: &PlateId, task: &Task) -> Vec<Action> {
        let plate = plate.clone();
        match task {
            Task::Seal {
                temperature,
                duration,
            } => vec![Action::Seal {
                plate,
                temperature: temperature.value,
                duration: duration.value,
            }],
            Task::Peel => vec![Action::Peel { plate }],
            Task::Centrifuge { force, duration } => vec![Action::Spin {
                plate,
                force: force.value,
                duration: duration.value,
            }],
            Task::Thermocycle { program } => vec![Action::Thermocycle {
                plate,
                program: program.value.clone(),
            }],
            Task::Heat(hold) | Task::Cool(hold) | Task::Shake(hold) => {
                let dwell = Action::Dwell {
                    duration: hold.duration.value,
                };
                match &hold.speed {
                    Some(speed) => vec![
                        Action::Shake {
                            speed: Some(speed.value),
                        },
                        dwell,
                        Action::Shake { speed: None },
                    ],
                    None => vec![dwell],
                }
            }
            Task::Scan => {
                let expected = self.barcode(&plate);
                vec![Action::ReadBarcode { plate, expected }]
            }
        }
    }

    /// To another nest, from now on its own.
    fn relocate(&mut self, draft: &mut Draft<'_>, plate: &PlateId, to: NestId) -> Option<()> {
        if self.at(plate)? == to {
            return Some(());
        }
        let taken = self.take(draft, plate)?;
        let at = taken.at.clone();
        let since = draft.next();
        self.give(draft, plate, &at, None, &to, taken.store)?;
        if let Some((_, from)) = taken.store {
            draft.hold_nest(&at, from, since);
        }
        Some(())
    }

    /// Into the incubator and its whole time there, as part of a visit: nobody else has the incubator meanwhile.
    fn incubate_at_once(&mut self, draft: &mut Draft<'_>, plate: &PlateId, i: &Incubation) -> Option<()> {
        let (id, incubator) = self.scene.incubator(&i.place.at.value)?;
        let slot = self.scene.plates.get(plate)?.slots.get(id)?.clone();
        let shake = i.place.shake.value;
        let shaken = self.state(plate)?.shake;
        let inside = self.at(plate)? == slot;
        self.state_mut(plate)?.shake = shake;
        let mut actions = Vec::new();
        if !inside {
            self.relocate(draft, plate, slot)?;
        } else if shaken != shake && incubator.shaking.is_some() {
            let speed = incubator.shaking.filter(|_| shake);
            actions.push(Action::Shake { speed });
        }
        actions.push(Action::Dwell {
            duration: i.duration.value,
        });
        draft.phase(id, format!("incubate {plate}"), actions);
        Some(())
    }

    /// Into the incubator, and over when its time has come; the plate stays there until it is fetched.
    pub fn incubate(&mut self, index: usize, step: &'a Step, i: &Incubation) -> Option<()> {
        let (id, incubator) = self.scene.incubator(&i.place.at.value)?;
        let mut ends = Ends::default();
        for plate in self.scene.plates_of(&i.each.value).to_vec() {
            let slot = self.scene.plates.get(&plate)?.slots.get(id)?.clone();
            let shake = i.place.shake.value;
            let mut draft = self.draft(step, format!("{} {plate}", step.id.value));
            let condition = self.when(step, Some(&plate));
            draft.when(condition.clone());
            draft.only_if_hits(self.condition(&plate));
            draft.after(self.beginning(step, Some(&plate)));
            draft.about(&plate);
            let inside = self.at(&plate)? == slot;
            let shaken = self.state(&plate)?.shake;
            self.state_mut(&plate)?.shake = shake;
            if !inside {
                self.relocate(&mut draft, &plate, slot)?;
            } else if shaken != shake && incubator.shaking.is_some() {
                let speed = incubator.shaking.filter(|_| shake);
                draft.phase(id, format!("shake {plate}"), vec![Action::Shake { speed }]);
            }
            let stored = self.add(draft);
            let mut over = self.draft(step, format!("{} {plate}: over", step.id.value));
            over.when(condition);
            over.only_if_hits(self.condition(&plate));
            over.about(&plate);
            over.after([After {
                min: i.duration.value,
                ..After::plain(stored)
            }]);
            over.after(self.until_end(step, Some(&plate)));
            ends.starts.insert(plate.clone(), stored);
            let ended = self.add(over);
            self.soon(&plate, i.within.as_ref().map(|w| w.value));
            ends.by_plate.insert(plate, ended);
            ends.all.push(ended);
        }
        self.ends.insert(index, ends);
        Some(())
    }

    /// Nothing happens for a while.
    pub fn wait(&mut self, index: usize, step: &'a Step, w: &Wait) -> Option<()> {
        let plates: Vec<Option<PlateId>> = match &w.each {
            Some(each) => self
                .scene
                .plates_of(&each.value)
                .iter()
                .cloned()
                .map(Some)
                .collect(),
            None => vec![None],
        };
        let mut ends = Ends::default();
        for plate in plates {
            let title = match &plate {
                Some(plate) => format!("{} {plate}", step.id.value),
                None => step.id.value.clone(),
            };
            let mut draft = self.draft(step, title);
            draft.when(self.when(step, plate.as_ref()));
            let longer = |a: After| After {
                min: a.min.plus(w.duration.value),
                max: a.max.map(|m| m.plus(w.duration.value)),
                ..a
            };
            draft.after(self.beginning(step, plate.as_ref()).into_iter().map(longer));
            draft.after(self.until_end(step, plate.as_ref()));
            if let Some(plate) = &plate {
                draft.only_if_hits(self.condition(plate));
                draft.about(plate);
            }
            let id = self.add(draft);
            if let Some(plate) = plate {
                ends.by_plate.insert(plate, id);
            }
            ends.all.push(id);
        }
        self.ends.insert(index, ends);
        Some(())
    }
}
