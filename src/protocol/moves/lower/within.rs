//! Liquid within one plate.

use super::{Bench, Lowered, Pen, Spot, heads};
use crate::labware::Well;
use crate::protocol::moves::visit::{Op, Stroke, Visit};
use crate::protocol::source::liquid::{Dilute, MixWells, Tips};

impl Bench<'_, '_> {
    /// From column to column, mixing each; at the end out of the last one, where a place for it is named.
    pub(super) fn dilute(&self, d: &Dilute) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &d.handling)?;
        let discard: Option<Spot> = match &d.discard {
            Some(v) => {
                let well = v.well.as_ref().map_or(Well::new(0, 0), |w| w.value);
                Some((*self.members(&v.name.value).first()?, well))
            }
            None => None,
        };
        let mut visits = Vec::new();
        for plate in self.members(&d.each.value) {
            let labware = self.labware(plate)?;
            let rows = labware.heads(pen.pipette.channels);
            let rows = rows.iter().filter(|h| h.column == 0).map(|h| h.row);
            for row in rows {
                let mut columns = d.columns.value.iter().copied().peekable();
                let mut first = true;
                while let Some(column) = columns.next() {
                    let from = (plate, Well::new(row, column));
                    let next = columns.peek().map(|c| (plate, Well::new(row, *c)));
                    let Some(to) = next.or(discard) else { continue };
                    if first || d.handling.tips.value == Tips::New {
                        pen.fresh();
                    }
                    first = false;
                    if next.is_some() {
                        pen.transfer(from, to, d.volume.value, true, &d.volume.span);
                    } else {
                        let volume = pen.stroke(d.volume.value);
                        let place = &d.volume.span;
                        pen.draw(from, volume, place);
                        pen.air(from, place);
                        let (air, above) = (pen.gap(), crate::plan::Height::FromTop(super::ABOVE_RIM));
                        let mut op =
                            Op::new(Stroke::Put { contact: false }, to.0, to.1, volume, above, place);
                        op.air = air;
                        pen.write(op);
                    }
                }
            }
            pen.drop();
            visits.push(Visit {
                source: None,
                target: Some(plate),
                uses: pen.take(),
                sets: None,
            });
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }

    pub(super) fn mix(&self, m: &MixWells) -> Option<Lowered> {
        let mut pen = Pen::new(self.scene, self.vessels, &m.handling)?;
        let mut visits = Vec::new();
        for plate in self.members(&m.each.value) {
            for head in heads(self.labware(plate)?, pen.pipette.channels, &m.wells) {
                pen.fresh();
                let what = Stroke::Mix {
                    times: m.mix.times,
                    optional: false,
                };
                let volume = &m.mix.volume;
                pen.write(Op::new(
                    what,
                    plate,
                    head,
                    volume.value,
                    super::low(),
                    &volume.span,
                ));
            }
            pen.drop();
            visits.push(Visit {
                source: None,
                target: Some(plate),
                uses: pen.take(),
                sets: None,
            });
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }
}
