//! What comes before the author's steps, and what a person does in between: loading, preparing, replenishing.

use super::draft::Draft;
use super::driver::Compiler;
use super::stock::Replenished;
use crate::labware::Well;
use crate::plan::{
    Action, After, LoadItem, LoadLiquid, Origin, Piece, PlateId, PlatePlan, Prompt, PromptKind, Resource,
    StepId,
};
use crate::protocol::source::Step;
use crate::rig::{NestId, Role};
use crate::units::{Absorbance, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// What the names begin with under which the lots of liquids are kept; no step of a protocol begins so.
pub(in crate::protocol) const LOT: &str = "lot-";

/// The same of the last day of a lot.
pub(in crate::protocol) const EXPIRY: &str = "expiry-";

/// The same of scanned barcodes.
pub(in crate::protocol) const CODE: &str = "code-";

/// Beginnings of the names under which answers to the compiler's own questions are kept.
pub(in crate::protocol) const KEPT: [&str; 3] = [LOT, EXPIRY, CODE];

/// Names of the operations that the compiler adds; no step of a protocol may have them.
pub(in crate::protocol) const RESERVED: [&str; 2] = ["load", "prepare"];

impl Compiler<'_> {
    /// The operator puts everything in place.
    pub fn load(&mut self, pieces: &BTreeMap<String, Piece>, plates: &BTreeMap<PlateId, PlatePlan>) {
        let waste = self.scene.waste().map(|(nest, _)| nest.clone());
        let mut items: Vec<LoadItem> = pieces
            .iter()
            .filter(|(_, piece)| Some(&piece.nest) != waste.as_ref() && !self.is_station(&piece.nest))
            .map(|(name, piece)| LoadItem::Piece {
                name: name.clone(),
                labware: piece.labware.clone(),
                nest: piece.nest.clone(),
                replace: false,
                used: piece.used.clone(),
                contents: piece.contents.clone(),
            })
            .collect();
        let baths = pieces.iter().filter(|(_, piece)| self.is_station(&piece.nest));
        items.extend(baths.map(|(name, piece)| LoadItem::Refill {
            name: name.clone(),
            nest: piece.nest.clone(),
            contents: piece.contents.clone(),
        }));
        let now = plates.iter().filter(|(_, plate)| !plate.later);
        items.extend(now.map(|(id, plate)| load_plate(id, plate)));
        let title = "load the rig".to_owned();
        let mut draft = Draft::new(
            self.scene.rig,
            StepId::new("load"),
            title.clone(),
            Origin::default(),
        );
        let bottles = self.bottles();
        let text = format!(
            "Load the rig for \"{}\"{bottles}, then confirm.",
            self.scene.source.title
        );
        let prompt = Prompt {
            kind: PromptKind::Load,
            text,
            items,
            ..Prompt::default()
        };
        let index = draft.ask(title, prompt, self.scene.rig.operator_time);
        for id in self.scene.rig.instruments.keys() {
            draft.hold(Resource::Instrument(id.clone()), index, index);
        }
        self.keep_out(&mut draft, index);
        let lots = self.scene.source.liquids.iter().filter(|(_, l)| l.lot);
        for (liquid, _) in lots {
            // Kept under this name, beside the answers to the steps that ask.
            draft.of_step(&format!("{LOT}{liquid}"));
            let prompt = Prompt {
                kind: PromptKind::Text,
                text: format!("Which lot of \"{liquid}\" was loaded?"),
                ..Prompt::default()
            };
            draft.ask(format!("lot of {liquid}"), prompt, self.scene.rig.operator_time);
        }
        let id = self.add(draft);
        self.prepared = Some(id);
        self.barrier = Some(id);
    }

    /// Instruments find their axes and temperatures.
    pub fn prepare(&mut self) {
        let rig = self.scene.rig;
        let mut draft = Draft::new(
            rig,
            StepId::new("prepare"),
            "prepare the instruments".into(),
            Origin::default(),
        );
        let first = |role: &Role| match role {
            Role::LiquidHandler(_) => 0,
            Role::PlateMover(_) => 1,
            Role::Incubator(_) => 2,
            Role::PlateReader(_) => 3,
            Role::Station(_) => 4,
            // Its probe is brought over the drain first.
            Role::Pump(_) => 5,
            Role::Regulator(_) => 6,
        };
        let mut instruments: Vec<_> = rig.instruments.iter().collect();
        instruments.sort_by_key(|(_, i)| first(&i.role));
        for (id, instrument) in instruments {
            let actions = match &instrument.role {
                // The gantry leaves the deck before the mover may sweep over it.
                Role::LiquidHandler(_) => {
                    let mut actions = vec![Action::Home, Action::Park];
                    let sterile = self.sterile_start();
                    if !sterile.is_empty() {
                        actions.extend(sterile);
                        actions.push(Action::Park);
                    }
                    actions
                }
                Role::PlateMover(_) => vec![Action::Home],
                Role::Incubator(i) => {
                    vec![
                        Action::Initialise,
                        Action::SetTemperature {
                            temperature: i.temperature,
                        },
                    ]
                }
                Role::Station(_) => vec![Action::Initialise],
                Role::Regulator(_) if rig.initialises(instrument) => vec![Action::Initialise],
                Role::PlateReader(_) | Role::Regulator(_) => continue,
                Role::Pump(_) => {
                    if let (Some((handler, _)), Some(actions)) = (self.scene.handler(), self.pump_home(id)) {
                        draft.phase(handler, format!("prepare the {}", instrument.title), actions);
                    }
                    continue;
                }
            };
            let index = draft.phase(id, format!("prepare the {}", instrument.title), actions);
            if matches!(instrument.role, Role::PlateMover(_)) {
                self.keep_out(&mut draft, index);
            }
        }
        draft.after(self.prepared.map(After::plain));
        let id = self.add(draft);
        self.prepared = Some(id);
        self.barrier = Some(id);
    }

    /// Claims every zone of the rig.
    pub fn keep_out(&self, draft: &mut Draft<'_>, index: u16) {
        for zone in self.scene.rig.zones.keys() {
            draft.hold(Resource::Zone(zone.clone()), index, index);
        }
    }

    /// The operator replaces tips, fills up reservoirs and empties the waste before an operation that needs it.
    pub fn replenish<'d>(&mut self, step: &Step, title: &str, after: Vec<After>) -> Draft<'d>
    where
        Self: 'd,
    {
        let Replenished {
            racks,
            refilled,
            waste,
            baths,
            drains,
        } = self.stock.replenish();
        let what = match (racks.is_empty(), refilled.is_empty()) {
            (false, true) => "replace tips",
            (true, false) => "refill",
            (false, false) => "replace tips and refill",
            (true, true) if !baths.is_empty() => "change the baths",
            (true, true) if !waste && !drains.is_empty() => "empty the drain",
            (true, true) => "empty the waste",
        };
        let liquids: BTreeSet<String> = refilled.iter().map(|r| r.3.clone()).collect();
        let mut items = replaced(racks, refilled);
        items.extend(self.fresh_baths(&baths));
        items.extend(
            drains
                .into_iter()
                .map(|(pump, nest)| LoadItem::EmptyDrain { pump, nest }),
        );
        if let Some((nest, _)) = self.scene.waste().filter(|_| waste) {
            items.push(LoadItem::EmptyWaste { nest: nest.clone() });
        }
        let title = format!("{what} before: {title}");
        let mut draft = self.draft(step, title.clone());
        let mut text = what.to_owned();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let prompt = Prompt {
            kind: PromptKind::Load,
            text: format!("{text}, then confirm."),
            items,
            ..Prompt::default()
        };
        let index = draft.ask(title, prompt, self.scene.rig.operator_time);
        self.ask_lots(&mut draft, step, &liquids);
        if let Some((handler, _)) = self.scene.handler() {
            draft.hold(Resource::Instrument(handler.clone()), index, index);
        }
        self.keep_out(&mut draft, index);
        draft.after(after);
        draft
    }
}

