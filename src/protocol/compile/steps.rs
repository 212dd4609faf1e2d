//! The author's steps as operations.

use super::draft::Draft;
use super::driver::{Compiler, Ends};
use super::liquids::{ABOVE_RIM, Hand, IN_WELL, picking_times};
use super::reads::From;
use super::stock::Need;
use super::visits::Open;
use crate::labware::Well;
use crate::plan::{
    Action, After, Compute, EndpointParameters, GrowthParameters, HitParameters, LabwareName, PickFill,
    PickTransfer, PlateId, Resource, StepId, Work,
};
use crate::protocol::source::{Distribute, Pick, Read, Step, StepWork, Transfer};
use crate::units::{Duration, Volume};
use std::collections::BTreeMap;

impl<'a> Compiler<'a> {
    /// Plans one step; `None` when something it needs is not there.
    pub fn step(&mut self, index: usize, step: &'a Step, fused: &BTreeMap<usize, usize>) -> Option<()> {
        match &step.work {
            StepWork::Distribute(d) => self.distribute(index, step, d),
            StepWork::Transfer(t) => self.transfer(index, step, t, fused.get(&index).copied()),
            StepWork::Read(r) => self.read(index, step, r),
            StepWork::Pick(p) => self.pick(index, step, p, fused.get(&index).copied()),
            StepWork::Growth(_) | StepWork::Endpoint(_) | StepWork::Select(_) => self.compute(index, step),
        }
    }

    /// Whether a step changes plates of a group or moves them.
    pub fn touches(&self, step: &Step, group: &str) -> bool {
        match &step.work {
            StepWork::Distribute(d) => d.to.value == group,
            StepWork::Transfer(t) => t.to.value == group || t.from.value == group,
            StepWork::Read(r) => r.each.value == group,
            StepWork::Pick(_) => self
                .picks(step)
                .is_some_and(|(from, to)| from == group || to == group),
            _ => false,
        }
    }
    /// Whether a step adds to plates of a group, one visit per plate.
    pub fn fills(&self, step: &Step, group: &str) -> bool {
        match &step.work {
            StepWork::Transfer(t) => t.to.value == group,
            StepWork::Pick(_) => self.picks(step).is_some_and(|(_, to)| to == group),
            _ => false,
        }
    }
    /// Groups that a picking step picks from and to.
    fn picks(&self, step: &Step) -> Option<(&'a str, &'a str)> {
        let StepWork::Pick(pick) = &step.work else {
            return None;
        };
        let (_, select) = self.scene.step(&pick.select.value)?;
        let StepWork::Select(select) = &select.work else {
            return None;
        };
        Some((&select.source.value, &select.target.value))
    }
    fn place(&self, plate: &PlateId, open: &Open) -> Option<(crate::rig::NestId, LabwareName)> {
        Some((
            open.at.clone(),
            self.scene.plates.get(plate)?.labware.name.as_str().into(),
        ))
    }

    fn distribute(&mut self, index: usize, step: &'a Step, d: &Distribute) -> Option<()> {
        let hand = Hand::new(self.scene, &d.pipette.value)?;
        let (handler, _) = self.scene.handler()?;
        let reservoir = self.scene.reservoir(&d.from.value)?;
        let from = (reservoir.nest.clone(), reservoir.labware.name.as_str().into());
        let name = reservoir.name.clone();
        let plates = self.scene.plates_of(&d.to.value).to_vec();
        let channels = i64::from(hand.pipette.channels);
        let strokes = |plate: &PlateId| self.walk.strokes.get(&(index, plate.clone()));
        let count: usize = plates.iter().filter_map(strokes).map(Vec::len).sum();
        let drawn = d
            .volume
            .value
            .times(i64::try_from(count).ok()?.checked_mul(channels)?);
        let title = format!("{} {}", step.id.value, d.to.value);
        let need = Need {
            sets: vec![(hand.pipette, 1)],
            volumes: BTreeMap::from([(d.from.value.clone(), drawn)]),
        };
        self.ensure(step, &title, &need, None);
        let tip = self.tip(&hand, &d.pipette.span)?;
        self.stock.draw(&name, drawn);
        let mut draft = self.draft(step, title);
        let mut first = None;
        let mut last = 0;
        let mut tip = Some(tip);
        for (i, plate) in plates.iter().enumerate() {
            draft.after(self.before(step, Some(plate)));
            draft.about(plate);
            let open = self.bring(&mut draft, plate)?;
            let mut actions: Vec<Action> = tip.take().map(|t| hand.pick_up(t)).into_iter().collect();
            let strokes = self.walk.strokes.get(&(index, plate.clone()))?;
            actions.extend(hand.fill(&from, &self.place(plate, &open)?, d.volume.value, strokes));
            if i + 1 == plates.len() {
                actions.push(hand.drop());
            }
            // Parked with its tips on, it leaves the deck to the mover.
            actions.push(Action::Park);
            last = draft.phase(handler, format!("{} {plate}", step.id.value), actions);
            first.get_or_insert(last);
            let home = self.at(plate)?;
            self.leave(&mut draft, plate, &open, &home)?;
        }
        draft.hold(Resource::Instrument(handler.clone()), first.unwrap_or(0), last);
        let id = self.add_using(draft);
        self.ends.insert(
            index,
            Ends {
                by_plate: plates.into_iter().map(|p| (p, id)).collect(),
                all: vec![id],
            },
        );
        Some(())
    }

