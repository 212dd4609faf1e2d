//! Liquid from one vessel into another.

use super::{Bench, Lowered, Pen, Put, Spot, heads};
use crate::labware::Well;
use crate::plan::Offset;
use crate::protocol::moves::vessel::VesselId;
use crate::protocol::moves::visit::Visit;
use crate::protocol::source::Spanned;
use crate::protocol::source::liquid::{
    Consolidate, Distribute, Handling, List, Spot as SpotStep, Stamp, Tips, Transfer, Wells, Which,
};
use crate::units::{Length, Quantity, Volume};

/// A source plate with a destination plate.
pub(super) type Pair = (VesselId, VesselId);

impl Bench<'_, '_> {
    /// Sources and destinations that belong together: one with all, or by number.
    pub(super) fn pairs(&self, from: &str, to: &str) -> Option<Vec<Pair>> {
        let (from, to) = (self.members(from), self.members(to));
        match (from.as_slice(), to.as_slice()) {
            ([one], many) => Some(many.iter().map(|m| (*one, *m)).collect()),
            (a, b) if a.len() == b.len() => Some(a.iter().copied().zip(b.iter().copied()).collect()),
            _ => None,
        }
    }

    pub(super) fn visit(&self, from: VesselId, to: VesselId, pen: &mut Pen<'_, '_>) -> Visit {
        Visit {
            source: self.brought(from).filter(|_| from != to),
            target: self.brought(to),
            uses: pen.take(),
            sets: None,
        }
    }

