//! Strokes as actions.

use super::stock::TipSite;
use crate::labware::Well;
use crate::plan::{Action, Height, LabwareName, Site, Travel};
use crate::protocol::moves::Stroke;
use crate::protocol::scene::Scene;
use crate::rig::{NestId, Pipette, PipetteId};
use crate::units::{Duration, Length, Volume};

/// Tip end above the rim of a well that is filled without contact.
pub(super) const ABOVE_RIM: Length = Length::um(2_000);
/// Tip end above the bottom of a well that is dispensed into with contact.
pub(super) const IN_WELL: Length = Length::um(1_500);

/// A pipette at work.
pub(super) struct Hand<'a> {
    pub id: PipetteId,
    pub pipette: &'a Pipette,
    pub waste: (NestId, LabwareName),
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
        let at = Site::new(nest, labware, Well::new(0, 0));
        Action::DropTips {
            pipette: self.id.clone(),
            at,
        }
    }
    fn aspirate(&self, at: Site, volume: Volume, height: Length, stay: bool) -> Action {
        Action::Aspirate {
            pipette: self.id.clone(),
            at,
            volume,
            holding: Volume::nl(0),
            flow: self.pipette.flow,
            height: Height::FromBottom(height),
            stay,
            travel: Travel::default(),
        }
    }
    fn dispense(&self, at: Site, volume: Volume, height: Height, stay: bool) -> Action {
        Action::Dispense {
            pipette: self.id.clone(),
            at,
            volume,
            holding: volume,
            flow: self.pipette.flow,
            height,
            stay,
            travel: Travel::default(),
        }
    }

    /// From a reservoir into wells, without contact.
    pub fn fill(
        &self,
        from: &(NestId, LabwareName),
        to: &(NestId, LabwareName),
        volume: Volume,
        strokes: &[Stroke],
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        for stroke in strokes {
            actions.push(self.aspirate(site(from, stroke.from), volume, stroke.height, false));
            actions.push(self.dispense(site(to, stroke.to), volume, Height::FromTop(ABOVE_RIM), false));
        }
        actions
    }

    /// From well to well with these fresh tips.
    pub fn carry(
        &self,
        from: &(NestId, LabwareName),
        to: &(NestId, LabwareName),
        volume: Volume,
        stroke: &Stroke,
        tip: TipSite,
    ) -> Vec<Action> {
        let mut actions = vec![self.pick_up(tip)];
        let source = site(from, stroke.from);
        if let Some((times, mixed)) = stroke.mix {
            for _ in 0..times {
                actions.push(self.aspirate(source.clone(), mixed, stroke.height, true));
                actions.push(self.dispense(source.clone(), mixed, Height::FromBottom(stroke.height), true));
            }
        }
        actions.push(self.aspirate(source, volume, stroke.height, false));
        actions.push(self.dispense(site(to, stroke.to), volume, Height::FromBottom(IN_WELL), false));
        actions.push(self.drop());
        actions
    }
}

pub(super) fn site(place: &(NestId, LabwareName), well: Well) -> Site {
    Site::new(place.0.clone(), place.1.clone(), well)
}

/// Planned time of the longest possible picklist: filling, then picking.
pub(super) fn picking_times(
    scene: &Scene<'_>,
    columns: u64,
    picks: u64,
    strokes: u64,
) -> (Duration, Duration) {
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