    fn tip(&mut self, hand: &Hand<'_>, span: &std::ops::Range<usize>) -> Option<super::stock::TipSite> {
        let tip = self.stock.take(hand.pipette);
        if tip.is_none() {
            let message = format!("there are no more tips for {}", hand.id);
            self.error("tips", span.clone(), message);
        }
        tip
    }

    /// Brings a source plate to its place of work, where it stays; `None` when it is there already.
    fn bring_source(
        &mut self,
        step: &'a Step,
        plate: &PlateId,
        after: Vec<After>,
        only_if: Option<StepId>,
    ) -> Option<Option<Open>> {
        let mut draft = self.draft(step, format!("bring {plate}"));
        draft.about(plate);
        let open = self.bring(&mut draft, plate)?;
        if draft.is_empty() {
            return Some(None);
        }
        draft.after(after);
        draft.after(self.before(step, Some(plate)));
        draft.only_if_hits(only_if);
        self.add(draft);
        Some(Some(open))
    }

    fn return_source(
        &mut self,
        step: &'a Step,
        plate: &PlateId,
        open: &Open,
        after: Vec<After>,
        only_if: Option<StepId>,
    ) -> Option<()> {
        let home = self.at(plate)?;
        let mut draft = self.draft(step, format!("return {plate}"));
        draft.about(plate);
        draft.after(after);
        draft.only_if_hits(only_if);
        self.leave(&mut draft, plate, &open.again(), &home)?;
        self.add(draft);
        Some(())
    }

    fn transfer(&mut self, index: usize, step: &'a Step, t: &Transfer, fused: Option<usize>) -> Option<()> {
        let hand = Hand::new(self.scene, &t.pipette.value)?;
        let (handler, _) = self.scene.handler()?;
        let source = self.scene.single(&t.from.value)?.clone();
        let source_labware = LabwareName::new(self.scene.plates.get(&source)?.labware.name.as_str());
        let plates = self.scene.plates_of(&t.to.value).to_vec();
        let before: Vec<After> = plates
            .first()
            .map(|p| self.before(step, Some(p)))
            .unwrap_or_default();
        let opened = self.bring_source(step, &source, before, None)?;
        let source_at = opened
            .as_ref()
            .map_or_else(|| self.at(&source), |o| Some(o.at.clone()))?;
        let ready = self.last_of(&source);
        let from = (source_at, source_labware);
        let mut ends = Ends::default();
        for plate in &plates {
            let title = format!("{} {plate}", step.id.value);
            let strokes = self.walk.strokes.get(&(index, plate.clone()))?;
            let sets = u64::try_from(strokes.len()).ok()?;
            let need = Need {
                sets: vec![(hand.pipette, sets)],
                volumes: BTreeMap::new(),
            };
            self.ensure(step, &title, &need, None);
            let mut draft = self.draft(step, title.clone());
            draft.after(self.before(step, Some(plate)));
            draft.after(ready.map(plain));
            draft.about(plate);
            let open = self.bring(&mut draft, plate)?;
            let to = self.place(plate, &open)?;
            let mut actions = Vec::new();
            for stroke in strokes {
                let tip = self.tip(&hand, &t.pipette.span)?;
                actions.extend(hand.carry(&from, &to, t.volume.value, stroke, tip));
            }
            actions.push(Action::Park);
            let phase = draft.phase(handler, title, actions);
            draft.uses(&source, phase, phase);
            self.end_visit(&mut draft, plate, open, fused)?;
            let id = self.add_using(draft);
            ends.by_plate.insert(plate.clone(), id);
            ends.all.push(id);
        }
        if let Some(open) = opened {
            let after = ends.all.iter().copied().map(plain).collect();
            self.return_source(step, &source, &open, after, None)?;
        }
        self.ends.insert(index, ends);
        Some(())
    }

