//! Plunger strokes: what a tip draws in and where what it expels goes.

use super::{
    gantry::Mount,
    site::Site,
    state::World,
    tips::{Segment, Tip},
    well::Origin,
};
use crate::{ledger::Event, num, text::LabwareKind};

/// A tip holds this much more than its working volume before liquid reaches the nozzle: room for the
/// overshoot that takes up the plunger's backlash.
const TIP_RESERVE: f64 = 1.1;
/// Within this distance in mm of the surface a dispensed drop joins tip and liquid.
const DROP_LENGTH: f64 = 1.0;
/// Liquid may fall this far in mm from above the rim into a well.
const FREE_FALL: f64 = 20.0;
/// An upward stroke of at most this many micrometres above the bottom, in the air of a well is the plunger finding its place
/// after a blow-out, overshoot against backlash included; the least volumes take more than twice as much.
const SETTLING_STROKE: i64 = 500;

/// Where the end of a tip is, in mm.
#[derive(Clone, Copy)]
struct End {
    x: f64,
    y: f64,
    low: f64,
}

impl World {
    /// A plunger moved.
    pub(crate) fn stroke(&mut self, handler: &str, mount: Mount, from_um: i64, to_um: i64, now: u64) {
        let Some((plunger, model, channels, at)) = self.gantries.get(handler).and_then(|gantry| {
            let spec = gantry.spec.mounts.get(&mount)?;
            Some((spec.plunger, spec.model.clone(), spec.channels, gantry.at))
        }) else {
            return;
        };
        let change = plunger.volume_nl(to_um) - plunger.volume_nl(from_um);
        let ends = self.channels(handler, mount, &at);
        let mut tips = self.take_tips(handler, mount);
        let first = ends
            .iter()
            .zip(&tips)
            .find(|(_, tip)| tip.is_some())
            .map(|((x, y, low), _)| (self.site(*x, *y), *low));
        let (site, low) = first.unwrap_or((None, f64::INFINITY));
        let wet = site
            .as_ref()
            .is_some_and(|site| low < site.surface_mm && site.volume_nl > 0.0 && site.enters());
        let event = Event::Stroke {
            instrument: handler.to_owned(),
            mount: mount.name().to_owned(),
            model,
            from_um,
            to_um,
            channels,
            tips: tips.iter().flatten().map(|tip| tip.id.clone()).collect(),
            place: site.as_ref().map(|site| site.place.clone()),
            labware: site
                .as_ref()
                .and_then(|site| self.items.get(&site.item))
                .map(|item| item.labware.clone()),
            plate: site.as_ref().map(|site| site.item.clone()),
            well: site.as_ref().map(|site| site.well_name.clone()),
            immersed: wet,
        };
        self.record(now, event);
        for ((x, y, low), tip) in ends.into_iter().zip(tips.iter_mut()) {
            let Some(tip) = tip else { continue };
            let end = End { x, y, low };
            if let Some(site) = self.site(x, y) {
                self.touch_well(&site.item, site.well, now);
            }
            if change > 0.0 {
                self.draw(
                    handler,
                    end,
                    tip,
                    (change, plunger.working_um(from_um, to_um)),
                    now,
                );
            } else if change < 0.0 {
                self.expel(handler, end, tip, -change, now);
            }
        }
        if to_um <= num::round_i64(plunger.drop_tip * 1000.0) {
            let bare = vec![None; tips.len()];
            // The ends are looked up while the tips still count as mounted.
            self.put_tips(handler, mount, tips.clone());
            self.eject(handler, mount, std::mem::replace(&mut tips, bare), now);
        }
        self.put_tips(handler, mount, tips);
    }

