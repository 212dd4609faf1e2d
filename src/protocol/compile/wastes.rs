//! What fills up over a plan: the bin of used tips, drains of pumps, reservoirs that take what is discarded.

use super::driver::Compiler;
use crate::labware::Well;
use crate::plan::{Action, Amount, LoadItem, Operation, OperationId, Site, Waste, Work};
use crate::protocol::source::StepWork;
use crate::rig::{InstrumentId, NestId, PipetteId, Probe, Role};
use crate::units::Volume;
use std::collections::BTreeMap;

/// A well of a piece that takes what is discarded: nest and well.
type Trough = (NestId, Well);

impl Compiler<'_> {
    fn channels(&self, pipette: &PipetteId) -> u8 {
        self.scene
            .pipette(pipette.as_str())
            .map_or(1, |(_, p)| p.channels)
    }

    /// Wells that steps discard into, with their capacity and what they hold at the start.
    fn troughs(&self) -> BTreeMap<Trough, Waste> {
        let mut out = BTreeMap::new();
        for step in &self.scene.source.steps {
            let StepWork::Dilute(d) = &step.work else { continue };
            let Some(discard) = &d.discard else { continue };
            let Some((_, standing)) = self.scene.holder(&discard.name.value) else {
                continue;
            };
            let well = discard.well.as_ref().map_or(Well::new(0, 0), |w| w.value);
            let mut held = standing.piece.contents.iter().filter(|c| c.well == well);
            let held = held
                .find_map(|c| c.volume.as_ref())
                .map_or(Volume::nl(0), |v| v.value);
            let waste = Waste {
                name: format!("{} {well}", standing.name),
                capacity: Amount::Liquid(standing.labware.capacity),
                before: Amount::Liquid(held),
                fills: Vec::new(),
                emptied: Vec::new(),
            };
            out.insert((standing.nest.clone(), well), waste);
        }
        out
    }

    /// The drain of each pump that says how much it takes.
    fn drains(&self) -> BTreeMap<InstrumentId, Waste> {
        let of = |(id, role): (&InstrumentId, &Role)| {
            let Role::Pump(pump) = role else { return None };
            let waste = Waste {
                name: format!("drain of {id}"),
                capacity: Amount::Liquid(pump.drain?),
                before: Amount::Liquid(Volume::nl(0)),
                fills: Vec::new(),
                emptied: Vec::new(),
            };
            Some((id.clone(), waste))
        };
        let instruments = self.scene.rig.instruments.iter();
        instruments.filter_map(|(id, i)| of((id, &i.role))).collect()
    }

    /// What the planned operations put where, and in which of them a person empties it.
    pub(super) fn wastes(&self, operations: &[Operation]) -> Vec<Waste> {
        let (mut troughs, mut drains) = (self.troughs(), self.drains());
        let mut bin = self.scene.waste().and_then(|(nest, labware)| {
            let waste = Waste {
                name: "waste".to_owned(),
                capacity: Amount::Tips(u64::from(labware.capacity_tips?)),
                before: Amount::Tips(0),
                fills: Vec::new(),
                emptied: Vec::new(),
            };
            Some((nest.clone(), waste))
        });
        let into = |waste: &mut Waste, id: OperationId, amount: Amount| match waste.fills.last_mut() {
            Some((last, sum)) if *last == id => *sum = sum.plus(amount),
            _ => waste.fills.push((id, amount)),
        };
        for operation in operations {
            let id = operation.id;
            for phase in &operation.phases {
                let actions = match &phase.work {
                    Work::Actions(actions) => actions.as_slice(),
                    Work::PickFill(fill) => {
                        if let Some((_, bin)) = &mut bin {
                            into(bin, id, Amount::Tips(u64::from(self.channels(&fill.pipette))));
                        }
                        continue;
                    }
                    Work::PickTransfer(pick) => {
                        let tips = u64::try_from(pick.tips.len()).unwrap_or(u64::MAX);
                        if let Some((_, bin)) = &mut bin {
                            into(bin, id, Amount::Tips(tips));
                        }
                        continue;
                    }
                    Work::PickAgain(again) => {
                        let tips = u64::try_from(again.tips.len()).unwrap_or(u64::MAX);
                        if let Some((_, bin)) = &mut bin {
                            into(bin, id, Amount::Tips(tips));
                        }
                        continue;
                    }
                };
                let mut put = |at: &Site, volume: Volume| {
                    if let Some(trough) = troughs.get_mut(&(at.nest.clone(), at.well)) {
                        into(trough, id, Amount::Liquid(volume));
                    }
                };
                for action in actions {
                    match action {
                        Action::DropTips { pipette, .. } => {
                            if let Some((_, bin)) = &mut bin {
                                into(bin, id, Amount::Tips(u64::from(self.channels(pipette))));
                            }
                        }
                        Action::Dispense {
                            pipette, at, volume, ..
                        } => put(at, volume.times(i64::from(self.channels(pipette)))),
                        Action::Expel {
                            pump,
                            probe,
                            at,
                            volume,
                            ..
                        } => {
                            let wash = self.scene.probe(probe).map(|(p, _): (&Probe, _)| &p.wash);
                            match drains.get_mut(pump).filter(|_| wash == Some(&at.nest)) {
                                Some(drain) => into(drain, id, Amount::Liquid(*volume)),
                                None => put(at, *volume),
                            }
                        }
                        Action::Ask(prompt) => {
                            for item in &prompt.items {
                                match item {
                                    LoadItem::EmptyWaste { .. } => {
                                        bin.iter_mut().for_each(|(_, bin)| bin.emptied.push(id));
                                    }
                                    LoadItem::EmptyDrain { pump, .. } => {
                                        if let Some(drain) = drains.get_mut(pump) {
                                            drain.emptied.push(id);
                                        }
                                    }
                                    _ => {}
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        let mut all: Vec<Waste> = bin.into_iter().map(|(_, bin)| bin).collect();
        all.extend(drains.into_values());
        all.extend(troughs.into_values());
        all
    }
}
