//! Pins: what sticks to them, what they give off, and what sterilises them. Knows no G-code.
//!
//! A pin is a tip that is never taken off and draws nothing. Out of every liquid it carries the same little; into the next
//! it gives that off. It comes clean when it has stood in every bath of its station in their order, long enough and as deep
//! as it was wet, in baths that are not spent, and then has hung in the air until the last bath is off it.

use super::{
    agar::{DEEPEST_DIP, FILM},
    contact::Tag,
    gantry::Mount,
    site::Site,
    state::World,
    tips::{Segment, Tip},
    well::{Origin, Portion},
};
use crate::{
    hazard::Hazard,
    ledger::Event,
    num,
    rng::Stream,
    text::{LabwareKind, PinTool},
};
use std::collections::{BTreeMap, BTreeSet};

/// What is on pins before anybody sterilised them.
const UNKNOWN: &str = "what was on the pins before";
/// A pin that touched agar is wet so far up, in mm.
const ON_AGAR: f64 = 1.0;
/// Share of the cells in a well that what a pin brings of a bath kills.
const KILLED: f64 = 0.5;

/// What makes a tip a pin.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    carry_nl: f64,
    error: f64,
    noise: Stream,
    station: String,
    /// Baths by the name of their well, with the least time in each.
    baths: Vec<(String, u64)>,
    dry_us: u64,
    /// Entries of single pins into the first bath that it stands.
    entries: u64,
    /// How far up it is wet, in mm.
    wet_mm: f64,
    /// The bath that it stands in.
    stay: Option<Stay>,
    /// Baths that it has gone through, in order.
    passed: usize,
    /// When it left the last one.
    out_us: u64,
}

#[derive(Clone, Debug)]
struct Stay {
    place: String,
    well: String,
    since_us: u64,
    deep_mm: f64,
    spent: bool,
}

/// The pins of a tool, from channel 1 on.
pub(crate) fn pins(name: &str, tool: &PinTool, seed: u64) -> Result<Vec<Tip>, String> {
    let error = match &tool.random_error {
        None => 0.0,
        Some(text) => text
            .strip_suffix('%')
            .and_then(|t| t.trim().parse::<f64>().ok())
            .map(|percent| percent / 100.0)
            .ok_or("`random_error` is a share, as \"8 %\"")?,
    };
    let baths: Vec<(String, u64)> = tool
        .baths
        .iter()
        .map(|bath| (bath.well.clone(), bath.dwell.micros()))
        .collect();
    let one = |number: usize| {
        let id = format!("{name}/{}", number + 1);
        Tip {
            below_mm: tool.length.0,
            capacity_nl: f64::INFINITY,
            film: BTreeSet::from([Tag::Strain(UNKNOWN.to_owned())]),
            pending: None,
            carried: BTreeMap::new(),
            overfull: false,
            held: Vec::new(),
            rinsed_nl: [0.0; 2],
            pin: Some(Pin {
                carry_nl: tool.carries.0,
                error,
                noise: Stream::new(seed, &id),
                station: tool.station.clone(),
                baths: baths.clone(),
                dry_us: tool.dry.micros(),
                entries: u64::from(tool.uses).saturating_mul(u64::try_from(tool.pins).unwrap_or(1)),
                wet_mm: 0.0,
                stay: None,
                passed: 0,
                out_us: 0,
            }),
            id,
        }
    };
    Ok((0..tool.pins).map(one).collect())
}

fn names(tags: &BTreeSet<Tag>) -> Vec<String> {
    tags.iter().map(Tag::to_string).collect()
}