    fn draw(&mut self, handler: &str, end: End, tip: &mut Tip, (volume_nl, travel_um): (f64, i64), now: u64) {
        let site = self.site(end.x, end.y);
        let inside = site.as_ref().filter(|site| {
            matches!(
                site.kind,
                LabwareKind::Plate | LabwareKind::Reservoir | LabwareKind::TubeRack
            ) && end.low < site.top_mm
                && site.enters()
                && !site.lidded
        });
        let Some(site) = inside.cloned() else {
            let over = site.as_ref().is_some_and(|site| site.over_opening);
            if tip.liquid_nl() > 0.0 && !over {
                let place = site.map_or_else(|| "deck".to_owned(), |site| site.place);
                self.violate(
                    now,
                    handler,
                    &place,
                    format!("tip {} holds liquid and draws air outside any well", tip.id),
                );
            }
            tip.take_air(volume_nl);
            return;
        };
        // Only what stands above the tip's end can be drawn.
        let drawn = volume_nl.min(site.above_nl(end.low));
        if drawn <= 0.0 && travel_um <= SETTLING_STROKE {
            tip.take_air(volume_nl);
            return;
        }
        if drawn > 0.0 {
            self.contact(handler, &site, tip, now);
            let origin = Origin {
                item: site.item.clone(),
                well: site.well,
            };
            if let Some(well) = self
                .items
                .get_mut(&site.item)
                .and_then(|item| item.wells.get_mut(site.well))
            {
                let portion = well.draw(now, drawn, origin);
                let left = well.volume_nl;
                tip.held.push(Segment::Liquid(portion));
                let dead = self
                    .items
                    .get(&site.item)
                    .and_then(|item| self.definition(item))
                    .map_or(0.0, |labware| labware.dead_volume.0);
                if left < dead - 0.5 {
                    let text = format!(
                        "{} of {} drawn below its dead volume: {left:.0} nL left",
                        site.well_name, site.item
                    );
                    self.violate(now, handler, &site.place, text);
                }
            }
        }
        let missing = volume_nl - drawn;
        if missing > 0.5 {
            tip.take_air(missing);
            let text = format!(
                "aspirates air: {} of {} had {drawn:.0} of {volume_nl:.0} nL at the tip's end",
                site.well_name, site.item
            );
            self.violate(now, handler, &site.place, text);
        }
        if tip.liquid_nl() > tip.capacity_nl * TIP_RESERVE {
            let text = format!(
                "tip {} overfilled: {:.0} nL reach the nozzle",
                tip.id,
                tip.liquid_nl()
            );
            self.violate(now, handler, &site.place, text);
        }
    }

    fn expel(&mut self, handler: &str, end: End, tip: &mut Tip, volume_nl: f64, now: u64) {
        let portions = tip.expel(volume_nl);
        let total: f64 = portions.iter().map(|portion| portion.volume_nl).sum();
        if total <= 0.0 {
            return;
        }
        let site = self.site(end.x, end.y);
        let goes_in = |site: &Site| {
            let reached = if end.low < site.top_mm {
                site.enters()
            } else {
                site.over_opening && end.low < site.top_mm + FREE_FALL
            };
            match site.kind {
                LabwareKind::Waste => site.over_opening,
                LabwareKind::Plate
                | LabwareKind::AgarPlate
                | LabwareKind::Reservoir
                | LabwareKind::TubeRack => reached && !site.lidded,
                LabwareKind::TipRack | LabwareKind::Adapter => false,
            }
        };
        let Some(site) = site.clone().filter(goes_in) else {
            let place = site.map_or_else(|| "deck".to_owned(), |site| site.place);
            self.violate(
                now,
                handler,
                &place,
                format!("{total:.0} nL dispensed outside any well by tip {}", tip.id),
            );
            return;
        };
        if site.kind == LabwareKind::Waste {
            return;
        }
        let risen = site.risen_mm(total);
        let touches = (site.volume_nl > 0.0 && end.low <= site.surface_mm + DROP_LENGTH) || end.low < risen;
        if touches {
            self.contact(handler, &site, tip, now);
        }
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        let Some(mut item) = self.items.remove(&site.item) else {
            return;
        };
        let growth = self.growth();
        let mut after = 0.0;
        if let Some(well) = item.wells.get_mut(site.well) {
            for portion in portions {
                well.add(now, portion, &here, &growth);
            }
            after = well.volume_nl;
            if touches {
                tip.touched.extend(well.strains().cloned());
            }
        }
        let capacity = self.definition(&item).map_or(0.0, |labware| labware.capacity.0);
        self.items.insert(site.item.clone(), item);
        if after > capacity + 0.5 {
            let text = format!(
                "{} of {} overfilled: {after:.0} nL in {capacity:.0}",
                site.well_name, site.item
            );
            self.violate(now, handler, &site.place, text);
        }
    }
}
