//! Pins: movements as actions of the gantry alone, and the baths that sterilise them.
//!
//! Between operations pins are sterile and dry: they are sterilised when the run begins and after every use, where a
//! pipette would throw its tips away, so that an operation may be left out.

use super::driver::Compiler;
use super::hand::{Place, Places};
use crate::labware::{Labware, Stride};
use crate::plan::{Action, Height, LoadItem, LoadLiquid, Piece, Site, Travel};
use crate::protocol::moves::{IN_BATH, Stroke, TipUse, floor, reach};
use crate::protocol::source::Mention;
use crate::rig::{Pins, Pipette, PipetteId, Role};
use crate::units::{Absorbance, Length, Volume};

/// Ends of the pins above the rim of the last bath while they dry.
const DRYING: Length = Length::um(10_000);

impl<'a> Compiler<'a> {
    /// The pin tools that steps use.
    fn tools(&self) -> Vec<(PipetteId, &'a Pipette, &'a Pins)> {
        let scene = self.scene;
        let steps = scene.source.steps.iter();
        let mentions = steps.flat_map(crate::protocol::source::Step::mentions);
        let mut named: Vec<&str> = mentions
            .filter(|m| m.what == Mention::Pipette)
            .map(|m| m.name.value.as_str())
            .collect();
        named.sort_unstable();
        named.dedup();
        let found = named.into_iter().filter_map(|name| scene.pipette(name));
        found
            .filter_map(|(id, pipette)| Some((id, pipette, pipette.pins.as_ref()?)))
            .collect()
    }

    fn station(&self, pins: &Pins) -> Option<Place> {
        let nest = self.scene.rig.nests.get(&pins.station)?;
        Some((pins.station.clone(), nest.labware.as_deref()?.into()))
    }

    /// What pins do between two sterilisations.
    pub(super) fn pin_strokes(
        &mut self,
        tips: &TipUse,
        places: &Places,
        out: &mut Vec<Action>,
    ) -> Option<()> {
        let (id, pipette) = self.walk.hand(tips.pipette)?;
        let pins = pipette.pins.as_ref()?;
        let mut held = self.holding.get(&tips.pipette).copied().unwrap_or_default();
        for op in &tips.ops {
            let (nest, labware) = places.get(&op.vessel)?;
            let at = Site::new(nest.clone(), labware.clone(), op.head).off(op.offset);
            let times = match op.what {
                Stroke::Give { times } => times,
                // A colony, or what is carried away.
                Stroke::Take | Stroke::Dip => 1,
                // The rules refuse the others for pins.
                _ => continue,
            };
            out.push(Action::DipPins {
                pins: id.clone(),
                at,
                height: op.height,
                times,
                gives: op.gives,
                takes: op.volume,
            });
            held = op.volume;
        }
        if tips.last {
            self.sterilise(id, pipette, pins, held, out)?;
            self.stock.sterilised(id);
            held = Volume::nl(0);
        }
        self.holding.insert(tips.pipette, held);
        Some(())
    }

    /// From bath to bath, and into the air.
    pub(super) fn sterilise(
        &self,
        id: &PipetteId,
        pipette: &Pipette,
        pins: &Pins,
        mut held: Volume,
        out: &mut Vec<Action>,
    ) -> Option<()> {
        let (nest, name) = self.station(pins)?;
        let labware = self.scene.library.get(name.as_str())?;
        let lowest = floor(reach(self.scene, pipette), labware);
        for bath in &pins.baths {
            out.push(Action::DipPins {
                pins: id.clone(),
                at: Site::new(nest.clone(), name.clone(), bath.well),
                height: Height::FromBottom(IN_BATH.max(lowest)),
                times: 1,
                gives: held,
                takes: pipette.max_volume,
            });
            out.push(Action::Dwell { duration: bath.dwell });
            held = pipette.max_volume;
        }
        out.push(Action::MoveProbe {
            probe: id.clone(),
            at: Site::new(nest, name, pins.baths.last()?.well),
            height: Height::FromTop(DRYING),
            travel: Travel::default(),
        });
        out.push(Action::Dwell { duration: pins.dry });
        Some(())
    }

    /// What makes the pins of a handler sterile when a run begins; nothing where none are used.
    pub(super) fn sterile_start(&mut self) -> Vec<Action> {
        let mut out = Vec::new();
        for (id, pipette, pins) in self.tools() {
            if self
                .sterilise(&id, pipette, pins, Volume::nl(0), &mut out)
                .is_some()
            {
                self.stock.sterilised(&id);
            }
        }
        out
    }

    /// The stations of the pins that are used, with their baths, by the nest's name.
    pub(super) fn stations(&self) -> Vec<(String, Piece)> {
        let filled = |pins: &Pins| {
            let of = |bath: &crate::rig::Bath| LoadLiquid {
                well: bath.well,
                liquid: bath.liquid.clone(),
                strain: None,
                volume: bath.volume,
                od: Absorbance(0.0),
            };
            pins.baths.iter().map(of).collect::<Vec<_>>()
        };
        let mut out = Vec::new();
        for (_, _, pins) in self.tools() {
            let Some((nest, labware)) = self.station(pins) else {
                continue;
            };
            let stride = self.scene.library.get(labware.as_str()).map(Labware::stride);
            let piece = Piece {
                labware: labware.as_str().to_owned(),
                stride: stride.unwrap_or(Stride::NONE),
                used: Vec::new(),
                nest,
                contents: filled(pins),
            };
            out.push((pins.station.to_string(), piece));
        }
        out
    }

    /// Baths that a person fills anew.
    pub(super) fn fresh_baths(&self, tools: &[PipetteId]) -> Vec<LoadItem> {
        let stations = self.stations();
        let of = |id: &PipetteId| {
            let (_, pipette) = self.scene.pipette(id.as_str())?;
            let station = pipette.pins.as_ref()?.station.to_string();
            let (name, piece) = stations.iter().find(|(name, _)| *name == station)?;
            Some(LoadItem::Refill {
                name: name.clone(),
                nest: piece.nest.clone(),
                contents: piece.contents.clone(),
            })
        };
        tools.iter().filter_map(of).collect()
    }

    /// Whether a nest is a sterilising station.
    pub(super) fn is_station(&self, nest: &crate::rig::NestId) -> bool {
        let handlers = self.scene.rig.instruments.values().filter_map(|i| match &i.role {
            Role::LiquidHandler(h) => Some(h),
            _ => None,
        });
        let mut pipettes = handlers.flat_map(|h| h.pipettes.values());
        pipettes.any(|p| p.pins.as_ref().is_some_and(|p| p.station == *nest))
    }
}
