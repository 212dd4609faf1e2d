//! Tips: picking up, entering wells, ejecting; what each tip touched.

use super::{
    biology::Cells,
    contact::{Pending, Tag},
    gantry::Mount,
    pins::Pin,
    site::Site,
    state::World,
    well::Portion,
};
use crate::{fault::Trouble, hazard::Hazard, ledger::Event, text::LabwareKind};
use std::collections::{BTreeMap, BTreeSet};

/// Sideways distance in mm within which a nozzle still takes a tip.
const PICK_UP_TOLERANCE: f64 = 1.0;
/// Height in mm around the seat of a nozzle in a tip within which the tip is taken.
const SEAT_TOLERANCE: f64 = 1.5;
/// Wells that slender nozzles may go into are at least this wide, in mm.
const WIDE: f64 = 7.0;
/// What is less than this below a rim, in mm, is on it.
const LEVEL: f64 = 0.01;

/// What is in a tip, from the nozzle to the end.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    Air(f64),
    Liquid(Portion),
}

/// A tip on a nozzle.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    /// Rack and position, such as `tips-1/A1`.
    pub(crate) id: String,
    /// How far the tip's end is below the nozzle's.
    pub(crate) below_mm: f64,
    /// Working volume.
    pub(crate) capacity_nl: f64,
    /// Liquids and strains that wet it.
    pub(crate) film: BTreeSet<Tag>,
    /// What it brought into a well, unless it is dispensed there.
    pub(crate) pending: Option<Pending>,
    /// Cells that stick to its end.
    pub(crate) carried: BTreeMap<String, Cells>,
    /// Whether it was found to hold too much, until it holds less.
    pub(crate) overfull: bool,
    pub(crate) held: Vec<Segment>,
    /// Of a probe: system liquid that went through it inside, and round it in the cleaner, since it wetted elsewhere.
    pub(crate) rinsed_nl: [f64; 2],
    /// Of a pin.
    pub(crate) pin: Option<Pin>,
}

impl Tip {
    /// Liquid in the tip in nanolitres.
    pub(crate) fn liquid_nl(&self) -> f64 {
        self.held
            .iter()
            .map(|segment| match segment {
                Segment::Air(_) => 0.0,
                Segment::Liquid(portion) => portion.volume_nl,
            })
            .sum()
    }

    /// All that is in it, air included, in nanolitres.
    pub(crate) fn held_nl(&self) -> f64 {
        let air = |segment: &Segment| match segment {
            Segment::Air(air) => *air,
            Segment::Liquid(_) => 0.0,
        };
        self.liquid_nl() + self.held.iter().map(air).sum::<f64>()
    }

    /// What the liquids in it consist of.
    pub(crate) fn held_tags(&self) -> BTreeSet<Tag> {
        self.held
            .iter()
            .filter_map(|segment| match segment {
                Segment::Air(_) => None,
                Segment::Liquid(portion) => Some(portion.tags()),
            })
            .flatten()
            .collect()
    }

    /// Takes up air at its end.
    pub(crate) fn take_air(&mut self, volume_nl: f64) {
        if let Some(Segment::Air(air)) = self.held.last_mut() {
            *air += volume_nl;
        } else if volume_nl > 0.0 {
            self.held.push(Segment::Air(volume_nl));
        }
    }

    /// Expels a volume from its end: the liquid that came out.
    pub(crate) fn expel(&mut self, mut volume_nl: f64) -> Vec<Portion> {
        let mut out = Vec::new();
        while volume_nl > 1e-9 {
            match self.held.pop() {
                None => break,
                Some(Segment::Air(air)) => {
                    if air > volume_nl {
                        self.held.push(Segment::Air(air - volume_nl));
                    }
                    volume_nl -= air;
                }
                Some(Segment::Liquid(mut portion)) => {
                    // What is left below a thousandth of a nanolitre is rounding, and goes along.
                    let taken = if portion.volume_nl - volume_nl < 1e-3 {
                        portion.volume_nl
                    } else {
                        volume_nl
                    };
                    volume_nl -= portion.volume_nl;
                    let part = portion.split(taken);
                    if portion.volume_nl > 0.0 && volume_nl < 0.0 {
                        self.held.push(Segment::Liquid(portion));
                    }
                    out.push(part);
                }
            }
        }
        out
    }
}