    pub(super) fn distribute(&self, d: &Distribute) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &d.handling)?;
        let source = *self.members(&d.from.name.value).first()?;
        let well = d.from.well.as_ref().map_or(Well::new(0, 0), |w| w.value);
        let from: Spot = (source, well);
        let targets = self.members(&d.to.value);
        let joined = d.handling.tips.value == Tips::Shared;
        let mut visits = Vec::new();
        let place = &d.volume.span;
        for (i, target) in targets.iter().enumerate() {
            let labware = self.labware(*target)?;
            let heads = heads(labware, pen.pipette.channels, &d.wells);
            if d.handling.tips.value != Tips::New {
                if joined && i > 0 {
                    pen.keep_on();
                } else {
                    pen.fresh();
                }
            }
            let spots: Vec<Spot> = heads.iter().map(|h| (*target, *h)).collect();
            match d.excess.as_ref().filter(|_| d.handling.tips.value != Tips::New) {
                Some(excess) => several(&mut pen, from, &spots, d, excess),
                None => {
                    for spot in spots {
                        if d.handling.tips.value == Tips::New {
                            pen.fresh();
                        }
                        pen.transfer(from, spot, d.volume.value, d.contact, place);
                    }
                }
            }
            if !joined || i + 1 == targets.len() {
                pen.drop();
            }
            visits.push(self.visit(source, *target, &mut pen));
        }
        Some(Lowered {
            joined: joined && visits.len() > 1,
            visits,
        })
    }

    pub(super) fn transfer(&self, t: &Transfer) -> Option<Lowered> {
        match &t.which {
            Which::Same {
                wells,
                volume,
                reverse_columns_on,
            } => {
                let pairs = self.pairs(&t.from.value, &t.to.value)?;
                let reversed = |n: usize| {
                    let number = u32::try_from(n + 1).unwrap_or(u32::MAX);
                    reverse_columns_on.iter().any(|r| r.value == number)
                };
                let to = |n: usize, labware: &crate::labware::Labware, head: Well| {
                    if !reversed(n) {
                        return labware.has(head).then_some(head);
                    }
                    let column = labware.columns.checked_sub(1)?.checked_sub(head.column)?;
                    Some(Well::new(head.row, column))
                };
                self.well_to_well(&t.handling, &pairs, wells, volume, to)
            }
            Which::Listed(list) => self.listed(t, list),
        }
    }

    /// Every head of the source into the head that `to` names for the n-th pair.
    fn well_to_well(
        &self,
        handling: &Handling,
        pairs: &[Pair],
        wells: &Wells,
        volume: &Spanned<Volume>,
        to: impl Fn(usize, &crate::labware::Labware, Well) -> Option<Well>,
    ) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, handling)?;
        let mut visits = Vec::new();
        let joined = handling.tips.value == Tips::Shared && pairs.len() > 1;
        for (n, (source, target)) in pairs.iter().enumerate() {
            let (a, b) = (self.labware(*source)?, self.labware(*target)?);
            if matches!(handling.tips.value, Tips::PerPlate | Tips::Shared) {
                if joined && n > 0 {
                    pen.keep_on();
                } else {
                    pen.fresh();
                }
            }
            for from in heads(a, pen.pipette.channels, wells) {
                let Some(to) = to(n, b, from) else { continue };
                if matches!(handling.tips.value, Tips::New | Tips::PerSource) {
                    pen.fresh();
                }
                pen.transfer((*source, from), (*target, to), volume.value, true, &volume.span);
            }
            if !joined || n + 1 == pairs.len() {
                pen.drop();
            }
            visits.push(self.visit(*source, *target, &mut pen));
        }
        Some(Lowered { visits, joined })
    }

    /// Rows of a list in its order; rows of the same two plates that follow each other share a visit.
    fn listed(&self, t: &Transfer, list: &List) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &t.handling)?;
        let find = |named: Option<&String>, usual: &Spanned<String>| match named {
            Some(name) => self.vessels.named(name),
            None => match self.members(&usual.value).as_slice() {
                [one] => Some(*one),
                _ => None,
            },
        };
        let mut visits: Vec<Visit> = Vec::new();
        let mut at: Option<Pair> = None;
        let mut source: Option<Spot> = None;
        for row in &list.rows {
            let (Some(from), Some(to)) = (
                find(row.from_plate.as_ref(), &t.from),
                find(row.to_plate.as_ref(), &t.to),
            ) else {
                continue;
            };
            if at.is_some_and(|pair| pair != (from, to))
                && let Some((from, to)) = at
            {
                pen.drop();
                visits.push(self.visit(from, to, &mut pen));
                source = None;
            }
            at = Some((from, to));
            let spot = (from, row.from);
            let change = match t.handling.tips.value {
                Tips::New => true,
                Tips::PerSource => source != Some(spot),
                Tips::PerPlate | Tips::Shared => !pen.worn(),
            };
            if change {
                pen.fresh();
            }
            source = Some(spot);
            pen.transfer(spot, (to, row.to), row.volume, true, &row.span);
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

    pub(super) fn consolidate(&self, c: &Consolidate) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &c.handling)?;
        let target = *self.members(&c.to.name.value).first()?;
        let well = c.to.well.as_ref().map_or(Well::new(0, 0), |w| w.value);
        let sources = self.members(&c.from.value);
        let joined = c.handling.tips.value == Tips::Shared && sources.len() > 1;
        let mut visits = Vec::new();
        for (n, source) in sources.iter().enumerate() {
            let labware = self.labware(*source)?;
            if c.handling.tips.value != Tips::New {
                if joined && n > 0 {
                    pen.keep_on();
                } else {
                    pen.fresh();
                }
            }
            for from in heads(labware, pen.pipette.channels, &c.wells) {
                if c.handling.tips.value == Tips::New {
                    pen.fresh();
                }
                // Above the rim, so that what is pooled never touches a tip that goes on.
                pen.transfer(
                    (*source, from),
                    (target, well),
                    c.volume.value,
                    false,
                    &c.volume.span,
                );
            }
            if !joined || n + 1 == sources.len() {
                pen.drop();
            }
            visits.push(self.visit(*source, target, &mut pen));
        }
        Some(Lowered { visits, joined })
    }

    pub(super) fn stamp(&self, s: &Stamp) -> Option<Lowered> {
        let (from, to) = (self.members(&s.from.value), self.members(&s.to.value));
        let larger = |v: &VesselId| self.labware(*v).map_or(0, |l| l.rows);
        let up = larger(to.first()?) > larger(from.first()?);
        // Each plate of the smaller format with its plate of the larger one and its quadrant, from 0.
        let (small, large) = if up { (&from, &to) } else { (&to, &from) };
        let mut stamped = Vec::new();
        for (n, plate) in small.iter().enumerate() {
            let (other, quadrant) = match &s.quadrant {
                Some(q) if large.len() == 1 => (large.first(), q.value.saturating_sub(1)),
                Some(q) => (large.get(n), q.value.saturating_sub(1)),
                None => (large.get(n / 4), u8::try_from(n % 4).unwrap_or(0)),
            };
            stamped.push((*plate, *other?, quadrant));
        }
        let mut pen = Pen::new(self.scene, self.vessels, &s.handling)?;
        let mut visits = Vec::new();
        for (plate, other, quadrant) in stamped {
            let small = self.labware(plate)?;
            for head in small.heads(pen.pipette.channels) {
                let row = head.row.checked_mul(2)?.checked_add(quadrant / 2)?;
                let column = head.column.checked_mul(2)?.checked_add(quadrant % 2)?;
                let wide = (other, Well::new(row, column));
                let (from, to) = if up {
                    ((plate, head), wide)
                } else {
                    (wide, (plate, head))
                };
                pen.fresh();
                pen.transfer(from, to, s.volume.value, true, &s.volume.span);
            }
            pen.drop();
            let (from, to) = if up { (plate, other) } else { (other, plate) };
            visits.push(self.visit(from, to, &mut pen));
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }

    pub(super) fn spot(&self, s: &SpotStep) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &s.handling)?;
        let mut visits = Vec::new();
        for (source, target) in self.pairs(&s.from.value, &s.to.value)? {
            let (wells, agar) = (self.labware(source)?, self.labware(target)?);
            for from in heads(wells, pen.pipette.channels, &s.wells) {
                let reached = wells.reached(pen.pipette.channels, from)?;
                let to = Well::new(0, 0);
                let centre = agar.centre(to);
                let mean = |part: fn((Length, Length)) -> Length| -> Option<Length> {
                    let sum = reached
                        .iter()
                        .fold(Length::um(0), |sum, w| sum.plus(part(wells.centre(*w))));
                    let count = i128::try_from(reached.len()).ok()?;
                    Length::from_base(sum.base().checked_div(count)?)
                };
                let offset = Offset {
                    x: mean(|c| c.0)?.minus(centre.0),
                    y: mean(|c| c.1)?.minus(centre.1),
                };
                pen.fresh();
                let place = &s.volume.span;
                if pen.pipette.pins.is_some() {
                    pen.carry((source, from), (target, to), offset, s.volume.value, place);
                    continue;
                }
                let volume = pen.stroke(s.volume.value);
                pen.draw((source, from), volume, place);
                pen.air((source, from), place);
                let (air, how) = (
                    pen.gap(),
                    Put {
                        contact: true,
                        finish: true,
                    },
                );
                pen.put((target, to), offset, volume, air, how, place);
            }
            pen.drop();
            visits.push(self.visit(source, target, &mut pen));
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }
}

/// As many wells per aspirate as the tip holds; the excess goes back to where it came from.
fn several(pen: &mut Pen<'_, '_>, from: Spot, spots: &[Spot], d: &Distribute, said: &Spanned<Volume>) {
    let excess = said.value;
    let place = &d.volume.span;
    let each = pen.stroke(d.volume.value);
    let room = pen.at_once.minus(excess).base();
    let fit = usize::try_from(room.checked_div(each.base()).unwrap_or(0))
        .unwrap_or(1)
        .max(1);
    for part in spots.chunks(fit) {
        let count = i64::try_from(part.len()).unwrap_or(1);
        pen.draw(from, each.times(count).plus(excess), place);
        for spot in part {
            let how = Put {
                contact: d.contact,
                finish: false,
            };
            pen.put(*spot, Offset::default(), each, Volume::nl(0), how, place);
        }
        let how = Put {
            contact: false,
            finish: false,
        };
        pen.put(from, Offset::default(), excess, Volume::nl(0), how, &said.span);
    }
}
