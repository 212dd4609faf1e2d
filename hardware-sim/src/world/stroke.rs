//! Plunger strokes: what a tip draws in and where what it expels goes.

use super::{agar::DEEPEST_SPOT, biology::Growth, plunger::Plunger};
use super::{
    gantry::Mount,
    site::Site,
    state::World,
    tips::{Segment, Tip},
    well::Origin,
};
use crate::{fault::Trouble, hazard::Hazard, ledger::Event, num, rng::Stream, text::LabwareKind};
use std::collections::BTreeSet;

/// A tip at rest may hold this much more than its working volume: what a plunger's steps leave open.
const TIP_RESERVE: f64 = 1.001;
/// A tip's end that is less than this below the top, in mm, is at the top.
const LEVEL: f64 = 0.01;
/// A stroke may push out this much more than a tip holds, in nanolitres: rounding.
const NOTHING: f64 = 1.0;
/// Within this distance in mm of the surface a dispensed drop joins tip and liquid.
const DROP_LENGTH: f64 = 1.0;
/// Liquid may fall this far in mm from above the rim into a well.
const FREE_FALL: f64 = 20.0;
/// An upward stroke of at most this many micrometres above the bottom, in the air of a well is the plunger finding its place
/// after a blow-out, overshoot against backlash included; the least volumes take more than twice as much.
const SETTLING_STROKE: i64 = 500;

/// Where the end of a tip is, in mm, and whose it is.
#[derive(Clone, Copy)]
struct End {
    mount: Mount,
    x: f64,
    y: f64,
    low: f64,
}

/// One plunger move.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    from_um: i64,
    to_um: i64,
    /// What is drawn, or with a minus sign pushed, in nanolitres.
    change_nl: f64,
    blows_out: bool,
    /// Whether it is more than the plunger finding its place.
    draws: bool,
    /// How far one channel may be off, in nanolitres, as a standard deviation.
    deviation_nl: f64,
    /// Whether the plunger comes to where nothing is held.
    empties: bool,
}

impl Move {
    fn of(plunger: &Plunger, from_um: i64, to_um: i64) -> Self {
        let change_nl = plunger.volume_nl(to_um) - plunger.volume_nl(from_um);
        Self {
            from_um,
            to_um,
            change_nl,
            blows_out: plunger.blows_out(from_um, to_um),
            draws: change_nl > 0.0 && plunger.working_um(from_um, to_um) > SETTLING_STROKE,
            deviation_nl: 0.0,
            empties: plunger.volume_nl(to_um) <= 0.0,
        }
    }
    /// The same by a pipette whose strokes scatter by this share (ISO 8655-6). What an overshoot against backlash draws and
    /// gives back is no part of the stroke.
    fn scattering(mut self, plunger: &Plunger, share: f64) -> Self {
        let stroke_nl = if self.change_nl > 0.0 {
            (self.change_nl - plunger.overshoot_nl(self.to_um)).max(0.0)
        } else if Plunger::takes_back(self.from_um, self.to_um) {
            0.0
        } else {
            -self.change_nl
        };
        self.deviation_nl = stroke_nl * share;
        self
    }
    /// The same, as one channel truly does it: off by so many standard deviations. What empties a channel pushes out what
    /// it has drawn, however much that was.
    fn off(mut self, deviations: f64, held_nl: f64) -> Self {
        if self.deviation_nl <= 0.0 {
            return self;
        }
        let off = self.deviation_nl * deviations;
        self.change_nl = if self.change_nl > 0.0 {
            (self.change_nl + off).max(0.0)
        } else if self.empties {
            -held_nl
        } else {
            (self.change_nl - off).clamp(-held_nl, 0.0)
        };
        self
    }
    /// The same by a channel that delivers more than it should by a share of it. What empties it pushes out what it has drawn.
    fn by_more(mut self, share: f64, held_nl: f64) -> Self {
        if share == 0.0 {
            return self;
        }
        self.change_nl = if self.change_nl < 0.0 && self.empties {
            -held_nl
        } else {
            (self.change_nl * (1.0 + share)).max(-held_nl)
        };
        self
    }
    /// Of a syringe pump at the other end of a tubing.
    pub(crate) fn pumped(change_nl: f64) -> Self {
        Self {
            from_um: 0,
            to_um: 0,
            change_nl,
            blows_out: false,
            draws: change_nl > 0.0,
            deviation_nl: 0.0,
            empties: false,
        }
    }
    fn change_nl(self) -> f64 {
        self.change_nl
    }
    fn blows_out(self) -> bool {
        self.blows_out
    }
    fn draws(self) -> bool {
        self.draws
    }
}