impl World {
    /// A pin's end came below the top of something that holds liquid or agar.
    pub(super) fn pin_enters(
        &mut self,
        handler: &str,
        mount: Mount,
        (site, low): (&Site, f64),
        tip: &mut Tip,
        now: u64,
    ) {
        let station = tip
            .pin
            .as_ref()
            .map(|pin| pin.station.clone())
            .unwrap_or_default();
        if site.place == station {
            self.enter_bath(site, low, tip, now);
            return;
        }
        self.leaves_baths(handler, site, tip, now);
        if site.kind == LabwareKind::AgarPlate {
            self.onto_agar_by_pin(handler, mount, (site, low), tip, now);
            return;
        }
        if low >= site.surface_mm || site.volume_nl <= 0.0 {
            return;
        }
        let gave = names(&tip.held_tags());
        // What was taken from a well may be meant for this one; what comes out of a bath never is.
        let bath = |segment: &Segment| match segment {
            Segment::Liquid(portion) => portion.origin.as_ref().is_some_and(|o| o.item == station),
            Segment::Air(_) => false,
        };
        if tip.held.iter().any(bath) {
            let held = std::mem::take(&mut tip.held);
            self.contact(handler, site, tip, now);
            tip.held = held;
        } else {
            self.contact(handler, site, tip, now);
        }
        self.leave_cells(handler, mount, site, tip, low, now);
        let (given, origins) = self.exchange(site, tip, now);
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        self.meant(handler, tip, &here, (&given, origins), now);
        if let Some(pin) = &mut tip.pin {
            pin.wet_mm = pin.wet_mm.max(site.surface_mm - low);
        }
        let took = names(&tip.held_tags());
        self.record_pin(handler, mount, (site, low), tip, (gave, took), now);
    }

    /// What is on the pin goes into the well, and as much of the well's liquid sticks to it.
    fn exchange(&mut self, site: &Site, tip: &mut Tip, now: u64) -> (BTreeSet<Tag>, Vec<Origin>) {
        let portions = tip.expel(f64::INFINITY);
        let given: BTreeSet<Tag> = portions.iter().flat_map(Portion::tags).collect();
        let origins = portions
            .iter()
            .filter_map(|portion| portion.origin.clone())
            .collect();
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        let Some(mut item) = self.items.remove(&site.item) else {
            return (given, origins);
        };
        let growth = self.growth();
        if let (Some(well), Some(pin)) = (item.wells.get_mut(site.well), &mut tip.pin) {
            for portion in portions {
                well.add(now, portion, &here, &growth);
            }
            tip.film.extend(well.tags());
            let carry = pin.carry_nl * (1.0 + pin.error * pin.noise.normal()).max(0.0);
            tip.held = vec![Segment::Liquid(well.draw(now, carry, here.clone()))];
        }
        self.items.insert(site.item.clone(), item);
        (given, origins)
    }

    fn onto_agar_by_pin(
        &mut self,
        handler: &str,
        mount: Mount,
        (site, low): (&Site, f64),
        tip: &mut Tip,
        now: u64,
    ) {
        let depth = site.surface_mm - low;
        if let Some(pin) = tip.pin.as_mut().filter(|_| depth >= -FILM) {
            pin.wet_mm = pin.wet_mm.max(ON_AGAR).max(depth);
        }
        if tip.held.is_empty() || depth < -FILM {
            self.dip(handler, mount, site, tip, low, now);
            return;
        }
        if depth > DEEPEST_DIP {
            let text = format!("pin driven {depth:.1} mm into the agar of {}", site.item);
            self.violate(now, handler, &site.place, Hazard::TipIntoAgar, text);
        }
        let gave = names(&tip.held_tags());
        let portions = tip.expel(f64::INFINITY);
        let origins: Vec<Origin> = portions
            .iter()
            .filter_map(|portion| portion.origin.clone())
            .collect();
        let given = portions.iter().flat_map(Portion::tags).collect();
        self.spot(handler, site, tip, (portions, true), now);
        let here = Origin {
            item: site.item.clone(),
            well: site.well,
        };
        self.meant(handler, tip, &here, (&given, origins), now);
        self.record_pin(handler, mount, (site, low), tip, (gave, Vec::new()), now);
    }

    fn record_pin(
        &mut self,
        handler: &str,
        mount: Mount,
        (site, low): (&Site, f64),
        tip: &Tip,
        (gave, took): (Vec<String>, Vec<String>),
        now: u64,
    ) {
        let event = Event::Pin {
            instrument: handler.to_owned(),
            mount: mount.name().to_owned(),
            place: site.place.clone(),
            plate: site.item.clone(),
            well: site.well_name.clone(),
            pin: tip.id.clone(),
            x_um: num::round_i64(site.x_mm * 1000.0),
            y_um: num::round_i64(site.y_mm * 1000.0),
            depth_um: num::round_i64((site.surface_mm - low) * 1000.0),
            gave,
            took,
        };
        self.record(now, event);
    }

