//! The line of a fixed probe: bottle, syringe, tubing and probe, all in a row. What is in it, segment by segment, and
//! what comes of a stroke. Knows no bytes.
//!
//! A probe is a tip that cannot be taken off: what the tubing and the probe hold is what the tip holds, always as much as
//! the tubing. What is drawn at its end pushes the rest towards the syringe, and past the tubing into it.

use super::{
    gantry::Mount,
    state::World,
    stroke::Move,
    tips::{Segment, Tip},
    well::{Part, Portion},
};
use crate::{fault::Trouble, hazard::Hazard, ledger::Event, text::LabwareKind};
use std::collections::BTreeSet;

/// Name of what the bottles hold.
pub(crate) const SYSTEM_LIQUID: &str = "system liquid";
/// System liquid through the probe that cleans it inside, in nanolitres, and in the cleaner that cleans it outside.
/// Figures of ours.
const CLEANS: [f64; 2] = [100_000.0, 100_000.0];
/// In the cleaner, the probe's end stands at least this far below the rim, in mm.
const SUBMERGED: f64 = 10.0;
/// Less than this, in nanolitres, is rounding.
const NOTHING: f64 = 1.0;

/// Where the valve of a pump stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Valve {
    /// The syringe at the bottle.
    Input,
    /// The syringe at the probe.
    Output,
    /// Bottle and probe joined past the syringe.
    Bypass,
}

impl Valve {
    /// As the pump reports it.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Input => 'i',
            Self::Output => 'o',
            Self::Bypass => 'b',
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Bypass => "bypass",
        }
    }
}

/// A pump's line, without what the probe's tip holds.
#[derive(Debug)]
pub(crate) struct Line {
    /// The handler and mount that carry the probe.
    pub(crate) probe: (String, Mount),
    /// Increments of a full stroke, and what it displaces in nanolitres.
    pub(crate) full: i64,
    pub(crate) syringe_nl: f64,
    pub(crate) tubing_nl: f64,
    pub(crate) bottle_nl: f64,
    pub(crate) dead_nl: f64,
    /// What the container under the wash station takes, and what is in it.
    pub(crate) drain_nl: f64,
    pub(crate) drained_nl: f64,
    /// Where the plunger truly stands, in increments.
    pub(crate) at: i64,
    /// From the plunger to the valve.
    pub(crate) syringe: Vec<Segment>,
}

/// The probe's own tip: full of air.
pub(crate) fn probe(name: &str, below_mm: f64, tubing_nl: f64) -> Tip {
    Tip {
        id: name.to_owned(),
        below_mm,
        // What it holds is never more than its tubing; what goes past that is told apart.
        capacity_nl: f64::INFINITY,
        film: BTreeSet::new(),
        pending: None,
        carried: std::collections::BTreeMap::new(),
        overfull: false,
        held: vec![Segment::Air(tubing_nl)],
        rinsed_nl: [0.0; 2],
        pin: None,
    }
}

fn system(volume_nl: f64) -> Portion {
    let part = Part {
        liquid: SYSTEM_LIQUID.to_owned(),
        strain: None,
    };
    Portion {
        volume_nl,
        parts: [(part, volume_nl)].into(),
        ..Portion::default()
    }
}

/// System liquid in a portion, in nanolitres.
fn system_nl(portion: &Portion) -> f64 {
    let parts = portion
        .parts
        .iter()
        .filter(|(part, _)| part.liquid == SYSTEM_LIQUID);
    parts.map(|(_, amount)| amount).sum()
}

fn foreign(segment: &Segment) -> bool {
    matches!(segment, Segment::Liquid(portion) if portion.volume_nl - system_nl(portion) > NOTHING)
}

fn volume(segment: &Segment) -> f64 {
    match segment {
        Segment::Air(air) => *air,
        Segment::Liquid(portion) => portion.volume_nl,
    }
}

/// Takes a volume off the end of a row of segments: what came first, first.
fn off(row: &mut Vec<Segment>, mut volume_nl: f64) -> Vec<Segment> {
    let mut out = Vec::new();
    while volume_nl > 1e-6 {
        let Some(last) = row.pop() else {
            out.push(Segment::Air(volume_nl));
            break;
        };
        let there = volume(&last);
        if there <= volume_nl + 1e-6 {
            volume_nl -= there;
            out.push(last);
            continue;
        }
        match last {
            Segment::Air(air) => {
                row.push(Segment::Air(air - volume_nl));
                out.push(Segment::Air(volume_nl));
            }
            Segment::Liquid(mut portion) => {
                let taken = portion.split(volume_nl);
                row.push(Segment::Liquid(portion));
                out.push(Segment::Liquid(taken));
            }
        }
        break;
    }
    out
}

