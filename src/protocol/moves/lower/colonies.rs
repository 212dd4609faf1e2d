//! Colonies from agar into wells: by the list, and again where the first did not grow.

use super::between::Pair;
use super::{Bench, Lowered, Pen};
use crate::labware::Well;
use crate::plan::{Height, Offset};
use crate::protocol::moves::vessel::VesselId;
use crate::protocol::moves::visit::{Op, Stroke, Visit};
use crate::protocol::scene::Placed;
use crate::protocol::source::Spanned;
use crate::protocol::source::liquid::PickColonies;
use crate::units::Volume;
use std::ops::Range;

impl Bench<'_, '_> {
    /// The vessel that a row of a list names, or the only one that its step does.
    fn row_vessel(&self, named: Option<&String>, usual: &Spanned<String>) -> Option<VesselId> {
        match named {
            Some(name) => self.vessels.named(name),
            None => match self.members(&usual.value).as_slice() {
                [one] => Some(*one),
                _ => None,
            },
        }
    }

    /// A fresh tip or a sterile pin takes a colony up.
    fn take_up(&self, pen: &mut Pen<'_, '_>, from: VesselId, placed: &Placed<'_>) {
        let Some(agar) = self.labware(from) else { return };
        pen.fresh();
        let centre = agar.centre(Well::new(0, 0));
        let surface = Height::FromBottom(placed.colony.agar.unwrap_or(agar.floor()));
        let place = &placed.colony.span;
        let mut dip = Op::new(Stroke::Dip, from, Well::new(0, 0), Volume::nl(0), surface, place);
        dip.offset = Offset {
            x: placed.x.minus(centre.0),
            y: placed.y.minus(centre.1),
        };
        pen.write(dip);
    }

    /// And gives it off in a well.
    fn give_off(&self, pen: &mut Pen<'_, '_>, p: &PickColonies, to: (VesselId, Well), place: &Range<usize>) {
        let pins = pen.pipette.pins.is_some();
        let Some(mix) = p.handling.mix_after.as_ref().filter(|_| !pins) else {
            pen.give(to, Offset::default(), place);
            return;
        };
        let what = Stroke::Mix {
            times: mix.times,
            optional: false,
        };
        pen.write(Op::new(what, to.0, to.1, mix.volume.value, super::low(), place));
    }

    pub(super) fn pick_colonies(&self, p: &PickColonies) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &p.handling)?;
        if p.handling.mix_after.is_none() && pen.pipette.pins.is_none() {
            return None;
        }
        if let Some(failed) = &p.failed {
            return self.pick_again(p, failed, &mut pen);
        }
        let mut visits: Vec<Visit> = Vec::new();
        let mut at: Option<Pair> = None;
        for placed in self.scene.placed(p).0 {
            let colony = placed.colony;
            let from = self.row_vessel(colony.plate.as_ref(), &p.from);
            let to = self.row_vessel(colony.to_plate.as_ref(), &p.to);
            let (Some(from), Some(to), Some(well)) = (from, to, colony.to) else {
                continue;
            };
            if at.is_some_and(|pair| pair != (from, to))
                && let Some((from, to)) = at
            {
                pen.drop();
                visits.push(self.visit(from, to, &mut pen));
            }
            at = Some((from, to));
            self.take_up(&mut pen, from, &placed);
            self.give_off(&mut pen, p, (to, well), &colony.span);
        }
        if let Some((from, to)) = at {
            pen.drop();
            visits.push(self.visit(from, to, &mut pen));
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }

    /// A visit for each plate of agar and plate with wells that were picked from and to. Each well is given to once and each
    /// spare colony taken up once, so that the walk finds what any of the picks would meet; who goes where, the run tells.
    fn pick_again(
        &self,
        p: &PickColonies,
        failed: &Spanned<String>,
        pen: &mut Pen<'_, '_>,
    ) -> Option<Lowered> {
        let (_, first) = self.scene.picked_by(&failed.value)?;
        let placed = self.scene.placed(first).0;
        let mut pairs: Vec<(Pair, Vec<Well>)> = Vec::new();
        for Placed { colony, .. } in &placed {
            let from = self.row_vessel(colony.plate.as_ref(), &first.from);
            let to = self.row_vessel(colony.to_plate.as_ref(), &first.to);
            let (Some(from), Some(to), Some(well)) = (from, to, colony.to) else {
                continue;
            };
            match pairs.iter_mut().find(|(pair, _)| *pair == (from, to)) {
                Some((_, wells)) if wells.contains(&well) => {}
                Some((_, wells)) => wells.push(well),
                None => pairs.push(((from, to), vec![well])),
            }
        }
        let mut visits = Vec::new();
        for ((from, to), wells) in pairs {
            let spare = |p: &&Placed<'_>| {
                p.colony.to.is_none() && self.row_vessel(p.colony.plate.as_ref(), &first.from) == Some(from)
            };
            let spares: Vec<&Placed<'_>> = placed.iter().filter(spare).collect();
            if spares.is_empty() {
                continue;
            }
            let most = spares.len().min(wells.len());
            let mut colonies = spares.iter();
            for well in &wells {
                if let Some(colony) = colonies.next().or(spares.first()) {
                    self.take_up(pen, from, colony);
                    self.give_off(pen, p, (to, *well), &failed.span);
                }
            }
            for colony in colonies {
                self.take_up(pen, from, colony);
            }
            pen.drop();
            let mut visit = self.visit(from, to, pen);
            visit.sets = u64::try_from(most).ok();
            visits.push(visit);
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }
}