impl World {
    /// A mount came down: it presses on tips, or its ends enter what is below.
    pub(crate) fn descended(&mut self, handler: &str, mount: Mount, now: u64) {
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let at = gantry.at;
        let bare = gantry
            .tips
            .get(&mount)
            .is_some_and(|tips| tips.iter().all(Option::is_none));
        let ends = self.channels(handler, mount, &at);
        if bare
            && let Some(site) = ends
                .iter()
                .find_map(|(x, y, _)| self.site(*x, *y).filter(|site| site.kind == LabwareKind::TipRack))
        {
            self.press(handler, mount, &site.item, now);
            return;
        }
        self.judge_body(handler, mount, now);
        let mut tips = self.take_tips(handler, mount);
        for ((x, y, low), tip) in ends.into_iter().zip(tips.iter_mut()) {
            self.enter(handler, mount, (x, y, low), tip.as_mut(), now);
        }
        self.put_tips(handler, mount, tips);
    }

    /// Above the tips come nozzles, which go into wide wells alone, and above these the body, which goes into none.
    fn judge_body(&mut self, handler: &str, mount: Mount, now: u64) {
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let at = gantry.at;
        let slender = gantry.spec.mounts.get(&mount).map_or(0.0, |spec| spec.slender_mm);
        let tips = gantry.tips.get(&mount).into_iter().flatten();
        let mut over = self.channels(handler, mount, &at).into_iter().zip(tips);
        let hit = over.find_map(|((x, y, low), tip)| {
            let site = self.site(x, y).filter(|site| site.kind.wet())?;
            let nozzle = low + tip.as_ref()?.below_mm;
            let lowest = if site.width_mm >= WIDE {
                nozzle + slender
            } else {
                nozzle
            };
            (lowest < site.top_mm - LEVEL).then_some(site)
        });
        if let Some(site) = hit {
            let text = format!(
                "the pipette on the {} mount comes down on the rim of {} of {}",
                mount.name(),
                site.well_name,
                site.item
            );
            self.violate(now, handler, &site.place, Hazard::BodyOnRim, text);
        }
    }

