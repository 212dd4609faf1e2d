//! The protocol's names bound to the rig and the labware at hand. What cannot be bound is left out; the rules of
//! [`super::check`] say so.

use super::source::{Group, Piece, Source};
use crate::labware::{Kind, Labware, Library};
use crate::plan::PlateId;
use crate::rig::{
    Incubator, InstrumentId, LiquidHandler, NestId, NestKind, Pipette, PipetteId, PlateReader, Rig, Role,
};
use std::collections::{BTreeMap, BTreeSet};

/// A tip rack or reservoir on its nest.
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
}

/// Everything the rules and the compiler look up.
pub(super) struct Scene<'a> {
    pub source: &'a Source,
    pub rig: &'a Rig,
    pub library: &'a Library,
    pub standing: Vec<Standing<'a>>,
    pub plates: BTreeMap<PlateId, PlateInfo<'a>>,
    /// Plates of each group, by number.
    pub members: BTreeMap<&'a str, Vec<PlateId>>,
}

impl<'a> Scene<'a> {
    pub fn new(source: &'a Source, rig: &'a Rig, library: &'a Library) -> Self {
        let mut scene = Self {
            source,
            rig,
            library,
            standing: Vec::new(),
            plates: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        scene.place_pieces();
        scene.place_plates();
        scene
    }

    fn place_pieces(&mut self) {
        for piece in &self.source.pieces {
            let Some(labware) = self.library.get(&piece.labware.value) else {
                continue;
            };
            let nests: Vec<&str> = piece.at.iter().map(|n| n.value.as_str()).collect();
            for (i, nest) in nests.iter().enumerate() {
                if !self.rig.nests.contains_key(*nest) {
                    continue;
                }
                let name = if nests.len() == 1 {
                    piece.name.value.clone()
                } else {
                    format!("{}-{}", piece.name.value, i + 1)
                };
                self.standing.push(Standing {
                    name,
                    piece,
                    labware,
                    nest: NestId::new(*nest),
                });
            }
        }
    }

    fn place_plates(&mut self) {
        // Nests that are named belong to whom they are named for; kinds of nests are shared out among the rest.
        let named = self
            .source
            .groups
            .iter()
            .flat_map(|g| &g.at)
            .filter(|n| self.is_nest(&n.value));
        let mut taken: BTreeSet<NestId> = named.map(|n| NestId::new(n.value.as_str())).collect();
        let mut starts = BTreeMap::new();
        for group in &self.source.groups {
            let mut nests = Vec::new();
            for name in &group.at {
                let found = self.nests(std::iter::once(name.value.as_str()));
                let free = |nest: &NestId| self.is_nest(&name.value) || !taken.contains(nest);
                nests.extend(found.into_iter().filter(free));
            }
            for (number, nest) in (1..=count(group)).zip(nests) {
                taken.insert(nest.clone());
                starts.insert((group.name.value.as_str(), number), nest);
            }
        }
        for group in &self.source.groups {
            let Some(labware) = self.library.get(&group.labware.value) else {
                continue;
            };
            let rests: Vec<&str> = if group.rest.is_empty() {
                self.incubated_at(group).into_iter().collect()
            } else {
                group.rest.iter().map(|n| n.value.as_str()).collect()
            };
            let mut rests = self.nests(rests.into_iter()).into_iter();
            let mut ids = Vec::new();
            for number in 1..=count(group) {
                let id = plate_id(group, number);
                let rest = rests.find(|nest| !taken.contains(nest));
                taken.extend(rest.clone());
                let start = starts.get(&(group.name.value.as_str(), number)).cloned();
                ids.push(id.clone());
                self.plates.insert(
                    id,
                    PlateInfo {
                        group,
                        number,
                        labware,
                        start,
                        rest,
                    },
                );
            }
            self.members.insert(group.name.value.as_str(), ids);
        }
    }

    fn is_nest(&self, name: &str) -> bool {
        self.rig.nests.contains_key(name)
    }

    /// The incubator that a reading step names for a group.
    fn incubated_at(&self, group: &Group) -> Option<&'a str> {
        self.source.steps.iter().find_map(|step| match &step.work {
            super::source::StepWork::Read(read) if read.each.value == group.name.value => {
                read.incubate.as_ref().map(|i| i.at.value.as_str())
            }
            _ => None,
        })
    }

    /// Nests by name, by kind ("hotel") or by incubator, in the order a person would fill them.
    pub fn nests<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<NestId> {
        let mut out: Vec<NestId> = Vec::new();
        for name in names {
            if self.rig.nests.contains_key(name) {
                out.push(NestId::new(name));
                continue;
            }
            let kind = match name {
                "hotel" => Some(NestKind::Hotel),
                "cold" => Some(NestKind::Cold),
                _ => None,
            };
            let of_kind = |k: &NestKind| match k {
                NestKind::IncubatorSlot { instrument, .. } => instrument.as_str() == name,
                other => kind.as_ref() == Some(other),
            };
            let mut found: Vec<_> = self.rig.nests.iter().filter(|(_, n)| of_kind(&n.kind)).collect();
            found.sort_by_key(|(_, n)| match n.kind {
                NestKind::IncubatorSlot { slot, .. } => Some(slot),
                _ => n.station,
            });
            out.extend(found.into_iter().map(|(id, _)| id.clone()));
        }
        out
    }

    pub fn group(&self, name: &str) -> Option<&'a Group> {
        self.source.groups.iter().find(|g| g.name.value == name)
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
        handler.pipettes.get(name).map(|p| (PipetteId::new(name), p))
    }
    pub fn reader(&self) -> Option<(&'a InstrumentId, &'a PlateReader)> {
        self.rig.instruments.iter().find_map(|(id, i)| match &i.role {
            Role::PlateReader(r) => Some((id, r)),
            _ => None,
        })
    }
    pub fn incubator(&self, name: &str) -> Option<(&'a InstrumentId, &'a Incubator)> {
        let (id, instrument) = self.rig.instruments.get_key_value(name)?;
        match &instrument.role {
            Role::Incubator(i) => Some((id, i)),
            _ => None,
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
    /// A reservoir by its piece's name.
    pub fn reservoir(&self, name: &str) -> Option<&Standing<'a>> {
        self.standing
            .iter()
            .find(|s| s.piece.name.value == name && s.labware.kind == Kind::Reservoir)
    }
    /// Tip racks that fit a pipette, in order of use.
    pub fn racks<'s>(&'s self, pipette: &'s Pipette) -> impl Iterator<Item = &'s Standing<'a>> + 's {
        self.standing
            .iter()
            .filter(|s| s.labware.kind == Kind::TipRack && pipette.tip_racks.contains(&s.labware.name))
    }
    /// A step by its id, with its position.
    pub fn step(&self, id: &str) -> Option<(usize, &'a super::source::Step)> {
        self.source
            .steps
            .iter()
            .enumerate()
            .find(|(_, s)| s.id.value == id)
    }
    /// The waste of the liquid handler: its nest, its definition.
    pub fn waste(&self) -> Option<(&'a NestId, &'a Labware)> {
        let (_, handler) = self.handler()?;
        let nest = self.rig.nests.get(&handler.waste)?;
        Some((&handler.waste, self.library.get(nest.labware.as_deref()?)?))
    }
}

fn count(group: &Group) -> u32 {
    group.count.as_ref().map_or(1, |c| c.value)
}

fn plate_id(group: &Group, number: u32) -> PlateId {
    let name = &group.name.value;
    match group.count {
        None => PlateId::new(name.clone()),
        Some(_) => PlateId::new(format!("{name}-{number}")),
    }
}
