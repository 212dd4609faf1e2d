//! Fixed probes: movements as actions of two instruments, the gantry that moves the probe and the pump that moves its
//! liquid.
//!
//! Between operations the syringe is empty, the line is full of system liquid up to the probe's end, and the probe is
//! clean. Where a pipette would pick up tips, air is drawn that keeps system liquid and sample apart; where it would throw
//! them away, the probe is emptied into the drain and washed inside and outside.

use super::delays::Ends;
use super::driver::Compiler;
use super::hand::{Place, Places};
use super::stock::Need;
use crate::labware::Well;
use crate::plan::{Action, Height, Site, Travel};
use crate::protocol::moves::{ABOVE_RIM, IN_CLEANER, Stroke, TipUse, Visit, system_liquid};
use crate::protocol::scene::Scene;
use crate::protocol::source::Step;
use crate::protocol::source::liquid::LineWork;
use crate::rig::{InstrumentId, PipetteId, Probe, Role};
use crate::units::{FlowRate, Length, Volume};
use std::collections::BTreeMap;

/// End of the probe below the rim of the drain.
const IN_DRAIN: Length = Length::um(-5_000);

/// A probe at work, and what its syringe holds.
struct Line<'a> {
    id: PipetteId,
    probe: &'a Probe,
    syringe: Volume,
    /// Least stroke.
    least: Volume,
    flow: FlowRate,
    wash: Place,
    held: Volume,
    out: Vec<Action>,
}

impl<'a> Line<'a> {
    fn new(scene: &Scene<'a>, name: &str, held: Volume) -> Option<Self> {
        let (id, pipette) = scene.pipette(name)?;
        let (probe, syringe) = scene.probe(&id)?;
        let nest = scene.rig.nests.get(&probe.wash)?;
        Some(Self {
            id,
            probe,
            syringe,
            least: pipette.min_volume,
            flow: pipette.flow,
            wash: (probe.wash.clone(), nest.labware.as_deref()?.into()),
            held,
            out: Vec::new(),
        })
    }

    fn washing(&self, well: Well) -> Site {
        Site::new(self.wash.0.clone(), self.wash.1.clone(), well)
    }

    fn go(&mut self, at: &Site, height: Height, travel: Travel) {
        self.out.push(Action::MoveProbe {
            probe: self.id.clone(),
            at: at.clone(),
            height,
            travel,
        });
    }

    fn draw(&mut self, at: Option<&Site>, volume: Volume, flow: FlowRate, air: bool) {
        self.out.push(Action::Draw {
            pump: self.probe.pump.clone(),
            probe: self.id.clone(),
            at: at.cloned(),
            volume,
            holding: self.held,
            flow,
            air,
        });
        self.held = self.held.plus(volume);
    }

    fn expel(&mut self, at: &Site, volume: Volume, flow: FlowRate) {
        self.out.push(Action::Expel {
            pump: self.probe.pump.clone(),
            probe: self.id.clone(),
            at: at.clone(),
            volume,
            holding: self.held,
            flow,
        });
        self.held = self.held.minus(volume);
    }

    /// System liquid from the bottle through the probe, a syringe at a time.
    fn rinse(&mut self, at: &Site, volume: Volume) {
        let mut left = volume;
        while left.get() > 0 {
            let mut part = left.min(self.syringe);
            let rest = left.minus(part);
            if rest.get() > 0 && rest < self.least {
                // What would be left is a stroke too small for the pump: the last two are alike.
                part = Volume::nl(left.get() / 2);
            }
            self.draw(None, part, self.flow, false);
            self.expel(at, part, self.flow);
            left = left.minus(part);
        }
    }

    /// Everything out, then system liquid through the probe.
    fn inside(&mut self, volume: Volume) {
        let drain = self.washing(Probe::DRAIN);
        self.go(&drain, Height::FromTop(IN_DRAIN), Travel::default());
        if self.held.get() > 0 {
            self.expel(&drain, self.held, self.flow);
        }
        self.rinse(&drain, volume);
    }

    fn outside(&mut self, volume: Volume) {
        if volume.get() == 0 {
            return;
        }
        let cleaner = self.washing(Probe::CLEANER);
        self.go(&cleaner, Height::FromBottom(IN_CLEANER), Travel::default());
        self.rinse(&cleaner, volume);
    }

    /// Air that keeps system liquid and sample apart.
    fn lead(&mut self) {
        let cleaner = self.washing(Probe::CLEANER);
        self.go(&cleaner, Height::FromTop(ABOVE_RIM), Travel::default());
        self.draw(Some(&cleaner), self.probe.leading_air, self.flow, true);
    }
}

/// What runs off at a wash with these volumes: leading air counts, as it may be liquid.
pub(super) fn runs_off(probe: &Probe, (inside, outside): (Volume, Volume)) -> Volume {
    inside.plus(outside).plus(probe.leading_air)
}

