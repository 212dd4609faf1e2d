//! What every well holds when the run begins.

use super::mixture::Mixture;
use super::vessel::VesselId;
use super::walk::Walker;
use crate::labware::Well;
use crate::plan::{Role, Sample, StrainId};
use crate::protocol::source::Names;
use crate::units::Volume;
use std::ops::Range;

impl Walker<'_, '_> {
    pub(super) fn fill_plates(&mut self) {
        let scene = self.scene;
        for (plate, info) in &scene.plates {
            let Some(id) = self.vessels.plate(plate) else {
                continue;
            };
            let group = info.group;
            let layout = group.layout.as_ref().map(|l| scene.source.layouts.get(&l.value));
            let told = group.liquid.is_some() == group.volume.is_some();
            if matches!(layout, Some(None)) || !told || (layout.is_some() && group.volume.is_none()) {
                self.untold.insert(id);
            }
            let liquid = group.liquid.as_ref().map(|l| l.value.as_str());
            match layout.flatten() {
                Some(layout) => {
                    for (well, (name, role)) in &layout.wells {
                        let strain = layout.names == Names::Strains && *role != Role::Blank;
                        let named = (strain || layout.names == Names::Liquids).then_some(name.as_str());
                        let mixture = self.mixtures.of(liquid.into_iter().chain(named));
                        if layout.names == Names::Strains {
                            let sample = Sample {
                                strain: strain.then(|| StrainId::new(name.as_str())),
                                role: *role,
                            };
                            self.resident(id, *well, sample);
                        }
                        if let Some(volume) = &group.volume {
                            self.set(id, *well, volume.value, mixture, &volume.span);
                        }
                    }
                }
                None => {
                    let (Some(volume), Some(liquid)) = (&group.volume, liquid) else {
                        continue;
                    };
                    let mixture = self.mixtures.of([liquid]);
                    for well in info.labware.wells() {
                        self.set(id, well, volume.value, mixture, &volume.span);
                    }
                }
            }
        }
    }

    pub(super) fn fill_pieces(&mut self) {
        let scene = self.scene;
        for (index, standing) in scene.standing.iter().enumerate() {
            let Some(id) = self.vessels.standing(index) else {
                continue;
            };
            for held in &standing.piece.contents {
                let mixture = self.mixtures.of([held.liquid.value.as_str()]);
                match &held.volume {
                    Some(volume) => self.set(id, held.well, volume.value, mixture, &volume.span),
                    None => self.hold(id, held.well, mixture),
                }
            }
            if let Some((layout, volume)) = &standing.piece.layout
                && let Some(layout) = scene.source.layouts.get(&layout.value)
            {
                for (well, (name, role)) in &layout.wells {
                    let mixture = self.mixtures.of([name.as_str()]);
                    self.set(id, *well, volume.value, mixture, &volume.span);
                    if layout.names == Names::Strains {
                        let strain = (*role != Role::Blank).then(|| StrainId::new(name.as_str()));
                        self.resident(id, *well, Sample { strain, role: *role });
                    }
                }
            }
        }
    }

    fn resident(&mut self, id: VesselId, well: Well, sample: Sample) {
        let number = u32::try_from(self.samples.len()).unwrap_or(u32::MAX);
        self.samples.push(sample);
        if let Some(slot) = self
            .vessels
            .index(id, well)
            .and_then(|i| self.residents.get_mut(i))
        {
            *slot = Some(number);
        }
    }
    fn hold(&mut self, id: VesselId, well: Well, mixture: Mixture) {
        if let Some(slot) = self
            .vessels
            .index(id, well)
            .and_then(|i| self.contents.get_mut(i))
        {
            *slot = mixture;
        }
    }
    fn set(&mut self, id: VesselId, well: Well, volume: Volume, mixture: Mixture, span: &Range<usize>) {
        self.hold(id, well, mixture);
        let Some(index) = self.vessels.index(id, well) else {
            return;
        };
        if let Some(level) = self.levels.get_mut(index) {
            *level = volume;
        }
        self.judge(id, well, volume, false, span);
    }
}