impl World {
    /// A plunger moved.
    pub(crate) fn stroke(&mut self, handler: &str, mount: Mount, from_um: i64, to_um: i64, now: u64) {
        let Some((step, plunger, (model, off), channels, at)) =
            self.gantries.get(handler).and_then(|gantry| {
                let spec = gantry.spec.mounts.get(&mount)?;
                let plunger = spec.plunger.clone()?;
                let step = Move::of(&plunger, from_um, to_um);
                let step = match self.scatter {
                    Some(_) => step.scattering(&plunger, spec.random_error),
                    None => step,
                };
                Some((
                    step,
                    plunger,
                    (spec.model.clone(), spec.off.clone()),
                    spec.channels,
                    gantry.at,
                ))
            })
        else {
            return;
        };
        let change = step.change_nl();
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
        self.record_air(handler, mount, step, (site.as_ref(), low), &tips, now);
        let works = change != 0.0 && tips.iter().any(Option::is_some);
        let clogged = works && self.troubles.strikes(handler, Trouble::Clogged);
        let short = works && change > 0.0 && self.troubles.strikes(handler, Trouble::Short);
        for (channel, ((x, y, low), tip)) in ends.into_iter().zip(tips.iter_mut()).enumerate() {
            let Some(tip) = tip else { continue };
            if short {
                tip.take_air(change);
            }
            if short || clogged {
                continue;
            }
            let end = End { mount, x, y, low };
            if let Some(site) = self.site(x, y) {
                self.touch_well(&site.item, site.well, now);
            }
            let deviations = self.scatter.as_mut().map_or(0.0, Stream::normal);
            let more = off.get(channel).copied().unwrap_or(0.0);
            let step = step.off(deviations, tip.held_nl()).by_more(more, tip.held_nl());
            if change > 0.0 {
                self.draw(handler, end, tip, step, now);
            } else if change < 0.0 || step.blows_out() {
                self.expel(handler, end, tip, step, now);
            }
            let most = tip.capacity_nl * TIP_RESERVE + plunger.overshoot_nl(to_um);
            self.judge_fill(handler, tip, most, now);
        }
        if to_um <= num::round_i64(plunger.drop_tip * 1000.0) {
            let bare = vec![None; tips.len()];
            // The ends are looked up while the tips still count as mounted.
            self.put_tips(handler, mount, tips.clone());
            self.eject(handler, mount, std::mem::replace(&mut tips, bare), now);
        }
        self.put_tips(handler, mount, tips);
    }

    /// Writes an air gap or a blow-out down.
    fn record_air(
        &mut self,
        handler: &str,
        mount: Mount,
        step: Move,
        (site, low): (Option<&Site>, f64),
        tips: &[Option<Tip>],
        now: u64,
    ) {
        let ids: Vec<String> = tips.iter().flatten().map(|tip| tip.id.clone()).collect();
        if ids.is_empty() {
            return;
        }
        let (instrument, mount) = (handler.to_owned(), mount.name().to_owned());
        let Move { from_um, to_um, .. } = step;
        if step.blows_out() {
            let event = Event::BlowOut {
                instrument,
                mount,
                from_um,
                to_um,
                place: site.map(|site| site.place.clone()),
                plate: site.map(|site| site.item.clone()),
                well: site.map(|site| site.well_name.clone()),
                tips: ids,
            };
            self.record(now, event);
        } else if let Some(site) = site
            && step.draws()
            && site.over_opening
            && low >= site.top_mm - LEVEL
            && site.kind.wet()
        {
            let event = Event::AirGap {
                instrument,
                mount,
                from_um,
                to_um,
                place: site.place.clone(),
                plate: site.item.clone(),
                well: site.well_name.clone(),
                tips: ids,
            };
            self.record(now, event);
        }
    }