impl<'a> Compiler<'a> {
    /// What a probe does between two washes.
    pub(super) fn probe_strokes(
        &mut self,
        tips: &TipUse,
        places: &Places,
        out: &mut Vec<Action>,
    ) -> Option<()> {
        let (id, _) = self.walk.hand(tips.pipette)?;
        let held = self.holding.get(&tips.pipette).copied().unwrap_or_default();
        let mut line = Line::new(self.scene, id.as_str(), held)?;
        if tips.fresh {
            line.lead();
        }
        for op in &tips.ops {
            let (nest, labware) = places.get(&op.vessel)?;
            let at = Site::new(nest.clone(), labware.clone(), op.head).off(op.offset);
            let (draws, puts) = tips.flow;
            match op.what {
                Stroke::Draw => {
                    line.go(&at, op.height, tips.travel);
                    line.draw(Some(&at), op.volume, draws, false);
                }
                Stroke::Put { .. } => {
                    line.go(&at, op.height, tips.travel);
                    line.expel(&at, op.volume.plus(op.air), puts);
                }
                Stroke::Mix { times, .. } if op.volume.get() > 0 => {
                    line.go(&at, op.height, tips.travel);
                    for _ in 0..times {
                        line.draw(Some(&at), op.volume, draws, false);
                        line.expel(&at, op.volume, puts);
                    }
                }
                Stroke::AirGap => {
                    line.go(&at, op.height, Travel::default());
                    line.draw(Some(&at), op.air, draws, true);
                }
                Stroke::Dwell(duration) => line.out.push(Action::Dwell { duration }),
                // The rules refuse the others for a probe.
                Stroke::Mix { .. }
                | Stroke::TouchTip
                | Stroke::BlowOut
                | Stroke::Dip
                | Stroke::Take
                | Stroke::Give { .. } => {}
            }
        }
        if tips.last {
            let (inside, outside) = tips.wash?;
            line.inside(inside);
            line.outside(outside);
            self.stock
                .drain(&line.probe.pump, runs_off(line.probe, (inside, outside)));
        }
        self.holding.insert(tips.pipette, line.held);
        out.append(&mut line.out);
        Some(())
    }

    /// A step that primes, flushes or washes.
    pub(super) fn line(&mut self, index: usize, step: &'a Step, work: &LineWork) -> Option<()> {
        let (handler, _) = self.scene.handler()?;
        let mut line = Line::new(self.scene, &work.pipette.value, Volume::nl(0))?;
        let (inside, outside) = work.task.volumes(line.probe);
        let volume = runs_off(line.probe, (inside, outside));
        let need = Need {
            drained: BTreeMap::from([(line.probe.pump.clone(), volume)]),
            ..Need::default()
        };
        let title = format!("{} {}", work.task.word(), line.id);
        self.ensure(step, &title, &need);
        self.stock.drain(&line.probe.pump, volume);
        line.inside(inside);
        line.outside(outside);
        line.out.push(Action::Park);
        let mut draft = self.draft(step, title.clone());
        draft.when(self.when(step, None));
        draft.after(self.before(step, None));
        draft.after(self.lines.get(&line.id).copied().map(crate::plan::After::plain));
        draft.phase(handler, title, line.out);
        let id = self.add_using(draft);
        self.lines.insert(line.id, id);
        let ends = Ends {
            all: vec![id],
            ..Ends::default()
        };
        self.ends.insert(index, ends);
        Some(())
    }

    /// Over the drain a pump finds its zero, for what its syringe holds comes out of the probe.
    pub(super) fn pump_home(&self, pump: &InstrumentId) -> Option<Vec<Action>> {
        let (_, handler) = self.scene.handler()?;
        let mut probes = handler.pipettes.iter();
        let (id, _) = probes.find(|(_, p)| p.probe.as_ref().is_some_and(|p| p.pump == *pump))?;
        let mut line = Line::new(self.scene, id.as_str(), Volume::nl(0))?;
        let drain = line.washing(Probe::DRAIN);
        line.go(&drain, Height::FromTop(IN_DRAIN), Travel::default());
        let home = Action::PumpHome { pump: pump.clone() };
        line.out.extend([home, Action::Park]);
        Some(line.out)
    }

    /// What must be in each bottle of system liquid, for the person who loads the rig; nothing where none is used.
    pub(super) fn bottles(&self) -> String {
        let mut out = String::new();
        for (id, instrument) in &self.scene.rig.instruments {
            let Role::Pump(pump) = &instrument.role else {
                continue;
            };
            let uses = system_liquid(self.scene, self.walk, id);
            let total = uses.iter().fold(Volume::nl(0), |sum, (_, v)| sum.plus(*v));
            if total.get() > 0 {
                let least = total.plus(pump.bottle.dead);
                out.push_str(&format!(
                    "; have at least {least} of system liquid in the bottle of {id}"
                ));
                if pump.drain.is_some() {
                    out.push_str(" and empty its drain");
                }
            }
        }
        out
    }

    /// The probes and pin tools that visits use: what is done with one keeps the file's order.
    pub(super) fn probes_of(&self, visits: &[Visit]) -> Vec<PipetteId> {
        let uses = visits
            .iter()
            .flat_map(|v| &v.uses)
            .filter(|t| t.wash.is_some() || t.sterilise);
        let mut probes: Vec<PipetteId> = uses
            .filter_map(|t| self.walk.hand(t.pipette))
            .map(|(id, _)| id.clone())
            .collect();
        probes.sort();
        probes.dedup();
        probes
    }
}
