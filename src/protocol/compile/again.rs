//! Failed picks that are picked again: planned for as many as there can be.

use super::delays::Ends;
use super::draft::time;
use super::driver::Compiler;
use super::hand::{Hand, Places};
use super::visits::Open;
use crate::labware::Well;
use crate::plan::{Action, After, PickAgain, PlateId, StepId, Work};
use crate::protocol::moves::{Lowered, Stroke, TipUse, VesselId, Visit};
use crate::protocol::source::{Spanned, Step, StepWork};
use crate::rig::InstrumentId;
use crate::units::{Duration, Volume};
use std::collections::BTreeMap;

impl<'a> Compiler<'a> {
    /// An operation for each plate of agar with each plate that it was picked into. Plates go back to where they were: the
    /// operation is left out where nothing failed.
    pub fn pick_again(
        &mut self,
        index: usize,
        step: &'a Step,
        failed: &Spanned<String>,
        lowered: &'a Lowered,
    ) -> Option<()> {
        let (handler, _) = self.scene.handler()?;
        let (selected, select) = self.scene.step(&failed.value)?;
        let select = StepId::new(select.id.value.as_str());
        let known: Vec<After> = self
            .ends
            .get(&selected)?
            .all
            .iter()
            .copied()
            .map(After::plain)
            .collect();
        let mut ends = Ends::default();
        for visit in &lowered.visits {
            let title = self.title(step, visit);
            self.ensure_for(step, std::slice::from_ref(visit), &title)?;
            let target = self.plate_of(visit.target?)?;
            let mut draft = self.draft(step, title.clone());
            draft.when(self.when(step, Some(&target)));
            draft.only_if_hits(Some(select.clone()));
            draft.after(known.clone());
            let mut open: Vec<(VesselId, Open<'a>)> = Vec::new();
            for vessel in visit.source.into_iter().chain(visit.target) {
                let plate = self.plate_of(vessel)?;
                draft.after(self.before(step, Some(&plate)));
                draft.about(&plate);
                let opened = self.bring(&mut draft, &plate)?;
                open.push((vessel, opened));
            }
            let places = self.places(visit, &open)?;
            let (again, duration) = self.again(handler, visit, &places, (select.clone(), target))?;
            draft.picking(handler, title, Work::PickAgain(again), duration);
            draft.phase(handler, "park".into(), vec![Action::Park]);
            for (vessel, opened) in open {
                let plate = self.plate_of(vessel)?;
                let home = self.at(&plate)?;
                self.leave(&mut draft, &plate, &opened, &home)?;
            }
            let id = self.add_visit(draft, std::slice::from_ref(visit));
            self.end(&mut ends, visit, id);
        }
        self.ends.insert(index, ends);
        Some(())
    }

    /// Some movements as actions, with what is on staying on.
    fn part(&mut self, tips: &TipUse, dips: bool, places: &Places) -> Option<Vec<Action>> {
        let chosen = |op: &&crate::protocol::moves::Op| (op.what == Stroke::Dip) == dips;
        let ops = tips.ops.iter().filter(chosen).copied().collect();
        self.actions(&[tips.part(ops)], places)
    }

    /// What may be done in a visit, and how long it takes at most.
    fn again(
        &mut self,
        handler: &InstrumentId,
        visit: &Visit,
        places: &Places,
        (select, to): (StepId, PlateId),
    ) -> Option<(PickAgain, Duration)> {
        let from = self.plate_of(visit.source?)?;
        let most = visit.sets?;
        let first = visit.uses.first()?;
        let (id, pipette) = self.walk.hand(first.pipette)?;
        let spares = self.spares(&select, &from)?;
        let mut again = PickAgain {
            select,
            from,
            to,
            tips: Vec::new(),
            takes: Vec::new(),
            gives: BTreeMap::new(),
            ends: Vec::new(),
        };
        let mut held = Volume::nl(0);
        for (n, tips) in visit.uses.iter().enumerate() {
            self.holding.insert(tips.pipette, Volume::nl(0));
            if let Some(number) = spares.get(n) {
                let takes = self.part(tips, true, places)?;
                again.takes.push((*number, takes));
            }
            if let Some(op) = tips.ops.iter().find(|op| op.what != Stroke::Dip) {
                let well: Well = op.head;
                let gives = self.part(tips, false, places)?;
                again.gives.insert(well, gives);
                held = self.holding.get(&tips.pipette).copied().unwrap_or_default();
            }
        }
        self.holding.insert(first.pipette, Volume::nl(0));
        if let Some(pins) = &pipette.pins {
            self.sterilise(id, pipette, pins, held, &mut again.ends)?;
            (0..most).for_each(|_| self.stock.sterilised(id));
        } else {
            let hand = Hand::new(self.scene, id.as_str())?;
            for _ in 0..most {
                let tip = self.tip(&hand)?;
                again.tips.push(hand.pick_up(tip));
            }
            again.ends.push(hand.drop());
        }
        let longest = |parts: &mut dyn Iterator<Item = &[Action]>| {
            let all = parts.map(|actions| self.takes(handler, actions));
            all.max().unwrap_or_default()
        };
        let one = longest(&mut again.tips.chunks(1))
            .plus(longest(
                &mut again.takes.iter().map(|(_, actions)| actions.as_slice()),
            ))
            .plus(longest(&mut again.gives.values().map(Vec::as_slice)))
            .plus(self.takes(handler, &again.ends));
        Some((again, one.times(most)))
    }

    fn takes(&self, handler: &InstrumentId, actions: &[Action]) -> Duration {
        let each = actions.iter().map(|a| time(self.scene.rig, handler, a));
        each.fold(Duration::ZERO, Duration::plus)
    }

    /// Numbers of the spare colonies of a plate, in the list's order.
    fn spares(&self, select: &StepId, from: &PlateId) -> Option<Vec<u32>> {
        let (_, pick) = self.scene.picked_by(select.as_str())?;
        let spares = self.scene.picks(pick).spares.into_iter();
        Some(spares.filter(|c| c.plate == *from).map(|c| c.number).collect())
    }

    /// The colonies that the plan's steps put into wells.
    pub fn colonies(&self) -> BTreeMap<PlateId, BTreeMap<Well, crate::plan::Picked>> {
        let mut out: BTreeMap<PlateId, BTreeMap<Well, crate::plan::Picked>> = BTreeMap::new();
        for step in &self.scene.source.steps {
            if let StepWork::PickColonies(p) = &step.work {
                for (colony, plate, well) in self.scene.picks(p).made {
                    let wells = out.entry(plate).or_default();
                    wells.insert(well, crate::plan::Picked::first(colony));
                }
            }
        }
        out
    }
}