/// Adds a segment at the end, joined to the last one where both are the same.
fn add(row: &mut Vec<Segment>, segment: Segment) {
    let same = |a: &Portion, b: &Portion| {
        !foreign(&Segment::Liquid(a.clone())) && !foreign(&Segment::Liquid(b.clone()))
    };
    match (row.last_mut(), segment) {
        (Some(Segment::Air(air)), Segment::Air(more)) => *air += more,
        (Some(Segment::Liquid(there)), Segment::Liquid(more)) if same(there, &more) => {
            there.volume_nl += more.volume_nl;
            for (part, amount) in more.parts {
                *there.parts.entry(part).or_insert(0.0) += amount;
            }
        }
        (_, segment) => row.push(segment),
    }
}

impl World {
    /// Where a pump's plunger truly stands, in increments.
    pub(crate) fn plunger_of(&self, pump: &str) -> i64 {
        self.lines.get(pump).map_or(0, |line| line.at)
    }

    /// A plunger moved by so many increments, down where that is positive, with the valve where it stands.
    pub(crate) fn pump_moves(&mut self, pump: &str, way: i64, valve: Valve, now: u64) {
        let Some(mut line) = self.lines.remove(pump) else {
            return;
        };
        let from = line.at;
        line.at = (from + way).clamp(0, line.full);
        let mut volume_nl = (line.at - from) as f64 * line.syringe_nl / line.full.max(1) as f64;
        self.record_pump(pump, &line, from, valve, now);
        if valve != Valve::Input && volume_nl != 0.0 && self.troubles.strikes(pump, Trouble::Clogged) {
            volume_nl = 0.0;
        }
        if volume_nl > 0.0 {
            match valve {
                Valve::Input => self.draw_from_bottle(pump, &mut line, volume_nl, now),
                Valve::Output | Valve::Bypass => self.draw_in(pump, &mut line, volume_nl, now),
            }
        } else if volume_nl < 0.0 {
            let out = off(&mut line.syringe, -volume_nl);
            match valve {
                Valve::Input => {
                    let liquid = |s: &Segment| {
                        if matches!(s, Segment::Air(_)) {
                            0.0
                        } else {
                            volume(s)
                        }
                    };
                    line.bottle_nl += out.iter().map(liquid).sum::<f64>();
                }
                Valve::Output | Valve::Bypass => self.push_out(&mut line, out, -volume_nl, now),
            }
        }
        self.lines.insert(pump.to_owned(), line);
    }

    fn record_pump(&mut self, pump: &str, line: &Line, from: i64, valve: Valve, now: u64) {
        if line.at == from {
            return;
        }
        let site = self
            .probe_end(line)
            .and_then(|(x, y, low)| Some((self.site(x, y)?, low)))
            .filter(|_| valve != Valve::Input);
        let event = Event::PumpStroke {
            instrument: pump.to_owned(),
            from_steps: from,
            to_steps: line.at,
            valve: valve.name().to_owned(),
            place: site.as_ref().map(|(site, _)| site.place.clone()),
            plate: site.as_ref().map(|(site, _)| site.item.clone()),
            well: site.as_ref().map(|(site, _)| site.well_name.clone()),
            immersed: site.is_some_and(|(site, low)| low < site.surface_mm && site.volume_nl > 0.0),
        };
        self.record(now, event);
    }

    /// Where the probe's end is.
    fn probe_end(&self, line: &Line) -> Option<(f64, f64, f64)> {
        let (handler, mount) = &line.probe;
        let at = self.gantries.get(handler)?.at;
        self.channels(handler, *mount, &at).first().copied()
    }

    fn draw_from_bottle(&mut self, pump: &str, line: &mut Line, volume_nl: f64, now: u64) {
        let there = (line.bottle_nl - line.dead_nl).clamp(0.0, volume_nl);
        line.bottle_nl -= there;
        if there > 0.0 {
            add(&mut line.syringe, Segment::Liquid(system(there)));
        }
        if volume_nl - there > NOTHING {
            add(&mut line.syringe, Segment::Air(volume_nl - there));
            let text = format!("{pump} draws air: its bottle has {there:.0} of {volume_nl:.0} nL left");
            self.violate(now, pump, "bottle", Hazard::BottleEmpty, text);
        }
    }

