//! Who stands where: nests shared out among pieces and plates, each for the whole run.

use super::{PlateInfo, Scene, Standing};
use crate::plan::PlateId;
use crate::protocol::source::{Group, Spanned, StepWork};
use crate::rig::{InstrumentId, NestId, NestKind};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Scene<'a> {
    pub(super) fn place_pieces(&mut self) {
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

    pub(super) fn place_plates(&mut self) {
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
            let incubators = self.incubators_of(group);
            let rests: Vec<&str> = if group.rest.is_empty() {
                self.read_in(group).into_iter().collect()
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
                let mut slots = BTreeMap::new();
                for incubator in &incubators {
                    let at_rest = rest.clone().filter(|n| self.slot_of(n) == Some(*incubator));
                    let at_start = start.clone().filter(|n| self.slot_of(n) == Some(*incubator));
                    let mut free = self.nests(std::iter::once(incubator.as_str())).into_iter();
                    let slot = at_rest.or(at_start).or_else(|| free.find(|n| !taken.contains(n)));
                    if let Some(slot) = slot {
                        taken.insert(slot.clone());
                        slots.insert((*incubator).clone(), slot);
                    }
                }
                let info = PlateInfo {
                    group,
                    number,
                    labware,
                    start,
                    rest,
                    slots,
                };
                self.plates.insert(id, info);
            }
            self.members.insert(group.name.value.as_str(), ids);
        }
        self.place_later(&mut taken);
    }

    /// Nests of plates that are moved, and of lids that are laid down, in the order of the steps.
    fn place_later(&mut self, taken: &mut BTreeSet<NestId>) {
        for (index, step) in self.source.steps.iter().enumerate() {
            let (each, to): (&Spanned<String>, &[Spanned<String>]) = match &step.work {
                StepWork::Move(m) => (&m.each, &m.to),
                StepWork::Unlid(u) => (&u.each, &u.to),
                _ => continue,
            };
            let mut nests = self.nests(to.iter().map(|n| n.value.as_str())).into_iter();
            for plate in self.plates_of(&each.value).to_vec() {
                let own = |nest: &NestId| {
                    let info = self.plates.get(&plate);
                    info.is_some_and(|p| p.start.as_ref() == Some(nest) || p.rest.as_ref() == Some(nest))
                };
                if let Some(nest) = nests.find(|n| !taken.contains(n) || own(n)) {
                    taken.insert(nest.clone());
                    self.later.insert((index, plate), nest);
                }
            }
        }
    }

    fn is_nest(&self, name: &str) -> bool {
        self.rig.nests.contains_key(name)
    }

    /// The incubator that a reading step names for a group, which is where its plates rest if nothing else is said.
    fn read_in(&self, group: &Group) -> Option<&'a str> {
        self.source.steps.iter().find_map(|step| match &step.work {
            StepWork::Read(read) if read.each.value == group.name.value => {
                read.incubate.as_ref().map(|i| i.at.value.as_str())
            }
            _ => None,
        })
    }

    /// Incubators that steps put the plates of a group into.
    fn incubators_of(&self, group: &Group) -> BTreeSet<&'a InstrumentId> {
        let named = self.source.steps.iter().filter_map(|step| match &step.work {
            StepWork::Incubate(i) if i.each.value == group.name.value => Some(i.place.at.value.as_str()),
            _ => None,
        });
        named
            .filter_map(|name| self.incubator(name))
            .map(|(id, _)| id)
            .collect()
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
                "lids" => Some(NestKind::Lid),
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
}

fn count(group: &Group) -> u32 {
    group.count.as_ref().map_or(1, |c| c.value)
}

fn plate_id(group: &Group, number: u32) -> PlateId {
    let name = &group.name.value;
    match group.count {
        None => PlateId::new(name.as_str()),
        Some(_) => PlateId::new(format!("{name}-{number}")),
    }
}
