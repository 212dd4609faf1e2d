//! Which time windows of a plan without a good schedule cannot hold together, and what they fight for.
//!
//! A deletion filter: window after window is left out, and stays out when what is left still cannot be kept. What remains is
//! a smallest set: each of its windows is needed for the conflict, as far as the search finds schedules. The instrument
//! that they fight for is one without whose limits all of them could be kept.

use super::model::Model;
use super::search::{Found, Search};
use super::solve::Options;
use crate::plan::{OperationId, Plan, PlateId, Promised, Resource, StepId};
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Searches that are made at most; with more windows than can be left out one by one, more are named than needed.
const SEARCHES: u32 = 120;

/// Schedules that each of them tries.
const TRIES: u32 = 24;

/// Steps of searching that all of them take at most.
const WORK: u64 = 30_000_000;

/// Plates that are named at most.
const NAMED: usize = 4;

/// A time window of a plan: what its steps must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The step that demands it.
    pub step: StepId,
    /// Its place, where the plan knows it: bytes of the file that `file` names.
    pub place: Option<(u32, u32)>,
    /// The file, when it is not the protocol's own.
    pub file: Option<String>,
    /// What it demands, as a sentence without a full stop.
    pub words: String,
}

/// Windows that cannot hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The windows, in the order of the plan; at least one.
    pub windows: Vec<Window>,
    /// What they fight for: if there were more of it, all would hold. None where time alone is short, or more than one
    /// thing is.
    pub over: Option<Resource>,
    /// The plates that are held up, at most four; then how many more.
    pub plates: (Vec<PlateId>, usize),
    /// Whether each window is needed for the conflict; else the search was given up before it was known of all.
    pub smallest: bool,
}

impl Conflict {
    /// In words: what cannot be together, and because of what.
    pub fn in_words(&self) -> String {
        let words: Vec<&str> = self.windows.iter().map(|w| w.words.as_str()).collect();
        let mut text = match (words.as_slice(), self.smallest) {
            ([one], _) => format!("no order of the work was found in which {one}"),
            (many, true) => format!("these do not go together: {}", many.join("; ")),
            (many, false) => format!("some of these do not go together: {}", many.join("; ")),
        };
        let (named, more) = &self.plates;
        let mut plates: Vec<String> = named.iter().map(ToString::to_string).collect();
        if *more > 0 {
            plates.push(format!("{more} more"));
        }
        let plates = match plates.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => String::new(),
        };
        match &self.over {
            Some(Resource::Operator) => text.push_str("; what is short is the time of the operator"),
            Some(resource) if plates.is_empty() => {
                text.push_str(&format!("; what is short is {}", named_so(resource)))
            }
            Some(resource) if named.len() + more > 1 => {
                text.push_str(&format!("; {plates} wait for {}", named_so(resource)));
            }
            Some(resource) => text.push_str(&format!("; {plates} waits for {}", named_so(resource))),
            None => {}
        }
        text
    }
}

fn named_so(resource: &Resource) -> String {
    match resource {
        Resource::Instrument(id) => format!("\"{id}\""),
        Resource::Nest(id) => format!("the nest \"{id}\""),
        Resource::Zone(id) => format!("room in \"{id}\""),
        Resource::Plate(id) => id.to_string(),
        Resource::Operator => "the operator".into(),
    }
}

/// One window, and where it is in the plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Element {
    Promise(usize),
    /// Longest delays of one step after another.
    Delay {
        step: StepId,
        earlier: StepId,
        from_start: bool,
        to_end: bool,
        max: Duration,
    },
    /// Reads at an interval.
    Cadence {
        step: StepId,
    },
}

