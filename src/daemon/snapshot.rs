//! The state of a run as it is shown to watchers.

use crate::api::{
    InputView, InstrumentView, LogLevel, LogLine, MapKind, MapView, OperationLine, OperationView, PlateView,
    PromptView, RunState, Snapshot, TickView,
};
use crate::plan::{Actor, Finding, LoadItem, Measure, OperationId};
use crate::rig::Rig;
use crate::run::{Lid, Mode, State, Status};
use crate::units::Timestamp;

/// How many operations to come are shown.
const NEXT: usize = 8;

/// How many lines of the log are shown.
const LINES: usize = 100;

/// A daemon without a run.
pub fn idle(rig: &Rig) -> Snapshot {
    let mut snapshot = snapshot(rig, &State::new(rig), Timestamp::default());
    snapshot.state = RunState::Ended;
    snapshot.reason = Some("no run yet; give it one with plated submit".into());
    snapshot
}

/// A run as it stands.
pub fn snapshot(rig: &Rig, state: &State, now: Timestamp) -> Snapshot {
    let (done, total) = state.progress();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (run_state, reason) = standing(state);
    Snapshot {
        run: state
            .source
            .as_ref()
            .map(|s| s.run.to_string())
            .unwrap_or_default(),
        protocol: state.plan.title.clone(),
        commissioning: state
            .plan
            .commissioning
            .as_ref()
            .map(crate::plan::Commissioning::words),
        state: run_state,
        reason,
        simulated: state.source.as_ref().is_some_and(|s| s.simulated),
        now,
        started: state.started,
        predicted_end: predicted_end(state, now),
        operations_done: count(done),
        operations_total: count(total),
        instruments: instruments(rig, state),
        inputs: inputs(rig, state),
        plates: plates(state),
        current: current(state),
        next: next(state),
        ticking: ticks(state, now),
        maps: maps(state),
        prompts: prompts(state),
        log: log(state),
        interrupted: Vec::new(),
    }
}

/// Every operation of the plan by its number.
pub fn operation_lines(state: &State) -> Vec<OperationLine> {
    let line = |o: &crate::plan::Operation| OperationLine {
        number: o.id.0,
        title: o.title.clone(),
        status: match state.status(o.id) {
            Status::Waiting => "waiting",
            Status::Running { .. } => "running",
            Status::Ended => "ended",
            Status::Skipped => "left out",
        }
        .to_owned(),
        start: state
            .operations
            .get(o.id.index())
            .and_then(|course| course.started)
            .unwrap_or_else(|| state.due(o.id)),
    };
    state.plan.operations.iter().map(line).collect()
}

/// How many limits are shown.
const TICKS: usize = 8;

/// What ticks while a run stands.
fn ticks(state: &State, now: Timestamp) -> Vec<TickView> {
    if !matches!(state.mode, Mode::Paused | Mode::Held | Mode::Halted) {
        return Vec::new();
    }
    let view = |tick: crate::run::Tick| TickView {
        by: tick.by,
        what: tick.what,
    };
    crate::run::ticking(state, now)
        .into_iter()
        .take(TICKS)
        .map(view)
        .collect()
}

fn standing(state: &State) -> (RunState, Option<String>) {
    match &state.mode {
        Mode::Preparing => (
            RunState::Running,
            Some("asking the instruments who they are".into()),
        ),
        Mode::Running if state.questions.is_empty() => {
            let stopped = state.interlocks();
            (
                RunState::Running,
                (!stopped.is_empty()).then(|| stopped.join("; ")),
            )
        }
        Mode::Running => (RunState::Asking, Some("waiting for an answer".into())),
        Mode::Paused => (RunState::Paused, Some(stands(state, "no new operation starts"))),
        Mode::Held => (RunState::Held, Some(stands(state, "no new action starts"))),
        Mode::Halted => (RunState::Halted, Some(halted(state))),
        Mode::Aborting => (RunState::Stopping, Some("running actions finish".into())),
        Mode::Ended(ending) => (RunState::Ended, Some(super::conclude::outcome(ending))),
    }
}