    /// A tip must not hold more than this; said once, until it holds less.
    fn judge_fill(&mut self, handler: &str, tip: &mut Tip, most_nl: f64, now: u64) {
        // Air alone reaches the nozzle and does no harm.
        let over = tip.liquid_nl() > 0.0 && tip.held_nl() > most_nl;
        if over && !tip.overfull {
            let text = format!(
                "tip {} overfilled: {:.0} nL, air included, in {:.0}",
                tip.id,
                tip.held_nl(),
                tip.capacity_nl
            );
            self.violate(now, handler, "deck", Hazard::TipOverfilled, text);
        }
        tip.overfull =
            tip.liquid_nl() > 0.0 && tip.held_nl() > tip.capacity_nl * TIP_RESERVE && (over || tip.overfull);
    }

    /// Tips set out with what they hold.
    pub(crate) fn judge_fills(&mut self, handler: &str, mount: Mount, now: u64) {
        let mut tips = self.take_tips(handler, mount);
        for tip in tips.iter_mut().flatten() {
            let most = tip.capacity_nl * TIP_RESERVE;
            self.judge_fill(handler, tip, most, now);
        }
        self.put_tips(handler, mount, tips);
    }

    /// A pump draws at the end of a probe.
    pub(crate) fn draw_at(
        &mut self,
        handler: &str,
        mount: Mount,
        (x, y, low): (f64, f64, f64),
        tip: &mut Tip,
        step: Move,
        now: u64,
    ) {
        let end = End { mount, x, y, low };
        self.draw(handler, end, tip, step, now);
    }

    /// A pump pushes liquid out of the end of a probe.
    pub(crate) fn expel_at(
        &mut self,
        handler: &str,
        mount: Mount,
        (x, y, low): (f64, f64, f64),
        tip: &mut Tip,
        step: Move,
        now: u64,
    ) {
        let end = End { mount, x, y, low };
        self.expel(handler, end, tip, step, now);
    }