/// The windows that a plan cannot keep together, if its best schedule breaks any or it has none at all.
pub fn conflict(plan: &Plan) -> Option<Conflict> {
    let model = Model::new(plan).ok()?;
    let mut filter = Filter {
        plan,
        model,
        searches: SEARCHES,
        work: WORK,
    };
    let mut kept = elements(plan);
    let first = filter.search(&kept, &[]);
    let mut hurt = BTreeSet::new();
    filter.held_up(&first, &mut hurt)?;
    // What broke is left out last, so that it is what stays.
    let blamed: BTreeSet<usize> = broken_in(&first).collect();
    let mut order: Vec<Element> = kept.clone();
    order.sort_by_key(|e| matches!(e, Element::Promise(p) if blamed.contains(p)));
    let mut last = first;
    let mut chunk = order.len().div_ceil(8).max(1);
    loop {
        let mut index = 0;
        while index < order.len() && filter.searches > 0 {
            let out: Vec<Element> = order.iter().skip(index).take(chunk).cloned().collect();
            let rest: Vec<Element> = kept.iter().filter(|e| !out.contains(e)).cloned().collect();
            let found = filter.search(&rest, &[]);
            if matches!(found, Found::Limit) {
                break;
            }
            if found.keeps() {
                index = index.saturating_add(chunk);
            } else {
                kept = rest;
                order.retain(|e| !out.contains(e));
                last = found;
            }
        }
        if chunk == 1 || filter.searches == 0 {
            break;
        }
        chunk = chunk.div_ceil(2);
    }
    let smallest = filter.searches > 0;
    let mut hurt = BTreeSet::new();
    filter.held_up(&last, &mut hurt);
    let over = filter.bottleneck(&kept);
    let mut plates: Vec<PlateId> = Vec::new();
    for id in hurt {
        for plate in plan
            .operations
            .get(id.index())
            .into_iter()
            .flat_map(|o| &o.plates)
        {
            if !plates.contains(plate) {
                plates.push(plate.clone());
            }
        }
    }
    let more = plates.len().saturating_sub(NAMED);
    plates.truncate(NAMED);
    Some(Conflict {
        windows: kept.iter().filter_map(|e| window(plan, e)).collect(),
        over,
        plates: (plates, more),
        smallest,
    })
}

fn broken_in(found: &Found) -> impl Iterator<Item = usize> {
    let flaws = match found {
        Found::Placed { flaws, .. } => flaws.as_slice(),
        _ => &[],
    };
    flaws.iter().filter_map(|f| f.promise)
}

struct Filter<'p> {
    plan: &'p Plan,
    model: Model,
    searches: u32,
    work: u64,
}

impl Filter<'_> {
    /// The best schedule that has to keep these windows alone, with as much of a resource as anybody wants.
    fn search(&mut self, kept: &[Element], free: &[&Resource]) -> Found {
        self.searches = self.searches.saturating_sub(1);
        let options = Options {
            work_limit: self.work.max(1),
            tries: TRIES,
            improve: 0,
        };
        let search = Search {
            plan: self.plan,
            model: self.loosened(kept, free),
            counted: kept
                .iter()
                .filter_map(|e| match e {
                    Element::Promise(p) => Some(*p),
                    _ => None,
                })
                .collect(),
            fixed: &[],
            now: None,
        };
        let (found, work) = search.best(&options);
        self.work = self.work.saturating_sub(work);
        found
    }

    fn loosened(&self, kept: &[Element], free: &[&Resource]) -> Model {
        let mut model = self.model.clone();
        for (operation, op) in self.plan.operations.iter().zip(&mut model.ops) {
            for (after, follows) in operation.after.iter().zip(&mut op.follows) {
                if delay(self.plan, &operation.step, after).is_some_and(|e| !kept.contains(&e)) {
                    follows.max = None;
                }
            }
            let cadence = Element::Cadence {
                step: operation.step.clone(),
            };
            if let Some(member) = op.member.as_mut().filter(|_| !kept.contains(&cadence)) {
                member.tolerance = u64::MAX;
            }
            if !free.is_empty() {
                let claims = operation.claims.iter().zip(&op.claims);
                let kept = claims.filter(|(c, _)| !free.contains(&&c.resource));
                op.claims = kept.map(|(_, span)| *span).collect();
            }
        }
        model
    }

    /// The operations that break windows in a schedule; nothing when it breaks none.
    fn held_up(&self, found: &Found, out: &mut BTreeSet<OperationId>) -> Option<()> {
        match found {
            Found::Placed { flaws, .. } if flaws.is_empty() => None,
            Found::Placed { flaws, .. } => {
                out.extend(flaws.iter().filter_map(|f| f.operation));
                Some(())
            }
            Found::Missed(miss) => {
                out.extend(self.plan.operations.get(miss.operation).map(|o| o.id));
                Some(())
            }
            Found::Limit | Found::Unsound(_) => None,
        }
    }

    /// What, if there were more of it, would let all of these windows be kept: of several, what is used longest.
    fn bottleneck(&mut self, kept: &[Element]) -> Option<Resource> {
        let mut used: BTreeMap<&Resource, Duration> = BTreeMap::new();
        for operation in &self.plan.operations {
            for claim in &operation.claims {
                let from = operation.offset(usize::from(claim.from));
                let to = operation.offset(usize::from(claim.to).saturating_add(1));
                let sum = used.entry(&claim.resource).or_default();
                *sum = sum.plus(to.minus(from));
            }
        }
        let places = places(self.plan);
        let mut order: Vec<(&Resource, Duration)> = used
            .into_iter()
            .filter(|(r, _)| !matches!(r, Resource::Plate(_)))
            .collect();
        // Instruments and people first: it is they that are waited for, rather than the place where they work.
        let place = |r: &Resource| matches!(r, Resource::Nest(_) | Resource::Zone(_));
        order.sort_by_key(|(r, d)| (place(r), std::cmp::Reverse(*d)));
        order
            .into_iter()
            .take(16)
            .find(|(resource, _)| {
                let mut free = vec![*resource];
                free.extend(
                    places
                        .iter()
                        .filter(|(_, of)| of == resource)
                        .map(|(nest, _)| *nest),
                );
                self.search(kept, &free).keeps()
            })
            .map(|(resource, _)| resource.clone())
    }
}