/// Why nothing new begins, and what keeps the run from going on.
fn stands(state: &State, why: &str) -> String {
    match state.may_go_on() {
        Ok(()) => why.to_owned(),
        Err(prevents) => format!("{why}; {}", prevents.replace("\n  ", " ").replace('\n', "; ")),
    }
}

/// What a person must know of a halt.
fn halted(state: &State) -> String {
    let mut text =
        String::from("motion was stopped, positions are not trusted; look at the machines, then reset");
    if let Some(stop) = state.emergency_stop() {
        text = format!("{stop}; {text}");
    }
    for (instrument, why) in &state.not_halted {
        text = format!("{text}; NOT HALTED: {instrument}: {why}");
    }
    text
}

/// The planned end, moved by as much as the operation furthest behind its plan.
fn predicted_end(state: &State, now: Timestamp) -> Option<Timestamp> {
    if state.operations.is_empty() || state.ending().is_some() {
        return None;
    }
    let behind = state
        .plan
        .operations
        .iter()
        .filter(|o| !state.status(o.id).is_over())
        .map(|o| now.since(state.due(o.id).plus(o.duration())))
        .max()?;
    let last = state
        .plan
        .operations
        .iter()
        .filter(|o| !state.status(o.id).is_over());
    last.map(|o| state.due(o.id).plus(o.duration()))
        .max()
        .map(|end| end.plus(behind))
}

fn instruments(rig: &Rig, state: &State) -> Vec<InstrumentView> {
    rig.instruments
        .iter()
        .map(|(id, instrument)| {
            let open = state.open.get(&Actor::Instrument(id.clone()));
            let silent = state.unreachable.get(id);
            let does = || open.map_or_else(|| "idle".into(), |o| crate::engine::describe(&o.intent.action));
            InstrumentView {
                id: id.to_string(),
                title: instrument.title.clone(),
                state: silent.map_or_else(does, |why| format!("not reachable: {why}")),
                link_ok: silent.is_none() && open.is_none_or(|o| o.failure.is_none()),
            }
        })
        .collect()
}

fn inputs(rig: &Rig, state: &State) -> Vec<InputView> {
    let view = |(id, input): (&crate::rig::InputId, &crate::run::InputState)| InputView {
        id: id.to_string(),
        title: rig.inputs.get(id).map_or_else(String::new, |i| i.title.clone()),
        state: match (input.is_safe(), input.latched) {
            (true, true) => "closed again, resume to go on".to_owned(),
            _ => input.in_words(),
        },
        safe: input.is_safe() && !input.latched,
    };
    state.inputs.iter().map(view).collect()
}

fn plates(state: &State) -> Vec<PlateView> {
    let place = |id| {
        state
            .belief
            .places
            .get(id)
            .map_or_else(|| "not loaded yet".into(), ToString::to_string)
    };
    let lidded = |id| match state.belief.lids.get(id) {
        Some(Lid::On) => Some(true),
        Some(Lid::At(_)) => Some(false),
        Some(Lid::None) | None => None,
    };
    state
        .plan
        .plates
        .iter()
        .map(|(id, plate)| PlateView {
            id: id.to_string(),
            barcode: plate.barcode.clone(),
            place: place(id),
            lidded: lidded(id),
        })
        .collect()
}

fn operation_view(state: &State, id: OperationId, phase: u16) -> Option<OperationView> {
    let operation = state.operation(id)?;
    let start = state
        .operations
        .get(id.index())?
        .started
        .unwrap_or_else(|| state.due(id));
    let phase = operation.phases.get(usize::from(phase));
    Some(OperationView {
        title: operation.title.clone(),
        actor: phase.map(|p| p.actor.to_string()).unwrap_or_default(),
        start,
        end: start.plus(operation.duration()),
    })
}

fn current(state: &State) -> Vec<OperationView> {
    state
        .plan
        .operations
        .iter()
        .filter_map(|o| match state.status(o.id) {
            Status::Running { phase, .. } => operation_view(state, o.id, phase),
            _ => None,
        })
        .collect()
}

