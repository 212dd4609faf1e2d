//! Liquid work as operations: who is brought to the deck, in which visits, with which tips.

use super::delays::Ends;
use super::draft::Draft;
use super::driver::Compiler;
use super::hand::{Place, Places};
use super::line::runs_off;
use super::reads::From;
use super::stock::{Need, Tap, piece_of};
use super::visits::Open;
use crate::plan::{Action, After, Correction, OperationId, PlateId, Resource, StepId};
use crate::protocol::moves::{Lowered, VesselId, Visit, What};
use crate::protocol::source::liquid::{Handling, Which};
use crate::protocol::source::{Step, StepWork};
use crate::units::{Quantity, Volume};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Compiler<'a> {
    /// Plans the visits of a step.
    pub fn liquid(&mut self, index: usize, step: &'a Step, fused: Option<usize>) -> Option<()> {
        let lowered = self.walk.steps.get(&index)?;
        if let StepWork::PickColonies(p) = &step.work
            && let Some(failed) = &p.failed
        {
            return self.pick_again(index, step, failed, lowered);
        }
        self.note_corrections(step);
        let sources: BTreeSet<VesselId> = lowered.visits.iter().filter_map(|v| v.source).collect();
        let targets: BTreeSet<VesselId> = lowered.visits.iter().filter_map(|v| v.target).collect();
        let one_source = sources
            .first()
            .filter(|s| sources.len() == 1 && !targets.contains(s));
        let ends = if lowered.joined {
            self.joined(step, lowered)?
        } else if let Some(source) = one_source {
            let source = self.plate_of(*source)?;
            self.one_source(step, lowered, &source, fused)?
        } else {
            let mut ends = Ends::default();
            for visit in &lowered.visits {
                self.ensure_for(step, std::slice::from_ref(visit), &self.title(step, visit))?;
                let mut draft = self.draft(step, self.title(step, visit));
                let plate = visit.target.or(visit.source).and_then(|v| self.plate_of(v));
                draft.when(self.when(step, plate.as_ref()));
                self.visit(&mut draft, step, visit, fused)?;
                let id = self.add_visit(draft, std::slice::from_ref(visit));
                self.end(&mut ends, visit, id);
            }
            ends
        };
        self.ends.insert(index, ends);
        Some(())
    }

    pub fn plate_of(&self, vessel: VesselId) -> Option<PlateId> {
        match &self.walk.vessels.get(vessel)?.what {
            What::Plate(id) => Some(id.clone()),
            What::Piece(_) => None,
        }
    }

    pub fn title(&self, step: &Step, visit: &Visit) -> String {
        let about = visit.target.or(visit.source).and_then(|v| self.plate_of(v));
        match about {
            Some(plate) => format!("{} {plate}", step.id.value),
            None => step.id.value.clone(),
        }
    }

    pub fn end(&self, ends: &mut Ends, visit: &Visit, id: OperationId) {
        for plate in visit
            .target
            .into_iter()
            .chain(visit.source)
            .filter_map(|v| self.plate_of(v))
        {
            ends.by_plate.insert(plate, id);
        }
        ends.all.push(id);
    }

    /// What visits use up.
    fn need(&self, visits: &[Visit]) -> Need<'a> {
        let mut need = Need::default();
        for visit in visits {
            for (hand, sets) in self.walk.fresh_tips(visit) {
                if let Some((_, pipette)) = self.walk.hand(hand) {
                    need.sets.push((pipette, sets));
                }
            }
            for tips in visit.uses.iter().filter(|t| t.last) {
                let probe = self.walk.hand(tips.pipette).and_then(|(_, p)| p.probe.as_ref());
                if let (Some(probe), Some(wash)) = (probe, tips.wash) {
                    let sum = need.drained.entry(probe.pump.clone()).or_default();
                    *sum = sum.plus(runs_off(probe, wash));
                }
            }
            for (hand, times) in self.walk.sterilised(visit) {
                if let Some((id, _)) = self.walk.hand(hand) {
                    *need.baths.entry(id.clone()).or_default() += times;
                }
            }
            for (tap, volume) in self.drawn(visit) {
                let sum: &mut Volume = need.volumes.entry(tap).or_default();
                *sum = sum.plus(volume);
            }
        }
        let mut sets: Vec<(&'a crate::rig::Pipette, u64)> = Vec::new();
        for (pipette, count) in need.sets {
            match sets.iter_mut().find(|(p, _)| std::ptr::eq(*p, pipette)) {
                Some((_, sum)) => *sum += count,
                None => sets.push((pipette, count)),
            }
        }
        need.sets = sets;
        need
    }

    fn drawn(&self, visit: &Visit) -> BTreeMap<Tap, Volume> {
        let supplied = self.walk.supplied(visit).into_iter();
        supplied
            .filter_map(|((vessel, well), volume)| Some(((piece_of(self.walk, vessel)?, well), volume)))
            .collect()
    }

    pub fn ensure_for(&mut self, step: &Step, visits: &[Visit], title: &str) -> Option<()> {
        let need = self.need(visits);
        self.ensure(step, title, &need);
        for visit in visits {
            let drawn = self.drawn(visit);
            self.stock.draw(&drawn);
        }
        Some(())
    }

    /// Pieces whose levels are walked and that visits touch: their operations keep the file's order.
    fn pieces_of(&self, visits: &[Visit]) -> BTreeSet<VesselId> {
        let ops = visits.iter().flat_map(|v| &v.uses).flat_map(|t| &t.ops);
        let walked = |v: &VesselId| {
            self.walk
                .vessels
                .get(*v)
                .is_some_and(|v| !v.supplied && matches!(v.what, What::Piece(_)))
        };
        ops.map(|op| op.vessel).filter(walked).collect()
    }

    pub fn add_visit(&mut self, mut draft: Draft<'_>, visits: &[Visit]) -> OperationId {
        let pieces = self.pieces_of(visits);
        let before: Vec<After> = pieces
            .iter()
            .filter_map(|p| self.touched.get(p))
            .map(|id| After::plain(*id))
            .collect();
        draft.after(before);
        let probes = self.probes_of(visits);
        let before = probes.iter().filter_map(|p| self.lines.get(p));
        draft.after(before.map(|id| After::plain(*id)).collect::<Vec<_>>());
        let id = self.add_using(draft);
        self.lines.extend(probes.into_iter().map(|p| (p, id)));
        for piece in pieces {
            self.touched.insert(piece, id);
        }
        id
    }

    /// Where a plate or piece stands, by what is open.
    fn place(&self, vessel: VesselId, open: &[(VesselId, Open<'a>)]) -> Option<Place> {
        let found = self.walk.vessels.get(vessel)?;
        let labware = found.labware.name.as_str().into();
        match &found.what {
            What::Piece(index) => Some((self.scene.standing.get(*index)?.nest.clone(), labware)),
            What::Plate(_) => {
                let (_, open) = open.iter().find(|(v, _)| *v == vessel)?;
                Some((open.at.clone(), labware))
            }
        }
    }

    /// Places of everything that a visit touches.
    pub fn places(&self, visit: &Visit, open: &[(VesselId, Open<'a>)]) -> Option<Places> {
        let mut places = Places::new();
        for op in visit.uses.iter().flat_map(|t| &t.ops) {
            if let Entry::Vacant(place) = places.entry(op.vessel) {
                place.insert(self.place(op.vessel, open)?);
            }
        }
        Some(places)
    }

    /// One set of tips for plates one after the other.
    fn joined(&mut self, step: &'a Step, lowered: &Lowered) -> Option<Ends> {
        let (handler, _) = self.scene.handler()?;
        let about = match &step.work {
            StepWork::Consolidate(c) => &c.from.value,
            _ => step.plates().last().map(|(name, _)| &name.value)?,
        };
        let title = format!("{} {about}", step.id.value);
        self.ensure_for(step, &lowered.visits, &title)?;
        let mut draft = self.draft(step, title);
        draft.when(self.when(step, None));
        let mut first = None;
        let mut last = 0;
        let mut open: Vec<(VesselId, Open<'a>)> = Vec::new();
        let mut seen = BTreeSet::new();
        for visit in &lowered.visits {
            let wanted: Vec<VesselId> = visit.source.into_iter().chain(visit.target).collect();
            self.close(&mut draft, &mut open, &wanted)?;
            for vessel in wanted {
                if open.iter().any(|(v, _)| *v == vessel) {
                    continue;
                }
                let plate = self.plate_of(vessel)?;
                if seen.insert(vessel) {
                    draft.after(self.before(step, Some(&plate)));
                    draft.about(&plate);
                }
                let opened = self.bring(&mut draft, &plate)?;
                open.push((vessel, opened));
            }
            let places = self.places(visit, &open)?;
            let mut actions = self.actions(&visit.uses, &places)?;
            // Parked with its tips on, it leaves the deck to the mover.
            actions.push(Action::Park);
            let name = self.title(step, visit);
            last = draft.phase(handler, name, actions);
            first.get_or_insert(last);
        }
        self.close(&mut draft, &mut open, &[])?;
        draft.hold(Resource::Instrument(handler.clone()), first.unwrap_or(0), last);
        let id = self.add_visit(draft, &lowered.visits);
        let mut ends = Ends::default();
        for visit in &lowered.visits {
            self.end(&mut ends, visit, id);
        }
        ends.all = vec![id];
        Some(ends)
    }

    /// Takes away whatever is open and not wanted next.
    fn close(
        &mut self,
        draft: &mut Draft<'_>,
        open: &mut Vec<(VesselId, Open<'a>)>,
        wanted: &[VesselId],
    ) -> Option<()> {
        let mut kept = Vec::new();
        for (vessel, opened) in std::mem::take(open) {
            if wanted.contains(&vessel) {
                kept.push((vessel, opened));
                continue;
            }
            let plate = self.plate_of(vessel)?;
            let home = self.at(&plate)?;
            self.leave(draft, &plate, &opened, &home)?;
        }
        *open = kept;
        Some(())
    }

    /// A visit on its own: everything it needs is brought, and taken away afterwards.
    pub fn visit(
        &mut self,
        draft: &mut Draft<'_>,
        step: &Step,
        visit: &Visit,
        fused: Option<usize>,
    ) -> Option<()> {
        let (handler, _) = self.scene.handler()?;
        let mut open: Vec<(VesselId, Open<'a>)> = Vec::new();
        for vessel in visit.source.into_iter().chain(visit.target) {
            let plate = self.plate_of(vessel)?;
            draft.after(self.before(step, Some(&plate)));
            draft.about(&plate);
            let opened = self.bring(draft, &plate)?;
            open.push((vessel, opened));
        }
        if open.is_empty() {
            draft.after(self.before(step, None));
        }
        let places = self.places(visit, &open)?;
        let mut actions = self.actions(&visit.uses, &places)?;
        actions.push(Action::Park);
        let name = self.title(step, visit);
        draft.phase(handler, name, actions);
        let filled = visit.target;
        for (vessel, opened) in open {
            let plate = self.plate_of(vessel)?;
            if Some(vessel) == filled && settles(step) {
                self.end_visit(draft, &plate, opened, fused)?;
            } else {
                let home = self.at(&plate)?;
                self.leave(draft, &plate, &opened, &home)?;
            }
        }
        Some(())
    }

    /// The one source plate stays on the deck, open, while others come and go.
    fn one_source(
        &mut self,
        step: &'a Step,
        lowered: &Lowered,
        source: &PlateId,
        fused: Option<usize>,
    ) -> Option<Ends> {
        let (handler, _) = self.scene.handler()?;
        let first = lowered.visits.first()?;
        let first_plate = first.target.and_then(|v| self.plate_of(v));
        let before = self.beginning(step, first_plate.as_ref());
        let condition = self.when(step, None);
        let opened = self.bring_source(step, source, before, None, condition)?;
        let source_vessel = first.source?;
        let ready = self.last_of(source);
        let mut ends = Ends::default();
        for visit in &lowered.visits {
            let title = self.title(step, visit);
            self.ensure_for(step, std::slice::from_ref(visit), &title)?;
            let mut draft = self.draft(step, title.clone());
            let plate = visit.target.and_then(|v| self.plate_of(v));
            draft.when(self.when(step, plate.as_ref()));
            draft.after(self.before(step, plate.as_ref()));
            draft.after(ready.map(After::plain));
            let mut open = Vec::new();
            if let (Some(vessel), Some(plate)) = (visit.target, &plate) {
                draft.about(plate);
                open.push((vessel, self.bring(&mut draft, plate)?));
            }
            let mut places = Places::new();
            for op in visit.uses.iter().flat_map(|t| &t.ops) {
                let place = if op.vessel == source_vessel {
                    let at = opened
                        .as_ref()
                        .map_or_else(|| self.at(source), |o| Some(o.at.clone()))?;
                    (at, self.walk.vessels.get(op.vessel)?.labware.name.as_str().into())
                } else {
                    self.place(op.vessel, &open)?
                };
                places.insert(op.vessel, place);
            }
            let mut actions = self.actions(&visit.uses, &places)?;
            actions.push(Action::Park);
            let phase = draft.phase(handler, title, actions);
            draft.uses(source, phase, phase);
            for (vessel, opened) in open {
                let plate = self.plate_of(vessel)?;
                if settles(step) {
                    self.end_visit(&mut draft, &plate, opened, fused)?;
                } else {
                    let home = self.at(&plate)?;
                    self.leave(&mut draft, &plate, &opened, &home)?;
                }
            }
            let id = self.add_visit(draft, std::slice::from_ref(visit));
            self.end(&mut ends, visit, id);
        }
        if let Some(open) = opened {
            let after = ends.all.iter().copied().map(After::plain).collect();
            let condition = self.when(step, None);
            self.return_source(step, source, &open, after, None, condition)?;
        }
        Some(ends)
    }

    /// Brings a source plate to its place of work, where it stays; `None` inside when it is there already.
    pub fn bring_source(
        &mut self,
        step: &'a Step,
        plate: &PlateId,
        after: Vec<After>,
        only_if: Option<StepId>,
        condition: Option<crate::plan::Condition>,
    ) -> Option<Option<Open<'a>>> {
        let mut draft = self.draft(step, format!("bring {plate}"));
        draft.about(plate);
        let open = self.bring(&mut draft, plate)?;
        if draft.is_empty() {
            return Some(None);
        }
        draft.after(after);
        draft.after(self.before(step, Some(plate)));
        draft.only_if_hits(only_if);
        draft.when(condition);
        self.add(draft);
        Some(Some(open))
    }

    pub fn return_source(
        &mut self,
        step: &'a Step,
        plate: &PlateId,
        open: &Open<'a>,
        after: Vec<After>,
        only_if: Option<StepId>,
        condition: Option<crate::plan::Condition>,
    ) -> Option<()> {
        let home = self.at(plate)?;
        let mut draft = self.draft(step, format!("return {plate}"));
        draft.about(plate);
        draft.after(after);
        draft.only_if_hits(only_if);
        draft.when(condition);
        self.leave(&mut draft, plate, &open.again(), &home)?;
        self.add(draft);
        Some(())
    }

    /// On to the reader when a reading step follows, else to rest.
    pub fn end_visit(
        &mut self,
        draft: &mut Draft<'_>,
        plate: &PlateId,
        open: Open<'a>,
        fused: Option<usize>,
    ) -> Option<()> {
        let next = fused.and_then(|r| self.scene.source.steps.get(r));
        if let Some(StepWork::Read(read)) = next.map(|s| &s.work) {
            let step = StepId::new(next?.id.value.as_str());
            self.read_visit(draft, &step, plate, read, From::Work(open))?;
            self.begin_reads(fused?, plate);
            if let Some(every) = &read.every {
                let series = self.series_of(fused?, plate);
                draft.cadence(series, 0, every.value, read.within.value);
            }
            return Some(());
        }
        let rest = self
            .scene
            .plates
            .get(plate)?
            .rest
            .clone()
            .or_else(|| self.at(plate))?;
        self.leave(draft, plate, &open, &rest)
    }

    /// The reading step whose first read ends the visits of each filling step: the plate goes on to the reader instead
    /// of to rest.
    pub fn fusions(&self) -> BTreeMap<usize, usize> {
        let steps = &self.scene.source.steps;
        let mut fused = BTreeMap::new();
        for (r, step) in steps.iter().enumerate() {
            let StepWork::Read(read) = &step.work else {
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
                .all(|a| a.step.value == last.id.value && a.at_least.as_us() == 0)
                && step.when.is_none();
            if direct && self.fills(p, last, &read.each.value) {
                fused.insert(p, r);
            }
        }
        fused
    }

    /// Whether a step changes plates of a group or moves them.
    fn touches(&self, step: &Step, group: &str) -> bool {
        let picks = match &step.work {
            StepWork::Pick(_) => self.picks(step),
            _ => None,
        };
        step.plates().iter().any(|(name, _)| name.value == group) && !matches!(step.work, StepWork::Select(_))
            || picks.is_some_and(|(from, to)| from == group || to == group)
    }

    /// Whether a step adds to plates of a group, one visit per plate, with tips of its own.
    fn fills(&self, index: usize, step: &Step, group: &str) -> bool {
        if let StepWork::Pick(_) = &step.work {
            return self.picks(step).is_some_and(|(_, to)| to == group);
        }
        let Some(lowered) = self.walk.steps.get(&index).filter(|l| !l.joined) else {
            return false;
        };
        let targets: BTreeSet<_> = lowered.visits.iter().filter_map(|v| v.target).collect();
        let once = targets.len() == lowered.visits.len();
        let all = self.scene.plates_of(group);
        let whole = all.len() == targets.len()
            && all
                .iter()
                .all(|p| self.walk.vessels.plate(p).is_some_and(|v| targets.contains(&v)));
        once && whole && settles(step) && step.unbroken.is_none()
    }

    /// Strokes that the class of a step changes.
    fn note_corrections(&mut self, step: &Step) {
        let mut asked = Vec::new();
        let handling: &Handling = match &step.work {
            StepWork::Distribute(d) => {
                asked.push(d.volume.value);
                &d.handling
            }
            StepWork::Transfer(t) => {
                match &t.which {
                    Which::Same { volume, .. } => asked.push(volume.value),
                    Which::Listed(list) => asked.extend(list.rows.iter().map(|r| r.volume)),
                }
                &t.handling
            }
            StepWork::Consolidate(c) => {
                asked.push(c.volume.value);
                &c.handling
            }
            StepWork::Stamp(s) => {
                asked.push(s.volume.value);
                &s.handling
            }
            StepWork::Dilute(d) => {
                asked.push(d.volume.value);
                &d.handling
            }
            StepWork::Spot(s) => {
                asked.push(s.volume.value);
                &s.handling
            }
            _ => return,
        };
        let manner = self.scene.manner(handling);
        let rack = self
            .scene
            .pipette(&handling.pipette.value)
            .and_then(|(_, p)| self.scene.racks(p).next().map(|r| r.labware.name.clone()));
        for asked in asked {
            let stroke = manner.stroke(asked);
            if stroke.base() != asked.base() {
                self.corrected(Correction {
                    class: handling
                        .class
                        .as_ref()
                        .map(|c| c.value.clone())
                        .unwrap_or_default(),
                    tips: rack.clone().unwrap_or_default(),
                    asked,
                    stroke,
                });
            }
        }
    }
}

/// Whether plates go to their rest after a step: once they have got what they are for, and not while they are being
/// filled or worked on in place.
const fn settles(step: &Step) -> bool {
    // A step that may be left out leaves plates where they were.
    step.when.is_none()
        && match &step.work {
            StepWork::Transfer(_) | StepWork::Stamp(_) | StepWork::Spot(_) => true,
            StepWork::PickColonies(p) => p.failed.is_none(),
            _ => false,
        }
}