    fn enter_bath(&mut self, site: &Site, low: f64, tip: &mut Tip, now: u64) {
        let Some(pin) = &mut tip.pin else { return };
        if low >= site.surface_mm || site.volume_nl <= 0.0 {
            return;
        }
        if pin.passed == pin.baths.len() {
            // Clean already, and dry if it hung long enough: the last bath is off it then.
            if now.saturating_sub(pin.out_us) >= pin.dry_us {
                tip.held.clear();
            }
            // Once more into the last bath takes nothing of that away; into another begins anew.
            if pin.baths.last().is_none_or(|(well, _)| *well != site.well_name) {
                pin.passed = 0;
            }
            pin.wet_mm = 0.0;
            tip.film.clear();
            tip.carried.clear();
        }
        let entered = self.baths.entry(site.place.clone()).or_insert(0);
        if pin.baths.first().is_some_and(|(well, _)| *well == site.well_name) {
            *entered = entered.saturating_add(1);
        }
        pin.stay = Some(Stay {
            place: site.place.clone(),
            well: site.well_name.clone(),
            since_us: now,
            deep_mm: site.surface_mm - low,
            spent: *entered > pin.entries,
        });
        // What is on the pin is the bath's from now on, and of the bath as much sticks to it.
        let film = tip.film.clone();
        self.exchange(site, tip, now);
        tip.film = film;
    }

    /// A mount rose or went sideways: pins that stood in baths have left them.
    pub(super) fn pins_rise(&mut self, handler: &str, mount: Mount, now: u64) {
        let mut tips = self.take_tips(handler, mount);
        for tip in tips.iter_mut().flatten() {
            let Some(pin) = &mut tip.pin else { continue };
            let Some(stay) = pin.stay.take() else { continue };
            let stayed = now.saturating_sub(stay.since_us);
            let there = |n: usize| {
                let bath = pin.baths.get(n);
                bath.is_some_and(|(well, dwell)| *well == stay.well && stayed >= *dwell)
            };
            // The next bath brings a pin on; the one that it was in last takes nothing away; the first begins anew.
            let reached = if stay.spent || stay.deep_mm < pin.wet_mm {
                None
            } else if there(pin.passed) {
                Some(pin.passed + 1)
            } else if pin.passed.checked_sub(1).is_some_and(there) {
                Some(pin.passed)
            } else {
                there(0).then_some(1)
            };
            let works = reached.is_some();
            pin.passed = reached.unwrap_or(0);
            if works && pin.passed == pin.baths.len() {
                pin.out_us = now;
            }
            let event = Event::Bath {
                instrument: handler.to_owned(),
                place: stay.place,
                well: stay.well,
                pin: tip.id.clone(),
                deep_um: num::round_i64(stay.deep_mm * 1000.0),
                stayed_us: stayed,
                works,
            };
            self.record(now, event);
        }
        self.put_tips(handler, mount, tips);
    }

    /// A pin comes to something else than a bath: what the baths did to it shows.
    fn leaves_baths(&mut self, handler: &str, site: &Site, tip: &mut Tip, now: u64) {
        let Some(pin) = &mut tip.pin else { return };
        let whole = pin.passed == pin.baths.len();
        let passed = std::mem::take(&mut pin.passed);
        if passed == 0 {
            return;
        }
        if !whole {
            return;
        }
        let hung = now.saturating_sub(pin.out_us);
        let dry = hung >= pin.dry_us;
        pin.wet_mm = 0.0;
        tip.film.clear();
        tip.carried.clear();
        if dry {
            tip.held.clear();
            let event = Event::Sterile {
                instrument: handler.to_owned(),
                pin: tip.id.clone(),
                hung_us: hung,
            };
            self.record(now, event);
            return;
        }
        tip.film.extend(tip.held_tags());
        let text = format!(
            "pin {} brings {} into {} of {}: it hung in the air for {:.1} s",
            tip.id,
            names(&tip.held_tags()).join(", "),
            site.well_name,
            site.item,
            hung as f64 / 1e6
        );
        self.violate(now, handler, &site.place, Hazard::BathOnPin, text);
        if let Some(well) = self
            .items
            .get_mut(&site.item)
            .and_then(|item| item.wells.get_mut(site.well))
        {
            for cells in well.cells.values_mut() {
                cells.amount *= 1.0 - KILLED;
            }
        }
    }
}