    /// Drawn at the probe's end; what no longer fits into the tubing goes into the syringe.
    fn draw_in(&mut self, pump: &str, line: &mut Line, volume_nl: f64, now: u64) {
        let (handler, mount) = line.probe.clone();
        let Some(end) = self.probe_end(line) else { return };
        let mut tips = self.take_tips(&handler, mount);
        if let Some(tip) = tips.iter_mut().flatten().next() {
            if let Some(site) = self.site(end.0, end.1) {
                self.touch_well(&site.item, site.well, now);
            }
            let behind_system = tip.held.last().is_some_and(
                |s| matches!(s, Segment::Liquid(portion) if system_nl(portion) > NOTHING && !foreign(s)),
            );
            let before = tip.held.len();
            self.draw_at(&handler, mount, end, tip, Move::pumped(volume_nl), now);
            let drew = tip.held.get(before..).unwrap_or_default();
            if behind_system && drew.first().is_some_and(foreign) {
                let text = format!("{} draws sample with no air before it", tip.id);
                let place = self
                    .site(end.0, end.1)
                    .map_or_else(|| "deck".to_owned(), |s| s.place);
                self.violate(now, pump, &place, Hazard::NoLeadingAir, text);
            }
            let over = tip.held_nl() - line.tubing_nl;
            tip.held.reverse();
            let past = off(&mut tip.held, over.max(0.0));
            tip.held.reverse();
            if past.iter().any(foreign) {
                let text = format!(
                    "sample was drawn past the tubing of {} into the syringe of {pump}",
                    tip.id
                );
                self.violate(now, pump, "syringe", Hazard::SamplePastTubing, text);
            }
            for segment in past {
                add(&mut line.syringe, segment);
            }
        }
        self.put_tips(&handler, mount, tips);
    }

    /// Out of the syringe into the tubing, and out of the probe.
    fn push_out(&mut self, line: &mut Line, out: Vec<Segment>, volume_nl: f64, now: u64) {
        let (handler, mount) = line.probe.clone();
        let Some(end) = self.probe_end(line) else { return };
        let mut tips = self.take_tips(&handler, mount);
        if let Some(tip) = tips.iter_mut().flatten().next() {
            tip.held.reverse();
            for segment in out {
                add(&mut tip.held, segment);
            }
            tip.held.reverse();
            let mut leaving = tip.held.clone();
            let portions = off(&mut leaving, volume_nl);
            let clear: f64 = portions
                .iter()
                .map(|s| match s {
                    Segment::Liquid(portion) => system_nl(portion),
                    Segment::Air(_) => 0.0,
                })
                .sum();
            let site = self.site(end.0, end.1);
            if let Some(site) = &site {
                self.touch_well(&site.item, site.well, now);
                if site.kind.wet() && clear > NOTHING {
                    let text = format!(
                        "{clear:.0} nL of system liquid go into {} of {} from {}",
                        site.well_name, site.item, tip.id
                    );
                    let place = site.place.clone();
                    self.violate(now, &handler, &place, Hazard::SystemLiquidInWell, text);
                }
            }
            self.expel_at(&handler, mount, end, tip, Move::pumped(-volume_nl), now);
            if let Some(site) = site.filter(|site| site.kind == LabwareKind::Waste) {
                let washing = self
                    .rig
                    .nests
                    .get(&site.place)
                    .is_some_and(|n| n.kind == "wash_station");
                let cleaner =
                    washing && site.well == 1 && site.over_opening && end.2 < site.top_mm - SUBMERGED;
                tip.rinse(clear, cleaner);
                if washing {
                    let before = line.drained_nl;
                    line.drained_nl += portions
                        .iter()
                        .filter(|s| matches!(s, Segment::Liquid(_)))
                        .map(volume)
                        .sum::<f64>();
                    if line.drained_nl > line.drain_nl && before <= line.drain_nl {
                        let text = format!(
                            "the drain at {} runs over: {:.0} nL in {:.0}",
                            site.place, line.drained_nl, line.drain_nl
                        );
                        self.violate(now, &handler, &site.place, Hazard::DrainOverflows, text);
                    }
                }
            }
        }
        self.put_tips(&handler, mount, tips);
    }
}

impl Tip {
    /// System liquid went through it, and in the cleaner round it.
    fn rinse(&mut self, clear_nl: f64, cleaner: bool) {
        if self.held.iter().any(foreign) {
            return;
        }
        let [inside, outside] = &mut self.rinsed_nl;
        *inside += clear_nl;
        if cleaner {
            *outside += clear_nl;
        }
        if *inside >= CLEANS[0] && *outside >= CLEANS[1] {
            self.film.clear();
            self.carried.clear();
        }
    }
}