    fn draw(&mut self, handler: &str, end: End, tip: &mut Tip, step: Move, now: u64) {
        let volume_nl = step.change_nl();
        self.judge_pending(handler, tip, now);
        let site = self.site(end.x, end.y);
        if let Some(site) = site.as_ref().filter(|site| {
            site.kind == LabwareKind::AgarPlate && end.low < site.top_mm - LEVEL && step.draws()
        }) {
            let text = format!("tip {} draws from the agar of {}", tip.id, site.item);
            let place = site.place.clone();
            self.violate(now, handler, &place, Hazard::AspiratesFromAgar, text);
            tip.take_air(volume_nl);
            return;
        }
        let inside = site.as_ref().filter(|site| {
            site.kind.wet()
                && site.kind != LabwareKind::AgarPlate
                && end.low < site.top_mm - LEVEL
                && site.over_opening
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
                    Hazard::AirOutsideWell,
                    format!("tip {} holds liquid and draws air outside any well", tip.id),
                );
            }
            tip.take_air(volume_nl);
            return;
        };
        // Only what stands above the tip's end can be drawn.
        let drawn = volume_nl.min(site.above_nl(end.low));
        if drawn <= 0.0 && !step.draws() {
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
                    self.violate(now, handler, &site.place, Hazard::BelowDeadVolume, text);
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
            self.violate(now, handler, &site.place, Hazard::AspiratesAir, text);
        }
    }

    fn expel(&mut self, handler: &str, end: End, tip: &mut Tip, step: Move, now: u64) {
        let site = self.site(end.x, end.y);
        let held = tip.held_nl();
        let volume_nl = if step.blows_out() { held } else { -step.change_nl() };
        if let Some(site) = site.as_ref().filter(|site| {
            site.kind.wet()
                && end.low < site.top_mm - LEVEL
                && site.over_opening
                && volume_nl > held + NOTHING
        }) {
            let text = format!(
                "tip {} holds {held:.0} nL and {volume_nl:.0} are pushed out of it into {} of {}",
                tip.id, site.well_name, site.item
            );
            let place = site.place.clone();
            self.violate(now, handler, &place, Hazard::PushesMoreThanHeld, text);
        }
        let portions = tip.expel(volume_nl);
        let total: f64 = portions.iter().map(|portion| portion.volume_nl).sum();
        if total <= 0.0 {
            return;
        }
        let goes_in = |site: &Site| {
            let reached = if end.low < site.top_mm {
                site.over_opening
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
        let under = site
            .as_ref()
            .filter(|site| !goes_in(site))
            .map(|site| site.place.clone());
        let Some(site) = site.filter(goes_in) else {
            let place = under.unwrap_or_else(|| "deck".to_owned());
            self.violate(
                now,
                handler,
                &place,
                Hazard::DispensedOutside,
                format!("{total:.0} nL dispensed outside any well by tip {}", tip.id),
            );
            return;
        };
        if site.kind == LabwareKind::Waste {
            return;
        }
        if site.kind == LabwareKind::AgarPlate {
            self.onto_agar(handler, end, &site, tip, (portions, step), now);
            return;
        }
        let risen = site.risen_mm(total);
        let touches = (site.volume_nl > 0.0 && end.low <= site.surface_mm + DROP_LENGTH) || end.low < risen;
        if touches {
            self.contact(handler, &site, tip, now);
            self.leave_cells(handler, end.mount, &site, tip, end.low, now);
        }
        let dispensed: BTreeSet<_> = portions.iter().flat_map(|portion| portion.tags()).collect();
        let origins = portions
            .iter()
            .filter_map(|portion| portion.origin.clone())
            .collect();
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        let growth = Growth {
            biology: &self.rig.simulation.biology,
            planted: self.planted.as_ref().unwrap_or(&self.nobody),
        };
        let Some(item) = self.items.get_mut(&site.item) else {
            return;
        };
        let mut after = 0.0;
        if let Some(well) = item.wells.get_mut(site.well) {
            for portion in portions {
                well.add(now, portion, &here, &growth);
            }
            after = well.volume_nl;
            if touches {
                tip.film.extend(well.tags());
                tip.rinsed_nl = [0.0; 2];
            }
        }
        let capacity = item.definition.capacity.0;
        self.meant(handler, tip, &here, (&dispensed, origins), now);
        if after > capacity + 0.5 {
            let text = format!(
                "{} of {} overfilled: {after:.0} nL in {capacity:.0}",
                site.well_name, site.item
            );
            self.violate(now, handler, &site.place, Hazard::WellOverfilled, text);
        }
    }

    /// Liquid comes out over agar or with the tip's end in it.
    fn onto_agar(
        &mut self,
        handler: &str,
        end: End,
        site: &Site,
        tip: &mut Tip,
        (portions, step): (Vec<super::well::Portion>, Move),
        now: u64,
    ) {
        let depth = site.surface_mm - end.low;
        if depth > DEEPEST_SPOT {
            let text = format!(
                "tip {} dispenses {depth:.1} mm deep in the agar of {}",
                tip.id, site.item
            );
            self.violate(now, handler, &site.place, Hazard::TipIntoAgar, text);
        }
        let event = Event::Spot {
            instrument: handler.to_owned(),
            mount: end.mount.name().to_owned(),
            place: site.place.clone(),
            plate: site.item.clone(),
            well: site.well_name.clone(),
            tip: tip.id.clone(),
            from_um: step.from_um,
            to_um: step.to_um,
            x_um: num::round_i64(site.x_mm * 1000.0),
            y_um: num::round_i64(site.y_mm * 1000.0),
        };
        self.record(now, event);
        let origins = portions
            .iter()
            .filter_map(|portion| portion.origin.clone())
            .collect();
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        self.meant(handler, tip, &here, (&BTreeSet::new(), origins), now);
        let touches = -depth <= DROP_LENGTH;
        self.spot(handler, site, tip, (portions, touches), now);
    }
}
