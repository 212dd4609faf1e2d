//! What is believed at the end of a run against what is so: by the simulator's ledger and truth, and by tables of its own.

use super::person::{Log, mount_of, nest_name, tips_on};
use super::trial::{column, strokes};
use super::weather::Weather;
use hardware_sim::{Entry as Fact, Event as Physical, Truth};
use plated::devices::{Done, Evidence};
use plated::journal::Entry;
use plated::plan::{Action, Actor, OperationId, Plan};
use plated::rig::Rig;
use plated::run::{ActionId, Ending, Event, Item, Lid, Mode, Repair, State, StopKind};
use plated::simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};

/// What is judged.
pub struct Case<'c> {
    pub plan: &'c Plan,
    pub rig: &'c Rig,
    pub simulation: &'c Simulation,
    pub ledger: &'c [Fact],
    pub truth: &'c Truth,
    pub entries: &'c [Entry],
    pub state: &'c State,
    pub ending: &'c Ending,
    pub log: &'c Log,
    pub weather: &'c Weather,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Judged {
    pub wrong: Vec<String>,
    pub wells: usize,
    pub readings: usize,
}

/// Judges a run that came to its end.
pub fn judge(case: &Case<'_>) -> Judged {
    let mut judged = Judged::default();
    let doubtful = doubtful(case);
    ending(case, &mut judged);
    stops(case, &mut judged);
    once(case, &mut judged);
    volumes(case, &doubtful, &mut judged);
    places(case, &doubtful, &mut judged);
    tips(case, &doubtful, &mut judged);
    readings(case, &mut judged);
    evidence(case, &mut judged);
    marks(case, &mut judged);
    questions(case, &mut judged);
    judged
}