    fn enter(
        &mut self,
        handler: &str,
        mount: Mount,
        (x, y, low): (f64, f64, f64),
        tip: Option<&mut Tip>,
        now: u64,
    ) {
        let Some(site) = self.site(x, y) else {
            if low < 0.0 {
                self.violate(
                    now,
                    handler,
                    "deck",
                    Hazard::RunsIntoDeck,
                    format!("{} mount runs into the deck at {x:.1}, {y:.1}", mount.name()),
                );
            }
            return;
        };
        if low >= site.top_mm {
            return;
        }
        let body = if tip.is_some() { "tip" } else { "bare nozzle" };
        let complaint = match site.kind {
            _ if site.lidded => Some((
                Hazard::RunsIntoLid,
                format!("{body} comes down on the {} of {}", site.cover, site.item),
            )),
            LabwareKind::Waste => (!site.over_opening || low < site.bottom_mm)
                .then(|| (Hazard::RunsIntoWaste, format!("{body} runs into the waste bin"))),
            LabwareKind::TipRack => {
                let full = self
                    .items
                    .get(&site.item)
                    .and_then(|rack| rack.tips.get(site.well))
                    .copied()
                    .unwrap_or(false);
                (full || !site.enters()).then(|| {
                    (
                        Hazard::RunsIntoRack,
                        format!("{body} runs into {} at {}", site.item, site.well_name),
                    )
                })
            }
            LabwareKind::Adapter => Some((Hazard::RunsIntoDeck, format!("{body} runs into {}", site.item))),
            LabwareKind::Plate | LabwareKind::AgarPlate | LabwareKind::Reservoir | LabwareKind::TubeRack => {
                if tip.is_none() {
                    Some((
                        Hazard::BareNozzle,
                        format!("bare nozzle runs into {} at {}", site.item, site.well_name),
                    ))
                } else if !site.enters() {
                    Some((
                        Hazard::MissesWell,
                        format!(
                            "tip misses {} of {}: {:.2} mm off its axis",
                            site.well_name, site.item, site.off_mm
                        ),
                    ))
                } else if low < site.bottom_mm {
                    Some((
                        Hazard::RunsIntoBottom,
                        format!("tip runs into the bottom of {} of {}", site.well_name, site.item),
                    ))
                } else {
                    None
                }
            }
        };
        if let Some((id, text)) = complaint {
            self.violate(now, handler, &site.place, id, text);
        } else if let Some(tip) = tip {
            self.touch_well(&site.item, site.well, now);
            if tip.pin.is_some() {
                if let Some(site) = self.site(x, y) {
                    self.pin_enters(handler, mount, (&site, low), tip, now);
                }
                return;
            }
            if site.kind == LabwareKind::AgarPlate {
                self.dip(handler, mount, &site, tip, low, now);
                return;
            }
            if let Some(site) = self.site(x, y)
                && low < site.surface_mm
                && site.volume_nl > 0.0
            {
                self.contact(handler, &site, tip, now);
                self.leave_cells(handler, mount, &site, tip, low, now);
            }
        }
    }

    /// Bare nozzles pressed onto a rack.
    fn press(&mut self, handler: &str, mount: Mount, rack: &str, now: u64) {
        let Some((place, stem, seat, overlap, length, capacity)) = self.items.get(rack).and_then(|item| {
            let labware = self.labware.get(&item.labware)?;
            let tip = labware.tip?;
            let [_, _, deck_z] = self.rig.simulation.deck;
            let [_, _, nest_z] = self.rig.nests.get(&item.place)?.position?;
            let seat = nest_z.0 + deck_z.0 + labware.height.0 - tip.overlap.0;
            Some((
                item.place.clone(),
                item.labware.clone(),
                seat,
                tip.overlap.0,
                tip.length.0,
                labware.capacity.0,
            ))
        }) else {
            return;
        };
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let at = gantry.at;
        let fits = gantry
            .spec
            .mounts
            .get(&mount)
            .is_some_and(|spec| spec.tip_racks.contains(&stem));
        let nozzles = self.channels(handler, mount, &at);
        let height = nozzles.first().map_or(f64::INFINITY, |(_, _, low)| *low);
        if height > seat + SEAT_TOLERANCE {
            return;
        }
        if height < seat - SEAT_TOLERANCE {
            let text = format!(
                "{} mount is driven {:.1} mm too deep into {rack}",
                mount.name(),
                seat - height
            );
            self.violate(now, handler, &place, Hazard::RackTooDeep, text);
            return;
        }
        if !fits {
            self.violate(
                now,
                handler,
                &place,
                Hazard::WrongTips,
                format!("the {} pipette does not take tips of {stem}", mount.name()),
            );
            return;
        }
        if self.troubles.strikes(handler, Trouble::NoTip) {
            return;
        }
        let mut tips = self.take_tips(handler, mount);
        let mut taken = Vec::new();
        for ((x, y, _), slot) in nozzles.into_iter().zip(tips.iter_mut()) {
            let Some(site) = self.site(x, y).filter(|site| site.item == rack) else {
                self.violate(
                    now,
                    handler,
                    &place,
                    Hazard::NozzleBesideRack,
                    format!("a nozzle of the {} mount hangs beside {rack}", mount.name()),
                );
                continue;
            };
            if site.off_mm > PICK_UP_TOLERANCE {
                let text = format!(
                    "nozzle misses the tip at {} of {rack}: {:.2} mm off",
                    site.well_name, site.off_mm
                );
                self.violate(now, handler, &place, Hazard::MissesTip, text);
                continue;
            }
            let there = self
                .items
                .get_mut(rack)
                .and_then(|item| item.tips.get_mut(site.well));
            if there.is_some_and(|tip| std::mem::replace(tip, false)) {
                let id = format!("{rack}/{}", site.well_name);
                taken.push(id.clone());
                *slot = Some(Tip {
                    id,
                    below_mm: length - overlap,
                    capacity_nl: capacity,
                    film: BTreeSet::new(),
                    pending: None,
                    carried: BTreeMap::new(),
                    overfull: false,
                    held: Vec::new(),
                    rinsed_nl: [0.0; 2],
                    pin: None,
                });
            } else {
                self.violate(
                    now,
                    handler,
                    &place,
                    Hazard::NoTip,
                    format!("no tip at {} of {rack}", site.well_name),
                );
            }
        }
        self.put_tips(handler, mount, tips);
        if !taken.is_empty() {
            let event = Event::TipPickUp {
                instrument: handler.to_owned(),
                mount: mount.name().to_owned(),
                place,
                rack: rack.to_owned(),
                tips: taken,
            };
            self.record(now, event);
        }
    }