fn next(state: &State) -> Vec<OperationView> {
    let mut waiting: Vec<_> = state
        .plan
        .operations
        .iter()
        .filter(|o| state.status(o.id) == Status::Waiting)
        .map(|o| o.id)
        .collect();
    waiting.sort_by_key(|id| (state.due(*id), *id));
    waiting
        .into_iter()
        .take(NEXT)
        .filter_map(|id| operation_view(state, id, 0))
        .collect()
}

fn maps(state: &State) -> Vec<MapView> {
    let mut maps = Vec::new();
    for (id, plate) in &state.plan.plates {
        if let Some(reading) = state.readings.iter().rev().find(|r| r.plate == *id) {
            maps.push(MapView {
                kind: match reading.measure {
                    Measure::Absorbance(_) => MapKind::Absorbance,
                    Measure::Fluorescence { .. } => MapKind::Fluorescence,
                    Measure::Luminescence { .. } => MapKind::Luminescence,
                },
                plate: id.to_string(),
                at: reading.at,
                rows: plate.rows,
                columns: plate.columns,
                values: reading.values.iter().map(|v| v.map(|a| a.0)).collect(),
            });
        }
    }
    for finding in state.findings.values() {
        let Finding::Growth { rows, .. } = finding else {
            continue;
        };
        for (id, plate) in &state.plan.plates {
            let mut values = vec![None; usize::from(plate.rows) * usize::from(plate.columns)];
            for row in rows.iter().filter(|r| r.plate == *id) {
                if let Some(value) = values.get_mut(row.well.index(plate.columns)) {
                    *value = row.rate.map(|r| r.0);
                }
            }
            if values.iter().any(Option::is_some) {
                maps.push(MapView {
                    kind: MapKind::GrowthRate,
                    plate: id.to_string(),
                    at: state.last,
                    rows: plate.rows,
                    columns: plate.columns,
                    values,
                });
            }
        }
    }
    maps
}

fn prompts(state: &State) -> Vec<PromptView> {
    state
        .questions
        .values()
        .map(|q| PromptView {
            id: q.id.0,
            text: q.text.clone(),
            items: q
                .prompt
                .iter()
                .flat_map(|p| &p.items)
                .map(describe_load)
                .chain(q.prompt.as_ref().filter(|p| p.is_typed()).map(|p| {
                    let wanted = p.wanted();
                    format!("{wanted}; answer with: plated answer {} …", q.id.0)
                }))
                .collect(),
            choices: q.choices.iter().map(|c| c.word().to_owned()).collect(),
        })
        .collect()
}

/// What happened lately: operations, failures, operations left out; oldest first.
fn log(state: &State) -> Vec<LogLine> {
    let mut lines = Vec::new();
    let mut line = |at, level, text| lines.push(LogLine { at, level, text });
    for (operation, course) in state.plan.operations.iter().zip(&state.operations) {
        if let Some(at) = course.started {
            line(at, LogLevel::Info, format!("{} begins", operation.title));
        }
        if let (Some(at), Status::Ended) = (course.ended, course.status) {
            line(at, LogLevel::Info, format!("{} ended", operation.title));
        }
        if let (Some(at), Status::Skipped) = (course.ended, course.status) {
            let why = state
                .skipped
                .iter()
                .find(|(id, _)| *id == operation.id)
                .map_or("", |(_, why)| why.as_str());
            line(
                at,
                LogLevel::Warning,
                format!("{} left out: {why}", operation.title),
            );
        }
    }
    for (at, _, failure) in &state.failures {
        line(*at, LogLevel::Error, failure.message.clone());
    }
    for (at, instrument, why) in &state.reach_changes {
        match why {
            Some(why) => line(
                *at,
                LogLevel::Error,
                format!("{instrument} is not reachable: {why}"),
            ),
            None => line(*at, LogLevel::Info, format!("{instrument} answers again")),
        }
    }
    for (at, input, says) in &state.input_changes {
        let level = if says == "safe" {
            LogLevel::Info
        } else {
            LogLevel::Error
        };
        line(*at, level, format!("{input} is {says}"));
    }
    for (at, by, repair, why) in &state.repairs {
        let text = format!("{by} said: {}: {why}", repair.in_words());
        line(*at, LogLevel::Warning, text);
    }
    for (at, found) in &state.host.found {
        line(*at, LogLevel::Warning, found.in_words());
    }
    for text in state.left_behind() {
        line(state.last, LogLevel::Warning, text);
    }
    for (plate, gone) in &state.given_up {
        let text = format!("plate {plate} is given up: {}", gone.why);
        line(gone.at, LogLevel::Warning, text);
    }
    for (wells, why) in state.given_up_by_reason() {
        let at = state
            .given_up_wells
            .values()
            .find(|gone| gone.why == why)
            .map(|gone| gone.at);
        line(
            at.unwrap_or_default(),
            LogLevel::Warning,
            format!("{wells} given up: {why}"),
        );
    }
    for fresh in &state.replaced {
        let text = format!("plate {} is replaced by a fresh one: {}", fresh.plate, fresh.why);
        line(fresh.at, LogLevel::Warning, text);
    }
    lines.sort_by_key(|l| l.at);
    let old = lines.len().saturating_sub(LINES);
    lines.split_off(old)
}

