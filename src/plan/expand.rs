//! From a phase's work to its actions, once a picklist is known.

use super::{Action, Height, LabwareName, PickFill, PickTransfer, Picklist, Site, Travel, Work};
use crate::labware::Well;
use crate::rig::NestId;
use crate::units::{Length, Volume};

/// The actions of a phase, given the picklist of its selection step (ignored by fixed work).
/// The same inputs always give the same actions, which is what lets a restarted run count on.
pub fn expand(work: &Work, picklist: Option<&Picklist>) -> Vec<Action> {
    match work {
        Work::Actions(actions) => actions.clone(),
        Work::PickFill(fill) => picklist.map(|p| expand_fill(fill, p)).unwrap_or_default(),
        Work::PickTransfer(transfer) => picklist.map(|p| expand_transfer(transfer, p)).unwrap_or_default(),
        // As long as it stands here, nothing is known to have failed.
        Work::PickAgain(_) => Vec::new(),
    }
}

/// Tips that an action takes from a rack, as (rack nest, well of channel 1).
pub fn tips_of(action: &Action) -> Option<(&NestId, Well)> {
    match action {
        Action::PickUpTips { at, .. } => Some((&at.nest, at.well)),
        _ => None,
    }
}

fn site(place: &(NestId, LabwareName), well: Well) -> Site {
    Site::new(place.0.clone(), place.1.clone(), well)
}

fn expand_fill(fill: &PickFill, picklist: &Picklist) -> Vec<Action> {
    let mut columns: Vec<u8> = picklist
        .picks
        .iter()
        .filter(|p| p.to_plate == fill.plate)
        .map(|p| p.to.column)
        .collect();
    columns.sort_unstable();
    columns.dedup();
    if columns.is_empty() {
        return Vec::new();
    }
    let (nest, labware, well) = fill.tips.clone();
    let mut actions = vec![Action::PickUpTips {
        pipette: fill.pipette.clone(),
        at: Site::new(nest, labware, well),
    }];
    for column in columns {
        let (nest, labware, well) = fill.from.clone();
        actions.push(Action::Aspirate {
            pipette: fill.pipette.clone(),
            at: Site::new(nest, labware, well),
            volume: fill.volume,
            holding: Volume::nl(0),
            flow: fill.flow,
            height: Height::FromBottom(fill.from_height),
            stay: false,
            travel: Travel::default(),
        });
        actions.push(Action::Dispense {
            pipette: fill.pipette.clone(),
            at: site(&fill.to, Well::new(0, column)),
            volume: fill.volume,
            holding: fill.volume,
            flow: fill.flow,
            height: Height::FromTop(fill.to_height),
            stay: false,
            travel: Travel::default(),
        });
    }
    actions.push(Action::DropTips {
        pipette: fill.pipette.clone(),
        at: site(&fill.waste, Well::new(0, 0)),
    });
    actions
}

fn expand_transfer(transfer: &PickTransfer, picklist: &Picklist) -> Vec<Action> {
    let mut actions = Vec::new();
    let stroke = |draw: bool, at: Site, volume: Volume, height: Length, stay: bool| {
        let (pipette, flow, height) = (
            transfer.pipette.clone(),
            transfer.flow,
            Height::FromBottom(height),
        );
        if draw {
            Action::Aspirate {
                pipette,
                at,
                volume,
                holding: Volume::nl(0),
                flow,
                height,
                stay,
                travel: Travel::default(),
            }
        } else {
            Action::Dispense {
                pipette,
                at,
                volume,
                holding: volume,
                flow,
                height,
                stay,
                travel: Travel::default(),
            }
        }
    };
    for (pick, tip) in picklist.picks.iter().zip(&transfer.tips) {
        let (nest, labware, well) = tip.clone();
        actions.push(Action::PickUpTips {
            pipette: transfer.pipette.clone(),
            at: Site::new(nest, labware, well),
        });
        let from = site(&transfer.from, pick.from);
        for _ in 0..transfer.mix.map_or(0, |m| m.0) {
            let volume = transfer.mix.map_or(Volume::nl(0), |m| m.1);
            actions.push(stroke(true, from.clone(), volume, transfer.from_height, true));
            actions.push(stroke(false, from.clone(), volume, transfer.from_height, true));
        }
        actions.push(stroke(true, from, transfer.volume, transfer.from_height, false));
        actions.push(stroke(
            false,
            site(&transfer.to, pick.to),
            transfer.volume,
            transfer.to_height,
            false,
        ));
        actions.push(Action::DropTips {
            pipette: transfer.pipette.clone(),
            at: site(&transfer.waste, Well::new(0, 0)),
        });
    }
    actions
}
