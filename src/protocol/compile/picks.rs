//! Picks that data choose: planned for the longest picklist.

use super::delays::Ends;
use super::driver::Compiler;
use super::hand::Hand;
use super::stock::{Need, pick_volume};
use crate::labware::Well;
use crate::plan::{Action, After, LabwareName, PickFill, PickTransfer, StepId, Work};
use crate::protocol::moves::{ABOVE_RIM, IN_WELL, supply_height};
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::Pick;
use crate::protocol::source::{Step, StepWork};
use crate::units::Duration;
use std::collections::BTreeMap;

impl<'a> Compiler<'a> {
    /// Groups that a picking step picks from and to.
    pub fn picks(&self, step: &Step) -> Option<(&'a str, &'a str)> {
        let StepWork::Pick(pick) = &step.work else {
            return None;
        };
        let (_, select) = self.scene.step(&pick.select.value)?;
        let StepWork::Select(select) = &select.work else {
            return None;
        };
        Some((&select.source.value, &select.target.value))
    }

    pub fn pick(&mut self, index: usize, step: &'a Step, p: &Pick, fused: Option<usize>) -> Option<()> {
        let filling = Hand::new(self.scene, &p.fill.pipette.value)?;
        let picking = Hand::new(self.scene, &p.transfer.pipette.value)?;
        let (handler, _) = self.scene.handler()?;
        let (select_index, select) = self.scene.step(&p.select.value)?;
        let StepWork::Select(chosen) = &select.work else {
            return None;
        };
        let select_id = StepId::new(select.id.value.as_str());
        let source = self.scene.single(&chosen.source.value)?.clone();
        let target = self.scene.single(&chosen.target.value)?.clone();
        let (piece, reservoir) = self.scene.holder(&p.fill.from.value)?;
        let trough = (
            reservoir.nest.clone(),
            LabwareName::new(reservoir.labware.name.as_str()),
            Well::new(0, 0),
        );
        let from_height = supply_height(reservoir.labware);
        let need = self.walk.picks.get(&index)?;
        let volume = pick_volume(self.scene, self.walk, index, p);
        let volumes = BTreeMap::from([((piece, Well::new(0, 0)), volume)]);
        let only_if = Some(select_id.clone());
        let title = format!("{} {target}", step.id.value);
        let sets = vec![(filling.pipette, 1), (picking.pipette, need.picks)];
        let stock = Need {
            sets,
            volumes: volumes.clone(),
            ..Need::default()
        };
        self.ensure(step, &title, &stock);
        let selected: Vec<After> = self
            .ends
            .get(&select_index)?
            .all
            .iter()
            .copied()
            .map(After::plain)
            .collect();
        let opened = self.bring_source(step, &source, selected.clone(), only_if.clone(), None)?;
        let source_at = opened
            .as_ref()
            .map_or_else(|| self.at(&source), |o| Some(o.at.clone()))?;
        let ready = self.last_of(&source);
        let mut draft = self.draft(step, title.clone());
        draft.when(self.when(step, None));
        draft.after(self.before(step, Some(&target)));
        draft.after(ready.map(After::plain));
        draft.after(selected);
        draft.only_if_hits(only_if.clone());
        draft.about(&target);
        let open = self.bring(&mut draft, &target)?;
        let name = |labware: &str| LabwareName::new(labware);
        let to = (
            open.at.clone(),
            name(&self.scene.plates.get(&target)?.labware.name),
        );
        let strokes = u64::from(need.mix.map_or(0, |m| m.0)) * 2;
        let (fill_time, pick_time) = picking_times(self.scene, need.columns, need.picks, strokes);
        let fill = PickFill {
            select: select_id.clone(),
            pipette: filling.id.clone(),
            tips: self.tip(&filling)?,
            from: trough,
            to: to.clone(),
            plate: target.clone(),
            volume: p.fill.volume.value,
            flow: filling.pipette.flow,
            from_height,
            to_height: ABOVE_RIM,
            waste: filling.waste.clone(),
        };
        self.stock.draw(&volumes);
        draft.picking(handler, format!("fill {target}"), Work::PickFill(fill), fill_time);
        let tips = (0..need.picks)
            .map(|_| self.tip(&picking))
            .collect::<Option<Vec<_>>>()?;
        let transfer = PickTransfer {
            select: select_id.clone(),
            pipette: picking.id.clone(),
            tips,
            from: (source_at, name(&self.scene.plates.get(&source)?.labware.name)),
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
            self.return_source(step, &source, &open, vec![After::plain(id)], only_if, None)?;
        }
        let ends = Ends {
            by_plate: BTreeMap::from([(target, id)]),
            all: vec![id],
            ..Ends::default()
        };
        self.ends.insert(index, ends);
        Some(())
    }
}

/// Planned time of the longest possible picklist: filling, then picking.
fn picking_times(scene: &Scene<'_>, columns: u64, picks: u64, strokes: u64) -> (Duration, Duration) {
    let Some((handler, _)) = scene.handler() else {
        return (Duration::ZERO, Duration::ZERO);
    };
    let time = |word: &str| scene.rig.duration(handler, word);
    let tips = time("pick_up_tips").plus(time("drop_tips"));
    let stroke = time("aspirate").plus(time("dispense"));
    let fill = tips.plus(stroke.times(columns));
    let pick = tips.plus(stroke).plus(time("mix_stroke").times(strokes));
    (fill, pick.times(picks))
}
