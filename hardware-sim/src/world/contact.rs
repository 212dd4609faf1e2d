//! What wets a tip, and what a wet tip brings into wells: the rule of contamination, as the README has it.

use super::{
    biology::Cells,
    gantry::Mount,
    site::Site,
    state::World,
    tips::Tip,
    well::{Origin, Part},
};
use crate::{hazard::Hazard, ledger::Event, num, text::LabwareKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Less than this of a liquid, in nanolitres, is rounding.
const TRACE_NL: f64 = 1e-6;

/// Something that wets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tag {
    Liquid(String),
    Strain(String),
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Liquid(name) | Self::Strain(name) => formatter.write_str(name),
        }
    }
}

/// What a mixture consists of.
pub(crate) fn tags(parts: &BTreeMap<Part, f64>, cells: &BTreeMap<String, Cells>) -> BTreeSet<Tag> {
    let liquids = parts
        .iter()
        .filter(|(_, amount)| **amount > TRACE_NL)
        .map(|(part, _)| Tag::Liquid(part.liquid.clone()));
    let strains = cells
        .iter()
        .filter(|(_, cells)| cells.amount > 0.0)
        .map(|(strain, _)| Tag::Strain(strain.clone()));
    liquids.chain(strains).collect()
}

/// What a tip brought into a source, for as long as it may still dispense it there.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    here: Origin,
    place: String,
    text: String,
    tags: BTreeSet<Tag>,
}

fn list(tags: &BTreeSet<Tag>) -> String {
    tags.iter().map(Tag::to_string).collect::<Vec<_>>().join(", ")
}

impl World {
    /// The tip's end wets in a well's liquid: it brings what is on it, and takes on what is here.
    pub(crate) fn contact(&mut self, handler: &str, site: &Site, tip: &mut Tip, now: u64) {
        let reservoir = site.kind == LabwareKind::Reservoir;
        let Some(well) = self
            .items
            .get_mut(&site.item)
            .and_then(|item| item.wells.get_mut(site.well))
        else {
            return;
        };
        let here = well.tags();
        let foreign: BTreeSet<Tag> = tip.film.difference(&here).cloned().collect();
        let lives = well.strains().next().is_some();
        let source = well.source || (reservoir && well.loaded);
        let (judged, later): (BTreeSet<Tag>, BTreeSet<Tag>) = foreign
            .into_iter()
            .partition(|tag| source || (lives && matches!(tag, Tag::Strain(_))));
        well.foreign.extend(later);
        tip.film.extend(here);
        tip.rinsed_nl = [0.0; 2];
        let held = tip.held_tags();
        let (deferred, brought): (BTreeSet<Tag>, BTreeSet<Tag>) =
            judged.into_iter().partition(|tag| held.contains(tag));
        let into = format!("into {} of {}", site.well_name, site.item);
        if !brought.is_empty() {
            let text = format!("contamination: tip {} carries {} {into}", tip.id, list(&brought));
            self.violate(now, handler, &site.place, Hazard::Contamination, text);
        }
        if !deferred.is_empty() && tip.pending.is_none() {
            tip.pending = Some(Pending {
                here: Origin {
                    item: site.item.clone(),
                    well: site.well,
                },
                place: site.place.clone(),
                text: into,
                tags: deferred,
            });
        }
    }

    /// The tip leaves a well or draws: what it brought and did not dispense there was not meant to be there.
    pub(crate) fn judge_pending(&mut self, handler: &str, tip: &mut Tip, now: u64) {
        let Some(pending) = tip.pending.take().filter(|pending| !pending.tags.is_empty()) else {
            return;
        };
        let text = format!(
            "contamination: tip {} carries {} {}",
            tip.id,
            list(&pending.tags),
            pending.text
        );
        self.violate(now, handler, &pending.place, Hazard::Contamination, text);
    }

    /// The same for all tips of a mount.
    pub(crate) fn judge_all_pending(&mut self, handler: &str, mount: Mount, now: u64) {
        let mut tips = self.take_tips(handler, mount);
        for tip in tips.iter_mut().flatten() {
            self.judge_pending(handler, tip, now);
        }
        self.put_tips(handler, mount, tips);
    }

    /// What was dispensed into a well belongs there from now on; where it came from is a source.
    pub(crate) fn meant(
        &mut self,
        handler: &str,
        tip: &mut Tip,
        here: &Origin,
        (dispensed, origins): (&BTreeSet<Tag>, Vec<Origin>),
        now: u64,
    ) {
        if let Some(pending) = tip.pending.as_mut().filter(|pending| pending.here == *here) {
            pending.tags.retain(|tag| !dispensed.contains(tag));
        }
        if let Some(well) = self
            .items
            .get_mut(&here.item)
            .and_then(|item| item.wells.get_mut(here.well))
        {
            well.foreign.retain(|tag| !dispensed.contains(tag));
        }
        for origin in origins.into_iter().filter(|origin| origin != here) {
            let Some(item) = self.items.get_mut(&origin.item) else {
                continue;
            };
            let place = item.place.clone();
            let Some(well) = item.wells.get_mut(origin.well) else {
                continue;
            };
            well.source = true;
            let foreign = std::mem::take(&mut well.foreign);
            if foreign.is_empty() {
                continue;
            }
            let name = self
                .items
                .get(&origin.item)
                .and_then(|item| self.definition(item))
                .map_or_else(String::new, |labware| labware.well_name(origin.well));
            let text = format!(
                "contamination: a tip had carried {} into {name} of {}, which is drawn from",
                list(&foreign),
                origin.item
            );
            self.violate(now, handler, &place, Hazard::Contamination, text);
        }
    }

    /// Cells that stick to a tip's end come off in a liquid.
    pub(crate) fn leave_cells(
        &mut self,
        handler: &str,
        mount: Mount,
        site: &Site,
        tip: &mut Tip,
        low: f64,
        now: u64,
    ) {
        if tip.carried.is_empty() {
            return;
        }
        let carried = std::mem::take(&mut tip.carried);
        let left: Vec<String> = carried.keys().cloned().collect();
        let Some(mut item) = self.items.remove(&site.item) else {
            return;
        };
        let growth = self.growth();
        if let Some(well) = item.wells.get_mut(site.well) {
            for (strain, mut cells) in carried {
                growth.transferred(&mut cells);
                well.foreign.remove(&Tag::Strain(strain.clone()));
                well.cells
                    .entry(strain)
                    .and_modify(|there| there.join(&cells))
                    .or_insert(cells);
            }
        }
        self.items.insert(site.item.clone(), item);
        self.record_dip(handler, mount, site, tip, low, (Vec::new(), left), now);
    }

    /// Writes down what a tip's end took and left.
    #[expect(clippy::too_many_arguments, reason = "a line of the ledger")]
    pub(crate) fn record_dip(
        &mut self,
        handler: &str,
        mount: Mount,
        site: &Site,
        tip: &Tip,
        low: f64,
        (taken, left): (Vec<String>, Vec<String>),
        now: u64,
    ) {
        let event = Event::Dip {
            instrument: handler.to_owned(),
            mount: mount.name().to_owned(),
            place: site.place.clone(),
            plate: site.item.clone(),
            well: site.well_name.clone(),
            tip: tip.id.clone(),
            x_um: num::round_i64(site.x_mm * 1000.0),
            y_um: num::round_i64(site.y_mm * 1000.0),
            depth_um: num::round_i64((site.surface_mm - low) * 1000.0),
            taken,
            left,
        };
        self.record(now, event);
    }
}