/// Names of plates, pieces, nests and pipettes that an action is about that is still in doubt: the run was ended before
/// anybody said what became of it, and it says so.
fn doubtful(case: &Case<'_>) -> BTreeSet<String> {
    fn strings(value: &serde_json::Value, out: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::String(text) => {
                out.insert(text.clone());
            }
            serde_json::Value::Array(list) => list.iter().for_each(|v| strings(v, out)),
            serde_json::Value::Object(map) => map.values().for_each(|v| strings(v, out)),
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    for open in case.state.open.values() {
        let value = serde_json::to_value(&open.intent.action).unwrap_or_default();
        strings(&value, &mut out);
    }
    for nest in out.clone() {
        if let Some(plate) = case.state.belief.plate_at(&nest.as_str().into()) {
            out.insert(plate.to_string());
        }
        let pieces = case.plan.pieces.iter();
        out.extend(
            pieces
                .filter(|(_, p)| p.nest.as_str() == nest)
                .map(|(name, _)| name.clone()),
        );
    }
    out
}

fn ending(case: &Case<'_>, judged: &mut Judged) {
    let stopped = case.entries.iter().any(|e| {
        matches!(
            &e.event,
            Event::Stop {
                kind: StopKind::Abort,
                ..
            }
        )
    });
    match case.ending {
        Ending::Completed if stopped => judged.wrong.push("completed after an abort".to_owned()),
        Ending::Completed => {
            for operation in &case.plan.operations {
                if !case.state.status(operation.id).is_over() {
                    judged
                        .wrong
                        .push(format!("\"{}\" was never done", operation.title));
                }
            }
            if !case.state.open.is_empty() {
                judged.wrong.push(format!("still open: {:?}", case.state.open));
            }
        }
        Ending::Aborted if !stopped => judged.wrong.push("aborted by nobody".to_owned()),
        Ending::Aborted => {}
        Ending::Failed { why } => judged.wrong.push(format!("failed: {why}")),
    }
    if !case.state.questions.is_empty() && *case.ending == Ending::Completed {
        judged
            .wrong
            .push(format!("questions are left: {:?}", case.state.questions));
    }
    let folded = plated::daemon::live::fold(case.rig, case.entries);
    if folded.belief != case.state.belief || folded.readings != case.state.readings {
        judged
            .wrong
            .push("the journal tells another story than the engine".to_owned());
    }
}

/// Only stops that fit, by a table of their own; and what may not be intended while the run stands.
fn stops(case: &Case<'_>, judged: &mut Judged) {
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Now {
        Running,
        Paused,
        Held,
        Halted,
        Aborting,
    }
    let mut now = Now::Running;
    for entry in case.entries {
        match &entry.event {
            Event::Stop { kind, .. } => {
                now = match (now, kind) {
                    (Now::Running | Now::Held, StopKind::Pause) => Now::Paused,
                    (Now::Running | Now::Paused, StopKind::Hold) => Now::Held,
                    (Now::Paused | Now::Held, StopKind::Resume) => Now::Running,
                    (Now::Paused | Now::Held, StopKind::Park) => now,
                    (Now::Running | Now::Paused | Now::Held, StopKind::Halt) => Now::Halted,
                    (Now::Halted, StopKind::Reset) => Now::Held,
                    (Now::Aborting, StopKind::Halt | StopKind::Abort) => Now::Aborting,
                    (_, StopKind::Abort) => Now::Aborting,
                    other => {
                        judged
                            .wrong
                            .push(format!("record {}: {other:?} does not fit", entry.sequence));
                        return;
                    }
                };
            }
            Event::Intended {
                operation, intent, ..
            } if now == Now::Halted || (now == Now::Held && !unplanned(*operation)) => {
                judged.wrong.push(format!(
                    "record {}: while {now:?} {} was intended",
                    entry.sequence,
                    intent.action.name()
                ));
            }
            Event::OperationStarted { .. } if now != Now::Running => {
                judged.wrong.push(format!(
                    "record {}: an operation began while {now:?}",
                    entry.sequence
                ));
            }
            _ => {}
        }
    }
}

fn unplanned(operation: OperationId) -> bool {
    operation == plated::run::SAFE_PATH || operation == plated::run::PARKING
}

/// Each action of the plan took place once.
fn once(case: &Case<'_>, judged: &mut Judged) {
    let mut intended: BTreeMap<ActionId, (OperationId, u16, u32, String)> = BTreeMap::new();
    let mut ended: BTreeMap<(OperationId, u16, u32, String), u32> = BTreeMap::new();
    for entry in case.entries {
        match &entry.event {
            Event::Intended {
                action,
                operation,
                phase,
                index,
                intent,
                ..
            } => {
                let name = intent.action.name().to_owned();
                if intended
                    .insert(*action, (*operation, *phase, *index, name))
                    .is_some()
                {
                    judged.wrong.push(format!("{action} was intended twice"));
                }
            }
            Event::Ended { action, .. } => {
                let Some(key) = intended.get(action) else {
                    judged
                        .wrong
                        .push(format!("{action} ended and was never intended"));
                    continue;
                };
                let repeatable = repeatable(&key.3);
                if repeatable || unplanned(key.0) {
                    continue;
                }
                let n = ended.entry(key.clone()).or_insert(0);
                *n += 1;
                if *n > 1 {
                    judged.wrong.push(format!("{key:?} ended twice"));
                }
            }
            Event::Repaired {
                repair: Repair::Repeat { operation },
                ..
            } => ended.retain(|key, _| key.0 != *operation),
            _ => {}
        }
    }
    let Ending::Completed = case.ending else { return };
    for (at, status) in case.state.operations.iter().enumerate() {
        if status.status != plated::run::Status::Ended {
            continue;
        }
        let Some(operation) = case.plan.operations.get(at) else {
            continue;
        };
        for (phase, _) in operation.phases.iter().enumerate() {
            let Ok(phase) = u16::try_from(phase) else { continue };
            for (index, action) in case.state.phase_actions(operation.id, phase).iter().enumerate() {
                let Ok(index) = u32::try_from(index) else { continue };
                let key = (operation.id, phase, index, action.name().to_owned());
                let repeatable = repeatable(&key.3);
                if !repeatable && !ended.contains_key(&key) {
                    judged
                        .wrong
                        .push(format!("{key:?} of \"{}\" never took place", operation.title));
                }
            }
        }
    }
}

/// What may be done as often as somebody likes, or in the middle of other things.
fn repeatable(action: &str) -> bool {
    matches!(
        action,
        "home" | "home_gantry" | "home_plungers" | "take_off_tips" | "set_down" | "park" | "initialise"
    )
}

/// Every well holds by strokes what it is believed to hold, to the plungers' resolution and within what is said not to be
/// known.
fn volumes(case: &Case<'_>, doubtful: &BTreeSet<String>, judged: &mut Judged) {
    let allowed = strokes(case.simulation, case.plan);
    let mut believed_in: BTreeSet<(String, String)> = BTreeSet::new();
    for ((item, well), believed) in &case.state.belief.volumes {
        let (name, other) = match item {
            Item::Plate(plate) if !case.state.belief.places.contains_key(plate) => continue,
            Item::Plate(plate) => (plate.to_string(), String::new()),
            Item::Piece(name) => {
                let nest = case.plan.pieces.get(name).map(|p| p.nest.to_string());
                (name.clone(), nest.unwrap_or_default())
            }
        };
        if doubtful.contains(&name) {
            continue;
        }
        let Some((key, found)) = case
            .truth
            .plates
            .get_key_value(&name)
            .or_else(|| case.truth.plates.get_key_value(&other))
        else {
            judged.wrong.push(format!("there is no {name}"));
            continue;
        };
        let text = well.to_string();
        believed_in.insert((key.clone(), text.clone()));
        let in_well = found.wells.get(&text).map_or(0.0, |w| w.net_nl);
        let spots = found.spots.iter().filter(|s| s.well == text).map(|s| s.volume_nl);
        let is = in_well + spots.sum::<f64>();
        let believed = believed.get() as f64;
        let channels = if found.wells.len() <= 12 { 8.0 } else { 1.0 };
        let steps = allowed
            .get(&(name.clone(), column(&text)))
            .copied()
            .unwrap_or(0.0)
            * channels
            + 0.5;
        let (below, above) = case
            .state
            .doubts
            .get(&(item.clone(), *well))
            .map_or((0.0, 0.0), |d| (d.below.get() as f64, d.above.get() as f64));
        if is < believed - below - steps || is > believed + above + steps {
            judged.wrong.push(format!(
                "{name} {text} holds {is:.0} nL and is believed to hold {believed:.0} nL (-{below} +{above}, {steps:.0} by steps)"
            ));
        }
        judged.wells += 1;
    }
    for (name, found) in &case.truth.plates {
        if doubtful.contains(name) || doubtful.contains(&nest_name(&found.place)) {
            continue;
        }
        for (well, truth) in &found.wells {
            if truth.net_nl.abs() > 10.0 && !believed_in.contains(&(name.clone(), well.clone())) {
                judged.wrong.push(format!(
                    "{name} {well} holds {:.0} nL and nobody knows",
                    truth.net_nl
                ));
            }
        }
    }
}

/// Plates, lids and seals are where they are believed to be.
fn places(case: &Case<'_>, doubtful: &BTreeSet<String>, judged: &mut Judged) {
    let belief = &case.state.belief;
    for (plate, nest) in &belief.places {
        let name = plate.as_str();
        if doubtful.contains(name) {
            continue;
        }
        let Some(found) = case.truth.plates.get(name) else {
            judged
                .wrong
                .push(format!("plate {name} is believed at {nest} and is nowhere"));
            continue;
        };
        if nest_name(&found.place) != nest.as_str() {
            judged.wrong.push(format!(
                "plate {name} is believed at {nest} and is at {}",
                found.place
            ));
        }
        let lies = |at: &str| case.truth.lids.get(at).is_some_and(|p| p == name);
        let as_believed = match belief.lids.get(plate) {
            Some(Lid::On) => found.lidded,
            Some(Lid::At(at)) => !found.lidded && lies(at.as_str()),
            Some(Lid::None) | None => !found.lidded,
        };
        if !as_believed {
            judged.wrong.push(format!(
                "the lid of {name}: believed {:?}, lidded {}, lids {:?}",
                belief.lids.get(plate),
                found.lidded,
                case.truth.lids
            ));
        }
        if belief.sealed.contains(plate) != found.sealed {
            judged.wrong.push(format!("{name} is sealed: {}", found.sealed));
        }
    }
}

/// Tips are where they are believed to be.
fn tips(case: &Case<'_>, doubtful: &BTreeSet<String>, judged: &mut Judged) {
    for rack in case.truth.racks.values() {
        if doubtful.contains(&rack.place) {
            continue;
        }
        let used: BTreeSet<String> = rack.used.iter().cloned().collect();
        let nest = plated::rig::NestId::new(rack.place.as_str());
        let believed: BTreeSet<String> = case
            .state
            .belief
            .tips_used
            .get(&nest)
            .map(|wells| wells.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        if used != believed {
            let differ: Vec<_> = used.symmetric_difference(&believed).collect();
            judged
                .wrong
                .push(format!("tips of the rack at {}: {differ:?}", rack.place));
        }
    }
    let pipettes = case.rig.instruments.values().filter_map(|i| match &i.role {
        plated::rig::Role::LiquidHandler(handler) => Some(handler.pipettes.iter()),
        _ => None,
    });
    for (pipette, fitted) in pipettes.flatten() {
        if fitted.probe.is_some() || fitted.pins.is_some() {
            continue;
        }
        if doubtful.contains(pipette.as_str()) || mount_of(case.rig, pipette).is_none() {
            continue;
        }
        let believed = case.state.belief.tips_on.get(pipette).copied().unwrap_or(0);
        let on = tips_on(case.truth, case.rig, pipette);
        if usize::from(believed) != on {
            judged
                .wrong
                .push(format!("{pipette}: {on} tips on, believed {believed}"));
        }
    }
}

/// Every reading is there once, and is what the reader's own account says.
fn readings(case: &Case<'_>, judged: &mut Judged) {
    let mut plates: BTreeMap<ActionId, (String, u64)> = BTreeMap::new();
    let mut taken: BTreeSet<u64> = BTreeSet::new();
    let mut count = 0;
    for entry in case.entries {
        match &entry.event {
            Event::Intended { action, intent, .. } => {
                if let Action::ReadAbsorbance { plate, .. }
                | Action::ReadFluorescence { plate, .. }
                | Action::ReadLuminescence { plate, .. } = &intent.action
                {
                    plates.insert(*action, (plate.to_string(), entry.at.as_us()));
                }
            }
            Event::Ended {
                action,
                done: Done::Reading { values, .. },
                ..
            } => {
                count += 1;
                let Some((plate, since)) = plates.get(action) else {
                    judged.wrong.push(format!("{action} brought a reading"));
                    continue;
                };
                let read = case.ledger.iter().find(|fact| {
                    let (of, read) = match &fact.event {
                        Physical::Read { plate, values, .. }
                        | Physical::ReadFluorescence { plate, values, .. }
                        | Physical::ReadLuminescence { plate, values, .. } => (plate, values),
                        _ => return false,
                    };
                    of == plate
                        && fact.t_us >= *since
                        && fact.t_us <= entry.at.as_us()
                        && !taken.contains(&fact.seq)
                        && read.len() == values.len()
                        && read.iter().zip(values).all(|(is, said)| match (is, said) {
                            (None, None) => true,
                            (Some(is), Some(said)) => {
                                (f64::from(*is) - said.0).abs() <= 1e-4 * said.0.abs().max(1.0)
                            }
                            _ => false,
                        })
                });
                match read {
                    Some(fact) => {
                        taken.insert(fact.seq);
                        judged.readings += 1;
                    }
                    None => judged
                        .wrong
                        .push(format!("{action}: no read of {plate} brought these values")),
                }
            }
            _ => {}
        }
    }
    if count != case.state.readings.len() {
        judged.wrong.push(format!(
            "{count} readings in the journal, {} in the state",
            case.state.readings.len()
        ));
    }
}

/// No stroke is said to be measured: plungers have no encoder that is asked.
fn evidence(case: &Case<'_>, judged: &mut Judged) {
    let mut strokes: BTreeSet<ActionId> = BTreeSet::new();
    for entry in case.entries {
        match &entry.event {
            Event::Intended { action, intent, .. } if moves_liquid(&intent.action) => {
                strokes.insert(*action);
            }
            Event::Ended {
                action,
                evidence: Some(Evidence::Measured),
                ..
            } if strokes.contains(action) => judged
                .wrong
                .push(format!("{action} moved liquid and is said to be measured")),
            _ => {}
        }
    }
}

/// Whether liquid or air is moved.
pub const fn moves_liquid(action: &Action) -> bool {
    matches!(
        action,
        Action::Aspirate { .. }
            | Action::Dispense { .. }
            | Action::AirGap { .. }
            | Action::BlowOut { .. }
            | Action::Draw { .. }
            | Action::Expel { .. }
    )
}

/// A reading carries a mark for each well of its plate that was in doubt when it was read, and for no other; by a tale of the
/// journal that knows intents, outcomes and repairs alone.
fn marks(case: &Case<'_>, judged: &mut Judged) {
    let mut intents: BTreeMap<ActionId, &Action> = BTreeMap::new();
    let mut other = BTreeSet::new();
    let mut ever = false;
    for entry in case.entries {
        match &entry.event {
            Event::Intended { action, intent, .. } => {
                intents.insert(*action, &intent.action);
            }
            Event::Ended {
                action,
                done: Done::Unknown,
                ..
            } => {
                ever = true;
                if let Some(action) = intents.get(action)
                    && !(moves_liquid(action) || matches!(action, Action::DipPins { .. }))
                {
                    other.insert(action.name());
                }
            }
            // Of pins that broke off, and of those of an operation that is begun anew, it is not known what they carried.
            Event::NotDone { action, .. } => {
                ever |= matches!(intents.get(action), Some(Action::DipPins { .. }));
            }
            Event::Repaired {
                repair: Repair::Repeat { .. } | Repair::Skip { .. },
                ..
            } => ever = true,
            _ => {}
        }
    }
    for reading in &case.state.readings {
        if !ever && !reading.marks.is_empty() {
            judged.wrong.push(format!(
                "a reading of {} is marked, and nothing was ever in doubt",
                reading.plate
            ));
        }
        if reading.marks.values().any(String::is_empty) {
            judged.wrong.push(format!(
                "a reading of {} is marked without a reason",
                reading.plate
            ));
        }
    }
    for ((item, well), doubt) in &case.state.doubts {
        if doubt.why.is_empty() || !ever {
            judged
                .wrong
                .push(format!("{item:?} {well} is in doubt for no reason: {doubt:?}"));
        }
    }
    if !other.is_empty() {
        judged
            .wrong
            .push(format!("something other than a stroke is not known: {other:?}"));
    }
}

/// Where nothing but the host died, instruments tell all: nobody is asked about doubt or failure.
fn questions(case: &Case<'_>, judged: &mut Judged) {
    if case.weather.is_crashes_only()
        && let Some((text, _)) = case.log.asked.first()
    {
        judged
            .wrong
            .push(format!("asked, though only the host died: {text}"));
    }
    let asked_of_nothing = case.entries.iter().any(|e| match &e.event {
        Event::Asked { question } => question.choices.is_empty(),
        _ => false,
    });
    if asked_of_nothing {
        judged.wrong.push("a question without a choice".to_owned());
    }
    let open = case.state.open.keys().any(|actor| *actor == Actor::Operator);
    if open && *case.ending == Ending::Completed {
        judged.wrong.push("a person is still at work".to_owned());
    }
    if case.state.mode != Mode::Ended(case.ending.clone()) && case.state.ending().is_some() {
        judged.wrong.push(format!("mode {:?}", case.state.mode));
    }
}