/// Which tips of a rack are said to be gone: whole columns of eight by their numbers, else each.
fn gone(used: &[crate::labware::Well]) -> String {
    if used.is_empty() {
        return String::new();
    }
    let mut columns: std::collections::BTreeMap<u8, usize> = std::collections::BTreeMap::new();
    for well in used {
        *columns.entry(well.column).or_default() += 1;
    }
    let which = if columns.values().all(|n| *n == 8) {
        let numbers: Vec<String> = columns.keys().map(|c| (u16::from(*c) + 1).to_string()).collect();
        format!("of columns {}", numbers.join(", "))
    } else {
        let wells: Vec<String> = used.iter().map(ToString::to_string).collect();
        wells.join(", ")
    };
    format!("; its tips {which} are used already, is that so?")
}

/// One thing to load, in a line.
pub fn describe_load(item: &LoadItem) -> String {
    match item {
        LoadItem::Piece {
            labware,
            nest,
            replace,
            used,
            contents,
            ..
        } => {
            let verb = if *replace { "replace with a fresh" } else { "put a" };
            let holds: Vec<String> = contents
                .iter()
                .map(|l| format!("{} of {}", l.volume, l.liquid))
                .collect();
            let holds = if holds.is_empty() {
                String::new()
            } else {
                format!(" with {}", holds.join(", "))
            };
            format!("{nest}: {verb} {labware}{holds}{}", gone(used))
        }
        LoadItem::TakePlate { plate, nest, lid } => match lid {
            Some(lid) => format!("{nest}: take plate {plate} away, and its lid from {lid}"),
            None => format!("{nest}: take plate {plate} away"),
        },
        LoadItem::Plate {
            plate,
            labware,
            nest,
            barcode,
            lidded,
            sealed,
            contents,
        } => {
            let barcode = barcode
                .as_ref()
                .map(|b| format!(", barcode {b}"))
                .unwrap_or_default();
            let lid = match (*lidded, *sealed) {
                (true, _) => ", lid on",
                (false, true) => ", sealed",
                (false, false) => "",
            };
            let holds = if contents.is_empty() {
                ", empty".into()
            } else {
                format!(", {} wells filled as laid out", contents.len())
            };
            format!("{nest}: put plate {plate} ({labware}{barcode}{lid}{holds})")
        }
        LoadItem::Refill { name, nest, contents } => {
            let to: Vec<String> = contents
                .iter()
                .map(|l| format!("{} of {}", l.volume, l.liquid))
                .collect();
            format!("{nest}: fill {name} up to {}", to.join(", "))
        }
        LoadItem::EmptyDrain { pump, nest } => format!("{nest}: empty the drain of {pump}"),
        LoadItem::EmptyWaste { nest } => format!("{nest}: empty the waste"),
    }
}