    /// On to the reader when a reading step follows, else to rest.
    fn end_visit(
        &mut self,
        draft: &mut Draft<'_>,
        plate: &PlateId,
        open: Open,
        fused: Option<usize>,
    ) -> Option<()> {
        let next = fused.and_then(|r| self.scene.source.steps.get(r));
        if let Some(StepWork::Read(read)) = next.map(|s| &s.work) {
            let step = StepId::new(next?.id.value.clone());
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
        if let Some(warm) = self.warm(plate, None) {
            let transfer = self.scene.incubator(warm.incubator.as_str())?.1.transfer.clone();
            let from = draft.next();
            self.leave(draft, plate, &open, &transfer)?;
            let step = draft.step().clone();
            let to = self.store(draft, &step, plate, &warm, false)?;
            draft.hold_nest(&transfer, from, to);
        } else {
            self.leave(draft, plate, &open, &rest)?;
        }
        self.settle(plate, rest);
        Some(())
    }

    fn read(&mut self, index: usize, step: &'a Step, r: &Read) -> Option<()> {
        let plates = self.scene.plates_of(&r.each.value).to_vec();
        let id = StepId::new(step.id.value.clone());
        let mut ends = Ends::default();
        for plate in &plates {
            let begun = u64::from(self.reads_begun(index, plate));
            let series = r.every.as_ref().map(|_| self.series_of(index, plate));
            let mut last = self.last_of(plate);
            for k in begun..r.reads() {
                let cycle = if r.every.is_some() {
                    format!(", cycle {k}")
                } else {
                    String::new()
                };
                let mut draft = self.draft(step, format!("read {plate}{cycle}"));
                draft.about(plate);
                if k == begun {
                    draft.after(self.before(step, Some(plate)));
                }
                draft.after(self.last_of(plate).map(plain));
                draft.only_if_hits(self.condition(plate));
                let at = self.at(plate)?;
                let from = match self.scene.slot_of(&at) {
                    Some(_) => From::Slot(self.warm(plate, r.incubate.as_ref())?),
                    None => From::Nest(at),
                };
                self.read_visit(&mut draft, &id, plate, r, from)?;
                if let (Some(every), Some(series)) = (&r.every, series) {
                    draft.cadence(series, u32::try_from(k).ok()?, every.value, r.within.value);
                }
                last = Some(self.add(draft));
            }
            let last = last?;
            ends.by_plate.insert(plate.clone(), last);
            ends.all.push(last);
        }
        self.ends.insert(index, ends);
        Some(())
    }

    fn pick(&mut self, index: usize, step: &'a Step, p: &Pick, fused: Option<usize>) -> Option<()> {
        let filling = Hand::new(self.scene, &p.fill.pipette.value)?;
        let picking = Hand::new(self.scene, &p.transfer.pipette.value)?;
        let (handler, _) = self.scene.handler()?;
        let (select_index, select) = self.scene.step(&p.select.value)?;
        let StepWork::Select(chosen) = &select.work else {
            return None;
        };
        let select_id = StepId::new(select.id.value.clone());
        let source = self.scene.single(&chosen.source.value)?.clone();
        let target = self.scene.single(&chosen.target.value)?.clone();
        let reservoir = self.scene.reservoir(&p.fill.from.value)?;
        let trough = (
            reservoir.nest.clone(),
            reservoir.labware.name.as_str().into(),
            Well::new(0, 0),
        );
        let reservoir_name = reservoir.name.clone();
        let need = self.walk.picks.get(&index)?;
        let volume: Volume = super::driver::pick_volume(self.scene, self.walk, index, p);
        let only_if = Some(select_id.clone());
        let title = format!("{} {target}", step.id.value);
        let sets = vec![(filling.pipette, 1), (picking.pipette, need.picks)];
        let stock = Need {
            sets,
            volumes: BTreeMap::from([(reservoir_name.clone(), volume)]),
        };
        self.ensure(step, &title, &stock, only_if.clone());
        let selected: Vec<After> = self
            .ends
            .get(&select_index)?
            .all
            .iter()
            .copied()
            .map(plain)
            .collect();
        let opened = self.bring_source(step, &source, selected.clone(), only_if.clone())?;
        let source_at = opened
            .as_ref()
            .map_or_else(|| self.at(&source), |o| Some(o.at.clone()))?;
        let ready = self.last_of(&source);
        let mut draft = self.draft(step, title.clone());
        draft.after(self.before(step, Some(&target)));
        draft.after(ready.map(plain));
        draft.after(selected);
        draft.only_if_hits(only_if.clone());
        draft.about(&target);
        let open = self.bring(&mut draft, &target)?;
        let to = self.place(&target, &open)?;
        let strokes = u64::from(need.mix.map_or(0, |m| m.0)) * 2;
        let (fill_time, pick_time) = picking_times(self.scene, need.columns, need.picks, strokes);
        let fill = PickFill {
            select: select_id.clone(),
            pipette: filling.id.clone(),
            tips: self.tip(&filling, &p.fill.pipette.span)?,
            from: trough,
            to: to.clone(),
            plate: target.clone(),
            volume: p.fill.volume.value,
            flow: filling.pipette.flow,
            from_height: crate::protocol::moves::reservoir_height(self.scene, &p.fill.from.value),
            to_height: ABOVE_RIM,
            waste: filling.waste.clone(),
        };
        self.stock.draw(&reservoir_name, volume);
        draft.picking(handler, format!("fill {target}"), Work::PickFill(fill), fill_time);
        let tips = (0..need.picks)
            .map(|_| self.tip(&picking, &p.transfer.pipette.span))
            .collect::<Option<Vec<_>>>()?;
        let transfer = PickTransfer {
            select: select_id.clone(),
            pipette: picking.id.clone(),
            tips,
            from: (
                source_at,
                self.scene.plates.get(&source)?.labware.name.as_str().into(),
            ),
            to,
            volume: p.transfer.volume.value,
            mix: need.mix,
            flow: picking.pipette.flow,
            from_height: need.height,
            to_height: IN_WELL,
            waste: picking.waste.clone(),
        };
        let phase = draft.picking(handler, title, Work::PickTransfer(transfer), pick_time);
        draft.uses(&source, phase, phase);
        draft.phase(handler, "park".into(), vec![Action::Park]);
        self.only_if(&target, &select_id);
        self.end_visit(&mut draft, &target, open, fused)?;
        let id = self.add_using(draft);
        if let Some(open) = opened {
            self.return_source(step, &source, &open, vec![plain(id)], only_if)?;
        }
        self.ends.insert(
            index,
            Ends {
                by_plate: BTreeMap::from([(target, id)]),
                all: vec![id],
            },
        );
        Some(())
    }

    fn compute(&mut self, index: usize, step: &'a Step) -> Option<()> {
        let mut draft = self.draft(step, step.id.value.clone());
        let earlier = |id: &str| -> Option<(StepId, usize)> {
            let (index, step) = self.scene.step(id)?;
            Some((StepId::new(step.id.value.clone()), index))
        };
        let plates_read = |index: usize| match self.scene.source.steps.get(index).map(|s| &s.work) {
            Some(StepWork::Read(r)) => self.scene.plates_of(&r.each.value).to_vec(),
            _ => Vec::new(),
        };
        let (input, compute) = match &step.work {
            StepWork::Growth(g) => {
                let (readings, input) = earlier(&g.readings.value)?;
                let plates = plates_read(input);
                let (window, quota, above) = (g.window, g.quota, g.above);
                (
                    input,
                    Compute::Growth(GrowthParameters {
                        readings,
                        plates,
                        window,
                        quota,
                        above,
                    }),
                )
            }
            StepWork::Endpoint(e) => {
                let (readings, input) = earlier(&e.readings.value)?;
                let plate = plates_read(input).first()?.clone();
                draft.only_if_hits(self.condition(&plate));
                (input, Compute::Endpoint(EndpointParameters { readings, plate }))
            }
            StepWork::Select(s) => {
                let (rates, input) = earlier(&s.rates.value)?;
                let hits = HitParameters {
                    rates,
                    at_least: s.at_least,
                    q_below: s.q_below,
                    at_most: s.at_most,
                    source: self.scene.single(&s.source.value)?.clone(),
                    target: self.scene.single(&s.target.value)?.clone(),
                    replicates: s.replicates.value,
                    references: s.references.value,
                };
                (input, Compute::Hits(hits))
            }
            _ => return None,
        };
        let ends = self.ends.get(&input)?.all.clone();
        draft.after(ends.into_iter().map(plain));
        draft.after(self.before(step, None));
        draft.compute(compute);
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
}

const fn plain(operation: crate::plan::OperationId) -> After {
    After {
        operation,
        min: Duration::ZERO,
        max: None,
    }
}