/// A plate as a person brings it.
pub(super) fn load_plate(id: &PlateId, plate: &PlatePlan) -> LoadItem {
    LoadItem::Plate {
        plate: id.clone(),
        labware: plate.labware.clone(),
        nest: plate.start.clone(),
        barcode: plate.barcode.clone(),
        lidded: plate.lidded,
        sealed: plate.sealed,
        contents: plate.contents.clone(),
    }
}

/// Racks to replace and reservoirs to fill up.
pub(super) fn replaced(
    racks: Vec<(String, String, NestId)>,
    refilled: Vec<(String, NestId, Well, String, Volume)>,
) -> Vec<LoadItem> {
    let mut items: Vec<LoadItem> = racks
        .into_iter()
        .map(|(name, labware, nest)| LoadItem::Piece {
            name,
            labware,
            nest,
            replace: true,
            used: Vec::new(),
            contents: Vec::new(),
        })
        .collect();
    let mut fill: BTreeMap<(String, NestId), Vec<LoadLiquid>> = BTreeMap::new();
    for (name, nest, well, liquid, volume) in refilled {
        fill.entry((name, nest)).or_default().push(LoadLiquid {
            well,
            liquid,
            strain: None,
            volume,
            od: Absorbance(0.0),
        });
    }
    items.extend(
        fill.into_iter()
            .map(|((name, nest), contents)| LoadItem::Refill { name, nest, contents }),
    );
    items
}
