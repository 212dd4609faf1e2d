//! The protocol's names bound to the rig and the labware at hand. What cannot be bound is left out; the rules of
//! [`super::check`] say so.

mod imaged;
mod places;
mod strokes;

pub(super) use strokes::Asking;

pub(super) use imaged::{Placed, Unseen};

use super::source::data::Read;
use super::source::liquid::{Handling, Manner};
use super::source::plate::Task;
use super::source::{Group, Piece, Source, Spanned, Step};
use crate::labware::{Kind, Labware, Library};
use crate::plan::PlateId;
use crate::rig::{
    Incubator, InstrumentId, LiquidHandler, NestId, NestKind, Pipette, PipetteId, PlateReader, Probe,
    Regulator, Rig, Role, Station,
};
use crate::units::Volume;
use std::collections::BTreeMap;

/// A tip rack, reservoir or tube rack on its nest.
pub(super) struct Standing<'a> {
    /// Its name in the plan: that of the piece, numbered when there are several.
    pub name: String,
    /// What the file says of it.
    pub piece: &'a Piece,
    /// Its definition.
    pub labware: &'a Labware,
    /// Where it stands.
    pub nest: NestId,
}

/// One plate of a group.
pub(super) struct PlateInfo<'a> {
    /// What the file says of its group.
    pub group: &'a Group,
    /// Number in the group, from 1.
    pub number: u32,
    /// Its definition.
    pub labware: &'a Labware,
    /// Where it stands at the start.
    pub start: Option<NestId>,
    /// Where it rests once it has been worked on.
    pub rest: Option<NestId>,
    /// Its slot in each incubator that a step puts it into.
    pub slots: BTreeMap<InstrumentId, NestId>,
}

/// Everything the rules and the compiler look up.
pub(super) struct Scene<'a> {
    pub source: &'a Source,
    pub rig: &'a Rig,
    pub library: &'a Library,
    /// The day, if it is known.
    pub today: Option<&'a str>,
    pub standing: Vec<Standing<'a>>,
    pub plates: BTreeMap<PlateId, PlateInfo<'a>>,
    /// Plates of each group, by number.
    pub members: BTreeMap<&'a str, Vec<PlateId>>,
    /// Nests that a step moves a plate to, or lays its lid into.
    pub later: BTreeMap<(usize, PlateId), NestId>,
    steps: BTreeMap<&'a str, usize>,
}

impl<'a> Scene<'a> {
    pub fn new(source: &'a Source, rig: &'a Rig, library: &'a Library, today: Option<&'a str>) -> Self {
        let mut steps = BTreeMap::new();
        for (index, step) in source.steps.iter().enumerate() {
            steps.entry(step.id.value.as_str()).or_insert(index);
        }
        let mut scene = Self {
            source,
            rig,
            library,
            today,
            standing: Vec::new(),
            plates: BTreeMap::new(),
            members: BTreeMap::new(),
            later: BTreeMap::new(),
            steps,
        };
        scene.place_pieces();
        scene.place_plates();
        scene
    }

