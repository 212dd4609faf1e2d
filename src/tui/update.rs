//! How the model changes, and what is asked of the run.

use super::keymap::{Intent, intent};
use super::model::{Dialog, Model, Notice};
use crate::api::{Command, RunState, Snapshot};
use crate::formats::clean;
use crate::run::StopKind;
use ratatui::crossterm::event::KeyEvent;

/// What happens to the UI.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A key.
    Key(KeyEvent),
    /// A newer state of the run.
    Snapshot(Box<Snapshot>),
    /// The daemon is gone.
    Lost,
    /// A command could not be passed on.
    NotSent,
    /// The daemon did not do what was asked, and says why.
    Refused(String),
}

/// Changes the model by an event, and returns what is asked of the run.
pub fn update(model: &mut Model, event: Event) -> Vec<Command> {
    match event {
        Event::Key(key) => match intent(key, model) {
            Some(wanted) => act(model, wanted),
            None => Vec::new(),
        },
        Event::Snapshot(mut snapshot) => {
            clean_all(&mut snapshot);
            take(model, *snapshot);
            Vec::new()
        }
        Event::Lost => {
            model.lost = true;
            Vec::new()
        }
        Event::Refused(why) => {
            // What was refused can be asked again.
            model.answered.clear();
            notice(model, &clean(&why.replace('\n', " ")))
        }
        Event::NotSent => {
            // What was not sent can be sent again.
            model.answered.clear();
            notice(model, "Not sent: the daemon does not take commands; try again")
        }
    }
}

fn act(model: &mut Model, wanted: Intent) -> Vec<Command> {
    model.notice = None;
    match wanted {
        Intent::Stop(kind) => ask(model, Dialog(kind)),
        Intent::Yes => model.dialog.take().map(Dialog::command).into_iter().collect(),
        Intent::No => {
            model.dialog = None;
            model.help = false;
            Vec::new()
        }
        Intent::Choose(choice) => choose(model, choice),
        Intent::Step { forward } => {
            let count = model.shown_prompt().map_or(0, |p| p.choices.len());
            match (
                cycled(
                    model.choice.unwrap_or(if forward { usize::MAX } else { 0 }),
                    count,
                    forward,
                ),
                count,
            ) {
                (_, 0) => Vec::new(),
                (choice, _) => choose(model, choice),
            }
        }
        Intent::Send => send(model),
        Intent::NextPrompt => {
            next_prompt(model);
            Vec::new()
        }
        Intent::CycleMap { forward } => {
            let count = model.snapshot.as_ref().map_or(0, |s| s.maps.len());
            model.map = cycled(model.map, count, forward);
            Vec::new()
        }
        Intent::Help => {
            model.help = !model.help;
            Vec::new()
        }
        Intent::Quit => {
            model.quit = true;
            Vec::new()
        }
    }
}

fn notice(model: &mut Model, text: &str) -> Vec<Command> {
    model.notice = Some(Notice(text.to_owned()));
    Vec::new()
}

/// Opens a dialog, unless the run's state makes the wish pointless.
fn ask(model: &mut Model, dialog: Dialog) -> Vec<Command> {
    let Some(state) = model.snapshot.as_ref().map(|s| s.state) else {
        return notice(model, "Nothing is known of the run yet");
    };
    if model.lost {
        return notice(model, "The daemon is gone: nothing can be sent");
    }
    match (dialog.0, state) {
        (_, RunState::Ended) => notice(model, "The run has ended"),
        (StopKind::Halt, RunState::Halted) => notice(model, "The run is halted already"),
        (StopKind::Reset, RunState::Halted) | (StopKind::Halt, _) => open(model, dialog),
        (_, RunState::Stopping) => notice(model, "The run is being ended already"),
        (StopKind::Pause | StopKind::Hold | StopKind::Resume, RunState::Halted) => notice(
            model,
            "The run is halted: look at the machines, then reset it (R)",
        ),
        (StopKind::Park, RunState::Running | RunState::Asking) => {
            notice(model, "Plates can be parked while the run is paused or held")
        }
        (StopKind::Reset, _) => notice(model, "The run is not halted"),
        (StopKind::Pause, RunState::Paused) => notice(model, "The run is paused already"),
        (StopKind::Hold, RunState::Held) => notice(model, "The run is held already"),
        (StopKind::Resume, RunState::Running) => notice(model, "The run is not paused"),
        (StopKind::Resume, RunState::Asking) => notice(model, "The run waits for an answer, not for resume"),
        _ => open(model, dialog),
    }
}

