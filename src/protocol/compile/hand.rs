//! Movements as actions.

use super::driver::Compiler;
use super::stock::TipSite;
use crate::labware::Well;
use crate::plan::{Action, LabwareName, Site};
use crate::protocol::moves::{Op, Stroke, TipUse, VesselId};
use crate::protocol::scene::Scene;
use crate::rig::{NestId, Pipette, PipetteId};
use crate::units::{Quantity, Volume};
use std::collections::BTreeMap;

/// A place on the deck: nest and labware.
pub(super) type Place = (NestId, LabwareName);

/// Where the vessels of a visit stand.
pub(super) type Places = BTreeMap<VesselId, Place>;

/// A pipette at work.
pub(super) struct Hand<'a> {
    pub id: PipetteId,
    pub pipette: &'a Pipette,
    pub waste: Place,
}

impl<'a> Hand<'a> {
    pub fn new(scene: &Scene<'a>, pipette: &str) -> Option<Self> {
        let (id, pipette) = scene.pipette(pipette)?;
        let (nest, labware) = scene.waste()?;
        Some(Self {
            id,
            pipette,
            waste: (nest.clone(), labware.name.as_str().into()),
        })
    }
    pub fn pick_up(&self, tip: TipSite) -> Action {
        let (nest, labware, well) = tip;
        Action::PickUpTips {
            pipette: self.id.clone(),
            at: Site::new(nest, labware, well),
        }
    }
    pub fn drop(&self) -> Action {
        let (nest, labware) = self.waste.clone();
        Action::DropTips {
            pipette: self.id.clone(),
            at: Site::new(nest, labware, Well::new(0, 0)),
        }
    }
}

/// Strokes of one set of tips, and what the tips hold meanwhile.
struct Strokes<'h> {
    pipette: &'h PipetteId,
    tips: &'h TipUse,
    holding: Volume,
}

impl Strokes<'_> {
    fn aspirate(&mut self, op: &Op, at: &Site, volume: Volume, stay: bool, out: &mut Vec<Action>) {
        out.push(Action::Aspirate {
            pipette: self.pipette.clone(),
            at: at.clone(),
            volume,
            holding: self.holding,
            flow: self.tips.flow.0,
            height: op.height,
            stay,
            travel: self.tips.travel,
        });
        self.holding = self.holding.plus(volume);
    }
    fn dispense(&mut self, op: &Op, at: &Site, volume: Volume, stay: bool, out: &mut Vec<Action>) {
        out.push(Action::Dispense {
            pipette: self.pipette.clone(),
            at: at.clone(),
            volume,
            holding: self.holding,
            flow: self.tips.flow.1,
            height: op.height,
            stay,
            travel: self.tips.travel,
        });
        self.holding = self.holding.minus(volume);
    }

    fn op(&mut self, op: &Op, at: Site, out: &mut Vec<Action>) {
        match op.what {
            Stroke::Draw => self.aspirate(op, &at, op.volume, false, out),
            Stroke::Put { .. } => self.dispense(op, &at, op.volume.plus(op.air), false, out),
            Stroke::Mix { times, .. } if op.volume.base() > 0 => {
                for _ in 0..times {
                    self.aspirate(op, &at, op.volume, true, out);
                    self.dispense(op, &at, op.volume, true, out);
                }
            }
            Stroke::Mix { .. } => {}
            Stroke::AirGap => {
                out.push(Action::AirGap {
                    pipette: self.pipette.clone(),
                    at,
                    volume: op.air,
                    holding: self.holding,
                    flow: self.tips.flow.0,
                    height: op.height,
                });
                self.holding = self.holding.plus(op.air);
            }
            Stroke::TouchTip => out.push(Action::TouchTip {
                pipette: self.pipette.clone(),
                at,
                height: op.height,
            }),
            Stroke::BlowOut => {
                out.push(Action::BlowOut {
                    pipette: self.pipette.clone(),
                    at,
                    flow: self.tips.flow.1,
                    height: op.height,
                });
                self.holding = Volume::nl(0);
            }
            Stroke::Dip => out.push(Action::Dip {
                pipette: self.pipette.clone(),
                at,
                height: op.height,
            }),
            Stroke::Dwell(duration) => out.push(Action::Dwell { duration }),
            // Of pins alone.
            Stroke::Take | Stroke::Give { .. } => {}
        }
    }
}

impl Compiler<'_> {
    /// Sets of tips as actions, with tips from the racks.
    pub fn actions(&mut self, uses: &[TipUse], places: &Places) -> Option<Vec<Action>> {
        let ops: usize = uses.iter().map(|t| t.ops.len() + 2).sum();
        let mut out = Vec::with_capacity(ops);
        for tips in uses {
            let (id, pipette) = self.walk.hand(tips.pipette)?;
            if pipette.probe.is_some() {
                self.probe_strokes(tips, places, &mut out)?;
                continue;
            }
            if pipette.pins.is_some() {
                self.pin_strokes(tips, places, &mut out)?;
                continue;
            }
            let hand = Hand::new(self.scene, id.as_str())?;
            if tips.fresh {
                self.holding.insert(tips.pipette, Volume::nl(0));
                let tip = self.tip(&hand)?;
                out.push(hand.pick_up(tip));
            }
            let mut strokes = Strokes {
                pipette: &hand.id,
                tips,
                holding: self.holding.get(&tips.pipette).copied().unwrap_or_default(),
            };
            for op in &tips.ops {
                let (nest, labware) = places.get(&op.vessel)?;
                let at = Site::new(nest.clone(), labware.clone(), op.head).off(op.offset);
                strokes.op(op, at, &mut out);
            }
            let holding = strokes.holding;
            self.holding.insert(tips.pipette, holding);
            if tips.last {
                out.push(hand.drop());
            }
        }
        Some(out)
    }

    /// The next set of tips for a pipette.
    pub fn tip(&mut self, hand: &Hand<'_>) -> Option<TipSite> {
        self.stock.take(hand.pipette)
    }
}