    pub fn group(&self, name: &str) -> Option<&'a Group> {
        self.source.groups.iter().find(|g| g.name.value == name)
    }
    pub fn piece(&self, name: &str) -> Option<&'a Piece> {
        self.source.pieces.iter().find(|p| p.name.value == name)
    }
    /// The labware of a group or piece.
    pub fn labware_of(&self, name: &str) -> Option<&'a Labware> {
        let group = self.group(name).map(|g| &g.labware.value);
        let named = group.or_else(|| self.piece(name).map(|p| &p.labware.value))?;
        self.library.get(named)
    }
    pub fn plates_of(&self, group: &str) -> &[PlateId] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }
    /// The only plate of a group; `None` for larger groups.
    pub fn single(&self, group: &str) -> Option<&PlateId> {
        match self.plates_of(group) {
            [one] => Some(one),
            _ => None,
        }
    }
    pub fn handler(&self) -> Option<(&'a InstrumentId, &'a LiquidHandler)> {
        self.rig.instruments.iter().find_map(|(id, i)| match &i.role {
            Role::LiquidHandler(h) => Some((id, h)),
            _ => None,
        })
    }
    pub fn pipette(&self, name: &str) -> Option<(PipetteId, &'a Pipette)> {
        let (_, handler) = self.handler()?;
        let (id, pipette) = handler.pipettes.get_key_value(name)?;
        Some((id.clone(), pipette))
    }
    /// A fixed probe, and what its syringe holds.
    pub fn probe(&self, id: &PipetteId) -> Option<(&'a Probe, Volume)> {
        let (_, handler) = self.handler()?;
        let probe = handler.pipettes.get(id)?.probe.as_ref()?;
        match &self.rig.instruments.get(&probe.pump)?.role {
            Role::Pump(pump) => Some((probe, pump.syringe)),
            _ => None,
        }
    }
    /// Every plate reader of the rig.
    pub fn readers(&self) -> impl Iterator<Item = (&'a InstrumentId, &'a PlateReader)> + use<'a> {
        self.rig.instruments.iter().filter_map(|(id, i)| match &i.role {
            Role::PlateReader(r) => Some((id, r)),
            _ => None,
        })
    }
    /// The plate readers of a step: those that are named, or the rig's first.
    pub fn readers_of(&self, read: &Read) -> Vec<(&'a InstrumentId, &'a PlateReader)> {
        if read.at.is_empty() {
            return self.readers().take(1).collect();
        }
        let named = |name: &Spanned<String>| self.readers().find(|(id, _)| id.as_str() == name.value);
        read.at.iter().filter_map(named).collect()
    }
    /// The plate reader of one plate of a step: plates are dealt out to the readers in turn, so that a plate has the same one each
    /// time.
    pub fn reader_of(&self, read: &Read, plate: &PlateId) -> Option<(&'a InstrumentId, &'a PlateReader)> {
        let readers = self.readers_of(read);
        let place = self.plates_of(&read.each.value).iter().position(|p| p == plate)?;
        readers.get(place.checked_rem(readers.len())?).copied()
    }
    pub fn incubator(&self, name: &str) -> Option<(&'a InstrumentId, &'a Incubator)> {
        let (id, instrument) = self.rig.instruments.get_key_value(name)?;
        match &instrument.role {
            Role::Incubator(i) => Some((id, i)),
            _ => None,
        }
    }
    /// A regulator by its name.
    pub fn regulator(&self, name: &str) -> Option<(&'a InstrumentId, &'a Regulator)> {
        let (id, instrument) = self.rig.instruments.get_key_value(name)?;
        match &instrument.role {
            Role::Regulator(r) => Some((id, r)),
            _ => None,
        }
    }
    /// Every station of the rig.
    pub fn stations(&self) -> impl Iterator<Item = (&'a InstrumentId, &'a Station)> + use<'a> {
        self.rig.instruments.iter().filter_map(|(id, i)| match &i.role {
            Role::Station(s) => Some((id, s)),
            _ => None,
        })
    }
    /// The station that does a task: the one that is named, or the first that can do it.
    pub fn station(
        &self,
        named: Option<&Spanned<String>>,
        task: &Task,
    ) -> Option<(&'a InstrumentId, &'a Station)> {
        match named {
            Some(name) => self.stations().find(|(id, _)| id.as_str() == name.value),
            None => self.stations().find(|(_, s)| can(s, task)),
        }
    }
    pub fn mover(&self) -> Option<&'a InstrumentId> {
        self.rig.with_role("plate_mover").map(|(id, _)| id)
    }
    /// The incubator whose slot a nest is.
    pub fn slot_of(&self, nest: &NestId) -> Option<&'a InstrumentId> {
        match &self.rig.nests.get(nest)?.kind {
            NestKind::IncubatorSlot { instrument, .. } => Some(instrument),
            _ => None,
        }
    }
    /// A piece that holds liquid, by its name in the file.
    pub fn holder(&self, name: &str) -> Option<(usize, &Standing<'a>)> {
        self.standing.iter().enumerate().find(|(_, s)| {
            s.piece.name.value == name && matches!(s.labware.kind, Kind::Reservoir | Kind::TubeRack)
        })
    }
    /// Tip racks that fit a pipette, in order of use.
    pub fn racks<'s>(&'s self, pipette: &'s Pipette) -> impl Iterator<Item = &'s Standing<'a>> + 's {
        self.standing
            .iter()
            .filter(|s| s.labware.kind == Kind::TipRack && pipette.tip_racks.contains(&s.labware.name))
    }
    /// A step by its id, with its position.
    pub fn step(&self, id: &str) -> Option<(usize, &'a Step)> {
        let index = *self.steps.get(id)?;
        Some((index, self.source.steps.get(index)?))
    }
    /// The waste of the liquid handler: its nest, its definition.
    pub fn waste(&self) -> Option<(&'a NestId, &'a Labware)> {
        let (_, handler) = self.handler()?;
        let nest = self.rig.nests.get(&handler.waste)?;
        Some((&handler.waste, self.library.get(nest.labware.as_deref()?)?))
    }

    /// How a step's liquid is handled: its class, with what differs for the tips that its pipette takes.
    pub fn manner(&self, handling: &Handling) -> Manner {
        self.manner_of(handling.class.as_ref(), &handling.pipette)
    }
    /// The same for a class and a pipette. The correction is that of the class's own verification; else what the class
    /// says; else that of the pipette's verification without a class.
    pub fn manner_of(&self, class: Option<&Spanned<String>>, pipette: &Spanned<String>) -> Manner {
        let found = self.pipette(&pipette.value);
        let rack = found
            .as_ref()
            .and_then(|(_, p)| self.racks(p).next().map(|r| r.labware.name.as_str()));
        let said = class.and_then(|c| self.source.classes.get(&c.value));
        let mut manner = match said {
            Some(said) => match rack.and_then(|r| said.tips.get(r)) {
                Some(special) => special.or(&said.manner),
                None => said.manner.clone(),
            },
            None => Manner::default(),
        };
        let record = found.and_then(|(id, _)| {
            let class = class.map(|c| c.value.as_str());
            self.rig.verifications.of(&id, rack, class)
        });
        if let Some(record) = record.filter(|r| r.class.is_some() || manner.correction.is_none()) {
            let value = record.correction();
            manner.correction = (!value.is_empty()).then(|| Spanned {
                value,
                span: pipette.span.clone(),
            });
        }
        manner
    }
}

