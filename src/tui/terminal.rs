//! The terminal: the only place of this room that reads keys and writes the screen.

use super::model::Model;
use super::theme::Theme;
use super::update::{Event, update};
use super::view::draw;
use crate::api::{Command, Snapshot};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as TerminalEvent};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};

/// How long a key is waited for before newer snapshots are looked at.
const TICK: Duration = Duration::from_millis(50);

/// Shows a run until the person leaves; the run goes on. Blocks, so call it on a thread of its own.
///
/// Takes over the terminal and gives it back as it was, also on an error or a panic. Colours are used unless the
/// environment says `NO_COLOR`.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn run(
    snapshots: Receiver<Snapshot>,
    refusals: Receiver<String>,
    commands: &Sender<Command>,
) -> io::Result<()> {
    let theme = Theme {
        colour: std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let mut terminal = ratatui::try_init()?;
    let outcome = watch(&mut terminal, (snapshots, refusals), commands, theme);
    ratatui::try_restore().and(outcome)
}

fn watch(
    terminal: &mut DefaultTerminal,
    (mut snapshots, mut refusals): (Receiver<Snapshot>, Receiver<String>),
    commands: &Sender<Command>,
    theme: Theme,
) -> io::Result<()> {
    let mut model = Model::default();
    let mut changed = true;
    loop {
        changed |= newest(&mut snapshots, &mut model);
        while let Ok(why) = refusals.try_recv() {
            update(&mut model, Event::Refused(why));
            changed = true;
        }
        if changed {
            terminal.draw(|frame| draw(frame, &model, theme))?;
            changed = false;
        }
        if !event::poll(TICK)? {
            continue;
        }
        changed = true;
        if let TerminalEvent::Key(key) = event::read()? {
            for command in update(&mut model, Event::Key(key)) {
                if commands.try_send(command).is_err() {
                    update(&mut model, Event::NotSent);
                }
            }
        }
        if model.quit {
            return Ok(());
        }
    }
}

/// Takes the newest of the snapshots that wait; true when the model changed.
fn newest(snapshots: &mut Receiver<Snapshot>, model: &mut Model) -> bool {
    let mut latest = None;
    loop {
        match snapshots.try_recv() {
            Ok(snapshot) => latest = Some(snapshot),
            Err(TryRecvError::Empty) => break,
            Err(TryRecvError::Disconnected) => {
                if !model.lost {
                    update(model, Event::Lost);
                    if let Some(snapshot) = latest {
                        update(model, Event::Snapshot(Box::new(snapshot)));
                    }
                    return true;
                }
                return false;
            }
        }
    }
    match latest {
        Some(snapshot) => {
            update(model, Event::Snapshot(Box::new(snapshot)));
            true
        }
        None => false,
    }
}