fn open(model: &mut Model, dialog: Dialog) -> Vec<Command> {
    model.dialog = Some(dialog);
    model.help = false;
    Vec::new()
}

fn choose(model: &mut Model, choice: usize) -> Vec<Command> {
    let Some(count) = model.shown_prompt().map(|p| p.choices.len()) else {
        return notice(model, "There is no open prompt");
    };
    if choice >= count {
        return notice(model, "The prompt has no such answer");
    }
    model.choice = Some(choice);
    Vec::new()
}

fn send(model: &mut Model) -> Vec<Command> {
    let Some(shown) = model.shown_prompt() else {
        return Vec::new();
    };
    // In a run that goes step by step, Enter is the key that it waits for.
    let usual = shown.choices.first().is_some_and(|c| c == "next").then_some(0);
    let prompt = shown.id;
    if model.lost {
        return notice(model, "The daemon is gone: nothing can be sent");
    }
    if model.is_answered(prompt) {
        return notice(model, "The answer was sent; waiting for the daemon");
    }
    let Some(choice) = model.choice.or(usual).and_then(|c| u16::try_from(c).ok()) else {
        return notice(model, "Mark an answer first, with 1…9 or the arrows");
    };
    model.answered.push(prompt);
    vec![Command::Answer { prompt, choice }]
}

fn cycled(current: usize, count: usize, forward: bool) -> usize {
    match (count, forward) {
        (0, _) => 0,
        (_, true) if current.wrapping_add(1) < count => current.wrapping_add(1),
        (_, true) => 0,
        (_, false) => current.min(count).checked_sub(1).unwrap_or(count - 1),
    }
}

fn next_prompt(model: &mut Model) {
    let Some(snapshot) = &model.snapshot else { return };
    let ids: Vec<u64> = snapshot.prompts.iter().map(|p| p.id).collect();
    let here = ids
        .iter()
        .position(|id| Some(*id) == model.prompt)
        .unwrap_or(usize::MAX);
    model.prompt = ids.get(cycled(here, ids.len(), true)).copied();
    model.choice = None;
}

/// Takes a newer state. A prompt that is gone takes its marked choice along, so that no answer goes to another prompt
/// than the one it was meant for; the map stays on the plate that was looked at.
fn take(model: &mut Model, snapshot: Snapshot) {
    let looked_at = model.shown_map().map(|m| (m.kind, m.plate.clone()));
    let found = looked_at.and_then(|(kind, plate)| {
        snapshot
            .maps
            .iter()
            .position(|m| m.kind == kind && m.plate == plate)
    });
    model.map = found.unwrap_or_default();
    let open = |id: u64| snapshot.prompts.iter().any(|p| p.id == id);
    model.answered.retain(|id| open(*id));
    if !model.prompt.is_some_and(open) {
        model.prompt = snapshot.prompts.first().map(|p| p.id);
        model.choice = None;
    }
    if snapshot.state == RunState::Ended {
        model.dialog = None;
    }
    model.snapshot = Some(snapshot);
}

/// Cleans every text of a snapshot, so that nothing an instrument or a file says can steer the terminal.
fn clean_all(snapshot: &mut Snapshot) {
    let wash = |text: &mut String| *text = clean(text);
    wash(&mut snapshot.run);
    wash(&mut snapshot.protocol);
    snapshot.reason.iter_mut().for_each(wash);
    for instrument in &mut snapshot.instruments {
        wash(&mut instrument.id);
        wash(&mut instrument.title);
        wash(&mut instrument.state);
    }
    for input in &mut snapshot.inputs {
        wash(&mut input.id);
        wash(&mut input.title);
        wash(&mut input.state);
    }
    for plate in &mut snapshot.plates {
        wash(&mut plate.id);
        wash(&mut plate.place);
        plate.barcode.iter_mut().for_each(wash);
    }
    for operation in snapshot.current.iter_mut().chain(&mut snapshot.next) {
        wash(&mut operation.title);
        wash(&mut operation.actor);
    }
    snapshot.ticking.iter_mut().for_each(|tick| wash(&mut tick.what));
    snapshot.maps.iter_mut().for_each(|map| wash(&mut map.plate));
    for prompt in &mut snapshot.prompts {
        wash(&mut prompt.text);
        prompt.items.iter_mut().chain(&mut prompt.choices).for_each(wash);
    }
    snapshot.log.iter_mut().for_each(|line| wash(&mut line.text));
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