    /// The plunger pushed the tips off.
    pub(crate) fn eject(&mut self, handler: &str, mount: Mount, tips: Vec<Option<Tip>>, now: u64) {
        let ids: Vec<String> = tips.iter().flatten().map(|tip| tip.id.clone()).collect();
        if ids.is_empty() {
            return;
        }
        let Some(gantry) = self.gantries.get(handler) else {
            return;
        };
        let at = gantry.at;
        // Every tip must fall into the bin.
        let spots = self.channels(handler, mount, &at);
        let sites: Vec<Option<Site>> = spots
            .iter()
            .zip(&tips)
            .filter(|(_, tip)| tip.is_some())
            .map(|((x, y, _), _)| self.site(*x, *y))
            .collect();
        let wasted = sites.iter().all(|site| {
            site.as_ref()
                .is_some_and(|site| site.kind == LabwareKind::Waste && site.over_opening)
        });
        let place = sites.into_iter().flatten().next();
        let event = Event::TipDrop {
            instrument: handler.to_owned(),
            mount: mount.name().to_owned(),
            place: place.as_ref().map(|site| site.place.clone()),
            tips: ids.clone(),
            wasted,
        };
        self.record(now, event);
        let Some(place) = place.filter(|_| wasted) else {
            self.violate(
                now,
                handler,
                "deck",
                Hazard::TipsOutsideWaste,
                format!("tips dropped outside the waste: {}", ids.join(", ")),
            );
            return;
        };
        let capacity = self
            .items
            .get(&place.item)
            .and_then(|bin| self.definition(bin))
            .map_or(0, |bin| bin.capacity_tips);
        let count = self.wasted.entry(place.place.clone()).or_insert(0);
        *count += u64::try_from(ids.len()).unwrap_or(0);
        if *count > capacity {
            let text = format!("waste over capacity: {count} tips in a bin for {capacity}");
            self.violate(now, handler, &place.place, Hazard::WasteFull, text);
        }
    }

    /// Takes the tips off the books of a gantry for a while.
    pub(crate) fn take_tips(&mut self, handler: &str, mount: Mount) -> Vec<Option<Tip>> {
        self.gantries
            .get_mut(handler)
            .and_then(|gantry| gantry.tips.get_mut(&mount))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Puts them back.
    pub(crate) fn put_tips(&mut self, handler: &str, mount: Mount, tips: Vec<Option<Tip>>) {
        if let Some(there) = self
            .gantries
            .get_mut(handler)
            .and_then(|gantry| gantry.tips.get_mut(&mount))
        {
            *there = tips;
        }
    }
}