/// Whether a station can do a task at all.
pub(super) fn can(station: &Station, task: &Task) -> bool {
    let a = &station.abilities;
    match task {
        Task::Seal { .. } => a.seal.is_some(),
        Task::Peel => a.peel,
        Task::Centrifuge { .. } => a.spin.is_some(),
        Task::Thermocycle { .. } => a.thermocycle.is_some(),
        Task::Heat(hold) => a.hold.is_some() && (hold.speed.is_none() || a.shake.is_some()),
        Task::Cool(_) => a.hold.is_some(),
        Task::Shake(_) => a.shake.is_some(),
        Task::Scan => a.scan,
    }
}

impl Manner {
    /// This manner, with what another says where this one says nothing.
    fn or(&self, other: &Self) -> Self {
        Self {
            aspirate_flow: self.aspirate_flow.clone().or_else(|| other.aspirate_flow.clone()),
            dispense_flow: self.dispense_flow.clone().or_else(|| other.dispense_flow.clone()),
            aspirate_delay: self
                .aspirate_delay
                .clone()
                .or_else(|| other.aspirate_delay.clone()),
            dispense_delay: self
                .dispense_delay
                .clone()
                .or_else(|| other.dispense_delay.clone()),
            air_gap: self.air_gap.clone().or_else(|| other.air_gap.clone()),
            pre_wet: self.pre_wet.or(other.pre_wet),
            touch_tip: self.touch_tip.or(other.touch_tip),
            blow_out: self.blow_out.or(other.blow_out),
            submerge: self.submerge.or(other.submerge),
            retract: self.retract.or(other.retract),
            correction: self.correction.clone().or_else(|| other.correction.clone()),
        }
    }
}