/// Nests that are part of an instrument, as the place in a station or the tray of a reader: whoever has the one has the
/// other, from the same phase to the same.
fn places(plan: &Plan) -> Vec<(&Resource, &Resource)> {
    let mut held: BTreeMap<&Resource, BTreeMap<OperationId, (u16, u16)>> = BTreeMap::new();
    for operation in &plan.operations {
        for claim in &operation.claims {
            let range = held
                .entry(&claim.resource)
                .or_default()
                .entry(operation.id)
                .or_insert((claim.from, claim.to));
            *range = (range.0.min(claim.from), range.1.max(claim.to));
        }
    }
    let mut out = Vec::new();
    for (nest, at) in held.iter().filter(|(r, _)| matches!(r, Resource::Nest(_))) {
        // The mover comes with everything: of several, the one that has least else to do.
        let owner = held
            .iter()
            .filter(|(r, _)| matches!(r, Resource::Instrument(_)))
            .filter(|(_, by)| at.iter().all(|(id, range)| by.get(id) == Some(range)))
            .min_by_key(|(_, by)| by.len());
        out.extend(owner.map(|(instrument, _)| (*nest, *instrument)));
    }
    out
}

/// The window that an operation's longest delay belongs to.
fn delay(plan: &Plan, step: &StepId, after: &crate::plan::After) -> Option<Element> {
    Some(Element::Delay {
        step: step.clone(),
        earlier: plan.operations.get(after.operation.index())?.step.clone(),
        from_start: after.from_start,
        to_end: after.to_end,
        max: after.max?,
    })
}

/// Every window of a plan, in its order.
fn elements(plan: &Plan) -> Vec<Element> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for operation in &plan.operations {
        let delays = operation
            .after
            .iter()
            .filter_map(|a| delay(plan, &operation.step, a));
        let cadence = operation.cadence.map(|_| Element::Cadence {
            step: operation.step.clone(),
        });
        for element in delays.chain(cadence) {
            if seen.insert(element.clone()) {
                out.push(element);
            }
        }
    }
    out.extend((0..plan.promises.len()).map(Element::Promise));
    out
}

fn window(plan: &Plan, element: &Element) -> Option<Window> {
    let at_step = |step: &StepId, words: String| Window {
        step: step.clone(),
        place: None,
        file: None,
        words,
    };
    Some(match element {
        Element::Promise(index) => {
            let promise = plan.promises.get(*index)?;
            let words = match &promise.what {
                Promised::Deadline { at_most, .. } => format!("\"{}\" has ended by {at_most}", promise.step),
                Promised::Alike { within, .. } => {
                    format!(
                        "plates wait equally long, within {within}, before \"{}\"",
                        promise.step
                    )
                }
                Promised::Absence { plate, at_most, .. } => {
                    format!("{plate} is out of its incubator for at most {at_most}")
                }
            };
            Window {
                step: promise.step.clone(),
                place: Some(promise.place),
                file: promise.file.clone(),
                words,
            }
        }
        Element::Delay {
            step,
            earlier,
            from_start,
            to_end,
            max,
        } => {
            let does = if *to_end { "ends" } else { "begins" };
            let from = if *from_start { "the start of " } else { "" };
            at_step(
                step,
                format!("\"{step}\" {does} at most {max} after {from}\"{earlier}\""),
            )
        }
        Element::Cadence { step } => {
            let cadence = plan
                .operations
                .iter()
                .filter(|o| o.step == *step)
                .find_map(|o| o.cadence)?;
            let words = format!(
                "\"{step}\" reads every {} within ±{}",
                cadence.every, cadence.tolerance
            );
            at_step(step, words)
        }
    })
}

#[cfg(test)]
#[path = "conflict_tests.rs"]
mod tests;
